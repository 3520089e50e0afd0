// SPDX-License-Identifier: GPL-2.0
/*
 * Inbound: from an ESP or AH packet to an inner packet of our device.
 *
 * RFCs: 4301 section 5.2, 4302 section 3.4, 4303 section 3.4
 *
 *   rcv_esp4, rcv_ah4, rcv_esp6, rcv_ah6, kw_receive_udp, kw_receive_tcp
 *                                          whose is it?  -> this CPU's queue
 *   poll                                   up to a budget of them, in order:
 *     receive_one   replay check, open, replay advance, limits; AH around ESP first, then ESP
 *     deliver       padding, inner packet, selectors, ECN -> GRO of the device
 *
 * Opening happens in our own NAPI so that TCP sees trains again, and so that a CPU whose FPU is
 * in use can give its turn back and open at full speed a moment later.
 *
 * Plain ESP and AH whose SPI is not ours goes on to XFRM untouched.
 */
#include "receive.h"

#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <net/dsfield.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "ah.h"
#include "beet.h"
#include "compat.h"
#include "crypto.h"
#include "device.h"
#include "esp.h"
#include "events.h"
#include "flow.h"
#include "hook.h"
#include "mib.h"
#include "mss.h"
#include "mtu.h"
#include "net.h"
#include "outer.h"
#include "policy.h"
#include "replay.h"
#include "sa.h"
#include "skb.h"
#include "transport.h"
#include "watch.h"

/* Packets that may wait on one CPU. */
#define QUEUE_MAX	4096

/* Before esp4, ip_vti and xfrmi, whose SPIs we pass on. */
#define PRIORITY	200

/**
 * struct rx_cpu - one CPU's receiving
 * @napi: polls @queue
 * @queue: packets to be opened
 * @foreign: the poll that runs gave GRO packets of devices that are not ours
 */
struct rx_cpu {
	struct napi_struct napi;
	struct sk_buff_head queue;
	bool foreign;
};

static struct rx_cpu __percpu *rx_cpus;
static struct net_device napi_dev;

static void drop(struct kw_sa *sa, struct sk_buff *skb, unsigned int reason, u64 seq)
{
	kw_drop(sa->kn, sa->policy, sa, skb, reason, seq);
}

/* The address the packet says it comes from. */
static void outer_source(const struct sk_buff *skb, struct kw_addr *addr)
{
	if (ip_hdr(skb)->version == 4) {
		addr->family = AF_INET;
		addr->v4 = ip_hdr(skb)->saddr;
	} else {
		addr->family = AF_INET6;
		addr->v6 = ipv6_hdr(skb)->saddr;
	}
}

static u8 outer_dsfield(const struct sk_buff *skb)
{
	return ip_hdr(skb)->version == 4 ? ip_hdr(skb)->tos : ipv6_get_dsfield(ipv6_hdr(skb));
}

/* RFC 7296 2.23: only an authenticated packet may say that the peer moved. */
static void check_mapping(struct kw_sa *sa, const struct sk_buff *skb, u16 sport)
{
	const struct kw_path *path = rcu_dereference(sa->path);
	struct kw_addr source;

	/* RFC 9329 6.1: only the peer changes streams, and IKE says which is in use. */
	if (path->stream)
		return;
	outer_source(skb, &source);
	if (likely(sport == path->udp_remote && kw_addr_equal(&source, &path->remote)))
		return;
	kw_event_mapping(sa, &source, sport);
}

/* Bytes of the AH that @skb starts with. */
static unsigned int ah_len(const struct sk_buff *skb)
{
	return (skb->data[1] + 2) * 4;
}

/* Takes ESP or AH off an opened packet.  Returns the drop reason, or 0 and what follows. */
static unsigned int strip(const struct kw_sa *sa, struct sk_buff *skb, u8 *next_header)
{
	const struct kw_cipher *c = &sa->cipher;
	int payload;

	if (sa->proto == IPPROTO_AH) {
		*next_header = skb->data[0];
		__skb_pull(skb, ah_len(skb));
		return 0;
	}
	payload = kw_esp_payload(c, skb->data, skb->len, next_header);
	if (payload < 0)
		return KEYWAY_A_STATS_IN_PADDING;
	__skb_pull(skb, KW_ESP_HEADER + c->iv);
	__skb_trim(skb, payload);
	return 0;
}

