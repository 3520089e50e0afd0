/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guards (kernel/link_net.h) that a daemon left which was killed. They are read once, at the start: a device takes
 * those of its metric and table, and what none has taken when all are there is of connections that are no more.
 */
#ifndef KW_KERNEL_LINK_LEFT_H
#define KW_KERNEL_LINK_LEFT_H

#include <stddef.h>

#include "kernel/link_net.h"

struct nl_sock;

/* Zeroed to begin with. */
struct link_left {
	struct left_guard *guard;	/* by metric, once it was read */
	unsigned int n, cap;
};

/* 0 or -errno with a sentence. */
int link_left_read(struct link_left *left, struct nl_sock *sock, char *why, size_t why_len);
/* Adds those of this metric and table to out, and leaves them to the caller. 0 or -ENOMEM. */
int link_left_take(struct link_left *left, struct link_at at, struct prefix_set *out);
/* Deletes those that nobody took. How many there were. */
unsigned int link_left_delete(struct link_left *left, struct nl_sock *sock);
void link_left_free(struct link_left *left);

#endif
