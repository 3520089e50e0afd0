// SPDX-License-Identifier: GPL-2.0
/* Which policies of a dump a daemon that was killed has left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/keyway.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

#include "kernel/left.h"

/* An answer to policy-get as keyway.ko gives it; without this attribute, 0 for a whole one. */
static struct nl_msg *policy(uint32_t id, uint32_t ifindex, uint64_t cookie, int without)
{
	struct nl_msg *msg = nlmsg_alloc();
	struct nlattr *nest;

	assert_non_null(genlmsg_put(msg, 0, 0, 0x20, 0, 0, KEYWAY_CMD_POLICY_GET, 1));
	nest = nla_nest_start(msg, KEYWAY_A_POLICY);
	if (without != KEYWAY_A_POLICY_ID)
		nla_put_u32(msg, KEYWAY_A_POLICY_ID, id);
	if (without != KEYWAY_A_POLICY_COOKIE)
		nla_put_u64(msg, KEYWAY_A_POLICY_COOKIE, cookie);
	if (without != KEYWAY_A_POLICY_IFINDEX)
		nla_put_u32(msg, KEYWAY_A_POLICY_IFINDEX, ifindex);
	nla_put_u32(msg, KEYWAY_A_POLICY_PRIORITY, 1000);
	nla_nest_end(msg, nest);
	return msg;
}

static int read_policy(struct kernel_left *left, uint32_t id, uint32_t ifindex, uint64_t cookie, int without)
{
	struct nl_msg *msg = policy(id, ifindex, cookie, without);
	int err = kernel_left_read(nlmsg_hdr(msg), left);

	nlmsg_free(msg);
	return err;
}

static void policies_of_a_daemon_without_device_are_noted(void **state)
{
	struct kernel_left left = { 0 };

	(void)state;
	assert_int_equal(read_policy(&left, 3, 0, 77, 0), 0);
	assert_int_equal(read_policy(&left, 0x80000004, 0, UINT64_MAX, 0), 0);
	assert_int_equal(left.n, 2);
	assert_int_equal(left.id[0], 3);
	assert_int_equal(left.id[1], 0x80000004);
	kernel_left_free(&left);
	assert_int_equal(left.n, 0);
}

/* Theirs go, and come, with the device: it may be another program's. */
static void policies_of_a_device_stay(void **state)
{
	struct kernel_left left = { 0 };

	(void)state;
	assert_int_equal(read_policy(&left, 3, 5, 77, 0), 0);
	assert_int_equal(left.n, 0);
}

static void policies_made_by_hand_stay(void **state)
{
	struct kernel_left left = { 0 };

	(void)state;
	assert_int_equal(read_policy(&left, 3, 0, 0, 0), 0);
	assert_int_equal(left.n, 0);
}

static void what_lacks_something_is_not_guessed(void **state)
{
	const int without[] = { KEYWAY_A_POLICY_ID, KEYWAY_A_POLICY_COOKIE, KEYWAY_A_POLICY_IFINDEX };
	struct kernel_left left = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		assert_int_equal(read_policy(&left, 3, 0, 77, without[i]), -EBADMSG);
	assert_int_equal(left.n, 0);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(policies_of_a_daemon_without_device_are_noted),
		T(policies_of_a_device_stay),
		T(policies_made_by_hand_stay),
		T(what_lacks_something_is_not_guessed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
