// SPDX-License-Identifier: GPL-2.0
/*
 * The base exchange: phase 1 in four messages, nothing of it encrypted, no key exchange before both have answered.
 *
 *   1  HDR, SA, Ni, VID+                                     -->
 *   2                                                        <--  HDR, SA, Nr, VID+
 *   3  HDR, KE, IDii, HASH_I or [CERT+,] SIG_I, [NAT-D+]     -->
 *   4                                                        <--  HDR, KE, IDir, HASH_R or [CERT+,] SIG_R, [NAT-D+]
 *
 * RFC 2408 has it, RFC 2409 does not say how its proofs go with it: HASH_I cannot cover what the initiator does not
 * know yet (keys.c). With a pre-shared key the proofs in the clear are all that a guesser needs, as in aggressive mode,
 * but he has to see them on the way: nobody gets one for asking.
 *
 * RFCs: 2408 §4.4, 2409 §5, 3947 §3-4.
 */
#include "ike/natd.h"
#include "ikev1/informational.h"
#include "ikev1/keys.h"
#include "ikev1/phase1.h"
#include "ikev1/proof.h"
#include "wire/payload_v1.h"

#define X V1_EXCHANGE_BASE

static struct v1_xchg *phase1(struct ike_run *run)
{
	return &v1_sa(run->sa)->phase1;
}

/* Our half of messages 3 and 4. 0 or -errno with run->failure. */
static int put_ke_and_proof(struct ike_run *run)
{
	const struct v1_sa *v1 = v1_sa(run->sa);

	chain_put(&run->out.chain, V1_PAYLOAD_KE, run->sa->role == IKE_INITIATOR ? v1->g_xi : v1->g_xr);
	v1_put_id(run);
	if (v1_proof_put(run))
		return -1;
	v1_put_natd(run);
	return 0;
}

/* ---- messages 1 and 2: what is agreed ---- */

enum ike_verdict v1_base_begin(struct ike_run *run)
{
	return v1_agree_begin(run, X);
}

static enum ike_verdict agreed(struct ike_run *run)
{
	return v1_agree(run, X);
}

/* ---- message 3 ---- */

static enum ike_verdict send_third(struct ike_run *run)
{
	if (v1_begin(run, phase1(run)) || put_ke_and_proof(run))
		return IKE_FAIL;
	v1_put_certreqs(run);
	return IKE_OK;
}

static enum ike_verdict have_public(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;

	if (v1_take_dh(run, dh_job_done(run)) || v1_key_of_psk(sa, &sa->conn->conf->psk) ||
	    auth_local_id(sa->conn, &sa->local.addr, &sa->local_id))
		return IKE_FAIL;
	return v1_proof_work(run, NULL, KW_SPAN(NULL, 0), false, true, send_third);
}

static enum ike_verdict answered(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v1_transform t;

	/* Nobody vouches for this message: the true answer may still come. */
	if (v1_nonce_read(&v1_sa(sa)->nr, run->in, false) || !v1_phase1_answered(run, &t))
		return IKE_DROP;
	return v1_dh_start(run, NULL, KW_SPAN(NULL, 0), have_public);
}

/* ---- messages 3 and 4: keys and proofs ---- */

static enum ike_verdict checked(struct ike_run *run)
{
	const struct auth_evidence *ev = v1_proof_evidence(run);

	if (!auth_decide(run->sa, ev, &run->failure))
		return exchange_fail(run, V1_N_AUTHENTICATION_FAILED);
	if (v1_begin(run, phase1(run)))
		return IKE_FAIL;
	if (put_ke_and_proof(run))
		return exchange_fail(run, V1_N_AUTHENTICATION_FAILED);
	return v1_phase1_done(run, ev->peer_id);
}

static enum ike_verdict have_keys(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct payload *p = message_find(run->in, V1_PAYLOAD_ID, false, NULL);
	struct dh_job *j = dh_job_done(run);
	struct id_payload id;

	if (v1_take_dh(run, j) || v1_make_keys(run, j))
		return exchange_fail(run, V1_N_INVALID_KEY_INFORMATION);
	if (v1_read_id(p, &id) || auth_local_id(sa->conn, &sa->local.addr, &sa->local_id))
		return IKE_FAIL;
	return v1_proof_work(run, &id, p->body, false, true, checked);
}

