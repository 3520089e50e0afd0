/* SPDX-License-Identifier: GPL-2.0 */
/* TCP streams between the engine, the network and the kernel (RFC 9329). */
#ifndef KW_DAEMON_STREAMS_H
#define KW_DAEMON_STREAMS_H

#include "ike/env.h"

struct daemon;

/* Listens where the configuration says so. 0 or -errno with a sentence in why (DAEMON_WHY). */
int streams_open(struct daemon *d, char *why);
/* What the kernel says of one: KERNEL_STREAM. */
void streams_on_kernel(struct daemon *d, const struct kernel_event *event);
/* The loop has to run on, then streams_free(). */
void streams_close(struct daemon *d);
void streams_free(struct daemon *d);

/* Members of struct env_net_ops; ctx is the daemon. */
int streams_dial(void *ctx, struct endpoint *local, const struct endpoint *remote);
int streams_take(void *ctx, const struct endpoint *local, const struct endpoint *remote, uint32_t *id,
		 char why[KERNEL_WHY]);
void streams_hang_up(void *ctx, const struct endpoint *local, const struct endpoint *remote);

#endif
