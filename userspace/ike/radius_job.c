// SPDX-License-Identifier: GPL-2.0
/*
 * The client of RADIUS: each question goes out from a port of its own, again after 2 s, 4 s and 8 s, and is given up
 * after 14 s.
 *
 * RFCs: 2865 §2.5, 5080 §2.2.1 (repeats).
 */
#include <stdlib.h>

#include "ike/conn.h"
#include "ike/core.h"
#include "ike/job.h"
#include "ike/radius_job.h"

#define FIRST_MS	2000u
#define TRIES		3u

struct radius_job {
	struct ike_job job;
	struct engine *e;
	struct env_dialog *dialog;
	struct env_timer *timer;
	unsigned int tries;
	uint8_t request[RADIUS_MAX];
	size_t request_len;
	bool answered;
	struct radius_answer answer;
};

static void hang_up(struct radius_job *j)
{
	if (j->dialog)
		j->e->env->dialog->close(j->dialog);
	j->dialog = NULL;
	engine_timer_drop(j->e, &j->timer);
}

static void cancel(struct ike_job *job)
{
	hang_up(container_of(job, struct radius_job, job));
}

static void job_free(struct ike_job *job)
{
	struct radius_job *j = container_of(job, struct radius_job, job);

	kw_secret_drop(&j->answer.msk);
	kw_wipe(j->request, sizeof(j->request));
	free(j);
}

static void fire(void *arg);

static void send_question(struct radius_job *j)
{
	j->e->env->dialog->send(j->dialog, KW_SPAN(j->request, j->request_len));
	engine_timer(j->e, &j->timer, FIRST_MS << j->tries, fire, j);
	j->tries++;
}

static void fire(void *arg)
{
	struct radius_job *j = arg;

	if (j->tries < TRIES) {
		send_question(j);
		return;
	}
	hang_up(j);
	job_ends(&j->job);
}

static void heard(void *arg, struct kw_span datagram)
{
	struct radius_job *j = arg;
	struct radius_answer a = { 0 };
	int ret = radius_read(&a, &j->job.conn->conf->radius_secret, KW_SPAN(j->request, j->request_len),
			      datagram);

	if (ret) {
		uint32_t held = 0;

		kw_secret_drop(&a.msk);
		if (log_limit_ok(&j->e->noise, engine_now(j->e), 10, &held))
			log_warn(conn_name(j->job.conn),
				 "the RADIUS server's answer is not authentic, or no answer: is radius-secret the same there, and does it send Message-Authenticator? (%u more of such lines held back)",
				 held);
		return;
	}
	j->answer = a;
	j->answered = true;
	hang_up(j);
	job_ends(&j->job);
}

enum ike_verdict radius_job_start(struct ike_run *run, struct radius_question *q, ike_step_fn resume)
{
	const struct conf_conn *conf = run->sa->conn->conf;
	const struct env *env = run->sa->e->env;
	struct radius_job *j = calloc(1, sizeof(*j));
	struct kw_writer w;

	q->secret = &conf->radius_secret;
	if (j) {
		j->job.free = job_free;
		j->job.cancel = cancel;
		j->e = run->sa->e;
		w = kw_writer(j->request, sizeof(j->request));
		if (!radius_ask(&w, q) && env->dialog)
			j->dialog = env->dialog->open(env->dialog_ctx, &conf->radius, heard, j);
		j->request_len = w.len;
	}
	if (!j || !j->dialog) {
		free(j);
		failure_set(&run->failure, FAILURE_LOCAL, "the RADIUS server cannot be asked: no way there, or no memory");
		return exchange_fail(run, N_AUTHENTICATION_FAILED);
	}
	send_question(j);
	return job_await(run, &j->job, resume);
}

struct radius_answer *radius_job_answer(const struct ike_run *run)
{
	struct radius_job *j = container_of(run->job, struct radius_job, job);

	return j->answered ? &j->answer : NULL;
}
