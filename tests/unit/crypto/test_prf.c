// SPDX-License-Identifier: GPL-2.0
/* PRFs and prf+ against RFC 4868, 4434, 4615 and NIST's CAVS answers for the IKEv2 key derivation. */
#include "crypto/alg.h"
#include "crypto/prf.h"
#include "vectors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned int expect_prf(const json_t *c, uint16_t id, const char *msg_key, const char *out_key)
{
	struct octets key, msg, want;
	uint8_t out[PRF_MAX];
	struct kw_span in;

	if (!json_object_get(c, out_key))
		return 0;
	key = hex_of(c, "key");
	msg = hex_of(c, msg_key);
	want = hex_of(c, out_key);
	in = SPAN_OF(msg);
	assert_int_equal(prf(id, SPAN_OF(key), &in, 1, out), 0);
	assert_int_equal(prf_len(id), want.n);
	assert_memory_equal(out, want.p, want.n);
	octets_free(&key);
	octets_free(&msg);
	octets_free(&want);
	return 1;
}

static void rfc4868_hmac_sha2(void **state)
{
	json_t *root = vectors_load("rfc/rfc4868-hmac-sha2.json"), *c;
	unsigned int compared = 0;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(root, "cases"), i, c) {
		compared += expect_prf(c, PRF_HMAC_SHA2_256, "data", "PRF-HMAC-SHA-256");
		compared += expect_prf(c, PRF_HMAC_SHA2_384, "data", "PRF-HMAC-SHA-384");
		compared += expect_prf(c, PRF_HMAC_SHA2_512, "data", "PRF-HMAC-SHA-512");
	}
	assert_int_equal(compared, 18);
	json_decref(root);
}

/* Keys of 10, 16 and 18 octets each: shorter, right, longer. */
static void rfc4434_and_4615_keys_of_any_length(void **state)
{
	json_t *root = vectors_load("rfc/aes-xcbc-cmac.json"), *c;
	unsigned int compared = 0;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(root, "rfc4434_xcbc_prf"), i, c)
		compared += expect_prf(c, PRF_AES128_XCBC, "message", "prf");
	json_array_foreach(json_object_get(root, "rfc4615_cmac_prf"), i, c)
		compared += expect_prf(c, PRF_AES128_CMAC, "message", "prf");
	assert_int_equal(compared, 6);
	json_decref(root);
}

/* One case of ikev2.fax: names as NIST writes them. */
struct cavs {
	uint16_t prf;
	struct octets ni, nr, g_ir, g_ir_new, spi_i, spi_r, skeyseed, dkm, child, child_dh, rekey;
};

static void expect_secret(struct kw_secret *got, struct octets want)
{
	assert_true(kw_secret_equal(got, SPAN_OF(want)));
	kw_secret_drop(got);
}

/* SP 800-135 4.1.2 (RFC 7296 2.14, 2.17, 2.18). */
static void check_cavs(const struct cavs *c)
{
	const struct kw_span nonces[] = { SPAN_OF(c->ni), SPAN_OF(c->nr) };
	const struct kw_span seed[] = { nonces[0], nonces[1], SPAN_OF(c->spi_i), SPAN_OF(c->spi_r) };
	const struct kw_span fresh[] = { SPAN_OF(c->g_ir_new), nonces[0], nonces[1] };
	const struct kw_span g_ir = SPAN_OF(c->g_ir);
	struct kw_secret out = { 0 }, skeyseed = { 0 }, sk_d = { 0 };
	struct octets both = { .n = c->ni.n + c->nr.n };

	both.p = malloc(both.n);
	memcpy(both.p, c->ni.p, c->ni.n);
	memcpy(both.p + c->ni.n, c->nr.p, c->nr.n);
	assert_int_equal(prf_secret(c->prf, SPAN_OF(both), &g_ir, 1, &skeyseed), 0);
	octets_free(&both);
	assert_true(kw_secret_equal(&skeyseed, SPAN_OF(c->skeyseed)));

	assert_int_equal(prf_plus(c->prf, kw_secret_expose(&skeyseed), seed, 4, c->dkm.n, &out), 0);
	assert_int_equal(kw_secret_slice(&sk_d, &out, 0, prf_key_len(c->prf)), 0);
	expect_secret(&out, c->dkm);
	assert_int_equal(prf_plus(c->prf, kw_secret_expose(&sk_d), nonces, 2, c->child.n, &out), 0);
	expect_secret(&out, c->child);
	assert_int_equal(prf_plus(c->prf, kw_secret_expose(&sk_d), fresh, 3, c->child_dh.n, &out), 0);
	expect_secret(&out, c->child_dh);
	assert_int_equal(prf_secret(c->prf, kw_secret_expose(&sk_d), fresh, 3, &out), 0);
	expect_secret(&out, c->rekey);
	kw_secret_drop(&skeyseed);
	kw_secret_drop(&sk_d);
}

static uint16_t prf_of_section(const char *line, uint16_t before)
{
	static const struct { const char *name; uint16_t id; } sections[] = {
		{ "[SHA-1]", PRF_HMAC_SHA1 }, { "[SHA-256]", PRF_HMAC_SHA2_256 },
		{ "[SHA-384]", PRF_HMAC_SHA2_384 }, { "[SHA-512]", PRF_HMAC_SHA2_512 },
	};

	for (size_t i = 0; i < 4; i++) {
		if (strcmp(line, sections[i].name) == 0)
			return sections[i].id;
	}
	return before;
}

