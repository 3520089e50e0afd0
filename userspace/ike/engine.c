// SPDX-License-Identifier: GPL-2.0
/*
 * The engine as a whole: start, configuration, wishes, end.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/rand.h"
#include "ike/child.h"
#include "ike/connect.h"
#include "ike/exchange.h"
#include "ike/natd.h"
#include "ike/rekey.h"
#include "ike/version.h"
#include "wire/gateway.h"

/* ---- what core.h promises ---- */

uint64_t engine_now(const struct engine *e)
{
	return e->env->time->now(e->env->time_ctx);
}

int64_t engine_wall(const struct engine *e)
{
	return e->env->time->wall(e->env->time_ctx);
}

uint64_t engine_new_id(struct engine *e)
{
	return ++e->last_id;
}

uint64_t engine_jitter(uint64_t ms, unsigned int pct)
{
	uint64_t span = ms * pct / 100;

	return span && span < UINT32_MAX / 2 ? ms - span + rand_below(2 * span + 1) : ms;
}

void engine_timer(struct engine *e, struct env_timer **t, uint64_t ms, void (*fire)(void *arg),
		  void *arg)
{
	const struct env *env = e->env;

	/* A timer keeps the function it was made with: another purpose, another timer. */
	env->time->timer_free(*t);
	*t = env->time->timer_new(env->time_ctx, fire, arg);
	if (*t)
		env->time->timer_start(*t, ms);
	else
		log_error(NULL, "no memory for a timer");
}

void engine_timer_stop(struct engine *e, struct env_timer *t)
{
	if (t)
		e->env->time->timer_stop(t);
}

void engine_timer_drop(struct engine *e, struct env_timer **t)
{
	e->env->time->timer_free(*t);
	*t = NULL;
}

static const char *const event_names[] = {
	[EVENT_CONN_ADDED] = "conn-added",
	[EVENT_CONN_CHANGED] = "conn-changed",
	[EVENT_CONN_REMOVED] = "conn-removed",
	[EVENT_CONNECTING] = "connecting",
	[EVENT_IKE_UP] = "ike-up",
	[EVENT_IKE_DOWN] = "ike-down",
	[EVENT_IKE_REKEYED] = "ike-rekeyed",
	[EVENT_CHILD_UP] = "child-up",
	[EVENT_CHILD_DOWN] = "child-down",
	[EVENT_CHILD_REKEYED] = "child-rekeyed",
	[EVENT_MOVED] = "moved",
	[EVENT_FAILURE] = "failure",
	[EVENT_RETRY] = "retry",
};

const char *engine_event_name(enum engine_event_type type)
{
	return event_names[type];
}

void engine_emit(struct engine *e, const struct engine_event *ev)
{
	if (e->env->event)
		e->env->event(e->env->event_ctx, ev);
}

void engine_event(struct engine *e, enum engine_event_type type, const struct conn *conn,
		  uint64_t ike_id, uint64_t child_id, uint64_t replaces, const char *fmt, ...)
{
	struct engine_event ev = {
		.type = type,
		.when = engine_wall(e),
		.conn_id = conn ? conn->id : 0,
		.conn = conn_name(conn),
		.ike_id = ike_id,
		.child_id = child_id,
		.replaces = replaces,
	};
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ev.text = text;
	engine_emit(e, &ev);
}

struct conn *engine_find_conn(const struct engine *e, const char *name)
{
	struct kw_span key = KW_SPAN(name, strlen(name));

	for (struct map_node *n = map_first(&e->conn_by_name, key); n; n = map_next(n)) {
		struct conn *c = container_of(n, struct conn, by_name);

		if (!strcmp(conn_name(c), name))
			return c;
	}
	return NULL;
}

static void empty_graveyard(struct engine *e)
{
	while (!list_empty(&e->graveyard)) {
		struct ike_sa *sa = list_entry(e->graveyard.next, struct ike_sa, node);

		list_del(&sa->node);
		ike_sa_free(sa);
	}
}

