// SPDX-License-Identifier: GPL-2.0
/*
 * ISAKMP policies: what phase 1 may agree on.
 *
 * RFCs: 2407 §4.4.1 (KEY_IKE), 2408 §3.5-3.6, 2409 §4, §5.6 (groups described in phase 1), appendix A.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "crypto/sign.h"
#include "ike/conn.h"
#include "ikev1/keys.h"
#include "ikev1/lifetime.h"
#include "ikev1/policy.h"
#include "wire/names_v1.h"

#define TRANSFORMS_BYTES (32u * 1024u)

/* A policy's number for people. */
static unsigned int number_of(const struct conn *c, unsigned int i)
{
	return c->conf->ike_default ? V1_POLICY_DEFAULT : 10 * (i + 1);
}

/* Methods of the hosts with a user asked for after them: draft-beaulieu-ike-xauth-02 §7.2. */
static const struct {
	uint16_t of_hosts, initiator, responder;	/* which of the two is asked */
} xauth_methods[] = {
	{ V1_AUTH_PSK, V1_AUTH_XAUTH_INIT_PSK, V1_AUTH_XAUTH_RESP_PSK },
	{ V1_AUTH_RSA, V1_AUTH_XAUTH_INIT_RSA, V1_AUTH_XAUTH_RESP_RSA },
	{ V1_AUTH_DSS, V1_AUTH_XAUTH_INIT_DSS, V1_AUTH_XAUTH_RESP_DSS },
	{ V1_HYBRID, V1_AUTH_HYBRID_INIT_RSA, V1_AUTH_HYBRID_RESP_RSA },
};

#define N_XAUTH (sizeof(xauth_methods) / sizeof(xauth_methods[0]))

static uint16_t with_user(uint16_t method, enum v1_asked asked)
{
	for (size_t i = 0; i < N_XAUTH; i++)
		if (xauth_methods[i].of_hosts == method)
			return asked == V1_ASKED_INITIATOR ? xauth_methods[i].initiator
							   : xauth_methods[i].responder;
	return 0;
}

static uint16_t of_hosts(uint16_t method, enum v1_asked *asked)
{
	*asked = V1_ASKED_NONE;
	for (size_t i = 0; i < N_XAUTH; i++) {
		if (xauth_methods[i].initiator == method)
			*asked = V1_ASKED_INITIATOR;
		else if (xauth_methods[i].responder == method)
			*asked = V1_ASKED_RESPONDER;
		else
			continue;
		return xauth_methods[i].of_hosts;
	}
	return method;
}

static uint16_t method_of_hosts(const struct conn *c)
{
	static const uint16_t of_key[] = {
		[KEY_RSA] = V1_AUTH_RSA,
		[KEY_DSA] = V1_AUTH_DSS,
		[KEY_ECDSA_256] = V1_AUTH_ECDSA_256,
		[KEY_ECDSA_384] = V1_AUTH_ECDSA_384,
		[KEY_ECDSA_521] = V1_AUTH_ECDSA_521,
	};
	enum key_kind kind;

	if (c->conf->local_auth == CONF_AUTH_PSK)
		return V1_AUTH_PSK;
	if (c->conf->rsa_encryption != CONF_RSA_SIGNS)
		return c->conf->rsa_encryption == CONF_RSA_REVISED ? V1_AUTH_RSA_REVISED : V1_AUTH_RSA_ENCRYPTION;
	if (c->conf->local_auth == CONF_AUTH_XAUTH)
		return V1_HYBRID;
	if (c->conf->remote_auth == CONF_AUTH_XAUTH)
		return c->conf->key && sign_key_kind(c->conf->key) == KEY_RSA ? V1_HYBRID : 0;
	if (!c->conf->key)
		return 0;
	kind = sign_key_kind(c->conf->key);
	return kind < sizeof(of_key) / sizeof(of_key[0]) ? of_key[kind] : 0;
}

uint16_t v1_auth_method_of(const struct conn *c, enum ike_role role)
{
	uint16_t method = method_of_hosts(c);
	bool client = c->conf->xauth == CONF_XAUTH_CLIENT;

	if (c->conf->xauth == CONF_XAUTH_NONE)
		return method;
	return with_user(method, client == (role == IKE_INITIATOR) ? V1_ASKED_INITIATOR
								   : V1_ASKED_RESPONDER);
}

/* ---- the attributes of one transform ---- */

