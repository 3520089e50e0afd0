/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the dissector share: one message while it is taken apart. Private to
 * cli/dissect*.c.
 */
#ifndef KW_CLI_DISSECT_PAYLOAD_H
#define KW_CLI_DISSECT_PAYLOAD_H

#include "cli/dissect.h"
#include "cli/open_v1.h"
#include "cli/pieces.h"
#include "cli/tree.h"
#include "wire/chain.h"
#include "wire/header.h"

#define DISSECT_MESSAGE_MAX	65536	/* octets of a message: more no UDP datagram holds */
#define DISSECT_ARENA		(4u << 20) /* more than 64 KiB of the smallest attributes become */

struct dissector {
	const struct keys *keys;		/* borrowed; NULL = none */
	struct v1_sessions *v1;
	struct pieces *pieces;
	/* Of the message at hand: room for a payload type, then what was opened. */
	uint8_t plain[1 + DISSECT_MESSAGE_MAX];
	size_t plain_len;			/* octets of it to wipe */
	uint8_t arena[DISSECT_ARENA];
};

struct dissection {
	struct dissector *d;
	const struct endpoint *from;
	struct ike_header h;
	struct kw_span message;		/* what the header's length covers, as far as it is there */
	bool whole_of_fragments;	/* further fragments inside are not followed */
	struct {
		json_t *o;		/* the SK payload it came from; NULL = nothing was opened */
		uint8_t first;
		struct kw_span plain;
	} inner;			/* v2 */
};

/* A payload's body into o; complaints are the function's own. */
typedef void (*dissect_body)(struct dissection *m, const struct payload *p, json_t *o);

/* Payloads into o["payloads"], whatever follows the header: o has the header's fields already. */
void dissect_v1(struct dissection *m, struct kw_span body, json_t *o);
void dissect_v2(struct dissection *m, struct kw_span body, json_t *o);

/* A message that stands in the octets of several others, into o. */
void dissect_inner_message(struct dissection *outer, struct kw_span message, json_t *o);

/* Bodies that both versions have. */
void dissect_octets(struct dissection *m, const struct payload *p, json_t *o);
void dissect_vendor(struct dissection *m, const struct payload *p, json_t *o);
void dissect_certificate(json_t *o, uint8_t encoding, struct kw_span data);
void dissect_config(struct dissection *m, const struct payload *p, json_t *o);
/* o["name"] or o["data"]: a distinguished name as text. */
void dissect_dn(json_t *o, struct kw_span der);
void dissect_addr(json_t *o, const char *key, uint8_t family, struct kw_span addr);

#endif
