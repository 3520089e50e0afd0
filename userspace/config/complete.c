// SPDX-License-Identifier: GPL-2.0
/*
 * A connection as a whole: what was left out gets its default, what does not fit together is
 * refused.
 *
 * RFCs: 7296 §2.15-2.16 (each side proves itself in its own way), 4945 §3.1 (which identity goes
 * with which proof), 8247 and 8221 (algorithms).
 */
#include "config/conn.h"

#include "config/handling.h"
#include "config/offer.h"
#include "config/value.h"
#include "crypto/hash.h"
#include "wire/eap.h"
#include "wire/isakmp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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
		reader_complain(r, 0,
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
	if (!there && !reader_line(r, key))	/* written but wrong: said already */
		reader_complain(r, reader_line(r, "auth"), "%s is missing: %s", key, why);
}

static void refuse_unused(struct conf_reader *r, const char *key, bool used)
{
	if (!used && reader_line(r, key))
		reader_complain(r, reader_line(r, key), "%s is set, but auth makes no use of it",
				key);
}

static void check_ppk(struct conf_reader *r, const struct conf_conn *c)
{
	if (c->ppk.len && !c->ppk_id[0])
		reader_complain(r, reader_line(r, "ppk"), "ppk-id is missing: what both sides call the ppk");
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

/* What there are credentials for, unless it is written. The ones that give a password away or prove little are not. */
static void default_eap(struct conf_reader *r, struct conf_conn *c)
{
	const bool client = conf_eap_client(c), again = c->local_again || c->remote_again;
	const bool only = client && conf_eap_server(c);
	const bool words = client ? reader_line(r, "user") || reader_line(r, "password") ||
					    reader_line(r, "password-file") :
				    reader_line(r, "users");

	if (reader_line(r, "eap") || (!client && reader_line(r, "radius")))
		return;
	if (words && !only)
		c->eap[c->n_eap++] = EAP_TYPE_MSCHAPV2;
	else if (only || (!again && reader_line(r, "cert") && reader_line(r, "ca")))
		c->eap[c->n_eap++] = EAP_TYPE_TLS;
	if (!c->n_eap)
		reader_complain(r, reader_line(r, "auth"), client ?
				"nothing to prove ourselves with by EAP: set user and password, or cert, key and ca" :
				"nothing to judge the peer's EAP by: set users, or cert, key and ca");
}

/* RFC 5998 §3: where nothing else proves the responder, the method must, and no guess may break it. */
static void check_eap_only(struct conf_reader *r, const struct conf_conn *c)
{
	char name[EAP_NAME_LEN];

	for (unsigned int i = 0; i < c->n_eap; i++)
		if (c->eap[i] != EAP_TYPE_TLS)
			reader_complain(r, reader_line(r, "eap") ? reader_line(r, "eap") : reader_line(r, "auth"),
					"auth = eap leaves the gateway's proof to EAP alone, and %s is not safe for that: use tls, or auth = eap, cert",
					eap_type_print(name, c->eap[i]));
}

/* The server judges: what we would need for that is of no use. */
static void check_radius(struct conf_reader *r, const struct conf_conn *c)
{
	const bool there = reader_line(r, "radius");

	refuse_unused(r, "radius", c->xauth == CONF_XAUTH_SERVER || (conf_eap_server(c) && !conf_eap_client(c)));
	refuse_unused(r, "radius-port", there);
	refuse_unused(r, "radius-secret", there);
	if (!there)
		return;
	need(r, c->radius_secret.len, "radius-secret", "what the RADIUS server and we share");
	if (reader_line(r, "eap"))
		reader_complain(r, reader_line(r, "eap"), "the RADIUS server chooses the EAP method, not eap");
}

static bool has_hybrid(const struct conf_conn *c)
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
	else if (c->local_auth == CONF_AUTH_EAP || c->remote_auth == CONF_AUTH_EAP || has_hybrid(c))
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
		reader_complain(r, reader_line(r, "auth"),
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
		reader_complain(r, reader_line(r, "start"),
				"the peer proves itself by EAP, so only it can begin: start must be none");
	if (server && !client)
		c->start = CONF_START_NONE;
}

/* Keys that EAP alone reads, and those for a user's name and password, which XAUTH has too. */
static void refuse_unused_eap(struct conf_reader *r, const struct conf_conn *c)
{
	const bool client = conf_eap_client(c), server = conf_eap_server(c);
	const bool words = has_password_eap(c);

	refuse_unused(r, "eap", client || server);
	refuse_unused(r, "eap-identity", client);
	if (((client || server) && !c->n_eap && !reader_line(r, "radius")) || c->xauth)
		return;
	refuse_unused(r, "user", client && words);
	refuse_unused(r, "password", client && words);
	refuse_unused(r, "password-file", client && words);
	refuse_unused(r, "users", server && !client && words);
}

static void complete_revocation(struct conf_reader *r, struct conf_conn *c)
{
	refuse_unused(r, "crl", c->ca);
	refuse_unused(r, "revocation", c->ca);
	if (c->crls && c->revocation == REVOKE_OFF)
		reader_complain(r, reader_line(r, "crl"), "crl is set, but revocation = off makes no use of it");
	refuse_unused(r, "ocsp", c->local_auth == CONF_AUTH_CERT || c->remote_auth == CONF_AUTH_CERT);
	if (c->version == CONF_IKE1 && reader_line(r, "ocsp"))
		reader_complain(r, reader_line(r, "ocsp"), "ocsp: IKEv1 does not carry OCSP responses, it needs version = ike2");
	if (c->ocsp == CONF_OCSP_ASK && (c->remote_auth != CONF_AUTH_CERT || c->revocation == REVOKE_OFF))
		reader_complain(r, reader_line(r, "ocsp"),
				"ocsp = ask, but %s", c->revocation == REVOKE_OFF ? "revocation = off makes no use of the answer" :
				"the peer shows no certificate in IKE");
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
		refuse_unused(r, keys[i], (i ? c->local_auth : c->remote_auth) == CONF_AUTH_CERT);
		if (c->version == CONF_IKE1 && reader_line(r, keys[i]))
			reader_complain(r, reader_line(r, keys[i]),
					"%s: IKEv1 has no certificates by hash and URL, it needs version = ike2", keys[i]);
	}
	if (c->n_cert_url && c->bundle_url)
		reader_complain(r, reader_line(r, "cert-bundle-url"), "both cert-url and cert-bundle-url");
	if (c->n_cert && c->n_cert_url > c->n_cert)
		reader_complain(r, reader_line(r, "cert-url"), "cert-url has %u URLs, but cert only %u certificates",
				c->n_cert_url, c->n_cert);
}

