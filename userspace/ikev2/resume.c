// SPDX-License-Identifier: GPL-2.0
/*
 * IKE_SESSION_RESUME: an IKE SA that goes on from an earlier one, and the tickets for that.
 *
 *   HDR, SK {IDi, AUTH, N(TICKET_REQUEST), SAi2, TSi, TSr}  -->        IKE_AUTH, or INFORMATIONAL later
 *                  <--  HDR, SK {IDr, AUTH, N(TICKET_LT_OPAQUE), SAr2, TSi, TSr}
 *
 *   HDR, [N(COOKIE),] Ni, N(TICKET_OPAQUE), N(NAT_DETECTION_*), N(...)  -->
 *                  <--  HDR, N(COOKIE)              again, with it
 *                  <--  HDR, N(TICKET_NACK)         IKE_SA_INIT, as if there had been no ticket
 *                  <--  HDR, Nr, N(NAT_DETECTION_*), N(...)
 *   HDR, SK {IDi, IDr, AUTH, N(TICKET_REQUEST), SAi2, TSi, TSr}  -->
 *                  <--  HDR, SK {IDr, AUTH, N(TICKET_LT_OPAQUE), SAr2, TSi, TSr}
 *
 * The client keeps a ticket until its IKE SA is deleted by word or a newer one comes; it is used when the IKE SA was
 * lost: no answer, no network. Both have fresh keys out of SK_d and the new nonces, without a key exchange: who gets
 * hold of SK_d reads what is resumed too. So a ticket lives no longer than the IKE SA would, and counts once.
 *
 * RFCs: 5723 §4 (messages), §5 (keys, identities, algorithms); 7383 §2.3 (fragments are agreed on here as well).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ike/conn.h"
#include "ike/rekey.h"
#include "ike/sa_table.h"
#include "ikev2/accept.h"
#include "ikev2/auth_steps.h"
#include "ikev2/create_pieces.h"
#include "ikev2/keys.h"
#include "ikev2/natd_payload.h"
#include "ikev2/redirect.h"
#include "ikev2/resume.h"
#include "ikev2/sk.h"
#include "ikev2/version.h"
#include "wire/ticket.h"

#define COOKIES_MAX	3u	/* requests with ever other cookies until we give up */

/* ---- IKE_SESSION_RESUME, both roles ---- */

static void put_abilities(struct ike_run *run)
{
	v2_put_natd(run);
	if (!run->out.response || run->sa->fragments)
		v2_put_notify(run, N_IKEV2_FRAGMENTATION_SUPPORTED, KW_SPAN(NULL, 0));
}

static void read_abilities(struct ike_sa *sa, const struct ike_message *m)
{
	struct notify_payload n;

	sa->fragments = message_notify(m, false, N_IKEV2_FRAGMENTATION_SUPPORTED, &n);
	v2_read_natd(sa, m, false);
	v2_sa(sa)->peer_natd = message_notify(m, false, N_NAT_DETECTION_SOURCE_IP, &n);
}

/* Takes the session: algorithms and keys are made from it, additional key exchanges (RFC 9370) are over. */
static int go_on_from(struct ike_sa *sa, struct session *s)
{
	struct v2_sa *v2 = v2_sa(sa);

	session_free(v2->session);
	v2->session = s;
	sa->suite = s->suite;
	sa->proved_ms = s->proved_ms;
	v2->further = ADDKE_MAX;
	return v2_keys_resume(sa, &s->sk_d);
}

/* ---- initiator ---- */

bool v2_resume_wanted(const struct ike_sa *sa)
{
	return session_find(sa->conn, &sa->remote.addr);
}

static enum ike_verdict send_request(struct ike_run *run)
{
	struct v2_sa *v2 = v2_sa(run->sa);
	const struct session *s = run->sa->conn->session;

	if (exchange_begin(run, EXCHANGE_IKE_SESSION_RESUME))
		return IKE_FAIL;
	v2->rounds++;
	if (v2->cookie.len)
		v2_put_notify(run, N_COOKIE, v2->cookie);
	v2_put_nonce(run, v2->ni);
	v2_put_notify(run, N_TICKET_OPAQUE, kw_secret_expose(&s->ticket));
	put_abilities(run);
	v2_redirect_offer(run);
	return IKE_OK;
}

