/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IKEv1 fragmentation as Cisco and Microsoft do it: a whole message, encrypted or not, cut into FRAG payloads. Pieces
 * are not authenticated, so they are bounded, and a new message throws the pieces of an old one away.
 */
#ifndef KW_IKEV1_FRAGMENT_H
#define KW_IKEV1_FRAGMENT_H

#include "ike/message.h"
#include "ikev1/v1_sa.h"

/* 0: *m is now the whole message; -EAGAIN: kept (and *m freed); -EBADMSG: not a piece that fits, *m as it was. */
int v1_fragment_in(struct ike_sa *sa, struct ike_message **m);
/* Cuts the one datagram of s when it is too long and the peer can put it together again. 0 or -errno. */
int v1_fragment_out(struct ike_sa *sa, struct sealed *s);

#endif