/* Tunnel mode: what the SA carried has to be an IP packet.  Returns the drop reason, or 0. */
static unsigned int uncover_tunnel(struct sk_buff *skb, u8 next_header, struct kw_flow *flow)
{
	u8 family;

	switch (next_header) {
	case IPPROTO_IPIP:
		skb->protocol = htons(ETH_P_IP);
		family = AF_INET;
		break;
	case IPPROTO_IPV6:
		skb->protocol = htons(ETH_P_IPV6);
		family = AF_INET6;
		break;
	default:
		return KEYWAY_A_STATS_IN_NEXT_HEADER;
	}
	skb_reset_network_header(skb);
	skb_reset_mac_header(skb);
	skb_reset_mac_len(skb);
	if (!kw_flow_parse(flow, skb) || flow->src.family != family)
		return KEYWAY_A_STATS_IN_MALFORMED;
	/* RFC 4303 2.7: what follows the inner packet is traffic flow confidentiality. */
	__skb_trim(skb, flow->len);
	return 0;
}

/* Transport mode: it goes back under its own IP header.  Returns the drop reason, or 0. */
static unsigned int uncover_transport(const struct kw_sa *sa, struct sk_buff *skb, u8 next_header,
				      struct kw_flow *flow)
{
	const struct kw_path *path;

	if (!kw_transport_close(skb, next_header) || !kw_flow_parse(flow, skb))
		return KEYWAY_A_STATS_IN_MALFORMED;
	path = rcu_dereference(sa->path);
	if (path->udp_local || path->stream)
		kw_transport_fix_checksum(skb);
	return 0;
}

/* BEET mode: under the header that both sides know.  Returns the drop reason, or 0. */
static unsigned int uncover_beet(const struct kw_sa *sa, struct sk_buff *skb, u8 next_header,
				 struct kw_flow *flow)
{
	unsigned int reason = kw_beet_close(skb, next_header, sa->policy);

	if (!reason && !kw_flow_parse(flow, skb))
		reason = KEYWAY_A_STATS_IN_MALFORMED;
	return reason;
}

static unsigned int uncover(const struct kw_sa *sa, struct sk_buff *skb, u8 next_header,
			    struct kw_flow *flow)
{
	switch ((enum keyway_mode)sa->mode) {
	case KEYWAY_MODE_TUNNEL:
		return uncover_tunnel(skb, next_header, flow);
	case KEYWAY_MODE_TRANSPORT:
		return uncover_transport(sa, skb, next_header, flow);
	case KEYWAY_MODE_BEET:
		return uncover_beet(sa, skb, next_header, flow);
	}
	return KEYWAY_A_STATS_IN_MALFORMED;
}

/* The opened packet becomes the inner packet.  Returns the drop reason, or 0. */
static unsigned int decapsulate(struct kw_sa *sa, struct sk_buff *skb)
{
	bool tunnel = sa->mode == KEYWAY_MODE_TUNNEL;
	u8 next_header, dsfield = outer_dsfield(skb);
	struct kw_flow flow;
	unsigned int reason;

	reason = strip(sa, skb, &next_header);
	if (reason)
		return reason;
	if (next_header == IPPROTO_NONE)
		return KEYWAY_A_STATS_IN_DUMMY;
	reason = uncover(sa, skb, next_header, &flow);
	if (reason)
		return reason;
	if (!kw_policy_accepts(sa->policy, &flow, skb))
		return KEYWAY_A_STATS_IN_SELECTOR;
	if (tunnel && !kw_outer_decapsulate_ecn(skb, dsfield))
		return KEYWAY_A_STATS_IN_ECN;
	if (flow.proto == IPPROTO_TCP && kw_mss_is_syn(skb, &flow) &&
	    !(sa->policy->flags & KEYWAY_POLICY_F_NO_MSS_CLAMP))
		kw_mss_clamp(skb, &flow, kw_mtu_of(sa->kn, sa->policy));
	return 0;
}

/*
 * Where the inner packet comes out: the policy's device; without one, where the ESP packet came in.
 * NULL: that is gone.
 */
