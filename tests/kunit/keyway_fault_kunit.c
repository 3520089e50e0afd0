// SPDX-License-Identifier: GPL-2.0
/*
 * Allocations that fail: of every netlink command and of sending each one in turn, of receiving
 * many at random. What was refused has changed nothing, what was lost has not leaked, and memory
 * that was not given back is for the leak suite to find.
 */
#include "commands.h"
#include "fault.h"
#include "road.h"
#include "state.h"

/* More than any command has; a command that needs more does not end. */
#define NTH_MAX		2000u

/* No acknowledgment came: the one allocation that failed was its own. */
#define UNANSWERED	1

KUNIT_ARRAY_PARAM_DESC(command, commands, desc);

/* Takes @msg, and sends it with its @nth allocation failing. *@hit: there was an @nth. */
static int ask_failing(struct kunit *test, struct nl *nl, struct sk_buff *msg, unsigned int nth,
		       bool *hit)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct msghdr mh = { .msg_name = &kernel, .msg_namelen = sizeof(kernel) };
	struct kvec vec = { msg->data, msg->len };
	int ret;

	nlmsg_end(msg, nlmsg_hdr(msg));
	vec.iov_len = msg->len;
	fault_arm(nth);
	ret = kernel_sendmsg(nl->sock, &mh, &vec, 1, vec.iov_len);
	*hit = fault_hit();
	nlmsg_free(msg);
	if (ret < 0)
		return ret;
	ret = UNANSWERED;
	while (nl_receive(nl)) {
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)nl->answer;
		int rem = nl->len;

		for (; nlmsg_ok(nlh, rem); nlh = nlmsg_next(nlh, &rem))
			if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE)
				ret = *(const int *)nlmsg_data(nlh);
	}
	return ret;
}

static void a_command_that_lacks_memory_changes_nothing(struct kunit *test)
{
	const struct command *command = test->param_value;
	struct stage stage = {
		.nl = nl_open(test, NETLINK_GENERIC),
		.watch = nl_open(test, NETLINK_GENERIC),
		.dev = nl_device(test, "kw-kunit"),
	};
	unsigned int nth, refused = 0;
	struct state before, after;
	bool hit = true;
	int ret;

	fault_begin(test);
	for (nth = 1; hit && nth < NTH_MAX; nth++) {
		set_stage(test, &stage);
		before = state_read(test, stage.watch);
		ret = ask_failing(test, stage.nl, command->message(test, &stage), nth, &hit);
		after = state_read(test, stage.watch);
		if (!hit)
			break;
		if (ret < 0) {
			refused++;
			KUNIT_EXPECT_TRUE_MSG(test, state_same(&before, &after),
					      "refused with %d at allocation %u, and done", ret,
					      nth);
		}
	}
	KUNIT_EXPECT_LT(test, nth, NTH_MAX);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_NE(test, state_same(&before, &after), command->changes);
	/* Sending the message alone needs memory. */
	KUNIT_EXPECT_GT(test, refused, 0);
	kunit_info(test, "%s: %u allocations, %u refusals\n", command->desc, nth - 1, refused);
}

static bool device_exists(const char *name)
{
	bool there;

	rtnl_lock();
	there = __dev_get_by_name(&init_net, name);
	rtnl_unlock();
	return there;
}

static struct sk_buff *link_message(struct kunit *test, int type, const char *name)
{
	struct sk_buff *msg = nlmsg_new(NL_MAX, GFP_KERNEL);
	struct nlmsghdr *nlh;
	struct nlattr *info;

	KUNIT_ASSERT_NOT_NULL(test, msg);
	nlh = nlmsg_put(msg, 0, 1, type, sizeof(struct ifinfomsg),
			NLM_F_REQUEST | NLM_F_ACK |
			(type == RTM_NEWLINK ? NLM_F_CREATE | NLM_F_EXCL : 0));
	memset(nlmsg_data(nlh), 0, sizeof(struct ifinfomsg));
	nla_put_string(msg, IFLA_IFNAME, name);
	info = nla_nest_start(msg, IFLA_LINKINFO);
	nla_put_string(msg, IFLA_INFO_KIND, KEYWAY_LINK_KIND);
	nla_nest_end(msg, info);
	return msg;
}

