// SPDX-License-Identifier: GPL-2.0
/*
 * Proposals as one line for people: the same order of transform types whatever order the peer used,
 * so that two lists below each other can be compared by eye.
 */
#include "wire/proposal.h"

#include "wire/names.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

/* A line that grows; what does not fit is cut, always NUL-terminated. */
struct line {
	char *buf;
	size_t cap, len;
};

__attribute__((format(printf, 2, 3)))
static void line_add(struct line *l, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (l->len + 1 >= l->cap)
		return;
	va_start(ap, fmt);
	n = vsnprintf(l->buf + l->len, l->cap - l->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->len += (size_t)n < l->cap - l->len ? (size_t)n : l->cap - l->len - 1;
}

static struct line line_new(char *buf, size_t cap)
{
	if (cap)
		buf[0] = '\0';
	return (struct line){ .buf = buf, .cap = cap };
}

/* All transforms of one type; *types counts the types printed so far. */
static void line_add_type(struct line *l, const struct proposal *p, unsigned int type,
			  unsigned int *types)
{
	char name[ALG_STRLEN];
	unsigned int printed = 0;

	for (unsigned int i = 0; i < p->n; i++) {
		const struct transform *t = &p->t[i];

		if (t->type != type)
			continue;
		if (printed++)
			line_add(l, ", ");
		else if ((*types)++)
			line_add(l, " / ");
		line_add(l, "%s%s", alg_print(name, t->type, t->id, t->key_bits),
			 t->unknown_attr ? " (unknown attribute)" : "");
	}
}

static void line_add_proposal(struct line *l, const struct proposal *p)
{
	unsigned int types = 0;

	for (const char *c = protocol_name(p->protocol); *c; c++)
		line_add(l, "%c", tolower((unsigned char)*c));
	line_add(l, ": ");
	for (unsigned int type = 0; type <= UINT8_MAX; type++)
		line_add_type(l, p, type, &types);
	if (!types)
		line_add(l, "nothing");
}

bool proposal_has_addke(const struct proposal_list *list)
{
	for (unsigned int i = 0; i < list->n; i++)
		for (unsigned int j = 0; j < list->p[i].n; j++)
			if (transform_is_addke(list->p[i].t[j].type) && list->p[i].t[j].id != KE_NONE)
				return true;
	return false;
}

char *proposal_print(char *buf, size_t cap, const struct proposal *p)
{
	struct line l = line_new(buf, cap);

	line_add_proposal(&l, p);
	return buf;
}

char *proposal_list_print(char *buf, size_t cap, const struct proposal_list *list)
{
	struct line l = line_new(buf, cap);

	for (unsigned int i = 0; i < list->n; i++) {
		if (i)
			line_add(&l, "; ");
		line_add_proposal(&l, &list->p[i]);
	}
	return buf;
}
