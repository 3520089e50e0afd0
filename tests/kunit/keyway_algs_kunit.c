// SPDX-License-Identifier: GPL-2.0
/*
 * Every algorithm of the tables: published vectors, packets other implementations sent, and each
 * combination sealed, opened, damaged and cut.
 *
 * RFCs: 2404, 2410, 2451, 3566, 3602, 3686, 4106, 4303, 4309, 4312, 4494, 4543, 4868, 7634, 8750
 */
#include <crypto/hash.h>
#include <crypto/internal/skcipher.h>
#include <linux/in.h>
#include <linux/uio.h>
#include <linux/unaligned.h>

#include "cipher.h"
#include "esp.h"

#include "vectors_gen.h"

/*
 * User-mode Linux has no implementation that needs the FPU: these stand for AES-NI's, hand
 * everything to the portable ones, and count.
 */
static unsigned int counted;

struct counting_ctx {
	struct crypto_skcipher *child;
};

static int counting_init(struct crypto_skcipher *tfm)
{
	struct counting_ctx *ctx = crypto_skcipher_ctx(tfm);
	const char *name = crypto_tfm_alg_name(crypto_skcipher_tfm(tfm)) + 2;

	ctx->child = crypto_alloc_skcipher(name, 0, CRYPTO_ALG_ASYNC);
	if (IS_ERR(ctx->child))
		return PTR_ERR(ctx->child);
	crypto_skcipher_set_reqsize(tfm, sizeof(struct skcipher_request) +
				    crypto_skcipher_reqsize(ctx->child));
	return 0;
}

static void counting_exit(struct crypto_skcipher *tfm)
{
	struct counting_ctx *ctx = crypto_skcipher_ctx(tfm);

	crypto_free_skcipher(ctx->child);
}

static int counting_setkey(struct crypto_skcipher *tfm, const u8 *key, unsigned int len)
{
	struct counting_ctx *ctx = crypto_skcipher_ctx(tfm);

	return crypto_skcipher_setkey(ctx->child, key, len);
}

static struct skcipher_request *child_request(struct skcipher_request *req)
{
	struct counting_ctx *ctx = crypto_skcipher_ctx(crypto_skcipher_reqtfm(req));
	struct skcipher_request *sub = skcipher_request_ctx(req);

	counted++;
	skcipher_request_set_tfm(sub, ctx->child);
	skcipher_request_set_callback(sub, req->base.flags, NULL, NULL);
	skcipher_request_set_crypt(sub, req->src, req->dst, req->cryptlen, req->iv);
	return sub;
}

static int counting_encrypt(struct skcipher_request *req)
{
	return crypto_skcipher_encrypt(child_request(req));
}

static int counting_decrypt(struct skcipher_request *req)
{
	return crypto_skcipher_decrypt(child_request(req));
}

#define COUNTING_ALG(name, driver, block)			\
{								\
	.base.cra_name		= name,				\
	.base.cra_driver_name	= driver,			\
	.base.cra_priority	= 400,				\
	.base.cra_flags		= CRYPTO_ALG_INTERNAL,		\
	.base.cra_blocksize	= block,			\
	.base.cra_ctxsize	= sizeof(struct counting_ctx),	\
	.base.cra_module	= THIS_MODULE,			\
	.init			= counting_init,		\
	.exit			= counting_exit,		\
	.setkey			= counting_setkey,		\
	.encrypt		= counting_encrypt,		\
	.decrypt		= counting_decrypt,		\
	.min_keysize		= 16,				\
	.max_keysize		= 32,				\
	.ivsize			= 16,				\
	.chunksize		= 16,				\
}

static struct skcipher_alg internal_algs[] = {
	COUNTING_ALG("__cbc(aes)", "__kunit-cbc-aes", 16),
	COUNTING_ALG("__ctr(aes)", "__kunit-ctr-aes", 1),
	COUNTING_ALG("__cbc(camellia)", "__kunit-cbc-camellia", 16),
};

static int algs_suite_init(struct kunit_suite *suite)
{
	return crypto_register_skciphers(internal_algs, ARRAY_SIZE(internal_algs));
}

static void algs_suite_exit(struct kunit_suite *suite)
{
	crypto_unregister_skciphers(internal_algs, ARRAY_SIZE(internal_algs));
}

