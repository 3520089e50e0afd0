/* SPDX-License-Identifier: GPL-2.0 */
/* Stateless cookies under load (RFC 7296 §2.6). */
#ifndef KW_IKEV2_COOKIE_H
#define KW_IKEV2_COOKIE_H

#include "ike/core.h"
#include "ike/message.h"

/* Does the request that begins an IKE SA (its chain walked) bring back a cookie that we gave to this address? */
bool v2_cookie_good(struct engine *e, const struct ike_message *m);
/* Answer it with a cookie; nothing is kept. */
void v2_cookie_ask(struct engine *e, const struct ike_message *m);

#endif
