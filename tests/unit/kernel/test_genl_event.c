// SPDX-License-Identifier: GPL-2.0
/* Events of keyway.ko: whole ones, and every truncation of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/keyway.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

#include "kernel/genl_event.h"

static struct nl_msg *event_new(uint8_t cmd)
{
	struct nl_msg *msg = nlmsg_alloc();

	assert_non_null(genlmsg_put(msg, 0, 0, 0x20, 0, 0, cmd, 1));
	return msg;
}

static struct nl_msg *acquire(void)
{
	struct nl_msg *msg = event_new(KEYWAY_CMD_ACQUIRE);
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_POLICY);

	nla_put_u32(msg, KEYWAY_A_POLICY_ID, 3);
	nla_put_u64(msg, KEYWAY_A_POLICY_COOKIE, 77);
	nla_nest_end(msg, nest);
	nest = nla_nest_start(msg, KEYWAY_A_PACKET);
	nla_put(msg, KEYWAY_A_PACKET_SRC, 4, "\x0a\1\0\1");
	nla_put(msg, KEYWAY_A_PACKET_DST, 4, "\x0a\2\0\1");
	nla_put_u8(msg, KEYWAY_A_PACKET_PROTO, 6);
	nla_put_u16(msg, KEYWAY_A_PACKET_SPORT, 40000);
	nla_put_u16(msg, KEYWAY_A_PACKET_DPORT, 443);
	nla_nest_end(msg, nest);
	return msg;
}

static void put_selector(struct nl_msg *msg, int attr, const char *addr, size_t len, uint16_t first, uint16_t last)
{
	struct nlattr *nest = nla_nest_start(msg, attr);

	nla_put(msg, KEYWAY_A_TS_START, (int)len, addr);
	nla_put(msg, KEYWAY_A_TS_END, (int)len, addr);
	nla_put_u8(msg, KEYWAY_A_TS_PROTO, 6);
	nla_put_u16(msg, KEYWAY_A_TS_PORT_START, first);
	nla_put_u16(msg, KEYWAY_A_TS_PORT_END, last);
	nla_nest_end(msg, nest);
}

/* Of a policy that populates selectors from the packet. */
static struct nl_msg *acquire_pfp(size_t remote_len)
{
	struct nl_msg *msg = event_new(KEYWAY_CMD_ACQUIRE);
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_POLICY);

	nla_put_u64(msg, KEYWAY_A_POLICY_COOKIE, 77);
	put_selector(msg, KEYWAY_A_POLICY_TS_LOCAL, "\x0a\1\0\1", 4, 65535, 0);
	put_selector(msg, KEYWAY_A_POLICY_TS_REMOTE, "\x0a\2\0\1", remote_len, 443, 443);
	nla_nest_end(msg, nest);
	nest = nla_nest_start(msg, KEYWAY_A_PACKET);
	nla_put(msg, KEYWAY_A_PACKET_SRC, 4, "\x0a\1\0\1");
	nla_put(msg, KEYWAY_A_PACKET_DST, 4, "\x0a\2\0\1");
	nla_nest_end(msg, nest);
	return msg;
}

static struct nl_msg *expire(uint8_t kind, uint8_t limit)
{
	struct nl_msg *msg = event_new(KEYWAY_CMD_EXPIRE);
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_SA);

	nla_put_u32(msg, KEYWAY_A_SA_SPI, htonl(0xc0000001));
	nla_put_u64(msg, KEYWAY_A_SA_COOKIE, 12);
	nla_nest_end(msg, nest);
	nla_put_u8(msg, KEYWAY_A_EXPIRE_KIND, kind);
	nla_put_u8(msg, KEYWAY_A_EXPIRE_LIMIT, limit);
	return msg;
}

static struct nl_msg *mapping(void)
{
	struct nl_msg *msg = event_new(KEYWAY_CMD_MAPPING);
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_SA);

	nla_put_u32(msg, KEYWAY_A_SA_SPI, htonl(0xc0000001));
	nla_put_u64(msg, KEYWAY_A_SA_COOKIE, 12);
	nla_put(msg, KEYWAY_A_SA_REMOTE, 4, "\xc6\x33\x64\x07");
	nla_put_u16(msg, KEYWAY_A_SA_UDP_REMOTE, 1027);
	nla_nest_end(msg, nest);
	return msg;
}

