/* SPDX-License-Identifier: GPL-2.0 */
/* The system calls a running daemon makes; any other fails with EPERM. */
#ifndef KW_DAEMON_SECCOMP_H
#define KW_DAEMON_SECCOMP_H

/* For this thread and those it will start. 0 or -errno. Files can no longer be opened for writing. */
int seccomp_confine(void);

#endif
