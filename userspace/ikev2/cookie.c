// SPDX-License-Identifier: GPL-2.0
/*
 * Stateless cookies under load.
 *
 * RFC 7296 §2.6: Cookie = <VersionIDofSecret> | Hash(Ni | IPi | SPIi | <secret>), here one octet of generation
 * and 16 of HMAC-SHA2-256 keyed with the secret. A secret serves SECRET_MS and is honoured as long again.
 */
#include <string.h>

#include "crypto/prf.h"
#include "crypto/rand.h"
#include "ikev2/cookie.h"
#include "wire/isakmp.h"

#define SECRET_MS	60000u
#define MAC_LEN		16
#define COOKIE_LEN	(1 + MAC_LEN)

static void refresh(struct engine *e)
{
	struct cookie_secrets *c = &e->cookie;
	uint64_t now = engine_now(e);

	if (c->ready && now - c->made_ms < SECRET_MS)
		return;
	/* After a long quiet time the older one is too old as well. */
	if (!c->ready || now - c->made_ms >= 2 * SECRET_MS)
		rand_bytes(c->secret[c->generation & 1], COOKIE_SECRET_LEN);
	c->generation++;
	rand_bytes(c->secret[c->generation & 1], COOKIE_SECRET_LEN);
	c->made_ms = now;
	c->ready = true;
}

/* false: the message has no usable nonce. */
static bool make(struct engine *e, const struct ike_message *m, uint8_t generation,
		 uint8_t out[COOKIE_LEN])
{
	const struct payload *p = message_find(m, PAYLOAD_NONCE, false, NULL);
	struct kw_span key = KW_SPAN(e->cookie.secret[generation & 1], COOKIE_SECRET_LEN), nonce;
	uint8_t mac[PRF_MAX];

	if (!p || nonce_parse(p->body, &nonce))
		return false;
	const struct kw_span in[] = {
		nonce,
		KW_SPAN(m->remote.addr.b, sizeof(m->remote.addr.b)),
		KW_SPAN(m->h.spi_i, IKE_SPI_LEN),
		KW_SPAN(&generation, 1),
	};

	if (prf(PRF_HMAC_SHA2_256, key, in, 4, mac))
		return false;
	out[0] = generation;
	memcpy(out + 1, mac, MAC_LEN);
	return true;
}

bool v2_cookie_good(struct engine *e, const struct ike_message *m)
{
	struct notify_payload n;
	uint8_t want[COOKIE_LEN];

	refresh(e);
	if (!message_notify(m, false, N_COOKIE, &n) || n.data.len != COOKIE_LEN)
		return false;
	if (n.data.p[0] != e->cookie.generation &&
	    n.data.p[0] != (uint8_t)(e->cookie.generation - 1))
		return false;
	return make(e, m, n.data.p[0], want) && kw_equal_ct(want, n.data.p, COOKIE_LEN);
}

void v2_cookie_ask(struct engine *e, const struct ike_message *m)
{
	struct ike_header h = {
		.next_payload = PAYLOAD_NOTIFY,
		.version = IKE_VERSION_2,
		.exchange = m->h.exchange,
		.flags = IKE_FLAG_RESPONSE,
		.message_id = m->h.message_id,
	};
	uint8_t buf[128], cookie[COOKIE_LEN];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	struct chain_builder c;

	refresh(e);
	if (!make(e, m, e->cookie.generation, cookie))
		return;
	memcpy(h.spi_i, m->h.spi_i, sizeof(h.spi_i));
	header_build(&w, &h);
	c = chain_builder(&w, HEADER_NEXT_PAYLOAD_OFFSET);
	chain_open(&c, PAYLOAD_NOTIFY);
	notify_build(&w, PROTO_NONE, KW_SPAN(NULL, 0), N_COOKIE, KW_SPAN(cookie, sizeof(cookie)));
	chain_close(&c);
	kw_patch_be32(&w, HEADER_LENGTH_OFFSET, w.len);
	/* Never more octets than were received (amplification). */
	if (w.bad || w.len > m->raw.len)
		return;
	e->totals.cookies_sent++;
	e->totals.tx_datagrams++;
	e->env->net->send(e->env->net_ctx, m->socket, &m->local, &m->remote, kw_written(&w));
}
