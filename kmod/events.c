// SPDX-License-Identifier: GPL-2.0
/*
 * Multicast: to the daemon acquire, expire, mapping, wrap; to who watches packets, their fate.
 */
#include "events.h"

#include <linux/jhash.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>

#include "compat.h"
#include "device.h"
#include "flow.h"
#include "net.h"
#include "netlink.h"
#include "netlink_attr.h"
#include "outer.h"
#include "policy.h"
#include "sa.h"
#include "watch.h"

#define ACQUIRE_SECONDS	5
#define MAPPING_SECONDS	5

/* True for one caller until @seconds have passed; @until is 0 before the first. */
static bool first_until(unsigned long *until, unsigned int seconds)
{
	unsigned long was = READ_ONCE(*until), now = jiffies;

	if (was && time_before(now, was))
		return false;
	return cmpxchg(until, was, (now + seconds * HZ) ?: 1) == was;
}

static struct sk_buff *begin(u8 cmd, void **header)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_GOODSIZE, GFP_ATOMIC);

	if (!msg)
		return NULL;
	*header = genlmsg_put(msg, 0, 0, &kw_family, 0, cmd);
	if (*header)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

static void finish_to(struct kw_net *kn, struct sk_buff *msg, void *header, unsigned int group)
{
	genlmsg_end(msg, header);
	genlmsg_multicast_netns(&kw_family, kn->net, msg, 0, group, GFP_ATOMIC);
}

static void finish(struct kw_net *kn, struct sk_buff *msg, void *header)
{
	finish_to(kn, msg, header, KW_MCGRP_EVENTS);
}

static bool listening(const struct kw_net *kn)
{
	return genl_has_listeners(&kw_family, kn->net, KW_MCGRP_EVENTS);
}

