// SPDX-License-Identifier: GPL-2.0
/* Figures for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/format.h"

static char buf[FORMAT_LEN];

static void bytes_have_one_unit_and_two_digits(void **state)
{
	(void)state;
	assert_string_equal(format_bytes(buf, 0), "0 B");
	assert_string_equal(format_bytes(buf, 999), "999 B");
	assert_string_equal(format_bytes(buf, 1023), "1023 B");
	assert_string_equal(format_bytes(buf, 1024), "1.0 KiB");
	assert_string_equal(format_bytes(buf, 1536), "1.5 KiB");
	assert_string_equal(format_bytes(buf, 10200), "10 KiB");
	assert_string_equal(format_bytes(buf, 1048064), "1.0 MiB");
	assert_string_equal(format_bytes(buf, 123456789), "118 MiB");
	assert_string_equal(format_bytes(buf, UINT64_MAX), "16 EiB");
}

static void durations_get_coarser_with_length(void **state)
{
	(void)state;
	assert_string_equal(format_duration(buf, 0), "0 s");
	assert_string_equal(format_duration(buf, 999), "0 s");
	assert_string_equal(format_duration(buf, 59999), "59 s");
	assert_string_equal(format_duration(buf, 60000), "1 min");
	assert_string_equal(format_duration(buf, 3599999), "59 min");
	assert_string_equal(format_duration(buf, 3600000), "1 h 0 min");
	assert_string_equal(format_duration(buf, 100000000), "1 d 3 h");
}

static void one_has_no_plural(void **state)
{
	(void)state;
	assert_string_equal(format_count(buf, sizeof(buf), 0, "packet"), "0 packets");
	assert_string_equal(format_count(buf, sizeof(buf), 1, "packet"), "1 packet");
	assert_string_equal(format_count(buf, sizeof(buf), 2, "packet"), "2 packets");
}

static void time_has_milliseconds(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	assert_string_equal(format_time(buf, 1763793721007), "2025-11-22 06:42:01.007");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_have_one_unit_and_two_digits),
		cmocka_unit_test(durations_get_coarser_with_length),
		cmocka_unit_test(one_has_no_plural),
		cmocka_unit_test(time_has_milliseconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
