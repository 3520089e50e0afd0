// SPDX-License-Identifier: GPL-2.0
/* Hashes and MACs against FIPS 180, RFC 3566, RFC 4868 and Wycheproof. */
#include "crypto/hash.h"
#include "crypto/mac.h"
#include "vectors.h"

#include <errno.h>
#include <string.h>

struct row {
	const char *file;
	enum mac_kind kind;
	size_t tags;		/* compared */
};

/* A tag is good exactly when it is what we compute, cut to its size. */
static void one_mac(const json_t *group, const json_t *test, enum wycheproof_result result, void *ctx)
{
	struct octets key = hex_of(test, "key"), msg = hex_of(test, "msg"), tag = hex_of(test, "tag");
	struct row *row = ctx;
	uint8_t mac[MAC_MAX];
	struct kw_span in = SPAN_OF(msg);
	int ret = mac_compute(row->kind, SPAN_OF(key), &in, 1, mac);
	bool whole = 8 * tag.n == (size_t)json_integer_value(json_object_get(group, "tagSize"));

	if (row->kind == MAC_AES_CMAC && key.n != MAC_AES_KEY_LEN) {
		assert_int_equal(ret, -EINVAL);
	} else {
		assert_int_equal(ret, 0);
		assert_true(tag.n <= mac_len(row->kind));
		assert_int_equal(whole && kw_equal_ct(mac, tag.p, tag.n), result == WYCHEPROOF_VALID);
		row->tags++;
	}
	octets_free(&key);
	octets_free(&msg);
	octets_free(&tag);
}

static void wycheproof_tags(void **state)
{
	struct row rows[] = {
		{ "wycheproof/hmac_sha1_test.json", MAC_HMAC_SHA1, 0 },
		{ "wycheproof/hmac_sha256_test.json", MAC_HMAC_SHA2_256, 0 },
		{ "wycheproof/hmac_sha384_test.json", MAC_HMAC_SHA2_384, 0 },
		{ "wycheproof/hmac_sha512_test.json", MAC_HMAC_SHA2_512, 0 },
		{ "wycheproof/aes_cmac_test.json", MAC_AES_CMAC, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wycheproof seen = wycheproof_each(rows[i].file, one_mac, &rows[i]);

		assert_true(seen.valid > 60 && seen.invalid > 100 && rows[i].tags > 90);
	}
}

/* The same tag wherever the message is cut in two, so that no block boundary is special. */
static void xcbc_of_rfc3566_in_pieces(void **state)
{
	json_t *root = vectors_load("rfc/aes-xcbc-cmac.json"), *c;
	size_t i, cases = 0;

	(void)state;
	json_array_foreach(json_object_get(root, "rfc3566"), i, c) {
		struct octets key = hex_of(c, "key"), msg = hex_of(c, "message"), tag = hex_of(c, "mac");
		uint8_t mac[MAC_MAX];

		for (size_t cut = 0; cut <= msg.n; cut++) {
			const struct kw_span in[] = { KW_SPAN(msg.p, cut),
						      KW_SPAN(msg.p + cut, msg.n - cut) };

			assert_int_equal(mac_compute(MAC_AES_XCBC, SPAN_OF(key), in, 2, mac), 0);
			assert_int_equal(tag.n, mac_len(MAC_AES_XCBC));
			assert_memory_equal(mac, tag.p, tag.n);
		}
		octets_free(&key);
		octets_free(&msg);
		octets_free(&tag);
		cases++;
	}
	assert_int_equal(cases, 7);
	json_decref(root);
}

static void rfc4868_truncated_tags(void **state)
{
	static const struct { const char *key; enum mac_kind kind; size_t len; } tags[] = {
		{ "HMAC-SHA-256-128", MAC_HMAC_SHA2_256, 16 },
		{ "HMAC-SHA-384-192", MAC_HMAC_SHA2_384, 24 },
		{ "HMAC-SHA-512-256", MAC_HMAC_SHA2_512, 32 },
	};
	json_t *root = vectors_load("rfc/rfc4868-hmac-sha2.json"), *c;
	size_t i, compared = 0;

	(void)state;
	json_array_foreach(json_object_get(root, "cases"), i, c) {
		for (size_t t = 0; t < 3; t++) {
			struct octets key, data, tag;
			uint8_t mac[MAC_MAX];
			struct kw_span in;

			if (!json_object_get(c, tags[t].key))
				continue;
			key = hex_of(c, "key");
			data = hex_of(c, "data");
			tag = hex_of(c, tags[t].key);
			in = SPAN_OF(data);
			assert_int_equal(mac_compute(tags[t].kind, SPAN_OF(key), &in, 1, mac), 0);
			assert_int_equal(tag.n, tags[t].len);
			assert_memory_equal(mac, tag.p, tag.n);
			octets_free(&key);
			octets_free(&data);
			octets_free(&tag);
			compared++;
		}
	}
	assert_int_equal(compared, 5);
	json_decref(root);
}

static void aes_macs_take_only_their_key_length(void **state)
{
	uint8_t key[32] = { 0 }, mac[MAC_MAX];

	(void)state;
	for (size_t n = 0; n <= sizeof(key); n++) {
		int want = n == MAC_AES_KEY_LEN ? 0 : -EINVAL;

		assert_int_equal(mac_compute(MAC_AES_XCBC, KW_SPAN(key, n), NULL, 0, mac), want);
		assert_int_equal(mac_compute(MAC_AES_CMAC, KW_SPAN(key, n), NULL, 0, mac), want);
	}
}

/* "abc" of FIPS 180-4's examples, as one span and as three. */
static void digests_of_abc(void **state)
{
	static const struct { enum hash_id id; const char *hex; } rows[] = {
		{ HASH_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ HASH_SHA2_256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ HASH_SHA2_384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
				 "8086072ba1e7cc2358baeca134c825a7" },
		{ HASH_SHA2_512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
				 "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
	};
	const struct kw_span whole = KW_SPAN_STR("abc");
	const struct kw_span parts[] = { KW_SPAN("a", 1), KW_SPAN("", 0), KW_SPAN("bc", 2) };
	uint8_t out[HASH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct octets want = octets_from_hex(rows[i].hex);

		assert_int_equal(hash_len(rows[i].id), want.n);
		assert_int_equal(hash_digest(rows[i].id, &whole, 1, out), 0);
		assert_memory_equal(out, want.p, want.n);
		assert_int_equal(hash_digest(rows[i].id, parts, 3, out), 0);
		assert_memory_equal(out, want.p, want.n);
		octets_free(&want);
	}
}

static void unknown_hashes_are_refused(void **state)
{
	uint8_t out[HASH_MAX];

	(void)state;
	assert_int_equal(hash_len(HASH_IDENTITY), 0);
	assert_int_equal(hash_len(0), 0);
	assert_int_equal(hash_len(77), 0);
	assert_int_equal(hash_digest(HASH_IDENTITY, NULL, 0, out), -EOPNOTSUPP);
	assert_int_equal(hash_digest(0, NULL, 0, out), -EOPNOTSUPP);
	assert_int_equal(hash_digest(77, NULL, 0, out), -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wycheproof_tags),
		cmocka_unit_test(xcbc_of_rfc3566_in_pieces),
		cmocka_unit_test(rfc4868_truncated_tags),
		cmocka_unit_test(aes_macs_take_only_their_key_length),
		cmocka_unit_test(digests_of_abc),
		cmocka_unit_test(unknown_hashes_are_refused),
	};

	return cmocka_run_group_tests(tests, vectors_start, NULL);
}
