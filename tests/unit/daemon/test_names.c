// SPDX-License-Identifier: GPL-2.0
/* Name servers through the process that sets them: which program is run, with which words, and the end. */
#include "daemon/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64], log_path[128], tool[128];
static char said[16 * 1024];

/* A resolvconf that writes down what it is told. */
static int setup(void **state)
{
	FILE *f;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/keyway-names-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(log_path, sizeof(log_path), "%s/said", dir);
	snprintf(tool, sizeof(tool), "%s/resolvconf", dir);
	f = fopen(tool, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n{ echo \"$@\"; [ \"$1\" = -d ] || /bin/cat; } >>%s\n", log_path);
	fclose(f);
	assert_int_equal(chmod(tool, 0755), 0);
	setenv("PATH", dir, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(log_path);
	unlink(tool);
	rmdir(dir);
	return 0;
}

static void set(struct names *n, const char *device, const char *const *server, unsigned int n_server,
		const char (*domain)[256], unsigned int n_domain)
{
	struct ip_addr addr[4];

	for (unsigned int i = 0; i < n_server; i++)
		assert_int_equal(ip_addr_parse(&addr[i], server[i]), 0);
	names_set(n, &(struct env_dns){ .device = device, .server = addr, .n_server = n_server,
					.domain = domain, .n_domain = n_domain });
}

/* The process ends when the daemon does; what it had run by then. */
static const char *after_the_end(struct names *n)
{
	size_t len = 0;
	int status;
	FILE *f;

	names_stop(n);
	assert_int_equal(waitpid(n->pid, &status, 0), n->pid);
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	f = fopen(log_path, "r");
	if (f) {
		len = fread(said, 1, sizeof(said) - 1, f);
		fclose(f);
	}
	said[len] = '\0';
	return said;
}

static void servers_are_set_and_taken_back(void **state)
{
	static const char *const server[] = { "10.1.0.53", "fd01::53" };
	static const char domain[][256] = { "corp.example", "lab.example" };
	struct names n;

	(void)state;
	names_start(&n);
	assert_string_equal(n.tool, "resolvconf");
	set(&n, "kw-work", NULL, 0, NULL, 0);		/* nothing to take back */
	set(&n, "kw-work", server, 2, domain, 2);
	set(&n, "kw-work", server, 2, domain, 2);	/* the same again: not a word */
	set(&n, "kw-work", server, 1, NULL, 0);
	set(&n, "kw-work", NULL, 0, NULL, 0);
	assert_string_equal(after_the_end(&n),
			    "-a kw-work\nnameserver 10.1.0.53\nnameserver fd01::53\nsearch corp.example lab.example\n"
			    "-a kw-work\nnameserver 10.1.0.53\n"
			    "-d kw-work\n");
}

/* However the daemon ends, nothing is left behind. */
static void the_end_takes_all_back(void **state)
{
	static const char *const server[] = { "10.1.0.53" };
	struct names n;

	(void)state;
	names_start(&n);
	set(&n, "kw-a", server, 1, NULL, 0);
	set(&n, "kw-b", server, 1, NULL, 0);
	assert_string_equal(after_the_end(&n), "-a kw-a\nnameserver 10.1.0.53\n-a kw-b\nnameserver 10.1.0.53\n"
					       "-d kw-a\n-d kw-b\n");
}

/* A daemon that somebody took over can say what it likes: only names and addresses get through. */
static void words_that_are_none_go_nowhere(void **state)
{
	static const char bad[] = "-rf 10.1.0.53 -\nkw/../x 10.1.0.53 -\nkw-a 10.1.0.53;id -evil,$(id),ok.example\n"
				  "kw-a\n\nkw-b 10.1.0.53\nkw-c x,10.1.0.54 -evil,ok.example\n";
	struct names n;

	(void)state;
	names_start(&n);
	assert_int_equal(write(n.fd, bad, strlen(bad)), strlen(bad));
	assert_string_equal(after_the_end(&n), "-d kw-a\n-a kw-c\nnameserver 10.1.0.54\nsearch ok.example\n"
					       "-d kw-a\n-d kw-c\n");
}

static void without_a_program_the_log_says_so(void **state)
{
	static const char *const server[] = { "10.1.0.53" };
	struct names n;

	(void)state;
	setenv("PATH", "/nonexistent", 1);
	names_start(&n);
	assert_null(n.tool);
	assert_int_equal(n.fd, -1);
	set(&n, "kw-a", server, 1, NULL, 0);
	names_stop(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
		EACH(servers_are_set_and_taken_back),
		EACH(the_end_takes_all_back),
		EACH(words_that_are_none_go_nowhere),
		EACH(without_a_program_the_log_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
