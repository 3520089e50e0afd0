// SPDX-License-Identifier: GPL-2.0
/*
 * How phase 1 begins: whose a first message is, and what messages 1 and 2 of it agree on.
 *
 *   main mode        HDR, SA, VID+       -->  <--  HDR, SA, VID+
 *   base exchange    HDR, SA, Ni, VID+   -->  <--  HDR, SA, Nr, VID+
 *
 * Aggressive mode has more in them; what it shares stands here too.
 *
 * RFCs: 2407 §4.2 (situation); 2408 §4.4-4.7, §5; 2409 §5.
 */
#include <string.h>

#include "ike/connect.h"
#include "ike/demux.h"
#include "ike/rekey.h"
#include "ike/sa_table.h"
#include "ikev1/phase1.h"
#include "wire/payload_v1.h"

#define CANDIDATES_MAX	64u

/* ---- what is agreed ---- */

uint16_t v1_read_sa(struct ike_run *run, struct sa_v1 *out)
{
	const struct payload *p = message_find(run->in, V1_PAYLOAD_SA, false, NULL);
	char why[160] = "no SA payload";

	/* The first thing read of a message, and in aggressive mode read again. */
	kw_arena_reset(&run->in->arena);
	if (!p || sa_v1_parse(p->body, out, &run->in->arena, why, sizeof(why))) {
		failure_set(&run->failure, FAILURE_PROTOCOL, "the peer's SA payload: %s", why);
		return V1_N_BAD_PROPOSAL_SYNTAX;
	}
	if (out->doi != DOI_IPSEC)
		return V1_N_DOI_NOT_SUPPORTED;
	/* RFC 2407 §4.2: labels of secrecy and integrity are read, and not obeyed. */
	return out->situation == SIT_IDENTITY_ONLY ? 0 : V1_N_SITUATION_NOT_SUPPORTED;
}

bool v1_phase1_answered(struct ike_run *run, struct v1_transform *t)
{
	struct ike_sa *sa = run->sa;
	struct failure f = { 0 };
	struct sa_v1 answer;

	if (v1_read_sa(run, &answer)) {
		run->failure.kind = FAILURE_NONE;
		return false;
	}
	if (!v1_accept_phase1(sa->conn, v1_auth_method_of(sa->conn, sa->role), &answer, t, &f)) {
		failure_set(&f, FAILURE_PROPOSAL,
			    "the peer chose what we did not offer: %.400s", f.theirs);
		*ike_sa_hint(sa) = f;
		return false;
	}
	ike_sa_forget_hint(sa);
	memcpy(sa->spi_r, run->in->h.spi_r, sizeof(sa->spi_r));
	v1_adopt(sa, t);
	v1_read_vendors(sa, run->in, false);
	return true;
}

void v1_warn_of_psk(const struct ike_sa *sa)
{
	uint32_t held;

	if (sa->conn->conf->local_auth == CONF_AUTH_PSK && log_limit_ok(&sa->e->noise, engine_now(sa->e), 10, &held))
		log_warn(conn_name(sa->conn), "%s with a pre-shared key: whoever sees it%s can guess the key offline",
			 sa->conn->conf->aggressive ? "aggressive mode" : "base exchange",
			 sa->conn->conf->aggressive ? ", or asks for it," : "");
}

/* The one way of phase 1 that a connection has. */
static bool speaks(const struct conn *c, uint8_t exchange)
{
	if (c->conf->aggressive)
		return exchange == V1_EXCHANGE_AGGRESSIVE;
	return exchange == (c->conf->base_exchange ? V1_EXCHANGE_BASE : V1_EXCHANGE_IDENTITY_PROTECTION);
}

/* Any stranger can come here: the log is not his to fill. */
static void nobody(struct ike_run *run, uint8_t exchange, unsigned int n)
{
	char from[ENDPOINT_STRLEN];
	uint32_t held = 0;

	if (!log_limit_ok(&run->sa->e->noise, engine_now(run->sa->e), 10, &held)) {
		run->failure.kind = FAILURE_NONE;
	} else if (!run->failure.kind) {
		log_warn(NULL, "no connection takes %s from %s%s (%u more of such lines held back)",
			 exchange == V1_EXCHANGE_AGGRESSIVE ? "aggressive mode"
			 : exchange == V1_EXCHANGE_BASE	    ? "the base exchange"
							    : "main mode",
			 endpoint_print(from, &run->in->remote),
			 n ? ": it is not switched on (aggressive, base-exchange)" : "", held);
	}
}

/* The connection that it is for, and what was agreed. NULL with run->failure. */
static struct conn *choose_conn(struct ike_run *run, uint8_t exchange, const struct sa_v1 *theirs,
				struct v1_transform *t, const struct proposal_v1 **p)
{
	struct conn *c[CANDIDATES_MAX], *first = NULL;
	unsigned int n = auth_candidates(run->sa->e, run->sa->version, &run->in->local.addr,
					 &run->in->remote.addr, c, CANDIDATES_MAX);

	for (unsigned int i = 0; i < n; i++) {
		struct failure f = { 0 };

		if (!speaks(c[i], exchange))
			continue;
		if (v1_choose_phase1(c[i], v1_auth_method_of(c[i], run->sa->role), theirs, t, p, &f))
			return c[i];
		if (first)
			continue;
		first = c[i];
		run->failure = f;
	}
	nobody(run, exchange, n);
	if (first && run->failure.kind)
		ike_sa_set_conn(run->sa, first);
	return NULL;
}

