// SPDX-License-Identifier: GPL-2.0
/*
 * Quick crash detection.
 *
 *   HDR, SK {IDi, ..., AUTH, ..., N(QUICK_CRASH_DETECTION, token of the initiator)}  -->
 *                    <--  HDR, SK {IDr, ..., AUTH, ..., N(QUICK_CRASH_DETECTION, token of the responder)}
 *   ... a restart ...
 *   HDR, SK {}  -->                       of an IKE SA that one side has lost
 *                    <--  HDR, N(INVALID_IKE_SPI), N(QUICK_CRASH_DETECTION, its token)
 *
 *   token = HMAC-SHA2-256(secret, label | whose | SPIi | SPIr), 16 octets of it; whose: 1 = the initiator's
 *
 * The secret is kept over restarts, so nothing has to be kept of each IKE SA. A token is told in the clear only to a
 * message with two SPIs of which neither is in use here: who asks for those of an IKE SA that is alive, with whatever
 * flags, hears nothing. A rekeyed IKE SA has other SPIs, so another token: the responder's is in the answer, the
 * initiator's follows (refresh.c).
 *
 * RFC 6290 §4.1 (notify), §4.2 (IKE_AUTH), §4.3 (rekeying), §4.5 (in the clear), §5.1 (tokens), §9.
 */
#include <string.h>

#include "crypto/prf.h"
#include "ike/conn.h"
#include "ike/sa_table.h"
#include "ikev2/crash.h"
#include "ikev2/sk.h"
#include "ikev2/v2_sa.h"

#define TOKEN_LEN	16u	/* of ours */
#define TOKEN_MIN	16u	/* §4.1 */
#define TOKEN_MAX	128u
#define ANSWERS_10S	1000u	/* in the clear, to whomever */

/* false: there is no secret to make it from. */
static bool make_token(const struct engine *e, enum ike_role whose, const uint8_t spi_i[IKE_SPI_LEN],
		       const uint8_t spi_r[IKE_SPI_LEN], uint8_t out[TOKEN_LEN])
{
	const struct kw_secret *secret = e->env->crash_secret;
	const uint8_t side = whose == IKE_INITIATOR;
	const struct kw_span in[] = {
		KW_SPAN_STR("keyway crash token"), KW_SPAN(&side, 1), KW_SPAN(spi_i, IKE_SPI_LEN),
		KW_SPAN(spi_r, IKE_SPI_LEN),
	};
	uint8_t mac[PRF_MAX];

	if (!secret || !secret->len || prf(PRF_HMAC_SHA2_256, kw_secret_expose(secret), in, 4, mac))
		return false;
	memcpy(out, mac, TOKEN_LEN);
	return true;
}

static void put(struct kw_writer *w, struct chain_builder *c, uint16_t type, struct kw_span data)
{
	chain_open(c, PAYLOAD_NOTIFY);
	notify_build(w, PROTO_IKE, KW_SPAN(NULL, 0), type, data);
}

/* ---- under protection ---- */

void v2_crash_put(struct ike_run *run, const struct ike_sa *sa)
{
	uint8_t token[TOKEN_LEN];

	if (sa->conn->conf->crash_detection && make_token(sa->e, sa->role, sa->spi_i, sa->spi_r, token))
		put(&run->out.w, &run->out.chain, N_QUICK_CRASH_DETECTION, KW_SPAN(token, TOKEN_LEN));
}

void v2_crash_read(struct ike_sa *sa, const struct ike_message *m)
{
	struct kw_secret *kept = &v2_sa(sa)->peer_token;
	struct notify_payload n;

	if (!sa->conn->conf->crash_detection || !message_notify(m, true, N_QUICK_CRASH_DETECTION, &n) ||
	    n.data.len < TOKEN_MIN || n.data.len > TOKEN_MAX)
		return;
	kw_secret_drop(kept);
	if (kw_secret_copy(kept, n.data))
		log_debug(conn_name(sa->conn), "no memory for the peer's token");
}

bool v2_crash_peer(const struct ike_sa *sa)
{
	return v2_sa(sa)->peer_token.len;
}

