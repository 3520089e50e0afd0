// SPDX-License-Identifier: GPL-2.0
/* Addresses, routes and guards of one device, over rtnetlink. */
#include "kernel/link_net.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/addr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <stdio.h>
#include <string.h>

#include "kernel/nlreq.h"

/* A reference to be put with nl_addr_put(), or NULL. */
static struct nl_addr *nl_prefix(const struct prefix *p)
{
	struct nl_addr *a = nl_addr_build(p->addr.family, p->addr.b, ip_addr_len(&p->addr));

	if (a)
		nl_addr_set_prefixlen(a, (int)p->bits);
	return a;
}

static int sent(struct nl_sock *sock, int built, struct nl_msg *msg, char *why, size_t why_len)
{
	if (built < 0) {
		snprintf(why, why_len, "netlink: %s", nl_geterror(built));
		return -EINVAL;
	}
	return nlreq_do(sock, msg, NULL, NULL, why, why_len);
}

/* Addresses ---------------------------------------------------------------------------------- */

static struct rtnl_addr *address_new(int ifindex, const struct prefix *p)
{
	struct rtnl_addr *a = rtnl_addr_alloc();
	struct nl_addr *local = nl_prefix(p);
	bool ok = a && local && !rtnl_addr_set_local(a, local);

	if (ok)
		rtnl_addr_set_ifindex(a, ifindex);
	nl_addr_put(local);
	if (!ok) {
		rtnl_addr_put(a);
		a = NULL;
	}
	return a;
}

static int address_change(struct nl_sock *sock, int ifindex, const struct prefix *p,
			  int (*build)(struct rtnl_addr *a, int flags, struct nl_msg **msg), int flags,
			  char *why, size_t why_len)
{
	struct rtnl_addr *a = address_new(ifindex, p);
	struct nl_msg *msg = NULL;
	int built;

	if (!a) {
		snprintf(why, why_len, "no memory");
		return -ENOMEM;
	}
	built = build(a, flags, &msg);
	rtnl_addr_put(a);
	return sent(sock, built, msg, why, why_len);
}

static int address_add(struct nl_sock *sock, struct link_at at, const struct prefix *p, char *why, size_t why_len)
{
	return address_change(sock, at.of, p, rtnl_addr_build_add_request, NLM_F_CREATE | NLM_F_EXCL, why,
			      why_len);
}

static int address_del(struct nl_sock *sock, struct link_at at, const struct prefix *p, char *why, size_t why_len)
{
	return address_change(sock, at.of, p, rtnl_addr_build_delete_request, 0, why, why_len);
}

/* The number of leading ones in a netmask. */
static unsigned int mask_bits(const struct sockaddr *mask)
{
	struct endpoint e;
	unsigned int bits = 0;

	if (!mask || endpoint_from_sockaddr(&e, mask))
		return 0;
	while (bits < 8 * ip_addr_len(&e.addr) && (e.addr.b[bits / 8] & (0x80 >> bits % 8)))
		bits++;
	return bits;
}

