// SPDX-License-Identifier: GPL-2.0
/* Every drop counter of the module has words for people, and no words are about one it lacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <linux/keyway.h>

#include "cli/reason.h"
#include "kernel/genl_stats.h"

static void every_counter_is_explained(void **state)
{
	int i, drops = 0;

	(void)state;
	for (i = 0; i <= KEYWAY_A_STATS_MAX; i++) {
		const char *name = genl_stats_name(i);

		if (!name || (strncmp(name, "in-", 3) != 0 && strncmp(name, "out-", 4) != 0))
			continue;
		drops++;
		if (!reason_explain(name)[0])
			fail_msg("nothing explains %s", name);
	}
	assert_true(drops > 30);
}

static void a_strange_name_has_no_words(void **state)
{
	(void)state;
	assert_string_equal(reason_explain("in-replay2"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_counter_is_explained),
		cmocka_unit_test(a_strange_name_has_no_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