static void refuse_unused_pin(struct conf_reader *r, const struct conf_conn *c)
{
	static const char *const keys[] = { "key-pin", "key-pin-file" };

	for (unsigned int i = 0; !c->key_url && i < 2; i++)
		if (reader_line(r, keys[i]))
			reader_complain(r, reader_line(r, keys[i]), "%s is for a key in a token: key = pkcs11:...", keys[i]);
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
	refuse_unused(r, "psk", any_psk);
	refuse_unused(r, "psk-file", any_psk);
	refuse_unused(r, "key", tls || c->local_auth == CONF_AUTH_CERT || c->local_auth == CONF_AUTH_PUBKEY);
	refuse_unused(r, "cert", tls || c->local_auth == CONF_AUTH_CERT);
	refuse_unused(r, "ca", tls || c->remote_auth == CONF_AUTH_CERT);
	complete_revocation(r, c);
	check_lookup(r, c);
	refuse_unused_eap(r, c);
	check_radius(r, c);
	refuse_unused(r, "remote-key", c->remote_auth == CONF_AUTH_PUBKEY);
}

/* A raw key's own name: the SHA-256 of its SubjectPublicKeyInfo as a key id. */
static int ident_of_key(struct ident *id, const struct verify_key *key)
{
	uint8_t digest[HASH_MAX], *der;
	size_t len;
	int ret = verify_key_spki(key, &der, &len);

	if (ret)
		return ret;
	ret = hash_digest(HASH_SHA2_256, &KW_SPAN(der, len), 1, digest);
	free(der);
	return ret ? ret : ident_copy(id, ID_KEY_ID, KW_SPAN(digest, hash_len(HASH_SHA2_256)));
}

static int default_local_id(struct conf_conn *c)
{
	struct verify_key *pub;
	int ret = 0;

	if ((c->local_auth == CONF_AUTH_CERT || c->local_auth == CONF_AUTH_EAP) && c->n_cert)
		return ident_copy(&c->local_id, ID_DER_ASN1_DN, cert_subject_der(c->cert[0]));
	if (c->local_auth == CONF_AUTH_PUBKEY && c->key) {
		ret = sign_key_public(c->key, &pub);
		if (ret)
			return ret;
		ret = ident_of_key(&c->local_id, pub);
		verify_key_free(pub);
	} else if ((c->local_auth == CONF_AUTH_PSK || c->local_auth == CONF_AUTH_EAP ||
		    c->local_auth == CONF_AUTH_XAUTH) &&
		   ip_addr_is_set(&c->local_addr)) {
		ret = ident_copy(&c->local_id,
				 c->local_addr.family == AF_INET ? ID_IPV4_ADDR : ID_IPV6_ADDR,
				 KW_SPAN(c->local_addr.b, ip_addr_len(&c->local_addr)));
	}
	return ret;
}

/*
 * The PSK belongs to this connection alone, so whoever knows it is the peer. A CA speaks for many:
 * without a name any of them would do, and nobody means that by leaving a line out.
 */
static int default_remote_id(struct conf_reader *r, struct conf_conn *c)
{
	struct ip_addr addr;

	if (c->remote_auth == CONF_AUTH_PUBKEY && c->remote_key)
		return ident_of_key(&c->remote_id, c->remote_key);
	/* Who comes by EAP is known by its user, not by what IDi says. */
	if (c->remote_auth != CONF_AUTH_CERT &&
	    !(c->remote_auth == CONF_AUTH_EAP && c->local_auth == CONF_AUTH_EAP))
		return 0;
	if (c->remote_host && ip_addr_parse(&addr, c->remote_host))
		return ident_copy(&c->remote_id, ID_FQDN,
				  KW_SPAN(c->remote_host, strlen(c->remote_host)));
	reader_complain(r, reader_line(r, "remote"),
			"remote-id is missing: it says which name the peer's certificate must carry (any = every certificate of the ca)");
	return 0;
}

