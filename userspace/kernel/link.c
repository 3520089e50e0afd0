// SPDX-License-Identifier: GPL-2.0
/*
 * The devices of connections: links of kind "keyway" with their addresses and routes.
 *
 * A change adds before it takes away: a route that is missing for a moment would send packets elsewhere
 * in the clear. Where it is missing for longer, because the device is down or gone, its guard holds.
 */
#include "kernel/link.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/keyway.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/link/vrf.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/link_left.h"
#include "kernel/link_net.h"
#include "kernel/nlreq.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/map.h"

#define ALIAS "keywayd"

struct dev {
	struct list in_table;
	struct map_node by_name;
	char name[IFNAMSIZ];
	int ifindex;
	int master;		/* the VRF it is in; 0 = none */
	uint32_t table;		/* of its routes and guards */
	bool seen;		/* the link: there, and found by us */
	bool made;		/* by this daemon, or by one before it */
	bool went_down;		/* and has not come up since */
	bool settled;		/* has taken over what guards there were in its table */
	bool removed;		/* nobody wants it; its guards stand until they are lifted */
	int guard;		/* metric of its guards */
	struct prefix_set addresses, routes, guards, peers, defaults;	/* that we put there */
};

struct link_table {
	struct nl_sock *sock;
	struct list devs;
	struct map by_name;
	struct link_left left;
};

static void dev_free(struct dev *d)
{
	prefix_set_free(&d->addresses);
	prefix_set_free(&d->routes);
	prefix_set_free(&d->guards);
	prefix_set_free(&d->peers);
	prefix_set_free(&d->defaults);
	free(d);
}

static struct kw_span name_key(const char *name)
{
	return KW_SPAN(name, strlen(name));
}

static struct dev *dev_find(struct link_table *t, const char *name)
{
	struct map_node *n;

	for (n = map_first(&t->by_name, name_key(name)); n; n = map_next(n))
		if (!strcmp(container_of(n, struct dev, by_name)->name, name))
			return container_of(n, struct dev, by_name);
	return NULL;
}

/*
 * By its metric a guard says whose it is: of the device of this name, whatever its number, in this daemon and
 * the next. FNV-1a; devices that share a metric share the guard of a net that both lead to.
 */
static int guard_metric(const char *name)
{
	uint32_t h = 0x811c9dc5u;

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 0x01000193u;
	return (int)(LINK_GUARD_METRIC | (h & 0xffffff));
}

static struct dev *dev_new(struct link_table *t, const char *name)
{
	struct dev *d = calloc(1, sizeof(*d));

	if (d) {
		snprintf(d->name, sizeof(d->name), "%s", name);
		d->guard = guard_metric(name);
		d->table = RT_TABLE_MAIN;
		list_add_tail(&t->devs, &d->in_table);
		map_add(&t->by_name, &d->by_name, name_key(d->name));
	}
	return d;
}

static void dev_drop(struct link_table *t, struct dev *d)
{
	map_del(&t->by_name, &d->by_name);
	list_del(&d->in_table);
	dev_free(d);
}

void link_table_free(struct link_table *t)
{
	struct list *pos, *tmp;

	if (!t)
		return;
	list_for_each_safe(pos, tmp, &t->devs)
		dev_free(list_entry(pos, struct dev, in_table));
	map_free(&t->by_name);
	link_left_free(&t->left);
	nl_socket_free(t->sock);
	free(t);
}

int link_table_new(struct link_table **out, char *why, size_t why_len)
{
	struct link_table *t = calloc(1, sizeof(*t));
	const int on = 1;
	int err;

	*out = NULL;
	if (!t) {
		snprintf(why, why_len, "no memory");
		return -ENOMEM;
	}
	list_init(&t->devs);
	err = map_init(&t->by_name);
	if (err)
		snprintf(why, why_len, "no memory");
	else
		err = nlreq_open(&t->sock, NETLINK_ROUTE, why, why_len);
	if (err) {
		link_table_free(t);
		return err;
	}
	/* So that a dump of routes gives those of one device and not a full table. */
	if (setsockopt(nl_socket_get_fd(t->sock), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on)))
		log_debug(NULL, "rtnetlink without strict checks: %s", strerror(errno));
	err = link_left_read(&t->left, t->sock, why, why_len);
	if (err) {
		link_table_free(t);
		return err;
	}
	*out = t;
	return 0;
}

/* The link itself ---------------------------------------------------------------------------- */

