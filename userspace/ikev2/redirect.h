/* SPDX-License-Identifier: GPL-2.0 */
/* A gateway that sends its clients to another one, in both roles (RFC 5685). */
#ifndef KW_IKEV2_REDIRECT_H
#define KW_IKEV2_REDIRECT_H

#include "ike/exchange.h"

/* ---- client ---- */

/* In requests that begin an IKE SA: that we can, and who sent us. */
void v2_redirect_offer(struct ike_run *run);
/* The answer to such a request: the next try goes elsewhere. false: it says nothing of the kind to us. */
bool v2_redirect_init(struct ike_run *run);
/* An authenticated gateway says so, in IKE_AUTH or later: a new IKE SA is made elsewhere. false: it does not. */
bool v2_redirect_authentic(struct ike_run *run);

/* ---- gateway ---- */

/* What a request that begins an IKE SA says about it. */
void v2_redirect_read(struct ike_sa *sa, const struct ike_message *m);
/*
 * Where c sends such a peer, when it is known to be for c (sure), or whatever connection it turns out to be for sends
 * it there too. NULL: it is served here.
 */
const char *v2_redirect_before(struct ike_run *run, const struct conn *c, bool sure);
/* The answer that says so; nothing of the peer is kept. As a step. */
enum ike_verdict v2_redirect_away(struct ike_run *run, const char *host);
/* The peer is authenticated: if its connection sends it elsewhere, it is told as soon as it has our answer. */
void v2_redirect_soon(struct ike_sa *sa);
/* INFORMATIONAL that sends a peer away who is here, and its answer. */
enum ike_verdict v2_redirect_start(struct ike_run *run);
enum ike_verdict v2_redirect_heard(struct ike_run *run);

#endif
