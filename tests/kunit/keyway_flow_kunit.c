// SPDX-License-Identifier: GPL-2.0
/*
 * What is read from a packet to match it, and that no packet makes it read too far.
 *
 * RFCs: 4301 sections 4.4.1.1 and 6
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/prandom.h>

#include "flow.h"
#include "skb.h"

#define V6	sizeof(struct ipv6hdr)

/* A packet is IP header, then @after, then zeros up to @len. */
struct packet {
	const char *desc;
	u8 version;
	u8 next;
	u16 frag_off;		/* IPv4 */
	unsigned int len;
	u8 after[32];
	bool ok;
	u8 proto;
	bool has_ports;
	u16 sport;
	u16 dport;
};

static const struct packet packets[] = {
	{ "TCP over IPv4", 4, IPPROTO_TCP, IP_DF, 60, { 0x12, 0x34, 0, 80 },
	  true, IPPROTO_TCP, true, 0x1234, 80 },
	{ "UDP over IPv4, first fragment", 4, IPPROTO_UDP, IP_MF, 60, { 1, 0, 2, 0 },
	  true, IPPROTO_UDP, true, 256, 512 },
	{ "UDP over IPv4, later fragment", 4, IPPROTO_UDP, IP_MF | 8, 60, { 1, 0, 2, 0 },
	  true, IPPROTO_UDP, false },
	{ "ICMP over IPv4: type and code", 4, IPPROTO_ICMP, 0, 40, { 3, 4 },
	  true, IPPROTO_ICMP, true, 0x304, 0x304 },
	{ "GRE over IPv4 has no ports", 4, IPPROTO_GRE, 0, 40, { 1, 2, 3, 4 },
	  true, IPPROTO_GRE, false },
	{ "ESP over IPv4 is not looked into", 4, IPPROTO_ESP, 0, 60, { 1, 2, 3, 4 },
	  true, IPPROTO_ESP, false },
	{ "TCP over IPv4 without room for ports", 4, IPPROTO_TCP, 0, 22, { 1, 2 },
	  true, IPPROTO_TCP, false },
	{ "IPv4 header alone", 4, IPPROTO_TCP, 0, 20, {}, true, IPPROTO_TCP, false },
	{ "UDP over IPv6", 6, IPPROTO_UDP, 0, V6 + 8, { 0, 7, 0, 9 },
	  true, IPPROTO_UDP, true, 7, 9 },
	{ "ICMPv6", 6, IPPROTO_ICMPV6, 0, V6 + 8, { 128, 0 },
	  true, IPPROTO_ICMPV6, true, 0x8000, 0x8000 },
	{ "hop-by-hop options, then TCP", 6, NEXTHDR_HOP, 0, V6 + 8 + 20,
	  { IPPROTO_TCP, 0, 1, 4, 0, 0, 0, 0, 0, 22, 0, 23 },
	  true, IPPROTO_TCP, true, 22, 23 },
	{ "destination options of 16 bytes, then UDP", 6, NEXTHDR_DEST, 0, V6 + 16 + 8,
	  { IPPROTO_UDP, 1, 1, 12, [16] = 0, 5, 0, 6 },
	  true, IPPROTO_UDP, true, 5, 6 },
	{ "first fragment, then UDP", 6, NEXTHDR_FRAGMENT, 0, V6 + 16,
	  { IPPROTO_UDP, 0, 0, 1, 0, 0, 0, 9, 0, 5, 0, 6 },
	  true, IPPROTO_UDP, true, 5, 6 },
	{ "later fragment", 6, NEXTHDR_FRAGMENT, 0, V6 + 16,
	  { IPPROTO_UDP, 0, 0, 0x10, 0, 0, 0, 9, 0, 5, 0, 6 },
	  true, IPPROTO_UDP, false },
	{ "extension header beyond the end", 6, NEXTHDR_HOP, 0, V6 + 4, { IPPROTO_TCP, 0 }, false },
	{ "extension header chain that never ends", 6, NEXTHDR_DEST, 0, V6 + 200,
	  { NEXTHDR_DEST, 0, [8] = NEXTHDR_DEST, 0, [16] = NEXTHDR_DEST, 0,
	    [24] = NEXTHDR_DEST, 20 }, false },
	{ "no next header", 6, NEXTHDR_NONE, 0, V6, {}, true, NEXTHDR_NONE, false },
};

KUNIT_ARRAY_PARAM_DESC(packet, packets, desc);

static unsigned int write_packet(const struct packet *p, u8 *buf)
{
	unsigned int head = p->version == 4 ? sizeof(struct iphdr) : V6;

	memset(buf, 0, p->len);
	if (p->version == 4)
		write_ipv4(buf, p->len, p->next, 0xb9, htons(p->frag_off));
	else
		write_ipv6(buf, p->len, p->next, 0xb9);
	memcpy(buf + head, p->after, min_t(unsigned int, sizeof(p->after), p->len - head));
	return p->len;
}

