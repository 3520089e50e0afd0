// SPDX-License-Identifier: GPL-2.0
/*
 * A default route into a tunnel: routing rules, and the route in a table of ours.
 *
 * The main table is left as it is: its default route serves those packets that must not go into the tunnel.
 * Behind the default route stands its guard (kernel/link_net.h): a device that is down leaves the main table's
 * to nobody.
 */
#include "kernel/link_net.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <string.h>

#include "kernel/nlreq.h"

#define TABLE		107u
#define RULE_PEER	10700u
#define RULE_MAIN	10701u
#define RULE_TUNNEL	10702u
#define GUARD_METRIC	0x6bffffffu

static int no_memory(struct nl_msg *msg, char *why, size_t why_len)
{
	nlmsg_free(msg);
	snprintf(why, why_len, "no memory");
	return -ENOMEM;
}

/* to: NULL for a rule of all packets of the family. */
static int rule(struct nl_sock *sock, bool add, uint8_t family, uint32_t priority, const struct prefix *to,
		char *why, size_t why_len)
{
	const int flags = NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0);
	struct nl_msg *msg = nlmsg_alloc_simple(add ? RTM_NEWRULE : RTM_DELRULE, flags);
	const struct fib_rule_hdr h = {
		.family = family,
		.dst_len = to ? (uint8_t)to->bits : 0,
		.table = priority == RULE_TUNNEL ? TABLE : RT_TABLE_MAIN,
		.action = FR_ACT_TO_TBL,
	};

	if (!msg || nlmsg_append(msg, (void *)(uintptr_t)&h, sizeof(h), NLMSG_ALIGNTO) ||
	    nla_put_u32(msg, FRA_PRIORITY, priority) || nla_put_u32(msg, FRA_TABLE, h.table) ||
	    nla_put_u8(msg, FRA_PROTOCOL, LINK_ROUTE_PROTOCOL) ||
	    (to && nla_put(msg, FRA_DST, (int)ip_addr_len(&to->addr), to->addr.b)) ||
	    (priority == RULE_MAIN && nla_put_u32(msg, FRA_SUPPRESS_PREFIXLEN, 0)))
		return no_memory(msg, why, why_len);
	return nlreq_do(sock, msg, NULL, NULL, why, why_len);
}

/* ifindex 0: the guard. */
static int default_route(struct nl_sock *sock, bool add, uint8_t family, int ifindex, char *why, size_t why_len)
{
	const int flags = NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0);
	struct nl_msg *msg = nlmsg_alloc_simple(add ? RTM_NEWROUTE : RTM_DELROUTE, flags);
	const struct rtmsg h = {
		.rtm_family = family,
		.rtm_table = TABLE,
		.rtm_protocol = LINK_ROUTE_PROTOCOL,
		.rtm_scope = family == AF_INET && ifindex ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
		.rtm_type = ifindex ? RTN_UNICAST : RTN_UNREACHABLE,
	};

	if (!msg || nlmsg_append(msg, (void *)(uintptr_t)&h, sizeof(h), NLMSG_ALIGNTO) ||
	    nla_put_u32(msg, RTA_TABLE, TABLE) ||
	    nla_put_u32(msg, ifindex ? RTA_OIF : RTA_PRIORITY, ifindex ? (uint32_t)ifindex : GUARD_METRIC))
		return no_memory(msg, why, why_len);
	return nlreq_do(sock, msg, NULL, NULL, why, why_len);
}

/* Peers -------------------------------------------------------------------------------------- */

/* Another tunnel may have the same peer, and a daemon that was killed leaves its rules: both is well. */
static int peer_add(struct nl_sock *sock, struct link_at at, const struct prefix *p, char *why, size_t why_len)
{
	int err = rule(sock, true, p->addr.family, RULE_PEER, p, why, why_len);

	(void)at;
	return err == -EEXIST ? 0 : err;
}

static int peer_del(struct nl_sock *sock, struct link_at at, const struct prefix *p, char *why, size_t why_len)
{
	(void)at;
	return rule(sock, false, p->addr.family, RULE_PEER, p, why, why_len);
}

static int on_rule(struct nlmsghdr *nlh, void *ctx)
{
	const struct fib_rule_hdr *h = nlmsg_data(nlh);
	struct nlattr *a[FRA_MAX + 1];
	struct prefix p;

	if (nlmsg_parse(nlh, sizeof(*h), a, FRA_MAX, NULL) < 0)
		return -EBADMSG;
	if (!a[FRA_DST] || !a[FRA_PRIORITY] || !a[FRA_PROTOCOL] || nla_get_u32(a[FRA_PRIORITY]) != RULE_PEER ||
	    nla_get_u8(a[FRA_PROTOCOL]) != LINK_ROUTE_PROTOCOL ||
	    nla_len(a[FRA_DST]) != (h->family == AF_INET6 ? 16 : 4))
		return 0;
	p.addr = ip_addr_from_bytes(h->family, nla_data(a[FRA_DST]));
	p.bits = h->dst_len;
	return prefix_set_add(ctx, &p);
}

