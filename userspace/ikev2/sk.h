/* SPDX-License-Identifier: GPL-2.0 */
/* Messages on the wire: plain IKE_SA_INIT, SK and SKF payloads, message ids (RFC 7296 §2.2, §3.14; 7383). */
#ifndef KW_IKEV2_SK_H
#define KW_IKEV2_SK_H

#include "ike/exchange.h"
#include "wire/isakmp.h"

/* Members of struct ike_version; their contracts stand there. */
struct ike_sa *v2_find(struct engine *e, const struct ike_version *version,
		       const struct ike_header *h, const struct endpoint *remote);
int v2_open(struct ike_sa *sa, struct ike_message **m);
void v2_commit(struct ike_sa *sa, const struct ike_message *m);
int v2_seal(struct ike_run *run, struct sealed *out);
void v2_refuse(struct ike_run *run);

/* Does the exchange begin an IKE SA? Its messages are in the clear, and AUTH proves them. */
static inline bool v2_begins(uint8_t exchange)
{
	return exchange == EXCHANGE_IKE_SA_INIT || exchange == EXCHANGE_IKE_SESSION_RESUME;
}

/* Append N(type) with protocol 0 to the message being built. */
void v2_put_notify(struct ike_run *run, uint16_t type, struct kw_span data);

#endif
