// SPDX-License-Identifier: GPL-2.0
/* Both sides want something at once (RFC 7296 §2.8.1, §2.25). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/pair.h"
#include "wire/isakmp.h"

#define SEEDS 8	/* the nonces decide who wins: both must be seen */

static void watch(struct pair *p)
{
	p->traffic = true;
	p->lost_ab = 0;
	p->lost_ba = 0;
}

static void end_consistently(struct pair *p)
{
	pair_run(p, 60000);
	pair_consistent(p);
	assert_int_equal(p->lost_ab, 0);
	assert_int_equal(p->lost_ba, 0);
	assert_int_equal(p->a.events[EVENT_CHILD_DOWN] + p->b.events[EVENT_CHILD_DOWN], 0);
	assert_int_equal(p->a.events[EVENT_IKE_DOWN] + p->b.events[EVENT_IKE_DOWN], 0);
	pair_run(p, 10000);
	assert_int_equal(fake_kernel_sas(&p->a.kernel, false), 1);
	assert_int_equal(fake_kernel_sas(&p->b.kernel, false), 1);
	pair_free(p);
}

static void both_rekey_the_child(void **state)
{
	unsigned int won_by_a = 0;

	(void)state;
	for (unsigned int seed = 0; seed < SEEDS; seed++) {
		struct pair *p = pair_established(100 + seed);

		watch(p);
		side_rekey(&p->a, false);
		side_rekey(&p->b, false);
		/* CREATE_CHILD_SA {N(REKEY_SA)} --> and <-- cross */
		pair_deliver(p);
		pair_deliver(p);
		/* both are answered: there are two new children on each side */
		pair_deliver(p);
		pair_deliver(p);
		pair_settle(p);
		pair_consistent(p);
		won_by_a += side_view(&p->a).spi_in == 0xa0000002;
		end_consistently(p);
	}
	print_message("a made the surviving child in %u of %u\n", won_by_a, SEEDS);
}

/* b's answer to a is lost: a hears of b's rekey, and of b's delete, before it knows what became of its own. */
static void both_rekey_the_child_and_an_answer_is_lost(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < SEEDS; seed++) {
		struct pair *p = pair_established(200 + seed);

		watch(p);
		side_rekey(&p->a, false);
		side_rekey(&p->b, false);
		pair_deliver(p);	/* a's request */
		pair_deliver(p);	/* b's request */
		pair_drop(p);		/* b's answer to a */
		pair_settle(p);
		end_consistently(p);
	}
}

/* b never got a's request before it finished its own: CHILD_SA_NOT_FOUND. */
static void a_late_rekey_finds_the_child_replaced(void **state)
{
	struct pair *p = pair_established(3);

	(void)state;
	watch(p);
	side_rekey(&p->a, false);
	pair_drop(p);
	side_rekey(&p->b, false);
	pair_settle(p);
	end_consistently(p);
}

static void both_rekey_the_ike_sa(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < SEEDS; seed++) {
		struct pair *p = pair_established(300 + seed);

		watch(p);
		side_rekey(&p->a, true);
		side_rekey(&p->b, true);
		pair_settle(p);
		pair_consistent(p);
		assert_int_equal(side_view(&p->a).ike, 1);
		end_consistently(p);
	}
}

static void both_rekey_the_ike_sa_and_an_answer_is_lost(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < 2 * SEEDS; seed++) {
		struct pair *p = pair_established(400 + seed);

		watch(p);
		side_rekey(&p->a, true);
		side_rekey(&p->b, true);
		pair_deliver(p);
		pair_deliver(p);
		if (seed & 1)
			pair_deliver(p);
		pair_drop(p);
		pair_run(p, 120000);
		end_consistently(p);
	}
}

