// SPDX-License-Identifier: GPL-2.0
/*
 * The attribute sets of Documentation/netlink/specs/keyway.yaml, read from the file itself.
 *
 * No YAML parser: the file is regular enough that names and types stand in known columns.
 */
#include "spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SPEC "Documentation/netlink/specs/keyway.yaml"

static struct {
	char name[32];
	unsigned int n;
	struct spec_attr attr[64];
} sets[8];
static unsigned int n_sets;

static void read_line(const char *line)
{
	char word[32];

	if (sscanf(line, "    name: %31s", word) == 1 && !strncmp(line, "    name:", 9)) {
		assert_true(n_sets < 8);
		strcpy(sets[n_sets++].name, word);
		return;
	}
	if (!n_sets || strncmp(line, "        ", 8) != 0)
		return;
	if (sscanf(line, "        name: %31s", word) == 1 && line[8] == 'n') {
		assert_true(sets[n_sets - 1].n < 64);
		strcpy(sets[n_sets - 1].attr[sets[n_sets - 1].n++].name, word);
	} else if (sscanf(line, "        type: %15s", word) == 1 && line[8] == 't') {
		strcpy(sets[n_sets - 1].attr[sets[n_sets - 1].n - 1].type, word);
	} else if (sscanf(line, "        nested-attributes: %15s", word) == 1 && line[8] == 'n') {
		strcpy(sets[n_sets - 1].attr[sets[n_sets - 1].n - 1].nested, word);
	}
}

static void load(void)
{
	FILE *f = fopen(SPEC, "r");
	bool inside = false;
	char line[300];

	if (!f)
		fail_msg("%s: tests run from the top of the repository", SPEC);
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "attribute-sets:", 15))
			inside = true;
		else if (!strncmp(line, "operations:", 11))
			inside = false;
		else if (inside)
			read_line(line);
	}
	fclose(f);
}

const struct spec_attr *spec_attr(const char *set, unsigned int number)
{
	unsigned int i;

	if (!n_sets)
		load();
	for (i = 0; i < n_sets; i++)
		if (!strcmp(sets[i].name, set) && number >= 1 && number <= sets[i].n)
			return &sets[i].attr[number - 1];
	fail_msg("the spec has no attribute %u in %s", number, set);
	return NULL;
}

unsigned int spec_count(const char *set)
{
	unsigned int i;

	spec_attr(set, 1);
	for (i = 0; i < n_sets; i++)
		if (!strcmp(sets[i].name, set))
			return sets[i].n;
	return 0;
}
