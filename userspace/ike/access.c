// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses lent to clients, and what a client does with its own.
 *
 * RFCs: 7296 §2.19, §3.15.2 (which nets go through the tunnel), 8598 (which names).
 */
#include <stdlib.h>
#include <string.h>

#include "ike/access.h"
#include "ike/child.h"
#include "ike/narrow.h"
#include "wire/isakmp_v1.h"

static const uint8_t families[CP_FAMILIES] = { AF_INET, AF_INET6 };

struct access *access_get(struct access *a)
{
	if (a)
		a->refs++;
	return a;
}

static void put(struct access *a)
{
	if (!a || --a->refs)
		return;
	for (unsigned int i = 0; i < CP_FAMILIES; i++)
		if (a->lease[i])
			lease_put(a->leases, a->lease[i]);
	free(a->told);
	free(a);
}

void access_end(struct ike_sa *sa)
{
	struct access *a = sa->access;
	const bool client = a && a->told;

	sa->access = NULL;
	put(a);
	if (client && sa->conn)
		access_refresh(sa->conn);
}

/* ---- gateway ---- */

static bool has_pool(const struct conf_conn *conf, uint8_t family)
{
	for (unsigned int i = 0; i < conf->n_pool; i++)
		if (conf->pool[i].net.first.family == family)
			return true;
	return false;
}

static void lend_one(struct access *a, const struct ike_sa *sa, const struct cp *asked, unsigned int i,
		     struct failure *f)
{
	const struct conf_conn *conf = sa->conn->conf;

	if (!asked->has_addr[i])
		return;
	a->lease[i] = lease_take(a->leases, conf, &sa->remote_id, families[i], &asked->addr[i],
				 conf->unique != CONF_UNIQUE_NEVER, f);
	if (a->lease[i])
		a->addr[i] = a->lease[i]->addr;
}

bool access_lend(struct ike_sa *sa, const struct cp *asked, struct failure *f)
{
	struct access *a = calloc(1, sizeof(*a));
	char text[CP_FAMILIES][ADDR_STRLEN] = { "", "" };
	struct failure why = { 0 };

	if (!a) {
		failure_set(f, FAILURE_LOCAL, "no memory for an address");
		return false;
	}
	a->refs = 1;
	a->leases = &sa->e->leases;
	for (unsigned int i = 0; i < CP_FAMILIES; i++)
		lend_one(a, sa, asked, i, &why);
	if (!a->lease[CP_IP4] && !a->lease[CP_IP6]) {
		*f = why;
		put(a);
		return false;
	}
	/* One family of two was not to be had: worth a line when the pool is meant to have it. */
	for (unsigned int i = 0; i < CP_FAMILIES; i++) {
		if (asked->has_addr[i] && !a->lease[i] && has_pool(sa->conn->conf, families[i]))
			log_warn(conn_name(sa->conn), "%s", why.text);
		if (a->lease[i])
			ip_addr_print(text[i], &a->addr[i]);
	}
	log_info(conn_name(sa->conn), "the peer is lent %s%s%s", text[0], text[0][0] && text[1][0] ? ", " : "",
		 text[1]);
	put(sa->access);
	sa->access = a;
	return true;
}

static void tell_net(struct cp *answer, const struct ip_range *net)
{
	const struct ip_range any = ip_range_any(net->first.family);

	/* All there is: the client is told no nets at all. */
	if (answer->n_net < CP_NETS_MAX && !ip_range_equal(net, &any))
		answer->net[answer->n_net++] = *net;
}

