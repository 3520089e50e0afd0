// SPDX-License-Identifier: GPL-2.0
/*
 * Bodies of ISAKMP payloads: octets to views and back.
 *
 * RFCs: 2407 §4.6, 2408 §3.8, §3.13-3.15, 2409 §5 (nonce), 3947 §5.2; draft-dukes-ike-mode-cfg-02
 * §3.2.
 *
 *	ID		0  type   1  IP protocol   2  port   4  data
 *	notification	0  DOI   4  protocol   5  SPI size   6  type   8  SPI, data
 *	delete		0  DOI   4  protocol   5  SPI size   6  number of SPIs   8  SPIs
 *	NAT-OA		0  ID type   1  reserved (3)   4  address
 *	attributes	0  type   1  reserved   2  identifier   4  attributes
 *	fragment	0  id   2  number   3  flags   4  data
 */
#include "wire/payload_v1.h"
#include "wire/attr.h"

#include "wire/isakmp_v1.h"
#include "wire/names_v1.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Every body here begins with fixed fields. */
static int too_short(size_t have, size_t least, char *why, size_t why_len)
{
	snprintf(why, why_len, "%zu octets where %zu are the least", have, least);
	return -EBADMSG;
}

/* Identities that are addresses: how many octets, of which family, and what two of them mean. */
static const struct id_form {
	uint8_t type, family;
	enum { ID_ADDR, ID_SUBNET, ID_RANGE } form;
	uint8_t len;
} id_forms[] = {
	{ V1_ID_IPV4_ADDR, AF_INET, ID_ADDR, 4 },
	{ V1_ID_IPV4_ADDR_SUBNET, AF_INET, ID_SUBNET, 8 },
	{ V1_ID_IPV4_ADDR_RANGE, AF_INET, ID_RANGE, 8 },
	{ V1_ID_IPV6_ADDR, AF_INET6, ID_ADDR, 16 },
	{ V1_ID_IPV6_ADDR_SUBNET, AF_INET6, ID_SUBNET, 32 },
	{ V1_ID_IPV6_ADDR_RANGE, AF_INET6, ID_RANGE, 32 },
};

static const struct id_form *id_form(uint8_t type)
{
	for (size_t i = 0; i < sizeof(id_forms) / sizeof(id_forms[0]); i++)
		if (id_forms[i].type == type)
			return &id_forms[i];
	return NULL;
}

int v1_id_parse(struct kw_span body, struct v1_id_payload *out, char *why, size_t why_len)
{
	struct kw_reader r = kw_reader(body);
	const struct id_form *form;

	out->type = kw_get_u8(&r);
	out->protocol = kw_get_u8(&r);
	out->port = kw_get_be16(&r);
	out->data = kw_get_rest(&r);
	if (r.bad)
		return too_short(body.len, 4, why, why_len);
	form = id_form(out->type);
	if (form && out->data.len != form->len) {
		snprintf(why, why_len, "%s of %zu octets instead of %u", v1_id_name(out->type),
			 out->data.len, form->len);
		return -EBADMSG;
	}
	if (!out->data.len) {
		snprintf(why, why_len, "empty %s", v1_id_name(out->type));
		return -EBADMSG;
	}
	return 0;
}

void v1_id_build(struct kw_writer *w, const struct v1_id_payload *id)
{
	kw_put_u8(w, id->type);
	kw_put_u8(w, id->protocol);
	kw_put_be16(w, id->port);
	kw_put_span(w, id->data);
}

/* Leading ones of a mask, or -1 when another one follows a zero. */
static int mask_bits(struct kw_span mask)
{
	int bits = 0;
	bool ended = false;

	for (size_t i = 0; i < mask.len * 8; i++) {
		bool one = mask.p[i / 8] & 0x80 >> i % 8;

		if (one && ended)
			return -1;
		ended |= !one;
		bits += one;
	}
	return bits;
}

int v1_id_range(const struct v1_id_payload *id, struct ip_range *out)
{
	const struct id_form *form = id_form(id->type);
	size_t half = form && form->form != ID_ADDR ? form->len / 2u : 0;
	int bits;

	if (!form || id->data.len != form->len)
		return -EINVAL;
	out->first = ip_addr_from_bytes(form->family, id->data.p);
	out->last = ip_addr_from_bytes(form->family, id->data.p + half);
	if (form->form == ID_SUBNET) {
		bits = mask_bits(KW_SPAN(id->data.p + half, half));
		if (bits < 0)
			return -EINVAL;
		*out = ip_range_from_prefix(&out->first, (unsigned int)bits);
	}
	return ip_addr_cmp(&out->first, &out->last) > 0 ? -EINVAL : 0;
}

int v1_notify_parse(struct kw_span body, struct v1_notify_payload *out, char *why, size_t why_len)
{
	struct kw_reader r = kw_reader(body);
	uint8_t spi_len;

	memset(out, 0, sizeof(*out));
	out->doi = kw_get_be32(&r);
	out->protocol = kw_get_u8(&r);
	spi_len = kw_get_u8(&r);
	out->type = kw_get_be16(&r);
	if (r.bad)
		return too_short(body.len, 8, why, why_len);
	out->spi = kw_get_span(&r, spi_len);
	out->data = kw_get_rest(&r);
	if (r.bad) {
		snprintf(why, why_len, "SPI size %u, %zu octets left", spi_len, body.len - 8);
		return -EBADMSG;
	}
	return 0;
}

