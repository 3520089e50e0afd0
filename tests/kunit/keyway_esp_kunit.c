// SPDX-License-Identifier: GPL-2.0
/*
 * ESP's wire format: published packets byte for byte, and what has to be refused.
 *
 * RFCs: 4303, 4106, 7634
 */
#include <crypto/aead.h>
#include <linux/scatterlist.h>
#include <linux/unaligned.h>

#include "cipher.h"
#include "esp.h"

#include "vectors_gen.h"

/* Where ESN puts the SPI meanwhile. */
#define ESN_ROOM	KW_ESP_SCRATCH

static int esp_open_bh(const struct kw_cipher *c, u8 *esp, unsigned int len, u64 seq, bool esn)
{
	int ret;

	local_bh_disable();
	ret = kw_esp_open(c, esp, len, seq, esn);
	local_bh_enable();
	return ret;
}

static int esp_seal_bh(const struct kw_cipher *c, u8 *esp, unsigned int payload, u8 next_header,
		       __be32 spi, u64 seq, bool esn)
{
	int ret;

	local_bh_disable();
	ret = kw_esp_seal(c, esp, payload, next_header, spi, seq, esn);
	local_bh_enable();
	return ret;
}

/*
 * The published values as a packet: room, SPI, low sequence number, IV, ciphertext,
 * ICV.  With ESN the published AAD has the high sequence number in the middle.
 */
struct packet {
	u8 *esp;
	unsigned int len;
	u64 seq;
	bool esn;
};

static struct packet published_packet(struct kunit *test, const struct vec_esp_aead *v)
{
	bool esn = v->aad.len == 12;
	const struct vec_bytes parts[] = {
		{ NULL, ESN_ROOM },
		{ v->aad.data, 4 },
		{ v->aad.data + v->aad.len - 4, 4 },
		v->iv,
		v->sealed,
	};

	return (struct packet){
		.esp = join(test, parts, ARRAY_SIZE(parts)) + ESN_ROOM,
		.len = 8 + v->iv.len + v->sealed.len,
		.seq = esn ? get_unaligned_be64(v->aad.data + 4) :
			     get_unaligned_be32(v->aad.data + 4),
		.esn = esn,
	};
}

KUNIT_ARRAY_PARAM_DESC(gcm, vec_aes_gcm, desc);
KUNIT_ARRAY_PARAM_DESC(chacha, vec_chacha20_poly1305, desc);

KUNIT_ARRAY_PARAM_DESC(ccm, vec_aes_ccm, desc);
KUNIT_ARRAY_PARAM_DESC(gmac, vec_aes_gmac, desc);

#define WITHIN(v, table)	((v) >= (table) && (v) < (table) + ARRAY_SIZE(table))

static u16 encr_of(const struct vec_esp_aead *v)
{
	if (WITHIN(v, vec_aes_gcm))
		return KEYWAY_ENCR_AES_GCM_16;
	if (WITHIN(v, vec_aes_ccm))
		return KEYWAY_ENCR_AES_CCM_16;
	if (WITHIN(v, vec_aes_gmac))
		return KEYWAY_ENCR_NULL_AUTH_AES_GMAC;
	return KEYWAY_ENCR_CHACHA20_POLY1305;
}

static void a_published_text_is_sealed_byte_for_byte(struct kunit *test)
{
	const struct vec_esp_aead *v = test->param_value;
	struct kw_cipher *c = cipher_new(test, encr_of(v), v->key, v->salt);
	const struct vec_bytes parts[] = {
		v->aad, v->iv, v->plaintext, { NULL, v->sealed.len - v->plaintext.len },
	};
	u8 *buf = join(test, parts, ARRAY_SIZE(parts));

	if (v->forged)
		return;
	KUNIT_ASSERT_EQ(test, seal_bh(c, buf, v->aad.len, v->plaintext.len), 0);
	KUNIT_EXPECT_MEMEQ(test, buf, v->aad.data, v->aad.len);
	KUNIT_EXPECT_MEMEQ(test, buf + v->aad.len, v->iv.data, v->iv.len);
	KUNIT_EXPECT_MEMEQ(test, buf + v->aad.len + v->iv.len, v->sealed.data, v->sealed.len);
}

