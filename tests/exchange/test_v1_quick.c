// SPDX-License-Identifier: GPL-2.0
/*
 * IKEv1: how long SAs are used when the two sides differ, the commit bit, and several SAs in one quick mode (RFC 2407 §4.5, §4.6.3.1; RFC 2408 §3.1;
 * RFC 2409 §5.5).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/v1.h"
#include "ikev1/lifetime.h"

#define OLD_CHILD_MS 91000	/* how long a replaced child stays */

/* ---- lifetimes ---- */

static void each_policy_judges(void **state)
{
	static const struct {
		enum conf_life policy;
		uint64_t theirs, own;
		bool fits;
		uint64_t agreed;
	} is[] = {
		{ CONF_LIFE_CLAIM, 100, 200, true, 100 },  { CONF_LIFE_CLAIM, 300, 200, true, 200 },
		{ CONF_LIFE_CLAIM, 0, 200, true, 200 },	   { CONF_LIFE_CLAIM, 300, 0, true, 300 },
		{ CONF_LIFE_OBEY, 100, 200, true, 100 },   { CONF_LIFE_OBEY, 300, 200, true, 300 },
		{ CONF_LIFE_OBEY, 0, 200, true, 0 },	   { CONF_LIFE_STRICT, 100, 200, true, 100 },
		{ CONF_LIFE_STRICT, 200, 200, true, 200 }, { CONF_LIFE_STRICT, 201, 200, false, 200 },
		{ CONF_LIFE_STRICT, 0, 200, false, 200 },  { CONF_LIFE_STRICT, 300, 0, true, 300 },
		{ CONF_LIFE_EXACT, 200, 200, true, 200 },  { CONF_LIFE_EXACT, 199, 200, false, 199 },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(is) / sizeof(is[0]); i++) {
		assert_int_equal(v1_life_fits(is[i].policy, is[i].theirs, is[i].own), is[i].fits);
		assert_int_equal(v1_life_agreed(is[i].policy, is[i].theirs, is[i].own), is[i].agreed);
	}
	assert_int_equal(v1_life_rekey(500, 500, 401), 401);
	assert_int_equal(v1_life_rekey(500, 1250, 1000), 400);
	assert_int_equal(v1_life_rekey(1, 1250, 1000), 10);
	assert_int_equal(v1_life_rekey(0, 1250, 1000), 0);
}

static struct pair *pair_with(const char *more_a, const char *more_b)
{
	char a[1000], b[1000];

	snprintf(a, sizeof(a), "%s%s", V1_A, more_a);
	snprintf(b, sizeof(b), "%s%s", V1_B, more_b);
	return pair_up(1, a, b);
}

/* Of the children that the two have now, when they end by themselves: 5/4 of when they are rekeyed. */
static void child_ends(const char *more_a, const char *more_b, uint32_t seconds)
{
	struct pair *p = pair_with(more_a, more_b);

	pair_consistent(p);
	assert_int_equal(fake_kernel_current(&p->a.kernel)->hard_seconds, seconds);
	assert_int_equal(fake_kernel_current(&p->b.kernel)->hard_seconds, seconds);
	pair_free(p);
}

static void the_shorter_life_counts(void **state)
{
	(void)state;
	child_ends("child-lifetime = 1000s\n", "child-lifetime = 400s\n", 500);
	child_ends("child-lifetime = 400s\n", "child-lifetime = 1000s\n", 500);
	child_ends("child-lifetime = 400s\n", "child-lifetime = 1000s\nlifetime-policy = strict\n", 500);
	child_ends("child-lifetime = 1000s\n", "child-lifetime = 400s\nlifetime-policy = obey\n", 1250);
	child_ends("child-lifetime = 400s\n", "child-lifetime = 400s\nlifetime-policy = exact\n", 500);
	/* Where nothing is said 8 hours are meant: RFC 2407 §4.5.4. */
	child_ends("child-lifetime = 0\n", "child-lifetime = 400s\n", 500);
}

static void octets_are_agreed_on_too(void **state)
{
	struct pair *p = pair_with("child-lifetime = 100M\n", "child-lifetime = 1G\n");

	(void)state;
	pair_consistent(p);
	assert_int_equal(fake_kernel_current(&p->a.kernel)->soft_bytes, 100 << 20);
	assert_int_equal(fake_kernel_current(&p->b.kernel)->soft_bytes, 100 << 20);
	pair_free(p);
}

