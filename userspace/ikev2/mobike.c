// SPDX-License-Identifier: GPL-2.0
/*
 * MOBIKE: an IKE SA and its children follow their initiator to other addresses.
 *
 *   HDR, SK {N(UPDATE_SA_ADDRESSES), N(NAT_DETECTION_*)}  -->
 *                                   <--  HDR, SK {N(NAT_DETECTION_*)}
 *                                   <--  HDR, SK {N(COOKIE2)}             is the initiator really there?
 *   HDR, SK {N(COOKIE2)}                                  -->
 *
 * The initiator, who began the first of a row of rekeyed IKE SAs, decides which pair of addresses is used. While the peer has not confirmed a new pair, IKE
 * uses it already and the children do not. A request that is out when addresses change goes out again
 * from the new one; the window is one, so the peer is told when that has been answered.
 *
 * RFC 4555 §3.3-3.8.
 */
#include <string.h>

#include "crypto/rand.h"
#include "ike/child.h"
#include "ike/natd.h"
#include "ike/stream.h"
#include "ikev2/create_pieces.h"
#include "ikev2/mobike.h"
#include "ikev2/natd_payload.h"
#include "ikev2/sk.h"
#include "ikev2/v2_sa.h"

#define OTHER_PATH_TRIES 3u	/* so often unanswered: another address of the peer is tried */

/* ---- IKE_AUTH ---- */

void v2_mobike_offer(struct ike_run *run)
{
	const struct ike_sa *sa = run->sa;

	if (run->out.response ? v2_sa(sa)->mobike : sa->conn->conf->mobike == CONF_MOBIKE_YES)
		v2_put_notify(run, N_MOBIKE_SUPPORTED, KW_SPAN(NULL, 0));
}

static void add_peer_addr(struct v2_sa *v2, uint8_t family, struct kw_span data)
{
	struct ip_addr a = { .family = family };

	if (data.len != ip_addr_len(&a) || v2->n_peer_addr == V2_PEER_ADDRS)
		return;
	memcpy(a.b, data.p, data.len);
	v2->peer_addr[v2->n_peer_addr++] = a;
}

/* §3.6: every such message has the whole list. */
static void read_peer_addrs(struct v2_sa *v2, const struct ike_message *m)
{
	const struct payload *p = NULL;
	struct notify_payload n;
	bool any = false;

	while ((p = message_find(m, PAYLOAD_NOTIFY, true, p))) {
		if (notify_parse(p->body, &n) || (n.type != N_ADDITIONAL_IP4_ADDRESS &&
						  n.type != N_ADDITIONAL_IP6_ADDRESS &&
						  n.type != N_NO_ADDITIONAL_ADDRESSES))
			continue;
		if (!any)
			v2->n_peer_addr = 0;
		any = true;
		if (n.type != N_NO_ADDITIONAL_ADDRESSES)
			add_peer_addr(v2, n.type == N_ADDITIONAL_IP4_ADDRESS ? AF_INET : AF_INET6,
				      n.data);
	}
}

void v2_mobike_read(struct ike_sa *sa, const struct ike_message *m)
{
	enum conf_mobike wanted = sa->conn->conf->mobike;
	struct notify_payload n;

	v2_sa(sa)->mobike = message_notify(m, true, N_MOBIKE_SUPPORTED, &n) &&
			    (sa->role == IKE_INITIATOR ? wanted == CONF_MOBIKE_YES :
							 wanted != CONF_MOBIKE_NO);
	if (v2_sa(sa)->mobike)
		read_peer_addrs(v2_sa(sa), m);
}

/* ---- the peer moves ---- */

/* §3.5: the peer insists on the addresses that it put on the packet. */
static bool nat_forbidden(const struct ike_message *m)
{
	size_t len = ip_addr_len(&m->remote.addr);
	struct notify_payload n;
	uint8_t want[2 * 16 + 2 * 2];
	struct kw_writer w = kw_writer(want, sizeof(want));

	if (!message_notify(m, true, N_NO_NATS_ALLOWED, &n))
		return false;
	kw_put_span(&w, KW_SPAN(m->remote.addr.b, len));
	kw_put_span(&w, KW_SPAN(m->local.addr.b, len));
	kw_put_be16(&w, m->remote.port);
	kw_put_be16(&w, m->local.port);
	return !kw_span_equal(n.data, kw_written(&w));
}

static void adopt_path(struct ike_sa *sa, const struct ike_message *m)
{
	struct endpoint from = sa->remote;

	sa->socket = m->socket;
	sa->local = m->local;
	sa->remote = m->remote;
	v2_read_natd(sa, m, true);
	natd_moved(sa, &from);
}

bool v2_mobike_informed(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v2_sa *v2 = v2_sa(sa);
	struct notify_payload n, cookie;
	bool update = v2->mobike && sa->contact.role == IKE_RESPONDER &&
		      message_notify(run->in, true, N_UPDATE_SA_ADDRESSES, &n);
	bool asks = message_notify(run->in, true, N_COOKIE2, &cookie) && cookie.data.len >= 8 &&
		    cookie.data.len <= 64;

	if (v2->mobike)
		read_peer_addrs(v2, run->in);
	if (v2->mobike && nat_forbidden(run->in)) {
		exchange_notify(run, N_UNEXPECTED_NAT_DETECTED);
		return true;
	}
	if ((!update && !asks) || exchange_begin(run, EXCHANGE_INFORMATIONAL))
		return false;
	if (update) {
		adopt_path(sa, run->in);
		v2_put_natd(run);
		task_add(sa, IKE_TASK_MOVE, 0);
	}
	if (asks)
		v2_put_notify(run, N_COOKIE2, cookie.data);
	return true;
}