/* Stores a "name = hex" line; the last name of a case makes it complete. */
static bool take_line(struct cavs *c, const char *name, const char *hex)
{
	const struct { const char *name; struct octets *to; } fields[] = {
		{ "Ni", &c->ni }, { "Nr", &c->nr }, { "g^ir", &c->g_ir }, { "g^ir (new)", &c->g_ir_new },
		{ "SPIi", &c->spi_i }, { "SPIr", &c->spi_r }, { "SKEYSEED", &c->skeyseed },
		{ "DKM", &c->dkm }, { "DKM(Child SA)", &c->child }, { "DKM(Child SA D-H)", &c->child_dh },
		{ "SKEYSEED(Rekey)", &c->rekey },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strcmp(name, fields[i].name) == 0) {
			octets_free(fields[i].to);
			*fields[i].to = octets_from_hex(hex);
		}
	}
	return strcmp(name, "SKEYSEED(Rekey)") == 0;
}

static void free_cavs(struct cavs *c)
{
	struct octets *all[] = { &c->ni, &c->nr, &c->g_ir, &c->g_ir_new, &c->spi_i, &c->spi_r,
				 &c->skeyseed, &c->dkm, &c->child, &c->child_dh, &c->rekey };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		octets_free(all[i]);
}

static void nist_cavs_all_900(void **state)
{
	unsigned int cases = 0, per_prf[8] = { 0 };
	struct cavs c = { 0 };
	char command[4200];
	char *line = NULL, *value;
	size_t cap = 0;
	FILE *in;

	(void)state;
	snprintf(command, sizeof(command), "xz -dc '%s'", vector_path("nist-cavs-ike/ikev2.fax.xz"));
	in = popen(command, "r");
	assert_non_null(in);
	while (getline(&line, &cap, in) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		c.prf = prf_of_section(line, c.prf);
		value = strstr(line, " = ");
		if (line[0] == '[' || !value)
			continue;
		*value = '\0';
		if (strcmp(line, "COUNT") != 0 && take_line(&c, line, value + 3)) {
			check_cavs(&c);
			per_prf[c.prf]++;
			cases++;
		}
	}
	free(line);
	assert_int_equal(pclose(in), 0);
	free_cavs(&c);
	assert_int_equal(cases, 900);
	assert_true(per_prf[PRF_HMAC_SHA1] && per_prf[PRF_HMAC_SHA2_256] &&
		    per_prf[PRF_HMAC_SHA2_384] && per_prf[PRF_HMAC_SHA2_512]);
	assert_int_equal(kw_secret_live(), 0);
}

/* A shorter prf+ is the start of a longer one, at every length over two block borders. */
static void prf_plus_is_cut_not_changed(void **state)
{
	const struct kw_span key = KW_SPAN_STR("a key of some length"), in = KW_SPAN_STR("seed");
	struct kw_secret whole = { 0 }, part = { 0 };

	(void)state;
	assert_int_equal(prf_plus(PRF_AES128_CMAC, key, &in, 1, 40, &whole), 0);
	for (size_t n = 0; n <= 40; n++) {
		assert_int_equal(prf_plus(PRF_AES128_CMAC, key, &in, 1, n, &part), 0);
		assert_true(kw_secret_equal(&part, KW_SPAN(whole.p, n)));
		kw_secret_drop(&part);
	}
	kw_secret_drop(&whole);
}

/* RFC 7296 2.13: the counter is one octet, 255 blocks and no more. */
static void prf_plus_ends_at_255_blocks(void **state)
{
	const struct kw_span key = KW_SPAN_STR("key"), in = KW_SPAN_STR("seed");
	struct kw_span many[PRF_PLUS_SPANS + 1];
	struct kw_secret out = { 0 };

	(void)state;
	assert_int_equal(prf_plus(PRF_AES128_XCBC, key, &in, 1, 255 * 16, &out), 0);
	assert_int_equal(out.len, 255 * 16);
	kw_secret_drop(&out);
	assert_int_equal(prf_plus(PRF_AES128_XCBC, key, &in, 1, 255 * 16 + 1, &out), -EINVAL);
	assert_null(out.p);
	for (size_t i = 0; i < PRF_PLUS_SPANS + 1; i++)
		many[i] = in;
	assert_int_equal(prf_plus(PRF_AES128_XCBC, key, many, PRF_PLUS_SPANS, 16, &out), 0);
	kw_secret_drop(&out);
	assert_int_equal(prf_plus(PRF_AES128_XCBC, key, many, PRF_PLUS_SPANS + 1, 16, &out), -EINVAL);
	assert_int_equal(kw_secret_live(), 0);
}

static void unknown_prfs_are_refused(void **state)
{
	const struct kw_span in = KW_SPAN_STR("seed");
	struct kw_secret s = { 0 };
	uint8_t out[PRF_MAX];

	(void)state;
	assert_int_equal(prf_len(PRF_HMAC_MD5), 0);
	assert_int_equal(prf_key_len(99), 0);
	assert_int_equal(prf(PRF_HMAC_MD5, in, &in, 1, out), -EOPNOTSUPP);
	assert_int_equal(prf_secret(99, in, &in, 1, &s), -EOPNOTSUPP);
	assert_int_equal(prf_plus(0, in, &in, 1, 16, &s), -EOPNOTSUPP);
	assert_null(s.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc4868_hmac_sha2),
		cmocka_unit_test(rfc4434_and_4615_keys_of_any_length),
		cmocka_unit_test(nist_cavs_all_900),
		cmocka_unit_test(prf_plus_is_cut_not_changed),
		cmocka_unit_test(prf_plus_ends_at_255_blocks),
		cmocka_unit_test(unknown_prfs_are_refused),
	};

	return cmocka_run_group_tests(tests, vectors_start, NULL);
}
