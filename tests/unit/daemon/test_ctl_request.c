// SPDX-License-Identifier: GPL-2.0
/* Requests of the control protocol: what is taken, what is refused, and with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "daemon/ctl_proto.h"
#include "daemon/ctl_request.h"

static char why[CTL_WHY];

static int parse(const char *line, struct ctl_request *req)
{
	return ctl_request_parse(KW_SPAN(line, strlen(line)), req, why);
}

static void bare_status_asks_for_everything(void **state)
{
	struct ctl_request req;

	(void)state;
	assert_int_equal(parse("{\"cmd\":\"status\"}", &req), 0);
	assert_int_equal(req.cmd, CTL_STATUS);
	assert_string_equal(req.name, "");
	assert_false(req.has_id);
}

static void up_carries_name_and_id(void **state)
{
	struct ctl_request req;

	(void)state;
	assert_int_equal(parse("{\"id\":-7, \"cmd\":\"up\", \"name\":\"office\"}", &req), 0);
	assert_int_equal(req.cmd, CTL_UP);
	assert_string_equal(req.name, "office");
	assert_true(req.has_id);
	assert_int_equal(req.id, -7);
}

static void redirect_has_a_host_or_none(void **state)
{
	struct ctl_request req;

	(void)state;
	assert_int_equal(parse("{\"cmd\":\"redirect\",\"name\":\"a\",\"host\":\"gw2.example\"}", &req), 0);
	assert_int_equal(req.cmd, CTL_REDIRECT);
	assert_string_equal(req.host, "gw2.example");
	assert_int_equal(parse("{\"cmd\":\"redirect\",\"name\":\"a\"}", &req), 0);
	assert_string_equal(req.host, "");
	assert_int_equal(parse("{\"cmd\":\"redirect\",\"host\":\"gw2.example\"}", &req), -EINVAL);
	assert_int_equal(parse("{\"cmd\":\"redirect\",\"name\":\"a\",\"host\":7}", &req), -EINVAL);
	assert_int_equal(parse("{\"cmd\":\"up\",\"name\":\"a\",\"host\":\"b\"}", &req), -EINVAL);
}

static void flags_are_read(void **state)
{
	struct ctl_request req;

	(void)state;
	assert_int_equal(parse("{\"cmd\":\"reload\",\"dry_run\":true}", &req), 0);
	assert_true(req.dry_run);
	assert_int_equal(parse("{\"cmd\":\"rekey\",\"name\":\"a\",\"ike\":true}", &req), 0);
	assert_true(req.ike);
	assert_int_equal(parse("{\"cmd\":\"log\",\"follow\":true,\"lines\":0}", &req), 0);
	assert_true(req.follow);
	assert_int_equal(req.lines, 0);
	assert_int_equal(parse("{\"cmd\":\"log\"}", &req), 0);
	assert_int_equal(req.lines, 100);
}

static void trace_carries_what_it_selects(void **state)
{
	struct ctl_request req;
	char text[RANGE_STRLEN];

	(void)state;
	assert_int_equal(parse("{\"cmd\":\"trace\",\"name\":\"office\",\"ends\":[\"10.0.0.0/8\",\"192.0.2.1\"],"
			       "\"protocol\":6,\"port\":443,\"drops\":true}", &req), 0);
	assert_int_equal(req.cmd, CTL_TRACE);
	assert_string_equal(req.name, "office");
	assert_string_equal(ip_range_print(text, &req.end[0]), "10.0.0.0/8");
	assert_true(ip_addr_equal(&req.end[1].first, &req.end[1].last));
	assert_int_equal(req.protocol, 6);
	assert_int_equal(req.port, 443);
	assert_true(req.drops);
	assert_int_equal(parse("{\"cmd\":\"trace\"}", &req), 0);
	assert_false(ip_addr_is_set(&req.end[0].first));
}

/* Each with a part of the sentence that explains it. */
static void refusals_say_what_is_wrong(void **state)
{
	static const struct {
		const char *line, *says;
	} row[] = {
		{ "", "not a JSON object" },
		{ "status", "not a JSON object" },
		{ "[1]", "not a JSON object" },
		{ "{\"cmd\":\"status\"} x", "not a JSON object" },
		{ "{\"cmd\":\"status\",\"cmd\":\"up\"}", "duplicate" },
		{ "{}", "\"cmd\" is missing" },
		{ "{\"cmd\":1}", "\"cmd\" is missing or no string" },
		{ "{\"cmd\":\"stop\"}", "unknown cmd \"stop\"" },
		{ "{\"cmd\":\"up\"}", "needs the \"name\"" },
		{ "{\"cmd\":\"up\",\"name\":\"\"}", "1 to 31 characters" },
		{ "{\"cmd\":\"up\",\"name\":7}", "1 to 31 characters" },
		{ "{\"cmd\":\"up\",\"name\":\"a\\u0000b\"}", "not a JSON object" },
		{ "{\"cmd\":\"up\",\"name\":\"0123456789012345678901234567890123\"}", "1 to 31 characters" },
		{ "{\"cmd\":\"monitor\",\"name\":\"a\"}", "a key that it does not take" },
		{ "{\"cmd\":\"status\",\"nmae\":\"a\"}", "unknown key \"nmae\"" },
		{ "{\"cmd\":\"reload\",\"dry_run\":1}", "\"dry_run\" must be true or false" },
		{ "{\"cmd\":\"log\",\"lines\":-1}", "\"lines\" must be a number" },
		{ "{\"cmd\":\"log\",\"lines\":1001}", "\"lines\" must be a number" },
		{ "{\"cmd\":\"trace\",\"ends\":[\"a\"]}", "\"a\" is no address" },
		{ "{\"cmd\":\"trace\",\"ends\":[\"::1\",\"::2\",\"::3\"]}", "at most two" },
		{ "{\"cmd\":\"trace\",\"port\":65536}", "\"port\" must be a number from 0 to 65535" },
		{ "{\"cmd\":\"trace\",\"protocol\":\"tcp\"}", "\"protocol\" must be a number" },
		{ "{\"cmd\":\"status\",\"drops\":true}", "a key that it does not take" },
		{ "{\"cmd\":\"status\",\"id\":\"x\"}", "\"id\" must be a whole number" },
		{ "{\"cmd\":\"status\",\"id\":1.5}", "\"id\" must be a whole number" },
	};
	struct ctl_request req;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_int_equal(parse(row[i].line, &req), -EINVAL);
		if (!strstr(why, row[i].says))
			fail_msg("%s: said \"%s\", expected \"%s\"", row[i].line, why, row[i].says);
	}
}

