// SPDX-License-Identifier: GPL-2.0
/*
 * Transport mode: the place in a packet, its headers moved away and back, checksums after a NAT,
 * and whole packets over the loopback device, in ESP, in AH and in both; dummy packets and padding
 * for TFC too.
 *
 * RFCs: 3948 section 3.1, 4302 section 3.1.1, 4303 sections 2.6, 2.7, 3.1.1 and 3.3.4
 */
#include <linux/udp.h>
#include <net/ip6_checksum.h>

#include "road.h"
#include "transport.h"

/* A packet of headers alone, and where ESP goes in it. */
struct place {
	const char *desc;
	u8 version;
	u8 chain[6];		/* IPv6: next headers, then END; IPv4: words of header */
	u16 frag_off;
	bool bad;
	u16 offset;
	u16 nh;
	bool fragment;
};

#define END	0xff

static const struct place places[] = {
	{ "IPv4", 4, { 5 }, .offset = 20, .nh = 9 },
	{ "IPv4 with DF", 4, { 5 }, IP_DF, .offset = 20, .nh = 9 },
	{ "IPv4 with all options", 4, { 15 }, .offset = 60, .nh = 9 },
	{ "first fragment", 4, { 5 }, IP_MF, .offset = 20, .nh = 9, .fragment = true },
	{ "last fragment", 4, { 5 }, 100, .offset = 20, .nh = 9, .fragment = true },
	{ "IPv4 header of four words", 4, { 4 }, .bad = true },
	{ "IPv6", 6, { IPPROTO_UDP, END }, .offset = 40, .nh = 6 },
	{ "hop-by-hop", 6, { NEXTHDR_HOP, IPPROTO_UDP, END }, .offset = 48, .nh = 40 },
	{ "routing", 6, { NEXTHDR_ROUTING, IPPROTO_UDP, END }, .offset = 48, .nh = 40 },
	{ "hop-by-hop, destination, routing", 6,
	  { NEXTHDR_HOP, NEXTHDR_DEST, NEXTHDR_ROUTING, IPPROTO_UDP, END },
	  .offset = 64, .nh = 56 },
	{ "destination options after routing are inside", 6,
	  { NEXTHDR_ROUTING, NEXTHDR_DEST, IPPROTO_UDP, END }, .offset = 48, .nh = 40 },
	{ "IPv6 fragment", 6, { NEXTHDR_FRAGMENT, IPPROTO_UDP, END },
	  .offset = 40, .nh = 6, .fragment = true },
	{ "ESP already", 6, { IPPROTO_ESP, END }, .offset = 40, .nh = 6 },
	{ "an extension header that is not there", 6, { NEXTHDR_HOP, NEXTHDR_HOP, END },
	  .bad = true },
};

KUNIT_ARRAY_PARAM_DESC(place, places, desc);

/* Every extension header has 8 bytes; a chain's last one is not there. */
static struct sk_buff *packet_of(struct kunit *test, const struct place *p)
{
	unsigned int len = p->version == 4 ? p->chain[0] * 4 : 40, i;
	u8 data[128] = {};

	if (p->version == 4) {
		write_ipv4(data, len, IPPROTO_UDP, 0, htons(p->frag_off));
		data[0] = 0x40 | p->chain[0];
	} else {
		for (i = 1; p->chain[i] != END; i++) {
			data[len] = p->chain[i];
			len += 8;
		}
		write_ipv6(data, len, p->chain[0], 0);
	}
	return skb_from(test, data, max(len, 20u), 32);
}

static void the_place_is_where_the_rfc_says(struct kunit *test)
{
	const struct place *p = test->param_value;
	struct kw_transport at;

	KUNIT_ASSERT_EQ(test, kw_transport_find(packet_of(test, p), &at), !p->bad);
	if (p->bad)
		return;
	KUNIT_EXPECT_EQ(test, at.offset, p->offset);
	KUNIT_EXPECT_EQ(test, at.nh, p->nh);
	KUNIT_EXPECT_EQ(test, at.fragment, p->fragment);
}

