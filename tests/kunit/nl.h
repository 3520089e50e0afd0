/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A netlink client inside the kernel: devices and children as a daemon makes them.
 */
#ifndef KEYWAY_KUNIT_NL_H
#define KEYWAY_KUNIT_NL_H

#include <kunit/test.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <uapi/linux/keyway.h>

#include "netlink.h"

#define NL_MAX	8192

/**
 * struct nl - a client of one netlink protocol in init_net
 * @sock: its socket
 * @answer: the last datagram received, @len bytes of it
 * @text: the sentence of the last refusal, "" if there was none
 */
struct nl {
	struct socket *sock;
	u8 *answer;
	int len;
	char text[128];
};

static inline void nl_close(void *data)
{
	struct nl *nl = data;

	if (nl->sock)
		sock_release(nl->sock);
}

/* Anew, if it was connected before; with the options a daemon sets. */
static inline void nl_connect(struct kunit *test, struct nl *nl, int protocol)
{
	int one = 1;

	if (nl->sock)
		sock_release(nl->sock);
	nl->sock = NULL;
	KUNIT_ASSERT_EQ(test, sock_create_kern(&init_net, AF_NETLINK, SOCK_RAW, protocol,
					       &nl->sock), 0);
	KUNIT_ASSERT_EQ(test, nl->sock->ops->setsockopt(nl->sock, SOL_NETLINK, NETLINK_EXT_ACK,
							KERNEL_SOCKPTR(&one), sizeof(one)), 0);
	KUNIT_ASSERT_EQ(test, nl->sock->ops->setsockopt(nl->sock, SOL_NETLINK, NETLINK_CAP_ACK,
							KERNEL_SOCKPTR(&one), sizeof(one)), 0);
}

static inline struct nl *nl_open(struct kunit *test, int protocol)
{
	struct nl *nl = kunit_kzalloc(test, sizeof(*nl), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, nl);
	nl->answer = kunit_kmalloc(test, NL_MAX, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, nl->answer);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, nl_close, nl), 0);
	nl_connect(test, nl, protocol);
	return nl;
}

/* Receives one datagram; false: there is none. */
static inline bool nl_receive(struct nl *nl)
{
	struct kvec vec = { nl->answer, NL_MAX };
	struct msghdr msg = {};

	nl->len = kernel_recvmsg(nl->sock, &msg, &vec, 1, NL_MAX, MSG_DONTWAIT);
	return nl->len >= (int)sizeof(struct nlmsghdr);
}

static inline void nl_keep_text(struct nl *nl, const struct nlmsghdr *nlh)
{
	unsigned int skip = sizeof(*nlh) + sizeof(struct nlmsgerr);
	const struct nlattr *nla;
	int rem;

	nl->text[0] = 0;
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	nla_for_each_attr(nla, (struct nlattr *)((u8 *)nlh + skip), nlh->nlmsg_len - skip, rem)
		if (nla_type(nla) == NLMSGERR_ATTR_MSG)
			nla_strscpy(nl->text, nla, sizeof(nl->text));
}

/*
 * Sends @msg, which is complete and taken, and reads until the acknowledgment. Returns its error;
 * @reply, unless NULL, is given what came before it, up to NL_MAX bytes.
 */
static inline int nl_ask(struct kunit *test, struct nl *nl, struct sk_buff *msg, u8 *reply)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct msghdr mh = { .msg_name = &kernel, .msg_namelen = sizeof(kernel) };
	struct kvec vec = { msg->data, msg->len };
	int sent = kernel_sendmsg(nl->sock, &mh, &vec, 1, msg->len);

	nlmsg_free(msg);
	KUNIT_ASSERT_GT(test, sent, 0);
	while (nl_receive(nl)) {
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)nl->answer;

		if (nlh->nlmsg_type == NLMSG_ERROR) {
			nl_keep_text(nl, nlh);
			return ((const struct nlmsgerr *)nlmsg_data(nlh))->error;
		}
		if (reply)
			memcpy(reply, nl->answer, nl->len);
	}
	KUNIT_FAIL_AND_ABORT(test, "no acknowledgment");
	return 0;
}

static inline struct sk_buff *nl_request(struct kunit *test, u8 cmd)
{
	struct sk_buff *msg = genlmsg_new(NL_MAX, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, msg);
	KUNIT_ASSERT_NOT_NULL(test, genlmsg_put(msg, 0, 1, &kw_family,
						NLM_F_REQUEST | NLM_F_ACK, cmd));
	nlmsg_hdr(msg)->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	return msg;
}

