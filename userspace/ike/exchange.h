/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one place where messages meet steps: find the row, check it, run it, seal and send what it built.
 * Messages of one IKE SA are handled strictly in order of arrival; while a step waits for a job, the next
 * ones wait too.
 */
#ifndef KW_IKE_EXCHANGE_H
#define KW_IKE_EXCHANGE_H

#include "ike/message.h"
#include "ike/version.h"

#define OUT_MAX 49152u	/* octets of payloads of one message that we build */

/* A message being built. */
struct ike_out {
	bool begun, response;
	uint8_t exchange;
	uint8_t *buf;
	struct kw_writer w;
	struct chain_builder chain;
};

/* One step at work. Lives from the message (or the start of a task) to the verdict. */
struct ike_run {
	struct ike_sa *sa;
	enum ike_state to;		/* from the row: where IKE_OK leads */
	struct ike_task *task;		/* ours that starts or is being answered; NULL: the peer asked */
	struct ike_message *in;		/* NULL: a task starts */
	struct ike_out out;
	ike_step_fn resume;		/* after IKE_WAIT; run->job is what was done */
	struct ike_job *job;		/* only inside resume; freed after it */
	bool task_done;			/* the task has reached its end with this step */
	struct {			/* for IKE_NOTIFY and IKE_FAIL */
		uint16_t type;		/* 0 = say nothing */
		uint8_t data[8];
		uint8_t data_len;
	} notify;
	struct failure failure;		/* why, when there is something to say */
	void *priv;			/* the step's own, across a wait */
	void (*priv_free)(void *priv);
};

/* A message for this SA: handled now or when those before it are. Takes m. */
void exchange_receive(struct ike_sa *sa, struct ike_message *m);
/* Go on with the inbox and the tasks. Call after queueing a task. */
void exchange_go_on(struct ike_sa *sa);
/* job.c: the job the run waits for is done. */
void exchange_resume(struct ike_sa *sa, struct ike_job *job);
/* retransmit.c: the request was never answered. */
void exchange_timeout(struct ike_sa *sa);
/* sa.c: nothing of it will be finished. */
void exchange_abort(struct ike_sa *sa);
/* sa.c: the run that waited when it ended. */
void exchange_free(struct ike_sa *sa);

/* Begin run->out; further payloads go into run->out.chain. 0 or -ENOMEM. */
int exchange_begin(struct ike_run *run, uint8_t exchange);
/* Adopt the addresses that the (authentic) message came with before the verdict does. */
void exchange_follow(struct ike_run *run);
/* Shorthands for verdicts with a notify. */
enum ike_verdict exchange_notify(struct ike_run *run, uint16_t type);
enum ike_verdict exchange_fail(struct ike_run *run, uint16_t notify);

#endif
