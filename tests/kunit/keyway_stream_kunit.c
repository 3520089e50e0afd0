// SPDX-License-Identifier: GPL-2.0
/*
 * ESP and IKE over a real TCP connection of the loopback device, one end or both taken over.
 *
 * RFCs: 9329
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/in.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/tcp.h>

#include "road.h"
#include "tcp.h"

#define PACKETS		300u
/* Of 10 ms: what is waited for does come, however busy the machine is. */
#define WAIT_TURNS 6000

static const u8 loopback_pair[] = { 127, 0, 0, 1, 127, 0, 0, 1 };

/**
 * struct pipe - a TCP connection
 * @fd: its two ends, the one that connected first; -1: closed
 * @sock: likewise, valid while the descriptor is
 * @id: of the streams they became
 * @events: the netlink socket that hears of them
 * @port: its port id
 */
struct pipe {
	int fd[2];
	struct socket *sock[2];
	u32 id[2];
	struct nl *events;
	u32 port;
};

static void close_end(struct pipe *p, unsigned int i)
{
	if (p->fd[i] >= 0)
		close_fd(p->fd[i]);
	p->fd[i] = -1;
}

static void pipe_end(void *data)
{
	close_end(data, 0);
	close_end(data, 1);
	kw_stream_release_all(kw_net(&init_net));
}

/* Takes @sock. */
static int fd_of(struct kunit *test, struct socket *sock)
{
	struct file *file = sock_alloc_file(sock, O_NONBLOCK, NULL);
	int fd = get_unused_fd_flags(0);

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_ASSERT_GE(test, fd, 0);
	fd_install(fd, file);
	return fd;
}

static void connect_pipe(struct kunit *test, struct pipe *p)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct socket *listener;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, sock_create_kern(&init_net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
					       &listener), 0);
	KUNIT_ASSERT_EQ(test, kernel_bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	KUNIT_ASSERT_EQ(test, kernel_listen(listener, 1), 0);
	KUNIT_ASSERT_GT(test, kernel_getsockname(listener, (struct sockaddr *)&at), 0);
	KUNIT_ASSERT_EQ(test, sock_create_kern(&init_net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
					       &p->sock[0]), 0);
	KUNIT_ASSERT_EQ(test, kernel_connect(p->sock[0], (struct sockaddr *)&at, sizeof(at), 0), 0);
	KUNIT_ASSERT_EQ(test, kernel_accept(listener, &p->sock[1], 0), 0);
	sock_release(listener);
	for (i = 0; i < 2; i++) {
		tcp_sock_set_nodelay(p->sock[i]->sk);
		p->fd[i] = fd_of(test, p->sock[i]);
	}
}

static u32 port_of(struct kunit *test, struct nl *nl)
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK };

	KUNIT_ASSERT_EQ(test, kernel_bind(nl->sock, (struct sockaddr *)&at, sizeof(at)), 0);
	KUNIT_ASSERT_GT(test, kernel_getsockname(nl->sock, (struct sockaddr *)&at), 0);
	return at.nl_pid;
}

static struct pipe *pipe_new(struct kunit *test)
{
	struct pipe *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	p->fd[0] = -1;
	p->fd[1] = -1;
	p->events = nl_open(test, NETLINK_GENERIC);
	p->port = port_of(test, p->events);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, pipe_end, p), 0);
	connect_pipe(test, p);
	return p;
}

/* stream-set; returns its error, and *@id. */
static int stream_set(struct kunit *test, struct nl *nl, const struct pipe *p, int fd,
		      const void *read, unsigned int n_read, u32 *id)
{
	struct sk_buff *msg = nl_request(test, KEYWAY_CMD_STREAM_SET);
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_STREAM), *nla, *inner;
	u8 *reply = kunit_kzalloc(test, NL_MAX, GFP_KERNEL);
	int ret, rem, rem2;

	nla_put_s32(msg, KEYWAY_A_STREAM_FD, fd);
	nla_put_u32(msg, KEYWAY_A_STREAM_PORT, p->port);
	if (n_read)
		nla_put(msg, KEYWAY_A_STREAM_READ, n_read, read);
	nla_nest_end(msg, nest);
	ret = nl_send(test, nl, msg, reply);
	if (ret)
		return ret;
	nlmsg_for_each_attr(nla, (struct nlmsghdr *)reply, GENL_HDRLEN, rem)
		nla_for_each_nested(inner, nla, rem2)
			if (nla_type(inner) == KEYWAY_A_STREAM_ID)
				*id = nla_get_u32(inner);
	return *id ? 0 : -ENOMSG;
}

