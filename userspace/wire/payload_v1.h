/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bodies of ISAKMP payloads that IKEv2 does not have in this form: parse to views into the message,
 * build from views. Each parser returns 0, or -EBADMSG with a sentence in why; what had been read
 * by then is in *out.
 *
 * CERT and CR have IKEv2's form: cert_payload_parse() of payload.h. KE, HASH, SIG, NAT-D and VID
 * are their body. RFCs: 2407 §4.6, 2408 §3.7-3.16, 3947 §3.2, §5.2; draft-dukes-ike-mode-cfg-02
 * §3.2.
 */
#ifndef KW_WIRE_PAYLOAD_V1_H
#define KW_WIRE_PAYLOAD_V1_H

#include "lib/addr.h"
#include "lib/buf.h"

struct v1_id_payload {			/* RFC 2407 §4.6.2 */
	uint8_t type;			/* enum v1_id_type */
	uint8_t protocol;		/* IP protocol, 0 = any */
	uint16_t port;			/* 0 = any */
	struct kw_span data;
};
int v1_id_parse(struct kw_span body, struct v1_id_payload *out, char *why, size_t why_len);
void v1_id_build(struct kw_writer *w, const struct v1_id_payload *id);
/*
 * The addresses an id of an address type stands for. 0; -EINVAL: another type, or a mask with
 * holes.
 */
int v1_id_range(const struct v1_id_payload *id, struct ip_range *out);

struct v1_notify_payload {		/* RFC 2408 §3.14 */
	uint32_t doi;
	uint8_t protocol;		/* enum v1_protocol_id */
	uint16_t type;			/* enum v1_notify_type */
	struct kw_span spi;
	struct kw_span data;
};
int v1_notify_parse(struct kw_span body, struct v1_notify_payload *out, char *why, size_t why_len);
void v1_notify_build(struct kw_writer *w, const struct v1_notify_payload *n);

struct v1_delete_payload {		/* RFC 2408 §3.15 */
	uint32_t doi;
	uint8_t protocol;
	uint8_t spi_len;		/* 16 for ISAKMP: both cookies */
	uint16_t n; /* never more than spis holds, so a loop over it is bounded */
	struct kw_span spis;		/* n * spi_len octets */
};
int v1_delete_parse(struct kw_span body, struct v1_delete_payload *out, char *why, size_t why_len);
void v1_delete_build(struct kw_writer *w, const struct v1_delete_payload *d);

/* NONCE: the body, 8..256 octets (RFC 2409 §5). */
int v1_nonce_parse(struct kw_span body, struct kw_span *out, char *why, size_t why_len);

/* NAT-OA, RFC 3947 §5.2: one address. */
int v1_natoa_parse(struct kw_span body, struct ip_addr *out, char *why, size_t why_len);
void v1_natoa_build(struct kw_writer *w, const struct ip_addr *addr);

/* Of the transaction exchange, and IKEv2's CP (RFC 7296 §3.15), whose identifier is reserved. */
struct config_payload {
	uint8_t type;			/* enum config_type */
	uint16_t identifier;
	struct kw_span attrs;		/* for attr_next() */
};
int config_parse(struct kw_span body, struct config_payload *out, char *why, size_t why_len);
void config_build(struct kw_writer *w, const struct config_payload *c);

/* One piece of a whole message, Cisco's and Microsoft's payload 132. */
struct v1_fragment {
	uint16_t id;
	uint8_t number;			/* 1.. */
	bool last;
	struct kw_span data;
};
int v1_fragment_parse(struct kw_span body, struct v1_fragment *out, char *why, size_t why_len);
void v1_fragment_build(struct kw_writer *w, const struct v1_fragment *f);

#endif
