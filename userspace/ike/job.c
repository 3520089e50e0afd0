// SPDX-License-Identifier: GPL-2.0
/*
 * Work of an IKE SA on another thread, and what happens when it comes back.
 */
#include "ike/conn.h"
#include "ike/exchange.h"
#include "ike/job.h"

void job_drop(struct ike_job *job)
{
	struct conn *conn = job->conn;

	if (--job->refs)
		return;
	job->free(job);
	conn_put(conn);		/* got in job_start() */
}

void job_keep(struct ike_job *job)
{
	job->refs++;
}

static void work(struct env_job *env)
{
	struct ike_job *job = container_of(env, struct ike_job, env);

	job->work(job);
}

static void done(struct env_job *env)
{
	struct ike_job *job = container_of(env, struct ike_job, env);
	struct ike_sa *sa = job->sa;

	if (sa) {
		struct engine *e = sa->e;

		engine_enter(e);
		sa->job = NULL;
		exchange_resume(sa, job);
		engine_leave(e);
	}
	job_drop(job);
}

enum ike_verdict job_start(struct ike_run *run, struct ike_job *job, ike_step_fn resume)
{
	struct ike_sa *sa = run->sa;
	const struct env *env = sa->e->env;

	job->env.work = work;
	job->env.done = done;
	job->refs = 1;
	job->sa = sa;
	job->conn = sa->conn ? conn_get(sa->conn) : NULL;
	if (env->job->submit(env->job_ctx, &job->env)) {
		job_drop(job);
		failure_set(&run->failure, FAILURE_LOCAL, "no worker thread to compute keys");
		return IKE_FAIL;
	}
	sa->job = job;
	run->resume = resume;
	return IKE_WAIT;
}

enum ike_verdict job_await(struct ike_run *run, struct ike_job *job, ike_step_fn resume)
{
	struct ike_sa *sa = run->sa;

	job->refs = 1;
	job->sa = sa;
	job->conn = sa->conn ? conn_get(sa->conn) : NULL;
	sa->job = job;
	run->resume = resume;
	return IKE_WAIT;
}

void job_ends(struct ike_job *job)
{
	done(&job->env);
}

void job_orphan(struct ike_sa *sa)
{
	struct ike_job *job = sa->job;

	sa->job = NULL;
	if (!job)
		return;
	job->sa = NULL;
	if (!job->cancel)
		return;
	job->cancel(job);
	job_drop(job);
}
