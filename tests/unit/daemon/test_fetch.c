// SPDX-License-Identifier: GPL-2.0
/* Documents by HTTP, from servers good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/fetch.h"
#include "daemon/seccomp.h"

/* ---- a server ---- */

static int listener;
static unsigned int port;
static unsigned int served;		/* requests */

static void say(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		return;
}

static void for_ever(int fd, const char *head, const char *more)
{
	char block[8192];
	size_t len = 0;

	say(fd, head);
	while (len + strlen(more) < sizeof(block)) {
		memcpy(block + len, more, strlen(more));
		len += strlen(more);
	}
	while (write(fd, block, len) > 0)
		;
}

static void answer(int fd, char *request)
{
	static const struct {
		const char *path, *text;
	} page[] = {
		{ "/good", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" },
		{ "/chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" },
		{ "/empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" },
		{ "/none", "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone" },
		{ "/once", "HTTP/1.1 302 Found\r\nLocation: /good\r\nContent-Length: 0\r\n\r\n" },
		{ "/loop", "HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n" },
		{ "/file", "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n" },
		{ "/ftp", "HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1/x\r\nContent-Length: 0\r\n\r\n" },
		{ "/large", "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\nx" },
		{ "/short", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx" },
		{ "/noise", "\x16\x03\x01 this is not HTTP\r\n\r\n" },
	};
	char *path = strchr(request, ' '), *body, c;

	if (!path)
		return;
	path++;
	path[strcspn(path, " ")] = '\0';
	if (strcmp(path, "/endless") == 0)
		for_ever(fd, "HTTP/1.1 200 OK\r\n\r\n", "more and ");
	else if (strcmp(path, "/headers") == 0)
		for_ever(fd, "HTTP/1.1 200 OK\r\n", "X-More: and more\r\n");
	else if (strcmp(path, "/silent") == 0)
		while (read(fd, &c, 1) > 0)
			;
	else if (strcmp(path, "/echo") == 0) {
		char text[600];

		body = strstr(path + strlen(path) + 1, "\r\n\r\n");
		snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n%s%.4s",
			 strstr(path + strlen(path) + 1, "Content-Type: application/x-test\r\n") ? "type " : "what ",
			 body ? body + 4 : "");
		say(fd, text);
	}
	for (size_t i = 0; i < sizeof(page) / sizeof(page[0]); i++)
		if (strcmp(path, page[i].path) == 0)
			say(fd, page[i].text);
}

static void *serve(void *arg)
{
	int fd;

	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		char request[2048];
		ssize_t n = 0, got;

		while (n < (ssize_t)sizeof(request) - 1 && (got = read(fd, request + n, sizeof(request) - 1 - n)) > 0) {
			const char *end;

			n += got;
			request[n] = '\0';
			end = strstr(request, "\r\n\r\n");
			/* What is posted here has four octets. */
			if (end && (request[0] == 'G' || strlen(end) == 8))
				break;
		}
		request[n] = '\0';
		__atomic_fetch_add(&served, 1, __ATOMIC_RELAXED);
		answer(fd, request);
		shutdown(fd, SHUT_WR);
		close(fd);
	}
	return arg;
}

/* ---- the one who fetches ---- */

static uv_loop_t loop;
static struct env_uv env = { .loop = &loop };
static struct fetcher *fetcher;

struct result {
	struct env_fetch req;
	char url[200];
	unsigned int done;
	int err;
	size_t len;
	char body[64], why[200];
};

static void on_done(struct env_fetch *req, int err, struct kw_span body, const char *why)
{
	struct result *r = (struct result *)req;

	r->done++;
	r->err = err;
	r->len = body.len;
	snprintf(r->body, sizeof(r->body), "%.*s", (int)(body.len < 60 ? body.len : 60), (const char *)body.p);
	snprintf(r->why, sizeof(r->why), "%s", why);
}

static void begin(struct result *r, const char *host, const char *path)
{
	snprintf(r->url, sizeof(r->url), "http://%s:%u%s", host, port, path);
	r->req.url = r->url;
	r->req.done = on_done;
	if (!r->req.max)
		r->req.max = 10000;
	if (!r->req.timeout_ms)
		r->req.timeout_ms = 5000;
	assert_int_equal(fetcher_ops.fetch(fetcher, &r->req), 0);
	assert_int_equal(r->done, 0);
}

static void run(struct result *r, const char *path)
{
	begin(r, "127.0.0.1", path);
	while (!r->done)
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(r->done, 1);
}

static void expect(const char *path, const char *body)
{
	struct result r = { 0 };

	run(&r, path);
	if (r.err || strcmp(r.body, body) != 0)
		fail_msg("%s: %d, %s, %s", path, r.err, r.body, r.why);
	assert_int_equal(r.len, strlen(body));
}

static void expect_no(const char *path, size_t max, uint32_t ms, const char *why)
{
	struct result r = { .req = { .max = max, .timeout_ms = ms } };

	run(&r, path);
	if (!r.err || !strstr(r.why, why))
		fail_msg("%s: %d, %s, %s", path, r.err, r.body, r.why);
	assert_int_equal(r.len, 0);
}

static int setup(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	pthread_t thread;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	/* What the environment says of proxies is not for a daemon. */
	setenv("http_proxy", "http://127.0.0.1:1/", 1);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&a, len) || listen(listener, 64) ||
	    getsockname(listener, (struct sockaddr *)&a, &len) || pthread_create(&thread, NULL, serve, NULL))
		return -1;
	port = ntohs(a.sin_port);
	pthread_detach(thread);
	return 0;
}

static int each(void **state)
{
	(void)state;
	return uv_loop_init(&loop) || fetcher_new(&fetcher, &env);
}

