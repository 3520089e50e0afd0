// SPDX-License-Identifier: GPL-2.0
/* TCP streams on the loopback device: opened, accepted, handed over, ended (RFC 9329). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/tcp.h"

struct side {
	struct tcp *tcp;
	unsigned int n_in, n_closed, n_dropped;
	int err;
	struct endpoint local, remote;	/* of what came last */
	uint8_t bytes[64];
	size_t len;
	bool hand_over;			/* the kernel is to have it when something comes */
	int fd;				/* what the "kernel" was given; -1 = nothing */
	uint8_t read[64];
	size_t n_read;
	uint8_t sent[64];		/* by the "kernel" */
	size_t n_sent;
};

struct bed {
	uv_loop_t loop;
	struct side a, b;
	uint16_t port;
};

static void on_input(void *ctx, const struct endpoint *local, const struct endpoint *remote, struct kw_span ike)
{
	struct side *s = ctx;
	char why[TCP_WHY];
	uint32_t id;

	s->n_in++;
	s->local = *local;
	s->remote = *remote;
	assert_true(ike.len <= sizeof(s->bytes));
	memcpy(s->bytes, ike.p, ike.len);
	s->len = ike.len;
	if (s->hand_over) {
		assert_int_equal(tcp_take(s->tcp, local, remote, &id, why), 0);
		assert_int_equal(id, 7);
	}
}

static void on_closed(void *ctx, const struct endpoint *local, const struct endpoint *remote, int err)
{
	struct side *s = ctx;

	s->n_closed++;
	s->local = *local;
	s->remote = *remote;
	s->err = err;
}

static int take(void *ctx, int fd, struct kw_span read, uint32_t *id, char why[TCP_WHY])
{
	struct side *s = ctx;

	(void)why;
	s->fd = dup(fd);
	assert_true(read.len <= sizeof(s->read));
	memcpy(s->read, read.p, read.len);
	s->n_read = read.len;
	*id = 7;
	return 0;
}

static int send_ike(void *ctx, uint32_t id, struct kw_span ike)
{
	struct side *s = ctx;

	assert_int_equal(id, 7);
	assert_true(ike.len <= sizeof(s->sent));
	memcpy(s->sent, ike.p, ike.len);
	s->n_sent = ike.len;
	return 0;
}

static void drop(void *ctx, uint32_t id)
{
	assert_int_equal(id, 7);
	((struct side *)ctx)->n_dropped++;
}

static const struct tcp_ops ops = {
	.input = on_input, .closed = on_closed, .take = take, .send = send_ike, .drop = drop,
};

/* A socket that has a port, where nobody listens as long as it is there. */
static int hold_port(uint16_t *port)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*port = ntohs(in.sin_port);
	return fd;
}

static uint16_t free_port(void)
{
	uint16_t port;

	close(hold_port(&port));
	return port;
}

static int setup_by(void **state, const char *link)
{
	struct bed *b = calloc(1, sizeof(*b));
	char why[TCP_WHY] = "";
	int ret = -EADDRINUSE;

	assert_int_equal(uv_loop_init(&b->loop), 0);
	b->a.tcp = tcp_new(&b->loop, &ops, &b->a, link);
	b->b.tcp = tcp_new(&b->loop, &ops, &b->b, link);
	b->a.fd = b->b.fd = -1;
	/* Another process may be faster. */
	for (unsigned int i = 0; i < 100 && ret == -EADDRINUSE; i++) {
		b->port = free_port();
		ret = tcp_listen(b->b.tcp, b->port, why);
	}
	if (ret)
		fail_msg("%s", why);
	*state = b;
	return 0;
}

static int setup(void **state)
{
	return setup_by(state, "");
}

/* Loopback, which everybody has. */
static int setup_on_link(void **state)
{
	return setup_by(state, "lo");
}

static int teardown(void **state)
{
	struct bed *b = *state;

	tcp_shutdown(b->a.tcp);
	tcp_shutdown(b->b.tcp);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&b->loop), 0);
	tcp_free(b->a.tcp);
	tcp_free(b->b.tcp);
	if (b->a.fd >= 0)
		close(b->a.fd);
	if (b->b.fd >= 0)
		close(b->b.fd);
	free(b);
	return 0;
}

/* The loop runs until what is counted has come, 10 s at most. */
static void until(struct bed *b, const unsigned int *n, unsigned int want)
{
	uint64_t end;

	uv_update_time(&b->loop);
	end = uv_now(&b->loop) + 10000;
	while (*n < want && uv_now(&b->loop) < end) {
		uv_run(&b->loop, UV_RUN_NOWAIT);
		uv_sleep(1);
	}
	assert_int_equal(*n, want);
}

