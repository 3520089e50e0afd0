// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses out of pools, and who has them (RFC 7296 §2.19, §3.15).
 *
 * Each step costs the same however many there are: an address that is taken is found by a map, and the
 * search for a free one begins where the last one ended.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ike/conn.h"
#include "ike/lease.h"

static struct kw_span addr_key(const struct ip_addr *a)
{
	return KW_SPAN(a->b, ip_addr_len(a));
}

/* Names are the same in any case: the end of one, in small letters, finds it. */
struct owner_key {
	uint8_t b[64];
};

static struct kw_span owner_key(struct owner_key *k, const struct ident *id)
{
	size_t n = id->len < sizeof(k->b) ? id->len : sizeof(k->b);

	for (size_t i = 0; i < n; i++)
		k->b[i] = (uint8_t)tolower(id->data[id->len - n + i]);
	return KW_SPAN(k->b, n);
}

int leases_init(struct leases *all)
{
	memset(all, 0, sizeof(*all));
	list_init(&all->held);
	list_init(&all->away);
	if (map_init(&all->by_addr))
		return -ENOMEM;
	if (!map_init(&all->by_owner))
		return 0;
	map_free(&all->by_addr);
	return -ENOMEM;
}

static void drop(struct leases *all, struct lease *l)
{
	all->n_away -= !l->holders;
	list_del(&l->node);
	map_del(&all->by_addr, &l->by_addr);
	map_del(&all->by_owner, &l->by_owner);
	ident_drop(&l->owner);
	free(l);
}

void leases_free(struct leases *all)
{
	while (!list_empty(&all->held))
		drop(all, list_entry(all->held.next, struct lease, node));
	while (!list_empty(&all->away))
		drop(all, list_entry(all->away.next, struct lease, node));
	map_free(&all->by_addr);
	map_free(&all->by_owner);
}

static struct lease *find(const struct leases *all, const struct ip_addr *addr)
{
	for (struct map_node *n = map_first(&all->by_addr, addr_key(addr)); n; n = map_next(n)) {
		struct lease *l = container_of(n, struct lease, by_addr);

		if (ip_addr_equal(&l->addr, addr))
			return l;
	}
	return NULL;
}

/* Away; nobody holds it yet. */
static struct lease *add(struct leases *all, const char *conn, const struct ident *owner,
			 const struct ip_addr *addr)
{
	struct lease *l = calloc(1, sizeof(*l));
	struct owner_key key;

	if (!l || ident_copy(&l->owner, owner->type, KW_SPAN(owner->data, owner->len))) {
		free(l);
		return NULL;
	}
	snprintf(l->conn, sizeof(l->conn), "%s", conn);
	l->addr = *addr;
	list_add_tail(&all->away, &l->node);
	all->n_away++;
	map_add(&all->by_addr, &l->by_addr, addr_key(&l->addr));
	map_add(&all->by_owner, &l->by_owner, owner_key(&key, owner));
	return l;
}

static void forget_surplus(struct leases *all)
{
	while (all->n_away > LEASES_AWAY_MAX)
		drop(all, list_entry(all->away.next, struct lease, node));
}

int lease_restore(struct leases *all, const char *conn, const struct ident *owner,
		  const struct ip_addr *addr)
{
	struct lease *old = find(all, addr);

	if (old)
		drop(all, old);
	if (!add(all, conn, owner, addr))
		return -ENOMEM;
	forget_surplus(all);
	return 0;
}

struct lease *lease_get(struct lease *l)
{
	l->holders++;
	return l;
}

static struct lease *hold(struct leases *all, struct lease *l)
{
	if (!l->holders) {
		all->n_away--;
		list_del(&l->node);
		list_add_tail(&all->held, &l->node);
	}
	return lease_get(l);
}

void lease_put(struct leases *all, struct lease *l)
{
	if (--l->holders)
		return;
	list_del(&l->node);
	list_add_tail(&all->away, &l->node);
	all->n_away++;
	forget_surplus(all);
}

/* An address of the device is the gateway's own. */
static bool may_give(const struct conf_conn *conf, const struct ip_addr *addr)
{
	for (unsigned int i = 0; i < conf->n_device_addr; i++)
		if (ip_addr_equal(&conf->device_addr[i], addr))
			return false;
	for (unsigned int i = 0; i < conf->n_pool; i++)
		if (ip_range_has(&conf->pool[i].give, addr))
			return true;
	return false;
}