static void a_rekeys_the_ike_sa_while_b_rekeys_the_child(void **state)
{
	struct pair *p = pair_established(5);

	(void)state;
	watch(p);
	side_rekey(&p->a, true);
	side_rekey(&p->b, false);
	pair_deliver(p);
	pair_deliver(p);
	/* both are told TEMPORARY_FAILURE and try again, not at once and not together */
	pair_settle(p);
	assert_int_equal(p->a.events[EVENT_IKE_REKEYED] + p->a.events[EVENT_CHILD_REKEYED], 0);
	end_consistently(p);
}

static void rekey_done(struct pair *p)
{
	assert_true(p->a.events[EVENT_CHILD_REKEYED] + p->a.events[EVENT_CHILD_DOWN] >= 1);
}

/* a rekeys the child that b deletes. */
static void a_rekey_meets_a_delete(void **state)
{
	struct pair *p = pair_established(6);

	(void)state;
	side_rekey(&p->a, false);
	side_expire(&p->b, true);
	/* CREATE_CHILD_SA {N(REKEY_SA)} -->: TEMPORARY_FAILURE; <-- INFORMATIONAL {D}: answered with D */
	pair_settle(p);
	pair_run(p, 30000);
	pair_consistent(p);
	rekey_done(p);
	pair_free(p);
}

static void the_delete_comes_first(void **state)
{
	struct pair *p = pair_established(7);

	(void)state;
	side_rekey(&p->a, false);
	side_expire(&p->b, true);
	pair_swap(p);
	pair_settle(p);
	pair_run(p, 30000);
	pair_consistent(p);
	pair_free(p);
}

static void both_delete_the_child(void **state)
{
	struct pair *p = pair_established(8);

	(void)state;
	side_expire(&p->a, true);
	side_expire(&p->b, true);
	pair_deliver(p);
	pair_deliver(p);
	pair_settle(p);
	assert_int_equal(fake_kernel_sas(&p->a.kernel, true) + fake_kernel_sas(&p->b.kernel, true),
			 0);
	pair_run(p, 30000);
	pair_consistent(p);
	pair_free(p);
}

static void both_delete_the_ike_sa(void **state)
{
	struct pair *p = pair_established(9);

	(void)state;
	side_down(&p->a);
	side_down(&p->b);
	pair_settle(p);
	assert_int_equal(side_view(&p->a).ike + side_view(&p->b).ike, 0);
	pair_free(p);
}

/* RFC 7296 §2.25.2: a request to close the IKE SA that is being rekeyed: answered, and the rekey forgotten. */
static void an_ike_rekey_meets_a_delete_of_the_ike_sa(void **state)
{
	struct pair *p = pair_established(10);
	char why[ENGINE_WHY];

	(void)state;
	side_rekey(&p->a, true);
	assert_int_equal(engine_delete(p->b.e, "t", why), 0);
	pair_settle(p);
	assert_int_equal(side_view(&p->b).ike, 0);
	pair_run(p, 10000);
	pair_consistent(p);
	pair_free(p);
}

#define UP_A CONF_A IDS_A PSK
#define UP_B CONF_B IDS_B PSK

/* Both are told to connect and do so at the same moment. */
static void both_connect_at_once(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < SEEDS; seed++) {
		struct pair *p = pair_new(500 + seed, UP_A, UP_B);

		pair_run(p, 20000);
		pair_consistent(p);
		pair_run(p, 100000);
		pair_consistent(p);
		pair_free(p);
	}
}

/* b's IKE_AUTH takes two seconds: a's IKE SA is in use on both sides before b's comes about. */
static enum fate slow_auth_of_b(struct pair *p, struct datagram *d)
{
	if (d->from == &p->b && datagram_exchange(d) == EXCHANGE_IKE_AUTH &&
	    !datagram_is_response(d))
		d->due += 2000;
	return FATE_DELIVER;
}

