// SPDX-License-Identifier: GPL-2.0
/*
 * keyway decode over captures made here: link types, IP and IKE fragments, key tables, hostile
 * text.
 */
#include "cli/tree.h"
#include "crypto/alg.h"
#include "crypto/setup.h"
#include "crypto/skcipher.h"
#include "decoded.h"
#include "made.h"
#include "wire/chain.h"
#include "wire/header.h"
#include "wire/isakmp.h"
#include "wire/isakmp_v1.h"
#include "wire/payload.h"
#include "wire/payload_v1.h"
#include "wire/proposal.h"
#include "wire/proposal_v1.h"

#include <errno.h>
#include <pcap/dlt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char tmp[] = "/tmp/kw-made-XXXXXX", capture[64], table[64];

static int make_tmp(void **state)
{
	(void)state;
	if (!mkdtemp(tmp))
		return -1;
	snprintf(capture, sizeof(capture), "%s/made.pcap", tmp);
	snprintf(table, sizeof(table), "%s/keys", tmp);
	return crypto_setup();
}

static int drop_tmp(void **state)
{
	(void)state;
	unlink(capture);
	unlink(table);
	return rmdir(tmp);
}

/* --- messages --- */

static const struct ike_header v2_head = {
	.spi_i = "INITIATR", .spi_r = "RESPONDR", .version = 0x20, .exchange = EXCHANGE_IKE_AUTH,
	.flags = IKE_FLAG_INITIATOR, .message_id = 1,
};
static const struct ike_header v1_head = {
	.spi_i = "initiatr",
	.spi_r = "respondr",
	.version = 0x10,
	.exchange = V1_EXCHANGE_IDENTITY_PROTECTION,
};

static struct kw_span finish(struct kw_writer *w, struct chain_builder *b)
{
	chain_close(b);
	kw_patch_be32(w, HEADER_LENGTH_OFFSET, (uint32_t)w->len);
	assert_false(w->bad);
	return kw_written(w);
}

static struct kw_span one_payload(uint8_t *buf, size_t cap, const struct ike_header *h,
				  uint8_t type, struct kw_span body)
{
	struct kw_writer w = kw_writer(buf, cap);
	struct chain_builder b;

	header_build(&w, h);
	b = chain_builder(&w, HEADER_NEXT_PAYLOAD_OFFSET);
	chain_put(&b, type, body);
	return finish(&w, &b);
}

/* A message that is easy to know again. */
static struct kw_span hello(uint8_t buf[128])
{
	return one_payload(buf, 128, &v2_head, PAYLOAD_VENDOR, KW_SPAN_STR("hello from a vendor"));
}

static void expect_hello(const json_t *o, const char *source)
{
	const json_t *m = json_object_get(o, "message");

	assert_string_equal(string_of(o, "kind"), "IKEv2");
	assert_string_equal(string_of(o, "source"), source);
	assert_string_equal(string_of(payload_of(m, PAYLOAD_VENDOR), "data"),
			    "hello from a vendor");
	assert_null(json_object_get(o, "complaint"));
	assert_null(json_object_get(m, "complaint"));
}

/* --- layers --- */

