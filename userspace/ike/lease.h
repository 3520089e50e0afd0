/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who was given which address out of a pool. A lease outlives the IKE SA: whoever comes back gets the same
 * address again, until nobody else could be given any other.
 */
#ifndef KW_IKE_LEASE_H
#define KW_IKE_LEASE_H

#include "config/conf.h"
#include "ike/failure.h"
#include "lib/list.h"
#include "lib/map.h"

/* Of those who are away; beyond that the one that is away longest is forgotten. */
#define LEASES_AWAY_MAX	65536u

struct lease {
	struct list node;		/* leases.away, the longest first; leases.held */
	struct map_node by_addr, by_owner;
	char conn[CONF_NAME_MAX];	/* the connection's name */
	struct ident owner;
	struct ip_addr addr;
	unsigned int holders;		/* IKE SAs */
};

/* All of an engine. No address is in it twice, whatever connections share a pool. */
struct leases {
	struct list held, away;
	struct map by_addr, by_owner;
	unsigned int n_away;
	struct ip_addr next[2];		/* IPv4, IPv6: where the last search ended */
	/* Somebody has a new address. May be NULL. */
	void (*changed)(void *ctx, const struct lease *l);
	void *ctx;
};

int leases_init(struct leases *all);	/* 0 or -ENOMEM */
void leases_free(struct leases *all);
/* As it was when the daemon ended: a later one for the same address replaces an earlier one. 0 or -ENOMEM. */
int lease_restore(struct leases *all, const char *conn, const struct ident *owner,
		  const struct ip_addr *addr);
/*
 * One address of `family` out of the connection's pool for `owner`: what he had; or `wish` (unset: none); or
 * one that nobody has; or that of whoever is away longest. One that he holds already is given once more
 * when `share` or when it is the wish. NULL with the reason in f.
 */
struct lease *lease_take(struct leases *all, const struct conf_conn *conf, const struct ident *owner,
			 uint8_t family, const struct ip_addr *wish, bool share, struct failure *f);
struct lease *lease_get(struct lease *l);	/* another holder */
void lease_put(struct leases *all, struct lease *l);

#endif
