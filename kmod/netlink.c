// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: attributes <-> configuration.
 *
 * Nests below the outermost level are validated here and not by genl, so that every message that
 * may hold keys gets as far as wipe_keys().
 */
#include "netlink.h"

#include <linux/slab.h>
#include <net/sock.h>
#include <uapi/linux/keyway.h>

#include "algs.h"
#include "compat.h"
#include "device.h"
#include "mib.h"
#include "net.h"
#include "outer.h"
#include "policy.h"
#include "replay.h"
#include "sa.h"
#include "udp.h"

#define SPI_MIN			256u
#define LARVAL_SECONDS		60u
#define LARVAL_SECONDS_MAX	3600u
#define REPLAY_DEFAULT		1024u

/* The longest message: a policy with all the selectors it may have. */
#define MESSAGE_MAX		8192

#define POLICY_FLAGS	(KEYWAY_POLICY_F_NO_ECN | KEYWAY_POLICY_F_FRAG_OUTER | \
			 KEYWAY_POLICY_F_NO_ICMP)
#define SA_FLAGS	(KEYWAY_SA_F_ESN | KEYWAY_SA_F_VERIFY_CSUM)

static const struct nla_policy keyway_policy[KEYWAY_A_MAX + 1] = {
	[KEYWAY_A_POLICY]		= { .type = NLA_NESTED },
	[KEYWAY_A_SA]			= { .type = NLA_NESTED },
	[KEYWAY_A_SOCKET_FD]		= { .type = NLA_S32 },
};

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
};

static const struct nla_policy keyway_ts_policy[KEYWAY_A_TS_MAX + 1] = {
	[KEYWAY_A_TS_START]		= { .type = NLA_BINARY, .len = 16 },
	[KEYWAY_A_TS_END]		= { .type = NLA_BINARY, .len = 16 },
	[KEYWAY_A_TS_PROTO]		= { .type = NLA_U8 },
	[KEYWAY_A_TS_PORT_START]	= { .type = NLA_U16 },
	[KEYWAY_A_TS_PORT_END]		= { .type = NLA_U16 },
};

static const struct nla_policy keyway_sa_policy[KEYWAY_A_SA_MAX + 1] = {
	[KEYWAY_A_SA_SPI]		= { .type = NLA_U32 },
	[KEYWAY_A_SA_PROTO]		= { .type = NLA_U8 },
	[KEYWAY_A_SA_DIR]		= { .type = NLA_U8 },
	[KEYWAY_A_SA_POLICY_ID]		= { .type = NLA_U32 },
	[KEYWAY_A_SA_COOKIE]		= { .type = NLA_U64 },
	[KEYWAY_A_SA_FLAGS]		= { .type = NLA_U32 },
	[KEYWAY_A_SA_LOCAL]		= { .type = NLA_BINARY, .len = 16 },
	[KEYWAY_A_SA_REMOTE]		= { .type = NLA_BINARY, .len = 16 },
	[KEYWAY_A_SA_UDP_LOCAL]		= { .type = NLA_U16 },
	[KEYWAY_A_SA_UDP_REMOTE]	= { .type = NLA_U16 },
	[KEYWAY_A_SA_ENCR]		= { .type = NLA_U16 },
	[KEYWAY_A_SA_ENCR_BITS]		= { .type = NLA_U16 },
	[KEYWAY_A_SA_ENCR_KEY]		= { .type = NLA_BINARY, .len = KEYWAY_KEY_MAX },
	[KEYWAY_A_SA_INTEG]		= { .type = NLA_U16 },
	[KEYWAY_A_SA_INTEG_KEY]		= { .type = NLA_BINARY, .len = KEYWAY_KEY_MAX },
	[KEYWAY_A_SA_REPLAY_WINDOW]	= { .type = NLA_U32 },
	[KEYWAY_A_SA_SOFT_BYTES]	= { .type = NLA_U64 },
	[KEYWAY_A_SA_HARD_BYTES]	= { .type = NLA_U64 },
	[KEYWAY_A_SA_SOFT_PACKETS]	= { .type = NLA_U64 },
	[KEYWAY_A_SA_HARD_PACKETS]	= { .type = NLA_U64 },
	[KEYWAY_A_SA_SOFT_SECONDS]	= { .type = NLA_U64 },
	[KEYWAY_A_SA_HARD_SECONDS]	= { .type = NLA_U64 },
	[KEYWAY_A_SA_IDLE_SECONDS]	= { .type = NLA_U64 },
	[KEYWAY_A_SA_TIMEOUT]		= { .type = NLA_U32 },
	[KEYWAY_A_SA_PAD]		= { .type = NLA_REJECT },
};

/* Says @text about the attribute @nla, which may be NULL, and returns @err. */
#define REFUSE(extack, nla, err, text) ({			\
	NL_SET_ERR_MSG_ATTR(extack, nla, text);			\
	(err);							\
})

static u8 get_u8_or(const struct nlattr *nla, u8 absent)
{
	return nla ? nla_get_u8(nla) : absent;
}

static u32 get_u32_or(const struct nlattr *nla, u32 absent)
{
	return nla ? nla_get_u32(nla) : absent;
}

static u64 get_u64_or(const struct nlattr *nla, u64 absent)
{
	return nla ? nla_get_u64(nla) : absent;
}

static int parse_addr(const struct nlattr *nla, struct kw_addr *addr,
		      struct netlink_ext_ack *extack)
{
	switch (nla_len(nla)) {
	case 4:
		addr->family = AF_INET;
		break;
	case 16:
		addr->family = AF_INET6;
		break;
	default:
		return REFUSE(extack, nla, -EINVAL, "An address has 4 or 16 bytes.");
	}
	memcpy(addr->bytes, nla_data(nla), nla_len(nla));
	return 0;
}

static int parse_optional_addr(const struct nlattr *nla, struct kw_addr *addr,
			       struct netlink_ext_ack *extack)
{
	return nla ? parse_addr(nla, addr, extack) : 0;
}

