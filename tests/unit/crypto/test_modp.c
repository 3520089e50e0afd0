// SPDX-License-Identifier: GPL-2.0
/* MODP groups that are in no table: which are taken, and key exchange in them (RFC 2409 §5.6). */
#include "crypto/alg.h"
#include "crypto/dh.h"
#include "vectors.h"

#include <errno.h>
#include <gmp.h>
#include <gnutls/gnutls.h>
#include <string.h>

static const uint8_t two = 2;

/* Of RFC 7919: safe primes that are in no table here. */
static struct modp ffdhe(const gnutls_datum_t *p, const gnutls_datum_t *g)
{
	return modp_of(KW_SPAN(p->data, p->size), KW_SPAN(g->data, g->size));
}

static struct modp ffdhe_2048(void)
{
	return ffdhe(&gnutls_ffdhe_2048_group_prime, &gnutls_ffdhe_2048_group_generator);
}

static void put(uint8_t out[], size_t n, const mpz_t v)
{
	size_t len = (mpz_sizeinbase(v, 2) + 7) / 8;

	assert_true(len <= n);
	memset(out, 0, n);
	mpz_export(out + n - len, NULL, 1, 1, 1, 0, v);
}

static void safe_primes_are_taken(void **state)
{
	const struct modp groups[] = {
		ffdhe_2048(), ffdhe(&gnutls_ffdhe_3072_group_prime, &gnutls_ffdhe_3072_group_generator),
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(groups[i].p.len, i ? 384 : 256);
		assert_null(modp_bounds(&groups[i]));
		assert_null(modp_check(&groups[i]));
	}
}

static void other_numbers_are_not(void **state)
{
	const struct modp good = ffdhe_2048();
	uint8_t p[1025], g[257];
	struct modp m;
	mpz_t n, half;

	(void)state;
	mpz_inits(n, half, NULL);
	/* Odd and of the right form, but no prime. */
	memcpy(p, good.p.p, 256);
	p[100] ^= 1;
	m = modp_of(KW_SPAN(p, 256), good.g);
	assert_null(modp_bounds(&m));
	assert_string_equal(modp_check(&m), "its prime is no safe prime");
	/* A prime with a half that is none: 2q + 1 with q = 0 mod 3 is prime for some q. */
	mpz_ui_pow_ui(n, 2, 2047);
	mpz_add_ui(n, n, 3);
	do {
		mpz_nextprime(n, n);
		mpz_fdiv_q_2exp(half, n, 1);
	} while (!mpz_tstbit(n, 1) || mpz_probab_prime_p(half, 2));
	put(p, 256, n);
	m = modp_of(KW_SPAN(p, 256), KW_SPAN(&two, 1));
	assert_null(modp_bounds(&m));
	assert_string_equal(modp_check(&m), "its prime is no safe prime");
	/* A half that is a prime, of a number that is none. */
	mpz_import(half, 256, 1, 1, 1, 0, good.p.p);
	mpz_fdiv_q_2exp(half, half, 1);
	do {
		mpz_nextprime(half, half);
		mpz_mul_2exp(n, half, 1);
		mpz_add_ui(n, n, 1);
	} while (mpz_probab_prime_p(n, 2));
	put(p, 256, n);
	m = modp_of(KW_SPAN(p, 256), KW_SPAN(&two, 1));
	assert_string_equal(modp_check(&m), "its prime is no prime");
	/* Even; 1 mod 4; too short, too long, nothing. */
	memcpy(p, good.p.p, 256);
	p[255] ^= 1;
	m = modp_of(KW_SPAN(p, 256), good.g);
	assert_string_equal(modp_bounds(&m), "its prime is no safe prime");
	p[255] ^= 3;
	m = modp_of(KW_SPAN(p, 256), good.g);
	assert_string_equal(modp_bounds(&m), "its prime is no safe prime");
	m = modp_of(KW_SPAN(good.p.p + 1, 255), good.g);
	assert_string_equal(modp_bounds(&m), "its prime has less than 2048 bits");
	m = modp_of(KW_SPAN(NULL, 0), KW_SPAN(NULL, 0));
	assert_non_null(modp_bounds(&m));
	memset(p, 0xff, sizeof(p));
	m = modp_of(KW_SPAN(p, sizeof(p)), good.g);
	assert_non_null(modp_bounds(&m));
	m = modp_of(good.p, KW_SPAN(p, sizeof(p)));
	assert_non_null(modp_bounds(&m));
	/* Generators: 0, 1, p-1, p, p+1 are none; p-2 is one, and 3. */
	for (int over = -2; over <= 1; over++) {
		mpz_import(n, 256, 1, 1, 1, 0, good.p.p);
		if (over < 0)
			mpz_sub_ui(n, n, (unsigned long)-over);
		else
			mpz_add_ui(n, n, (unsigned long)over);
		put(g, sizeof(g), n);
		m = modp_of(good.p, KW_SPAN(g, sizeof(g)));
		if (over == -2)
			assert_null(modp_bounds(&m));
		else
			assert_string_equal(modp_bounds(&m), "its generator is none");
	}
	for (uint8_t small = 0; small < 4; small++) {
		m = modp_of(good.p, KW_SPAN(&small, 1));
		assert_int_equal(modp_bounds(&m) == NULL, small > 1);
	}
	mpz_clears(n, half, NULL);
}

