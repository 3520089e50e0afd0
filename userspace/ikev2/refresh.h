/* SPDX-License-Identifier: GPL-2.0 */
/* What belongs to an IKE SA beside its keys, made anew when it was rekeyed. */
#ifndef KW_IKEV2_REFRESH_H
#define KW_IKEV2_REFRESH_H

#include "ike/exchange.h"

/* next took over from old: whatever the two sides have still to tell each other is told soon. */
void v2_refresh(struct ike_sa *old, struct ike_sa *next);
enum ike_verdict v2_refreshed(struct ike_run *run);

#endif
