// SPDX-License-Identifier: GPL-2.0
/*
 * A TCP stream of IKE and ESP, cut into the frames it is made of.
 *
 * Memory is what has arrived and not been handed out, never what a length field promises.
 *
 * RFCs: 9329 §3, §4.
 */
#include "net/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_LEN 2u

void stream_init(struct stream *s, bool expect_prefix)
{
	s->prefix = !expect_prefix;
}

void stream_free(struct stream *s)
{
	free(s->buf);
	memset(s, 0, sizeof(*s));
}

int stream_put(struct stream *s, struct kw_span bytes)
{
	size_t left = s->len - s->at, cap = s->cap ? s->cap : 512;
	uint8_t *buf;

	if (left && s->at)
		memmove(s->buf, s->buf + s->at, left);
	s->at = 0;
	s->len = left;
	while (cap < left + bytes.len)
		cap *= 2;
	if (cap > s->cap) {
		buf = realloc(s->buf, cap);
		if (!buf)
			return -ENOMEM;
		s->buf = buf;
		s->cap = cap;
	}
	if (bytes.len)
		memcpy(s->buf + left, bytes.p, bytes.len);
	s->len += bytes.len;
	return 0;
}

struct kw_span stream_rest(const struct stream *s)
{
	return KW_SPAN(s->buf + s->at, s->len - s->at);
}

/* Anything else is refused at its first octet: who waits for six could be made to wait. */
static enum stream_next take_prefix(struct stream *s)
{
	struct kw_span rest = stream_rest(s);
	size_t n = rest.len < STREAM_PREFIX_LEN ? rest.len : STREAM_PREFIX_LEN;

	if (n && memcmp(rest.p, STREAM_PREFIX, n) != 0)
		return STREAM_BROKEN;
	if (n == STREAM_PREFIX_LEN) {
		s->at += n;
		s->prefix = true;
	}
	return STREAM_MORE;
}

static enum stream_next classify(struct kw_span frame, struct kw_span *ike)
{
	static const uint8_t marker[STREAM_MARKER_LEN];

	if (frame.len <= sizeof(marker) || memcmp(frame.p, marker, sizeof(marker)) != 0)
		return STREAM_ESP;
	*ike = KW_SPAN(frame.p + sizeof(marker), frame.len - sizeof(marker));
	return ike->len > STREAM_IKE_MAX ? STREAM_BROKEN : STREAM_IKE;
}

enum stream_next stream_next(struct stream *s, struct kw_span *ike)
{
	struct kw_span rest;
	size_t len;

	*ike = KW_SPAN(NULL, 0);
	if (!s->prefix && (take_prefix(s) == STREAM_BROKEN))
		return STREAM_BROKEN;
	rest = stream_rest(s);
	if (!s->prefix || rest.len < LENGTH_LEN)
		return STREAM_MORE;
	len = (size_t)rest.p[0] << 8 | rest.p[1];
	/* §3: 0 and 1 are fatal. */
	if (len < LENGTH_LEN)
		return STREAM_BROKEN;
	if (rest.len < len)
		return STREAM_MORE;
	s->at += len;
	return classify(KW_SPAN(rest.p + LENGTH_LEN, len - LENGTH_LEN), ike);
}
