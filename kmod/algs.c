// SPDX-License-Identifier: GPL-2.0
/*
 * The tables of algorithms: IANA transform number -> kernel algorithm and its lengths.
 *
 * RFCs: 8221, 8750 and those named in each row
 */
#include "algs.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <uapi/linux/keyway.h>

#define LACKS(text)	"The kernel has no module for " text "."

#define AES_BITS	{ 128, 192, 256 }

/* RFC 4106: salt of 4, IV of 8 bytes on the wire, or none (RFC 8750). */
#define AES_GCM(number, text, wire_iv, tag)					\
{										\
	.id = number, .kind = KW_ENCR_AEAD, .lacks = LACKS(text),			\
	.name = "rfc4106(gcm(aes))", .internal = "__rfc4106(gcm(aes))",		\
	.key_bits = AES_BITS, .salt = 4, .iv = wire_iv, .icv = tag, .align = 4,	\
}

/* RFC 4309: salt of 3. */
#define AES_CCM(number, text, wire_iv, tag)					\
{										\
	.id = number, .kind = KW_ENCR_AEAD, .lacks = LACKS(text),			\
	.name = "rfc4309(ccm(aes))",						\
	.key_bits = AES_BITS, .salt = 3, .iv = wire_iv, .icv = tag, .align = 4,	\
}

/* RFC 7634.  Its SIMD parts test for the FPU themselves and are synchronous. */
#define CHACHA(number, text, wire_iv)						\
{										\
	.id = number, .kind = KW_ENCR_AEAD, .lacks = LACKS(text),			\
	.name = "rfc7539esp(chacha20,poly1305)",				\
	.key_bits = { 256 }, .salt = 4, .iv = wire_iv, .icv = 16, .align = 4,	\
}

static const struct kw_encr encrs[] = {
	AES_GCM(KEYWAY_ENCR_AES_GCM_16, "AES-GCM-16", 8, 16),
	AES_GCM(KEYWAY_ENCR_AES_GCM_12, "AES-GCM-12", 8, 12),
	AES_GCM(KEYWAY_ENCR_AES_GCM_8, "AES-GCM-8", 8, 8),
	AES_GCM(KEYWAY_ENCR_AES_GCM_16_IIV, "AES-GCM-16 with implicit IV", 0, 16),
	CHACHA(KEYWAY_ENCR_CHACHA20_POLY1305, "ChaCha20-Poly1305", 8),
	CHACHA(KEYWAY_ENCR_CHACHA20_POLY1305_IIV, "ChaCha20-Poly1305 with implicit IV", 0),
	AES_CCM(KEYWAY_ENCR_AES_CCM_16, "AES-CCM-16", 8, 16),
	AES_CCM(KEYWAY_ENCR_AES_CCM_12, "AES-CCM-12", 8, 12),
	AES_CCM(KEYWAY_ENCR_AES_CCM_8, "AES-CCM-8", 8, 8),
	AES_CCM(KEYWAY_ENCR_AES_CCM_8_IIV, "AES-CCM-8 with implicit IV", 0, 8),
	{
		/* RFC 4543 section 3: integrity alone, by the interface of an AEAD. */
		.id = KEYWAY_ENCR_NULL_AUTH_AES_GMAC, .kind = KW_ENCR_AEAD,
		.lacks = LACKS("AES-GMAC without encryption"),
		.name = "rfc4543(gcm(aes))",
		.key_bits = AES_BITS, .salt = 4, .iv = 8, .icv = 16, .align = 4,
	},
	{
		/* RFC 3602 */
		.id = KEYWAY_ENCR_AES_CBC, .kind = KW_ENCR_CBC, .lacks = LACKS("AES-CBC"),
		.name = "cbc(aes)", .internal = "__cbc(aes)",
		.key_bits = AES_BITS, .iv = 16, .align = 16,
	},
	{
		/* RFC 3686 */
		.id = KEYWAY_ENCR_AES_CTR, .kind = KW_ENCR_CTR, .lacks = LACKS("AES-CTR"),
		.name = "ctr(aes)", .internal = "__ctr(aes)",
		.key_bits = AES_BITS, .salt = 4, .iv = 8, .align = 4,
	},
	{
		/* RFC 4312 */
		.id = KEYWAY_ENCR_CAMELLIA_CBC, .kind = KW_ENCR_CBC, .lacks = LACKS("Camellia-CBC"),
		.name = "cbc(camellia)", .internal = "__cbc(camellia)",
		.key_bits = AES_BITS, .iv = 16, .align = 16,
	},
	{
		/* RFC 2451 */
		.id = KEYWAY_ENCR_3DES, .kind = KW_ENCR_CBC, .lacks = LACKS("3DES-CBC"),
		.name = "cbc(des3_ede)",
		.key_bits = { 192 }, .iv = 8, .align = 8,
	},
	{
		/* RFC 2410 */
		.id = KEYWAY_ENCR_NULL, .kind = KW_ENCR_NULL, .align = 4,
	},
};

