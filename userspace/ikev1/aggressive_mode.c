// SPDX-License-Identifier: GPL-2.0
/*
 * Aggressive mode: phase 1 in three messages, identities in the clear.
 *
 *   1  HDR, SA, KE, Ni, IDii, VID+                                       -->
 *   2                              <--  HDR, SA, KE, Nr, IDir, HASH_R or [CERT+,] SIG_R, VID+, [NAT-D+]
 *   3  HDR*, HASH_I or [CERT+,] SIG_I, [NAT-D+]                          -->
 *
 * Message 2 proves the responder to everybody who asks: with a pre-shared key that proof is all that a guesser needs,
 * so it takes a switch of its own. Nobody answers message 3: when it is lost, the first quick mode arrives without it,
 * and message 2 comes again to ask for it (packet.c).
 *
 * RFCs: 2409 §5.1, §5.4, 3947 §3-4.
 */
#include <string.h>

#include "ike/natd.h"
#include "ike/rekey.h"
#include "ikev1/informational.h"
#include "ikev1/keys.h"
#include "ikev1/phase1.h"
#include "ikev1/proof.h"
#include "wire/payload_v1.h"

#define X V1_EXCHANGE_AGGRESSIVE

static struct v1_xchg *phase1(struct ike_run *run)
{
	return &v1_sa(run->sa)->phase1;
}

static int keep_id(struct ike_sa *sa)
{
	uint8_t body[4 + 1024];
	struct kw_writer w = kw_writer(body, sizeof(body));

	if (auth_local_id(sa->conn, &sa->local.addr, &sa->local_id) || v1_id_body(sa, &w))
		return -1;
	return v1_keep(&v1_sa(sa)->idi_body, kw_written(&w));
}

/* ---- message 1 ---- */

static enum ike_verdict send_first(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	uint16_t auth = v1_auth_method_of(sa->conn, sa->role);

	if (v1_take_dh(run, dh_job_done(run)) || keep_id(sa) || v1_begin(run, phase1(run)))
		return IKE_FAIL;
	v1_put_phase1_offer(run, auth, sa->suite.ke);
	if (v1_keep_own_sa(run))
		return IKE_FAIL;
	v1_put_ke(run);
	v1_put_id(run);
	v1_put_certreqs(run);
	v1_put_vendors(run);
	return IKE_OK;
}

enum ike_verdict v1_aggressive_begin(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;

	if (!v1_phase1_begin(run, X))
		return IKE_FAIL;
	v1_warn_of_psk(sa);
	/* The KE payload comes with the offer: only one group can be meant. */
	sa->suite.ke = v1_first_group(sa->conn);
	return v1_dh_start(run, NULL, KW_SPAN(NULL, 0), send_first);
}

/* ---- message 2 ---- */

static enum ike_verdict send_second(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct proposal_v1 *p;
	struct v1_transform t;
	struct sa_v1 theirs;

	if (v1_read_sa(run, &theirs) ||
	    !v1_choose_phase1(sa->conn, v1_auth_method_of(sa->conn, sa->role), &theirs, &t, &p,
			      &run->failure) ||
	    v1_begin(run, phase1(run)))
		return IKE_FAIL;
	v1_put_phase1_answer(run, p, &t);
	v1_put_ke(run);
	v1_put_id(run);
	if (v1_proof_put(run))
		return IKE_FAIL;
	v1_put_certreqs(run);
	v1_put_vendors(run);
	v1_put_natd(run);
	rekey_limit_half_open(sa);
	return IKE_OK;
}

static enum ike_verdict have_keys_responder(struct ike_run *run)
{
	struct dh_job *j = dh_job_done(run);
	struct ike_sa *sa = run->sa;

	if (v1_take_dh(run, j) || v1_make_keys(run, j))
		return exchange_fail(run, V1_N_INVALID_KEY_INFORMATION);
	if (auth_local_id(sa->conn, &sa->local.addr, &sa->local_id))
		return IKE_FAIL;
	return v1_proof_work(run, NULL, KW_SPAN(NULL, 0), false, true, send_second);
}

/* The identity comes before the keys: any connection with the same method and policy may be meant. */
static bool choose_by_id(struct ike_run *run, const struct id_payload *id, struct v1_agreement *a)
{
	struct ike_sa *sa = run->sa;
	const struct auth_request r = {
		.version = sa->version, .local = &run->in->local.addr,
		.remote = &run->in->remote.addr, .peer_id = id,
		.method = v1_sa(sa)->auth == V1_AUTH_PSK ? AUTH_PSK : AUTH_RSA,
		.suite = &sa->suite,
	};
	struct conn *c;

	if (auth_id_fits(sa->conn, id->type, id->data))
		return true;
	c = auth_select(sa->e, &r, &run->failure);
	if (!c || !c->conf->aggressive ||
	    v1_auth_method_of(c, sa->role) != v1_auth_method_of(sa->conn, sa->role) ||
	    !v1_choose_phase1(c, v1_auth_method_of(c, sa->role), &a->theirs, &a->t, &a->p,
			      &run->failure))
		return false;
	ike_sa_set_conn(sa, c);
	v1_adopt(sa, &a->t);
	return true;
}

static enum ike_verdict asked(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct payload *id_p = message_find(run->in, V1_PAYLOAD_ID, false, NULL);
	struct v1_agreement a;
	struct id_payload id;
	struct kw_span ke;
	uint16_t refuse = v1_phase1_asked(run, X, &a);

	if (refuse)
		return exchange_notify(run, refuse);
	if (v1_read_id(id_p, &id) || !choose_by_id(run, &id, &a))
		return exchange_notify(run, V1_N_INVALID_ID_INFORMATION);
	if (v1_read_ke(sa, run->in, &ke))
		return exchange_notify(run, V1_N_INVALID_KEY_INFORMATION);
	v1_warn_of_psk(sa);
	if (v1_keep(&v1_sa(sa)->idi_body, id_p->body))
		return IKE_FAIL;
	return v1_dh_start(run, NULL, ke, have_keys_responder);
}

