/* SPDX-License-Identifier: GPL-2.0 */
/* The initiator proves itself a second time, by EAP, behind its first proof (RFC 4739). */
#ifndef KW_IKEV2_ANOTHER_AUTH_H
#define KW_IKEV2_ANOTHER_AUTH_H

#include "ike/exchange.h"
#include "ikev2/v2_sa.h"

/* Responder, in IKE_SA_INIT: that it can, if a connection that the peer may be meant for wants it. */
void v2_another_offer(struct ike_run *run);
/* Initiator: what the answer to IKE_SA_INIT says of that. */
void v2_another_read(struct ike_sa *sa, const struct ike_message *m);

/* Initiator: false, with the reason in run->failure: the connection wants to and the peer cannot. */
bool v2_another_possible(struct ike_run *run);
/* Initiator, in the first request of IKE_AUTH: that another proof follows, where one does. */
void v2_another_put(struct ike_run *run);

/*
 * Responder: does the first request announce what the connection wants, no more and no less? false: why is in
 * run->failure.
 */
bool v2_another_fits(struct ike_run *run);

#endif