static void acquire_names_policy_and_packet(void **state)
{
	struct nl_msg *msg = acquire();
	struct kernel_event ev;
	char text[TS_STRLEN];

	(void)state;
	assert_int_equal(genl_event_parse(nlmsg_hdr(msg), &ev), 0);
	assert_int_equal(ev.type, KERNEL_ACQUIRE);
	assert_true(ev.cookie == 77);
	assert_string_equal(ts_print(text, &ev.src), "10.1.0.1/32[tcp/40000]");
	assert_string_equal(ts_print(text, &ev.dst), "10.2.0.1/32[tcp/443]");
	nlmsg_free(msg);
}

static void acquire_may_ask_for_selectors_of_its_own(void **state)
{
	struct nl_msg *msg = acquire();
	struct kernel_event ev;
	char text[TS_STRLEN];

	(void)state;
	assert_int_equal(genl_event_parse(nlmsg_hdr(msg), &ev), 0);
	assert_false(ev.pfp);
	nlmsg_free(msg);
	msg = acquire_pfp(4);
	assert_int_equal(genl_event_parse(nlmsg_hdr(msg), &ev), 0);
	assert_true(ev.pfp);
	assert_string_equal(ts_print(text, &ev.wanted_local), "10.1.0.1/32[tcp/opaque]");
	assert_string_equal(ts_print(text, &ev.wanted_remote), "10.2.0.1/32[tcp/443]");
	nlmsg_free(msg);
	msg = acquire_pfp(3);
	assert_int_equal(genl_event_parse(nlmsg_hdr(msg), &ev), -EBADMSG);
	nlmsg_free(msg);
}

static void packet_without_ports_means_any_port(void **state)
{
	struct nl_msg *msg = event_new(KEYWAY_CMD_ACQUIRE);
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_POLICY);
	struct kernel_event ev;

	(void)state;
	nla_put_u64(msg, KEYWAY_A_POLICY_COOKIE, 1);
	nla_nest_end(msg, nest);
	nest = nla_nest_start(msg, KEYWAY_A_PACKET);
	nla_put(msg, KEYWAY_A_PACKET_SRC, 16, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1");
	nla_put(msg, KEYWAY_A_PACKET_DST, 16, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2");
	nla_nest_end(msg, nest);
	assert_int_equal(genl_event_parse(nlmsg_hdr(msg), &ev), 0);
	assert_int_equal(ev.src.protocol, 0);
	assert_int_equal(ev.src.port_first, 0);
	assert_int_equal(ev.src.port_last, 65535);
	nlmsg_free(msg);
}

static void stream_brings_a_message_or_its_end(void **state)
{
	struct nl_msg *msg = event_new(KEYWAY_CMD_STREAM);
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_STREAM);
	struct kernel_event ev;

	(void)state;
	nla_put_u32(msg, KEYWAY_A_STREAM_ID, 3);
	nla_put(msg, KEYWAY_A_STREAM_IKE, 4, "abcd");
	nla_nest_end(msg, nest);
	assert_int_equal(genl_event_parse(nlmsg_hdr(msg), &ev), 0);
	assert_int_equal(ev.type, KERNEL_STREAM);
	assert_int_equal(ev.stream, 3);
	assert_int_equal(ev.ike.len, 4);
	assert_memory_equal(ev.ike.p, "abcd", 4);
	nlmsg_free(msg);
	msg = event_new(KEYWAY_CMD_STREAM);
	nest = nla_nest_start(msg, KEYWAY_A_STREAM);
	nla_put_u32(msg, KEYWAY_A_STREAM_ID, 3);
	nla_nest_end(msg, nest);
	assert_int_equal(genl_event_parse(nlmsg_hdr(msg), &ev), -EBADMSG);
	nla_put_u32(msg, KEYWAY_A_STREAM_ERROR, 104);
	nla_nest_end(msg, nest);
	assert_int_equal(genl_event_parse(nlmsg_hdr(msg), &ev), 0);
	assert_int_equal(ev.ike.len, 0);
	assert_int_equal(ev.error, -104);
	nlmsg_free(msg);
}

