// SPDX-License-Identifier: GPL-2.0
/* Protected IKE messages: RFC 7634's, Wireshark's captures of real peers, AEAD vectors, every damage. */
#include "crypto/alg.h"
#include "crypto/mac.h"
#include "crypto/rand.h"
#include "crypto/skcipher.h"
#include "vectors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct skcipher *cipher(uint16_t encr, uint16_t bits, uint16_t integ, const struct kw_secret *key,
			       const struct kw_secret *integ_key)
{
	struct skcipher *c = NULL;

	assert_int_equal(skcipher_new(&c, encr, bits, integ, key, integ_key), 0);
	return c;
}

/* Fixed randomness: the octets of *ctx, so that an explicit IV can be the vector's. */
static void fixed_source(void *out, size_t n, void *ctx)
{
	memcpy(out, ctx, n);
}

/* RFC 7634 appendix B: the whole message, made and opened. */
static void rfc7634_ike_message(void **state)
{
	json_t *root = vectors_load("rfc/rfc7634-chacha20-poly1305.json"), *ike = json_object_get(root, "ike");
	struct octets notify = hex_of(ike, "notify"), message = hex_of(ike, "message");
	struct kw_secret key = secret_from_hex(str_of(ike, "keymat")), none = { 0 };
	struct kw_span head = KW_SPAN(message.p, 28 + 4);
	struct kw_span body = KW_SPAN(message.p + head.len, message.n - head.len);
	uint8_t counter[8] = { 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11, 0x10 };
	uint8_t out[64], plain[64];
	struct skcipher *c;
	size_t len;

	(void)state;
	rand_set_source(fixed_source, counter);
	c = cipher(ENCR_CHACHA20_POLY1305, 0, INTEG_NONE, &key, &none);
	rand_set_source(NULL, NULL);
	assert_int_equal(skcipher_sealed_len(c, notify.n), body.len);
	assert_int_equal(skcipher_seal(c, head, SPAN_OF(notify), out), 0);
	assert_memory_equal(out, body.p, body.len);
	assert_int_equal(skcipher_open(c, head, body, plain, &len), 0);
	assert_true(kw_span_equal(KW_SPAN(plain, len), SPAN_OF(notify)));
	skcipher_free(c);
	kw_secret_drop(&key);
	octets_free(&notify);
	octets_free(&message);
	json_decref(root);
}

/*
 * Any AEAD vector is an SK body IV | ciphertext | ICV, whose plaintext then has its padding removed;
 * so what must come out is told by the vector's last octet.
 */
static bool expect_opened(struct skcipher *c, struct kw_span aad, struct octets body, struct octets plain,
			  bool good)
{
	uint8_t *out = malloc(body.n);
	size_t len = 0, pad = plain.n ? plain.p[plain.n - 1] : 0;
	bool strips = good && plain.n && pad + 1 <= plain.n;
	int ret = skcipher_open(c, aad, SPAN_OF(body), out, &len);

	if (strips) {
		assert_int_equal(ret, 0);
		assert_int_equal(len, plain.n - pad - 1);
		assert_memory_equal(out, plain.p, len);
	} else {
		assert_int_equal(ret, -EBADMSG);
	}
	free(out);
	return strips;
}

static struct octets octets_join(struct kw_span a, struct kw_span b, struct kw_span c)
{
	struct octets o = { .n = a.len + b.len + c.len };
	struct kw_writer w;

	o.p = malloc(o.n ? o.n : 1);
	w = kw_writer(o.p, o.n);
	kw_put_span(&w, a);
	kw_put_span(&w, b);
	kw_put_span(&w, c);
	return o;
}

struct aead_run {
	uint16_t encr;
	unsigned int opened;
};

