// SPDX-License-Identifier: GPL-2.0
/*
 * Budgets in leases: soft once and in time, hard to the unit, whatever the CPUs do.
 *
 * RFCs: 4301 section 4.4.2.1
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "lifetime.h"

#define CPUS	4

struct drain {
	u64 lease[CPUS];
	u64 used;		/* by all CPUs */
	u64 soft_at;		/* @used when the soft limit was reported */
	unsigned int softs;
	unsigned int refusals;
};

/* One CPU wants @need units. */
static bool take(struct kw_budget *b, struct drain *d, unsigned int cpu, u64 need)
{
	enum kw_verdict verdict = kw_budget_take(b, &d->lease[cpu], need, CPUS);

	if (verdict == KW_LIMIT_HARD) {
		d->refusals++;
		return false;
	}
	d->used += need;
	if (verdict == KW_LIMIT_SOFT && !d->softs++)
		d->soft_at = d->used;
	return true;
}

static u64 leased(const struct drain *d)
{
	u64 sum = 0;
	unsigned int cpu;

	for (cpu = 0; cpu < CPUS; cpu++)
		sum += d->lease[cpu];
	return sum;
}

struct limits {
	const char *desc;
	u64 soft;
	u64 hard;
	u64 most;		/* a need is at most this */
};

static const struct limits limits[] = {
	{ "packets one by one", 900, 1000, 1 },
	{ "bytes of packets", 8000000, 10000000, 1500 },
	{ "bytes of trains", 80000000, 100000000, 65536 },
	{ "soft is hard", 5000, 5000, 100 },
	{ "soft beyond hard", 9000, 5000, 100 },
	{ "less than one packet", 1, 40, 100 },
	{ "hard of one", 0, 1, 1 },
};

KUNIT_ARRAY_PARAM_DESC(limits, limits, desc);

static void never_more_than_the_hard_limit_is_used(struct kunit *test)
{
	const struct limits *l = test->param_value;
	struct kw_budget b = {};
	struct drain d = {};
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 7);
	kw_budget_set(&b, l->soft, l->hard);
	while (d.refusals < 1000) {
		take(&b, &d, prandom_u32_state(&rnd) % CPUS,
		     1 + prandom_u32_state(&rnd) % l->most);
		KUNIT_ASSERT_LE(test, d.used, l->hard);
		KUNIT_ASSERT_LE(test, (u64)atomic64_read(&b.taken), l->hard);
		KUNIT_ASSERT_EQ(test, d.used + leased(&d), (u64)atomic64_read(&b.taken));
	}
	KUNIT_EXPECT_LE(test, d.softs, 1);
}

static void one_cpu_gets_the_hard_limit_to_the_unit(struct kunit *test)
{
	const struct limits *l = test->param_value;
	struct kw_budget b = {};
	struct drain d = {};
	u64 need = l->most;

	kw_budget_set(&b, l->soft, l->hard);
	while (need) {
		if (!take(&b, &d, 0, need))
			need = need > 1 ? need / 2 : 0;
	}
	KUNIT_EXPECT_EQ(test, d.used, l->hard);
	KUNIT_EXPECT_FALSE(test, take(&b, &d, 0, 1));
	KUNIT_EXPECT_FALSE(test, take(&b, &d, 1, 1));
}

static void soft_is_reported_once_and_not_early(struct kunit *test)
{
	static const struct limits l = { "", 800000, 1000000, 1500 };
	struct kw_budget b = {};
	struct drain d = {};
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 8);
	kw_budget_set(&b, l.soft, l.hard);
	while (!d.refusals)
		take(&b, &d, prandom_u32_state(&rnd) % CPUS,
		     1 + prandom_u32_state(&rnd) % l.most);
	KUNIT_EXPECT_EQ(test, d.softs, 1);
	/* Within what the leases of all CPUs may hold near the limit. */
	KUNIT_EXPECT_LE(test, d.soft_at, l.soft + l.most);
	KUNIT_EXPECT_GE(test, d.soft_at, l.soft - CPUS * l.most);
}

