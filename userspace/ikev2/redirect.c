// SPDX-License-Identifier: GPL-2.0
/*
 * Sent to another gateway.
 *
 *   N(REDIRECT), N(REDIRECTED_FROM):  type of the gateway's identity | its length | identity [| nonce]
 *
 * In the answer to IKE_SA_INIT nobody is authenticated: only who saw our nonce is obeyed (RFC 5685 §3), and
 * the gateway at the end of the way has to prove itself like the first one.
 *
 * RFCs: 5685 §3, §5, §6, §7.
 */
#include "ikev2/redirect.h"

#include <stdio.h>
#include <string.h>

#include "ike/conn.h"
#include "ike/connect.h"
#include "ikev2/sk.h"
#include "ikev2/v2_sa.h"

enum { GATEWAY_IPV4 = 1, GATEWAY_IPV6 = 2, GATEWAY_FQDN = 3 };	/* §7.2 */

static bool is_name(struct kw_span s)
{
	if (!s.len || s.len >= CONN_REDIRECT_LEN || s.p[0] == '-')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') &&
		    s.p[i] != '-' && s.p[i] != '.')
			return false;
	return true;
}

/* The gateway as text, and what follows it. */
static bool read_gateway(struct kw_span data, char host[CONN_REDIRECT_LEN], struct kw_span *rest)
{
	struct kw_reader r = kw_reader(data);
	uint8_t type = kw_get_u8(&r), len = kw_get_u8(&r);
	struct kw_span id = kw_get_span(&r, len);
	char text[ADDR_STRLEN];
	struct ip_addr a;

	*rest = kw_get_rest(&r);
	if (r.bad)
		return false;
	if (type == GATEWAY_FQDN && is_name(id)) {
		memcpy(host, id.p, id.len);
		host[id.len] = '\0';
		return true;
	}
	if (!(type == GATEWAY_IPV4 && len == 4) && !(type == GATEWAY_IPV6 && len == 16))
		return false;
	a = ip_addr_from_bytes(type == GATEWAY_IPV4 ? AF_INET : AF_INET6, id.p);
	snprintf(host, CONN_REDIRECT_LEN, "%s", ip_addr_print(text, &a));
	return true;
}

void v2_redirect_offer(struct ike_run *run)
{
	const struct conn *c = run->sa->conn;
	const struct ip_addr *from = &c->redirect.from;
	uint8_t buf[2 + 16];
	struct kw_writer w = kw_writer(buf, sizeof(buf));

	if (!c->conf->redirect)
		return;
	if (!c->redirect.host[0]) {
		v2_put_notify(run, N_REDIRECT_SUPPORTED, KW_SPAN(NULL, 0));
		return;
	}
	kw_put_u8(&w, from->family == AF_INET ? GATEWAY_IPV4 : GATEWAY_IPV6);
	kw_put_u8(&w, (uint8_t)ip_addr_len(from));
	kw_put_span(&w, KW_SPAN(from->b, ip_addr_len(from)));
	v2_put_notify(run, N_REDIRECTED_FROM, kw_written(&w));
}

bool v2_redirect_init(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	char host[CONN_REDIRECT_LEN];
	struct notify_payload n;
	struct kw_span nonce;

	return sa->conn->conf->redirect && message_notify(run->in, false, N_REDIRECT, &n) &&
	       read_gateway(n.data, host, &nonce) &&
	       kw_span_equal(nonce, v2_nonce_span(v2_sa(sa)->ni)) && connect_redirect(sa->conn, sa, host);
}

bool v2_redirect_authentic(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	char host[CONN_REDIRECT_LEN];
	struct notify_payload n;
	struct kw_span rest;

	if (!sa->conn->conf->redirect || sa->role != IKE_INITIATOR ||
	    !message_notify(run->in, true, N_REDIRECT, &n) || !read_gateway(n.data, host, &rest) ||
	    !connect_redirect(sa->conn, sa, host))
		return false;
	task_add(sa, IKE_TASK_IKE_DELETE, 0);
	return true;
}