#define AES_GMAC(number, text, bytes)						\
{										\
	.id = number, .lacks = LACKS(text), .name = "gcm(aes)",			\
	.key = (bytes) + 4, .salt = 4, .iv = 8, .icv = 8 + 16,			\
}

static const struct kw_integ integs[] = {
	{
		/* RFC 4868 */
		.id = KEYWAY_INTEG_HMAC_SHA2_256_128, .lacks = LACKS("HMAC-SHA2-256-128"),
		.name = "hmac(sha256)", .key = 32, .icv = 16,
	}, {
		.id = KEYWAY_INTEG_HMAC_SHA2_384_192, .lacks = LACKS("HMAC-SHA2-384-192"),
		.name = "hmac(sha384)", .key = 48, .icv = 24,
	}, {
		.id = KEYWAY_INTEG_HMAC_SHA2_512_256, .lacks = LACKS("HMAC-SHA2-512-256"),
		.name = "hmac(sha512)", .key = 64, .icv = 32,
	}, {
		/* RFC 2404 */
		.id = KEYWAY_INTEG_HMAC_SHA1_96, .lacks = LACKS("HMAC-SHA1-96"),
		.name = "hmac(sha1)", .key = 20, .icv = 12,
	}, {
		/* RFC 3566 */
		.id = KEYWAY_INTEG_AES_XCBC_96, .lacks = LACKS("AES-XCBC-96"),
		.name = "xcbc(aes)", .key = 16, .icv = 12,
	}, {
		/* RFC 4494 */
		.id = KEYWAY_INTEG_AES_CMAC_96, .lacks = LACKS("AES-CMAC-96"),
		.name = "cmac(aes)", .key = 16, .icv = 12,
	},
	/* RFC 4543 section 4, for AH */
	AES_GMAC(KEYWAY_INTEG_AES_128_GMAC, "AES-128-GMAC", 16),
	AES_GMAC(KEYWAY_INTEG_AES_192_GMAC, "AES-192-GMAC", 24),
	AES_GMAC(KEYWAY_INTEG_AES_256_GMAC, "AES-256-GMAC", 32),
};

const struct kw_encr *kw_encr_find(u16 id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(encrs); i++)
		if (encrs[i].id == id)
			return &encrs[i];
	return NULL;
}

const struct kw_integ *kw_integ_find(u16 id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(integs); i++)
		if (integs[i].id == id)
			return &integs[i];
	return NULL;
}

int kw_encr_key_len(const struct kw_encr *encr, unsigned int bits)
{
	unsigned int i;

	if (!bits && !encr->key_bits[1])
		return encr->key_bits[0] / 8;
	for (i = 0; i < ARRAY_SIZE(encr->key_bits) && encr->key_bits[i]; i++)
		if (encr->key_bits[i] == bits)
			return bits / 8;
	return -EINVAL;
}
