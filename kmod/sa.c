// SPDX-License-Identifier: GPL-2.0
/*
 * Security associations: short-lived, one-way, and without their keys.
 *
 * RFCs: 4301 section 4.4.2
 *
 * Who may hold an SA, and how each lets go:
 * (1) the tables: the sadb and its policy's list, until kw_sa_remove();
 * (2) its policy's out pointer, which kw_sa_remove() moves on;
 * (3) the data path, inside one RCU read-side section.  A received packet waiting in a queue
 *     holds none: receive.c looks its SA up again when anything was removed meanwhile;
 * (4) its timer, which kw_sa_remove() shuts down and waits for;
 * (5) the reaper's list, by a reference dropped by kw_sa_reap();
 * (6) of an AH SA, the ESP SA that is wrapped in it, by a reference dropped when that is freed;
 * (7) netlink handlers and dumps, under the kw_net lock.
 * Memory and transforms go a grace period after the last reference, in process context.
 *
 * Keys exist only in the netlink message and inside the transforms.
 */
#include "sa.h"

#include <linux/percpu.h>
#include <linux/slab.h>

#include "ah.h"
#include "algs.h"
#include "events.h"
#include "net.h"
#include "outer.h"
#include "policy.h"
#include "replay.h"
#include "tcp.h"
#include "trace.h"

static void set_state(struct kw_sa *sa, u32 from, u32 to)
{
	if (from != to)
		trace_kw_sa_state(sa->spi, sa->dir, sa->policy ? sa->policy->id : 0, from, to);
}

static void free_now(struct kw_sa *sa)
{
	struct kw_path *path = rcu_dereference_protected(sa->path, true);

	kw_cipher_free(&sa->cipher);
	if (path)
		kw_path_free(path);
	kw_replay_free(sa->replay);
	free_percpu(sa->cpu);
	if (sa->ah)
		kw_sa_put(sa->ah);		/* got by kw_sa_wrap() */
	if (sa->policy)
		kw_policy_put(sa->policy);	/* got by kw_sa_new() */
	kfree(sa);
}

static void free_work(struct work_struct *work)
{
	free_now(container_of(to_rcu_work(work), struct kw_sa, free_work));
}

void kw_sa_put(struct kw_sa *sa)
{
	if (refcount_dec_and_test(&sa->refs))
		queue_rcu_work(kw_wq, &sa->free_work);
}

static struct kw_sa *new_sa(struct kw_net *kn, u8 dir, u8 proto, __be32 spi)
{
	struct kw_sa *sa = kzalloc(sizeof(*sa), GFP_KERNEL);
	int cpu;

	if (!sa)
		return NULL;
	sa->cpu = alloc_percpu(struct kw_sa_cpu);
	if (!sa->cpu) {
		kfree(sa);
		return NULL;
	}
	for_each_possible_cpu(cpu) {
		u64_stats_init(&per_cpu_ptr(sa->cpu, cpu)->sync);
		per_cpu_ptr(sa->cpu, cpu)->used = jiffies;
	}
	sa->kn = kn;
	sa->dir = dir;
	sa->proto = proto;
	sa->spi = spi;
	INIT_LIST_HEAD(&sa->policy_node);
	refcount_set(&sa->refs, 1);
	INIT_RCU_WORK(&sa->free_work, free_work);
	kw_lifetime_init(sa);
	return sa;
}

struct kw_sa *kw_sa_new_larval(struct kw_net *kn, u8 proto, __be32 spi)
{
	struct kw_sa *sa = new_sa(kn, KEYWAY_DIR_IN, proto, spi);

	return sa ?: ERR_PTR(-ENOMEM);
}

struct kw_sa *kw_sa_new(struct kw_net *kn, struct kw_policy *policy,
			const struct kw_sa_config *config, const char **lacks)
{
	struct kw_sa *sa = new_sa(kn, config->dir, config->proto, config->spi);
	struct kw_path *path;
	int ret;

	if (!sa)
		return ERR_PTR(-ENOMEM);
	kw_policy_get(policy);
	sa->policy = policy;
	sa->state = KW_SA_LIVE;
	sa->flags = config->flags;
	sa->cookie = config->cookie;
	sa->dscps = config->dscps;
	sa->limits = config->limits;
	if (config->keys.encr)
		sa->key_bits = (config->keys.encr_len - config->keys.encr->salt) * 8;
	sa->tfc = config->tfc;
	sa->mode = config->mode == KW_MODE_POLICY ? policy->mode : config->mode;
	sa->seq_max = config->flags & KEYWAY_SA_F_ESN ? U64_MAX >> 1 : U32_MAX;

	ret = -ENOMEM;
	path = kw_path_new(config->local.family ? &config->local : &policy->local,
			   config->remote.family ? &config->remote : &policy->remote,
			   config->ah_spi ? IPPROTO_AH : config->proto,
			   config->udp_local, config->udp_remote);
	if (!path)
		goto out_free;
	path->link = policy->link;
	path->mark = policy->set_mark;
	RCU_INIT_POINTER(sa->path, path);
	if (config->stream) {
		struct kw_stream *stream = kw_stream_get(kn, config->stream);

		ret = -ENOTCONN;
		if (!stream)
			goto out_free;
		kw_path_use_stream(path, stream);
		ret = -ENOMEM;
	}
	if (config->dir == KEYWAY_DIR_IN) {
		sa->replay = kw_replay_new(config->replay_window,
					   config->flags & KEYWAY_SA_F_ESN);
		if (!sa->replay)
			goto out_free;
	}
	ret = kw_cipher_init(&sa->cipher, &config->keys, lacks);
	if (ret)
		goto out_free;
	return sa;

out_free:
	free_now(sa);
	return ERR_PTR(ret);
}

