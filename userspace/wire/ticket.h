/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tickets by which an IKE SA is resumed (RFC 5723): the notify that carries one, and what stands in ours under its
 * encryption. Spans that come back point into what was parsed.
 */
#ifndef KW_WIRE_TICKET_H
#define KW_WIRE_TICKET_H

#include "crypto/alg.h"
#include "lib/buf.h"
#include "wire/isakmp.h"

/* N(TICKET_LT_OPAQUE), §7.3: lifetime in seconds | ticket. */
struct ticket_lt {
	uint32_t lifetime;
	struct kw_span ticket;
};
int ticket_lt_parse(struct kw_span data, struct ticket_lt *out);	/* 0, -EBADMSG: there is no ticket in it */
void ticket_lt_build(struct kw_writer *w, uint32_t lifetime, struct kw_span ticket);

/* What a ticket of ours says (§6.1: a ticket by value), to be sealed. Times are the daemon's monotonic milliseconds. */
struct ticket_state {
	uint64_t number;			/* among those sealed with its key */
	uint64_t expires_ms, proved_ms;
	uint64_t digest;			/* of the connection's configuration */
	struct kw_span conn;			/* its name */
	uint16_t encr, encr_bits, integ, prf, ke, addke[ADDKE_MAX];
	uint8_t own_spi[IKE_SPI_LEN], peer_spi[IKE_SPI_LEN];
	uint8_t own_type, peer_type;		/* of identities */
	struct kw_span own, peer;
	struct kw_span sk_d;
};
/* 0, -EBADMSG: too short, too long, another version. */
int ticket_state_parse(struct kw_span text, struct ticket_state *out);
void ticket_state_build(struct kw_writer *w, const struct ticket_state *t);

#endif