void access_answer(const struct ike_sa *sa, const struct cp *asked, struct cp *answer)
{
	const struct conf_conn *conf = sa->conn->conf;
	struct ts_list nets;

	memset(answer, 0, sizeof(*answer));
	answer->type = CONFIG_REPLY;
	for (unsigned int i = 0; i < CP_FAMILIES; i++) {
		answer->addr[i] = sa->access->addr[i];
		answer->has_addr[i] = ip_addr_is_set(&answer->addr[i]);
	}
	for (unsigned int i = 0; i < conf->n_dns; i++)
		answer->dns[answer->n_dns++] = conf->dns[i];
	conf_nets(conf, false, &nets);
	for (unsigned int i = 0; i < nets.n; i++)
		if (answer->has_addr[cp_family(&nets.ts[i].range.first)])
			tell_net(answer, &nets.ts[i].range);
	/* RFC 8598 §3.1: only to those who ask. */
	for (unsigned int i = 0; asked->has_domain && i < conf->n_domain; i++)
		memcpy(answer->domain[answer->n_domain++], conf->domain[i], CP_DOMAIN_LEN);
}

/* ---- client ---- */

void access_ask(const struct conn *c, struct cp *out)
{
	memset(out, 0, sizeof(*out));
	out->type = CONFIG_REQUEST;
	for (unsigned int i = 0; i < c->conf->n_virtual; i++) {
		const struct ip_addr *wish = &c->conf->virtual_addr[i];
		unsigned int family = cp_family(wish);

		out->has_addr[family] = true;
		out->addr[family] = ip_addr_is_any(wish) ? c->lent[family] : *wish;
	}
	out->has_domain = c->conf->peer_dns;
}

bool access_take(struct ike_sa *sa, const struct cp *told, struct failure *f)
{
	struct access *a = calloc(1, sizeof(*a));

	if (a)
		a->told = malloc(sizeof(*told));
	if (!a || !a->told) {
		free(a);
		failure_set(f, FAILURE_LOCAL, "no memory for an address");
		return false;
	}
	a->refs = 1;
	*a->told = *told;
	for (unsigned int i = 0; i < sa->conn->conf->n_virtual; i++) {
		unsigned int family = cp_family(&sa->conn->conf->virtual_addr[i]);

		a->addr[family] = told->addr[family];
		if (ip_addr_is_set(&told->addr[family]))
			sa->conn->lent[family] = told->addr[family];
	}
	if (!ip_addr_is_set(&a->addr[CP_IP4]) && !ip_addr_is_set(&a->addr[CP_IP6])) {
		put(a);
		failure_set(f, FAILURE_PEER, "the gateway assigned no address: has it a pool for us?");
		return false;
	}
	put(sa->access);
	sa->access = a;
	access_refresh(sa->conn);
	return true;
}

static const struct access *client_access(struct list *l)
{
	const struct ike_sa *sa = list_entry(l, struct ike_sa, conn_node);

	return sa->access && sa->access->told ? sa->access : NULL;
}

unsigned int access_addresses(const struct conn *c, struct ip_addr *addr, unsigned int room)
{
	unsigned int n = 0;
	struct list *l;

	list_for_each(l, &c->sas) {
		const struct access *a = client_access(l);

		for (unsigned int i = 0; a && i < CP_FAMILIES; i++) {
			bool known = !ip_addr_is_set(&a->addr[i]);

			for (unsigned int k = 0; k < n && !known; k++)
				known = ip_addr_equal(&addr[k], &a->addr[i]);
			if (!known && n < room)
				addr[n++] = a->addr[i];
		}
	}
	return n;
}

static void add_route(struct ts_list *out, const struct ip_range *net)
{
	const struct ts t = { .port_last = 65535, .range = *net };

	for (unsigned int i = 0; i < out->n; i++)
		if (ts_equal(&out->ts[i], &t))
			return;
	if (out->n < TS_MAX)
		out->ts[out->n++] = t;
}

/* §3.15.2: the tunnel takes all of its selectors, but only these nets need to go through it. */
static bool told_nets(const struct conn *c, const struct ip_range *all, struct ts_list *out)
{
	struct ip_range both;
	bool any = false;
	struct list *l;

	list_for_each(l, &c->sas) {
		const struct access *a = client_access(l);

		for (unsigned int i = 0; a && i < a->told->n_net; i++) {
			if (!ip_range_intersect(&both, all, &a->told->net[i]))
				continue;
			add_route(out, &both);
			any = true;
		}
	}
	return any;
}