static struct net_device *delivery_device(const struct kw_sa *sa, const struct sk_buff *skb)
{
	return sa->policy->dev ? sa->policy->dev->dev :
				 dev_get_by_index_rcu(sa->kn->net, skb->skb_iif);
}

static void deliver(struct napi_struct *napi, struct kw_sa *sa, struct sk_buff *skb)
{
	struct net_device *dev = delivery_device(sa, skb);
	unsigned int len = skb->len;

	if (!dev) {
		drop(sa, skb, KEYWAY_A_STATS_IN_DEVICE, 0);
		return;
	}
	skb_scrub_packet(skb, !net_eq(sa->kn->net, dev_net(dev)));
	if (sa->policy->set_mark)
		skb->mark = sa->policy->set_mark;
	skb_clear_hash(skb);
	skb_set_queue_mapping(skb, 0);
	skb->dev = dev;
	skb->encapsulation = 0;
	/* The tag proves that these are the bytes the peer sent, checksums included. */
	if (sa->flags & KEYWAY_SA_F_VERIFY_CSUM) {
		skb->ip_summed = CHECKSUM_NONE;
	} else {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
		skb->csum_level = ~0;
	}
	kw_policy_count(sa->policy, KEYWAY_DIR_IN, 1, len);
	kw_mib_passed(sa->kn->mib, KEYWAY_DIR_IN, len);
	if (sa->policy->dev) {
		napi_gro_receive(napi, skb);
		return;
	}
	kw_hook_mark_opened(skb);
	napi_gro_receive(napi, skb);
	/* GRO must not hold it longer than RCU holds the device, which is not ours. */
	this_cpu_ptr(rx_cpus)->foreign = true;
}

/* Takes @skb; returns it or a copy that is linear and nobody else's. */
static struct sk_buff *make_private(struct sk_buff *skb)
{
	struct sk_buff *copy;

	/* Pages may belong to a file or a process of the sender's, if that is local. */
	if (!skb_cloned(skb) && !skb_is_nonlinear(skb))
		return skb;
	copy = skb_copy(skb, GFP_ATOMIC);
	consume_skb(skb);
	return copy;
}

/* Whether @skb can be a packet of @sa, by its length and where AH is, by AH's too. */
static bool len_ok(const struct kw_sa *sa, const struct sk_buff *skb)
{
	if (sa->proto == IPPROTO_AH)
		return kw_ah_check_len(&sa->cipher, skb->data, skb->len, ip_hdr(skb)->version);
	return kw_esp_len_ok(&sa->cipher, skb->len);
}

/* Replay, authenticity, limits.  Returns the drop reason, or 0 and the sequence number. */
static unsigned int open_packet(struct kw_sa *sa, struct sk_buff *skb, u64 *seq)
{
	unsigned int head = skb->data - skb_network_header(skb);
	bool ah = sa->proto == IPPROTO_AH, esn = sa->flags & KEYWAY_SA_F_ESN;
	const struct kw_cipher *c = &sa->cipher;
	int ret;

	*seq = kw_replay_infer(sa->replay, get_unaligned_be32(skb->data + (ah ? 8 : 4)));
	if (!kw_replay_check(sa->replay, *seq))
		return KEYWAY_A_STATS_IN_REPLAY;
	ret = ah ? kw_ah_check(c, skb_network_header(skb), head, head + skb->len, *seq, esn) :
		   kw_esp_open(c, skb->data, skb->len, *seq, esn);
	if (ret)
		return ret == -EINVAL ? KEYWAY_A_STATS_IN_MALFORMED : KEYWAY_A_STATS_IN_ICV;
	if (!kw_replay_advance(sa->replay, *seq))
		return KEYWAY_A_STATS_IN_REPLAY;
	if (!kw_lifetime_charge(sa, 1, skb->len - (ah ? ah_len(skb) :
						   KW_ESP_HEADER + c->iv + c->icv)))
		return KEYWAY_A_STATS_IN_EXPIRED;
	return 0;
}

/* The ESP SA of the ESP packet that @skb is after @ah's header, if it belongs there.  Or NULL. */
static struct kw_sa *carried_sa(const struct kw_sa *ah, struct sk_buff *skb)
{
	u8 next_header = skb->data[0];
	struct kw_sa *esp;

