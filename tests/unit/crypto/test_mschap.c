// SPDX-License-Identifier: GPL-2.0
/* MS-CHAPv2 against the examples of RFC 2759 §9.2 and RFC 3079 §3.5.3. */
#include "crypto/mschap.h"
#include "crypto/setup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t server_challenge[16] = {
	0x5b, 0x5d, 0x7c, 0x7d, 0x7b, 0x3f, 0x2f, 0x3e, 0x3c, 0x2c, 0x60, 0x21, 0x32, 0x26, 0x26, 0x28,
};
static const uint8_t client_challenge[16] = {
	0x21, 0x40, 0x23, 0x24, 0x25, 0x5e, 0x26, 0x2a, 0x28, 0x29, 0x5f, 0x2b, 0x3a, 0x33, 0x7c, 0x7e,
};
static const uint8_t hash_want[16] = {
	0x44, 0xeb, 0xba, 0x8d, 0x53, 0x12, 0xb8, 0xd6, 0x11, 0x47, 0x44, 0x11, 0xf5, 0x69, 0x89, 0xae,
};
static const uint8_t response_want[24] = {
	0x82, 0x30, 0x9e, 0xcd, 0x8d, 0x70, 0x8b, 0x5e, 0xa0, 0x8f, 0xaa, 0x39,
	0x81, 0xcd, 0x83, 0x54, 0x42, 0x33, 0x11, 0x4a, 0x3d, 0x85, 0xd6, 0xdf,
};
static const uint8_t proof_want[20] = {
	0x40, 0x7a, 0x55, 0x89, 0x11, 0x5f, 0xd0, 0xd6, 0x20, 0x9f,
	0x51, 0x0f, 0xe9, 0xc0, 0x45, 0x66, 0x93, 0x2c, 0xda, 0x56,
};
/* SendStartKey128 of the server. */
static const uint8_t server_key_want[16] = {
	0x8b, 0x7c, 0xdc, 0x14, 0x9b, 0x99, 0x3a, 0x1b, 0xa1, 0x18, 0xcb, 0x15, 0x3f, 0x56, 0xdc, 0xcb,
};

static const struct mschap_round round_of_rfc = {
	.server_challenge = server_challenge, .client_challenge = client_challenge,
	.user = { .p = (const uint8_t *)"User", .len = 4 },
};

static void the_examples_of_the_rfcs(void **state)
{
	static const uint8_t zero[32];
	struct kw_secret hash = { 0 }, msk = { 0 };
	uint8_t response[MSCHAP_RESPONSE_LEN], proof[MSCHAP_PROOF_LEN];

	(void)state;
	assert_int_equal(mschap_hash(KW_SPAN_STR("clientPass"), &hash), 0);
	assert_memory_equal(hash.p, hash_want, sizeof(hash_want));
	assert_int_equal(mschap_respond(&hash, &round_of_rfc, response), 0);
	assert_memory_equal(response, response_want, sizeof(response));
	assert_int_equal(mschap_prove(&hash, &round_of_rfc, response, proof), 0);
	assert_memory_equal(proof, proof_want, sizeof(proof));
	assert_int_equal(mschap_msk(&hash, response, &msk), 0);
	assert_int_equal(msk.len, MSCHAP_MSK_LEN);
	assert_memory_equal(msk.p + 16, server_key_want, sizeof(server_key_want));
	assert_memory_not_equal(msk.p, msk.p + 16, 16);
	assert_memory_equal(msk.p + 32, zero, 32);
	kw_secret_drop(&hash);
	kw_secret_drop(&msk);
}

/* MD4 of "a" is not the hash of the password "a": two octets for each character. */
static void passwords_are_unicode(void **state)
{
	static const struct {
		const char *text;
		int ret;
	} cases[] = {
		{ "", 0 }, { "p\xc3\xa4ss", 0 }, { "\xe2\x82\xac", 0 }, { "\xf0\x9f\x94\x91", 0 },
		{ "\xff", -EINVAL }, { "\xc3", -EINVAL }, { "\xc0\xaf", -EINVAL },
		{ "\xed\xa0\x80", -EINVAL }, { "\xe0\x80\xaf", -EINVAL }, { "\xf4\x90\x80\x80", -EINVAL },
	};
	/* iconv -t UTF-16LE | openssl dgst -md4 of the euro sign */
	static const uint8_t euro[16] = {
		0x03, 0x09, 0x26, 0xb7, 0x81, 0x93, 0x8d, 0xb4, 0x36, 0x5d, 0x46, 0xad, 0xc7, 0xcf, 0xbc, 0xb8,
	};
	char long_one[258];
	struct kw_secret hash = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(mschap_hash(KW_SPAN(cases[i].text, strlen(cases[i].text)), &hash),
				 cases[i].ret);
		if (i == 2)
			assert_memory_equal(hash.p, euro, sizeof(euro));
		kw_secret_drop(&hash);
	}
	memset(long_one, 'x', sizeof(long_one));
	assert_int_equal(mschap_hash(KW_SPAN(long_one, 256), &hash), 0);
	kw_secret_drop(&hash);
	assert_int_equal(mschap_hash(KW_SPAN(long_one, 257), &hash), -EINVAL);
}

static int setup(void **state)
{
	(void)state;
	return crypto_setup();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_of_the_rfcs),
		cmocka_unit_test(passwords_are_unicode),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
