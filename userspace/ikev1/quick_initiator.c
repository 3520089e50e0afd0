// SPDX-License-Identifier: GPL-2.0
/*
 * Quick mode, the side that begins.
 *
 * RFC: 2409 §5.5.
 */
#include <stdio.h>
#include <string.h>

#include "ike/dh_job.h"
#include "ike/rekey.h"
#include "ikev1/group.h"
#include "ikev1/packet.h"
#include "ikev1/quick.h"
#include "ikev1/quick_pieces.h"
#include "wire/names_v1.h"

#define SWITCH_MS	3000u
#define AGAIN_MS	15000u	/* after a refusal */
#define GROUP_MS	1000u	/* the peer is about to describe a group */
#define GROUP_TRIES	10u

static void as_before(struct quick *q, struct child_sa *c)
{
	const struct child_sa *old = child_find(q->e, q->replaces);

	if (old) {
		c->suite = old->suite;
		c->ah = old->ah;
	}
	q->as_before = true;
	q->group = c->suite.ke;
	q->local_said.n = 1;
	if (v1_sa(c->sa)->everywhere)
		q->local_said.ts[0] =
			(struct ts){ .port_last = UINT16_MAX, .range = ip_range_any(AF_INET) };
}

static enum ike_verdict send_first(struct ike_run *run, struct v1_xchg *x)
{
	struct quick *q = v1_quick_of(x);
	struct child_sa *c = v1_quick_child(q, 0);

	if (!c || v1_begin(run, x))
		return IKE_FAIL;
	v1_nonce_make(&x->ni);
	if (q->as_before)
		x->ni.len = V1_NONCE_SHORT;
	for (unsigned int i = 0; i < q->n && (c = v1_quick_child(q, i)); i++) {
		q->sa[i].spi_i = c->spi_in;
		q->sa[i].ah_i = c->ah_in;
		v1_put_ipsec_offer(run, c, q->group, q->as_before);
	}
	chain_put(&run->out.chain, V1_PAYLOAD_NONCE, v1_nonce_span(&x->ni));
	if (q->dh)
		chain_put(&run->out.chain, V1_PAYLOAD_KE, dh_public(q->dh));
	v1_quick_put_id(run, &q->local_said);
	v1_quick_put_id(run, &q->remote_ts);
	v1_quick_put_natoa(run, x, q);
	return IKE_OK;
}

static enum ike_verdict send_first_with_ke(struct ike_run *run)
{
	struct dh_job *j = dh_job_done(run);
	struct v1_xchg *x = v1_sa(run->sa)->own;

	if (j->error || !v1_quick_of(x)) {
		failure_set(&run->failure, FAILURE_LOCAL, "key exchange group %u: %s", j->group,
			    strerror(-j->error));
		return IKE_FAIL;
	}
	v1_quick_of(x)->dh = dh_job_take(j);
	return send_first(run, x);
}

static enum ike_verdict give_up(struct ike_run *run, struct v1_xchg *x)
{
	struct ike_sa *sa = run->sa;
	const struct quick *q = v1_quick_of(x);
	struct child_sa *old = q && q->replaces ? child_find(sa->e, q->replaces) : NULL;

	if (run->failure.kind)
		conn_fail(sa->conn, &run->failure);
	run->failure.kind = FAILURE_NONE;
	if (old)
		rekey_child_failed(old);
	if (x)
		v1_xchg_over(x);
	if (!old && run->task && sa->conn->wanted == CONN_WANTED_UP) {
		task_retry(sa, run->task, engine_jitter(AGAIN_MS, 25));
		run->task = NULL;
	} else if (run->task) {
		run->task_done = true;
	}
	return IKE_OK;
}

static enum ike_verdict begin(struct ike_run *run, const struct conf_child *conf,
			      const struct ts_list *local, const struct ts_list *remote, uint64_t replaces)
{
	struct ike_sa *sa = run->sa;
	struct v1_xchg *x = v1_xchg_begin(run, V1_EXCHANGE_QUICK_MODE);
	struct quick *q = x ? v1_quick_new(x) : NULL;
	unsigned int want = v1_quick_is_client(sa) ? 1 : sa->conn->conf->parallel_sas;
	struct child_sa *c = NULL;

	if (q && !child_has_no_way(sa, conf, &run->failure))
		c = v1_quick_children_new(q, sa, conf, want, true, &run->failure);
	if (!c) {
		if (x)
			v1_xchg_drop(x);
		if (run->failure.kind)
			conn_fail(sa->conn, &run->failure);
		return IKE_DROP;
	}
	q->conf = conf;
	q->replaces = replaces;
	ts_list_copy(&q->local_ts, local);
	ts_list_copy(&q->remote_ts, remote);
	q->local_said = q->local_ts;
	q->group = v1_pfs_group(conf);
	if (replaces && v1_quick_is_client(sa))
		as_before(q, c);
	v1_sa(sa)->own = x;
	if (q->group >= KE_PRIVATE) {
		q->group = v1_group_agreed(sa);
		if (!q->group) {
			failure_set(&run->failure, FAILURE_PROPOSAL,
				    "no private group is agreed on: the peer refused ours, or has not described one");
			return give_up(run, x);
		}
	}
	if (q->group)
		return v1_group_dh(run, q->group, NULL, KW_SPAN(NULL, 0), send_first_with_ke);
	return send_first(run, x);
}

