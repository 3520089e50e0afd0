// SPDX-License-Identifier: GPL-2.0
/*
 * Quick mode: children.
 *
 *   1  HDR*, HASH(1), SA, Ni, [KE,] [IDci, IDcr]  -->
 *   2                                             <--  HDR*, HASH(2), SA, Nr, [KE,] [IDci, IDcr]
 *   3  HDR*, HASH(3)                              -->
 *
 * One exchange makes one pair of SAs for one pair of selectors, or several pairs for the same (an SA payload for each:
 * siblings); a connection with more selectors takes as many exchanges.
 *
 * Nothing is lost on the way: the responder receives on the new SA from message 2 on and sends on it from message 3
 * on, which proves that the initiator is there (and not a recorded message 1). The initiator receives from message 2
 * on; a rekeyed child it uses for sending switch_ms() later, when message 3 has surely arrived. Whoever answers repeats
 * message 2 until message 3 comes; whoever began repeats message 3 when message 2 comes again.
 *
 * A rekey is a quick mode for selectors that have a child already (RFC 2409 has no other sign of it). Of two that
 * crossed the one with the smaller nonce is redundant; both sides know both.
 *
 * A side that sets the commit bit keeps the other one from sending on the child until it says CONNECTED, in a fourth
 * message. The bit is not protected, so nobody waits for long.
 *
 * Here stands what both sides have in common: the state, the commit bit, message 3, the table. quick_initiator.c and
 * quick_responder.c have messages 1 and 2, quick_ids.c selectors and identities, quick_child.c the children.
 *
 * RFCs: 2408 §3.1 (commit bit), 2409 §5.5.
 */
#include <stdlib.h>
#include <string.h>

#include "ikev1/packet.h"
#include "ikev1/quick.h"
#include "ikev1/quick_pieces.h"

#define COMMIT_MS	5000u	/* for a CONNECTED that may never come */

struct child_sa *v1_quick_child(const struct quick *q, unsigned int i)
{
	return q && i < q->n && q->sa[i].child_id ? child_find(q->e, q->sa[i].child_id) : NULL;
}

static void quick_free(void *priv)
{
	struct quick *q = priv;
	struct child_sa *c = v1_quick_child(q, 0);
	struct ike_sa *sa = c ? c->sa : NULL;
	bool answered_once = c && q->installed && !c->initiator;

	for (unsigned int i = 0; i < q->n; i++) {
		c = v1_quick_child(q, i);
		if (!c)
			continue;
		c->replaced_by = c->id;		/* goes without a word, and is missed by nobody */
		child_remove(c);
	}
	if (answered_once)
		v1_quick_never_confirmed(sa, q);
	else if (sa && sa->conn && !q->e->stopping)
		v1_children_missing(sa->conn);
	dh_free(q->dh);
	free(q);
}

struct quick *v1_quick_new(struct v1_xchg *x)
{
	struct quick *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->e = x->sa->e;
	x->priv = q;
	x->priv_free = quick_free;
	return q;
}

struct quick *v1_quick_of(const struct v1_xchg *x)
{
	return x ? x->priv : NULL;
}

bool v1_quick_is_client(const struct ike_sa *sa)
{
	return v1_sa(sa)->unity && sa->conn->conf->n_pool;
}

/* ---- the commit bit ---- */

static void use(struct v1_xchg *x)
{
	struct quick *q = v1_quick_of(x);

	for (unsigned int i = 0; i < q->n; i++) {
		struct child_sa *c = v1_quick_child(q, i);

		if (!c)
			continue;
		child_switch(c);
		v1_quick_in_use(c->sa, q, i);
	}
	v1_xchg_over(x);
}

static void connected_fire(void *arg)
{
	struct v1_xchg *x = arg;
	struct engine *e = x->sa->e;

	engine_enter(e);
	log_info(conn_name(x->sa->conn), "the peer set the commit bit, and never said that it is ready: we go on");
	use(x);
	engine_leave(e);
}