/* Retired connections leave when their last IKE SA has. */
static void let_retired_go(struct engine *e)
{
	struct list *l, *tmp;

	list_for_each_safe(l, tmp, &e->retired) {
		struct conn *c = list_entry(l, struct conn, node);

		if (!list_empty(&c->sas))
			continue;
		list_del(&c->node);
		child_policies_remove(c);	/* a rule has kept its own until now */
		c->e = NULL;
		conn_put(c);	/* the reference of the engine's list */
	}
}

static void finish_stop(struct engine *e)
{
	void (*stopped)(void *ctx) = e->stopped;

	e->stopped = NULL;
	engine_timer_stop(e, e->stop_timer);
	stopped(e->stopped_ctx);
}

void engine_enter(struct engine *e)
{
	e->depth++;
}

void engine_leave(struct engine *e)
{
	if (--e->depth)
		return;
	empty_graveyard(e);
	let_retired_go(e);
	if (e->stopped && list_empty(&e->sas))
		finish_stop(e);
}

/* ---- start and end ---- */

int engine_new(struct engine **out, const struct env *env,
	       const struct ike_version *const *versions, unsigned int n_versions)
{
	struct engine *e = calloc(1, sizeof(*e));
	struct map *maps[8];

	if (!e)
		return -ENOMEM;
	e->env = env;
	e->version = versions;
	e->n_version = n_versions;
	list_init(&e->conns);
	list_init(&e->retired);
	list_init(&e->sas);
	list_init(&e->graveyard);
	revocations_init(&e->revocations);
	lookups_init(&e->lookups);
	if (leases_init(&e->leases)) {
		free(e);
		return -ENOMEM;
	}
	maps[0] = &e->conn_by_name;
	maps[1] = &e->sa_by_spi;
	maps[2] = &e->sa_by_peer;
	maps[3] = &e->policy_by_cookie;
	maps[4] = &e->child_by_cookie;
	maps[5] = &e->sa_by_prefix;
	maps[6] = &e->conn_by_peer;
	maps[7] = &e->conn_by_remote;
	for (unsigned int i = 0; i < 8; i++) {
		if (!map_init(maps[i]))
			continue;
		while (i--)
			map_free(maps[i]);
		leases_free(&e->leases);
		free(e);
		return -ENOMEM;
	}
	*out = e;
	return 0;
}

static void close_all(struct engine *e)
{
	while (!list_empty(&e->sas))
		ike_sa_close(list_entry(e->sas.next, struct ike_sa, node), NULL);
}

static void conn_forget(struct engine *e, struct conn *c)
{
	if (!c->retired)
		conn_unindex(c);
	list_del(&c->node);
	engine_timer_drop(e, &c->retry);
	child_policies_remove(c);
	child_device_remove(c);
	c->e = NULL;
	conn_put(c);	/* the reference of the engine's list */
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	e->stopping = true;
	e->stopped = NULL;
	engine_enter(e);
	close_all(e);
	engine_leave(e);
	while (!list_empty(&e->conns))
		conn_forget(e, list_entry(e->conns.next, struct conn, node));
	while (!list_empty(&e->retired))
		conn_forget(e, list_entry(e->retired.next, struct conn, node));
	engine_timer_drop(e, &e->stop_timer);
	if (e->bypass)
		e->env->kernel->policy_remove(e->env->kernel_ctx, e->bypass);
	map_free(&e->conn_by_name);
	map_free(&e->conn_by_peer);
	map_free(&e->conn_by_remote);
	map_free(&e->sa_by_spi);
	map_free(&e->sa_by_peer);
	map_free(&e->policy_by_cookie);
	map_free(&e->child_by_cookie);
	map_free(&e->sa_by_prefix);
	revocations_free(&e->revocations);
	lookups_free(&e->lookups);
	tickets_forget(&e->tickets);
	leases_free(&e->leases);
	free(e);
}