enum ike_verdict v1_child_new_start(struct ike_run *run)
{
	const struct conf_conn *conf = run->sa->conn->conf;
	const struct conf_child *child = &conf->child[run->task->child_id];
	struct ts_list local, remote;

	if (run->task->child_id >= conf->n_child || !v1_quick_missing_pair(run->sa, child, &local, &remote))
		return IKE_DROP;
	if (v1_group_awaited(run->sa, child) && run->task->tries < GROUP_TRIES) {
		task_retry(run->sa, run->task, GROUP_MS);
		run->task = NULL;
		return IKE_OK;
	}
	return begin(run, child, &local, &remote, 0);
}

enum ike_verdict v1_child_rekey_start(struct ike_run *run)
{
	struct child_sa *c = child_find(run->sa->e, run->task->child_id);

	/* It may have gone over to another ISAKMP SA meanwhile, or the peer has rekeyed it. */
	if (c && c->sa != run->sa)
		task_add(c->sa, IKE_TASK_CHILD_REKEY, c->id);
	if (!c || c->sa != run->sa || !v1_quick_is_live(c))
		return IKE_DROP;
	/* Ours, which waits a little before it sends. The peer's, unconfirmed, is no child yet. */
	if (c->state == CHILD_INBOUND && c->initiator)
		child_switch(c);
	if (c->state != CHILD_INSTALLED)
		return IKE_DROP;
	c = v1_quick_eldest(c);
	if (v1_quick_is_replacing(run->sa, c))
		return IKE_DROP;
	return begin(run, c->conf, c->policy->local_ts, c->policy->remote_ts, c->id);
}

enum ike_verdict v1_quick_refused(struct ike_run *run, const struct v1_notify_payload *n)
{
	struct ike_sa *sa = run->sa;
	struct v1_xchg *x = v1_sa(sa)->own;
	struct failure *f = &run->failure;
	char local[200], remote[200];

	if (!v1_quick_of(x) || !x->ours)
		return IKE_DROP;
	ts_list_print(local, sizeof(local), &v1_quick_of(x)->local_ts);
	ts_list_print(remote, sizeof(remote), &v1_quick_of(x)->remote_ts);
	if (n->type == V1_N_INVALID_ID_INFORMATION) {
		snprintf(f->ours, sizeof(f->ours), "local %s, remote %s", local, remote);
		failure_set(f, FAILURE_TS,
			    "the peer does not accept our traffic selectors "
			    "(INVALID-ID-INFORMATION): %.400s. Its own must be the same, local and "
			    "remote the other way round",
			    f->ours);
	} else if (n->type == V1_N_NO_PROPOSAL_CHOSEN) {
		v1_print_ipsec_offer(f->ours, sizeof(f->ours), v1_quick_of(x)->conf);
		failure_set(f, FAILURE_PROPOSAL,
			    "the peer accepts none of our %s proposals (NO-PROPOSAL-CHOSEN) for %s "
			    "=== %s; ours: %.300s",
			    v1_ipsec_name(v1_quick_of(x)->conf), local, remote, f->ours);
	} else {
		failure_set(f, FAILURE_PEER, "the peer refused quick mode for %s === %s: %s", local,
			    remote, v1_notify_name(n->type));
	}
	return give_up(run, x);
}

static void switch_fire(void *arg)
{
	struct child_sa *c = arg;
	struct engine *e = c->sa->e;

	engine_enter(e);
	child_switch(c);
	engine_leave(e);
}

/* How slow the peer's answer was says how long message 3 may take to be read. */
static uint64_t switch_ms(const struct ike_sa *sa)
{
	uint64_t ms = SWITCH_MS + 2 * (engine_now(sa->e) - sa->retransmit.first_ms);

	return ms < CHILD_SWITCH_MS ? ms : CHILD_SWITCH_MS;
}

