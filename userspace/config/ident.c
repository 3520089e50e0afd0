// SPDX-License-Identifier: GPL-2.0
/*
 * Identities: text to octets and back, and when two are the same.
 *
 * RFCs: 7296 §3.5, 4945 §3.1 (what each type means), 5280 §7 (how names compare).
 *
 *	gw.example.org		FQDN
 *	user@example.org	e-mail address
 *	192.0.2.1, 2001:db8::1	address
 *	CN=gw, O=Example	distinguished name
 *	keyid:0a0b		octets that mean something to both sides, in hex
 *
 * fqdn:, email: and dn: in front are for texts that look like another kind.
 */
#include "config/conf.h"
#include "config/value.h"
#include "wire/isakmp.h"
#include "wire/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct prefix {
	const char *text;
	uint8_t type;
} prefixes[] = {
	{ "fqdn:", ID_FQDN }, { "email:", ID_RFC822_ADDR }, { "dn:", ID_DER_ASN1_DN },
	{ "keyid:", ID_KEY_ID },
};

#define N_PREFIXES (sizeof(prefixes) / sizeof(prefixes[0]))

/* The type a text has by its looks, without a prefix. */
static uint8_t type_of(const char *text, struct ip_addr *addr)
{
	if (ip_addr_parse(addr, text) == 0)
		return addr->family == AF_INET ? ID_IPV4_ADDR : ID_IPV6_ADDR;
	if (strchr(text, '='))
		return ID_DER_ASN1_DN;
	return strchr(text, '@') ? ID_RFC822_ADDR : ID_FQDN;
}

/* Names hold printable ASCII, no blanks, no wildcards (they are never compared as patterns). */
static bool is_name(struct kw_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == '*' || s.p[i] == '"')
			return false;
	return s.len != 0;
}

int ident_copy(struct ident *id, uint8_t type, struct kw_span data)
{
	uint8_t *copy;

	if (data.len > UINT16_MAX)
		return -EINVAL;
	copy = malloc(data.len ? data.len : 1);
	if (!copy)
		return -ENOMEM;
	if (data.len)
		memcpy(copy, data.p, data.len);
	*id = (struct ident){ .type = type, .len = (uint16_t)data.len, .data = copy };
	return 0;
}

void ident_drop(struct ident *id)
{
	free(id->data);
	*id = (struct ident){ 0 };
}

static int parse_dn(struct ident *id, const char *text)
{
	uint8_t *der;
	size_t len;
	int ret = dn_parse(text, &der, &len);

	if (ret)
		return ret;
	ret = ident_copy(id, ID_DER_ASN1_DN, KW_SPAN(der, len));
	free(der);
	return ret;
}

static int parse_key_id(struct ident *id, const char *text)
{
	uint8_t octets[256];
	struct kw_writer w = kw_writer(octets, sizeof(octets));

	if (!*text || value_hex(text, &w))
		return -EINVAL;
	return ident_copy(id, ID_KEY_ID, kw_written(&w));
}

int ident_parse(struct ident *id, const char *text)
{
	struct kw_span name;
	struct ip_addr addr;
	uint8_t type = 0;

	*id = (struct ident){ 0 };
	if (strcmp(text, "any") == 0)
		return 0;
	for (size_t i = 0; i < N_PREFIXES && !type; i++) {
		size_t n = strlen(prefixes[i].text);

		if (strncmp(text, prefixes[i].text, n) == 0) {
			type = prefixes[i].type;
			text += n;
		}
	}
	if (!type)
		type = type_of(text, &addr);
	name = KW_SPAN(text, strlen(text));
	switch (type) {
	case ID_IPV4_ADDR:
	case ID_IPV6_ADDR:
		return ident_copy(id, type, KW_SPAN(addr.b, ip_addr_len(&addr)));
	case ID_DER_ASN1_DN:
		return parse_dn(id, text);
	case ID_KEY_ID:
		return parse_key_id(id, text);
	default:
		return is_name(name) && name.len < 256 ? ident_copy(id, type, name) : -EINVAL;
	}
}

bool ident_equal(const struct ident *a, uint8_t type, struct kw_span data)
{
	if (a->type == 0 || a->type != type)
		return false;
	if (type == ID_DER_ASN1_DN)
		return dn_equal(KW_SPAN(a->data, a->len), data);
	if (a->len != data.len)
		return false;
	if (type == ID_FQDN || type == ID_RFC822_ADDR)	/* RFC 5280 §7.2, §7.5 */
		return strncasecmp((const char *)a->data, (const char *)data.p, a->len) == 0;
	return memcmp(a->data, data.p, a->len) == 0;
}

/*
 * Names as they are when they could be typed like that, else with their prefix; other octets as
 * \xHH.
 */
static void print_name(char buf[IDENT_STRLEN], uint8_t type, struct kw_span data)
{
	const char *prefix = type == ID_FQDN ? "fqdn:" : "email:";
	struct ip_addr addr;
	size_t at;

	at = (size_t)snprintf(buf, IDENT_STRLEN, "%s", prefix);
	for (size_t i = 0; i < data.len && at + 5 < IDENT_STRLEN; i++) {
		if (data.p[i] > ' ' && data.p[i] < 0x7f)
			buf[at++] = (char)data.p[i];
		else
			at += (size_t)snprintf(buf + at, IDENT_STRLEN - at, "\\x%02x", data.p[i]);
	}
	buf[at] = '\0';
	at = strlen(prefix);
	for (size_t i = 0; i < N_PREFIXES; i++)
		if (strncmp(buf + at, prefixes[i].text, strlen(prefixes[i].text)) == 0)
			return;
	if (type_of(buf + at, &addr) == type && strcmp(buf + at, "any") != 0)
		memmove(buf, buf + at, strlen(buf + at) + 1);
}

char *ident_print(char buf[IDENT_STRLEN], uint8_t type, struct kw_span data)
{
	char hex[2 * 64 + 1];
	struct ip_addr addr;

	switch (type) {
	case 0:
		snprintf(buf, IDENT_STRLEN, "any");
		break;
	case ID_IPV4_ADDR:
	case ID_IPV6_ADDR:
		if (data.len == (type == ID_IPV4_ADDR ? 4 : 16)) {
			addr = ip_addr_from_bytes(type == ID_IPV4_ADDR ? AF_INET : AF_INET6,
						  data.p);
			ip_addr_print(buf, &addr);
			break;
		}
		snprintf(buf, IDENT_STRLEN, "%s of %zu octets", id_name(type), data.len);
		break;
	case ID_FQDN:
	case ID_RFC822_ADDR:
		print_name(buf, type, data);
		break;
	case ID_DER_ASN1_DN:
		dn_print(data, buf, IDENT_STRLEN);
		break;
	case ID_KEY_ID:
		snprintf(buf, IDENT_STRLEN, "keyid:%s", kw_hex(hex, sizeof(hex), data));
		break;
	default:
		snprintf(buf, IDENT_STRLEN, "%s %s", id_name(type), kw_hex(hex, sizeof(hex), data));
		break;
	}
	return buf;
}
