/* SPDX-License-Identifier: GPL-2.0 */
/*
 * struct engine: what all parts of the engine share.
 *
 * Every way into the engine (a datagram, a timer, a job, a wish) is bracketed by engine_enter() and
 * engine_leave(); IKE SAs that end in between stay in memory until the outermost leave, so nobody on the
 * stack loses what he holds.
 */
#ifndef KW_IKE_CORE_H
#define KW_IKE_CORE_H

#include <stdarg.h>

#include "ike/engine.h"
#include "ike/env.h"
#include "ike/lease.h"
#include "ike/lookup.h"
#include "ike/revocation.h"
#include "ike/ticket.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/map.h"

#define COOKIE_SECRET_LEN 32

/* Secrets for stateless cookies: the current and the one before it (RFC 7296 §2.6). */
struct cookie_secrets {
	uint8_t secret[2][COOKIE_SECRET_LEN];
	uint64_t made_ms;
	uint8_t generation;
	bool ready;
};

struct conn;
struct ike_sa;

struct engine {
	const struct env *env;
	const struct ike_version *const *version;
	unsigned int n_version;
	struct conf_daemon settings;

	struct list conns;		/* struct conn.node, in order of name */
	struct list retired;		/* struct conn.node: out of the configuration, SAs still ending */
	struct map conn_by_name, conn_by_peer, conn_by_remote;
	struct list sas;		/* struct ike_sa.node */
	struct list graveyard;		/* struct ike_sa.node: GONE */
	struct map sa_by_spi, sa_by_peer, sa_by_prefix;
	struct map policy_by_cookie, child_by_cookie;
	unsigned int half_open;		/* IKE SAs for which ike_sa_half_open(): kept by ike_sa_set_state() */
	uint64_t last_id;
	uint32_t bypass;		/* policy that lets IKE pass where there is no device; 0 = none */
	struct cookie_secrets cookie;
	struct leases leases;
	struct revocations revocations;
	struct lookups lookups;
	struct tickets tickets;
	struct engine_totals totals;	/* the counters of it */
	struct log_limit noise;		/* lines that strangers can cause */
	struct log_limit rumours;	/* searches that strangers can cause */
	struct log_limit crash_answers;	/* and answers */
	bool crash_detection;		/* some connection wants it */

	unsigned int depth;
	bool stopping;
	void (*stopped)(void *ctx);
	void *stopped_ctx;
	struct env_timer *stop_timer;
};

void engine_enter(struct engine *e);
void engine_leave(struct engine *e);
uint64_t engine_now(const struct engine *e);		/* monotonic ms */
int64_t engine_wall(const struct engine *e);		/* ms since 1970 */
uint64_t engine_new_id(struct engine *e);
struct conn *engine_find_conn(const struct engine *e, const char *name);
/* Uniform in [ms - ms*pct/100, ms + ms*pct/100]. */
uint64_t engine_jitter(uint64_t ms, unsigned int pct);
/* A timer made on first use. Does nothing without memory (and says so). */
void engine_timer(struct engine *e, struct env_timer **t, uint64_t ms, void (*fire)(void *arg),
		  void *arg);
void engine_timer_stop(struct engine *e, struct env_timer *t);
void engine_timer_drop(struct engine *e, struct env_timer **t);
/* Tells the monitor. conn, sa_id, child_id, replaces may be NULL/0. */
void engine_event(struct engine *e, enum engine_event_type type, const struct conn *conn,
		  uint64_t ike_id, uint64_t child_id, uint64_t replaces, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));
void engine_emit(struct engine *e, const struct engine_event *ev);

#endif