static int parse_ts(const struct nlattr *nest, struct kw_ts *ts, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[KEYWAY_A_TS_MAX + 1];
	int ret;

	ret = nla_parse_nested(tb, KEYWAY_A_TS_MAX, nest, keyway_ts_policy, extack);
	if (ret)
		return ret;
	if (!tb[KEYWAY_A_TS_START] || !tb[KEYWAY_A_TS_END])
		return REFUSE(extack, nest, -EINVAL,
			      "A traffic selector needs a first and a last address.");
	ret = parse_addr(tb[KEYWAY_A_TS_START], &ts->start, extack) ?:
	      parse_addr(tb[KEYWAY_A_TS_END], &ts->end, extack);
	if (ret)
		return ret;
	if (ts->start.family != ts->end.family)
		return REFUSE(extack, tb[KEYWAY_A_TS_END], -EINVAL,
			      "A traffic selector's addresses are of different families.");
	if (!kw_addr_between(&ts->start, &ts->start, &ts->end))
		return REFUSE(extack, tb[KEYWAY_A_TS_END], -EINVAL,
			      "A traffic selector's last address is below its first.");
	ts->proto = get_u8_or(tb[KEYWAY_A_TS_PROTO], 0);
	ts->port_start = tb[KEYWAY_A_TS_PORT_START] ? nla_get_u16(tb[KEYWAY_A_TS_PORT_START]) : 0;
	ts->port_end = tb[KEYWAY_A_TS_PORT_END] ? nla_get_u16(tb[KEYWAY_A_TS_PORT_END]) : U16_MAX;
	if (ts->port_end < ts->port_start)
		return REFUSE(extack, nest, -EINVAL,
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
			return REFUSE(extack, nla, -E2BIG,
				      "A policy has at most 32 traffic selectors on each side.");
		ret = parse_ts(nla, &ts[(*count)++], extack);
		if (ret)
			return ret;
	}
	if (!*count)
		return REFUSE(extack, nest, -EINVAL,
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

	if (action && nla_get_u8(action) > KEYWAY_ACTION_DISCARD)
		return REFUSE(extack, action, -EINVAL, "There is no such policy action.");
	if (action && nla_get_u8(action) == KEYWAY_ACTION_BYPASS)
		return REFUSE(extack, action, -EOPNOTSUPP,
			      "A device's policy cannot bypass: route elsewhere what is to bypass.");
	if (mode && nla_get_u8(mode) != KEYWAY_MODE_TUNNEL)
		return REFUSE(extack, mode, -EOPNOTSUPP, "Only tunnel mode is supported.");
	if (flags && nla_get_u32(flags) & ~POLICY_FLAGS)
		return REFUSE(extack, flags, -EINVAL, "There is no such policy flag.");
	if (df && nla_get_u8(df) > KEYWAY_DF_CLEAR)
		return REFUSE(extack, df, -EINVAL, "DF is copied, set or cleared.");
	if (dscp && nla_get_u8(dscp) > 63)
		return REFUSE(extack, dscp, -ERANGE, "A DSCP is at most 63.");
	return 0;
}

/* A policy that is to be made. */
static int parse_policy(const struct nlattr *nest, struct nlattr *tb[],
			struct kw_policy_config *config, struct netlink_ext_ack *extack)
{
	int ret;

	if (!tb[KEYWAY_A_POLICY_IFINDEX])
		return REFUSE(extack, nest, -EINVAL, "A policy needs its device's index.");
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
	ret = parse_optional_addr(tb[KEYWAY_A_POLICY_LOCAL], &config->local, extack) ?:
	      parse_optional_addr(tb[KEYWAY_A_POLICY_REMOTE], &config->remote, extack);
	if (ret)
		return ret;
	if (config->local.family && config->remote.family &&
	    config->local.family != config->remote.family)
		return REFUSE(extack, tb[KEYWAY_A_POLICY_REMOTE], -EINVAL,
			      "The outer addresses are of different families.");
	config->ifindex = nla_get_u32(tb[KEYWAY_A_POLICY_IFINDEX]);
	config->cookie = get_u64_or(tb[KEYWAY_A_POLICY_COOKIE], 0);
	config->priority = get_u32_or(tb[KEYWAY_A_POLICY_PRIORITY], 0);
	config->flags = get_u32_or(tb[KEYWAY_A_POLICY_FLAGS], 0);
	config->action = get_u8_or(tb[KEYWAY_A_POLICY_ACTION], KEYWAY_ACTION_PROTECT);
	config->df = get_u8_or(tb[KEYWAY_A_POLICY_DF], KEYWAY_DF_COPY);
	config->ttl = get_u8_or(tb[KEYWAY_A_POLICY_TTL], 0);
	config->dscp = tb[KEYWAY_A_POLICY_DSCP] ? nla_get_u8(tb[KEYWAY_A_POLICY_DSCP]) :
		       KW_DSCP_COPY;
	return 0;
}

static void parse_limits(struct nlattr *tb[], struct kw_limits *limits)
{
	static const struct {
		u8 attr;
		u8 offset;
	} map[] = {
		{ KEYWAY_A_SA_SOFT_BYTES, offsetof(struct kw_limits, soft_bytes) },
		{ KEYWAY_A_SA_HARD_BYTES, offsetof(struct kw_limits, hard_bytes) },
		{ KEYWAY_A_SA_SOFT_PACKETS, offsetof(struct kw_limits, soft_packets) },
		{ KEYWAY_A_SA_HARD_PACKETS, offsetof(struct kw_limits, hard_packets) },
		{ KEYWAY_A_SA_SOFT_SECONDS, offsetof(struct kw_limits, soft_seconds) },
		{ KEYWAY_A_SA_HARD_SECONDS, offsetof(struct kw_limits, hard_seconds) },
		{ KEYWAY_A_SA_IDLE_SECONDS, offsetof(struct kw_limits, idle_seconds) },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(map); i++)
		if (tb[map[i].attr])
			*(u64 *)((u8 *)limits + map[i].offset) = nla_get_u64(tb[map[i].attr]);
}

static int parse_algorithm(const struct nlattr *nest, struct nlattr *tb[],
			   struct kw_sa_config *config, struct netlink_ext_ack *extack)
{
	const struct nlattr *key = tb[KEYWAY_A_SA_ENCR_KEY];
	unsigned int bits;

	if (!tb[KEYWAY_A_SA_ENCR])
		return REFUSE(extack, nest, -EINVAL, "An SA needs an encryption algorithm.");
	config->alg = kw_alg_find(nla_get_u16(tb[KEYWAY_A_SA_ENCR]));
	if (!config->alg)
		return REFUSE(extack, tb[KEYWAY_A_SA_ENCR], -EOPNOTSUPP,
			      "This encryption algorithm is not supported.");
	bits = kw_alg_key_bits(config->alg, tb[KEYWAY_A_SA_ENCR_BITS] ?
			       nla_get_u16(tb[KEYWAY_A_SA_ENCR_BITS]) : 0);
	if (!bits)
		return REFUSE(extack, tb[KEYWAY_A_SA_ENCR_BITS] ?: nest, -EINVAL,
			      "The encryption algorithm has no keys of this length.");
	if (!key)
		return REFUSE(extack, nest, -EINVAL, "An SA needs a key.");
	if (nla_len(key) != bits / 8 + config->alg->salt)
		return REFUSE(extack, key, -EINVAL,
			      "Key and salt are not as long as the algorithm and bits ask for.");
	if ((tb[KEYWAY_A_SA_INTEG] && nla_get_u16(tb[KEYWAY_A_SA_INTEG])) ||
	    tb[KEYWAY_A_SA_INTEG_KEY])
		return REFUSE(extack, tb[KEYWAY_A_SA_INTEG] ?: tb[KEYWAY_A_SA_INTEG_KEY], -EINVAL,
			      "The encryption algorithm brings its own integrity.");
	config->key = nla_data(key);
	config->key_len = nla_len(key);
	return 0;
}

/* Outer addresses and ports, in themselves. */
static int parse_path(struct nlattr *tb[], struct kw_addr *local, struct kw_addr *remote,
		      u16 *udp_local, u16 *udp_remote, struct netlink_ext_ack *extack)
{
	const struct nlattr *here = tb[KEYWAY_A_SA_UDP_LOCAL], *there = tb[KEYWAY_A_SA_UDP_REMOTE];
	int ret;

	ret = parse_optional_addr(tb[KEYWAY_A_SA_LOCAL], local, extack) ?:
	      parse_optional_addr(tb[KEYWAY_A_SA_REMOTE], remote, extack);
	if (ret)
		return ret;
	if (here)
		*udp_local = nla_get_u16(here);
	if (there)
		*udp_remote = nla_get_u16(there);
	if (!*udp_local != !*udp_remote)
		return REFUSE(extack, here ?: there, -EINVAL,
			      "ESP in UDP needs both ports, other than 0; plain ESP neither.");
	return 0;
}

/* The name of an SA, or of one to be: direction, SPI, policy. */
static int parse_sa_name(const struct nlattr *nest, struct nlattr *tb[],
			 struct kw_sa_config *config, struct netlink_ext_ack *extack)
{
	if (tb[KEYWAY_A_SA_PROTO] && nla_get_u8(tb[KEYWAY_A_SA_PROTO]) != IPPROTO_ESP)
		return REFUSE(extack, tb[KEYWAY_A_SA_PROTO], -EPROTONOSUPPORT,
			      "Only ESP, protocol 50, is supported.");
	if (!tb[KEYWAY_A_SA_DIR])
		return REFUSE(extack, nest, -EINVAL, "An SA's direction is missing.");
	config->dir = nla_get_u8(tb[KEYWAY_A_SA_DIR]);
	if (config->dir > KEYWAY_DIR_OUT)
		return REFUSE(extack, tb[KEYWAY_A_SA_DIR], -EINVAL,
			      "An SA's direction is in or out.");
	if (!tb[KEYWAY_A_SA_SPI])
		return REFUSE(extack, nest, -EINVAL, "An SA's SPI is missing.");
	config->spi = nla_get_be32(tb[KEYWAY_A_SA_SPI]);
	if (ntohl(config->spi) < SPI_MIN)
		return REFUSE(extack, tb[KEYWAY_A_SA_SPI], -EINVAL,
			      "SPIs below 256 are reserved (RFC 4303 section 2.1).");
	config->policy_id = get_u32_or(tb[KEYWAY_A_SA_POLICY_ID], 0);
	return 0;
}

/* An SA that is to be made. */
static int parse_sa(const struct nlattr *nest, struct nlattr *tb[], struct kw_sa_config *config,
		    struct netlink_ext_ack *extack)
{
	const struct nlattr *window = tb[KEYWAY_A_SA_REPLAY_WINDOW];
	const struct nlattr *flags = tb[KEYWAY_A_SA_FLAGS];
	int ret;

	ret = parse_sa_name(nest, tb, config, extack) ?:
	      parse_algorithm(nest, tb, config, extack) ?:
	      parse_path(tb, &config->local, &config->remote, &config->udp_local,
			 &config->udp_remote, extack);
	if (ret)
		return ret;
	if (flags && nla_get_u32(flags) & ~SA_FLAGS)
		return REFUSE(extack, flags, -EINVAL,
			      "There is no such SA flag, or it is read only.");
	if (window && config->dir == KEYWAY_DIR_OUT)
		return REFUSE(extack, window, -EINVAL, "Only an inbound SA has a replay window.");
	if (window && nla_get_u32(window) > KEYWAY_REPLAY_MAX)
		return REFUSE(extack, window, -ERANGE,
			      "The replay window is at most 65536 packets.");
	if (window && nla_get_u32(window) && nla_get_u32(window) < KW_REPLAY_MIN)
		return REFUSE(extack, window, -ERANGE,
			      "A replay window has at least 32 packets (RFC 4303 section 3.4.3).");
	config->flags = get_u32_or(flags, 0);
	config->replay_window = get_u32_or(window, REPLAY_DEFAULT);
	config->cookie = get_u64_or(tb[KEYWAY_A_SA_COOKIE], 0);
	parse_limits(tb, &config->limits);
	return 0;
}

static int parse_nest(const struct genl_info *info, int attr, struct nlattr *tb[], int max,
		      const struct nla_policy *policy)
{
	if (!info->attrs[attr])
		return REFUSE(info->extack, NULL, -EINVAL,
			      "The message lacks the policy or SA it is about.");
	return nla_parse_nested(tb, max, info->attrs[attr], policy, info->extack);
}

static int parse_policy_nest(const struct genl_info *info, struct nlattr *tb[])
{
	return parse_nest(info, KEYWAY_A_POLICY, tb, KEYWAY_A_POLICY_MAX, keyway_policy_policy);
}

static int parse_sa_nest(const struct genl_info *info, struct nlattr *tb[])
{
	return parse_nest(info, KEYWAY_A_SA, tb, KEYWAY_A_SA_MAX, keyway_sa_policy);
}

/* Overwrites every key in the message; whatever became of it. */
static void wipe_keys(const struct genl_info *info)
{
	struct nlattr *sa, *nla;
	int rem, rem2;

	nlmsg_for_each_attr(sa, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(sa) != KEYWAY_A_SA)
			continue;
		nla_for_each_nested(nla, sa, rem2) {
			if (nla_type(nla) == KEYWAY_A_SA_ENCR_KEY ||
			    nla_type(nla) == KEYWAY_A_SA_INTEG_KEY)
				memzero_explicit(nla_data(nla), nla_len(nla));
		}
	}
}

