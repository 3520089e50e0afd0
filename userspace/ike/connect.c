// SPDX-License-Identifier: GPL-2.0
/*
 * The wanted state of connections, and the loop that never gives up on it.
 *
 * A try: resolve the name, choose the source address, start an IKE SA. A failure anywhere schedules the next
 * one after 1, 2, 4 ... BACKOFF_CAP seconds, a quarter more or less; success forgets the count.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ike/child.h"
#include "ike/connect.h"
#include "ike/exchange.h"
#include "ike/rekey.h"
#include "ike/stream.h"
#include "ike/version.h"
#include "ike/wish.h"

#define BACKOFF_FIRST_MS	1000u
#define BACKOFF_CAP_MS		60000u
#define CHILD_RETRY_MS		15000u
#define CHILD_OTHERS_MS		3000u
#define REPLACED_OURS_MS	2000u
#define REPLACED_THEIRS_MS	8000u
#define SOON_MS			2000u
#define PACKET_MS	30000u	/* how long the packet that asked for a child is remembered */
#define HAND_OVER_MS		3000u	/* until the peer has moved his children as well */
#define REDIRECT_MAX		5u	/* RFC 5685 §3: so many in so long */
#define REDIRECT_WINDOW_MS	300000u
#define REDIRECT_TRIES		3u	/* then it is the configured one's turn again */
#define CROSSING_MS		15000u	/* two tries that crossed are both this young */

static void try_now(struct conn *c);

static void retry_fire(void *arg)
{
	struct conn *c = arg;
	struct engine *e = c->e;

	engine_enter(e);
	c->next_try_ms = UINT64_MAX;
	try_now(c);
	engine_leave(e);
}

static void retry_later(struct conn *c)
{
	uint64_t ms = BACKOFF_FIRST_MS << (c->tries < 6 ? c->tries : 6);

	bool due = c->wanted == CONN_WANTED_UP || (c->wanted != CONN_WANTED_DOWN && c->n_trap < c->conf->n_child);

	if (!due || c->retired || c->e->stopping || c->next_try_ms != UINT64_MAX)
		return;
	ms = engine_jitter(ms < BACKOFF_CAP_MS ? ms : BACKOFF_CAP_MS, 25);
	c->tries++;
	c->next_try_ms = engine_now(c->e) + ms;
	engine_timer(c->e, &c->retry, ms, retry_fire, c);
	log_info(conn_name(c), "next try in %llu.%llu s", (unsigned long long)ms / 1000,
		 (unsigned long long)ms % 1000 / 100);
	engine_emit(c->e, &(struct engine_event){ .type = EVENT_RETRY,
						  .when = engine_wall(c->e),
						  .conn_id = c->id,
						  .conn = conn_name(c),
						  .text = "next try is scheduled",
						  .next_try_ms = ms });
}

static void retry_stop(struct conn *c)
{
	engine_timer_stop(c->e, c->retry);
	c->next_try_ms = UINT64_MAX;
}

static void failed(struct conn *c, const struct failure *f)
{
	conn_fail(c, f);
	retry_later(c);
}

/* ---- a try ---- */

static int choose_local(struct conn *c, const struct ip_addr *remote, struct ip_addr *local)
{
	const struct env *env = c->e->env;

	if (ip_addr_is_set(&c->conf->local_addr) && !ip_addr_is_any(&c->conf->local_addr)) {
		*local = c->conf->local_addr;
		return 0;
	}
	return env->net->source(env->net_ctx, remote, local);
}

/* From where to where, and by which socket. 0, or -errno: there is no way. */
static int choose_path(struct conn *c, struct ike_sa *sa, const struct ip_addr *local, bool tcp)
{
	const struct engine *e = c->e;

	if (tcp) {
		/* RFC 9329 §2: no port is assigned; 4500 is what everybody has. */
		if (sa->remote.port == IKE_PORT)
			sa->remote.port = IKE_NATT_PORT;
		sa->socket = NET_SOCKET_TCP;
		sa->local = (struct endpoint){ .addr = *local };
		return stream_open(sa);
	}
	/* RFC 7296 §2.23: another port than 500 means the NAT-T socket, with its marker. */
	sa->socket = sa->remote.port == IKE_PORT ? NET_SOCKET_IKE : NET_SOCKET_NATT;
	sa->local = (struct endpoint){
		.addr = *local,
		.port = sa->socket == NET_SOCKET_IKE ? e->settings.port : e->settings.natt_port,
	};
	return 0;
}

