/* SPDX-License-Identifier: GPL-2.0 */
/* Between a peer's proof and the verdict: is a certificate of it revoked (RFC 5280 §6.3)? */
#ifndef KW_IKE_REVOCATION_JOB_H
#define KW_IKE_REVOCATION_JOB_H

#include "ike/auth.h"
#include "ike/version.h"

/*
 * In the step that resumes after a worker has judged the peer's proof: asks about what cert_verify() put into path,
 * which is taken over, if ev is good otherwise, and resumes when ev is final. ev stands in the job that is done,
 * which is run->job again in resume. Returns what the step returns.
 */
enum ike_verdict revocation_check(struct ike_run *run, struct cert_path *path, struct auth_evidence *ev,
				  enum ike_verdict (*resume)(struct ike_run *));

#endif
