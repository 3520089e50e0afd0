// SPDX-License-Identifier: GPL-2.0
/* The body of an SA payload. What is accepted is written and read again and must mean the same. */
#include "wire/proposal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t memory[2][64 * 1024], out[64 * 1024];
static struct proposal_list list[2];
static char line[2][16 * 1024], why[256];

static int parse(struct kw_span body, int which)
{
	struct kw_arena arena = { .buf = memory[which], .cap = sizeof(memory[which]) };

	why[0] = '\0';
	return proposal_v2_parse(body, &list[which], &arena, why, sizeof(why));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kw_writer w = kw_writer(out, sizeof(out));

	if (parse(KW_SPAN(data, size), 0)) {
		if (!why[0])
			abort();
		return 0;
	}
	/* An attribute that was not understood cannot be written again. */
	for (unsigned int i = 0; i < list[0].n; i++)
		for (unsigned int k = 0; k < list[0].p[i].n; k++)
			list[0].p[i].t[k].unknown_attr = false;
	proposal_v2_build(&w, &list[0]);
	if (w.bad || w.len > size || parse(kw_written(&w), 1))
		abort();
	proposal_list_print(line[0], sizeof(line[0]), &list[0]);
	proposal_list_print(line[1], sizeof(line[1]), &list[1]);
	if (strcmp(line[0], line[1]) != 0)
		abort();
	return 0;
}
