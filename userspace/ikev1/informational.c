// SPDX-License-Identifier: GPL-2.0
/*
 * Informational exchanges: one message each, and nobody says that it arrived.
 *
 *   HDR*, HASH(1), N or D  -->          protected, once there are keys
 *   HDR, N                 -->          before that: a hint at most
 *
 * Only dead peer detection has an answer, R-U-THERE-ACK with the question's number; the question is asked again as a
 * new exchange each time, since a peer may take the same message only once.
 *
 * RFCs: 2407 §4.6.3 (status notifies), 2408 §3.14-3.15, §4.8, 2409 §5.7, 3706 §5-6.
 */
#include <string.h>

#include "crypto/rand.h"
#include "ike/child.h"
#include "ike/connect.h"
#include "ikev1/group.h"
#include "ikev1/informational.h"
#include "ikev1/packet.h"
#include "ikev1/phase1.h"
#include "ikev1/quick.h"
#include "wire/names_v1.h"
#include "wire/payload_v1.h"

#define SPI_LEN		4u
#define COOKIES_LEN	(2u * IKE_SPI_LEN)

/* ---- delete ---- */

static void say_delete(struct ike_sa *sa, uint8_t protocol, struct kw_span spi)
{
	uint8_t body[32];
	struct kw_writer w = kw_writer(body, sizeof(body));
	const struct v1_delete_payload d = {
		.doi = DOI_IPSEC, .protocol = protocol, .spi_len = spi.len, .n = 1, .spis = spi,
	};

	v1_delete_build(&w, &d);
	v1_inform(sa, V1_PAYLOAD_DELETE, kw_written(&w));
}

static void say_spi_delete(struct ike_sa *sa, uint8_t protocol, uint32_t spi)
{
	uint8_t spi_be[SPI_LEN];
	struct kw_writer w = kw_writer(spi_be, sizeof(spi_be));

	kw_put_be32(&w, spi);
	say_delete(sa, protocol, kw_written(&w));
}

static void say_child_delete(struct ike_sa *sa, const struct child_sa *c)
{
	say_spi_delete(sa, c->protocol == PROTO_AH ? V1_PROTO_AH : V1_PROTO_ESP, c->spi_in);
	if (c->ah_in)
		say_spi_delete(sa, V1_PROTO_AH, c->ah_in);
}

void v1_say_ike_delete(struct ike_sa *sa)
{
	uint8_t cookies[COOKIES_LEN];

	memcpy(cookies, sa->spi_i, IKE_SPI_LEN);
	memcpy(cookies + IKE_SPI_LEN, sa->spi_r, IKE_SPI_LEN);
	say_delete(sa, V1_PROTO_ISAKMP, KW_SPAN(cookies, sizeof(cookies)));
}

void v1_tell_failed(struct ike_sa *sa)
{
	uint8_t body[64];
	struct kw_writer w = kw_writer(body, sizeof(body));

	v1_build_notify(&w, sa, V1_N_AUTHENTICATION_FAILED, KW_SPAN(NULL, 0));
	v1_inform(sa, V1_PAYLOAD_NOTIFICATION, kw_written(&w));
	v1_say_ike_delete(sa);
}

enum ike_verdict v1_child_delete_start(struct ike_run *run)
{
	struct child_sa *c = child_find(run->sa->e, run->task->child_id);

	/* It may have gone over to another ISAKMP SA meanwhile. */
	if (c && c->sa != run->sa)
		task_add(c->sa, IKE_TASK_CHILD_DELETE, c->id);
	if (!c || c->sa != run->sa)
		return IKE_DROP;
	say_child_delete(run->sa, c);
	child_set_state(c, CHILD_DELETING);
	child_remove(c);
	v1_children_missing(run->sa->conn);
	run->task_done = true;
	return IKE_OK;
}

enum ike_verdict v1_ike_delete_start(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct list *l;

	connect_inherit(sa);
	list_for_each(l, &sa->children) {
		const struct child_sa *c = list_entry(l, struct child_sa, node);

		if (c->state != CHILD_LARVAL)
			say_child_delete(sa, c);
	}
	v1_say_ike_delete(sa);
	ike_sa_close(sa, NULL);
	return IKE_OK;
}

/* AH around ESP goes with the first of its two. */
static void delete_child(struct ike_sa *sa, uint8_t protocol, uint32_t spi)
{
	struct child_sa *c = child_by_spi_out(sa, protocol, spi);

	if (!c)
		return;
	log_info(conn_name(sa->conn), "the peer deletes child #%llu", (unsigned long long)c->id);
	child_remove(c);
	v1_children_missing(sa->conn);
}

