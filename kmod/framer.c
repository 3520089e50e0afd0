// SPDX-License-Identifier: GPL-2.0
/*
 * A stream of bytes, cut into the frames it is made of.
 *
 * RFCs: 9329 section 3
 */
#include "framer.h"

#include <linux/minmax.h>
#include <linux/skbuff.h>

#include "compat.h"

/* The length field is whole: a frame begins. */
static int begin(struct kw_framer *f)
{
	unsigned int len = get_unaligned_be16(f->head);

	/* RFC 9329 3: 0 and 1 are fatal. */
	if (len < KW_FRAME_HEAD)
		return -EPROTO;
	f->lacks = len - KW_FRAME_HEAD;
	f->frame = alloc_skb(KW_FRAME_ROOM + f->lacks, GFP_KERNEL | __GFP_NOWARN);
	if (!f->frame)
		return -ENOMEM;
	skb_reserve(f->frame, KW_FRAME_ROOM);
	return 0;
}

int kw_framer_feed(struct kw_framer *f, const struct sk_buff *skb, unsigned int offset, size_t len,
		   struct sk_buff_head *done)
{
	unsigned int n;
	int ret;

	while (len) {
		if (!f->frame) {
			ret = skb_copy_bits(skb, offset++, &f->head[f->n_head++], 1);
			len--;
			if (!ret && f->n_head == KW_FRAME_HEAD)
				ret = begin(f);
			if (ret)
				return ret;
		} else {
			n = min_t(size_t, len, f->lacks);
			ret = skb_copy_bits(skb, offset, skb_put(f->frame, n), n);
			if (ret)
				return ret;
			f->lacks -= n;
			offset += n;
			len -= n;
		}
		if (f->frame && !f->lacks) {
			f->frame->skb_iif = skb->skb_iif;
			__skb_queue_tail(done, f->frame);
			f->frame = NULL;
			f->n_head = 0;
		}
	}
	return 0;
}

void kw_framer_drop(struct kw_framer *f)
{
	kfree_skb(f->frame);
	f->frame = NULL;
}
