// SPDX-License-Identifier: GPL-2.0
/*
 * What has to be fetched before a proof can be judged.
 *
 * RFC 7296 §3.6.
 */
#include "ikev2/gather.h"

#include "ike/conn.h"
#include "ike/exchange.h"

bool gather_allowed(const struct conf_conn *conf)
{
	return conf->remote_auth == CONF_AUTH_CERT && (conf->n_lookup || conf->lookup_any);
}

bool gather_read(struct gather *g, const struct ike_run *run)
{
	struct lookup_ask *ask = &g->lookup;
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
	return ask->n;
}

static void cancel(struct ike_job *job)
{
	lookup_cancel(&container_of(job, struct gather, job)->lookup);
}

static void done(struct lookup_ask *ask)
{
	job_ends(&container_of(ask, struct gather, lookup)->job);
}

bool gather_begin(struct gather *g, const struct ike_run *run)
{
	g->job.cancel = cancel;
	g->lookup.done = done;
	return lookup_begin(run->sa->e, &g->lookup);
}

void gather_drop(struct gather *g)
{
	lookup_drop(&g->lookup);
}
