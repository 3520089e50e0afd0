// SPDX-License-Identifier: GPL-2.0
/* Log lines: levels, the sink, the ring, what a peer's text cannot do, the limit. */
#include "lib/log.h"
#include "check.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct log_line last;
static unsigned int lines;

static void keep(const struct log_line *line, void *ctx)
{
	assert_ptr_equal(ctx, &last);
	last = *line;
	lines++;
}

static int start(void **state)
{
	(void)state;
	lines = 0;
	log_set_level(LOG_LEVEL_INFO);
	log_set_sink(keep, &last);
	return 0;
}

static void a_line_reaches_the_sink(void **state)
{
	uint64_t now = (uint64_t)time(NULL) * 1000;

	(void)state;
	log_warn("office", "peer %s has %d problems", "192.0.2.1", 99);
	assert_int_equal(lines, 1);
	assert_int_equal(last.level, LOG_LEVEL_WARN);
	assert_string_equal(last.subject, "office");
	assert_string_equal(last.text, "peer 192.0.2.1 has 99 problems");
	assert_true(last.unix_ms >= now && last.unix_ms < now + 60000);
	log_error(NULL, "x");
	assert_string_equal(last.subject, "");
}

static unsigned int evaluated;

static int costly(void)
{
	return (int)++evaluated;
}

static void levels_above_the_limit_cost_nothing(void **state)
{
	(void)state;
	log_debug("office", "%d", costly());
	assert_int_equal(lines + evaluated, 0);
	assert_false(log_enabled(LOG_LEVEL_DEBUG));
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("office", "%d", costly());
	assert_int_equal(lines, 1);
	log_set_level(LOG_LEVEL_ERROR);
	log_warn("office", "no");
	log_info("office", "no");
	assert_int_equal(lines, 1);
	log_error("office", "yes");
	assert_int_equal(lines, 2);
	assert_string_equal(log_level_name(LOG_LEVEL_WARN), "warn");
	assert_string_equal(log_level_name(77), "unknown");
}

static void a_peers_text_stays_in_its_line(void **state)
{
	static const struct { const char *in, *out; } rows[] = {
		{ "a\nb", "a\\x0ab" }, { "\x1b[31m", "\\x1b[31m" }, { "\x7f\t\r", "\\x7f\\x09\\x0d" },
		{ "Z\xc3\xbcrich", "Z\xc3\xbcrich" },		/* UTF-8 */
		{ "\xe2\x82\xac \xf0\x9f\x94\x91", "\xe2\x82\xac \xf0\x9f\x94\x91" },
		{ "\xc3", "\\xc3" }, { "\xc3(", "\\xc3(" },	/* cut short */
		{ "\xe2\x82", "\\xe2\\x82" }, { "\xf0\x9f\x94", "\\xf0\\x9f\\x94" },
		{ "\xc0\xaf", "\\xc0\\xaf" },			/* overlong '/' */
		{ "\xe0\x80\xaf", "\\xe0\\x80\\xaf" }, { "\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },		/* a surrogate */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },	/* beyond U+10FFFF */
		{ "\xc2\x9b" "31m", "\\xc2\\x9b31m" },		/* CSI as one C1 control character */
		{ "\xff\xfe", "\\xff\\xfe" }, { "\x80", "\\x80" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		log_info(rows[i].in, "%s", rows[i].in);
		assert_string_equal(last.text, rows[i].out);
		assert_string_equal(last.subject, rows[i].out);
	}
}

static void long_texts_are_cut_whole(void **state)
{
	static char text[5000];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	log_info(text, "%s", text);
	assert_int_equal(strlen(last.text), sizeof(last.text) - 1);
	assert_int_equal(strlen(last.subject), sizeof(last.subject) - 1);
	for (size_t shift = 0; shift < 4; shift++) {	/* never half of an escape or of a character */
		memset(text, '\n', sizeof(text) - 1);
		memset(text, 'a', shift);
		log_info(text, "%s", text);
		assert_true(strlen(last.text) < sizeof(last.text));
		assert_true(strlen(last.subject) < sizeof(last.subject));
		assert_int_equal((strlen(last.text) - shift) % 4, 0);
		for (size_t i = 0; i + 3 < sizeof(text); i += 3)
			memcpy(text + i, "\xe2\x82\xac", 3);
		memset(text, 'a', shift);
		log_info("", "%s", text + shift % 3 * 3);
		assert_true(strlen(last.text) < sizeof(last.text));
		assert_null(strstr(last.text + strlen(last.text) - 2, "\xe2"));
	}
}

static void the_ring_gives_the_newest_in_order(void **state)
{
	static struct log_line out[3000];
	uint64_t first, newest;
	unsigned int n;

	(void)state;
	log_info("r", "mark");
	first = last.seq;
	for (int i = 0; i < 10; i++)
		log_info("r", "line %d", i);
	n = log_ring_read(first, out, 3000);
	assert_int_equal(n, 10);
	for (unsigned int i = 0; i < n; i++) {
		assert_int_equal(out[i].seq, first + 1 + i);
		assert_int_equal(atoi(out[i].text + 5), (int)i);
	}
	assert_int_equal(log_ring_read(first, out, 3), 3);
	assert_int_equal(out[0].seq, first + 1);
	newest = last.seq;
	assert_int_equal(log_ring_read(newest, out, 3000), 0);
	assert_int_equal(log_ring_read(newest + 5, out, 3000), 0);
	assert_int_equal(log_ring_read(UINT64_MAX, out, 3000), 0);
	assert_int_equal(log_ring_read(0, out, 0), 0);

	for (int i = 0; i < 2500; i++)	/* more than it holds */
		log_info("r", "%d", i);
	n = log_ring_read(0, out, 3000);
	assert_true(n >= 500 && n < 2500);
	assert_int_equal(out[n - 1].seq, last.seq);
	assert_string_equal(out[n - 1].text, "2499");
	for (unsigned int i = 1; i < n; i++)
		assert_int_equal(out[i].seq, out[i - 1].seq + 1);
}

static void the_limit_holds_and_says_how_many(void **state)
{
	struct log_limit l = { 0 };
	uint64_t now = 1000000;
	uint32_t held;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_true(log_limit_ok(&l, now + (uint64_t)i, 5, &held) && held == 0);
	for (int i = 0; i < 100; i++)
		assert_false(log_limit_ok(&l, now + 100, 5, &held));
	assert_false(log_limit_ok(&l, now + 9999, 5, &held));
	assert_true(log_limit_ok(&l, now + 10000, 5, &held));
	assert_int_equal(held, 101);
	assert_true(log_limit_ok(&l, now + 10001, 5, &held));
	assert_int_equal(held, 0);
	/* A clock set back is a new window, not an endless one. */
	assert_true(log_limit_ok(&l, 5, 5, &held));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_line_reaches_the_sink, start),
		cmocka_unit_test_setup(levels_above_the_limit_cost_nothing, start),
		cmocka_unit_test_setup(a_peers_text_stays_in_its_line, start),
		cmocka_unit_test_setup(long_texts_are_cut_whole, start),
		cmocka_unit_test_setup(the_ring_gives_the_newest_in_order, start),
		cmocka_unit_test_setup(the_limit_holds_and_says_how_many, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
