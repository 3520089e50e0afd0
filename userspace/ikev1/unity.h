/* SPDX-License-Identifier: GPL-2.0 */
/* Unity: what Cisco added to Mode Config. */
#ifndef KW_IKEV1_UNITY_H
#define KW_IKEV1_UNITY_H

#include "ike/sa.h"
#include "wire/cp.h"

/*
 * The gateway: append one attribute that the common ones (wire/cp.h) do not have, when there is something to say. A
 * peer that did not ask for it may be confused by it.
 */
void v1_unity_put(struct kw_writer *w, const struct ike_sa *sa, uint16_t type);
/* The client: nets and domains go into told, the banner into the log, under that subject. */
void v1_unity_read(const char *subject, struct kw_span attrs, struct cp *told);

#endif
