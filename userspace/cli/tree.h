/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tree `keyway decode` makes of a message: jansson objects of a few shapes, printed as JSON or
 * as text.
 *
 *   a number with a name   {"number": 35, "name": "IKE_AUTH"}
 *   octets                 {"octets": 3, "hex": "0a0b0c"}
 *   what is wrong          "complaint": "a sentence" in the object it concerns
 *
 * Peers choose the octets: nothing of theirs becomes text that is not printable UTF-8.
 */
#ifndef KW_CLI_TREE_H
#define KW_CLI_TREE_H

#include "lib/buf.h"

#include <jansson.h>
#include <stdio.h>

void tree_number(json_t *o, const char *key, uint64_t number);
void tree_string(json_t *o, const char *key,
		 const char *text); /* ours, or cleaned by tree_text() */
void tree_named(json_t *o, const char *key, unsigned int number, const char *name);
void tree_octets(json_t *o, const char *key, struct kw_span octets);
/* One more element of the array o[key], which is made when missing. */
void tree_append_octets(json_t *o, const char *key, struct kw_span octets);
/* As a string when it is printable UTF-8, else as octets. */
void tree_text(json_t *o, const char *key, struct kw_span text);
/*
 * A new empty object at the end of the array o[key], which is made when missing. Borrowed from o.
 */
json_t *tree_append(json_t *o, const char *key);
/* Adds a sentence; several are joined by "; ". */
__attribute__((format(printf, 2, 3)))
void tree_complain(json_t *o, const char *fmt, ...);

/* How many complaints the object and everything in it hold. */
unsigned int tree_complaints(const json_t *o);

/* One message as text, several lines. */
void tree_print(FILE *out, const json_t *message);

#endif
