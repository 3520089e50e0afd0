// SPDX-License-Identifier: GPL-2.0
/*
 * Policies (entries of RFC 4301's SPD): what happens to which packets, and by which SA.
 *
 * RFCs: 4301 sections 4.4.1 and 6
 *
 * Who may hold a policy, and how each lets go:
 * (1) its database (spd.c) and the namespace's table: kw_policy_remove(), which everybody who
 *     ends a device or a namespace calls;
 * (2) each of its SAs, by a reference dropped when the SA is freed;
 * (3) the data path, inside one RCU read-side section; memory is freed a grace period after
 *     the last reference went.
 */
#include "policy.h"

#include <linux/percpu.h>
#include <linux/slab.h>

#include "device.h"
#include "hook.h"
#include "net.h"
#include "sa.h"

#define DSCP_COUNT	64

enum kw_match kw_policy_match(const struct kw_policy *p, const struct kw_flow *flow, u8 dir)
{
	const struct kw_ts *local = p->ts, *remote = p->ts + p->n_local;

	if ((flow->mark ^ p->mark) & p->mark_mask)
		return KW_MATCH_NO;
	if (dir == KEYWAY_DIR_OUT)
		return kw_flow_match(flow, local, p->n_local, remote, p->n_remote);
	return kw_flow_match(flow, remote, p->n_remote, local, p->n_local);
}

/* Whether some selector of the policy is for the packet's protocol and not for any. */
static bool names_proto(const struct kw_policy *p, u8 proto)
{
	unsigned int i;

	for (i = 0; i < p->n_local + p->n_remote; i++)
		if (p->ts[i].proto == proto)
			return true;
	return false;
}

bool kw_policy_accepts(const struct kw_policy *p, const struct kw_flow *flow, struct sk_buff *skb)
{
	struct kw_flow quoted, unmarked = *flow;

	/* The mark is of this machine; what came from the peer has none yet. */
	unmarked.mark = p->mark;
	if (kw_flow_quoted(&unmarked, skb, &quoted)) {
		if (kw_policy_match(p, &quoted, KEYWAY_DIR_IN) == KW_MATCH_YES)
			return true;
		if (!names_proto(p, flow->proto))
			return false;
	}
	return kw_policy_match(p, &unmarked, KEYWAY_DIR_IN) == KW_MATCH_YES;
}

struct kw_policy *kw_policy_lookup(const struct kw_spd *spd, const struct kw_flow *flow,
				   struct sk_buff *skb)
{
	struct kw_policy *p = kw_spd_lookup(spd, flow, KEYWAY_DIR_OUT);
	struct kw_flow quoted;

	if (!p && unlikely(flow->icmp_error) && kw_flow_quoted(flow, skb, &quoted))
		p = kw_spd_lookup(spd, &quoted, KEYWAY_DIR_OUT);
	return p;
}

struct kw_policy *kw_policy_violated(const struct kw_spd *spd, const struct kw_flow *flow,
				     struct sk_buff *skb)
{
	struct kw_policy *p = kw_spd_lookup(spd, flow, KEYWAY_DIR_IN);
	struct kw_flow quoted;

	if (!p && flow->icmp_error && kw_flow_quoted(flow, skb, &quoted))
		p = kw_spd_lookup(spd, &quoted, KEYWAY_DIR_IN);
	if (IS_ERR_OR_NULL(p))
		return p;
	if (p->action == KEYWAY_ACTION_BYPASS || p->flags & KEYWAY_POLICY_F_PLAIN_IN)
		return NULL;
	return p;
}

static void narrow(const struct kw_policy *p, struct kw_ts *ts, const struct kw_addr *addr,
		   const struct kw_flow *flow, u16 port, u32 take_addr, u32 take_port)
{
	if (p->pfp & take_addr) {
		memset(&ts->start, 0, sizeof(ts->start));
		memcpy(ts->start.bytes, addr->bytes, kw_addr_len(addr));
		ts->start.family = addr->family;
		ts->end = ts->start;
	}
	if (p->pfp & KEYWAY_PFP_PROTO)
		ts->proto = flow->proto;
	if (p->pfp & take_port) {
		/* RFC 4301 4.4.1.2: what the packet has not is OPAQUE. */
		ts->port_start = flow->has_ports ? port : KW_TS_OPAQUE_START;
		ts->port_end = flow->has_ports ? port : KW_TS_OPAQUE_END;
	}
}

/* The first selector of a side that the packet is in. */
static struct kw_ts first_match(const struct kw_ts *ts, unsigned int n, const struct kw_addr *addr,
				const struct kw_flow *flow, u16 port)
{
	unsigned int i;

	for (i = 0; i + 1 < n; i++)
		if (kw_ts_match(&ts[i], addr, flow, port) == KW_MATCH_YES)
			break;
	return ts[i];
}

void kw_policy_wanted(const struct kw_policy *p, const struct kw_flow *flow, struct kw_ts ts[2])
{
	ts[0] = first_match(p->ts, p->n_local, &flow->src, flow, flow->sport);
	ts[1] = first_match(p->ts + p->n_local, p->n_remote, &flow->dst, flow, flow->dport);
	narrow(p, &ts[0], &flow->src, flow, flow->sport, KEYWAY_PFP_LOCAL,
	       KEYWAY_PFP_LOCAL_PORT);
	narrow(p, &ts[1], &flow->dst, flow, flow->dport, KEYWAY_PFP_REMOTE,
	       KEYWAY_PFP_REMOTE_PORT);
}

struct kw_sa *kw_policy_out(const struct kw_policy *p, u8 dsfield)
{
	struct kw_sa __rcu **by_dscp = READ_ONCE(p->out_by_dscp);