static void link_types_are_taken_off(void **state)
{
#define ETHER "123456ABCDEF"
	static const struct {
		uint32_t dlt;
		struct kw_span head4, head6;
	} rows[] = {
		{ DLT_EN10MB, KW_SPAN_STR(ETHER "\x08\0"), KW_SPAN_STR(ETHER "\x86\xdd") },
		{ DLT_EN10MB, KW_SPAN_STR(ETHER "\x81\0\0\x07\x08\0"),
		  KW_SPAN_STR(ETHER "\x81\0\0\x07\x86\xdd") },
		{ DLT_EN10MB, KW_SPAN_STR(ETHER "\x88\xa8\0\x07\x81\0\0\x08\x08\0"),
		  KW_SPAN_STR(ETHER "\x88\xa8\0\x07\x81\0\0\x08\x86\xdd") },
		{ 113,
		  KW_SPAN_STR("\0\0\0\x01\0\x06"
			      "123456\0\0\x08\0"),
		  KW_SPAN_STR("\0\0\0\x01\0\x06"
			      "123456\0\0\x86\xdd") },
		{ 276,
		  KW_SPAN_STR("\x08\0\0\0\0\0\0\x01\0\x01\0\x06"
			      "12345678"),
		  KW_SPAN_STR("\x86\xdd\0\0\0\0\0\x01\0\x01\0\x06"
			      "12345678") },
		{ 101, KW_SPAN_STR(""), KW_SPAN_STR("") },
		{ DLT_NULL, KW_SPAN_STR("\0\0\0\x02"), KW_SPAN_STR("\0\0\0\x1e") },
		{ DLT_LOOP, KW_SPAN_STR("\0\0\0\x02"), KW_SPAN_STR("\0\0\0\x1e") },
	};
	uint8_t buf[128], ip[40], udp[8];
	struct kw_span message = hello(buf);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct made m = made_new(capture, rows[i].dlt);
		const struct kw_span udp_head = made_udp(udp, 500, 500, message.len);
		json_t *all;

		made_frame(&m,
			   (struct kw_span[]){ rows[i].head4,
					       made_ipv4(ip, 8 + message.len, 1, 0, false),
					       udp_head, message },
			   4);
		made_frame(&m,
			   (struct kw_span[]){ rows[i].head6, made_ipv6(ip, 8 + message.len, 17),
					       udp_head, message },
			   4);
		made_close(&m);
		all = decoded_ok(capture, NULL, NULL);
		assert_int_equal(json_array_size(all), 2);
		expect_hello(json_array_get(all, 0), "192.0.2.1:500");
		expect_hello(json_array_get(all, 1), "[2001:db8::1]:500");
		json_decref(all);
	}
}

static void frames_cut_at_every_octet_do_no_harm(void **state)
{
	uint8_t buf[128], ip[40], udp[8], frame[256];
	struct kw_span message = hello(buf);
	struct kw_writer w = kw_writer(frame, sizeof(frame));
	struct made m = made_new(capture, DLT_EN10MB);
	json_t *all;

	(void)state;
	kw_put_span(&w, KW_SPAN_STR(ETHER "\x86\xdd"));
	/* hop-by-hop, destination options, then UDP */
	kw_put_span(&w, made_ipv6(ip, 16 + 8 + 8 + message.len, 0));
	kw_put_span(&w, KW_SPAN_STR("\x3c\x01" "0123456789abcd" "\x11\0" "012345"));
	kw_put_span(&w, made_udp(udp, 500, 500, message.len));
	kw_put_span(&w, message);
	for (size_t len = 0; len <= w.len; len++)
		made_frame(&m, (struct kw_span[]){ KW_SPAN(frame, len) }, 1);
	made_close(&m);
	all = decoded_ok(capture, NULL, NULL);
	expect_hello(json_array_get(all, json_array_size(all) - 1), "[2001:db8::1]:500");
	/* From the end of the UDP header on each cut frame is a datagram with octets missing. */
	assert_int_equal(json_array_size(all), message.len + 1);
	for (size_t i = 0; i < message.len; i++)
		assert_non_null(strstr(string_of(json_array_get(all, i), "complaint"),
				       "were not captured"));
	json_decref(all);
}