static void a_single_cpu_hears_of_soft_at_the_very_unit(struct kunit *test)
{
	struct kw_budget b = {};
	u64 lease = 0, used;

	kw_budget_set(&b, 900, 1000);
	for (used = 1; used < 900; used++)
		KUNIT_ASSERT_EQ(test, kw_budget_take(&b, &lease, 1, 1), KW_LIMIT_OK);
	KUNIT_EXPECT_EQ(test, kw_budget_take(&b, &lease, 1, 1), KW_LIMIT_SOFT);
	for (used = 901; used <= 1000; used++)
		KUNIT_ASSERT_EQ(test, kw_budget_take(&b, &lease, 1, 1), KW_LIMIT_OK);
	KUNIT_EXPECT_EQ(test, kw_budget_take(&b, &lease, 1, 1), KW_LIMIT_HARD);
}

static void a_refusal_takes_nothing(struct kunit *test)
{
	struct kw_budget b = {};
	u64 lease = 0;

	kw_budget_set(&b, 0, 100);
	KUNIT_ASSERT_EQ(test, kw_budget_take(&b, &lease, 60, 1), KW_LIMIT_OK);
	KUNIT_EXPECT_EQ(test, kw_budget_take(&b, &lease, 41, 1), KW_LIMIT_HARD);
	KUNIT_EXPECT_EQ(test, kw_budget_take(&b, &lease, 40, 1), KW_LIMIT_OK);
	KUNIT_EXPECT_EQ(test, kw_budget_take(&b, &lease, 1, 1), KW_LIMIT_HARD);
}

static void no_limit_is_no_limit(struct kunit *test)
{
	struct kw_budget b = {};
	u64 lease = 0;
	unsigned int i;

	kw_budget_set(&b, 0, 0);
	for (i = 0; i < 100000; i++)
		KUNIT_ASSERT_EQ(test, kw_budget_take(&b, &lease, 1ULL << 40, 1), KW_LIMIT_OK);
}

static void a_lease_is_bounded(struct kunit *test)
{
	struct kw_budget b = {};
	u64 lease = 0;

	kw_budget_set(&b, 0, 0);
	KUNIT_ASSERT_EQ(test, kw_budget_take(&b, &lease, 1, 1), KW_LIMIT_OK);
	KUNIT_EXPECT_LE(test, lease, KW_LEASE_MAX);
}

static void limits_may_be_set_anew(struct kunit *test)
{
	struct kw_budget b = {};
	u64 lease = 0;

	kw_budget_set(&b, 0, 100);
	KUNIT_ASSERT_EQ(test, kw_budget_take(&b, &lease, 100, 1), KW_LIMIT_OK);
	KUNIT_ASSERT_EQ(test, kw_budget_take(&b, &lease, 1, 1), KW_LIMIT_HARD);
	kw_budget_set(&b, 0, 150);
	KUNIT_EXPECT_EQ(test, kw_budget_take(&b, &lease, 50, 1), KW_LIMIT_OK);
	KUNIT_EXPECT_EQ(test, kw_budget_take(&b, &lease, 1, 1), KW_LIMIT_HARD);
	/* Below what was used already. */
	kw_budget_set(&b, 0, 10);
	KUNIT_EXPECT_EQ(test, kw_budget_take(&b, &lease, 1, 1), KW_LIMIT_HARD);
}

static struct kunit_case lifetime_cases[] = {
	KUNIT_CASE_PARAM(never_more_than_the_hard_limit_is_used, limits_gen_params),
	KUNIT_CASE_PARAM(one_cpu_gets_the_hard_limit_to_the_unit, limits_gen_params),
	KUNIT_CASE(soft_is_reported_once_and_not_early),
	KUNIT_CASE(a_single_cpu_hears_of_soft_at_the_very_unit),
	KUNIT_CASE(a_refusal_takes_nothing),
	KUNIT_CASE(no_limit_is_no_limit),
	KUNIT_CASE(a_lease_is_bounded),
	KUNIT_CASE(limits_may_be_set_anew),
	{}
};

static struct kunit_suite lifetime_suite = {
	.name = "keyway_lifetime",
	.test_cases = lifetime_cases,
};

kunit_test_suite(lifetime_suite);

MODULE_DESCRIPTION("KUnit: limits of SAs");
MODULE_LICENSE("GPL");
