/* SPDX-License-Identifier: GPL-2.0 */
/* When to ask whether the peer lives (RFC 7296 §2.4): only when nothing came in for a while. */
#ifndef KW_IKE_DPD_H
#define KW_IKE_DPD_H

#include "ike/sa.h"

void dpd_start(struct ike_sa *sa);
/*
 * We are the responder, and the answer that made the IKE SA may be lost still: its initiator then neither knows the
 * IKE SA nor answers on it, but will ask for that answer again. Never true for longer than ANSWER_MS.
 */
bool dpd_answer_open(struct ike_sa *sa);
/* An authenticated message shows that it came: what we asked meanwhile is asked again. */
void dpd_answer_came(struct ike_sa *sa);

#endif
