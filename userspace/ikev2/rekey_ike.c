// SPDX-License-Identifier: GPL-2.0
/*
 * CREATE_CHILD_SA for the IKE SA: its rekeying.
 *
 * Both sides may rekey it at once. Each then answers the other, and the IKE SA made with the lowest of
 * the four nonces is deleted by whoever started it; the other side deletes the old one.
 *
 * RFCs: 7296 §1.3.2, §2.8, §2.8.1, §2.18, §2.25.2; 9370 §2.2.4.
 */
#include <string.h>

#include "ike/access.h"
#include "ike/rekey.h"
#include "ike/sa_table.h"
#include "ikev2/collide.h"
#include "ikev2/crash.h"
#include "ikev2/create_pieces.h"
#include "ike/dh_job.h"
#include "ikev2/followup.h"
#include "ikev2/keys.h"
#include "ikev2/refresh.h"
#include "ikev2/rekey_ike.h"
#include "ikev2/version.h"

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
	next->proved_ms = old->proved_ms;
	next->access = access_get(old->access);
	v2_sa(next)->peer_hashes = v2_sa(old)->peer_hashes;
	v2_sa(next)->mobike = v2_sa(old)->mobike;
	v2_sa(next)->redirects = v2_sa(old)->redirects;
	v2_sa(next)->sent_by = v2_sa(old)->sent_by;
	v2_sa(next)->n_peer_addr = v2_sa(old)->n_peer_addr;
	memcpy(v2_sa(next)->peer_addr, v2_sa(old)->peer_addr, sizeof(v2_sa(old)->peer_addr));
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
	v2_refresh(old, next);
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
	*v2_sa(next)->ni = n->ni;
	*v2_sa(next)->nr = n->nr;
	ret = v2_keys_ike(next, g_ir, &n->more, &v2_sa(old)->sk_d, old->suite.prf);
	if (ret)
		return ret;
	v2_init_settled(v2_sa(next));
	v2_keys_export(next);
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
	v2_put_nonce(run, &n->ni);
	v2_put_ke(run, n->dh);
	return IKE_OK;
}

enum ike_verdict v2_ike_rekey_start(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v2_nego *n = v2_task_nego(run);
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

static enum ike_verdict no_keys(struct ike_run *run)
{
	failure_set(&run->failure, FAILURE_PROTOCOL, "the keys of the new IKE SA could not be made");
	return IKE_FAIL;
}

enum ike_verdict v2_ike_rekey_complete(struct ike_run *run, const struct kw_secret *g_ir)
{
	struct v2_nego *n = run->task->priv;
	struct ike_sa *next = find_next(n);

	if (!next || next_keys(run->sa, next, n, &n->choice.suite, g_ir))
		return no_keys(run);
	run->task_done = true;
	settle_ike(run->sa, next, n);
	return IKE_OK;
}

static enum ike_verdict ike_rekeyed(struct ike_run *run)
{
	struct v2_nego *n = run->task->priv;
	struct dh_job *j = dh_job_done(run);

	if (j->error)
		return no_keys(run);
	return suite_addke(&n->choice.suite, 0) ? v2_followup_begin(run, n, &j->g_ir)
						: v2_ike_rekey_complete(run, &j->g_ir);
}

enum ike_verdict v2_ike_rekey_answered(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v2_nego *n = run->task->priv;
	struct ike_sa *next = find_next(n);
	struct dh *dh = n->dh;
	struct ke_payload ke;
	char why[160];

	if (!next || !dh || v2_nonce_read(&n->nr, run->in, true) || v2_read_ke(run->in, &ke) ||
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
	v2_crash_read(next, run->in);
	n->dh = NULL;
	return dh_job_start(run, ke.group, dh, ke.data, ike_rekeyed);
}

enum ike_verdict v2_ike_rekey_refused(struct ike_run *run)
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
	} else if ((n.type == N_TEMPORARY_FAILURE || n.type == N_STATE_NOT_FOUND) &&
		   run->task->tries < V2_BUSY_TRIES_MAX) {
		return v2_try_again(run, v2_busy_ms(run->task));
	} else if (n.type == N_INVALID_KE_PAYLOAD && v2_other_group(run, &sa->conn->conf->ike, &n)) {
		return v2_try_again(run, 0);
	} else {
		v2_explain_refused(run, &n, &sa->conn->conf->ike, "the rekeying of the IKE SA");
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
		return v2_bad_ke(run);
	next = make_next(sa, IKE_RESPONDER);
	if (!next)
		return exchange_notify(run, N_TEMPORARY_FAILURE);
	memcpy(n->next_spi, next->spi_r, IKE_SPI_LEN);
	memcpy(next->spi_i, n->choice.theirs->spi, IKE_SPI_LEN);
	if (exchange_begin(run, EXCHANGE_CREATE_CHILD_SA) ||
	    proposal_answer(&n->choice, 0, KW_SPAN(next->spi_r, IKE_SPI_LEN), &arena, &answer))
		return exchange_notify(run, N_TEMPORARY_FAILURE);
	chain_open(&run->out.chain, PAYLOAD_SA);
	proposal_v2_build(&run->out.w, &answer);
	v2_put_nonce(run, &n->nr);
	v2_put_ke(run, j->dh);
	v2_crash_put(run, next);
	if (suite_addke(&n->choice.suite, 0)) {
		/* RFC 9370 §2.2.4: it has no keys yet. */
		run->to = IKE_ST_SAME;
		return own || v2_followup_hold(run, &j->g_ir) ? exchange_notify(run, N_TEMPORARY_FAILURE) : IKE_OK;
	}
	if (next_keys(sa, next, n, &n->choice.suite, &j->g_ir))
		return exchange_notify(run, N_TEMPORARY_FAILURE);
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

enum ike_verdict v2_ike_rekey_held(struct ike_run *run, const struct kw_secret *g_ir)
{
	struct ike_sa *sa = run->sa;
	struct v2_nego *n = run->priv;
	struct ike_sa *next = find_next(n);

	if (!next || v2_collide(sa, ASK_IKE_REKEY, NULL) != COLLIDE_PROCEED ||
	    next_keys(sa, next, n, &n->choice.suite, g_ir))
		return exchange_notify(run, N_TEMPORARY_FAILURE);
	take_over(sa, next);
	run->to = IKE_ST_REKEYED;
	return IKE_OK;
}

enum ike_verdict v2_ike_rekey_asked(struct ike_run *run)
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
	if (v2_nonce_read(&n->ni, run->in, true) || v2_read_ke(run->in, &ke) ||
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
		return v2_wrong_group(run, n->choice.suite.ke);
	return dh_job_start(run, ke.group, NULL, ke.data, answer_ike_rekey);
}
