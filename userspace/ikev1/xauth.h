/* SPDX-License-Identifier: GPL-2.0 */
/* XAUTH: after the hosts a user proves himself, by name and password (draft-beaulieu-ike-xauth-02). */
#ifndef KW_IKEV1_XAUTH_H
#define KW_IKEV1_XAUTH_H

#include "ikev1/transaction.h"

/* Does the payload speak of users, and not of addresses? */
bool v1_is_xauth(const struct config_payload *c);

/* The gateway: asks, checks, tells. */
enum ike_verdict v1_xauth_ask(struct ike_run *run);
enum ike_verdict v1_xauth_answered(struct ike_run *run, const struct config_payload *c);
enum ike_verdict v1_xauth_tell(struct ike_run *run);
enum ike_verdict v1_xauth_acked(struct ike_run *run);

/* The client: is asked, is told. */
enum ike_verdict v1_xauth_asked(struct ike_run *run, struct v1_xchg *x,
				const struct config_payload *c);
enum ike_verdict v1_xauth_told(struct ike_run *run, struct v1_xchg *x,
			       const struct config_payload *c);

#endif
