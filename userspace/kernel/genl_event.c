// SPDX-License-Identifier: GPL-2.0
/*
 * Events of the family "keyway": one netlink message into a struct kernel_event.
 *
 * RFCs: 7296 §2.9 (the packet that asked becomes the first, very specific selector).
 */
#include "kernel/genl_event.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/keyway.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <string.h>

static struct nla_policy top_policy[KEYWAY_A_MAX + 1] = {
	[KEYWAY_A_POLICY] = { .type = NLA_NESTED },
	[KEYWAY_A_SA] = { .type = NLA_NESTED },
	[KEYWAY_A_PACKET] = { .type = NLA_NESTED },
	[KEYWAY_A_EXPIRE_KIND] = { .type = NLA_U8 },
	[KEYWAY_A_EXPIRE_LIMIT] = { .type = NLA_U8 },
	[KEYWAY_A_STREAM] = { .type = NLA_NESTED },
};

static struct nla_policy policy_policy[KEYWAY_A_POLICY_MAX + 1] = {
	[KEYWAY_A_POLICY_COOKIE] = { .type = NLA_U64 },
	[KEYWAY_A_POLICY_TS_LOCAL] = { .type = NLA_NESTED },
	[KEYWAY_A_POLICY_TS_REMOTE] = { .type = NLA_NESTED },
};

static struct nla_policy ts_policy[KEYWAY_A_TS_MAX + 1] = {
	[KEYWAY_A_TS_PROTO] = { .type = NLA_U8 },
	[KEYWAY_A_TS_PORT_START] = { .type = NLA_U16 },
	[KEYWAY_A_TS_PORT_END] = { .type = NLA_U16 },
};

static struct nla_policy sa_policy[KEYWAY_A_SA_MAX + 1] = {
	[KEYWAY_A_SA_SPI] = { .type = NLA_U32 },
	[KEYWAY_A_SA_COOKIE] = { .type = NLA_U64 },
	[KEYWAY_A_SA_UDP_REMOTE] = { .type = NLA_U16 },
};

static struct nla_policy packet_policy[KEYWAY_A_PACKET_MAX + 1] = {
	[KEYWAY_A_PACKET_PROTO] = { .type = NLA_U8 },
	[KEYWAY_A_PACKET_SPORT] = { .type = NLA_U16 },
	[KEYWAY_A_PACKET_DPORT] = { .type = NLA_U16 },
};

static struct nla_policy stream_policy[KEYWAY_A_STREAM_MAX + 1] = {
	[KEYWAY_A_STREAM_ID] = { .type = NLA_U32 },
	[KEYWAY_A_STREAM_ERROR] = { .type = NLA_U32 },
};

static const char *const limit_name[] = {
	[KEYWAY_LIMIT_BYTES] = "bytes",
	[KEYWAY_LIMIT_PACKETS] = "packets",
	[KEYWAY_LIMIT_SECONDS] = "time",
	[KEYWAY_LIMIT_IDLE] = "idle",
	[KEYWAY_LIMIT_SEQUENCE] = "sequence",
};

static int get_addr(struct ip_addr *a, const struct nlattr *attr)
{
	if (!attr || (nla_len(attr) != 4 && nla_len(attr) != 16))
		return -EBADMSG;
	*a = ip_addr_from_bytes(nla_len(attr) == 4 ? AF_INET : AF_INET6, nla_data(attr));
	return 0;
}

/* One end of a packet. Without a port (a fragment, or a protocol that has none) any port will do. */
static int get_packet_end(struct ts *ts, const struct nlattr *addr, struct nlattr *port, uint8_t protocol)
{
	struct ip_addr a;

	if (get_addr(&a, addr))
		return -EBADMSG;
	*ts = (struct ts){
		.protocol = protocol,
		.port_first = port ? nla_get_u16(port) : 0,
		.port_last = port ? nla_get_u16(port) : 65535,
		.range = { .first = a, .last = a },
	};
	return 0;
}

