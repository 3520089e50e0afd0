// SPDX-License-Identifier: GPL-2.0
/* A world of its own for engines under test. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/fakes.h"

#include "crypto/rand.h"
#include "wire/isakmp.h"

/* ---- clock and randomness ---- */

/* splitmix64 (public domain algorithm by S. Vigna): small, and the same everywhere. */
static uint64_t next_random(struct world *w)
{
	uint64_t z = (w->rng += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint64_t world_random(struct world *w, uint64_t below)
{
	return below ? next_random(w) % below : 0;
}

static void engine_random(void *out, size_t n, void *ctx)
{
	uint8_t *p = out;

	for (size_t i = 0; i < n; i++)
		p[i] = next_random(ctx) >> 24;
}

void world_init(struct world *w, uint64_t seed)
{
	memset(w, 0, sizeof(*w));
	w->now = 1000000;
	w->wall = 1800000000000ll;
	w->rng = seed;
	list_init(&w->timers);
	list_init(&w->jobs);
	list_init(&w->lookups);
	rand_set_source(engine_random, w);
}

static uint64_t clock_now(void *ctx)
{
	return ((struct world *)ctx)->now;
}

static int64_t clock_wall(void *ctx)
{
	return ((struct world *)ctx)->wall + (int64_t)((struct world *)ctx)->now;
}

/* ---- timers ---- */

struct env_timer {
	struct list node;
	struct world *w;
	void (*fire)(void *arg);
	void *arg;
	uint64_t due;		/* UINT64_MAX = stopped */
};

static struct env_timer *timer_new(void *ctx, void (*fire)(void *arg), void *arg)
{
	struct env_timer *t = calloc(1, sizeof(*t));

	t->w = ctx;
	t->fire = fire;
	t->arg = arg;
	t->due = UINT64_MAX;
	list_add_tail(&t->w->timers, &t->node);
	return t;
}

static void timer_start(struct env_timer *t, uint64_t ms)
{
	t->due = t->w->now + ms;
}

static void timer_stop(struct env_timer *t)
{
	t->due = UINT64_MAX;
}

static void timer_free(struct env_timer *t)
{
	if (t)
		list_del(&t->node);
	free(t);
}

const struct env_timer_ops world_timer_ops = {
	.now = clock_now,
	.wall = clock_wall,
	.timer_new = timer_new,
	.timer_start = timer_start,
	.timer_stop = timer_stop,
	.timer_free = timer_free,
};

/* ---- dialogs ---- */

struct env_dialog {
	struct world *w;
	struct env_timer *timer;
	void (*heard)(void *arg, struct kw_span datagram);
	void *arg;
	uint8_t answer[4096];
	size_t len;
};

static void answer_comes(void *arg)
{
	struct env_dialog *d = arg;

	d->heard(d->arg, KW_SPAN(d->answer, d->len));
}

static struct env_dialog *dialog_open(void *ctx, const struct endpoint *server,
				      void (*heard)(void *arg, struct kw_span datagram), void *arg)
{
	struct env_dialog *d = calloc(1, sizeof(*d));

	(void)server;
	d->w = ctx;
	d->heard = heard;
	d->arg = arg;
	d->timer = timer_new(ctx, answer_comes, d);
	d->w->dialogs++;
	return d;
}

static void dialog_send(struct env_dialog *d, struct kw_span datagram)
{
	struct kw_writer w = kw_writer(d->answer, sizeof(d->answer));

	if (d->w->server)
		d->w->server(d->w->server_ctx, datagram, &w);
	d->len = w.len;
	if (w.len)
		timer_start(d->timer, 0);
}

static void dialog_close(struct env_dialog *d)
{
	d->w->dialogs--;
	timer_free(d->timer);
	free(d);
}

const struct env_dialog_ops world_dialog_ops = {
	.open = dialog_open, .send = dialog_send, .close = dialog_close,
};

/* ---- PAM ---- */

struct env_pam {
	struct world *w;
	struct env_timer *timer;
	void (*answered)(void *arg, const struct env_pam_answer *answer);
	void *arg;
	struct env_pam_answer answer;
};

static void pam_answers(void *arg)
{
	struct env_pam *q = arg;

	q->answered(q->arg, &q->answer);
}

static struct env_pam *pam_ask(void *ctx, const struct env_pam_question *question,
			       void (*answered)(void *arg, const struct env_pam_answer *answer), void *arg)
{
	struct world *w = ctx;
	struct env_pam *q = w->pam ? calloc(1, sizeof(*q)) : NULL;

	if (!q)
		return NULL;
	q->w = w;
	q->answered = answered;
	q->arg = arg;
	q->timer = timer_new(w, pam_answers, q);
	w->pams++;
	if (w->pam(w->pam_ctx, question, &q->answer))
		timer_start(q->timer, 2000);
	return q;
}

static void pam_drop(struct env_pam *q)
{
	q->w->pams--;
	timer_free(q->timer);
	free(q);
}

const struct env_pam_ops world_pam_ops = { .ask = pam_ask, .drop = pam_drop };

/* ---- the worker and the resolver: things that come back later ---- */

struct later {
	struct list node;
	uint64_t due;
	struct env_job *job;
	struct env_resolve *req;
	struct env_fetch *fetch;
	char host[128];
};

static int submit(void *ctx, struct env_job *job)
{
	struct world *w = ctx;
	struct later *l = calloc(1, sizeof(*l));

	l->job = job;
	l->due = w->now + w->job_delay + world_random(w, w->job_delay_random + 1);
	list_add_tail(&w->jobs, &l->node);
	return 0;
}

const struct env_job_ops world_job_ops = { .submit = submit };

static int resolve(void *ctx, const char *host, struct env_resolve *req)
{
	struct world *w = ctx;
	struct later *l = calloc(1, sizeof(*l));

	l->req = req;
	l->due = w->now + w->job_delay;
	snprintf(l->host, sizeof(l->host), "%s", host);
	list_add_tail(&w->lookups, &l->node);
	w->n_lookups++;
	return 0;
}

const struct env_resolve_ops world_resolve_ops = { .resolve = resolve };

static int fetch(void *ctx, struct env_fetch *req)
{
	struct world *w = ctx;
	struct later *l = calloc(1, sizeof(*l));

	l->fetch = req;
	l->due = w->now + (w->web_delay < req->timeout_ms ? w->web_delay : req->timeout_ms);
	list_add_tail(&w->lookups, &l->node);
	w->n_fetches++;
	return 0;
}

const struct env_fetch_ops world_fetch_ops = { .fetch = fetch };

/* As in the real one, what takes too long does not come. */
static void finish_fetch(struct world *w, struct env_fetch *req)
{
	uint8_t *body = malloc(req->max);
	struct kw_writer out = kw_writer(body, req->max);
	int err = w->web && w->web_delay < req->timeout_ms ? w->web(w->web_ctx, req, &out) : -EIO;

	if (err)
		req->done(req, err, KW_SPAN(NULL, 0), "nobody is there");
	else
		req->done(req, 0, kw_written(&out), "");
	free(body);
}

static void finish(struct world *w, struct later *l)
{
	struct env_job *job = l->job;
	struct env_resolve *req = l->req;
	struct env_fetch *fetched = l->fetch;
	bool known = w->name && !strcmp(w->name, l->host);

	list_del(&l->node);
	free(l);
	if (job) {
		job->work(job);
		job->done(job);
	} else if (fetched) {
		finish_fetch(w, fetched);
	} else if (known) {
		req->done(req, 0, w->name_addr, w->n_name_addr, "");
	} else {
		req->done(req, -ENOENT, NULL, 0, "no such name");
	}
}

static struct later *first_due(struct list *head)
{
	struct later *best = NULL;
	struct list *l;

	list_for_each(l, head) {
		struct later *j = list_entry(l, struct later, node);

		if (!best || j->due < best->due)
			best = j;
	}
	return best;
}

static struct env_timer *first_timer(const struct world *w)
{
	struct env_timer *best = NULL;
	struct list *l;

	list_for_each(l, &w->timers) {
		struct env_timer *t = list_entry(l, struct env_timer, node);

		if (t->due != UINT64_MAX && (!best || t->due < best->due))
			best = t;
	}
	return best;
}

uint64_t world_next(const struct world *w)
{
	const struct later *j = first_due((struct list *)(uintptr_t)&w->jobs);
	const struct later *r = first_due((struct list *)(uintptr_t)&w->lookups);
	const struct env_timer *t = first_timer(w);
	uint64_t next = UINT64_MAX;

	if (j && j->due < next)
		next = j->due;
	if (r && r->due < next)
		next = r->due;
	if (t && t->due < next)
		next = t->due;
	return next;
}

bool world_step(struct world *w)
{
	struct later *j = first_due(&w->jobs), *r = first_due(&w->lookups);
	struct env_timer *t;

	if (j && j->due <= w->now) {
		finish(w, j);
		return true;
	}
	if (r && r->due <= w->now) {
		finish(w, r);
		return true;
	}
	t = first_timer(w);
	if (!t || t->due > w->now)
		return false;
	t->due = UINT64_MAX;
	t->fire(t->arg);
	return true;
}

/* Everything under way ends, as the environment must see to; after the engines are gone. */
void world_free(struct world *w)
{
	while (!list_empty(&w->jobs))
		finish(w, list_entry(w->jobs.next, struct later, node));
	while (!list_empty(&w->lookups))
		finish(w, list_entry(w->lookups.next, struct later, node));
	rand_set_source(NULL, NULL);
}

/* ---- kernel ---- */

void fake_kernel_init(struct fake_kernel *k, struct world *w, uint32_t first_spi)
{
	memset(k, 0, sizeof(*k));
	k->w = w;
	k->next_spi = first_spi;
	k->last_in_ms = UINT64_MAX;
}

static struct fake_sa *slot(struct fake_kernel *k)
{
	for (unsigned int i = 0; i < FAKE_SAS; i++)
		if (!k->sa[i].used)
			return &k->sa[i];
	return NULL;
}

static struct fake_sa *find(struct fake_kernel *k, uint8_t protocol, bool out, uint32_t spi, uint32_t policy)
{
	for (unsigned int i = 0; i < FAKE_SAS; i++) {
		struct fake_sa *s = &k->sa[i];

		if (s->used && s->protocol == protocol && s->out == out && s->spi == spi &&
		    (!out || s->policy == policy))
			return s;
	}
	return NULL;
}

static struct fake_policy *find_policy(struct fake_kernel *k, uint32_t id)
{
	for (unsigned int i = 0; i < 32; i++)
		if (k->policy[i].used && k->policy[i].id == id)
			return &k->policy[i];
	return NULL;
}

static int refused(struct fake_kernel *k, char why[KERNEL_WHY])
{
	if (!k->refuse)
		return 0;
	snprintf(why, KERNEL_WHY, "%s", k->refuse);
	return -EOPNOTSUPP;
}

static int spi_alloc(void *ctx, uint8_t protocol, const struct ip_addr *local, uint32_t *spi,
		     char why[KERNEL_WHY])
{
	struct fake_kernel *k = ctx;
	struct fake_sa *s = slot(k);
	int ret = refused(k, why);

	(void)local;
	if (ret || !s)
		return ret ? ret : -ENOSPC;
	*s = (struct fake_sa){ .used = true, .larval = true, .protocol = protocol, .spi = k->next_spi++ };
	*spi = s->spi;
	return 0;
}

static void spi_free(void *ctx, uint8_t protocol, const struct ip_addr *local, uint32_t spi)
{
	struct fake_sa *s = find(ctx, protocol, false, spi, 0);

	(void)local;
	if (s && s->larval)
		s->used = false;
}

static int add_policy(struct fake_kernel *k, const struct kernel_policy *p, uint32_t *id)
{
	for (unsigned int i = 0; i < 32; i++) {
		struct fake_policy *f = &k->policy[i];

		if (f->used)
			continue;
		*f = (struct fake_policy){
			.used = true,
			.id = ++k->last_id,
			.cookie = p->cookie,
			.priority = p->priority,
			.transport = p->transport,
			.action = p->action,
			.device = p->device,
			.handling = p->handling ? *p->handling : (struct handling){ 0 },
		};
		ts_list_copy(&f->local_ts, p->local_ts);
		ts_list_copy(&f->remote_ts, p->remote_ts);
		*id = f->id;
		return 0;
	}
	return -ENOSPC;
}

static void put_sa(struct fake_kernel *k, struct fake_sa *s, const struct kernel_child *c,
		   const struct kernel_sa *sa, bool out, uint32_t policy)
{
	struct kw_span encr = sa->encr_key ? kw_secret_expose(sa->encr_key) : KW_SPAN(NULL, 0);
	struct kw_span integ = kw_secret_expose(sa->integ_key);

	*s = (struct fake_sa){
		.used = true,
		.out = out,
		.protocol = sa->protocol,
		.spi = sa->spi,
		.ah_spi = sa->ah_spi,
		.policy = policy,
		.cookie = c->sa_cookie,
		.order = ++k->order,
		.encr = sa->encr,
		.integ = sa->integ,
		.esn = sa->esn,
		.encap = c->encap,
		.stream = c->stream,
		.hard_seconds = sa->hard_seconds,
		.soft_bytes = sa->soft_bytes,
		.idle_seconds = sa->idle_seconds,
		.tfc = sa->tfc,
		.dscps = out ? sa->dscps : 0,
		.local = { c->local, c->encap_local_port },
		.remote = { c->remote, c->encap_remote_port },
	};
	if (encr.len)
		memcpy(s->key, encr.p, encr.len);
	if (integ.len)
		memcpy(s->key + encr.len, integ.p, integ.len);
	s->key_len = encr.len + integ.len;
}

static struct fake_sa *larval(struct fake_kernel *k, const struct kernel_sa *sa)
{
	struct fake_sa *s = sa ? find(k, sa->protocol, false, sa->spi, 0) : NULL;

	return s && s->larval ? s : NULL;
}

/* What the kernel says to keys of the wrong kind, to AH in UDP, and to ESP whose AH is not there. */
static int check_protocol(const struct kernel_child *c, const struct kernel_sa *sa, const struct kernel_sa *ah,
			  char why[KERNEL_WHY])
{
	const bool is_ah = sa && sa->protocol == PROTO_AH;
	const char *bad = NULL;

	if (!sa)
		bad = ah ? "AH around nothing" : NULL;
	else if (!is_ah && sa->protocol != PROTO_ESP)
		bad = "An SA's protocol is 50, ESP, or 51, AH.";
	else if (is_ah && (sa->encr || (sa->encr_key && sa->encr_key->len) || sa->tfc || !sa->integ))
		bad = "AH does not encrypt.";
	else if (!is_ah && !sa->encr)
		bad = "An SA needs an encryption algorithm.";
	else if ((is_ah || ah) && c->encap)
		bad = "AH does not run in UDP: it covers the addresses that a NAT changes.";
	else if ((ah ? ah->spi : 0) != sa->ah_spi)
		bad = "The message lacks the AH SA of this direction that ESP is to be wrapped in.";
	else if (ah)
		return check_protocol(c, ah, NULL, why);
	if (!bad)
		return 0;
	snprintf(why, KERNEL_WHY, "%s", bad);
	return -EINVAL;
}

static int child_install(void *ctx, const struct kernel_child *c, uint32_t *policy_id,
			 char why[KERNEL_WHY])
{
	struct fake_kernel *k = ctx;
	struct fake_sa *in = larval(k, c->in), *in_ah = larval(k, c->in_ah);
	uint32_t id = c->policy_id;
	int ret = refused(k, why);

	if (!ret)
		ret = check_protocol(c, c->in, c->in_ah, why);
	if (!ret)
		ret = check_protocol(c, c->out, c->out_ah, why);
	if (!ret && ((c->in && !in) || (c->in_ah && !in_ah))) {
		snprintf(why, KERNEL_WHY, "inbound SPI %08x was not allocated", c->in->spi);
		ret = -EINVAL;
	}
	if (!ret && !c->policy && !find_policy(k, id)) {
		snprintf(why, KERNEL_WHY, "no policy %u", id);
		ret = -ENOENT;
	}
	if (!ret && c->out && find(k, c->out->protocol, true, c->out->spi, id))
		ret = -EEXIST;
	if (!ret && c->policy)
		ret = add_policy(k, c->policy, &id);
	if (ret)
		return ret;
	*policy_id = id;
	k->installs++;
	if (c->in_ah)
		put_sa(k, in_ah, c, c->in_ah, false, id);
	if (c->in)
		put_sa(k, in, c, c->in, false, id);
	if (c->out_ah)
		put_sa(k, slot(k), c, c->out_ah, true, id);
	if (c->out)
		put_sa(k, slot(k), c, c->out, true, id);
	return 0;
}

static int policy_install(void *ctx, const struct kernel_policy *p, uint32_t *policy_id,
			  char why[KERNEL_WHY])
{
	int ret = refused(ctx, why);

	return ret ? ret : add_policy(ctx, p, policy_id);
}

static int policy_remove(void *ctx, uint32_t policy_id)
{
	struct fake_kernel *k = ctx;
	struct fake_policy *p = find_policy(k, policy_id);

	if (!p)
		return -ENOENT;
	p->used = false;
	for (unsigned int i = 0; i < FAKE_SAS; i++)
		if (k->sa[i].used && !k->sa[i].larval && k->sa[i].policy == policy_id)
			k->sa[i].used = false;
	return 0;
}

static int sa_remove(void *ctx, uint8_t protocol, enum kernel_dir dir, uint32_t policy_id,
		     uint32_t spi)
{
	struct fake_sa *s = find(ctx, protocol, dir == KERNEL_OUT, spi, policy_id);

	if (!s)
		return -ENOENT;
	s->used = false;
	return 0;
}

static int sa_move(void *ctx, uint8_t protocol, enum kernel_dir dir, uint32_t policy_id,
		   uint32_t spi, const struct endpoint *local, const struct endpoint *remote,
		   uint32_t stream, char why[KERNEL_WHY])
{
	struct fake_sa *s = find(ctx, protocol, dir == KERNEL_OUT, spi, policy_id);

	(void)why;
	if (!s)
		return -ENOENT;
	s->local = *local;
	s->remote = *remote;
	s->encap = local->port;
	s->stream = stream;
	return 0;
}

static int sa_state(void *ctx, uint8_t protocol, enum kernel_dir dir, uint32_t policy_id, uint32_t spi,
		    struct kernel_sa_state *out)
{
	const struct fake_sa *s = find(ctx, protocol, dir == KERNEL_OUT, spi, policy_id);

	if (!s)
		return -ENOENT;
	*out = (struct kernel_sa_state){ .bytes = s->bytes, .unused = s->unused };
	return 0;
}

static int counters(void *ctx, uint32_t policy_id, struct kernel_counters *out)
{
	struct fake_kernel *k = ctx;
	const struct fake_policy *p = find_policy(k, policy_id);

	if (!p)
		return -ENOENT;
	*out = (struct kernel_counters){ .in_packets = p->packets, .out_packets = p->packets, .last_in_ms = UINT64_MAX };
	if (k->last_in_ms != UINT64_MAX)
		out->last_in_ms = k->w->now - k->last_in_ms;
	return 0;
}

static int device_ensure(void *ctx, const char *name, const char *vrf, uint32_t mtu, const struct ip_addr *addr,
			 const uint8_t *bits, unsigned int n_addr, const struct ts_list *routes,
			 const struct ip_addr *peer, char why[KERNEL_WHY])
{
	static const struct ip_addr none;
	struct fake_kernel *k = ctx;
	int ret = refused(k, why);

	(void)name;
	(void)mtu;
	(void)bits;
	if (ret)
		return ret;
	k->device = true;
	snprintf(k->vrf, sizeof(k->vrf), "%s", vrf);
	k->n_addr = n_addr < 16 ? n_addr : 16;
	memcpy(k->addr, addr, k->n_addr * sizeof(*addr));
	k->peer = peer ? *peer : none;
	k->routes = routes ? *routes : (struct ts_list){ 0 };
	return 0;
}

static int device_remove(void *ctx, const char *name)
{
	(void)name;
	((struct fake_kernel *)ctx)->device = false;
	return 0;
}

const struct kernel_ops fake_kernel_ops = {
	.spi_alloc = spi_alloc,
	.spi_free = spi_free,
	.child_install = child_install,
	.policy_install = policy_install,
	.policy_remove = policy_remove,
	.sa_remove = sa_remove,
	.sa_move = sa_move,
	.sa_state = sa_state,
	.counters = counters,
	.device_ensure = device_ensure,
	.device_remove = device_remove,
};

/* The ESP within that AH. */
static bool has_esp(const struct fake_kernel *k, const struct fake_sa *ah)
{
	for (unsigned int i = 0; ah->protocol == PROTO_AH && i < FAKE_SAS; i++)
		if (k->sa[i].used && k->sa[i].out == ah->out && k->sa[i].ah_spi == ah->spi)
			return true;
	return false;
}

unsigned int fake_kernel_sas(const struct fake_kernel *k, bool out)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < FAKE_SAS; i++)
		n += k->sa[i].used && !k->sa[i].larval && k->sa[i].out == out && !has_esp(k, &k->sa[i]);
	return n;
}

