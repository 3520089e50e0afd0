// SPDX-License-Identifier: GPL-2.0
/*
 * A security policy database: the ordered policies of one attachment, and finding a packet's.
 *
 * RFCs: 4301 section 4.4.1
 *
 * The search is flat in the number of policies.  A policy has an entry for each pair of its local
 * and remote traffic selectors.  An entry's key is what a packet must have exactly to match: the
 * longest prefix that covers each side's addresses, the protocol if there is one, a port if
 * there is one only, the mark.  Which parts these are is the entry's shape.  All entries share
 * one hash table; a packet is looked up once for each shape, of which there are few, because
 * people write selectors in few ways.  What is found is compared in full.
 *
 * A range that is no prefix makes no chain: of the ranges that one prefix covers and no longer
 * one does, each holds the middle of that prefix, so two of them overlap, and overlapping
 * selectors of equal shape are what priorities are for.
 *
 * Shapes are sorted by the priority of their first policy, so that a search may stop early.  A
 * chain is sorted by the order of policies: its first match is its best.
 *
 * Where there are several shapes, each CPU remembers the policies of the last flows it saw.  A
 * remembered policy is good while @generation is what it was: removing a policy changes it
 * before the grace period that ends with the memory freed, as with the SAs (sadb.h).
 *
 * Readers see a policy or do not; no order of a writer's steps shows them anything else:
 * inserting adds the entries, then the shapes; removing takes the entries out, then the shapes.
 */
#include "spd.h"

#include <linux/err.h>
#include <linux/jhash.h>
#include <linux/percpu.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <uapi/linux/keyway.h>

#include "flow.h"
#include "policy.h"

#define SLOTS_MIN	16u
#define SLOTS_MAX	1048576u

/* Up to this many shapes a search is as fast as remembering would be. */
#define SHAPES_FEW	2

/* Flows one CPU remembers. */
#define CACHE_SLOTS	256u

/* Parts of a key that not all shapes have. */
#define PART_PROTO	1
#define PART_LPORT	2
#define PART_RPORT	4
#define PART_HIDDEN	8	/* none: for fragments, in place of an entry that has a port */

struct kw_spd_table {
	u32 mask;
	u8 which;		/* of an entry's two nodes */
	struct hlist_head slot[];
};

struct kw_spd_shapes {
	struct rcu_head rcu;
	unsigned int n;
	struct {
		struct kw_spd_shape shape;
		u32 first;	/* no policy with this shape has a lower priority number */
		u32 count;	/* entries; under the kw_net lock */
	} row[];
};

/* Changes with every change of any database; see above. */
static atomic_t generation;

/* A key's words: addresses, ports, mark with family, lengths, parts and protocol. */
#define KEY_WORDS	11

/* What of a packet can matter for its policy. */
struct cached_flow {
	u32 word[KEY_WORDS];
	const struct kw_spd *spd;
};

struct cache_slot {
	struct cached_flow flow;
	int generation;
	struct kw_policy *policy;
};

static struct cache_slot *__percpu *caches;

/* The first @len bits of an address. */
static void put_prefix(u32 *words, const struct kw_addr *a, unsigned int len)
{
	if (a->family == AF_INET) {
		words[0] = (__force u32)(a->v4 & (len ? htonl(~0u << (32 - len)) : 0));
	} else {
		struct in6_addr prefix;

		ipv6_addr_prefix(&prefix, &a->v6, len);
		memcpy(words, &prefix, sizeof(prefix));
	}
}

static u32 hash_key(const struct kw_spd_shape *shape, const struct kw_addr *local,
		    const struct kw_addr *remote, u8 proto, u16 lport, u16 rport, u32 mark)
{
	u32 words[KEY_WORDS];
	unsigned int n = shape->family == AF_INET ? 1 : 4;

	put_prefix(words, local, shape->local_len);
	put_prefix(words + n, remote, shape->remote_len);
	words[2 * n] = (shape->parts & PART_LPORT ? lport : 0) << 16 |
		       (shape->parts & PART_RPORT ? rport : 0);
	words[2 * n + 1] = mark & shape->mark_mask;
	words[2 * n + 2] = (shape->parts & PART_PROTO ? proto : 0) << 24 | shape->parts << 16 |
			   shape->local_len << 8 | shape->remote_len;
	return jhash2(words, 2 * n + 3, shape->mark_mask);
}

