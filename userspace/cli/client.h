/* SPDX-License-Identifier: GPL-2.0 */
/* A connection to keywayd's control socket: requests, answers, streams. Complains on standard error. */
#ifndef KW_CLI_CLIENT_H
#define KW_CLI_CLIENT_H

#include <jansson.h>

#include "cli/cli.h"

struct client {
	int fd;
	char *buf;		/* what was read beyond the last line */
	size_t have, cap;
};

/* CLI_OK, or CLI_NO_DAEMON after saying so. quiet: without saying so. */
int client_open(struct client *c, const struct cli *cli, bool quiet);
void client_close(struct client *c);

/* Takes request, an object. The answer (also a refusal; the caller's reference), or NULL after saying why. */
json_t *client_ask(struct client *c, json_t *request);
/* The next line of a stream, or NULL when it ended or, after ms milliseconds (-1 = for ever), *timed_out. */
json_t *client_next(struct client *c, int ms, bool *timed_out);

/* Prints each line of a stream until the daemon hangs up, which it says, or nobody reads. */
int client_stream(const struct cli *cli, struct client *c,
		  void (*print)(const struct cli *cli, const json_t *line));

/* Is the answer a refusal? Then says so: the sentence, or with --json the whole answer. */
bool client_refused(const struct cli *cli, const json_t *answer);

/* Opens, asks, closes. CLI_OK with *answer (the caller's reference), else what to exit with, said. */
int client_do(const struct cli *cli, json_t *request, json_t **answer);

/* Prints an answer of the daemon as it is, for --json. */
void client_print_json(const json_t *answer);

#endif
