/* SPDX-License-Identifier: GPL-2.0 */
/* Tells the engine when addresses or routes of this host change. */
#ifndef KW_DAEMON_NET_WATCH_H
#define KW_DAEMON_NET_WATCH_H

struct daemon;

/* Without the socket (logged) changes are noticed when peers no longer answer. */
void net_watch_start(struct daemon *d);
void net_watch_close(struct daemon *d);

#endif
