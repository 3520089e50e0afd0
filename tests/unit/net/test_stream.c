// SPDX-License-Identifier: GPL-2.0
/* A TCP stream's frames, however it is cut (RFC 9329 §3, §4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/stream.h"

/* Two IKE messages of 3 and 1 octets, ESP, a keepalive, and an empty frame. */
static const uint8_t sample[] = {
	'I', 'K', 'E', 'T', 'C', 'P',
	0, 9, 0, 0, 0, 0, 1, 2, 3,
	0, 3, 0xff,
	0, 10, 0, 0, 1, 0, 9, 9, 9, 9,
	0, 2,
	0, 7, 0, 0, 0, 0, 4,
};

struct seen {
	unsigned int ike, other;
	uint8_t octets[16];
	size_t n;
	bool broken;
};

static void drain(struct stream *s, struct seen *seen)
{
	struct kw_span ike;

	for (;;) {
		switch (stream_next(s, &ike)) {
		case STREAM_MORE:
			return;
		case STREAM_BROKEN:
			seen->broken = true;
			return;
		case STREAM_ESP:
			seen->other++;
			break;
		case STREAM_IKE:
			seen->ike++;
			assert_true(seen->n + ike.len <= sizeof(seen->octets));
			memcpy(seen->octets + seen->n, ike.p, ike.len);
			seen->n += ike.len;
			break;
		}
	}
}

static void is_sample(const struct seen *seen)
{
	static const uint8_t octets[] = { 1, 2, 3, 4 };

	assert_false(seen->broken);
	assert_int_equal(seen->ike, 2);
	assert_int_equal(seen->other, 3);
	assert_int_equal(seen->n, sizeof(octets));
	assert_memory_equal(seen->octets, octets, sizeof(octets));
}

static void cut_anywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i <= sizeof(sample); i++) {
		for (size_t j = i; j <= sizeof(sample); j++) {
			struct stream s = { 0 };
			struct seen seen = { 0 };

			stream_init(&s, true);
			assert_int_equal(stream_put(&s, KW_SPAN(sample, i)), 0);
			drain(&s, &seen);
			assert_int_equal(stream_put(&s, KW_SPAN(sample + i, j - i)), 0);
			drain(&s, &seen);
			assert_int_equal(stream_put(&s, KW_SPAN(sample + j, sizeof(sample) - j)), 0);
			drain(&s, &seen);
			is_sample(&seen);
			assert_int_equal(stream_rest(&s).len, 0);
			stream_free(&s);
		}
	}
}

/* Only who connected sends the prefix. */
static void without_a_prefix(void **state)
{
	struct stream s = { 0 };
	struct seen seen = { 0 };

	(void)state;
	stream_init(&s, false);
	assert_int_equal(stream_put(&s, KW_SPAN(sample + 6, sizeof(sample) - 6)), 0);
	drain(&s, &seen);
	is_sample(&seen);
	stream_free(&s);
}

static void broken(const void *bytes, size_t len, bool prefix)
{
	struct stream s = { 0 };
	struct seen seen = { 0 };

	stream_init(&s, prefix);
	assert_int_equal(stream_put(&s, KW_SPAN(bytes, len)), 0);
	drain(&s, &seen);
	assert_true(seen.broken);
	assert_int_equal(seen.ike, 0);
	stream_free(&s);
}

static void not_such_a_stream(void **state)
{
	char text[6];

	(void)state;
	broken("GET / HTTP/1.1\r\n", 16, true);
	broken("\x16", 1, true);
	for (unsigned int i = 0; i < sizeof(text); i++) {
		memcpy(text, "IKETCP", sizeof(text));
		text[i] ^= 0x20;
		broken(text, i + 1, true);
	}
	/* §3: lengths of 0 and 1 */
	broken("\0\0", 2, false);
	broken("\0\1\0", 3, false);
}

/* What is longer than any message is not waited for as one. */
static void far_too_long(void **state)
{
	static uint8_t big[2 + 65533];
	struct stream s = { 0 };
	struct kw_span ike;
	size_t len = STREAM_HEAD_LEN + STREAM_IKE_MAX;

	(void)state;
	big[0] = (uint8_t)(len >> 8);
	big[1] = (uint8_t)len;
	stream_init(&s, false);
	assert_int_equal(stream_put(&s, KW_SPAN(big, len)), 0);
	assert_int_equal(stream_next(&s, &ike), STREAM_IKE);
	assert_int_equal(ike.len, STREAM_IKE_MAX);
	stream_free(&s);
	big[1]++;
	broken(big, len + 1, false);
	/* ESP may be as long as a frame */
	big[0] = big[1] = 0xff;
	big[2] = 1;
	assert_int_equal(stream_put(&s, KW_SPAN(big, 65535)), 0);
	stream_init(&s, false);
	assert_int_equal(stream_next(&s, &ike), STREAM_ESP);
	assert_int_equal(stream_rest(&s).len, 0);
	stream_free(&s);
}

/* Memory is for what came, not for what a length promises. */
static void promises_take_no_memory(void **state)
{
	struct stream s = { 0 };
	struct kw_span ike;

	(void)state;
	stream_init(&s, false);
	assert_int_equal(stream_put(&s, KW_SPAN("\xff\xff\1", 3)), 0);
	assert_int_equal(stream_next(&s, &ike), STREAM_MORE);
	assert_true(s.cap <= 512);
	assert_int_equal(stream_rest(&s).len, 3);
	stream_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(without_a_prefix),
		cmocka_unit_test(not_such_a_stream),
		cmocka_unit_test(far_too_long),
		cmocka_unit_test(promises_take_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