static void headers_move_away_and_back(struct kunit *test)
{
	const struct place *p = test->param_value;
	struct sk_buff *skb = packet_of(test, p);
	struct kw_transport at;
	u8 before[128];
	unsigned int len = skb->len;

	if (p->bad || p->fragment)
		return;
	memcpy(before, skb->data, len);
	KUNIT_ASSERT_TRUE(test, kw_transport_find(skb, &at));
	kw_transport_open(skb, &at, 24);
	KUNIT_EXPECT_EQ(test, skb->len, len - at.offset);
	KUNIT_EXPECT_EQ(test, skb_network_offset(skb), -(int)(at.offset + 24));
	KUNIT_EXPECT_MEMEQ(test, skb_network_header(skb), before, at.offset);
	/* As it comes in: the headers say ESP, and are 24 bytes away from what was carried. */
	skb_network_header(skb)[at.nh] = IPPROTO_ESP;
	memset(skb->data - 24, 0xee, 24);
	KUNIT_ASSERT_TRUE(test, kw_transport_close(skb, before[at.nh]));
	KUNIT_ASSERT_EQ(test, skb->len, len);
	if (p->version == 4)
		ip_send_check((struct iphdr *)before);
	KUNIT_EXPECT_MEMEQ(test, skb->data, before, len);
}

struct natted {
	const char *desc;
	u8 version;
	u8 proto;
	bool no_sum;		/* the sender made no checksum */
};

static const struct natted natted[] = {
	{ "UDP over IPv4", 4, IPPROTO_UDP },
	{ "UDP over IPv4 without a checksum", 4, IPPROTO_UDP, .no_sum = true },
	{ "TCP over IPv4", 4, IPPROTO_TCP },
	{ "ICMP has no pseudo header", 4, IPPROTO_ICMP },
	{ "UDP over IPv6", 6, IPPROTO_UDP },
	{ "TCP over IPv6", 6, IPPROTO_TCP },
	{ "ICMPv6", 6, IPPROTO_ICMPV6 },
};

KUNIT_ARRAY_PARAM_DESC(natted, natted, desc);

static unsigned int sum_offset(u8 proto)
{
	return proto == IPPROTO_TCP ? 16 : proto == IPPROTO_UDP ? 6 : 2;
}

static void a_checksum_is_right_again_after_a_nat(struct kunit *test)
{
	const struct natted *n = test->param_value;
	unsigned int head = n->version == 4 ? 20 : 40, at = head + sum_offset(n->proto), i;
	__sum16 pseudo, whole;
	struct sk_buff *skb;
	unsigned int len;
	u8 data[80];
	u16 sum;

	for (i = 0; i < sizeof(data); i++)
		data[i] = 11 * i + 3;
	if (n->version == 4)
		write_ipv4(data, sizeof(data), n->proto, 0, 0);
	else
		write_ipv6(data, sizeof(data), n->proto, 0);
	if (n->no_sum)
		put_unaligned_be16(0, data + at);
	len = sizeof(data) - head;
	skb = skb_from(test, data, sizeof(data), 0);
	kw_transport_fix_checksum(skb);
	sum = get_unaligned_be16(skb->data + at);
	if (n->no_sum || n->proto == IPPROTO_ICMP) {
		KUNIT_EXPECT_EQ(test, sum, get_unaligned_be16(data + at));
		return;
	}
	/* Over itself and the pseudo header a right sum gives zero. */
	pseudo = n->version == 4 ?
		 csum_tcpudp_magic(ip_hdr(skb)->saddr, ip_hdr(skb)->daddr, len, n->proto, 0) :
		 csum_ipv6_magic(&ipv6_hdr(skb)->saddr, &ipv6_hdr(skb)->daddr, len, n->proto, 0);
	whole = csum_fold(skb_checksum(skb, head, len, ~csum_unfold(pseudo)));
	KUNIT_EXPECT_EQ(test, (__force u16)whole, 0);
	KUNIT_EXPECT_EQ(test, skb->len, sizeof(data));
}

/* A child between the loopback address and itself, in transport mode. */
static struct child transport_child(const struct road *road, u8 version)
{
	struct crossing x = { "", version, version, KEYWAY_ENCR_AES_GCM_16, 0 };
	struct child c = child_of(road, &x);

	c.mode = KEYWAY_MODE_TRANSPORT;
	if (version == 4) {
		memset(c.first, 0, 4);
		memset(c.last, 0xff, 4);
	}
	return c;
}

static void write_loopback(u8 *inner, u8 version, __be16 frag_off)
{
	write_inner(inner, version, 0, frag_off);
	if (version == 4) {
		put_unaligned_be32(INADDR_LOOPBACK, inner + 12);
		put_unaligned_be32(INADDR_LOOPBACK, inner + 16);
		ip_send_check((struct iphdr *)inner);
	} else {
		memset(inner + 8, 0, 32);
		inner[8 + 15] = 1;
		inner[24 + 15] = 1;
	}
}

