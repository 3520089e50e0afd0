// SPDX-License-Identifier: GPL-2.0
/* keyway stats: counters of the engine and of the module. */
#include <stdint.h>
#include <stdio.h>

#include "cli/client.h"

static void print_counters(const char *title, const json_t *counters, bool zeros)
{
	const char *name;
	const json_t *v;
	bool any = false;
	/* jansson's iteration takes an object it may change; this one does not. */
	json_t *o = json_copy((json_t *)(uintptr_t)counters);

	printf("%s\n", title);
	json_object_foreach(o, name, v) {
		if (!zeros && !json_integer_value(v))
			continue;
		any = true;
		printf("  %-20s %jd\n", name, (intmax_t)json_integer_value(v));
	}
	if (!any)
		puts("  all zero");
	json_decref(o);
}

int cmd_stats(const struct cli *cli, int argc, char **argv)
{
	json_t *answer;
	const char *why;
	int status = client_do(cli, json_pack("{s:s}", "cmd", "stats"), &answer);

	(void)argc;
	(void)argv;
	if (status)
		return status;
	why = json_string_value(json_object_get(answer, "kernel_error"));
	if (cli->json) {
		client_print_json(answer);
	} else {
		print_counters("engine", json_object_get(answer, "engine"), true);
		if (why)
			printf("packets dropped\n  unknown: %s\n", why);
		else
			print_counters("packets dropped", json_object_get(answer, "kernel"), cli->all);
	}
	json_decref(answer);
	return CLI_OK;
}
