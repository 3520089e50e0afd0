/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fragments of one message, already authenticated and decrypted, until all are there. Bounded in number and
 * octets; a newer message or a larger total throws the old ones away.
 *
 * RFC 7383 §2.6.
 */
#ifndef KW_IKE_REASSEMBLE_H
#define KW_IKE_REASSEMBLE_H

#include <stdbool.h>

#include "lib/buf.h"

#define FRAGMENTS_MAX		64
#define REASSEMBLED_MAX		65536u

struct reassembly {
	bool response;
	uint32_t message_id;
	uint16_t total, have;
	uint8_t first_payload;		/* from fragment 1 */
	size_t octets;
	struct kw_span *part;		/* total of them, each malloc()ed; NULL: nothing is there */
};

/* Has this fragment been seen (or is its total an old, smaller one)? Then it need not be decrypted. */
bool reassemble_seen(const struct reassembly *r, bool response, uint32_t message_id,
		     uint16_t number, uint16_t total);
/*
 * Add one (copied). 1: all there; 0: more to come; -EBADMSG: too many, or smaller total than before;
 * -E2BIG, -ENOMEM. first_payload is looked at in fragment 1 only.
 */
int reassemble_add(struct reassembly *r, bool response, uint32_t message_id, uint16_t number,
		   uint16_t total, uint8_t first_payload, struct kw_span plain);
/* After 1: everything in order into out (r->octets of it), then empty. */
void reassemble_take(struct reassembly *r, uint8_t *out);
void reassemble_drop(struct reassembly *r);

#endif
