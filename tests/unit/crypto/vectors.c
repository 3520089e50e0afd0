// SPDX-License-Identifier: GPL-2.0
/* Test vectors from KW_VECTORS (tests/vectors by default), read while the test runs. */
#include "vectors.h"

#include "crypto/setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int vectors_start(void **state)
{
	(void)state;
	return crypto_setup();
}

static int digit(char c)
{
	const char *all = "0123456789abcdef", *at = c ? strchr(all, c | 0x20) : NULL;

	if (!at)
		fail_msg("not a hex digit: '%c'", c);
	return (int)(at - all);
}

struct octets octets_from_hex(const char *hex)
{
	struct octets o = { .n = strlen(hex) / 2 };

	assert_int_equal(strlen(hex) % 2, 0);
	/* Exactly as large as its content, so that the sanitizer sees one octet too many. */
	o.p = malloc(o.n ? o.n : 1);
	assert_non_null(o.p);
	for (size_t i = 0; i < o.n; i++)
		o.p[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
	return o;
}

void octets_free(struct octets *o)
{
	free(o->p);
	*o = (struct octets){ 0 };
}

struct kw_secret secret_from_hex(const char *hex)
{
	struct octets o = octets_from_hex(hex);
	struct kw_secret s = { 0 };

	assert_int_equal(kw_secret_copy(&s, SPAN_OF(o)), 0);
	octets_free(&o);
	return s;
}

const char *vector_path(const char *name)
{
	const char *dir = getenv("KW_VECTORS");
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir ? dir : "tests/vectors", name);
	return path;
}

json_t *vectors_load(const char *name)
{
	json_error_t err;
	json_t *root = json_load_file(vector_path(name), 0, &err);

	if (!root)
		fail_msg("%s: %s", vector_path(name), err.text);
	return root;
}

const char *str_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	if (!s)
		fail_msg("vector without \"%s\"", key);
	return s;
}

struct octets hex_of(const json_t *object, const char *key)
{
	return octets_from_hex(str_of(object, key));
}

struct wycheproof wycheproof_each(const char *name,
				  void (*one)(const json_t *group, const json_t *test,
					      enum wycheproof_result result, void *ctx), void *ctx)
{
	json_t *root = vectors_load(name), *group, *test;
	struct wycheproof seen = { 0 };
	enum wycheproof_result result;
	size_t g, t;

	json_array_foreach(json_object_get(root, "testGroups"), g, group) {
		json_array_foreach(json_object_get(group, "tests"), t, test) {
			const char *word = str_of(test, "result");

			if (strcmp(word, "valid") == 0) {
				result = WYCHEPROOF_VALID;
				seen.valid++;
			} else if (strcmp(word, "acceptable") == 0) {
				result = WYCHEPROOF_ACCEPTABLE;
				seen.acceptable++;
			} else {
				assert_string_equal(word, "invalid");
				result = WYCHEPROOF_INVALID;
				seen.invalid++;
			}
			one(group, test, result, ctx);
		}
	}
	assert_int_equal(seen.valid + seen.acceptable + seen.invalid,
			 json_integer_value(json_object_get(root, "numberOfTests")));
	json_decref(root);
	return seen;
}
