// SPDX-License-Identifier: GPL-2.0
/* IKE_SA_INIT between two engines (RFC 7296 §1.2, §2.6, §2.7, §2.21.1). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/pair.h"
#include "wire/isakmp.h"

#define A CONF_A IDS_A PSK
#define B CONF_B IDS_B PSK PASSIVE

/* Half-open IKE SAs before b asks for cookies. */
static void cookies_at(struct side *s, const char *text, uint32_t threshold)
{
	const char *const one[] = { "t", text, NULL };
	struct conf *conf = side_conf(one);
	char why[ENGINE_WHY];

	conf->daemon.cookie_threshold = threshold;
	assert_int_equal(engine_configure(s->e, conf, false, NULL, NULL, why), 0);
}

static void two_engines_connect(void **state)
{
	struct pair *p = pair_new(1, A, B);

	(void)state;
	side_up(&p->a);
	/* IKE_SA_INIT {SAi1, KEi, Ni} --> */
	pair_deliver(p);
	/* <-- IKE_SA_INIT {SAr1, KEr, Nr} */
	pair_deliver(p);
	/* IKE_AUTH {IDi, AUTH, SAi2, TSi, TSr} --> */
	pair_deliver(p);
	assert_true(side_is_up(&p->b));
	/* <-- IKE_AUTH {IDr, AUTH, SAr2, TSi, TSr} */
	pair_deliver(p);
	assert_true(side_is_up(&p->a));
	assert_int_equal(pair_waiting(p), 0);
	pair_consistent(p);
	pair_free(p);
}

static void a_cookie_is_asked_for_and_brought_back(void **state)
{
	struct pair *p = pair_new(2, A, B);
	struct engine_totals t;

	(void)state;
	cookies_at(&p->b, B, 0);
	side_up(&p->a);
	/* IKE_SA_INIT --> */
	pair_deliver(p);
	engine_totals(p->b.e, &t);
	assert_int_equal(t.ike_sas, 0);		/* nothing is kept */
	assert_int_equal(t.cookies_sent, 1);
	assert_true(p->bytes_to[0] <= p->bytes_to[1]);
	/* <-- N(COOKIE) */
	pair_deliver(p);
	/* N(COOKIE), SAi1, KEi, Ni --> */
	pair_deliver(p);
	engine_totals(p->b.e, &t);
	assert_int_equal(t.half_open, 1);
	pair_settle(p);
	pair_consistent(p);
	pair_free(p);
}

static void a_forged_cookie_makes_no_state(void **state)
{
	struct pair *p = pair_new(3, A, B);
	struct engine_totals t;
	struct datagram *d;

	(void)state;
	cookies_at(&p->b, B, 0);
	side_up(&p->a);
	pair_deliver(p);
	pair_deliver(p);
	d = pair_first(p);
	d->bytes[28 + 8 + 10] ^= 1;	/* within the cookie */
	pair_deliver(p);
	engine_totals(p->b.e, &t);
	assert_int_equal(t.ike_sas, 0);
	pair_free(p);
}

static void a_cookie_of_another_address_is_not_taken(void **state)
{
	struct pair *p = pair_new(3, A, B);
	struct engine_totals t;
	struct datagram *d;

	(void)state;
	cookies_at(&p->b, B, 0);
	side_up(&p->a);
	pair_deliver(p);
	pair_deliver(p);
	d = pair_first(p);
	d->src.addr.b[3] = 77;
	pair_deliver(p);
	engine_totals(p->b.e, &t);
	assert_int_equal(t.ike_sas, 0);
	pair_free(p);
}

#define GROUPS_A CONF_A IDS_A PSK "ike = aes-gcm-16-256+prf-hmac-sha2-256+x25519+ecp-256\n"
#define GROUPS_B CONF_B IDS_B PSK PASSIVE "ike = aes-gcm-16-256+prf-hmac-sha2-256+ecp-256\n"

static void a_wrong_group_is_corrected(void **state)
{
	struct pair *p = pair_new(4, GROUPS_A, GROUPS_B);
	struct engine_totals t;

	(void)state;
	side_up(&p->a);
	/* SAi1, KEi(x25519), Ni --> */
	pair_deliver(p);
	engine_totals(p->b.e, &t);
	assert_int_equal(t.ike_sas, 0);
	/* <-- N(INVALID_KE_PAYLOAD, ecp-256) */
	pair_deliver(p);
	/* SAi1, KEi(ecp-256), Ni --> */
	pair_deliver(p);
	pair_settle(p);
	pair_consistent(p);
	assert_non_null(strstr(side_view(&p->a).ike_algorithms, "ecp-256"));
	pair_free(p);
}

