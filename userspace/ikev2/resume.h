/* SPDX-License-Identifier: GPL-2.0 */
/* An IKE SA that goes on from an earlier one, by a ticket that its gateway gave us or we our client (RFC 5723). */
#ifndef KW_IKEV2_RESUME_H
#define KW_IKEV2_RESUME_H

#include "ikev2/auth.h"

/* ---- IKE_SESSION_RESUME, initiator ---- */

bool v2_resume_wanted(const struct ike_sa *sa);		/* there is a ticket of that gateway */
enum ike_verdict v2_resume_start(struct ike_run *run);

/* ---- IKE_AUTH behind it, both roles: v2_sa(sa)->session is what it goes on from ---- */

/* Our AUTH payload. 0 or -errno. */
int v2_resume_proof(const struct ike_sa *sa, struct v2_proof *out);
/* What the peer's AUTH payload shows. ev borrows from peer. */
void v2_resume_evidence(const struct ike_sa *sa, const struct v2_peer_auth *peer, struct auth_evidence *ev);
/*
 * Responder, the peer has proved itself: the ticket is used up, and the IKE SA before ends without a word if it is
 * still there. false, with run->failure: the ticket was used already.
 */
bool v2_resume_once(struct ike_run *run);

/* ---- tickets ---- */

/* The connection wants tickets, and we are who began, before any rekeying: only that side could come back. */
bool v2_ticket_wanted(const struct ike_sa *sa);
/* Then: N(TICKET_REQUEST). */
void v2_ticket_ask(struct ike_run *run);
/* Responder: the answer to that, if `asked` has it, at the end of run->out. */
void v2_ticket_answer(struct ike_run *run, const struct ike_message *asked);
/* Initiator: keeps the ticket in run->in, if there is one. */
void v2_ticket_take(struct ike_run *run);
/* The IKE SA is deleted by word of one side: nobody goes on from it. */
void v2_ticket_void(struct ike_sa *sa);
/* The IKE SA was rekeyed: its ticket is the new one's, until that has another. */
void v2_ticket_goes_on(struct ike_sa *old, struct ike_sa *next);

#endif
