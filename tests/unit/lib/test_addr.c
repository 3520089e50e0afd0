// SPDX-License-Identifier: GPL-2.0
/* Addresses, ranges and endpoints by tables of text. */
#include "lib/addr.h"
#include "check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct ip_addr addr(const char *text)
{
	struct ip_addr a;

	if (ip_addr_parse(&a, text))
		fail_msg("%s is no address", text);
	return a;
}

static struct ip_range range(const char *text)
{
	struct ip_range r;

	if (ip_range_parse(&r, text))
		fail_msg("%s is no range", text);
	return r;
}

static void addresses_print_as_they_parse(void **state)
{
	static const char * const texts[] = { "0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1",
		"2001:db8::1", "fe80::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::ffff:192.0.2.1" };
	struct ip_addr none = { 0 }, a;
	char buf[ADDR_STRLEN];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		a = addr(texts[i]);
		assert_string_equal(ip_addr_print(buf, &a), texts[i]);
		assert_int_equal(ip_addr_len(&a), strchr(texts[i], ':') ? 16 : 4);
		assert_true(ip_addr_is_set(&a));
	}
	assert_string_equal(ip_addr_print(buf, &none), "%any");
	assert_int_equal(ip_addr_len(&none), 0);
	assert_false(ip_addr_is_set(&none) || ip_addr_is_any(&none));
}

static void what_is_no_address_is_refused(void **state)
{
	static const char * const bad[] = { "", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", " 1.2.3.4",
		"1.2.3.4 ", "1.2.3.4/32", "gw.example.org", ":", ":::", "2001:db8::g", "fe80::1%eth0", "::1::",
		"1:2:3:4:5:6:7:8:9", "%any", "0x7f.1" };
	struct ip_addr a = { .family = 77 };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(ip_addr_parse(&a, bad[i]), -EINVAL);
		assert_int_equal(a.family, 77);	/* untouched */
	}
}

static void addresses_order_by_family_then_value(void **state)
{
	static const char * const sorted[] = { "0.0.0.0", "0.0.0.255", "0.0.1.0", "10.0.0.1", "255.255.255.255",
		"::", "::1", "::100", "2001:db8::", "ff02::1" };

	(void)state;
	for (size_t i = 0; i < COUNT(sorted); i++) {
		for (size_t k = 0; k < COUNT(sorted); k++) {
			struct ip_addr a = addr(sorted[i]), b = addr(sorted[k]);
			int c = ip_addr_cmp(&a, &b);

			assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
			assert_int_equal(ip_addr_equal(&a, &b), i == k);
		}
	}
	struct ip_addr v4 = addr("0.0.0.0"), v6 = addr("::"), one = addr("::1");

	assert_true(ip_addr_is_any(&v4) && ip_addr_is_any(&v6) && !ip_addr_is_any(&one));
}

static void ranges_by_table(void **state)
{
	static const struct { const char *in, *out; int bits; } rows[] = {
		{ "10.0.0.0/8", "10.0.0.0/8", 8 }, { "10.0.0.1", "10.0.0.1/32", 32 },
		{ "10.0.0.1/32", "10.0.0.1/32", 32 }, { "0.0.0.0/0", "0.0.0.0/0", 0 },
		{ "10.0.0.0-10.0.0.255", "10.0.0.0/24", 24 }, { "10.0.0.1-10.0.0.9", "10.0.0.1-10.0.0.9", -1 },
		{ "10.0.0.1-10.0.0.2", "10.0.0.1-10.0.0.2", -1 }, { "10.0.0.2-10.0.0.3", "10.0.0.2/31", 31 },
		{ "0.0.0.0-255.255.255.255", "0.0.0.0/0", 0 },
		{ "::/0", "::/0", 0 }, { "2001:db8::/32", "2001:db8::/32", 32 }, { "::1", "::1/128", 128 },
		{ "2001:db8::1-2001:db8::7", "2001:db8::1-2001:db8::7", -1 },
		{ "2001:db8::-2001:db8::7", "2001:db8::/125", 125 },
		{ "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0", 0 },
	};
	char buf[RANGE_STRLEN];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ip_range r = range(rows[i].in), again;

		assert_string_equal(ip_range_print(buf, &r), rows[i].out);
		assert_int_equal(ip_range_prefix_len(&r), rows[i].bits);
		again = range(rows[i].out);
		assert_true(ip_range_equal(&r, &again));
	}
	struct ip_range none = { 0 };

	assert_int_equal(ip_range_prefix_len(&none), -1);
}

