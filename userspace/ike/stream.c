// SPDX-License-Identifier: GPL-2.0
/*
 * IKE SAs on TCP streams.
 *
 * Who began the IKE SA opens its streams (RFC 9329 §6.1), a new one when one breaks; what was not answered goes
 * out again by that, or else a question, so that the other side knows which stream is in use now. Until then
 * nothing is repeated: TCP does that. UDP is better when it works (§5.1): a connection that came to TCP by
 * falling back tries UDP from time to time, by an IKE SA beside the old one, which it will replace.
 *
 * RFCs: 9329 §5.1, §6.1, §6.2, §6.7, §7.1.
 */
#include "ike/stream.h"

#include <string.h>

#include "ike/child.h"
#include "ike/conn.h"
#include "ike/connect.h"
#include "ike/natd.h"

/* First messages by UDP without an answer before TCP is tried. */
#define UDP_TRIES	3u
/* How often UDP is tried anew. */
#define RETURN_MS	600000u
/* Waits before a broken stream is opened again: none, then this, doubled each time up to the cap. */
#define REOPEN_MS	1000u
#define REOPEN_CAP_MS	30000u

bool stream_is_turn(const struct conn *c)
{
	if (!c->e->env->net->dial)
		return false;
	return c->conf->tcp == CONF_TCP_ONLY || (c->conf->tcp == CONF_TCP_FALLBACK && c->tcp_turn);
}

int stream_open(struct ike_sa *sa)
{
	const struct env *env = sa->e->env;
	struct endpoint local = { .addr = sa->local.addr };
	int ret = env->net->dial(env->net_ctx, &local, &sa->remote);

	if (!ret)
		sa->local = local;
	return ret;
}

void stream_unanswered(struct ike_sa *sa)
{
	struct conn *c = sa->conn;

	if (c && sa->role == IKE_INITIATOR && sa->state <= IKE_ST_INIT_SENT && !sa->returning)
		c->tcp_turn = !stream_used(sa);
}

bool stream_gives_up_udp(const struct ike_sa *sa)
{
	return sa->state == IKE_ST_INIT_SENT && sa->role == IKE_INITIATOR && !stream_used(sa) && sa->conn &&
	       sa->conn->conf->tcp == CONF_TCP_FALLBACK && sa->e->env->net->dial &&
	       sa->retransmit.tries >= UDP_TRIES;
}

/* Who opens streams: who began the first of a row of rekeyed IKE SAs. */
static bool opens(const struct ike_sa *sa)
{
	return (sa->contact.order ? sa->contact.role : sa->role) == IKE_INITIATOR;
}

/* ---- the way back ---- */

static void try_udp(void *arg)
{
	struct ike_sa *sa = arg;
	struct engine *e = sa->e;

	engine_enter(e);
	engine_timer(e, &sa->stream.timer, engine_jitter(RETURN_MS, 10), try_udp, sa);
	if (sa->state == IKE_ST_ESTABLISHED && !sa->redundant)
		connect_return_to_udp(sa);
	engine_leave(e);
}

static bool may_return(const struct ike_sa *sa)
{
	return stream_used(sa) && opens(sa) && sa->state <= IKE_ST_ESTABLISHED && sa->conn &&
	       sa->conn->conf->tcp == CONF_TCP_FALLBACK;
}

/* The one timer of an IKE SA on a stream: to open it again, else for the way back. */
static void wait_for_return(struct ike_sa *sa)
{
	if (may_return(sa))
		engine_timer(sa->e, &sa->stream.timer, engine_jitter(RETURN_MS, 10), try_udp, sa);
	else
		engine_timer_stop(sa->e, sa->stream.timer);
}

void stream_begin_life(struct ike_sa *sa)
{
	/* UDP works again, or still: it is where the next one begins. */
	if (!stream_used(sa) && sa->conn && sa->role == IKE_INITIATOR)
		sa->conn->tcp_turn = false;
	wait_for_return(sa);
}

/* ---- broken streams ---- */

static void reopen(void *arg);

static void reopen_later(struct ike_sa *sa)
{
	unsigned int n = sa->stream.broken++;
	uint64_t ms = n ? REOPEN_MS << (n < 6 ? n - 1 : 5) : 0;

	engine_timer(sa->e, &sa->stream.timer, engine_jitter(ms < REOPEN_CAP_MS ? ms : REOPEN_CAP_MS, 25),
		     reopen, sa);
}

static bool is_on(const struct ike_sa *sa, const struct endpoint *local, const struct endpoint *remote)
{
	return stream_used(sa) && endpoint_equal(&sa->local, local) && endpoint_equal(&sa->remote, remote);
}

