// SPDX-License-Identifier: GPL-2.0
/*
 * The SA payload of quick mode.
 *
 * RFCs: 2407 §4.4.3 (AH transforms), §4.4.4 (ESP transforms), §4.5 (attributes); 2408 §4.2 (AH around ESP); 2409 §5.5;
 *       3947 §5.1 (UDP encapsulation modes); 4304 (ESN); 4106, 4309 (key lengths of AEADs).
 */
#include <stdio.h>
#include <string.h>

#include "ike/conn.h"
#include "ike/natd.h"
#include "ikev1/group.h"
#include "ikev1/ipsec.h"
#include "ikev1/lifetime.h"
#include "wire/attr.h"
#include "wire/names_v1.h"
#include "wire/payload_v1.h"

#define SPI_LEN		4u
#define SPI_MIN		256u	/* RFC 4302 §2.4, 4303 §2.1: below are reserved */
#define ATTRS		10u
#define ARENA		(24u * 1024u)

static const struct {
	uint8_t v1;
	uint16_t encr;
} ciphers[] = {
	{ V1_ESP_3DES, ENCR_3DES },
	{ V1_ESP_NULL, ENCR_NULL },
	{ V1_ESP_AES_CBC, ENCR_AES_CBC },
	{ V1_ESP_AES_CTR, ENCR_AES_CTR },
	{ V1_ESP_AES_CCM_8, ENCR_AES_CCM_8 },
	{ V1_ESP_AES_CCM_12, ENCR_AES_CCM_12 },
	{ V1_ESP_AES_CCM_16, ENCR_AES_CCM_16 },
	{ V1_ESP_AES_GCM_8, ENCR_AES_GCM_8 },
	{ V1_ESP_AES_GCM_12, ENCR_AES_GCM_12 },
	{ V1_ESP_AES_GCM_16, ENCR_AES_GCM_16 },
	{ V1_ESP_CAMELLIA, ENCR_CAMELLIA_CBC },
	{ V1_ESP_NULL_AUTH_AES_GMAC, ENCR_NULL_AUTH_AES_GMAC },
};

