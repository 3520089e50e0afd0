// SPDX-License-Identifier: GPL-2.0
/*
 * Choosing one proposal of two lists, and saying why none fits.
 *
 * A proposal of theirs meets one of ours when for every transform type that either names there is a common
 * transform. "None" is a transform too: INTEG_NONE goes with an AEAD and KE_NONE with no PFS, and leaving
 * either type out means the same (RFC 7296 §3.3.3).
 *
 * RFCs: 7296 §2.7, §3.3; 9370 §2.2.2.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "crypto/dh.h"
#include "ike/proposal.h"
#include "wire/isakmp.h"

static bool has_type(const struct proposal *p, uint8_t type)
{
	for (unsigned int i = 0; i < p->n; i++)
		if (p->t[i].type == type)
			return true;
	return false;
}

static bool same_transform(const struct transform *a, const struct transform *b)
{
	const struct alg *alg;

	if (a->type != b->type || a->id != b->id || a->unknown_attr || b->unknown_attr)
		return false;
	if (a->key_bits == b->key_bits)
		return true;
	/* A Key Length where none belongs, but of the only length there is. */
	alg = alg_find(a->type, a->id);
	return alg && !alg->key_attr && (!a->key_bits || a->key_bits == alg->key_len * 8) &&
	       (!b->key_bits || b->key_bits == alg->key_len * 8);
}

static bool has_transform(const struct proposal *p, const struct transform *t)
{
	for (unsigned int i = 0; i < p->n; i++)
		if (same_transform(&p->t[i], t))
			return true;
	return false;
}

/* Leaving a type out is the same as offering its "none". */
static bool has_none(const struct proposal *p, uint8_t type)
{
	const struct transform none = { .type = type };

	return !has_type(p, type) || has_transform(p, &none);
}

static bool is_aead(uint16_t encr)
{
	const struct alg *alg = alg_find(TRANSFORM_ENCR, encr);

	return alg && alg->aead;
}

/* Our first transform of the type that they have too; NULL when there is none. */
static const struct transform *common(const struct proposal *ours, const struct proposal *theirs,
				      uint8_t type)
{
	for (unsigned int i = 0; i < ours->n; i++)
		if (ours->t[i].type == type && has_transform(theirs, &ours->t[i]))
			return &ours->t[i];
	return NULL;
}

static bool match_none_or_common(const struct proposal *ours, const struct proposal *theirs,
				 uint8_t type, uint16_t *id)
{
	const struct transform *t = common(ours, theirs, type);

	*id = t ? t->id : 0;
	return t || (has_none(ours, type) && has_none(theirs, type));
}

static bool match_encr(const struct proposal *ours, const struct proposal *theirs, struct suite *s,
		       uint8_t *differs)
{
	const struct transform *integ = common(ours, theirs, TRANSFORM_INTEG);

	*differs = TRANSFORM_ENCR;
	for (unsigned int i = 0; i < ours->n; i++) {
		const struct transform *t = &ours->t[i];

		if (t->type != TRANSFORM_ENCR || !has_transform(theirs, t))
			continue;
		*differs = TRANSFORM_INTEG;
		s->encr = t->id;
		s->encr_bits = t->key_bits;
		s->integ = INTEG_NONE;
		if (is_aead(t->id) && has_none(ours, TRANSFORM_INTEG) &&
		    has_none(theirs, TRANSFORM_INTEG))
			return true;
		if (!is_aead(t->id) && integ && integ->id != INTEG_NONE) {
			s->integ = integ->id;
			return true;
		}
	}
	return false;
}

/* RFC 7296 §3.3.3: AH has integrity alone, and must have it. */
static bool match_integ(const struct proposal *ours, const struct proposal *theirs, struct suite *s,
			uint8_t *differs)
{
	const struct transform *integ = common(ours, theirs, TRANSFORM_INTEG);

	*differs = has_none(theirs, TRANSFORM_ENCR) ? TRANSFORM_INTEG : TRANSFORM_ENCR;
	if (*differs == TRANSFORM_ENCR || !integ || integ->id == INTEG_NONE)
		return false;
	s->integ = integ->id;
	return true;
}

static bool sound_group(uint16_t group)
{
	const struct alg *alg = group ? alg_find(TRANSFORM_KE, group) : NULL;

	return alg && !alg->legacy && dh_supported(group);
}