/* These are too large for attr_number(); a small generator may stand in place of its length. */
static bool read_group_attr(struct v1_transform *t, const struct attr *a)
{
	switch (a->type) {
	case V1_ATTR_GROUP_PRIME:
		t->prime = a->data;
		t->odd |= a->basic || !a->data.len;
		return true;
	case V1_ATTR_GROUP_GENERATOR_1:
		t->generator = a->data;
		t->small_generator[0] = a->value >> 8;
		t->small_generator[1] = a->value & 0xff;
		return true;
	}
	return false;
}

static void read_attr(struct v1_transform *t, const struct attr *a, uint16_t *life_type)
{
	uint64_t n;

	if (read_group_attr(t, a))
		return;
	if (!attr_number(a, &n)) {
		t->odd = true;
		return;
	}
	switch (a->type) {
	case V1_ATTR_ENCRYPTION:
		t->encr = n;
		break;
	case V1_ATTR_HASH:
		t->hash = n;
		break;
	case V1_ATTR_AUTH_METHOD:
		t->auth = n;
		break;
	case V1_ATTR_GROUP:
		t->group = n;
		break;
	case V1_ATTR_KEY_LENGTH:
		t->key_bits = n;
		break;
	case V1_ATTR_LIFE_TYPE:
		*life_type = n;
		break;
	case V1_ATTR_LIFE_DURATION:
		if (*life_type == V1_LIFE_SECONDS)
			t->life = n;
		else if (*life_type == V1_LIFE_KILOBYTES)
			t->kilobytes = n;
		break;
	case V1_ATTR_GROUP_TYPE:	/* says of a known group what everybody knows */
		t->group_type = n;
		break;
	default:
		t->odd = true;
	}
}

struct v1_transform v1_read_transform(const struct transform_v1 *wire)
{
	struct v1_transform t = { .wire = wire, .odd = wire->id != V1_KEY_IKE };
	uint16_t life_type = 0;

	for (unsigned int i = 0; i < wire->n; i++)
		read_attr(&t, &wire->a[i], &life_type);
	/* Half a description, or one of a group that has a number of everybody's. */
	if (t.prime.len)
		t.odd |= t.group && t.group < KE_PRIVATE;
	else
		t.odd |= t.generator.len || t.small_generator[0] || t.small_generator[1];
	return t;
}

struct modp v1_described_group(const struct v1_transform *t)
{
	return modp_of(t->prime, t->generator.len ? t->generator
						  : KW_SPAN(t->small_generator, sizeof(t->small_generator)));
}

unsigned int v1_put_group_attrs(struct attr *a, const struct modp *m)
{
	a[0] = attr_basic(V1_ATTR_GROUP_TYPE, V1_GROUP_TYPE_MODP);
	a[1] = attr_variable(V1_ATTR_GROUP_PRIME, m->p);
	a[2] = attr_variable(V1_ATTR_GROUP_GENERATOR_1, m->g);
	return V1_GROUP_ATTRS;
}

static char *print_group(char buf[ALG_STRLEN], const struct v1_transform *t)
{
	if (t->prime.len)
		snprintf(buf, ALG_STRLEN, "private of %zu bits", 8 * v1_described_group(t).p.len);
	else
		alg_print(buf, TRANSFORM_KE, t->group, 0);
	return buf;
}

static char *print_transform(char *buf, size_t cap, const struct v1_transform *t)
{
	char bits[16] = "", group[ALG_STRLEN];

	if (t->key_bits)
		snprintf(bits, sizeof(bits), "-%u", t->key_bits);
	snprintf(buf, cap, "%s%s / %s / %s / %s", v1_encryption_name(t->encr), bits,
		 v1_hash_name(t->hash), v1_auth_method_name(t->auth),
		 print_group(group, t));
	return buf;
}

/* ---- one policy against one transform ---- */

static bool has(const struct proposal *p, uint8_t type, uint16_t id, uint16_t key_bits)
{
	for (unsigned int i = 0; i < p->n; i++)
		if (p->t[i].type == type && p->t[i].id == id && p->t[i].key_bits == key_bits)
			return true;
	return false;
}

/* "SHA2-256 or SHA2-384": what a policy has of one kind. */
static char *own_of(const struct proposal *p, uint8_t type, char *buf, size_t cap)
{
	char name[ALG_STRLEN];

	buf[0] = '\0';
	for (unsigned int i = 0; i < p->n; i++) {
		size_t used = strlen(buf);
		const char *text = alg_print(name, p->t[i].type, p->t[i].id, p->t[i].key_bits);

		if (p->t[i].type != type)
			continue;
		if (type == TRANSFORM_PRF)
			text = v1_hash_name(v1_hash_of_prf(p->t[i].id));
		snprintf(buf + used, cap - used, "%s%s", used ? " or " : "", text);
	}
	return buf;
}

