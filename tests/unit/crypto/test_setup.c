// SPDX-License-Identifier: GPL-2.0
/* Start of the crypto layer: what it says without locked memory, and that GMP wipes from then on. */
#include "crypto/setup.h"
#include "lib/log.h"
#include "vectors.h"

#include <errno.h>
#include <gmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void a_second_start_is_fine(void **state)
{
	(void)state;
	assert_int_equal(crypto_setup(), 0);
	assert_int_equal(crypto_setup(), 0);
	assert_int_equal(kw_secret_live(), 0);
}

#ifndef __SANITIZE_ADDRESS__	/* whose mlock() locks nothing, and whose free() keeps */

/* malloc() hands the freed chunk out again: what stood in it is gone. */
static void gmp_wipes_what_it_frees(void **state)
{
	enum { OCTETS = 800 };
	uint8_t secret[OCTETS];
	size_t found = 0;
	uint8_t *again;
	mpz_t v;

	(void)state;
	assert_int_equal(crypto_setup(), 0);
	memset(secret, 0xa5, sizeof(secret));
	mpz_init(v);
	mpz_import(v, OCTETS, 1, 1, 1, 0, secret);
	mpz_clear(v);
	again = malloc(OCTETS);
	for (size_t i = 0; i < OCTETS; i++)
		found += ((volatile uint8_t *)again)[i] == 0xa5;
	assert_int_equal(found, 0);
	free(again);
}

static bool said;

static void listen(const struct log_line *line, void *ctx)
{
	(void)ctx;
	said = line->level == LOG_LEVEL_ERROR && strstr(line->text, "locked memory") &&
	       strstr(line->text, "LimitMEMLOCK");
}

/* In a child that has locked nothing yet, and may not. */
static int start_without_locked_memory(void)
{
	struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_MEMLOCK, &none) || (geteuid() == 0 && setresuid(65534, 65534, 65534)))
		return 10;
	log_set_sink(listen, NULL);
	if (crypto_setup() != -ENOMEM)
		return 11;
	return said ? 0 : 12;
}

static void without_locked_memory_it_says_what_to_raise(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(start_without_locked_memory());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifndef __SANITIZE_ADDRESS__
		/* First: the child must not inherit a pool. */
		cmocka_unit_test(without_locked_memory_it_says_what_to_raise),
		cmocka_unit_test(gmp_wipes_what_it_frees),
#endif
		cmocka_unit_test(a_second_start_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
