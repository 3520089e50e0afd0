// SPDX-License-Identifier: GPL-2.0
/*
 * Certificates that a peer does not send but says where they are.
 *
 *   named by hash and URL --> known by that hash? --> there it is
 *                         --> allowed, and not too many --> fetch --> the hash fits --> kept
 *
 * Keeping them needs no expiry: what is kept is found by its hash alone.
 *
 * RFC 7296 §3.6.
 */
#include "ike/lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "ike/core.h"

#define FETCH_MS	5000u
#define CERT_OCTETS_MAX	16384u
#define BUNDLE_OCTETS_MAX 65536u
#define KNOWN_MAX	64u
#define KNOWN_OCTETS_MAX (1u << 20)
#define BUSY_MAX	16u
#define BUSY_PER_PEER	4u	/* of one address: as many as one message names */
#define PER_10S		100u

struct known {
	struct list node;
	uint8_t hash[CERT_URL_HASH_LEN];
	size_t len;
	uint8_t body[];
};

struct lookup_fetch {
	struct list node;
	struct engine *e;		/* NULL: it is gone */
	struct lookup_ask *ask;		/* NULL: nobody waits */
	unsigned int which;		/* of its items */
	struct ip_addr peer;
	struct cert_url at;
	struct env_fetch fetch;
};

/* ---- what is known ---- */

static void forget(struct lookups *l, struct known *k)
{
	list_del(&k->node);
	l->n_known--;
	l->octets -= k->len;
	free(k);
}

static struct known *find(const struct lookups *l, const uint8_t *hash)
{
	struct list *at;

	list_for_each(at, &l->known) {
		struct known *k = list_entry(at, struct known, node);

		if (memcmp(k->hash, hash, sizeof(k->hash)) == 0)
			return k;
	}
	return NULL;
}

static void remember(struct lookups *l, const uint8_t *hash, struct kw_span body)
{
	struct known *k = find(l, hash) ? NULL : malloc(sizeof(*k) + body.len);

	if (!k)
		return;
	memcpy(k->hash, hash, sizeof(k->hash));
	memcpy(k->body, body.p, body.len);
	k->len = body.len;
	list_add_tail(&l->known, &k->node);
	l->n_known++;
	l->octets += k->len;
	while (l->n_known > KNOWN_MAX || l->octets > KNOWN_OCTETS_MAX)
		forget(l, list_entry(l->known.next, struct known, node));
}

void lookups_init(struct lookups *l)
{
	*l = (struct lookups){ 0 };
	list_init(&l->known);
	list_init(&l->running);
}

void lookups_free(struct lookups *l)
{
	while (!list_empty(&l->known))
		forget(l, list_entry(l->known.next, struct known, node));
	while (!list_empty(&l->running)) {
		struct lookup_fetch *f = list_entry(l->running.next, struct lookup_fetch, node);

		list_del(&f->node);
		f->e = NULL;
	}
}

/* ---- one document ---- */

static void give(struct lookup_item *item, struct kw_span body)
{
	item->body = malloc(body.len);
	if (!item->body)
		return;
	memcpy(item->body, body.p, body.len);
	item->len = body.len;
}

static void say(struct lookup_ask *ask, const char *url, const char *why)
{
	if (!ask->why[0])
		snprintf(ask->why, sizeof(ask->why), "the peer's certificate (%.140s) cannot be had: %.140s", url, why);
}

static bool is_named(const struct kw_span body, const uint8_t *hash)
{
	uint8_t got[HASH_MAX];

	return body.len && hash_digest(HASH_SHA1, &body, 1, got) == 0 && memcmp(got, hash, CERT_URL_HASH_LEN) == 0;
}

