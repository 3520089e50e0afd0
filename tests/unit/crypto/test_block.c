// SPDX-License-Identifier: GPL-2.0
/*
 * Plain CBC and CTR against RFC 3602 and 3686, and IKEv1's digests against what FIPS 180 and RFC
 * 1321 print.
 */
#include "crypto/alg.h"
#include "crypto/block.h"
#include "crypto/hash_v1.h"
#include "vectors.h"

#include <errno.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void expect_both_ways(uint16_t encr, struct kw_span key, struct kw_span iv,
			     struct kw_span plain, struct kw_span cipher)
{
	uint8_t text[256];

	memcpy(text, plain.p, plain.len);
	assert_int_equal(block_encrypt(encr, key, iv, text, plain.len), 0);
	assert_memory_equal(text, cipher.p, cipher.len);
	assert_int_equal(block_decrypt(encr, key, iv, text, plain.len), 0);
	assert_memory_equal(text, plain.p, plain.len);
}

/* RFC 3602 §4, cases 1 and 2. */
static void cbc_is_that_of_rfc3602(void **state)
{
	(void)state;
	expect_both_ways(
		ENCR_AES_CBC,
		KW_SPAN_STR("\x06\xa9\x21\x40\x36\xb8\xa1\x5b\x51\x2e\x03\xd5\x34\x12\x00\x06"),
		KW_SPAN_STR("\x3d\xaf\xba\x42\x9d\x9e\xb4\x30\xb4\x22\xda\x80\x2c\x9f\xac\x41"),
		KW_SPAN_STR("Single block msg"),
		KW_SPAN_STR("\xe3\x53\x77\x9c\x10\x79\xae\xb8\x27\x08\x94\x2d\xbe\x77\x18\x1a"));
}

/* RFC 3686 §6, case 1: nonce | IV, then a block counter. */
static void ctr_is_that_of_rfc3686(void **state)
{
	(void)state;
	expect_both_ways(
		ENCR_AES_CTR,
		KW_SPAN_STR("\xae\x68\x52\xf8\x12\x10\x67\xcc\x4b\xf7\xa5\x76\x55\x77\xf3\x9e"),
		KW_SPAN_STR("\x00\x00\x00\x30\0\0\0\0\0\0\0\0"), KW_SPAN_STR("Single block msg"),
		KW_SPAN_STR("\xe4\x09\x5d\x4f\xb7\xa7\xb3\x79\x2d\x61\x75\xa3\x26\x13\x11\xb8"));
}

/* FIPS 81 appendix C; 3DES with one key three times is DES. */
static void des_is_that_of_fips81(void **state)
{
	const struct kw_span iv = KW_SPAN_STR("\x12\x34\x56\x78\x90\xab\xcd\xef");
	const struct kw_span plain = KW_SPAN_STR("Now is the time for all ");
	const struct kw_span cipher =
		KW_SPAN_STR("\xe5\xc7\xcd\xde\x87\x2b\xf2\x7c\x43\xe9\x34\x00\x8c\x38\x9c\x0f"
			    "\x68\x37\x88\x49\x9a\x7c\x05\xf6");

	(void)state;
	expect_both_ways(ENCR_DES, KW_SPAN_STR("\x01\x23\x45\x67\x89\xab\xcd\xef"), iv, plain,
			 cipher);
	expect_both_ways(
		ENCR_3DES,
		KW_SPAN_STR("\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef"
			    "\x01\x23\x45\x67\x89\xab\xcd\xef"),
		iv, plain, cipher);
}

static void what_does_not_fit_is_refused(void **state)
{
	static const uint8_t zero[64];
	uint8_t text[64] = { 0 };

	(void)state;
	assert_int_equal(block_len(ENCR_AES_CBC, 16), 16);
	assert_int_equal(block_len(ENCR_3DES, 24), 8);
	assert_int_equal(block_len(ENCR_AES_CTR, 24), 1);
	assert_int_equal(block_len(ENCR_AES_CBC, 17), 0);
	assert_int_equal(block_len(0, 16), 0);
	assert_int_equal(
		block_decrypt(ENCR_AES_CBC, KW_SPAN(zero, 17), KW_SPAN(zero, 16), text, 16),
		-EOPNOTSUPP);
	assert_int_equal(block_decrypt(ENCR_AES_CBC, KW_SPAN(zero, 16), KW_SPAN(zero, 8), text, 16),
			 -EINVAL);
	assert_int_equal(
		block_decrypt(ENCR_AES_CBC, KW_SPAN(zero, 16), KW_SPAN(zero, 16), text, 17),
		-EINVAL);
	assert_int_equal(block_decrypt(ENCR_AES_CTR, KW_SPAN(zero, 16), KW_SPAN(zero, 8), text, 16),
			 -EINVAL);
	assert_int_equal(
		block_decrypt(ENCR_AES_CTR, KW_SPAN(zero, 20), KW_SPAN(zero, 12), text, 16),
		-EINVAL);
}

static void digests_have_ikev1_numbers(void **state)
{
	static const struct {
		uint16_t id;
		struct kw_span begins;
		size_t len;
	} rows[] = {
		{ 1, KW_SPAN_STR("\x90\x01\x50\x98\x3c\xd2\x4f\xb0"), 16 },
		{ 2, KW_SPAN_STR("\xa9\x99\x3e\x36\x47\x06\x81\x6a"), 20 },
		{ 4, KW_SPAN_STR("\xba\x78\x16\xbf\x8f\x01\xcf\xea"), 32 },
		{ 5, KW_SPAN_STR("\xcb\x00\x75\x3f\x45\xa3\x5e\x8b"), 48 },
		{ 6, KW_SPAN_STR("\xdd\xaf\x35\xa1\x93\x61\x7a\xba"), 64 },
	};
	const struct kw_span abc[] = { KW_SPAN_STR("a"), KW_SPAN_STR("bc") };
	uint8_t out[HASH_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(hash_v1_len(rows[i].id), rows[i].len);
		assert_int_equal(hash_v1_digest(rows[i].id, abc, 2, out), 0);
		assert_memory_equal(out, rows[i].begins.p, rows[i].begins.len);
	}
	assert_int_equal(hash_v1_len(3), 0);	/* Tiger */
	assert_int_equal(hash_v1_digest(3, abc, 2, out), -EOPNOTSUPP);
	assert_int_equal(hash_v1_digest(0, abc, 2, out), -EOPNOTSUPP);
	assert_int_equal(hash_v1_digest(65535, abc, 2, out), -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cbc_is_that_of_rfc3602),
		cmocka_unit_test(ctr_is_that_of_rfc3686),
		cmocka_unit_test(des_is_that_of_fips81),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(digests_have_ikev1_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
