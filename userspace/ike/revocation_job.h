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
/*
 * The same where the proof is judged elsewhere: path of c is asked about at once. *verdict, with why (n octets), is
 * set only when it is not CERT_TRUSTED; both stand in the job that is done.
 */
enum ike_verdict revocation_check_path(struct ike_run *run, const struct conn *c, struct cert_path *path,
				enum cert_verdict *verdict, char *why, size_t n,
				enum ike_verdict (*resume)(struct ike_run *));

#endif
