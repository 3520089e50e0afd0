/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Outbound: from an inner packet and its policy to an ESP packet in the IP layer.
 */
#ifndef KW_SEND_H
#define KW_SEND_H

#include <linux/types.h>

struct kw_flow;
struct kw_net;
struct kw_policy;
struct kw_sa;
struct sk_buff;

/*
 * @skb starts with the inner packet, may be a GSO train, and is taken.  @policy's action is
 * protect.  BHs off, RCU held.
 */
void kw_send(struct kw_net *kn, struct kw_policy *policy, const struct kw_flow *flow,
	     struct sk_buff *skb);

/*
 * Tells the source of the inner packet @skb, still with its route, that an administrator forbade
 * it (RFC 4301 section 5.2 and 6).  Does not take @skb.
 */
void kw_send_prohibited(struct sk_buff *skb);

/*
 * RFC 4303 2.6: sends one dummy packet with @len bytes of payload, or as many as fit, with the
 * outbound ESP SA @sa.  False: it was dropped, and counted.  Under the kw_net lock.
 */
bool kw_send_dummy(struct kw_net *kn, struct kw_sa *sa, unsigned int len);

#endif /* KW_SEND_H */
