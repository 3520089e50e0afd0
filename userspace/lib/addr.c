// SPDX-License-Identifier: GPL-2.0
/* IPv4 and IPv6 addresses, prefixes, ranges and UDP endpoints: parse, print, compare. */
#include "lib/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ranges are arithmetic: either family as one number. */
__extension__ typedef unsigned __int128 u128;

size_t ip_addr_len(const struct ip_addr *a)
{
	return a->family == AF_INET ? 4 : a->family == AF_INET6 ? 16 : 0;
}

static unsigned int family_bits(uint8_t family)
{
	return family == AF_INET ? 32 : 128;
}

static u128 value(const struct ip_addr *a)
{
	u128 v = 0;

	for (size_t i = 0; i < ip_addr_len(a); i++)
		v = v << 8 | a->b[i];
	return v;
}

static struct ip_addr from_value(uint8_t family, u128 v)
{
	struct ip_addr a = { .family = family };

	for (size_t i = ip_addr_len(&a); i-- > 0; v >>= 8)
		a.b[i] = (uint8_t)v;
	return a;
}

/* The low n bits set; n from 0 to 128. */
static u128 ones(unsigned int n)
{
	return n == 0 ? 0 : ~(u128)0 >> (128 - n);
}

bool ip_addr_is_set(const struct ip_addr *a)
{
	return a->family != AF_UNSPEC;
}

bool ip_addr_is_any(const struct ip_addr *a)
{
	return ip_addr_len(a) != 0 && value(a) == 0;
}

/* The registries of RFC 6890: what is not globally reachable, and in IPv6 what carries an IPv4 address within. */
bool ip_addr_is_public(const struct ip_addr *a)
{
	static const struct {
		uint8_t family, first[4], bits;
		bool is_public;
	} nets[] = {
		{ AF_INET, { 0 }, 8, false }, { AF_INET, { 10 }, 8, false }, { AF_INET, { 100, 64 }, 10, false },
		{ AF_INET, { 127 }, 8, false }, { AF_INET, { 169, 254 }, 16, false },
		{ AF_INET, { 172, 16 }, 12, false }, { AF_INET, { 192, 0, 0 }, 24, false },
		{ AF_INET, { 192, 0, 2 }, 24, false }, { AF_INET, { 192, 88, 99 }, 24, false },
		{ AF_INET, { 192, 168 }, 16, false }, { AF_INET, { 198, 18 }, 15, false },
		{ AF_INET, { 198, 51, 100 }, 24, false }, { AF_INET, { 203, 0, 113 }, 24, false },
		{ AF_INET, { 224 }, 3, false }, { AF_INET, { 0 }, 0, true },
		{ AF_INET6, { 0x20, 0x01, 0x00 }, 23, false }, { AF_INET6, { 0x20, 0x01, 0x0d, 0xb8 }, 32, false },
		{ AF_INET6, { 0x20, 0x02 }, 16, false }, { AF_INET6, { 0x20 }, 3, true },
	};

	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
		struct ip_addr first = { .family = nets[i].family };
		struct ip_range net;

		memcpy(first.b, nets[i].first, sizeof(nets[i].first));
		net = ip_range_from_prefix(&first, nets[i].bits);
		if (ip_range_has(&net, a))
			return nets[i].is_public;
	}
	return false;
}

bool ip_addr_equal(const struct ip_addr *a, const struct ip_addr *b)
{
	return ip_addr_cmp(a, b) == 0;
}

int ip_addr_cmp(const struct ip_addr *a, const struct ip_addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->b, b->b, ip_addr_len(a));
}

int ip_addr_parse(struct ip_addr *a, const char *text)
{
	struct ip_addr got = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	if (inet_pton(got.family, text, got.b) != 1)
		return -EINVAL;
	*a = got;
	return 0;
}

char *ip_addr_print(char buf[ADDR_STRLEN], const struct ip_addr *a)
{
	if (!ip_addr_is_set(a) || !inet_ntop(a->family, a->b, buf, ADDR_STRLEN))
		snprintf(buf, ADDR_STRLEN, "%%any");
	return buf;
}

struct ip_addr ip_addr_from_bytes(uint8_t family, const uint8_t *b)
{
	struct ip_addr a = { .family = family };

	memcpy(a.b, b, ip_addr_len(&a));
	return a;
}

struct ip_range ip_range_from_prefix(const struct ip_addr *a, unsigned int bits)
{
	unsigned int width = family_bits(a->family);
	u128 host = ones(bits < width ? width - bits : 0);
	u128 v = value(a);

	return (struct ip_range){ from_value(a->family, v & ~host), from_value(a->family, v | host) };
}

struct ip_range ip_range_any(uint8_t family)
{
	struct ip_addr zero = { .family = family };

	return ip_range_from_prefix(&zero, 0);
}

/* Digits only, no sign, no blank, no leading zero but "0" itself. */
static int parse_bits(unsigned int *bits, const char *text, unsigned int max)
{
	unsigned int v = 0;

	if (!*text || (text[0] == '0' && text[1]))
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		v = v * 10 + (unsigned int)(*text - '0');
		if (v > max)
			return -EINVAL;
	}
	*bits = v;
	return 0;
}