KUNIT_ARRAY_PARAM_DESC(plain, vec_plain_ciphers, desc);

static struct kw_cipher *plain_new(struct kunit *test, u16 encr, struct vec_bytes key)
{
	const struct kw_keys keys = {
		.encr = kw_encr_find(encr), .encr_key = key.data, .encr_len = key.len,
	};

	KUNIT_ASSERT_NOT_NULL(test, keys.encr);
	return cipher_of_keys(test, &keys);
}

static void check_plain(struct kunit *test, const struct kw_cipher *c, const struct vec_cipher *v)
{
	u8 *text = join(test, &v->plaintext, 1), iv[16];
	unsigned int len = v->plaintext.len;
	int sealed, opened;

	memcpy(iv, v->iv.data, v->iv.len);
	local_bh_disable();
	sealed = kw_cipher_encrypt(c, iv, text, len);
	KUNIT_EXPECT_MEMEQ(test, text, v->ciphertext.data, len);
	opened = kw_cipher_decrypt(c, iv, text, len);
	local_bh_enable();
	KUNIT_EXPECT_EQ(test, sealed, 0);
	KUNIT_EXPECT_EQ(test, opened, 0);
	KUNIT_EXPECT_MEMEQ(test, text, v->plaintext.data, len);
	/* The IV is the packet's, and stays as it is. */
	KUNIT_EXPECT_MEMEQ(test, iv, v->iv.data, v->iv.len);
}

static void a_published_text_is_encrypted(struct kunit *test)
{
	const struct vec_cipher *v = test->param_value;
	struct kw_cipher *c = plain_new(test, v->encr, v->key);
	const struct kw_cipher portable = cipher_portable(c);

	counted = 0;
	check_plain(test, c, v);
	KUNIT_EXPECT_EQ(test, counted, 2);
	check_plain(test, &portable, v);
	KUNIT_EXPECT_EQ(test, counted, 2);
}

KUNIT_ARRAY_PARAM_DESC(mac, vec_macs, desc);

static void a_published_mac_is_made_and_checked(struct kunit *test)
{
	const struct vec_mac *v = test->param_value;
	const struct kw_keys keys = {
		.integ = kw_integ_find(v->integ), .integ_key = v->key.data, .integ_len = v->key.len,
	};
	struct kw_cipher *c = cipher_of_keys(test, &keys);
	u8 *message = join(test, &v->message, 1), icv[KW_ICV_MAX];
	unsigned int iv_len = v->iv.len, cut = v->message.len / 3;
	u64 iv = iv_len ? get_unaligned_be64(v->iv.data) : 0;
	const struct kvec whole[] = { { message, v->message.len } };
	const struct kvec parts[] = {
		{ message, cut }, { message + cut, 0 }, { message + cut, v->message.len - cut },
	};
	int made, checked, in_parts, spoilt;

	KUNIT_ASSERT_EQ(test, c->icv, iv_len + v->mac.len);
	local_bh_disable();
	made = kw_mac_make(c, whole, 1, iv, icv);
	checked = kw_mac_check(c, whole, 1, icv);
	in_parts = kw_mac_check(c, parts, cut ? 3 : 1, icv);
	icv[iv_len + v->mac.len - 1] ^= 0x80;
	spoilt = kw_mac_check(c, whole, 1, icv);
	local_bh_enable();
	icv[iv_len + v->mac.len - 1] ^= 0x80;
	KUNIT_EXPECT_EQ(test, made, 0);
	KUNIT_EXPECT_MEMEQ(test, icv, v->iv.data, iv_len);
	KUNIT_EXPECT_MEMEQ(test, icv + iv_len, v->mac.data, v->mac.len);
	KUNIT_EXPECT_EQ(test, checked, 0);
	if (cut)
		KUNIT_EXPECT_EQ(test, in_parts, 0);
	KUNIT_EXPECT_EQ(test, spoilt, -EBADMSG);
}

static int open_esp(const struct kw_cipher *c, u8 *esp, unsigned int len, u64 seq, bool esn)
{
	int ret;

	local_bh_disable();
	ret = kw_esp_open(c, esp, len, seq, esn);
	local_bh_enable();
	return ret;
}