static void a_packet_is_read_as_it_is(struct kunit *test)
{
	const struct packet *p = test->param_value;
	u8 buf[256];
	struct sk_buff *skb;
	struct kw_flow flow;

	skb = skb_from(test, buf, write_packet(p, buf), 0);
	KUNIT_ASSERT_EQ(test, kw_flow_parse(&flow, skb), p->ok);
	if (!p->ok)
		return;
	KUNIT_EXPECT_EQ(test, flow.proto, p->proto);
	KUNIT_EXPECT_EQ(test, flow.has_ports, p->has_ports);
	KUNIT_EXPECT_EQ(test, flow.hidden, !p->has_ports &&
			(p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP));
	KUNIT_EXPECT_EQ(test, flow.sport, p->sport);
	KUNIT_EXPECT_EQ(test, flow.dport, p->dport);
	KUNIT_EXPECT_EQ(test, flow.len, p->len);
	KUNIT_EXPECT_EQ(test, flow.dsfield, 0xb9);
	KUNIT_EXPECT_EQ(test, flow.df, p->version == 6 || p->frag_off & IP_DF);
	KUNIT_EXPECT_EQ(test, flow.src.family, p->version == 4 ? AF_INET : AF_INET6);
	KUNIT_EXPECT_EQ(test, flow.src.bytes[p->version == 4 ? 3 : 15], 1);
	KUNIT_EXPECT_EQ(test, flow.dst.bytes[p->version == 4 ? 3 : 15], 2);
}

static void a_truncated_packet_is_refused(struct kunit *test)
{
	const struct packet *p = test->param_value;
	struct kw_flow flow;
	unsigned int len;
	u8 buf[256];

	write_packet(p, buf);
	for (len = 0; len < p->len; len++)
		KUNIT_EXPECT_FALSE_MSG(test, kw_flow_parse(&flow, skb_from(test, buf, len, 0)),
				       "%u bytes", len);
}

static void bytes_after_the_packet_are_not_the_packet(struct kunit *test)
{
	const struct packet *p = test->param_value;
	struct kw_flow flow;
	u8 buf[300] = {};

	write_packet(p, buf);
	KUNIT_ASSERT_EQ(test, kw_flow_parse(&flow, skb_from(test, buf, p->len + 13, 0)), p->ok);
	if (p->ok)
		KUNIT_EXPECT_EQ(test, flow.len, p->len);
}

/* Each with one thing wrong in an IPv4 header of 24 bytes before 20 more. */
static void a_wrong_ipv4_header_is_refused(struct kunit *test)
{
	struct kw_flow flow;
	u8 good[44], bad[44];

	write_ipv4(good, 44, IPPROTO_TCP, 0, 0);
	good[0] = 0x46;
	KUNIT_EXPECT_TRUE(test, kw_flow_parse(&flow, skb_from(test, good, 44, 0)));

	memcpy(bad, good, 44);
	bad[0] = 0x44;			/* header of 16 bytes */
	KUNIT_EXPECT_FALSE(test, kw_flow_parse(&flow, skb_from(test, bad, 44, 0)));
	bad[0] = 0x4f;			/* header longer than the packet */
	KUNIT_EXPECT_FALSE(test, kw_flow_parse(&flow, skb_from(test, bad, 44, 0)));
	bad[0] = 0x56;			/* version 5 */
	KUNIT_EXPECT_FALSE(test, kw_flow_parse(&flow, skb_from(test, bad, 44, 0)));
	bad[0] = 0x46;
	bad[3] = 23;			/* total length less than the header */
	KUNIT_EXPECT_FALSE(test, kw_flow_parse(&flow, skb_from(test, bad, 44, 0)));
	bad[3] = 0;			/* no total length, and no train either */
	KUNIT_EXPECT_FALSE(test, kw_flow_parse(&flow, skb_from(test, bad, 44, 0)));
}

