/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cutting TCP's trains into packets that have room for ESP around them.
 */
#ifndef KW_SEGMENT_H
#define KW_SEGMENT_H

#include <linux/types.h>

struct kw_flow;
struct sk_buff;

/*
 * Whether kw_segment() can cut the train @skb, whose selectors are @flow, into packets with @head
 * and @tail bytes of room.  Pulls its headers into the linear part.
 */
bool kw_segment_can(struct sk_buff *skb, const struct kw_flow *flow, unsigned int head,
		    unsigned int tail);

/*
 * Takes a train for which kw_segment_can() was true, and that has no route any more.  Returns its
 * packets as a list: linear, nobody else's, with @head bytes of room and all checksums made, and
 * charged to its socket.  NULL: no memory, and the train is as it was.  BHs off.
 */
struct sk_buff *kw_segment(struct sk_buff *skb, const struct kw_flow *flow, unsigned int head);

#endif /* KW_SEGMENT_H */