static inline int nl_send(struct kunit *test, struct nl *nl, struct sk_buff *msg, u8 *reply)
{
	nlmsg_end(msg, nlmsg_hdr(msg));
	return nl_ask(test, nl, msg, reply);
}

/* RTM_NEWLINK or RTM_DELLINK of a keyway device. */
static inline int nl_link(struct kunit *test, int type, const char *name)
{
	struct nl *nl = nl_open(test, NETLINK_ROUTE);
	struct sk_buff *msg = nlmsg_new(NL_MAX, GFP_KERNEL);
	struct nlmsghdr *nlh;
	struct nlattr *info;

	KUNIT_ASSERT_NOT_NULL(test, msg);
	nlh = nlmsg_put(msg, 0, 1, type, sizeof(struct ifinfomsg),
			NLM_F_REQUEST | NLM_F_ACK |
			(type == RTM_NEWLINK ? NLM_F_CREATE | NLM_F_EXCL : 0));
	memset(nlmsg_data(nlh), 0, sizeof(struct ifinfomsg));
	nla_put_string(msg, IFLA_IFNAME, name);
	info = nla_nest_start(msg, IFLA_LINKINFO);
	nla_put_string(msg, IFLA_INFO_KIND, KEYWAY_LINK_KIND);
	nla_nest_end(msg, info);
	return nl_send(test, nl, msg, NULL);
}

static inline void nl_unlink(void *data)
{
	struct net_device *dev = data;

	rtnl_lock();
	unregister_netdevice(dev);
	rtnl_unlock();
}

/* A keyway device that is up; it goes with the test. */
static inline struct net_device *nl_device(struct kunit *test, const char *name)
{
	struct net_device *dev;

	KUNIT_ASSERT_EQ(test, nl_link(test, RTM_NEWLINK, name), 0);
	rtnl_lock();
	dev = __dev_get_by_name(&init_net, name);
	rtnl_unlock();
	KUNIT_ASSERT_NOT_NULL(test, dev);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, nl_unlink, dev), 0);
	rtnl_lock();
	KUNIT_EXPECT_EQ(test, dev_open(dev, NULL), 0);
	rtnl_unlock();
	return dev;
}

/* What a child-new message says; a zero or NULL leaves the attribute out. */
struct child {
	u32 ifindex;
	u8 action, mode, sa_mode, df, dscp, ttl, dir;
	u32 policy_flags, sa_flags, window;
	u8 addr_len;			/* of selectors: 4 or 16 */
	u8 first[16], last[16], last_len;
	u16 port_first, port_last;
	u8 outer_len;
	u8 local[16], remote[16], remote_len;
	u32 spi, ah_spi;
	u8 proto;
	u16 encr, bits, integ;
	const u8 *key, *integ_key;
	unsigned int key_len, integ_len;
	u64 soft_packets, hard_packets, hard_bytes;
	u16 udp_local, udp_remote, tfc;
	u32 stream;
	unsigned int n_ts;
	bool one_way;			/* only the SA of @dir, else one of each */
	bool no_ts;
};

static const u8 nl_key[36] = "\x11\x22\x33\x44 this is a key and its salt ab";

/* 10.0.0.0/24 on both sides between 127.0.0.1 and itself, AES-128-GCM, SPI 0x1000 both ways. */
static inline struct child child_default(const struct net_device *dev)
{
	return (struct child){
		.ifindex = dev->ifindex,
		.addr_len = 4,
		.first = { 10, 0, 0, 0 },
		.last = { 10, 0, 0, 255 },
		.outer_len = 4,
		.local = { 127, 0, 0, 1 },
		.remote = { 127, 0, 0, 1 },
		.spi = 0x1000,
		.encr = KEYWAY_ENCR_AES_GCM_16,
		.bits = 128,
		.key = nl_key,
		.key_len = 20,
		.n_ts = 1,
	};
}

static inline void put_selector(struct sk_buff *msg, int attr, const struct child *c)
{
	struct nlattr *nest = nla_nest_start(msg, attr);

	nla_put(msg, KEYWAY_A_TS_START, c->addr_len, c->first);
	nla_put(msg, KEYWAY_A_TS_END, c->last_len ?: c->addr_len, c->last);
	if (c->port_last || c->port_first) {
		nla_put_u16(msg, KEYWAY_A_TS_PORT_START, c->port_first);
		nla_put_u16(msg, KEYWAY_A_TS_PORT_END, c->port_last);
	}
	nla_nest_end(msg, nest);
}

