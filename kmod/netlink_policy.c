// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink requests about policies.
 *
 * RFCs: 4301 section 4.4.1
 */
#include "netlink_policy.h"

#include <linux/idr.h>

#include "device.h"
#include "mib.h"
#include "net.h"
#include "netlink.h"
#include "outer.h"
#include "policy.h"
#include "sa.h"

#define POLICY_FLAGS	(KEYWAY_POLICY_F_NO_ECN | KEYWAY_POLICY_F_FRAG_OUTER | \
			 KEYWAY_POLICY_F_NO_ICMP | KEYWAY_POLICY_F_PLAIN_IN | \
			 KEYWAY_POLICY_F_NO_MSS_CLAMP | KEYWAY_POLICY_F_COPY_TTL | \
			 KEYWAY_POLICY_F_COPY_FLOW_LABEL)
#define PFP_FLAGS	(KEYWAY_PFP_LOCAL | KEYWAY_PFP_REMOTE | KEYWAY_PFP_PROTO | \
			 KEYWAY_PFP_LOCAL_PORT | KEYWAY_PFP_REMOTE_PORT)
#define SA_FLAGS	(KEYWAY_SA_F_ESN | KEYWAY_SA_F_VERIFY_CSUM)
static const struct nla_policy keyway_policy_policy[KEYWAY_A_POLICY_MAX + 1] = {
	[KEYWAY_A_POLICY_ID]		= { .type = NLA_U32 },
	[KEYWAY_A_POLICY_COOKIE]	= { .type = NLA_U64 },
	[KEYWAY_A_POLICY_IFINDEX]	= { .type = NLA_U32 },
	[KEYWAY_A_POLICY_PRIORITY]	= { .type = NLA_U32 },
	[KEYWAY_A_POLICY_ACTION]	= { .type = NLA_U8 },
	[KEYWAY_A_POLICY_MODE]		= { .type = NLA_U8 },
	[KEYWAY_A_POLICY_FLAGS]		= { .type = NLA_U32 },
	[KEYWAY_A_POLICY_TS_LOCAL]	= { .type = NLA_NESTED },
	[KEYWAY_A_POLICY_TS_REMOTE]	= { .type = NLA_NESTED },
	[KEYWAY_A_POLICY_LOCAL]		= { .type = NLA_BINARY, .len = 16 },
	[KEYWAY_A_POLICY_REMOTE]	= { .type = NLA_BINARY, .len = 16 },
	[KEYWAY_A_POLICY_DF]		= { .type = NLA_U8 },
	[KEYWAY_A_POLICY_TTL]		= { .type = NLA_U8 },
	[KEYWAY_A_POLICY_DSCP]		= { .type = NLA_U8 },
	[KEYWAY_A_POLICY_PAD]		= { .type = NLA_REJECT },
	[KEYWAY_A_POLICY_MARK]		= { .type = NLA_U32 },
	[KEYWAY_A_POLICY_MARK_MASK]	= { .type = NLA_U32 },
	[KEYWAY_A_POLICY_SET_MARK]	= { .type = NLA_U32 },
	[KEYWAY_A_POLICY_LINK]		= { .type = NLA_U32 },
	[KEYWAY_A_POLICY_PFP]		= { .type = NLA_U32 },
};

static const struct nla_policy keyway_ts_policy[KEYWAY_A_TS_MAX + 1] = {
	[KEYWAY_A_TS_START]		= { .type = NLA_BINARY, .len = 16 },
	[KEYWAY_A_TS_END]		= { .type = NLA_BINARY, .len = 16 },
	[KEYWAY_A_TS_PROTO]		= { .type = NLA_U8 },
	[KEYWAY_A_TS_PORT_START]	= { .type = NLA_U16 },
	[KEYWAY_A_TS_PORT_END]		= { .type = NLA_U16 },
};