/* tcp: by a stream. returning: see struct ike_sa. */
static void dial(struct conn *c, const struct ip_addr *remote, bool tcp, bool returning)
{
	struct engine *e = c->e;
	struct failure f = { 0 };
	char text[ADDR_STRLEN];
	struct ip_addr local;
	const struct ike_version *version;
	struct ike_sa *sa;
	int ret;

	c->last_remote = *remote;
	ret = choose_local(c, remote, &local);
	if (ret) {
		failure_set(&f, FAILURE_UNREACHABLE, "no route to %s: %s",
			    ip_addr_print(text, remote), strerror(-ret));
		failed(c, &f);
		return;
	}
	version = conn_version(c);
	if (!version) {
		failure_set(&f, FAILURE_LOCAL, "this keywayd was built without the IKE version that %s asks for",
			    conn_name(c));
		failed(c, &f);
		return;
	}
	sa = ike_sa_new(e, version, IKE_INITIATOR, c);
	if (!sa) {
		failure_set(&f, FAILURE_LOCAL, "no memory for an IKE SA");
		failed(c, &f);
		return;
	}
	sa->remote =
		(struct endpoint){ .addr = *remote,
				   .port = c->conf->remote_port ? c->conf->remote_port : IKE_PORT };
	sa->returning = returning;
	ret = choose_path(c, sa, &local, tcp);
	if (ret) {
		failure_set(&f, FAILURE_UNREACHABLE, "no TCP stream to %s: %s", ip_addr_print(text, remote),
			    strerror(-ret));
		stream_unanswered(sa);
		ike_sa_close(sa, &f);
		return;
	}
	engine_event(e, EVENT_CONNECTING, c, sa->id, 0, 0, "connecting to %s%s",
		     ip_addr_print(text, remote), tcp ? " by TCP" : "");
	task_add(sa, IKE_TASK_CONNECT, 0);
}

struct lookup {
	struct env_resolve req;
	struct conn *conn;		/* reference */
};

static void resolved(struct env_resolve *req, int err, const struct ip_addr *addr, unsigned int n,
		     const char *why)
{
	struct lookup *l = container_of(req, struct lookup, req);
	struct conn *c = l->conn;
	struct engine *e = c->e;
	struct failure f = { 0 };

	free(l);
	c->resolving = false;
	if (e && !c->retired && !e->stopping) {
		engine_enter(e);
		if (err || !n) {
			failure_set(&f, FAILURE_RESOLVE, "%s does not resolve: %s",
				    c->conf->remote_host, why && why[0] ? why : "no address");
			failed(c, &f);
		} else if (c->wanted != CONN_WANTED_DOWN && !conn_has_live_sa(c)) {
			dial(c, &addr[c->tries % n], stream_is_turn(c), false);
		}
		engine_leave(e);
	}
	conn_put(c);		/* got in look_up() */
}

static void look_up(struct conn *c, const char *host)
{
	const struct env *env = c->e->env;
	struct lookup *l = calloc(1, sizeof(*l));
	struct failure f = { 0 };

	if (l) {
		l->req.done = resolved;
		l->conn = conn_get(c);
		c->resolving = true;
		if (!env->resolve->resolve(env->resolve_ctx, host, &l->req))
			return;
		c->resolving = false;
		conn_put(c);	/* got three lines above */
		free(l);
	}
	failure_set(&f, FAILURE_RESOLVE, "cannot look up %s now", host);
	failed(c, &f);
}

static struct ike_sa *established_sa(struct conn *c)
{
	struct list *l;

