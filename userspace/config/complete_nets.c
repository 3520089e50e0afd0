// SPDX-License-Identifier: GPL-2.0
/*
 * What a child is about, where its nets were left out: the device's addresses, pools, all there is.
 *
 * RFCs: 7296 §1.1.2 (transport mode), §2.9 (traffic selectors), §2.19 (remote access).
 */
#include "config/complete.h"

static const struct ts *net_of_family(const struct ts_list *list, uint8_t family)
{
	for (unsigned int i = 0; i < list->n; i++)
		if (list->ts[i].range.first.family == family)
			return &list->ts[i];
	return NULL;
}

static void check_families(struct conf_reader *r, const struct child_draft *child,
			   const struct ts_list *a, const char *a_name, const struct ts_list *b,
			   const char *b_name)
{
	char text[TS_STRLEN];

	for (unsigned int i = 0; i < a->n; i++) {
		uint8_t family = a->ts[i].range.first.family;

		if (net_of_family(b, family))
			continue;
		reader_complain(r, complete_child_line(r, child, a_name),
				"%s has %s, but %s has no IPv%c net to go with it", a_name,
				ts_print(text, &a->ts[i]), b_name, family == AF_INET ? '4' : '6');
		return;
	}
}

/* What stands for local-net where none is written: the addresses of the device. */
static void nets_of_device(const struct conf_conn *c, struct ts_list *out)
{
	for (unsigned int i = 0; i < c->n_device_addr; i++) {
		const struct ip_addr *a = &c->device_addr[i];

		out->ts[out->n++] = (struct ts){
			.port_last = 65535,
			.range = { .first = *a, .last = *a },
		};
	}
}

static bool has_dynamic(const struct ts_list *list)
{
	for (unsigned int i = 0; i < list->n; i++)
		if (!list->ts[i].range.first.family)
			return true;
	return false;
}

/*
 * Transport mode is between the outer addresses; only protocols and ports can be chosen (RFC 7296
 * §1.1.2).
 */
static void complete_hosts(struct conf_reader *r, struct child_draft *child)
{
	static const struct ts all = { .port_last = 65535 };
	struct ts_list *list[] = { &child->c.local_ts, &child->c.remote_ts };

	for (unsigned int i = 0; i < 2; i++) {
		if (!list[i]->n)
			list[i]->ts[list[i]->n++] = all;
		for (unsigned int k = 0; k < list[i]->n; k++)
			if (list[i]->ts[k].range.first.family)
				reader_complain(
					r,
					complete_child_line(r, child,
							    i ? "remote-net" : "local-net"),
					"in transport mode a net is a protocol and port, such as [udp/1701], without an address");
	}
}

static void add_range(struct ts_list *list, struct ip_range range)
{
	if (list->n < TS_MAX)
		list->ts[list->n++] = (struct ts){ .port_last = 65535, .range = range };
}

static bool gives(const struct conf_conn *c, uint8_t family)
{
	for (unsigned int i = 0; i < c->n_pool; i++)
		if (c->pool[i].net.first.family == family)
			return true;
	return false;
}

static bool asks(const struct conf_conn *c, uint8_t family)
{
	for (unsigned int i = 0; i < c->n_virtual; i++)
		if (c->virtual_addr[i].family == family)
			return true;
	return false;
}

/*
 * Remote access: the pool stands for what is behind the peers; for the client, any address of its
 * own till it has one, and all there is behind the gateway.
 */
static void complete_virtual(struct conf_reader *r, const struct conf_conn *c,
			     struct child_draft *child)
{
	static const uint8_t family[] = { AF_INET, AF_INET6 };
	struct conf_child *k = &child->c;
	bool no_local = !k->local_ts.n && !complete_child_line(r, child, "local-net");
	bool no_remote =
		!k->remote_ts.n && !reader_line(child->r.keys ? &child->r : r, "remote-net");

	k->remote_virtual = (c->n_pool || c->n_virtual) && no_remote;
	k->local_virtual = c->n_virtual && no_local;
	for (unsigned int i = 0; no_remote && i < c->n_pool; i++)
		add_range(&k->remote_ts, c->pool[i].net);
	for (unsigned int i = 0; no_local && !c->n_device_addr && i < 2; i++)
		if (gives(c, family[i]))
			add_range(&k->local_ts, ip_range_any(family[i]));
	for (unsigned int i = 0; c->n_virtual && no_remote && i < 2; i++)
		if (asks(c, family[i]))
			add_range(&k->remote_ts, ip_range_any(family[i]));
	for (unsigned int i = 0; k->local_virtual && i < 2; i++)
		if (asks(c, family[i]) && net_of_family(&k->remote_ts, family[i]))
			add_range(&k->local_ts, ip_range_any(family[i]));
}

void complete_nets(struct conf_reader *r, const struct conf_conn *c, struct child_draft *child)
{
	struct conf_child *k = &child->c;
	const char *local, *remote;

	if (!k->transport)
		complete_virtual(r, c, child);
	local = k->local_virtual ? "virtual-address" : "local-net";
	remote = k->remote_virtual && c->n_pool ? "pool" : "remote-net";

	if (k->transport) {
		complete_hosts(r, child);
		return;
	}
	if (has_dynamic(&k->local_ts) || has_dynamic(&k->remote_ts))
		reader_complain(r, complete_child_line(r, child, "local-net"),
				"a net without an address is for mode = transport alone");
	if (!k->local_ts.n && !complete_child_line(r, child, "local-net")) {
		nets_of_device(c, &k->local_ts);
		if (!k->local_ts.n)
			reader_complain(r, 0, "local-net is missing, and no address stands for it");
	}
	if (!k->remote_ts.n && !reader_line(child->r.keys ? &child->r : r, "remote-net"))
		reader_complain(r, 0, "remote-net is missing: the nets behind the peer");
	if (!k->local_ts.n || !k->remote_ts.n)
		return;
	check_families(r, child, &k->local_ts, local, &k->remote_ts, remote);
	check_families(r, child, &k->remote_ts, remote, &k->local_ts, local);
}
