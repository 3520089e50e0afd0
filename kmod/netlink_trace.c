// SPDX-License-Identifier: GPL-2.0
/*
 * The command by which somebody asks what happens to packets.
 */
#include "netlink_trace.h"

#include "net.h"
#include "netlink_attr.h"
#include "netlink_policy.h"
#include "watch.h"

static const struct nla_policy keyway_trace_policy[KEYWAY_A_TRACE_MAX + 1] = {
	[KEYWAY_A_TRACE_TS]		= { .type = NLA_NESTED },
	[KEYWAY_A_TRACE_PROTO]		= { .type = NLA_U8 },
	[KEYWAY_A_TRACE_PORT]		= { .type = NLA_U16 },
	[KEYWAY_A_TRACE_POLICY_ID]	= { .type = NLA_U32 },
	[KEYWAY_A_TRACE_SPI]		= { .type = NLA_U32 },
	[KEYWAY_A_TRACE_DROPS]		= { .type = NLA_U8 },
	[KEYWAY_A_TRACE_PAD]		= { .type = NLA_REJECT },
};

static int parse_ends(const struct nlattr *nest, struct kw_watch_config *config,
		      struct netlink_ext_ack *extack)
{
	const struct nlattr *nla;
	unsigned int n = 0;
	int rem, ret;

	nla_for_each_nested(nla, nest, rem) {
		if (nla_type(nla) != KEYWAY_A_TRACE_TS)
			continue;
		if (n == ARRAY_SIZE(config->end))
			return KW_REFUSE(extack, nla, -E2BIG,
					 "Packets go between two ends, not more.");
		ret = kw_nl_parse_ts(nla, &config->end[n++], extack);
		if (ret)
			return ret;
	}
	return 0;
}

static int parse_watch(const struct nlattr *nest, struct kw_watch_config *config,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *tb[KEYWAY_A_TRACE_MAX + 1];
	int ret;

	ret = nla_parse_nested(tb, KEYWAY_A_TRACE_MAX, nest, keyway_trace_policy, extack) ?:
	      parse_ends(nest, config, extack);
	if (ret)
		return ret;
	config->proto = kw_nl_u8_or(tb[KEYWAY_A_TRACE_PROTO], 0);
	config->port = kw_nl_u16_or(tb[KEYWAY_A_TRACE_PORT], 0);
	config->policy_id = kw_nl_u32_or(tb[KEYWAY_A_TRACE_POLICY_ID], 0);
	config->spi = tb[KEYWAY_A_TRACE_SPI] ? nla_get_be32(tb[KEYWAY_A_TRACE_SPI]) : 0;
	config->drops = kw_nl_u8_or(tb[KEYWAY_A_TRACE_DROPS], 0);
	return 0;
}

int kw_nl_trace_set(struct sk_buff *skb, struct genl_info *info)
{
	struct kw_net *kn = kw_net(genl_info_net(info));
	struct kw_watch_config config = {};
	int ret;

	if (!info->attrs[KEYWAY_A_TRACE]) {
		kw_watch_end(kn, info->snd_portid);
		return 0;
	}
	ret = parse_watch(info->attrs[KEYWAY_A_TRACE], &config, info->extack);
	if (ret)
		return ret;
	ret = kw_watch_set(kn, info->snd_portid, &config);
	if (ret == -EBUSY)
		return KW_REFUSE(info->extack, info->attrs[KEYWAY_A_TRACE], ret,
				 "Somebody else traces packets here.");
	return ret;
}
