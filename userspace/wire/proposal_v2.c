// SPDX-License-Identifier: GPL-2.0
/*
 * The IKEv2 SA payload: proposals, their transforms, their attributes; octets to structs and back.
 *
 * RFCs: 7296 §3.3 (all of it; §3.3.6 for what makes a transform unacceptable and nothing more).
 *
 *	proposal	0  last (0) or more (2)   1  reserved   2  length with everything in it
 *			4  number   5  protocol   6  SPI size   7  number of transforms
 *			8  SPI, transforms
 *	transform	0  last (0) or more (3)   1  reserved   2  length with attributes
 *			4  type     5  reserved   6  id         8  attributes
 *	attribute	0  1 | type (15 bits)     2  value                (TV)
 *			0  0 | type (15 bits)     2  length, then value   (TLV)
 */
#include "wire/proposal.h"

#include "wire/isakmp.h"
#include "wire/names.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PROPOSAL_HEADER_LEN	8
#define TRANSFORM_HEADER_LEN	8
#define SUBSTRUC_LAST		0
#define PROPOSAL_MORE		2
#define TRANSFORM_MORE		3
#define ATTR_TV			0x8000
#define ATTR_KEY_LENGTH		14

/* Where the parser stands, so that a complaint can say it. */
struct parse {
	char *why;
	size_t why_len;
	unsigned int proposal;	/* 1.. in order of appearance, whatever number it carries */
	unsigned int transform;	/* 1..; 0 = the proposal itself */
};

__attribute__((format(printf, 3, 4)))
static int refuse(const struct parse *at, int error, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (at->transform)
		n = snprintf(at->why, at->why_len, "proposal %u, transform %u: ", at->proposal,
			     at->transform);
	else
		n = snprintf(at->why, at->why_len, "proposal %u: ", at->proposal);
	va_start(ap, fmt);
	if (n > 0 && (size_t)n < at->why_len)
		vsnprintf(at->why + n, at->why_len - (size_t)n, fmt, ap);
	va_end(ap);
	return error;
}

/*
 * "Last substruc", reserved, length: the same four octets in front of proposals and transforms.
 * Leaves in *in a reader over the rest of this one substructure, and *r behind it.
 */
static int substruc_open(const struct parse *at, struct kw_reader *r, uint8_t more, size_t least,
			 struct kw_reader *in, bool *last)
{
	size_t left = kw_reader_left(r);
	uint8_t mark = kw_get_u8(r);
	uint16_t length;

	kw_get_u8(r);
	length = kw_get_be16(r);
	if (r->bad)
		return refuse(at, -EBADMSG, "no header, %zu octets left", left);
	if (length < least || length > left)
		return refuse(at, -EBADMSG,
			      "length %u, but %zu is the least and %zu octets are left", length,
			      least, left);
	if (mark != SUBSTRUC_LAST && mark != more)
		return refuse(at, -EBADMSG, "field \"last\" is %u, neither 0 nor %u", mark, more);
	*last = mark == SUBSTRUC_LAST;
	*in = kw_reader(kw_get_span(r, length - 4u));
	if (*last && kw_reader_left(r))
		return refuse(at, -EBADMSG, "marked as the last, but %zu octets follow",
			      kw_reader_left(r));
	if (!*last && !kw_reader_left(r))
		return refuse(at, -EBADMSG, "not marked as the last, but nothing follows");
	return 0;
}

static int parse_attribute(const struct parse *at, struct kw_reader *r, struct transform *t,
			   bool *seen)
{
	uint16_t type = kw_get_be16(r);
	uint16_t value = kw_get_be16(r);

	if (r->bad)
		return refuse(at, -EBADMSG, "an attribute is cut short");
	if (!(type & ATTR_TV)) {
		size_t left = kw_reader_left(r);

		kw_get_span(r, value);
		if (r->bad)
			return refuse(at, -EBADMSG, "attribute %u has length %u, %zu octets left",
				      type, value, left);
	}
	/*
	 * RFC 7296 §3.3.5: a fixed-length attribute may not come in the variable form, so TLV 14 is
	 * unknown.
	 */
	if (type != (ATTR_TV | ATTR_KEY_LENGTH)) {
		t->unknown_attr = true;
		return 0;
	}
	if (*seen)
		return refuse(at, -EBADMSG, "two Key Length attributes");
	*seen = true;
	t->key_bits = value;
	if (value == 0)		/* not "absent": a length that no cipher has */
		t->unknown_attr = true;
	return 0;
}

static int parse_transform(const struct parse *at, struct kw_reader *r, struct transform *t,
			   bool *last)
{
	struct kw_reader in;
	bool seen = false;
	int ret = substruc_open(at, r, TRANSFORM_MORE, TRANSFORM_HEADER_LEN, &in, last);

	if (ret)
		return ret;
	t->type = kw_get_u8(&in);
	kw_get_u8(&in);
	t->id = kw_get_be16(&in);
	while (!ret && kw_reader_left(&in))
		ret = parse_attribute(at, &in, t, &seen);
	return ret;
}

/*
 * RFC 7296 §3.3.1: no SPI for the first IKE SA, eight octets when it is rekeyed, four for AH and
 * ESP.
 */
static bool spi_len_fits(uint8_t protocol, uint8_t len)
{
	switch (protocol) {
	case PROTO_IKE:
		return len == 0 || len == IKE_SPI_LEN;
	case PROTO_AH:
	case PROTO_ESP:
		return len == 4;
	default:		/* never chosen; only has to be skipped */
		return len <= IKE_SPI_LEN;
	}
}

