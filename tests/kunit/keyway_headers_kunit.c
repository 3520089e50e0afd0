// SPDX-License-Identifier: GPL-2.0
/*
 * Outer headers in every mix of families, TCP's segment size, trains of odd segments, and the end
 * of the sequence numbers.
 *
 * RFCs: 4301 section 5.1.2, 4303 section 3.3.3, 6040, 9293 section 3.7.1
 */
#include <linux/tcp.h>
#include <net/inet_ecn.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>

#include "flow.h"
#include "mss.h"
#include "road.h"
#include "sa.h"

KUNIT_ARRAY_PARAM_DESC(crossing, crossings, desc);

/* RFC 6040 figure 4, by inner and outer codepoint; -1 is drop. */
static const int ecn_out[4][4] = {
	[INET_ECN_NOT_ECT] = { 0, 0, 0, -1 },
	[INET_ECN_ECT_1] = { 1, 1, 1, 3 },
	[INET_ECN_ECT_0] = { 2, 1, 2, 3 },
	[INET_ECN_CE] = { 3, 3, 3, 3 },
};

/* The traffic class byte of an IPv6 header lies across two; of IPv4's it is the second. */
static void set_outer_ecn(u8 *p, u8 ecn)
{
	if (p[0] >> 4 == 4)
		p[1] = (p[1] & ~3) | ecn;
	else
		p[1] = (p[1] & ~0x30) | ecn << 4;
}

static u8 outer_dsfield(const u8 *p)
{
	return p[0] >> 4 == 4 ? p[1] : (u8)(p[0] << 4 | p[1] >> 4);
}

static void ecn_crosses_in_every_mix_of_families(struct kunit *test)
{
	const struct crossing *x = test->param_value;
	struct road *road = road_new(test);
	struct child c = child_of(road, x);
	u8 inner[INNER_LEN], in, out;

	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	for (in = 0; in < 4; in++) {
		for (out = 0; out < 4; out++) {
			u64 dropped = drops(KEYWAY_A_STATS_IN_ECN);
			struct captured w;

			write_inner(inner, x->inner, 0xb8 | in, 0);
			w = capture(test, road, inner);
			KUNIT_EXPECT_EQ(test, outer_dsfield(w.data), 0xb8 | in);
			set_outer_ecn(w.data, out);
			inject(test, w.data, w.len);
			if (ecn_out[in][out] < 0) {
				KUNIT_EXPECT_EQ(test, drops(KEYWAY_A_STATS_IN_ECN), dropped + 1);
				KUNIT_EXPECT_EQ(test, skb_queue_len(&road->inner), 0);
			} else {
				write_inner(inner, x->inner, 0xb8 | ecn_out[in][out], 0);
				expect_inner(test, road, inner, INNER_LEN);
			}
			skb_queue_purge(&road->wire);
		}
	}
}

struct copied {
	const char *desc;
	u32 flags;
	u32 first_word;
	u8 hop_limit;
};

static const struct copied copies[] = {
	{ "neither", 0, 0x60000000, 64 },
	{ "the TTL", KEYWAY_POLICY_F_COPY_TTL, 0x60000000, 9 },
	{ "the flow label", KEYWAY_POLICY_F_COPY_FLOW_LABEL, 0x600abcde, 64 },
};

KUNIT_ARRAY_PARAM_DESC(copied, copies, desc);

static void ttl_and_flow_label_are_copied_on_request(struct kunit *test)
{
	const struct copied *copied = test->param_value;
	struct road *road = road_new(test);
	struct crossing x = { .inner = 6, .outer = 6, .encr = KEYWAY_ENCR_AES_GCM_16 };
	struct child c = child_of(road, &x);
	u8 inner[INNER_LEN];
	struct captured w;

	write_inner(inner, 6, 0, 0);
	inner[1] |= 0x0a;
	inner[2] = 0xbc;
	inner[3] = 0xde;
	inner[7] = 9;
	c.policy_flags = copied->flags;
	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	w = capture(test, road, inner);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(w.data), copied->first_word);
	KUNIT_EXPECT_EQ(test, w.data[7], copied->hop_limit);
}

/* A TCP packet from here to there with @len bytes of options and payload, @options of them. */
static unsigned int write_tcp(u8 *p, u8 version, u8 flags, unsigned int options, unsigned int len)
{
	unsigned int ip = version == 4 ? 20 : 40, total = ip + 20 + len;
	struct tcphdr tcp = {
		.source = htons(40000),
		.dest = htons(443),
		.seq = htonl(1000),
		.doff = 5 + options / 4,
		.window = htons(1000),
	};

	if (version == 4)
		write_ipv4(p, total, IPPROTO_TCP, 0, htons(IP_DF));
	else
		write_ipv6(p, total, IPPROTO_TCP, 0);
	memcpy(p + ip, &tcp, sizeof(tcp));
	p[ip + 13] = flags;
	return total;
}