static void what_is_no_range_is_refused(void **state)
{
	static const char * const bad[] = { "", "/", "-", "10.0.0.0/", "0.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/ 8",
		"10.0.0.0/8 ", "10.0.0.0/08", "10.0.0.0/8x", "10.0.0.1/8", "10.0.0.0/4294967304", "::/129",
		"2001:db8::1/64", "10.0.0.9-10.0.0.1", "10.0.0.1-", "-10.0.0.1", "10.0.0.1-::1", "::1-10.0.0.1",
		"10.0.0.1-10.0.0.2-10.0.0.3", "10.0.0.0/8-10.0.0.1", "host/8",
		"1111111111111111111111111111111111111111111111111111111111111111" };
	struct ip_range r;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (ip_range_parse(&r, bad[i]) != -EINVAL)
			fail_msg("%s was taken", bad[i]);
	}
}

static void containment_and_intersection(void **state)
{
	static const struct { const char *a, *b, *both; bool contains; } rows[] = {
		{ "10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/16", true },
		{ "10.1.0.0/16", "10.0.0.0/8", "10.1.0.0/16", false },
		{ "10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/8", true },
		{ "10.0.0.1-10.0.0.5", "10.0.0.5-10.0.0.9", "10.0.0.5/32", false },
		{ "10.0.0.1-10.0.0.5", "10.0.0.6-10.0.0.9", NULL, false },
		{ "0.0.0.0/0", "192.0.2.0/24", "192.0.2.0/24", true },
		{ "0.0.0.0/0", "::/0", NULL, false }, { "::/0", "0.0.0.0/0", NULL, false },
		{ "2001:db8::/32", "2001:db8:1::/48", "2001:db8:1::/48", true },
		{ "2001:db8::/32", "2001:db9::/32", NULL, false },
	};
	char buf[RANGE_STRLEN];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ip_range a = range(rows[i].a), b = range(rows[i].b), ab, ba;

		assert_int_equal(ip_range_contains(&a, &b), rows[i].contains);
		assert_int_equal(ip_range_has(&a, &b.first), rows[i].both && !strncmp(rows[i].both, rows[i].b, 5));
		assert_int_equal(ip_range_intersect(&ab, &a, &b), rows[i].both != NULL);
		assert_int_equal(ip_range_intersect(&ba, &b, &a), rows[i].both != NULL);
		if (rows[i].both) {
			assert_string_equal(ip_range_print(buf, &ab), rows[i].both);
			assert_true(ip_range_equal(&ab, &ba));
		}
	}
}

static void prefixes_mask_their_address(void **state)
{
	struct ip_addr a = addr("10.1.2.3"), six = addr("2001:db8::1");
	char buf[RANGE_STRLEN];
	struct ip_range r;

	(void)state;
	r = ip_range_from_prefix(&a, 8);
	assert_string_equal(ip_range_print(buf, &r), "10.0.0.0/8");
	r = ip_range_from_prefix(&a, 0);
	assert_string_equal(ip_range_print(buf, &r), "0.0.0.0/0");
	r = ip_range_from_prefix(&a, 32);
	assert_string_equal(ip_range_print(buf, &r), "10.1.2.3/32");
	r = ip_range_from_prefix(&a, 200);	/* no wider than the address */
	assert_string_equal(ip_range_print(buf, &r), "10.1.2.3/32");
	r = ip_range_from_prefix(&six, 127);
	assert_string_equal(ip_range_print(buf, &r), "2001:db8::/127");
	r = ip_range_any(AF_INET6);
	assert_string_equal(ip_range_print(buf, &r), "::/0");
}

struct list {
	char text[2048];
	unsigned int n, stop_at;
};

