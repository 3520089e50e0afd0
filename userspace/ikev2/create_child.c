// SPDX-License-Identifier: GPL-2.0
/*
 * CREATE_CHILD_SA for children: another one, or one rekeyed.
 *
 * Both sides may rekey the same child at once. Each then answers the other, and the child made with the
 * lowest of the four nonces is deleted by whoever started it; the other side deletes what was rekeyed.
 *
 * RFCs: 7296 §1.3.1, §1.3.3, §2.8, §2.8.1, §2.25.1; 9370 §2.2.4.
 */
#include <errno.h>
#include <string.h>

#include "ike/connect.h"
#include "ike/narrow.h"
#include "ike/rekey.h"
#include "ikev2/collide.h"
#include "ikev2/create_pieces.h"
#include "ike/dh_job.h"
#include "ikev2/followup.h"
#include "ikev2/rekey_ike.h"
#include "ikev2/version.h"

#define CHILD_RETRY_MS	15000u
#define CROSSING_MS	15000u	/* two that crossed are both this young */

/* ---- we want a child, or to rekey one ---- */

static enum ike_verdict send_child_request(struct ike_run *run)
{
	struct v2_nego *n = run->task->priv;
	struct child_sa *old = n->replaces ? child_find(n->e, n->replaces) : NULL;
	uint8_t spi[4];
	struct kw_writer w = kw_writer(spi, sizeof(spi));

	if ((n->replaces && !old) || exchange_begin(run, EXCHANGE_CREATE_CHILD_SA))
		return IKE_DROP;
	if (old) {
		kw_put_be32(&w, old->spi_in);
		chain_open(&run->out.chain, PAYLOAD_NOTIFY);
		notify_build(&run->out.w, old->protocol, kw_written(&w), N_REKEY_SA, KW_SPAN(NULL, 0));
	}
	v2_nego_put_mode(run, n);
	if (v2_nego_put_offer(run, n)) {
		conn_fail(run->sa->conn, &run->failure);
		if (old)
			rekey_child_failed(old);
		return IKE_DROP;
	}
	v2_put_nonce(run, &n->ni);
	v2_put_ke(run, n->dh);
	v2_nego_put_ts(run, n);
	return IKE_OK;
}

static enum ike_verdict child_request_with_dh(struct ike_run *run)
{
	struct v2_nego *n = run->task->priv;
	struct dh_job *j = dh_job_done(run);

	if (j->error)
		return IKE_DROP;
	n->dh = dh_job_take(j);
	return send_child_request(run);
}

static enum ike_verdict begin_child(struct ike_run *run, const struct conf_child *conf,
				    const struct child_sa *old)
{
	struct v2_nego *n = v2_task_nego(run);
	uint16_t group = proposal_first_ke(conf_child_offer(conf));

	if (!n)
		return IKE_DROP;
	n->conf = conf;
	n->replaces = old ? old->id : 0;
	if (run->task->ke_hint)
		group = run->task->ke_hint;
	return group ? dh_job_start(run, group, NULL, KW_SPAN(NULL, 0), child_request_with_dh) :
		       send_child_request(run);
}

enum ike_verdict v2_child_new_start(struct ike_run *run)
{
	const struct conn *conn = run->sa->conn;

	/* Somebody was quicker. */
	if (!(conn_missing(conn) & 1u << run->task->child_id))
		return IKE_DROP;
	return begin_child(run, &conn->conf->child[run->task->child_id], NULL);
}

enum ike_verdict v2_child_rekey_start(struct ike_run *run)
{
	const struct child_sa *old = child_find(run->sa->e, run->task->child_id);

	if (!old || old->sa != run->sa || old->state != CHILD_INSTALLED)
		return IKE_DROP;
	return begin_child(run, old->conf, old);
}

/* ---- our child was answered ---- */

static void delete_child(struct child_sa *c)
{
	task_add(c->sa, IKE_TASK_CHILD_DELETE, c->id);
}

/*
 * The peer's child that crossed ours on the wire: a rekey of the same child, or a new one for the same traffic
 * (which both sides make when both miss it). NULL: none.
 */
static struct child_sa *find_met_child(const struct v2_nego *n)
{
	struct child_sa *met = n->met ? child_find(n->e, n->met_child) : NULL;

	if (!met || !met->policy)
		return NULL;
	/* The next one is for another class of DSCPs. */
	if (!n->replaces && child_free_class(met->policy, met->sa) <= met->conf->n_dscp_class)
		return NULL;
	return n->replaces || (ts_list_equal(met->policy->local_ts, &n->local_ts) &&
			       ts_list_equal(met->policy->remote_ts, &n->remote_ts)) ? met : NULL;
}

