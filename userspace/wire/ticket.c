// SPDX-License-Identifier: GPL-2.0
/*
 * Tickets by which an IKE SA is resumed.
 *
 * RFCs: 5723 §6.1 (ticket by value), §7.3 (TICKET_LT_OPAQUE).
 */
#include "wire/ticket.h"

#include <errno.h>
#include <string.h>

#define FORMAT 1	/* of what stands in a ticket of ours */

int ticket_lt_parse(struct kw_span data, struct ticket_lt *out)
{
	struct kw_reader r = kw_reader(data);

	out->lifetime = kw_get_be32(&r);
	out->ticket = kw_get_rest(&r);
	return r.bad || !out->ticket.len ? -EBADMSG : 0;
}

void ticket_lt_build(struct kw_writer *w, uint32_t lifetime, struct kw_span ticket)
{
	kw_put_be32(w, lifetime);
	kw_put_span(w, ticket);
}

/* Length in two octets, then that many. */
static void put_counted(struct kw_writer *w, struct kw_span s)
{
	if (s.len > UINT16_MAX)
		w->bad = true;
	kw_put_be16(w, (uint16_t)s.len);
	kw_put_span(w, s);
}

static struct kw_span get_counted(struct kw_reader *r)
{
	return kw_get_span(r, kw_get_be16(r));
}

static void get_spi(struct kw_reader *r, uint8_t spi[IKE_SPI_LEN])
{
	struct kw_span s = kw_get_span(r, IKE_SPI_LEN);

	if (s.len)
		memcpy(spi, s.p, IKE_SPI_LEN);
}

int ticket_state_parse(struct kw_span text, struct ticket_state *out)
{
	struct kw_reader r = kw_reader(text);
	uint8_t format = kw_get_u8(&r);

	*out = (struct ticket_state){ 0 };
	out->number = kw_get_be64(&r);
	out->expires_ms = kw_get_be64(&r);
	out->proved_ms = kw_get_be64(&r);
	out->digest = kw_get_be64(&r);
	out->conn = get_counted(&r);
	out->encr = kw_get_be16(&r);
	out->encr_bits = kw_get_be16(&r);
	out->integ = kw_get_be16(&r);
	out->prf = kw_get_be16(&r);
	out->ke = kw_get_be16(&r);
	for (unsigned int i = 0; i < ADDKE_MAX; i++)
		out->addke[i] = kw_get_be16(&r);
	get_spi(&r, out->own_spi);
	get_spi(&r, out->peer_spi);
	out->own_type = kw_get_u8(&r);
	out->own = get_counted(&r);
	out->peer_type = kw_get_u8(&r);
	out->peer = get_counted(&r);
	out->sk_d = get_counted(&r);
	return r.bad || kw_reader_left(&r) || format != FORMAT ? -EBADMSG : 0;
}

void ticket_state_build(struct kw_writer *w, const struct ticket_state *t)
{
	kw_put_u8(w, FORMAT);
	kw_put_be64(w, t->number);
	kw_put_be64(w, t->expires_ms);
	kw_put_be64(w, t->proved_ms);
	kw_put_be64(w, t->digest);
	put_counted(w, t->conn);
	kw_put_be16(w, t->encr);
	kw_put_be16(w, t->encr_bits);
	kw_put_be16(w, t->integ);
	kw_put_be16(w, t->prf);
	kw_put_be16(w, t->ke);
	for (unsigned int i = 0; i < ADDKE_MAX; i++)
		kw_put_be16(w, t->addke[i]);
	kw_put_span(w, KW_SPAN(t->own_spi, IKE_SPI_LEN));
	kw_put_span(w, KW_SPAN(t->peer_spi, IKE_SPI_LEN));
	kw_put_u8(w, t->own_type);
	put_counted(w, t->own);
	kw_put_u8(w, t->peer_type);
	put_counted(w, t->peer);
	put_counted(w, t->sk_d);
}