	list_for_each(l, &c->sas) {
		struct ike_sa *sa = list_entry(l, struct ike_sa, conn_node);

		if (sa->state == IKE_ST_ESTABLISHED && !sa->redundant)
			return sa;
	}
	return NULL;
}

/* Selectors are protected before anything else, so that nothing leaves in the clear (see keyway.conf(5)). */
static bool protect(struct conn *c)
{
	struct failure f = { 0 };

	if (!child_trap_install(c, &f))
		return true;
	failed(c, &f);
	return false;
}

/* Each child that is missing, not before ms milliseconds from now. */
static void ask_for_children(struct ike_sa *sa, uint64_t ms)
{
	uint32_t missing = conn_missing(sa->conn);

	/* A packet that waits for one of its own is nobody else's. */
	for (unsigned int i = 0; missing >> i; i++)
		if (missing & 1u << i)
			task_add_later(sa, IKE_TASK_CHILD_NEW, i, sa->conn->conf->child[i].handling.pfp ? 0 : ms);
}

bool connect_redirect(struct conn *c, const struct ike_sa *sa, const char *host)
{
	uint64_t now = engine_now(c->e);
	char from[ADDR_STRLEN];
	struct failure f = { 0 };

	if (!c->redirect.n || now - c->redirect.first_ms > REDIRECT_WINDOW_MS) {
		c->redirect.n = 0;
		c->redirect.first_ms = now;
	}
	ip_addr_print(from, &sa->remote.addr);
	if (++c->redirect.n > REDIRECT_MAX) {
		failure_set(&f, FAILURE_PEER,
			    "%s sends us to %s, and it is word number %u of that kind in five minutes: do they send us in circles?",
			    from, host, c->redirect.n);
		conn_fail(c, &f);
		return false;
	}
	log_info(conn_name(c), "%s sends us to %s", from, host);
	snprintf(c->redirect.host, sizeof(c->redirect.host), "%s", host);
	c->redirect.from = sa->remote.addr;
	c->redirect.tries = 0;
	return true;
}

/* Where we were sent, as long as somebody answers there. */
static const char *target(struct conn *c)
{
	if (c->redirect.host[0] && c->redirect.tries++ == REDIRECT_TRIES)
		c->redirect.host[0] = '\0';
	return c->redirect.host[0] ? c->redirect.host : c->conf->remote_host;
}

static void rule_in_force(struct conn *c)
{
	const struct conf_child *k = c->conf->child;
	char ts[2][200];

	c->tries = 0;
	c->failure.kind = FAILURE_NONE;
	retry_stop(c);
	log_info(conn_name(c), "%s === %s: %s", ts_list_print(ts[0], sizeof(ts[0]), &k->local_ts),
		 ts_list_print(ts[1], sizeof(ts[1]), &k->remote_ts),
		 c->conf->action == CONF_BYPASS ? "goes through as it is" : "is discarded");
}

static void try_now(struct conn *c)
{
	struct ike_sa *sa = established_sa(c);
	const char *host;
	struct ip_addr addr;

	if (c->retired || c->e->stopping || c->resolving || !protect(c))
		return;
	if (conn_is_rule(c)) {
		rule_in_force(c);
		return;
	}
	if (!conn_missing(c))
		return;
	if (sa) {
		ask_for_children(sa, 0);
		return;
	}
	if (conn_has_live_sa(c) || !c->conf->remote_host)
		return;
	retry_stop(c);
	host = target(c);
	if (!ip_addr_parse(&addr, host))
		dial(c, &addr, stream_is_turn(c), false);
	else
		look_up(c, host);
}

/* ---- wishes ---- */

void connect_begin(struct conn *c)
{
	if (c->conf->legacy)
		log_warn(conn_name(c), "weak algorithms are allowed by \"legacy\": only for peers that have no others");
	if (c->conf->sha1)
		log_warn(conn_name(c), "HMAC-SHA1 is in use: it is on its way out (RFC 8247), take hmac-sha2-256-128 if the peer can");
	if (c->conf->dss)
		log_warn(conn_name(c), "DSS signatures are over SHA-1: only for peers that have no others");
	switch (conn_is_rule(c) ? CONF_START_UP : c->conf->start) {
	case CONF_START_NONE:
		c->wanted = CONN_WANTED_PASSIVE;
		break;
	case CONF_START_TRAP:
		c->wanted = CONN_WANTED_TRAP;
		break;
	case CONF_START_UP:
		c->wanted = CONN_WANTED_UP;
		break;
	}
	if (c->wanted == CONN_WANTED_UP)
		try_now(c);
	else
		protect(c);
}

