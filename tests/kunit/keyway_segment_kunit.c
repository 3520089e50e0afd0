// SPDX-License-Identifier: GPL-2.0
/*
 * TCP's trains cut into packets: byte for byte what skb_gso_segment() makes of them, with room.
 *
 * RFCs: 9293 section 3.1, 3168 section 6.1.2
 */
#include <kunit/test.h>
#include <linux/tcp.h>
#include <net/gso.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>

#include "flow.h"
#include "segment.h"
#include "skb.h"

#define HEAD	80u
#define TAIL	40u

/* A train: in its linear part @linear bytes of payload, the rest in pages. */
struct train_case {
	const char *desc;
	u8 version;
	u8 doff;
	u16 mss;
	u16 linear;
	u16 paged;
	u16 gso;		/* besides TCPV4 or TCPV6 */
	bool not;		/* it is not for kw_segment() */
};

static const struct train_case cases[] = {
	{ "IPv4, odd last", 4, 5, 1000, 0, 3333 },
	{ "IPv4, options, even last", 4, 8, 1388, 0, 1388 * 4 },
	{ "IPv4, linear", 4, 8, 700, 2000, 0 },
	{ "IPv4, both", 4, 15, 512, 700, 9000 },
	{ "IPv4, one byte more", 4, 5, 536, 0, 537 },
	{ "IPv4, ECN", 4, 8, 1000, 100, 5000, SKB_GSO_TCP_ECN },
	{ "IPv4, fixed ID", 4, 8, 1000, 0, 5000, SKB_GSO_TCP_FIXEDID },
	{ "IPv6, odd last", 6, 8, 1368, 0, 20001 },
	{ "IPv6, both", 6, 5, 1220, 1, 5000, SKB_GSO_TCP_ECN },
	{ "a sender not to be trusted", 4, 5, 1000, 0, 3333, SKB_GSO_DODGY, .not = true },
	{ "in a tunnel", 4, 5, 1000, 0, 3333, SKB_GSO_GRE, .not = true },
	{ "packets of a jumbo frame", 4, 5, 8000, 0, 32000, .not = true },
};

KUNIT_ARRAY_PARAM_DESC(train, cases, desc);

static void add_pages(struct kunit *test, struct sk_buff *skb, unsigned int len)
{
	unsigned int i, n;

	for (i = 0; len; i++, len -= n) {
		/* Pages are full but for the first and the last. */
		unsigned int start = i ? 0 : 123;
		struct page *page = alloc_page(GFP_KERNEL);
		u8 *p;

		KUNIT_ASSERT_NOT_NULL(test, page);
		n = min_t(unsigned int, len, PAGE_SIZE - start);
		for (p = page_address(page); p < (u8 *)page_address(page) + PAGE_SIZE; p++)
			*p = (u8)((unsigned long)p * 7 + i);
		skb_add_rx_frag(skb, i, page, start, n, PAGE_SIZE);
	}
}

static struct sk_buff *train_of(struct kunit *test, const struct train_case *c)
{
	unsigned int at = c->version == 4 ? 20 : 40, headers = at + c->doff * 4, i;
	unsigned int len = headers + c->linear + c->paged;
	struct sk_buff *skb;
	struct tcphdr *th;
	u8 *data;

	data = kunit_kzalloc(test, headers + c->linear, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, data);
	for (i = at; i < headers + c->linear; i++)
		data[i] = i * 3;
	if (c->version == 4)
		write_ipv4(data, len, IPPROTO_TCP, 0, htons(IP_DF));
	else
		write_ipv6(data, len, IPPROTO_TCP, 0);
	skb = skb_from(test, data, headers + c->linear, 16);
	add_pages(test, skb, c->paged);
	skb_set_transport_header(skb, at);
	if (c->version == 4) {
		ip_hdr(skb)->id = htons(0xfffe);
		ip_send_check(ip_hdr(skb));
	}
	th = tcp_hdr(skb);
	th->doff = c->doff;
	th->seq = htonl(0xfffffc00);
	th->fin = 1;
	th->psh = 1;
	th->cwr = 1;
	th->check = c->version == 4 ?
		    ~tcp_v4_check(len - at, ip_hdr(skb)->saddr, ip_hdr(skb)->daddr, 0) :
		    ~tcp_v6_check(len - at, &ipv6_hdr(skb)->saddr, &ipv6_hdr(skb)->daddr, 0);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	skb->priority = 5;
	skb->mark = 77;
	skb_shinfo(skb)->gso_size = c->mss;
	skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(c->linear + c->paged, c->mss);
	skb_shinfo(skb)->gso_type = c->gso | (c->version == 4 ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6);
	return skb;
}

