/* SPDX-License-Identifier: GPL-2.0 */
/* Where IKE_SA_INIT hands over to IKE_AUTH. */
#ifndef KW_IKEV2_AUTH_STEPS_H
#define KW_IKEV2_AUTH_STEPS_H

#include "ike/version.h"

/* Initiator with keys: builds the IKE_AUTH request, perhaps after a signature. */
enum ike_verdict v2_auth_begin(struct ike_run *run);

#endif
