// SPDX-License-Identifier: GPL-2.0
/*
 * A second proof of the initiator, by EAP.
 *
 *                                <--  HDR, SAr1, KEr, Nr, ..., N(MULTIPLE_AUTH_SUPPORTED)
 *   HDR, SK {IDi, [CERT+,] AUTH, SAi2, TSi, TSr, N(MULTIPLE_AUTH_SUPPORTED), N(ANOTHER_AUTH_FOLLOWS)}  -->
 *                                <--  HDR, SK {IDr, [CERT+,] AUTH}
 *   HDR, SK {IDi}                -->
 *                                <--  HDR, SK {EAP}            ... from here on as eap.c has it
 *   HDR, SK {AUTH}               -->
 *                                <--  HDR, SK {AUTH, SAr2, TSi, TSr}
 *
 * The last two AUTH payloads are over the identities that were sent last. ike/auth.c wants both proofs.
 *
 * RFC 4739 §2, §3.
 */
#include "ikev2/another_auth.h"

#include "ike/auth.h"
#include "ikev2/sk.h"

#define CANDIDATES_MAX 64u

void v2_another_offer(struct ike_run *run)
{
	struct conn *c[CANDIDATES_MAX];
	unsigned int n = auth_candidates(run->sa->e, run->sa->version, &run->sa->local.addr, &run->sa->remote.addr, c,
					 CANDIDATES_MAX);
	bool wanted = false;

	for (unsigned int i = 0; i < n; i++)
		wanted |= c[i]->conf->remote_again;
	if (wanted)
		v2_put_notify(run, N_MULTIPLE_AUTH_SUPPORTED, KW_SPAN(NULL, 0));
}

void v2_another_read(struct ike_sa *sa, const struct ike_message *m)
{
	struct notify_payload n;

	v2_sa(sa)->peer_multiple = message_notify(m, false, N_MULTIPLE_AUTH_SUPPORTED, &n);
}

bool v2_another_possible(struct ike_run *run)
{
	if (!run->sa->conn->conf->local_again || v2_sa(run->sa)->peer_multiple)
		return true;
	failure_set(&run->failure, FAILURE_REFUSED,
		    "the peer takes one proof only (no MULTIPLE_AUTH_SUPPORTED), but auth here has EAP behind another one");
	return false;
}

void v2_another_put(struct ike_run *run)
{
	if (!run->sa->conn->conf->local_again)
		return;
	v2_put_notify(run, N_MULTIPLE_AUTH_SUPPORTED, KW_SPAN(NULL, 0));
	v2_put_notify(run, N_ANOTHER_AUTH_FOLLOWS, KW_SPAN(NULL, 0));
}

bool v2_another_fits(struct ike_run *run)
{
	const bool wanted = run->sa->conn->conf->remote_again;
	struct notify_payload n;
	bool follows = message_notify(run->in, true, N_ANOTHER_AUTH_FOLLOWS, &n);

	if (wanted == follows)
		return true;
	failure_set(&run->failure, FAILURE_REFUSED,
		    wanted ? "the peer proves itself once only, but auth here wants EAP behind that (RFC 4739)" :
			     "the peer wants to prove itself again behind its first proof, which auth here does not ask for");
	return false;
}
