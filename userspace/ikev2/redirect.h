/* SPDX-License-Identifier: GPL-2.0 */
/* A gateway that sends its clients to another one; we are the client (RFC 5685). */
#ifndef KW_IKEV2_REDIRECT_H
#define KW_IKEV2_REDIRECT_H

#include "ike/exchange.h"

/* In IKE_SA_INIT requests: that we can, and who sent us. */
void v2_redirect_offer(struct ike_run *run);
/* The answer to IKE_SA_INIT: the next try goes elsewhere. false: it says nothing of the kind to us. */
bool v2_redirect_init(struct ike_run *run);
/* An authenticated gateway says so, in IKE_AUTH or later: a new IKE SA is made elsewhere. false: it does not. */
bool v2_redirect_authentic(struct ike_run *run);

#endif
