// SPDX-License-Identifier: GPL-2.0
/*
 * INFORMATIONAL: delete, liveness, errors.
 *
 *   HDR, SK {[D,] [N+]}  -->
 *                        <--  HDR, SK {[D]}
 *
 * RFCs: 7296 §1.4, §1.4.1 (delete), §2.4 (liveness), §2.21.2-3, §2.25 (collisions).
 */
#include <string.h>

#include "ike/connect.h"
#include "ike/exchange.h"
#include "ike/rekey.h"
#include "ikev2/collide.h"
#include "ikev2/crash.h"
#include "ikev2/eap.h"
#include "ikev2/mobike.h"
#include "ikev2/redirect.h"
#include "ikev2/refresh.h"
#include "ikev2/rekey_ike.h"
#include "ikev2/resume.h"
#include "ikev2/nego.h"
#include "ikev2/sk.h"
#include "ikev2/version.h"
#include "wire/names.h"

#define CHILD_SPI_LEN	4u
#define DELETES_MAX	256u	/* SPIs of one answer */

/* ---- what we ask ---- */

static void put_delete(struct ike_run *run, uint8_t protocol, struct kw_span spis)
{
	uint8_t spi_len = protocol == PROTO_IKE ? 0 : CHILD_SPI_LEN;

	chain_open(&run->out.chain, PAYLOAD_DELETE);
	delete_build(&run->out.w, protocol, spi_len, spi_len ? spis.len / spi_len : 0, spis);
}

enum ike_verdict v2_probe_start(struct ike_run *run)
{
	if (exchange_begin(run, EXCHANGE_INFORMATIONAL))
		return IKE_DROP;
	v2_crash_pad(run);
	return IKE_OK;
}

enum ike_verdict v2_child_delete_start(struct ike_run *run)
{
	struct child_sa *c = child_find(run->sa->e, run->task->child_id);
	uint8_t spi[CHILD_SPI_LEN];
	struct kw_writer w = kw_writer(spi, sizeof(spi));

	if (!c || c->sa != run->sa || exchange_begin(run, EXCHANGE_INFORMATIONAL))
		return IKE_DROP;
	child_set_state(c, CHILD_DELETING);
	kw_put_be32(&w, c->spi_in);
	put_delete(run, c->protocol, kw_written(&w));
	return IKE_OK;
}

/* What is left of the children goes at once: the peer may be slow to answer, or dead. */
static void remove_children(struct ike_sa *sa)
{
	struct list *l, *tmp;

	list_for_each_safe(l, tmp, &sa->children)
		child_remove(list_entry(l, struct child_sa, node));
}

enum ike_verdict v2_ike_delete_start(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;

	if (exchange_begin(run, EXCHANGE_INFORMATIONAL))
		return IKE_FAIL;
	v2_ticket_void(sa);
	if (run->task->auth_failed)
		v2_put_notify(run, N_AUTHENTICATION_FAILED, KW_SPAN(NULL, 0));
	put_delete(run, PROTO_IKE, KW_SPAN(NULL, 0));
	ike_sa_set_state(sa, IKE_ST_DELETING);	/* first: the end of its children starts nothing new here */
	remove_children(sa);
	return IKE_OK;
}

/* ---- what we are asked ---- */

/* One of the peer's SPIs to delete: ours that goes with it is added to the answer (§1.4.1). */
static void delete_one(struct ike_run *run, uint8_t protocol, uint32_t spi, struct kw_writer *answer)
{
	struct ike_sa *sa = run->sa;
	struct child_sa *c = child_by_spi_out(sa, protocol, spi);

	if (!c || v2_collide(sa, ASK_CHILD_DELETE, c) == COLLIDE_QUIET) {
		if (c)
			child_remove(c);
		return;
	}
	log_info(conn_name(sa->conn), "the peer deletes child #%llu", (unsigned long long)c->id);
	kw_put_be32(answer, c->spi_in);
	child_remove(c);
}

