// SPDX-License-Identifier: GPL-2.0
/* The control socket: order, limits, streams, and clients that behave badly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/control.h"
#include "daemon/ctl_proto.h"
#include "lib/log.h"

static char dir[] = "/tmp/keyway-ctl.XXXXXX";
static char path[80];

struct bed {
	uv_loop_t loop;
	struct control control;
	struct control_client *waiting;	/* "reload" is answered by the test */
	unsigned int requests;
};

static void on_request(void *ctx, struct control_client *client, const struct ctl_request *req)
{
	struct bed *b = ctx;

	b->requests++;
	switch (req->cmd) {
	case CTL_RELOAD:
		b->waiting = client;
		return;
	case CTL_MONITOR:
		control_answer(client, json_object());
		control_subscribe(client);
		return;
	case CTL_LOG:
		control_answer(client, json_object());
		control_follow_log(client, 0);
		return;
	case CTL_UP:
		control_refuse(client, CTL_NOT_FOUND, "no such connection", NULL);
		return;
	case CTL_STATUS:
	case CTL_DOWN:
	case CTL_DELETE:
	case CTL_REKEY:
	case CTL_STATS:
	case CTL_TRACE:
	case CTL_REDIRECT:
		control_answer(client, json_pack("{s:s}", "name", req->name));
		return;
	}
}

static int begin(void **state)
{
	struct bed *b = calloc(1, sizeof(*b));
	char why[300];

	if (uv_loop_init(&b->loop) || control_open(&b->control, &b->loop, path, on_request, b, why, sizeof(why)))
		return 1;
	*state = b;
	return 0;
}

static int end(void **state)
{
	struct bed *b = *state;

	control_close(&b->control);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	/* Every handle and every client is gone, or this is busy. */
	assert_int_equal(uv_loop_close(&b->loop), 0);
	assert_int_equal(access(path, F_OK), -1);
	free(b);
	return 0;
}

static void spin(struct bed *b)
{
	int i;

	for (i = 0; i < 20; i++)
		uv_run(&b->loop, UV_RUN_NOWAIT);
}

