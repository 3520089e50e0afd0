// SPDX-License-Identifier: GPL-2.0
/* Algorithm lists of the configuration (RFC 7296 §3.3, RFC 5282 §8). */
#include "config/offer.h"
#include "crypto/dh.h"
#include "wire/isakmp.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PRFS "prf-hmac-sha2-256, prf-hmac-sha2-384, prf-hmac-sha2-512"
#define GROUPS "x25519, ecp-256, ecp-384, modp-2048, modp-3072, modp-4096, ecp-521"

static void check(uint8_t protocol, const char *text, const char *printed)
{
	char copy[512], why[256] = "", line[2048];
	struct proposal_list list;

	snprintf(copy, sizeof(copy), "%s", text);
	if (offer_parse(&list, protocol, copy, "", why, sizeof(why)))
		fail_msg("%s: %s", text, why);
	assert_string_equal(proposal_list_print(line, sizeof(line), &list), printed);
	for (unsigned int i = 0; i < list.n; i++) {
		assert_int_equal(list.p[i].num, i + 1);
		assert_int_equal(list.p[i].protocol, protocol);
		for (unsigned int k = 0; k < list.p[i].n; k++)
			assert_non_null(alg_find(list.p[i].t[k].type, list.p[i].t[k].id));
	}
	offer_free(&list);
	assert_int_equal(list.n, 0);
}

static void refuse(uint8_t protocol, const char *text, const char *part)
{
	char copy[4096], why[256] = "";
	struct proposal_list list;

	snprintf(copy, sizeof(copy), "%s", text);
	assert_int_equal(offer_parse(&list, protocol, copy, "", why, sizeof(why)), -EINVAL);
	if (!strstr(why, part))
		fail_msg("%s: \"%s\" says nothing of \"%s\"", text, why, part);
	assert_int_equal(list.n, 0);
}

static void the_defaults_are_those_of_rfc_8247_and_8221(void **state)
{
	(void)state;
	check(PROTO_IKE, OFFER_IKE,
	      "ike: aes-gcm-16-256, aes-gcm-16-128 / " PRFS " / " GROUPS "; "
	      "ike: chacha20-poly1305 / " PRFS " / " GROUPS "; "
	      "ike: aes-cbc-256, aes-cbc-128 / " PRFS
	      " / hmac-sha2-256-128, hmac-sha2-384-192, hmac-sha2-512-256 / " GROUPS);
	check(PROTO_ESP, OFFER_ESP,
	      "esp: aes-gcm-16-256, aes-gcm-16-128 / esn, no-esn; "
	      "esp: chacha20-poly1305 / esn, no-esn; "
	      "esp: aes-cbc-256, aes-cbc-128 / hmac-sha2-256-128, hmac-sha2-512-256 / esn, no-esn");
	check(PROTO_AH, OFFER_AH, "ah: hmac-sha2-256-128, hmac-sha2-512-256 / esn, no-esn");
}

static void weak_ones_need_leave_by_name(void **state)
{
	char copy[] = "3des+hmac-sha2-256-128+modp-1024", why[256];
	struct proposal_list list;

	(void)state;
	assert_int_equal(offer_parse(&list, PROTO_IKE, copy, "modp-1024, 3des", why, sizeof(why)), 0);
	offer_free(&list);
	memcpy(copy, "3des+hmac-sha2-256-128+modp-1024", sizeof(copy));
	assert_int_equal(offer_parse(&list, PROTO_IKE, copy, "modp-1024", why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "legacy = 3des"));
	/* what can be broken gets no leave at all */
	memcpy(copy, "des+hmac-md5-96", sizeof("des+hmac-md5-96"));
	assert_int_equal(offer_parse(&list, PROTO_IKE, copy, "des", why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "forbid"));
	assert_int_equal(offer_check_legacy("3des, modp-1536", why, sizeof(why)), 0);
	assert_int_equal(offer_check_legacy("aes-cbc", why, sizeof(why)), -EINVAL);
	assert_int_equal(offer_check_legacy("rot13", why, sizeof(why)), -EINVAL);
}

