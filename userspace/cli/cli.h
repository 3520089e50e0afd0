/* SPDX-License-Identifier: GPL-2.0 */
/* What the commands of `keyway` share: options, exit statuses, the command table's row. */
#ifndef KW_CLI_CLI_H
#define KW_CLI_CLI_H

#include <stdbool.h>

/* keyway(8), EXIT STATUS. */
enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1,		/* refused, not up, errors in the configuration */
	CLI_USAGE = 2,
	CLI_NO_DAEMON = 3,	/* keywayd does not answer */
};

struct cli {
	const char *socket, *config_dir;
	bool json;
	/* what some commands take */
	bool follow, dry_run, ike, all, drops;
	int lines;		/* -1 = not given */
	int timeout;		/* seconds; -1 = not given */
	const char *host, *net;
	const char *keys, *v1_keys;
};

/* argv holds what is left after options: argc names. Returns an enum cli_exit. */
typedef int (*cli_command)(const struct cli *cli, int argc, char **argv);

int cmd_status(const struct cli *cli, int argc, char **argv);
int cmd_up(const struct cli *cli, int argc, char **argv);
int cmd_down(const struct cli *cli, int argc, char **argv);
int cmd_delete(const struct cli *cli, int argc, char **argv);
int cmd_rekey(const struct cli *cli, int argc, char **argv);
int cmd_redirect(const struct cli *cli, int argc, char **argv);
int cmd_reload(const struct cli *cli, int argc, char **argv);
int cmd_log(const struct cli *cli, int argc, char **argv);
int cmd_monitor(const struct cli *cli, int argc, char **argv);
int cmd_stats(const struct cli *cli, int argc, char **argv);
int cmd_trace(const struct cli *cli, int argc, char **argv);
int cmd_init(const struct cli *cli, int argc, char **argv);
int cmd_check(const struct cli *cli, int argc, char **argv);
/* argv: a file of certificates, and where the bundle goes. */
int cmd_bundle(const struct cli *cli, int argc, char **argv);
int cmd_decode(const struct cli *cli, int argc, char **argv);
/* argv: a verb, then words of kernel/genl_words.h; keys among them are overwritten. */
int cmd_sa(const struct cli *cli, int argc, char **argv);
int cmd_policy(const struct cli *cli, int argc, char **argv);
/* argv: NAME --key value ..., any key of keyway.conf(5). */
int cmd_add(const struct cli *cli, int argc, char **argv);

#endif
