// SPDX-License-Identifier: GPL-2.0
/* Keys that stay in a token: they sign as those out of files do, and their PIN is told once. */
#include "crypto/setup.h"
#include "crypto/sign.h"
#include "softhsm.h"

#include <gnutls/x509.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/keyway-token.XXXXXX";

static const struct {
	const char *name;
	gnutls_pk_algorithm_t pk;
	unsigned int bits;
	enum key_kind kind;
} kinds[] = {
	{ "rsa", GNUTLS_PK_RSA, 2048, KEY_RSA },
	{ "p256", GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), KEY_ECDSA_256 },
	{ "p384", GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1), KEY_ECDSA_384 },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static char *path_of(char path[128], unsigned int i)
{
	snprintf(path, 128, "%s/%s.pem", dir, kinds[i].name);
	return path;
}

static int make_key(unsigned int i)
{
	gnutls_x509_privkey_t key;
	gnutls_datum_t pem;
	char path[128];
	FILE *f;
	int err;

	if (gnutls_x509_privkey_init(&key) < 0 || gnutls_x509_privkey_generate(key, kinds[i].pk, kinds[i].bits, 0) < 0 ||
	    gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem) < 0)
		return -1;
	gnutls_x509_privkey_deinit(key);
	f = fopen(path_of(path, i), "w");
	err = !f || fwrite(pem.data, 1, pem.size, f) != pem.size || fclose(f);
	gnutls_free(pem.data);
	return err ? -1 : softhsm_import(path, kinds[i].name, i + 1);
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir) || softhsm_start(dir) || crypto_setup())
		return -1;
	for (unsigned int i = 0; i < N_KINDS; i++)
		if (make_key(i))
			return -1;
	return 0;
}

static int teardown(void **state)
{
	char path[128];

	(void)state;
	for (unsigned int i = 0; i < N_KINDS; i++)
		unlink(path_of(path, i));
	return softhsm_stop(dir) || rmdir(dir);
}

static int open_key(struct sign_key **key, const char *object, const char *pin, char err[300])
{
	struct kw_secret secret = { 0 };
	char url[128];
	int ret;

	if (*pin)
		assert_int_equal(kw_secret_copy(&secret, KW_SPAN(pin, strlen(pin))), 0);
	snprintf(url, sizeof(url), "%s%s", strchr(object, ':') ? "" : SOFTHSM_URL, object);
	err[0] = '\0';
	ret = sign_key_in_token(key, url, &secret, err, 300);
	kw_secret_drop(&secret);
	return ret;
}

static struct sign_key *good_key(unsigned int i)
{
	struct sign_key *key;
	char err[300];

	if (open_key(&key, kinds[i].name, SOFTHSM_PIN, err))
		fail_msg("%s: %s", kinds[i].name, err);
	return key;
}

/* What it signs in the way that peer_hashes and pss lead to, the public key out of the file finds good. */
static int try_sign(const struct sign_key *key, const struct verify_key *pub, uint32_t peer_hashes, bool pss)
{
	const struct kw_span text = KW_SPAN_STR("what is signed"), other = KW_SPAN_STR("what is signet");
	const struct sign_scheme *scheme = sign_scheme_choose(key, peer_hashes, pss);
	uint8_t buf[1200];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	struct kw_span sig;
	char err[160];

	if (!scheme || sign_make(key, scheme, text, &w))
		return -1;
	scheme = sign_scheme_of_auth(scheme->method, kw_written(&w), &sig, err, sizeof(err));
	return !scheme || sign_verify(pub, scheme, text, sig) || !sign_verify(pub, scheme, other, sig) ? -2 : 0;
}

