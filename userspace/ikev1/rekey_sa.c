// SPDX-License-Identifier: GPL-2.0
/* A new ISAKMP SA for an old one: phase 1 once more, between the same two ends. RFC 2409 §5. */
#include "ike/conn.h"
#include "ike/exchange.h"
#include "ikev1/rekey_sa.h"
#include "ikev1/v1_sa.h"

static bool under_way(const struct ike_sa *sa)
{
	struct list *l;

	list_for_each(l, &sa->conn->sas) {
		const struct ike_sa *next = list_entry(l, struct ike_sa, conn_node);

		if (next->version == sa->version && v1_sa(next)->replaces == sa->id &&
		    next->state < IKE_ST_ESTABLISHED)
			return true;
	}
	return false;
}

enum ike_verdict v1_ike_rekey_start(struct ike_run *run)
{
	struct ike_sa *sa = run->sa, *next;

	/* Who is to say who his user is comes by himself; Cisco's clients do not listen to a gateway that begins. */
	if (under_way(sa) || sa->conn->conf->xauth == CONF_XAUTH_SERVER)
		return IKE_DROP;
	next = ike_sa_new(sa->e, sa->version, IKE_INITIATOR, sa->conn);
	if (!next)
		return IKE_DROP;
	next->redundant = true;
	next->local = sa->local;
	next->remote = sa->remote;
	next->socket = sa->socket;
	v1_sa(next)->replaces = sa->id;
	task_add(next, IKE_TASK_CONNECT, 0);
	run->task_done = true;
	return IKE_OK;
}