static void for_a_while(struct bed *b, uint64_t ms)
{
	uint64_t end;

	uv_update_time(&b->loop);
	end = uv_now(&b->loop) + ms;
	while (uv_now(&b->loop) < end) {
		uv_run(&b->loop, UV_RUN_NOWAIT);
		uv_sleep(1);
	}
}

static struct endpoint at(const char *address, uint16_t port)
{
	struct endpoint e = { .port = port };

	assert_int_equal(ip_addr_parse(&e.addr, address), 0);
	return e;
}

static void there_and_back(struct bed *b, const char *address)
{
	struct endpoint local = { 0 }, remote = at(address, b->port);

	assert_int_equal(tcp_open(b->a.tcp, &local, &remote), 0);
	assert_true(ip_addr_equal(&local.addr, &remote.addr));
	assert_true(local.port != 0);
	/* before it is connected */
	assert_int_equal(tcp_send(b->a.tcp, &local, &remote, KW_SPAN_STR("question")), 0);
	assert_int_equal(tcp_send(b->a.tcp, &local, &remote, KW_SPAN_STR("another")), 0);
	until(b, &b->b.n_in, 2);
	assert_true(endpoint_equal(&b->b.remote, &local) && endpoint_equal(&b->b.local, &remote));
	assert_memory_equal(b->b.bytes, "another", 7);
	assert_int_equal(tcp_send(b->b.tcp, &b->b.local, &b->b.remote, KW_SPAN_STR("answer")), 0);
	until(b, &b->a.n_in, 1);
	assert_int_equal(b->a.len, 6);
	assert_memory_equal(b->a.bytes, "answer", 6);
	assert_true(endpoint_equal(&b->a.local, &local) && endpoint_equal(&b->a.remote, &remote));
	/* a stream of other ends is none */
	local.port ^= 1;
	assert_int_equal(tcp_send(b->a.tcp, &local, &remote, KW_SPAN_STR("x")), -ENOTCONN);
}

static void ipv4(void **state)
{
	there_and_back(*state, "127.0.0.1");
}

static void ipv6(void **state)
{
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	struct sockaddr_in6 in = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int none = fd < 0 || bind(fd, (struct sockaddr *)&in, sizeof(in));

	if (fd >= 0)
		close(fd);
	if (none)
		skip();
	there_and_back(*state, "::1");
}

static void nobody_is_there(void **state)
{
	struct bed *b = *state;
	uint16_t port;
	int held = hold_port(&port), ret;
	struct endpoint local = { 0 }, remote = at("127.0.0.1", port);

	ret = tcp_open(b->a.tcp, &local, &remote);
	if (ret) {
		assert_int_equal(ret, -ECONNREFUSED);
		close(held);
		return;
	}
	assert_int_equal(tcp_send(b->a.tcp, &local, &remote, KW_SPAN_STR("question")), 0);
	until(b, &b->a.n_closed, 1);
	assert_int_equal(b->a.err, -ECONNREFUSED);
	assert_true(endpoint_equal(&b->a.local, &local));
	assert_int_equal(tcp_send(b->a.tcp, &local, &remote, KW_SPAN_STR("question")), -ENOTCONN);
	close(held);
}

/* A plain socket, for what no good peer does. */
static int stranger(const struct bed *b)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_port = htons(b->port), .sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	return fd;
}

