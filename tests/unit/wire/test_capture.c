// SPDX-License-Identifier: GPL-2.0
/*
 * Foreign IKEv2 messages: every one in tests/vectors is read as it should be, cut at every length,
 * and Wireshark's are decrypted with their keys and read inside.
 *
 * tests/vectors/PROVENANCE.md says where they are from. Which of them are malformed was looked up
 * in tcpdump's own expected print and in tshark's dissection.
 */
#include "crypto/setup.h"
#include "crypto/skcipher.h"
#include "crypto/alg.h"
#include "fuzz/walk.h"
#include "unit/wire/capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct row {
	const char *file;
	unsigned int messages;		/* IKEv2 ones */
	struct {
		unsigned int frame;
		int error;
		const char *why;
	} bad[2];			/* all others are well-formed */
};

static const struct row rows[] = {
	{ "wireshark/ikev2-decrypt-3des-sha1_160.pcap", 6, { { 0 } } },
	{ "wireshark/ikev2-decrypt-aes128ccm12-2.pcap", 6, { { 0 } } },
	{ "wireshark/ikev2-decrypt-aes128ccm12.pcap", 6, { { 0 } } },
	{ "wireshark/ikev2-decrypt-aes192ctr.pcap", 6, { { 0 } } },
	{ "wireshark/ikev2-decrypt-aes256cbc.pcapng", 4, { { 0 } } },
	{ "wireshark/ikev2-decrypt-aes256ccm16.pcapng", 4, { { 0 } } },
	{ "wireshark/ikev2-decrypt-aes256gcm16.pcap", 6, { { 0 } } },
	{ "wireshark/ikev2-decrypt-aes256gcm8.pcap", 6, { { 0 } } },
	{ "scapy/ikev2_nat_t.pcapng", 30, { { 0 } } },
	{ "scapy/ikev2_notify_redirect.pcap", 4, { { 0 } } },
	{ "tcpdump/ikev2four.pcap", 21, { { 0 } } },
	{ "tcpdump/ikev2pI2.pcap", 2, { { 0 } } },
	/* Both claim an IPv4 address and hold one octet of it, and none. */
	{ "tcpdump/ikev2-id-normal.pcap", 1, { { 1, -EBADMSG, "IDi: malformed" } } },
	{ "tcpdump/ikev2-id-short.pcap", 1, { { 1, -EBADMSG, "IDi: malformed" } } },
	/* A copy of ikev2pI2.pcap with octets overwritten. */
	{ "tcpdump/ikev2pI2-segfault.pcapng",
	  1,
	  { { 1, -EBADMSG,
	      "SA: proposal 1, transform 3: field \"last\" is 46, neither 0 nor 3" } } },
	{ "tcpdump/isakmp-ikev1_n_print-oobr.pcap",
	  2,
	  { { 1, -EMSGSIZE, "header: length 4278190080 of 42 octets" },
	    { 3, -EMSGSIZE, "header: length 620756992 of 42 octets" } } },
	/* IKEv1 and noise: nothing of ours in them. */
	{ "wireshark/ikev1-certs.pcap", 0, { { 0 } } },
	{ "tcpdump/isakmp-delete-segfault.pcap", 0, { { 0 } } },
	{ "tcpdump/isakmp-pointer-loop.pcap", 0, { { 0 } } },
	{ "tcpdump/isakmp4500.pcap", 0, { { 0 } } },
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static void expect(unsigned int frame, struct kw_span datagram, void *ctx)
{
	const struct row *row = ctx;
	struct walk w = { 0 };
	int ret = walk_message(&w, datagram), error = 0;
	const char *why = "";

	for (size_t i = 0; i < 2; i++) {
		if (row->bad[i].frame == frame) {
			error = row->bad[i].error;
			why = row->bad[i].why;
		}
	}
	if (ret != error || strcmp(w.why, why) != 0)
		fail_msg("%s, frame %u: %d \"%s\"", row->file, frame, ret, w.why);
}

static void foreign_messages_are_read_or_refused_as_they_deserve(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ROWS; i++) {
		struct row row = rows[i];

		assert_int_equal(capture_each_ikev2(row.file, expect, &row), row.messages);
	}
}

/*
 * Cut at len in a block of exactly that size: as it is, the header refuses it; with the header's
 * length put right, the payloads do, unless what is left is a shorter message.
 */
