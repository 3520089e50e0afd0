/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Datagram to IKE SA: the only place that looks at the version number, and the fence against floods.
 */
#ifndef KW_IKE_DEMUX_H
#define KW_IKE_DEMUX_H

#include "ike/core.h"

/* May another half-open IKE SA be made? false: the datagram is dropped (counted). */
bool demux_admit(struct engine *e);
/* Are cookies due before state is made (RFC 7296 §2.6)? */
bool demux_wants_cookie(const struct engine *e);

#endif
