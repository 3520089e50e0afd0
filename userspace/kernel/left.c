// SPDX-License-Identifier: GPL-2.0
/* What a daemon that was killed left in the kernel, and the next one's devices do not replace. */
#include "kernel/left.h"

#include <errno.h>
#include <linux/keyway.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <stdlib.h>

static int parse(struct nlmsghdr *nlh, struct nlattr **policy)
{
	struct nlattr *top[KEYWAY_A_MAX + 1];

	if (!genlmsg_valid_hdr(nlh, 0) || genlmsg_parse(nlh, 0, top, KEYWAY_A_MAX, NULL) < 0 ||
	    !top[KEYWAY_A_POLICY] ||
	    nla_parse_nested(policy, KEYWAY_A_POLICY_MAX, top[KEYWAY_A_POLICY], NULL) < 0)
		return -EBADMSG;
	return 0;
}

static bool has(struct nlattr *a, int len)
{
	return a && nla_len(a) == len;
}

int kernel_left_read(struct nlmsghdr *nlh, void *ctx)
{
	struct nlattr *policy[KEYWAY_A_POLICY_MAX + 1];
	struct kernel_left *left = ctx;
	uint32_t *id;

	if (parse(nlh, policy) || !has(policy[KEYWAY_A_POLICY_ID], 4) ||
	    !has(policy[KEYWAY_A_POLICY_IFINDEX], 4) || !has(policy[KEYWAY_A_POLICY_COOKIE], 8))
		return -EBADMSG;
	/* Those of a device go when the device is asked for; those made by hand have no cookie. */
	if (nla_get_u32(policy[KEYWAY_A_POLICY_IFINDEX]) || !nla_get_u64(policy[KEYWAY_A_POLICY_COOKIE]))
		return 0;
	id = reallocarray(left->id, left->n + 1, sizeof(*id));
	if (!id)
		return -ENOMEM;
	left->id = id;
	id[left->n++] = nla_get_u32(policy[KEYWAY_A_POLICY_ID]);
	return 0;
}

int kernel_left_note(struct kernel_left *left, struct kernel_genl *k, char why[KERNEL_WHY])
{
	const struct kernel_request all = {
		.cmd = KEYWAY_CMD_POLICY_GET, .flags = NLM_F_DUMP, .reply = kernel_left_read, .ctx = left,
	};

	return kernel_genl_request(k, &all, why);
}

unsigned int kernel_left_remove(struct kernel_left *left, struct kernel_genl *k)
{
	unsigned int i, removed = 0;

	for (i = 0; i < left->n; i++)
		removed += !kernel_genl_ops.policy_remove(k, left->id[i]);
	kernel_left_free(left);
	return removed;
}

void kernel_left_free(struct kernel_left *left)
{
	free(left->id);
	*left = (struct kernel_left){ 0 };
}
