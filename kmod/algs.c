// SPDX-License-Identifier: GPL-2.0
/*
 * The table of algorithms: IANA transform number -> kernel cipher and its lengths.
 *
 * RFCs: 4106, 7634, 8221
 */
#include "algs.h"

#include <linux/kernel.h>
#include <uapi/linux/keyway.h>

static const struct kw_alg algs[] = {
	{
		.encr = KEYWAY_ENCR_AES_GCM_16,
		.name = "rfc4106(gcm(aes))",
		.internal = "__rfc4106(gcm(aes))",
		.key_bits = { 128, 192, 256 },
		.salt = 4, .iv = 8, .icv = 16, .align = 4,
	},
	{
		/* Its SIMD parts test for the FPU themselves and are synchronous. */
		.encr = KEYWAY_ENCR_CHACHA20_POLY1305,
		.name = "rfc7539esp(chacha20,poly1305)",
		.key_bits = { 256 },
		.salt = 4, .iv = 8, .icv = 16, .align = 4,
	},
};

const struct kw_alg *kw_alg_find(u16 encr)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(algs); i++)
		if (algs[i].encr == encr)
			return &algs[i];
	return NULL;
}

unsigned int kw_alg_key_bits(const struct kw_alg *alg, unsigned int bits)
{
	unsigned int i;

	if (!bits)
		return alg->key_bits[1] ? 0 : alg->key_bits[0];
	for (i = 0; alg->key_bits[i]; i++)
		if (alg->key_bits[i] == bits)
			return bits;
	return 0;
}
