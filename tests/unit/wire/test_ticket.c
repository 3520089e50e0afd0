// SPDX-License-Identifier: GPL-2.0
/* Tickets as octets: the notify of RFC 5723 §7.3, and what stands in ours. */
#include "wire/ticket.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_notify_has_a_lifetime_and_a_ticket(void **state)
{
	uint8_t buf[16];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	struct ticket_lt t;

	(void)state;
	ticket_lt_build(&w, 3600, KW_SPAN_STR("opaque"));
	assert_true(kw_span_equal(kw_written(&w), KW_SPAN_STR("\0\0\x0e\x10opaque")));
	assert_int_equal(ticket_lt_parse(kw_written(&w), &t), 0);
	assert_int_equal(t.lifetime, 3600);
	assert_true(kw_span_equal(t.ticket, KW_SPAN_STR("opaque")));
	for (size_t n = 0; n <= 4; n++)
		assert_int_equal(ticket_lt_parse(KW_SPAN(buf, n), &t), -EBADMSG);
}

static struct ticket_state sample(void)
{
	struct ticket_state t = {
		.number = 7, .expires_ms = 1234567890123, .proved_ms = 1000, .digest = 0x0123456789abcdef,
		.conn = KW_SPAN_STR("office"), .encr = 20, .encr_bits = 256, .prf = 5, .ke = 31,
		.addke = { 14, 0, 19 }, .own_spi = "ownspi1", .peer_spi = "peerspi", .own_type = 2, .peer_type = 3,
		.own = KW_SPAN_STR("b.example"), .peer = KW_SPAN_STR("a@example.org"),
		.sk_d = KW_SPAN_STR("0123456789abcdef0123456789abcdef"),
	};

	return t;
}

static void what_is_built_is_read(void **state)
{
	struct ticket_state t = sample(), back;
	uint8_t buf[512], again[512];
	struct kw_writer w = kw_writer(buf, sizeof(buf)), v = kw_writer(again, sizeof(again));

	(void)state;
	ticket_state_build(&w, &t);
	assert_false(w.bad);
	assert_int_equal(ticket_state_parse(kw_written(&w), &back), 0);
	assert_int_equal(back.number, 7);
	assert_int_equal(back.expires_ms, 1234567890123);
	assert_int_equal(back.digest, 0x0123456789abcdef);
	assert_int_equal(back.addke[2], 19);
	assert_memory_equal(back.peer_spi, "peerspi", 8);
	assert_true(kw_span_equal(back.peer, t.peer) && kw_span_equal(back.sk_d, t.sk_d));
	ticket_state_build(&v, &back);
	assert_true(kw_span_equal(kw_written(&w), kw_written(&v)));
}

static void cut_short_or_too_long_it_is_nothing(void **state)
{
	struct ticket_state t = sample(), back;
	uint8_t buf[512];
	struct kw_writer w = kw_writer(buf, sizeof(buf));

	(void)state;
	ticket_state_build(&w, &t);
	for (size_t n = 0; n < w.len; n++) {
		uint8_t *copy = malloc(n + 1);

		memcpy(copy, buf, n);
		assert_int_equal(ticket_state_parse(KW_SPAN(copy, n), &back), -EBADMSG);
		free(copy);
	}
	kw_put_u8(&w, 0);
	assert_int_equal(ticket_state_parse(kw_written(&w), &back), -EBADMSG);
	w.len--;
	buf[0]++;		/* another version */
	assert_int_equal(ticket_state_parse(kw_written(&w), &back), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_notify_has_a_lifetime_and_a_ticket),
		cmocka_unit_test(what_is_built_is_read),
		cmocka_unit_test(cut_short_or_too_long_it_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
