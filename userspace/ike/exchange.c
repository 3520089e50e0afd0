// SPDX-License-Identifier: GPL-2.0
/*
 * The one place where messages meet steps.
 *
 *   message -> version->open (message id, integrity, fragments) -> row of the step table -> run -> verdict
 *           -> version->seal -> retransmit.c (stored) -> sent
 *
 * One thing at a time per IKE SA: while a step waits for its job, messages queue up in arrival order and
 * tasks stay where they are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ike/core.h"
#include "ike/conn.h"
#include "ike/dpd.h"
#include "ike/exchange.h"
#include "ike/job.h"
#include "ike/natd.h"
#include "ike/stream.h"
#include "wire/names.h"

/* ---- the life of a run ---- */

static struct ike_run *run_new(struct ike_sa *sa, struct ike_task *task, struct ike_message *in)
{
	struct ike_run *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->sa = sa;
	run->task = task;
	run->in = in;
	run->to = IKE_ST_SAME;
	sa->run = run;
	return run;
}

static void out_drop(struct ike_out *out)
{
	free(out->buf);
	memset(out, 0, sizeof(*out));
}

static void run_free(struct ike_run *run)
{
	run->sa->run = NULL;
	if (run->priv)
		run->priv_free(run->priv);
	out_drop(&run->out);
	message_free(run->in);
	free(run);
}

int exchange_begin(struct ike_run *run, uint8_t exchange)
{
	out_drop(&run->out);
	run->out.buf = malloc(OUT_MAX);
	if (!run->out.buf)
		return -ENOMEM;
	run->out.begun = true;
	run->out.response = run->in && !message_is_response(run->in);
	run->out.exchange = exchange;
	run->out.w = kw_writer(run->out.buf, OUT_MAX);
	run->out.chain = chain_builder(&run->out.w, SIZE_MAX);
	return 0;
}

void exchange_follow(struct ike_run *run)
{
	natd_follow(run->sa, run->in->socket, &run->in->local, &run->in->remote);
}

enum ike_verdict exchange_notify(struct ike_run *run, uint16_t type)
{
	run->notify.type = type;
	return IKE_NOTIFY;
}

enum ike_verdict exchange_fail(struct ike_run *run, uint16_t notify)
{
	run->notify.type = notify;
	return IKE_FAIL;
}

/* ---- verdicts ---- */

static bool is_request(const struct ike_run *run)
{
	return run->in && !message_is_response(run->in);
}

static int send_out(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct sealed s = { 0 };
	int ret;

	chain_close(&run->out.chain);
	ret = run->out.w.bad ? -EMSGSIZE : sa->version->seal(run, &s);
	if (ret) {
		log_error(conn_name(sa->conn), "cannot build %s: %s",
			  exchange_name(run->out.exchange), strerror(-ret));
		return ret;
	}
	if (run->out.response)
		retransmit_answer(sa, &s, run->in->socket, &run->in->local, &run->in->remote);
	else
		retransmit_request(sa, &s);
	return 0;
}

static void task_ends(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;

	if (sa->active == run->task)
		sa->active = NULL;
	task_free(run->task);
	run->task = NULL;
}

/* The message counts: ids move on, our request is answered, the peer's address is followed. */
static void message_counts(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;

	if (!run->in)
		return;
	sa->last_in_ms = engine_now(sa->e);
	if (!is_request(run))
		retransmit_answered(sa);
	sa->version->commit(sa, run->in);
	if (run->in->authentic)
		natd_follow(sa, run->in->socket, &run->in->local, &run->in->remote);
}

static void close_by_run(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct failure why = run->failure;

	run_free(run);
	ike_sa_close(sa, why.kind ? &why : NULL);
}

static void run_ok(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	enum ike_state to = run->to;
	bool failed = run->out.begun && send_out(run);

	if (failed) {
		failure_set(&run->failure, FAILURE_LOCAL, "a message could not be built");
		close_by_run(run);
		return;
	}
	if (run->task_done)
		task_ends(run);
	if (to != IKE_ST_SAME && sa->state != IKE_ST_GONE)
		ike_sa_set_state(sa, to);
	if (sa->run == run)
		run_free(run);
}

