// SPDX-License-Identifier: GPL-2.0
/* keyway: the command table and the options. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "daemon/ctl_proto.h"

/* Options a command may have, besides those all have. */
enum { OPT_FOLLOW = 1, OPT_LINES = 2, OPT_DRY_RUN = 4, OPT_IKE = 8, OPT_ALL = 16, OPT_TIMEOUT = 32, OPT_HOST = 64,
	OPT_KEYS = 128, OPT_DROPS = 256 };

static const struct command {
	const char *name, *args, *help;
	int min, max;		/* names after it */
	unsigned int options;
	cli_command run;
} commands[] = {
	{ "status", "[NAME]", "connections, and why one is not up", 0, 1, 0, cmd_status },
	{ "up", "NAME [-t SECONDS]", "bring a connection up and watch", 1, 1, OPT_TIMEOUT, cmd_up },
	{ "down", "NAME", "take it down and keep it down", 1, 1, 0, cmd_down },
	{ "delete", "NAME", "delete its SAs; wanted up, it comes back", 1, 1, 0, cmd_delete },
	{ "rekey", "NAME [--ike]", "new keys now", 1, 1, OPT_IKE, cmd_rekey },
	{ "redirect", "NAME [HOST]", "send its peers to another gateway", 1, 2, 0, cmd_redirect },
	{ "reload", "[--dry-run]", "read the configuration again", 0, 0, OPT_DRY_RUN, cmd_reload },
	{ "log", "[-f] [-n LINES]", "what the daemon said", 0, 0, OPT_FOLLOW | OPT_LINES, cmd_log },
	{ "monitor", "", "what happens, as it happens", 0, 0, 0, cmd_monitor },
	{ "stats", "[-a]", "counters of daemon and module", 0, 0, OPT_ALL, cmd_stats },
	{ "trace", "[NAME] [ADDR [ADDR]] ...", "what becomes of packets, and why", 0, 5, OPT_DROPS, cmd_trace },
	{ "init", "[--host HOST] [--net NET]", "make this host's key, print the line for a peer", 0, 0, OPT_HOST,
	  cmd_init },
	{ "add", "NAME --key value ...", "write a connection; keys as in keyway.conf(5)", 1, -1, 0, cmd_add },
	{ "check", "[FILE|DIR]", "look for mistakes in the configuration", 0, 1, 0, cmd_check },
	{ "sa", "add|del|list|flush ...", "the kernel's SAs by hand, without the daemon", 0, -1, 0, cmd_sa },
	{ "policy", "add|del|list|flush ...", "and its policies", 0, -1, 0, cmd_policy },
	{ "bundle", "CERT FILE", "certificates as cert-bundle-url has them", 2, 2, 0, cmd_bundle },
	{ "decode", "FILE [--keys FILE]", "IKE messages of a capture", 1, 1, OPT_KEYS, cmd_decode },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *f)
{
	size_t i;

	fputs("usage: keyway [-s SOCKET] [-c DIR] [--json] [COMMAND]\n\n", f);
	for (i = 0; i < N_COMMANDS; i++)
		fprintf(f, "  %-8s%-27s %s\n", commands[i].name, commands[i].args, commands[i].help);
	fputs("\nWithout a command: status. keyway(8) has the rest.\n", f);
}

static const struct command *find(const char *name)
{
	size_t i;

	for (i = 0; i < N_COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	fprintf(stderr, "keyway: %s: no such command\n", name);
	usage(stderr);
	exit(CLI_USAGE);
}

static int number(const char *option, const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (!*text || *end || n < 0 || n > 100000) {
		fprintf(stderr, "keyway: %s %s: want a number\n", option, text);
		exit(CLI_USAGE);
	}
	return (int)n;
}

static const struct option longs[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "follow", no_argument, NULL, 'f' },
	{ "dry-run", no_argument, NULL, 'd' },
	{ "ike", no_argument, NULL, 'i' },
	{ "all", no_argument, NULL, 'a' },
	{ "drops", no_argument, NULL, 'D' },
	{ "lines", required_argument, NULL, 'n' },
	{ "timeout", required_argument, NULL, 't' },
	{ "host", required_argument, NULL, 'H' },
	{ "net", required_argument, NULL, 'N' },
	{ "keys", required_argument, NULL, 'K' },
	{ "v1-keys", required_argument, NULL, '1' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* One option into cli. Returns its OPT_ bit, 0 for one that all commands have. */
static unsigned int take_option(struct cli *cli, int c)
{
	switch (c) {
	case 's':
		cli->socket = optarg;
		return 0;
	case 'c':
		cli->config_dir = optarg;
		return 0;
	case 'j':
		cli->json = true;
		return 0;
	case 'f':
		cli->follow = true;
		return OPT_FOLLOW;
	case 'd':
		cli->dry_run = true;
		return OPT_DRY_RUN;
	case 'i':
		cli->ike = true;
		return OPT_IKE;
	case 'a':
		cli->all = true;
		return OPT_ALL;
	case 'D':
		cli->drops = true;
		return OPT_DROPS;
	case 'n':
		cli->lines = number("-n", optarg);
		return OPT_LINES;
	case 't':
		cli->timeout = number("-t", optarg);
		return OPT_TIMEOUT;
	case 'H':
		cli->host = optarg;
		return OPT_HOST;
	case 'N':
		cli->net = optarg;
		return OPT_HOST;
	case 'K':
		cli->keys = optarg;
		return OPT_KEYS;
	case '1':
		cli->v1_keys = optarg;
		return OPT_KEYS;
	case 'V':
		puts("keyway " KEYWAY_VERSION);
		exit(CLI_OK);
	case 'h':
		usage(stdout);
		exit(CLI_OK);
	default:
		usage(stderr);
		exit(CLI_USAGE);
	}
}

/* order "+": stop at the first word that is no option. */
static unsigned int take_options(struct cli *cli, int argc, char **argv, const char *shorts)
{
	unsigned int seen = 0;
	int c;

	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1)
		seen |= take_option(cli, c);
	return seen;
}

int main(int argc, char **argv)
{
	struct cli cli = { .socket = CTL_SOCKET, .config_dir = CTL_CONFIG_DIR, .lines = -1, .timeout = -1 };
	const struct command *cmd = &commands[0];
	unsigned int seen;

	signal(SIGPIPE, SIG_IGN);
	seen = take_options(&cli, argc, argv, "+s:c:jfdian:t:hV");
	argc -= optind;
	argv += optind;
	if (argc) {
		cmd = find(argv[0]);
		/* Keys of keyway.conf(5) look like options and are not ours to read. */
		if (cmd->run != cmd_add) {
			optind = 0;
			seen |= take_options(&cli, argc, argv, "s:c:jfdian:t:hV");
			argc -= optind;
			argv += optind;
		} else {
			argc--;
			argv++;
		}
	}
	if (seen & ~cmd->options || argc < cmd->min || (cmd->max >= 0 && argc > cmd->max)) {
		fprintf(stderr, "usage: keyway %s %s\n", cmd->name, cmd->args);
		return CLI_USAGE;
	}
	return cmd->run(&cli, argc, argv);
}
