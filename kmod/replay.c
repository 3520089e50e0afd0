// SPDX-License-Identifier: GPL-2.0
/*
 * Anti-replay window with extended sequence numbers: numbers in, verdict out, no packets.
 *
 * RFCs: 4303 section 3.4.3 and Appendix A, 6479
 *
 * The window is a ring of 64-bit words.  Sequence number s belongs to block b = s / 32 and
 * bit s % 32; block b lives in word b modulo the ring's size, together with the low 32 bits
 * of b.  A word that holds an older block is simply replaced, so nothing ever needs to be
 * cleared ahead, and one compare-and-exchange both tests and sets.  The ring has one block
 * more than the window spans, or late packets would collide with the newest block.
 */
#include "replay.h"

#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <uapi/linux/keyway.h>

#define BLOCK_BITS	32u

/* RFC 4303 A2.2 needs some window to tell a late packet from a wrapped one. */
#define INFER_WINDOW	1024u

static u64 make_word(u32 block, u32 bits)
{
	return (u64)block << 32 | bits;
}

static u32 word_block(u64 word)
{
	return word >> 32;
}

struct kw_replay *kw_replay_new(u32 window, bool esn)
{
	struct kw_replay *r;
	u32 words = 1;

	if (window) {
		window = clamp(window, KW_REPLAY_MIN, (u32)KEYWAY_REPLAY_MAX);
		window = round_up(window, BLOCK_BITS);
		words = roundup_pow_of_two(window / BLOCK_BITS + 1);
	}
	r = kvzalloc(struct_size(r, ring, words), GFP_KERNEL);
	if (!r)
		return NULL;
	r->window = window;
	r->mask = words - 1;
	r->esn = esn;
	return r;
}

void kw_replay_free(struct kw_replay *r)
{
	kvfree(r);
}

u64 kw_replay_infer(const struct kw_replay *r, u32 low)
{
	u32 window = r->window ?: INFER_WINDOW;
	u64 top;
	u32 bottom, high;

	if (!r->esn)
		return low;
	top = atomic64_read(&r->top);
	high = top >> 32;
	bottom = (u32)top - window + 1;
	if ((u32)top >= window - 1) {
		/* Case A: the window lies within one subspace. */
		if (low < bottom)
			high++;
	} else if (low >= bottom && high) {
		/* Case B: it spans two, and this is the lower; below 0 there is none. */
		high--;
	}
	return (u64)high << 32 | low;
}

bool kw_replay_check(const struct kw_replay *r, u64 seq)
{
	u32 block = seq / BLOCK_BITS;
	u64 top, word;

	/* RFC 4303 3.3.3: the first packet has number 1. */
	if (!seq)
		return false;
	if (!r->window)
		return true;
	top = atomic64_read(&r->top);
	if (seq > top)
		return true;
	if (top - seq >= r->window)
		return false;
	word = atomic64_read(&r->ring[block & r->mask]);
	if (word_block(word) != block)
		return (s32)(word_block(word) - block) < 0;
	return !(word & BIT_ULL(seq % BLOCK_BITS));
}

static bool test_and_mark(struct kw_replay *r, u64 seq)
{
	u32 block = seq / BLOCK_BITS;
	u64 bit = BIT_ULL(seq % BLOCK_BITS);
	atomic64_t *slot = &r->ring[block & r->mask];
	s64 old = atomic64_read(slot);
	u64 new;

	do {
		if ((s32)(word_block(old) - block) > 0)
			return false;
		new = make_word(block, bit);
		if (word_block(old) == block) {
			if (old & bit)
				return false;
			new = old | bit;
		}
	} while (!atomic64_try_cmpxchg(slot, &old, new));
	return true;
}

bool kw_replay_advance(struct kw_replay *r, u64 seq)
{
	s64 top = atomic64_read(&r->top);

	if (!seq)
		return false;
	if (r->window) {
		if (seq <= (u64)top && top - seq >= r->window)
			return false;
		if (!test_and_mark(r, seq))
			return false;
	}
	while (seq > (u64)top && !atomic64_try_cmpxchg(&r->top, &top, seq))
		;
	return true;
}
