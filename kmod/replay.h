/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Anti-replay window with extended sequence numbers: numbers in, verdict out, no packets.
 *
 * RFCs: 4303 section 3.4.3 and Appendix A, 6479 (its idea, without the clearing loop)
 */
#ifndef KW_REPLAY_H
#define KW_REPLAY_H

#include <linux/atomic.h>
#include <linux/types.h>

#define KW_REPLAY_MIN	32u

/**
 * struct kw_replay - the window of one inbound SA
 * @top: highest authenticated sequence number; only grows
 * @window: packets below @top, itself included, that may still arrive; 0 checks nothing
 * @mask: number of words in @ring, minus one
 * @esn: whether sequence numbers have 64 bits
 * @ring: word i holds the bitmap of one block of 32 sequence numbers whose block number is
 *	i modulo the ring: low 32 bits of the block number in the upper half, bitmap in the lower
 *
 * Safe with any number of concurrent readers and writers.
 */
struct kw_replay {
	atomic64_t top;
	u32 window;
	u32 mask;
	bool esn;
	atomic64_t ring[];
};

/* @window is rounded up to a multiple of 32 and kept within KEYWAY_REPLAY_MAX.  NULL: no memory. */
struct kw_replay *kw_replay_new(u32 window, bool esn);
void kw_replay_free(struct kw_replay *r);

/* The full sequence number of a packet that carries @low (RFC 4303 A2.2). */
u64 kw_replay_infer(const struct kw_replay *r, u32 low);

/* Before authentication: is @seq certainly old?  Changes nothing. */
bool kw_replay_check(const struct kw_replay *r, u64 seq);

/* After authentication: marks @seq as seen.  False if it was, or is left of the window. */
bool kw_replay_advance(struct kw_replay *r, u64 seq);

#endif /* KW_REPLAY_H */