void kw_sa_wrap(struct kw_sa *esp, struct kw_sa *ah)
{
	refcount_inc(&ah->refs);
	ah->carries = true;
	esp->ah = ah;
}

unsigned int kw_sa_ah_len(const struct kw_sa *sa, const struct kw_path *path)
{
	const struct kw_sa *ah = kw_sa_ah(sa);

	return ah ? kw_ah_len(&ah->cipher, path->remote.family == AF_INET ? 4 : 6) : 0;
}

void kw_sa_insert(struct kw_sa *sa)
{
	struct kw_net *kn = sa->kn;
	struct kw_sa *larval;

	lockdep_assert_held(&kn->lock);
	if (sa->dir == KEYWAY_DIR_IN) {
		larval = kw_sa_find(kn, KEYWAY_DIR_IN, sa->proto, sa->spi, 0);
		if (larval)
			kw_sa_remove(larval);
	}
	kw_sadb_insert(kn, sa);
	sa->linked = true;
	if (!sa->policy)
		return;
	list_add(&sa->policy_node, &sa->policy->sas);
	kw_lifetime_start(sa, &sa->limits);
	if (sa->dir == KEYWAY_DIR_OUT)
		kw_policy_pick_out(sa->policy);
	set_state(sa, KW_SA_LARVAL, KW_SA_LIVE);
}

void kw_sa_remove(struct kw_sa *sa)
{
	struct kw_policy *policy = sa->policy;

	lockdep_assert_held(&sa->kn->lock);
	set_state(sa, xchg(&sa->state, KW_SA_DEAD), KW_SA_DEAD);
	sa->linked = false;
	kw_sadb_remove(sa->kn, sa);
	list_del_init(&sa->policy_node);
	if (policy && (sa->carries || kw_policy_sends_with(policy, sa)))
		kw_policy_pick_out(policy);
	kw_lifetime_stop(sa);
	kw_sa_put(sa);		/* got by kw_sa_new() */
}

void kw_sa_flush(struct kw_net *kn, struct kw_policy *policy)
{
	struct kw_sa *sa;
	int id;

	lockdep_assert_held(&kn->lock);
	idr_for_each_entry(&kn->sadb.all, sa, id)
		if (!policy || sa->policy == policy)
			kw_sa_remove(sa);
}

struct kw_sa *kw_sa_find(struct kw_net *kn, u8 dir, u8 proto, __be32 spi, u32 policy_id)
{
	struct kw_policy *policy;
	struct kw_sa *sa;

	lockdep_assert_held(&kn->lock);
	if (dir == KEYWAY_DIR_IN) {
		rcu_read_lock();
		sa = kw_sadb_find_in(&kn->sadb, proto, spi);
		rcu_read_unlock();
		return sa;	/* the lock keeps it */
	}
	policy = kw_policy_find(kn, policy_id);
	if (!policy)
		return NULL;
	list_for_each_entry(sa, &policy->sas, policy_node)
		if (sa->dir == dir && sa->proto == proto && sa->spi == spi)
			return sa;
	return NULL;
}

void kw_sa_set_path(struct kw_sa *sa, struct kw_path *path)
{
	struct kw_path *old;

	lockdep_assert_held(&sa->kn->lock);
	path->link = sa->policy->link;
	path->mark = sa->policy->set_mark;
	old = rcu_replace_pointer(sa->path, path, lockdep_is_held(&sa->kn->lock));
	WRITE_ONCE(sa->mapping_until, 0);
	kw_path_free_rcu(old);
}

void kw_sa_stop(struct kw_sa *sa, u8 limit)
{
	u32 state = READ_ONCE(sa->state);

	do {
		if (state == KW_SA_DEAD)
			return;
	} while (!try_cmpxchg(&sa->state, &state, KW_SA_DEAD));
	set_state(sa, state, KW_SA_DEAD);
	kw_event_expire(sa, KEYWAY_EXPIRE_HARD, limit);
	/* Only who made it dead gets here, so the list node is used once. */
	if (!refcount_inc_not_zero(&sa->refs))
		return;
	llist_add(&sa->reap_node, &sa->kn->reapable);
	queue_work(kw_wq, &sa->kn->reap);
}

void kw_sa_reap(struct work_struct *work)
{
	struct kw_net *kn = container_of(work, struct kw_net, reap);
	struct llist_node *list = llist_del_all(&kn->reapable);
	struct kw_sa *sa, *tmp;

	mutex_lock(&kn->lock);
	llist_for_each_entry_safe(sa, tmp, list, reap_node) {
		if (sa->linked)
			kw_sa_remove(sa);
		kw_sa_put(sa);		/* got by kw_sa_stop() */
	}
	mutex_unlock(&kn->lock);
}

void kw_sa_totals(const struct kw_sa *sa, u64 *packets, u64 *bytes)
{
	int cpu;

	*packets = 0;
	*bytes = 0;
	for_each_possible_cpu(cpu) {
		const struct kw_sa_cpu *c = per_cpu_ptr(sa->cpu, cpu);
		unsigned int start;
		u64 n, b;

		do {
			start = u64_stats_fetch_begin(&c->sync);
			n = u64_stats_read(&c->packets);
			b = u64_stats_read(&c->bytes);
		} while (u64_stats_fetch_retry(&c->sync, start));
		*packets += n;
		*bytes += b;
	}
}