static void check_local_id(struct conf_reader *r, const struct conf_conn *c)
{
	struct kw_span id = KW_SPAN(c->local_id.data, c->local_id.len);
	char why[256];

	if (c->local_auth != CONF_AUTH_CERT || !c->n_cert || !c->local_id.type)
		return;
	if (c->local_id.type != ID_KEY_ID &&
	    !cert_has_identity(c->cert[0], c->local_id.type, id, why, sizeof(why)))
		reader_complain(r, reader_line(r, "local-id"),
				"local-id is not in our own certificate: %s", why);
}

static void complete_ids(struct conf_reader *r, struct conf_conn *c)
{
	int ret = 0;

	if (!reader_line(r, "local-id"))
		ret = default_local_id(c);
	if (!ret && !reader_line(r, "remote-id"))
		ret = default_remote_id(r, c);
	if (ret)
		reader_complain(r, 0, "no identity: %s", strerror(-ret));
	check_local_id(r, c);
}

static bool has_groups(const struct proposal_list *list)
{
	for (unsigned int i = 0; i < list->n; i++)
		for (unsigned int k = 0; k < list->p[i].n; k++)
			if (list->p[i].t[k].type == TRANSFORM_KE)
				return true;
	return false;
}

/* Where a key of the child stands: its own section, or else the connection, whose word goes for all. */
static unsigned int child_line(const struct conf_reader *r, const struct child_draft *child,
			       const char *key)
{
	unsigned int line = child->r.keys ? reader_line(&child->r, key) : 0;

	return line ? line : reader_line(r, key);
}

/* Of the list that key names. */
static void complete_pfs(struct conf_reader *r, const struct conn_draft *d, const struct child_draft *child,
			 struct proposal_list *list, const char *key)
{
	char why[256], text[sizeof(child->pfs)];
	bool on;

	snprintf(text, sizeof(text), "%s", child->pfs);
	if (value_bool(text, &on)) {
		if (!on && has_groups(list))
			reader_complain(r, child_line(r, child, "pfs"),
					"pfs is no, but %s names key exchange groups", key);
		if (!on)
			return;
		snprintf(text, sizeof(text), "%s", OFFER_GROUPS);
	}
	if (text[0] && offer_add_groups(list, text, d->legacy, why, sizeof(why)))
		reader_complain(r, child_line(r, child, "pfs"),
				"pfs is yes, no or a list of groups: %s", why);
}

/* RFC 9370: what is additional needs a first one; and only IKEv2 has it. */
static bool addke_is_lost(const struct proposal_list *list, bool v1)
{
	return proposal_has_addke(list) && (v1 || !has_groups(list));
}

/* One of the child's two lists: text is cut up in place, and key is what it stands behind. */
static void complete_list(struct conf_reader *r, const struct conn_draft *d, const struct child_draft *child,
			  struct proposal_list *list, uint8_t protocol, const char *key, char *text)
{
	const bool v1 = d->c.version == CONF_IKE1;
	char why[256];

	if (offer_parse(list, protocol, text, d->legacy, why, sizeof(why)))
		reader_complain(r, child_line(r, child, key), "%s: %s", key, why);
	else
		complete_pfs(r, d, child, list, key);
	if (addke_is_lost(list, v1))
		reader_complain(r, child_line(r, child, key),
				v1 ? "%s: IKEv1 has no additional key exchanges" :
				     "%s: an additional key exchange needs a first one, such as x25519", key);
}

/* "ah" says yes, or names algorithms. */
static bool wants_ah(const struct child_draft *child)
{
	bool on;

	return child->ah[0] && (!value_bool(child->ah, &on) || on);
}

/* IANA has no number for it among those of IKEv1. */
static void check_ah_v1(struct conf_reader *r, const struct child_draft *child)
{
	const struct proposal_list *list = &child->c.ah;

	for (unsigned int i = 0; i < list->n; i++)
		for (unsigned int k = 0; k < list->p[i].n; k++)
			if (list->p[i].t[k].type == TRANSFORM_INTEG && list->p[i].t[k].id == INTEG_AES_CMAC_96)
				reader_complain(r, child_line(r, child, "ah"),
						"ah: IKEv1 has no name for aes-cmac-96: use aes-xcbc-96");
}

/* What AH cannot do (RFC 4302), and what IKEv2 cannot (RFC 7296 §1.3.1: no bundles). */
static void check_ah(struct conf_reader *r, const struct conn_draft *d, const struct child_draft *child)
{
	const unsigned int line = child_line(r, child, "ah");
	const bool v1 = d->c.version == CONF_IKE1;

	if (child->esp[0] && !v1)
		reader_complain(r, line,
				"esp and ah: IKEv2 has no AH around ESP, so write one of them (version = ike1 can do both)");
	if (d->c.force_encap)
		reader_complain(r, line,
				"encap = yes asks for UDP, and AH does not run in it: a NAT changes the addresses that AH covers");
	if (child->c.handling.tfc && !child->esp[0] && !v1)
		reader_complain(r, child_line(r, child, "tfc"), "tfc pads what ESP encrypts: AH has no room for it");
	if (v1)
		check_ah_v1(r, child);
}

