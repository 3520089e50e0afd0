/* SPDX-License-Identifier: GPL-2.0 */
/* The words after `keyway sa` and `keyway policy` as netlink requests, and what the kernel lists as text. */
#ifndef KW_CLI_MANUAL_H
#define KW_CLI_MANUAL_H

#include <jansson.h>

#include "kernel/genl_words.h"

struct nlattr;

/*
 * Puts a nest with what the words say, in any order but "key", which belongs to the algorithm before it.
 * Keys given on the command line are overwritten there. 0, -EMSGSIZE, or -EINVAL with a sentence in why.
 */
int manual_fill(struct nl_msg *msg, const struct genl_set *set, int argc, char **argv,
		char why[KERNEL_WHY]);

/* A listed policy or SA with the spec's names; the caller's reference, NULL when it makes no sense. */
json_t *manual_json(const struct genl_set *set, const struct nlattr *nest);
/* The same for people, to standard output: a line of words that `add` would take, and lines of what only
 * the kernel says.
 */
void manual_print(const struct genl_set *set, const struct nlattr *nest);

#endif
