// SPDX-License-Identifier: GPL-2.0
/*
 * How long SAs are used. Who begins says for how long; what the other side makes of it is a matter of policy, for which
 * the words are racoon's:
 *
 *   claim    the shorter of the two counts; a child's initiator who said more is told (RESPONDER-LIFETIME)
 *   obey     the initiator's counts
 *   strict   the initiator's counts, and must not be longer than ours
 *   exact    both must be the same
 *
 * RFCs: 2407 §4.5, §4.6.3.1; 2409 appendix A.
 */
#include "ikev1/lifetime.h"
#include "ike/rekey.h"

#define REKEY_MIN 10u	/* seconds: nobody makes us do nothing else */

uint32_t v1_life_of_child(uint32_t rekey)
{
	return rekey + rekey / 4;
}

uint32_t v1_life_of_ike(uint32_t rekey)
{
	return rekey_hard_seconds(rekey);
}

/* No end is longer than any. */
static bool longer(uint64_t a, uint64_t b)
{
	return b && (!a || a > b);
}

bool v1_life_fits(enum conf_life policy, uint64_t theirs, uint64_t own)
{
	if (policy == CONF_LIFE_EXACT)
		return theirs == own;
	return policy != CONF_LIFE_STRICT || !longer(theirs, own);
}

uint64_t v1_life_agreed(enum conf_life policy, uint64_t theirs, uint64_t own)
{
	if (policy == CONF_LIFE_OBEY)
		return theirs;
	return longer(theirs, own) ? own : theirs;
}

uint64_t v1_life_rekey(uint64_t agreed, uint64_t own, uint64_t rekey)
{
	uint64_t before = agreed / 5 * 4;

	if (agreed == own)
		return rekey;
	return agreed && before < REKEY_MIN ? REKEY_MIN : before;
}
