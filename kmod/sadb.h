/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tables of SAs: by direction, protocol and SPI, and by a number for dumps.
 *
 * RFCs: 4301 section 4.1 (SPI and protocol name a unicast SA), 4302 section 2.4, 4303 section 2.1
 */
#ifndef KW_SADB_H
#define KW_SADB_H

#include <linux/idr.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

struct kw_addr;
struct kw_net;
struct kw_sa;
struct kw_sadb_table;

/**
 * struct kw_sadb - the SAs of a namespace
 * @table: SAs by SPI, one table for each enum keyway_dir; RCU, replaced when one grows
 * @count: how many there are in each
 * @all: every SA by its number, for dumps that can be resumed; under the kw_net lock
 * @generation: changes before an SA is taken out and freed: a pointer found while it had one value
 *	is good in any RCU read-side section that still reads that value
 */
struct kw_sadb {
	struct kw_sadb_table __rcu *table[2];
	unsigned int count[2];
	struct idr all;
	unsigned int generation;
};

int kw_sadb_init(struct kw_sadb *db);
/* Every SA is gone. */
void kw_sadb_exit(struct kw_sadb *db);

/* Read before looking for an SA: see @generation. */
static inline unsigned int kw_sadb_generation(const struct kw_sadb *db)
{
	/* Pairs with the release in kw_sadb_remove(). */
	return smp_load_acquire(&db->generation);
}

/* RCU held.  NULL: not ours.  An outbound SPI needs the peer's address beside it. */
struct kw_sa *kw_sadb_find_in(const struct kw_sadb *db, u8 proto, __be32 spi);
struct kw_sa *kw_sadb_find_out(const struct kw_sadb *db, u8 proto, __be32 spi,
			       const struct kw_addr *remote);

/* The rest is under the kw_net lock. */

/* An inbound SPI that neither protocol uses and whose slot is free too.  0: none left. */
__be32 kw_sadb_choose_spi(struct kw_net *kn);

/* What may fail of an insert.  Then either insert or unreserve. */
int kw_sadb_reserve(struct kw_net *kn, struct kw_sa *sa);
void kw_sadb_unreserve(struct kw_net *kn, struct kw_sa *sa);
void kw_sadb_insert(struct kw_net *kn, struct kw_sa *sa);

/* Out of the tables; the grace period is the caller's. */
void kw_sadb_remove(struct kw_net *kn, struct kw_sa *sa);

#endif /* KW_SADB_H */
