// SPDX-License-Identifier: GPL-2.0
/*
 * CREATE_CHILD_SA: another child, a child rekeyed, the IKE SA rekeyed.
 *
 *   HDR, SK {SA, Ni, [KEi,] TSi, TSr}                -->  a new child
 *   HDR, SK {N(REKEY_SA), SA, Ni, [KEi,] TSi, TSr}   -->  a child rekeyed
 *   HDR, SK {SA, Ni, KEi}                            -->  the IKE SA rekeyed
 *                                <--  HDR, SK {SA, Nr, [KEr,] [TSi, TSr]}
 *                                <--  HDR, SK {N(error)}
 *
 * Both sides may rekey the same thing at once. Each then answers the other, and the SA made with the lowest
 * of the four nonces is deleted by whoever started it; the other side deletes what was rekeyed (§2.8.1).
 *
 * RFCs: 7296 §1.3, §2.8, §2.8.1, §2.18, §2.25.
 */
#include <stdlib.h>
#include <string.h>

#include "ike/connect.h"
#include "ike/exchange.h"
#include "ike/narrow.h"
#include "ike/rekey.h"
#include "ike/sa_table.h"
#include "ikev2/collide.h"
#include "ikev2/create_child.h"
#include "ikev2/dh_job.h"
#include "ikev2/keys.h"
#include "ikev2/nego.h"
#include "ikev2/sk.h"
#include "ikev2/version.h"
#include "wire/names.h"

#define BUSY_RETRY_MS	1000u	/* after TEMPORARY_FAILURE, grows with the tries */
#define BUSY_TRIES_MAX	20u
#define CHILD_RETRY_MS	15000u
#define CROSSING_MS	15000u	/* two that crossed are both this young */

/* ---- pieces ---- */

static void put_nonce(struct ike_run *run, const struct v2_nonce *n)
{
	chain_put(&run->out.chain, PAYLOAD_NONCE, v2_nonce_span(n));
}

static void put_ke(struct ike_run *run, const struct dh *dh)
{
	if (!dh)
		return;
	chain_open(&run->out.chain, PAYLOAD_KE);
	ke_build(&run->out.w, dh_group(dh), dh_public(dh));
}

/* 0: there, or not there at all (group 0). */
static int read_ke(const struct ike_message *m, struct ke_payload *ke)
{
	const struct payload *p = message_find(m, PAYLOAD_KE, true, NULL);

	*ke = (struct ke_payload){ 0 };
	return p ? ke_parse(p->body, ke) : 0;
}

static struct v2_nego *task_nego(struct ike_run *run)
{
	struct v2_nego *n = v2_nego_new(run->sa->e);

	if (n) {
		v2_nonce_make(&n->ni);
		run->task->priv = n;
		run->task->priv_free = v2_nego_free;
	}
	return n;
}

static enum ike_verdict wrong_group(struct ike_run *run, uint16_t group)
{
	run->notify.data[0] = group >> 8;
	run->notify.data[1] = group & 0xff;
	run->notify.data_len = 2;
	return exchange_notify(run, N_INVALID_KE_PAYLOAD);
}

static enum ike_verdict bad_ke(struct ike_run *run)
{
	failure_set(&run->failure, FAILURE_PROTOCOL, "the peer's key exchange value is not usable");
	return exchange_notify(run, N_INVALID_SYNTAX);
}

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
		notify_build(&run->out.w, PROTO_ESP, kw_written(&w), N_REKEY_SA, KW_SPAN(NULL, 0));
	}
	if (v2_nego_put_offer(run, n)) {
		conn_fail(run->sa->conn, &run->failure);
		if (old)
			rekey_child_failed(old);
		return IKE_DROP;
	}
	put_nonce(run, &n->ni);
	put_ke(run, n->dh);
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

static enum ike_verdict begin_child(struct ike_run *run, const struct child_sa *old)
{
	const struct conf_conn *conf = run->sa->conn->conf;
	struct v2_nego *n = task_nego(run);
	uint16_t group = proposal_first_ke(&conf->esp);

	if (!n)
		return IKE_DROP;
	n->replaces = old ? old->id : 0;
	if (run->task->ke_hint)
		group = run->task->ke_hint;
	return group ? dh_job_start(run, group, NULL, KW_SPAN(NULL, 0), child_request_with_dh) :
		       send_child_request(run);
}