/* Their 12-octet nonce is our salt and IV. */
static void one_aead(const json_t *group, const json_t *test, enum wycheproof_result result, void *ctx)
{
	struct octets raw = hex_of(test, "key"), iv = hex_of(test, "iv"), aad = hex_of(test, "aad");
	struct octets msg = hex_of(test, "msg"), ct = hex_of(test, "ct"), tag = hex_of(test, "tag");
	bool fixed = ((struct aead_run *)ctx)->encr == ENCR_CHACHA20_POLY1305;
	struct aead_run *run = ctx;
	struct kw_secret key = { 0 };
	struct octets keymat, body;
	struct skcipher *c;

	if (iv.n == 12 && json_integer_value(json_object_get(group, "tagSize")) == 128) {
		keymat = octets_join(SPAN_OF(raw), KW_SPAN(iv.p, 4), KW_SPAN(iv.p, 0));
		body = octets_join(KW_SPAN(iv.p + 4, 8), SPAN_OF(ct), SPAN_OF(tag));
		assert_int_equal(kw_secret_copy(&key, SPAN_OF(keymat)), 0);
		c = cipher(run->encr, fixed ? 0 : (uint16_t)(8 * raw.n), INTEG_NONE, &key, NULL);
		run->opened += expect_opened(c, SPAN_OF(aad), body, msg, result == WYCHEPROOF_VALID);
		skcipher_free(c);
		kw_secret_drop(&key);
		octets_free(&keymat);
		octets_free(&body);
	}
	octets_free(&raw);
	octets_free(&iv);
	octets_free(&aad);
	octets_free(&msg);
	octets_free(&ct);
	octets_free(&tag);
}

static void wycheproof_aeads(void **state)
{
	struct aead_run gcm = { ENCR_AES_GCM_16, 0 }, chacha = { ENCR_CHACHA20_POLY1305, 0 };

	(void)state;
	wycheproof_each("wycheproof/aes_gcm_test.json", one_aead, &gcm);
	wycheproof_each("wycheproof/chacha20_poly1305_test.json", one_aead, &chacha);
	assert_true(gcm.opened >= 10);
	assert_true(chacha.opened >= 10);
}

static uint16_t encr_of(const char *section, json_int_t icv)
{
	if (strcmp(section, "aes_gcm_rfc4106") == 0)
		return icv == 16 ? ENCR_AES_GCM_16 : icv == 12 ? ENCR_AES_GCM_12 : ENCR_AES_GCM_8;
	if (strcmp(section, "aes_ccm_rfc4309") == 0)
		return icv == 16 ? ENCR_AES_CCM_16 : icv == 12 ? ENCR_AES_CCM_12 : ENCR_AES_CCM_8;
	return ENCR_CHACHA20_POLY1305;
}

static void esp_aead_vectors(void **state)
{
	static const char * const sections[] = { "aes_gcm_rfc4106", "aes_ccm_rfc4309", "rfc7539esp" };
	json_t *root = vectors_load("esp-aead/esp-aead-rfc4106-4543-4309-7634.json"), *c;
	unsigned int opened[COUNT(sections)] = { 0 };
	size_t i;

	(void)state;
	for (size_t s = 0; s < COUNT(sections); s++) {
		json_array_foreach(json_object_get(root, sections[s]), i, c) {
			uint16_t encr = encr_of(sections[s], json_integer_value(json_object_get(c, "icv_len")));
			struct octets raw = hex_of(c, "key"), salt = hex_of(c, "salt"), iv = hex_of(c, "iv");
			struct octets aad = hex_of(c, "esp_aad"), plain = hex_of(c, "plaintext");
			struct octets sealed = hex_of(c, "ciphertext_icv");
			struct octets keymat = octets_join(SPAN_OF(raw), SPAN_OF(salt), KW_SPAN(iv.p, 0));
			struct octets body = octets_join(SPAN_OF(iv), SPAN_OF(sealed), KW_SPAN(iv.p, 0));
			struct kw_secret key = { 0 };
			struct skcipher *sk;

			assert_int_equal(kw_secret_copy(&key, SPAN_OF(keymat)), 0);
			sk = cipher(encr, (uint16_t)(8 * raw.n), INTEG_NONE, &key, NULL);
			opened[s] += expect_opened(sk, SPAN_OF(aad), body, plain,
						   json_is_false(json_object_get(c, "must_fail")));
			skcipher_free(sk);
			kw_secret_drop(&key);
			octets_free(&raw);
			octets_free(&salt);
			octets_free(&iv);
			octets_free(&aad);
			octets_free(&plain);
			octets_free(&sealed);
			octets_free(&keymat);
			octets_free(&body);
		}
	}
	assert_true(opened[0] >= 5 && opened[1] >= 5);
	json_decref(root);
}

