// SPDX-License-Identifier: GPL-2.0
/*
 * Transaction exchanges: two messages each, either side begins.
 *
 *   HDR*, HASH, ATTR (REQUEST)  -->                                 what do you have?
 *                               <--  HDR*, HASH, ATTR (REPLY)
 *   HDR*, HASH, ATTR (SET)      -->                                 take this
 *                               <--  HDR*, HASH, ATTR (ACK)
 *
 * The usual order, with the gateway on the left:
 *
 *   REQUEST user, password  -->  REPLY  <--  SET status  -->  ACK  <--     xauth.c
 *                                REQUEST address, nets  <--  REPLY  -->    mode_config.c, pull
 *   SET address, nets       -->  ACK  <--                                  mode_config.c, push
 *
 * Until that is over the ISAKMP SA is `proved` and no child can be made.
 *
 * draft-dukes-ike-mode-cfg-02, draft-beaulieu-ike-xauth-02.
 */
#include <string.h>

#include "crypto/rand.h"
#include "ike/child.h"
#include "ikev1/informational.h"
#include "ikev1/mode_config.h"
#include "ikev1/packet.h"
#include "ikev1/phase1.h"
#include "ikev1/transaction.h"
#include "ikev1/xauth.h"

#define X V1_EXCHANGE_TRANSACTION
#define LINGER_MS 60000u	/* how long an answer is repeated */

bool v1_config_due(const struct ike_sa *sa)
{
	return sa->conn->conf->n_pool || sa->conn->conf->n_virtual;
}

enum v1_due v1_due_after_user(const struct ike_sa *sa)
{
	const struct conf_conn *conf = sa->conn->conf;

	if (conf->n_pool)
		return conf->config_push ? V1_DUE_PUSH : V1_DUE_NOTHING;
	if (conf->n_virtual)
		return conf->config_push ? V1_DUE_ADDRESS : V1_DUE_PULL;
	return V1_DUE_NOTHING;
}

/* ---- the order of things ---- */

/*
 * The peer's turn. In aggressive mode he may not even know that phase 1 is over: what answers him then is our last
 * message again.
 */
static void wait_fire(void *arg)
{
	struct ike_sa *sa = arg;
	struct v1_sa *v1 = v1_sa(sa);
	struct engine *e = sa->e;
	uint64_t ms = 2ull * e->settings.retransmit_ms;
	struct failure f = { 0 };

	engine_enter(e);
	if (++v1->due_tries > e->settings.retransmit_tries) {
		failure_set(&f, FAILURE_PEER,
			    v1->due == V1_DUE_USER
				    ? "the peer never asked for our user (XAUTH): it may not expect one"
				    : "the peer never handed out an address (Mode Config): it may wait to be asked, mode-config = pull");
		ike_sa_close(sa, &f);
	} else {
		if (sa->role == IKE_INITIATOR)
			v1_repeat(&v1->phase1);
		for (unsigned int i = 0; i < v1->due_tries; i++)
			ms = ms * 9 / 5;
		engine_timer(e, &v1->due_timer, engine_jitter(ms, 10), wait_fire, sa);
	}
	engine_leave(e);
}

static bool is_ours(enum v1_due due)
{
	return due == V1_DUE_ASK || due == V1_DUE_TELL || due == V1_DUE_PULL || due == V1_DUE_PUSH;
}

static void become(struct ike_sa *sa, enum v1_due due)
{
	struct v1_sa *v1 = v1_sa(sa);

	v1->due = due;
	v1->due_tries = 0;
	engine_timer_stop(sa->e, v1->due_timer);
	if (due == V1_DUE_USER || due == V1_DUE_ADDRESS)
		engine_timer(sa->e, &v1->due_timer, 2ull * sa->e->settings.retransmit_ms,
			     wait_fire, sa);
}

bool v1_config_begin(struct ike_sa *sa)
{
	enum conf_xauth xauth = sa->conn->conf->xauth;
	enum v1_due due = xauth == CONF_XAUTH_SERVER ? V1_DUE_ASK
			: xauth == CONF_XAUTH_CLIENT ? V1_DUE_USER
						     : v1_due_after_user(sa);

	if (due == V1_DUE_NOTHING)
		return false;
	ike_sa_set_state(sa, IKE_ST_PROVED);
	rand_bytes(&v1_sa(sa)->config_id, sizeof(v1_sa(sa)->config_id));
	become(sa, due);
	if (is_ours(due))
		task_add(sa, IKE_TASK_CONFIG, 0);
	return true;
}

void v1_config_next(struct ike_run *run, enum v1_due next)
{
	struct ike_sa *sa = run->sa;
	bool again = run->task && is_ours(next);

	become(sa, next);
	if (again)
		task_retry(sa, run->task, 0);
	else if (is_ours(next))
		task_add(sa, IKE_TASK_CONFIG, 0);
	if (again)
		run->task = NULL;
	else if (run->task)
		run->task_done = true;
	if (next == V1_DUE_NOTHING && sa->state == IKE_ST_PROVED)
		v1_established(sa);
}

