// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink requests about SAs that exist, and about SPIs.
 *
 * RFCs: 4301 section 4.4.2
 */
#include "netlink_sa.h"

#include <linux/idr.h>

#include "algs.h"
#include "mib.h"
#include "net.h"
#include "netlink.h"
#include "netlink_keys.h"
#include "outer.h"
#include "policy.h"
#include "replay.h"
#include "sa.h"
#include "send.h"
#include "tcp.h"

#define SPI_MIN			256u
#define LARVAL_SECONDS		60u
#define LARVAL_SECONDS_MAX	3600u
#define REPLAY_DEFAULT		1024u

#define NO_AH_IN_UDP	"AH does not run in UDP: it covers the addresses that a NAT changes."
#define NOT_BOTH	"ESP goes in UDP or in TCP, not in both."
#define NO_AH_IN_TCP	"There is no AH in TCP (RFC 9329)."

#define SA_FLAGS	(KEYWAY_SA_F_ESN | KEYWAY_SA_F_VERIFY_CSUM)

static const struct nla_policy keyway_sa_policy[KEYWAY_A_SA_MAX + 1] = {
	[KEYWAY_A_SA_SPI]		= { .type = NLA_U32 },
	[KEYWAY_A_SA_PROTO]		= { .type = NLA_U8 },
	[KEYWAY_A_SA_DIR]		= { .type = NLA_U8 },
	[KEYWAY_A_SA_POLICY_ID]		= { .type = NLA_U32 },
	[KEYWAY_A_SA_MODE]		= { .type = NLA_U8 },
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
	[KEYWAY_A_SA_TFC]		= { .type = NLA_U16 },
	[KEYWAY_A_SA_SOFT_BYTES]	= { .type = NLA_U64 },
	[KEYWAY_A_SA_HARD_BYTES]	= { .type = NLA_U64 },
	[KEYWAY_A_SA_SOFT_PACKETS]	= { .type = NLA_U64 },
	[KEYWAY_A_SA_HARD_PACKETS]	= { .type = NLA_U64 },
	[KEYWAY_A_SA_SOFT_SECONDS]	= { .type = NLA_U64 },
	[KEYWAY_A_SA_HARD_SECONDS]	= { .type = NLA_U64 },
	[KEYWAY_A_SA_IDLE_SECONDS]	= { .type = NLA_U64 },
	[KEYWAY_A_SA_TIMEOUT]		= { .type = NLA_U32 },
	[KEYWAY_A_SA_DSCPS]		= { .type = NLA_U64 },
	[KEYWAY_A_SA_AH_SPI]		= { .type = NLA_U32 },
	[KEYWAY_A_SA_STREAM]		= { .type = NLA_U32 },
	[KEYWAY_A_SA_PAD]		= { .type = NLA_REJECT },
};

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

/* Outer addresses and ports, in themselves. */
static int parse_path(struct nlattr *tb[], struct kw_addr *local, struct kw_addr *remote,
		      u16 *udp_local, u16 *udp_remote, struct netlink_ext_ack *extack)
{
	const struct nlattr *here = tb[KEYWAY_A_SA_UDP_LOCAL], *there = tb[KEYWAY_A_SA_UDP_REMOTE];
	int ret;

	ret = kw_nl_optional_addr(tb[KEYWAY_A_SA_LOCAL], local, extack) ?:
	      kw_nl_optional_addr(tb[KEYWAY_A_SA_REMOTE], remote, extack);
	if (ret)
		return ret;
	if (here)
		*udp_local = nla_get_u16(here);
	if (there)
		*udp_remote = nla_get_u16(there);
	if (!*udp_local != !*udp_remote)
		return KW_REFUSE(extack, here ?: there, -EINVAL,
				 "ESP in UDP needs both ports, other than 0; plain ESP neither.");
	return 0;
}

/* ESP where nothing is said. */
static int parse_proto(struct nlattr *tb[], u8 *proto, struct netlink_ext_ack *extack)
{
	*proto = kw_nl_u8_or(tb[KEYWAY_A_SA_PROTO], IPPROTO_ESP);
	if (*proto != IPPROTO_ESP && *proto != IPPROTO_AH)
		return KW_REFUSE(extack, tb[KEYWAY_A_SA_PROTO], -EPROTONOSUPPORT,
				 "An SA's protocol is 50, ESP, or 51, AH.");
	return 0;
}

