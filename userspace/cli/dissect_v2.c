// SPDX-License-Identifier: GPL-2.0
/*
 * Payloads of IKEv2 messages; SK and SKF are opened when the keys are there.
 *
 * RFCs: 7296 §3, 3748 §4 (EAP), 5685 §6 (REDIRECT), 7383 §2.5, 7427 §4, 7815 (what may be left
 * out).
 */
#include "cli/dissect_payload.h"

#include "cli/open_v2.h"
#include "crypto/alg.h"
#include "crypto/sign.h"
#include "wire/isakmp.h"
#include "wire/names.h"
#include "wire/payload.h"
#include "wire/proposal.h"
#include "wire/ts.h"

#include <errno.h>
#include <string.h>

#define WHY_LEN		160
#define SHA1_LEN	20

static void put_alg(json_t *o, const char *key, uint8_t type, uint16_t id, uint16_t key_bits)
{
	char name[ALG_STRLEN];

	tree_named(o, key, id, alg_print(name, type, id, key_bits));
}

static void put_proposal(json_t *o, const struct proposal *p)
{
	tree_number(o, "number", p->num);
	tree_named(o, "protocol", p->protocol, protocol_name(p->protocol));
	if (p->spi_len)
		tree_octets(o, "spi", KW_SPAN(p->spi, p->spi_len));
	for (unsigned int i = 0; i < p->n; i++) {
		const struct transform *t = &p->t[i];
		json_t *one = tree_append(o, "transforms");

		tree_named(one, "type", t->type, transform_type_name(t->type));
		put_alg(one, "id", t->type, t->id, t->key_bits);
		if (t->key_bits)
			tree_number(one, "key_bits", t->key_bits);
		if (t->unknown_attr)
			json_object_set_new(one, "unknown_attribute", json_true());
	}
}

static void dissect_sa(struct dissection *m, const struct payload *p, json_t *o)
{
	struct kw_arena arena = { .buf = m->d->arena, .cap = sizeof(m->d->arena) };
	struct proposal_list list;
	char why[WHY_LEN];
	int ret = proposal_v2_parse(p->body, &list, &arena, why, sizeof(why));

	for (unsigned int i = 0; i < list.n; i++)
		put_proposal(tree_append(o, "proposals"), &list.p[i]);
	if (ret)
		tree_complain(o, "%s", why);
}

static void dissect_ke(struct dissection *m, const struct payload *p, json_t *o)
{
	struct ke_payload ke;

	(void)m;
	if (ke_parse(p->body, &ke)) {
		tree_complain(o, "%zu octets: a group and a value are wanted", p->body.len);
		return;
	}
	put_alg(o, "group", TRANSFORM_KE, ke.group, 0);
	tree_octets(o, "data", ke.data);
}

static void dissect_id(struct dissection *m, const struct payload *p, json_t *o)
{
	struct id_payload id = { 0 };
	int ret = id_parse(p->body, &id);

	(void)m;
	if (p->body.len)
		tree_named(o, "id", id.type, id_name(id.type));
	if (ret) {
		tree_octets(o, "data", id.data);
		tree_complain(o, "%zu octets do not fit this type", id.data.len);
		return;
	}
	switch (id.type) {
	case ID_IPV4_ADDR:
		dissect_addr(o, "name", AF_INET, id.data);
		break;
	case ID_IPV6_ADDR:
		dissect_addr(o, "name", AF_INET6, id.data);
		break;
	case ID_DER_ASN1_DN:
		dissect_dn(o, id.data);
		break;
	case ID_FQDN:
	case ID_RFC822_ADDR:
	case ID_KEY_ID:
		tree_text(o, "name", id.data);
		break;
	default:
		tree_octets(o, "data", id.data);
	}
}

static void dissect_cert(struct dissection *m, const struct payload *p, json_t *o)
{
	struct cert_payload c;

	(void)m;
	if (cert_payload_parse(p->body, &c)) {
		tree_complain(o, "empty");
		return;
	}
	tree_named(o, "encoding", c.encoding, cert_encoding_name(c.encoding));
	dissect_certificate(o, c.encoding, c.data);
}

