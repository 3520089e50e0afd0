/* SPDX-License-Identifier: GPL-2.0 */
/* One question to the RADIUS server of a connection, asynchronously (RFC 2865 §2.5). */
#ifndef KW_IKE_RADIUS_JOB_H
#define KW_IKE_RADIUS_JOB_H

#include "eap/radius.h"
#include "ike/exchange.h"

/*
 * Ask, with q->secret left to the connection; resume runs when the server has answered, or has not for too long. Returns
 * what the step returns.
 */
enum ike_verdict radius_job_start(struct ike_run *run, struct radius_question *q, ike_step_fn resume);
/* In resume: the answer, NULL: none came. Borrowed. */
struct radius_answer *radius_job_answer(const struct ike_run *run);

#endif