/* The kernel takes one end, and the descriptor is closed as a daemon does. */
static void take_end(struct kunit *test, struct nl *nl, struct pipe *p, unsigned int i)
{
	KUNIT_ASSERT_EQ(test, stream_set(test, nl, p, p->fd[i], NULL, 0, &p->id[i]), 0);
	close_end(p, i);
}

/* A command about one stream, with an IKE message or without. */
static int stream_command(struct kunit *test, struct nl *nl, u8 cmd, u32 id, const char *ike)
{
	struct sk_buff *msg = nl_request(test, cmd);
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_STREAM);

	nla_put_u32(msg, KEYWAY_A_STREAM_ID, id);
	if (ike)
		nla_put(msg, KEYWAY_A_STREAM_IKE, strlen(ike), ike);
	nla_nest_end(msg, nest);
	return nl_send(test, nl, msg, NULL);
}

/* What an event says. */
struct heard {
	u32 id;
	int error;		/* -1: it is a message */
	char ike[64];
};

static bool parse_event(const struct nl *nl, struct heard *h)
{
	const struct nlattr *nla, *inner;
	int rem, rem2;

	*h = (struct heard){ .error = -1 };
	nlmsg_for_each_attr(nla, (struct nlmsghdr *)nl->answer, GENL_HDRLEN, rem) {
		nla_for_each_nested(inner, nla, rem2) {
			if (nla_type(inner) == KEYWAY_A_STREAM_ID)
				h->id = nla_get_u32(inner);
			else if (nla_type(inner) == KEYWAY_A_STREAM_ERROR)
				h->error = nla_get_u32(inner);
			else if (nla_type(inner) == KEYWAY_A_STREAM_IKE)
				memcpy(h->ike, nla_data(inner),
				       min_t(int, nla_len(inner), sizeof(h->ike) - 1));
		}
	}
	return h->id;
}

/* The next event. */
static bool hear(struct pipe *p, struct heard *h)
{
	unsigned int i;

	for (i = 0; i < WAIT_TURNS; i++) {
		if (nl_receive(p->events))
			return parse_event(p->events, h);
		schedule_timeout_uninterruptible(HZ / 100 ?: 1);
	}
	return false;
}

static bool come_out(struct road *road, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < WAIT_TURNS && skb_queue_len(&road->inner) < n; i++) {
		schedule_timeout_uninterruptible(HZ / 100 ?: 1);
		settle();
	}
	return skb_queue_len(&road->inner) == n;
}

static void numbered(u8 *inner, u32 number)
{
	write_inner(inner, 4, 0, 0);
	put_unaligned_be32(number, inner + 40);
}

static void in_order(struct kunit *test, struct road *road, unsigned int n)
{
	u8 inner[INNER_LEN];
	unsigned int i;

	for (i = 0; i < n; i++) {
		numbered(inner, i);
		expect_inner(test, road, inner, INNER_LEN);
	}
}

static void child_on(struct kunit *test, struct road *road, u32 id)
{
	struct child c = child_default(road->dev);

	c.stream = id;
	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
}

static void packets_and_messages_cross(struct kunit *test)
{
	struct road *road = road_new(test);
	struct pipe *p = pipe_new(test);
	u8 inner[INNER_LEN];
	struct heard h;
	char text[32];
	unsigned int i;

	take_end(test, road->nl, p, 0);
	take_end(test, road->nl, p, 1);
	child_on(test, road, p->id[0]);
	for (i = 0; i < PACKETS; i++) {
		numbered(inner, i);
		send_inner(test, road, inner, INNER_LEN);
		if (i % 100 == 50) {
			snprintf(text, sizeof(text), "message %u", i);
			KUNIT_EXPECT_EQ(test, stream_command(test, road->nl, KEYWAY_CMD_STREAM_SEND,
							     p->id[0], text), 0);
		}
	}
	KUNIT_EXPECT_TRUE(test, come_out(road, PACKETS));
	in_order(test, road, PACKETS);
	for (i = 50; i < PACKETS; i += 100) {
		snprintf(text, sizeof(text), "message %u", i);
		KUNIT_ASSERT_TRUE(test, hear(p, &h));
		KUNIT_EXPECT_EQ(test, h.id, p->id[1]);
		KUNIT_EXPECT_STREQ(test, h.ike, text);
	}
	/* On the wire was TCP and nothing else. */
	KUNIT_EXPECT_EQ(test, skb_queue_len(&road->wire), 0);
	/* The other way the stream is the same. */
	KUNIT_EXPECT_EQ(test, stream_command(test, road->nl, KEYWAY_CMD_STREAM_SEND, p->id[1],
					     "answer"), 0);
	KUNIT_ASSERT_TRUE(test, hear(p, &h));
	KUNIT_EXPECT_EQ(test, h.id, p->id[0]);
	KUNIT_EXPECT_STREQ(test, h.ike, "answer");
}

