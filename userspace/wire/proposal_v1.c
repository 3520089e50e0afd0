// SPDX-License-Identifier: GPL-2.0
/*
 * The SA payload of ISAKMP: octets to struct sa_v1 and back.
 *
 * RFCs: 2407 §4.2, §4.6.1, 2408 §3.4-3.6.
 *
 *	SA		0  DOI      4  situation   then by its bits   8  labels   then proposals
 *	label		0  length of the level   2  reserved   4  level, filled up to 4 octets
 *			then 2  category length in bits   2  reserved   categories, likewise
 *	proposal	0  last (0) or more (2)   1  reserved   2  length with everything in it
 *			4  number   5  protocol   6  SPI size   7  transforms   8  SPI, transforms
 *	transform	0  last (0) or more (3)   1  reserved   2  length with attributes
 *			4  number   5  id         6  reserved   8  attributes
 */
#include "wire/proposal_v1.h"

#include "wire/isakmp_v1.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SUBSTRUC_HEADER_LEN	4
#define PROPOSAL_HEADER_LEN	8
#define TRANSFORM_HEADER_LEN	8

/* Where the parser stands, so that a complaint can say it. */
struct parse {
	struct kw_arena *arena;
	char *why;
	size_t why_len;
	unsigned int proposal;	/* 1.. in order of appearance; 0 = none, the SA payload itself */
	unsigned int transform;	/* 1..; 0 = the proposal itself */
};

__attribute__((format(printf, 3, 4)))
static int refuse(const struct parse *at, int error, const char *fmt, ...)
{
	char where[64] = "";
	va_list ap;
	int n;

	if (at->proposal && at->transform)
		snprintf(where, sizeof(where), "proposal %u, transform %u: ", at->proposal,
			 at->transform);
	else if (at->proposal)
		snprintf(where, sizeof(where), "proposal %u: ", at->proposal);
	else if (at->transform)
		snprintf(where, sizeof(where), "transform %u: ", at->transform);
	n = snprintf(at->why, at->why_len, "%s", where);
	va_start(ap, fmt);
	if (n >= 0 && (size_t)n < at->why_len)
		vsnprintf(at->why + n, at->why_len - (size_t)n, fmt, ap);
	va_end(ap);
	return error;
}

/*
 * "Next payload", reserved, length: in front of proposals and transforms. Leaves in *whole this one
 * substructure, header included, and *r behind it.
 */
static int substruc_open(const struct parse *at, struct kw_reader *r, uint8_t more, size_t least,
			 struct kw_span *whole, bool *last)
{
	struct kw_reader head = *r;
	size_t left = kw_reader_left(r);
	uint8_t next = kw_get_u8(&head);
	uint16_t length;

	kw_get_u8(&head);
	length = kw_get_be16(&head);
	if (head.bad)
		return refuse(at, -EBADMSG, "no header, %zu octets left", left);
	if (length < least || length > left)
		return refuse(at, -EBADMSG,
			      "length %u, but %zu is the least and %zu octets are left", length,
			      least, left);
	if (next != V1_PAYLOAD_NONE && next != more)
		return refuse(at, -EBADMSG, "next payload is %u, neither 0 nor %u", next, more);
	*last = next == V1_PAYLOAD_NONE;
	*whole = kw_get_span(r, length);
	if (*last && kw_reader_left(r))
		return refuse(at, -EBADMSG, "marked as the last, but %zu octets follow",
			      kw_reader_left(r));
	if (!*last && !kw_reader_left(r))
		return refuse(at, -EBADMSG, "not marked as the last, but nothing follows");
	return 0;
}

static struct kw_span body_of(struct kw_span whole)
{
	return KW_SPAN(whole.p + SUBSTRUC_HEADER_LEN, whole.len - SUBSTRUC_HEADER_LEN);
}

/* Twice over the same octets: first the count, so that the arena gives exactly what is needed. */
static int parse_attributes(const struct parse *at, struct kw_reader *in, struct transform_v1 *t)
{
	struct kw_reader again = *in;
	unsigned int n = 0;
	struct attr a;
	char why[80];
	int ret;

	while ((ret = attr_next(in, &a, why, sizeof(why))) > 0 && n <= V1_ATTRS_MAX)
		n++;
	if (n > V1_ATTRS_MAX)
		return refuse(at, -E2BIG, "more than %d attributes", V1_ATTRS_MAX);
	t->a = kw_arena_alloc(at->arena, (n ? n : 1) * sizeof(*t->a));
	if (!t->a)
		return refuse(at, -ENOMEM, "no room for %u attributes", n);
	while (t->n < n && attr_next(&again, &t->a[t->n], why, sizeof(why)) > 0)
		t->n++;
	return ret < 0 ? refuse(at, ret, "%s", why) : 0;
}

