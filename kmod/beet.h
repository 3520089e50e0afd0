/* SPDX-License-Identifier: GPL-2.0 */
/*
 * BEET mode: tunnel mode between one address on each side, which both know and ESP does not carry.
 *
 * RFCs: 7402 appendix B, draft-nikander-esp-beet-mode
 */
#ifndef KW_BEET_H
#define KW_BEET_H

#include <linux/types.h>

struct kw_flow;
struct kw_policy;
struct kw_transport;
struct sk_buff;

/* Bytes of IP header of the inner packets of @policy, whose mode is BEET. */
unsigned int kw_beet_ip_len(const struct kw_policy *policy);

/*
 * How much of the packet at the network header, whose selectors are @flow, stays behind; not all of
 * a header with options, because these go along.  The reason to drop it, or 0.
 */
unsigned int kw_beet_find(const struct kw_policy *policy, const struct kw_flow *flow,
			  const struct sk_buff *skb, struct kw_transport *at);

/*
 * Takes the IP header off the packet that @skb starts with, linear and private, and leaves what ESP
 * carries.  Returns what that is.
 */
u8 kw_beet_open(struct sk_buff *skb, const struct kw_transport *at);

/*
 * The reverse: @skb, linear and private, starts with what ESP carried, and its network header is
 * the outer one.  It becomes the packet between the addresses of @policy.  The reason to drop it,
 * or 0.
 */
unsigned int kw_beet_close(struct sk_buff *skb, u8 next_header, const struct kw_policy *policy);

#endif /* KW_BEET_H */