static void a_device_that_lacks_memory_is_not_there(struct kunit *test)
{
	struct nl *nl = nl_open(test, NETLINK_ROUTE);
	unsigned int nth;
	bool hit = true;
	int ret;

	fault_begin(test);
	for (nth = 1; hit && nth < NTH_MAX; nth++) {
		nl_connect(test, nl, NETLINK_ROUTE);
		ret = ask_failing(test, nl, link_message(test, RTM_NEWLINK, "kw-fault"), nth,
				  &hit);
		if (ret < 0)
			KUNIT_EXPECT_FALSE_MSG(test, device_exists("kw-fault"),
					       "refused with %d at allocation %u", ret, nth);
		if (!device_exists("kw-fault"))
			continue;
		nl_connect(test, nl, NETLINK_ROUTE);
		ret = ask_failing(test, nl, link_message(test, RTM_DELLINK, "kw-fault"), nth,
				  &(bool){ 0 });
		/* The message itself may not have reached anybody. */
		if (ret < 0)
			KUNIT_ASSERT_EQ(test, nl_link(test, RTM_DELLINK, "kw-fault"), 0);
		KUNIT_ASSERT_FALSE(test, device_exists("kw-fault"));
	}
	KUNIT_EXPECT_LT(test, nth, NTH_MAX);
	kunit_info(test, "%u allocations\n", nth - 1);
}

/* A packet that has to be copied: its data is shared, and partly in a page. */
static struct sk_buff *shared_packet(struct kunit *test, const u8 *inner, struct sk_buff **clone)
{
	struct sk_buff *skb = alloc_skb(LL_MAX_HEADER + 64, GFP_KERNEL);
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_ASSERT_NOT_NULL(test, page);
	memcpy(page_address(page), inner + 20, INNER_LEN - 20);
	skb_reserve(skb, LL_MAX_HEADER);
	skb_put_data(skb, inner, 20);
	skb_add_rx_frag(skb, 0, page, 0, INNER_LEN - 20, PAGE_SIZE);
	skb->protocol = htons(ETH_P_IP);
	*clone = skb_clone(skb, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, *clone);
	return skb;
}

static void a_packet_that_lacks_memory_is_lost_and_nothing_else(struct kunit *test)
{
	struct road *road = road_new(test);
	struct child c = child_default(road->dev);
	unsigned int nth, lost = 0;
	u8 inner[INNER_LEN];
	bool hit = true;

	write_inner(inner, 4, 0, 0);
	fault_begin(test);
	for (nth = 1; hit && nth < NTH_MAX; nth++) {
		struct sk_buff *clone, *skb;

		/* A new SA each time: its first packet is the one that looks for a route. */
		c.spi++;
		KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
		skb = shared_packet(test, inner, &clone);
		skb->dev = road->dev;
		skb_reset_network_header(skb);
		fault_arm(nth);
		dev_queue_xmit(skb);
		hit = fault_hit();
		settle();
		KUNIT_EXPECT_MEMEQ(test, clone->data, inner, 20);
		kfree_skb(clone);
		if (skb_queue_empty(&road->inner))
			lost++;
		else
			expect_inner(test, road, inner, INNER_LEN);
		skb_queue_purge(&road->wire);
		KUNIT_ASSERT_EQ(test, nl_send(test, road->nl,
					      nl_request(test, KEYWAY_CMD_POLICY_FLUSH), NULL), 0);
	}
	KUNIT_EXPECT_LT(test, nth, NTH_MAX);
	KUNIT_EXPECT_GT(test, lost, 0);
	KUNIT_EXPECT_LT(test, lost, nth);
	KUNIT_EXPECT_EQ(test, road->clear, 0);
	kunit_info(test, "%u allocations, %u packets lost\n", nth - 1, lost);
}