int kw_nl_parse_ts(const struct nlattr *nest, struct kw_ts *ts, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[KEYWAY_A_TS_MAX + 1];
	int ret;

	ret = nla_parse_nested(tb, KEYWAY_A_TS_MAX, nest, keyway_ts_policy, extack);
	if (ret)
		return ret;
	if (!tb[KEYWAY_A_TS_START] || !tb[KEYWAY_A_TS_END])
		return KW_REFUSE(extack, nest, -EINVAL,
				 "A traffic selector needs a first and a last address.");
	ret = kw_nl_addr(tb[KEYWAY_A_TS_START], &ts->start, extack) ?:
	      kw_nl_addr(tb[KEYWAY_A_TS_END], &ts->end, extack);
	if (ret)
		return ret;
	if (ts->start.family != ts->end.family)
		return KW_REFUSE(extack, tb[KEYWAY_A_TS_END], -EINVAL,
				 "A traffic selector's addresses are of different families.");
	if (!kw_addr_between(&ts->start, &ts->start, &ts->end))
		return KW_REFUSE(extack, tb[KEYWAY_A_TS_END], -EINVAL,
				 "A traffic selector's last address is below its first.");
	ts->proto = kw_nl_u8_or(tb[KEYWAY_A_TS_PROTO], 0);
	ts->port_start = kw_nl_u16_or(tb[KEYWAY_A_TS_PORT_START], 0);
	ts->port_end = kw_nl_u16_or(tb[KEYWAY_A_TS_PORT_END], U16_MAX);
	if (ts->port_end < ts->port_start &&
	    (ts->port_start != KW_TS_OPAQUE_START || ts->port_end != KW_TS_OPAQUE_END))
		return KW_REFUSE(extack, nest, -EINVAL,
				 "A traffic selector's last port is below its first.");
	return 0;
}

/* All selectors of type @type in @nest, to @ts. */
static int parse_ts_list(const struct nlattr *nest, int type, struct kw_ts *ts, unsigned int *count,
			 struct netlink_ext_ack *extack)
{
	const struct nlattr *nla;
	int rem, ret;

	*count = 0;
	nla_for_each_nested(nla, nest, rem) {
		if (nla_type(nla) != type)
			continue;
		if (*count == KEYWAY_TS_MAX)
			return KW_REFUSE(extack, nla, -E2BIG,
					 "A policy has at most 32 traffic selectors on each side.");
		ret = kw_nl_parse_ts(nla, &ts[(*count)++], extack);
		if (ret)
			return ret;
	}
	if (!*count)
		return KW_REFUSE(extack, nest, -EINVAL,
				 "A policy needs a traffic selector on each side.");
	return 0;
}

static int check_policy_enums(struct nlattr *tb[], struct netlink_ext_ack *extack)
{
	const struct nlattr *action = tb[KEYWAY_A_POLICY_ACTION];
	const struct nlattr *mode = tb[KEYWAY_A_POLICY_MODE];
	const struct nlattr *flags = tb[KEYWAY_A_POLICY_FLAGS];
	const struct nlattr *dscp = tb[KEYWAY_A_POLICY_DSCP];
	const struct nlattr *df = tb[KEYWAY_A_POLICY_DF];
	const struct nlattr *pfp = tb[KEYWAY_A_POLICY_PFP];

	if (action && nla_get_u8(action) > KEYWAY_ACTION_DISCARD)
		return KW_REFUSE(extack, action, -EINVAL, "There is no such policy action.");
	if (action && nla_get_u8(action) == KEYWAY_ACTION_BYPASS &&
	    kw_nl_u32_or(tb[KEYWAY_A_POLICY_IFINDEX], 0))
		return KW_REFUSE(extack, action, -EOPNOTSUPP,
				 "A device's policy cannot bypass: route elsewhere what is to bypass.");
	if (mode && nla_get_u8(mode) > KEYWAY_MODE_BEET)
		return KW_REFUSE(extack, mode, -EINVAL, "The mode is tunnel, transport or BEET.");
	if (flags && nla_get_u32(flags) & ~POLICY_FLAGS)
		return KW_REFUSE(extack, flags, -EINVAL, "There is no such policy flag.");
	if (pfp && nla_get_u32(pfp) & ~PFP_FLAGS)
		return KW_REFUSE(extack, pfp, -EINVAL,
				 "There is no such selector to take from a packet.");
	if (df && nla_get_u8(df) > KEYWAY_DF_CLEAR)
		return KW_REFUSE(extack, df, -EINVAL, "DF is copied, set or cleared.");
	if (dscp && nla_get_u8(dscp) > 63)
		return KW_REFUSE(extack, dscp, -ERANGE, "A DSCP is at most 63.");
	return 0;
}

