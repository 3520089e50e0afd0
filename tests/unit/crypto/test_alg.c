// SPDX-License-Identifier: GPL-2.0
/* The algorithm table: unambiguous names, lengths that agree with the code, and what peers see of it. */
#include "crypto/alg.h"
#include "crypto/dh.h"
#include "crypto/prf.h"
#include "crypto/rand.h"
#include "vectors.h"

#include <stdio.h>
#include <string.h>

static const struct alg *table;
static size_t n_alg;

static void ids_and_names_are_unique_within_a_type(void **state)
{
	(void)state;
	assert_true(n_alg > 30);
	for (size_t i = 0; i < n_alg; i++) {
		const struct alg *a = &table[i];

		assert_ptr_equal(alg_find(a->type, a->id), a);
		assert_ptr_equal(alg_by_name(a->type, a->name), a);
		for (size_t k = 0; k < i; k++)
			assert_false(table[k].type == a->type &&
				     (table[k].id == a->id || strcmp(table[k].name, a->name) == 0));
	}
	assert_null(alg_find(TRANSFORM_ENCR, 999));
	assert_null(alg_find(0, ENCR_AES_CBC));
	assert_null(alg_by_name(TRANSFORM_ENCR, "aes"));
	assert_null(alg_by_name(TRANSFORM_PRF, "aes-cbc"));
	assert_null(alg_by_name(TRANSFORM_ENCR, ""));
}

/* Types share one namespace in a proposal string: "aes-cbc-256-hmac-sha2-256-128" has one reading. */
static void a_name_with_a_key_size_has_one_reading(void **state)
{
	char text[ALG_STRLEN], other[ALG_STRLEN];

	(void)state;
	for (size_t i = 0; i < n_alg; i++) {
		for (size_t b = 0; b < 4; b++) {
			if (b && !table[i].key_bits[b])
				continue;
			alg_print(text, table[i].type, table[i].id, table[i].key_bits[b]);
			for (size_t k = 0; k < n_alg; k++) {
				if (k == i || strcmp(table[k].name, "none") == 0)
					continue;
				for (size_t c = 0; c < 4; c++) {
					alg_print(other, table[k].type, table[k].id, table[k].key_bits[c]);
					assert_string_not_equal(text, other);
				}
			}
		}
	}
}

static void printed_as_in_config(void **state)
{
	static const struct { uint8_t type; uint16_t id, bits; const char *text; } rows[] = {
		{ TRANSFORM_ENCR, ENCR_AES_GCM_16, 256, "aes-gcm-16-256" },
		{ TRANSFORM_ENCR, ENCR_CHACHA20_POLY1305, 0, "chacha20-poly1305" },
		{ TRANSFORM_INTEG, INTEG_HMAC_SHA2_256_128, 0, "hmac-sha2-256-128" },
		{ TRANSFORM_KE, KE_CURVE25519, 0, "x25519" },
		{ TRANSFORM_KE, KE_MODP_2048, 0, "modp-2048" },
		{ TRANSFORM_PRF, PRF_HMAC_MD5, 0, "prf-hmac-md5" },
		{ TRANSFORM_KE, 22, 0, "modp-1024-160" },
		{ TRANSFORM_ESN, ESN_NONE, 0, "no-esn" },
		{ TRANSFORM_ENCR, 99, 0, "encryption 99" },
		{ TRANSFORM_ENCR, 65535, 65535, "encryption 65535-65535" },
		{ TRANSFORM_KE, 65535, 0, "key exchange 65535" },
		{ TRANSFORM_KE, KE_PRIVATE, 0, "private" },
		{ 13, 1, 0, "transform 1" },
		{ TRANSFORM_ADDKE1, KE_ECP_384, 0, "ke1-ecp-384" },
		{ TRANSFORM_ADDKE7, 999, 0, "additional key exchange 999" },
	};
	char buf[ALG_STRLEN];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(alg_print(buf, rows[i].type, rows[i].id, rows[i].bits), rows[i].text);
	assert_string_equal(transform_type_name(TRANSFORM_KE), "key exchange");
	assert_string_equal(transform_type_name(0), "transform");
	assert_string_equal(transform_type_name(200), "transform");
}

