// SPDX-License-Identifier: GPL-2.0
/* Trace events of keyway.ko: whole ones, wrong ones, and every truncation. */
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

#include "kernel/genl_trace.h"

static struct nl_msg *dropped(uint8_t verdict, uint32_t reason)
{
	struct nl_msg *msg = nlmsg_alloc();
	struct nlattr *nest;

	assert_non_null(genlmsg_put(msg, 0, 0, 0x20, 0, 0, KEYWAY_CMD_TRACE, 1));
	nest = nla_nest_start(msg, KEYWAY_A_TRACE);
	nla_put_u64(msg, KEYWAY_A_TRACE_TIME, 1700000000123456789);
	nla_put_u8(msg, KEYWAY_A_TRACE_VERDICT, verdict);
	nla_put_u8(msg, KEYWAY_A_TRACE_DIR, KEYWAY_DIR_IN);
	nla_put_u32(msg, KEYWAY_A_TRACE_PACKETS, 3);
	nla_put_u32(msg, KEYWAY_A_TRACE_REASON, reason);
	nla_put_u64(msg, KEYWAY_A_TRACE_SEQ, 1ull << 33);
	nla_put_u32(msg, KEYWAY_A_TRACE_LOST, 12);
	nla_put_u32(msg, KEYWAY_A_TRACE_SPI, htonl(0xc0000001));
	nla_put_u32(msg, KEYWAY_A_TRACE_POLICY_ID, 7);
	nla_put_u64(msg, KEYWAY_A_TRACE_COOKIE, 77);
	nla_put_u32(msg, KEYWAY_A_TRACE_LENGTH, 1446);
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

static void a_fate_is_read_whole(void **state)
{
	struct nl_msg *msg = dropped(KEYWAY_VERDICT_DROPPED, KEYWAY_A_STATS_IN_REPLAY);
	struct kernel_trace_event ev;
	char text[ENDPOINT_STRLEN];

	(void)state;
	assert_int_equal(genl_trace_parse(nlmsg_hdr(msg), &ev), 0);
	assert_int_equal(ev.when_ns, 1700000000123456789);
	assert_string_equal(ev.verdict, "dropped");
	assert_string_equal(ev.reason, "in-replay");
	assert_int_equal(ev.dir, KERNEL_IN);
	assert_int_equal(ev.packets, 3);
	assert_int_equal(ev.seq, 1ull << 33);
	assert_int_equal(ev.lost, 12);
	assert_int_equal(ev.spi, 0xc0000001);
	assert_true(ev.has_policy);
	assert_int_equal(ev.policy_id, 7);
	assert_int_equal(ev.policy_cookie, 77);
	assert_int_equal(ev.length, 1446);
	assert_true(ev.has_packet && ev.has_ports);
	assert_int_equal(ev.protocol, 6);
	assert_string_equal(endpoint_print(text, &ev.src), "10.1.0.1:40000");
	assert_string_equal(endpoint_print(text, &ev.dst), "10.2.0.1:443");
	nlmsg_free(msg);
}

static void what_passed_has_no_reason(void **state)
{
	struct nl_msg *msg = dropped(KEYWAY_VERDICT_DELIVERED, KEYWAY_A_STATS_IN_REPLAY);
	struct kernel_trace_event ev;

	(void)state;
	assert_int_equal(genl_trace_parse(nlmsg_hdr(msg), &ev), 0);
	assert_string_equal(ev.verdict, "delivered");
	assert_null(ev.reason);
	nlmsg_free(msg);
}

static void a_wrong_message_is_refused(void **state)
{
	struct nl_msg *msg = dropped(9, KEYWAY_A_STATS_IN_REPLAY);
	struct kernel_trace_event ev;

	(void)state;
	assert_int_equal(genl_trace_parse(nlmsg_hdr(msg), &ev), -EBADMSG);
	nlmsg_free(msg);
	msg = dropped(KEYWAY_VERDICT_DROPPED, 100000);
	assert_int_equal(genl_trace_parse(nlmsg_hdr(msg), &ev), -EBADMSG);
	genlmsg_hdr(nlmsg_hdr(msg))->cmd = KEYWAY_CMD_WRAP;
	assert_int_equal(genl_trace_parse(nlmsg_hdr(msg), &ev), -ENOMSG);
	nlmsg_free(msg);
}

/* Cut anywhere, it is refused or read as far as it goes, never beyond. */
static void a_truncated_message_is_never_read_beyond(void **state)
{
	struct nl_msg *msg = dropped(KEYWAY_VERDICT_DROPPED, KEYWAY_A_STATS_IN_REPLAY);
	uint32_t whole = nlmsg_hdr(msg)->nlmsg_len;
	struct kernel_trace_event ev;
	uint32_t len;

	(void)state;
	for (len = NLMSG_HDRLEN; len < whole; len++) {
		struct nlmsghdr *copy = malloc(len);

		assert_non_null(copy);
		memcpy(copy, nlmsg_hdr(msg), len);
		copy->nlmsg_len = len;
		if (!genl_trace_parse(copy, &ev))
			assert_non_null(ev.verdict);
		free(copy);
	}
	nlmsg_free(msg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fate_is_read_whole),
		cmocka_unit_test(what_passed_has_no_reason),
		cmocka_unit_test(a_wrong_message_is_refused),
		cmocka_unit_test(a_truncated_message_is_never_read_beyond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