static void ip_fragments_are_joined_in_any_order(void **state)
{
	uint8_t buf[128], ip[40], udp[8], whole[256];
	struct kw_writer w = kw_writer(whole, sizeof(whole));
	struct kw_span message = hello(buf);
	struct made m = made_new(capture, 101);
	json_t *all;

	(void)state;
	kw_put_span(&w, made_udp(udp, 500, 500, message.len));
	kw_put_span(&w, message);
	made_frame(&m,
		   (struct kw_span[]){ made_ipv4(ip, w.len - 32, 7, 32, false),
				       KW_SPAN(whole + 32, w.len - 32) },
		   2);
	/* another datagram's fragment between */
	made_frame(&m, (struct kw_span[]){ made_ipv4(ip, 16, 8, 16, true), KW_SPAN(whole, 16) }, 2);
	made_frame(&m,
		   (struct kw_span[]){ made_ipv4(ip, 16, 7, 16, true), KW_SPAN(whole + 16, 16) },
		   2);
	made_frame(&m, (struct kw_span[]){ made_ipv4(ip, 16, 7, 0, true), KW_SPAN(whole, 16) }, 2);
	/* IPv6: the fragment header */
	made_frame(&m,
		   (struct kw_span[]){ made_ipv6(ip, 8 + 40, 44),
				       KW_SPAN_STR("\x11\0\0\x01\0\0\0\x09"), KW_SPAN(whole, 40) },
		   3);
	made_frame(&m,
		   (struct kw_span[]){ made_ipv6(ip, 8 + w.len - 40, 44),
				       KW_SPAN_STR("\x11\0\0\x28\0\0\0\x09"),
				       KW_SPAN(whole + 40, w.len - 40) },
		   3);
	made_close(&m);
	all = decoded_ok(capture, NULL, NULL);
	assert_int_equal(json_array_size(all), 3);
	expect_hello(json_array_get(all, 0), "192.0.2.1:500");
	assert_string_equal(string_of(json_array_get(all, 1), "complaint"),
			    "the first IP fragment only");
	expect_hello(json_array_get(all, 2), "[2001:db8::1]:500");
	json_decref(all);
}

static void port_4500_tells_ike_esp_and_keepalives_apart(void **state)
{
	uint8_t buf[128], marked[132] = { 0 };
	struct kw_span message = hello(buf);
	struct made m = made_new(capture, 101);
	json_t *all;

	(void)state;
	memcpy(marked + 4, message.p, message.len);
	made_datagram(&m, 4500, 31234, KW_SPAN(marked, 4 + message.len));
	made_datagram(&m, 31234, 4500, KW_SPAN_STR("\xff"));
	made_datagram(&m, 31234, 4500, KW_SPAN_STR("\xc1\x02\x03\x04\0\0\x01\0rest"));
	made_datagram(&m, 31234, 4500, KW_SPAN_STR("\0\0\0"));
	made_datagram(&m, 31234, 4501, KW_SPAN_STR("somebody else's"));
	made_close(&m);
	all = decoded_ok(capture, NULL, NULL);
	assert_int_equal(json_array_size(all), 4);
	expect_hello(json_array_get(all, 0), "192.0.2.1:4500");
	assert_string_equal(string_of(json_array_get(all, 1), "kind"), "keepalive");
	assert_string_equal(string_of(json_array_get(all, 2), "kind"), "ESP in UDP");
	assert_int_equal(json_integer_value(json_object_get(
				 json_object_get(json_array_get(all, 2), "about"), "sequence")),
			 256);
	assert_string_equal(string_of(json_array_get(all, 3), "complaint"),
			    "3 octets are neither a keepalive nor a non-ESP marker nor ESP");
	json_decref(all);
}

/* --- every exchange --- */

/* The fuzzer's seeds, made by hand: an octet for the fuzzer, then a message. */
static struct kw_span seed(uint8_t *buf, size_t cap, const char *name)
{
	char path[128];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "tests/fuzz/corpus/message_v1/%s", name);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(buf, 1, cap, f);
	fclose(f);
	assert_true(n > 1 && n < cap);
	return KW_SPAN(buf + 1, n - 1);
}

static void every_exchange_of_isakmp_is_read(void **state)
{
	static const struct {
		const char *name, *exchange, *payloads;
		unsigned int complaints;
	} rows[] = {
		{ "labels", "Base", "1,2,3", 0 },
		{ "main_1", "Identity Protection", "1,2,3,3,13,13,13", 0 },
		{ "main_3", "Identity Protection", "4,10,20,20", 0 },
		/* no certificate, and padding of what is not encrypted */
		{ "main_5", "Identity Protection", "5,6,7,9", 2 },
		{ "generic", "Authentication Only", "1,2,3,10", 0 },
		{ "aggressive", "Aggressive", "1,2,3,3,4,10,5,8,13,13,13", 0 },
		{ "informational", "Informational", "8,11,12", 0 },
		{ "transaction", "Transaction", "8,14", 0 },
		{ "quick", "Quick Mode", "8,1,2,3,2,3,10,5,5,21", 0 },
		{ "new_group", "New Group Mode", "8,1,2,3", 0 },
	};
	struct made m = made_new(capture, 101);
	uint8_t buf[1024];
	char types[128];
	json_t *all;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		made_datagram(&m, 500, 500, seed(buf, sizeof(buf), rows[i].name));
	made_close(&m);
	all = decoded_ok(capture, NULL, NULL);
	assert_int_equal(json_array_size(all), COUNT(rows));
	for (size_t i = 0; i < COUNT(rows); i++) {
		const json_t *message = json_object_get(json_array_get(all, i), "message");

		assert_string_equal(string_of(json_object_get(message, "exchange"), "name"),
				    rows[i].exchange);
		assert_string_equal(payload_types(message, types, sizeof(types)),
				    rows[i].payloads);
		assert_int_equal(tree_complaints(message), rows[i].complaints);
	}
	json_decref(all);
}

