// SPDX-License-Identifier: GPL-2.0
/*
 * The selectors of one packet, and matching them against traffic selectors.
 *
 * RFCs: 4301 sections 4.4.1.1, 6 and 7, 7296 section 3.13.1
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

static bool is_icmp_error(u8 type)
{
	return type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
	       type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB;
}

/*
 * The ports at @offset, that of the transport header.  A first fragment too short for them is
 * like a later one: RFC 4301 7 warns of what could be hidden by it.
 */
static void parse_ports(struct kw_flow *flow, struct sk_buff *skb, unsigned int offset,
			bool later_fragment)
{
	unsigned int need;
	const u8 *p = NULL;
	u8 buf[4];

	switch (flow->proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		need = 4;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		need = 2;
		break;
	case PROTO_MH:
		need = 3;
		break;
	default:
		return;
	}
	if (!later_fragment)
		p = peek(flow, skb, offset, need, buf);
	if (!p) {
		flow->hidden = true;
		return;
	}
	flow->has_ports = true;
	flow->sport = p[0] << 8 | p[1];
	if (need == 4) {
		flow->dport = p[2] << 8 | p[3];
		return;
	}
	/* RFC 7296 3.13.1: ICMP's type and code are the port, of MH the type is its upper half. */
	if (flow->proto == PROTO_MH)
		flow->sport = p[2] << 8;
	else if (flow->proto == IPPROTO_ICMP)
		flow->icmp_error = is_icmp_error(p[0]);
	else
		flow->icmp_error = !(p[0] & ICMPV6_INFOMSG_MASK);
	flow->dport = flow->sport;
}

/* @iph is at @start, and all of it can be read. */
static void read_ipv4(struct kw_flow *flow, struct sk_buff *skb, const struct iphdr *iph,
		      unsigned int start)
{
	flow->src.family = AF_INET;
	flow->src.v4 = iph->saddr;
	flow->dst.family = AF_INET;
	flow->dst.v4 = iph->daddr;
	flow->proto = iph->protocol;
	flow->df = iph->frag_off & htons(IP_DF);
	flow->dsfield = iph->tos;
	flow->transport = start + iph->ihl * 4;
	parse_ports(flow, skb, flow->transport, iph->frag_off & htons(IP_OFFSET));
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
	read_ipv4(flow, skb, iph, 0);
	return true;
}

/*
 * RFC 4301 4.4.1.1: the next layer protocol is what follows hop-by-hop options, routing and
 * fragment headers and destination options; AH and ESP are not skipped.
 */
