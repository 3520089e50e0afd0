/* SPDX-License-Identifier: GPL-2.0 */
/* NAT detection notifies (RFC 7296 §2.23). */
#ifndef KW_IKEV2_NATD_PAYLOAD_H
#define KW_IKEV2_NATD_PAYLOAD_H

#include "ike/exchange.h"

/* N(NAT_DETECTION_SOURCE_IP) and N(NAT_DETECTION_DESTINATION_IP) for where the SA is now. */
void v2_put_natd(struct ike_run *run);
/* The peer's: sets sa->nat_local and sa->nat_remote. */
void v2_read_natd(struct ike_sa *sa, const struct ike_message *m, bool in_sk);

#endif
