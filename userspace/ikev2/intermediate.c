// SPDX-License-Identifier: GPL-2.0
/*
 * IKE_INTERMEDIATE: further key exchanges between IKE_SA_INIT and IKE_AUTH.
 *
 *   HDR, SAi1(.. ADDKE ..), KEi, Ni, N(INTERMEDIATE_EXCHANGE_SUPPORTED)  -->
 *            <--  HDR, SAr1(.. ADDKE ..), KEr, Nr, N(INTERMEDIATE_EXCHANGE_SUPPORTED)
 *   HDR, SK {KEi(1)}  -->
 *            <--  HDR, SK {KEr(1)}              then both have new keys
 *   HDR, SK {KEi(2)}  -->                       and so on, then IKE_AUTH
 *
 * Each message is sealed with the keys before its exchange. AUTH proves all of them:
 *
 *   IntAuth_i1 = prf(SK_pi1, IntAuth_i1A | IntAuth_i1P)
 *   IntAuth_i2 = prf(SK_pi2, IntAuth_i1 | IntAuth_i2A | IntAuth_i2P), with r likewise
 *   IntAuth = IntAuth_iN | IntAuth_rN | message id of IKE_AUTH
 *
 * A is the header and the head of the SK payload, P what was encrypted; both with the lengths that they have without
 * IV, padding and ICV, and as if it had not been sent in fragments.
 *
 * RFCs: 9242 §3.1-3.3; 9370 §2.2.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/prf.h"
#include "ike/dh_job.h"
#include "ikev2/auth_steps.h"
#include "ikev2/create_pieces.h"
#include "ikev2/intermediate.h"
#include "ikev2/keys.h"
#include "ikev2/sk.h"
#include "ikev2/version.h"

#define EMPTY_MAX	4u	/* exchanges without a key exchange that a peer may make */
#define SK_HEAD		4u

/* ---- IKE_SA_INIT ---- */

void v2_intermediate_offer(struct ike_run *run)
{
	const struct ike_sa *sa = run->sa;

	if (run->out.response ? v2_sa(sa)->peer_intermediate : proposal_has_addke(&sa->conn->conf->ike))
		v2_put_notify(run, N_INTERMEDIATE_EXCHANGE_SUPPORTED, KW_SPAN(NULL, 0));
}

void v2_intermediate_read(struct ike_sa *sa, const struct ike_message *m)
{
	struct notify_payload n;

	v2_sa(sa)->peer_intermediate = message_notify(m, false, N_INTERMEDIATE_EXCHANGE_SUPPORTED, &n);
}

unsigned int v2_intermediate_flags(const struct ike_message *init_request)
{
	struct notify_payload n;

	return message_notify(init_request, false, N_INTERMEDIATE_EXCHANGE_SUPPORTED, &n) ? 0 : PROPOSAL_ONE_KE;
}

bool v2_intermediate_wanted(const struct ike_sa *sa)
{
	return suite_addke(&sa->suite, v2_sa(sa)->further) != KE_NONE;
}

/* ---- what AUTH proves ---- */

/* The associated data as it would be without encryption: lengths of the payloads alone. */
static void put_associated(struct kw_writer *w, struct kw_span header, uint8_t first, size_t plain_len)
{
	size_t start = w->len;

	kw_put_span(w, KW_SPAN(header.p, IKE_HEADER_LEN));
	kw_patch_u8(w, start + 16, PAYLOAD_SK);
	kw_patch_be32(w, start + 24, (uint32_t)(IKE_HEADER_LEN + SK_HEAD + plain_len));
	kw_put_u8(w, first);
	kw_put_u8(w, 0);
	kw_put_be16(w, (uint16_t)(SK_HEAD + plain_len));
}

static int add_message(struct ike_sa *sa, bool of_initiator, struct kw_span header, uint8_t first,
		       struct kw_span plain)
{
	struct v2_sa *v2 = v2_sa(sa);
	const struct kw_secret *key = of_initiator ? &v2->sk_pi : &v2->sk_pr;
	uint8_t head[IKE_HEADER_LEN + SK_HEAD], next[PRF_MAX], *auth;
	struct kw_writer w = kw_writer(head, sizeof(head));
	struct kw_span in[3];
	int ret;

