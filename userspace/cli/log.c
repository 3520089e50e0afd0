// SPDX-License-Identifier: GPL-2.0
/* keyway log and keyway monitor: what the daemon said, what happens. */
#include <stdio.h>

#include "cli/client.h"
#include "cli/format.h"

static const char *str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static void print_log(const struct cli *cli, const json_t *line)
{
	char when[FORMAT_LEN];

	if (cli->json) {
		json_dumpf(line, stdout, JSON_COMPACT);
		putchar('\n');
		return;
	}
	printf("%s %-5s %s%s%s\n", format_time(when, json_integer_value(json_object_get(line, "when"))),
	       str(line, "level"), str(line, "name"), str(line, "name")[0] ? ": " : "", str(line, "text"));
}

static void print_event(const struct cli *cli, const json_t *ev)
{
	const json_t *next = json_object_get(ev, "next_try_ms");
	char when[FORMAT_LEN], in[FORMAT_LEN];

	if (cli->json) {
		json_dumpf(ev, stdout, JSON_COMPACT);
		putchar('\n');
		return;
	}
	printf("%s %-14s %s: %s", format_time(when, json_integer_value(json_object_get(ev, "when"))),
	       str(ev, "event"), str(ev, "name"), str(ev, "text"));
	if (json_is_integer(next))
		printf(", in %s", format_duration(in, (uint64_t)json_integer_value(next)));
	putchar('\n');
}

int cmd_log(const struct cli *cli, int argc, char **argv)
{
	json_t *request = json_pack("{s:s, s:b}", "cmd", "log", "follow", cli->follow), *answer, *line;
	struct client c;
	int status = client_open(&c, cli, false);
	size_t i;

	(void)argc;
	(void)argv;
	if (status) {
		json_decref(request);
		return status;
	}
	if (cli->lines >= 0)
		json_object_set_new(request, "lines", json_integer(cli->lines));
	answer = client_ask(&c, request);
	if (!answer)
		status = CLI_NO_DAEMON;
	else if (client_refused(cli, answer))
		status = CLI_FAILED;
	json_array_foreach(json_object_get(answer, "lines"), i, line)
		print_log(cli, line);
	json_decref(answer);
	if (!status && cli->follow)
		status = client_stream(cli, &c, print_log);
	client_close(&c);
	return status;
}

int cmd_monitor(const struct cli *cli, int argc, char **argv)
{
	struct client c;
	json_t *answer;
	int status = client_open(&c, cli, false);

	(void)argc;
	(void)argv;
	if (status)
		return status;
	answer = client_ask(&c, json_pack("{s:s}", "cmd", "monitor"));
	if (!answer)
		status = CLI_NO_DAEMON;
	else if (client_refused(cli, answer))
		status = CLI_FAILED;
	json_decref(answer);
	if (!status)
		status = client_stream(cli, &c, print_event);
	client_close(&c);
	return status;
}
