// SPDX-License-Identifier: GPL-2.0
/*
 * What only a connection of IKEv1 has, and what it has not.
 *
 * RFCs: 2409 (methods and algorithms of phase 1); draft-beaulieu-ike-xauth-02.
 */
#include "config/complete.h"

/* RFC 2409 appendix A: a block cipher by itself, and a hash. */
static void check_ciphers_v1(struct conf_reader *r, const struct proposal_list *list)
{
	char name[ALG_STRLEN];

	for (unsigned int i = 0; i < list->n; i++)
		for (unsigned int k = 0; k < list->p[i].n; k++) {
			const struct transform *t = &list->p[i].t[k];

			if (t->type == TRANSFORM_ENCR && t->id != ENCR_AES_CBC &&
			    t->id != ENCR_CAMELLIA_CBC && t->id != ENCR_3DES)
				reader_complain(
					r, reader_line(r, "ike"),
					"IKEv1 cannot protect itself with %s: use aes-cbc-256",
					alg_print(name, t->type, t->id, t->key_bits));
		}
}

/*
 * A user after the hosts: draft-beaulieu-ike-xauth-02 has methods for pre-shared keys and for RSA.
 */
static void check_xauth(struct conf_reader *r, const struct conf_conn *c)
{
	unsigned int line = reader_line(r, "xauth");

	if (c->xauth) {
		complete_refuse_unused(r, "user", c->xauth == CONF_XAUTH_CLIENT);
		complete_refuse_unused(r, "password", c->xauth == CONF_XAUTH_CLIENT);
		complete_refuse_unused(r, "password-file", c->xauth == CONF_XAUTH_CLIENT);
		complete_refuse_unused(r, "users", c->xauth == CONF_XAUTH_SERVER);
	}
	complete_refuse_unused(r, "pam", c->xauth == CONF_XAUTH_SERVER);
	if (c->pam && (reader_line(r, "users") || reader_line(r, "radius")))
		reader_complain(r, reader_line(r, "pam"), "pam is set, but %s too: one of them judges",
				reader_line(r, "users") ? "users" : "radius");
	if (c->xauth == CONF_XAUTH_SERVER && !c->users && !reader_line(r, "pam") &&
	    !reader_line(r, "radius"))
		reader_complain(
			r, line,
			"users is missing: who may come, and with which password; or radius, a server that knows; or pam");
	if (c->xauth == CONF_XAUTH_SERVER && c->users && reader_line(r, "radius"))
		reader_complain(r, reader_line(r, "users"),
				"users is set, but the RADIUS server judges");
	if (c->xauth == CONF_XAUTH_CLIENT && (!c->user || !c->password.len))
		reader_complain(
			r, line,
			"%s is missing: xauth = client proves who we are by name and password",
			c->user ? "password" : "user");
	if (c->xauth && c->local_auth != CONF_AUTH_PSK && c->key &&
	    sign_key_kind(c->key) != KEY_RSA && sign_key_kind(c->key) != KEY_DSA)
		reader_complain(r, line,
				"xauth goes with a pre-shared key, or with RSA or DSA certificates");
	if (c->xauth == CONF_XAUTH_SERVER && c->remote_host)
		return;
	if (c->n_pool && c->version == CONF_IKE1 && c->local_auth == CONF_AUTH_PSK && !c->xauth)
		reader_complain(
			r, reader_line(r, "pool"),
			"all who know the pre-shared key would be one client: xauth = server tells them apart");
}

/* The gateway shows a certificate, the client no more than what its user knows. */
static void check_hybrid(struct conf_reader *r, const struct conf_conn *c)
{
	bool client = c->local_auth == CONF_AUTH_XAUTH;

	if ((client ? c->remote_auth : c->local_auth) != CONF_AUTH_CERT)
		reader_complain(
			r, reader_line(r, "auth"),
			"beside xauth the gateway proves itself by a certificate: auth = xauth, cert on the client, cert, xauth on the gateway");
	else if (c->xauth != (client ? CONF_XAUTH_CLIENT : CONF_XAUTH_SERVER))
		reader_complain(r, reader_line(r, "auth"),
				"%s proves itself by its user alone: this needs xauth = %s",
				client ? "this side" : "the peer", client ? "client" : "server");
}

