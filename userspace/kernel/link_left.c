// SPDX-License-Identifier: GPL-2.0
/* Guards that a daemon left which was killed. */
#include "kernel/link_left.h"

#include <errno.h>
#include <stdlib.h>

#include "kernel/link_net.h"

struct left_guard {
	struct link_at at;
	bool taken;
	struct prefix net;
};

static int note(struct link_at at, const struct prefix *net, void *ctx)
{
	struct link_left *left = ctx;
	struct left_guard *more;
	unsigned int cap;

	if (left->n == left->cap) {
		cap = left->cap ? 2 * left->cap : 16;
		more = reallocarray(left->guard, cap, sizeof(*more));
		if (!more)
			return -ENOMEM;
		left->guard = more;
		left->cap = cap;
	}
	left->guard[left->n++] = (struct left_guard){ .at = at, .net = *net };
	return 0;
}

static int by_metric(const void *a, const void *b)
{
	const struct left_guard *x = a, *y = b;

	return (x->at.of > y->at.of) - (x->at.of < y->at.of);
}

int link_left_read(struct link_left *left, struct nl_sock *sock, char *why, size_t why_len)
{
	int err = link_guards_each(sock, note, left, why, why_len);

	if (!err && left->n)
		qsort(left->guard, left->n, sizeof(*left->guard), by_metric);
	return err;
}

int link_left_take(struct link_left *left, struct link_at at, struct prefix_set *out)
{
	const struct left_guard key = { .at = at };
	struct left_guard *g = NULL;
	int err = 0;

	if (left->n)
		g = bsearch(&key, left->guard, left->n, sizeof(*g), by_metric);
	if (!g)
		return 0;
	while (g > left->guard && g[-1].at.of == at.of)
		g--;
	for (; g < left->guard + left->n && g->at.of == at.of && !err; g++) {
		if (g->taken || g->at.table != at.table)
			continue;
		err = prefix_set_add(out, &g->net);
		g->taken = !err;
	}
	return err;
}

unsigned int link_left_delete(struct link_left *left, struct nl_sock *sock)
{
	unsigned int deleted = 0;
	char why[256];

	for (unsigned int i = 0; i < left->n; i++)
		if (!left->guard[i].taken)
			deleted += !link_guards.del(sock, left->guard[i].at, &left->guard[i].net, why, sizeof(why));
	link_left_free(left);
	return deleted;
}

void link_left_free(struct link_left *left)
{
	free(left->guard);
	*left = (struct link_left){ 0 };
}
