// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration attributes: octets to struct cp and back.
 *
 * RFCs: 7296 §3.15 (IKEv2), 8598 §3 (split DNS); draft-dukes-ike-mode-cfg-02 §3.4 (IKEv1).
 */
#include "wire/cp.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "wire/attr.h"
#include "wire/isakmp_v1.h"
#include "wire/names_v1.h"
#include "wire/payload_v1.h"

#define IP4_LEN		4u
#define IP6_LEN		16u

unsigned int cp_family(const struct ip_addr *a)
{
	return a->family == AF_INET6 ? CP_IP6 : CP_IP4;
}

/* IPv6 addresses come with the length of their prefix. 0.0.0.0 and :: mean the same as an empty attribute. */
static bool take_addr(struct cp *cp, unsigned int family, struct kw_span data)
{
	struct ip_addr a;

	if (data.len && data.len != (family == CP_IP6 ? IP6_LEN + 1 : IP4_LEN) &&
	    !(family == CP_IP6 && data.len == IP6_LEN))
		return false;
	if (cp->has_addr[family])
		return true;		/* several of one family: the first one counts */
	cp->has_addr[family] = true;
	if (!data.len)
		return true;
	a = ip_addr_from_bytes(family == CP_IP6 ? AF_INET6 : AF_INET, data.p);
	if (!ip_addr_is_any(&a))
		cp->addr[family] = a;
	return true;
}

static bool take_dns(struct cp *cp, unsigned int family, struct kw_span data)
{
	if (data.len && data.len != (family == CP_IP6 ? IP6_LEN : IP4_LEN))
		return false;
	if (data.len && cp->n_dns < CP_DNS_MAX)
		cp->dns[cp->n_dns++] = ip_addr_from_bytes(family == CP_IP6 ? AF_INET6 : AF_INET, data.p);
	return true;
}

/* The leading ones of a netmask; -1: it has holes. */
static int mask_bits(const uint8_t *mask)
{
	struct kw_reader r = kw_reader(KW_SPAN(mask, IP4_LEN));
	uint32_t m = kw_get_be32(&r);
	int bits = 0;

	for (; m & 0x80000000u; m <<= 1)
		bits++;
	return m ? -1 : bits;
}

static bool take_net(struct cp *cp, unsigned int family, struct kw_span data)
{
	struct ip_addr a;
	int bits;

	if (!data.len)
		return true;
	if (data.len != (family == CP_IP6 ? IP6_LEN + 1 : 2 * IP4_LEN))
		return false;
	a = ip_addr_from_bytes(family == CP_IP6 ? AF_INET6 : AF_INET, data.p);
	bits = family == CP_IP6 ? data.p[IP6_LEN] : mask_bits(data.p + IP4_LEN);
	if (bits < 0 || bits > 128)
		return false;
	if (cp->n_net < CP_NETS_MAX)
		cp->net[cp->n_net++] = ip_range_from_prefix(&a, (unsigned int)bits);
	return true;
}

/* RFC 8598 §3.1: presentation format. One that is no name, which may end up in files, is left out. */
static bool take_domain(struct cp *cp, struct kw_span data)
{
	cp->has_domain = true;
	while (data.len && data.p[data.len - 1] == '.')
		data.len--;
	if (!data.len || data.len >= CP_DOMAIN_LEN || cp->n_domain == CP_DOMAINS_MAX || data.p[0] == '-')
		return true;
	for (size_t i = 0; i < data.len; i++)
		if (!(data.p[i] < 0x80 && isalnum(data.p[i])) && !memchr("-._", data.p[i], 3))
			return true;
	memcpy(cp->domain[cp->n_domain], data.p, data.len);
	cp->domain[cp->n_domain++][data.len] = '\0';
	return true;
}

static bool take(struct cp *cp, const struct attr *a)
{
	switch (a->type) {
	case CONFIG_IP4_ADDRESS:
		return take_addr(cp, CP_IP4, a->data);
	case CONFIG_IP6_ADDRESS:
		return take_addr(cp, CP_IP6, a->data);
	case CONFIG_IP4_DNS:
		return take_dns(cp, CP_IP4, a->data);
	case CONFIG_IP6_DNS:
		return take_dns(cp, CP_IP6, a->data);
	case CONFIG_IP4_SUBNET:
		return take_net(cp, CP_IP4, a->data);
	case CONFIG_IP6_SUBNET:
		return take_net(cp, CP_IP6, a->data);
	case CONFIG_DNS_DOMAIN:
		return take_domain(cp, a->data);
	}
	return true;
}