/* PFS is off here, but many peers rekey with it and none without (Windows, iOS): it costs us nothing. */
static bool match_any_ke(const struct proposal *theirs, uint16_t ke_hint, uint16_t *ke)
{
	const struct transform hint = { .type = TRANSFORM_KE, .id = ke_hint };

	if (sound_group(ke_hint) && has_transform(theirs, &hint)) {
		*ke = ke_hint;
		return true;
	}
	*ke = KE_NONE;
	if (has_none(theirs, TRANSFORM_KE))
		return true;
	for (unsigned int i = 0; i < theirs->n; i++) {
		if (theirs->t[i].type != TRANSFORM_KE || !sound_group(theirs->t[i].id))
			continue;
		*ke = theirs->t[i].id;
		return true;
	}
	return false;
}

static bool match_ke(const struct proposal *ours, const struct proposal *theirs, unsigned int flags,
		     uint16_t ke_hint, uint16_t *ke)
{
	const struct transform hint = { .type = TRANSFORM_KE, .id = ke_hint };

	if (flags & PROPOSAL_ANY_KE && !has_type(ours, TRANSFORM_KE))
		return match_any_ke(theirs, ke_hint, ke);
	if (ke_hint && has_transform(ours, &hint) && has_transform(theirs, &hint)) {
		*ke = ke_hint;
		return true;
	}
	return match_none_or_common(ours, theirs, TRANSFORM_KE, ke);
}

static bool is_among(const uint16_t *id, unsigned int n, uint16_t wanted)
{
	while (n--)
		if (id[n] == wanted)
			return true;
	return false;
}

/* RFC 9370 §2.2.2: one group may be chosen once. */
static bool match_addke(const struct proposal *ours, const struct proposal *theirs, uint8_t type,
			bool may_have, struct suite *s)
{
	unsigned int at = type - TRANSFORM_ADDKE1;

	for (unsigned int i = 0; i < ours->n; i++) {
		const struct transform *t = &ours->t[i];

		if (t->type != type || !has_transform(theirs, t) || (t->id != KE_NONE && !may_have) ||
		    (t->id != KE_NONE && is_among(s->addke, at, t->id)))
			continue;
		s->addke[at] = t->id;
		return true;
	}
	return has_none(ours, type) && has_none(theirs, type);
}

/* 0: each has one that both have, or none. Else the type that has not. */
static uint8_t match_addkes(const struct proposal *ours, const struct proposal *theirs, unsigned int flags,
			    struct suite *s)
{
	bool may_have = s->ke && !(flags & PROPOSAL_ONE_KE);

	for (uint8_t type = TRANSFORM_ADDKE1; type <= TRANSFORM_ADDKE7; type++)
		if (!match_addke(ours, theirs, type, may_have, s))
			return type;
	return 0;
}

/*
 * How far do the two agree? Counts the transform types in common; *differs is the first that is not (0: all
 * agree and *s is the suite).
 */
static unsigned int compare(const struct proposal *ours, const struct proposal *theirs,
			    unsigned int flags, uint16_t ke_hint, struct suite *s, uint8_t *differs)
{
	uint16_t esn = ESN_NONE;
	unsigned int score = 0;
	uint8_t encr_differs;

	*s = (struct suite){ 0 };
	*differs = 0;
#define STEP(ok, type)				\
	do {					\
		if (ok)				\
			score++;		\
		else if (!*differs)		\
			*differs = (type);	\
	} while (0)
	if (ours->protocol == PROTO_AH)
		STEP(match_integ(ours, theirs, s, &encr_differs), encr_differs);
	else
		STEP(match_encr(ours, theirs, s, &encr_differs), encr_differs);
	if (ours->protocol == PROTO_IKE)
		STEP(match_none_or_common(ours, theirs, TRANSFORM_PRF, &s->prf) && s->prf,
		     TRANSFORM_PRF);
	if (!(flags & PROPOSAL_NO_KE))
		STEP(match_ke(ours, theirs, flags, ke_hint, &s->ke) &&
			     (s->ke || ours->protocol != PROTO_IKE),
		     TRANSFORM_KE);
	if (!(flags & PROPOSAL_NO_KE)) {
		uint8_t type = match_addkes(ours, theirs, flags, s);

		STEP(!type, type);
	}
	if (ours->protocol != PROTO_IKE)
		STEP(match_none_or_common(ours, theirs, TRANSFORM_ESN, &esn), TRANSFORM_ESN);
#undef STEP
	s->esn = esn == ESN_YES;
	/* RFC 9370 §2.2.2: types we do not know are fine only when they may be none. */
	for (unsigned int i = 0; i < theirs->n && !*differs; i++)
		if (theirs->t[i].type > TRANSFORM_ADDKE7 && !has_none(theirs, theirs->t[i].type))
			*differs = theirs->t[i].type;
	return score;
}