/* What he had, the wish before others. */
static struct lease *his_own(const struct leases *all, const struct conf_conn *conf,
			     const struct ident *owner, uint8_t family, const struct ip_addr *wish, bool share)
{
	struct map_node *n;
	struct owner_key key;
	struct lease *best = NULL;

	for (n = map_first(&all->by_owner, owner_key(&key, owner)); n; n = map_next(n)) {
		struct lease *l = container_of(n, struct lease, by_owner);
		bool wished = ip_addr_equal(&l->addr, wish);

		if (l->addr.family != family || strcmp(l->conn, conf->name) ||
		    !ident_equal(&l->owner, owner->type, KW_SPAN(owner->data, owner->len)) || !may_give(conf, &l->addr) ||
		    (l->holders && !share && !wished))
			continue;
		if (!best || wished)
			best = l;
	}
	return best;
}

static void step(struct ip_addr *a)
{
	for (size_t i = ip_addr_len(a); i-- > 0 && !++a->b[i];)
		;
}

/* From *from to the end of the range. Every address that is passed over has a lease: no endless search. */
static bool search_range(const struct leases *all, const struct conf_conn *conf, const struct ip_range *r,
			 struct ip_addr *from)
{
	while (ip_range_has(r, from)) {
		if (!find(all, from) && may_give(conf, from))
			return true;
		if (ip_addr_equal(from, &r->last))
			break;
		step(from);
	}
	return false;
}

/* From behind the last one given, so that an address is not given again soon; then from the start. */
static bool search(struct leases *all, const struct conf_conn *conf, uint8_t family, struct ip_addr *out)
{
	struct ip_addr *next = &all->next[family == AF_INET6];

	for (unsigned int round = 0; round < 2; round++)
		for (unsigned int i = 0; i < conf->n_pool; i++) {
			const struct ip_range *r = &conf->pool[i].give;

			if (r->first.family != family || (!round && !ip_range_has(r, next)))
				continue;
			*out = round ? r->first : *next;
			if (search_range(all, conf, r, out)) {
				*next = *out;
				step(next);
				return true;
			}
		}
	return false;
}

static struct lease *longest_away(const struct leases *all, const struct conf_conn *conf, uint8_t family)
{
	struct list *n;

	list_for_each(n, &all->away) {
		struct lease *l = list_entry(n, struct lease, node);

		if (l->addr.family == family && may_give(conf, &l->addr))
			return l;
	}
	return NULL;
}

static void say_exhausted(const struct conf_conn *conf, uint8_t family, struct failure *f)
{
	char text[RANGE_STRLEN], list[2 * RANGE_STRLEN] = "";
	size_t used = 0;

	for (unsigned int i = 0; i < conf->n_pool && used < sizeof(list); i++)
		if (conf->pool[i].net.first.family == family)
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "",
						 ip_range_print(text, &conf->pool[i].net));
	if (used)
		failure_set(f, FAILURE_REFUSED,
			    "no IPv%c address is left for the peer: all of the pool %s are in use",
			    family == AF_INET6 ? '6' : '4', list);
	else
		failure_set(f, FAILURE_REFUSED, "the peer asks for an IPv%c address, and the pool has none",
			    family == AF_INET6 ? '6' : '4');
}

struct lease *lease_take(struct leases *all, const struct conf_conn *conf, const struct ident *owner,
			 uint8_t family, const struct ip_addr *wish, bool share, struct failure *f)
{
	struct lease *l = his_own(all, conf, owner, family, wish, share);
	struct ip_addr addr = *wish;
	bool found;

	if (l)
		return hold(all, l);
	found = wish->family == family && may_give(conf, wish) && !find(all, wish);
	if (!found && !search(all, conf, family, &addr)) {
		l = longest_away(all, conf, family);
		if (!l) {
			say_exhausted(conf, family, f);
			return NULL;
		}
		addr = l->addr;
		drop(all, l);
	}
	l = add(all, conf->name, owner, &addr);
	if (!l) {
		failure_set(f, FAILURE_LOCAL, "no memory for a lease");
		return NULL;
	}
	if (all->changed)
		all->changed(all->ctx, l);
	return hold(all, l);
}
