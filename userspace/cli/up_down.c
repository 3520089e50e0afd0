// SPDX-License-Identifier: GPL-2.0
/* keyway up, down, delete, rekey, redirect: a word with the daemon about one connection, and what comes of it. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/client.h"
#include "cli/status.h"

/* How long `keyway up` watches: one try with all its retransmissions takes longer, but then says so. */
#define WATCH_SECONDS 30

static json_t *about(const char *cmd, const char *name)
{
	return json_pack("{s:s, s:s}", "cmd", cmd, "name", name);
}

static int simple(const struct cli *cli, json_t *request, const char *name, const char *done)
{
	json_t *answer;
	int status = client_do(cli, request, &answer);

	if (status)
		return status;
	if (cli->json)
		client_print_json(answer);
	else
		printf("%s: %s\n", name, done);
	json_decref(answer);
	return CLI_OK;
}

int cmd_down(const struct cli *cli, int argc, char **argv)
{
	(void)argc;
	return simple(cli, about("down", argv[0]), argv[0], "down, and stays down until keyway up");
}

int cmd_delete(const struct cli *cli, int argc, char **argv)
{
	(void)argc;
	return simple(cli, about("delete", argv[0]), argv[0], "its SAs are deleted; wanted up, it comes back");
}

int cmd_rekey(const struct cli *cli, int argc, char **argv)
{
	json_t *request = about("rekey", argv[0]);

	(void)argc;
	json_object_set_new(request, "ike", json_boolean(cli->ike));
	return simple(cli, request, argv[0], cli->ike ? "new keys for the IKE SA" : "new keys for the tunnel");
}

int cmd_redirect(const struct cli *cli, int argc, char **argv)
{
	json_t *request = about("redirect", argv[0]);
	char done[320];

	if (argc < 2)
		return simple(cli, request, argv[0], "peers are served as its configuration says");
	json_object_set_new(request, "host", json_string(argv[1]));
	snprintf(done, sizeof(done), "its peers are sent to %.255s", argv[1]);
	return simple(cli, request, argv[0], done);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Shows what happens to the connection until it is up, has failed, or time is over. */
static int watch(const struct cli *cli, struct client *c, const char *name)
{
	int64_t end = now_ms() + 1000 * (int64_t)(cli->timeout < 0 ? WATCH_SECONDS : cli->timeout);
	int status = -1;

	while (status < 0) {
		int64_t left = end - now_ms();
		bool timed_out = left <= 0;
		json_t *ev = timed_out ? NULL : client_next(c, (int)left, &timed_out);
		const char *event = json_string_value(json_object_get(ev, "event"));
		const char *who = json_string_value(json_object_get(ev, "name"));
		const char *text = json_string_value(json_object_get(ev, "text"));

		if (timed_out)
			status = CLI_FAILED;
		else if (!ev)
			status = CLI_NO_DAEMON;
		else if (event && who && !strcmp(who, name)) {
			if (cli->json)
				json_dumpf(ev, stdout, JSON_COMPACT);
			printf("%s%s\n", cli->json ? "" : "  ", cli->json || !text ? "" : text);
			fflush(stdout);
			if (!strcmp(event, "child-up"))
				status = CLI_OK;
			else if (!strcmp(event, "failure"))
				status = CLI_FAILED;
		}
		json_decref(ev);
	}
	return status;
}

/* CLI_OK: is up. -1: is not. */
static int look(const struct cli *cli, struct client *c, const char *name)
{
	json_t *answer = client_ask(c, about("status", name));
	int status = -1;

	if (!answer)
		return CLI_NO_DAEMON;
	if (client_refused(cli, answer))
		status = CLI_FAILED;
	else if (status_is_up(answer))
		status = CLI_OK;
	json_decref(answer);
	return status;
}

static int ask(const struct cli *cli, struct client *c, json_t *request)
{
	json_t *answer = client_ask(c, request);
	int status = !answer ? CLI_NO_DAEMON : client_refused(cli, answer) ? CLI_FAILED : CLI_OK;

	json_decref(answer);
	return status;
}

/* Events come over a connection of their own, asked for first, so that none is missed. */
static int up_and_watch(const struct cli *cli, struct client *requests, struct client *events, const char *name)
{
	int status = ask(cli, events, json_pack("{s:s}", "cmd", "monitor"));
	bool was_up;

	if (status)
		return status;
	status = look(cli, requests, name);
	was_up = status == CLI_OK;
	if (status > 0)
		return status;
	/* Also when it is up: from now on it is wanted up. */
	status = ask(cli, requests, about("up", name));
	if (!status && !was_up && cli->timeout)
		status = watch(cli, events, name);
	if (cli->json || (status && status != CLI_FAILED))
		return status;
	if (status)
		fprintf(stderr, "keyway: %s is not up; keywayd goes on trying: keyway status %s\n", name, name);
	else if (cli->timeout)
		printf("%s: up%s\n", name, was_up ? " already" : "");
	return status;
}

int cmd_up(const struct cli *cli, int argc, char **argv)
{
	struct client requests, events = { .fd = -1 };
	int status = client_open(&requests, cli, false);

	(void)argc;
	if (!status)
		status = client_open(&events, cli, false);
	if (!status)
		status = up_and_watch(cli, &requests, &events, argv[0]);
	client_close(&events);
	client_close(&requests);
	return status;
}
