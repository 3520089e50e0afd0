/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Security associations: short-lived, one-way, and without their keys.
 *
 * RFCs: 4301 section 4.4.2
 */
#ifndef KW_SA_H
#define KW_SA_H

#include <linux/cache.h>
#include <linux/in.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/refcount.h>
#include <linux/timer.h>
#include <linux/types.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>

#include "addr.h"
#include "crypto.h"
#include "lifetime.h"
#include "mib.h"

struct kw_net;
struct kw_path;
struct kw_policy;
struct kw_replay;

enum kw_sa_state {
	KW_SA_LARVAL,		/* an SPI without keys */
	KW_SA_LIVE,
	KW_SA_DEAD,		/* passes nothing more */
};

#define KW_SA_STATES \
	{ KW_SA_LARVAL, "larval" }, \
	{ KW_SA_LIVE, "live" }, \
	{ KW_SA_DEAD, "dead" }

/* An SA of its policy's mode. */
#define KW_MODE_POLICY	(-1)

/* What the daemon asks for. */
struct kw_sa_config {
	__be32 spi;
	u32 policy_id;
	u32 flags;
	u32 replay_window;
	u8 dir;
	u8 proto;			/* IPPROTO_ESP, IPPROTO_AH */
	s8 mode;			/* enum keyway_mode, or KW_MODE_POLICY */
	u64 cookie;
	struct kw_addr local;		/* family 0: the policy's */
	struct kw_addr remote;
	u16 udp_local;			/* 0: not in UDP */
	u16 udp_remote;
	u32 stream;			/* id; 0: not in TCP */
	u16 tfc;
	__be32 ah_spi;			/* of the AH SA around it; 0: none */
	struct kw_keys keys;		/* borrowed from the message */
	u64 dscps;			/* bit n: DSCP n; 0: all */
	struct kw_limits limits;
};

/* Written by each CPU for itself. */
struct kw_sa_cpu {
	struct u64_stats_sync sync;
	u64_stats_t packets;
	u64_stats_t bytes;
	u64 lease_packets;
	u64 lease_bytes;
	unsigned long used;		/* jiffies of the last packet */
};

/**
 * struct kw_sa - one SAD entry
 * @spi: as on the wire
 * @state: enum kw_sa_state; only forward
 * @flags: enum keyway_sa_flags
 * @dir: enum keyway_dir
 * @proto: IPPROTO_ESP or IPPROTO_AH; each has its own SPIs
 * @mode: enum keyway_mode
 * @tfc: outbound: bytes inner packets are padded to in tunnel mode (RFC 4303 section 2.7)
 * @policy: what it serves, with a reference; NULL while larval
 * @ah: of an ESP SA: the AH SA that its packets are wrapped in, with a reference; NULL: none
 * @carries: of an AH SA: it is @ah of another, and sends and receives nothing of its own
 * @path: outer addresses and ports; RCU, replaced by sa-update
 * @cipher: keyed transforms
 * @replay: inbound; NULL outbound
 * @cpu: per-CPU counters and leases
 * @seq: last sequence number used, outbound; alone on its line
 * @seq_max: the highest there is
 * @bytes: byte budget
 * @packets: packet budget
 * @dscps: outbound, which packets it is for: bit n is DSCP n, 0 all (RFC 4301 4.1)
 * @linked: in the tables; under the kw_net lock
 * @mapping_until: jiffies until which no further mapping event is sent
 * @refs: one of the tables', one while on the way to the reaper
 */
struct kw_sa {
	__be32 spi;
	u32 state;
	u32 flags;
	u8 dir;
	u8 proto;
	u8 mode;
	u16 tfc;
	struct kw_policy *policy;
	struct kw_sa *ah;
	bool carries;
	struct kw_net *kn;
	struct kw_path __rcu *path;
	struct kw_cipher cipher;
	struct kw_replay *replay;
	struct kw_sa_cpu __percpu *cpu;
	u64 seq_max;

