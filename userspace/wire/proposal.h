/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Proposals as both versions mean them; what differs on the wire differs only in proposal_v1.c and
 * proposal_v2.c. RFC 7296 §3.3.
 */
#ifndef KW_WIRE_PROPOSAL_H
#define KW_WIRE_PROPOSAL_H

#include "crypto/alg.h"
#include "lib/buf.h"

#define PROPOSALS_MAX	32	/* per SA payload; more are refused */
#define TRANSFORMS_MAX	64	/* per proposal; more are refused */

struct transform {
	uint8_t type;		/* enum transform_type, or a number we do not know */
	uint16_t id;
	uint16_t key_bits;	/* 0 = no Key Length attribute */
	/* carries an attribute we do not know: never chosen (RFC 7296 §3.3.6) */
	bool unknown_attr;
};

struct proposal {
	uint8_t num;		/* as on the wire, 1.. */
	uint8_t protocol;	/* enum ike_protocol_id */
	uint8_t spi_len;
	uint8_t spi[8];
	unsigned int n;
	struct transform *t;
};

struct proposal_list {
	unsigned int n;
	struct proposal p[PROPOSALS_MAX];
};

/*
 * IKEv2 SA payload body. Transforms come from the arena. 0, -EBADMSG with a sentence in why (which
 * proposal, which field), -E2BIG, -ENOMEM (arena).
 */
int proposal_v2_parse(struct kw_span body, struct proposal_list *out, struct kw_arena *arena,
		      char *why, size_t why_len);
/* The SA payload body; numbers are written as they are in p[].num. */
void proposal_v2_build(struct kw_writer *w, const struct proposal_list *list);

/* Does one of the proposals have an additional key exchange (RFC 9370)? */
bool proposal_has_addke(const struct proposal_list *list);

/* "esp: aes-gcm-16-256, aes-gcm-16-128 / no-esn, esn": one line for people. Returns buf. */
char *proposal_print(char *buf, size_t cap, const struct proposal *p);
char *proposal_list_print(char *buf, size_t cap, const struct proposal_list *list);

#endif
