/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long SAs are used, where IKEv1's two sides say it to each other (RFC 2407 §4.5, RFC 2409 appendix A). On the wire
 * stands the hard end; we rekey some time before it.
 */
#ifndef KW_IKEV1_LIFETIME_H
#define KW_IKEV1_LIFETIME_H

#include "config/conf.h"

/* Of a child and of an ISAKMP SA, as we say it; 0: nothing is said. */
uint32_t v1_life_of_child(uint32_t rekey);
uint32_t v1_life_of_ike(uint32_t rekey);

/* May who begins ask for `theirs` of anything that ends where we say `own`? 0 = no end. */
bool v1_life_fits(enum conf_life policy, uint64_t theirs, uint64_t own);
/* What of the two counts. */
uint64_t v1_life_agreed(enum conf_life policy, uint64_t theirs, uint64_t own);
/* When to rekey what ends then; rekey: what the configuration says for an end at `own`. */
uint64_t v1_life_rekey(uint64_t agreed, uint64_t own, uint64_t rekey);

#endif