bool proposal_choose(const struct proposal_list *ours, const struct proposal_list *theirs,
		     uint8_t protocol, unsigned int flags, uint16_t ke_hint,
		     struct proposal_choice *out)
{
	uint8_t differs;

	for (unsigned int i = 0; i < ours->n; i++) {
		for (unsigned int j = 0; j < theirs->n; j++) {
			if (ours->p[i].protocol != protocol || theirs->p[j].protocol != protocol)
				continue;
			compare(&ours->p[i], &theirs->p[j], flags, ke_hint, &out->suite, &differs);
			if (differs)
				continue;
			out->ours = &ours->p[i];
			out->theirs = &theirs->p[j];
			return true;
		}
	}
	return false;
}

static bool one_per_type(const struct proposal *p)
{
	uint64_t seen = 0;

	for (unsigned int i = 0; i < p->n; i++) {
		uint64_t bit = 1ull << (p->t[i].type & 63);

		if (seen & bit)
			return false;
		seen |= bit;
	}
	return true;
}

bool proposal_accept(const struct proposal_list *ours, const struct proposal_list *answer,
		     uint8_t protocol, unsigned int flags, struct proposal_choice *out)
{
	return answer->n == 1 && one_per_type(&answer->p[0]) &&
	       proposal_choose(ours, answer, protocol, flags, 0, out);
}

bool proposal_has_ke(const struct proposal_list *list, uint16_t group)
{
	const struct transform t = { .type = TRANSFORM_KE, .id = group };

	for (unsigned int i = 0; i < list->n; i++)
		if (has_transform(&list->p[i], &t))
			return true;
	return false;
}

uint16_t suite_addke(const struct suite *s, unsigned int n)
{
	for (unsigned int i = 0; i < ADDKE_MAX; i++)
		if (s->addke[i] != KE_NONE && !n--)
			return s->addke[i];
	return KE_NONE;
}

uint16_t proposal_first_ke(const struct proposal_list *list)
{
	for (unsigned int i = 0; i < list->n; i++)
		for (unsigned int j = 0; j < list->p[i].n; j++)
			if (list->p[i].t[j].type == TRANSFORM_KE && list->p[i].t[j].id != KE_NONE)
				return list->p[i].t[j].id;
	return KE_NONE;
}

static const char *type_word(uint8_t type)
{
	const char *name = transform_type_name(type);

	return name ? name : "transform type";
}

void proposal_explain(const struct proposal_list *ours, const struct proposal_list *theirs,
		      uint8_t protocol, unsigned int flags, struct failure *f)
{
	const struct proposal *best_ours = NULL, *best_theirs = NULL;
	unsigned int best = 0;
	uint8_t best_differs = 0;

	f->kind = FAILURE_PROPOSAL;
	proposal_list_print(f->ours, sizeof(f->ours), ours);
	proposal_list_print(f->theirs, sizeof(f->theirs), theirs);
	for (unsigned int i = 0; i < ours->n; i++) {
		for (unsigned int j = 0; j < theirs->n; j++) {
			struct suite s;
			uint8_t differs;
			unsigned int score;

			if (ours->p[i].protocol != protocol || theirs->p[j].protocol != protocol)
				continue;
			score = compare(&ours->p[i], &theirs->p[j], flags, 0, &s, &differs);
			if (best_ours && score <= best)
				continue;
			best = score;
			best_ours = &ours->p[i];
			best_theirs = &theirs->p[j];
			best_differs = differs;
		}
	}
	if (!best_ours) {
		snprintf(f->differs, sizeof(f->differs), "protocol");
		return;
	}
	proposal_print(f->nearest, sizeof(f->nearest), best_theirs);
	snprintf(f->differs, sizeof(f->differs), "%s", type_word(best_differs));
}