int kw_put_addr(struct sk_buff *msg, int attr, const struct kw_addr *addr)
{
	return addr->family ? nla_put(msg, attr, kw_addr_len(addr), addr->bytes) : 0;
}

static int put_ts(struct sk_buff *msg, int attr, const struct kw_ts *ts)
{
	struct nlattr *nest = nla_nest_start(msg, attr);

	if (!nest ||
	    kw_put_addr(msg, KEYWAY_A_TS_START, &ts->start) ||
	    kw_put_addr(msg, KEYWAY_A_TS_END, &ts->end) ||
	    nla_put_u8(msg, KEYWAY_A_TS_PROTO, ts->proto) ||
	    nla_put_u16(msg, KEYWAY_A_TS_PORT_START, ts->port_start) ||
	    nla_put_u16(msg, KEYWAY_A_TS_PORT_END, ts->port_end))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_drops(struct sk_buff *msg, int attr, const struct kw_drops *drops)
{
	struct nlattr *nest = nla_nest_start(msg, attr);

	if (!nest || kw_drops_put(msg, drops))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
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
	return put_drops(msg, KEYWAY_A_POLICY_DROPS, &p->drops);
}

static int put_policy(struct sk_buff *msg, struct kw_net *kn, const struct kw_policy *p)
{
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_POLICY);
	const struct kw_sa *out;
	unsigned int i;

	if (!nest ||
	    nla_put_u32(msg, KEYWAY_A_POLICY_ID, p->id) ||
	    nla_put_u64_64bit(msg, KEYWAY_A_POLICY_COOKIE, p->cookie, KEYWAY_A_POLICY_PAD) ||
	    nla_put_u32(msg, KEYWAY_A_POLICY_IFINDEX, p->dev->dev->ifindex) ||
	    nla_put_u32(msg, KEYWAY_A_POLICY_PRIORITY, p->priority) ||
	    nla_put_u8(msg, KEYWAY_A_POLICY_ACTION, p->action) ||
	    nla_put_u8(msg, KEYWAY_A_POLICY_MODE, KEYWAY_MODE_TUNNEL) ||
	    nla_put_u32(msg, KEYWAY_A_POLICY_FLAGS, p->flags) ||
	    kw_put_addr(msg, KEYWAY_A_POLICY_LOCAL, &p->local) ||
	    kw_put_addr(msg, KEYWAY_A_POLICY_REMOTE, &p->remote) ||
	    nla_put_u8(msg, KEYWAY_A_POLICY_DF, p->df) ||
	    nla_put_u8(msg, KEYWAY_A_POLICY_TTL, p->ttl))
		return -EMSGSIZE;
	if (p->dscp != KW_DSCP_COPY && nla_put_u8(msg, KEYWAY_A_POLICY_DSCP, p->dscp))
		return -EMSGSIZE;
	for (i = 0; i < p->n_local; i++)
		if (put_ts(msg, KEYWAY_A_POLICY_TS_LOCAL, &p->ts[i]))
			return -EMSGSIZE;
	for (i = 0; i < p->n_remote; i++)
		if (put_ts(msg, KEYWAY_A_POLICY_TS_REMOTE, &p->ts[p->n_local + i]))
			return -EMSGSIZE;
	out = rcu_dereference_protected(p->out, lockdep_is_held(&kn->lock));
	if (out && nla_put_be32(msg, KEYWAY_A_POLICY_OUT_SPI, out->spi))
		return -EMSGSIZE;
	if (put_policy_numbers(msg, p))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_u64s(struct sk_buff *msg, const struct kw_sa *sa)
{
	const struct kw_limits *l = &sa->limits;
	u64 seq, packets, bytes;

	seq = sa->dir == KEYWAY_DIR_OUT ? min_t(u64, atomic64_read(&sa->seq), sa->seq_max) :
	      sa->replay ? atomic64_read(&sa->replay->top) : 0;
	kw_sa_totals(sa, &packets, &bytes);

#define PUT(attr, value) nla_put_u64_64bit(msg, KEYWAY_A_SA_##attr, value, KEYWAY_A_SA_PAD)
	if (PUT(COOKIE, sa->cookie) ||
	    PUT(SOFT_BYTES, l->soft_bytes) || PUT(HARD_BYTES, l->hard_bytes) ||
	    PUT(SOFT_PACKETS, l->soft_packets) || PUT(HARD_PACKETS, l->hard_packets) ||
	    PUT(SOFT_SECONDS, l->soft_seconds) || PUT(HARD_SECONDS, l->hard_seconds) ||
	    PUT(IDLE_SECONDS, l->idle_seconds) ||
	    PUT(BYTES, bytes) || PUT(PACKETS, packets) || PUT(SEQ, seq) ||
	    PUT(AGE, kw_lifetime_age(sa)) || PUT(UNUSED, kw_lifetime_unused(sa)))
		return -EMSGSIZE;
#undef PUT
	return 0;
}

static u32 shown_flags(const struct kw_sa *sa)
{
	u32 flags = sa->flags;

	if (!sa->policy)
		flags |= KEYWAY_SA_F_LARVAL;
	else if (rcu_access_pointer(sa->policy->out) == sa)
		flags |= KEYWAY_SA_F_CURRENT;
	return flags;
}

static int put_keyed(struct sk_buff *msg, const struct kw_sa *sa)
{
	const struct kw_path *path = rcu_dereference_protected(sa->path,
							       lockdep_is_held(&sa->kn->lock));

	if (kw_put_addr(msg, KEYWAY_A_SA_LOCAL, &path->local) ||
	    kw_put_addr(msg, KEYWAY_A_SA_REMOTE, &path->remote) ||
	    nla_put_u16(msg, KEYWAY_A_SA_ENCR, sa->cipher.alg->encr) ||
	    nla_put_u16(msg, KEYWAY_A_SA_ENCR_BITS, sa->key_bits))
		return -EMSGSIZE;
	if (path->udp_local &&
	    (nla_put_u16(msg, KEYWAY_A_SA_UDP_LOCAL, path->udp_local) ||
	     nla_put_u16(msg, KEYWAY_A_SA_UDP_REMOTE, path->udp_remote)))
		return -EMSGSIZE;
	if (sa->replay && nla_put_u32(msg, KEYWAY_A_SA_REPLAY_WINDOW, sa->replay->window))
		return -EMSGSIZE;
	return 0;
}

/* Everything a daemon needs to adopt the SA, and no key. */
static int put_sa(struct sk_buff *msg, const struct kw_sa *sa)
{
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_SA);

	if (!nest ||
	    nla_put_be32(msg, KEYWAY_A_SA_SPI, sa->spi) ||
	    nla_put_u8(msg, KEYWAY_A_SA_PROTO, IPPROTO_ESP) ||
	    nla_put_u8(msg, KEYWAY_A_SA_DIR, sa->dir) ||
	    nla_put_u32(msg, KEYWAY_A_SA_FLAGS, shown_flags(sa)))
		return -EMSGSIZE;
	if (sa->policy &&
	    (nla_put_u32(msg, KEYWAY_A_SA_POLICY_ID, sa->policy->id) || put_keyed(msg, sa)))
		return -EMSGSIZE;
	if (put_u64s(msg, sa) || put_drops(msg, KEYWAY_A_SA_DROPS, &sa->drops))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* A reply to @info; *@header ends it. */
static struct sk_buff *new_reply(const struct genl_info *info, void **header)
{
	struct sk_buff *msg = genlmsg_new(MESSAGE_MAX, GFP_KERNEL);

	if (!msg)
		return NULL;
	*header = genlmsg_put(msg, info->snd_portid, info->snd_seq, &kw_family, 0,
			      info->genlhdr->cmd);
	if (*header)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

/* What one message installs: a policy, new or not, and SAs for it. */
struct install {
	struct kw_net *kn;
	struct netlink_ext_ack *extack;
	const struct nlattr *policy_nest;
	struct kw_policy_config *new_policy;	/* NULL: @policy exists */
	struct kw_policy *policy;		/* with a reference */
	unsigned int n;
	struct {
		const struct nlattr *nest;
		struct kw_sa_config config;
		struct kw_sa *sa;
	} item[KEYWAY_CHILD_SA_MAX];
};

/* An outer address has to come from the SA or from its policy, and both be of one family. */
static int check_addresses(const struct install *in, const struct kw_sa_config *config,
			   const struct nlattr *nest)
{
	u8 local = config->local.family ?: in->policy->local.family;
	u8 remote = config->remote.family ?: in->policy->remote.family;

	if (!local || !remote)
		return REFUSE(in->extack, nest, -EINVAL,
			      "Neither the SA nor its policy says between which addresses it runs.");
	if (local != remote)
		return REFUSE(in->extack, nest, -EINVAL,
			      "The outer addresses are of different families.");
	return 0;
}

/* Makes what the message asks for; nobody sees it yet. */
static int make(struct install *in)
{
	unsigned int i;
	int ret;

	if (in->new_policy) {
		in->policy = kw_policy_new(in->new_policy);
		if (IS_ERR(in->policy)) {
			ret = PTR_ERR(in->policy);
			in->policy = NULL;
			return ret;
		}
	}
	if (in->n && in->policy->action != KEYWAY_ACTION_PROTECT)
		return REFUSE(in->extack, in->item[0].nest, -EINVAL,
			      "Only a policy whose action is protect has SAs.");
	for (i = 0; i < in->n; i++) {
		struct kw_sa *sa;

		ret = check_addresses(in, &in->item[i].config, in->item[i].nest);
		if (ret)
			return ret;
		sa = kw_sa_new(in->kn, in->policy, &in->item[i].config);
		if (sa == ERR_PTR(-ENOENT))
			return REFUSE(in->extack, in->item[i].nest, -ENOENT,
				      "The kernel lacks the encryption algorithm.");
		if (IS_ERR(sa))
			return PTR_ERR(sa);
		in->item[i].sa = sa;
	}
	return 0;
}

static bool same_name(const struct kw_sa *a, const struct kw_sa *b)
{
	return a->dir == b->dir && a->spi == b->spi;
}

/* Whether all SAs of the message can go in beside what is there. */
static int check_names(const struct install *in)
{
	const struct kw_sa *sa, *there;
	unsigned int i, j;

	for (i = 0; i < in->n; i++) {
		sa = in->item[i].sa;
		for (j = 0; j < i; j++)
			if (same_name(sa, in->item[j].sa))
				return REFUSE(in->extack, in->item[i].nest, -EEXIST,
					      "The message names this SA twice.");
		there = kw_sa_find(in->kn, sa->dir, sa->spi, in->policy->id);
		if (there && there->policy)
			return REFUSE(in->extack, in->item[i].nest, -EEXIST,
				      "An SA of this direction and SPI exists.");
	}
	return 0;
}

/* Numbers for everything, so that nothing can fail after the first insert. */
static int reserve(struct install *in)
{
	unsigned int i;
	int ret;

	if (in->new_policy) {
		ret = kw_policy_reserve(in->kn, in->policy);
		if (ret)
			return ret;
	}
	for (i = 0; i < in->n; i++) {
		ret = kw_sadb_reserve(in->kn, in->item[i].sa);
		if (ret)
			goto out_unreserve;
	}
	return 0;

out_unreserve:
	while (i--)
		kw_sadb_unreserve(in->kn, in->item[i].sa);
	if (in->new_policy)
		kw_policy_unreserve(in->kn, in->policy);
	return ret;
}

/* Entirely or not at all.  Inbound first: the peer may answer as soon as we send. */
static int commit(struct install *in)
{
	struct kw_dev *kwdev = NULL;
	unsigned int i;
	u8 dir;
	int ret;

	lockdep_assert_held(&in->kn->lock);
	if (in->new_policy) {
		kwdev = kw_dev_find(in->kn, in->new_policy->ifindex);
		if (!kwdev)
			return REFUSE(in->extack, in->policy_nest, -ENODEV,
				      "No keyway device of this namespace has that index.");
	} else if (kw_policy_find(in->kn, in->policy->id) != in->policy) {
		return REFUSE(in->extack, in->policy_nest, -ENOENT,
			      "The policy was deleted meanwhile.");
	}
	ret = check_names(in) ?: reserve(in);
	if (ret)
		return ret;
	if (kwdev) {
		kw_policy_get(in->policy);	/* the tables'; ours is put by release() */
		kw_policy_insert(in->kn, in->policy, kwdev);
	}
	for (dir = KEYWAY_DIR_IN; dir <= KEYWAY_DIR_OUT; dir++) {
		for (i = 0; i < in->n; i++) {
			if (!in->item[i].sa || in->item[i].sa->dir != dir)
				continue;
			kw_sa_insert(in->item[i].sa);
			in->item[i].sa = NULL;
		}
	}
	return 0;
}

static void release(struct install *in)
{
	unsigned int i;

	for (i = 0; i < in->n; i++)
		if (in->item[i].sa)
			kw_sa_put(in->item[i].sa);
	if (in->policy)
		kw_policy_put(in->policy);
	kfree(in->new_policy);
	kfree(in);
}

/* With a reference, for an id in @nest.  NULL: none, and @extack says so. */
static struct kw_policy *get_policy(struct kw_net *kn, u32 id, const struct nlattr *nest,
				    struct netlink_ext_ack *extack)
{
	struct kw_policy *p;

	mutex_lock(&kn->lock);
	p = kw_policy_find(kn, id);
	if (p)
		kw_policy_get(p);
	mutex_unlock(&kn->lock);
	if (!p)
		NL_SET_ERR_MSG_ATTR(extack, nest, "There is no policy of this id.");
	return p;
}

/* The policy a child is for: an id alone, or everything for a new one. */
static int gather_policy(struct install *in, struct nlattr *tb[])
{
	unsigned int i;

	if (!tb[KEYWAY_A_POLICY_ID]) {
		in->new_policy = kzalloc(sizeof(*in->new_policy), GFP_KERNEL);
		if (!in->new_policy)
			return -ENOMEM;
		return parse_policy(in->policy_nest, tb, in->new_policy, in->extack);
	}
	for (i = 0; i <= KEYWAY_A_POLICY_MAX; i++)
		if (i != KEYWAY_A_POLICY_ID && tb[i])
			return REFUSE(in->extack, tb[i], -EINVAL,
				      "An existing policy is named by its id alone.");
	in->policy = get_policy(in->kn, nla_get_u32(tb[KEYWAY_A_POLICY_ID]),
				tb[KEYWAY_A_POLICY_ID], in->extack);
	return in->policy ? 0 : -ENOENT;
}

static int gather_sa(struct install *in, const struct nlattr *nest)
{
	struct nlattr *tb[KEYWAY_A_SA_MAX + 1];
	struct kw_sa_config *config;
	int ret;

	if (in->n == KEYWAY_CHILD_SA_MAX)
		return REFUSE(in->extack, nest, -E2BIG, "One message installs at most 8 SAs.");
	ret = nla_parse_nested(tb, KEYWAY_A_SA_MAX, nest, keyway_sa_policy, in->extack);
	if (ret)
		return ret;
	config = &in->item[in->n].config;
	ret = parse_sa(nest, tb, config, in->extack);
	if (ret)
		return ret;
	in->item[in->n++].nest = nest;
	return 0;
}

static struct install *new_install(struct genl_info *info)
{
	struct install *in = kzalloc(sizeof(*in), GFP_KERNEL);

	if (in) {
		in->kn = kw_net(genl_info_net(info));
		in->extack = info->extack;
		in->policy_nest = info->attrs[KEYWAY_A_POLICY];
	}
	return in;
}

static int make_and_commit(struct install *in)
{
	int ret;

	ret = make(in);
	if (ret)
		return ret;
	mutex_lock(&in->kn->lock);
	ret = commit(in);
	mutex_unlock(&in->kn->lock);
	return ret;
}

/* Installs, and answers with the policy's id.  The answer is made first: it must not fail after. */
static int install_and_reply(struct install *in, struct genl_info *info)
{
	struct nlattr *nest, *id;
	struct sk_buff *msg;
	void *header;
	int ret;

	msg = new_reply(info, &header);
	if (!msg)
		return -ENOMEM;
	nest = nla_nest_start(msg, KEYWAY_A_POLICY);
	id = nla_reserve(msg, KEYWAY_A_POLICY_ID, sizeof(u32));
	ret = make_and_commit(in);
	if (ret) {
		nlmsg_free(msg);
		return ret;
	}
	*(u32 *)nla_data(id) = in->policy->id;
	nla_nest_end(msg, nest);
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

static int policy_new(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KEYWAY_A_POLICY_MAX + 1];
	struct install *in;
	int ret;

	ret = parse_policy_nest(info, tb);
	if (ret)
		return ret;
	if (tb[KEYWAY_A_POLICY_ID])
		return REFUSE(info->extack, tb[KEYWAY_A_POLICY_ID], -EINVAL,
			      "The kernel chooses the id of a new policy.");
	in = new_install(info);
	if (!in)
		return -ENOMEM;
	ret = gather_policy(in, tb) ?: install_and_reply(in, info);
	release(in);
	return ret;
}

static int gather_sas(struct install *in, const struct genl_info *info)
{
	const struct nlattr *nla;
	int rem, ret;

	nlmsg_for_each_attr(nla, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(nla) != KEYWAY_A_SA)
			continue;
		ret = gather_sa(in, nla);
		if (ret)
			return ret;
	}
	return 0;
}

static int child_new(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KEYWAY_A_POLICY_MAX + 1];
	struct install *in;
	int ret;

	in = new_install(info);
	if (!in) {
		wipe_keys(info);
		return -ENOMEM;
	}
	ret = parse_policy_nest(info, tb) ?: gather_policy(in, tb) ?: gather_sas(in, info) ?:
	      install_and_reply(in, info);
	release(in);
	wipe_keys(info);
	return ret;
}

