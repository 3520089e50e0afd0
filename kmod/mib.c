// SPDX-License-Identifier: GPL-2.0
/*
 * Named drop counters: one reason per way to lose a packet.
 */
#include "mib.h"

#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <net/netlink.h>

#include "net.h"
#include "policy.h"
#include "sa.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

void kw_drop_count(struct kw_net *kn, struct kw_policy *policy, struct kw_sa *sa,
		   unsigned int reason, u64 seq, unsigned int packets)
{
	unsigned int i = reason - KW_REASON_FIRST;

	this_cpu_add(kn->mib->count[i], packets);
	if (policy)
		atomic_long_add(packets, &policy->drops.count[i]);
	if (sa)
		atomic_long_add(packets, &sa->drops.count[i]);
	trace_kw_drop(sa ? sa->spi : 0, policy ? policy->id : 0, seq, reason, packets);
}

void kw_drop(struct kw_net *kn, struct kw_policy *policy, struct kw_sa *sa, struct sk_buff *skb,
	     unsigned int reason, u64 seq)
{
	unsigned int packets = 0;
	struct sk_buff *i;

	for (i = skb; i; i = i->next)
		packets += max_t(unsigned int, 1, skb_shinfo(i)->gso_segs);
	kw_drop_count(kn, policy, sa, reason, seq, packets);
	kfree_skb_list(skb);
}

int kw_mib_put(struct sk_buff *msg, const struct kw_net *kn)
{
	unsigned int i;
	int cpu;

	for (i = 0; i < KW_REASON_COUNT; i++) {
		u64 sum = 0;

		for_each_possible_cpu(cpu)
			sum += READ_ONCE(per_cpu_ptr(kn->mib, cpu)->count[i]);
		if (nla_put_u64_64bit(msg, KW_REASON_FIRST + i, sum, KEYWAY_A_STATS_PAD))
			return -EMSGSIZE;
	}
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
