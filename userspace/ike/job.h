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
	void (*cancel)(struct ike_job *job);	/* job_await(): nobody waits any more; before free() */
	unsigned int refs;		/* job.c's, on the loop thread */
};

/* Submit for the run (takes the job, also on failure). The step returns what this returns: IKE_WAIT with
 * resume set, or IKE_FAIL.
 */
enum ike_verdict job_start(struct ike_run *run, struct ike_job *job,
			   enum ike_verdict (*resume)(struct ike_run *));
/*
 * As job_start(), for what no worker does but somebody else: job_ends() is called when it is done, once, on the loop
 * thread and from outside of the engine. cancel must be set, work is not used.
 */
enum ike_verdict job_await(struct ike_run *run, struct ike_job *job,
			   enum ike_verdict (*resume)(struct ike_run *));
void job_ends(struct ike_job *job);
/* In resume: the job that is done does not end with the step, but when the caller says job_drop(). */
void job_keep(struct ike_job *job);
void job_drop(struct ike_job *job);
/* The SA goes: its job, if any, becomes an orphan, or ends at once if it can be cancelled. */
void job_orphan(struct ike_sa *sa);

#endif