static void complete_offers(struct conf_reader *r, const struct conn_draft *d, struct child_draft *child)
{
	const bool v1 = d->c.version == CONF_IKE1, ah = wants_ah(child);
	char esp_text[sizeof(child->esp)], ah_text[sizeof(child->ah)];
	bool on;

	snprintf(esp_text, sizeof(esp_text), "%s", child->esp[0] ? child->esp : v1 ? OFFER_ESP_V1 : OFFER_ESP);
	snprintf(ah_text, sizeof(ah_text), "%s", value_bool(child->ah, &on) ? OFFER_AH : child->ah);
	if (child->esp[0] || !ah)
		complete_list(r, d, child, &child->c.esp, PROTO_ESP, "esp", esp_text);
	if (!ah)
		return;
	complete_list(r, d, child, &child->c.ah, PROTO_AH, "ah", ah_text);
	check_ah(r, d, child);
}

static void complete_ike(struct conf_reader *r, struct conn_draft *d)
{
	const bool v1 = d->c.version == CONF_IKE1;
	char why[256], text[sizeof(d->ike)];

	if (d->legacy[0] && offer_check_legacy(d->legacy, why, sizeof(why)))
		reader_complain(r, reader_line(r, "legacy"), "legacy: %s", why);

	d->c.ike_default = !d->ike[0];
	snprintf(text, sizeof(text), "%s", d->ike[0] ? d->ike : v1 ? OFFER_IKE_V1 : OFFER_IKE);
	if (offer_parse(&d->c.ike, PROTO_IKE, text, d->legacy, why, sizeof(why)))
		reader_complain(r, reader_line(r, "ike"), "ike: %s", why);
	if (addke_is_lost(&d->c.ike, v1))
		reader_complain(r, reader_line(r, "ike"), "ike: IKEv1 has no additional key exchanges");
}

/* The name goes into the device's: "kw-office". What Linux has no room for is cut. */
static void default_device(struct conf_conn *c)
{
	if (c->device[0])
		return;
	snprintf(c->device, sizeof(c->device), "kw-%.12s", c->name);
}

static const struct ts *net_of_family(const struct ts_list *list, uint8_t family)
{
	for (unsigned int i = 0; i < list->n; i++)
		if (list->ts[i].range.first.family == family)
			return &list->ts[i];
	return NULL;
}

static void check_families(struct conf_reader *r, const struct child_draft *child,
			   const struct ts_list *a, const char *a_name, const struct ts_list *b,
			   const char *b_name)
{
	char text[TS_STRLEN];

	for (unsigned int i = 0; i < a->n; i++) {
		uint8_t family = a->ts[i].range.first.family;

		if (net_of_family(b, family))
			continue;
		reader_complain(r, child_line(r, child, a_name),
				"%s has %s, but %s has no IPv%c net to go with it", a_name,
				ts_print(text, &a->ts[i]), b_name, family == AF_INET ? '4' : '6');
		return;
	}
}

/* What stands for local-net where none is written: the addresses of the device. */
static void nets_of_device(const struct conf_conn *c, struct ts_list *out)
{
	for (unsigned int i = 0; i < c->n_device_addr; i++) {
		const struct ip_addr *a = &c->device_addr[i];

		out->ts[out->n++] = (struct ts){
			.port_last = 65535, .range = { .first = *a, .last = *a },
		};
	}
}

static bool has_dynamic(const struct ts_list *list)
{
	for (unsigned int i = 0; i < list->n; i++)
		if (!list->ts[i].range.first.family)
			return true;
	return false;
}

/* Transport mode is between the outer addresses; only protocols and ports can be chosen (RFC 7296 §1.1.2). */
static void complete_hosts(struct conf_reader *r, struct child_draft *child)
{
	static const struct ts all = { .port_last = 65535 };
	struct ts_list *list[] = { &child->c.local_ts, &child->c.remote_ts };

	for (unsigned int i = 0; i < 2; i++) {
		if (!list[i]->n)
			list[i]->ts[list[i]->n++] = all;
		for (unsigned int k = 0; k < list[i]->n; k++)
			if (list[i]->ts[k].range.first.family)
				reader_complain(r, child_line(r, child, i ? "remote-net" : "local-net"),
						"in transport mode a net is a protocol and port, such as [udp/1701], without an address");
	}
}

static void add_range(struct ts_list *list, struct ip_range range)
{
	if (list->n < TS_MAX)
		list->ts[list->n++] = (struct ts){ .port_last = 65535, .range = range };
}

static bool gives(const struct conf_conn *c, uint8_t family)
{
	for (unsigned int i = 0; i < c->n_pool; i++)
		if (c->pool[i].net.first.family == family)
			return true;
	return false;
}

static bool asks(const struct conf_conn *c, uint8_t family)
{
	for (unsigned int i = 0; i < c->n_virtual; i++)
		if (c->virtual_addr[i].family == family)
			return true;
	return false;
}

/*
 * Remote access: the pool stands for what is behind the peers; for the client, any address of its own till
 * it has one, and all there is behind the gateway.
 */
