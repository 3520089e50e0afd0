// SPDX-License-Identifier: GPL-2.0
/*
 * Outbound: from an inner packet and its policy to an ESP or AH packet in the IP layer.
 *
 * RFCs: 4301 section 5.1 and 8, 4302 section 3.3, 4303 section 3.3
 *
 *   kw_send     policy -> SA, route, size
 *     split     a GSO train, or a packet to be fragmented -> list of packets
 *     charge    limits and sequence numbers, once for the list
 *     protect   each: private linear copy if need be, trailer, seal, outer headers, out
 */
#include "send.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <net/dst.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/sock.h>

#include "ah.h"
#include "beet.h"
#include "compat.h"
#include "device.h"
#include "esp.h"
#include "events.h"
#include "flow.h"
#include "mib.h"
#include "mss.h"
#include "mtu.h"
#include "net.h"
#include "outer.h"
#include "policy.h"
#include "sa.h"
#include "segment.h"
#include "tcp.h"
#include "transport.h"
#include "watch.h"

/* What the packets of one list share. */
struct sending {
	struct kw_net *kn;
	struct kw_policy *policy;
	const struct kw_flow *flow;
	struct kw_sa *sa;
	struct dst_entry *dst;
	struct kw_outer outer;
	struct kw_transport at;		/* in transport and BEET mode */
	unsigned int tfc;		/* bytes a payload has at least */
	bool dummy;			/* it is no packet of anybody's */
};

static bool is_transport(const struct sending *s)
{
	return s->sa->mode == KEYWAY_MODE_TRANSPORT && !s->dummy;
}

static bool is_beet(const struct sending *s)
{
	return s->sa->mode == KEYWAY_MODE_BEET && !s->dummy;
}

/* The packet comes from another namespace than ESP goes out by. */
static bool is_foreign(const struct sending *s, const struct sk_buff *skb)
{
	return !net_eq(s->kn->net, dev_net(skb->dev));
}

/* What one packet is sent with. */
struct numbers {
	u64 seq;		/* of the policy's SA */
	u64 ah;			/* of the AH SA, if there is one */
};

static void drop(const struct sending *s, struct sk_buff *skb, unsigned int reason, u64 seq)
{
	kw_drop(s->kn, s->policy, s->sa, skb, reason, seq);
}

void kw_send_prohibited(struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP))
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, 0);
	else if (skb->protocol == htons(ETH_P_IPV6))
		icmpv6_ndo_send(skb, ICMPV6_DEST_UNREACH, ICMPV6_ADM_PROHIBITED, 0);
}

/* RFC 4301 8.2.1: the source learns how large its packets may be. */
static void tell_too_big(const struct sending *s, struct sk_buff *skb, unsigned int mtu)
{
	if (s->policy->flags & KEYWAY_POLICY_F_NO_ICMP)
		return;
	if (skb->protocol == htons(ETH_P_IP)) {
		mtu = max(mtu, 68u);
		skb_dst_update_pmtu_no_confirm(skb, mtu);
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
	} else {
		mtu = max_t(unsigned int, mtu, IPV6_MIN_MTU);
		skb_dst_update_pmtu_no_confirm(skb, mtu);
		icmpv6_ndo_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
	}
}

/* Where ip_do_fragment() puts its fragments; one of them is at work on a CPU at a time. */
static DEFINE_PER_CPU(struct sk_buff_head *, fragments);

static int collect_fragment(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	__skb_queue_tail(*this_cpu_ptr(&fragments), skb);
	return 0;
}

/* Takes @skb; returns a list of fragments of at most @mtu bytes, or NULL. */
static struct sk_buff *fragment(const struct sending *s, struct sk_buff *skb, unsigned int mtu)
{
	struct sk_buff *list = NULL, **tail = &list, *next;
	struct sk_buff_head queue;

	__skb_queue_head_init(&queue);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	IPCB(skb)->frag_max_size = mtu;
	*this_cpu_ptr(&fragments) = &queue;
	ip_do_fragment(s->kn->net, NULL, skb, collect_fragment);
	while ((next = __skb_dequeue(&queue))) {
		*tail = next;
		tail = &next->next;
	}
	return list;
}

/*
 * Whether a packet may be cut before ESP: RFC 4301 7, the peer refuses later fragments for an SA
 * whose selectors name ports, because they carry none.
 */
static bool fragments_match(const struct kw_policy *policy)
{
	unsigned int i;

	if (policy->flags & KEYWAY_POLICY_F_FRAG_OUTER)
		return false;
	for (i = 0; i < policy->n_local + policy->n_remote; i++)
		if (policy->ts[i].port_start != 0 || policy->ts[i].port_end != U16_MAX)
			return false;
	return true;
}