static void cut(struct kw_span datagram, size_t len, unsigned int whole)
{
	uint8_t *copy = malloc(len);
	struct walk w = { 0 };
	int ret;

	if (len)
		memcpy(copy, datagram.p, len);
	ret = walk_message(&w, KW_SPAN(copy, len));
	assert_int_equal(ret, -EMSGSIZE);
	if (len >= IKE_HEADER_LEN) {
		struct kw_writer patch = { .buf = copy, .cap = len, .len = len };

		kw_patch_be32(&patch, HEADER_LENGTH_OFFSET, (uint32_t)len);
		memset(&w, 0, sizeof(w));
		ret = walk_message(&w, KW_SPAN(copy, len));
		assert_true(ret < 0);
		assert_true(w.payloads <= whole);
		assert_true(w.why[0] != '\0');
	}
	free(copy);
}

static void cut_everywhere(unsigned int frame, struct kw_span datagram, void *ctx)
{
	struct walk w = { 0 };
	size_t *cuts = ctx;

	(void)frame;
	if (walk_message(&w, datagram))
		return;
	for (size_t len = 0; len < datagram.len; len++)
		cut(datagram, len, w.payloads);
	*cuts += datagram.len;
}

static void cut_at_every_length_a_message_is_refused(void **state)
{
	size_t cuts = 0;

	(void)state;
	for (size_t i = 0; i < N_ROWS; i++)
		capture_each_ikev2(rows[i].file, cut_everywhere, &cuts);
	assert_true(cuts > 15000);
}

static void bend(unsigned int frame, struct kw_span datagram, void *ctx)
{
	uint8_t *copy = malloc(datagram.len);
	size_t *accepted = ctx;

	(void)frame;
	for (size_t at = IKE_HEADER_LEN; at < datagram.len && at < 400; at++) {
		struct walk w = { 0 };

		memcpy(copy, datagram.p, datagram.len);
		copy[at] ^= (uint8_t)(1u << at % 8);
		if (walk_message(&w, KW_SPAN(copy, datagram.len)) == 0)
			(*accepted)++;
		else
			assert_true(w.why[0] != '\0');
	}
	free(copy);
}

static void a_bit_flipped_anywhere_does_no_harm(void **state)
{
	size_t accepted = 0;

	(void)state;
	for (size_t i = 0; i < N_ROWS; i++)
		capture_each_ikev2(rows[i].file, bend, &accepted);
	assert_true(accepted > 0);	/* nonces, keys and the like may be anything */
}

/* Wireshark's ikev2_decryption_table: the keys of both directions. */
struct keyed {
	const char *file, *spi_i;
	uint16_t encr, key_bits, integ;
	unsigned int opened;			/* SK messages */
	const char *inside;			/* their payloads */
};

#define AUTH_EXCHANGE "IDi N IDr AUTH SA TSi TSr N N | IDr AUTH SA TSi TSr N"
#define AND_DELETE " | D | -"

/* As tshark 4.0.17 lists them. */
static const struct keyed keyed[] = {
	{ "wireshark/ikev2-decrypt-aes256gcm16.pcap", "0158b8fb90b7623d", ENCR_AES_GCM_16, 256, 0,
	  4, AUTH_EXCHANGE AND_DELETE },
	{ "wireshark/ikev2-decrypt-aes256gcm8.pcap", "5d48bfeeb7d574da", ENCR_AES_GCM_8, 256, 0,
	  4, AUTH_EXCHANGE AND_DELETE },
	{ "wireshark/ikev2-decrypt-aes256ccm16.pcapng", "cd7ae76304b277e2", ENCR_AES_CCM_16, 256, 0,
	  2, AUTH_EXCHANGE },
	{ "wireshark/ikev2-decrypt-aes128ccm12.pcap", "ea684d21597afd36", ENCR_AES_CCM_12, 128, 0,
	  4, AUTH_EXCHANGE AND_DELETE },
	{ "wireshark/ikev2-decrypt-aes256cbc.pcapng", "191ccd371a7a1f7b", ENCR_AES_CBC, 256,
	  INTEG_HMAC_SHA2_256_128, 2, AUTH_EXCHANGE },
	{ "wireshark/ikev2-decrypt-aes192ctr.pcap", "81f24c0acd8fa55c", ENCR_AES_CTR, 192,
	  INTEG_HMAC_SHA2_512_256, 4, AUTH_EXCHANGE AND_DELETE },
};

struct session {
	const struct keyed *keyed;
	struct skcipher *from_initiator, *from_responder;
	unsigned int opened;
	char inside[256];
};