/* Those of one protocol, and a payload for them in the answer. */
static void delete_protocol(struct ike_run *run, uint8_t protocol)
{
	const struct payload *p = NULL;
	struct delete_payload d;
	uint8_t mem[DELETES_MAX * CHILD_SPI_LEN];
	struct kw_writer answer = kw_writer(mem, sizeof(mem));

	while ((p = message_find(run->in, PAYLOAD_DELETE, true, p))) {
		struct kw_reader r;

		if (delete_parse(p->body, &d) || d.protocol != protocol || d.spi_len != CHILD_SPI_LEN)
			continue;
		r = kw_reader(d.spis);
		while (kw_reader_left(&r) >= CHILD_SPI_LEN && answer.len < sizeof(mem))
			delete_one(run, protocol, kw_get_be32(&r), &answer);
	}
	if (answer.len)
		put_delete(run, protocol, kw_written(&answer));
}

static enum ike_verdict delete_children(struct ike_run *run)
{
	if (exchange_begin(run, EXCHANGE_INFORMATIONAL))
		return IKE_DROP;
	v2_ike_settled_by_peer(run->sa);
	delete_protocol(run, PROTO_ESP);
	delete_protocol(run, PROTO_AH);
	return IKE_OK;
}

static bool deletes_ike(const struct ike_message *m)
{
	const struct payload *p = NULL;
	struct delete_payload d;

	while ((p = message_find(m, PAYLOAD_DELETE, true, p)))
		if (!delete_parse(p->body, &d) && d.protocol == PROTO_IKE)
			return true;
	return false;
}

static enum ike_verdict delete_ike(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct notify_payload n;
	struct failure why = { 0 };

	if (exchange_begin(run, EXCHANGE_INFORMATIONAL))
		return IKE_FAIL;
	/* §2.25.2: our own rekey of it is forgotten; one of the peer's that we answered meanwhile counts. */
	v2_ike_adopt_met(sa);
	v2_ticket_void(sa);
	if (message_notify(run->in, true, N_AUTHENTICATION_FAILED, &n))
		failure_set(&why, FAILURE_REFUSED,
			    "the peer does not accept our proof and closed the IKE SA "
			    "(AUTHENTICATION_FAILED)");
	if (sa->state == IKE_ST_ESTABLISHED && !sa->replaced_by)
		log_info(conn_name(sa->conn), "the peer deletes IKE SA #%llu",
			 (unsigned long long)sa->id);
	ike_sa_close(sa, why.kind ? &why : NULL);
	return IKE_OK;
}

static enum ike_verdict asked_to_delete(struct ike_run *run)
{
	return deletes_ike(run->in) ? delete_ike(run) : delete_children(run);
}

/* §1.5: the peer gets packets of a child that it does not have. To rekey it finds out, and makes another. */
static void renew_lost_child(struct ike_sa *sa, const struct notify_payload *n)
{
	struct kw_reader r = kw_reader(n->data);
	const struct child_sa *c = child_by_spi_out(sa, 0, kw_get_be32(&r));

	if (c && !r.bad && c->state == CHILD_INSTALLED)
		task_add(sa, IKE_TASK_CHILD_REKEY, c->id);
}

/* Liveness checks and news: an empty answer is all they need. */
static enum ike_verdict informed(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct notify_payload n;

	if (v2_mobike_informed(run))
		return run->notify.type ? IKE_NOTIFY : IKE_OK;
	v2_redirect_authentic(run);
	if (message_notify(run->in, true, N_INVALID_SPI, &n))
		renew_lost_child(sa, &n);
	if (message_error_notify(run->in, true, &n)) {
		log_warn(conn_name(sa->conn), "the peer reports %s", notify_name(n.type));
		if (n.type == N_AUTHENTICATION_FAILED)
			return delete_ike(run);
	}
	if (exchange_begin(run, EXCHANGE_INFORMATIONAL))
		return IKE_DROP;
	v2_crash_read(sa, run->in);
	v2_ticket_take(run);
	v2_ticket_answer(run, run->in);
	return IKE_OK;
}

/* ---- answers ---- */

static enum ike_verdict alive(struct ike_run *run)
{
	run->task_done = true;
	return IKE_OK;
}

static enum ike_verdict child_deleted(struct ike_run *run)
{
	struct child_sa *c = child_find(run->sa->e, run->task->child_id);

	if (c)
		child_remove(c);
	run->task_done = true;
	return IKE_OK;
}

static enum ike_verdict ike_deleted(struct ike_run *run)
{
	ike_sa_close(run->sa, NULL);
	return IKE_OK;
}

#define LIVE (IN(IKE_ST_ESTABLISHED) | IN(IKE_ST_REKEYED) | IN(IKE_ST_DELETING))

