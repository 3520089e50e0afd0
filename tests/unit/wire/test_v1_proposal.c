// SPDX-License-Identifier: GPL-2.0
/*
 * ISAKMP's SA payload: octets and structs, and what is refused and why (RFC 2407 §4.6.1, 2408
 * §3.3-3.6).
 */
#include "wire/isakmp_v1.h"
#include "wire/proposal_v1.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t memory[512 * 1024];
static char why[256];

static int parse_in(size_t room, struct kw_span body, struct sa_v1 *sa)
{
	struct kw_arena arena = { .buf = memory, .cap = room };

	why[0] = '\0';
	return sa_v1_parse(body, sa, &arena, why, sizeof(why));
}

/* From its own block, so that the sanitizer sees the octet behind. Views in *sa end with it. */
static int parse_copy(struct kw_span body, struct sa_v1 *sa)
{
	uint8_t *copy = malloc(body.len);
	int ret;

	if (body.len)
		memcpy(copy, body.p, body.len);
	ret = parse_in(sizeof(memory), KW_SPAN(copy, body.len), sa);
	free(copy);
	return ret;
}

#define BASIC(t, v) { .type = (t), .basic = true, .value = (v) }

static struct attr ike_attrs[] = {
	BASIC(V1_ATTR_KEY_LENGTH, 256), BASIC(V1_ATTR_ENCRYPTION, V1_ENCR_AES_CBC),
	BASIC(V1_ATTR_HASH, V1_HASH_SHA2_256), BASIC(V1_ATTR_AUTH_METHOD, V1_AUTH_XAUTH_INIT_PSK),
	BASIC(V1_ATTR_GROUP, 14), BASIC(V1_ATTR_LIFE_TYPE, V1_LIFE_SECONDS),
	{ .type = V1_ATTR_LIFE_DURATION, .data = KW_SPAN_STR("\0\x20\xc4\x9b") },
};
static struct attr none_of_ours[] = { BASIC(0x7fff, 0xffff),
				      { .type = 4711, .data = KW_SPAN_STR("") } };
static struct transform_v1 ike_transforms[] = {
	{ .num = 0, .id = V1_KEY_IKE, .n = 7, .a = ike_attrs },
	{ .num = 1, .id = V1_KEY_IKE, .n = 2, .a = none_of_ours },
};
static struct transform_v1 bare_transform[] = { { .num = 7, .id = V1_ESP_AES_GCM_16 } };
static struct proposal_v1 proposals[] = {
	{ .num = 1, .protocol = V1_PROTO_ISAKMP, .n = 2, .t = ike_transforms },
	{ .num = 2,
	  .protocol = V1_PROTO_ESP,
	  .spi = KW_SPAN_STR("SPI!"),
	  .n = 1,
	  .t = bare_transform },
	{ .num = 2,
	  .protocol = V1_PROTO_IPCOMP,
	  .spi = KW_SPAN_STR("\x2f\x01"),
	  .n = 1,
	  .t = bare_transform },
};

static const struct sa_v1 samples[] = {
	{ .doi = DOI_IPSEC, .situation = SIT_IDENTITY_ONLY, .n = 3, .p = proposals },
	{ .doi = DOI_ISAKMP, .n = 1, .p = proposals },
	{ .doi = DOI_IPSEC,
	  .situation = SIT_IDENTITY_ONLY | SIT_SECRECY | SIT_INTEGRITY,
	  .domain = 7,
	  .secrecy = { KW_SPAN_STR("top secret"), 11, KW_SPAN_STR("\xab\xe0") },
	  .integrity = { KW_SPAN_STR("high"), 0, { 0 } },
	  .n = 2,
	  .p = proposals },
	{ .doi = DOI_GDOI, .opaque = KW_SPAN_STR("whatever GDOI has") },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void expect_label(const struct sa_v1_label *a, const struct sa_v1_label *b)
{
	assert_true(kw_span_equal(a->level, b->level));
	assert_int_equal(a->category_bits, b->category_bits);
	assert_true(kw_span_equal(a->category, b->category));
}

static void expect_transform(const struct transform_v1 *a, const struct transform_v1 *b)
{
	assert_int_equal(a->num, b->num);
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->n, b->n);
	for (unsigned int i = 0; i < a->n; i++) {
		assert_int_equal(a->a[i].type, b->a[i].type);
		assert_int_equal(a->a[i].basic, b->a[i].basic);
		assert_int_equal(a->a[i].value, b->a[i].value);
		assert_true(kw_span_equal(a->a[i].data, b->a[i].data));
	}
}

