// SPDX-License-Identifier: GPL-2.0
/*
 * The 28-octet header in front of every IKE message.
 *
 * RFCs: 2408 §3.1, 7296 §3.1.
 *
 *	 0  initiator's SPI      8  responder's SPI
 *	16  next payload        17  major | minor version   18  exchange   19  flags
 *	20  message id          24  length of the whole message
 */
#include "wire/header.h"

#include "wire/isakmp.h"

#include <errno.h>
#include <string.h>

static void get_spi(struct kw_reader *r, uint8_t spi[IKE_SPI_LEN])
{
	struct kw_span s = kw_get_span(r, IKE_SPI_LEN);

	if (s.len)
		memcpy(spi, s.p, s.len);
}

int header_parse(struct kw_span datagram, struct ike_header *h, struct kw_span *body)
{
	struct kw_reader r = kw_reader(datagram);

	memset(h, 0, sizeof(*h));
	get_spi(&r, h->spi_i);
	get_spi(&r, h->spi_r);
	h->next_payload = kw_get_u8(&r);
	h->version = kw_get_u8(&r);
	h->exchange = kw_get_u8(&r);
	h->flags = kw_get_u8(&r);
	h->message_id = kw_get_be32(&r);
	h->length = kw_get_be32(&r);
	if (r.bad || h->length < IKE_HEADER_LEN)
		return -EMSGSIZE;
	*body = kw_get_span(&r, h->length - IKE_HEADER_LEN);
	return r.bad ? -EMSGSIZE : 0;
}

void header_build(struct kw_writer *w, const struct ike_header *h)
{
	kw_put_span(w, KW_SPAN(h->spi_i, IKE_SPI_LEN));
	kw_put_span(w, KW_SPAN(h->spi_r, IKE_SPI_LEN));
	kw_put_u8(w, h->next_payload);
	kw_put_u8(w, h->version);
	kw_put_u8(w, h->exchange);
	kw_put_u8(w, h->flags);
	kw_put_be32(w, h->message_id);
	kw_put_be32(w, h->length);
}
