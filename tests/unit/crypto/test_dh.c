// SPDX-License-Identifier: GPL-2.0
/* Key exchange against RFC 5903, RFC 8031, Wycheproof, and every value that RFC 6989 refuses. */
#include "crypto/alg.h"
#include "crypto/dh.h"
#include "vectors.h"

#include <errno.h>
#include <gmp.h>
#include <sodium.h>
#include <string.h>

static const uint16_t modp_groups[] = { 2, 5, 14, 15, 16, 17, 18 };
static const uint16_t ecp_groups[] = { 19, 20, 21 };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct dh *with_private(uint16_t group, struct octets priv)
{
	struct dh *dh = NULL;

	assert_int_equal(dh_new_with_private(&dh, group, SPAN_OF(priv)), 0);
	return dh;
}

static void expect_shared(const struct dh *dh, struct kw_span peer, struct kw_span want)
{
	struct kw_secret got = { 0 };

	assert_int_equal(dh_shared(dh, peer, &got), 0);
	assert_true(kw_secret_equal(&got, want));
	kw_secret_drop(&got);
}

static struct octets joined(const json_t *o, const char *x, const char *y)
{
	struct octets a = hex_of(o, x), b = hex_of(o, y), both = { .n = a.n + b.n };

	both.p = malloc(both.n);
	memcpy(both.p, a.p, a.n);
	memcpy(both.p + a.n, b.p, b.n);
	octets_free(&a);
	octets_free(&b);
	return both;
}

static void rfc5903_both_sides_agree(void **state)
{
	json_t *root = vectors_load("rfc/rfc5903-ecp.json"), *c;
	size_t i;

	(void)state;
	assert_int_equal(json_array_size(json_object_get(root, "cases")), COUNT(ecp_groups));
	json_array_foreach(json_object_get(root, "cases"), i, c) {
		struct octets pi = hex_of(c, "i"), pr = hex_of(c, "r"), x = hex_of(c, "girx");
		struct octets gi = joined(c, "gix", "giy"), gr = joined(c, "grx", "gry");
		struct dh *di = with_private(ecp_groups[i], pi), *dr = with_private(ecp_groups[i], pr);

		assert_true(kw_span_equal(dh_public(di), SPAN_OF(gi)));
		assert_true(kw_span_equal(dh_public(dr), SPAN_OF(gr)));
		expect_shared(di, SPAN_OF(gr), SPAN_OF(x));
		expect_shared(dr, SPAN_OF(gi), SPAN_OF(x));
		dh_free(di);
		dh_free(dr);
		octets_free(&pi);
		octets_free(&pr);
		octets_free(&x);
		octets_free(&gi);
		octets_free(&gr);
	}
	json_decref(root);
}

static void rfc8031_both_sides_agree(void **state)
{
	json_t *root = vectors_load("rfc/rfc8031-x25519.json");
	struct octets pi = hex_of(root, "priv_i"), pr = hex_of(root, "priv_r");
	struct octets gi = hex_of(root, "pub_i"), gr = hex_of(root, "pub_r");
	struct octets shared = hex_of(root, "shared");
	struct dh *di = with_private(KE_CURVE25519, pi), *dr = with_private(KE_CURVE25519, pr);

	(void)state;
	assert_true(kw_span_equal(dh_public(di), SPAN_OF(gi)));
	assert_true(kw_span_equal(dh_public(dr), SPAN_OF(gr)));
	expect_shared(di, SPAN_OF(gr), SPAN_OF(shared));
	expect_shared(dr, SPAN_OF(gi), SPAN_OF(shared));
	dh_free(di);
	dh_free(dr);
	octets_free(&pi);
	octets_free(&pr);
	octets_free(&gi);
	octets_free(&gr);
	octets_free(&shared);
	json_decref(root);
}

/* It is computed on another curve: against the way that stays on this one. */
static void x25519_public_values_are_right(void **state)
{
	uint8_t priv[32], want[32];

	(void)state;
	for (unsigned int i = 0; i < 300; i++) {
		struct dh *dh;

		randombytes_buf(priv, sizeof(priv));
		memset(priv, i & 1 ? 0xff : 0, i % 32);
		assert_int_equal(crypto_scalarmult_curve25519_base(want, priv), 0);
		assert_int_equal(dh_new_with_private(&dh, KE_CURVE25519, KW_SPAN(priv, sizeof(priv))), 0);
		assert_true(kw_span_equal(dh_public(dh), KW_SPAN(want, sizeof(want))));
		dh_free(dh);
	}
}

