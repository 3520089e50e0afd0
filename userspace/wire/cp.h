/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a configuration payload says: RFC 7296 §3.15 and RFC 8598, and the same attributes in IKEv1's
 * transaction exchange.
 */
#ifndef KW_WIRE_CP_H
#define KW_WIRE_CP_H

#include "lib/addr.h"
#include "lib/buf.h"

#define CP_DNS_MAX	8
#define CP_NETS_MAX	64
#define CP_DOMAINS_MAX	8
#define CP_DOMAIN_LEN	256

enum { CP_IP4, CP_IP6, CP_FAMILIES };	/* index of a family */

struct cp {
	uint8_t type;				/* enum config_type */
	bool has_addr[CP_FAMILIES];		/* INTERNAL_IPn_ADDRESS is there ... */
	struct ip_addr addr[CP_FAMILIES];	/* ... and says this; unset: it is empty */
	bool has_domain;			/* INTERNAL_DNS_DOMAIN is there, empty or not */
	struct ip_addr dns[CP_DNS_MAX];
	unsigned int n_dns;
	struct ip_range net[CP_NETS_MAX];	/* INTERNAL_IPn_SUBNET */
	unsigned int n_net;
	char domain[CP_DOMAINS_MAX][CP_DOMAIN_LEN];	/* letters of host names only */
	unsigned int n_domain;
};

/* AF_INET or AF_INET6 as an index. */
unsigned int cp_family(const struct ip_addr *a);

/*
 * The attributes of one payload. Unknown ones, and more than there is room for, are left out (§3.15.1).
 * 0, or -EBADMSG with a sentence in why: cut short, or of an impossible length.
 */
int cp_parse_attrs(struct kw_span attrs, struct cp *out, char *why, size_t why_len);
void cp_build_attrs(struct kw_writer *w, const struct cp *cp);

/* IKEv2's payload: type, reserved octets, attributes. */
int cp_parse(struct kw_span body, struct cp *out, char *why, size_t why_len);
void cp_build(struct kw_writer *w, const struct cp *cp);

#endif
