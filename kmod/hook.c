// SPDX-License-Identifier: GPL-2.0
/*
 * The other attachment: policies without device, met by every packet of a namespace at netfilter
 * hooks, and the drop of plaintext where only protected packets may come.
 *
 * RFCs: 4301 sections 5.1 and 5.2
 *
 *   LOCAL_OUT, FORWARD   after everybody else: the first policy the packet matches.  Protect: it
 *                        walks POST_ROUTING from here, so that NAT and connection tracking see
 *                        it as they would any packet, and then goes to kw_send()
 *   POST_ROUTING         after NAT: a packet that is leaving as it is, but would be protected by
 *                        its new addresses, is dropped
 *   PRE_ROUTING          after NAT: a packet that no SA of ours protected, but that a policy
 *                        protects, is dropped; what is in fragments is put together first
 *
 * A packet that no policy matches is left alone, as one is that a policy bypasses; RFC 4301's
 * default is had by a last policy for everything that discards.  Left alone are as well:
 * (1) what we made ourselves, which carries IPSKB_XFRM_TRANSFORMED;
 * (2) what goes to or comes from a keyway device or the loopback device: the device has its own
 *     policies;
 * (3) Neighbour Discovery, without which no address could be found to send ESP to;
 * (4) ESP and AH coming in that are ours to open.
 * IKE is not: a daemon has bypass policies for its ports.
 */
#include "hook.h"

#include <linux/icmpv6.h>
#include <linux/if_arp.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/percpu.h>
#include <net/addrconf.h>
#include <net/dst_metadata.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/ndisc.h>
#include <net/route.h>

#include "defrag.h"
#include "device.h"
#include "flow.h"
#include "mib.h"
#include "net.h"
#include "policy.h"
#include "sadb.h"
#include "send.h"
#include "watch.h"

/* Tells our metadata from that of others; it has no other meaning. */
#define OPENED_PORT	0x6b657977

/* One for each CPU: their reference counts change with every packet. */
static struct metadata_dst *__percpu *opened;

void kw_hook_mark_opened(struct sk_buff *skb)
{
	struct dst_entry *dst = &(*this_cpu_ptr(opened))->dst;

	/* The stack replaces it by the packet's route, after PRE_ROUTING. */
	dst_hold(dst);
	skb_dst_drop(skb);
	skb_dst_set(skb, dst);
}

static bool was_opened(const struct sk_buff *skb)
{
	const struct metadata_dst *md = (const struct metadata_dst *)skb_dst(skb);

	return md && md->dst.flags & DST_METADATA && md->type == METADATA_HW_PORT_MUX &&
	       md->u.port_info.port_id == OPENED_PORT && !md->u.port_info.lower_dev;
}

static bool was_sealed(const struct sk_buff *skb, u8 pf)
{
	return pf == NFPROTO_IPV4 ? IPCB(skb)->flags & IPSKB_XFRM_TRANSFORMED :
				    IP6CB(skb)->flags & IP6SKB_XFRM_TRANSFORMED;
}

/* Devices that need no hook: see (2) above. */
static bool is_exempt(const struct net_device *dev)
{
	return !dev || dev->flags & IFF_LOOPBACK || kw_dev_is(dev);
}

/* RFC 4861 7.1: valid Neighbour Discovery has hop limit 255, so no router passed it on. */
static bool is_neighbour_discovery(const struct kw_flow *flow, const struct sk_buff *skb)
{
	u8 type = flow->sport >> 8;

	return flow->proto == IPPROTO_ICMPV6 && flow->has_ports &&
	       type >= NDISC_ROUTER_SOLICITATION && type <= NDISC_REDIRECT &&
	       ipv6_hdr(skb)->hop_limit == 255;
}

/* Counts a packet that netfilter frees, and whose local sender is told. */
static unsigned int refuse(struct kw_net *kn, struct kw_policy *p, struct sk_buff *skb,
			   unsigned int reason, const struct nf_hook_state *state)
{
	kw_drop_count(kn, p, NULL, reason, 0, skb_is_gso(skb) ? skb_shinfo(skb)->gso_segs : 1);
	if (state->hook == NF_INET_FORWARD && !(p && p->flags & KEYWAY_POLICY_F_NO_ICMP))
		kw_send_prohibited(skb);
	return state->hook == NF_INET_LOCAL_OUT ? NF_DROP_ERR(-EPERM) : NF_DROP;
}

