// SPDX-License-Identifier: GPL-2.0
/*
 * IKEv2 as data.
 *
 * RFCs: 7296, 4555, 5685, 5723, 6023, 6290, 8784, 7383, 7427, 7670, 8420, 9242, 9370.
 */
#include "ikev2/accept.h"
#include "ikev2/mobike.h"
#include "ikev2/redirect.h"
#include "ikev2/sk.h"
#include "ikev2/v2_sa.h"
#include "ikev2/version.h"

static const struct ike_exchange *const exchanges[] = {
	&v2_ike_sa_init,
	&v2_ike_session_resume,
	&v2_ike_intermediate,
	&v2_ike_auth,
	&v2_create_child_sa,
	&v2_ike_followup_ke,
	&v2_informational,
};

#define UP IN(IKE_ST_ESTABLISHED)

const struct ike_version ikev2 = {
	.name = "IKEv2",
	.major = 2,
	/* 33..48, and SKF. */
	.known = (P(49) - P(33)) | P(PAYLOAD_SKF),
	.many = P(PAYLOAD_CERT) | P(PAYLOAD_CERTREQ) | P(PAYLOAD_NOTIFY) | P(PAYLOAD_DELETE) | P(PAYLOAD_VENDOR) |
		P(PAYLOAD_CP),
	.exchange = exchanges,
	.n_exchange = sizeof(exchanges) / sizeof(exchanges[0]),
	.print = message_print,
	.sa_new = v2_sa_new,
	.sa_free = v2_sa_free,
	.find = v2_find,
	.accept = v2_accept,
	.open = v2_open,
	.commit = v2_commit,
	.seal = v2_seal,
	.refuse = v2_refuse,
	.network_changed = v2_network_changed,
	.unanswered = v2_unanswered,
	.start = {
		[IKE_TASK_CONNECT] = { "we begin", IN(IKE_ST_NEW), IKE_ST_INIT_SENT, v2_connect_start },
		[IKE_TASK_CHILD_NEW] = { "we want a child", UP, IKE_ST_SAME, v2_child_new_start },
		[IKE_TASK_CHILD_REKEY] = { "we rekey a child", UP, IKE_ST_SAME, v2_child_rekey_start },
		[IKE_TASK_CHILD_DELETE] = { "we delete a child", UP, IKE_ST_SAME, v2_child_delete_start },
		[IKE_TASK_IKE_REKEY] = { "we rekey the IKE SA", UP, IKE_ST_SAME, v2_ike_rekey_start },
		[IKE_TASK_IKE_DELETE] = { "we delete the IKE SA", UP | IN(IKE_ST_AUTH_SENT) | IN(IKE_ST_REKEYED),
					  IKE_ST_DELETING, v2_ike_delete_start },
		[IKE_TASK_MOVE] = { "addresses changed", UP, IKE_ST_SAME, v2_move_start },
		[IKE_TASK_REDIRECT] = { "we send the peer to another gateway", UP, IKE_ST_SAME, v2_redirect_start },
		[IKE_TASK_REFRESH] = { "what belongs to the new IKE SA", UP, IKE_ST_SAME, v2_refresh_start },
		[IKE_TASK_PROBE] = { "we ask whether the peer lives", UP, IKE_ST_SAME, v2_probe_start },
	},
};
