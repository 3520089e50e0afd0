// SPDX-License-Identifier: GPL-2.0
/*
 * Outer headers of tunnel mode: where to, how large, and what they inherit.
 *
 * RFCs: 4301 section 5.1.2 and 8, 6040, 6864, 3948
 *
 * The headers are written here and not by iptunnel_xmit() and its kin: those count into
 * per-device statistics our device does not have, always draw an IPv4 ID, and need modules
 * that a plain insmod would not bring.
 */
#include "outer.h"

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/ipv6_stubs.h>
#include <net/route.h>
#include <net/udp.h>

#include "flow.h"
#include "net.h"
#include "policy.h"
#include "tcp.h"
#include "transport.h"

static_assert(sizeof(struct ipv6hdr) + sizeof(struct udphdr) <= KW_OUTER_MAX);

static void free_path(struct work_struct *work)
{
	kw_path_free(container_of(to_rcu_work(work), struct kw_path, free_work));
}

struct kw_path *kw_path_new(const struct kw_addr *local, const struct kw_addr *remote, u8 proto,
			    u16 udp_local, u16 udp_remote)
{
	struct kw_path *path = kzalloc(sizeof(*path), GFP_KERNEL);

	if (!path)
		return NULL;
	if (dst_cache_init(&path->cache, GFP_KERNEL)) {
		kfree(path);
		return NULL;
	}
	path->local = *local;
	path->remote = *remote;
	path->udp_local = udp_local;
	path->udp_remote = udp_remote;
	path->proto = udp_local ? IPPROTO_UDP : proto;
	INIT_RCU_WORK(&path->free_work, free_path);
	return path;
}

void kw_path_use_stream(struct kw_path *path, struct kw_stream *stream)
{
	path->stream = stream;
	path->proto = IPPROTO_TCP;
}

void kw_path_free(struct kw_path *path)
{
	if (path->stream)
		kw_stream_put(path->stream);	/* got by kw_path_use_stream() */
	dst_cache_destroy(&path->cache);
	kfree(path);
}

void kw_path_free_rcu(struct kw_path *path)
{
	queue_rcu_work(kw_wq, &path->free_work);
}

static struct dst_entry *route_ipv4(struct kw_net *kn, struct kw_path *path)
{
	struct flowi4 fl4 = {
		.saddr = path->local.v4,
		.daddr = path->remote.v4,
		.flowi4_oif = path->link,
		.flowi4_mark = path->mark,
		.flowi4_proto = path->proto,
		.fl4_sport = htons(path->udp_local),
		.fl4_dport = htons(path->udp_remote),
	};
	struct rtable *rt;
	__be32 saddr;

	rt = dst_cache_get_ip4(&path->cache, &saddr);
	if (rt)
		return &rt->dst;
	rt = ip_route_output_key(kn->net, &fl4);
	if (IS_ERR(rt))
		return NULL;
	dst_cache_set_ip4(&path->cache, &rt->dst, fl4.saddr);
	return &rt->dst;
}

static struct dst_entry *route_ipv6(struct kw_net *kn, struct kw_path *path)
{
	struct flowi6 fl6 = {
		.saddr = path->local.v6,
		.daddr = path->remote.v6,
		.flowi6_oif = path->link,
		.flowi6_mark = path->mark,
		.flowi6_proto = path->proto,
		.fl6_sport = htons(path->udp_local),
		.fl6_dport = htons(path->udp_remote),
	};
	struct dst_entry *dst;
	struct in6_addr saddr;

	dst = dst_cache_get_ip6(&path->cache, &saddr);
	if (dst)
		return dst;
	dst = ipv6_stub->ipv6_dst_lookup_flow(kn->net, NULL, &fl6, NULL);
	if (IS_ERR(dst))
		return NULL;
	dst_cache_set_ip6(&path->cache, dst, &fl6.saddr);
	return dst;
}

struct dst_entry *kw_path_route(struct kw_net *kn, struct kw_path *path)
{
	return path->remote.family == AF_INET ? route_ipv4(kn, path) : route_ipv6(kn, path);
}

