// SPDX-License-Identifier: GPL-2.0
/*
 * Gateways as REDIRECT and REDIRECTED_FROM name them.
 *
 * RFC 5685 §7.2, §7.3.
 */
#include "wire/gateway.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/addr.h"

enum { GATEWAY_IPV4 = 1, GATEWAY_IPV6 = 2, GATEWAY_FQDN = 3 };

static bool is_name(struct kw_span s)
{
	if (!s.len || s.len >= GATEWAY_LEN || s.p[0] == '-')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') &&
		    s.p[i] != '-' && s.p[i] != '.')
			return false;
	return true;
}

int gateway_parse(struct kw_span data, char host[GATEWAY_LEN], struct kw_span *rest)
{
	struct kw_reader r = kw_reader(data);
	uint8_t type = kw_get_u8(&r), len = kw_get_u8(&r);
	struct kw_span id = kw_get_span(&r, len);
	char text[ADDR_STRLEN];
	struct ip_addr a;

	*rest = kw_get_rest(&r);
	if (r.bad)
		return -EBADMSG;
	if (type == GATEWAY_FQDN && is_name(id)) {
		memcpy(host, id.p, id.len);
		host[id.len] = '\0';
		return 0;
	}
	if (!(type == GATEWAY_IPV4 && len == 4) && !(type == GATEWAY_IPV6 && len == 16))
		return -EBADMSG;
	a = ip_addr_from_bytes(type == GATEWAY_IPV4 ? AF_INET : AF_INET6, id.p);
	snprintf(host, GATEWAY_LEN, "%s", ip_addr_print(text, &a));
	return 0;
}

int gateway_build(struct kw_writer *w, const char *host)
{
	struct kw_span id = KW_SPAN(host, strlen(host));
	uint8_t type = GATEWAY_FQDN;
	struct ip_addr a;

	if (!ip_addr_parse(&a, host)) {
		type = a.family == AF_INET ? GATEWAY_IPV4 : GATEWAY_IPV6;
		id = KW_SPAN(a.b, ip_addr_len(&a));
	} else if (!is_name(id)) {
		return -EINVAL;
	}
	kw_put_u8(w, type);
	kw_put_u8(w, (uint8_t)id.len);
	kw_put_span(w, id);
	return 0;
}