static void cross(struct kunit *test, u8 version)
{
	unsigned int head = version == 4 ? 20 : 40;
	struct road *road = road_new(test);
	struct child c = transport_child(road, version);
	u8 inner[INNER_LEN], *esp;
	struct captured w;

	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	/* Without DF the packet would be given an ID of ours, because ESP may be fragmented. */
	write_loopback(inner, version, htons(IP_DF));
	w = capture(test, road, inner);
	esp = w.data + head;
	KUNIT_EXPECT_EQ(test, w.len, head + 8 + 8 + round_up(INNER_LEN - head + 2, 4) + 16);
	KUNIT_EXPECT_EQ(test, w.data[version == 4 ? 9 : 6], IPPROTO_ESP);
	KUNIT_EXPECT_MEMEQ(test, w.data + (version == 4 ? 12 : 8),
			   inner + (version == 4 ? 12 : 8), version == 4 ? 8 : 32);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(esp), c.spi);
	inject(test, w.data, w.len);
	expect_inner(test, road, inner, INNER_LEN);
}

static void a_packet_crosses_in_ipv4(struct kunit *test)
{
	cross(test, 4);
}

static void a_packet_crosses_in_ipv6(struct kunit *test)
{
	cross(test, 6);
}

/* What AH goes behind; offsets of a byte in it that counts, and of one that does not. */
struct headers {
	const char *desc;
	u8 len;
	u8 nh;
	u8 keeps;
	u8 changes;
	u8 data[80];
};

/* Options and headers that no stack makes much of: type 0x1e may not change, 0x3e may. */
#define IPV4_HEADER(words)	0x40 | (words), 0, 0, 0, 0x12, 0x34, 0x40, 0, \
				64, IPPROTO_UDP, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1
#define IPV6_HEADER(next)	0x60, 0, 0, 0, 0, 0, (next), 64, \
				[23] = 1, [39] = 1
#define OPTIONS(next, type)	(next), 0, (type), 4, 1, 2, 3, 4
#define ROUTE_AT_ITS_END(next)	(next), 2, 0, 0, 0, 0, 0, 0, 0xfd, [55] = 9

static const struct headers headers[] = {
	{ "IPv4", 20, 9, 4, 8, { IPV4_HEADER(5) } },
	{ "IPv4 with options", 32, 9, 23, 26,
	  { IPV4_HEADER(8), 148, 4, 0, 0, 0x1e, 4, 1, 2, 1, 1, 1, 0 } },
	{ "IPv4 with all the options there is room for", 60, 9, 59, 30,
	  { IPV4_HEADER(15), 0x1e, 36, [56] = 148, 4, 0, 0 } },
	{ "IPv6", 40, 6, 23, 7, { IPV6_HEADER(IPPROTO_UDP) } },
	{ "IPv6 with hop-by-hop options that change", 48, 40, 23, 46,
	  { IPV6_HEADER(NEXTHDR_HOP), OPTIONS(IPPROTO_UDP, 0x3e) } },
	{ "IPv6 with hop-by-hop and destination options", 56, 48, 54, 45,
	  { IPV6_HEADER(NEXTHDR_HOP), OPTIONS(NEXTHDR_DEST, 0x3e), OPTIONS(IPPROTO_UDP, 0x1e) } },
	{ "IPv6 with a routing header", 64, 40, 60, 7,
	  { IPV6_HEADER(NEXTHDR_ROUTING), ROUTE_AT_ITS_END(IPPROTO_UDP) } },
};

KUNIT_ARRAY_PARAM_DESC(headers, headers, desc);

static const u8 mac_key[32] = "a key for HMAC-SHA2-256-128, no";

static struct child ah_child(const struct road *road, u8 version)
{
	struct child c = transport_child(road, version);

	c.proto = IPPROTO_AH;
	c.spi = 0x2000;
	c.encr = 0;
	c.bits = 0;
	c.key = NULL;
	c.integ = KEYWAY_INTEG_HMAC_SHA2_256_128;
	c.integ_key = mac_key;
	c.integ_len = sizeof(mac_key);
	c.sa_flags = KEYWAY_SA_F_ESN;
	return c;
}

#define CARRIED		33u	/* bytes of UDP */

