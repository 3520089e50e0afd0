/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Named drop counters: one reason per way to lose a packet.
 *
 * A reason is its netlink attribute, KEYWAY_A_STATS_*, so that the number a user reads, the
 * tracepoint and the line of code that dropped the packet share one name.
 */
#ifndef KW_MIB_H
#define KW_MIB_H

#include <linux/atomic.h>
#include <linux/percpu.h>
#include <linux/types.h>
#include <uapi/linux/keyway.h>

struct kw_net;
struct kw_policy;
struct kw_sa;
struct nlattr;
struct sk_buff;

#define KW_REASONS(X) \
	X(OUT_MALFORMED, "out-malformed") \
	X(OUT_NO_POLICY, "out-no-policy") \
	X(OUT_DISCARD, "out-discard") \
	X(OUT_NO_SA, "out-no-sa") \
	X(OUT_EXPIRED, "out-expired") \
	X(OUT_SEQUENCE, "out-sequence") \
	X(OUT_TOO_BIG, "out-too-big") \
	X(OUT_ADDRESS, "out-address") \
	X(OUT_NO_ROUTE, "out-no-route") \
	X(OUT_LOOP, "out-loop") \
	X(OUT_NO_MEMORY, "out-no-memory") \
	X(OUT_CRYPTO, "out-crypto") \
	X(OUT_LOCAL, "out-local") \
	X(OUT_FRAGMENT, "out-fragment") \
	X(OUT_TRANSLATED, "out-translated") \
	X(OUT_STREAM, "out-stream") \
	X(IN_NO_SA, "in-no-sa") \
	X(IN_EXPIRED, "in-expired") \
	X(IN_TRUNCATED, "in-truncated") \
	X(IN_FRAGMENT, "in-fragment") \
	X(IN_ADDRESS, "in-address") \
	X(IN_ENCAP, "in-encap") \
	X(IN_QUEUE, "in-queue") \
	X(IN_REPLAY, "in-replay") \
	X(IN_ICV, "in-icv") \
	X(IN_PADDING, "in-padding") \
	X(IN_DUMMY, "in-dummy") \
	X(IN_NEXT_HEADER, "in-next-header") \
	X(IN_MALFORMED, "in-malformed") \
	X(IN_SELECTOR, "in-selector") \
	X(IN_ECN, "in-ecn") \
	X(IN_DEVICE, "in-device") \
	X(IN_NO_MEMORY, "in-no-memory") \
	X(IN_PLAINTEXT, "in-plaintext") \
	X(IN_DISCARD, "in-discard") \
	X(IN_BUNDLE, "in-bundle")

#define KW_REASON_FIRST	KEYWAY_A_STATS_OUT_MALFORMED
#define KW_REASON_COUNT	(KEYWAY_A_STATS_MAX - KW_REASON_FIRST + 1)

/* Per CPU and network namespace: drops, and inner packets that passed, by enum keyway_dir. */
struct kw_mib {
	unsigned long count[KW_REASON_COUNT];
	unsigned long packets[2];
	unsigned long bytes[2];
};

/* Counts one inner packet that passed.  BHs off. */
static inline void kw_mib_passed(struct kw_mib __percpu *mib, unsigned int dir, unsigned int bytes)
{
	this_cpu_inc(mib->packets[dir]);
	this_cpu_add(mib->bytes[dir], bytes);
}

/* Of a policy or an SA; dropping is not the fast path, one shared line will do. */
struct kw_drops {
	atomic_long_t count[KW_REASON_COUNT];
};

/* Whether the packets a reason counts were on their way out. */
bool kw_reason_is_out(unsigned int reason);

/*
 * Counts, traces and frees a packet.  @policy and @sa may be NULL; @seq is 0 where none is known.
 * The segments of a GSO packet, or of a list, count one each.
 */
void kw_drop(struct kw_net *kn, struct kw_policy *policy, struct kw_sa *sa, struct sk_buff *skb,
	     unsigned int reason, u64 seq);

/* The same for a packet that is no longer ours to free. */
void kw_drop_count(struct kw_net *kn, struct kw_policy *policy, struct kw_sa *sa,
		   unsigned int reason, u64 seq, unsigned int packets);

/* Puts every counter of a namespace, or the non-zero ones of @drops.  0 or -EMSGSIZE. */
int kw_mib_put(struct sk_buff *msg, const struct kw_net *kn);
int kw_drops_put(struct sk_buff *msg, const struct kw_drops *drops);

#endif /* KW_MIB_H */
