/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A TCP stream of IKE and ESP, cut into the frames it is made of: a pure reader of what has arrived.
 *
 *   "IKETCP" | length, 2 octets, itself included | 0xff                       a keepalive
 *            | length                            | 0 0 0 0 | IKE message
 *            | length                            | ESP packet
 *
 * RFCs: 9329 §3 (frames), §4 (prefix), §6.6 (keepalives).
 */
#ifndef KW_NET_STREAM_H
#define KW_NET_STREAM_H

#include "lib/buf.h"

#define STREAM_PREFIX		"IKETCP"
#define STREAM_PREFIX_LEN	6u
#define STREAM_MARKER_LEN	4u	/* in front of an IKE message */
/* Octets of what stands before an IKE message in a frame. */
#define STREAM_HEAD_LEN		(2u + STREAM_MARKER_LEN)
/* The longest IKE message taken from a stream: far more than any that is meant well. */
#define STREAM_IKE_MAX		32768u

struct stream {
	uint8_t *buf;		/* owned */
	size_t len, cap;
	size_t at;		/* what is before was handed out */
	bool prefix;		/* is over, or is not expected: only who connected sends it */
};

/* A stream that somebody else began starts with the prefix. *s must be {0}. */
void stream_init(struct stream *s, bool expect_prefix);
void stream_free(struct stream *s);
/* Takes a copy. What was handed out before is gone. 0 or -ENOMEM. */
int stream_put(struct stream *s, struct kw_span bytes);

enum stream_next {
	STREAM_MORE,		/* nothing is whole */
	STREAM_IKE,		/* *ike: borrowed until the next stream_put() */
	STREAM_ESP,		/* a frame of ESP, too short ones and keepalives: not for us */
	STREAM_BROKEN,		/* not such a stream, or none that makes sense any more */
};
/* The next frame. */
enum stream_next stream_next(struct stream *s, struct kw_span *ike);
/* What was put and not handed out, from the beginning of a frame on; borrowed likewise. */
struct kw_span stream_rest(const struct stream *s);

#endif
