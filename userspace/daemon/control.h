/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control socket: clients, their requests one after the other, and the streams they asked for.
 *
 * Only root (and the user the daemon runs as) gets in. Everything a client can make us keep is bounded:
 * clients, octets of a request, octets not yet read by it.
 */
#ifndef KW_DAEMON_CONTROL_H
#define KW_DAEMON_CONTROL_H

#include <jansson.h>
#include <uv.h>

#include "daemon/ctl_request.h"
#include "lib/list.h"

struct control_client;

struct control {
	uv_pipe_t listener;
	uv_timer_t log_timer;		/* runs while somebody follows the log */
	char path[108];
	struct list clients;
	unsigned int n_clients;
	/* Answers by control_answer(), now or later; until then this client's next request waits. */
	void (*request)(void *ctx, struct control_client *client, const struct ctl_request *req);
	/* A client hung up, or was: it is no longer to be used. NULL: nobody cares. */
	void (*gone)(void *ctx, const struct control_client *client);
	void *ctx;
};

/*
 * Opens the socket with mode 0600, in place of one that no daemon answers any more; its directory is made
 * when missing. control must live until the loop has run after control_close().
 * 0 or -errno with a sentence in why.
 */
int control_open(struct control *control, uv_loop_t *loop, const char *path,
		 void (*request)(void *ctx, struct control_client *client, const struct ctl_request *req),
		 void *ctx, char *why, size_t why_len);
void control_close(struct control *control);

/*
 * The answer to the request the client waits for: exactly once for each. Takes body, an object to which
 * "ok" and "id" are added; NULL says there was no memory.
 */
void control_answer(struct control_client *client, json_t *body);
void control_refuse(struct control_client *client, const char *code, const char *error, json_t *body);
/* From the next answer on this client gets what control_broadcast() sends, or new log lines after seq. */
void control_subscribe(struct control_client *client);
void control_follow_log(struct control_client *client, uint64_t seq);
/* To this client alone, after the answer to its request; takes event. */
void control_stream(struct control_client *client, json_t *event);
/* To every subscriber; takes event. One that does not keep up is disconnected. */
void control_broadcast(struct control *control, json_t *event);

#endif