/* RFC 7296 §3.7: SHA-1 hashes of the public keys of trusted authorities, one after the other. */
static void dissect_certreq(struct dissection *m, const struct payload *p, json_t *o)
{
	struct cert_payload c;
	struct kw_reader r;

	(void)m;
	if (cert_payload_parse(p->body, &c)) {
		tree_complain(o, "empty");
		return;
	}
	tree_named(o, "encoding", c.encoding, cert_encoding_name(c.encoding));
	if (c.data.len % SHA1_LEN) {
		tree_octets(o, "data", c.data);
		return;
	}
	r = kw_reader(c.data);
	while (kw_reader_left(&r))
		tree_append_octets(o, "authorities", kw_get_span(&r, SHA1_LEN));
}

static const char *auth_method_name(uint8_t method)
{
	static const char *const names[] = {
		[AUTH_RSA] = "RSA signature",
		[AUTH_PSK] = "shared key",
		[AUTH_DSS] = "DSS signature",
		[AUTH_ECDSA_256] = "ECDSA-256",
		[AUTH_ECDSA_384] = "ECDSA-384",
		[AUTH_ECDSA_521] = "ECDSA-521",
		[AUTH_GENERIC_PASSWORD] = "generic secure password",
		[AUTH_NULL] = "NULL",
		[AUTH_DIGITAL_SIGNATURE] = "digital signature",
	};

	return method < sizeof(names) / sizeof(names[0]) && names[method] ? names[method]
									  : "method";
}

static void dissect_auth(struct dissection *m, const struct payload *p, json_t *o)
{
	const struct sign_scheme *scheme;
	struct auth_payload a;
	struct kw_span sig;
	char why[WHY_LEN];

	(void)m;
	if (auth_parse(p->body, &a)) {
		tree_complain(o, "%zu octets where 4 are the least", p->body.len);
		return;
	}
	tree_named(o, "method", a.method, auth_method_name(a.method));
	if (a.method == AUTH_DIGITAL_SIGNATURE) {
		scheme = sign_scheme_of_auth(a.method, a.data, &sig, why, sizeof(why));
		tree_string(o, "scheme", scheme ? scheme->name : "unknown");
	}
	tree_octets(o, "data", a.data);
}

static void dissect_nonce(struct dissection *m, const struct payload *p, json_t *o)
{
	struct kw_span nonce;

	(void)m;
	if (nonce_parse(p->body, &nonce))
		tree_complain(o, "nonce of %zu octets, RFC 7296 wants %d to %d", nonce.len,
			      IKE_NONCE_MIN, IKE_NONCE_MAX);
	tree_octets(o, "data", nonce);
}

/* What the data of a notify means, where it has a form of its own. */
static void put_notify_hashes(json_t *o, struct kw_span data)
{
	static const char * const names[] = {
		[HASH_SHA1] = "SHA-1", [HASH_SHA2_256] = "SHA2-256", [HASH_SHA2_384] = "SHA2-384",
		[HASH_SHA2_512] = "SHA2-512", [HASH_IDENTITY] = "identity",
	};
	struct kw_reader r = kw_reader(data);
	json_t *list = json_array();

	while (kw_reader_left(&r) >= 2) {
		uint16_t id = kw_get_be16(&r);
		bool known = id < sizeof(names) / sizeof(names[0]) && names[id];

		json_array_append_new(list, known ? json_string(names[id]) : json_integer(id));
	}
	json_object_set_new(o, "hashes", list);
}

static void put_notify_number(json_t *o, struct kw_span data)
{
	struct kw_reader r = kw_reader(data);

	if (data.len == 4)
		tree_number(o, "value", kw_get_be32(&r));
	else
		tree_octets(o, "data", data);
}

