// SPDX-License-Identifier: GPL-2.0
/* keyway reload: the daemon reads its configuration again and says what it did. */
#include <stdio.h>
#include <string.h>

#include "cli/client.h"

static void print_errors(const json_t *answer)
{
	const json_t *e;
	size_t i;

	json_array_foreach(json_object_get(answer, "errors"), i, e)
		fprintf(stderr, "%s:%d: %s\n", json_string_value(json_object_get(e, "file")),
			(int)json_integer_value(json_object_get(e, "line")),
			json_string_value(json_object_get(e, "text")));
}

static void print_changes(const struct cli *cli, const json_t *answer)
{
	const json_t *c;
	bool any = false;
	size_t i;

	json_array_foreach(json_object_get(answer, "changes"), i, c) {
		const char *change = json_string_value(json_object_get(c, "change"));

		if (!change || !strcmp(change, "same"))
			continue;
		any = true;
		printf("%s: %s%s\n", json_string_value(json_object_get(c, "name")),
		       cli->dry_run ? "would be " : "", change);
	}
	if (!any)
		puts("nothing changed");
}

int cmd_reload(const struct cli *cli, int argc, char **argv)
{
	struct client c;
	json_t *answer;
	int status = client_open(&c, cli, false);

	(void)argc;
	(void)argv;
	if (status)
		return status;
	answer = client_ask(&c, json_pack("{s:s, s:b}", "cmd", "reload", "dry_run", cli->dry_run));
	client_close(&c);
	if (!answer)
		return CLI_NO_DAEMON;
	if (!cli->json)
		print_errors(answer);
	if (client_refused(cli, answer))
		status = CLI_FAILED;
	else if (cli->json)
		client_print_json(answer);
	else
		print_changes(cli, answer);
	json_decref(answer);
	return status;
}
