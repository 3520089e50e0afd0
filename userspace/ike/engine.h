/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The IKE engine as the daemon sees it: datagrams, kernel events and wishes go in; datagrams, kernel calls
 * and events come out through env.h. True for both IKE versions.
 *
 * Everything here runs on the loop thread and returns at once. Connections are named by their
 * configuration name; every event and status row also carries the connection id, made from the name,
 * which never changes, not over reload nor restart.
 */
#ifndef KW_IKE_ENGINE_H
#define KW_IKE_ENGINE_H

#include "config/conf.h"
#include "ike/env.h"
#include "ike/failure.h"

#define ENGINE_WHY 512

struct engine;
struct ike_version;
struct leases;

/* versions (borrowed, static) are the protocols spoken; env (borrowed) must outlive the engine. 0 or -ENOMEM. */
int engine_new(struct engine **engine, const struct env *env,
	       const struct ike_version *const *versions, unsigned int n_versions);
/* Forgets everything at once without a word to peers; kernel state made by the engine is taken down.
 * Jobs still running are left to end by themselves.
 */
void engine_free(struct engine *engine);
/* The addresses lent out of pools: to be restored, and kept, by the daemon. */
struct leases *engine_leases(struct engine *engine);
/* Say goodbye to every peer and take everything down; done runs when the last peer has answered or after
 * at most ms milliseconds. The engine may only be freed after that (and not from within done).
 */
void engine_shutdown(struct engine *engine, uint64_t ms, void (*done)(void *ctx), void *ctx);

enum engine_change {
	ENGINE_CONN_SAME,
	ENGINE_CONN_ADDED,
	ENGINE_CONN_CHANGED,
	ENGINE_CONN_REMOVED
};

/*
 * First configuration and every reload: only connections whose digest differs are touched (taken down,
 * started anew); the others keep their SAs. All or nothing: on failure (-errno, why) the engine is as
 * before and conf is still the caller's; on success the engine owns conf. report (may be NULL) is called
 * once per connection of either configuration. dry_run: report only, conf stays the caller's.
 */
int engine_configure(struct engine *engine, struct conf *conf, bool dry_run,
		     void (*report)(void *ctx, const char *name, enum engine_change change),
		     void *ctx, char why[ENGINE_WHY]);

/* One IKE datagram, without the non-ESP marker. socket says where it came in; local is our address and
 * port it was sent to, remote the sender. bytes are borrowed for the call.
 */
void engine_input(struct engine *engine, enum net_socket socket, const struct endpoint *local,
		  const struct endpoint *remote, struct kw_span bytes);
/* Addresses or routes of this host may have changed. */
void engine_network_changed(struct engine *engine);
/* A TCP stream has ended, other than by the engine's will; err: 0 or -errno. */
void engine_stream_closed(struct engine *engine, const struct endpoint *local, const struct endpoint *remote,
			  int err);
void engine_kernel_event(struct engine *engine, const struct kernel_event *ev);

/* Wanted state of a connection: 0, -ENOENT (no such connection; why), -EINVAL (cannot be started from here, or is a
 * rule).
 */
int engine_up(struct engine *engine, const char *name, char why[ENGINE_WHY]);
int engine_down(struct engine *engine, const char *name, char why[ENGINE_WHY]);
/* Delete its SAs; the wanted state stays, so one that is wanted up comes back by itself. */
int engine_delete(struct engine *engine, const char *name, char why[ENGINE_WHY]);
/* Rekey now: its IKE SAs (ike) or its Child SAs. -ENOTCONN when there is none. */
int engine_rekey(struct engine *engine, const char *name, bool ike, char why[ENGINE_WHY]);

/*
 * Peers of the connection are sent to another gateway: those that are here and whoever comes. host NULL: as the
 * configuration says again. 0, -ENOENT, -EINVAL: host is none, or the connection cannot (why), -ENOMEM.
 */
int engine_redirect(struct engine *engine, const char *name, const char *host, char why[ENGINE_WHY]);

/* ---- events ---- */

enum engine_event_type {
	EVENT_CONN_ADDED, EVENT_CONN_CHANGED, EVENT_CONN_REMOVED,
	EVENT_CONNECTING,	/* a try begins */
	EVENT_IKE_UP, EVENT_IKE_DOWN, EVENT_IKE_REKEYED,
	EVENT_CHILD_UP, EVENT_CHILD_DOWN, EVENT_CHILD_REKEYED,
	EVENT_MOVED,		/* the peer's address changed */
	EVENT_FAILURE,
	EVENT_RETRY,		/* next try scheduled */
};