static void complete_virtual(struct conf_reader *r, const struct conf_conn *c, struct child_draft *child)
{
	static const uint8_t family[] = { AF_INET, AF_INET6 };
	struct conf_child *k = &child->c;
	bool no_local = !k->local_ts.n && !child_line(r, child, "local-net");
	bool no_remote = !k->remote_ts.n && !reader_line(child->r.keys ? &child->r : r, "remote-net");

	k->remote_virtual = (c->n_pool || c->n_virtual) && no_remote;
	k->local_virtual = c->n_virtual && no_local;
	for (unsigned int i = 0; no_remote && i < c->n_pool; i++)
		add_range(&k->remote_ts, c->pool[i].net);
	for (unsigned int i = 0; no_local && !c->n_device_addr && i < 2; i++)
		if (gives(c, family[i]))
			add_range(&k->local_ts, ip_range_any(family[i]));
	for (unsigned int i = 0; c->n_virtual && no_remote && i < 2; i++)
		if (asks(c, family[i]))
			add_range(&k->remote_ts, ip_range_any(family[i]));
	for (unsigned int i = 0; k->local_virtual && i < 2; i++)
		if (asks(c, family[i]) && net_of_family(&k->remote_ts, family[i]))
			add_range(&k->local_ts, ip_range_any(family[i]));
}

static void complete_nets(struct conf_reader *r, const struct conf_conn *c, struct child_draft *child)
{
	struct conf_child *k = &child->c;
	const char *local, *remote;

	if (!k->transport)
		complete_virtual(r, c, child);
	local = k->local_virtual ? "virtual-address" : "local-net";
	remote = k->remote_virtual && c->n_pool ? "pool" : "remote-net";

	if (k->transport) {
		complete_hosts(r, child);
		return;
	}
	if (has_dynamic(&k->local_ts) || has_dynamic(&k->remote_ts))
		reader_complain(r, child_line(r, child, "local-net"),
				"a net without an address is for mode = transport alone");
	if (!k->local_ts.n && !child_line(r, child, "local-net")) {
		nets_of_device(c, &k->local_ts);
		if (!k->local_ts.n)
			reader_complain(r, 0, "local-net is missing, and no address stands for it");
	}
	if (!k->remote_ts.n && !reader_line(child->r.keys ? &child->r : r, "remote-net"))
		reader_complain(r, 0, "remote-net is missing: the nets behind the peer");
	if (!k->local_ts.n || !k->remote_ts.n)
		return;
	check_families(r, child, &k->local_ts, local, &k->remote_ts, remote);
	check_families(r, child, &k->remote_ts, remote, &k->local_ts, local);
}

/* What a section leaves out is as the connection has it; the nets behind the peer are each child's own. */
static void inherit(struct child_draft *child, const struct child_draft *from)
{
	const bool own_esp = child->esp[0];

	/* Who names one of the two protocols means it alone. */
	if (!own_esp && !wants_ah(child))
		memcpy(child->esp, from->esp, sizeof(child->esp));
	if (!own_esp && !child->ah[0])
		memcpy(child->ah, from->ah, sizeof(child->ah));
	if (!child->pfs[0])
		memcpy(child->pfs, from->pfs, sizeof(child->pfs));
	if (!reader_line(&child->r, "mode"))
		child->c.transport = from->c.transport;
	if (!child->c.local_ts.n)
		child->c.local_ts = from->c.local_ts;
	if (reader_line(&child->r, "child-lifetime"))
		return;
	child->c.rekey = from->c.rekey;
	child->c.rekey_bytes = from->c.rekey_bytes;
	child->c.rekey_packets = from->c.rekey_packets;
}

static void fold_child(struct conf_reader *r, const struct child_draft *child)
{
	uint64_t digest = reader_digest(&child->r);

	r->current = r->n_keys;
	reader_fold(r, KW_SPAN(child->c.name, strlen(child->c.name) + 1));
	reader_fold(r, KW_SPAN(&digest, sizeof(digest)));
}

static bool own_child_counts(const struct conf_reader *r, const struct conn_draft *d)
{
	return d->n_child == 1 || d->c.n_pool || d->c.n_virtual || reader_line(r, "remote-net") || d->child[0].c.transport;
}

/* Nor is there a point in it where new keys come sooner: each SA counts from its beginning. */
static void check_inactivity(struct conf_reader *r, const struct conf_conn *c, const struct child_draft *child)
{
	const unsigned int line = child_line(r, child, "inactivity");

	if (!child->c.inactivity)
		return;
	if (c->start == CONF_START_UP)
		reader_complain(r, line, "inactivity goes with start = trap or none: with up the tunnel would come back at once");
	else if (child->c.rekey && child->c.inactivity >= child->c.rekey)
		reader_complain(r, line, "inactivity is %u s: it has to be shorter than child-lifetime, %u s",
				child->c.inactivity, child->c.rekey);
}

/* Who waits for packets makes children of them; one that all would have to begin with has no packet yet. */
static void check_pfp(struct conf_reader *r, const struct conf_conn *c, const struct child_draft *child)
{
	const unsigned int line = child_line(r, child, "pfp");

	if (!child->c.handling.pfp)
		return;
	if (c->version == CONF_IKE1)
		reader_complain(r, line, "pfp is for IKEv2 alone (version = ike2)");
	else if (c->start != CONF_START_TRAP)
		reader_complain(r, line, "pfp makes children of packets: it goes with start = trap");
	else if (c->n_virtual)
		reader_complain(r, line, "pfp does not go with virtual-address, where every packet is of one address");
	else if (c->reauth)
		reader_complain(r, line, "pfp does not go with reauth: who is to make each child anew waits for packets");
}

