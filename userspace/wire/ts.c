// SPDX-License-Identifier: GPL-2.0
/*
 * Traffic selectors: the TSi and TSr payloads, and one selector as text.
 *
 * RFCs: 7296 §2.9, §3.13 (ports: §3.13.1, with ICMP type and code in their place, and OPAQUE).
 *
 *	payload		0  number of selectors   1  reserved (3)   4  selectors
 *	selector	0  type   1  IP protocol   2  length       4  first port   6  last port
 *			8  first address, last address
 */
#include "wire/ts.h"

#include "wire/isakmp.h"
#include "wire/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TS_HEADER_LEN 8
#define PORT_MAX 65535

/* What the two address types differ in. */
static const struct ts_family {
	uint8_t type, family, addr_len;
} ts_families[] = {
	{ .type = TS_IPV4_ADDR_RANGE, .family = AF_INET, .addr_len = 4 },
	{ .type = TS_IPV6_ADDR_RANGE, .family = AF_INET6, .addr_len = 16 },
};

static const struct ts_family *family_of(uint8_t type, uint8_t family)
{
	for (size_t i = 0; i < sizeof(ts_families) / sizeof(ts_families[0]); i++)
		if (ts_families[i].type == type || ts_families[i].family == family)
			return &ts_families[i];
	return NULL;
}

static bool is_opaque(const struct ts *ts)
{
	return ts->port_first == PORT_MAX && ts->port_last == 0;
}

/* The part of a known selector behind type, protocol and length; in holds exactly that. */
static int parse_selector(const struct ts_family *f, struct kw_reader *in, struct ts *ts,
			  unsigned int number, char *why, size_t why_len)
{
	struct kw_span first, last;

	ts->port_first = kw_get_be16(in);
	ts->port_last = kw_get_be16(in);
	first = kw_get_span(in, f->addr_len);
	last = kw_get_span(in, f->addr_len);
	if (in->bad || kw_reader_left(in)) {
		snprintf(why, why_len, "selector %u: its length does not fit type %s", number,
			 ts_name(f->type));
		return -EBADMSG;
	}
	ts->range.first = ip_addr_from_bytes(f->family, first.p);
	ts->range.last = ip_addr_from_bytes(f->family, last.p);
	if (ip_addr_cmp(&ts->range.first, &ts->range.last) > 0) {
		snprintf(why, why_len, "selector %u: the last address is below the first", number);
		return -EBADMSG;
	}
	if (ts->port_first > ts->port_last && !is_opaque(ts)) {
		snprintf(why, why_len, "selector %u: port %u to %u", number, ts->port_first,
			 ts->port_last);
		return -EBADMSG;
	}
	return 0;
}

/* One selector of any type; out->n grows by one when its type is known. */
static int parse_next(struct kw_reader *r, struct ts_list *out, unsigned int number, char *why,
		      size_t why_len)
{
	size_t left = kw_reader_left(r);
	uint8_t type = kw_get_u8(r);
	uint8_t protocol = kw_get_u8(r);
	uint16_t length = kw_get_be16(r);
	const struct ts_family *f = family_of(type, AF_UNSPEC);
	struct kw_reader in;
	int ret;

	if (r->bad || length < 4 || length > left) {
		snprintf(why, why_len, "selector %u: length %u, %zu octets left", number, length,
			 left);
		return -EBADMSG;
	}
	in = kw_reader(kw_get_span(r, length - 4u));
	if (!f)
		return 0;
	if (out->n == TS_MAX) {
		snprintf(why, why_len, "more than %d selectors", TS_MAX);
		return -E2BIG;
	}
	out->ts[out->n].protocol = protocol;
	ret = parse_selector(f, &in, &out->ts[out->n], number, why, why_len);
	if (!ret)
		out->n++;
	return ret;
}