static void a_published_packet_opens(struct kunit *test)
{
	const struct vec_esp_aead *v = test->param_value;
	struct kw_cipher *c = cipher_new(test, encr_of(v), v->key, v->salt);
	struct packet p = published_packet(test, v);
	u8 next_header;

	/* Texts of other lengths are no ESP packets, but the cipher has to open them. */
	KUNIT_EXPECT_EQ(test, kw_esp_len_ok(c, p.len), v->plaintext.len % 4 == 0);
	if (v->forged) {
		KUNIT_EXPECT_EQ(test, esp_open_bh(c, p.esp, p.len, p.seq, p.esn), -EBADMSG);
		return;
	}
	KUNIT_ASSERT_EQ(test, esp_open_bh(c, p.esp, p.len, p.seq, p.esn), 0);
	KUNIT_EXPECT_MEMEQ(test, p.esp + 16, v->plaintext.data, v->plaintext.len);
	KUNIT_EXPECT_MEMEQ(test, p.esp, v->aad.data, 4);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(p.esp + 4), (u32)p.seq);
	if (v->payload >= 0) {
		KUNIT_EXPECT_EQ(test, kw_esp_payload(c, p.esp, p.len, &next_header),
				v->payload);
		KUNIT_EXPECT_EQ(test, next_header, v->plaintext.data[v->plaintext.len - 1]);
	}
}

static void rfc7634_appendix_a_opens_to_its_ping(struct kunit *test)
{
	const struct vec_esp_packet *v = &vec_rfc7634_packet[0];
	const struct vec_bytes esp = { v->packet.data + 20, v->packet.len - 20 };
	const struct vec_bytes parts[] = { { NULL, ESN_ROOM }, esp };
	struct kw_cipher *c = cipher_new(test, KEYWAY_ENCR_CHACHA20_POLY1305,
					 (struct vec_bytes){ v->keymat.data, 32 },
					 (struct vec_bytes){ v->keymat.data + 32, 4 });
	u8 *buf = join(test, parts, 2) + ESN_ROOM;
	u8 next_header;

	KUNIT_ASSERT_TRUE(test, kw_esp_len_ok(c, esp.len));
	KUNIT_ASSERT_EQ(test, esp_open_bh(c, buf, esp.len, 5, false), 0);
	KUNIT_ASSERT_EQ(test, kw_esp_payload(c, buf, esp.len, &next_header), v->inner.len);
	KUNIT_EXPECT_EQ(test, next_header, 4);
	KUNIT_EXPECT_MEMEQ(test, buf + 16, v->inner.data, v->inner.len);

	/* And back: the opened text sealed again is the packet as it was. */
	KUNIT_ASSERT_EQ(test, seal_bh(c, buf, 8, esp.len - 8 - 8 - 16), 0);
	KUNIT_EXPECT_MEMEQ(test, buf, esp.data, esp.len);
}

/* Both algorithms, with and without ESN. */
struct way {
	const char *desc;
	u16 encr;
	bool esn;
	const char *reference;
	unsigned int key_len;
};

static const struct way ways[] = {
	{ "AES-GCM", KEYWAY_ENCR_AES_GCM_16, false, "gcm(aes)", 16 },
	{ "AES-GCM with ESN", KEYWAY_ENCR_AES_GCM_16, true, "gcm(aes)", 16 },
	{ "ChaCha20-Poly1305", KEYWAY_ENCR_CHACHA20_POLY1305, false,
	  "rfc7539(chacha20,poly1305)", 32 },
	{ "ChaCha20-Poly1305 with ESN", KEYWAY_ENCR_CHACHA20_POLY1305, true,
	  "rfc7539(chacha20,poly1305)", 32 },
};

KUNIT_ARRAY_PARAM_DESC(way, ways, desc);

#define SPI	cpu_to_be32(0xc0ffee01)
#define SEQ	0x0000000512345678ULL

static const u8 keymat[36] = "0123456789abcdef0123456789abcdefSALT";

static struct kw_cipher *cipher_of(struct kunit *test, const struct way *way)
{
	return cipher_new(test, way->encr, (struct vec_bytes){ keymat, way->key_len },
			  (struct vec_bytes){ keymat + 32, 4 });
}

static void free_reference(void *tfm)
{
	crypto_free_aead(tfm);
}

/*
 * What RFC 4106 or 7634 says of the packet at @esp, done with the bare AEAD: nonce and AAD put
 * together here.  The plaintext goes to @text, which has room for the ICV too.
 */
