// SPDX-License-Identifier: GPL-2.0
/* Rekeying children and IKE SAs without losing a packet, and deleting them (RFC 7296 §1.4.1, §2.8). */
#include <string.h>

#include "exchange/pair.h"
#include "wire/isakmp.h"

/* From here on a packet of either side must be acceptable to the other after every single step. */
static void watch(struct pair *p)
{
	p->traffic = true;
	p->lost_ab = 0;
	p->lost_ba = 0;
}

static void nothing_was_lost(const struct pair *p)
{
	assert_int_equal(p->lost_ab, 0);
	assert_int_equal(p->lost_ba, 0);
}

static void a_child_is_rekeyed_by_its_initiator(void **state)
{
	struct pair *p = pair_established(1);
	struct view before = side_view(&p->a);

	(void)state;
	watch(p);
	side_expire(&p->a, false);
	/* CREATE_CHILD_SA {N(REKEY_SA), SA, Ni, TSi, TSr} --> */
	assert_int_equal(datagram_exchange(pair_first(p)), EXCHANGE_CREATE_CHILD_SA);
	pair_deliver(p);
	/* b receives on both, still sends on the old one */
	assert_int_equal(fake_kernel_sas(&p->b.kernel, false), 2);
	assert_int_equal(fake_kernel_sas(&p->b.kernel, true), 1);
	assert_int_equal(fake_kernel_current(&p->b.kernel)->spi, before.spi_in);
	/* <-- CREATE_CHILD_SA {SA, Nr, TSi, TSr} */
	pair_deliver(p);
	assert_int_equal(fake_kernel_sas(&p->a.kernel, false), 2);
	assert_int_not_equal(fake_kernel_current(&p->a.kernel)->spi, before.spi_out);
	/* INFORMATIONAL {D} --> */
	assert_int_equal(datagram_exchange(pair_first(p)), EXCHANGE_INFORMATIONAL);
	pair_deliver(p);
	/* now b sends on the new one too; what is under way on the old one is still received */
	assert_int_not_equal(fake_kernel_current(&p->b.kernel)->spi, before.spi_in);
	assert_non_null(fake_kernel_find(&p->b.kernel, false, before.spi_out));
	/* <-- INFORMATIONAL {D} */
	pair_deliver(p);
	assert_non_null(fake_kernel_find(&p->a.kernel, false, before.spi_in));
	pair_consistent(p);
	pair_run(p, 6000);
	assert_int_equal(fake_kernel_sas(&p->a.kernel, false), 1);
	assert_int_equal(fake_kernel_sas(&p->b.kernel, false), 1);
	assert_int_equal(p->a.events[EVENT_CHILD_REKEYED], 1);
	assert_int_equal(p->a.events[EVENT_CHILD_DOWN], 0);
	assert_int_equal(fake_kernel_policies(&p->a.kernel, PRIORITY_OF_CHILD), 1);
	nothing_was_lost(p);
	pair_free(p);
}

static void a_child_is_rekeyed_by_its_responder(void **state)
{
	struct pair *p = pair_established(2);
	struct view before = side_view(&p->a);

	(void)state;
	watch(p);
	side_expire(&p->b, false);
	pair_settle(p);
	pair_consistent(p);
	assert_int_not_equal(side_view(&p->a).child_id, before.child_id);
	assert_int_equal(side_view(&p->a).ike_id, before.ike_id);
	pair_run(p, 6000);
	nothing_was_lost(p);
	pair_free(p);
}

#define PFS_A CONF_A IDS_A PSK "pfs = x25519+ecp-256\n"
#define PFS_B CONF_B IDS_B PSK PASSIVE "pfs = x25519+ecp-256\n"

static void a_child_is_rekeyed_with_pfs(void **state)
{
	struct pair *p = pair_up(3, PFS_A, PFS_B);

	(void)state;
	pair_consistent(p);
	/* RFC 7296 §1.2: the first child has no key exchange of its own */
	assert_null(strstr(side_view(&p->a).child_algorithms, "x25519"));
	watch(p);
	side_rekey(&p->a, false);
	pair_settle(p);
	pair_consistent(p);
	assert_non_null(strstr(side_view(&p->a).child_algorithms, "x25519"));
	side_rekey(&p->b, false);
	pair_settle(p);
	pair_run(p, 6000);
	pair_consistent(p);
	nothing_was_lost(p);
	pair_free(p);
}