/* Nothing may be left over: no socket that is watched, no timer. */
static int each_end(void **state)
{
	(void)state;
	fetcher_free(fetcher);
	uv_run(&loop, UV_RUN_DEFAULT);
	return env.pending || uv_loop_close(&loop);
}

static void what_is_there(void **state)
{
	(void)state;
	expect("/good", "hello");
	expect("/chunks", "abcde");
	expect("/empty", "");
	expect("/once", "hello");
}

static void what_is_posted(void **state)
{
	struct result r = { .req = { .post = KW_SPAN("ping", 4), .post_type = "application/x-test" } };

	(void)state;
	run(&r, "/echo");
	assert_string_equal(r.body, "type ping");
}

static void what_is_not_there(void **state)
{
	(void)state;
	expect_no("/none", 0, 0, "the server says 404");
	expect_no("/nothing", 0, 0, "Empty reply");
	expect_no("/noise", 0, 0, "HTTP/0.9");
	expect_no("/short", 0, 0, "transfer closed");
}

static void servers_that_send_us_on(void **state)
{
	unsigned int before = served;

	(void)state;
	expect_no("/loop", 0, 0, "more than 3 times");
	assert_int_equal(served - before, 4);
	expect_no("/file", 0, 0, "Protocol \"file\"");
	expect_no("/ftp", 0, 0, "Protocol \"ftp\"");
}

static void servers_that_never_end(void **state)
{
	(void)state;
	expect_no("/endless", 0, 0, "longer than 10000 octets");
	expect_no("/large", 0, 0, "longer than 10000 octets");
	expect_no("/headers", 0, 0, "longer than");
	expect_no("/good", 4, 0, "longer than 4 octets");
	expect_no("/silent", 0, 200, "within 200 ms");
}

static void nobody_there(void **state)
{
	unsigned int good = port;

	(void)state;
	port = 1;
	expect_no("/", 0, 0, "connect");
	port = good;
}

/* One that is slow holds up no other; each has its own end. */
static void several_at_once(void **state)
{
	struct result r[40] = { 0 };
	unsigned int done = 0;

	(void)state;
	for (unsigned int i = 0; i < 40; i++)
		begin(&r[i], i % 2 ? "127.0.0.1" : "localhost", i % 3 ? "/good" : "/none");
	while (done < 40) {
		uv_run(&loop, UV_RUN_ONCE);
		done = 0;
		for (unsigned int i = 0; i < 40; i++)
			done += r[i].done;
	}
	for (unsigned int i = 0; i < 40; i++)
		if (!!r[i].err != !(i % 3))
			fail_msg("%u: %s", i, r[i].why);
}

/* A URL of a stranger: it ends where it says, and not within our own nets, whatever the name leads to. */
static void what_a_stranger_names(void **state)
{
	const unsigned int before = served, good = port;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct result r = { .req.public_only = true };

		/* Port 80, and another. */
		port = i ? 80 : good;
		begin(&r, "127.0.0.1", "/good");
		while (!r.done)
			uv_run(&loop, UV_RUN_ONCE);
		port = good;
		assert_int_equal(r.err, -EIO);
		if (!strstr(r.why, "not on port 80 of a public address"))
			fail_msg("%s", r.why);
	}
	for (unsigned int i = 0; i < 2; i++) {
		struct result r = { .req.public_only = true };

		begin(&r, i ? "localhost" : "[::ffff:127.0.0.1]", "/good");
		while (!r.done)
			uv_run(&loop, UV_RUN_ONCE);
		if (!r.err || !strstr(r.why, "not on port 80 of a public address"))
			fail_msg("%u: %s", i, r.why);
	}
	assert_int_equal(served, before);
	for (unsigned int i = 0; i < 2; i++) {
		struct result r = { .req.direct = true };

		run(&r, i ? "/once" : "/good");
		assert_int_equal(r.err, i ? -EIO : 0);
		if (i && !strstr(r.why, "the server says 302"))
			fail_msg("%s", r.why);
	}
	assert_int_equal(served - before, 2);
}

/* Those that are under way end with the daemon. */
static void the_end_of_the_daemon(void **state)
{
	static struct result r[4];

	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		begin(&r[i], i % 2 ? "127.0.0.1" : "no-such-name.invalid", "/silent");
	for (unsigned int i = 0; i < 5; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	fetcher_free(fetcher);
	fetcher = NULL;
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(r[i].done, 1);
		if (i % 2)
			assert_int_equal(r[i].err, -ECANCELED);
	}
}

/*
 * The filter of the daemon lets all of it happen: names too, for which libcurl starts a thread. (For localhost it does
 * not.)
 */
static void under_seccomp(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	assert_true(pid >= 0);
	if (!pid) {
		struct result r = { 0 }, name = { .req.timeout_ms = 1000 };

		if (uv_loop_init(&loop) || fetcher_new(&fetcher, &env) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		    seccomp_confine())
			_exit(99);
		begin(&r, "localhost", "/good");
		begin(&name, "no-such-name.invalid", "/good");
		while (!r.done || !name.done)
			uv_run(&loop, UV_RUN_ONCE);
		if (r.err)
			fprintf(stderr, "# %s\n", r.why);
		fprintf(stderr, "# %s\n", name.why);
		_exit(r.err ? 1 : strstr(name.why, "resolve host") || strstr(name.why, "within") ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
#define EACH(fn) cmocka_unit_test_setup_teardown(fn, each, each_end)
	const struct CMUnitTest tests[] = {
		EACH(what_is_there),
		EACH(what_is_posted),
		EACH(what_is_not_there),
		EACH(servers_that_send_us_on),
		EACH(servers_that_never_end),
		EACH(nobody_there),
		EACH(several_at_once),
		EACH(what_a_stranger_names),
		EACH(the_end_of_the_daemon),
		cmocka_unit_test(under_seccomp),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