struct leases *engine_leases(struct engine *e)
{
	return &e->leases;
}

static void stop_now(void *arg)
{
	struct engine *e = arg;

	engine_enter(e);
	close_all(e);
	engine_leave(e);
}

void engine_shutdown(struct engine *e, uint64_t ms, void (*done)(void *ctx), void *ctx)
{
	struct list *l;

	engine_enter(e);
	e->stopping = true;
	e->stopped = done;
	e->stopped_ctx = ctx;
	engine_timer(e, &e->stop_timer, ms, stop_now, e);
	list_for_each(l, &e->conns)
		connect_down(list_entry(l, struct conn, node));
	engine_leave(e);
}

/* ---- configuration ---- */

static int by_name(const void *key, const void *elem)
{
	return strcmp(key, (*(struct conf_conn *const *)elem)->name);
}

static bool conf_has(const struct conf *conf, const char *name)
{
	return conf->n && bsearch(name, conf->conn, conf->n, sizeof(conf->conn[0]), by_name);
}

static enum engine_change change_of(const struct conn *c, const struct conf_conn *conf)
{
	if (!c)
		return ENGINE_CONN_ADDED;
	return c->conf->digest == conf->digest ? ENGINE_CONN_SAME : ENGINE_CONN_CHANGED;
}

static void report_all(struct engine *e, const struct conf *conf,
		       void (*report)(void *ctx, const char *name, enum engine_change change),
		       void *ctx)
{
	struct list *l;

	for (unsigned int i = 0; i < conf->n; i++) {
		const char *name = conf->conn[i]->name;

		report(ctx, name, change_of(engine_find_conn(e, name), conf->conn[i]));
	}
	list_for_each(l, &e->conns) {
		const struct conn *c = list_entry(l, struct conn, node);

		if (!conf_has(conf, conn_name(c)))
			report(ctx, conn_name(c), ENGINE_CONN_REMOVED);
	}
}

static void retire(struct engine *e, struct conn *c)
{
	conn_unindex(c);
	list_del(&c->node);
	list_add_tail(&e->retired, &c->node);
	connect_retire(c);
}

/*
 * New objects first, all of them: after that nothing can fail. next[i] is what connection i of conf becomes;
 * NULL: it stays as it is.
 */
static struct conn **prepare(struct engine *e, struct conf *conf)
{
	struct conn **next = calloc(conf->n + 1, sizeof(*next));

	for (unsigned int i = 0; next && i < conf->n; i++) {
		if (change_of(engine_find_conn(e, conf->conn[i]->name), conf->conn[i]) ==
		    ENGINE_CONN_SAME)
			continue;
		next[i] = conn_new(e, conf->conn[i]);
		if (next[i])
			continue;
		while (i--)
			free(next[i]);
		free(next);
		return NULL;
	}
	return next;
}

/* Lists of revoked certificates are no reason to begin anew: they count from the next proof on. */
static void take_crls(struct conf_conn *was, struct conf_conn *now)
{
	struct crl_set *old = was->crls;

	if (!was->ca)
		return;
	was->crls = now->crls;
	now->crls = old;
	cert_store_set_crls(was->ca, was->crls);
}

static void apply(struct engine *e, struct conf *conf, struct conn **next)
{
	struct list old, *l, *tmp;

	list_init(&old);
	list_for_each_safe(l, tmp, &e->conns) {
		list_del(l);
		list_add_tail(&old, l);
	}
	for (unsigned int i = 0; i < conf->n; i++) {
		const char *name = conf->conn[i]->name;
		struct conn *was = engine_find_conn(e, name);

		if (!next[i]) {
			take_crls(was->conf, conf->conn[i]);
			list_del(&was->node);
			list_add_tail(&e->conns, &was->node);
			continue;
		}
		if (was)
			retire(e, was);
		conf->conn[i] = NULL;	/* next[i] owns it now */
		list_add_tail(&e->conns, &next[i]->node);
		conn_index(next[i]);
		engine_event(e, was ? EVENT_CONN_CHANGED : EVENT_CONN_ADDED, next[i], 0, 0, 0,
			     "connection %s", was ? "changed" : "added");
	}
	list_for_each_safe(l, tmp, &old) {
		struct conn *c = list_entry(l, struct conn, node);

		engine_event(e, EVENT_CONN_REMOVED, c, 0, 0, 0, "connection removed");
		retire(e, c);
	}
}

