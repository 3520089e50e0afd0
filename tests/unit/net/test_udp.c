// SPDX-License-Identifier: GPL-2.0
/* The UDP sockets of IKE, on the loopback device with ports of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/udp.h"

/* Two free ports; a race for them with another program fails the test and no more. */
static uint16_t free_port(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	close(fd);
	return ntohs(in.sin_port);
}

struct got {
	unsigned int n;
	enum udp_kind kind;
	struct endpoint local, remote;
	uint8_t bytes[100];
	size_t len;
};

static void on_input(void *ctx, enum udp_kind kind, const struct endpoint *local, const struct endpoint *remote,
		     struct kw_span bytes)
{
	struct got *g = ctx;

	g->n++;
	g->kind = kind;
	g->local = *local;
	g->remote = *remote;
	g->len = bytes.len;
	memcpy(g->bytes, bytes.p, bytes.len < sizeof(g->bytes) ? bytes.len : sizeof(g->bytes));
}

static struct endpoint at(const char *address, uint16_t port)
{
	struct endpoint e = { .port = port };

	assert_int_equal(ip_addr_parse(&e.addr, address), 0);
	return e;
}

/* Waits until something is there, then reads it. */
static struct got receive(struct udp *udp, enum udp_kind kind, int timeout_ms)
{
	struct got g = { 0 };
	unsigned int i;

	for (i = 0; i < UDP_SOCKETS; i++) {
		struct pollfd p = { .fd = udp_fd(udp, i), .events = POLLIN };

		if (p.fd < 0 || udp_kind(udp, i) != kind)
			continue;
		if (poll(&p, 1, timeout_ms) == 1)
			udp_read(udp, i, on_input, &g);
	}
	return g;
}

static void marker_tells_ike_from_esp_and_keepalive(void **state)
{
	static const uint8_t ike[] = { 0, 0, 0, 0, 'x', 'y' }, esp[] = { 0, 0, 1, 0, 9 }, ff[] = { 0xff };
	static const uint8_t two_ff[] = { 0xff, 0xff }, short_marker[] = { 0, 0, 0 };
	struct kw_span rest;

	(void)state;
	assert_int_equal(udp_natt_content(KW_SPAN(ike, sizeof(ike)), &rest), UDP_CONTENT_IKE);
	assert_int_equal(rest.len, 2);
	assert_memory_equal(rest.p, "xy", 2);
	assert_int_equal(udp_natt_content(KW_SPAN(ike, 4), &rest), UDP_CONTENT_IKE);
	assert_int_equal(rest.len, 0);
	assert_int_equal(udp_natt_content(KW_SPAN(esp, sizeof(esp)), &rest), UDP_CONTENT_ESP);
	assert_int_equal(udp_natt_content(KW_SPAN(ff, 1), &rest), UDP_CONTENT_KEEPALIVE);
	assert_int_equal(udp_natt_content(KW_SPAN(two_ff, 2), &rest), UDP_CONTENT_ESP);
	assert_int_equal(udp_natt_content(KW_SPAN(short_marker, 3), &rest), UDP_CONTENT_ESP);
	assert_int_equal(udp_natt_content(KW_SPAN(ike, 0), &rest), UDP_CONTENT_ESP);
}

static void datagram_arrives_with_both_addresses(void **state)
{
	uint16_t port[4] = { free_port(), free_port(), free_port(), free_port() };
	struct endpoint from = at("127.0.0.2", port[0]), to = at("127.0.0.3", port[2]);
	struct udp *a, *b;
	struct got g;
	char why[UDP_WHY];

	(void)state;
	assert_int_equal(udp_open(&a, port[0], port[1], "", why), 0);
	assert_int_equal(udp_open(&b, port[2], port[3], "", why), 0);
	assert_int_equal(udp_send(a, UDP_IKE, &from, &to, KW_SPAN_STR("hello")), 0);
	g = receive(b, UDP_IKE, 1000);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.kind, UDP_IKE);
	assert_true(endpoint_equal(&g.remote, &from));
	assert_true(endpoint_equal(&g.local, &to));
	assert_int_equal(g.len, 5);
	assert_memory_equal(g.bytes, "hello", 5);
	udp_close(a);
	udp_close(b);
}

static void natt_puts_the_marker_and_takes_it_off(void **state)
{
	uint16_t port[4] = { free_port(), free_port(), free_port(), free_port() };
	struct endpoint any = { 0 }, to = at("127.0.0.1", port[3]);
	struct udp *a, *b;
	struct got g;
	char why[UDP_WHY];

	(void)state;
	assert_int_equal(udp_open(&a, port[0], port[1], "", why), 0);
	assert_int_equal(udp_open(&b, port[2], port[3], "", why), 0);
	/* To the other side's port 500 it goes with the marker: four zero octets in front. */
	to.port = port[2];
	assert_int_equal(udp_send(a, UDP_NATT, &any, &to, KW_SPAN_STR("x")), 0);
	g = receive(b, UDP_IKE, 1000);
	assert_int_equal(g.len, 5);
	assert_memory_equal(g.bytes, "\0\0\0\0x", 5);
	assert_int_equal(g.remote.port, port[1]);
	/* Between 4500 and 4500 nobody sees it. */
	to.port = port[3];
	assert_int_equal(udp_send(a, UDP_NATT, &any, &to, KW_SPAN_STR("x")), 0);
	g = receive(b, UDP_NATT, 1000);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.len, 1);
	/* Keepalives and ESP are not handed on. */
	udp_keepalive(a, &any, &to);
	assert_int_equal(udp_send(a, UDP_IKE, &any, &to, KW_SPAN_STR("\1\2\3\4esp")), 0);
	g = receive(b, UDP_NATT, 300);
	assert_int_equal(g.n, 0);
	udp_close(a);
	udp_close(b);
}