	__skb_pull(skb, ah_len(skb));
	if (next_header != IPPROTO_ESP || skb->len < KW_ESP_HEADER)
		return NULL;
	esp = kw_sadb_find_in(&ah->kn->sadb, IPPROTO_ESP, *(__be32 *)skb->data);
	return esp && esp->ah == ah ? esp : NULL;
}

/* Takes @skb, which came in the AH of the SA @within, or NULL. */
static void receive_one(struct napi_struct *napi, struct kw_sa *sa, struct sk_buff *skb,
			const struct kw_sa *within)
{
	struct kw_policy *policy = sa->policy;
	u16 sport = kw_cb(skb)->sport;
	unsigned int reason;
	struct kw_sa *esp;
	u64 seq;

	if (!kw_sa_alive(sa)) {
		drop(sa, skb, KEYWAY_A_STATS_IN_EXPIRED, 0);
		return;
	}
	if (policy->dev && !(policy->dev->dev->flags & IFF_UP)) {
		drop(sa, skb, KEYWAY_A_STATS_IN_DEVICE, 0);
		return;
	}
	/* RFC 4301 5.2: a packet has all the protection its policy asks for, or is dropped. */
	if (sa->ah != within) {
		drop(sa, skb, KEYWAY_A_STATS_IN_BUNDLE, 0);
		return;
	}
	if (!len_ok(sa, skb)) {
		drop(sa, skb, KEYWAY_A_STATS_IN_TRUNCATED, 0);
		return;
	}
	skb = make_private(skb);
	if (!skb) {
		kw_drop_count(sa->kn, policy, sa, KEYWAY_A_STATS_IN_NO_MEMORY, 0, 1);
		return;
	}
	reason = open_packet(sa, skb, &seq);
	if (reason) {
		drop(sa, skb, reason, seq);
		return;
	}
	if (sa->carries) {
		esp = carried_sa(sa, skb);
		if (esp)
			receive_one(napi, esp, skb, sa);
		else
			drop(sa, skb, KEYWAY_A_STATS_IN_BUNDLE, seq);
		return;
	}
	check_mapping(sa, skb, sport);
	reason = decapsulate(sa, skb);
	if (reason) {
		drop(sa, skb, reason, seq);
		return;
	}
	kw_watch_passed_skb(sa->kn, policy, sa, skb, KEYWAY_VERDICT_DELIVERED, KEYWAY_DIR_IN, seq);
	deliver(napi, sa, skb);
}

/* Where the SPI is in a packet of @proto. */
static __be32 spi_of(const struct sk_buff *skb, u8 proto)
{
	return *(__be32 *)(skb->data + (proto == IPPROTO_AH ? 4 : 0));
}

static void poll_one(struct napi_struct *napi, struct sk_buff *skb)
{
	const struct kw_cb *cb = kw_cb(skb);
	struct kw_net *kn = cb->kn;
	struct kw_sa *sa = cb->sa;

	if (unlikely(kw_sadb_generation(&kn->sadb) != cb->generation)) {
		sa = kw_sadb_find_in(&kn->sadb, cb->proto, spi_of(skb, cb->proto));
		if (!sa || !sa->policy) {
			kw_drop(kn, NULL, NULL, skb, KEYWAY_A_STATS_IN_EXPIRED, 0);
			return;
		}
	}
	receive_one(napi, sa, skb, NULL);
}

static int poll(struct napi_struct *napi, int budget)
{
	struct rx_cpu *rx = container_of(napi, struct rx_cpu, napi);
	struct sk_buff *skb;
	int done = 0;

	/* An interrupted task holds the FPU: come again when it has let go. */
	if (kw_crypto_should_yield())
		return budget;
	rcu_read_lock();
	while (done < budget) {
		spin_lock(&rx->queue.lock);
		skb = __skb_dequeue(&rx->queue);
		spin_unlock(&rx->queue.lock);
		if (!skb)
			break;
		poll_one(napi, skb);
		done++;
	}
	if (rx->foreign) {
		napi_gro_flush(napi, false);
		rx->foreign = false;
	}
	rcu_read_unlock();
	if (done < budget)
		napi_complete_done(napi, done);
	return done;
}

