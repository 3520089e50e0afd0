/* SPDX-License-Identifier: GPL-2.0 */
/* When to ask whether the peer lives (RFC 7296 §2.4): only when nothing came in for a while. */
#ifndef KW_IKE_DPD_H
#define KW_IKE_DPD_H

#include "ike/sa.h"

void dpd_start(struct ike_sa *sa);

#endif
