// SPDX-License-Identifier: GPL-2.0
/* Certificates by hash and URL (RFC 7296 §3.6). */
#include "wire/cert_url.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HASH "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13"

static void urls_by_table(void **state)
{
	static const char *const plain[] = { "http://a/", "http://pki.example.org:8080/certs/gw.der", "http://a",
		"http://192.0.2.1/x?y=1&z=%20", "http://[2001:db8::1]/gw.der", "http://a/x..", "http://a/.well-known/x" };
	static const char *const others[] = { "", "http://", "http:///x", "http://:80/", "http://?x", "https://a/",
		"HTTP://a/", "ftp://a/x", "file:///etc/passwd", "http:/a", "a/b", "http://u@a/", "http://u:p@a/",
		"http://a/x#y", "http://a/x y", "http://a/x\ty", "http://a/x\r\nHost: b", "http://a\\b/", "http://a/\xc3\xa4",
		"http://a/../b", "http://a/..", "http://a/x/../../b", "http://a/%2e%2e/b", "http://a/%2E%2E/b", "http://a/.%2e/b",
		"http://a/<b>", "http://a/\"", "http://a/{x}", "http://a/|", "http://a/^", "http://a/`" };
	char longest[CERT_URL_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (!cert_url_is_plain(plain[i]))
			fail_msg("%s", plain[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (cert_url_is_plain(others[i]))
			fail_msg("%s", others[i]);
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "http://", 7);
	longest[CERT_URL_MAX] = '\0';
	assert_false(cert_url_is_plain(longest));
	longest[CERT_URL_MAX - 1] = '\0';
	assert_true(cert_url_is_plain(longest));
}

static void places(void **state)
{
	(void)state;
	assert_true(cert_url_below("http://a/b/c", "http://a/b/"));
	assert_true(cert_url_below("http://a/b/", "http://a/b/"));
	assert_false(cert_url_below("http://a/b", "http://a/b/"));
	assert_false(cert_url_below("http://a.net/b/c", "http://a/b/"));
	assert_false(cert_url_below("http://a/c/b/", "http://a/b/"));
}

static void a_payload_there_and_back(void **state)
{
	static const char octets[] = HASH "http://a/gw.der";
	uint8_t buf[64];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	struct cert_url at;

	(void)state;
	assert_int_equal(cert_url_parse(KW_SPAN(octets, sizeof(octets) - 1), &at), 0);
	assert_string_equal(at.url, "http://a/gw.der");
	assert_memory_equal(at.hash, HASH, 20);
	cert_url_build(&w, at.hash, at.url);
	assert_true(kw_span_equal(kw_written(&w), KW_SPAN(octets, sizeof(octets) - 1)));
}

static void payloads_that_do_not_parse(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
	} rows[] = {
		{ "", 0 }, { HASH, 19 }, { HASH, 20 }, { HASH "x", 21 }, { HASH "http://a/\0b", 31 },
		{ HASH "http://a/\0", 30 }, { HASH "ftp://a/x", 29 }, { "http://a/gw.der", 15 },
	};
	struct cert_url at;
	uint8_t longest[20 + CERT_URL_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (cert_url_parse(KW_SPAN(rows[i].octets, rows[i].len), &at) != -EBADMSG)
			fail_msg("row %zu", i);
	memset(longest, 'a', sizeof(longest));
	memcpy(longest + 20, "http://", 7);
	assert_int_equal(cert_url_parse(KW_SPAN(longest, sizeof(longest)), &at), -EBADMSG);
	assert_int_equal(cert_url_parse(KW_SPAN(longest, sizeof(longest) - 1), &at), 0);
}

/* ---- bundles ---- */

/* How many certificates, or -1: it does not end well. */
static int count(struct kw_span der)
{
	struct kw_reader r;
	struct kw_span cert;
	int n = 0;

	if (cert_bundle_open(der, &r))
		return -1;
	while (cert_bundle_next(&r, &cert))
		n++;
	return r.bad ? -1 : n;
}

#define COUNT_OF(octets) count(KW_SPAN(octets, sizeof(octets) - 1))

/* By hand, from the module in the RFC: SEQUENCE { [0] certificate, [1] list }. */
static void bundles_by_hand(void **state)
{
	struct kw_reader r;
	struct kw_span cert;

	(void)state;
	assert_int_equal(COUNT_OF("\x30\x00"), 0);
	assert_int_equal(COUNT_OF("\x30\x04\xa0\x02\x30\x00"), 1);
	assert_int_equal(COUNT_OF("\x30\x0c\xa0\x02\x30\x00\xa1\x02\x30\x00\xa0\x02\x30\x00"), 2);
	assert_int_equal(COUNT_OF("\x30\x04\xa1\x02\x30\x00"), 0);
	assert_int_equal(cert_bundle_open(KW_SPAN("\x30\x05\xa0\x03\x30\x01\x07", 7), &r), 0);
	assert_true(cert_bundle_next(&r, &cert));
	assert_true(kw_span_equal(cert, KW_SPAN("\x30\x01\x07", 3)));
	/* Of another kind, cut, or with more behind it. */
	assert_int_equal(COUNT_OF(""), -1);
	assert_int_equal(COUNT_OF("\x31\x00"), -1);
	assert_int_equal(COUNT_OF("\x30\x00\x00"), -1);
	assert_int_equal(COUNT_OF("\x30\x05\xa0\x02\x30\x00"), -1);
	assert_int_equal(COUNT_OF("\x30\x04\xa0\x03\x30\x00"), -1);
	assert_int_equal(COUNT_OF("\x30\x04\xa2\x02\x30\x00"), -1);
	assert_int_equal(COUNT_OF("\x30\x04\x30\x02\x30\x00"), -1);
	/* Lengths that are longer than they need to be, without end, or out of bounds. */
	assert_int_equal(COUNT_OF("\x30\x81\x04\xa0\x02\x30\x00"), -1);
	assert_int_equal(COUNT_OF("\x30\x82\x00\x04\xa0\x02\x30\x00"), -1);
	assert_int_equal(COUNT_OF("\x30\x80\xa0\x02\x30\x00\x00\x00"), -1);
	assert_int_equal(COUNT_OF("\x30\x84\x00\x00\x00\x04\xa0\x02\x30\x00"), -1);
	assert_int_equal(COUNT_OF("\x30\xff"), -1);
}

static void bundles_of_all_lengths(void **state)
{
	static const size_t lengths[] = { 0, 1, 127, 128, 255, 256, 65535, 65536, 70000 };
	uint8_t *octets = calloc(1, 70000), *buf = malloc(400000);

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		for (size_t k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++) {
			struct kw_span in[2] = { KW_SPAN(octets, lengths[i]), KW_SPAN(octets, lengths[k]) }, cert;
			struct kw_writer w = kw_writer(buf, 400000);
			struct kw_reader r;

			cert_bundle_build(&w, in, 2);
			assert_false(w.bad);
			assert_int_equal(cert_bundle_open(kw_written(&w), &r), 0);
			assert_true(cert_bundle_next(&r, &cert));
			assert_int_equal(cert.len, lengths[i]);
			assert_true(cert_bundle_next(&r, &cert));
			assert_int_equal(cert.len, lengths[k]);
			assert_false(cert_bundle_next(&r, &cert));
			assert_false(r.bad);
		}
	free(octets);
	free(buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_by_table),
		cmocka_unit_test(places),
		cmocka_unit_test(a_payload_there_and_back),
		cmocka_unit_test(payloads_that_do_not_parse),
		cmocka_unit_test(bundles_by_hand),
		cmocka_unit_test(bundles_of_all_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
