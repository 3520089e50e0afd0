// SPDX-License-Identifier: GPL-2.0
/*
 * Bodies of the plain payloads and the names of their numbers (RFC 7296 §3.4-3.11, RFC 7383 §2.5).
 */
#include "wire/isakmp.h"
#include "wire/names.h"
#include "wire/payload.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t buf[512];

static struct kw_span written(struct kw_writer *w)
{
	assert_false(w->bad);
	return kw_written(w);
}

static void each_body_comes_back_as_it_was_built(void **state)
{
	struct kw_writer w;
	struct kw_span data = KW_SPAN_STR("\x01\x02\x03\x04");
	struct ke_payload ke;
	struct id_payload id;
	struct cert_payload cert;
	struct auth_payload auth;
	struct notify_payload n;
	struct delete_payload d;
	struct fragment_head f;

	(void)state;
	w = kw_writer(buf, sizeof(buf));
	ke_build(&w, 31, data);
	assert_true(kw_span_equal(written(&w), KW_SPAN_STR("\0\x1f\0\0\x01\x02\x03\x04")));
	assert_int_equal(ke_parse(kw_written(&w), &ke), 0);
	assert_true(ke.group == 31 && kw_span_equal(ke.data, data));

	w = kw_writer(buf, sizeof(buf));
	id_build(&w, ID_IPV4_ADDR, data);
	assert_true(kw_span_equal(written(&w), KW_SPAN_STR("\x01\0\0\0\x01\x02\x03\x04")));
	assert_int_equal(id_parse(kw_written(&w), &id), 0);
	assert_true(id.type == ID_IPV4_ADDR && kw_span_equal(id.data, data));

	w = kw_writer(buf, sizeof(buf));
	cert_payload_build(&w, CERT_X509_SIGNATURE, data);
	assert_true(kw_span_equal(written(&w), KW_SPAN_STR("\x04\x01\x02\x03\x04")));
	assert_int_equal(cert_payload_parse(kw_written(&w), &cert), 0);
	assert_true(cert.encoding == CERT_X509_SIGNATURE && kw_span_equal(cert.data, data));

	w = kw_writer(buf, sizeof(buf));
	auth_build(&w, 14, data);
	assert_true(kw_span_equal(written(&w), KW_SPAN_STR("\x0e\0\0\0\x01\x02\x03\x04")));
	assert_int_equal(auth_parse(kw_written(&w), &auth), 0);
	assert_true(auth.method == 14 && kw_span_equal(auth.data, data));

	w = kw_writer(buf, sizeof(buf));
	notify_build(&w, PROTO_ESP, data, N_REKEY_SA, KW_SPAN_STR("x"));
	assert_true(kw_span_equal(written(&w), KW_SPAN_STR("\x03\x04\x40\x09\x01\x02\x03\x04x")));
	assert_int_equal(notify_parse(kw_written(&w), &n), 0);
	assert_true(n.protocol == PROTO_ESP && n.type == N_REKEY_SA && kw_span_equal(n.spi, data));
	assert_true(kw_span_equal(n.data, KW_SPAN_STR("x")));

	w = kw_writer(buf, sizeof(buf));
	delete_build(&w, PROTO_ESP, 4, 2, KW_SPAN_STR("aaaabbbb"));
	assert_true(kw_span_equal(written(&w), KW_SPAN_STR("\x03\x04\0\x02" "aaaabbbb")));
	assert_int_equal(delete_parse(kw_written(&w), &d), 0);
	assert_true(d.protocol == PROTO_ESP && d.spi_len == 4 && d.n == 2 && d.spis.len == 8);

	w = kw_writer(buf, sizeof(buf));
	fragment_build(&w, 2, 3);
	kw_put_span(&w, data);
	assert_true(kw_span_equal(written(&w), KW_SPAN_STR("\0\x02\0\x03\x01\x02\x03\x04")));
	assert_int_equal(fragment_parse(kw_written(&w), &f), 0);
	assert_true(f.number == 2 && f.total == 3 && kw_span_equal(f.body, data));
}