static int append(const struct ip_addr *a, unsigned int bits, void *ctx)
{
	struct list *l = ctx;
	char buf[ADDR_STRLEN];
	size_t at = strlen(l->text);

	snprintf(l->text + at, sizeof(l->text) - at, "%s%s/%u", at ? " " : "", ip_addr_print(buf, a), bits);
	return ++l->n == l->stop_at ? 7 : 0;
}

static void ranges_cut_into_the_fewest_prefixes(void **state)
{
	static const struct { const char *range, *prefixes; } rows[] = {
		{ "10.0.0.0/8", "10.0.0.0/8" },
		{ "10.0.0.1-10.0.0.9", "10.0.0.1/32 10.0.0.2/31 10.0.0.4/30 10.0.0.8/31" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "0.0.0.1-255.255.255.255", "0.0.0.1/32 0.0.0.2/31 0.0.0.4/30 0.0.0.8/29 0.0.0.16/28 0.0.0.32/27 "
		  "0.0.0.64/26 0.0.0.128/25 0.0.1.0/24 0.0.2.0/23 0.0.4.0/22 0.0.8.0/21 0.0.16.0/20 0.0.32.0/19 "
		  "0.0.64.0/18 0.0.128.0/17 0.1.0.0/16 0.2.0.0/15 0.4.0.0/14 0.8.0.0/13 0.16.0.0/12 0.32.0.0/11 "
		  "0.64.0.0/10 0.128.0.0/9 1.0.0.0/8 2.0.0.0/7 4.0.0.0/6 8.0.0.0/5 16.0.0.0/4 32.0.0.0/3 "
		  "64.0.0.0/2 128.0.0.0/1" },
		{ "255.255.255.254-255.255.255.255", "255.255.255.254/31" },
		{ "::/0", "::/0" }, { "2001:db8::1-2001:db8::4", "2001:db8::1/128 2001:db8::2/127 2001:db8::4/128" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ip_range r = range(rows[i].range);
		struct list l = { 0 };

		assert_int_equal(ip_range_to_prefixes(&r, append, &l), 0);
		assert_string_equal(l.text, rows[i].prefixes);
	}
	struct ip_range r = range("10.0.0.1-10.0.0.9");
	struct list l = { .stop_at = 2 };

	assert_int_equal(ip_range_to_prefixes(&r, append, &l), 7);
	assert_string_equal(l.text, "10.0.0.1/32 10.0.0.2/31");
}

/* Random IPv4 ranges: the prefixes join up, cover exactly the range, and no two could be one. */
struct cover {
	uint64_t next;
	unsigned int last_bits;
	uint32_t last;
};

static int join(const struct ip_addr *a, unsigned int bits, void *ctx)
{
	struct cover *c = ctx;
	uint32_t v = (uint32_t)a->b[0] << 24 | (uint32_t)a->b[1] << 16 | (uint32_t)a->b[2] << 8 | a->b[3];
	uint64_t size = 1ull << (32 - bits);

	assert_int_equal(v, c->next);
	assert_int_equal(v % size, 0);
	if (c->last_bits == bits)	/* else they would be one: the first is not aligned to both */
		assert_true(c->last % (2 * size) != 0);
	c->next = v + size;
	c->last = v;
	c->last_bits = bits;
	return 0;
}

static void random_ranges_are_covered_exactly(void **state)
{
	(void)state;
	srandom(1);
	for (int i = 0; i < 20000; i++) {
		uint32_t x = (uint32_t)random() << (random() % 2), y = (uint32_t)random() >> (random() % 32);
		uint32_t lo = x < y ? x : y, hi = x < y ? y : x;
		uint32_t be_lo = htonl(lo), be_hi = htonl(hi);
		struct ip_range r = { ip_addr_from_bytes(AF_INET, (const uint8_t *)&be_lo),
				      ip_addr_from_bytes(AF_INET, (const uint8_t *)&be_hi) };
		struct cover c = { .next = lo, .last_bits = 99 };

		assert_int_equal(ip_range_to_prefixes(&r, join, &c), 0);
		assert_int_equal(c.next, (uint64_t)hi + 1);
	}
}

static void endpoints(void **state)
{
	struct endpoint v4 = { addr("192.0.2.1"), 500 }, v6 = { addr("2001:db8::1"), 4500 }, none = { 0 }, got;
	struct endpoint port = { addr("192.0.2.1"), 501 };
	char buf[ENDPOINT_STRLEN];
	struct sockaddr_storage ss;
	struct sockaddr_in6 in6;

	(void)state;
	assert_string_equal(endpoint_print(buf, &v4), "192.0.2.1:500");
	assert_string_equal(endpoint_print(buf, &v6), "[2001:db8::1]:4500");
	assert_string_equal(endpoint_print(buf, &none), "%any:0");
	assert_true(endpoint_equal(&v4, &v4));
	assert_false(endpoint_equal(&v4, &v6) || endpoint_equal(&v4, &port));

	assert_int_equal(endpoint_to_sockaddr(&v4, &ss), sizeof(struct sockaddr_in));
	assert_int_equal(endpoint_from_sockaddr(&got, (struct sockaddr *)&ss), 0);
	assert_true(endpoint_equal(&got, &v4));
	assert_int_equal(endpoint_to_sockaddr(&v6, &ss), sizeof(struct sockaddr_in6));
	assert_int_equal(endpoint_from_sockaddr(&got, (struct sockaddr *)&ss), 0);
	assert_true(endpoint_equal(&got, &v6));
	assert_int_equal(endpoint_to_sockaddr(&none, &ss), 0);
	ss.ss_family = AF_UNIX;
	assert_int_equal(endpoint_from_sockaddr(&got, (struct sockaddr *)&ss), -EAFNOSUPPORT);

	/* An IPv4 peer on a dual-stack socket is an IPv4 peer. */
	in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(500) };
	inet_pton(AF_INET6, "::ffff:192.0.2.1", &in6.sin6_addr);
	assert_int_equal(endpoint_from_sockaddr(&got, (struct sockaddr *)&in6), 0);
	assert_true(endpoint_equal(&got, &v4));
}

