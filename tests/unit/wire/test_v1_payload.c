// SPDX-License-Identifier: GPL-2.0
/* Bodies of ISAKMP payloads, the chain under IKEv1's rules, and vendor ids. */
#include "crypto/hash_v1.h"
#include "wire/attr.h"
#include "wire/chain.h"
#include "wire/isakmp_v1.h"
#include "wire/names_v1.h"
#include "wire/payload_v1.h"
#include "wire/vendor.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char why[128];

/* Everything a body parser can give, compared as octets of what is built from it again. */
static int id_again(struct kw_span body, struct kw_writer *w)
{
	struct v1_id_payload id;
	int ret = v1_id_parse(body, &id, why, sizeof(why));

	if (!ret)
		v1_id_build(w, &id);
	return ret;
}

static int notify_again(struct kw_span body, struct kw_writer *w)
{
	struct v1_notify_payload n;
	int ret = v1_notify_parse(body, &n, why, sizeof(why));

	if (!ret)
		v1_notify_build(w, &n);
	return ret;
}

static int delete_again(struct kw_span body, struct kw_writer *w)
{
	struct v1_delete_payload d;
	int ret = v1_delete_parse(body, &d, why, sizeof(why));

	assert_true(ret == 0 || d.n == 0);
	if (!ret)
		v1_delete_build(w, &d);
	return ret;
}

static int nonce_again(struct kw_span body, struct kw_writer *w)
{
	struct kw_span nonce;
	int ret = v1_nonce_parse(body, &nonce, why, sizeof(why));

	if (!ret)
		kw_put_span(w, nonce);
	return ret;
}

static int natoa_again(struct kw_span body, struct kw_writer *w)
{
	struct ip_addr addr;
	int ret = v1_natoa_parse(body, &addr, why, sizeof(why));

	if (!ret)
		v1_natoa_build(w, &addr);
	return ret;
}

static int config_again(struct kw_span body, struct kw_writer *w)
{
	struct config_payload c;
	struct kw_reader r;
	struct attr a;
	int ret = config_parse(body, &c, why, sizeof(why));

	if (ret)
		return ret;
	config_build(w, &(struct config_payload){ .type = c.type, .identifier = c.identifier });
	r = kw_reader(c.attrs);
	while ((ret = attr_next(&r, &a, why, sizeof(why))) > 0)
		attr_put(w, &a);
	return ret;
}

static int fragment_again(struct kw_span body, struct kw_writer *w)
{
	struct v1_fragment f;
	int ret = v1_fragment_parse(body, &f, why, sizeof(why));

	if (!ret)
		v1_fragment_build(w, &f);
	return ret;
}

#define BODY(octets) KW_SPAN_STR(octets)
#define V6 "0123456789abcdef"

static const struct {
	const char *name;
	int (*again)(struct kw_span body, struct kw_writer *w);
	struct kw_span body;
	size_t least; /* cut shorter than this it is refused; longer cuts are another good body */
} good[] = {
	{ "address", id_again, BODY("\x01\x11\x01\xf4\xc0\x00\x02\x01"), 8 },
	{ "subnet", id_again, BODY("\x04\0\0\0\x0a\0\0\0\xff\0\0\0"), 12 },
	{ "range", id_again, BODY("\x08\0\0\0" V6 V6), 36 },
	{ "FQDN", id_again, BODY("\x02\0\0\0moon.example"), 5 },
	{ "key id", id_again, BODY("\x0b\0\0\0\0"), 5 },
	{ "unknown id", id_again, BODY("\x63\0\0\0?"), 5 },
	{ "notify", notify_again, BODY("\0\0\0\x01\x01\x10\x8d\x28" V6 "\0\0\0\x07"), 24 },
	{ "bare notify", notify_again, BODY("\0\0\0\0\0\0\0\x0e"), 8 },
	{ "delete", delete_again, BODY("\0\0\0\x01\x03\x04\0\x02SPI1SPI2"), 16 },
	{ "delete of an ISAKMP SA", delete_again, BODY("\0\0\0\x01\x01\x10\0\x01" V6), 24 },
	{ "empty delete", delete_again, BODY("\0\0\0\x01\x03\0\0\0"), 8 },
	{ "nonce", nonce_again, BODY(V6), 8 },
	{ "NAT-OA", natoa_again, BODY("\x01\0\0\0\xc0\0\x02\x01"), 8 },
	{ "NAT-OA v6", natoa_again, BODY("\x05\0\0\0" V6), 20 },
	{ "attributes", config_again, BODY("\x01\0\xa4\xc1\x40\x89\0\0\xc0\x8f\0\x01"), 12 },
	{ "fragment", fragment_again, BODY("\0\x01\x02\x01rest"), 4 },
};

