// SPDX-License-Identifier: GPL-2.0
/* The seccomp filter: what the daemon does goes on working, what it never does is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netdb.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "crypto/dh.h"
#include "crypto/setup.h"
#include "daemon/seccomp.h"
#include "lib/secret.h"

/* Runs fn under the filter in a child; returns its result, or a negative signal number. */
static int confined(int (*fn)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || seccomp_confine())
			_exit(99);
		_exit(fn());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int read_files(void)
{
	char buf[10];
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, buf, sizeof(buf)) > 0 && !close(fd) ? 0 : 1;
}

static int look_up_names(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *res = NULL;

	if (getaddrinfo("localhost", NULL, &hints, &res))
		return 1;
	freeaddrinfo(res);
	/* A name that needs a server: the answer may be no, but not that a call was forbidden. */
	switch (getaddrinfo("no-such-name.invalid", NULL, &hints, &res)) {
	case EAI_SYSTEM:
		return errno == EPERM ? 2 : 0;
	default:
		return 0;
	}
}

static int do_work(void)
{
	struct kw_secret secret = { 0 };
	struct dh *a = NULL, *b = NULL;
	int err = dh_new(&a, 19) || dh_new(&b, 19) || dh_shared(a, dh_public(b), &secret);

	kw_secret_drop(&secret);
	dh_free(a);
	dh_free(b);
	return err;
}

static void work(uv_work_t *w)
{
	*(int *)w->data = do_work();
}

static void done(uv_work_t *w, int status)
{
	(void)w;
	(void)status;
}

static void tick(uv_timer_t *t)
{
	uv_close((uv_handle_t *)t, NULL);
}

/* A loop that was made before, as in the daemon, starts its threads and timers afterwards. */
static uv_loop_t loop;

static int run_loop_with_workers(void)
{
	uv_work_t w;
	uv_timer_t t;
	int result = 1;

	w.data = &result;
	if (uv_queue_work(&loop, &w, work, done) || uv_timer_init(&loop, &t) || uv_timer_start(&t, tick, 5, 0))
		return 2;
	uv_run(&loop, UV_RUN_DEFAULT);
	return result;
}

static int open_sockets(void)
{
	int a = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), b = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	return a >= 0 && b >= 0 ? 0 : 1;
}

static int write_files(void)
{
	int fd = open("/tmp/keyway-seccomp-test", O_WRONLY | O_CREAT, 0600);

	return fd < 0 && errno == EPERM ? 0 : 1;
}

static int truncate_files(void)
{
	int fd = open("/tmp/keyway-seccomp-test", O_RDONLY | O_TRUNC);

	return fd < 0 && errno == EPERM ? 0 : 1;
}

static int execute(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return errno == EPERM ? 0 : 1;
}

static int kill_others(void)
{
	return kill(getppid(), 0) && errno == EPERM ? 0 : 1;
}

static void configuration_can_be_read_again(void **state)
{
	(void)state;
	assert_int_equal(confined(read_files), 0);
}

static void names_can_be_looked_up(void **state)
{
	(void)state;
	assert_int_equal(confined(look_up_names), 0);
}

static void workers_can_exchange_keys(void **state)
{
	(void)state;
	assert_int_equal(confined(run_loop_with_workers), 0);
}

static void sockets_can_be_opened(void **state)
{
	(void)state;
	assert_int_equal(confined(open_sockets), 0);
}

static void files_cannot_be_written(void **state)
{
	(void)state;
	assert_int_equal(confined(write_files), 0);
	assert_int_equal(confined(truncate_files), 0);
}

static void programs_cannot_be_run(void **state)
{
	(void)state;
	assert_int_equal(confined(execute), 0);
}

static void processes_cannot_be_killed(void **state)
{
	(void)state;
	assert_int_equal(confined(kill_others), 0);
}

static int setup(void **state)
{
	(void)state;
	return crypto_setup() || uv_loop_init(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configuration_can_be_read_again),
		cmocka_unit_test(names_can_be_looked_up),
		cmocka_unit_test(workers_can_exchange_keys),
		cmocka_unit_test(sockets_can_be_opened),
		cmocka_unit_test(files_cannot_be_written),
		cmocka_unit_test(programs_cannot_be_run),
		cmocka_unit_test(processes_cannot_be_killed),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
