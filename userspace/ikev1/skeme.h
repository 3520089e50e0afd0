/* SPDX-License-Identifier: GPL-2.0 */
/* SKEME's ways of main mode: who can decrypt is who he says (RFC 2409 §5.2, §5.3). */
#ifndef KW_IKEV1_SKEME_H
#define KW_IKEV1_SKEME_H

#include "ike/exchange.h"
#include "ikev1/v1_sa.h"

/* Rows for messages 5 and 6; the others are main mode's. */
extern const struct ike_exchange v1_skeme;

static inline bool v1_is_skeme(const struct ike_sa *sa)
{
	return v1_sa(sa)->auth == V1_AUTH_RSA_ENCRYPTION || v1_sa(sa)->auth == V1_AUTH_RSA_REVISED;
}

/* Message 3, when our public value and nonce are there; messages 3 and 4 when they have come. */
enum ike_verdict v1_skeme_send(struct ike_run *run);
enum ike_verdict v1_skeme_asked(struct ike_run *run);
enum ike_verdict v1_skeme_answered(struct ike_run *run);

#endif
