// SPDX-License-Identifier: GPL-2.0
/*
 * BEET mode: whole packets over the loopback device in every mix of families, with IPv4 options of
 * every length; pseudo headers that are none; what it is not for.
 *
 * RFCs: 7402 appendix B
 */
#include "beet.h"
#include "policy.h"
#include "road.h"

/* What ends a packet has, and then swapped: it comes back to where it came from. */
static const u8 ends[2][16] = {
	{ 10, 0, 0, 1 }, { 10, 0, 0, 2 },
};

static const u8 ends6[2][16] = {
	{ 0xfd, [15] = 1 }, { 0xfd, [15] = 2 },
};

static void set_end(struct child *c, const u8 *address)
{
	memcpy(c->first, address, 16);
	memcpy(c->last, address, 16);
}

static void put_end(struct sk_buff *msg, int attr, const struct child *c, unsigned int i)
{
	struct child end = *c;

	set_end(&end, c->addr_len == 4 ? ends[i] : ends6[i]);
	put_selector(msg, attr, &end);
}

/* child-new for @c, but with one address of its own on each side. */
static int nl_beet(struct kunit *test, const struct road *road, const struct child *c)
{
	struct sk_buff *msg = nl_request(test, KEYWAY_CMD_CHILD_NEW);
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_POLICY);

	nla_put_u32(msg, KEYWAY_A_POLICY_IFINDEX, c->ifindex);
	nla_put_u8(msg, KEYWAY_A_POLICY_MODE, KEYWAY_MODE_BEET);
	put_end(msg, KEYWAY_A_POLICY_TS_LOCAL, c, 0);
	put_end(msg, KEYWAY_A_POLICY_TS_REMOTE, c, 1);
	nla_put(msg, KEYWAY_A_POLICY_LOCAL, c->outer_len, c->local);
	nla_put(msg, KEYWAY_A_POLICY_REMOTE, c->outer_len, c->remote);
	nla_nest_end(msg, nest);
	put_sa_nest(msg, c, KEYWAY_DIR_IN);
	put_sa_nest(msg, c, KEYWAY_DIR_OUT);
	return nl_send(test, road->nl, msg, NULL);
}

/* The packet between the same two, the other way about. */
static void turn(u8 *p)
{
	unsigned int at = p[0] >> 4 == 4 ? 12 : 8, len = p[0] >> 4 == 4 ? 4 : 16;
	u8 source[16];

	memcpy(source, p + at, len);
	memcpy(p + at, p + at + len, len);
	memcpy(p + at + len, source, len);
	if (p[0] >> 4 == 4)
		ip_send_check((struct iphdr *)p);
}

KUNIT_ARRAY_PARAM_DESC(crossing, crossings, desc);

static void a_packet_crosses_without_its_addresses(struct kunit *test)
{
	const struct crossing *x = test->param_value;
	unsigned int carried = INNER_LEN - (x->inner == 4 ? 20 : 40);
	unsigned int head = x->outer == 4 ? 20 : 40;
	struct road *road = road_new(test);
	struct child c = child_of(road, x);
	u8 inner[INNER_LEN];
	struct captured w;

	KUNIT_ASSERT_EQ(test, nl_beet(test, road, &c), 0);
	write_inner(inner, x->inner, 0xb8, htons(IP_DF));
	inner[x->inner == 4 ? 8 : 7] = 17;
	if (x->inner == 4)
		ip_send_check((struct iphdr *)inner);
	w = capture(test, road, inner);
	KUNIT_EXPECT_EQ(test, w.len, head + 8 + 8 + round_up(carried + 2, 4) + 16);
	KUNIT_EXPECT_EQ(test, w.data[x->outer == 4 ? 8 : 7], 17);
	/* A router took one off. */
	w.data[x->outer == 4 ? 8 : 7] = 16;
	inject(test, w.data, w.len);
	inner[x->inner == 4 ? 8 : 7] = 16;
	turn(inner);
	expect_inner(test, road, inner, INNER_LEN);
}

static void options_go_along(struct kunit *test)
{
	struct crossing x = { "", 4, 4, KEYWAY_ENCR_AES_GCM_16, 0 };
	struct road *road = road_new(test);
	struct child c = child_of(road, &x);
	unsigned int options, i;
	struct captured w;
	u8 inner[128];

	KUNIT_ASSERT_EQ(test, nl_beet(test, road, &c), 0);
	for (options = 4; options <= 40; options += 4) {
		unsigned int len = 20 + options + 30;

		for (i = 0; i < len; i++)
			inner[i] = 3 * i + options;
		write_ipv4(inner, len, IPPROTO_UDP, 0, htons(IP_DF));
		inner[0] = 0x45 + options / 4;
		/* Of a number that no stack makes much of. */
		inner[20] = 0x1e;
		inner[21] = options;
		ip_send_check((struct iphdr *)inner);
		w = capture_of(test, road, inner, len);
		KUNIT_EXPECT_EQ(test, w.data[0], 0x45);
		KUNIT_EXPECT_EQ(test, w.len, 20 + 8 + 8 +
				round_up(round_up(options + 4, 8) + 30 + 2, 4) + 16);
		inject(test, w.data, w.len);
		turn(inner);
		expect_inner(test, road, inner, len);
	}
}