/* RFC 9329 §6.1: the other side knows the stream by the first message on it. */
static void go_on(struct ike_sa *sa)
{
	sa->stream.fresh = true;
	wait_for_return(sa);
	retransmit_now(sa);
	/* One that was repeated is answered by heart: it takes a new one to be followed. */
	task_add(sa, IKE_TASK_PROBE, 0);
}

/* All that were on the broken one go over to the new one. */
static void open_another(struct ike_sa *sa)
{
	struct endpoint was = sa->local;
	char a[ENDPOINT_STRLEN], b[ENDPOINT_STRLEN];
	struct list *l, *tmp;

	if (stream_open(sa)) {
		reopen_later(sa);
		return;
	}
	log_info(conn_name(sa->conn), "opens another stream, from %s to %s", endpoint_print(a, &sa->local),
		 endpoint_print(b, &sa->remote));
	list_for_each_safe(l, tmp, &sa->e->sas) {
		struct ike_sa *other = list_entry(l, struct ike_sa, node);

		if (other == sa || !is_on(other, &was, &sa->remote))
			continue;
		other->local = sa->local;
		go_on(other);
	}
	go_on(sa);
}

static void reopen(void *arg)
{
	struct ike_sa *sa = arg;
	struct engine *e = sa->e;

	engine_enter(e);
	if (stream_used(sa))
		open_another(sa);
	engine_leave(e);
}

/* One that is being begun has no other way. */
static void refuse(struct ike_sa *sa, int err)
{
	struct failure f = { 0 };
	char text[ENDPOINT_STRLEN];

	failure_set(&f, FAILURE_UNREACHABLE, "no TCP stream to %s: %s", endpoint_print(text, &sa->remote),
		    err ? strerror(-err) : "the peer closed it");
	stream_unanswered(sa);
	ike_sa_close(sa, &f);
}

static void on_broken(struct ike_sa *sa, int err)
{
	if (sa->state < IKE_ST_ESTABLISHED && sa->role == IKE_INITIATOR && !sa->redundant)
		refuse(sa, err);
	else if (ike_sa_half_open(sa))
		ike_sa_close(sa, NULL);
	else if (opens(sa))
		reopen_later(sa);
	/* Else the peer opens another one, or liveness finds that it does not. */
}

void engine_stream_closed(struct engine *e, const struct endpoint *local, const struct endpoint *remote, int err)
{
	char a[ENDPOINT_STRLEN], b[ENDPOINT_STRLEN];
	struct list *l, *tmp;

	log_debug(NULL, "stream %s - %s closed: %s", endpoint_print(a, local), endpoint_print(b, remote),
		  err ? strerror(-err) : "by the peer");
	engine_enter(e);
	list_for_each_safe(l, tmp, &e->sas) {
		struct ike_sa *sa = list_entry(l, struct ike_sa, node);

		if (is_on(sa, local, remote))
			on_broken(sa, err);
	}
	engine_leave(e);
}

/* ---- moves ---- */

/* RFC 9329 §7.1: a stream stays where it is; the new addresses have one of their own. */
void stream_moved(struct ike_sa *sa)
{
	if (stream_open(sa))
		reopen_later(sa);
}

void stream_leave(struct ike_sa *sa)
{
	const struct env *env = sa->e->env;
	struct list *l;

	if (!stream_used(sa) || !env->net->hang_up)
		return;
	list_for_each(l, &sa->e->sas) {
		const struct ike_sa *other = list_entry(l, struct ike_sa, node);

		if (other != sa && is_on(other, &sa->local, &sa->remote))
			return;
	}
	env->net->hang_up(env->net_ctx, &sa->local, &sa->remote);
}

bool stream_follow(struct ike_sa *sa, enum net_socket socket, const struct endpoint *local,
		   const struct endpoint *remote)
{
	struct endpoint from = sa->remote;

	if (!stream_used(sa) && socket != NET_SOCKET_TCP)
		return false;
	/* Between UDP and TCP only MOBIKE moves an IKE SA that is up (RFC 9329 §7.1). */
	if (socket != NET_SOCKET_TCP || (!stream_used(sa) && !ike_sa_half_open(sa)))
		return true;
	if (is_on(sa, local, remote)) {
		sa->stream.broken = 0;
		if (sa->stream.fresh) {
			sa->stream.fresh = false;
			natd_moved(sa, &from);
		}
		return true;
	}
	/* Streams are opened by one side alone, and the other follows. */
	if (opens(sa))
		return true;
	stream_leave(sa);
	sa->socket = socket;
	sa->local = *local;
	sa->remote = *remote;
	natd_moved(sa, &from);
	return true;
}