enum kind { KE, ID, CERT, AUTH, NOTIFY, DELETE, FRAGMENT, NONCE };

static int parse(enum kind kind, struct kw_span body)
{
	struct fragment_head f;
	struct notify_payload n;
	struct delete_payload d;
	struct cert_payload c;
	struct auth_payload a;
	struct ke_payload k;
	struct id_payload i;
	struct kw_span s;

	switch (kind) {
	case KE:
		return ke_parse(body, &k);
	case ID:
		return id_parse(body, &i);
	case CERT:
		return cert_payload_parse(body, &c);
	case AUTH:
		return auth_parse(body, &a);
	case NOTIFY:
		return notify_parse(body, &n);
	case DELETE:
		return delete_parse(body, &d);
	case FRAGMENT:
		return fragment_parse(body, &f);
	case NONCE:
		return nonce_parse(body, &s);
	}
	return -EINVAL;
}

static void what_fits_is_taken_and_what_does_not_is_refused(void **state)
{
	static const struct {
		enum kind kind;
		const char *octets;
		size_t len;
		bool good;
	} rows[] = {
#define ROW(kind, octets, good) { kind, octets, sizeof(octets) - 1, good }
		ROW(KE, "", false), ROW(KE, "\0\x1f\0", false), ROW(KE, "\0\x1f\0\0", false),
		ROW(KE, "\0\x1f\0\0x", true),
		ROW(ID, "", false), ROW(ID, "\x02\0\0", false), ROW(ID, "\x02\0\0\0", false),
		ROW(ID, "\x02\xff\xff\xffx", true), ROW(ID, "\x01\0\0\0\x01\x02\x03", false),
		ROW(ID, "\x01\0\0\0\x01\x02\x03\x04\x05", false),
		ROW(ID, "\x05\0\0\0\x01\x02\x03\x04", false),
		ROW(ID, "\x05\0\0\0" "0123456789abcdef", true), ROW(ID, "\x0d\0\0\0", true),
		ROW(ID, "\x0d\0\0\0x", true), ROW(ID, "\xc8\0\0\0x", true),
		ROW(CERT, "", false), ROW(CERT, "\x04", true),
		ROW(AUTH, "\x02\0\0", false), ROW(AUTH, "\x02\0\0\0", true),
		ROW(NOTIFY, "", false), ROW(NOTIFY, "\0\0\x40", false),
		ROW(NOTIFY, "\0\0\x40\x04", true),
		ROW(NOTIFY, "\x03\x04\x40\x09" "123", false),
		ROW(NOTIFY, "\x03\x04\x40\x09" "1234", true),
		ROW(NOTIFY, "\x01\x08\0\x04" "12345678", true),
		ROW(NOTIFY, "\x03\x01\0\x04" "1", false),
		ROW(NOTIFY, "\x03\xff\0\x04" "1", false),
		ROW(NOTIFY, "\x03\x10\0\x04" "0123456789abcdef", false),
		ROW(DELETE, "", false), ROW(DELETE, "\x01\0\0", false),
		ROW(DELETE, "\x01\0\0\0", true),
		ROW(DELETE, "\x01\0\0\x01", true), ROW(DELETE, "\x01\x08\0\x01" "12345678", false),
		ROW(DELETE, "\x03\x04\0\0", true), ROW(DELETE, "\x03\x04\0\x01" "123", false),
		ROW(DELETE, "\x03\x04\0\x01" "12345", false),
		ROW(DELETE, "\x03\x04\0\x02" "1234", false),
		ROW(DELETE, "\x03\x02\0\x02" "1234", false),
		ROW(DELETE, "\x03\x04\xff\xff" "1234", false),
		ROW(DELETE, "\x63\0\xff\xff", false), ROW(DELETE, "\x63\x02\0\x01" "12", true),
		ROW(FRAGMENT, "\0\x01\0", false), ROW(FRAGMENT, "\0\x01\0\x01", true),
		ROW(FRAGMENT, "\0\0\0\x01", false), ROW(FRAGMENT, "\0\x02\0\x01", false),
		ROW(FRAGMENT, "\0\0\0\0", false), ROW(FRAGMENT, "\xff\xff\xff\xff", true),
		ROW(NONCE, "", false), ROW(NONCE, "0123456789abcde", false),
		ROW(NONCE, "0123456789abcdef", true),
#undef ROW
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* In a block of its own size, so that the sanitizer sees the octet behind. */
		uint8_t *copy = malloc(rows[i].len);

		memcpy(copy, rows[i].octets, rows[i].len);
		if (parse(rows[i].kind, KW_SPAN(copy, rows[i].len)) !=
		    (rows[i].good ? 0 : -EBADMSG))
			fail_msg("row %zu", i);
		free(copy);
	}
}

