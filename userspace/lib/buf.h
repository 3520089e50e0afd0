/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Views, readers and writers over octet strings: the only pointer arithmetic on network bytes.
 *
 * A reader or writer that runs past its end turns `bad` and stays bad; every later call is a no-op
 * that returns zero or an empty span. Callers may therefore do several steps and check once.
 */
#ifndef KW_LIB_BUF_H
#define KW_LIB_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A borrowed, read-only octet string. Never owns; valid as long as what it points into. */
struct kw_span {
	const uint8_t *p;
	size_t len;
};

#define KW_SPAN(ptr, n) ((struct kw_span){ .p = (const uint8_t *)(ptr), .len = (n) })
/* The octets of a string literal, without its NUL. */
#define KW_SPAN_STR(lit) KW_SPAN((lit), sizeof(lit) - 1)

bool kw_span_equal(struct kw_span a, struct kw_span b); /* not constant time: never for secrets */

struct kw_reader {
	const uint8_t *p;
	const uint8_t *end;
	bool bad;
};

struct kw_reader kw_reader(struct kw_span in);
size_t kw_reader_left(const struct kw_reader *r);
uint8_t kw_get_u8(struct kw_reader *r);
uint16_t kw_get_be16(struct kw_reader *r);
uint32_t kw_get_be32(struct kw_reader *r);
uint64_t kw_get_be64(struct kw_reader *r);
/* The next n octets as a view into the input; an empty span and `bad` when fewer are left. */
struct kw_span kw_get_span(struct kw_reader *r, size_t n);
/* All that is left. */
struct kw_span kw_get_rest(struct kw_reader *r);

struct kw_writer {
	uint8_t *buf;
	size_t cap;
	size_t len;
	bool bad;	/* did not fit; len is what had fitted */
};

struct kw_writer kw_writer(void *buf, size_t cap);
void kw_put_u8(struct kw_writer *w, uint8_t v);
void kw_put_be16(struct kw_writer *w, uint16_t v);
void kw_put_be32(struct kw_writer *w, uint32_t v);
void kw_put_be64(struct kw_writer *w, uint64_t v);
void kw_put_span(struct kw_writer *w, struct kw_span s);
void kw_put_zero(struct kw_writer *w, size_t n);
/* Room for n octets to be filled in by the caller; NULL and `bad` when they do not fit. */
uint8_t *kw_put_room(struct kw_writer *w, size_t n);
/* Overwrite earlier octets (a length field); turns `bad` when out of what was written. */
void kw_patch_u8(struct kw_writer *w, size_t at, uint8_t v);
void kw_patch_be16(struct kw_writer *w, size_t at, uint16_t v);
void kw_patch_be32(struct kw_writer *w, size_t at, uint32_t v);
struct kw_span kw_written(const struct kw_writer *w);

/* "0a1b..": at most (cap-1)/2 octets of s, always NUL-terminated; returns buf. */
char *kw_hex(char *buf, size_t cap, struct kw_span s);

struct kw_arena_piece;

/* What one message makes, up to a limit: freed at once with the message. */
struct kw_arena {
	uint8_t *buf;	/* borrowed, cap octets; NULL: pieces are malloc()ed and kw_arena_reset() frees them */
	size_t cap;
	size_t used;
	struct kw_arena_piece *pieces;
};

/* n zeroed octets aligned for any type, or NULL when the arena is used up. */
void *kw_arena_alloc(struct kw_arena *a, size_t n);
/* As if nothing had been taken: what was is gone. */
void kw_arena_reset(struct kw_arena *a);

#endif
