// SPDX-License-Identifier: GPL-2.0
/* What keyway.ko does with the packets of one flow: asked for, and read as it happens. */
#include "kernel/genl_trace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/keyway.h>
#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/genl_msg.h"
#include "kernel/genl_stats.h"
#include "kernel/nlreq.h"

/* The most events handled before others get the loop. */
#define EVENTS_AT_ONCE	100

struct kernel_trace {
	struct nl_sock *sock;
	uint16_t family;
};

static const char *const verdicts[] = {
	[KEYWAY_VERDICT_SENT] = "sent",
	[KEYWAY_VERDICT_DELIVERED] = "delivered",
	[KEYWAY_VERDICT_BYPASSED] = "bypassed",
	[KEYWAY_VERDICT_DROPPED] = "dropped",
};

static struct nla_policy top_policy[KEYWAY_A_MAX + 1] = {
	[KEYWAY_A_TRACE] = { .type = NLA_NESTED },
	[KEYWAY_A_PACKET] = { .type = NLA_NESTED },
};

static struct nla_policy trace_policy[KEYWAY_A_TRACE_MAX + 1] = {
	[KEYWAY_A_TRACE_POLICY_ID] = { .type = NLA_U32 },
	[KEYWAY_A_TRACE_SPI] = { .type = NLA_U32 },
	[KEYWAY_A_TRACE_TIME] = { .type = NLA_U64 },
	[KEYWAY_A_TRACE_VERDICT] = { .type = NLA_U8 },
	[KEYWAY_A_TRACE_DIR] = { .type = NLA_U8 },
	[KEYWAY_A_TRACE_REASON] = { .type = NLA_U32 },
	[KEYWAY_A_TRACE_COOKIE] = { .type = NLA_U64 },
	[KEYWAY_A_TRACE_SEQ] = { .type = NLA_U64 },
	[KEYWAY_A_TRACE_PACKETS] = { .type = NLA_U32 },
	[KEYWAY_A_TRACE_LENGTH] = { .type = NLA_U32 },
	[KEYWAY_A_TRACE_LOST] = { .type = NLA_U32 },
};

static struct nla_policy packet_policy[KEYWAY_A_PACKET_MAX + 1] = {
	[KEYWAY_A_PACKET_PROTO] = { .type = NLA_U8 },
	[KEYWAY_A_PACKET_SPORT] = { .type = NLA_U16 },
	[KEYWAY_A_PACKET_DPORT] = { .type = NLA_U16 },
};

/* Reading ------------------------------------------------------------------------------------ */

static uint32_t get_u32(struct nlattr **tb, int attr)
{
	return tb[attr] ? nla_get_u32(tb[attr]) : 0;
}

static uint64_t get_u64(struct nlattr **tb, int attr)
{
	return tb[attr] ? nla_get_u64(tb[attr]) : 0;
}

static int get_end(struct endpoint *e, const struct nlattr *addr, struct nlattr *port)
{
	if (!addr || (nla_len(addr) != 4 && nla_len(addr) != 16))
		return -EBADMSG;
	e->addr = ip_addr_from_bytes(nla_len(addr) == 4 ? AF_INET : AF_INET6, nla_data(addr));
	e->port = port ? nla_get_u16(port) : 0;
	return 0;
}

static int parse_packet(struct nlattr *nest, struct kernel_trace_event *event)
{
	struct nlattr *tb[KEYWAY_A_PACKET_MAX + 1];

	if (!nest)
		return 0;
	if (nla_parse_nested(tb, KEYWAY_A_PACKET_MAX, nest, packet_policy) || !tb[KEYWAY_A_PACKET_PROTO] ||
	    get_end(&event->src, tb[KEYWAY_A_PACKET_SRC], tb[KEYWAY_A_PACKET_SPORT]) ||
	    get_end(&event->dst, tb[KEYWAY_A_PACKET_DST], tb[KEYWAY_A_PACKET_DPORT]))
		return -EBADMSG;
	event->protocol = nla_get_u8(tb[KEYWAY_A_PACKET_PROTO]);
	event->has_ports = tb[KEYWAY_A_PACKET_SPORT] && tb[KEYWAY_A_PACKET_DPORT];
	event->has_packet = true;
	return 0;
}

static int parse_fate(struct nlattr **tb, struct kernel_trace_event *event)
{
	uint8_t verdict;

	if (!tb[KEYWAY_A_TRACE_VERDICT] || !tb[KEYWAY_A_TRACE_DIR])
		return -EBADMSG;
	verdict = nla_get_u8(tb[KEYWAY_A_TRACE_VERDICT]);
	if (verdict >= sizeof(verdicts) / sizeof(verdicts[0]))
		return -EBADMSG;
	event->verdict = verdicts[verdict];
	event->dir = nla_get_u8(tb[KEYWAY_A_TRACE_DIR]) == KEYWAY_DIR_IN ? KERNEL_IN : KERNEL_OUT;
	if (verdict != KEYWAY_VERDICT_DROPPED)
		return 0;
	event->reason = genl_stats_name((int)get_u32(tb, KEYWAY_A_TRACE_REASON));
	return event->reason ? 0 : -EBADMSG;
}