static void check_classes(struct conf_reader *r, const struct conf_conn *c, const struct child_draft *child)
{
	const unsigned int line = child_line(r, child, "dscp-classes");

	if (!child->c.n_dscp_class)
		return;
	if (c->version == CONF_IKE1)
		reader_complain(r, line, "dscp-classes are for IKEv2 alone (version = ike2)");
	else if (child->c.handling.pfp)
		reader_complain(r, line, "dscp-classes do not go with pfp: a child of one packet has one class");
	else if (c->n_pool)
		reader_complain(r, line, "dscp-classes do not go with pool: its clients would have to know of them");
}

/* All children into the connection, with what they own. */
static void complete_children(struct conf_reader *r, struct conn_draft *d)
{
	unsigned int first = own_child_counts(r, d) ? 0 : 1, nets = 0;
	struct conf_conn *c = &d->c;

	snprintf(d->child[0].c.name, sizeof(d->child[0].c.name), "%s", c->name);
	c->child = calloc(d->n_child, sizeof(*c->child));
	if (!c->child) {
		reader_complain(r, 0, "no memory");
		return;
	}
	for (unsigned int i = 1; i < d->n_child; i++) {
		inherit(&d->child[i], &d->child[0]);
		fold_child(r, &d->child[i]);
	}
	for (unsigned int i = first; i < d->n_child; i++) {
		if (d->child[i].c.transport)
			handling_check_transport(i ? &d->child[i].r : r);
		if (d->child[i].c.handling.tfc && c->version == CONF_IKE1)
			reader_complain(r, child_line(r, &d->child[i], "tfc"),
					"tfc is IKEv2's: in IKEv1 peers cannot say whether they can do it");
		check_inactivity(r, c, &d->child[i]);
		check_pfp(r, c, &d->child[i]);
		check_classes(r, c, &d->child[i]);
		complete_offers(r, d, &d->child[i]);
		complete_nets(r, c, &d->child[i]);
		nets += d->child[i].c.remote_ts.n;
		c->child[c->n_child++] = d->child[i].c;
	}
	if (nets > TS_MAX)
		reader_complain(r, 0, "more than %d nets behind the peer in all children", TS_MAX);
}

static void complete_remote(struct conf_reader *r, struct conf_conn *c)
{
	struct ip_addr addr;

	if (!reader_line(r, "remote")) {
		reader_complain(r, 0, "remote is missing: the peer's address or name, or any");
		return;
	}
	if (!c->remote_host && c->start != CONF_START_NONE && reader_line(r, "start"))
		reader_complain(r, reader_line(r, "start"),
				"remote is any: only the peer can begin, so start must be none");
	if (!c->remote_host)
		c->start = CONF_START_NONE;
	if (!c->remote_host || ip_addr_parse(&addr, c->remote_host) ||
	    !ip_addr_is_set(&c->local_addr))
		return;
	if (addr.family != c->local_addr.family)
		reader_complain(r, reader_line(r, "local"),
				"local and remote are not of one family, IPv4 and IPv6");
	else if (ip_addr_equal(&addr, &c->local_addr))
		reader_complain(r, reader_line(r, "remote"),
				"local and remote are the same address");
}

/* All that the gateway lets through: routes follow what was negotiated. */
static bool is_all(const struct ts *t)
{
	const struct ip_range any = ip_range_any(t->range.first.family);

	return ip_range_equal(&t->range, &any);
}

/*
 * A route to the peer's own address through the tunnel would send the tunnel's packets into itself.
 */
static void check_route_loop(struct conf_reader *r, const struct conf_conn *c)
{
	char text[TS_STRLEN];
	struct ip_addr addr;

	if (!c->routes || !c->remote_host || ip_addr_parse(&addr, c->remote_host))
		return;
	for (unsigned int k = 0; k < c->n_child; k++) {
		const struct ts_list *nets = &c->child[k].remote_ts;

		for (unsigned int i = 0; !c->child[k].transport && i < nets->n; i++)
			if (!(c->n_virtual && is_all(&nets->ts[i])) && ip_range_has(&nets->ts[i].range, &addr))
				reader_complain(r, reader_line(r, "remote-net"),
						"remote-net %s contains the peer's own address %s: its route would lead the tunnel into itself (routes = no leaves routing to you)",
						ts_print(text, &nets->ts[i]), c->remote_host);
	}
}

static bool has_sha1(const struct proposal_list *list)
{
	for (unsigned int i = 0; i < list->n; i++)
		for (unsigned int k = 0; k < list->p[i].n; k++) {
			const struct transform *t = &list->p[i].t[k];

			if ((t->type == TRANSFORM_INTEG && t->id == INTEG_HMAC_SHA1_96) ||
			    (t->type == TRANSFORM_PRF && t->id == PRF_HMAC_SHA1))
				return true;
		}
	return false;
}

/* RFC 2409 appendix A: a block cipher by itself, and a hash. */
static void check_ciphers_v1(struct conf_reader *r, const struct proposal_list *list)
{
	char name[ALG_STRLEN];

	for (unsigned int i = 0; i < list->n; i++)
		for (unsigned int k = 0; k < list->p[i].n; k++) {
			const struct transform *t = &list->p[i].t[k];

			if (t->type == TRANSFORM_ENCR && t->id != ENCR_AES_CBC &&
			    t->id != ENCR_CAMELLIA_CBC && t->id != ENCR_3DES)
				reader_complain(r, reader_line(r, "ike"),
						"IKEv1 cannot protect itself with %s: use aes-cbc-256",
						alg_print(name, t->type, t->id, t->key_bits));
		}
}

