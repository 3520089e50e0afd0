// SPDX-License-Identifier: GPL-2.0
/*
 * Key exchange on a worker thread.
 *
 * RFCs: 7296 §2.14, 2409 §5, 6989.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/alg.h"
#include "ike/conn.h"
#include "ike/exchange.h"
#include "ike/dh_job.h"

static void work(struct ike_job *job)
{
	struct dh_job *j = container_of(job, struct dh_job, job);

	if (!j->dh)
		j->error = j->own.p.len ? dh_new_of(&j->dh, &j->own) : dh_new(&j->dh, j->group);
	if (!j->error && j->peer.len)
		j->error = dh_shared(j->dh, j->peer, &j->g_ir);
}

static void job_free(struct ike_job *job)
{
	struct dh_job *j = container_of(job, struct dh_job, job);

	dh_free(j->dh);
	modp_drop(&j->own);
	free((uint8_t *)(uintptr_t)j->peer.p);
	kw_secret_drop(&j->g_ir);
	free(j);
}

/* own: NULL, where the group has a number. */
static enum ike_verdict start(struct ike_run *run, uint16_t group, const struct modp *own, struct dh *dh,
			      struct kw_span peer, ike_step_fn resume)
{
	struct dh_job *j = calloc(1, sizeof(*j));
	uint8_t *copy = malloc(peer.len + 1);

	if (!j || !copy || (own && modp_copy(&j->own, own))) {
		free(j);
		free(copy);
		dh_free(dh);
		failure_set(&run->failure, FAILURE_LOCAL, "no memory for a key exchange");
		return IKE_FAIL;
	}
	if (peer.len)
		memcpy(copy, peer.p, peer.len);
	j->peer = KW_SPAN(copy, peer.len);
	j->group = group;
	j->dh = dh;
	j->job.work = work;
	j->job.free = job_free;
	return job_start(run, &j->job, resume);
}

enum ike_verdict dh_job_start(struct ike_run *run, uint16_t group, struct dh *dh,
			      struct kw_span peer, ike_step_fn resume)
{
	return start(run, group, NULL, dh, peer, resume);
}

enum ike_verdict dh_job_start_of(struct ike_run *run, const struct modp *own, struct dh *dh,
				 struct kw_span peer, ike_step_fn resume)
{
	return start(run, KE_PRIVATE, own, dh, peer, resume);
}

struct dh_job *dh_job_done(struct ike_run *run)
{
	return container_of(run->job, struct dh_job, job);
}

struct dh *dh_job_take(struct dh_job *j)
{
	struct dh *dh = j->dh;

	j->dh = NULL;
	return dh;
}
