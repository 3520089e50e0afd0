// SPDX-License-Identifier: GPL-2.0
/* Identities: text, octets, comparison (RFC 7296 §3.5). */
#include "config/conf.h"
#include "crypto/setup.h"
#include "wire/isakmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *text;
	uint8_t type;
	const char *data;
	size_t len;
	const char *printed;	/* NULL = as text */
} rows[] = {
	{ "gw.example.org", ID_FQDN, "gw.example.org", 14, NULL },
	{ "office", ID_FQDN, "office", 6, NULL },
	{ "fqdn:gw.example.org", ID_FQDN, "gw.example.org", 14, "gw.example.org" },
	{ "fqdn:192.0.2.1", ID_FQDN, "192.0.2.1", 9, NULL },
	{ "fqdn:any", ID_FQDN, "any", 3, NULL },
	{ "fqdn:a@b", ID_FQDN, "a@b", 3, NULL },
	{ "user@example.org", ID_RFC822_ADDR, "user@example.org", 16, NULL },
	{ "email:office", ID_RFC822_ADDR, "office", 6, NULL },
	{ "192.0.2.1", ID_IPV4_ADDR, "\xc0\x00\x02\x01", 4, NULL },
	{ "2001:db8::1", ID_IPV6_ADDR, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16, NULL },
	{ "keyid:0a0B", ID_KEY_ID, "\x0a\x0b", 2, "keyid:0a0b" },
	{ "any", 0, "", 0, NULL },
};

static void text_becomes_octets_and_text_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[IDENT_STRLEN];
		struct ident id, again;

		assert_int_equal(ident_parse(&id, rows[i].text), 0);
		assert_int_equal(id.type, rows[i].type);
		assert_int_equal(id.len, rows[i].len);
		if (id.len)
			assert_memory_equal(id.data, rows[i].data, id.len);
		ident_print(text, id.type, KW_SPAN(id.data, id.len));
		assert_string_equal(text, rows[i].printed ? rows[i].printed : rows[i].text);
		assert_int_equal(ident_parse(&again, text), 0);
		assert_int_equal(again.type, id.type);
		assert_int_equal(ident_equal(&id, again.type, KW_SPAN(again.data, again.len)),
				 id.type != 0);
		ident_drop(&id);
		ident_drop(&again);
	}
}

static void nonsense_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "two words", "*.example.org", "keyid:", "keyid:0", "keyid:xy", "email:",
		"fqdn:", "a\"b",
		"caf\xc3\xa9.example.org", "dn:no equals sign", "CN", "a b@example.org",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ident id;
		int ret = ident_parse(&id, texts[i]);

		if (strcmp(texts[i], "CN") == 0) {	/* a name like any other */
			assert_int_equal(ret, 0);
			ident_drop(&id);
			continue;
		}
		if (ret == 0)
			fail_msg("accepted: %s", texts[i]);
	}
}

static void names_compare_without_case_and_other_octets_with(void **state)
{
	struct ident id;

	(void)state;
	assert_int_equal(ident_parse(&id, "GW.Example.org"), 0);
	assert_true(ident_equal(&id, ID_FQDN, KW_SPAN_STR("gw.eXample.ORG")));
	assert_false(ident_equal(&id, ID_FQDN, KW_SPAN_STR("gw.example.orgx")));
	assert_false(ident_equal(&id, ID_FQDN, KW_SPAN_STR("gw.example.or")));
	assert_false(ident_equal(&id, ID_RFC822_ADDR, KW_SPAN_STR("gw.example.org")));
	ident_drop(&id);
	assert_int_equal(ident_parse(&id, "keyid:4142"), 0);
	assert_true(ident_equal(&id, ID_KEY_ID, KW_SPAN_STR("AB")));
	assert_false(ident_equal(&id, ID_KEY_ID, KW_SPAN_STR("ab")));
	ident_drop(&id);
}

static void an_unset_identity_equals_nothing(void **state)
{
	struct ident id = { 0 };

	(void)state;
	assert_false(ident_equal(&id, 0, KW_SPAN(NULL, 0)));
	assert_false(ident_equal(&id, ID_FQDN, KW_SPAN_STR("gw")));
}

static void distinguished_names_compare_by_value(void **state)
{
	struct ident a, b;

	(void)state;
	assert_int_equal(ident_parse(&a, "CN=gw, O=Example"), 0);
	assert_int_equal(ident_parse(&b, "CN=gw,O=Example"), 0);
	assert_int_equal(a.type, ID_DER_ASN1_DN);
	assert_true(ident_equal(&a, b.type, KW_SPAN(b.data, b.len)));
	ident_drop(&b);
	assert_int_equal(ident_parse(&b, "CN=gx,O=Example"), 0);
	assert_false(ident_equal(&a, b.type, KW_SPAN(b.data, b.len)));
	ident_drop(&a);
	ident_drop(&b);
}

static void what_a_peer_sends_is_printed_harmlessly(void **state)
{
	char text[IDENT_STRLEN], data[2000];

	(void)state;
	assert_string_equal(ident_print(text, ID_FQDN, KW_SPAN_STR("a\x1b[2J b")),
			    "a\\x1b[2J\\x20b");
	assert_string_equal(ident_print(text, ID_IPV4_ADDR, KW_SPAN_STR("abc")),
			    "IPv4 address of 3 octets");
	assert_string_equal(ident_print(text, 77, KW_SPAN_STR("A")), "id 77 41");
	memset(data, 1, sizeof(data));
	for (int type = 0; type < 16; type++) {
		ident_print(text, (uint8_t)type, KW_SPAN(data, sizeof(data)));
		assert_true(strlen(text) < IDENT_STRLEN);
		ident_print(text, (uint8_t)type, KW_SPAN(NULL, 0));
	}
}

static int setup(void **state)
{
	(void)state;
	return crypto_setup();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_becomes_octets_and_text_again),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(names_compare_without_case_and_other_octets_with),
		cmocka_unit_test(an_unset_identity_equals_nothing),
		cmocka_unit_test(distinguished_names_compare_by_value),
		cmocka_unit_test(what_a_peer_sends_is_printed_harmlessly),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
