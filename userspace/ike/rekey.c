// SPDX-License-Identifier: GPL-2.0
/*
 * When to rekey, and what to do when a lifetime ends.
 *
 * A lifetime of T seconds: soft at T less 15..20 % for the side that began the exchange, less 10..15 % for
 * the other (so both seldom start at once), hard at 5/4 T, but 30 s behind T at least. A rekey that fails is tried again after
 * RETRY_MS until the hard end.
 */
#include <errno.h>
#include <string.h>

#include "crypto/rand.h"
#include "ike/child.h"
#include "ike/connect.h"
#include "ike/exchange.h"
#include "ike/rekey.h"

#define RETRY_MS	10000u
#define ROOM_S		30u
#define REAUTH_RETRY_MS	60000u
#define PROVE_MS	10000u
#define HALF_OPEN_MS	30000u
#define REPLACED_MS	60000u	/* a rekeyed IKE SA that its peer never deletes */

uint32_t rekey_hard_seconds(uint32_t rekey)
{
	if (!rekey)
		return 0;
	return rekey + (rekey / 4 > ROOM_S ? rekey / 4 : ROOM_S);
}

static uint64_t soft_ms(uint32_t seconds, bool began)
{
	uint64_t ms = seconds * 1000ull, cut = ms / 100 * (began ? 15 : 10);

	return ms - cut - rand_below(ms / 20 < UINT32_MAX ? ms / 20 + 1 : UINT32_MAX);
}

/* ---- children ---- */

static void child_fire(void *arg)
{
	struct child_sa *c = arg;
	struct engine *e = c->sa->e;

	engine_enter(e);
	/* Tried again unless it is gone by then. */
	engine_timer(e, &c->timer, engine_jitter(RETRY_MS, 25), child_fire, c);
	c->rekey_at_ms = engine_now(e);
	if (c->state == CHILD_INSTALLED && c->sa->state == IKE_ST_ESTABLISHED)
		task_add(c->sa, IKE_TASK_CHILD_REKEY, c->id);
	engine_leave(e);
}

void rekey_schedule_child(struct child_sa *c)
{
	uint32_t seconds = c->rekey;
	uint64_t ms;

	engine_timer_stop(c->sa->e, c->timer);
	c->rekey_at_ms = UINT64_MAX;
	if (!seconds)
		return;
	ms = soft_ms(seconds, c->initiator);
	c->rekey_at_ms = engine_now(c->sa->e) + ms;
	engine_timer(c->sa->e, &c->timer, ms, child_fire, c);
}

void rekey_prove_pfs(struct child_sa *c)
{
	struct conn *conn = c->sa->conn;

	if (conn->pfs_proved || !proposal_first_ke(conf_child_offer(c->conf)))
		return;
	conn->pfs_proved = true;
	c->rekey_at_ms = engine_now(c->sa->e) + PROVE_MS;
	engine_timer(c->sa->e, &c->timer, PROVE_MS, child_fire, c);
}

void rekey_child_failed(struct child_sa *c)
{
	uint64_t ms = engine_jitter(RETRY_MS, 25);

	c->rekey_at_ms = engine_now(c->sa->e) + ms;
	engine_timer(c->sa->e, &c->timer, ms, child_fire, c);
}

static bool unused(const struct child_sa *c, enum kernel_dir dir, uint32_t spi)
{
	const struct env *env = c->sa->e->env;
	struct kernel_sa_state s;

	return !env->kernel->sa_state(env->kernel_ctx, c->protocol, dir, c->policy->id, spi, &s) &&
	       s.unused >= c->conf->inactivity;
}

/* Nothing goes either way any more. Each direction says so once: the later one ends the child. */
static void end_if_idle(struct child_sa *c)
{
	if (!c->conf->inactivity || c->state != CHILD_INSTALLED || !unused(c, KERNEL_IN, c->spi_in) ||
	    !unused(c, KERNEL_OUT, c->spi_out))
		return;
	log_info(conn_name(c->sa->conn), "child #%llu had no packet for %u s", (unsigned long long)c->id,
		 c->conf->inactivity);
	task_add(c->sa, IKE_TASK_CHILD_DELETE, c->id);
}

void rekey_on_expire(struct engine *e, const struct kernel_event *ev)
{
	struct child_sa *c = child_find(e, ev->cookie);

	if (!c || (c->state != CHILD_INSTALLED && c->state != CHILD_INBOUND))
		return;
	if (ev->limit && strcmp(ev->limit, "idle") == 0) {
		end_if_idle(c);
		return;
	}
	log_debug(conn_name(c->sa->conn), "child #%llu reached its %s limit of %s",
		  (unsigned long long)c->id, ev->hard ? "hard" : "soft",
		  ev->limit ? ev->limit : "sequence numbers");
	if (c->state == CHILD_INBOUND)
		child_switch(c);
	/* RFC 7296 §2.8: an SA at its hard end is deleted, not rekeyed; the wanted state brings a new one. */
	if (ev->hard)
		task_add(c->sa, IKE_TASK_CHILD_DELETE, c->id);
	else
		task_add(c->sa, IKE_TASK_CHILD_REKEY, c->id);
}

