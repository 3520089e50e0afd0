// SPDX-License-Identifier: GPL-2.0
/* DSS signatures: those that RFC 6979 prints (appendix A.2.1, A.2.2), our own, and what is none. */
#include "crypto/dss.h"
#include "crypto/setup.h"
#include "crypto/sign_lib.h"
#include "dsa.h"
#include "vectors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define Q_LEN 20	/* of an order of 160 bits */

static struct sign_key *load(gnutls_x509_privkey_t lib, int want)
{
	char path[] = "/tmp/keyway-dss-XXXXXX", err[256];
	struct sign_key *made = NULL;
	int fd = mkstemp(path);
	gnutls_datum_t pem;

	assert_true(fd >= 0);
	assert_int_equal(gnutls_x509_privkey_export2_pkcs8(lib, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem), 0);
	assert_int_equal(write(fd, pem.data, pem.size), pem.size);
	close(fd);
	assert_int_equal(sign_key_load(&made, path, err, sizeof(err)), want);
	gnutls_free(pem.data);
	gnutls_x509_privkey_deinit(lib);
	unlink(path);
	return made;
}

static struct sign_key *rfc_key(const struct dsa_group *group)
{
	return load(dsa_key(group, true), 0);
}

static struct verify_key *rfc_public(const struct dsa_group *group)
{
	struct sign_key *key = rfc_key(group);
	struct verify_key *pub;

	assert_int_equal(sign_key_public(key, &pub), 0);
	sign_key_free(key);
	return pub;
}

static struct kw_span sha1_of(const char *word, uint8_t out[DSS_HASH_LEN])
{
	assert_int_equal(gnutls_hash_fast(GNUTLS_DIG_SHA1, word, strlen(word), out), 0);
	return KW_SPAN(out, DSS_HASH_LEN);
}

static void rfc_6979_is_verified(void **state)
{
	uint8_t digest[DSS_HASH_LEN];

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct octets sample = octets_from_hex(dsa_groups[i].sample), test = octets_from_hex(dsa_groups[i].test);
		struct verify_key *key = rfc_public(&dsa_groups[i]);

		assert_int_equal(verify_key_kind(key), KEY_DSA);
		assert_int_equal(dss_verify(key, sha1_of("sample", digest), SPAN_OF(sample)), 0);
		assert_int_equal(dss_verify(key, sha1_of("sample", digest), SPAN_OF(test)), -EBADMSG);
		assert_int_equal(dss_verify(key, sha1_of("test", digest), SPAN_OF(test)), 0);
		octets_free(&sample);
		octets_free(&test);
		verify_key_free(key);
	}
}

static void what_is_signed_is_verified(void **state)
{
	uint8_t digest[DSS_HASH_LEN], sig[64];

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct verify_key *pub = rfc_public(&dsa_groups[i]);
		struct sign_key *key = rfc_key(&dsa_groups[i]);

		assert_int_equal(sign_key_kind(key), KEY_DSA);
		/* r and s are short now and then, and are filled up. */
		for (unsigned int n = 0; n < 40; n++) {
			struct kw_writer w = kw_writer(sig, sizeof(sig));

			assert_int_equal(gnutls_rnd(GNUTLS_RND_NONCE, digest, sizeof(digest)), 0);
			assert_int_equal(dss_sign(key, KW_SPAN(digest, sizeof(digest)), &w), 0);
			assert_int_equal(w.len, strlen(dsa_groups[i].q));
			assert_int_equal(dss_verify(pub, KW_SPAN(digest, sizeof(digest)), kw_written(&w)), 0);
			sig[n % w.len] ^= 1;
			assert_int_equal(dss_verify(pub, KW_SPAN(digest, sizeof(digest)), kw_written(&w)), -EBADMSG);
		}
		verify_key_free(pub);
		sign_key_free(key);
	}
}

static void what_is_none_is_refused(void **state)
{
	struct octets good = octets_from_hex(dsa_groups[0].sample), q = octets_from_hex(dsa_groups[0].q);
	struct verify_key *key = rfc_public(&dsa_groups[0]);
	uint8_t digest[DSS_HASH_LEN], forged[2 * Q_LEN + 1];
	struct kw_span hash = sha1_of("sample", digest);

	(void)state;
	memcpy(forged, good.p, good.n);
	forged[good.n] = 0;
	/* cut short, too long, nothing at all */
	for (size_t n = 0; n <= sizeof(forged); n++)
		assert_int_equal(dss_verify(key, hash, KW_SPAN(forged, n)), n == good.n ? 0 : -EBADMSG);
	for (unsigned int part = 0; part < 2; part++) {	/* r or s of nothing, and of the order */
		memcpy(forged, good.p, good.n);
		memset(forged + part * Q_LEN, 0, Q_LEN);
		assert_int_equal(dss_verify(key, hash, KW_SPAN(forged, good.n)), -EBADMSG);
		memcpy(forged + part * Q_LEN, q.p, Q_LEN);
		assert_int_equal(dss_verify(key, hash, KW_SPAN(forged, good.n)), -EBADMSG);
	}
	assert_int_equal(dss_verify(key, KW_SPAN(digest, 19), SPAN_OF(good)), -EINVAL);
	octets_free(&good);
	octets_free(&q);
	verify_key_free(key);
}

static void other_keys_are_refused(void **state)
{
	struct octets good = octets_from_hex(dsa_groups[0].sample);
	uint8_t digest[DSS_HASH_LEN], sig[64];
	struct kw_span hash = sha1_of("sample", digest);
	struct kw_writer w = kw_writer(sig, sizeof(sig));
	gnutls_x509_privkey_t lib;
	struct verify_key *pub;
	struct sign_key *key;

	(void)state;
	assert_int_equal(gnutls_x509_privkey_init(&lib), 0);
	assert_int_equal(gnutls_x509_privkey_generate(lib, GNUTLS_PK_EDDSA_ED25519, 0, 0), 0);
	key = load(lib, 0);
	assert_int_equal(sign_key_public(key, &pub), 0);
	assert_int_equal(dss_sign(key, hash, &w), -EKEYREJECTED);
	assert_int_equal(dss_verify(pub, hash, SPAN_OF(good)), -EKEYREJECTED);
	verify_key_free(pub);
	sign_key_free(key);
	/* Nobody uses DSA where its signatures name their hash. */
	key = rfc_key(&dsa_groups[0]);
	assert_null(sign_scheme_choose(key, sign_hashes_supported(), true));
	sign_key_free(key);
	assert_int_equal(gnutls_x509_privkey_init(&lib), 0);
	assert_int_equal(gnutls_x509_privkey_generate(lib, GNUTLS_PK_DSA, 512, 0), 0);
	assert_null(load(lib, -EINVAL));
	octets_free(&good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_6979_is_verified),
		cmocka_unit_test(what_is_signed_is_verified),
		cmocka_unit_test(what_is_none_is_refused),
		cmocka_unit_test(other_keys_are_refused),
	};

	return cmocka_run_group_tests(tests, vectors_start, NULL);
}
