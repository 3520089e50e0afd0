// SPDX-License-Identifier: GPL-2.0
/* Requests to keyway.ko, taken apart and held against the spec. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/keyway.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

#include "kernel/genl_msg.h"
#include "kernel/genl_stats.h"
#include "spec.h"
#include "wire/isakmp.h"

static char why[KERNEL_WHY];

static struct ts ts(const char *range)
{
	struct ts t = { .port_last = 65535 };

	assert_int_equal(ip_range_parse(&t.range, range), 0);
	return t;
}

static struct ip_addr addr(const char *text)
{
	struct ip_addr a;

	assert_int_equal(ip_addr_parse(&a, text), 0);
	return a;
}

/* Every attribute is in the spec with a type of this length; nests are walked. */
static void check_against_spec(const char *set, struct nlattr *head, int len)
{
	struct nlattr *a;
	int left;

	nla_for_each_attr(a, head, len, left) {
		const struct spec_attr *s = spec_attr(set, (unsigned int)nla_type(a));

		if (!strcmp(s->type, "nest"))
			check_against_spec(s->nested, nla_data(a), nla_len(a));
		else if (!strcmp(s->type, "u8"))
			assert_int_equal(nla_len(a), 1);
		else if (!strcmp(s->type, "u16"))
			assert_int_equal(nla_len(a), 2);
		else if (!strcmp(s->type, "u32") || !strcmp(s->type, "s32"))
			assert_int_equal(nla_len(a), 4);
		else if (!strcmp(s->type, "u64"))
			assert_int_equal(nla_len(a), 8);
		else if (!strcmp(s->type, "binary"))
			assert_true(nla_len(a) > 0 && (nla_len(a) <= KEYWAY_KEY_MAX || !strcmp(set, "stream")));
		else
			fail_msg("%s/%s: the spec's type %s is unexpected here", set, s->name, s->type);
	}
	assert_int_equal(left, 0);
}

static void check_message(struct nl_msg *msg)
{
	struct genlmsghdr *g = genlmsg_hdr(nlmsg_hdr(msg));

	check_against_spec("keyway", genlmsg_attrdata(g, 0), genlmsg_attrlen(g, 0));
}

static struct nlattr *find(struct nl_msg *msg, int nest, int attr)
{
	struct genlmsghdr *g = genlmsg_hdr(nlmsg_hdr(msg));
	struct nlattr *outer = nla_find(genlmsg_attrdata(g, 0), genlmsg_attrlen(g, 0), nest);

	return outer ? nla_find(nla_data(outer), nla_len(outer), attr) : NULL;
}

static void new_policy_says_all_the_spec_requires(void **state)
{
	const struct ts_list local = { .n = 2, .ts = { ts("10.1.0.0/16"), ts("fd00:1::/32") } };
	const struct ts_list remote = { .n = 1, .ts = { ts("10.2.0.1-10.2.0.9") } };
	const struct kernel_policy p = {
		.cookie = 0x1122334455667788, .local_ts = &local, .remote_ts = &remote,
		.local = addr("192.0.2.1"), .remote = addr("192.0.2.2"), .priority = 7,
	};
	struct nl_msg *msg = genl_msg_new(0x20, KEYWAY_CMD_POLICY_NEW);

	(void)state;
	assert_int_equal(genl_put_policy(msg, &p, 42, 7, why), 0);
	check_message(msg);
	assert_int_equal(genlmsg_hdr(nlmsg_hdr(msg))->cmd, KEYWAY_CMD_POLICY_NEW);
	assert_true(nla_get_u64(find(msg, KEYWAY_A_POLICY, KEYWAY_A_POLICY_COOKIE)) == p.cookie);
	assert_int_equal(nla_get_u32(find(msg, KEYWAY_A_POLICY, KEYWAY_A_POLICY_IFINDEX)), 42);
	assert_int_equal(nla_get_u32(find(msg, KEYWAY_A_POLICY, KEYWAY_A_POLICY_LINK)), 7);
	assert_int_equal(nla_get_u32(find(msg, KEYWAY_A_POLICY, KEYWAY_A_POLICY_PRIORITY)), 7);
	assert_memory_equal(nla_data(find(msg, KEYWAY_A_POLICY, KEYWAY_A_POLICY_REMOTE)), "\xc0\0\2\2", 4);
	nlmsg_free(msg);
}

