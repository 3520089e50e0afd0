// SPDX-License-Identifier: GPL-2.0
/* Secrets: wiped, locked, kept apart, counted; and what happens when locked memory runs out. */
#include "lib/secret.h"
#include "check.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

static int start(void **state)
{
	(void)state;
	return kw_secret_setup();
}

static int nothing_left(void **state)
{
	(void)state;
	return kw_secret_live() != 0;
}

static void new_ones_are_zero_at_every_size(void **state)
{
	struct kw_secret s = { 0 };

	(void)state;
	for (size_t n = 0; n <= KW_SECRET_MAX; n += n < 300 ? 1 : 97) {
		for (int again = 0; again < 2; again++) {
			assert_int_equal(kw_secret_new(&s, n), 0);
			assert_int_equal(s.len, n);
			assert_int_equal(s.cap, n);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(s.p[i], 0);
			memset(s.p, 0xee, n);
			kw_secret_drop(&s);	/* the next one gets the same cell */
			assert_null(s.p);
			assert_int_equal(s.len, 0);
		}
	}
	assert_int_equal(kw_secret_new(&s, KW_SECRET_MAX + 1), -EINVAL);
	assert_int_equal(kw_secret_new(&s, SIZE_MAX), -EINVAL);
	kw_secret_drop(&s);
}

static void dropping_wipes(void **state)
{
	struct kw_secret s = { 0 };
	uint8_t *was;

	(void)state;
	assert_int_equal(kw_secret_copy(&s, KW_SPAN_STR("a shared secret of some length")), 0);
	was = s.p;
	kw_secret_drop(&s);
#ifdef __SANITIZE_ADDRESS__
	assert_true(__asan_address_is_poisoned(was));	/* use after drop is an error here */
	__asan_unpoison_memory_region(was, 64);
#endif
	for (size_t i = 0; i < 64; i++)
		assert_int_equal(was[i], 0);
#ifdef __SANITIZE_ADDRESS__
	__asan_poison_memory_region(was, 64);
#endif
}

static void a_full_one_is_not_overwritten(void **state)
{
	struct kw_secret s = { 0 };

	(void)state;
	assert_int_equal(kw_secret_copy(&s, KW_SPAN_STR("one")), 0);
	assert_int_equal(kw_secret_new(&s, 3), -EINVAL);
	assert_int_equal(kw_secret_copy(&s, KW_SPAN_STR("two")), -EINVAL);
	assert_true(kw_secret_equal(&s, KW_SPAN_STR("one")));
	kw_secret_drop(&s);
}

static void copies_are_apart(void **state)
{
	struct kw_secret a = { 0 }, b = { 0 }, part = { 0 };

	(void)state;
	assert_int_equal(kw_secret_copy(&a, KW_SPAN_STR("0123456789")), 0);
	assert_int_equal(kw_secret_dup(&b, &a), 0);
	a.p[0] = 'x';
	assert_true(kw_secret_equal(&b, KW_SPAN_STR("0123456789")));
	assert_false(kw_secret_equal(&a, KW_SPAN_STR("0123456789")));
	assert_int_equal(kw_secret_slice(&part, &b, 3, 4), 0);
	assert_true(kw_secret_equal(&part, KW_SPAN_STR("3456")));
	kw_secret_drop(&part);
	assert_int_equal(kw_secret_slice(&part, &b, 10, 0), 0);
	assert_int_equal(part.len, 0);
	kw_secret_drop(&part);
	assert_int_equal(kw_secret_slice(&part, &b, 0, 11), -EINVAL);
	assert_int_equal(kw_secret_slice(&part, &b, 10, 1), -EINVAL);
	assert_int_equal(kw_secret_slice(&part, &b, 11, 0), -EINVAL);
	assert_int_equal(kw_secret_slice(&part, &b, 5, SIZE_MAX), -EINVAL);
	assert_int_equal(kw_secret_slice(&part, &b, SIZE_MAX - 3, 8), -EINVAL);
	assert_null(part.p);
	kw_secret_drop(&a);
	kw_secret_drop(&b);
}