int ip_range_parse(struct ip_range *r, const char *text)
{
	size_t n = strcspn(text, "/-");
	struct ip_range got;
	char first[ADDR_STRLEN];
	unsigned int bits;

	if (n >= sizeof(first))
		return -EINVAL;
	memcpy(first, text, n);
	first[n] = '\0';
	if (ip_addr_parse(&got.first, first))
		return -EINVAL;
	got.last = got.first;

	if (text[n] == '/') {
		struct ip_addr given = got.first;

		if (parse_bits(&bits, text + n + 1, family_bits(given.family)))
			return -EINVAL;
		got = ip_range_from_prefix(&given, bits);
		if (!ip_addr_equal(&got.first, &given))
			return -EINVAL;
	} else if (text[n] == '-') {
		if (ip_addr_parse(&got.last, text + n + 1) ||
		    got.first.family != got.last.family || ip_addr_cmp(&got.first, &got.last) > 0)
			return -EINVAL;
	}
	*r = got;
	return 0;
}

int ip_range_prefix_len(const struct ip_range *r)
{
	u128 first = value(&r->first), host = first ^ value(&r->last);
	unsigned int n = 0;

	if (!ip_addr_len(&r->first) || r->first.family != r->last.family)
		return -1;
	while (n < 128 && (host >> n & 1))
		n++;
	/* The ends differ in exactly the low n bits, all 0 in one and all 1 in the other. */
	if (host != ones(n) || (first & host) != 0)
		return -1;
	return (int)(family_bits(r->first.family) - n);
}

char *ip_range_print(char buf[RANGE_STRLEN], const struct ip_range *r)
{
	char first[ADDR_STRLEN], last[ADDR_STRLEN];
	int bits = ip_range_prefix_len(r);

	ip_addr_print(first, &r->first);
	if (bits >= 0)
		snprintf(buf, RANGE_STRLEN, "%s/%d", first, bits);
	else
		snprintf(buf, RANGE_STRLEN, "%s-%s", first, ip_addr_print(last, &r->last));
	return buf;
}

bool ip_range_has(const struct ip_range *r, const struct ip_addr *a)
{
	return a->family == r->first.family && ip_addr_cmp(&r->first, a) <= 0 &&
	       ip_addr_cmp(a, &r->last) <= 0;
}

bool ip_range_contains(const struct ip_range *outer, const struct ip_range *inner)
{
	return ip_range_has(outer, &inner->first) && ip_range_has(outer, &inner->last);
}

bool ip_range_intersect(struct ip_range *out, const struct ip_range *a, const struct ip_range *b)
{
	struct ip_range both;

	/* Two families never meet: the order puts all of one before the other. */
	both.first = ip_addr_cmp(&a->first, &b->first) > 0 ? a->first : b->first;
	both.last = ip_addr_cmp(&a->last, &b->last) < 0 ? a->last : b->last;
	if (ip_addr_cmp(&both.first, &both.last) > 0)
		return false;
	*out = both;
	return true;
}

bool ip_range_equal(const struct ip_range *a, const struct ip_range *b)
{
	return ip_addr_equal(&a->first, &b->first) && ip_addr_equal(&a->last, &b->last);
}

int ip_range_to_prefixes(const struct ip_range *r,
			 int (*emit)(const struct ip_addr *a, unsigned int bits, void *ctx), void *ctx)
{
	unsigned int width = family_bits(r->first.family);
	u128 at = value(&r->first), last = value(&r->last);

	while (at <= last) {
		struct ip_addr a = from_value(r->first.family, at);
		unsigned int host = 0;
		int ret;

		/* The widest block that starts here, aligned and not past the end. */
		while (host < width && (at & ones(host + 1)) == 0 && ones(host + 1) <= last - at)
			host++;
		ret = emit(&a, width - host, ctx);
		if (ret)
			return ret;
		if (last - at == ones(host))
			return 0;	/* at + block would wrap at the end of the address space */
		at += ones(host) + 1;
	}
	return 0;
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && ip_addr_equal(&a->addr, &b->addr);
}

char *endpoint_print(char buf[ENDPOINT_STRLEN], const struct endpoint *e)
{
	const char *form = e->addr.family == AF_INET6 ? "[%s]:%u" : "%s:%u";
	char addr[ADDR_STRLEN];

	ip_addr_print(addr, &e->addr);
	snprintf(buf, ENDPOINT_STRLEN, form, addr, e->port);
	return buf;
}

int endpoint_from_sockaddr(struct endpoint *e, const struct sockaddr *sa)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		e->addr = ip_addr_from_bytes(AF_INET, (const uint8_t *)&in.sin_addr);
		e->port = ntohs(in.sin_port);
		return 0;
	}
	if (sa->sa_family != AF_INET6)
		return -EAFNOSUPPORT;
	memcpy(&in6, sa, sizeof(in6));
	e->port = ntohs(in6.sin6_port);
	/* A dual-stack socket shows IPv4 peers as ::ffff:a.b.c.d; for us they are IPv4. */
	if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
		e->addr = ip_addr_from_bytes(AF_INET, in6.sin6_addr.s6_addr + 12);
	else
		e->addr = ip_addr_from_bytes(AF_INET6, in6.sin6_addr.s6_addr);
	return 0;
}

socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *ss)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(e->port) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(e->port) };

	memset(ss, 0, sizeof(*ss));
	switch (e->addr.family) {
	case AF_INET:
		memcpy(&in.sin_addr, e->addr.b, 4);
		memcpy(ss, &in, sizeof(in));
		return sizeof(in);
	case AF_INET6:
		memcpy(&in6.sin6_addr, e->addr.b, 16);
		memcpy(ss, &in6, sizeof(in6));
		return sizeof(in6);
	}
	return 0;
}
