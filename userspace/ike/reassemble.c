// SPDX-License-Identifier: GPL-2.0
/*
 * Fragments of one message until all are there.
 *
 * RFC 7383 §2.6: a larger total than before means the peer splits anew into smaller pieces (path MTU), so the
 * old pieces are thrown away; a smaller one is an old straggler.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ike/reassemble.h"
#include "lib/secret.h"

static bool same_message(const struct reassembly *r, bool response, uint32_t message_id)
{
	return r->total && r->response == response && r->message_id == message_id;
}

bool reassemble_seen(const struct reassembly *r, bool response, uint32_t message_id,
		     uint16_t number, uint16_t total)
{
	if (!same_message(r, response, message_id) || total > r->total)
		return false;
	return total < r->total || r->part[number - 1].p;
}

int reassemble_add(struct reassembly *r, bool response, uint32_t message_id, uint16_t number,
		   uint16_t total, uint8_t first_payload, struct kw_span plain)
{
	uint8_t *copy;

	if (!number || number > total || total > FRAGMENTS_MAX)
		return -EBADMSG;
	if (!same_message(r, response, message_id) || total > r->total) {
		reassemble_drop(r);
		r->part = calloc(total, sizeof(*r->part));
		if (!r->part)
			return -ENOMEM;
		r->response = response;
		r->message_id = message_id;
		r->total = total;
	}
	if (total < r->total)
		return -EBADMSG;
	if (r->part[number - 1].p)
		return 0;
	if (plain.len > REASSEMBLED_MAX - r->octets)
		return -E2BIG;
	copy = malloc(plain.len + 1);
	if (!copy)
		return -ENOMEM;
	if (plain.len)
		memcpy(copy, plain.p, plain.len);
	r->part[number - 1] = KW_SPAN(copy, plain.len);
	r->octets += plain.len;
	r->have++;
	if (number == 1)
		r->first_payload = first_payload;
	return r->have == r->total;
}

void reassemble_take(struct reassembly *r, uint8_t *out)
{
	for (unsigned int i = 0; i < r->total; i++) {
		if (r->part[i].len)
			memcpy(out, r->part[i].p, r->part[i].len);
		out += r->part[i].len;
	}
	reassemble_drop(r);
}

static void free_part(struct kw_span part)
{
	uint8_t *p = (uint8_t *)(uintptr_t)part.p;

	if (p)
		kw_wipe(p, part.len);
	free(p);
}

void reassemble_drop(struct reassembly *r)
{
	for (unsigned int i = 0; i < r->total; i++)
		free_part(r->part[i]);
	free(r->part);
	memset(r, 0, sizeof(*r));
}