/* build makes a request out of link, which is put. */
static int link_send(struct link_table *t, struct rtnl_link *link, int built, struct nl_msg *msg, char *why,
		     size_t why_len)
{
	rtnl_link_put(link);
	if (built < 0) {
		snprintf(why, why_len, "netlink: %s", nl_geterror(built));
		return -EINVAL;
	}
	return nlreq_do(t->sock, msg, NULL, NULL, why, why_len);
}

static int link_make(struct link_table *t, const char *name, char *why, size_t why_len)
{
	struct rtnl_link *link = rtnl_link_alloc();
	struct nl_msg *msg = NULL;
	char reason[256];
	int err;

	if (!link) {
		snprintf(why, why_len, "no memory");
		return -ENOMEM;
	}
	rtnl_link_set_name(link, name);
	err = rtnl_link_set_type(link, KEYWAY_LINK_KIND);
	if (!err)
		err = rtnl_link_build_add_request(link, NLM_F_CREATE | NLM_F_EXCL, &msg);
	err = link_send(t, link, err, msg, reason, sizeof(reason));
	if (err == -EOPNOTSUPP)
		snprintf(why, why_len, "keyway.ko is not loaded: modprobe keyway (or insmod keyway.ko)");
	else if (err)
		snprintf(why, why_len, "cannot make device %s: %s", name, reason);
	return err;
}

/* Finds the link and fills in d. -ENODEV when there is none. */
static int link_look(struct link_table *t, struct dev *d, char *why, size_t why_len)
{
	struct rtnl_link *link = NULL;
	const char *kind, *alias;
	int err = rtnl_link_get_kernel(t->sock, 0, d->name, &link);

	if (err == -NLE_OBJ_NOTFOUND || err == -NLE_NODEV)
		return -ENODEV;
	if (err < 0) {
		snprintf(why, why_len, "device %s: %s", d->name, nl_geterror(err));
		return -EIO;
	}
	kind = rtnl_link_get_type(link);
	alias = rtnl_link_get_ifalias(link);
	d->ifindex = rtnl_link_get_ifindex(link);
	d->master = rtnl_link_get_master(link);
	d->made = alias && !strcmp(alias, ALIAS);
	if (!kind || strcmp(kind, KEYWAY_LINK_KIND) != 0) {
		snprintf(why, why_len, "%s exists and is %s%s, not a keyway device: choose another device name",
			 d->name, kind ? "of kind " : "an ordinary device", kind ? kind : "");
		err = -EEXIST;
	}
	rtnl_link_put(link);
	return err;
}

/* The VRF's number and its routing table. */
static int vrf_look(struct link_table *t, const char *vrf, int *number, uint32_t *table, char *why, size_t why_len)
{
	struct rtnl_link *link = NULL;
	const char *kind;
	int err = rtnl_link_get_kernel(t->sock, 0, vrf, &link);

	if (err < 0) {
		snprintf(why, why_len, "VRF %s: %s", vrf, nl_geterror(err));
		return -ENODEV;
	}
	kind = rtnl_link_get_type(link);
	*number = rtnl_link_get_ifindex(link);
	err = kind && !strcmp(kind, "vrf") ? rtnl_link_vrf_get_tableid(link, table) : -NLE_OPNOTSUPP;
	rtnl_link_put(link);
	if (!err)
		return 0;
	snprintf(why, why_len, "%s is no VRF", vrf);
	return -EINVAL;
}

/*
 * Brings it up and marks one of ours, which RTM_NEWLINK does not do for a new link. mtu 0 leaves that, and so does a
 * master of 0.
 */
static int link_start(struct link_table *t, const struct dev *d, int master, uint32_t mtu, char *why, size_t why_len)
{
	struct rtnl_link *orig = rtnl_link_alloc(), *want = rtnl_link_alloc();
	struct nl_msg *msg = NULL;
	char reason[256];
	int err;

	if (!orig || !want) {
		rtnl_link_put(orig);
		rtnl_link_put(want);
		snprintf(why, why_len, "no memory");
		return -ENOMEM;
	}
	rtnl_link_set_ifindex(orig, d->ifindex);
	rtnl_link_set_flags(want, IFF_UP);
	if (d->made)
		rtnl_link_set_ifalias(want, ALIAS);
	if (mtu)
		rtnl_link_set_mtu(want, mtu);
	if (master)
		rtnl_link_set_master(want, master);
	err = rtnl_link_build_change_request(orig, want, 0, &msg);
	rtnl_link_put(orig);
	err = link_send(t, want, err, msg, reason, sizeof(reason));
	if (err)
		snprintf(why, why_len, "device %s: %s", d->name, reason);
	return err;
}