/* Receiving happens in softirqs, which current->fail_nth does not count. */
static void received_packets_lack_memory_now_and_then(struct kunit *test)
{
	struct road *road = road_new(test);
	struct child c = child_default(road->dev);
	u64 dropped = drops(KEYWAY_A_STATS_IN_NO_MEMORY);
	struct fault *fault = fault_begin(test);
	unsigned int i, received = 0;
	u8 inner[INNER_LEN];

	write_inner(inner, 4, 0, 0);
	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	for (i = 0; i < 500; i++) {
		struct captured w = capture(test, road, inner);
		struct sk_buff *skb = outer_packet(test, w.data, w.len), *clone;

		/* Cloned, so that it has to be copied before it is opened. */
		clone = skb_clone(skb, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, clone);
		fault_percent(fault, 20);
		inject_skb(skb);
		fault_percent(fault, 0);
		kfree_skb(clone);
		skb_queue_purge(&road->wire);
		if (skb_queue_empty(&road->inner))
			continue;
		expect_inner(test, road, inner, INNER_LEN);
		KUNIT_EXPECT_TRUE(test, skb_queue_empty(&road->inner));
		received++;
	}
	dropped = drops(KEYWAY_A_STATS_IN_NO_MEMORY) - dropped;
	kunit_info(test, "%u of 500 received, %llu dropped for want of memory\n", received,
		   dropped);
	KUNIT_EXPECT_GT(test, received, 0);
	KUNIT_EXPECT_GT(test, dropped, 0);
	KUNIT_EXPECT_EQ(test, road->clear, 0);
}

/* The SPI table doubles many times; a doubling that fails leaves a table that still works. */
static void spis_are_found_whether_or_not_their_table_grows(struct kunit *test)
{
	struct nl *nl = nl_open(test, NETLINK_GENERIC);
	struct nl *watch = nl_open(test, NETLINK_GENERIC);
	struct state s = state_read(test, watch);
	unsigned int i, nth, expected = s.sas;
	bool hit;

	KUNIT_ASSERT_EQ(test, s.sas, 0);
	fault_begin(test);
	for (i = 0; i < 140; i++) {
		/* The first tries lack each allocation in turn, the last one none. */
		for (nth = i % 8 + 1, hit = true; hit; nth += 3) {
			int ret;

			nl_connect(test, nl, NETLINK_GENERIC);
			ret = ask_failing(test, nl, nl_request(test, KEYWAY_CMD_SPI_ALLOC), nth,
					  &hit);
			s = state_read(test, watch);
			KUNIT_ASSERT_LE(test, s.sas - expected, ret < 0 ? 0 : 1);
			expected = s.sas;
		}
	}
	KUNIT_EXPECT_GE(test, expected, 140);
	KUNIT_EXPECT_EQ(test, nl_send(test, watch, nl_request(test, KEYWAY_CMD_SA_FLUSH), NULL),
			0);
}

static struct kunit_case fault_cases[] = {
	KUNIT_CASE_PARAM(a_command_that_lacks_memory_changes_nothing, command_gen_params),
	KUNIT_CASE(a_device_that_lacks_memory_is_not_there),
	KUNIT_CASE(a_packet_that_lacks_memory_is_lost_and_nothing_else),
	KUNIT_CASE(received_packets_lack_memory_now_and_then),
	KUNIT_CASE(spis_are_found_whether_or_not_their_table_grows),
	{}
};

static struct kunit_suite fault_suite = {
	.name = "keyway_fault",
	.test_cases = fault_cases,
};

kunit_test_suite(fault_suite);

MODULE_DESCRIPTION("KUnit: allocations that fail");
MODULE_LICENSE("GPL");
