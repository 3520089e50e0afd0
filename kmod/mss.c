// SPDX-License-Identifier: GPL-2.0
/*
 * TCP's maximum segment size, lowered to what fits the tunnel.
 *
 * RFCs: 4301 section 8, 9293 section 3.7.1
 *
 * Path MTU discovery inside a tunnel depends on ICMP errors that firewalls like to lose; the two
 * ends of a TCP connection that passes us tell each other what fits instead.
 */
#include "mss.h"

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#include "compat.h"
#include "flow.h"

/* Where the TCP header begins; negative: none that could be read. */
static int find_tcp(const struct sk_buff *skb)
{
	__be16 fragment;
	u8 next;

	if (ip_hdr(skb)->version == 4)
		return ip_hdr(skb)->ihl * 4;
	next = ipv6_hdr(skb)->nexthdr;
	return ipv6_skip_exthdr(skb, sizeof(struct ipv6hdr), &next, &fragment);
}

/* The MSS option's value among the @len bytes of options at @p; NULL: none. */
static u8 *find_mss(u8 *p, unsigned int len)
{
	u8 *end = p + len;

	while (p < end && *p != TCPOPT_EOL) {
		if (*p == TCPOPT_NOP) {
			p++;
			continue;
		}
		if (end - p < 2 || p[1] < 2 || p[1] > end - p)
			return NULL;
		if (p[0] == TCPOPT_MSS && p[1] == TCPOLEN_MSS)
			return p + 2;
		p += p[1];
	}
	return NULL;
}

bool kw_mss_is_syn(const struct sk_buff *skb, const struct kw_flow *flow)
{
	const struct tcphdr *tcp;
	struct tcphdr buf;
	int offset;

	if (flow->proto != IPPROTO_TCP || !flow->has_ports)
		return false;
	offset = find_tcp(skb);
	if (offset < 0)
		return false;
	tcp = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	return tcp && tcp->syn;
}

/* @mss is the option's value in the header @tcp. */
static void set_mss(struct sk_buff *skb, struct tcphdr *tcp, u8 *mss, u16 value)
{
	__be16 from = htons(get_unaligned_be16(mss)), to = htons(value);

	put_unaligned_be16(value, mss);
	/* At an odd byte it lies across two words of the sum: as if swapped within one. */
	if ((mss - (u8 *)tcp) & 1) {
		from = (__force __be16)swab16((__force u16)from);
		to = (__force __be16)swab16((__force u16)to);
	}
	inet_proto_csum_replace2(&tcp->check, skb, from, to, false);
}

void kw_mss_clamp(struct sk_buff *skb, const struct kw_flow *flow, unsigned int mtu)
{
	unsigned int headers = sizeof(struct tcphdr) + (flow->src.family == AF_INET ?
				sizeof(struct iphdr) : sizeof(struct ipv6hdr));
	int offset = find_tcp(skb);
	unsigned int len;
	struct tcphdr *tcp;
	u8 *mss;

	if (mtu <= headers || offset < 0 ||
	    skb_ensure_writable(skb, offset + sizeof(*tcp)))
		return;
	len = ((struct tcphdr *)(skb->data + offset))->doff * 4;
	if (len < sizeof(*tcp) || offset + len > flow->len ||
	    skb_ensure_writable(skb, offset + len))
		return;
	tcp = (struct tcphdr *)(skb->data + offset);
	mss = find_mss((u8 *)(tcp + 1), len - sizeof(*tcp));
	if (mss && get_unaligned_be16(mss) > mtu - headers)
		set_mss(skb, tcp, mss, mtu - headers);
}