static void signatures_of_each_kind(void **state)
{
	static const struct {
		uint32_t hashes;
		bool pss;
	} ways[] = {
		{ 0, false },		/* the methods before RFC 7427 */
		{ HASH_BIT(HASH_SHA2_256), false }, { HASH_BIT(HASH_SHA2_512), false },
		{ HASH_BIT(HASH_SHA2_256), true }, { HASH_BIT(HASH_SHA2_384), true }, { HASH_BIT(HASH_SHA2_512), true },
	};

	(void)state;
	for (unsigned int i = 0; i < N_KINDS; i++) {
		struct sign_key *key = good_key(i), *file;
		struct verify_key *pub, *same;
		char path[128], err[300];

		assert_int_equal(sign_key_kind(key), kinds[i].kind);
		assert_int_equal(sign_key_load(&file, path_of(path, i), err, sizeof(err)), 0);
		assert_int_equal(sign_key_public(file, &pub), 0);
		assert_int_equal(sign_key_public(key, &same), 0);
		assert_true(verify_key_equal(pub, same));
		for (unsigned int k = 0; k < sizeof(ways) / sizeof(ways[0]); k++) {
			int ret = try_sign(key, pub, ways[k].hashes, ways[k].pss);

			if (ret)
				fail_msg("%s, way %u: %d", kinds[i].name, k, ret);
		}
		verify_key_free(pub);
		verify_key_free(same);
		sign_key_free(file);
		sign_key_free(key);
	}
}

/* IKEv1's: PKCS#1 over the hash alone, and the hash itself by ECDSA. */
static void signatures_over_a_hash(void **state)
{
	const struct kw_span hash = KW_SPAN_STR("twenty octets, no mor"), sha = KW_SPAN_STR("thirty-two octets of a hash, yes");
	const struct sign_scheme *scheme;
	struct sign_key *rsa = good_key(0), *ec = good_key(1);
	struct verify_key *pub;
	uint8_t buf[600];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	struct kw_span none;
	char err[160];

	(void)state;
	assert_int_equal(sign_make_bare_rsa(rsa, KW_SPAN(hash.p, 20), &w), 0);
	assert_int_equal(sign_key_public(rsa, &pub), 0);
	assert_int_equal(sign_verify_bare_rsa(pub, KW_SPAN(hash.p, 20), kw_written(&w)), 0);
	verify_key_free(pub);
	w = kw_writer(buf, sizeof(buf));
	scheme = sign_scheme_of_auth(AUTH_ECDSA_256, hash, &none, err, sizeof(err));
	assert_non_null(scheme);
	assert_int_equal(sign_make_hash(ec, scheme, sha, &w), 0);
	assert_int_equal(sign_key_public(ec, &pub), 0);
	assert_int_equal(sign_verify_hash(pub, scheme, sha, kw_written(&w)), 0);
	verify_key_free(pub);
	sign_key_free(rsa);
	sign_key_free(ec);
}

static void keys_that_are_not_there(void **state)
{
	static const struct {
		const char *object, *pin;
	} rows[] = {
		{ "none", SOFTHSM_PIN }, { "rsa", "" }, { "rsa", "1111" }, { "pkcs11:token=other;object=rsa", SOFTHSM_PIN },
		{ "file:/etc/passwd", "" }, { "pkcs11:token=keyway;object=rsa?pin-value=" SOFTHSM_PIN, "" },
		{ "pkcs11:token=keyway;object=rsa?pin-source=file:/etc/passwd", "" }, { "pkcs11:;;=", "" },
	};
	struct sign_key *key;
	char err[300];

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!open_key(&key, rows[i].object, rows[i].pin, err) || !err[0])
			fail_msg("row %u: %s", i, err);
	/* A wrong PIN was told a few times, once for each, and the token is not locked. */
	for (unsigned int i = 0; i < 2; i++)
		assert_int_not_equal(open_key(&key, "rsa", "1111", err), 0);
	sign_key_free(good_key(0));
}

static void *sign_often(void *arg)
{
	struct sign_key **key = arg;
	struct verify_key *pub;
	uintptr_t bad = 0;

	for (unsigned int i = 0; i < 10; i++) {
		bad += sign_key_public(key[i % 2], &pub) != 0;
		bad += try_sign(key[i % 2], pub, HASH_BIT(HASH_SHA2_256), false) != 0;
		verify_key_free(pub);
	}
	return (void *)bad;
}

static void several_at_once(void **state)
{
	struct sign_key *key[2] = { good_key(0), good_key(1) };
	pthread_t thread[4];
	void *bad;

	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, sign_often, key), 0);
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(thread[i], &bad), 0);
		assert_null(bad);
	}
	sign_key_free(key[0]);
	sign_key_free(key[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_of_each_kind),
		cmocka_unit_test(signatures_over_a_hash),
		cmocka_unit_test(keys_that_are_not_there),
		cmocka_unit_test(several_at_once),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
