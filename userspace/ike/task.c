// SPDX-License-Identifier: GPL-2.0
/*
 * What we want to do on an IKE SA, one thing after the other.
 */
#include <stdlib.h>

#include "ike/core.h"
#include "ike/exchange.h"
#include "ike/task.h"

static const char *const names[IKE_TASK_COUNT] = {
	[IKE_TASK_CONNECT] = "connect",
	[IKE_TASK_CHILD_NEW] = "new child",
	[IKE_TASK_CHILD_REKEY] = "rekey child",
	[IKE_TASK_CHILD_DELETE] = "delete child",
	[IKE_TASK_IKE_REKEY] = "rekey IKE SA",
	[IKE_TASK_IKE_DELETE] = "delete IKE SA",
	[IKE_TASK_PROBE] = "liveness check",
	[IKE_TASK_CONFIG] = "configuration",
	[IKE_TASK_GROUP] = "private group",
	[IKE_TASK_MOVE] = "move",
	[IKE_TASK_REFRESH] = "refresh",
	[IKE_TASK_REDIRECT] = "redirect",
};

const char *task_name(enum ike_task_type type)
{
	return names[type];
}

bool task_pending(const struct ike_sa *sa, enum ike_task_type type, uint64_t child_id)
{
	struct list *l;

	if (sa->active && !sa->active->over && sa->active->type == type && sa->active->child_id == child_id)
		return true;
	list_for_each(l, &sa->tasks) {
		const struct ike_task *t = list_entry(l, struct ike_task, node);

		if (t->type == type && t->child_id == child_id)
			return true;
	}
	return false;
}

static void task_wake(void *arg)
{
	struct ike_sa *sa = arg;
	struct engine *e = sa->e;

	engine_enter(e);
	exchange_go_on(sa);
	engine_leave(e);
}

struct ike_task *task_add_later(struct ike_sa *sa, enum ike_task_type type, uint64_t child_id,
				uint64_t ms)
{
	struct ike_task *t;

	if (sa->state == IKE_ST_GONE || task_pending(sa, type, child_id))
		return NULL;
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->type = type;
	t->child_id = child_id;
	t->not_before_ms = ms ? engine_now(sa->e) + ms : 0;
	list_add_tail(&sa->tasks, &t->node);
	exchange_go_on(sa);
	return t;
}

struct ike_task *task_add(struct ike_sa *sa, enum ike_task_type type, uint64_t child_id)
{
	return task_add_later(sa, type, child_id, 0);
}

static void drop_priv(struct ike_task *t)
{
	if (t->priv)
		t->priv_free(t->priv);
	t->priv = NULL;
}

void task_retry(struct ike_sa *sa, struct ike_task *task, uint64_t ms)
{
	drop_priv(task);
	if (sa->active == task)
		sa->active = NULL;
	task->tries++;
	task->not_before_ms = engine_now(sa->e) + ms;
	list_add_tail(&sa->tasks, &task->node);
}

void task_free(struct ike_task *task)
{
	drop_priv(task);
	free(task);
}

struct ike_task *task_next(struct ike_sa *sa)
{
	uint64_t now = engine_now(sa->e), wait = UINT64_MAX;
	struct list *l, *tmp;

	list_for_each_safe(l, tmp, &sa->tasks) {
		struct ike_task *t = list_entry(l, struct ike_task, node);

		if (t->not_before_ms <= now) {
			list_del(&t->node);
			return t;
		}
		if (t->not_before_ms - now < wait)
			wait = t->not_before_ms - now;
	}
	if (wait != UINT64_MAX)
		engine_timer(sa->e, &sa->task_timer, wait, task_wake, sa);
	return NULL;
}

/*
 * Rekeys of the old IKE SA end with it. Children and what concerns them live on, and so does the
 * wish that the IKE SA should end: it was meant for what the two sides share, not for one set of
 * keys.
 */
static bool outlives_rekey(enum ike_task_type type)
{
	return type == IKE_TASK_CHILD_NEW || type == IKE_TASK_CHILD_REKEY ||
	       type == IKE_TASK_CHILD_DELETE || type == IKE_TASK_IKE_DELETE ||
	       type == IKE_TASK_MOVE;
}

void task_move(struct ike_sa *from, struct ike_sa *to)
{
	struct list *l, *tmp;

	list_for_each_safe(l, tmp, &from->tasks) {
		struct ike_task *t = list_entry(l, struct ike_task, node);

		list_del(&t->node);
		if (outlives_rekey(t->type) && !task_pending(to, t->type, t->child_id))
			list_add_tail(&to->tasks, &t->node);
		else
			task_free(t);
	}
}

void task_drop_all(struct ike_sa *sa)
{
	struct list *l, *tmp;

	list_for_each_safe(l, tmp, &sa->tasks) {
		struct ike_task *t = list_entry(l, struct ike_task, node);

		list_del(&t->node);
		task_free(t);
	}
	if (sa->active)
		task_free(sa->active);
	sa->active = NULL;
}
