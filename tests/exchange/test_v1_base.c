// SPDX-License-Identifier: GPL-2.0
/* IKEv1's base exchange (RFC 2408 §4.4): phase 1 in four messages in the clear. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/v1.h"

#define BASE_PSK "base-exchange = with-psk\n"
#define BASE "base-exchange = yes\nfragmentation = no\n"
#define CERT_A(kind) CONF_A IDS_A V1 BASE "auth = cert\nca = ca.crt\ncert = a-" kind ".crt\nkey = a-" kind ".key\n"
#define CERT_B(kind) CONF_B IDS_B V1 PASSIVE BASE \
	"auth = cert\nca = ca.crt\ncert = b-" kind ".crt\nkey = b-" kind ".key\n"

static void four_messages_in_the_clear(void **state)
{
	struct pair *p = pair_new(1, V1_A BASE_PSK, V1_B BASE_PSK);

	(void)state;
	side_up(&p->a);
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(datagram_exchange(pair_first(p)), V1_EXCHANGE_BASE);
		assert_int_equal(pair_first(p)->bytes[V1_FLAGS_AT], 0);
		assert_int_equal(side_view(&p->a).state == CONN_IKE_ONLY, false);
		pair_deliver(p);
	}
	assert_int_equal(side_view(&p->a).state, CONN_IKE_ONLY);
	assert_int_equal(side_view(&p->b).state, CONN_IKE_ONLY);
	/* All that follows is protected. */
	assert_int_equal(datagram_exchange(pair_first(p)), V1_EXCHANGE_QUICK_MODE);
	assert_int_equal(pair_first(p)->bytes[V1_FLAGS_AT], V1_FLAG_ENCRYPTION);
	pair_settle(p);
	pair_consistent(p);
	side_down(&p->b);
	assert_int_equal(pair_first(p)->bytes[V1_FLAGS_AT], V1_FLAG_ENCRYPTION);
	pair_settle(p);
	assert_int_equal(side_view(&p->a).ike, 0);
	pair_free(p);
}

static void signatures(void **state)
{
	static const char *const conf[][2] = {
		{ CERT_A("rsa"), CERT_B("rsa") },
		{ CERT_A("ec"), CERT_B("ec") },
	};

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct pair *p = pair_up(i + 1, conf[i][0], conf[i][1]);

		pair_consistent(p);
		pair_run(p, 40000);
		p->traffic = true;
		side_rekey(&p->b, true);
		pair_run(p, 20000);
		side_rekey(&p->a, false);
		pair_run(p, 100000);
		pair_consistent(p);
		assert_int_equal(p->lost_ab + p->lost_ba, 0);
		pair_free(p);
	}
}

static void each_message_lost_or_doubled(void **state)
{
	(void)state;
	for (unsigned int which = 0; which < 16; which++) {
		struct pair *p = pair_new(which + 1, V1_A BASE_PSK, V1_B BASE_PSK);

		assert_true(v1_up_in_spite_of(p, which / 2, which % 2) >= 7);
		pair_free(p);
	}
}

static void a_nat_is_found(void **state)
{
	struct pair *p = pair_new(7, NULL, "remote = any\nlocal = 192.0.2.2\nlocal-net = 10.2.0.0/16\n"
					   "remote-net = 10.1.0.0/16\n" IDS_B PSK V1 PASSIVE BASE_PSK);

	(void)state;
	assert_int_equal(ip_addr_parse(&p->nat, "198.51.100.7"), 0);
	p->nat_port_offset = 1000;
	side_configure(&p->a, "t", V1_A BASE_PSK);
	pair_run(p, 5000);
	assert_true(side_view(&p->a).encap && side_view(&p->b).encap);
	assert_int_equal(side_view(&p->b).remote.port, 5500);
	pair_consistent(p);
	pair_free(p);
}

/* ---- what must not ---- */

static void never_up(const char *a, const char *b, enum failure_kind at_b)
{
	struct pair *p = pair_new(1, a, b);

	v1_never_up(p);
	assert_int_equal(p->b.failure.kind, at_b);
	assert_int_not_equal(p->a.failure.kind, FAILURE_NONE);
	pair_free(p);
}

static void what_does_not_prove(void **state)
{
	(void)state;
	never_up(V1_A BASE_PSK, CONF_B IDS_B V1 PASSIVE BASE_PSK "psk = \"another secret\"\n", FAILURE_PSK);
	never_up(V1_A BASE_PSK, CONF_B PSK V1 PASSIVE BASE_PSK "local-id = b.example\nremote-id = c.example\n",
		 FAILURE_IDENTITY);
	never_up(CONF_A IDS_A V1 BASE "auth = cert\nca = ca.crt\ncert = x-rsa.crt\nkey = x-rsa.key\n",
		 CERT_B("rsa"), FAILURE_CERT);
	/* It is off unless asked for. */
	never_up(V1_A BASE_PSK, V1_B, FAILURE_NONE);
}

/* Every octet of the proofs and of what they cover, on the way to either side. */
static void nothing_can_be_changed_on_the_way(void **state)
{
	(void)state;
	for (unsigned int message = 2; message < 4; message++) {
		size_t len = 100;

		for (size_t at = 28; at < len; at += 7) {
			struct pair *p = pair_new(1, CERT_A("ec"), CERT_B("ec"));
			struct side *to = message == 2 ? &p->b : &p->a;

			side_up(&p->a);
			for (unsigned int i = 0; i < message; i++)
				pair_deliver(p);
			/* KE, then ID, CERT, SIG; behind them nothing is covered */
			len = message == 2 ? 600 : 500;
			assert_true(pair_first(p)->len > len);
			pair_first(p)->bytes[at] ^= 1;
			pair_deliver(p);
			assert_int_equal(to->events[EVENT_IKE_UP], 0);
			pair_free(p);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_messages_in_the_clear),
		cmocka_unit_test(signatures),
		cmocka_unit_test(each_message_lost_or_doubled),
		cmocka_unit_test(a_nat_is_found),
		cmocka_unit_test(what_does_not_prove),
		cmocka_unit_test(nothing_can_be_changed_on_the_way),
	};

	return cmocka_run_group_tests(tests, v1_setup_with_certs, credentials_teardown);
}
