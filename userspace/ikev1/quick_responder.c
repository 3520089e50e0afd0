// SPDX-License-Identifier: GPL-2.0
/*
 * Quick mode, the side that is asked.
 *
 * RFC: 2409 §5.5.
 */
#include <string.h>

#include "ike/dh_job.h"
#include "ikev1/group.h"
#include "ikev1/lifetime.h"
#include "ikev1/mode_config.h"
#include "ikev1/packet.h"
#include "ikev1/quick_pieces.h"

static enum ike_verdict refuse(struct ike_run *run, struct v1_xchg *x, uint16_t notify)
{
	v1_xchg_over(x);
	return exchange_notify(run, notify);
}

/* As they came: some peers compare octets. */
static void echo_ids(struct ike_run *run)
{
	const struct payload *p = NULL;

	while ((p = message_find(run->in, V1_PAYLOAD_ID, true, p)))
		chain_put(&run->out.chain, V1_PAYLOAD_ID, p->body);
}

/* Message 2 again until message 3 comes. */
static void answer_again(void *arg)
{
	struct v1_xchg *x = arg;
	struct engine *e = x->sa->e;
	uint64_t ms = e->settings.retransmit_ms;

	engine_enter(e);
	if (++x->tries >= e->settings.retransmit_tries) {
		v1_xchg_over(x);
	} else {
		for (unsigned int i = 0; i < x->tries; i++)
			ms = ms * 9 / 5;
		e->totals.tx_retransmits++;
		v1_repeat(x);
		engine_timer(e, &x->timer, engine_jitter(ms, 10), answer_again, x);
	}
	engine_leave(e);
}

static enum ike_verdict send_second(struct ike_run *run, struct v1_xchg *x, const struct kw_secret *g_qm)
{
	struct ike_sa *sa = run->sa;
	struct quick *q = v1_quick_of(x);

	if (v1_quick_install(sa, x, g_qm, true, &run->failure))
		return refuse(run, x, V1_N_NO_PROPOSAL_CHOSEN);
	/* Only message 3 may make them send. */
	for (unsigned int i = 0; i < q->n; i++)
		engine_timer_stop(sa->e, v1_quick_child(q, i)->timer);
	x->commit = sa->conn->conf->commit_bit;
	if (v1_begin(run, x))
		return refuse(run, x, V1_N_NO_PROPOSAL_CHOSEN);
	for (unsigned int i = 0; i < q->n; i++)
		v1_put_ipsec_answer(run, &q->sa[i].chosen, q->sa[i].spi_r, q->sa[i].ah_r);
	chain_put(&run->out.chain, V1_PAYLOAD_NONCE, v1_nonce_span(&x->nr));
	if (q->dh)
		chain_put(&run->out.chain, V1_PAYLOAD_KE, dh_public(q->dh));
	echo_ids(run);
	v1_quick_put_natoa(run, x, q);
	for (unsigned int i = 0; i < q->n; i++)
		v1_put_responder_lifetime(run, &q->sa[i].chosen, v1_life_of_child(q->conf->rekey), q->sa[i].spi_r);
	engine_timer(sa->e, &x->timer, engine_jitter(sa->e->settings.retransmit_ms, 10),
		     answer_again, x);
	return IKE_OK;
}

static enum ike_verdict send_second_with_ke(struct ike_run *run)
{
	struct dh_job *j = dh_job_done(run);
	struct v1_xchg *x = v1_xchg_of(run);

	if (!j->error) {
		v1_quick_of(x)->dh = dh_job_take(j);
		return send_second(run, x, &j->g_ir);
	}
	failure_set(&run->failure, FAILURE_PROTOCOL, "the peer's key exchange value: %s",
		    strerror(-j->error));
	return refuse(run, x, V1_N_INVALID_KEY_INFORMATION);
}