/* A user after the hosts: draft-beaulieu-ike-xauth-02 has methods for pre-shared keys and for RSA. */
static void check_xauth(struct conf_reader *r, const struct conf_conn *c)
{
	unsigned int line = reader_line(r, "xauth");

	if (c->xauth) {
		refuse_unused(r, "user", c->xauth == CONF_XAUTH_CLIENT);
		refuse_unused(r, "password", c->xauth == CONF_XAUTH_CLIENT);
		refuse_unused(r, "password-file", c->xauth == CONF_XAUTH_CLIENT);
		refuse_unused(r, "users", c->xauth == CONF_XAUTH_SERVER);
	}
	if (c->xauth == CONF_XAUTH_SERVER && !c->users && !reader_line(r, "radius"))
		reader_complain(r, line, "users is missing: who may come, and with which password; or radius, a server that knows");
	if (c->xauth == CONF_XAUTH_SERVER && c->users && reader_line(r, "radius"))
		reader_complain(r, reader_line(r, "users"), "users is set, but the RADIUS server judges");
	if (c->xauth == CONF_XAUTH_CLIENT && (!c->user || !c->password.len))
		reader_complain(r, line, "%s is missing: xauth = client proves who we are by name and password",
				c->user ? "password" : "user");
	if (c->xauth && c->local_auth != CONF_AUTH_PSK && c->key && sign_key_kind(c->key) != KEY_RSA)
		reader_complain(r, line, "xauth goes with a pre-shared key or with RSA certificates");
	if (c->xauth == CONF_XAUTH_SERVER && c->remote_host)
		return;
	if (c->n_pool && c->version == CONF_IKE1 && c->local_auth == CONF_AUTH_PSK && !c->xauth)
		reader_complain(r, reader_line(r, "pool"),
				"all who know the pre-shared key would be one client: xauth = server tells them apart");
}

/* The gateway shows a certificate, the client no more than what its user knows. */
static void check_hybrid(struct conf_reader *r, const struct conf_conn *c)
{
	bool client = c->local_auth == CONF_AUTH_XAUTH;

	if ((client ? c->remote_auth : c->local_auth) != CONF_AUTH_CERT)
		reader_complain(r, reader_line(r, "auth"),
				"beside xauth the gateway proves itself by a certificate: auth = xauth, cert on the client, cert, xauth on the gateway");
	else if (c->xauth != (client ? CONF_XAUTH_CLIENT : CONF_XAUTH_SERVER))
		reader_complain(r, reader_line(r, "auth"), "%s proves itself by its user alone: this needs xauth = %s",
				client ? "this side" : "the peer", client ? "client" : "server");
}

/* Nonces are encrypted to a key that is known beforehand, for an identity that is. */
static void check_rsa_encryption(struct conf_reader *r, const struct conf_conn *c)
{
	unsigned int line = reader_line(r, "rsa-encryption");

	if (c->rsa_encryption == CONF_RSA_SIGNS)
		return;
	if (c->local_auth != CONF_AUTH_PUBKEY || c->remote_auth != CONF_AUTH_PUBKEY)
		reader_complain(r, line, "rsa-encryption needs raw keys on both sides: key and remote-key, auth = pubkey");
	else if ((c->key && sign_key_kind(c->key) != KEY_RSA) ||
		 (c->remote_key && verify_key_kind(c->remote_key) != KEY_RSA))
		reader_complain(r, line, "rsa-encryption needs RSA keys");
	else if (!c->remote_id.type)
		reader_complain(r, line, "rsa-encryption needs a remote-id, not any");
	if (c->aggressive || c->base_exchange || c->xauth)
		reader_complain(r, line, "rsa-encryption goes with main mode alone, and without xauth");
}

static bool has_private(const struct proposal_list *list)
{
	for (unsigned int i = 0; i < list->n; i++)
		for (unsigned int k = 0; k < list->p[i].n; k++)
			if (list->p[i].t[k].type == TRANSFORM_KE && list->p[i].t[k].id == KE_PRIVATE)
				return true;
	return false;
}

/* In phase 1 there is no time to look at a group that a stranger describes: it has to be known. */
static void check_private_group(struct conf_reader *r, const struct conf_conn *c)
{
	bool known = c->private_group.p.len > 0, child = false;

	for (unsigned int i = 0; i < c->n_child; i++)
		child |= has_private(&c->child[i].esp);
	if (c->version != CONF_IKE1 && (child || has_private(&c->ike)))
		reader_complain(r, 0, "the group \"private\" is for IKEv1 alone (version = ike1)");
	else if (has_private(&c->ike) && !known)
		reader_complain(r, reader_line(r, "ike"),
				"the group \"private\" in ike has to be known to both sides: name its file by private-group");
	else if (child && !known && !c->private_any)
		reader_complain(r, 0, "the group \"private\" needs private-group: the file of ours, or any for the peer's");
}

