// SPDX-License-Identifier: GPL-2.0
/*
 * A datagram as the network brings it: header, chain, every payload's body. What the chain accepts
 * is built again and must come out the same.
 */
#include "fuzz/walk.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The builder writes reserved bits as zero: masked in both. */
static void build_again(const struct ike_header *h, struct kw_span body)
{
	struct chain c = chain_start(h->next_payload, body);
	uint8_t *buf = malloc(body.len + 1);
	struct kw_writer w = kw_writer(buf, body.len);
	struct chain_builder b = chain_builder(&w, SIZE_MAX);
	struct payload p;
	size_t at = 0;

	while (chain_next(&c, &p) == 1) {
		chain_put(&b, p.type, p.body);
		if (p.type == PAYLOAD_SK || p.type == PAYLOAD_SKF)
			break;
	}
	chain_close(&b);
	if (w.bad || w.len != body.len || chain_first(&b) != h->next_payload)
		abort();
	c = chain_start(h->next_payload, body);
	for (; chain_next(&c, &p) == 1; at += p.whole.len)
		if (memcmp(buf + at + 2, p.whole.p + 2, p.whole.len - 2) != 0)
			abort();
	free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct walk w = { 0 };
	struct ike_header h;
	struct kw_span body;
	int ret = walk_message(&w, KW_SPAN(data, size));

	if ((ret != 0) != (w.why[0] != '\0') || w.payloads > CHAIN_MAX)
		abort();
	if (ret == 0 && header_parse(KW_SPAN(data, size), &h, &body) == 0)
		build_again(&h, body);
	return 0;
}