static void look_for_crash_detection(struct engine *e)
{
	struct list *l;

	e->crash_detection = false;
	list_for_each(l, &e->conns)
		e->crash_detection |= list_entry(l, struct conn, node)->conf->crash_detection;
}

int engine_configure(struct engine *e, struct conf *conf, bool dry_run,
		     void (*report)(void *ctx, const char *name, enum engine_change change),
		     void *ctx, char why[ENGINE_WHY])
{
	struct conn **next;

	if (!dry_run) {
		next = prepare(e, conf);
		if (!next) {
			snprintf(why, ENGINE_WHY, "no memory for %u connections", conf->n);
			return -ENOMEM;
		}
	}
	if (report)
		report_all(e, conf, report, ctx);
	if (dry_run)
		return 0;
	engine_enter(e);
	e->settings = conf->daemon;
	revocations_flush(&e->revocations);
	tickets_forget(&e->tickets);
	apply(e, conf, next);
	look_for_crash_detection(e);
	for (unsigned int i = 0; i < conf->n; i++)
		if (next[i])
			connect_begin(next[i]);
	engine_leave(e);
	free(next);
	conf_free(conf);
	return 0;
}

/* ---- wishes ---- */

static struct conn *conn_or_why(struct engine *e, const char *name, char why[ENGINE_WHY])
{
	struct conn *c = engine_find_conn(e, name);

	if (!c)
		snprintf(why, ENGINE_WHY, "no connection \"%s\" is configured", name);
	return c;
}

static int refuse_rule(const struct conn *c, char why[ENGINE_WHY])
{
	snprintf(why, ENGINE_WHY, "\"%s\" is a rule without a peer: it is in force as long as its file is there",
		 conn_name(c));
	return -EINVAL;
}

int engine_up(struct engine *e, const char *name, char why[ENGINE_WHY])
{
	struct conn *c = conn_or_why(e, name, why);

	if (!c)
		return -ENOENT;
	if (conn_is_rule(c))
		return refuse_rule(c, why);
	if (!c->conf->remote_host) {
		snprintf(why, ENGINE_WHY,
			 "\"%s\" names no remote address: it can only wait for its peers", name);
		return -EINVAL;
	}
	engine_enter(e);
	connect_up(c);
	engine_leave(e);
	return 0;
}

int engine_down(struct engine *e, const char *name, char why[ENGINE_WHY])
{
	struct conn *c = conn_or_why(e, name, why);

	if (!c)
		return -ENOENT;
	if (conn_is_rule(c))
		return refuse_rule(c, why);
	engine_enter(e);
	connect_down(c);
	engine_leave(e);
	return 0;
}

int engine_delete(struct engine *e, const char *name, char why[ENGINE_WHY])
{
	struct conn *c = conn_or_why(e, name, why);

	if (!c)
		return -ENOENT;
	engine_enter(e);
	connect_delete_sas(c);
	engine_leave(e);
	return 0;
}

static unsigned int rekey_sa(struct ike_sa *sa, bool ike)
{
	unsigned int n = 0;
	struct list *l, *tmp;

	if (sa->state != IKE_ST_ESTABLISHED)
		return 0;
	if (ike) {
		task_add(sa, IKE_TASK_IKE_REKEY, 0);
		return 1;
	}
	list_for_each_safe(l, tmp, &sa->children) {
		struct child_sa *c = list_entry(l, struct child_sa, node);

		if (c->state != CHILD_INSTALLED)
			continue;
		task_add(sa, IKE_TASK_CHILD_REKEY, c->id);
		n++;
	}
	return n;
}

