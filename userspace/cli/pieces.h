/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whole things from numbered pieces: fragments of IKE messages, of both versions. Bounded in sets
 * and octets; the oldest set gives way to a new one.
 */
#ifndef KW_CLI_PIECES_H
#define KW_CLI_PIECES_H

#include "lib/buf.h"

#define PIECES_KEY_MAX	32	/* octets that tell one set from another */
#define PIECES_MAX	64	/* of one set */

struct pieces;

struct pieces *pieces_new(void);		/* NULL: no memory */
void pieces_free(struct pieces *p);		/* NULL is fine; wipes what it held */
/*
 * Piece number (1..) of total (0 = not known yet). 1 and *whole, valid until the next call, once
 * none is missing; 0: wait; -EINVAL: number or total beyond PIECES_MAX, or key too long; -ENOMEM.
 */
int pieces_add(struct pieces *p, struct kw_span key, unsigned int number, unsigned int total,
	       struct kw_span data, struct kw_span *whole);

#endif