/* ---- we move, or look where the peer is ---- */

enum ike_verdict v2_move_start(struct ike_run *run)
{
	struct v2_sa *v2 = v2_sa(run->sa);

	if (exchange_begin(run, EXCHANGE_INFORMATIONAL))
		return IKE_DROP;
	if (run->sa->contact.role == IKE_INITIATOR) {
		v2->move_again = false;
		v2_put_notify(run, N_UPDATE_SA_ADDRESSES, KW_SPAN(NULL, 0));
		v2_put_natd(run);
		return IKE_OK;
	}
	/* §3.7: return routability */
	rand_bytes(v2->cookie2, sizeof(v2->cookie2));
	v2_put_notify(run, N_COOKIE2, KW_SPAN(v2->cookie2, sizeof(v2->cookie2)));
	return IKE_OK;
}

static bool cookie2_came_back(const struct ike_run *run)
{
	const struct v2_sa *v2 = v2_sa(run->sa);
	struct notify_payload n;

	return message_notify(run->in, true, N_COOKIE2, &n) &&
	       kw_span_equal(n.data, KW_SPAN(v2->cookie2, sizeof(v2->cookie2)));
}

enum ike_verdict v2_move_answered(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct endpoint here = sa->remote;
	char a[ENDPOINT_STRLEN], b[ENDPOINT_STRLEN];
	struct notify_payload n;

	run->task_done = true;
	if (sa->contact.role == IKE_RESPONDER) {
		if (cookie2_came_back(run))
			return IKE_OK;
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the peer moved, but does not prove that it is at its new address");
		return IKE_FAIL;
	}
	if (message_error_notify(run->in, true, &n)) {
		failure_set(&run->failure, FAILURE_PEER, "the peer does not follow us: %s",
			    n.type == N_UNACCEPTABLE_ADDRESSES ? "UNACCEPTABLE_ADDRESSES" :
								 "it refuses the new addresses");
		conn_fail(sa->conn, &run->failure);
		run->failure.kind = FAILURE_NONE;
		return IKE_OK;
	}
	/* What was sent names addresses that are old by now. */
	if (v2_sa(sa)->move_again) {
		run->task_done = false;
		return v2_try_again(run, 0);
	}
	v2_read_natd(sa, run->in, true);
	natd_moved(sa, &here);
	natd_keepalive_start(sa);
	log_info(conn_name(sa->conn), "we moved: now from %s to %s", endpoint_print(a, &sa->local),
		 endpoint_print(b, &sa->remote));
	engine_event(sa->e, EVENT_MOVED, sa->conn, sa->id, 0, 0, "we moved: now from %s to %s", a, b);
	return IKE_OK;
}

static bool may_move(const struct ike_sa *sa)
{
	return sa->state == IKE_ST_ESTABLISHED && sa->contact.role == IKE_INITIATOR && v2_sa(sa)->mobike &&
	       !ip_addr_is_set(&sa->conn->conf->local_addr);
}

static void use_path(struct ike_sa *sa, const struct ip_addr *local, const struct ip_addr *remote)
{
	bool out = retransmit_pending(sa);

	if (stream_used(sa))
		stream_leave(sa);
	sa->local.addr = *local;
	sa->remote.addr = *remote;
	if (stream_used(sa))
		stream_moved(sa);
	v2_sa(sa)->move_again = true;
	task_add(sa, IKE_TASK_MOVE, 0);
	if (out)
		retransmit_now(sa);
}

/* The next address of the peer that there is a way to; the present one goes to the end of the list. */
static void use_other_address(struct ike_sa *sa)
{
	const struct env *env = sa->e->env;
	struct v2_sa *v2 = v2_sa(sa);
	struct ip_addr source;

	for (unsigned int i = 0; i < v2->n_peer_addr; i++) {
		struct ip_addr to = v2->peer_addr[0];

		memmove(&v2->peer_addr[0], &v2->peer_addr[1],
			(v2->n_peer_addr - 1) * sizeof(v2->peer_addr[0]));
		v2->peer_addr[v2->n_peer_addr - 1] = sa->remote.addr;
		if (!env->net->source(env->net_ctx, &to, &source)) {
			use_path(sa, &source, &to);
			return;
		}
	}
}

void v2_network_changed(struct ike_sa *sa)
{
	const struct env *env = sa->e->env;
	struct ip_addr source;

	if (!may_move(sa))
		return;
	sa->retransmit.tries = 0;	/* a new way deserves all of them */
	if (env->net->source(env->net_ctx, &sa->remote.addr, &source))
		use_other_address(sa);
	else if (!ip_addr_equal(&source, &sa->local.addr))
		use_path(sa, &source, &sa->remote.addr);
}

void v2_unanswered(struct ike_sa *sa, unsigned int tries)
{
	if (may_move(sa) && tries >= OTHER_PATH_TRIES)
		use_other_address(sa);
}
