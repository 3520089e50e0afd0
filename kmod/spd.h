/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A security policy database: the ordered policies of one attachment, and finding a packet's.
 *
 * RFCs: 4301 section 4.4.1
 *
 * Lower priority numbers come first, and among equals the older policy.
 */
#ifndef KW_SPD_H
#define KW_SPD_H

#include <linux/list.h>
#include <linux/types.h>

struct kw_flow;
struct kw_policy;
struct kw_spd_shapes;
struct kw_spd_table;

/**
 * struct kw_spd - the policies of a device, or those of a namespace that have none
 * @only: the policy, if there is exactly one; RCU
 * @table: entries by hash; RCU, replaced when it grows
 * @shapes: the kinds of entries there are; RCU, replaced when they change
 * @policies: all of them; under the kw_net lock, like the rest
 * @count: how many there are
 * @entries: how many entries they have
 */
struct kw_spd {
	struct kw_policy __rcu *only;
	struct kw_spd_table __rcu *table;
	struct kw_spd_shapes __rcu *shapes;
	struct list_head policies;
	unsigned int count;
	unsigned int entries;
};

/**
 * struct kw_spd_entry - one pair of a policy's traffic selectors, as a key to be hashed
 * @node: in two tables while one replaces the other
 * @shape: which parts of a packet the key has
 */
struct kw_spd_shape {
	u8 family;
	u8 local_len;		/* of the prefixes that cover the pair's addresses */
	u8 remote_len;
	u8 parts;
	u32 mark_mask;
};

struct kw_spd_entry {
	struct hlist_node node[2];
	struct kw_policy *policy;
	u32 hash;
	struct kw_spd_shape shape;
};

/*
 * Data path, RCU held, BHs off: the first policy that a packet in direction @dir (an enum
 * keyway_dir) matches.  NULL: none.  ERR_PTR(-EAGAIN): that depends on ports which this fragment
 * does not carry (RFC 4301 7).
 */
struct kw_policy *kw_spd_lookup(const struct kw_spd *spd, const struct kw_flow *flow, u8 dir);

void kw_spd_init(struct kw_spd *spd);
/* No policy is left, and no reader. */
void kw_spd_exit(struct kw_spd *spd);

/* The entries of a policy.  -ENOMEM. */
int kw_spd_prepare(struct kw_policy *p);

/*
 * The rest is under the kw_net lock.  Reserve is what may fail of an insert, and what it allocated
 * is the policy's.
 */
int kw_spd_reserve(struct kw_spd *spd, struct kw_policy *p);
void kw_spd_insert(struct kw_spd *spd, struct kw_policy *p);

/* Out of the database; the grace period is the caller's. */
void kw_spd_remove(struct kw_spd *spd, struct kw_policy *p);

int kw_spd_cache_init(void);
void kw_spd_cache_exit(void);

#endif /* KW_SPD_H */
