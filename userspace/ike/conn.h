/* SPDX-License-Identifier: GPL-2.0 */
/*
 * struct conn: a connection of the configuration, its wanted state and what came of it.
 *
 * References: the engine's list (until a reload removes or replaces it), each IKE SA, each job that uses its
 * keys, a running name lookup. The last conn_put() frees it and its configuration.
 */
#ifndef KW_IKE_CONN_H
#define KW_IKE_CONN_H

#include "ike/core.h"
#include "wire/ts.h"

struct child_policy;

#define CONN_REDIRECT_LEN 256

struct conn {
	struct engine *e;		/* NULL once the engine is gone */
	struct list node;		/* engine: conns or retired */
	struct map_node by_name, by_peer, by_remote;
	unsigned int refs;
	uint64_t id;			/* from the name; never changes */
	struct conf_conn *conf;		/* owned */
	struct ip_addr remote;		/* that of the configuration; unset: it has a name there, or none */
	enum conn_wanted wanted;
	bool retired;

	struct list sas;		/* struct ike_sa.conn_node */
	struct list policies;		/* struct child_policy.node: the one owner of each */
	unsigned int n_trap;		/* policies that catch what no child covers, one for each in the configuration */
	uint32_t asked;			/* children that packets asked for, by their number in the configuration */
	bool device;			/* is there */
	bool device_asked;		/* was asked for, which has left something even if it failed */
	struct kernel_counters gone;	/* of policies that are no more */

	struct failure failure;		/* the last one since success */
	unsigned int tries;
	bool one_class;			/* the peer does not let children with the same nets stand beside each other */
	bool pfs_proved;		/* a rekey that shows whether groups meet was asked for */
	bool resolving;
	bool tcp_turn;			/* UDP was not answered: the next try is by TCP */
	struct env_timer *retry;
	uint64_t next_try_ms;		/* absolute; UINT64_MAX = none */
	struct ip_addr last_remote;
	struct {			/* a gateway sent us to another one (RFC 5685) */
		char host[CONN_REDIRECT_LEN];	/* name or address; "" = no */
		struct ip_addr from;
		unsigned int n;		/* times since first_ms */
		unsigned int tries;	/* to reach it */
		uint64_t first_ms;
	} redirect;
	char *send_on;			/* peers are sent to this gateway, whatever the configuration says; NULL: as that says */
	struct session *session;	/* from which its last IKE SA can be resumed; NULL: none */
	struct ip_addr lent[2];		/* the last addresses that gateways lent us: IPv4, IPv6 */
	/* The packet that asked for a child: the first selectors offered are its own (RFC 7296 §2.9). */
	struct {
		const struct conf_child *conf;	/* the one it asked for */
		struct ts local, remote;
		uint64_t until_ms;	/* 0 = none */
	} packet;
	struct list wishes;		/* struct wish.node: packets that asked for a child of their own */
};

struct conn *conn_new(struct engine *e, struct conf_conn *conf);	/* takes conf; NULL: no memory, conf not taken */
struct conn *conn_get(struct conn *c);
void conn_put(struct conn *c);		/* NULL is fine */
/* Into the engine's tables and out of them. */
void conn_index(struct conn *c);
void conn_unindex(struct conn *c);
/*
 * The next connection after c (NULL: the first) that expects the same peer as `of` does, by identity or, where
 * that is not configured, by address or name; of itself is among them. NULL: no more.
 */
struct conn *conn_next_of_peer(const struct conn *of, const struct conn *c);
/*
 * The next connection after c (NULL: the first) that a peer at this address may belong to: those configured with
 * this address, then those that name none. In no order otherwise. NULL: no more.
 */
struct conn *conn_next_at(const struct engine *e, const struct ip_addr *remote, const struct conn *c);
uint64_t conn_id_of(const char *name);
/* It lets packets through or discards them, and has no peer. */
bool conn_is_rule(const struct conn *c);
/* The protocol that its configuration asks for; NULL: this engine does not speak it, or it is a rule. */
const struct ike_version *conn_version(const struct conn *c);
const char *conn_name(const struct conn *c);	/* NULL gives NULL */

/* Keep and tell a failure: log line, event, status. kind must be set; text is made from the rest if empty. */
void conn_fail(struct conn *c, const struct failure *f);
/* f->text by printf. */
void failure_set(struct failure *f, enum failure_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* One sentence about proposals that do not meet, from ours, theirs, nearest, differs. */
void failure_say_proposal(struct failure *f, const char *what);

bool conn_has_live_sa(const struct conn *c);		/* established or being made */
bool conn_has_child(const struct conn *c);
/* Is there a child in use, made for k, that these selectors are within? */
bool conn_serves(const struct conn *c, const struct conf_child *k, const struct ts *local, const struct ts *remote);
/*
 * The children that are wanted and not there, as a set of their numbers in the configuration: all of a
 * connection that is wanted up, else those that packets asked for. One with PFP is missing
 * while a packet waits for a child of its own. One that is there but does not cover the
 * packet, because the peer made it narrow, counts as missing.
 */
uint32_t conn_missing(const struct conn *c);
/* Totals of all its policies, past and present. */
void conn_counters(const struct conn *c, struct kernel_counters *out);

#endif
