/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Name servers that gateways tell: a process of its own hands them to the system, by resolvectl where
 * systemd-resolved runs, else by resolvconf. The daemon itself starts no programs.
 */
#ifndef KW_DAEMON_NAMES_H
#define KW_DAEMON_NAMES_H

#include <sys/types.h>

#include "ike/env.h"

struct names {
	int fd;			/* to the process; -1 = there is none */
	pid_t pid;
	const char *tool;	/* NULL: neither program is there */
};

/* Before anything secret is read and privileges are dropped. */
void names_start(struct names *n);
/* Member of struct env. */
void names_set(void *names, const struct env_dns *dns);
/* What was set is taken back, then the process ends. */
void names_stop(struct names *n);

#endif