static struct engine_totals totals(const struct side *s)
{
	struct engine_totals t;

	engine_totals(s->e, &t);
	return t;
}

static void per_peer(struct side *s, const char *text, uint32_t max)
{
	const char *const one[] = { "t", text, NULL };
	struct conf *conf = side_conf(one);
	char why[ENGINE_WHY];

	conf->daemon.half_open_per_peer = max;
	assert_int_equal(engine_configure(s->e, conf, false, NULL, NULL, why), 0);
}

/* Forged requests of one address: a few are kept, all others are answered by a cookie and forgotten. */
static void a_forger_fills_a_quarter_of_a_share(void **state)
{
	struct pair *p = pair_new(20, A, NULL);
	size_t sent = 0;

	(void)state;
	per_peer(&p->b, B, 8);
	side_up(&p->a);
	for (unsigned int i = 0; i < 50; i++) {
		pair_first(p)->bytes[0] = i + 1;	/* SPIi */
		pair_first(p)->bytes[1] = 0x55;
		sent += pair_first(p)->len;
		pair_inject(p, &p->b, pair_first(p));
	}
	assert_int_equal(totals(&p->b).half_open, 2);
	assert_int_equal(totals(&p->b).cookies_sent, 48);
	assert_true(p->bytes_to[0] <= sent);
	pair_free(p);
}

/* One that proves its address again and again and then falls silent uses up its own share only. */
static void a_peer_has_a_share_of_the_half_open(void **state)
{
	struct pair *p = pair_new(21, A, NULL);

	(void)state;
	per_peer(&p->b, B, 4);
	for (unsigned int i = 0; i < 8; i++) {
		side_restart(&p->a, A);
		side_up(&p->a);
		while (pair_waiting(p) && datagram_exchange(pair_first(p)) != EXCHANGE_IKE_AUTH)
			pair_deliver(p);
		while (pair_waiting(p))
			pair_drop(p);
	}
	assert_int_equal(totals(&p->b).half_open, 4);
	assert_int_equal(totals(&p->b).rx_over_limit, 4);
	/* when they have timed out it is let in */
	pair_run(p, 60000);
	assert_true(side_is_up(&p->a));
	pair_free(p);
}

/* RFC 7296 §2.6.1: the cookie stays in the request when the group changes, and the other way round. */
static void cookie_first_then_wrong_group(void **state)
{
	struct pair *p = pair_new(5, GROUPS_A, GROUPS_B);

	(void)state;
	cookies_at(&p->b, GROUPS_B, 0);
	side_up(&p->a);
	for (unsigned int i = 0; i < 4; i++)
		pair_deliver(p);	/* request, COOKIE, request, INVALID_KE_PAYLOAD */
	/* N(COOKIE), SAi1, KEi(ecp-256), Ni -->: the same cookie still serves, no third round */
	pair_deliver(p);
	assert_int_equal(pair_waiting(p), 1);
	pair_settle(p);
	pair_consistent(p);
	assert_int_equal(p->sent, 8);
	pair_free(p);
}

static void wrong_group_first_then_cookie(void **state)
{
	struct pair *p = pair_new(6, GROUPS_A, GROUPS_B);

	(void)state;
	side_up(&p->a);
	pair_deliver(p);	/* request */
	cookies_at(&p->b, GROUPS_B, 0);
	pair_deliver(p);	/* INVALID_KE_PAYLOAD */
	pair_deliver(p);	/* request with ecp-256 */
	pair_deliver(p);	/* COOKIE */
	pair_settle(p);
	pair_consistent(p);
	pair_free(p);
}

static void a_group_that_was_not_offered_is_refused(void **state)
{
	struct pair *p = pair_new(7, GROUPS_A, GROUPS_B);
	struct datagram *d;

	(void)state;
	side_up(&p->a);
	pair_deliver(p);
	d = pair_first(p);
	/* INVALID_KE_PAYLOAD now asks for group 2, MODP-1024 */
	d->bytes[d->len - 1] = 2;
	pair_deliver(p);
	assert_int_equal(pair_waiting(p), 0);
	pair_run(p, 20000);
	assert_int_equal(side_view(&p->a).ike, 1);
	pair_free(p);
}