/* The name of an SA, or of one to be: direction, protocol, SPI, policy. */
static int parse_sa_name(const struct nlattr *nest, struct nlattr *tb[],
			 struct kw_sa_config *config, struct netlink_ext_ack *extack)
{
	int ret;

	ret = parse_proto(tb, &config->proto, extack);
	if (ret)
		return ret;
	if (!tb[KEYWAY_A_SA_DIR])
		return KW_REFUSE(extack, nest, -EINVAL, "An SA's direction is missing.");
	config->dir = nla_get_u8(tb[KEYWAY_A_SA_DIR]);
	if (config->dir > KEYWAY_DIR_OUT)
		return KW_REFUSE(extack, tb[KEYWAY_A_SA_DIR], -EINVAL,
				 "An SA's direction is in or out.");
	if (!tb[KEYWAY_A_SA_SPI])
		return KW_REFUSE(extack, nest, -EINVAL, "An SA's SPI is missing.");
	config->spi = nla_get_be32(tb[KEYWAY_A_SA_SPI]);
	if (ntohl(config->spi) < SPI_MIN)
		return KW_REFUSE(extack, tb[KEYWAY_A_SA_SPI], -EINVAL,
				 "SPIs below 256 are reserved (RFC 4303 section 2.1).");
	config->policy_id = kw_nl_u32_or(tb[KEYWAY_A_SA_POLICY_ID], 0);
	return 0;
}

/* What AH, alone or around ESP, cannot have. */
static int check_ah(struct nlattr *tb[], struct kw_sa_config *config,
		    struct netlink_ext_ack *extack)
{
	const struct nlattr *ah_spi = tb[KEYWAY_A_SA_AH_SPI], *udp = tb[KEYWAY_A_SA_UDP_LOCAL];
	const struct nlattr *stream = tb[KEYWAY_A_SA_STREAM];

	if (config->udp_local && (config->proto == IPPROTO_AH || ah_spi))
		return KW_REFUSE(extack, udp, -EINVAL, NO_AH_IN_UDP);
	config->stream = kw_nl_u32_or(stream, 0);
	if (config->stream && config->udp_local)
		return KW_REFUSE(extack, stream, -EINVAL, NOT_BOTH);
	if (config->stream && (config->proto == IPPROTO_AH || ah_spi))
		return KW_REFUSE(extack, stream, -EINVAL, NO_AH_IN_TCP);
	if (!ah_spi)
		return 0;
	if (config->proto != IPPROTO_ESP)
		return KW_REFUSE(extack, ah_spi, -EINVAL, "Only ESP is wrapped in AH.");
	config->ah_spi = nla_get_be32(ah_spi);
	return 0;
}

int kw_nl_parse_sa(const struct nlattr *nest, struct kw_sa_config *config,
		   struct netlink_ext_ack *extack)
{
	struct nlattr *tb[KEYWAY_A_SA_MAX + 1];
	const struct nlattr *window, *flags, *mode;
	int ret;