/* Whether @a is asked before @b. */
static bool is_before(const struct kw_policy *a, const struct kw_policy *b)
{
	return a->priority != b->priority ? a->priority < b->priority : a->order < b->order;
}

/* The best policy of one chain, if it is before @best; else @best. */
static struct kw_policy *search_chain(const struct kw_spd_table *t, u32 hash,
				      const struct kw_flow *flow, u8 dir, struct kw_policy *best,
				      enum kw_match *best_match)
{
	struct hlist_node *node;
	enum kw_match match;

	__hlist_for_each_rcu(node, &t->slot[hash & t->mask]) {
		const struct kw_spd_entry *e = container_of(node, struct kw_spd_entry,
							    node[t->which]);

		if (e->hash != hash)
			continue;
		if (best && !is_before(e->policy, best))
			break;
		match = kw_policy_match(e->policy, flow, dir);
		if (match == KW_MATCH_NO)
			continue;
		*best_match = match;
		return e->policy;
	}
	return best;
}

static struct kw_policy *search(const struct kw_spd *spd, const struct kw_spd_shapes *shapes,
				const struct kw_flow *flow, u8 dir)
{
	const struct kw_spd_table *t = rcu_dereference(spd->table);
	const struct kw_addr *local = dir == KEYWAY_DIR_OUT ? &flow->src : &flow->dst;
	const struct kw_addr *remote = dir == KEYWAY_DIR_OUT ? &flow->dst : &flow->src;
	u16 lport = dir == KEYWAY_DIR_OUT ? flow->sport : flow->dport;
	u16 rport = dir == KEYWAY_DIR_OUT ? flow->dport : flow->sport;
	enum kw_match match = KW_MATCH_NO;
	struct kw_policy *best = NULL;
	unsigned int i;

	for (i = 0; i < shapes->n; i++) {
		const struct kw_spd_shape *shape = &shapes->row[i].shape;

		if (best && best->priority < shapes->row[i].first)
			break;
		if (shape->family != local->family)
			continue;
		if (!flow->has_ports && shape->parts & (PART_LPORT | PART_RPORT))
			continue;
		if (!flow->hidden && shape->parts & PART_HIDDEN)
			continue;
		best = search_chain(t, hash_key(shape, local, remote, flow->proto, lport, rport,
						flow->mark), flow, dir, best, &match);
	}
	return match == KW_MATCH_HIDDEN ? ERR_PTR(-EAGAIN) : best;
}

static void fill_cached_flow(struct cached_flow *c, const struct kw_spd *spd,
			     const struct kw_flow *flow, u8 dir)
{
	if (flow->src.family == AF_INET) {
		memset(c->word, 0, 8 * sizeof(*c->word));
		c->word[0] = (__force u32)flow->src.v4;
		c->word[4] = (__force u32)flow->dst.v4;
	} else {
		memcpy(c->word, &flow->src.v6, 16);
		memcpy(c->word + 4, &flow->dst.v6, 16);
	}
	c->word[8] = flow->sport << 16 | flow->dport;
	c->word[9] = flow->mark;
	c->word[10] = flow->src.family << 16 | flow->proto << 8 | dir << 2 | flow->has_ports << 1 |
		      flow->hidden;
	c->spd = spd;
}