/* Sum of the TCP part with its pseudo header; 0 when its checksum is good. */
static u16 tcp_sum(const u8 *p, unsigned int total)
{
	unsigned int ip = p[0] >> 4 == 4 ? 20 : 40;
	__wsum sum = csum_partial(p + ip, total - ip, 0);
	struct in6_addr src, dst;
	__be32 saddr, daddr;

	if (ip == 20) {
		memcpy(&saddr, p + 12, 4);
		memcpy(&daddr, p + 16, 4);
		return (__force u16)csum_tcpudp_magic(saddr, daddr, total - ip, IPPROTO_TCP, sum);
	}
	memcpy(&src, p + 8, 16);
	memcpy(&dst, p + 24, 16);
	return (__force u16)csum_ipv6_magic(&src, &dst, total - ip, IPPROTO_TCP, sum);
}

struct mss_case {
	const char *desc;
	u8 version;
	u8 flags;		/* of the TCP header */
	u8 options[12];
	unsigned int at;	/* where in them the value is */
	u16 from;
	u16 to;
};

#define SYN	0x02
#define ACK	0x10
static const struct mss_case mss_cases[] = {
	{ "IPv4 SYN", 4, SYN, { 2, 4, 0, 0, 1, 1, 1, 1 }, 2, 1460, 1260 },
	{ "IPv6 SYN", 6, SYN, { 2, 4, 0, 0, 1, 1, 1, 1 }, 2, 1440, 1240 },
	{ "SYN-ACK", 4, SYN | ACK, { 2, 4, 0, 0 }, 2, 1460, 1260 },
	{ "behind a no-op, at an odd byte", 4, SYN, { 1, 2, 4, 0, 0, 1, 1, 0 }, 3, 1461, 1260 },
	{ "the same in IPv6", 6, SYN, { 1, 2, 4, 0, 0, 1, 1, 0 }, 3, 0xffff, 1240 },
	{ "small enough", 4, SYN, { 2, 4, 0, 0 }, 2, 536, 536 },
	{ "behind the end of options", 4, SYN, { 0, 2, 4, 0, 0, 0, 0, 0 }, 3, 1460, 1460 },
	{ "behind an option of length 0", 4, SYN, { 8, 0, 2, 4, 0, 0, 0, 0 }, 4, 1460, 1460 },
	{ "an option that is longer than the header", 4, SYN, { 8, 200, 2, 4, 0, 0, 0, 0 }, 4,
	  1460, 1460 },
};

KUNIT_ARRAY_PARAM_DESC(mss, mss_cases, desc);

static void the_segment_size_is_lowered_and_the_checksum_right(struct kunit *test)
{
	const struct mss_case *m = test->param_value;
	unsigned int ip = m->version == 4 ? 20 : 40, total;
	struct sk_buff *skb, *clone;
	struct kw_flow flow;
	u8 p[128] = {};
	__be16 check;

	total = write_tcp(p, m->version, m->flags, 12, 12);
	memcpy(p + ip + 20, m->options, 12);
	put_unaligned_be16(m->from, p + ip + 20 + m->at);
	check = (__force __be16)tcp_sum(p, total);
	memcpy(p + ip + 16, &check, 2);
	KUNIT_ASSERT_EQ(test, tcp_sum(p, total), 0);

	skb = skb_from(test, p, total, 64);
	clone = skb_clone(skb, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, clone);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, skb_free_action, clone), 0);
	KUNIT_ASSERT_TRUE(test, kw_flow_parse(&flow, skb));
	KUNIT_EXPECT_TRUE(test, kw_mss_is_syn(skb, &flow));
	kw_mss_clamp(skb, &flow, 1300);
	KUNIT_EXPECT_EQ(test, get_unaligned_be16(skb->data + ip + 20 + m->at), m->to);
	KUNIT_EXPECT_EQ(test, tcp_sum(skb->data, total), 0);
	/* Whoever else has the packet sees it as it was. */
	KUNIT_EXPECT_MEMEQ(test, clone->data, p, total);
}

static void only_a_syn_is_a_syn(struct kunit *test)
{
	u8 p[128] = {};
	unsigned int total = write_tcp(p, 4, ACK, 0, 4);
	struct sk_buff *skb = skb_from(test, p, total, 64);
	struct kw_flow flow;

	KUNIT_ASSERT_TRUE(test, kw_flow_parse(&flow, skb));
	KUNIT_EXPECT_FALSE(test, kw_mss_is_syn(skb, &flow));
	write_inner(p, 4, 0, 0);
	skb = skb_from(test, p, INNER_LEN, 64);
	KUNIT_ASSERT_TRUE(test, kw_flow_parse(&flow, skb));
	KUNIT_EXPECT_FALSE(test, kw_mss_is_syn(skb, &flow));
}

static u8 pattern(unsigned int i)
{
	return i * 7 + (i >> 8);
}