static int open_by_the_book(struct kunit *test, const struct way *way, const u8 *esp,
			    unsigned int text_len, u8 *text)
{
	struct crypto_aead *tfm = crypto_alloc_aead(way->reference, 0, CRYPTO_ALG_ASYNC);
	unsigned int aad_len = way->esn ? 12 : 8;
	struct aead_request *req;
	struct scatterlist sg;
	u8 nonce[12], *buf;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, tfm);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_reference, tfm), 0);
	KUNIT_ASSERT_EQ(test, crypto_aead_setkey(tfm, keymat, way->key_len), 0);
	KUNIT_ASSERT_EQ(test, crypto_aead_setauthsize(tfm, 16), 0);
	req = kunit_kzalloc(test, sizeof(*req) + crypto_aead_reqsize(tfm), GFP_KERNEL);
	buf = kunit_kmalloc(test, aad_len + text_len + 16, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, req);
	KUNIT_ASSERT_NOT_NULL(test, buf);

	memcpy(nonce, keymat + 32, 4);
	memcpy(nonce + 4, esp + 8, 8);
	memcpy(buf, esp, 4);
	if (way->esn)
		put_unaligned_be32(SEQ >> 32, buf + 4);
	memcpy(buf + aad_len - 4, esp + 4, 4);
	memcpy(buf + aad_len, esp + 16, text_len + 16);

	sg_init_one(&sg, buf, aad_len + text_len + 16);
	aead_request_set_tfm(req, tfm);
	aead_request_set_callback(req, 0, NULL, NULL);
	aead_request_set_ad(req, aad_len);
	aead_request_set_crypt(req, &sg, &sg, text_len + 16, nonce);
	if (crypto_aead_decrypt(req))
		return -EBADMSG;
	memcpy(text, buf + aad_len, text_len);
	return 0;
}

static void a_sealed_packet_is_as_the_rfc_draws_it(struct kunit *test)
{
	const struct way *way = test->param_value;
	struct kw_cipher *c = cipher_of(test, way);
	u8 text[128], payload[90];
	unsigned int len, i;

	for (i = 0; i < sizeof(payload); i++)
		payload[i] = 3 * i + 1;
	for (len = 0; len <= sizeof(payload); len++) {
		unsigned int text_len = round_up(len + 2, 4);
		unsigned int pad = text_len - len - 2;
		const struct vec_bytes parts[] = {
			{ "GUARD BYTES.", ESN_ROOM }, { NULL, 16 }, { payload, len },
			{ NULL, pad + 2 + 16 },
		};
		u8 *room = join(test, parts, ARRAY_SIZE(parts));
		u8 *esp = room + ESN_ROOM;

		KUNIT_ASSERT_EQ(test, kw_esp_text_len(c, len), text_len);
		KUNIT_ASSERT_EQ(test, esp_seal_bh(c, esp, len, 41, SPI, SEQ, way->esn), 0);
		KUNIT_ASSERT_MEMEQ(test, room, "GUARD BYTES.", ESN_ROOM);
		KUNIT_ASSERT_EQ(test, get_unaligned_be32(esp), be32_to_cpu(SPI));
		KUNIT_ASSERT_EQ(test, get_unaligned_be32(esp + 4), (u32)SEQ);
		KUNIT_ASSERT_EQ(test, open_by_the_book(test, way, esp, text_len, text), 0);
		KUNIT_ASSERT_MEMEQ(test, text, payload, len);
		for (i = 0; i < pad; i++)
			KUNIT_ASSERT_EQ(test, text[len + i], i + 1);
		KUNIT_ASSERT_EQ(test, text[text_len - 2], pad);
		KUNIT_ASSERT_EQ(test, text[text_len - 1], 41);
	}
}

static void an_iv_is_never_used_twice(struct kunit *test)
{
	struct kw_cipher *c = cipher_of(test, &ways[1]);
	static const u64 seqs[] = { 1, 2, 0xffffffff, 0x100000000, 0x100000001, 0x1ffffffff };
	u8 iv[ARRAY_SIZE(seqs)][8], buf[ESN_ROOM + 16 + 20 + 4 + 16];
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(seqs); i++) {
		memset(buf, 0, sizeof(buf));
		KUNIT_ASSERT_EQ(test, esp_seal_bh(c, buf + ESN_ROOM, 20, 4, SPI, seqs[i], true), 0);
		memcpy(iv[i], buf + ESN_ROOM + 8, 8);
		for (k = 0; k < i; k++)
			KUNIT_EXPECT_MEMNEQ(test, iv[i], iv[k], 8);
	}
}

#define SAMPLE		40u
#define SAMPLE_LEN	(8 + 8 + 44 + 16)

