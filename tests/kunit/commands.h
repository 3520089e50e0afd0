/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One good message of each netlink command, and a stage on which it is good.
 */
#ifndef KEYWAY_KUNIT_COMMANDS_H
#define KEYWAY_KUNIT_COMMANDS_H

#include "nl.h"

/**
 * struct stage - what a command finds
 * @nl: asks
 * @watch: reads the state
 * @dev: a keyway device
 * @policy: the id of its policy, which has an SA of SPI 0x1000 each way
 */
struct stage {
	struct nl *nl;
	struct nl *watch;
	struct net_device *dev;
	u32 policy;
};

struct command {
	const char *desc;
	struct sk_buff *(*message)(struct kunit *test, const struct stage *stage);
	bool changes;
};

static inline struct sk_buff *as_dump(struct sk_buff *msg)
{
	nlmsg_hdr(msg)->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	return msg;
}

static inline struct sk_buff *with_policy(struct sk_buff *msg, const struct stage *stage)
{
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_POLICY);

	nla_put_u32(msg, KEYWAY_A_POLICY_ID, stage->policy);
	nla_nest_end(msg, nest);
	return msg;
}

static inline struct nlattr *sa_begin(struct sk_buff *msg, const struct stage *stage, u8 dir)
{
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_SA);

	nla_put_u8(msg, KEYWAY_A_SA_DIR, dir);
	nla_put_u32(msg, KEYWAY_A_SA_SPI, htonl(0x1000));
	nla_put_u32(msg, KEYWAY_A_SA_POLICY_ID, stage->policy);
	return nest;
}

static inline struct sk_buff *with_sa(struct sk_buff *msg, const struct stage *stage)
{
	nla_nest_end(msg, sa_begin(msg, stage, KEYWAY_DIR_OUT));
	return msg;
}

static inline struct child another_child(const struct stage *stage)
{
	struct child c = child_default(stage->dev);

	c.spi = 0x2000;
	return c;
}

static inline struct sk_buff *spi_alloc(struct kunit *test, const struct stage *stage)
{
	return nl_request(test, KEYWAY_CMD_SPI_ALLOC);
}

static inline struct sk_buff *policy_new(struct kunit *test, const struct stage *stage)
{
	struct sk_buff *msg = nl_request(test, KEYWAY_CMD_POLICY_NEW);
	struct child c = another_child(stage);

	put_policy_nest(msg, &c);
	return msg;
}

static inline struct sk_buff *child_new(struct kunit *test, const struct stage *stage)
{
	struct sk_buff *msg = nl_request(test, KEYWAY_CMD_CHILD_NEW);
	struct child c = another_child(stage);

	put_policy_nest(msg, &c);
	put_sa_nest(msg, &c, KEYWAY_DIR_IN);
	put_sa_nest(msg, &c, KEYWAY_DIR_OUT);
	return msg;
}

static inline struct sk_buff *rekey(struct kunit *test, const struct stage *stage)
{
	struct sk_buff *msg = with_policy(nl_request(test, KEYWAY_CMD_CHILD_NEW), stage);
	struct child c = another_child(stage);

	put_sa_nest(msg, &c, KEYWAY_DIR_IN);
	put_sa_nest(msg, &c, KEYWAY_DIR_OUT);
	return msg;
}

static inline struct sk_buff *sa_new(struct kunit *test, const struct stage *stage)
{
	struct sk_buff *msg = nl_request(test, KEYWAY_CMD_SA_NEW);
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_SA);

	nla_put_u8(msg, KEYWAY_A_SA_DIR, KEYWAY_DIR_IN);
	nla_put_u32(msg, KEYWAY_A_SA_SPI, htonl(0x2000));
	nla_put_u32(msg, KEYWAY_A_SA_POLICY_ID, stage->policy);
	nla_put_u16(msg, KEYWAY_A_SA_ENCR, KEYWAY_ENCR_CHACHA20_POLY1305);
	nla_put(msg, KEYWAY_A_SA_ENCR_KEY, 36, nl_key);
	nla_nest_end(msg, nest);
	return msg;
}

static inline struct sk_buff *sa_update(struct kunit *test, const struct stage *stage)
{
	struct sk_buff *msg = nl_request(test, KEYWAY_CMD_SA_UPDATE);
	struct nlattr *nest = sa_begin(msg, stage, KEYWAY_DIR_OUT);

	nla_put_u16(msg, KEYWAY_A_SA_UDP_LOCAL, 4500);
	nla_put_u16(msg, KEYWAY_A_SA_UDP_REMOTE, 4501);
	put_u64(msg, KEYWAY_A_SA_HARD_PACKETS, 1000);
	nla_nest_end(msg, nest);
	return msg;
}