	return by_dscp ? rcu_dereference(by_dscp[dsfield >> 2]) : rcu_dereference(p->out);
}

u32 kw_policy_ifindex(const struct kw_policy *p)
{
	return p->dev ? p->dev->dev->ifindex : 0;
}

void kw_policy_count(struct kw_policy *p, unsigned int dir, unsigned int packets, u64 bytes)
{
	struct kw_policy_cpu *cpu = this_cpu_ptr(p->cpu);

	u64_stats_update_begin(&cpu->sync);
	u64_stats_add(&cpu->packets[dir], packets);
	u64_stats_add(&cpu->bytes[dir], bytes);
	u64_stats_update_end(&cpu->sync);
	if (p->dev)
		kw_dev_count(p->dev, dir, packets, bytes);
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

static void free_now(struct kw_policy *p)
{
	free_percpu(p->cpu);
	kvfree(p->entries);
	kfree(p->shapes);
	kfree(p->out_by_dscp);
	kfree(p->ts);
	kfree(p);
}

static void free_policy(struct work_struct *work)
{
	struct kw_policy *p = container_of(to_rcu_work(work), struct kw_policy, free_work);

	free_now(p);
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
	p->n_local = config->n_local;
	p->n_remote = config->n_remote;
	p->mark = config->mark & config->mark_mask;
	p->mark_mask = config->mark_mask;
	if (!p->ts || !p->cpu || kw_spd_prepare(p)) {
		free_now(p);
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
	p->set_mark = config->set_mark;
	p->link = config->link;
	p->pfp = config->pfp;
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

int kw_policy_reserve(struct kw_net *kn, struct kw_policy *p, struct kw_dev *dev)
{
	int id, ret;

	lockdep_assert_held(&kn->lock);
	/* Cyclic, so that a stale id names nothing rather than something else. */
	id = idr_alloc_cyclic(&kn->policies, NULL, 1, 0, GFP_KERNEL);
	if (id < 0)
		return id;
	p->id = id;
	p->dev = dev;
	p->spd = dev ? &dev->spd : &kn->spd;
	ret = kw_spd_reserve(p->spd, p);
	if (!ret && !dev)
		ret = kw_hook_get(kn);
	if (ret)
		idr_remove(&kn->policies, id);
	return ret;
}

void kw_policy_unreserve(struct kw_net *kn, struct kw_policy *p)
{
	lockdep_assert_held(&kn->lock);
	if (!p->dev)
		kw_hook_put(kn);
	idr_remove(&kn->policies, p->id);
}

void kw_policy_insert(struct kw_net *kn, struct kw_policy *p)
{
	lockdep_assert_held(&kn->lock);
	p->order = ++kn->policy_order;
	kw_spd_insert(p->spd, p);
	idr_replace(&kn->policies, p, p->id);
}

void kw_policy_remove(struct kw_net *kn, struct kw_policy *p)
{
	struct kw_sa *sa, *tmp;

	lockdep_assert_held(&kn->lock);
	idr_remove(&kn->policies, p->id);
	kw_spd_remove(p->spd, p);
	if (!p->dev)
		kw_hook_put(kn);
	list_for_each_entry_safe(sa, tmp, &p->sas, policy_node)
		kw_sa_remove(sa);
	kw_policy_put(p);	/* got by kw_policy_new() */
}

struct kw_policy *kw_policy_find(struct kw_net *kn, u32 id)
{
	lockdep_assert_held(&kn->lock);
	return idr_find(&kn->policies, id);
}

int kw_policy_prepare_dscp(struct kw_policy *p)
{
	struct kw_sa __rcu **by_dscp;
	unsigned int i;

	if (p->out_by_dscp)
		return 0;
	by_dscp = kcalloc(DSCP_COUNT, sizeof(*by_dscp), GFP_KERNEL);
	if (!by_dscp)
		return -ENOMEM;
	/* Filled when the SA is inserted; until then there is what there was. */
	for (i = 0; i < DSCP_COUNT; i++)
		RCU_INIT_POINTER(by_dscp[i], rcu_dereference_protected(p->out, true));
	/* Before its slots: pairs with the address dependency in kw_policy_out(). */
	smp_store_release(&p->out_by_dscp, by_dscp);
	return 0;
}

/*
 * The newest living one that is for one of @dscps; without one the newest that is for all; without
 * one the newest: a packet never waits while there is an SA at all.
 */
static struct kw_sa *newest(const struct kw_policy *p, u64 dscps)
{
	struct kw_sa *sa, *best = NULL;

	list_for_each_entry(sa, &p->sas, policy_node) {
		if (!kw_sa_sends(sa))
			continue;
		if (sa->dscps & dscps)
			return sa;
		if (!best || (best->dscps && !sa->dscps))
			best = sa;
	}
	return best;
}

void kw_policy_pick_out(struct kw_policy *p)
{
	struct kw_sa *sa = newest(p, 0);
	unsigned int dscp, i;

	rcu_assign_pointer(p->out, sa);
	if (p->out_by_dscp)
		for (dscp = 0; dscp < DSCP_COUNT; dscp++)
			rcu_assign_pointer(p->out_by_dscp[dscp], newest(p, BIT_ULL(dscp)));
	/* The next time an SA is missing, say so at once. */
	for (i = 0; sa && i < KW_ACQUIRE_SLOTS; i++)
		WRITE_ONCE(p->acquire_until[i], 0);
}

bool kw_policy_sends_with(const struct kw_policy *p, const struct kw_sa *sa)
{
	unsigned int dscp;

	if (rcu_access_pointer(p->out) == sa)
		return true;
	for (dscp = 0; p->out_by_dscp && dscp < DSCP_COUNT; dscp++)
		if (rcu_access_pointer(p->out_by_dscp[dscp]) == sa)
			return true;
	return false;
}
