// SPDX-License-Identifier: GPL-2.0
/*
 * Packets that wish for a child of their own.
 *
 * RFCs: 4301 §4.4.1.2 (PFP), 7296 §2.9.
 */
#include <stdlib.h>

#include "ike/wish.h"

#define WISH_MS	30000u	/* who sent the packet has sent another one by then, or has given up */

static void wish_free(struct wish *w)
{
	list_del(&w->node);
	free(w);
}

static bool served(const struct conn *c, const struct wish *w)
{
	return conn_serves(c, w->conf, &w->local, &w->remote);
}

void wish_add(struct conn *c, const struct conf_child *conf, const struct ts *local, const struct ts *remote)
{
	const uint64_t until = engine_now(c->e) + WISH_MS;
	struct list *l, *tmp;
	unsigned int n = 0;
	struct wish *w;

	list_for_each_safe(l, tmp, &c->wishes) {
		w = list_entry(l, struct wish, node);
		n++;
		if (w->conf != conf || !ts_equal(&w->local, local) || !ts_equal(&w->remote, remote))
			continue;
		w->until_ms = until;
		return;
	}
	if (n == WISHES_MAX)
		wish_free(list_entry(c->wishes.next, struct wish, node));
	w = calloc(1, sizeof(*w));
	if (!w)
		return;		/* the next packet asks again */
	w->conf = conf;
	w->local = *local;
	w->remote = *remote;
	w->until_ms = until;
	list_add_tail(&c->wishes, &w->node);
}

bool wish_pending(const struct conn *c, const struct conf_child *conf)
{
	struct list *l;

	list_for_each(l, &c->wishes) {
		const struct wish *w = list_entry(l, struct wish, node);

		if (w->conf == conf && w->until_ms >= engine_now(c->e) && !served(c, w))
			return true;
	}
	return false;
}

const struct wish *wish_take(struct conn *c, const struct conf_child *conf)
{
	struct wish *next = NULL, *late = NULL;
	struct list *l;

	list_for_each(l, &c->wishes) {
		struct wish *w = list_entry(l, struct wish, node);

		if (w->conf != conf || served(c, w))
			continue;
		if (w->until_ms < engine_now(c->e))
			late = w;
		else if (!next || w->asked < next->asked)
			next = w;
	}
	if (!next)
		next = late;
	if (next)
		next->asked++;
	return next;
}

void wish_drop_served(struct conn *c)
{
	struct list *l, *tmp;

	list_for_each_safe(l, tmp, &c->wishes) {
		struct wish *w = list_entry(l, struct wish, node);

		if (w->until_ms < engine_now(c->e) || served(c, w))
			wish_free(w);
	}
}

void wish_drop_all(struct conn *c)
{
	while (!list_empty(&c->wishes))
		wish_free(list_entry(c->wishes.next, struct wish, node));
}
