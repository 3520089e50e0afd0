// SPDX-License-Identifier: GPL-2.0
/* PAM, asked by whoever stands behind the engine's door; its modules may take their time. */
#include "ike/pam_job.h"

#include <stdlib.h>

#include "ike/conn.h"
#include "ike/core.h"
#include "ike/job.h"

#define PATIENCE_MS	25000u	/* an ISAKMP SA that nobody has proved himself on is gone after 30 s */

struct pam_job {
	struct ike_job job;
	struct engine *e;
	struct env_pam *asked;		/* NULL: no more */
	struct env_timer *timer;
	bool answered;
	struct env_pam_answer answer;
};

static void hang_up(struct pam_job *j)
{
	if (j->asked)
		j->e->env->pam->drop(j->asked);
	j->asked = NULL;
	engine_timer_drop(j->e, &j->timer);
}

static void cancel(struct ike_job *job)
{
	hang_up(container_of(job, struct pam_job, job));
}

static void job_free(struct ike_job *job)
{
	free(container_of(job, struct pam_job, job));
}

static void late(void *arg)
{
	struct pam_job *j = arg;

	hang_up(j);
	job_ends(&j->job);
}

static void answered(void *arg, const struct env_pam_answer *answer)
{
	struct pam_job *j = arg;

	if (answer)
		j->answer = *answer;
	j->answered = answer;
	hang_up(j);
	job_ends(&j->job);
}

enum ike_verdict pam_job_start(struct ike_run *run, struct kw_span user, struct kw_span password, ike_step_fn resume)
{
	const struct env *env = run->sa->e->env;
	struct pam_job *j = calloc(1, sizeof(*j));
	struct env_pam_question q = {
		.service = run->sa->conn->conf->pam, .user = user, .password = password,
		.from = &run->in->remote.addr,
	};

	if (j) {
		j->job.free = job_free;
		j->job.cancel = cancel;
		j->e = run->sa->e;
		j->asked = env->pam ? env->pam->ask(env->pam_ctx, &q, answered, j) : NULL;
	}
	if (!j || !j->asked) {
		free(j);
		failure_set(&run->failure, FAILURE_LOCAL, "PAM cannot be asked: its process is gone or has too much to do");
		return exchange_fail(run, N_AUTHENTICATION_FAILED);
	}
	engine_timer(j->e, &j->timer, PATIENCE_MS, late, j);
	return job_await(run, &j->job, resume);
}

const struct env_pam_answer *pam_job_answer(const struct ike_run *run)
{
	struct pam_job *j = container_of(run->job, struct pam_job, job);

	return j->answered ? &j->answer : NULL;
}
