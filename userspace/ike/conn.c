// SPDX-License-Identifier: GPL-2.0
/*
 * struct conn: its references, failures and totals.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ike/child.h"
#include "ike/conn.h"
#include "ike/narrow.h"
#include "ike/version.h"
#include "ike/wish.h"

/* FNV-1a: no secret, no collision resistance needed among the names of one machine's own configuration. */
uint64_t conn_id_of(const char *name)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3ull;
	return h ? h : 1;
}

const struct ike_version *conn_version(const struct conn *c)
{
	uint8_t major = c->conf->version == CONF_IKE1 ? 1 : 2;

	if (conn_is_rule(c))
		return NULL;
	for (unsigned int i = 0; i < c->e->n_version; i++)
		if (c->e->version[i]->major == major)
			return c->e->version[i];
	return NULL;
}

bool conn_is_rule(const struct conn *c)
{
	return c->conf->action != CONF_PROTECT;
}

const char *conn_name(const struct conn *c)
{
	return c ? c->conf->name : NULL;
}

struct conn *conn_new(struct engine *e, struct conf_conn *conf)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->e = e;
	c->refs = 1;
	c->conf = conf;
	c->id = conn_id_of(conf->name);
	if (conf->remote_host && ip_addr_parse(&c->remote, conf->remote_host))
		c->remote = (struct ip_addr){ 0 };
	c->next_try_ms = UINT64_MAX;
	list_init(&c->node);
	list_init(&c->sas);
	list_init(&c->policies);
	list_init(&c->wishes);
	return c;
}

struct conn *conn_get(struct conn *c)
{
	c->refs++;
	return c;
}

void conn_put(struct conn *c)
{
	if (!c || --c->refs)
		return;
	session_free(c->session);
	free(c->send_on);
	wish_drop_all(c);
	conf_conn_free(c->conf);
	free(c);
}

static struct kw_span peer_key(const struct conf_conn *conf)
{
	if (conf->remote_id.type)
		return KW_SPAN(conf->remote_id.data, conf->remote_id.len);
	return conf->remote_host ? KW_SPAN(conf->remote_host, strlen(conf->remote_host)) :
				   KW_SPAN("", 0);
}

static struct kw_span remote_key(const struct ip_addr *remote)
{
	return KW_SPAN(remote->b, ip_addr_len(remote));
}

void conn_index(struct conn *c)
{
	map_add(&c->e->conn_by_name, &c->by_name, KW_SPAN(conn_name(c), strlen(conn_name(c))));
	map_add(&c->e->conn_by_peer, &c->by_peer, peer_key(c->conf));
	map_add(&c->e->conn_by_remote, &c->by_remote, remote_key(&c->remote));
}

void conn_unindex(struct conn *c)
{
	map_del(&c->e->conn_by_name, &c->by_name);
	map_del(&c->e->conn_by_peer, &c->by_peer);
	map_del(&c->e->conn_by_remote, &c->by_remote);
}

struct conn *conn_next_of_peer(const struct conn *of, const struct conn *c)
{
	struct kw_span key = peer_key(of->conf);
	struct map_node *n = c ? map_next(&c->by_peer) : map_first(&of->e->conn_by_peer, key);

	for (; n; n = map_next(n)) {
		struct conn *other = container_of(n, struct conn, by_peer);

		if (other->conf->remote_id.type == of->conf->remote_id.type &&
		    kw_span_equal(peer_key(other->conf), key))
			return other;
	}
	return NULL;
}

/* From @n on, the first with this remote address. */
static struct conn *first_at(struct map_node *n, const struct ip_addr *remote)
{
	for (; n; n = map_next(n)) {
		struct conn *c = container_of(n, struct conn, by_remote);

		if (ip_addr_equal(&c->remote, remote))
			return c;
	}
	return NULL;
}

struct conn *conn_next_at(const struct engine *e, const struct ip_addr *remote, const struct conn *c)
{
	static const struct ip_addr none = { 0 };
	struct conn *next = NULL;

	if (!c)
		next = first_at(map_first(&e->conn_by_remote, remote_key(remote)), remote);
	else if (ip_addr_is_set(&c->remote))
		next = first_at(map_next(&c->by_remote), remote);
	else
		return first_at(map_next(&c->by_remote), &none);
	return next ? next : first_at(map_first(&e->conn_by_remote, remote_key(&none)), &none);
}

