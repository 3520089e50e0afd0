/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Multicast: to the daemon acquire, expire, mapping, wrap; to who watches packets, their fate.
 *
 * All of these may be called with BHs off and RCU held; an event nobody listens to, or that finds
 * no memory, is lost, and a listener learns from its socket that it missed some.
 */
#ifndef KW_EVENTS_H
#define KW_EVENTS_H

#include <linux/types.h>

struct kw_addr;
struct kw_fate;
struct kw_flow;
struct kw_net;
struct kw_policy;
struct kw_sa;

/* A packet of @flow found no SA.  Sends one event per policy and ACQUIRE_SECONDS. */
void kw_event_acquire(struct kw_net *kn, struct kw_policy *policy, const struct kw_flow *flow);

/* @kind is an enum keyway_expire_kind, @limit an enum keyway_expire_limit. */
void kw_event_expire(struct kw_sa *sa, u8 kind, u8 limit);

/* An authenticated packet came from @remote and @udp_remote, which are not the SA's. */
void kw_event_mapping(struct kw_sa *sa, const struct kw_addr *remote, u16 udp_remote);

/* @seq is near the end of the sequence numbers. */
void kw_event_wrap(struct kw_sa *sa, u64 seq);

/*
 * A packet somebody watches for met its @fate, @lost others did since the last event.  @policy, @sa
 * and @flow may be NULL.
 */
void kw_event_trace(struct kw_net *kn, const struct kw_policy *policy, const struct kw_sa *sa,
		    const struct kw_flow *flow, const struct kw_fate *fate, unsigned int lost);

#endif /* KW_EVENTS_H */