enum ike_verdict v2_child_new_start(struct ike_run *run)
{
	/* Somebody was quicker. */
	if (conn_has_child(run->sa->conn))
		return IKE_DROP;
	return begin_child(run, NULL);
}

enum ike_verdict v2_child_rekey_start(struct ike_run *run)
{
	const struct child_sa *old = child_find(run->sa->e, run->task->child_id);

	if (!old || old->sa != run->sa || old->state != CHILD_INSTALLED)
		return IKE_DROP;
	return begin_child(run, old);
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
	return n->replaces || (ts_list_equal(&met->policy->local_ts, &n->local_ts) &&
			       ts_list_equal(&met->policy->remote_ts, &n->remote_ts)) ? met : NULL;
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
		v2_child_up(c);
	}
}

static enum ike_verdict install_answered(struct ike_run *run, const struct kw_secret *g_ir)
{
	struct v2_nego *n = run->task->priv;
	struct child_sa *met = find_met_child(n);
	struct child_sa *old = n->replaces ? child_find(n->e, n->replaces) : NULL;
	bool lost = lost_to(n, met);
	/* One that will be deleted at once must not take the traffic. */
	struct child_sa *c = v2_nego_install(run, n, g_ir, lost);

	run->task_done = true;
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
	struct dh_job *j = dh_job_done(run);

	if (j->error) {
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the peer's key exchange value is not usable");
		return IKE_FAIL;
	}
	return install_answered(run, &j->g_ir);
}

static enum ike_verdict child_answered(struct ike_run *run)
{
	struct v2_nego *n = run->task->priv;
	const struct kw_secret none = { 0 };
	struct ke_payload ke;
	struct dh *dh = n->dh;

	if (v2_nonce_read(&n->nr, run->in, true) || read_ke(run->in, &ke)) {
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the answer to CREATE_CHILD_SA does not parse");
		return IKE_FAIL;
	}
	/* An answer to what we did not ask: nothing that follows can be right. */
	if (v2_nego_read_answer(run, n))
		return IKE_FAIL;
	if (!n->choice.suite.ke)
		return install_answered(run, &none);
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

static uint64_t busy_ms(const struct ike_task *t)
{
	return engine_jitter(BUSY_RETRY_MS * (t->tries < 8 ? t->tries + 1 : 8), 50);
}

static enum ike_verdict try_again(struct ike_run *run, uint64_t ms)
{
	task_retry(run->sa, run->task, ms);
	run->task = NULL;
	return IKE_OK;
}

/* §1.3: the peer wants another group of those we allow. */
static bool other_group(struct ike_run *run, const struct proposal_list *allowed,
			const struct notify_payload *n)
{
	struct kw_reader r = kw_reader(n->data);
	uint16_t group = kw_get_be16(&r);

	if (r.bad || group == run->task->ke_hint || !proposal_has_ke(allowed, group))
		return false;
	run->task->ke_hint = group;
	return true;
}

static void explain_refused(struct ike_run *run, const struct notify_payload *n,
			    const struct proposal_list *ours, const char *what)
{
	struct failure *f = &run->failure;

	if (n->type == N_TS_UNACCEPTABLE && ours == &run->sa->conn->conf->esp) {
		v2_nego_explain_ts(run, run->task->priv);
		return;
	}
	if (n->type != N_NO_PROPOSAL_CHOSEN) {
		failure_set(f, FAILURE_PEER, "the peer refused %s: %s", what, notify_name(n->type));
		return;
	}
	proposal_list_print(f->ours, sizeof(f->ours), ours);
	failure_set(f, FAILURE_PROPOSAL,
		    "the peer accepts none of our proposals for %s (NO_PROPOSAL_CHOSEN); ours: "
		    "%.400s. If it worked at first, the key exchange (PFS) differs",
		    what, f->ours);
}

/* CHILD_SA_NOT_FOUND: the peer lost it, or replaced it while our request was under way. */
static void child_not_found(struct ike_run *run)
{
	struct child_sa *old = child_find(run->sa->e, run->task->child_id);

	if (old && !old->replaced_by)
		child_remove(old);
}

static enum ike_verdict child_refused(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct notify_payload n = { 0 };
	struct child_sa *old = child_find(sa->e, run->task->child_id);

	message_error_notify(run->in, true, &n);
	if (n.type == N_TEMPORARY_FAILURE && run->task->tries < BUSY_TRIES_MAX)
		return try_again(run, busy_ms(run->task));
	if (n.type == N_INVALID_KE_PAYLOAD && other_group(run, &sa->conn->conf->esp, &n))
		return try_again(run, 0);
	if (n.type == N_CHILD_SA_NOT_FOUND) {
		child_not_found(run);
		run->task_done = true;
		return IKE_OK;
	}
	explain_refused(run, &n, &sa->conn->conf->esp,
			old ? "the rekeying of the child" : "a child");
	conn_fail(sa->conn, &run->failure);
	/* A new one that is wanted is asked for until it is there or the IKE SA is gone. */
	if (run->task->type == IKE_TASK_CHILD_NEW && sa->conn->wanted == CONN_WANTED_UP)
		return try_again(run, engine_jitter(CHILD_RETRY_MS, 25));
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
	    t->child_id != n->replaces)
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
		    !twin->replaced_by)
			settle_twin(c, twin);
	}
}

