// SPDX-License-Identifier: GPL-2.0
/* Attributes as words and back: a row for each of the spec's, and the same value after a round. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/keyway.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "kernel/genl_words.h"
#include "spec.h"

static char why[KERNEL_WHY];

static bool fits(enum genl_kind kind, const char *type)
{
	switch (kind) {
	case GENL_KIND_PAD:
		return !strcmp(type, "pad");
	case GENL_KIND_U8:
	case GENL_KIND_NAME8:
		return !strcmp(type, "u8");
	case GENL_KIND_U16:
	case GENL_KIND_ENCR:
	case GENL_KIND_INTEG:
		return !strcmp(type, "u16");
	case GENL_KIND_U32:
	case GENL_KIND_SPI:
	case GENL_KIND_DEVICE:
	case GENL_KIND_FLAGS:
	case GENL_KIND_LIST:
		return !strcmp(type, "u32");
	case GENL_KIND_U64:
		return !strcmp(type, "u64");
	case GENL_KIND_ADDR:
	case GENL_KIND_KEY:
		return !strcmp(type, "binary");
	case GENL_KIND_TS:
	case GENL_KIND_DROPS:
		return !strcmp(type, "nest");
	}
	return false;
}

static void check_rows(const struct genl_set *set, const char *name)
{
	unsigned int i;

	assert_int_equal(spec_count(name), set->max);
	for (i = 1; i <= (unsigned int)set->max; i++) {
		const struct spec_attr *s = spec_attr(name, i);

		if (!set->word[i].name || strcmp(set->word[i].name, s->name) != 0)
			fail_msg("%s/%s has no row in userspace/kernel/genl_words.c", name, s->name);
		if (!fits(set->word[i].kind, s->type))
			fail_msg("%s/%s: the row's kind is not the spec's %s", name, s->name, s->type);
	}
}

static void every_attribute_of_the_spec_has_its_row(void **state)
{
	(void)state;
	check_rows(&genl_policy_set, "policy");
	check_rows(&genl_sa_set, "sa");
}

/* What text becomes, printed again; NULL when it is refused. */
static const char *round_trip(const struct genl_set *set, const char *word, const char *text)
{
	static char buf[GENL_WORD_LEN];
	struct nl_msg *msg = nlmsg_alloc();
	int attr = genl_word_find(set, word);
	struct nlattr *a, *bits;
	char *out = NULL;

	assert_int_not_equal(attr, 0);
	nlmsg_put(msg, 0, 0, 0, 0, 0);
	why[0] = '\0';
	if (!genl_word_put(msg, set, attr, text, why)) {
		a = nlmsg_find_attr(nlmsg_hdr(msg), 0, attr);
		bits = nlmsg_find_attr(nlmsg_hdr(msg), 0, KEYWAY_A_SA_ENCR_BITS);
		out = genl_word_print(buf, &set->word[attr], a,
				      set == &genl_sa_set && bits ? nla_get_u16(bits) : 0);
		assert_non_null(out);
	} else {
		assert_true(why[0]);
	}
	nlmsg_free(msg);
	return out;
}

#define POLICY(word, text) round_trip(&genl_policy_set, word, text)
#define SA(word, text) round_trip(&genl_sa_set, word, text)

