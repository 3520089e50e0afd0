/* SPDX-License-Identifier: GPL-2.0 */
/* The configuration payload of IKE_AUTH, in both roles: RFC 7296 §2.19, §3.15. */
#ifndef KW_IKEV2_CP_H
#define KW_IKEV2_CP_H

#include "ike/exchange.h"

/* Client: CP(CFG_REQUEST), when the connection wants an address. */
void v2_cp_ask(struct ike_run *run);
/* Client: the answer. true when it has what was asked for, or nothing was; false with run->failure. */
bool v2_cp_take(struct ike_run *run);
/*
 * Gateway: what run->in asks for is lent and told in run->out. 0, or the notify that says why not, with
 * run->failure.
 */
uint16_t v2_cp_answer(struct ike_run *run);

#endif
