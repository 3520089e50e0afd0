/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Addresses, routes and guards of one device, over rtnetlink: add, delete, list those that are there.
 *
 * A guard is an unreachable route to where a route into the device leads, of a metric so high that it is asked
 * only when that is gone: a device that is down, or unloaded with its module, takes its routes with it.
 *
 * Routes carry the protocol number below, which is how they are recognised later: `ip route show proto 107`.
 */
#ifndef KW_KERNEL_LINK_NET_H
#define KW_KERNEL_LINK_NET_H

#include "kernel/prefix_set.h"

#define LINK_ROUTE_PROTOCOL 107
/* Guards' metrics begin here; what else sets routes stays far below. */
#define LINK_GUARD_METRIC 0x6b000000

struct nl_sock;

/* Whose, and where. */
struct link_at {
	int of;			/* the device's number, or for a guard its metric */
	uint32_t table;		/* the routing table of routes and guards: the main one, or its VRF's */
};

struct link_net {
	const char *what;	/* "address", "route" */
	/* 0 or -errno with a sentence; add says -EEXIST when it is there, del -ENOENT or the like when not */
	int (*add)(struct nl_sock *sock, struct link_at at, const struct prefix *p, char *why, size_t why_len);
	int (*del)(struct nl_sock *sock, struct link_at at, const struct prefix *p, char *why, size_t why_len);
	/* Those of the device; of routes, ours only. 0 or -errno with a sentence. NULL for guards: link_guards_each() lists them. */
	int (*list)(struct nl_sock *sock, struct link_at at, struct prefix_set *out, char *why, size_t why_len);
};

extern const struct link_net link_addresses, link_routes, link_guards;

/* All guards there are, of any table. 0 or -errno with a sentence; each may return an error to end it. */
int link_guards_each(struct nl_sock *sock, int (*each)(struct link_at at, const struct prefix *net, void *ctx),
		     void *ctx, char *why, size_t why_len);

/*
 * A default route into the tunnel, beside the one of the main table: a route of a table of ours, and rules
 * that ask first for the peers of tunnels, then for whatever is in the main table but its default route,
 * then for ours (`ip rule show`: protocol 107).
 *
 *	10700: to PEER lookup main			link_peers: PEER/32 or /128
 *	10701: lookup main suppress_prefixlength 0	link_defaults: 0.0.0.0/0 or ::/0
 *	10702: lookup 107
 */
extern const struct link_net link_peers, link_defaults;

#endif
