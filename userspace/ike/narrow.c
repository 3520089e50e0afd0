// SPDX-License-Identifier: GPL-2.0
/*
 * Traffic selector intersection (RFC 7296 §2.9).
 */
#include "ike/narrow.h"

/* OPAQUE (§3.13.1) meets OPAQUE and "any port" only. */
static bool is_opaque(const struct ts *t)
{
	return t->port_first > t->port_last;
}

static bool ports_intersect(const struct ts *a, const struct ts *b, struct ts *out)
{
	if (is_opaque(a) || is_opaque(b)) {
		const struct ts *other = is_opaque(a) ? b : a;

		out->port_first = 65535;
		out->port_last = 0;
		return is_opaque(other) || (other->port_first == 0 && other->port_last == 65535);
	}
	out->port_first = a->port_first > b->port_first ? a->port_first : b->port_first;
	out->port_last = a->port_last < b->port_last ? a->port_last : b->port_last;
	return out->port_first <= out->port_last;
}

static bool ts_intersect(const struct ts *a, const struct ts *b, struct ts *out)
{
	if (a->protocol && b->protocol && a->protocol != b->protocol)
		return false;
	out->protocol = a->protocol ? a->protocol : b->protocol;
	return ports_intersect(a, b, out) && ip_range_intersect(&out->range, &a->range, &b->range);
}

static bool ts_within(const struct ts *outer, const struct ts *inner)
{
	struct ts both;

	return ts_intersect(outer, inner, &both) && ts_equal(&both, inner);
}

static void add(struct ts_list *out, const struct ts *t)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < out->n; i++)
		if (ts_within(&out->ts[i], t))
			return;
	for (unsigned int i = 0; i < out->n; i++)
		if (!ts_within(t, &out->ts[i]))
			out->ts[kept++] = out->ts[i];
	out->n = kept;
	if (out->n < TS_MAX)
		out->ts[out->n++] = *t;
}

bool narrow(const struct ts_list *ours, const struct ts_list *theirs, struct ts_list *out)
{
	struct ts both;

	out->n = 0;
	for (unsigned int i = 0; i < theirs->n; i++)
		for (unsigned int j = 0; j < ours->n; j++)
			if (ts_intersect(&theirs->ts[i], &ours->ts[j], &both))
				add(out, &both);
	return out->n > 0;
}

bool narrow_within(const struct ts_list *outer, const struct ts_list *inner)
{
	for (unsigned int i = 0; i < inner->n; i++) {
		bool in = false;

		for (unsigned int j = 0; j < outer->n && !in; j++)
			in = ts_within(&outer->ts[j], &inner->ts[i]);
		if (!in)
			return false;
	}
	return inner->n > 0;
}

bool ts_list_equal(const struct ts_list *a, const struct ts_list *b)
{
	if (a->n != b->n)
		return false;
	for (unsigned int i = 0; i < a->n; i++)
		if (!ts_equal(&a->ts[i], &b->ts[i]))
			return false;
	return true;
}