KUNIT_ARRAY_PARAM_DESC(capture, vec_captures, desc);

/* Its trailer proves the key, where nobody told that of the ICV. */
static void check_trailer(struct kunit *test, const struct kw_cipher *c, const u8 *esp,
			  unsigned int len)
{
	u8 next_header = 0;

	KUNIT_EXPECT_GT(test, kw_esp_payload(c, esp, len, &next_header), 20);
	KUNIT_EXPECT_TRUE(test, next_header == IPPROTO_IPIP || next_header == IPPROTO_ICMP);
}

static void a_captured_packet_opens(struct kunit *test)
{
	const struct vec_capture *v = test->param_value;
	const struct vec_bytes parts[] = { { NULL, KW_ESP_SCRATCH }, v->packet };
	u8 *esp = join(test, parts, 2) + KW_ESP_SCRATCH;
	struct kw_keys keys = {
		.encr = kw_encr_find(v->encr), .encr_key = v->key.data, .encr_len = v->key.len,
		.integ = kw_integ_find(KEYWAY_INTEG_HMAC_SHA1_96),
		.integ_key = v->integ_key.data, .integ_len = v->integ_key.len,
	};
	unsigned int len = v->packet.len;
	struct kw_cipher *c;
	int ret;

	if (!v->integ_key.len) {
		keys.integ_key = "any key at all will do";
		keys.integ_len = 20;
	}
	c = cipher_of_keys(test, &keys);
	KUNIT_ASSERT_TRUE(test, kw_esp_len_ok(c, len));
	if (v->integ_key.len) {
		KUNIT_ASSERT_EQ(test, open_esp(c, esp, len, get_unaligned_be32(esp + 4), false), 0);
		check_trailer(test, c, esp, len);
		return;
	}
	local_bh_disable();
	ret = kw_cipher_decrypt(c, esp + 8, esp + 8 + c->iv, len - 8 - c->iv - c->icv);
	local_bh_enable();
	KUNIT_ASSERT_EQ(test, ret, 0);
	check_trailer(test, c, esp, len);
}

/* All encryption algorithms, each tried with all it can be combined with. */
struct encr {
	const char *desc;
	u16 id;
	u8 salt;
	bool combined;
};

static const struct encr encrs[] = {
	{ "3DES-CBC", KEYWAY_ENCR_3DES },
	{ "NULL", KEYWAY_ENCR_NULL },
	{ "AES-CBC", KEYWAY_ENCR_AES_CBC },
	{ "AES-CTR", KEYWAY_ENCR_AES_CTR, 4 },
	{ "Camellia-CBC", KEYWAY_ENCR_CAMELLIA_CBC },
	{ "AES-CCM-8", KEYWAY_ENCR_AES_CCM_8, 3, true },
	{ "AES-CCM-12", KEYWAY_ENCR_AES_CCM_12, 3, true },
	{ "AES-CCM-16", KEYWAY_ENCR_AES_CCM_16, 3, true },
	{ "AES-GCM-8", KEYWAY_ENCR_AES_GCM_8, 4, true },
	{ "AES-GCM-12", KEYWAY_ENCR_AES_GCM_12, 4, true },
	{ "AES-GCM-16", KEYWAY_ENCR_AES_GCM_16, 4, true },
	{ "AES-GMAC", KEYWAY_ENCR_NULL_AUTH_AES_GMAC, 4, true },
	{ "ChaCha20-Poly1305", KEYWAY_ENCR_CHACHA20_POLY1305, 4, true },
	{ "AES-CCM-8, implicit IV", KEYWAY_ENCR_AES_CCM_8_IIV, 3, true },
	{ "AES-GCM-16, implicit IV", KEYWAY_ENCR_AES_GCM_16_IIV, 4, true },
	{ "ChaCha20-Poly1305, implicit IV", KEYWAY_ENCR_CHACHA20_POLY1305_IIV, 4, true },
};

static const u16 integs[] = {
	KEYWAY_INTEG_HMAC_SHA1_96, KEYWAY_INTEG_AES_XCBC_96, KEYWAY_INTEG_AES_CMAC_96,
	KEYWAY_INTEG_HMAC_SHA2_256_128, KEYWAY_INTEG_HMAC_SHA2_384_192,
	KEYWAY_INTEG_HMAC_SHA2_512_256,
};

