// SPDX-License-Identifier: GPL-2.0
/*
 * ESP in TCP, on a connection that the daemon hands over.
 *
 * RFCs: 9329
 *
 * The daemon listens, connects, exchanges the prefix and, when an SA is to run on the stream, hands
 * it over.  From then on nobody reads or writes the connection but the two works here: TCP's
 * callbacks only queue them, and so does the data path, so that it never waits for a socket.
 *
 *   on_data_ready -> rx_work    bytes -> frames (framer.c) -> ESP: receive.c; IKE: the daemon
 *   kw_stream_send -> tx_work   queue -> TCP, as far as it takes any; on_write_space goes on
 *
 * Who may hold a stream, and how each lets go:
 * (1) kw_net.streams, until end_work();
 * (2) an outer path of an SA, with a reference, until it is freed;
 * (3) netlink handlers, with a reference;
 * (4) the socket, by its callbacks, which end_work() takes back under the socket's lock;
 * (5) rx_work and tx_work, which end_work() waits for.
 * A stream ends once, by end_work(): because the peer closed, the daemon asked, the daemon's
 * netlink socket closed, or the namespace or the module goes.  It holds its connection's file.
 */
#include "tcp.h"

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/inet_connection_sock.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "addr.h"
#include "compat.h"
#include "esp.h"
#include "framer.h"
#include "mib.h"
#include "net.h"
#include "netlink_stream.h"
#include "receive.h"

/* Packets that may wait for TCP to take them, and IKE messages beyond these. */
#define QUEUE_MAX	1000u
#define QUEUE_IKE	64u
/* Bytes read before somebody else gets the CPU. */
#define READ_MAX	(256u << 10)
/* RFC 9329 3.1: what an IKE message begins with, where ESP has its SPI. */
#define MARKER_LEN	4u

struct kw_stream {
	struct kw_net *kn;
	struct socket *sock;
	u32 id;
	u32 portid;
	refcount_t refs;
	struct kw_addr local;
	struct kw_addr remote;
	struct work_struct rx;
	struct work_struct tx;
	struct work_struct end;
	void (*data_ready)(struct sock *sk);
	void (*write_space)(struct sock *sk);
	void (*state_change)(struct sock *sk);

	struct kw_framer framer;	/* rx_work's */
	struct sk_buff *partial;	/* tx_work's: what TCP took only the beginning of ... */
	unsigned int taken;		/* ... so many bytes */

	spinlock_t lock;		/* of the rest */
	struct sk_buff_head queue;
	bool ended;
	int error;
};

static struct workqueue_struct *stream_wq;

u32 kw_stream_id(const struct kw_stream *s)
{
	return s->id;
}

u32 kw_stream_port(const struct kw_stream *s)
{
	return s->portid;
}

struct kw_net *kw_stream_net(const struct kw_stream *s)
{
	return s->kn;
}

struct kw_stream *kw_stream_get(struct kw_net *kn, u32 id)
{
	struct kw_stream *s;

	xa_lock(&kn->streams);
	s = xa_load(&kn->streams, id);
	if (s)
		refcount_inc(&s->refs);
	xa_unlock(&kn->streams);
	return s;
}

void kw_stream_put(struct kw_stream *s)
{
	if (refcount_dec_and_test(&s->refs))
		kfree(s);
}

void kw_stream_end(struct kw_stream *s, int err)
{
	spin_lock_bh(&s->lock);
	if (!s->ended) {
		s->ended = true;
		s->error = err;
		queue_work(stream_wq, &s->end);
	}
	spin_unlock_bh(&s->lock);
}

/* ---- in ---- */