static void what_isakmp_payloads_hold_is_shown(void **state)
{
	static const char *const wanted[] = {
		"situation identity-only secrecy integrity, labeled domain 9",
		"secrecy level 746f70, category bits 11, category abe0",
		"notify R-U-THERE (36136), doi IPsec (1), protocol ISAKMP (1), spi "
		"43434343434343434343434343434343, sequence 7",
		"doi IPsec (1), protocol ESP (3), spis 53504931 53504932",
		"config REQUEST (1), identifier 7, XAUTH-USER-NAME user, XAUTH-STATUS 1, "
		"INTERNAL_IP4_ADDRESS",
		"group private (32768), group type MODP (1), group prime 5050",
		"encapsulation tunnel (1), authentication HMAC-SHA (2), key length 128, life type "
		"seconds (1), life duration 3600",
		"proposal number 1, protocol IPCOMP (4), spi 2f01",
		"id IPv4 range (7), protocol 0, port 0, name 10.0.0.1-10.0.0.9",
		"NAT-OA, 12 octets: address 192.0.2.1",
	};
	static const char *const names[] = { "labels", "informational", "transaction", "quick",
					     "new_group" };
	struct made m = made_new(capture, 101);
	uint8_t buf[1024];
	char *text;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		made_datagram(&m, 500, 500, seed(buf, sizeof(buf), names[i]));
	made_close(&m);
	text = decoded_text(capture, NULL, NULL);
	for (size_t i = 0; i < COUNT(wanted); i++)
		if (!strstr(text, wanted[i]))
			fail_msg("\"%s\" is not in\n%s", wanted[i], text);
	free(text);
}

/* AH around ESP as IKEv1 offers it, AH as IKEv2 does; both in the clear here. */
static void ah_is_shown_in_both_versions(void **state)
{
	static const char *const wanted[] = {
		"proposal number 1, protocol AH (2), spi 00001001",
		"id SHA2-256 (5)",
		"authentication HMAC-SHA2-256 (5)",
		"proposal number 1, protocol ESP (3), spi 00001002",
		"proposal number 1, protocol AH (2), spi 00001003",
		"aes-256-gmac",
	};
	struct attr auth = attr_basic(V1_IPSEC_ATTR_AUTHENTICATION, V1_INTEG_HMAC_SHA2_256);
	struct transform_v1 t1[] = {
		{ .num = 1, .id = V1_AH_SHA2_256, .n = 1, .a = &auth }, { .num = 1, .id = V1_ESP_AES_GCM_16 },
	};
	struct proposal_v1 p1[] = {
		{ .num = 1, .protocol = V1_PROTO_AH, .spi = KW_SPAN_STR("\0\0\x10\1"), .n = 1, .t = &t1[0] },
		{ .num = 1, .protocol = V1_PROTO_ESP, .spi = KW_SPAN_STR("\0\0\x10\2"), .n = 1, .t = &t1[1] },
	};
	const struct sa_v1 sa = { .doi = DOI_IPSEC, .situation = SIT_IDENTITY_ONLY, .n = 2, .p = p1 };
	struct transform t2[] = { { .type = TRANSFORM_INTEG, .id = INTEG_AES_256_GMAC }, { .type = TRANSFORM_ESN } };
	const struct proposal_list list = {
		.n = 1, .p = { { .num = 1, .protocol = PROTO_AH, .spi_len = 4, .spi = { 0, 0, 0x10, 3 }, .n = 2, .t = t2 } },
	};
	uint8_t body1[256], body2[256], buf[512];
	struct kw_writer w1 = kw_writer(body1, sizeof(body1)), w2 = kw_writer(body2, sizeof(body2));
	struct made m = made_new(capture, 101);
	char *text;

	(void)state;
	sa_v1_build(&w1, &sa);
	proposal_v2_build(&w2, &list);
	made_datagram(&m, 500, 500, one_payload(buf, sizeof(buf), &v1_head, V1_PAYLOAD_SA, kw_written(&w1)));
	made_datagram(&m, 500, 500, one_payload(buf, sizeof(buf), &v2_head, PAYLOAD_SA, kw_written(&w2)));
	made_close(&m);
	text = decoded_text(capture, NULL, NULL);
	for (size_t i = 0; i < COUNT(wanted); i++)
		if (!strstr(text, wanted[i]))
			fail_msg("\"%s\" is not in\n%s", wanted[i], text);
	free(text);
}