/* Lines of Wireshark's ikev2_decryption_table for its captures. */
static const struct capture {
	const char *file, *spi;
	uint16_t encr, bits, integ;
	uint8_t cut;		/* their ICV is so much longer than ours: HMAC_SHA1_160 for -96 */
	unsigned int messages;
} captures[] = {
	{ "ikev2-decrypt-3des-sha1_160.pcap", "19ab98963486359f", ENCR_3DES, 0, INTEG_HMAC_SHA1_96, 8, 4 },
	{ "ikev2-decrypt-aes128ccm12.pcap", "ea684d21597afd36", ENCR_AES_CCM_12, 128, INTEG_NONE, 0, 4 },
	{ "ikev2-decrypt-aes192ctr.pcap", "81f24c0acd8fa55c", ENCR_AES_CTR, 192,
	  INTEG_HMAC_SHA2_512_256, 0, 4 },
	/* aes128ccm12-2 is CTR without an integrity key: nothing that we would open. */
	{ "ikev2-decrypt-aes256cbc.pcapng", "191ccd371a7a1f7b", ENCR_AES_CBC, 256,
	  INTEG_HMAC_SHA2_256_128, 0, 2 },
	{ "ikev2-decrypt-aes256ccm16.pcapng", "cd7ae76304b277e2", ENCR_AES_CCM_16, 256, INTEG_NONE, 0, 2 },
	{ "ikev2-decrypt-aes256gcm16.pcap", "0158b8fb90b7623d", ENCR_AES_GCM_16, 256, INTEG_NONE, 0, 4 },
	{ "ikev2-decrypt-aes256gcm8.pcap", "5d48bfeeb7d574da", ENCR_AES_GCM_8, 256, INTEG_NONE, 0, 4 },
};

enum { COL_SPI_I, COL_SPI_R, COL_SK_EI, COL_SK_ER, COL_ENCR, COL_SK_AI, COL_SK_AR, COL_INTEG, COLUMNS };

static struct octets read_file(const char *name)
{
	FILE *in = fopen(vector_path(name), "rb");
	struct octets o = { .p = malloc(1u << 20) };

	assert_non_null(in);
	assert_non_null(o.p);
	o.n = fread(o.p, 1, 1u << 20, in);
	assert_true(o.n > 0 && feof(in));
	fclose(in);
	return o;
}

/* The table's line for an initiator SPI, cut at its commas (columns with commas are quoted: none has). */
static void table_line(char *line, size_t cap, const char *spi, char *col[COLUMNS])
{
	FILE *in = fopen(vector_path("wireshark/ikev2_decryption_table.tmpl"), "r");
	char *rest = line;

	assert_non_null(in);
	do {
		assert_non_null(fgets(line, (int)cap, in));
	} while (strncmp(line, spi, 16) != 0);
	fclose(in);
	for (int i = 0; i < COLUMNS; i++)
		col[i] = strsep(&rest, ",\n");
}

/* The SK message at this offset of a capture, opened and checked for whole payloads. */
static void open_captured(struct skcipher *c, struct kw_span message, uint8_t cut)
{
	struct kw_span head = KW_SPAN(message.p, 32);
	struct kw_span body = KW_SPAN(message.p + 32, message.len - 32 - cut);
	uint8_t *plain = malloc(body.len), next = message.p[28];
	struct kw_reader r;
	size_t len = 0;

	assert_int_equal(skcipher_open(c, head, body, plain, &len), 0);
	r = kw_reader(KW_SPAN(plain, len));
	while (next) {
		uint16_t payload;

		next = kw_get_u8(&r);
		kw_get_u8(&r);
		payload = kw_get_be16(&r);
		assert_true(payload >= 4);
		kw_get_span(&r, payload - 4u);
		assert_false(r.bad);
	}
	assert_int_equal(kw_reader_left(&r), 0);
	free(plain);
}

static unsigned int open_capture(const struct capture *cap, struct skcipher *dir[2], const uint8_t spis[16])
{
	struct octets file;
	unsigned int n = 0;
	char name[128];

	snprintf(name, sizeof(name), "wireshark/%s", cap->file);
	file = read_file(name);
	/* Frames stand unbroken in a capture: an IKE header is where both SPIs are. */
	for (size_t at = 0; at + 32 <= file.n; at++) {
		struct kw_reader r = kw_reader(KW_SPAN(file.p + at + 24, 4));
		const uint8_t *h = file.p + at;
		uint32_t len;

		if (memcmp(h, spis, 16) != 0 || h[16] != 46)
			continue;
		len = kw_get_be32(&r);
		assert_true(len <= file.n - at);
		open_captured(dir[h[19] & 0x08 ? 0 : 1], KW_SPAN(h, len), cap->cut);
		n++;
	}
	octets_free(&file);
	return n;
}

