/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Transport mode: where ESP or AH goes between an IP header and what it carries.
 *
 * RFCs: 4303 section 3.1.1, 4302 section 3.1.1, 3948 section 3.1
 */
#ifndef KW_TRANSPORT_H
#define KW_TRANSPORT_H

#include <linux/types.h>

struct sk_buff;

/**
 * struct kw_transport - the place in a packet
 * @offset: bytes of IP header and the extension headers before it
 * @nh: offset of the byte that names what comes there
 * @fragment: the packet is a fragment, in which there is no such place
 */
struct kw_transport {
	u16 offset;
	u16 nh;
	bool fragment;
};

/*
 * The place in the packet at the network header: after IPv4's options; after IPv6's hop-by-hop
 * options, routing header and the destination options before that.  False: not well-formed.
 */
bool kw_transport_find(const struct sk_buff *skb, struct kw_transport *at);

/*
 * Moves everything before the place @gap bytes to the left, into headroom the caller made sure of,
 * and leaves skb->data behind the gap.  The packet is linear and private.
 */
void kw_transport_open(struct sk_buff *skb, const struct kw_transport *at, unsigned int gap);

/*
 * The reverse: skb->data is what was carried, and the headers at the network header move up to it.
 * They then name @next_header and have the right lengths and checksum.  False: not well-formed.
 */
bool kw_transport_close(struct sk_buff *skb, u8 next_header);

/*
 * RFC 3948 3.1.2: a NAT changed the addresses that the checksum of what is carried covers, and
 * could not correct it.  @skb starts with the headers kw_transport_close() left.  The packet is
 * authentic, so the sum is simply made anew.
 */
void kw_transport_fix_checksum(struct sk_buff *skb);

#endif /* KW_TRANSPORT_H */
