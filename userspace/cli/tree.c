// SPDX-License-Identifier: GPL-2.0
/* Building the tree of a message: see tree.h for its shapes. */
#include "cli/tree.h"

#include <stdarg.h>
#include <stdlib.h>

void tree_number(json_t *o, const char *key, uint64_t number)
{
	json_object_set_new(o, key, json_integer((json_int_t)number));
}

void tree_string(json_t *o, const char *key, const char *text)
{
	json_object_set_new(o, key, json_string(text));
}

void tree_named(json_t *o, const char *key, unsigned int number, const char *name)
{
	json_object_set_new(o, key, json_pack("{s:i, s:s}", "number", (int)number, "name", name));
}

static json_t *octets_new(struct kw_span octets)
{
	size_t cap = 2 * octets.len + 1;
	char *hex = malloc(cap);
	json_t *made;

	if (!hex)
		return NULL;
	kw_hex(hex, cap, octets);
	made = json_pack("{s:I, s:s}", "octets", (json_int_t)octets.len, "hex", hex);
	free(hex);
	return made;
}

void tree_octets(json_t *o, const char *key, struct kw_span octets)
{
	json_object_set_new(o, key, octets_new(octets));
}

/*
 * No control characters, C1 included (0xc2 0x80-0x9f): a terminal would act on them. jansson checks
 * UTF-8.
 */
static bool is_printable(struct kw_span text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.p[i];

		if (c < 0x20 || c == 0x7f)
			return false;
		if (c == 0xc2 && i + 1 < text.len && text.p[i + 1] < 0xa0)
			return false;
	}
	return true;
}

void tree_text(json_t *o, const char *key, struct kw_span text)
{
	json_t *s = text.len && is_printable(text) ? json_stringn((const char *)text.p, text.len)
						   : NULL;

	if (s)
		json_object_set_new(o, key, s);
	else
		tree_octets(o, key, text);
}

static json_t *array_of(json_t *o, const char *key)
{
	json_t *array = json_object_get(o, key);

	if (!array) {
		array = json_array();
		json_object_set_new(o, key, array);
	}
	return array;
}

json_t *tree_append(json_t *o, const char *key)
{
	json_t *made = json_object();

	json_array_append_new(array_of(o, key), made);
	return made;
}

void tree_append_octets(json_t *o, const char *key, struct kw_span octets)
{
	json_array_append_new(array_of(o, key), octets_new(octets));
}

void tree_complain(json_t *o, const char *fmt, ...)
{
	const char *before = json_string_value(json_object_get(o, "complaint"));
	char *text = NULL, *both = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (text && before && asprintf(&both, "%s; %s", before, text) >= 0) {
		tree_string(o, "complaint", both);
		free(both);
	} else if (text) {
		tree_string(o, "complaint", text);
	}
	free(text);
}

/* The tree is ours and shallow (tree_print() counts on the same), whatever the octets were. */
unsigned int tree_complaints(const json_t *o)
{
	unsigned int n = json_object_get(o, "complaint") ? 1 : 0;
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_array(o)) {
		json_array_foreach(o, i, value)
			n += tree_complaints(value);
		return n;
	}
	/* jansson's iterator takes no const; it changes nothing. */
	json_object_foreach((json_t *)(uintptr_t)o, key, value)
		n += tree_complaints(value);
	return n;
}