int ts_parse(struct kw_span body, struct ts_list *out, char *why, size_t why_len)
{
	struct kw_reader r = kw_reader(body);
	unsigned int announced = kw_get_u8(&r);
	int ret;

	out->n = 0;
	kw_get_span(&r, 3);
	if (r.bad || announced == 0) {
		snprintf(why, why_len, r.bad ? "shorter than its header" : "no selector");
		return -EBADMSG;
	}
	for (unsigned int i = 1; i <= announced; i++) {
		ret = parse_next(&r, out, i, why, why_len);
		if (ret)
			return ret;
	}
	if (kw_reader_left(&r)) {
		snprintf(why, why_len, "%zu octets after %u selectors", kw_reader_left(&r),
			 announced);
		return -EBADMSG;
	}
	return 0;
}

void ts_build(struct kw_writer *w, const struct ts_list *list)
{
	kw_put_u8(w, (uint8_t)list->n);
	kw_put_zero(w, 3);
	for (unsigned int i = 0; i < list->n; i++) {
		const struct ts *ts = &list->ts[i];
		const struct ts_family *f = family_of(0, ts->range.first.family);

		if (!f) {	/* a selector without addresses cannot be written */
			w->bad = true;
			return;
		}
		kw_put_u8(w, f->type);
		kw_put_u8(w, ts->protocol);
		kw_put_be16(w, (uint16_t)(TS_HEADER_LEN + 2 * f->addr_len));
		kw_put_be16(w, ts->port_first);
		kw_put_be16(w, ts->port_last);
		kw_put_span(w, KW_SPAN(ts->range.first.b, f->addr_len));
		kw_put_span(w, KW_SPAN(ts->range.last.b, f->addr_len));
	}
}

bool ts_equal(const struct ts *a, const struct ts *b)
{
	return a->protocol == b->protocol && a->port_first == b->port_first &&
	       a->port_last == b->port_last && ip_range_equal(&a->range, &b->range);
}

/* Names people write; every other protocol is its number. */
static const struct {
	const char *name;
	uint8_t number;
} ip_protocols[] = {
	{ "any", 0 }, { "icmp", IPPROTO_ICMP }, { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP },
	{ "gre", IPPROTO_GRE }, { "icmpv6", IPPROTO_ICMPV6 }, { "ospf", 89 }, { "l2tp", 115 },
	{ "sctp", IPPROTO_SCTP },
};

#define N_IP_PROTOCOLS (sizeof(ip_protocols) / sizeof(ip_protocols[0]))