unsigned int fake_kernel_larvals(const struct fake_kernel *k)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < FAKE_SAS; i++)
		n += k->sa[i].used && k->sa[i].larval;
	return n;
}

unsigned int fake_kernel_policies(const struct fake_kernel *k, uint32_t priority)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < 32; i++)
		n += k->policy[i].used && k->policy[i].priority == priority;
	return n;
}

const struct fake_sa *fake_kernel_current(const struct fake_kernel *k)
{
	const struct fake_sa *best = NULL;

	for (unsigned int i = 0; i < FAKE_SAS; i++) {
		const struct fake_sa *s = &k->sa[i];

		if (s->used && s->out && (!best || s->order > best->order))
			best = s;
	}
	return best;
}

const struct fake_sa *fake_kernel_find(const struct fake_kernel *k, bool out, uint32_t spi)
{
	for (unsigned int i = 0; i < FAKE_SAS; i++)
		if (k->sa[i].used && k->sa[i].out == out && k->sa[i].spi == spi)
			return &k->sa[i];
	return NULL;
}

static bool same_keys(const struct fake_sa *out, const struct fake_sa *in)
{
	return out && in && !in->larval && in->protocol == out->protocol && in->key_len == out->key_len &&
	       !memcmp(in->key, out->key, in->key_len) && in->encr == out->encr &&
	       in->integ == out->integ && in->esn == out->esn && in->encap == out->encap &&
	       in->ah_spi == out->ah_spi;
}

bool fake_kernel_carries(const struct fake_kernel *from, const struct fake_kernel *to)
{
	const struct fake_sa *out = fake_kernel_current(from);
	const struct fake_sa *in = out ? fake_kernel_find(to, false, out->spi) : NULL;

	return same_keys(out, in) &&
	       (!out->ah_spi || same_keys(fake_kernel_find(from, true, out->ah_spi),
					  fake_kernel_find(to, false, in->ah_spi)));
}