/* The one SA of the message, for the policy it names. */
static int gather_single(struct install *in, const struct genl_info *info)
{
	const struct nlattr *nest = info->attrs[KEYWAY_A_SA];
	int ret;

	if (!nest)
		return REFUSE(info->extack, NULL, -EINVAL, "The message lacks the SA.");
	ret = gather_sa(in, nest);
	if (ret)
		return ret;
	if (!in->item[0].config.policy_id)
		return REFUSE(info->extack, nest, -EINVAL, "An SA needs its policy's id.");
	in->policy_nest = nest;
	in->policy = get_policy(in->kn, in->item[0].config.policy_id, nest, info->extack);
	return in->policy ? 0 : -ENOENT;
}

static int sa_new(struct sk_buff *skb, struct genl_info *info)
{
	struct install *in = new_install(info);
	int ret = -ENOMEM;

	if (in) {
		ret = gather_single(in, info) ?: make_and_commit(in);
		release(in);
	}
	wipe_keys(info);
	return ret;
}

/* Under the lock: the SA the message names.  NULL, with *@ret and @extack set. */
static struct kw_sa *find_named_sa(struct kw_net *kn, const struct genl_info *info,
				   struct nlattr *tb[], int *ret)
{
	const struct nlattr *nest = info->attrs[KEYWAY_A_SA];
	struct kw_sa_config name = {};
	struct kw_sa *sa;