/* §2.8.1: is ours the redundant one? */
static bool lost_to(const struct v2_nego *n, const struct child_sa *met)
{
	return met && v2_nonce_cmp(v2_nego_lowest(n), &n->met_lowest) < 0;
}

static void settle_child(struct child_sa *c, struct child_sa *old, struct child_sa *met, bool lost)
{
	struct child_sa *loser = lost ? c : met;
	struct child_sa *winner = lost ? met : c;

	if (loser) {
		loser->replaced_by = winner->id;
		log_info(conn_name(c->sa->conn),
			 "both sides rekeyed at once: child #%llu stays, #%llu is redundant",
			 (unsigned long long)winner->id, (unsigned long long)loser->id);
	}
	if (lost) {
		delete_child(c);
		return;
	}
	if (old) {
		child_replaced(old, c);
		delete_child(old);
	} else {
		child_up(c);
	}
}

/* The peer has made a child that we do not want: it is deleted again. */
static enum ike_verdict unwanted_answer(struct ike_run *run)
{
	v2_nego_give_back(run, run->task->priv);
	conn_fail(run->sa->conn, &run->failure);
	run->failure.kind = FAILURE_NONE;
	run->task_done = true;
	return IKE_OK;
}

enum ike_verdict v2_child_complete(struct ike_run *run, const struct kw_secret *g_ir)
{
	struct v2_nego *n = run->task->priv;
	struct child_sa *met = find_met_child(n);
	struct child_sa *old = n->replaces ? child_find(n->e, n->replaces) : NULL;
	bool lost = lost_to(n, met);
	/* One that will be deleted at once must not take the traffic. */
	struct child_sa *c = v2_nego_install(run, n, g_ir, lost);

	run->task_done = true;
	/* Packets (pfp) and classes of DSCPs may want another child just like it. */
	run->task->over = true;
	if (c) {
		settle_child(c, old, met, lost);
		return IKE_OK;
	}
	v2_nego_give_back(run, n);
	conn_fail(run->sa->conn, &run->failure);
	run->failure.kind = FAILURE_NONE;
	if (old)
		rekey_child_failed(old);
	return IKE_OK;
}

static enum ike_verdict install_with_dh(struct ike_run *run)
{
	struct v2_nego *n = run->task->priv;
	struct dh_job *j = dh_job_done(run);

	if (j->error) {
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the peer's key exchange value is not usable");
		return IKE_FAIL;
	}
	return suite_addke(&n->choice.suite, 0) ? v2_followup_begin(run, n, &j->g_ir)
						: v2_child_complete(run, &j->g_ir);
}

enum ike_verdict v2_child_answered(struct ike_run *run)
{
	struct v2_nego *n = run->task->priv;
	const struct kw_secret none = { 0 };
	struct ke_payload ke;
	struct dh *dh = n->dh;
	int ret;

	if (v2_nonce_read(&n->nr, run->in, true) || v2_read_ke(run->in, &ke)) {
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the answer to CREATE_CHILD_SA does not parse");
		return IKE_FAIL;
	}
	ret = v2_nego_read_answer(run, n);
	if (ret == -EPROTO)
		return unwanted_answer(run);
	/* An answer to what we did not ask: nothing that follows can be right. */
	if (ret)
		return IKE_FAIL;
	if (!n->choice.suite.ke)
		return v2_child_complete(run, &none);
	if (!dh || ke.group != n->choice.suite.ke || ke.group != dh_group(dh)) {
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the peer chose group %u but answered with a value of %u",
			    n->choice.suite.ke, ke.group);
		return IKE_FAIL;
	}
	n->dh = NULL;
	return dh_job_start(run, ke.group, dh, ke.data, install_with_dh);
}

/* ---- we were refused ---- */

/* CHILD_SA_NOT_FOUND: the peer lost it, or replaced it while our request was under way. */
static void child_not_found(struct ike_run *run)
{
	struct child_sa *old = child_find(run->sa->e, run->task->child_id);

	if (run->task->type == IKE_TASK_CHILD_REKEY && old && !old->replaced_by)
		child_remove(old);
}