static void ipv6_works_like_ipv4(void **state)
{
	uint16_t port[4] = { free_port(), free_port(), free_port(), free_port() };
	struct endpoint from = at("::1", port[0]), to = at("::1", port[2]);
	struct udp *a, *b;
	struct got g;
	char why[UDP_WHY];

	(void)state;
	assert_int_equal(udp_open(&a, port[0], port[1], "", why), 0);
	assert_int_equal(udp_open(&b, port[2], port[3], "", why), 0);
	if (udp_send(a, UDP_IKE, &from, &to, KW_SPAN_STR("six"))) {
		udp_close(a);
		udp_close(b);
		skip();	/* no IPv6 here */
	}
	g = receive(b, UDP_IKE, 1000);
	assert_int_equal(g.n, 1);
	assert_true(endpoint_equal(&g.remote, &from));
	assert_true(endpoint_equal(&g.local, &to));
	udp_close(a);
	udp_close(b);
}

static void taken_port_is_named(void **state)
{
	uint16_t port[2] = { free_port(), free_port() };
	char why[UDP_WHY], expected[40];
	struct udp *a, *b;

	(void)state;
	assert_int_equal(udp_open(&a, port[0], port[1], "", why), 0);
	assert_int_equal(udp_open(&b, port[0], port[1], "", why), -EADDRINUSE);
	assert_null(b);
	snprintf(expected, sizeof(expected), "UDP port %u is in use", port[0]);
	assert_non_null(strstr(why, expected));
	assert_non_null(strstr(why, "another IKE daemon"));
	udp_close(a);
}

static void dont_fragment_is_off(void **state)
{
	uint16_t port[2] = { free_port(), free_port() };
	char why[UDP_WHY];
	struct udp *a;
	int value = -1;
	socklen_t len = sizeof(value);

	(void)state;
	assert_int_equal(udp_open(&a, port[0], port[1], "", why), 0);
	assert_int_equal(getsockopt(udp_fd(a, 0), IPPROTO_IP, IP_MTU_DISCOVER, &value, &len), 0);
	assert_int_equal(value, IP_PMTUDISC_DONT);
	udp_close(a);
}

static void source_towards_loopback_is_loopback(void **state)
{
	uint16_t port[2] = { free_port(), free_port() };
	struct endpoint e = at("127.0.0.9", 0);
	struct ip_addr local;
	char text[ADDR_STRLEN], why[UDP_WHY];
	struct udp *a;

	(void)state;
	assert_int_equal(udp_open(&a, port[0], port[1], "", why), 0);
	assert_int_equal(udp_source(a, &e.addr, &local), 0);
	assert_string_equal(ip_addr_print(text, &local), "127.0.0.1");
	udp_close(a);
}

/* Bound to loopback, which everybody has. */
static void all_goes_by_the_link(void **state)
{
	uint16_t port[4] = { free_port(), free_port(), free_port(), free_port() };
	struct endpoint any = { 0 }, to = at("127.0.0.1", port[2]);
	char why[UDP_WHY] = "", name[IFNAMSIZ] = "";
	struct ip_addr local;
	struct udp *a, *b;

	(void)state;
	assert_int_equal(udp_open(&a, port[0], port[1], "lo", why), 0);
	assert_int_equal(udp_open(&b, port[2], port[3], "lo", why), 0);
	for (unsigned int i = 0; i < UDP_SOCKETS; i++) {
		socklen_t len = sizeof(name);

		if (udp_fd(a, i) < 0)
			continue;
		assert_int_equal(getsockopt(udp_fd(a, i), SOL_SOCKET, SO_BINDTODEVICE, name, &len), 0);
		assert_string_equal(name, "lo");
	}
	assert_int_equal(udp_send(a, UDP_IKE, &any, &to, KW_SPAN_STR("hello")), 0);
	assert_int_equal(receive(b, UDP_IKE, 1000).n, 1);
	assert_int_equal(udp_source(a, &to.addr, &local), 0);
	udp_close(a);
	udp_close(b);
	assert_int_equal(udp_open(&a, port[0], port[1], "no-such-link0", why), -ENODEV);
	assert_non_null(strstr(why, "no-such-link0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marker_tells_ike_from_esp_and_keepalive),
		cmocka_unit_test(datagram_arrives_with_both_addresses),
		cmocka_unit_test(natt_puts_the_marker_and_takes_it_off),
		cmocka_unit_test(ipv6_works_like_ipv4),
		cmocka_unit_test(taken_port_is_named),
		cmocka_unit_test(dont_fragment_is_off),
		cmocka_unit_test(source_towards_loopback_is_loopback),
		cmocka_unit_test(all_goes_by_the_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