static enum ike_verdict answer_child(struct ike_run *run, const struct kw_secret *g_ir,
				     const struct dh *dh)
{
	struct v2_nego *n = run->priv;
	struct child_sa *old = n->replaces ? child_find(n->e, n->replaces) : NULL;
	struct child_sa *c;
	uint16_t refuse = v2_nego_make(run, n, g_ir, old);

	if (refuse)
		return exchange_notify(run, refuse);
	if (exchange_begin(run, EXCHANGE_CREATE_CHILD_SA))
		return IKE_DROP;
	v2_nego_put_answer(run, n);
	put_nonce(run, &n->nr);
	put_ke(run, dh);
	v2_nego_put_ts(run, n);
	c = child_find(n->e, n->child_id);
	remember_met_child(run, n);
	if (old) {
		child_replaced(old, c);
	} else {
		v2_child_up(c);
		settle_twins(c);
	}
	return IKE_OK;
}

static enum ike_verdict answer_child_with_dh(struct ike_run *run)
{
	struct dh_job *j = dh_job_done(run);

	return j->error ? bad_ke(run) : answer_child(run, &j->g_ir, j->dh);
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
	v2_nonce_make(&n->nr);
	if (v2_nonce_read(&n->ni, run->in, true) || read_ke(run->in, &ke))
		return exchange_fail(run, N_INVALID_SYNTAX);
	refuse = v2_nego_choose(run, n, ke.group);
	if (refuse)
		return exchange_notify(run, refuse);
	if (!n->choice.suite.ke)
		return answer_child(run, &none, NULL);
	if (ke.group != n->choice.suite.ke)
		return wrong_group(run, n->choice.suite.ke);
	return dh_job_start(run, ke.group, NULL, ke.data, answer_child_with_dh);
}

static enum ike_verdict child_asked(struct ike_run *run)
{
	v2_ike_settled_by_peer(run->sa);
	if (v2_collide(run->sa, ASK_CHILD_NEW, NULL) == COLLIDE_LATER)
		return exchange_notify(run, N_TEMPORARY_FAILURE);
	return asked_for_child(run, NULL);
}

/* REKEY_SA names the child by the peer's inbound SPI, which is our outbound one (§1.3.3). */
static enum ike_verdict child_rekey_asked(struct ike_run *run)
{
	struct notify_payload n;
	struct child_sa *old = NULL;
	struct kw_reader r;

	v2_ike_settled_by_peer(run->sa);
	if (message_notify(run->in, true, N_REKEY_SA, &n) && n.protocol == PROTO_ESP &&
	    n.spi.len == 4) {
		r = kw_reader(n.spi);
		old = child_by_spi_out(run->sa, kw_get_be32(&r));
	}
	if (!old)
		return exchange_notify(run, N_CHILD_SA_NOT_FOUND);
	if (v2_collide(run->sa, ASK_CHILD_REKEY, old) == COLLIDE_LATER)
		return exchange_notify(run, N_TEMPORARY_FAILURE);
	return asked_for_child(run, old);
}

