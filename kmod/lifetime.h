/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Limits of an SA: bytes and packets by budget, seconds and idleness by timer.
 *
 * RFCs: 4301 section 4.4.2.1
 */
#ifndef KW_LIFETIME_H
#define KW_LIFETIME_H

#include <linux/atomic.h>
#include <linux/types.h>

struct kw_sa;

/* As the daemon sets them; 0 is no limit. */
struct kw_limits {
	u64 soft_bytes, hard_bytes;
	u64 soft_packets, hard_packets;
	u64 soft_seconds, hard_seconds;
	u64 idle_seconds;
};

/**
 * struct kw_budget - bytes or packets an SA may use, handed to CPUs in leases
 * @taken: handed out so far
 * @soft: @taken reaches this: time to rekey
 * @hard: @taken never exceeds this
 *
 * The data path writes its own CPU's lease and touches @taken once per lease.  A lease is at
 * most a sixteenth of a CPU's share of what is left until the next limit, so leases shrink
 * towards the limit and are single units at it.
 */
struct kw_budget {
	atomic64_t taken;
	u64 soft;
	u64 hard;
};

enum kw_verdict {
	KW_LIMIT_OK,
	KW_LIMIT_SOFT,		/* go on, and tell the daemon */
	KW_LIMIT_HARD,		/* do not go on; nothing was taken */
};

#define KW_LEASE_MAX	(4u << 20)

/* Limits of 0 become no limit.  What was taken stays taken. */
void kw_budget_set(struct kw_budget *b, u64 soft, u64 hard);

/* Takes @need from @lease, which is this CPU's, and refills that from @b shared by @cpus. */
enum kw_verdict kw_budget_take(struct kw_budget *b, u64 *lease, u64 need, unsigned int cpus);

/*
 * Data path: may @sa move @packets packets of @bytes bytes in all?  Sends the soft event, and on
 * false has stopped the SA and sent the hard one.  BHs off, RCU held.
 */
bool kw_lifetime_charge(struct kw_sa *sa, unsigned int packets, u64 bytes);

/* Control path, kw_net lock held: @limits are now @sa's; arms its timer. */
void kw_lifetime_start(struct kw_sa *sa, const struct kw_limits *limits);
void kw_lifetime_start_larval(struct kw_sa *sa, unsigned int seconds);

/* Never again.  May sleep. */
void kw_lifetime_stop(struct kw_sa *sa);

/* Once, when the SA is made. */
void kw_lifetime_init(struct kw_sa *sa);

/* Seconds since the SA was installed; since its last packet. */
u64 kw_lifetime_age(const struct kw_sa *sa);
u64 kw_lifetime_unused(const struct kw_sa *sa);

#endif /* KW_LIFETIME_H */
