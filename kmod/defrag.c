// SPDX-License-Identifier: GPL-2.0
/*
 * Fragments that come in are put together before policies without device judge them.
 *
 * RFCs: 4301 sections 5.2 and 7.4
 *
 * Only a packet's first fragment has ports, so only whole packets can be judged by them.  The
 * queues are the kernel's, but under a number that is ours alone: what came out of an SA waits in
 * others, and nobody gets a piece of plaintext into such a packet.
 *
 * IPv6's are in a module of netfilter's that is asked for by name and not linked with, because a
 * plain insmod would not bring it.
 */
#include "defrag.h"

#include <linux/bottom_half.h>
#include <linux/errno.h>
#include <linux/ip.h>
#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <net/ip.h>
#include <net/ipv6_frag.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>

/* The last conntrack zone's: routers answer no time-out of these. */
#define USER_IPV4	__IP_DEFRAG_CONNTRACK_IN_END
#define USER_IPV6	__IP6_DEFRAG_CONNTRACK_IN

static int (*gather_ipv6)(struct net *net, struct sk_buff *skb, u32 user);

static unsigned int defrag_ipv4(struct net *net, struct sk_buff *skb)
{
	int err;

	if (!ip_is_fragment(ip_hdr(skb)))
		return NF_ACCEPT;
	local_bh_disable();
	err = ip_defrag(net, skb, USER_IPV4);
	local_bh_enable();
	if (err)
		return NF_STOLEN;
	/* Whoever forwards it may fragment it again. */
	skb->ignore_df = 1;
	return NF_ACCEPT;
}

static unsigned int defrag_ipv6(struct net *net, struct sk_buff *skb)
{
	int offset = skb_transport_offset(skb);
	int err = gather_ipv6 ? gather_ipv6(net, skb, USER_IPV6) : 0;

	if (err == -EINPROGRESS)
		return NF_STOLEN;
	if (err)
		return NF_DROP;
	/* It was left where the fragment header had been, but the stack has yet to read options. */
	skb_set_transport_header(skb, offset);
	return NF_ACCEPT;
}

unsigned int kw_defrag(struct net *net, struct sk_buff *skb, u8 pf)
{
	return pf == NFPROTO_IPV4 ? defrag_ipv4(net, skb) : defrag_ipv6(net, skb);
}

void kw_defrag_init(void)
{
	gather_ipv6 = symbol_request(nf_ct_frag6_gather);
}

void kw_defrag_exit(void)
{
	if (gather_ipv6)
		symbol_put(nf_ct_frag6_gather);
}
