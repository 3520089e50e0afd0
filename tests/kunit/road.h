/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The whole data path in one namespace: packets go into a keyway device, over the loopback device
 * as ESP, where they are seen, kept or replaced, and come out of the device again.
 *
 *   send_inner() -> device -> ESP -> [lo: on_wire()] -> open -> [device: on_inner()]
 */
#ifndef KEYWAY_KUNIT_ROAD_H
#define KEYWAY_KUNIT_ROAD_H

#include <kunit/test.h>
#include <linux/interrupt.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "mib.h"
#include "net.h"
#include "nl.h"
#include "skb.h"

/**
 * struct road - where the packets go
 * @dev: the keyway device
 * @nl: to make children with
 * @wire: copies of the protected packets seen on the loopback device, IP header first
 * @inner: the packets that came out of @dev
 * @clear: packets on the loopback device that were not protected
 * @blocked: protected packets end at the loopback device
 * @udp: UDP packets count as protected, and not ESP
 * @ah: AH packets do
 */
struct road {
	struct net_device *dev;
	struct nl *nl;
	struct sk_buff_head wire;
	struct sk_buff_head inner;
	unsigned int clear;
	bool blocked;
	bool udp;
	bool ah;
};

/* What follows IP header and extension headers; IPPROTO_NONE when the packet ends before. */
static inline u8 protocol_of(const struct sk_buff *skb)
{
	unsigned int at = sizeof(struct ipv6hdr);
	u8 next, room[2];
	const u8 *header;

	if (skb->data[0] >> 4 == 4)
		return ip_hdr(skb)->protocol;
	next = ipv6_hdr(skb)->nexthdr;
	while (next == NEXTHDR_HOP || next == NEXTHDR_DEST || next == NEXTHDR_ROUTING) {
		header = skb_header_pointer(skb, at, sizeof(room), room);
		if (!header)
			return IPPROTO_NONE;
		next = header[0];
		at += (header[1] + 1) * 8;
	}
	return next;
}

static inline rx_handler_result_t on_wire(struct sk_buff **pskb)
{
	struct sk_buff *skb = *pskb, *copy;
	struct road *road = rcu_dereference(skb->dev->rx_handler_data);

	if (protocol_of(skb) != (road->udp ? IPPROTO_UDP : road->ah ? IPPROTO_AH : IPPROTO_ESP)) {
		road->clear++;
		return RX_HANDLER_PASS;
	}
	copy = skb_copy(skb, GFP_ATOMIC);
	if (copy)
		skb_queue_tail(&road->wire, copy);
	if (!road->blocked)
		return RX_HANDLER_PASS;
	consume_skb(skb);
	return RX_HANDLER_CONSUMED;
}

static inline rx_handler_result_t on_inner(struct sk_buff **pskb)
{
	struct road *road = rcu_dereference((*pskb)->dev->rx_handler_data);

	skb_queue_tail(&road->inner, *pskb);
	return RX_HANDLER_CONSUMED;
}

static inline void road_end(void *data)
{
	struct road *road = data;

	rtnl_lock();
	netdev_rx_handler_unregister(init_net.loopback_dev);
	netdev_rx_handler_unregister(road->dev);
	rtnl_unlock();
	skb_queue_purge(&road->wire);
	skb_queue_purge(&road->inner);
}

static inline struct road *road_new(struct kunit *test)
{
	struct road *road = kunit_kzalloc(test, sizeof(*road), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, road);
	skb_queue_head_init(&road->wire);
	skb_queue_head_init(&road->inner);
	road->dev = nl_device(test, "kw-kunit");
	road->nl = nl_open(test, NETLINK_GENERIC);
	rtnl_lock();
	KUNIT_EXPECT_EQ(test, dev_open(init_net.loopback_dev, NULL), 0);
	KUNIT_EXPECT_EQ(test, netdev_rx_handler_register(init_net.loopback_dev, on_wire, road), 0);
	KUNIT_EXPECT_EQ(test, netdev_rx_handler_register(road->dev, on_inner, road), 0);
	rtnl_unlock();
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, road_end, road), 0);
	return road;
}

/* Lets every softirq that was raised run. */
static inline void settle(void)
{
	unsigned int i;

	for (i = 0; i < 100; i++) {
		local_bh_disable();
		local_bh_enable();
		if (!local_softirq_pending())
			return;
		schedule_timeout_uninterruptible(1);
	}
}

static inline void send_skb(struct road *road, struct sk_buff *skb)
{
	skb->dev = road->dev;
	skb_reset_network_header(skb);
	dev_queue_xmit(skb);
	settle();
}