/* --- IKE fragments --- */

static void write_table(const char *text)
{
	FILE *f = fopen(table, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

#define KEY36 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223"
#define SPIS "494e495449415452,524553504f4e4452"
#define GCM_ROW                  \
	SPIS "," KEY36 "," KEY36 \
	     ",\"AES-GCM-256 with 16 octet ICV [RFC5282]\",,,\"NONE [RFC4306]\"\n"

/* SKF piece number of total, sealed with the keys of GCM_ROW. */
static struct kw_span skf(uint8_t *buf, size_t cap, uint8_t first, uint16_t number, uint16_t total,
			  struct kw_span plain)
{
	struct kw_secret key = { 0 }, none = { 0 };
	struct kw_writer w = kw_writer(buf, cap);
	struct skcipher *c = NULL;
	struct ike_header h = v2_head;
	size_t sealed;

	assert_int_equal(kw_secret_new(&key, 36), 0);
	for (uint8_t i = 0; i < 36; i++)
		key.p[i] = i;
	assert_int_equal(skcipher_new(&c, ENCR_AES_GCM_16, 256, INTEG_NONE, &key, &none), 0);
	sealed = skcipher_sealed_len(c, plain.len);
	h.next_payload = PAYLOAD_SKF;
	h.length = (uint32_t)(IKE_HEADER_LEN + 8 + sealed);
	header_build(&w, &h);
	kw_put_u8(&w, first);
	kw_put_u8(&w, 0);
	kw_put_be16(&w, (uint16_t)(8 + sealed));
	fragment_build(&w, number, total);
	assert_int_equal(skcipher_seal(c, kw_written(&w), plain, buf + w.len), 0);
	kw_put_room(&w, sealed);
	assert_false(w.bad);
	skcipher_free(c);
	kw_secret_drop(&key);
	return kw_written(&w);
}

static void fragments_of_ikev2_are_opened_and_joined(void **state)
{
	/* N(INITIAL_CONTACT), then a vendor id that crosses the cut */
	const struct kw_span inner = KW_SPAN_STR("\x2b\0\0\x08\0\0\x40\0" "\0\0\0\x0dsplit: yes");
	uint8_t a[256], b[256];
	struct made m = made_new(capture, 101);
	const json_t *last;
	json_t *all;

	(void)state;
	/* the second before the first, and the first twice: joined once */
	made_datagram(&m, 500, 500,
		      skf(b, sizeof(b), 0, 2, 2, KW_SPAN(inner.p + 14, inner.len - 14 - 1)));
	made_datagram(&m, 500, 500, skf(a, sizeof(a), PAYLOAD_NOTIFY, 1, 2, KW_SPAN(inner.p, 14)));
	made_datagram(&m, 500, 500, skf(a, sizeof(a), PAYLOAD_NOTIFY, 1, 2, KW_SPAN(inner.p, 14)));
	made_close(&m);
	write_table(GCM_ROW);
	all = decoded_ok(capture, table, NULL);
	assert_int_equal(json_array_size(all), 3);
	assert_null(payload_of(json_object_get(json_array_get(all, 0), "message"), PAYLOAD_NOTIFY));
	last = json_object_get(json_array_get(all, 1), "message");
	assert_int_equal(number_of(payload_of(last, PAYLOAD_NOTIFY), "notify"), N_INITIAL_CONTACT);
	assert_string_equal(string_of(payload_of(last, PAYLOAD_SKF), "icv"), "good");
	assert_null(payload_of(json_object_get(json_array_get(all, 2), "message"), PAYLOAD_NOTIFY));
	json_decref(all);
}

static void fragments_of_ikev1_are_joined_once(void **state)
{
	uint8_t inner[256], buf[256], body[256];
	struct kw_span whole = one_payload(inner, sizeof(inner), &v1_head, V1_PAYLOAD_VENDOR,
					   KW_SPAN_STR("in pieces")),
		       again;
	struct made m = made_new(capture, 101);
	const json_t *fragment, *message;
	json_t *all;

	(void)state;
	for (uint8_t i = 1; i <= 2; i++) {
		const struct v1_fragment f = { .id = 1,
					       .number = i,
					       .last = i == 2,
					       .data = i == 1 ? KW_SPAN(whole.p, 20)
							      : KW_SPAN(whole.p + 20,
									whole.len - 20) };
		struct kw_writer w = kw_writer(body, sizeof(body));

		v1_fragment_build(&w, &f);
		made_datagram(&m, 500, 500,
			      one_payload(buf, sizeof(buf), &v1_head, V1_PAYLOAD_FRAGMENT,
					  kw_written(&w)));
	}
	/* a whole that is itself a fragment is shown and not followed */
	for (uint8_t i = 1; i <= 2; i++) {
		struct kw_writer w = kw_writer(body, sizeof(body));

		again = one_payload(inner, sizeof(inner), &v1_head, V1_PAYLOAD_FRAGMENT,
				    KW_SPAN_STR("\0\x07\x01\x01piece"));
		v1_fragment_build(&w,
				  &(struct v1_fragment){
					  .id = 2,
					  .number = i,
					  .last = i == 2,
					  .data = i == 1 ? KW_SPAN(again.p, 20)
							 : KW_SPAN(again.p + 20, again.len - 20) });
		made_datagram(&m, 500, 500,
			      one_payload(buf, sizeof(buf), &v1_head, V1_PAYLOAD_FRAGMENT,
					  kw_written(&w)));
	}
	made_close(&m);
	all = decoded_ok(capture, NULL, NULL);
	fragment =
		payload_of(json_object_get(json_array_get(all, 0), "message"), V1_PAYLOAD_FRAGMENT);
	assert_null(json_object_get(fragment, "message"));
	fragment =
		payload_of(json_object_get(json_array_get(all, 1), "message"), V1_PAYLOAD_FRAGMENT);
	message = json_object_get(fragment, "message");
	assert_string_equal(string_of(payload_of(message, V1_PAYLOAD_VENDOR), "data"), "in pieces");
	fragment =
		payload_of(json_object_get(json_array_get(all, 3), "message"), V1_PAYLOAD_FRAGMENT);
	fragment = payload_of(json_object_get(fragment, "message"), V1_PAYLOAD_FRAGMENT);
	assert_string_equal(string_of(fragment, "complaint"), "a fragment of a fragmented message");
	json_decref(all);
}

/* --- what cannot be opened --- */

static void ikev1_says_what_is_missing_to_decrypt(void **state)
{
	struct ike_header h = v1_head;
	uint8_t buf[128];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	struct made m = made_new(capture, 101);
	const json_t *message;
	json_t *all;

	(void)state;
	h.flags = V1_FLAG_ENCRYPTION;
	h.next_payload = V1_PAYLOAD_ID;
	h.length = IKE_HEADER_LEN + 16;
	header_build(&w, &h);
	kw_put_zero(&w, 16);
	made_datagram(&m, 500, 500, kw_written(&w));
	made_close(&m);
	write_table("# a comment\n696e697469617472,000102030405060708090a0b0c0d0e0f\n");
	all = decoded_ok(capture, NULL, table);
	message = json_object_get(json_array_get(all, 0), "message");
	assert_string_equal(
		string_of(message, "not_decrypted"),
		"the capture does not hold the responder's SA payload, which names cipher and hash");
	assert_int_equal(json_integer_value(json_object_get(message, "encrypted")), 16);
	json_decref(all);
}

static void a_bad_table_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text, *why;
		bool v1;
	} rows[] = {
		{ "\n# fine\n" SPIS ",00,00,\"AES-CBC-128 [RFC3602]\",00\n",
		  ":3: 8 fields are wanted: SPIi,SPIr,SK_ei,SK_er,\"encryption\",SK_ai,SK_ar,\"integrity\"",
		  false },
		{ SPIS ",00,00,\"ROT13\",00,00,\"NONE [RFC4306]\"\n",
		  ":1: the encryption's name is not known", false },
		{ SPIS ",00,00,\"AES-CBC-1289\",00,00,\"NONE [RFC4306]\"\n",
		  ":1: the encryption's name is not known", false },
		{ SPIS ",00,00,\"AES-CBC-128\",00,00,\"HMAC\"\n",
		  ":1: the integrity's name is not known", false },
		{ "49,52,00,00,\"AES-CBC-128\",00,00,\"NONE\"\n",
		  ":1: an SPI is not 16 hexadecimal digits", false },
		{ SPIS ",0g,00,\"AES-CBC-128\",00,00,\"NONE\"\n", ":1: a key is not hexadecimal",
		  false },
		{ SPIS ",000,00,\"AES-CBC-128\",00,00,\"NONE\"\n", ":1: a key is not hexadecimal",
		  false },
		{ SPIS ",00,00,\"AES-CBC-128,00,00,NONE\n",
		  ":1: 8 fields are wanted: SPIi,SPIr,SK_ei,SK_er,"
		  "\"encryption\",SK_ai,SK_ar,\"integrity\"",
		  false },
		{ "696e697469617472\n", ":1: 2 fields are wanted: initiator's cookie,key", true },
		{ "696e69746961747,00\n", ":1: the cookie is not 16 hexadecimal digits", true },
		{ "696e697469617472,\n", ":1: the key is not hexadecimal", true },
	};
	struct made m = made_new(capture, 101);
	char err[256], want[256];
	int ret;

	(void)state;
	made_close(&m);
	for (size_t i = 0; i < COUNT(rows); i++) {
		write_table(rows[i].text);
		assert_null(decoded(capture, rows[i].v1 ? NULL : table, rows[i].v1 ? table : NULL,
				    &ret, err, sizeof(err)));
		assert_int_equal(ret, -EINVAL);
		snprintf(want, sizeof(want), "%s%s", table, rows[i].why);
		assert_string_equal(err, want);
	}
	assert_int_equal(kw_secret_live(), 0);
}

