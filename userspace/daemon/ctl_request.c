// SPDX-License-Identifier: GPL-2.0
/* A request of the control protocol: one line into a checked struct. */
#include "daemon/ctl_request.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ctl_proto.h"

#define LOG_LINES_MAX 1000

/* What a command may carry besides cmd and id. */
enum { A_NAME = 1, A_IKE = 2, A_DRY_RUN = 4, A_FOLLOW = 8, A_LINES = 16, A_TRACE = 32, A_HOST = 64 };

static const struct {
	const char *name;
	unsigned int may, must;
} cmds[] = {
	[CTL_STATUS]  = { "status", A_NAME, 0 },
	[CTL_UP]      = { "up", A_NAME, A_NAME },
	[CTL_DOWN]    = { "down", A_NAME, A_NAME },
	[CTL_DELETE]  = { "delete", A_NAME, A_NAME },
	[CTL_REKEY]   = { "rekey", A_NAME | A_IKE, A_NAME },
	[CTL_RELOAD]  = { "reload", A_DRY_RUN, 0 },
	[CTL_LOG]     = { "log", A_FOLLOW | A_LINES, 0 },
	[CTL_MONITOR] = { "monitor", 0, 0 },
	[CTL_STATS]   = { "stats", 0, 0 },
	[CTL_TRACE]   = { "trace", A_NAME | A_TRACE, 0 },
	[CTL_REDIRECT] = { "redirect", A_NAME | A_HOST, A_NAME },
};

#define N_CMDS (sizeof(cmds) / sizeof(cmds[0]))

_Static_assert(N_CMDS == CTL_LAST + 1, "CTL_LAST is the last command");

static int read_string(const json_t *v, const char *key, char *out, size_t room, char why[CTL_WHY])
{
	size_t len = json_string_length(v);

	if (!json_is_string(v) || !len || len >= room || strlen(json_string_value(v)) != len) {
		snprintf(why, CTL_WHY, "\"%s\" must be a string of 1 to %zu characters", key, room - 1);
		return -EINVAL;
	}
	memcpy(out, json_string_value(v), len + 1);
	return 0;
}

static int read_bool(const json_t *v, const char *key, bool *out, char why[CTL_WHY])
{
	if (!json_is_boolean(v)) {
		snprintf(why, CTL_WHY, "\"%s\" must be true or false", key);
		return -EINVAL;
	}
	*out = json_is_true(v);
	return 0;
}

static int read_lines(const json_t *v, struct ctl_request *req, char why[CTL_WHY])
{
	if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > LOG_LINES_MAX) {
		snprintf(why, CTL_WHY, "\"lines\" must be a number from 0 to %d", LOG_LINES_MAX);
		return -EINVAL;
	}
	req->lines = (unsigned int)json_integer_value(v);
	return 0;
}

static int read_number(const json_t *v, const char *key, int max, int *out, char why[CTL_WHY])
{
	if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > max) {
		snprintf(why, CTL_WHY, "\"%s\" must be a number from 0 to %d", key, max);
		return -EINVAL;
	}
	*out = (int)json_integer_value(v);
	return 0;
}

static int read_ends(const json_t *v, struct ctl_request *req, char why[CTL_WHY])
{
	size_t i;

	if (!json_is_array(v) || json_array_size(v) > 2) {
		snprintf(why, CTL_WHY, "\"ends\" must be a list of at most two addresses");
		return -EINVAL;
	}
	for (i = 0; i < json_array_size(v); i++) {
		const char *text = json_string_value(json_array_get(v, i));

		if (!text || ip_range_parse(&req->end[i], text)) {
			snprintf(why, CTL_WHY, "\"ends\": \"%.60s\" is no address, prefix or range",
				 text ? text : "");
			return -EINVAL;
		}
	}
	return 0;
}

/* What only trace has; -ENOENT: none of that. */
static int read_trace_key(const char *key, const json_t *v, struct ctl_request *req, char why[CTL_WHY])
{
	int n, err;

	if (!strcmp(key, "ends"))
		return read_ends(v, req, why);
	if (!strcmp(key, "drops"))
		return read_bool(v, key, &req->drops, why);
	if (!strcmp(key, "protocol")) {
		err = read_number(v, key, 255, &n, why);
		if (!err)
			req->protocol = (uint8_t)n;
		return err;
	}
	if (!strcmp(key, "port")) {
		err = read_number(v, key, 65535, &n, why);
		if (!err)
			req->port = (uint16_t)n;
		return err;
	}
	return -ENOENT;
}

