/* SPDX-License-Identifier: GPL-2.0 */
/* "Did you mean": the known word nearest to an unknown one, by edit distance. */
#ifndef KW_CONFIG_SPELL_H
#define KW_CONFIG_SPELL_H

#include <stddef.h>

/* Looks at one candidate after the other. Begin with { .word = ... }. */
struct spell {
	const char *word;
	const char *best;	/* borrowed from the candidates; NULL = none is near enough */
	unsigned int distance;
};

/* Insertions, deletions, replacements, and swaps of neighbours, each counting 1. Words over 63
 * octets are infinitely far.
 */
unsigned int spell_distance(const char *a, const char *b);
/* candidate must stay valid as long as s->best is used. */
void spell_try(struct spell *s, const char *candidate);

#endif
