/* SPDX-License-Identifier: GPL-2.0 */
/* Tells systemd how we do, by its sd_notify(3) protocol: a datagram, no library. */
#ifndef KW_DAEMON_NOTIFY_H
#define KW_DAEMON_NOTIFY_H

#include <stdbool.h>

/* Remembers $NOTIFY_SOCKET and opens what is needed to reach it: call before privileges are dropped. */
void notify_open(void);
/* "READY=1", "STOPPING=1", "STATUS=..."; several lines are fine. Nothing without $NOTIFY_SOCKET. */
void notify_send(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* RELOADING=1 with the time that systemd wants beside it; READY=1 ends it. */
void notify_reloading(void);
void notify_close(void);

#endif
