// SPDX-License-Identifier: GPL-2.0
/* keyway status: which connections there are, whether they are up, and if not, why. */
#include "cli/status.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/client.h"
#include "cli/format.h"

/* "" when there is no such string. */
static const char *str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static uint64_t num(const json_t *o, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(o, key));
}

static bool is_null(const json_t *o, const char *key)
{
	return !json_is_integer(json_object_get(o, key));
}

static const json_t *first_ike(const json_t *conn)
{
	return json_array_get(json_object_get(conn, "ike"), 0);
}

/* How long it has been up: since its oldest IKE SA. */
static uint64_t up_ms(const json_t *conn)
{
	const json_t *ike;
	uint64_t ms = 0;
	size_t i;

	json_array_foreach(json_object_get(conn, "ike"), i, ike)
		if (num(ike, "age_ms") > ms)
			ms = num(ike, "age_ms");
	return ms;
}

static bool is_up(const json_t *conn)
{
	return !strcmp(str(conn, "state"), "up");
}

bool status_is_up(const json_t *answer)
{
	return is_up(json_array_get(json_object_get(answer, "connections"), 0));
}

/* Of a rule, which has no peer and no device: "bypass" or "discard"; else NULL. */
static const char *rule_of(const json_t *conn)
{
	const char *action = str(conn, "action");

	return action[0] && strcmp(action, "protect") ? action : NULL;
}

/* "up 4 min", "waiting, next try in 12 s", "down", "bypass". */
static void print_state(char *buf, size_t n, const json_t *conn)
{
	char t[FORMAT_LEN];

	if (is_up(conn) && rule_of(conn))
		snprintf(buf, n, "%s", rule_of(conn));
	else if (is_up(conn))
		snprintf(buf, n, "up %s", format_duration(t, up_ms(conn)));
	else if (!is_null(conn, "next_try_ms"))
		snprintf(buf, n, "%s, next try in %s", str(conn, "state"),
			 format_duration(t, num(conn, "next_try_ms")));
	else
		snprintf(buf, n, "%s", str(conn, "state"));
}

static void add_conn(struct table *t, const json_t *conn)
{
	const json_t *totals = json_object_get(conn, "totals"), *failure = json_object_get(conn, "failure");
	char state[100], traffic[2 * FORMAT_LEN + 16], nets[1000], in[FORMAT_LEN], out[FORMAT_LEN], line[1200];
	const char *peer = str(conn, "remote")[0] ? str(conn, "remote") : str(conn, "remote_host");

	print_state(state, sizeof(state), conn);
	snprintf(nets, sizeof(nets), "%s <-> %s", str(conn, "local_ts"), str(conn, "remote_ts"));
	snprintf(traffic, sizeof(traffic), "in %s, out %s", format_bytes(in, num(totals, "in_bytes")),
		 format_bytes(out, num(totals, "out_bytes")));
	table_row(t, (const char *const[]){ str(conn, "name"), state,
					    peer[0] ? peer : rule_of(conn) ? "" : "any", str(conn, "device"),
					    nets, traffic });
	if (json_is_object(failure)) {
		snprintf(line, sizeof(line), "%s%s", is_up(conn) ? "last failure: " : "", str(failure, "text"));
		table_note(t, line);
	}
}

static void print_module(const json_t *answer)
{
	if (json_is_false(json_object_get(json_object_get(answer, "daemon"), "module_loaded")))
		puts("keyway.ko is not loaded: no tunnel can carry anything (modprobe keyway)");
}

void status_print_list(const json_t *answer)
{
	const json_t *conn, *list = json_object_get(answer, "connections");
	struct table *t;
	size_t i;

	print_module(answer);
	if (!json_array_size(list)) {
		printf("no connections: keyway add makes one in %s\n",
		       str(json_object_get(answer, "daemon"), "config_dir"));
		return;
	}
	t = table_new(6);
	if (!t)
		return;
	json_array_foreach(list, i, conn)
		add_conn(t, conn);
	table_print(t);
	table_free(t);
}

/* One connection in full --------------------------------------------------------------------- */

static void print_rekey(const json_t *o)
{
	char t[FORMAT_LEN];

	if (!is_null(o, "rekey_in_ms"))
		printf(", new keys in %s", format_duration(t, num(o, "rekey_in_ms")));
	putchar('\n');
}