KUNIT_ARRAY_PARAM_DESC(encr, encrs, desc);

static const u8 encr_key[] = "an encryption key of many bytes, longer than any";
static const u8 integ_key[] = "another key, for integrity, that has sixty-four bytes and even more";

#define SPI	cpu_to_be32(0xc0ffee01)
#define SEQ	0x0000000512345678ULL
#define PAYLOAD	37u

/* One packet of @c, and what it was made from. */
struct sealed {
	struct kw_cipher *c;
	bool esn;
	u8 *esp;
	unsigned int len;
	u8 payload[PAYLOAD];
};

static struct sealed seal(struct kunit *test, struct kw_cipher *c, bool esn)
{
	struct sealed s = { .c = c, .esn = esn };
	unsigned int after = kw_esp_text_len(c, PAYLOAD) - PAYLOAD + c->icv;
	const struct vec_bytes room[] = {
		{ NULL, KW_ESP_SCRATCH }, { NULL, 8 + c->iv }, { s.payload, PAYLOAD },
		{ NULL, after },
	};
	unsigned int i;
	int ret;

	for (i = 0; i < PAYLOAD; i++)
		s.payload[i] = 7 * i + 1;
	s.len = 8 + c->iv + kw_esp_text_len(c, PAYLOAD) + c->icv;
	s.esp = join(test, room, ARRAY_SIZE(room)) + KW_ESP_SCRATCH;
	memset(s.esp - KW_ESP_SCRATCH, 0x47, KW_ESP_SCRATCH);
	local_bh_disable();
	ret = kw_esp_seal(c, s.esp, PAYLOAD, 41, SPI, SEQ, esn);
	local_bh_enable();
	KUNIT_ASSERT_EQ(test, ret, 0);
	for (i = 1; i <= KW_ESP_SCRATCH; i++)
		KUNIT_ASSERT_EQ(test, s.esp[-(int)i], 0x47);
	KUNIT_ASSERT_TRUE(test, kw_esp_len_ok(c, s.len));
	KUNIT_ASSERT_EQ(test, get_unaligned_be32(s.esp), be32_to_cpu(SPI));
	KUNIT_ASSERT_EQ(test, get_unaligned_be32(s.esp + 4), (u32)SEQ);
	return s;
}

/* A copy of its first @len bytes, with room before and nothing after. */
static u8 *copy_of(struct kunit *test, const struct sealed *s, unsigned int len)
{
	const struct vec_bytes parts[] = { { NULL, KW_ESP_SCRATCH }, { s->esp, len } };

	return join(test, parts, ARRAY_SIZE(parts)) + KW_ESP_SCRATCH;
}

static void each_combination(struct kunit *test, void (*check)(struct kunit *, struct sealed *))
{
	const struct encr *e = test->param_value;
	const struct kw_encr *encr = kw_encr_find(e->id);
	unsigned int i, bits, n = e->combined ? 1 : ARRAY_SIZE(integs), esn;

	KUNIT_ASSERT_NOT_NULL(test, encr);
	KUNIT_ASSERT_EQ(test, kw_encr_needs_integ(encr), !e->combined);
	for (bits = 0; bits == 0 || (bits < 3 && encr->key_bits[bits]); bits++) {
		for (i = 0; i < n; i++) {
			struct kw_keys keys = {
				.encr = encr, .encr_key = encr_key,
				.encr_len = encr->key_bits[bits] / 8 + e->salt,
			};
			struct kw_cipher *c;

			if (!e->combined) {
				keys.integ = kw_integ_find(integs[i]);
				keys.integ_key = integ_key;
				keys.integ_len = keys.integ->key;
			}
			c = cipher_of_keys(test, &keys);
			for (esn = 0; esn < 2; esn++) {
				struct sealed s = seal(test, c, esn);

				check(test, &s);
			}
		}
	}
}

