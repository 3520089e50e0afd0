// SPDX-License-Identifier: GPL-2.0
/*
 * What AUTH payloads sign, making and checking them.
 *
 *   InitiatorSignedOctets = RealMessage1 | NonceRData | prf(SK_pi, RestOfInitIDPayload) [| IntAuth]
 *   ResponderSignedOctets = RealMessage2 | NonceIData | prf(SK_pr, RestOfRespIDPayload) [| IntAuth]
 *   AUTH with a shared secret = prf(prf(secret, "Key Pad for IKEv2"), SignedOctets)
 *   AUTH of an IKE SA that is resumed = prf(SK_px, SignedOctets), where its first messages are IKE_SESSION_RESUME's
 *
 * The peer's certificates are asked about where they say that their status is published only when everything else
 * about the peer's proof is good.
 *
 * Certificates that the peer names by hash and URL are fetched first (gather.c).
 *
 * RFCs: 7296 §2.15; 5723 §4.3.3; 9242 §3.3.2 (IntAuth: intermediate.c); 7427 §3 (method 14), §4 (SIGNATURE_HASH_ALGORITHMS);
 *       7670 (raw keys); 8420 (EdDSA).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ike/conn.h"
#include "ike/exchange.h"
#include "ike/revocation_job.h"
#include "ikev2/auth.h"
#include "ikev2/certreq.h"
#include "ikev2/gather.h"
#include "ikev2/intermediate.h"

#define CHAIN_CERTS_MAX 8u
#define STAPLES_MAX 4u

struct auth_job {
	struct ike_job job;

	/* the peer's proof */
	bool check;
	struct auth_evidence ev;	/* .peer_id points to id */
	struct id_payload id;
	struct kw_span id_data, auth_data, octets;	/* malloc()ed copies */
	struct cert *chain[CHAIN_CERTS_MAX];
	unsigned int n_chain;
	struct verify_key *presented;	/* CERT with a raw key */
	struct kw_span staple[STAPLES_MAX];	/* OCSP responses; malloc()ed */
	unsigned int n_staple;
	char missing[320];		/* why certificates that the peer names elsewhere are not in chain */
	int64_t unix_now;
	struct cert_path ask;		/* what is to be asked whether it is revoked */
	ike_step_fn resume;		/* when all is known */

	/* ours */
	bool prove;
	const struct sign_scheme *scheme;
	struct kw_span own_octets, plain_octets;	/* plain: without the PPK; empty = not needed */
	struct v2_proof proof, plain_proof;
	int proof_error;
};

static struct kw_span copy(struct kw_span from)
{
	struct kw_span to = { 0 };

	v2_keep(&to, from);
	return to;
}

static void drop(struct kw_span *s)
{
	free((uint8_t *)(uintptr_t)s->p);
	*s = (struct kw_span){ 0 };
}

static void job_free(struct ike_job *job)
{
	struct auth_job *j = container_of(job, struct auth_job, job);

	for (unsigned int i = 0; i < j->n_chain; i++)
		cert_put(j->chain[i]);
	for (unsigned int i = 0; i < j->n_staple; i++)
		drop(&j->staple[i]);
	verify_key_free(j->presented);
	cert_path_drop(&j->ask);
	drop(&j->id_data);
	drop(&j->auth_data);
	drop(&j->octets);
	drop(&j->own_octets);
	drop(&j->plain_octets);
	free(j);
}

/* ---- signed octets ---- */

/* malloc()ed; empty without memory or when the PRF fails. */
static struct kw_span signed_octets(const struct ike_sa *sa, bool of_initiator,
				    const struct kw_secret *sk_p, struct kw_span id_body)
{
	const struct v2_sa *v2 = v2_sa(sa);
	struct kw_span message = of_initiator ? v2->init_i : v2->init_r;
	uint8_t mac[PRF_MAX], *buf;
	struct kw_span nonce;
	struct kw_writer w;
	size_t mac_len, len;

	if (!message.len ||
	    prf(sa->suite.prf, kw_secret_expose(sk_p), &id_body, 1, mac))
		return (struct kw_span){ 0 };
	nonce = v2_nonce_span(of_initiator ? v2->nr : v2->ni);
	mac_len = prf_len(sa->suite.prf);
	len = message.len + nonce.len + mac_len + INTERMEDIATE_OCTETS;
	buf = malloc(len);
	if (!buf)
		return (struct kw_span){ 0 };
	w = kw_writer(buf, len);
	kw_put_span(&w, message);
	kw_put_span(&w, nonce);
	kw_put_span(&w, KW_SPAN(mac, mac_len));
	v2_intermediate_octets(v2, &w);
	return kw_written(&w);
}