/* RFC 7296 §3.13.1: for ICMP the port fields hold type * 256 + code. */
static bool is_icmp(uint8_t protocol)
{
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

static void print_ports(char *buf, size_t cap, const struct ts *ts)
{
	unsigned int first = ts->port_first, last = ts->port_last;

	if (first == 0 && last == PORT_MAX)
		buf[0] = '\0';
	else if (is_opaque(ts))
		snprintf(buf, cap, "/opaque");
	else if (is_icmp(ts->protocol) && first == last)
		snprintf(buf, cap, "/%u.%u", first >> 8, first & 255);
	else if (is_icmp(ts->protocol) && (first & 255) == 0 && last == first + 255)
		snprintf(buf, cap, "/%u", first >> 8);
	else if (is_icmp(ts->protocol))
		snprintf(buf, cap, "/%u.%u-%u.%u", first >> 8, first & 255, last >> 8, last & 255);
	else if (first == last)
		snprintf(buf, cap, "/%u", first);
	else
		snprintf(buf, cap, "/%u-%u", first, last);
}

char *ts_protocol_print(char buf[TS_PROTOCOL_STRLEN], uint8_t protocol)
{
	snprintf(buf, TS_PROTOCOL_STRLEN, "%u", protocol);
	for (size_t i = 0; i < N_IP_PROTOCOLS; i++)
		if (ip_protocols[i].number == protocol)
			snprintf(buf, TS_PROTOCOL_STRLEN, "%s", ip_protocols[i].name);
	return buf;
}

char *ts_print(char buf[TS_STRLEN], const struct ts *ts)
{
	char range[RANGE_STRLEN], ports[20], protocol[TS_PROTOCOL_STRLEN];

	ip_range_print(range, &ts->range);
	print_ports(ports, sizeof(ports), ts);
	ts_protocol_print(protocol, ts->protocol);
	if (ts->protocol == 0 && !ports[0])
		snprintf(buf, TS_STRLEN, "%s", range);
	else
		snprintf(buf, TS_STRLEN, "%s[%s%s]", range, protocol, ports);
	return buf;
}

/* A decimal number up to max at *text, which moves behind it. */
static bool take_number(const char **text, unsigned int max, unsigned int *out)
{
	unsigned int v = 0;

	if (**text < '0' || **text > '9')
		return false;
	while (**text >= '0' && **text <= '9') {
		v = v * 10 + (unsigned int)(*(*text)++ - '0');
		if (v > max)
			return false;
	}
	*out = v;
	return true;
}

/* "443", or "8" and "8.0" for ICMP: what it covers as port numbers. */
static bool take_port(const char **text, bool icmp, uint16_t *first, uint16_t *last)
{
	unsigned int v, code;

	if (!take_number(text, icmp ? 255 : PORT_MAX, &v))
		return false;
	*first = (uint16_t)(icmp ? v << 8 : v);
	*last = (uint16_t)(icmp ? v << 8 | 255 : v);
	if (icmp && **text == '.') {
		(*text)++;
		if (!take_number(text, 255, &code))
			return false;
		*first = *last = (uint16_t)(v << 8 | code);
	}
	return true;
}

static bool ports_from_text(struct ts *ts, const char *text)
{
	uint16_t unused;

	if (strcmp(text, "opaque") == 0) {
		ts->port_first = PORT_MAX;
		ts->port_last = 0;
		return true;
	}
	if (!take_port(&text, is_icmp(ts->protocol), &ts->port_first, &ts->port_last))
		return false;
	if (*text == '-') {
		text++;
		if (!take_port(&text, is_icmp(ts->protocol), &unused, &ts->port_last))
			return false;
	}
	return *text == '\0' && ts->port_first <= ts->port_last;
}

int ts_protocol_from_text(uint8_t *protocol, const char *text)
{
	unsigned int v;

	for (size_t i = 0; i < N_IP_PROTOCOLS; i++) {
		if (strcmp(ip_protocols[i].name, text) == 0) {
			*protocol = ip_protocols[i].number;
			return 0;
		}
	}
	if (!take_number(&text, UINT8_MAX, &v) || *text)
		return -EINVAL;
	*protocol = (uint8_t)v;
	return 0;
}

int ts_from_text(struct ts *ts, const char *text)
{
	char copy[TS_STRLEN];
	char *bracket, *slash;
	size_t len = strlen(text);

	if (len >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, len + 1);
	*ts = (struct ts){ .port_last = PORT_MAX };
	bracket = strchr(copy, '[');
	if (bracket) {
		if (copy[len - 1] != ']')
			return -EINVAL;
		copy[len - 1] = '\0';
		*bracket++ = '\0';
		slash = strchr(bracket, '/');
		if (slash)
			*slash++ = '\0';
		if (ts_protocol_from_text(&ts->protocol, bracket) ||
		    (slash && !ports_from_text(ts, slash)))
			return -EINVAL;
	}
	return ip_range_parse(&ts->range, copy);
}

static size_t octets_of(const struct ts_list *list)
{
	return offsetof(struct ts_list, ts) + list->n * sizeof(list->ts[0]);
}

struct ts_list *ts_list_keep(const struct ts_list *list)
{
	struct ts_list *kept = malloc(octets_of(list));

	return kept ? memcpy(kept, list, octets_of(list)) : NULL;
}

void ts_list_copy(struct ts_list *to, const struct ts_list *from)
{
	memcpy(to, from, octets_of(from));
}

char *ts_list_print(char *buf, size_t cap, const struct ts_list *list)
{
	char one[TS_STRLEN];
	size_t len = 0;

	if (cap)
		buf[0] = '\0';
	for (unsigned int i = 0; i < list->n && len < cap; i++) {
		int n = snprintf(buf + len, cap - len, "%s%s", i ? ", " : "",
				 ts_print(one, &list->ts[i]));

		len += n > 0 ? (size_t)n : 0;
	}
	return buf;
}
