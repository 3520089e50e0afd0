// SPDX-License-Identifier: GPL-2.0
/*
 * Bodies that both versions have: vendor ids, certificates, names, configuration attributes.
 *
 * RFCs: 2408 §3.16, 4945 §3.3 (certificate encodings), 7296 §3.15; draft-dukes-ike-mode-cfg-02,
 * draft-beaulieu-ike-xauth-02.
 */
#include "cli/dissect_payload.h"

#include "crypto/cert.h"
#include "wire/attr.h"
#include "wire/isakmp.h"
#include "wire/isakmp_v1.h"
#include "wire/names_v1.h"
#include "wire/payload_v1.h"
#include "wire/vendor.h"

#include <string.h>

#define WHY_LEN		160
#define NAME_LEN	1024
#define SPLIT_LEN	14

void dissect_octets(struct dissection *m, const struct payload *p, json_t *o)
{
	(void)m;
	tree_octets(o, "data", p->body);
}

void dissect_vendor(struct dissection *m, const struct payload *p, json_t *o)
{
	struct kw_span more;
	const struct vendor *v = vendor_find(p->body, &more);

	(void)m;
	if (v)
		tree_string(o, "vendor", v->name);
	if (v && more.len)
		tree_text(o, "with", more);
	if (v)
		tree_octets(o, "data", p->body);
	else
		tree_text(o, "data", p->body);
}

/* What a library made of a peer's octets may hold control characters still. */
static void put_name(json_t *o, const char *key, const char *name)
{
	tree_text(o, key, KW_SPAN(name, strlen(name)));
}

void dissect_dn(json_t *o, struct kw_span der)
{
	char name[NAME_LEN];

	/* "(not a distinguished name)": no name begins like that. */
	if (dn_print(der, name, sizeof(name)) && name[0] && name[0] != '(')
		put_name(o, "name", name);
	else
		tree_octets(o, "data", der);
}

void dissect_certificate(json_t *o, uint8_t encoding, struct kw_span data)
{
	char name[NAME_LEN];
	struct cert *cert;

	if (encoding == CERT_X509_SIGNATURE && cert_from_der(&cert, data) == 0) {
		put_name(o, "subject", cert_subject_print(cert, name, sizeof(name)));
		cert_put(cert);
	} else if (encoding == CERT_X509_SIGNATURE) {
		tree_complain(o, "no X.509 certificate");
	}
	if (encoding == CERT_HASH_URL || encoding == CERT_HASH_URL_BUNDLE) {
		tree_octets(o, "hash", KW_SPAN(data.p, data.len < 20 ? data.len : 20));
		tree_text(o, "url",
			  data.len > 20 ? KW_SPAN(data.p + 20, data.len - 20)
					: (struct kw_span){ 0 });
		return;
	}
	tree_octets(o, "data", data);
}

void dissect_addr(json_t *o, const char *key, uint8_t family, struct kw_span addr)
{
	struct ip_addr a;
	char text[ADDR_STRLEN];

	if (addr.len != (family == AF_INET ? 4 : 16)) {
		tree_octets(o, key, addr);
		return;
	}
	a = ip_addr_from_bytes(family, addr.p);
	tree_string(o, key, ip_addr_print(text, &a));
}

enum config_form {
	FORM_OCTETS,
	FORM_IP4,
	FORM_IP6,
	FORM_TEXT,
	FORM_NUMBER,
	FORM_NET4,
	FORM_NET6,
	FORM_LIST,
	FORM_SPLIT
};

/* How the value of an attribute reads; those that are missing are octets. */
static const struct {
	uint16_t type;
	enum config_form form;
} config_forms[] = {
	{ CONFIG_IP4_ADDRESS, FORM_IP4 },
	{ CONFIG_IP4_NETMASK, FORM_IP4 },
	{ CONFIG_IP4_DNS, FORM_IP4 },
	{ CONFIG_IP4_NBNS, FORM_IP4 },
	{ CONFIG_ADDRESS_EXPIRY, FORM_NUMBER },
	{ CONFIG_IP4_DHCP, FORM_IP4 },
	{ CONFIG_APPLICATION_VERSION, FORM_TEXT },
	{ CONFIG_IP6_ADDRESS, FORM_NET6 },
	{ CONFIG_IP6_DNS, FORM_IP6 },
	{ CONFIG_IP6_DHCP, FORM_IP6 },
	{ CONFIG_IP4_SUBNET, FORM_NET4 },
	{ CONFIG_SUPPORTED_ATTRIBUTES, FORM_LIST },
	{ CONFIG_IP6_SUBNET, FORM_NET6 },
	{ CONFIG_P_CSCF_IP4_ADDRESS, FORM_IP4 },
	{ CONFIG_P_CSCF_IP6_ADDRESS, FORM_IP6 },
	{ CONFIG_DNS_DOMAIN, FORM_TEXT },
	{ CONFIG_XAUTH_TYPE, FORM_NUMBER },
	{ CONFIG_XAUTH_USER_NAME, FORM_TEXT },
	{ CONFIG_XAUTH_USER_PASSWORD, FORM_TEXT },
	{ CONFIG_XAUTH_PASSCODE, FORM_TEXT },
	{ CONFIG_XAUTH_MESSAGE, FORM_TEXT },
	{ CONFIG_XAUTH_CHALLENGE, FORM_TEXT },
	{ CONFIG_XAUTH_DOMAIN, FORM_TEXT },
	{ CONFIG_XAUTH_STATUS, FORM_NUMBER },
	{ CONFIG_XAUTH_NEXT_PIN, FORM_TEXT },
	{ CONFIG_XAUTH_ANSWER, FORM_TEXT },
	{ CONFIG_UNITY_BANNER, FORM_TEXT },
	{ CONFIG_UNITY_SAVE_PASSWORD, FORM_NUMBER },
	{ CONFIG_UNITY_DEFAULT_DOMAIN, FORM_TEXT },
	{ CONFIG_UNITY_SPLIT_DNS, FORM_TEXT },
	{ CONFIG_UNITY_SPLIT_INCLUDE, FORM_SPLIT },
	{ CONFIG_UNITY_LOCAL_LAN, FORM_SPLIT },
	{ CONFIG_UNITY_NATT_PORT, FORM_NUMBER },
	{ CONFIG_UNITY_PFS, FORM_NUMBER },
	{ CONFIG_UNITY_BACKUP_SERVERS, FORM_TEXT },
	{ CONFIG_UNITY_DDNS_HOSTNAME, FORM_TEXT },
};

