// SPDX-License-Identifier: GPL-2.0
/*
 * Unity: what Cisco added to Mode Config. There is no document; these are the forms that its gateways and clients, and
 * those made after them, exchange.
 *
 * A client makes one tunnel from its address to everywhere and learns from UNITY-SPLIT-INCLUDE what it should send
 * through it. The gateway's selectors then are the nets that it named (quick_ids.c).
 */
#include <stdio.h>
#include <string.h>

#include "ike/access.h"
#include "ike/conn.h"
#include "ikev1/ipsec.h"
#include "ikev1/unity.h"
#include "wire/attr.h"
#include "wire/isakmp.h"
#include "wire/isakmp_v1.h"
#include "wire/payload_v1.h"

#define SPLIT_LEN	14u	/* address, mask, protocol, two ports */
#define SPLIT_PREFIX	8u
#define BANNER_MAX	500u

/* ---- as the gateway ---- */

static void put(struct kw_writer *w, uint16_t type, struct kw_span data)
{
	const struct attr a = attr_variable(type, data);

	attr_put(w, &a);
}

static void put_number(struct kw_writer *w, uint16_t type, uint16_t value)
{
	const struct attr a = attr_basic(type, value);

	attr_put(w, &a);
}

static void put_text(struct kw_writer *w, uint16_t type, const char *text)
{
	if (text && text[0])
		put(w, type, KW_SPAN(text, strlen(text)));
}

static void put_split(struct kw_writer *w, const struct conf_conn *conf)
{
	uint8_t buf[TS_MAX * SPLIT_LEN];
	struct kw_writer nets = kw_writer(buf, sizeof(buf));
	struct ts_list local;

	conf_nets(conf, false, &local);
	for (unsigned int i = 0; i < local.n; i++) {
		const struct ip_range *r = &local.ts[i].range;
		int bits = ip_range_prefix_len(r);

		/* Everywhere: then nothing is split. */
		if (r->first.family != AF_INET || bits <= 0)
			continue;
		kw_put_span(&nets, KW_SPAN(r->first.b, 4));
		kw_put_be32(&nets, UINT32_MAX << (32 - bits));
		kw_put_zero(&nets, SPLIT_LEN - SPLIT_PREFIX);
	}
	if (nets.len)
		put(w, CONFIG_UNITY_SPLIT_INCLUDE, kw_written(&nets));
}

static void put_split_dns(struct kw_writer *w, const struct conf_conn *conf)
{
	char text[CONF_DOMAINS_MAX * CONF_DOMAIN_LEN] = "";
	size_t used = 0;

	for (unsigned int i = 0; i < conf->n_domain; i++)
		used += snprintf(text + used, sizeof(text) - used, "%s%s", used ? "," : "",
				 conf->domain[i]);
	put_text(w, CONFIG_UNITY_SPLIT_DNS, text);
}

void v1_unity_put(struct kw_writer *w, const struct ike_sa *sa, uint16_t type)
{
	const struct conf_conn *conf = sa->conn->conf;

	switch (type) {
	case CONFIG_IP4_NETMASK:
		if (sa->access && ip_addr_is_set(&sa->access->addr[CP_IP4]))
			put(w, type, KW_SPAN_STR("\xff\xff\xff\xff"));
		break;
	case CONFIG_APPLICATION_VERSION:
		put_text(w, type, "keyway");
		break;
	case CONFIG_UNITY_BANNER:
		put_text(w, type, conf->banner);
		break;
	case CONFIG_UNITY_SAVE_PASSWORD:
		put_number(w, type, conf->save_password);
		break;
	case CONFIG_UNITY_DEFAULT_DOMAIN:
		put_text(w, type, conf->n_domain ? conf->domain[0] : NULL);
		break;
	case CONFIG_UNITY_SPLIT_DNS:
		put_split_dns(w, conf);
		break;
	case CONFIG_UNITY_SPLIT_INCLUDE:
		put_split(w, conf);
		break;
	case CONFIG_UNITY_PFS:
		put_number(w, type, v1_pfs_group(&conf->child[0]) != KE_NONE);
		break;
	default:
		break;
	}
}

/* ---- as the client ---- */

static void take_split(struct cp *told, struct kw_span s)
{
	struct kw_reader r = kw_reader(s);

	while (kw_reader_left(&r) >= SPLIT_LEN && told->n_net < CP_NETS_MAX) {
		struct kw_span net = kw_get_span(&r, SPLIT_PREFIX);
		const struct v1_id_payload id = { .type = V1_ID_IPV4_ADDR_SUBNET, .data = net };

		kw_get_span(&r, SPLIT_LEN - SPLIT_PREFIX);
		if (!v1_id_range(&id, &told->net[told->n_net]))
			told->n_net++;
	}
}

static bool is_domain(struct kw_span s)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";

	for (size_t i = 0; i < s.len; i++)
		if (!s.p[i] || !strchr(letters, s.p[i]))
			return false;
	return s.len && s.len < CP_DOMAIN_LEN && s.p[0] != '-' && s.p[0] != '.';
}

/* Names with commas or blanks between them. */
static void take_domains(struct cp *told, struct kw_span s)
{
	size_t from = 0;

	for (size_t i = 0; i <= s.len; i++) {
		struct kw_span one = KW_SPAN(s.p + from, i - from);

		if (i < s.len && s.p[i] != ',' && s.p[i] != ' ' && s.p[i])
			continue;
		from = i + 1;
		if (!is_domain(one) || told->n_domain == CP_DOMAINS_MAX)
			continue;
		memcpy(told->domain[told->n_domain], one.p, one.len);
		told->domain[told->n_domain++][one.len] = '\0';
	}
}

static void show_banner(const char *subject, struct kw_span s)
{
	char text[BANNER_MAX + 1];
	size_t n = s.len < BANNER_MAX ? s.len : BANNER_MAX;

	for (size_t i = 0; i < n; i++)
		text[i] = s.p[i] >= ' ' && s.p[i] < 0x7f ? (char)s.p[i] : ' ';
	text[n] = '\0';
	log_info(subject, "the gateway's banner: %s", text);
}

void v1_unity_read(const char *subject, struct kw_span attrs, struct cp *told)
{
	struct kw_reader r = kw_reader(attrs);
	struct attr a;
	char why[80];

	while (attr_next(&r, &a, why, sizeof(why)) > 0) {
		if (a.basic)
			continue;
		if (a.type == CONFIG_UNITY_SPLIT_INCLUDE)
			take_split(told, a.data);
		else if (a.type == CONFIG_UNITY_SPLIT_DNS || a.type == CONFIG_UNITY_DEFAULT_DOMAIN)
			take_domains(told, a.data);
		else if (a.type == CONFIG_UNITY_BANNER && a.data.len)
			show_banner(subject, a.data);
	}
}
