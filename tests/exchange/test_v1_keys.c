// SPDX-License-Identifier: GPL-2.0
/* IKEv1's key derivation against NIST's files (RFC 2409 §5, appendix B). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "exchange/pair.h"

#include "crypto/setup.h"
#include "ikev1/keys.h"
#include "lib/secret.h"

#define VALUE_MAX 1024	/* octets: g^xy of 8192 bits */

struct value {
	const char *name;
	uint8_t b[VALUE_MAX];
	size_t len;
};

enum { CKY_I, CKY_R, NI, NR, G_XY, PSK_VALUE, SKEYID, SKEYID_D, SKEYID_A, SKEYID_E, VALUES };

struct cavs {
	uint16_t hash;
	struct value v[VALUES];
};

static const char *const names[VALUES] = {
	"CKY_I", "CKY_R", "Ni", "Nr", "g^xy", "pre-shared-key", "SKEYID", "SKEYID_d", "SKEYID_a", "SKEYID_e",
};

static uint16_t hash_of_section(const char *line, uint16_t before)
{
	static const struct {
		const char *section;
		uint16_t hash;
	} sections[] = {
		{ "[SHA-1]", V1_HASH_SHA }, { "[SHA-256]", V1_HASH_SHA2_256 },
		{ "[SHA-384]", V1_HASH_SHA2_384 }, { "[SHA-512]", V1_HASH_SHA2_512 },
		{ "[SHA-224]", 0 },
	};

	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (!strcmp(line, sections[i].section))
			return sections[i].hash;
	return before;
}

static struct kw_span span_of(const struct cavs *c, unsigned int i)
{
	return KW_SPAN(c->v[i].b, c->v[i].len);
}

static void nonce(struct v1_nonce *n, const struct value *v)
{
	assert_in_range(v->len, 1, sizeof(n->b));
	n->len = v->len;
	memcpy(n->b, v->b, v->len);
}

static void check(const struct cavs *c, uint16_t auth)
{
	const bool with_psk = auth == V1_AUTH_PSK;
	struct ike_sa *sa = calloc(1, sizeof(*sa));
	struct kw_secret psk = { 0 };
	struct v1_sa *v1;

	assert_int_equal(v1_sa_new(sa), 0);
	v1 = v1_sa(sa);
	sa->suite.prf = v1_prf_of_hash(c->hash);
	sa->suite.encr = ENCR_AES_CBC;
	/* so that the key of messages is SKEYID_e, or its start */
	sa->suite.encr_bits = c->hash == V1_HASH_SHA ? 128 : 256;
	v1->hash = c->hash;
	memcpy(sa->spi_i, c->v[CKY_I].b, IKE_SPI_LEN);
	memcpy(sa->spi_r, c->v[CKY_R].b, IKE_SPI_LEN);
	nonce(&v1->ni, &c->v[NI]);
	nonce(&v1->nr, &c->v[NR]);
	v1->auth = auth;
	assert_int_equal(kw_secret_copy(&v1->g_xy, span_of(c, G_XY)), 0);
	if (with_psk)
		assert_int_equal(kw_secret_copy(&psk, span_of(c, PSK_VALUE)), 0);
	assert_int_equal(v1_keys_phase1(sa, with_psk ? &psk : NULL), 0);
	assert_true(kw_secret_equal(&v1->skeyid, span_of(c, SKEYID)));
	assert_true(kw_secret_equal(&v1->skeyid_d, span_of(c, SKEYID_D)));
	assert_true(kw_secret_equal(&v1->skeyid_a, span_of(c, SKEYID_A)));
	assert_int_equal(v1->key.len, sa->suite.encr_bits / 8);
	assert_true(kw_secret_equal(&v1->key, KW_SPAN(c->v[SKEYID_E].b, v1->key.len)));
	kw_secret_drop(&psk);
	kw_secret_drop(&v1->g_xy);
	kw_secret_drop(&v1->skeyid);
	kw_secret_drop(&v1->skeyid_d);
	kw_secret_drop(&v1->skeyid_a);
	kw_secret_drop(&v1->key);
	free(v1);
	free(sa);
}

static void take(struct cavs *c, const char *name, const char *hex)
{
	unsigned int octet;

	for (unsigned int i = 0; i < VALUES; i++) {
		if (strcmp(name, names[i]))
			continue;
		c->v[i].len = 0;
		while (sscanf(hex + 2 * c->v[i].len, "%2x", &octet) == 1 && c->v[i].len < VALUE_MAX)
			c->v[i].b[c->v[i].len++] = octet;
	}
}

static unsigned int run_file(const char *file, uint16_t auth)
{
	struct cavs *c = calloc(1, sizeof(*c));
	unsigned int cases = 0;
	char *line = NULL, *value, command[200];
	size_t cap = 0;
	FILE *in;

	snprintf(command, sizeof(command), "xz -dc tests/vectors/nist-cavs-ike/%s", file);
	in = popen(command, "r");
	assert_non_null(in);
	while (getline(&line, &cap, in) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		c->hash = hash_of_section(line, c->hash);
		value = strstr(line, " = ");
		if (line[0] == '[' || !value)
			continue;
		*value = '\0';
		take(c, line, value + 3);
		if (c->hash && !strcmp(line, "SKEYID_e")) {
			check(c, auth);
			cases++;
		}
	}
	free(line);
	assert_int_equal(pclose(in), 0);
	free(c);
	return cases;
}

static void nist_all_cases(void **state)
{
	unsigned int psk, sig;

	(void)state;
	assert_int_equal(crypto_setup(), 0);
	psk = run_file("ikev1_psk.fax.xz", V1_AUTH_PSK);
	sig = run_file("ikev1_dsa.fax.xz", V1_AUTH_DSS);
	assert_int_equal(psk, 1700);
	assert_int_equal(sig, 1700);
	assert_int_equal(kw_secret_live(), 0);
}

/* The one case of public-key encryption that NIST has published (ACVP, tcId 3001). */
static void nist_public_key_encryption(void **state)
{
	static const char *const keys[VALUES] = {
		"ckyInit", "ckyResp", "nInit", "nResp", "gxy", NULL, "sKeyId", "sKeyIdD", "sKeyIdA", "sKeyIdE",
	};
	json_t *file = json_load_file("tests/vectors/nist-acvp-docs/ikev1-pke-example.json", 0, NULL);
	struct cavs *c = calloc(1, sizeof(*c));

	(void)state;
	assert_non_null(file);
	assert_string_equal(json_string_value(json_object_get(file, "hashAlg")), "SHA-1");
	c->hash = V1_HASH_SHA;
	for (unsigned int i = 0; i < VALUES; i++) {
		json_t *of = json_object_get(file, i < SKEYID ? "test" : "expected");

		if (keys[i])
			take(c, names[i], json_string_value(json_object_get(of, keys[i])));
	}
	check(c, V1_AUTH_RSA_ENCRYPTION);
	check(c, V1_AUTH_RSA_REVISED);
	json_decref(file);
	free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nist_all_cases),
		cmocka_unit_test(nist_public_key_encryption),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
