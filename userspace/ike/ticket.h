/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From what an IKE SA can be resumed without another key exchange and proof (RFC 5723).
 *
 * The gateway seals it into a ticket with a key that only it knows, keeps nothing but a bit for each ticket, and
 * lets the client keep the ticket. Keys are in memory alone, are made anew every TICKET_KEY_MS, open tickets for as
 * long again, and go when the configuration is read again: who may come may have changed.
 */
#ifndef KW_IKE_TICKET_H
#define KW_IKE_TICKET_H

#include "config/conf.h"
#include "ike/proposal.h"
#include "lib/secret.h"
#include "wire/isakmp.h"

struct conn;
struct engine;
struct ike_sa;

#define TICKET_KEY_MS	(12u * 3600 * 1000)
#define TICKET_LEN_MAX	1024u	/* of ours: it travels in one datagram, which IKE cannot cut */

/* Which ticket of ours; .number = 0: none. */
struct ticket_name {
	uint32_t key;
	uint64_t number;
};

/* What goes on; owned by who holds the pointer. */
struct session {
	uint64_t id;			/* of the session itself, counted up */
	uint64_t ike_id;		/* client: the IKE SA that it is from */
	struct kw_secret sk_d;
	struct suite suite;
	struct ident own, peer;		/* as proved */
	uint64_t proved_ms;		/* when they were */
	uint8_t own_spi[IKE_SPI_LEN], peer_spi[IKE_SPI_LEN];	/* gateway: of the IKE SA before */
	struct ticket_name name;	/* gateway */
	struct kw_secret ticket;	/* client: what the gateway gave us */
	struct ip_addr gateway;
	uint64_t expires_ms;
};
/* Of an established IKE SA, whose SK_d is given. NULL: no memory. */
struct session *session_new(const struct ike_sa *sa, const struct kw_secret *sk_d);
void session_free(struct session *s);	/* NULL is fine */
/* Client: the connection's session of that gateway that may be tried now; NULL: none. Borrowed. */
const struct session *session_find(const struct conn *c, const struct ip_addr *gateway);
/* Client: takes it out of the connection. NULL: it is not there any more. */
struct session *session_take(struct conn *c, uint64_t id);
/* Client: keeps it (taken) in place of an older one. */
void session_keep(struct conn *c, struct session *s);

struct ticket_key;
struct tickets {
	struct ticket_key *key[2];	/* in use, the one before; NULL: none */
};
void tickets_forget(struct tickets *t);	/* those that were given are worth nothing from now on */

/* A ticket for s, good for *lifetime seconds. 0 or -errno: there can be none. */
int ticket_seal(struct engine *e, const struct session *s, const struct conn *c, uint8_t out[TICKET_LEN_MAX],
		size_t *len, uint32_t *lifetime, struct ticket_name *name);
/*
 * What was sealed, and the connection that it was for. NULL: it is none of ours, too old, was used, or the connection
 * is not as it was.
 */
struct session *ticket_open(struct engine *e, struct kw_span ticket, struct conn **conn);
/* It counts no more. false: it did not count before. */
bool ticket_spend(struct engine *e, const struct ticket_name *name);

#endif