static void no_common_proposal_says_what_differs(void **state)
{
	struct pair *p = pair_new(
		8, CONF_A IDS_A PSK "ike = aes-gcm-16-256+prf-hmac-sha2-256+x25519\n",
		CONF_B IDS_B PSK PASSIVE "ike = aes-gcm-16-256+prf-hmac-sha2-384+x25519\n");
	struct engine_totals t;

	(void)state;
	side_up(&p->a);
	pair_deliver(p);
	engine_totals(p->b.e, &t);
	assert_int_equal(t.ike_sas, 0);
	assert_int_equal(p->b.failure.kind, FAILURE_PROPOSAL);
	assert_string_equal(p->b.failure.differs, "prf");
	assert_non_null(strstr(p->b.failure.text, "prf-hmac-sha2-384"));
	assert_non_null(strstr(p->b.failure.theirs, "prf-hmac-sha2-256"));
	assert_non_null(strstr(p->b.failure.nearest, "aes-gcm-16-256"));
	/* <-- N(NO_PROPOSAL_CHOSEN): only a hint, since nobody signed it (§2.21.1) */
	pair_deliver(p);
	assert_int_equal(side_view(&p->a).state, CONN_CONNECTING);
	pair_run(p, 1500);
	assert_int_equal(side_view(&p->a).state, CONN_WAITING);
	assert_int_equal(side_view(&p->a).failure.kind, FAILURE_PROPOSAL);
	assert_non_null(strstr(side_view(&p->a).failure.text, "NO_PROPOSAL_CHOSEN"));
	pair_free(p);
}

static void a_forged_refusal_does_not_stop_the_real_answer(void **state)
{
	struct pair *p = pair_new(9, A, B);
	struct datagram forged, *d;
	/* header | N: next 0, length 8, protocol 0, spi 0, NO_PROPOSAL_CHOSEN */
	uint8_t bytes[36] = { [16] = PAYLOAD_NOTIFY,
			      [17] = 0x20,
			      [18] = EXCHANGE_IKE_SA_INIT,
			      [19] = 0x20,
			      [27] = 36,
			      [31] = 8,
			      [35] = N_NO_PROPOSAL_CHOSEN };

	(void)state;
	side_up(&p->a);
	d = pair_first(p);
	memcpy(bytes, d->bytes, 8);
	forged = (struct datagram){
		.src = d->dst, .dst = d->src, .bytes = bytes, .len = sizeof(bytes)
	};
	pair_inject(p, &p->a, &forged);
	pair_settle(p);
	pair_consistent(p);
	pair_free(p);
}

static void a_repeated_first_message_gets_the_same_answer(void **state)
{
	struct pair *p = pair_new(10, A, B);
	struct engine_totals t;
	struct datagram *one, *two;

	(void)state;
	side_up(&p->a);
	pair_repeat(p);
	pair_deliver(p);
	engine_totals(p->b.e, &t);
	assert_int_equal(t.ike_sas, 1);
	assert_int_equal(pair_waiting(p), 2);
	one = pair_first(p);
	two = list_entry(one->node.next, struct datagram, node);
	assert_int_equal(one->len, two->len);
	assert_memory_equal(one->bytes, two->bytes, one->len);
	pair_settle(p);
	pair_consistent(p);
	pair_free(p);
}

static void an_old_first_message_cannot_disturb(void **state)
{
	struct pair *p = pair_new(11, A, B);
	struct datagram old;

	(void)state;
	side_up(&p->a);
	old = *pair_first(p);
	old.bytes = malloc(old.len);
	memcpy(old.bytes, pair_first(p)->bytes, old.len);
	pair_settle(p);
	pair_consistent(p);
	/* Replayed later it makes a half-open SA of its own, which ends by itself. */
	pair_inject(p, &p->b, &old);
	pair_run(p, 40000);
	pair_consistent(p);
	free(old.bytes);
	pair_free(p);
}

static void a_half_open_sa_ends_by_itself(void **state)
{
	struct pair *p = pair_new(12, A, B);
	struct engine_totals t;

	(void)state;
	side_up(&p->a);
	pair_deliver(p);
	engine_totals(p->b.e, &t);
	assert_int_equal(t.half_open, 1);
	side_down(&p->a);
	while (pair_waiting(p))
		pair_drop(p);
	pair_run(p, 31000);
	engine_totals(p->b.e, &t);
	assert_int_equal(t.half_open, 0);
	assert_int_equal(t.ike_sas, 0);
	pair_free(p);
}

