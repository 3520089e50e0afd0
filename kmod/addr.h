/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An IPv4 or IPv6 address, as selectors and outer headers hold it.
 */
#ifndef KW_ADDR_H
#define KW_ADDR_H

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/socket.h>
#include <linux/string.h>
#include <linux/types.h>

struct kw_addr {
	union {
		__be32 v4;
		struct in6_addr v6;
		u8 bytes[16];
	};
	u8 family;		/* AF_INET, AF_INET6, or 0: none */
};

static inline unsigned int kw_addr_len(const struct kw_addr *a)
{
	return a->family == AF_INET ? 4 : 16;
}

static inline bool kw_addr_equal(const struct kw_addr *a, const struct kw_addr *b)
{
	return a->family == b->family && !memcmp(a->bytes, b->bytes, kw_addr_len(a));
}

/* Network order is numeric order.  All three are of one family. */
static inline bool kw_addr_between(const struct kw_addr *a, const struct kw_addr *start,
				   const struct kw_addr *end)
{
	unsigned int len = kw_addr_len(a);

	return memcmp(a->bytes, start->bytes, len) >= 0 && memcmp(a->bytes, end->bytes, len) <= 0;
}

#endif /* KW_ADDR_H */