struct engine_event {
	enum engine_event_type type;
	int64_t when;			/* milliseconds since 1970 */
	uint64_t conn_id;		/* never changes */
	const char *conn;
	uint64_t ike_id, child_id;	/* 0 = does not apply; counted up, never used twice */
	uint64_t replaces;		/* REKEYED: the id that went */
	const char *text;		/* one sentence */
	const struct failure *failure;	/* FAILURE, else NULL */
	uint64_t next_try_ms;		/* RETRY: milliseconds from now */
};

const char *engine_event_name(enum engine_event_type type);	/* "ike-up", "child-rekeyed", ... */

/* ---- status ---- */

enum conn_wanted { CONN_WANTED_DOWN, CONN_WANTED_PASSIVE /* when the peer asks */, CONN_WANTED_TRAP, CONN_WANTED_UP };
enum conn_state {
	CONN_DOWN,		/* nothing, and nothing is tried */
	CONN_TRAPPED,		/* waiting for a packet */
	CONN_RESOLVING, CONN_CONNECTING,
	CONN_WAITING,		/* for next_try */
	CONN_IKE_ONLY,		/* authenticated, but no child: see failure */
	CONN_UP,
};
const char *conn_wanted_name(enum conn_wanted wanted);		/* "down", "passive", "trap", "up" */
const char *conn_state_name(enum conn_state state);		/* "down", "trapped", ... */

struct status_child {
	uint64_t id;
	const char *name;		/* of the child in the configuration */
	const char *state;		/* "installed", "rekeyed", "deleting" */
	uint32_t spi_in, spi_out;	/* host order */
	const char *protocol;		/* "esp", "ah"; "ah+esp": AH around ESP, whose SPIs these are */
	char algorithms[240];		/* "aes-gcm-16-256 / x25519 / esn" */
	char local_ts[480], remote_ts[480];
	bool encap;			/* in UDP */
	bool tcp;			/* in TCP */
	uint64_t age_ms, rekey_in_ms;	/* UINT64_MAX = no rekey by time */
};

struct status_ike {
	uint64_t id;
	const char *version;		/* "IKEv2" */
	const char *state;		/* ike_state_name() */
	bool initiator;			/* we are the original initiator */
	uint8_t spi_i[8], spi_r[8];
	char algorithms[200];
	char local_id[IDENT_STRLEN], remote_id[IDENT_STRLEN];
	struct endpoint local, remote;
	bool nat_local, nat_remote;	/* a NAT in front of us, of the peer */
	uint64_t age_ms, rekey_in_ms;
	unsigned int n_child;
	const struct status_child *child;
};

struct status_conn {
	uint64_t id;
	const char *name;
	const struct conf_conn *conf;
	enum conn_wanted wanted;
	enum conn_state state;
	const struct failure *failure;	/* the last one; kind FAILURE_NONE = none since the last success */
	unsigned int tries;		/* in a row without success */
	uint64_t next_try_ms;		/* from now; UINT64_MAX = none planned */
	struct ip_addr remote;		/* last address tried or in use */
	struct kernel_counters totals;	/* of the connection: they survive rekeys and reconnects */
	unsigned int n_ike;
	const struct status_ike *ike;
};

/* Every connection in order of name, or only the one given. fn may not change the engine; everything it
 * gets is borrowed for the call. 0, -ENOENT, -ENOMEM or what fn returned (non-zero stops).
 */
int engine_status(struct engine *engine, const char *name,
		  int (*fn)(const struct status_conn *c, void *ctx), void *ctx);

bool engine_has_conn(const struct engine *engine, const char *name);
/* The connection whose policy in the kernel has this cookie, and its last failure, NULL if none since the
 * last success; both borrowed until the loop goes on. NULL: nobody's.
 */
const char *engine_policy_owner(struct engine *engine, uint64_t cookie, const struct failure **failure);

struct engine_totals {
	unsigned int conns, conns_up, ike_sas, half_open, child_sas;
	uint64_t rx_datagrams, rx_bad_header, rx_bad_version, rx_unknown_spi, rx_bad_message,
		rx_replayed, rx_unprotected, rx_over_limit, tx_datagrams, tx_retransmits, cookies_sent;
};
void engine_totals(const struct engine *engine, struct engine_totals *out);

#endif
