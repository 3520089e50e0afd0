// SPDX-License-Identifier: GPL-2.0
/*
 * Payloads of ISAKMP and IKEv1 messages, decrypted when the keys and what makes the IV are there.
 *
 * RFCs: 2407 §4.6, 2408 §3, 2409 §5 and appendix B, 3706 §5, 3947.
 */
#include "cli/dissect_payload.h"

#include "crypto/alg.h"
#include "wire/isakmp_v1.h"
#include "wire/names_v1.h"
#include "wire/payload.h"
#include "wire/payload_v1.h"
#include "wire/proposal_v1.h"

#include <errno.h>
#include <string.h>

#define WHY_LEN 160

/* The group numbers of both versions are one registry. */
static const char *group_name(uint16_t id)
{
	static char text[ALG_STRLEN];
	const char *unknown = transform_type_name(TRANSFORM_KE);

	alg_print(text, TRANSFORM_KE, id, 0);
	/* Private ones are what New Group Mode makes. */
	if (strncmp(text, unknown, strlen(unknown)) == 0)
		snprintf(text, sizeof(text), "group %u", id);
	return text;
}

/* Attributes whose value is a number with a name. */
struct value_names {
	uint16_t type;
	const char *(*name)(uint16_t value);
};

static const struct value_names phase1_values[] = {
	{ V1_ATTR_ENCRYPTION, v1_encryption_name }, { V1_ATTR_HASH, v1_hash_name },
	{ V1_ATTR_AUTH_METHOD, v1_auth_method_name }, { V1_ATTR_GROUP, group_name },
	{ V1_ATTR_GROUP_TYPE, v1_group_type_name }, { V1_ATTR_LIFE_TYPE, v1_life_type_name },
	{ 0 },
};

static const struct value_names phase2_values[] = {
	{ V1_IPSEC_ATTR_LIFE_TYPE, v1_life_type_name }, { V1_IPSEC_ATTR_GROUP, group_name },
	{ V1_IPSEC_ATTR_ENCAPSULATION, v1_encapsulation_name },
	{ V1_IPSEC_ATTR_AUTHENTICATION, v1_authentication_name },
	{ 0 },
};

/* What a proposal's protocol decides: the names of transforms, and which attributes they have. */
static const struct v1_protocol {
	uint8_t id;
	const char *(*transform_name)(uint8_t id);
	const char *(*attr_name)(uint16_t type);
	const struct value_names *values;
} protocols[] = {
	{ V1_PROTO_ISAKMP, v1_isakmp_transform_name, v1_attr_name, phase1_values },
	{ V1_PROTO_AH, v1_ah_transform_name, v1_ipsec_attr_name, phase2_values },
	{ V1_PROTO_ESP, v1_esp_transform_name, v1_ipsec_attr_name, phase2_values },
	{ V1_PROTO_IPCOMP, v1_ipcomp_transform_name, v1_ipsec_attr_name, phase2_values },
};

static const struct v1_protocol *protocol_of(uint8_t id)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i].id == id)
			return &protocols[i];
	return NULL;
}

static void put_attribute(json_t *o, const struct v1_protocol *protocol, const struct attr *a)
{
	const struct value_names *names = protocol ? protocol->values : NULL;
	uint64_t number;

	if (protocol)
		tree_named(o, "type", a->type, protocol->attr_name(a->type));
	else
		tree_named(o, "type", a->type, "attribute");
	if (!attr_number(a, &number)) {
		tree_octets(o, "value", a->data);
		return;
	}
	for (; names && names->type; names++) {
		if (names->type == a->type && number <= UINT16_MAX) {
			tree_named(o, "value", (unsigned int)number, names->name((uint16_t)number));
			return;
		}
	}
	tree_number(o, "value", number);
}

static void put_transform(json_t *o, const struct v1_protocol *protocol,
			  const struct transform_v1 *t)
{
	tree_number(o, "number", t->num);
	tree_named(o, "id", t->id, protocol ? protocol->transform_name(t->id) : "transform");
	for (unsigned int i = 0; i < t->n; i++)
		put_attribute(tree_append(o, "attributes"), protocol, &t->a[i]);
}

static void put_proposal(json_t *o, const struct proposal_v1 *p)
{
	tree_number(o, "number", p->num);
	tree_named(o, "protocol", p->protocol, v1_protocol_name(p->protocol));
	if (p->spi.len)
		tree_octets(o, "spi", p->spi);
	for (unsigned int i = 0; i < p->n; i++)
		put_transform(tree_append(o, "transforms"), protocol_of(p->protocol), &p->t[i]);
}