static void transport_mode_goes_in_it(struct kunit *test)
{
	u64 before = drops(KEYWAY_A_STATS_IN_SELECTOR);
	struct road *road = road_new(test);
	struct pipe *p = pipe_new(test);
	struct child c = child_default(road->dev);
	u8 inner[INNER_LEN];

	take_end(test, road->nl, p, 0);
	take_end(test, road->nl, p, 1);
	c.mode = KEYWAY_MODE_TRANSPORT;
	c.stream = p->id[0];
	memcpy(c.first, loopback_pair, 4);
	memcpy(c.last, loopback_pair, 4);
	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	write_inner(inner, 4, 0, 0);
	memcpy(inner + 12, loopback_pair, sizeof(loopback_pair));
	((struct iphdr *)inner)->check = 0;
	((struct iphdr *)inner)->check = ip_fast_csum(inner, 5);
	send_inner(test, road, inner, INNER_LEN);
	KUNIT_EXPECT_TRUE(test, come_out(road, 1));
	KUNIT_EXPECT_EQ(test, drops(KEYWAY_A_STATS_IN_SELECTOR), before);
}

/* The peer closes, or the daemon does: both hear of it, and what the SA sends is dropped. */
static void it_ends(struct kunit *test)
{
	u64 before = drops(KEYWAY_A_STATS_OUT_STREAM);
	struct road *road = road_new(test);
	struct pipe *p = pipe_new(test);
	u8 inner[INNER_LEN];
	struct heard h[2];

	take_end(test, road->nl, p, 0);
	take_end(test, road->nl, p, 1);
	child_on(test, road, p->id[0]);
	KUNIT_EXPECT_EQ(test, stream_command(test, road->nl, KEYWAY_CMD_STREAM_DEL, p->id[1], NULL),
			0);
	KUNIT_ASSERT_TRUE(test, hear(p, &h[0]));
	KUNIT_ASSERT_TRUE(test, hear(p, &h[1]));
	KUNIT_EXPECT_EQ(test, h[0].id + h[1].id, p->id[0] + p->id[1]);
	KUNIT_EXPECT_EQ(test, h[0].error, 0);
	KUNIT_EXPECT_EQ(test, h[1].error, 0);
	numbered(inner, 0);
	send_inner(test, road, inner, INNER_LEN);
	KUNIT_EXPECT_EQ(test, drops(KEYWAY_A_STATS_OUT_STREAM), before + 1);
	KUNIT_EXPECT_EQ(test, stream_command(test, road->nl, KEYWAY_CMD_STREAM_SEND, p->id[0], "x"),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, stream_command(test, road->nl, KEYWAY_CMD_STREAM_DEL, p->id[0], NULL),
			-ENOENT);
}

/* The daemon is gone: so are its streams, and the peer sees the connection closed. */
static void the_daemon_dies(struct kunit *test)
{
	struct road *road = road_new(test);
	struct pipe *p = pipe_new(test);
	struct msghdr msg = {};
	struct kvec vec;
	unsigned int i;
	u8 byte;
	int n;

	take_end(test, road->nl, p, 0);
	child_on(test, road, p->id[0]);
	nl_close(p->events);
	p->events->sock = NULL;
	for (i = 0; i < WAIT_TURNS; i++) {
		vec = (struct kvec){ &byte, 1 };
		n = kernel_recvmsg(p->sock[1], &msg, &vec, 1, 1, MSG_DONTWAIT);
		if (n != -EAGAIN)
			break;
		schedule_timeout_uninterruptible(HZ / 100 ?: 1);
	}
	KUNIT_EXPECT_EQ(test, n, 0);
	KUNIT_EXPECT_EQ(test, stream_command(test, road->nl, KEYWAY_CMD_STREAM_SEND, p->id[0], "x"),
			-ENOENT);
}

static void say(struct kunit *test, struct socket *sock, const void *bytes, unsigned int len)
{
	struct kvec vec = { (void *)bytes, len };
	struct msghdr msg = {};

	KUNIT_ASSERT_EQ(test, kernel_sendmsg(sock, &msg, &vec, 1, len), (int)len);
}