static void a_life_that_is_not_ours_is_refused(void **state)
{
	static const struct {
		const char *a, *b;
	} is[] = {
		{ "child-lifetime = 1000s\n", "child-lifetime = 400s\nlifetime-policy = strict\n" },
		{ "child-lifetime = 1000s\n", "child-lifetime = 400s\nlifetime-policy = exact\n" },
		{ "child-lifetime = 400s\n", "child-lifetime = 1000s\nlifetime-policy = exact\n" },
		{ "ike-lifetime = 1000s\n", "ike-lifetime = 400s\nlifetime-policy = strict\n" },
		{ "ike-lifetime = 400s\n", "ike-lifetime = 1000s\nlifetime-policy = exact\n" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(is) / sizeof(is[0]); i++) {
		struct pair *p = pair_with(is[i].a, is[i].b);

		assert_int_equal(p->a.events[EVENT_CHILD_UP] + p->b.events[EVENT_CHILD_UP], 0);
		assert_int_equal(p->b.failure.kind, FAILURE_PROPOSAL);
		assert_string_equal(p->b.failure.differs, "lifetime");
		pair_free(p);
	}
}

/* Extended sequence numbers (RFC 4304): an attribute whose absence means something. */
static void long_numbers_are_agreed_on(void **state)
{
	static const struct {
		const char *a, *b;
		bool up, esn;
	} rows[] = {
		{ "esp = aes-gcm-16-128+esn\n", "esp = aes-gcm-16-128+esn\n", true, true },
		{ "esp = aes-gcm-16-128+no-esn\n", "esp = aes-gcm-16-128+no-esn\n", true, false },
		{ "esp = aes-gcm-16-128+esn+no-esn\n", "esp = aes-gcm-16-128+no-esn\n", true, false },
		/* Who can do without does not ask for them: few peers know the attribute. */
		{ "esp = aes-gcm-16-128+esn+no-esn\n", "esp = aes-gcm-16-128+esn\n", false, false },
		{ "esp = aes-gcm-16-128+esn\n", "esp = aes-gcm-16-128+esn+no-esn\n", true, true },
		{ "esp = aes-gcm-16-128+esn\n", "esp = aes-gcm-16-128+no-esn\n", false, false },
		{ "esp = aes-gcm-16-128+no-esn\n", "esp = aes-gcm-16-128+esn\n", false, false },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char a[1000], b[1000];
		struct pair *p;

		snprintf(a, sizeof(a), "%s%s", V1_A, rows[i].a);
		snprintf(b, sizeof(b), "%s%s", V1_B, rows[i].b);
		p = pair_new(i + 1, a, b);
		side_up(&p->a);
		pair_run(p, 10000);
		if (rows[i].up) {
			pair_consistent(p);
			assert_int_equal(fake_kernel_current(&p->a.kernel)->esn, rows[i].esn);
			assert_int_equal(fake_kernel_current(&p->b.kernel)->esn, rows[i].esn);
		} else {
			assert_int_equal(p->a.events[EVENT_CHILD_UP] + p->b.events[EVENT_CHILD_UP], 0);
			assert_int_equal(p->b.failure.kind, FAILURE_PROPOSAL);
		}
		pair_free(p);
	}
}

static enum fate nothing_arrives(struct pair *p, struct datagram *d)
{
	(void)p;
	(void)d;
	return FATE_DROP;
}

/* The other side is silent: the ISAKMP SA ends when its initiator said that it would. */
static void phase_1_ends_when_its_initiator_says(void **state)
{
	struct pair *p = pair_with("ike-lifetime = 200s\n", "ike-lifetime = 10000s\ndpd = 0\n");

	(void)state;
	p->on_send = nothing_arrives;
	pair_run(p, 245000);
	assert_int_not_equal(side_view(&p->b).ike_id, 0);
	pair_run(p, 10000);
	assert_int_equal(side_view(&p->b).ike_id, 0);
	pair_free(p);
}

/* ---- the commit bit ---- */

#define COMMIT "commit-bit = yes\n"

static void up_to_message_3(struct pair *p)
{
	side_up(&p->a);
	for (unsigned int i = 0; i < 8; i++)
		pair_deliver(p);
}

static void who_begins_waits_for_connected(void **state)
{
	struct pair *p = pair_new(1, V1_A, V1_B COMMIT);

	(void)state;
	up_to_message_3(p);
	/* *HASH(3) --> */
	assert_int_equal(fake_kernel_sas(&p->a.kernel, false), 1);
	assert_null(fake_kernel_current(&p->a.kernel));
	pair_deliver(p);
	assert_non_null(fake_kernel_current(&p->b.kernel));
	assert_null(fake_kernel_current(&p->a.kernel));
	/* <-- *HASH, N(CONNECTED) */
	assert_int_equal(datagram_exchange(pair_first(p)), V1_EXCHANGE_QUICK_MODE);
	assert_int_equal(pair_first(p)->bytes[V1_FLAGS_AT], V1_FLAG_ENCRYPTION | V1_FLAG_COMMIT);
	pair_deliver(p);
	assert_int_equal(pair_waiting(p), 0);
	pair_consistent(p);
	pair_free(p);
}

static void nobody_waits_for_long(void **state)
{
	struct pair *p = pair_new(1, V1_A, V1_B COMMIT);

	(void)state;
	up_to_message_3(p);
	pair_deliver(p);
	pair_drop(p);
	pair_run(p, 4000);
	assert_null(fake_kernel_current(&p->a.kernel));
	pair_run(p, 2000);
	pair_consistent(p);
	pair_free(p);
}

static void a_forged_connected_is_none(void **state)
{
	struct pair *p = pair_new(1, V1_A, V1_B COMMIT);

	(void)state;
	up_to_message_3(p);
	pair_deliver(p);
	pair_first(p)->bytes[pair_first(p)->len - 1] ^= 1;
	pair_deliver(p);
	assert_null(fake_kernel_current(&p->a.kernel));
	pair_run(p, 6000);
	pair_consistent(p);
	pair_free(p);
}

static void each_message_lost_or_doubled(void **state)
{
	(void)state;
	for (unsigned int which = 0; which < 52; which++) {
		struct mishap m = { .which = which / 2, .twice = which % 2 };
		struct pair *p = pair_new(which + 1, V1_A COMMIT, V1_B COMMIT);

		p->ctx = &m;
		p->on_send = mishap_fate;
		side_up(&p->a);
		pair_run(p, 20000);
		pair_consistent(p);
		p->traffic = true;
		side_rekey(&p->a, false);
		pair_run(p, 10000);
		side_rekey(&p->b, false);
		pair_run(p, 10000 + 2 * OLD_CHILD_MS);
		pair_consistent(p);
		assert_int_equal(p->lost_ab + p->lost_ba, 0);
		assert_true(m.count >= 18);
		pair_free(p);
	}
}

static void crossing_rekeys_lose_nothing(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 10; seed++) {
		struct pair *p = pair_up(seed, V1_A COMMIT, V1_B COMMIT);

		pair_consistent(p);
		pair_run(p, 40000);
		p->traffic = true;
		side_rekey(&p->a, false);
		side_rekey(&p->b, false);
		pair_run(p, 2 * OLD_CHILD_MS);
		pair_consistent(p);
		assert_int_equal(p->lost_ab + p->lost_ba, 0);
		pair_free(p);
	}
}

