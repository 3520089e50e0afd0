/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The selectors of one packet, and matching them against traffic selectors.
 *
 * RFCs: 4301 sections 4.4.1.1, 6 and 7, 7296 section 3.13.1
 */
#ifndef KW_FLOW_H
#define KW_FLOW_H

#include <linux/types.h>

#include "addr.h"

struct sk_buff;

/**
 * struct kw_flow - what a policy can see of a packet
 * @src: source address
 * @dst: destination address
 * @proto: next layer protocol, after IPv6's extension headers but not AH and ESP
 * @has_ports: @sport and @dport are meaningful; else RFC 4301 calls them OPAQUE
 * @hidden: the protocol has ports, but this fragment does not carry them
 * @icmp_error: an ICMP error, which quotes a packet; see kw_flow_quoted()
 * @sport: source port; for ICMP and Mobility Header type * 256 + code
 * @dport: destination port; for ICMP and Mobility Header the same again
 * @df: the IPv4 header forbids fragmentation, or this is IPv6
 * @dsfield: DSCP and ECN
 * @mark: the packet's mark
 * @transport: offset of the header after IP's
 * @len: the packet's length according to its header
 */
struct kw_flow {
	struct kw_addr src;
	struct kw_addr dst;
	u8 proto;
	bool has_ports;
	bool hidden;
	bool icmp_error;
	u16 sport;
	u16 dport;
	bool df;
	u8 dsfield;
	u32 mark;
	unsigned int transport;
	unsigned int len;
};

/* Ports 0 to 65535 are ANY, which includes OPAQUE; 65535 to 0 is OPAQUE alone (RFC 7296 3.13.1). */
#define KW_TS_OPAQUE_START	65535
#define KW_TS_OPAQUE_END	0

enum kw_match {
	KW_MATCH_NO,
	KW_MATCH_YES,
	KW_MATCH_HIDDEN,	/* it depends on ports that this fragment does not carry */
};

/* One traffic selector; @start and @end are of one family, and @start is not above @end. */
struct kw_ts {
	struct kw_addr start;
	struct kw_addr end;
	u8 proto;		/* 0 is any */
	u16 port_start;
	u16 port_end;
};

/*
 * Reads the inner packet that starts at the network header, which is skb->data.  Pulls headers
 * into the linear part.  False: not well-formed IPv4 or IPv6, or shorter than it says.
 */
bool kw_flow_parse(struct kw_flow *flow, struct sk_buff *skb);

/*
 * RFC 4301 6: the packet an ICMP error quotes, as seen from where the error goes: source and
 * destination change places.  @flow is of the error itself, in @skb.  False: there is none.
 */
bool kw_flow_quoted(const struct kw_flow *flow, struct sk_buff *skb, struct kw_flow *quoted);

/* Whether one side's address and port, and the protocol, are within @ts. */
enum kw_match kw_ts_match(const struct kw_ts *ts, const struct kw_addr *addr,
			  const struct kw_flow *flow, u16 port);

/*
 * Whether the packet is within both lists: its source in @src_ts, its destination in @dst_ts.
 */
enum kw_match kw_flow_match(const struct kw_flow *flow, const struct kw_ts *src_ts,
			    unsigned int n_src, const struct kw_ts *dst_ts, unsigned int n_dst);

#endif /* KW_FLOW_H */