static void run_notify(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;

	if (is_request(run)) {
		sa->version->refuse(run);
		if (run->out.begun)
			send_out(run);
	}
	if (run->failure.kind && sa->conn)
		conn_fail(sa->conn, &run->failure);
	if (run->task_done)
		task_ends(run);
	if (sa->state == IKE_ST_NEW) {
		run->failure.kind = FAILURE_NONE;
		close_by_run(run);
		return;
	}
	run_free(run);
}

static void run_fail(struct ike_run *run)
{
	if (run->notify.type && is_request(run)) {
		run->sa->version->refuse(run);
		if (run->out.begun)
			send_out(run);
	}
	close_by_run(run);
}

/* A task that need not start: forgotten. A message that is as if it had not come: forgotten. */
static void run_drop(struct ike_run *run)
{
	if (!run->in && run->task)
		task_ends(run);
	run_free(run);
}

static void run_verdict(struct ike_run *run, enum ike_verdict v)
{
	if (run->sa->state == IKE_ST_GONE) {
		/* The step closed its own SA (a delete): only the answer is left to send. */
		if (v == IKE_OK && run->out.begun)
			send_out(run);
		run_free(run);
		return;
	}
	if (v != IKE_WAIT && v != IKE_DROP)
		message_counts(run);
	switch (v) {
	case IKE_OK:
		run_ok(run);
		break;
	case IKE_WAIT:
		break;
	case IKE_DROP:
		run_drop(run);
		break;
	case IKE_NOTIFY:
		run_notify(run);
		break;
	case IKE_FAIL:
		run_fail(run);
		break;
	}
}

/* ---- messages ---- */

static bool is_due(const struct ike_step *step, const struct ike_run *run)
{
	enum ike_role role = message_is_response(run->in) ? IKE_INITIATOR : IKE_RESPONDER;

	return step->role == role && (step->from & IN(run->sa->state)) &&
	       (!step->task || (run->task && step->task & DOING(run->task->type)));
}

/* *due: some row waits for such a message here, whether or not this one has the payloads. */
static const struct ike_step *find_step(const struct ike_run *run, bool *due)
{
	const struct ike_version *version = run->sa->version;

	*due = false;
	for (unsigned int i = 0; i < version->n_exchange; i++) {
		const struct ike_exchange *x = version->exchange[i];

		for (unsigned int j = 0; x->type == run->in->h.exchange && j < x->n; j++) {
			if (!is_due(&x->step[j], run))
				continue;
			*due = true;
			if (message_fits(run->in, &x->step[j]))
				return &x->step[j];
		}
	}
	return NULL;
}

/* An authenticated message that breaks the rules ends the IKE SA (RFC 7296 §2.21.3); any other is dropped. */
static enum ike_verdict bad_message(struct ike_run *run, const char *what)
{
	const struct ike_message *m = run->in;
	char text[256];

	run->sa->e->totals.rx_bad_message++;
	if (!m->authentic)
		return IKE_DROP;
	failure_set(&run->failure, FAILURE_PROTOCOL, "the peer broke the protocol: %s in %s", what,
		    run->sa->version->print(text, sizeof(text), m));
	return exchange_fail(run, N_INVALID_SYNTAX);
}

static enum ike_verdict check_and_run(struct ike_run *run)
{
	const struct ike_sa *sa = run->sa;
	const struct ike_message *m = run->in;
	uint8_t critical = message_critical(m, sa->version);
	const struct ike_step *step;
	bool due;

	if (critical) {
		run->notify.data[0] = critical;
		run->notify.data_len = 1;
		if (is_request(run))
			return exchange_notify(run, N_UNSUPPORTED_CRITICAL_PAYLOAD);
		return bad_message(run, "a critical payload of unknown type");
	}
	if (message_repeats(m, sa->version))
		return bad_message(run, "a payload that may come once came twice");
	step = find_step(run, &due);
	if (!due)
		return IKE_DROP;	/* an exchange that makes no sense now: not a word */
	if (!step)
		return bad_message(run, "payloads that do not make a message here");
	/* Who goes on has got the answer that made the IKE SA. */
	if (m->authentic && sa->state == IKE_ST_ESTABLISHED)
		dpd_answer_came(run->sa);
	run->to = step->to;
	return step->run(run);
}

