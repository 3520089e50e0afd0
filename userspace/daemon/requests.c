// SPDX-License-Identifier: GPL-2.0
/* What each request of the control protocol does. */
#include "daemon/requests.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/ctl_json.h"
#include "daemon/ctl_proto.h"
#include "daemon/daemon.h"
#include "daemon/reload.h"
#include "daemon/trace.h"

static int append_conn(const struct status_conn *c, void *ctx)
{
	return json_array_append_new(ctx, ctl_json_conn(c)) ? -ENOMEM : 0;
}

static json_t *daemon_json(struct daemon *d)
{
	return json_pack("{s:s, s:i, s:I, s:s, s:b}", "version", KEYWAY_VERSION, "pid", (int)getpid(),
			 "started", (json_int_t)d->started, "config_dir", d->options.config_dir,
			 "module_loaded", kernel_genl_connected(d->kernel));
}

static void status(struct daemon *d, struct control_client *client, const struct ctl_request *req)
{
	json_t *list = json_array();
	char text[100];
	int err = engine_status(d->engine, req->name[0] ? req->name : NULL, append_conn, list);

	if (!err) {
		control_answer(client, json_pack("{s:i, s:I, s:o, s:o}", "version", CTL_SCHEMA,
						 "now", (json_int_t)env_uv_time.wall(NULL),
						 "daemon", daemon_json(d), "connections", list));
		return;
	}
	json_decref(list);
	if (err == -ENOENT) {
		snprintf(text, sizeof(text), "there is no connection \"%s\"", req->name);
		control_refuse(client, CTL_NOT_FOUND, text, NULL);
	} else {
		control_refuse(client, CTL_INTERNAL, "no memory", NULL);
	}
}

/* up, down, delete, rekey, redirect: a word with the engine about one connection. */
static void command(struct daemon *d, struct control_client *client, const struct ctl_request *req)
{
	char why[ENGINE_WHY] = "";
	int err = 0;

	if (req->cmd == CTL_UP)
		err = engine_up(d->engine, req->name, why);
	else if (req->cmd == CTL_DOWN)
		err = engine_down(d->engine, req->name, why);
	else if (req->cmd == CTL_DELETE)
		err = engine_delete(d->engine, req->name, why);
	else if (req->cmd == CTL_REDIRECT)
		err = engine_redirect(d->engine, req->name, req->host[0] ? req->host : NULL, why);
	else
		err = engine_rekey(d->engine, req->name, req->ike, why);
	if (err)
		control_refuse(client, err == -ENOENT ? CTL_NOT_FOUND : CTL_REFUSED, why, NULL);
	else
		control_answer(client, json_object());
}

/* The newest lines that are kept, oldest first. */
static json_t *last_lines(unsigned int wanted, uint64_t *newest)
{
	const unsigned int all = 1024;
	struct log_line *line = calloc(all, sizeof(*line));
	json_t *list = json_array();
	unsigned int i, n;

	if (!line)
		return list;
	n = log_ring_read(0, line, all);
	for (i = n > wanted ? n - wanted : 0; i < n; i++)
		json_array_append_new(list, ctl_json_log(&line[i]));
	if (n)
		*newest = line[n - 1].seq;
	free(line);
	return list;
}

static void show_log(struct control_client *client, const struct ctl_request *req)
{
	uint64_t newest = 0;
	json_t *list = last_lines(req->lines, &newest);

	control_answer(client, json_pack("{s:o}", "lines", list));
	if (req->follow)
		control_follow_log(client, newest);
}

static void add_counter(const char *name, uint64_t value, void *ctx)
{
	json_object_set_new(ctx, name, json_integer((json_int_t)value));
}

static int append_totals(const struct status_conn *c, void *ctx)
{
	json_t *whole = ctl_json_conn(c);
	int err = json_array_append_new(ctx, json_pack("{s:s, s:O}", "name", c->name, "totals",
						       json_object_get(whole, "totals")));

	json_decref(whole);
	return err ? -ENOMEM : 0;
}

static void stats(struct daemon *d, struct control_client *client)
{
	json_t *kernel = json_object(), *list = json_array();
	struct engine_totals totals;
	char why[KERNEL_WHY];
	json_t *answer;

	engine_totals(d->engine, &totals);
	engine_status(d->engine, NULL, append_totals, list);
	answer = json_pack("{s:i, s:o, s:o}", "version", CTL_SCHEMA, "engine", ctl_json_totals(&totals),
			   "connections", list);
	if (kernel_genl_stats(d->kernel, add_counter, kernel, why)) {
		json_decref(kernel);
		json_object_set_new(answer, "kernel", json_null());
		json_object_set_new(answer, "kernel_error", json_string(why));
	} else {
		json_object_set_new(answer, "kernel", kernel);
	}
	control_answer(client, answer);
}

void requests_handle(void *ctx, struct control_client *client, const struct ctl_request *req)
{
	struct daemon *d = ctx;

	if (d->stopping) {
		control_refuse(client, CTL_REFUSED, "the daemon is stopping", NULL);
		return;
	}
	switch (req->cmd) {
	case CTL_STATUS:
		status(d, client, req);
		return;
	case CTL_UP:
	case CTL_DOWN:
	case CTL_DELETE:
	case CTL_REKEY:
	case CTL_REDIRECT:
		command(d, client, req);
		return;
	case CTL_RELOAD:
		reload_start(d, client, req->dry_run);
		return;
	case CTL_LOG:
		show_log(client, req);
		return;
	case CTL_MONITOR:
		control_answer(client, json_object());
		control_subscribe(client);
		return;
	case CTL_STATS:
		stats(d, client);
		return;
	case CTL_TRACE:
		trace_start(d, client, req);
		return;
	}
}
