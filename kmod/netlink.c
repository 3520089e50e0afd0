// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: commands -> handlers.
 *
 * A message that may hold keys is overwritten when it has been handled, and also when it is
 * refused before: its attributes are validated by before() and by the handlers, because genl would
 * refuse it without asking us. What genl still refuses by itself: a sender without CAP_NET_ADMIN,
 * a command that is none, and any message when there is no memory for a table of pointers.
 */
#include "netlink.h"

#include <linux/string.h>
#include <net/genetlink.h>
#include <uapi/linux/keyway.h>

#include "compat.h"
#include "mib.h"
#include "net.h"
#include "netlink_attr.h"
#include "netlink_child.h"
#include "netlink_policy.h"
#include "netlink_sa.h"
#include "netlink_stream.h"
#include "netlink_trace.h"
#include "udp.h"

static const struct nla_policy keyway_policy[KEYWAY_A_MAX + 1] = {
	[KEYWAY_A_POLICY]		= { .type = NLA_NESTED },
	[KEYWAY_A_SA]			= { .type = NLA_NESTED },
	[KEYWAY_A_SOCKET_FD]		= { .type = NLA_S32 },
	[KEYWAY_A_TRACE]		= { .type = NLA_NESTED },
	[KEYWAY_A_STREAM]		= { .type = NLA_NESTED },
};

/* Refuses nothing. */
static const struct nla_policy keyway_unchecked[KEYWAY_A_MAX + 1];

static bool may_hold_keys(const struct genl_info *info)
{
	switch (info->genlhdr->cmd) {
	case KEYWAY_CMD_SA_NEW:
	case KEYWAY_CMD_SA_UPDATE:
	case KEYWAY_CMD_CHILD_NEW:
		return true;
	default:
		return false;
	}
}

static void wipe(const struct genl_info *info)
{
	memzero_explicit(genlmsg_data(info->genlhdr), genlmsg_len(info->genlhdr));
}

static void after(const struct kw_compat_genl_ops *ops, struct sk_buff *skb,
		  struct genl_info *info)
{
	if (may_hold_keys(info))
		wipe(info);
}

static int before(const struct kw_compat_genl_ops *ops, struct sk_buff *skb,
		  struct genl_info *info)
{
	int ret = 0;

	if (info->genlhdr->reserved)
		ret = KW_REFUSE(info->extack, NULL, -EINVAL,
				"The reserved bytes of the generic netlink header are not zero.");
	else if (may_hold_keys(info))
		ret = nlmsg_parse(info->nlhdr, GENL_HDRLEN, info->attrs, KEYWAY_A_MAX,
				  keyway_policy, info->extack);
	if (ret)
		after(ops, skb, info);
	return ret;
}

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

#define UNCHECKED					\
	.validate = GENL_DONT_VALIDATE_STRICT,		\
	.maxattr = KEYWAY_A_MAX,			\
	.policy = keyway_unchecked

static const struct genl_ops keyway_ops[] = {
	{ .cmd = KEYWAY_CMD_SPI_ALLOC, .doit = kw_nl_spi_alloc, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_SA_NEW, .doit = kw_nl_sa_new, .flags = GENL_ADMIN_PERM, UNCHECKED },
	{
		.cmd = KEYWAY_CMD_SA_UPDATE,
		.doit = kw_nl_sa_update,
		.flags = GENL_ADMIN_PERM,
		UNCHECKED
	},
	{ .cmd = KEYWAY_CMD_SA_DEL, .doit = kw_nl_sa_del, .flags = GENL_ADMIN_PERM },
	{
		.cmd = KEYWAY_CMD_SA_GET,
		.doit = kw_nl_sa_get,
		.start = kw_nl_sa_dump_start,
		.dumpit = kw_nl_sa_dump,
		.flags = GENL_ADMIN_PERM,
	},
	{ .cmd = KEYWAY_CMD_SA_FLUSH, .doit = kw_nl_sa_flush, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_SA_DUMMY, .doit = kw_nl_sa_dummy, .flags = GENL_ADMIN_PERM },
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
	{
		.cmd = KEYWAY_CMD_CHILD_NEW,
		.doit = kw_nl_child_new,
		.flags = GENL_ADMIN_PERM,
		UNCHECKED
	},
	{ .cmd = KEYWAY_CMD_SOCKET_SET, .doit = socket_set, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_STATS_GET, .doit = stats_get, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_TRACE_SET, .doit = kw_nl_trace_set, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_STREAM_SET, .doit = kw_nl_stream_set, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_STREAM_DEL, .doit = kw_nl_stream_del, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_STREAM_SEND, .doit = kw_nl_stream_send, .flags = GENL_ADMIN_PERM },
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
	.pre_doit = before,
	.post_doit = after,
	.resv_start_op = __KEYWAY_CMD_MAX,	/* the header is before()'s to check, too */
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
