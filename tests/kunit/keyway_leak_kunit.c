// SPDX-License-Identifier: GPL-2.0
/*
 * Looks for memory that the suites before it leaked.
 *
 * Linked last, so it runs last. kmemleak reports an object that is at least five seconds old and
 * to which two scans found no reference; its report is a line on the console, which
 * tests/kunit/report.py counts as a failure. User space would write "scan" to a file in
 * debugfs; there is none here, so the scan is found by its name.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/kallsyms.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

static void nothing_that_was_allocated_is_lost(struct kunit *test)
{
	void *lock;
	void (*scan)(void);

	lock = (void *)kallsyms_lookup_name("scan_mutex");
	scan = (void *)kallsyms_lookup_name("kmemleak_scan");
	KUNIT_ASSERT_NOT_NULL(test, lock);
	KUNIT_ASSERT_NOT_NULL(test, scan);

	rcu_barrier();
	msleep(5100);
	mutex_lock(lock);
	scan();
	scan();
	mutex_unlock(lock);
}

static struct kunit_case leak_cases[] = {
	KUNIT_CASE(nothing_that_was_allocated_is_lost),
	{}
};

static struct kunit_suite leak_suite = {
	.name = "keyway_leak",
	.test_cases = leak_cases,
};

kunit_test_suite(leak_suite);

MODULE_DESCRIPTION("KUnit: memory leaked by the other keyway suites");
MODULE_LICENSE("GPL");
