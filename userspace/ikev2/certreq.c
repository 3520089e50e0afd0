// SPDX-License-Identifier: GPL-2.0
/*
 * CERT and CERTREQ payloads.
 *
 * RFCs: 7296 §3.6 (also by hash and URL), §3.7; 4806 (OCSP); 7670 §3 (raw keys: CERT holds a
 *       SubjectPublicKeyInfo, CERTREQ is empty).
 */
#include <stdlib.h>

#include "crypto/hash.h"
#include "ike/auth.h"
#include "ike/sa.h"
#include "ikev2/certreq.h"
#include "ikev2/gather.h"
#include "ikev2/sk.h"
#include "ikev2/v2_sa.h"
#include "wire/cert_url.h"

#define CANDIDATES_MAX 64u
#define STAPLE_MAX 16384u	/* octets: it shares a message with a chain */

static bool by_key(const struct conn *c)
{
	return c->conf->remote_auth == CONF_AUTH_CERT || c->conf->remote_auth == CONF_AUTH_PUBKEY;
}

static void put_certreq(struct ike_run *run, const struct conn *c)
{
	uint8_t encoding =
		c->conf->remote_auth == CONF_AUTH_CERT ? CERT_X509_SIGNATURE : CERT_RAW_PUBLIC_KEY;
	struct kw_span hashes = { 0 };

	if (!by_key(c))
		return;
	if (encoding == CERT_X509_SIGNATURE && c->conf->ca)
		hashes = cert_store_hashes(c->conf->ca);
	chain_open(&run->out.chain, PAYLOAD_CERTREQ);
	cert_payload_build(&run->out.w, encoding, hashes);
}

/* RFC 7296 §3.6: beside every CERTREQ, whether we fetch what the peer only names. */
static void put_abilities(struct ike_run *run, bool lookup)
{
	if (lookup)
		v2_put_notify(run, N_HTTP_CERT_LOOKUP_SUPPORTED, KW_SPAN(NULL, 0));
}

bool v2_asks_ocsp(const struct conf_conn *conf)
{
	return conf->ocsp == CONF_OCSP_ASK && conf->remote_auth == CONF_AUTH_CERT;
}

/* RFC 4806 §3.1: of no responder in particular, those that the issuers let answer are good. */
static void put_ocsp_request(struct ike_run *run, bool ask)
{
	if (!ask)
		return;
	chain_open(&run->out.chain, PAYLOAD_CERTREQ);
	cert_payload_build(&run->out.w, CERT_OCSP, KW_SPAN(NULL, 0));
}

static bool same_request(const struct conn *a, const struct conn *b)
{
	if (a->conf->remote_auth != b->conf->remote_auth)
		return false;
	return a->conf->remote_auth != CONF_AUTH_CERT ||
	       kw_span_equal(cert_store_hashes(a->conf->ca), cert_store_hashes(b->conf->ca));
}

void v2_put_certreqs(struct ike_run *run, bool known)
{
	struct conn *c[CANDIDATES_MAX];
	unsigned int n, put = 0;
	bool lookup = false, ocsp = false;

	if (known) {
		put_certreq(run, run->sa->conn);
		put_ocsp_request(run, v2_asks_ocsp(run->sa->conn->conf));
		put_abilities(run, gather_allowed(run->sa->conn->conf));
		return;
	}
	n = auth_candidates(run->sa->e, run->sa->version, &run->sa->local.addr,
			    &run->sa->remote.addr, c, CANDIDATES_MAX);
	for (unsigned int i = 0; i < n && put < 4; i++) {
		bool asked = false;

		lookup |= gather_allowed(c[i]->conf);
		ocsp |= v2_asks_ocsp(c[i]->conf);
		for (unsigned int j = 0; j < i && !asked; j++)
			asked = same_request(c[i], c[j]);
		if (asked || !by_key(c[i]))
			continue;
		put_certreq(run, c[i]);
		put++;
	}
	put_ocsp_request(run, ocsp);
	put_abilities(run, lookup);
}