static enum config_form config_form(uint16_t type)
{
	for (size_t i = 0; i < sizeof(config_forms) / sizeof(config_forms[0]); i++)
		if (config_forms[i].type == type)
			return config_forms[i].form;
	return FORM_OCTETS;
}

/*
 * An address with what follows it: a mask (v4) or a prefix length (v6); a v4 or v6 address may
 * stand alone.
 */
static void put_net(json_t *o, uint8_t family, struct kw_span data)
{
	size_t len = family == AF_INET ? 4 : 16;
	char addr[ADDR_STRLEN], mask[ADDR_STRLEN], text[2 * ADDR_STRLEN];
	struct ip_addr a;

	if (data.len < len || (family == AF_INET && data.len != 8) ||
	    (family == AF_INET6 && data.len > 17)) {
		tree_octets(o, "value", data);
		return;
	}
	a = ip_addr_from_bytes(family, data.p);
	ip_addr_print(addr, &a);
	if (family == AF_INET) {
		a = ip_addr_from_bytes(family, data.p + len);
		snprintf(text, sizeof(text), "%s/%s", addr, ip_addr_print(mask, &a));
	} else if (data.len > len) {
		snprintf(text, sizeof(text), "%s/%u", addr, data.p[len]);
	} else {
		snprintf(text, sizeof(text), "%s", addr);
	}
	tree_string(o, "value", text);
}

static void put_type_list(json_t *o, struct kw_span data)
{
	struct kw_reader r = kw_reader(data);
	json_t *list = json_array();

	while (kw_reader_left(&r) >= 2) {
		uint16_t type = kw_get_be16(&r);

		json_array_append_new(list, json_string(config_attr_name(type)));
	}
	json_object_set_new(o, "value", list);
}

/*
 * Cisco's split networks, 14 octets each: address, mask, protocol and two ports that are 0 in
 * practice.
 */
static void put_split(json_t *o, struct kw_span data)
{
	char addr[ADDR_STRLEN], mask[ADDR_STRLEN], text[2 * ADDR_STRLEN];
	struct kw_reader r = kw_reader(data);
	json_t *list = json_array();

	while (kw_reader_left(&r) >= SPLIT_LEN) {
		struct kw_span net = kw_get_span(&r, SPLIT_LEN);
		struct ip_addr a = ip_addr_from_bytes(AF_INET, net.p),
			       m = ip_addr_from_bytes(AF_INET, net.p + 4);

		snprintf(text, sizeof(text), "%s/%s", ip_addr_print(addr, &a),
			 ip_addr_print(mask, &m));
		json_array_append_new(list, json_string(text));
	}
	json_object_set_new(o, "value", list);
}

static void put_config_value(json_t *o, const struct attr *a)
{
	enum config_form form = config_form(a->type);
	uint64_t number;

	if (!a->basic && !a->data.len)		/* a question, or an answer without a value */
		return;
	if (a->basic || (form == FORM_NUMBER && attr_number(a, &number))) {
		attr_number(a, &number);
		tree_number(o, "value", number);
		return;
	}
	switch (form) {
	case FORM_IP4:
		dissect_addr(o, "value", AF_INET, a->data);
		break;
	case FORM_IP6:
		dissect_addr(o, "value", AF_INET6, a->data);
		break;
	case FORM_NET4:
		put_net(o, AF_INET, a->data);
		break;
	case FORM_NET6:
		put_net(o, AF_INET6, a->data);
		break;
	case FORM_TEXT:
		tree_text(o, "value", a->data);
		break;
	case FORM_LIST:
		put_type_list(o, a->data);
		break;
	case FORM_SPLIT:
		put_split(o, a->data);
		break;
	case FORM_NUMBER:
	case FORM_OCTETS:
		tree_octets(o, "value", a->data);
		break;
	}
}

void dissect_config(struct dissection *m, const struct payload *p, json_t *o)
{
	struct config_payload c;
	struct kw_reader r;
	struct attr a;
	char why[WHY_LEN];
	int ret;

	(void)m;
	if (config_parse(p->body, &c, why, sizeof(why))) {
		tree_complain(o, "%s", why);
		return;
	}
	tree_named(o, "config", c.type, config_type_name(c.type));
	if (c.identifier)
		tree_number(o, "identifier", c.identifier);
	r = kw_reader(c.attrs);
	while ((ret = attr_next(&r, &a, why, sizeof(why))) > 0) {
		json_t *one = tree_append(o, "attributes");

		tree_named(one, "type", a.type, config_attr_name(a.type));
		put_config_value(one, &a);
	}
	if (ret < 0)
		tree_complain(o, "%s", why);
}
