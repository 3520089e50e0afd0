/* SPDX-License-Identifier: GPL-2.0 */
/*
 * `keyway trace`: one client at a time is told what becomes of packets, with the names the configuration
 * has for what the kernel numbers.
 */
#ifndef KW_DAEMON_TRACE_H
#define KW_DAEMON_TRACE_H

#include <jansson.h>

#include "daemon/ctl_request.h"
#include "kernel/genl_trace.h"

struct control_client;
struct daemon;

/* Answers the request and, if it can be, streams to the client until that hangs up. */
void trace_start(struct daemon *d, struct control_client *client, const struct ctl_request *req);
/* The client hung up; nothing if it is not the one that traces. */
void trace_client_gone(struct daemon *d, const struct control_client *client);
/* Ends. */
void trace_stop(struct daemon *d);

/* An event as the client gets it. name and why (the connection's last failure) may be NULL. */
json_t *trace_json(const struct kernel_trace_event *event, const char *name, const char *why);

#endif