/* ---- the IKE SA ---- */

/* A successor with all that goes on from the old one; its keys and the peer's SPI follow. */
static struct ike_sa *make_next(struct ike_sa *old, enum ike_role role)
{
	struct ike_sa *next = ike_sa_new(old->e, old->version, role, old->conn);

	if (!next)
		return NULL;
	next->redundant = true;		/* until it is settled that it stays */
	next->socket = old->socket;
	next->local = old->local;
	next->remote = old->remote;
	next->nat_local = old->nat_local;
	next->nat_remote = old->nat_remote;
	next->fragments = old->fragments;
	next->peer_proved = old->peer_proved;
	next->contact = old->contact;
	v2_sa(next)->peer_hashes = v2_sa(old)->peer_hashes;
	if (ident_copy(&next->local_id, old->local_id.type,
		       KW_SPAN(old->local_id.data, old->local_id.len)) ||
	    ident_copy(&next->remote_id, old->remote_id.type,
		       KW_SPAN(old->remote_id.data, old->remote_id.len))) {
		ike_sa_close(next, NULL);
		return NULL;
	}
	return next;
}

/* Children and what is to be done about them go over; the old one only waits for its end. */
static void take_over(struct ike_sa *old, struct ike_sa *next)
{
	struct list *l, *tmp;

	if (old->replaced_by == next->id)
		return;		/* the peer settled it before us */
	/* What is redundant stays so under new keys: who is to delete it may not know yet. */
	next->redundant = old->redundant;
	next->announced = !old->redundant || old->announced;
	next->replaced_by = old->redundant ? old->replaced_by : 0;
	old->replaced_by = next->id;
	list_for_each_safe(l, tmp, &old->children)
		child_move(list_entry(l, struct child_sa, node), next);
	task_move(old, next);
	if (next->redundant)
		rekey_limit_replaced(next);
	else
		rekey_schedule_ike(next);
	rekey_limit_replaced(old);
	log_info(conn_name(next->conn), "IKE SA #%llu rekeyed as #%llu",
		 (unsigned long long)old->id, (unsigned long long)next->id);
	engine_event(next->e, EVENT_IKE_REKEYED, next->conn, next->id, 0, old->id,
		     "IKE SA rekeyed");
	exchange_go_on(next);
}

static int next_keys(struct ike_sa *old, struct ike_sa *next, const struct v2_nego *n,
		     const struct suite *suite, const struct kw_secret *g_ir)
{
	int ret;

	next->suite = *suite;
	v2_sa(next)->ni = n->ni;
	v2_sa(next)->nr = n->nr;
	ret = v2_keys_ike(next, g_ir, &v2_sa(old)->sk_d, old->suite.prf);
	if (ret)
		return ret;
	ike_sa_set_state(next, IKE_ST_ESTABLISHED);
	ike_sa_begin_life(next);
	return 0;
}

static struct ike_sa *find_next(const struct v2_nego *n)
{
	return sa_table_find(n->e, n->next_spi);
}

static struct ike_sa *find_met(const struct v2_nego *n)
{
	struct ike_sa *met = n->met ? sa_table_find(n->e, n->met_spi) : NULL;

	return met && met->state == IKE_ST_ESTABLISHED ? met : NULL;
}

static struct v2_nego *own_ike_rekey(const struct ike_sa *sa)
{
	return sa->active && sa->active->type == IKE_TASK_IKE_REKEY ? sa->active->priv : NULL;
}

void v2_ike_adopt_met(struct ike_sa *sa)
{
	const struct v2_nego *n = own_ike_rekey(sa);
	struct ike_sa *met = n ? find_met(n) : NULL;

	if (met)
		take_over(sa, met);
}

void v2_ike_settled_by_peer(struct ike_sa *sa)
{
	struct ike_sa *old = sa->redundant ? sa_table_find(sa->e, v2_sa(sa)->met_spi) : NULL;
	const struct v2_nego *n = old ? own_ike_rekey(old) : NULL;

	if (n && find_met(n) == sa)
		take_over(old, sa);
}