static bool is_link_local(const struct ip_addr *a)
{
	return a->family == AF_INET6 && a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

static int address_list(struct nl_sock *sock, struct link_at at, struct prefix_set *out, char *why, size_t why_len)
{
	struct ifaddrs *all, *i;
	char name[IF_NAMESIZE];
	struct endpoint e;
	int err = 0;

	(void)sock;
	if (!if_indextoname((unsigned int)at.of, name) || getifaddrs(&all)) {
		err = -errno;
		snprintf(why, why_len, "cannot list addresses: %s", strerror(errno));
		return err;
	}
	for (i = all; i && !err; i = i->ifa_next) {
		if (strcmp(i->ifa_name, name) != 0 || !i->ifa_addr || endpoint_from_sockaddr(&e, i->ifa_addr) ||
		    is_link_local(&e.addr))
			continue;
		err = prefix_set_add(out, &(struct prefix){ .addr = e.addr, .bits = mask_bits(i->ifa_netmask) });
	}
	freeifaddrs(all);
	if (err)
		snprintf(why, why_len, "no memory");
	return err;
}

const struct link_net link_addresses = {
	.what = "address",
	.add = address_add,
	.del = address_del,
	.list = address_list,
};

/* Routes ------------------------------------------------------------------------------------- */

/* One of ours that leads nowhere yet; NULL: no memory. */
static struct rtnl_route *route_to(uint32_t table, const struct prefix *p, uint8_t type, uint8_t scope)
{
	struct rtnl_route *r = rtnl_route_alloc();
	struct nl_addr *dst = nl_prefix(p);
	bool ok = r && dst && !rtnl_route_set_family(r, p->addr.family) && !rtnl_route_set_dst(r, dst);

	nl_addr_put(dst);
	if (!ok) {
		rtnl_route_put(r);
		return NULL;
	}
	rtnl_route_set_table(r, table);
	rtnl_route_set_type(r, type);
	rtnl_route_set_protocol(r, LINK_ROUTE_PROTOCOL);
	rtnl_route_set_scope(r, scope);
	return r;
}

static struct rtnl_route *route_new(struct link_at at, const struct prefix *p)
{
	struct rtnl_route *r = route_to(at.table, p, RTN_UNICAST,
					p->addr.family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);
	struct rtnl_nexthop *nh = r ? rtnl_route_nh_alloc() : NULL;

	if (!nh) {
		rtnl_route_put(r);
		return NULL;
	}
	rtnl_route_nh_set_ifindex(nh, at.of);
	rtnl_route_add_nexthop(r, nh);	/* takes it */
	return r;
}

static struct rtnl_route *guard_new(struct link_at at, const struct prefix *p)
{
	struct rtnl_route *r = route_to(at.table, p, RTN_UNREACHABLE, RT_SCOPE_UNIVERSE);

	if (r)
		rtnl_route_set_priority(r, (uint32_t)at.of);
	return r;
}

/* Puts r, which may be NULL: no memory. */
static int route_change(struct nl_sock *sock, struct rtnl_route *r,
			int (*build)(struct rtnl_route *r, int flags, struct nl_msg **msg), int flags,
			char *why, size_t why_len)
{
	struct nl_msg *msg = NULL;
	int built;

	if (!r) {
		snprintf(why, why_len, "no memory");
		return -ENOMEM;
	}
	built = build(r, flags, &msg);
	rtnl_route_put(r);
	return sent(sock, built, msg, why, why_len);
}

static int route_add(struct nl_sock *sock, struct link_at at, const struct prefix *p, char *why, size_t why_len)
{
	return route_change(sock, route_new(at, p), rtnl_route_build_add_request,
			    NLM_F_CREATE | NLM_F_EXCL, why, why_len);
}

static int route_del(struct nl_sock *sock, struct link_at at, const struct prefix *p, char *why, size_t why_len)
{
	return route_change(sock, route_new(at, p), rtnl_route_build_del_request, 0, why, why_len);
}

static int guard_add(struct nl_sock *sock, struct link_at at, const struct prefix *p, char *why, size_t why_len)
{
	return route_change(sock, guard_new(at, p), rtnl_route_build_add_request,
			    NLM_F_CREATE | NLM_F_EXCL, why, why_len);
}

static int guard_del(struct nl_sock *sock, struct link_at at, const struct prefix *p, char *why, size_t why_len)
{
	return route_change(sock, guard_new(at, p), rtnl_route_build_del_request, 0, why, why_len);
}

/* Which of our routes, and what to do with each. */
struct route_filter {
	uint8_t type;
	int ifindex;	/* of RTN_UNICAST */
	uint32_t table;	/* RT_TABLE_UNSPEC: any */
	int (*each)(struct link_at at, const struct prefix *p, void *ctx);
	void *ctx;
};

static bool is_wanted(struct rtnl_route *r, const struct route_filter *f)
{
	struct rtnl_nexthop *nh = rtnl_route_nexthop_n(r, 0);

	if (rtnl_route_get_protocol(r) != LINK_ROUTE_PROTOCOL || rtnl_route_get_type(r) != f->type ||
	    (f->table != RT_TABLE_UNSPEC && rtnl_route_get_table(r) != f->table))
		return false;
	if (f->type == RTN_UNREACHABLE)
		return rtnl_route_get_priority(r) >= LINK_GUARD_METRIC;
	return nh && rtnl_route_nh_get_ifindex(nh) == f->ifindex;
}

/* The kernel filters if it can; what it cannot is looked at here. */
static int on_route(struct nlmsghdr *nlh, void *ctx)
{
	const struct route_filter *f = ctx;
	struct rtnl_route *r;
	struct nl_addr *dst;
	struct prefix p;
	int err = 0;

	if (rtnl_route_parse(nlh, &r) < 0)
		return -EBADMSG;
	dst = rtnl_route_get_dst(r);
	if (dst && nl_addr_get_len(dst) && is_wanted(r, f)) {
		p.addr = ip_addr_from_bytes(rtnl_route_get_family(r), nl_addr_get_binary_addr(dst));
		p.bits = nl_addr_get_prefixlen(dst);
		err = f->each((struct link_at){ (int)rtnl_route_get_priority(r), rtnl_route_get_table(r) }, &p,
			      f->ctx);
	}
	rtnl_route_put(r);
	return err;
}

static int route_list_family(struct nl_sock *sock, uint8_t family, const struct route_filter *f, char *why,
			     size_t why_len)
{
	const struct rtmsg rtm = {
		.rtm_family = family,
		.rtm_table = f->table < 256 ? (unsigned char)f->table : RT_TABLE_UNSPEC,
		.rtm_protocol = LINK_ROUTE_PROTOCOL,
		.rtm_type = f->type,
	};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP);
	struct route_filter filter = *f;
	int err;

	if (!msg || nlmsg_append(msg, (void *)(uintptr_t)&rtm, sizeof(rtm), NLMSG_ALIGNTO) ||
	    (f->table >= 256 && nla_put_u32(msg, RTA_TABLE, f->table)) ||
	    (f->ifindex && nla_put_u32(msg, RTA_OIF, (uint32_t)f->ifindex))) {
		nlmsg_free(msg);
		snprintf(why, why_len, "no memory");
		return -ENOMEM;
	}
	err = nlreq_do(sock, msg, on_route, &filter, why, why_len);
	return err == -ENOENT ? 0 : err;	/* strict checks: there is no such table yet */
}

