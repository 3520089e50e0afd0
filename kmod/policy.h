/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Policies (entries of RFC 4301's SPD): what happens to which packets, and by which SA.
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
#include "spd.h"

struct kw_dev;
struct kw_net;
struct kw_sa;
struct sk_buff;

#define KW_DSCP_COPY	(-1)

/* Different packets of a policy with pfp that may ask at a time; powers of two. */
#define KW_ACQUIRE_SLOTS	8

/* What the daemon asks for. */
struct kw_policy_config {
	u64 cookie;
	u32 ifindex;		/* 0: no device, the hooks of the namespace */
	u32 priority;
	u32 flags;
	u32 mark;
	u32 mark_mask;		/* 0: any mark */
	u32 set_mark;
	u32 link;
	u8 action;
	u8 mode;
	u8 pfp;
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
 * @out_by_dscp: the same for each DSCP, where SAs of the policy are for some of them only; else
 *	NULL.  RCU, set once
 * @dev: its device, or NULL: the namespace's hooks.  A device ends its policies before it goes
 * @spd: the database it is in
 * @action: enum keyway_action
 * @mode: enum keyway_mode of its SAs, unless one says otherwise
 * @df: enum keyway_df
 * @dscp: of the outer header, or KW_DSCP_COPY
 * @ts: selectors, local ones first; never change
 * @mark: packets match whose mark is this under @mark_mask
 * @set_mark: the mark of ESP packets sent and of plaintext that comes out; 0 leaves it
 * @link: interface or VRF that ESP packets leave by; 0: any
 * @pfp: enum keyway_pfp, for acquire events
 * @acquire_until: jiffies until which an acquire event is outstanding; 0 none.  The first, or
 *	with pfp one by the packet's selectors
 * @order: grows from policy to policy; of equal priorities, the lower comes first
 * @entries: where it is in the database's table
 * @shapes: what its insertion publishes, until then
 * @node: in the database's list
 * @sas: all its SAs, newest first; under the kw_net lock
 * @refs: one of the tables', one of each SA
 */
struct kw_policy {
	struct kw_sa __rcu *out;
	struct kw_sa __rcu **out_by_dscp;
	struct kw_dev *dev;
	struct kw_spd *spd;
	u32 id;
	u32 flags;
	u32 priority;
	u32 mark;
	u32 mark_mask;
	u64 order;
	u8 action;
	u8 mode;
	u8 df;
	u8 ttl;
	s8 dscp;
	unsigned int n_local;
	unsigned int n_remote;
	struct kw_ts *ts;
	struct kw_policy_cpu __percpu *cpu;
	struct kw_spd_entry *entries;
	unsigned int n_entries;
	u32 set_mark;
	u32 link;
	u8 pfp;
	struct kw_spd_shapes *shapes;
	struct list_head node;
	unsigned long acquire_until[KW_ACQUIRE_SLOTS];

	u64 cookie;
	struct kw_addr local;
	struct kw_addr remote;
	struct list_head sas;
	struct kw_drops drops;
	refcount_t refs;
	struct rcu_work free_work;
};

/* Whether a packet in direction @dir (an enum keyway_dir) is within the policy's selectors. */
enum kw_match kw_policy_match(const struct kw_policy *p, const struct kw_flow *flow, u8 dir);

/*
 * RFC 4301 6: whether a packet that came out of the policy's SA may have: it is within the
 * selectors, or it is an ICMP error about a packet that is.  An error about another is refused,
 * unless a selector names ICMP.  @flow is of @skb.
 */
bool kw_policy_accepts(const struct kw_policy *p, const struct kw_flow *flow, struct sk_buff *skb);

/*
 * Data path, RCU held, BHs off: kw_spd_lookup() for an outbound packet.  An ICMP error that no
 * policy wants goes where the answer to the packet it quotes would (RFC 4301 6.2).
 */
struct kw_policy *kw_policy_lookup(const struct kw_spd *spd, const struct kw_flow *flow,
				   struct sk_buff *skb);

/*
 * Data path, RCU held, BHs off: the policy that an inbound packet violates by being unprotected;
 * an ICMP error does by what it quotes, too.  NULL: none; ERR_PTR as kw_spd_lookup().
 */
struct kw_policy *kw_policy_violated(const struct kw_spd *spd, const struct kw_flow *flow,
				     struct sk_buff *skb);

/* The two selectors that a packet asks for: the policy's, save what pfp takes from the packet. */
void kw_policy_wanted(const struct kw_policy *p, const struct kw_flow *flow, struct kw_ts ts[2]);

/* Data path, RCU held: the SA for a packet with this DSCP and ECN byte.  NULL: none. */
struct kw_sa *kw_policy_out(const struct kw_policy *p, u8 dsfield);

/* The number of the policy's device, 0 without one. */
u32 kw_policy_ifindex(const struct kw_policy *p);

/* Counts inner packets in one direction, for the device too.  BHs off. */
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
 * The rest is under the kw_net lock.  Reserve is what may fail of an insert: an id, memory,
 * and for a policy without device (@dev is NULL) the namespace's hooks.  Then either insert or
 * unreserve.
 */
int kw_policy_reserve(struct kw_net *kn, struct kw_policy *p, struct kw_dev *dev);
void kw_policy_unreserve(struct kw_net *kn, struct kw_policy *p);
void kw_policy_insert(struct kw_net *kn, struct kw_policy *p);

/* Unlinks the policy and all its SAs, and drops the tables' reference. */
void kw_policy_remove(struct kw_net *kn, struct kw_policy *p);

/* Borrowed, while the lock is held.  NULL: no such id. */
struct kw_policy *kw_policy_find(struct kw_net *kn, u32 id);

/* Before an SA for some DSCPs only is inserted.  -ENOMEM. */
int kw_policy_prepare_dscp(struct kw_policy *p);

/*
 * The newest outbound SA that still lives becomes the one the policy sends with, and the newest
 * for each DSCP.
 */
void kw_policy_pick_out(struct kw_policy *p);

/* Whether the policy sends some packets with @sa. */
bool kw_policy_sends_with(const struct kw_policy *p, const struct kw_sa *sa);

#endif /* KW_POLICY_H */
