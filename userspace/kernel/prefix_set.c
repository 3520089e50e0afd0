// SPDX-License-Identifier: GPL-2.0
/* A small growing set of address prefixes. */
#include "kernel/prefix_set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static bool same(const struct prefix *a, const struct prefix *b)
{
	return a->bits == b->bits && ip_addr_equal(&a->addr, &b->addr);
}

bool prefix_set_has(const struct prefix_set *set, const struct prefix *p)
{
	unsigned int i;

	for (i = 0; i < set->n; i++)
		if (same(&set->p[i], p))
			return true;
	return false;
}

int prefix_set_add(struct prefix_set *set, const struct prefix *p)
{
	unsigned int cap = set->cap ? 2 * set->cap : 8;
	struct prefix *more;

	if (prefix_set_has(set, p))
		return 0;
	if (set->n == set->cap) {
		more = reallocarray(set->p, cap, sizeof(*more));
		if (!more)
			return -ENOMEM;
		set->p = more;
		set->cap = cap;
	}
	set->p[set->n++] = *p;
	return 0;
}

void prefix_set_remove(struct prefix_set *set, const struct prefix *p)
{
	unsigned int i;

	for (i = 0; i < set->n; i++) {
		if (same(&set->p[i], p)) {
			set->p[i] = set->p[--set->n];
			return;
		}
	}
}

void prefix_set_free(struct prefix_set *set)
{
	free(set->p);
	*set = (struct prefix_set){ 0 };
}

char *prefix_print(char buf[PREFIX_STRLEN], const struct prefix *p)
{
	char addr[ADDR_STRLEN];

	snprintf(buf, PREFIX_STRLEN, "%s/%u", ip_addr_print(addr, &p->addr), p->bits);
	return buf;
}
