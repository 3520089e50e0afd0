// SPDX-License-Identifier: GPL-2.0
/*
 * A TCP stream, cut into pieces as the first octets say: the frames must not depend on the cuts.
 */
#include "net/stream.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CUTS 4

struct sum {
	unsigned int ike, esp;
	size_t octets;
	uint32_t mix;
	bool broken;
};

static bool drain(struct stream *s, struct sum *sum)
{
	struct kw_span ike;

	for (;;) {
		switch (stream_next(s, &ike)) {
		case STREAM_MORE:
			return true;
		case STREAM_BROKEN:
			sum->broken = true;
			return false;
		case STREAM_ESP:
			sum->esp++;
			break;
		case STREAM_IKE:
			sum->ike++;
			sum->octets += ike.len;
			for (size_t i = 0; i < ike.len; i++)
				sum->mix = sum->mix * 31 + ike.p[i];
			break;
		}
	}
}

static struct sum read_all(const uint8_t *cut, bool prefix, struct kw_span in)
{
	struct stream s = { 0 };
	struct sum sum = { 0 };

	stream_init(&s, prefix);
	for (unsigned int i = 0; i <= CUTS; i++) {
		size_t n = i < CUTS && cut ? cut[i] : in.len;

		if (n > in.len)
			n = in.len;
		if (stream_put(&s, KW_SPAN(in.p, n)))
			abort();
		if (!drain(&s, &sum))
			break;
		in.p += n;
		in.len -= n;
	}
	stream_free(&s);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sum whole, pieces;
	struct kw_span in;

	if (size < 1 + CUTS)
		return 0;
	in = KW_SPAN(data + 1 + CUTS, size - 1 - CUTS);
	whole = read_all(NULL, data[0] & 1, in);
	pieces = read_all(data + 1, data[0] & 1, in);
	if (whole.ike != pieces.ike || whole.esp != pieces.esp || whole.octets != pieces.octets ||
	    whole.mix != pieces.mix || whole.broken != pieces.broken)
		abort();
	return 0;
}