/* A zero result must be refused whatever Wycheproof thinks of it; all else must be computed. */
static void one_xdh(const json_t *group, const json_t *test, enum wycheproof_result result, void *ctx)
{
	const uint16_t *ke = ctx;
	struct octets priv = hex_of(test, "private"), pub = hex_of(test, "public");
	struct octets want = hex_of(test, "shared");
	struct dh *dh = with_private(*ke, priv);
	struct kw_secret got = { 0 };
	bool zero = true;
	int ret;

	(void)group;
	for (size_t i = 0; i < want.n; i++)
		zero = zero && want.p[i] == 0;
	ret = dh_shared(dh, SPAN_OF(pub), &got);
	if (pub.n != dh_public_len(*ke) || zero || result == WYCHEPROOF_INVALID) {
		assert_int_equal(ret, -EINVAL);
		assert_null(got.p);
	} else {
		assert_int_equal(ret, 0);
		assert_true(kw_secret_equal(&got, SPAN_OF(want)));
	}
	kw_secret_drop(&got);
	dh_free(dh);
	octets_free(&priv);
	octets_free(&pub);
	octets_free(&want);
}

static void x25519_wycheproof(void **state)
{
	uint16_t ke = KE_CURVE25519;
	struct wycheproof seen = wycheproof_each("wycheproof/x25519_test.json", one_xdh, &ke);

	(void)state;
	assert_true(seen.valid > 200 && seen.acceptable > 200);
}

static void x448_wycheproof(void **state)
{
	uint16_t ke = KE_CURVE448;
	struct wycheproof seen = wycheproof_each("wycheproof/x448_test.json", one_xdh, &ke);

	(void)state;
	assert_true(seen.valid > 200 && seen.invalid > 10);
}

/* Wycheproof writes points as 04 | x | y; what cannot be written as x | y is left to the length check. */
static void one_ecp(const json_t *group, const json_t *test, enum wycheproof_result result, void *ctx)
{
	const uint16_t *ke = ctx;
	struct octets priv = hex_of(test, "private"), pub = hex_of(test, "public");
	struct octets want = hex_of(test, "shared");
	bool plain = pub.n && pub.p[0] == 4 && pub.n == 1 + dh_public_len(*ke);
	struct kw_secret got = { 0 };
	struct dh *dh;
	int ret;

	(void)group;
	dh = with_private(*ke, priv);
	ret = dh_shared(dh, plain ? KW_SPAN(pub.p + 1, pub.n - 1) : SPAN_OF(pub), &got);
	if (result == WYCHEPROOF_VALID && plain) {
		assert_int_equal(ret, 0);
		assert_true(kw_secret_equal(&got, SPAN_OF(want)));
	} else {
		assert_int_equal(ret, -EINVAL);
	}
	kw_secret_drop(&got);
	dh_free(dh);
	octets_free(&priv);
	octets_free(&pub);
	octets_free(&want);
}

static void ecp_wycheproof(void **state)
{
	static const char * const files[] = {
		"wycheproof/ecdh_secp256r1_ecpoint_test.json",
		"wycheproof/ecdh_secp384r1_ecpoint_test.json",
		"wycheproof/ecdh_secp521r1_ecpoint_test.json",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		uint16_t ke = ecp_groups[i];
		struct wycheproof seen = wycheproof_each(files[i], one_ecp, &ke);

		assert_true(seen.valid > 300 && seen.invalid > 10);
	}
}

static void two_fresh_values_agree_in_every_group(void **state)
{
	const struct alg *table;
	size_t n, tried = 0;

	(void)state;
	table = alg_table(&n);
	for (size_t i = 0; i < n; i++) {
		struct kw_secret sa = { 0 }, sb = { 0 };
		struct dh *a, *b;

		if (table[i].type != TRANSFORM_KE || table[i].id == KE_NONE)
			continue;
		assert_true(dh_supported(table[i].id));
		assert_int_equal(dh_public_len(table[i].id), table[i].out_len);
		assert_int_equal(dh_new(&a, table[i].id), 0);
		assert_int_equal(dh_new(&b, table[i].id), 0);
		assert_int_equal(dh_group(a), table[i].id);
		assert_int_equal(dh_public(a).len, table[i].out_len);
		assert_false(kw_span_equal(dh_public(a), dh_public(b)));
		assert_int_equal(dh_shared(a, dh_public(b), &sa), 0);
		assert_int_equal(dh_shared(b, dh_public(a), &sb), 0);
		assert_true(kw_secret_equal(&sa, kw_secret_expose(&sb)));
		kw_secret_drop(&sa);
		kw_secret_drop(&sb);
		dh_free(a);
		dh_free(b);
		tried++;
	}
	assert_int_equal(tried, 12);
}

