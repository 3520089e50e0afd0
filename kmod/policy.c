// SPDX-License-Identifier: GPL-2.0
/*
 * Policies (RFC 4301's SPD): which packets of a device are protected, and by which SA.
 *
 * RFCs: 4301 section 4.4.1
 *
 * Who may hold a policy, and how each lets go:
 * (1) its device's list and the namespace's table: kw_policy_remove(), which everybody who
 *     ends a device or a namespace calls;
 * (2) each of its SAs, by a reference dropped when the SA is freed;
 * (3) the data path, inside one RCU read-side section; memory is freed a grace period after
 *     the last reference went.
 */
#include "policy.h"

#include <linux/percpu.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "device.h"
#include "net.h"
#include "sa.h"

struct kw_policy *kw_policy_lookup(const struct kw_dev *dev, const struct kw_flow *flow)
{
	struct kw_policy *p;

	list_for_each_entry_rcu(p, &dev->policies, node)
		if (kw_flow_match(flow, p->ts, p->n_local, p->ts + p->n_local, p->n_remote))
			return p;
	return NULL;
}

bool kw_policy_match_in(const struct kw_policy *p, const struct kw_flow *flow)
{
	return kw_flow_match(flow, p->ts + p->n_local, p->n_remote, p->ts, p->n_local);
}

void kw_policy_count(struct kw_policy *p, unsigned int dir, unsigned int packets, u64 bytes)
{
	struct kw_policy_cpu *cpu = this_cpu_ptr(p->cpu);

	u64_stats_update_begin(&cpu->sync);
	u64_stats_add(&cpu->packets[dir], packets);
	u64_stats_add(&cpu->bytes[dir], bytes);
	u64_stats_update_end(&cpu->sync);
}

void kw_policy_totals(const struct kw_policy *p, u64 packets[2], u64 bytes[2])
{
	unsigned int dir;
	int cpu;

	memset(packets, 0, 2 * sizeof(*packets));
	memset(bytes, 0, 2 * sizeof(*bytes));
	for_each_possible_cpu(cpu) {
		const struct kw_policy_cpu *c = per_cpu_ptr(p->cpu, cpu);

		for (dir = 0; dir < 2; dir++) {
			unsigned int start;
			u64 n, b;

			do {
				start = u64_stats_fetch_begin(&c->sync);
				n = u64_stats_read(&c->packets[dir]);
				b = u64_stats_read(&c->bytes[dir]);
			} while (u64_stats_fetch_retry(&c->sync, start));
			packets[dir] += n;
			bytes[dir] += b;
		}
	}
}

static void free_policy(struct work_struct *work)
{
	struct kw_policy *p = container_of(to_rcu_work(work), struct kw_policy, free_work);

	free_percpu(p->cpu);
	kfree(p->ts);
	kfree(p);
}

struct kw_policy *kw_policy_new(const struct kw_policy_config *config)
{
	unsigned int n_ts = config->n_local + config->n_remote;
	struct kw_policy *p;
	int cpu;

	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return ERR_PTR(-ENOMEM);
	p->ts = kmemdup(config->ts, n_ts * sizeof(*p->ts), GFP_KERNEL);
	p->cpu = alloc_percpu(struct kw_policy_cpu);
	if (!p->ts || !p->cpu) {
		free_percpu(p->cpu);
		kfree(p->ts);
		kfree(p);
		return ERR_PTR(-ENOMEM);
	}
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(p->cpu, cpu)->sync);
	p->cookie = config->cookie;
	p->priority = config->priority;
	p->flags = config->flags;
	p->action = config->action;
	p->mode = config->mode;
	p->df = config->df;
	p->ttl = config->ttl;
	p->dscp = config->dscp;
	p->local = config->local;
	p->remote = config->remote;
	p->n_local = config->n_local;
	p->n_remote = config->n_remote;
	INIT_LIST_HEAD(&p->sas);
	refcount_set(&p->refs, 1);
	INIT_RCU_WORK(&p->free_work, free_policy);
	return p;
}

void kw_policy_get(struct kw_policy *p)
{
	refcount_inc(&p->refs);
}

void kw_policy_put(struct kw_policy *p)
{
	if (refcount_dec_and_test(&p->refs))
		queue_rcu_work(kw_wq, &p->free_work);
}

int kw_policy_reserve(struct kw_net *kn, struct kw_policy *p)
{
	int id;

	lockdep_assert_held(&kn->lock);
	/* Cyclic, so that a stale id names nothing rather than something else. */
	id = idr_alloc_cyclic(&kn->policies, NULL, 1, 0, GFP_KERNEL);
	if (id < 0)
		return id;
	p->id = id;
	return 0;
}

void kw_policy_unreserve(struct kw_net *kn, struct kw_policy *p)
{
	lockdep_assert_held(&kn->lock);
	idr_remove(&kn->policies, p->id);
}

void kw_policy_insert(struct kw_net *kn, struct kw_policy *p, struct kw_dev *dev)
{
	struct list_head *before = &dev->policies;
	struct kw_policy *other;

	lockdep_assert_held(&kn->lock);
	p->dev = dev;
	/* From the end: loading in order of priority then costs one step each. */
	list_for_each_entry_reverse(other, &dev->policies, node) {
		if (other->priority <= p->priority)
			break;
		before = &other->node;
	}
	list_add_tail_rcu(&p->node, before);
	idr_replace(&kn->policies, p, p->id);
}

void kw_policy_remove(struct kw_net *kn, struct kw_policy *p)
{
	struct kw_sa *sa, *tmp;

	lockdep_assert_held(&kn->lock);
	idr_remove(&kn->policies, p->id);
	list_del_rcu(&p->node);
	list_for_each_entry_safe(sa, tmp, &p->sas, policy_node)
		kw_sa_remove(sa);
	kw_policy_put(p);	/* got by kw_policy_new() */
}

struct kw_policy *kw_policy_find(struct kw_net *kn, u32 id)
{
	lockdep_assert_held(&kn->lock);
	return idr_find(&kn->policies, id);
}

void kw_policy_pick_out(struct kw_policy *p)
{
	struct kw_sa *sa;

	list_for_each_entry(sa, &p->sas, policy_node) {
		if (sa->dir == KEYWAY_DIR_OUT && kw_sa_alive(sa)) {
			rcu_assign_pointer(p->out, sa);
			/* The next time an SA is missing, say so at once. */
			WRITE_ONCE(p->acquire_until, 0);
			return;
		}
	}
	RCU_INIT_POINTER(p->out, NULL);
}
