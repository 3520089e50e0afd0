/* SPDX-License-Identifier: GPL-2.0 */
/* What AUTH payloads sign, making and checking them (RFC 7296 §2.15; 7427; 7670). */
#ifndef KW_IKEV2_AUTH_H
#define KW_IKEV2_AUTH_H

#include "crypto/prf.h"
#include "ike/auth.h"
#include "ike/job.h"
#include "ikev2/v2_sa.h"

/* An AUTH payload of ours. */
struct v2_proof {
	uint8_t method;
	uint8_t data[1200];	/* RSA-8192 with its prefix fits */
	size_t len;
};

/*
 * Check the peer's proof and make ours, on a worker where that takes long. When resume runs,
 * v2_auth_evidence() and v2_auth_proof() have the results.
 * peer: what the message in run->in says about the peer (its ID and AUTH payload), NULL when there is
 * nothing to check. prove: make our own proof; sa->local_id must be set.
 */
struct v2_peer_auth {
	struct id_payload id;
	struct kw_span id_body;
	struct auth_payload auth;
};
enum ike_verdict v2_auth_work(struct ike_run *run, const struct v2_peer_auth *peer, bool prove,
			      ike_step_fn resume);
const struct auth_evidence *v2_auth_evidence(const struct ike_run *run);
/* NULL with the reason in run->failure: our key cannot make a signature that the peer understands. */
const struct v2_proof *v2_auth_proof(struct ike_run *run);

/* The same without the PPK (RFC 8784); .len = 0: none was needed. */
const struct v2_proof *v2_auth_plain_proof(const struct ike_run *run);

/*
 * The Authentication Data of the AUTH payload that role makes after EAP (RFC 7296 §2.16): with the method's key, or
 * with its SK_p when the method made none. id_body: of its ID payload. 0 or -errno.
 */
int v2_auth_shared(const struct ike_sa *sa, enum ike_role role, struct kw_span id_body,
		   const struct kw_secret *key, uint8_t out[PRF_MAX]);

/*
 * The Authentication Data of the AUTH payload that role makes when an IKE SA is resumed (RFC 5723 §4.3.3). id_body: of
 * its ID payload. 0 or -errno.
 */
int v2_auth_resumed(const struct ike_sa *sa, enum ike_role role, struct kw_span id_body, uint8_t out[PRF_MAX]);

#endif