static int get_selector(struct ts *ts, struct nlattr *nest)
{
	struct nlattr *tb[KEYWAY_A_TS_MAX + 1];

	if (nla_parse_nested(tb, KEYWAY_A_TS_MAX, nest, ts_policy) || !tb[KEYWAY_A_TS_PROTO] ||
	    !tb[KEYWAY_A_TS_PORT_START] || !tb[KEYWAY_A_TS_PORT_END] ||
	    get_addr(&ts->range.first, tb[KEYWAY_A_TS_START]) || get_addr(&ts->range.last, tb[KEYWAY_A_TS_END]) ||
	    ts->range.first.family != ts->range.last.family)
		return -EBADMSG;
	ts->protocol = nla_get_u8(tb[KEYWAY_A_TS_PROTO]);
	ts->port_first = nla_get_u16(tb[KEYWAY_A_TS_PORT_START]);
	ts->port_last = nla_get_u16(tb[KEYWAY_A_TS_PORT_END]);
	return 0;
}

/* Selectors of its own are there if the policy has some populated from packets. */
static int get_wanted(struct kernel_event *event, struct nlattr **pol)
{
	if (!pol[KEYWAY_A_POLICY_TS_LOCAL] && !pol[KEYWAY_A_POLICY_TS_REMOTE])
		return 0;
	event->pfp = true;
	if (!pol[KEYWAY_A_POLICY_TS_LOCAL] || !pol[KEYWAY_A_POLICY_TS_REMOTE] ||
	    get_selector(&event->wanted_local, pol[KEYWAY_A_POLICY_TS_LOCAL]))
		return -EBADMSG;
	return get_selector(&event->wanted_remote, pol[KEYWAY_A_POLICY_TS_REMOTE]);
}

static int parse_acquire(struct nlattr **top, struct kernel_event *event)
{
	struct nlattr *pol[KEYWAY_A_POLICY_MAX + 1], *pkt[KEYWAY_A_PACKET_MAX + 1];
	uint8_t protocol;

	if (!top[KEYWAY_A_POLICY] || !top[KEYWAY_A_PACKET] ||
	    nla_parse_nested(pol, KEYWAY_A_POLICY_MAX, top[KEYWAY_A_POLICY], policy_policy) ||
	    nla_parse_nested(pkt, KEYWAY_A_PACKET_MAX, top[KEYWAY_A_PACKET], packet_policy) ||
	    !pol[KEYWAY_A_POLICY_COOKIE] || get_wanted(event, pol))
		return -EBADMSG;
	event->type = KERNEL_ACQUIRE;
	event->cookie = nla_get_u64(pol[KEYWAY_A_POLICY_COOKIE]);
	protocol = pkt[KEYWAY_A_PACKET_PROTO] ? nla_get_u8(pkt[KEYWAY_A_PACKET_PROTO]) : 0;
	if (get_packet_end(&event->src, pkt[KEYWAY_A_PACKET_SRC], pkt[KEYWAY_A_PACKET_SPORT], protocol))
		return -EBADMSG;
	return get_packet_end(&event->dst, pkt[KEYWAY_A_PACKET_DST], pkt[KEYWAY_A_PACKET_DPORT], protocol);
}

/* The SA an event is about; its attributes stay in sa. */
static int parse_sa(struct nlattr **top, struct nlattr **sa, struct kernel_event *event)
{
	if (!top[KEYWAY_A_SA] || nla_parse_nested(sa, KEYWAY_A_SA_MAX, top[KEYWAY_A_SA], sa_policy) ||
	    !sa[KEYWAY_A_SA_SPI])
		return -EBADMSG;
	event->spi = ntohl(nla_get_u32(sa[KEYWAY_A_SA_SPI]));
	event->cookie = sa[KEYWAY_A_SA_COOKIE] ? nla_get_u64(sa[KEYWAY_A_SA_COOKIE]) : 0;
	return 0;
}