static enum ike_verdict send_ike_rekey(struct ike_run *run)
{
	struct v2_nego *n = run->task->priv;
	struct dh_job *j = dh_job_done(run);
	struct ike_sa *next = find_next(n);
	uint8_t mem[20 * 1024] __attribute__((aligned(16)));
	struct kw_arena arena = { .buf = mem, .cap = sizeof(mem) };
	struct proposal_list offer;

	if (j->error || !next || exchange_begin(run, EXCHANGE_CREATE_CHILD_SA) ||
	    proposal_offer(&run->sa->conn->conf->ike, 0, KW_SPAN(next->spi_i, IKE_SPI_LEN), &arena,
			   &offer))
		return IKE_DROP;
	n->dh = dh_job_take(j);
	chain_open(&run->out.chain, PAYLOAD_SA);
	proposal_v2_build(&run->out.w, &offer);
	put_nonce(run, &n->ni);
	put_ke(run, n->dh);
	return IKE_OK;
}

enum ike_verdict v2_ike_rekey_start(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v2_nego *n = task_nego(run);
	struct ike_sa *next = n && !sa->redundant ? make_next(sa, IKE_INITIATOR) : NULL;

	if (!next)
		return IKE_DROP;
	memcpy(n->next_spi, next->spi_i, IKE_SPI_LEN);
	/* The group in use is one that both sides like. */
	return dh_job_start(run, run->task->ke_hint ? run->task->ke_hint : sa->suite.ke, NULL,
			    KW_SPAN(NULL, 0), send_ike_rekey);
}

static void settle_ike(struct ike_sa *old, struct ike_sa *next, const struct v2_nego *n)
{
	struct ike_sa *met = find_met(n);
	bool lost = met && v2_nonce_cmp(v2_nego_lowest(n), &n->met_lowest) < 0;
	struct ike_sa *loser = lost ? next : met;

	take_over(old, lost ? met : next);
	if (loser) {
		log_info(conn_name(old->conn),
			 "both sides rekeyed at once: IKE SA #%llu is redundant",
			 (unsigned long long)loser->id);
		loser->redundant = true;
		loser->replaced_by = lost ? met->id : next->id;
		rekey_limit_replaced(loser);
	}
	/* Who started the loser deletes it, who started the winner deletes the old one. */
	task_add(lost ? next : old, IKE_TASK_IKE_DELETE, 0);
}

static enum ike_verdict ike_rekeyed(struct ike_run *run)
{
	struct v2_nego *n = run->task->priv;
	struct dh_job *j = dh_job_done(run);
	struct ike_sa *next = find_next(n);

	if (!next || j->error || next_keys(run->sa, next, n, &n->choice.suite, &j->g_ir)) {
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the keys of the new IKE SA could not be made");
		return IKE_FAIL;
	}
	run->task_done = true;
	settle_ike(run->sa, next, n);
	return IKE_OK;
}

static enum ike_verdict ike_rekey_answered(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v2_nego *n = run->task->priv;
	struct ike_sa *next = find_next(n);
	struct dh *dh = n->dh;
	struct ke_payload ke;
	char why[160];

	if (!next || !dh || v2_nonce_read(&n->nr, run->in, true) || read_ke(run->in, &ke) ||
	    proposal_v2_parse(message_find(run->in, PAYLOAD_SA, true, NULL)->body, &n->theirs,
			      &run->in->arena, why, sizeof(why)) ||
	    !proposal_accept(&sa->conn->conf->ike, &n->theirs, PROTO_IKE, 0, &n->choice) ||
	    n->choice.theirs->spi_len != IKE_SPI_LEN || n->choice.suite.ke != ke.group ||
	    ke.group != dh_group(dh)) {
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the answer to the rekeying of the IKE SA is not usable");
		return IKE_FAIL;
	}
	memcpy(next->spi_r, n->choice.theirs->spi, IKE_SPI_LEN);
	n->dh = NULL;
	return dh_job_start(run, ke.group, dh, ke.data, ike_rekeyed);
}