static int list_both(struct nl_sock *sock, const struct route_filter *f, char *why, size_t why_len)
{
	int err = route_list_family(sock, AF_INET, f, why, why_len);

	return err ? err : route_list_family(sock, AF_INET6, f, why, why_len);
}

static int into_set(struct link_at at, const struct prefix *p, void *ctx)
{
	(void)at;
	return prefix_set_add(ctx, p);
}

static int route_list(struct nl_sock *sock, struct link_at at, struct prefix_set *out, char *why, size_t why_len)
{
	return list_both(sock, &(struct route_filter){ .type = RTN_UNICAST, .ifindex = at.of, .table = at.table,
						       .each = into_set, .ctx = out }, why, why_len);
}

int link_guards_each(struct nl_sock *sock, int (*each)(struct link_at at, const struct prefix *net, void *ctx),
		     void *ctx, char *why, size_t why_len)
{
	return list_both(sock, &(struct route_filter){ .type = RTN_UNREACHABLE, .each = each, .ctx = ctx }, why,
			 why_len);
}

const struct link_net link_routes = {
	.what = "route",
	.add = route_add,
	.del = route_del,
	.list = route_list,
};

const struct link_net link_guards = {
	.what = "unreachable route",
	.add = guard_add,
	.del = guard_del,
};