static void say(int fd, const void *bytes, size_t len)
{
	assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void until_closed(struct bed *b, int fd)
{
	ssize_t n = -1;
	char c;

	for (unsigned int i = 0; i < 1000 && n < 0; i++) {
		for_a_while(b, 10);
		n = recv(fd, &c, 1, MSG_DONTWAIT);
	}
	assert_int_equal(n, 0);
}

static void is_closed(struct bed *b, int fd)
{
	until_closed(b, fd);
	close(fd);
}

static void not_such_a_stream(void **state)
{
	struct bed *b = *state;
	int fd = stranger(b);

	say(fd, "SSH-2", 5);
	is_closed(b, fd);
	fd = stranger(b);
	say(fd, "IKETCP\0\1", 8);
	is_closed(b, fd);
	assert_int_equal(b->b.n_in, 0);
}

/* So many from one address that nothing is known of, and no more. */
static void too_many(void **state)
{
	struct bed *b = *state;
	int fd[66];

	for (unsigned int i = 0; i < 66; i++)
		fd[i] = stranger(b);
	until_closed(b, fd[64]);
	until_closed(b, fd[65]);
	for (unsigned int i = 0; i < 66; i++) {
		char c;
		ssize_t n = recv(fd[i], &c, 1, MSG_DONTWAIT);

		assert_int_equal(n, i < 64 ? -1 : 0);
		close(fd[i]);
	}
	/* these have gone: there is room */
	until(b, &b->b.n_closed, 64);
	there_and_back(b, "127.0.0.1");
}

/* What came behind the message that made it the kernel's goes along, cut where it was. */
static void handed_over(void **state)
{
	static const uint8_t rest[] = { 0, 8, 1, 2, 3, 4, 5, 6, 0, 9, 0 };
	struct bed *b = *state;
	struct kw_span later = KW_SPAN_STR("later");
	struct endpoint local, remote;
	int fd = stranger(b);
	uint32_t id = 0;
	char why[TCP_WHY], c;

	b->b.hand_over = true;
	say(fd, "IKETCP\0\7\0\0\0\0x\0\10\1\2\3\4\5\6\0\11\0", 6 + 7 + sizeof(rest));
	until(b, &b->b.n_in, 1);
	assert_true(b->b.fd >= 0);
	assert_int_equal(b->b.n_read, sizeof(rest));
	assert_memory_equal(b->b.read, rest, sizeof(rest));
	local = b->b.local;
	remote = b->b.remote;
	/* it is read by nobody else ... */
	say(fd, "more", 4);
	for_a_while(b, 50);
	assert_int_equal(recv(b->b.fd, &c, 1, MSG_DONTWAIT), 1);
	/* ... and sent to as before */
	assert_int_equal(tcp_take(b->b.tcp, &local, &remote, &id, why), 0);
	assert_int_equal(id, 7);
	assert_int_equal(tcp_send(b->b.tcp, &local, &remote, KW_SPAN_STR("reply")), 0);
	assert_int_equal(b->b.n_sent, 5);
	b->b.hand_over = false;
	tcp_kernel_heard(b->b.tcp, 8, later);
	assert_int_equal(b->b.n_in, 1);
	tcp_kernel_heard(b->b.tcp, 7, later);
	assert_int_equal(b->b.n_in, 2);
	assert_true(endpoint_equal(&b->b.remote, &remote));
	tcp_kernel_ended(b->b.tcp, 7, -ECONNRESET);
	assert_int_equal(b->b.n_closed, 1);
	assert_int_equal(b->b.err, -ECONNRESET);
	assert_int_equal(tcp_send(b->b.tcp, &local, &remote, later), -ENOTCONN);
	assert_int_equal(b->b.n_dropped, 0);
	close(fd);
}

/* Who connected closes first, and has told what was to be told. */
static void hung_up(void **state)
{
	struct bed *b = *state;
	struct endpoint local = { 0 }, remote = at("127.0.0.1", b->port);

	assert_int_equal(tcp_open(b->a.tcp, &local, &remote), 0);
	assert_int_equal(tcp_send(b->a.tcp, &local, &remote, KW_SPAN_STR("delete")), 0);
	tcp_close(b->a.tcp, &local, &remote);
	until(b, &b->b.n_in, 1);
	assert_int_equal(b->b.n_closed, 0);
	until(b, &b->b.n_closed, 1);
	assert_int_equal(b->b.err, 0);
	assert_int_equal(b->a.n_closed, 0);
}

static void is_bound(struct side *s)
{
	char name[IFNAMSIZ] = "", why[TCP_WHY];
	socklen_t len = sizeof(name);
	uint32_t id;

	assert_int_equal(tcp_take(s->tcp, &s->local, &s->remote, &id, why), 0);
	assert_int_equal(getsockopt(s->fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len), 0);
	assert_string_equal(name, "lo");
}

static void all_goes_by_the_link(void **state)
{
	struct bed *b = *state;

	there_and_back(b, "127.0.0.1");
	is_bound(&b->a);
	is_bound(&b->b);
}

static void no_such_link(void **state)
{
	struct bed *b = *state;
	struct endpoint local = { 0 }, remote = at("127.0.0.1", b->port);
	struct tcp *tcp = tcp_new(&b->loop, &ops, &b->a, "no-such-link0");
	char why[TCP_WHY] = "";
	int listened = tcp_listen(tcp, free_port(), why), opened = tcp_open(tcp, &local, &remote);

	tcp_shutdown(tcp);
	tcp_free(tcp);
	assert_int_equal(listened, -ENODEV);
	assert_non_null(strstr(why, "no-such-link0"));
	assert_int_equal(opened, -ENODEV);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ipv4), TEST(ipv6), TEST(nobody_is_there), TEST(not_such_a_stream),
		TEST(too_many), TEST(handed_over), TEST(hung_up),
		TEST(no_such_link),
		cmocka_unit_test_setup_teardown(all_goes_by_the_link, setup_on_link, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
