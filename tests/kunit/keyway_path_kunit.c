// SPDX-License-Identifier: GPL-2.0
/*
 * The whole data path (road.h): headers, ECN, limits, and what is refused on the way in and out.
 *
 * RFCs: 4301 section 5, 4303, 6040
 */
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <net/inet_ecn.h>

#include "cipher.h"
#include "esp.h"
#include "road.h"

/* What an IPv4 and AES-GCM-16 packet of INNER_LEN bytes becomes. */
#define ESP_LEN		(8 + 8 + (INNER_LEN + 2 + 2) + 16)
#define WIRE_LEN	(20 + ESP_LEN)

KUNIT_ARRAY_PARAM_DESC(crossing, crossings, desc);

static void packets_cross_unchanged_and_only_as_esp(struct kunit *test)
{
	const struct crossing *x = test->param_value;
	struct road *road = road_new(test);
	struct child c = child_of(road, x);
	struct sk_buff *skb;
	u8 inner[INNER_LEN];
	u32 seq;

	write_inner(inner, x->inner, 0, 0);
	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	for (seq = 1; seq <= 20; seq++) {
		const u8 *esp;

		send_inner(test, road, inner, INNER_LEN);
		expect_inner(test, road, inner, INNER_LEN);
		skb = skb_dequeue(&road->wire);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_EXPECT_EQ(test, skb->len, (x->outer == 4 ? 20 : 40) + ESP_LEN);
		esp = skb->data + (x->outer == 4 ? 20 : 40);
		KUNIT_EXPECT_EQ(test, get_unaligned_be32(esp), c.spi);
		KUNIT_EXPECT_EQ(test, get_unaligned_be32(esp + 4), seq);
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, road->clear, 0);
}

struct header {
	const char *desc;
	u8 df;
	u32 policy_flags;
	u8 dscp;
	u8 ttl;
	u8 inner_dsfield;
	bool inner_df;
	u8 outer_dsfield;
	bool outer_df;
};

static const struct header headers[] = {
	{ "DF copied when set", KEYWAY_DF_COPY, 0, 0, 0, 0, true, 0, true },
	{ "DF copied when clear", KEYWAY_DF_COPY, 0, 0, 0, 0, false, 0, false },
	{ "DF set though clear", KEYWAY_DF_SET, 0, 0, 0, 0, false, 0, true },
	{ "DF cleared though set", KEYWAY_DF_CLEAR, 0, 0, 0, 0, true, 0, false },
	{ "DSCP and Not-ECT copied", 0, 0, 0, 0, 0xb8, true, 0xb8, true },
	{ "ECT(0) copied", 0, 0, 0, 0, 0xba, true, 0xba, true },
	{ "ECT(1) copied", 0, 0, 0, 0, 0xb9, true, 0xb9, true },
	{ "CE copied", 0, 0, 0, 0, 0xbb, true, 0xbb, true },
	{ "no ECN: ECT(0)", 0, KEYWAY_POLICY_F_NO_ECN, 0, 0, 0xba, true, 0xb8, true },
	{ "no ECN: CE", 0, KEYWAY_POLICY_F_NO_ECN, 0, 0, 0xbb, true, 0xb8, true },
	{ "DSCP 10 instead, ECN copied", 0, 0, 10, 0, 0xba, true, 0x2a, true },
	{ "TTL 7", 0, 0, 0, 7, 0, true, 0, true },
};

KUNIT_ARRAY_PARAM_DESC(header, headers, desc);

