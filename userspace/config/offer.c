// SPDX-License-Identifier: GPL-2.0
/* Algorithms as written in a configuration, into proposals. */
#include "config/offer.h"

#include "config/spell.h"
#include "config/token.h"
#include "config/value.h"
#include "wire/isakmp.h"
#include "wire/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every integrity algorithm of IKE has a PRF of the same make: who writes one means the other. */
static const struct {
	uint16_t integ, prf;
} prf_of_integ[] = {
	{ INTEG_HMAC_SHA2_256_128, PRF_HMAC_SHA2_256 },
	{ INTEG_HMAC_SHA2_384_192, PRF_HMAC_SHA2_384 },
	{ INTEG_HMAC_SHA2_512_256, PRF_HMAC_SHA2_512 },
	{ INTEG_HMAC_SHA1_96, PRF_HMAC_SHA1 },
	{ INTEG_AES_XCBC_96, PRF_AES128_XCBC },
	{ INTEG_AES_CMAC_96, PRF_AES128_CMAC },
};

struct offer {
	struct proposal *p;
	uint8_t protocol;
	const char *legacy;	/* names that may be used though they are weak, with commas; "" = none */
	char *why;
	size_t why_len;
};

#define REFUSE(o, ...) (snprintf((o)->why, (o)->why_len, __VA_ARGS__), -EINVAL)

/* The algorithm of a word; *key_bits is the size at its end, when it has one. */
static const struct alg *find_word(const char *word, uint16_t *key_bits)
{
	char base[ALG_STRLEN];
	const char *dash = strrchr(word, '-');
	const struct alg *alg;
	uint64_t bits;

	*key_bits = 0;
	for (int type = TRANSFORM_ENCR; type <= TRANSFORM_ESN; type++) {
		alg = alg_by_name((enum transform_type)type, word);
		/* "none" is what leaving it out means. */
		if (alg && strcmp(alg->name, "none") != 0)
			return alg;
	}
	if (!dash || (size_t)(dash - word) >= sizeof(base) || !value_number(dash + 1, 65535, &bits))
		return NULL;
	memcpy(base, word, (size_t)(dash - word));
	base[dash - word] = '\0';
	alg = alg_by_name(TRANSFORM_ENCR, base);
	for (size_t i = 0; alg && i < 4; i++) {
		if (bits && alg->key_bits[i] == bits) {
			*key_bits = (uint16_t)bits;
			return alg;
		}
	}
	return NULL;
}

/* Is the weak algorithm one that the connection's "legacy" names? */
static bool allowed(const struct offer *o, const struct alg *alg)
{
	size_t len = strlen(alg->name);

	for (const char *p = o->legacy; (p = strstr(p, alg->name)); p += len)
		if ((p == o->legacy || strchr(", \t", p[-1])) && strchr(", \t", p[len]))
			return true;
	return false;
}

static bool usable(const struct offer *o, const struct alg *alg)
{
	if (alg->legacy && !allowed(o, alg))
		return false;
	if (o->protocol == PROTO_IKE)
		return alg->ike && alg->type != TRANSFORM_ESN;
	if (o->protocol == PROTO_AH && alg->type == TRANSFORM_INTEG)
		return alg->ah;
	return alg->esp && alg->type != TRANSFORM_PRF &&
	       (o->protocol == PROTO_ESP || alg->type != TRANSFORM_ENCR);
}

/* Every word that could stand here, with its key sizes. */
static void spell_algorithms(const struct offer *o, struct spell *s, char best[ALG_STRLEN])
{
	size_t n;
	const struct alg *table = alg_table(&n);

	for (size_t i = 0; i < n; i++) {
		if (!usable(o, &table[i]))
			continue;
		for (size_t k = 0; k < 4 && (k == 0 || table[i].key_bits[k]); k++) {
			char name[ALG_STRLEN];
			const char *before = s->best;

			alg_print(name, table[i].type, table[i].id, table[i].key_bits[k]);
			spell_try(s, name);
			if (s->best != before) {
				memcpy(best, name, ALG_STRLEN);
				s->best = best;
			}
		}
	}
}

static int refuse_unknown(struct offer *o, const char *word)
{
	struct spell s = { .word = word };
	const char *why_not = alg_why_not(word);
	char best[ALG_STRLEN];

	if (why_not)
		return REFUSE(o, "%.60s cannot be used: %s", word, why_not);
	spell_algorithms(o, &s, best);
	if (s.best)
		return REFUSE(o, "unknown algorithm \"%.60s\": did you mean %s?", word, s.best);
	return REFUSE(o, "unknown algorithm \"%.60s\"", word);
}

