/* SPDX-License-Identifier: GPL-2.0 */
/* ISAKMP messages on the wire: what struct ike_version asks for, and how exchanges begin and end theirs. */
#ifndef KW_IKEV1_PACKET_H
#define KW_IKEV1_PACKET_H

#include "ike/exchange.h"
#include "ikev1/v1_sa.h"

struct ike_sa *v1_find(struct engine *e, const struct ike_version *version,
		       const struct ike_header *h, const struct endpoint *remote);
int v1_open(struct ike_sa *sa, struct ike_message **m);
void v1_commit(struct ike_sa *sa, const struct ike_message *m);
int v1_seal(struct ike_run *run, struct sealed *out);
void v1_refuse(struct ike_run *run);
char *v1_print(char *buf, size_t cap, const struct ike_message *m);

/* The exchange that run->in belongs to. */
struct v1_xchg *v1_xchg_of(const struct ike_run *run);
/*
 * Begin a message of exchange x: with a HASH payload in front in phase 2, to be filled in by v1_seal(). 0 or -ENOMEM.
 */
int v1_begin(struct ike_run *run, struct v1_xchg *x);
/* As v1_begin() for the last message of an exchange of ours that nobody answers: sent once, and again when asked. */
int v1_begin_last_word(struct ike_run *run, struct v1_xchg *x);
/* An exchange of phase 2 that we begin. NULL with run->failure. */
struct v1_xchg *v1_xchg_begin(struct ike_run *run, uint8_t type);
/*
 * Send one message that is an exchange by itself: a notify or delete body of that payload type, protected as soon as
 * there are keys. Lost is lost.
 */
void v1_inform(struct ike_sa *sa, uint8_t payload, struct kw_span body);
/* Our last message of the exchange again. */
void v1_repeat(struct v1_xchg *x);
/* A notify of the IPsec DOI about the ISAKMP SA itself, into w. */
void v1_build_notify(struct kw_writer *w, const struct ike_sa *sa, uint16_t type,
		     struct kw_span data);
/* The notify after *at (NULL: the first) that parses, inside the encryption or outside as said. false: no more. */
struct v1_notify_payload;
bool v1_next_notify(const struct ike_message *m, bool inside, const struct payload **at,
		    struct v1_notify_payload *out);
/* First notify of the type, which must be inside the encryption or outside as said. */
bool v1_notify(const struct ike_message *m, bool inside, uint16_t type,
	       struct v1_notify_payload *out);

#endif