static int parse_transforms(struct parse *at, struct kw_reader *in, struct proposal *p,
			    struct kw_arena *arena)
{
	bool last = false;
	int ret;

	if (p->n > TRANSFORMS_MAX)
		return refuse(at, -E2BIG, "%u transforms, at most %d are read", p->n,
			      TRANSFORMS_MAX);
	if (p->n * TRANSFORM_HEADER_LEN > kw_reader_left(in))
		return refuse(at, -EBADMSG, "%u transforms announced, but only %zu octets for them",
			      p->n, kw_reader_left(in));
	p->t = kw_arena_alloc(arena, (p->n ? p->n : 1) * sizeof(*p->t));
	if (!p->t)
		return refuse(at, -ENOMEM, "no room for %u transforms", p->n);
	for (unsigned int i = 0; i < p->n; i++) {
		at->transform = i + 1;
		if (last)
			return refuse(at, -EBADMSG,
				      "%u were announced, but the one before is marked as the last",
				      p->n);
		ret = parse_transform(at, in, &p->t[i], &last);
		if (ret)
			return ret;
	}
	at->transform = 0;
	if (kw_reader_left(in))
		return refuse(at, -EBADMSG, "%zu octets after its %u transforms",
			      kw_reader_left(in), p->n);
	return 0;
}

static int parse_proposal(struct parse *at, struct kw_reader *r, struct proposal *p,
			  struct kw_arena *arena, bool *last)
{
	struct kw_reader in;
	struct kw_span spi;
	int ret = substruc_open(at, r, PROPOSAL_MORE, PROPOSAL_HEADER_LEN, &in, last);

	if (ret)
		return ret;
	p->num = kw_get_u8(&in);
	p->protocol = kw_get_u8(&in);
	p->spi_len = kw_get_u8(&in);
	p->n = kw_get_u8(&in);
	spi = kw_get_span(&in, p->spi_len);
	if (in.bad)
		return refuse(at, -EBADMSG, "SPI size %u is beyond the proposal's end", p->spi_len);
	if (!spi_len_fits(p->protocol, p->spi_len))
		return refuse(at, -EBADMSG, "SPI size %u does not fit %s", p->spi_len,
			      protocol_name(p->protocol));
	if (spi.len)
		memcpy(p->spi, spi.p, spi.len);
	return parse_transforms(at, &in, p, arena);
}

/*
 * RFC 7296 §3.3.1: in an offer numbers begin at 1 and go up by one. An answer holds one proposal
 * with the number of the chosen one, so a proposal that is alone may have any but 0.
 */
static int check_number(const struct parse *at, const struct proposal_list *list, bool alone)
{
	unsigned int num = list->p[list->n].num;

	if (alone && num == 0)
		return refuse(at, -EBADMSG, "number 0");
	if (!alone && num != list->n + 1)
		return refuse(at, -EBADMSG, "number %u where %u is due", num, list->n + 1);
	return 0;
}

int proposal_v2_parse(struct kw_span body, struct proposal_list *out, struct kw_arena *arena,
		      char *why, size_t why_len)
{
	struct kw_reader r = kw_reader(body);
	struct parse at = { .why = why, .why_len = why_len };
	bool last = false;
	int ret;

	memset(out, 0, sizeof(*out));
	while (!last) {
		at.proposal = out->n + 1;
		if (out->n == PROPOSALS_MAX)
			return refuse(&at, -E2BIG, "at most %d proposals are read", PROPOSALS_MAX);
		ret = parse_proposal(&at, &r, &out->p[out->n], arena, &last);
		if (!ret)
			ret = check_number(&at, out, out->n == 0 && last);
		if (ret)
			return ret;
		out->n++;
	}
	return 0;
}

static void build_transform(struct kw_writer *w, const struct transform *t, bool last)
{
	kw_put_u8(w, last ? SUBSTRUC_LAST : TRANSFORM_MORE);
	kw_put_u8(w, 0);
	kw_put_be16(w, TRANSFORM_HEADER_LEN + (t->key_bits ? 4 : 0));
	kw_put_u8(w, t->type);
	kw_put_u8(w, 0);
	kw_put_be16(w, t->id);
	if (t->key_bits) {
		kw_put_be16(w, ATTR_TV | ATTR_KEY_LENGTH);
		kw_put_be16(w, t->key_bits);
	}
}

static void build_proposal(struct kw_writer *w, const struct proposal *p, bool last)
{
	size_t start = w->len;

	kw_put_u8(w, last ? SUBSTRUC_LAST : PROPOSAL_MORE);
	kw_put_u8(w, 0);
	kw_put_be16(w, 0);
	kw_put_u8(w, p->num);
	kw_put_u8(w, p->protocol);
	kw_put_u8(w, p->spi_len);
	kw_put_u8(w, (uint8_t)p->n);
	kw_put_span(w, KW_SPAN(p->spi, p->spi_len));
	for (unsigned int i = 0; i < p->n; i++)
		build_transform(w, &p->t[i], i + 1 == p->n);
	kw_patch_be16(w, start + 2, (uint16_t)(w->len - start));
}

void proposal_v2_build(struct kw_writer *w, const struct proposal_list *list)
{
	for (unsigned int i = 0; i < list->n; i++)
		build_proposal(w, &list->p[i], i + 1 == list->n);
}
