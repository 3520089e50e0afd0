/* SPDX-License-Identifier: GPL-2.0 */
/* Keys as GnuTLS has them, for the files of crypto/ alone. */
#ifndef KW_CRYPTO_SIGN_LIB_H
#define KW_CRYPTO_SIGN_LIB_H

#include "crypto/sign.h"

#include <gnutls/abstract.h>

#define RSA_MIN_BITS 2048
#define RSA_MAX_BITS 8192	/* a peer's key costs us its size cubed */
#define DSA_MIN_BITS 1024	/* FIPS 186-4 4.2; few have more in IKEv1 */
#define DSA_MAX_BITS 3072

struct sign_key {
	struct kw_secret pkcs8;		/* empty: it is in a token ... */
	char *url;			/* ... here */
	struct kw_secret pin;
	gnutls_privkey_t session;	/* NULL, or held open there: the login lasts as long */
	struct verify_key *pub;
};

struct verify_key {
	gnutls_pubkey_t lib;
	enum key_kind kind;
	unsigned int bits;
	bool pss_only;			/* its SubjectPublicKeyInfo says id-RSASSA-PSS */
	gnutls_datum_t spki;		/* DER, as GnuTLS prints it: equal keys have equal octets */
};

/* GnuTLS only reads it, but its datum is not const. */
static inline gnutls_datum_t sign_datum(struct kw_span s)
{
	return (gnutls_datum_t){ .data = (unsigned char *)(uintptr_t)s.p, .size = (unsigned int)s.len };
}

/* Takes lib. 0, -ENOMEM or -EINVAL: no key that IKE has signatures for. */
int verify_key_wrap(struct verify_key **key, gnutls_pubkey_t lib);
/* 0 or -EIO; *lib is the caller's to deinit when 0. */
int sign_key_open(const struct sign_key *key, gnutls_privkey_t *lib);
/* What the token at url calls a private key, *lib NULL if there is none; its public half. 0 or GnuTLS's error. */
int pkcs11_open(const char *url, const struct kw_secret *pin, gnutls_privkey_t *lib);
int pkcs11_open_public(const char *url, const struct kw_secret *pin, gnutls_pubkey_t *lib);
/*
 * The two integers of a DER signature, each in n octets, and back (RFC 4754 §7, RFC 2409 §5.1). 0, -EIO or -EBADMSG; der is
 * gnutls_free()d by the caller.
 */
int sign_der_to_rs(const gnutls_datum_t *der, unsigned int n, struct kw_writer *out);
int sign_rs_to_der(struct kw_span rs, unsigned int n, gnutls_datum_t *der);
/* The key's own, to encrypt to; NULL: not RSA, or too weak. */
gnutls_pubkey_t verify_key_lib(const struct verify_key *key);

#endif