static void check_opens(struct kunit *test, struct sealed *s)
{
	struct kw_cipher portable = cipher_portable(s->c);
	const struct kw_cipher *ways[] = { s->c, &portable };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		u8 *esp = copy_of(test, s, s->len), next_header = 0;

		KUNIT_ASSERT_EQ(test, open_esp(ways[i], esp, s->len, SEQ, s->esn), 0);
		KUNIT_ASSERT_EQ(test, kw_esp_payload(s->c, esp, s->len, &next_header), PAYLOAD);
		KUNIT_ASSERT_EQ(test, next_header, 41);
		KUNIT_ASSERT_MEMEQ(test, esp + 8 + s->c->iv, s->payload, PAYLOAD);
	}
	/* What the portable one seals, the other opens. */
	*s = seal(test, &portable, s->esn);
	KUNIT_ASSERT_EQ(test, open_esp(ways[0], s->esp, s->len, SEQ, s->esn), 0);
	KUNIT_ASSERT_MEMEQ(test, s->esp + 8 + s->c->iv, s->payload, PAYLOAD);
}

static void every_combination_opens_what_it_sealed(struct kunit *test)
{
	each_combination(test, check_opens);
}

static void check_flips(struct kunit *test, struct sealed *s)
{
	const struct vec_bytes room = { NULL, KW_ESP_SCRATCH + s->len };
	u8 *esp = join(test, &room, 1) + KW_ESP_SCRATCH;
	unsigned int i;

	for (i = 0; i < s->len; i++) {
		memcpy(esp, s->esp, s->len);
		esp[i] ^= 1 << i % 8;
		KUNIT_ASSERT_EQ_MSG(test, open_esp(s->c, esp, s->len, SEQ, s->esn), -EBADMSG,
				    "byte %u", i);
	}
	/* The high half of the sequence number is covered with ESN, and only with it. */
	memcpy(esp, s->esp, s->len);
	if (s->esn)
		KUNIT_ASSERT_EQ(test, open_esp(s->c, esp, s->len, SEQ + (1ULL << 32), true),
				-EBADMSG);
}

static void every_flipped_byte_is_refused(struct kunit *test)
{
	each_combination(test, check_flips);
}

static void check_cuts(struct kunit *test, struct sealed *s)
{
	unsigned int len, tried = 0;

	for (len = 0; len < s->len; len++) {
		if (!kw_esp_len_ok(s->c, len))
			continue;
		KUNIT_ASSERT_EQ(test, open_esp(s->c, copy_of(test, s, len), len, SEQ, s->esn),
				-EBADMSG);
		tried++;
	}
	KUNIT_ASSERT_EQ(test, tried, kw_esp_text_len(s->c, PAYLOAD) / s->c->align - 1);
}

static void every_truncation_is_refused(struct kunit *test)
{
	each_combination(test, check_cuts);
}

/* RFC 4303 2.2.1 and 3.3.2: the ICV covers SPI to next header, then Seq high; made by hand here. */
static void check_book(struct kunit *test, struct sealed *s)
{
	unsigned int covered = s->len - s->c->icv;
	struct crypto_shash *tfm;
	u8 *data, digest[64];
	int ret;

	if (!s->c->integ)
		return;
	data = kunit_kzalloc(test, covered + 4, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, data);
	memcpy(data, s->esp, covered);
	put_unaligned_be32(SEQ >> 32, data + covered);
	tfm = crypto_alloc_shash(s->c->integ->name, 0, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, tfm);
	ret = crypto_shash_setkey(tfm, integ_key, s->c->integ->key) ?:
	      crypto_shash_tfm_digest(tfm, data, covered + (s->esn ? 4 : 0), digest);
	crypto_free_shash(tfm);
	KUNIT_ASSERT_EQ(test, ret, 0);
	KUNIT_ASSERT_MEMEQ(test, s->esp + covered, digest, s->c->icv);
}

static void separate_integrity_covers_what_the_rfc_says(struct kunit *test)
{
	each_combination(test, check_book);
}

