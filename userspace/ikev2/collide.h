/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When both sides want something at once: one table for all of RFC 7296 §2.25.
 */
#ifndef KW_IKEV2_COLLIDE_H
#define KW_IKEV2_COLLIDE_H

#include "ike/child.h"

enum collide_ask { ASK_CHILD_NEW, ASK_CHILD_REKEY, ASK_CHILD_DELETE, ASK_IKE_REKEY, ASK_COUNT };

enum collide_answer {
	COLLIDE_PROCEED,	/* nothing is in the way */
	COLLIDE_BOTH,		/* go on; the nonces decide which of the two stays (§2.8.1) */
	COLLIDE_QUIET,		/* go on, but do not mention it in the answer (§1.4.1) */
	COLLIDE_LATER,		/* TEMPORARY_FAILURE */
};

/* The peer asks for this on this SA; child is what it is about, NULL for a new one and for the IKE SA. */
enum collide_answer v2_collide(const struct ike_sa *sa, enum collide_ask ask,
			       const struct child_sa *child);

#endif
