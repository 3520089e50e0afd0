// SPDX-License-Identifier: GPL-2.0
/* The IKEv2 SA payload: octets, text, and what is refused and why (RFC 7296 §3.3). */
#include "wire/isakmp.h"
#include "wire/proposal.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t memory[64 * 1024];
static char why[256];

static int parse(struct kw_span body, struct proposal_list *list)
{
	struct kw_arena arena = { .buf = memory, .cap = sizeof(memory) };
	/* its own block: the sanitizer sees the octet behind */
	uint8_t *copy = malloc(body.len);
	int ret;

	why[0] = '\0';
	if (body.len)
		memcpy(copy, body.p, body.len);
	ret = proposal_v2_parse(KW_SPAN(copy, body.len), list, &arena, why, sizeof(why));
	free(copy);
	return ret;
}

static struct transform ike_transforms[] = {
	{ TRANSFORM_ENCR, ENCR_AES_GCM_16, 256, false },
	{ TRANSFORM_ENCR, ENCR_CHACHA20_POLY1305, 0, false },
	{ TRANSFORM_PRF, PRF_HMAC_SHA2_256, 0, false }, { TRANSFORM_KE, KE_CURVE25519, 0, false },
};
static struct transform esp_transforms[] = {
	{ TRANSFORM_ESN, ESN_YES, 0, false }, { TRANSFORM_ENCR, ENCR_AES_GCM_16, 128, false },
	{ TRANSFORM_ESN, ESN_NONE, 0, false }, { 99, 7, 0, false },
};

static const struct proposal_list sample = {
	.n = 3,
	.p = {
		{ .num = 1, .protocol = PROTO_IKE, .n = 4, .t = ike_transforms },
		{ .num = 2, .protocol = PROTO_ESP, .spi_len = 4, .spi = { 1, 2, 3, 4 }, .n = 4,
		  .t = esp_transforms },
		{ .num = 3, .protocol = PROTO_IKE, .spi_len = 8, .spi = { 1, 2, 3, 4, 5, 6, 7, 8 }, .n = 0 },
	},
};

static void what_is_built_is_read_back(void **state)
{
	uint8_t buf[512];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	struct proposal_list list;

	(void)state;
	proposal_v2_build(&w, &sample);
	assert_false(w.bad);
	if (parse(kw_written(&w), &list))
		fail_msg("%s", why);
	assert_int_equal(list.n, sample.n);
	for (unsigned int i = 0; i < list.n; i++) {
		const struct proposal *a = &list.p[i], *b = &sample.p[i];

		assert_int_equal(a->num, b->num);
		assert_int_equal(a->protocol, b->protocol);
		assert_int_equal(a->spi_len, b->spi_len);
		assert_memory_equal(a->spi, b->spi, 8);
		assert_int_equal(a->n, b->n);
		for (unsigned int k = 0; k < a->n; k++) {
			assert_int_equal(a->t[k].type, b->t[k].type);
			assert_int_equal(a->t[k].id, b->t[k].id);
			assert_int_equal(a->t[k].key_bits, b->t[k].key_bits);
			assert_false(a->t[k].unknown_attr);
		}
	}
}

static void cut_anywhere_it_is_refused(void **state)
{
	uint8_t buf[512];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	struct proposal_list list;

	(void)state;
	proposal_v2_build(&w, &sample);
	for (size_t len = 0; len < w.len; len++) {
		struct kw_writer small = kw_writer(memory, len);

		assert_int_equal(parse(KW_SPAN(buf, len), &list), -EBADMSG);
		assert_true(why[0] != '\0');
		proposal_v2_build(&small, &sample);
		assert_true(small.bad);
	}
}

/* One ESP proposal in octets, to be bent. */
#define T_GCM "\x03\0\0\x0c\x01\0\0\x14\x80\x0e\x01\0"
#define T_ESN "\0\0\0\x08\x05\0\0\0"
#define P_ESP "\0\0\0\x20\x01\x03\x04\x02SPI!"
#define GOOD P_ESP T_GCM T_ESN

