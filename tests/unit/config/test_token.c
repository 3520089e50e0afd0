// SPDX-License-Identifier: GPL-2.0
/* Lines, words, spelling and values of configuration files. */
#include "config/spell.h"
#include "config/token.h"
#include "config/value.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct row {
	unsigned int number;
	const char *section, *key, *value;	/* all NULL: a refused line */
	bool quoted;
};

static void check(const char *text, size_t len, const struct row *rows, size_t n)
{
	struct token_file f = { 0 };
	struct token_line line;
	char err[128];
	int ret;

	assert_int_equal(token_text(&f, KW_SPAN(text, len), err, sizeof(err)), 0);
	for (size_t i = 0; i < n; i++) {
		ret = token_next(&f, &line, err, sizeof(err));
		assert_int_equal(line.number, rows[i].number);
		if (!rows[i].section && !rows[i].key) {
			assert_int_equal(ret, -EINVAL);
			continue;
		}
		assert_int_equal(ret, 1);
		if (rows[i].section) {
			assert_string_equal(line.section, rows[i].section);
			continue;
		}
		assert_null(line.section);
		assert_string_equal(line.key, rows[i].key);
		assert_string_equal(line.value, rows[i].value);
		assert_int_equal(line.quoted, rows[i].quoted);
	}
	assert_int_equal(token_next(&f, &line, err, sizeof(err)), 0);
	token_close(&f);
}

#define CHECK(text, ...) \
	check(text, sizeof(text) - 1, (const struct row[]){ __VA_ARGS__ }, \
	      sizeof((const struct row[]){ __VA_ARGS__ }) / sizeof(struct row))

static void lines_have_keys_values_and_numbers(void **state)
{
	(void)state;
	CHECK("a=1\n\n  b\t= two words \r\n# c = 3\n[ s ]\nd = x#y # z",
	      { 1, NULL, "a", "1", false }, { 3, NULL, "b", "two words", false },
	      { 5, "s", NULL, NULL, false }, { 6, NULL, "d", "x#y", false });
	CHECK("a = b = c", { 1, NULL, "a", "b = c", false });
	CHECK("a =", { 1, NULL, "a", "", false });
	CHECK("caf\xc3\xa9 = \xe2\x82\xac", { 1, NULL, "caf\xc3\xa9", "\xe2\x82\xac", false });
}

static void quotes_protect(void **state)
{
	(void)state;
	CHECK("p = \"a # b\" # c\nq = \"\\\"\\\\\\n\"\nr = \"\"", { 1, NULL, "p", "a # b", true },
	      { 2, NULL, "q", "\"\\\\n", true }, { 3, NULL, "r", "", true });
	CHECK("p = \"open\nq = \"a\" b\nr = 1", { 1, NULL, NULL, NULL, false },
	      { 2, NULL, NULL, NULL, false }, { 3, NULL, "r", "1", false });
}

static void a_backslash_joins_lines(void **state)
{
	(void)state;
	CHECK("a = 1,\\\n 2,\\\n\t3\nb = 4\n", { 1, NULL, "a", "1,   2,  \t3", false },
	      { 4, NULL, "b", "4", false });
	CHECK("a = 1 \\", { 1, NULL, "a", "1 \\", false });
	CHECK("a = 1 \\\n", { 1, NULL, "a", "1", false });
}

static void what_is_no_line_is_refused_by_number(void **state)
{
	(void)state;
	CHECK("word\n= 1\n[open\na\0b = 1\nc = 2\x1b\nd = 4", { 1, NULL, NULL, NULL, false },
	      { 2, NULL, NULL, NULL, false }, { 3, NULL, NULL, NULL, false },
	      { 4, NULL, NULL, NULL, false }, { 5, NULL, NULL, NULL, false },
	      { 6, NULL, "d", "4", false });
}

static void lists_keep_their_empty_items(void **state)
{
	char text[] = " a, b c ,,d ";
	char *at = text;

	(void)state;
	assert_string_equal(token_item(&at, ','), "a");
	assert_string_equal(token_item(&at, ','), "b c");
	assert_string_equal(token_item(&at, ','), "");
	assert_string_equal(token_item(&at, ','), "d");
	assert_null(token_item(&at, ','));
}