static void values_come_back_as_they_went_in(void **state)
{
	(void)state;
	assert_string_equal(POLICY("priority", "4294967295"), "4294967295");
	assert_string_equal(POLICY("cookie", "0xffffffffffffffff"), "18446744073709551615");
	assert_string_equal(POLICY("dev", "lo"), "lo");
	assert_string_equal(POLICY("action", "discard"), "discard");
	assert_string_equal(POLICY("mode", "transport"), "transport");
	assert_string_equal(POLICY("mode", "beet"), "beet");
	assert_string_equal(POLICY("local-net", "10.0.0.0/8[tcp/443]"), "10.0.0.0/8[tcp/443]");
	assert_string_equal(POLICY("ts-remote", "fd00::1-fd00::9"), "fd00::1-fd00::9");
	assert_string_equal(POLICY("local", "2001:db8::1"), "2001:db8::1");
	assert_string_equal(POLICY("df", "clear"), "clear");
	assert_string_equal(POLICY("dscp", "46"), "46");
	assert_string_equal(POLICY("pfp", "remote-port,local"), "local,remote-port");
	assert_string_equal(SA("spi", "0x100"), "0x00000100");
	assert_string_equal(SA("spi", "256"), "0x00000100");
	assert_string_equal(SA("proto", "ah"), "ah");
	assert_string_equal(SA("dir", "out"), "out");
	assert_string_equal(SA("window", "64"), "64");
	assert_string_equal(SA("udp-local", "65535"), "65535");
	assert_string_equal(SA("encr", "aes-gcm-16-256"), "aes-gcm-16-256");
	assert_string_equal(SA("encr", "3des"), "3des");
	assert_string_equal(SA("encr", "chacha20-poly1305"), "chacha20-poly1305");
	assert_string_equal(SA("integ", "hmac-sha2-256-128"), "hmac-sha2-256-128");
	/* by number, and one nobody knows */
	assert_string_equal(SA("encr", "12"), "aes-cbc");
	assert_string_equal(SA("integ", "999"), "integrity 999");
}

static void nonsense_is_refused_with_a_sentence(void **state)
{
	(void)state;
	assert_null(POLICY("priority", "4294967296"));
	assert_non_null(strstr(why, "number up to 4294967295"));
	assert_null(POLICY("priority", "-1"));
	assert_null(POLICY("priority", ""));
	assert_null(POLICY("priority", "7x"));
	assert_null(POLICY("ttl", "256"));
	assert_null(POLICY("action", "deny"));
	assert_non_null(strstr(why, "protect, bypass, discard"));
	assert_null(POLICY("local", "10.0.0"));
	assert_null(POLICY("pfp", "local,"));
	assert_null(POLICY("pfp", "local,loc"));
	assert_non_null(strstr(why, "remote-port"));
	assert_null(POLICY("local-net", "10.0.0.1/8"));
	assert_null(POLICY("dev", "no-such-device0"));
	assert_null(SA("encr", "aes-gcm-16-512"));
	assert_non_null(strstr(why, "aes-gcm-16-256"));
	assert_null(SA("encr", "rot13"));
	assert_null(SA("integ", "aes-gcm-16"));
	assert_null(SA("spi", "0x100000000"));
	/* keys, flags and counters are no values */
	assert_null(SA("encr-key", "00"));
	assert_null(SA("flags", "1"));
}

static void flags_are_words_of_their_own(void **state)
{
	uint32_t flags = 0;

	(void)state;
	assert_int_equal(genl_flag_find(&genl_sa_set, "esn", &flags), KEYWAY_A_SA_FLAGS);
	assert_int_equal(genl_flag_find(&genl_sa_set, "verify-csum", &flags), KEYWAY_A_SA_FLAGS);
	assert_int_equal(flags, KEYWAY_SA_F_ESN | KEYWAY_SA_F_VERIFY_CSUM);
	assert_int_equal(genl_flag_find(&genl_sa_set, "no-ecn", &flags), 0);
	assert_int_equal(genl_flag_find(&genl_policy_set, "no-ecn", &flags), KEYWAY_A_POLICY_FLAGS);
	assert_int_equal(genl_word_find(&genl_sa_set, "esn"), 0);
	/* no flag takes a word from those that have a value */
	assert_int_equal(genl_flag_find(&genl_policy_set, "local", &flags), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_attribute_of_the_spec_has_its_row),
		cmocka_unit_test(values_come_back_as_they_went_in),
		cmocka_unit_test(nonsense_is_refused_with_a_sentence),
		cmocka_unit_test(flags_are_words_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
