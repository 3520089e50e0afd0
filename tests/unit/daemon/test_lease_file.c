// SPDX-License-Identifier: GPL-2.0
/* Leases that outlive the daemon: written as they are made, read again, and robust against half a line. */
#include "daemon/lease_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64], path[128];
static struct conf_conn conf;

static int setup(void **state)
{
	struct ip_range r;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/keyway-leases-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/leases", dir);
	memset(&conf, 0, sizeof(conf));
	snprintf(conf.name, sizeof(conf.name), "office");
	assert_int_equal(ip_range_parse(&r, "10.9.0.0/16"), 0);
	conf.pool[conf.n_pool++] = (struct conf_pool){ .net = r, .give = r };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	rmdir(dir);
	return 0;
}

/* One life of a daemon, in which `owner` comes and gets `addr`. */
static void life(const char *owner, const char *addr)
{
	struct lease_file f;
	struct leases all;
	struct ident id = { 0 };
	const struct ip_addr none = { 0 };
	struct failure why = { 0 };
	char text[ADDR_STRLEN];
	struct lease *l;

	lease_file_open(&f, dir);
	assert_true(f.fd >= 0);
	assert_int_equal(leases_init(&all), 0);
	lease_file_attach(&f, &all);
	assert_int_equal(ident_parse(&id, owner), 0);
	l = lease_take(&all, &conf, &id, AF_INET, &none, true, &why);
	assert_non_null(l);
	assert_string_equal(ip_addr_print(text, &l->addr), addr);
	ident_drop(&id);
	leases_free(&all);
	lease_file_close(&f);
}

static off_t size(void)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void an_address_is_the_same_in_the_next_life(void **state)
{
	off_t after_two;

	(void)state;
	life("a.example", "10.9.0.0");
	life("alice@example.org", "10.9.0.1");
	after_two = size();
	life("a.example", "10.9.0.0");
	life("alice@example.org", "10.9.0.1");
	assert_int_equal(size(), after_two);
	life("CN=gw, O=Example", "10.9.0.2");
	life("CN=gw, O=Example", "10.9.0.2");
}

static void append(const char *text)
{
	FILE *f = fopen(path, "a");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void what_is_no_line_is_left_out(void **state)
{
	(void)state;
	life("a.example", "10.9.0.0");
	append("office 10.9.0.9 2 0\noffice nowhere 2 61\noffice 10.9.0.8 2 xy\noffice 10.9.0.7 999 61\n\n");
	for (unsigned int i = 0; i < 3000; i++)
		append("x");
	append("\noffice 10.9.0.5 2 622e6578616d706c65\noffice 10.9.0.6 2 632e65");	/* cut short */
	life("a.example", "10.9.0.0");
	life("b.example", "10.9.0.5");
	life("c.e", "10.9.0.1");
}

/* Lines that were replaced go when there are many. */
static void a_file_that_has_grown_is_written_anew(void **state)
{
	(void)state;
	life("a.example", "10.9.0.0");
	for (unsigned int i = 0; i < 3000; i++) {
		append("office 10.9.3.3 2 622e6578616d706c65\n");
	}
	assert_true(size() > 100000);
	life("b.example", "10.9.3.3");
	assert_true(size() < 200);
	life("a.example", "10.9.0.0");
	life("d.example", "10.9.0.1");
	life("d.example", "10.9.0.1");
}

static void without_a_directory_nothing_is_kept(void **state)
{
	struct lease_file f;
	struct leases all;

	(void)state;
	lease_file_open(&f, NULL);
	assert_int_equal(f.fd, -1);
	lease_file_open(&f, "/proc/no-such-directory");
	assert_int_equal(f.fd, -1);
	assert_int_equal(leases_init(&all), 0);
	lease_file_attach(&f, &all);
	assert_null(all.changed);
	leases_free(&all);
	lease_file_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
		EACH(an_address_is_the_same_in_the_next_life),
		EACH(what_is_no_line_is_left_out),
		EACH(a_file_that_has_grown_is_written_anew),
		EACH(without_a_directory_nothing_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