static struct kw_secret secret_of_hex(const char *hex)
{
	struct kw_secret s = { 0 };
	uint8_t octets[128];
	size_t n = strlen(hex) / 2;

	if (!n)
		return s;
	for (size_t i = 0; i < n; i++) {
		const char digits[] = { hex[2 * i], hex[2 * i + 1], 0 };

		octets[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	assert_int_equal(kw_secret_copy(&s, KW_SPAN(octets, n)), 0);
	return s;
}

static struct skcipher *cipher_of(const struct keyed *k, const char *encr_hex,
				  const char *integ_hex)
{
	struct kw_secret encr = secret_of_hex(encr_hex), integ = secret_of_hex(integ_hex);
	struct skcipher *c;

	if (skcipher_new(&c, k->encr, k->key_bits, k->integ, &encr, &integ))
		fail_msg("%s: no cipher", k->file);
	kw_secret_drop(&encr);
	kw_secret_drop(&integ);
	return c;
}

/* The line of the table that begins with the initiator's SPI: 8 columns, commas between. */
static void session_open(struct session *s, const struct keyed *k)
{
	char path[256], line[1024], *column[8], *at = line;
	FILE *f = fopen(capture_path(path, sizeof(path), "wireshark/ikev2_decryption_table.tmpl"),
			"r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) && strncmp(line, k->spi_i, strlen(k->spi_i)) != 0)
		;
	fclose(f);
	for (int i = 0; i < 8; i++)
		column[i] = strsep(&at, ",");
	assert_non_null(column[7]);
	*s = (struct session){ .keyed = k };
	s->from_initiator = cipher_of(k, column[2], column[5]);
	s->from_responder = cipher_of(k, column[3], column[6]);
}

static void list_inside(struct session *s, uint8_t first, struct kw_span plain)
{
	struct chain c = chain_start(first, plain);
	struct payload p;
	size_t len = strlen(s->inside);

	if (s->opened++)
		len += (size_t)snprintf(s->inside + len, sizeof(s->inside) - len, " | ");
	while (chain_next(&c, &p) == 1)
		len += (size_t)snprintf(s->inside + len, sizeof(s->inside) - len, "%s%s",
					c.count > 1 ? " " : "", payload_name(p.type));
	if (!c.count)
		snprintf(s->inside + len, sizeof(s->inside) - len, "-");
}

/* The plain chain is read, and read again cut at every length. */
static void read_inside(struct session *s, uint8_t first, struct kw_span plain)
{
	struct walk w = { 0 };

	if (walk_chain(&w, first, plain))
		fail_msg("%s: %s", s->keyed->file, w.why);
	list_inside(s, first, plain);
	for (size_t len = 0; len < plain.len; len++) {
		uint8_t *copy = malloc(len);

		if (len)
			memcpy(copy, plain.p, len);
		memset(&w, 0, sizeof(w));
		assert_true(walk_chain(&w, first, KW_SPAN(copy, len)) < 0);
		free(copy);
	}
}

static void open_message(unsigned int frame, struct kw_span datagram, void *ctx)
{
	struct session *s = ctx;
	struct walk w = { 0 };
	struct skcipher *c =
		datagram.p[19] & IKE_FLAG_INITIATOR ? s->from_initiator : s->from_responder;
	uint8_t plain[2048];
	size_t len;

	assert_int_equal(walk_message(&w, datagram), 0);
	if (!w.seen[PAYLOAD_SK])
		return;
	if (skcipher_open(c, KW_SPAN(datagram.p, w.sk.p - datagram.p), w.sk, plain, &len))
		fail_msg("%s, frame %u: does not open", s->keyed->file, frame);
	read_inside(s, w.sk_first, KW_SPAN(plain, len));
}

static void wiresharks_captures_open_and_are_read_inside(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(keyed) / sizeof(keyed[0]); i++) {
		struct session s;

		session_open(&s, &keyed[i]);
		capture_each_ikev2(keyed[i].file, open_message, &s);
		assert_int_equal(s.opened, keyed[i].opened);
		assert_string_equal(s.inside, keyed[i].inside);
		skcipher_free(s.from_initiator);
		skcipher_free(s.from_responder);
	}
}

static int setup(void **state)
{
	(void)state;
	return crypto_setup();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(foreign_messages_are_read_or_refused_as_they_deserve),
		cmocka_unit_test(cut_at_every_length_a_message_is_refused),
		cmocka_unit_test(a_bit_flipped_anywhere_does_no_harm),
		cmocka_unit_test(wiresharks_captures_open_and_are_read_inside),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
