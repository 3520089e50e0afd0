// SPDX-License-Identifier: GPL-2.0
/*
 * The selectors of one packet, and matching them against traffic selectors.
 *
 * RFCs: 4301 section 4.4.1.1, 7296 section 3.13.1
 */
#include "flow.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <net/dsfield.h>
#include <net/ip.h>
#include <net/ipv6.h>

/* More extension headers than this in one packet are an attack, not a need. */
#define EXTENSION_MAX	8

#define PROTO_MH	135

/* @len bytes of the packet at @offset; NULL: it ends before, whatever may follow it in @skb. */
static const u8 *peek(const struct kw_flow *flow, struct sk_buff *skb, unsigned int offset,
		      unsigned int len, u8 *buf)
{
	if (offset + len > flow->len)
		return NULL;
	return skb_header_pointer(skb, offset, len, buf);
}

/* @offset is that of the transport header.  Absent ports are no error: the packet has none. */
static void parse_ports(struct kw_flow *flow, struct sk_buff *skb, unsigned int offset)
{
	u8 buf[4];
	const u8 *p;

	switch (flow->proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		p = peek(flow, skb, offset, 4, buf);
		if (!p)
			return;
		flow->sport = p[0] << 8 | p[1];
		flow->dport = p[2] << 8 | p[3];
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		p = peek(flow, skb, offset, 2, buf);
		if (!p)
			return;
		flow->sport = p[0] << 8 | p[1];
		flow->dport = flow->sport;
		break;
	case PROTO_MH:
		/* RFC 7296 3.13.1: the type is in the upper eight bits. */
		p = peek(flow, skb, offset, 3, buf);
		if (!p)
			return;
		flow->sport = p[2] << 8;
		flow->dport = flow->sport;
		break;
	default:
		return;
	}
	flow->has_ports = true;
}

static bool parse_ipv4(struct kw_flow *flow, struct sk_buff *skb)
{
	const struct iphdr *iph;

	if (!pskb_may_pull(skb, sizeof(*iph)))
		return false;
	iph = ip_hdr(skb);
	if (iph->ihl < 5 || !pskb_may_pull(skb, iph->ihl * 4))
		return false;
	iph = ip_hdr(skb);
	flow->len = ntohs(iph->tot_len);
	/* BIG TCP leaves the length field 0; the skb knows. */
	if (!flow->len && skb_is_gso(skb))
		flow->len = skb->len;
	if (flow->len < iph->ihl * 4 || flow->len > skb->len)
		return false;
	flow->src.family = AF_INET;
	flow->src.v4 = iph->saddr;
	flow->dst.family = AF_INET;
	flow->dst.v4 = iph->daddr;
	flow->proto = iph->protocol;
	flow->df = iph->frag_off & htons(IP_DF);
	flow->dsfield = iph->tos;
	if (!(iph->frag_off & htons(IP_OFFSET)))
		parse_ports(flow, skb, iph->ihl * 4);
	return true;
}

/*
 * RFC 4301 4.4.1.1: the next layer protocol is what follows hop-by-hop options, routing and
 * fragment headers and destination options; AH and ESP are not skipped.
 */
static bool skip_extensions(struct kw_flow *flow, struct sk_buff *skb, u8 next)
{
	unsigned int offset = sizeof(struct ipv6hdr);
	unsigned int i;

	for (i = 0; i <= EXTENSION_MAX; i++) {
		u8 buf[8];
		const u8 *p;

		switch (next) {
		case NEXTHDR_HOP:
		case NEXTHDR_ROUTING:
		case NEXTHDR_DEST:
		case NEXTHDR_FRAGMENT:
			break;
		default:
			flow->proto = next;
			parse_ports(flow, skb, offset);
			return true;
		}
		p = peek(flow, skb, offset, 8, buf);
		if (!p)
			return false;
		if (next == NEXTHDR_FRAGMENT) {
			/* What follows a later fragment's header is payload. */
			if ((p[2] << 8 | p[3]) & IP6_OFFSET) {
				flow->proto = p[0];
				return true;
			}
			offset += 8;
		} else {
			offset += (p[1] + 1) * 8;
		}
		next = p[0];
	}
	return false;
}

static bool parse_ipv6(struct kw_flow *flow, struct sk_buff *skb)
{
	const struct ipv6hdr *ip6h;

	if (!pskb_may_pull(skb, sizeof(*ip6h)))
		return false;
	ip6h = ipv6_hdr(skb);
	flow->len = sizeof(*ip6h) + ntohs(ip6h->payload_len);
	if (!ip6h->payload_len && skb_is_gso(skb))
		flow->len = skb->len;
	if (flow->len > skb->len)
		return false;
	flow->src.family = AF_INET6;
	flow->src.v6 = ip6h->saddr;
	flow->dst.family = AF_INET6;
	flow->dst.v6 = ip6h->daddr;
	flow->df = true;
	flow->dsfield = ipv6_get_dsfield(ip6h);
	return skip_extensions(flow, skb, ip6h->nexthdr);
}

bool kw_flow_parse(struct kw_flow *flow, struct sk_buff *skb)
{
	flow->has_ports = false;
	flow->sport = 0;
	flow->dport = 0;
	if (!pskb_may_pull(skb, 1))
		return false;
	switch (skb_network_header(skb)[0] >> 4) {
	case 4:
		return parse_ipv4(flow, skb);
	case 6:
		return parse_ipv6(flow, skb);
	default:
		return false;
	}
}

bool kw_ts_match(const struct kw_ts *ts, const struct kw_addr *addr, const struct kw_flow *flow,
		 u16 port)
{
	if (ts->start.family != addr->family)
		return false;
	if (ts->proto && ts->proto != flow->proto)
		return false;
	/* RFC 4301 4.4.1.1: ANY includes OPAQUE, a range does not. */
	if (ts->port_start != 0 || ts->port_end != U16_MAX) {
		if (!flow->has_ports || port < ts->port_start || port > ts->port_end)
			return false;
	}
	return kw_addr_between(addr, &ts->start, &ts->end);
}

bool kw_flow_match(const struct kw_flow *flow, const struct kw_ts *src_ts, unsigned int n_src,
		   const struct kw_ts *dst_ts, unsigned int n_dst)
{
	unsigned int i;

	for (i = 0; i < n_src; i++)
		if (kw_ts_match(&src_ts[i], &flow->src, flow, flow->sport))
			break;
	if (i == n_src)
		return false;
	for (i = 0; i < n_dst; i++)
		if (kw_ts_match(&dst_ts[i], &flow->dst, flow, flow->dport))
			return true;
	return false;
}
