// SPDX-License-Identifier: GPL-2.0
/*
 * Limits of an SA: bytes and packets by budget, seconds and idleness by timer.
 *
 * RFCs: 4301 section 4.4.2.1
 */
#include "lifetime.h"

#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/ktime.h>

#include "events.h"
#include "sa.h"

/* A CPU's lease is this part of its share of what is left. */
#define LEASE_PART	16u

/* Timers further away than this are set again when it has passed. */
#define TIMER_MAX_SECONDS	(7u * 24 * 3600)

void kw_budget_set(struct kw_budget *b, u64 soft, u64 hard)
{
	WRITE_ONCE(b->soft, soft ?: S64_MAX);
	WRITE_ONCE(b->hard, hard ?: S64_MAX);
}

enum kw_verdict kw_budget_take(struct kw_budget *b, u64 *lease, u64 need, unsigned int cpus)
{
	u64 soft = READ_ONCE(b->soft), hard = READ_ONCE(b->hard);
	u64 missing, want, next;
	s64 taken;

	if (likely(*lease >= need)) {
		*lease -= need;
		return KW_LIMIT_OK;
	}
	missing = need - *lease;
	taken = atomic64_read(&b->taken);
	do {
		if ((u64)taken > hard || hard - taken < missing)
			return KW_LIMIT_HARD;
		next = (u64)taken < soft ? min(soft, hard) : hard;
		want = min_t(u64, div_u64(next - taken, LEASE_PART * cpus), KW_LEASE_MAX);
		want = max(want, missing);
	} while (!atomic64_try_cmpxchg(&b->taken, &taken, taken + want));
	*lease += want - need;
	return (u64)taken < soft && taken + want >= soft ? KW_LIMIT_SOFT : KW_LIMIT_OK;
}

bool kw_lifetime_charge(struct kw_sa *sa, unsigned int packets, u64 bytes)
{
	struct kw_sa_cpu *cpu = this_cpu_ptr(sa->cpu);
	unsigned int cpus = num_online_cpus();
	enum kw_verdict verdict;

	verdict = kw_budget_take(&sa->bytes, &cpu->lease_bytes, bytes, cpus);
	if (verdict == KW_LIMIT_HARD) {
		kw_sa_stop(sa, KEYWAY_LIMIT_BYTES);
		return false;
	}
	if (verdict == KW_LIMIT_SOFT)
		kw_event_expire(sa, KEYWAY_EXPIRE_SOFT, KEYWAY_LIMIT_BYTES);
	verdict = kw_budget_take(&sa->packets, &cpu->lease_packets, packets, cpus);
	if (verdict == KW_LIMIT_HARD) {
		kw_sa_stop(sa, KEYWAY_LIMIT_PACKETS);
		return false;
	}
	if (verdict == KW_LIMIT_SOFT)
		kw_event_expire(sa, KEYWAY_EXPIRE_SOFT, KEYWAY_LIMIT_PACKETS);

	u64_stats_update_begin(&cpu->sync);
	u64_stats_add(&cpu->packets, packets);
	u64_stats_add(&cpu->bytes, bytes);
	u64_stats_update_end(&cpu->sync);
	WRITE_ONCE(cpu->used, jiffies);
	return true;
}

u64 kw_lifetime_age(const struct kw_sa *sa)
{
	return ktime_get_boottime_seconds() - sa->born;
}

u64 kw_lifetime_unused(const struct kw_sa *sa)
{
	unsigned long now = jiffies, least = ULONG_MAX;
	int cpu;

	for_each_possible_cpu(cpu) {
		unsigned long used = READ_ONCE(per_cpu_ptr(sa->cpu, cpu)->used);

		least = min(least, time_before(used, now) ? now - used : 0);
	}
	return least / HZ;
}

/* Reports what is due and returns the seconds until something may be due again; 0: never. */
static u64 tick(struct kw_sa *sa)
{
	const struct kw_limits *l = &sa->limits;
	u64 age = kw_lifetime_age(sa), unused, next = U64_MAX;

	if (l->hard_seconds) {
		if (age >= l->hard_seconds) {
			kw_sa_stop(sa, sa->policy ? KEYWAY_LIMIT_SECONDS : KEYWAY_LIMIT_LARVAL);
			return 0;
		}
		next = l->hard_seconds - age;
	}
	if (l->soft_seconds && !sa->soft_seconds_done) {
		if (age >= l->soft_seconds) {
			sa->soft_seconds_done = true;
			kw_event_expire(sa, KEYWAY_EXPIRE_SOFT, KEYWAY_LIMIT_SECONDS);
		} else {
			next = min(next, l->soft_seconds - age);
		}
	}
	if (l->idle_seconds) {
		unused = kw_lifetime_unused(sa);
		if (unused < l->idle_seconds) {
			sa->idle_done = false;
			next = min(next, l->idle_seconds - unused);
		} else {
			if (!sa->idle_done)
				kw_event_expire(sa, KEYWAY_EXPIRE_SOFT, KEYWAY_LIMIT_IDLE);
			sa->idle_done = true;
			next = min(next, l->idle_seconds);
		}
	}
	return next == U64_MAX ? 0 : next;
}

static void arm(struct kw_sa *sa, u64 seconds)
{
	if (seconds)
		mod_timer(&sa->timer,
			  jiffies + min_t(u64, seconds, TIMER_MAX_SECONDS) * HZ);
}

static void on_timer(struct timer_list *timer)
{
	struct kw_sa *sa = from_timer(sa, timer, timer);

	arm(sa, tick(sa));
}

void kw_lifetime_init(struct kw_sa *sa)
{
	timer_setup(&sa->timer, on_timer, 0);
	kw_budget_set(&sa->bytes, 0, 0);
	kw_budget_set(&sa->packets, 0, 0);
	sa->born = ktime_get_boottime_seconds();
}

void kw_lifetime_start(struct kw_sa *sa, const struct kw_limits *limits)
{
	/* The timer is the only other reader of what is set here. */
	timer_delete_sync(&sa->timer);
	sa->limits = *limits;
	sa->soft_seconds_done = false;
	kw_budget_set(&sa->bytes, limits->soft_bytes, limits->hard_bytes);
	kw_budget_set(&sa->packets, limits->soft_packets, limits->hard_packets);
	arm(sa, tick(sa));
}

void kw_lifetime_start_larval(struct kw_sa *sa, unsigned int seconds)
{
	sa->limits.hard_seconds = seconds;
	arm(sa, seconds);
}

void kw_lifetime_stop(struct kw_sa *sa)
{
	timer_shutdown_sync(&sa->timer);
}
