/* SPDX-License-Identifier: GPL-2.0 */
/* What keyway decode says of a capture, as an array of its JSON objects. */
#ifndef TESTS_UNIT_CLI_DECODED_H
#define TESTS_UNIT_CLI_DECODED_H

#include "cli/decode.h"

#include <jansson.h>

/*
 * The objects of all lines, or NULL when decode_file() failed (then *ret and err). Fails the test
 * when a line is not JSON. file is a path; keys and v1_keys likewise or NULL.
 */
json_t *decoded(const char *file, const char *keys, const char *v1_keys, int *ret, char *err,
		size_t err_len);
/* The same of a file that has to be readable. */
json_t *decoded_ok(const char *file, const char *keys, const char *v1_keys);
/* The text form, malloc()ed. */
char *decoded_text(const char *file, const char *keys, const char *v1_keys);

/*
 * "33,2,3,3,34,40": payload types in order, proposals as 2 and transforms as 3, as tshark counts
 * them.
 */
char *payload_types(const json_t *message, char *buf, size_t cap);
/* o["key"]["number"] of a named number. */
json_int_t number_of(const json_t *o, const char *key);
const char *string_of(const json_t *o, const char *key);
/* The payload of this type, of the message itself or (SK) inside; NULL when it has none. */
const json_t *payload_of(const json_t *message, int type);

#endif