/* What POST_ROUTING made of a packet to be protected; NAT may have changed it. */
static int finish(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	struct kw_net *kn = kw_net(net);
	struct kw_policy *p = NULL;
	struct kw_flow flow;

	local_bh_disable();
	rcu_read_lock();
	if (kw_flow_parse(&flow, skb))
		p = kw_policy_lookup(&kn->spd, &flow, skb);
	if (!IS_ERR_OR_NULL(p) && p->action == KEYWAY_ACTION_PROTECT)
		kw_send(kn, p, &flow, skb);
	else
		kw_drop(kn, NULL, NULL, skb, KEYWAY_A_STATS_OUT_TRANSLATED, 0);
	rcu_read_unlock();
	local_bh_enable();
	return 0;
}

/* NF_STOLEN takes the packet. */
static unsigned int protect(struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct net_device *in = state->hook == NF_INET_FORWARD ? state->in : NULL;
	struct net_device *out = state->out;

	skb->dev = out;
	NF_HOOK(state->pf, NF_INET_POST_ROUTING, state->net, state->sk, skb, in, out, finish);
	return NF_STOLEN;
}

static unsigned int act_out(struct kw_net *kn, struct kw_policy *p, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	if (!p)
		return NF_ACCEPT;
	if (IS_ERR(p))
		return refuse(kn, NULL, skb, KEYWAY_A_STATS_OUT_FRAGMENT, state);
	switch ((enum keyway_action)p->action) {
	case KEYWAY_ACTION_BYPASS:
		kw_watch_passed_skb(kn, p, NULL, skb, KEYWAY_VERDICT_BYPASSED, KEYWAY_DIR_OUT, 0);
		return NF_ACCEPT;
	case KEYWAY_ACTION_DISCARD:
		return refuse(kn, p, skb, KEYWAY_A_STATS_OUT_DISCARD, state);
	case KEYWAY_ACTION_PROTECT:
		return protect(skb, state);
	}
	return NF_DROP;
}

/* LOCAL_OUT and FORWARD. */
static unsigned int outbound(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct kw_net *kn = kw_net(state->net);
	struct kw_policy *p;
	struct kw_flow flow;

	if (was_sealed(skb, state->pf) || is_exempt(state->out))
		return NF_ACCEPT;
	if (!kw_flow_parse(&flow, skb))
		return refuse(kn, NULL, skb, KEYWAY_A_STATS_OUT_MALFORMED, state);
	if (state->pf == NFPROTO_IPV6 && is_neighbour_discovery(&flow, skb))
		return NF_ACCEPT;
	local_bh_disable();
	p = kw_policy_lookup(&kn->spd, &flow, skb);
	local_bh_enable();
	/* Netfilter holds RCU. */
	return act_out(kn, p, skb, state);
}

/* POST_ROUTING: only what @outbound left alone is here. */
static unsigned int leaving(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct kw_net *kn = kw_net(state->net);
	struct kw_policy *p;
	struct kw_flow flow;

	if (state->okfn == finish || was_sealed(skb, state->pf) || is_exempt(state->out))
		return NF_ACCEPT;
	if (!kw_flow_parse(&flow, skb))
		return refuse(kn, NULL, skb, KEYWAY_A_STATS_OUT_MALFORMED, state);
	if (state->pf == NFPROTO_IPV6 && is_neighbour_discovery(&flow, skb))
		return NF_ACCEPT;
	local_bh_disable();
	p = kw_policy_lookup(&kn->spd, &flow, skb);
	local_bh_enable();
	if (!p || (!IS_ERR(p) && p->action == KEYWAY_ACTION_BYPASS))
		return NF_ACCEPT;
	return refuse(kn, IS_ERR(p) ? NULL : p, skb, KEYWAY_A_STATS_OUT_TRANSLATED, state);
}

static bool is_local_address(struct net *net, const struct kw_addr *a)
{
	if (a->family == AF_INET)
		return inet_addr_type(net, a->v4) == RTN_LOCAL;
	return ipv6_chk_addr(net, &a->v6, NULL, 0);
}

/* ESP and AH for this host open, or fail to, by themselves, here or in XFRM. */
static bool opens_later(struct kw_net *kn, const struct kw_flow *flow, const struct sk_buff *skb)
{
	unsigned int offset = flow->transport + (flow->proto == IPPROTO_AH ? 4 : 0);
	const __be32 *spi;
	__be32 buf;

	if (flow->proto != IPPROTO_ESP && flow->proto != IPPROTO_AH)
		return false;
	spi = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	if (spi && kw_sadb_find_in(&kn->sadb, flow->proto, *spi))
		return true;
	return is_local_address(kn->net, &flow->dst);
}

