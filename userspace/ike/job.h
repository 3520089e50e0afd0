/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Work of an IKE SA on another thread. A job owns all it touches (and a reference to the connection whose
 * keys it uses), so the SA may die at any time: the job then ends as an orphan.
 */
#ifndef KW_IKE_JOB_H
#define KW_IKE_JOB_H

#include "ike/version.h"

struct conn;
struct ike_run;
struct ike_sa;

struct ike_job {
	struct env_job env;
	struct ike_sa *sa;		/* NULL: orphan */
	struct conn *conn;		/* reference; its conf may be read by work() */
	void (*work)(struct ike_job *job);	/* any thread */
	void (*free)(struct ike_job *job);	/* frees the job's own data and the job */
};

/* Submit for the run (takes the job, also on failure). The step returns what this returns: IKE_WAIT with
 * resume set, or IKE_FAIL.
 */
enum ike_verdict job_start(struct ike_run *run, struct ike_job *job,
			   enum ike_verdict (*resume)(struct ike_run *));
/* The SA goes: its job, if any, becomes an orphan. */
void job_orphan(struct ike_sa *sa);

#endif
