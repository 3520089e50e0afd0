// SPDX-License-Identifier: GPL-2.0
/*
 * Transport mode: where ESP or AH goes between an IP header and what it carries.
 *
 * RFCs: 4303 section 3.1.1, 4302 section 3.1.1, 3948 section 3.1
 *
 *   out   [IP .. ext][carried]            in   [IP .. ext][UDP][ESP IV]{carried}[..]
 *         open: headers to the left            close: headers to the right
 *         [IP .. ext]<gap>{carried}                       [IP .. ext]{carried}
 */
#include "transport.h"

#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>

/* More extension headers than this in one packet are an attack, not a need. */
#define EXTENSION_MAX	8

static bool find_ipv4(const struct sk_buff *skb, struct kw_transport *at)
{
	const struct iphdr *iph = ip_hdr(skb);

	at->offset = iph->ihl * 4;
	at->nh = offsetof(struct iphdr, protocol);
	at->fragment = ip_is_fragment(iph);
	return at->offset >= sizeof(*iph);
}

/* @whole: to the end of all extension headers, and not only to where we put ours. */
static bool find_ipv6(const struct sk_buff *skb, struct kw_transport *at, bool whole)
{
	int base = skb_network_offset(skb);
	u8 next = ipv6_hdr(skb)->nexthdr;
	bool routed = false;
	unsigned int i;

	at->offset = sizeof(struct ipv6hdr);
	at->nh = offsetof(struct ipv6hdr, nexthdr);
	at->fragment = false;
	for (i = 0; i <= EXTENSION_MAX; i++) {
		const struct ipv6_opt_hdr *ext;
		struct ipv6_opt_hdr buf;

		switch (next) {
		case NEXTHDR_HOP:
			break;
		case NEXTHDR_ROUTING:
			routed = true;
			break;
		case NEXTHDR_DEST:
			/* Those after a routing header are for the last hop alone. */
			if (routed && !whole)
				return true;
			break;
		case NEXTHDR_FRAGMENT:
			at->fragment = true;
			return true;
		default:
			return true;
		}
		ext = skb_header_pointer(skb, base + at->offset, sizeof(buf), &buf);
		if (!ext)
			return false;
		at->nh = at->offset;
		at->offset += ipv6_optlen(ext);
		next = ext->nexthdr;
	}
	return false;
}

static bool find(const struct sk_buff *skb, struct kw_transport *at, bool whole)
{
	unsigned int len = skb->len - skb_network_offset(skb);
	bool found;

	found = ip_hdr(skb)->version == 4 ? find_ipv4(skb, at) : find_ipv6(skb, at, whole);
	return found && at->offset <= len;
}

bool kw_transport_find(const struct sk_buff *skb, struct kw_transport *at)
{
	return find(skb, at, false);
}

void kw_transport_open(struct sk_buff *skb, const struct kw_transport *at, unsigned int gap)
{
	u8 *headers = skb->data;

	memmove(headers - gap, headers, at->offset);
	__skb_pull(skb, at->offset);
	skb_set_network_header(skb, -(int)(at->offset + gap));
}

static void set_lengths(struct sk_buff *skb)
{
	if (ip_hdr(skb)->version == 4) {
		ip_hdr(skb)->tot_len = htons(skb->len);
		ip_send_check(ip_hdr(skb));
		skb->protocol = htons(ETH_P_IP);
	} else {
		ipv6_hdr(skb)->payload_len = htons(skb->len - sizeof(struct ipv6hdr));
		skb->protocol = htons(ETH_P_IPV6);
	}
}

bool kw_transport_close(struct sk_buff *skb, u8 next_header)
{
	const u8 *headers = skb_network_header(skb);
	struct kw_transport at;

	if (!find(skb, &at, true) || headers + at.offset > skb->data)
		return false;
	skb_reset_transport_header(skb);
	memmove(__skb_push(skb, at.offset), headers, at.offset);
	skb_reset_network_header(skb);
	skb_reset_mac_header(skb);
	skb_reset_mac_len(skb);
	skb->data[at.nh] = next_header;
	set_lengths(skb);
	return true;
}

/* The checksum of @len bytes at @offset with a pseudo header of @proto. */
static __sum16 sum(const struct sk_buff *skb, unsigned int offset, unsigned int len, u8 proto)
{
	__wsum data = skb_checksum(skb, offset, len, 0);

	if (ip_hdr(skb)->version == 4)
		return csum_tcpudp_magic(ip_hdr(skb)->saddr, ip_hdr(skb)->daddr, len, proto, data);
	return csum_ipv6_magic(&ipv6_hdr(skb)->saddr, &ipv6_hdr(skb)->daddr, len, proto, data);
}

void kw_transport_fix_checksum(struct sk_buff *skb)
{
	unsigned int offset, len;
	struct kw_transport at;
	u8 *carried, proto;

	if (!find(skb, &at, true) || at.fragment)
		return;
	offset = at.offset;
	len = skb->len - offset;
	carried = skb->data + offset;
	proto = skb->data[at.nh];
	if (proto == IPPROTO_TCP && len >= sizeof(struct tcphdr)) {
		struct tcphdr *tcp = (struct tcphdr *)carried;

		tcp->check = 0;
		tcp->check = sum(skb, offset, len, proto);
	} else if (proto == IPPROTO_UDP && len >= sizeof(struct udphdr)) {
		struct udphdr *udp = (struct udphdr *)carried;

		/* Zero over IPv4: the sender made none. */
		if (!udp->check && ip_hdr(skb)->version == 4)
			return;
		udp->check = 0;
		udp->check = sum(skb, offset, len, proto) ?: CSUM_MANGLED_0;
	} else if (proto == IPPROTO_ICMPV6 && len >= sizeof(struct icmp6hdr)) {
		struct icmp6hdr *icmp = (struct icmp6hdr *)carried;

		icmp->icmp6_cksum = 0;
		icmp->icmp6_cksum = sum(skb, offset, len, proto);
	}
}
