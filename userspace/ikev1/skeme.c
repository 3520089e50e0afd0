// SPDX-License-Identifier: GPL-2.0
/*
 * SKEME's ways of main mode. Each side encrypts its nonce to the other's public key; the keys depend on both nonces, so
 * that a HASH made with them shows who can decrypt. <x>P is x encrypted to P.
 *
 *   public-key encryption (§5.2)                             revised (§5.3)
 *   3  HDR, KE, <IDii_b>PubKey_r, <Ni_b>PubKey_r  -->        HDR, <Ni_b>PubKey_r, <KE_b>Ke_i, <IDii_b>Ke_i
 *   4  HDR, KE, <IDir_b>PubKey_i, <Nr_b>PubKey_i  <--        HDR, <Nr_b>PubKey_i, <KE_b>Ke_r, <IDir_b>Ke_r
 *   5  HDR*, HASH_I                               -->        the same
 *   6  HDR*, HASH_R                               <--        the same
 *
 * Message 3 makes us decrypt what a stranger sends, by a padding that has betrayed keys to those who were told whether
 * it was right. Here nobody is: what is not padded as it should be is taken for random octets (crypto/rsa_wrap.h), no
 * identity is looked at before message 5, and that cannot be read with the wrong nonce. It takes that nonces have 32
 * octets, and that an identity is as long as the one that is expected. One message 3 is decrypted for each ISAKMP SA.
 *
 * RFC 2409 §5.2, §5.3.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/rsa_wrap.h"
#include "ike/conn.h"
#include "ikev1/keys.h"
#include "ikev1/phase1.h"
#include "ikev1/proof.h"
#include "ikev1/skeme.h"

#define X		V1_EXCHANGE_IDENTITY_PROTECTION
#define ID_HEAD		4u	/* type, protocol, port */
#define BODY_MAX	(DH_PUBLIC_MAX + ID_HEAD + 2 * BLOCK_MAX)

static bool is_revised(const struct ike_sa *sa)
{
	return v1_sa(sa)->auth == V1_AUTH_RSA_REVISED;
}

/* ---- what the nonce's key protects (§5.3): CBC from payload to payload ---- */

struct cipher {
	const struct ike_sa *sa;
	struct kw_secret key;
	uint8_t iv[BLOCK_MAX];
	size_t block;
};

static int cipher_open(struct cipher *c, const struct ike_sa *sa, bool of_initiator)
{
	int ret;

	*c = (struct cipher){ .sa = sa };
	ret = v1_ephemeral_key(sa, of_initiator, &c->key);
	if (!ret)
		c->block = block_len(sa->suite.encr, c->key.len);
	return ret;
}

/* There is always padding: zeros, and in the last octet how many. 0 or -errno. */
static int seal(struct cipher *c, struct kw_span text, struct kw_writer *out)
{
	uint8_t buf[BODY_MAX] = { 0 };
	size_t len = (text.len / c->block + 1) * c->block;
	int ret;

	if (len > sizeof(buf))
		return -1;
	memcpy(buf, text.p, text.len);
	buf[len - 1] = (uint8_t)(len - text.len - 1);
	ret = block_encrypt(c->sa->suite.encr, kw_secret_expose(&c->key), KW_SPAN(c->iv, c->block), buf, len);
	memcpy(c->iv, buf + len - c->block, c->block);
	kw_put_span(out, KW_SPAN(buf, len));
	return ret;
}

/* In buf; *text is within it. false: it was another key's. */
static bool unseal(struct cipher *c, struct kw_span body, uint8_t buf[BODY_MAX], struct kw_span *text)
{
	size_t pad;

	if (!body.len || body.len > BODY_MAX || body.len % c->block)
		return false;
	memcpy(buf, body.p, body.len);
	if (block_decrypt(c->sa->suite.encr, kw_secret_expose(&c->key), KW_SPAN(c->iv, c->block), buf, body.len))
		return false;
	memcpy(c->iv, body.p + body.len - c->block, c->block);
	pad = buf[body.len - 1];
	*text = KW_SPAN(buf, pad < c->block ? body.len - 1 - pad : 0);
	return pad < c->block;
}

/* ---- messages 3 and 4, out ---- */

static int put_wrapped(struct ike_run *run, uint8_t type, struct kw_span text)
{
	chain_open(&run->out.chain, type);
	return rsa_wrap(run->sa->conn->conf->remote_key, text, &run->out.w);
}