static void leading_zeros_do_not_count(void **state)
{
	const struct modp good = ffdhe_2048();
	uint8_t p[260] = { 0 }, g[] = { 0, 0, 2 };
	struct modp m;

	(void)state;
	memcpy(p + 4, good.p.p, 256);
	m = modp_of(KW_SPAN(p, sizeof(p)), KW_SPAN(g, sizeof(g)));
	assert_true(modp_equal(&m, &good));
	m = modp_of(KW_SPAN(p, sizeof(p)), KW_SPAN(g, 2));
	assert_false(modp_equal(&m, &good));
}

/* g^x as GMP has it, and the same secret on both sides, as long as the prime. */
static void key_exchange(void **state)
{
	const uint8_t three = 3;
	const struct modp base_2 = ffdhe_2048(), base_3 = modp_of(base_2.p, KW_SPAN(&three, 1));
	struct kw_secret sa = { 0 }, sb = { 0 };
	struct dh *a, *b, *c;

	(void)state;
	assert_int_equal(dh_new_of(&a, &base_2), 0);
	assert_int_equal(dh_new_of(&b, &base_2), 0);
	assert_int_equal(dh_new_of(&c, &base_3), 0);
	assert_int_equal(dh_group(a), KE_PRIVATE);
	assert_int_equal(dh_public(a).len, 256);
	assert_int_equal(dh_shared(a, dh_public(b), &sa), 0);
	assert_int_equal(dh_shared(b, dh_public(a), &sb), 0);
	assert_int_equal(sa.len, 256);
	assert_true(kw_secret_equal(&sa, kw_secret_expose(&sb)));
	kw_secret_drop(&sa);
	kw_secret_drop(&sb);
	/* Another base makes no difference to who has the other's value, but is another base. */
	assert_int_equal(dh_shared(a, dh_public(c), &sa), 0);
	assert_int_equal(dh_shared(c, dh_public(a), &sb), 0);
	assert_false(kw_secret_equal(&sa, kw_secret_expose(&sb)));
	kw_secret_drop(&sa);
	kw_secret_drop(&sb);
	dh_free(a);
	dh_free(b);
	dh_free(c);
}

/* RFC 6989 §2.1, in a group of this kind too: 0, 1, p-1, p, and values of another length. */
static void degenerate_values_are_refused(void **state)
{
	const struct modp m = ffdhe_2048();
	struct kw_secret out = { 0 };
	uint8_t peer[257];
	struct dh *dh;
	mpz_t n;

	(void)state;
	mpz_init(n);
	assert_int_equal(dh_new_of(&dh, &m), 0);
	for (int which = 0; which < 4; which++) {
		mpz_import(n, 256, 1, 1, 1, 0, m.p.p);
		if (which < 2)
			mpz_set_ui(n, (unsigned long)which);
		else
			mpz_sub_ui(n, n, (unsigned long)(3 - which));
		put(peer, 256, n);
		assert_int_equal(dh_shared(dh, KW_SPAN(peer, 256), &out), -EINVAL);
	}
	memcpy(peer, dh_public(dh).p, 256);
	assert_int_equal(dh_shared(dh, KW_SPAN(peer, 255), &out), -EINVAL);
	assert_int_equal(dh_shared(dh, KW_SPAN(peer, 257), &out), -EINVAL);
	assert_null(out.p);
	dh_free(dh);
	mpz_clear(n);
}

static void what_cannot_be_a_group_makes_no_values(void **state)
{
	struct modp m = ffdhe_2048();
	struct dh *dh = NULL;

	(void)state;
	m.p.len = 128;
	assert_int_equal(dh_new_of(&dh, &m), -EINVAL);
	assert_null(dh);
}

static void a_file_of_openssl(void **state)
{
	const struct modp good = ffdhe_2048();
	gnutls_dh_params_t params;
	gnutls_datum_t pem;
	struct modp m = { .p = { 0 } };

	(void)state;
	assert_int_equal(gnutls_dh_params_init(&params), 0);
	assert_int_equal(gnutls_dh_params_import_raw(params, &gnutls_ffdhe_2048_group_prime,
						     &gnutls_ffdhe_2048_group_generator), 0);
	assert_int_equal(gnutls_dh_params_export2_pkcs3(params, GNUTLS_X509_FMT_PEM, &pem), 0);
	assert_int_equal(modp_parse(&m, KW_SPAN(pem.data, pem.size)), 0);
	assert_true(modp_equal(&m, &good));
	modp_drop(&m);
	assert_int_equal(m.p.len, 0);
	assert_int_equal(modp_parse(&m, KW_SPAN(pem.data, pem.size / 2)), -EBADMSG);
	assert_int_equal(modp_parse(&m, KW_SPAN_STR("2048 bits")), -EBADMSG);
	assert_null(m.p.p);
	gnutls_free(pem.data);
	gnutls_dh_params_deinit(params);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(safe_primes_are_taken),
		cmocka_unit_test(other_numbers_are_not),
		cmocka_unit_test(leading_zeros_do_not_count),
		cmocka_unit_test(key_exchange),
		cmocka_unit_test(degenerate_values_are_refused),
		cmocka_unit_test(what_cannot_be_a_group_makes_no_values),
		cmocka_unit_test(a_file_of_openssl),
	};

	return cmocka_run_group_tests(tests, vectors_start, NULL);
}