static void octets_are_where_the_rfc_puts_them(void **state)
{
	static struct transform t[] = {
		{ TRANSFORM_ENCR, ENCR_AES_GCM_16, 256, false },
		{ TRANSFORM_ESN, ESN_NONE, 0, false },
	};
	struct proposal_list list = {
		.n = 1,
		.p = { { .num = 1,
			 .protocol = PROTO_ESP,
			 .spi_len = 4,
			 .spi = "SPI!",
			 .n = 2,
			 .t = t } },
	};
	uint8_t buf[64];
	struct kw_writer w = kw_writer(buf, sizeof(buf));

	(void)state;
	proposal_v2_build(&w, &list);
	assert_true(kw_span_equal(kw_written(&w), KW_SPAN_STR(GOOD)));
}

static void each_bent_field_is_named(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
		const char *why;
	} rows[] = {
#define ROW(octets, why) { octets, sizeof(octets) - 1, why }
		ROW("", "proposal 1: no header, 0 octets left"),
		ROW("\0\0\0", "proposal 1: no header, 3 octets left"),
		ROW("\0\0\0\0", "proposal 1: length 0, but 8 is the least and 4 octets are left"),
		ROW("\0\0\0\x07\x01\x03\x04",
		    "proposal 1: length 7, but 8 is the least and 7 octets are left"),
		ROW("\0\0\0\x21\x01\x03\x04\x02SPI!" T_GCM T_ESN,
		    "proposal 1: length 33, but 8 is the least and 32 octets are left"),
		ROW(GOOD "x", "proposal 1: marked as the last, but 1 octets follow"),
		ROW("\x02\0\0\x20\x01\x03\x04\x02SPI!" T_GCM T_ESN,
		    "proposal 1: not marked as the last, but nothing follows"),
		ROW("\x01\0\0\x20\x01\x03\x04\x02SPI!" T_GCM T_ESN,
		    "proposal 1: field \"last\" is 1, neither 0 nor 2"),
		ROW("\0\0\0\x20\0\x03\x04\x02SPI!" T_GCM T_ESN, "proposal 1: number 0"),
		ROW("\x02\0\0\x20\x02\x03\x04\x02SPI!" T_GCM T_ESN GOOD,
		    "proposal 1: number 2 where 1 is due"),
		ROW("\x02\0\0\x20\x01\x03\x04\x02SPI!" T_GCM T_ESN GOOD,
		    "proposal 2: number 1 where 2 is due"),
		ROW("\0\0\0\x20\x01\x03\x19\x02SPI!" T_GCM T_ESN,
		    "proposal 1: SPI size 25 is beyond the proposal's end"),
		ROW("\0\0\0\x24\x01\x03\x08\x02SPISPI!!" T_GCM T_ESN,
		    "proposal 1: SPI size 8 does not fit ESP"),
		ROW("\0\0\0\x1c\x01\x03\0\x02" T_GCM T_ESN,
		    "proposal 1: SPI size 0 does not fit ESP"),
		ROW("\0\0\0\x20\x01\x01\x04\x02SPI!" T_GCM T_ESN,
		    "proposal 1: SPI size 4 does not fit IKE"),
		ROW("\0\0\0\x25\x01\x63\x09\x02SPISPISPI" T_GCM T_ESN,
		    "proposal 1: SPI size 9 does not fit protocol 99"),
		ROW("\0\0\0\x20\x01\x03\x04\x03SPI!" T_GCM T_ESN,
		    "proposal 1: 3 transforms announced, but only 20 octets for them"),
		ROW("\0\0\0\x20\x01\x03\x04\x01SPI!" T_GCM T_ESN,
		    "proposal 1: 8 octets after its 1 transforms"),
		ROW("\0\0\0\x20\x01\x03\x04\0SPI!" T_GCM T_ESN,
		    "proposal 1: 20 octets after its 0 transforms"),
		ROW(P_ESP "\0\0\0\x0c\x01\0\0\x14\x80\x0e\x01\0" T_ESN,
		    "proposal 1, transform 1: marked as the last, but 8 octets follow"),
		ROW(P_ESP T_GCM "\x03\0\0\x08\x05\0\0\0",
		    "proposal 1, transform 2: not marked as the last, but nothing follows"),
		ROW(P_ESP T_GCM "\x02\0\0\x08\x05\0\0\0",
		    "proposal 1, transform 2: field \"last\" is 2, neither 0 nor 3"),
		ROW(P_ESP T_GCM "\0\0\0\x07\x05\0\0\0",
		    "proposal 1, transform 2: length 7, but 8 is the least and 8 octets are left"),
		ROW(P_ESP T_GCM "\0\0\0\x09\x05\0\0\0",
		    "proposal 1, transform 2: length 9, but 8 is the least and 8 octets are left"),
		ROW(P_ESP "\x03\0\0\x0a\x01\0\0\x14\x80\x0e" "\0\0\0\x0a\x05\0\0\0\0\0",
		    "proposal 1, transform 1: an attribute is cut short"),
		ROW(P_ESP "\x03\0\0\x0c\x01\0\0\x14\0\x0e\0\x02" T_ESN,
		    "proposal 1, transform 1: attribute 14 has length 2, 0 octets left"),
		ROW("\0\0\0\x24\x01\x03\x04\x02SPI!" "\x03\0\0\x10\x01\0\0\x14\x80\x0e\x01\0\x80\x0e\0\x80" T_ESN,
		    "proposal 1, transform 1: two Key Length attributes"),
#undef ROW
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct proposal_list list;
		int ret = parse(KW_SPAN(rows[i].octets, rows[i].len), &list);

		if (ret != -EBADMSG || strcmp(why, rows[i].why) != 0)
			fail_msg("row %zu: %d \"%s\"", i, ret, why);
	}
}

