// SPDX-License-Identifier: GPL-2.0
/*
 * Every algorithm keyway knows, one const row each.
 *
 * RFCs: 7296 §3.3.2, 8247, 8221. ENCR: 4106 and 5282 (GCM, CCM), 3602 (CBC), 3686 and 5930 (CTR),
 * 7634 (ChaCha20-Poly1305), 5529 (Camellia), 2451 (3DES), 2410 (NULL), 4543 (GMAC).
 */
#include "crypto/alg.h"

#include <stdio.h>
#include <string.h>

/* AES: the key size is always on the wire. A size GnuTLS or nettle lacks is left out here. */
#define AES_SIZES .key_bits = { 128, 192, 256 }, .key_attr = true
#define AEAD(tag) .aead = true, .iv_len = 8, .block_len = 1, .icv_len = (tag)

static const struct alg algs[] = {
	{ TRANSFORM_ENCR, ENCR_AES_GCM_16, "aes-gcm-16", "ENCR_AES_GCM_16",
	  .ike = true, .esp = true, AES_SIZES, AEAD(16), .salt_len = 4 },
	{ TRANSFORM_ENCR, ENCR_AES_GCM_12, "aes-gcm-12", "ENCR_AES_GCM_12",
	  .ike = true, .esp = true, AES_SIZES, AEAD(12), .salt_len = 4 },
	{ TRANSFORM_ENCR, ENCR_AES_GCM_8, "aes-gcm-8", "ENCR_AES_GCM_8",
	  .ike = true, .esp = true, AES_SIZES, AEAD(8), .salt_len = 4 },
	{ TRANSFORM_ENCR, ENCR_CHACHA20_POLY1305, "chacha20-poly1305", "ENCR_CHACHA20_POLY1305",
	  .ike = true, .esp = true, .key_len = 32, AEAD(16), .salt_len = 4 },
	{ TRANSFORM_ENCR, ENCR_AES_CCM_16, "aes-ccm-16", "ENCR_AES_CCM_16",
	  .ike = true, .esp = true, AES_SIZES, AEAD(16), .salt_len = 3 },
	{ TRANSFORM_ENCR, ENCR_AES_CCM_12, "aes-ccm-12", "ENCR_AES_CCM_12",
	  .ike = true, .esp = true, AES_SIZES, AEAD(12), .salt_len = 3 },
	{ TRANSFORM_ENCR, ENCR_AES_CCM_8, "aes-ccm-8", "ENCR_AES_CCM_8",
	  .ike = true, .esp = true, AES_SIZES, AEAD(8), .salt_len = 3 },
	{ TRANSFORM_ENCR, ENCR_AES_CBC, "aes-cbc", "ENCR_AES_CBC",
	  .ike = true, .esp = true, AES_SIZES, .iv_len = 16, .block_len = 16 },
	{ TRANSFORM_ENCR, ENCR_AES_CTR, "aes-ctr", "ENCR_AES_CTR",
	  .ike = true, .esp = true, AES_SIZES, .iv_len = 8, .block_len = 1, .salt_len = 4 },
	{ TRANSFORM_ENCR, ENCR_CAMELLIA_CBC, "camellia-cbc", "ENCR_CAMELLIA_CBC",
	  .ike = true, .esp = true, .legacy = true, AES_SIZES, .iv_len = 16, .block_len = 16 },
	{ TRANSFORM_ENCR, ENCR_3DES, "3des", "ENCR_3DES",
	  .ike = true, .esp = true, .legacy = true, .key_len = 24, .iv_len = 8, .block_len = 8 },
	{ TRANSFORM_ENCR, ENCR_NULL_AUTH_AES_GMAC, "aes-gmac", "ENCR_NULL_AUTH_AES_GMAC",
	  .esp = true, .legacy = true, AES_SIZES, AEAD(16), .salt_len = 4 },
	{ TRANSFORM_ENCR, ENCR_NULL, "null", "ENCR_NULL",
	  .esp = true, .legacy = true, .block_len = 1 },
	/* RFC 8750: the sequence number is the IV, so they are for ESP alone. */
	{ TRANSFORM_ENCR, ENCR_AES_GCM_16_IIV, "aes-gcm-16-iiv", "ENCR_AES_GCM_16_IIV",
	  .esp = true, AES_SIZES, AEAD(16), .salt_len = 4 },
	{ TRANSFORM_ENCR, ENCR_CHACHA20_POLY1305_IIV, "chacha20-poly1305-iiv",
	  "ENCR_CHACHA20_POLY1305_IIV", .esp = true, .key_len = 32, AEAD(16), .salt_len = 4 },
	{ TRANSFORM_ENCR, ENCR_AES_CCM_8_IIV, "aes-ccm-8-iiv", "ENCR_AES_CCM_8_IIV",
	  .esp = true, AES_SIZES, AEAD(8), .salt_len = 3 },

	{ TRANSFORM_PRF, PRF_HMAC_SHA2_256, "prf-hmac-sha2-256", "PRF_HMAC_SHA2_256",
	  .ike = true, .key_len = 32, .out_len = 32 },
	{ TRANSFORM_PRF, PRF_HMAC_SHA2_384, "prf-hmac-sha2-384", "PRF_HMAC_SHA2_384",
	  .ike = true, .key_len = 48, .out_len = 48 },
	{ TRANSFORM_PRF, PRF_HMAC_SHA2_512, "prf-hmac-sha2-512", "PRF_HMAC_SHA2_512",
	  .ike = true, .key_len = 64, .out_len = 64 },
	{ TRANSFORM_PRF, PRF_AES128_XCBC, "prf-aes-xcbc", "PRF_AES128_XCBC",
	  .ike = true, .key_len = 16, .out_len = 16 },
	{ TRANSFORM_PRF, PRF_AES128_CMAC, "prf-aes-cmac", "PRF_AES128_CMAC",
	  .ike = true, .key_len = 16, .out_len = 16 },
	{ TRANSFORM_PRF, PRF_HMAC_SHA1, "prf-hmac-sha1", "PRF_HMAC_SHA1",
	  .ike = true, .key_len = 20, .out_len = 20 },

	{ TRANSFORM_INTEG, INTEG_HMAC_SHA2_256_128, "hmac-sha2-256-128", "AUTH_HMAC_SHA2_256_128",
	  .ike = true, .esp = true, .ah = true, .key_len = 32, .icv_len = 16 },
	{ TRANSFORM_INTEG, INTEG_HMAC_SHA2_384_192, "hmac-sha2-384-192", "AUTH_HMAC_SHA2_384_192",
	  .ike = true, .esp = true, .ah = true, .key_len = 48, .icv_len = 24 },
	{ TRANSFORM_INTEG, INTEG_HMAC_SHA2_512_256, "hmac-sha2-512-256", "AUTH_HMAC_SHA2_512_256",
	  .ike = true, .esp = true, .ah = true, .key_len = 64, .icv_len = 32 },
	{ TRANSFORM_INTEG, INTEG_AES_XCBC_96, "aes-xcbc-96", "AUTH_AES_XCBC_96",
	  .ike = true, .esp = true, .ah = true, .key_len = 16, .icv_len = 12 },
	{ TRANSFORM_INTEG, INTEG_AES_CMAC_96, "aes-cmac-96", "AUTH_AES_CMAC_96",
	  .ike = true, .esp = true, .ah = true, .key_len = 16, .icv_len = 12 },
	{ TRANSFORM_INTEG, INTEG_HMAC_SHA1_96, "hmac-sha1-96", "AUTH_HMAC_SHA1_96",
	  .ike = true, .esp = true, .ah = true, .key_len = 20, .icv_len = 12 },
	/* RFC 4543 §4: for AH alone, the salt behind the key; in ESP GMAC is an encryption algorithm. */
	{ TRANSFORM_INTEG, INTEG_AES_128_GMAC, "aes-128-gmac", "AUTH_AES_128_GMAC",
	  .ah = true, .key_len = 20, .icv_len = 16 },
	{ TRANSFORM_INTEG, INTEG_AES_192_GMAC, "aes-192-gmac", "AUTH_AES_192_GMAC",
	  .ah = true, .key_len = 28, .icv_len = 16 },
	{ TRANSFORM_INTEG, INTEG_AES_256_GMAC, "aes-256-gmac", "AUTH_AES_256_GMAC",
	  .ah = true, .key_len = 36, .icv_len = 16 },
	/* Beside an AEAD only; RFC 7296 3.3 lets a peer say so or say nothing. */
	{ TRANSFORM_INTEG, INTEG_NONE, "none", "NONE", .ike = true, .esp = true },

	{ TRANSFORM_KE, KE_CURVE25519, "x25519", "Curve25519", .ike = true, .esp = true, .out_len = 32 },
	{ TRANSFORM_KE, KE_ECP_256, "ecp-256", "256-bit random ECP group",
	  .ike = true, .esp = true, .out_len = 64 },
	{ TRANSFORM_KE, KE_ECP_384, "ecp-384", "384-bit random ECP group",
	  .ike = true, .esp = true, .out_len = 96 },
	{ TRANSFORM_KE, KE_ECP_521, "ecp-521", "521-bit random ECP group",
	  .ike = true, .esp = true, .out_len = 132 },
	{ TRANSFORM_KE, KE_CURVE448, "x448", "Curve448", .ike = true, .esp = true, .out_len = 56 },
	{ TRANSFORM_KE, KE_MODP_2048, "modp-2048", "2048-bit MODP Group",
	  .ike = true, .esp = true, .out_len = 256 },
	{ TRANSFORM_KE, KE_MODP_3072, "modp-3072", "3072-bit MODP Group",
	  .ike = true, .esp = true, .out_len = 384 },
	{ TRANSFORM_KE, KE_MODP_4096, "modp-4096", "4096-bit MODP Group",
	  .ike = true, .esp = true, .out_len = 512 },
	{ TRANSFORM_KE, KE_MODP_6144, "modp-6144", "6144-bit MODP Group",
	  .ike = true, .esp = true, .out_len = 768 },
	{ TRANSFORM_KE, KE_MODP_8192, "modp-8192", "8192-bit MODP Group",
	  .ike = true, .esp = true, .out_len = 1024 },
	{ TRANSFORM_KE, KE_MODP_1536, "modp-1536", "1536-bit MODP Group",
	  .ike = true, .esp = true, .legacy = true, .out_len = 192 },
	{ TRANSFORM_KE, KE_MODP_1024, "modp-1024", "1024-bit MODP Group",
	  .ike = true, .esp = true, .legacy = true, .out_len = 128 },
	{ TRANSFORM_KE, KE_NONE, "none", "NONE", .esp = true },

	{ TRANSFORM_ESN, ESN_NONE, "no-esn", "No Extended Sequence Numbers", .esp = true },
	{ TRANSFORM_ESN, ESN_YES, "esn", "Extended Sequence Numbers", .esp = true },
};