static void half_open_sas_are_bounded(void **state)
{
	struct pair *p = pair_new(13, A, B);
	const char *const one[] = { "t", B, NULL };
	struct conf *conf = side_conf(one);
	struct engine_totals t;
	char why[ENGINE_WHY];

	(void)state;
	conf->daemon.half_open_max = 10;
	assert_int_equal(engine_configure(p->b.e, conf, false, NULL, NULL, why), 0);
	side_up(&p->a);
	for (unsigned int i = 0; i < 50; i++) {
		struct datagram d = *pair_first(p);

		d.bytes[7] = i;		/* ever new SPIs */
		pair_inject(p, &p->b, &d);
	}
	engine_totals(p->b.e, &t);
	assert_int_equal(t.half_open, 10);
	assert_int_equal(t.rx_over_limit, 40);
	pair_free(p);
}

static void a_stranger_gets_no_more_than_he_sends(void **state)
{
	struct pair *p = pair_new(14, A, NULL);
	const char *const none[] = {
		"other",
		"remote = 192.0.2.99\nlocal-net = 10.2.0.0/16\nremote-net = 10.9.0.0/16\n" PSK
			PASSIVE,
		NULL
	};
	char why[ENGINE_WHY];

	(void)state;
	assert_int_equal(engine_configure(p->b.e, side_conf(none), false, NULL, NULL, why), 0);
	side_up(&p->a);
	pair_run(p, 10000);
	assert_true(p->bytes_to[0] <= p->bytes_to[1]);
	assert_int_not_equal(side_view(&p->a).state, CONN_UP);
	assert_int_equal(p->a.failure.kind, FAILURE_PROPOSAL);
	pair_free(p);
}

static void a_higher_major_version_is_refused(void **state)
{
	struct pair *p = pair_new(15, A, B);
	struct engine_totals t;

	(void)state;
	side_up(&p->a);
	pair_first(p)->bytes[17] = 0x30;
	pair_deliver(p);
	engine_totals(p->b.e, &t);
	assert_int_equal(t.rx_bad_version, 1);
	/* <-- N(INVALID_MAJOR_VERSION) */
	assert_int_equal(pair_waiting(p), 1);
	assert_int_equal(pair_first(p)->bytes[pair_first(p)->len - 1], N_INVALID_MAJOR_VERSION);
	pair_free(p);
}

static void an_unknown_critical_payload_is_refused(void **state)
{
	struct pair *p = pair_new(16, A, B);
	struct datagram *d;

	(void)state;
	side_up(&p->a);
	d = pair_first(p);
	/* The SA payload becomes one of type 200, marked critical. */
	d->bytes[16] = 200;
	d->bytes[29] = 0x80;
	pair_deliver(p);
	/* <-- N(UNSUPPORTED_CRITICAL_PAYLOAD, 200) */
	d = pair_first(p);
	assert_non_null(d);
	assert_int_equal(d->bytes[35], N_UNSUPPORTED_CRITICAL_PAYLOAD);
	assert_int_equal(d->bytes[36], 200);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_engines_connect),
		cmocka_unit_test(a_cookie_is_asked_for_and_brought_back),
		cmocka_unit_test(a_forged_cookie_makes_no_state),
		cmocka_unit_test(a_cookie_of_another_address_is_not_taken),
		cmocka_unit_test(a_forger_fills_a_quarter_of_a_share),
		cmocka_unit_test(a_peer_has_a_share_of_the_half_open),
		cmocka_unit_test(a_wrong_group_is_corrected),
		cmocka_unit_test(cookie_first_then_wrong_group),
		cmocka_unit_test(wrong_group_first_then_cookie),
		cmocka_unit_test(a_group_that_was_not_offered_is_refused),
		cmocka_unit_test(no_common_proposal_says_what_differs),
		cmocka_unit_test(a_forged_refusal_does_not_stop_the_real_answer),
		cmocka_unit_test(a_repeated_first_message_gets_the_same_answer),
		cmocka_unit_test(an_old_first_message_cannot_disturb),
		cmocka_unit_test(a_half_open_sa_ends_by_itself),
		cmocka_unit_test(half_open_sas_are_bounded),
		cmocka_unit_test(a_stranger_gets_no_more_than_he_sends),
		cmocka_unit_test(a_higher_major_version_is_refused),
		cmocka_unit_test(an_unknown_critical_payload_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