	*ret = parse_sa_name(nest, tb, &name, info->extack);
	if (*ret)
		return NULL;
	if (name.dir == KEYWAY_DIR_OUT && !name.policy_id) {
		*ret = REFUSE(info->extack, nest, -EINVAL,
			      "An outbound SA is named by its policy's id and its SPI.");
		return NULL;
	}
	sa = kw_sa_find(kn, name.dir, name.spi, name.policy_id);
	if (!sa)
		*ret = REFUSE(info->extack, nest, -ENOENT, "There is no such SA.");
	return sa;
}

/* What sa-update may not touch. */
static int check_update(struct nlattr *tb[], struct netlink_ext_ack *extack)
{
	static const u8 fixed[] = {
		KEYWAY_A_SA_FLAGS, KEYWAY_A_SA_ENCR, KEYWAY_A_SA_ENCR_BITS, KEYWAY_A_SA_ENCR_KEY,
		KEYWAY_A_SA_INTEG, KEYWAY_A_SA_INTEG_KEY, KEYWAY_A_SA_REPLAY_WINDOW,
		KEYWAY_A_SA_TIMEOUT,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fixed); i++)
		if (tb[fixed[i]])
			return REFUSE(extack, tb[fixed[i]], -EINVAL,
				      "This cannot change once the SA exists.");
	return 0;
}