static enum ike_verdict ike_rekey_refused(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct notify_payload n = { 0 };
	const struct v2_nego *nego = run->task->priv;
	bool met = nego && find_met(nego);

	message_error_notify(run->in, true, &n);
	if (met) {
		/* The peer's own rekey stands: that is the one. */
		v2_ike_adopt_met(sa);
		run->to = IKE_ST_REKEYED;
	} else if (n.type == N_TEMPORARY_FAILURE && run->task->tries < BUSY_TRIES_MAX) {
		return try_again(run, busy_ms(run->task));
	} else if (n.type == N_INVALID_KE_PAYLOAD && other_group(run, &sa->conn->conf->ike, &n)) {
		return try_again(run, 0);
	} else {
		explain_refused(run, &n, &sa->conn->conf->ike, "the rekeying of the IKE SA");
		conn_fail(sa->conn, &run->failure);
		rekey_ike_failed(sa);
	}
	run->task_done = true;
	return IKE_OK;
}

static void remember_met_ike(struct v2_nego *own, const struct ike_sa *next,
			     const struct v2_nego *n)
{
	own->met = true;
	memcpy(own->met_spi, next->spi_r, IKE_SPI_LEN);
	own->met_lowest = *v2_nego_lowest(n);
}

static enum ike_verdict answer_ike_rekey(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v2_nego *n = run->priv, *own = own_ike_rekey(sa);
	struct dh_job *j = dh_job_done(run);
	uint8_t mem[1024] __attribute__((aligned(16)));
	struct kw_arena arena = { .buf = mem, .cap = sizeof(mem) };
	struct proposal_list answer;
	struct ike_sa *next;

	if (j->error)
		return bad_ke(run);
	next = make_next(sa, IKE_RESPONDER);
	if (!next)
		return exchange_notify(run, N_TEMPORARY_FAILURE);
	memcpy(n->next_spi, next->spi_r, IKE_SPI_LEN);
	memcpy(next->spi_i, n->choice.theirs->spi, IKE_SPI_LEN);
	if (exchange_begin(run, EXCHANGE_CREATE_CHILD_SA) ||
	    proposal_answer(&n->choice, 0, KW_SPAN(next->spi_r, IKE_SPI_LEN), &arena, &answer) ||
	    next_keys(sa, next, n, &n->choice.suite, &j->g_ir))
		return exchange_notify(run, N_TEMPORARY_FAILURE);
	chain_open(&run->out.chain, PAYLOAD_SA);
	proposal_v2_build(&run->out.w, &answer);
	put_nonce(run, &n->nr);
	put_ke(run, j->dh);
	if (own) {
		remember_met_ike(own, next, n);
		memcpy(v2_sa(next)->met_spi, ike_sa_local_spi(sa), IKE_SPI_LEN);
		rekey_limit_replaced(next);
		run->to = IKE_ST_SAME;
	} else {
		take_over(sa, next);
	}
	return IKE_OK;
}

static enum ike_verdict ike_rekey_asked(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v2_nego *n = v2_nego_new(sa->e);
	struct ke_payload ke;
	char why[160];

	if (!n)
		return exchange_notify(run, N_TEMPORARY_FAILURE);
	run->priv = n;
	run->priv_free = v2_nego_free;
	v2_ike_settled_by_peer(sa);
	if (v2_collide(sa, ASK_IKE_REKEY, NULL) == COLLIDE_LATER)
		return exchange_notify(run, N_TEMPORARY_FAILURE);
	v2_nonce_make(&n->nr);
	if (v2_nonce_read(&n->ni, run->in, true) || read_ke(run->in, &ke) ||
	    proposal_v2_parse(message_find(run->in, PAYLOAD_SA, true, NULL)->body, &n->theirs,
			      &run->in->arena, why, sizeof(why)))
		return exchange_notify(run, N_INVALID_SYNTAX);
	if (!proposal_choose(&sa->conn->conf->ike, &n->theirs, PROTO_IKE, 0, ke.group,
			     &n->choice)) {
		proposal_explain(&sa->conn->conf->ike, &n->theirs, PROTO_IKE, 0, &run->failure);
		failure_say_proposal(&run->failure, "IKE");
		return exchange_notify(run, N_NO_PROPOSAL_CHOSEN);
	}
	if (n->choice.theirs->spi_len != IKE_SPI_LEN)
		return exchange_notify(run, N_INVALID_SYNTAX);
	if (n->choice.suite.ke != ke.group)
		return wrong_group(run, n->choice.suite.ke);
	return dh_job_start(run, ke.group, NULL, ke.data, answer_ike_rekey);
}