static void a_pfs_group_is_corrected(void **state)
{
	struct pair *p = pair_up(4, PFS_A, CONF_B IDS_B PSK PASSIVE "pfs = ecp-256\n");

	(void)state;
	watch(p);
	side_rekey(&p->a, false);
	/* KEi(x25519) --> */
	pair_deliver(p);
	/* <-- N(INVALID_KE_PAYLOAD) */
	pair_settle(p);
	pair_consistent(p);
	assert_non_null(strstr(side_view(&p->a).child_algorithms, "ecp-256"));
	pair_run(p, 6000);
	nothing_was_lost(p);
	pair_free(p);
}

static void a_pfs_mismatch_is_named_and_the_child_stays(void **state)
{
	struct pair *p = pair_up(5, CONF_A IDS_A PSK "pfs = x25519\n",
				 CONF_B IDS_B PSK PASSIVE "pfs = ecp-256\n");
	uint32_t spi = side_view(&p->a).spi_in;

	(void)state;
	pair_consistent(p);
	watch(p);
	side_rekey(&p->a, false);
	pair_settle(p);
	assert_int_equal(p->b.failure.kind, FAILURE_PROPOSAL);
	assert_string_equal(p->b.failure.differs, "key exchange");
	assert_int_equal(p->a.failure.kind, FAILURE_PROPOSAL);
	assert_non_null(strstr(p->a.failure.text, "PFS"));
	assert_int_equal(side_view(&p->a).spi_in, spi);
	pair_consistent(p);
	nothing_was_lost(p);
	pair_free(p);
}

/* Hours before the first rekey of its own the peer is asked once, and says what differs. */
static void a_pfs_mismatch_shows_at_once(void **state)
{
	struct pair *p = pair_up(18, CONF_A IDS_A PSK "pfs = x25519\n",
				 CONF_B IDS_B PSK PASSIVE "pfs = ecp-256\n");

	(void)state;
	pair_run(p, 15000);
	assert_int_equal(p->a.failure.kind, FAILURE_PROPOSAL);
	assert_non_null(strstr(p->a.failure.text, "PFS"));
	pair_free(p);
	/* where they meet it is done once */
	p = pair_up(19, PFS_A, PFS_B);
	pair_run(p, 900000);
	assert_int_equal(p->a.events[EVENT_CHILD_REKEYED], 1);
	assert_int_equal(p->a.events[EVENT_FAILURE], 0);
	assert_non_null(strstr(side_view(&p->a).child_algorithms, "x25519"));
	pair_free(p);
}

/* RFC 6023: the IKE SA comes up alone, then the child with a key exchange of its own. */
static void it_begins_without_a_child(void **state)
{
	struct pair *p = pair_up(20, PFS_A "childless = yes\n", PFS_B);

	(void)state;
	pair_consistent(p);
	assert_non_null(strstr(side_view(&p->a).child_algorithms, "x25519"));
	/* IKE_SA_INIT, IKE_AUTH, CREATE_CHILD_SA */
	assert_int_equal(p->sent, 6);
	pair_run(p, 900000);
	assert_int_equal(p->a.events[EVENT_CHILD_REKEYED], 0);
	pair_free(p);
}

/* b's configuration says nothing of PFS: a peer that wants it gets it, with any group but a legacy one. */
static void pfs_that_is_off_is_accepted(void **state)
{
	struct pair *p = pair_up(16, CONF_A IDS_A PSK "pfs = modp-2048\n", CONF_B IDS_B PSK PASSIVE);

	(void)state;
	pair_consistent(p);
	watch(p);
	side_rekey(&p->a, false);
	pair_settle(p);
	pair_consistent(p);
	assert_non_null(strstr(side_view(&p->a).child_algorithms, "modp-2048"));
	assert_int_equal(p->b.events[EVENT_FAILURE], 0);
	/* b rekeys as it is configured to: a insists and says so */
	side_rekey(&p->b, false);
	pair_settle(p);
	assert_int_equal(p->a.failure.kind, FAILURE_PROPOSAL);
	pair_run(p, 6000);
	pair_consistent(p);
	nothing_was_lost(p);
	pair_free(p);
}

