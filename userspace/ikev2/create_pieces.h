/* SPDX-License-Identifier: GPL-2.0 */
/* What the exchanges that make a child or an IKE SA have in common, and the steps of their table. */
#ifndef KW_IKEV2_CREATE_PIECES_H
#define KW_IKEV2_CREATE_PIECES_H

#include "ike/exchange.h"
#include "ikev2/nego.h"

#define V2_BUSY_TRIES_MAX 20u

void v2_put_nonce(struct ike_run *run, const struct v2_nonce *n);
/* Nothing without dh. */
void v2_put_ke(struct ike_run *run, const struct dh *dh);
/* 0: there, or not there at all (group 0). */
int v2_read_ke(const struct ike_message *m, struct ke_payload *ke);
/* A negotiation with a nonce of ours, the task's own. NULL: no memory. */
struct v2_nego *v2_task_nego(struct ike_run *run);

/* INVALID_KE_PAYLOAD that asks for the group. */
enum ike_verdict v2_wrong_group(struct ike_run *run, uint16_t group);
enum ike_verdict v2_bad_ke(struct ike_run *run);

/* How long to wait after TEMPORARY_FAILURE (§2.25). */
uint64_t v2_busy_ms(const struct ike_task *t);
enum ike_verdict v2_try_again(struct ike_run *run, uint64_t ms);
/* INVALID_KE_PAYLOAD: does the peer want another group of those we allow (§1.3)? */
bool v2_other_group(struct ike_run *run, const struct proposal_list *allowed,
		    const struct notify_payload *n);
/* Why our request for `what` was refused, into run->failure. */
void v2_explain_refused(struct ike_run *run, const struct notify_payload *n,
			const struct proposal_list *ours, const char *what);

/* create_child.c, rekey_ike.c: all key exchanges that we began are done. As a step. */
enum ike_verdict v2_child_complete(struct ike_run *run, const struct kw_secret *g_ir);
enum ike_verdict v2_ike_rekey_complete(struct ike_run *run, const struct kw_secret *g_ir);
/* Likewise those that the peer began: the SA out of run->priv, or run->notify. What the answer says is for the caller. */
enum ike_verdict v2_child_held(struct ike_run *run, const struct kw_secret *g_ir);
enum ike_verdict v2_ike_rekey_held(struct ike_run *run, const struct kw_secret *g_ir);

/* Steps: create_child.c. */
enum ike_verdict v2_child_asked(struct ike_run *run);
enum ike_verdict v2_child_rekey_asked(struct ike_run *run);
enum ike_verdict v2_child_answered(struct ike_run *run);
enum ike_verdict v2_child_refused(struct ike_run *run);
/* Steps: rekey_ike.c. */
enum ike_verdict v2_ike_rekey_asked(struct ike_run *run);
enum ike_verdict v2_ike_rekey_answered(struct ike_run *run);
enum ike_verdict v2_ike_rekey_refused(struct ike_run *run);

#endif
