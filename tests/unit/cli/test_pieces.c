// SPDX-License-Identifier: GPL-2.0
/* Whole things from pieces: order, repetition, limits. */
#include "cli/pieces.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SETS 16		/* as many as are held at once */

static int add(struct pieces *p, const char *key, unsigned int number, unsigned int total,
	       const char *data, struct kw_span *whole)
{
	return pieces_add(p, KW_SPAN(key, strlen(key)), number, total, KW_SPAN(data, strlen(data)),
			  whole);
}

static void expect(struct kw_span whole, const char *text)
{
	assert_true(kw_span_equal(whole, KW_SPAN(text, strlen(text))));
}

static void any_order_makes_the_whole(void **state)
{
	static const unsigned int orders[][3] = { { 1, 2, 3 }, { 1, 3, 2 }, { 2, 1, 3 },
						  { 2, 3, 1 }, { 3, 1, 2 }, { 3, 2, 1 } };
	static const char *const data[] = { "", "one ", "two ", "three" };
	struct pieces *p = pieces_new();
	struct kw_span whole;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(add(p, "k", orders[i][0], 3, data[orders[i][0]], &whole), 0);
		assert_int_equal(add(p, "k", orders[i][1], 3, data[orders[i][1]], &whole), 0);
		assert_int_equal(add(p, "k", orders[i][2], 3, data[orders[i][2]], &whole), 1);
		expect(whole, "one two three");
	}
	pieces_free(p);
}

static void the_total_may_come_late(void **state)
{
	struct pieces *p = pieces_new();
	struct kw_span whole;

	(void)state;
	assert_int_equal(add(p, "k", 1, 0, "a", &whole), 0);
	assert_int_equal(add(p, "k", 3, 3, "c", &whole), 0);
	assert_int_equal(add(p, "k", 2, 0, "b", &whole), 1);
	expect(whole, "abc");
	pieces_free(p);
}

static void a_piece_that_comes_again_replaces_itself(void **state)
{
	struct pieces *p = pieces_new();
	struct kw_span whole;

	(void)state;
	assert_int_equal(add(p, "k", 1, 2, "old", &whole), 0);
	assert_int_equal(add(p, "k", 1, 2, "new", &whole), 0);
	assert_int_equal(add(p, "k", 2, 2, "!", &whole), 1);
	expect(whole, "new!");
	pieces_free(p);
}

static void sets_do_not_mix_and_the_oldest_goes(void **state)
{
	struct pieces *p = pieces_new();
	struct kw_span whole;
	char key[8];

	(void)state;
	for (int i = 0; i < SETS + 1; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		assert_int_equal(add(p, key, 1, 2, key, &whole), 0);
	}
	/* k0 gave way to the last one; k1 did not. */
	assert_int_equal(add(p, "k1", 2, 2, "!", &whole), 1);
	expect(whole, "k1!");
	assert_int_equal(add(p, "k0", 2, 2, "!", &whole), 0);
	pieces_free(p);
}

static void what_is_beyond_a_limit_is_refused(void **state)
{
	struct pieces *p = pieces_new();
	struct kw_span whole;

	(void)state;
	assert_int_equal(add(p, "k", 0, 2, "", &whole), -EINVAL);
	assert_int_equal(add(p, "k", PIECES_MAX + 1, 0, "", &whole), -EINVAL);
	assert_int_equal(add(p, "k", 1, PIECES_MAX + 1, "", &whole), -EINVAL);
	assert_int_equal(add(p, "", 1, 1, "", &whole), -EINVAL);
	assert_int_equal(add(p, "123456789012345678901234567890123", 1, 1, "", &whole), -EINVAL);
	assert_int_equal(add(p, "k", 1, 1, "", &whole), 1);
	assert_int_equal(whole.len, 0);
	pieces_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order_makes_the_whole),
		cmocka_unit_test(the_total_may_come_late),
		cmocka_unit_test(a_piece_that_comes_again_replaces_itself),
		cmocka_unit_test(sets_do_not_mix_and_the_oldest_goes),
		cmocka_unit_test(what_is_beyond_a_limit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
