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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