static void a_body_is_read_and_built_the_same(void **state)
{
	uint8_t buf[128];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct kw_writer w = kw_writer(buf, sizeof(buf));

		if (good[i].again(good[i].body, &w))
			fail_msg("%s: %s", good[i].name, why);
		if (!kw_span_equal(kw_written(&w), good[i].body))
			fail_msg("%s comes out otherwise", good[i].name);
	}
}

static void a_body_cut_anywhere_is_refused_or_shorter(void **state)
{
	uint8_t buf[128];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		for (size_t len = 0; len < good[i].body.len; len++) {
			uint8_t *copy = malloc(len);
			struct kw_writer w = kw_writer(buf, sizeof(buf));
			int ret;

			if (len)
				memcpy(copy, good[i].body.p, len);
			why[0] = '\0';
			ret = good[i].again(KW_SPAN(copy, len), &w);
			free(copy);
			/* Attributes may end between two of them. */
			if (good[i].again == config_again && len >= 4 && len % 4 == 0) {
				assert_int_equal(ret, 0);
				continue;
			}
			if (ret != (len < good[i].least ? -EBADMSG : 0))
				fail_msg("%s at %zu octets: %d", good[i].name, len, ret);
			assert_int_equal(why[0] != '\0', ret != 0);
		}
	}
}

static void each_refusal_names_the_numbers(void **state)
{
	static const struct {
		int (*again)(struct kw_span body, struct kw_writer *w);
		struct kw_span body;
		const char *why;
	} rows[] = {
		{ id_again, BODY("\x06\0\0\0" V6 "12345678"),
		  "IPv6 subnet of 24 octets instead of 32" },
		{ id_again, BODY("\x02\0\0\0"), "empty FQDN" },
		{ id_again, BODY("\x02\0\0"), "3 octets where 4 are the least" },
		{ notify_again, BODY("\0\0\0\x01\x03\x05\0\x01SPI!"), "SPI size 5, 4 octets left" },
		{ delete_again, BODY("\0\0\0\x01\x03\x04\0\x02SPI!"),
		  "2 SPIs of 4 octets announced, 4 octets left" },
		{ delete_again, BODY("\0\0\0\x01\x03\0\xff\xff"),
		  "65535 SPIs of 0 octets announced, 0 octets left" },
		{ delete_again, BODY("\0\0\0\x01\x03\x04\0\0SPI!"),
		  "0 SPIs of 4 octets announced, 4 octets left" },
		{ nonce_again, BODY("1234567"), "nonce of 7 octets, RFC 2409 wants 8 to 256" },
		{ natoa_again, BODY("\x02\0\0\0here"), "FQDN of 4 octets is no address" },
		{ natoa_again, BODY("\x01\0\0\0\x7f\0\0"),
		  "IPv4 address of 3 octets is no address" },
		{ config_again, BODY("\x01\0\0\0\0\x01\0\x05!"),
		  "attribute 1 has length 5, 1 octets left" },
		{ fragment_again, BODY("\0\x01\0\x01!"), "fragment number 0" },
	};
	uint8_t buf[128];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct kw_writer w = kw_writer(buf, sizeof(buf));

		assert_int_equal(rows[i].again(rows[i].body, &w), -EBADMSG);
		assert_string_equal(why, rows[i].why);
	}
}

