// SPDX-License-Identifier: GPL-2.0
/* Readers and writers at, one before and one past every edge; spans, hex, the arena. */
#include "lib/buf.h"
#include "check.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t octets[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09 };

static void numbers_are_big_endian(void **state)
{
	struct kw_reader r = kw_reader(KW_SPAN(octets, 9));

	(void)state;
	assert_int_equal(kw_get_u8(&r), 0x01);
	assert_int_equal(kw_get_be16(&r), 0x0203);
	assert_int_equal(kw_get_be32(&r), 0x04050607);
	assert_int_equal(kw_reader_left(&r), 2);
	assert_false(r.bad);
	r = kw_reader(KW_SPAN(octets, 9));
	assert_int_equal(kw_get_be64(&r), 0x0102030405060708);
	assert_int_equal(kw_get_u8(&r), 9);
	assert_int_equal(kw_reader_left(&r), 0);
	assert_false(r.bad);
}

/* Every read of n octets from every shorter input: zero, bad, and nothing after it works. */
static void reading_past_the_end_stays_bad(void **state)
{
	(void)state;
	for (size_t have = 0; have < 8; have++) {
		for (size_t width = 1; width <= 8; width *= 2) {
			uint8_t *exact = malloc(have ? have : 1);	/* the sanitizer watches its end */
			struct kw_reader r = kw_reader(KW_SPAN(exact, have));
			uint64_t v;

			memset(exact, 0xff, have);
			v = width == 1 ? kw_get_u8(&r) : width == 2 ? kw_get_be16(&r) :
			    width == 4 ? kw_get_be32(&r) : kw_get_be64(&r);
			assert_int_equal(r.bad, have < width);
			if (have < width) {
				assert_int_equal(v, 0);
				assert_int_equal(kw_reader_left(&r), 0);
				assert_int_equal(kw_get_u8(&r), 0);
				assert_null(kw_get_span(&r, 0).p);
				assert_int_equal(kw_get_rest(&r).len, 0);
				assert_true(r.bad);
			} else {
				assert_int_equal(v, width == 8 ? UINT64_MAX : (1ull << (8 * width)) - 1);
			}
			free(exact);
		}
	}
}

static void spans_are_views_into_the_input(void **state)
{
	struct kw_reader r = kw_reader(KW_SPAN(octets, 9));
	struct kw_span s = kw_get_span(&r, 4);

	(void)state;
	assert_ptr_equal(s.p, octets);
	assert_int_equal(s.len, 4);
	s = kw_get_span(&r, 0);
	assert_int_equal(s.len, 0);
	s = kw_get_rest(&r);
	assert_ptr_equal(s.p, octets + 4);
	assert_int_equal(s.len, 5);
	assert_false(r.bad);
	r = kw_reader(KW_SPAN(octets, 9));
	s = kw_get_span(&r, 10);
	assert_true(r.bad && !s.p && !s.len);
	r = kw_reader(KW_SPAN(octets, 9));
	s = kw_get_span(&r, SIZE_MAX);
	assert_true(r.bad && !s.p && !s.len);
}

static void an_empty_input_reads_as_nothing(void **state)
{
	struct kw_reader r = kw_reader((struct kw_span){ 0 });

	(void)state;
	assert_int_equal(kw_reader_left(&r), 0);
	assert_int_equal(kw_get_rest(&r).len, 0);
	assert_int_equal(kw_get_span(&r, 0).len, 0);
	assert_false(r.bad);
	kw_get_u8(&r);
	assert_true(r.bad);
}

static void what_is_written_is_read_again(void **state)
{
	uint8_t buf[32];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	struct kw_reader r;

	(void)state;
	kw_put_u8(&w, 0xa1);
	kw_put_be16(&w, 0xb2b3);
	kw_put_be32(&w, 0xc4c5c6c7);
	kw_put_be64(&w, 0xd8d9dadbdcdddedf);
	kw_put_span(&w, KW_SPAN_STR("text"));
	kw_put_zero(&w, 3);
	assert_false(w.bad);
	assert_int_equal(w.len, 1 + 2 + 4 + 8 + 4 + 3);
	r = kw_reader(kw_written(&w));
	assert_int_equal(kw_get_u8(&r), 0xa1);
	assert_int_equal(kw_get_be16(&r), 0xb2b3);
	assert_int_equal(kw_get_be32(&r), 0xc4c5c6c7);
	assert_true(kw_get_be64(&r) == 0xd8d9dadbdcdddedf);
	assert_true(kw_span_equal(kw_get_span(&r, 4), KW_SPAN_STR("text")));
	assert_int_equal(kw_get_be16(&r) | kw_get_u8(&r), 0);
	assert_int_equal(kw_reader_left(&r), 0);
}

/* Into every smaller buffer: what fits stands, the rest is refused whole. */
static void writing_past_the_end_stays_bad(void **state)
{
	(void)state;
	for (size_t cap = 0; cap < 9; cap++) {
		uint8_t *exact = malloc(cap ? cap : 1);
		struct kw_writer w = kw_writer(exact, cap);
		size_t fits = cap >= 8 ? 8 : cap >= 4 ? 4 : 0;

		kw_put_be32(&w, 1);
		kw_put_span(&w, KW_SPAN("abcd", 4));
		kw_put_zero(&w, 1);
		assert_int_equal(w.len, cap >= 9 ? 9 : fits);
		assert_int_equal(w.bad, cap < 9);
		if (w.bad) {
			assert_null(kw_put_room(&w, 0));
			kw_put_u8(&w, 1);
			assert_int_equal(w.len, fits);
		}
		free(exact);
	}
}

