// SPDX-License-Identifier: GPL-2.0
/* Between a peer's proof and the verdict: is a certificate of it revoked? */
#include <stdio.h>
#include <stdlib.h>

#include "ike/conn.h"
#include "ike/exchange.h"
#include "ike/job.h"
#include "ike/revocation.h"
#include "ike/revocation_job.h"

struct revocation_job {
	struct ike_job job;
	struct ike_job *first;		/* kept: what the verdict is about stands in it */
	struct revocation_ask ask;
	enum cert_verdict *verdict;
	char *why;
	size_t why_len;
	ike_step_fn resume;
};

static void job_free(struct ike_job *job)
{
	struct revocation_job *j = container_of(job, struct revocation_job, job);

	cert_path_drop(&j->ask.path);
	job_drop(j->first);
	free(j);
}

static void cancel(struct ike_job *job)
{
	revocation_cancel(&container_of(job, struct revocation_job, job)->ask);
}

static void asked(struct revocation_ask *ask)
{
	struct revocation_job *j = container_of(ask, struct revocation_job, ask);

	if (ask->verdict != CERT_TRUSTED) {
		*j->verdict = ask->verdict;
		snprintf(j->why, j->why_len, "%s", ask->why);
	}
	job_ends(&j->job);
}

static enum ike_verdict known(struct ike_run *run)
{
	struct revocation_job *j = container_of(run->job, struct revocation_job, job);

	run->job = j->first;
	return j->resume(run);
}

enum ike_verdict revocation_check_path(struct ike_run *run, const struct conn *c, struct cert_path *path,
				enum cert_verdict *verdict, char *why, size_t n, ike_step_fn resume)
{
	struct revocation_job *j = calloc(1, sizeof(*j));

	if (j) {
		j->job.free = job_free;
		j->job.cancel = cancel;
		j->verdict = verdict;
		j->why = why;
		j->why_len = n;
		j->resume = resume;
		j->ask = (struct revocation_ask){
			.path = *path, .mode = cert_store_revoke(c->conf->ca), .conn = conn_name(c), .done = asked,
		};
	}
	if (!j || revocation_begin(run->sa->e, &j->ask)) {
		free(j);
		*verdict = CERT_NO_STATUS;
		snprintf(why, n, "no memory to ask whether certificates are revoked");
		return resume(run);
	}
	path->n = 0;
	j->first = run->job;
	job_keep(j->first);
	return job_await(run, &j->job, known);
}

enum ike_verdict revocation_check(struct ike_run *run, struct cert_path *path, struct auth_evidence *ev,
				  ike_step_fn resume)
{
	struct failure unused = { 0 };

	if (!path->n || !auth_check(ev, &unused))
		return resume(run);
	return revocation_check_path(run, ev->conn, path, &ev->chain, ev->why, sizeof(ev->why), resume);
}
