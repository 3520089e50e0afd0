// SPDX-License-Identifier: GPL-2.0
/*
 * Sent to another gateway, and sending there.
 *
 *   HDR, ..., N(REDIRECT_SUPPORTED) or N(REDIRECTED_FROM, the gateway that sent us)  -->
 *                            <--  HDR, N(REDIRECT, gateway, Ni)                  in IKE_SA_INIT, IKE_SESSION_RESUME
 *                            <--  HDR, SK {IDr, AUTH, N(REDIRECT, gateway)}      in IKE_AUTH: we take it, and do not send it
 *                            <--  HDR, SK {N(REDIRECT, gateway)}                 an INFORMATIONAL of its own, later
 *
 * In the first of them nobody is authenticated: only who saw our nonce is obeyed (RFC 5685 §3), and the gateway at the
 * end of the way has to prove itself like the first one. As a gateway we keep nothing of a peer that we send away so.
 * Where it is not clear yet whom a request is for, we wait for its identity, let the peer in, and send it on at once by
 * INFORMATIONAL: what the answer to IKE_AUTH would say (§6, MAY) makes strongSwan 5.9.8 free something twice and abort.
 *
 * RFCs: 5685 §3, §5, §6, §7; 5723 §4.3.2.
 */
#include "ikev2/redirect.h"

#include <stdio.h>
#include <string.h>

#include "ike/auth.h"
#include "ike/conn.h"
#include "ike/connect.h"
#include "ikev2/sk.h"
#include "ikev2/v2_sa.h"
#include "ikev2/version.h"
#include "wire/gateway.h"

#define CANDIDATES_MAX	64u
#define SOON_MS		500u	/* the answer to IKE_AUTH is there by then */
#define GONE_MS		30000u	/* whoever was sent away deletes the IKE SA; if not, we do */

_Static_assert(CONN_REDIRECT_LEN == GATEWAY_LEN, "a connection keeps what a gateway says");

/* ---- client ---- */

void v2_redirect_offer(struct ike_run *run)
{
	const struct conn *c = run->sa->conn;
	char from[ADDR_STRLEN];
	uint8_t buf[2 + 16];
	struct kw_writer w = kw_writer(buf, sizeof(buf));

	if (!c->conf->redirect)
		return;
	if (!c->redirect.host[0])
		v2_put_notify(run, N_REDIRECT_SUPPORTED, KW_SPAN(NULL, 0));
	else if (!gateway_build(&w, ip_addr_print(from, &c->redirect.from)))
		v2_put_notify(run, N_REDIRECTED_FROM, kw_written(&w));
}

bool v2_redirect_init(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	char host[GATEWAY_LEN];
	struct notify_payload n;
	struct kw_span nonce;

	return sa->conn->conf->redirect && message_notify(run->in, false, N_REDIRECT, &n) &&
	       !gateway_parse(n.data, host, &nonce) &&
	       kw_span_equal(nonce, v2_nonce_span(v2_sa(sa)->ni)) && connect_redirect(sa->conn, sa, host);
}

bool v2_redirect_authentic(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	char host[GATEWAY_LEN];
	struct notify_payload n;
	struct kw_span rest;

	if (!sa->conn->conf->redirect || sa->role != IKE_INITIATOR ||
	    !message_notify(run->in, true, N_REDIRECT, &n) || gateway_parse(n.data, host, &rest) ||
	    !connect_redirect(sa->conn, sa, host))
		return false;
	task_add(sa, IKE_TASK_IKE_DELETE, 0);
	return true;
}

/* ---- gateway ---- */

/* Who was sent here is not sent back. An empty word of where from is none. */
void v2_redirect_read(struct ike_sa *sa, const struct ike_message *m)
{
	struct v2_sa *v2 = v2_sa(sa);
	char from[GATEWAY_LEN];
	struct notify_payload n;
	struct kw_span rest;

	if (message_notify(m, false, N_REDIRECTED_FROM, &n)) {
		v2->redirects = true;
		if (!gateway_parse(n.data, from, &rest))
			ip_addr_parse(&v2->sent_by, from);
		return;
	}
	v2->redirects = message_notify(m, false, N_REDIRECT_SUPPORTED, &n);
}

static const char *goal(const struct conn *c)
{
	return c->send_on ? c->send_on : c->conf->redirect_to;
}

static bool would_go_back(const struct ike_sa *sa, const char *host)
{
	const struct ip_addr *from = &v2_sa(sa)->sent_by;
	struct ip_addr to;

	return ip_addr_is_set(from) && !ip_addr_parse(&to, host) && ip_addr_equal(from, &to);
}

/* Where this peer is sent; NULL: nowhere. */
static const char *way_of(const struct ike_sa *sa, const struct conn *c)
{
	const char *host = goal(c);

	return host && v2_sa(sa)->redirects && !would_go_back(sa, host) ? host : NULL;
}

static bool all_go_there(struct ike_run *run, const char *host)
{
	struct conn *c[CANDIDATES_MAX];
	unsigned int n = auth_candidates(run->sa->e, run->sa->version, &run->in->local.addr, &run->in->remote.addr, c,
					 CANDIDATES_MAX);

	for (unsigned int i = 0; i < n; i++)
		if (!goal(c[i]) || strcmp(goal(c[i]), host) != 0)
			return false;
	return n < CANDIDATES_MAX;
}

const char *v2_redirect_before(struct ike_run *run, const struct conn *c, bool sure)
{
	const char *host = way_of(run->sa, c);

	return host && (sure || all_go_there(run, host)) ? host : NULL;
}

static int put_redirect(struct ike_run *run, const char *host, struct kw_span nonce)
{
	uint8_t buf[2 + GATEWAY_LEN + IKE_NONCE_MAX];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	int ret = gateway_build(&w, host);

	if (ret)
		return ret;
	kw_put_span(&w, nonce);
	v2_put_notify(run, N_REDIRECT, kw_written(&w));
	return 0;
}

enum ike_verdict v2_redirect_away(struct ike_run *run, const char *host)
{
	struct ike_sa *sa = run->sa;
	char from[ENDPOINT_STRLEN];

	if (exchange_begin(run, run->in->h.exchange) ||
	    put_redirect(run, host, v2_nonce_span(v2_sa(sa)->ni)))
		return IKE_FAIL;
	log_debug(endpoint_print(from, &run->in->remote), "sent on to %s", host);
	run->notify.type = N_REDIRECT;	/* like all that refuses, the answer has no SPI of ours */
	ike_sa_close(sa, NULL);
	return IKE_OK;
}

void v2_redirect_soon(struct ike_sa *sa)
{
	if (way_of(sa, sa->conn))
		task_add_later(sa, IKE_TASK_REDIRECT, 0, SOON_MS);
}

enum ike_verdict v2_redirect_start(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const char *host = way_of(sa, sa->conn);

	if (!host || exchange_begin(run, EXCHANGE_INFORMATIONAL) || put_redirect(run, host, KW_SPAN(NULL, 0)))
		return IKE_DROP;
	log_info(conn_name(sa->conn), "sending the peer of IKE SA #%llu on to %s", (unsigned long long)sa->id, host);
	return IKE_OK;
}

enum ike_verdict v2_redirect_heard(struct ike_run *run)
{
	run->task_done = true;
	task_add_later(run->sa, IKE_TASK_IKE_DELETE, 0, GONE_MS);
	return IKE_OK;
}