static void the_outer_header_is_as_the_policy_says(struct kunit *test)
{
	const struct header *h = test->param_value;
	struct road *road = road_new(test);
	struct child c = child_default(road->dev);
	u8 inner[INNER_LEN];
	struct captured w;
	struct iphdr iph;

	c.df = h->df;
	c.policy_flags = h->policy_flags;
	c.dscp = h->dscp;
	c.ttl = h->ttl;
	write_inner(inner, 4, h->inner_dsfield, h->inner_df ? htons(IP_DF) : 0);
	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	w = capture(test, road, inner);
	memcpy(&iph, w.data, sizeof(iph));
	KUNIT_EXPECT_EQ(test, w.len, WIRE_LEN);
	KUNIT_EXPECT_EQ(test, ntohs(iph.tot_len), WIRE_LEN);
	KUNIT_EXPECT_EQ(test, w.data[0], 0x45);
	KUNIT_EXPECT_EQ(test, ip_fast_csum(w.data, 5), 0);
	KUNIT_EXPECT_EQ(test, ntohl(iph.saddr), INADDR_LOOPBACK);
	KUNIT_EXPECT_EQ(test, ntohl(iph.daddr), INADDR_LOOPBACK);
	KUNIT_EXPECT_EQ(test, iph.tos, h->outer_dsfield);
	KUNIT_EXPECT_EQ(test, ntohs(iph.frag_off), h->outer_df ? IP_DF : 0);
	KUNIT_EXPECT_EQ(test, iph.ttl, h->ttl ?: 64);
}

/* RFC 6040 figure 4, by inner and outer codepoint; -1 is drop. */
static const int ecn_out[4][4] = {
	[INET_ECN_NOT_ECT] = { 0, 0, 0, -1 },
	[INET_ECN_ECT_1] = { 1, 1, 1, 3 },
	[INET_ECN_ECT_0] = { 2, 1, 2, 3 },
	[INET_ECN_CE] = { 3, 3, 3, 3 },
};

static void ecn_comes_out_as_rfc_6040_says(struct kunit *test)
{
	struct road *road = road_new(test);
	struct child c = child_default(road->dev);
	u8 inner[INNER_LEN], in, out;

	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	for (in = 0; in < 4; in++) {
		for (out = 0; out < 4; out++) {
			u64 dropped = drops(KEYWAY_A_STATS_IN_ECN);
			struct captured w;

			write_inner(inner, 4, 0xb8 | in, 0);
			w = capture(test, road, inner);
			w.data[1] = 0x20 | out;
			inject(test, w.data, w.len);
			if (ecn_out[in][out] < 0) {
				KUNIT_EXPECT_EQ(test, drops(KEYWAY_A_STATS_IN_ECN), dropped + 1);
				KUNIT_EXPECT_EQ(test, skb_queue_len(&road->inner), 0);
			} else {
				/* The inner DSCP stays; the checksum is good again. */
				write_inner(inner, 4, 0xb8 | ecn_out[in][out], 0);
				expect_inner(test, road, inner, INNER_LEN);
			}
			skb_queue_purge(&road->wire);
		}
	}
}

static void a_flipped_byte_is_refused_and_does_not_burn_the_number(struct kunit *test)
{
	const struct crossing *x = test->param_value;
	struct road *road = road_new(test);
	struct child c = child_of(road, x);
	u8 inner[INNER_LEN];
	struct captured w;
	unsigned int i;

	write_inner(inner, x->inner, 0, 0);
	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	w = capture(test, road, inner);
	for (i = x->outer == 4 ? 20 : 40; i < w.len; i++) {
		w.data[i] ^= 0x10;
		inject(test, w.data, w.len);
		w.data[i] ^= 0x10;
		KUNIT_ASSERT_EQ_MSG(test, skb_queue_len(&road->inner), 0, "byte %u", i);
	}
	inject(test, w.data, w.len);
	expect_inner(test, road, inner, INNER_LEN);
}

static void a_truncated_packet_is_refused(struct kunit *test)
{
	struct road *road = road_new(test);
	struct child c = child_default(road->dev);
	u8 inner[INNER_LEN];
	struct captured w;
	unsigned int len;

	write_inner(inner, 4, 0, 0);
	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	w = capture(test, road, inner);
	for (len = 20; len < w.len; len++) {
		inject(test, w.data, len);
		KUNIT_ASSERT_EQ_MSG(test, skb_queue_len(&road->inner), 0, "%u bytes", len);
	}
	inject(test, w.data, w.len);
	expect_inner(test, road, inner, INNER_LEN);
}

