/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading the configuration again. A worker reads and checks it; a configuration with an error changes
 * nothing at all, and each error is told with file and line.
 */
#ifndef KW_DAEMON_RELOAD_H
#define KW_DAEMON_RELOAD_H

#include <stdbool.h>

struct conf;
struct conf_errors;
struct control_client;
struct daemon;

/* client (or NULL: SIGHUP) is answered when it is done; dry_run only tells what would change. */
void reload_start(struct daemon *d, struct control_client *client, bool dry_run);

/* One line for each. */
void reload_log_errors(const struct conf_errors *errors);

/* Daemon-wide settings of a configuration that is about to be used. */
void reload_apply_daemon(struct daemon *d, const struct conf *conf);

#endif
