// SPDX-License-Identifier: GPL-2.0
/*
 * Cutting TCP's trains into packets that have room for ESP around them.
 *
 * RFCs: 9293 section 3.1
 *
 * skb_gso_segment() makes buffers that fit the packet, in slab memory that many kernels clear
 * first.  These come from the CPU's page fragments, which are recycled as they are, two packets to
 * a page, with room in front for the outer headers and behind for trailer and ICV.
 */
#include "segment.h"

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/minmax.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "flow.h"

/* Two of these are a page; a packet of an ordinary Ethernet fits. */
#define BUFFER	2048u

static unsigned int buffer_size(unsigned int len)
{
	return SKB_DATA_ALIGN(len) + SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
}

static unsigned int tcp_len(const struct sk_buff *skb, const struct kw_flow *flow)
{
	return ((const struct tcphdr *)(skb->data + flow->transport))->doff * 4;
}

bool kw_segment_can(struct sk_buff *skb, const struct kw_flow *flow, unsigned int head,
		    unsigned int tail)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	unsigned int type = shinfo->gso_type & ~(SKB_GSO_TCP_ECN | SKB_GSO_TCP_FIXEDID);
	unsigned int len;

	if ((type != SKB_GSO_TCPV4 && type != SKB_GSO_TCPV6) || skb->encapsulation ||
	    flow->proto != IPPROTO_TCP || skb->len > IP_MAX_MTU ||
	    shinfo->tx_flags & SKBTX_ANY_TSTAMP)
		return false;
	if (skb->ip_summed != CHECKSUM_PARTIAL ||
	    skb_checksum_start_offset(skb) != flow->transport ||
	    skb->csum_offset != offsetof(struct tcphdr, check))
		return false;
	if (!pskb_may_pull(skb, flow->transport + sizeof(struct tcphdr)))
		return false;
	len = tcp_len(skb, flow);
	if (len < sizeof(struct tcphdr) || !pskb_may_pull(skb, flow->transport + len))
		return false;
	return buffer_size(head + flow->transport + len + skb_shinfo(skb)->gso_size + tail) <=
	       BUFFER;
}

/* What a length adds to TCP's pseudo header. */
static __wsum length_sum(unsigned int len)
{
	return (__force __wsum)htonl(len);
}

/* What the packets of one train share. */
struct train {
	struct sk_buff *skb;
	unsigned int transport;		/* where TCP's header is */
	unsigned int headers;		/* bytes of all headers */
	unsigned int head;		/* bytes of room before them */
	__wsum pseudo;			/* sum of TCP's pseudo header, without a length */
};

/* A packet with the train's headers and @len bytes from @offset of it.  NULL: no memory. */
static struct sk_buff *cut(const struct train *t, unsigned int offset, unsigned int len)
{
	void *buffer = napi_alloc_frag_align(BUFFER, SMP_CACHE_BYTES);
	struct sk_buff *skb;

	if (!buffer)
		return NULL;
	skb = napi_build_skb(buffer, BUFFER);
	if (!skb) {
		skb_free_frag(buffer);
		return NULL;
	}
	skb_copy_header(skb, t->skb);
	skb_gso_reset(skb);
	skb_reserve(skb, t->head);
	skb->ip_summed = CHECKSUM_NONE;
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, t->transport);
	skb_put_data(skb, t->skb->data, t->headers);
	if (skb_copy_bits(t->skb, offset, __skb_put(skb, len), len)) {
		kfree_skb(skb);
		return NULL;
	}
	return skb;
}

static void fix_ip(struct sk_buff *skb, unsigned int index)
{
	struct iphdr *iph = ip_hdr(skb);

	if (iph->version == 6) {
		ipv6_hdr(skb)->payload_len = htons(skb->len - sizeof(struct ipv6hdr));
		return;
	}
	iph->tot_len = htons(skb->len);
	iph->id = htons(ntohs(iph->id) + index);
	ip_send_check(iph);
}

/* Of a packet's TCP header what differs from the train's: it begins at @offset and may be last. */
static void fix_tcp(const struct train *t, struct sk_buff *skb, unsigned int offset, bool last)
{
	unsigned int len = skb->len - t->transport;
	struct tcphdr *th = tcp_hdr(skb);

	th->seq = htonl(ntohl(th->seq) + offset);
	/* RFC 3168 6.1.2: once is enough. */
	th->cwr = th->cwr && !offset;
	th->fin = th->fin && last;
	th->psh = th->psh && last;
	th->check = 0;
	th->check = csum_fold(csum_partial(th, len, csum_add(t->pseudo, length_sum(len))));
}

/* TCP's accounting of what it has in flight goes on with the packets; see tcp_gso_segment(). */
static void charge_socket(struct sk_buff *train, struct sk_buff *list)
{
	struct sock *sk = train->sk;
	struct sk_buff *skb;
	int more = 0;

	if (!sk || !sk_fullsock(sk) || !sk_is_tcp(sk) || !train->destructor)
		return;
	for (skb = list; skb; skb = skb->next) {
		skb->sk = sk;
		skb->destructor = train->destructor;
		more += skb->truesize;
	}
	more -= train->truesize;
	train->sk = NULL;
	train->destructor = NULL;
	if (more >= 0)
		refcount_add(more, &sk->sk_wmem_alloc);
	else
		WARN_ON_ONCE(refcount_sub_and_test(-more, &sk->sk_wmem_alloc));
}

static void begin(struct train *t, struct sk_buff *skb, const struct kw_flow *flow,
		  unsigned int head)
{
	const struct tcphdr *th = (const struct tcphdr *)(skb->data + flow->transport);

	t->skb = skb;
	t->transport = flow->transport;
	t->headers = flow->transport + tcp_len(skb, flow);
	t->head = head;
	t->pseudo = csum_sub(csum_unfold(th->check), length_sum(skb->len - flow->transport));
}

struct sk_buff *kw_segment(struct sk_buff *train, const struct kw_flow *flow, unsigned int head)
{
	bool fixed_id = skb_shinfo(train)->gso_type & SKB_GSO_TCP_FIXEDID;
	unsigned int mss = skb_shinfo(train)->gso_size, offset, index = 0;
	struct sk_buff *list = NULL, **end = &list, *skb;
	struct train t;

	begin(&t, train, flow, head);
	for (offset = t.headers; offset < train->len; offset += mss) {
		bool last = train->len - offset <= mss;

		skb = cut(&t, offset, last ? train->len - offset : mss);
		if (!skb) {
			kfree_skb_list(list);
			return NULL;
		}
		fix_ip(skb, fixed_id ? 0 : index++);
		fix_tcp(&t, skb, offset - t.headers, last);
		*end = skb;
		end = &skb->next;
	}
	charge_socket(train, list);
	consume_skb(train);
	return list;
}
