// SPDX-License-Identifier: GPL-2.0
/*
 * The chain of generic payloads: iterator and builder, the one loop over payload lengths.
 *
 * RFCs: 2408 §3.2, 7296 §2.5 (critical bit), §3.2, §3.14 (SK is last), 7383 §2.5 (SKF likewise).
 *
 *	0  next payload    1  critical (bit 7) | reserved    2  length, these four octets included
 */
#include "wire/chain.h"

#include "wire/isakmp.h"
#include "wire/names.h"
#include "wire/names_v1.h"

#include <errno.h>
#include <stdio.h>

#define PAYLOAD_HEADER_LEN	4
#define PAYLOAD_CRITICAL	0x80

static const struct chain_rules rules_v2 = { .name = payload_name, .holds_encrypted = true };
static const struct chain_rules rules_v1 = { .name = v1_payload_name };
static const struct chain_rules rules_v1_padded = { .name = v1_payload_name, .may_pad = true };

struct chain chain_start(uint8_t first, struct kw_span body)
{
	return (struct chain){ .r = kw_reader(body), .next = first, .rules = &rules_v2 };
}

struct chain chain_start_v1(uint8_t first, struct kw_span body, bool padded)
{
	return (struct chain){ .r = kw_reader(body), .next = first, .spare = body.len % 4 ? 0 : 3,
			       .rules = padded ? &rules_v1_padded : &rules_v1 };
}

/*
 * What is wrong stays in c->why, and the chain stays at its end: asking again repeats the answer.
 */
#define CHAIN_REFUSE(c, err, ...) \
	(snprintf((c)->why, sizeof((c)->why), __VA_ARGS__), (c)->r.bad = true, (c)->error = (err))

static bool holds_encrypted(const struct chain *c, uint8_t type)
{
	return c->rules->holds_encrypted && (type == PAYLOAD_SK || type == PAYLOAD_SKF);
}

static int chain_end(struct chain *c)
{
	size_t left = kw_reader_left(&c->r);

	if (left > c->spare && !c->rules->may_pad)
		return CHAIN_REFUSE(c, -EBADMSG, "%zu octets after the last payload", left);
	return 0;
}

int chain_next(struct chain *c, struct payload *p)
{
	const uint8_t type = c->next;
	struct kw_reader whole = c->r;
	size_t left = kw_reader_left(&c->r);
	uint16_t length;
	uint8_t flags;

	if (c->error)
		return c->error;
	if (type == PAYLOAD_NONE)
		return chain_end(c);
	if (c->count == CHAIN_MAX)
		return CHAIN_REFUSE(c, -E2BIG, "more than %d payloads", CHAIN_MAX);

	p->type = type;
	p->next = kw_get_u8(&c->r);
	flags = kw_get_u8(&c->r);
	length = kw_get_be16(&c->r);
	if (c->r.bad)
		return CHAIN_REFUSE(c, -EBADMSG, "payload %u (%s) has no header: %zu octets left",
				    c->count + 1, c->rules->name(type), left);
	if (length < PAYLOAD_HEADER_LEN || length > left)
		return CHAIN_REFUSE(c, -EBADMSG, "payload %u (%s) has length %u, %zu octets left",
				    c->count + 1, c->rules->name(type), length, left);
	p->critical = flags & PAYLOAD_CRITICAL;
	p->body = kw_get_span(&c->r, length - PAYLOAD_HEADER_LEN);
	p->whole = kw_get_span(&whole, length);
	/* The next field of SK and SKF names what is inside: outside the chain is over. */
	c->next = holds_encrypted(c, type) ? PAYLOAD_NONE : p->next;
	c->count++;
	if (holds_encrypted(c, type) && kw_reader_left(&c->r))
		return CHAIN_REFUSE(c, -EBADMSG, "%s is not the last payload: %zu octets follow",
				    c->rules->name(type), kw_reader_left(&c->r));
	return 1;
}

struct chain_builder chain_builder(struct kw_writer *w, size_t next_at)
{
	return (struct chain_builder){ .w = w, .next_at = next_at, .start = SIZE_MAX };
}

void chain_close(struct chain_builder *b)
{
	size_t length;

	if (b->start == SIZE_MAX)
		return;
	length = b->w->len - b->start;
	if (length > UINT16_MAX)
		b->w->bad = true;
	kw_patch_be16(b->w, b->start + 2, (uint16_t)length);
	b->next_at = b->start;
	b->start = SIZE_MAX;
}

void chain_open(struct chain_builder *b, uint8_t type)
{
	chain_close(b);
	if (b->next_at != SIZE_MAX)
		kw_patch_u8(b->w, b->next_at, type);
	if (b->first == PAYLOAD_NONE)
		b->first = type;
	b->start = b->w->len;
	kw_put_zero(b->w, PAYLOAD_HEADER_LEN);
}

uint8_t chain_first(const struct chain_builder *b)
{
	return b->first;
}

void chain_put(struct chain_builder *b, uint8_t type, struct kw_span body)
{
	chain_open(b, type);
	kw_put_span(b->w, body);
}
