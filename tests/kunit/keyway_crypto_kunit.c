// SPDX-License-Identifier: GPL-2.0
/*
 * Which transform the module takes, and that every one it takes computes the same.
 *
 * User-mode Linux has no internal implementation that needs the FPU, so this registers two, one
 * of them asynchronous, and it always says that SIMD is usable. What the module does while it is
 * not, is use the other transform: a cipher without the first shows that one.
 *
 * RFCs: 4106, 7634
 */
#include <crypto/internal/aead.h>

#include "cipher.h"

#include "vectors_gen.h"

/* An rfc4106(gcm(aes)) that hands everything to the portable one, and counts. */
struct counting_ctx {
	struct crypto_aead *child;
};

static unsigned int counted;

static int counting_init(struct crypto_aead *tfm)
{
	struct counting_ctx *ctx = crypto_aead_ctx(tfm);

	ctx->child = crypto_alloc_aead("rfc4106(gcm(aes))", 0, CRYPTO_ALG_ASYNC);
	if (IS_ERR(ctx->child))
		return PTR_ERR(ctx->child);
	crypto_aead_set_reqsize(tfm, sizeof(struct aead_request) +
				crypto_aead_reqsize(ctx->child));
	return 0;
}

static void counting_exit(struct crypto_aead *tfm)
{
	struct counting_ctx *ctx = crypto_aead_ctx(tfm);

	crypto_free_aead(ctx->child);
}

static int counting_setkey(struct crypto_aead *tfm, const u8 *key, unsigned int len)
{
	struct counting_ctx *ctx = crypto_aead_ctx(tfm);

	return crypto_aead_setkey(ctx->child, key, len);
}

static int counting_setauthsize(struct crypto_aead *tfm, unsigned int size)
{
	struct counting_ctx *ctx = crypto_aead_ctx(tfm);

	return crypto_aead_setauthsize(ctx->child, size);
}

static struct aead_request *child_request(struct aead_request *req)
{
	struct counting_ctx *ctx = crypto_aead_ctx(crypto_aead_reqtfm(req));
	struct aead_request *sub = aead_request_ctx(req);

	counted++;
	aead_request_set_tfm(sub, ctx->child);
	aead_request_set_callback(sub, req->base.flags, NULL, NULL);
	aead_request_set_ad(sub, req->assoclen);
	aead_request_set_crypt(sub, req->src, req->dst, req->cryptlen, req->iv);
	return sub;
}

static int counting_encrypt(struct aead_request *req)
{
	return crypto_aead_encrypt(child_request(req));
}

static int counting_decrypt(struct aead_request *req)
{
	return crypto_aead_decrypt(child_request(req));
}

#define COUNTING_ALG(driver, prio, flags)				\
{									\
	.base.cra_name		= "__rfc4106(gcm(aes))",		\
	.base.cra_driver_name	= driver,				\
	.base.cra_priority	= prio,					\
	.base.cra_flags		= CRYPTO_ALG_INTERNAL | (flags),	\
	.base.cra_blocksize	= 1,					\
	.base.cra_ctxsize	= sizeof(struct counting_ctx),		\
	.base.cra_module	= THIS_MODULE,				\
	.init			= counting_init,			\
	.exit			= counting_exit,			\
	.setkey			= counting_setkey,			\
	.setauthsize		= counting_setauthsize,			\
	.encrypt		= counting_encrypt,			\
	.decrypt		= counting_decrypt,			\
	.ivsize			= 8,					\
	.maxauthsize		= 16,					\
	.chunksize		= 16,					\
}

static struct aead_alg internal_algs[] = {
	COUNTING_ALG("__kunit-rfc4106", 400, 0),
	/* As cryptd's would be: preferred, unless it is masked out. */
	COUNTING_ALG("__kunit-rfc4106-async", 800, CRYPTO_ALG_ASYNC),
};

static int crypto_suite_init(struct kunit_suite *suite)
{
	return crypto_register_aeads(internal_algs, ARRAY_SIZE(internal_algs));
}

