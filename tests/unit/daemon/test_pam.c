// SPDX-License-Identifier: GPL-2.0
/* PAM through its process, with the system's own library and modules, and services that are described here. */
#include "daemon/pam.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 10000u

static char dir[64];
static uv_loop_t loop;
static struct pam_process pam;

static void write_file(const char *name, const char *text, unsigned int mode)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

/* A module that runs a program of ours, with the password on its standard input. */
static int setup(void **state)
{
	char text[512];

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/keyway-pam-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(text, sizeof(text), "auth required pam_exec.so expose_authtok quiet %s/judge\naccount required pam_permit.so\n", dir);
	write_file("keyway", text, 0644);
	snprintf(text, sizeof(text), "auth required pam_exec.so expose_authtok quiet %s/judge\naccount required pam_deny.so\n", dir);
	write_file("expired", text, 0644);
	snprintf(text, sizeof(text), "auth required pam_exec.so quiet %s/sleep\naccount required pam_permit.so\n", dir);
	write_file("slow", text, 0644);
	write_file("judge", "#!/bin/sh\n[ \"$PAM_USER $PAM_RHOST $(cat | tr -d '\\0'; echo .)\" = 'alice 192.0.2.1 correct horse.' ]\n", 0755);
	write_file("sleep", "#!/bin/sh\nexec sleep 20\n", 0755);
	pam_process_start(&pam, dir);
	assert_int_equal(uv_loop_init(&loop), 0);
	pam_process_attach(&pam, &loop);
	return pam.fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	char command[96];
	int status;

	(void)state;
	pam_process_stop(&pam);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(waitpid(pam.pid, &status, 0), pam.pid);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

struct verdict {
	struct env_pam *q;
	unsigned int n, none;
	struct env_pam_answer is;
};

static void answered(void *arg, const struct env_pam_answer *answer)
{
	struct verdict *v = arg;

	v->n++;
	v->none += !answer;
	if (answer)
		v->is = *answer;
	pam_process_ops.drop(v->q);
}

static bool ask(struct verdict *v, const char *service, const char *user, const char *password)
{
	struct ip_addr from;
	const struct env_pam_question q = {
		.service = service, .user = KW_SPAN(user, strlen(user)), .password = KW_SPAN(password, strlen(password)),
		.from = &from,
	};

	memset(v, 0, sizeof(*v));
	assert_int_equal(ip_addr_parse(&from, "192.0.2.1"), 0);
	v->q = pam_process_ops.ask(&pam, &q, answered, v);
	return v->q;
}

static void give_up(uv_timer_t *timer)
{
	(void)timer;
	fail_msg("nobody answers");
}

static void wait_for(const struct verdict *v)
{
	uv_timer_t timer;

	uv_timer_init(&loop, &timer);
	uv_timer_start(&timer, give_up, WAIT_MS, 0);
	while (!v->n)
		uv_run(&loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&loop, UV_RUN_NOWAIT);
}

static void who_is_known_is_let_in(void **state)
{
	struct verdict v;

	(void)state;
	assert_true(ask(&v, "keyway", "alice", "correct horse"));
	wait_for(&v);
	assert_true(v.is.good);
	assert_string_equal(v.is.user, "alice");
}

static void who_is_not_is_not(void **state)
{
	static const struct {
		const char *service, *user, *password;
	} no[] = {
		{ "keyway", "alice", "correct hors" },
		{ "keyway", "bob", "correct horse" },
		{ "keyway", "alice", "correct horse\n" },
		{ "expired", "alice", "correct horse" },
		{ "nothing-here", "alice", "correct horse" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		struct verdict v;

		assert_true(ask(&v, no[i].service, no[i].user, no[i].password));
		wait_for(&v);
		assert_false(v.is.good);
		assert_int_equal(v.none, 0);
		assert_string_equal(v.is.user, "");
		assert_true(v.is.why[0]);
	}
}

static void words_that_are_none_are_not_asked_about(void **state)
{
	struct ip_addr from = { 0 };
	char many[300];
	struct env_pam_question q = { .service = "keyway", .user = KW_SPAN_STR("alice"), .from = &from };
	const struct kw_span bad[] = { KW_SPAN("a\0b", 3), KW_SPAN(NULL, 0), KW_SPAN(many, ENV_PAM_WORD) };

	(void)state;
	memset(many, 'x', sizeof(many));
	for (unsigned int i = 0; i < 3; i++) {
		q.password = bad[i];
		assert_null(pam_process_ops.ask(&pam, &q, answered, NULL));
	}
}

/* One slow user keeps nobody waiting, and who has gone is not answered. */
static void many_at_once(void **state)
{
	struct verdict slow, v[8];

	(void)state;
	assert_true(ask(&slow, "slow", "alice", "correct horse"));
	for (unsigned int i = 0; i < 8; i++)
		assert_true(ask(&v[i], "keyway", "alice", i % 2 ? "correct horse" : "wrong"));
	for (unsigned int i = 0; i < 8; i++) {
		wait_for(&v[i]);
		assert_int_equal(v[i].is.good, i % 2);
	}
	assert_int_equal(slow.n, 0);
	pam_process_ops.drop(slow.q);
	assert_true(list_empty(&pam.asked));
}

/* The process is gone: whoever waits is told, nobody else can ask. */
static void its_end_is_noticed(void **state)
{
	struct verdict slow, v;

	(void)state;
	assert_true(ask(&slow, "slow", "alice", "correct horse"));
	kill(pam.pid, SIGKILL);
	wait_for(&slow);
	assert_int_equal(slow.none, 1);
	assert_false(ask(&v, "keyway", "alice", "correct horse"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_known_is_let_in),
		cmocka_unit_test(who_is_not_is_not),
		cmocka_unit_test(words_that_are_none_are_not_asked_about),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(its_end_is_noticed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
