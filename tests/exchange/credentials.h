/* SPDX-License-Identifier: GPL-2.0 */
/* Keys and certificates made on the spot, in a directory of their own. */
#ifndef KW_TESTS_EXCHANGE_CREDENTIALS_H
#define KW_TESTS_EXCHANGE_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "ocsp.h"

/* cmocka group set-up and tear-down. Makes ca.crt and other.crt with their keys; the directory becomes pair_dir. */
int credentials_setup(void **state);
int credentials_teardown(void **state);

enum credential_key { CREDENTIAL_RSA, CREDENTIAL_ECDSA, CREDENTIAL_ED25519, CREDENTIAL_DSA };

struct credential {
	const char *name;		/* NAME.crt, NAME.key */
	const char *issuer;		/* "ca", "other", or a name made before with .ca */
	const char *dns;		/* subjectAltName and CN */
	enum credential_key key;
	int from_day, until_day;	/* relative to the test world's clock; both 0: valid */
	bool ca;
	const char *chain;		/* this certificate is written behind it in NAME.crt */
	const char *crl_url, *ocsp_url;	/* where its status is published */
};
void credential_make(const struct credential *c);
/*
 * NAME.crl: a list by issuer ("ca", ...) that revokes those certificates, up to NULL. Days as in struct credential.
 */
struct revocation_list {
	const char *name, *issuer;
	int from_day, until_day;
	const char *revoked[4];
};
void credential_crl(const struct revocation_list *l);
/* The same as octets (DER): of gnutls_free(). */
struct kw_span credential_crl_der(const struct revocation_list *l);
/* What issuer's OCSP responder says to the request; of the order .says, .other_nonce and the like count. */
void credential_ocsp(struct der *out, const char *issuer, struct kw_span request, struct ocsp_order order);
/* NAME.dh: a MODP group in a file, RFC 7919's of 2048 or 3072 bits, which none has a number for in IKE. */
void credential_group(const char *name, unsigned int bits);
/* The file "users", mode 600, with that text. */
void credential_users(const char *text);
/* "ed25519:..." of NAME.key, which is made when missing: a raw key. Static storage. */
const char *credential_raw(const char *name);

#endif