static void a_replayed_packet_is_dropped(struct kunit *test)
{
	struct road *road = road_new(test);
	struct child c = child_default(road->dev);
	u64 dropped = drops(KEYWAY_A_STATS_IN_REPLAY);
	u8 inner[INNER_LEN];
	struct captured w;

	write_inner(inner, 4, 0, 0);
	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	w = capture(test, road, inner);
	inject(test, w.data, w.len);
	inject(test, w.data, w.len);
	inject(test, w.data, w.len);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&road->inner), 1);
	KUNIT_EXPECT_EQ(test, drops(KEYWAY_A_STATS_IN_REPLAY), dropped + 2);
}

static void the_hard_limit_stops_at_the_very_packet_and_nothing_leaks(struct kunit *test)
{
	struct road *road = road_new(test);
	struct child c = child_default(road->dev);
	u8 inner[INNER_LEN];
	unsigned int i;

	c.soft_packets = 5;
	c.hard_packets = 7;
	write_inner(inner, 4, 0, 0);
	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	for (i = 0; i < 12; i++)
		send_inner(test, road, inner, INNER_LEN);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&road->wire), 7);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&road->inner), 7);
	KUNIT_EXPECT_EQ(test, road->clear, 0);
}

static void the_hard_limit_in_bytes_is_exact(struct kunit *test)
{
	struct road *road = road_new(test);
	struct child c = child_default(road->dev);
	u8 inner[INNER_LEN];
	unsigned int i;

	/* What is encrypted counts: with padding and trailer 64 bytes a packet. */
	c.hard_bytes = 64 * 4 + 63;
	write_inner(inner, 4, 0, 0);
	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	for (i = 0; i < 8; i++)
		send_inner(test, road, inner, INNER_LEN);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&road->wire), 4);
	KUNIT_EXPECT_EQ(test, road->clear, 0);
}

static void without_an_sa_nothing_leaves(struct kunit *test)
{
	struct road *road = road_new(test);
	struct child c = child_default(road->dev);
	u64 dropped = drops(KEYWAY_A_STATS_OUT_NO_SA);
	u8 inner[INNER_LEN];

	c.one_way = true;
	c.dir = KEYWAY_DIR_IN;
	write_inner(inner, 4, 0, 0);
	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	send_inner(test, road, inner, INNER_LEN);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&road->wire), 0);
	KUNIT_EXPECT_EQ(test, road->clear, 0);
	KUNIT_EXPECT_EQ(test, drops(KEYWAY_A_STATS_OUT_NO_SA), dropped + 1);
}

static void a_packet_no_policy_wants_does_not_leave(struct kunit *test)
{
	struct road *road = road_new(test);
	u64 dropped = drops(KEYWAY_A_STATS_OUT_NO_POLICY);
	u8 inner[INNER_LEN];

	write_inner(inner, 4, 0, 0);
	send_inner(test, road, inner, INNER_LEN);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&road->wire), 0);
	KUNIT_EXPECT_EQ(test, road->clear, 0);
	KUNIT_EXPECT_EQ(test, drops(KEYWAY_A_STATS_OUT_NO_POLICY), dropped + 1);
}

/* A packet the peer sealed rightly: what it may hold and is dropped for; 0 is not dropped. */
struct sealed {
	const char *desc;
	u8 next_header;
	unsigned int extra;		/* bytes after the inner packet */
	unsigned int cut;		/* bytes missing of it */
	u8 source;			/* of 10.0.x.1 */
	bool bad_padding;
	unsigned int reason;
};

