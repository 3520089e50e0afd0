// SPDX-License-Identifier: GPL-2.0
/*
 * The whole daemon, with its privileges dropped, in a network namespace of its own; asked through its
 * socket. Needs root for the namespace. keyway.ko may be there or not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/client.h"
#include "daemon/daemon.h"
#include "daemon/privs.h"
#include "lib/log.h"

static char dir[] = "/tmp/keyway-daemon.XXXXXX";
static char sock[64];
static struct cli cli;

static void quiet(const struct log_line *line, void *ctx)
{
	(void)line;
	(void)ctx;
}

static void put(const char *name, const char *text)
{
	char path[100];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fchmod(fileno(f), 0600);
	fputs(text, f);
	fclose(f);
}

#define CONN(peer, net) \
	"remote = " peer "\npsk = \"x\"\nlocal-net = 10.1.0.0/16\nremote-net = " net "\nstart = none\n"

static int run_daemon(void)
{
	const struct daemon_options options = { .config_dir = dir, .socket = sock, .log_level = -1 };
	static struct daemon d;
	char why[DAEMON_WHY];

	if (unshare(CLONE_NEWNET))
		return 77;
	log_set_sink(quiet, NULL);
	privs_protect_memory();
	if (daemon_start(&d, &options, why)) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	daemon_run(&d);
	return daemon_finish(&d) ? 0 : 2;
}

/* A daemon that answers, or -1 when there can be none. */
static pid_t start(void)
{
	struct client c;
	pid_t pid = fork();
	int i, status;

	/* Leaving by _exit(): the leak checker cannot work under the seccomp filter. */
	if (!pid)
		_exit(run_daemon());
	for (i = 0; i < 500; i++) {
		if (client_open(&c, &cli, true) == CLI_OK) {
			client_close(&c);
			return pid;
		}
		if (waitpid(pid, &status, WNOHANG) == pid) {
			assert_int_equal(WEXITSTATUS(status), 77);
			return -1;
		}
		usleep(20000);
	}
	fail_msg("no daemon after 10 s");
	return -1;
}

static void stop(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(access(sock, F_OK), -1);
}

static json_t *ask(json_t *request)
{
	struct client c;
	json_t *answer;

	assert_int_equal(client_open(&c, &cli, true), CLI_OK);
	answer = client_ask(&c, request);
	client_close(&c);
	assert_non_null(answer);
	return answer;
}

static size_t count_connections(void)
{
	json_t *answer = ask(json_pack("{s:s}", "cmd", "status"));
	size_t n = json_array_size(json_object_get(answer, "connections"));

	assert_true(json_is_true(json_object_get(answer, "ok")));
	json_decref(answer);
	return n;
}

static json_t *reload(bool dry_run)
{
	return ask(json_pack("{s:s, s:b}", "cmd", "reload", "dry_run", dry_run));
}

/* "added", "changed", ... of a connection in a reload answer; "" when it is not mentioned. */
static const char *change_of(const json_t *answer, const char *name)
{
	const json_t *c;
	size_t i;

	json_array_foreach(json_object_get(answer, "changes"), i, c)
		if (!strcmp(json_string_value(json_object_get(c, "name")), name))
			return json_string_value(json_object_get(c, "change"));
	return "";
}

static void it_starts_answers_and_stops(void **state)
{
	pid_t pid;
	json_t *answer;

	(void)state;
	put("one.conf", CONN("192.0.2.2", "10.2.0.0/16"));
	pid = start();
	if (pid < 0)
		skip();
	assert_int_equal(count_connections(), 1);
	answer = ask(json_pack("{s:s, s:s}", "cmd", "status", "name", "nobody"));
	assert_string_equal(json_string_value(json_object_get(answer, "code")), "not-found");
	json_decref(answer);
	answer = ask(json_pack("{s:s}", "cmd", "stats"));
	assert_true(json_is_integer(json_object_get(json_object_get(answer, "engine"), "rx_datagrams")));
	json_decref(answer);
	answer = ask(json_pack("{s:s, s:i}", "cmd", "log", "lines", 1));
	assert_int_equal(json_array_size(json_object_get(answer, "lines")), 1);
	json_decref(answer);
	stop(pid);
}