static enum fate sets_the_bit(struct pair *p, struct datagram *d)
{
	(void)p;
	if (datagram_exchange(d) == V1_EXCHANGE_QUICK_MODE)
		d->bytes[V1_FLAGS_AT] |= V1_FLAG_COMMIT;
	return FATE_DELIVER;
}

/* Nobody vouches for the header: whoever sets the bit on the way delays, and no more. */
static void a_bit_set_on_the_way_delays(void **state)
{
	struct pair *p = pair_new(1, V1_A, V1_B);

	(void)state;
	p->on_send = sets_the_bit;
	side_up(&p->a);
	pair_run(p, 1000);
	assert_null(fake_kernel_current(&p->a.kernel));
	assert_null(fake_kernel_current(&p->b.kernel));
	pair_run(p, 6000);
	pair_consistent(p);
	pair_free(p);
}

/* ---- several SAs in one exchange ---- */

#define THREE "parallel-sas = 3\n"

static unsigned int quick_modes;

static enum fate count_quick_modes(struct pair *p, struct datagram *d)
{
	(void)p;
	quick_modes += datagram_exchange(d) == V1_EXCHANGE_QUICK_MODE;
	return FATE_DELIVER;
}

/* Each has so many SAs of either direction, and what one sends the other opens. */
static void have_children(struct pair *p, unsigned int n)
{
	assert_int_equal(side_view(&p->a).child, n);
	assert_int_equal(side_view(&p->b).child, n);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(fake_kernel_sas(&p->a.kernel, i), n);
		assert_int_equal(fake_kernel_sas(&p->b.kernel, i), n);
	}
	assert_int_equal(fake_kernel_larvals(&p->a.kernel) + fake_kernel_larvals(&p->b.kernel), 0);
	assert_int_equal(fake_kernel_policies(&p->a.kernel, PRIORITY_OF_CHILD), 1);
	assert_true(fake_kernel_carries(&p->a.kernel, &p->b.kernel));
	assert_true(fake_kernel_carries(&p->b.kernel, &p->a.kernel));
}