/* ---- message 3 ---- */

static enum ike_verdict send_third(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct auth_evidence *ev = v1_proof_evidence(run);

	if (!auth_decide(sa, ev, &run->failure)) {
		v1_tell_failed(sa);
		return IKE_FAIL;
	}
	phase1(run)->encrypt = true;
	if (v1_begin_last_word(run, phase1(run)) || v1_proof_put(run))
		return IKE_FAIL;
	v1_put_natd(run);
	v1_put_initial_contact(run);
	if (sa->nat_local || sa->nat_remote) {
		natd_float(sa);
		/* What is sent as an answer goes where the message came from: from here on that is 4500. */
		run->in->socket = sa->socket;
		run->in->local = sa->local;
		run->in->remote = sa->remote;
	}
	return v1_phase1_done(run, ev->peer_id);
}

static enum ike_verdict have_keys_initiator(struct ike_run *run)
{
	const struct payload *p = message_find(run->in, V1_PAYLOAD_ID, false, NULL);
	struct id_payload id;

	if (v1_make_keys(run, dh_job_done(run)) || v1_read_id(p, &id))
		return IKE_FAIL;
	v1_read_natd(run->sa, run->in, false);
	return v1_proof_work(run, &id, p->body, false, true, send_third);
}

static enum ike_verdict answered(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v1_sa *v1 = v1_sa(sa);
	struct dh *dh = v1->dh;
	struct v1_transform t;
	struct failure f = { 0 };
	struct sa_v1 answer;
	struct id_payload id;
	struct kw_span ke;

	/* Nobody vouches for this message yet: the true answer may still come. */
	if (!dh || v1_read_sa(run, &answer) ||
	    v1_read_id(message_find(run->in, V1_PAYLOAD_ID, false, NULL), &id) ||
	    !v1_accept_phase1(sa->conn, v1_auth_method_of(sa->conn, sa->role), &answer, &t, &f) ||
	    v1_transform_ke(&t) != sa->suite.ke || v1_read_ke(sa, run->in, &ke)) {
		run->failure.kind = FAILURE_NONE;
		return IKE_DROP;
	}
	ike_sa_forget_hint(sa);
	memcpy(sa->spi_r, run->in->h.spi_r, sizeof(sa->spi_r));
	v1_adopt(sa, &t);
	v1_read_vendors(sa, run->in, false);
	v1->dh = NULL;
	return v1_dh_start(run, dh, ke, have_keys_initiator);
}

static enum ike_verdict checked(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct auth_evidence *ev = v1_proof_evidence(run);
	struct v1_notify_payload n;

	if (!auth_decide(sa, ev, &run->failure))
		return exchange_fail(run, V1_N_AUTHENTICATION_FAILED);
	v1_xchg_over(phase1(run));	/* message 3 was the last word: nothing answers it again */
	v1_sa(sa)->contacted = v1_notify(run->in, true, V1_N_INITIAL_CONTACT, &n);
	return v1_phase1_done(run, ev->peer_id);
}

static enum ike_verdict confirmed(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v1_sa *v1 = v1_sa(sa);
	bool inside = run->in->h.flags & V1_FLAG_ENCRYPTION;
	const struct payload p = { .type = V1_PAYLOAD_ID, .body = v1->idi_body };
	struct id_payload id;

	if (!((inside ? run->in->inside : run->in->outside) & v1_proof_payload(sa)) ||
	    v1_read_id(&p, &id))
		return IKE_DROP;
	phase1(run)->encrypt = true;
	v1_read_natd(sa, run->in, inside);
	return v1_proof_work(run, &id, v1->idi_body, inside, false, checked);
}

#define FIRST	(P(V1_PAYLOAD_SA) | P(V1_PAYLOAD_KE) | P(V1_PAYLOAD_NONCE) | P(V1_PAYLOAD_ID))
#define EXTRA	(P(V1_PAYLOAD_VENDOR) | P(V1_PAYLOAD_NOTIFICATION) | P(V1_PAYLOAD_NATD) | P(V1_PAYLOAD_CERTREQ))
#define PROOF	(P(V1_PAYLOAD_HASH) | P(V1_PAYLOAD_SIG) | P(V1_PAYLOAD_CERT))

static const struct ike_step steps[] = {
	{	/* 1 --> */
		.story	= "responder chooses a policy by the initiator's identity and proves itself",
		.role	= IKE_RESPONDER,
		.from	= IN(IKE_ST_NEW),
		.to	= IKE_ST_INIT_DONE,
		.need	= FIRST,
		.may	= EXTRA,
		.run	= asked,
	},
	{	/* <-- 2 */
		.story	= "initiator checks the responder's proof and proves itself",
		.role	= IKE_INITIATOR,
		.from	= IN(IKE_ST_INIT_SENT),
		.to	= IKE_ST_ESTABLISHED,
		.need	= FIRST,
		.may	= PROOF | EXTRA,
		.run	= answered,
	},
	{	/* 3* -->, which may be in the clear */
		.story	= "responder checks the initiator's proof",
		.role	= IKE_RESPONDER,
		.from	= IN(IKE_ST_INIT_DONE),
		.to	= IKE_ST_ESTABLISHED,
		.may	= PROOF | EXTRA,
		.run	= confirmed,
	},
};

const struct ike_exchange v1_aggressive_mode = {
	.type = X,
	.name = "Aggressive",
	.step = steps,
	.n = sizeof(steps) / sizeof(steps[0]),
};