unsigned int kw_ip_len(const struct kw_path *path)
{
	return path->remote.family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
}

unsigned int kw_outer_len(const struct kw_path *path)
{
	if (path->stream)
		return kw_ip_len(path) + KW_STREAM_OVERHEAD;
	return kw_ip_len(path) + (path->udp_local ? sizeof(struct udphdr) : 0);
}

static bool choose_df(const struct kw_policy *policy, const struct kw_flow *flow)
{
	switch ((enum keyway_df)policy->df) {
	case KEYWAY_DF_COPY:
		return flow->df;
	case KEYWAY_DF_SET:
		return true;
	case KEYWAY_DF_CLEAR:
		return false;
	}
	return true;
}

static u8 choose_ttl(const struct kw_policy *policy, const struct sk_buff *skb,
		     const struct kw_path *path, const struct dst_entry *dst)
{
	if (policy->ttl)
		return policy->ttl;
	/* BEET mode has no other place for it, nor for the flow label. */
	if (skb && (policy->flags & KEYWAY_POLICY_F_COPY_TTL || policy->mode == KEYWAY_MODE_BEET))
		return ip_hdr(skb)->version == 4 ? ip_hdr(skb)->ttl : ipv6_hdr(skb)->hop_limit;
	if (path->remote.family == AF_INET)
		return ip4_dst_hoplimit(dst);
	return ip6_dst_hoplimit((struct dst_entry *)dst);
}

void kw_outer_init(struct kw_outer *o, const struct kw_policy *policy, const struct kw_path *path,
		   const struct kw_flow *flow, const struct sk_buff *skb,
		   const struct dst_entry *dst)
{
	o->path = path;
	o->df = choose_df(policy, flow);
	o->dsfield = flow->dsfield;
	if (policy->dscp != KW_DSCP_COPY)
		o->dsfield = policy->dscp << 2 | (flow->dsfield & INET_ECN_MASK);
	/* RFC 6040 4.1: normal mode copies, compatibility mode says Not-ECT. */
	if (policy->flags & KEYWAY_POLICY_F_NO_ECN)
		o->dsfield &= ~INET_ECN_MASK;
	o->ttl = choose_ttl(policy, skb, path, dst);
	o->flow_label = 0;
	if (skb && ip_hdr(skb)->version == 6 &&
	    (policy->flags & KEYWAY_POLICY_F_COPY_FLOW_LABEL || policy->mode == KEYWAY_MODE_BEET))
		o->flow_label = ip6_flowlabel(ipv6_hdr(skb));
}

static void push_udp(struct sk_buff *skb, const struct kw_path *path)
{
	struct udphdr *udp = __skb_push(skb, sizeof(*udp));

	skb_reset_transport_header(skb);
	udp->source = htons(path->udp_local);
	udp->dest = htons(path->udp_remote);
	udp->len = htons(skb->len);
	/* RFC 3948 2.1: SHOULD be zero over IPv4.  RFC 8200 8.1: MUST NOT be over IPv6. */
	udp->check = 0;
	if (path->remote.family == AF_INET6)
		udp6_set_csum(false, skb, &path->local.v6, &path->remote.v6, skb->len);
}

static void push_ipv4(struct sk_buff *skb, const struct kw_outer *o, struct kw_net *kn)
{
	const struct kw_path *path = o->path;
	struct iphdr *iph = __skb_push(skb, sizeof(*iph));

	skb_reset_network_header(skb);
	iph->version = 4;
	iph->ihl = 5;
	iph->tos = o->dsfield;
	iph->tot_len = htons(skb->len);
	iph->ttl = o->ttl;
	iph->protocol = path->proto;
	iph->saddr = path->local.v4;
	iph->daddr = path->remote.v4;
	iph->frag_off = o->df ? htons(IP_DF) : 0;
	/* RFC 6864 4.1: an atomic datagram's ID means nothing. */
	iph->id = 0;
	if (!o->df)
		__ip_select_ident(kn->net, iph, 1);
	ip_send_check(iph);
	skb->protocol = htons(ETH_P_IP);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
}

