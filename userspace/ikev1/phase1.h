/* SPDX-License-Identifier: GPL-2.0 */
/* What the ways of phase 1 have in common: their payloads, NAT detection, and the end of phase 1. */
#ifndef KW_IKEV1_PHASE1_H
#define KW_IKEV1_PHASE1_H

#include "ike/auth.h"
#include "ike/dh_job.h"
#include "ike/exchange.h"
#include "ikev1/packet.h"
#include "ikev1/policy.h"
#include "wire/payload.h"

extern const struct ike_exchange v1_main_mode, v1_aggressive_mode, v1_base_exchange, v1_authentication_only;

/*
 * What all of them do first. v1_phase1_begin(): the authentication method to offer, or 0 with run->failure.
 * v1_phase1_asked(): the connection, the policy and what the hashes cover, from the peer's first message; 0, or the
 * notify to refuse with.
 */
uint16_t v1_phase1_begin(struct ike_run *run, uint8_t exchange);
struct v1_agreement {
	struct sa_v1 theirs;
	struct v1_transform t;
	const struct proposal_v1 *p;	/* t's */
};
uint16_t v1_phase1_asked(struct ike_run *run, uint8_t exchange, struct v1_agreement *out);
/*
 * Messages 1 and 2 of main mode and the base exchange: v1_agree_begin() makes the first, v1_agree() is the step that
 * answers it.
 */
enum ike_verdict v1_agree_begin(struct ike_run *run, uint8_t exchange);
enum ike_verdict v1_agree(struct ike_run *run, uint8_t exchange);
/* The answer to our offer, by somebody unknown: what was chosen is adopted. false: it is none; sa->hint may say why. */
bool v1_phase1_answered(struct ike_run *run, struct v1_transform *t);
/* Identities in the clear and proofs that somebody can guess the pre-shared key by: now and then said. */
void v1_warn_of_psk(const struct ike_sa *sa);
/* The ways phase 1 can begin: each builds the first message. */
enum ike_verdict v1_main_begin(struct ike_run *run);
enum ike_verdict v1_aggressive_begin(struct ike_run *run);
enum ike_verdict v1_base_begin(struct ike_run *run);
/* Main mode's last steps, which SKEME's ways share: keys are made; the peer's proof was looked at. */
enum ike_verdict v1_main_have_keys(struct ike_run *run);
enum ike_verdict v1_main_checked(struct ike_run *run);
enum ike_verdict v1_main_peer_checked(struct ike_run *run);
/* A first message that belongs to no ISAKMP SA (struct ike_version). */
void v1_accept(struct engine *e, const struct ike_version *version, struct ike_message *m);

/* Vendor ids that we send: all as initiator, as responder those that the peer sent too. */
void v1_put_vendors(struct ike_run *run);
void v1_read_vendors(struct ike_sa *sa, const struct ike_message *m, bool inside);
/* NAT-D payloads, when both sides can (RFC 3947 §3.2). */
void v1_put_natd(struct ike_run *run);
void v1_read_natd(struct ike_sa *sa, const struct ike_message *m, bool inside);

/* Our SA payload was built as the last payload of run->out: keep its body, which HASHes cover. 0 or -ENOMEM. */
int v1_keep_own_sa(struct ike_run *run);
/* KE and NONCE of the peer: kept in the SA. 0 or -EBADMSG. */
int v1_read_ke(struct ike_sa *sa, const struct ike_message *m, struct kw_span *ke);
/* KE of the peer alone, in front of what a dh_job is to make of it. 0 or -EBADMSG. */
int v1_keep_peer_ke(struct ike_sa *sa, struct kw_span ke);
void v1_put_ke(struct ike_run *run);
/*
 * Key exchange in the group that was agreed on, sa->suite.ke: our public value (dh: NULL), and with the peer's the
 * shared secret. As dh_job_start().
 */
enum ike_verdict v1_dh_start(struct ike_run *run, struct dh *dh, struct kw_span peer, ike_step_fn resume);
/* Our public value made by a job is v1->dh from now on, and we have a nonce. 0 or -errno with run->failure. */
int v1_take_dh(struct ike_run *run, struct dh_job *j);
/* The shared secret is there: SKEYIDs and the message key. 0 or -errno with run->failure. */
int v1_make_keys(struct ike_run *run, struct dh_job *j);

/* The SA payload of a message. 0; or the notify to refuse with, and run->failure. */
uint16_t v1_read_sa(struct ike_run *run, struct sa_v1 *out);

/* Our ID payload, and its body. */
void v1_put_id(struct ike_run *run);
int v1_id_body(const struct ike_sa *sa, struct kw_writer *w);
/* The peer's ID payload. 0 or -EBADMSG. */
int v1_read_id(const struct payload *p, struct id_payload *out);
/* In an encrypted message: we have no other ISAKMP SA with this peer. */
void v1_put_initial_contact(struct ike_run *run);
/* The identity is known: is it that of the connection, or of another one that would have come as far? */
bool v1_settle_conn(struct ike_run *run, const struct id_payload *id);
/* Nothing is to come before the first child: what was there already is taken over, children are asked for. */
void v1_established(struct ike_sa *sa);
/* Proved: keeps the identity, and phase 1 is over. */
enum ike_verdict v1_phase1_done(struct ike_run *run, const struct id_payload *id);

/* struct ike_version: the last try of a proof that nobody answers says why. */
void v1_unanswered(struct ike_sa *sa, unsigned int tries);
/* What stands against us in the clear while we begin: kept as a hint. */
enum ike_verdict v1_hint(struct ike_run *run);

#endif
