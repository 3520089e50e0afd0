// SPDX-License-Identifier: GPL-2.0
/*
 * The proofs of phase 1.
 *
 *   pre-shared key   HASH_I, HASH_R: they depend on SKEYID, and that on the key
 *   signatures       [CERT,] SIG: RSA signs the HASH as it is (PKCS#1 without the hash's name, RFC 2409 §5.1),
 *                    ECDSA and DSS take it for the digest (RFC 4754 §2)
 *   encryption       HASH_I, HASH_R: they depend on nonces that only the owner of a private key could read (skeme.c)
 *   hybrid           the gateway signs with RSA; the client's HASH shows that it has the keys, and no more
 *
 * RFCs: 2408 §3.9-3.10, 2409 §5.1, §5.4, 4754, 4945 §3; draft-ietf-ipsec-isakmp-hybrid-auth-05 §3.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/dss.h"
#include "ike/conn.h"
#include "ike/exchange.h"
#include "ike/revocation_job.h"
#include "ikev1/keys.h"
#include "ikev1/phase1.h"
#include "ikev1/proof.h"
#include "ikev1/skeme.h"
#include "wire/payload.h"

#define CHAIN_CERTS_MAX	8u
#define SIGNATURE_MAX	1024u	/* RSA-8192 */

struct proof_job {
	struct ike_job job;
	uint16_t auth;			/* enum v1_auth_method, of signatures */
	bool they_sign, we_sign;	/* else HASH payloads are the proof */

	bool check;
	struct auth_evidence ev;	/* .peer_id points to id */
	struct id_payload id;
	struct kw_span id_data, sig;	/* malloc()ed copies */
	uint8_t their_hash[HASH_MAX];
	size_t hash_len;
	struct cert *chain[CHAIN_CERTS_MAX];
	unsigned int n_chain;
	int64_t unix_now;
	struct cert_path ask;		/* what is to be asked whether it is revoked */
	ike_step_fn resume;		/* when all is known */

	bool prove;
	uint8_t own_hash[HASH_MAX];
	uint8_t signature[SIGNATURE_MAX];
	size_t signature_len;
	int error;
};

static void job_free(struct ike_job *job)
{
	struct proof_job *j = container_of(job, struct proof_job, job);

	for (unsigned int i = 0; i < j->n_chain; i++)
		cert_put(j->chain[i]);
	cert_path_drop(&j->ask);
	v1_forget(&j->id_data);
	v1_forget(&j->sig);
	free(j);
}

/* ---- on the worker ---- */

static int verify(const struct proof_job *j, const struct verify_key *key)
{
	struct kw_span hash = KW_SPAN(j->their_hash, j->hash_len), sig;
	const struct sign_scheme *scheme;
	char why[80];

	if (j->auth == V1_AUTH_RSA)
		return sign_verify_bare_rsa(key, hash, j->sig);
	if (j->auth == V1_AUTH_DSS)
		return dss_verify(key, hash, j->sig);
	/* RFC 4754 §4: the method's number is IKEv2's. */
	scheme = sign_scheme_of_auth((uint8_t)j->auth, j->sig, &sig, why, sizeof(why));
	return scheme ? sign_verify_hash(key, scheme, hash, sig) : -EKEYREJECTED;
}

static void check_key(struct proof_job *j, const struct verify_key *key)
{
	int ret = verify(j, key);

	j->ev.signature_good = ret == 0;
	if (ret == -EKEYREJECTED)
		snprintf(j->ev.why, sizeof(j->ev.why),
			 "its key is too weak, or of another kind than was agreed");
}

static void check_certificate(struct proof_job *j)
{
	const struct conf_conn *conf = j->ev.conn->conf;
	struct verify_key *key;

	if (!j->n_chain || !conf->ca) {
		snprintf(j->ev.why, sizeof(j->ev.why), "%s",
			 conf->ca ? "the peer sent no certificate"
				  : "no CA is configured to check the peer's certificate");
		return;
	}
	j->ev.chain = cert_verify(conf->ca, j->chain, j->n_chain, j->unix_now, &j->ask, j->ev.why,
				  sizeof(j->ev.why));
	j->ev.chain_checked = true;
	if (j->ev.chain != CERT_TRUSTED || cert_public_key(j->chain[0], &key))
		return;
	j->ev.why[0] = '\0';
	check_key(j, key);
	verify_key_free(key);
	if (j->ev.signature_good)
		j->ev.cert_names_peer = cert_has_identity(j->chain[0], j->id.type, j->id.data,
							  j->ev.why, sizeof(j->ev.why));
}

