/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the handlers of policies, SAs and children share: reading and writing attributes, and the
 * requests that are alike for both nouns.
 */
#ifndef KW_NETLINK_ATTR_H
#define KW_NETLINK_ATTR_H

#include <net/genetlink.h>
#include <uapi/linux/keyway.h>

struct idr;
struct kw_addr;
struct kw_drops;
struct kw_net;
struct kw_ts;

/* The longest message: a policy with all the selectors it may have. */
#define KW_NL_MESSAGE_MAX	8192

/* Slots for the attributes of either noun. */
#define KW_NL_TB		(KEYWAY_A_SA_MAX + KEYWAY_A_POLICY_MAX + 1)

/* Says @text about the attribute @nla, which may be NULL, and returns @err. */
#define KW_REFUSE(extack, nla, err, text) ({			\
	NL_SET_ERR_MSG_ATTR(extack, nla, text);			\
	(err);							\
})

static inline u8 kw_nl_u8_or(const struct nlattr *nla, u8 absent)
{
	return nla ? nla_get_u8(nla) : absent;
}

static inline u16 kw_nl_u16_or(const struct nlattr *nla, u16 absent)
{
	return nla ? nla_get_u16(nla) : absent;
}

static inline u32 kw_nl_u32_or(const struct nlattr *nla, u32 absent)
{
	return nla ? nla_get_u32(nla) : absent;
}

static inline u64 kw_nl_u64_or(const struct nlattr *nla, u64 absent)
{
	return nla ? nla_get_u64(nla) : absent;
}

/* 4 or 16 bytes; the second leaves *@addr alone where there is no attribute. */
int kw_nl_addr(const struct nlattr *nla, struct kw_addr *addr, struct netlink_ext_ack *extack);
int kw_nl_optional_addr(const struct nlattr *nla, struct kw_addr *addr,
			struct netlink_ext_ack *extack);

/* Puts the non-zero counters in a nest.  0 or -EMSGSIZE. */
int kw_nl_put_drops(struct sk_buff *msg, int attr, const struct kw_drops *drops);

/* One traffic selector in a nest.  0 or -EMSGSIZE. */
int kw_nl_put_ts(struct sk_buff *msg, int attr, const struct kw_ts *ts);

/* A reply to @info; *@header ends it. */
struct sk_buff *kw_nl_reply(const struct genl_info *info, void **header);

/**
 * struct kw_nl_noun - policies or SAs, as far as requests about them are alike
 * @attr: the nest that holds one
 * @max: the highest attribute in it
 * @table: what those may be; checked here, see netlink.c
 * @cmd: of the replies to get and dump
 * @filter: the attribute by which a dump or a flush is narrowed, a u32
 * @all: every one of a namespace, by number
 * @filtered: whether an object belongs to what @filter named
 * @find: the object the message names, under the lock; NULL, with *ret and extack set
 * @put: the whole object, in its nest; 0 or -EMSGSIZE
 */
struct kw_nl_noun {
	int attr;
	int max;
	const struct nla_policy *table;
	u8 cmd;
	int filter;
	struct idr *(*all)(struct kw_net *kn);
	bool (*filtered)(const void *object, u32 filter);
	void *(*find)(struct kw_net *kn, const struct genl_info *info, struct nlattr *tb[],
		      int *ret);
	int (*put)(struct sk_buff *msg, struct kw_net *kn, const void *object);
};

/* The attributes of the noun the message is about, which it must hold. */
int kw_nl_parse(const struct kw_nl_noun *noun, const struct genl_info *info, struct nlattr *tb[]);

/* The filter of a dump or flush, in @attrs, which may be NULL; 0: none. */
int kw_nl_filter(const struct kw_nl_noun *noun, struct nlattr *attrs[], u32 *filter,
		 struct netlink_ext_ack *extack);

int kw_nl_get(const struct kw_nl_noun *noun, struct genl_info *info);
int kw_nl_dump_start(const struct kw_nl_noun *noun, struct netlink_callback *cb);
int kw_nl_dump(const struct kw_nl_noun *noun, struct sk_buff *skb, struct netlink_callback *cb);

#endif /* KW_NETLINK_ATTR_H */
