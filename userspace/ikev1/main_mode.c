// SPDX-License-Identifier: GPL-2.0
/*
 * Main mode: the identity protection exchange of phase 1.
 *
 *   1  HDR, SA, VID+                                -->
 *   2                                               <--  HDR, SA, VID+
 *   3  HDR, KE, Ni, [NAT-D+]                        -->
 *   4                                               <--  HDR, KE, Nr, [CR,] [NAT-D+]
 *   5  HDR*, IDii, HASH_I or [CERT+,] SIG_I, [N]    -->
 *   6                                               <--  HDR*, IDir, HASH_R or [CERT+,] SIG_R
 *
 * From message 5 on everything is encrypted (*). With a NAT between them both sides go over to port 4500 with
 * message 5 (RFC 3947 §4).
 *
 * RFCs: 2408 §4.5, 2409 §5.1, §5.4, 3947 §3-4.
 */
#include "ike/natd.h"
#include "ikev1/informational.h"
#include "ikev1/phase1.h"
#include "ikev1/proof.h"
#include "ikev1/skeme.h"
#include "wire/payload_v1.h"

#define X V1_EXCHANGE_IDENTITY_PROTECTION

static struct v1_xchg *phase1(struct ike_run *run)
{
	return &v1_sa(run->sa)->phase1;
}

/* ---- messages 1 and 2: what is agreed ---- */

enum ike_verdict v1_main_begin(struct ike_run *run)
{
	return v1_agree_begin(run, X);
}

static enum ike_verdict agreed(struct ike_run *run)
{
	return v1_agree(run, X);
}

/* ---- messages 3 and 4: keys ---- */

static enum ike_verdict send_ke(struct ike_run *run)
{
	if (v1_take_dh(run, dh_job_done(run)))
		return IKE_FAIL;
	if (v1_is_skeme(run->sa))
		return v1_skeme_send(run);
	if (v1_begin(run, phase1(run)))
		return IKE_FAIL;
	v1_put_ke(run);
	v1_put_natd(run);
	return IKE_OK;
}

static enum ike_verdict answered(struct ike_run *run)
{
	struct v1_transform t;

	/* Nobody vouches for this message: the true answer may still come. */
	if (!v1_phase1_answered(run, &t))
		return IKE_DROP;
	return v1_dh_start(run, NULL, KW_SPAN(NULL, 0), send_ke);
}

static enum ike_verdict answer_ke(struct ike_run *run)
{
	struct dh_job *j = dh_job_done(run);

	if (v1_take_dh(run, j) || v1_make_keys(run, j))
		return exchange_fail(run, V1_N_INVALID_KEY_INFORMATION);
	if (v1_begin(run, phase1(run)))
		return IKE_FAIL;
	v1_put_ke(run);
	v1_put_certreqs(run);
	v1_put_natd(run);
	return IKE_OK;
}

static enum ike_verdict ke_asked(struct ike_run *run)
{
	struct kw_span ke;

	if (v1_is_skeme(run->sa))
		return v1_skeme_asked(run);
	if (v1_read_ke(run->sa, run->in, &ke))
		return IKE_DROP;
	v1_read_natd(run->sa, run->in, false);
	return v1_dh_start(run, NULL, ke, answer_ke);
}

/* ---- messages 5 and 6: proofs ---- */

static enum ike_verdict send_proof(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;

	phase1(run)->encrypt = true;
	if (v1_begin(run, phase1(run)))
		return IKE_FAIL;
	if (!v1_is_skeme(sa))
		v1_put_id(run);
	if (v1_proof_put(run))
		return IKE_FAIL;
	v1_put_certreqs(run);
	v1_put_initial_contact(run);
	if (sa->nat_local || sa->nat_remote)
		natd_float(sa);
	return IKE_OK;
}

enum ike_verdict v1_main_have_keys(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;

	if (v1_make_keys(run, dh_job_done(run)))
		return IKE_FAIL;
	ident_drop(&sa->local_id);	/* SKEME's message 3 had it already */
	if (auth_local_id(sa->conn, &sa->local.addr, &sa->local_id))
		return IKE_FAIL;
	return v1_proof_work(run, NULL, KW_SPAN(NULL, 0), true, true, send_proof);
}

static enum ike_verdict ke_answered(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct dh *dh = v1_sa(sa)->dh;
	struct kw_span ke;

	if (v1_is_skeme(sa))
		return v1_skeme_answered(run);
	if (!dh || v1_read_ke(sa, run->in, &ke))
		return IKE_DROP;
	v1_read_natd(sa, run->in, false);
	v1_sa(sa)->dh = NULL;
	return v1_dh_start(run, dh, ke, v1_main_have_keys);
}

static void note_contact(struct ike_run *run)
{
	struct v1_notify_payload n;

	v1_sa(run->sa)->contacted = v1_notify(run->in, true, V1_N_INITIAL_CONTACT, &n);
}

