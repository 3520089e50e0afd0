// SPDX-License-Identifier: GPL-2.0
/*
 * A connection as a whole: what was left out gets its default, what does not fit together is
 * refused.
 */
#include "config/complete.h"

#include <stdio.h>

/* The name goes into the device's: "kw-office". What Linux has no room for is cut. */
static void default_device(struct conf_conn *c)
{
	if (c->device[0])
		return;
	snprintf(c->device, sizeof(c->device), "kw-%.12s", c->name);
}

static void complete_remote(struct conf_reader *r, struct conf_conn *c)
{
	struct ip_addr addr;

	if (!reader_line(r, "remote")) {
		reader_complain(r, 0, "remote is missing: the peer's address or name, or any");
		return;
	}
	if (!c->remote_host && c->start != CONF_START_NONE && reader_line(r, "start"))
		reader_complain(r, reader_line(r, "start"),
				"remote is any: only the peer can begin, so start must be none");
	if (!c->remote_host)
		c->start = CONF_START_NONE;
	if (!c->remote_host || ip_addr_parse(&addr, c->remote_host) ||
	    !ip_addr_is_set(&c->local_addr))
		return;
	if (addr.family != c->local_addr.family)
		reader_complain(r, reader_line(r, "local"),
				"local and remote are not of one family, IPv4 and IPv6");
	else if (ip_addr_equal(&addr, &c->local_addr))
		reader_complain(r, reader_line(r, "remote"),
				"local and remote are the same address");
}

/* All that the gateway lets through: routes follow what was negotiated. */
static bool is_all(const struct ts *t)
{
	const struct ip_range any = ip_range_any(t->range.first.family);

	return ip_range_equal(&t->range, &any);
}

/*
 * A route to the peer's own address through the tunnel would send the tunnel's packets into itself.
 */
static void check_route_loop(struct conf_reader *r, const struct conf_conn *c)
{
	char text[TS_STRLEN];
	struct ip_addr addr;

	if (!c->routes || !c->remote_host || ip_addr_parse(&addr, c->remote_host))
		return;
	for (unsigned int k = 0; k < c->n_child; k++) {
		const struct ts_list *nets = &c->child[k].remote_ts;

		for (unsigned int i = 0; !c->child[k].transport && i < nets->n; i++)
			if (!(c->n_virtual && is_all(&nets->ts[i])) &&
			    ip_range_has(&nets->ts[i].range, &addr))
				reader_complain(
					r, reader_line(r, "remote-net"),
					"remote-net %s contains the peer's own address %s: its route would lead the tunnel into itself (routes = no leaves routing to you)",
					ts_print(text, &nets->ts[i]), c->remote_host);
	}
}

/* Who gives and who asks: one connection is one of the two. */
static void check_access(struct conf_reader *r, const struct conf_conn *c)
{
	static const char *const given[] = { "dns", "dns-domain" };

	if (c->n_pool && c->n_virtual)
		reader_complain(
			r, reader_line(r, "virtual-address"),
			"a connection hands out addresses (pool) or asks for one (virtual-address), not both");
	for (unsigned int i = 0; i < 2; i++)
		if (reader_line(r, given[i]) && !reader_line(r, "pool"))
			reader_complain(r, reader_line(r, given[i]),
					"%s is what a gateway tells its clients: it goes with pool",
					given[i]);
	if (reader_line(r, "peer-dns") && !reader_line(r, "virtual-address"))
		reader_complain(r, reader_line(r, "peer-dns"),
				"peer-dns goes with virtual-address");
	if (c->n_virtual && !c->remote_host)
		reader_complain(r, reader_line(r, "virtual-address"),
				"virtual-address asks a gateway, but remote is any");
	for (unsigned int i = 0; i < c->n_child; i++)
		if (c->child[i].transport && (c->n_pool || c->n_virtual))
			reader_complain(
				r, reader_line(r, c->n_pool ? "pool" : "virtual-address"),
				"assigned addresses need tunnels: mode = transport has none");
	for (unsigned int i = 0; i < c->n_pool; i++)
		for (unsigned int k = 0; k < i; k++) {
			char text[RANGE_STRLEN];
			struct ip_range both;

			if (ip_range_intersect(&both, &c->pool[i].net, &c->pool[k].net))
				reader_complain(r, reader_line(r, "pool"),
						"%s is in the pool twice",
						ip_range_print(text, &both));
		}
}

/* RFC 9329 is about IKEv2; the stream's own packets are between the two hosts, as those of transport mode are. */
static void check_tcp(struct conf_reader *r, const struct conf_conn *c)
{
	bool transport = false, ah = false;

	if (c->tcp == CONF_TCP_NO)
		return;
	for (unsigned int i = 0; i < c->n_child; i++) {
		transport |= c->child[i].transport;
		ah |= c->child[i].ah.n > 0;
	}
	if (ah)
		reader_complain(r, reader_line(r, "tcp"), "ah does not run in TCP: use esp");
	if (c->version == CONF_IKE1)
		reader_complain(r, reader_line(r, "tcp"), "IKEv1 does not run in TCP: version = ike2, or tcp = no");
	if (transport)
		reader_complain(r, reader_line(r, "tcp"), "mode = transport does not run in TCP: take tunnels");
}

void conn_complete(struct conf_reader *r, struct conn_draft *d)
{
	if (d->c.action != CONF_PROTECT) {
		conn_complete_rule(r, d);
		return;
	}
	if (reader_line(r, "priority"))
		reader_complain(r, reader_line(r, "priority"),
				"priority is for action = bypass and discard");
	complete_remote(r, &d->c);
	complete_auth(r, d);
	complete_ike(r, d);
	d->c.legacy = d->legacy[0];
	default_device(&d->c);
	complete_children(r, d);
	d->c.sha1 = complete_has_sha1(&d->c.ike);
	for (unsigned int i = 0; i < d->c.n_child; i++)
		d->c.sha1 |= complete_has_sha1(&d->c.child[i].esp) ||
			     complete_has_sha1(&d->c.child[i].ah);
	complete_version(r, &d->c);
	check_tcp(r, &d->c);
	check_access(r, &d->c);
	check_route_loop(r, &d->c);
}