/* Nonces are encrypted to a key that is known beforehand, for an identity that is. */
static void check_rsa_encryption(struct conf_reader *r, const struct conf_conn *c)
{
	unsigned int line = reader_line(r, "rsa-encryption");

	if (c->rsa_encryption == CONF_RSA_SIGNS)
		return;
	if (c->local_auth != CONF_AUTH_PUBKEY || c->remote_auth != CONF_AUTH_PUBKEY)
		reader_complain(
			r, line,
			"rsa-encryption needs raw keys on both sides: key and remote-key, auth = pubkey");
	else if ((c->key && sign_key_kind(c->key) != KEY_RSA) ||
		 (c->remote_key && verify_key_kind(c->remote_key) != KEY_RSA))
		reader_complain(r, line, "rsa-encryption needs RSA keys");
	else if (!c->remote_id.type)
		reader_complain(r, line, "rsa-encryption needs a remote-id, not any");
	if (c->aggressive || c->base_exchange || c->xauth)
		reader_complain(r, line,
				"rsa-encryption goes with main mode alone, and without xauth");
}

/* A signature that is made for SHA-1 and no other hash. */
static void check_dss(struct conf_reader *r, const struct conf_conn *c)
{
	bool own = c->key && sign_key_kind(c->key) == KEY_DSA;
	bool theirs = c->remote_key && verify_key_kind(c->remote_key) == KEY_DSA;
	unsigned int line = reader_line(r, own ? "key" : "remote-key");

	if (c->version != CONF_IKE1 && (own || theirs))
		reader_complain(r, line, "DSA keys are for IKEv1 alone (version = ike1)");
	else if ((own || theirs) && !c->dss)
		reader_complain(
			r, line,
			"DSA keys sign no more than SHA-1: use RSA or ECDSA, or write dss = yes to do it all the same");
	else if (c->version == CONF_IKE1 && c->dss && !own)
		reader_complain(r, reader_line(r, "dss"), "dss = yes, but key is no DSA key");
	if (complete_has_hybrid(c) && own)
		reader_complain(r, line, "beside a user's password the gateway proves itself by an RSA key");
}

static bool has_private(const struct proposal_list *list)
{
	for (unsigned int i = 0; i < list->n; i++)
		for (unsigned int k = 0; k < list->p[i].n; k++)
			if (list->p[i].t[k].type == TRANSFORM_KE &&
			    list->p[i].t[k].id == KE_PRIVATE)
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
		reader_complain(
			r, reader_line(r, "ike"),
			"the group \"private\" in ike has to be known to both sides: name its file by private-group");
	else if (child && !known && !c->private_any)
		reader_complain(
			r, 0,
			"the group \"private\" needs private-group: the file of ours, or any for the peer's");
}

void complete_version(struct conf_reader *r, const struct conf_conn *c)
{
	static const char *const only[] = { "aggressive",   "xauth",	     "mode-config",
					    "banner",	    "save-password", "lifetime-policy",
					    "commit-bit",   "base-exchange", "rsa-encryption",
					    "parallel-sas", "private-group", "dss",
					    "pam" };

	check_private_group(r, c);
	check_dss(r, c);
	if (c->version != CONF_IKE1) {
		for (unsigned int i = 0; i < sizeof(only) / sizeof(only[0]); i++)
			if (reader_line(r, only[i]))
				reader_complain(r, reader_line(r, only[i]),
						"%s is for IKEv1 alone (version = ike1)", only[i]);
		if (complete_has_hybrid(c))
			reader_complain(r, reader_line(r, "auth"),
					"xauth is for IKEv1 alone (version = ike1): IKEv2 has eap");
		return;
	}
	if (c->redirect_to)
		reader_complain(r, reader_line(r, "redirect-to"),
				"IKEv1 sends nobody elsewhere: redirect-to needs version = ike2");
	check_xauth(r, c);
	check_rsa_encryption(r, c);
	if (conf_eap_client(c) || conf_eap_server(c))
		reader_complain(r, reader_line(r, "auth"),
				"IKEv1 has no EAP: it needs version = ike2");
	check_ciphers_v1(r, &c->ike);
	if (c->aggressive && c->local_auth == CONF_AUTH_PSK && !c->aggressive_psk)
		reader_complain(
			r, reader_line(r, "aggressive"),
			"aggressive mode lets everybody guess the pre-shared key offline: use main mode or certificates, or write aggressive = with-psk to do it all the same");
	if (c->base_exchange && c->local_auth == CONF_AUTH_PSK && !c->base_psk)
		reader_complain(
			r, reader_line(r, "base-exchange"),
			"the base exchange lets whoever sees it guess the pre-shared key offline: use main mode or certificates, or write base-exchange = with-psk to do it all the same");
	if (c->base_exchange && c->aggressive)
		reader_complain(r, reader_line(r, "base-exchange"),
				"a connection has one way of phase 1: aggressive or base-exchange");
	if (complete_has_hybrid(c))
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
