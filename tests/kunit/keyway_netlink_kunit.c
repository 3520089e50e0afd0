// SPDX-License-Identifier: GPL-2.0
/*
 * child-new over netlink: what is refused, with a sentence, and leaves nothing behind.
 */
#include <linux/idr.h>
#include <linux/mutex.h>

#include "net.h"
#include "nl.h"

static unsigned int count(struct idr *idr)
{
	unsigned int n = 0;
	void *entry;
	int id;

	idr_for_each_entry(idr, entry, id)
		n++;
	return n;
}

/* SAs and policies of init_net. */
static unsigned int sas(void)
{
	return count(&kw_net(&init_net)->sadb.all);
}

static unsigned int policies(void)
{
	return count(&kw_net(&init_net)->policies);
}

struct refusal {
	const char *desc;
	int error;
	void (*spoil)(struct child *c);
};

#define SPOIL(name, statement) static void name(struct child *c) { statement; }

SPOIL(other_device, c->ifindex = init_net.loopback_dev->ifindex)
SPOIL(absent_device, c->ifindex = 999999)
SPOIL(bad_action, c->action = 3)
SPOIL(bypass, c->action = KEYWAY_ACTION_BYPASS)
SPOIL(discard_with_sas, c->action = KEYWAY_ACTION_DISCARD)
SPOIL(mode, c->mode = KEYWAY_MODE_BEET + 1)
SPOIL(bad_df, c->df = 3)
SPOIL(bad_dscp, c->dscp = 64)
SPOIL(bad_policy_flag, c->policy_flags = 1U << 31)
SPOIL(no_selectors, c->no_ts = true)
SPOIL(too_many_selectors, c->n_ts = KEYWAY_TS_MAX + 1)
SPOIL(odd_address, c->addr_len = 5)
SPOIL(empty_address, c->addr_len = 0)
SPOIL(mixed_selector, c->last_len = 16)
SPOIL(backward_selector, c->last[0] = 9)
SPOIL(backward_ports, c->port_first = 2; c->port_last = 1)
SPOIL(no_outer, c->outer_len = 0)
SPOIL(odd_outer, c->outer_len = 3)
SPOIL(mixed_outer, c->remote_len = 16)
SPOIL(bad_direction, c->one_way = true; c->dir = 2)
SPOIL(spi_zero, c->spi = 0)
SPOIL(spi_reserved, c->spi = 255)
SPOIL(no_algorithm, c->encr = 0)
SPOIL(unknown_algorithm, c->encr = 5)
SPOIL(no_bits, c->bits = 0)
SPOIL(wrong_bits, c->bits = 160)
SPOIL(no_key, c->key = NULL)
SPOIL(short_key, c->key_len = 19)
SPOIL(long_key, c->key_len = 21)
SPOIL(integrity_twice, c->integ = 12)
SPOIL(bad_sa_flag, c->sa_flags = 1U << 31)
SPOIL(read_only_flag, c->sa_flags = KEYWAY_SA_F_LARVAL)
SPOIL(window_too_wide, c->one_way = true; c->window = KEYWAY_REPLAY_MAX + 1)
SPOIL(window_too_narrow, c->one_way = true; c->window = 31)
SPOIL(window_outbound, c->one_way = true; c->dir = KEYWAY_DIR_OUT; c->window = 64)
SPOIL(one_udp_port, c->udp_local = 4500)