/* A UDP packet under @h.  Returns its length. */
static unsigned int write_under(u8 *p, const struct headers *h)
{
	unsigned int len = h->len + CARRIED, i;

	for (i = h->len; i < len; i++)
		p[i] = 7 * i;
	memcpy(p, h->data, h->len);
	if (p[0] >> 4 == 4) {
		put_unaligned_be16(len, p + 2);
		ip_send_check((struct iphdr *)p);
	} else {
		put_unaligned_be16(len - 40, p + 4);
	}
	return len;
}

static struct captured capture_under(struct kunit *test, struct road *road,
				     const struct headers *h)
{
	u8 inner[128];

	return capture_of(test, road, inner, write_under(inner, h));
}

/* The packet of @w with a byte changed is opened, or is dropped for its ICV. */
static void inject_changed(struct kunit *test, struct road *road, const struct captured *w,
			   unsigned int at, bool opens)
{
	u64 before = drops(KEYWAY_A_STATS_IN_ICV);
	struct captured changed = *w;

	changed.data[at] ^= 4;
	inject(test, changed.data, changed.len);
	KUNIT_EXPECT_EQ_MSG(test, drops(KEYWAY_A_STATS_IN_ICV) - before, !opens, "byte %u", at);
	KUNIT_EXPECT_EQ_MSG(test, skb_queue_len(&road->inner), opens, "byte %u", at);
	skb_queue_purge(&road->inner);
}

static void a_packet_crosses_in_ah(struct kunit *test)
{
	const struct headers *h = test->param_value;
	u8 version = h->data[0] >> 4, inner[128];
	unsigned int len = write_under(inner, h), ah_len = version == 4 ? 28 : 32;
	struct road *road = road_new(test);
	struct child c = ah_child(road, version);
	struct captured w;

	road->ah = true;
	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	w = capture_under(test, road, h);
	KUNIT_ASSERT_EQ(test, w.len, len + ah_len);
	KUNIT_EXPECT_EQ(test, w.data[h->nh], IPPROTO_AH);
	KUNIT_EXPECT_EQ(test, w.data[h->len], IPPROTO_UDP);
	KUNIT_EXPECT_EQ(test, w.data[h->len + 1], ah_len / 4 - 2);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(w.data + h->len + 4), c.spi);
	KUNIT_EXPECT_MEMEQ(test, w.data + h->len + ah_len, inner + h->len, CARRIED);
	/* What failed took no sequence number. */
	inject_changed(test, road, &w, h->keeps, false);
	inject_changed(test, road, &w, h->len + ah_len, false);
	inject(test, w.data, w.len);
	expect_inner(test, road, inner, len);
	w = capture_under(test, road, h);
	inject_changed(test, road, &w, h->changes, true);
}

static int nl_bundle(struct kunit *test, const struct road *road, u8 version)
{
	struct child esp = transport_child(road, version), ah = ah_child(road, version);
	struct sk_buff *msg = nl_request(test, KEYWAY_CMD_CHILD_NEW);
	u8 dir;

	esp.ah_spi = ah.spi;
	put_policy_nest(msg, &esp);
	for (dir = KEYWAY_DIR_IN; dir <= KEYWAY_DIR_OUT; dir++) {
		put_sa_nest(msg, &esp, dir);
		put_sa_nest(msg, &ah, dir);
	}
	return nl_send(test, road->nl, msg, NULL);
}

static void a_packet_crosses_in_esp_in_ah(struct kunit *test)
{
	const struct headers *h = test->param_value;
	u8 version = h->data[0] >> 4, inner[128];
	unsigned int len = write_under(inner, h), ah_len = version == 4 ? 28 : 32;
	struct road *road = road_new(test);
	struct captured w;
	const u8 *esp;

	road->ah = true;
	KUNIT_ASSERT_EQ(test, nl_bundle(test, road, version), 0);
	w = capture_under(test, road, h);
	esp = w.data + h->len + ah_len;
	KUNIT_ASSERT_EQ(test, w.len, h->len + ah_len + 8 + 8 + round_up(CARRIED + 2, 4) + 16);
	KUNIT_EXPECT_EQ(test, w.data[h->nh], IPPROTO_AH);
	KUNIT_EXPECT_EQ(test, w.data[h->len], IPPROTO_ESP);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(esp), 0x1000);
	inject_changed(test, road, &w, h->keeps, false);
	inject(test, w.data, w.len);
	expect_inner(test, road, inner, len);
}

