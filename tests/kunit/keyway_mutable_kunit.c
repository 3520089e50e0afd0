// SPDX-License-Identifier: GPL-2.0
/*
 * Which bits of the headers before AH its ICV covers, case by case and bit by bit.
 *
 * RFCs: 4302 Appendix A, 791, 8200, 6275, 6946
 */
#include <linux/prandom.h>

#include "mutable.h"
#include "skb.h"

#define V4	sizeof(struct iphdr)
#define V6	sizeof(struct ipv6hdr)
#define AH	IPPROTO_AH

enum { IN, OUT };

/* A copy of @len bytes between what KASAN watches, so that a byte too far is a report. */
static u8 *exactly(struct kunit *test, const void *data, unsigned int len)
{
	u8 *buf = kunit_kmalloc(test, len ?: 1, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	memcpy(buf, data, len);
	return buf;
}

static unsigned int copy(struct kunit *test, const void *ip, unsigned int len, int dir, u8 **out)
{
	u8 *in = exactly(test, ip, len), *before = exactly(test, ip, len);
	unsigned int covered;

	*out = kunit_kzalloc(test, len ?: 1, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, *out);
	covered = kw_mutable_copy(*out, in, len, dir == OUT);
	KUNIT_EXPECT_MEMEQ(test, in, before, len);
	return covered;
}

/* IPv4 options and what is covered in their place.  @dst: the destination covered, 0: its own. */
struct ipv4_case {
	const char *desc;
	unsigned int len;
	u8 options[40];
	int dir;
	bool ok;
	u8 covered[40];
	u32 dst;
};

static const struct ipv4_case ipv4_cases[] = {
	{ "no options", 0, {}, OUT, true },
	{ "no operation, end, and what follows", 4, { 1, 0, 7, 9 }, OUT, true, { 1, 0, 7, 9 } },
	{ "security", 12, { 130, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0 }, OUT, true,
	  { 130, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0 } },
	{ "extended security", 4, { 133, 4, 8, 9 }, OUT, true, { 133, 4, 8, 9 } },
	{ "commercial security", 8, { 134, 8, 0, 0, 0, 1, 2, 3 }, OUT, true,
	  { 134, 8, 0, 0, 0, 1, 2, 3 } },
	{ "router alert", 4, { 148, 4, 0, 0 }, OUT, true, { 148, 4, 0, 0 } },
	{ "sender directed multi-destination", 8, { 149, 6, 10, 0, 0, 9, 1, 1 }, OUT, true,
	  { 149, 6, 10, 0, 0, 9, 1, 1 } },
	{ "record route", 8, { 7, 7, 4, 1, 2, 3, 4, 0 }, OUT, true, {} },
	{ "timestamp", 12, { 68, 12, 5, 0, 1, 2, 3, 4, 5, 6, 7, 8 }, IN, true, {} },
	{ "traceroute", 12, { 82, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1 }, IN, true, {} },
	{ "stream id", 4, { 136, 4, 1, 2 }, IN, true, {} },
	{ "unknown", 8, { 222, 6, 1, 2, 3, 4, 1, 1 }, IN, true, { [6] = 1, 1 } },
	{ "unknown of two bytes", 4, { 30, 2, 148, 0 }, IN, false },
	{ "record route between two that stay", 12,
	  { 148, 4, 0, 0, 7, 3, 4, 133, 3, 8, 1, 0 }, OUT, true,
	  { 148, 4, 0, 0, 0, 0, 0, 133, 3, 8, 1, 0 } },
	{ "forty bytes of record route and end", 40, { 7, 39, 4, [39] = 0 }, OUT, true, {} },
	{ "forty bytes of no operation", 40,
	  { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, OUT, true,
	  { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 } },
	{ "loose source route to be followed", 12,
	  { 131, 11, 4, 10, 1, 1, 1, 10, 2, 2, 2, 0 }, OUT, true, {}, 0x0a020202 },
	{ "loose source route, one hop left", 12,
	  { 131, 11, 8, 10, 1, 1, 1, 10, 2, 2, 2, 0 }, OUT, true, {}, 0x0a020202 },
	{ "loose source route at its end", 12,
	  { 131, 11, 12, 10, 1, 1, 1, 10, 2, 2, 2, 0 }, OUT, true, {} },
	{ "strict source route to be followed", 8, { 137, 7, 4, 10, 9, 8, 7, 0 }, OUT, true, {},
	  0x0a090807 },
	{ "strict source route at its end, arrived", 8, { 137, 7, 8, 10, 9, 8, 7, 0 }, IN, true,
	  {} },
	{ "source route with a hop left, arrived", 8, { 137, 7, 4, 10, 9, 8, 7, 0 }, IN, false },
	{ "empty source route", 4, { 131, 3, 4, 0 }, OUT, true, {} },
	{ "source route without a pointer", 4, { 131, 2, 0, 0 }, OUT, false },
	{ "source route whose pointer is too low", 8, { 131, 7, 3, 1, 2, 3, 4, 0 }, OUT, false },
	{ "two source routes", 16,
	  { 131, 7, 4, 1, 2, 3, 4, 1, 137, 7, 4, 1, 2, 3, 4, 0 }, OUT, false },
	{ "length 0", 4, { 130, 0, 0, 0 }, OUT, false },
	{ "length 1", 4, { 148, 1, 0, 0 }, OUT, false },
	{ "length beyond the header", 4, { 148, 5, 0, 0 }, IN, false },
	{ "no length at all", 4, { 1, 1, 1, 148 }, IN, false },
};

KUNIT_ARRAY_PARAM_DESC(ipv4, ipv4_cases, desc);

static unsigned int make_ipv4(u8 *ip, const struct ipv4_case *c)
{
	struct iphdr *iph = (struct iphdr *)ip;

	write_ipv4(ip, 1000, AH, 0xb9, htons(IP_DF | IP_MF | 7));
	iph->ihl = (V4 + c->len) / 4;
	iph->id = htons(0x4711);
	memcpy(ip + V4, c->options, c->len);
	return V4 + c->len;
}

static void ipv4_is_covered_as_appendix_a1_says(struct kunit *test)
{
	const struct ipv4_case *c = test->param_value;
	u8 ip[60], want[60], *out;
	unsigned int len = make_ipv4(ip, c);

	if (!c->ok) {
		KUNIT_EXPECT_EQ(test, copy(test, ip, len, c->dir, &out), 0);
		return;
	}
	memcpy(want, ip, V4);
	memcpy(want + V4, c->covered, c->len);
	want[1] = 0;			/* DSCP, ECN */
	want[6] = 0;			/* flags and fragment offset */
	want[7] = 0;
	want[8] = 0;			/* TTL */
	want[10] = 0;			/* checksum */
	want[11] = 0;
	if (c->dst)
		put_unaligned_be32(c->dst, want + 16);
	KUNIT_ASSERT_EQ(test, copy(test, ip, len, c->dir, &out), len);
	KUNIT_EXPECT_MEMEQ(test, out, want, len);
}

/* IPv6 extension headers of @len bytes; and what is covered in their place. */
struct ipv6_case {
	const char *desc;
	u8 first;
	unsigned int len;
	u8 ext[72];
	int dir;
	bool ok;
	u8 covered[72];
	bool whole;		/* it was made a fragment on the way */
	u8 covered_first;
	unsigned int covered_len;
	u8 dst;			/* last byte of the destination covered; 0: its own */
};

/* The last bytes of addresses that are otherwise 0. */
#define ADDRESS(n)	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, n
#define OWN		0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2

static const struct ipv6_case ipv6_cases[] = {
	{ "no extension header", AH, 0, {}, OUT, true },
	{ "hop-by-hop: router alert and padding", NEXTHDR_HOP, 8,
	  { AH, 0, 5, 2, 0, 0, 1, 0 }, OUT, true, { AH, 0, 5, 2, 0, 0, 1, 0 } },
	{ "hop-by-hop: an option that may change", NEXTHDR_HOP, 8,
	  { AH, 0, 0x3e, 4, 1, 2, 3, 4 }, OUT, true, { AH, 0, 0x3e, 4, 0, 0, 0, 0 } },
	{ "hop-by-hop: one that may change between two that may not", NEXTHDR_HOP, 16,
	  { AH, 1, 0x1e, 2, 9, 9, 0x3e, 3, 7, 7, 7, 0x1e, 1, 5, 0, 0 }, IN, true,
	  { AH, 1, 0x1e, 2, 9, 9, 0x3e, 3, 0, 0, 0, 0x1e, 1, 5, 0, 0 } },
	{ "hop-by-hop: an option that may change, without data, ends it", NEXTHDR_HOP, 8,
	  { AH, 0, 1, 2, 0, 0, 0x3e, 0 }, IN, true, { AH, 0, 1, 2, 0, 0, 0x3e, 0 } },
	{ "destination options: both kinds", NEXTHDR_DEST, 16,
	  { AH, 1, 0xc9, 4, 1, 2, 3, 4, 0xe1, 5, 1, 2, 3, 4, 5, 0 }, IN, true,
	  { AH, 1, 0xc9, 4, 1, 2, 3, 4, 0xe1, 5, 0, 0, 0, 0, 0, 0 } },
	{ "an option longer than its header", NEXTHDR_DEST, 8,
	  { AH, 0, 0x3e, 5, 1, 2, 3, 4 }, IN, false },
	{ "an option without a length", NEXTHDR_DEST, 8, { AH, 0, 0, 0, 0, 0, 0, 5 }, IN, false },
	{ "hop-by-hop, destination, route at its end, destination", NEXTHDR_HOP, 48,
	  { NEXTHDR_DEST, 0, 1, 4, 0, 0, 0, 0, NEXTHDR_ROUTING, 0, 0x3e, 4, 9, 9, 9, 9,
	    NEXTHDR_DEST, 2, 0, 0, 0, 0, 0, 0, ADDRESS(7), AH, 0, 0x3e, 4, 6, 6, 6, 6 },
	  IN, true,
	  { NEXTHDR_DEST, 0, 1, 4, 0, 0, 0, 0, NEXTHDR_ROUTING, 0, 0x3e, 4, 0, 0, 0, 0,
	    NEXTHDR_DEST, 2, 0, 0, 0, 0, 0, 0, ADDRESS(7), AH, 0, 0x3e, 4, 0, 0, 0, 0 } },
	{ "type 0 route, three to go", NEXTHDR_ROUTING, 56,
	  { AH, 6, 0, 3, 0, 0, 0, 0, ADDRESS(11), ADDRESS(12), ADDRESS(13) }, OUT, true,
	  { AH, 6, 0, 0, 0, 0, 0, 0, OWN, ADDRESS(11), ADDRESS(12) }, .dst = 13 },
	{ "type 0 route, one of three to go", NEXTHDR_ROUTING, 56,
	  { AH, 6, 0, 1, 0, 0, 0, 0, ADDRESS(11), ADDRESS(12), ADDRESS(13) }, OUT, true,
	  { AH, 6, 0, 0, 0, 0, 0, 0, ADDRESS(11), ADDRESS(12), OWN }, .dst = 13 },
	{ "type 0 route with hops left, arrived", NEXTHDR_ROUTING, 24,
	  { AH, 2, 0, 1, 0, 0, 0, 0, ADDRESS(11) }, IN, false },
	{ "type 0 route with more to go than there are", NEXTHDR_ROUTING, 24,
	  { AH, 2, 0, 2, 0, 0, 0, 0, ADDRESS(11) }, OUT, false },
	{ "type 0 route of half an address", NEXTHDR_ROUTING, 16,
	  { AH, 1, 0, 1, 0, 0, 0, 0 }, OUT, false },
	{ "type 2 route, to the care-of address", NEXTHDR_ROUTING, 24,
	  { AH, 2, 2, 1, 0, 0, 0, 0, ADDRESS(21) }, OUT, true,
	  { AH, 2, 2, 0, 0, 0, 0, 0, OWN }, .dst = 21 },
	{ "type 4 route at its end", NEXTHDR_ROUTING, 24,
	  { AH, 2, 4, 0, 0, 0, 0, 0, ADDRESS(21) }, IN, true,
	  { AH, 2, 4, 0, 0, 0, 0, 0, ADDRESS(21) } },
	{ "type 4 route to be followed: nobody knows its end", NEXTHDR_ROUTING, 24,
	  { AH, 2, 4, 1, 0, 0, 0, 0, ADDRESS(21) }, OUT, false },
	{ "the only fragment, arrived", NEXTHDR_FRAGMENT, 8, { AH, 0, 0, 0, 1, 2, 3, 4 }, IN, true,
	  {}, true, AH, 0 },
	{ "the only fragment between options, arrived", NEXTHDR_HOP, 24,
	  { NEXTHDR_FRAGMENT, 0, 1, 4, 0, 0, 0, 0, NEXTHDR_DEST, 0, 0, 6, 1, 2, 3, 4,
	    AH, 0, 0x3e, 4, 6, 6, 6, 6 }, IN, true,
	  { NEXTHDR_DEST, 0, 1, 4, 0, 0, 0, 0, AH, 0, 0x3e, 4, 0, 0, 0, 0 },
	  true, NEXTHDR_HOP, 16 },
	{ "the first of several fragments, arrived", NEXTHDR_FRAGMENT, 8,
	  { AH, 0, 0, 1, 1, 2, 3, 4 }, IN, false },
	{ "a later fragment, arrived", NEXTHDR_FRAGMENT, 8,
	  { AH, 0, 1, 0, 1, 2, 3, 4 }, IN, false },
	{ "a fragment to be sent", NEXTHDR_FRAGMENT, 8, { AH, 0, 0, 0, 1, 2, 3, 4 }, OUT, false },
	{ "a header nobody knows", 140, 8, { AH }, IN, false },
	{ "no AH at the end", NEXTHDR_HOP, 8, { IPPROTO_TCP, 0, 1, 4, 0, 0, 0, 0 }, IN, false },
	{ "a header longer than the chain", NEXTHDR_HOP, 8, { AH, 1, 1, 4, 0, 0, 0, 0 }, IN,
	  false },
	{ "half a header", NEXTHDR_HOP, 12, { NEXTHDR_DEST, 0, 1, 4, 0, 0, 0, 0, AH }, IN, false },
};

KUNIT_ARRAY_PARAM_DESC(ipv6, ipv6_cases, desc);

static void ipv6_is_covered_as_appendix_a2_says(struct kunit *test)
{
	const struct ipv6_case *c = test->param_value;
	unsigned int len = V6 + c->len, want_len = len;
	u8 ip[V6 + sizeof(c->ext)], want[sizeof(ip)], *out;

	write_ipv6(ip, 1000, c->first, 0xb9);
	ip[3] = 0x77;			/* flow label */
	memcpy(ip + V6, c->ext, c->len);
	if (!c->ok) {
		KUNIT_EXPECT_EQ(test, copy(test, ip, len, c->dir, &out), 0);
		return;
	}
	write_ipv6(want, 1000, c->first, 0);
	want[7] = 0;			/* hop limit */
	memcpy(want + V6, c->covered, c->len);
	if (c->dst) {
		memset(want + 24, 0, 16);
		want[39] = c->dst;
	}
	if (c->whole) {
		/* As the packet was before somebody put the fragment header in. */
		want[6] = c->covered_first;
		put_unaligned_be16(1000 - V6 - 8, want + 4);
		want_len = V6 + c->covered_len;
	}
	KUNIT_ASSERT_EQ(test, copy(test, ip, len, c->dir, &out), want_len);
	KUNIT_EXPECT_MEMEQ(test, out, want, want_len);
}

/* One header of each family with everything in it, and a 1 for each bit that may change. */
struct bits_case {
	const char *desc;
	unsigned int len;
	u8 ip[64];
	u8 may_change[64];
};

static const struct bits_case bits_cases[] = {
	{ "IPv4", 36,
	  { 0x49, 0, 1, 0, 0x12, 0x34, 0x40, 0, 64, AH, 0xab, 0xcd, 10, 0, 0, 1, 10, 0, 0, 2,
	    148, 4, 0, 0, 7, 7, 8, 10, 0, 0, 3, 1, 0, 0, 0, 0 },
	  { [1] = 0xff, [6] = 0xff, 0xff, 0xff, [10] = 0xff, 0xff,
	    /* Record route, save its length: each bit of 7 makes an option that is zeroed too. */
	    [24] = 0xff, 0, 0xff, 0xff, 0xff, 0xff, 0xff } },
	{ "IPv6", 56,
	  { 0x6b, 0x91, 0x23, 0x45, 0, 64, 0, 64, 0xfd, [23] = 1, 0xfd, [39] = 2,
	    NEXTHDR_DEST, 0, 0x3e, 4, 1, 2, 3, 4, AH, 0, 0x1e, 4, 1, 2, 3, 4 },
	  { 0x0f, 0xff, 0xff, 0xff, [7] = 0xff, [44] = 0xff, 0xff, 0xff, 0xff } },
};

KUNIT_ARRAY_PARAM_DESC(bits, bits_cases, desc);

static void each_bit_counts_or_does_not(struct kunit *test)
{
	const struct bits_case *c = test->param_value;
	u8 ip[64], out[64], first[64];
	unsigned int bit, covered;

	memcpy(ip, c->ip, c->len);
	KUNIT_ASSERT_EQ(test, kw_mutable_copy(first, ip, c->len, false), c->len);
	for (bit = 0; bit < c->len * 8; bit++) {
		bool free = c->may_change[bit / 8] >> bit % 8 & 1;
		bool same;

		ip[bit / 8] ^= 1 << bit % 8;
		covered = kw_mutable_copy(out, ip, c->len, false);
		same = covered == c->len && !memcmp(out, first, covered);
		KUNIT_EXPECT_EQ_MSG(test, same, free, "byte %u bit %u", bit / 8, bit % 8);
		ip[bit / 8] ^= 1 << bit % 8;
	}
}

/* Whatever comes: no byte beyond the input is read or beyond its length written, and it ends. */
static void nonsense_stays_within_its_length(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int round, i, refused = 0;

	prandom_seed_state(&rnd, 4302);
	for (round = 0; round < 20000; round++) {
		unsigned int len = prandom_u32_state(&rnd) % 121;
		u8 *ip = kmalloc(len ?: 1, GFP_KERNEL), *out = kmalloc(len ?: 1, GFP_KERNEL);

		KUNIT_ASSERT_TRUE(test, ip && out);
		prandom_bytes_state(&rnd, ip, len);
		/* Often enough a header and small numbers, which lead further in. */
		for (i = V4; i < len; i++)
			if (prandom_u32_state(&rnd) % 2)
				ip[i] %= 64;
		if (len >= V6 && round % 2) {
			static const u8 next[] = { NEXTHDR_HOP, NEXTHDR_DEST, NEXTHDR_ROUTING,
						   NEXTHDR_FRAGMENT };

			ip[0] = 0x60;
			ip[6] = next[round / 2 % 4];
			if (len > V6)
				ip[V6] = next[prandom_u32_state(&rnd) % 4];
		} else if (len >= V4) {
			ip[0] = 0x40 | min(len / 4, 15u);
			ip[9] = AH;
		}
		if (!kw_mutable_copy(out, ip, len, round % 4 < 2))
			refused++;
		kfree(ip);
		kfree(out);
	}
	KUNIT_EXPECT_GT(test, refused, 1000);
	KUNIT_EXPECT_LT(test, refused, 20000);
}

static void lengths_have_limits(struct kunit *test)
{
	u8 *ip = kunit_kzalloc(test, KW_MUTABLE_MAX + 8, GFP_KERNEL);
	u8 *out = kunit_kzalloc(test, KW_MUTABLE_MAX, GFP_KERNEL);
	unsigned int len = KW_MUTABLE_MAX - V6, n;

	KUNIT_ASSERT_TRUE(test, ip && out);
	write_ipv6(ip, 4000, NEXTHDR_HOP, 0);
	ip[V6] = AH;
	ip[V6 + 1] = len / 8 - 1;
	KUNIT_EXPECT_EQ(test, kw_mutable_copy(out, ip, V6 + len, false), V6 + len);
	ip[V6 + 1]++;
	KUNIT_EXPECT_EQ(test, kw_mutable_copy(out, ip, V6 + len + 8, false), 0);
	/* A header that says it is longer or shorter than the bytes before AH. */
	write_ipv4(ip, 1000, AH, 0, 0);
	for (n = 0; n < 64; n++)
		KUNIT_EXPECT_EQ(test, kw_mutable_copy(out, ip, n, false), n == V4 ? V4 : 0);
	ip[9] = IPPROTO_TCP;
	KUNIT_EXPECT_EQ(test, kw_mutable_copy(out, ip, V4, false), 0);
	ip[0] = 0x55;
	ip[9] = AH;
	KUNIT_EXPECT_EQ(test, kw_mutable_copy(out, ip, V4, false), 0);
}

static struct kunit_case mutable_cases[] = {
	KUNIT_CASE_PARAM(ipv4_is_covered_as_appendix_a1_says, ipv4_gen_params),
	KUNIT_CASE_PARAM(ipv6_is_covered_as_appendix_a2_says, ipv6_gen_params),
	KUNIT_CASE_PARAM(each_bit_counts_or_does_not, bits_gen_params),
	KUNIT_CASE(nonsense_stays_within_its_length),
	KUNIT_CASE(lengths_have_limits),
	{}
};

static struct kunit_suite mutable_suite = {
	.name = "keyway_mutable",
	.test_cases = mutable_cases,
};

kunit_test_suite(mutable_suite);

MODULE_DESCRIPTION("KUnit: what AH's ICV covers of the headers before it");
MODULE_LICENSE("GPL");