/* By the IANA registries of special-purpose addresses. */
static void what_is_of_the_public_internet(void **state)
{
	static const char *const public[] = { "1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1",
		"126.1.2.3", "128.0.0.1", "169.253.1.1", "172.15.0.1", "172.32.0.1", "192.0.1.1", "192.167.1.1",
		"192.169.0.1", "198.17.0.1", "198.20.0.1", "223.255.255.255", "2001:200::1", "2003::1", "2a00:1450::1",
		"2001:db7::1", "3fff::1" };
	static const char *const others[] = { "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255",
		"127.0.0.1", "127.255.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1",
		"192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.1", "224.0.0.1",
		"239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:1.1.1.1", "::1.1.1.1", "64:ff9b::101:101",
		"fc00::1", "fd09::1", "fe80::1", "fec0::1", "ff02::1", "2001:db8::1", "2001:0::1", "2002:a00:1::1",
		"4000::1" };
	struct ip_addr a;

	(void)state;
	for (unsigned int i = 0; i < sizeof(public) / sizeof(public[0]); i++) {
		assert_int_equal(ip_addr_parse(&a, public[i]), 0);
		if (!ip_addr_is_public(&a))
			fail_msg("%s is public", public[i]);
	}
	for (unsigned int i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(ip_addr_parse(&a, others[i]), 0);
		if (ip_addr_is_public(&a))
			fail_msg("%s is not public", others[i]);
	}
	a = (struct ip_addr){ 0 };
	assert_false(ip_addr_is_public(&a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_print_as_they_parse),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(addresses_order_by_family_then_value),
		cmocka_unit_test(ranges_by_table),
		cmocka_unit_test(what_is_no_range_is_refused),
		cmocka_unit_test(containment_and_intersection),
		cmocka_unit_test(prefixes_mask_their_address),
		cmocka_unit_test(ranges_cut_into_the_fewest_prefixes),
		cmocka_unit_test(random_ranges_are_covered_exactly),
		cmocka_unit_test(endpoints),
		cmocka_unit_test(what_is_of_the_public_internet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
