/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Datagram to IKE SA: the only place that looks at the version number, and the fence against floods.
 */
#ifndef KW_IKE_DEMUX_H
#define KW_IKE_DEMUX_H

#include "ike/core.h"

/*
 * May another half-open IKE SA be made for this peer? false: the datagram is dropped (counted). Ask after
 * the peer has proved its address where it can: else others could use up its share.
 */
bool demux_admit(struct engine *e, const struct ip_addr *remote);
/*
 * Are cookies due before state is made (RFC 7296 §2.6)? When many are half-open, or the peer's own share is
 * used up by a quarter: what a forger can fill leaves room for the true one.
 */
bool demux_wants_cookie(const struct engine *e, const struct ip_addr *remote);

#endif
