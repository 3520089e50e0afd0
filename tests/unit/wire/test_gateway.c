// SPDX-License-Identifier: GPL-2.0
/* Gateways as octets and text (RFC 5685 §7.2). */
#include "wire/gateway.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *host, *octets;
	size_t len;
} forms[] = {
	{ "192.0.2.3", "\1\4\xc0\0\2\3", 6 },
	{ "2001:db8::3", "\2\x10\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\3", 18 },
	{ "gw.example.org", "\3\x0egw.example.org", 16 },
};

static void text_becomes_octets_and_text_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		uint8_t buf[300];
		struct kw_writer w = kw_writer(buf, sizeof(buf));
		char host[GATEWAY_LEN];
		struct kw_span rest;

		assert_int_equal(gateway_build(&w, forms[i].host), 0);
		assert_true(kw_span_equal(kw_written(&w), KW_SPAN(forms[i].octets, forms[i].len)));
		kw_put_span(&w, KW_SPAN_STR("nonce"));
		assert_int_equal(gateway_parse(kw_written(&w), host, &rest), 0);
		assert_string_equal(host, forms[i].host);
		assert_true(kw_span_equal(rest, KW_SPAN_STR("nonce")));
		for (size_t n = 0; n < forms[i].len; n++) {
			uint8_t *copy = malloc(n + 1);

			memcpy(copy, buf, n);
			assert_int_equal(gateway_parse(KW_SPAN(copy, n), host, &rest), -EBADMSG);
			free(copy);
		}
	}
}

static void what_is_no_host_is_refused(void **state)
{
	static const char *const bad[] = { "", "-x", "a b", "gw/example", "gw_1" };
	char host[GATEWAY_LEN], text[300];
	struct kw_span rest;
	uint8_t buf[512];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct kw_writer w = kw_writer(buf, sizeof(buf));

		assert_int_equal(gateway_build(&w, bad[i]), -EINVAL);
	}
	memset(text, 'a', sizeof(text));
	text[256] = '\0';
	assert_int_equal(gateway_build(&(struct kw_writer){ .buf = buf, .cap = sizeof(buf) }, text), -EINVAL);
	text[255] = '\0';
	assert_int_equal(gateway_build(&(struct kw_writer){ .buf = buf, .cap = sizeof(buf) }, text), 0);
	assert_int_equal(gateway_parse(KW_SPAN(buf, 257), host, &rest), 0);
	assert_int_equal(strlen(host), 255);
	assert_int_equal(gateway_parse(KW_SPAN_STR("\4\4abcd"), host, &rest), -EBADMSG);
	assert_int_equal(gateway_parse(KW_SPAN_STR("\1\5abcde"), host, &rest), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_becomes_octets_and_text_again),
		cmocka_unit_test(what_is_no_host_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
