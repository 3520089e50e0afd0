/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What has to be fetched before proofs can be judged and made: certificates that the peer names by hash and URL, and
 * the OCSP response about ours that it asks for.
 */
#ifndef KW_IKEV2_GATHER_H
#define KW_IKEV2_GATHER_H

#include "ike/job.h"
#include "ike/lookup.h"
#include "ike/revocation.h"
#include "wire/isakmp.h"
#include "wire/payload.h"

/* Part of the owner's memory. The owner sets .job.free, which says gather_drop() and frees it. */
struct gather {
	struct ike_job job;
	struct lookup_ask lookup;	/* .item[i]: the message's i-th CERT payload by hash and URL */
	struct revocation_ask own;
	unsigned int waits;
};

/* Does the connection have the peer's certificates fetched, if it names some? */
bool gather_allowed(const struct conf_conn *conf);
/* Our certificate and its issuer, both borrowed, if the peer wants the OCSP response about it and may have it. */
bool gather_own(const struct ike_sa *sa, struct cert_link *own);
/* What run->in says about the peer's (certs), and about ours (own), is put together. false: there is nothing to fetch. */
bool gather_read(struct gather *g, const struct ike_run *run, bool certs, bool own);
/*
 * true: it is being fetched, job_await(run, &g->job, ...) is next, and run->job is it in resume. false: what can be had
 * is there already.
 */
bool gather_begin(struct gather *g, const struct ike_run *run);
void gather_drop(struct gather *g);

/* Is the certificate in this payload elsewhere? */
static inline bool gather_is_elsewhere(const struct cert_payload *c)
{
	return c->encoding == CERT_HASH_URL || c->encoding == CERT_HASH_URL_BUNDLE;
}

#endif