static bool is_one_address(const struct kw_ts *ts, unsigned int n)
{
	return n == 1 && kw_addr_equal(&ts->start, &ts->end);
}

/* BEET mode makes the inner addresses out of the selectors. */
static bool beet_can(const struct kw_policy_config *config)
{
	const struct kw_ts *remote = config->ts + config->n_local;

	return is_one_address(config->ts, config->n_local) &&
	       is_one_address(remote, config->n_remote) &&
	       config->ts->start.family == remote->start.family;
}

int kw_nl_parse_policy(const struct nlattr *nest, struct nlattr *tb[],
		       struct kw_policy_config *config, struct netlink_ext_ack *extack)
{
	int ret;

	ret = check_policy_enums(tb, extack);
	if (ret)
		return ret;
	ret = parse_ts_list(nest, KEYWAY_A_POLICY_TS_LOCAL, config->ts, &config->n_local, extack);
	if (ret)
		return ret;
	ret = parse_ts_list(nest, KEYWAY_A_POLICY_TS_REMOTE, config->ts + config->n_local,
			    &config->n_remote, extack);
	if (ret)
		return ret;
	ret = kw_nl_optional_addr(tb[KEYWAY_A_POLICY_LOCAL], &config->local, extack) ?:
	      kw_nl_optional_addr(tb[KEYWAY_A_POLICY_REMOTE], &config->remote, extack);
	if (ret)
		return ret;
	if (config->local.family && config->remote.family &&
	    config->local.family != config->remote.family)
		return KW_REFUSE(extack, tb[KEYWAY_A_POLICY_REMOTE], -EINVAL,
				 "The outer addresses are of different families.");
	config->ifindex = kw_nl_u32_or(tb[KEYWAY_A_POLICY_IFINDEX], 0);
	config->mark = kw_nl_u32_or(tb[KEYWAY_A_POLICY_MARK], 0);
	config->mark_mask = kw_nl_u32_or(tb[KEYWAY_A_POLICY_MARK_MASK],
					 tb[KEYWAY_A_POLICY_MARK] ? U32_MAX : 0);
	config->set_mark = kw_nl_u32_or(tb[KEYWAY_A_POLICY_SET_MARK], 0);
	config->link = kw_nl_u32_or(tb[KEYWAY_A_POLICY_LINK], 0);
	config->pfp = kw_nl_u32_or(tb[KEYWAY_A_POLICY_PFP], 0);
	config->cookie = kw_nl_u64_or(tb[KEYWAY_A_POLICY_COOKIE], 0);
	config->priority = kw_nl_u32_or(tb[KEYWAY_A_POLICY_PRIORITY], 0);
	config->flags = kw_nl_u32_or(tb[KEYWAY_A_POLICY_FLAGS], 0);
	config->action = kw_nl_u8_or(tb[KEYWAY_A_POLICY_ACTION], KEYWAY_ACTION_PROTECT);
	config->mode = kw_nl_u8_or(tb[KEYWAY_A_POLICY_MODE], KEYWAY_MODE_TUNNEL);
	if (config->mode == KEYWAY_MODE_BEET && !beet_can(config))
		return KW_REFUSE(extack, tb[KEYWAY_A_POLICY_MODE], -EINVAL,
				 "BEET mode is between one address on each side, of one family.");
	config->df = kw_nl_u8_or(tb[KEYWAY_A_POLICY_DF], KEYWAY_DF_COPY);
	config->ttl = kw_nl_u8_or(tb[KEYWAY_A_POLICY_TTL], 0);
	config->dscp = tb[KEYWAY_A_POLICY_DSCP] ? nla_get_u8(tb[KEYWAY_A_POLICY_DSCP]) :
		       KW_DSCP_COPY;
	return 0;
}

