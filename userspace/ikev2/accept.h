/* SPDX-License-Identifier: GPL-2.0 */
/* The first message of a stranger. */
#ifndef KW_IKEV2_ACCEPT_H
#define KW_IKEV2_ACCEPT_H

#include "ike/version.h"

/* Member .accept of struct ike_version. */
void v2_accept(struct engine *e, const struct ike_version *version, struct ike_message *m);

#endif