	ret = nla_parse_nested(tb, KEYWAY_A_SA_MAX, nest, keyway_sa_policy, extack);
	if (ret)
		return ret;
	window = tb[KEYWAY_A_SA_REPLAY_WINDOW];
	flags = tb[KEYWAY_A_SA_FLAGS];
	mode = tb[KEYWAY_A_SA_MODE];
	ret = parse_sa_name(nest, tb, config, extack) ?:
	      kw_nl_parse_keys(nest, tb, config->proto, &config->keys, extack) ?:
	      parse_path(tb, &config->local, &config->remote, &config->udp_local,
			 &config->udp_remote, extack);
	if (ret)
		return ret;
	ret = check_ah(tb, config, extack);
	if (ret)
		return ret;
	if (flags && nla_get_u32(flags) & ~SA_FLAGS)
		return KW_REFUSE(extack, flags, -EINVAL,
				 "There is no such SA flag, or it is read only.");
	if (window && config->dir == KEYWAY_DIR_OUT)
		return KW_REFUSE(extack, window, -EINVAL,
				 "Only an inbound SA has a replay window.");
	if (window && nla_get_u32(window) > KEYWAY_REPLAY_MAX)
		return KW_REFUSE(extack, window, -ERANGE,
				 "The replay window is at most 65536 packets.");
	if (window && nla_get_u32(window) && nla_get_u32(window) < KW_REPLAY_MIN)
		return KW_REFUSE(extack, window, -ERANGE,
				 "A replay window has at least 32 packets (RFC 4303 section 3.4.3).");
	if (mode && nla_get_u8(mode) > KEYWAY_MODE_BEET)
		return KW_REFUSE(extack, mode, -EINVAL, "The mode is tunnel, transport or BEET.");
	config->mode = mode ? nla_get_u8(mode) : KW_MODE_POLICY;
	if (tb[KEYWAY_A_SA_DSCPS] && config->dir == KEYWAY_DIR_IN)
		return KW_REFUSE(extack, tb[KEYWAY_A_SA_DSCPS], -EINVAL,
				 "Only an outbound SA can be for some DSCPs.");
	if (tb[KEYWAY_A_SA_TFC] && (config->dir == KEYWAY_DIR_IN || config->proto != IPPROTO_ESP))
		return KW_REFUSE(extack, tb[KEYWAY_A_SA_TFC], -EINVAL,
				 "Only an outbound ESP SA pads its packets.");
	config->tfc = kw_nl_u16_or(tb[KEYWAY_A_SA_TFC], 0);
	config->flags = kw_nl_u32_or(flags, 0);
	config->replay_window = kw_nl_u32_or(window, REPLAY_DEFAULT);
	config->cookie = kw_nl_u64_or(tb[KEYWAY_A_SA_COOKIE], 0);
	config->dscps = kw_nl_u64_or(tb[KEYWAY_A_SA_DSCPS], 0);
	parse_limits(tb, &config->limits);
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
	else if (kw_policy_sends_with(sa->policy, sa))
		flags |= KEYWAY_SA_F_CURRENT;
	return flags;
}

static int put_keyed(struct sk_buff *msg, const struct kw_sa *sa)
{
	const struct kw_path *path = rcu_dereference_protected(sa->path,
							       lockdep_is_held(&sa->kn->lock));

	if (kw_put_addr(msg, KEYWAY_A_SA_LOCAL, &path->local) ||
	    kw_put_addr(msg, KEYWAY_A_SA_REMOTE, &path->remote) ||
	    nla_put_u8(msg, KEYWAY_A_SA_MODE, sa->mode))
		return -EMSGSIZE;
	if (sa->cipher.encr &&
	    (nla_put_u16(msg, KEYWAY_A_SA_ENCR, sa->cipher.encr->id) ||
	     nla_put_u16(msg, KEYWAY_A_SA_ENCR_BITS, sa->key_bits)))
		return -EMSGSIZE;
	if (sa->cipher.integ && nla_put_u16(msg, KEYWAY_A_SA_INTEG, sa->cipher.integ->id))
		return -EMSGSIZE;
	if (path->udp_local &&
	    (nla_put_u16(msg, KEYWAY_A_SA_UDP_LOCAL, path->udp_local) ||
	     nla_put_u16(msg, KEYWAY_A_SA_UDP_REMOTE, path->udp_remote)))
		return -EMSGSIZE;
	if (path->stream && nla_put_u32(msg, KEYWAY_A_SA_STREAM, kw_stream_id(path->stream)))
		return -EMSGSIZE;
	if (sa->dscps &&
	    nla_put_u64_64bit(msg, KEYWAY_A_SA_DSCPS, sa->dscps, KEYWAY_A_SA_PAD))
		return -EMSGSIZE;
	if (sa->ah && nla_put_be32(msg, KEYWAY_A_SA_AH_SPI, sa->ah->spi))
		return -EMSGSIZE;
	if (sa->replay && nla_put_u32(msg, KEYWAY_A_SA_REPLAY_WINDOW, sa->replay->window))
		return -EMSGSIZE;
	if (sa->tfc && nla_put_u16(msg, KEYWAY_A_SA_TFC, sa->tfc))
		return -EMSGSIZE;
	return 0;
}

