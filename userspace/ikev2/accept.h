/* SPDX-License-Identifier: GPL-2.0 */
/* How an IKE SA begins: ours, and the first message of a stranger. */
#ifndef KW_IKEV2_ACCEPT_H
#define KW_IKEV2_ACCEPT_H

#include "ike/version.h"

struct ike_run;

/* IKE_SA_INIT, as nothing earlier can be gone on from. As a step. */
enum ike_verdict v2_init_start(struct ike_run *run);
/* Initiator, with the peer's NAT detection payloads read: to port 4500 if that is due. */
void v2_float(struct ike_sa *sa);

/* Member .accept of struct ike_version. */
void v2_accept(struct engine *e, const struct ike_version *version, struct ike_message *m);

#endif
