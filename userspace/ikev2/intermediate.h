/* SPDX-License-Identifier: GPL-2.0 */
/* What lies between IKE_SA_INIT and IKE_AUTH: further key exchanges (RFC 9242, RFC 9370 §2.2). */
#ifndef KW_IKEV2_INTERMEDIATE_H
#define KW_IKEV2_INTERMEDIATE_H

#include "ike/exchange.h"
#include "ikev2/v2_sa.h"

/* In IKE_SA_INIT: that we can, when we need it (request) or the peer asked (answer). */
void v2_intermediate_offer(struct ike_run *run);
/* What the peer says about it there. */
void v2_intermediate_read(struct ike_sa *sa, const struct ike_message *m);
/* PROPOSAL_ONE_KE for a peer that did not say that it can; else 0. */
unsigned int v2_intermediate_flags(const struct ike_message *init_request);

/*
 * Initiator: the first of the further key exchanges that were agreed on; IKE_AUTH begins behind the last one. false:
 * there are none.
 */
bool v2_intermediate_wanted(const struct ike_sa *sa);
enum ike_verdict v2_intermediate_start(struct ike_run *run);

/*
 * sk.c: the message in run->out, that goes out as header and plain text, is one of these. It goes into what AUTH
 * proves, and behind an answer the keys change. 0 or -errno.
 */
int v2_intermediate_sealed(struct ike_run *run, struct kw_span header, struct kw_span plain);
/* Behind the signed octets of AUTH: IntAuth (RFC 9242 §3.3.2). Nothing without such exchanges. */
void v2_intermediate_octets(const struct v2_sa *v2, struct kw_writer *w);
#define INTERMEDIATE_OCTETS (2 * PRF_MAX + 4)

#endif
