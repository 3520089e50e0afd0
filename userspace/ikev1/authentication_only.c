// SPDX-License-Identifier: GPL-2.0
/*
 * The authentication-only exchange of ISAKMP, which the IPsec DOI has no use for: it is read, and refused with a reason.
 *
 *   1  HDR, SA, NONCE        -->
 *   2                        <--  HDR, SA, NONCE, IDir, AUTH       never: HDR, N(UNSUPPORTED-EXCHANGE-TYPE)
 *   3  HDR, IDii, AUTH       -->
 *
 * It spares two sides the cost of a key exchange when all they want is to know each other. The IPsec DOI has one
 * transform for ISAKMP, KEY_IKE, and that is a key exchange (RFC 2407 §4.4.2): no SA payload of message 1 can be one that
 * is agreed on without it. IKE's hashes are keyed with what comes of it (RFC 2409 §5), so that AUTH has no meaning; and
 * an ISAKMP SA without SKEYIDs could protect nothing, not even its own end. Under an ISAKMP SA it would prove a second
 * identity to no purpose: quick mode is for those who proved themselves in phase 1.
 *
 * RFCs: 2408 §4.6, §5.2; 2407 §4.4.2.
 */
#include "ike/conn.h"
#include "ike/core.h"
#include "ikev1/packet.h"
#include "ikev1/phase1.h"

static enum ike_verdict refuse(struct ike_run *run)
{
	struct engine *e = run->sa->e;
	char from[ENDPOINT_STRLEN];
	uint32_t held = 0;

	if (log_limit_ok(&e->noise, engine_now(e), 10, &held))
		log_warn(conn_name(run->sa->conn),
			 "%s asks for the authentication-only exchange, which makes no keys: IPsec has no use for it (%u more of such lines held back)",
			 endpoint_print(from, &run->in->remote), held);
	return exchange_notify(run, V1_N_UNSUPPORTED_EXCHANGE_TYPE);
}

static enum ike_verdict asked_by_peer(struct ike_run *run)
{
	v1_xchg_over(v1_xchg_of(run));
	return refuse(run);
}

static const struct ike_step steps[] = {
	{
		.story	= "a stranger begins with it",
		.role	= IKE_RESPONDER,
		.from	= IN(IKE_ST_NEW),
		.to	= IKE_ST_SAME,
		.need	= P(V1_PAYLOAD_SA),
		.may	= UINT64_MAX,
		.run	= refuse,
	},
	{
		.story	= "the peer begins one under our ISAKMP SA",
		.role	= IKE_RESPONDER,
		.from	= IN(IKE_ST_ESTABLISHED) | IN(IKE_ST_REKEYED),
		.to	= IKE_ST_SAME,
		.need	= P(V1_PAYLOAD_HASH),
		.may	= UINT64_MAX,
		.in_sk	= true,
		.run	= asked_by_peer,
	},
};

const struct ike_exchange v1_authentication_only = {
	.type = V1_EXCHANGE_AUTHENTICATION_ONLY,
	.name = "Authentication Only",
	.step = steps,
	.n = sizeof(steps) / sizeof(steps[0]),
};