/* No two SAs have a key in common (RFC 2409 §5.5: the SPI is part of it). */
static void keys_differ(const struct fake_kernel *k)
{
	for (unsigned int i = 0; i < FAKE_SAS; i++)
		for (unsigned int j = 0; j < i; j++)
			if (k->sa[i].used && k->sa[j].used && k->sa[i].key_len && k->sa[i].key_len == k->sa[j].key_len)
				assert_memory_not_equal(k->sa[i].key, k->sa[j].key, k->sa[i].key_len);
}

static void three_sas_by_three_messages(void **state)
{
	struct pair *p = pair_new(1, V1_A THREE, V1_B);

	(void)state;
	quick_modes = 0;
	p->on_send = count_quick_modes;
	side_up(&p->a);
	pair_settle(p);
	assert_int_equal(quick_modes, 3);
	have_children(p, 3);
	keys_differ(&p->a.kernel);
	pair_free(p);
}

static void all_are_rekeyed_together(void **state)
{
	static const char *const more[] = { "", "pfs = modp-2048\n", "commit-bit = yes\n" };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		char a[1000], b[1000];
		struct pair *p;

		snprintf(a, sizeof(a), V1_A THREE "%s", more[i]);
		snprintf(b, sizeof(b), V1_B THREE "%s", more[i]);
		p = pair_up(i + 1, a, b);
		pair_run(p, 40000);
		have_children(p, 3);
		p->traffic = true;
		side_rekey(&p->a, false);
		pair_run(p, 2 * OLD_CHILD_MS);
		have_children(p, 3);
		side_rekey(&p->b, false);
		pair_run(p, 2 * OLD_CHILD_MS);
		have_children(p, 3);
		/* Both at once. */
		side_rekey(&p->a, false);
		side_rekey(&p->b, false);
		pair_run(p, 2 * OLD_CHILD_MS);
		have_children(p, 3);
		side_rekey(&p->b, true);
		pair_run(p, 2 * OLD_CHILD_MS);
		have_children(p, 3);
		assert_int_equal(p->lost_ab + p->lost_ba, 0);
		side_down(&p->a);
		pair_settle(p);
		assert_int_equal(side_view(&p->b).child, 0);
		pair_free(p);
	}
}

static void each_message_of_three_lost_or_doubled(void **state)
{
	(void)state;
	for (unsigned int which = 0; which < 30; which++) {
		struct mishap m = { .which = which / 2, .twice = which % 2 };
		struct pair *p = pair_new(which + 1, V1_A THREE, V1_B THREE);

		p->ctx = &m;
		p->on_send = mishap_fate;
		side_up(&p->a);
		pair_run(p, 60000);
		p->traffic = true;
		side_rekey(&p->b, false);
		pair_run(p, 3 * OLD_CHILD_MS);
		have_children(p, 3);
		assert_int_equal(p->lost_ab + p->lost_ba, 0);
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_policy_judges),
		cmocka_unit_test(the_shorter_life_counts),
		cmocka_unit_test(octets_are_agreed_on_too),
		cmocka_unit_test(a_life_that_is_not_ours_is_refused),
		cmocka_unit_test(long_numbers_are_agreed_on),
		cmocka_unit_test(phase_1_ends_when_its_initiator_says),
		cmocka_unit_test(who_begins_waits_for_connected),
		cmocka_unit_test(nobody_waits_for_long),
		cmocka_unit_test(a_forged_connected_is_none),
		cmocka_unit_test(each_message_lost_or_doubled),
		cmocka_unit_test(a_bit_set_on_the_way_delays),
		cmocka_unit_test(crossing_rekeys_lose_nothing),
		cmocka_unit_test(three_sas_by_three_messages),
		cmocka_unit_test(all_are_rekeyed_together),
		cmocka_unit_test(each_message_of_three_lost_or_doubled),
	};

	return cmocka_run_group_tests(tests, v1_setup, NULL);
}
