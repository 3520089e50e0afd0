// SPDX-License-Identifier: GPL-2.0
/* Capture files, read as `keyway decode` reads them. */
#include "exchange/captures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/capture.h"

unsigned int captures_each(const char *name, void (*one)(void *ctx, struct kw_span message), void *ctx)
{
	static const uint8_t marker[4];
	char path[160], err[200];
	struct capture *c;
	struct datagram d;
	unsigned int n = 0;

	snprintf(path, sizeof(path), "tests/vectors/%s", name);
	assert_int_equal(capture_open(&c, path, err, sizeof(err)), 0);
	while (capture_next(c, &d, err, sizeof(err)) > 0) {
		struct kw_span m = d.payload;

		if (m.len > sizeof(marker) && !memcmp(m.p, marker, sizeof(marker)))
			m = KW_SPAN(m.p + sizeof(marker), m.len - sizeof(marker));
		one(ctx, m);
		n++;
	}
	capture_close(c);
	return n;
}
