/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When to rekey, and what to do when a lifetime ends. Who began an exchange rekeys a little earlier than the
 * other side, so that two ends with the same lifetimes seldom collide; when they do, collisions are settled
 * by RFC 7296 §2.8.1 in the version's code.
 */
#ifndef KW_IKE_REKEY_H
#define KW_IKE_REKEY_H

#include "ike/child.h"

/* When an SA that is to be rekeyed after that many seconds ends by itself: a quarter behind it, but a slow
 * peer has 30 s at least. 0 never ends. */
uint32_t rekey_hard_seconds(uint32_t rekey);

/* Starts the lifetime of a child or an established IKE SA from the connection's configuration. */
void rekey_schedule_child(struct child_sa *c);
/* The first child has no key exchange of its own: one rekey soon shows whether its groups suit the peer. */
void rekey_prove_pfs(struct child_sa *c);
void rekey_schedule_ike(struct ike_sa *sa);
/* When the one that began is to prove itself anew (make before break); counted over rekeys. */
void rekey_schedule_reauth(struct ike_sa *sa);
/* Not established by then, not deleted by then: closed. */
void rekey_limit_half_open(struct ike_sa *sa);
void rekey_limit_replaced(struct ike_sa *sa);
/* The try to rekey failed for now. */
void rekey_child_failed(struct child_sa *c);
void rekey_ike_failed(struct ike_sa *sa);
/* From the kernel. */
void rekey_on_expire(struct engine *e, const struct kernel_event *ev);
/* Events were lost: look which children reached a limit meanwhile. */
void rekey_on_resync(struct engine *e);

#endif