static int parse_transform_body(const struct parse *at, struct kw_span body, struct transform_v1 *t)
{
	struct kw_reader in = kw_reader(body);

	t->num = kw_get_u8(&in);
	t->id = kw_get_u8(&in);
	kw_get_be16(&in);
	if (in.bad)
		return refuse(at, -EBADMSG, "%zu octets where 4 are the least", body.len);
	return parse_attributes(at, &in, t);
}

static int parse_transforms(struct parse *at, struct kw_reader *in, struct proposal_v1 *p,
			    unsigned int announced)
{
	bool last = false;
	int ret;

	if (announced * TRANSFORM_HEADER_LEN > kw_reader_left(in))
		return refuse(at, -EBADMSG, "%u transforms announced, but only %zu octets for them",
			      announced, kw_reader_left(in));
	p->t = kw_arena_alloc(at->arena, (announced ? announced : 1) * sizeof(*p->t));
	if (!p->t)
		return refuse(at, -ENOMEM, "no room for %u transforms", announced);
	while (p->n < announced) {
		struct transform_v1 *t = &p->t[p->n];

		at->transform = p->n + 1;
		if (last)
			return refuse(at, -EBADMSG,
				      "%u were announced, but the one before is marked as the last",
				      announced);
		ret = substruc_open(at, in, V1_PAYLOAD_TRANSFORM, TRANSFORM_HEADER_LEN, &t->whole,
				    &last);
		if (ret)
			return ret;
		p->n++;
		ret = parse_transform_body(at, body_of(t->whole), t);
		if (ret)
			return ret;
	}
	at->transform = 0;
	if (kw_reader_left(in))
		return refuse(at, -EBADMSG, "%zu octets after its %u transforms",
			      kw_reader_left(in), announced);
	return 0;
}

/* RFC 2408 §3.5, RFC 3173 §4 for the two octets of a CPI. */
static bool spi_len_fits(uint8_t protocol, size_t len)
{
	switch (protocol) {
	case V1_PROTO_ISAKMP:
		return len <= V1_SPI_MAX;
	case V1_PROTO_AH:
	case V1_PROTO_ESP:
		return len == 4;
	case V1_PROTO_IPCOMP:
		return len == 2 || len == 4;
	default:		/* never chosen; only has to be skipped */
		return len <= V1_SPI_MAX;
	}
}

static int parse_proposal_body(struct parse *at, struct kw_span body, struct proposal_v1 *p)
{
	struct kw_reader in = kw_reader(body);
	uint8_t spi_len, announced;

	p->num = kw_get_u8(&in);
	p->protocol = kw_get_u8(&in);
	spi_len = kw_get_u8(&in);
	announced = kw_get_u8(&in);
	if (in.bad)
		return refuse(at, -EBADMSG, "%zu octets where 4 are the least", body.len);
	p->spi = kw_get_span(&in, spi_len);
	if (in.bad)
		return refuse(at, -EBADMSG, "SPI size %u is beyond the proposal's end", spi_len);
	if (!spi_len_fits(p->protocol, spi_len))
		return refuse(at, -EBADMSG, "SPI size %u does not fit protocol %u", spi_len,
			      p->protocol);
	return parse_transforms(at, &in, p, announced);
}

/* A span of len octets and what fills it up to a multiple of four. */
static struct kw_span get_padded(struct kw_reader *r, size_t len)
{
	struct kw_span s = kw_get_span(r, len);

	kw_get_span(r, (4 - len % 4) % 4);
	return s;
}

static void put_padded(struct kw_writer *w, struct kw_span s)
{
	kw_put_span(w, s);
	kw_put_zero(w, (4 - s.len % 4) % 4);
}

static void parse_label(struct kw_reader *r, struct sa_v1_label *label)
{
	uint16_t level_len = kw_get_be16(r);

	kw_get_be16(r);
	label->level = get_padded(r, level_len);
	label->category_bits = kw_get_be16(r);
	kw_get_be16(r);
	label->category = get_padded(r, (label->category_bits + 7u) / 8);
}

/* RFC 2407 §4.2: the bits say which fields follow; RFC 2408 knows no situation of its own. */
static int parse_situation(const struct parse *at, struct kw_reader *r, struct sa_v1 *sa)
{
	size_t left = kw_reader_left(r);

	if (sa->doi == DOI_ISAKMP)
		return 0;
	sa->situation = kw_get_be32(r);
	if (sa->situation & (SIT_SECRECY | SIT_INTEGRITY))
		sa->domain = kw_get_be32(r);
	if (sa->situation & SIT_SECRECY)
		parse_label(r, &sa->secrecy);
	if (sa->situation & SIT_INTEGRITY)
		parse_label(r, &sa->integrity);
	if (r->bad)
		return refuse(at, -EBADMSG, "situation 0x%x is cut short, %zu octets left",
			      sa->situation, left);
	return 0;
}