enum ike_verdict v2_resume_start(struct ike_run *run)
{
	struct v2_sa *v2 = v2_sa(run->sa);

	v2->session_id = run->sa->conn->session->id;
	v2_nonce_make(v2->ni);
	log_info(conn_name(run->sa->conn), "going on from an earlier IKE SA by a ticket");
	return send_request(run);
}

static bool offered_is_there(const struct ike_sa *sa)
{
	const struct session *s = sa->conn->session;

	return s && s->id == v2_sa(sa)->session_id;
}

static enum ike_verdict resume_with_cookie(struct ike_run *run)
{
	struct v2_sa *v2 = v2_sa(run->sa);
	struct notify_payload n;

	if (!message_notify(run->in, false, N_COOKIE, &n) || !n.data.len || n.data.len > 64 ||
	    kw_span_equal(n.data, v2->cookie) || v2->rounds > COOKIES_MAX || !offered_is_there(run->sa) ||
	    v2_keep(&v2->cookie, n.data))
		return IKE_DROP;
	return send_request(run);
}

/* Whoever says so: it costs us a key exchange, which is what we would do without the ticket. */
static enum ike_verdict resume_refused(struct ike_run *run)
{
	struct v2_sa *v2 = v2_sa(run->sa);

	log_info(conn_name(run->sa->conn), "the peer does not take the ticket: beginning anew");
	session_free(session_take(run->sa->conn, v2->session_id));
	v2->session_id = 0;
	v2->rounds = 0;
	return v2_keep(&v2->cookie, KW_SPAN(NULL, 0)) ? IKE_FAIL : v2_init_start(run);
}

static enum ike_verdict resume_redirected(struct ike_run *run)
{
	return v2_redirect_init(run) ? IKE_FAIL : IKE_DROP;
}

static enum ike_verdict resume_answered(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v2_sa *v2 = v2_sa(sa);
	struct session *s;

	if (v2_nonce_read(v2->nr, run->in, false))
		return IKE_DROP;
	s = session_take(sa->conn, v2->session_id);
	if (!s)
		return IKE_FAIL;	/* its IKE SA was deleted meanwhile, or another one gave a newer */
	memcpy(sa->spi_r, run->in->h.spi_r, sizeof(sa->spi_r));
	read_abilities(sa, run->in);
	if (go_on_from(sa, s) || v2_keep(&v2->init_r, run->in->raw)) {
		failure_set(&run->failure, FAILURE_LOCAL, "the keys of the resumed IKE SA could not be made");
		return IKE_FAIL;
	}
	v2_float(sa);
	v2->send_id = 1;
	return v2_auth_begin(run);
}

/* ---- responder ---- */

/* For whom it is, if that one may still come, and from there. */
static struct conn *open_ticket(struct ike_run *run, struct session **s)
{
	const struct ike_message *m = run->in;
	struct notify_payload n;
	struct conn *c;

	if (!message_notify(m, false, N_TICKET_OPAQUE, &n))
		return NULL;
	*s = ticket_open(run->sa->e, n.data, &c);
	if (*s && conn_version(c) == run->sa->version &&
	    auth_address_rank(c, &m->local.addr, &m->remote.addr))
		return c;
	session_free(*s);
	return NULL;
}

static enum ike_verdict resume_asked(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v2_sa *v2 = v2_sa(sa);
	char from[ENDPOINT_STRLEN];
	struct session *s = NULL;
	const char *elsewhere;
	struct conn *c;

	if (v2_nonce_read(v2->ni, run->in, false))
		return exchange_notify(run, N_INVALID_SYNTAX);
	c = open_ticket(run, &s);
	if (!c) {
		log_debug(endpoint_print(from, &run->in->remote), "a ticket that counts for nothing");
		return exchange_notify(run, N_TICKET_NACK);
	}
	v2_redirect_read(sa, run->in);
	elsewhere = v2_redirect_before(run, c, true);
	if (elsewhere) {
		session_free(s);
		return v2_redirect_away(run, elsewhere);
	}
	ike_sa_set_conn(sa, c);
	v2_nonce_make(v2->nr);
	read_abilities(sa, run->in);
	if (go_on_from(sa, s) || v2_keep(&v2->init_i, run->in->raw) ||
	    ident_copy(&sa->local_id, s->own.type, KW_SPAN(s->own.data, s->own.len)) ||
	    exchange_begin(run, EXCHANGE_IKE_SESSION_RESUME))
		return IKE_FAIL;
	v2_put_nonce(run, v2->nr);
	put_abilities(run);
	rekey_limit_half_open(sa);
	return IKE_OK;
}