/* RFC 4106, 4309, 7634, 3602, 2451: key and salt octets of one direction. */
static void keying_material(void **state)
{
	static const struct { uint16_t id, bits; size_t len; } rows[] = {
		{ ENCR_AES_GCM_16, 128, 20 }, { ENCR_AES_GCM_16, 256, 36 }, { ENCR_AES_CCM_8, 192, 27 },
		{ ENCR_CHACHA20_POLY1305, 0, 36 }, { ENCR_AES_CBC, 256, 32 }, { ENCR_AES_CTR, 128, 20 },
		{ ENCR_3DES, 0, 24 }, { ENCR_NULL, 0, 0 }, { ENCR_CAMELLIA_CBC, 192, 24 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(alg_encr_keymat(alg_find(TRANSFORM_ENCR, rows[i].id), rows[i].bits), rows[i].len);
}

static void lengths_agree_with_the_code(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_alg; i++) {
		const struct alg *a = &table[i];

		if (a->type == TRANSFORM_PRF && a->ike) {
			assert_int_equal(a->out_len, prf_len(a->id));
			assert_int_equal(a->key_len, prf_key_len(a->id));
		} else if (a->type == TRANSFORM_KE && a->ike) {
			assert_int_equal(a->out_len, dh_public_len(a->id));
		} else if (a->type == TRANSFORM_ENCR) {
			assert_int_equal(a->key_attr, a->key_bits[0] != 0);
			assert_true(a->block_len >= 1 && a->iv_len <= 16);
			assert_int_equal(a->aead, a->icv_len != 0);
		}
	}
}

/* RFC 4543 §4: of AH alone, key and salt together; what protects ESP or IKE by integrity protects AH too. */
static void ah_has_integrity_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_alg; i++) {
		const struct alg *a = &table[i];
		bool gmac = a->type == TRANSFORM_INTEG && a->id >= INTEG_AES_128_GMAC && a->id <= INTEG_AES_256_GMAC;

		assert_int_equal(a->ah, a->type == TRANSFORM_INTEG && a->id != INTEG_NONE);
		if (gmac)
			assert_int_equal(a->key_len, 20 + 8 * (a->id - INTEG_AES_128_GMAC));
		if (gmac)
			assert_false(a->ike || a->esp);
	}
	assert_null(alg_why_not("aes-192-gmac"));
}

/* RFC 8247, RFC 8221: MUST NOT and below stand behind a switch. */
static void weak_ones_are_marked(void **state)
{
	static const struct { uint8_t type; uint16_t id; bool legacy; } rows[] = {
		{ TRANSFORM_ENCR, ENCR_3DES, true }, { TRANSFORM_ENCR, ENCR_NULL, true },
		{ TRANSFORM_ENCR, ENCR_CAMELLIA_CBC, true }, { TRANSFORM_KE, KE_MODP_1024, true },
		{ TRANSFORM_KE, KE_MODP_1536, true }, { TRANSFORM_KE, KE_MODP_2048, false },
		{ TRANSFORM_ENCR, ENCR_AES_GCM_16, false }, { TRANSFORM_ENCR, ENCR_AES_CBC, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(alg_find(rows[i].type, rows[i].id)->legacy, rows[i].legacy);
}

static void counting(void *out, size_t n, void *ctx)
{
	uint8_t *at = ctx;

	for (size_t i = 0; i < n; i++)
		((uint8_t *)out)[i] = (*at)++;
}

static void randomness_can_be_replaced_and_restored(void **state)
{
	uint8_t from = 0, a[8], b[8];

	(void)state;
	rand_set_source(counting, &from);
	rand_bytes(a, 8);
	assert_memory_equal(a, "\0\1\2\3\4\5\6\7", 8);
	rand_set_source(NULL, NULL);
	rand_bytes(a, 8);
	rand_bytes(b, 8);
	assert_memory_not_equal(a, b, 8);
}

static void random_numbers_fill_their_range(void **state)
{
	unsigned int seen[7] = { 0 };

	(void)state;
	for (int i = 0; i < 7000; i++) {
		uint32_t v = rand_below(7);

		assert_true(v < 7);
		seen[v]++;
	}
	for (int i = 0; i < 7; i++)
		assert_in_range(seen[i], 800, 1200);	/* 1000, and six standard deviations */
	for (int i = 0; i < 100; i++)
		assert_int_equal(rand_below(1), 0);
}

/* 2^32 is no multiple of 3: one draw too many has to be thrown away. */
static void zero_then_five(void *out, size_t n, void *ctx)
{
	uint32_t v = (*(int *)ctx)++ ? 5 : 0;

	assert_int_equal(n, sizeof(v));
	memcpy(out, &v, n);
}

static void biased_draws_are_thrown_away(void **state)
{
	int draws = 0;

	(void)state;
	rand_set_source(zero_then_five, &draws);
	assert_int_equal(rand_below(3), 5 % 3);	/* 2^32 mod 3 = 1: 0 is the one value too many */
	rand_set_source(NULL, NULL);
	assert_int_equal(draws, 2);
}

static int start(void **state)
{
	table = alg_table(&n_alg);
	return vectors_start(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_and_names_are_unique_within_a_type),
		cmocka_unit_test(a_name_with_a_key_size_has_one_reading),
		cmocka_unit_test(printed_as_in_config),
		cmocka_unit_test(keying_material),
		cmocka_unit_test(lengths_agree_with_the_code),
		cmocka_unit_test(ah_has_integrity_of_its_own),
		cmocka_unit_test(weak_ones_are_marked),
		cmocka_unit_test(randomness_can_be_replaced_and_restored),
		cmocka_unit_test(random_numbers_fill_their_range),
		cmocka_unit_test(biased_draws_are_thrown_away),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