static void crypto_suite_exit(struct kunit_suite *suite)
{
	crypto_unregister_aeads(internal_algs, ARRAY_SIZE(internal_algs));
}

static const char *driver_of(struct crypto_aead *tfm)
{
	return crypto_tfm_alg_driver_name(crypto_aead_tfm(tfm));
}

static void the_internal_implementation_is_the_synchronous_one(struct kunit *test)
{
	struct kw_cipher *c = cipher_any(test, KEYWAY_ENCR_AES_GCM_16);

	KUNIT_ASSERT_NOT_NULL(test, c->simd.aead);
	KUNIT_EXPECT_STREQ(test, driver_of(c->simd.aead), "__kunit-rfc4106");
}

static void the_portable_implementation_is_synchronous_and_not_internal(struct kunit *test)
{
	static const u16 encrs[] = { KEYWAY_ENCR_AES_GCM_16, KEYWAY_ENCR_CHACHA20_POLY1305 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(encrs); i++) {
		struct kw_cipher *c = cipher_any(test, encrs[i]);
		u32 flags = crypto_aead_alg(c->plain.aead)->base.cra_flags;

		KUNIT_EXPECT_FALSE(test, flags & (CRYPTO_ALG_ASYNC | CRYPTO_ALG_INTERNAL));
	}
}

static void chacha_minds_the_fpu_by_itself(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, cipher_any(test, KEYWAY_ENCR_CHACHA20_POLY1305)->simd.aead);
}

#define SAMPLE_AAD	8u
#define SAMPLE_TEXT	100u
#define SAMPLE_LEN	(SAMPLE_AAD + 8 + SAMPLE_TEXT + 16)

static void both_transforms_compute_the_same(struct kunit *test)
{
	struct kw_cipher *c = cipher_any(test, KEYWAY_ENCR_AES_GCM_16);
	const struct kw_cipher portable = cipher_portable(c);
	const struct vec_bytes room[] = { { NULL, SAMPLE_LEN } };
	u8 *usable = join(test, room, 1), *unusable = join(test, room, 1);

	memset(usable, 0x5a, SAMPLE_LEN);
	memset(unusable, 0x5a, SAMPLE_LEN);

	counted = 0;
	KUNIT_ASSERT_EQ(test, seal_bh(c, usable, SAMPLE_AAD, SAMPLE_TEXT), 0);
	KUNIT_EXPECT_EQ(test, counted, 1);
	KUNIT_ASSERT_EQ(test, seal_bh(&portable, unusable, SAMPLE_AAD, SAMPLE_TEXT), 0);
	KUNIT_EXPECT_EQ(test, counted, 1);
	KUNIT_EXPECT_MEMEQ(test, usable, unusable, SAMPLE_LEN);

	/* Each opens what the other sealed. */
	KUNIT_EXPECT_EQ(test, open_bh(c, unusable, SAMPLE_AAD, SAMPLE_TEXT), 0);
	KUNIT_EXPECT_EQ(test, counted, 2);
	KUNIT_EXPECT_EQ(test, open_bh(&portable, usable, SAMPLE_AAD, SAMPLE_TEXT), 0);
	KUNIT_EXPECT_EQ(test, counted, 2);
	KUNIT_EXPECT_MEMEQ(test, usable, unusable, SAMPLE_AAD + 8 + SAMPLE_TEXT);
	KUNIT_EXPECT_EQ(test, usable[SAMPLE_AAD + 8], 0x5a);
}

static void both_transforms_refuse_a_wrong_icv(struct kunit *test)
{
	struct kw_cipher *c = cipher_any(test, KEYWAY_ENCR_AES_GCM_16);
	const struct kw_cipher portable = cipher_portable(c);
	const struct vec_bytes room[] = { { NULL, SAMPLE_LEN } };
	u8 *buf = join(test, room, 1), *copy = join(test, room, 1);

	memset(buf, 0x5a, SAMPLE_LEN);
	KUNIT_ASSERT_EQ(test, seal_bh(c, buf, SAMPLE_AAD, SAMPLE_TEXT), 0);
	buf[SAMPLE_LEN - 1] ^= 1;
	memcpy(copy, buf, SAMPLE_LEN);
	KUNIT_EXPECT_EQ(test, open_bh(c, buf, SAMPLE_AAD, SAMPLE_TEXT), -EBADMSG);
	KUNIT_EXPECT_EQ(test, open_bh(&portable, copy, SAMPLE_AAD, SAMPLE_TEXT), -EBADMSG);
}

