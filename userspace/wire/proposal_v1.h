/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The SA payload of ISAKMP: DOI, situation, proposals, transforms, attributes, as they stand on the
 * wire.
 *
 * RFCs: 2407 §4.2 (situation), §4.6.1 (labels), 2408 §3.4-3.6, §4.2 (same number = all together).
 */
#ifndef KW_WIRE_PROPOSAL_V1_H
#define KW_WIRE_PROPOSAL_V1_H

#include "wire/attr.h"

#define V1_PROPOSALS_MAX	32	/* per SA payload; more are refused */
#define V1_TRANSFORMS_MAX	255	/* per proposal: what the count's octet can say */
#define V1_ATTRS_MAX		32	/* per transform; more are refused */
#define V1_SPI_MAX		16	/* a pair of cookies, RFC 2408 §3.5 */

struct transform_v1 {
	uint8_t num;
	uint8_t id;			/* what it means depends on the proposal's protocol */
	unsigned int n;
	struct attr *a;			/* in the order of the wire; the arena's */
	struct kw_span whole;		/* its octets with their header: an answer repeats them */
};

struct proposal_v1 {
	uint8_t num;			/* several with one number are meant together */
	uint8_t protocol;		/* enum v1_protocol_id */
	struct kw_span spi;
	unsigned int n;
	struct transform_v1 *t;		/* the arena's */
};

/* RFC 2407 §4.6.1: only there when the situation asks for it. */
struct sa_v1_label {
	struct kw_span level;
	uint16_t category_bits;
	struct kw_span category;	/* category_bits, filled up to octets */
};

struct sa_v1 {
	uint32_t doi;			/* enum v1_doi, or a number we do not know */
	uint32_t situation;		/* SIT_ bits; DOI_ISAKMP has none on the wire */
	uint32_t domain;		/* labeled domain identifier: secrecy or integrity only */
	struct sa_v1_label secrecy, integrity;
	struct kw_span opaque;		/* all behind a DOI that is neither ISAKMP nor IPsec */
	unsigned int n;
	struct proposal_v1 *p;		/* the arena's */
};

/*
 * 0; -EBADMSG, -E2BIG or -ENOMEM (arena) with a sentence in why. out->p[0..n) and their transforms
 * are complete in every case, so that a reader of captures can show what stood before the mistake.
 */
int sa_v1_parse(struct kw_span body, struct sa_v1 *out, struct kw_arena *arena, char *why,
		size_t why_len);
/* The payload's body; attributes decide, transform_v1.whole is not looked at. */
void sa_v1_build(struct kw_writer *w, const struct sa_v1 *sa);

/*
 * A Proposal or Transform payload that stands alone in a chain, as no exchange has it: same rules,
 * its own "next" octet not judged. body is without the four header octets.
 */
int proposal_v1_parse_body(struct kw_span body, struct proposal_v1 *out, struct kw_arena *arena,
			   char *why, size_t why_len);
int transform_v1_parse_body(struct kw_span body, struct transform_v1 *out, struct kw_arena *arena,
			    char *why, size_t why_len);

#endif