static void put_doi(json_t *o, uint32_t doi)
{
	if (doi > UINT8_MAX)
		tree_number(o, "doi", doi);
	else
		tree_named(o, "doi", doi, v1_doi_name((uint8_t)doi));
}

static void put_situation(json_t *o, const struct sa_v1 *sa)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} bits[] = {
		{ SIT_IDENTITY_ONLY, "identity-only" },
		{ SIT_SECRECY, "secrecy" },
		{ SIT_INTEGRITY, "integrity" },
	};
	json_t *names = json_array();
	uint32_t rest = sa->situation;
	char text[16];

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		if (rest & bits[i].bit)
			json_array_append_new(names, json_string(bits[i].name));
		rest &= ~bits[i].bit;
	}
	if (rest) {
		snprintf(text, sizeof(text), "0x%08x", rest);
		json_array_append_new(names, json_string(text));
	}
	json_object_set_new(o, "situation", names);
}

static void put_label(json_t *o, const char *key, const struct sa_v1_label *label)
{
	json_t *one = json_object();

	json_object_set_new(o, key, one);
	tree_octets(one, "level", label->level);
	tree_number(one, "category_bits", label->category_bits);
	tree_octets(one, "category", label->category);
}

static struct kw_arena arena_of(struct dissection *m)
{
	return (struct kw_arena){ .buf = m->d->arena, .cap = sizeof(m->d->arena) };
}

static void dissect_sa(struct dissection *m, const struct payload *p, json_t *o)
{
	struct kw_arena arena = arena_of(m);
	struct sa_v1 sa;
	char why[WHY_LEN];
	int ret = sa_v1_parse(p->body, &sa, &arena, why, sizeof(why));

	if (p->body.len >= 4)
		put_doi(o, sa.doi);
	if (sa.doi == DOI_IPSEC)
		put_situation(o, &sa);
	if (sa.opaque.len)
		tree_octets(o, "data", sa.opaque);
	if (sa.situation & (SIT_SECRECY | SIT_INTEGRITY))
		tree_number(o, "labeled_domain", sa.domain);
	if (sa.situation & SIT_SECRECY)
		put_label(o, "secrecy", &sa.secrecy);
	if (sa.situation & SIT_INTEGRITY)
		put_label(o, "integrity", &sa.integrity);
	for (unsigned int i = 0; i < sa.n; i++)
		put_proposal(tree_append(o, "proposals"), &sa.p[i]);
	if (ret)
		tree_complain(o, "%s", why);
	else
		v1_session_note_sa(v1_session_get(m->d->v1, &m->h, m->from), &m->h, &sa);
}

/* Outside an SA payload, where no exchange puts them. */
static void dissect_proposal(struct dissection *m, const struct payload *p, json_t *o)
{
	struct kw_arena arena = arena_of(m);
	struct proposal_v1 proposal;
	char why[WHY_LEN];
	int ret = proposal_v1_parse_body(p->body, &proposal, &arena, why, sizeof(why));

	put_proposal(o, &proposal);
	if (ret)
		tree_complain(o, "%s", why);
}

static void dissect_transform(struct dissection *m, const struct payload *p, json_t *o)
{
	struct kw_arena arena = arena_of(m);
	struct transform_v1 t;
	char why[WHY_LEN];
	int ret = transform_v1_parse_body(p->body, &t, &arena, why, sizeof(why));

	put_transform(o, NULL, &t);
	if (ret)
		tree_complain(o, "%s", why);
}

static void dissect_ke(struct dissection *m, const struct payload *p, json_t *o)
{
	tree_octets(o, "data", p->body);
	if (!p->body.len)
		tree_complain(o, "empty");
	else if (m->h.message_id == 0)
		v1_session_note_ke(v1_session_get(m->d->v1, &m->h, m->from), m->from, p->body);
}

static void dissect_nonce(struct dissection *m, const struct payload *p, json_t *o)
{
	struct kw_span nonce;
	char why[WHY_LEN];

	(void)m;
	if (v1_nonce_parse(p->body, &nonce, why, sizeof(why)))
		tree_complain(o, "%s", why);
	tree_octets(o, "data", nonce);
}