static inline void send_inner(struct kunit *test, struct road *road, const u8 *data,
			      unsigned int len)
{
	struct sk_buff *skb = alloc_skb(LL_MAX_HEADER + len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_reserve(skb, LL_MAX_HEADER);
	skb_put_data(skb, data, len);
	skb->protocol = data[0] >> 4 == 4 ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
	send_skb(road, skb);
}

static inline struct dst_entry *loopback_route(u8 version)
{
	struct flowi4 fl4 = { .daddr = htonl(INADDR_LOOPBACK), .saddr = htonl(INADDR_LOOPBACK) };
	struct flowi6 fl6 = { .daddr = in6addr_loopback, .saddr = in6addr_loopback };
	struct rtable *rt;

	if (version == 6)
		return ip6_route_output(&init_net, NULL, &fl6);
	rt = ip_route_output_key(&init_net, &fl4);
	return IS_ERR(rt) ? NULL : &rt->dst;
}

/* An outer packet from and to the loopback address, as if a peer had sent it. */
static inline struct sk_buff *outer_packet(struct kunit *test, const u8 *data, unsigned int len)
{
	struct sk_buff *skb = alloc_skb(LL_MAX_HEADER + len, GFP_KERNEL);
	struct dst_entry *dst = loopback_route(data[0] >> 4);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_ASSERT_NOT_NULL(test, dst);
	skb_reserve(skb, LL_MAX_HEADER);
	skb_put_data(skb, data, len);
	skb_reset_network_header(skb);
	skb->dev = init_net.loopback_dev;
	skb_dst_set(skb, dst);
	return skb;
}

static inline void inject_skb(struct sk_buff *skb)
{
	/* Writes length and checksum. */
	if (skb->data[0] >> 4 == 4) {
		skb->protocol = htons(ETH_P_IP);
		ip_local_out(&init_net, NULL, skb);
	} else {
		skb->protocol = htons(ETH_P_IPV6);
		ip6_local_out(&init_net, NULL, skb);
	}
	settle();
}

static inline void inject(struct kunit *test, const u8 *data, unsigned int len)
{
	inject_skb(outer_packet(test, data, len));
}

static inline u64 drops(unsigned int reason)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(kw_net(&init_net)->mib, cpu)->count[reason - KW_REASON_FIRST];
	return sum;
}

#define INNER_LEN	60u

/* A UDP packet of INNER_LEN bytes; @version is 4 or 6. */
static inline void write_inner(u8 *p, u8 version, u8 dsfield, __be16 frag_off)
{
	unsigned int i;

	for (i = 0; i < INNER_LEN; i++)
		p[i] = i ^ 0x5a;
	if (version == 4)
		write_ipv4(p, INNER_LEN, IPPROTO_UDP, dsfield, frag_off);
	else
		write_ipv6(p, INNER_LEN, IPPROTO_UDP, dsfield);
}

static inline void expect_inner(struct kunit *test, struct road *road, const u8 *data,
				unsigned int len)
{
	struct sk_buff *skb = skb_dequeue(&road->inner);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, skb->len, len);
	if (skb->len == len && !skb_linearize(skb))
		KUNIT_EXPECT_MEMEQ(test, skb->data, data, len);
	KUNIT_EXPECT_PTR_EQ(test, skb->dev, road->dev);
	kfree_skb(skb);
}

/* The protected packet that an inner packet became, taken off the wire. */
struct captured {
	u8 data[256];
	unsigned int len;
};

static inline struct captured capture_of(struct kunit *test, struct road *road, const u8 *inner,
					 unsigned int len)
{
	struct captured c = {};
	struct sk_buff *skb;

	skb_queue_purge(&road->wire);
	road->blocked = true;
	send_inner(test, road, inner, len);
	road->blocked = false;
	skb = skb_dequeue(&road->wire);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_ASSERT_LE(test, skb->len, sizeof(c.data));
	c.len = skb->len;
	KUNIT_EXPECT_EQ(test, skb_copy_bits(skb, 0, c.data, c.len), 0);
	kfree_skb(skb);
	return c;
}

static inline struct captured capture(struct kunit *test, struct road *road, const u8 *inner)
{
	return capture_of(test, road, inner, INNER_LEN);
}

struct crossing {
	const char *desc;
	u8 inner;
	u8 outer;
	u16 encr;
	u32 sa_flags;
};

static const struct crossing crossings[] = {
	{ "IPv4 in IPv4", 4, 4, KEYWAY_ENCR_AES_GCM_16, 0 },
	{ "IPv6 in IPv4", 6, 4, KEYWAY_ENCR_AES_GCM_16, 0 },
	{ "IPv4 in IPv6", 4, 6, KEYWAY_ENCR_AES_GCM_16, 0 },
	{ "IPv6 in IPv6", 6, 6, KEYWAY_ENCR_AES_GCM_16, 0 },
	{ "IPv4 in IPv4 with ESN", 4, 4, KEYWAY_ENCR_AES_GCM_16, KEYWAY_SA_F_ESN },
	{ "ChaCha20-Poly1305", 4, 4, KEYWAY_ENCR_CHACHA20_POLY1305, 0 },
	{ "ChaCha20-Poly1305 with ESN in IPv6", 6, 6, KEYWAY_ENCR_CHACHA20_POLY1305,
	  KEYWAY_SA_F_ESN },
};

static inline struct child child_of(const struct road *road, const struct crossing *x)
{
	struct child c = child_default(road->dev);

	c.encr = x->encr;
	c.sa_flags = x->sa_flags;
	if (x->encr == KEYWAY_ENCR_CHACHA20_POLY1305) {
		c.bits = 256;
		c.key_len = 36;
	}
	if (x->inner == 6) {
		c.addr_len = 16;
		memset(c.first, 0, 16);
		memset(c.last, 0xff, 16);
	}
	if (x->outer == 6) {
		c.outer_len = 16;
		memset(c.local, 0, 16);
		c.local[15] = 1;
		memcpy(c.remote, c.local, 16);
	}
	return c;
}

#endif
