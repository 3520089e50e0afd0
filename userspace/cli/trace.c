// SPDX-License-Identifier: GPL-2.0
/* keyway trace: what becomes of packets, and why. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/format.h"
#include "cli/reason.h"
#include "lib/addr.h"
#include "wire/ts.h"

static const char *str(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static json_int_t num(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void print_end(const json_t *ev, const char *addr, const char *port)
{
	bool v6 = str(ev, addr) && strchr(str(ev, addr), ':');

	printf(v6 ? "[%s]" : "%s", str(ev, addr));
	if (json_object_get(ev, port))
		printf(":%d", (int)num(ev, port));
}

static void print_packet(const json_t *ev)
{
	char protocol[TS_PROTOCOL_STRLEN];
	int n = (int)num(ev, "protocol");
	bool icmp = n == IPPROTO_ICMP || n == IPPROTO_ICMPV6;

	if (!str(ev, "src")) {
		printf("(unread)");
		return;
	}
	print_end(ev, "src", icmp ? "" : "sport");
	printf(" > ");
	print_end(ev, "dst", icmp ? "" : "dport");
	printf(" %s", ts_protocol_print(protocol, (uint8_t)n));
	/* Type and code are where ports would be. */
	if (icmp && json_object_get(ev, "sport"))
		printf(" type %d", (int)num(ev, "sport") / 256);
	if (num(ev, "length"))
		printf(", %jd octets", (intmax_t)num(ev, "length"));
	if (num(ev, "packets") > 1)
		printf(" in %jd packets", (intmax_t)num(ev, "packets"));
}

static void print_event(const struct cli *cli, const json_t *ev)
{
	const char *reason = str(ev, "reason");
	char when[FORMAT_LEN];

	if (cli->json) {
		json_dumpf(ev, stdout, JSON_COMPACT);
		putchar('\n');
		return;
	}
	if (json_object_get(ev, "unreported"))
		printf("... %jd more packets went unreported\n", (intmax_t)num(ev, "unreported"));
	printf("%s %-3s %-9s ", format_time(when, num(ev, "when")), str(ev, "dir"), str(ev, "verdict"));
	print_packet(ev);
	if (str(ev, "name"))
		printf("; %s", str(ev, "name"));
	else if (json_object_get(ev, "policy"))
		printf("; policy %jd", (intmax_t)num(ev, "policy"));
	if (str(ev, "spi"))
		printf(" spi %s", str(ev, "spi"));
	if (json_object_get(ev, "seq"))
		printf(" seq %jd", (intmax_t)num(ev, "seq"));
	if (reason)
		printf("; %s: %s", reason, reason_explain(reason));
	if (str(ev, "why"))
		printf("\n%24s last failure: %s", "", str(ev, "why"));
	putchar('\n');
}

/* One word after "trace": an address, a protocol, a port or the name of a connection. */
static int add_word(json_t *request, json_t *ends, const char *word)
{
	struct ip_range range;
	uint8_t protocol;
	char *end;
	long port;

	if (!ip_range_parse(&range, word))
		return json_array_append_new(ends, json_string(word));
	if (word[0] == ':') {
		port = strtol(word + 1, &end, 10);
		if (!word[1] || *end || port < 1 || port > 65535) {
			fprintf(stderr, "keyway: %s: want a port from :1 to :65535\n", word);
			return -1;
		}
		return json_object_set_new(request, "port", json_integer(port));
	}
	if (!ts_protocol_from_text(&protocol, word))
		return json_object_set_new(request, "protocol", json_integer(protocol));
	if (json_object_get(request, "name")) {
		fprintf(stderr, "keyway: %s: no address, :PORT or protocol, and a connection is named already\n",
			word);
		return -1;
	}
	return json_object_set_new(request, "name", json_string(word));
}

/* The caller's reference, or NULL after saying why. */
static json_t *make_request(const struct cli *cli, int argc, char **argv)
{
	json_t *request = json_pack("{s:s, s:b}", "cmd", "trace", "drops", cli->drops);
	json_t *ends = json_array();
	int i, err = 0;

	for (i = 0; i < argc && !err; i++)
		err = add_word(request, ends, argv[i]);
	if (!err && json_array_size(ends) > 2) {
		fprintf(stderr, "keyway: trace: at most two addresses\n");
		err = -1;
	}
	json_object_set_new(request, "ends", ends);
	if (!err)
		return request;
	json_decref(request);
	return NULL;
}

int cmd_trace(const struct cli *cli, int argc, char **argv)
{
	json_t *request = make_request(cli, argc, argv), *answer;
	struct client c;
	int status;

	if (!request)
		return CLI_USAGE;
	status = client_open(&c, cli, false);
	if (status) {
		json_decref(request);
		return status;
	}
	answer = client_ask(&c, request);
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