static void expect_out_drop(struct kunit *test, const u8 *inner, struct road *road,
			    unsigned int reason)
{
	u64 before = drops(reason);

	send_inner(test, road, inner, INNER_LEN);
	KUNIT_EXPECT_EQ(test, drops(reason), before + 1);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&road->wire), 0);
	KUNIT_EXPECT_EQ(test, road->clear, 0);
}

static void a_fragment_is_not_protected(struct kunit *test)
{
	struct road *road = road_new(test);
	struct child c = transport_child(road, 4);
	u8 inner[INNER_LEN];

	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	write_loopback(inner, 4, htons(IP_MF));
	expect_out_drop(test, inner, road, KEYWAY_A_STATS_OUT_FRAGMENT);
}

static void a_packet_of_other_hosts_is_not_protected(struct kunit *test)
{
	struct road *road = road_new(test);
	struct child c = transport_child(road, 4);
	u8 inner[INNER_LEN];

	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	write_inner(inner, 4, 0, 0);
	expect_out_drop(test, inner, road, KEYWAY_A_STATS_OUT_ADDRESS);
}

/* The ESP packet on the wire after the daemon asked for a dummy, which the other side drops. */
static void a_dummy_packet_is_sent_and_dropped(struct kunit *test)
{
	struct road *road = road_new(test);
	struct child c = child_default(road->dev);
	u64 before = drops(KEYWAY_A_STATS_IN_DUMMY);
	struct sk_buff *msg, *seen;
	struct nlattr *nest;
	int id = 0;

	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	KUNIT_ASSERT_NOT_NULL(test, idr_get_next(&kw_net(&init_net)->policies, &id));
	msg = nl_request(test, KEYWAY_CMD_SA_DUMMY);
	nest = nla_nest_start(msg, KEYWAY_A_SA);
	nla_put_u8(msg, KEYWAY_A_SA_DIR, KEYWAY_DIR_OUT);
	nla_put_u32(msg, KEYWAY_A_SA_SPI, htonl(c.spi));
	nla_put_u32(msg, KEYWAY_A_SA_POLICY_ID, id);
	nla_put_u16(msg, KEYWAY_A_SA_TFC, 100);
	nla_nest_end(msg, nest);
	KUNIT_ASSERT_EQ(test, nl_send(test, road->nl, msg, NULL), 0);
	settle();
	seen = skb_dequeue(&road->wire);
	KUNIT_ASSERT_NOT_NULL(test, seen);
	KUNIT_EXPECT_EQ(test, seen->len, 20 + 8 + 8 + 104 + 16);
	kfree_skb(seen);
	KUNIT_EXPECT_EQ(test, drops(KEYWAY_A_STATS_IN_DUMMY), before + 1);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&road->inner), 0);
}

static void a_padded_packet_is_as_long_as_was_asked(struct kunit *test)
{
	struct road *road = road_new(test);
	struct child c = child_default(road->dev);
	u8 inner[INNER_LEN];
	struct captured w;

	c.tfc = 128;
	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	write_inner(inner, 4, 0, 0);
	w = capture(test, road, inner);
	KUNIT_EXPECT_EQ(test, w.len, 20 + 8 + 8 + 132 + 16);
	inject(test, w.data, w.len);
	expect_inner(test, road, inner, INNER_LEN);
}

static struct kunit_case transport_cases[] = {
	KUNIT_CASE_PARAM(the_place_is_where_the_rfc_says, place_gen_params),
	KUNIT_CASE_PARAM(headers_move_away_and_back, place_gen_params),
	KUNIT_CASE_PARAM(a_checksum_is_right_again_after_a_nat, natted_gen_params),
	KUNIT_CASE(a_packet_crosses_in_ipv4),
	KUNIT_CASE(a_packet_crosses_in_ipv6),
	KUNIT_CASE_PARAM(a_packet_crosses_in_ah, headers_gen_params),
	KUNIT_CASE_PARAM(a_packet_crosses_in_esp_in_ah, headers_gen_params),
	KUNIT_CASE(a_fragment_is_not_protected),
	KUNIT_CASE(a_packet_of_other_hosts_is_not_protected),
	KUNIT_CASE(a_dummy_packet_is_sent_and_dropped),
	KUNIT_CASE(a_padded_packet_is_as_long_as_was_asked),
	{}
};

static struct kunit_suite transport_suite = {
	.name = "keyway_transport",
	.test_cases = transport_cases,
};

kunit_test_suite(transport_suite);

MODULE_DESCRIPTION("KUnit: transport mode in ESP and AH, TFC, dummy packets");
MODULE_LICENSE("GPL");