/* true: the ISAKMP SA itself. */
static bool delete_one(struct ike_sa *sa, const struct v1_delete_payload *d, struct kw_span spi)
{
	struct kw_reader r = kw_reader(spi);

	if ((d->protocol == V1_PROTO_ESP || d->protocol == V1_PROTO_AH) && d->spi_len == SPI_LEN)
		delete_child(sa, d->protocol == V1_PROTO_AH ? PROTO_AH : PROTO_ESP, kw_get_be32(&r));
	return d->protocol == V1_PROTO_ISAKMP && d->spi_len == COOKIES_LEN &&
	       !memcmp(spi.p, sa->spi_i, IKE_SPI_LEN) &&
	       !memcmp(spi.p + IKE_SPI_LEN, sa->spi_r, IKE_SPI_LEN);
}

static enum ike_verdict asked_to_delete(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct payload *p = NULL;
	struct v1_delete_payload d;
	bool whole = false;
	char why[80];

	while ((p = message_find(run->in, V1_PAYLOAD_DELETE, true, p))) {
		if (v1_delete_parse(p->body, &d, why, sizeof(why)) || d.doi != DOI_IPSEC)
			continue;
		for (unsigned int i = 0; i < d.n; i++)
			whole |= delete_one(sa, &d, KW_SPAN(d.spis.p + i * d.spi_len, d.spi_len));
	}
	if (!whole)
		return IKE_OK;
	if (!sa->replaced_by)
		log_info(conn_name(sa->conn), "the peer deletes ISAKMP SA #%llu",
			 (unsigned long long)sa->id);
	ike_sa_close(sa, NULL);
	return IKE_OK;
}

/* ---- dead peer detection ---- */

static void say_dpd(struct ike_sa *sa, uint16_t type, uint32_t number)
{
	uint8_t body[64], be[4];
	struct kw_writer w = kw_writer(body, sizeof(body)), n = kw_writer(be, sizeof(be));

	kw_put_be32(&n, number);
	v1_build_notify(&w, sa, type, kw_written(&n));
	v1_inform(sa, V1_PAYLOAD_NOTIFICATION, kw_written(&w));
}

static void ask_again(void *arg)
{
	struct ike_sa *sa = arg;
	struct v1_sa *v1 = v1_sa(sa);
	struct engine *e = sa->e;
	uint64_t ms = e->settings.retransmit_ms;

	engine_enter(e);
	if (v1->dpd_tries >= e->settings.retransmit_tries) {
		sa->retransmit.tries = v1->dpd_tries;
		exchange_timeout(sa);
	} else {
		for (unsigned int i = 0; i < v1->dpd_tries && ms < 60000; i++)
			ms = ms * 9 / 5;
		v1->dpd_tries++;
		say_dpd(sa, V1_N_R_U_THERE, ++v1->dpd_sent);
		engine_timer(e, &v1->dpd_timer, engine_jitter(ms, 10), ask_again, sa);
	}
	engine_leave(e);
}

enum ike_verdict v1_probe_start(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v1_sa *v1 = v1_sa(sa);

	/* RFC 3706 §5.2: only who announced it is asked. */
	if (!v1->dpd)
		return IKE_DROP;
	if (!v1->dpd_sent)
		v1->dpd_sent = rand_below(INT32_MAX);	/* §6.2 */
	v1->dpd_tries = 0;
	sa->retransmit.first_ms = engine_now(sa->e);
	ask_again(sa);
	return IKE_OK;
}

/* §5.3: the cookies are those of this SA, the number is that of our question. */
static bool number_of(const struct ike_sa *sa, const struct v1_notify_payload *n, uint32_t *number)
{
	struct kw_reader r = kw_reader(n->data);

	*number = kw_get_be32(&r);
	return !r.bad && n->spi.len == COOKIES_LEN && !memcmp(n->spi.p, sa->spi_i, IKE_SPI_LEN) &&
	       !memcmp(n->spi.p + IKE_SPI_LEN, sa->spi_r, IKE_SPI_LEN);
}

static enum ike_verdict alive(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v1_sa *v1 = v1_sa(sa);
	struct v1_notify_payload n;
	uint32_t number;

	if (!v1_notify(run->in, true, V1_N_R_U_THERE_ACK, &n) || !number_of(sa, &n, &number) ||
	    number > v1->dpd_sent || number + v1->dpd_tries <= v1->dpd_sent)
		return IKE_DROP;
	engine_timer_stop(sa->e, v1->dpd_timer);
	/* A child may have been lost between two ISAKMP SAs, where nobody was to ask for it again. */
	v1_children_missing(sa->conn);
	run->task_done = true;
	return IKE_OK;
}

static void are_you_there(struct ike_sa *sa, const struct v1_notify_payload *n)
{
	uint32_t number;

	if (!number_of(sa, n, &number))
		return;
	v1_sa(sa)->dpd_last = number;
	say_dpd(sa, V1_N_R_U_THERE_ACK, number);
}

/* ---- other news ---- */