static const struct sealed sealed_packets[] = {
	{ "an ordinary packet", IPPROTO_IPIP },
	{ "padding for traffic flow confidentiality", IPPROTO_IPIP, .extra = 41 },
	{ "a dummy packet", IPPROTO_NONE, .reason = KEYWAY_A_STATS_IN_DUMMY },
	{ "a transport protocol in tunnel mode", IPPROTO_UDP,
	  .reason = KEYWAY_A_STATS_IN_NEXT_HEADER },
	{ "next header IPv6 before IPv4", IPPROTO_IPV6, .reason = KEYWAY_A_STATS_IN_MALFORMED },
	{ "an inner packet that is cut short", IPPROTO_IPIP, .cut = 8,
	  .reason = KEYWAY_A_STATS_IN_MALFORMED },
	{ "less than an inner header", IPPROTO_IPIP, .cut = 44,
	  .reason = KEYWAY_A_STATS_IN_MALFORMED },
	{ "no inner packet at all", IPPROTO_IPIP, .cut = INNER_LEN,
	  .reason = KEYWAY_A_STATS_IN_MALFORMED },
	{ "an inner source outside the selectors", IPPROTO_IPIP, .source = 1,
	  .reason = KEYWAY_A_STATS_IN_SELECTOR },
	{ "wrong padding", IPPROTO_IPIP, .bad_padding = true,
	  .reason = KEYWAY_A_STATS_IN_PADDING },
};

KUNIT_ARRAY_PARAM_DESC(sealed, sealed_packets, desc);

static void a_sealed_packet_is_judged_by_its_content(struct kunit *test)
{
	const struct sealed *s = test->param_value;
	struct road *road = road_new(test);
	struct child c = child_default(road->dev);
	struct kw_cipher *cipher = cipher_new(test, c.encr, (struct vec_bytes){ c.key, 16 },
					      (struct vec_bytes){ c.key + 16, 4 });
	unsigned int payload = INNER_LEN + s->extra - s->cut;
	unsigned int text = kw_esp_text_len(cipher, payload);
	u64 dropped = s->reason ? drops(s->reason) : 0;
	u8 buf[256] = {}, inner[INNER_LEN];
	u8 *esp = buf + 20;

	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	write_inner(inner, 4, 0, 0);
	if (s->source) {
		inner[14] = s->source;
		inner[10] = 0;
		inner[11] = 0;
		put_unaligned((__force u16)ip_fast_csum(inner, 5), (u16 *)(inner + 10));
	}
	write_ipv4(buf, 20 + 16 + text + 16, IPPROTO_ESP, 0, 0);
	put_unaligned_be32(INADDR_LOOPBACK, buf + 12);
	put_unaligned_be32(INADDR_LOOPBACK, buf + 16);
	memcpy(esp + 16, inner, INNER_LEN - s->cut);
	local_bh_disable();
	KUNIT_EXPECT_EQ(test, kw_esp_seal(cipher, esp, payload, s->next_header, htonl(c.spi), 1,
					  false), 0);
	if (s->bad_padding) {
		/* Opened, spoilt, and sealed as it is. */
		KUNIT_EXPECT_EQ(test, kw_aead_open(cipher, esp, 8, text), 0);
		esp[16 + payload] ^= 0x40;
		KUNIT_EXPECT_EQ(test, kw_aead_seal(cipher, esp, 8, text), 0);
	}
	local_bh_enable();
	inject(test, buf, 20 + 16 + text + 16);
	if (!s->reason) {
		expect_inner(test, road, inner, INNER_LEN);
		return;
	}
	KUNIT_EXPECT_EQ(test, skb_queue_len(&road->inner), 0);
	KUNIT_EXPECT_EQ(test, drops(s->reason), dropped + 1);
}

static void a_device_that_is_down_takes_nothing(struct kunit *test)
{
	struct road *road = road_new(test);
	struct child c = child_default(road->dev);
	u64 dropped = drops(KEYWAY_A_STATS_IN_DEVICE);
	u8 inner[INNER_LEN];
	struct captured w;

	write_inner(inner, 4, 0, 0);
	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	w = capture(test, road, inner);
	rtnl_lock();
	dev_close(road->dev);
	rtnl_unlock();
	inject(test, w.data, w.len);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&road->inner), 0);
	KUNIT_EXPECT_EQ(test, drops(KEYWAY_A_STATS_IN_DEVICE), dropped + 1);
}