/* Everything a daemon needs to adopt the SA, and no key. */
static int put_sa(struct sk_buff *msg, struct kw_net *kn, const void *object)
{
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_SA);
	const struct kw_sa *sa = object;

	if (!nest ||
	    nla_put_be32(msg, KEYWAY_A_SA_SPI, sa->spi) ||
	    nla_put_u8(msg, KEYWAY_A_SA_PROTO, sa->proto) ||
	    nla_put_u8(msg, KEYWAY_A_SA_DIR, sa->dir) ||
	    nla_put_u32(msg, KEYWAY_A_SA_FLAGS, shown_flags(sa)))
		return -EMSGSIZE;
	if (sa->policy &&
	    (nla_put_u32(msg, KEYWAY_A_SA_POLICY_ID, sa->policy->id) || put_keyed(msg, sa)))
		return -EMSGSIZE;
	if (put_u64s(msg, sa) || kw_nl_put_drops(msg, KEYWAY_A_SA_DROPS, &sa->drops))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* A reply to @info; *@header ends it. */

/* Under the lock: the SA the message names.  NULL, with *@ret and @extack set. */
static void *find_sa(struct kw_net *kn, const struct genl_info *info, struct nlattr *tb[],
		     int *ret)
{
	const struct nlattr *nest = info->attrs[KEYWAY_A_SA];
	struct kw_sa_config name = {};
	struct kw_sa *sa;

	*ret = parse_sa_name(nest, tb, &name, info->extack);
	if (*ret)
		return NULL;
	if (name.dir == KEYWAY_DIR_OUT && !name.policy_id) {
		*ret = KW_REFUSE(info->extack, nest, -EINVAL,
				 "An outbound SA is named by its policy's id and its SPI.");
		return NULL;
	}
	sa = kw_sa_find(kn, name.dir, name.proto, name.spi, name.policy_id);
	if (!sa)
		*ret = KW_REFUSE(info->extack, nest, -ENOENT, "There is no such SA.");
	return sa;
}

static struct idr *all_sas(struct kw_net *kn)
{
	return &kn->sadb.all;
}

static bool is_of_policy(const void *object, u32 policy_id)
{
	const struct kw_sa *sa = object;

	return sa->policy && sa->policy->id == policy_id;
}

const struct kw_nl_noun kw_nl_sa = {
	.attr = KEYWAY_A_SA,
	.max = KEYWAY_A_SA_MAX,
	.table = keyway_sa_policy,
	.cmd = KEYWAY_CMD_SA_GET,
	.filter = KEYWAY_A_SA_POLICY_ID,
	.all = all_sas,
	.filtered = is_of_policy,
	.find = find_sa,
	.put = put_sa,
};

int kw_nl_sa_get(struct sk_buff *skb, struct genl_info *info)
{
	return kw_nl_get(&kw_nl_sa, info);
}

int kw_nl_sa_dump_start(struct netlink_callback *cb)
{
	return kw_nl_dump_start(&kw_nl_sa, cb);
}

int kw_nl_sa_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return kw_nl_dump(&kw_nl_sa, skb, cb);
}

/* What sa-update may not touch. */
static int check_update(struct nlattr *tb[], struct netlink_ext_ack *extack)
{
	static const u8 fixed[] = {
		KEYWAY_A_SA_FLAGS, KEYWAY_A_SA_MODE, KEYWAY_A_SA_ENCR, KEYWAY_A_SA_ENCR_BITS,
		KEYWAY_A_SA_ENCR_KEY, KEYWAY_A_SA_INTEG, KEYWAY_A_SA_INTEG_KEY,
		KEYWAY_A_SA_REPLAY_WINDOW, KEYWAY_A_SA_TFC, KEYWAY_A_SA_TIMEOUT,
		KEYWAY_A_SA_DSCPS, KEYWAY_A_SA_AH_SPI,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fixed); i++)
		if (tb[fixed[i]])
			return KW_REFUSE(extack, tb[fixed[i]], -EINVAL,
					 "This cannot change once the SA exists.");
	return 0;
}

