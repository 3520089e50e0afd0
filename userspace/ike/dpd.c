// SPDX-License-Identifier: GPL-2.0
/*
 * When to ask whether the peer lives: after conf->dpd seconds in which neither IKE nor ESP came in
 * (RFC 7296 §2.4). The question itself is an ordinary request; retransmit.c decides when it stays unanswered.
 */
#include "ike/child.h"
#include "ike/dpd.h"
#include "ike/exchange.h"

static uint64_t idle_ms(const struct ike_sa *sa)
{
	const struct env *env = sa->e->env;
	uint64_t idle = engine_now(sa->e) - sa->last_in_ms;
	struct list *l;

	list_for_each(l, &sa->children) {
		const struct child_sa *c = list_entry(l, struct child_sa, node);
		struct kernel_counters k = { .last_in_ms = UINT64_MAX };

		if (c->policy && !env->kernel->counters(env->kernel_ctx, c->policy->id, &k) &&
		    k.last_in_ms < idle)
			idle = k.last_in_ms;
	}
	return idle;
}

static void fire(void *arg)
{
	struct ike_sa *sa = arg;
	struct engine *e = sa->e;
	uint64_t period = sa->conn->conf->dpd * 1000ull, idle = idle_ms(sa);

	engine_enter(e);
	if (idle < period) {
		engine_timer(e, &sa->dpd, period - idle, fire, sa);
	} else {
		engine_timer(e, &sa->dpd, period, fire, sa);
		/* Any request that is out is a question already. */
		if (!sa->active)
			task_add(sa, IKE_TASK_PROBE, 0);
	}
	engine_leave(e);
}

void dpd_start(struct ike_sa *sa)
{
	if (sa->conn->conf->dpd)
		engine_timer(sa->e, &sa->dpd, sa->conn->conf->dpd * 1000ull, fire, sa);
}