static void print_child(const json_t *child)
{
	const bool ah = strcmp(str(child, "protocol"), "ah") == 0;
	char t[FORMAT_LEN];

	printf("  tunnel       %s <-> %s\n", str(child, "local_ts"), str(child, "remote_ts"));
	printf("               %s%s %s, in %s, out %s, %s", ah ? "AH" : "ESP",
	       json_is_true(json_object_get(child, "encap")) ? " in UDP" :
	       json_is_true(json_object_get(child, "tcp")) ? " in TCP" : "", str(child, "algorithms"),
	       str(child, "spi_in"), str(child, "spi_out"), str(child, "state"));
	printf(" for %s", format_duration(t, num(child, "age_ms")));
	print_rekey(child);
}

static const char *nat_text(const json_t *ike)
{
	bool here = json_is_true(json_object_get(ike, "nat_local"));
	bool there = json_is_true(json_object_get(ike, "nat_remote"));

	return here && there ? "behind NATs on both sides" : here ? "behind a NAT here" :
	       there ? "behind a NAT at the peer" : "no NAT";
}

static void print_ike(const json_t *ike)
{
	const json_t *child;
	char t[FORMAT_LEN];
	size_t i;

	printf("  %-12s %s, %s, %s for %s", str(ike, "version"), str(ike, "state"), nat_text(ike),
	       json_is_true(json_object_get(ike, "initiator")) ? "initiator" : "responder",
	       format_duration(t, num(ike, "age_ms")));
	print_rekey(ike);
	printf("               %s\n", str(ike, "algorithms"));
	printf("               SPIs %s %s\n", str(ike, "spi_i"), str(ike, "spi_r"));
	printf("  here         %s  %s\n", str(ike, "local"), str(ike, "local_id"));
	printf("  peer         %s  %s\n", str(ike, "remote"), str(ike, "remote_id"));
	json_array_foreach(json_object_get(ike, "children"), i, child)
		print_child(child);
}

static void print_failure(const json_t *conn, int64_t now)
{
	const json_t *f = json_object_get(conn, "failure");
	char t[FORMAT_LEN];
	int64_t ago = now - json_integer_value(json_object_get(f, "when"));

	if (!json_is_object(f))
		return;
	printf("  failure      %s ago: %s\n", format_duration(t, ago > 0 ? (uint64_t)ago : 0), str(f, "text"));
	if (str(f, "ours")[0])
		printf("    ours       %s\n", str(f, "ours"));
	if (str(f, "theirs")[0])
		printf("    theirs     %s\n", str(f, "theirs"));
	if (str(f, "nearest")[0])
		printf("    nearest    %s\n", str(f, "nearest"));
}

static void print_totals(const json_t *conn)
{
	const json_t *k = json_object_get(conn, "totals");
	char b[FORMAT_LEN], p[64];

	printf("  traffic      in %s, %s", format_bytes(b, num(k, "in_bytes")),
	       format_count(p, sizeof(p), num(k, "in_packets"), "packet"));
	printf("; out %s, %s", format_bytes(b, num(k, "out_bytes")),
	       format_count(p, sizeof(p), num(k, "out_packets"), "packet"));
	printf("; dropped in %ju, out %ju\n", (uintmax_t)num(k, "in_drops"), (uintmax_t)num(k, "out_drops"));
}

void status_print_one(const json_t *answer)
{
	const json_t *conn = json_array_get(json_object_get(answer, "connections"), 0), *ike;
	char state[100];
	size_t i;

	print_module(answer);
	print_state(state, sizeof(state), conn);
	printf("%s: %s (wanted: %s)\n", str(conn, "name"), state, str(conn, "wanted"));
	printf("  file         %s\n", str(conn, "file"));
	if (rule_of(conn))
		printf("  packets      %s <-> %s\n", str(conn, "local_ts"), str(conn, "remote_ts"));
	else
		printf("  device       %s\n", str(conn, "device"));
	if (!first_ike(conn) && !rule_of(conn)) {
		printf("  peer         %s\n", str(conn, "remote_host")[0] ? str(conn, "remote_host") : "any");
		printf("  tunnel       %s <-> %s\n", str(conn, "local_ts"), str(conn, "remote_ts"));
	}
	json_array_foreach(json_object_get(conn, "ike"), i, ike)
		print_ike(ike);
	print_totals(conn);
	print_failure(conn, json_integer_value(json_object_get(answer, "now")));
}

int cmd_status(const struct cli *cli, int argc, char **argv)
{
	json_t *request = json_pack("{s:s}", "cmd", "status"), *answer;
	int status;

	if (argc)
		json_object_set_new(request, "name", json_string(argv[0]));
	status = client_do(cli, request, &answer);
	if (status)
		return status;
	if (cli->json)
		client_print_json(answer);
	else if (argc)
		status_print_one(answer);
	else
		status_print_list(answer);
	status = !argc || status_is_up(answer) ? CLI_OK : CLI_FAILED;
	json_decref(answer);
	return status;
}