static int parse_expire(struct nlattr **top, struct kernel_event *event)
{
	struct nlattr *sa[KEYWAY_A_SA_MAX + 1];
	uint8_t limit;

	if (parse_sa(top, sa, event) || !top[KEYWAY_A_EXPIRE_KIND] || !top[KEYWAY_A_EXPIRE_LIMIT])
		return -EBADMSG;
	limit = nla_get_u8(top[KEYWAY_A_EXPIRE_LIMIT]);
	/* An SPI nobody used: the negotiation that asked for it has failed and was reported. */
	if (limit == KEYWAY_LIMIT_LARVAL)
		return -ENOMSG;
	if (limit >= sizeof(limit_name) / sizeof(limit_name[0]))
		return -EBADMSG;
	event->type = KERNEL_EXPIRE;
	event->hard = nla_get_u8(top[KEYWAY_A_EXPIRE_KIND]) == KEYWAY_EXPIRE_HARD;
	event->limit = limit_name[limit];
	return 0;
}

static int parse_mapping(struct nlattr **top, struct kernel_event *event)
{
	struct nlattr *sa[KEYWAY_A_SA_MAX + 1];

	if (parse_sa(top, sa, event) || !sa[KEYWAY_A_SA_UDP_REMOTE] ||
	    get_addr(&event->remote.addr, sa[KEYWAY_A_SA_REMOTE]))
		return -EBADMSG;
	event->type = KERNEL_MAPPING;
	event->remote.port = nla_get_u16(sa[KEYWAY_A_SA_UDP_REMOTE]);
	return 0;
}

static int parse_wrap(struct nlattr **top, struct kernel_event *event)
{
	struct nlattr *sa[KEYWAY_A_SA_MAX + 1];

	event->type = KERNEL_WRAP;
	return parse_sa(top, sa, event);
}

static int parse_stream(struct nlattr **top, struct kernel_event *event)
{
	struct nlattr *s[KEYWAY_A_STREAM_MAX + 1];

	if (!top[KEYWAY_A_STREAM] ||
	    nla_parse_nested(s, KEYWAY_A_STREAM_MAX, top[KEYWAY_A_STREAM], stream_policy) ||
	    !s[KEYWAY_A_STREAM_ID] || !s[KEYWAY_A_STREAM_IKE] == !s[KEYWAY_A_STREAM_ERROR])
		return -EBADMSG;
	event->type = KERNEL_STREAM;
	event->stream = nla_get_u32(s[KEYWAY_A_STREAM_ID]);
	if (s[KEYWAY_A_STREAM_IKE])
		event->ike = KW_SPAN(nla_data(s[KEYWAY_A_STREAM_IKE]), (size_t)nla_len(s[KEYWAY_A_STREAM_IKE]));
	else
		event->error = -(int)nla_get_u32(s[KEYWAY_A_STREAM_ERROR]);
	return 0;
}

int genl_event_parse(struct nlmsghdr *nlh, struct kernel_event *event)
{
	struct nlattr *top[KEYWAY_A_MAX + 1];

	memset(event, 0, sizeof(*event));
	if (!genlmsg_valid_hdr(nlh, 0) || genlmsg_parse(nlh, 0, top, KEYWAY_A_MAX, top_policy) < 0)
		return -EBADMSG;
	switch (genlmsg_hdr(nlh)->cmd) {
	case KEYWAY_CMD_ACQUIRE:
		return parse_acquire(top, event);
	case KEYWAY_CMD_EXPIRE:
		return parse_expire(top, event);
	case KEYWAY_CMD_MAPPING:
		return parse_mapping(top, event);
	case KEYWAY_CMD_WRAP:
		return parse_wrap(top, event);
	case KEYWAY_CMD_STREAM:
		return parse_stream(top, event);
	}
	return -ENOMSG;
}