static void put_notify_group(json_t *o, struct kw_span data)
{
	struct kw_reader r = kw_reader(data);
	uint16_t group = kw_get_be16(&r);

	if (data.len == 2)
		put_alg(o, "group", TRANSFORM_KE, group, 0);
	else
		tree_octets(o, "data", data);
}

static void put_notify_ip4(json_t *o, struct kw_span data)
{
	dissect_addr(o, "address", AF_INET, data);
}

static void put_notify_ip6(json_t *o, struct kw_span data)
{
	dissect_addr(o, "address", AF_INET6, data);
}

/* RFC 5685 §6.2: the gateway's identity, then our nonce in an answer to IKE_SA_INIT. */
static void put_notify_redirect(json_t *o, struct kw_span data)
{
	struct kw_reader r = kw_reader(data);
	uint8_t type = kw_get_u8(&r);
	struct kw_span gateway = kw_get_span(&r, kw_get_u8(&r));
	struct kw_span nonce = kw_get_rest(&r);

	if (r.bad) {
		tree_octets(o, "data", data);
		tree_complain(o, "the gateway's identity is beyond the payload's end");
		return;
	}
	if (type == 1)
		dissect_addr(o, "gateway", AF_INET, gateway);
	else if (type == 2)
		dissect_addr(o, "gateway", AF_INET6, gateway);
	else
		tree_text(o, "gateway", gateway);
	if (nonce.len)
		tree_octets(o, "nonce", nonce);
}

static const struct {
	uint16_t type;
	void (*put)(json_t *o, struct kw_span data);
} notify_forms[] = {
	{ N_INVALID_KE_PAYLOAD, put_notify_group },
	{ N_SET_WINDOW_SIZE, put_notify_number },
	{ N_AUTH_LIFETIME, put_notify_number },
	{ N_ADDITIONAL_IP4_ADDRESS, put_notify_ip4 },
	{ N_ADDITIONAL_IP6_ADDRESS, put_notify_ip6 },
	{ N_REDIRECT, put_notify_redirect },
	{ N_REDIRECTED_FROM, put_notify_redirect },
	{ N_SIGNATURE_HASH_ALGORITHMS, put_notify_hashes },
};

static void put_notify_data(json_t *o, const struct notify_payload *n)
{
	for (size_t i = 0; i < sizeof(notify_forms) / sizeof(notify_forms[0]); i++) {
		if (notify_forms[i].type == n->type) {
			notify_forms[i].put(o, n->data);
			return;
		}
	}
	tree_octets(o, "data", n->data);
}

static void dissect_notify(struct dissection *m, const struct payload *p, json_t *o)
{
	struct notify_payload n = { 0 };
	int ret = notify_parse(p->body, &n);

	(void)m;
	if (p->body.len >= 4) {
		tree_named(o, "notify", n.type, notify_name(n.type));
		if (n.protocol)
			tree_named(o, "protocol", n.protocol, protocol_name(n.protocol));
	}
	if (n.spi.len)
		tree_octets(o, "spi", n.spi);
	if (n.data.len)
		put_notify_data(o, &n);
	if (ret)
		tree_complain(o, "%zu octets that do not hold an SPI of the size they announce",
			      p->body.len);
}

static void dissect_delete(struct dissection *m, const struct payload *p, json_t *o)
{
	struct delete_payload d = { 0 };
	int ret = delete_parse(p->body, &d);
	struct kw_reader r = kw_reader(d.spis);

	(void)m;
	if (p->body.len)
		tree_named(o, "protocol", d.protocol, protocol_name(d.protocol));
	if (ret) {
		tree_complain(o, "%u SPIs of %u octets announced, %zu octets left", d.n, d.spi_len,
			      d.spis.len);
		return;
	}
	for (unsigned int i = 0; i < d.n; i++)
		tree_append_octets(o, "spis", kw_get_span(&r, d.spi_len));
}