static void expect_sa(const struct sa_v1 *a, const struct sa_v1 *b)
{
	assert_int_equal(a->doi, b->doi);
	assert_int_equal(a->situation, b->situation);
	assert_int_equal(a->domain, b->domain);
	expect_label(&a->secrecy, &b->secrecy);
	expect_label(&a->integrity, &b->integrity);
	assert_true(kw_span_equal(a->opaque, b->opaque));
	assert_int_equal(a->n, b->n);
	for (unsigned int i = 0; i < a->n; i++) {
		assert_int_equal(a->p[i].num, b->p[i].num);
		assert_int_equal(a->p[i].protocol, b->p[i].protocol);
		assert_true(kw_span_equal(a->p[i].spi, b->p[i].spi));
		assert_int_equal(a->p[i].n, b->p[i].n);
		for (unsigned int k = 0; k < a->p[i].n; k++)
			expect_transform(&a->p[i].t[k], &b->p[i].t[k]);
	}
}

static void what_is_built_is_read_back(void **state)
{
	uint8_t buf[512];
	struct sa_v1 sa;

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct kw_writer w = kw_writer(buf, sizeof(buf));

		sa_v1_build(&w, &samples[i]);
		assert_false(w.bad);
		if (parse_in(sizeof(memory), kw_written(&w), &sa))
			fail_msg("sample %zu: %s", i, why);
		expect_sa(&sa, &samples[i]);
	}
}

/* RFC 2409 §5: the responder may not change what it chose; so its octets are kept. */
static void a_transform_knows_its_octets(void **state)
{
	uint8_t buf[512];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	struct sa_v1 sa;

	(void)state;
	sa_v1_build(&w, &samples[0]);
	assert_int_equal(parse_in(sizeof(memory), kw_written(&w), &sa), 0);
	assert_true(
		kw_span_equal(sa.p[0].t[1].whole,
			      KW_SPAN_STR("\0\0\0\x10\x01\x01\0\0\xff\xff\xff\xff\x12\x67\0\0")));
}

static void cut_anywhere_it_is_refused(void **state)
{
	uint8_t buf[512];
	struct sa_v1 sa;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct kw_writer w = kw_writer(buf, sizeof(buf));

		sa_v1_build(&w, &samples[i]);
		for (size_t len = 0; len < w.len; len++) {
			struct kw_writer small = kw_writer(memory, len);

			assert_int_equal(parse_copy(KW_SPAN(buf, len), &sa), -EBADMSG);
			assert_true(why[0] != '\0');
			assert_true(sa.n <= samples[i].n);
			sa_v1_build(&small, &samples[i]);
			assert_true(small.bad);
		}
	}
}

static void what_stood_before_a_mistake_is_kept(void **state)
{
	uint8_t buf[512];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	struct sa_v1 sa;

	(void)state;
	sa_v1_build(&w, &samples[0]);
	assert_int_equal(parse_in(sizeof(memory), kw_written(&w), &sa), 0);
	/* The SPI size of the second proposal. */
	buf[(size_t)(sa.p[1].spi.p - buf) - 2] = 3;
	assert_int_equal(parse_in(sizeof(memory), kw_written(&w), &sa), -EBADMSG);
	assert_string_equal(why, "proposal 2: SPI size 3 does not fit protocol 3");
	assert_int_equal(sa.n, 2);
	assert_int_equal(sa.p[0].n, 2);
	assert_int_equal(sa.p[0].t[0].n, 7);
	assert_int_equal(sa.p[1].n, 0);
}

/* One ESP proposal in octets, to be bent. */
#define SA_HEAD "\0\0\0\x01\0\0\0\x01"
#define P_ESP "\0\0\0\x20\x01\x03\x04\x02SPI!"
#define T_3DES "\x03\0\0\x0c\x01\x03\0\0\x80\x04\0\x01"
#define T_NULL "\0\0\0\x08\x02\x0b\0\0"
#define GOOD SA_HEAD P_ESP T_3DES T_NULL

