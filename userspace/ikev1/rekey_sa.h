/* SPDX-License-Identifier: GPL-2.0 */
/* A new ISAKMP SA for an old one. */
#ifndef KW_IKEV1_REKEY_SA_H
#define KW_IKEV1_REKEY_SA_H

#include "ike/version.h"

/* IKEv1 has no rekeying of phase 1: it is made anew, and the children go over to it. */
enum ike_verdict v1_ike_rekey_start(struct ike_run *run);

#endif
