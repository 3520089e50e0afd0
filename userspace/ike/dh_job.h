/* SPDX-License-Identifier: GPL-2.0 */
/* Key exchange on a worker thread: our value, and the shared secret when the peer's is known. */
#ifndef KW_IKE_DH_JOB_H
#define KW_IKE_DH_JOB_H

#include "crypto/dh.h"
#include "ike/job.h"

struct dh_job {
	struct ike_job job;
	uint16_t group;
	struct modp own;		/* in place of group, where .p is not empty; malloc()ed */
	struct dh *dh;			/* made when NULL */
	struct kw_span peer;		/* malloc()ed; empty: only dh is made */
	struct kw_secret g_ir;
	int error;			/* 0; -EINVAL: the peer's value is one RFC 6989 refuses */
};

/* Starts it; takes dh (may be NULL). Contract as job_start(). */
enum ike_verdict dh_job_start(struct ike_run *run, uint16_t group, struct dh *dh,
			      struct kw_span peer, ike_step_fn resume);
/* As dh_job_start() in a group that is in no table. */
enum ike_verdict dh_job_start_of(struct ike_run *run, const struct modp *own, struct dh *dh,
				 struct kw_span peer, ike_step_fn resume);
/* Inside resume. */
struct dh_job *dh_job_done(struct ike_run *run);
/* Takes the made value out of the job. */
struct dh *dh_job_take(struct dh_job *j);

#endif