static bool skip_extensions(struct kw_flow *flow, struct sk_buff *skb, unsigned int offset, u8 next)
{
	bool later_fragment = false;
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
			flow->transport = offset;
			parse_ports(flow, skb, offset, later_fragment);
			return true;
		}
		p = peek(flow, skb, offset, 8, buf);
		if (!p)
			return false;
		if (next == NEXTHDR_FRAGMENT) {
			/* What follows a later fragment's header is payload. */
			if ((p[2] << 8 | p[3]) & IP6_OFFSET) {
				flow->proto = p[0];
				flow->transport = offset + 8;
				parse_ports(flow, skb, 0, true);
				/* The protocol may itself be further on. */
				flow->hidden |= ipv6_ext_hdr(p[0]);
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

/* @ip6h is at @start. */
static bool read_ipv6(struct kw_flow *flow, struct sk_buff *skb, const struct ipv6hdr *ip6h,
		      unsigned int start)
{
	flow->src.family = AF_INET6;
	flow->src.v6 = ip6h->saddr;
	flow->dst.family = AF_INET6;
	flow->dst.v6 = ip6h->daddr;
	flow->df = true;
	flow->dsfield = ipv6_get_dsfield(ip6h);
	return skip_extensions(flow, skb, start + sizeof(*ip6h), ip6h->nexthdr);
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
	return read_ipv6(flow, skb, ip6h, 0);
}

static void begin(struct kw_flow *flow, u32 mark)
{
	flow->has_ports = false;
	flow->hidden = false;
	flow->icmp_error = false;
	flow->sport = 0;
	flow->dport = 0;
	flow->mark = mark;
}

bool kw_flow_parse(struct kw_flow *flow, struct sk_buff *skb)
{
	begin(flow, skb->mark);
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

/* The quoted packet is cut short, so its own length says nothing: the error's does. */
static bool read_quoted(const struct kw_flow *flow, struct sk_buff *skb, struct kw_flow *quoted)
{
	unsigned int start = flow->transport + sizeof(struct icmphdr);
	u8 buf[sizeof(struct ipv6hdr)];
	const struct iphdr *iph;
	const u8 *p;

	begin(quoted, flow->mark);
	quoted->len = flow->len;
	if (flow->src.family == AF_INET6) {
		p = peek(flow, skb, start, sizeof(struct ipv6hdr), buf);
		return p && p[0] >> 4 == 6 &&
		       read_ipv6(quoted, skb, (const struct ipv6hdr *)p, start);
	}
	p = peek(flow, skb, start, sizeof(*iph), buf);
	iph = (const struct iphdr *)p;
	if (!p || iph->version != 4 || iph->ihl < 5)
		return false;
	read_ipv4(quoted, skb, iph, start);
	return true;
}

bool kw_flow_quoted(const struct kw_flow *flow, struct sk_buff *skb, struct kw_flow *quoted)
{
	if (!flow->icmp_error || !read_quoted(flow, skb, quoted))
		return false;
	swap(quoted->src, quoted->dst);
	swap(quoted->sport, quoted->dport);
	return true;
}

static enum kw_match match_port(const struct kw_ts *ts, const struct kw_flow *flow, u16 port)
{
	if (ts->port_start == 0 && ts->port_end == U16_MAX)
		return KW_MATCH_YES;
	/* RFC 4301 4.4.1.1: ANY includes OPAQUE, a range does not. */
	if (ts->port_start > ts->port_end)
		return flow->has_ports ? KW_MATCH_NO : KW_MATCH_YES;
	if (!flow->has_ports)
		return flow->hidden ? KW_MATCH_HIDDEN : KW_MATCH_NO;
	return port >= ts->port_start && port <= ts->port_end ? KW_MATCH_YES : KW_MATCH_NO;
}

enum kw_match kw_ts_match(const struct kw_ts *ts, const struct kw_addr *addr,
			  const struct kw_flow *flow, u16 port)
{
	if (ts->start.family != addr->family)
		return KW_MATCH_NO;
	if (ts->proto && ts->proto != flow->proto)
		return KW_MATCH_NO;
	if (!kw_addr_between(addr, &ts->start, &ts->end))
		return KW_MATCH_NO;
	return match_port(ts, flow, port);
}

/* The best of a list: certainly, perhaps, no. */
static enum kw_match match_side(const struct kw_ts *ts, unsigned int n, const struct kw_addr *addr,
				const struct kw_flow *flow, u16 port)
{
	enum kw_match best = KW_MATCH_NO, match;
	unsigned int i;

	for (i = 0; i < n; i++) {
		match = kw_ts_match(&ts[i], addr, flow, port);
		if (match == KW_MATCH_YES)
			return KW_MATCH_YES;
		if (match == KW_MATCH_HIDDEN)
			best = KW_MATCH_HIDDEN;
	}
	return best;
}

enum kw_match kw_flow_match(const struct kw_flow *flow, const struct kw_ts *src_ts,
			    unsigned int n_src, const struct kw_ts *dst_ts, unsigned int n_dst)
{
	enum kw_match src, dst;

	src = match_side(src_ts, n_src, &flow->src, flow, flow->sport);
	if (src == KW_MATCH_NO)
		return KW_MATCH_NO;
	dst = match_side(dst_ts, n_dst, &flow->dst, flow, flow->dport);
	return dst == KW_MATCH_YES ? src : dst;
}
