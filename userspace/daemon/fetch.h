/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Documents by HTTP (env_fetch_ops of ike/env.h): libcurl on libuv's loop, so that a server that takes its time
 * takes nobody else's.
 */
#ifndef KW_DAEMON_FETCH_H
#define KW_DAEMON_FETCH_H

#include "daemon/env_uv.h"

struct fetcher;			/* the context of fetcher_ops */

/* env lives longer. 0 or -ENOMEM. */
int fetcher_new(struct fetcher **f, struct env_uv *env);
/* What is under way ends with -ECANCELED, before this returns. The loop has to run afterwards. NULL is fine. */
void fetcher_free(struct fetcher *f);

extern const struct env_fetch_ops fetcher_ops;

#endif