	if (!v2->int_auth)
		v2->int_auth = calloc(2, sizeof(*v2->int_auth));
	if (!v2->int_auth)
		return -ENOMEM;
	auth = v2->int_auth[of_initiator ? 0 : 1];
	put_associated(&w, header, first, plain.len);
	in[0] = KW_SPAN(auth, v2->intermediates ? v2->int_auth_len : 0);
	in[1] = kw_written(&w);
	in[2] = plain;
	ret = w.bad ? -EMSGSIZE : prf(sa->suite.prf, kw_secret_expose(key), in, 3, next);
	if (!ret)
		memcpy(auth, next, sizeof(next));
	return ret;
}

/* The peer's message, which is open. */
static int add_received(struct ike_sa *sa, const struct ike_message *m)
{
	uint8_t first = PAYLOAD_NONE;

	for (unsigned int i = m->n; i--; )
		if (m->payload[i].inside)
			first = m->payload[i].p.type;
	return add_message(sa, m->h.flags & IKE_FLAG_INITIATOR, m->raw, first, KW_SPAN(m->plain, m->plain_len));
}

void v2_intermediate_octets(const struct v2_sa *v2, struct kw_writer *w)
{
	if (!v2->intermediates || !v2->int_auth)
		return;
	kw_put_span(w, KW_SPAN(v2->int_auth[0], v2->int_auth_len));
	kw_put_span(w, KW_SPAN(v2->int_auth[1], v2->int_auth_len));
	/* IKE_SA_INIT was message 0, and each of these exchanges took one. */
	kw_put_be32(w, v2->intermediates + 1u);
}

/* ---- the keys of the next exchange ---- */

/* RFC 9370 §2.2.2: SKEYSEED(n) = prf(SK_d(n-1), SK(n) | Ni | Nr), and from it all keys anew. */
static int next_keys(struct ike_sa *sa, const struct kw_secret *g_ir)
{
	struct v2_sa *v2 = v2_sa(sa);
	struct kw_secret old = { 0 };
	int ret;

	kw_secret_move(&old, &v2->sk_d);
	kw_secret_drop(&v2->sk_pi);
	kw_secret_drop(&v2->sk_pr);
	skcipher_free(v2->seal);
	skcipher_free(v2->open);
	v2->seal = v2->open = NULL;
	ret = v2_keys_ike(sa, g_ir, NULL, &old, sa->suite.prf);
	kw_secret_drop(&old);
	if (!ret)
		v2->further++;
	return ret;
}

/* Both messages of an exchange are in. */
static void exchange_over(struct ike_sa *sa)
{
	v2_sa(sa)->intermediates++;
	v2_sa(sa)->int_auth_len = (uint8_t)prf_len(sa->suite.prf);
}

int v2_intermediate_sealed(struct ike_run *run, struct kw_span header, struct kw_span plain)
{
	struct ike_sa *sa = run->sa;
	struct v2_sa *v2 = v2_sa(sa);
	int ret = add_message(sa, sa->role == IKE_INITIATOR, header, chain_first(&run->out.chain), plain);

	if (ret || !run->out.response)
		return ret;
	exchange_over(sa);
	ret = v2->next_g_ir.len ? next_keys(sa, &v2->next_g_ir) : 0;
	kw_secret_drop(&v2->next_g_ir);
	return ret;
}

/* ---- initiator ---- */

static enum ike_verdict send_ke(struct ike_run *run)
{
	struct v2_sa *v2 = v2_sa(run->sa);
	struct dh_job *j = dh_job_done(run);

	if (j->error) {
		failure_set(&run->failure, FAILURE_LOCAL, "key exchange group %u does not work: %s", j->group,
			    strerror(-j->error));
		return IKE_FAIL;
	}
	if (exchange_begin(run, EXCHANGE_IKE_INTERMEDIATE))
		return IKE_FAIL;
	v2->dh = dh_job_take(j);
	v2_put_ke(run, v2->dh);
	run->to = IKE_ST_KE_SENT;
	return IKE_OK;
}

enum ike_verdict v2_intermediate_start(struct ike_run *run)
{
	return dh_job_start(run, suite_addke(&run->sa->suite, v2_sa(run->sa)->further), NULL, KW_SPAN(NULL, 0),
			    send_ke);
}

static enum ike_verdict not_usable(struct ike_run *run)
{
	failure_set(&run->failure, FAILURE_PROTOCOL, "the peer's value of an additional key exchange is not usable");
	return message_is_response(run->in) ? IKE_FAIL : exchange_fail(run, N_INVALID_SYNTAX);
}

static enum ike_verdict have_secret(struct ike_run *run)
{
	struct dh_job *j = dh_job_done(run);
	struct ike_sa *sa = run->sa;

