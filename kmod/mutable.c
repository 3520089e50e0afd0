// SPDX-License-Identifier: GPL-2.0
/*
 * IP headers as AH's ICV covers them: mutable fields zero, predictable ones as at the destination.
 *
 * RFCs: 4302 section 3.3.3.1 and Appendix A, 791, 8200, 6275 section 6.4, 6946
 */
#include "mutable.h"

#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/string.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "compat.h"

/* RFC 8200 4.2: the data of such an option may change on the way. */
#define OPTION_MAY_CHANGE	0x20

#define OPT_EXTENDED_SECURITY	133	/* RFC 1108 */
#define OPT_SDB			149	/* RFC 1770 */

/* RFC 4302 A1: all that are not named there as immutable are zeroed whole, unknown ones too. */
static bool ipv4_option_immutable(u8 type)
{
	switch (type) {
	case IPOPT_SEC:
	case OPT_EXTENDED_SECURITY:
	case IPOPT_CIPSO:
	case IPOPT_RA:
	case OPT_SDB:
		return true;
	default:
		return false;
	}
}

/*
 * A source route of @len bytes, type and length included, at @opt.  Its last address is that of the
 * destination as long as the pointer has not passed it.
 */
static bool ipv4_source_route(struct iphdr *out, const u8 *opt, unsigned int len, bool sending)
{
	if (len < 3 || opt[2] < 4)
		return false;
	if (opt[2] + 3u > len)
		return true;
	if (!sending)
		return false;
	memcpy(&out->daddr, opt + len - 4, 4);
	return true;
}

/* The options of the header copied to @out, which may be changed in place. */
static bool ipv4_options(struct iphdr *out, bool sending)
{
	u8 *opt = (u8 *)(out + 1);
	unsigned int left = out->ihl * 4 - sizeof(*out);
	bool routed = false;

	while (left) {
		unsigned int len;

		if (*opt == IPOPT_END)
			return true;
		if (*opt == IPOPT_NOOP) {
			opt++;
			left--;
			continue;
		}
		if (left < 2 || opt[1] < 2 || opt[1] > left)
			return false;
		len = opt[1];
		if (*opt == IPOPT_LSRR || *opt == IPOPT_SSRR) {
			/* RFC 791 3.1: at most once. */
			if (routed || !ipv4_source_route(out, opt, len, sending))
				return false;
			routed = true;
		}
		if (!ipv4_option_immutable(*opt))
			memset(opt, 0, len);
		opt += len;
		left -= len;
	}
	return true;
}

static unsigned int copy_ipv4(struct iphdr *out, unsigned int len, bool sending)
{
	if (len < sizeof(*out) || out->ihl * 4u != len || out->protocol != IPPROTO_AH)
		return 0;
	out->tos = 0;
	out->frag_off = 0;
	out->ttl = 0;
	out->check = 0;
	return ipv4_options(out, sending) ? len : 0;
}

/* Hop-by-hop or destination options of @len bytes at @ext. */
static bool ipv6_options(u8 *ext, unsigned int len)
{
	unsigned int at = 2;

	while (at < len) {
		unsigned int size;

		if (ext[at] == IPV6_TLV_PAD1) {
			at++;
			continue;
		}
		if (len - at < 2 || ext[at + 1] > len - at - 2)
			return false;
		size = ext[at + 1];
		/* Type and length stay. */
		if (ext[at] & OPTION_MAY_CHANGE)
			memset(ext + at + 2, 0, size);
		at += 2 + size;
	}
	return true;
}

/*
 * RFC 4302 A2: a routing header in the form it has at its end: no segments left, each address that
 * is still to be visited replaced by the one before it, the last one in the IPv6 header.
 */
static bool ipv6_route(struct ipv6hdr *out, u8 *ext, unsigned int len, bool sending)
{
	unsigned int count = ext[1] / 2, left = ext[3];
	struct in6_addr *addr = (struct in6_addr *)(ext + 8), final;

	if (!left)
		return true;
	if (!sending || (ext[2] != IPV6_SRCRT_TYPE_0 && ext[2] != IPV6_SRCRT_TYPE_2) ||
	    ext[1] % 2 || left > count)
		return false;
	final = addr[count - 1];
	memmove(&addr[count - left + 1], &addr[count - left], (left - 1) * sizeof(*addr));
	addr[count - left] = out->daddr;
	out->daddr = final;
	ext[3] = 0;
	return true;
}

/* RFC 6946: offset 0 and none to follow. */
static bool is_whole(const u8 *fragment)
{
	return !(get_unaligned_be16(fragment + 2) & (IP6_OFFSET | IP6_MF));
}

static unsigned int copy_ipv6(u8 *out, unsigned int len, bool sending)
{
	struct ipv6hdr *ip6h = (struct ipv6hdr *)out;
	unsigned int at = sizeof(*ip6h);
	u8 *next = &ip6h->nexthdr;

	if (len < sizeof(*ip6h))
		return 0;
	put_unaligned_be32(6U << 28, ip6h);
	ip6h->hop_limit = 0;
	while (at < len) {
		u8 *ext = out + at;
		unsigned int size;

		if (len - at < 8)
			return 0;
		size = *next == NEXTHDR_FRAGMENT ? 8 : (ext[1] + 1) * 8;
		if (size > len - at)
			return 0;
		switch (*next) {
		case NEXTHDR_HOP:
		case NEXTHDR_DEST:
			if (!ipv6_options(ext, size))
				return 0;
			break;
		case NEXTHDR_ROUTING:
			if (!ipv6_route(ip6h, ext, size, sending))
				return 0;
			break;
		case NEXTHDR_FRAGMENT:
			if (sending || !is_whole(ext))
				return 0;
			*next = ext[0];
			be16_add_cpu(&ip6h->payload_len, -8);
			len -= 8;
			memmove(ext, ext + 8, len - at);
			continue;
		default:
			return 0;
		}
		next = ext;
		at += size;
	}
	return *next == NEXTHDR_AUTH ? len : 0;
}

unsigned int kw_mutable_copy(u8 *out, const u8 *ip, unsigned int len, bool sending)
{
	if (!len || len > KW_MUTABLE_MAX)
		return 0;
	memcpy(out, ip, len);
	switch (*ip >> 4) {
	case 4:
		return copy_ipv4((struct iphdr *)out, len, sending);
	case 6:
		return copy_ipv6(out, len, sending);
	default:
		return 0;
	}
}