/* One direction of a child: gone, past its soft limit, or neither. */
static void look_at(struct child_sa *c, enum kernel_dir dir, uint32_t spi)
{
	const struct env *env = c->sa->e->env;
	uint64_t packets = c->conf->rekey_packets;
	struct kernel_sa_state s;
	int ret = env->kernel->sa_state(env->kernel_ctx, c->protocol, dir, c->policy->id, spi, &s);

	if (ret == -ENOENT)
		task_add(c->sa, IKE_TASK_CHILD_DELETE, c->id);
	else if (!ret && ((c->rekey_bytes && s.bytes >= c->rekey_bytes) ||
			  (packets && s.packets >= packets)))
		task_add(c->sa, IKE_TASK_CHILD_REKEY, c->id);
}

void rekey_on_resync(struct engine *e)
{
	struct list *sl, *cl, *ctmp;

	list_for_each(sl, &e->sas) {
		struct ike_sa *sa = list_entry(sl, struct ike_sa, node);

		if (sa->state != IKE_ST_ESTABLISHED)
			continue;
		list_for_each_safe(cl, ctmp, &sa->children) {
			struct child_sa *c = list_entry(cl, struct child_sa, node);

			if (c->state != CHILD_INSTALLED)
				continue;
			look_at(c, KERNEL_IN, c->spi_in);
			look_at(c, KERNEL_OUT, c->spi_out);
			end_if_idle(c);
		}
	}
}

/* ---- IKE SAs ---- */

static uint32_t ike_seconds(const struct ike_sa *sa)
{
	return sa->rekey_agreed ? sa->rekey_agreed : sa->conn->conf->ike_rekey;
}

static void close_old(struct ike_sa *sa)
{
	struct failure f = { 0 };

	failure_set(&f, FAILURE_PEER, "the IKE SA could not be rekeyed before its lifetime ended");
	ike_sa_close(sa, &f);
}

static void ike_fire(void *arg)
{
	struct ike_sa *sa = arg;
	struct engine *e = sa->e;
	uint64_t hard = sa->established_ms + rekey_hard_seconds(ike_seconds(sa)) * 1000ull;

	engine_enter(e);
	if (engine_now(e) >= hard) {
		close_old(sa);
	} else if (sa->state == IKE_ST_ESTABLISHED) {
		uint64_t again = engine_jitter(RETRY_MS, 25), left = hard - engine_now(e);

		engine_timer(e, &sa->life, again < left ? again : left, ike_fire, sa);
		sa->rekey_at_ms = engine_now(e);
		task_add(sa, IKE_TASK_IKE_REKEY, 0);
	}
	engine_leave(e);
}

void rekey_schedule_ike(struct ike_sa *sa)
{
	uint32_t seconds = ike_seconds(sa);
	uint64_t ms;

	engine_timer_stop(sa->e, sa->life);
	if (!seconds)
		return;
	ms = soft_ms(seconds, sa->role == IKE_INITIATOR);
	sa->rekey_at_ms = engine_now(sa->e) + ms;
	engine_timer(sa->e, &sa->life, ms, ike_fire, sa);
}

static void reauth_fire(void *arg)
{
	struct ike_sa *sa = arg;
	struct engine *e = sa->e;

	engine_enter(e);
	/* Until it succeeds: then this one is gone. */
	engine_timer(e, &sa->reauth, engine_jitter(REAUTH_RETRY_MS, 25), reauth_fire, sa);
	if (sa->state == IKE_ST_ESTABLISHED && !sa->redundant)
		connect_reauth(sa);
	engine_leave(e);
}

void rekey_schedule_reauth(struct ike_sa *sa)
{
	uint32_t seconds = sa->conn->conf->reauth;
	uint64_t now = engine_now(sa->e), since, due;
	bool first = !sa->contact.order;

	if (!seconds || (first ? sa->role : sa->contact.role) != IKE_INITIATOR)
		return;
	since = first && !sa->proved_ms ? now : ike_sa_proved_ms(sa);
	due = since + soft_ms(seconds, true);
	engine_timer(sa->e, &sa->reauth, due > now ? due - now : 0, reauth_fire, sa);
}

void rekey_ike_failed(struct ike_sa *sa)
{
	if (!ike_seconds(sa))
		return;
	sa->rekey_at_ms = engine_now(sa->e) + RETRY_MS;
	engine_timer(sa->e, &sa->life, engine_jitter(RETRY_MS, 25), ike_fire, sa);
}

static void half_open_fire(void *arg)
{
	struct ike_sa *sa = arg;
	struct engine *e = sa->e;

	engine_enter(e);
	ike_sa_close(sa, NULL);
	engine_leave(e);
}

void rekey_limit_half_open(struct ike_sa *sa)
{
	engine_timer(sa->e, &sa->life, HALF_OPEN_MS, half_open_fire, sa);
}

static void replaced_fire(void *arg)
{
	struct ike_sa *sa = arg;
	struct engine *e = sa->e;

	engine_enter(e);
	task_add(sa, IKE_TASK_IKE_DELETE, 0);
	engine_leave(e);
}

void rekey_limit_replaced(struct ike_sa *sa)
{
	engine_timer(sa->e, &sa->life, REPLACED_MS, replaced_fire, sa);
}