static enum ike_verdict asked(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct payload *ke = message_find(run->in, V1_PAYLOAD_KE, false, NULL);
	struct id_payload id;

	if (!(run->in->outside & v1_proof_payload(sa)) ||
	    v1_read_id(message_find(run->in, V1_PAYLOAD_ID, false, NULL), &id) ||
	    v1_keep_peer_ke(sa, ke->body))
		return IKE_DROP;
	if (!v1_settle_conn(run, &id))
		return exchange_fail(run, V1_N_INVALID_ID_INFORMATION);
	v1_read_natd(sa, run->in, false);
	return v1_dh_start(run, NULL, ke->body, have_keys);
}

static enum ike_verdict peer_checked(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct auth_evidence *ev = v1_proof_evidence(run);

	if (!auth_decide(sa, ev, &run->failure)) {
		v1_tell_failed(sa);
		return IKE_FAIL;
	}
	if (sa->nat_local || sa->nat_remote)
		natd_float(sa);
	return v1_phase1_done(run, ev->peer_id);
}

static enum ike_verdict peer_keys(struct ike_run *run)
{
	const struct payload *p = message_find(run->in, V1_PAYLOAD_ID, false, NULL);
	struct id_payload id;

	if (v1_make_keys(run, dh_job_done(run)) || v1_read_id(p, &id))
		return IKE_FAIL;
	/* Whatever comes behind this message has the protection of these keys. */
	phase1(run)->encrypt = true;
	return v1_proof_work(run, &id, p->body, false, false, peer_checked);
}

static enum ike_verdict proof_answered(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct payload *ke = message_find(run->in, V1_PAYLOAD_KE, false, NULL);
	struct dh *dh = v1_sa(sa)->dh;
	struct id_payload id;

	if (!dh || !(run->in->outside & v1_proof_payload(sa)) ||
	    v1_read_id(message_find(run->in, V1_PAYLOAD_ID, false, NULL), &id) ||
	    v1_keep_peer_ke(sa, ke->body))
		return IKE_DROP;
	v1_read_natd(sa, run->in, false);
	v1_sa(sa)->dh = NULL;
	return v1_dh_start(run, dh, ke->body, peer_keys);
}

#define EXTRA	(P(V1_PAYLOAD_VENDOR) | P(V1_PAYLOAD_NOTIFICATION) | P(V1_PAYLOAD_CERTREQ))
#define PROOF	(P(V1_PAYLOAD_HASH) | P(V1_PAYLOAD_SIG) | P(V1_PAYLOAD_CERT) | P(V1_PAYLOAD_NATD) | EXTRA)

static const struct ike_step steps[] = {
	{	/* 1 --> */
		.story	= "responder chooses a policy, keeps a half-open ISAKMP SA",
		.role	= IKE_RESPONDER,
		.from	= IN(IKE_ST_NEW),
		.to	= IKE_ST_INIT_DONE,
		.need	= P(V1_PAYLOAD_SA) | P(V1_PAYLOAD_NONCE),
		.may	= EXTRA,
		.run	= agreed,
	},
	{	/* <-- 2 */
		.story	= "initiator learns what is agreed, makes its public value and proves itself",
		.role	= IKE_INITIATOR,
		.from	= IN(IKE_ST_INIT_SENT),
		.to	= IKE_ST_AUTH_SENT,
		.need	= P(V1_PAYLOAD_SA) | P(V1_PAYLOAD_NONCE),
		.may	= EXTRA,
		.run	= answered,
	},
	{	/* 3 --> */
		.story	= "responder makes the keys, checks the initiator's proof and proves itself",
		.role	= IKE_RESPONDER,
		.from	= IN(IKE_ST_INIT_DONE),
		.to	= IKE_ST_ESTABLISHED,
		.need	= P(V1_PAYLOAD_KE) | P(V1_PAYLOAD_ID),
		.may	= PROOF,
		.run	= asked,
	},
	{	/* <-- 4 */
		.story	= "initiator makes the keys and checks the responder's proof",
		.role	= IKE_INITIATOR,
		.from	= IN(IKE_ST_AUTH_SENT),
		.to	= IKE_ST_ESTABLISHED,
		.need	= P(V1_PAYLOAD_KE) | P(V1_PAYLOAD_ID),
		.may	= PROOF,
		.run	= proof_answered,
	},
};

const struct ike_exchange v1_base_exchange = {
	.type = X,
	.name = "Base",
	.step = steps,
	.n = sizeof(steps) / sizeof(steps[0]),
};
