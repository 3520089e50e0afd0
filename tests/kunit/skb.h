/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets for the suites: small ones put together from words, in buffers of exact size.
 */
#ifndef KEYWAY_KUNIT_SKB_H
#define KEYWAY_KUNIT_SKB_H

#include <kunit/test.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/unaligned.h>
#include <net/ip.h>

static inline void skb_free_action(void *skb)
{
	kfree_skb(skb);
}

/* A copy of @len bytes with @head bytes before it and none after; freed with the test. */
static inline struct sk_buff *skb_from(struct kunit *test, const void *data, unsigned int len,
				       unsigned int head)
{
	struct sk_buff *skb = alloc_skb(head + len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, skb_free_action, skb), 0);
	skb_reserve(skb, head);
	skb_put_data(skb, data, len);
	skb_reset_network_header(skb);
	skb_reset_mac_header(skb);
	skb->protocol = len && *(const u8 *)data >> 4 == 6 ? htons(ETH_P_IPV6) : htons(ETH_P_IP);
	return skb;
}

/* From 10.0.0.1 to 10.0.0.2, with @len bytes in all and a good checksum. */
static inline void write_ipv4(u8 *p, unsigned int len, u8 proto, u8 tos, __be16 frag_off)
{
	struct iphdr iph = {
		.version = 4,
		.ihl = 5,
		.tos = tos,
		.tot_len = htons(len),
		.frag_off = frag_off,
		.ttl = 64,
		.protocol = proto,
		.saddr = htonl(0x0a000001),
		.daddr = htonl(0x0a000002),
	};

	iph.check = ip_fast_csum(&iph, iph.ihl);
	memcpy(p, &iph, sizeof(iph));
}

/* From fd00::1 to fd00::2. */
static inline void write_ipv6(u8 *p, unsigned int len, u8 next, u8 tclass)
{
	struct ipv6hdr ip6h = {
		.payload_len = htons(len - sizeof(ip6h)),
		.nexthdr = next,
		.hop_limit = 64,
		.saddr.s6_addr = { 0xfd, [15] = 1 },
		.daddr.s6_addr = { 0xfd, [15] = 2 },
	};

	put_unaligned_be32(6 << 28 | tclass << 20, &ip6h);
	memcpy(p, &ip6h, sizeof(ip6h));
}

#endif
