// SPDX-License-Identifier: GPL-2.0
/*
 * The header and the chain of payloads behind it: reading, building, and what is refused (RFC 7296
 * §3.1-3.2).
 */
#include "wire/chain.h"
#include "wire/header.h"
#include "wire/isakmp.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct ike_header sample = {
	.spi_i = { 1, 2, 3, 4, 5, 6, 7, 8 }, .spi_r = { 9, 10, 11, 12, 13, 14, 15, 16 },
	.next_payload = PAYLOAD_NONCE, .version = IKE_VERSION_2, .exchange = EXCHANGE_IKE_AUTH,
	.flags = IKE_FLAG_INITIATOR, .message_id = 0x01020304, .length = IKE_HEADER_LEN + 3,
};

static void a_header_comes_back_as_it_was_built(void **state)
{
	static const uint8_t octets[] = {
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
		40, 0x20, 35, 8, 1, 2, 3, 4, 0, 0, 0, 31,
	};
	uint8_t buf[IKE_HEADER_LEN + 3] = { 0 };
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	struct ike_header h;
	struct kw_span body;

	(void)state;
	header_build(&w, &sample);
	assert_false(w.bad);
	assert_int_equal(w.len, IKE_HEADER_LEN);
	assert_memory_equal(buf, octets, sizeof(octets));
	assert_int_equal(header_parse(KW_SPAN(buf, sizeof(buf)), &h, &body), 0);
	assert_memory_equal(&h, &sample, sizeof(h));
	assert_ptr_equal(body.p, buf + IKE_HEADER_LEN);
	assert_int_equal(body.len, 3);
}

static void a_length_that_is_not_there_is_refused(void **state)
{
	uint8_t buf[64] = { 0 };
	struct ike_header h = sample;
	struct kw_span body;

	(void)state;
	for (size_t datagram = 0; datagram <= sizeof(buf); datagram++) {
		for (uint32_t length = 0; length <= sizeof(buf) + 1; length++) {
			struct kw_writer w = kw_writer(buf, sizeof(buf));
			bool good = length >= IKE_HEADER_LEN && length <= datagram;

			h.length = length;
			header_build(&w, &h);
			assert_int_equal(header_parse(KW_SPAN(buf, datagram), &h, &body),
					 good ? 0 : -EMSGSIZE);
			if (good)
				assert_int_equal(body.len, length - IKE_HEADER_LEN);
		}
	}
	h.length = UINT32_MAX;
	header_build(&(struct kw_writer){ .buf = buf, .cap = sizeof(buf) }, &h);
	assert_int_equal(header_parse(KW_SPAN(buf, sizeof(buf)), &h, &body), -EMSGSIZE);
}

/* What chain_next() says of the octets, step by step; the last step is the answer that ends. */
struct row {
	const char *desc;
	uint8_t first;
	uint8_t octets[16];
	size_t len;
	unsigned int good;	/* payloads before the end */
	int end;
	const char *why;
};

