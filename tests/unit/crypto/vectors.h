/* SPDX-License-Identifier: GPL-2.0 */
/* Test vectors from KW_VECTORS (tests/vectors by default), read while the test runs. */
#ifndef KW_TEST_VECTORS_H
#define KW_TEST_VECTORS_H

#include "lib/secret.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after what it needs */
#include <cmocka.h>

/* Octets of one vector field; a failed test leaves them to the end of the process. */
struct octets {
	uint8_t *p;
	size_t n;
};

#define SPAN_OF(o) KW_SPAN((o).p, (o).n)

int vectors_start(void **state);		/* group set-up: crypto_setup() */

struct octets octets_from_hex(const char *hex);	/* fails the test on a bad digit */
void octets_free(struct octets *o);
struct kw_secret secret_from_hex(const char *hex);

/* The path of a vector file, in a static buffer. */
const char *vector_path(const char *name);
json_t *vectors_load(const char *name);		/* fails the test when it cannot be read */
const char *str_of(const json_t *object, const char *key);
struct octets hex_of(const json_t *object, const char *key);

/* Which results of a Wycheproof file were met, so that a test can claim that both kinds were. */
struct wycheproof {
	unsigned int valid, acceptable, invalid;
};
enum wycheproof_result { WYCHEPROOF_VALID, WYCHEPROOF_ACCEPTABLE, WYCHEPROOF_INVALID };
struct wycheproof wycheproof_each(const char *name,
				  void (*one)(const json_t *group, const json_t *test,
					      enum wycheproof_result result, void *ctx), void *ctx);

#endif