/* Takes @skb, whose SA is @sa, and whose data is the ESP or AH header. */
static void enqueue(struct kw_sa *sa, struct sk_buff *skb, unsigned int generation, u16 sport)
{
	struct rx_cpu *rx = this_cpu_ptr(rx_cpus);
	bool full;

	/* Nothing that refers to the device it came by may wait in a queue of ours. */
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	skb_orphan(skb);
	skb->dev = sa->policy->dev ? sa->policy->dev->dev : sa->kn->net->loopback_dev;
	kw_cb(skb)->kn = sa->kn;
	kw_cb(skb)->sa = sa;
	kw_cb(skb)->generation = generation;
	kw_cb(skb)->sport = sport;
	kw_cb(skb)->proto = sa->proto;

	spin_lock(&rx->queue.lock);
	full = skb_queue_len(&rx->queue) >= QUEUE_MAX;
	if (!full)
		__skb_queue_tail(&rx->queue, skb);
	spin_unlock(&rx->queue.lock);
	if (full)
		drop(sa, skb, KEYWAY_A_STATS_IN_QUEUE, 0);
	else
		napi_schedule(&rx->napi);
}

static bool is_local(const struct kw_path *path, const struct sk_buff *skb)
{
	if (ip_hdr(skb)->version == 4)
		return path->local.family == AF_INET && path->local.v4 == ip_hdr(skb)->daddr;
	return path->local.family == AF_INET6 &&
	       ipv6_addr_equal(&path->local.v6, &ipv6_hdr(skb)->daddr);
}

/* Plain ESP or AH.  Returns 0 having taken @skb, or -EINVAL having left it as it was. */
static int rcv(struct sk_buff *skb, u8 proto)
{
	struct kw_net *kn = kw_net(dev_net(skb->dev));
	const struct kw_path *path;
	unsigned int generation;
	struct kw_sa *sa;

	if (!pskb_may_pull(skb, proto == IPPROTO_AH ? KW_AH_FIXED : KW_ESP_HEADER))
		return -EINVAL;
	generation = kw_sadb_generation(&kn->sadb);
	sa = kw_sadb_find_in(&kn->sadb, proto, spi_of(skb, proto));
	if (!sa)
		return -EINVAL;
	if (!sa->policy) {
		kw_drop(kn, NULL, sa, skb, KEYWAY_A_STATS_IN_EXPIRED, 0);
		return 0;
	}
	path = rcu_dereference(sa->path);
	/* An SPI names an SA of ours only at our address; XFRM may have it at another. */
	if (!is_local(path, skb))
		return -EINVAL;
	if (path->udp_local || path->stream) {
		drop(sa, skb, KEYWAY_A_STATS_IN_ENCAP, 0);
		return 0;
	}
	if (ip_hdr(skb)->version == 4 && ip_is_fragment(ip_hdr(skb))) {
		drop(sa, skb, KEYWAY_A_STATS_IN_FRAGMENT, 0);
		return 0;
	}
	enqueue(sa, skb, generation, 0);
	return 0;
}

void kw_receive_udp(struct kw_net *kn, struct sk_buff *skb, u16 sport)
{
	const struct kw_path *path;
	unsigned int generation;
	struct kw_sa *sa;

	generation = kw_sadb_generation(&kn->sadb);
	sa = kw_sadb_find_in(&kn->sadb, IPPROTO_ESP, *(__be32 *)skb->data);
	if (!sa) {
		kw_drop(kn, NULL, NULL, skb, KEYWAY_A_STATS_IN_NO_SA, 0);
		return;
	}
	if (!sa->policy) {
		kw_drop(kn, NULL, sa, skb, KEYWAY_A_STATS_IN_EXPIRED, 0);
		return;
	}
	path = rcu_dereference(sa->path);
	if (!is_local(path, skb)) {
		drop(sa, skb, KEYWAY_A_STATS_IN_ADDRESS, 0);
		return;
	}
	if (!path->udp_local) {
		drop(sa, skb, KEYWAY_A_STATS_IN_ENCAP, 0);
		return;
	}
	enqueue(sa, skb, generation, sport);
}

