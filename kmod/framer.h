/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A stream of bytes, cut into the frames it is made of.
 *
 * RFCs: 9329 section 3
 */
#ifndef KW_FRAMER_H
#define KW_FRAMER_H

#include <linux/types.h>

struct sk_buff;
struct sk_buff_head;

/* Bytes of a frame's length field, which counts itself. */
#define KW_FRAME_HEAD	2u
/* Bytes that fit a frame. */
#define KW_FRAME_MAX	(65535u - KW_FRAME_HEAD)
/* Bytes of room that a frame has in front, for the headers it is given later. */
#define KW_FRAME_ROOM	128u

/**
 * struct kw_framer - where in a stream its reader is
 * @frame: being filled; NULL between frames and inside a length field
 * @lacks: bytes it is short of
 * @head: the length field, as far as it was read
 * @n_head: how far
 *
 * All zero at the stream's beginning.
 */
struct kw_framer {
	struct sk_buff *frame;
	unsigned int lacks;
	u8 head[KW_FRAME_HEAD];
	u8 n_head;
};

/*
 * Takes @len bytes of @skb from @offset on; every frame that is whole goes to the end of @done:
 * linear, nobody else's, with KW_FRAME_ROOM in front and the interface @skb came by.  0; -EPROTO: a
 * length that none can have, after which nothing of the stream makes sense; -ENOMEM.  May sleep.
 */
int kw_framer_feed(struct kw_framer *f, const struct sk_buff *skb, unsigned int offset, size_t len,
		   struct sk_buff_head *done);

/* Frees a frame that was not filled. */
void kw_framer_drop(struct kw_framer *f);

#endif /* KW_FRAMER_H */
