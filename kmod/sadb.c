// SPDX-License-Identifier: GPL-2.0
/*
 * Tables of SAs: by direction, protocol and SPI, and by a number for dumps.
 *
 * RFCs: 4301 section 4.1, 4302 section 2.4, 4303 section 2.1
 *
 * A table's index is the low bits of the SPI itself.  kw_sadb_choose_spi() gives out
 * SPIs whose slot is empty, so that finding one is a load and a compare; SPIs chosen by somebody
 * else may share a slot.  When the table doubles, one more bit of the SPI becomes index, so two
 * SPIs of different slots never meet.  Each SA has two list nodes, one for the table that is and
 * one for the table that comes.
 */
#include "sadb.h"

#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <uapi/linux/keyway.h>

#include "net.h"
#include "outer.h"
#include "policy.h"
#include "sa.h"

#define SLOTS_MIN	64u
#define SLOTS_MAX	1048576u
/* RFC 4303 2.1: 0 is local, 1 to 255 are IANA's. */
#define SPI_MIN		256u

struct kw_sadb_table {
	u32 mask;
	u8 which;		/* of an SA's two nodes */
	struct hlist_head slot[];
};

static struct kw_sadb_table *new_table(u32 slots, u8 which)
{
	struct kw_sadb_table *t = kvzalloc(struct_size(t, slot, slots), GFP_KERNEL);

	if (t) {
		t->mask = slots - 1;
		t->which = which;
	}
	return t;
}

int kw_sadb_init(struct kw_sadb *db)
{
	struct kw_sadb_table *in = new_table(SLOTS_MIN, 0);
	struct kw_sadb_table *out = new_table(SLOTS_MIN, 0);

	if (!in || !out) {
		kvfree(in);
		kvfree(out);
		return -ENOMEM;
	}
	RCU_INIT_POINTER(db->table[KEYWAY_DIR_IN], in);
	RCU_INIT_POINTER(db->table[KEYWAY_DIR_OUT], out);
	idr_init(&db->all);
	return 0;
}

void kw_sadb_exit(struct kw_sadb *db)
{
	WARN_ON(!idr_is_empty(&db->all));
	idr_destroy(&db->all);
	kvfree(rcu_dereference_protected(db->table[KEYWAY_DIR_IN], true));
	kvfree(rcu_dereference_protected(db->table[KEYWAY_DIR_OUT], true));
}

static struct kw_sadb_table *locked_table(const struct kw_net *kn, u8 dir)
{
	return rcu_dereference_protected(kn->sadb.table[dir], lockdep_is_held(&kn->lock));
}

struct kw_sa *kw_sadb_find_in(const struct kw_sadb *db, u8 proto, __be32 spi)
{
	const struct kw_sadb_table *t = rcu_dereference(db->table[KEYWAY_DIR_IN]);
	struct hlist_node *node;

	__hlist_for_each_rcu(node, &t->slot[ntohl(spi) & t->mask]) {
		struct kw_sa *sa = container_of(node, struct kw_sa, spi_node[t->which]);

		if (sa->spi == spi && sa->proto == proto)
			return sa;
	}
	return NULL;
}

struct kw_sa *kw_sadb_find_out(const struct kw_sadb *db, u8 proto, __be32 spi,
			       const struct kw_addr *remote)
{
	const struct kw_sadb_table *t = rcu_dereference(db->table[KEYWAY_DIR_OUT]);
	struct hlist_node *node;

	__hlist_for_each_rcu(node, &t->slot[ntohl(spi) & t->mask]) {
		struct kw_sa *sa = container_of(node, struct kw_sa, spi_node[t->which]);

		if (sa->spi == spi && sa->proto == proto &&
		    kw_addr_equal(&rcu_dereference(sa->path)->remote, remote))
			return sa;
	}
	return NULL;
}

static void add_to(struct kw_sadb_table *t, struct kw_sa *sa)
{
	hlist_add_head_rcu(&sa->spi_node[t->which], &t->slot[ntohl(sa->spi) & t->mask]);
}

/* Doubles a table.  Without memory it stays as it is, and chains get longer. */
static void grow(struct kw_net *kn, u8 dir)
{
	struct kw_sadb_table *old = locked_table(kn, dir), *new;
	struct kw_sa *sa;
	int id;

	new = new_table((old->mask + 1) * 2, !old->which);
	if (!new)
		return;
	idr_for_each_entry(&kn->sadb.all, sa, id)
		if (sa->dir == dir)
			add_to(new, sa);
	rcu_assign_pointer(kn->sadb.table[dir], new);
	/* Nobody may be walking the old nodes when the next doubling takes them. */
	synchronize_rcu();
	kvfree(old);
}

__be32 kw_sadb_choose_spi(struct kw_net *kn)
{
	const struct kw_sadb_table *t = locked_table(kn, KEYWAY_DIR_IN);
	u32 start = get_random_u32();
	u32 i;

	lockdep_assert_held(&kn->lock);
	/* The table is at most half full, save at its largest: few steps are taken. */
	for (i = 0; i <= t->mask; i++) {
		u32 slot = (start + i) & t->mask;
		u32 spi = (get_random_u32() & ~t->mask) | slot;

		if (spi >= SPI_MIN && hlist_empty(&t->slot[slot]))
			return htonl(spi);
	}
	return 0;
}

int kw_sadb_reserve(struct kw_net *kn, struct kw_sa *sa)
{
	int id;

	lockdep_assert_held(&kn->lock);
	if (sa->dscps && kw_policy_prepare_dscp(sa->policy))
		return -ENOMEM;
	id = idr_alloc_cyclic(&kn->sadb.all, NULL, 1, 0, GFP_KERNEL);
	if (id < 0)
		return id;
	sa->id = id;
	return 0;
}

void kw_sadb_unreserve(struct kw_net *kn, struct kw_sa *sa)
{
	lockdep_assert_held(&kn->lock);
	idr_remove(&kn->sadb.all, sa->id);
}

void kw_sadb_insert(struct kw_net *kn, struct kw_sa *sa)
{
	struct kw_sadb_table *t = locked_table(kn, sa->dir);

	lockdep_assert_held(&kn->lock);
	if (++kn->sadb.count[sa->dir] > (t->mask + 1) / 2 && t->mask + 1 < SLOTS_MAX) {
		grow(kn, sa->dir);
		t = locked_table(kn, sa->dir);
	}
	add_to(t, sa);
	idr_replace(&kn->sadb.all, sa, sa->id);
}

void kw_sadb_remove(struct kw_net *kn, struct kw_sa *sa)
{
	lockdep_assert_held(&kn->lock);
	hlist_del_rcu(&sa->spi_node[locked_table(kn, sa->dir)->which]);
	kn->sadb.count[sa->dir]--;
	idr_remove(&kn->sadb.all, sa->id);
	/*
	 * After the SA left the table, so that who reads the new value does not find it; and before
	 * the grace period that ends with its memory freed.  See struct kw_sadb.
	 */
	smp_store_release(&kn->sadb.generation, kn->sadb.generation + 1);
}