#define LIVE	(IN(IKE_ST_ESTABLISHED) | IN(IKE_ST_REKEYED) | IN(IKE_ST_DELETING))
#define CHILD	(P(PAYLOAD_SA) | P(PAYLOAD_NONCE) | P(PAYLOAD_TSI) | P(PAYLOAD_TSR))
#define IKE	(P(PAYLOAD_SA) | P(PAYLOAD_NONCE) | P(PAYLOAD_KE))
#define OTHERS	(P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR) | P(PAYLOAD_CP))
#define FOR_A_CHILD (DOING(IKE_TASK_CHILD_NEW) | DOING(IKE_TASK_CHILD_REKEY))

static const struct ike_step steps[] = {
	{
		/* RFC 7296 1.3.3: HDR, SK {N(REKEY_SA), SA, Ni, [KEi,] TSi, TSr} --> */
		.story =
			"the peer rekeys a child; the new one receives at once and sends when the old one is deleted",
		.role = IKE_RESPONDER,
		.from = LIVE,
		.to = IKE_ST_SAME,
		.need = CHILD,
		.may = P(PAYLOAD_KE) | OTHERS,
		.notify = N_REKEY_SA,
		.in_sk = true,
		.run = child_rekey_asked,
	},
	{
		/* 1.3.1: HDR, SK {SA, Ni, [KEi,] TSi, TSr} --> */
		.story = "the peer wants another child",
		.role = IKE_RESPONDER,
		.from = LIVE,
		.to = IKE_ST_SAME,
		.need = CHILD,
		.may = P(PAYLOAD_KE) | OTHERS,
		.in_sk = true,
		.run = child_asked,
	},
	{
		/* 1.3.2: HDR, SK {SA, Ni, KEi} --> */
		.story = "the peer rekeys the IKE SA; the new one takes the children over",
		.role = IKE_RESPONDER,
		.from = LIVE,
		.to = IKE_ST_REKEYED,
		.need = IKE,
		.may = OTHERS,
		.in_sk = true,
		.run = ike_rekey_asked,
	},
	{
		/* <-- HDR, SK {SA, Nr, [KEr,] TSi, TSr} */
		.story =
			"our child is installed, the one it replaces deleted; of two that crossed one is redundant",
		.role = IKE_INITIATOR,
		.from = LIVE,
		.to = IKE_ST_SAME,
		.need = CHILD,
		.may = P(PAYLOAD_KE) | OTHERS,
		.in_sk = true,
		.task = FOR_A_CHILD,
		.run = child_answered,
	},
	{
		/* <-- HDR, SK {SA, Nr, KEr} */
		.story = "our new IKE SA takes the children over, the old one is deleted",
		.role = IKE_INITIATOR,
		.from = LIVE,
		.to = IKE_ST_REKEYED,
		.need = IKE,
		.may = OTHERS,
		.in_sk = true,
		.task = DOING(IKE_TASK_IKE_REKEY),
		.run = ike_rekey_answered,
	},
	{
		/* <-- HDR, SK {N(error)} */
		.story = "our child is refused: later, with another group, or not at all",
		.role = IKE_INITIATOR,
		.from = LIVE,
		.to = IKE_ST_SAME,
		.need = P(PAYLOAD_NOTIFY),
		.may = P(PAYLOAD_VENDOR),
		.in_sk = true,
		.task = FOR_A_CHILD,
		.run = child_refused,
	},
	{
		/* <-- HDR, SK {N(error)} */
		.story =
			"our rekeying of the IKE SA is refused: later, with another group, or not at all",
		.role = IKE_INITIATOR,
		.from = LIVE,
		.to = IKE_ST_SAME,
		.need = P(PAYLOAD_NOTIFY),
		.may = P(PAYLOAD_VENDOR),
		.in_sk = true,
		.task = DOING(IKE_TASK_IKE_REKEY),
		.run = ike_rekey_refused,
	},
};

const struct ike_exchange v2_create_child_sa = {
	.type = EXCHANGE_CREATE_CHILD_SA,
	.name = "CREATE_CHILD_SA",
	.step = steps,
	.n = sizeof(steps) / sizeof(steps[0]),
};
