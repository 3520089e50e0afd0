// SPDX-License-Identifier: GPL-2.0
/*
 * How the two sides of a connection prove themselves, and whether what that takes is there.
 *
 * RFCs: 7296 §2.15-2.16 (each side in its own way), 4739 (and once more), 5998 (EAP alone), 8784
 * (PPK).
 */
#include "config/complete.h"

#include "wire/eap.h"

#include <string.h>

/*
 * How each side proves itself follows from the credentials, unless it is written. false: nobody can
 * tell.
 */
static bool guess_auth(struct conf_reader *r, struct conn_draft *d)
{
	struct conf_conn *c = &d->c;
	bool psk = reader_line(r, "psk") || reader_line(r, "psk-file");
	bool cert = reader_line(r, "cert") || reader_line(r, "ca");
	bool raw = reader_line(r, "remote-key");

	if (reader_line(r, "auth"))
		return d->auth_set;
	if (psk && (cert || raw))
		reader_complain(r, 0, "a psk and %s: say with auth which one counts",
				cert ? "a certificate" : "a key");
	else if (!psk && !cert && !raw)
		reader_complain(
			r, 0,
			"nothing proves who the peer is: set psk, remote-key, or cert and ca");
	c->local_auth = c->remote_auth = raw ? CONF_AUTH_PUBKEY : CONF_AUTH_CERT;
	if (raw && reader_line(r, "cert"))
		c->local_auth = CONF_AUTH_CERT;
	if (psk)
		c->local_auth = c->remote_auth = CONF_AUTH_PSK;
	return psk + (cert || raw) == 1;
}

static void need(struct conf_reader *r, bool there, const char *key, const char *why)
{
	if (!there && !reader_line(r, key)) /* written but wrong: said already */
		reader_complain(r, reader_line(r, "auth"), "%s is missing: %s", key, why);
}

void complete_refuse_unused(struct conf_reader *r, const char *key, bool used)
{
	if (!used && reader_line(r, key))
		reader_complain(r, reader_line(r, key), "%s is set, but auth makes no use of it",
				key);
}

static void check_ppk(struct conf_reader *r, const struct conf_conn *c)
{
	if (c->ppk.len && !c->ppk_id[0])
		reader_complain(r, reader_line(r, "ppk"),
				"ppk-id is missing: what both sides call the ppk");
	if (!c->ppk.len && (c->ppk_id[0] || c->ppk_required) && !reader_line(r, "ppk"))
		reader_complain(r, reader_line(r, c->ppk_id[0] ? "ppk-id" : "ppk-required"),
				"there is no ppk");
}

static bool has_eap(const struct conf_conn *c, uint8_t type)
{
	return memchr(c->eap, type, c->n_eap);
}

static bool has_password_eap(const struct conf_conn *c)
{
	for (unsigned int i = 0; i < c->n_eap; i++)
		if (c->eap[i] != EAP_TYPE_TLS)
			return true;
	return false;
}

/*
 * What there are credentials for, unless it is written. The ones that give a password away or prove
 * little are not.
 */
static void default_eap(struct conf_reader *r, struct conf_conn *c)
{
	const bool client = conf_eap_client(c), again = c->local_again || c->remote_again;
	const bool only = client && conf_eap_server(c);
	const bool words = client ? reader_line(r, "user") || reader_line(r, "password") ||
					    reader_line(r, "password-file")
				  : reader_line(r, "users");

	if (reader_line(r, "eap") || (!client && reader_line(r, "radius")))
		return;
	if (words && !only)
		c->eap[c->n_eap++] = EAP_TYPE_MSCHAPV2;
	else if (only || (!again && reader_line(r, "cert") && reader_line(r, "ca")))
		c->eap[c->n_eap++] = EAP_TYPE_TLS;
	if (!c->n_eap)
		reader_complain(
			r, reader_line(r, "auth"),
			client ? "nothing to prove ourselves with by EAP: set user and password, or cert, key and ca"
			       : "nothing to judge the peer's EAP by: set users, or cert, key and ca");
}

/*
 * RFC 5998 §3: where nothing else proves the responder, the method must, and no guess may break it.
 */
static void check_eap_only(struct conf_reader *r, const struct conf_conn *c)
{
	char name[EAP_NAME_LEN];

	for (unsigned int i = 0; i < c->n_eap; i++)
		if (c->eap[i] != EAP_TYPE_TLS)
			reader_complain(
				r,
				reader_line(r, "eap") ? reader_line(r, "eap")
						      : reader_line(r, "auth"),
				"auth = eap leaves the gateway's proof to EAP alone, and %s is not safe for that: use tls, or auth = eap, cert",
				eap_type_print(name, c->eap[i]));
}