static void an_ike_sa_is_rekeyed_by_its_initiator(void **state)
{
	struct pair *p = pair_established(6);
	struct view before = side_view(&p->a), after;

	(void)state;
	watch(p);
	side_rekey(&p->a, true);
	/* CREATE_CHILD_SA {SA, Ni, KEi} --> */
	pair_deliver(p);
	assert_int_equal(side_view(&p->b).ike, 2);
	/* <-- CREATE_CHILD_SA {SA, Nr, KEr} */
	pair_deliver(p);
	/* INFORMATIONAL {D} -->, <-- INFORMATIONAL {} */
	pair_deliver(p);
	pair_deliver(p);
	after = side_view(&p->a);
	assert_int_equal(after.ike, 1);
	assert_int_not_equal(after.ike_id, before.ike_id);
	/* the children survive */
	assert_int_equal(after.child_id, before.child_id);
	assert_int_equal(p->a.events[EVENT_IKE_REKEYED], 1);
	assert_int_equal(p->a.events[EVENT_IKE_DOWN] + p->b.events[EVENT_IKE_DOWN], 0);
	assert_int_equal(p->a.events[EVENT_CHILD_DOWN] + p->b.events[EVENT_CHILD_DOWN], 0);
	pair_consistent(p);
	/* and can be rekeyed under the new one, from either side */
	side_rekey(&p->a, false);
	pair_settle(p);
	side_rekey(&p->b, false);
	pair_settle(p);
	pair_consistent(p);
	pair_run(p, 6000);
	nothing_was_lost(p);
	pair_free(p);
}

static void an_ike_sa_is_rekeyed_by_its_responder_again_and_again(void **state)
{
	struct pair *p = pair_established(7);

	(void)state;
	watch(p);
	for (unsigned int i = 0; i < 10; i++) {
		side_rekey(i & 1 ? &p->a : &p->b, true);
		pair_settle(p);
		pair_consistent(p);
	}
	assert_int_equal(p->a.events[EVENT_IKE_REKEYED], 10);
	nothing_was_lost(p);
	pair_free(p);
}

#define SHORT "ike-lifetime = 60s\nchild-lifetime = 30s\n"

static void lifetimes_rekey_by_themselves_for_an_hour(void **state)
{
	struct pair *p = pair_up(8, CONF_A IDS_A PSK SHORT, CONF_B IDS_B PSK PASSIVE SHORT);

	(void)state;
	watch(p);
	pair_run(p, 3600000);
	pair_consistent(p);
	assert_true(p->a.events[EVENT_CHILD_REKEYED] >= 120);
	assert_true(p->a.events[EVENT_IKE_REKEYED] >= 60);
	assert_int_equal(p->a.events[EVENT_IKE_DOWN] + p->b.events[EVENT_IKE_DOWN], 0);
	assert_int_equal(p->a.events[EVENT_CHILD_DOWN] + p->b.events[EVENT_CHILD_DOWN], 0);
	assert_int_equal(p->a.events[EVENT_FAILURE] + p->b.events[EVENT_FAILURE], 0);
	nothing_was_lost(p);
	pair_free(p);
}

/* Proves itself again every minute, beside what is in use: nothing is lost, and one IKE SA is left. */
static void reauthentication_makes_before_it_breaks(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct pair *p = pair_up(30 + i, CONF_A IDS_A PSK "reauth = 60s\nike-lifetime = 25s\n",
					 CONF_B IDS_B PSK PASSIVE "ike-lifetime = 25s\n");

		p->w.job_delay = i * 30;
		watch(p);
		pair_run(p, 600000);
		for (unsigned int k = 0; k < 20 && !pair_is_consistent(p); k++)
			pair_run(p, 1000);
		pair_consistent(p);
		assert_true(p->a.events[EVENT_IKE_UP] >= 10 && p->a.events[EVENT_IKE_UP] <= 14);
		assert_true(p->a.events[EVENT_IKE_REKEYED] >= 10);
		assert_int_equal(p->a.events[EVENT_CHILD_DOWN] + p->b.events[EVENT_CHILD_DOWN], 0);
		nothing_was_lost(p);
		pair_free(p);
	}
}