struct difference {
	unsigned int score;	/* how many attributes agree before the first that does not */
	char word[32];
	char text[200];		/* "offered hash MD5, configured SHA2-256" */
};

#define DIFFERS(d, n, what, theirs, own)                                                           \
	(snprintf((d)->word, sizeof((d)->word), "%s", what),                                       \
	 snprintf((d)->text, sizeof((d)->text), "offered %s %s, configured %s", what, theirs, own), \
	 (d)->score = (n), false)

/* Whose offer or answer it is that is looked at. */
struct asked {
	const struct conn *c;
	uint16_t auth;
	bool answer;		/* to our own offer, in which lifetimes are ours */
};

/*
 * A group described in the clear is the one that the connection has, or none: to try whether another one's prime is safe
 * takes seconds, and anybody can ask. A number alone of a private group means nothing yet.
 */
static bool group_fits(const struct conf_conn *conf, const struct proposal *p, const struct v1_transform *t)
{
	struct modp theirs = v1_described_group(t);

	if (!t->prime.len)
		return t->group && t->group < KE_PRIVATE && has(p, TRANSFORM_KE, t->group, 0);
	return has(p, TRANSFORM_KE, KE_PRIVATE, 0) && t->group_type == V1_GROUP_TYPE_MODP &&
	       modp_equal(&theirs, &conf->private_group);
}

static bool meets(const struct asked *asked, const struct proposal *p, const struct v1_transform *t,
		  struct difference *d)
{
	uint32_t own_life = v1_life_of_ike(asked->c->conf->ike_rekey);
	uint16_t auth = asked->auth;
	uint16_t encr = v1_encr_to_v2(t->encr), bits = encr == ENCR_3DES ? 0 : t->key_bits;
	char own[120], theirs[48];

	if (t->auth != auth)
		return DIFFERS(d, 0, "authentication", v1_auth_method_name(t->auth),
			       v1_auth_method_name(auth));
	if (!encr || !has(p, TRANSFORM_ENCR, encr, bits)) {
		snprintf(theirs, sizeof(theirs), t->key_bits ? "%s-%u" : "%s",
			 v1_encryption_name(t->encr), t->key_bits);
		return DIFFERS(d, 1, "encryption", theirs,
			       own_of(p, TRANSFORM_ENCR, own, sizeof(own)));
	}
	if (!v1_prf_of_hash(t->hash) || !has(p, TRANSFORM_PRF, v1_prf_of_hash(t->hash), 0))
		return DIFFERS(d, 2, "hash", v1_hash_name(t->hash),
			       own_of(p, TRANSFORM_PRF, own, sizeof(own)));
	if (!group_fits(asked->c->conf, p, t))
		return DIFFERS(d, 3, "group", print_group(theirs, t),
			       own_of(p, TRANSFORM_KE, own, sizeof(own)));
	/* Nothing said: nothing to compare (RFC 2409 has no default for phase 1). */
	if (t->life && !asked->answer && !v1_life_fits(asked->c->conf->life_policy, t->life, own_life)) {
		snprintf(theirs, sizeof(theirs), "%llu s", (unsigned long long)t->life);
		snprintf(own, sizeof(own), own_life ? "%u s" : "no end", own_life);
		return DIFFERS(d, 4, "lifetime", theirs, own);
	}
	if (t->odd)
		return DIFFERS(d, 5, "attribute", "of unknown meaning", "none of that kind");
	return true;
}

/* ---- all policies against all transforms ---- */

static bool usable(const struct sa_v1 *sa, const struct proposal_v1 *p)
{
	return sa->doi == DOI_IPSEC && sa->situation == SIT_IDENTITY_ONLY &&
	       p->protocol == V1_PROTO_ISAKMP;
}

