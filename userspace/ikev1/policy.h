/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ISAKMP policies: what phase 1 may agree on. The proposals of `ike`, in order, are the policies 10, 20, 30 ...; a
 * connection that names none has the default one alone, which is 65535.
 */
#ifndef KW_IKEV1_POLICY_H
#define KW_IKEV1_POLICY_H

#include "crypto/alg.h"
#include "crypto/modp.h"
#include "ike/exchange.h"
#include "ikev1/v1_sa.h"
#include "wire/proposal_v1.h"

#define V1_POLICY_DEFAULT 65535u

/* One transform of phase 1 (RFC 2409 appendix A), attributes as numbers. */
struct v1_transform {
	uint16_t encr, key_bits, hash, auth, group;	/* IKEv1's numbers */
	uint64_t life;			/* seconds; 0 = not said */
	uint64_t kilobytes;
	/* A group described in full: .prime is not empty. v1_described_group() says which. */
	uint16_t group_type;		/* enum v1_group_type; 0 = not said */
	struct kw_span prime, generator;
	uint8_t small_generator[2];	/* in place of .generator: it stood in the attribute's head */
	bool odd;			/* an attribute that we do not know */
	const struct transform_v1 *wire;
};

/* The attributes of one transform, whatever they are of. */
struct v1_transform v1_read_transform(const struct transform_v1 *wire);
/* Borrows from the message and from t. */
struct modp v1_described_group(const struct v1_transform *t);
/* The three attributes that describe a MODP group, into a[]: how many. Borrows m. */
#define V1_GROUP_ATTRS 3u
unsigned int v1_put_group_attrs(struct attr *a, const struct modp *m);

/* As in a suite: a described group is a private one, whatever its number. */
static inline uint16_t v1_transform_ke(const struct v1_transform *t)
{
	return t->prime.len ? KE_PRIVATE : t->group;
}

/*
 * The authentication method that a connection asks for in a phase 1 in which we have that role, with its question
 * for a user where it has one; 0: its credentials fit none.
 */
uint16_t v1_auth_method_of(const struct conn *c, enum ike_role role);

/*
 * Append the SA payload of our offer: every policy with all its algorithms, at most 255 transforms. group: only
 * transforms of that group, as aggressive mode needs; 0 = all.
 */
void v1_put_phase1_offer(struct ike_run *run, uint16_t auth, uint16_t group);
/* The group that an offer begins with: aggressive mode has to guess. */
uint16_t v1_first_group(const struct conn *c);

/*
 * Choose: our first policy that one of the transforms meets. *out, and *proposal: the one it came in. false with
 * kind, ours, theirs, nearest, differs and text in f: each policy's reason why the nearest of theirs does not fit.
 */
bool v1_choose_phase1(const struct conn *c, uint16_t auth, const struct sa_v1 *theirs,
		      struct v1_transform *out, const struct proposal_v1 **proposal,
		      struct failure *f);
/* An answer must be one transform out of our offer. */
bool v1_accept_phase1(const struct conn *c, uint16_t auth, const struct sa_v1 *answer,
		      struct v1_transform *out, struct failure *f);
/* The SA payload of our answer: the chosen transform as it came. */
void v1_put_phase1_answer(struct ike_run *run, const struct proposal_v1 *proposal,
			  const struct v1_transform *t);
/* What was agreed, into sa->suite and the SA's own part. */
void v1_adopt(struct ike_sa *sa, const struct v1_transform *t);
/* The connection is settled: for how long the ISAKMP SA is used, into sa->rekey_agreed. */
void v1_adopt_life(struct ike_sa *sa);

#endif