static const struct refusal refusals[] = {
	{ "a device of another kind", -ENODEV, other_device },
	{ "no such device", -ENODEV, absent_device },
	{ "no such action", -EINVAL, bad_action },
	{ "bypass", -EOPNOTSUPP, bypass },
	{ "SAs for a discarding policy", -EINVAL, discard_with_sas },
	{ "no such mode", -EINVAL, mode },
	{ "no such DF treatment", -EINVAL, bad_df },
	{ "DSCP of 64", -ERANGE, bad_dscp },
	{ "no such policy flag", -EINVAL, bad_policy_flag },
	{ "no selectors", -EINVAL, no_selectors },
	{ "33 selectors", -E2BIG, too_many_selectors },
	{ "address of 5 bytes", -EINVAL, odd_address },
	{ "address of no bytes", -EINVAL, empty_address },
	{ "selector of two families", -EINVAL, mixed_selector },
	{ "selector that ends before it starts", -EINVAL, backward_selector },
	{ "ports that end before they start", -EINVAL, backward_ports },
	{ "no outer addresses", -EINVAL, no_outer },
	{ "outer address of 3 bytes", -EINVAL, odd_outer },
	{ "outer addresses of two families", -EINVAL, mixed_outer },
	{ "no such direction", -EINVAL, bad_direction },
	{ "SPI 0", -EINVAL, spi_zero },
	{ "SPI 255", -EINVAL, spi_reserved },
	{ "no algorithm", -EINVAL, no_algorithm },
	{ "an algorithm keyway has not", -EOPNOTSUPP, unknown_algorithm },
	{ "no key length where there are several", -EINVAL, no_bits },
	{ "a key length AES has not", -EINVAL, wrong_bits },
	{ "no key", -EINVAL, no_key },
	{ "key one byte short", -EINVAL, short_key },
	{ "key one byte long", -EINVAL, long_key },
	{ "an integrity algorithm beside AES-GCM", -EINVAL, integrity_twice },
	{ "no such SA flag", -EINVAL, bad_sa_flag },
	{ "a flag that is read only", -EINVAL, read_only_flag },
	{ "replay window too wide", -ERANGE, window_too_wide },
	{ "replay window too narrow", -ERANGE, window_too_narrow },
	{ "replay window of an outbound SA", -EINVAL, window_outbound },
	{ "one UDP port without the other", -EINVAL, one_udp_port },
};

KUNIT_ARRAY_PARAM_DESC(refusal, refusals, desc);

static void a_wrong_child_is_refused_and_leaves_nothing(struct kunit *test)
{
	const struct refusal *r = test->param_value;
	struct net_device *dev = nl_device(test, "kw-kunit");
	struct nl *nl = nl_open(test, NETLINK_GENERIC);
	struct child c = child_default(dev);

	r->spoil(&c);
	KUNIT_EXPECT_EQ(test, nl_child(test, nl, &c), r->error);
	KUNIT_EXPECT_STRNEQ(test, nl->text, "");
	KUNIT_EXPECT_EQ(test, sas(), 0);
	KUNIT_EXPECT_EQ(test, policies(), 0);
}

static void a_child_is_installed_whole_and_goes_with_its_device(struct kunit *test)
{
	struct net_device *dev;
	struct nl *nl = nl_open(test, NETLINK_GENERIC);
	struct child c;

	KUNIT_ASSERT_EQ(test, nl_link(test, RTM_NEWLINK, "kw-kunit"), 0);
	rtnl_lock();
	dev = __dev_get_by_name(&init_net, "kw-kunit");
	rtnl_unlock();
	KUNIT_ASSERT_NOT_NULL(test, dev);
	c = child_default(dev);
	KUNIT_EXPECT_EQ(test, nl_child(test, nl, &c), 0);
	KUNIT_EXPECT_EQ(test, sas(), 2);
	KUNIT_EXPECT_EQ(test, policies(), 1);
	KUNIT_ASSERT_EQ(test, nl_link(test, RTM_DELLINK, "kw-kunit"), 0);
	KUNIT_EXPECT_EQ(test, sas(), 0);
	KUNIT_EXPECT_EQ(test, policies(), 0);
}

static void a_second_sa_of_one_spi_is_refused_and_changes_nothing(struct kunit *test)
{
	struct net_device *dev = nl_device(test, "kw-kunit");
	struct nl *nl = nl_open(test, NETLINK_GENERIC);
	struct child c = child_default(dev);

	KUNIT_ASSERT_EQ(test, nl_child(test, nl, &c), 0);
	KUNIT_EXPECT_EQ(test, nl_child(test, nl, &c), -EEXIST);
	KUNIT_EXPECT_STRNEQ(test, nl->text, "");
	KUNIT_EXPECT_EQ(test, sas(), 2);
	KUNIT_EXPECT_EQ(test, policies(), 1);
	/* The next one is as welcome as ever. */
	c.spi++;
	KUNIT_EXPECT_EQ(test, nl_child(test, nl, &c), 0);
	KUNIT_EXPECT_EQ(test, sas(), 4);
}