static int link_delete(struct link_table *t, const struct dev *d, char *why, size_t why_len)
{
	struct rtnl_link *link = rtnl_link_alloc();
	struct nl_msg *msg = NULL;
	int built;

	if (!link)
		return -ENOMEM;
	rtnl_link_set_ifindex(link, d->ifindex);
	built = rtnl_link_build_delete_request(link, &msg);
	return link_send(t, link, built, msg, why, why_len);
}

/* Addresses, routes and guards --------------------------------------------------------------- */

static struct link_at owner(const struct dev *d, const struct link_net *net)
{
	return (struct link_at){ net == &link_guards ? d->guard : d->ifindex, d->table };
}

static int add_one(struct link_table *t, const struct dev *d, const struct link_net *net,
		   struct prefix_set *have, const struct prefix *p, char *why, size_t why_len)
{
	char text[PREFIX_STRLEN], reason[256];
	int err = net->add(t->sock, owner(d, net), p, reason, sizeof(reason));

	if (err == -EEXIST && net == &link_addresses)
		return 0;	/* the operator's own: it serves, and stays */
	if (!err || (err == -EEXIST && net == &link_guards))
		return prefix_set_add(have, p);
	snprintf(why, why_len, "%s %s on %s: %s", net->what, prefix_print(text, p), d->name,
		 err == -EEXIST ? "there is another route to it already" : reason);
	return err;
}

static int del_one(struct link_table *t, const struct dev *d, const struct link_net *net,
		   struct prefix_set *have, const struct prefix *p)
{
	char text[PREFIX_STRLEN], reason[256];
	const struct prefix gone = *p;
	int err = net->del(t->sock, owner(d, net), &gone, reason, sizeof(reason));

	/* Somebody took it away already, or the device is down and its routes are gone. */
	if (err == -ESRCH || err == -EADDRNOTAVAIL || err == -ENODEV || err == -ENOENT)
		err = 0;
	if (err)
		log_warn(NULL, "%s %s stays on %s: %s", net->what, prefix_print(text, &gone), d->name, reason);
	else
		prefix_set_remove(have, &gone);
	return err;
}

static int net_add(struct link_table *t, const struct dev *d, const struct link_net *net,
		   struct prefix_set *have, const struct prefix_set *want, char *why, size_t why_len)
{
	int err = 0;

	for (unsigned int i = 0; i < want->n && !err; i++)
		if (!prefix_set_has(have, &want->p[i]))
			err = add_one(t, d, net, have, &want->p[i], why, why_len);
	return err;
}

static void net_drop(struct link_table *t, const struct dev *d, const struct link_net *net,
		     struct prefix_set *have, const struct prefix_set *want)
{
	for (unsigned int i = have->n; i-- > 0;)
		if (!prefix_set_has(want, &have->p[i]))
			del_one(t, d, net, have, &have->p[i]);
}

static int net_apply(struct link_table *t, const struct dev *d, const struct link_net *net,
		     struct prefix_set *have, const struct prefix_set *want, char *why, size_t why_len)
{
	int err = net_add(t, d, net, have, want, why, why_len);

	if (!err)
		net_drop(t, d, net, have, want);
	return err;
}

/* What the device is to have. */
struct wanted {
	struct prefix_set addresses, routes, peers, defaults;
	const struct ip_addr *peer;
	const char *device;
};

static void wanted_free(struct wanted *w)
{
	prefix_set_free(&w->addresses);
	prefix_set_free(&w->routes);
	prefix_set_free(&w->peers);
	prefix_set_free(&w->defaults);
}

/* The peer's own packets stay on the way that they have without the tunnel. */
static int want_default(struct wanted *w, const struct prefix *p)
{
	const struct prefix peer = { .addr = *w->peer, .bits = (unsigned int)(8 * ip_addr_len(w->peer)) };
	int err = prefix_set_add(&w->defaults, p);

	return err ? err : prefix_set_add(&w->peers, &peer);
}

static int want_route(const struct ip_addr *a, unsigned int bits, void *ctx)
{
	struct wanted *w = ctx;
	char text[PREFIX_STRLEN];
	const struct prefix p = { .addr = *a, .bits = bits };

	if (!bits && w->peer && ip_addr_is_set(w->peer))
		return want_default(w, &p);
	/* It would carry keyway's own packets into the tunnel they are to build. */
	if (!bits) {
		log_warn(NULL, "no route for %s into %s: set it yourself, beside one to the peer",
			 prefix_print(text, &p), w->device);
		return 0;
	}
	return prefix_set_add(&w->routes, &p);
}

