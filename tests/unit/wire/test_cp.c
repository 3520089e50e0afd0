// SPDX-License-Identifier: GPL-2.0
/* Configuration attributes (RFC 7296 §3.15.1, RFC 8598 §3). */
#include "wire/cp.h"
#include "wire/isakmp_v1.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct cp parsed(const char *octets, size_t n)
{
	char why[160] = "";
	struct cp cp;

	if (cp_parse(KW_SPAN(octets, n), &cp, why, sizeof(why)))
		fail_msg("%s", why);
	return cp;
}
#define PARSED(octets) parsed(octets, sizeof(octets) - 1)

static bool is(const struct ip_addr *a, const char *text)
{
	struct ip_addr b;

	return !ip_addr_parse(&b, text) && ip_addr_equal(a, &b);
}

/* By hand, from the figures of RFC 7296 §3.15 and RFC 8598 §4.1. */
#define REPLY										\
	"\x02\0\0\0"									\
	"\0\x01\0\x04\x0a\x09\0\x07"							\
	"\0\x08\0\x11\xfd\x09\0\0\0\0\0\0\0\0\0\0\0\0\0\x07\x80"			\
	"\0\x03\0\x04\x0a\x01\0\x35"							\
	"\0\x0d\0\x08\x0a\x01\0\0\xff\xff\0\0"						\
	"\0\x0f\0\x11\xfd\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x40"				\
	"\0\x19\0\x0c" "corp.example"

static void a_reply_is_read_and_built(void **state)
{
	struct cp cp = PARSED(REPLY);
	uint8_t buf[512];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	char text[RANGE_STRLEN];

	(void)state;
	assert_int_equal(cp.type, CONFIG_REPLY);
	assert_true(cp.has_addr[CP_IP4] && is(&cp.addr[CP_IP4], "10.9.0.7"));
	assert_true(cp.has_addr[CP_IP6] && is(&cp.addr[CP_IP6], "fd09::7"));
	assert_int_equal(cp.n_dns, 1);
	assert_true(is(&cp.dns[0], "10.1.0.53"));
	assert_int_equal(cp.n_net, 2);
	assert_string_equal(ip_range_print(text, &cp.net[0]), "10.1.0.0/16");
	assert_string_equal(ip_range_print(text, &cp.net[1]), "fd01::/64");
	assert_int_equal(cp.n_domain, 1);
	assert_string_equal(cp.domain[0], "corp.example");
	cp_build(&w, &cp);
	assert_false(w.bad);
	assert_true(kw_span_equal(kw_written(&w), KW_SPAN_STR(REPLY)));
}

static void a_request_is_empty_attributes(void **state)
{
	const struct cp ask = { .type = CONFIG_REQUEST, .has_addr = { true, true }, .has_domain = true };
	uint8_t buf[128];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	struct cp cp;

	(void)state;
	cp_build(&w, &ask);
	assert_true(kw_span_equal(kw_written(&w), KW_SPAN_STR(
		"\x01\0\0\0\0\x01\0\0\0\x08\0\0\0\x03\0\0\0\x0d\0\0\0\x0a\0\0\0\x0f\0\0\0\x19\0\0")));
	cp = parsed((const char *)buf, w.len);
	assert_true(cp.has_addr[CP_IP4] && cp.has_addr[CP_IP6] && cp.has_domain);
	assert_false(ip_addr_is_set(&cp.addr[CP_IP4]) || ip_addr_is_set(&cp.addr[CP_IP6]));
	assert_int_equal(cp.n_dns + cp.n_net + cp.n_domain, 0);
}