static struct kw_policy *search_cached(const struct kw_spd *spd,
				       const struct kw_spd_shapes *shapes,
				       const struct kw_flow *flow, u8 dir)
{
	struct cached_flow c;
	struct cache_slot *slot;
	int now;

	fill_cached_flow(&c, spd, flow, dir);
	slot = *this_cpu_ptr(caches) +
	       (jhash2(c.word, KEY_WORDS, (u32)(unsigned long)spd) & (CACHE_SLOTS - 1));
	/* Before the search, so that what it finds is not older than what is remembered with it. */
	now = atomic_read_acquire(&generation);
	if (slot->generation == now && slot->flow.spd == spd &&
	    !memcmp(slot->flow.word, c.word, sizeof(c.word)))
		return slot->policy;
	slot->policy = search(spd, shapes, flow, dir);
	slot->flow = c;
	slot->generation = now;
	return slot->policy;
}

struct kw_policy *kw_spd_lookup(const struct kw_spd *spd, const struct kw_flow *flow, u8 dir)
{
	struct kw_policy *only = rcu_dereference(spd->only);
	const struct kw_spd_shapes *shapes;

	if (only) {
		switch (kw_policy_match(only, flow, dir)) {
		case KW_MATCH_NO:
			return NULL;
		case KW_MATCH_YES:
			return only;
		case KW_MATCH_HIDDEN:
			return ERR_PTR(-EAGAIN);
		}
	}
	shapes = rcu_dereference(spd->shapes);
	if (!shapes)
		return NULL;
	return shapes->n > SHAPES_FEW ? search_cached(spd, shapes, flow, dir) :
	       search(spd, shapes, flow, dir);
}

void kw_spd_init(struct kw_spd *spd)
{
	memset(spd, 0, sizeof(*spd));
	INIT_LIST_HEAD(&spd->policies);
}

void kw_spd_exit(struct kw_spd *spd)
{
	WARN_ON(spd->count);
	kvfree(rcu_dereference_protected(spd->table, true));
	kfree(rcu_dereference_protected(spd->shapes, true));
}

/* Bits that the first and the last address of a range have in common. */
static u8 covering_len(const struct kw_ts *ts)
{
	unsigned int i, len = kw_addr_len(&ts->start);

	for (i = 0; i < len; i++) {
		u8 differ = ts->start.bytes[i] ^ ts->end.bytes[i];

		if (differ)
			return i * 8 + 8 - fls(differ);
	}
	return len * 8;
}

static void fill_entry(struct kw_spd_entry *e, struct kw_policy *p, const struct kw_ts *local,
		       const struct kw_ts *remote, u8 parts)
{
	u8 proto = local->proto ?: remote->proto;

	e->policy = p;
	e->shape.family = local->start.family;
	e->shape.local_len = covering_len(local);
	e->shape.remote_len = covering_len(remote);
	e->shape.parts = parts | (proto ? PART_PROTO : 0);
	e->shape.mark_mask = p->mark_mask;
	e->hash = hash_key(&e->shape, &local->start, &remote->start, proto, local->port_start,
			   remote->port_start, p->mark);
}

/* The one or two entries of a pair that some packet can match; @e may be NULL to count them. */
static unsigned int fill_pair(struct kw_spd_entry *e, struct kw_policy *p,
			      const struct kw_ts *local, const struct kw_ts *remote)
{
	u8 parts = 0;

	if (local->start.family != remote->start.family ||
	    (local->proto && remote->proto && local->proto != remote->proto))
		return 0;
	if (local->port_start == local->port_end)
		parts |= PART_LPORT;
	if (remote->port_start == remote->port_end)
		parts |= PART_RPORT;
	if (e) {
		fill_entry(e, p, local, remote, parts);
		if (parts)
			fill_entry(e + 1, p, local, remote, PART_HIDDEN);
	}
	return parts ? 2 : 1;
}

static unsigned int fill_pairs(struct kw_spd_entry *entries, struct kw_policy *p)
{
	unsigned int i, j, n = 0;

	for (i = 0; i < p->n_local; i++)
		for (j = 0; j < p->n_remote; j++)
			n += fill_pair(entries ? entries + n : NULL, p, &p->ts[i],
				       &p->ts[p->n_local + j]);
	return n;
}