/* A peer that speaks the format by hand: cut anywhere, then nonsense. */
static void by_hand(struct kunit *test)
{
	static const u8 first[] = { 0, 8, 0, 0, 0, 0, 'a', 'b', 0, 3, 0xff, 0, 9, 0, 0 };
	static const u8 rest[] = { 0, 0, 'c', 'd', 'e' };
	static const u8 lone[] = { 0, 2, 0, 7, 0, 0, 0, 0, 'f' }, bad[] = { 0, 1 };
	u64 unknown = drops(KEYWAY_A_STATS_IN_NO_SA), shorter = drops(KEYWAY_A_STATS_IN_TRUNCATED);
	static const u8 esp[] = { 0, 12, 0x77, 0, 0, 0, 0, 0, 0, 1, 9, 9, 0, 4, 1, 2 };
	struct road *road = road_new(test);
	struct pipe *p = pipe_new(test);
	struct heard h;

	KUNIT_ASSERT_EQ(test, 0, stream_set(test, road->nl, p, p->fd[1], first, sizeof(first),
					    &p->id[1]));
	KUNIT_ASSERT_TRUE(test, hear(p, &h));
	KUNIT_EXPECT_STREQ(test, h.ike, "ab");
	say(test, p->sock[0], rest, sizeof(rest));
	KUNIT_ASSERT_TRUE(test, hear(p, &h));
	KUNIT_EXPECT_STREQ(test, h.ike, "cde");
	say(test, p->sock[0], lone, sizeof(lone));
	KUNIT_ASSERT_TRUE(test, hear(p, &h));
	KUNIT_EXPECT_STREQ(test, h.ike, "f");
	say(test, p->sock[0], esp, sizeof(esp));
	say(test, p->sock[0], bad, sizeof(bad));
	KUNIT_ASSERT_TRUE(test, hear(p, &h));
	KUNIT_EXPECT_EQ(test, h.error, EPROTO);
	KUNIT_EXPECT_EQ(test, drops(KEYWAY_A_STATS_IN_NO_SA), unknown + 1);
	KUNIT_EXPECT_EQ(test, drops(KEYWAY_A_STATS_IN_TRUNCATED), shorter + 1);
}

/* Reads all there is; returns how many whole frames of @len it was. */
static unsigned int read_frames(struct kunit *test, struct socket *sock, unsigned int want,
				unsigned int *len)
{
	unsigned int frames = 0, have = 0, idle = 0;
	u8 *buf = kunit_kzalloc(test, 65536, GFP_KERNEL);
	unsigned long end = jiffies + 60 * HZ;

	*len = 0;
	/* A window that was closed for long may be looked at again by TCP's timer only. */
	while (frames < want ? time_before(jiffies, end) : idle < 5) {
		struct kvec vec = { buf + have, 65536 - have };
		struct msghdr msg = {};
		int n = kernel_recvmsg(sock, &msg, &vec, 1, vec.iov_len, MSG_DONTWAIT);
		unsigned int at = 0;

		if (n <= 0) {
			idle++;
			schedule_timeout_uninterruptible(HZ / 100 ?: 1);
			continue;
		}
		idle = 0;
		end = jiffies + 60 * HZ;
		have += n;
		while (have - at >= 2 && have - at >= get_unaligned_be16(buf + at)) {
			if (!*len)
				*len = get_unaligned_be16(buf + at);
			KUNIT_ASSERT_EQ(test, get_unaligned_be16(buf + at), *len);
			at += *len;
			frames++;
		}
		memmove(buf, buf + at, have - at);
		have -= at;
	}
	KUNIT_EXPECT_EQ(test, have, 0);
	return frames;
}

/* A peer that does not read: what there is no room for is dropped whole, the rest is in order. */
static void it_does_not_keep_up(struct kunit *test)
{
	u64 before = drops(KEYWAY_A_STATS_OUT_STREAM);
	struct road *road = road_new(test);
	struct pipe *p = pipe_new(test);
	unsigned int i, frames, len;
	u8 inner[INNER_LEN];

	tcp_sock_set_nodelay(p->sock[0]->sk);
	sock_set_rcvbuf(p->sock[1]->sk, 4096);
	lock_sock(p->sock[0]->sk);
	p->sock[0]->sk->sk_sndbuf = 8192;
	p->sock[0]->sk->sk_userlocks |= SOCK_SNDBUF_LOCK;
	release_sock(p->sock[0]->sk);
	take_end(test, road->nl, p, 0);
	child_on(test, road, p->id[0]);
	for (i = 0; i < 3000; i++) {
		numbered(inner, i);
		send_inner(test, road, inner, INNER_LEN);
		if (i % 100 == 0)
			schedule_timeout_uninterruptible(1);
	}
	before = drops(KEYWAY_A_STATS_OUT_STREAM) - before;
	KUNIT_EXPECT_GT(test, before, 0);
	frames = read_frames(test, p->sock[1], 3000 - before, &len);
	KUNIT_EXPECT_EQ(test, frames + before, 3000);
	/* length, ESP header, IV, padded packet and trailer, ICV */
	KUNIT_EXPECT_EQ(test, len, 2 + 8 + 8 + 64 + 16);
}

