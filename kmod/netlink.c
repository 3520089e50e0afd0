// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: commands -> handlers.
 *
 * Nests below the outermost level are validated by the handlers and not by genl, so that every
 * message that may hold keys gets as far as kw_nl_wipe_keys().
 */
#include "netlink.h"

#include <net/genetlink.h>
#include <uapi/linux/keyway.h>

#include "mib.h"
#include "net.h"
#include "netlink_attr.h"
#include "netlink_child.h"
#include "netlink_policy.h"
#include "netlink_sa.h"
#include "netlink_trace.h"
#include "udp.h"

static const struct nla_policy keyway_policy[KEYWAY_A_MAX + 1] = {
	[KEYWAY_A_POLICY]		= { .type = NLA_NESTED },
	[KEYWAY_A_SA]			= { .type = NLA_NESTED },
	[KEYWAY_A_SOCKET_FD]		= { .type = NLA_S32 },
	[KEYWAY_A_TRACE]		= { .type = NLA_NESTED },
};

static int socket_set(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *fd = info->attrs[KEYWAY_A_SOCKET_FD];

	if (!fd)
		return KW_REFUSE(info->extack, NULL, -EINVAL,
			      "The message lacks the socket's file descriptor.");
	return kw_udp_adopt(kw_net(genl_info_net(info)), nla_get_s32(fd), fd, info->extack);
}

static int stats_get(struct sk_buff *skb, struct genl_info *info)
{
	struct kw_net *kn = kw_net(genl_info_net(info));
	struct nlattr *nest;
	struct sk_buff *msg;
	void *header;

	msg = kw_nl_reply(info, &header);
	if (!msg)
		return -ENOMEM;
	nest = nla_nest_start(msg, KEYWAY_A_STATS);
	if (!nest || kw_mib_put(msg, kn)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

static const struct genl_ops keyway_ops[] = {
	{ .cmd = KEYWAY_CMD_SPI_ALLOC, .doit = kw_nl_spi_alloc, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_SA_NEW, .doit = kw_nl_sa_new, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_SA_UPDATE, .doit = kw_nl_sa_update, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_SA_DEL, .doit = kw_nl_sa_del, .flags = GENL_ADMIN_PERM },
	{
		.cmd = KEYWAY_CMD_SA_GET,
		.doit = kw_nl_sa_get,
		.start = kw_nl_sa_dump_start,
		.dumpit = kw_nl_sa_dump,
		.flags = GENL_ADMIN_PERM,
	},
	{ .cmd = KEYWAY_CMD_SA_FLUSH, .doit = kw_nl_sa_flush, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_POLICY_NEW, .doit = kw_nl_policy_new, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_POLICY_DEL, .doit = kw_nl_policy_del, .flags = GENL_ADMIN_PERM },
	{
		.cmd = KEYWAY_CMD_POLICY_GET,
		.doit = kw_nl_policy_get,
		.start = kw_nl_policy_dump_start,
		.dumpit = kw_nl_policy_dump,
		.flags = GENL_ADMIN_PERM,
	},
	{ .cmd = KEYWAY_CMD_POLICY_FLUSH, .doit = kw_nl_policy_flush, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_CHILD_NEW, .doit = kw_nl_child_new, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_SOCKET_SET, .doit = socket_set, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_STATS_GET, .doit = stats_get, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_TRACE_SET, .doit = kw_nl_trace_set, .flags = GENL_ADMIN_PERM },
};

static const struct genl_multicast_group groups[] = {
	[KW_MCGRP_EVENTS] = { .name = KEYWAY_MCGRP_EVENTS },
	[KW_MCGRP_TRACE] = { .name = KEYWAY_MCGRP_TRACE },
};

struct genl_family kw_family __ro_after_init = {
	.name = KEYWAY_FAMILY_NAME,
	.version = KEYWAY_FAMILY_VERSION,
	.maxattr = KEYWAY_A_MAX,
	.policy = keyway_policy,
	.netnsok = true,
	.module = THIS_MODULE,
	.ops = keyway_ops,
	.n_ops = ARRAY_SIZE(keyway_ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

int kw_netlink_init(void)
{
	return genl_register_family(&kw_family);
}

void kw_netlink_exit(void)
{
	genl_unregister_family(&kw_family);
}
