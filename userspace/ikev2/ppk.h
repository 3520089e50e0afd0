/* SPDX-License-Identifier: GPL-2.0 */
/* Post-quantum preshared keys in IKE_AUTH (RFC 8784). */
#ifndef KW_IKEV2_PPK_H
#define KW_IKEV2_PPK_H

#include "ikev2/auth.h"

/* Initiator, before the proofs are made: mixes the PPK in. 0 or -errno. */
int v2_ppk_begin(struct ike_sa *sa);
/* Initiator: N(PPK_IDENTITY), and N(NO_PPK_AUTH) when it may go on without; no_ppk is that proof. */
void v2_ppk_put(struct ike_run *run, const struct v2_proof *no_ppk);
/* Initiator: did the peer use it? false: it did not, and that is not enough (run->failure). */
bool v2_ppk_answered(struct ike_run *run);
/* Responder: which proof of the peer counts. false: refused (run->failure). */
bool v2_ppk_asked(struct ike_run *run, struct v2_peer_auth *peer);

#endif