static void an_answer_carries_the_number_of_the_chosen_one(void **state)
{
	struct proposal_list list;

	(void)state;
	assert_int_equal(parse(KW_SPAN_STR("\0\0\0\x20\x07\x03\x04\x02SPI!" T_GCM T_ESN), &list),
			 0);
	assert_int_equal(list.p[0].num, 7);
}

/* RFC 7296 §3.3.6: the transform is unacceptable, all else goes on. */
static void an_unknown_attribute_spoils_its_transform_only(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
	} rows[] = {
#define ROW(octets) { octets, sizeof(octets) - 1 }
		ROW("\0\0\0\x20\x01\x03\x04\x02SPI!" "\x03\0\0\x0c\x01\0\0\x14\x80\x0f\x01\0" T_ESN),
		ROW("\0\0\0\x22\x01\x03\x04\x02SPI!" "\x03\0\0\x0e\x01\0\0\x14\0\x0e\0\x02\x01\0" T_ESN),
		ROW("\0\0\0\x20\x01\x03\x04\x02SPI!" "\x03\0\0\x0c\x01\0\0\x14\x80\x0e\0\0" T_ESN),
		ROW("\0\0\0\x20\x01\x03\x04\x02SPI!" "\x03\0\0\x0c\x01\0\0\x14\0\x63\0\0" T_ESN),
#undef ROW
	};
	char line[128];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct proposal_list list;

		if (parse(KW_SPAN(rows[i].octets, rows[i].len), &list))
			fail_msg("row %zu: %s", i, why);
		assert_true(list.p[0].t[0].unknown_attr);
		assert_int_equal(list.p[0].t[0].key_bits, 0);
		assert_false(list.p[0].t[1].unknown_attr);
		assert_string_equal(proposal_print(line, sizeof(line), &list.p[0]),
				    "esp: aes-gcm-16 (unknown attribute) / no-esn");
	}
}

static void unknown_protocols_and_types_are_carried_along(void **state)
{
	struct proposal_list list;
	char line[128];

	(void)state;
	assert_int_equal(parse(KW_SPAN_STR("\x02\0\0\x16\x01\x63\x06\x01"
					   "SPISPI"
					   "\0\0\0\x08\xfe\0\xff\xff"
					   "\0\0\0\x20\x02\x03\x04\x02SPI!" T_GCM T_ESN),
			       &list),
			 0);
	assert_int_equal(list.n, 2);
	assert_string_equal(proposal_list_print(line, sizeof(line), &list),
			    "protocol 99: transform 65535; esp: aes-gcm-16-256 / no-esn");
}

