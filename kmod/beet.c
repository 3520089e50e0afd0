// SPDX-License-Identifier: GPL-2.0
/*
 * BEET mode: tunnel mode between one address on each side, which both know and ESP does not carry.
 *
 * RFCs: 7402 appendix B, draft-nikander-esp-beet-mode
 *
 *   inner   [IP][options][carried]
 *   ESP     [IP][UDP][ESP IV]{[pseudo header][options][carried]}[..]
 *
 * The rest of the inner header is made anew out of the outer one, so that what routers did to that
 * (TTL, ECN) arrives.  The pseudo header is there only if IPv4 has options; it says how long they
 * are.  IPv6's extension headers are part of what is carried.
 */
#include "beet.h"

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <net/dsfield.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <uapi/linux/keyway.h>

#include "flow.h"
#include "policy.h"
#include "transport.h"

/* What of an outer header becomes the inner one's. */
struct outside {
	u8 dsfield;
	u8 ttl;
	__be16 id;
	__be16 df;
	__be32 flow_label;
};

static const struct kw_addr *local_of(const struct kw_policy *policy)
{
	return &policy->ts[0].start;
}

static const struct kw_addr *remote_of(const struct kw_policy *policy)
{
	return &policy->ts[policy->n_local].start;
}

unsigned int kw_beet_ip_len(const struct kw_policy *policy)
{
	return local_of(policy)->family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
}

/* Bytes of the pseudo header before @options bytes: with them it is a multiple of 8. */
static unsigned int pseudo_len(unsigned int options)
{
	return options ? sizeof(struct ip_beet_phdr) + 4 - (options & 4) : 0;
}

static unsigned int options_len(const struct iphdr *iph)
{
	return iph->ihl * 4 - sizeof(*iph);
}

unsigned int kw_beet_find(const struct kw_policy *policy, const struct kw_flow *flow,
			  const struct sk_buff *skb, struct kw_transport *at)
{
	if (!kw_transport_find(skb, at))
		return KEYWAY_A_STATS_OUT_MALFORMED;
	if (at->fragment)
		return KEYWAY_A_STATS_OUT_FRAGMENT;
	/* An ICMP error goes by the packet it quotes, but its sender may be somebody else. */
	if (!kw_addr_equal(&flow->src, local_of(policy)) ||
	    !kw_addr_equal(&flow->dst, remote_of(policy)))
		return KEYWAY_A_STATS_OUT_ADDRESS;
	at->offset = kw_beet_ip_len(policy);
	at->nh = offsetof(struct ipv6hdr, nexthdr);
	if (flow->src.family == AF_INET) {
		at->offset -= pseudo_len(options_len(ip_hdr(skb)));
		at->nh = offsetof(struct iphdr, protocol);
	}
	return 0;
}

u8 kw_beet_open(struct sk_buff *skb, const struct kw_transport *at)
{
	u8 next_header = skb->data[at->nh];
	unsigned int options = 0, pseudo;
	struct ip_beet_phdr *ph;

	if (skb->data[0] >> 4 == 4)
		options = options_len((struct iphdr *)skb->data);
	__skb_pull(skb, at->offset);
	pseudo = pseudo_len(options);
	if (!pseudo)
		return next_header;
	/* Where the addresses were. */
	ph = (struct ip_beet_phdr *)skb->data;
	ph->nexthdr = next_header;
	ph->hdrlen = options / 8;
	ph->padlen = pseudo - sizeof(*ph);
	ph->reserved = 0;
	memset(ph + 1, IPOPT_NOP, ph->padlen);
	return IPPROTO_BEETPH;
}

/* Takes the pseudo header off.  False: it is none; else the bytes of options that follow. */
static bool strip_pseudo(struct sk_buff *skb, u8 *next_header, unsigned int *options)
{
	const struct ip_beet_phdr *ph = (const struct ip_beet_phdr *)skb->data;
	unsigned int len;

	if (skb->len < sizeof(*ph) || (ph->padlen != 0 && ph->padlen != 4))
		return false;
	*next_header = ph->nexthdr;
	*options = ph->hdrlen * 8 + 4 - ph->padlen;
	len = sizeof(*ph) + ph->padlen;
	if (!*options || *options > MAX_IPOPTLEN || skb->len < len + *options)
		return false;
	__skb_pull(skb, len);
	return true;
}

static void read_outside(const struct sk_buff *skb, struct outside *o)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	const struct iphdr *iph = ip_hdr(skb);

	if (iph->version == 4) {
		*o = (struct outside){
			.dsfield = iph->tos,
			.ttl = iph->ttl,
			.id = iph->id,
			.df = iph->frag_off & htons(IP_DF),
		};
	} else {
		*o = (struct outside){
			.dsfield = ipv6_get_dsfield(ip6h),
			.ttl = ip6h->hop_limit,
			.df = htons(IP_DF),
			.flow_label = ip6_flowlabel(ip6h),
		};
	}
}

static void push_ipv4(struct sk_buff *skb, const struct outside *o, u8 next_header,
		      unsigned int options, const struct kw_policy *policy)
{
	struct iphdr *iph = __skb_push(skb, sizeof(*iph));

	iph->version = 4;
	iph->ihl = (sizeof(*iph) + options) / 4;
	iph->tos = o->dsfield;
	iph->tot_len = htons(skb->len);
	iph->id = o->id;
	iph->frag_off = o->df;
	iph->ttl = o->ttl;
	iph->protocol = next_header;
	iph->saddr = remote_of(policy)->v4;
	iph->daddr = local_of(policy)->v4;
	ip_send_check(iph);
	skb->protocol = htons(ETH_P_IP);
}

static void push_ipv6(struct sk_buff *skb, const struct outside *o, u8 next_header,
		      const struct kw_policy *policy)
{
	unsigned int len = skb->len;
	struct ipv6hdr *ip6h = __skb_push(skb, sizeof(*ip6h));

	ip6_flow_hdr(ip6h, o->dsfield, o->flow_label);
	ip6h->payload_len = htons(len);
	ip6h->nexthdr = next_header;
	ip6h->hop_limit = o->ttl;
	ip6h->saddr = remote_of(policy)->v6;
	ip6h->daddr = local_of(policy)->v6;
	skb->protocol = htons(ETH_P_IPV6);
}

unsigned int kw_beet_close(struct sk_buff *skb, u8 next_header, const struct kw_policy *policy)
{
	bool ipv4 = local_of(policy)->family == AF_INET;
	unsigned int options = 0;
	struct outside o;

	read_outside(skb, &o);
	if (next_header == IPPROTO_BEETPH &&
	    (!ipv4 || !strip_pseudo(skb, &next_header, &options)))
		return KEYWAY_A_STATS_IN_MALFORMED;
	if (skb->len + kw_beet_ip_len(policy) > IP_MAX_MTU)
		return KEYWAY_A_STATS_IN_MALFORMED;
	/* IPv6 inside may be longer than what was before it. */
	if (skb_cow_head(skb, kw_beet_ip_len(policy)))
		return KEYWAY_A_STATS_IN_NO_MEMORY;
	if (ipv4)
		push_ipv4(skb, &o, next_header, options, policy);
	else
		push_ipv6(skb, &o, next_header, policy);
	skb_reset_network_header(skb);
	skb_reset_mac_header(skb);
	skb_reset_mac_len(skb);
	return 0;
}