static struct transform *copy_transforms(const struct proposal *from, unsigned int flags,
					 struct kw_arena *arena, unsigned int *n)
{
	struct transform *t = kw_arena_alloc(arena, (from->n + 1) * sizeof(*t));

	*n = 0;
	for (unsigned int i = 0; t && i < from->n; i++)
		if (!(flags & PROPOSAL_NO_KE) ||
		    (from->t[i].type != TRANSFORM_KE && !transform_is_addke(from->t[i].type)))
			t[(*n)++] = from->t[i];
	return t;
}

static void set_spi(struct proposal *p, struct kw_span spi)
{
	p->spi_len = spi.len;
	if (spi.len)
		memcpy(p->spi, spi.p, spi.len);
}

int proposal_offer(const struct proposal_list *ours, unsigned int flags, struct kw_span spi,
		   struct kw_arena *arena, struct proposal_list *out)
{
	out->n = ours->n;
	for (unsigned int i = 0; i < ours->n; i++) {
		struct proposal *p = &out->p[i];

		*p = ours->p[i];
		p->num = i + 1;
		set_spi(p, spi);
		p->t = copy_transforms(&ours->p[i], flags, arena, &p->n);
		if (!p->t)
			return -ENOMEM;
	}
	return 0;
}

int proposal_answer(const struct proposal_choice *choice, unsigned int flags, struct kw_span spi,
		    struct kw_arena *arena, struct proposal_list *out)
{
	const struct suite *s = &choice->suite;
	const struct proposal *theirs = choice->theirs;
	struct proposal *p = &out->p[0];

	out->n = 1;
	*p = (struct proposal){ .num = theirs->num, .protocol = theirs->protocol };
	set_spi(p, spi);
	p->t = kw_arena_alloc(arena, (5 + ADDKE_MAX) * sizeof(*p->t));
	if (!p->t)
		return -ENOMEM;
	if (theirs->protocol != PROTO_AH)
		p->t[p->n++] = (struct transform){ .type = TRANSFORM_ENCR,
						   .id = s->encr,
						   .key_bits = s->encr_bits };
	if (theirs->protocol == PROTO_IKE)
		p->t[p->n++] = (struct transform){ .type = TRANSFORM_PRF, .id = s->prf };
	/* Types the peer named get an answer even when it is "none"; others are left out. */
	if (has_type(theirs, TRANSFORM_INTEG))
		p->t[p->n++] = (struct transform){ .type = TRANSFORM_INTEG, .id = s->integ };
	if (has_type(theirs, TRANSFORM_KE) && !(flags & PROPOSAL_NO_KE))
		p->t[p->n++] = (struct transform){ .type = TRANSFORM_KE, .id = s->ke };
	if (has_type(theirs, TRANSFORM_ESN))
		p->t[p->n++] = (struct transform){ .type = TRANSFORM_ESN, .id = s->esn };
	for (uint8_t type = TRANSFORM_ADDKE1; type <= TRANSFORM_ADDKE7 && !(flags & PROPOSAL_NO_KE); type++)
		if (has_type(theirs, type))
			p->t[p->n++] = (struct transform){ .type = type,
							   .id = s->addke[type - TRANSFORM_ADDKE1] };
	return 0;
}

static void append(char *buf, size_t cap, const char *sep, uint8_t type, uint16_t id, uint16_t bits)
{
	size_t used = strlen(buf);
	char name[ALG_STRLEN];

	snprintf(buf + used, cap - used, "%s%s", used ? sep : "", alg_print(name, type, id, bits));
}

char *suite_print(char *buf, size_t cap, const struct suite *s)
{
	buf[0] = '\0';
	if (s->encr)
		append(buf, cap, "", TRANSFORM_ENCR, s->encr, s->encr_bits);
	if (s->integ)
		append(buf, cap, " / ", TRANSFORM_INTEG, s->integ, 0);
	if (s->prf)
		append(buf, cap, " / ", TRANSFORM_PRF, s->prf, 0);
	if (s->ke)
		append(buf, cap, " / ", TRANSFORM_KE, s->ke, 0);
	for (unsigned int i = 0; i < ADDKE_MAX; i++)
		if (s->addke[i])
			append(buf, cap, " / ", (uint8_t)(TRANSFORM_ADDKE1 + i), s->addke[i], 0);
	if (s->esn)
		snprintf(buf + strlen(buf), cap - strlen(buf), " / esn");
	return buf;
}