/* a's request to rekey its IKE SA is out when it turns out to be one of two that crossed. */
static void connections_cross_while_one_is_rekeyed(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < SEEDS; seed++) {
		struct pair *p = pair_new(700 + seed, UP_A, UP_B);

		p->on_send = slow_auth_of_b;
		pair_run(p, 500);
		assert_true(side_is_up(&p->a) && side_is_up(&p->b));
		p->on_send = NULL;
		side_rekey(&p->a, true);
		assert_int_equal(pair_waiting(p), 2);
		/* b's IKE_AUTH --> first, then CREATE_CHILD_SA {SA, Ni, KEi}; both are answered */
		pair_deliver(p);
		pair_run(p, 5000);
		pair_consistent(p);
		pair_run(p, 120000);
		pair_consistent(p);
		pair_free(p);
	}
}

/* Taken down while the rekey of its IKE SA is under way: the new one ends too. */
static void down_meets_an_ike_rekey(void **state)
{
	struct pair *p = pair_established(610);

	(void)state;
	side_rekey(&p->a, true);
	side_down(&p->a);
	pair_settle(p);
	assert_int_equal(side_view(&p->a).ike + side_view(&p->b).ike, 0);
	pair_free(p);
}

static void a_restarted_peer_replaces_its_old_sas(void **state)
{
	struct pair *p = pair_new(600, UP_A, UP_B);

	(void)state;
	pair_run(p, 60000);
	pair_consistent(p);
	side_restart(&p->b, UP_B);
	pair_run(p, 20000);
	pair_consistent(p);
	pair_free(p);
}

/* Killed when its SAs are seconds old, or were just rekeyed: that is no crossing. */
static void a_peer_restarts_right_after_it_connected(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < 4 * SEEDS; seed++) {
		struct pair *p = pair_new(800 + seed, UP_A, UP_B);
		struct side *dead = seed & 1 ? &p->b : &p->a, *other = seed & 1 ? &p->a : &p->b;

		pair_run(p, 3000);
		pair_consistent(p);
		if (seed & 2) {
			pair_run(p, 60000);
			side_rekey(other, true);
			pair_run(p, 2000);
		}
		side_restart(dead, seed & 1 ? UP_B : UP_A);
		pair_run(p, 500);
		pair_consistent(p);
		watch(p);
		pair_run(p, 100000);
		pair_consistent(p);
		assert_int_equal(p->lost_ab + p->lost_ba, 0);
		pair_free(p);
	}
}

/* The survivor is told to connect anew in the moment in which the restarted peer does so. */
static void a_restarted_peer_and_the_survivor_connect_at_once(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < 2 * SEEDS; seed++) {
		struct pair *p = pair_new(900 + seed, UP_A, UP_B);

		pair_run(p, 3000);
		pair_consistent(p);
		if (seed & 1)
			p->on_send = slow_auth_of_b;
		side_restart(&p->a, UP_A);
		side_down(&p->b);
		side_up(&p->b);
		pair_run(p, 500);
		p->on_send = NULL;
		/* b's delete of the IKE SA that a has forgotten is never answered */
		pair_run(p, 70000);
		pair_consistent(p);
		watch(p);
		pair_run(p, 100000);
		pair_consistent(p);
		assert_int_equal(p->lost_ab + p->lost_ba, 0);
		pair_free(p);
	}
}

static struct conf *two_conf(const char *x, const char *y)
{
	const char *const both[] = { "t", x, "u", y, NULL };

	return side_conf(both);
}

static unsigned int children_of(struct side *s)
{
	struct engine_totals t;

	engine_totals(s->e, &t);
	return t.child_sas;
}

/* Two connections between the same two identities: the second one's first message does not end the first. */
static void two_connections_to_one_peer(void **state)
{
	struct pair *p = pair_new(1000, NULL, NULL);
	char why[ENGINE_WHY];
	struct conf *a = two_conf(CONF_A IDS_A PSK, "remote = 192.0.2.2\nlocal = 192.0.2.1\n"
				  "local-net = 10.3.0.0/16\nremote-net = 10.4.0.0/16\n" IDS_A PSK);
	struct conf *b = two_conf(CONF_B IDS_B PSK PASSIVE, "remote = 192.0.2.1\n"
				  "local-net = 10.4.0.0/16\nremote-net = 10.3.0.0/16\n" IDS_B PSK PASSIVE);

	(void)state;
	assert_int_equal(engine_configure(p->b.e, b, false, NULL, NULL, why), 0);
	assert_int_equal(engine_configure(p->a.e, a, false, NULL, NULL, why), 0);
	pair_run(p, 60000);
	assert_int_equal(children_of(&p->a), 2);
	assert_int_equal(children_of(&p->b), 2);
	assert_int_equal(p->b.events[EVENT_IKE_DOWN], 0);
	pair_free(p);
}