static int take_odd(struct kunit *test, struct nl *nl, const struct pipe *p, int type, int proto)
{
	struct socket *sock;
	u32 id = 0;
	int fd, ret;

	KUNIT_ASSERT_EQ(test, sock_create_kern(&init_net, AF_INET, type, proto, &sock), 0);
	fd = fd_of(test, sock);
	ret = stream_set(test, nl, p, fd, NULL, 0, &id);
	close_fd(fd);
	return ret;
}

static void what_is_refused(struct kunit *test)
{
	static const u8 bad[] = { 0, 0 };
	struct road *road = road_new(test);
	struct pipe *p = pipe_new(test);
	struct nl *nl = road->nl;
	struct child c = child_default(road->dev);
	u32 id = 0;

	KUNIT_EXPECT_EQ(test, stream_set(test, nl, p, -1, NULL, 0, &id), -EBADF);
	KUNIT_EXPECT_EQ(test, take_odd(test, nl, p, SOCK_DGRAM, IPPROTO_UDP), -EPROTOTYPE);
	KUNIT_EXPECT_EQ(test, take_odd(test, nl, p, SOCK_STREAM, IPPROTO_TCP), -ENOTCONN);
	KUNIT_EXPECT_EQ(test, stream_set(test, nl, p, p->fd[0], bad, sizeof(bad), &id), -EPROTO);
	c.stream = 12345;
	KUNIT_EXPECT_EQ(test, nl_child(test, nl, &c), -ENOTCONN);
	KUNIT_EXPECT_STREQ(test, nl->text, "There is no stream of this id.");
	KUNIT_ASSERT_EQ(test, stream_set(test, nl, p, p->fd[0], NULL, 0, &p->id[0]), 0);
	KUNIT_EXPECT_EQ(test, stream_set(test, nl, p, p->fd[0], NULL, 0, &id), -EBUSY);
	c.stream = p->id[0];
	c.udp_local = 4500;
	c.udp_remote = 4500;
	KUNIT_EXPECT_EQ(test, nl_child(test, nl, &c), -EINVAL);
	KUNIT_EXPECT_STREQ(test, nl->text, "ESP goes in UDP or in TCP, not in both.");
}

/* Plain ESP for an SA in TCP is dropped. */
static void plain_esp_is_not_taken(struct kunit *test)
{
	u64 before = drops(KEYWAY_A_STATS_IN_ENCAP);
	struct road *road = road_new(test);
	struct pipe *p = pipe_new(test);
	u8 outer[20 + 40];

	take_end(test, road->nl, p, 0);
	child_on(test, road, p->id[0]);
	memset(outer, 0, sizeof(outer));
	write_ipv4(outer, sizeof(outer), IPPROTO_ESP, 0, 0);
	memcpy(outer + 12, loopback_pair, sizeof(loopback_pair));
	put_unaligned_be32(0x1000, outer + 20);
	inject(test, outer, sizeof(outer));
	KUNIT_EXPECT_EQ(test, drops(KEYWAY_A_STATS_IN_ENCAP), before + 1);
}

static struct kunit_case stream_cases[] = {
	KUNIT_CASE(packets_and_messages_cross),
	KUNIT_CASE(transport_mode_goes_in_it),
	KUNIT_CASE(it_ends),
	KUNIT_CASE(the_daemon_dies),
	KUNIT_CASE(by_hand),
	KUNIT_CASE(it_does_not_keep_up),
	KUNIT_CASE(what_is_refused),
	KUNIT_CASE(plain_esp_is_not_taken),
	{}
};

static struct kunit_suite stream_suite = {
	.name = "keyway_stream",
	.test_cases = stream_cases,
};

kunit_test_suite(stream_suite);

MODULE_DESCRIPTION("KUnit: ESP in TCP");
MODULE_LICENSE("GPL");
