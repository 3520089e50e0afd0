// SPDX-License-Identifier: GPL-2.0
/*
 * struct ike_sa, its life.
 */
#include <stdlib.h>
#include <string.h>

#include "ike/access.h"
#include "ike/child.h"
#include "ike/connect.h"
#include "ike/dpd.h"
#include "ike/exchange.h"
#include "ike/job.h"
#include "ike/natd.h"
#include "ike/rekey.h"
#include "ike/sa_table.h"
#include "ike/stream.h"
#include "ike/version.h"

static const char *const state_names[IKE_ST_COUNT] = {
	[IKE_ST_NEW] = "new",
	[IKE_ST_INIT_SENT] = "init-sent",
	[IKE_ST_INIT_DONE] = "half-open",
	[IKE_ST_KE_SENT] = "ke-sent",
	[IKE_ST_KE_DONE] = "ke-done",
	[IKE_ST_AUTH_SENT] = "auth-sent",
	[IKE_ST_PROVED] = "proved",
	[IKE_ST_ESTABLISHED] = "established",
	[IKE_ST_REKEYED] = "rekeyed",
	[IKE_ST_DELETING] = "deleting",
	[IKE_ST_GONE] = "gone",
};

const char *ike_state_name(enum ike_state state)
{
	return state_names[state];
}

const uint8_t *ike_sa_local_spi(const struct ike_sa *sa)
{
	return sa->role == IKE_INITIATOR ? sa->spi_i : sa->spi_r;
}

const uint8_t *ike_sa_peer_spi(const struct ike_sa *sa)
{
	return sa->role == IKE_INITIATOR ? sa->spi_r : sa->spi_i;
}

uint64_t ike_sa_proved_ms(const struct ike_sa *sa)
{
	return sa->proved_ms ? sa->proved_ms : sa->contact.ms;
}

bool ike_sa_alive(const struct ike_sa *sa)
{
	return sa->state <= IKE_ST_ESTABLISHED && !sa->redundant;
}

bool ike_sa_half_open(const struct ike_sa *sa)
{
	return sa->role == IKE_RESPONDER &&
	       (sa->state == IKE_ST_NEW || sa->state == IKE_ST_INIT_DONE ||
		sa->state == IKE_ST_KE_DONE);
}

const char *ike_sa_subject(const struct ike_sa *sa, char buf[ENDPOINT_STRLEN])
{
	return sa->conn ? conn_name(sa->conn) : endpoint_print(buf, &sa->remote);
}

void ike_sa_set_conn(struct ike_sa *sa, struct conn *conn)
{
	struct conn *old = sa->conn;

	list_del(&sa->conn_node);
	sa->conn = conn ? conn_get(conn) : NULL;
	if (conn)
		list_add_tail(&conn->sas, &sa->conn_node);
	conn_put(old);		/* got here, an earlier time */
}

struct ike_sa *ike_sa_new(struct engine *e, const struct ike_version *version, enum ike_role role,
			  struct conn *conn)
{
	struct ike_sa *sa = calloc(1, sizeof(*sa));

	if (!sa)
		return NULL;
	sa->e = e;
	sa->version = version;
	sa->role = role;
	sa->id = engine_new_id(e);
	sa->created_ms = engine_now(e);
	sa->last_in_ms = sa->created_ms;
	sa->rekey_at_ms = UINT64_MAX;
	list_init(&sa->conn_node);
	list_init(&sa->children);
	list_init(&sa->tasks);
	list_init(&sa->inbox);
	if (version->sa_new(sa)) {
		free(sa);
		return NULL;
	}
	sa_table_new_spi(e, role == IKE_INITIATOR ? sa->spi_i : sa->spi_r);
	sa_table_add(sa);
	list_add_tail(&e->sas, &sa->node);
	ike_sa_set_conn(sa, conn);
	if (ike_sa_half_open(sa))
		e->half_open++;
	return sa;
}

struct failure *ike_sa_hint(struct ike_sa *sa)
{
	static struct failure nowhere;

	if (!sa->hint)
		sa->hint = malloc(sizeof(*sa->hint));
	if (!sa->hint)
		return memset(&nowhere, 0, sizeof(nowhere));
	return memset(sa->hint, 0, sizeof(*sa->hint));
}

void ike_sa_forget_hint(struct ike_sa *sa)
{
	free(sa->hint);
	sa->hint = NULL;
}