static int put_packet(struct sk_buff *msg, const struct kw_flow *flow)
{
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_PACKET);

	if (!nest ||
	    kw_put_addr(msg, KEYWAY_A_PACKET_SRC, &flow->src) ||
	    kw_put_addr(msg, KEYWAY_A_PACKET_DST, &flow->dst) ||
	    nla_put_u8(msg, KEYWAY_A_PACKET_PROTO, flow->proto))
		return -EMSGSIZE;
	if (flow->has_ports &&
	    (nla_put_u16(msg, KEYWAY_A_PACKET_SPORT, flow->sport) ||
	     nla_put_u16(msg, KEYWAY_A_PACKET_DPORT, flow->dport)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* @ts: what to ask for, or NULL: the policy's own selectors. */
static int put_policy_name(struct sk_buff *msg, const struct kw_policy *policy,
			   const struct kw_ts *ts)
{
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_POLICY);

	if (!nest ||
	    nla_put_u32(msg, KEYWAY_A_POLICY_ID, policy->id) ||
	    nla_put_u64_64bit(msg, KEYWAY_A_POLICY_COOKIE, policy->cookie,
			      KEYWAY_A_POLICY_PAD) ||
	    nla_put_u32(msg, KEYWAY_A_POLICY_IFINDEX, kw_policy_ifindex(policy)))
		return -EMSGSIZE;
	if (ts && (kw_nl_put_ts(msg, KEYWAY_A_POLICY_TS_LOCAL, &ts[0]) ||
		   kw_nl_put_ts(msg, KEYWAY_A_POLICY_TS_REMOTE, &ts[1])))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* Opens the SA nest with the SA's name; the caller adds to it and ends it. */
static struct nlattr *begin_sa(struct sk_buff *msg, const struct kw_sa *sa)
{
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_SA);

	if (!nest ||
	    nla_put_be32(msg, KEYWAY_A_SA_SPI, sa->spi) ||
	    nla_put_u8(msg, KEYWAY_A_SA_PROTO, sa->proto) ||
	    nla_put_u8(msg, KEYWAY_A_SA_DIR, sa->dir) ||
	    nla_put_u32(msg, KEYWAY_A_SA_POLICY_ID, sa->policy ? sa->policy->id : 0) ||
	    nla_put_u64_64bit(msg, KEYWAY_A_SA_COOKIE, sa->cookie, KEYWAY_A_SA_PAD))
		return NULL;
	return nest;
}

void kw_event_acquire(struct kw_net *kn, struct kw_policy *policy, const struct kw_flow *flow)
{
	struct kw_ts wanted[2];
	unsigned int slot = 0;
	struct sk_buff *msg;
	void *header;

	if (!listening(kn))
		return;
	if (policy->pfp) {
		memset(wanted, 0, sizeof(wanted));
		kw_policy_wanted(policy, flow, wanted);
		slot = jhash(wanted, sizeof(wanted), 0) % KW_ACQUIRE_SLOTS;
	}
	if (!first_until(&policy->acquire_until[slot], ACQUIRE_SECONDS))
		return;
	msg = begin(KEYWAY_CMD_ACQUIRE, &header);
	if (!msg)
		return;
	if (put_policy_name(msg, policy, policy->pfp ? wanted : NULL) || put_packet(msg, flow))
		nlmsg_free(msg);
	else
		finish(kn, msg, header);
}

void kw_event_expire(struct kw_sa *sa, u8 kind, u8 limit)
{
	struct sk_buff *msg;
	struct nlattr *nest;
	u64 packets, bytes;
	void *header;

	if (!listening(sa->kn))
		return;
	msg = begin(KEYWAY_CMD_EXPIRE, &header);
	if (!msg)
		return;
	kw_sa_totals(sa, &packets, &bytes);
	nest = begin_sa(msg, sa);
	if (!nest ||
	    nla_put_u64_64bit(msg, KEYWAY_A_SA_PACKETS, packets, KEYWAY_A_SA_PAD) ||
	    nla_put_u64_64bit(msg, KEYWAY_A_SA_BYTES, bytes, KEYWAY_A_SA_PAD))
		goto out_too_long;
	nla_nest_end(msg, nest);
	if (nla_put_u8(msg, KEYWAY_A_EXPIRE_KIND, kind) ||
	    nla_put_u8(msg, KEYWAY_A_EXPIRE_LIMIT, limit))
		goto out_too_long;
	finish(sa->kn, msg, header);
	return;

out_too_long:
	nlmsg_free(msg);
}

void kw_event_mapping(struct kw_sa *sa, const struct kw_addr *remote, u16 udp_remote)
{
	const struct kw_path *path = rcu_dereference(sa->path);
	struct sk_buff *msg;
	struct nlattr *nest;
	void *header;

	if (!listening(sa->kn) || !first_until(&sa->mapping_until, MAPPING_SECONDS))
		return;
	msg = begin(KEYWAY_CMD_MAPPING, &header);
	if (!msg)
		return;
	nest = begin_sa(msg, sa);
	if (!nest || kw_put_addr(msg, KEYWAY_A_SA_REMOTE, remote) ||
	    nla_put_u16(msg, KEYWAY_A_SA_UDP_REMOTE, udp_remote))
		goto out_too_long;
	nla_nest_end(msg, nest);
	if (kw_put_addr(msg, KEYWAY_A_OLD_REMOTE, &path->remote) ||
	    nla_put_u16(msg, KEYWAY_A_OLD_UDP_REMOTE, path->udp_remote))
		goto out_too_long;
	finish(sa->kn, msg, header);
	return;

out_too_long:
	nlmsg_free(msg);
}

void kw_event_wrap(struct kw_sa *sa, u64 seq)
{
	struct sk_buff *msg;
	struct nlattr *nest;
	void *header;

	if (!listening(sa->kn))
		return;
	msg = begin(KEYWAY_CMD_WRAP, &header);
	if (!msg)
		return;
	nest = begin_sa(msg, sa);
	if (!nest || nla_put_u64_64bit(msg, KEYWAY_A_SA_SEQ, seq, KEYWAY_A_SA_PAD)) {
		nlmsg_free(msg);
		return;
	}
	nla_nest_end(msg, nest);
	finish(sa->kn, msg, header);
}

static int put_fate(struct sk_buff *msg, const struct kw_fate *fate, unsigned int lost)
{
	if (nla_put_u64_64bit(msg, KEYWAY_A_TRACE_TIME, ktime_get_real_ns(), KEYWAY_A_TRACE_PAD) ||
	    nla_put_u8(msg, KEYWAY_A_TRACE_VERDICT, fate->verdict) ||
	    nla_put_u8(msg, KEYWAY_A_TRACE_DIR, fate->dir) ||
	    nla_put_u32(msg, KEYWAY_A_TRACE_PACKETS, fate->packets))
		return -EMSGSIZE;
	if ((fate->reason && nla_put_u32(msg, KEYWAY_A_TRACE_REASON, fate->reason)) ||
	    (fate->seq && nla_put_u64_64bit(msg, KEYWAY_A_TRACE_SEQ, fate->seq,
					    KEYWAY_A_TRACE_PAD)) ||
	    (lost && nla_put_u32(msg, KEYWAY_A_TRACE_LOST, lost)))
		return -EMSGSIZE;
	return 0;
}

static int put_who(struct sk_buff *msg, const struct kw_policy *policy, const struct kw_sa *sa)
{
	if (sa && nla_put_be32(msg, KEYWAY_A_TRACE_SPI, sa->spi))
		return -EMSGSIZE;
	if (!policy)
		return 0;
	if (nla_put_u32(msg, KEYWAY_A_TRACE_POLICY_ID, policy->id) ||
	    nla_put_u64_64bit(msg, KEYWAY_A_TRACE_COOKIE, policy->cookie, KEYWAY_A_TRACE_PAD) ||
	    (policy->dev &&
	     nla_put_u32(msg, KEYWAY_A_TRACE_IFINDEX, policy->dev->dev->ifindex)))
		return -EMSGSIZE;
	return 0;
}

void kw_event_trace(struct kw_net *kn, const struct kw_policy *policy, const struct kw_sa *sa,
		    const struct kw_flow *flow, const struct kw_fate *fate, unsigned int lost)
{
	struct sk_buff *msg;
	struct nlattr *nest;
	void *header;

	if (!genl_has_listeners(&kw_family, kn->net, KW_MCGRP_TRACE))
		return;
	msg = begin(KEYWAY_CMD_TRACE, &header);
	if (!msg)
		return;
	nest = nla_nest_start(msg, KEYWAY_A_TRACE);
	if (!nest || put_fate(msg, fate, lost) || put_who(msg, policy, sa) ||
	    (flow && nla_put_u32(msg, KEYWAY_A_TRACE_LENGTH, flow->len)))
		goto out_too_long;
	nla_nest_end(msg, nest);
	if (flow && put_packet(msg, flow))
		goto out_too_long;
	finish_to(kn, msg, header, KW_MCGRP_TRACE);
	return;

out_too_long:
	nlmsg_free(msg);
}