static void dissect_id(struct dissection *m, const struct payload *p, json_t *o)
{
	struct v1_id_payload id = { 0 };
	struct ip_range range;
	char why[WHY_LEN], text[RANGE_STRLEN];
	int ret = v1_id_parse(p->body, &id, why, sizeof(why));

	(void)m;
	if (p->body.len) {
		tree_named(o, "id", id.type, v1_id_name(id.type));
		tree_number(o, "protocol", id.protocol);
		tree_number(o, "port", id.port);
	}
	if (ret) {
		tree_complain(o, "%s", why);
		tree_octets(o, "data", id.data);
	} else if (id.type == V1_ID_IPV4_ADDR) {
		dissect_addr(o, "name", AF_INET, id.data);
	} else if (id.type == V1_ID_IPV6_ADDR) {
		dissect_addr(o, "name", AF_INET6, id.data);
	} else if (v1_id_range(&id, &range) == 0) {
		tree_string(o, "name", ip_range_print(text, &range));
	} else if (id.type == V1_ID_DER_ASN1_DN) {
		dissect_dn(o, id.data);
	} else if (id.type == V1_ID_FQDN || id.type == V1_ID_USER_FQDN || id.type == V1_ID_KEY_ID) {
		tree_text(o, "name", id.data);
	} else {
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
	tree_named(o, "encoding", c.encoding, v1_cert_encoding_name(c.encoding));
	dissect_certificate(o, c.encoding, c.data);
}

/*
 * RFC 2408 §3.10: the certificate authority that is asked for, as a distinguished name; none = any.
 */
static void dissect_certreq(struct dissection *m, const struct payload *p, json_t *o)
{
	struct cert_payload c;

	(void)m;
	if (cert_payload_parse(p->body, &c)) {
		tree_complain(o, "empty");
		return;
	}
	tree_named(o, "encoding", c.encoding, v1_cert_encoding_name(c.encoding));
	if (c.data.len)
		dissect_dn(o, c.data);
}

/* RFC 2407 §4.6.3.1: RESPONDER-LIFETIME has the attributes of a transform. */
static void put_lifetime(json_t *o, const struct v1_notify_payload *n)
{
	const struct v1_protocol *protocol = protocol_of(n->protocol);
	struct kw_reader r = kw_reader(n->data);
	struct attr a;
	char why[WHY_LEN];
	int ret;

	while ((ret = attr_next(&r, &a, why, sizeof(why))) > 0)
		put_attribute(tree_append(o, "attributes"), protocol, &a);
	if (ret < 0)
		tree_complain(o, "%s", why);
}

static void dissect_notification(struct dissection *m, const struct payload *p, json_t *o)
{
	struct v1_notify_payload n;
	struct attr number;
	uint64_t value;
	char why[WHY_LEN];
	int ret = v1_notify_parse(p->body, &n, why, sizeof(why));

	(void)m;
	if (p->body.len >= 8) {
		tree_named(o, "notify", n.type, v1_notify_name(n.type));
		put_doi(o, n.doi);
		tree_named(o, "protocol", n.protocol, v1_protocol_name(n.protocol));
	}
	if (n.spi.len)
		tree_octets(o, "spi", n.spi);
	number = attr_variable(0, n.data);
	if (n.type == V1_N_RESPONDER_LIFETIME)
		put_lifetime(o, &n);
	else if ((n.type == V1_N_R_U_THERE || n.type == V1_N_R_U_THERE_ACK ||
		  n.type == V1_N_REPLAY_STATUS) &&
		 attr_number(&number, &value))
		tree_number(o, n.type == V1_N_REPLAY_STATUS ? "replay_detection" : "sequence",
			    value);
	else if (n.data.len)
		tree_octets(o, "data", n.data);
	if (ret)
		tree_complain(o, "%s", why);
}

static void dissect_delete(struct dissection *m, const struct payload *p, json_t *o)
{
	struct v1_delete_payload d;
	struct kw_reader r;
	char why[WHY_LEN];
	int ret = v1_delete_parse(p->body, &d, why, sizeof(why));

	(void)m;
	if (p->body.len >= 8) {
		put_doi(o, d.doi);
		tree_named(o, "protocol", d.protocol, v1_protocol_name(d.protocol));
	}
	r = kw_reader(d.spis);
	for (unsigned int i = 0; i < d.n; i++)
		tree_append_octets(o, "spis", kw_get_span(&r, d.spi_len));
	if (ret)
		tree_complain(o, "%s", why);
}

static void dissect_natoa(struct dissection *m, const struct payload *p, json_t *o)
{
	struct ip_addr addr;
	char why[WHY_LEN], text[ADDR_STRLEN];

	(void)m;
	if (v1_natoa_parse(p->body, &addr, why, sizeof(why)))
		tree_complain(o, "%s", why);
	else
		tree_string(o, "address", ip_addr_print(text, &addr));
}

/* Both cookies and the fragment's id tell one fragmented message from another. */
static int gather(struct dissection *m, const struct v1_fragment *f, struct kw_span *whole)
{
	uint8_t key[PIECES_KEY_MAX];
	struct kw_writer w = kw_writer(key, sizeof(key));

	kw_put_u8(&w, 1);
	kw_put_span(&w, KW_SPAN(m->h.spi_i, sizeof(m->h.spi_i)));
	kw_put_span(&w, KW_SPAN(m->h.spi_r, sizeof(m->h.spi_r)));
	kw_put_be16(&w, m->from->port);
	kw_put_be16(&w, f->id);
	return pieces_add(m->d->pieces, kw_written(&w), f->number, f->last ? f->number : 0, f->data,
			  whole);
}

static void dissect_fragment(struct dissection *m, const struct payload *p, json_t *o)
{
	struct v1_fragment f = { 0 };
	struct kw_span whole;
	char why[WHY_LEN];
	json_t *message;
	int ret = v1_fragment_parse(p->body, &f, why, sizeof(why));

	if (ret == 0) {
		tree_number(o, "id", f.id);
		tree_number(o, "number", f.number);
		json_object_set_new(o, "last", json_boolean(f.last));
	}
	tree_octets(o, "data", f.data);
	if (ret) {
		tree_complain(o, "%s", why);
		return;
	}
	if (m->whole_of_fragments) {
		tree_complain(o, "a fragment of a fragmented message");
		return;
	}
	ret = gather(m, &f, &whole);
	if (ret < 0)
		tree_complain(o, "more than %d fragments are not put together", PIECES_MAX);
	if (ret != 1)
		return;
	message = json_object();
	json_object_set_new(o, "message", message);
	dissect_inner_message(m, whole, message);
}

static const struct {
	uint8_t type;
	dissect_body body;
} bodies[] = {
	{ V1_PAYLOAD_SA, dissect_sa },
	{ V1_PAYLOAD_PROPOSAL, dissect_proposal },
	{ V1_PAYLOAD_TRANSFORM, dissect_transform },
	{ V1_PAYLOAD_KE, dissect_ke },
	{ V1_PAYLOAD_ID, dissect_id },
	{ V1_PAYLOAD_CERT, dissect_cert },
	{ V1_PAYLOAD_CERTREQ, dissect_certreq },
	{ V1_PAYLOAD_NONCE, dissect_nonce },
	{ V1_PAYLOAD_NOTIFICATION, dissect_notification },
	{ V1_PAYLOAD_DELETE, dissect_delete },
	{ V1_PAYLOAD_VENDOR, dissect_vendor },
	{ V1_PAYLOAD_ATTRIBUTES, dissect_config },
	{ V1_PAYLOAD_NATOA, dissect_natoa },
	{ V1_PAYLOAD_NATOA_DRAFT, dissect_natoa },
	{ V1_PAYLOAD_FRAGMENT, dissect_fragment },
};

static dissect_body body_of(uint8_t type)
{
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		if (bodies[i].type == type)
			return bodies[i].body;
	return dissect_octets;		/* HASH, SIG, NAT-D: their body; and what nobody knows */
}

static void put_chain(struct dissection *m, struct kw_span body, bool decrypted, json_t *o)
{
	struct chain c = chain_start_v1(m->h.next_payload, body, decrypted);
	struct payload p;
	int ret;

	while ((ret = chain_next(&c, &p)) > 0) {
		json_t *one = tree_append(o, "payloads");

		tree_named(one, "type", p.type, v1_payload_name(p.type));
		tree_number(one, "length", p.whole.len);
		body_of(p.type)(m, &p, one);
	}
	if (ret < 0 && decrypted)
		tree_complain(o,
			      "what was decrypted is no chain of payloads (%s): another key or IV",
			      c.why);
	else if (ret < 0)
		tree_complain(o, "%s", c.why);
}

/* IKEv1 has no ICV: that the payloads make sense is all the proof there is. */
static void put_encrypted(struct dissection *m, struct kw_span body, json_t *o)
{
	const struct kw_secret *key = m->d->keys ? keys_find_v1(m->d->keys, &m->h) : NULL;
	struct v1_session *s = v1_session_get(m->d->v1, &m->h, m->from);
	char why[WHY_LEN];

	tree_number(o, "encrypted", body.len);
	if (body.len > DISSECT_MESSAGE_MAX) {
		tree_complain(o, "%zu octets are more than a datagram holds", body.len);
		return;
	}
	if (!key)
		return;
	m->d->plain_len = body.len;
	if (v1_session_open(s, key, m->h.message_id, body, m->d->plain, why, sizeof(why))) {
		tree_string(o, "not_decrypted", why);
		return;
	}
	tree_string(o, "decrypted", "no ICV to check");
	put_chain(m, KW_SPAN(m->d->plain, body.len), true, o);
}

void dissect_v1(struct dissection *m, struct kw_span body, json_t *o)
{
	if (m->h.flags & V1_FLAG_ENCRYPTION)
		put_encrypted(m, body, o);
	else
		put_chain(m, body, false, o);
}
