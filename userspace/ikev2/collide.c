// SPDX-License-Identifier: GPL-2.0
/*
 * When both sides want something at once.
 *
 * The table is RFC 7296 §2.25.1 (children) and §2.25.2 (IKE SAs) with a window of one: at most one request of
 * ours is out, and it is what we are "doing". A child that does not exist is CHILD_SA_NOT_FOUND, or left out
 * of the answer to a delete, before anybody looks here.
 */
#include "ikev2/collide.h"

enum doing {
	DO_NOTHING,		/* or a liveness check */
	DO_CHILD_NEW,
	DO_REKEY_SAME,		/* rekeying the very child */
	DO_REKEY_OTHER,
	DO_DELETE_SAME,		/* deleting the very child, or about to */
	DO_DELETE_OTHER,
	DO_IKE_REKEY,
	DO_IKE_OVER,		/* this IKE SA is replaced or being deleted */
	DO_COUNT
};

#define PROCEED COLLIDE_PROCEED
#define BOTH	COLLIDE_BOTH
#define QUIET	COLLIDE_QUIET
#define LATER	COLLIDE_LATER

static const enum collide_answer table[ASK_COUNT][DO_COUNT] = {
	/*			 NOTHING  CHILD_NEW REKEY_SAME REKEY_OTHER DEL_SAME DEL_OTHER IKE_REKEY IKE_OVER */
	[ASK_CHILD_NEW] = { PROCEED, PROCEED, PROCEED, PROCEED, PROCEED, PROCEED, LATER, LATER },
	[ASK_CHILD_REKEY] = { PROCEED, PROCEED, BOTH, PROCEED, LATER, PROCEED, LATER, LATER },
	[ASK_CHILD_DELETE] = { PROCEED, PROCEED, PROCEED, PROCEED, QUIET, PROCEED, PROCEED,
			       PROCEED },
	[ASK_IKE_REKEY] = { PROCEED, LATER, LATER, LATER, LATER, LATER, BOTH, LATER },
};

static enum doing doing(const struct ike_sa *sa, const struct child_sa *child)
{
	const struct ike_task *t = sa->active;
	bool same = t && child && t->child_id == child->id;

	if (sa->state == IKE_ST_REKEYED || sa->state == IKE_ST_DELETING)
		return DO_IKE_OVER;
	if (child && task_pending(sa, IKE_TASK_CHILD_DELETE, child->id))
		return DO_DELETE_SAME;
	if (!t)
		return DO_NOTHING;
	switch (t->type) {
	case IKE_TASK_CONNECT:
	case IKE_TASK_PROBE:
	case IKE_TASK_CONFIG:
	case IKE_TASK_GROUP:
	case IKE_TASK_MOVE:
	case IKE_TASK_REFRESH:
	case IKE_TASK_REDIRECT:
	case IKE_TASK_COUNT:
		return DO_NOTHING;
	case IKE_TASK_CHILD_NEW:
		return DO_CHILD_NEW;
	case IKE_TASK_CHILD_REKEY:
		return same ? DO_REKEY_SAME : DO_REKEY_OTHER;
	case IKE_TASK_CHILD_DELETE:
		return DO_DELETE_OTHER;
	case IKE_TASK_IKE_REKEY:
		return DO_IKE_REKEY;
	case IKE_TASK_IKE_DELETE:
		return DO_IKE_OVER;
	}
	return DO_NOTHING;
}

enum collide_answer v2_collide(const struct ike_sa *sa, enum collide_ask ask,
			       const struct child_sa *child)
{
	return table[ask][doing(sa, child)];
}
