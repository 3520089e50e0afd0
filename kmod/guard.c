// SPDX-License-Identifier: GPL-2.0
/*
 * Plaintext that should have come through a keyway device, and came beside it, is dropped.
 *
 * RFCs: 4301 section 5.2
 *
 * A device's policies say what it protects, but where several roads lead, routes say what goes
 * there.  So a packet is a violation if its answer would be routed into the device and the
 * device's policy for the answer is to protect it.  A site whose selectors include its own
 * network, as "everything in 10/8" does, goes on speaking to itself.
 *
 * The hooks are at LOCAL_IN and FORWARD, so what goes into a tunnel costs nothing: the device it
 * leaves by is looked at first.  They exist in a namespace while it has a keyway device.
 */
#include "guard.h"

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/rtnetlink.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ip_fib.h>
#include <net/l3mdev.h>
#include <net/net_namespace.h>

#include "device.h"
#include "flow.h"
#include "mib.h"
#include "net.h"
#include "policy.h"

static bool is_ipsec(u8 proto)
{
	return proto == IPPROTO_ESP || proto == IPPROTO_AH;
}

/* The device by which an answer to the packet would leave.  NULL: unknown. */
static struct net_device *answers_by_ipv4(struct net *net, const struct sk_buff *skb,
					  const struct net_device *in)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct flowi4 fl4 = {
		.flowi4_oif = l3mdev_master_ifindex_rcu(in),
		.flowi4_mark = skb->mark,
		.daddr = iph->saddr,
		.saddr = iph->daddr,
	};
	struct fib_result res;

	if (fib_lookup(net, &fl4, &res, FIB_LOOKUP_IGNORE_LINKSTATE) ||
	    res.type != RTN_UNICAST)
		return NULL;
	return FIB_RES_DEV(res);
}

#if IS_ENABLED(CONFIG_IPV6)
static struct net_device *answers_by_ipv6(struct net *net, struct sk_buff *skb,
					  const struct net_device *in)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	struct flowi6 fl6 = {
		.flowi6_oif = l3mdev_master_ifindex_rcu(in),
		.flowi6_mark = skb->mark,
		.daddr = ip6h->saddr,
		.saddr = ip6h->daddr,
	};
	struct net_device *dev;
	struct rt6_info *rt;

	rt = dst_rt6_info(ip6_route_lookup(net, &fl6, skb, RT6_LOOKUP_F_IGNORE_LINKSTATE));
	/* RCU keeps the device. */
	dev = rt->dst.error ? NULL : rt->dst.dev;
	ip6_rt_put(rt);
	return dev;
}
#else
static struct net_device *answers_by_ipv6(struct net *net, struct sk_buff *skb,
					  const struct net_device *in)
{
	return NULL;
}
#endif

static unsigned int check(struct sk_buff *skb, struct net_device *dev)
{
	struct kw_dev *kwdev;
	struct kw_policy *p;
	struct kw_flow flow;

	if (!dev || !kw_dev_is(dev))
		return NF_ACCEPT;
	kwdev = netdev_priv(dev);
	if (!kw_flow_parse(&flow, skb))
		return NF_ACCEPT;
	p = kw_policy_violated(&kwdev->spd, &flow, skb);
	if (!p)
		return NF_ACCEPT;
	kw_drop_count(kwdev->kn, IS_ERR(p) ? NULL : p, NULL, KEYWAY_A_STATS_IN_PLAINTEXT, 0,
		      skb_is_gso(skb) ? skb_shinfo(skb)->gso_segs : 1);
	return NF_DROP;
}

static bool is_no_violation(const struct nf_hook_state *state, const struct sk_buff *skb)
{
	const struct net_device *in = kw_dev_arrived(state, skb);

	return !in || in->flags & IFF_LOOPBACK || kw_dev_is(in) ||
	       (state->out && kw_dev_is(state->out));
}

static unsigned int guard_ipv4(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	if (is_no_violation(state, skb))
		return NF_ACCEPT;
	/* ESP for this host is for its SA to judge. */
	if (state->hook == NF_INET_LOCAL_IN && is_ipsec(ip_hdr(skb)->protocol))
		return NF_ACCEPT;
	return check(skb, answers_by_ipv4(state->net, skb, state->in));
}

static unsigned int guard_ipv6(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	if (is_no_violation(state, skb))
		return NF_ACCEPT;
	if (state->hook == NF_INET_LOCAL_IN && is_ipsec(ipv6_hdr(skb)->nexthdr))
		return NF_ACCEPT;
	/* Link-local addresses are of one link, and not of a tunnel's other end. */
	if (ipv6_addr_type(&ipv6_hdr(skb)->saddr) & IPV6_ADDR_LINKLOCAL)
		return NF_ACCEPT;
	return check(skb, answers_by_ipv6(state->net, skb, state->in));
}

#define HOOK(family, where, function) {		\
	.hook = (function),			\
	.pf = NFPROTO_##family,			\
	.hooknum = NF_INET_##where,		\
	.priority = INT_MAX,			\
}

static const struct nf_hook_ops hooks[] = {
	HOOK(IPV4, LOCAL_IN, guard_ipv4),
	HOOK(IPV4, FORWARD, guard_ipv4),
	HOOK(IPV6, LOCAL_IN, guard_ipv6),
	HOOK(IPV6, FORWARD, guard_ipv6),
};

/* Under RTNL: a keyway device appears in a namespace ... */
static int appeared(struct net *net)
{
	struct kw_net *kn = kw_net(net);
	int ret;

	kn->guarded++;
	if (kn->guard_on)
		return 0;
	ret = nf_register_net_hooks(net, hooks, ARRAY_SIZE(hooks));
	kn->guard_on = !ret;
	return ret;
}

/* ... and leaves it; also one whose appearance failed. */
static void left(struct net *net)
{
	struct kw_net *kn = kw_net(net);

	if (--kn->guarded || !kn->guard_on)
		return;
	nf_unregister_net_hooks(net, hooks, ARRAY_SIZE(hooks));
	kn->guard_on = false;
}

/* Registering and leaving a namespace are told alike, so a device that moves is followed. */
static int on_netdevice(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);

	if (!kw_dev_is(dev))
		return NOTIFY_DONE;
	if (event == NETDEV_REGISTER)
		return notifier_from_errno(appeared(dev_net(dev)));
	if (event == NETDEV_UNREGISTER)
		left(dev_net(dev));
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = on_netdevice };

int kw_guard_init(void)
{
	return register_netdevice_notifier(&notifier);
}

/* Every device is gone, and with it every hook. */
void kw_guard_exit(void)
{
	unregister_netdevice_notifier(&notifier);
}