static bool first_match(const struct asked *asked, const struct proposal *policy, const struct sa_v1 *theirs,
			struct v1_transform *out, const struct proposal_v1 **proposal,
			struct difference *nearest, struct v1_transform *nearest_t)
{
	for (unsigned int i = 0; i < theirs->n; i++) {
		const struct proposal_v1 *p = &theirs->p[i];

		for (unsigned int j = 0; usable(theirs, p) && j < p->n; j++) {
			struct v1_transform t = v1_read_transform(&p->t[j]);
			struct difference d = { 0 };

			if (meets(asked, policy, &t, &d)) {
				*out = t;
				*proposal = p;
				return true;
			}
			if (nearest_t->wire && d.score <= nearest->score)
				continue;
			*nearest = d;
			*nearest_t = t;
		}
	}
	return false;
}

static void list_theirs(const struct sa_v1 *theirs, char *buf, size_t cap)
{
	for (unsigned int i = 0; i < theirs->n; i++) {
		for (unsigned int j = 0; j < theirs->p[i].n; j++) {
			struct v1_transform t = v1_read_transform(&theirs->p[i].t[j]);
			size_t used = strlen(buf);
			char text[160];

			if (used + 8 < cap)
				snprintf(buf + used, cap - used, "%s%s", used ? ", " : "",
					 print_transform(text, sizeof(text), &t));
		}
	}
}

static bool choose(const struct asked *asked, const struct sa_v1 *theirs, struct v1_transform *out,
		   const struct proposal_v1 **proposal, struct failure *f)
{
	const struct conn *c = asked->c;
	const struct proposal_list *own = &c->conf->ike;
	unsigned int best = 0;
	char reasons[480] = "";

	for (unsigned int i = 0; i < own->n; i++) {
		struct v1_transform near_t = { 0 };
		struct difference d = { 0 };
		size_t used = strlen(reasons);

		if (first_match(asked, &own->p[i], theirs, out, proposal, &d, &near_t))
			return true;
		if (!near_t.wire)
			continue;
		snprintf(reasons + used, sizeof(reasons) - used, "%spolicy %u: %s", used ? "; " : "",
			 number_of(c, i), d.text);
		if (f->nearest[0] && d.score <= best)
			continue;
		best = d.score;
		print_transform(f->nearest, sizeof(f->nearest), &near_t);
		snprintf(f->differs, sizeof(f->differs), "%s", d.word);
	}
	proposal_list_print(f->ours, sizeof(f->ours), own);
	list_theirs(theirs, f->theirs, sizeof(f->theirs));
	failure_set(f, FAILURE_PROPOSAL, "no common ISAKMP policy: %s; nearest of theirs: %s",
		    reasons[0] ? reasons : "the peer offers nothing for ISAKMP",
		    f->nearest[0] ? f->nearest : "none");
	return false;
}

bool v1_choose_phase1(const struct conn *c, uint16_t auth, const struct sa_v1 *theirs,
		      struct v1_transform *out, const struct proposal_v1 **proposal,
		      struct failure *f)
{
	const struct asked asked = { .c = c, .auth = auth };

	return choose(&asked, theirs, out, proposal, f);
}

bool v1_accept_phase1(const struct conn *c, uint16_t auth, const struct sa_v1 *answer,
		      struct v1_transform *out, struct failure *f)
{
	const struct asked asked = { .c = c, .auth = auth, .answer = true };
	const struct proposal_v1 *p;

	return answer->n == 1 && answer->p[0].n == 1 && choose(&asked, answer, out, &p, f);
}

/* ---- offers and answers ---- */

#define ATTRS (6u + V1_GROUP_ATTRS)

struct offer {
	const struct conf_conn *conf;
	uint16_t auth;
	uint16_t only_group;	/* 0 = all */
	uint32_t life;
	uint8_t life_be[4];
	struct kw_arena *arena;
};

static unsigned int put_attrs(struct offer *o, struct attr *a, const struct transform *encr, uint16_t prf,
			      uint16_t group)
{
	struct kw_writer w = kw_writer(o->life_be, 4);
	unsigned int n = 0;

	a[n++] = attr_basic(V1_ATTR_ENCRYPTION, v1_encr_from_v2(encr->id));
	if (encr->key_bits)
		a[n++] = attr_basic(V1_ATTR_KEY_LENGTH, encr->key_bits);
	a[n++] = attr_basic(V1_ATTR_HASH, v1_hash_of_prf(prf));
	if (group == KE_PRIVATE)
		n += v1_put_group_attrs(a + n, &o->conf->private_group);
	else
		a[n++] = attr_basic(V1_ATTR_GROUP, group);
	a[n++] = attr_basic(V1_ATTR_AUTH_METHOD, o->auth);
	if (!o->life)
		return n;
	a[n++] = attr_basic(V1_ATTR_LIFE_TYPE, V1_LIFE_SECONDS);
	kw_put_be32(&w, o->life);
	a[n++] = o->life <= UINT16_MAX ? attr_basic(V1_ATTR_LIFE_DURATION, o->life)
				       : attr_variable(V1_ATTR_LIFE_DURATION, KW_SPAN(o->life_be, 4));
	return n;
}

