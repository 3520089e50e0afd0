/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stored messages: our request, sent again until it is answered; our last answer, sent again when the
 * request comes again. Only requests are repeated on our own account, so nobody is amplified.
 *
 * RFCs: 7296 §2.1, §2.4; 7383 §2.6.1.
 */
#ifndef KW_IKE_RETRANSMIT_H
#define KW_IKE_RETRANSMIT_H

#include "ike/env.h"

struct ike_sa;

#define SEALED_MAX 64	/* datagrams (fragments) of one message */

/* One message ready to send, in one or several datagrams. */
struct sealed {
	unsigned int n;
	struct kw_span *d;		/* into mem; owned, and mem with it */
	uint8_t *mem;
};

/* Memory for up to n datagrams of so many octets together; *s must be empty ({0}). 0 or -ENOMEM. */
int sealed_room(struct sealed *s, unsigned int n, size_t octets);
void sealed_drop(struct sealed *s);

struct retransmit {
	struct sealed request, answer;
	struct env_timer *timer;
	unsigned int tries;		/* times the request was sent */
	uint64_t first_ms;
};

/* Takes the message, sends it, repeats it with exponential back-off and jitter until _answered(). */
void retransmit_request(struct ike_sa *sa, struct sealed *s);
/* The request that is out, if any, goes out again now: there is a new way to the peer. */
void retransmit_now(struct ike_sa *sa);
void retransmit_answered(struct ike_sa *sa);
bool retransmit_pending(const struct ike_sa *sa);
/* Takes the answer, sends it once to where the request came from, keeps it for _repeat(). */
void retransmit_answer(struct ike_sa *sa, struct sealed *s, enum net_socket socket,
		       const struct endpoint *local, const struct endpoint *remote);
/* The request came again: so does the answer. */
void retransmit_repeat(struct ike_sa *sa, enum net_socket socket, const struct endpoint *local,
		       const struct endpoint *remote);
void retransmit_drop(struct ike_sa *sa);

#endif
