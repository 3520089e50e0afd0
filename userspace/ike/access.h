/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Remote access: a gateway lends addresses out of a pool to its clients, a client puts what it was lent on
 * its device (RFC 7296 §2.19, §3.15). What the messages look like is the version's affair.
 */
#ifndef KW_IKE_ACCESS_H
#define KW_IKE_ACCESS_H

#include "ike/lease.h"
#include "ike/sa.h"
#include "wire/cp.h"

struct child_policy;

/* Belongs to an IKE SA and to those that follow it by a rekey: freed with the last of them. */
struct access {
	unsigned int refs;
	struct ip_addr addr[CP_FAMILIES];	/* unset: none */
	/* the gateway's */
	struct leases *leases;
	struct lease *lease[CP_FAMILIES];
	/* the client's: all that it was told; NULL: we are the gateway */
	struct cp *told;
};

struct access *access_get(struct access *a);	/* NULL is fine */
/* The IKE SA ends: what it was lent is taken off the device, what it lent is given back. */
void access_end(struct ike_sa *sa);

/* ---- gateway ---- */

/*
 * Addresses of the families asked for to the peer, sa->remote_id. One of two is enough. false with the
 * reason in f.
 */
bool access_lend(struct ike_sa *sa, const struct cp *asked, struct failure *f);
/* What to tell the peer. */
void access_answer(const struct ike_sa *sa, const struct cp *asked, struct cp *answer);

/* ---- client ---- */

/* What to ask for: the address that it has, had, or that is configured. */
void access_ask(const struct conn *c, struct cp *out);
/* The gateway's word is taken, and the device gets its addresses. false with the reason in f: no address. */
bool access_take(struct ike_sa *sa, const struct cp *told, struct failure *f);
/* Addresses, routes and name servers of the device follow what the connection's IKE SAs have. */
void access_refresh(struct conn *c);
/* The device is going: its name servers go first. */
void access_device_goes(const struct conn *c);
/* What the device of the connection has beside the addresses that are configured. */
unsigned int access_addresses(const struct conn *c, struct ip_addr *addr, unsigned int room);
void access_routes(const struct conn *c, struct ts_list *out);
/* Whom a default route of the device has to spare; unset: not known, or the connection has none. */
struct ip_addr access_peer(const struct conn *c);

/* ---- both ---- */

/* Selectors of a child as configured: where an assigned address stands for a side, it is put in. */
void access_narrow(const struct ike_sa *sa, const struct conf_child *conf, struct ts_list *local,
		   struct ts_list *remote);

#endif