static void dissect_ts(struct dissection *m, const struct payload *p, json_t *o)
{
	struct ts_list list;
	char why[WHY_LEN], text[TS_STRLEN];
	int ret = ts_parse(p->body, &list, why, sizeof(why));
	json_t *selectors = json_array();

	(void)m;
	for (unsigned int i = 0; i < list.n; i++)
		json_array_append_new(selectors, json_string(ts_print(text, &list.ts[i])));
	json_object_set_new(o, "selectors", selectors);
	if (ret)
		tree_complain(o, "%s", why);
}

static void dissect_eap(struct dissection *m, const struct payload *p, json_t *o)
{
	static const char * const codes[] = { "code", "request", "response", "success", "failure" };
	static const char *const types[] = {
		[1] = "identity", [2] = "notification", [3] = "nak",   [4] = "MD5",   [5] = "OTP",
		[6] = "GTC",	  [13] = "TLS",		[18] = "SIM",  [21] = "TTLS", [23] = "AKA",
		[25] = "PEAP",	  [26] = "MSCHAPv2",	[50] = "AKA'",
	};
	struct kw_reader r = kw_reader(p->body);
	uint8_t code = kw_get_u8(&r), id = kw_get_u8(&r), type;
	uint16_t length = kw_get_be16(&r);

	(void)m;
	if (r.bad || length != p->body.len) {
		tree_octets(o, "data", p->body);
		tree_complain(o, "EAP length %u in a body of %zu octets", r.bad ? 0 : length,
			      p->body.len);
		return;
	}
	tree_named(o, "code", code,
		   code < sizeof(codes) / sizeof(codes[0]) ? codes[code] : codes[0]);
	tree_number(o, "identifier", id);
	if (!kw_reader_left(&r))
		return;
	type = kw_get_u8(&r);
	tree_named(o, "method", type,
		   type < sizeof(types) / sizeof(types[0]) && types[type] ? types[type] : "type");
	if (type == 1)
		tree_text(o, "identity", kw_get_rest(&r));
	else
		tree_octets(o, "data", kw_get_rest(&r));
}

/*
 * Opens p->body from offset skip on (behind the counters of SKF), to d->plain behind its first
 * octet. true with *len; else what is missing or wrong is in o.
 */
static bool open_protected(struct dissection *m, const struct payload *p, size_t skip, size_t *len,
			   json_t *o)
{
	const struct keys_v2 *keys = m->d->keys ? keys_find_v2(m->d->keys, &m->h) : NULL;
	struct kw_span body = KW_SPAN(p->body.p + skip, p->body.len - skip);
	/* SK and SKF are last: all that is left stands before their protected part. */
	struct kw_span head = KW_SPAN(m->message.p, m->message.len - body.len);
	bool checked;
	char why[WHY_LEN];

	tree_number(o, "protected", body.len);
	if (!keys)
		return false;
	if (m->inner.o) {
		tree_complain(o, "protected inside of what is protected");
		return false;
	}
	if (body.len > DISSECT_MESSAGE_MAX) {
		tree_complain(o, "%zu octets are more than a datagram holds", body.len);
		return false;
	}
	m->d->plain_len = 1 + body.len;
	if (open_v2(keys, m->h.flags & IKE_FLAG_INITIATOR, head, body, m->d->plain + 1, len,
		    &checked, why, sizeof(why))) {
		tree_complain(o, "%s", why);
		return false;
	}
	tree_string(o, "icv", checked ? "good" : "not checked");
	return true;
}

static void dissect_sk(struct dissection *m, const struct payload *p, json_t *o)
{
	size_t len;

	tree_named(o, "inside", p->next, payload_name(p->next));
	if (!open_protected(m, p, 0, &len, o))
		return;
	m->inner.o = o;
	m->inner.first = p->next;
	m->inner.plain = KW_SPAN(m->d->plain + 1, len);
}

/*
 * Opened fragments until none is missing; *whole is then the type of the first payload and the
 * payloads.
 */
