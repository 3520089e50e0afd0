/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Choosing one proposal of two lists, and saying why none fits. The same for both IKE versions.
 *
 * RFCs: 7296 §2.7, §3.3; 9370 §2.2.2 (unknown transform types).
 */
#ifndef KW_IKE_PROPOSAL_H
#define KW_IKE_PROPOSAL_H

#include "ike/failure.h"
#include "wire/proposal.h"

/* One algorithm per transform type: what a negotiation ends in. */
struct suite {
	uint16_t encr, encr_bits;	/* 0: none, of AH */
	uint16_t integ;		/* INTEG_NONE with an AEAD */
	uint16_t prf;		/* IKE only */
	uint16_t ke;		/* KE_NONE: none (a child without PFS) */
	uint16_t addke[ADDKE_MAX];	/* RFC 9370, by transform type; KE_NONE: that one is left out */
	bool esn;
};

struct proposal_choice {
	struct suite suite;
	const struct proposal *ours, *theirs;	/* borrowed from the lists */
};

enum {
	PROPOSAL_NO_KE = 1,	/* leave key exchange out on both sides: the child made by IKE_AUTH (§1.2) */
	/* ours has no group, but the peer may want one: any of theirs that is not legacy will do */
	PROPOSAL_ANY_KE = 2,
	/* without additional key exchanges: the peer cannot (RFC 9370 §2.2.1), or cannot with this exchange */
	PROPOSAL_ONE_KE = 4,
};

/*
 * Our first proposal, in our order of preference, that one of theirs meets, of the given protocol. Among
 * acceptable groups ke_hint wins when it is one (the KE payload already there saves a round trip);
 * 0 = no hint. false when nothing fits.
 */
bool proposal_choose(const struct proposal_list *ours, const struct proposal_list *theirs,
		     uint8_t protocol, unsigned int flags, uint16_t ke_hint,
		     struct proposal_choice *out);
/* An answer is exactly one proposal with one transform per type, out of what we offered (§2.7). */
bool proposal_accept(const struct proposal_list *ours, const struct proposal_list *answer,
		     uint8_t protocol, unsigned int flags, struct proposal_choice *out);
/* Is the group in one of the proposals? For INVALID_KE_PAYLOAD. */
bool proposal_has_ke(const struct proposal_list *list, uint16_t group);
/* The first group of the list, KE_NONE when there is none. */
uint16_t proposal_first_ke(const struct proposal_list *list);

/* The group of the n-th additional key exchange, counted from 0, those left out not; KE_NONE: no more. */
uint16_t suite_addke(const struct suite *s, unsigned int n);

/* Fill kind, ours, theirs, nearest, differs: what to say when proposal_choose() found nothing. */
void proposal_explain(const struct proposal_list *ours, const struct proposal_list *theirs,
		      uint8_t protocol, unsigned int flags, struct failure *f);

/*
 * What to send: a copy of the list in the arena, numbered from 1, with spi in every proposal and without
 * KE transforms under PROPOSAL_NO_KE. 0 or -ENOMEM.
 */
int proposal_offer(const struct proposal_list *ours, unsigned int flags, struct kw_span spi,
		   struct kw_arena *arena, struct proposal_list *out);
/* The one chosen proposal as an answer: number of theirs, our SPI. 0 or -ENOMEM. */
int proposal_answer(const struct proposal_choice *choice, unsigned int flags, struct kw_span spi,
		    struct kw_arena *arena, struct proposal_list *out);

/* "aes-gcm-16-256 / prf-hmac-sha2-256 / x25519" */
char *suite_print(char *buf, size_t cap, const struct suite *s);

#endif