static int dial(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* What has come so far; NULL when the daemon hung up. */
static const char *hear(struct bed *b, int fd)
{
	static char text[65536];
	ssize_t n;

	spin(b);
	n = recv(fd, text, sizeof(text) - 1, 0);
	if (!n || (n < 0 && errno == ECONNRESET))
		return NULL;
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void socket_is_for_root_alone(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void answers_carry_the_id(void **state)
{
	struct bed *b = *state;
	int fd = dial();

	say(fd, "{\"cmd\":\"status\",\"name\":\"x\",\"id\":3}\n");
	assert_string_equal(hear(b, fd), "{\"ok\":true,\"id\":3,\"name\":\"x\"}\n");
	say(fd, "{\"cmd\":\"up\",\"name\":\"x\",\"id\":4}\n");
	assert_string_equal(hear(b, fd), "{\"ok\":false,\"id\":4,\"code\":\"not-found\",\"error\":\"no such connection\"}\n");
	say(fd, "nonsense\n");
	assert_non_null(strstr(hear(b, fd), "\"code\":\"bad-request\""));
	close(fd);
}

static void requests_come_in_pieces_and_in_heaps(void **state)
{
	struct bed *b = *state;
	int fd = dial();

	say(fd, "{\"cmd\":\"sta");
	assert_string_equal(hear(b, fd), "");
	say(fd, "tus\",\"id\":1}\n{\"cmd\":\"status\",\"id\":2}\n{\"cmd\":\"status\",\"id\":3}\n{");
	assert_string_equal(hear(b, fd), "{\"ok\":true,\"id\":1,\"name\":\"\"}\n{\"ok\":true,\"id\":2,\"name\":\"\"}\n"
					 "{\"ok\":true,\"id\":3,\"name\":\"\"}\n");
	close(fd);
}

static void slow_request_holds_back_those_behind_it(void **state)
{
	struct bed *b = *state;
	int fd = dial();

	say(fd, "{\"cmd\":\"reload\",\"id\":1}\n{\"cmd\":\"status\",\"id\":2}\n");
	assert_string_equal(hear(b, fd), "");
	assert_int_equal(b->requests, 1);
	control_answer(b->waiting, json_object());
	assert_string_equal(hear(b, fd), "{\"ok\":true,\"id\":1}\n{\"ok\":true,\"id\":2,\"name\":\"\"}\n");
	/* and it goes on reading */
	say(fd, "{\"cmd\":\"status\",\"id\":3}\n");
	assert_string_equal(hear(b, fd), "{\"ok\":true,\"id\":3,\"name\":\"\"}\n");
	close(fd);
}

static void client_may_go_before_its_answer(void **state)
{
	struct bed *b = *state;
	int fd = dial();

	say(fd, "{\"cmd\":\"reload\"}\n");
	spin(b);
	assert_non_null(b->waiting);
	close(fd);
	spin(b);
	/* Not read from while it waits, so this is when it shows. */
	control_answer(b->waiting, json_object());
	spin(b);
	assert_int_equal(b->control.n_clients, 0);
}

static void daemon_may_stop_before_the_answer(void **state)
{
	struct bed *b = *state;
	int fd = dial();

	say(fd, "{\"cmd\":\"reload\"}\n");
	spin(b);
	control_close(&b->control);
	spin(b);
	control_refuse(b->waiting, CTL_REFUSED, "stopping", NULL);
	close(fd);
}

static void endless_line_is_cut_off(void **state)
{
	struct bed *b = *state;
	char junk[CTL_REQUEST_MAX + 1];
	int fd = dial();

	memset(junk, 'x', sizeof(junk));
	junk[CTL_REQUEST_MAX] = '\0';
	say(fd, junk);
	assert_null(hear(b, fd));
	close(fd);
}

static void longest_line_is_taken(void **state)
{
	struct bed *b = *state;
	char line[CTL_REQUEST_MAX + 1];
	int fd = dial();

	memset(line, ' ', sizeof(line));
	memcpy(line, "{\"cmd\":\"status\"}", 16);
	line[CTL_REQUEST_MAX - 1] = '\n';
	line[CTL_REQUEST_MAX] = '\0';
	say(fd, line);
	assert_non_null(strstr(hear(b, fd), "\"ok\":true"));
	close(fd);
}

static void subscribers_get_events_and_others_do_not(void **state)
{
	struct bed *b = *state;
	int a = dial(), c = dial();

	say(a, "{\"cmd\":\"monitor\"}\n");
	say(c, "{\"cmd\":\"status\"}\n");
	hear(b, a);
	hear(b, c);
	control_broadcast(&b->control, json_pack("{s:s}", "event", "ike-up"));
	assert_string_equal(hear(b, a), "{\"event\":\"ike-up\"}\n");
	assert_string_equal(hear(b, c), "");
	close(a);
	close(c);
}

static void subscriber_that_does_not_read_is_disconnected(void **state)
{
	struct bed *b = *state;
	char *big = calloc(1, 100001);
	int fd = dial();
	int i;

	memset(big, 'x', 100000);
	say(fd, "{\"cmd\":\"monitor\"}\n");
	spin(b);
	for (i = 0; i < 100 && b->control.n_clients; i++) {
		control_broadcast(&b->control, json_pack("{s:s}", "event", big));
		spin(b);
	}
	assert_int_equal(b->control.n_clients, 0);
	assert_true(i > 40);	/* it had 4 MB of room */
	free(big);
	close(fd);
}

static void followers_get_log_lines(void **state)
{
	struct bed *b = *state;
	int fd = dial();
	const char *text;

	say(fd, "{\"cmd\":\"log\",\"follow\":true}\n");
	assert_string_equal(hear(b, fd), "{\"ok\":true}\n");
	log_error("office", "something %s", "odd");
	usleep(150000);
	text = hear(b, fd);
	assert_non_null(strstr(text, "\"event\":\"log\""));
	assert_non_null(strstr(text, "\"level\":\"error\",\"name\":\"office\",\"text\":\"something odd\""));
	close(fd);
}

static void too_many_clients_are_turned_away(void **state)
{
	struct bed *b = *state;
	int fd[65], i;

	for (i = 0; i < 65; i++) {
		fd[i] = dial();
		spin(b);
	}
	assert_int_equal(b->control.n_clients, 64);
	assert_null(hear(b, fd[64]));
	say(fd[0], "{\"cmd\":\"status\"}\n");
	assert_non_null(strstr(hear(b, fd[0]), "\"ok\":true"));
	for (i = 0; i < 65; i++)
		close(fd[i]);
}

static void second_daemon_is_told_of_the_first(void **state)
{
	struct bed *b = *state;
	struct control other;
	char why[300];

	assert_int_equal(control_open(&other, &b->loop, path, on_request, b, why, sizeof(why)), -EADDRINUSE);
	assert_non_null(strstr(why, "another keywayd answers"));
}

static void socket_of_a_dead_daemon_is_replaced_and_a_file_is_not(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct control control;
	uv_loop_t loop;
	char why[300];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FILE *f;

	(void)state;
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	close(fd);
	uv_loop_init(&loop);
	assert_int_equal(control_open(&control, &loop, path, on_request, NULL, why, sizeof(why)), 0);
	control_close(&control);
	uv_run(&loop, UV_RUN_DEFAULT);

	f = fopen(path, "w");
	fclose(f);
	assert_int_equal(control_open(&control, &loop, path, on_request, NULL, why, sizeof(why)), -EADDRINUSE);
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void quiet(const struct log_line *line, void *ctx)
{
	(void)line;
	(void)ctx;
}

static int setup(void **state)
{
	(void)state;
	log_set_sink(quiet, NULL);
	signal(SIGPIPE, SIG_IGN);	/* as the daemon does */
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/run/sock", dir);
	return 0;
}

static int teardown(void **state)
{
	char sub[64];

	(void)state;
	snprintf(sub, sizeof(sub), "%s/run", dir);
	return rmdir(sub) || rmdir(dir);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(socket_is_for_root_alone),
		T(answers_carry_the_id),
		T(requests_come_in_pieces_and_in_heaps),
		T(slow_request_holds_back_those_behind_it),
		T(client_may_go_before_its_answer),
		T(daemon_may_stop_before_the_answer),
		T(endless_line_is_cut_off),
		T(longest_line_is_taken),
		T(subscribers_get_events_and_others_do_not),
		T(subscriber_that_does_not_read_is_disconnected),
		T(followers_get_log_lines),
		T(too_many_clients_are_turned_away),
		T(second_daemon_is_told_of_the_first),
		cmocka_unit_test(socket_of_a_dead_daemon_is_replaced_and_a_file_is_not),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
