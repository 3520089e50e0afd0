// SPDX-License-Identifier: GPL-2.0
/* Traffic selectors: octets, text, and what is refused (RFC 7296 §3.13). */
#include "wire/isakmp.h"
#include "wire/ts.h"

#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const texts[] = {
	"10.1.0.0/16", "10.1.0.1/32", "0.0.0.0/0", "::/0", "10.0.0.1-10.0.0.9", "10.1.0.0/16[tcp]",
	"10.1.0.0/16[tcp/443]", "::/0[udp/1000-2000]", "10.1.0.0/16[icmp/8]",
	"10.1.0.0/16[icmp/3.1]",
	"2001:db8::/32[icmpv6/133.0-137.255]", "10.1.0.0/16[udp/opaque]", "10.1.0.0/16[any/443]",
	"10.1.0.0/16[gre]", "10.1.0.0/16[200/0]", "2001:db8::1-2001:db8::ff[sctp/0-9]",
};

#define N_TEXTS (sizeof(texts) / sizeof(texts[0]))

static void text_becomes_a_selector_and_text_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_TEXTS; i++) {
		char text[TS_STRLEN];
		struct ts ts;

		assert_int_equal(ts_from_text(&ts, texts[i]), 0);
		assert_string_equal(ts_print(text, &ts), texts[i]);
	}
}