static const struct row rows[] = {
	{ "nothing at all", 0, { 0 }, 0, 0, 0, "" },
	{ "one empty payload", PAYLOAD_NONCE, { 0, 0, 0, 4 }, 4, 1, 0, "" },
	{ "two payloads", PAYLOAD_NONCE, { 43, 0, 0, 5, 7, 0, 0, 0, 4 }, 9, 2, 0, "" },
	{ "octets but no payload", 0, { 1, 2 }, 2, 0, -EBADMSG, "2 octets after the last payload" },
	{ "announced but not there", PAYLOAD_NONCE, { 0 }, 0, 0, -EBADMSG,
	  "payload 1 (Nonce) has no header: 0 octets left" },
	{ "half a header", PAYLOAD_NONCE, { 0, 0, 0 }, 3, 0, -EBADMSG,
	  "payload 1 (Nonce) has no header: 3 octets left" },
	{ "length 0", PAYLOAD_KE, { 0, 0, 0, 0 }, 4, 0, -EBADMSG,
	  "payload 1 (KE) has length 0, 4 octets left" },
	{ "length 3", PAYLOAD_KE, { 0, 0, 0, 3 }, 4, 0, -EBADMSG,
	  "payload 1 (KE) has length 3, 4 octets left" },
	{ "one too long", PAYLOAD_KE, { 0, 0, 0, 5 }, 4, 0, -EBADMSG,
	  "payload 1 (KE) has length 5, 4 octets left" },
	{ "65535 long", PAYLOAD_KE, { 0, 0, 255, 255 }, 4, 0, -EBADMSG,
	  "payload 1 (KE) has length 65535, 4 octets left" },
	{ "second too long", PAYLOAD_NONCE, { 99, 0, 0, 4, 0, 0, 0, 6, 1 }, 9, 1, -EBADMSG,
	  "payload 2 (payload 99) has length 6, 5 octets left" },
	{ "octets behind the last", PAYLOAD_NONCE, { 0, 0, 0, 4, 1 }, 5, 1, -EBADMSG,
	  "1 octets after the last payload" },
	{ "SK ends the chain whatever it holds", PAYLOAD_SK, { 35, 0, 0, 6, 1, 2 }, 6, 1, 0, "" },
	{ "SKF ends the chain", PAYLOAD_SKF, { 0, 0, 0, 4 }, 4, 1, 0, "" },
	{ "SK is not last", PAYLOAD_SK, { 41, 0, 0, 4, 0, 0, 0, 4 }, 8, 0, -EBADMSG,
	  "SK is not the last payload: 4 octets follow" },
};

static void lengths_are_believed_only_when_they_fit(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct chain c = chain_start(rows[i].first, KW_SPAN(rows[i].octets, rows[i].len));
		struct payload p;
		unsigned int good = 0;
		int ret;

		while ((ret = chain_next(&c, &p)) == 1)
			good++;
		if (ret != rows[i].end || good != rows[i].good || strcmp(c.why, rows[i].why) != 0)
			fail_msg("%s: %u payloads, then %d \"%s\"", rows[i].desc, good, ret, c.why);
		assert_int_equal(chain_next(&c, &p), rows[i].end);
	}
}

static void a_payload_is_seen_whole(void **state)
{
	static const uint8_t octets[] = { 43, 0x80, 0, 6, 1, 2, 0, 0x7f, 0, 4 };
	struct chain c = chain_start(200, KW_SPAN(octets, sizeof(octets)));
	struct payload p;

	(void)state;
	assert_int_equal(chain_next(&c, &p), 1);
	assert_int_equal(p.type, 200);
	assert_true(p.critical);
	assert_int_equal(p.next, 43);
	assert_ptr_equal(p.whole.p, octets);
	assert_int_equal(p.whole.len, 6);
	assert_ptr_equal(p.body.p, octets + 4);
	assert_int_equal(p.body.len, 2);
	assert_int_equal(chain_next(&c, &p), 1);
	assert_int_equal(p.type, PAYLOAD_VENDOR);
	assert_false(p.critical);	/* reserved bits are not looked at, RFC 7296 §2.5 */
	assert_int_equal(chain_next(&c, &p), 0);
}

static void sixty_four_payloads_and_no_more(void **state)
{
	uint8_t octets[(CHAIN_MAX + 1) * 4];
	struct payload p;
	struct chain c;

	(void)state;
	for (size_t i = 0; i < sizeof(octets); i += 4) {
		const uint8_t header[] = { i + 4 < sizeof(octets) ? PAYLOAD_VENDOR : 0, 0, 0, 4 };

		memcpy(octets + i, header, 4);
	}
	c = chain_start(PAYLOAD_VENDOR, KW_SPAN(octets, sizeof(octets)));
	for (int i = 0; i < CHAIN_MAX; i++)
		assert_int_equal(chain_next(&c, &p), 1);
	assert_int_equal(chain_next(&c, &p), -E2BIG);
	assert_string_equal(c.why, "more than 64 payloads");
	assert_int_equal(chain_next(&c, &p), -E2BIG);
}