static void there_is_a_limit_to_everything(void **state)
{
	static const uint8_t empty[] = { 2, 0, 0, 8, 1, 1, 0, 0 };
	uint8_t buf[4096];
	struct kw_arena little = { .buf = memory, .cap = sizeof(struct transform) };
	struct proposal_list list;

	(void)state;
	for (unsigned int i = 0; i < PROPOSALS_MAX + 1; i++) {
		memcpy(buf + i * 8, empty, 8);
		buf[i * 8 + 4] = (uint8_t)(i + 1);
	}
	buf[(PROPOSALS_MAX - 1) * 8] = 0;
	assert_int_equal(parse(KW_SPAN(buf, PROPOSALS_MAX * 8), &list), 0);
	assert_int_equal(list.n, PROPOSALS_MAX);
	assert_string_equal(proposal_print((char *)memory, 64, &list.p[0]), "ike: nothing");
	buf[(PROPOSALS_MAX - 1) * 8] = 2;
	buf[PROPOSALS_MAX * 8] = 0;
	assert_int_equal(parse(KW_SPAN(buf, (PROPOSALS_MAX + 1) * 8), &list), -E2BIG);
	assert_string_equal(why, "proposal 33: at most 32 proposals are read");

	memset(buf, 0, sizeof(buf));
	memcpy(buf, "\0\0\x02\x10\x01\x01\0\x41", 8);
	for (int i = 0; i < 65; i++)
		memcpy(buf + 8 + i * 8,
		       i < 64 ? "\x03\0\0\x08\x04\0\0\x1f" : "\0\0\0\x08\x04\0\0\x1f", 8);
	assert_int_equal(parse(KW_SPAN(buf, 0x210), &list), -E2BIG);
	assert_string_equal(why, "proposal 1: 65 transforms, at most 64 are read");

	assert_int_equal(proposal_v2_parse(KW_SPAN_STR(GOOD), &list, &little, why, sizeof(why)),
			 -ENOMEM);
	assert_string_equal(why, "proposal 1: no room for 2 transforms");
}

static void a_refusal_fits_any_room(void **state)
{
	struct kw_arena arena = { .buf = memory, .cap = sizeof(memory) };
	struct proposal_list list;
	char small[40];

	(void)state;
	for (size_t n = 0; n <= sizeof(small); n++) {
		memset(small, 'x', sizeof(small));
		assert_int_equal(proposal_v2_parse(KW_SPAN_STR(""), &list, &arena, small, n),
				 -EBADMSG);
		if (n)
			assert_true(memchr(small, 0, n) != NULL);
		if (n < sizeof(small))
			assert_int_equal(small[n], 'x');
	}
}

static void printing_puts_kinds_in_one_order_and_stops_at_the_room(void **state)
{
	char line[256];

	(void)state;
	assert_string_equal(proposal_list_print(line, sizeof(line), &sample),
			    "ike: aes-gcm-16-256, chacha20-poly1305 / prf-hmac-sha2-256 / x25519; "
			    "esp: aes-gcm-16-128 / esn, no-esn / transform 7; ike: nothing");
	for (size_t cap = 1; cap < 100; cap++)
		assert_int_equal(strlen(proposal_list_print(line, cap, &sample)), cap - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_built_is_read_back),
		cmocka_unit_test(cut_anywhere_it_is_refused),
		cmocka_unit_test(octets_are_where_the_rfc_puts_them),
		cmocka_unit_test(each_bent_field_is_named),
		cmocka_unit_test(an_answer_carries_the_number_of_the_chosen_one),
		cmocka_unit_test(an_unknown_attribute_spoils_its_transform_only),
		cmocka_unit_test(unknown_protocols_and_types_are_carried_along),
		cmocka_unit_test(there_is_a_limit_to_everything),
		cmocka_unit_test(a_refusal_fits_any_room),
		cmocka_unit_test(printing_puts_kinds_in_one_order_and_stops_at_the_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
