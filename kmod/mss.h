/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TCP's maximum segment size, lowered to what fits the tunnel.
 *
 * RFCs: 4301 section 8, 9293 section 3.7.1
 */
#ifndef KW_MSS_H
#define KW_MSS_H

#include <linux/types.h>

struct kw_flow;
struct sk_buff;

/* Whether the inner packet @skb starts with, of @flow, opens a TCP connection. */
bool kw_mss_is_syn(const struct sk_buff *skb, const struct kw_flow *flow);

/*
 * @skb starts with the TCP SYN of @flow: its MSS option is lowered to what a packet of @mtu bytes
 * carries, its checksum kept right.  What is shared is copied before; without memory the option
 * stays, and packets that do not fit are answered one by one.
 */
void kw_mss_clamp(struct sk_buff *skb, const struct kw_flow *flow, unsigned int mtu);

#endif /* KW_MSS_H */