static int parse_proposals(struct parse *at, struct kw_reader *r, struct sa_v1 *sa)
{
	bool last = false;
	struct kw_span whole;
	int ret;

	if (!kw_reader_left(r))
		return refuse(at, -EBADMSG, "no proposal");
	sa->p = kw_arena_alloc(at->arena, V1_PROPOSALS_MAX * sizeof(*sa->p));
	if (!sa->p)
		return refuse(at, -ENOMEM, "no room for %d proposals", V1_PROPOSALS_MAX);
	while (!last) {
		at->proposal = sa->n + 1;
		if (sa->n == V1_PROPOSALS_MAX)
			return refuse(at, -E2BIG, "at most %d proposals are read",
				      V1_PROPOSALS_MAX);
		ret = substruc_open(at, r, V1_PAYLOAD_PROPOSAL, PROPOSAL_HEADER_LEN, &whole, &last);
		if (ret)
			return ret;
		ret = parse_proposal_body(at, body_of(whole), &sa->p[sa->n++]);
		if (ret)
			return ret;
		at->transform = 0;
	}
	return 0;
}

int sa_v1_parse(struct kw_span body, struct sa_v1 *out, struct kw_arena *arena, char *why,
		size_t why_len)
{
	struct kw_reader r = kw_reader(body);
	struct parse at = { .arena = arena, .why = why, .why_len = why_len };
	int ret;

	memset(out, 0, sizeof(*out));
	out->doi = kw_get_be32(&r);
	if (r.bad)
		return refuse(&at, -EBADMSG, "no DOI, %zu octets left", body.len);
	if (out->doi != DOI_ISAKMP && out->doi != DOI_IPSEC) {
		out->opaque = kw_get_rest(&r);
		return 0;
	}
	ret = parse_situation(&at, &r, out);
	return ret ? ret : parse_proposals(&at, &r, out);
}

int proposal_v1_parse_body(struct kw_span body, struct proposal_v1 *out, struct kw_arena *arena,
			   char *why, size_t why_len)
{
	struct parse at = { .arena = arena, .why = why, .why_len = why_len };

	memset(out, 0, sizeof(*out));
	return parse_proposal_body(&at, body, out);
}

int transform_v1_parse_body(struct kw_span body, struct transform_v1 *out, struct kw_arena *arena,
			    char *why, size_t why_len)
{
	struct parse at = { .arena = arena, .why = why, .why_len = why_len };

	memset(out, 0, sizeof(*out));
	return parse_transform_body(&at, body, out);
}

/* The length field of what was begun at start; what does not fit 16 bits cannot be written. */
static void close_length(struct kw_writer *w, size_t start)
{
	if (w->len - start > UINT16_MAX)
		w->bad = true;
	kw_patch_be16(w, start + 2, (uint16_t)(w->len - start));
}

static void build_transform(struct kw_writer *w, const struct transform_v1 *t, bool last)
{
	size_t start = w->len;

	kw_put_u8(w, last ? V1_PAYLOAD_NONE : V1_PAYLOAD_TRANSFORM);
	kw_put_zero(w, 3);
	kw_put_u8(w, t->num);
	kw_put_u8(w, t->id);
	kw_put_be16(w, 0);
	for (unsigned int i = 0; i < t->n; i++)
		attr_put(w, &t->a[i]);
	close_length(w, start);
}

static void build_proposal(struct kw_writer *w, const struct proposal_v1 *p, bool last)
{
	size_t start = w->len;

	kw_put_u8(w, last ? V1_PAYLOAD_NONE : V1_PAYLOAD_PROPOSAL);
	kw_put_zero(w, 3);
	kw_put_u8(w, p->num);
	kw_put_u8(w, p->protocol);
	kw_put_u8(w, (uint8_t)p->spi.len);
	kw_put_u8(w, (uint8_t)p->n);
	kw_put_span(w, p->spi);
	for (unsigned int i = 0; i < p->n; i++)
		build_transform(w, &p->t[i], i + 1 == p->n);
	close_length(w, start);
}

static void build_label(struct kw_writer *w, const struct sa_v1_label *label)
{
	kw_put_be16(w, (uint16_t)label->level.len);
	kw_put_be16(w, 0);
	put_padded(w, label->level);
	kw_put_be16(w, label->category_bits);
	kw_put_be16(w, 0);
	put_padded(w, label->category);
}

void sa_v1_build(struct kw_writer *w, const struct sa_v1 *sa)
{
	kw_put_be32(w, sa->doi);
	kw_put_span(w, sa->opaque);
	if (sa->doi == DOI_IPSEC) {
		kw_put_be32(w, sa->situation);
		if (sa->situation & (SIT_SECRECY | SIT_INTEGRITY))
			kw_put_be32(w, sa->domain);
		if (sa->situation & SIT_SECRECY)
			build_label(w, &sa->secrecy);
		if (sa->situation & SIT_INTEGRITY)
			build_label(w, &sa->integrity);
	}
	for (unsigned int i = 0; i < sa->n; i++)
		build_proposal(w, &sa->p[i], i + 1 == sa->n);
}
