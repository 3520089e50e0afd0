// SPDX-License-Identifier: GPL-2.0
/* keywayd: options, going to the background, exit status. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "daemon/ctl_proto.h"
#include "daemon/daemon.h"
#include "daemon/notify.h"
#include "daemon/privs.h"
#include "lib/log.h"

struct args {
	struct daemon_options options;
	bool foreground;
};

static const char usage[] =
	"usage: keywayd [-f] [-c DIR] [-s SOCKET] [-l LEVEL]\n"
	"\n"
	"  -f         stay in the foreground and log to standard error\n"
	"  -c DIR     configuration directory (default " CTL_CONFIG_DIR ")\n"
	"  -s SOCKET  control socket (default " CTL_SOCKET ")\n"
	"  -l LEVEL   error, warn, info or debug, whatever the configuration says\n"
	"  --version  print the version\n"
	"  --help     print this\n";

static int parse_level(const char *text)
{
	int i;

	for (i = LOG_LEVEL_ERROR; i <= LOG_LEVEL_DEBUG; i++)
		if (!strcmp(text, log_level_name((enum log_level)i)))
			return i;
	return -1;
}

/* Does not return when there is nothing to run. */
static void parse(int argc, char **argv, struct args *a)
{
	static const struct option longs[] = {
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	*a = (struct args){ .options = { .config_dir = CTL_CONFIG_DIR, .socket = CTL_SOCKET, .state_dir = CTL_STATE_DIR,
			      .log_level = -1 } };
	while ((c = getopt_long(argc, argv, "fc:s:l:", longs, NULL)) != -1) {
		switch (c) {
		case 'f':
			a->foreground = true;
			break;
		case 'c':
			a->options.config_dir = optarg;
			break;
		case 's':
			a->options.socket = optarg;
			break;
		case 'l':
			a->options.log_level = parse_level(optarg);
			if (a->options.log_level >= 0)
				break;
			fprintf(stderr, "keywayd: -l %s: want error, warn, info or debug\n", optarg);
			exit(2);
		case 'V':
			puts("keywayd " KEYWAY_VERSION);
			exit(0);
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "keywayd: %s: unexpected\n%s", argv[optind], usage);
		exit(2);
	}
}

/* A relative path would mean another place once the daemon is in /. */
static const char *absolute(const char *path)
{
	char *cwd, *full;

	if (path[0] == '/')
		return path;
	cwd = getcwd(NULL, 0);
	if (!cwd || asprintf(&full, "%s/%s", cwd, path) < 0) {
		fprintf(stderr, "keywayd: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	free(cwd);
	return full;
}

static void syslog_sink(const struct log_line *line, void *ctx)
{
	static const int priority[] = { LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

	(void)ctx;
	syslog(priority[line->level], "%s%s%s", line->subject, line->subject[0] ? ": " : "", line->text);
}

/*
 * In the child: returns the descriptor on which the parent waits to hear how the start went. The parent
 * exits with that, so that a script knows whether it has a daemon.
 */
static int to_background(void)
{
	int pipefd[2], null;
	char word;
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC) || (pid = fork()) < 0) {
		perror("keywayd");
		exit(1);
	}
	if (pid) {
		close(pipefd[1]);
		exit(read(pipefd[0], &word, 1) == 1 ? 0 : 1);
	}
	close(pipefd[0]);
	setsid();
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	if (chdir("/"))
		perror("keywayd: /");
	openlog("keywayd", LOG_PID | LOG_NDELAY, LOG_DAEMON);
	return pipefd[1];
}

/* The daemon is up: let the parent go and leave its terminal. */
static void leave_parent(int parent)
{
	if (write(parent, "+", 1) != 1)
		log_warn(NULL, "the process that started keywayd is gone");
	close(parent);
	dup2(STDIN_FILENO, STDERR_FILENO);
	log_set_sink(syslog_sink, NULL);
}

/* Workers do key exchanges and signatures; half of them at most wait for name servers. */
static void size_workers(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	char n[16];

	snprintf(n, sizeof(n), "%ld", cpus < 4 ? 4 : cpus > 64 ? 64 : cpus);
	setenv("UV_THREADPOOL_SIZE", n, 0);
}

int main(int argc, char **argv)
{
	static struct daemon d;
	char why[DAEMON_WHY] = "";
	struct args a;
	int parent = -1;

	parse(argc, argv, &a);
	a.options.config_dir = absolute(a.options.config_dir);
	a.options.socket = absolute(a.options.socket);
	if (a.options.log_level >= 0)
		log_set_level((enum log_level)a.options.log_level);
	if (!a.foreground)
		parent = to_background();
	size_workers();
	notify_open();
	privs_protect_memory();
	if (daemon_start(&d, &a.options, why)) {
		log_error(NULL, "keywayd cannot start: %s", why);
		return 1;
	}
	if (parent >= 0)
		leave_parent(parent);
	daemon_run(&d);
	/* Leaving through exit() would wait for the thread of a name lookup that takes for ever. */
	if (!daemon_finish(&d))
		_exit(d.exit_status);
	return d.exit_status;
}