/* The IP header of the packet that a frame stands for: what comes later looks into it. */
static void put_header(const struct kw_stream *s, struct sk_buff *skb)
{
	unsigned int len = skb->len;

	skb_reset_transport_header(skb);
	if (s->remote.family == AF_INET) {
		struct iphdr *iph = __skb_push(skb, sizeof(*iph));

		*iph = (struct iphdr){
			.version = 4,
			.ihl = 5,
			.tot_len = htons(sizeof(*iph) + len),
			.ttl = 64,
			.protocol = IPPROTO_ESP,
			.saddr = s->remote.v4,
			.daddr = s->local.v4,
		};
		skb->protocol = htons(ETH_P_IP);
	} else {
		struct ipv6hdr *ip6h = __skb_push(skb, sizeof(*ip6h));

		*ip6h = (struct ipv6hdr){
			.version = 6,
			.payload_len = htons(len),
			.nexthdr = IPPROTO_ESP,
			.hop_limit = 64,
			.saddr = s->remote.v6,
			.daddr = s->local.v6,
		};
		skb->protocol = htons(ETH_P_IPV6);
	}
	skb_reset_network_header(skb);
	skb_reset_mac_header(skb);
	__skb_pull(skb, skb_transport_offset(skb));
}

/* Takes @skb. */
static void receive_esp(const struct kw_stream *s, struct sk_buff *skb)
{
	skb->dev = s->kn->net->loopback_dev;
	local_bh_disable();
	rcu_read_lock();
	if (skb->len < KW_ESP_HEADER) {
		kw_drop(s->kn, NULL, NULL, skb, KEYWAY_A_STATS_IN_TRUNCATED, 0);
	} else if (skb->len > U16_MAX - sizeof(struct ipv6hdr)) {
		kw_drop(s->kn, NULL, NULL, skb, KEYWAY_A_STATS_IN_MALFORMED, 0);
	} else {
		put_header(s, skb);
		kw_receive_tcp(s->kn, skb);
	}
	rcu_read_unlock();
	local_bh_enable();
}

/* RFC 9329 6.6: one byte 0xFF keeps a NAT's mapping alive, and means nothing in a stream. */
static bool is_keepalive(const struct sk_buff *frame)
{
	return frame->len == 1 && frame->data[0] == 0xff;
}

/* Takes the frames. */
static void hand_on(struct kw_stream *s, struct sk_buff_head *frames)
{
	struct sk_buff *frame;

	while ((frame = __skb_dequeue(frames))) {
		if (!frame->len || is_keepalive(frame)) {
			consume_skb(frame);
		} else if (frame->len > MARKER_LEN && !get_unaligned_be32(frame->data)) {
			/* The peer will not say it again: what is lost here ends the stream. */
			if (kw_nl_stream_frame(s, frame->data + MARKER_LEN,
					       frame->len - MARKER_LEN))
				kw_stream_end(s, -ENOBUFS);
			consume_skb(frame);
		} else {
			receive_esp(s, frame);
		}
	}
}

/* What tcp_read_sock() hands to take(). */
struct reading {
	struct kw_stream *s;
	struct sk_buff_head done;
};

static int take(read_descriptor_t *desc, struct sk_buff *skb, unsigned int offset, size_t len)
{
	struct reading *r = desc->arg.data;

	len = min(len, desc->count);
	desc->count -= len;
	desc->error = kw_framer_feed(&r->s->framer, skb, offset, len, &r->done);
	return desc->error ? desc->error : (int)len;
}

static void rx_work(struct work_struct *work)
{
	struct kw_stream *s = container_of(work, struct kw_stream, rx);
	struct sock *sk = s->sock->sk;
	struct reading r = { .s = s };
	read_descriptor_t desc = { .count = READ_MAX, .arg.data = &r };
	bool open;
	int err;

	__skb_queue_head_init(&r.done);
	lock_sock(sk);
	tcp_read_sock(sk, &desc, take);
	/* One side alone has no use for the stream. */
	open = sk->sk_state == TCP_ESTABLISHED;
	err = -sk->sk_err;
	release_sock(sk);
	hand_on(s, &r.done);
	if (desc.error)
		kw_stream_end(s, desc.error);
	else if (!desc.count)
		queue_work(stream_wq, &s->rx);
	else if (!open)
		kw_stream_end(s, err);
}

