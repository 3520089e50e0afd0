/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Outer headers of tunnel mode: where to, how large, and what they inherit.
 *
 * RFCs: 4301 section 5.1.2 and 8, 6040, 6864, 3948
 */
#ifndef KW_OUTER_H
#define KW_OUTER_H

#include <linux/rcupdate.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <net/dst_cache.h>

#include "addr.h"

struct dst_entry;
struct kw_flow;
struct kw_net;
struct kw_policy;
struct kw_stream;
struct kw_transport;
struct sk_buff;

/* IPv6 header, UDP header.  On a stream it is less. */
#define KW_OUTER_MAX	(40u + 8u)

/**
 * struct kw_path - between which outer addresses and ports an SA runs
 * @udp_local: this side's UDP port, 0 for plain ESP and on a stream
 * @udp_remote: the peer's
 * @stream: the TCP stream, with a reference; NULL: none
 * @proto: what follows the IP header: IPPROTO_UDP, IPPROTO_TCP, IPPROTO_ESP or IPPROTO_AH
 * @link: the interface or VRF it leaves by, or 0
 * @mark: by which it is routed
 * @mtu: the largest inner packet that fitted last; 0: not known yet.  See mtu.h
 * @cache: route to @remote, per CPU
 *
 * Never changes otherwise, once an SA has it.
 */
struct kw_path {
	struct kw_addr local;
	struct kw_addr remote;
	u16 udp_local;
	u16 udp_remote;
	struct kw_stream *stream;
	u32 link;
	u32 mark;
	u32 mtu;
	u8 proto;
	struct dst_cache cache;
	struct rcu_work free_work;
};

/* @proto counts where there are no ports.  NULL: no memory. */
struct kw_path *kw_path_new(const struct kw_addr *local, const struct kw_addr *remote, u8 proto,
			    u16 udp_local, u16 udp_remote);
/* It runs on @stream, whose reference it takes.  Nobody else can see it yet. */
void kw_path_use_stream(struct kw_path *path, struct kw_stream *stream);
/* At once: nobody else can see it.  May sleep. */
void kw_path_free(struct kw_path *path);
/* After a grace period. */
void kw_path_free_rcu(struct kw_path *path);

/* The route to the peer, with a reference for the caller.  NULL: none.  BHs off. */
struct dst_entry *kw_path_route(struct kw_net *kn, struct kw_path *path);

/* Bytes of an outer IP header, and of that and the UDP header, or TCP's and a frame's. */
unsigned int kw_ip_len(const struct kw_path *path);
unsigned int kw_outer_len(const struct kw_path *path);

/* What the outer headers of the packets of one flow have in common. */
struct kw_outer {
	const struct kw_path *path;
	u8 dsfield;
	u8 ttl;
	bool df;		/* IPv4's bit; with IPv6, whether we may not fragment either */
	__be32 flow_label;	/* IPv6's */
};

/*
 * RFC 4301 5.1.2: what @policy makes of @flow's DSCP, ECN and DF, and of TTL and flow label of the
 * inner packet @skb, which may be NULL, for packets leaving by @dst.
 */
void kw_outer_init(struct kw_outer *o, const struct kw_policy *policy, const struct kw_path *path,
		   const struct kw_flow *flow, const struct sk_buff *skb,
		   const struct dst_entry *dst);

/*
 * Puts UDP and IP headers before the ESP packet @skb starts with, which has room for them, and
 * sets what the IP layer wants to know of a packet.
 */
void kw_outer_push(struct sk_buff *skb, const struct kw_outer *o, struct kw_net *kn);

/*
 * Transport mode: the same with the packet's own IP header, which kw_transport_open() left at the
 * network header, at->offset bytes and the UDP header before the ESP packet.
 */
void kw_outer_push_kept(struct sk_buff *skb, const struct kw_outer *o,
			const struct kw_transport *at, struct kw_net *kn);

/* Hands the packet to the IP layer.  Takes @skb.  False: refused, and freed. */
bool kw_outer_send(struct sk_buff *skb, struct kw_net *kn);

/*
 * RFC 6040 4.2: combines the @outer DSCP/ECN byte into the inner packet that @skb starts with.
 * False: drop it.
 */
bool kw_outer_decapsulate_ecn(struct sk_buff *skb, u8 outer);

#endif /* KW_OUTER_H */
