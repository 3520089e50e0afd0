// SPDX-License-Identifier: GPL-2.0
/*
 * What happens to the packets of one flow, told to somebody who asked: `keyway trace`.
 */
#include "watch.h"

#include <linux/jiffies.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#include "events.h"
#include "net.h"
#include "policy.h"
#include "sa.h"

/* Events per PERIOD; the rest is only counted, and the next event says how many. */
#define EVENTS_MAX	100
#define PERIOD		(HZ / 4)

/**
 * struct kw_watch - somebody watches a namespace
 * @portid: the netlink socket that does
 * @config: what for
 * @began: jiffies when the current period did
 * @events: in it
 * @lost: since the last event
 * @rcu: frees it
 */
struct kw_watch {
	u32 portid;
	struct kw_watch_config config;
	unsigned long began;
	atomic_t events;
	atomic_t lost;
	struct rcu_head rcu;
};

DEFINE_STATIC_KEY_FALSE(kw_watching);

static bool end_matches(const struct kw_ts *end, const struct kw_addr *addr,
			const struct kw_flow *flow, u16 port)
{
	return !end->start.family || kw_ts_match(end, addr, flow, port);
}

static bool flow_matches(const struct kw_watch_config *c, const struct kw_flow *flow)
{
	if (c->proto && flow->proto != c->proto)
		return false;
	if (c->port && (!flow->has_ports || (flow->sport != c->port && flow->dport != c->port)))
		return false;
	return (end_matches(&c->end[0], &flow->src, flow, flow->sport) &&
		end_matches(&c->end[1], &flow->dst, flow, flow->dport)) ||
	       (end_matches(&c->end[1], &flow->src, flow, flow->sport) &&
		end_matches(&c->end[0], &flow->dst, flow, flow->dport));
}

/* A packet nobody could look into: might it be between the two ends, by its policy's selectors? */
static bool end_possible(const struct kw_ts *end, const struct kw_policy *policy)
{
	unsigned int i;

	if (!end->start.family)
		return true;
	for (i = 0; policy && i < policy->n_local + policy->n_remote; i++) {
		const struct kw_ts *ts = &policy->ts[i];

		if (ts->start.family == end->start.family &&
		    (kw_addr_between(&end->start, &ts->start, &ts->end) ||
		     kw_addr_between(&ts->start, &end->start, &end->end)))
			return true;
	}
	return false;
}

static bool wanted(const struct kw_watch_config *c, const struct kw_policy *policy,
		   const struct kw_sa *sa, const struct kw_flow *flow, const struct kw_fate *fate)
{
	if (c->drops && fate->verdict != KEYWAY_VERDICT_DROPPED)
		return false;
	if (c->policy_id && (!policy || policy->id != c->policy_id))
		return false;
	if (c->spi && (!sa || sa->spi != c->spi))
		return false;
	if (flow)
		return flow_matches(c, flow);
	return end_possible(&c->end[0], policy) && end_possible(&c->end[1], policy);
}

static bool may_tell(struct kw_watch *w)
{
	unsigned long began = READ_ONCE(w->began);

	if (time_after(jiffies, began + PERIOD)) {
		WRITE_ONCE(w->began, jiffies);
		atomic_set(&w->events, 0);
	}
	if (atomic_inc_return(&w->events) <= EVENTS_MAX)
		return true;
	atomic_inc(&w->lost);
	return false;
}

void kw_watch_report(struct kw_net *kn, const struct kw_policy *policy, const struct kw_sa *sa,
		     const struct kw_flow *flow, const struct kw_fate *fate)
{
	struct kw_watch *w = rcu_dereference(kn->watch);

	if (w && wanted(&w->config, policy, sa, flow, fate) && may_tell(w))
		kw_event_trace(kn, policy, sa, flow, fate, atomic_xchg(&w->lost, 0));
}

void kw_watch_report_skb(struct kw_net *kn, const struct kw_policy *policy,
			 const struct kw_sa *sa, struct sk_buff *skb, const struct kw_fate *fate)
{
	struct kw_flow flow;
	/* Whoever has an inner packet in hand has its header where skb->data is. */
	bool inner = skb && skb_network_offset(skb) == 0;

	if (!rcu_access_pointer(kn->watch))
		return;
	kw_watch_report(kn, policy, sa, inner && kw_flow_parse(&flow, skb) ? &flow : NULL, fate);
}

int kw_watch_set(struct kw_net *kn, u32 portid, const struct kw_watch_config *config)
{
	struct kw_watch *w = kzalloc(sizeof(*w), GFP_KERNEL), *old;

	if (!w)
		return -ENOMEM;
	w->portid = portid;
	w->config = *config;
	w->began = jiffies;
	mutex_lock(&kn->lock);
	old = rcu_dereference_protected(kn->watch, lockdep_is_held(&kn->lock));
	if (old && old->portid != portid) {
		mutex_unlock(&kn->lock);
		kfree(w);
		return -EBUSY;
	}
	rcu_assign_pointer(kn->watch, w);
	mutex_unlock(&kn->lock);
	if (old)
		kfree_rcu(old, rcu);
	else
		static_branch_inc(&kw_watching);
	return 0;
}

void kw_watch_end(struct kw_net *kn, u32 portid)
{
	struct kw_watch *w;

	mutex_lock(&kn->lock);
	w = rcu_dereference_protected(kn->watch, lockdep_is_held(&kn->lock));
	if (w && portid && w->portid != portid)
		w = NULL;
	if (w)
		RCU_INIT_POINTER(kn->watch, NULL);
	mutex_unlock(&kn->lock);
	if (!w)
		return;
	static_branch_dec(&kw_watching);
	kfree_rcu(w, rcu);
}

/* A netlink socket closed. */
static int on_netlink(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct netlink_notify *n = data;
	struct kw_net *kn;

	if (event != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	kn = kw_net(n->net);
	/* Most sockets watch nothing; who does has set it before closing. */
	if (rcu_access_pointer(kn->watch))
		kw_watch_end(kn, n->portid);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = on_netlink };

int kw_watch_init(void)
{
	return netlink_register_notifier(&notifier);
}

void kw_watch_exit(void)
{
	netlink_unregister_notifier(&notifier);
}
