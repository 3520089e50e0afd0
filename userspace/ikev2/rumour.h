/* SPDX-License-Identifier: GPL-2.0 */
/* What somebody says in the clear: never believed, at most a reason to ask the peer itself. */
#ifndef KW_IKEV2_RUMOUR_H
#define KW_IKEV2_RUMOUR_H

#include "ike/core.h"
#include "ike/message.h"

/*
 * An INFORMATIONAL that belongs to no IKE SA: if it says that an SPI of a child of ours is unknown there
 * (INVALID_SPI, RFC 7296 §1.5), the peer is asked whether it lives, at most every RUMOUR_MS.
 */
#define RUMOUR_MS 10000u
void v2_hear_rumour(struct engine *e, struct ike_message *m);

#endif
