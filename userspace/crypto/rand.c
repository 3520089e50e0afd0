// SPDX-License-Identifier: GPL-2.0
/* The only randomness (libsodium). Tests may replace the source to make runs repeatable. */
#include "crypto/rand.h"

#include <sodium.h>

static void (*source)(void *out, size_t n, void *ctx);
static void *source_ctx;

void rand_bytes(void *out, size_t n)
{
	if (source)
		source(out, n, source_ctx);
	else
		randombytes_buf(out, n);
}

uint32_t rand_below(uint32_t bound)
{
	/* 2^32 mod bound: values below it would make the small remainders likelier. */
	uint32_t bias = -bound % bound;
	uint32_t v;

	do {
		rand_bytes(&v, sizeof(v));
	} while (v < bias);
	return v % bound;
}

void rand_set_source(void (*fn)(void *out, size_t n, void *ctx), void *ctx)
{
	source = fn;
	source_ctx = ctx;
}
