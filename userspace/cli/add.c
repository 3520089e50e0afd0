// SPDX-License-Identifier: GPL-2.0
/*
 * keyway add NAME --key value ...: writes a connection's file, checks it as the daemon would, and has the
 * daemon read it. A file that is not accepted is not left behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/add.h"
#include "cli/check.h"
#include "cli/client.h"
#include "config/conf.h"
#include "crypto/setup.h"

/* A value in quotes when it would mean something else without: keyway.conf(5), Form. */
static bool wants_quotes(const char *key, const char *value)
{
	if (!strcmp(key, "psk"))
		return strncmp(value, "0x", 2) != 0 && strncmp(value, "0s", 2) != 0;
	return strpbrk(value, "#\"\\") || !value[0];
}

bool add_write_key(FILE *f, const char *key, const char *value)
{
	if (strpbrk(value, "\n\r"))
		return false;
	fprintf(f, "%s = ", key);
	if (wants_quotes(key, value)) {
		putc('"', f);
		for (; *value; value++) {
			if (*value == '"' || *value == '\\')
				putc('\\', f);
			putc(*value, f);
		}
		putc('"', f);
	} else {
		fputs(value, f);
	}
	putc('\n', f);
	return true;
}

/* "--remote-net", "10.0.0.0/8" or "--remote-net=10.0.0.0/8". Advances *i. */
static bool next_pair(int argc, char **argv, int *i, char *key, size_t key_len, const char **value)
{
	const char *arg = argv[*i], *eq = strchr(arg, '=');
	size_t len = eq ? (size_t)(eq - arg) : strlen(arg);

	if (strncmp(arg, "--", 2) != 0 || len < 3 || len - 2 >= key_len) {
		fprintf(stderr, "keyway add: %s: want --key value, with a key of keyway.conf(5)\n", arg);
		return false;
	}
	memcpy(key, arg + 2, len - 2);
	key[len - 2] = '\0';
	if (!eq && *i + 1 >= argc) {
		fprintf(stderr, "keyway add: %s needs a value\n", arg);
		return false;
	}
	*value = eq ? eq + 1 : argv[++*i];
	++*i;
	return true;
}

static int write_keys(FILE *f, int argc, char **argv)
{
	const char *value;
	char key[64];
	int i = 0;

	while (i < argc) {
		if (!next_pair(argc, argv, &i, key, sizeof(key), &value))
			return CLI_USAGE;
		if (!add_write_key(f, key, value)) {
			fprintf(stderr, "keyway add: --%s: a value is one line\n", key);
			return CLI_USAGE;
		}
	}
	return CLI_OK;
}

/* New, for root's eyes only: it may hold a secret. */
static FILE *create(const char *dir, const char *path)
{
	FILE *f = NULL;
	int fd;

	if (mkdir(dir, 0700) && errno != EEXIST) {
		fprintf(stderr, "keyway: %s: %s\n", dir, strerror(errno));
		return NULL;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		f = fdopen(fd, "w");
	if (!f && errno == EEXIST)
		fprintf(stderr, "keyway: %s exists: edit it and run keyway reload, or remove it first\n", path);
	else if (!f)
		fprintf(stderr, "keyway: %s: %s\n", path, strerror(errno));
	return f;
}

static int check_file(const char *path)
{
	struct conf_errors *errors = calloc(1, sizeof(*errors));
	struct conf_conn *conn = NULL;
	int err = !errors || crypto_setup() ? -ENOMEM : conf_load_file(path, &conn, errors);

	if (err && errors)
		check_print_errors(errors);
	conf_conn_free(conn);
	free(errors);
	return err ? CLI_FAILED : CLI_OK;
}

/* Without a daemon the file waits for one. */
static int tell_daemon(const struct cli *cli)
{
	struct client c;

	if (client_open(&c, cli, true)) {
		fprintf(stderr, "keywayd is not running: it will read the file when it starts\n");
		return CLI_OK;
	}
	client_close(&c);
	return cmd_reload(cli, 0, NULL);
}

int cmd_add(const struct cli *cli, int argc, char **argv)
{
	char path[PATH_MAX];
	FILE *f;
	int status;

	if (strchr(argv[0], '/') || argv[0][0] == '-' || argv[0][0] == '.' || !strcmp(argv[0], "keyway")) {
		fprintf(stderr, "keyway add: \"%s\" is no name for a connection\n", argv[0]);
		return CLI_USAGE;
	}
	snprintf(path, sizeof(path), "%s/%s.conf", cli->config_dir, argv[0]);
	f = create(cli->config_dir, path);
	if (!f)
		return CLI_FAILED;
	status = write_keys(f, argc - 1, argv + 1);
	if (fclose(f) && !status) {
		fprintf(stderr, "keyway: %s: %s\n", path, strerror(errno));
		status = CLI_FAILED;
	}
	if (!status)
		status = check_file(path);
	if (status) {
		unlink(path);
		fprintf(stderr, "keyway add: nothing was added\n");
		return status;
	}
	if (!cli->json)
		printf("%s written\n", path);
	return tell_daemon(cli);
}
