// SPDX-License-Identifier: GPL-2.0
/*
 * IKEv1 as data.
 *
 * RFCs: 2407, 2408, 2409, 3706, 3947.
 */
#include "ike/conn.h"
#include "ikev1/group.h"
#include "ikev1/informational.h"
#include "ikev1/packet.h"
#include "ikev1/phase1.h"
#include "ikev1/quick.h"
#include "ikev1/rekey_sa.h"
#include "ikev1/skeme.h"
#include "ikev1/transaction.h"
#include "ikev1/version.h"

static const struct ike_exchange *const exchanges[] = {
	&v1_main_mode,
	&v1_skeme,
	&v1_aggressive_mode,
	&v1_base_exchange,
	&v1_authentication_only,
	&v1_quick_mode,
	&v1_new_group,
	&v1_transaction,
	&v1_informational,
};

/* Phase 1, in the mode that the connection names. */
static enum ike_verdict connect_start(struct ike_run *run)
{
	const struct conf_conn *conf = run->sa->conn->conf;

	if (conf->base_exchange)
		return v1_base_begin(run);
	return conf->aggressive ? v1_aggressive_begin(run) : v1_main_begin(run);
}

#define UP	IN(IKE_ST_ESTABLISHED)
/* Payload types that come once; of all others there may be many. */
#define ONCE	(P(V1_PAYLOAD_KE) | P(V1_PAYLOAD_HASH) | P(V1_PAYLOAD_SIG) | P(V1_PAYLOAD_NONCE))

const struct ike_version ikev1 = {
	.name = "IKEv1",
	.major = 1,
	.children_outlive = true,
	.known = UINT64_MAX,
	.many = ~ONCE,
	.exchange = exchanges,
	.n_exchange = sizeof(exchanges) / sizeof(exchanges[0]),
	.print = v1_print,
	.sa_new = v1_sa_new,
	.sa_free = v1_sa_free,
	.find = v1_find,
	.accept = v1_accept,
	.open = v1_open,
	.commit = v1_commit,
	.seal = v1_seal,
	.refuse = v1_refuse,
	.unanswered = v1_unanswered,
	.start = {
		[IKE_TASK_CONNECT] = { "we begin", IN(IKE_ST_NEW), IKE_ST_INIT_SENT, connect_start },
		[IKE_TASK_CHILD_NEW] = { "we want a child", UP, IKE_ST_SAME, v1_child_new_start },
		[IKE_TASK_CHILD_REKEY] = { "we rekey a child", UP, IKE_ST_SAME, v1_child_rekey_start },
		[IKE_TASK_CHILD_DELETE] = { "we delete a child", UP | IN(IKE_ST_REKEYED), IKE_ST_SAME,
					    v1_child_delete_start },
		[IKE_TASK_IKE_REKEY] = { "we make a new ISAKMP SA", UP, IKE_ST_SAME, v1_ike_rekey_start },
		[IKE_TASK_IKE_DELETE] = { "we delete the ISAKMP SA", UP | IN(IKE_ST_REKEYED), IKE_ST_SAME,
					  v1_ike_delete_start },
		[IKE_TASK_CONFIG] = { "we ask for a user or an address, or hand one out",
				      UP | IN(IKE_ST_PROVED), IKE_ST_SAME, v1_config_start },
		[IKE_TASK_GROUP] = { "we describe a group", UP, IKE_ST_SAME, v1_group_start },
		[IKE_TASK_PROBE] = { "we ask whether the peer lives", UP, IKE_ST_SAME, v1_probe_start },
	},
};
