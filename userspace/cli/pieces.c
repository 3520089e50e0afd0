// SPDX-License-Identifier: GPL-2.0
/* Whole things from numbered pieces: see pieces.h. */
#include "cli/pieces.h"

#include "lib/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SETS 16

struct piece {
	uint8_t *p;		/* NULL = missing */
	size_t len;
};

struct set {
	uint8_t key[PIECES_KEY_MAX];
	size_t key_len;		/* 0 = free */
	unsigned int total;	/* 0 = not known */
	uint64_t age;
	struct piece piece[PIECES_MAX];
};

struct pieces {
	struct set set[SETS];
	uint64_t clock;
	uint8_t *whole;		/* what the last call gave out */
	size_t whole_len;
};

static void piece_drop(struct piece *piece)
{
	if (piece->p)
		kw_wipe(piece->p, piece->len);
	free(piece->p);
	*piece = (struct piece){ 0 };
}

static void set_drop(struct set *s)
{
	for (unsigned int i = 0; i < PIECES_MAX; i++)
		piece_drop(&s->piece[i]);
	s->key_len = 0;
	s->total = 0;
}

static void whole_drop(struct pieces *p)
{
	if (p->whole)
		kw_wipe(p->whole, p->whole_len);
	free(p->whole);
	p->whole = NULL;
}

struct pieces *pieces_new(void)
{
	return calloc(1, sizeof(struct pieces));
}

void pieces_free(struct pieces *p)
{
	if (!p)
		return;
	for (unsigned int i = 0; i < SETS; i++)
		set_drop(&p->set[i]);
	whole_drop(p);
	free(p);
}

/* The set of this key; else a free one, or the one that was touched longest ago. */
static struct set *set_of(struct pieces *p, struct kw_span key)
{
	struct set *oldest = &p->set[0];

	for (unsigned int i = 0; i < SETS; i++) {
		struct set *s = &p->set[i];

		if (s->key_len && kw_span_equal(KW_SPAN(s->key, s->key_len), key))
			return s;
		if (!s->key_len ? oldest->key_len : oldest->key_len && s->age < oldest->age)
			oldest = s;
	}
	set_drop(oldest);
	memcpy(oldest->key, key.p, key.len);
	oldest->key_len = key.len;
	return oldest;
}

static int join(struct pieces *p, struct set *s, struct kw_span *whole)
{
	struct kw_writer w;
	size_t len = 0;

	for (unsigned int i = 0; i < s->total; i++) {
		if (!s->piece[i].p)
			return 0;
		len += s->piece[i].len;
	}
	p->whole = malloc(len ? len : 1);
	if (!p->whole)
		return -ENOMEM;
	p->whole_len = len;
	w = kw_writer(p->whole, len);
	for (unsigned int i = 0; i < s->total; i++)
		kw_put_span(&w, KW_SPAN(s->piece[i].p, s->piece[i].len));
	*whole = kw_written(&w);
	set_drop(s);
	return 1;
}

int pieces_add(struct pieces *p, struct kw_span key, unsigned int number, unsigned int total,
	       struct kw_span data, struct kw_span *whole)
{
	struct piece *piece;
	struct set *s;

	whole_drop(p);
	if (number == 0 || number > PIECES_MAX || total > PIECES_MAX || !key.len ||
	    key.len > PIECES_KEY_MAX)
		return -EINVAL;
	s = set_of(p, key);
	s->age = ++p->clock;
	if (total)
		s->total = total;
	piece = &s->piece[number - 1];
	piece_drop(piece);
	piece->p = malloc(data.len ? data.len : 1);
	if (!piece->p)
		return -ENOMEM;
	piece->len = data.len;
	if (data.len)
		memcpy(piece->p, data.p, data.len);
	return s->total ? join(p, s, whole) : 0;
}