static inline void put_policy_nest(struct sk_buff *msg, const struct child *c)
{
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_POLICY);
	unsigned int i;

	if (c->ifindex)
		nla_put_u32(msg, KEYWAY_A_POLICY_IFINDEX, c->ifindex);
	nla_put_u8(msg, KEYWAY_A_POLICY_ACTION, c->action);
	nla_put_u8(msg, KEYWAY_A_POLICY_MODE, c->mode);
	nla_put_u8(msg, KEYWAY_A_POLICY_DF, c->df);
	nla_put_u32(msg, KEYWAY_A_POLICY_FLAGS, c->policy_flags);
	nla_put_u8(msg, KEYWAY_A_POLICY_TTL, c->ttl);
	if (c->dscp)
		nla_put_u8(msg, KEYWAY_A_POLICY_DSCP, c->dscp);
	for (i = 0; i < c->n_ts && !c->no_ts; i++) {
		put_selector(msg, KEYWAY_A_POLICY_TS_LOCAL, c);
		put_selector(msg, KEYWAY_A_POLICY_TS_REMOTE, c);
	}
	if (c->outer_len) {
		nla_put(msg, KEYWAY_A_POLICY_LOCAL, c->outer_len, c->local);
		nla_put(msg, KEYWAY_A_POLICY_REMOTE, c->remote_len ?: c->outer_len, c->remote);
	}
	nla_nest_end(msg, nest);
}

static inline void put_u64(struct sk_buff *msg, int attr, u64 value)
{
	/* Without padding: it is refused in requests. */
	if (value)
		nla_put(msg, attr, sizeof(value), &value);
}

static inline void put_sa_nest(struct sk_buff *msg, const struct child *c, u8 dir)
{
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_SA);

	nla_put_u8(msg, KEYWAY_A_SA_DIR, dir);
	nla_put_u32(msg, KEYWAY_A_SA_SPI, htonl(c->spi));
	nla_put_u32(msg, KEYWAY_A_SA_FLAGS, c->sa_flags);
	if (c->sa_mode)
		nla_put_u8(msg, KEYWAY_A_SA_MODE, c->sa_mode);
	if (c->proto)
		nla_put_u8(msg, KEYWAY_A_SA_PROTO, c->proto);
	if (c->ah_spi)
		nla_put_be32(msg, KEYWAY_A_SA_AH_SPI, htonl(c->ah_spi));
	if (c->encr)
		nla_put_u16(msg, KEYWAY_A_SA_ENCR, c->encr);
	if (c->bits)
		nla_put_u16(msg, KEYWAY_A_SA_ENCR_BITS, c->bits);
	if (c->key)
		nla_put(msg, KEYWAY_A_SA_ENCR_KEY, c->key_len, c->key);
	if (c->integ)
		nla_put_u16(msg, KEYWAY_A_SA_INTEG, c->integ);
	if (c->integ_key)
		nla_put(msg, KEYWAY_A_SA_INTEG_KEY, c->integ_len, c->integ_key);
	if (c->window)
		nla_put_u32(msg, KEYWAY_A_SA_REPLAY_WINDOW, c->window);
	if (c->udp_local)
		nla_put_u16(msg, KEYWAY_A_SA_UDP_LOCAL, c->udp_local);
	if (c->udp_remote)
		nla_put_u16(msg, KEYWAY_A_SA_UDP_REMOTE, c->udp_remote);
	if (c->stream)
		nla_put_u32(msg, KEYWAY_A_SA_STREAM, c->stream);
	if (c->tfc && dir == KEYWAY_DIR_OUT)
		nla_put_u16(msg, KEYWAY_A_SA_TFC, c->tfc);
	if (dir == KEYWAY_DIR_OUT) {
		put_u64(msg, KEYWAY_A_SA_SOFT_PACKETS, c->soft_packets);
		put_u64(msg, KEYWAY_A_SA_HARD_PACKETS, c->hard_packets);
		put_u64(msg, KEYWAY_A_SA_HARD_BYTES, c->hard_bytes);
	}
	nla_nest_end(msg, nest);
}

/* child-new; returns its error. */
static inline int nl_child(struct kunit *test, struct nl *nl, const struct child *c)
{
	struct sk_buff *msg = nl_request(test, KEYWAY_CMD_CHILD_NEW);

	put_policy_nest(msg, c);
	if (!c->one_way) {
		put_sa_nest(msg, c, KEYWAY_DIR_IN);
		put_sa_nest(msg, c, KEYWAY_DIR_OUT);
	} else {
		put_sa_nest(msg, c, c->dir);
	}
	return nl_send(test, nl, msg, NULL);
}

#endif