static void what_a_clone_shares_is_never_written_to(struct kunit *test)
{
	struct road *road = road_new(test);
	struct child c = child_default(road->dev);
	/* Room for everything, so that only the clone forbids sealing in place. */
	struct sk_buff *skb = alloc_skb(512 + INNER_LEN + 64, GFP_KERNEL), *clone;
	u8 inner[INNER_LEN];

	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	write_inner(inner, 4, 0, 0);
	skb_reserve(skb, 512);
	skb_put_data(skb, inner, INNER_LEN);
	skb->protocol = htons(ETH_P_IP);
	clone = skb_clone(skb, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, clone);
	send_skb(road, skb);
	expect_inner(test, road, inner, INNER_LEN);
	if (clone)
		KUNIT_EXPECT_MEMEQ(test, clone->data, inner, INNER_LEN);
	kfree_skb(clone);
}

/* Pages may be a file's or another process's: neither may see them sealed in place. */
static void pages_and_clones_are_never_written_to(struct kunit *test)
{
	struct road *road = road_new(test);
	struct child c = child_default(road->dev);
	struct page *page = alloc_page(GFP_KERNEL);
	struct sk_buff *skb = alloc_skb(LL_MAX_HEADER + 64, GFP_KERNEL), *clone;
	u8 inner[INNER_LEN];
	u8 *bytes;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	write_inner(inner, 4, 0, 0);

	/* The header is linear, the rest is the page. */
	bytes = page_address(page);
	memcpy(bytes, inner + 20, INNER_LEN - 20);
	skb_reserve(skb, LL_MAX_HEADER);
	skb_put_data(skb, inner, 20);
	get_page(page);
	skb_add_rx_frag(skb, 0, page, 0, INNER_LEN - 20, PAGE_SIZE);
	skb->protocol = htons(ETH_P_IP);
	clone = skb_clone(skb, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, clone);
	send_skb(road, skb);
	expect_inner(test, road, inner, INNER_LEN);
	KUNIT_EXPECT_MEMEQ(test, bytes, inner + 20, INNER_LEN - 20);
	if (clone)
		KUNIT_EXPECT_MEMEQ(test, clone->data, inner, 20);
	kfree_skb(clone);
	put_page(page);
}

static struct kunit_case path_cases[] = {
	KUNIT_CASE_PARAM(packets_cross_unchanged_and_only_as_esp, crossing_gen_params),
	KUNIT_CASE_PARAM(the_outer_header_is_as_the_policy_says, header_gen_params),
	KUNIT_CASE(ecn_comes_out_as_rfc_6040_says),
	KUNIT_CASE_PARAM(a_flipped_byte_is_refused_and_does_not_burn_the_number,
			 crossing_gen_params),
	KUNIT_CASE(a_truncated_packet_is_refused),
	KUNIT_CASE(a_replayed_packet_is_dropped),
	KUNIT_CASE(the_hard_limit_stops_at_the_very_packet_and_nothing_leaks),
	KUNIT_CASE(the_hard_limit_in_bytes_is_exact),
	KUNIT_CASE(without_an_sa_nothing_leaves),
	KUNIT_CASE(a_packet_no_policy_wants_does_not_leave),
	KUNIT_CASE_PARAM(a_sealed_packet_is_judged_by_its_content, sealed_gen_params),
	KUNIT_CASE(a_device_that_is_down_takes_nothing),
	KUNIT_CASE(what_a_clone_shares_is_never_written_to),
	KUNIT_CASE(pages_and_clones_are_never_written_to),
	{}
};

static struct kunit_suite path_suite = {
	.name = "keyway_path",
	.test_cases = path_cases,
};

kunit_test_suite(path_suite);

MODULE_DESCRIPTION("KUnit: the whole data path");
MODULE_LICENSE("GPL");