static void reload_touches_what_changed(void **state)
{
	pid_t pid;
	json_t *answer;

	(void)state;
	put("one.conf", CONN("192.0.2.2", "10.2.0.0/16"));
	put("two.conf", CONN("192.0.2.3", "10.3.0.0/16"));
	pid = start();
	if (pid < 0)
		skip();
	put("two.conf", CONN("192.0.2.33", "10.3.0.0/16"));
	put("three.conf", CONN("192.0.2.4", "10.4.0.0/16"));
	answer = reload(true);
	assert_string_equal(change_of(answer, "three"), "added");
	json_decref(answer);
	assert_int_equal(count_connections(), 2);
	answer = reload(false);
	assert_string_equal(change_of(answer, "one"), "same");
	assert_string_equal(change_of(answer, "two"), "changed");
	assert_string_equal(change_of(answer, "three"), "added");
	json_decref(answer);
	assert_int_equal(count_connections(), 3);
	stop(pid);
}

static void reload_with_a_mistake_changes_nothing(void **state)
{
	const json_t *error;
	json_t *answer;
	pid_t pid;

	(void)state;
	put("one.conf", CONN("192.0.2.2", "10.2.0.0/16"));
	pid = start();
	if (pid < 0)
		skip();
	put("one.conf", CONN("192.0.2.2", "10.2.0.0/16") "dpdd = 10s\n");
	put("two.conf", CONN("192.0.2.3", "10.3.0.0/16"));
	answer = reload(false);
	assert_string_equal(json_string_value(json_object_get(answer, "code")), "config");
	error = json_array_get(json_object_get(answer, "errors"), 0);
	assert_int_equal(json_integer_value(json_object_get(error, "line")), 6);
	assert_non_null(strstr(json_string_value(json_object_get(error, "text")), "dpdd"));
	json_decref(answer);
	assert_int_equal(count_connections(), 1);
	stop(pid);
}

static void hangup_signal_reloads(void **state)
{
	pid_t pid;
	int i;

	(void)state;
	put("one.conf", CONN("192.0.2.2", "10.2.0.0/16"));
	pid = start();
	if (pid < 0)
		skip();
	put("two.conf", CONN("192.0.2.3", "10.3.0.0/16"));
	kill(pid, SIGHUP);
	for (i = 0; i < 250 && count_connections() != 2; i++)
		usleep(20000);
	assert_int_equal(count_connections(), 2);
	stop(pid);
}

/* How many routes of ours to the net say "unreachable" in the daemon's namespace. */
static int guards(pid_t pid, const char *net)
{
	char command[120], text[16] = "";
	FILE *f;

	snprintf(command, sizeof(command), "nsenter -t %d -n ip route show proto 107 type unreachable | grep -cw '%s'",
		 (int)pid, net);
	f = popen(command, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	pclose(f);
	return atoi(text);
}

/* With or without keyway.ko: what no device takes goes nowhere else. */
static void nets_of_connections_are_guarded(void **state)
{
	char path[100];
	json_t *answer;
	pid_t pid;

	(void)state;
	put("one.conf", CONN("192.0.2.1", "10.2.0.0/16"));
	put("two.conf", CONN("192.0.2.2", "10.3.0.0/16"));
	pid = start();
	if (pid < 0)
		skip();
	assert_int_equal(guards(pid, "10.2.0.0/16"), 1);
	assert_int_equal(guards(pid, "10.3.0.0/16"), 1);
	put("one.conf", CONN("192.0.2.1", "10.4.0.0/16"));
	snprintf(path, sizeof(path), "%s/two.conf", dir);
	assert_int_equal(unlink(path), 0);
	answer = reload(false);
	json_decref(answer);
	assert_int_equal(guards(pid, "10.2.0.0/16"), 0);
	assert_int_equal(guards(pid, "10.3.0.0/16"), 0);
	assert_int_equal(guards(pid, "10.4.0.0/16"), 1);
	stop(pid);
}

static void start_with_a_mistake_fails_and_leaves_nothing(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	put("one.conf", "remote = 192.0.2.2\n");
	pid = fork();
	if (!pid) {
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
		_exit(run_daemon());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_int_equal(access(sock, F_OK), -1);
}

static int clean(void **state)
{
	static const char *const names[] = { "one.conf", "two.conf", "three.conf" };
	char path[100];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	return 0;
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return 1;
	snprintf(sock, sizeof(sock), "%s/sock", dir);
	cli = (struct cli){ .socket = sock, .config_dir = dir };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
#define T(name) cmocka_unit_test_teardown(name, clean)
	const struct CMUnitTest tests[] = {
		T(it_starts_answers_and_stops),
		T(reload_touches_what_changed),
		T(reload_with_a_mistake_changes_nothing),
		T(hangup_signal_reloads),
		T(nets_of_connections_are_guarded),
		T(start_with_a_mistake_fails_and_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
