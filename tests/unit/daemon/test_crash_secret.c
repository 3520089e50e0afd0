// SPDX-License-Identifier: GPL-2.0
/* The secret that outlives the daemon: the same in the next life, nobody else's, made anew when it is spoilt. */
#include "daemon/crash_secret.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/setup.h"
#include "lib/log.h"

static char dir[64], path[128], warned[512];

static void keep_line(const struct log_line *line, void *ctx)
{
	(void)ctx;
	snprintf(warned, sizeof(warned), "%s", line->text);
}

static int setup(void **state)
{
	(void)state;
	assert_int_equal(crypto_setup(), 0);
	log_set_sink(keep_line, NULL);
	warned[0] = '\0';
	snprintf(dir, sizeof(dir), "/tmp/keyway-crash-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/crash-secret", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	rmdir(dir);
	return 0;
}

static void it_is_the_same_in_the_next_life(void **state)
{
	struct kw_secret first = { 0 }, second = { 0 };
	struct stat st;

	(void)state;
	crash_secret_open(&first, dir);
	assert_int_equal(first.len, CRASH_SECRET_LEN);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	crash_secret_open(&second, dir);
	assert_true(kw_secret_equal(&first, kw_secret_expose(&second)));
	assert_string_equal(warned, "");
	kw_secret_drop(&first);
	kw_secret_drop(&second);
}

static void two_daemons_have_two(void **state)
{
	struct kw_secret first = { 0 }, second = { 0 };

	(void)state;
	crash_secret_open(&first, dir);
	assert_int_equal(unlink(path), 0);
	crash_secret_open(&second, dir);
	assert_false(kw_secret_equal(&first, kw_secret_expose(&second)));
	kw_secret_drop(&first);
	kw_secret_drop(&second);
}

static void half_a_secret_is_replaced(void **state)
{
	struct kw_secret s = { 0 };
	struct stat st;

	(void)state;
	crash_secret_open(&s, dir);
	kw_secret_drop(&s);
	assert_int_equal(truncate(path, 5), 0);
	crash_secret_open(&s, dir);
	assert_int_equal(s.len, CRASH_SECRET_LEN);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, CRASH_SECRET_LEN);
	kw_secret_drop(&s);
}

static void what_others_can_read_is_no_secret(void **state)
{
	struct kw_secret s = { 0 };

	(void)state;
	crash_secret_open(&s, dir);
	kw_secret_drop(&s);
	assert_int_equal(chmod(path, 0644), 0);
	crash_secret_open(&s, dir);
	assert_int_equal(s.len, 0);
	assert_non_null(strstr(warned, "others can read it"));
}

static void without_a_directory_there_is_none(void **state)
{
	struct kw_secret s = { 0 };

	(void)state;
	crash_secret_open(&s, NULL);
	assert_int_equal(s.len, 0);
	crash_secret_open(&s, "/proc/none");
	assert_int_equal(s.len, 0);
	assert_true(warned[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_is_the_same_in_the_next_life, setup, teardown),
		cmocka_unit_test_setup_teardown(two_daemons_have_two, setup, teardown),
		cmocka_unit_test_setup_teardown(half_a_secret_is_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(what_others_can_read_is_no_secret, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_directory_there_is_none, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