static int add(struct offer *o, uint8_t type, uint16_t id, uint16_t key_bits)
{
	struct proposal *p = o->p;
	struct transform *t;

	for (unsigned int i = 0; i < p->n; i++)
		if (p->t[i].type == type && p->t[i].id == id && p->t[i].key_bits == key_bits)
			return 0;
	if (p->n == TRANSFORMS_MAX)
		return REFUSE(o, "more than %d algorithms in one proposal", TRANSFORMS_MAX);
	t = realloc(p->t, (p->n + 1) * sizeof(*t));
	if (!t) {
		snprintf(o->why, o->why_len, "no memory");
		return -ENOMEM;
	}
	p->t = t;
	t[p->n++] = (struct transform){ .type = type, .id = id, .key_bits = key_bits };
	return 0;
}

/* Where the algorithm belongs instead. */
static int refuse_misplaced(struct offer *o, const struct alg *alg, const char *word)
{
	if (o->protocol == PROTO_AH && alg->type == TRANSFORM_ENCR)
		return REFUSE(o, "AH encrypts nothing: leave %s away, or use esp%s", word,
			      alg->id == ENCR_NULL_AUTH_AES_GMAC ? " (AH's own is aes-128-gmac)" : "");
	return REFUSE(o, "%s is not for %s", word, protocol_name(o->protocol));
}

static int add_word(struct offer *o, const char *word)
{
	uint16_t key_bits;
	const struct alg *alg;

	if (!*word)
		return REFUSE(o, "an empty place in the list");
	alg = find_word(word, &key_bits);
	if (!alg)
		return refuse_unknown(o, word);
	if (alg->key_attr && !key_bits)
		return REFUSE(o, "%s needs a key size, such as %s-%d", word, word,
			      alg->key_bits[0]);
	if (o->protocol == PROTO_AH && alg->type == TRANSFORM_ENCR)
		return refuse_misplaced(o, alg, word);
	if (alg->legacy && !allowed(o, alg))
		return REFUSE(o, "%s is too weak to be offered: \"legacy = %s\" allows it all the same",
			      word, alg->name);
	if (!usable(o, alg))
		return refuse_misplaced(o, alg, word);
	return add(o, alg->type, alg->id, key_bits);
}

/* RFC 9370: "ke1-ecp-384", "ke2-none" (it may be left out). 0: not of this form. */
static uint8_t addke_type(const char *word)
{
	return word[0] == 'k' && word[1] == 'e' && word[2] >= '1' && word[2] < '1' + ADDKE_MAX && word[3] == '-' ?
		       (uint8_t)(TRANSFORM_ADDKE1 + word[2] - '1') : 0;
}

static int add_addke(struct offer *o, uint8_t type, const char *word)
{
	const struct alg *alg = alg_by_name(TRANSFORM_KE, word);

	if (!alg)
		return refuse_unknown(o, word);
	if (alg->legacy)
		return REFUSE(o, "%s is too weak for an additional key exchange", word);
	return add(o, type, alg->id, 0);
}

/* No algorithm of ours, but one that the connection brings: IKEv1's private groups. */
static int add_private(struct offer *o)
{
	return add(o, TRANSFORM_KE, KE_PRIVATE, 0);
}

static int add_words(struct offer *o, char *words)
{
	char *word;
	int ret = 0;

	while (!ret && (word = token_item(&words, '+'))) {
		uint8_t addke = addke_type(word);

		ret = addke ? add_addke(o, addke, word + 4)
			    : strcmp(word, "private") == 0 ? add_private(o) : add_word(o, word);
	}
	return ret;
}

/* The same from a constant. */
static int add_default(struct offer *o, const char *words)
{
	char copy[128];

	snprintf(copy, sizeof(copy), "%s", words);
	return add_words(o, copy);
}

static int add_prfs_of_integ(struct offer *o)
{
	const unsigned int n = o->p->n;
	int ret = 0;

	for (unsigned int i = 0; i < n && !ret; i++)
		for (size_t k = 0; k < sizeof(prf_of_integ) / sizeof(prf_of_integ[0]) && !ret; k++)
			if (o->p->t[i].type == TRANSFORM_INTEG &&
			    o->p->t[i].id == prf_of_integ[k].integ)
				ret = add(o, TRANSFORM_PRF, prf_of_integ[k].prf, 0);
	return ret;
}

static const struct transform *first_of(const struct proposal *p, uint8_t type)
{
	for (unsigned int i = 0; i < p->n; i++)
		if (p->t[i].type == type)
			return &p->t[i];
	return NULL;
}

static bool is_aead(const struct transform *t)
{
	return alg_find(TRANSFORM_ENCR, t->id)->aead;
}

