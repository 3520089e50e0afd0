// SPDX-License-Identifier: GPL-2.0
/*
 * When to ask whether the peer lives: after conf->dpd seconds in which neither IKE nor ESP came in
 * (RFC 7296 §2.4). The question itself is an ordinary request; retransmit.c decides when it stays unanswered.
 *
 * A responder that asks at once may be asking somebody who does not know yet that there is an IKE SA: the answer to
 * IKE_AUTH may be lost, and the initiator asks for it again in its own time. That an authenticated message comes, or
 * protected traffic, shows that it has the answer. Until then we do not ask, for ANSWER_MS at most.
 */
#include "ike/child.h"
#include "ike/dpd.h"
#include "ike/exchange.h"

/* Longer than peers repeat a request: strongSwan's last one is out 89 s after the first, and it waits 76 s for that. */
#define ANSWER_MS 180000u

/* Since protected traffic came in; UINT64_MAX = never. */
static uint64_t traffic_ms(const struct ike_sa *sa)
{
	const struct env *env = sa->e->env;
	uint64_t least = UINT64_MAX;
	struct list *l;

	list_for_each(l, &sa->children) {
		const struct child_sa *c = list_entry(l, struct child_sa, node);
		struct kernel_counters k = { .last_in_ms = UINT64_MAX };

		if (c->policy && !env->kernel->counters(env->kernel_ctx, c->policy->id, &k) &&
		    k.last_in_ms < least)
			least = k.last_in_ms;
	}
	return least;
}

static uint64_t idle_ms(const struct ike_sa *sa)
{
	uint64_t idle = engine_now(sa->e) - sa->last_in_ms, traffic = traffic_ms(sa);

	return traffic < idle ? traffic : idle;
}

/* A request that is out has from now on as many tries as any. */
static void close_answer(struct ike_sa *sa)
{
	sa->answer_open = false;
	sa->retransmit.tries = 0;
}

bool dpd_answer_open(struct ike_sa *sa)
{
	uint64_t age = engine_now(sa->e) - sa->established_ms;

	if (sa->answer_open && (age >= ANSWER_MS || traffic_ms(sa) < age))
		close_answer(sa);
	return sa->answer_open;
}

void dpd_answer_came(struct ike_sa *sa)
{
	if (!sa->answer_open)
		return;
	close_answer(sa);
	retransmit_now(sa);
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
		if (!sa->active && !dpd_answer_open(sa))
			task_add(sa, IKE_TASK_PROBE, 0);
	}
	engine_leave(e);
}

void dpd_start(struct ike_sa *sa)
{
	if (sa->conn->conf->dpd)
		engine_timer(sa->e, &sa->dpd, sa->conn->conf->dpd * 1000ull, fire, sa);
}
