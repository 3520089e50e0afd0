/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One received message: its payloads as views into the datagram and into the decrypted text, checked against
 * the row of the step that is to handle it.
 */
#ifndef KW_IKE_MESSAGE_H
#define KW_IKE_MESSAGE_H

#include "ike/env.h"
#include "lib/list.h"
#include "wire/chain.h"
#include "wire/header.h"
#include "wire/payload.h"
#include "wire/proposal.h"
#include "wire/ts.h"

struct ike_step;
struct ike_version;

#define MESSAGE_PAYLOADS_MAX (2 * CHAIN_MAX)

struct ike_payload {
	struct payload p;
	bool inside;		/* was encrypted */
};

struct ike_message {
	struct list node;		/* ike_sa.inbox */
	enum net_socket socket;
	struct endpoint local, remote;
	struct ike_header h;
	struct kw_span raw;		/* the message as on the wire, header included; owned */
	bool authentic;			/* integrity checked with the peer's key */
	unsigned int n, room;
	struct ike_payload *payload;	/* n of them; owned, and elsewhere when one is added */
	uint64_t outside, inside;	/* sets of types, as P(); types over 63 are not in */
	uint64_t twice;
	struct kw_arena arena;		/* for parsed proposals */
	uint8_t *plain;			/* decrypted text; owned */
	size_t plain_len;
};

/* Copies the datagram. 0, -EMSGSIZE (header), -ENOMEM. */
int message_new(struct ike_message **m, enum net_socket socket, const struct endpoint *local,
		const struct endpoint *remote, struct kw_span datagram);
void message_free(struct ike_message *m);	/* wipes the decrypted text; NULL is fine */
/* The same message again, with what was decrypted of it. 0 or -ENOMEM. */
int message_copy(struct ike_message **copy, const struct ike_message *m);
/* Walk a chain and add its payloads. 0, or what chain_next() or message_add() says. */
int message_add_chain(struct ike_message *m, uint8_t first, struct kw_span body, bool inside);

/* Add one payload. 0, -E2BIG, -ENOMEM. */
int message_add(struct ike_message *m, const struct payload *p, bool inside);

/* Forget the payloads, as if only the header had been read. */
void message_reset(struct ike_message *m);

bool message_is_response(const struct ike_message *m);
/* First payload of the type inside (in_sk) or outside, after `after` (NULL: from the start); NULL: no more. */
const struct payload *message_find(const struct ike_message *m, uint8_t type, bool in_sk,
				   const struct payload *after);
/* The first notify of that type; false: none (or not well-formed). */
bool message_notify(const struct ike_message *m, bool in_sk, uint16_t type,
		    struct notify_payload *out);
/* The first notify that is an error (RFC 7296 §3.10.1). */
bool message_error_notify(const struct ike_message *m, bool in_sk, struct notify_payload *out);

/* Is everything the row needs there? */
bool message_fits(const struct ike_message *m, const struct ike_step *step);
/* Type of an unknown payload marked critical, 0 = none. */
uint8_t message_critical(const struct ike_message *m, const struct ike_version *version);
/* Is a payload there twice that may be there once? */
bool message_repeats(const struct ike_message *m, const struct ike_version *version);

/* For IKEv2: "IKE_SA_INIT request 0 {SA KE Nonce N(COOKIE)}" */
char *message_print(char *buf, size_t cap, const struct ike_message *m);

#endif