static void keys_that_do_not_fit_are_named(void **state)
{
	static const struct {
		const char *table, *why;
	} rows[] = {
		{ SPIS ",00,00,\"AES-GCM-256 with 16 octet ICV\",,,\"NONE\"\n",
		  "the key's length does not fit AES-GCM-256 with 16 octet ICV with NONE" },
		{ SPIS ",00,00,\"AES-CTR-128\",,,\"ANY 96-bits of Authentication [No Checking]\"\n",
		  "the key's length does not fit AES-CTR-128 with ANY 96-bits of Authentication" },
		{ SPIS ",,,\"NULL\",,,\"HMAC_SHA2_512_256\"\n",
		  "14 octets, NULL with HMAC_SHA2_512_256 has at least 33" },
		{ SPIS ",00,00,\"3DES\",00,00,\"NONE\"\n",
		  "14 octets, 3DES with NONE has at least 16" },
	};
	uint8_t buf[128];
	struct kw_span message;
	struct made m;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const json_t *sk;
		json_t *all;

		message = one_payload(buf, sizeof(buf), &v2_head, PAYLOAD_SK, i < 2 ?
				      KW_SPAN_STR("more than enough octets for an IV and an ICV") :
				      KW_SPAN_STR("14 octets here"));
		m = made_new(capture, 101);
		made_datagram(&m, 500, 500, message);
		made_close(&m);
		write_table(rows[i].table);
		all = decoded_ok(capture, table, NULL);
		sk = payload_of(json_object_get(json_array_get(all, 0), "message"), PAYLOAD_SK);
		assert_string_equal(string_of(sk, "complaint"), rows[i].why);
		json_decref(all);
	}
}

