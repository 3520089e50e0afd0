/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The wanted state of connections, and the loop that never gives up on it: back-off with a cap and jitter,
 * names resolved again at every try.
 */
#ifndef KW_IKE_CONNECT_H
#define KW_IKE_CONNECT_H

#include "ike/child.h"

/* After loading: what the configuration wants from the start. */
void connect_begin(struct conn *c);
void connect_up(struct conn *c);
void connect_down(struct conn *c);
/* Delete its SAs (IKE deletes to the peer); the loop brings it back if it is wanted up. */
void connect_delete_sas(struct conn *c);
/* The gateway at the other end of sa sends us to `host`, an address or a name. false: it is too much by now. */
bool connect_redirect(struct conn *c, const struct ike_sa *sa, const char *host);
/* A new IKE SA to the same peer beside this one, which it will replace. */
void connect_reauth(struct ike_sa *sa);
/* The same by UDP, to see whether that works again; if it does not, nothing is said. */
void connect_return_to_udp(struct ike_sa *sa);
/* Out of the configuration: delete SAs, take down policies and the device; freed when all has ended. */
void connect_retire(struct conn *c);
/* The kernel saw a packet for a policy without an SA. */
void connect_on_acquire(const struct child_policy *p, const struct kernel_event *ev);
/* What could not be reached may be reached now: the next try comes soon. */
void connect_network_changed(struct conn *c);
/* What happened to its SAs; each may start, retry or calm the loop. */
void connect_on_child_up(const struct child_sa *child);
/* An IKE SA came up without a child: those that are wanted are asked for. */
void connect_on_childless(struct ike_sa *sa);
void connect_on_child_gone(struct conn *c, struct ike_sa *sa);
void connect_on_sa_gone(struct conn *c);
/*
 * An IKE SA was authenticated. If there is another to the same peer, one goes: tries that crossed,
 * or a peer that was restarted and says so (RFC 7296 §2.4, INITIAL_CONTACT): then all older ones
 * end without a word.
 */
void connect_on_established(struct conn *c, struct ike_sa *sa, bool initial_contact);
/* May it stand beside the others of the same peer, as the connection's "unique" says? Peer's identity known. */
bool connect_may_establish(const struct conn *c, const struct ike_sa *sa, bool initial_contact);
/* We begin, our identity is known: is this the only IKE SA between the two identities (INITIAL_CONTACT)? */
bool connect_is_first_contact(const struct ike_sa *sa);
/*
 * An IKE SA ends: where children may outlive it, another one with the same peer takes them over, though it was
 * redundant so far. false: there is none.
 */
bool connect_inherit(struct ike_sa *from);
/* The peer says later that it knows no other IKE SA than this one: older ones end without a word. */
void connect_on_contact(struct conn *c, struct ike_sa *sa);
enum conn_state connect_state(const struct conn *c);

#endif