void v1_notify_build(struct kw_writer *w, const struct v1_notify_payload *n)
{
	kw_put_be32(w, n->doi);
	kw_put_u8(w, n->protocol);
	kw_put_u8(w, (uint8_t)n->spi.len);
	kw_put_be16(w, n->type);
	kw_put_span(w, n->spi);
	kw_put_span(w, n->data);
}

int v1_delete_parse(struct kw_span body, struct v1_delete_payload *out, char *why, size_t why_len)
{
	struct kw_reader r = kw_reader(body);
	unsigned int announced;

	memset(out, 0, sizeof(*out));
	out->doi = kw_get_be32(&r);
	out->protocol = kw_get_u8(&r);
	out->spi_len = kw_get_u8(&r);
	announced = kw_get_be16(&r);
	if (r.bad)
		return too_short(body.len, 8, why, why_len);
	if (announced * out->spi_len != kw_reader_left(&r) || (announced && !out->spi_len)) {
		snprintf(why, why_len, "%u SPIs of %u octets announced, %zu octets left", announced,
			 out->spi_len, kw_reader_left(&r));
		return -EBADMSG;
	}
	out->n = (uint16_t)announced;
	out->spis = kw_get_rest(&r);
	return 0;
}

void v1_delete_build(struct kw_writer *w, const struct v1_delete_payload *d)
{
	kw_put_be32(w, d->doi);
	kw_put_u8(w, d->protocol);
	kw_put_u8(w, d->spi_len);
	kw_put_be16(w, d->n);
	kw_put_span(w, d->spis);
}

int v1_nonce_parse(struct kw_span body, struct kw_span *out, char *why, size_t why_len)
{
	*out = body;
	if (body.len >= V1_NONCE_MIN && body.len <= V1_NONCE_MAX)
		return 0;
	snprintf(why, why_len, "nonce of %zu octets, RFC 2409 wants %d to %d", body.len,
		 V1_NONCE_MIN, V1_NONCE_MAX);
	return -EBADMSG;
}

int v1_natoa_parse(struct kw_span body, struct ip_addr *out, char *why, size_t why_len)
{
	struct kw_reader r = kw_reader(body);
	uint8_t type = kw_get_u8(&r);
	const struct id_form *form = id_form(type);
	struct kw_span addr;

	kw_get_span(&r, 3);
	if (r.bad)
		return too_short(body.len, 4, why, why_len);
	addr = kw_get_rest(&r);
	if (!form || form->form != ID_ADDR || addr.len != form->len) {
		snprintf(why, why_len, "%s of %zu octets is no address", v1_id_name(type),
			 addr.len);
		return -EBADMSG;
	}
	*out = ip_addr_from_bytes(form->family, addr.p);
	return 0;
}

void v1_natoa_build(struct kw_writer *w, const struct ip_addr *addr)
{
	kw_put_u8(w, addr->family == AF_INET6 ? V1_ID_IPV6_ADDR : V1_ID_IPV4_ADDR);
	kw_put_zero(w, 3);
	kw_put_span(w, KW_SPAN(addr->b, ip_addr_len(addr)));
}

/* libreswan fills the payload up to words: what is left behind the last attribute, and could be none. */
static struct kw_span without_fill(struct kw_span attrs)
{
	struct kw_reader r = kw_reader(attrs);
	struct attr a;
	size_t left;
	char why[80];

	while ((left = kw_reader_left(&r)) >= 4 && attr_next(&r, &a, why, sizeof(why)) > 0)
		;
	if (left >= 4)
		return attrs;
	for (size_t i = attrs.len - left; i < attrs.len; i++)
		if (attrs.p[i])
			return attrs;
	return KW_SPAN(attrs.p, attrs.len - left);
}

int config_parse(struct kw_span body, struct config_payload *out, char *why, size_t why_len)
{
	struct kw_reader r = kw_reader(body);

	out->type = kw_get_u8(&r);
	kw_get_u8(&r);
	out->identifier = kw_get_be16(&r);
	out->attrs = without_fill(kw_get_rest(&r));
	return r.bad ? too_short(body.len, 4, why, why_len) : 0;
}

void config_build(struct kw_writer *w, const struct config_payload *c)
{
	kw_put_u8(w, c->type);
	kw_put_u8(w, 0);
	kw_put_be16(w, c->identifier);
	kw_put_span(w, c->attrs);
}

int v1_fragment_parse(struct kw_span body, struct v1_fragment *out, char *why, size_t why_len)
{
	struct kw_reader r = kw_reader(body);

	out->id = kw_get_be16(&r);
	out->number = kw_get_u8(&r);
	out->last = kw_get_u8(&r) & V1_FRAGMENT_LAST;
	out->data = kw_get_rest(&r);
	if (r.bad)
		return too_short(body.len, 4, why, why_len);
	if (out->number == 0) {
		snprintf(why, why_len, "fragment number 0");
		return -EBADMSG;
	}
	return 0;
}

void v1_fragment_build(struct kw_writer *w, const struct v1_fragment *f)
{
	kw_put_be16(w, f->id);
	kw_put_u8(w, f->number);
	kw_put_u8(w, f->last ? V1_FRAGMENT_LAST : 0);
	kw_put_span(w, f->data);
}