/* What only IKEv1 has, and what it has not. */
static void check_version(struct conf_reader *r, const struct conf_conn *c)
{
	static const char *const only[] = { "aggressive", "xauth", "mode-config", "banner", "save-password",
					    "lifetime-policy", "commit-bit", "base-exchange",
					    "rsa-encryption", "parallel-sas", "private-group" };

	check_private_group(r, c);
	if (c->version != CONF_IKE1) {
		for (unsigned int i = 0; i < sizeof(only) / sizeof(only[0]); i++)
			if (reader_line(r, only[i]))
				reader_complain(r, reader_line(r, only[i]),
						"%s is for IKEv1 alone (version = ike1)", only[i]);
		if (has_hybrid(c))
			reader_complain(r, reader_line(r, "auth"),
					"xauth is for IKEv1 alone (version = ike1): IKEv2 has eap");
		return;
	}
	if (c->redirect_to)
		reader_complain(r, reader_line(r, "redirect-to"), "IKEv1 sends nobody elsewhere: redirect-to needs version = ike2");
	check_xauth(r, c);
	check_rsa_encryption(r, c);
	if (conf_eap_client(c) || conf_eap_server(c))
		reader_complain(r, reader_line(r, "auth"), "IKEv1 has no EAP: it needs version = ike2");
	check_ciphers_v1(r, &c->ike);
	if (c->aggressive && c->local_auth == CONF_AUTH_PSK && !c->aggressive_psk)
		reader_complain(r, reader_line(r, "aggressive"),
				"aggressive mode lets everybody guess the pre-shared key offline: use main mode or certificates, or write aggressive = with-psk to do it all the same");
	if (c->base_exchange && c->local_auth == CONF_AUTH_PSK && !c->base_psk)
		reader_complain(r, reader_line(r, "base-exchange"),
				"the base exchange lets whoever sees it guess the pre-shared key offline: use main mode or certificates, or write base-exchange = with-psk to do it all the same");
	if (c->base_exchange && c->aggressive)
		reader_complain(r, reader_line(r, "base-exchange"), "a connection has one way of phase 1: aggressive or base-exchange");
	if (has_hybrid(c))
		check_hybrid(r, c);
	else if (c->local_auth != c->remote_auth)
		reader_complain(r, reader_line(r, "auth"),
				"in IKEv1 both sides prove themselves in the same way");
	if (c->local_auth != CONF_AUTH_PSK && c->key &&
	    (sign_key_kind(c->key) == KEY_ED25519 || sign_key_kind(c->key) == KEY_ED448))
		reader_complain(r, reader_line(r, "key"),
				"IKEv1 has no signatures by %s keys: use RSA or ECDSA",
				key_kind_name(sign_key_kind(c->key)));
}

/* Who gives and who asks: one connection is one of the two. */
static void check_access(struct conf_reader *r, const struct conf_conn *c)
{
	static const char *const given[] = { "dns", "dns-domain" };

	if (c->n_pool && c->n_virtual)
		reader_complain(r, reader_line(r, "virtual-address"),
				"a connection hands out addresses (pool) or asks for one (virtual-address), not both");
	for (unsigned int i = 0; i < 2; i++)
		if (reader_line(r, given[i]) && !reader_line(r, "pool"))
			reader_complain(r, reader_line(r, given[i]),
					"%s is what a gateway tells its clients: it goes with pool", given[i]);
	if (reader_line(r, "peer-dns") && !reader_line(r, "virtual-address"))
		reader_complain(r, reader_line(r, "peer-dns"), "peer-dns goes with virtual-address");
	if (c->n_virtual && !c->remote_host)
		reader_complain(r, reader_line(r, "virtual-address"),
				"virtual-address asks a gateway, but remote is any");
	for (unsigned int i = 0; i < c->n_child; i++)
		if (c->child[i].transport && (c->n_pool || c->n_virtual))
			reader_complain(r, reader_line(r, c->n_pool ? "pool" : "virtual-address"),
					"assigned addresses need tunnels: mode = transport has none");
	for (unsigned int i = 0; i < c->n_pool; i++)
		for (unsigned int k = 0; k < i; k++) {
			char text[RANGE_STRLEN];
			struct ip_range both;

			if (ip_range_intersect(&both, &c->pool[i].net, &c->pool[k].net))
				reader_complain(r, reader_line(r, "pool"), "%s is in the pool twice",
						ip_range_print(text, &both));
		}
}

void conn_complete(struct conf_reader *r, struct conn_draft *d)
{
	if (d->c.action != CONF_PROTECT) {
		conn_complete_rule(r, d);
		return;
	}
	if (reader_line(r, "priority"))
		reader_complain(r, reader_line(r, "priority"), "priority is for action = bypass and discard");
	complete_remote(r, &d->c);
	if (guess_auth(r, d)) {
		check_credentials(r, d);
		complete_ids(r, &d->c);
	}
	complete_ike(r, d);
	d->c.legacy = d->legacy[0];
	default_device(&d->c);
	complete_children(r, d);
	d->c.sha1 = has_sha1(&d->c.ike);
	for (unsigned int i = 0; i < d->c.n_child; i++)
		d->c.sha1 |= has_sha1(&d->c.child[i].esp) || has_sha1(&d->c.child[i].ah);
	check_version(r, &d->c);
	check_access(r, &d->c);
	check_route_loop(r, &d->c);
}