void connect_up(struct conn *c)
{
	c->wanted = CONN_WANTED_UP;
	c->tries = 0;
	retry_stop(c);
	try_now(c);
}

void connect_delete_sas(struct conn *c)
{
	struct list *l, *tmp;

	list_for_each_safe(l, tmp, &c->sas) {
		struct ike_sa *sa = list_entry(l, struct ike_sa, conn_node);

		if (sa->state == IKE_ST_ESTABLISHED || sa->state == IKE_ST_REKEYED)
			task_add(sa, IKE_TASK_IKE_DELETE, 0);
		else if (sa->state != IKE_ST_DELETING && !sa->redundant)
			ike_sa_close(sa, NULL);	/* those that a rekey is making end with what they are to replace */
	}
}

void connect_down(struct conn *c)
{
	c->wanted = CONN_WANTED_DOWN;
	c->asked = 0;
	wish_drop_all(c);
	c->tries = 0;
	c->tcp_turn = false;
	c->redirect.host[0] = '\0';
	c->redirect.n = 0;
	retry_stop(c);
	connect_delete_sas(c);
}

/* May another IKE SA be begun beside those that are there? */
static bool may_begin_beside(const struct conn *c)
{
	struct list *l;

	if (c->retired || c->e->stopping || c->wanted == CONN_WANTED_DOWN)
		return false;
	list_for_each(l, &c->sas)
		if (list_entry(l, struct ike_sa, conn_node)->state < IKE_ST_ESTABLISHED)
			return false;	/* one is being made */
	return true;
}

void connect_reauth(struct ike_sa *sa)
{
	struct conn *c = sa->conn;

	if (!may_begin_beside(c))
		return;
	log_info(conn_name(c), "time to authenticate anew");
	dial(c, &sa->remote.addr, stream_used(sa), false);
}

void connect_return_to_udp(struct ike_sa *sa)
{
	if (!may_begin_beside(sa->conn))
		return;
	log_debug(conn_name(sa->conn), "looks whether UDP works again");
	dial(sa->conn, &sa->remote.addr, false, true);
}

/* Freed when its last SA, job and lookup let go. */
void connect_retire(struct conn *c)
{
	c->retired = true;
	c->wanted = CONN_WANTED_DOWN;
	engine_timer_drop(c->e, &c->retry);
	connect_delete_sas(c);
	/* A rule stays until what replaces it is there: no packet finds neither. */
	if (!conn_is_rule(c))
		child_policies_remove(c);
	child_device_remove(c);
}

void connect_on_acquire(const struct child_policy *p, const struct kernel_event *ev)
{
	struct conn *c = p->conn;
	char src[TS_STRLEN], dst[TS_STRLEN];

	if ((c->wanted != CONN_WANTED_TRAP && c->wanted != CONN_WANTED_UP) ||
	    c->next_try_ms != UINT64_MAX)
		return;
	log_debug(conn_name(c), "acquire: %s to %s", ts_print(src, &ev->src),
		  ts_print(dst, &ev->dst));
	if (p->conf->handling.pfp) {
		if (ev->pfp)
			wish_add(c, p->conf, &ev->wanted_local, &ev->wanted_remote);
	} else {
		c->asked |= 1u << (p->conf - c->conf->child);
		c->packet.conf = p->conf;
		c->packet.local = ev->src;
		c->packet.remote = ev->dst;
		c->packet.until_ms = engine_now(c->e) + PACKET_MS;
	}
	try_now(c);
}