static void refusal_still_knows_the_id(void **state)
{
	struct ctl_request req;

	(void)state;
	assert_int_equal(parse("{\"id\":5,\"cmd\":\"up\"}", &req), -EINVAL);
	assert_true(req.has_id);
	assert_int_equal(req.id, 5);
}

static void too_long_a_line_is_refused(void **state)
{
	char *line = malloc(CTL_REQUEST_MAX);
	struct ctl_request req;

	(void)state;
	memset(line, ' ', CTL_REQUEST_MAX);
	assert_int_equal(ctl_request_parse(KW_SPAN(line, CTL_REQUEST_MAX), &req, why), -EINVAL);
	free(line);
}

/* A short line that nests as deep as it can. */
static void deep_nesting_is_refused(void **state)
{
	char line[CTL_REQUEST_MAX];
	struct ctl_request req;

	(void)state;
	memset(line, '[', sizeof(line));
	assert_int_equal(ctl_request_parse(KW_SPAN(line, sizeof(line) - 1), &req, why), -EINVAL);
}

static void every_truncation_is_refused(void **state)
{
	static const char line[] = "{\"id\":5,\"cmd\":\"rekey\",\"name\":\"office\",\"ike\":true}";
	struct ctl_request req;
	size_t len;

	(void)state;
	assert_int_equal(parse(line, &req), 0);
	for (len = 0; len < strlen(line); len++) {
		char *cut = malloc(len + 1);

		memcpy(cut, line, len);
		assert_int_equal(ctl_request_parse(KW_SPAN(cut, len), &req, why), -EINVAL);
		free(cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bare_status_asks_for_everything),
		cmocka_unit_test(up_carries_name_and_id),
		cmocka_unit_test(redirect_has_a_host_or_none),
		cmocka_unit_test(flags_are_read),
		cmocka_unit_test(trace_carries_what_it_selects),
		cmocka_unit_test(refusals_say_what_is_wrong),
		cmocka_unit_test(refusal_still_knows_the_id),
		cmocka_unit_test(too_long_a_line_is_refused),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(every_truncation_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
