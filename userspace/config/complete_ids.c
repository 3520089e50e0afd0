// SPDX-License-Identifier: GPL-2.0
/*
 * Who the two sides of a connection are, where their names were left out.
 *
 * RFCs: 4945 §3.1 (which identity goes with which proof), 7670 (raw keys).
 */
#include "config/complete.h"

#include "crypto/hash.h"
#include "wire/isakmp.h"

#include <stdlib.h>
#include <string.h>

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
	reader_complain(
		r, reader_line(r, "remote"),
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

void complete_ids(struct conf_reader *r, struct conf_conn *c)
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
