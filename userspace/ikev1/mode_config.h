/* SPDX-License-Identifier: GPL-2.0 */
/* Mode Config: addresses, name servers, nets; Cisco's Unity attributes (draft-dukes-ike-mode-cfg-02). */
#ifndef KW_IKEV1_MODE_CONFIG_H
#define KW_IKEV1_MODE_CONFIG_H

#include "ikev1/transaction.h"

/* The gateway: hands out because it is asked, or by itself. */
enum ike_verdict v1_config_asked(struct ike_run *run, struct v1_xchg *x,
				 const struct config_payload *c);
enum ike_verdict v1_config_push(struct ike_run *run);

/* The client: asks, or takes what comes by itself. */
enum ike_verdict v1_config_pull(struct ike_run *run);
enum ike_verdict v1_config_answered(struct ike_run *run, const struct config_payload *c);
enum ike_verdict v1_config_pushed(struct ike_run *run, struct v1_xchg *x,
				  const struct config_payload *c);

/*
 * The gateway's client may use no other address than what he was lent, on this ISAKMP SA or on an older one of his.
 * false: he was lent none.
 */
bool v1_has_access(struct ike_sa *sa);

#endif
