// SPDX-License-Identifier: GPL-2.0
/* EAP packets: RFC 3748 §4. */
#include "wire/eap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HEAD_LEN	4u
#define LENGTH_AT	2u

int eap_parse(struct kw_span body, struct eap_packet *out)
{
	struct kw_reader r = kw_reader(body);

	out->code = kw_get_u8(&r);
	out->id = kw_get_u8(&r);
	out->type = EAP_TYPE_NONE;
	out->data = (struct kw_span){ 0 };
	if (kw_get_be16(&r) != body.len || r.bad)
		return -EBADMSG;
	if (out->code == EAP_CODE_SUCCESS || out->code == EAP_CODE_FAILURE)
		return body.len == HEAD_LEN ? 0 : -EBADMSG;
	if (out->code != EAP_CODE_REQUEST && out->code != EAP_CODE_RESPONSE)
		return -EBADMSG;
	out->type = kw_get_u8(&r);
	out->data = kw_get_rest(&r);
	return r.bad || !out->type ? -EBADMSG : 0;
}

void eap_open(struct kw_writer *w, uint8_t code, uint8_t id, uint8_t type)
{
	kw_put_u8(w, code);
	kw_put_u8(w, id);
	kw_put_be16(w, 0);
	kw_put_u8(w, type);
}

void eap_close(struct kw_writer *w)
{
	kw_patch_be16(w, LENGTH_AT, w->len);
}

void eap_build_verdict(struct kw_writer *w, uint8_t code, uint8_t id)
{
	kw_put_u8(w, code);
	kw_put_u8(w, id);
	kw_put_be16(w, HEAD_LEN);
}

static const struct {
	uint8_t type;
	const char *name;
} names[] = {
	{ EAP_TYPE_MD5, "md5" },
	{ EAP_TYPE_GTC, "gtc" },
	{ EAP_TYPE_TLS, "tls" },
	{ 18, "sim" },
	{ 21, "ttls" },
	{ 23, "aka" },
	{ 25, "peap" },
	{ EAP_TYPE_MSCHAPV2, "mschapv2" },
	{ 43, "fast" },
	{ 50, "aka-prime" },
	{ 52, "pwd" },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

char *eap_type_print(char buf[EAP_NAME_LEN], uint8_t type)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		if (names[i].type == type) {
			snprintf(buf, EAP_NAME_LEN, "%s", names[i].name);
			return buf;
		}
	}
	snprintf(buf, EAP_NAME_LEN, "method %u", type);
	return buf;
}

uint8_t eap_type_by_name(const char *name)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].type;
	return EAP_TYPE_NONE;
}

char *eap_types_print(char *buf, size_t cap, const uint8_t *types, size_t n)
{
	char name[EAP_NAME_LEN];
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < n && used < cap; i++)
		used += (size_t)snprintf(buf + used, cap - used, "%s%s", i ? ", " : "",
					 eap_type_print(name, types[i]));
	return buf;
}