static int put_sealed(struct ike_run *run, struct cipher *c, uint8_t type, struct kw_span text)
{
	chain_open(&run->out.chain, type);
	return seal(c, text, &run->out.w);
}

static int put_all(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct v1_sa *v1 = v1_sa(sa);
	bool initiator = sa->role == IKE_INITIATOR;
	struct kw_span ke = initiator ? v1->g_xi : v1->g_xr, nonce = v1_nonce_span(initiator ? &v1->ni : &v1->nr);
	uint8_t body[ID_HEAD + 1024];
	struct kw_writer w = kw_writer(body, sizeof(body));
	struct cipher c;
	int ret;

	if (auth_local_id(sa->conn, &sa->local.addr, &sa->local_id) || v1_id_body(sa, &w))
		return -1;
	if (!is_revised(sa)) {
		chain_put(&run->out.chain, V1_PAYLOAD_KE, ke);
		ret = put_wrapped(run, V1_PAYLOAD_ID, kw_written(&w));
		return ret ? ret : put_wrapped(run, V1_PAYLOAD_NONCE, nonce);
	}
	ret = cipher_open(&c, sa, initiator);
	if (!ret)
		ret = put_wrapped(run, V1_PAYLOAD_NONCE, nonce);
	if (!ret)
		ret = put_sealed(run, &c, V1_PAYLOAD_KE, ke);
	if (!ret)
		ret = put_sealed(run, &c, V1_PAYLOAD_ID, kw_written(&w));
	kw_secret_drop(&c.key);
	return ret;
}

enum ike_verdict v1_skeme_send(struct ike_run *run)
{
	if (v1_begin(run, &v1_sa(run->sa)->phase1))
		return IKE_FAIL;
	if (put_all(run)) {
		failure_set(&run->failure, FAILURE_LOCAL, "our nonce or identity cannot be encrypted to the peer's key");
		return IKE_FAIL;
	}
	v1_put_natd(run);
	return IKE_OK;
}

/* ---- messages 3 and 4, in ---- */

struct unwrap_job {
	struct ike_job job;
	struct kw_span nonce_in, id_in;		/* malloc()ed; no id in the revised way */
	uint8_t nonce[V1_NONCE_LEN];
	uint8_t *id;				/* malloc()ed */
	size_t id_len;
};

static void work(struct ike_job *job)
{
	struct unwrap_job *j = container_of(job, struct unwrap_job, job);
	const struct sign_key *key = job->conn->conf->key;

	rsa_unwrap(key, j->nonce_in, j->nonce, sizeof(j->nonce));
	if (j->id)
		rsa_unwrap(key, j->id_in, j->id, j->id_len);
}

static void job_free(struct ike_job *job)
{
	struct unwrap_job *j = container_of(job, struct unwrap_job, job);

	v1_forget(&j->nonce_in);
	v1_forget(&j->id_in);
	kw_wipe(j->nonce, sizeof(j->nonce));
	free(j->id);
	free(j);
}

static enum ike_verdict unwrap(struct ike_run *run, ike_step_fn resume)
{
	const struct ike_sa *sa = run->sa;
	const struct payload *nonce = message_find(run->in, V1_PAYLOAD_NONCE, false, NULL);
	const struct payload *id = message_find(run->in, V1_PAYLOAD_ID, false, NULL);
	struct unwrap_job *j = id ? calloc(1, sizeof(*j)) : NULL;

	if (!j)
		return IKE_DROP;
	j->job.work = work;
	j->job.free = job_free;
	j->id_len = ID_HEAD + sa->conn->conf->remote_id.len;
	if (v1_keep(&j->nonce_in, nonce->body) ||
	    (!is_revised(sa) && (v1_keep(&j->id_in, id->body) || !(j->id = malloc(j->id_len))))) {
		job_free(&j->job);
		return IKE_FAIL;
	}
	return job_start(run, &j->job, resume);
}

