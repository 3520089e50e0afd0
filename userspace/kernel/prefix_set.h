/* SPDX-License-Identifier: GPL-2.0 */
/* A small growing set of address prefixes: what a device has, what it should have. */
#ifndef KW_KERNEL_PREFIX_SET_H
#define KW_KERNEL_PREFIX_SET_H

#include "lib/addr.h"

struct prefix {
	struct ip_addr addr;
	unsigned int bits;
};

struct prefix_set {
	struct prefix *p;
	unsigned int n, cap;
};

bool prefix_set_has(const struct prefix_set *set, const struct prefix *p);
int prefix_set_add(struct prefix_set *set, const struct prefix *p);	/* 0 (also when there) or -ENOMEM */
void prefix_set_remove(struct prefix_set *set, const struct prefix *p);
void prefix_set_free(struct prefix_set *set);				/* empty afterwards */
/* "10.1.0.0/16" */
#define PREFIX_STRLEN (ADDR_STRLEN + 4)
char *prefix_print(char buf[PREFIX_STRLEN], const struct prefix *p);

#endif