static void policy_says_how_its_packets_are_handled(void **state)
{
	const struct ts_list any = { .n = 1, .ts = { ts("10.0.0.0/8") } };
	const struct handling h = {
		.dscp_fixed = true, .dscp = 46, .no_ecn = true, .df = HANDLING_DF_CLEAR, .ttl = 64,
		.no_mss_clamp = true, .mark = 0x10, .mark_mask = 0xf0, .set_mark = 7,
		.pfp = HANDLING_PFP_REMOTE | HANDLING_PFP_PROTO, .fragment_after = true, .flow_label_copied = true,
		.no_icmp = true, .plain_in = true,
	};
	const struct kernel_policy p = { .local_ts = &any, .remote_ts = &any, .handling = &h };
	struct nl_msg *msg = genl_msg_new(0x20, KEYWAY_CMD_POLICY_NEW);

	(void)state;
	assert_int_equal(genl_put_policy(msg, &p, 1, 0, why), 0);
	check_message(msg);
	assert_int_equal(nla_get_u8(find(msg, KEYWAY_A_POLICY, KEYWAY_A_POLICY_DSCP)), 46);
	assert_int_equal(nla_get_u8(find(msg, KEYWAY_A_POLICY, KEYWAY_A_POLICY_DF)), KEYWAY_DF_CLEAR);
	assert_int_equal(nla_get_u8(find(msg, KEYWAY_A_POLICY, KEYWAY_A_POLICY_TTL)), 64);
	assert_int_equal(nla_get_u32(find(msg, KEYWAY_A_POLICY, KEYWAY_A_POLICY_FLAGS)),
			 KEYWAY_POLICY_F_NO_ECN | KEYWAY_POLICY_F_NO_MSS_CLAMP | KEYWAY_POLICY_F_FRAG_OUTER |
				 KEYWAY_POLICY_F_COPY_FLOW_LABEL | KEYWAY_POLICY_F_NO_ICMP | KEYWAY_POLICY_F_PLAIN_IN);
	assert_int_equal(nla_get_u32(find(msg, KEYWAY_A_POLICY, KEYWAY_A_POLICY_MARK)), 0x10);
	assert_int_equal(nla_get_u32(find(msg, KEYWAY_A_POLICY, KEYWAY_A_POLICY_MARK_MASK)), 0xf0);
	assert_int_equal(nla_get_u32(find(msg, KEYWAY_A_POLICY, KEYWAY_A_POLICY_SET_MARK)), 7);
	assert_int_equal(nla_get_u32(find(msg, KEYWAY_A_POLICY, KEYWAY_A_POLICY_PFP)),
			 KEYWAY_PFP_REMOTE | KEYWAY_PFP_PROTO);
	nlmsg_free(msg);
}

static void policy_says_what_becomes_of_its_packets(void **state)
{
	static const struct {
		enum kernel_action action;
		uint8_t uapi;
	} rows[] = {
		{ KERNEL_PROTECT, KEYWAY_ACTION_PROTECT }, { KERNEL_BYPASS, KEYWAY_ACTION_BYPASS },
		{ KERNEL_DISCARD, KEYWAY_ACTION_DISCARD },
	};
	const struct ts_list any = { .n = 1, .ts = { ts("10.0.0.0/8") } };

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct kernel_policy p = { .local_ts = &any, .remote_ts = &any, .action = rows[i].action };
		struct nl_msg *msg = genl_msg_new(0x20, KEYWAY_CMD_POLICY_NEW);

		assert_int_equal(genl_put_policy(msg, &p, 0, 0, why), 0);
		check_message(msg);
		assert_int_equal(nla_get_u8(find(msg, KEYWAY_A_POLICY, KEYWAY_A_POLICY_ACTION)), rows[i].uapi);
		nlmsg_free(msg);
	}
}

/* A DSCP of 0 is one, a mark of 0 too: what is not wished is not there. */
static void policy_with_default_handling_copies(void **state)
{
	const struct ts_list any = { .n = 1, .ts = { ts("10.0.0.0/8") } };
	const struct handling h = { .ttl_copied = true };
	const struct kernel_policy p = { .local_ts = &any, .remote_ts = &any, .handling = &h };
	struct nl_msg *msg = genl_msg_new(0x20, KEYWAY_CMD_POLICY_NEW);

	(void)state;
	assert_int_equal(genl_put_policy(msg, &p, 1, 0, why), 0);
	check_message(msg);
	assert_null(find(msg, KEYWAY_A_POLICY, KEYWAY_A_POLICY_DSCP));
	assert_null(find(msg, KEYWAY_A_POLICY, KEYWAY_A_POLICY_MARK));
	assert_null(find(msg, KEYWAY_A_POLICY, KEYWAY_A_POLICY_MARK_MASK));
	assert_int_equal(nla_get_u8(find(msg, KEYWAY_A_POLICY, KEYWAY_A_POLICY_DF)), KEYWAY_DF_COPY);
	assert_int_equal(nla_get_u32(find(msg, KEYWAY_A_POLICY, KEYWAY_A_POLICY_FLAGS)), KEYWAY_POLICY_F_COPY_TTL);
	nlmsg_free(msg);
}