static int shared_mac(const struct ike_sa *sa, struct kw_span secret, struct kw_span octets,
		      uint8_t out[PRF_MAX])
{
	const struct kw_span pad = KW_SPAN_STR("Key Pad for IKEv2");
	struct kw_secret key = { 0 };
	int ret;

	/* An empty secret proves nothing, to nobody. */
	if (!secret.len || !octets.len)
		return -EINVAL;
	ret = prf_secret(sa->suite.prf, secret, &pad, 1, &key);
	if (!ret)
		ret = prf(sa->suite.prf, kw_secret_expose(&key), &octets, 1, out);
	kw_secret_drop(&key);
	return ret;
}

static int psk_mac(const struct ike_sa *sa, struct kw_span octets, uint8_t out[PRF_MAX])
{
	return shared_mac(sa, kw_secret_expose(&sa->conn->conf->psk), octets, out);
}

static const struct kw_secret *sk_p_of(const struct ike_sa *sa, enum ike_role role)
{
	return role == IKE_INITIATOR ? &v2_sa(sa)->sk_pi : &v2_sa(sa)->sk_pr;
}

static struct kw_span own_octets(const struct ike_sa *sa, const struct kw_secret *sk_p)
{
	uint8_t body[4 + 1024];
	struct kw_writer w = kw_writer(body, sizeof(body));

	id_build(&w, sa->local_id.type, KW_SPAN(sa->local_id.data, sa->local_id.len));
	return w.bad ? (struct kw_span){ 0 }
		     : signed_octets(sa, sa->role == IKE_INITIATOR, sk_p, kw_written(&w));
}

int v2_auth_shared(const struct ike_sa *sa, enum ike_role role, struct kw_span id_body,
		   const struct kw_secret *key, uint8_t out[PRF_MAX])
{
	const struct kw_secret *sk_p = sk_p_of(sa, role);
	struct kw_span octets = signed_octets(sa, role == IKE_INITIATOR, sk_p, id_body);
	int ret = shared_mac(sa, kw_secret_expose(key->len ? key : sk_p), octets, out);

	drop(&octets);
	return ret;
}

int v2_auth_resumed(const struct ike_sa *sa, enum ike_role role, struct kw_span id_body, uint8_t out[PRF_MAX])
{
	const struct kw_secret *sk_p = sk_p_of(sa, role);
	struct kw_span octets = signed_octets(sa, role == IKE_INITIATOR, sk_p, id_body);
	int ret = octets.len ? prf(sa->suite.prf, kw_secret_expose(sk_p), &octets, 1, out) : -EINVAL;

	drop(&octets);
	return ret;
}

/* ---- the peer's proof ---- */

static void check_psk(struct ike_sa *sa, struct auth_job *j)
{
	size_t len = prf_len(sa->suite.prf);
	uint8_t want[PRF_MAX];

	j->ev.psk_good = j->auth_data.len == len && !psk_mac(sa, j->octets, want) &&
			 kw_equal_ct(want, j->auth_data.p, len);
	kw_wipe(want, sizeof(want));
}

