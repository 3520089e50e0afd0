// SPDX-License-Identifier: GPL-2.0
/* keyway sa, keyway policy: words to a netlink nest, and what the kernel lists to text and JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <linux/keyway.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <unistd.h>

#include "capture.h"
#include "cli/manual.h"

static char why[KERNEL_WHY];
static char *argv[40];

/* The words of a line, each in memory of its own. */
static int words(const char *line)
{
	char *copy = strdup(line), *save = NULL, *word;
	int n = 0;

	for (word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		argv[n++] = strdup(word);
	free(copy);
	argv[n] = NULL;
	return n;
}

static void drop_words(void)
{
	int i;

	for (i = 0; argv[i]; i++)
		free(argv[i]);
}

/* The message of a line, or NULL with why set. */
static struct nl_msg *fill(const struct genl_set *set, const char *line)
{
	struct nl_msg *msg = nlmsg_alloc();
	int n = words(line), err;

	nlmsg_put(msg, 0, 0, 0, 0, 0);
	why[0] = '\0';
	err = manual_fill(msg, set, n, argv, why);
	drop_words();
	if (!err)
		return msg;
	assert_true(why[0]);
	nlmsg_free(msg);
	return NULL;
}

static struct nlattr *nest_of(struct nl_msg *msg, const struct genl_set *set)
{
	return nlmsg_find_attr(nlmsg_hdr(msg), 0, set->nest);
}

static struct nlattr *find(struct nl_msg *msg, int attr)
{
	struct nlattr *nest = nest_of(msg, &genl_sa_set);

	return nla_find(nla_data(nest), nla_len(nest), attr);
}

static void keys_go_to_the_algorithm_before_them(void **state)
{
	struct nl_msg *msg = fill(&genl_sa_set, "out spi 0x100 policy 3 encr aes-cbc-128 key "
				  "0x000102030405060708090a0b0c0d0e0f integ hmac-sha1-96 key "
				  "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3 esn udp 4500:61234 local 192.0.2.1");

	(void)state;
	assert_non_null(msg);
	assert_int_equal(nla_len(find(msg, KEYWAY_A_SA_ENCR_KEY)), 16);
	assert_int_equal(((uint8_t *)nla_data(find(msg, KEYWAY_A_SA_ENCR_KEY)))[15], 15);
	assert_int_equal(nla_len(find(msg, KEYWAY_A_SA_INTEG_KEY)), 20);
	assert_int_equal(*(uint8_t *)nla_data(find(msg, KEYWAY_A_SA_INTEG_KEY)), 0xa0);
	assert_int_equal(nla_get_u16(find(msg, KEYWAY_A_SA_ENCR)), 12);
	assert_int_equal(nla_get_u16(find(msg, KEYWAY_A_SA_ENCR_BITS)), 128);
	assert_int_equal(nla_get_u16(find(msg, KEYWAY_A_SA_INTEG)), 2);
	assert_int_equal(nla_get_u8(find(msg, KEYWAY_A_SA_DIR)), KEYWAY_DIR_OUT);
	assert_int_equal(nla_get_u32(find(msg, KEYWAY_A_SA_SPI)), htonl(0x100));
	assert_int_equal(nla_get_u32(find(msg, KEYWAY_A_SA_FLAGS)), KEYWAY_SA_F_ESN);
	assert_int_equal(nla_get_u16(find(msg, KEYWAY_A_SA_UDP_LOCAL)), 4500);
	assert_int_equal(nla_get_u16(find(msg, KEYWAY_A_SA_UDP_REMOTE)), 61234);
	nlmsg_free(msg);
}

static void keys_leave_the_command_line(void **state)
{
	struct nl_msg *msg = nlmsg_alloc();
	int n = words("in encr null key 0x0123 integ-key 4567"), i;

	(void)state;
	nlmsg_put(msg, 0, 0, 0, 0, 0);
	assert_int_equal(manual_fill(msg, &genl_sa_set, n, argv, why), 0);
	for (i = 0; i < n; i++)
		assert_true(!strstr(argv[i], "123") && !strstr(argv[i], "4567"));
	/* the words overwritten are shorter now, and still allocated */
	drop_words();
	nlmsg_free(msg);
}

static void key_comes_from_a_file(void **state)
{
	char path[] = "/tmp/keyway-key.XXXXXX", line[100];
	int fd = mkstemp(path);
	struct nl_msg *msg;

	(void)state;
	assert_int_equal(write(fd, "0xdeadbeef\n", 11), 11);
	snprintf(line, sizeof(line), "in spi 0x100 encr null key @%s", path);
	msg = fill(&genl_sa_set, line);
	assert_non_null(msg);
	assert_int_equal(nla_len(find(msg, KEYWAY_A_SA_ENCR_KEY)), 4);
	assert_memory_equal(nla_data(find(msg, KEYWAY_A_SA_ENCR_KEY)), "\xde\xad\xbe\xef", 4);
	nlmsg_free(msg);

	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, "not hex\n", 8, 0), 8);
	assert_null(fill(&genl_sa_set, line));
	assert_non_null(strstr(why, "hexadecimal"));
	close(fd);
	unlink(path);
	assert_null(fill(&genl_sa_set, line));
	assert_non_null(strstr(why, "No such file"));
}