/* One key besides cmd and id. *seen collects A_ bits. */
static int read_key(const char *key, const json_t *v, struct ctl_request *req, unsigned int *seen,
		    char why[CTL_WHY])
{
	int err;

	if (!strcmp(key, "name")) {
		*seen |= A_NAME;
		return read_string(v, key, req->name, sizeof(req->name), why);
	}
	if (!strcmp(key, "host")) {
		*seen |= A_HOST;
		return read_string(v, key, req->host, sizeof(req->host), why);
	}
	if (!strcmp(key, "lines")) {
		*seen |= A_LINES;
		return read_lines(v, req, why);
	}
	if (!strcmp(key, "ike")) {
		*seen |= A_IKE;
		return read_bool(v, key, &req->ike, why);
	}
	if (!strcmp(key, "dry_run")) {
		*seen |= A_DRY_RUN;
		return read_bool(v, key, &req->dry_run, why);
	}
	if (!strcmp(key, "follow")) {
		*seen |= A_FOLLOW;
		return read_bool(v, key, &req->follow, why);
	}
	err = read_trace_key(key, v, req, why);
	if (err != -ENOENT) {
		*seen |= A_TRACE;
		return err;
	}
	snprintf(why, CTL_WHY, "unknown key \"%.40s\"", key);
	return -EINVAL;
}

static int read_cmd(const json_t *v, struct ctl_request *req, char why[CTL_WHY])
{
	size_t i;

	for (i = 0; json_is_string(v) && i < N_CMDS; i++) {
		if (!strcmp(json_string_value(v), cmds[i].name)) {
			req->cmd = (enum ctl_cmd)i;
			return 0;
		}
	}
	if (json_is_string(v))
		snprintf(why, CTL_WHY, "unknown cmd \"%.40s\"", json_string_value(v));
	else
		snprintf(why, CTL_WHY, "\"cmd\" is missing or no string");
	return -EINVAL;
}

static int read_object(json_t *o, struct ctl_request *req, char why[CTL_WHY])
{
	const json_t *id = json_object_get(o, "id");
	unsigned int seen = 0;
	const char *key;
	json_t *v;

	if (id && !json_is_integer(id)) {
		snprintf(why, CTL_WHY, "\"id\" must be a whole number");
		return -EINVAL;
	}
	req->has_id = id;
	req->id = json_integer_value(id);
	if (read_cmd(json_object_get(o, "cmd"), req, why))
		return -EINVAL;
	json_object_foreach(o, key, v)
		if (strcmp(key, "cmd") != 0 && strcmp(key, "id") != 0 && read_key(key, v, req, &seen, why))
			return -EINVAL;
	if (seen & ~cmds[req->cmd].may) {
		snprintf(why, CTL_WHY, "\"%s\" has a key that it does not take", cmds[req->cmd].name);
		return -EINVAL;
	}
	if (cmds[req->cmd].must & ~seen) {
		snprintf(why, CTL_WHY, "\"%s\" needs the \"name\" of a connection", cmds[req->cmd].name);
		return -EINVAL;
	}
	return 0;
}

int ctl_request_parse(struct kw_span line, struct ctl_request *req, char why[CTL_WHY])
{
	json_error_t e;
	json_t *o;
	int err;

	*req = (struct ctl_request){ .lines = 100 };
	why[0] = '\0';
	if (line.len >= CTL_REQUEST_MAX) {
		snprintf(why, CTL_WHY, "longer than %d octets", CTL_REQUEST_MAX - 1);
		return -EINVAL;
	}
	o = json_loadb((const char *)line.p, line.len, JSON_REJECT_DUPLICATES, &e);
	if (!json_is_object(o)) {
		snprintf(why, CTL_WHY, "not a JSON object%s%.100s", o ? "" : ": ", o ? "" : e.text);
		json_decref(o);
		return -EINVAL;
	}
	err = read_object(o, req, why);
	json_decref(o);
	return err;
}