static int gather(struct dissection *m, const struct fragment_head *f, struct kw_span piece,
		  struct kw_span *whole)
{
	uint8_t key[PIECES_KEY_MAX];
	struct kw_writer w = kw_writer(key, sizeof(key));

	kw_put_u8(&w, 2);
	kw_put_span(&w, KW_SPAN(m->h.spi_i, sizeof(m->h.spi_i)));
	kw_put_span(&w, KW_SPAN(m->h.spi_r, sizeof(m->h.spi_r)));
	kw_put_be32(&w, m->h.message_id);
	kw_put_u8(&w, m->h.flags);
	kw_put_be16(&w, f->total);
	return pieces_add(m->d->pieces, kw_written(&w), f->number, f->total, piece, whole);
}

/* RFC 7383 §2.5: the first fragment alone names the first payload inside. */
static void dissect_skf(struct dissection *m, const struct payload *p, json_t *o)
{
	struct fragment_head f = { 0 };
	struct kw_span whole;
	size_t len;
	int ret = fragment_parse(p->body, &f);

	tree_number(o, "number", f.number);
	tree_number(o, "total", f.total);
	if (ret) {
		tree_complain(o, "no fragment %u of %u", f.number, f.total);
		return;
	}
	if (!open_protected(m, p, p->body.len - f.body.len, &len, o))
		return;
	m->d->plain[0] = p->next;
	ret = gather(m, &f,
		     f.number == 1 ? KW_SPAN(m->d->plain, 1 + len) : KW_SPAN(m->d->plain + 1, len),
		     &whole);
	if (ret < 0)
		tree_complain(o, "more than %d fragments are not put together", PIECES_MAX);
	if (ret != 1)
		return;
	m->inner.o = o;
	m->inner.first = whole.p[0];
	m->inner.plain = KW_SPAN(whole.p + 1, whole.len - 1);
	tree_named(o, "inside", m->inner.first, payload_name(m->inner.first));
}

static const struct {
	uint8_t type;
	dissect_body body;
} bodies[] = {
	{ PAYLOAD_SA, dissect_sa },
	{ PAYLOAD_KE, dissect_ke },
	{ PAYLOAD_IDI, dissect_id },
	{ PAYLOAD_IDR, dissect_id },
	{ PAYLOAD_CERT, dissect_cert },
	{ PAYLOAD_CERTREQ, dissect_certreq },
	{ PAYLOAD_AUTH, dissect_auth },
	{ PAYLOAD_NONCE, dissect_nonce },
	{ PAYLOAD_NOTIFY, dissect_notify },
	{ PAYLOAD_DELETE, dissect_delete },
	{ PAYLOAD_VENDOR, dissect_vendor },
	{ PAYLOAD_TSI, dissect_ts },
	{ PAYLOAD_TSR, dissect_ts },
	{ PAYLOAD_SK, dissect_sk },
	{ PAYLOAD_CP, dissect_config },
	{ PAYLOAD_EAP, dissect_eap },
	{ PAYLOAD_SKF, dissect_skf },
};

static dissect_body body_of(uint8_t type)
{
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		if (bodies[i].type == type)
			return bodies[i].body;
	return dissect_octets;
}

static void put_chain(struct dissection *m, struct chain c, json_t *o)
{
	struct payload p;
	int ret;

	while ((ret = chain_next(&c, &p)) > 0) {
		json_t *one = tree_append(o, "payloads");

		tree_named(one, "type", p.type, payload_name(p.type));
		tree_number(one, "length", p.whole.len);
		if (p.critical)
			json_object_set_new(one, "critical", json_true());
		body_of(p.type)(m, &p, one);
	}
	if (ret < 0)
		tree_complain(o, "%s", c.why);
}

void dissect_v2(struct dissection *m, struct kw_span body, json_t *o)
{
	put_chain(m, chain_start(m->h.next_payload, body), o);
	if (m->inner.o)
		put_chain(m, chain_start(m->inner.first, m->inner.plain), m->inner.o);
}
