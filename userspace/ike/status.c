// SPDX-License-Identifier: GPL-2.0
/*
 * What there is, for people and programs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ike/child.h"
#include "ike/connect.h"
#include "ike/version.h"

const char *conn_wanted_name(enum conn_wanted wanted)
{
	static const char *const names[] = {
		[CONN_WANTED_DOWN] = "down",
		[CONN_WANTED_PASSIVE] = "passive",
		[CONN_WANTED_TRAP] = "trap",
		[CONN_WANTED_UP] = "up",
	};

	return names[wanted];
}

const char *conn_state_name(enum conn_state state)
{
	static const char *const names[] = {
		[CONN_DOWN] = "down",
		[CONN_TRAPPED] = "trapped",
		[CONN_RESOLVING] = "resolving",
		[CONN_CONNECTING] = "connecting",
		[CONN_WAITING] = "waiting",
		[CONN_IKE_ONLY] = "ike-only",
		[CONN_UP] = "up",
	};

	return names[state];
}

static uint64_t until(const struct engine *e, uint64_t at)
{
	uint64_t now = engine_now(e);

	if (at == UINT64_MAX)
		return UINT64_MAX;
	return at > now ? at - now : 0;
}

static void fill_child(const struct child_sa *c, struct status_child *out)
{
	const struct engine *e = c->sa->e;

	out->id = c->id;
	out->state = child_state_name(c->state);
	out->spi_in = c->spi_in;
	out->spi_out = c->spi_out;
	out->protocol = c->ah_in ? "ah+esp" : c->protocol == PROTO_AH ? "ah" : "esp";
	child_suite_print(out->algorithms, sizeof(out->algorithms), c);
	ts_list_print(out->local_ts, sizeof(out->local_ts), c->policy->local_ts);
	ts_list_print(out->remote_ts, sizeof(out->remote_ts), c->policy->remote_ts);
	out->name = c->conf->name;
	out->encap = c->encap;
	out->tcp = c->tcp;
	out->age_ms = engine_now(e) - c->created_ms;
	out->rekey_in_ms = until(e, c->rekey_at_ms);
}

static int fill_children(const struct ike_sa *sa, struct status_ike *out)
{
	struct status_child *child;
	unsigned int n = 0;
	struct list *l;

	list_for_each(l, &sa->children)
		n++;
	child = calloc(n + 1, sizeof(*child));
	if (!child)
		return -ENOMEM;
	list_for_each(l, &sa->children) {
		const struct child_sa *c = list_entry(l, struct child_sa, node);

		if (c->policy)
			fill_child(c, &child[out->n_child++]);
	}
	out->child = child;
	return 0;
}

static int fill_ike(const struct ike_sa *sa, struct status_ike *out)
{
	out->id = sa->id;
	out->version = sa->version->name;
	out->state = ike_state_name(sa->state);
	out->initiator = sa->role == IKE_INITIATOR;
	memcpy(out->spi_i, sa->spi_i, sizeof(out->spi_i));
	memcpy(out->spi_r, sa->spi_r, sizeof(out->spi_r));
	if (sa->suite.encr)
		suite_print(out->algorithms, sizeof(out->algorithms), &sa->suite);
	if (sa->local_id.type)
		ident_print(out->local_id, sa->local_id.type,
			    KW_SPAN(sa->local_id.data, sa->local_id.len));
	if (sa->remote_id.type)
		ident_print(out->remote_id, sa->remote_id.type,
			    KW_SPAN(sa->remote_id.data, sa->remote_id.len));
	out->local = sa->local;
	out->remote = sa->remote;
	out->nat_local = sa->nat_local;
	out->nat_remote = sa->nat_remote;
	out->age_ms = engine_now(sa->e) - sa->created_ms;
	out->rekey_in_ms = until(sa->e, sa->rekey_at_ms);
	return fill_children(sa, out);
}

static int fill_sas(const struct conn *c, struct status_conn *out, struct status_ike **ike)
{
	unsigned int n = 0;
	struct list *l;

	list_for_each(l, &c->sas)
		n++;
	*ike = calloc(n + 1, sizeof(**ike));
	if (!*ike)
		return -ENOMEM;
	out->ike = *ike;
	list_for_each(l, &c->sas)
		if (fill_ike(list_entry(l, struct ike_sa, conn_node), &(*ike)[out->n_ike++]))
			return -ENOMEM;
	return 0;
}

static int tell(const struct conn *c, int (*fn)(const struct status_conn *c, void *ctx), void *ctx)
{
	struct status_conn s = {
		.id = c->id,
		.name = conn_name(c),
		.conf = c->conf,
		.wanted = c->wanted,
		.state = connect_state(c),
		.failure = &c->failure,
		.tries = c->tries,
		.next_try_ms = until(c->e, c->next_try_ms),
		.remote = c->last_remote,
	};
	struct status_ike *ike = NULL;
	int ret = fill_sas(c, &s, &ike);

	conn_counters(c, &s.totals);
	if (!ret)
		ret = fn(&s, ctx);
	for (unsigned int i = 0; i < s.n_ike; i++)
		free((void *)(uintptr_t)ike[i].child);
	free(ike);
	return ret;
}

int engine_status(struct engine *e, const char *name,
		  int (*fn)(const struct status_conn *c, void *ctx), void *ctx)
{
	struct list *l;

	if (name) {
		const struct conn *c = engine_find_conn(e, name);

		return c ? tell(c, fn, ctx) : -ENOENT;
	}
	list_for_each(l, &e->conns) {
		int ret = tell(list_entry(l, struct conn, node), fn, ctx);

		if (ret)
			return ret;
	}
	return 0;
}

bool engine_has_conn(const struct engine *e, const char *name)
{
	return engine_find_conn(e, name);
}

const char *engine_policy_owner(struct engine *e, uint64_t cookie, const struct failure **failure)
{
	const struct child_policy *p = child_policy_find(e, cookie);
	const struct conn *c = p ? p->conn : NULL;

	*failure = c && c->failure.kind != FAILURE_NONE ? &c->failure : NULL;
	return c ? c->conf->name : NULL;
}

void engine_totals(const struct engine *e, struct engine_totals *out)
{
	struct list *l;

	*out = e->totals;
	list_for_each(l, &e->conns) {
		out->conns++;
		out->conns_up += connect_state(list_entry(l, struct conn, node)) == CONN_UP;
	}
	list_for_each(l, &e->sas) {
		out->ike_sas++;
		out->child_sas += child_count_live(list_entry(l, struct ike_sa, node));
	}
	out->half_open = e->half_open;
}