/* ---- out ---- */

/* Under the lock.  False: not taken. */
static bool enqueue(struct kw_stream *s, struct sk_buff *skb, unsigned int max)
{
	unsigned int len = skb->len + KW_FRAME_HEAD;

	if (s->ended || skb_queue_len(&s->queue) >= max)
		return false;
	put_unaligned_be16(len, __skb_push(skb, KW_FRAME_HEAD));
	__skb_queue_tail(&s->queue, skb);
	queue_work(stream_wq, &s->tx);
	return true;
}

bool kw_stream_send(struct kw_stream *s, struct sk_buff *skb)
{
	bool taken;

	if (skb->len > KW_FRAME_MAX)
		return false;
	spin_lock_bh(&s->lock);
	taken = enqueue(s, skb, QUEUE_MAX);
	spin_unlock_bh(&s->lock);
	return taken;
}

int kw_stream_send_ike(struct kw_stream *s, const void *ike, unsigned int len)
{
	struct sk_buff *skb;
	int ret = 0;

	if (len > KW_FRAME_MAX - MARKER_LEN)
		return -EMSGSIZE;
	skb = alloc_skb(KW_FRAME_HEAD + MARKER_LEN + len, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	skb_reserve(skb, KW_FRAME_HEAD);
	skb_put_zero(skb, MARKER_LEN);
	skb_put_data(skb, ike, len);
	spin_lock_bh(&s->lock);
	if (s->ended)
		ret = -ENOTCONN;
	else if (!enqueue(s, skb, QUEUE_MAX + QUEUE_IKE))
		ret = -ENOBUFS;
	spin_unlock_bh(&s->lock);
	if (ret)
		kfree_skb(skb);
	return ret;
}

/* The next packet to be written, *@more: others wait behind it.  NULL: none. */
static struct sk_buff *next_out(struct kw_stream *s, bool *more)
{
	struct sk_buff *skb = s->partial;

	spin_lock_bh(&s->lock);
	if (!skb) {
		skb = __skb_dequeue(&s->queue);
		s->taken = 0;
	}
	*more = !skb_queue_empty(&s->queue);
	spin_unlock_bh(&s->lock);
	s->partial = skb;
	return skb;
}

/* Gives TCP what it takes of s->partial.  Returns how much, or -errno. */
static int write_some(struct kw_stream *s, struct sock *sk, bool more)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0) };
	struct kvec vec = {
		.iov_base = s->partial->data + s->taken,
		.iov_len = s->partial->len - s->taken,
	};

	return kernel_sendmsg_locked(sk, &msg, &vec, 1, vec.iov_len);
}

static void tx_work(struct work_struct *work)
{
	struct kw_stream *s = container_of(work, struct kw_stream, tx);
	struct sock *sk = s->sock->sk;
	int ret = 0;
	bool more;

	lock_sock(sk);
	while (next_out(s, &more)) {
		ret = write_some(s, sk, more);
		if (ret < 0)
			break;
		s->taken += ret;
		if (s->taken == s->partial->len) {
			consume_skb(s->partial);
			s->partial = NULL;
		}
	}
	release_sock(sk);
	/* For room we are called again by on_write_space(). */
	if (ret < 0 && ret != -EAGAIN)
		kw_stream_end(s, ret);
}

/* ---- TCP's callbacks: under the socket's lock, or in its softirq ---- */

static void on_data_ready(struct sock *sk)
{
	struct kw_stream *s;

	rcu_read_lock();
	s = rcu_dereference_sk_user_data(sk);
	if (s)
		queue_work(stream_wq, &s->rx);
	rcu_read_unlock();
}