/* Each SA payload is one more child for the same selectors. 0, or the notify to refuse with. */
static uint16_t read_sas(struct ike_run *run, struct quick *q)
{
	const struct payload *p = NULL;
	struct sa_v1 theirs;
	char why[160];

	for (q->n = 0; (p = message_find(run->in, V1_PAYLOAD_SA, true, p)); q->n++) {
		if (q->n == CONF_SAS_MAX) {
			failure_set(&run->failure, FAILURE_PROTOCOL,
				    "the peer asks for more than %u SAs in one quick mode", CONF_SAS_MAX);
			return V1_N_BAD_PROPOSAL_SYNTAX;
		}
		if (sa_v1_parse(p->body, &theirs, &run->in->arena, why, sizeof(why))) {
			failure_set(&run->failure, FAILURE_PROTOCOL, "the peer's quick mode does not parse: %s", why);
			return V1_N_PAYLOAD_MALFORMED;
		}
		if (!v1_choose_ipsec(run->sa, q->conf, &theirs, &q->sa[q->n].chosen, &run->failure))
			return V1_N_NO_PROPOSAL_CHOSEN;
		/* RFC 2409 §5.5: there is one KE payload, and so one group for all. */
		if (q->sa[q->n].chosen.suite.ke != q->sa[0].chosen.suite.ke) {
			failure_set(&run->failure, FAILURE_PROTOCOL,
				    "the peer asks for SAs with different groups in one quick mode");
			return V1_N_BAD_PROPOSAL_SYNTAX;
		}
	}
	return 0;
}

/* 0, or the notify to refuse with. */
static uint16_t read_request(struct ike_run *run, struct v1_xchg *x)
{
	const struct ike_sa *sa = run->sa;
	struct quick *q = v1_quick_of(x);

	if (v1_nonce_read(&x->ni, run->in, true) || !v1_quick_read_ids(run, q)) {
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the peer's quick mode does not parse: nonce or identities");
		return V1_N_PAYLOAD_MALFORMED;
	}
	if (!v1_has_access(run->sa)) {
		failure_set(&run->failure, FAILURE_TS,
			    "the peer wants a tunnel before it has an address: it must ask for one (Mode Config)");
		return V1_N_INVALID_ID_INFORMATION;
	}
	q->conf = v1_quick_child_for(sa, q);
	if (!q->conf) {
		v1_quick_explain_ts(run, q);
		return V1_N_INVALID_ID_INFORMATION;
	}
	return read_sas(run, q);
}

/* A child for each SA that was chosen. */
static bool adopt_request(struct ike_sa *sa, struct quick *q, struct failure *f)
{
	if (!v1_quick_children_new(q, sa, q->conf, q->n, false, f))
		return false;
	for (unsigned int i = 0; i < q->n; i++) {
		struct quick_sa *s = &q->sa[i];
		struct child_sa *c = v1_quick_child(q, i);

		s->spi_i = s->chosen.spi;
		s->spi_r = c->spi_in;
		s->ah_i = s->chosen.ah.spi;
		s->ah_r = c->ah_in;
		c->spi_out = s->chosen.spi;
		c->ah_out = s->chosen.ah.spi;
		c->suite = s->chosen.suite;
		c->ah = s->chosen.ah.suite;
		v1_adopt_child_life(sa, q->conf, &s->chosen, c);
	}
	return true;
}

enum ike_verdict v1_quick_asked(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct payload *ke = message_find(run->in, V1_PAYLOAD_KE, true, NULL);
	struct v1_xchg *x = v1_xchg_of(run);
	const struct kw_secret none = { 0 };
	struct child_sa *old;
	struct quick *q;
	uint16_t notify;

	if (!x || x->msgs || x->priv)
		return IKE_DROP;
	q = v1_quick_new(x);
	if (q)
		q->committed = run->in->h.flags & V1_FLAG_COMMIT;
	notify = q ? read_request(run, x) : V1_N_NO_PROPOSAL_CHOSEN;
	if (notify)
		return refuse(run, x, notify);
	if (!adopt_request(sa, q, &run->failure))
		return refuse(run, x, V1_N_NO_PROPOSAL_CHOSEN);
	old = v1_quick_twin(sa, &q->local_ts, &q->remote_ts, NULL);
	q->replaces = old ? v1_quick_eldest(old)->id : 0;
	q->group = q->sa[0].chosen.suite.ke;
	v1_nonce_make(&x->nr);
	if (!q->group)
		return send_second(run, x, &none);
	if (ke)
		return v1_group_dh(run, q->group, NULL, ke->body, send_second_with_ke);
	failure_set(&run->failure, FAILURE_PROTOCOL, "the peer offers PFS without a KE payload");
	return refuse(run, x, V1_N_PAYLOAD_MALFORMED);
}