enum ike_verdict v1_config_fail(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct failure why = run->failure;

	v1_say_ike_delete(sa);
	ike_sa_close(sa, &why);
	return IKE_OK;
}

/* ---- messages ---- */

enum ike_verdict v1_config_say(struct ike_run *run, struct v1_xchg *x, uint8_t type,
			       struct kw_span attrs)
{
	const struct config_payload c = {
		.type = type, .attrs = attrs,
		.identifier = x ? v1_sa(run->sa)->config_id_theirs : v1_sa(run->sa)->config_id,
	};

	if (!x)
		x = v1_xchg_begin(run, X);
	if (!x || v1_begin(run, x))
		return IKE_FAIL;
	chain_open(&run->out.chain, V1_PAYLOAD_ATTRIBUTES);
	config_build(&run->out.w, &c);
	return IKE_OK;
}

enum ike_verdict v1_config_start(struct ike_run *run)
{
	switch (v1_sa(run->sa)->due) {
	case V1_DUE_ASK:
		return v1_xauth_ask(run);
	case V1_DUE_TELL:
		return v1_xauth_tell(run);
	case V1_DUE_PULL:
		return v1_config_pull(run);
	case V1_DUE_PUSH:
		return v1_config_push(run);
	default:
		return IKE_DROP;
	}
}

bool v1_config_read(const struct ike_run *run, struct config_payload *c)
{
	const struct payload *p = message_find(run->in, V1_PAYLOAD_ATTRIBUTES, true, NULL);
	char why[80];

	return p && !config_parse(p->body, c, why, sizeof(why));
}

static void linger_fire(void *arg)
{
	struct v1_xchg *x = arg;

	v1_xchg_over(x);
}

static enum ike_verdict answer(struct ike_run *run, struct v1_xchg *x,
			       const struct config_payload *c)
{
	bool user = v1_is_xauth(c);

	if (c->type == CONFIG_REQUEST)
		return user ? v1_xauth_asked(run, x, c) : v1_config_asked(run, x, c);
	if (c->type == CONFIG_SET)
		return user ? v1_xauth_told(run, x, c) : v1_config_pushed(run, x, c);
	return IKE_DROP;
}

static enum ike_verdict asked(struct ike_run *run)
{
	struct v1_xchg *x = v1_xchg_of(run);
	struct config_payload c;
	enum ike_verdict v;

	if (!x || x->ours || !v1_config_read(run, &c))
		return IKE_DROP;
	v1_sa(run->sa)->config_id_theirs = c.identifier;
	v = answer(run, x, &c);
	engine_timer(run->sa->e, &x->timer, LINGER_MS, linger_fire, x);
	return v;
}

/* Some answer a SET with a REPLY and a REQUEST with an ACK: what it answers says what it is. */
static enum ike_verdict answered(struct ike_run *run)
{
	struct v1_xchg *x = v1_xchg_of(run);
	struct config_payload c;

	if (!x || !v1_config_read(run, &c) || (c.type != CONFIG_REPLY && c.type != CONFIG_ACK))
		return IKE_DROP;
	v1_xchg_over(x);
	switch (v1_sa(run->sa)->due) {
	case V1_DUE_ASK:
		return v1_xauth_answered(run, &c);
	case V1_DUE_TELL:
		return v1_xauth_acked(run);
	case V1_DUE_PULL:
		return v1_config_answered(run, &c);
	case V1_DUE_PUSH:
		v1_config_next(run, V1_DUE_NOTHING);
		return IKE_OK;
	default:
		return IKE_DROP;
	}
}

#define LIVE	(IN(IKE_ST_PROVED) | IN(IKE_ST_ESTABLISHED) | IN(IKE_ST_REKEYED))
#define NEED	(P(V1_PAYLOAD_HASH) | P(V1_PAYLOAD_ATTRIBUTES))
#define MAY	(P(V1_PAYLOAD_VENDOR) | P(V1_PAYLOAD_NOTIFICATION))

static const struct ike_step steps[] = {
	{
		.story	= "the peer asks for a user or an address, or tells one",
		.role	= IKE_RESPONDER,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.need	= NEED,
		.may	= MAY,
		.in_sk	= true,
		.run	= asked,
	},
	{
		.story	= "the peer answers what we asked or told",
		.role	= IKE_INITIATOR,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.need	= NEED,
		.may	= MAY,
		.in_sk	= true,
		.task	= DOING(IKE_TASK_CONFIG),
		.run	= answered,
	},
};

const struct ike_exchange v1_transaction = {
	.type = X,
	.name = "Transaction",
	.step = steps,
	.n = sizeof(steps) / sizeof(steps[0]),
};