static void moving_leaves_one_owner(void **state)
{
	struct kw_secret a = { 0 }, b = { 0 };
	uint8_t *p;

	(void)state;
	assert_int_equal(kw_secret_copy(&a, KW_SPAN_STR("first")), 0);
	assert_int_equal(kw_secret_copy(&b, KW_SPAN_STR("second")), 0);
	p = a.p;
	assert_int_equal(kw_secret_live(), 2);
	kw_secret_move(&b, &a);
	assert_null(a.p);
	assert_ptr_equal(b.p, p);
	assert_int_equal(kw_secret_live(), 1);
	kw_secret_move(&b, &b);
	assert_true(kw_secret_equal(&b, KW_SPAN_STR("first")));
	kw_secret_drop(&a);
	kw_secret_drop(&b);
}

static void equality_looks_at_length_and_every_octet(void **state)
{
	uint8_t other[65];
	struct kw_secret s = { 0 };

	(void)state;
	memset(other, 7, sizeof(other));
	assert_int_equal(kw_secret_copy(&s, KW_SPAN(other, 64)), 0);
	assert_true(kw_secret_equal(&s, KW_SPAN(other, 64)));
	assert_false(kw_secret_equal(&s, KW_SPAN(other, 63)));
	assert_false(kw_secret_equal(&s, KW_SPAN(other, 65)));
	for (size_t bit = 0; bit < 512; bit++) {
		other[bit / 8] ^= 1u << (bit % 8);
		assert_false(kw_secret_equal(&s, KW_SPAN(other, 64)));
		assert_false(kw_equal_ct(s.p, other, 64));
		other[bit / 8] ^= 1u << (bit % 8);
	}
	assert_true(kw_equal_ct(NULL, NULL, 0));
	assert_true(kw_span_equal(kw_secret_expose(&s), KW_SPAN(other, 64)));
	kw_secret_drop(&s);
	assert_true(kw_secret_equal(&s, (struct kw_span){ 0 }));
	assert_false(kw_secret_equal(&s, KW_SPAN(other, 1)));
	kw_wipe(other, sizeof(other));
	for (size_t i = 0; i < sizeof(other); i++)
		assert_int_equal(other[i], 0);
	kw_wipe(NULL, 0);
}

#ifndef __SANITIZE_ADDRESS__	/* whose mlock() locks nothing */

/* From /proc/self/smaps: flags and locked size of the mapping that holds p. */
static void mapping_of(const void *p, char flags[512], long *locked_kb)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long lo, hi;
	bool here = false;
	char line[512];

	assert_non_null(f);
	flags[0] = '\0';
	*locked_kb = -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &lo, &hi) == 2)
			here = (uintptr_t)p >= lo && (uintptr_t)p < hi;
		else if (here && sscanf(line, "Locked: %ld", locked_kb) == 1)
			continue;
		else if (here && strncmp(line, "VmFlags:", 8) == 0)
			snprintf(flags, 512, "%s", line + 8);
	}
	fclose(f);
}

static void cells_are_locked_and_out_of_core_dumps(void **state)
{
	struct kw_secret s = { 0 };
	char flags[512];
	long locked;

	(void)state;
	assert_int_equal(kw_secret_new(&s, 32), 0);
	mapping_of(s.p, flags, &locked);
	assert_non_null(strstr(flags, " lo"));
	assert_non_null(strstr(flags, " dd"));
	assert_true(locked > 0);
	kw_secret_drop(&s);
}

static long locked_kb(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	long kb = -1;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		sscanf(line, "VmLck: %ld", &kb);
	fclose(f);
	return kb;
}