/* RFC 3602 3: not to be guessed; so two packets of the same number have nothing in common. */
static void an_iv_of_cbc_is_drawn_anew(struct kunit *test)
{
	static const u16 cbc[] = {
		KEYWAY_ENCR_AES_CBC, KEYWAY_ENCR_CAMELLIA_CBC, KEYWAY_ENCR_3DES,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cbc); i++) {
		const struct kw_keys keys = {
			.encr = kw_encr_find(cbc[i]), .encr_key = encr_key, .encr_len = 24,
			.integ = kw_integ_find(KEYWAY_INTEG_HMAC_SHA1_96),
			.integ_key = integ_key, .integ_len = 20,
		};
		struct kw_cipher *c = cipher_of_keys(test, &keys);
		struct sealed a = seal(test, c, false), b = seal(test, c, false);

		KUNIT_EXPECT_MEMNEQ(test, a.esp + 8, b.esp + 8, 8);
		KUNIT_EXPECT_MEMNEQ(test, a.esp + c->iv, b.esp + c->iv, 8);
		KUNIT_EXPECT_MEMNEQ(test, a.esp + 8 + c->iv, b.esp + 8 + c->iv, PAYLOAD);
	}
}

static void a_counter_mode_iv_is_the_sequence_number(struct kunit *test)
{
	const struct kw_keys keys = {
		.encr = kw_encr_find(KEYWAY_ENCR_AES_CTR), .encr_key = encr_key, .encr_len = 20,
		.integ = kw_integ_find(KEYWAY_INTEG_HMAC_SHA1_96),
		.integ_key = integ_key, .integ_len = 20,
	};
	struct sealed s = seal(test, cipher_of_keys(test, &keys), true);

	KUNIT_EXPECT_EQ(test, get_unaligned_be64(s.esp + 8), SEQ);
}

/* RFC 8750: the same packet without its IV, as the IV happens to be the sequence number. */
static void an_implicit_iv_saves_eight_bytes_and_nothing_else(struct kunit *test)
{
	static const u16 pairs[][2] = {
		{ KEYWAY_ENCR_AES_GCM_16, KEYWAY_ENCR_AES_GCM_16_IIV },
		{ KEYWAY_ENCR_CHACHA20_POLY1305, KEYWAY_ENCR_CHACHA20_POLY1305_IIV },
		{ KEYWAY_ENCR_AES_CCM_8, KEYWAY_ENCR_AES_CCM_8_IIV },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		const struct kw_encr *encr = kw_encr_find(pairs[i][0]);
		struct kw_keys keys = {
			.encr = encr, .encr_key = encr_key, .encr_len = 32 + encr->salt,
		};
		struct kw_cipher *explicit = cipher_of_keys(test, &keys);
		struct sealed a, b;

		keys.encr = kw_encr_find(pairs[i][1]);
		a = seal(test, explicit, true);
		b = seal(test, cipher_of_keys(test, &keys), true);
		KUNIT_ASSERT_EQ(test, a.len, b.len + 8);
		KUNIT_EXPECT_MEMEQ(test, a.esp + 16, b.esp + 8, kw_esp_text_len(explicit, PAYLOAD));
		KUNIT_EXPECT_MEMEQ(test, a.esp + a.len - explicit->icv,
				   b.esp + b.len - explicit->icv, explicit->icv);
	}
}

static struct kunit_case algs_cases[] = {
	KUNIT_CASE_PARAM(a_published_text_is_encrypted, plain_gen_params),
	KUNIT_CASE_PARAM(a_published_mac_is_made_and_checked, mac_gen_params),
	KUNIT_CASE_PARAM(a_captured_packet_opens, capture_gen_params),
	KUNIT_CASE_PARAM(every_combination_opens_what_it_sealed, encr_gen_params),
	KUNIT_CASE_PARAM(every_flipped_byte_is_refused, encr_gen_params),
	KUNIT_CASE_PARAM(every_truncation_is_refused, encr_gen_params),
	KUNIT_CASE_PARAM(separate_integrity_covers_what_the_rfc_says, encr_gen_params),
	KUNIT_CASE(an_iv_of_cbc_is_drawn_anew),
	KUNIT_CASE(a_counter_mode_iv_is_the_sequence_number),
	KUNIT_CASE(an_implicit_iv_saves_eight_bytes_and_nothing_else),
	{}
};

static struct kunit_suite algs_suite = {
	.name = "keyway_algs",
	.suite_init = algs_suite_init,
	.suite_exit = algs_suite_exit,
	.test_cases = algs_cases,
};

kunit_test_suite(algs_suite);

MODULE_DESCRIPTION("KUnit: every algorithm");
MODULE_LICENSE("GPL");
