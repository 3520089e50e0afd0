/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The engine's timers, jobs, name lookups and dialogs (ike/env.h) over libuv. The context of all is a
 * struct env_uv; jobs and lookups run on libuv's threads, their ends on the loop's.
 */
#ifndef KW_DAEMON_ENV_UV_H
#define KW_DAEMON_ENV_UV_H

#include <uv.h>

#include "ike/env.h"

struct env_uv {
	uv_loop_t *loop;
	unsigned int pending;	/* jobs, lookups and dialogs that are under way */
};

extern const struct env_timer_ops env_uv_time;
extern const struct env_job_ops env_uv_job;
extern const struct env_resolve_ops env_uv_resolve;
extern const struct env_dialog_ops env_uv_dialog;

#endif