/* Wycheproof's verdict about each of its cases, sealing too where it is a valid one. */
static void compare(struct kunit *test, const struct kw_cipher *c, const struct vec_aead *v)
{
	struct vec_bytes iv = { v->nonce.data + 4, 8 };
	const struct vec_bytes sealed[] = { v->aad, iv, v->sealed };
	const struct vec_bytes plain[] = { v->aad, iv, v->plaintext, { NULL, 16 } };
	unsigned int len = v->sealed.len - 16, text = v->aad.len + 8;
	u8 *buf = join(test, sealed, ARRAY_SIZE(sealed));

	KUNIT_EXPECT_EQ_MSG(test, open_bh(c, buf, v->aad.len, len), v->valid ? 0 : -EBADMSG,
			    "%s", v->desc);
	if (!v->valid)
		return;
	KUNIT_EXPECT_MEMEQ_MSG(test, buf + text, v->plaintext.data, len, "%s", v->desc);
	buf = join(test, plain, ARRAY_SIZE(plain));
	KUNIT_EXPECT_EQ_MSG(test, seal_bh(c, buf, v->aad.len, len), 0, "%s", v->desc);
	KUNIT_EXPECT_MEMEQ_MSG(test, buf + text, v->sealed.data, len + 16, "%s", v->desc);
}

static void wycheproof_agrees(struct kunit *test, u16 encr, const struct vec_aead *v,
			      unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct kw_cipher *c = cipher_new(test, encr, v[i].key,
						 (struct vec_bytes){ v[i].nonce.data, 4 });
		const struct kw_cipher portable = cipher_portable(c);

		compare(test, c, &v[i]);
		compare(test, &portable, &v[i]);
	}
}

static void wycheproof_agrees_about_aes_gcm(struct kunit *test)
{
	wycheproof_agrees(test, KEYWAY_ENCR_AES_GCM_16, vec_wycheproof_gcm,
			  ARRAY_SIZE(vec_wycheproof_gcm));
}

static void wycheproof_agrees_about_chacha20_poly1305(struct kunit *test)
{
	wycheproof_agrees(test, KEYWAY_ENCR_CHACHA20_POLY1305, vec_wycheproof_chacha,
			  ARRAY_SIZE(vec_wycheproof_chacha));
}

struct bits {
	const char *desc;
	u16 encr;
	unsigned int bits;
	int len;
};