static void an_allocated_spi_is_new_and_not_reserved(struct kunit *test)
{
	struct nl *nl = nl_open(test, NETLINK_GENERIC);
	struct nlattr *tb[KEYWAY_A_MAX + 1], *sa[KEYWAY_A_SA_MAX + 1], *nest;
	u8 *reply = kunit_kzalloc(test, NL_MAX, GFP_KERNEL);
	u32 spis[100];
	unsigned int i, k;

	KUNIT_ASSERT_NOT_NULL(test, reply);
	for (i = 0; i < ARRAY_SIZE(spis); i++) {
		struct sk_buff *msg = nl_request(test, KEYWAY_CMD_SPI_ALLOC);

		nest = nla_nest_start(msg, KEYWAY_A_SA);
		nla_put_u8(msg, KEYWAY_A_SA_PROTO, IPPROTO_ESP);
		nla_nest_end(msg, nest);
		KUNIT_ASSERT_EQ(test, nl_send(test, nl, msg, reply), 0);
		KUNIT_ASSERT_EQ(test, nlmsg_parse_deprecated((struct nlmsghdr *)reply, GENL_HDRLEN,
							     tb, KEYWAY_A_MAX, NULL, NULL), 0);
		KUNIT_ASSERT_NOT_NULL(test, tb[KEYWAY_A_SA]);
		KUNIT_ASSERT_EQ(test, nla_parse_nested_deprecated(sa, KEYWAY_A_SA_MAX,
								  tb[KEYWAY_A_SA], NULL, NULL),
				0);
		KUNIT_ASSERT_NOT_NULL(test, sa[KEYWAY_A_SA_SPI]);
		spis[i] = ntohl(nla_get_be32(sa[KEYWAY_A_SA_SPI]));
		KUNIT_EXPECT_GE(test, spis[i], 256);
		for (k = 0; k < i; k++)
			KUNIT_ASSERT_NE(test, spis[i], spis[k]);
	}
	KUNIT_EXPECT_EQ(test, sas(), ARRAY_SIZE(spis));
	KUNIT_EXPECT_EQ(test, nl_send(test, nl, nl_request(test, KEYWAY_CMD_SA_FLUSH), NULL), 0);
	KUNIT_EXPECT_EQ(test, sas(), 0);
}

/* Whether @needle is anywhere in @hay. */
static bool contains(const u8 *hay, int len, const u8 *needle, int n)
{
	for (; len >= n; hay++, len--)
		if (!memcmp(hay, needle, n))
			return true;
	return false;
}

static void a_dump_of_sas_holds_no_key(struct kunit *test)
{
	struct net_device *dev = nl_device(test, "kw-kunit");
	struct nl *nl = nl_open(test, NETLINK_GENERIC);
	struct child c = child_default(dev);
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct msghdr mh = { .msg_name = &kernel, .msg_namelen = sizeof(kernel) };
	struct sk_buff *msg;
	struct kvec vec;
	__be32 spi = htonl(c.spi);
	bool seen = false;

	KUNIT_ASSERT_EQ(test, nl_child(test, nl, &c), 0);
	msg = nl_request(test, KEYWAY_CMD_SA_GET);
	nlmsg_hdr(msg)->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlmsg_end(msg, nlmsg_hdr(msg));
	vec = (struct kvec){ msg->data, msg->len };
	KUNIT_ASSERT_GT(test, kernel_sendmsg(nl->sock, &mh, &vec, 1, msg->len), 0);
	nlmsg_free(msg);
	while (nl_receive(nl)) {
		seen |= contains(nl->answer, nl->len, (u8 *)&spi, 4);
		KUNIT_EXPECT_FALSE(test, contains(nl->answer, nl->len, c.key, 8));
		KUNIT_EXPECT_FALSE(test, contains(nl->answer, nl->len, c.key + 8, 8));
	}
	KUNIT_EXPECT_TRUE(test, seen);
}