/*
 * IPv6 has no header that says a packet may be fragmented on the way.  A policy without device sees
 * packets before the stack of this host, their source, would have done it, or whole again where
 * they came in fragments: these are fragmented after ESP.
 */
static bool stack_allows(const struct sending *s, const struct sk_buff *skb)
{
	return !s->policy->dev && skb->protocol == htons(ETH_P_IPV6) && !skb_is_gso(skb) &&
	       (skb->ignore_df || IP6CB(skb)->frag_max_size);
}

/*
 * Decides what happens to a packet or train larger than @mtu.  Returns it, or a list in its place;
 * NULL when it is gone.
 */
static struct sk_buff *fit(struct sending *s, const struct kw_flow *flow, struct sk_buff *skb,
			   unsigned int mtu)
{
	bool fits = skb_is_gso(skb) ? skb_gso_validate_network_len(skb, mtu) : flow->len <= mtu;

	if (fits)
		return skb;
	/* RFC 4303 3.3.4: transport mode is applied to whole packets alone, and so is BEET mode. */
	if (!flow->df && !skb_is_gso(skb) && skb_dst(skb) && !s->at.offset &&
	    fragments_match(s->policy)) {
		skb = fragment(s, skb, mtu);
		if (!skb)
			kw_drop_count(s->kn, s->policy, s->sa, KEYWAY_A_STATS_OUT_NO_MEMORY, 0, 1);
		return skb;
	}
	if (!flow->df || s->policy->df == KEYWAY_DF_CLEAR || stack_allows(s, skb) ||
	    (flow->src.family == AF_INET6 && flow->len <= IPV6_MIN_MTU && !skb_is_gso(skb))) {
		/* RFC 8200 5: below IPv6's least MTU, who encapsulates must fragment. */
		s->outer.df = false;
		return skb;
	}
	tell_too_big(s, skb, mtu);
	drop(s, skb, KEYWAY_A_STATS_OUT_TOO_BIG, 0);
	return NULL;
}

/*
 * Limits and sequence numbers of one SA.  Returns the first number, or 0: the SA passes nothing
 * more, and *@reason says why.
 */
static u64 take(struct kw_sa *sa, unsigned int packets, u64 bytes, unsigned int *reason)
{
	u64 first, last, near;

	*reason = KEYWAY_A_STATS_OUT_EXPIRED;
	if (!kw_lifetime_charge(sa, packets, bytes))
		return 0;
	/* RFC 4303 3.3.3: a sequence number is never used twice. */
	last = atomic64_add_return(packets, &sa->seq);
	first = last - packets + 1;
	*reason = KEYWAY_A_STATS_OUT_SEQUENCE;
	if (unlikely(last > sa->seq_max)) {
		kw_sa_stop(sa, KEYWAY_LIMIT_SEQUENCE);
		return 0;
	}
	near = sa->seq_max - sa->seq_max / 16;
	if (unlikely(first <= near && last > near))
		kw_event_wrap(sa, last);
	return first;
}

/* Bytes of what ESP carries of a packet of @len bytes, padding for TFC included. */
static unsigned int padded_len(const struct sending *s, unsigned int len)
{
	return max(len - s->at.offset, s->tfc);
}

/*
 * The same for the whole list and every SA it goes through.  Returns the reason why none is to be
 * sent, or 0 and the first packet's numbers.
 */
static unsigned int charge(const struct sending *s, const struct sk_buff *list, struct numbers *n)
{
	struct kw_sa *sa = s->sa;
	unsigned int packets = 0, reason;
	const struct sk_buff *skb;
	u64 bytes = 0;

	for (skb = list; skb; skb = skb->next) {
		packets++;
		bytes += sa->proto == IPPROTO_AH ? skb->len :
			 kw_esp_text_len(&sa->cipher, padded_len(s, skb->len));
	}
	n->seq = take(sa, packets, bytes, &reason);
	n->ah = n->seq;
	if (n->seq && sa->ah)
		n->ah = take(sa->ah, packets, bytes, &reason);
	return n->ah ? 0 : reason;
}

/* A copy's socket is charged for it instead of the original, so that TCP's limits still hold. */
static void move_owner(struct sk_buff *to, struct sk_buff *from)
{
	struct sock *sk = from->sk;
	int delta = to->truesize - from->truesize;

	if (!sk || !sk_fullsock(sk) || (!sk_is_tcp(sk) && from->destructor != sock_wfree))
		return;
	swap(to->sk, from->sk);
	swap(to->destructor, from->destructor);
	if (delta >= 0)
		refcount_add(delta, &sk->sk_wmem_alloc);
	else
		WARN_ON_ONCE(refcount_sub_and_test(-delta, &sk->sk_wmem_alloc));
}