static int want_all(struct wanted *w, const struct ip_addr *addr, const uint8_t *bits, unsigned int n_addr,
		    const struct ts_list *routes)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < n_addr && !err; i++)
		err = prefix_set_add(&w->addresses, &(struct prefix){ .addr = addr[i], .bits = bits[i] });
	for (i = 0; routes && i < routes->n && !err; i++)
		err = ip_range_to_prefixes(&routes->ts[i].range, want_route, w);
	return err;
}

/* At no moment is there a default route without the rule that spares the peer. */
static int apply(struct link_table *t, struct dev *d, const struct wanted *w, char *why, size_t why_len)
{
	int err = net_apply(t, d, &link_addresses, &d->addresses, &w->addresses, why, why_len);

	if (!err)
		err = net_apply(t, d, &link_routes, &d->routes, &w->routes, why, why_len);
	if (!err)
		err = net_add(t, d, &link_peers, &d->peers, &w->peers, why, why_len);
	if (!err)
		err = net_apply(t, d, &link_defaults, &d->defaults, &w->defaults, why, why_len);
	if (!err)
		net_drop(t, d, &link_peers, &d->peers, &w->peers);
	return err;
}

/* In another table its guards are others; those of the one before go, its nets are no longer there. */
static int dev_settle(struct link_table *t, struct dev *d, uint32_t table, char *why, size_t why_len)
{
	const struct prefix_set none = { 0 };
	int err;

	if (d->table == table && d->settled)
		return 0;
	net_drop(t, d, &link_guards, &d->guards, &none);
	d->table = table;
	err = link_left_take(&t->left, owner(d, &link_guards), &d->guards);
	if (err)
		snprintf(why, why_len, "no memory");
	d->settled = !err;
	return err;
}

/* What there is of it: its guards outlive the device, and the daemon that set them. */
static int dev_open(struct link_table *t, const char *name, uint32_t table, struct dev **out, char *why,
		    size_t why_len)
{
	struct dev *d = dev_find(t, name);
	const bool fresh = !d;
	int err;

	if (!d)
		d = dev_new(t, name);
	if (!d) {
		snprintf(why, why_len, "no memory");
		return -ENOMEM;
	}
	err = dev_settle(t, d, table, why, why_len);
	if (err && fresh)
		dev_drop(t, d);
	*out = err ? NULL : d;
	return err;
}

/* What one of ours has. */
static int link_list(struct link_table *t, struct dev *d, char *why, size_t why_len)
{
	int err = link_addresses.list(t->sock, owner(d, &link_addresses), &d->addresses, why, why_len);

	if (!err)
		err = link_routes.list(t->sock, owner(d, &link_routes), &d->routes, why, why_len);
	if (!err)
		err = link_defaults.list(t->sock, owner(d, &link_defaults), &d->defaults, why, why_len);
	if (!err && d->defaults.n)
		err = link_peers.list(t->sock, owner(d, &link_peers), &d->peers, why, why_len);
	return err;
}

static void link_forget(struct dev *d)
{
	prefix_set_free(&d->addresses);
	prefix_set_free(&d->routes);
	prefix_set_free(&d->defaults);
}

/* The link as it is: ours from before (a daemon that was killed), the operator's, or new. */
static int link_open(struct link_table *t, struct dev *d, bool *found, char *why, size_t why_len)
{
	bool known = d->seen;
	int err = link_look(t, d, why, why_len);

	*found = !err && !known;
	if (err == -ENODEV) {
		/* New, or gone behind our back together with all it had. */
		link_forget(d);
		err = link_make(t, d->name, why, why_len);
		if (!err)
			err = link_look(t, d, why, why_len);
		d->made = !err;
	} else if (*found && d->made) {
		err = link_list(t, d, why, why_len);
	}
	d->seen = !err;
	return err;
}

/* What moves to another master loses its routes, and addresses of IPv6. */
static int link_join(struct link_table *t, struct dev *d, int master, uint32_t mtu, char *why, size_t why_len)
{
	const bool moves = master && d->master != master;
	int err = link_start(t, d, master, mtu, why, why_len);

	if (err || !moves)
		return err;
	d->master = master;
	link_forget(d);
	return d->made ? link_list(t, d, why, why_len) : 0;
}

