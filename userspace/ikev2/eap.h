/* SPDX-License-Identifier: GPL-2.0 */
/* EAP inside IKE_AUTH: what lies between the first request and the last (RFC 7296 §2.16, RFC 5998). */
#ifndef KW_IKEV2_EAP_H
#define KW_IKEV2_EAP_H

#include "ike/exchange.h"
#include "ikev2/auth.h"

void v2_eap_free(struct v2_sa *v2);		/* fine when there is none */
/* Responder: EAP fails, and why is said already. */
bool v2_eap_told(const struct ike_sa *sa);

/* ---- both roles ---- */

/*
 * One packet further, on a worker: the EAP payload of run->in is answered by one in run->out, or fails. initiator: with EAP's Success run->out is the request with our AUTH.
 */
enum ike_verdict v2_eap_step(struct ike_run *run);
/*
 * The peer's AUTH payload, which ends EAP: what is known now about the peer, borrowed until the IKE SA goes. NULL:
 * it came too early, or does not parse (run->failure).
 */
const struct auth_evidence *v2_eap_evidence(struct ike_run *run);
/* Whom the method proved; of no type: nobody (initiator). Borrowed. */
const struct ident *v2_eap_user(const struct v2_sa *v2);
/* Our AUTH payload after EAP. 0 or -errno. */
int v2_eap_proof(const struct ike_sa *sa, struct v2_proof *out);

/* ---- initiator ---- */

/* The first answer: IDr, and the evidence about the AUTH in it; NULL: there is none (RFC 5998). 0 or -errno. */
int v2_eap_asked(struct ike_sa *sa, struct kw_span id_body, const struct auth_evidence *ev);

/* ---- responder ---- */

/* The first request is kept: the child in it is answered at the end. 0 or -ENOMEM. */
int v2_eap_begin(struct ike_run *run, struct kw_span id_body);
/* Behind another proof, about which ev is: EAP waits for an identity of its own (RFC 4739). 0 or -ENOMEM. */
int v2_eap_begin_again(struct ike_run *run, struct kw_span id_body, const struct auth_evidence *ev);
bool v2_eap_awaits_id(const struct v2_sa *v2);
int v2_eap_take_id(struct v2_sa *v2, struct kw_span id_body);	/* 0 or -ENOMEM */
/* The packet that begins EAP goes into run->out. 0 or -errno. */
int v2_eap_put_first(struct ike_run *run);
struct ike_message *v2_eap_first(const struct v2_sa *v2);

#endif
