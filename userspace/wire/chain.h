/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The chain of generic payloads: the one loop over payload lengths (RFC 7296 §3.2, RFC 2408 §3.2).
 */
#ifndef KW_WIRE_CHAIN_H
#define KW_WIRE_CHAIN_H

#include "lib/buf.h"

struct payload {
	uint8_t type;
	bool critical;
	/* what this payload's header says follows: for SK the first inner payload */
	uint8_t next;
	struct kw_span body;	/* without the four header octets */
	struct kw_span whole;	/* with them */
};

/* What the two versions of the chain differ in. */
struct chain_rules {
	const char *(*name)(uint8_t type);
	bool holds_encrypted;	/* v2: after SK and SKF there is nothing */
	/* v1: octets after the last payload are padding of the encrypted body */
	bool may_pad;
};

struct chain {
	struct kw_reader r;
	const struct chain_rules *rules;
	uint8_t next;
	uint8_t spare;		/* octets that may be left after the last payload */
	unsigned int count;
	int error;		/* once refused, always refused */
	char why[96];		/* then: which payload and which numbers disagree */
};

#define CHAIN_MAX 64	/* more payloads in one message are refused */

struct chain chain_start(uint8_t first, struct kw_span body);
/*
 * The chain of an IKEv1 message. padded = its body was encrypted: what follows the last payload is
 * padding and left out (RFC 2409 §5 leaves its octets and count to the sender). In the clear only what fills a message
 * up to words may follow: libreswan's are.
 */
struct chain chain_start_v1(uint8_t first, struct kw_span body, bool padded);
/*
 * 1 and *p: a payload; 0: the end, everything used up; -EBADMSG: length below 4 or beyond the
 * message, octets left after the last payload, or an SK/SKF payload that is not last (RFC 7296
 * §3.14); -E2BIG: more than CHAIN_MAX; both with a sentence in c->why. After SK or SKF the chain
 * ends: what follows is inside.
 */
int chain_next(struct chain *c, struct payload *p);

/* Building: each call closes the payload before it (its length, its next field) and opens one. */
struct chain_builder {
	struct kw_writer *w;
	size_t next_at;		/* where the next payload's type must be written */
	size_t start;		/* of the open payload; SIZE_MAX = none */
	uint8_t first;		/* type of the first payload; 0 = none yet */
};

/* next_at: offset in w of the "next payload" octet of what precedes (HEADER_NEXT_PAYLOAD_OFFSET),
 * or SIZE_MAX for a chain inside an SK payload, whose first type is then in chain_first().
 */
struct chain_builder chain_builder(struct kw_writer *w, size_t next_at);
void chain_open(struct chain_builder *b, uint8_t type);
/* the last payload: next = 0; fine when none is open */
void chain_close(struct chain_builder *b);
uint8_t chain_first(const struct chain_builder *b);
/* chain_open + body. */
void chain_put(struct chain_builder *b, uint8_t type, struct kw_span body);

#endif
