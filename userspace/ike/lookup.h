/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Certificates that a peer does not send but says where they are (RFC 7296 §3.6): fetched by HTTP.
 *
 * Who asks for that has proved nothing yet. So a connection has to allow it, at places that it names or on the
 * public Internet; nobody is sent on from there; and for one address, and for all, only so many are fetched at a
 * time and in a time.
 */
#ifndef KW_IKE_LOOKUP_H
#define KW_IKE_LOOKUP_H

#include "config/conf.h"
#include "ike/env.h"
#include "lib/list.h"
#include "lib/log.h"
#include "wire/cert_url.h"

struct engine;
struct lookup_fetch;

#define LOOKUPS_MAX 4u		/* of one message: as many certificates as RFC 7296 §3.6 asks for */

/* The engine's. */
struct lookups {
	struct list known;		/* what came; used last comes last */
	unsigned int n_known;
	size_t octets;
	struct list running;		/* struct lookup_fetch.node */
	unsigned int busy;
	struct log_limit rate;
};

/* One document. */
struct lookup_item {
	struct cert_url at;
	bool bundle;
	uint8_t *body;			/* malloc()ed; NULL: it could not be had */
	size_t len;
};

/* What one message asks for. The owner fills in the first part and keeps it where it is until done(). */
struct lookup_ask {
	const struct conf_conn *conf;	/* who may be asked; only read in lookup_begin() */
	struct ip_addr peer;
	unsigned int n;
	struct lookup_item item[LOOKUPS_MAX];
	/* On the loop thread, from outside of the engine, once. */
	void (*done)(struct lookup_ask *ask);

	char why[320];			/* of the first that could not be had; empty: all are there */
	/* lookup.c's */
	unsigned int waits;
	struct lookup_fetch *fetch[LOOKUPS_MAX];
};

void lookups_init(struct lookups *l);
/* When nobody asks any more. What is under way ends by itself. */
void lookups_free(struct lookups *l);

/* true: some are under way. false: all is known already, and done() does not run. */
bool lookup_begin(struct engine *e, struct lookup_ask *ask);
/* Nobody waits any more. Fine when nothing is under way. */
void lookup_cancel(struct lookup_ask *ask);
void lookup_drop(struct lookup_ask *ask);	/* what came; done or cancelled */

#endif