/* The server judges: what we would need for that is of no use. */
static void check_radius(struct conf_reader *r, const struct conf_conn *c)
{
	const bool there = reader_line(r, "radius");

	complete_refuse_unused(r, "radius",
			       c->xauth == CONF_XAUTH_SERVER ||
				       (conf_eap_server(c) && !conf_eap_client(c)));
	complete_refuse_unused(r, "radius-port", there);
	complete_refuse_unused(r, "radius-secret", there);
	if (!there)
		return;
	need(r, c->radius_secret.len, "radius-secret", "what the RADIUS server and we share");
	if (reader_line(r, "eap"))
		reader_complain(r, reader_line(r, "eap"),
				"the RADIUS server chooses the EAP method, not eap");
}

bool complete_has_hybrid(const struct conf_conn *c)
{
	return c->local_auth == CONF_AUTH_XAUTH || c->remote_auth == CONF_AUTH_XAUTH;
}

/* RFC 4739: one side proves itself twice, and the second time by EAP. */
static bool check_again(struct conf_reader *r, const struct conf_conn *c)
{
	const char *why = NULL;

	if (!c->local_again && !c->remote_again)
		return true;
	if (c->local_again && c->remote_again)
		why = "only one side can prove itself by EAP behind another proof: auth = cert+eap, cert for the client, cert, cert+eap for the gateway";
	else if (c->local_auth == CONF_AUTH_EAP || c->remote_auth == CONF_AUTH_EAP ||
		 complete_has_hybrid(c))
		why = "+eap goes behind psk, pubkey or cert, and the other side proves itself by pubkey or cert";
	if (why)
		reader_complain(r, reader_line(r, "auth"), "%s", why);
	return !why;
}

static void check_eap(struct conf_reader *r, struct conf_conn *c)
{
	const bool client = conf_eap_client(c), server = conf_eap_server(c);
	bool words;

	if (!client && !server)
		return;
	if (!check_again(r, c))
		return;
	default_eap(r, c);
	words = has_password_eap(c);
	if (client && server)
		check_eap_only(r, c);
	else if ((client ? c->remote_auth : c->local_auth) == CONF_AUTH_PSK)
		reader_complain(
			r, reader_line(r, "auth"),
			"beside EAP the gateway proves itself by cert or pubkey (RFC 7296), not by psk");
	if (client && words) {
		need(r, c->user, "user", "EAP asks for a name and a password");
		if (!reader_line(r, "password-file"))
			need(r, c->password.len, "password", "EAP asks for a name and a password");
	}
	if (server && !client && words && !reader_line(r, "radius"))
		need(r, c->users, "users", "the file of those who may come, for EAP");
	if (has_eap(c, EAP_TYPE_TLS)) {
		need(r, c->n_cert, "cert", "EAP-TLS shows a certificate");
		need(r, c->key, "key", "the certificate's private key");
		need(r, c->ca, "ca", "EAP-TLS judges the other side's certificate");
	}
	if (c->ppk.len)
		reader_complain(r, reader_line(r, "ppk"), "a ppk cannot be used beside EAP");
	if (server && !client && c->start != CONF_START_NONE && reader_line(r, "start"))
		reader_complain(
			r, reader_line(r, "start"),
			"the peer proves itself by EAP, so only it can begin: start must be none");
	if (server && !client)
		c->start = CONF_START_NONE;
}

/* Keys that EAP alone reads, and those for a user's name and password, which XAUTH has too. */
static void refuse_unused_eap(struct conf_reader *r, const struct conf_conn *c)
{
	const bool client = conf_eap_client(c), server = conf_eap_server(c);
	const bool words = has_password_eap(c);

	complete_refuse_unused(r, "eap", client || server);
	complete_refuse_unused(r, "eap-identity", client);
	if (((client || server) && !c->n_eap && !reader_line(r, "radius")) || c->xauth)
		return;
	complete_refuse_unused(r, "user", client && words);
	complete_refuse_unused(r, "password", client && words);
	complete_refuse_unused(r, "password-file", client && words);
	complete_refuse_unused(r, "users", server && !client && words);
}

