/* SPDX-License-Identifier: GPL-2.0 */
/* The attribute sets of Documentation/netlink/specs/keyway.yaml, read from the file itself. */
#ifndef TESTS_UNIT_KERNEL_SPEC_H
#define TESTS_UNIT_KERNEL_SPEC_H

struct spec_attr {
	char name[32];
	char type[16];		/* "u32", "nest", "binary", "pad" */
	char nested[16];	/* of a nest: the set inside */
};

/* The number-th attribute of the set, counted from 1; fails the test when there is none. */
const struct spec_attr *spec_attr(const char *set, unsigned int number);
/* How many attributes a set has. */
unsigned int spec_count(const char *set);

#endif