/* AH says its algorithm twice: as its transform, and as an attribute (RFC 2407 §4.4.3). */
static const struct {
	uint16_t v1, integ;
	uint8_t ah;
} macs[] = {
	{ V1_INTEG_HMAC_SHA, INTEG_HMAC_SHA1_96, V1_AH_SHA },
	{ V1_INTEG_HMAC_SHA2_256, INTEG_HMAC_SHA2_256_128, V1_AH_SHA2_256 },
	{ V1_INTEG_HMAC_SHA2_384, INTEG_HMAC_SHA2_384_192, V1_AH_SHA2_384 },
	{ V1_INTEG_HMAC_SHA2_512, INTEG_HMAC_SHA2_512_256, V1_AH_SHA2_512 },
	{ V1_INTEG_AES_XCBC_MAC, INTEG_AES_XCBC_96, V1_AH_AES_XCBC_MAC },
	{ V1_INTEG_AES_128_GMAC, INTEG_AES_128_GMAC, V1_AH_AES_128_GMAC },
	{ V1_INTEG_AES_192_GMAC, INTEG_AES_192_GMAC, V1_AH_AES_192_GMAC },
	{ V1_INTEG_AES_256_GMAC, INTEG_AES_256_GMAC, V1_AH_AES_256_GMAC },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static uint16_t encr_of(uint8_t v1)
{
	for (size_t i = 0; i < COUNT(ciphers); i++)
		if (ciphers[i].v1 == v1)
			return ciphers[i].encr;
	return 0;
}

static uint8_t v1_of_encr(uint16_t encr)
{
	for (size_t i = 0; i < COUNT(ciphers); i++)
		if (ciphers[i].encr == encr)
			return ciphers[i].v1;
	return 0;
}

static uint16_t integ_of(uint64_t v1)
{
	for (size_t i = 0; i < COUNT(macs); i++)
		if (macs[i].v1 == v1)
			return macs[i].integ;
	return UINT16_MAX;	/* one that we do not have: meets nothing */
}

static uint16_t v1_of_integ(uint16_t integ)
{
	for (size_t i = 0; i < COUNT(macs); i++)
		if (macs[i].integ == integ)
			return macs[i].v1;
	return 0;
}

static uint8_t ah_of_integ(uint16_t integ)
{
	for (size_t i = 0; i < COUNT(macs); i++)
		if (macs[i].integ == integ)
			return macs[i].ah;
	return 0;
}

static bool is_bundle(const struct conf_child *conf)
{
	return conf->esp.n && conf->ah.n;
}

const char *v1_ipsec_name(const struct conf_child *conf)
{
	return is_bundle(conf) ? "AH around ESP" : conf->ah.n ? "AH" : "ESP";
}

char *v1_print_ipsec_offer(char *buf, size_t cap, const struct conf_child *conf)
{
	size_t used;

	proposal_list_print(buf, cap, conf_child_offer(conf));
	used = strlen(buf);
	if (is_bundle(conf) && used + sizeof("; with ") < cap) {
		used += (size_t)snprintf(buf + used, cap - used, "; with ");
		proposal_list_print(buf + used, cap - used, &conf->ah);
	}
	return buf;
}

/* ---- the encapsulation that both sides are in ---- */

static uint16_t encapsulation(const struct ike_sa *sa, bool transport)
{
	if (!natd_encap(sa))
		return transport ? V1_ENCAP_TRANSPORT : V1_ENCAP_TUNNEL;
	if (v1_sa(sa)->natt == V1_NATT_RFC)
		return transport ? V1_ENCAP_UDP_TRANSPORT : V1_ENCAP_UDP_TUNNEL;
	return transport ? V1_ENCAP_UDP_TRANSPORT_DRAFT : V1_ENCAP_UDP_TUNNEL_DRAFT;
}

/* Behind a NAT both spellings mean the same. Who says another mode sees no NAT, and would send what cannot arrive. */
static bool encapsulation_fits(const struct ike_sa *sa, bool transport, uint16_t mode)
{
	if (!natd_encap(sa))
		return mode == encapsulation(sa, transport);
	return transport ? mode == V1_ENCAP_UDP_TRANSPORT || mode == V1_ENCAP_UDP_TRANSPORT_DRAFT
			 : mode == V1_ENCAP_UDP_TUNNEL || mode == V1_ENCAP_UDP_TUNNEL_DRAFT;
}

/* ---- the attributes of one transform ---- */

struct reading {
	struct v1_ipsec t;
	uint16_t life_type;
	bool odd;
};

static void read_attr(struct reading *r, const struct attr *a)
{
	uint64_t n;

	if (!attr_number(a, &n)) {
		r->odd = true;
		return;
	}
	switch (a->type) {
	case V1_IPSEC_ATTR_LIFE_TYPE:
		r->life_type = n;
		break;
	case V1_IPSEC_ATTR_LIFE_DURATION:
		if (r->life_type == V1_LIFE_SECONDS)
			r->t.life = n;
		else if (r->life_type == V1_LIFE_KILOBYTES)
			r->t.kilobytes = n;
		break;
	case V1_IPSEC_ATTR_GROUP:
		r->t.suite.ke = n;
		break;
	case V1_IPSEC_ATTR_ENCAPSULATION:
		r->t.encapsulation = n;
		break;
	case V1_IPSEC_ATTR_AUTHENTICATION:
		r->t.suite.integ = integ_of(n);
		break;
	case V1_IPSEC_ATTR_KEY_LENGTH:
		r->t.suite.encr_bits = n;
		break;
	case V1_IPSEC_ATTR_ESN:
		r->t.suite.esn = n == 1;
		break;
	default:
		r->odd = true;
	}
}

static struct reading read_transform(const struct proposal_v1 *p, const struct transform_v1 *wire)
{
	const bool ah = p->protocol == V1_PROTO_AH;
	struct kw_reader spi = kw_reader(p->spi);
	struct reading r = {
		.t = { .proposal = p, .wire = wire, .spi = kw_get_be32(&spi),
		       .suite.encr = ah ? 0 : encr_of(wire->id) },
	};

	for (unsigned int i = 0; i < wire->n; i++)
		read_attr(&r, &wire->a[i]);
	if (ah && ah_of_integ(r.t.suite.integ) != wire->id)
		r.t.suite.integ = UINT16_MAX;
	return r;
}

static void print_one(char *buf, size_t cap, const struct reading *r)
{
	const uint8_t protocol = r->t.proposal->protocol;
	const struct suite *s = &r->t.suite;
	char text[160];

	if (protocol != V1_PROTO_ESP && protocol != V1_PROTO_AH)
		snprintf(buf, cap, "%s", v1_protocol_name(protocol));
	else if (s->integ == UINT16_MAX || (!s->encr && protocol == V1_PROTO_ESP))
		snprintf(buf, cap, "%s with an integrity algorithm of another kind",
			 protocol == V1_PROTO_AH ? v1_ah_transform_name(r->t.wire->id) :
						   v1_esp_transform_name(r->t.wire->id));
	else
		snprintf(buf, cap, "%s%s", protocol == V1_PROTO_AH ? "ah " : "",
			 suite_print(text, sizeof(text), s));
}

/* ---- one proposal of ours against one transform of theirs ---- */

static bool has(const struct proposal *p, uint8_t type, uint16_t id, uint16_t key_bits)
{
	for (unsigned int i = 0; i < p->n; i++)
		if (p->t[i].type == type && p->t[i].id == id && p->t[i].key_bits == key_bits)
			return true;
	return false;
}

static bool has_type(const struct proposal *p, uint8_t type)
{
	for (unsigned int i = 0; i < p->n; i++)
		if (p->t[i].type == type && p->t[i].id)
			return true;
	return false;
}

static bool has_or_none(const struct proposal *p, uint8_t type, uint16_t id)
{
	return id ? has(p, type, id, 0) : !has_type(p, type);
}

/* RFC 2407 §4.5.4: what is meant where nothing is said. Of octets that is: as many as you like. */
static uint64_t or_default(uint64_t seconds)
{
	return seconds ? seconds : 28800;
}

static bool life_fits(const struct ike_sa *sa, const struct conf_child *conf, uint64_t theirs)
{
	return v1_life_fits(sa->conn->conf->life_policy, or_default(theirs),
			    or_default(v1_life_of_child(conf->rekey)));
}

/* What is looked at, and with what. */
struct asked {
	const struct ike_sa *sa;
	const struct conf_child *conf;
	bool answer;		/* to our own offer, in which lifetimes are ours */
	const struct suite *within;	/* of AH around ESP: that of ESP, whose group is the group (RFC 2409 §5.5) */
};

/* The peer's number of a private group, as the child's proposals call all of them. */
static uint16_t own_group(const struct ike_sa *sa, uint16_t number)
{
	if (number < KE_PRIVATE)
		return number;
	return v1_group_known(sa, number) ? KE_PRIVATE : UINT16_MAX;	/* nobody's: meets nothing */
}

static bool group_fits(const struct asked *asked, const struct proposal *p, uint16_t group)
{
	return asked->within ? group == asked->within->ke :
			       has_or_none(p, TRANSFORM_KE, own_group(asked->sa, group));
}

/* How many things agree before the first that does not; *differs is its name, NULL when all do. */
static unsigned int compare(const struct asked *asked, const struct proposal *p, const struct reading *r,
			    const char **differs)
{
	const struct suite *s = &r->t.suite;

	*differs = "encryption";
	if (p->protocol == PROTO_ESP && (!s->encr || !has(p, TRANSFORM_ENCR, s->encr, s->encr_bits)))
		return 0;
	*differs = "integrity";
	if (!has_or_none(p, TRANSFORM_INTEG, s->integ))
		return 1;
	*differs = "key exchange (pfs)";
	if (!group_fits(asked, p, s->ke))
		return 2;
	*differs = "extended sequence numbers";
	if (!has(p, TRANSFORM_ESN, s->esn ? ESN_YES : ESN_NONE, 0))
		return 3;
	*differs = "mode (tunnel, transport)";
	if (!encapsulation_fits(asked->sa, asked->conf->transport, r->t.encapsulation))
		return 4;
	*differs = "lifetime";
	if (!asked->answer && !life_fits(asked->sa, asked->conf, r->t.life))
		return 5;
	*differs = "an attribute of unknown meaning";
	if (r->odd || r->t.spi < SPI_MIN)
		return 6;
	*differs = NULL;
	return 7;
}

/* RFC 2408 §4.2: those of one number are to be taken together. */
struct together {
	const struct proposal_v1 *esp, *ah;
};

/* false: with something that we do not do (IPCOMP), or twice the same. */
static bool take_together(const struct sa_v1 *sa, uint8_t num, struct together *out)
{
	*out = (struct together){ 0 };
	for (unsigned int i = 0; i < sa->n; i++) {
		const struct proposal_v1 *p = &sa->p[i];
		const struct proposal_v1 **to = p->protocol == V1_PROTO_ESP ? &out->esp :
						p->protocol == V1_PROTO_AH  ? &out->ah : NULL;

		if (p->num != num)
			continue;
		if (!to || *to || p->spi.len != SPI_LEN)
			return false;
		*to = p;
	}
	return true;
}

/* The protocols that the child asks for, and no others. */
static bool has_protocols(const struct conf_child *conf, const struct together *t)
{
	return !conf->esp.n == !t->esp && !conf->ah.n == !t->ah;
}

static bool is_first_of_number(const struct sa_v1 *sa, unsigned int at)
{
	for (unsigned int i = 0; i < at; i++)
		if (sa->p[i].num == sa->p[at].num)
			return false;
	return true;
}

/* With a comma, or within the same proposal with "with". */
static void list_theirs(const struct sa_v1 *sa, char *buf, size_t cap)
{
	for (unsigned int i = 0; i < sa->n; i++) {
		for (unsigned int j = 0; j < sa->p[i].n; j++) {
			struct reading r = read_transform(&sa->p[i], &sa->p[i].t[j]);
			size_t used = strlen(buf);
			char text[160];

			print_one(text, sizeof(text), &r);
			if (used + 8 < cap)
				snprintf(buf + used, cap - used, "%s%s",
					 !used ? "" : j || is_first_of_number(sa, i) ? ", " : " with ", text);
		}
	}
}

/* The nearest so far goes into f. */
struct search {
	struct asked asked;
	struct failure *f;
	unsigned int best;
};

/* One proposal of ours against those transforms. */
static bool meet(struct search *s, const struct proposal *own, const struct proposal_v1 *theirs, struct v1_ipsec *out)
{
	for (unsigned int j = 0; j < theirs->n; j++) {
		struct reading r = read_transform(theirs, &theirs->t[j]);
		const char *differs;
		unsigned int score = compare(&s->asked, own, &r, &differs);

		if (!differs) {
			*out = r.t;
			return true;
		}
		if (s->f->nearest[0] && score <= s->best)
			continue;
		s->best = score;
		print_one(s->f->nearest, sizeof(s->f->nearest), &r);
		snprintf(s->f->differs, sizeof(s->f->differs), "%s", differs);
	}
	return false;
}

/* AH around the ESP that out has already; the shorter of their lives is that of both. */
static bool meet_around(struct search *s, const struct proposal_v1 *theirs, struct v1_ipsec *out)
{
	const struct proposal_list *own = &s->asked.conf->ah;
	struct search around = { .asked = s->asked, .f = s->f };
	struct v1_ipsec ah;
	bool met = false;

	around.asked.within = &out->suite;
	for (unsigned int k = 0; !met && k < own->n; k++)
		met = meet(&around, &own->p[k], theirs, &ah);
	if (!met)
		return false;
	if (ah.life && (!out->life || ah.life < out->life))
		out->life = ah.life;
	if (ah.kilobytes && (!out->kilobytes || ah.kilobytes < out->kilobytes))
		out->kilobytes = ah.kilobytes;
	out->ah.suite = ah.suite;
	out->ah.spi = ah.spi;
	out->ah.proposal = ah.proposal;
	out->ah.wire = ah.wire;
	return true;
}

static bool choose(const struct asked *asked, const struct sa_v1 *theirs, struct v1_ipsec *out,
		   struct failure *f)
{
	const struct conf_child *conf = asked->conf;
	const struct proposal_list *own = conf_child_offer(conf);
	struct search s = { .asked = *asked, .f = f };
	struct together t;

	for (unsigned int k = 0; k < own->n; k++)
		for (unsigned int i = 0; i < theirs->n; i++)
			if (is_first_of_number(theirs, i) && take_together(theirs, theirs->p[i].num, &t) &&
			    has_protocols(conf, &t) && meet(&s, &own->p[k], t.esp ? t.esp : t.ah, out) &&
			    (!is_bundle(conf) || meet_around(&s, t.ah, out)))
				return true;
	if (!f->differs[0])
		snprintf(f->differs, sizeof(f->differs), "protocol");
	v1_print_ipsec_offer(f->ours, sizeof(f->ours), conf);
	list_theirs(theirs, f->theirs, sizeof(f->theirs));
	failure_say_proposal(f, v1_ipsec_name(conf));
	return false;
}

bool v1_choose_ipsec(const struct ike_sa *sa, const struct conf_child *conf,
		     const struct sa_v1 *theirs, struct v1_ipsec *out, struct failure *f)
{
	const struct asked asked = { .sa = sa, .conf = conf };

	return !child_has_no_way(sa, conf, f) && choose(&asked, theirs, out, f);
}

bool v1_accept_ipsec(const struct ike_sa *sa, const struct conf_child *conf,
		     const struct sa_v1 *answer, uint16_t group, struct v1_ipsec *out,
		     struct failure *f)
{
	const struct asked asked = { .sa = sa, .conf = conf, .answer = true };
	const unsigned int n = is_bundle(conf) ? 2 : 1;

	for (unsigned int i = 0; i < answer->n; i++)
		if (answer->p[i].n != 1)
			return false;
	return answer->n == n && choose(&asked, answer, out, f) && out->suite.ke == group;
}

/* ---- offers and answers ---- */

uint16_t v1_pfs_group(const struct conf_child *conf)
{
	return proposal_first_ke(conf_child_offer(conf));
}

struct offer {
	const struct ike_sa *sa;
	bool transport;
	struct kw_arena *arena;
	uint16_t group;
	uint32_t life, kilobytes;
	uint8_t life_be[4], kilobytes_be[4];
};

static unsigned int put_life(struct attr *a, uint16_t type, uint32_t n, uint8_t be[4])
{
	struct kw_writer w = kw_writer(be, 4);

	if (!n)
		return 0;
	kw_put_be32(&w, n);
	a[0] = attr_basic(V1_IPSEC_ATTR_LIFE_TYPE, type);
	a[1] = n <= UINT16_MAX ? attr_basic(V1_IPSEC_ATTR_LIFE_DURATION, n)
			       : attr_variable(V1_IPSEC_ATTR_LIFE_DURATION, KW_SPAN(be, 4));
	return 2;
}

static unsigned int put_attrs(struct offer *o, struct attr *a, const struct transform *encr,
			      uint16_t integ, bool esn)
{
	unsigned int n = put_life(a, V1_LIFE_SECONDS, o->life, o->life_be);

	n += put_life(a + n, V1_LIFE_KILOBYTES, o->kilobytes, o->kilobytes_be);
	a[n++] = attr_basic(V1_IPSEC_ATTR_ENCAPSULATION, encapsulation(o->sa, o->transport));
	if (integ)
		a[n++] = attr_basic(V1_IPSEC_ATTR_AUTHENTICATION, v1_of_integ(integ));
	if (encr && encr->key_bits)
		a[n++] = attr_basic(V1_IPSEC_ATTR_KEY_LENGTH, encr->key_bits);
	if (o->group)
		a[n++] = attr_basic(V1_IPSEC_ATTR_GROUP, o->group);
	if (esn)
		a[n++] = attr_basic(V1_IPSEC_ATTR_ESN, 1);
	return n;
}

/* encr NULL: of AH. */
static void add(struct offer *o, struct proposal_v1 *out, const struct transform *encr,
		uint16_t integ, bool esn)
{
	const uint8_t id = encr ? v1_of_encr(encr->id) : ah_of_integ(integ);
	struct transform_v1 *t = &out->t[out->n];

	if (out->n == V1_TRANSFORMS_MAX || !id || (integ && !v1_of_integ(integ)))
		return;
	t->a = kw_arena_alloc(o->arena, ATTRS * sizeof(*t->a));
	if (!t->a)
		return;
	t->num = out->n + 1;
	t->id = id;
	t->n = put_attrs(o, t->a, encr, integ, esn);
	out->n++;
}

/* What a child has already. */
static void repeat(struct offer *o, const struct suite *s, struct proposal_v1 *out)
{
	const struct transform encr = { .type = TRANSFORM_ENCR, .id = s->encr, .key_bits = s->encr_bits };

	add(o, out, s->encr ? &encr : NULL, s->integ, s->esn);
}

/* Numbers beyond 2^32 are asked for only where they are the only way: few peers of IKEv1 know them. */
static void expand(struct offer *o, const struct proposal *p, struct proposal_v1 *out)
{
	bool esn = !has(p, TRANSFORM_ESN, ESN_NONE, 0), macs_there = has_type(p, TRANSFORM_INTEG);

	for (unsigned int e = 0; e < p->n; e++) {
		if (p->t[e].type != TRANSFORM_ENCR)
			continue;
		if (!macs_there)
			add(o, out, &p->t[e], INTEG_NONE, esn);
		for (unsigned int i = 0; macs_there && i < p->n; i++)
			if (p->t[i].type == TRANSFORM_INTEG && p->t[i].id)
				add(o, out, &p->t[e], p->t[i].id, esn);
	}
}

static void expand_ah(struct offer *o, const struct proposal *p, struct proposal_v1 *out)
{
	bool esn = !has(p, TRANSFORM_ESN, ESN_NONE, 0);

	for (unsigned int i = 0; i < p->n; i++)
		if (p->t[i].type == TRANSFORM_INTEG && p->t[i].id)
			add(o, out, NULL, p->t[i].id, esn);
}

static struct kw_span put_spi(uint8_t buf[SPI_LEN], uint32_t spi)
{
	struct kw_writer w = kw_writer(buf, SPI_LEN);

	kw_put_be32(&w, spi);
	return kw_written(&w);
}

/* Said only where it is configured: few peers expect it. */
static uint32_t kilobytes_of(const struct conf_child *conf)
{
	uint64_t n = conf->rekey_bytes / 1024 / 4 * 5;

	return n < UINT32_MAX ? n : UINT32_MAX;
}

void v1_adopt_child_life(const struct ike_sa *sa, const struct conf_child *conf, const struct v1_ipsec *t,
			 struct child_sa *c)
{
	/* In an answer stands what we asked for, or something that the peer means to keep to. */
	enum conf_life policy = c->initiator ? CONF_LIFE_CLAIM : sa->conn->conf->life_policy;
	uint64_t theirs = or_default(t->life), own = or_default(v1_life_of_child(conf->rekey));
	uint64_t kilobytes = kilobytes_of(conf);
	uint64_t rekey = v1_life_rekey(v1_life_agreed(policy, theirs, own), own, conf->rekey);

	c->rekey = rekey < UINT32_MAX ? rekey : UINT32_MAX;
	if (t->kilobytes && t->kilobytes < UINT64_MAX / 1024)
		c->rekey_bytes = v1_life_rekey(v1_life_agreed(policy, t->kilobytes, kilobytes) * 1024,
					       kilobytes * 1024, conf->rekey_bytes);
}

/* RFC 2407 §4.6.3.1. Some peers' does not parse: it is no reason to refuse. */
void v1_read_responder_lifetime(const struct v1_notify_payload *n, struct v1_ipsec *t)
{
	struct kw_reader r = kw_reader(n->data);
	struct reading told = { 0 };
	struct attr a;
	char why[80];

	while (attr_next(&r, &a, why, sizeof(why)) > 0)
		read_attr(&told, &a);
	if (told.t.life && (!t->life || told.t.life < t->life))
		t->life = told.t.life;
	if (told.t.kilobytes && (!t->kilobytes || told.t.kilobytes < t->kilobytes))
		t->kilobytes = told.t.kilobytes;
}

/* What proposals are made of: transforms of one after the other. */
struct room {
	struct transform_v1 t[V1_TRANSFORMS_MAX], *next;
};

/* A proposal for one of ours, or for what the child has already. false: there is no room, or nothing to say. */
static bool put_proposal(struct offer *o, struct room *room, const struct proposal *own, const struct suite *only,
			 struct proposal_v1 *out)
{
	if (room->next + TRANSFORMS_MAX > room->t + V1_TRANSFORMS_MAX)
		return false;
	out->t = room->next;
	if (only)
		repeat(o, only, out);
	else if (own->protocol == PROTO_AH)
		expand_ah(o, own, out);
	else
		expand(o, own, out);
	room->next += out->n;
	return out->n;
}

/* The AH that goes around each ESP: any of ours, in one proposal. */
static bool put_around(struct offer *o, struct room *room, const struct child_sa *c, bool as_before,
		       struct proposal_v1 *out)
{
	out->t = room->next;
	if (as_before)
		repeat(o, &c->ah, out);
	for (unsigned int i = 0; !as_before && i < c->conf->ah.n; i++)
		if (out->t + out->n + TRANSFORMS_MAX <= room->t + V1_TRANSFORMS_MAX)
			expand_ah(o, &c->conf->ah.p[i], out);
	room->next += out->n;
	return out->n;
}

void v1_put_ipsec_offer(struct ike_run *run, const struct child_sa *c, uint16_t group, bool as_before)
{
	const struct conf_child *conf = c->conf;
	const struct proposal_list *own = conf_child_offer(conf);
	uint8_t mem[ARENA] __attribute__((aligned(16))), spi_be[SPI_LEN], ah_be[SPI_LEN];
	struct kw_arena arena = { .buf = mem, .cap = sizeof(mem) };
	struct offer o = {
		.sa = run->sa, .transport = conf->transport, .arena = &arena, .group = group,
		.life = v1_life_of_child(conf->rekey), .kilobytes = kilobytes_of(conf),
	};
	struct room room = { .next = room.t };
	struct proposal_v1 p[V1_PROPOSALS_MAX] = { 0 };
	struct proposal_v1 ah = { .protocol = V1_PROTO_AH, .spi = put_spi(ah_be, c->ah_in) };
	struct sa_v1 sa = { .doi = DOI_IPSEC, .situation = SIT_IDENTITY_ONLY, .p = p };
	const bool around = is_bundle(conf), room_for_ah = !around || put_around(&o, &room, c, as_before, &ah);
	uint8_t num = 1;

	for (unsigned int i = 0; i < (as_before ? 1 : own->n) && sa.n + 2 <= V1_PROPOSALS_MAX; i++) {
		struct proposal_v1 to = {
			.num = num, .protocol = c->protocol == PROTO_AH ? V1_PROTO_AH : V1_PROTO_ESP,
			.spi = put_spi(spi_be, c->spi_in),
		};

		if (!room_for_ah || !put_proposal(&o, &room, &own->p[i], as_before ? &c->suite : NULL, &to))
			continue;
		ah.num = num++;
		if (around)
			p[sa.n++] = ah;
		p[sa.n++] = to;
	}
	chain_open(&run->out.chain, V1_PAYLOAD_SA);
	sa_v1_build(&run->out.w, &sa);
	if (!sa.n)
		run->out.w.bad = true;
}

void v1_put_responder_lifetime(struct ike_run *run, const struct v1_ipsec *chosen, uint32_t seconds,
			       uint32_t spi)
{
	uint8_t spi_be[SPI_LEN], data[16], be[4];
	struct kw_writer attrs = kw_writer(data, sizeof(data)), life = kw_writer(be, sizeof(be));
	const struct attr type = attr_basic(V1_IPSEC_ATTR_LIFE_TYPE, V1_LIFE_SECONDS);
	const struct attr duration = attr_variable(V1_IPSEC_ATTR_LIFE_DURATION, KW_SPAN(be, 4));
	struct v1_notify_payload n = {
		.doi = DOI_IPSEC, .protocol = chosen->proposal->protocol, .type = V1_N_RESPONDER_LIFETIME,
		.spi = put_spi(spi_be, spi),
	};

	if (run->sa->conn->conf->life_policy != CONF_LIFE_CLAIM || !seconds ||
	    or_default(chosen->life) <= seconds)
		return;
	kw_put_be32(&life, seconds);
	attr_put(&attrs, &type);
	attr_put(&attrs, &duration);
	n.data = kw_written(&attrs);
	chain_open(&run->out.chain, V1_PAYLOAD_NOTIFICATION);
	v1_notify_build(&run->out.w, &n);
}

static struct proposal_v1 answer_to(const struct proposal_v1 *theirs, struct transform_v1 *t, struct kw_span spi)
{
	return (struct proposal_v1){ .num = theirs->num, .protocol = theirs->protocol, .spi = spi, .n = 1, .t = t };
}

void v1_put_ipsec_answer(struct ike_run *run, const struct v1_ipsec *chosen, uint32_t spi, uint32_t ah)
{
	uint8_t spi_be[SPI_LEN], ah_be[SPI_LEN];
	struct transform_v1 t[2] = { *chosen->wire };
	struct proposal_v1 p[2];
	struct sa_v1 sa = { .doi = DOI_IPSEC, .situation = SIT_IDENTITY_ONLY, .p = p };

	if (chosen->ah.proposal) {
		t[1] = *chosen->ah.wire;
		p[sa.n++] = answer_to(chosen->ah.proposal, &t[1], put_spi(ah_be, ah));
	}
	p[sa.n++] = answer_to(chosen->proposal, &t[0], put_spi(spi_be, spi));
	chain_open(&run->out.chain, V1_PAYLOAD_SA);
	sa_v1_build(&run->out.w, &sa);
}