/* §2.21.2: the initiator does not like our proof, or what became of EAP. */
static enum ike_verdict given_up(struct ike_run *run)
{
	if (exchange_begin(run, EXCHANGE_INFORMATIONAL))
		return IKE_FAIL;
	failure_set(&run->failure, FAILURE_REFUSED,
		    "the peer gave up before it had proved itself (AUTHENTICATION_FAILED): our proof, or EAP, is not to its liking. Its log says which");
	ike_sa_close(run->sa, v2_eap_told(run->sa) ? NULL : &run->failure);
	return IKE_OK;
}

static const struct ike_step steps[] = {
	{	/* 2.21.2: HDR, SK {N(AUTHENTICATION_FAILED)} --> */
		.story	= "the peer gives up before it has proved itself",
		.role	= IKE_RESPONDER,
		.from	= IN(IKE_ST_INIT_DONE) | IN(IKE_ST_KE_DONE),
		.to	= IKE_ST_SAME,
		.need	= P(PAYLOAD_NOTIFY),
		.may	= P(PAYLOAD_DELETE) | P(PAYLOAD_VENDOR),
		.notify	= N_AUTHENTICATION_FAILED,
		.in_sk	= true,
		.run	= given_up,
	},
	{	/* RFC 7296 1.4.1: HDR, SK {D} --> */
		.story	= "the peer deletes children or the IKE SA",
		.role	= IKE_RESPONDER,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.need	= P(PAYLOAD_DELETE),
		.may	= P(PAYLOAD_NOTIFY),
		.in_sk	= true,
		.run	= asked_to_delete,
	},
	{	/* 1.4: HDR, SK {[N]} --> */
		.story	= "the peer asks whether we live, or has news",
		.role	= IKE_RESPONDER,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.may	= P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR) | P(PAYLOAD_CP),
		.in_sk	= true,
		.run	= informed,
	},
	{	/* <-- HDR, SK {} */
		.story	= "the IKE SA that we deleted is gone at the peer too",
		.role	= IKE_INITIATOR,
		.from	= IN(IKE_ST_DELETING),
		.to	= IKE_ST_SAME,
		.may	= P(PAYLOAD_NOTIFY) | P(PAYLOAD_DELETE),
		.in_sk	= true,
		.task	= DOING(IKE_TASK_IKE_DELETE),
		.run	= ike_deleted,
	},
	{	/* <-- HDR, SK {[D]} */
		.story	= "the child that we deleted is gone at the peer too",
		.role	= IKE_INITIATOR,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.may	= P(PAYLOAD_NOTIFY) | P(PAYLOAD_DELETE),
		.in_sk	= true,
		.task	= DOING(IKE_TASK_CHILD_DELETE),
		.run	= child_deleted,
	},
	{	/* RFC 4555 3.5, 3.7: <-- HDR, SK {N(NAT_DETECTION_*)} or HDR, SK {N(COOKIE2)} */
		.story	= "the peer knows our new address, or has shown that it is at its own",
		.role	= IKE_INITIATOR,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.may	= P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR),
		.in_sk	= true,
		.task	= DOING(IKE_TASK_MOVE),
		.run	= v2_move_answered,
	},
	{	/* RFC 5685 5: <-- HDR, SK {} */
		.story	= "the peer that we send to another gateway has heard it",
		.role	= IKE_INITIATOR,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.may	= P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR),
		.in_sk	= true,
		.task	= DOING(IKE_TASK_REDIRECT),
		.run	= v2_redirect_heard,
	},
	{	/* RFC 5723 4.1: <-- HDR, SK {N(TICKET_LT_OPAQUE)} */
		.story	= "the peer has what we asked for behind a rekeying of the IKE SA",
		.role	= IKE_INITIATOR,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.may	= P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR),
		.in_sk	= true,
		.task	= DOING(IKE_TASK_REFRESH),
		.run	= v2_refreshed,
	},
	{	/* 2.4: <-- HDR, SK {} */
		.story	= "the peer lives",
		.role	= IKE_INITIATOR,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.may	= P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR),
		.in_sk	= true,
		.task	= DOING(IKE_TASK_PROBE),
		.run	= alive,
	},
};

const struct ike_exchange v2_informational = {
	.type = EXCHANGE_INFORMATIONAL,
	.name = "INFORMATIONAL",
	.step = steps,
	.n = sizeof(steps) / sizeof(steps[0]),
};
