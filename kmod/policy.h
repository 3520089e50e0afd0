/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Policies (RFC 4301's SPD): which packets of a device are protected, and by which SA.
 *
 * RFCs: 4301 section 4.4.1
 */
#ifndef KW_POLICY_H
#define KW_POLICY_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>

#include "addr.h"
#include "flow.h"
#include "mib.h"

struct kw_dev;
struct kw_net;
struct kw_sa;

#define KW_DSCP_COPY	(-1)

/* What the daemon asks for. */
struct kw_policy_config {
	u64 cookie;
	u32 ifindex;
	u32 priority;
	u32 flags;
	u8 action;
	u8 mode;
	u8 df;
	u8 ttl;
	s8 dscp;
	struct kw_addr local;
	struct kw_addr remote;
	unsigned int n_local;
	unsigned int n_remote;
	struct kw_ts ts[2 * KEYWAY_TS_MAX];	/* n_local, then n_remote */
};

/* Inner packets and bytes, over all SAs the policy ever had. */
struct kw_policy_cpu {
	struct u64_stats_sync sync;
	u64_stats_t packets[2];		/* by enum keyway_dir */
	u64_stats_t bytes[2];
};

/**
 * struct kw_policy - one SPD entry
 * @out: the SA to send with; RCU, written under the kw_net lock
 * @dev: its device; a device ends its policies before it goes
 * @action: enum keyway_action
 * @mode: enum keyway_mode of its SAs, unless one says otherwise
 * @df: enum keyway_df
 * @dscp: of the outer header, or KW_DSCP_COPY
 * @ts: selectors, local ones first; never change
 * @acquire_until: jiffies until which an acquire event is outstanding; 0 none
 * @node: in the device's list, by priority, then age; RCU
 * @sas: all its SAs, newest first; under the kw_net lock
 * @refs: one of the tables', one of each SA
 */
struct kw_policy {
	struct kw_sa __rcu *out;
	struct kw_dev *dev;
	u32 id;
	u32 flags;
	u8 action;
	u8 mode;
	u8 df;
	u8 ttl;
	s8 dscp;
	unsigned int n_local;
	unsigned int n_remote;
	struct kw_ts *ts;
	struct kw_policy_cpu __percpu *cpu;
	struct list_head node;
	unsigned long acquire_until;

	u32 priority;
	u64 cookie;
	struct kw_addr local;
	struct kw_addr remote;
	struct list_head sas;
	struct kw_drops drops;
	refcount_t refs;
	struct rcu_work free_work;
};

/* Data path, RCU held: the first policy of @dev that an outbound packet matches, or NULL. */
struct kw_policy *kw_policy_lookup(const struct kw_dev *dev, const struct kw_flow *flow);

/* Whether an inbound packet is within the policy's selectors, seen from the peer. */
bool kw_policy_match_in(const struct kw_policy *p, const struct kw_flow *flow);

/* Counts inner packets in one direction.  BHs off. */
void kw_policy_count(struct kw_policy *p, unsigned int dir, unsigned int packets, u64 bytes);

/* The sums of that, over all CPUs. */
void kw_policy_totals(const struct kw_policy *p, u64 packets[2], u64 bytes[2]);

/*
 * Made, not yet seen by anybody.  The caller owns the one reference, and kw_policy_insert() takes
 * it.  ERR_PTR.
 */
struct kw_policy *kw_policy_new(const struct kw_policy_config *config);
void kw_policy_get(struct kw_policy *p);
void kw_policy_put(struct kw_policy *p);

/*
 * The rest is under the kw_net lock.  Reserve is what may fail of an insert: it finds an id.
 * Then either insert or unreserve.
 */
int kw_policy_reserve(struct kw_net *kn, struct kw_policy *p);
void kw_policy_unreserve(struct kw_net *kn, struct kw_policy *p);
void kw_policy_insert(struct kw_net *kn, struct kw_policy *p, struct kw_dev *dev);

/* Unlinks the policy and all its SAs, and drops the tables' reference. */
void kw_policy_remove(struct kw_net *kn, struct kw_policy *p);

/* Borrowed, while the lock is held.  NULL: no such id. */
struct kw_policy *kw_policy_find(struct kw_net *kn, u32 id);

/* The newest outbound SA that still lives becomes the one the policy sends with. */
void kw_policy_pick_out(struct kw_policy *p);

#endif /* KW_POLICY_H */