void connect_network_changed(struct conn *c)
{
	if (c->next_try_ms <= engine_now(c->e) + 2 * SOON_MS || c->next_try_ms == UINT64_MAX ||
	    (c->failure.kind != FAILURE_UNREACHABLE && c->failure.kind != FAILURE_RESOLVE))
		return;
	c->next_try_ms = engine_now(c->e) + SOON_MS;
	engine_timer(c->e, &c->retry, SOON_MS, retry_fire, c);
}

/* ---- what happened ---- */

void connect_on_child_up(const struct child_sa *child)
{
	struct conn *c = child->sa->conn;

	c->tries = 0;
	c->redirect.tries = 0;
	c->failure.kind = FAILURE_NONE;
	c->asked &= ~(1u << (child->conf - c->conf->child));
	if (c->packet.conf == child->conf)
		c->packet.until_ms = 0;
	wish_drop_served(c);
	retry_stop(c);
	/* When both sides want the others, the one that began the IKE SA makes them. */
	if (child->sa->state == IKE_ST_ESTABLISHED)
		ask_for_children(child->sa, child->sa->role == IKE_INITIATOR ? 0 : CHILD_OTHERS_MS);
}

void connect_on_childless(struct ike_sa *sa)
{
	ask_for_children(sa, 0);
}

void connect_on_child_gone(struct conn *c, struct ike_sa *sa)
{
	if (sa->state != IKE_ST_ESTABLISHED || c->wanted != CONN_WANTED_UP || c->retired)
		return;
	ask_for_children(sa, engine_jitter(c->failure.kind ? CHILD_RETRY_MS : 1000, 25));
}

/* One that we held for redundant is the one that the peer has kept: the two sides judged differently. */
static bool revive_redundant(struct conn *c)
{
	struct list *l;

	list_for_each(l, &c->sas) {
		struct ike_sa *sa = list_entry(l, struct ike_sa, conn_node);

		if (sa->state != IKE_ST_ESTABLISHED || sa->replaced_by || !sa->announced ||
		    task_pending(sa, IKE_TASK_IKE_DELETE, 0))
			continue;
		sa->redundant = false;
		rekey_schedule_ike(sa);
		return true;
	}
	return false;
}

void connect_on_sa_gone(struct conn *c)
{
	if (!c->e || c->retired)
		return;
	if (!conn_has_live_sa(c) && !revive_redundant(c))
		retry_later(c);
}

static bool same_peer(const struct ike_sa *a, const struct ike_sa *b)
{
	return ident_equal(&a->remote_id, b->remote_id.type,
			   KW_SPAN(b->remote_id.data, b->remote_id.len));
}

/*
 * Two sides that connect to each other at once end with two IKE SAs. Both know both initiator
 * SPIs: the larger one loses, and whoever started that one deletes it. One that was rekeyed
 * meanwhile, perhaps on one side only so far, is judged as what it was at first.
 *
 * INITIAL_CONTACT of a peer that runs on can only meet an older one that was not there yet when the
 * new one began: else the peer would have known it. Any other older one was forgotten in a restart,
 * however young.
 */
static bool crossed(const struct ike_sa *new, const struct ike_sa *old, bool initial_contact)
{
	if (old->contact.role == new->contact.role)
		return false;
	if (new->id < old->contact.order)
		return true;
	return !initial_contact && engine_now(new->e) - old->contact.ms < CROSSING_MS;
}

/* RFC 2409 §5.5: what quick mode made may outlive its ISAKMP SA. */
static void hand_over(struct ike_sa *from, struct ike_sa *to)
{
	struct list *l, *tmp;

	if (!from->version->children_outlive)
		return;
	list_for_each_safe(l, tmp, &from->children) {
		struct child_sa *c = list_entry(l, struct child_sa, node);

		if (c->state != CHILD_LARVAL)
			child_move(c, to);
	}
	task_move(from, to);
}