/* The nonce is there, whatever it is. *ke: the peer's value, perhaps in buf. false: neither key exchange nor identity. */
static bool take(struct ike_run *run, uint8_t buf[BODY_MAX], struct kw_span *ke)
{
	struct ike_sa *sa = run->sa;
	struct v1_sa *v1 = v1_sa(sa);
	bool of_initiator = sa->role == IKE_RESPONDER, good;
	const struct unwrap_job *j = container_of(run->job, struct unwrap_job, job);
	struct v1_nonce *n = of_initiator ? &v1->ni : &v1->nr;
	struct kw_span id = KW_SPAN(j->id, j->id_len);
	uint8_t id_buf[BODY_MAX];
	struct cipher c;

	n->len = sizeof(j->nonce);
	memcpy(n->b, j->nonce, n->len);
	*ke = message_find(run->in, V1_PAYLOAD_KE, false, NULL)->body;
	if (is_revised(sa)) {
		if (cipher_open(&c, sa, of_initiator))
			return false;
		good = unseal(&c, *ke, buf, ke) &&
		       unseal(&c, message_find(run->in, V1_PAYLOAD_ID, false, NULL)->body, id_buf, &id);
		kw_secret_drop(&c.key);
		if (!good)
			return false;
	}
	return !v1_keep(&v1->peer_id_body, id) && !v1_keep_peer_ke(sa, *ke);
}

static enum ike_verdict answer(struct ike_run *run)
{
	struct dh_job *j = dh_job_done(run);

	if (v1_take_dh(run, j) || v1_make_keys(run, j))
		return exchange_fail(run, V1_N_INVALID_KEY_INFORMATION);
	return v1_skeme_send(run);
}

static enum ike_verdict have_nonce(struct ike_run *run)
{
	uint8_t buf[BODY_MAX];
	struct kw_span ke;

	if (!take(run, buf, &ke))
		return exchange_fail(run, V1_N_INVALID_KEY_INFORMATION);
	v1_read_natd(run->sa, run->in, false);
	return v1_dh_start(run, NULL, ke, answer);
}

enum ike_verdict v1_skeme_asked(struct ike_run *run)
{
	return unwrap(run, have_nonce);
}

static enum ike_verdict have_answer(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct dh *dh = v1_sa(sa)->dh;
	uint8_t buf[BODY_MAX];
	struct kw_span ke;

	/* Nobody vouches for this message: the true answer may still come. */
	if (!dh || !take(run, buf, &ke))
		return IKE_DROP;
	v1_read_natd(sa, run->in, false);
	v1_sa(sa)->dh = NULL;
	return v1_dh_start(run, dh, ke, v1_main_have_keys);
}

enum ike_verdict v1_skeme_answered(struct ike_run *run)
{
	return unwrap(run, have_answer);
}

/* ---- messages 5 and 6: proofs ---- */

/* Now is the time to look whether it is an identity at all. */
static enum ike_verdict check_proof(struct ike_run *run, bool prove, ike_step_fn resume)
{
	struct ike_sa *sa = run->sa;
	const struct payload p = { .type = V1_PAYLOAD_ID, .body = v1_sa(sa)->peer_id_body };
	struct id_payload id;

	if (!v1_is_skeme(sa))
		return IKE_DROP;
	if (v1_read_id(&p, &id))
		return exchange_fail(run, V1_N_INVALID_ID_INFORMATION);
	v1_sa(sa)->phase1.encrypt = true;
	return v1_proof_work(run, &id, p.body, true, prove, resume);
}

static enum ike_verdict proof_asked(struct ike_run *run)
{
	return check_proof(run, true, v1_main_checked);
}

static enum ike_verdict proof_answered(struct ike_run *run)
{
	return check_proof(run, false, v1_main_peer_checked);
}

#define EXTRA	(P(V1_PAYLOAD_VENDOR) | P(V1_PAYLOAD_NOTIFICATION))

static const struct ike_step steps[] = {
	{	/* 5* --> */
		.story	= "responder sees that the initiator knows both nonces",
		.role	= IKE_RESPONDER,
		.from	= IN(IKE_ST_KE_DONE),
		.to	= IKE_ST_ESTABLISHED,
		.need	= P(V1_PAYLOAD_HASH),
		.may	= EXTRA,
		.in_sk	= true,
		.run	= proof_asked,
	},
	{	/* <-- 6* */
		.story	= "initiator sees that the responder knows both nonces",
		.role	= IKE_INITIATOR,
		.from	= IN(IKE_ST_AUTH_SENT),
		.to	= IKE_ST_ESTABLISHED,
		.need	= P(V1_PAYLOAD_HASH),
		.may	= EXTRA,
		.in_sk	= true,
		.run	= proof_answered,
	},
};

const struct ike_exchange v1_skeme = {
	.type = X,
	.name = "Identity Protection by encryption",
	.step = steps,
	.n = sizeof(steps) / sizeof(steps[0]),
};