/* The stream that the SA is to run on, with a reference, or NULL: none. */
static int update_stream(const struct kw_sa *sa, struct nlattr *tb[], struct kw_stream **stream,
			 struct netlink_ext_ack *extack)
{
	const struct kw_path *old = rcu_dereference_protected(sa->path,
							      lockdep_is_held(&sa->kn->lock));
	const struct nlattr *attr = tb[KEYWAY_A_SA_STREAM];
	u32 id = kw_nl_u32_or(attr, old->stream ? kw_stream_id(old->stream) : 0);

	*stream = NULL;
	if (!id)
		return 0;
	if (sa->proto == IPPROTO_AH || sa->ah)
		return KW_REFUSE(extack, attr, -EINVAL, NO_AH_IN_TCP);
	*stream = kw_stream_get(sa->kn, id);
	if (!*stream)
		return KW_REFUSE(extack, attr, -ENOTCONN, "There is no stream of this id.");
	return 0;
}

static int update_path(struct kw_sa *sa, struct nlattr *tb[], struct netlink_ext_ack *extack)
{
	const struct kw_path *old = rcu_dereference_protected(sa->path,
							      lockdep_is_held(&sa->kn->lock));
	struct kw_addr local = old->local, remote = old->remote;
	u16 udp_local = old->udp_local, udp_remote = old->udp_remote;
	struct kw_stream *stream;
	struct kw_path *path;
	int ret;

	ret = parse_path(tb, &local, &remote, &udp_local, &udp_remote, extack);
	if (ret)
		return ret;
	if (udp_local && (sa->proto == IPPROTO_AH || sa->ah))
		return KW_REFUSE(extack, tb[KEYWAY_A_SA_UDP_LOCAL], -EINVAL, NO_AH_IN_UDP);
	if (local.family != remote.family)
		return KW_REFUSE(extack, tb[KEYWAY_A_SA_REMOTE] ?: tb[KEYWAY_A_SA_LOCAL], -EINVAL,
				 "The outer addresses are of different families.");
	ret = update_stream(sa, tb, &stream, extack);
	if (ret)
		return ret;
	path = kw_path_new(&local, &remote, sa->ah ? IPPROTO_AH : sa->proto, udp_local,
			   udp_remote);
	if (path && stream)
		kw_path_use_stream(path, stream);
	if (!path && stream)
		kw_stream_put(stream);
	if (!path)
		return -ENOMEM;
	if (stream && udp_local) {
		kw_path_free(path);
		return KW_REFUSE(extack, tb[KEYWAY_A_SA_STREAM], -EINVAL, NOT_BOTH);
	}
	kw_sa_set_path(sa, path);
	return 0;
}