static void octets_are_where_the_rfcs_put_them(void **state)
{
	static struct attr tunnel[] = { BASIC(V1_IPSEC_ATTR_ENCAPSULATION, V1_ENCAP_TUNNEL) };
	static struct transform_v1 t[] = {
		{ .num = 1, .id = V1_ESP_3DES, .n = 1, .a = tunnel },
		{ .num = 2, .id = V1_ESP_NULL },
	};
	static struct proposal_v1 p[] = {
		{ .num = 1, .protocol = V1_PROTO_ESP, .spi = KW_SPAN_STR("SPI!"), .n = 2, .t = t },
	};
	const struct sa_v1 sa = {
		.doi = DOI_IPSEC, .situation = SIT_IDENTITY_ONLY, .n = 1, .p = p
	};
	uint8_t buf[64];
	struct kw_writer w = kw_writer(buf, sizeof(buf));

	(void)state;
	sa_v1_build(&w, &sa);
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
		ROW("", "no DOI, 0 octets left"),
		ROW("\0\0\0", "no DOI, 3 octets left"),
		ROW("\0\0\0\x01\0\0", "situation 0x0 is cut short, 2 octets left"),
		ROW("\0\0\0\x01\0\0\0\x02", "situation 0x2 is cut short, 4 octets left"),
		ROW("\0\0\0\x01\0\0\0\x02\0\0\0\0\xff\xff\0\0\0",
		    "situation 0x2 is cut short, 13 octets left"),
		ROW("\0\0\0\x01\0\0\0\x04\0\0\0\0\0\0\0\0\0\x21\0\0\0\0\0\0",
		    "situation 0x4 is cut short, 20 octets left"),
		ROW(SA_HEAD, "no proposal"),
		ROW("\0\0\0\0", "no proposal"),
		ROW(SA_HEAD "\0\0\0\x07\x01\x03\x04",
		    "proposal 1: length 7, but 8 is the least and 7 octets are left"),
		ROW(SA_HEAD "\0\0\0\x09\x01\x03\0\0",
		    "proposal 1: length 9, but 8 is the least and 8 octets are left"),
		ROW(SA_HEAD "\x03\0\0\x08\x01\x03\0\0",
		    "proposal 1: next payload is 3, neither 0 nor 2"),
		ROW(SA_HEAD "\x02\0\0\x08\x01\x01\0\0",
		    "proposal 1: not marked as the last, but nothing follows"),
		ROW(SA_HEAD "\0\0\0\x08\x01\x01\0\0\0",
		    "proposal 1: marked as the last, but 1 octets follow"),
		ROW(SA_HEAD "\0\0\0\x08\x01\x03\x04\0",
		    "proposal 1: SPI size 4 is beyond the proposal's end"),
		ROW(SA_HEAD "\0\0\0\x08\x01\x03\0\0",
		    "proposal 1: SPI size 0 does not fit protocol 3"),
		ROW(SA_HEAD "\0\0\0\x09\x01\x04\x01\0!",
		    "proposal 1: SPI size 1 does not fit protocol 4"),
		ROW(SA_HEAD "\0\0\0\x08\x01\x01\0\x01",
		    "proposal 1: 1 transforms announced, but only 0 octets for them"),
		ROW(SA_HEAD "\0\0\0\x18\x01\x03\x04\x01SPI!" T_3DES,
		    "proposal 1, transform 1: not marked as the last, but nothing follows"),
		ROW(SA_HEAD "\0\0\0\x1c\x01\x03\x04\x02SPI!" T_NULL T_NULL,
		    "proposal 1, transform 1: marked as the last, but 8 octets follow"),
		ROW(SA_HEAD "\0\0\0\x20\x01\x03\x04\x01SPI!" T_3DES T_NULL,
		    "proposal 1: 8 octets after its 1 transforms"),
		ROW(SA_HEAD
		    "\0\0\0\x1c\x01\x03\x04\x02SPI!\0\0\0\x10\x01\x03\0\0\x80\x04\0\x01\x80\x04\0\x01",
		    "proposal 1, transform 2: 2 were announced, but the one before is marked as the last"),
		ROW(SA_HEAD "\0\0\0\x14\x01\x03\x04\x01SPI!\x02\0\0\x08\x01\x03\0\0",
		    "proposal 1, transform 1: next payload is 2, neither 0 nor 3"),
		ROW(SA_HEAD "\0\0\0\x14\x01\x03\x04\x01SPI!\0\0\0\x07\x01\x03\0\0",
		    "proposal 1, transform 1: length 7, but 8 is the least and 8 octets are left"),
		ROW(SA_HEAD "\0\0\0\x16\x01\x03\x04\x01SPI!\0\0\0\x0a\x01\x03\0\0\x80\x04",
		    "proposal 1, transform 1: an attribute has 2 octets where 4 are the least"),
		ROW(SA_HEAD "\0\0\0\x19\x01\x03\x04\x01SPI!\0\0\0\x0d\x01\x03\0\0\0\x02\0\x02!",
		    "proposal 1, transform 1: attribute 2 has length 2, 1 octets left"),
#undef ROW
	};
	struct sa_v1 sa;

	(void)state;
	assert_int_equal(parse_copy(KW_SPAN_STR(GOOD), &sa), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(parse_copy(KW_SPAN(rows[i].octets, rows[i].len), &sa), -EBADMSG);
		assert_string_equal(why, rows[i].why);
	}
}

