/* SPDX-License-Identifier: GPL-2.0 */
/* The proofs of phase 1: a HASH payload, or a signature over it (RFC 2409 §5.1, §5.4). */
#ifndef KW_IKEV1_PROOF_H
#define KW_IKEV1_PROOF_H

#include "ike/auth.h"
#include "ike/job.h"
#include "ikev1/v1_sa.h"

/*
 * Check the peer's proof in run->in (inside or in the clear; id, id_body: its identity, NULL: nothing to check) and
 * make ours (sa->local_id must be set), on a worker. When resume runs, the two below have the results.
 */
enum ike_verdict v1_proof_work(struct ike_run *run, const struct id_payload *id,
			       struct kw_span id_body, bool inside, bool prove, ike_step_fn resume);
const struct auth_evidence *v1_proof_evidence(const struct ike_run *run);
/* Appends HASH, or CERTs and SIG. 0 or -errno with run->failure. */
int v1_proof_put(struct ike_run *run);
/* Which of the proof's payloads must come with an identity: a set of P(). */
uint64_t v1_proof_payload(const struct ike_sa *sa);
/* CERTREQs for the issuers that our connection trusts. */
void v1_put_certreqs(struct ike_run *run);

#endif