/* A sealed packet of SAMPLE bytes of payload, with room before it and nothing after. */
static u8 *sample(struct kunit *test, const struct kw_cipher *c, const struct way *way)
{
	const struct vec_bytes parts[] = { { NULL, ESN_ROOM + SAMPLE_LEN } };
	u8 *esp = join(test, parts, 1) + ESN_ROOM;

	memset(esp - ESN_ROOM, 0x45, ESN_ROOM + SAMPLE_LEN);
	KUNIT_ASSERT_EQ(test, esp_seal_bh(c, esp, SAMPLE, 4, SPI, SEQ, way->esn), 0);
	return esp;
}

static void any_flipped_bit_is_refused(struct kunit *test)
{
	const struct way *way = test->param_value;
	struct kw_cipher *c = cipher_of(test, way);
	u8 *esp = sample(test, c, way), *copy = sample(test, c, way);
	unsigned int bit;

	for (bit = 0; bit < SAMPLE_LEN * 8; bit++) {
		memcpy(copy, esp, SAMPLE_LEN);
		copy[bit / 8] ^= 1 << bit % 8;
		KUNIT_ASSERT_EQ_MSG(test, esp_open_bh(c, copy, SAMPLE_LEN, SEQ, way->esn),
				    -EBADMSG, "bit %u", bit);
	}
	KUNIT_EXPECT_EQ(test, esp_open_bh(c, esp, SAMPLE_LEN, SEQ, way->esn), 0);
}

static void any_truncation_is_refused(struct kunit *test)
{
	const struct way *way = test->param_value;
	struct kw_cipher *c = cipher_of(test, way);
	u8 *esp = sample(test, c, way);
	unsigned int len, tried = 0;

	for (len = 0; len < SAMPLE_LEN; len++) {
		/* Of exactly this size, so that KASAN sees a read beyond it. */
		const struct vec_bytes parts[] = { { NULL, ESN_ROOM }, { esp, len } };
		u8 *cut = join(test, parts, 2) + ESN_ROOM;

		if (!kw_esp_len_ok(c, len))
			continue;
		KUNIT_ASSERT_EQ(test, esp_open_bh(c, cut, len, SEQ, way->esn), -EBADMSG);
		tried++;
	}
	/* Texts of 4, 8, ... 40 bytes. */
	KUNIT_EXPECT_EQ(test, tried, 10);
}

static void the_shortest_packet_holds_a_trailer(struct kunit *test)
{
	const struct kw_cipher *c = cipher_any(test, KEYWAY_ENCR_AES_GCM_16);

	KUNIT_EXPECT_FALSE(test, kw_esp_len_ok(c, 0));
	KUNIT_EXPECT_FALSE(test, kw_esp_len_ok(c, 8 + 8 + 16));
	KUNIT_EXPECT_TRUE(test, kw_esp_len_ok(c, 8 + 8 + 4 + 16));
	KUNIT_EXPECT_FALSE(test, kw_esp_len_ok(c, 8 + 8 + 5 + 16));
	KUNIT_EXPECT_FALSE(test, kw_esp_len_ok(c, 8 + 8 + 7 + 16));
}

static void the_high_half_of_the_sequence_number_is_authenticated(struct kunit *test)
{
	const struct way *way = test->param_value;
	struct kw_cipher *c = cipher_of(test, way);
	u8 *esp = sample(test, c, way);
	int ret = esp_open_bh(c, esp, SAMPLE_LEN, SEQ + (1ULL << 32), way->esn);

	KUNIT_EXPECT_EQ(test, ret, way->esn ? -EBADMSG : 0);
}

/* The end of a text: padding, pad length, next header; what it means. */
struct trailer {
	const char *desc;
	unsigned int len;
	u8 bytes[16];
	int payload;		/* of a text of 16 bytes */
	u8 next_header;
};