static void trap_policy_has_no_remote(void **state)
{
	const struct ts_list any = { .n = 1, .ts = { ts("10.0.0.0/8") } };
	const struct kernel_policy p = { .local_ts = &any, .remote_ts = &any };
	struct nl_msg *msg = genl_msg_new(0x20, KEYWAY_CMD_POLICY_NEW);

	(void)state;
	assert_int_equal(genl_put_policy(msg, &p, 1, 0, why), 0);
	assert_null(find(msg, KEYWAY_A_POLICY, KEYWAY_A_POLICY_REMOTE));
	assert_null(find(msg, KEYWAY_A_POLICY, KEYWAY_A_POLICY_LOCAL));
	nlmsg_free(msg);
}

static void largest_policy_fits(void **state)
{
	static struct ts_list most = { .n = KEYWAY_TS_MAX };
	const struct kernel_policy p = { .local_ts = &most, .remote_ts = &most };
	struct nl_msg *msg = genl_msg_new(0x20, KEYWAY_CMD_POLICY_NEW);
	unsigned int i;

	(void)state;
	for (i = 0; i < most.n; i++)
		most.ts[i] = ts("fd00::/16");
	assert_int_equal(genl_put_policy(msg, &p, 1, 0, why), 0);
	check_message(msg);
	nlmsg_free(msg);

	most.n = KEYWAY_TS_MAX + 1;
	most.ts[KEYWAY_TS_MAX] = most.ts[0];
	msg = genl_msg_new(0x20, KEYWAY_CMD_POLICY_NEW);
	assert_int_equal(genl_put_policy(msg, &p, 1, 0, why), -E2BIG);
	assert_non_null(strstr(why, "33 traffic selectors"));
	nlmsg_free(msg);
}

static void opaque_ports_are_written_in_one_way(void **state)
{
	struct ts_list odd = { .n = 1, .ts = { ts("10.0.0.0/8") } };
	const struct kernel_policy p = { .local_ts = &odd, .remote_ts = &odd };
	struct nl_msg *msg = genl_msg_new(0x20, KEYWAY_CMD_POLICY_NEW);

	(void)state;
	odd.ts[0].port_first = 65535;
	odd.ts[0].port_last = 0;
	assert_int_equal(genl_put_policy(msg, &p, 1, 0, why), 0);
	check_message(msg);
	nlmsg_free(msg);
	odd.ts[0].port_first = 443;
	odd.ts[0].port_last = 80;
	msg = genl_msg_new(0x20, KEYWAY_CMD_POLICY_NEW);
	assert_int_equal(genl_put_policy(msg, &p, 1, 0, why), -EINVAL);
	assert_non_null(strstr(why, "OPAQUE"));
	nlmsg_free(msg);
}

static struct kw_secret key36(void)
{
	struct kw_secret s = { 0 };

	assert_int_equal(kw_secret_new(&s, 36), 0);
	memset(s.p, 0xa5, 36);
	return s;
}

