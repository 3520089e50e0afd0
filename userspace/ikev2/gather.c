// SPDX-License-Identifier: GPL-2.0
/*
 * What has to be fetched before proofs can be judged and made. All of it at the same time.
 *
 * RFCs: 7296 §3.6; 4806 §4.2.
 */
#include "ikev2/gather.h"

#include "ike/conn.h"
#include "ike/exchange.h"
#include "ikev2/v2_sa.h"

bool gather_allowed(const struct conf_conn *conf)
{
	return conf->remote_auth == CONF_AUTH_CERT && (conf->n_lookup || conf->lookup_any);
}

bool gather_own(const struct ike_sa *sa, struct cert_link *own)
{
	const struct conf_conn *conf = sa->conn->conf;

	if (!v2_sa(sa)->peer_ocsp || conf->ocsp == CONF_OCSP_NO || conf->local_auth != CONF_AUTH_CERT || !conf->issuer)
		return false;
	*own = (struct cert_link){ conf->cert[0], conf->issuer };
	return true;
}

static void read_certs(struct lookup_ask *ask, const struct ike_run *run)
{
	const struct payload *p = NULL;
	struct cert_payload c;

	ask->conf = run->sa->conn->conf;
	ask->peer = run->in->remote.addr;
	while (ask->n < LOOKUPS_MAX && (p = message_find(run->in, PAYLOAD_CERT, true, p))) {
		struct lookup_item *item = &ask->item[ask->n];

		if (cert_payload_parse(p->body, &c) || !gather_is_elsewhere(&c))
			continue;
		item->bundle = c.encoding == CERT_HASH_URL_BUNDLE;
		if (cert_url_parse(c.data, &item->at))
			item->at.url[0] = '\0';
		ask->n++;
	}
}

static void read_own(struct revocation_ask *ask, const struct ike_sa *sa)
{
	char url[REVOKE_URL_MAX];
	struct cert_link own;

	if (!gather_own(sa, &own) || revocation_response(sa->e, &own).len ||
	    !cert_revoke_url(own.cert, REVOKE_BY_OCSP, 0, url))
		return;
	ask->path.link[ask->path.n++] = (struct cert_link){ cert_get(own.cert), cert_get(own.issuer) };
}

bool gather_read(struct gather *g, const struct ike_run *run, bool certs, bool own)
{
	if (certs)
		read_certs(&g->lookup, run);
	if (own)
		read_own(&g->own, run->sa);
	return g->lookup.n || g->own.path.n;
}

static void cancel(struct ike_job *job)
{
	struct gather *g = container_of(job, struct gather, job);

	lookup_cancel(&g->lookup);
	revocation_cancel(&g->own);
}

static void one_less(struct gather *g)
{
	if (!--g->waits)
		job_ends(&g->job);
}

static void certs_done(struct lookup_ask *ask)
{
	one_less(container_of(ask, struct gather, lookup));
}

static void own_done(struct revocation_ask *ask)
{
	one_less(container_of(ask, struct gather, own));
}

bool gather_begin(struct gather *g, const struct ike_run *run)
{
	g->job.cancel = cancel;
	g->lookup.done = certs_done;
	g->own.done = own_done;
	g->own.own = true;
	g->own.conn = conn_name(run->sa->conn);
	/* Without memory for that, without the response: it is for the peer to judge. */
	if (g->own.path.n && !revocation_begin(run->sa->e, &g->own))
		g->waits++;
	if (g->lookup.n && lookup_begin(run->sa->e, &g->lookup))
		g->waits++;
	return g->waits;
}

void gather_drop(struct gather *g)
{
	lookup_drop(&g->lookup);
	cert_path_drop(&g->own.path);
}