static void log_change(const struct ike_sa *sa, enum ike_state from, enum ike_state to)
{
	/* Strangers can make half-open ones come and go; those lines are for debugging. */
	enum log_level level =
		sa->role == IKE_RESPONDER && !sa->peer_proved ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
	char spi_i[17], spi_r[17], to_text[ENDPOINT_STRLEN], subject[ENDPOINT_STRLEN];

	if (!log_enabled(level))
		return;
	log_at(level, ike_sa_subject(sa, subject), "%s SA #%llu %s_i %s_r with %s: %s -> %s",
	       sa->version->name, (unsigned long long)sa->id,
	       kw_hex(spi_i, sizeof(spi_i), KW_SPAN(sa->spi_i, IKE_SPI_LEN)),
	       kw_hex(spi_r, sizeof(spi_r), KW_SPAN(sa->spi_r, IKE_SPI_LEN)),
	       endpoint_print(to_text, &sa->remote), ike_state_name(from), ike_state_name(to));
}

/* GONE: out of every table; its memory waits in the graveyard for those up the stack. */
static void bury(struct ike_sa *sa)
{
	struct engine *e = sa->e;

	exchange_abort(sa);
	task_drop_all(sa);
	retransmit_drop(sa);
	engine_timer_drop(e, &sa->life);
	engine_timer_drop(e, &sa->reauth);
	engine_timer_drop(e, &sa->dpd);
	engine_timer_drop(e, &sa->keepalive);
	engine_timer_drop(e, &sa->stream.timer);
	stream_leave(sa);
	engine_timer_drop(e, &sa->task_timer);
	sa_table_del(sa);
	list_del(&sa->node);
	list_add_tail(&e->graveyard, &sa->node);
}

void ike_sa_set_state(struct ike_sa *sa, enum ike_state state)
{
	bool was_half_open = ike_sa_half_open(sa);
	enum ike_state from = sa->state;

	if (from == state || from == IKE_ST_GONE)
		return;
	log_change(sa, from, state);
	sa->state = state;
	sa->e->half_open -= was_half_open;
	sa->e->half_open += ike_sa_half_open(sa);
	if (!ike_sa_half_open(sa))
		sa_table_del_peer(sa);
	if (state == IKE_ST_GONE)
		bury(sa);
}

void ike_sa_begin_life(struct ike_sa *sa)
{
	sa->established_ms = engine_now(sa->e);
	engine_timer_stop(sa->e, sa->life);
	rekey_schedule_ike(sa);
	rekey_schedule_reauth(sa);
	dpd_start(sa);
	natd_keepalive_start(sa);
	stream_begin_life(sa);
}

void ike_sa_established(struct ike_sa *sa, bool initial_contact)
{
	char local[IDENT_STRLEN], remote[IDENT_STRLEN], alg[200];

	ike_sa_begin_life(sa);
	sa->announced = true;
	sa->answer_open = sa->role == IKE_RESPONDER;
	ident_print(local, sa->local_id.type, KW_SPAN(sa->local_id.data, sa->local_id.len));
	ident_print(remote, sa->remote_id.type, KW_SPAN(sa->remote_id.data, sa->remote_id.len));
	log_info(conn_name(sa->conn), "authenticated: \"%s\" === \"%s\", %s", local, remote,
		 suite_print(alg, sizeof(alg), &sa->suite));
	engine_event(sa->e, EVENT_IKE_UP, sa->conn, sa->id, 0, 0, "IKE SA is up: \"%s\" === \"%s\"",
		     local, remote);
	connect_on_established(sa->conn, sa, initial_contact);
}

static void remove_children(struct ike_sa *sa)
{
	struct list *l, *tmp;

	list_for_each_safe(l, tmp, &sa->children)
		child_remove(list_entry(l, struct child_sa, node));
}

void ike_sa_close(struct ike_sa *sa, const struct failure *why)
{
	struct engine *e = sa->e;
	struct conn *conn = sa->conn ? conn_get(sa->conn) : NULL;
	bool was_up = sa->announced && !sa->replaced_by;
	/* Where children go from one to another, any of them may have been the last. */
	bool mattered = sa->version->children_outlive ||
			(!sa->replaced_by &&
			 (ike_sa_alive(sa) || sa->state == IKE_ST_DELETING));

	if (sa->state == IKE_ST_GONE)
		goto out;
	connect_inherit(sa);
	ike_sa_set_state(sa, IKE_ST_GONE);
	remove_children(sa);
	access_end(sa);
	if (!conn)
		goto out;
	if (was_up)
		engine_event(e, EVENT_IKE_DOWN, conn, sa->id, 0, 0, "IKE SA is down%s%s",
			     why ? ": " : "", why ? why->text : "");
	if (why)
		conn_fail(conn, why);
	if (mattered)
		connect_on_sa_gone(conn);
out:
	conn_put(conn);		/* got at the top */
}

void ike_sa_free(struct ike_sa *sa)
{
	exchange_free(sa);
	ike_sa_set_conn(sa, NULL);
	retransmit_drop(sa);	/* a last answer may have been stored after the end */
	sa->version->sa_free(sa);
	ident_drop(&sa->local_id);
	ident_drop(&sa->remote_id);
	reassemble_drop(&sa->reassembly);
	ike_sa_forget_hint(sa);
	free(sa);
}