static void other_spellings_mean_the_same(void **state)
{
	static const char *const pairs[][2] = {
		{ "10.1.0.1", "10.1.0.1/32" }, { "10.1.0.0-10.1.255.255", "10.1.0.0/16" },
		{ "10.1.0.0/16[6]", "10.1.0.0/16[tcp]" }, { "10.1.0.0/16[0]", "10.1.0.0/16" },
		{ "10.1.0.0/16[any]", "10.1.0.0/16" },
		{ "10.1.0.0/16[tcp/0-65535]", "10.1.0.0/16[tcp]" },
		{ "10.1.0.0/16[tcp/443-443]", "10.1.0.0/16[tcp/443]" },
		{ "10.1.0.0/16[icmp/8.0-8.255]", "10.1.0.0/16[icmp/8]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct ts a, b;

		assert_int_equal(ts_from_text(&a, pairs[i][0]), 0);
		assert_int_equal(ts_from_text(&b, pairs[i][1]), 0);
		assert_true(ts_equal(&a, &b));
	}
}

static void nonsense_is_no_selector(void **state)
{
	static const char *const bad[] = {
		"", "net", "10.1.0.1/16", "10.1.0.0/33", "10.0.0.9-10.0.0.1",
		"10.0.0.1-2001:db8::1", "10.1.0.0/16[",
		"10.1.0.0/16[]", "10.1.0.0/16[tcp", "10.1.0.0/16[tcp]x", "10.1.0.0/16[tcp/]",
		"10.1.0.0/16[tcp/x]",
		"10.1.0.0/16[tcp/65536]", "10.1.0.0/16[tcp/9-1]", "10.1.0.0/16[tcp/1-]",
		"10.1.0.0/16[tcp/1-2-3]",
		"10.1.0.0/16[tpc/1]", "10.1.0.0/16[256]", "10.1.0.0/16[icmp/256]",
		"10.1.0.0/16[icmp/8.256]",
		"10.1.0.0/16[tcp/4.4]", "[tcp]", "10.1.0.0/16 [tcp] ",
	};
	char longer[400];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ts ts;

		if (ts_from_text(&ts, bad[i]) == 0)
			fail_msg("accepted: %s", bad[i]);
	}
	memset(longer, '1', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(ts_from_text(&(struct ts){ 0 }, longer), -EINVAL);
}

static void what_is_built_is_read_back(void **state)
{
	struct ts_list list = { .n = N_TEXTS }, again;
	uint8_t buf[4 + N_TEXTS * 40];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	char why[128] = "";

	(void)state;
	for (size_t i = 0; i < N_TEXTS; i++)
		assert_int_equal(ts_from_text(&list.ts[i], texts[i]), 0);
	ts_build(&w, &list);
	assert_false(w.bad);
	assert_int_equal(ts_parse(kw_written(&w), &again, why, sizeof(why)), 0);
	assert_int_equal(again.n, list.n);
	for (size_t i = 0; i < N_TEXTS; i++)
		assert_true(ts_equal(&list.ts[i], &again.ts[i]));

	/* Cut anywhere it is refused. */
	for (size_t len = 0; len < w.len; len++) {
		uint8_t *cut = malloc(len);

		memcpy(cut, buf, len);
		assert_int_equal(ts_parse(KW_SPAN(cut, len), &again, why, sizeof(why)), -EBADMSG);
		free(cut);
	}
	for (size_t cap = 0; cap < w.len; cap++) {
		struct kw_writer small = kw_writer(buf, cap);

		ts_build(&small, &list);
		assert_true(small.bad);
	}
}

static void octets_are_where_the_rfc_puts_them(void **state)
{
	static const uint8_t octets[] = {
		1, 0, 0, 0, 7, 6, 0, 16, 1, 0xbb, 1, 0xbb, 10, 1, 0, 0, 10, 1, 255, 255,
	};
	struct ts_list list = { .n = 1 };
	uint8_t buf[64];
	struct kw_writer w = kw_writer(buf, sizeof(buf));

	(void)state;
	assert_int_equal(ts_from_text(&list.ts[0], "10.1.0.0/16[tcp/443]"), 0);
	ts_build(&w, &list);
	assert_true(kw_span_equal(kw_written(&w), KW_SPAN(octets, sizeof(octets))));
}

static void malformed_selectors_are_refused_in_words(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
		const char *why;	/* NULL = good */
		unsigned int n;
	} rows[] = {
#define ROW(octets, why, n) { octets, sizeof(octets) - 1, why, n }
#define V4 "\x07\x06\0\x10\x01\xbb\x01\xbb\x0a\x01\0\0\x0a\x01\xff\xff"
		ROW("", "shorter than its header", 0),
		ROW("\x01\0\0", "shorter than its header", 0),
		ROW("\0\0\0\0", "no selector", 0),
		ROW("\x01\0\0\0", "selector 1: length 0, 0 octets left", 0),
		ROW("\x01\xff\xff\xff" V4, NULL, 1),
		ROW("\x01\0\0\0" V4 "x", "1 octets after 1 selectors", 0),
		ROW("\x02\0\0\0" V4, "selector 2: length 0, 0 octets left", 0),
		ROW("\x02\0\0\0" V4 "\x63\0\0\x05x", NULL, 1),	/* an unknown type is skipped */
		ROW("\x01\0\0\0\x63\0\0\x04", NULL, 0),
		ROW("\x01\0\0\0\x63\0\0\x03", "selector 1: length 3, 4 octets left", 0),
		ROW("\x01\0\0\0\x63\0\0\x05", "selector 1: length 5, 4 octets left", 0),
		ROW("\x01\0\0\0\x07\x06\0\x0f\0\0\xff\xff\x0a\x01\0\0\x0a\x01\xff",
		    "selector 1: its length does not fit type IPv4 address range", 0),
		ROW("\x01\0\0\0\x07\x06\0\x11\0\0\xff\xff\x0a\x01\0\0\x0a\x01\xff\xff\xff",
		    "selector 1: its length does not fit type IPv4 address range", 0),
		ROW("\x01\0\0\0\x08\x06\0\x10\0\0\xff\xff\x0a\x01\0\0\x0a\x01\xff\xff",
		    "selector 1: its length does not fit type IPv6 address range", 0),
		ROW("\x01\0\0\0\x07\x06\0\x10\0\0\xff\xff\x0a\x01\0\x01\x0a\x01\0\0",
		    "selector 1: the last address is below the first", 0),
		ROW("\x01\0\0\0\x07\x06\0\x10\0\x02\0\x01\x0a\x01\0\0\x0a\x01\0\0",
		    "selector 1: port 2 to 1", 0),
		ROW("\x01\0\0\0\x07\x06\0\x10\xff\xff\0\0\x0a\x01\0\0\x0a\x01\0\0", NULL, 1),	/* OPAQUE */
#undef ROW
#undef V4
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char why[128] = "";
		struct ts_list list;
		uint8_t *copy = malloc(rows[i].len);
		int ret;

		memcpy(copy, rows[i].octets, rows[i].len);
		ret = ts_parse(KW_SPAN(copy, rows[i].len), &list, why, sizeof(why));
		free(copy);
		if (ret != (rows[i].why ? -EBADMSG : 0) ||
		    strcmp(why, rows[i].why ? rows[i].why : "") != 0)
			fail_msg("row %zu: %d \"%s\"", i, ret, why);
		if (!ret)
			assert_int_equal(list.n, rows[i].n);
	}
}

