// SPDX-License-Identifier: GPL-2.0
/*
 * CREATE_CHILD_SA: another child, a child rekeyed, the IKE SA rekeyed.
 *
 *   HDR, SK {SA, Ni, [KEi,] TSi, TSr}                -->  a new child
 *   HDR, SK {N(REKEY_SA), SA, Ni, [KEi,] TSi, TSr}   -->  a child rekeyed
 *   HDR, SK {SA, Ni, KEi}                            -->  the IKE SA rekeyed
 *                                <--  HDR, SK {SA, Nr, [KEr,] [TSi, TSr]}
 *                                <--  HDR, SK {N(error)}
 *
 * RFCs: 7296 §1.3, §2.25.
 */
#include "ikev2/create_pieces.h"
#include "ikev2/version.h"

#define LIVE	(IN(IKE_ST_ESTABLISHED) | IN(IKE_ST_REKEYED) | IN(IKE_ST_DELETING))
#define CHILD	(P(PAYLOAD_SA) | P(PAYLOAD_NONCE) | P(PAYLOAD_TSI) | P(PAYLOAD_TSR))
#define IKE	(P(PAYLOAD_SA) | P(PAYLOAD_NONCE) | P(PAYLOAD_KE))
#define OTHERS	(P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR) | P(PAYLOAD_CP))
#define FOR_A_CHILD (DOING(IKE_TASK_CHILD_NEW) | DOING(IKE_TASK_CHILD_REKEY))

static const struct ike_step steps[] = {
	{
		/* RFC 7296 1.3.3: HDR, SK {N(REKEY_SA), SA, Ni, [KEi,] TSi, TSr} --> */
		.story =
			"the peer rekeys a child; the new one receives at once and sends when the old one is deleted",
		.role = IKE_RESPONDER,
		.from = LIVE,
		.to = IKE_ST_SAME,
		.need = CHILD,
		.may = P(PAYLOAD_KE) | OTHERS,
		.notify = N_REKEY_SA,
		.in_sk = true,
		.run = v2_child_rekey_asked,
	},
	{
		/* 1.3.1: HDR, SK {SA, Ni, [KEi,] TSi, TSr} --> */
		.story = "the peer wants another child",
		.role = IKE_RESPONDER,
		.from = LIVE,
		.to = IKE_ST_SAME,
		.need = CHILD,
		.may = P(PAYLOAD_KE) | OTHERS,
		.in_sk = true,
		.run = v2_child_asked,
	},
	{
		/* 1.3.2: HDR, SK {SA, Ni, KEi} --> */
		.story = "the peer rekeys the IKE SA; the new one takes the children over",
		.role = IKE_RESPONDER,
		.from = LIVE,
		.to = IKE_ST_REKEYED,
		.need = IKE,
		.may = OTHERS,
		.in_sk = true,
		.run = v2_ike_rekey_asked,
	},
	{
		/* <-- HDR, SK {SA, Nr, [KEr,] TSi, TSr} */
		.story =
			"our child is installed, the one it replaces deleted; of two that crossed one is redundant",
		.role = IKE_INITIATOR,
		.from = LIVE,
		.to = IKE_ST_SAME,
		.need = CHILD,
		.may = P(PAYLOAD_KE) | OTHERS,
		.in_sk = true,
		.task = FOR_A_CHILD,
		.run = v2_child_answered,
	},
	{
		/* <-- HDR, SK {SA, Nr, KEr} */
		.story = "our new IKE SA takes the children over, the old one is deleted",
		.role = IKE_INITIATOR,
		.from = LIVE,
		.to = IKE_ST_REKEYED,
		.need = IKE,
		.may = OTHERS,
		.in_sk = true,
		.task = DOING(IKE_TASK_IKE_REKEY),
		.run = v2_ike_rekey_answered,
	},
	{
		/* <-- HDR, SK {N(error)} */
		.story = "our child is refused: later, with another group, or not at all",
		.role = IKE_INITIATOR,
		.from = LIVE,
		.to = IKE_ST_SAME,
		.need = P(PAYLOAD_NOTIFY),
		.may = P(PAYLOAD_VENDOR),
		.in_sk = true,
		.task = FOR_A_CHILD,
		.run = v2_child_refused,
	},
	{
		/* <-- HDR, SK {N(error)} */
		.story =
			"our rekeying of the IKE SA is refused: later, with another group, or not at all",
		.role = IKE_INITIATOR,
		.from = LIVE,
		.to = IKE_ST_SAME,
		.need = P(PAYLOAD_NOTIFY),
		.may = P(PAYLOAD_VENDOR),
		.in_sk = true,
		.task = DOING(IKE_TASK_IKE_REKEY),
		.run = v2_ike_rekey_refused,
	},
};

const struct ike_exchange v2_create_child_sa = {
	.type = EXCHANGE_CREATE_CHILD_SA,
	.name = "CREATE_CHILD_SA",
	.step = steps,
	.n = sizeof(steps) / sizeof(steps[0]),
};