static inline struct sk_buff *sa_del(struct kunit *test, const struct stage *stage)
{
	return with_sa(nl_request(test, KEYWAY_CMD_SA_DEL), stage);
}

static inline struct sk_buff *sa_get(struct kunit *test, const struct stage *stage)
{
	return with_sa(nl_request(test, KEYWAY_CMD_SA_GET), stage);
}

static inline struct sk_buff *sa_dump(struct kunit *test, const struct stage *stage)
{
	return as_dump(nl_request(test, KEYWAY_CMD_SA_GET));
}

static inline struct sk_buff *sa_flush(struct kunit *test, const struct stage *stage)
{
	return nl_request(test, KEYWAY_CMD_SA_FLUSH);
}

static inline struct sk_buff *policy_del(struct kunit *test, const struct stage *stage)
{
	return with_policy(nl_request(test, KEYWAY_CMD_POLICY_DEL), stage);
}

static inline struct sk_buff *policy_get(struct kunit *test, const struct stage *stage)
{
	return with_policy(nl_request(test, KEYWAY_CMD_POLICY_GET), stage);
}

static inline struct sk_buff *policy_dump(struct kunit *test, const struct stage *stage)
{
	return as_dump(nl_request(test, KEYWAY_CMD_POLICY_GET));
}

static inline struct sk_buff *policy_flush(struct kunit *test, const struct stage *stage)
{
	return nl_request(test, KEYWAY_CMD_POLICY_FLUSH);
}

static inline struct sk_buff *stats_get(struct kunit *test, const struct stage *stage)
{
	return nl_request(test, KEYWAY_CMD_STATS_GET);
}

static const struct command commands[] = {
	{ "spi-alloc", spi_alloc, true },
	{ "policy-new", policy_new, true },
	{ "child-new", child_new, true },
	{ "child-new for a policy that is there", rekey, true },
	{ "sa-new", sa_new, true },
	{ "sa-update", sa_update, true },
	{ "sa-del", sa_del, true },
	{ "sa-get", sa_get },
	{ "sa-get, a dump", sa_dump },
	{ "sa-flush", sa_flush, true },
	{ "policy-del", policy_del, true },
	{ "policy-get", policy_get },
	{ "policy-get, a dump", policy_dump },
	{ "policy-flush", policy_flush, true },
	{ "stats-get", stats_get },
};

/* One policy with an SA each way and nothing else. */
static inline void set_stage(struct kunit *test, struct stage *stage)
{
	struct nlattr *tb[KEYWAY_A_MAX + 1], *id;
	u8 *reply = kunit_kzalloc(test, NL_MAX, GFP_KERNEL);
	struct child c = child_default(stage->dev);
	struct sk_buff *msg;

	KUNIT_ASSERT_NOT_NULL(test, reply);
	/* An answer that could not be made leaves an error for who reads next. */
	nl_connect(test, stage->nl, NETLINK_GENERIC);
	KUNIT_ASSERT_EQ(test, nl_send(test, stage->nl, nl_request(test, KEYWAY_CMD_POLICY_FLUSH),
				      NULL), 0);
	msg = nl_request(test, KEYWAY_CMD_CHILD_NEW);
	put_policy_nest(msg, &c);
	put_sa_nest(msg, &c, KEYWAY_DIR_IN);
	put_sa_nest(msg, &c, KEYWAY_DIR_OUT);
	KUNIT_ASSERT_EQ(test, nl_send(test, stage->nl, msg, reply), 0);
	KUNIT_ASSERT_EQ(test, nlmsg_parse_deprecated((struct nlmsghdr *)reply, GENL_HDRLEN, tb,
						     KEYWAY_A_MAX, NULL, NULL), 0);
	KUNIT_ASSERT_NOT_NULL(test, tb[KEYWAY_A_POLICY]);
	id = nla_find_nested(tb[KEYWAY_A_POLICY], KEYWAY_A_POLICY_ID);
	KUNIT_ASSERT_NOT_NULL(test, id);
	stage->policy = nla_get_u32(id);
	kunit_kfree(test, reply);
}

#endif