/* g^x for x = the group's bit length is the first power of two that wraps: it is 2^n - p, so p is known. */
static void modp_prime_of(mpz_t p, uint16_t group)
{
	size_t bits = 8 * dh_public_len(group);
	uint8_t x[2] = { (uint8_t)(bits >> 8), (uint8_t)bits };
	struct dh *dh = NULL;
	mpz_t rest;

	assert_int_equal(dh_new_with_private(&dh, group, KW_SPAN(x, 2)), 0);
	mpz_init(rest);
	mpz_import(rest, dh_public(dh).len, 1, 1, 1, 0, dh_public(dh).p);
	mpz_ui_pow_ui(p, 2, bits);
	mpz_sub(p, p, rest);
	mpz_clear(rest);
	dh_free(dh);
}

/* One wrong digit of pi or one wrong constant, and it would not be a prime. */
static void modp_primes_are_safe_primes(void **state)
{
	mpz_t p, top;

	(void)state;
	mpz_inits(p, top, NULL);
	for (size_t i = 0; i < COUNT(modp_groups); i++) {
		size_t bits = 8 * dh_public_len(modp_groups[i]);
		int rounds = bits > 4096 ? 1 : 3;

		modp_prime_of(p, modp_groups[i]);
		assert_int_equal(mpz_sizeinbase(p, 2), bits);
		/* RFC 2412 E: the high and low 64 bits are ones. */
		mpz_fdiv_q_2exp(top, p, bits - 64);
		assert_true(mpz_cmp_ui(top, UINT64_MAX) == 0);
		mpz_fdiv_r_2exp(top, p, 64);
		assert_true(mpz_cmp_ui(top, UINT64_MAX) == 0);
		assert_true(mpz_probab_prime_p(p, rounds) > 0);
		mpz_fdiv_q_2exp(p, p, 1);
		assert_true(mpz_probab_prime_p(p, rounds) > 0);
	}
	mpz_clears(p, top, NULL);
}

/* A small power, by hand: private 5 with peer 3 is 243, and left-padded. */
static void modp_result_is_padded_to_the_prime(void **state)
{
	uint8_t five = 5, peer[256] = { [255] = 3 }, want[256] = { [255] = 243 };
	struct dh *dh;

	(void)state;
	assert_int_equal(dh_new_with_private(&dh, KE_MODP_2048, KW_SPAN(&five, 1)), 0);
	assert_int_equal(dh_public(dh).len, 256);
	assert_int_equal(dh_public(dh).p[255], 32);
	expect_shared(dh, KW_SPAN(peer, 256), KW_SPAN(want, 256));
	dh_free(dh);
}

static void expect_refused(uint16_t group, struct kw_span peer)
{
	struct kw_secret out = { 0 };
	size_t before = kw_secret_live();
	struct dh *dh;

	assert_int_equal(dh_new(&dh, group), 0);
	assert_int_equal(dh_shared(dh, peer, &out), -EINVAL);
	assert_null(out.p);
	dh_free(dh);
	assert_int_equal(kw_secret_live(), before);
}

static void put_mpz(uint8_t *out, size_t n, const mpz_t v)
{
	size_t len = (mpz_sizeinbase(v, 2) + 7) / 8;

	memset(out, 0, n);
	mpz_export(out + n - len, NULL, 1, 1, 1, 0, v);
}

static void modp_degenerate_values_are_refused(void **state)
{
	uint8_t peer[DH_PUBLIC_MAX];
	struct kw_secret out = { 0 };
	struct dh *dh;
	mpz_t p, v;

	(void)state;
	mpz_inits(p, v, NULL);
	for (size_t i = 0; i < COUNT(modp_groups); i++) {
		size_t n = dh_public_len(modp_groups[i]);

		modp_prime_of(p, modp_groups[i]);
		memset(peer, 0, n);
		expect_refused(modp_groups[i], KW_SPAN(peer, n));		/* 0 */
		peer[n - 1] = 1;
		expect_refused(modp_groups[i], KW_SPAN(peer, n));		/* 1 */
		for (int over = -1; over <= 1; over++) {			/* p-1, p, p+1 */
			mpz_set(v, p);
			if (over < 0)
				mpz_sub_ui(v, v, 1);
			else
				mpz_add_ui(v, v, (unsigned long)over);
			put_mpz(peer, n, v);
			expect_refused(modp_groups[i], KW_SPAN(peer, n));
		}
		memset(peer, 0xff, n);
		expect_refused(modp_groups[i], KW_SPAN(peer, n));		/* 2^bits - 1 */

		/* The nearest values that are fine: 2 and p-2. */
		assert_int_equal(dh_new(&dh, modp_groups[i]), 0);
		memset(peer, 0, n);
		peer[n - 1] = 2;
		expect_shared(dh, KW_SPAN(peer, n), dh_public(dh));
		mpz_sub_ui(v, p, 2);
		put_mpz(peer, n, v);
		assert_int_equal(dh_shared(dh, KW_SPAN(peer, n), &out), 0);
		kw_secret_drop(&out);
		dh_free(dh);
	}
	mpz_clears(p, v, NULL);
}