/* --- text --- */

static void what_peers_write_never_reaches_a_terminal_raw(void **state)
{
	static const struct kw_span names[] = {
		KW_SPAN_STR("\x02\0\0\0\x1b]0;owned\x07"), KW_SPAN_STR("\x02\0\0\0two\nlines"),
		KW_SPAN_STR("\x02\0\0\0\xc2\x9b" "31m"), KW_SPAN_STR("\x02\0\0\0not \xff utf-8"),
		KW_SPAN_STR("\x02\0\0\0b\xc3\xbc" "cher.example"),
	};
	struct made m = made_new(capture, 101);
	unsigned int lines = 0;
	uint8_t buf[128];
	char *text;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		made_datagram(&m, 500, 500,
			      one_payload(buf, sizeof(buf), &v2_head, PAYLOAD_IDI, names[i]));
	made_close(&m);
	text = decoded_text(capture, NULL, NULL);
	for (const char *c = text; *c; c++) {
		assert_true(*c == '\n' || (uint8_t)*c >= 0x20);
		lines += *c == '\n';
	}
	assert_null(strstr(text, "\xc2\x9b"));
	assert_non_null(strstr(text, "b\xc3\xbc" "cher.example"));
	assert_int_equal(lines, 2 * COUNT(names));
	free(text);
}

