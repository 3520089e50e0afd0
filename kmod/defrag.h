/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fragments that come in are put together before policies without device judge them.
 *
 * RFCs: 4301 sections 5.2 and 7.4
 */
#ifndef KW_DEFRAG_H
#define KW_DEFRAG_H

#include <linux/types.h>

struct net;
struct sk_buff;

/*
 * At PRE_ROUTING of @pf, NFPROTO_IPV4 or NFPROTO_IPV6: netfilter's verdict.  NF_ACCEPT: @skb is a
 * whole packet, now or already, or a fragment this kernel cannot do anything for; NF_STOLEN: it
 * waits for others; NF_DROP.
 */
unsigned int kw_defrag(struct net *net, struct sk_buff *skb, u8 pf);

/* Looks for what the kernel has for IPv6; may load a module. */
void kw_defrag_init(void);
void kw_defrag_exit(void);

#endif /* KW_DEFRAG_H */
