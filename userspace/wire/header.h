/* SPDX-License-Identifier: GPL-2.0 */
/* The 28-octet ISAKMP/IKE header, both versions (RFC 2408 §3.1, RFC 7296 §3.1). */
#ifndef KW_WIRE_HEADER_H
#define KW_WIRE_HEADER_H

#include "lib/buf.h"

struct ike_header {
	uint8_t spi_i[8], spi_r[8];
	uint8_t next_payload;
	uint8_t version;	/* major << 4 | minor */
	uint8_t exchange;
	uint8_t flags;
	uint32_t message_id;
	uint32_t length;	/* whole message, header included */
};

#define IKE_VERSION_2 0x20

/* 0; -EMSGSIZE: shorter than a header, length field below 28 or beyond the datagram. A datagram
 * longer than the length field is not an error: *body is what the field covers (RFC 2408 peers
 * pad).
 */
int header_parse(struct kw_span datagram, struct ike_header *h, struct kw_span *body);
/* length may be patched later at offset 24. */
void header_build(struct kw_writer *w, const struct ike_header *h);
#define HEADER_NEXT_PAYLOAD_OFFSET	16
#define HEADER_LENGTH_OFFSET		24

#endif