static const struct trailer trailers[] = {
	{ "no padding", 2, { 0, 4 }, 14, 4 },
	{ "one byte", 3, { 1, 1, 4 }, 13, 4 },
	{ "three bytes", 5, { 1, 2, 3, 3, 41 }, 11, 41 },
	{ "all of it", 16, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 14, 59 }, 0, 59 },
	{ "dummy packet, next header 59", 2, { 0, 59 }, 14, 59 },
	{ "pad length one too long", 2, { 15, 4 }, -EINVAL },
	{ "pad length 255", 2, { 255, 4 }, -EINVAL },
	{ "padding of zeros", 5, { 0, 0, 0, 3, 4 }, -EINVAL },
	{ "padding from zero", 5, { 0, 1, 2, 3, 4 }, -EINVAL },
	{ "padding from two", 4, { 2, 3, 2, 4 }, -EINVAL },
	{ "first byte wrong", 5, { 9, 2, 3, 3, 4 }, -EINVAL },
	{ "last byte wrong", 5, { 1, 2, 9, 3, 4 }, -EINVAL },
	{ "backwards", 5, { 3, 2, 1, 3, 4 }, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(trailer, trailers, desc);

static void padding_is_checked(struct kunit *test)
{
	const struct trailer *t = test->param_value;
	const struct kw_cipher *c = cipher_any(test, KEYWAY_ENCR_AES_GCM_16);
	const struct vec_bytes parts[] = {
		{ NULL, 16 + 16 - t->len }, { t->bytes, t->len }, { NULL, 16 },
	};
	u8 *esp = join(test, parts, ARRAY_SIZE(parts));
	u8 next_header;

	memset(esp, 0x77, 16 + 16 - t->len);
	KUNIT_ASSERT_EQ(test, kw_esp_payload(c, esp, 48, &next_header), t->payload);
	if (t->payload >= 0)
		KUNIT_EXPECT_EQ(test, next_header, t->next_header);
}

/* RFC 4303 2.7: bytes after the inner packet are its business; ESP keeps them in the payload. */
static void traffic_flow_padding_stays_in_the_payload(struct kunit *test)
{
	struct kw_cipher *c = cipher_of(test, &ways[0]);
	u8 buf[16 + 60 + 4 + 16] = {}, next_header;

	buf[16] = 0x45;
	KUNIT_ASSERT_EQ(test, esp_seal_bh(c, buf, 60, 4, SPI, 1, false), 0);
	KUNIT_ASSERT_EQ(test, esp_open_bh(c, buf, 16 + 64 + 16, 1, false), 0);
	KUNIT_EXPECT_EQ(test, kw_esp_payload(c, buf, 16 + 64 + 16, &next_header), 60);
}

static void sizes_agree_with_a_search(struct kunit *test)
{
	const struct way *way = test->param_value;
	const struct kw_cipher *c = cipher_any(test, way->encr);
	unsigned int room, payload, most = 0;

	for (room = 0; room < 2000; room++) {
		unsigned int fits = 0;

		for (payload = room; payload > 0; payload--) {
			unsigned int len = 8 + 8 + round_up(payload + 2, 4) + 16;

			most = max(most, len - payload);
			if (len <= room) {
				fits = payload;
				break;
			}
		}
		KUNIT_ASSERT_EQ_MSG(test, kw_esp_payload_max(c, room), fits, "room %u", room);
	}
	KUNIT_EXPECT_EQ(test, kw_esp_overhead_max(c), most);
}

static struct kunit_case esp_cases[] = {
	KUNIT_CASE_PARAM(a_published_text_is_sealed_byte_for_byte, gcm_gen_params),
	KUNIT_CASE_PARAM(a_published_text_is_sealed_byte_for_byte, chacha_gen_params),
	KUNIT_CASE_PARAM(a_published_text_is_sealed_byte_for_byte, ccm_gen_params),
	KUNIT_CASE_PARAM(a_published_text_is_sealed_byte_for_byte, gmac_gen_params),
	KUNIT_CASE_PARAM(a_published_packet_opens, ccm_gen_params),
	KUNIT_CASE_PARAM(a_published_packet_opens, gmac_gen_params),
	KUNIT_CASE_PARAM(a_published_packet_opens, gcm_gen_params),
	KUNIT_CASE_PARAM(a_published_packet_opens, chacha_gen_params),
	KUNIT_CASE(rfc7634_appendix_a_opens_to_its_ping),
	KUNIT_CASE_PARAM(a_sealed_packet_is_as_the_rfc_draws_it, way_gen_params),
	KUNIT_CASE(an_iv_is_never_used_twice),
	KUNIT_CASE_PARAM(any_flipped_bit_is_refused, way_gen_params),
	KUNIT_CASE_PARAM(any_truncation_is_refused, way_gen_params),
	KUNIT_CASE(the_shortest_packet_holds_a_trailer),
	KUNIT_CASE_PARAM(the_high_half_of_the_sequence_number_is_authenticated, way_gen_params),
	KUNIT_CASE_PARAM(padding_is_checked, trailer_gen_params),
	KUNIT_CASE(traffic_flow_padding_stays_in_the_payload),
	KUNIT_CASE_PARAM(sizes_agree_with_a_search, way_gen_params),
	{}
};

static struct kunit_suite esp_suite = {
	.name = "keyway_esp",
	.test_cases = esp_cases,
};

kunit_test_suite(esp_suite);

MODULE_DESCRIPTION("KUnit: ESP wire format");
MODULE_LICENSE("GPL");