static void every_other_length_is_refused(void **state)
{
	static uint8_t peer[DH_PUBLIC_MAX + 64] = { 2 };
	static const uint16_t groups[] = { 14, 19, 20, 21, 31, 32 };
	struct kw_secret out = { 0 };
	struct dh *dh;

	(void)state;
	for (size_t i = 0; i < COUNT(groups); i++) {
		assert_int_equal(dh_new(&dh, groups[i]), 0);
		for (size_t n = 0; n < sizeof(peer); n++) {
			if (n != dh_public_len(groups[i]))
				assert_int_equal(dh_shared(dh, KW_SPAN(peer, n), &out), -EINVAL);
		}
		dh_free(dh);
	}
}

static void ecp_point_off_the_curve_is_refused(void **state)
{
	uint8_t point[132];
	struct dh *dh;

	(void)state;
	for (size_t i = 0; i < COUNT(ecp_groups); i++) {
		size_t n = dh_public_len(ecp_groups[i]);

		assert_int_equal(dh_new(&dh, ecp_groups[i]), 0);
		for (size_t at = 0; at < n; at += 7) {
			memcpy(point, dh_public(dh).p, n);
			point[at] ^= 1;
			expect_refused(ecp_groups[i], KW_SPAN(point, n));
		}
		memset(point, 0, n);
		expect_refused(ecp_groups[i], KW_SPAN(point, n));
		memset(point, 0xff, n);
		expect_refused(ecp_groups[i], KW_SPAN(point, n));
		dh_free(dh);
	}
}

static void unusable_private_values_are_refused(void **state)
{
	uint8_t zero[66] = { 0 }, ones[66];
	struct dh *dh;

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(dh_new_with_private(&dh, KE_MODP_2048, KW_SPAN(zero, 32)), -EINVAL);
	assert_int_equal(dh_new_with_private(&dh, KE_ECP_256, KW_SPAN(zero, 32)), -EINVAL);
	assert_int_equal(dh_new_with_private(&dh, KE_ECP_256, KW_SPAN(ones, 32)), -EINVAL);
	assert_int_equal(dh_new_with_private(&dh, KE_ECP_521, KW_SPAN(ones, 66)), -EINVAL);
	assert_int_equal(dh_new_with_private(&dh, KE_CURVE25519, KW_SPAN(ones, 31)), -EINVAL);
	assert_int_equal(dh_new_with_private(&dh, KE_CURVE448, KW_SPAN(ones, 57)), -EINVAL);
	assert_int_equal(dh_new(&dh, 22), -EOPNOTSUPP);
	assert_int_equal(dh_new(&dh, KE_NONE), -EOPNOTSUPP);
	assert_false(dh_supported(1));
	assert_int_equal(dh_public_len(1), 0);
	assert_int_equal(kw_secret_live(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc5903_both_sides_agree),
		cmocka_unit_test(rfc8031_both_sides_agree),
		cmocka_unit_test(x25519_public_values_are_right),
		cmocka_unit_test(x25519_wycheproof),
		cmocka_unit_test(x448_wycheproof),
		cmocka_unit_test(ecp_wycheproof),
		cmocka_unit_test(two_fresh_values_agree_in_every_group),
		cmocka_unit_test(modp_primes_are_safe_primes),
		cmocka_unit_test(modp_result_is_padded_to_the_prime),
		cmocka_unit_test(modp_degenerate_values_are_refused),
		cmocka_unit_test(every_other_length_is_refused),
		cmocka_unit_test(ecp_point_off_the_curve_is_refused),
		cmocka_unit_test(unusable_private_values_are_refused),
	};

	return cmocka_run_group_tests(tests, vectors_start, NULL);
}