static void inbound_sa_has_a_window_and_outbound_has_none(void **state)
{
	struct kw_secret key = key36();
	const struct kernel_sa sa = {
		.protocol = PROTO_ESP, .spi = 0xc0010203, .encr = KEYWAY_ENCR_AES_GCM_16, .encr_key_bits = 256, .encr_key = &key,
		.esn = true, .verify_csum = true, .replay_window = 1024, .tfc = 700, .dscps = 1ull << 46, .soft_packets = 100, .hard_packets = 125,
	};
	const struct kernel_child child = {
		.sa_cookie = 9, .local = addr("2001:db8::1"), .remote = addr("2001:db8::2"),
	};
	struct nl_msg *in = genl_msg_new(0x20, KEYWAY_CMD_SA_NEW), *out = genl_msg_new(0x20, KEYWAY_CMD_SA_NEW);

	(void)state;
	assert_int_equal(genl_put_sa(in, &child, &sa, KERNEL_IN), 0);
	assert_int_equal(genl_put_sa(out, &child, &sa, KERNEL_OUT), 0);
	check_message(in);
	check_message(out);
	assert_int_equal(nla_get_u8(find(in, KEYWAY_A_SA, KEYWAY_A_SA_DIR)), KEYWAY_DIR_IN);
	assert_int_equal(nla_get_u8(find(out, KEYWAY_A_SA, KEYWAY_A_SA_DIR)), KEYWAY_DIR_OUT);
	assert_int_equal(nla_get_u32(find(in, KEYWAY_A_SA, KEYWAY_A_SA_REPLAY_WINDOW)), 1024);
	assert_null(find(out, KEYWAY_A_SA, KEYWAY_A_SA_REPLAY_WINDOW));
	assert_int_equal(nla_get_u16(find(out, KEYWAY_A_SA, KEYWAY_A_SA_TFC)), 700);
	assert_null(find(in, KEYWAY_A_SA, KEYWAY_A_SA_TFC));
	assert_true(nla_get_u64(find(out, KEYWAY_A_SA, KEYWAY_A_SA_DSCPS)) == 1ull << 46);
	assert_null(find(in, KEYWAY_A_SA, KEYWAY_A_SA_DSCPS));
	assert_memory_equal(nla_data(find(in, KEYWAY_A_SA, KEYWAY_A_SA_SPI)), "\xc0\1\2\3", 4);
	assert_int_equal(nla_get_u32(find(in, KEYWAY_A_SA, KEYWAY_A_SA_FLAGS)),
			 KEYWAY_SA_F_ESN | KEYWAY_SA_F_VERIFY_CSUM);
	assert_int_equal(nla_get_u32(find(out, KEYWAY_A_SA, KEYWAY_A_SA_FLAGS)), KEYWAY_SA_F_ESN);
	assert_int_equal(nla_len(find(in, KEYWAY_A_SA, KEYWAY_A_SA_ENCR_KEY)), 36);
	assert_true(nla_get_u64(find(in, KEYWAY_A_SA, KEYWAY_A_SA_HARD_PACKETS)) == 125);
	/* no limit is no attribute, an AEAD has no integrity algorithm, no UDP without encap */
	assert_null(find(in, KEYWAY_A_SA, KEYWAY_A_SA_HARD_BYTES));
	assert_null(find(in, KEYWAY_A_SA, KEYWAY_A_SA_INTEG));
	assert_null(find(in, KEYWAY_A_SA, KEYWAY_A_SA_UDP_LOCAL));
	nlmsg_free(in);
	nlmsg_free(out);
	kw_secret_drop(&key);
}

static void encapsulated_sa_has_both_ports(void **state)
{
	struct kw_secret key = key36();
	const struct kernel_sa sa = {
		.protocol = PROTO_ESP, .spi = 0x1000, .encr = KEYWAY_ENCR_CHACHA20_POLY1305, .encr_key = &key,
	};
	const struct kernel_child child = {
		.local = addr("192.0.2.1"), .remote = addr("192.0.2.2"),
		.encap = true, .encap_local_port = 4500, .encap_remote_port = 61234,
	};
	struct nl_msg *msg = genl_msg_new(0x20, KEYWAY_CMD_SA_NEW);

	(void)state;
	assert_int_equal(genl_put_sa(msg, &child, &sa, KERNEL_OUT), 0);
	check_message(msg);
	assert_int_equal(nla_get_u16(find(msg, KEYWAY_A_SA, KEYWAY_A_SA_UDP_LOCAL)), 4500);
	assert_int_equal(nla_get_u16(find(msg, KEYWAY_A_SA, KEYWAY_A_SA_UDP_REMOTE)), 61234);
	/* one key length only: not said */
	assert_null(find(msg, KEYWAY_A_SA, KEYWAY_A_SA_ENCR_BITS));
	nlmsg_free(msg);
	kw_secret_drop(&key);
}

