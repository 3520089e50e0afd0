// SPDX-License-Identifier: GPL-2.0
/* Every algorithm of the table in an exchange of its own: IKE messages, children, rekeys (RFC 8247, 8221). */
#include <stdio.h>
#include <string.h>

#include "crypto/alg.h"
#include "exchange/pair.h"

#define LEGACY "legacy = 3des, camellia-cbc, modp-1024, modp-1536, null, aes-gmac\n"

/* Both sides offer this and nothing else; both kinds of SA come up and are rekeyed. */
static void with(const char *ike, const char *esp, const char *ike_has, const char *esp_has)
{
	char lines[300], a[700], b[700];
	struct pair *p;

	snprintf(lines, sizeof(lines), LEGACY "ike = %s\nesp = %s\n", ike, esp);
	snprintf(a, sizeof(a), "%s%s", CONF_A IDS_A PSK, lines);
	snprintf(b, sizeof(b), "%s%s", CONF_B IDS_B PSK PASSIVE, lines);
	p = pair_up(1, a, b);
	if (!pair_is_consistent(p))
		fail_msg("ike %s, esp %s: %s; %s", ike, esp, p->a.failure.text, p->b.failure.text);
	assert_non_null(strstr(side_view(&p->a).ike_algorithms, ike_has));
	assert_non_null(strstr(side_view(&p->a).child_algorithms, esp_has));
	side_rekey(&p->b, true);
	pair_settle(p);
	side_rekey(&p->a, false);
	pair_settle(p);
	pair_run(p, 6000);
	pair_consistent(p);
	assert_int_equal(p->a.events[EVENT_IKE_REKEYED], 1);
	assert_int_equal(p->a.events[EVENT_CHILD_REKEYED], 1);
	pair_free(p);
}

#define IKE "aes-gcm-16-128+prf-hmac-sha2-256+x25519"
#define ESP "aes-gcm-16-128"

static void one(const struct alg *alg, uint16_t bits)
{
	char name[ALG_STRLEN], text[200];

	alg_print(name, alg->type, alg->id, bits);
	switch (alg->type) {
	case TRANSFORM_ENCR:
		snprintf(text, sizeof(text), "%s%s", name, alg->aead ? "" : "+hmac-sha2-256-128");
		if (alg->esp)
			with(IKE, text, "aes-gcm-16-128", name);
		snprintf(text, sizeof(text), "%s+prf-hmac-sha2-256+x25519%s", name,
			 alg->aead ? "" : "+hmac-sha2-256-128");
		if (alg->ike)
			with(text, ESP, name, ESP);
		break;
	case TRANSFORM_PRF:
		snprintf(text, sizeof(text), "aes-gcm-16-128+x25519+%s", name);
		with(text, ESP, name, ESP);
		break;
	case TRANSFORM_INTEG:
		snprintf(text, sizeof(text), "aes-cbc-128+prf-hmac-sha2-256+x25519+%s", name);
		if (alg->ike)
			with(text, ESP, name, ESP);
		if (!alg->esp)
			break;	/* of AH alone: test_ah.c */
		snprintf(text, sizeof(text), "aes-cbc-128+%s", name);
		with(IKE, text, "x25519", name);
		snprintf(text, sizeof(text), "null+%s", name);
		with(IKE, text, "x25519", name);
		break;
	case TRANSFORM_KE:
		snprintf(text, sizeof(text), "aes-gcm-16-128+prf-hmac-sha2-256+%s", name);
		with(text, ESP, name, ESP);
		break;
	}
}

static void every_algorithm(uint8_t type)
{
	size_t n;
	const struct alg *alg = alg_table(&n);

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < 4 && (k == 0 || alg[i].key_bits[k]); k++)
			if (alg[i].type == type && strcmp(alg[i].name, "none"))
				one(&alg[i], alg[i].key_bits[k]);
}

static void every_cipher(void **state)
{
	(void)state;
	every_algorithm(TRANSFORM_ENCR);
}

static void every_prf(void **state)
{
	(void)state;
	every_algorithm(TRANSFORM_PRF);
}

static void every_integrity(void **state)
{
	(void)state;
	every_algorithm(TRANSFORM_INTEG);
}

static void every_group(void **state)
{
	(void)state;
	every_algorithm(TRANSFORM_KE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cipher),
		cmocka_unit_test(every_prf),
		cmocka_unit_test(every_integrity),
		cmocka_unit_test(every_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