static void every_group_of_the_default_really_works(void **state)
{
	char copy[] = OFFER_IKE, why[256];
	struct proposal_list list;

	(void)state;
	assert_int_equal(offer_parse(&list, PROTO_IKE, copy, "", why, sizeof(why)), 0);
	for (unsigned int i = 0; i < list.n; i++)
		for (unsigned int k = 0; k < list.p[i].n; k++)
			if (list.p[i].t[k].type == TRANSFORM_KE)
				assert_true(dh_supported(list.p[i].t[k].id));
	offer_free(&list);
}

static void what_is_left_out_is_added_and_what_is_written_stays(void **state)
{
	(void)state;
	check(PROTO_IKE, "aes-cbc-128+hmac-sha2-512-256+modp-2048",
	      "ike: aes-cbc-128 / prf-hmac-sha2-512 / hmac-sha2-512-256 / modp-2048");
	check(PROTO_IKE, "aes-gcm-16-192 + prf-hmac-sha2-384 + ecp-384",
	      "ike: aes-gcm-16-192 / prf-hmac-sha2-384 / ecp-384");
	check(PROTO_IKE, "x25519+prf-hmac-sha2-256+chacha20-poly1305",
	      "ike: chacha20-poly1305 / prf-hmac-sha2-256 / x25519");
	check(PROTO_IKE, "aes-cbc-256+aes-cbc-256+hmac-sha2-256-128+x25519",
	      "ike: aes-cbc-256 / prf-hmac-sha2-256 / hmac-sha2-256-128 / x25519");
	check(PROTO_ESP, "chacha20-poly1305+no-esn", "esp: chacha20-poly1305 / no-esn");
	check(PROTO_ESP, "aes-gcm-16-128+ecp-256+esn", "esp: aes-gcm-16-128 / ecp-256 / esn");
	check(PROTO_AH, "aes-256-gmac+hmac-sha1-96+x25519, aes-cmac-96+no-esn",
	      "ah: aes-256-gmac, hmac-sha1-96 / x25519 / esn, no-esn; ah: aes-cmac-96 / no-esn");
}

