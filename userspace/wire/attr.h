/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Data attributes: of IKEv1 transforms and transaction exchanges, and of IKEv2's configuration
 * payload.
 *
 * RFCs: 2408 §3.3, 7296 §3.15.1 (the same octets; the first bit is reserved there).
 */
#ifndef KW_WIRE_ATTR_H
#define KW_WIRE_ATTR_H

#include "lib/buf.h"

struct attr {
	uint16_t type;		/* 15 bits */
	bool basic;		/* the value stands in place of a length: TV, not TLV */
	uint16_t value;		/* basic */
	struct kw_span data;	/* not basic: borrowed from the message */
};

/* 1 and *a; 0: no octet left; -EBADMSG: cut short, with a sentence in why. */
int attr_next(struct kw_reader *r, struct attr *a, char *why, size_t why_len);
/*
 * The number an attribute stands for, in either form. false when it has no octet or more than
 * eight.
 */
bool attr_number(const struct attr *a, uint64_t *number);
void attr_put(struct kw_writer *w, const struct attr *a);

struct attr attr_basic(uint16_t type, uint16_t value);
struct attr attr_variable(uint16_t type, struct kw_span data);

#endif
