/* SPDX-License-Identifier: GPL-2.0 */
/* What the daemon may do once it has started: little. */
#ifndef KW_DAEMON_PRIVS_H
#define KW_DAEMON_PRIVS_H

#include <stddef.h>

/* First thing: limits on locked memory and core dumps, before secrets exist. Nothing here is fatal. */
void privs_protect_memory(void);

/*
 * Sockets are open, files can still be read: drop every capability but CAP_NET_ADMIN, for this process
 * and whatever it might execute, then load the seccomp filter. Before the first other thread.
 * 0 or -errno with a sentence in why: the daemon should not go on.
 */
int privs_drop(char *why, size_t why_len);

#endif