static void expire_says_which_limit_and_how_hard(void **state)
{
	static const struct {
		uint8_t limit;
		const char *name;
	} row[] = {
		{ KEYWAY_LIMIT_BYTES, "bytes" }, { KEYWAY_LIMIT_PACKETS, "packets" },
		{ KEYWAY_LIMIT_SECONDS, "time" }, { KEYWAY_LIMIT_IDLE, "idle" },
	};
	struct kernel_event ev;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct nl_msg *msg = expire(i & 1 ? KEYWAY_EXPIRE_HARD : KEYWAY_EXPIRE_SOFT, row[i].limit);

		assert_int_equal(genl_event_parse(nlmsg_hdr(msg), &ev), 0);
		assert_int_equal(ev.type, KERNEL_EXPIRE);
		assert_int_equal(ev.hard, i & 1);
		assert_string_equal(ev.limit, row[i].name);
		assert_int_equal(ev.spi, 0xc0000001);
		assert_true(ev.cookie == 12);
		nlmsg_free(msg);
	}
}

static void spi_that_nobody_used_is_no_event(void **state)
{
	struct nl_msg *msg = expire(KEYWAY_EXPIRE_HARD, KEYWAY_LIMIT_LARVAL);
	struct kernel_event ev;

	(void)state;
	assert_int_equal(genl_event_parse(nlmsg_hdr(msg), &ev), -ENOMSG);
	nlmsg_free(msg);
}

static void unknown_limit_is_refused(void **state)
{
	struct nl_msg *msg = expire(KEYWAY_EXPIRE_SOFT, 200);
	struct kernel_event ev;

	(void)state;
	assert_int_equal(genl_event_parse(nlmsg_hdr(msg), &ev), -EBADMSG);
	nlmsg_free(msg);
}

static void mapping_carries_the_new_address(void **state)
{
	struct nl_msg *msg = mapping();
	struct kernel_event ev;
	char text[ENDPOINT_STRLEN];

	(void)state;
	assert_int_equal(genl_event_parse(nlmsg_hdr(msg), &ev), 0);
	assert_int_equal(ev.type, KERNEL_MAPPING);
	assert_string_equal(endpoint_print(text, &ev.remote), "198.51.100.7:1027");
	nlmsg_free(msg);
}

static void answer_is_no_event(void **state)
{
	struct nl_msg *msg = event_new(KEYWAY_CMD_SA_GET);
	struct kernel_event ev;

	(void)state;
	assert_int_equal(genl_event_parse(nlmsg_hdr(msg), &ev), -ENOMSG);
	nlmsg_free(msg);
}

/*
 * The message in a block of just its length, so that the sanitizer sees any step beyond. The last three
 * octets may be padding of the last attribute, which nobody misses.
 */
static void cut_everywhere(struct nl_msg *msg)
{
	uint32_t len, whole = nlmsg_hdr(msg)->nlmsg_len;
	struct kernel_event ev;

	for (len = NLMSG_HDRLEN; len < whole; len++) {
		struct nlmsghdr *cut = malloc(len);

		memcpy(cut, nlmsg_hdr(msg), len);
		cut->nlmsg_len = len;
		if (genl_event_parse(cut, &ev) == 0)
			assert_true(len + 3 >= whole);
		free(cut);
	}
	nlmsg_free(msg);
}

static void every_truncation_is_refused(void **state)
{
	(void)state;
	cut_everywhere(acquire());
	cut_everywhere(acquire_pfp(4));
	cut_everywhere(expire(KEYWAY_EXPIRE_SOFT, KEYWAY_LIMIT_BYTES));
	cut_everywhere(mapping());
}

static void address_of_odd_length_is_refused(void **state)
{
	struct nl_msg *msg = event_new(KEYWAY_CMD_MAPPING);
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_SA);
	struct kernel_event ev;

	(void)state;
	nla_put_u32(msg, KEYWAY_A_SA_SPI, 1);
	nla_put(msg, KEYWAY_A_SA_REMOTE, 5, "12345");
	nla_put_u16(msg, KEYWAY_A_SA_UDP_REMOTE, 1);
	nla_nest_end(msg, nest);
	assert_int_equal(genl_event_parse(nlmsg_hdr(msg), &ev), -EBADMSG);
	nlmsg_free(msg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acquire_names_policy_and_packet),
		cmocka_unit_test(acquire_may_ask_for_selectors_of_its_own),
		cmocka_unit_test(packet_without_ports_means_any_port),
		cmocka_unit_test(stream_brings_a_message_or_its_end),
		cmocka_unit_test(expire_says_which_limit_and_how_hard),
		cmocka_unit_test(spi_that_nobody_used_is_no_event),
		cmocka_unit_test(unknown_limit_is_refused),
		cmocka_unit_test(mapping_carries_the_new_address),
		cmocka_unit_test(answer_is_no_event),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(address_of_odd_length_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
