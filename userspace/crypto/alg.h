/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every algorithm keyway knows, one const row each: IANA numbers of both IKE versions, lengths, names.
 *
 * RFCs: 7296 §3.3.2 (transform types and ids), 9370 §2.2.2 (ADDKE), 8247, 8221, 9395 (which to offer, accept, refuse).
 * Numbers are IANA's "IKEv2 Transform Type Values" registries.
 */
#ifndef KW_CRYPTO_ALG_H
#define KW_CRYPTO_ALG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum transform_type {
	TRANSFORM_ENCR = 1,
	TRANSFORM_PRF = 2,
	TRANSFORM_INTEG = 3,
	TRANSFORM_KE = 4,
	TRANSFORM_ESN = 5,
};
/* RFC 9370: additional key exchanges, of the same algorithms as TRANSFORM_KE. */
enum { TRANSFORM_ADDKE1 = 6, TRANSFORM_ADDKE7 = 12 };
#define ADDKE_MAX 7

enum { ENCR_3DES = 3, ENCR_NULL = 11, ENCR_AES_CBC = 12, ENCR_AES_CTR = 13, ENCR_AES_CCM_8 = 14,
	ENCR_AES_CCM_12 = 15, ENCR_AES_CCM_16 = 16, ENCR_AES_GCM_8 = 18, ENCR_AES_GCM_12 = 19,
	ENCR_AES_GCM_16 = 20, ENCR_NULL_AUTH_AES_GMAC = 21, ENCR_CAMELLIA_CBC = 23,
	ENCR_CHACHA20_POLY1305 = 28, ENCR_AES_CCM_8_IIV = 29, ENCR_AES_GCM_16_IIV = 30,
	ENCR_CHACHA20_POLY1305_IIV = 31 };
enum { PRF_HMAC_MD5 = 1, PRF_HMAC_SHA1 = 2, PRF_AES128_XCBC = 4, PRF_HMAC_SHA2_256 = 5,
	PRF_HMAC_SHA2_384 = 6, PRF_HMAC_SHA2_512 = 7, PRF_AES128_CMAC = 8 };
enum { INTEG_NONE = 0, INTEG_HMAC_SHA1_96 = 2, INTEG_AES_XCBC_96 = 5, INTEG_AES_CMAC_96 = 8,
	INTEG_AES_128_GMAC = 9, INTEG_AES_192_GMAC = 10, INTEG_AES_256_GMAC = 11,
	INTEG_HMAC_SHA2_256_128 = 12, INTEG_HMAC_SHA2_384_192 = 13, INTEG_HMAC_SHA2_512_256 = 14 };
enum { KE_NONE = 0, KE_MODP_1024 = 2, KE_MODP_1536 = 5, KE_MODP_2048 = 14, KE_MODP_3072 = 15,
	KE_MODP_4096 = 16, KE_MODP_6144 = 17, KE_MODP_8192 = 18, KE_ECP_256 = 19, KE_ECP_384 = 20,
	KE_ECP_521 = 21, KE_CURVE25519 = 31, KE_CURVE448 = 32,
	/* IKEv1: the first of the numbers that two sides give to groups of their own (RFC 2409 §5.6); "private" */
	KE_PRIVATE = 32768 };
enum { ESN_NONE = 0, ESN_YES = 1 };

struct alg {
	uint8_t type;			/* enum transform_type */
	uint16_t id;
	const char *name;		/* as in config and every message to people: "aes-gcm-16", "x25519" */
	const char *rfc_name;		/* as IANA prints it: "ENCR_AES_GCM_16" */
	bool aead;			/* ENCR: integrity included */
	bool ike, esp;			/* usable for IKE messages by this daemon; known to keyway.ko */
	bool ah;			/* INTEG: known to keyway.ko for AH */
	bool legacy;			/* refused unless the connection switches it on */
	uint16_t key_bits[4];		/* ENCR: allowed sizes, 0-terminated; one entry 0 = none on the wire */
	bool key_attr;			/* ENCR: the Key Length attribute is compulsory (RFC 7296 3.3.5) */
	uint16_t key_len;		/* ENCR with fixed key, PRF preferred key, INTEG key and salt: octets */
	uint8_t salt_len;		/* ENCR: octets taken from the keying material after the key */
	uint8_t iv_len, block_len;	/* ENCR: octets on the wire; padding unit */
	uint16_t icv_len;		/* AEAD tag or INTEG output on the wire */
	uint16_t out_len;		/* PRF output; KE public value length */
};

/* NULL when unknown. */
const struct alg *alg_find(enum transform_type type, uint16_t id);
const struct alg *alg_by_name(enum transform_type type, const char *name);
/* Why an algorithm with a name in IANA's lists is not in the table: a sentence, or NULL for other words. */
const char *alg_why_not(const char *name);
/* The table, for completion, spelling help and the start-up check that each row really works. */
const struct alg *alg_table(size_t *n);
/* "encryption", "prf", "integrity", "key exchange", "esn", "additional key exchange" */
const char *transform_type_name(uint8_t type);
bool transform_is_addke(uint8_t type);

/* Keying material in octets an ESP/AH or IKE direction takes: key (from bits, or fixed) + salt. */
size_t alg_encr_keymat(const struct alg *encr, uint16_t key_bits);

/* "aes-gcm-16-256", "chacha20-poly1305", "x25519", "ke1-ecp-384"; unknown: "encryption 99". */
#define ALG_STRLEN 48
char *alg_print(char buf[ALG_STRLEN], uint8_t type, uint16_t id, uint16_t key_bits);

#endif
