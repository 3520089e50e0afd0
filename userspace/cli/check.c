// SPDX-License-Identifier: GPL-2.0
/* keyway check: is the configuration in order? Needs no daemon. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/check.h"
#include "cli/client.h"
#include "config/conf.h"
#include "crypto/setup.h"

static unsigned int shown(const struct conf_errors *errors)
{
	const unsigned int room = sizeof(errors->e) / sizeof(errors->e[0]);

	return errors->n < room ? errors->n : room;
}

static json_t *errors_json(const struct conf_errors *errors)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < shown(errors); i++)
		json_array_append_new(list, json_pack("{s:s, s:i, s:s}", "file", errors->e[i].file,
						      "line", (int)errors->e[i].line, "text", errors->e[i].text));
	return list;
}

void check_print_errors(const struct conf_errors *errors)
{
	unsigned int i;

	for (i = 0; i < shown(errors); i++) {
		const struct conf_error *e = &errors->e[i];

		if (e->line)
			fprintf(stderr, "%s:%u: %s\n", e->file, e->line, e->text);
		else
			fprintf(stderr, "%s: %s\n", e->file, e->text);
	}
	if (errors->n > shown(errors))
		fprintf(stderr, "and %u more\n", errors->n - shown(errors));
}

/* *n is how many connections were read. */
static int load(const char *path, struct conf_errors *errors, unsigned int *n)
{
	struct conf_conn *conn = NULL;
	struct conf *conf = NULL;
	struct stat st;
	int err;

	*n = 0;
	if (!stat(path, &st) && !S_ISDIR(st.st_mode)) {
		err = conf_load_file(path, &conn, errors);
		*n = !err;
		conf_conn_free(conn);
		return err;
	}
	err = conf_load(path, &conf, errors);
	if (!err)
		*n = conf->n;
	conf_free(conf);
	return err;
}

static void say(const struct cli *cli, const char *path, int err, unsigned int n,
		const struct conf_errors *errors)
{
	json_t *j;

	if (cli->json) {
		j = json_pack("{s:b, s:s, s:i, s:o}", "ok", !err, "path", path, "connections", (int)n,
			      "errors", errors_json(errors));
		client_print_json(j);
		json_decref(j);
		return;
	}
	check_print_errors(errors);
	if (!err)
		printf("%s: %u connection%s, no errors\n", path, n, n == 1 ? "" : "s");
}

int cmd_check(const struct cli *cli, int argc, char **argv)
{
	const char *path = argc ? argv[0] : cli->config_dir;
	struct conf_errors *errors = calloc(1, sizeof(*errors));
	unsigned int n;
	int err;

	if (!errors || crypto_setup()) {
		fprintf(stderr, "keyway: no memory\n");
		free(errors);
		return CLI_FAILED;
	}
	err = load(path, errors, &n);
	say(cli, path, err, n, errors);
	free(errors);
	return err ? CLI_FAILED : CLI_OK;
}