static void on_write_space(struct sock *sk)
{
	struct kw_stream *s;

	rcu_read_lock();
	s = rcu_dereference_sk_user_data(sk);
	if (s && sk_stream_is_writeable(sk)) {
		clear_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
		queue_work(stream_wq, &s->tx);
	}
	rcu_read_unlock();
}

static void attach(struct kw_stream *s, struct sock *sk)
{
	s->data_ready = sk->sk_data_ready;
	s->write_space = sk->sk_write_space;
	s->state_change = sk->sk_state_change;
	write_lock_bh(&sk->sk_callback_lock);
	rcu_assign_sk_user_data(sk, s);
	sk->sk_data_ready = on_data_ready;
	sk->sk_write_space = on_write_space;
	/* That the peer closed is seen behind the last it sent. */
	sk->sk_state_change = on_data_ready;
	write_unlock_bh(&sk->sk_callback_lock);
}

static void detach(struct kw_stream *s)
{
	struct sock *sk = s->sock->sk;

	lock_sock(sk);
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_data_ready = s->data_ready;
	sk->sk_write_space = s->write_space;
	sk->sk_state_change = s->state_change;
	rcu_assign_sk_user_data(sk, NULL);
	write_unlock_bh(&sk->sk_callback_lock);
	release_sock(sk);
}

static void end_work(struct work_struct *work)
{
	struct kw_stream *s = container_of(work, struct kw_stream, end);

	detach(s);
	cancel_work_sync(&s->rx);
	cancel_work_sync(&s->tx);
	sockfd_put(s->sock);		/* got by kw_stream_adopt() */
	skb_queue_purge(&s->queue);
	kfree_skb(s->partial);
	kw_framer_drop(&s->framer);
	kw_nl_stream_ended(s, s->error);
	xa_erase(&s->kn->streams, s->id);
	kw_stream_put(s);		/* got by kw_stream_adopt() */
}

/* ---- from the daemon ---- */

/* An IPv6 socket that carries IPv4. */
static bool is_mapped(const struct sock *sk)
{
#if IS_ENABLED(CONFIG_IPV6)
	return sk->sk_family == AF_INET6 && ipv6_addr_v4mapped(&sk->sk_v6_daddr);
#else
	return false;
#endif
}

static int check(struct kw_net *kn, struct sock *sk, const struct nlattr *attr,
		 struct netlink_ext_ack *extack)
{
	if ((sk->sk_family != AF_INET && sk->sk_family != AF_INET6) ||
	    sk->sk_type != SOCK_STREAM || sk->sk_protocol != IPPROTO_TCP) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "The file descriptor is not a TCP socket.");
		return -EPROTOTYPE;
	}
	if (!net_eq(sock_net(sk), kn->net)) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "The TCP socket belongs to another network namespace.");
		return -EXDEV;
	}
	if (sk->sk_state != TCP_ESTABLISHED) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "The TCP socket is not connected.");
		return -ENOTCONN;
	}
	if (is_mapped(sk)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "An IPv6 socket that carries IPv4 is not taken.");
		return -EAFNOSUPPORT;
	}
	if (sk->sk_user_data || inet_csk(sk)->icsk_ulp_ops) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "The TCP socket already serves something else.");
		return -EBUSY;
	}
	return 0;
}

static void note_addresses(struct kw_stream *s, const struct sock *sk)
{
	s->local.family = sk->sk_family;
	s->remote.family = sk->sk_family;
	if (sk->sk_family == AF_INET) {
		s->local.v4 = inet_sk(sk)->inet_saddr;
		s->remote.v4 = inet_sk(sk)->inet_daddr;
	}
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		s->local.v6 = inet6_sk(sk)->saddr;
		s->remote.v6 = sk->sk_v6_daddr;
	}
#endif
}

static struct kw_stream *new_stream(struct kw_net *kn, struct socket *sock, u32 portid)
{
	struct kw_stream *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return NULL;
	s->kn = kn;
	s->sock = sock;
	s->portid = portid;
	refcount_set(&s->refs, 1);
	INIT_WORK(&s->rx, rx_work);
	INIT_WORK(&s->tx, tx_work);
	INIT_WORK(&s->end, end_work);
	spin_lock_init(&s->lock);
	skb_queue_head_init(&s->queue);
	return s;
}

