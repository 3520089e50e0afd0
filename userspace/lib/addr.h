/* SPDX-License-Identifier: GPL-2.0 */
/* IPv4 and IPv6 addresses, prefixes, ranges and UDP endpoints: parse, print, compare. */
#ifndef KW_LIB_ADDR_H
#define KW_LIB_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct ip_addr {
	uint8_t family;		/* AF_INET, AF_INET6, or AF_UNSPEC = none */
	uint8_t b[16];		/* network order; IPv4 uses the first four, the rest zero */
};

/* Inclusive; both ends of one family. */
struct ip_range {
	struct ip_addr first, last;
};

struct endpoint {
	struct ip_addr addr;
	uint16_t port;		/* host order */
};

#define ADDR_STRLEN	48	/* an address, prefix or "%any" with NUL */
#define RANGE_STRLEN	96	/* "first-last" or a prefix */
#define ENDPOINT_STRLEN	64	/* "192.0.2.1:500", "[2001:db8::1]:500" */

size_t ip_addr_len(const struct ip_addr *a);			/* 4, 16 or 0 */
bool ip_addr_is_set(const struct ip_addr *a);
bool ip_addr_is_any(const struct ip_addr *a);			/* 0.0.0.0 or :: */
/* Of the public Internet: not this host's, its link's, a private net's, a group's, or one that leads to such. */
bool ip_addr_is_public(const struct ip_addr *a);
bool ip_addr_equal(const struct ip_addr *a, const struct ip_addr *b);
int ip_addr_cmp(const struct ip_addr *a, const struct ip_addr *b);	/* family, then value */
int ip_addr_parse(struct ip_addr *a, const char *text);		/* 0 or -EINVAL; no names */
char *ip_addr_print(char buf[ADDR_STRLEN], const struct ip_addr *a);
struct ip_addr ip_addr_from_bytes(uint8_t family, const uint8_t *b);

/* "10.0.0.0/8", "10.0.0.1" or "10.0.0.1-10.0.0.9". 0 or -EINVAL (host bits set count as an error). */
int ip_range_parse(struct ip_range *r, const char *text);
/* As a prefix when it is one, else "first-last". */
char *ip_range_print(char buf[RANGE_STRLEN], const struct ip_range *r);
bool ip_range_contains(const struct ip_range *outer, const struct ip_range *inner);
bool ip_range_has(const struct ip_range *r, const struct ip_addr *a);
/* false when they do not overlap (or differ in family). */
bool ip_range_intersect(struct ip_range *out, const struct ip_range *a, const struct ip_range *b);
bool ip_range_equal(const struct ip_range *a, const struct ip_range *b);
struct ip_range ip_range_from_prefix(const struct ip_addr *a, unsigned int bits);
struct ip_range ip_range_any(uint8_t family);
/* Prefix length when the range is exactly one prefix, else -1. */
int ip_range_prefix_len(const struct ip_range *r);
/* Cut a range into the fewest prefixes; calls back for each, stops on non-zero and returns it. */
int ip_range_to_prefixes(const struct ip_range *r,
			 int (*emit)(const struct ip_addr *a, unsigned int bits, void *ctx), void *ctx);

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
char *endpoint_print(char buf[ENDPOINT_STRLEN], const struct endpoint *e);
int endpoint_from_sockaddr(struct endpoint *e, const struct sockaddr *sa);	/* 0 or -EAFNOSUPPORT */
socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *ss);

#endif
