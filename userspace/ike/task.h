/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What we want to do on an IKE SA, one thing after the other: a queue of tasks, each an exchange that we
 * start. RFC 7296 §2.3 with a window of one.
 */
#ifndef KW_IKE_TASK_H
#define KW_IKE_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"
#include "wire/ts.h"

struct child_sa;
struct ike_sa;

enum ike_task_type {
	IKE_TASK_CONNECT,	/* from nothing to authenticated, with a first child */
	IKE_TASK_CHILD_NEW,
	IKE_TASK_CHILD_REKEY,
	IKE_TASK_CHILD_DELETE,
	IKE_TASK_IKE_REKEY,
	IKE_TASK_IKE_DELETE,
	IKE_TASK_PROBE,		/* is the peer alive? */
	IKE_TASK_CONFIG,	/* IKEv1: ask who the user is, ask for an address or hand one out */
	IKE_TASK_GROUP,		/* IKEv1: describe a key exchange group of our own */
	IKE_TASK_MOVE,		/* addresses changed: tell the peer, or see that it is where it says */
	IKE_TASK_REFRESH,	/* rekeyed: what belongs to an IKE SA beside its keys is made anew */
	IKE_TASK_REDIRECT,	/* the peer is to go to another gateway */
	IKE_TASK_COUNT
};

struct ike_task {
	struct list node;
	enum ike_task_type type;
	/* CHILD_REKEY, CHILD_DELETE: child_find() it, it may be gone; CHILD_NEW: its number in the configuration */
	uint64_t child_id;
	uint64_t not_before_ms;		/* 0 = now */
	unsigned int tries;		/* TEMPORARY_FAILURE and the like */
	uint16_t ke_hint;		/* the group the peer asked for (INVALID_KE_PAYLOAD); 0 = none */
	bool single_pair;		/* CHILD_NEW: the peer takes one pair of addresses only (SINGLE_PAIR_REQUIRED) */
	bool over;			/* its work is done and it is about to go: another of the kind may be asked for */
	bool auth_failed;		/* IKE_DELETE: because the peer did not prove itself */
	void *priv;			/* the version's, of this exchange */
	void (*priv_free)(void *priv);
};

/* Puts a task at the end of the queue unless the same is there, and starts it if nothing else runs. NULL: it
 * was there, or no memory.
 */
struct ike_task *task_add(struct ike_sa *sa, enum ike_task_type type, uint64_t child_id);
/* As task_add() but not before ms milliseconds from now. */
struct ike_task *task_add_later(struct ike_sa *sa, enum ike_task_type type, uint64_t child_id,
				uint64_t ms);
/* The task goes back to the queue to be started again ms milliseconds from now. */
void task_retry(struct ike_sa *sa, struct ike_task *task, uint64_t ms);
void task_free(struct ike_task *task);
/* The next one that may start now, taken off the queue; NULL: none (a timer will call again if one waits). */
struct ike_task *task_next(struct ike_sa *sa);
/* All that wait go over to another SA (IKE rekey); those that make no sense there are dropped. */
void task_move(struct ike_sa *from, struct ike_sa *to);
void task_drop_all(struct ike_sa *sa);
bool task_pending(const struct ike_sa *sa, enum ike_task_type type, uint64_t child_id);
const char *task_name(enum ike_task_type type);

#endif
