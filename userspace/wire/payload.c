// SPDX-License-Identifier: GPL-2.0
/*
 * Bodies of the plain payloads: octets to views into the message, and back.
 *
 * RFCs: 7296 §3.4 (KE), §3.5 (ID), §3.6-3.7 (CERT, CERTREQ), §3.8 (AUTH), §3.9 (nonce), §3.10
 * (notify), §3.11 (delete), 7383 §2.5 (SKF), 7619 §2.2 (ID_NULL).
 * Reserved fields are written as zero and not looked at when read (RFC 7296 §2.5).
 */
#include "wire/payload.h"

#include "wire/isakmp.h"

#include <errno.h>

#define CHILD_SPI_LEN 4

int ke_parse(struct kw_span body, struct ke_payload *out)
{
	struct kw_reader r = kw_reader(body);

	out->group = kw_get_be16(&r);
	kw_get_be16(&r);
	out->data = kw_get_rest(&r);
	return r.bad || !out->data.len ? -EBADMSG : 0;
}

void ke_build(struct kw_writer *w, uint16_t group, struct kw_span data)
{
	kw_put_be16(w, group);
	kw_put_be16(w, 0);
	kw_put_span(w, data);
}

/* ID and AUTH begin alike: one octet that says what follows, three reserved. */
static int typed_parse(struct kw_span body, uint8_t *type, struct kw_span *data)
{
	struct kw_reader r = kw_reader(body);

	*type = kw_get_u8(&r);
	kw_get_span(&r, 3);
	*data = kw_get_rest(&r);
	return r.bad ? -EBADMSG : 0;
}

static void typed_build(struct kw_writer *w, uint8_t type, struct kw_span data)
{
	kw_put_u8(w, type);
	kw_put_zero(w, 3);
	kw_put_span(w, data);
}

int id_parse(struct kw_span body, struct id_payload *out)
{
	int ret = typed_parse(body, &out->type, &out->data);

	if (ret)
		return ret;
	switch (out->type) {
	case ID_IPV4_ADDR:
		return out->data.len == 4 ? 0 : -EBADMSG;
	case ID_IPV6_ADDR:
		return out->data.len == 16 ? 0 : -EBADMSG;
	case ID_NULL:		/* RFC 7619 §2.2: the data means nothing */
		return 0;
	default:
		return out->data.len ? 0 : -EBADMSG;
	}
}

void id_build(struct kw_writer *w, uint8_t type, struct kw_span data)
{
	typed_build(w, type, data);
}

int cert_payload_parse(struct kw_span body, struct cert_payload *out)
{
	struct kw_reader r = kw_reader(body);

	out->encoding = kw_get_u8(&r);
	out->data = kw_get_rest(&r);
	return r.bad ? -EBADMSG : 0;
}

void cert_payload_build(struct kw_writer *w, uint8_t encoding, struct kw_span data)
{
	kw_put_u8(w, encoding);
	kw_put_span(w, data);
}

int auth_parse(struct kw_span body, struct auth_payload *out)
{
	return typed_parse(body, &out->method, &out->data);
}

void auth_build(struct kw_writer *w, uint8_t method, struct kw_span data)
{
	typed_build(w, method, data);
}

int notify_parse(struct kw_span body, struct notify_payload *out)
{
	struct kw_reader r = kw_reader(body);
	uint8_t spi_len;

	out->protocol = kw_get_u8(&r);
	spi_len = kw_get_u8(&r);
	out->type = kw_get_be16(&r);
	out->spi = kw_get_span(&r, spi_len);
	out->data = kw_get_rest(&r);
	if (r.bad || (spi_len != 0 && spi_len != CHILD_SPI_LEN && spi_len != IKE_SPI_LEN))
		return -EBADMSG;
	return 0;
}

void notify_build(struct kw_writer *w, uint8_t protocol, struct kw_span spi, uint16_t type,
		  struct kw_span data)
{
	kw_put_u8(w, protocol);
	kw_put_u8(w, (uint8_t)spi.len);
	kw_put_be16(w, type);
	kw_put_span(w, spi);
	kw_put_span(w, data);
}

int delete_parse(struct kw_span body, struct delete_payload *out)
{
	struct kw_reader r = kw_reader(body);

	out->protocol = kw_get_u8(&r);
	out->spi_len = kw_get_u8(&r);
	out->n = kw_get_be16(&r);
	out->spis = kw_get_rest(&r);
	if (r.bad || out->spis.len != (size_t)out->spi_len * out->n)
		return -EBADMSG;
	/*
	 * RFC 7296 §3.11: "It MUST be zero for IKE (SPI is in message header) or four for AH and
	 * ESP."
	 */
	if (out->protocol == PROTO_IKE) {
		out->n = 0;
		return out->spi_len == 0 ? 0 : -EBADMSG;
	}
	if (out->protocol == PROTO_AH || out->protocol == PROTO_ESP)
		return out->spi_len == CHILD_SPI_LEN ? 0 : -EBADMSG;
	/* A count of nothing would only be a loop for the caller. */
	return out->spi_len == 0 && out->n ? -EBADMSG : 0;
}

void delete_build(struct kw_writer *w, uint8_t protocol, uint8_t spi_len, uint16_t n,
		  struct kw_span spis)
{
	kw_put_u8(w, protocol);
	kw_put_u8(w, spi_len);
	kw_put_be16(w, n);
	kw_put_span(w, spis);
}

int nonce_parse(struct kw_span body, struct kw_span *out)
{
	*out = body;
	return body.len >= IKE_NONCE_MIN && body.len <= IKE_NONCE_MAX ? 0 : -EBADMSG;
}

int fragment_parse(struct kw_span body, struct fragment_head *out)
{
	struct kw_reader r = kw_reader(body);

	out->number = kw_get_be16(&r);
	out->total = kw_get_be16(&r);
	out->body = kw_get_rest(&r);
	return r.bad || out->number == 0 || out->number > out->total ? -EBADMSG : 0;
}

void fragment_build(struct kw_writer *w, uint16_t number, uint16_t total)
{
	kw_put_be16(w, number);
	kw_put_be16(w, total);
}
