// SPDX-License-Identifier: GPL-2.0
/*
 * Asking whether certificates are revoked.
 *
 * One after the other, from the top; for each its OCSP addresses, then those of its lists, until one says
 * something. Each question is an entry: who else wants to know the same waits for it, and what came stays for
 * as long as it counts. Parsing and verifying is a worker's.
 *
 *   asked          --> fetch --> worker --> known, until it expires or others need the room
 *   cannot be had  --> fetch -------------> known as that, for a minute
 *
 * RFCs: 5280 §4.2.1.13, §4.2.2.1, §6.3; 6960 §A.1 (by HTTP).
 */
#include "ike/revocation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/rand.h"
#include "ike/core.h"

#define FETCH_MS	5000u
/* The peer waits meanwhile, and repeats its message: for about a minute, most do. */
#define ASK_MS		15000u
#define FAILED_S	60		/* before a place that did not answer well is asked again */
#define KEEP_S		86400		/* the longest that anything is believed without asking again */
#define ENDLESS_S	3600		/* likewise a list that does not say until when it counts */
#define ENTRIES_MAX	128u
#define OCTETS_MAX	(32u << 20)
#define BUSY_MAX	32u

struct revocation_entry {
	struct list node;
	struct engine *e;		/* NULL: it is gone */
	enum revoke_source source;
	char url[REVOKE_URL_MAX];
	struct cert_link link;		/* a list: .cert is of the first who asked, and does not matter */
	struct list waiting;		/* struct revocation_ask.node */
	bool busy;

	struct env_fetch fetch;
	uint8_t *request;		/* OCSP */
	size_t request_len;
	uint8_t nonce[OCSP_NONCE_LEN];
	struct env_job job;
	uint8_t *body;			/* what came, for the worker */
	size_t body_len;
	int64_t unix_now;

	/* what is known */
	int64_t until;			/* seconds since 1970 */
	struct crl *crl;		/* NULL: it could not be had */
	enum revoke_status status;	/* OCSP */
	uint8_t *response;		/* OCSP: that says that it is good; malloc()ed */
	size_t response_len;
	char why[REVOKE_WHY];
};

static int64_t unix_now(const struct engine *e)
{
	return engine_wall(e) / 1000;
}

static struct revocations *of(const struct revocation_entry *x)
{
	return &x->e->revocations;
}

/* ---- entries ---- */

static size_t octets_kept(const struct revocation_entry *x)
{
	return (x->crl ? crl_octets(x->crl) : 0) + x->response_len;
}

static size_t octets_of(const struct revocation_entry *x)
{
	return sizeof(*x) + octets_kept(x);
}

static void entry_free(struct revocation_entry *x)
{
	cert_put(x->link.cert);
	cert_put(x->link.issuer);
	crl_put(x->crl);
	free(x->request);
	free(x->response);
	free(x->body);
	free(x);
}

static void forget(struct revocations *r, struct revocation_entry *x)
{
	list_del(&x->node);
	r->n--;
	r->octets -= octets_of(x);
	entry_free(x);
}

/* The one that nobody used for longest goes first; one that is being asked about stays. */
static void make_room(struct revocations *r, unsigned int more, const struct revocation_entry *but)
{
	struct list *l, *tmp;

	list_for_each_safe(l, tmp, &r->entries) {
		struct revocation_entry *x = list_entry(l, struct revocation_entry, node);

		if (r->n + more <= ENTRIES_MAX && r->octets <= OCTETS_MAX)
			return;
		if (!x->busy && x != but)
			forget(r, x);
	}
}

static bool same_cert(const struct cert *a, const struct cert *b)
{
	return kw_span_equal(cert_der(a), cert_der(b));
}

/* A list is the issuer's; an answer is about one certificate. */
static struct revocation_entry *find(struct revocations *r, enum revoke_source source, const char *url,
				     const struct cert_link *l)
{
	struct list *at;

	list_for_each(at, &r->entries) {
		struct revocation_entry *x = list_entry(at, struct revocation_entry, node);

		if (x->source == source && strcmp(x->url, url) == 0 && same_cert(x->link.issuer, l->issuer) &&
		    (source == REVOKE_BY_CRL || same_cert(x->link.cert, l->cert)))
			return x;
	}
	return NULL;
}

void revocations_init(struct revocations *r)
{
	*r = (struct revocations){ 0 };
	list_init(&r->entries);
}

void revocations_flush(struct revocations *r)
{
	struct list *l, *tmp;

	list_for_each_safe(l, tmp, &r->entries) {
		struct revocation_entry *x = list_entry(l, struct revocation_entry, node);

		if (!x->busy)
			forget(r, x);
	}
}

void revocations_free(struct revocations *r)
{
	revocations_flush(r);
	while (!list_empty(&r->entries)) {
		struct revocation_entry *x = list_entry(r->entries.next, struct revocation_entry, node);

		list_del(&x->node);
		x->e = NULL;
	}
}

/* ---- what came ---- */

static void go_on(struct revocation_ask *ask);