static void an_id_of_addresses_is_a_range(void **state)
{
	static const struct {
		struct kw_span body;
		const char *text;	/* NULL: none */
	} rows[] = {
		{ BODY("\x01\0\0\0\xc0\0\x02\x01"), "192.0.2.1/32" },
		{ BODY("\x04\0\0\0\x0a\x01\x02\x03\xff\xff\0\0"), "10.1.0.0/16" },
		{ BODY("\x04\0\0\0\0\0\0\0\0\0\0\0"), "0.0.0.0/0" },
		{ BODY("\x04\0\0\0\x0a\0\0\0\xff\0\xff\0"), NULL },
		{ BODY("\x07\0\0\0\x0a\0\0\x01\x0a\0\0\x09"), "10.0.0.1-10.0.0.9" },
		{ BODY("\x07\0\0\0\x0a\0\0\x09\x0a\0\0\x01"), NULL },
		{ BODY("\x06\0\0\0\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\0"
		       "\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0"), "2001:db8::/32" },
		{ BODY("\x02\0\0\0name"), NULL },
	};
	char text[RANGE_STRLEN];
	struct v1_id_payload id;
	struct ip_range range;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(v1_id_parse(rows[i].body, &id, why, sizeof(why)), 0);
		assert_int_equal(v1_id_range(&id, &range), rows[i].text ? 0 : -EINVAL);
		if (rows[i].text)
			assert_string_equal(ip_range_print(text, &range), rows[i].text);
	}
}

static void the_chain_has_the_rules_of_its_version(void **state)
{
	/* 46 is SK in IKEv2 and nothing in IKEv1: the chain goes on behind it. */
	struct chain c = chain_start_v1(46, KW_SPAN_STR("\x08\0\0\x05!\0\0\0\x04"), false);
	struct payload p;

	(void)state;
	assert_int_equal(chain_next(&c, &p), 1);
	assert_int_equal(chain_next(&c, &p), 1);
	assert_int_equal(p.type, V1_PAYLOAD_HASH);
	assert_int_equal(chain_next(&c, &p), 0);

	c = chain_start_v1(V1_PAYLOAD_ID, KW_SPAN_STR("\0\0\0\x09!"), false);
	assert_int_equal(chain_next(&c, &p), -EBADMSG);
	assert_string_equal(c.why, "payload 1 (ID) has length 9, 5 octets left");
}

static void padding_is_for_encrypted_bodies_only(void **state)
{
	const struct kw_span body = KW_SPAN_STR("\0\0\0\x04" "\0\0\0\0");
	struct chain padded = chain_start_v1(V1_PAYLOAD_HASH, body, true);
	struct chain clear = chain_start_v1(V1_PAYLOAD_HASH, body, false);
	struct payload p;

	(void)state;
	assert_int_equal(chain_next(&padded, &p), 1);
	assert_int_equal(chain_next(&padded, &p), 0);
	assert_int_equal(chain_next(&clear, &p), 1);
	assert_int_equal(chain_next(&clear, &p), -EBADMSG);
	assert_string_equal(clear.why, "4 octets after the last payload");
	/* But for what fills the message up to words. */
	clear = chain_start_v1(V1_PAYLOAD_HASH, KW_SPAN_STR("\0\0\0\x05!\0\0\0"), false);
	assert_int_equal(chain_next(&clear, &p), 1);
	assert_int_equal(chain_next(&clear, &p), 0);
	clear = chain_start_v1(V1_PAYLOAD_HASH, KW_SPAN_STR("\0\0\0\x05!\0\0"), false);
	assert_int_equal(chain_next(&clear, &p), 1);
	assert_int_equal(chain_next(&clear, &p), -EBADMSG);
}

static const struct vendor *row_of(enum vendor_id id)
{
	const struct vendor *table;
	size_t n;

	table = vendor_table(&n);
	for (size_t i = 0; i < n; i++)
		if (table[i].id == id)
			return &table[i];
	return NULL;
}