static int update_path(struct kw_sa *sa, struct nlattr *tb[], struct netlink_ext_ack *extack)
{
	const struct kw_path *old = rcu_dereference_protected(sa->path,
							      lockdep_is_held(&sa->kn->lock));
	struct kw_addr local = old->local, remote = old->remote;
	u16 udp_local = old->udp_local, udp_remote = old->udp_remote;
	struct kw_path *path;
	int ret;

	ret = parse_path(tb, &local, &remote, &udp_local, &udp_remote, extack);
	if (ret)
		return ret;
	if (local.family != remote.family)
		return REFUSE(extack, tb[KEYWAY_A_SA_REMOTE] ?: tb[KEYWAY_A_SA_LOCAL], -EINVAL,
			      "The outer addresses are of different families.");
	path = kw_path_new(&local, &remote, udp_local, udp_remote);
	if (!path)
		return -ENOMEM;
	kw_sa_set_path(sa, path);
	return 0;
}

static int update_sa(struct kw_sa *sa, struct nlattr *tb[], struct netlink_ext_ack *extack)
{
	struct kw_limits limits = sa->limits;
	int ret;

	if (!sa->policy)
		return REFUSE(extack, tb[KEYWAY_A_SA_SPI], -EBUSY, "The SA has no keys yet.");
	if (tb[KEYWAY_A_SA_LOCAL] || tb[KEYWAY_A_SA_REMOTE] || tb[KEYWAY_A_SA_UDP_LOCAL] ||
	    tb[KEYWAY_A_SA_UDP_REMOTE]) {
		ret = update_path(sa, tb, extack);
		if (ret)
			return ret;
	}
	if (tb[KEYWAY_A_SA_COOKIE])
		sa->cookie = nla_get_u64(tb[KEYWAY_A_SA_COOKIE]);
	parse_limits(tb, &limits);
	if (memcmp(&limits, &sa->limits, sizeof(limits)))
		kw_lifetime_start(sa, &limits);
	return 0;
}