struct pseudo {
	const char *desc;
	u8 bytes[4];		/* next header, length, padding, reserved */
	u8 len;			/* of what ESP carried */
	bool good;
};

static const struct pseudo pseudos[] = {
	{ "4 octets of options", { IPPROTO_UDP, 0, 0 }, 16, true },
	{ "8 octets of options, with padding", { IPPROTO_UDP, 1, 4 }, 24, true },
	{ "40 octets of options", { IPPROTO_UDP, 5, 4 }, 48, true },
	{ "not even a pseudo header", { IPPROTO_UDP, 0, 0 }, 3 },
	{ "options that end behind the packet", { IPPROTO_UDP, 1, 4 }, 12 },
	{ "a pseudo header and nothing else", { IPPROTO_UDP, 0, 0 }, 4 },
	{ "44 octets of options", { IPPROTO_UDP, 5, 0 }, 60 },
	{ "no options", { IPPROTO_UDP, 0, 4 }, 60 },
	{ "padding that aligns nothing", { IPPROTO_UDP, 1, 2 }, 60 },
	{ "padding of more than it may have", { IPPROTO_UDP, 2, 8 }, 60 },
	{ "the longest of all", { IPPROTO_UDP, 255, 0 }, 60 },
};

KUNIT_ARRAY_PARAM_DESC(pseudo, pseudos, desc);

static void a_pseudo_header_is_looked_at(struct kunit *test)
{
	struct kw_ts ts[2] = { { .start.family = AF_INET }, { .start.family = AF_INET } };
	struct kw_policy policy = { .ts = ts, .n_local = 1, .n_remote = 1 };
	const struct pseudo *p = test->param_value;
	struct sk_buff *skb;
	u8 data[128] = {};

	write_ipv4(data, 20 + p->len, IPPROTO_ESP, 0, 0);
	memcpy(data + 20, p->bytes, min_t(unsigned int, p->len, 4));
	skb = skb_from(test, data, 20 + p->len, 64);
	__skb_pull(skb, 20);
	KUNIT_EXPECT_EQ(test, kw_beet_close(skb, IPPROTO_BEETPH, &policy),
			p->good ? 0 : KEYWAY_A_STATS_IN_MALFORMED);
	if (!p->good)
		return;
	KUNIT_EXPECT_EQ(test, ip_hdr(skb)->ihl * 4,
			20 + p->bytes[1] * 8 + 4 - p->bytes[2]);
	KUNIT_EXPECT_EQ(test, skb->len, 20 + p->len - 4 - p->bytes[2]);
	KUNIT_EXPECT_EQ(test, ip_hdr(skb)->protocol, IPPROTO_UDP);
}

static void ipv6_has_no_pseudo_header(struct kunit *test)
{
	struct kw_ts ts[2] = { { .start.family = AF_INET6 }, { .start.family = AF_INET6 } };
	struct kw_policy policy = { .ts = ts, .n_local = 1, .n_remote = 1 };
	u8 data[64] = {};
	struct sk_buff *skb;

	write_ipv4(data, sizeof(data), IPPROTO_ESP, 0, 0);
	/* Less room than IPv6's header needs. */
	skb = skb_from(test, data, sizeof(data), 0);
	__skb_pull(skb, 20);
	KUNIT_EXPECT_EQ(test, kw_beet_close(skb, IPPROTO_BEETPH, &policy),
			KEYWAY_A_STATS_IN_MALFORMED);
	KUNIT_EXPECT_EQ(test, kw_beet_close(skb, IPPROTO_UDP, &policy), 0);
	KUNIT_EXPECT_EQ(test, skb->len, 84);
	KUNIT_EXPECT_EQ(test, ipv6_hdr(skb)->hop_limit, 64);
}

static void a_packet_longer_than_its_length_field_is_refused(struct kunit *test)
{
	struct kw_ts ts[2] = { { .start.family = AF_INET }, { .start.family = AF_INET } };
	struct kw_policy policy = { .ts = ts, .n_local = 1, .n_remote = 1 };
	unsigned int fits = U16_MAX - 20, len;
	u8 *data = kunit_kzalloc(test, 20 + fits + 1, GFP_KERNEL);
	struct sk_buff *skb;

	KUNIT_ASSERT_NOT_NULL(test, data);
	write_ipv4(data, 20, IPPROTO_ESP, 0, 0);
	for (len = fits; len <= fits + 1; len++) {
		skb = skb_from(test, data, 20 + len, 64);
		__skb_pull(skb, 20);
		KUNIT_EXPECT_EQ(test, kw_beet_close(skb, IPPROTO_UDP, &policy),
				len > fits ? KEYWAY_A_STATS_IN_MALFORMED : 0);
	}
}

