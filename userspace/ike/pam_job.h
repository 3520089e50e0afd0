/* SPDX-License-Identifier: GPL-2.0 */
/* One question to PAM about a user of a connection, asynchronously. */
#ifndef KW_IKE_PAM_JOB_H
#define KW_IKE_PAM_JOB_H

#include "ike/exchange.h"

/* Ask by the connection's service; resume runs when there is an answer, or none for too long. Returns what the step returns. */
enum ike_verdict pam_job_start(struct ike_run *run, struct kw_span user, struct kw_span password, ike_step_fn resume);
/* In resume: the answer, NULL: none came. Borrowed. */
const struct env_pam_answer *pam_job_answer(const struct ike_run *run);

#endif
