// SPDX-License-Identifier: GPL-2.0
/* A connection to keywayd's control socket: requests, answers, streams. */
#include "cli/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/ctl_proto.h"

static void say_no_daemon(const struct cli *cli, int err)
{
	char text[300];

	if (err == EACCES || err == EPERM)
		snprintf(text, sizeof(text), "only root may talk to keywayd (%s)", cli->socket);
	else
		snprintf(text, sizeof(text), "keywayd does not answer at %s: is it running? (systemctl start keywayd)",
			 cli->socket);
	if (cli->json) {
		json_t *j = json_pack("{s:b, s:s, s:s}", "ok", 0, "code", "no-daemon", "error", text);

		client_print_json(j);
		json_decref(j);
	}
	fprintf(stderr, "keyway: %s\n", text);
}

int client_open(struct client *c, const struct cli *cli, bool quiet)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int err = ENAMETOOLONG;

	*c = (struct client){ .fd = -1 };
	if (strlen(cli->socket) < sizeof(sun.sun_path)) {
		memcpy(sun.sun_path, cli->socket, strlen(cli->socket));
		c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		err = c->fd < 0 || connect(c->fd, (struct sockaddr *)&sun, sizeof(sun)) ? errno : 0;
	}
	if (!err)
		return CLI_OK;
	if (!quiet)
		say_no_daemon(cli, err);
	client_close(c);
	return CLI_NO_DAEMON;
}

void client_close(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->buf);
	*c = (struct client){ .fd = -1 };
}

static bool send_line(struct client *c, const char *text)
{
	size_t len = strlen(text), done = 0;
	ssize_t n;

	while (done < len) {
		n = send(c->fd, text + done, len - done, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

/* Reads some more; false at the end. */
static bool fill(struct client *c)
{
	char *more;
	ssize_t n;

	if (c->have == c->cap) {
		more = realloc(c->buf, c->cap ? 2 * c->cap : 65536);
		if (!more)
			return false;
		c->buf = more;
		c->cap = c->cap ? 2 * c->cap : 65536;
	}
	do
		n = read(c->fd, c->buf + c->have, c->cap - c->have);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	c->have += (size_t)n;
	return true;
}

static json_t *read_line(struct client *c)
{
	size_t seen = 0, len;
	char *end = NULL;
	json_t *j;

	for (;;) {
		if (c->have > seen)
			end = memchr(c->buf + seen, '\n', c->have - seen);
		if (end)
			break;
		seen = c->have;
		if (!fill(c))
			return NULL;
	}
	len = (size_t)(end - c->buf);
	j = json_loadb(c->buf, len, 0, NULL);
	c->have -= len + 1;
	memmove(c->buf, end + 1, c->have);
	return j;
}

json_t *client_ask(struct client *c, json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	json_t *answer = NULL;

	json_decref(request);
	if (text && send_line(c, text) && send_line(c, "\n"))
		answer = read_line(c);
	free(text);
	if (!answer)
		fprintf(stderr, "keyway: keywayd hung up without an answer\n");
	return answer;
}

json_t *client_next(struct client *c, int ms, bool *timed_out)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	*timed_out = false;
	if (!c->have || !memchr(c->buf, '\n', c->have))
		*timed_out = !poll(&p, 1, ms);
	return *timed_out ? NULL : read_line(c);
}

int client_stream(const struct cli *cli, struct client *c,
		  void (*print)(const struct cli *cli, const json_t *line))
{
	bool timed_out;
	json_t *j;

	fflush(stdout);
	while ((j = client_next(c, -1, &timed_out))) {
		print(cli, j);
		json_decref(j);
		if (fflush(stdout))
			return CLI_OK;
	}
	fprintf(stderr, "keyway: keywayd has ended\n");
	return CLI_NO_DAEMON;
}

bool client_refused(const struct cli *cli, const json_t *answer)
{
	const char *text = json_string_value(json_object_get(answer, "error"));

	if (json_is_true(json_object_get(answer, "ok")))
		return false;
	if (cli->json)
		client_print_json(answer);
	fprintf(stderr, "keyway: %s\n", text ? text : "keywayd refused without a reason");
	return true;
}

int client_do(const struct cli *cli, json_t *request, json_t **answer)
{
	struct client c;
	int status = client_open(&c, cli, false);

	*answer = NULL;
	if (status) {
		json_decref(request);
		return status;
	}
	*answer = client_ask(&c, request);
	client_close(&c);
	if (!*answer)
		return CLI_NO_DAEMON;
	if (client_refused(cli, *answer)) {
		json_decref(*answer);
		*answer = NULL;
		return CLI_FAILED;
	}
	return CLI_OK;
}

void client_print_json(const json_t *answer)
{
	json_dumpf(answer, stdout, JSON_INDENT(2));
	putchar('\n');
}