int kw_spd_prepare(struct kw_policy *p)
{
	p->n_entries = fill_pairs(NULL, p);
	p->entries = kvcalloc(p->n_entries ?: 1, sizeof(*p->entries), GFP_KERNEL);
	if (!p->entries)
		return -ENOMEM;
	fill_pairs(p->entries, p);
	return 0;
}

/*
 * Writers: the kw_net lock is what makes these dereferences good, and every function below
 * is called with it.
 */
static struct kw_spd_table *locked_table(const struct kw_spd *spd)
{
	return rcu_dereference_protected(spd->table, true);
}

static struct kw_spd_shapes *locked_shapes(const struct kw_spd *spd)
{
	return rcu_dereference_protected(spd->shapes, true);
}

static struct kw_spd_table *new_table(u32 slots, u8 which)
{
	struct kw_spd_table *t = kvzalloc(struct_size(t, slot, slots), GFP_KERNEL);

	if (t) {
		t->mask = slots - 1;
		t->which = which;
	}
	return t;
}

static int find_row(const struct kw_spd_shapes *shapes, const struct kw_spd_shape *shape)
{
	unsigned int i;

	for (i = 0; shapes && i < shapes->n; i++)
		if (!memcmp(&shapes->row[i].shape, shape, sizeof(*shape)))
			return i;
	return -ENOENT;
}

/* Entries whose shape is new, or has no policy as early as theirs. */
static unsigned int count_news(const struct kw_spd_shapes *shapes, const struct kw_policy *p)
{
	unsigned int i, n = 0;

	for (i = 0; i < p->n_entries; i++) {
		int row = find_row(shapes, &p->entries[i].shape);

		n += row < 0 || shapes->row[row].first > p->priority;
	}
	return n;
}

int kw_spd_reserve(struct kw_spd *spd, struct kw_policy *p)
{
	const struct kw_spd_shapes *shapes = locked_shapes(spd);
	unsigned int news = count_news(shapes, p);

	if (!locked_table(spd)) {
		struct kw_spd_table *t = new_table(SLOTS_MIN, 0);

		if (!t)
			return -ENOMEM;
		rcu_assign_pointer(spd->table, t);
	}
	if (!news)
		return 0;
	p->shapes = kzalloc(struct_size(p->shapes, row, (shapes ? shapes->n : 0) + news),
			    GFP_KERNEL);
	return p->shapes ? 0 : -ENOMEM;
}

/* In the order of policies, so that a chain's first match is its best. */
static void add_to(struct kw_spd_table *t, struct kw_spd_entry *e)
{
	struct hlist_head *head = &t->slot[e->hash & t->mask];
	struct hlist_node *node, *last = NULL;

	for (node = head->first; node; node = node->next) {
		if (is_before(e->policy, container_of(node, struct kw_spd_entry,
						      node[t->which])->policy))
			break;
		last = node;
	}
	if (last)
		hlist_add_behind_rcu(&e->node[t->which], last);
	else
		hlist_add_head_rcu(&e->node[t->which], head);
}

/* Doubles the table.  Without memory it stays as it is, and chains get longer. */
static void grow(struct kw_spd *spd)
{
	struct kw_spd_table *old = locked_table(spd), *new;
	struct kw_policy *p;
	unsigned int i;

	new = new_table((old->mask + 1) * 4, !old->which);
	if (!new)
		return;
	list_for_each_entry(p, &spd->policies, node)
		for (i = 0; i < p->n_entries; i++)
			add_to(new, &p->entries[i]);
	rcu_assign_pointer(spd->table, new);
	/* Nobody may be walking the old nodes when the next growth takes them. */
	synchronize_rcu();
	kvfree(old);
}

/* Adds one entry's shape to the copy that is being made. */
static void add_shape(struct kw_spd_shapes *shapes, const struct kw_spd_shape *shape, u32 priority)
{
	int row = find_row(shapes, shape);

	if (row < 0) {
		row = shapes->n++;
		shapes->row[row].shape = *shape;
		shapes->row[row].first = priority;
	}
	shapes->row[row].first = min(shapes->row[row].first, priority);
}