/* Every combination that one policy allows. */
static void expand(struct offer *o, const struct proposal *p, struct proposal_v1 *out)
{
	for (unsigned int e = 0; e < p->n; e++)
		for (unsigned int h = 0; h < p->n; h++)
			for (unsigned int g = 0; g < p->n; g++) {
				struct transform_v1 *t = &out->t[out->n];

				if (p->t[e].type != TRANSFORM_ENCR ||
				    p->t[h].type != TRANSFORM_PRF ||
				    p->t[g].type != TRANSFORM_KE ||
				    (o->only_group && p->t[g].id != o->only_group) ||
				    out->n == V1_TRANSFORMS_MAX)
					continue;
				t->a = kw_arena_alloc(o->arena, ATTRS * sizeof(*t->a));
				if (!t->a)
					return;
				t->num = out->n + 1;
				t->id = V1_KEY_IKE;
				t->n = put_attrs(o, t->a, &p->t[e], p->t[h].id, p->t[g].id);
				out->n++;
			}
}

uint16_t v1_first_group(const struct conn *c)
{
	return proposal_first_ke(&c->conf->ike);
}

void v1_put_phase1_offer(struct ike_run *run, uint16_t auth, uint16_t group)
{
	static const struct sa_v1 empty = { .doi = DOI_IPSEC, .situation = SIT_IDENTITY_ONLY };
	const struct conn *c = run->sa->conn;
	uint8_t mem[TRANSFORMS_BYTES] __attribute__((aligned(16)));
	struct kw_arena arena = { .buf = mem, .cap = sizeof(mem) };
	struct offer o = {
		.conf = c->conf, .auth = auth, .only_group = group,
		.life = v1_life_of_ike(c->conf->ike_rekey), .arena = &arena,
	};
	struct transform_v1 t[V1_TRANSFORMS_MAX] = { 0 };
	struct proposal_v1 p = { .num = 1, .protocol = V1_PROTO_ISAKMP, .t = t };
	struct sa_v1 sa = empty;

	for (unsigned int i = 0; i < c->conf->ike.n; i++)
		expand(&o, &c->conf->ike.p[i], &p);
	sa.n = 1;
	sa.p = &p;
	chain_open(&run->out.chain, V1_PAYLOAD_SA);
	sa_v1_build(&run->out.w, &sa);
	if (!p.n)
		run->out.w.bad = true;
}

void v1_put_phase1_answer(struct ike_run *run, const struct proposal_v1 *proposal,
			  const struct v1_transform *t)
{
	struct transform_v1 one = *t->wire;
	struct proposal_v1 p = *proposal;
	struct sa_v1 sa = { .doi = DOI_IPSEC, .situation = SIT_IDENTITY_ONLY, .n = 1, .p = &p };

	p.n = 1;
	p.t = &one;
	chain_open(&run->out.chain, V1_PAYLOAD_SA);
	sa_v1_build(&run->out.w, &sa);
}

void v1_adopt(struct ike_sa *sa, const struct v1_transform *t)
{
	struct v1_sa *v1 = v1_sa(sa);

	sa->suite = (struct suite){
		.encr = v1_encr_to_v2(t->encr),
		.encr_bits = v1_encr_to_v2(t->encr) == ENCR_3DES ? 0 : t->key_bits,
		.prf = v1_prf_of_hash(t->hash),
		.ke = v1_transform_ke(t),
	};
	v1->hash = t->hash;
	v1->auth = of_hosts(t->auth, &v1->asked);
	v1->life = t->life < UINT32_MAX ? t->life : UINT32_MAX;
}

void v1_adopt_life(struct ike_sa *sa)
{
	const struct conf_conn *conf = sa->conn->conf;
	uint32_t own = v1_life_of_ike(conf->ike_rekey), theirs = v1_sa(sa)->life;
	enum conf_life policy = sa->role == IKE_INITIATOR ? CONF_LIFE_CLAIM : conf->life_policy;

	if (theirs)
		sa->rekey_agreed = v1_life_rekey(v1_life_agreed(policy, theirs, own), own,
						 conf->ike_rekey);
}
