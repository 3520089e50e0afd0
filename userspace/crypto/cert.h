/* SPDX-License-Identifier: GPL-2.0 */
/*
 * X.509: chains, validity, names as identities.
 *
 * RFCs: 5280 (path validation, by GnuTLS), 4945 (IKE/IPsec profile), 7296 §3.6-3.7.
 */
#ifndef KW_CRYPTO_CERT_H
#define KW_CRYPTO_CERT_H

#include "crypto/revoke.h"
#include "crypto/sign.h"

struct cert;		/* one certificate, immutable, refcounted */
struct cert_store;	/* trusted CAs, immutable after loading but for the lists of what they revoked */

/* DER. 0, -EINVAL (not a certificate). */
int cert_from_der(struct cert **cert, struct kw_span der);
/* PEM bundle or DER file: at most max certificates in file order; returns how many or -errno with a
 * sentence in err. Each is owned by the caller.
 */
int cert_load(const char *path, struct cert **certs, unsigned int max, char *err, size_t err_len);
struct cert *cert_get(struct cert *cert);
void cert_put(struct cert *cert);			/* NULL is fine */
struct kw_span cert_der(const struct cert *cert);	/* borrowed from cert */
struct kw_span cert_subject_der(const struct cert *cert);
/* "CN=gw.example.org,O=Example" (RFC 4514), cut to n. */
char *cert_subject_print(const struct cert *cert, char *buf, size_t n);
/* "CN=gw.example.org (serial 0a1b)", cut to n. */
char *cert_print(const struct cert *cert, char *buf, size_t n);
int cert_public_key(const struct cert *cert, struct verify_key **key);
/* Does the private key belong to it? */
bool cert_matches_key(const struct cert *cert, const struct sign_key *key);
/* SHA-1 of the SubjectPublicKeyInfo: an entry of a CERTREQ (RFC 7296 §3.7). */
void cert_spki_sha1(const struct cert *cert, uint8_t out[20]);

int cert_store_new(struct cert_store **store);
int cert_store_add(struct cert_store *store, struct cert *ca);	/* takes its own reference */
void cert_store_free(struct cert_store *store);
unsigned int cert_store_count(const struct cert_store *store);
/* The concatenated 20-octet hashes of all CAs, for CERTREQ. Borrowed from store. */
struct kw_span cert_store_hashes(const struct cert_store *store);

/* Who issued cert, of those and of the CAs (store may be NULL): a new reference; NULL: nobody, or it did itself. */
struct cert *cert_find_issuer(const struct cert *cert, struct cert *const *among, unsigned int n,
			      const struct cert_store *store);

/* Whether what the CAs issued is revoked: RELAXED and no lists at first. Not while others use the store. */
void cert_store_set_revoke(struct cert_store *store, enum revoke_mode mode);
enum revoke_mode cert_store_revoke(const struct cert_store *store);
/* Takes its own reference to the lists, which replace what was there; other threads may be verifying. */
void cert_store_set_crls(struct cert_store *store, struct crl_set *crls);
struct crl_set *cert_store_crls(struct cert_store *store);	/* a reference; NULL: there are none */

enum cert_verdict { CERT_TRUSTED, CERT_UNTRUSTED, CERT_EXPIRED, CERT_NOT_YET_VALID, CERT_REVOKED,
	CERT_NO_STATUS /* whether it is revoked nobody knows, and the mode insists */,
	CERT_BAD_PURPOSE, CERT_WEAK, CERT_INVALID };

/*
 * chain[0] is the peer's end-entity certificate, the rest is untrusted help. why (n octets) gets a
 * sentence naming the certificate and the reason ("certificate CN=gw expired on 2026-01-01 00:00 UTC").
 * unix_now in seconds. Slow: call on a worker.
 *
 * What the lists of the store say of revocation counts. ask (may be NULL: then nobody is asked, and the mode
 * decides) gets the certificates about which they say nothing and which name an address to ask at; the caller
 * begins with it empty and drops it. The verdict then is that of everything else.
 */
enum cert_verdict cert_verify(struct cert_store *store, struct cert *const *chain, unsigned int n_chain,
			      int64_t unix_now, struct cert_path *ask, char *why, size_t n);
/* What the peer has sent beside its chain: OCSP responses (RFC 4806), borrowed, each about any certificate of it. */
struct cert_staples {
	const struct kw_span *response;
	unsigned int n;
};
/* As cert_verify(); of what the lists say nothing about the responses may say something. staples may be NULL. */
enum cert_verdict cert_verify_stapled(struct cert_store *store, struct cert *const *chain, unsigned int n_chain,
				      int64_t unix_now, const struct cert_staples *staples, struct cert_path *ask,
				      char *why, size_t n);
/* The verdict when nobody knows, for that reason. published: the issuer names a place to ask at. */
enum cert_verdict cert_unknown_status(enum revoke_mode mode, const struct cert_link *l, bool published,
				      const char *reason, char *why, size_t n);
const char *cert_verdict_name(enum cert_verdict v);

/*
 * Does the certificate speak for this identity (IKE ID type and its octets): subject DN for
 * ID_DER_ASN1_DN (9), subjectAltName for FQDN (2), RFC822 (3), IPv4 (1), IPv6 (5)? Exact compare,
 * case-insensitive for names; no wildcards. why lists what the certificate does contain.
 */
bool cert_has_identity(const struct cert *cert, uint8_t id_type, struct kw_span id, char *why, size_t n);

/* Helpers for ID_DER_ASN1_DN in config and logs. */
int dn_parse(const char *text, uint8_t **der, size_t *len);	/* malloc()ed; -EINVAL */
char *dn_print(struct kw_span der, char *buf, size_t n);
bool dn_equal(struct kw_span a, struct kw_span b);		/* by value, RFC 5280 §7.1 as GnuTLS compares */

#endif