/* Of AH around ESP the one names the other; AH alone has no algorithm but its integrity. */
static void ah_and_the_esp_within_it(void **state)
{
	struct kw_secret key = key36();
	const struct kernel_sa ah = {
		.protocol = PROTO_AH, .spi = 0x2001, .integ = KEYWAY_INTEG_AES_256_GMAC, .integ_key = &key, .esn = true,
	};
	const struct kernel_sa esp = {
		.protocol = PROTO_ESP, .spi = 0x2002, .ah_spi = 0x2001, .encr = KEYWAY_ENCR_AES_GCM_16,
		.encr_key_bits = 256, .encr_key = &key,
	};
	const struct kernel_child child = { .local = addr("192.0.2.1"), .remote = addr("192.0.2.2") };
	struct nl_msg *a = genl_msg_new(0x20, KEYWAY_CMD_SA_NEW), *e = genl_msg_new(0x20, KEYWAY_CMD_SA_NEW);
	struct nl_msg *wish = genl_msg_new(0x20, KEYWAY_CMD_SPI_ALLOC);

	(void)state;
	assert_int_equal(genl_put_sa(a, &child, &ah, KERNEL_OUT), 0);
	assert_int_equal(genl_put_sa(e, &child, &esp, KERNEL_OUT), 0);
	assert_int_equal(genl_put_spi_wish(wish, PROTO_AH, 60), 0);
	check_message(a);
	check_message(e);
	check_message(wish);
	assert_int_equal(nla_get_u8(find(a, KEYWAY_A_SA, KEYWAY_A_SA_PROTO)), IPPROTO_AH);
	assert_null(find(a, KEYWAY_A_SA, KEYWAY_A_SA_ENCR));
	assert_null(find(a, KEYWAY_A_SA, KEYWAY_A_SA_ENCR_KEY));
	assert_null(find(a, KEYWAY_A_SA, KEYWAY_A_SA_AH_SPI));
	assert_int_equal(nla_get_u16(find(a, KEYWAY_A_SA, KEYWAY_A_SA_INTEG)), KEYWAY_INTEG_AES_256_GMAC);
	assert_int_equal(nla_len(find(a, KEYWAY_A_SA, KEYWAY_A_SA_INTEG_KEY)), 36);
	assert_int_equal(nla_get_u8(find(e, KEYWAY_A_SA, KEYWAY_A_SA_PROTO)), IPPROTO_ESP);
	assert_memory_equal(nla_data(find(e, KEYWAY_A_SA, KEYWAY_A_SA_AH_SPI)), "\0\0\x20\1", 4);
	assert_int_equal(nla_get_u8(find(wish, KEYWAY_A_SA, KEYWAY_A_SA_PROTO)), IPPROTO_AH);
	nlmsg_free(a);
	nlmsg_free(e);
	nlmsg_free(wish);
	kw_secret_drop(&key);
}

static void outbound_sa_is_named_by_its_policy_too(void **state)
{
	struct nl_msg *in = genl_msg_new(0x20, KEYWAY_CMD_SA_DEL), *out = genl_msg_new(0x20, KEYWAY_CMD_SA_DEL);

	(void)state;
	assert_int_equal(genl_put_sa_name(in, PROTO_ESP, KERNEL_IN, 5, 0x1234, NULL, NULL), 0);
	assert_int_equal(genl_put_sa_name(out, PROTO_AH, KERNEL_OUT, 5, 0x1234, NULL, NULL), 0);
	check_message(in);
	check_message(out);
	assert_int_equal(nla_get_u8(find(in, KEYWAY_A_SA, KEYWAY_A_SA_PROTO)), IPPROTO_ESP);
	assert_int_equal(nla_get_u8(find(out, KEYWAY_A_SA, KEYWAY_A_SA_PROTO)), IPPROTO_AH);
	assert_null(find(in, KEYWAY_A_SA, KEYWAY_A_SA_POLICY_ID));
	assert_int_equal(nla_get_u32(find(out, KEYWAY_A_SA, KEYWAY_A_SA_POLICY_ID)), 5);
	nlmsg_free(in);
	nlmsg_free(out);
}

static void move_carries_addresses_and_ports(void **state)
{
	const struct endpoint local = { addr("192.0.2.1"), 4500 }, remote = { addr("198.51.100.9"), 2000 };
	struct nl_msg *msg = genl_msg_new(0x20, KEYWAY_CMD_SA_UPDATE);

	(void)state;
	assert_int_equal(genl_put_sa_name(msg, PROTO_ESP, KERNEL_IN, 0, 0x1234, &local, &remote), 0);
	check_message(msg);
	assert_memory_equal(nla_data(find(msg, KEYWAY_A_SA, KEYWAY_A_SA_REMOTE)), "\xc6\x33\x64\x09", 4);
	assert_int_equal(nla_get_u16(find(msg, KEYWAY_A_SA, KEYWAY_A_SA_UDP_REMOTE)), 2000);
	nlmsg_free(msg);
}