/* The peer is away when it is time: what is there stays, and it is tried again. */
static void reauthentication_that_fails_changes_nothing(void **state)
{
	struct pair *p = pair_up(35, CONF_A IDS_A PSK "reauth = 60s\ndpd = never\n",
				 CONF_B IDS_B PSK PASSIVE "dpd = never\n");
	uint64_t ike = side_view(&p->a).ike_id;

	(void)state;
	p->a.no_route = true;
	pair_run(p, 90000);
	assert_int_equal(side_view(&p->a).ike_id, ike);
	pair_consistent(p);
	p->a.no_route = false;
	pair_run(p, 160000);
	pair_consistent(p);
	assert_int_not_equal(side_view(&p->a).ike_id, ike);
	pair_free(p);
}

static void a_lost_request_is_repeated(void **state)
{
	struct pair *p = pair_established(9);

	(void)state;
	watch(p);
	side_rekey(&p->a, false);
	pair_drop(p);
	pair_run(p, 10000);
	pair_consistent(p);
	nothing_was_lost(p);
	pair_free(p);
}

static void a_lost_answer_is_repeated(void **state)
{
	struct pair *p = pair_established(10);

	(void)state;
	watch(p);
	side_rekey(&p->a, false);
	pair_deliver(p);
	pair_drop(p);
	/* the repeated request does not make a second child */
	pair_run(p, 1500);
	assert_int_equal(fake_kernel_larvals(&p->b.kernel), 0);
	pair_run(p, 10000);
	pair_consistent(p);
	assert_int_equal(p->b.events[EVENT_CHILD_REKEYED], 1);
	nothing_was_lost(p);
	pair_free(p);
}

static void a_duplicate_request_changes_nothing(void **state)
{
	struct pair *p = pair_established(11);

	(void)state;
	side_rekey(&p->a, false);
	pair_repeat(p);
	pair_repeat(p);
	pair_settle(p);
	assert_int_equal(p->b.events[EVENT_CHILD_REKEYED], 1);
	pair_consistent(p);
	pair_free(p);
}

/* The kernel's own limit comes a quarter behind the rekey, never less than 30 s; the time is there unless it is written as 0. */
static void the_kernel_ends_an_sa_well_after_its_rekey(void **state)
{
	static const struct {
		const char *conf;
		uint32_t hard;
	} cases[] = {
		{ CONF_A IDS_A PSK "child-lifetime = 10s\n", 40 },
		{ CONF_A IDS_A PSK "child-lifetime = 1h\n", 4500 },
		{ CONF_A IDS_A PSK "child-lifetime = 1000p\n", 4500 },
		{ CONF_A IDS_A PSK "child-lifetime = 0\n", 0 },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct pair *p = pair_up(40 + i, cases[i].conf, CONF_B IDS_B PSK PASSIVE);

		assert_int_equal(fake_kernel_current(&p->a.kernel)->hard_seconds, cases[i].hard);
		pair_free(p);
	}
}

static void a_hard_limit_brings_a_new_child(void **state)
{
	struct pair *p = pair_established(12);

	(void)state;
	side_expire(&p->a, true);
	pair_settle(p);
	assert_int_equal(side_view(&p->b).child, 0);
	assert_int_equal(p->b.events[EVENT_CHILD_DOWN], 1);
	pair_run(p, 5000);
	pair_consistent(p);
	assert_int_equal(p->a.events[EVENT_IKE_UP], 1);
	pair_free(p);
}

static struct fake_sa *current_sa(struct side *s)
{
	return (struct fake_sa *)(uintptr_t)fake_kernel_current(&s->kernel);
}

static void lose_events(struct side *s)
{
	engine_kernel_event(s->e, &(struct kernel_event){ .type = KERNEL_RESYNC });
}

/* The kernel's events did not fit its socket: what they said is found by looking. */
static void lost_events_are_made_up_for(void **state)
{
	struct pair *p = pair_up(17, CONF_A IDS_A PSK "child-lifetime = 1h, 1M\n",
				 CONF_B IDS_B PSK PASSIVE);
	uint64_t child = side_view(&p->a).child_id;

	(void)state;
	lose_events(&p->a);
	pair_settle(p);
	assert_int_equal(side_view(&p->a).child_id, child);
	/* past the soft limit */
	watch(p);
	current_sa(&p->a)->bytes = 2000000;
	lose_events(&p->a);
	pair_settle(p);
	pair_consistent(p);
	assert_int_equal(p->a.events[EVENT_CHILD_REKEYED], 1);
	pair_run(p, 10000);
	nothing_was_lost(p);
	/* past the hard one: the kernel has dropped it */
	p->traffic = false;
	current_sa(&p->a)->used = false;
	lose_events(&p->a);
	pair_run(p, 10000);
	pair_consistent(p);
	assert_int_equal(p->b.events[EVENT_CHILD_DOWN], 1);
	assert_int_equal(p->a.events[EVENT_IKE_UP], 1);
	pair_free(p);
}