/* ---- IKE_AUTH behind it ---- */

int v2_resume_proof(const struct ike_sa *sa, struct v2_proof *out)
{
	uint8_t body[4 + 1024];
	struct kw_writer w = kw_writer(body, sizeof(body));

	id_build(&w, sa->local_id.type, KW_SPAN(sa->local_id.data, sa->local_id.len));
	out->method = AUTH_PSK;
	out->len = prf_len(sa->suite.prf);
	return w.bad ? -EMSGSIZE : v2_auth_resumed(sa, sa->role, kw_written(&w), out->data);
}

/* §4.3.3: the peer is who it was. Who came by EAP is known by his user, and may call his host what he likes. */
static bool is_who_it_was(const struct ike_sa *sa, const struct id_payload *id)
{
	bool by_user = sa->role == IKE_RESPONDER && conf_eap_server(sa->conn->conf);

	return by_user || ident_equal(&v2_sa(sa)->session->peer, id->type, id->data);
}

void v2_resume_evidence(const struct ike_sa *sa, const struct v2_peer_auth *peer, struct auth_evidence *ev)
{
	enum ike_role role = sa->role == IKE_INITIATOR ? IKE_RESPONDER : IKE_INITIATOR;
	size_t len = prf_len(sa->suite.prf);
	uint8_t want[PRF_MAX];

	*ev = (struct auth_evidence){
		.conn = sa->conn, .peer_id = &peer->id, .method = peer->auth.method, .resumed = true,
	};
	ev->resumed_good = peer->auth.method == AUTH_PSK && peer->auth.data.len == len &&
			   is_who_it_was(sa, &peer->id) &&
			   !v2_auth_resumed(sa, role, peer->id_body, want) &&
			   kw_equal_ct(want, peer->auth.data.p, len);
	kw_wipe(want, sizeof(want));
}

bool v2_resume_once(struct ike_run *run)
{
	struct ike_sa *sa = run->sa, *old;
	const struct session *s = v2_sa(sa)->session;

	if (!ticket_spend(sa->e, &s->name)) {
		failure_set(&run->failure, FAILURE_REFUSED, "the peer uses a ticket for the second time");
		return false;
	}
	old = sa_table_find(sa->e, s->own_spi);
	if (old && old != sa && old->version == sa->version &&
	    !memcmp(ike_sa_peer_spi(old), s->peer_spi, IKE_SPI_LEN)) {
		old->forgotten = true;
		ike_sa_close(old, NULL);
	}
	return true;
}

/* ---- tickets ---- */

bool v2_ticket_wanted(const struct ike_sa *sa)
{
	enum ike_role role = sa->contact.order ? sa->contact.role : sa->role;

	return sa->conn->conf->resume && role == IKE_INITIATOR;
}

void v2_ticket_ask(struct ike_run *run)
{
	if (v2_ticket_wanted(run->sa))
		v2_put_notify(run, N_TICKET_REQUEST, KW_SPAN(NULL, 0));
}

/* A new one makes the one before it worthless. 0 or -errno. */
static int give_ticket(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v2_sa *v2 = v2_sa(sa);
	struct session *s = session_new(sa, &v2->sk_d);
	uint8_t ticket[TICKET_LEN_MAX], data[4 + TICKET_LEN_MAX];
	struct kw_writer w = kw_writer(data, sizeof(data));
	struct ticket_name name;
	uint32_t lifetime;
	size_t len;
	int ret = s ? ticket_seal(sa->e, s, sa->conn, ticket, &len, &lifetime, &name) : -ENOMEM;

	session_free(s);
	if (ret)
		return ret;
	ticket_spend(sa->e, &v2->ticket);
	v2->ticket = name;
	ticket_lt_build(&w, lifetime, KW_SPAN(ticket, len));
	v2_put_notify(run, N_TICKET_LT_OPAQUE, kw_written(&w));
	return 0;
}