static void sixty_four_selectors_and_no_more(void **state)
{
	static const uint8_t one[] = {
		7, 0, 0, 16, 0, 0, 255, 255, 10, 0, 0, 0, 10, 255, 255, 255
	};
	uint8_t buf[4 + 65 * sizeof(one)] = { TS_MAX };
	struct ts_list list;
	char why[128];

	(void)state;
	for (size_t i = 0; i < 65; i++)
		memcpy(buf + 4 + i * sizeof(one), one, sizeof(one));
	assert_int_equal(ts_parse(KW_SPAN(buf, sizeof(buf) - sizeof(one)), &list, why, sizeof(why)),
			 0);
	assert_int_equal(list.n, TS_MAX);
	buf[0] = 65;
	assert_int_equal(ts_parse(KW_SPAN(buf, sizeof(buf)), &list, why, sizeof(why)), -E2BIG);
	assert_string_equal(why, "more than 64 selectors");
}

static void a_selector_without_addresses_is_not_written(void **state)
{
	struct ts_list list = { .n = 1 };
	uint8_t buf[64];
	struct kw_writer w = kw_writer(buf, sizeof(buf));

	(void)state;
	ts_build(&w, &list);
	assert_true(w.bad);
}

static void a_list_is_printed_as_far_as_there_is_room(void **state)
{
	struct ts_list list = { .n = 2 };
	char buf[64];

	(void)state;
	assert_int_equal(ts_from_text(&list.ts[0], "10.1.0.0/16"), 0);
	assert_int_equal(ts_from_text(&list.ts[1], "::/0[tcp/22]"), 0);
	assert_string_equal(ts_list_print(buf, sizeof(buf), &list), "10.1.0.0/16, ::/0[tcp/22]");
	for (size_t cap = 1; cap < 26; cap++)
		assert_int_equal(strlen(ts_list_print(buf, cap, &list)), cap - 1);
	list.n = 0;
	assert_string_equal(ts_list_print(buf, sizeof(buf), &list), "");
}

static void a_kept_list_is_the_same_in_less_memory(void **state)
{
	struct ts_list list = { .n = 2 }, copy, *kept;
	char text[2 * TS_STRLEN];

	(void)state;
	memset(&copy, 0xff, sizeof(copy));
	assert_int_equal(ts_from_text(&list.ts[0], "10.1.0.0/16"), 0);
	assert_int_equal(ts_from_text(&list.ts[1], "fd02::/64[tcp/443]"), 0);
	kept = ts_list_keep(&list);
	assert_non_null(kept);
	assert_true(malloc_usable_size(kept) < sizeof(list) / 8);
	memset(&list, 0, sizeof(list));
	assert_string_equal(ts_list_print(text, sizeof(text), kept), "10.1.0.0/16, fd02::/64[tcp/443]");
	ts_list_copy(&copy, kept);
	free(kept);
	assert_int_equal(copy.n, 2);
	assert_string_equal(ts_list_print(text, sizeof(text), &copy), "10.1.0.0/16, fd02::/64[tcp/443]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_becomes_a_selector_and_text_again),
		cmocka_unit_test(other_spellings_mean_the_same),
		cmocka_unit_test(nonsense_is_no_selector),
		cmocka_unit_test(what_is_built_is_read_back),
		cmocka_unit_test(octets_are_where_the_rfc_puts_them),
		cmocka_unit_test(malformed_selectors_are_refused_in_words),
		cmocka_unit_test(sixty_four_selectors_and_no_more),
		cmocka_unit_test(a_selector_without_addresses_is_not_written),
		cmocka_unit_test(a_list_is_printed_as_far_as_there_is_room),
		cmocka_unit_test(a_kept_list_is_the_same_in_less_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