static void complete_revocation(struct conf_reader *r, struct conf_conn *c)
{
	complete_refuse_unused(r, "crl", c->ca);
	complete_refuse_unused(r, "revocation", c->ca);
	if (c->crls && c->revocation == REVOKE_OFF)
		reader_complain(r, reader_line(r, "crl"),
				"crl is set, but revocation = off makes no use of it");
	complete_refuse_unused(r, "ocsp",
			       c->local_auth == CONF_AUTH_CERT || c->remote_auth == CONF_AUTH_CERT);
	if (c->version == CONF_IKE1 && reader_line(r, "ocsp"))
		reader_complain(
			r, reader_line(r, "ocsp"),
			"ocsp: IKEv1 does not carry OCSP responses, it needs version = ike2");
	if (c->ocsp == CONF_OCSP_ASK &&
	    (c->remote_auth != CONF_AUTH_CERT || c->revocation == REVOKE_OFF))
		reader_complain(r, reader_line(r, "ocsp"), "ocsp = ask, but %s",
				c->revocation == REVOKE_OFF
					? "revocation = off makes no use of the answer"
					: "the peer shows no certificate in IKE");
	if (c->n_cert)
		c->issuer = cert_find_issuer(c->cert[0], c->cert + 1, c->n_cert - 1, c->ca);
	if (!c->ca)
		return;
	cert_store_set_revoke(c->ca, c->revocation);
	cert_store_set_crls(c->ca, c->crls);
}

/* Certificates by hash and URL. */
static void check_lookup(struct conf_reader *r, const struct conf_conn *c)
{
	static const char *const keys[] = { "cert-lookup", "cert-url", "cert-bundle-url" };

	for (unsigned int i = 0; i < 3; i++) {
		complete_refuse_unused(r, keys[i],
				       (i ? c->local_auth : c->remote_auth) == CONF_AUTH_CERT);
		if (c->version == CONF_IKE1 && reader_line(r, keys[i]))
			reader_complain(
				r, reader_line(r, keys[i]),
				"%s: IKEv1 has no certificates by hash and URL, it needs version = ike2",
				keys[i]);
	}
	if (c->n_cert_url && c->bundle_url)
		reader_complain(r, reader_line(r, "cert-bundle-url"),
				"both cert-url and cert-bundle-url");
	if (c->n_cert && c->n_cert_url > c->n_cert)
		reader_complain(r, reader_line(r, "cert-url"),
				"cert-url has %u URLs, but cert only %u certificates",
				c->n_cert_url, c->n_cert);
}

static void refuse_unused_pin(struct conf_reader *r, const struct conf_conn *c)
{
	static const char *const keys[] = { "key-pin", "key-pin-file" };

	for (unsigned int i = 0; !c->key_url && i < 2; i++)
		if (reader_line(r, keys[i]))
			reader_complain(r, reader_line(r, keys[i]),
					"%s is for a key in a token: key = pkcs11:...", keys[i]);
}

static void check_credentials(struct conf_reader *r, struct conn_draft *d)
{
	struct conf_conn *c = &d->c;
	const bool any_psk = c->local_auth == CONF_AUTH_PSK || c->remote_auth == CONF_AUTH_PSK;
	bool tls;

	if (c->key_url)
		conn_open_token(r, c);
	refuse_unused_pin(r, c);
	if (any_psk && !reader_line(r, "psk-file"))
		need(r, c->psk.len, "psk", "auth is by shared secret");
	if (c->local_auth == CONF_AUTH_CERT) {
		need(r, c->n_cert, "cert", "this side proves itself by certificate");
		need(r, c->key, "key", "the certificate's private key");
	}
	if (c->local_auth == CONF_AUTH_PUBKEY && !reader_line(r, "key"))
		conn_load_key(r, c, CONN_DEFAULT_KEY, 0);
	if (c->remote_auth == CONF_AUTH_PUBKEY)
		need(r, c->remote_key, "remote-key", "the peer proves itself by its key");
	if (c->remote_auth == CONF_AUTH_CERT)
		need(r, c->ca, "ca", "the issuers whose certificates the peer may show");
	if (c->n_cert && c->key && !cert_matches_key(c->cert[0], c->key)) {
		char subject[128];

		reader_complain(r, reader_line(r, "key"),
				"the private key does not belong to the certificate %s",
				cert_subject_print(c->cert[0], subject, sizeof(subject)));
	}
	check_ppk(r, c);
	check_eap(r, c);
	tls = has_eap(c, EAP_TYPE_TLS);
	complete_refuse_unused(r, "psk", any_psk);
	complete_refuse_unused(r, "psk-file", any_psk);
	complete_refuse_unused(r, "key",
			       tls || c->local_auth == CONF_AUTH_CERT ||
				       c->local_auth == CONF_AUTH_PUBKEY);
	complete_refuse_unused(r, "cert", tls || c->local_auth == CONF_AUTH_CERT);
	complete_refuse_unused(r, "ca", tls || c->remote_auth == CONF_AUTH_CERT);
	complete_revocation(r, c);
	check_lookup(r, c);
	refuse_unused_eap(r, c);
	check_radius(r, c);
	complete_refuse_unused(r, "remote-key", c->remote_auth == CONF_AUTH_PUBKEY);
}

void complete_auth(struct conf_reader *r, struct conn_draft *d)
{
	if (!guess_auth(r, d))
		return;
	check_credentials(r, d);
	complete_ids(r, &d->c);
}