/* RFC 5282 §8, RFC 7296 §3.3: combined-mode ciphers and others stand in proposals of their own. */
static int check_ciphers(struct offer *o)
{
	const struct transform *first = first_of(o->p, TRANSFORM_ENCR);
	const struct transform *integ = first_of(o->p, TRANSFORM_INTEG);
	char name[ALG_STRLEN], other[ALG_STRLEN];

	if (!first)
		return REFUSE(o, "a proposal without a cipher, such as aes-gcm-16-256");
	alg_print(name, first->type, first->id, first->key_bits);
	for (const struct transform *t = first; t < o->p->t + o->p->n; t++)
		if (t->type == TRANSFORM_ENCR && is_aead(t) != is_aead(first))
			return REFUSE(o,
				      "only one of %s and %s has its own integrity: write two proposals",
				      name, alg_print(other, t->type, t->id, t->key_bits));
	if (is_aead(first) && integ)
		return REFUSE(o, "%s has its own integrity: leave %s away", name,
			      alg_print(other, integ->type, integ->id, 0));
	if (!is_aead(first) && !integ)
		return REFUSE(o, "%s needs an integrity algorithm, such as hmac-sha2-256-128",
			      name);
	return 0;
}

/* RFC 7296 §3.3.3: of AH integrity is all there is. */
static int check_integrity(struct offer *o)
{
	return first_of(o->p, TRANSFORM_INTEG) ? 0 :
	       REFUSE(o, "a proposal without an integrity algorithm, such as hmac-sha2-256-128");
}

static int complete(struct offer *o)
{
	int ret = o->protocol == PROTO_AH ? check_integrity(o) : check_ciphers(o);

	if (!ret && o->protocol == PROTO_IKE && !first_of(o->p, TRANSFORM_PRF))
		ret = first_of(o->p, TRANSFORM_INTEG) ? add_prfs_of_integ(o)
						      : add_default(o, OFFER_PRFS);
	if (!ret && o->protocol == PROTO_IKE && !first_of(o->p, TRANSFORM_KE))
		ret = add_default(o, OFFER_GROUPS);
	if (!ret && o->protocol != PROTO_IKE && !first_of(o->p, TRANSFORM_ESN))
		ret = add_default(o, "esn+no-esn");
	return ret;
}

int offer_parse(struct proposal_list *list, uint8_t protocol, char *text, const char *legacy,
		char *why, size_t why_len)
{
	struct offer o = { .protocol = protocol, .legacy = legacy, .why = why, .why_len = why_len };
	char *words;
	int ret = 0;

	memset(list, 0, sizeof(*list));
	while (!ret && (words = token_item(&text, ','))) {
		if (list->n == PROPOSALS_MAX) {
			ret = REFUSE(&o, "more than %d proposals", PROPOSALS_MAX);
			break;
		}
		o.p = &list->p[list->n++];
		o.p->num = (uint8_t)list->n;
		o.p->protocol = protocol;
		ret = add_words(&o, words);
		if (!ret)
			ret = complete(&o);
	}
	if (ret)
		offer_free(list);
	return ret;
}

int offer_add_groups(struct proposal_list *list, char *groups, const char *legacy, char *why,
		     size_t why_len)
{
	struct proposal only = { 0 };
	struct offer o = { .p = &only, .protocol = PROTO_ESP, .legacy = legacy, .why = why,
			   .why_len = why_len };
	int ret = add_words(&o, groups);

	for (unsigned int i = 0; i < only.n && !ret; i++) {
		char name[ALG_STRLEN];

		if (only.t[i].type != TRANSFORM_KE && !transform_is_addke(only.t[i].type))
			ret = REFUSE(&o, "%s is not a key exchange group",
				     alg_print(name, only.t[i].type, only.t[i].id,
					       only.t[i].key_bits));
	}
	for (unsigned int i = 0; i < list->n && !ret; i++) {
		o.p = &list->p[i];
		if (first_of(o.p, TRANSFORM_KE))
			continue;
		for (unsigned int k = 0; k < only.n && !ret; k++)
			ret = add(&o, only.t[k].type, only.t[k].id, 0);
	}
	free(only.t);
	return ret;
}

void offer_free(struct proposal_list *list)
{
	for (unsigned int i = 0; i < list->n; i++)
		free(list->p[i].t);
	memset(list, 0, sizeof(*list));
}

int offer_check_legacy(const char *legacy, char *why, size_t why_len)
{
	char copy[OFFER_LEGACY_MAX], *at = copy, *word;

	snprintf(copy, sizeof(copy), "%s", legacy);
	while ((word = token_item(&at, ','))) {
		const struct alg *alg = NULL;

		for (int type = TRANSFORM_ENCR; !alg && type <= TRANSFORM_KE; type++)
			alg = alg_by_name((enum transform_type)type, word);
		if (alg && alg->legacy)
			continue;
		snprintf(why, why_len, alg ? "%.60s is not weak: it needs no leave" :
					     "\"%.60s\" is no algorithm of that kind", word);
		return -EINVAL;
	}
	return 0;
}