static const struct bits key_bits[] = {
	{ "AES-GCM 128", KEYWAY_ENCR_AES_GCM_16, 128, 16 },
	{ "AES-GCM 192", KEYWAY_ENCR_AES_GCM_16, 192, 24 },
	{ "AES-GCM 256", KEYWAY_ENCR_AES_GCM_16, 256, 32 },
	{ "AES-GCM has no default", KEYWAY_ENCR_AES_GCM_16, 0, -EINVAL },
	{ "AES-GCM 160", KEYWAY_ENCR_AES_GCM_16, 160, -EINVAL },
	{ "ChaCha20-Poly1305 has one length", KEYWAY_ENCR_CHACHA20_POLY1305, 0, 32 },
	{ "ChaCha20-Poly1305 256", KEYWAY_ENCR_CHACHA20_POLY1305, 256, 32 },
	{ "ChaCha20-Poly1305 128", KEYWAY_ENCR_CHACHA20_POLY1305, 128, -EINVAL },
	{ "3DES with its parity bits", KEYWAY_ENCR_3DES, 192, 24 },
	{ "3DES without them", KEYWAY_ENCR_3DES, 168, -EINVAL },
	{ "NULL has no key", KEYWAY_ENCR_NULL, 0, 0 },
	{ "NULL with a key", KEYWAY_ENCR_NULL, 128, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(bits, key_bits, desc);

static void a_key_length_is_the_algorithms_or_none(struct kunit *test)
{
	const struct bits *b = test->param_value;
	const struct kw_encr *encr = kw_encr_find(b->encr);

	KUNIT_ASSERT_NOT_NULL(test, encr);
	KUNIT_EXPECT_EQ(test, encr->id, b->encr);
	KUNIT_EXPECT_EQ(test, kw_encr_key_len(encr, b->bits), b->len);
}

static void an_unknown_algorithm_is_not_found(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, kw_encr_find(0));
	KUNIT_EXPECT_NULL(test, kw_encr_find(2));	/* DES */
	KUNIT_EXPECT_NULL(test, kw_encr_find(U16_MAX));
	KUNIT_EXPECT_NULL(test, kw_integ_find(0));
	KUNIT_EXPECT_NULL(test, kw_integ_find(1));	/* HMAC-MD5-96 */
	KUNIT_EXPECT_NULL(test, kw_integ_find(U16_MAX));
}

static int init_with(u16 encr, unsigned int len)
{
	static const u8 key[40];
	const struct kw_keys keys = {
		.encr = kw_encr_find(encr), .encr_key = key, .encr_len = len,
	};
	const char *lacks;
	struct kw_cipher c;

	return kw_cipher_init(&c, &keys, &lacks);
}

static void a_key_of_the_wrong_length_is_refused(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, init_with(KEYWAY_ENCR_AES_GCM_16, 19), -EINVAL);
	KUNIT_EXPECT_EQ(test, init_with(KEYWAY_ENCR_AES_GCM_16, 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, init_with(KEYWAY_ENCR_CHACHA20_POLY1305, 32), -EINVAL);
	KUNIT_EXPECT_EQ(test, init_with(KEYWAY_ENCR_AES_CBC, 17), -EINVAL);
}

static void an_algorithm_the_kernel_lacks_is_said_to_be_missing(struct kunit *test)
{
	struct kw_encr encr = *kw_encr_find(KEYWAY_ENCR_AES_GCM_16);
	static const u8 key[20];
	const struct kw_keys keys = { .encr = &encr, .encr_key = key, .encr_len = sizeof(key) };
	const char *lacks = NULL;
	struct kw_cipher c;

	encr.name = "kunit-no-such-cipher";
	KUNIT_EXPECT_EQ(test, kw_cipher_init(&c, &keys, &lacks), -ENOENT);
	KUNIT_EXPECT_STREQ(test, lacks, "The kernel has no module for AES-GCM-16.");
}

static struct kunit_case crypto_cases[] = {
	KUNIT_CASE(the_internal_implementation_is_the_synchronous_one),
	KUNIT_CASE(the_portable_implementation_is_synchronous_and_not_internal),
	KUNIT_CASE(chacha_minds_the_fpu_by_itself),
	KUNIT_CASE(both_transforms_compute_the_same),
	KUNIT_CASE(both_transforms_refuse_a_wrong_icv),
	KUNIT_CASE(wycheproof_agrees_about_aes_gcm),
	KUNIT_CASE(wycheproof_agrees_about_chacha20_poly1305),
	KUNIT_CASE_PARAM(a_key_length_is_the_algorithms_or_none, bits_gen_params),
	KUNIT_CASE(an_unknown_algorithm_is_not_found),
	KUNIT_CASE(a_key_of_the_wrong_length_is_refused),
	KUNIT_CASE(an_algorithm_the_kernel_lacks_is_said_to_be_missing),
	{}
};

static struct kunit_suite crypto_suite = {
	.name = "keyway_crypto",
	.suite_init = crypto_suite_init,
	.suite_exit = crypto_suite_exit,
	.test_cases = crypto_cases,
};

kunit_test_suite(crypto_suite);

MODULE_DESCRIPTION("KUnit: transforms");
MODULE_LICENSE("GPL");