static void check_signature(struct auth_job *j, const struct verify_key *key)
{
	const struct sign_scheme *scheme;
	struct kw_span sig;
	char why[160] = "";
	int ret;

	scheme = sign_scheme_of_auth(j->ev.method, j->auth_data, &sig, why, sizeof(why));
	if (!scheme) {
		snprintf(j->ev.why, sizeof(j->ev.why), "%s",
			 why[0] ? why : "unknown signature scheme");
		return;
	}
	/* RFC 7427 §4: only hashes that we announced. */
	if (scheme->method == AUTH_DIGITAL_SIGNATURE &&
	    !(sign_hashes_supported() & HASH_BIT(scheme->hash))) {
		snprintf(j->ev.why, sizeof(j->ev.why),
			 "it signs with %s, whose hash we do not accept", scheme->name);
		return;
	}
	ret = j->octets.len ? sign_verify(key, scheme, j->octets, sig) : -EBADMSG;
	j->ev.signature_good = ret == 0;
	if (ret == -EKEYREJECTED)
		snprintf(j->ev.why, sizeof(j->ev.why),
			 "its key is too weak or of another kind than %s", scheme->name);
}

static void check_raw_key(struct auth_job *j)
{
	const struct verify_key *want = j->ev.conn->conf->remote_key;
	char *text;

	if (!want)
		return;
	j->ev.key_is_configured = !j->presented || verify_key_equal(want, j->presented);
	if (j->ev.key_is_configured) {
		check_signature(j, want);
		return;
	}
	text = verify_key_print(j->presented);
	snprintf(j->ev.why, sizeof(j->ev.why), "%s", text ? text : "another key");
	free(text);
}

static void check_certificate(struct auth_job *j)
{
	const struct cert_staples staples = { j->staple, j->n_staple };
	const struct conf_conn *conf = j->ev.conn->conf;
	struct verify_key *key;

	if (!j->n_chain) {
		snprintf(j->ev.why, sizeof(j->ev.why), "%s",
			 j->missing[0] ? j->missing : "the peer sent no certificate");
		return;
	}
	if (!conf->ca) {
		snprintf(j->ev.why, sizeof(j->ev.why),
			 "no CA is configured to check the peer's certificate");
		return;
	}
	j->ev.chain = cert_verify_stapled(conf->ca, j->chain, j->n_chain, j->unix_now, &staples, &j->ask, j->ev.why,
					  sizeof(j->ev.why));
	j->ev.chain_checked = true;
	if (j->ev.chain != CERT_TRUSTED || cert_public_key(j->chain[0], &key))
		return;
	j->ev.why[0] = '\0';
	check_signature(j, key);
	verify_key_free(key);
	if (j->ev.signature_good)
		j->ev.cert_names_peer = cert_has_identity(j->chain[0], j->id.type, j->id.data,
							  j->ev.why, sizeof(j->ev.why));
}

/* ---- on the worker ---- */

static void work(struct ike_job *job)
{
	struct auth_job *j = container_of(job, struct auth_job, job);
	struct kw_writer w = kw_writer(j->proof.data, sizeof(j->proof.data));

	if (j->check && j->ev.method != AUTH_PSK) {
		if (j->ev.conn->conf->remote_auth == CONF_AUTH_PUBKEY)
			check_raw_key(j);
		else if (j->ev.conn->conf->remote_auth == CONF_AUTH_CERT)
			check_certificate(j);
	}
	if (!j->prove || !j->scheme)
		return;
	j->proof.method = j->scheme->method;
	j->proof_error = j->own_octets.len
				 ? sign_make(j->ev.conn->conf->key, j->scheme, j->own_octets, &w)
				 : -ENOMEM;
	j->proof.len = w.len;
	if (j->proof_error || !j->plain_octets.len)
		return;
	w = kw_writer(j->plain_proof.data, sizeof(j->plain_proof.data));
	j->proof_error = sign_make(j->ev.conn->conf->key, j->scheme, j->plain_octets, &w);
	j->plain_proof.len = w.len;
}

/* ---- on the loop thread ---- */

static void take_cert(struct auth_job *j, struct kw_span der)
{
	if (j->n_chain < CHAIN_CERTS_MAX && !cert_from_der(&j->chain[j->n_chain], der))
		j->n_chain++;
}