static void one_notify(struct ike_run *run, const struct v1_notify_payload *n)
{
	struct ike_sa *sa = run->sa;

	switch (n->type) {
	case V1_N_R_U_THERE:
		are_you_there(sa, n);
		break;
	case V1_N_INITIAL_CONTACT:
		connect_on_contact(sa->conn, sa);
		break;
	case V1_N_R_U_THERE_ACK:
	case V1_N_REPLAY_STATUS:
		break;
	default:
		if (n->type < V1_N_STATUS_FIRST)
			log_warn(conn_name(sa->conn), "the peer reports %s", v1_notify_name(n->type));
		else
			log_debug(conn_name(sa->conn), "the peer tells %s", v1_notify_name(n->type));
	}
}

static enum ike_verdict informed(struct ike_run *run)
{
	const struct payload *p = NULL;
	struct v1_notify_payload n;

	while (v1_next_notify(run->in, true, &p, &n))
		one_notify(run, &n);
	return IKE_OK;
}

static enum ike_verdict refused(struct ike_run *run)
{
	const struct payload *p = NULL;
	struct v1_notify_payload n;

	while (v1_next_notify(run->in, true, &p, &n))
		if (n.type < V1_N_STATUS_FIRST)
			return run->task->type == IKE_TASK_GROUP ? v1_group_refused(run, &n)
								 : v1_quick_refused(run, &n);
	return IKE_DROP;
}

/* The peer has our keys, and does not believe our proof all the same. */
static enum ike_verdict proof_refused(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct payload *p = message_find(run->in, V1_PAYLOAD_NOTIFICATION, true, NULL);
	struct v1_notify_payload n = { 0 };
	char why[80], id[IDENT_STRLEN];

	if (!p || v1_notify_parse(p->body, &n, why, sizeof(why)) || n.type >= V1_N_STATUS_FIRST)
		return IKE_DROP;
	ident_print(id, sa->local_id.type, KW_SPAN(sa->local_id.data, sa->local_id.len));
	failure_set(&run->failure, FAILURE_REFUSED,
		    "the peer refused our authentication as \"%s\" (%s): it expects another identity, or "
		    "does not trust our key. Its log says which",
		    id, v1_notify_name(n.type));
	return IKE_FAIL;
}

#define LIVE	(IN(IKE_ST_PROVED) | IN(IKE_ST_ESTABLISHED) | IN(IKE_ST_REKEYED))
#define OTHERS	(P(V1_PAYLOAD_HASH) | P(V1_PAYLOAD_VENDOR))

static const struct ike_step steps[] = {
	{
		.story	= "the peer deletes children or the ISAKMP SA",
		.role	= IKE_RESPONDER,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.need	= P(V1_PAYLOAD_HASH) | P(V1_PAYLOAD_DELETE),
		.may	= P(V1_PAYLOAD_NOTIFICATION) | OTHERS,
		.in_sk	= true,
		.run	= asked_to_delete,
	},
	{
		.story	= "the peer asks whether we live, or has news",
		.role	= IKE_RESPONDER,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.need	= P(V1_PAYLOAD_HASH) | P(V1_PAYLOAD_NOTIFICATION),
		.may	= OTHERS,
		.in_sk	= true,
		.run	= informed,
	},
	{
		.story	= "the peer lives",
		.role	= IKE_INITIATOR,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.need	= P(V1_PAYLOAD_HASH) | P(V1_PAYLOAD_NOTIFICATION),
		.may	= OTHERS,
		.in_sk	= true,
		.task	= DOING(IKE_TASK_PROBE),
		.run	= alive,
	},
	{
		.story	= "our quick mode, or our group, is refused",
		.role	= IKE_INITIATOR,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.need	= P(V1_PAYLOAD_HASH) | P(V1_PAYLOAD_NOTIFICATION),
		.may	= OTHERS,
		.in_sk	= true,
		.task	= DOING(IKE_TASK_CHILD_NEW) | DOING(IKE_TASK_CHILD_REKEY) | DOING(IKE_TASK_GROUP),
		.run	= refused,
	},
	{
		.story	= "our proof is refused",
		.role	= IKE_RESPONDER,
		.from	= IN(IKE_ST_AUTH_SENT),
		.to	= IKE_ST_SAME,
		.need	= P(V1_PAYLOAD_HASH) | P(V1_PAYLOAD_NOTIFICATION),
		.may	= OTHERS,
		.in_sk	= true,
		.run	= proof_refused,
	},
	{
		.story	= "somebody says in the clear that we are refused: a hint",
		.role	= IKE_RESPONDER,
		.from	= IN(IKE_ST_INIT_SENT) | IN(IKE_ST_KE_SENT) | IN(IKE_ST_AUTH_SENT),
		.to	= IKE_ST_SAME,
		.need	= P(V1_PAYLOAD_NOTIFICATION),
		.may	= OTHERS,
		.run	= v1_hint,
	},
};

const struct ike_exchange v1_informational = {
	.type = V1_EXCHANGE_INFORMATIONAL,
	.name = "Informational",
	.step = steps,
	.n = sizeof(steps) / sizeof(steps[0]),
};
