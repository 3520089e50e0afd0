/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a received packet carries in skb->cb from the protocol handler to the NAPI poll.
 */
#ifndef KW_SKB_H
#define KW_SKB_H

#include <linux/build_bug.h>
#include <linux/skbuff.h>

struct kw_net;
struct kw_sa;

/**
 * struct kw_cb - a packet on its way in
 * @kn: outer namespace; kw_receive_flush() empties the queues before it goes
 * @sa: found when @generation was kw_sadb.generation, and good while it still is
 * @generation: see struct kw_sadb
 * @sport: the peer's UDP port, 0 for plain ESP and AH
 * @proto: what skb->data starts with, IPPROTO_ESP or IPPROTO_AH
 */
struct kw_cb {
	struct kw_net *kn;
	struct kw_sa *sa;
	unsigned int generation;
	u16 sport;
	u8 proto;
};

static inline struct kw_cb *kw_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct kw_cb) > sizeof(skb->cb));
	return (struct kw_cb *)skb->cb;
}

#endif /* KW_SKB_H */