static void check_raw_key(struct proof_job *j)
{
	const struct verify_key *want = j->ev.conn->conf->remote_key;

	j->ev.key_is_configured = want;
	if (want)
		check_key(j, want);
}

static int sign(struct proof_job *j)
{
	const struct sign_key *key = j->ev.conn->conf->key;
	struct kw_writer w = kw_writer(j->signature, sizeof(j->signature));
	struct kw_span hash = KW_SPAN(j->own_hash, j->hash_len), none = { 0 };
	const struct sign_scheme *scheme;
	char why[80];
	int ret = -EKEYREJECTED;

	if (!key)
		return -ENOENT;
	scheme = sign_scheme_of_auth((uint8_t)j->auth, none, &none, why, sizeof(why));
	if (j->auth == V1_AUTH_RSA)
		ret = sign_make_bare_rsa(key, hash, &w);
	else if (j->auth == V1_AUTH_DSS)
		ret = dss_sign(key, hash, &w);
	else if (scheme)
		ret = sign_make_hash(key, scheme, hash, &w);
	j->signature_len = w.len;
	return ret;
}

static void work(struct ike_job *job)
{
	struct proof_job *j = container_of(job, struct proof_job, job);

	if (j->check && j->they_sign && j->ev.conn->conf->remote_auth == CONF_AUTH_CERT)
		check_certificate(j);
	else if (j->check && j->they_sign && j->ev.conn->conf->remote_auth == CONF_AUTH_PUBKEY)
		check_raw_key(j);
	if (j->prove && j->we_sign && !j->error)
		j->error = sign(j);
}

/* ---- on the loop thread ---- */

static bool signs(const struct ike_sa *sa, enum ike_role role)
{
	const struct v1_sa *v1 = v1_sa(sa);
	enum v1_asked client = role == IKE_INITIATOR ? V1_ASKED_INITIATOR : V1_ASKED_RESPONDER;

	if (v1->auth == V1_HYBRID)
		return v1->asked != client;
	return v1->auth != V1_AUTH_PSK && !v1_is_skeme(sa);
}

static enum ike_role peer_role(const struct ike_sa *sa)
{
	return sa->role == IKE_INITIATOR ? IKE_RESPONDER : IKE_INITIATOR;
}

static void take_certs(struct proof_job *j, const struct ike_message *m, bool inside)
{
	const struct payload *p = NULL;
	struct cert_payload c;

	while ((p = message_find(m, V1_PAYLOAD_CERT, inside, p)))
		if (!cert_payload_parse(p->body, &c) && c.encoding == V1_CERT_X509_SIGNATURE &&
		    j->n_chain < CHAIN_CERTS_MAX && !cert_from_der(&j->chain[j->n_chain], c.data))
			j->n_chain++;
}

static void take_peer(struct ike_run *run, struct proof_job *j, const struct id_payload *id,
		      struct kw_span id_body, bool inside)
{
	struct ike_sa *sa = run->sa;
	uint8_t type = j->they_sign ? V1_PAYLOAD_SIG : V1_PAYLOAD_HASH;
	const struct payload *p = message_find(run->in, type, inside, NULL);

	j->check = true;
	v1_keep(&j->id_data, id->data);
	j->id = (struct id_payload){ .type = id->type, .data = j->id_data };
	j->ev.peer_id = &j->id;
	j->ev.method = j->they_sign ? AUTH_RSA : AUTH_PSK;
	j->unix_now = engine_wall(sa->e) / 1000;
	if (!p || v1_hash_phase1(sa, sa->role != IKE_INITIATOR, id_body, j->their_hash))
		return;
	v1_keep(&j->sig, p->body);
	take_certs(j, run->in, inside);
	if (j->they_sign || p->body.len != j->hash_len)
		return;
	j->ev.psk_good = kw_equal_ct(j->their_hash, p->body.p, j->hash_len);
	if (!v1_is_skeme(sa))
		return;
	/* Our nonce was encrypted to that key, and there is no other way to such a HASH. */
	j->ev.method = AUTH_RSA;
	j->ev.signature_good = j->ev.psk_good;
	j->ev.key_is_configured = sa->conn->conf->rsa_encryption && sa->conn->conf->remote_key;
}

