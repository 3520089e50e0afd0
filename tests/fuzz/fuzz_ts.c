// SPDX-License-Identifier: GPL-2.0
/*
 * Traffic selectors, as octets (first octet even) or as text (odd). What is accepted is written and
 * read again, both ways, and must be the same.
 */
#include "wire/ts.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void through_text(const struct ts *ts)
{
	char text[TS_STRLEN];
	struct ts again;

	if (ts_from_text(&again, ts_print(text, ts)) || !ts_equal(ts, &again))
		abort();
}

static void octets(struct kw_span body)
{
	static struct ts_list list, again;
	static uint8_t out[64 * 64];
	struct kw_writer w = kw_writer(out, sizeof(out));
	char why[256] = "";

	if (ts_parse(body, &list, why, sizeof(why)) || list.n == 0)
		return;
	ts_build(&w, &list);
	if (w.bad || ts_parse(kw_written(&w), &again, why, sizeof(why)) || list.n != again.n)
		abort();
	for (unsigned int i = 0; i < list.n; i++) {
		if (!ts_equal(&list.ts[i], &again.ts[i]))
			abort();
		through_text(&list.ts[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[256] = "";
	struct ts ts;

	if (size == 0)
		return 0;
	if (data[0] % 2 == 0) {
		octets(KW_SPAN(data + 1, size - 1));
		return 0;
	}
	memcpy(text, data + 1, size < sizeof(text) ? size - 1 : sizeof(text) - 1);
	if (ts_from_text(&ts, text) == 0)
		through_text(&ts);
	return 0;
}