void kw_receive_tcp(struct kw_net *kn, struct sk_buff *skb)
{
	unsigned int generation;
	struct kw_sa *sa;

	generation = kw_sadb_generation(&kn->sadb);
	sa = kw_sadb_find_in(&kn->sadb, IPPROTO_ESP, *(__be32 *)skb->data);
	if (!sa)
		kw_drop(kn, NULL, NULL, skb, KEYWAY_A_STATS_IN_NO_SA, 0);
	else if (!sa->policy)
		kw_drop(kn, NULL, sa, skb, KEYWAY_A_STATS_IN_EXPIRED, 0);
	/* RFC 9329 6.1: any stream may be the peer's new one, so addresses do not matter. */
	else if (!rcu_dereference(sa->path)->stream)
		drop(sa, skb, KEYWAY_A_STATS_IN_ENCAP, 0);
	else
		enqueue(sa, skb, generation, 0);
}

static int rcv_esp4(struct sk_buff *skb)
{
	return rcv(skb, IPPROTO_ESP);
}

static int rcv_ah4(struct sk_buff *skb)
{
	return rcv(skb, IPPROTO_AH);
}

/* XFRM's own packets come by here when it has opened them; they are not ours. */
static int pass_input(struct sk_buff *skb, int nexthdr, __be32 spi, int encap_type)
{
	return -EINVAL;
}

static int pass_callback(struct sk_buff *skb, int err)
{
	return 1;
}

/* The outbound SA a quoted packet belongs to: an ICMP error about anything else is not ours. */
static struct kw_sa *quoted_sa(struct kw_net *kn, const struct sk_buff *skb, u8 proto, int offset,
			       const struct kw_addr *remote)
{
	__be32 buf;
	const __be32 *spi = skb_header_pointer(skb, offset + (proto == IPPROTO_AH ? 4 : 0),
					       sizeof(buf), &buf);

	return spi ? kw_sadb_find_out(&kn->sadb, proto, *spi, remote) : NULL;
}

static int err4(struct sk_buff *skb, u32 info, u8 proto)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	struct kw_addr remote = { .v4 = iph->daddr, .family = AF_INET };
	struct net *net = dev_net(skb->dev);

	if (!quoted_sa(kw_net(net), skb, proto, iph->ihl * 4, &remote))
		return -ENOENT;
	if (icmp_hdr(skb)->type == ICMP_DEST_UNREACH && icmp_hdr(skb)->code == ICMP_FRAG_NEEDED)
		ipv4_update_pmtu(skb, net, info, 0, proto);
	return 0;
}

static int err_esp4(struct sk_buff *skb, u32 info)
{
	return err4(skb, info, IPPROTO_ESP);
}

static int err_ah4(struct sk_buff *skb, u32 info)
{
	return err4(skb, info, IPPROTO_AH);
}

static struct xfrm4_protocol esp4 = {
	.handler = rcv_esp4,
	.input_handler = pass_input,
	.cb_handler = pass_callback,
	.err_handler = err_esp4,
	.priority = PRIORITY,
};

static struct xfrm4_protocol ah4 = {
	.handler = rcv_ah4,
	.input_handler = pass_input,
	.cb_handler = pass_callback,
	.err_handler = err_ah4,
	.priority = PRIORITY,
};

#if IS_ENABLED(CONFIG_IPV6)
static int rcv_esp6(struct sk_buff *skb)
{
	return rcv(skb, IPPROTO_ESP);
}

static int rcv_ah6(struct sk_buff *skb)
{
	return rcv(skb, IPPROTO_AH);
}

static int err6(struct sk_buff *skb, u8 type, int offset, __be32 info, u8 proto)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;
	struct kw_addr remote = { .v6 = ip6h->daddr, .family = AF_INET6 };
	struct net *net = dev_net(skb->dev);

	if (!quoted_sa(kw_net(net), skb, proto, offset, &remote))
		return -ENOENT;
	if (type == ICMPV6_PKT_TOOBIG)
		ip6_update_pmtu(skb, net, info, 0, 0, sock_net_uid(net, NULL));
	return 0;
}

static int err_esp6(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type, u8 code, int offset,
		    __be32 info)
{
	return err6(skb, type, offset, info, IPPROTO_ESP);
}