static void settle_crossing(struct ike_sa *new, struct ike_sa *old)
{
	struct ike_sa *loser =
		memcmp(new->contact.spi_i, old->contact.spi_i, IKE_SPI_LEN) > 0 ? new : old;

	log_info(conn_name(new->conn), "both sides connected at once: IKE SA #%llu is redundant",
		 (unsigned long long)loser->id);
	loser->redundant = true;
	hand_over(loser, loser == new ? old : new);
	rekey_limit_replaced(loser);
	if (loser->contact.role == IKE_INITIATOR)
		task_add_later(loser, IKE_TASK_IKE_DELETE, 0,
			       loser->version->children_outlive ? HAND_OVER_MS : 0);
}

/* An older one is one that the peer has forgotten (INITIAL_CONTACT says so) or wants replaced. */
static void settle(struct ike_sa *new, struct ike_sa *old, bool initial_contact)
{
	if (crossed(new, old, initial_contact)) {
		if (!old->redundant)
			settle_crossing(new, old);
		return;
	}
	/* Those that are ending anyway end at once when the peer no longer knows them. */
	if (old->redundant && !initial_contact)
		return;
	log_info(conn_name(new->conn), "IKE SA #%llu replaces #%llu of the same peer",
		 (unsigned long long)new->id, (unsigned long long)old->id);
	old->redundant = true;
	if (initial_contact) {
		old->forgotten = true;
		ike_sa_close(old, NULL);
	} else if (old->version->children_outlive) {
		/* Who made the new one deletes the old one, when he has moved his children as well. */
		hand_over(old, new);
		old->replaced_by = new->id;
		ike_sa_set_state(old, IKE_ST_REKEYED);
		rekey_limit_replaced(old);
	} else {
		/*
		 * Make before break: the new one has its child first. Who began the new one deletes the
		 * old one; the other side does when that was forgotten.
		 */
		task_add_later(old, IKE_TASK_IKE_DELETE, 0,
			       new->role == IKE_INITIATOR ? REPLACED_OURS_MS : REPLACED_THEIRS_MS);
	}
}

enum { HEIR_BEGINS = 1, HEIR_REKEYED, HEIR_REDUNDANT, HEIR_LIVE };

/* How well an IKE SA can take over what another one leaves; 0: not at all. */
static unsigned int heir_rank(const struct ike_sa *from, const struct ike_sa *sa)
{
	if (sa == from || sa->forgotten || task_pending(sa, IKE_TASK_IKE_DELETE, 0))
		return 0;
	/* On its way: its last message was overtaken by the end of the one that it follows. */
	if (sa->state < IKE_ST_ESTABLISHED)
		return sa->state >= IKE_ST_KE_SENT &&
				       ip_addr_equal(&from->remote.addr, &sa->remote.addr)
			       ? HEIR_BEGINS
			       : 0;
	if (!same_peer(from, sa))
		return 0;
	if (sa->state == IKE_ST_ESTABLISHED)
		return sa->redundant ? HEIR_REDUNDANT : HEIR_LIVE;
	return sa->state == IKE_ST_REKEYED ? HEIR_REKEYED : 0;
}

bool connect_inherit(struct ike_sa *from)
{
	struct ike_sa *heir = NULL;
	unsigned int best = 0;
	struct list *l;

	if (!from->version->children_outlive || !from->conn || from->forgotten)
		return false;
	list_for_each(l, &from->conn->sas) {
		struct ike_sa *sa = list_entry(l, struct ike_sa, conn_node);
		unsigned int rank = heir_rank(from, sa);

		if (rank <= best)
			continue;
		best = rank;
		heir = sa;
	}
	if (!heir)
		return false;
	heir->redundant = false;
	heir->replaced_by = 0;
	if (best == HEIR_REKEYED)
		ike_sa_set_state(heir, IKE_ST_ESTABLISHED);
	if (best == HEIR_REKEYED || best == HEIR_REDUNDANT)
		rekey_schedule_ike(heir);
	hand_over(from, heir);
	return true;
}

static bool same_ids(const struct ike_sa *a, const struct ike_sa *b)
{
	return same_peer(a, b) && ident_equal(&a->local_id, b->local_id.type,
					      KW_SPAN(b->local_id.data, b->local_id.len));
}