#define ABSENT	"it is not supported here"
#define BROKEN	"it can be broken, and RFC 8221, 8247 and 9395 forbid it"
#define DOUBTED	"RFC 8247 and 9395 advise against it"

/* What a peer may offer and keyway cannot do: a name for messages to people, and no more. */
static const struct {
	uint8_t type;
	uint16_t id;
	const char *name;
	const char *why;
} foreign[] = {
	{ TRANSFORM_ENCR, 1, "des-iv64", BROKEN }, { TRANSFORM_ENCR, 2, "des", BROKEN }, { TRANSFORM_ENCR, 4, "rc5", BROKEN },
	{ TRANSFORM_ENCR, 5, "idea", BROKEN }, { TRANSFORM_ENCR, 6, "cast", BROKEN }, { TRANSFORM_ENCR, 7, "blowfish", BROKEN },
	{ TRANSFORM_ENCR, 24, "camellia-ctr", ABSENT }, { TRANSFORM_ENCR, 25, "camellia-ccm-8", ABSENT },
	{ TRANSFORM_ENCR, 26, "camellia-ccm-12", ABSENT }, { TRANSFORM_ENCR, 27, "camellia-ccm-16", ABSENT },
	{ TRANSFORM_PRF, PRF_HMAC_MD5, "prf-hmac-md5", BROKEN }, { TRANSFORM_PRF, 3, "prf-hmac-tiger", DOUBTED },
	{ TRANSFORM_INTEG, 1, "hmac-md5-96", BROKEN }, { TRANSFORM_INTEG, 3, "des-mac", BROKEN },
	{ TRANSFORM_INTEG, 4, "kpdk-md5", BROKEN }, { TRANSFORM_INTEG, 6, "hmac-md5-128", BROKEN },
	{ TRANSFORM_INTEG, 7, "hmac-sha1-160", ABSENT },
	{ TRANSFORM_KE, 1, "modp-768", BROKEN }, { TRANSFORM_KE, 22, "modp-1024-160", BROKEN },
	{ TRANSFORM_KE, 23, "modp-2048-224", DOUBTED }, { TRANSFORM_KE, 24, "modp-2048-256", DOUBTED },
	{ TRANSFORM_KE, 25, "ecp-192", ABSENT }, { TRANSFORM_KE, 26, "ecp-224", ABSENT },
	{ TRANSFORM_KE, 27, "brainpool-224", ABSENT }, { TRANSFORM_KE, 28, "brainpool-256", ABSENT },
	{ TRANSFORM_KE, 29, "brainpool-384", ABSENT }, { TRANSFORM_KE, 30, "brainpool-512", ABSENT },
	{ TRANSFORM_KE, 35, "ml-kem-512", ABSENT }, { TRANSFORM_KE, 36, "ml-kem-768", ABSENT },
	{ TRANSFORM_KE, 37, "ml-kem-1024", ABSENT },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

bool transform_is_addke(uint8_t type)
{
	return type >= TRANSFORM_ADDKE1 && type <= TRANSFORM_ADDKE7;
}

/* The type whose rows stand for it in the tables. */
static uint8_t row_type(uint8_t type)
{
	return transform_is_addke(type) ? TRANSFORM_KE : type;
}

const struct alg *alg_find(enum transform_type type, uint16_t id)
{
	for (size_t i = 0; i < COUNT(algs); i++) {
		if (algs[i].type == row_type(type) && algs[i].id == id)
			return &algs[i];
	}
	return NULL;
}

const struct alg *alg_by_name(enum transform_type type, const char *name)
{
	for (size_t i = 0; i < COUNT(algs); i++) {
		if (algs[i].type == type && strcmp(algs[i].name, name) == 0)
			return &algs[i];
	}
	return NULL;
}

const char *alg_why_not(const char *name)
{
	for (size_t i = 0; i < COUNT(foreign); i++)
		if (strcmp(foreign[i].name, name) == 0)
			return foreign[i].why;
	return NULL;
}

const struct alg *alg_table(size_t *n)
{
	*n = COUNT(algs);
	return algs;
}

const char *transform_type_name(uint8_t type)
{
	static const char * const names[] = {
		[TRANSFORM_ENCR] = "encryption", [TRANSFORM_PRF] = "prf", [TRANSFORM_INTEG] = "integrity",
		[TRANSFORM_KE] = "key exchange", [TRANSFORM_ESN] = "esn",
	};

	if (transform_is_addke(type))
		return "additional key exchange";
	return type < COUNT(names) && names[type] ? names[type] : "transform";
}

size_t alg_encr_keymat(const struct alg *encr, uint16_t key_bits)
{
	return (encr->key_len ? encr->key_len : key_bits / 8u) + encr->salt_len;
}

static const char *any_name(uint8_t type, uint16_t id)
{
	const struct alg *alg = alg_find(type, id);

	if (type == TRANSFORM_KE && id == KE_PRIVATE)
		return "private";
	for (size_t i = 0; !alg && i < COUNT(foreign); i++) {
		if (foreign[i].type == row_type(type) && foreign[i].id == id)
			return foreign[i].name;
	}
	return alg ? alg->name : NULL;
}

char *alg_print(char buf[ALG_STRLEN], uint8_t type, uint16_t id, uint16_t key_bits)
{
	const char *name = any_name(type, id);
	int n;

	if (name && transform_is_addke(type))
		n = snprintf(buf, ALG_STRLEN, "ke%u-%s", type - TRANSFORM_ADDKE1 + 1u, name);
	else if (name)
		n = snprintf(buf, ALG_STRLEN, "%s", name);
	else
		n = snprintf(buf, ALG_STRLEN, "%s %u", transform_type_name(type), id);
	if (key_bits)
		snprintf(buf + n, ALG_STRLEN - (size_t)n, "-%u", key_bits);
	return buf;
}