static void expect_dropped(struct kunit *test, struct road *road, const u8 *inner,
			   unsigned int reason)
{
	u64 before = drops(reason);

	send_inner(test, road, inner, INNER_LEN);
	KUNIT_EXPECT_EQ(test, drops(reason), before + 1);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&road->wire), 0);
	KUNIT_EXPECT_EQ(test, road->clear, 0);
}

static void a_fragment_is_not_for_it(struct kunit *test)
{
	struct crossing x = { "", 4, 4, KEYWAY_ENCR_AES_GCM_16, 0 };
	struct road *road = road_new(test);
	struct child c = child_of(road, &x);
	u8 inner[INNER_LEN];

	KUNIT_ASSERT_EQ(test, nl_beet(test, road, &c), 0);
	write_inner(inner, 4, 0, htons(IP_MF));
	expect_dropped(test, road, inner, KEYWAY_A_STATS_OUT_FRAGMENT);
}

/* An error of a router's about a packet from the other side: its sender would be lost. */
static void an_error_of_somebody_else_is_not_for_it(struct kunit *test)
{
	struct crossing x = { "", 4, 4, KEYWAY_ENCR_AES_GCM_16, 0 };
	struct road *road = road_new(test);
	struct child c = child_of(road, &x);
	u8 inner[INNER_LEN] = {}, *quoted = inner + 28;

	KUNIT_ASSERT_EQ(test, nl_beet(test, road, &c), 0);
	write_ipv4(inner, INNER_LEN, IPPROTO_ICMP, 0, 0);
	put_unaligned_be32(0x0a000009, inner + 12);
	ip_send_check((struct iphdr *)inner);
	inner[20] = 3;
	inner[21] = 1;
	write_ipv4(quoted, 32, IPPROTO_UDP, 0, 0);
	turn(quoted);
	put_unaligned_be16(csum_fold(csum_partial(inner + 20, INNER_LEN - 20, 0)), inner + 22);
	expect_dropped(test, road, inner, KEYWAY_A_STATS_OUT_ADDRESS);
}

struct refusal {
	const char *desc;
	const char *text;
	void (*spoil)(struct child *c);
};

#define BETWEEN	"BEET mode is between one address on each side, of one family."
#define TOGETHER	"An SA is of BEET mode if its policy is, and only then."
#define SPOIL(name, statement) static void name(struct child *c) { statement; }

SPOIL(nothing, (void)c)
SPOIL(a_net, c->last[3]++)
SPOIL(twice, c->n_ts = 2)
SPOIL(other_mode, c->sa_mode = KEYWAY_MODE_TRANSPORT)
SPOIL(not_its_policy, c->mode = KEYWAY_MODE_TRANSPORT; c->sa_mode = KEYWAY_MODE_BEET)
SPOIL(ah, c->proto = IPPROTO_AH; c->encr = 0; c->bits = 0; c->key = NULL;
	  c->integ = KEYWAY_INTEG_AES_CMAC_96; c->integ_key = nl_key; c->integ_len = 16)

static const struct refusal refusals[] = {
	{ "as it should be", "", nothing },
	{ "a net", BETWEEN, a_net },
	{ "two selectors", BETWEEN, twice },
	{ "SA of another mode", TOGETHER, other_mode },
	{ "policy of another mode", TOGETHER, not_its_policy },
	{ "AH", "BEET mode is of ESP alone.", ah },
};

KUNIT_ARRAY_PARAM_DESC(refusal, refusals, desc);

static void what_it_is_not_for_is_refused(struct kunit *test)
{
	const struct refusal *r = test->param_value;
	struct net_device *dev = nl_device(test, "kw-kunit");
	struct nl *nl = nl_open(test, NETLINK_GENERIC);
	struct child c = child_default(dev);

	c.mode = KEYWAY_MODE_BEET;
	set_end(&c, ends[0]);
	r->spoil(&c);
	KUNIT_EXPECT_EQ(test, nl_child(test, nl, &c), *r->text ? -EINVAL : 0);
	KUNIT_EXPECT_STREQ(test, nl->text, r->text);
}

static struct kunit_case beet_cases[] = {
	KUNIT_CASE_PARAM(a_packet_crosses_without_its_addresses, crossing_gen_params),
	KUNIT_CASE(options_go_along),
	KUNIT_CASE_PARAM(a_pseudo_header_is_looked_at, pseudo_gen_params),
	KUNIT_CASE(ipv6_has_no_pseudo_header),
	KUNIT_CASE(a_packet_longer_than_its_length_field_is_refused),
	KUNIT_CASE(a_fragment_is_not_for_it),
	KUNIT_CASE(an_error_of_somebody_else_is_not_for_it),
	KUNIT_CASE_PARAM(what_it_is_not_for_is_refused, refusal_gen_params),
	{}
};

static struct kunit_suite beet_suite = {
	.name = "keyway_beet",
	.test_cases = beet_cases,
};

kunit_test_suite(beet_suite);

MODULE_DESCRIPTION("KUnit: BEET mode");
MODULE_LICENSE("GPL");