void v1_quick_wait(struct v1_xchg *x)
{
	v1_quick_of(x)->waits = true;
	engine_timer(x->sa->e, &x->timer, COMMIT_MS, connected_fire, x);
}

/* Perhaps: other things come in a fourth message too (INITIAL-CONTACT). */
static enum ike_verdict connected(struct ike_run *run, struct v1_xchg *x)
{
	struct v1_notify_payload n;

	if (!v1_notify(run->in, true, V1_N_CONNECTED, &n))
		return IKE_DROP;
	use(x);
	return IKE_OK;
}

/* We hold the peer back until here. */
static enum ike_verdict say_connected(struct ike_run *run, struct v1_xchg *x, const struct child_sa *c)
{
	uint8_t spi_be[4];
	struct kw_writer w = kw_writer(spi_be, sizeof(spi_be));
	const struct v1_notify_payload n = {
		.doi = DOI_IPSEC, .type = V1_N_CONNECTED,
		.protocol = c->protocol == PROTO_AH ? V1_PROTO_AH : V1_PROTO_ESP,
		.spi = KW_SPAN(spi_be, sizeof(spi_be)),
	};

	kw_put_be32(&w, c->spi_in);
	if (v1_begin(run, x))
		return IKE_FAIL;
	chain_open(&run->out.chain, V1_PAYLOAD_NOTIFICATION);
	v1_notify_build(&run->out.w, &n);
	return IKE_OK;
}

/* ---- message 3 ---- */

/* Message 3: the initiator is there, and has the same keys. */
static enum ike_verdict confirmed(struct ike_run *run)
{
	struct v1_xchg *x = v1_xchg_of(run);
	struct quick *q = v1_quick_of(x);
	struct child_sa *c = v1_quick_child(q, 0);
	enum ike_verdict v = IKE_OK;

	if (c && q->waits)
		return connected(run, x);
	if (!c || !q->installed || x->ours)
		return IKE_DROP;
	if (x->commit)
		v = say_connected(run, x, c);
	if (q->committed || run->in->h.flags & V1_FLAG_COMMIT)
		v1_quick_wait(x);
	else
		use(x);
	return v;
}

#define LIVE	(IN(IKE_ST_ESTABLISHED) | IN(IKE_ST_REKEYED))
#define FIRST	(P(V1_PAYLOAD_HASH) | P(V1_PAYLOAD_SA) | P(V1_PAYLOAD_NONCE))
#define OTHERS	(P(V1_PAYLOAD_KE) | P(V1_PAYLOAD_ID) | P(V1_PAYLOAD_NATOA) | P(V1_PAYLOAD_NOTIFICATION) | \
		 P(V1_PAYLOAD_VENDOR))

static const struct ike_step steps[] = {
	{	/* 1 --> */
		.story	= "the peer wants a child, or rekeys one; it receives at once and sends after message 3",
		.role	= IKE_RESPONDER,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.need	= FIRST,
		.may	= OTHERS,
		.in_sk	= true,
		.run	= v1_quick_asked,
	},
	{	/* <-- 2 */
		.story	= "our child is installed and confirmed",
		.role	= IKE_INITIATOR,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.need	= FIRST,
		.may	= OTHERS,
		.in_sk	= true,
		.task	= DOING(IKE_TASK_CHILD_NEW) | DOING(IKE_TASK_CHILD_REKEY),
		.run	= v1_quick_answered,
	},
	{	/* 3 --> */
		.story	= "the peer has the child too: it is in use; likewise behind message 3 when it set the commit bit",
		.role	= IKE_RESPONDER,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.need	= P(V1_PAYLOAD_HASH),
		.may	= P(V1_PAYLOAD_NOTIFICATION),
		.in_sk	= true,
		.run	= confirmed,
	},
};

const struct ike_exchange v1_quick_mode = {
	.type = V1_EXCHANGE_QUICK_MODE,
	.name = "Quick Mode",
	.step = steps,
	.n = sizeof(steps) / sizeof(steps[0]),
};