static void there_is_a_limit_to_everything(void **state)
{
	static struct attr attrs[V1_ATTRS_MAX + 1];
	static struct transform_v1 t[V1_TRANSFORMS_MAX];
	static struct proposal_v1 p[V1_PROPOSALS_MAX + 1];
	static uint8_t buf[65535];
	struct sa_v1 sa = { .doi = DOI_ISAKMP, .p = p };
	struct kw_writer w;

	(void)state;
	for (size_t i = 0; i < COUNT(attrs); i++)
		attrs[i] = (struct attr)BASIC(1, 1);
	for (size_t i = 0; i < COUNT(t); i++)
		t[i] = (struct transform_v1){ .num = (uint8_t)i, .n = V1_ATTRS_MAX, .a = attrs };
	for (size_t i = 0; i < COUNT(p); i++)
		p[i] = (struct proposal_v1){
			.num = (uint8_t)i, .protocol = V1_PROTO_ISAKMP, .n = 1, .t = t
		};

	sa.n = V1_PROPOSALS_MAX;
	w = kw_writer(buf, sizeof(buf));
	sa_v1_build(&w, &sa);
	assert_int_equal(parse_in(sizeof(memory), kw_written(&w), &(struct sa_v1){ 0 }), 0);
	sa.n++;
	w = kw_writer(buf, sizeof(buf));
	sa_v1_build(&w, &sa);
	assert_int_equal(parse_in(sizeof(memory), kw_written(&w), &(struct sa_v1){ 0 }), -E2BIG);
	assert_string_equal(why, "proposal 33: at most 32 proposals are read");

	sa.n = 1;
	p[0].n = V1_TRANSFORMS_MAX;
	w = kw_writer(buf, sizeof(buf));
	sa_v1_build(&w, &sa);
	assert_false(w.bad);
	assert_int_equal(parse_in(sizeof(memory), kw_written(&w), &(struct sa_v1){ 0 }), 0);
	p[0].n = 1;
	t[0].n = V1_ATTRS_MAX + 1;
	w = kw_writer(buf, sizeof(buf));
	sa_v1_build(&w, &sa);
	assert_int_equal(parse_in(sizeof(memory), kw_written(&w), &(struct sa_v1){ 0 }), -E2BIG);
	assert_string_equal(why, "proposal 1, transform 1: more than 32 attributes");
}

static void no_arena_is_too_small_to_say_so(void **state)
{
	uint8_t buf[512];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	struct sa_v1 sa;
	int ret = -ENOMEM;

	(void)state;
	sa_v1_build(&w, &samples[0]);
	for (size_t room = 0; ret; room++) {
		ret = parse_in(room, kw_written(&w), &sa);
		assert_true(ret == 0 || ret == -ENOMEM);
		assert_true(room < sizeof(memory));
	}
}

static void a_refusal_fits_any_room(void **state)
{
	struct kw_arena arena = { .buf = memory, .cap = sizeof(memory) };
	struct sa_v1 sa;

	(void)state;
	for (size_t room = 1; room < 64; room++) {
		char *text = malloc(room);

		assert_int_equal(
			sa_v1_parse(
				KW_SPAN_STR(SA_HEAD
					    "\0\0\0\x14\x01\x03\x04\x01SPI!\0\0\0\x07\x01\x03\0\0"),
				&sa, &arena, text, room),
			-EBADMSG);
		assert_true(strnlen(text, room) < room);
		free(text);
	}
}

static void a_number_is_one_in_both_forms_of_an_attribute(void **state)
{
	const struct attr basic = attr_basic(12, 28800),
			  variable = attr_variable(12, KW_SPAN_STR("\0\x20\xc4\x9b")),
			  empty = attr_variable(12, KW_SPAN_STR("")),
			  longer = attr_variable(12, KW_SPAN_STR("123456789"));
	uint64_t n;

	(void)state;
	assert_true(attr_number(&basic, &n));
	assert_int_equal(n, 28800);
	assert_true(attr_number(&variable, &n));
	assert_int_equal(n, 2147483);
	assert_false(attr_number(&empty, &n));
	assert_false(attr_number(&longer, &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_built_is_read_back),
		cmocka_unit_test(a_transform_knows_its_octets),
		cmocka_unit_test(cut_anywhere_it_is_refused),
		cmocka_unit_test(what_stood_before_a_mistake_is_kept),
		cmocka_unit_test(octets_are_where_the_rfcs_put_them),
		cmocka_unit_test(each_bent_field_is_named),
		cmocka_unit_test(there_is_a_limit_to_everything),
		cmocka_unit_test(no_arena_is_too_small_to_say_so),
		cmocka_unit_test(a_refusal_fits_any_room),
		cmocka_unit_test(a_number_is_one_in_both_forms_of_an_attribute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