static int update_sa(struct kw_sa *sa, struct nlattr *tb[], struct netlink_ext_ack *extack)
{
	struct kw_limits limits = sa->limits;
	int ret;

	if (!sa->policy)
		return KW_REFUSE(extack, tb[KEYWAY_A_SA_SPI], -EBUSY, "The SA has no keys yet.");
	if (tb[KEYWAY_A_SA_LOCAL] || tb[KEYWAY_A_SA_REMOTE] || tb[KEYWAY_A_SA_UDP_LOCAL] ||
	    tb[KEYWAY_A_SA_UDP_REMOTE] || tb[KEYWAY_A_SA_STREAM]) {
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

int kw_nl_sa_update(struct sk_buff *skb, struct genl_info *info)
{
	struct kw_net *kn = kw_net(genl_info_net(info));
	struct nlattr *tb[KEYWAY_A_SA_MAX + 1];
	struct kw_sa *sa;
	int ret;

	ret = kw_nl_parse(&kw_nl_sa, info, tb) ?: check_update(tb, info->extack);
	if (ret)
		return ret;
	mutex_lock(&kn->lock);
	sa = find_sa(kn, info, tb, &ret);
	if (sa)
		ret = update_sa(sa, tb, info->extack);
	mutex_unlock(&kn->lock);
	return ret;
}

int kw_nl_sa_del(struct sk_buff *skb, struct genl_info *info)
{
	struct kw_net *kn = kw_net(genl_info_net(info));
	struct nlattr *tb[KEYWAY_A_SA_MAX + 1];
	struct kw_sa *sa;
	int ret;

	ret = kw_nl_parse(&kw_nl_sa, info, tb);
	if (ret)
		return ret;
	mutex_lock(&kn->lock);
	sa = find_sa(kn, info, tb, &ret);
	if (sa)
		kw_sa_remove(sa);
	mutex_unlock(&kn->lock);
	return ret;
}

int kw_nl_sa_dummy(struct sk_buff *skb, struct genl_info *info)
{
	struct kw_net *kn = kw_net(genl_info_net(info));
	const struct nlattr *nest = info->attrs[KEYWAY_A_SA];
	struct nlattr *tb[KEYWAY_A_SA_MAX + 1];
	struct kw_sa *sa;
	int ret;

	ret = kw_nl_parse(&kw_nl_sa, info, tb);
	if (ret)
		return ret;
	mutex_lock(&kn->lock);
	sa = find_sa(kn, info, tb, &ret);
	if (sa && (sa->dir != KEYWAY_DIR_OUT || sa->proto != IPPROTO_ESP))
		ret = KW_REFUSE(info->extack, nest, -EINVAL,
				"Only an outbound ESP SA sends dummy packets.");
	else if (sa && !kw_send_dummy(kn, sa, kw_nl_u16_or(tb[KEYWAY_A_SA_TFC], 0)))
		ret = KW_REFUSE(info->extack, nest, -EIO,
				"The dummy packet was dropped: the SA's counters say why.");
	mutex_unlock(&kn->lock);
	return ret;
}

int kw_nl_sa_flush(struct sk_buff *skb, struct genl_info *info)
{
	struct kw_net *kn = kw_net(genl_info_net(info));
	struct kw_policy *p = NULL;
	u32 id;
	int ret;

	ret = kw_nl_filter(&kw_nl_sa, info->attrs, &id, info->extack);
	if (ret)
		return ret;
	mutex_lock(&kn->lock);
	if (id)
		p = kw_policy_find(kn, id);
	if (id && !p)
		ret = KW_REFUSE(info->extack, info->attrs[KEYWAY_A_SA], -ENOENT,
				"There is no policy of this id.");
	else
		kw_sa_flush(kn, p);
	mutex_unlock(&kn->lock);
	return ret;
}

/* Under the lock: a larval SA of a new SPI. */
static int install_larval(struct kw_net *kn, u8 proto, unsigned int seconds, __be32 *spi)
{
	struct kw_sa *sa;
	int ret;

	*spi = kw_sadb_choose_spi(kn);
	if (!*spi)
		return -ENOSPC;
	sa = kw_sa_new_larval(kn, proto, *spi);
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

int kw_nl_spi_alloc(struct sk_buff *skb, struct genl_info *info)
{
	struct kw_net *kn = kw_net(genl_info_net(info));
	struct nlattr *tb[KEYWAY_A_SA_MAX + 1] = {};
	unsigned int seconds = LARVAL_SECONDS;
	struct nlattr *nest, *attr;
	struct sk_buff *msg;
	void *header;
	__be32 spi;
	u8 proto;
	int ret;

	ret = info->attrs[KEYWAY_A_SA] ? kw_nl_parse(&kw_nl_sa, info, tb) : 0;
	if (!ret)
		ret = parse_proto(tb, &proto, info->extack);
	if (ret)
		return ret;
	if (tb[KEYWAY_A_SA_TIMEOUT])
		seconds = nla_get_u32(tb[KEYWAY_A_SA_TIMEOUT]);
	if (!seconds || seconds > LARVAL_SECONDS_MAX)
		return KW_REFUSE(info->extack, tb[KEYWAY_A_SA_TIMEOUT], -ERANGE,
				 "An SPI is kept for 1 to 3600 seconds.");
	msg = kw_nl_reply(info, &header);
	if (!msg)
		return -ENOMEM;
	nest = nla_nest_start(msg, KEYWAY_A_SA);
	attr = nla_reserve(msg, KEYWAY_A_SA_SPI, sizeof(spi));
	mutex_lock(&kn->lock);
	ret = install_larval(kn, proto, seconds, &spi);
	mutex_unlock(&kn->lock);
	if (ret) {
		nlmsg_free(msg);
		return ret == -ENOSPC ?
		       KW_REFUSE(info->extack, NULL, ret,
				 "Every slot for an inbound SPI is taken.") :
		       ret;
	}
	memcpy(nla_data(attr), &spi, sizeof(spi));
	nla_nest_end(msg, nest);
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}
