/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Policies without device that a daemon left which was killed.
 *
 * The oldest of equal priority is asked first, so they would go on dropping what the next daemon's protect, or
 * sending it by keys that nobody renews. They are noted before that one makes its own and removed after: no packet
 * finds neither.
 */
#ifndef KW_KERNEL_LEFT_H
#define KW_KERNEL_LEFT_H

#include "kernel/genl.h"

/* Zeroed to begin with. */
struct kernel_left {
	uint32_t *id;
	unsigned int n;
};

/* 0 or -errno with a sentence; what was noted so far stays noted. */
int kernel_left_note(struct kernel_left *left, struct kernel_genl *k, char why[KERNEL_WHY]);
/* One answer to policy-get: notes its policy if a daemon made it. 0, -EBADMSG, -ENOMEM. */
int kernel_left_read(struct nlmsghdr *nlh, void *left);
/* Removes them and forgets them. How many were still there. */
unsigned int kernel_left_remove(struct kernel_left *left, struct kernel_genl *k);
void kernel_left_free(struct kernel_left *left);

#endif
