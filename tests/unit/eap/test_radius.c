// SPDX-License-Identifier: GPL-2.0
/* RADIUS packets about a user's password (RFC 2865). */
#include "eap/radius.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/hash_v1.h"
#include "crypto/setup.h"

static struct kw_secret secret;

static int setup(void **state)
{
	(void)state;
	return crypto_setup() || kw_secret_copy(&secret, KW_SPAN_STR("xyzzy5461"));
}

static int teardown(void **state)
{
	(void)state;
	kw_secret_drop(&secret);
	return kw_secret_live() != 0;
}

/* §7.1: nemo with "arctangent". */
static void rfc2865_example(void **state)
{
	static const uint8_t authenticator[16] = {
		0x0f, 0x40, 0x3f, 0x94, 0x73, 0x97, 0x80, 0x57, 0xbd, 0x83, 0xd5, 0xcb, 0x98, 0xf4, 0x22, 0x7a,
	};
	static const uint8_t want[16] = {
		0x0d, 0xbe, 0x70, 0x8d, 0x93, 0xd4, 0x13, 0xce, 0x31, 0x96, 0xe4, 0x3f, 0x78, 0x2a, 0x0a, 0xee,
	};
	uint8_t out[RADIUS_PASSWORD_MAX];

	(void)state;
	assert_int_equal(radius_hide(&secret, authenticator, KW_SPAN_STR("arctangent"), out), 16);
	assert_memory_equal(out, want, 16);
}

static void passwords_of_every_length(void **state)
{
	static const uint8_t authenticator[16] = { 1 };
	uint8_t out[RADIUS_PASSWORD_MAX], text[RADIUS_PASSWORD_MAX + 1];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t len = 0; len <= sizeof(text); len++) {
		size_t want = len > RADIUS_PASSWORD_MAX ? 0 : len <= 16 ? 16 : (len + 15) / 16 * 16;

		assert_int_equal(radius_hide(&secret, authenticator, KW_SPAN(text, len), out), want);
	}
}

static size_t ask(uint8_t buf[RADIUS_MAX])
{
	struct kw_writer w = kw_writer(buf, RADIUS_MAX);
	const struct radius_question q = {
		.secret = &secret, .user = KW_SPAN_STR("nemo"), .password = KW_SPAN_STR("arctangent"),
		.peer = KW_SPAN_STR("192.0.2.1"),
	};

	assert_int_equal(radius_ask(&w, &q), 0);
	return w.len;
}

/* With a Message-Authenticator and a Reply-Message. */
static size_t answer(uint8_t *out, uint8_t code, const uint8_t *request)
{
	static const uint8_t text[] = { 18, 7, 'h', 'e', 'l', 'l', 'o' };
	struct kw_writer w = kw_writer(out, 128);
	uint8_t mac[HASH_MAX];
	struct kw_span whole;

	kw_put_u8(&w, code);
	kw_put_u8(&w, request[1]);
	kw_put_be16(&w, 20 + 18 + sizeof(text));
	kw_put_span(&w, KW_SPAN(request + 4, 16));
	kw_put_u8(&w, 80);
	kw_put_u8(&w, 18);
	kw_put_zero(&w, 16);
	kw_put_span(&w, KW_SPAN(text, sizeof(text)));
	whole = kw_written(&w);
	assert_int_equal(hmac_md5(kw_secret_expose(&secret), &whole, 1, mac), 0);
	memcpy(out + 22, mac, 16);
	assert_int_equal(hash_v1_digest(HASH_V1_MD5, (struct kw_span[]){ whole, kw_secret_expose(&secret) }, 2, mac), 0);
	memcpy(out + 4, mac, 16);
	return w.len;
}

static void a_password_is_judged(void **state)
{
	static const struct {
		uint8_t code;
		int ret;
		enum eap_verdict verdict;
	} rows[] = {
		{ 2, 0, EAP_DONE }, { 3, 0, EAP_FAILED }, { 11, 0, EAP_FAILED }, { 5, -EBADMSG, 0 }, { 1, -EBADMSG, 0 },
	};
	uint8_t request[RADIUS_MAX], reply[128];
	size_t len = ask(request), n;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct radius_answer a = { 0 };

		n = answer(reply, rows[i].code, request);
		assert_int_equal(radius_read(&a, &secret, KW_SPAN(request, len), KW_SPAN(reply, n)), rows[i].ret);
		if (rows[i].ret)
			continue;
		assert_int_equal(a.verdict, rows[i].verdict);
		assert_int_equal(a.eap_len, 0);
		assert_memory_equal(a.text, "hello", 5);
	}
}

static void no_other_answer_counts(void **state)
{
	uint8_t request[RADIUS_MAX], reply[128];
	size_t len = ask(request), n = answer(reply, 2, request);
	struct radius_answer a = { 0 };

	(void)state;
	for (size_t at = 0; at < n; at++) {
		reply[at] ^= 1;
		assert_int_equal(radius_read(&a, &secret, KW_SPAN(request, len), KW_SPAN(reply, n)), -EBADMSG);
		reply[at] ^= 1;
	}
	assert_int_equal(radius_read(&a, &secret, KW_SPAN(request, len), KW_SPAN(reply, n)), 0);
	assert_int_equal(a.verdict, EAP_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc2865_example),
		cmocka_unit_test(passwords_of_every_length),
		cmocka_unit_test(a_password_is_judged),
		cmocka_unit_test(no_other_answer_counts),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