int link_ensure(struct link_table *t, const char *name, const char *vrf, uint32_t mtu, const struct ip_addr *addr,
		const uint8_t *bits, unsigned int n_addr, const struct ts_list *routes,
		const struct ip_addr *peer, bool *found, char *why, size_t why_len)
{
	/* The rules for a default route are about the main table. */
	struct wanted w = { .peer = vrf[0] ? NULL : peer, .device = name };
	uint32_t table = RT_TABLE_MAIN;
	struct dev *d;
	int master = 0, err;

	*found = false;
	if (!name[0] || strlen(name) >= IFNAMSIZ) {
		snprintf(why, why_len, "\"%s\" is no device name: 1 to %d characters", name, IFNAMSIZ - 1);
		return -EINVAL;
	}
	err = vrf[0] ? vrf_look(t, vrf, &master, &table, why, why_len) : 0;
	if (err)
		return err;
	err = want_all(&w, addr, bits, n_addr, routes);
	if (err)
		snprintf(why, why_len, "no memory");
	if (!err)
		err = dev_open(t, name, table, &d, why, why_len);
	if (!err) {
		d->removed = false;
		err = net_apply(t, d, &link_guards, &d->guards, &w.routes, why, why_len);
	}
	if (!err)
		err = link_open(t, d, found, why, why_len);
	if (!err)
		err = link_join(t, d, master, mtu, why, why_len);
	if (!err)
		err = apply(t, d, &w, why, why_len);
	wanted_free(&w);
	return err;
}

int link_remove(struct link_table *t, const char *name)
{
	const struct wanted none = { 0 };
	struct dev *d = dev_find(t, name);
	char why[256] = "";
	int err;

	if (!d)
		return 0;
	/* Rules do not go with the device. */
	net_drop(t, d, &link_defaults, &d->defaults, &none.defaults);
	net_drop(t, d, &link_peers, &d->peers, &none.peers);
	if (d->seen && d->made) {
		err = link_delete(t, d, why, sizeof(why));
		if (err && err != -ENODEV) {
			log_warn(NULL, "device %s stays: %s", name, why);
			return err;
		}
	} else if (d->seen) {
		apply(t, d, &none, why, sizeof(why));
	}
	prefix_set_free(&d->addresses);
	prefix_set_free(&d->routes);
	d->seen = false;
	d->removed = true;
	return 0;
}

/* A link that goes down takes its routes with it, and its IPv6 addresses, and does not bring them back. */
static void net_mend(struct link_table *t, struct dev *d, const struct link_net *net, struct prefix_set *have)
{
	struct prefix_set there = { 0 };
	char text[PREFIX_STRLEN], why[256];
	unsigned int i;

	if (!net->list(t->sock, owner(d, net), &there, why, sizeof(why)))
		for (i = 0; i < have->n; i++)
			if (!prefix_set_has(&there, &have->p[i]) &&
			    !net->add(t->sock, owner(d, net), &have->p[i], why, sizeof(why)))
				log_info(NULL, "%s %s on %s was gone and is there again", net->what,
					 prefix_print(text, &have->p[i]), d->name);
	prefix_set_free(&there);
}

void link_changed(struct link_table *t, int ifindex, bool up)
{
	struct list *pos;

	list_for_each(pos, &t->devs) {
		struct dev *d = list_entry(pos, struct dev, in_table);

		if (!d->seen || d->ifindex != ifindex)
			continue;
		if (up && d->went_down) {
			net_mend(t, d, &link_addresses, &d->addresses);
			net_mend(t, d, &link_routes, &d->routes);
			net_mend(t, d, &link_defaults, &d->defaults);
		}
		d->went_down = !up;
		return;
	}
}

void link_lift_guards(struct link_table *t)
{
	const struct prefix_set none = { 0 };
	struct list *pos, *tmp;
	char why[256];

	list_for_each_safe(pos, tmp, &t->devs) {
		struct dev *d = list_entry(pos, struct dev, in_table);

		if (!d->removed)
			continue;
		net_apply(t, d, &link_guards, &d->guards, &none, why, sizeof(why));
		dev_drop(t, d);
	}
}

void link_lift_left(struct link_table *t)
{
	const unsigned int deleted = link_left_delete(&t->left, t->sock);

	if (deleted)
		log_info(NULL, "%u unreachable route%s of connections that are no more deleted", deleted,
			 deleted == 1 ? "" : "s");
}
