/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IKE SAs on TCP streams: when one is taken instead of UDP, what becomes of those on a stream that breaks, and
 * the way back to UDP.
 *
 * RFCs: 9329.
 */
#ifndef KW_IKE_STREAM_H
#define KW_IKE_STREAM_H

#include "ike/sa.h"

static inline bool stream_used(const struct ike_sa *sa)
{
	return sa->socket == NET_SOCKET_TCP;
}

/* May, and shall, the next IKE SA that the connection begins run in TCP? */
bool stream_is_turn(const struct conn *c);
/* Opens one to sa->remote, from sa->local's address if that is set; sa->local becomes its end. 0 or -errno. */
int stream_open(struct ike_sa *sa);
/* UDP (or TCP) did not bring an answer: TCP's (or UDP's) turn is next, if the configuration knows both. */
void stream_unanswered(struct ike_sa *sa);
/* So often unanswered, a first message by UDP may be given up for TCP. */
bool stream_gives_up_udp(const struct ike_sa *sa);
/* The IKE SA is up. */
void stream_begin_life(struct ike_sa *sa);
/* It ends: so does its stream, if it was the last on it. */
void stream_leave(struct ike_sa *sa);
/* We are elsewhere now, or the peer is: another stream, now or as soon as there is a way. */
void stream_moved(struct ike_sa *sa);
/* Something authenticated came by a stream: the responder follows his peer there. true: it has been seen to. */
bool stream_follow(struct ike_sa *sa, enum net_socket socket, const struct endpoint *local,
		   const struct endpoint *remote);

#endif