static void sort_shapes(struct kw_spd_shapes *shapes)
{
	unsigned int i, j;

	for (i = 1; i < shapes->n; i++)
		for (j = i; j && shapes->row[j - 1].first > shapes->row[j].first; j--)
			swap(shapes->row[j - 1], shapes->row[j]);
}

static void publish_shapes(struct kw_spd *spd, struct kw_policy *p)
{
	struct kw_spd_shapes *old = locked_shapes(spd), *new = p->shapes;
	unsigned int i;

	if (!new)
		return;
	p->shapes = NULL;
	if (old) {
		memcpy(new->row, old->row, old->n * sizeof(*old->row));
		new->n = old->n;
	}
	for (i = 0; i < p->n_entries; i++)
		add_shape(new, &p->entries[i].shape, p->priority);
	sort_shapes(new);
	rcu_assign_pointer(spd->shapes, new);
	if (old)
		kfree_rcu(old, rcu);
}

static void set_only(struct kw_spd *spd)
{
	struct kw_policy *p = NULL;

	if (spd->count == 1)
		p = list_first_entry(&spd->policies, struct kw_policy, node);
	rcu_assign_pointer(spd->only, p);
}

void kw_spd_insert(struct kw_spd *spd, struct kw_policy *p)
{
	struct kw_spd_shapes *shapes;
	unsigned int i;

	spd->entries += p->n_entries;
	if (spd->entries > (locked_table(spd)->mask + 1) / 2 &&
	    locked_table(spd)->mask + 1 < SLOTS_MAX)
		grow(spd);
	for (i = 0; i < p->n_entries; i++)
		add_to(locked_table(spd), &p->entries[i]);
	list_add_tail(&p->node, &spd->policies);
	publish_shapes(spd, p);
	shapes = locked_shapes(spd);
	for (i = 0; i < p->n_entries; i++)
		shapes->row[find_row(shapes, &p->entries[i].shape)].count++;
	spd->count++;
	set_only(spd);
	atomic_inc_return_release(&generation);
}

/* Without memory rows without entries stay, and are searched in vain. */
static void drop_shapes(struct kw_spd *spd)
{
	struct kw_spd_shapes *old = locked_shapes(spd), *new;
	unsigned int i;

	new = kzalloc(struct_size(new, row, old->n), GFP_KERNEL);
	if (!new)
		return;
	for (i = 0; i < old->n; i++)
		if (old->row[i].count)
			new->row[new->n++] = old->row[i];
	rcu_assign_pointer(spd->shapes, new);
	kfree_rcu(old, rcu);
}

void kw_spd_remove(struct kw_spd *spd, struct kw_policy *p)
{
	struct kw_spd_shapes *shapes = locked_shapes(spd);
	bool unused = false;
	unsigned int i;

	spd->count--;
	spd->entries -= p->n_entries;
	list_del(&p->node);
	set_only(spd);
	for (i = 0; i < p->n_entries; i++) {
		struct kw_spd_entry *e = &p->entries[i];
		int row = find_row(shapes, &e->shape);

		hlist_del_rcu(&e->node[locked_table(spd)->which]);
		unused |= !--shapes->row[row].count;
	}
	if (unused)
		drop_shapes(spd);
	/* After the policy left, and before the grace period: see above. */
	atomic_inc_return_release(&generation);
}

int kw_spd_cache_init(void)
{
	int cpu;

	/* No slot is of the first generation. */
	atomic_set(&generation, 1);
	caches = alloc_percpu(struct cache_slot *);
	if (!caches)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct cache_slot *slots = kvcalloc(CACHE_SLOTS, sizeof(*slots), GFP_KERNEL);

		if (!slots) {
			kw_spd_cache_exit();
			return -ENOMEM;
		}
		*per_cpu_ptr(caches, cpu) = slots;
	}
	return 0;
}

void kw_spd_cache_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kvfree(*per_cpu_ptr(caches, cpu));
	free_percpu(caches);
}
