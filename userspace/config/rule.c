// SPDX-License-Identifier: GPL-2.0
/*
 * A rule as a whole: which packets it is about, and that nothing in its file speaks of a peer.
 *
 * RFCs: 4301 §4.4.1 (bypass and discard are choices of the SPD as protect is).
 */
#include "config/conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a rule stands when nobody says: what is let through before the tunnels (1000), the rest after (2000). */
#define PRIORITY_BYPASS		500
#define PRIORITY_DISCARD	3000

static bool is_of_rules(const char *key)
{
	static const char *const keys[] = { "action", "priority", "local-net", "remote-net", "mark" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

static void refuse_others(struct conf_reader *r, const struct conn_draft *d)
{
	for (unsigned int i = 0; i < r->n_keys; i++)
		if (r->line_of[i] && !is_of_rules(r->keys[i].name))
			reader_complain(r, r->line_of[i], "%s has no meaning here: action = %s is about packets and has no peer",
					r->keys[i].name, d->c.action == CONF_BYPASS ? "bypass" : "discard");
	if (d->n_child > 1)
		reader_complain(r, 0, "a rule has no children: take the section away");
}

enum { V4 = 1, V6 = 2 };

static unsigned int family_bit(const struct ts *t)
{
	switch (t->range.first.family) {
	case AF_INET:
		return V4;
	case AF_INET6:
		return V6;
	}
	return 0;
}

/* Of the nets that have addresses. */
static unsigned int families(const struct ts_list *list)
{
	unsigned int bits = 0;

	for (unsigned int i = 0; i < list->n; i++)
		bits |= family_bit(&list->ts[i]);
	return bits;
}

static void add(struct ts_list *list, const struct ts *t, bool *full)
{
	if (list->n == TS_MAX)
		*full = true;
	else
		list->ts[list->n++] = *t;
}

/* A protocol or port without an address, or nothing at all, is of any address of these families. */
static bool fill(struct ts_list *list, unsigned int bits)
{
	static const struct ts all = { .port_last = 65535 };
	const struct ts_list was = *list;
	bool full = false;

	list->n = 0;
	for (unsigned int i = 0; i < was.n + !was.n; i++) {
		struct ts t = was.n ? was.ts[i] : all;

		if (family_bit(&t)) {
			add(list, &t, &full);
			continue;
		}
		for (unsigned int f = V4; f <= V6; f <<= 1) {
			t.range = ip_range_any(f == V4 ? AF_INET : AF_INET6);
			if (bits & f)
				add(list, &t, &full);
		}
	}
	return !full;
}

static void complete_nets(struct conf_reader *r, struct conf_child *k)
{
	const unsigned int local = families(&k->local_ts), remote = families(&k->remote_ts);

	if (!k->local_ts.n && !k->remote_ts.n) {
		if (!reader_line(r, "local-net") && !reader_line(r, "remote-net"))
			reader_complain(r, 0, "which packets? Set local-net, remote-net or both (0.0.0.0/0 and ::/0 are all there are)");
		return;
	}
	if (!fill(&k->local_ts, remote ? remote : local ? local : V4 | V6) ||
	    !fill(&k->remote_ts, local ? local : remote ? remote : V4 | V6))
		reader_complain(r, 0, "more than %d nets on one side", TS_MAX);
	else if (families(&k->local_ts) != families(&k->remote_ts))
		reader_complain(r, reader_line(r, "remote-net"),
				"local-net and remote-net are not of the same families, IPv4 and IPv6");
}

void conn_complete_rule(struct conf_reader *r, struct conn_draft *d)
{
	struct conf_conn *c = &d->c;

	refuse_others(r, d);
	if (!c->priority)
		c->priority = c->action == CONF_BYPASS ? PRIORITY_BYPASS : PRIORITY_DISCARD;
	c->child = calloc(1, sizeof(*c->child));
	if (!c->child) {
		reader_complain(r, 0, "no memory");
		return;
	}
	snprintf(d->child[0].c.name, sizeof(d->child[0].c.name), "%s", c->name);
	complete_nets(r, &d->child[0].c);
	c->child[c->n_child++] = d->child[0].c;
}