/* Only of those whom we asked: each costs a signature. */
static void take_staple(struct auth_job *j, struct kw_span der)
{
	if (!v2_asks_ocsp(j->ev.conn->conf) || j->n_staple == STAPLES_MAX || der.len > OCSP_OCTETS_MAX)
		return;
	j->staple[j->n_staple] = copy(der);
	if (j->staple[j->n_staple].len)
		j->n_staple++;
	else
		drop(&j->staple[j->n_staple]);
}

static void take_fetched(struct auth_job *j, const struct lookup_item *item)
{
	struct kw_span body = KW_SPAN(item->body, item->len), cert;
	struct kw_reader r;

	if (!item->body)
		return;
	if (!item->bundle)
		take_cert(j, body);
	else if (!cert_bundle_open(body, &r))
		while (cert_bundle_next(&r, &cert))
			take_cert(j, cert);
}

/* g NULL: nothing was fetched. */
static void take_certs(struct auth_job *j, const struct ike_message *m, const struct gather *g)
{
	const struct payload *p = NULL;
	unsigned int elsewhere = 0;
	struct cert_payload c;

	while ((p = message_find(m, PAYLOAD_CERT, true, p))) {
		if (cert_payload_parse(p->body, &c))
			continue;
		if (c.encoding == CERT_RAW_PUBLIC_KEY && !j->presented)
			verify_key_from_spki(&j->presented, c.data);
		if (c.encoding == CERT_X509_SIGNATURE)
			take_cert(j, c.data);
		if (c.encoding == CERT_OCSP)
			take_staple(j, c.data);
		if (!gather_is_elsewhere(&c))
			continue;
		if (g && elsewhere < g->lookup.n)
			take_fetched(j, &g->lookup.item[elsewhere]);
		elsewhere++;
	}
	if (elsewhere)
		snprintf(j->missing, sizeof(j->missing), "%s",
			 !g ? "the peer only says where its certificate is, and cert-lookup is not set" :
			 g->lookup.why[0] ? g->lookup.why : "where the peer's certificate should be there is none");
}

static void take_peer(struct ike_run *run, struct auth_job *j, const struct v2_peer_auth *peer,
		      const struct gather *g)
{
	struct ike_sa *sa = run->sa;

	j->check = true;
	j->id_data = copy(peer->id.data);
	j->id = (struct id_payload){ .type = peer->id.type, .data = j->id_data };
	j->ev.peer_id = &j->id;
	j->ev.method = peer->auth.method;
	j->auth_data = copy(peer->auth.data);
	j->octets = signed_octets(sa, sa->role != IKE_INITIATOR,
				  sk_p_of(sa, sa->role == IKE_INITIATOR ? IKE_RESPONDER : IKE_INITIATOR),
				  peer->id_body);
	j->unix_now = engine_wall(sa->e) / 1000;
	take_certs(j, run->in, g);
	if (peer->auth.method == AUTH_PSK && sa->conn->conf->remote_auth == CONF_AUTH_PSK)
		check_psk(sa, j);
}

static void prepare_proof(struct ike_sa *sa, struct auth_job *j)
{
	const struct conf_conn *conf = sa->conn->conf;

	j->prove = true;
	j->own_octets = own_octets(sa, sk_p_of(sa, sa->role));
	/* RFC 8784 §3: for a peer that turns out to have no PPK. */
	if (sa->role == IKE_INITIATOR && v2_sa(sa)->plain_pi.len)
		j->plain_octets = own_octets(sa, &v2_sa(sa)->plain_pi);
	if (conf->local_auth == CONF_AUTH_PSK) {
		j->proof.method = AUTH_PSK;
		j->proof.len = prf_len(sa->suite.prf);
		j->proof_error = psk_mac(sa, j->own_octets, j->proof.data);
		if (!j->proof_error && j->plain_octets.len) {
			j->plain_proof.len = j->proof.len;
			j->proof_error = psk_mac(sa, j->plain_octets, j->plain_proof.data);
		}
	} else {
		j->scheme = conf->key ? sign_scheme_choose(conf->key, v2_sa(sa)->peer_hashes,
							   conf->rsa_pss)
				      : NULL;
		j->proof_error = j->scheme ? 0 : -EOPNOTSUPP;
	}
}