/* How a message with keys can be spoilt so that it is refused, early or late. */
static void unknown_attribute(struct sk_buff *msg)
{
	nla_put_u32(msg, KEYWAY_A_MAX + 1, 1);
}

static void short_attribute(struct sk_buff *msg)
{
	nla_put_u8(msg, KEYWAY_A_SOCKET_FD, 1);
}

static void trailing_bytes(struct sk_buff *msg)
{
	skb_put_zero(msg, 3);
}

static void sa_without_nested_flag(struct sk_buff *msg)
{
	nla_put(msg, KEYWAY_A_SA, 4, "\1\2\3\4");
}

static void nothing_wrong(struct sk_buff *msg)
{
}

static void reserved_bytes(struct sk_buff *msg)
{
	((struct genlmsghdr *)nlmsg_data(nlmsg_hdr(msg)))->reserved = 1;
}

static void nests_by_other_numbers(struct sk_buff *msg)
{
	struct nlattr *nla;
	int rem;

	nlmsg_for_each_attr(nla, nlmsg_hdr(msg), GENL_HDRLEN, rem)
		nla->nla_type = KEYWAY_A_MAX + 7;
}

static void (* const spoils[])(struct sk_buff *msg) = {
	nothing_wrong, unknown_attribute, short_attribute, trailing_bytes, sa_without_nested_flag,
	nests_by_other_numbers, reserved_bytes,
};

/* To who did not ask for short answers, a refusal is sent with the message itself. */
static void a_message_is_wiped_whatever_becomes_of_it(struct kunit *test)
{
	static const u8 cmds[] = {
		KEYWAY_CMD_CHILD_NEW, KEYWAY_CMD_SA_NEW, KEYWAY_CMD_SA_UPDATE,
	};
	struct net_device *dev = nl_device(test, "kw-kunit");
	struct nl *nl = nl_open(test, NETLINK_GENERIC);
	struct child c = child_default(dev);
	unsigned int i, k;
	int zero = 0;

	/* Refused at the very end of a good message: nobody has this device. */
	c.ifindex = 999999;
	KUNIT_ASSERT_EQ(test, nl->sock->ops->setsockopt(nl->sock, SOL_NETLINK, NETLINK_CAP_ACK,
							KERNEL_SOCKPTR(&zero), sizeof(zero)), 0);
	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		for (k = 0; k < ARRAY_SIZE(spoils); k++) {
			struct sk_buff *msg = nl_request(test, cmds[i]);

			if (cmds[i] == KEYWAY_CMD_CHILD_NEW)
				put_policy_nest(msg, &c);
			put_sa_nest(msg, &c, KEYWAY_DIR_IN);
			nlmsg_end(msg, nlmsg_hdr(msg));
			spoils[k](msg);
			KUNIT_EXPECT_LT(test, nl_send(test, nl, msg, NULL), 0);
			KUNIT_EXPECT_GT(test, nl->len, 100);
			KUNIT_EXPECT_FALSE_MSG(test, contains(nl->answer, nl->len, c.key, 8),
					       "command %u, spoilt in way %u", cmds[i], k);
			KUNIT_EXPECT_FALSE(test, contains(nl->answer, nl->len, c.key + 8, 8));
		}
	}
}

static struct kunit_case netlink_cases[] = {
	KUNIT_CASE_PARAM(a_wrong_child_is_refused_and_leaves_nothing, refusal_gen_params),
	KUNIT_CASE(a_child_is_installed_whole_and_goes_with_its_device),
	KUNIT_CASE(a_second_sa_of_one_spi_is_refused_and_changes_nothing),
	KUNIT_CASE(an_allocated_spi_is_new_and_not_reserved),
	KUNIT_CASE(a_dump_of_sas_holds_no_key),
	KUNIT_CASE(a_message_is_wiped_whatever_becomes_of_it),
	{}
};

static struct kunit_suite netlink_suite = {
	.name = "keyway_netlink",
	.test_cases = netlink_cases,
};

kunit_test_suite(netlink_suite);

MODULE_DESCRIPTION("KUnit: netlink family");
MODULE_LICENSE("GPL");
