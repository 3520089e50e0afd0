// SPDX-License-Identifier: GPL-2.0
/* keyway add: lines that mean in the file what they meant on the command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/add.h"
#include "cli/cli.h"
#include "config/conf.h"
#include "crypto/setup.h"

static char dir[] = "/tmp/keyway-add.XXXXXX";
static char path[64];
static struct cli cli;

static const char *line(const char *key, const char *value)
{
	static char text[200];
	FILE *f = fmemopen(text, sizeof(text), "w");

	assert_true(add_write_key(f, key, value));
	fclose(f);
	return text;
}

static void plain_values_stay_plain(void **state)
{
	(void)state;
	assert_string_equal(line("remote", "192.0.2.1"), "remote = 192.0.2.1\n");
	assert_string_equal(line("remote-net", "10.0.0.0/8, fd00::/8"), "remote-net = 10.0.0.0/8, fd00::/8\n");
	assert_string_equal(line("psk", "0x00ff"), "psk = 0x00ff\n");
}

static void values_that_would_change_are_quoted(void **state)
{
	(void)state;
	assert_string_equal(line("psk", "two words"), "psk = \"two words\"\n");
	assert_string_equal(line("psk", "a \"b\" \\ #c"), "psk = \"a \\\"b\\\" \\\\ #c\"\n");
	assert_string_equal(line("local-id", "a # b"), "local-id = \"a # b\"\n");
}

static void line_break_is_refused(void **state)
{
	FILE *f = fopen("/dev/null", "w");

	(void)state;
	assert_false(add_write_key(f, "psk", "a\npsk = b"));
	assert_false(add_write_key(f, "psk", "a\r"));
	fclose(f);
}

static int add(const char *psk)
{
	char *argv[] = { "t", "--remote", "192.0.2.1", "--psk", strdup(psk), "--local-net=10.1.0.0/16",
			 "--remote-net", "10.2.0.0/16" };
	int status = cmd_add(&cli, 8, argv);

	free(argv[4]);
	return status;
}

static void secret_survives_the_way_through_the_file(void **state)
{
	static const char psk[] = "a \"b\" \\ #c = d,e";
	struct conf_conn *conn = NULL;
	struct conf_errors errors = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(add(psk), CLI_OK);
	assert_int_equal(conf_load_file(path, &conn, &errors), 0);
	assert_true(kw_secret_equal(&conn->psk, KW_SPAN(psk, strlen(psk))));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	conf_conn_free(conn);
	unlink(path);
}

static void existing_file_is_not_touched(void **state)
{
	FILE *f = fopen(path, "w");
	char text[20] = "";

	(void)state;
	fputs("mine\n", f);
	fclose(f);
	assert_int_equal(add("x"), CLI_FAILED);
	f = fopen(path, "r");
	assert_non_null(fgets(text, sizeof(text), f));
	assert_string_equal(text, "mine\n");
	fclose(f);
	unlink(path);
}

static void refused_connection_leaves_no_file(void **state)
{
	char *unknown[] = { "t", "--remote", "192.0.2.1", "--pks", "x" };
	char *odd[] = { "t", "--remote" }, *path_name[] = { "../t" };

	(void)state;
	assert_int_equal(cmd_add(&cli, 5, unknown), CLI_FAILED);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(cmd_add(&cli, 2, odd), CLI_USAGE);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(cmd_add(&cli, 1, path_name), CLI_USAGE);
}

static int setup(void **state)
{
	(void)state;
	/* What commands say to people would mix with the test's own output. */
	dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
	if (!mkdtemp(dir) || crypto_setup())
		return 1;
	snprintf(path, sizeof(path), "%s/t.conf", dir);
	cli = (struct cli){ .socket = "/nonexistent", .config_dir = dir, .json = true };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_values_stay_plain),
		cmocka_unit_test(values_that_would_change_are_quoted),
		cmocka_unit_test(line_break_is_refused),
		cmocka_unit_test(secret_survives_the_way_through_the_file),
		cmocka_unit_test(existing_file_is_not_touched),
		cmocka_unit_test(refused_connection_leaves_no_file),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