uint16_t v1_phase1_begin(struct ike_run *run, uint8_t exchange)
{
	struct ike_sa *sa = run->sa;
	uint16_t method = v1_auth_method_of(sa->conn, sa->role);

	if (!method)
		failure_set(&run->failure, FAILURE_LOCAL,
			    "IKEv1 has no authentication method for our kind of key: use RSA or ECDSA");
	v1_sa(sa)->phase1.type = exchange;
	v1_sa(sa)->phase1.ours = true;
	return method;
}

uint16_t v1_phase1_asked(struct ike_run *run, uint8_t exchange, struct v1_agreement *out)
{
	struct ike_sa *sa = run->sa;
	uint16_t refuse = v1_read_sa(run, &out->theirs);
	struct conn *c;

	if (refuse)
		return refuse;
	c = choose_conn(run, exchange, &out->theirs, &out->t, &out->p);
	if (!c)
		return V1_N_NO_PROPOSAL_CHOSEN;
	ike_sa_set_conn(sa, c);
	v1_adopt(sa, &out->t);
	v1_read_vendors(sa, run->in, false);
	return v1_keep(&v1_sa(sa)->sai_body,
		       message_find(run->in, V1_PAYLOAD_SA, false, NULL)->body)
		       ? V1_N_NO_PROPOSAL_CHOSEN : 0;
}

static struct v1_xchg *phase1(struct ike_run *run)
{
	return &v1_sa(run->sa)->phase1;
}

/* The base exchange has its nonces here, and shows to everybody what is made of a pre-shared key. */
static void put_base(struct ike_run *run, uint8_t exchange)
{
	struct v1_sa *v1 = v1_sa(run->sa);
	struct v1_nonce *own = run->sa->role == IKE_INITIATOR ? &v1->ni : &v1->nr;

	if (exchange != V1_EXCHANGE_BASE)
		return;
	v1_warn_of_psk(run->sa);
	v1_nonce_make(own);
	chain_put(&run->out.chain, V1_PAYLOAD_NONCE, v1_nonce_span(own));
}

enum ike_verdict v1_agree_begin(struct ike_run *run, uint8_t exchange)
{
	uint16_t auth = v1_phase1_begin(run, exchange);

	if (!auth || v1_begin(run, phase1(run)))
		return IKE_FAIL;
	v1_put_phase1_offer(run, auth, 0);
	if (v1_keep_own_sa(run))
		return IKE_FAIL;
	put_base(run, exchange);
	v1_put_vendors(run);
	return IKE_OK;
}

enum ike_verdict v1_agree(struct ike_run *run, uint8_t exchange)
{
	struct v1_agreement a;
	uint16_t refuse = v1_phase1_asked(run, exchange, &a);

	if (!refuse && exchange == V1_EXCHANGE_BASE && v1_nonce_read(&v1_sa(run->sa)->ni, run->in, false))
		refuse = V1_N_PAYLOAD_MALFORMED;
	if (refuse)
		return exchange_notify(run, refuse);
	if (v1_begin(run, phase1(run)))
		return IKE_FAIL;
	v1_put_phase1_answer(run, a.p, &a.t);
	put_base(run, exchange);
	v1_put_vendors(run);
	rekey_limit_half_open(run->sa);
	return IKE_OK;
}

/* ---- whose it is ---- */

/* Half-open ISAKMP SAs have no cookies to be asked for: beyond the number that makes IKEv2 ask, IKEv1 waits. */
static bool admitted(struct engine *e, const struct ike_message *m)
{
	if (!demux_wants_cookie(e, &m->remote.addr))
		return demux_admit(e, &m->remote.addr);
	e->totals.rx_over_limit++;
	return false;
}

/* The fence: without a connection that asks for IKEv1 nobody here speaks it. */
static bool wanted(struct engine *e, const struct ike_version *version, const struct ike_message *m)
{
	struct conn *c;

	return auth_candidates(e, version, &m->local.addr, &m->remote.addr, &c, 1) > 0;
}

static bool begins(const struct ike_message *m)
{
	static const uint8_t zero[IKE_SPI_LEN];

	return (m->h.exchange == V1_EXCHANGE_IDENTITY_PROTECTION ||
		m->h.exchange == V1_EXCHANGE_AUTHENTICATION_ONLY ||
		m->h.exchange == V1_EXCHANGE_AGGRESSIVE || m->h.exchange == V1_EXCHANGE_BASE) &&
	       !m->h.message_id && !(m->h.flags & V1_FLAG_ENCRYPTION) &&
	       !memcmp(m->h.spi_r, zero, IKE_SPI_LEN) && memcmp(m->h.spi_i, zero, IKE_SPI_LEN);
}

void v1_accept(struct engine *e, const struct ike_version *version, struct ike_message *m)
{
	struct ike_sa *sa = NULL;

	if (!begins(m) || !wanted(e, version, m))
		e->totals.rx_unknown_spi++;
	else if (!e->stopping && admitted(e, m))
		sa = ike_sa_new(e, version, IKE_RESPONDER, NULL);
	if (!sa) {
		message_free(m);
		return;
	}
	memcpy(sa->spi_i, m->h.spi_i, sizeof(sa->spi_i));
	sa->socket = m->socket;
	sa->local = m->local;
	sa->remote = m->remote;
	v1_sa(sa)->phase1.type = m->h.exchange;
	sa_table_add_peer(sa);
	exchange_receive(sa, m);
	/* Dropped without a job: not worth keeping. */
	if (sa->state == IKE_ST_NEW && !sa->run)
		ike_sa_close(sa, NULL);
}