static void push_ipv6(struct sk_buff *skb, const struct kw_outer *o)
{
	const struct kw_path *path = o->path;
	unsigned int len = skb->len;
	struct ipv6hdr *ip6h = __skb_push(skb, sizeof(*ip6h));

	skb_reset_network_header(skb);
	ip6_flow_hdr(ip6h, o->dsfield, o->flow_label);
	ip6h->payload_len = htons(len);
	ip6h->nexthdr = path->proto;
	ip6h->hop_limit = o->ttl;
	ip6h->saddr = path->local.v6;
	ip6h->daddr = path->remote.v6;
	skb->protocol = htons(ETH_P_IPV6);
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	/* Only a source may fragment IPv6, and that is us. */
	skb->ignore_df = !o->df;
}

/* The packet's own header goes on; only what ESP changes in it is written. */
static void keep_ipv4(struct sk_buff *skb, const struct kw_outer *o, struct kw_net *kn)
{
	struct iphdr *iph = ip_hdr(skb);

	iph->tot_len = htons(skb->len);
	iph->frag_off = o->df ? htons(IP_DF) : 0;
	if (!o->df && !iph->id)
		__ip_select_ident(kn->net, iph, 1);
	ip_send_check(iph);
	skb->protocol = htons(ETH_P_IP);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
}

static void keep_ipv6(struct sk_buff *skb, const struct kw_outer *o)
{
	ipv6_hdr(skb)->payload_len = htons(skb->len - sizeof(struct ipv6hdr));
	skb->protocol = htons(ETH_P_IPV6);
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	skb->ignore_df = !o->df;
}

/* Neither checksums nor segmentation are left to a device; what follows is UDP, ESP or AH. */
static void begin_push(struct sk_buff *skb, const struct kw_outer *o)
{
	skb->ip_summed = CHECKSUM_NONE;
	skb->encapsulation = 0;
	skb->ignore_df = 0;
	skb_reset_transport_header(skb);
	if (o->path->udp_local)
		push_udp(skb, o->path);
}

void kw_outer_push_kept(struct sk_buff *skb, const struct kw_outer *o,
			const struct kw_transport *at, struct kw_net *kn)
{
	begin_push(skb, o);
	__skb_push(skb, at->offset);
	skb_reset_network_header(skb);
	skb->data[at->nh] = o->path->proto;
	if (o->path->remote.family == AF_INET)
		keep_ipv4(skb, o, kn);
	else
		keep_ipv6(skb, o);
	skb_reset_mac_header(skb);
	skb_clear_hash_if_not_l4(skb);
}

void kw_outer_push(struct sk_buff *skb, const struct kw_outer *o, struct kw_net *kn)
{
	begin_push(skb, o);
	if (o->path->remote.family == AF_INET)
		push_ipv4(skb, o, kn);
	else
		push_ipv6(skb, o);
	/* Everything before is the inner packet's, and encrypted now. */
	skb_reset_mac_header(skb);
	skb_clear_hash_if_not_l4(skb);
}

bool kw_outer_send(struct sk_buff *skb, struct kw_net *kn)
{
	int err;

	/* So that neither our hooks nor XFRM's policies take it for plaintext. */
	if (skb->protocol == htons(ETH_P_IP)) {
		IPCB(skb)->flags |= IPSKB_XFRM_TRANSFORMED;
		err = ip_local_out(kn->net, NULL, skb);
	} else {
		IP6CB(skb)->flags |= IP6SKB_XFRM_TRANSFORMED;
		err = ip6_local_out(kn->net, NULL, skb);
	}
	return !net_xmit_eval(err);
}

bool kw_outer_decapsulate_ecn(struct sk_buff *skb, u8 outer)
{
	u8 inner = ip_hdr(skb)->version == 4 ? ip_hdr(skb)->tos :
		   ipv6_get_dsfield(ipv6_hdr(skb));

	return INET_ECN_decapsulate(skb, outer, inner) <= 1;
}
