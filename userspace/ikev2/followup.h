/* SPDX-License-Identifier: GPL-2.0 */
/* Further key exchanges behind a CREATE_CHILD_SA: IKE_FOLLOWUP_KE (RFC 9370 §2.2.4). */
#ifndef KW_IKEV2_FOLLOWUP_H
#define KW_IKEV2_FOLLOWUP_H

#include "ike/exchange.h"
#include "ikev2/nego.h"

/*
 * Initiator: CREATE_CHILD_SA is answered, g_ir (taken) is what its own key exchange made, and n's suite has more of
 * them: the first request for one. After the last answer the child is installed, or the IKE SA taken over.
 */
enum ike_verdict v2_followup_begin(struct ike_run *run, struct v2_nego *n, struct kw_secret *g_ir);
/*
 * Responder: keeps n (taken out of run) and g_ir (taken) until the key exchanges that are still due are done, and
 * ends the answer in run->out with the notify by which the peer will name it. 0 or -ENOMEM.
 */
int v2_followup_hold(struct ike_run *run, struct kw_secret *g_ir);
void v2_followup_free(struct v2_sa *v2);	/* fine when there is none */

#endif