/*
 * Takes @skb; returns it or a copy that is linear, nobody else's, and has @head and @tail bytes of
 * room.  Pages of a packet may belong to a file or a process: they are never written to.
 */
static struct sk_buff *make_private(struct sk_buff *skb, unsigned int head, unsigned int tail)
{
	struct sk_buff *copy;

	if (!skb_cloned(skb) && !skb_is_nonlinear(skb) &&
	    skb_headroom(skb) >= head && skb_tailroom(skb) >= tail)
		return skb;
	copy = skb_copy_expand(skb, max(head, skb_headroom(skb)), tail, GFP_ATOMIC);
	if (copy)
		move_owner(copy, skb);
	consume_skb(skb);
	return copy;
}

/* The inner packet in @skb becomes an ESP packet.  There is room for it. */
static int seal_esp(const struct sending *s, struct sk_buff *skb, u8 next_header, u64 seq)
{
	const struct kw_sa *sa = s->sa;
	const struct kw_cipher *c = &sa->cipher;
	unsigned int payload = max(skb->len, s->tfc);

	if (payload > skb->len)
		__skb_put_zero(skb, payload - skb->len);
	__skb_put(skb, kw_esp_text_len(c, payload) - payload + c->icv);
	__skb_push(skb, KW_ESP_HEADER + c->iv);
	return kw_esp_seal(c, skb->data, payload, next_header, sa->spi, seq,
			   sa->flags & KEYWAY_SA_F_ESN);
}

/* Bytes of IP header, and of UDP header, before ESP or AH. */
static unsigned int outer_len(const struct sending *s)
{
	unsigned int udp = s->outer.path->udp_local ? sizeof(struct udphdr) : 0;

	return is_transport(s) ? s->at.offset + udp : kw_outer_len(s->outer.path);
}

/* AH is written into the packet in @skb, which has its outer header and a gap after it. */
static int seal_ah(const struct sending *s, struct sk_buff *skb, u8 next_header, u64 seq)
{
	const struct kw_sa *ah = kw_sa_ah(s->sa);

	return kw_ah_seal(&ah->cipher, skb->data, outer_len(s), skb->len,
			  next_header, ah->spi, seq, ah->flags & KEYWAY_SA_F_ESN);
}

/* Bytes of all headers that are new in the packets of @s, but for tunnel mode's outer ones. */
static unsigned int head_len(const struct sending *s)
{
	unsigned int len = kw_sa_ah_len(s->sa, s->outer.path);

	if (s->sa->proto == IPPROTO_ESP)
		len += KW_ESP_HEADER + s->sa->cipher.iv;
	if (is_transport(s))
		len += outer_len(s) - s->at.offset;
	return len;
}

/* Bytes of room that any packet of @s wants in front of what is protected. */
static unsigned int head_room(const struct sending *s)
{
	return head_len(s) + kw_outer_len(s->outer.path) + LL_RESERVED_SPACE(s->dst->dev);
}

/* Takes a train; returns its packets as a list, or NULL. */
static struct sk_buff *segment(const struct sending *s, struct sk_buff *skb)
{
	unsigned int head = head_room(s), tail = 0;
	struct sk_buff *list;

	if (!skb_is_gso(skb))
		return skb;
	if (s->sa->proto == IPPROTO_ESP)
		tail = kw_esp_overhead_max(&s->sa->cipher) + s->tfc;
	if (kw_segment_can(skb, s->flow, head, tail)) {
		/* Here, because there is one of it; its packets would each hold the route. */
		skb_scrub_packet(skb, is_foreign(s, skb));
		list = kw_segment(skb, s->flow, head);
		if (!list)
			drop(s, skb, KEYWAY_A_STATS_OUT_NO_MEMORY, 0);
		return list;
	}
	list = skb_gso_segment(skb, 0);
	if (IS_ERR_OR_NULL(list)) {
		drop(s, skb, KEYWAY_A_STATS_OUT_MALFORMED, 0);
		return NULL;
	}
	consume_skb(skb);
	return list;
}

/* Leaves in @skb what is to be protected, and says what it is. */
static u8 begin(const struct sending *s, struct sk_buff *skb)
{
	u8 next_header;

	if (s->dummy)
		return IPPROTO_NONE;
	if (is_beet(s))
		return kw_beet_open(skb, &s->at);
	if (!is_transport(s))
		return skb->data[0] >> 4 == 4 ? IPPROTO_IPIP : IPPROTO_IPV6;
	next_header = skb->data[s->at.nh];
	kw_transport_open(skb, &s->at, head_len(s));
	return next_header;
}

