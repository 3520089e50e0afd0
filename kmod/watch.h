/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What happens to the packets of one flow, told to somebody who asked: `keyway trace`.
 *
 * One watch per network namespace, owned by the netlink socket that set it.  While there is none
 * anywhere, it costs the data path one instruction that does nothing per packet.
 */
#ifndef KW_WATCH_H
#define KW_WATCH_H

#include <linux/jump_label.h>
#include <linux/types.h>
#include <uapi/linux/keyway.h>

#include "flow.h"

struct kw_net;
struct kw_policy;
struct kw_sa;
struct sk_buff;

/* What is asked for; whatever is 0 or has no family is not asked for. */
struct kw_watch_config {
	u32 policy_id;
	__be32 spi;
	bool drops;		/* only packets that are dropped */
	u8 proto;
	u16 port;		/* of either end */
	struct kw_ts end[2];	/* between which, either way */
};

/* What became of a packet, or of a train of them. */
struct kw_fate {
	u8 verdict;		/* enum keyway_verdict */
	u8 dir;			/* enum keyway_dir */
	u32 reason;		/* KEYWAY_A_STATS_*, when dropped */
	u32 packets;
	u64 seq;		/* the first's; 0: none */
};

DECLARE_STATIC_KEY_FALSE(kw_watching);

/* As the next two, for when somebody watches.  @flow may be NULL: not known. */
void kw_watch_report(struct kw_net *kn, const struct kw_policy *policy, const struct kw_sa *sa,
		     const struct kw_flow *flow, const struct kw_fate *fate);
void kw_watch_report_skb(struct kw_net *kn, const struct kw_policy *policy,
			 const struct kw_sa *sa, struct sk_buff *skb, const struct kw_fate *fate);

/* @policy and @sa may be NULL.  BHs off, RCU held. */
static inline void kw_watch_passed(struct kw_net *kn, const struct kw_policy *policy,
				   const struct kw_sa *sa, const struct kw_flow *flow, u8 verdict,
				   u8 dir, u64 seq, u32 packets)
{
	if (static_branch_unlikely(&kw_watching))
		kw_watch_report(kn, policy, sa, flow,
				&(struct kw_fate){ .verdict = verdict, .dir = dir, .seq = seq,
						   .packets = packets });
}

/* The same about @skb, which starts with the inner packet. */
static inline void kw_watch_passed_skb(struct kw_net *kn, const struct kw_policy *policy,
				       const struct kw_sa *sa, struct sk_buff *skb, u8 verdict,
				       u8 dir, u64 seq)
{
	if (static_branch_unlikely(&kw_watching))
		kw_watch_report_skb(kn, policy, sa, skb,
				    &(struct kw_fate){ .verdict = verdict, .dir = dir, .seq = seq,
						       .packets = 1 });
}

/* The same about @skb, dropped by @reason; it may start with an inner packet, or not. */
static inline void kw_watch_dropped(struct kw_net *kn, const struct kw_policy *policy,
				    const struct kw_sa *sa, struct sk_buff *skb, u32 reason,
				    u8 dir, u64 seq, u32 packets)
{
	if (static_branch_unlikely(&kw_watching))
		kw_watch_report_skb(kn, policy, sa, skb,
				    &(struct kw_fate){ .verdict = KEYWAY_VERDICT_DROPPED,
						       .dir = dir, .reason = reason, .seq = seq,
						       .packets = packets });
}

/*
 * From now on @portid's socket owns @kn's watch, if nobody else does.  0, -EBUSY or -ENOMEM.
 * May sleep.
 */
int kw_watch_set(struct kw_net *kn, u32 portid, const struct kw_watch_config *config);

/* Ends the watch if @portid owns it, or whoever does if it is 0.  May sleep. */
void kw_watch_end(struct kw_net *kn, u32 portid);

/* Watches end with their owners' sockets; no longer. */
int kw_watch_init(void);
void kw_watch_exit(void);

#endif /* KW_WATCH_H */
