// SPDX-License-Identifier: GPL-2.0
/*
 * What belongs to an IKE SA beside its keys, made anew when it was rekeyed.
 *
 *   HDR, SK {[N(QUICK_CRASH_DETECTION),] [N(TICKET_REQUEST)]}  -->
 *                                <--  HDR, SK {[N(TICKET_LT_OPAQUE)]}
 *
 * RFCs: 6290 §4.3 (the token of the side that began the rekeying); 5723 §4.1 (a ticket, by INFORMATIONAL).
 */
#include "ike/conn.h"
#include "ikev2/crash.h"
#include "ikev2/refresh.h"
#include "ikev2/resume.h"
#include "ikev2/version.h"

#define REFRESH_MS 1000u	/* the other side has the new keys by then */

/* Those that make no tokens have no use for ours. */
static bool owes_token(const struct ike_sa *sa)
{
	return sa->role == IKE_INITIATOR && v2_crash_peer(sa);
}

void v2_refresh(struct ike_sa *old, struct ike_sa *next)
{
	v2_ticket_goes_on(old, next);
	if (!next->redundant && (owes_token(next) || v2_ticket_wanted(next)))
		task_add_later(next, IKE_TASK_REFRESH, 0, REFRESH_MS);
}

enum ike_verdict v2_refresh_start(struct ike_run *run)
{
	if (exchange_begin(run, EXCHANGE_INFORMATIONAL))
		return IKE_DROP;
	if (owes_token(run->sa))
		v2_crash_put(run, run->sa);
	v2_ticket_ask(run);
	return IKE_OK;
}

enum ike_verdict v2_refreshed(struct ike_run *run)
{
	v2_ticket_take(run);
	run->task_done = true;
	return IKE_OK;
}