static void fetched(struct env_fetch *req, int err, struct kw_span body, const char *why)
{
	struct lookup_fetch *f = container_of(req, struct lookup_fetch, fetch);
	struct lookup_ask *ask = f->ask;

	if (!err && !is_named(body, f->at.hash)) {
		err = -1;
		why = "it is not what the peer's hash names";
	}
	if (f->e) {
		list_del(&f->node);
		f->e->lookups.busy--;
		if (!err)
			remember(&f->e->lookups, f->at.hash, body);
	}
	if (ask) {
		ask->fetch[f->which] = NULL;
		if (err)
			say(ask, f->at.url, why);
		else
			give(&ask->item[f->which], body);
	}
	free(f);
	if (ask && !--ask->waits)
		ask->done(ask);
}

/* Those that one address has us fetch. */
static unsigned int busy_for(const struct lookups *l, const struct ip_addr *peer)
{
	unsigned int n = 0;
	struct list *at;

	list_for_each(at, &l->running)
		n += ip_addr_equal(&list_entry(at, struct lookup_fetch, node)->peer, peer);
	return n;
}

/* At a place that the connection names. */
static bool is_at_home(const struct conf_conn *conf, const char *url)
{
	for (unsigned int i = 0; i < conf->n_lookup; i++)
		if (cert_url_below(url, conf->lookup[i]))
			return true;
	return false;
}

static bool is_allowed(const struct conf_conn *conf, const char *url)
{
	return conf->lookup_any || is_at_home(conf, url);
}

static const char *may_fetch(struct lookups *l, const struct lookup_ask *ask, const struct env *env, const char *url,
			     uint64_t now)
{
	uint32_t held;

	if (!is_allowed(ask->conf, url))
		return "cert-lookup here does not allow that place";
	if (!env->fetch)
		return "nothing can be fetched";
	if (l->busy >= BUSY_MAX || busy_for(l, &ask->peer) >= BUSY_PER_PEER ||
	    !log_limit_ok(&l->rate, now, PER_10S, &held))
		return "too much is being fetched";
	return NULL;
}

/* NULL: it is under way; else why not. */
static const char *begin(struct engine *e, struct lookup_ask *ask, unsigned int which)
{
	const struct lookup_item *item = &ask->item[which];
	const char *why = may_fetch(&e->lookups, ask, e->env, item->at.url, engine_now(e));
	struct lookup_fetch *f = why ? NULL : calloc(1, sizeof(*f));

	if (!f)
		return why ? why : "no memory";
	f->e = e;
	f->ask = ask;
	f->which = which;
	f->peer = ask->peer;
	f->at = item->at;
	f->fetch = (struct env_fetch){
		.url = f->at.url, .max = item->bundle ? BUNDLE_OCTETS_MAX : CERT_OCTETS_MAX, .timeout_ms = FETCH_MS,
		.direct = true, .public_only = !is_at_home(ask->conf, f->at.url), .done = fetched,
	};
	if (e->env->fetch->fetch(e->env->fetch_ctx, &f->fetch)) {
		free(f);
		return "no memory";
	}
	list_add_tail(&e->lookups.running, &f->node);
	e->lookups.busy++;
	ask->fetch[which] = f;
	ask->waits++;
	return NULL;
}

bool lookup_begin(struct engine *e, struct lookup_ask *ask)
{
	for (unsigned int i = 0; i < ask->n; i++) {
		const char *url = ask->item[i].at.url, *why;
		struct known *k = *url ? find(&e->lookups, ask->item[i].at.hash) : NULL;

		if (k && is_allowed(ask->conf, url)) {
			list_del(&k->node);
			list_add_tail(&e->lookups.known, &k->node);
			give(&ask->item[i], KW_SPAN(k->body, k->len));
			continue;
		}
		why = *url ? begin(e, ask, i) : "its hash or URL does not parse";
		if (why)
			say(ask, url, why);
	}
	return ask->waits;
}

void lookup_cancel(struct lookup_ask *ask)
{
	for (unsigned int i = 0; i < ask->n; i++) {
		if (ask->fetch[i])
			ask->fetch[i]->ask = NULL;
		ask->fetch[i] = NULL;
	}
	ask->waits = 0;
}

void lookup_drop(struct lookup_ask *ask)
{
	for (unsigned int i = 0; i < ask->n; i++)
		free(ask->item[i].body);
	ask->n = 0;
}