	atomic64_t seq ____cacheline_aligned_in_smp;

	struct kw_budget bytes ____cacheline_aligned_in_smp;
	struct kw_budget packets;
	unsigned long mapping_until;

	struct hlist_node spi_node[2];
	struct list_head policy_node;
	u32 id;
	u16 key_bits;
	bool linked;
	bool soft_seconds_done;
	bool idle_done;
	u64 dscps;
	u64 cookie;
	u64 born;
	struct kw_limits limits;
	struct timer_list timer;
	struct kw_drops drops;
	struct llist_node reap_node;
	refcount_t refs;
	struct rcu_work free_work;
};

static inline bool kw_sa_alive(const struct kw_sa *sa)
{
	return READ_ONCE(sa->state) == KW_SA_LIVE;
}

/* The AH SA whose header @sa's packets have: itself, the one around it, or NULL. */
static inline const struct kw_sa *kw_sa_ah(const struct kw_sa *sa)
{
	return sa->proto == IPPROTO_AH ? sa : sa->ah;
}

/* Bytes of AH in @sa's packets on @path. */
unsigned int kw_sa_ah_len(const struct kw_sa *sa, const struct kw_path *path);

/* Whether a policy may send with @sa: it lives, and so does the AH SA around it. */
static inline bool kw_sa_sends(const struct kw_sa *sa)
{
	return sa->dir == KEYWAY_DIR_OUT && !sa->carries && kw_sa_alive(sa) &&
	       (!sa->ah || kw_sa_alive(sa->ah));
}

/*
 * Made, keyed, not yet seen by anybody; takes a reference to @policy.  The caller owns the one
 * reference, and kw_sa_insert() takes it.  ERR_PTR; -ENOENT: the kernel lacks an algorithm, and
 * *@lacks says which; -ENOTCONN: there is no such stream.
 */
struct kw_sa *kw_sa_new(struct kw_net *kn, struct kw_policy *policy,
			const struct kw_sa_config *config, const char **lacks);

/*
 * @esp's packets are to be wrapped in @ah.  Both are of one direction and policy, and neither was
 * seen by anybody.
 */
void kw_sa_wrap(struct kw_sa *esp, struct kw_sa *ah);

/* An inbound SPI without keys. */
struct kw_sa *kw_sa_new_larval(struct kw_net *kn, u8 proto, __be32 spi);

void kw_sa_put(struct kw_sa *sa);

/* The rest, save kw_sa_stop(), is under the kw_net lock. */

/*
 * The SA is reserved in the sadb and becomes visible.  A larval one of its SPI makes way; an
 * outbound one becomes what its policy sends with.
 */
void kw_sa_insert(struct kw_sa *sa);

/* Out of all tables, its timer stopped, and the tables' reference dropped. */
void kw_sa_remove(struct kw_sa *sa);

/* Removes all SAs, or those of @policy. */
void kw_sa_flush(struct kw_net *kn, struct kw_policy *policy);

/* Borrowed.  Inbound ones by protocol and SPI, outbound ones by policy as well; NULL: none. */
struct kw_sa *kw_sa_find(struct kw_net *kn, u8 dir, u8 proto, __be32 spi, u32 policy_id);

/* Takes @path; the old one goes after a grace period. */
void kw_sa_set_path(struct kw_sa *sa, struct kw_path *path);

/*
 * The SA reached a hard @limit: nothing more passes, the daemon is told, and the reaper removes it.
 * RCU held or a reference; any context but hard interrupts.
 */
void kw_sa_stop(struct kw_sa *sa, u8 limit);

/* The reaper of kw_net.reapable. */
void kw_sa_reap(struct work_struct *work);

/* Sums over all CPUs. */
void kw_sa_totals(const struct kw_sa *sa, u64 *packets, u64 *bytes);

#endif /* KW_SA_H */