int engine_rekey(struct engine *e, const char *name, bool ike, char why[ENGINE_WHY])
{
	struct conn *c = conn_or_why(e, name, why);
	struct list *l, *tmp;
	unsigned int n = 0;

	if (!c)
		return -ENOENT;
	engine_enter(e);
	list_for_each_safe(l, tmp, &c->sas)
		n += rekey_sa(list_entry(l, struct ike_sa, conn_node), ike);
	engine_leave(e);
	if (!n)
		snprintf(why, ENGINE_WHY, "\"%s\" has nothing to rekey", name);
	return n ? 0 : -ENOTCONN;
}

/* Who began, at first, is the client (RFC 5685 §5). */
static void send_peers_on(struct conn *c)
{
	struct list *l, *tmp;

	list_for_each_safe(l, tmp, &c->sas) {
		struct ike_sa *sa = list_entry(l, struct ike_sa, conn_node);

		if (sa->state == IKE_ST_ESTABLISHED && !sa->redundant && sa->contact.role == IKE_RESPONDER)
			task_add(sa, IKE_TASK_REDIRECT, 0);
	}
}

int engine_redirect(struct engine *e, const char *name, const char *host, char why[ENGINE_WHY])
{
	uint8_t octets[2 + GATEWAY_LEN];
	struct kw_writer w = kw_writer(octets, sizeof(octets));
	struct conn *c = conn_or_why(e, name, why);
	char *copy = NULL;

	if (!c)
		return -ENOENT;
	if (c->conf->version != CONF_IKE2 || (host && gateway_build(&w, host))) {
		snprintf(why, ENGINE_WHY, c->conf->version != CONF_IKE2 ? "\"%s\" is IKEv1, which cannot do that" :
			 "peers of \"%s\" go to an address or a host name", name);
		return -EINVAL;
	}
	if (host) {
		copy = strdup(host);
		if (!copy) {
			snprintf(why, ENGINE_WHY, "no memory");
			return -ENOMEM;
		}
	}
	free(c->send_on);
	c->send_on = copy;
	engine_enter(e);
	if (copy)
		send_peers_on(c);
	engine_leave(e);
	return 0;
}

/* ---- the network ---- */

void engine_network_changed(struct engine *e)
{
	struct list *l, *tmp;

	engine_enter(e);
	list_for_each_safe(l, tmp, &e->sas) {
		struct ike_sa *sa = list_entry(l, struct ike_sa, node);

		if (sa->version->network_changed)
			sa->version->network_changed(sa);
	}
	list_for_each(l, &e->conns)
		connect_network_changed(list_entry(l, struct conn, node));
	engine_leave(e);
}

/* ---- the kernel's word ---- */

static void on_mapping(struct engine *e, const struct kernel_event *ev)
{
	struct child_sa *c = child_find(e, ev->cookie);

	if (c)
		natd_on_mapping(c->sa, &ev->remote);
}

static void on_acquire(struct engine *e, const struct kernel_event *ev)
{
	const struct child_policy *p = child_policy_find(e, ev->cookie);

	if (p)
		connect_on_acquire(p, ev);
}

void engine_kernel_event(struct engine *e, const struct kernel_event *ev)
{
	engine_enter(e);
	switch (ev->type) {
	case KERNEL_ACQUIRE:
		on_acquire(e, ev);
		break;
	case KERNEL_EXPIRE:
	case KERNEL_WRAP:
		rekey_on_expire(e, ev);
		break;
	case KERNEL_MAPPING:
		on_mapping(e, ev);
		break;
	case KERNEL_STREAM:
		break;		/* of who handed the stream over */
	case KERNEL_RESYNC:
		log_warn(NULL, "kernel events were lost: looking at every child");
		rekey_on_resync(e);
		break;
	}
	engine_leave(e);
}
