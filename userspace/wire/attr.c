// SPDX-License-Identifier: GPL-2.0
/*
 * Data attributes: octets to struct attr and back.
 *
 * RFCs: 2408 §3.3.
 *
 *	0  1 | type (15 bits)    2  value                 (basic)
 *	0  0 | type (15 bits)    2  length, then value    (variable)
 */
#include "wire/attr.h"

#include <errno.h>
#include <stdio.h>

#define ATTR_BASIC 0x8000

int attr_next(struct kw_reader *r, struct attr *a, char *why, size_t why_len)
{
	size_t left = kw_reader_left(r);
	uint16_t type, value;

	if (!left)
		return 0;
	type = kw_get_be16(r);
	value = kw_get_be16(r);
	if (r->bad) {
		snprintf(why, why_len, "an attribute has %zu octets where 4 are the least", left);
		return -EBADMSG;
	}
	*a = (struct attr){ .type = type & (uint16_t)~ATTR_BASIC, .basic = type & ATTR_BASIC };
	if (a->basic) {
		a->value = value;
		return 1;
	}
	a->data = kw_get_span(r, value);
	if (r->bad) {
		snprintf(why, why_len, "attribute %u has length %u, %zu octets left", a->type,
			 value, left - 4);
		return -EBADMSG;
	}
	return 1;
}

bool attr_number(const struct attr *a, uint64_t *number)
{
	*number = a->value;
	if (a->basic)
		return true;
	for (size_t i = 0; i < a->data.len && i < sizeof(*number); i++)
		*number = *number << 8 | a->data.p[i];
	return a->data.len > 0 && a->data.len <= sizeof(*number);
}

void attr_put(struct kw_writer *w, const struct attr *a)
{
	if (a->basic) {
		kw_put_be16(w, ATTR_BASIC | a->type);
		kw_put_be16(w, a->value);
		return;
	}
	if (a->data.len > UINT16_MAX)
		w->bad = true;
	kw_put_be16(w, a->type);
	kw_put_be16(w, (uint16_t)a->data.len);
	kw_put_span(w, a->data);
}

struct attr attr_basic(uint16_t type, uint16_t value)
{
	return (struct attr){ .type = type, .basic = true, .value = value };
}

struct attr attr_variable(uint16_t type, struct kw_span data)
{
	return (struct attr){ .type = type, .data = data };
}