enum ike_verdict v2_child_refused(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct v2_nego *nego = run->task->priv;
	struct notify_payload n = { 0 };
	struct child_sa *old = nego->replaces ? child_find(sa->e, nego->replaces) : NULL;

	message_error_notify(run->in, true, &n);
	if ((n.type == N_TEMPORARY_FAILURE || n.type == N_STATE_NOT_FOUND) &&
	    run->task->tries < V2_BUSY_TRIES_MAX)
		return v2_try_again(run, v2_busy_ms(run->task));
	if (n.type == N_INVALID_KE_PAYLOAD && v2_other_group(run, conf_child_offer(nego->conf), &n))
		return v2_try_again(run, 0);
	if (n.type == N_SINGLE_PAIR_REQUIRED && !run->task->single_pair) {
		run->task->single_pair = true;
		return v2_try_again(run, 0);
	}
	if (n.type == N_CHILD_SA_NOT_FOUND) {
		child_not_found(run);
		run->task_done = true;
		return IKE_OK;
	}
	v2_explain_refused(run, &n, conf_child_offer(nego->conf),
			old ? "the rekeying of the child" : "a child");
	conn_fail(sa->conn, &run->failure);
	/* A new one that is wanted is asked for until it is there or the IKE SA is gone. */
	if (run->task->type == IKE_TASK_CHILD_NEW && sa->conn->wanted == CONN_WANTED_UP)
		return v2_try_again(run, engine_jitter(CHILD_RETRY_MS, 25));
	if (old && !old->replaced_by)
		rekey_child_failed(old);
	run->task_done = true;
	return IKE_OK;
}

/* ---- the peer wants a child, or to rekey one ---- */

/* The peer's rekey of a child that we are rekeying too: what decides is kept with our own. */
static void remember_met_child(struct ike_run *run, const struct v2_nego *n)
{
	const struct ike_task *t = run->sa->active;
	struct v2_nego *own = t ? t->priv : NULL;

	if (!own || (t->type != IKE_TASK_CHILD_REKEY && t->type != IKE_TASK_CHILD_NEW) ||
	    own->replaces != n->replaces || own->conf != n->conf)
		return;
	own->met = true;
	own->met_child = n->child_id;
	own->met_lowest = *v2_nego_lowest(n);
}

/*
 * The peer made a new child for traffic that has one already. If ours has just come about, the two crossed and
 * the tie decides; else the peer has lost the older one, or wants it replaced.
 */
static void settle_twin(struct child_sa *c, struct child_sa *twin)
{
	bool crossed = twin->initiator && engine_now(c->sa->e) - twin->created_ms < CROSSING_MS;

	if (crossed && memcmp(twin->tie, c->tie, sizeof(c->tie)) > 0)
		return;		/* the peer deletes the new one */
	twin->replaced_by = c->id;
	delete_child(twin);
}

static void settle_twins(struct child_sa *c)
{
	struct list *l, *tmp;

	list_for_each_safe(l, tmp, &c->sa->children) {
		struct child_sa *twin = list_entry(l, struct child_sa, node);

		if (twin != c && twin->policy == c->policy && twin->state == CHILD_INSTALLED &&
		    !twin->replaced_by && twin->dscp_class == c->dscp_class)
			settle_twin(c, twin);
	}
}

static bool put_answer(struct ike_run *run, struct v2_nego *n, const struct dh *dh)
{
	if (exchange_begin(run, EXCHANGE_CREATE_CHILD_SA))
		return false;
	v2_nego_put_mode(run, n);
	v2_nego_put_answer(run, n);
	v2_put_nonce(run, &n->nr);
	v2_put_ke(run, dh);
	v2_nego_put_ts(run, n);
	return true;
}

/* The child that the peer wanted is installed. */
static void settle_asked(struct ike_run *run, struct v2_nego *n, struct child_sa *old)
{
	struct child_sa *c = child_find(n->e, n->child_id);

	remember_met_child(run, n);
	if (old) {
		child_replaced(old, c);
	} else {
		child_up(c);
		settle_twins(c);
	}
}

static enum ike_verdict answer_child(struct ike_run *run, const struct kw_secret *g_ir,
				     const struct dh *dh)
{
	struct v2_nego *n = run->priv;
	struct child_sa *old = n->replaces ? child_find(n->e, n->replaces) : NULL;
	uint16_t refuse = v2_nego_make(run, n, g_ir, old);

	if (refuse)
		return exchange_notify(run, refuse);
	if (!put_answer(run, n, dh))
		return IKE_DROP;
	settle_asked(run, n, old);
	return IKE_OK;
}