static int peer_list_family(struct nl_sock *sock, uint8_t family, struct prefix_set *out, char *why,
			    size_t why_len)
{
	const struct fib_rule_hdr h = { .family = family };
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETRULE, NLM_F_REQUEST | NLM_F_DUMP);

	if (!msg || nlmsg_append(msg, (void *)(uintptr_t)&h, sizeof(h), NLMSG_ALIGNTO))
		return no_memory(msg, why, why_len);
	return nlreq_do(sock, msg, on_rule, out, why, why_len);
}

static int peer_list(struct nl_sock *sock, struct link_at at, struct prefix_set *out, char *why, size_t why_len)
{
	int err = peer_list_family(sock, AF_INET, out, why, why_len);

	(void)at;
	return err ? err : peer_list_family(sock, AF_INET6, out, why, why_len);
}

const struct link_net link_peers = {
	.what = "rule for",
	.add = peer_add,
	.del = peer_del,
	.list = peer_list,
};

/* Default routes ----------------------------------------------------------------------------- */

static int default_del(struct nl_sock *sock, struct link_at at, const struct prefix *p, char *why, size_t why_len)
{
	const uint8_t family = p->addr.family;
	char other[256];
	int err;

	rule(sock, false, family, RULE_TUNNEL, NULL, other, sizeof(other));
	rule(sock, false, family, RULE_MAIN, NULL, other, sizeof(other));
	err = default_route(sock, false, family, at.of, why, why_len);
	default_route(sock, false, family, 0, other, sizeof(other));
	return err;
}

/* The rule that leads into the tunnel comes last. There is one default route: EEXIST is another tunnel's. */
static int default_add(struct nl_sock *sock, struct link_at at, const struct prefix *p, char *why, size_t why_len)
{
	const uint8_t family = p->addr.family;
	char other[256];
	int err = default_route(sock, true, family, at.of, why, why_len);

	if (err)
		return err;
	err = default_route(sock, true, family, 0, why, why_len);
	if (!err || err == -EEXIST)
		err = rule(sock, true, family, RULE_MAIN, NULL, why, why_len);
	if (!err || err == -EEXIST)
		err = rule(sock, true, family, RULE_TUNNEL, NULL, why, why_len);
	if (!err || err == -EEXIST)
		return 0;
	default_del(sock, at, p, other, sizeof(other));
	return err;
}

struct default_filter {
	int ifindex;
	struct prefix_set *out;
};

static int on_default(struct nlmsghdr *nlh, void *ctx)
{
	const struct default_filter *f = ctx;
	const struct rtmsg *h = nlmsg_data(nlh);
	const uint8_t any[16] = { 0 };
	struct nlattr *a[RTA_MAX + 1];
	struct prefix p = { .bits = 0 };

	if (nlmsg_parse(nlh, sizeof(*h), a, RTA_MAX, NULL) < 0)
		return -EBADMSG;
	if (h->rtm_dst_len || !a[RTA_TABLE] || nla_get_u32(a[RTA_TABLE]) != TABLE || !a[RTA_OIF] ||
	    nla_get_u32(a[RTA_OIF]) != (uint32_t)f->ifindex)
		return 0;
	p.addr = ip_addr_from_bytes(h->rtm_family, any);
	return prefix_set_add(f->out, &p);
}

static int default_list_family(struct nl_sock *sock, uint8_t family, struct default_filter *f, char *why,
			       size_t why_len)
{
	const struct rtmsg h = { .rtm_family = family, .rtm_table = TABLE };
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP);
	int err;

	if (!msg || nlmsg_append(msg, (void *)(uintptr_t)&h, sizeof(h), NLMSG_ALIGNTO) ||
	    nla_put_u32(msg, RTA_TABLE, TABLE))
		return no_memory(msg, why, why_len);
	err = nlreq_do(sock, msg, on_default, f, why, why_len);
	return err == -ENOENT ? 0 : err;	/* strict checks: there is no such table yet */
}

static int default_list(struct nl_sock *sock, struct link_at at, struct prefix_set *out, char *why, size_t why_len)
{
	struct default_filter f = { .ifindex = at.of, .out = out };
	int err = default_list_family(sock, AF_INET, &f, why, why_len);

	return err ? err : default_list_family(sock, AF_INET6, &f, why, why_len);
}

const struct link_net link_defaults = {
	.what = "default route",
	.add = default_add,
	.del = default_del,
	.list = default_list,
};