enum ike_verdict v1_main_checked(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct auth_evidence *ev = v1_proof_evidence(run);

	if (!auth_decide(sa, ev, &run->failure))
		return exchange_fail(run, V1_N_AUTHENTICATION_FAILED);
	note_contact(run);
	if (v1_begin(run, phase1(run)))
		return IKE_FAIL;
	if (!v1_is_skeme(sa))
		v1_put_id(run);
	if (v1_proof_put(run))
		return exchange_fail(run, V1_N_AUTHENTICATION_FAILED);
	return v1_phase1_done(run, ev->peer_id);
}

static enum ike_verdict proof_asked(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct payload *p = message_find(run->in, V1_PAYLOAD_ID, true, NULL);
	struct id_payload id;

	if (v1_is_skeme(sa) || !(run->in->inside & v1_proof_payload(sa)) || v1_read_id(p, &id))
		return IKE_DROP;
	phase1(run)->encrypt = true;
	if (!v1_settle_conn(run, &id) || auth_local_id(sa->conn, &sa->local.addr, &sa->local_id))
		return exchange_fail(run, V1_N_INVALID_ID_INFORMATION);
	return v1_proof_work(run, &id, p->body, true, true, v1_main_checked);
}

enum ike_verdict v1_main_peer_checked(struct ike_run *run)
{
	const struct auth_evidence *ev = v1_proof_evidence(run);

	if (!auth_decide(run->sa, ev, &run->failure)) {
		v1_tell_failed(run->sa);
		return IKE_FAIL;
	}
	note_contact(run);
	return v1_phase1_done(run, ev->peer_id);
}

static enum ike_verdict proof_answered(struct ike_run *run)
{
	const struct payload *p = message_find(run->in, V1_PAYLOAD_ID, true, NULL);
	struct id_payload id;

	if (v1_is_skeme(run->sa) || !(run->in->inside & v1_proof_payload(run->sa)) || v1_read_id(p, &id))
		return IKE_DROP;
	return v1_proof_work(run, &id, p->body, true, false, v1_main_peer_checked);
}

#define EXTRA	(P(V1_PAYLOAD_VENDOR) | P(V1_PAYLOAD_NOTIFICATION))
#define PROOF	(P(V1_PAYLOAD_HASH) | P(V1_PAYLOAD_SIG) | P(V1_PAYLOAD_CERT) | P(V1_PAYLOAD_CERTREQ) | EXTRA)

static const struct ike_step steps[] = {
	{	/* 1 --> */
		.story	= "responder chooses a policy, keeps a half-open ISAKMP SA",
		.role	= IKE_RESPONDER,
		.from	= IN(IKE_ST_NEW),
		.to	= IKE_ST_INIT_DONE,
		.need	= P(V1_PAYLOAD_SA),
		.may	= EXTRA,
		.run	= agreed,
	},
	{	/* <-- 2 */
		.story	= "initiator learns what is agreed and makes its public value",
		.role	= IKE_INITIATOR,
		.from	= IN(IKE_ST_INIT_SENT),
		.to	= IKE_ST_KE_SENT,
		.need	= P(V1_PAYLOAD_SA),
		.may	= EXTRA,
		.run	= answered,
	},
	{	/* 3 --> */
		.story	= "responder makes its public value and the keys",
		.role	= IKE_RESPONDER,
		.from	= IN(IKE_ST_INIT_DONE),
		.to	= IKE_ST_KE_DONE,
		.need	= P(V1_PAYLOAD_KE) | P(V1_PAYLOAD_NONCE),
		.may	= P(V1_PAYLOAD_NATD) | P(V1_PAYLOAD_CERTREQ) | EXTRA,
		.run	= ke_asked,
	},
	{	/* <-- 4 */
		.story	= "initiator makes the keys and proves itself",
		.role	= IKE_INITIATOR,
		.from	= IN(IKE_ST_KE_SENT),
		.to	= IKE_ST_AUTH_SENT,
		.need	= P(V1_PAYLOAD_KE) | P(V1_PAYLOAD_NONCE),
		.may	= P(V1_PAYLOAD_NATD) | P(V1_PAYLOAD_CERTREQ) | EXTRA,
		.run	= ke_answered,
	},
	{	/* 5* --> */
		.story	= "responder checks the initiator's proof and proves itself",
		.role	= IKE_RESPONDER,
		.from	= IN(IKE_ST_KE_DONE),
		.to	= IKE_ST_ESTABLISHED,
		.need	= P(V1_PAYLOAD_ID),
		.may	= PROOF,
		.in_sk	= true,
		.run	= proof_asked,
	},
	{	/* <-- 6* */
		.story	= "initiator checks the responder's proof",
		.role	= IKE_INITIATOR,
		.from	= IN(IKE_ST_AUTH_SENT),
		.to	= IKE_ST_ESTABLISHED,
		.need	= P(V1_PAYLOAD_ID),
		.may	= PROOF,
		.in_sk	= true,
		.run	= proof_answered,
	},
};

const struct ike_exchange v1_main_mode = {
	.type = X,
	.name = "Identity Protection",
	.step = steps,
	.n = sizeof(steps) / sizeof(steps[0]),
};