/* RFC 9370 §2.2.4: there is no child yet, only its SPI. Two such that cross would be hard to tell apart. */
static enum ike_verdict answer_child_held(struct ike_run *run, struct kw_secret *g_ir, const struct dh *dh)
{
	struct v2_nego *n = run->priv;
	const struct child_sa *old = n->replaces ? child_find(n->e, n->replaces) : NULL;
	uint16_t refuse = v2_nego_reserve(run, n);

	if (refuse)
		return exchange_notify(run, refuse);
	if ((n->replaces && !old) || v2_collide(run->sa, ASK_CHILD_REKEY, old) == COLLIDE_BOTH ||
	    !put_answer(run, n, dh) || v2_followup_hold(run, g_ir))
		return exchange_notify(run, N_TEMPORARY_FAILURE);
	return IKE_OK;
}

enum ike_verdict v2_child_held(struct ike_run *run, const struct kw_secret *g_ir)
{
	struct v2_nego *n = run->priv;
	struct child_sa *old = n->replaces ? child_find(n->e, n->replaces) : NULL;

	if (n->replaces && (!old || old->replaced_by || old->state != CHILD_INSTALLED))
		return exchange_notify(run, N_CHILD_SA_NOT_FOUND);
	if (v2_collide(run->sa, old ? ASK_CHILD_REKEY : ASK_CHILD_NEW, old) != COLLIDE_PROCEED)
		return exchange_notify(run, N_TEMPORARY_FAILURE);
	if (!v2_nego_install(run, n, g_ir, old))
		return exchange_notify(run, N_NO_PROPOSAL_CHOSEN);
	settle_asked(run, n, old);
	return IKE_OK;
}

static enum ike_verdict answer_child_with_dh(struct ike_run *run)
{
	const struct v2_nego *n = run->priv;
	struct dh_job *j = dh_job_done(run);

	if (j->error)
		return v2_bad_ke(run);
	return suite_addke(&n->choice.suite, 0) ? answer_child_held(run, &j->g_ir, j->dh)
						: answer_child(run, &j->g_ir, j->dh);
}

static enum ike_verdict asked_for_child(struct ike_run *run, struct child_sa *old)
{
	const struct kw_secret none = { 0 };
	struct v2_nego *n = v2_nego_new(run->sa->e);
	struct ke_payload ke;
	uint16_t refuse;

	if (!n)
		return exchange_notify(run, N_TEMPORARY_FAILURE);
	run->priv = n;
	run->priv_free = v2_nego_free;
	n->replaces = old ? old->id : 0;
	n->flags = PROPOSAL_ANY_KE;
	v2_nonce_make(&n->nr);
	if (v2_nonce_read(&n->ni, run->in, true) || v2_read_ke(run->in, &ke))
		return exchange_fail(run, N_INVALID_SYNTAX);
	refuse = v2_nego_choose(run, n, ke.group);
	if (refuse)
		return exchange_notify(run, refuse);
	if (!n->choice.suite.ke)
		return answer_child(run, &none, NULL);
	if (ke.group != n->choice.suite.ke)
		return v2_wrong_group(run, n->choice.suite.ke);
	return dh_job_start(run, ke.group, NULL, ke.data, answer_child_with_dh);
}

enum ike_verdict v2_child_asked(struct ike_run *run)
{
	v2_ike_settled_by_peer(run->sa);
	if (v2_collide(run->sa, ASK_CHILD_NEW, NULL) == COLLIDE_LATER)
		return exchange_notify(run, N_TEMPORARY_FAILURE);
	return asked_for_child(run, NULL);
}

/* REKEY_SA names the child by the peer's inbound SPI, which is our outbound one (§1.3.3). */
enum ike_verdict v2_child_rekey_asked(struct ike_run *run)
{
	struct notify_payload n;
	struct child_sa *old = NULL;
	struct kw_reader r;

	v2_ike_settled_by_peer(run->sa);
	if (message_notify(run->in, true, N_REKEY_SA, &n) && (n.protocol == PROTO_ESP || n.protocol == PROTO_AH) &&
	    n.spi.len == 4) {
		r = kw_reader(n.spi);
		old = child_by_spi_out(run->sa, n.protocol, kw_get_be32(&r));
	}
	if (!old)
		return exchange_notify(run, N_CHILD_SA_NOT_FOUND);
	if (v2_collide(run->sa, ASK_CHILD_REKEY, old) == COLLIDE_LATER)
		return exchange_notify(run, N_TEMPORARY_FAILURE);
	return asked_for_child(run, old);
}
