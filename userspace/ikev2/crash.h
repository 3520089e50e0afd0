/* SPDX-License-Identifier: GPL-2.0 */
/* Tokens by which a side that was restarted shows that it has lost an IKE SA (RFC 6290). */
#ifndef KW_IKEV2_CRASH_H
#define KW_IKEV2_CRASH_H

#include "ike/exchange.h"

/* Ours for sa, whose SPIs are both known, at the end of run->out; nothing where we make none. */
void v2_crash_put(struct ike_run *run, const struct ike_sa *sa);
/* Keeps the peer's for sa, if the message has it under protection. */
void v2_crash_read(struct ike_sa *sa, const struct ike_message *m);
/* The peer makes tokens too. */
bool v2_crash_peer(const struct ike_sa *sa);

/*
 * An answer in the clear to a request of ours, its payloads walked: with the peer's token in it the IKE SA is closed,
 * and whatever is wanted begins anew. Else nothing happens.
 */
void v2_crash_heard(struct ike_sa *sa, const struct ike_message *m);
/* A request for an IKE SA that is not there is answered with the token that its peer had from us. */
void v2_crash_answer(struct engine *e, const struct ike_message *m);

/* Of a question with nothing in it the answer may be longer: some octets more (nobody is amplified). */
void v2_crash_pad(struct ike_run *run);

#endif