void v2_crash_pad(struct ike_run *run)
{
	if (v2_crash_peer(run->sa))
		chain_put(&run->out.chain, PAYLOAD_VENDOR, KW_SPAN(NULL, 0));
}

/* ---- in the clear ---- */

/* One of several may be the one: a maker that changed its secret sends those of the older ones too. */
static bool has_token(const struct ike_sa *sa, const struct ike_message *m)
{
	const struct kw_secret *token = &v2_sa(sa)->peer_token;
	const struct payload *p = NULL;
	struct notify_payload n;

	while ((p = message_find(m, PAYLOAD_NOTIFY, false, p)))
		if (!notify_parse(p->body, &n) && n.type == N_QUICK_CRASH_DETECTION && token->len &&
		    kw_secret_equal(token, n.data))
			return true;
	return false;
}

void v2_crash_heard(struct ike_sa *sa, const struct ike_message *m)
{
	struct notify_payload n;
	struct session *s;
	struct failure f = { 0 };

	if (!message_is_response(m) || !message_notify(m, false, N_INVALID_IKE_SPI, &n) || !has_token(sa, m))
		return;
	failure_set(&f, FAILURE_PEER,
		    "the peer has lost the IKE SA, and shows the token for that: it was restarted");
	/* Whatever it gave us tickets with is gone too. */
	s = sa->conn->session;
	if (s && s->ike_id == sa->id)
		session_free(session_take(sa->conn, s->id));
	ike_sa_close(sa, sa->state == IKE_ST_ESTABLISHED ? &f : NULL);
}

static bool is_zero(const uint8_t spi[IKE_SPI_LEN])
{
	static const uint8_t zero[IKE_SPI_LEN];

	return !memcmp(spi, zero, IKE_SPI_LEN);
}

/* A request under the protection of an IKE SA of which nothing is here. */
static bool is_lost(const struct engine *e, const struct ike_message *m)
{
	return !message_is_response(m) && !v2_begins(m->h.exchange) && !is_zero(m->h.spi_i) &&
	       !is_zero(m->h.spi_r) && !sa_table_find(e, m->h.spi_i) && !sa_table_find(e, m->h.spi_r);
}

void v2_crash_answer(struct engine *e, const struct ike_message *m)
{
	bool from_initiator = m->h.flags & IKE_FLAG_INITIATOR;
	struct ike_header h = {
		.next_payload = PAYLOAD_NOTIFY,
		.version = IKE_VERSION_2,
		.exchange = m->h.exchange,
		.flags = IKE_FLAG_RESPONSE | (from_initiator ? 0 : IKE_FLAG_INITIATOR),
		.message_id = m->h.message_id,
	};
	uint8_t buf[128], token[TOKEN_LEN];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	struct chain_builder c;
	uint32_t held;

	if (!e->crash_detection || !is_lost(e, m) || !log_limit_ok(&e->crash_answers, engine_now(e), ANSWERS_10S, &held) ||
	    !make_token(e, from_initiator ? IKE_RESPONDER : IKE_INITIATOR, m->h.spi_i, m->h.spi_r, token))
		return;
	memcpy(h.spi_i, m->h.spi_i, sizeof(h.spi_i));
	memcpy(h.spi_r, m->h.spi_r, sizeof(h.spi_r));
	header_build(&w, &h);
	c = chain_builder(&w, HEADER_NEXT_PAYLOAD_OFFSET);
	put(&w, &c, N_INVALID_IKE_SPI, KW_SPAN(NULL, 0));
	put(&w, &c, N_QUICK_CRASH_DETECTION, KW_SPAN(token, TOKEN_LEN));
	chain_close(&c);
	kw_patch_be32(&w, HEADER_LENGTH_OFFSET, w.len);
	/* Never more octets than were received (amplification). */
	if (w.bad || w.len > m->raw.len)
		return;
	e->totals.tx_datagrams++;
	e->env->net->send(e->env->net_ctx, m->socket, &m->local, &m->remote, kw_written(&w));
}