/* Frames of what the daemon has read. */
static int feed_read(struct kw_stream *s, const struct kw_stream_config *config,
		     struct sk_buff_head *done)
{
	struct sk_buff *skb;
	int ret;

	if (!config->n_read)
		return 0;
	skb = alloc_skb(config->n_read, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	skb_put_data(skb, config->read, config->n_read);
	ret = kw_framer_feed(&s->framer, skb, 0, skb->len, done);
	consume_skb(skb);
	return ret;
}

/* Nobody knows @s yet; afterwards it may end at any time. */
static int start(struct kw_stream *s, struct sk_buff_head *frames, u32 *id,
		 const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	struct sock *sk = s->sock->sk;
	struct kw_net *kn = s->kn;
	int ret;

	lock_sock(sk);
	ret = check(kn, sk, attr, extack);
	if (!ret)
		ret = xa_alloc_cyclic(&kn->streams, &s->id, s, XA_LIMIT(1, INT_MAX),
				      &kn->last_stream, GFP_KERNEL);
	if (ret >= 0) {
		*id = s->id;
		note_addresses(s, sk);
		/* Before what rx_work reads, and end_work() waits for the lock. */
		hand_on(s, frames);
		attach(s, sk);
		queue_work(stream_wq, &s->rx);
	}
	release_sock(sk);
	return min(ret, 0);
}

static void free_unstarted(struct kw_stream *s, struct sk_buff_head *frames)
{
	__skb_queue_purge(frames);
	kw_framer_drop(&s->framer);
	kfree(s);
}

int kw_stream_adopt(struct kw_net *kn, const struct kw_stream_config *config, u32 *id,
		    const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	struct sk_buff_head frames;
	struct socket *sock;
	struct kw_stream *s;
	int ret;

	__skb_queue_head_init(&frames);
	sock = sockfd_lookup(config->fd, &ret);
	if (!sock) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "The number is not a socket's file descriptor in the caller.");
		return ret;
	}
	s = new_stream(kn, sock, config->portid);
	if (!s) {
		sockfd_put(sock);
		return -ENOMEM;
	}
	ret = feed_read(s, config, &frames) ?: start(s, &frames, id, attr, extack);
	if (ret) {
		free_unstarted(s, &frames);
		sockfd_put(sock);
	}
	return ret;
}

/* Ends those of one netlink socket; 0: all. */
static void end_of_port(struct kw_net *kn, u32 portid)
{
	struct kw_stream *s;
	unsigned long id;

	xa_lock(&kn->streams);
	xa_for_each(&kn->streams, id, s)
		if (!portid || s->portid == portid)
			kw_stream_end(s, 0);
	xa_unlock(&kn->streams);
}

void kw_stream_release_all(struct kw_net *kn)
{
	end_of_port(kn, 0);
	/* Each takes itself out; those that were ending before are waited for likewise. */
	flush_workqueue(stream_wq);
}

/* A netlink socket closed. */
static int on_netlink(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct netlink_notify *n = data;
	struct kw_net *kn;

	if (event != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	kn = kw_net(n->net);
	if (!xa_empty(&kn->streams))
		end_of_port(kn, n->portid);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = on_netlink };

int kw_stream_init(void)
{
	stream_wq = alloc_workqueue("keyway_tcp", WQ_MEM_RECLAIM | WQ_HIGHPRI, 0);
	return stream_wq ? 0 : -ENOMEM;
}

void kw_stream_exit(void)
{
	destroy_workqueue(stream_wq);
}

int kw_stream_start(void)
{
	return netlink_register_notifier(&notifier);
}

void kw_stream_stop(void)
{
	netlink_unregister_notifier(&notifier);
}
