// SPDX-License-Identifier: GPL-2.0
/* Files of exported keys: there when a connection wants them and only then, for nobody else to read. */
#include "daemon/key_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/conf.h"
#include "ike/key_export.h"

static char dir[64];
static struct conf_conn quiet, telling = { .export_keys = true };
static struct conf_conn *conns[] = { &quiet, &telling };

static char *path_of(char path[128], enum key_table table)
{
	snprintf(path, 128, "%s/%s", dir, key_table_name(table));
	return path;
}

static int setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/keyway-keys-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	char path[128];

	(void)state;
	for (unsigned int i = 0; i < KEY_TABLES; i++)
		unlink(path_of(path, (enum key_table)i));
	return rmdir(dir);
}

static void reads(enum key_table table, const char *want)
{
	char path[128], have[100] = "";
	struct stat st;
	FILE *f = fopen(path_of(path, table), "r");

	assert_non_null(f);
	assert_int_equal(fread(have, 1, sizeof(have) - 1, f), strlen(want));
	fclose(f);
	assert_string_equal(have, want);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void lines_are_added(void **state)
{
	const struct conf conf = { .n = 2, .conn = conns };
	struct key_files f;
	char path[128];
	FILE *old = fopen(path_of(path, KEY_TABLE_ESP), "w");

	(void)state;
	fputs("of an earlier run\n", old);
	fclose(old);
	assert_int_equal(chmod(path, 0644), 0);
	key_files_open(&f, &conf, dir);
	key_files_add(&f, KEY_TABLE_IKEV2, "one");
	key_files_add(&f, KEY_TABLE_IKEV2, "two");
	key_files_add(&f, KEY_TABLE_ESP, "three");
	key_files_close(&f);
	reads(KEY_TABLE_IKEV2, "one\ntwo\n");
	reads(KEY_TABLE_IKEV1, "");
	reads(KEY_TABLE_ESP, "of an earlier run\nthree\n");
}

static void nobody_wants_them(void **state)
{
	const struct conf conf = { .n = 1, .conn = conns };
	struct key_files f;
	char path[128];

	(void)state;
	key_files_open(&f, &conf, dir);
	key_files_add(&f, KEY_TABLE_IKEV2, "one");
	for (unsigned int i = 0; i < KEY_TABLES; i++)
		assert_int_equal(access(path_of(path, (enum key_table)i), F_OK), -1);
	key_files_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_are_added, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_wants_them, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