int genl_trace_parse(struct nlmsghdr *nlh, struct kernel_trace_event *event)
{
	struct nlattr *top[KEYWAY_A_MAX + 1], *tb[KEYWAY_A_TRACE_MAX + 1];

	memset(event, 0, sizeof(*event));
	if (!genlmsg_valid_hdr(nlh, 0) || genlmsg_parse(nlh, 0, top, KEYWAY_A_MAX, top_policy) < 0)
		return -EBADMSG;
	if (genlmsg_hdr(nlh)->cmd != KEYWAY_CMD_TRACE)
		return -ENOMSG;
	if (!top[KEYWAY_A_TRACE] || nla_parse_nested(tb, KEYWAY_A_TRACE_MAX, top[KEYWAY_A_TRACE], trace_policy) ||
	    parse_fate(tb, event))
		return -EBADMSG;
	event->when_ns = (int64_t)get_u64(tb, KEYWAY_A_TRACE_TIME);
	event->has_policy = tb[KEYWAY_A_TRACE_POLICY_ID];
	event->policy_id = get_u32(tb, KEYWAY_A_TRACE_POLICY_ID);
	event->policy_cookie = get_u64(tb, KEYWAY_A_TRACE_COOKIE);
	event->spi = ntohl(get_u32(tb, KEYWAY_A_TRACE_SPI));
	event->seq = get_u64(tb, KEYWAY_A_TRACE_SEQ);
	event->packets = get_u32(tb, KEYWAY_A_TRACE_PACKETS);
	event->length = get_u32(tb, KEYWAY_A_TRACE_LENGTH);
	event->lost = get_u32(tb, KEYWAY_A_TRACE_LOST);
	return parse_packet(top[KEYWAY_A_PACKET], event);
}

void kernel_trace_read(struct kernel_trace *t, void (*emit)(const struct kernel_trace_event *event, void *ctx),
		       void *ctx)
{
	uint8_t buf[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct kernel_trace_event event;
	struct sockaddr_nl from = { 0 };
	struct nlmsghdr *nlh;
	socklen_t from_len;
	int i, left;

	for (i = 0; i < EVENTS_AT_ONCE; i++) {
		from_len = sizeof(from);
		left = (int)recvfrom(nl_socket_get_fd(t->sock), buf, sizeof(buf), MSG_DONTWAIT,
				     (struct sockaddr *)&from, &from_len);
		if (left < 0 && errno == ENOBUFS)
			continue;	/* events were lost; those that come say so no better */
		if (left < 0)
			return;
		/* Another process may send here too. */
		if (from.nl_pid)
			continue;
		for (nlh = (struct nlmsghdr *)buf; nlmsg_ok(nlh, left); nlh = nlmsg_next(nlh, &left))
			if (nlh->nlmsg_type == t->family && !genl_trace_parse(nlh, &event))
				emit(&event, ctx);
	}
}

int kernel_trace_fd(const struct kernel_trace *t)
{
	return nl_socket_get_fd(t->sock);
}

/* Asking ------------------------------------------------------------------------------------- */

static int put_range(struct nl_msg *msg, const struct ip_range *r)
{
	struct nlattr *nest;

	if (!ip_addr_is_set(&r->first))
		return 0;
	nest = nla_nest_start(msg, KEYWAY_A_TRACE_TS);
	if (!nest || nla_put(msg, KEYWAY_A_TS_START, (int)ip_addr_len(&r->first), r->first.b) ||
	    nla_put(msg, KEYWAY_A_TS_END, (int)ip_addr_len(&r->last), r->last.b))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_wish(struct nl_msg *msg, const struct kernel_trace_wish *wish)
{
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_TRACE);

	if (!nest || put_range(msg, &wish->end[0]) || put_range(msg, &wish->end[1]) ||
	    nla_put_u8(msg, KEYWAY_A_TRACE_PROTO, wish->protocol) ||
	    nla_put_u16(msg, KEYWAY_A_TRACE_PORT, wish->port) ||
	    nla_put_u8(msg, KEYWAY_A_TRACE_DROPS, wish->drops))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* Asks first and joins then: what comes between is nobody's, and no answer is mixed with events. */
static int begin(struct kernel_trace *t, const struct kernel_trace_wish *wish, char why[KERNEL_WHY])
{
	int family = genl_ctrl_resolve(t->sock, KEYWAY_FAMILY_NAME);
	int group = genl_ctrl_resolve_grp(t->sock, KEYWAY_FAMILY_NAME, KEYWAY_MCGRP_TRACE);
	struct nl_msg *msg;
	int err;

	if (family < 0 || group < 0) {
		snprintf(why, KERNEL_WHY, "keyway.ko is not loaded");
		return -ENOTCONN;
	}
	t->family = (uint16_t)family;
	msg = genl_msg_new(t->family, KEYWAY_CMD_TRACE_SET);
	if (!msg || put_wish(msg, wish)) {
		snprintf(why, KERNEL_WHY, "no memory");
		nlmsg_free(msg);
		return -ENOMEM;
	}
	err = nlreq_do(t->sock, msg, NULL, NULL, why, KERNEL_WHY);
	if (err)
		return err;
	err = nl_socket_add_membership(t->sock, group);
	if (err < 0) {
		snprintf(why, KERNEL_WHY, "events of keyway.ko: %s", nl_geterror(err));
		return -EIO;
	}
	return 0;
}

int kernel_trace_new(struct kernel_trace **out, const struct kernel_trace_wish *wish, char why[KERNEL_WHY])
{
	struct kernel_trace *t = calloc(1, sizeof(*t));
	int err;

	*out = NULL;
	if (!t) {
		snprintf(why, KERNEL_WHY, "no memory");
		return -ENOMEM;
	}
	err = nlreq_open(&t->sock, NETLINK_GENERIC, why, KERNEL_WHY);
	if (!err)
		err = begin(t, wish, why);
	if (err) {
		kernel_trace_free(t);
		return err;
	}
	*out = t;
	return 0;
}

void kernel_trace_free(struct kernel_trace *t)
{
	if (!t)
		return;
	nl_socket_free(t->sock);
	free(t);
}