static void wireshark_captures_open(void **state)
{
	char line[1024], spis_hex[33];
	char *col[COLUMNS];

	(void)state;
	for (size_t i = 0; i < COUNT(captures); i++) {
		const struct capture *cap = &captures[i];
		struct skcipher *dir[2];
		struct octets spis;

		table_line(line, sizeof(line), cap->spi, col);
		for (int d = 0; d < 2; d++) {
			struct kw_secret key = secret_from_hex(col[COL_SK_EI + d]);
			struct kw_secret integ = secret_from_hex(col[COL_SK_AI + d]);

			dir[d] = cipher(cap->encr, cap->bits, cap->integ, &key, &integ);
			kw_secret_drop(&key);
			kw_secret_drop(&integ);
		}
		snprintf(spis_hex, sizeof(spis_hex), "%s%s", col[COL_SPI_I], col[COL_SPI_R]);
		spis = octets_from_hex(spis_hex);
		assert_int_equal(open_capture(cap, dir, spis.p), cap->messages);
		octets_free(&spis);
		skcipher_free(dir[0]);
		skcipher_free(dir[1]);
	}
}

/* Every suite the daemon can offer, in turn. */
struct suite_run {
	const struct alg *encr;
	uint16_t bits, integ;
	struct kw_secret key, integ_key;
	struct skcipher *c;
};

static void each_suite(void (*fn)(struct suite_run *run))
{
	static const uint16_t integs[] = { INTEG_HMAC_SHA1_96, INTEG_AES_XCBC_96, INTEG_AES_CMAC_96,
		INTEG_HMAC_SHA2_256_128, INTEG_HMAC_SHA2_384_192, INTEG_HMAC_SHA2_512_256 };
	unsigned int suites = 0;
	const struct alg *table;
	size_t n;

	table = alg_table(&n);
	for (size_t i = 0; i < n; i++) {
		const struct alg *a = &table[i];

		if (a->type != TRANSFORM_ENCR || !a->ike)
			continue;
		for (size_t k = 0; k < (a->key_attr ? COUNT(a->key_bits) : 1); k++) {
			for (size_t m = 0; m < (a->aead ? 1 : COUNT(integs)); m++) {
				struct suite_run run = { .encr = a, .bits = a->key_bits[k],
							 .integ = a->aead ? INTEG_NONE : integs[m] };
				const struct alg *ia = alg_find(TRANSFORM_INTEG, run.integ);

				if (a->key_attr && !run.bits)
					continue;
				assert_int_equal(kw_secret_new(&run.key, alg_encr_keymat(a, run.bits)), 0);
				assert_int_equal(kw_secret_new(&run.integ_key, ia->key_len), 0);
				rand_bytes(run.key.p, run.key.len);
				rand_bytes(run.integ_key.p, run.integ_key.len);
				run.c = cipher(a->id, run.bits, run.integ, &run.key, &run.integ_key);
				fn(&run);
				skcipher_free(run.c);
				kw_secret_drop(&run.key);
				kw_secret_drop(&run.integ_key);
				suites++;
			}
		}
	}
	/* 6 AEADs with 3 sizes, ChaCha20; CBC, CTR and Camellia with 3 sizes and 3DES, with 6 MACs */
	assert_int_equal(suites, 18 + 1 + (9 + 1) * 6);
	assert_int_equal(kw_secret_live(), 0);
}

static void round_trip(struct suite_run *run)
{
	const struct kw_span head = KW_SPAN_STR("thirty-two octets of IKE header.");
	uint8_t plain[70], opened[256], *sealed;
	size_t block = run->encr->block_len, len;

	rand_bytes(plain, sizeof(plain));
	for (size_t n = 0; n <= sizeof(plain); n++) {
		size_t want = skcipher_sealed_len(run->c, n), body;

		body = want - run->encr->iv_len -
		       (run->encr->aead ? run->encr->icv_len :
					  alg_find(TRANSFORM_INTEG, run->integ)->icv_len);
		assert_true(body > n && body <= n + block && body % block == 0);
		sealed = malloc(want);
		assert_int_equal(skcipher_seal(run->c, head, KW_SPAN(plain, n), sealed), 0);
		assert_int_equal(skcipher_open(run->c, head, KW_SPAN(sealed, want), opened, &len), 0);
		assert_int_equal(len, n);
		assert_memory_equal(opened, plain, n);
		free(sealed);
	}
}