static enum ike_verdict worked(struct ike_run *run)
{
	struct auth_job *j = container_of(run->job, struct auth_job, job);

	return revocation_check(run, &j->ask, &j->ev, j->resume);
}

static enum ike_verdict no_memory(struct ike_run *run)
{
	failure_set(&run->failure, FAILURE_LOCAL, "no memory to authenticate");
	return IKE_FAIL;
}

static enum ike_verdict begin_work(struct ike_run *run, const struct v2_peer_auth *peer, bool prove,
				   const struct gather *g, ike_step_fn resume)
{
	struct auth_job *j = calloc(1, sizeof(*j));

	if (!j)
		return no_memory(run);
	j->job.work = work;
	j->job.free = job_free;
	j->ev.conn = run->sa->conn;
	if (peer)
		take_peer(run, j, peer, g);
	if (prove)
		prepare_proof(run->sa, j);
	j->resume = resume;
	return job_start(run, &j->job, worked);
}

/* Something has to be fetched first. */
struct auth_wait {
	struct gather g;
	struct v2_peer_auth peer;	/* in run->in */
	bool check, prove, certs;
	ike_step_fn resume;
};

static void wait_free(struct ike_job *job)
{
	struct auth_wait *w = container_of(job, struct auth_wait, g.job);

	gather_drop(&w->g);
	free(w);
}

static enum ike_verdict gathered(struct ike_run *run)
{
	struct auth_wait *w = container_of(run->job, struct auth_wait, g.job);

	return begin_work(run, w->check ? &w->peer : NULL, w->prove, w->certs ? &w->g : NULL, w->resume);
}

static enum ike_verdict gather_and_work(struct ike_run *run, const struct v2_peer_auth *peer, bool prove,
					bool certs, ike_step_fn resume)
{
	struct auth_wait *w = calloc(1, sizeof(*w));
	enum ike_verdict v;

	if (!w)
		return no_memory(run);
	w->g.job.free = wait_free;
	w->check = peer;
	w->prove = prove;
	w->certs = certs;
	w->resume = resume;
	if (peer)
		w->peer = *peer;
	if (gather_read(&w->g, run, certs, prove) && gather_begin(&w->g, run))
		return job_await(run, &w->g.job, gathered);
	v = begin_work(run, peer, prove, certs ? &w->g : NULL, resume);
	wait_free(&w->g.job);
	return v;
}

enum ike_verdict v2_auth_work(struct ike_run *run, const struct v2_peer_auth *peer, bool prove,
			      ike_step_fn resume)
{
	const bool certs = peer && peer->auth.method != AUTH_PSK && gather_allowed(run->sa->conn->conf);
	struct cert_link own;

	if (certs || (prove && gather_own(run->sa, &own)))
		return gather_and_work(run, peer, prove, certs, resume);
	return begin_work(run, peer, prove, NULL, resume);
}

const struct auth_evidence *v2_auth_evidence(const struct ike_run *run)
{
	return &container_of(run->job, struct auth_job, job)->ev;
}

const struct v2_proof *v2_auth_plain_proof(const struct ike_run *run)
{
	return &container_of(run->job, struct auth_job, job)->plain_proof;
}

const struct v2_proof *v2_auth_proof(struct ike_run *run)
{
	struct auth_job *j = container_of(run->job, struct auth_job, job);
	const struct conf_conn *conf = run->sa->conn->conf;

	if (!j->proof_error)
		return &j->proof;
	if (conf->local_auth == CONF_AUTH_PSK)
		failure_set(&run->failure, FAILURE_LOCAL,
			    "no pre-shared key to prove ourselves with");
	else if (!conf->key)
		failure_set(&run->failure, FAILURE_LOCAL, "no private key to prove ourselves with");
	else if (!j->scheme)
		failure_set(&run->failure, FAILURE_LOCAL,
			    "the peer understands no signature that our %s key can make",
			    key_kind_name(sign_key_kind(conf->key)));
	else
		failure_set(&run->failure, FAILURE_LOCAL, "signing failed: %s",
			    strerror(-j->proof_error));
	return NULL;
}