static int put_policy_numbers(struct sk_buff *msg, const struct kw_policy *p)
{
	u64 packets[2], bytes[2];

	kw_policy_totals(p, packets, bytes);
	if (nla_put_u64_64bit(msg, KEYWAY_A_POLICY_RX_PACKETS, packets[KEYWAY_DIR_IN],
			      KEYWAY_A_POLICY_PAD) ||
	    nla_put_u64_64bit(msg, KEYWAY_A_POLICY_RX_BYTES, bytes[KEYWAY_DIR_IN],
			      KEYWAY_A_POLICY_PAD) ||
	    nla_put_u64_64bit(msg, KEYWAY_A_POLICY_TX_PACKETS, packets[KEYWAY_DIR_OUT],
			      KEYWAY_A_POLICY_PAD) ||
	    nla_put_u64_64bit(msg, KEYWAY_A_POLICY_TX_BYTES, bytes[KEYWAY_DIR_OUT],
			      KEYWAY_A_POLICY_PAD))
		return -EMSGSIZE;
	return kw_nl_put_drops(msg, KEYWAY_A_POLICY_DROPS, &p->drops);
}

/* What most policies have not. */
static int put_policy_extras(struct sk_buff *msg, const struct kw_policy *p)
{
	if (p->mark_mask &&
	    (nla_put_u32(msg, KEYWAY_A_POLICY_MARK, p->mark) ||
	     nla_put_u32(msg, KEYWAY_A_POLICY_MARK_MASK, p->mark_mask)))
		return -EMSGSIZE;
	if ((p->set_mark && nla_put_u32(msg, KEYWAY_A_POLICY_SET_MARK, p->set_mark)) ||
	    (p->link && nla_put_u32(msg, KEYWAY_A_POLICY_LINK, p->link)) ||
	    (p->pfp && nla_put_u32(msg, KEYWAY_A_POLICY_PFP, p->pfp)))
		return -EMSGSIZE;
	return 0;
}

static int put_policy(struct sk_buff *msg, struct kw_net *kn, const void *object)
{
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_POLICY);
	const struct kw_policy *p = object;
	const struct kw_sa *out;
	unsigned int i;

	if (!nest ||
	    nla_put_u32(msg, KEYWAY_A_POLICY_ID, p->id) ||
	    nla_put_u64_64bit(msg, KEYWAY_A_POLICY_COOKIE, p->cookie, KEYWAY_A_POLICY_PAD) ||
	    nla_put_u32(msg, KEYWAY_A_POLICY_IFINDEX, kw_policy_ifindex(p)) ||
	    nla_put_u32(msg, KEYWAY_A_POLICY_PRIORITY, p->priority) ||
	    nla_put_u64_64bit(msg, KEYWAY_A_POLICY_ORDER, p->order, KEYWAY_A_POLICY_PAD) ||
	    nla_put_u8(msg, KEYWAY_A_POLICY_ACTION, p->action) ||
	    nla_put_u8(msg, KEYWAY_A_POLICY_MODE, p->mode) ||
	    nla_put_u32(msg, KEYWAY_A_POLICY_FLAGS, p->flags) ||
	    kw_put_addr(msg, KEYWAY_A_POLICY_LOCAL, &p->local) ||
	    kw_put_addr(msg, KEYWAY_A_POLICY_REMOTE, &p->remote) ||
	    nla_put_u8(msg, KEYWAY_A_POLICY_DF, p->df) ||
	    nla_put_u8(msg, KEYWAY_A_POLICY_TTL, p->ttl))
		return -EMSGSIZE;
	if (p->dscp != KW_DSCP_COPY && nla_put_u8(msg, KEYWAY_A_POLICY_DSCP, p->dscp))
		return -EMSGSIZE;
	for (i = 0; i < p->n_local; i++)
		if (kw_nl_put_ts(msg, KEYWAY_A_POLICY_TS_LOCAL, &p->ts[i]))
			return -EMSGSIZE;
	for (i = 0; i < p->n_remote; i++)
		if (kw_nl_put_ts(msg, KEYWAY_A_POLICY_TS_REMOTE, &p->ts[p->n_local + i]))
			return -EMSGSIZE;
	out = rcu_dereference_protected(p->out, lockdep_is_held(&kn->lock));
	if (out && nla_put_be32(msg, KEYWAY_A_POLICY_OUT_SPI, out->spi))
		return -EMSGSIZE;
	if (put_policy_extras(msg, p) || put_policy_numbers(msg, p))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* Under the lock: the policy the message names.  NULL, with *@ret and @extack set. */