static void only_regular_files_of_sane_size_are_read(void **state)
{
	char dir[] = "/tmp/keyway-token-XXXXXX", path[64], err[128];
	struct token_file f = { 0 };
	bool others;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_true(token_open(&f, dir, &others, err, sizeof(err)) < 0);
	assert_string_equal(err, "not a regular file");
	snprintf(path, sizeof(path), "%s/fifo", dir);
	assert_int_equal(token_open(&f, path, &others, err, sizeof(err)), -ENOENT);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_true(token_open(&f, path, &others, err, sizeof(err)) < 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(token_text(&f, KW_SPAN("", TOKEN_FILE_MAX + 1), err, sizeof(err)), -EFBIG);
	assert_null(f.text);
}

static void the_nearest_word_is_found_and_a_far_one_is_not(void **state)
{
	static const struct {
		const char *word, *best;
	} rows[] = {
		{ "remot", "remote" }, { "remtoe", "remote" }, { "remote-nett", "remote-net" },
		{ "lokal-net", "local-net" }, { "local_net", "local-net" }, { "psks", "psk" },
		{ "ppsk", "psk" },
		{ "p", NULL }, { "zzz", NULL }, { "encapsulation", "encap" },
		{ "remote-networks", "remote-net" }, { "hamburger", NULL }, { "", NULL },
	};
	static const char *const known[] = { "remote", "remote-net", "local-net", "psk", "encap" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct spell s = { .word = rows[i].word };

		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			spell_try(&s, known[k]);
		if (rows[i].best) {
			assert_non_null(s.best);
			assert_string_equal(s.best, rows[i].best);
		} else {
			assert_null(s.best);
		}
	}
}

static void distances_are_what_they_should_be(void **state)
{
	char longer[80];

	(void)state;
	assert_int_equal(spell_distance("", ""), 0);
	assert_int_equal(spell_distance("abc", "abc"), 0);
	assert_int_equal(spell_distance("", "abc"), 3);
	assert_int_equal(spell_distance("kitten", "sitting"), 3);
	assert_int_equal(spell_distance("ab", "ba"), 1);
	assert_int_equal(spell_distance("abcd", "acbd"), 1);
	memset(longer, 'a', sizeof(longer));
	longer[79] = '\0';
	assert_int_equal(spell_distance(longer, "a"), UINT_MAX);
}

static void durations_and_sizes(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;	/* -1 = refused */
	} times[] = {
		{ "90", 90 }, { "90s", 90 }, { "50m", 3000 }, { "3h", 10800 }, { "1h30m", 5400 },
		{ "2d", 172800 },
		{ "1w", 604800 }, { "never", 0 }, { "0", 0 }, { "3650d", 315360000 },
		{ "3651d", -1 }, { "", -1 },
		{ "h", -1 }, { "3 h", -1 }, { "3y", -1 }, { "-1", -1 },
		{ "99999999999999999999", -1 },
		{ "1.5h", -1 }, { "3G", -1 },
	};
	static const struct {
		const char *text;
		uint64_t octets;	/* 0 = refused */
	} sizes[] = {
		{ "1K", 1024 }, { "500M", 524288000 }, { "10G", 10737418240 },
		{ "2T", 2199023255552 }, { "10", 0 },
		{ "10g", 0 }, { "10GB", 0 }, { "G", 0 }, { "", 0 }, { "1048577T", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		uint32_t s = 0;

		assert_int_equal(value_duration(times[i].text, &s), times[i].seconds >= 0);
		if (times[i].seconds >= 0)
			assert_int_equal(s, times[i].seconds);
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint64_t octets;

		assert_int_equal(value_size(sizes[i].text, &octets), sizes[i].octets != 0);
		if (sizes[i].octets)
			assert_int_equal(octets, sizes[i].octets);
	}
}

static void numbers_stop_at_their_limit(void **state)
{
	uint64_t v;

	(void)state;
	assert_true(value_number("65535", 65535, &v) && v == 65535);
	assert_false(value_number("65536", 65535, &v));
	assert_true(value_number("0", 0, &v) && v == 0);
	assert_false(value_number("1", 0, &v));
	assert_true(value_number("18446744073709551615", UINT64_MAX, &v) && v == UINT64_MAX);
	assert_false(value_number("18446744073709551616", UINT64_MAX, &v));
	assert_false(value_number("", 9, &v));
	assert_false(value_number("1 ", 9, &v));
	assert_false(value_number("0x1", 9, &v));
}

static void secrets_in_hex_and_base64(void **state)
{
	static const struct {
		const char *text, *octets;
	} rows[] = {
		{ "0x4a4B", "JK" }, { "0xafAF", "\xaf\xaf" }, { "0sAZaz09+/", "\x01\x96\xb3\xd3\xdf\xbf" }, { "0sSks=", "JK" }, { "0sSktM", "JKL" }, { "0sSg==", "J" },
		{ "0x", NULL },
		{ "0x4", NULL }, { "0x4g", NULL }, { "0s", NULL }, { "0sSg=", NULL },
		{ "0sSg", NULL }, { "0s====", NULL },
		{ "0sSg==x", NULL }, { "text", NULL }, { "", NULL },
	};

	(void)state;
	assert_int_equal(kw_secret_setup(), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kw_secret s = { 0 };
		int ret = value_secret(rows[i].text, &s);

		assert_int_equal(ret, rows[i].octets ? 0 : -EINVAL);
		if (rows[i].octets)
			assert_true(kw_secret_equal(
				&s, KW_SPAN(rows[i].octets, strlen(rows[i].octets))));
		kw_secret_drop(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_have_keys_values_and_numbers),
		cmocka_unit_test(quotes_protect),
		cmocka_unit_test(a_backslash_joins_lines),
		cmocka_unit_test(what_is_no_line_is_refused_by_number),
		cmocka_unit_test(lists_keep_their_empty_items),
		cmocka_unit_test(only_regular_files_of_sane_size_are_read),
		cmocka_unit_test(the_nearest_word_is_found_and_a_far_one_is_not),
		cmocka_unit_test(distances_are_what_they_should_be),
		cmocka_unit_test(durations_and_sizes),
		cmocka_unit_test(numbers_stop_at_their_limit),
		cmocka_unit_test(secrets_in_hex_and_base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