/*
 * Several vendor ids are the MD5 of a text: that is where they come from, so no octet is mistyped.
 */
static void vendor_ids_are_the_digests_they_claim(void **state)
{
	static const struct {
		enum vendor_id id;
		struct kw_span text;
	} rows[] = {
		{ VENDOR_FRAGMENTATION, KW_SPAN_STR("FRAGMENTATION") },
		{ VENDOR_NATT_RFC, KW_SPAN_STR("RFC 3947") },
		{ VENDOR_NATT_03, KW_SPAN_STR("draft-ietf-ipsec-nat-t-ike-03") },
		{ VENDOR_NATT_02, KW_SPAN_STR("draft-ietf-ipsec-nat-t-ike-02") },
		{ VENDOR_NATT_02N, KW_SPAN_STR("draft-ietf-ipsec-nat-t-ike-02\n") },
		{ VENDOR_NATT_00, KW_SPAN_STR("draft-ietf-ipsec-nat-t-ike-00") },
		{ VENDOR_MS_NT5, KW_SPAN_STR("MS NT5 ISAKMPOAKLEY") },
		{ VENDOR_KAME, KW_SPAN_STR("KAME/racoon") },
	};
	uint8_t digest[HASH_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(hash_v1_digest(V1_HASH_MD5, &rows[i].text, 1, digest), 0);
		if (!kw_span_equal(row_of(rows[i].id)->value, KW_SPAN(digest, 16)))
			fail_msg("%s", row_of(rows[i].id)->name);
	}
}

static void a_vendor_id_is_matched_by_beginning_and_length(void **state)
{
	const struct vendor *table, *v;
	struct kw_span more;
	uint8_t buf[64];
	size_t n;

	(void)state;
	table = vendor_table(&n);
	for (size_t i = 0; i < n; i++) {
		struct kw_span value = table[i].value;

		assert_ptr_equal(vendor_find(value, &more), &table[i]);
		assert_int_equal(more.len, 0);
		for (size_t len = 0; len < value.len; len++)
			assert_null(vendor_find(KW_SPAN(value.p, len), &more));
		memcpy(buf, value.p, value.len);
		memset(buf + value.len, 7, sizeof(buf) - value.len);
		v = vendor_find(KW_SPAN(buf, value.len + table[i].more_max % 32u), &more);
		assert_ptr_equal(v, &table[i]);
		if (table[i].more_max < 32)
			assert_null(vendor_find(KW_SPAN(buf, value.len + table[i].more_max + 1u),
						&more));
	}
}

static void numbers_have_names_and_unknown_ones_say_so(void **state)
{
	(void)state;
	assert_string_equal(v1_exchange_name(V1_EXCHANGE_AGGRESSIVE), "Aggressive");
	assert_string_equal(v1_payload_name(V1_PAYLOAD_NATD_DRAFT), "NAT-D (draft)");
	assert_string_equal(v1_auth_method_name(65001), "XAUTHInitPreShared");
	/* 16 bits all the way: 263 is not 7. */
	assert_string_equal(v1_encryption_name(V1_ENCR_AES_CBC + 256), "encryption 263");
	assert_string_equal(v1_exchange_name(99), "exchange 99");
	assert_string_equal(config_attr_name(28676), "UNITY-SPLIT-INCLUDE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_is_read_and_built_the_same),
		cmocka_unit_test(a_body_cut_anywhere_is_refused_or_shorter),
		cmocka_unit_test(each_refusal_names_the_numbers),
		cmocka_unit_test(an_id_of_addresses_is_a_range),
		cmocka_unit_test(the_chain_has_the_rules_of_its_version),
		cmocka_unit_test(padding_is_for_encrypted_bodies_only),
		cmocka_unit_test(vendor_ids_are_the_digests_they_claim),
		cmocka_unit_test(a_vendor_id_is_matched_by_beginning_and_length),
		cmocka_unit_test(numbers_have_names_and_unknown_ones_say_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
