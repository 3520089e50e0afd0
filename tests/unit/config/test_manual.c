// SPDX-License-Identifier: GPL-2.0
/*
 * keyway.conf(5) and the code: every example is accepted, every key is described, the defaults are
 * the real ones.
 */
#include "unit/config/fixture.h"
#include "config/conn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PAGE "Documentation/man/keyway.conf.5"
#define MARK "# /etc/keyway/"

static char page[64 * 1024];

/* The text of roff line *at without its escapes, or NULL behind the last line. */
static char *next_line(char **at, char line[512])
{
	char *end = strchr(*at, '\n');
	size_t n = 0;

	if (!end)
		return NULL;
	for (char *p = *at; p < end && n < 511; p++) {
		line[n++] = *p;
		if (p[0] == '\\' && p[1] == 'e')	/* roff's way to write a backslash */
			p++;
	}
	line[n] = '\0';
	*at = end + 1;
	return line;
}

static int setup(void **state)
{
	FILE *f = fopen(PAGE, "r");

	(void)state;
	assert_non_null(f);	/* run from the top of the repository */
	assert_true(fread(page, 1, sizeof(page) - 1, f) > 1000);
	fclose(f);
	return 0;
}

/* The literal block that begins behind at; *at moves behind it. */
static void take_block(char **at, char *text, size_t cap)
{
	char line[512];
	size_t len = 0;

	while (next_line(at, line) && strcmp(line, ".Ed") != 0)
		len += (size_t)snprintf(text + len, cap - len, "%s\n", line);
	assert_true(len < cap);
}

static void every_example_is_accepted(void **state)
{
	char line[512], text[4096], *at = page;
	unsigned int examples = 0;

	fixture_key(*state, "key.pem");
	fixture_cert(*state, "gw", "gw.example.org");
	fixture_cert(*state, "our-ca", "ca.example.org");
	fixture_cert(*state, "partner-ca", "ca.partner.example");
	while (next_line(&at, line)) {
		if (strncmp(line, ".Bd -literal", 12) != 0 || strncmp(at, MARK, strlen(MARK)) != 0)
			continue;
		take_block(&at, text, sizeof(text));
		conf_conn_free(fixture_accept(*state, text));
		examples++;
	}
	assert_int_equal(examples, 6);
}

/* "\n.It Ic KEY = " */
static void assert_described(const char *key)
{
	char item[80];

	snprintf(item, sizeof(item), "\n.It Ic %s = ", key);
	if (!strstr(page, item))
		fail_msg("keyway.conf(5) does not describe %s", key);
}

static void every_key_is_described(void **state)
{
	static const char *const daemon[] = {
		"log-level", "port", "natt-port", "link", "tcp-port", "cookie-threshold",
		"half-open-max", "retransmit-ms",
		"retransmit-tries",
	};

	(void)state;
	for (unsigned int i = 0; i < conn_n_keys; i++)
		assert_described(conn_keys[i].name);
	for (size_t i = 0; i < sizeof(daemon) / sizeof(daemon[0]); i++)
		assert_described(daemon[i]);
}

static void every_described_key_exists(void **state)
{
	char line[512], *at = strstr(page, ".Sh CONNECTION"), *end = strstr(page, ".Sh DAEMON");

	(void)state;
	while (at < end && next_line(&at, line)) {
		char *key = line + strlen(".It Ic ");
		unsigned int i = 0;

		if (strncmp(line, ".It Ic ", strlen(".It Ic ")) != 0)
			continue;
		key[strcspn(key, " ")] = '\0';
		while (i < conn_n_keys && strcmp(conn_keys[i].name, key) != 0)
			i++;
		if (i == conn_n_keys)
			fail_msg("keyway.conf(5) describes %s, which is no key", key);
	}
}

static void the_algorithms_described_are_the_defaults(void **state)
{
	char *at = strstr(page, "\nike = "), text[2048], with[4096], ours[2048], theirs[2048];
	struct conf_conn *a, *b;

	assert_non_null(at);
	at++;
	take_block(&at, text, sizeof(text));
	snprintf(with, sizeof(with),
		 "remote = gw\npsk = \"x\"\nlocal-net = ::/0\nremote-net = ::/0\n%s", text);
	a = fixture_accept(*state, with);
	b = fixture_accept(*state,
			   "remote = gw\npsk = \"x\"\nlocal-net = ::/0\nremote-net = ::/0\n");
	assert_string_equal(proposal_list_print(ours, sizeof(ours), &a->ike),
			    proposal_list_print(theirs, sizeof(theirs), &b->ike));
	assert_string_equal(proposal_list_print(ours, sizeof(ours), &a->child->esp),
			    proposal_list_print(theirs, sizeof(theirs), &b->child->esp));
	conf_conn_free(a);
	conf_conn_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_example_is_accepted, fixture_setup,
						fixture_teardown),
		cmocka_unit_test(every_key_is_described),
		cmocka_unit_test(every_described_key_exists),
		cmocka_unit_test_setup_teardown(the_algorithms_described_are_the_defaults,
						fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