static void seal_and_open_every_length(void **state)
{
	(void)state;
	each_suite(round_trip);
}

static void damage(struct suite_run *run)
{
	uint8_t head[] = "thirty-two octets of IKE header.", plain[20] = "text", opened[128];
	size_t n = skcipher_sealed_len(run->c, sizeof(plain)), len;
	uint8_t *sealed = malloc(n);

	assert_int_equal(skcipher_seal(run->c, KW_SPAN(head, 32), KW_SPAN(plain, 20), sealed), 0);
	for (size_t bit = 0; bit < 8 * n; bit++) {
		sealed[bit / 8] ^= 1u << (bit % 8);
		assert_int_equal(skcipher_open(run->c, KW_SPAN(head, 32), KW_SPAN(sealed, n), opened, &len),
				 -EBADMSG);
		sealed[bit / 8] ^= 1u << (bit % 8);
	}
	for (size_t bit = 0; bit < 8 * 32; bit++) {
		head[bit / 8] ^= 1u << (bit % 8);
		assert_int_equal(skcipher_open(run->c, KW_SPAN(head, 32), KW_SPAN(sealed, n), opened, &len),
				 -EBADMSG);
		head[bit / 8] ^= 1u << (bit % 8);
	}
	for (size_t short_n = 0; short_n < n; short_n++) {
		uint8_t *cut = malloc(short_n ? short_n : 1);	/* the sanitizer watches its end */

		memcpy(cut, sealed, short_n);
		assert_int_equal(skcipher_open(run->c, KW_SPAN(head, 32), KW_SPAN(cut, short_n), opened, &len),
				 -EBADMSG);
		free(cut);
	}
	assert_int_equal(skcipher_open(run->c, KW_SPAN(head, 32), KW_SPAN(sealed, n), opened, &len), 0);
	free(sealed);
}

static void every_flipped_bit_and_every_truncation_is_refused(void **state)
{
	(void)state;
	each_suite(damage);
}

static void fresh_iv(struct suite_run *run)
{
	uint8_t sealed[64][128];

	for (size_t i = 0; i < 64; i++) {
		assert_int_equal(skcipher_seal(run->c, KW_SPAN("", 0), KW_SPAN("", 0), sealed[i]), 0);
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(sealed[i], sealed[k], run->encr->iv_len);
	}
}

static void no_iv_is_used_twice(void **state)
{
	(void)state;
	each_suite(fresh_iv);
}

/* A peer that holds the keys and lies: in CTR a flipped plaintext bit, under a MAC that is right. */
static void padding_longer_than_the_text_is_refused(void **state)
{
	uint8_t plain[5] = { 1, 2, 3, 4, 5 }, sealed[64], opened[64], mac[MAC_MAX];
	struct kw_secret key = { 0 }, integ = { 0 };
	struct skcipher *c;
	struct kw_span in;
	size_t n, len;

	(void)state;
	assert_int_equal(kw_secret_new(&key, 20), 0);
	assert_int_equal(kw_secret_new(&integ, 32), 0);
	c = cipher(ENCR_AES_CTR, 128, INTEG_HMAC_SHA2_256_128, &key, &integ);
	n = skcipher_sealed_len(c, sizeof(plain));
	for (unsigned int pad = 0; pad < 256; pad++) {
		assert_int_equal(skcipher_seal(c, KW_SPAN("", 0), KW_SPAN(plain, 5), sealed), 0);
		sealed[8 + 5] ^= pad;
		in = KW_SPAN(sealed, n - 16);
		assert_int_equal(mac_compute(MAC_HMAC_SHA2_256, kw_secret_expose(&integ), &in, 1, mac), 0);
		memcpy(sealed + n - 16, mac, 16);
		assert_int_equal(skcipher_open(c, KW_SPAN("", 0), KW_SPAN(sealed, n), opened, &len),
				 pad <= 5 ? 0 : -EBADMSG);
		if (pad <= 5)
			assert_int_equal(len, 5 - pad);
	}
	skcipher_free(c);
	kw_secret_drop(&key);
	kw_secret_drop(&integ);
}