static void move_says_the_stream_or_none(void **state)
{
	const struct endpoint local = { addr("192.0.2.1"), 0 }, remote = { addr("198.51.100.9"), 0 };

	(void)state;
	for (uint32_t stream = 0; stream < 8; stream += 7) {
		struct nl_msg *msg = genl_msg_new(0x20, KEYWAY_CMD_SA_UPDATE);

		assert_int_equal(genl_put_sa_name(msg, PROTO_ESP, KERNEL_OUT, 5, 0x1234, &local, &remote), 0);
		assert_int_equal(genl_put_sa_stream(msg, stream), 0);
		check_message(msg);
		assert_int_equal(nla_get_u32(find(msg, KEYWAY_A_SA, KEYWAY_A_SA_STREAM)), stream);
		assert_int_equal(nla_get_u32(find(msg, KEYWAY_A_SA, KEYWAY_A_SA_POLICY_ID)), 5);
		nlmsg_free(msg);
	}
}

static void stream_goes_along_with_what_was_read(void **state)
{
	static uint8_t bytes[60000] = { 1, 2, 3 };
	const struct genl_stream set = { .fd = 5, .port = 99, .read = KW_SPAN(bytes, sizeof(bytes)) };
	const struct genl_stream send = { .id = 3, .ike = KW_SPAN(bytes, 3) };
	struct nl_msg *msg = genl_stream_msg_new(0x20, KEYWAY_CMD_STREAM_SET, sizeof(bytes));
	struct nlattr *read;

	(void)state;
	assert_int_equal(genl_put_stream(msg, &set), 0);
	check_message(msg);
	read = find(msg, KEYWAY_A_STREAM, KEYWAY_A_STREAM_READ);
	assert_int_equal(nla_len(read), sizeof(bytes));
	assert_memory_equal(nla_data(read), bytes, sizeof(bytes));
	assert_int_equal(nla_get_s32(find(msg, KEYWAY_A_STREAM, KEYWAY_A_STREAM_FD)), 5);
	assert_int_equal(nla_get_u32(find(msg, KEYWAY_A_STREAM, KEYWAY_A_STREAM_PORT)), 99);
	assert_null(find(msg, KEYWAY_A_STREAM, KEYWAY_A_STREAM_ID));
	nlmsg_free(msg);
	msg = genl_stream_msg_new(0x20, KEYWAY_CMD_STREAM_SEND, 3);
	assert_int_equal(genl_put_stream(msg, &send), 0);
	check_message(msg);
	assert_int_equal(nla_len(find(msg, KEYWAY_A_STREAM, KEYWAY_A_STREAM_IKE)), 3);
	assert_null(find(msg, KEYWAY_A_STREAM, KEYWAY_A_STREAM_FD));
	nlmsg_free(msg);
}

static void counters_have_the_names_of_the_spec(void **state)
{
	unsigned int i, n = spec_count("stats");

	(void)state;
	assert_int_equal(n, KEYWAY_A_STATS_MAX);
	for (i = 1; i <= n; i++) {
		if (!strcmp(spec_attr("stats", i)->name, "pad"))
			assert_null(genl_stats_name((int)i));
		else
			assert_string_equal(genl_stats_name((int)i), spec_attr("stats", i)->name);
	}
	assert_null(genl_stats_name(-1));
	assert_null(genl_stats_name(KEYWAY_A_STATS_MAX + 1));
}

static int setup(void **state)
{
	(void)state;
	return kw_secret_setup();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_policy_says_all_the_spec_requires),
		cmocka_unit_test(policy_says_how_its_packets_are_handled),
		cmocka_unit_test(policy_says_what_becomes_of_its_packets),
		cmocka_unit_test(policy_with_default_handling_copies),
		cmocka_unit_test(trap_policy_has_no_remote),
		cmocka_unit_test(largest_policy_fits),
		cmocka_unit_test(opaque_ports_are_written_in_one_way),
		cmocka_unit_test(inbound_sa_has_a_window_and_outbound_has_none),
		cmocka_unit_test(encapsulated_sa_has_both_ports),
		cmocka_unit_test(ah_and_the_esp_within_it),
		cmocka_unit_test(outbound_sa_is_named_by_its_policy_too),
		cmocka_unit_test(move_carries_addresses_and_ports),
		cmocka_unit_test(move_says_the_stream_or_none),
		cmocka_unit_test(stream_goes_along_with_what_was_read),
		cmocka_unit_test(counters_have_the_names_of_the_spec),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