/* INITIAL_CONTACT speaks of the two identities, whatever connections they are known by here. */
static void forget_elsewhere(struct conn *c, struct ike_sa *sa)
{
	for (struct conn *o = conn_next_of_peer(c, NULL); o; o = conn_next_of_peer(c, o)) {
		struct list *l, *tmp;

		if (o == c)
			continue;
		list_for_each_safe(l, tmp, &o->sas) {
			struct ike_sa *other = list_entry(l, struct ike_sa, conn_node);

			if (other->state != IKE_ST_ESTABLISHED || !same_ids(sa, other))
				continue;
			log_info(conn_name(o), "the peer has forgotten IKE SA #%llu",
				 (unsigned long long)other->id);
			ike_sa_close(other, NULL);
		}
	}
}

bool connect_may_establish(const struct conn *c, const struct ike_sa *sa, bool initial_contact)
{
	struct list *l;

	if (c->conf->unique != CONF_UNIQUE_KEEP || initial_contact)
		return true;
	list_for_each(l, &c->sas) {
		const struct ike_sa *other = list_entry(l, struct ike_sa, conn_node);

		if (other != sa && other->state == IKE_ST_ESTABLISHED && !other->redundant &&
		    same_peer(sa, other) && !crossed(sa, other, false))
			return false;
	}
	return true;
}

static bool in_contact(const struct conn *c, const struct ike_sa *sa)
{
	struct list *l;

	list_for_each(l, &c->sas) {
		const struct ike_sa *other = list_entry(l, struct ike_sa, conn_node);

		if (other != sa && other->local_id.type &&
		    ident_equal(&sa->local_id, other->local_id.type,
				KW_SPAN(other->local_id.data, other->local_id.len)) &&
		    (other->state == IKE_ST_ESTABLISHED ||
		     (other->state == IKE_ST_AUTH_SENT && c != sa->conn)))
			return true;
	}
	return false;
}

bool connect_is_first_contact(const struct ike_sa *sa)
{
	for (struct conn *c = conn_next_of_peer(sa->conn, NULL); c; c = conn_next_of_peer(sa->conn, c))
		if (in_contact(c, sa))
			return false;
	return true;
}

void connect_on_established(struct conn *c, struct ike_sa *sa, bool initial_contact)
{
	struct list *l, *tmp;

	sa->contact.role = sa->role;
	memcpy(sa->contact.spi_i, sa->spi_i, IKE_SPI_LEN);
	sa->contact.ms = engine_now(c->e);
	sa->contact.order = engine_new_id(c->e);
	c->one_class = false;
	if (initial_contact)
		forget_elsewhere(c, sa);
	if (c->conf->unique == CONF_UNIQUE_NEVER && !initial_contact)
		return;
	list_for_each_safe(l, tmp, &c->sas) {
		struct ike_sa *other = list_entry(l, struct ike_sa, conn_node);

		if (other != sa && other->state == IKE_ST_ESTABLISHED && same_peer(sa, other))
			settle(sa, other, initial_contact);
	}
}

void connect_on_contact(struct conn *c, struct ike_sa *sa)
{
	struct list *l, *tmp;

	list_for_each_safe(l, tmp, &c->sas) {
		struct ike_sa *other = list_entry(l, struct ike_sa, conn_node);

		if (other->id < sa->id && other->state == IKE_ST_ESTABLISHED && same_peer(sa, other))
			settle(sa, other, true);
	}
}

enum conn_state connect_state(const struct conn *c)
{
	struct list *l;

	if (conn_has_child(c) || (conn_is_rule(c) && c->n_trap))
		return CONN_UP;
	list_for_each(l, &c->sas)
		if (list_entry(l, struct ike_sa, conn_node)->state == IKE_ST_ESTABLISHED)
			return CONN_IKE_ONLY;
	if (c->resolving)
		return CONN_RESOLVING;
	if (conn_has_live_sa(c))
		return CONN_CONNECTING;
	if (c->next_try_ms != UINT64_MAX)
		return CONN_WAITING;
	return c->wanted == CONN_WANTED_TRAP ? CONN_TRAPPED : CONN_DOWN;
}