void v2_ticket_answer(struct ike_run *run, const struct ike_message *asked)
{
	struct ike_sa *sa = run->sa;
	struct notify_payload n;
	int ret;

	if (!sa->conn->conf->resume || !message_notify(asked, true, N_TICKET_REQUEST, &n))
		return;
	ret = give_ticket(run);
	if (!ret)
		return;
	log_debug(conn_name(sa->conn), "no ticket for the peer: %s", strerror(-ret));
	v2_put_notify(run, N_TICKET_NACK, KW_SPAN(NULL, 0));
}

void v2_ticket_take(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct notify_payload n;
	struct ticket_lt t;
	struct session *s;

	if (!v2_ticket_wanted(sa) || !message_notify(run->in, true, N_TICKET_LT_OPAQUE, &n) ||
	    ticket_lt_parse(n.data, &t))
		return;
	s = session_new(sa, &v2_sa(sa)->sk_d);
	if (!s || t.ticket.len > KW_SECRET_MAX || kw_secret_copy(&s->ticket, t.ticket)) {
		session_free(s);
		return;
	}
	s->expires_ms = engine_now(sa->e) + t.lifetime * 1000ull;
	session_keep(sa->conn, s);
	log_debug(conn_name(sa->conn), "a ticket, good for %u s", t.lifetime);
}

void v2_ticket_void(struct ike_sa *sa)
{
	const struct session *s = sa->conn ? sa->conn->session : NULL;

	if (sa->replaced_by || sa->redundant)
		return;		/* others go on */
	ticket_spend(sa->e, &v2_sa(sa)->ticket);
	if (s && s->ike_id == sa->id)
		session_free(session_take(sa->conn, s->id));
}

void v2_ticket_goes_on(struct ike_sa *old, struct ike_sa *next)
{
	struct session *s = next->conn->session;

	v2_sa(next)->ticket = v2_sa(old)->ticket;
	if (s && s->ike_id == old->id)
		s->ike_id = next->id;
}

static const struct ike_step steps[] = {
	{
		/* RFC 5723 4.3.1: HDR, Ni, N(TICKET_OPAQUE) --> */
		.story = "responder opens its ticket and has keys, or says that it cannot",
		.role = IKE_RESPONDER,
		.from = IN(IKE_ST_NEW),
		.to = IKE_ST_INIT_DONE,
		.need = P(PAYLOAD_NONCE) | P(PAYLOAD_NOTIFY),
		.may = P(PAYLOAD_VENDOR),
		.run = resume_asked,
	},
	{
		/* <-- HDR, Nr */
		.story = "initiator has keys and goes on to IKE_AUTH",
		.role = IKE_INITIATOR,
		.from = IN(IKE_ST_INIT_SENT),
		.to = IKE_ST_AUTH_SENT,
		.need = P(PAYLOAD_NONCE),
		.may = P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR),
		.run = resume_answered,
	},
	{
		/* 4.3.2: <-- HDR, N(COOKIE) */
		.story = "initiator is asked to prove its address and repeats the request with the cookie",
		.role = IKE_INITIATOR,
		.from = IN(IKE_ST_INIT_SENT),
		.to = IKE_ST_INIT_SENT,
		.need = P(PAYLOAD_NOTIFY),
		.notify = N_COOKIE,
		.run = resume_with_cookie,
	},
	{
		/* 4.3.2: <-- HDR, N(TICKET_NACK) */
		.story = "the ticket is not taken: initiator begins with IKE_SA_INIT",
		.role = IKE_INITIATOR,
		.from = IN(IKE_ST_INIT_SENT),
		.to = IKE_ST_INIT_SENT,
		.need = P(PAYLOAD_NOTIFY),
		.notify = N_TICKET_NACK,
		.run = resume_refused,
	},
	{
		/* RFC 5685 3: <-- HDR, N(REDIRECT, New_GW_ID, Ni_data) */
		.story = "initiator is sent to another gateway",
		.role = IKE_INITIATOR,
		.from = IN(IKE_ST_INIT_SENT),
		.to = IKE_ST_SAME,
		.need = P(PAYLOAD_NOTIFY),
		.notify = N_REDIRECT,
		.may = P(PAYLOAD_VENDOR),
		.run = resume_redirected,
	},
};

const struct ike_exchange v2_ike_session_resume = {
	.type = EXCHANGE_IKE_SESSION_RESUME,
	.name = "IKE_SESSION_RESUME",
	.step = steps,
	.n = sizeof(steps) / sizeof(steps[0]),
};