static void entry_known(struct revocation_entry *x)
{
	struct revocations *r;
	struct list woken;

	if (!x->e) {
		entry_free(x);
		return;
	}
	r = of(x);
	x->busy = false;
	r->busy--;
	r->octets += octets_kept(x);
	make_room(r, 0, x);
	/* Whoever goes on may ask again, and x may have to go for that. */
	list_init(&woken);
	while (!list_empty(&x->waiting)) {
		struct list *l = x->waiting.next;

		list_del(l);
		list_add_tail(&woken, l);
	}
	while (!list_empty(&woken)) {
		struct list *l = woken.next;

		list_del(l);
		go_on(list_entry(l, struct revocation_ask, node));
	}
}

/* How long what is known stays known, unix_now being when it was asked. */
static void set_until(struct revocation_entry *x, int64_t says)
{
	int64_t longest = x->unix_now + KEEP_S;

	if (says == REVOKE_FOREVER)
		says = x->unix_now + ENDLESS_S;
	else if (says <= x->unix_now)
		says = x->unix_now + FAILED_S;
	x->until = says < longest ? says : longest;
}

static void look_at_list(struct revocation_entry *x)
{
	if (crl_from_der(&x->crl, KW_SPAN(x->body, x->body_len), x->url, x->why))
		return;
	if (crl_is_good(x->crl, &x->link, x->unix_now, x->why)) {
		set_until(x, crl_next_update(x->crl));
		return;
	}
	crl_put(x->crl);
	x->crl = NULL;
}

static void work(struct env_job *job)
{
	struct revocation_entry *x = container_of(job, struct revocation_entry, job);
	int64_t says = 0;

	x->until = x->unix_now + FAILED_S;
	if (x->source == REVOKE_BY_CRL) {
		look_at_list(x);
		return;
	}
	x->status = ocsp_look(KW_SPAN(x->body, x->body_len), &x->link, x->nonce, x->url, x->unix_now, &says, x->why);
	if (x->status != REVOKE_UNKNOWN)
		set_until(x, says);
}

static void worked(struct env_job *job)
{
	struct revocation_entry *x = container_of(job, struct revocation_entry, job);

	if (x->source == REVOKE_BY_OCSP && x->status == REVOKE_GOOD) {
		x->response = x->body;
		x->response_len = x->body_len;
	} else {
		free(x->body);
	}
	x->body = NULL;
	entry_known(x);
}

static void failed(struct revocation_entry *x, const char *why)
{
	snprintf(x->why, sizeof(x->why), "the %s (%.140s) cannot be had: %.160s",
		 x->source == REVOKE_BY_CRL ? "CRL" : "OCSP response", x->url, why);
	x->until = x->unix_now + FAILED_S;
	entry_known(x);
}

static void fetched(struct env_fetch *req, int err, struct kw_span body, const char *why)
{
	struct revocation_entry *x = container_of(req, struct revocation_entry, fetch);

	if (!x->e) {
		entry_free(x);
		return;
	}
	x->body = err ? NULL : malloc(body.len + 1);
	if (!x->body) {
		failed(x, err ? why : "no memory");
		return;
	}
	if (body.len)
		memcpy(x->body, body.p, body.len);
	x->body_len = body.len;
	x->unix_now = unix_now(x->e);
	x->job = (struct env_job){ .work = work, .done = worked };
	if (x->e->env->job->submit(x->e->env->job_ctx, &x->job))
		failed(x, "no worker thread");
}

/* ---- asking ---- */

static int begin_fetch(struct revocation_entry *x)
{
	const struct env *env = x->e->env;

	x->fetch = (struct env_fetch){
		.url = x->url, .max = CRL_OCTETS_MAX, .timeout_ms = FETCH_MS, .done = fetched,
	};
	if (x->source == REVOKE_BY_OCSP) {
		rand_bytes(x->nonce, sizeof(x->nonce));
		if (ocsp_request(&x->link, x->nonce, &x->request, &x->request_len))
			return -ENOMEM;
		x->fetch.post = KW_SPAN(x->request, x->request_len);
		x->fetch.post_type = "application/ocsp-request";
		x->fetch.max = OCSP_OCTETS_MAX;
	}
	return env->fetch ? env->fetch->fetch(env->fetch_ctx, &x->fetch) : -EOPNOTSUPP;
}

/* NULL: it cannot be asked now. */
static struct revocation_entry *entry_new(struct revocation_ask *ask, const char *url)
{
	struct revocations *r = &ask->e->revocations;
	const struct cert_link *l = &ask->path.link[ask->link];
	struct revocation_entry *x;

	make_room(r, 1, NULL);
	if (r->busy == BUSY_MAX || r->n >= ENTRIES_MAX)
		return NULL;
	x = calloc(1, sizeof(*x));
	if (!x)
		return NULL;
	x->e = ask->e;
	x->source = ask->source;
	snprintf(x->url, sizeof(x->url), "%s", url);
	x->link = (struct cert_link){ cert_get(l->cert), cert_get(l->issuer) };
	x->unix_now = unix_now(ask->e);
	list_init(&x->waiting);
	if (begin_fetch(x)) {
		entry_free(x);
		return NULL;
	}
	x->busy = true;
	r->busy++;
	r->n++;
	r->octets += octets_of(x);
	list_add_tail(&r->entries, &x->node);
	return x;
}