static void free_list(void *list)
{
	kfree_skb_list(list);
}

/* The kernel's packets of the same train. */
static struct sk_buff *expected_list(struct kunit *test, struct sk_buff *train)
{
	struct sk_buff *list = skb_gso_segment(train, 0);

	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(list));
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_list, list), 0);
	return list;
}

static void expect_same(struct kunit *test, struct sk_buff *skb, const struct sk_buff *want)
{
	u8 *bytes = kunit_kzalloc(test, want->len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bytes);
	KUNIT_ASSERT_EQ(test, skb_copy_bits(want, 0, bytes, want->len), 0);
	KUNIT_ASSERT_EQ(test, skb->len, want->len);
	KUNIT_EXPECT_MEMEQ(test, skb->data, bytes, want->len);
	KUNIT_EXPECT_FALSE(test, skb_is_nonlinear(skb));
	KUNIT_EXPECT_FALSE(test, skb_is_gso(skb));
	KUNIT_EXPECT_TRUE(test, skb->ip_summed == CHECKSUM_NONE);
	KUNIT_EXPECT_GE(test, skb_headroom(skb), HEAD);
	KUNIT_EXPECT_GE(test, skb_tailroom(skb), (int)TAIL);
	KUNIT_EXPECT_EQ(test, skb->priority, 5);
	KUNIT_EXPECT_EQ(test, skb->mark, 77);
	KUNIT_EXPECT_EQ(test, skb->protocol, want->protocol);
	KUNIT_EXPECT_EQ(test, skb_network_offset(skb), 0);
	KUNIT_EXPECT_EQ(test, skb_transport_offset(skb), skb_transport_offset(want));
}

static void packets_are_what_the_kernel_makes(struct kunit *test)
{
	const struct train_case *c = test->param_value;
	struct sk_buff *train = train_of(test, c), *list, *skb, *want;
	struct kw_flow flow;

	KUNIT_ASSERT_TRUE(test, kw_flow_parse(&flow, train));
	KUNIT_ASSERT_EQ(test, kw_segment_can(train, &flow, HEAD, TAIL), !c->not);
	if (c->not)
		return;
	want = expected_list(test, train);
	local_bh_disable();
	/* It is the test's to free. */
	list = kw_segment(skb_get(train), &flow, HEAD);
	local_bh_enable();
	KUNIT_ASSERT_NOT_NULL(test, list);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_list, list), 0);
	for (skb = list; skb && want; skb = skb->next, want = want->next)
		expect_same(test, skb, want);
	KUNIT_EXPECT_NULL(test, skb);
	KUNIT_EXPECT_NULL(test, want);
}

static void what_has_a_checksum_already_is_left_alone(struct kunit *test)
{
	struct sk_buff *train = train_of(test, &cases[0]);
	struct kw_flow flow;

	KUNIT_ASSERT_TRUE(test, kw_flow_parse(&flow, train));
	train->ip_summed = CHECKSUM_UNNECESSARY;
	KUNIT_EXPECT_FALSE(test, kw_segment_can(train, &flow, HEAD, TAIL));
	train->ip_summed = CHECKSUM_PARTIAL;
	tcp_hdr(train)->doff = 4;
	KUNIT_EXPECT_FALSE(test, kw_segment_can(train, &flow, HEAD, TAIL));
}

static struct kunit_case segment_cases[] = {
	KUNIT_CASE_PARAM(packets_are_what_the_kernel_makes, train_gen_params),
	KUNIT_CASE(what_has_a_checksum_already_is_left_alone),
	{}
};

static struct kunit_suite segment_suite = {
	.name = "keyway_segment",
	.test_cases = segment_cases,
};

kunit_test_suite(segment_suite);

MODULE_DESCRIPTION("KUnit: trains cut into packets");
MODULE_LICENSE("GPL");