static void mistakes_are_named(void **state)
{
	static const struct {
		const char *line, *says;
	} bad[] = {
		{ "in spi 0x100 spi 0x101", "spi is said twice" },
		{ "in out", "direction is said twice" },
		{ "in spi", "spi: a value is missing" },
		{ "in sip 0x100", "sip: unknown word" },
		{ "in key 00", "key comes after" },
		{ "in encr null key 0", "hexadecimal" },
		{ "in encr null key 0x", "hexadecimal" },
		{ "in udp 4500", "the peer's port" },
		{ "in udp 4500:70000", "number up to 65535" },
		{ "in udp 4500:4500x", "the peer's port" },
		{ "in packets 5", "only the kernel says packets" },
		{ "in no-ecn", "no-ecn: unknown word" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(fill(&genl_sa_set, bad[i].line));
		if (!strstr(why, bad[i].says))
			fail_msg("\"%s\": \"%s\" does not say \"%s\"", bad[i].line, why, bad[i].says);
	}
	assert_null(fill(&genl_policy_set, "udp 1:1"));
}

static void listed_policy_reads_as_it_was_added(void **state)
{
	static const char line[] = "dev lo priority 7 action protect mode tunnel frag-outer "
				   "local-net 10.1.0.0/16 local-net fd01::/64 remote-net 10.2.0.0/16[udp/53] "
				   "local 192.0.2.1 remote 192.0.2.2";
	struct nl_msg *msg = fill(&genl_policy_set, line);
	const char *text;
	json_t *j;

	(void)state;
	assert_non_null(msg);
	capture_begin();
	manual_print(&genl_policy_set, nest_of(msg, &genl_policy_set));
	text = capture_end();
	assert_memory_equal(text, "policy ", 7);
	assert_memory_equal(text + 7, line, strlen(line));

	j = manual_json(&genl_policy_set, nest_of(msg, &genl_policy_set));
	assert_int_equal(json_array_size(json_object_get(j, "ts-local")), 2);
	assert_string_equal(json_string_value(json_array_get(json_object_get(j, "ts-remote"), 0)),
			    "10.2.0.0/16[udp/53]");
	assert_string_equal(json_string_value(json_array_get(json_object_get(j, "flags"), 0)), "frag-outer");
	assert_int_equal(json_integer_value(json_object_get(j, "priority")), 7);
	assert_null(json_object_get(j, "dscp"));
	json_decref(j);
	nlmsg_free(msg);
}

static void listed_sa_shows_counters_and_no_key(void **state)
{
	struct nl_msg *msg = nlmsg_alloc();
	struct nlattr *nest, *drops;
	const char *text;
	json_t *j;

	(void)state;
	nlmsg_put(msg, 0, 0, 0, 0, 0);
	nest = nla_nest_start(msg, KEYWAY_A_SA);
	nla_put_u32(msg, KEYWAY_A_SA_SPI, htonl(0x2001));
	nla_put_u8(msg, KEYWAY_A_SA_DIR, KEYWAY_DIR_IN);
	nla_put_u16(msg, KEYWAY_A_SA_ENCR, KEYWAY_ENCR_AES_GCM_16);
	nla_put_u16(msg, KEYWAY_A_SA_ENCR_BITS, 256);
	nla_put(msg, KEYWAY_A_SA_ENCR_KEY, 4, "\xde\xad\xbe\xef");
	nla_put_u64(msg, KEYWAY_A_SA_PACKETS, 12);
	drops = nla_nest_start(msg, KEYWAY_A_SA_DROPS);
	nla_put_u64(msg, KEYWAY_A_STATS_IN_REPLAY, 3);
	nla_nest_end(msg, drops);
	nla_nest_end(msg, nest);

	capture_begin();
	manual_print(&genl_sa_set, nest_of(msg, &genl_sa_set));
	text = capture_end();
	assert_non_null(strstr(text, "spi 0x00002001 in encr aes-gcm-16-256\n"));
	assert_non_null(strstr(text, "packets 12"));
	assert_non_null(strstr(text, "dropped in-replay 3"));
	assert_null(strstr(text, "key"));

	j = manual_json(&genl_sa_set, nest_of(msg, &genl_sa_set));
	assert_string_equal(json_string_value(json_object_get(j, "encr")), "aes-gcm-16-256");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(j, "drops"), "in-replay")), 3);
	assert_null(json_object_get(j, "encr-key"));
	json_decref(j);
	nlmsg_free(msg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_go_to_the_algorithm_before_them),
		cmocka_unit_test(keys_leave_the_command_line),
		cmocka_unit_test(key_comes_from_a_file),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(listed_policy_reads_as_it_was_added),
		cmocka_unit_test(listed_sa_shows_counters_and_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