	if (j->error || add_received(sa, run->in))
		return not_usable(run);
	exchange_over(sa);
	if (next_keys(sa, &j->g_ir))
		return not_usable(run);
	/* The request that goes out next has the message id that follows, which the verdict has not taken yet. */
	return v2_intermediate_wanted(sa) ? v2_intermediate_start(run) : v2_auth_begin(run);
}

static enum ike_verdict ke_answered(struct ike_run *run)
{
	struct v2_sa *v2 = v2_sa(run->sa);
	struct dh *dh = v2->dh;
	struct ke_payload ke;

	if (!dh || v2_read_ke(run->in, &ke) || ke.group != dh_group(dh))
		return not_usable(run);
	v2->dh = NULL;
	return dh_job_start(run, ke.group, dh, ke.data, have_secret);
}

static enum ike_verdict refused(struct ike_run *run)
{
	failure_set(&run->failure, FAILURE_PEER, "the peer refuses an additional key exchange");
	return IKE_FAIL;
}

/* ---- responder ---- */

static enum ike_verdict answer_ke(struct ike_run *run)
{
	struct dh_job *j = dh_job_done(run);
	struct ike_sa *sa = run->sa;
	struct v2_sa *v2 = v2_sa(sa);

	if (j->error || add_received(sa, run->in))
		return not_usable(run);
	if (exchange_begin(run, EXCHANGE_IKE_INTERMEDIATE))
		return IKE_FAIL;
	v2_put_ke(run, j->dh);
	kw_secret_move(&v2->next_g_ir, &j->g_ir);
	run->to = suite_addke(&sa->suite, v2->further + 1u) ? IKE_ST_SAME : IKE_ST_INIT_DONE;
	return IKE_OK;
}

static enum ike_verdict ke_asked(struct ike_run *run)
{
	struct ke_payload ke;

	if (v2_read_ke(run->in, &ke) ||
	    ke.group != suite_addke(&run->sa->suite, v2_sa(run->sa)->further))
		return not_usable(run);
	return dh_job_start(run, ke.group, NULL, ke.data, answer_ke);
}

/* RFC 9242 §3.2: what such an exchange is for is the peer's business; we have nothing to add. */
static enum ike_verdict empty_asked(struct ike_run *run)
{
	const struct v2_sa *v2 = v2_sa(run->sa);

	if (!v2->peer_intermediate || v2->intermediates >= v2->further + EMPTY_MAX)
		return exchange_fail(run, N_INVALID_SYNTAX);
	if (add_received(run->sa, run->in) || exchange_begin(run, EXCHANGE_IKE_INTERMEDIATE))
		return IKE_FAIL;
	return IKE_OK;
}

static const struct ike_step steps[] = {
	{
		/* RFC 9370 2.2.2: HDR, SK {KEi(n)} --> */
		.story = "responder answers an additional key exchange; both go on with the keys that it makes",
		.role = IKE_RESPONDER,
		.from = IN(IKE_ST_KE_DONE),
		.to = IKE_ST_SAME,
		.need = P(PAYLOAD_KE),
		.may = P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR),
		.in_sk = true,
		.run = ke_asked,
	},
	{
		/* RFC 9242 3.2: HDR, SK {...} --> */
		.story = "responder answers an exchange that has nothing for it",
		.role = IKE_RESPONDER,
		.from = IN(IKE_ST_INIT_DONE),
		.to = IKE_ST_SAME,
		.may = P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR),
		.in_sk = true,
		.run = empty_asked,
	},
	{
		/* <-- HDR, SK {KEr(n)} */
		.story = "initiator has new keys and goes on to the next key exchange, or to IKE_AUTH",
		.role = IKE_INITIATOR,
		.from = IN(IKE_ST_KE_SENT),
		.to = IKE_ST_AUTH_SENT,
		.need = P(PAYLOAD_KE),
		.may = P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR),
		.in_sk = true,
		.run = ke_answered,
	},
	{
		/* <-- HDR, SK {N(error)} */
		.story = "initiator is refused",
		.role = IKE_INITIATOR,
		.from = IN(IKE_ST_KE_SENT),
		.to = IKE_ST_SAME,
		.may = P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR),
		.in_sk = true,
		.run = refused,
	},
};

const struct ike_exchange v2_ike_intermediate = {
	.type = EXCHANGE_IKE_INTERMEDIATE,
	.name = "IKE_INTERMEDIATE",
	.step = steps,
	.n = sizeof(steps) / sizeof(steps[0]),
};