/* PRE_ROUTING. */
static unsigned int inbound(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct kw_net *kn = kw_net(state->net);
	unsigned int verdict;
	struct kw_policy *p;
	struct kw_flow flow;

	if (is_exempt(kw_dev_arrived(state, skb)) || was_opened(skb))
		return NF_ACCEPT;
	verdict = kw_defrag(state->net, skb, state->pf);
	if (verdict != NF_ACCEPT)
		return verdict;
	/* The stack drops what is malformed. */
	if (!kw_flow_parse(&flow, skb) || opens_later(kn, &flow, skb))
		return NF_ACCEPT;
	if (state->pf == NFPROTO_IPV6 && is_neighbour_discovery(&flow, skb))
		return NF_ACCEPT;
	p = kw_policy_violated(&kn->spd, &flow, skb);
	if (!p)
		return NF_ACCEPT;
	return refuse(kn, IS_ERR(p) ? NULL : p, skb,
		      !IS_ERR(p) && p->action == KEYWAY_ACTION_DISCARD ?
		      KEYWAY_A_STATS_IN_DISCARD : KEYWAY_A_STATS_IN_PLAINTEXT, state);
}

#define HOOK(family, where, function) {		\
	.hook = (function),			\
	.pf = NFPROTO_##family,			\
	.hooknum = NF_INET_##where,		\
	.priority = INT_MAX,			\
}

/* Those that see what the others hand to POST_ROUTING: there before them, and after. */
static const struct nf_hook_ops watching[] = {
	HOOK(IPV4, PRE_ROUTING, inbound),
	HOOK(IPV4, POST_ROUTING, leaving),
#if IS_ENABLED(CONFIG_IPV6)
	HOOK(IPV6, PRE_ROUTING, inbound),
	HOOK(IPV6, POST_ROUTING, leaving),
#endif
};

static const struct nf_hook_ops sending[] = {
	HOOK(IPV4, LOCAL_OUT, outbound),
	HOOK(IPV4, FORWARD, outbound),
#if IS_ENABLED(CONFIG_IPV6)
	HOOK(IPV6, LOCAL_OUT, outbound),
	HOOK(IPV6, FORWARD, outbound),
#endif
};

int kw_hook_get(struct kw_net *kn)
{
	int ret = 0;

	lockdep_assert_held(&kn->lock);
	if (!kn->hook_users) {
		ret = nf_register_net_hooks(kn->net, watching, ARRAY_SIZE(watching));
		if (ret)
			return ret;
		ret = nf_register_net_hooks(kn->net, sending, ARRAY_SIZE(sending));
		if (ret)
			nf_unregister_net_hooks(kn->net, watching, ARRAY_SIZE(watching));
	}
	if (!ret)
		kn->hook_users++;
	return ret;
}

/*
 * A packet that waits at POST_ROUTING for a verdict (NFQUEUE) knows finish() by its address.
 * Removing a hook drops all that wait; but a CPU that is in outbound() may let another one wait
 * after that.
 * So there are two removals, and between them every CPU leaves outbound().
 */
void kw_hook_put(struct kw_net *kn)
{
	lockdep_assert_held(&kn->lock);
	if (--kn->hook_users)
		return;
	nf_unregister_net_hooks(kn->net, sending, ARRAY_SIZE(sending));
	synchronize_net();
	nf_unregister_net_hooks(kn->net, watching, ARRAY_SIZE(watching));
}

static struct metadata_dst *new_metadata(void)
{
	struct metadata_dst *md = metadata_dst_alloc(0, METADATA_HW_PORT_MUX, GFP_KERNEL);

	if (md)
		md->u.port_info.port_id = OPENED_PORT;
	return md;
}

int kw_hook_init(void)
{
	int cpu;

	opened = alloc_percpu(struct metadata_dst *);
	if (!opened)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct metadata_dst *md = new_metadata();

		if (!md) {
			kw_hook_exit();
			return -ENOMEM;
		}
		*per_cpu_ptr(opened, cpu) = md;
	}
	kw_defrag_init();
	return 0;
}

/* Packets that still carry one keep it alive. */
void kw_hook_exit(void)
{
	int cpu;

	kw_defrag_exit();
	for_each_possible_cpu(cpu)
		if (*per_cpu_ptr(opened, cpu))
			dst_release(&(*per_cpu_ptr(opened, cpu))->dst);
	free_percpu(opened);
}