static void a_nonce_has_16_to_256_octets(void **state)
{
	(void)state;
	memset(buf, 0, sizeof(buf));
	for (size_t len = 0; len < 300; len++)
		assert_int_equal(parse(NONCE, KW_SPAN(buf, len)),
				 len >= 16 && len <= 256 ? 0 : -EBADMSG);
}

static void a_delete_of_the_ike_sa_names_no_spi(void **state)
{
	struct delete_payload d;

	(void)state;
	assert_int_equal(delete_parse(KW_SPAN_STR("\x01\0\xff\xff"), &d), 0);
	assert_int_equal(d.n, 0);	/* nothing for a caller to loop over */
}

static void a_body_that_does_not_fit_makes_the_writer_bad(void **state)
{
	(void)state;
	for (size_t cap = 0; cap < 9; cap++) {
		struct kw_writer w = kw_writer(buf, cap);

		notify_build(&w, PROTO_ESP, KW_SPAN_STR("spi!"), N_REKEY_SA, KW_SPAN_STR("x"));
		assert_true(w.bad);
	}
}

static void numbers_have_names(void **state)
{
	(void)state;
	assert_string_equal(exchange_name(EXCHANGE_CREATE_CHILD_SA), "CREATE_CHILD_SA");
	assert_string_equal(payload_name(PAYLOAD_TSR), "TSr");
	assert_string_equal(protocol_name(PROTO_ESP), "ESP");
	assert_string_equal(id_name(ID_KEY_ID), "key id");
	assert_string_equal(cert_encoding_name(CERT_X509_SIGNATURE), "X.509 certificate");
	assert_string_equal(notify_name(N_NO_PROPOSAL_CHOSEN), "NO_PROPOSAL_CHOSEN");
	assert_string_equal(notify_name(N_IKEV2_FRAGMENTATION_SUPPORTED),
			    "IKEV2_FRAGMENTATION_SUPPORTED");
	assert_string_equal(ts_name(TS_IPV6_ADDR_RANGE), "IPv6 address range");
}

static void unknown_numbers_are_shown_and_four_may_stand_in_one_line(void **state)
{
	const char *a = exchange_name(1), *b = payload_name(2), *c = notify_name(65535),
		   *d = cert_encoding_name(4 + 40);

	(void)state;
	assert_string_equal(a, "exchange 1");
	assert_string_equal(b, "payload 2");
	assert_string_equal(c, "notify 65535");
	assert_string_equal(d, "cert encoding 44");
}

static void the_name_table_is_what_the_header_says(void **state)
{
	(void)state;
	assert_int_equal(system("scripts/gen-names.sh --check"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_body_comes_back_as_it_was_built),
		cmocka_unit_test(what_fits_is_taken_and_what_does_not_is_refused),
		cmocka_unit_test(a_nonce_has_16_to_256_octets),
		cmocka_unit_test(a_delete_of_the_ike_sa_names_no_spi),
		cmocka_unit_test(a_body_that_does_not_fit_makes_the_writer_bad),
		cmocka_unit_test(numbers_have_names),
		cmocka_unit_test(unknown_numbers_are_shown_and_four_may_stand_in_one_line),
		cmocka_unit_test(the_name_table_is_what_the_header_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
