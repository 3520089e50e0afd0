/* SPDX-License-Identifier: GPL-2.0 */
/* MOBIKE: an IKE SA and its children follow their initiator to other addresses (RFC 4555). */
#ifndef KW_IKEV2_MOBIKE_H
#define KW_IKEV2_MOBIKE_H

#include "ike/exchange.h"

/* What IKE_AUTH says about it, in either role. */
void v2_mobike_offer(struct ike_run *run);
void v2_mobike_read(struct ike_sa *sa, const struct ike_message *m);
/* Notifies of an INFORMATIONAL request. true: run->out is the answer, run->notify the refusal if set. */
bool v2_mobike_informed(struct ike_run *run);
/* INFORMATIONAL that tells the peer, or asks whether it is where it says; and its answer. */
enum ike_verdict v2_move_start(struct ike_run *run);
enum ike_verdict v2_move_answered(struct ike_run *run);
/* Members of struct ike_version. */
void v2_network_changed(struct ike_sa *sa);
void v2_unanswered(struct ike_sa *sa, unsigned int tries);

#endif
