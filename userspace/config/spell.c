// SPDX-License-Identifier: GPL-2.0
/* "Did you mean": the known word nearest to an unknown one, by edit distance. */
#include "config/spell.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#define WORD_MAX 63

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Optimal string alignment: three rows of the table are enough. */
unsigned int spell_distance(const char *a, const char *b)
{
	unsigned int rows[3][WORD_MAX + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > WORD_MAX || lb > WORD_MAX)
		return UINT_MAX;
	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = (unsigned int)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned int *row = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= lb; j++) {
			row[j] = least(least(up[j], row[j - 1]) + 1,
				       up[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], up2[j - 2] + 1);
		}
	}
	return rows[la % 3][lb];
}

/*
 * "hmac-sha2-256" for "prf-hmac-sha2-256", "local-networks" for "local-net": half as far as it
 * looks.
 */
static bool one_holds_other(const char *a, const char *b)
{
	return (strlen(a) > 3 && strstr(b, a)) || (strlen(b) > 3 && strstr(a, b));
}

void spell_try(struct spell *s, const char *candidate)
{
	unsigned int d = spell_distance(s->word, candidate);
	size_t len = strlen(s->word);
	/* A third of the word may be wrong, and one letter of any word; but not all of it. */
	unsigned int limit = len < 6 ? 1 + (len > 2) : (unsigned int)(len / 3);

	if (d != UINT_MAX && one_holds_other(s->word, candidate))
		d /= 2;
	if (d > limit || d >= len || (s->best && d >= s->distance))
		return;
	s->best = candidate;
	s->distance = d;
}
