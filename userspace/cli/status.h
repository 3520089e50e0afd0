/* SPDX-License-Identifier: GPL-2.0 */
/* The status answer (daemon/ctl_proto.h) for people; separate from asking for it, so that tests can read it. */
#ifndef KW_CLI_STATUS_H
#define KW_CLI_STATUS_H

#include <jansson.h>
#include <stdbool.h>

/* A line for each connection, and below one that is not as wanted the reason. */
void status_print_list(const json_t *answer);
/* All there is to know about the first connection of the answer. */
void status_print_one(const json_t *answer);
/* Is the first connection of the answer up? */
bool status_is_up(const json_t *answer);

#endif
