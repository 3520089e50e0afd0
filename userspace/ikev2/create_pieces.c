// SPDX-License-Identifier: GPL-2.0
/*
 * What the exchanges that make a child or an IKE SA have in common.
 *
 * RFCs: 7296 §1.3, §2.25.
 */
#include "ikev2/create_pieces.h"
#include "wire/names.h"

#define BUSY_RETRY_MS	1000u	/* after TEMPORARY_FAILURE, grows with the tries */

void v2_put_nonce(struct ike_run *run, const struct v2_nonce *n)
{
	chain_put(&run->out.chain, PAYLOAD_NONCE, v2_nonce_span(n));
}

void v2_put_ke(struct ike_run *run, const struct dh *dh)
{
	if (!dh)
		return;
	chain_open(&run->out.chain, PAYLOAD_KE);
	ke_build(&run->out.w, dh_group(dh), dh_public(dh));
}

/* 0: there, or not there at all (group 0). */
int v2_read_ke(const struct ike_message *m, struct ke_payload *ke)
{
	const struct payload *p = message_find(m, PAYLOAD_KE, true, NULL);

	*ke = (struct ke_payload){ 0 };
	return p ? ke_parse(p->body, ke) : 0;
}

struct v2_nego *v2_task_nego(struct ike_run *run)
{
	struct v2_nego *n = v2_nego_new(run->sa->e);

	if (n) {
		v2_nonce_make(&n->ni);
		run->task->priv = n;
		run->task->priv_free = v2_nego_free;
	}
	return n;
}

enum ike_verdict v2_wrong_group(struct ike_run *run, uint16_t group)
{
	run->notify.data[0] = group >> 8;
	run->notify.data[1] = group & 0xff;
	run->notify.data_len = 2;
	return exchange_notify(run, N_INVALID_KE_PAYLOAD);
}

enum ike_verdict v2_bad_ke(struct ike_run *run)
{
	failure_set(&run->failure, FAILURE_PROTOCOL, "the peer's key exchange value is not usable");
	return exchange_notify(run, N_INVALID_SYNTAX);
}

uint64_t v2_busy_ms(const struct ike_task *t)
{
	return engine_jitter(BUSY_RETRY_MS * (t->tries < 8 ? t->tries + 1 : 8), 50);
}

enum ike_verdict v2_try_again(struct ike_run *run, uint64_t ms)
{
	task_retry(run->sa, run->task, ms);
	run->task = NULL;
	return IKE_OK;
}

/* §1.3: the peer wants another group of those we allow. */
bool v2_other_group(struct ike_run *run, const struct proposal_list *allowed,
			const struct notify_payload *n)
{
	struct kw_reader r = kw_reader(n->data);
	uint16_t group = kw_get_be16(&r);

	if (r.bad || group == run->task->ke_hint || !proposal_has_ke(allowed, group))
		return false;
	run->task->ke_hint = group;
	return true;
}

void v2_explain_refused(struct ike_run *run, const struct notify_payload *n,
			    const struct proposal_list *ours, const char *what)
{
	struct failure *f = &run->failure;

	if (n->type == N_TS_UNACCEPTABLE && run->task->type != IKE_TASK_IKE_REKEY) {
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