void failure_set(struct failure *f, enum failure_kind kind, const char *fmt, ...)
{
	va_list ap;

	f->kind = kind;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

void failure_say_proposal(struct failure *f, const char *what)
{
	char ours[320], theirs[320];

	snprintf(ours, sizeof(ours), "%s", f->ours);
	snprintf(theirs, sizeof(theirs), "%s", f->theirs);
	failure_set(
		f, FAILURE_PROPOSAL,
		"no common %s proposal: %s differs; ours: %s; theirs: %s; nearest of theirs: %s",
		what, f->differs[0] ? f->differs : "everything", ours, theirs,
		f->nearest[0] ? f->nearest : "none");
}

void conn_fail(struct conn *c, const struct failure *f)
{
	struct engine_event ev = { .type = EVENT_FAILURE, .conn_id = c->id, .conn = conn_name(c) };

	c->failure = *f;
	log_error(conn_name(c), "%s", f->text);
	if (!c->e)
		return;
	c->failure.when = engine_wall(c->e);
	ev.when = c->failure.when;
	ev.text = c->failure.text;
	ev.failure = &c->failure;
	engine_emit(c->e, &ev);
}

bool conn_has_live_sa(const struct conn *c)
{
	struct list *l;

	list_for_each(l, &c->sas)
		if (ike_sa_alive(list_entry(l, struct ike_sa, conn_node)))
			return true;
	return false;
}

bool conn_has_child(const struct conn *c)
{
	struct list *l;

	list_for_each(l, &c->sas)
		if (child_count_live(list_entry(l, struct ike_sa, conn_node)))
			return true;
	return false;
}

static bool covers(const struct child_policy *p, const struct ts *src, const struct ts *dst)
{
	const struct ts_list local = { .n = 1, .ts = { *src } };
	const struct ts_list remote = { .n = 1, .ts = { *dst } };

	/* What had no address of the tunnel yet gets through with the next packet. */
	return (p->conf->local_virtual || narrow_within(p->local_ts, &local)) && narrow_within(p->remote_ts, &remote);
}

/* The classes of DSCPs that are served, bit n is class n. */
static uint32_t classes(const struct child_policy *p)
{
	uint32_t served = 0;
	struct list *l;

	list_for_each(l, &p->children) {
		const struct child_sa *c = list_entry(l, struct child_sa, policy_node);

		/* One of an IKE SA that ends soon does not count. */
		if ((c->state == CHILD_INBOUND || c->state == CHILD_INSTALLED) && !c->sa->redundant)
			served |= 1u << c->dscp_class;
	}
	return served;
}

static bool in_use(const struct child_policy *p)
{
	return classes(p);
}

static bool lacks_class(const struct child_policy *p)
{
	const uint32_t all = (2u << p->conf->n_dscp_class) - 1;

	return (classes(p) & all) != all;
}

/* What has begun to be served by some classes is to be served by all. */
static bool is_half_served(const struct conn *c, const struct conf_child *k)
{
	struct list *l;

	if (c->one_class)
		return false;
	list_for_each(l, &c->policies) {
		const struct child_policy *p = list_entry(l, struct child_policy, node);

		if (p->conf == k && in_use(p) && lacks_class(p))
			return true;
	}
	return false;
}

static bool served(const struct conn *c, const struct conf_child *k)
{
	bool packet = c->packet.conf == k && c->packet.until_ms >= engine_now(c->e);
	struct list *l;

	list_for_each(l, &c->policies) {
		const struct child_policy *p = list_entry(l, struct child_policy, node);

		if (p->conf == k && in_use(p) && (!packet || covers(p, &c->packet.local, &c->packet.remote)))
			return true;
	}
	return false;
}

bool conn_serves(const struct conn *c, const struct conf_child *k, const struct ts *local, const struct ts *remote)
{
	struct list *l;

	list_for_each(l, &c->policies) {
		const struct child_policy *p = list_entry(l, struct child_policy, node);

		if (p->conf == k && in_use(p) && covers(p, local, remote))
			return true;
	}
	return false;
}

static bool is_missing(const struct conn *c, unsigned int i)
{
	const struct conf_child *k = &c->conf->child[i];

	if (k->handling.pfp)
		return wish_pending(c, k);
	if (c->wanted == CONN_WANTED_UP || c->asked & 1u << i)
		return !served(c, k) || is_half_served(c, k);
	return c->wanted == CONN_WANTED_TRAP && is_half_served(c, k);
}

uint32_t conn_missing(const struct conn *c)
{
	uint32_t missing = 0;

	for (unsigned int i = 0; i < c->conf->n_child; i++)
		if (is_missing(c, i))
			missing |= 1u << i;
	return missing;
}

static void add_counters(struct kernel_counters *sum, const struct kernel_counters *k)
{
	sum->in_bytes += k->in_bytes;
	sum->in_packets += k->in_packets;
	sum->out_bytes += k->out_bytes;
	sum->out_packets += k->out_packets;
	sum->in_drops += k->in_drops;
	sum->out_drops += k->out_drops;
	if (k->last_in_ms < sum->last_in_ms)
		sum->last_in_ms = k->last_in_ms;
}

void conn_counters(const struct conn *c, struct kernel_counters *out)
{
	const struct env *env = c->e->env;
	struct list *l;

	*out = c->gone;
	out->last_in_ms = UINT64_MAX;
	list_for_each(l, &c->policies) {
		const struct child_policy *p = list_entry(l, struct child_policy, node);
		struct kernel_counters k = { .last_in_ms = UINT64_MAX };

		if (!env->kernel->counters(env->kernel_ctx, p->id, &k))
			add_counters(out, &k);
	}
}