/* The inner packet in @skb becomes the packet to send.  Returns the reason to drop it, or 0. */
static unsigned int encapsulate(const struct sending *s, struct sk_buff *skb,
				const struct numbers *n)
{
	u8 next_header;

	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		return KEYWAY_A_STATS_OUT_MALFORMED;
	next_header = begin(s, skb);
	if (s->sa->proto == IPPROTO_ESP) {
		if (seal_esp(s, skb, next_header, n->seq))
			return KEYWAY_A_STATS_OUT_CRYPTO;
		next_header = IPPROTO_ESP;
	}
	__skb_push(skb, kw_sa_ah_len(s->sa, s->outer.path));
	skb_scrub_packet(skb, is_foreign(s, skb));
	if (s->policy->set_mark)
		skb->mark = s->policy->set_mark;
	/* The stream's own headers are TCP's task. */
	if (s->outer.path->stream)
		return 0;
	if (is_transport(s))
		kw_outer_push_kept(skb, &s->outer, &s->at, s->kn);
	else
		kw_outer_push(skb, &s->outer, s->kn);
	/* Last, because it covers all the rest. */
	if (kw_sa_ah(s->sa) && seal_ah(s, skb, next_header, n->ah))
		return KEYWAY_A_STATS_OUT_CRYPTO;
	return 0;
}

/* Takes a packet that is protected.  False: it was dropped. */
static bool leave(const struct sending *s, struct sk_buff *skb, u64 seq)
{
	struct kw_stream *stream = s->outer.path->stream;

	if (stream && kw_stream_send(stream, skb))
		return true;
	if (stream) {
		drop(s, skb, KEYWAY_A_STATS_OUT_STREAM, seq);
		return false;
	}
	skb_dst_set(skb, dst_clone(s->dst));
	if (kw_outer_send(skb, s->kn))
		return true;
	kw_drop_count(s->kn, s->policy, s->sa, KEYWAY_A_STATS_OUT_LOCAL, seq, 1);
	return false;
}

/* Takes one inner packet and sends it.  False: it was dropped. */
static bool protect(const struct sending *s, struct sk_buff *skb, const struct numbers *n)
{
	const struct kw_cipher *c = &s->sa->cipher;
	unsigned int len = skb->len, tail = 0, reason;

	if (s->sa->proto == IPPROTO_ESP)
		tail = kw_esp_text_len(c, padded_len(s, len)) + c->icv - (len - s->at.offset);
	skb = make_private(skb, head_room(s), tail);
	if (!skb) {
		kw_drop_count(s->kn, s->policy, s->sa, KEYWAY_A_STATS_OUT_NO_MEMORY, n->seq, 1);
		return false;
	}
	reason = encapsulate(s, skb, n);
	if (reason) {
		drop(s, skb, reason, n->seq);
		return false;
	}
	if (!leave(s, skb, n->seq))
		return false;
	if (!s->dummy) {
		kw_policy_count(s->policy, KEYWAY_DIR_OUT, 1, len);
		kw_mib_passed(s->kn->mib, KEYWAY_DIR_OUT, len);
	}
	return true;
}

/* Takes the list.  Returns how many of its packets were sent. */
static unsigned int send_list(struct sending *s, struct sk_buff *list)
{
	unsigned int reason, sent = 0;
	struct sk_buff *skb, *next;
	struct numbers n;
	u64 first;

	reason = charge(s, list, &n);
	if (reason) {
		drop(s, list, reason, 0);
		return 0;
	}
	first = n.seq;
	skb_list_walk_safe(list, skb, next) {
		skb_mark_not_on_list(skb);
		sent += protect(s, skb, &n);
		n.seq++;
		n.ah++;
	}
	if (sent && !s->dummy)
		kw_watch_passed(s->kn, s->policy, s->sa, s->flow, KEYWAY_VERDICT_SENT,
				KEYWAY_DIR_OUT, first, sent);
	return sent;
}

/* What ESP or AH does not take in of the packet.  Returns the reason to drop it, or 0. */
static unsigned int find_place(struct sending *s, const struct kw_flow *flow,
			       const struct sk_buff *skb)
{
	const struct kw_path *path = rcu_dereference(s->sa->path);

	if (is_beet(s))
		return kw_beet_find(s->policy, flow, skb, &s->at);
	if (!is_transport(s))
		return 0;
	if (!kw_transport_find(skb, &s->at))
		return KEYWAY_A_STATS_OUT_MALFORMED;
	if (s->at.fragment)
		return KEYWAY_A_STATS_OUT_FRAGMENT;
	/* RFC 4301 4.1: between two hosts.  Anybody else would not know the SPI. */
	if (!kw_addr_equal(&flow->src, &path->local) || !kw_addr_equal(&flow->dst, &path->remote))
		return KEYWAY_A_STATS_OUT_ADDRESS;
	return 0;
}

