// SPDX-License-Identifier: GPL-2.0
/*
 * keyway init: this host's Ed25519 key, and the line that tells it to a peer.
 *
 * Only that line goes to standard output, so that it can be piped or copied; what was done goes to
 * standard error.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/client.h"
#include "config/conf.h"
#include "crypto/setup.h"
#include "crypto/sign.h"

/* Makes the directory and the key if they are missing. */
static int ensure_key(const char *dir, const char *path)
{
	char err[300];
	int status;

	if (mkdir(dir, 0700) && errno != EEXIST) {
		fprintf(stderr, "keyway: %s: %s\n", dir, strerror(errno));
		return CLI_FAILED;
	}
	status = sign_key_generate(path, err, sizeof(err));
	if (status && status != -EEXIST) {
		fprintf(stderr, "keyway: %s\n", err);
		return CLI_FAILED;
	}
	fprintf(stderr, "%s %s\n", status ? "using the key in" : "made a new key:", path);
	return CLI_OK;
}

/* Malloc()ed, or NULL after saying why. */
static char *public_key(const char *path)
{
	struct verify_key *pub = NULL;
	struct sign_key *key = NULL;
	char err[300], *text = NULL;

	if (sign_key_load(&key, path, err, sizeof(err))) {
		fprintf(stderr, "keyway: %s\n", err);
		return NULL;
	}
	if (!sign_key_public(key, &pub))
		text = verify_key_print(pub);
	if (!text)
		fprintf(stderr, "keyway: %s: no public key\n", path);
	verify_key_free(pub);
	sign_key_free(key);
	return text;
}

/* The address this host uses towards the rest of the world: the routing table's choice, nothing is sent. */
static bool own_address(int family, const char *far, char *out, socklen_t out_len)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(9) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(9) };
	struct sockaddr *sa = family == AF_INET ? (struct sockaddr *)&in : (struct sockaddr *)&in6;
	void *addr = family == AF_INET ? (void *)&in.sin_addr : (void *)&in6.sin6_addr;
	socklen_t len = family == AF_INET ? sizeof(in) : sizeof(in6);
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && inet_pton(family, far, addr) == 1 && !connect(fd, sa, len) &&
		  !getsockname(fd, sa, &len) && inet_ntop(family, addr, out, out_len);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* A connection's name for this host: its host name up to the first dot. */
static void own_name(char *out, size_t n)
{
	char host[HOST_NAME_MAX + 1] = "";

	gethostname(host, sizeof(host) - 1);
	host[strcspn(host, ".")] = '\0';
	snprintf(out, n < CONF_NAME_MAX ? n : CONF_NAME_MAX, "%s", host[0] ? host : "peer");
}

static void print_line(const struct cli *cli, const char *key)
{
	char name[CONF_NAME_MAX], host[INET6_ADDRSTRLEN];
	json_t *j;

	own_name(name, sizeof(name));
	if (!cli->host && !own_address(AF_INET, "192.0.2.1", host, sizeof(host)) &&
	    !own_address(AF_INET6, "2001:db8::1", host, sizeof(host)))
		snprintf(host, sizeof(host), "ADDRESS");
	if (cli->json) {
		j = json_pack("{s:s, s:s, s:s}", "name", name, "host", cli->host ? cli->host : host, "key", key);
		client_print_json(j);
		json_decref(j);
		return;
	}
	fprintf(stderr, "on the peer, with its own net behind it (--local-net NET):\n");
	printf("keyway add %s --remote %s --remote-key %s --remote-net %s\n", name,
	       cli->host ? cli->host : host, key, cli->net ? cli->net : "NET");
}

int cmd_init(const struct cli *cli, int argc, char **argv)
{
	char path[PATH_MAX], *key;
	int status;

	(void)argc;
	(void)argv;
	if (crypto_setup())
		return CLI_FAILED;
	snprintf(path, sizeof(path), "%s/key.pem", cli->config_dir);
	status = ensure_key(cli->config_dir, path);
	if (status)
		return status;
	key = public_key(path);
	if (!key)
		return CLI_FAILED;
	print_line(cli, key);
	free(key);
	return CLI_OK;
}