void v2_certs_read(struct ike_sa *sa, const struct ike_message *m, bool in_sk)
{
	const struct payload *p = NULL;
	struct notify_payload n;
	struct cert_payload c;

	v2_sa(sa)->peer_lookup = message_notify(m, in_sk, N_HTTP_CERT_LOOKUP_SUPPORTED, &n);
	while ((p = message_find(m, PAYLOAD_CERTREQ, in_sk, p)))
		if (!cert_payload_parse(p->body, &c) && c.encoding == CERT_OCSP)
			v2_sa(sa)->peer_ocsp = true;
}

static void put_cert(struct ike_run *run, uint8_t encoding, struct kw_span data)
{
	chain_open(&run->out.chain, PAYLOAD_CERT);
	cert_payload_build(&run->out.w, encoding, data);
}

static void put_raw_key(struct ike_run *run, const struct sign_key *key)
{
	struct verify_key *pub;
	uint8_t *der;
	size_t len;

	if (sign_key_public(key, &pub))
		return;
	if (!verify_key_spki(pub, &der, &len)) {
		put_cert(run, CERT_RAW_PUBLIC_KEY, KW_SPAN(der, len));
		free(der);
	}
	verify_key_free(pub);
}

static void put_place(struct ike_run *run, uint8_t encoding, struct kw_span document, const char *url)
{
	uint8_t hash[HASH_MAX];

	if (hash_digest(HASH_SHA1, &document, 1, hash)) {
		run->out.w.bad = true;
		return;
	}
	chain_open(&run->out.chain, PAYLOAD_CERT);
	kw_put_u8(&run->out.w, encoding);
	cert_url_build(&run->out.w, hash, url);
}

static void put_bundle_place(struct ike_run *run, const struct conf_conn *conf)
{
	struct kw_span cert[sizeof(conf->cert) / sizeof(conf->cert[0])];
	size_t room = 16;
	struct kw_writer w;
	uint8_t *der;

	for (unsigned int i = 0; i < conf->n_cert; i++) {
		cert[i] = cert_der(conf->cert[i]);
		room += 8 + cert[i].len;
	}
	der = malloc(room);
	if (!der) {
		run->out.w.bad = true;
		return;
	}
	w = kw_writer(der, room);
	cert_bundle_build(&w, cert, conf->n_cert);
	put_place(run, CERT_HASH_URL_BUNDLE, kw_written(&w), conf->bundle_url);
	free(der);
}

/* Where the peer can have them, if it looks there; else, and behind the last URL, as they are. */
static void put_chain(struct ike_run *run, const struct conf_conn *conf)
{
	const bool elsewhere = v2_sa(run->sa)->peer_lookup;

	if (elsewhere && conf->bundle_url) {
		put_bundle_place(run, conf);
		return;
	}
	for (unsigned int i = 0; i < conf->n_cert; i++) {
		if (elsewhere && i < conf->n_cert_url)
			put_place(run, CERT_HASH_URL, cert_der(conf->cert[i]), conf->cert_url[i]);
		else
			put_cert(run, CERT_X509_SIGNATURE, cert_der(conf->cert[i]));
	}
}

/* RFC 4806 §3.2: behind the certificate that it is about. */
static void put_ocsp_response(struct ike_run *run)
{
	struct cert_link own;
	struct kw_span response;

	if (!gather_own(run->sa, &own))
		return;
	response = revocation_response(run->sa->e, &own);
	if (response.len && response.len <= STAPLE_MAX)
		put_cert(run, CERT_OCSP, response);
}

void v2_put_certs(struct ike_run *run)
{
	const struct conf_conn *conf = run->sa->conn->conf;

	switch (conf->local_auth) {
	case CONF_AUTH_PSK:
	case CONF_AUTH_EAP:
	case CONF_AUTH_XAUTH:
		break;
	case CONF_AUTH_PUBKEY:
		put_raw_key(run, conf->key);
		break;
	case CONF_AUTH_CERT:
		put_chain(run, conf);
		put_ocsp_response(run);
		break;
	}
}
