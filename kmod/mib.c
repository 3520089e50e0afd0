// SPDX-License-Identifier: GPL-2.0
/*
 * Named drop counters: one reason per way to lose a packet.
 */
#include "mib.h"

#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <net/netlink.h>

#include "device.h"
#include "net.h"
#include "policy.h"
#include "sa.h"
#include "watch.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/* KW_REASONS has them in the order of their numbers. */
#define REASON_NAME(id, name) name,

static const char *const names[KW_REASON_COUNT] = { KW_REASONS(REASON_NAME) };

bool kw_reason_is_out(unsigned int reason)
{
	return names[reason - KW_REASON_FIRST][0] == 'o';
}

static void count(struct kw_net *kn, struct kw_policy *policy, struct kw_sa *sa,
		  unsigned int reason, u64 seq, unsigned int packets)
{
	unsigned int i = reason - KW_REASON_FIRST;

	this_cpu_add(kn->mib->count[i], packets);
	if (policy) {
		atomic_long_add(packets, &policy->drops.count[i]);
		if (policy->dev)
			kw_dev_dropped(policy->dev, reason, packets);
	}
	if (sa)
		atomic_long_add(packets, &sa->drops.count[i]);
	trace_kw_drop(sa ? sa->spi : 0, policy ? policy->id : 0, seq, reason, packets);
}

void kw_drop_count(struct kw_net *kn, struct kw_policy *policy, struct kw_sa *sa,
		   unsigned int reason, u64 seq, unsigned int packets)
{
	count(kn, policy, sa, reason, seq, packets);
	kw_watch_dropped(kn, policy, sa, NULL, reason,
			 kw_reason_is_out(reason) ? KEYWAY_DIR_OUT : KEYWAY_DIR_IN, seq, packets);
}

/*
 * What the kernel's own drop monitor is told.  A module has no number of its own in that: it is
 * nearest, and our counter and tracepoint name the reason exactly.
 */
static enum skb_drop_reason core_reason(unsigned int reason)
{
	switch (reason) {
	case KEYWAY_A_STATS_OUT_TOO_BIG:
		return SKB_DROP_REASON_PKT_TOO_BIG;
	case KEYWAY_A_STATS_OUT_NO_ROUTE:
		return SKB_DROP_REASON_IP_OUTNOROUTES;
	case KEYWAY_A_STATS_OUT_NO_MEMORY:
	case KEYWAY_A_STATS_IN_NO_MEMORY:
		return SKB_DROP_REASON_NOMEM;
	case KEYWAY_A_STATS_IN_QUEUE:
		return SKB_DROP_REASON_CPU_BACKLOG;
	case KEYWAY_A_STATS_IN_DEVICE:
		return SKB_DROP_REASON_DEV_READY;
	case KEYWAY_A_STATS_OUT_MALFORMED:
	case KEYWAY_A_STATS_IN_MALFORMED:
	case KEYWAY_A_STATS_IN_TRUNCATED:
		return SKB_DROP_REASON_HDR_TRUNC;
	default:
		return SKB_DROP_REASON_XFRM_POLICY;
	}
}

void kw_drop(struct kw_net *kn, struct kw_policy *policy, struct kw_sa *sa, struct sk_buff *skb,
	     unsigned int reason, u64 seq)
{
	unsigned int packets = 0;
	struct sk_buff *i;

	for (i = skb; i; i = i->next)
		packets += max_t(unsigned int, 1, skb_shinfo(i)->gso_segs);
	count(kn, policy, sa, reason, seq, packets);
	kw_watch_dropped(kn, policy, sa, skb, reason,
			 kw_reason_is_out(reason) ? KEYWAY_DIR_OUT : KEYWAY_DIR_IN, seq, packets);
	kfree_skb_list_reason(skb, core_reason(reason));
}

/* Puts the sum over all CPUs of the counter at @offset of struct kw_mib. */
static int put_sum(struct sk_buff *msg, const struct kw_net *kn, int attr, size_t offset)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*(unsigned long *)((u8 *)per_cpu_ptr(kn->mib, cpu) + offset));
	return nla_put_u64_64bit(msg, attr, sum, KEYWAY_A_STATS_PAD);
}

int kw_mib_put(struct sk_buff *msg, const struct kw_net *kn)
{
	unsigned int i;

	for (i = 0; i < KW_REASON_COUNT; i++)
		if (put_sum(msg, kn, KW_REASON_FIRST + i, offsetof(struct kw_mib, count[i])))
			return -EMSGSIZE;
	if (put_sum(msg, kn, KEYWAY_A_STATS_RX_PACKETS,
		    offsetof(struct kw_mib, packets[KEYWAY_DIR_IN])) ||
	    put_sum(msg, kn, KEYWAY_A_STATS_RX_BYTES,
		    offsetof(struct kw_mib, bytes[KEYWAY_DIR_IN])) ||
	    put_sum(msg, kn, KEYWAY_A_STATS_TX_PACKETS,
		    offsetof(struct kw_mib, packets[KEYWAY_DIR_OUT])) ||
	    put_sum(msg, kn, KEYWAY_A_STATS_TX_BYTES,
		    offsetof(struct kw_mib, bytes[KEYWAY_DIR_OUT])))
		return -EMSGSIZE;
	return 0;
}

int kw_drops_put(struct sk_buff *msg, const struct kw_drops *drops)
{
	unsigned int i;

	for (i = 0; i < KW_REASON_COUNT; i++) {
		unsigned long n = atomic_long_read(&drops->count[i]);

		if (n && nla_put_u64_64bit(msg, KW_REASON_FIRST + i, n, KEYWAY_A_STATS_PAD))
			return -EMSGSIZE;
	}
	return 0;
}