/* The reason for the pool: seven keys of an IKE SA in less than 1.5 KiB of locked memory. */
static void an_ike_sa_costs_little(void **state)
{
	enum { SAS = 2000, KEYS = 7 };
	static struct kw_secret key[SAS][KEYS];
	static const size_t len[KEYS] = { 32, 32, 32, 36, 36, 32, 32 };
	long before = locked_kb();

	(void)state;
	for (int i = 0; i < SAS; i++) {
		for (int k = 0; k < KEYS; k++) {
			assert_int_equal(kw_secret_new(&key[i][k], len[k]), 0);
			memset(key[i][k].p, i, len[k]);
		}
	}
	assert_int_equal(kw_secret_live(), SAS * KEYS);
	assert_true(locked_kb() - before > SAS * KEYS * 32 / 1024);	/* it is locked at all */
	assert_true((locked_kb() - before) * 1024 / SAS < 1536);
	for (int i = 0; i < SAS; i++) {
		for (int k = 0; k < KEYS; k++) {
			/* Nobody's octets are somebody else's. */
			for (size_t n = 0; n < len[k]; n++)
				assert_int_equal(key[i][k].p[n], (uint8_t)i);
			kw_secret_drop(&key[i][k]);
		}
	}
}

/* In a child: without the privilege and with a small limit, the end is -ENOMEM and never plain memory. */
static int exhaust(void)
{
	struct rlimit lim = { 1u << 20, 1u << 20 };
	static struct kw_secret s[4096];
	size_t n = 0;
	int ret = 0;

	if (setrlimit(RLIMIT_MEMLOCK, &lim) || (geteuid() == 0 && setresuid(65534, 65534, 65534)))
		return 10;
	while (n < 4096 && (ret = kw_secret_new(&s[n], 1024)) == 0)
		n++;
	if (ret != -ENOMEM || s[n].p || n < 16)
		return 11;
	kw_secret_drop(&s[--n]);
	if (kw_secret_new(&s[n], 1024))
		return 12;	/* what was given back can be had again */
	return 0;
}

static void running_out_of_locked_memory_is_an_error(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(exhaust());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#endif

/* A child that reads past the end of a slab must die of it. */
static void a_slab_ends_in_a_guard_page(void **state)
{
	struct kw_secret s = { 0 };
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(kw_secret_new(&s, KW_SECRET_MAX), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_DUMPABLE, 0);
		signal(SIGSEGV, SIG_DFL);	/* cmocka's handler would call this a failed test */
		close(STDERR_FILENO);	/* a sanitizer's report is expected, and not wanted */
		(void)((volatile uint8_t *)s.p)[KW_SECRET_MAX];
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	kw_secret_drop(&s);
}

static pthread_barrier_t together;

static void *churn(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg;
	struct kw_secret s[16] = { { 0 } };

	pthread_barrier_wait(&together);
	for (int i = 0; i < 200000; i++) {
		struct kw_secret *one = &s[rand_r(&seed) % 16];
		size_t n = 1 + (size_t)rand_r(&seed) % 200;

		for (size_t k = 0; k < one->len; k++) {
			if (one->p[k] != one->p[0])
				return (void *)1;	/* somebody else wrote here */
		}
		kw_secret_drop(one);
		if (kw_secret_new(one, n))
			return (void *)2;
		memset(one->p, rand_r(&seed), n);
	}
	for (int i = 0; i < 16; i++)
		kw_secret_drop(&s[i]);
	return NULL;
}

static void threads_share_the_pool(void **state)
{
	pthread_t thread[4];
	void *wrong;

	(void)state;
	pthread_barrier_init(&together, NULL, 4);
	for (uintptr_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, churn, (void *)(i + 1)), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(thread[i], &wrong);
		assert_null(wrong);
	}
	assert_int_equal(kw_secret_live(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(new_ones_are_zero_at_every_size, nothing_left),
		cmocka_unit_test_teardown(dropping_wipes, nothing_left),
		cmocka_unit_test_teardown(a_full_one_is_not_overwritten, nothing_left),
		cmocka_unit_test_teardown(copies_are_apart, nothing_left),
		cmocka_unit_test_teardown(moving_leaves_one_owner, nothing_left),
		cmocka_unit_test_teardown(equality_looks_at_length_and_every_octet, nothing_left),
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test_teardown(cells_are_locked_and_out_of_core_dumps, nothing_left),
		cmocka_unit_test_teardown(an_ike_sa_costs_little, nothing_left),
		cmocka_unit_test_teardown(running_out_of_locked_memory_is_an_error, nothing_left),
#endif
		cmocka_unit_test_teardown(a_slab_ends_in_a_guard_page, nothing_left),
		cmocka_unit_test_teardown(threads_share_the_pool, nothing_left),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