static int sa_update(struct sk_buff *skb, struct genl_info *info)
{
	struct kw_net *kn = kw_net(genl_info_net(info));
	struct nlattr *tb[KEYWAY_A_SA_MAX + 1];
	struct kw_sa *sa;
	int ret;

	ret = parse_sa_nest(info, tb) ?: check_update(tb, info->extack);
	if (!ret) {
		mutex_lock(&kn->lock);
		sa = find_named_sa(kn, info, tb, &ret);
		if (sa)
			ret = update_sa(sa, tb, info->extack);
		mutex_unlock(&kn->lock);
	}
	wipe_keys(info);
	return ret;
}

static int sa_del(struct sk_buff *skb, struct genl_info *info)
{
	struct kw_net *kn = kw_net(genl_info_net(info));
	struct nlattr *tb[KEYWAY_A_SA_MAX + 1];
	struct kw_sa *sa;
	int ret;

	ret = parse_sa_nest(info, tb);
	if (ret)
		return ret;
	mutex_lock(&kn->lock);
	sa = find_named_sa(kn, info, tb, &ret);
	if (sa)
		kw_sa_remove(sa);
	mutex_unlock(&kn->lock);
	return ret;
}

static int sa_get(struct sk_buff *skb, struct genl_info *info)
{
	struct kw_net *kn = kw_net(genl_info_net(info));
	struct nlattr *tb[KEYWAY_A_SA_MAX + 1];
	struct sk_buff *msg;
	struct kw_sa *sa;
	void *header;
	int ret;

	ret = parse_sa_nest(info, tb);
	if (ret)
		return ret;
	msg = new_reply(info, &header);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&kn->lock);
	sa = find_named_sa(kn, info, tb, &ret);
	if (sa)
		ret = put_sa(msg, sa);
	mutex_unlock(&kn->lock);
	if (ret) {
		nlmsg_free(msg);
		return ret;
	}
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

/* The number in attribute @wanted of the nest @outer of a request, if it is there; else 0. */
static int optional_u32(struct nlattr *attrs[], int outer, int wanted, int max,
			const struct nla_policy *policy, u32 *value,
			struct netlink_ext_ack *extack)
{
	struct nlattr *tb[KEYWAY_A_SA_MAX + KEYWAY_A_POLICY_MAX + 1];
	int ret;

	*value = 0;
	if (!attrs || !attrs[outer])
		return 0;
	ret = nla_parse_nested(tb, max, attrs[outer], policy, extack);
	if (!ret && tb[wanted])
		*value = nla_get_u32(tb[wanted]);
	return ret;
}

static int optional_policy_id(struct nlattr *attrs[], u32 *id, struct netlink_ext_ack *extack)
{
	return optional_u32(attrs, KEYWAY_A_SA, KEYWAY_A_SA_POLICY_ID, KEYWAY_A_SA_MAX,
			    keyway_sa_policy, id, extack);
}

static int optional_ifindex(struct nlattr *attrs[], u32 *ifindex, struct netlink_ext_ack *extack)
{
	return optional_u32(attrs, KEYWAY_A_POLICY, KEYWAY_A_POLICY_IFINDEX, KEYWAY_A_POLICY_MAX,
			    keyway_policy_policy, ifindex, extack);
}

static int sa_flush(struct sk_buff *skb, struct genl_info *info)
{
	struct kw_net *kn = kw_net(genl_info_net(info));
	struct kw_policy *p = NULL;
	u32 id;
	int ret;

	ret = optional_policy_id(info->attrs, &id, info->extack);
	if (ret)
		return ret;
	mutex_lock(&kn->lock);
	if (id)
		p = kw_policy_find(kn, id);
	if (id && !p)
		ret = REFUSE(info->extack, info->attrs[KEYWAY_A_SA], -ENOENT,
			     "There is no policy of this id.");
	else
		kw_sa_flush(kn, p);
	mutex_unlock(&kn->lock);
	return ret;
}

/* What the callbacks of one dump share, in cb->args. */
struct dump {
	unsigned long next;	/* the number to go on with */
	unsigned long filter;
};

static struct dump *dump_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct dump) > sizeof(cb->args));
	return (struct dump *)cb->args;
}

static int sa_dump_start(struct netlink_callback *cb)
{
	u32 id;
	int ret = optional_policy_id(kw_compat_dump_attrs(cb), &id, cb->extack);

	dump_of(cb)->filter = id;
	return ret;
}

static int policy_dump_start(struct netlink_callback *cb)
{
	u32 ifindex;
	int ret = optional_ifindex(kw_compat_dump_attrs(cb), &ifindex, cb->extack);

	dump_of(cb)->filter = ifindex;
	cb->min_dump_alloc = MESSAGE_MAX;
	return ret;
}

static void *dump_header(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &kw_family,
			   NLM_F_MULTI, cmd);
}

static int sa_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct kw_net *kn = kw_net(sock_net(skb->sk));
	struct dump *dump = dump_of(cb);
	int id = dump->next;
	struct kw_sa *sa;
	void *header;

	mutex_lock(&kn->lock);
	idr_for_each_entry_continue(&kn->sadb.all, sa, id) {
		if (dump->filter && (!sa->policy || sa->policy->id != dump->filter))
			continue;
		header = dump_header(skb, cb, KEYWAY_CMD_SA_GET);
		if (!header)
			break;
		if (put_sa(skb, sa)) {
			genlmsg_cancel(skb, header);
			break;
		}
		genlmsg_end(skb, header);
	}
	mutex_unlock(&kn->lock);
	dump->next = id;
	return skb->len;
}

static int policy_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct kw_net *kn = kw_net(sock_net(skb->sk));
	struct dump *dump = dump_of(cb);
	int id = dump->next;
	struct kw_policy *p;
	void *header;

	mutex_lock(&kn->lock);
	idr_for_each_entry_continue(&kn->policies, p, id) {
		if (dump->filter && p->dev->dev->ifindex != dump->filter)
			continue;
		header = dump_header(skb, cb, KEYWAY_CMD_POLICY_GET);
		if (!header)
			break;
		if (put_policy(skb, kn, p)) {
			genlmsg_cancel(skb, header);
			break;
		}
		genlmsg_end(skb, header);
	}
	mutex_unlock(&kn->lock);
	dump->next = id;
	return skb->len;
}

/* Under the lock: the policy the message names.  NULL, with *@ret and @extack set. */
static struct kw_policy *find_named_policy(struct kw_net *kn, const struct genl_info *info,
					   struct nlattr *tb[], int *ret)
{
	const struct nlattr *id = tb[KEYWAY_A_POLICY_ID];
	struct kw_policy *p;