/* The same peer with a ciphertext that is no multiple of the block: nothing for the cipher to see. */
static void half_blocks_are_refused(void **state)
{
	uint8_t body[16 + 48 + 16], opened[80], mac[MAC_MAX];
	struct kw_secret key = { 0 }, integ = { 0 };
	struct skcipher *c;
	size_t len;

	(void)state;
	assert_int_equal(kw_secret_new(&key, 16), 0);
	assert_int_equal(kw_secret_new(&integ, 32), 0);
	c = cipher(ENCR_AES_CBC, 128, INTEG_HMAC_SHA2_256_128, &key, &integ);
	for (size_t n = 0; n <= 48; n++) {
		struct kw_span in = KW_SPAN(body, 16 + n);
		int ret;

		memset(body, 0, sizeof(body));
		assert_int_equal(mac_compute(MAC_HMAC_SHA2_256, kw_secret_expose(&integ), &in, 1, mac), 0);
		memcpy(body + 16 + n, mac, 16);
		ret = skcipher_open(c, KW_SPAN("", 0), KW_SPAN(body, 16 + n + 16), opened, &len);
		if (n == 0 || n % 16)
			assert_int_equal(ret, -EBADMSG);
		else	/* zeros decrypt to noise: its last octet may be any padding */
			assert_true(ret == 0 || ret == -EBADMSG);
	}
	skcipher_free(c);
	kw_secret_drop(&key);
	kw_secret_drop(&integ);
}

static void wrong_keys_and_suites_are_refused(void **state)
{
	struct kw_secret key[40] = { { 0 } }, integ = { 0 }, none = { 0 };
	struct skcipher *c;

	(void)state;
	for (size_t n = 0; n < 40; n++)
		assert_int_equal(kw_secret_new(&key[n], n), 0);
	assert_int_equal(kw_secret_new(&integ, 32), 0);
	for (size_t n = 0; n < 40; n++) {
		int gcm = skcipher_new(&c, ENCR_AES_GCM_16, 256, INTEG_NONE, &key[n], &none);

		assert_int_equal(gcm, n == 36 ? 0 : -EINVAL);
		if (gcm == 0)
			skcipher_free(c);
	}
	assert_int_equal(skcipher_new(&c, ENCR_AES_GCM_16, 0, INTEG_NONE, &key[36], &none), -EINVAL);
	assert_int_equal(skcipher_new(&c, ENCR_AES_GCM_16, 264, INTEG_NONE, &key[37], &none), -EINVAL);
	assert_int_equal(skcipher_new(&c, ENCR_AES_GCM_16, 256, INTEG_NONE, &key[36], &integ), -EINVAL);
	assert_int_equal(skcipher_new(&c, ENCR_AES_GCM_16, 256, INTEG_HMAC_SHA2_256_128, &key[36], &integ),
			 -EINVAL);
	assert_int_equal(skcipher_new(&c, ENCR_AES_GCM_16, 256, INTEG_HMAC_SHA2_256_128, &key[36], &none),
			 -EINVAL);
	assert_int_equal(skcipher_new(&c, ENCR_AES_CBC, 256, INTEG_HMAC_SHA2_256_128, &key[32], &none),
			 -EINVAL);
	assert_int_equal(skcipher_new(&c, ENCR_AES_CBC, 256, INTEG_NONE, &key[32], &none), -EOPNOTSUPP);
	assert_int_equal(skcipher_new(&c, ENCR_AES_CBC, 256, 99, &key[32], &integ), -EOPNOTSUPP);
	assert_int_equal(skcipher_new(&c, ENCR_NULL, 0, INTEG_HMAC_SHA2_256_128, &none, &integ), -EOPNOTSUPP);
	assert_int_equal(skcipher_new(&c, 99, 0, INTEG_NONE, &key[36], &none), -EOPNOTSUPP);
	for (size_t n = 0; n < 40; n++)
		kw_secret_drop(&key[n]);
	kw_secret_drop(&integ);
	skcipher_free(NULL);
	assert_int_equal(kw_secret_live(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc7634_ike_message),
		cmocka_unit_test(wycheproof_aeads),
		cmocka_unit_test(esp_aead_vectors),
		cmocka_unit_test(wireshark_captures_open),
		cmocka_unit_test(seal_and_open_every_length),
		cmocka_unit_test(every_flipped_bit_and_every_truncation_is_refused),
		cmocka_unit_test(no_iv_is_used_twice),
		cmocka_unit_test(padding_longer_than_the_text_is_refused),
		cmocka_unit_test(half_blocks_are_refused),
		cmocka_unit_test(wrong_keys_and_suites_are_refused),
	};

	return cmocka_run_group_tests(tests, vectors_start, NULL);
}
