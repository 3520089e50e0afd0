/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bodies of the plain payloads: parse to views into the message, build from views.
 * Each parser returns 0 or -EBADMSG (too short, lengths that disagree). RFC 7296 §3.4-3.11, 3.15.
 */
#ifndef KW_WIRE_PAYLOAD_H
#define KW_WIRE_PAYLOAD_H

#include "lib/buf.h"

struct ke_payload {			/* §3.4 */
	uint16_t group;
	struct kw_span data;
};
int ke_parse(struct kw_span body, struct ke_payload *out);
void ke_build(struct kw_writer *w, uint16_t group, struct kw_span data);

struct id_payload {			/* §3.5 */
	uint8_t type;			/* enum ike_id_type */
	struct kw_span data;
};
int id_parse(struct kw_span body, struct id_payload *out);
void id_build(struct kw_writer *w, uint8_t type, struct kw_span data);

struct cert_payload {			/* §3.6, and CERTREQ §3.7: data = 20-octet hashes */
	uint8_t encoding;
	struct kw_span data;
};
int cert_payload_parse(struct kw_span body, struct cert_payload *out);
void cert_payload_build(struct kw_writer *w, uint8_t encoding, struct kw_span data);

struct auth_payload {			/* §3.8 */
	uint8_t method;
	struct kw_span data;
};
int auth_parse(struct kw_span body, struct auth_payload *out);
void auth_build(struct kw_writer *w, uint8_t method, struct kw_span data);

struct notify_payload {			/* §3.10 */
	uint8_t protocol;
	struct kw_span spi;		/* 0, 4 or 8 octets */
	uint16_t type;
	struct kw_span data;
};
int notify_parse(struct kw_span body, struct notify_payload *out);
void notify_build(struct kw_writer *w, uint8_t protocol, struct kw_span spi, uint16_t type,
		  struct kw_span data);

struct delete_payload {			/* §3.11 */
	uint8_t protocol;
	uint8_t spi_len;		/* 0 for IKE, 4 for ESP and AH */
	uint16_t n;
	struct kw_span spis;		/* n * spi_len octets */
};
int delete_parse(struct kw_span body, struct delete_payload *out);
void delete_build(struct kw_writer *w, uint8_t protocol, uint8_t spi_len, uint16_t n,
		  struct kw_span spis);

/* Nonce §3.9: 16..256 octets, else -EBADMSG. Vendor ID §3.12 is the body itself. */
int nonce_parse(struct kw_span body, struct kw_span *out);

/* The two counters in front of the IV of an SKF payload (RFC 7383 §2.5). */
struct fragment_head {
	uint16_t number, total;		/* 1 <= number <= total */
	struct kw_span body;		/* IV | ciphertext | ICV */
};
int fragment_parse(struct kw_span body, struct fragment_head *out);
void fragment_build(struct kw_writer *w, uint16_t number, uint16_t total);

#endif