static void what_is_built_is_read_back(void **state)
{
	uint8_t buf[256];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	struct chain_builder b;
	struct ike_header h;
	struct kw_span body;
	struct payload p;
	struct chain c;

	(void)state;
	header_build(&w, &(struct ike_header){ .version = IKE_VERSION_2 });
	b = chain_builder(&w, HEADER_NEXT_PAYLOAD_OFFSET);
	chain_put(&b, PAYLOAD_NONCE, KW_SPAN_STR("nonce"));
	chain_open(&b, PAYLOAD_NOTIFY);
	kw_put_be32(&w, 7);
	chain_put(&b, PAYLOAD_VENDOR, KW_SPAN(NULL, 0));
	chain_close(&b);
	chain_close(&b);
	kw_patch_be32(&w, HEADER_LENGTH_OFFSET, (uint32_t)w.len);
	assert_false(w.bad);
	assert_int_equal(chain_first(&b), PAYLOAD_NONCE);

	assert_int_equal(header_parse(kw_written(&w), &h, &body), 0);
	c = chain_start(h.next_payload, body);
	assert_int_equal(chain_next(&c, &p), 1);
	assert_int_equal(p.type, PAYLOAD_NONCE);
	assert_true(kw_span_equal(p.body, KW_SPAN_STR("nonce")));
	assert_int_equal(chain_next(&c, &p), 1);
	assert_int_equal(p.type, PAYLOAD_NOTIFY);
	assert_true(kw_span_equal(p.body, KW_SPAN_STR("\0\0\0\x07")));
	assert_int_equal(chain_next(&c, &p), 1);
	assert_int_equal(p.type, PAYLOAD_VENDOR);
	assert_int_equal(p.body.len, 0);
	assert_int_equal(chain_next(&c, &p), 0);
}

static void a_chain_without_payloads_has_no_first(void **state)
{
	uint8_t buf[64];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	struct chain_builder b = chain_builder(&w, SIZE_MAX);

	(void)state;
	chain_close(&b);
	assert_false(w.bad);
	assert_int_equal(w.len, 0);
	assert_int_equal(chain_first(&b), PAYLOAD_NONE);
	chain_put(&b, PAYLOAD_IDI, KW_SPAN_STR("x"));
	chain_close(&b);
	assert_int_equal(chain_first(&b), PAYLOAD_IDI);
	assert_memory_equal(buf, "\0\0\0\x05x", 5);
}

static void what_does_not_fit_makes_the_writer_bad(void **state)
{
	static uint8_t big[70000];
	struct kw_writer w = kw_writer(big, sizeof(big));
	struct chain_builder b = chain_builder(&w, SIZE_MAX);

	(void)state;
	chain_open(&b, PAYLOAD_VENDOR);
	kw_put_zero(&w, 65532);		/* 65536 with its header: no 16-bit length */
	chain_close(&b);
	assert_true(w.bad);

	for (size_t cap = 0; cap < 11; cap++) {
		w = kw_writer(big, cap);
		b = chain_builder(&w, SIZE_MAX);
		chain_put(&b, PAYLOAD_NONCE, KW_SPAN_STR("ab"));
		chain_put(&b, PAYLOAD_VENDOR, KW_SPAN_STR("c"));
		chain_close(&b);
		assert_true(w.bad);
		assert_true(w.len <= cap);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_comes_back_as_it_was_built),
		cmocka_unit_test(a_length_that_is_not_there_is_refused),
		cmocka_unit_test(lengths_are_believed_only_when_they_fit),
		cmocka_unit_test(a_payload_is_seen_whole),
		cmocka_unit_test(sixty_four_payloads_and_no_more),
		cmocka_unit_test(what_is_built_is_read_back),
		cmocka_unit_test(a_chain_without_payloads_has_no_first),
		cmocka_unit_test(what_does_not_fit_makes_the_writer_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