/* Whatever it says of them, KASAN watches what it reads. */
static void random_bytes_are_never_read_beyond(struct kunit *test)
{
	struct rnd_state rnd;
	struct kw_flow flow;
	unsigned int i, parsed = 0;
	u8 buf[120];

	prandom_seed_state(&rnd, 9);
	for (i = 0; i < 20000; i++) {
		unsigned int len = prandom_u32_state(&rnd) % sizeof(buf);
		struct sk_buff *skb = alloc_skb(len, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, skb);
		prandom_bytes_state(&rnd, buf, len);
		if (i % 2) {
			write_ipv6(buf, sizeof(buf), i % 8 ? NEXTHDR_HOP : buf[6], 0);
			put_unaligned_be16(len > V6 ? len - V6 : 0, buf + 4);
		} else {
			write_ipv4(buf, len, buf[9], 0, 0);
			buf[0] = 0x40 | (5 + i % 16);
		}
		skb_put_data(skb, buf, len);
		skb_reset_network_header(skb);
		parsed += kw_flow_parse(&flow, skb);
		kfree_skb(skb);
	}
	KUNIT_EXPECT_GT(test, parsed, 2000);
	KUNIT_EXPECT_LT(test, parsed, 18000);
}

/* An error from 1 to 2 about what 2 sent from port 7 to port 9; only 8 bytes of that are quoted. */
static void an_icmp_error_is_about_the_packet_it_quotes(struct kunit *test)
{
	static const struct {
		u8 version, proto, type;
	} cases[] = {
		{ 4, IPPROTO_ICMP, ICMP_DEST_UNREACH }, { 4, IPPROTO_ICMP, ICMP_TIME_EXCEEDED },
		{ 6, IPPROTO_ICMPV6, ICMPV6_PKT_TOOBIG }, { 6, IPPROTO_ICMPV6, ICMPV6_TIME_EXCEED },
	};
	unsigned int i, head, len, last;
	struct kw_flow flow, quoted;
	struct sk_buff *skb;
	u8 buf[128], *inner;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		bool ipv4 = cases[i].version == 4;

		head = ipv4 ? sizeof(struct iphdr) : V6;
		last = ipv4 ? 3 : 15;
		len = head + 8 + head + 8;
		memset(buf, 0, sizeof(buf));
		inner = buf + head + 8;
		if (cases[i].version == 4) {
			write_ipv4(buf, len, cases[i].proto, 0, 0);
			write_ipv4(inner, 1400, IPPROTO_UDP, 0, 0);
		} else {
			write_ipv6(buf, len, cases[i].proto, 0);
			write_ipv6(inner, 1400, IPPROTO_UDP, 0);
		}
		buf[head] = cases[i].type;
		memcpy(inner + head, "\0\x07\0\x09", 4);
		skb = skb_from(test, buf, len, 0);
		KUNIT_ASSERT_TRUE(test, kw_flow_parse(&flow, skb));
		KUNIT_EXPECT_TRUE(test, flow.icmp_error);
		KUNIT_ASSERT_TRUE(test, kw_flow_quoted(&flow, skb, &quoted));
		KUNIT_EXPECT_EQ(test, quoted.proto, IPPROTO_UDP);
		KUNIT_EXPECT_EQ(test, quoted.src.bytes[last], 2);
		KUNIT_EXPECT_EQ(test, quoted.dst.bytes[last], 1);
		KUNIT_EXPECT_EQ(test, quoted.sport, 9);
		KUNIT_EXPECT_EQ(test, quoted.dport, 7);
		/* One byte less of the quoted header, and there is nothing to go by. */
		flow.len = head + 8 + head - 1;
		KUNIT_EXPECT_FALSE(test, kw_flow_quoted(&flow, skb, &quoted));
	}
}

static void an_echo_request_quotes_nothing(struct kunit *test)
{
	struct kw_flow flow, quoted;
	struct sk_buff *skb;
	u8 buf[64] = {};

	write_ipv4(buf, sizeof(buf), IPPROTO_ICMP, 0, 0);
	buf[sizeof(struct iphdr)] = ICMP_ECHO;
	skb = skb_from(test, buf, sizeof(buf), 0);
	KUNIT_ASSERT_TRUE(test, kw_flow_parse(&flow, skb));
	KUNIT_EXPECT_FALSE(test, kw_flow_quoted(&flow, skb, &quoted));
}

static struct kunit_case flow_cases[] = {
	KUNIT_CASE_PARAM(a_packet_is_read_as_it_is, packet_gen_params),
	KUNIT_CASE_PARAM(a_truncated_packet_is_refused, packet_gen_params),
	KUNIT_CASE_PARAM(bytes_after_the_packet_are_not_the_packet, packet_gen_params),
	KUNIT_CASE(a_wrong_ipv4_header_is_refused),
	KUNIT_CASE(random_bytes_are_never_read_beyond),
	KUNIT_CASE(an_icmp_error_is_about_the_packet_it_quotes),
	KUNIT_CASE(an_echo_request_quotes_nothing),
	{}
};

static struct kunit_suite flow_suite = {
	.name = "keyway_flow",
	.test_cases = flow_cases,
};

kunit_test_suite(flow_suite);

MODULE_DESCRIPTION("KUnit: selectors of a packet");
MODULE_LICENSE("GPL");
