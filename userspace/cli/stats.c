// SPDX-License-Identifier: GPL-2.0
/* keyway stats: counters of the engine, of the connections and of the module. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/client.h"
#include "cli/reason.h"

/* Drop counters are named by direction, the others count what passed. */
static bool is_drop(const char *name)
{
	return !strncmp(name, "in-", 3) || !strncmp(name, "out-", 4);
}

static bool is_passed(const char *name)
{
	return !is_drop(name);
}

static bool is_any(const char *name)
{
	(void)name;
	return true;
}

static void print_counters(const char *title, const json_t *counters, bool (*wanted)(const char *name), bool zeros)
{
	const char *name;
	const json_t *v;
	bool any = false;
	/* jansson's iteration takes an object it may change; this one does not. */
	json_t *o = json_copy((json_t *)(uintptr_t)counters);

	printf("%s\n", title);
	json_object_foreach(o, name, v) {
		if (!wanted(name) || (!zeros && !json_integer_value(v)))
			continue;
		any = true;
		printf("  %-20s %-12jd %s\n", name, (intmax_t)json_integer_value(v), reason_explain(name));
	}
	if (!any)
		puts("  all zero");
	json_decref(o);
}

static void print_connections(const json_t *list)
{
	const json_t *c;
	size_t i;

	puts("connections");
	json_array_foreach(list, i, c) {
		const json_t *t = json_object_get(c, "totals");

		printf("  %-20s in %jd packets, %jd dropped; out %jd packets, %jd dropped\n",
		       json_string_value(json_object_get(c, "name")),
		       (intmax_t)json_integer_value(json_object_get(t, "in_packets")),
		       (intmax_t)json_integer_value(json_object_get(t, "in_drops")),
		       (intmax_t)json_integer_value(json_object_get(t, "out_packets")),
		       (intmax_t)json_integer_value(json_object_get(t, "out_drops")));
	}
}

static void print_module(const json_t *answer, bool all)
{
	const char *why = json_string_value(json_object_get(answer, "kernel_error"));
	const json_t *kernel = json_object_get(answer, "kernel");

	if (why) {
		printf("module\n  unknown: %s\n", why);
		return;
	}
	print_counters("packets passed", kernel, is_passed, true);
	print_counters("packets dropped", kernel, is_drop, all);
}

int cmd_stats(const struct cli *cli, int argc, char **argv)
{
	json_t *answer;
	int status = client_do(cli, json_pack("{s:s}", "cmd", "stats"), &answer);

	(void)argc;
	(void)argv;
	if (status)
		return status;
	if (cli->json) {
		client_print_json(answer);
	} else {
		print_counters("engine", json_object_get(answer, "engine"), is_any, true);
		print_connections(json_object_get(answer, "connections"));
		print_module(answer, cli->all);
	}
	json_decref(answer);
	return CLI_OK;
}