	if (!id) {
		*ret = REFUSE(info->extack, info->attrs[KEYWAY_A_POLICY], -EINVAL,
			      "A policy is named by its id.");
		return NULL;
	}
	p = kw_policy_find(kn, nla_get_u32(id));
	if (!p)
		*ret = REFUSE(info->extack, id, -ENOENT, "There is no policy of this id.");
	return p;
}

static int policy_del(struct sk_buff *skb, struct genl_info *info)
{
	struct kw_net *kn = kw_net(genl_info_net(info));
	struct nlattr *tb[KEYWAY_A_POLICY_MAX + 1];
	struct kw_policy *p;
	int ret;

	ret = parse_policy_nest(info, tb);
	if (ret)
		return ret;
	mutex_lock(&kn->lock);
	p = find_named_policy(kn, info, tb, &ret);
	if (p)
		kw_policy_remove(kn, p);
	mutex_unlock(&kn->lock);
	return ret;
}

static int policy_get(struct sk_buff *skb, struct genl_info *info)
{
	struct kw_net *kn = kw_net(genl_info_net(info));
	struct nlattr *tb[KEYWAY_A_POLICY_MAX + 1];
	struct kw_policy *p;
	struct sk_buff *msg;
	void *header;
	int ret;

	ret = parse_policy_nest(info, tb);
	if (ret)
		return ret;
	msg = new_reply(info, &header);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&kn->lock);
	p = find_named_policy(kn, info, tb, &ret);
	if (p)
		ret = put_policy(msg, kn, p);
	mutex_unlock(&kn->lock);
	if (ret) {
		nlmsg_free(msg);
		return ret;
	}
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

static int policy_flush(struct sk_buff *skb, struct genl_info *info)
{
	struct kw_net *kn = kw_net(genl_info_net(info));
	struct kw_policy *p;
	u32 ifindex;
	int id, ret;

	ret = optional_ifindex(info->attrs, &ifindex, info->extack);
	if (ret)
		return ret;
	mutex_lock(&kn->lock);
	idr_for_each_entry(&kn->policies, p, id)
		if (!ifindex || p->dev->dev->ifindex == ifindex)
			kw_policy_remove(kn, p);
	if (!ifindex)
		kw_sa_flush(kn, NULL);	/* what is left has no policy yet */
	mutex_unlock(&kn->lock);
	return 0;
}

/* Under the lock: a larval SA of a new SPI. */
static int install_larval(struct kw_net *kn, unsigned int seconds, __be32 *spi)
{
	struct kw_sa *sa;
	int ret;

	*spi = kw_sadb_choose_spi(kn);
	if (!*spi)
		return -ENOSPC;
	sa = kw_sa_new_larval(kn, *spi);
	if (IS_ERR(sa))
		return PTR_ERR(sa);
	ret = kw_sadb_reserve(kn, sa);
	if (ret) {
		kw_sa_put(sa);
		return ret;
	}
	kw_sa_insert(sa);
	kw_lifetime_start_larval(sa, seconds);
	return 0;
}

static int spi_alloc(struct sk_buff *skb, struct genl_info *info)
{
	struct kw_net *kn = kw_net(genl_info_net(info));
	struct nlattr *tb[KEYWAY_A_SA_MAX + 1] = {};
	unsigned int seconds = LARVAL_SECONDS;
	struct nlattr *nest, *attr;
	struct sk_buff *msg;
	void *header;
	__be32 spi;
	int ret;

	ret = info->attrs[KEYWAY_A_SA] ? parse_sa_nest(info, tb) : 0;
	if (ret)
		return ret;
	if (tb[KEYWAY_A_SA_PROTO] && nla_get_u8(tb[KEYWAY_A_SA_PROTO]) != IPPROTO_ESP)
		return REFUSE(info->extack, tb[KEYWAY_A_SA_PROTO], -EPROTONOSUPPORT,
			      "Only ESP, protocol 50, is supported.");
	if (tb[KEYWAY_A_SA_TIMEOUT])
		seconds = nla_get_u32(tb[KEYWAY_A_SA_TIMEOUT]);
	if (!seconds || seconds > LARVAL_SECONDS_MAX)
		return REFUSE(info->extack, tb[KEYWAY_A_SA_TIMEOUT], -ERANGE,
			      "An SPI is kept for 1 to 3600 seconds.");
	msg = new_reply(info, &header);
	if (!msg)
		return -ENOMEM;
	nest = nla_nest_start(msg, KEYWAY_A_SA);
	attr = nla_reserve(msg, KEYWAY_A_SA_SPI, sizeof(spi));
	mutex_lock(&kn->lock);
	ret = install_larval(kn, seconds, &spi);
	mutex_unlock(&kn->lock);
	if (ret) {
		nlmsg_free(msg);
		return ret == -ENOSPC ?
		       REFUSE(info->extack, NULL, ret, "Every slot for an inbound SPI is taken.") :
		       ret;
	}
	memcpy(nla_data(attr), &spi, sizeof(spi));
	nla_nest_end(msg, nest);
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

static int socket_set(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *fd = info->attrs[KEYWAY_A_SOCKET_FD];

	if (!fd)
		return REFUSE(info->extack, NULL, -EINVAL,
			      "The message lacks the socket's file descriptor.");
	return kw_udp_adopt(kw_net(genl_info_net(info)), nla_get_s32(fd), fd, info->extack);
}

static int stats_get(struct sk_buff *skb, struct genl_info *info)
{
	struct kw_net *kn = kw_net(genl_info_net(info));
	struct nlattr *nest;
	struct sk_buff *msg;
	void *header;

	msg = new_reply(info, &header);
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
	{ .cmd = KEYWAY_CMD_SPI_ALLOC, .doit = spi_alloc, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_SA_NEW, .doit = sa_new, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_SA_UPDATE, .doit = sa_update, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_SA_DEL, .doit = sa_del, .flags = GENL_ADMIN_PERM },
	{
		.cmd = KEYWAY_CMD_SA_GET,
		.doit = sa_get,
		.start = sa_dump_start,
		.dumpit = sa_dump,
		.flags = GENL_ADMIN_PERM,
	},
	{ .cmd = KEYWAY_CMD_SA_FLUSH, .doit = sa_flush, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_POLICY_NEW, .doit = policy_new, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_POLICY_DEL, .doit = policy_del, .flags = GENL_ADMIN_PERM },
	{
		.cmd = KEYWAY_CMD_POLICY_GET,
		.doit = policy_get,
		.start = policy_dump_start,
		.dumpit = policy_dump,
		.flags = GENL_ADMIN_PERM,
	},
	{ .cmd = KEYWAY_CMD_POLICY_FLUSH, .doit = policy_flush, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_CHILD_NEW, .doit = child_new, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_SOCKET_SET, .doit = socket_set, .flags = GENL_ADMIN_PERM },
	{ .cmd = KEYWAY_CMD_STATS_GET, .doit = stats_get, .flags = GENL_ADMIN_PERM },
};

static const struct genl_multicast_group groups[] = {
	{ .name = KEYWAY_MCGRP_EVENTS },
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
