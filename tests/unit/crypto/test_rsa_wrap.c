// SPDX-License-Identifier: GPL-2.0
/* RSA encryption by PKCS#1 v1.5, and what comes out where the padding is wrong (RFC 8017 §7.2). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <gmp.h>
#include <gnutls/x509.h>

#include "crypto/rand.h"
#include "crypto/rsa_wrap.h"
#include "crypto/setup.h"
#include "crypto/sign_lib.h"

#define MODULUS 256	/* octets */
#define TEXT 32

static struct sign_key *key, *small;
static struct verify_key *pub;

static struct sign_key *make(unsigned int bits, gnutls_pk_algorithm_t type)
{
	char path[] = "/tmp/keyway-rsa-XXXXXX", err[256];
	gnutls_datum_t pem;
	gnutls_x509_privkey_t lib;
	struct sign_key *made;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	gnutls_x509_privkey_init(&lib);
	assert_int_equal(gnutls_x509_privkey_generate(lib, type, bits, 0), 0);
	assert_int_equal(gnutls_x509_privkey_export2(lib, GNUTLS_X509_FMT_PEM, &pem), 0);
	assert_int_equal(write(fd, pem.data, pem.size), pem.size);
	close(fd);
	assert_int_equal(sign_key_load(&made, path, err, sizeof(err)), 0);
	gnutls_free(pem.data);
	gnutls_x509_privkey_deinit(lib);
	unlink(path);
	return made;
}

static int setup(void **state)
{
	(void)state;
	if (crypto_setup())
		return -1;
	key = make(8 * MODULUS, GNUTLS_PK_RSA);
	small = make(GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), GNUTLS_PK_ECDSA);
	return sign_key_public(key, &pub);
}

static int teardown(void **state)
{
	(void)state;
	verify_key_free(pub);
	sign_key_free(key);
	sign_key_free(small);
	return 0;
}

static void what_is_wrapped_comes_out(void **state)
{
	uint8_t text[TEXT], wrapped[MODULUS], out[TEXT];

	(void)state;
	for (unsigned int i = 0; i < 50; i++) {
		struct kw_writer w = kw_writer(wrapped, sizeof(wrapped));

		rand_bytes(text, sizeof(text));
		assert_int_equal(rsa_wrap(pub, KW_SPAN(text, sizeof(text)), &w), 0);
		assert_int_equal(w.len, MODULUS);
		rsa_unwrap(key, kw_written(&w), out, sizeof(out));
		assert_memory_equal(out, text, sizeof(text));
	}
}

/* The public half of RSA, without anybody's padding. */
static void raw(const uint8_t block[MODULUS], uint8_t out[MODULUS])
{
	gnutls_datum_t n, e;
	mpz_t m, modulus, exponent;
	size_t len;

	assert_int_equal(gnutls_pubkey_export_rsa_raw(verify_key_lib(pub), &n, &e), 0);
	mpz_inits(m, modulus, exponent, NULL);
	mpz_import(m, MODULUS, 1, 1, 0, 0, block);
	mpz_import(modulus, n.size, 1, 1, 0, 0, n.data);
	mpz_import(exponent, e.size, 1, 1, 0, 0, e.data);
	mpz_powm(m, m, exponent, modulus);
	len = (mpz_sizeinbase(m, 2) + 7) / 8;
	memset(out, 0, MODULUS);
	mpz_export(out + MODULUS - len, NULL, 1, 1, 0, 0, m);
	mpz_clears(m, modulus, exponent, NULL);
	gnutls_free(n.data);
	gnutls_free(e.data);
}

/* 00 02, octets that are not zero, 00, the text; then with one thing wrong. */
static void block(uint8_t out[MODULUS], unsigned int wrong)
{
	memset(out, 0x5a, MODULUS);
	out[0] = 0;
	out[1] = 2;
	out[MODULUS - TEXT - 1] = 0;
	switch (wrong) {
	case 1:
		out[1] = 1;
		break;
	case 2:
		out[0] = 1;
		break;
	case 3:		/* fewer than eight octets of padding */
		out[5] = 0;
		break;
	case 4:		/* the text is longer, ... */
		out[MODULUS - TEXT - 2] = 0;
		break;
	case 5:		/* ... shorter, ... */
		out[MODULUS - TEXT - 1] = 7;
		out[MODULUS - TEXT] = 0;
		break;
	case 6:		/* ... or there is none */
		out[MODULUS - TEXT - 1] = 7;
		break;
	default:
		break;
	}
}

static void wrong_padding_gives_random_octets(void **state)
{
	uint8_t in[MODULUS], wrapped[MODULUS], text[TEXT], one[TEXT], two[TEXT];

	(void)state;
	memset(text, 0x5a, sizeof(text));
	for (unsigned int wrong = 0; wrong < 7; wrong++) {
		block(in, wrong);
		raw(in, wrapped);
		rsa_unwrap(key, KW_SPAN(wrapped, MODULUS), one, sizeof(one));
		rsa_unwrap(key, KW_SPAN(wrapped, MODULUS), two, sizeof(two));
		if (wrong == 0)
			assert_memory_equal(one, text, sizeof(text));
		else
			assert_memory_not_equal(one, two, sizeof(one));
	}
}

static void what_is_no_ciphertext_gives_random_octets(void **state)
{
	static const size_t lens[] = { 0, 1, MODULUS - 1, MODULUS, MODULUS + 1 };
	uint8_t in[MODULUS + 1], one[TEXT], two[TEXT];

	(void)state;
	memset(in, 0xff, sizeof(in));
	for (unsigned int i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		rsa_unwrap(key, KW_SPAN(in, lens[i]), one, sizeof(one));
		rsa_unwrap(key, KW_SPAN(in, lens[i]), two, sizeof(two));
		assert_memory_not_equal(one, two, sizeof(one));
	}
	rsa_unwrap(small, KW_SPAN(in, MODULUS), one, sizeof(one));
	rsa_unwrap(small, KW_SPAN(in, MODULUS), two, sizeof(two));
	assert_memory_not_equal(one, two, sizeof(one));
}

static void what_cannot_be_wrapped_is_refused(void **state)
{
	uint8_t text[MODULUS] = { 1 }, wrapped[2 * MODULUS];
	struct kw_writer w = kw_writer(wrapped, sizeof(wrapped));
	struct verify_key *ec;

	(void)state;
	assert_int_equal(rsa_wrap(pub, KW_SPAN(text, MODULUS - 11), &w), 0);
	assert_int_equal(rsa_wrap(pub, KW_SPAN(text, MODULUS - 10), &w), -EMSGSIZE);
	assert_int_equal(sign_key_public(small, &ec), 0);
	assert_int_equal(rsa_wrap(ec, KW_SPAN(text, TEXT), &w), -EKEYREJECTED);
	verify_key_free(ec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrapped_comes_out),
		cmocka_unit_test(wrong_padding_gives_random_octets),
		cmocka_unit_test(what_is_no_ciphertext_gives_random_octets),
		cmocka_unit_test(what_cannot_be_wrapped_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