static int err_ah6(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type, u8 code, int offset,
		   __be32 info)
{
	return err6(skb, type, offset, info, IPPROTO_AH);
}

static struct xfrm6_protocol esp6 = {
	.handler = rcv_esp6,
	.input_handler = pass_input,
	.cb_handler = pass_callback,
	.err_handler = err_esp6,
	.priority = PRIORITY,
};

static struct xfrm6_protocol ah6 = {
	.handler = rcv_ah6,
	.input_handler = pass_input,
	.cb_handler = pass_callback,
	.err_handler = err_ah6,
	.priority = PRIORITY,
};

static int register6(void)
{
	int ret;

	ret = xfrm6_protocol_register(&esp6, IPPROTO_ESP);
	if (ret)
		return ret;
	ret = xfrm6_protocol_register(&ah6, IPPROTO_AH);
	if (ret)
		xfrm6_protocol_deregister(&esp6, IPPROTO_ESP);
	return ret;
}

static void deregister6(void)
{
	xfrm6_protocol_deregister(&ah6, IPPROTO_AH);
	xfrm6_protocol_deregister(&esp6, IPPROTO_ESP);
}
#else
static int register6(void)
{
	return 0;
}

static void deregister6(void)
{
}
#endif

static int register4(void)
{
	int ret;

	ret = xfrm4_protocol_register(&esp4, IPPROTO_ESP);
	if (ret)
		return ret;
	ret = xfrm4_protocol_register(&ah4, IPPROTO_AH);
	if (ret)
		xfrm4_protocol_deregister(&esp4, IPPROTO_ESP);
	return ret;
}

static void deregister4(void)
{
	xfrm4_protocol_deregister(&ah4, IPPROTO_AH);
	xfrm4_protocol_deregister(&esp4, IPPROTO_ESP);
}

/* Flushes finish NAPIs one at a time. */
static DEFINE_MUTEX(flush_lock);

/*
 * A poll may have taken a packet out, and GRO may hold it for the next: when NAPI is disabled it
 * has completed, and completing flushes GRO.
 */
static void restart(struct rx_cpu *rx)
{
	napi_disable(&rx->napi);
	napi_enable(&rx->napi);
	/* What came meanwhile found it disabled and did not schedule it. */
	local_bh_disable();
	if (!skb_queue_empty_lockless(&rx->queue))
		napi_schedule(&rx->napi);
	local_bh_enable();
}

void kw_receive_flush(const struct kw_net *kn, const struct net_device *dev)
{
	struct sk_buff *skb, *next;
	int cpu;

	mutex_lock(&flush_lock);
	for_each_possible_cpu(cpu) {
		struct rx_cpu *rx = per_cpu_ptr(rx_cpus, cpu);

		spin_lock_bh(&rx->queue.lock);
		skb_queue_walk_safe(&rx->queue, skb, next) {
			if (kw_cb(skb)->kn == kn || skb->dev == dev) {
				__skb_unlink(skb, &rx->queue);
				kfree_skb(skb);
			}
		}
		spin_unlock_bh(&rx->queue.lock);
		restart(rx);
	}
	mutex_unlock(&flush_lock);
}

int kw_receive_init(void)
{
	int cpu;

	rx_cpus = alloc_percpu(struct rx_cpu);
	if (!rx_cpus)
		return -ENOMEM;
	init_dummy_netdev(&napi_dev);
	for_each_possible_cpu(cpu) {
		struct rx_cpu *rx = per_cpu_ptr(rx_cpus, cpu);

		skb_queue_head_init(&rx->queue);
		netif_napi_add(&napi_dev, &rx->napi, poll);
		napi_enable(&rx->napi);
	}
	return 0;
}

void kw_receive_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct rx_cpu *rx = per_cpu_ptr(rx_cpus, cpu);

		napi_disable(&rx->napi);
		netif_napi_del(&rx->napi);
		skb_queue_purge(&rx->queue);
	}
	free_percpu(rx_cpus);
}

int kw_receive_start(void)
{
	int ret;

	ret = register4();
	if (ret)
		return ret;
	ret = register6();
	if (ret)
		deregister4();
	return ret;
}

void kw_receive_stop(void)
{
	deregister6();
	deregister4();
}