int cp_parse_attrs(struct kw_span attrs, struct cp *out, char *why, size_t why_len)
{
	struct kw_reader r = kw_reader(attrs);
	const uint8_t type = out->type;
	struct attr a;
	int ret;

	memset(out, 0, sizeof(*out));
	out->type = type;
	while ((ret = attr_next(&r, &a, why, why_len)) > 0) {
		if (take(out, &a))
			continue;
		snprintf(why, why_len, "%s of %zu octets", config_attr_name(a.type), a.data.len);
		return -EBADMSG;
	}
	return ret;
}

static void put_addr(struct kw_writer *w, uint16_t type, const struct ip_addr *a, int bits)
{
	uint8_t data[IP6_LEN + 1];
	size_t len = ip_addr_len(a);
	struct attr attr;

	memcpy(data, a->b, len);
	if (bits >= 0)
		data[len++] = (uint8_t)bits;
	attr = attr_variable(type, KW_SPAN(data, len));
	attr_put(w, &attr);
}

/* IPv4 nets have a mask, IPv6 nets the length of the prefix (§3.15.1). */
static int put_net(const struct ip_addr *a, unsigned int bits, void *ctx)
{
	struct kw_writer *w = ctx;
	uint8_t data[2 * IP4_LEN] = { 0 };
	struct attr attr;

	if (a->family == AF_INET6) {
		put_addr(w, CONFIG_IP6_SUBNET, a, (int)bits);
		return 0;
	}
	memcpy(data, a->b, IP4_LEN);
	for (unsigned int i = 0; i < bits; i++)
		data[IP4_LEN + i / 8] |= 0x80 >> i % 8;
	attr = attr_variable(CONFIG_IP4_SUBNET, KW_SPAN(data, sizeof(data)));
	attr_put(w, &attr);
	return 0;
}

void cp_build_attrs(struct kw_writer *w, const struct cp *cp)
{
	static const struct kw_span none;
	struct attr attr;

	if (cp->has_addr[CP_IP4])
		put_addr(w, CONFIG_IP4_ADDRESS, &cp->addr[CP_IP4], -1);
	if (cp->has_addr[CP_IP6])
		put_addr(w, CONFIG_IP6_ADDRESS, &cp->addr[CP_IP6],
			 ip_addr_is_set(&cp->addr[CP_IP6]) ? 128 : -1);
	for (unsigned int i = 0; i < cp->n_dns; i++)
		put_addr(w, cp_family(&cp->dns[i]) == CP_IP6 ? CONFIG_IP6_DNS : CONFIG_IP4_DNS, &cp->dns[i], -1);
	/* A client asks with empty ones. */
	for (unsigned int i = 0; cp->type == CONFIG_REQUEST && i < CP_FAMILIES; i++) {
		attr = attr_variable(i == CP_IP6 ? CONFIG_IP6_DNS : CONFIG_IP4_DNS, none);
		if (cp->has_addr[i])
			attr_put(w, &attr);
		attr = attr_variable(i == CP_IP6 ? CONFIG_IP6_SUBNET : CONFIG_IP4_SUBNET, none);
		if (cp->has_addr[i])
			attr_put(w, &attr);
	}
	for (unsigned int i = 0; i < cp->n_net; i++)
		ip_range_to_prefixes(&cp->net[i], put_net, w);
	attr = attr_variable(CONFIG_DNS_DOMAIN, none);
	if (cp->has_domain && !cp->n_domain)
		attr_put(w, &attr);
	for (unsigned int i = 0; i < cp->n_domain; i++) {
		attr = attr_variable(CONFIG_DNS_DOMAIN, KW_SPAN(cp->domain[i], strlen(cp->domain[i])));
		attr_put(w, &attr);
	}
}

int cp_parse(struct kw_span body, struct cp *out, char *why, size_t why_len)
{
	struct config_payload p;
	int ret = config_parse(body, &p, why, why_len);

	memset(out, 0, sizeof(*out));
	if (ret)
		return ret;
	out->type = p.type;
	return cp_parse_attrs(p.attrs, out, why, why_len);
}

void cp_build(struct kw_writer *w, const struct cp *cp)
{
	const struct config_payload head = { .type = cp->type };

	config_build(w, &head);
	cp_build_attrs(w, cp);
}