static void a_file_that_breaks_off_is_an_error_after_what_stood_before(void **state)
{
	uint8_t buf[128];
	struct made m = made_new(capture, 101);
	struct decode_options opt = { .file = capture };
	char err[256] = "", *text = NULL;
	size_t len = 0;
	FILE *out;

	(void)state;
	made_datagram(&m, 500, 500, hello(buf));
	made_datagram(&m, 500, 500, hello(buf));
	made_close(&m);
	assert_int_equal(truncate(capture, 24 + 16 + 28 + 51 + 10), 0);
	out = open_memstream(&text, &len);
	assert_int_equal(decode_file(&opt, out, err, sizeof(err)), -EIO);
	fclose(out);
	assert_true(err[0] != '\0');
	assert_non_null(strstr(text, "hello from a vendor"));
	free(text);
	opt.file = "/nonexistent/capture.pcap";
	assert_int_equal(decode_file(&opt, stdout, err, sizeof(err)), -EIO);
	assert_non_null(strstr(err, "/nonexistent/capture.pcap"));
}

static void a_link_type_that_is_not_read_is_named(void **state)
{
	struct made m = made_new(capture, DLT_IEEE802_11);
	struct decode_options opt = { .file = capture };
	char err[256] = "", want[256];

	(void)state;
	made_close(&m);
	snprintf(want, sizeof(want), "%s: link type 105 (IEEE802_11) is not one that is read",
		 capture);
	assert_int_equal(decode_file(&opt, stdout, err, sizeof(err)), -EPROTONOSUPPORT);
	assert_string_equal(err, want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(link_types_are_taken_off),
		cmocka_unit_test(a_link_type_that_is_not_read_is_named),
		cmocka_unit_test(frames_cut_at_every_octet_do_no_harm),
		cmocka_unit_test(ip_fragments_are_joined_in_any_order),
		cmocka_unit_test(port_4500_tells_ike_esp_and_keepalives_apart),
		cmocka_unit_test(every_exchange_of_isakmp_is_read),
		cmocka_unit_test(what_isakmp_payloads_hold_is_shown),
		cmocka_unit_test(ah_is_shown_in_both_versions),
		cmocka_unit_test(fragments_of_ikev2_are_opened_and_joined),
		cmocka_unit_test(fragments_of_ikev1_are_joined_once),
		cmocka_unit_test(ikev1_says_what_is_missing_to_decrypt),
		cmocka_unit_test(a_bad_table_is_refused_with_its_line),
		cmocka_unit_test(keys_that_do_not_fit_are_named),
		cmocka_unit_test(what_peers_write_never_reaches_a_terminal_raw),
		cmocka_unit_test(a_file_that_breaks_off_is_an_error_after_what_stood_before),
	};

	return cmocka_run_group_tests(tests, make_tmp, drop_tmp);
}
