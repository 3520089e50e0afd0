// SPDX-License-Identifier: GPL-2.0
/* The engine's doors over libuv keep the promises of ike/env.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "daemon/env_uv.h"

static uv_loop_t loop;
static struct env_uv env = { .loop = &loop };

static int begin(void **state)
{
	(void)state;
	env.pending = 0;
	return uv_loop_init(&loop);
}

/* Nothing may be left over: no handle, no job. */
static int end(void **state)
{
	(void)state;
	uv_run(&loop, UV_RUN_DEFAULT);
	return env.pending || uv_loop_close(&loop);
}

struct shot {
	struct env_timer *timer;
	unsigned int fired;
	uint64_t at;
};

static void on_fire(void *arg)
{
	struct shot *s = arg;

	s->fired++;
	s->at = env_uv_time.now(&env);
}

static void timer_fires_once_and_not_early(void **state)
{
	struct shot s = { 0 };
	uint64_t start;

	(void)state;
	s.timer = env_uv_time.timer_new(&env, on_fire, &s);
	start = env_uv_time.now(&env);
	env_uv_time.timer_start(s.timer, 30);
	assert_int_equal(s.fired, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(s.fired, 1);
	assert_true(s.at - start >= 29);
	env_uv_time.timer_free(s.timer);
}

/* Time that the loop spent elsewhere does not count. */
static void timer_counts_from_when_it_is_started(void **state)
{
	struct shot s = { 0 };
	uint64_t start;

	(void)state;
	s.timer = env_uv_time.timer_new(&env, on_fire, &s);
	uv_sleep(50);
	start = env_uv_time.now(&env);
	env_uv_time.timer_start(s.timer, 40);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_true(s.at - start >= 39);
	env_uv_time.timer_free(s.timer);
}

static void timer_never_fires_inside_start(void **state)
{
	struct shot s = { 0 };

	(void)state;
	s.timer = env_uv_time.timer_new(&env, on_fire, &s);
	env_uv_time.timer_start(s.timer, 0);
	assert_int_equal(s.fired, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(s.fired, 1);
	env_uv_time.timer_free(s.timer);
}

static void stopped_and_restarted_timer_obeys(void **state)
{
	struct shot s = { 0 };

	(void)state;
	s.timer = env_uv_time.timer_new(&env, on_fire, &s);
	env_uv_time.timer_start(s.timer, 1);
	env_uv_time.timer_stop(s.timer);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(s.fired, 0);
	env_uv_time.timer_start(s.timer, 1);
	env_uv_time.timer_start(s.timer, 2);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(s.fired, 1);
	env_uv_time.timer_free(s.timer);
	env_uv_time.timer_free(NULL);
}

static void on_fire_free(void *arg)
{
	struct shot *s = arg;

	s->fired++;
	env_uv_time.timer_free(s->timer);
}

static void timer_may_free_itself(void **state)
{
	struct shot s = { 0 };

	(void)state;
	s.timer = env_uv_time.timer_new(&env, on_fire_free, &s);
	env_uv_time.timer_start(s.timer, 1);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(s.fired, 1);
}

struct task {
	struct env_job job;
	pthread_t worked_by;
	unsigned int done;
};

static void on_work(struct env_job *job)
{
	((struct task *)job)->worked_by = pthread_self();
}

static void on_done(struct env_job *job)
{
	((struct task *)job)->done++;
}

static void job_works_elsewhere_and_ends_here(void **state)
{
	struct task t[20];
	unsigned int i;

	(void)state;
	memset(t, 0, sizeof(t));
	for (i = 0; i < 20; i++) {
		t[i].job = (struct env_job){ .work = on_work, .done = on_done };
		assert_int_equal(env_uv_job.submit(&env, &t[i].job), 0);
		assert_int_equal(t[i].done, 0);
	}
	assert_int_equal(env.pending, 20);
	uv_run(&loop, UV_RUN_DEFAULT);
	for (i = 0; i < 20; i++) {
		assert_int_equal(t[i].done, 1);
		assert_false(pthread_equal(t[i].worked_by, pthread_self()));
	}
}

struct name {
	struct env_resolve req;
	unsigned int done, n;
	int err;
	struct ip_addr first;
	char why[400];
};

static void on_resolved(struct env_resolve *req, int err, const struct ip_addr *addr, unsigned int n,
			const char *why)
{
	struct name *name = (struct name *)req;

	name->done++;
	name->err = err;
	name->n = n;
	if (n)
		name->first = addr[0];
	strcpy(name->why, why);
}

static struct name look_up(const char *host)
{
	struct name name = { .req = { .done = on_resolved } };
	char *gone = strdup(host);

	assert_int_equal(env_uv_resolve.resolve(&env, gone, &name.req), 0);
	memset(gone, 'x', strlen(gone));	/* the name was copied */
	free(gone);
	assert_int_equal(name.done, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(name.done, 1);
	return name;
}

static void address_resolves_to_itself_once(void **state)
{
	struct name name = look_up("192.0.2.7");
	char text[ADDR_STRLEN];

	(void)state;
	assert_int_equal(name.err, 0);
	assert_int_equal(name.n, 1);
	assert_string_equal(ip_addr_print(text, &name.first), "192.0.2.7");
}

static void name_without_address_gives_a_sentence(void **state)
{
	struct name name = look_up("no-such-host.invalid");

	(void)state;
	assert_true(name.err < 0);
	assert_int_equal(name.n, 0);
	assert_int_equal(strncmp(name.why, "no-such-host.invalid has no address: ", 37), 0);
	assert_true(strlen(name.why) > 37);
}

/* ---- dialogs: this end through the door, the other one a socket of ours ---- */

static struct env_dialog *dialog;
static char heard_text[64];
static unsigned int n_heard;

static void on_heard(void *arg, struct kw_span datagram)
{
	assert_ptr_equal(arg, heard_text);
	snprintf(heard_text, sizeof(heard_text), "%.*s", (int)datagram.len, (const char *)datagram.p);
	if (++n_heard == 2)
		env_uv_dialog.close(dialog);
}

static void a_dialog_is_with_one_server(void **state)
{
	struct endpoint server = { .port = 0 };
	struct sockaddr_storage at, from, stranger;
	socklen_t len = sizeof(at), from_len = sizeof(from), stranger_len = sizeof(stranger);
	int fd = socket(AF_INET, SOCK_DGRAM, 0), other = socket(AF_INET, SOCK_DGRAM, 0);
	char in[16];

	(void)state;
	assert_int_equal(ip_addr_parse(&server.addr, "127.0.0.1"), 0);
	endpoint_to_sockaddr(&server, &at);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(struct sockaddr_in)), 0);
	assert_int_equal(bind(other, (struct sockaddr *)&at, sizeof(struct sockaddr_in)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	assert_int_equal(endpoint_from_sockaddr(&server, (struct sockaddr *)&at), 0);
	getsockname(other, (struct sockaddr *)&stranger, &stranger_len);

	n_heard = 0;
	dialog = env_uv_dialog.open(&env, &server, on_heard, heard_text);
	assert_non_null(dialog);
	assert_int_equal(env.pending, 1);
	env_uv_dialog.send(dialog, KW_SPAN_STR("who?"));
	assert_int_equal(recvfrom(fd, in, sizeof(in), 0, (struct sockaddr *)&from, &from_len), 4);
	assert_memory_equal(in, "who?", 4);
	/* Somebody else's word does not reach it. */
	assert_int_equal(sendto(other, "me", 2, 0, (struct sockaddr *)&from, from_len), 2);
	assert_int_equal(sendto(fd, "alice", 5, 0, (struct sockaddr *)&from, from_len), 5);
	uv_run(&loop, UV_RUN_ONCE);
	assert_string_equal(heard_text, "alice");
	assert_int_equal(sendto(fd, "bob", 3, 0, (struct sockaddr *)&from, from_len), 3);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_string_equal(heard_text, "bob");
	assert_int_equal(n_heard, 2);
	assert_int_equal(env.pending, 0);
	close(fd);
	close(other);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(timer_fires_once_and_not_early),
		T(timer_counts_from_when_it_is_started),
		T(timer_never_fires_inside_start),
		T(stopped_and_restarted_timer_obeys),
		T(timer_may_free_itself),
		T(job_works_elsewhere_and_ends_here),
		T(address_resolves_to_itself_once),
		T(name_without_address_gives_a_sentence),
		T(a_dialog_is_with_one_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