static void what_makes_no_sense_is_refused_in_words(void **state)
{
	static const struct {
		uint8_t protocol;
		const char *text, *part;
	} rows[] = {
		{ PROTO_IKE, "", "an empty place" },
		{ PROTO_IKE, "aes-gcm-16-256,", "an empty place" },
		{ PROTO_IKE, "aes-gcm-16-256++x25519", "an empty place" },
		{ PROTO_IKE, "aes-gcm-16", "aes-gcm-16 needs a key size, such as aes-gcm-16-128" },
		{ PROTO_IKE, "aes-gcm-16-255",
		  "unknown algorithm \"aes-gcm-16-255\": did you mean aes-gcm-16-256?" },
		{ PROTO_IKE, "aes-gcm-16-0", "unknown algorithm" },
		{ PROTO_IKE, "chacha20-poly1305-256", "unknown algorithm" },
		{ PROTO_IKE, "chacha20poly1305", "did you mean chacha20-poly1305?" },
		{ PROTO_IKE, "aes-gcm-16-256+hmac-sha2-256", "did you mean prf-hmac-sha2-256?" },
		{ PROTO_IKE, "aes-gcm-16-256+modp2048", "did you mean modp-2048?" },
		{ PROTO_IKE, "rot13", "unknown algorithm \"rot13\"" },
		{ PROTO_IKE, "x25519", "without a cipher" },
		{ PROTO_IKE, "aes-cbc-256", "aes-cbc-256 needs an integrity algorithm" },
		{ PROTO_IKE, "aes-gcm-16-256+hmac-sha2-256-128", "leave hmac-sha2-256-128 away" },
		{ PROTO_IKE, "aes-gcm-16-256+aes-cbc-256+hmac-sha2-256-128",
		  "write two proposals" },
		{ PROTO_IKE, "3des+hmac-sha1-96", "3des is too weak" },
		{ PROTO_IKE, "aes-gcm-16-256+modp-1024", "modp-1024 is too weak" },
		{ PROTO_IKE, "aes-gcm-16-256+esn", "esn is not for IKE" },
		{ PROTO_ESP, "aes-gcm-16-256+prf-hmac-sha2-256",
		  "prf-hmac-sha2-256 is not for ESP" },
		{ PROTO_ESP, "none", "unknown algorithm" },
		{ PROTO_ESP, "aes-cbc-128+aes-128-gmac", "aes-128-gmac is not for ESP" },
		{ PROTO_IKE, "aes-cbc-128+aes-128-gmac", "aes-128-gmac is not for IKE" },
		{ PROTO_AH, "aes-cbc-256+hmac-sha2-256-128", "AH encrypts nothing: leave aes-cbc-256 away, or use esp" },
		{ PROTO_AH, "aes-gcm-16-256", "AH encrypts nothing: leave aes-gcm-16-256 away" },
		{ PROTO_AH, "3des+hmac-sha1-96", "AH encrypts nothing: leave 3des away" },
		{ PROTO_AH, "aes-gmac-128", "AH's own is aes-128-gmac" },
		{ PROTO_AH, "prf-hmac-sha2-256+hmac-sha2-256-128", "prf-hmac-sha2-256 is not for AH" },
		{ PROTO_AH, "x25519", "without an integrity algorithm" },
		{ PROTO_AH, "hmac-md5-96", "forbid" },
		{ PROTO_AH, "aes-128-gmc", "did you mean aes-128-gmac?" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refuse(rows[i].protocol, rows[i].text, rows[i].part);
}

static void lists_have_an_end(void **state)
{
	char text[4096] = "chacha20-poly1305";

	(void)state;
	for (int i = 0; i < PROPOSALS_MAX; i++)
		strcat(text, ",chacha20-poly1305");
	refuse(PROTO_IKE, text, "more than 32 proposals");
}

static void pfs_adds_groups_where_none_is(void **state)
{
	char esp[] = "aes-gcm-16-256, chacha20-poly1305+ecp-256", groups[] = "x25519+modp-2048";
	char why[256], line[512];
	struct proposal_list list;

	(void)state;
	assert_int_equal(offer_parse(&list, PROTO_ESP, esp, "", why, sizeof(why)), 0);
	assert_int_equal(offer_add_groups(&list, groups, "", why, sizeof(why)), 0);
	assert_string_equal(proposal_list_print(line, sizeof(line), &list),
			    "esp: aes-gcm-16-256 / x25519, modp-2048 / esn, no-esn; "
			    "esp: chacha20-poly1305 / ecp-256 / esn, no-esn");
	strcpy(groups, "esn");
	assert_int_equal(offer_add_groups(&list, groups, "", why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "esn is not a key exchange group");
	offer_free(&list);
}

/* RFC 9370: "keN-GROUP". */
static void further_key_exchanges_have_numbers(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "aes-gcm-16-256+ke0-ecp-256", "ke0-ecp-256" },
		{ "aes-gcm-16-256+ke8-ecp-256", "ke8-ecp-256" },
		{ "aes-gcm-16-256+ke1-", "unknown" },
		{ "aes-gcm-16-256+ke1-aes-gcm-16-256", "unknown" },
		{ "aes-gcm-16-256+ke1-modp-1024", "too weak" },
		{ "aes-gcm-16-256+ke1-ml-kem-768", "not supported" },
	};
	struct proposal_list list;
	char text[128], why[256], printed[256];

	(void)state;
	snprintf(text, sizeof(text), "aes-gcm-16-256+prf-hmac-sha2-256+x25519+ke2-ecp-384+ke2-none");
	assert_int_equal(offer_parse(&list, PROTO_IKE, text, "", why, sizeof(why)), 0);
	assert_true(proposal_has_addke(&list));
	proposal_list_print(printed, sizeof(printed), &list);
	assert_non_null(strstr(printed, "x25519 / ke2-ecp-384, ke2-none"));
	offer_free(&list);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "%s", bad[i].text);
		assert_int_equal(offer_parse(&list, PROTO_IKE, text, "", why, sizeof(why)), -EINVAL);
		if (!strstr(why, bad[i].why))
			fail_msg("%s: %s", bad[i].text, why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_defaults_are_those_of_rfc_8247_and_8221),
		cmocka_unit_test(weak_ones_need_leave_by_name),
		cmocka_unit_test(every_group_of_the_default_really_works),
		cmocka_unit_test(what_is_left_out_is_added_and_what_is_written_stays),
		cmocka_unit_test(what_makes_no_sense_is_refused_in_words),
		cmocka_unit_test(lists_have_an_end),
		cmocka_unit_test(pfs_adds_groups_where_none_is),
		cmocka_unit_test(further_key_exchanges_have_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
