/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Asking where certificates say that their status is published: OCSP first, then lists, by HTTP. What came is kept
 * for as long as it says that it counts, for all connections.
 */
#ifndef KW_IKE_REVOCATION_H
#define KW_IKE_REVOCATION_H

#include "crypto/cert.h"
#include "ike/env.h"
#include "lib/list.h"

struct engine;

/* The engine's: what is known, and what is being asked. */
struct revocations {
	struct list entries;		/* the one that was used last comes last */
	unsigned int n;
	size_t octets;
	unsigned int busy;
};

/*
 * What one side's certificates are asked about. The owner fills in the first part, keeps it where it is until
 * done(), and lets nobody ask before their signatures were verified.
 */
struct revocation_ask {
	struct cert_path path;		/* of cert_verify() */
	enum revoke_mode mode;
	const char *conn;		/* for the log */
	/* Of ours, for revocation_response(): OCSP alone is asked, and whatever it says is CERT_TRUSTED. */
	bool own;
	/* On the loop thread, from outside of the engine, once, not from within revocation_begin(). */
	void (*done)(struct revocation_ask *ask);

	/* in done() */
	enum cert_verdict verdict;	/* CERT_TRUSTED: none is revoked, or the mode does not mind */
	char why[REVOKE_WHY];

	/* revocation.c's */
	struct engine *e;
	struct list node;		/* of those who wait for the same */
	struct env_timer *timer;
	unsigned int link, at;		/* which certificate, which of its addresses */
	enum revoke_source source;
	uint64_t until_ms;		/* nothing new is asked afterwards */
	char said[REVOKE_WHY];		/* why the status is not known yet */
};

void revocations_init(struct revocations *r);
/* When nobody asks any more. What is under way ends by itself. */
void revocations_free(struct revocations *r);
/* What was fetched is forgotten. */
void revocations_flush(struct revocations *r);

/* 0 or -ENOMEM (then done() does not run). */
int revocation_begin(struct engine *e, struct revocation_ask *ask);
/* Fine when nothing is under way. The path stays the owner's. */
void revocation_cancel(struct revocation_ask *ask);

/* The OCSP response that says that it is good and still counts, DER; empty: none is known. Borrowed until time passes. */
struct kw_span revocation_response(struct engine *e, const struct cert_link *l);

#endif
