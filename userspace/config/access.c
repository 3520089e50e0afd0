// SPDX-License-Identifier: GPL-2.0
/* Keys about remote access: what a gateway hands out, and what a client asks for. */
#include "config/access.h"

#include "config/conn.h"
#include "config/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void set_address(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;
	char *item;

	while ((item = token_item(&value, ','))) {
		unsigned int n = d->c.n_device_addr;

		if (n == COUNT(d->c.device_addr)) {
			reader_complain(r, r->line, "%s has more than %zu addresses", key->name,
					COUNT(d->c.device_addr));
			return;
		}
		if (value_address(item, &d->c.device_addr[n], &d->c.device_addr_bits[n]))
			d->c.n_device_addr++;
		else
			reader_complain(r, r->line,
					"%s: \"%.60s\" is not an address such as 10.9.0.1/24",
					key->name, item);
	}
}

/* The ends of a net are not hosts' (RFC 1122 §3.2.1.3, RFC 4291 §2.6.1). */
static struct conf_pool pool_of(const struct ip_range *net)
{
	struct conf_pool pool = { .net = *net, .give = *net };
	const bool v4 = net->first.family == AF_INET;
	const int bits = ip_range_prefix_len(net);

	if (bits < 0 || bits > (v4 ? 30 : 126))
		return pool;
	pool.give.first.b[v4 ? 3 : 15]++;
	if (v4)
		pool.give.last.b[3]--;
	return pool;
}

void set_pool(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;
	struct ip_range net;
	char *item;

	while ((item = token_item(&value, ','))) {
		if (d->c.n_pool == CONF_POOLS_MAX)
			reader_complain(r, r->line, "%s has more than %d parts", key->name,
					CONF_POOLS_MAX);
		else if (ip_range_parse(&net, item))
			reader_complain(
				r, r->line,
				"%s: \"%.60s\" is no net such as 10.9.0.0/24 or range such as 10.9.0.10-10.9.0.99",
				key->name, item);
		else
			d->c.pool[d->c.n_pool++] = pool_of(&net);
	}
}

void set_dns(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;
	struct ip_addr addr;
	char *item;

	while ((item = token_item(&value, ','))) {
		if (d->c.n_dns == CONF_DNS_MAX)
			reader_complain(r, r->line, "%s has more than %d servers", key->name,
					CONF_DNS_MAX);
		else if (ip_addr_parse(&addr, item) || ip_addr_is_any(&addr))
			reader_complain(r, r->line,
					"%s: \"%.60s\" is not the address of a name server",
					key->name, item);
		else
			d->c.dns[d->c.n_dns++] = addr;
	}
}

void set_domain(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;
	char *item;

	if (!d->c.domain)
		d->c.domain = calloc(CONF_DOMAINS_MAX, sizeof(*d->c.domain));
	while (d->c.domain && (item = token_item(&value, ','))) {
		if (d->c.n_domain == CONF_DOMAINS_MAX)
			reader_complain(r, r->line, "%s has more than %d domains", key->name,
					CONF_DOMAINS_MAX);
		else if (!conn_is_host_name(item))
			reader_complain(r, r->line,
					"%s: \"%.60s\" is not a domain such as corp.example",
					key->name, item);
		else
			snprintf(d->c.domain[d->c.n_domain++], CONF_DOMAIN_LEN, "%s", item);
	}
	if (!d->c.domain)
		reader_complain(r, r->line, "no memory");
}

/* One word or address of virtual-address as the addresses to ask for. */
static bool add_virtual(struct conf_conn *c, const char *item)
{
	const bool both = strcmp(item, "yes") == 0;
	struct ip_addr addr;

	if (both || strcmp(item, "ipv4") == 0 || strcmp(item, "ipv6") == 0)
		ip_addr_parse(&addr, strcmp(item, "ipv6") == 0 ? "::" : "0.0.0.0");
	else if (ip_addr_parse(&addr, item))
		return false;
	if (c->n_virtual == 2 ||
	    (c->n_virtual && (both || c->virtual_addr[0].family == addr.family)))
		return false;
	c->virtual_addr[c->n_virtual++] = addr;
	return !both || add_virtual(c, "ipv6");
}

void set_virtual(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;
	char *item;

	if (strcmp(value, "no") == 0)
		return;
	while ((item = token_item(&value, ',')))
		if (!add_virtual(&d->c, item))
			reader_complain(
				r, r->line,
				"%s is yes, no, or at most one each of ipv4 or an IPv4 address, ipv6 or an IPv6 address: \"%.60s\"",
				key->name, item);
}
