// SPDX-License-Identifier: GPL-2.0
/* Views, readers and writers over octet strings: the only pointer arithmetic on network bytes. */
#include "lib/buf.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

bool kw_span_equal(struct kw_span a, struct kw_span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

struct kw_reader kw_reader(struct kw_span in)
{
	/* An empty span may have p == NULL; NULL + 0 is undefined in C, so it is not computed. */
	return (struct kw_reader){ .p = in.p, .end = in.len ? in.p + in.len : in.p };
}

size_t kw_reader_left(const struct kw_reader *r)
{
	return r->bad || r->p == r->end ? 0 : (size_t)(r->end - r->p);
}

struct kw_span kw_get_span(struct kw_reader *r, size_t n)
{
	struct kw_span s = { .p = r->p, .len = n };

	if (r->bad || n > kw_reader_left(r)) {
		r->bad = true;
		return (struct kw_span){ 0 };
	}
	if (n)
		r->p += n;
	return s;
}

struct kw_span kw_get_rest(struct kw_reader *r)
{
	return kw_get_span(r, kw_reader_left(r));
}

static uint64_t get_be(struct kw_reader *r, size_t n)
{
	struct kw_span s = kw_get_span(r, n);
	uint64_t v = 0;

	for (size_t i = 0; i < s.len; i++)
		v = v << 8 | s.p[i];
	return v;
}

uint8_t kw_get_u8(struct kw_reader *r)
{
	return (uint8_t)get_be(r, 1);
}

uint16_t kw_get_be16(struct kw_reader *r)
{
	return (uint16_t)get_be(r, 2);
}

uint32_t kw_get_be32(struct kw_reader *r)
{
	return (uint32_t)get_be(r, 4);
}

uint64_t kw_get_be64(struct kw_reader *r)
{
	return get_be(r, 8);
}

struct kw_writer kw_writer(void *buf, size_t cap)
{
	return (struct kw_writer){ .buf = buf, .cap = cap };
}

uint8_t *kw_put_room(struct kw_writer *w, size_t n)
{
	uint8_t *room;

	if (w->bad || n > w->cap - w->len) {
		w->bad = true;
		return NULL;
	}
	room = w->buf + w->len;
	w->len += n;
	return room;
}

static void store_be(uint8_t *p, size_t n, uint64_t v)
{
	while (n--) {
		p[n] = (uint8_t)v;
		v >>= 8;
	}
}

static void put_be(struct kw_writer *w, size_t n, uint64_t v)
{
	uint8_t *room = kw_put_room(w, n);

	if (room)
		store_be(room, n, v);
}

void kw_put_u8(struct kw_writer *w, uint8_t v)
{
	put_be(w, 1, v);
}

void kw_put_be16(struct kw_writer *w, uint16_t v)
{
	put_be(w, 2, v);
}

void kw_put_be32(struct kw_writer *w, uint32_t v)
{
	put_be(w, 4, v);
}

void kw_put_be64(struct kw_writer *w, uint64_t v)
{
	put_be(w, 8, v);
}

void kw_put_span(struct kw_writer *w, struct kw_span s)
{
	uint8_t *room;

	if (!s.len)
		return;
	room = kw_put_room(w, s.len);
	if (room)
		memcpy(room, s.p, s.len);
}

void kw_put_zero(struct kw_writer *w, size_t n)
{
	uint8_t *room;

	if (!n)
		return;
	room = kw_put_room(w, n);
	if (room)
		memset(room, 0, n);
}

static void patch_be(struct kw_writer *w, size_t at, size_t n, uint64_t v)
{
	if (w->bad || at > w->len || n > w->len - at) {
		w->bad = true;
		return;
	}
	store_be(w->buf + at, n, v);
}

void kw_patch_u8(struct kw_writer *w, size_t at, uint8_t v)
{
	patch_be(w, at, 1, v);
}

void kw_patch_be16(struct kw_writer *w, size_t at, uint16_t v)
{
	patch_be(w, at, 2, v);
}

void kw_patch_be32(struct kw_writer *w, size_t at, uint32_t v)
{
	patch_be(w, at, 4, v);
}

struct kw_span kw_written(const struct kw_writer *w)
{
	return (struct kw_span){ .p = w->buf, .len = w->len };
}

char *kw_hex(char *buf, size_t cap, struct kw_span s)
{
	static const char digit[] = "0123456789abcdef";
	size_t at = 0;

	if (!cap)
		return buf;
	for (size_t i = 0; i < s.len && at + 2 < cap; i++) {
		buf[at++] = digit[s.p[i] >> 4];
		buf[at++] = digit[s.p[i] & 15];
	}
	buf[at] = '\0';
	return buf;
}

struct kw_arena_piece {
	struct kw_arena_piece *next;
	_Alignas(max_align_t) uint8_t octets[];
};

static void *alloc_piece(struct kw_arena *a, size_t n)
{
	struct kw_arena_piece *piece;

	if (n > a->cap - a->used)
		return NULL;
	piece = calloc(1, sizeof(*piece) + n);
	if (!piece)
		return NULL;
	piece->next = a->pieces;
	a->pieces = piece;
	a->used += n;
	return piece->octets;
}

void kw_arena_reset(struct kw_arena *a)
{
	struct kw_arena_piece *piece, *next;

	for (piece = a->pieces; piece; piece = next) {
		next = piece->next;
		free(piece);
	}
	a->pieces = NULL;
	a->used = 0;
}

void *kw_arena_alloc(struct kw_arena *a, size_t n)
{
	const size_t unit = alignof(max_align_t);
	/* The buffer itself may stand anywhere: align the address, not the offset. */
	size_t skip = (unit - ((uintptr_t)a->buf + a->used) % unit) % unit;
	void *p;

	if (!a->buf)
		return alloc_piece(a, n);
	if (skip > a->cap - a->used || n > a->cap - a->used - skip)
		return NULL;
	p = a->buf + a->used + skip;
	a->used += skip + n;
	return memset(p, 0, n);
}
