// SPDX-License-Identifier: GPL-2.0
/*
 * CERT and CERTREQ payloads.
 *
 * RFCs: 7296 §3.6, §3.7; 7670 §3 (raw keys: CERT holds a SubjectPublicKeyInfo, CERTREQ is empty).
 */
#include <stdlib.h>

#include "ike/auth.h"
#include "ike/sa.h"
#include "ikev2/certreq.h"

#define CANDIDATES_MAX 64u

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

	if (known) {
		put_certreq(run, run->sa->conn);
		return;
	}
	n = auth_candidates(run->sa->e, run->sa->version, &run->sa->local.addr,
			    &run->sa->remote.addr, c, CANDIDATES_MAX);
	for (unsigned int i = 0; i < n && put < 4; i++) {
		bool asked = false;

		for (unsigned int j = 0; j < i && !asked; j++)
			asked = same_request(c[i], c[j]);
		if (asked || !by_key(c[i]))
			continue;
		put_certreq(run, c[i]);
		put++;
	}
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
		for (unsigned int i = 0; i < conf->n_cert; i++)
			put_cert(run, CERT_X509_SIGNATURE, cert_der(conf->cert[i]));
		break;
	}
}