void access_routes(const struct conn *c, struct ts_list *out)
{
	struct list *l;

	conf_nets(c->conf, true, out);
	if (!c->conf->n_virtual)
		return;
	/* What was written is kept out of the clear at all times; the rest is known when the tunnel is up. */
	out->n = 0;
	for (unsigned int k = 0; k < c->conf->n_child; k++) {
		const struct conf_child *child = &c->conf->child[k];

		for (unsigned int i = 0; !child->remote_virtual && i < child->remote_ts.n; i++)
			add_route(out, &child->remote_ts.ts[i].range);
	}
	list_for_each(l, &c->policies) {
		const struct child_policy *p = list_entry(l, struct child_policy, node);

		for (unsigned int i = 0; !p->trap && i < p->remote_ts->n; i++)
			if (!p->conf->remote_virtual || !told_nets(c, &p->remote_ts->ts[i].range, out))
				add_route(out, &p->remote_ts->ts[i].range);
	}
}

struct ip_addr access_peer(const struct conn *c)
{
	struct ip_addr peer = c->last_remote;
	struct list *l;

	if (!c->conf->n_virtual)
		return (struct ip_addr){ 0 };
	if (!ip_addr_is_set(&peer) && c->conf->remote_host)
		ip_addr_parse(&peer, c->conf->remote_host);
	list_for_each(l, &c->sas)
		if (client_access(l))
			peer = list_entry(l, struct ike_sa, conn_node)->remote.addr;
	return peer;
}

static void refresh_dns(const struct conn *c)
{
	const struct env *env = c->e->env;
	struct env_dns dns = { .device = c->conf->device };
	struct list *l;

	if (!env->dns || !c->conf->peer_dns)
		return;
	list_for_each(l, &c->sas) {
		const struct access *a = client_access(l);

		if (!a)
			continue;
		dns.server = a->told->dns;
		dns.n_server = a->told->n_dns;
		dns.domain = a->told->domain;
		dns.n_domain = a->told->n_domain;
	}
	env->dns(env->dns_ctx, &dns);
}

void access_device_goes(const struct conn *c)
{
	const struct env_dns none = { .device = c->conf->device };

	if (c->conf->n_virtual && c->e->env->dns)
		c->e->env->dns(c->e->env->dns_ctx, &none);
}

void access_refresh(struct conn *c)
{
	struct failure f = { 0 };

	if (!c->e || !c->device || !c->conf->n_virtual)
		return;
	if (child_device_update(c, &f))
		conn_fail(c, &f);
	refresh_dns(c);
}

/* ---- both ---- */

static bool has_family(const struct ts_list *list, uint8_t family)
{
	for (unsigned int i = 0; i < list->n; i++)
		if (list->ts[i].range.first.family == family)
			return true;
	return false;
}

static void keep_families(struct ts_list *list, const struct ts_list *of)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < list->n; i++)
		if (has_family(of, list->ts[i].range.first.family))
			list->ts[kept++] = list->ts[i];
	list->n = kept;
}

void access_narrow(const struct ike_sa *sa, const struct conf_child *conf, struct ts_list *local,
		   struct ts_list *remote)
{
	const struct access *a = sa->access;
	const bool client = a && a->told;
	struct ts_list *mine = client ? local : remote, *other = client ? remote : local;
	struct ts_list out = { 0 }, hosts = { 0 };

	if (!a || !(client ? conf->local_virtual : conf->remote_virtual))
		return;
	for (unsigned int i = 0; i < CP_FAMILIES; i++)
		if (ip_addr_is_set(&a->addr[i]))
			hosts.ts[hosts.n++] = (struct ts){
				.port_last = 65535, .range = { .first = a->addr[i], .last = a->addr[i] },
			};
	narrow(mine, &hosts, &out);
	*mine = out;
	keep_families(other, mine);
}