static void huge_requests_do_not_wrap(void **state)
{
	uint8_t buf[16];
	struct kw_writer w = kw_writer(buf, sizeof(buf));

	(void)state;
	kw_put_be64(&w, 0);
	assert_null(kw_put_room(&w, SIZE_MAX));
	assert_true(w.bad);
	w = kw_writer(buf, sizeof(buf));
	kw_put_be64(&w, 0);
	kw_put_zero(&w, SIZE_MAX - 7);
	assert_true(w.bad);
	assert_int_equal(w.len, 8);
}

static void only_written_octets_can_be_patched(void **state)
{
	uint8_t buf[16] = { 0 };
	struct kw_writer w = kw_writer(buf, sizeof(buf));

	(void)state;
	kw_put_zero(&w, 8);
	kw_patch_u8(&w, 0, 0x11);
	kw_patch_be16(&w, 1, 0x2233);
	kw_patch_be32(&w, 4, 0x44556677);
	assert_false(w.bad);
	assert_memory_equal(buf, "\x11\x22\x33\0\x44\x55\x66\x77\0\0", 10);
	assert_int_equal(w.len, 8);
	kw_patch_be32(&w, 5, 0);
	assert_true(w.bad);
	w.bad = false;
	kw_patch_u8(&w, 8, 1);
	assert_true(w.bad);
	w.bad = false;
	kw_patch_be16(&w, SIZE_MAX, 1);
	assert_true(w.bad);
	assert_memory_equal(buf, "\x11\x22\x33\0\x44\x55\x66\x77\0\0", 10);
}

static void spans_compare_by_content(void **state)
{
	(void)state;
	assert_true(kw_span_equal(KW_SPAN_STR("abc"), KW_SPAN("abcd", 3)));
	assert_false(kw_span_equal(KW_SPAN_STR("abc"), KW_SPAN_STR("abd")));
	assert_false(kw_span_equal(KW_SPAN_STR("abc"), KW_SPAN_STR("abcd")));
	assert_true(kw_span_equal((struct kw_span){ 0 }, KW_SPAN("x", 0)));
}

static void hex_is_cut_at_whole_octets(void **state)
{
	char buf[32];

	(void)state;
	assert_string_equal(kw_hex(buf, sizeof(buf), KW_SPAN("\x0a\x1b\xff", 3)), "0a1bff");
	assert_string_equal(kw_hex(buf, 7, KW_SPAN("\x0a\x1b\xff", 3)), "0a1bff");
	assert_string_equal(kw_hex(buf, 6, KW_SPAN("\x0a\x1b\xff", 3)), "0a1b");
	assert_string_equal(kw_hex(buf, 2, KW_SPAN("\x0a", 1)), "");
	assert_string_equal(kw_hex(buf, 1, KW_SPAN("\x0a", 1)), "");
	assert_string_equal(kw_hex(buf, sizeof(buf), (struct kw_span){ 0 }), "");
	buf[0] = 'x';
	kw_hex(buf, 0, KW_SPAN("\x0a", 1));
	assert_int_equal(buf[0], 'x');
}

static void the_arena_gives_aligned_zeroes_until_it_is_empty(void **state)
{
	_Alignas(max_align_t) uint8_t buf[256];

	(void)state;
	for (size_t skew = 0; skew < alignof(max_align_t); skew++) {
		struct kw_arena a = { .buf = buf + skew, .cap = 200 };
		uint8_t *end = buf + skew, *p;
		size_t given = 0;

		memset(buf, 0xaa, sizeof(buf));
		for (size_t n = 1; (p = kw_arena_alloc(&a, n)); n++) {
			assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
			assert_true(p >= end && p + n <= buf + skew + 200);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(p[i], 0);
			memset(p, 0x55, n);
			end = p + n;
			given++;
		}
		assert_true(given >= 8);
		assert_true(a.used <= a.cap);
		assert_null(kw_arena_alloc(&a, SIZE_MAX));
	}
	struct kw_arena none = { 0 };

	assert_null(kw_arena_alloc(&none, 1));
}

static void an_arena_without_memory_of_its_own_gives_pieces(void **state)
{
	struct kw_arena a = { .cap = 100 };
	uint8_t *p[4];

	(void)state;
	for (unsigned int round = 0; round < 2; round++) {
		for (size_t i = 0; i < 4; i++) {
			p[i] = kw_arena_alloc(&a, 25);
			assert_non_null(p[i]);
			assert_int_equal((uintptr_t)p[i] % alignof(max_align_t), 0);
			for (size_t j = 0; j < 25; j++)
				assert_int_equal(p[i][j], 0);
			memset(p[i], 0x55 + (int)i, 25);
		}
		/* They do not overlap, and what was given stays where it is. */
		for (size_t i = 0; i < 4; i++)
			for (size_t j = 0; j < 25; j++)
				assert_int_equal(p[i][j], 0x55 + i);
		assert_null(kw_arena_alloc(&a, 1));
		assert_null(kw_arena_alloc(&a, SIZE_MAX));
		kw_arena_reset(&a);
		assert_int_equal(a.used, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_big_endian),
		cmocka_unit_test(reading_past_the_end_stays_bad),
		cmocka_unit_test(spans_are_views_into_the_input),
		cmocka_unit_test(an_empty_input_reads_as_nothing),
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(writing_past_the_end_stays_bad),
		cmocka_unit_test(huge_requests_do_not_wrap),
		cmocka_unit_test(only_written_octets_can_be_patched),
		cmocka_unit_test(spans_compare_by_content),
		cmocka_unit_test(hex_is_cut_at_whole_octets),
		cmocka_unit_test(the_arena_gives_aligned_zeroes_until_it_is_empty),
		cmocka_unit_test(an_arena_without_memory_of_its_own_gives_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