static unsigned int ike_sas_of(struct side *s)
{
	struct engine_totals t;

	engine_totals(s->e, &t);
	return t.ike_sas;
}

/* a has two connections that are one for b: what becomes of the older IKE SA? */
static void the_same_peer_comes_twice(void **state)
{
	static const struct {
		const char *line;
		unsigned int ike_sas, refused;
	} kind[] = {
		{ "", 1, 0 }, { "unique = replace\n", 1, 0 }, { "unique = keep\n", 1, 1 },
		{ "unique = never\n", 2, 0 },
	};
	char text[400], why[ENGINE_WHY];

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct pair *p = pair_new(1010 + i, NULL, NULL);
		struct conf *a = two_conf(CONF_A IDS_A PSK "start = none\n",
					  CONF_A IDS_A PSK "start = none\n");
		const char *one[] = { "t", text, NULL };
		uint64_t first;

		snprintf(text, sizeof(text), "%s%s", CONF_B IDS_B PSK PASSIVE, kind[i].line);
		assert_int_equal(engine_configure(p->b.e, side_conf(one), false, NULL, NULL, why), 0);
		assert_int_equal(engine_configure(p->a.e, a, false, NULL, NULL, why), 0);
		side_up(&p->a);
		pair_run(p, 20000);
		first = side_view(&p->b).ike_id;
		assert_int_equal(engine_up(p->a.e, "u", why), 0);
		/* less than its next try after the one that is refused; the one that is replaced lives on a while */
		pair_settle(p);
		if (!kind[i].refused)
			pair_run(p, 8500);
		assert_int_equal(ike_sas_of(&p->b), kind[i].ike_sas);
		assert_int_equal(p->b.events[EVENT_FAILURE], kind[i].refused);
		if (!kind[i].line[0] || strstr(kind[i].line, "replace"))
			assert_int_not_equal(side_view(&p->b).ike_id, first);
		else
			assert_int_equal(side_view(&p->b).ike_id, first);
		/* a that was restarted says so, and is let in */
		side_restart(&p->a, UP_A);
		pair_settle(p);
		assert_true(side_is_up(&p->a));
		assert_int_equal(ike_sas_of(&p->b), 1);
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_rekey_the_child),
		cmocka_unit_test(both_rekey_the_child_and_an_answer_is_lost),
		cmocka_unit_test(a_late_rekey_finds_the_child_replaced),
		cmocka_unit_test(both_rekey_the_ike_sa),
		cmocka_unit_test(both_rekey_the_ike_sa_and_an_answer_is_lost),
		cmocka_unit_test(a_rekeys_the_ike_sa_while_b_rekeys_the_child),
		cmocka_unit_test(a_rekey_meets_a_delete),
		cmocka_unit_test(the_delete_comes_first),
		cmocka_unit_test(both_delete_the_child),
		cmocka_unit_test(both_delete_the_ike_sa),
		cmocka_unit_test(an_ike_rekey_meets_a_delete_of_the_ike_sa),
		cmocka_unit_test(both_connect_at_once),
		cmocka_unit_test(connections_cross_while_one_is_rekeyed),
		cmocka_unit_test(down_meets_an_ike_rekey),
		cmocka_unit_test(a_restarted_peer_replaces_its_old_sas),
		cmocka_unit_test(a_peer_restarts_right_after_it_connected),
		cmocka_unit_test(a_restarted_peer_and_the_survivor_connect_at_once),
		cmocka_unit_test(two_connections_to_one_peer),
		cmocka_unit_test(the_same_peer_comes_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