/* Sends a train of @payload bytes in segments of @size. */
static void send_train(struct kunit *test, struct road *road, unsigned int payload,
		       unsigned int size)
{
	struct sk_buff *skb = alloc_skb(LL_MAX_HEADER + 40 + payload, GFP_KERNEL);
	unsigned int i;
	u8 *p;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_reserve(skb, LL_MAX_HEADER);
	p = skb_put_zero(skb, 40 + payload);
	write_tcp(p, 4, ACK, 0, payload);
	for (i = 0; i < payload; i++)
		p[40 + i] = pattern(i);
	skb->protocol = htons(ETH_P_IP);
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, 20);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	tcp_hdr(skb)->check = ~tcp_v4_check(20 + payload, ip_hdr(skb)->saddr,
					    ip_hdr(skb)->daddr, 0);
	if (payload > size) {
		skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4;
		skb_shinfo(skb)->gso_size = size;
		skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(payload, size);
	}
	send_skb(road, skb);
}

/* What came out, GRO's trains or single packets, is the payload again. */
static void expect_train(struct kunit *test, struct road *road, unsigned int payload)
{
	unsigned int got = 0, wrong = 0, i;
	struct sk_buff *skb;

	while ((skb = skb_dequeue(&road->inner))) {
		for (i = 40; i < skb->len; i++) {
			u8 byte = 0;

			skb_copy_bits(skb, i, &byte, 1);
			wrong += byte != pattern(got++);
		}
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, got, payload);
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

static void trains_of_every_odd_size_arrive_whole(struct kunit *test)
{
	static const unsigned int sizes[] = { 1, 2, 3, 5, 17, 255, 536, 1001, 1399, 1448 };
	struct road *road = road_new(test);
	struct child c = child_default(road->dev);
	unsigned int i, extra;

	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (extra = 0; extra < 4; extra++) {
			unsigned int payload = 5 * sizes[i] + extra;

			send_train(test, road, payload, sizes[i]);
			KUNIT_EXPECT_EQ(test, skb_queue_len(&road->wire),
					DIV_ROUND_UP(payload, sizes[i]));
			skb_queue_purge(&road->wire);
			expect_train(test, road, payload);
		}
	}
	KUNIT_EXPECT_EQ(test, road->clear, 0);
}

/* The only outbound SA there is. */
static struct kw_sa *outbound_sa(struct kunit *test)
{
	struct kw_net *kn = kw_net(&init_net);
	struct kw_sa *sa, *found = NULL;
	int id;

	mutex_lock(&kn->lock);
	idr_for_each_entry(&kn->sadb.all, sa, id)
		if (sa->dir == KEYWAY_DIR_OUT)
			found = sa;
	mutex_unlock(&kn->lock);
	KUNIT_ASSERT_NOT_NULL(test, found);
	return found;
}

static void the_last_sequence_number_is_the_last(struct kunit *test)
{
	struct road *road = road_new(test);
	struct child c = child_default(road->dev);
	u64 dropped = drops(KEYWAY_A_STATS_OUT_SEQUENCE);
	u8 inner[INNER_LEN];
	struct sk_buff *skb;
	unsigned int i;

	write_inner(inner, 4, 0, 0);
	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	atomic64_set(&outbound_sa(test)->seq, U32_MAX - 2);
	for (i = 0; i < 5; i++)
		send_inner(test, road, inner, INNER_LEN);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&road->wire), 2);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&road->inner), 2);
	KUNIT_EXPECT_EQ(test, drops(KEYWAY_A_STATS_OUT_SEQUENCE), dropped + 1);
	KUNIT_EXPECT_EQ(test, road->clear, 0);
	skb = skb_peek_tail(&road->wire);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(skb->data + 24), U32_MAX);
}

static void with_esn_the_low_half_goes_round(struct kunit *test)
{
	struct road *road = road_new(test);
	struct child c = child_default(road->dev);
	u8 inner[INNER_LEN];
	unsigned int i;

	c.sa_flags = KEYWAY_SA_F_ESN;
	write_inner(inner, 4, 0, 0);
	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	atomic64_set(&outbound_sa(test)->seq, U32_MAX - 2);
	for (i = 0; i < 5; i++)
		send_inner(test, road, inner, INNER_LEN);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&road->wire), 5);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&road->inner), 5);
}

static struct kunit_case headers_cases[] = {
	KUNIT_CASE_PARAM(ecn_crosses_in_every_mix_of_families, crossing_gen_params),
	KUNIT_CASE_PARAM(ttl_and_flow_label_are_copied_on_request, copied_gen_params),
	KUNIT_CASE_PARAM(the_segment_size_is_lowered_and_the_checksum_right, mss_gen_params),
	KUNIT_CASE(only_a_syn_is_a_syn),
	KUNIT_CASE(trains_of_every_odd_size_arrive_whole),
	KUNIT_CASE(the_last_sequence_number_is_the_last),
	KUNIT_CASE(with_esn_the_low_half_goes_round),
	{}
};

static struct kunit_suite headers_suite = {
	.name = "keyway_headers",
	.test_cases = headers_cases,
};

kunit_test_suite(headers_suite);

MODULE_DESCRIPTION("KUnit: outer headers, segment sizes, trains, the end of sequence numbers");
MODULE_LICENSE("GPL");