static void handle(struct ike_sa *sa, struct ike_message *m)
{
	int ret = sa->version->open(sa, &m);
	struct ike_run *run;
	char text[512], subject[ENDPOINT_STRLEN];

	if (ret && !(ret == -EBADMSG && m->authentic)) {
		if (ret == -EBADMSG) {
			sa->e->totals.rx_bad_message++;
			message_free(m);
		}
		return;
	}
	log_debug(ike_sa_subject(sa, subject), "<- %s", sa->version->print(text, sizeof(text), m));
	run = run_new(sa, message_is_response(m) ? sa->active : NULL, m);
	if (!run) {
		message_free(m);
		return;
	}
	run_verdict(run,
		    ret ? bad_message(run, "a payload that does not parse") : check_and_run(run));
}

static void inbox_put(struct ike_sa *sa, struct ike_message *m)
{
	if (sa->n_inbox == INBOX_MAX) {
		message_free(m);
		return;
	}
	list_add_tail(&sa->inbox, &m->node);
	sa->n_inbox++;
}

static struct ike_message *inbox_take(struct ike_sa *sa)
{
	struct ike_message *m = list_entry(sa->inbox.next, struct ike_message, node);

	list_del(&m->node);
	sa->n_inbox--;
	return m;
}

/* ---- tasks ---- */

static void start_task(struct ike_sa *sa, struct ike_task *task)
{
	const struct ike_start *start = &sa->version->start[task->type];
	struct ike_run *run = start->from & IN(sa->state) ? run_new(sa, task, NULL) : NULL;

	if (!run) {
		task_free(task);
		return;
	}
	sa->active = task;
	run->to = start->to;
	log_debug(conn_name(sa->conn), "task: %s", task_name(task->type));
	run_verdict(run, start->run(run));
}

void exchange_go_on(struct ike_sa *sa)
{
	while (!sa->run && sa->state != IKE_ST_GONE) {
		struct ike_task *task = NULL;

		if (sa->n_inbox) {
			handle(sa, inbox_take(sa));
			continue;
		}
		if (!sa->active && !retransmit_pending(sa))
			task = task_next(sa);
		if (!task)
			return;
		start_task(sa, task);
	}
}

void exchange_receive(struct ike_sa *sa, struct ike_message *m)
{
	inbox_put(sa, m);
	exchange_go_on(sa);
}

void exchange_resume(struct ike_sa *sa, struct ike_job *job)
{
	struct ike_run *run = sa->run;

	run->job = job;
	run_verdict(run, run->resume(run));
	exchange_go_on(sa);
}

/* ---- ends ---- */

void exchange_timeout(struct ike_sa *sa)
{
	struct failure f = { 0 };
	char to[ENDPOINT_STRLEN];

	if (sa->hint)
		f = *sa->hint;
	else
		failure_set(
			&f, FAILURE_UNREACHABLE,
			"no answer from %s: %u tries over %llu s; is it reachable by %s and running IKE?",
			endpoint_print(to, &sa->remote), sa->retransmit.tries,
			(unsigned long long)(engine_now(sa->e) - sa->retransmit.first_ms + 500) /
				1000,
			stream_used(sa) ? "TCP" : "UDP");
	stream_unanswered(sa);
	if (sa->state == IKE_ST_DELETING || sa->state == IKE_ST_REKEYED || sa->returning)
		ike_sa_close(sa, NULL);
	else
		ike_sa_close(sa, &f);
}

void exchange_abort(struct ike_sa *sa)
{
	job_orphan(sa);
	while (sa->n_inbox)
		message_free(inbox_take(sa));
}

void exchange_free(struct ike_sa *sa)
{
	if (sa->run)
		run_free(sa->run);
}
