// SPDX-License-Identifier: GPL-2.0
/* Keys in tokens in a confined daemon: they sign, and a reload finds them again (SoftHSM would write files). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/setup.h"
#include "crypto/sign.h"
#include "daemon/seccomp.h"
#include "softhsm.h"

static char dir[] = "/tmp/keyway-daemon-token.XXXXXX";

static int setup(void **state)
{
	static const char *const names[] = { "one", "another" };
	char path[128];

	(void)state;
	if (!mkdtemp(dir) || softhsm_start(dir))
		return -1;
	for (unsigned int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s.pem", dir, names[i]);
		if (softhsm_run("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out '%s'", path) ||
		    softhsm_import(path, names[i], i + 1) || unlink(path))
			return -1;
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return softhsm_stop(dir) || rmdir(dir);
}

static struct sign_key *find(const char *name)
{
	struct kw_secret pin = { 0 };
	struct sign_key *key = NULL;
	char url[128], err[300];

	snprintf(url, sizeof(url), SOFTHSM_URL "%s", name);
	if (kw_secret_copy(&pin, KW_SPAN_STR(SOFTHSM_PIN)) || sign_key_in_token(&key, url, &pin, err, sizeof(err)))
		fprintf(stderr, "# %s\n", err);
	kw_secret_drop(&pin);
	return key;
}

static bool signs(const struct sign_key *key)
{
	const struct sign_scheme *scheme = sign_scheme_choose(key, sign_hashes_supported(), false);
	uint8_t buf[300];
	struct kw_writer w = kw_writer(buf, sizeof(buf));

	return scheme && !sign_make(key, scheme, KW_SPAN_STR("what is signed"), &w);
}

/* What is configured first, and what by two reloads: each is read before the one before is let go. */
static int live_confined(void)
{
	struct sign_key *first = find("one"), *second, *third;

	if (!first || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || seccomp_confine())
		return 1;
	if (!signs(first))
		return 2;
	second = find("one");
	if (!second || !signs(first) || !signs(second))
		return 3;
	sign_key_free(first);
	third = find("another");
	if (!third || !signs(second) || !signs(third))
		return 4;
	sign_key_free(second);
	if (!signs(third))
		return 5;
	sign_key_free(third);
	return 0;
}

static void keys_are_found_again(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	assert_true(pid >= 0);
	/* Leaving by _exit(): the leak checker cannot work under the filter. */
	if (!pid)
		_exit(crypto_setup() ? 99 : live_confined());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_found_again),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
