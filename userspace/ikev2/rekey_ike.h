/* SPDX-License-Identifier: GPL-2.0 */
/* What others need of the rekeying of an IKE SA. */
#ifndef KW_IKEV2_REKEY_IKE_H
#define KW_IKEV2_REKEY_IKE_H

#include "ike/sa.h"

/*
 * The IKE SA ends while our rekey of it is under way: if we have answered one of the peer's meanwhile, that
 * successor takes the children over.
 */
void v2_ike_adopt_met(struct ike_sa *sa);
/* The peer uses this one for its children: of two that crossed it has settled on it, so we do. */
void v2_ike_settled_by_peer(struct ike_sa *sa);

#endif