static void what_peers_really_send_is_read(void **state)
{
	struct cp cp;

	(void)state;
	/* strongSwan asks for any address by zeros; Windows for NBNS, and for what it calls 23456 */
	cp = PARSED("\x01\0\0\0\0\x01\0\x04\0\0\0\0\0\x04\0\0\x5b\xa0\0\0");
	assert_true(cp.has_addr[CP_IP4] && !ip_addr_is_set(&cp.addr[CP_IP4]));
	assert_false(cp.has_addr[CP_IP6]);
	/* an IPv6 address without the length of its prefix; a mask as the kernel of others writes it */
	cp = PARSED("\x02\0\0\0\0\x08\0\x10\xfd\x09\0\0\0\0\0\0\0\0\0\0\0\0\0\x01");
	assert_true(is(&cp.addr[CP_IP6], "fd09::1"));
	/* two addresses: the first; a name server that was only asked for */
	cp = PARSED("\x02\0\0\0\0\x01\0\x04\x0a\0\0\x01\0\x01\0\x04\x0a\0\0\x02\0\x03\0\0");
	assert_true(is(&cp.addr[CP_IP4], "10.0.0.1"));
	assert_int_equal(cp.n_dns, 0);
}

/* They end up in the hands of resolvectl. */
static void a_domain_is_a_name_or_nothing(void **state)
{
	struct cp cp = PARSED("\x02\0\0\0\0\x19\0\x05" "a.b.." "\0\x19\0\x04" "-bad" "\0\x19\0\x03" "a b"
			      "\0\x19\0\x04" "a\nbc" "\0\x19\0\x03" "a\0b" "\0\x19\0\x02" "\xc3\xa4" "\0\x19\0\x01" ".");

	(void)state;
	assert_int_equal(cp.n_domain, 1);
	assert_string_equal(cp.domain[0], "a.b");
}

static void impossible_lengths_are_refused(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
		const char *part;
	} rows[] = {
#define ROW(o, part) { o, sizeof(o) - 1, part }
		ROW("\x02\0\0", "4 are the least"),
		ROW("\x02\0\0\0\0\x01\0\x03\x0a\0\0", "INTERNAL_IP4_ADDRESS of 3 octets"),
		ROW("\x02\0\0\0\0\x08\0\x04\x0a\0\0\x01", "INTERNAL_IP6_ADDRESS of 4 octets"),
		ROW("\x02\0\0\0\0\x03\0\x05\x0a\0\0\x01\x01", "INTERNAL_IP4_DNS of 5 octets"),
		ROW("\x02\0\0\0\0\x0d\0\x04\x0a\0\0\0", "INTERNAL_IP4_SUBNET of 4 octets"),
		ROW("\x02\0\0\0\0\x0d\0\x08\x0a\0\0\0\xff\0\xff\0", "INTERNAL_IP4_SUBNET of 8 octets"),
		ROW("\x02\0\0\0\0\x0f\0\x11\xfd\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x81", "INTERNAL_IP6_SUBNET"),
		ROW("\x02\0\0\0\0\x01\0\x09\x0a\0\0\x01", "has length 9, 4 octets left"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char why[160] = "";
		struct cp cp;

		assert_int_equal(cp_parse(KW_SPAN(rows[i].octets, rows[i].len), &cp, why, sizeof(why)), -EBADMSG);
		if (!strstr(why, rows[i].part))
			fail_msg("\"%s\" is not in \"%s\"", rows[i].part, why);
	}
}

static void more_than_there_is_room_for_is_left_out(void **state)
{
	uint8_t buf[4096];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	struct cp cp;

	(void)state;
	kw_put_be32(&w, 0x02000000);
	for (unsigned int i = 0; i < 100; i++) {
		kw_put_span(&w, KW_SPAN_STR("\0\x03\0\x04\x0a\x01\0\x35\0\x0d\0\x08\x0a\x01\0\0\xff\xff\0\0"));
		kw_put_span(&w, KW_SPAN_STR("\0\x19\0\x03" "a.b"));
	}
	cp = parsed((const char *)buf, w.len);
	assert_int_equal(cp.n_dns, CP_DNS_MAX);
	assert_int_equal(cp.n_net, CP_NETS_MAX);
	assert_int_equal(cp.n_domain, CP_DOMAINS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_is_read_and_built),
		cmocka_unit_test(a_request_is_empty_attributes),
		cmocka_unit_test(what_peers_really_send_is_read),
		cmocka_unit_test(a_domain_is_a_name_or_nothing),
		cmocka_unit_test(impossible_lengths_are_refused),
		cmocka_unit_test(more_than_there_is_room_for_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