/* What is known at that address, or NULL: the asker waits, or ask->said says why not even that. */
static struct revocation_entry *known_at(struct revocation_ask *ask, const char *url, bool *waits)
{
	struct revocations *r = &ask->e->revocations;
	struct revocation_entry *x = find(r, ask->source, url, &ask->path.link[ask->link]);

	*waits = false;
	if (x && !x->busy && unix_now(ask->e) > x->until) {
		forget(r, x);
		x = NULL;
	}
	if (!x && engine_now(ask->e) >= ask->until_ms)
		snprintf(ask->said, sizeof(ask->said), "no time was left to ask %.200s", url);
	else if (!x) {
		x = entry_new(ask, url);
		if (!x)
			snprintf(ask->said, sizeof(ask->said), "%.200s cannot be asked: no memory, or too much is being asked",
				 url);
	}
	if (!x)
		return NULL;
	list_del(&x->node);
	list_add_tail(&r->entries, &x->node);
	if (!x->busy)
		return x;
	list_add_tail(&x->waiting, &ask->node);
	*waits = true;
	return NULL;
}

static enum revoke_status status_by(const struct revocation_entry *x, struct revocation_ask *ask)
{
	if (x->source == REVOKE_BY_CRL && x->crl)
		return crl_look(x->crl, &ask->path.link[ask->link], unix_now(ask->e), ask->said);
	snprintf(ask->said, sizeof(ask->said), "%s", x->why);
	return x->source == REVOKE_BY_CRL ? REVOKE_UNKNOWN : x->status;
}

/* The next address of the certificate that is asked about. */
static bool next_url(struct revocation_ask *ask, char url[REVOKE_URL_MAX])
{
	const struct cert *cert = ask->path.link[ask->link].cert;

	if (cert_revoke_url(cert, ask->source, ask->at, url))
		return true;
	if (ask->source == REVOKE_BY_CRL || ask->own)
		return false;
	ask->source = REVOKE_BY_CRL;
	ask->at = 0;
	return cert_revoke_url(cert, ask->source, ask->at, url);
}

/* Of one certificate; *waits: not yet. */
static enum revoke_status ask_one(struct revocation_ask *ask, bool *waits)
{
	enum revoke_status status = REVOKE_UNKNOWN;
	char url[REVOKE_URL_MAX];

	*waits = false;
	while (status == REVOKE_UNKNOWN && next_url(ask, url)) {
		const struct revocation_entry *x = known_at(ask, url, waits);

		if (*waits)
			return REVOKE_UNKNOWN;
		if (x)
			status = status_by(x, ask);
		ask->at++;
	}
	return status;
}

static void settle(struct revocation_ask *ask, enum revoke_status status)
{
	const struct cert_link *l = &ask->path.link[ask->link];
	char name[REVOKE_WHY];

	if (ask->own)
		return;
	if (status == REVOKE_REVOKED) {
		ask->verdict = CERT_REVOKED;
		snprintf(ask->why, sizeof(ask->why), "%s", ask->said);
		return;
	}
	if (status == REVOKE_GOOD)
		return;
	ask->verdict = cert_unknown_status(ask->mode, l, true, ask->said, ask->why, sizeof(ask->why));
	if (ask->verdict == CERT_TRUSTED)
		log_warn(ask->conn, "whether certificate %s is revoked is not known, and it counts (revocation = relaxed): %s",
			 cert_print(l->cert, name, sizeof(name)), ask->said);
}

static void go_on(struct revocation_ask *ask)
{
	bool waits;

	while (ask->verdict == CERT_TRUSTED && ask->link < ask->path.n) {
		enum revoke_status status = ask_one(ask, &waits);

		if (waits)
			return;
		settle(ask, status);
		ask->link++;
		ask->source = REVOKE_BY_OCSP;
		ask->at = 0;
	}
	engine_timer_drop(ask->e, &ask->timer);
	ask->done(ask);
}

static void fire(void *arg)
{
	go_on(arg);
}

struct kw_span revocation_response(struct engine *e, const struct cert_link *l)
{
	char url[REVOKE_URL_MAX];

	for (unsigned int at = 0; cert_revoke_url(l->cert, REVOKE_BY_OCSP, at, url); at++) {
		const struct revocation_entry *x = find(&e->revocations, REVOKE_BY_OCSP, url, l);

		if (x && !x->busy && x->response && unix_now(e) <= x->until)
			return KW_SPAN(x->response, x->response_len);
	}
	return KW_SPAN(NULL, 0);
}

int revocation_begin(struct engine *e, struct revocation_ask *ask)
{
	ask->e = e;
	ask->verdict = CERT_TRUSTED;
	ask->until_ms = engine_now(e) + ASK_MS;
	list_init(&ask->node);
	engine_timer(e, &ask->timer, 0, fire, ask);
	return ask->timer ? 0 : -ENOMEM;
}

void revocation_cancel(struct revocation_ask *ask)
{
	if (!ask->e)
		return;
	list_del(&ask->node);
	engine_timer_drop(ask->e, &ask->timer);
}