static void down_deletes_and_stays_down(void **state)
{
	struct pair *p = pair_established(13);

	(void)state;
	side_down(&p->a);
	/* INFORMATIONAL {D} -->, <-- INFORMATIONAL {} */
	pair_deliver(p);
	pair_deliver(p);
	assert_int_equal(side_view(&p->a).ike + side_view(&p->b).ike, 0);
	assert_int_equal(
		fake_kernel_sas(&p->a.kernel, false) + fake_kernel_sas(&p->b.kernel, false), 0);
	pair_run(p, 600000);
	assert_int_equal(side_view(&p->a).state, CONN_DOWN);
	assert_int_equal(p->a.events[EVENT_IKE_UP], 1);
	/* the selectors stay protected: traffic has nowhere to leak to */
	assert_int_equal(fake_kernel_policies(&p->a.kernel, PRIORITY_OF_TRAP), 1);
	pair_free(p);
}

static void a_delete_from_the_responder_is_followed_by_a_new_try(void **state)
{
	struct pair *p = pair_established(14);
	char why[ENGINE_WHY];

	(void)state;
	assert_int_equal(engine_delete(p->b.e, "t", why), 0);
	pair_settle(p);
	assert_int_equal(side_view(&p->a).state, CONN_WAITING);
	pair_run(p, 3000);
	pair_consistent(p);
	assert_int_equal(p->a.events[EVENT_IKE_UP], 2);
	pair_free(p);
}

/* Counters belong to the connection: they outlive children and reconnects. */
static void totals_survive_a_reconnect(void **state)
{
	struct pair *p = pair_established(15);
	char why[ENGINE_WHY];

	(void)state;
	for (unsigned int i = 0; i < 32; i++)
		p->a.kernel.policy[i].packets =
			p->a.kernel.policy[i].priority == PRIORITY_OF_CHILD ? 1000 : 0;
	assert_int_equal(side_view(&p->a).totals.in_packets, 1000);
	assert_int_equal(engine_delete(p->a.e, "t", why), 0);
	pair_run(p, 3000);
	pair_consistent(p);
	assert_int_equal(side_view(&p->a).totals.in_packets, 1000);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_is_rekeyed_by_its_initiator),
		cmocka_unit_test(a_child_is_rekeyed_by_its_responder),
		cmocka_unit_test(a_child_is_rekeyed_with_pfs),
		cmocka_unit_test(a_pfs_group_is_corrected),
		cmocka_unit_test(a_pfs_mismatch_is_named_and_the_child_stays),
		cmocka_unit_test(a_pfs_mismatch_shows_at_once),
		cmocka_unit_test(it_begins_without_a_child),
		cmocka_unit_test(pfs_that_is_off_is_accepted),
		cmocka_unit_test(an_ike_sa_is_rekeyed_by_its_initiator),
		cmocka_unit_test(an_ike_sa_is_rekeyed_by_its_responder_again_and_again),
		cmocka_unit_test(lifetimes_rekey_by_themselves_for_an_hour),
		cmocka_unit_test(reauthentication_makes_before_it_breaks),
		cmocka_unit_test(reauthentication_that_fails_changes_nothing),
		cmocka_unit_test(a_lost_request_is_repeated),
		cmocka_unit_test(a_lost_answer_is_repeated),
		cmocka_unit_test(a_duplicate_request_changes_nothing),
		cmocka_unit_test(the_kernel_ends_an_sa_well_after_its_rekey),
		cmocka_unit_test(a_hard_limit_brings_a_new_child),
		cmocka_unit_test(lost_events_are_made_up_for),
		cmocka_unit_test(down_deletes_and_stays_down),
		cmocka_unit_test(a_delete_from_the_responder_is_followed_by_a_new_try),
		cmocka_unit_test(totals_survive_a_reconnect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