static void *find_policy(struct kw_net *kn, const struct genl_info *info, struct nlattr *tb[],
			 int *ret)
{
	const struct nlattr *id = tb[KEYWAY_A_POLICY_ID];
	struct kw_policy *p;

	if (!id) {
		*ret = KW_REFUSE(info->extack, info->attrs[KEYWAY_A_POLICY], -EINVAL,
				 "A policy is named by its id.");
		return NULL;
	}
	p = kw_policy_find(kn, nla_get_u32(id));
	if (!p)
		*ret = KW_REFUSE(info->extack, id, -ENOENT, "There is no policy of this id.");
	return p;
}

static struct idr *all_policies(struct kw_net *kn)
{
	return &kn->policies;
}

static bool is_of_device(const void *object, u32 ifindex)
{
	const struct kw_policy *p = object;

	return kw_policy_ifindex(p) == ifindex;
}

const struct kw_nl_noun kw_nl_policy = {
	.attr = KEYWAY_A_POLICY,
	.max = KEYWAY_A_POLICY_MAX,
	.table = keyway_policy_policy,
	.cmd = KEYWAY_CMD_POLICY_GET,
	.filter = KEYWAY_A_POLICY_IFINDEX,
	.all = all_policies,
	.filtered = is_of_device,
	.find = find_policy,
	.put = put_policy,
};

int kw_nl_policy_get(struct sk_buff *skb, struct genl_info *info)
{
	return kw_nl_get(&kw_nl_policy, info);
}

int kw_nl_policy_dump_start(struct netlink_callback *cb)
{
	return kw_nl_dump_start(&kw_nl_policy, cb);
}

int kw_nl_policy_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return kw_nl_dump(&kw_nl_policy, skb, cb);
}

int kw_nl_policy_del(struct sk_buff *skb, struct genl_info *info)
{
	struct kw_net *kn = kw_net(genl_info_net(info));
	struct nlattr *tb[KEYWAY_A_POLICY_MAX + 1];
	struct kw_policy *p;
	int ret;

	ret = kw_nl_parse(&kw_nl_policy, info, tb);
	if (ret)
		return ret;
	mutex_lock(&kn->lock);
	p = find_policy(kn, info, tb, &ret);
	if (p)
		kw_policy_remove(kn, p);
	mutex_unlock(&kn->lock);
	return ret;
}

int kw_nl_policy_flush(struct sk_buff *skb, struct genl_info *info)
{
	struct kw_net *kn = kw_net(genl_info_net(info));
	struct kw_policy *p;
	u32 ifindex;
	int id, ret;

	ret = kw_nl_filter(&kw_nl_policy, info->attrs, &ifindex, info->extack);
	if (ret)
		return ret;
	mutex_lock(&kn->lock);
	idr_for_each_entry(&kn->policies, p, id)
		if (!ifindex || is_of_device(p, ifindex))
			kw_policy_remove(kn, p);
	if (!ifindex)
		kw_sa_flush(kn, NULL);	/* what is left has no policy yet */
	mutex_unlock(&kn->lock);
	return 0;
}
