/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A version of IKE as data: its exchanges as tables of steps, and the few things only it can do. The engine
 * above asks once per datagram which version it has (demux.c) and never again.
 */
#ifndef KW_IKE_VERSION_H
#define KW_IKE_VERSION_H

#include "ike/sa.h"

struct ike_run;
struct sealed;

/* What a step (or the start of a task) decided. */
enum ike_verdict {
	IKE_OK,		/* the state moves to .to; the message begun in run->out, if any, is sealed and sent */
	IKE_WAIT,	/* a job was started with job_start(); run->resume decides when it is done */
	IKE_DROP,	/* as if the message had never come (start: the task is moot) */
	IKE_NOTIFY,	/* a request is answered with run->notify alone; the state stays, or ends if it was NEW */
	IKE_FAIL,	/* the IKE SA ends; a request is first answered with run->notify when that is set */
};

typedef enum ike_verdict (*ike_step_fn)(struct ike_run *run);

/* Payload types as a set. */
#define P(type) (1ull << (type))
/* States as a set. */
#define IN(state) (1u << (state))
/* Tasks as a set. */
#define DOING(task) (1u << (task))
/* .to of steps that leave the state alone. */
#define IKE_ST_SAME IKE_ST_COUNT

/*
 * One row of an exchange. A message is handled by the first row of its exchange whose role and state fit
 * and whose needed payloads are all there. Payloads in neither .need nor .may are ignored unless critical.
 */
struct ike_step {
	const char *story;		/* what happens, one sentence */
	enum ike_role role;		/* ours in this exchange: IKE_RESPONDER = a request came in */
	uint32_t from;			/* set of states */
	enum ike_state to;
	uint64_t need, may;		/* sets of payload types */
	uint16_t notify;		/* this notify must be there as well; 0 = none */
	bool in_sk;			/* .need are inside the encrypted payload */
	uint32_t task;			/* answers: to which tasks of ours, a set of DOING(); 0 = any */
	ike_step_fn run;
};

/* How a task begins: usually by a request in run->out. In another state than .from it is moot. */
struct ike_start {
	const char *story;
	uint32_t from;
	enum ike_state to;
	ike_step_fn run;
};

struct ike_exchange {
	uint8_t type;			/* enum ike_exchange_type */
	const char *name;
	const struct ike_step *step;
	unsigned int n;
};

struct ike_version {
	const char *name;		/* "IKEv2" */
	uint8_t major;
	uint64_t known;			/* payload types it knows: the critical bit of others is obeyed */
	bool children_outlive;		/* children belong to the peer, not to the IKE SA that made them */
	uint64_t many;			/* payload types that may come more than once in a message */
	const struct ike_exchange *const *exchange;
	unsigned int n_exchange;

	/* "IKE_SA_INIT request 0 {SA KE Nonce}": returns buf. */
	char *(*print)(char *buf, size_t cap, const struct ike_message *m);
	/* sa->priv: the version's own part of an IKE SA. 0 or -ENOMEM. free takes what new made, half or whole. */
	int (*sa_new)(struct ike_sa *sa);
	void (*sa_free)(struct ike_sa *sa);
	/* The IKE SA of this version that a header belongs to, or NULL. */
	struct ike_sa *(*find)(struct engine *e, const struct ike_version *version,
			       const struct ike_header *h, const struct endpoint *remote);
	/* A message without an IKE SA: makes one and feeds it, answers without state, or does nothing. Takes m. */
	void (*accept)(struct engine *e, const struct ike_version *version, struct ike_message *m);
	/*
	 * Check message id, integrity, fragments; parse what is inside. 0: go on with *m. -EAGAIN: kept as a
	 * fragment (and freed). -EALREADY: a duplicate, answered again if it was a request. -EBADMSG: not for us;
	 * m->authentic tells whether the peer made it.
	 */
	int (*open)(struct ike_sa *sa, struct ike_message **m);
	/* The message was not dropped: count it. Before the answer is sealed. */
	void (*commit)(struct ike_sa *sa, const struct ike_message *m);
	/* run->out into datagrams. 0 or -errno. */
	int (*seal)(struct ike_run *run, struct sealed *out);
	/* run->out becomes an answer that holds run->notify alone. */
	void (*refuse)(struct ike_run *run);
	/* Addresses or routes of this host changed. NULL: nothing to do. */
	void (*network_changed)(struct ike_sa *sa);
	/* The request of ours that is out was sent for the tries-th time. NULL: nothing to do. */
	void (*unanswered)(struct ike_sa *sa, unsigned int tries);
	struct ike_start start[IKE_TASK_COUNT];
};

#endif
