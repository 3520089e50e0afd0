/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Traffic selector intersection (RFC 7296 §2.9).
 */
#ifndef KW_IKE_NARROW_H
#define KW_IKE_NARROW_H

#include "wire/ts.h"

/*
 * Everything of theirs that ours allows, in their order, without duplicates and without selectors that lie
 * within another; at most TS_MAX. false when nothing is left.
 */
bool narrow(const struct ts_list *ours, const struct ts_list *theirs, struct ts_list *out);
/* Is every selector of inner within one of outer? An answer must be within what was asked. */
bool narrow_within(const struct ts_list *outer, const struct ts_list *inner);
bool ts_list_equal(const struct ts_list *a, const struct ts_list *b);

#endif