/* Message 3, and the child. */
static enum ike_verdict finish(struct ike_run *run, struct v1_xchg *x, const struct kw_secret *g_qm)
{
	struct ike_sa *sa = run->sa;
	struct quick *q = v1_quick_of(x);
	const struct conf_child *conf = q->conf;
	struct ts_list local, remote;

	if (v1_quick_install(sa, x, g_qm, q->committed || (q->replaces && !q->as_before), &run->failure))
		return give_up(run, x);
	if (v1_begin_last_word(run, x))
		return IKE_FAIL;
	if (q->committed) {
		v1_quick_wait(x);
	} else {
		for (unsigned int i = 0; i < q->n; i++) {
			struct child_sa *c = v1_quick_child(q, i);

			v1_quick_in_use(sa, q, i);
			if (c->state == CHILD_INBOUND)
				engine_timer(sa->e, &c->timer, switch_ms(sa), switch_fire, c);
		}
		v1_xchg_over(x);
	}
	if (run->task->type == IKE_TASK_CHILD_NEW && v1_quick_missing_pair(sa, conf, &local, &remote)) {
		task_retry(sa, run->task, 0);
		run->task = NULL;
	} else {
		run->task_done = true;
	}
	return IKE_OK;
}

static enum ike_verdict finish_with_ke(struct ike_run *run)
{
	struct dh_job *j = dh_job_done(run);
	struct v1_xchg *x = v1_xchg_of(run);

	if (!j->error)
		return finish(run, x, &j->g_ir);
	failure_set(&run->failure, FAILURE_PROTOCOL, "the peer's key exchange value: %s",
		    strerror(-j->error));
	return give_up(run, x);
}

static bool read_sa_answer(struct ike_run *run, struct quick *q, unsigned int i, const struct payload *p)
{
	const struct ike_sa *sa = run->sa;
	struct quick_sa *s = &q->sa[i];
	struct child_sa *c = v1_quick_child(q, i);
	struct v1_notify_payload told;
	struct sa_v1 answer;
	char why[160];

	if (!c || !p || sa_v1_parse(p->body, &answer, &run->in->arena, why, sizeof(why))) {
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the peer's answer in quick mode does not parse");
		return false;
	}
	if (!v1_accept_ipsec(sa, q->conf, &answer, q->group, &s->chosen, &run->failure)) {
		failure_set(&run->failure, FAILURE_PROPOSAL,
			    "the peer chose a child proposal that we did not offer: %.400s",
			    run->failure.theirs);
		return false;
	}
	if (v1_notify(run->in, true, V1_N_RESPONDER_LIFETIME, &told))
		v1_read_responder_lifetime(&told, &s->chosen);
	s->spi_r = s->chosen.spi;
	s->ah_r = s->chosen.ah.spi;
	c->spi_out = s->chosen.spi;
	c->ah_out = s->chosen.ah.spi;
	c->suite = s->chosen.suite;
	c->ah = s->chosen.ah.suite;
	v1_adopt_child_life(sa, q->conf, &s->chosen, c);
	return true;
}

static bool read_answer(struct ike_run *run, struct v1_xchg *x)
{
	struct quick *q = v1_quick_of(x);
	const struct payload *p = NULL;

	for (unsigned int i = 0; i < q->n; i++) {
		p = message_find(run->in, V1_PAYLOAD_SA, true, p);
		if (!read_sa_answer(run, q, i, p))
			return false;
	}
	if (v1_nonce_read(&x->nr, run->in, true) || message_find(run->in, V1_PAYLOAD_SA, true, p)) {
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the peer's answer in quick mode has no nonce, or more SAs than we asked for");
		return false;
	}
	if (!v1_quick_same_ids(run, q)) {
		failure_set(&run->failure, FAILURE_TS,
			    "the peer answered with traffic selectors that we did not offer");
		return false;
	}
	return true;
}

enum ike_verdict v1_quick_answered(struct ike_run *run)
{
	const struct payload *ke = message_find(run->in, V1_PAYLOAD_KE, true, NULL);
	struct v1_xchg *x = v1_xchg_of(run);
	struct quick *q = v1_quick_of(x);
	const struct kw_secret none = { 0 };
	struct dh *dh;

	if (!q)
		return IKE_DROP;
	q->committed = run->in->h.flags & V1_FLAG_COMMIT;
	if (!read_answer(run, x))
		return give_up(run, x);
	if (!q->group)
		return finish(run, x, &none);
	dh = q->dh;
	q->dh = NULL;
	if (ke && dh)
		return v1_group_dh(run, q->group, dh, ke->body, finish_with_ke);
	dh_free(dh);
	failure_set(&run->failure, FAILURE_PROTOCOL, "the peer answered without the KE payload of PFS");
	return give_up(run, x);
}
