/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What may stand between phase 1 and the first child: a user who proves himself (XAUTH), an address that is asked for
 * or handed out (Mode Config). Both are transaction exchanges.
 */
#ifndef KW_IKEV1_TRANSACTION_H
#define KW_IKEV1_TRANSACTION_H

#include "ike/exchange.h"
#include "ikev1/v1_sa.h"
#include "wire/payload_v1.h"

extern const struct ike_exchange v1_transaction;

/* Phase 1 is over: begins with what the connection wants before children. false: nothing. */
bool v1_config_begin(struct ike_sa *sa);
/* The connection hands out an address, or wants one. */
bool v1_config_due(const struct ike_sa *sa);
enum ike_verdict v1_config_start(struct ike_run *run);

/* The rest is for xauth.c and mode_config.c. */

/* The attributes payload of run->in; false: it does not parse. */
bool v1_config_read(const struct ike_run *run, struct config_payload *c);
/* One step is done; the next one begins, or with V1_DUE_NOTHING the ISAKMP SA is established. */
void v1_config_next(struct ike_run *run, enum v1_due next);
/* What follows when the user is known. */
enum v1_due v1_due_after_user(const struct ike_sa *sa);
/* It ends here: the peer is told by what is in run->out and by a delete. */
enum ike_verdict v1_config_fail(struct ike_run *run);
/* A message of ours in an exchange that the peer began (x), or in a new one (NULL). IKE_OK or IKE_FAIL. */
enum ike_verdict v1_config_say(struct ike_run *run, struct v1_xchg *x, uint8_t type,
			       struct kw_span attrs);

#endif