static void prepare_own(const struct ike_sa *sa, struct proof_job *j)
{
	uint8_t body[4 + 1024];
	struct kw_writer w = kw_writer(body, sizeof(body));

	j->prove = true;
	j->error = v1_id_body(sa, &w) ? -EMSGSIZE
				      : v1_hash_phase1(sa, sa->role == IKE_INITIATOR,
						       kw_written(&w), j->own_hash);
}

static enum ike_verdict worked(struct ike_run *run)
{
	struct proof_job *j = container_of(run->job, struct proof_job, job);

	return revocation_check(run, &j->ask, &j->ev, j->resume);
}

enum ike_verdict v1_proof_work(struct ike_run *run, const struct id_payload *id,
			       struct kw_span id_body, bool inside, bool prove, ike_step_fn resume)
{
	struct proof_job *j = calloc(1, sizeof(*j));

	if (!j) {
		failure_set(&run->failure, FAILURE_LOCAL, "no memory to authenticate");
		return IKE_FAIL;
	}
	j->job.work = work;
	j->job.free = job_free;
	j->auth = v1_sa(run->sa)->auth == V1_HYBRID ? V1_AUTH_RSA : v1_sa(run->sa)->auth;
	j->they_sign = signs(run->sa, peer_role(run->sa));
	j->we_sign = signs(run->sa, run->sa->role);
	j->hash_len = v1_proof_size(run->sa);
	j->ev.conn = run->sa->conn;
	if (id)
		take_peer(run, j, id, id_body, inside);
	if (prove)
		prepare_own(run->sa, j);
	j->resume = resume;
	return job_start(run, &j->job, worked);
}

const struct auth_evidence *v1_proof_evidence(const struct ike_run *run)
{
	return &container_of(run->job, struct proof_job, job)->ev;
}

static void put_certs(struct ike_run *run)
{
	const struct conf_conn *conf = run->sa->conn->conf;

	for (unsigned int i = 0; conf->local_auth == CONF_AUTH_CERT && i < conf->n_cert; i++) {
		chain_open(&run->out.chain, V1_PAYLOAD_CERT);
		cert_payload_build(&run->out.w, V1_CERT_X509_SIGNATURE, cert_der(conf->cert[i]));
	}
}

int v1_proof_put(struct ike_run *run)
{
	struct proof_job *j = container_of(run->job, struct proof_job, job);

	if (j->error) {
		failure_set(&run->failure, FAILURE_LOCAL, "our own proof could not be made: %s",
			    strerror(-j->error));
		return j->error;
	}
	if (!j->we_sign) {
		chain_put(&run->out.chain, V1_PAYLOAD_HASH, KW_SPAN(j->own_hash, j->hash_len));
		return 0;
	}
	put_certs(run);
	chain_put(&run->out.chain, V1_PAYLOAD_SIG, KW_SPAN(j->signature, j->signature_len));
	return 0;
}

uint64_t v1_proof_payload(const struct ike_sa *sa)
{
	return signs(sa, peer_role(sa)) ? P(V1_PAYLOAD_SIG) : P(V1_PAYLOAD_HASH);
}

void v1_put_certreqs(struct ike_run *run)
{
	const struct conf_conn *conf = run->sa->conn->conf;

	if (conf->remote_auth != CONF_AUTH_CERT)
		return;
	/* An empty name means any issuer (RFC 2408 §3.10). */
	chain_open(&run->out.chain, V1_PAYLOAD_CERTREQ);
	cert_payload_build(&run->out.w, V1_CERT_X509_SIGNATURE, KW_SPAN(NULL, 0));
}
