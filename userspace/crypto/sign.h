/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keys and signatures of IKE authentication.
 *
 * RFCs: 7296 §2.15 (method 1 RSA with SHA-1), 4754 (9, 10, 11: r | s), 7427 (method 14, DER
 * AlgorithmIdentifier in front), 8420 (EdDSA), 7670 (raw public keys).
 * Signing and verifying never interpret padding themselves: the library's verdict is the verdict.
 */
#ifndef KW_CRYPTO_SIGN_H
#define KW_CRYPTO_SIGN_H

#include "crypto/hash.h"
#include "lib/secret.h"

/* IANA "IKEv2 Authentication Method". */
enum auth_method { AUTH_RSA = 1, AUTH_PSK = 2, AUTH_DSS = 3, AUTH_ECDSA_256 = 9, AUTH_ECDSA_384 = 10,
	AUTH_ECDSA_521 = 11, AUTH_GENERIC_PASSWORD = 12, AUTH_NULL = 13, AUTH_DIGITAL_SIGNATURE = 14 };

enum key_kind { KEY_RSA, KEY_ECDSA_256, KEY_ECDSA_384, KEY_ECDSA_521, KEY_ED25519, KEY_ED448,
	KEY_DSA /* for dss.h alone */ };
const char *key_kind_name(enum key_kind kind);

/* One row per signature scheme. */
struct sign_scheme {
	const char *name;		/* "rsa-pss-sha256", "ecdsa-sha384", "ed25519" */
	enum hash_id hash;		/* what SIGNATURE_HASH_ALGORITHMS must have announced */
	uint8_t method;			/* 14, or a legacy method */
	struct kw_span algorithm;	/* DER AlgorithmIdentifier; empty for legacy methods */
	int provider;			/* index into sign.c's GnuTLS columns */
};

struct sign_key;	/* private */
struct verify_key;	/* public */

/*
 * PEM or DER file: PKCS#8, PKCS#1, SEC1. Reads in locked memory. On failure -errno with a sentence in err
 * ("/etc/keyway/key.pem: not a private key").
 */
int sign_key_load(struct sign_key **key, const char *path, char *err, size_t err_len);
/*
 * One that stays in a token (PKCS#11): url is "pkcs11:token=...;object=..." (RFC 7512). What pin holds is the key's
 * when 0; empty: the token wants none. Slow. 0, or -errno with a sentence in err.
 */
int sign_key_in_token(struct sign_key **key, const char *url, struct kw_secret *pin, char *err, size_t err_len);
/* A new Ed25519 key, written to path as PKCS#8 PEM with mode 0600; refuses to overwrite (-EEXIST). */
int sign_key_generate(const char *path, char *err, size_t err_len);
enum key_kind sign_key_kind(const struct sign_key *key);
void sign_key_free(struct sign_key *key);
/* The public half; the caller frees it. */
int sign_key_public(const struct sign_key *key, struct verify_key **pub);

/* SubjectPublicKeyInfo DER (RFC 7670 raw key; what `keyway init` prints in base64). 0 or -EINVAL. */
int verify_key_from_spki(struct verify_key **key, struct kw_span der);
/* "ed25519:BASE64 of the 32 octets" or "BASE64 of an SPKI". 0 or -EINVAL. */
int verify_key_parse(struct verify_key **key, const char *text);
char *verify_key_print(const struct verify_key *key);	/* malloc()ed, the form above; NULL when no memory */
/* SPKI DER into a malloc()ed buffer. */
int verify_key_spki(const struct verify_key *key, uint8_t **der, size_t *len);
bool verify_key_equal(const struct verify_key *a, const struct verify_key *b);
enum key_kind verify_key_kind(const struct verify_key *key);
void verify_key_free(struct verify_key *key);

/* Bit i set = hash_id i. What we announce in SIGNATURE_HASH_ALGORITHMS: SHA2-256/384/512, identity. */
#define HASH_BIT(id) (1u << (id))
uint32_t sign_hashes_supported(void);

/*
 * The scheme to sign with: the strongest that the key can do with a hash the peer announced
 * (peer_hashes = 0: RFC 7427 not announced, only legacy methods). NULL when there is none.
 * rsa_pss prefers PSS over PKCS#1 for RSA keys.
 */
const struct sign_scheme *sign_scheme_choose(const struct sign_key *key, uint32_t peer_hashes, bool rsa_pss);
/* What an incoming AUTH payload uses. auth_data is the payload's Authentication Data; for method 14 its
 * ASN.1 prefix is parsed and *sig is what follows it. NULL when unknown (err gets a sentence).
 */
const struct sign_scheme *sign_scheme_of_auth(uint8_t method, struct kw_span auth_data, struct kw_span *sig,
					      char *err, size_t err_len);

/* Authentication Data of the AUTH payload (for method 14 with the ASN.1 prefix) appended to out.
 * Slow (RSA): call on a worker. 0 or -errno.
 */
int sign_make(const struct sign_key *key, const struct sign_scheme *scheme, struct kw_span octets,
	      struct kw_writer *out);
/* 0 = good; -EBADMSG = bad signature; -EKEYREJECTED = this kind of key cannot make that scheme, or too
 * weak (RSA below 2048 bits).
 */
int sign_verify(const struct verify_key *key, const struct sign_scheme *scheme, struct kw_span octets,
		struct kw_span sig);

/*
 * As the two above where the octets are the hash already, of the scheme's own hash (IKEv1's ECDSA: RFC 2409 §5.1, RFC
 * 4754). Another length is -EINVAL.
 */
int sign_make_hash(const struct sign_key *key, const struct sign_scheme *scheme, struct kw_span digest,
		   struct kw_writer *out);
int sign_verify_hash(const struct verify_key *key, const struct sign_scheme *scheme, struct kw_span digest,
		     struct kw_span sig);

/*
 * IKEv1's RSA signature (RFC 2409 §5.1): PKCS#1 v1.5 over the hash value itself, without the DigestInfo that would
 * name the hash. As above; key must be RSA.
 */
int sign_make_bare_rsa(const struct sign_key *key, struct kw_span hash, struct kw_writer *out);
int sign_verify_bare_rsa(const struct verify_key *key, struct kw_span hash, struct kw_span sig);

#endif