void kw_send(struct kw_net *kn, struct kw_policy *policy, const struct kw_flow *flow,
	     struct sk_buff *skb)
{
	struct sending s = { .kn = kn, .policy = policy, .flow = flow };
	unsigned int mtu, reason;
	struct kw_path *path;

	s.sa = kw_policy_out(policy, flow->dsfield);
	if (!s.sa) {
		kw_event_acquire(kn, policy, flow);
		drop(&s, skb, KEYWAY_A_STATS_OUT_NO_SA, 0);
		return;
	}
	if (!kw_sa_sends(s.sa)) {
		drop(&s, skb, KEYWAY_A_STATS_OUT_EXPIRED, 0);
		return;
	}
	reason = find_place(&s, flow, skb);
	if (reason) {
		drop(&s, skb, reason, 0);
		return;
	}
	path = rcu_dereference(s.sa->path);
	s.dst = kw_path_route(kn, path);
	if (!s.dst) {
		drop(&s, skb, KEYWAY_A_STATS_OUT_NO_ROUTE, 0);
		return;
	}
	/* Only a device can be its own route; a hook's packets leave by the same as before. */
	if (policy->dev && s.dst->dev == skb->dev) {
		drop(&s, skb, KEYWAY_A_STATS_OUT_LOOP, 0);
		goto out_release;
	}
	kw_outer_init(&s.outer, policy, path, flow, skb, s.dst);
	mtu = kw_mtu_inner(s.sa, path, s.at.offset, dst_mtu(s.dst));
	kw_mtu_seen(policy->dev, path, mtu);
	if (s.sa->tfc && !s.at.offset)
		s.tfc = min_t(unsigned int, s.sa->tfc, mtu);
	if (flow->proto == IPPROTO_TCP && kw_mss_is_syn(skb, flow) &&
	    !(policy->flags & KEYWAY_POLICY_F_NO_MSS_CLAMP))
		kw_mss_clamp(skb, flow, mtu);
	skb = fit(&s, flow, skb, mtu);
	if (skb)
		skb = segment(&s, skb);
	if (skb)
		send_list(&s, skb);

out_release:
	dst_release(s.dst);
}

/* A packet of nothing but @len zeros, with room for all headers.  NULL: no memory. */
static struct sk_buff *blank(const struct sending *s, unsigned int len)
{
	unsigned int head = head_len(s) + kw_outer_len(s->outer.path) +
			    LL_RESERVED_SPACE(s->dst->dev);
	unsigned int tail = kw_esp_overhead_max(&s->sa->cipher);
	struct sk_buff *skb = alloc_skb(head + len + tail, GFP_ATOMIC);

	if (!skb)
		return NULL;
	skb_reserve(skb, head);
	__skb_put_zero(skb, len);
	skb->dev = s->dst->dev;
	return skb;
}

/* RCU held, BHs off. */
static bool send_blank(struct sending *s, unsigned int len)
{
	static const struct kw_flow none = { .df = true };
	struct kw_path *path = rcu_dereference(s->sa->path);
	unsigned int sent = 0;
	struct sk_buff *skb;

	if (!kw_sa_sends(s->sa))
		return false;
	s->dst = kw_path_route(s->kn, path);
	if (!s->dst) {
		kw_drop_count(s->kn, s->policy, s->sa, KEYWAY_A_STATS_OUT_NO_ROUTE, 0, 1);
		return false;
	}
	kw_outer_init(&s->outer, s->policy, path, &none, NULL, s->dst);
	skb = blank(s, min(len, kw_mtu_inner(s->sa, path, 0, dst_mtu(s->dst))));
	if (skb)
		sent = send_list(s, skb);
	else
		kw_drop_count(s->kn, s->policy, s->sa, KEYWAY_A_STATS_OUT_NO_MEMORY, 0, 1);
	dst_release(s->dst);
	return sent;
}

bool kw_send_dummy(struct kw_net *kn, struct kw_sa *sa, unsigned int len)
{
	struct sending s = { .kn = kn, .policy = sa->policy, .sa = sa, .dummy = true };
	bool sent;

	lockdep_assert_held(&kn->lock);
	local_bh_disable();
	rcu_read_lock();
	sent = send_blank(&s, len);
	rcu_read_unlock();
	local_bh_enable();
	return sent;
}
