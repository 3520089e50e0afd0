// SPDX-License-Identifier: GPL-2.0
/* keyway status: what people get to see of an answer of the daemon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "capture.h"
#include "cli/status.h"

#define TOTALS \
	"'totals': {'in_bytes': 1536, 'in_packets': 1, 'out_bytes': 10, 'out_packets': 2, 'in_drops': 0, 'out_drops': 3, " \
	"'last_in_ms': null}"

#define UP \
	"{'name': 'office', 'id': '00', 'file': '/etc/keyway/office.conf', 'wanted': 'up', 'state': 'up', " \
	"'remote_host': 'gw.example.org', 'remote': '203.0.113.2', 'device': 'kw-office', " \
	"'local_ts': '10.1.0.0/16', 'remote_ts': '10.2.0.0/16', 'failure': null, 'tries': 0, " \
	"'next_try_ms': null, " TOTALS ", 'ike': [{'id': 1, 'version': 'IKEv2', 'state': 'established', " \
	"'initiator': true, 'spi_i': 'aa', 'spi_r': 'bb', 'algorithms': 'aes-gcm-16-256/x25519', " \
	"'local_id': 'a', 'remote_id': 'b', 'local': '192.0.2.1:4500', 'remote': '203.0.113.2:4500', " \
	"'nat_local': false, 'nat_remote': true, 'age_ms': 240000, 'rekey_in_ms': 7200000, 'children': [" \
	"{'id': 2, 'state': 'installed', 'spi_in': '0xc1', 'spi_out': '0xc2', 'algorithms': 'aes-gcm-16-256', " \
	"'local_ts': '10.1.0.0/16', 'remote_ts': '10.2.0.0/16', 'encap': true, 'age_ms': 5000, " \
	"'rekey_in_ms': null}]}]}"

#define WAITING \
	"{'name': 'lab', 'id': '01', 'file': 'lab.conf', 'wanted': 'up', 'state': 'waiting', " \
	"'remote_host': '198.51.100.7', 'remote': null, 'device': 'kw-lab', 'local_ts': '10.1.0.0/16', " \
	"'remote_ts': '10.3.0.0/16', 'failure': {'kind': 'unreachable', 'when': 1000, " \
	"'text': 'no answer from 198.51.100.7', 'ours': '', 'theirs': '', 'nearest': '', 'differs': ''}, " \
	"'tries': 3, 'next_try_ms': 12000, " TOTALS ", 'ike': []}"

#define RULE \
	"{'name': 'mail', 'id': '02', 'file': 'mail.conf', 'action': 'discard', 'wanted': 'up', 'state': 'up', " \
	"'remote_host': null, 'remote': null, 'device': '', 'local_ts': '10.1.0.0/16', " \
	"'remote_ts': '0.0.0.0/0[tcp/25]', 'failure': null, 'tries': 0, 'next_try_ms': null, " TOTALS ", 'ike': []}"

/* JSON with single quotes, which need no escape in C. */
static json_t *answer(const char *connections, const char *module)
{
	char text[8192], *p;
	json_t *j;

	snprintf(text, sizeof(text), "{'ok': true, 'version': 1, 'now': 61000, 'daemon': {'module_loaded': %s, "
		 "'config_dir': '/etc/keyway'}, 'connections': [%s]}", module, connections);
	for (p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	j = json_loads(text, 0, NULL);
	assert_non_null(j);
	return j;
}

static const char *list(const char *connections, const char *module)
{
	json_t *j = answer(connections, module);

	capture_begin();
	status_print_list(j);
	json_decref(j);
	return capture_end();
}

static const char *one(const char *connection)
{
	json_t *j = answer(connection, "true");

	capture_begin();
	status_print_one(j);
	json_decref(j);
	return capture_end();
}

static void expect(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("expected \"%s\" in\n%s", part, text);
}

static void list_aligns_and_gives_the_reason(void **state)
{
	(void)state;
	assert_string_equal(list(UP ", " WAITING, "true"),
		"office  up 4 min                   203.0.113.2   kw-office  10.1.0.0/16 <-> 10.2.0.0/16  in 1.5 KiB, out 10 B\n"
		"lab     waiting, next try in 12 s  198.51.100.7  kw-lab     10.1.0.0/16 <-> 10.3.0.0/16  in 1.5 KiB, out 10 B\n"
		"        no answer from 198.51.100.7\n");
}

static void no_connection_is_said(void **state)
{
	(void)state;
	assert_string_equal(list("", "true"), "no connections: keyway add makes one in /etc/keyway\n");
}

static void missing_module_comes_first(void **state)
{
	(void)state;
	assert_int_equal(strncmp(list(WAITING, "false"), "keyway.ko is not loaded", 23), 0);
}

static void one_connection_shows_sas_and_nat(void **state)
{
	const char *text = one(UP);

	(void)state;
	expect(text, "office: up 4 min (wanted: up)\n");
	expect(text, "IKEv2        established, behind a NAT at the peer, initiator for 4 min, new keys in 2 h 0 min\n");
	expect(text, "peer         203.0.113.2:4500  b\n");
	expect(text, "ESP in UDP aes-gcm-16-256, in 0xc1, out 0xc2, installed for 5 s\n");
	expect(text, "in 1.5 KiB, 1 packet; out 10 B, 2 packets; dropped in 0, out 3\n");
}

static void one_that_is_down_shows_the_failure_and_its_age(void **state)
{
	const char *text = one(WAITING);

	(void)state;
	expect(text, "lab: waiting, next try in 12 s (wanted: up)\n");
	expect(text, "peer         198.51.100.7\n");
	expect(text, "failure      1 min ago: no answer from 198.51.100.7\n");
}

static void a_rule_shows_its_packets_and_no_peer(void **state)
{
	const char *text = list(RULE, "true");

	(void)state;
	expect(text, "mail  discard ");
	expect(text, "10.1.0.0/16 <-> 0.0.0.0/0[tcp/25]");
	assert_null(strstr(text, "any"));
	text = one(RULE);
	expect(text, "mail: discard (wanted: up)\n");
	expect(text, "packets      10.1.0.0/16 <-> 0.0.0.0/0[tcp/25]\n");
	assert_null(strstr(text, "peer"));
	assert_null(strstr(text, "device"));
}

static void up_is_told_from_down(void **state)
{
	json_t *up = answer(UP, "true"), *down = answer(WAITING, "true"), *none = answer("", "true");

	(void)state;
	assert_true(status_is_up(up));
	assert_false(status_is_up(down));
	assert_false(status_is_up(none));
	json_decref(up);
	json_decref(down);
	json_decref(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list_aligns_and_gives_the_reason),
		cmocka_unit_test(no_connection_is_said),
		cmocka_unit_test(missing_module_comes_first),
		cmocka_unit_test(one_connection_shows_sas_and_nat),
		cmocka_unit_test(one_that_is_down_shows_the_failure_and_its_age),
		cmocka_unit_test(a_rule_shows_its_packets_and_no_peer),
		cmocka_unit_test(up_is_told_from_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
