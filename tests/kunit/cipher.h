/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keyed ciphers and buffers of exact size for the suites that seal and open.
 */
#ifndef KEYWAY_KUNIT_CIPHER_H
#define KEYWAY_KUNIT_CIPHER_H

#include <kunit/test.h>
#include <linux/bottom_half.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <uapi/linux/keyway.h>

#include "algs.h"
#include "crypto.h"

#include "vectors.h"

static inline void cipher_free_action(void *c)
{
	kw_cipher_free(c);
}

/* Freed with the test. */
static inline struct kw_cipher *cipher_of_keys(struct kunit *test, const struct kw_keys *keys)
{
	struct kw_cipher *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	const char *lacks = "";

	KUNIT_ASSERT_NOT_NULL(test, c);
	KUNIT_ASSERT_EQ_MSG(test, kw_cipher_init(c, keys, &lacks), 0, "%s", lacks);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, cipher_free_action, c), 0);
	return c;
}

/* An algorithm that brings its own integrity. */
static inline struct kw_cipher *cipher_new(struct kunit *test, u16 encr, struct vec_bytes key,
					   struct vec_bytes salt)
{
	u8 keymat[KEYWAY_KEY_MAX];
	struct kw_keys keys = {
		.encr = kw_encr_find(encr),
		.encr_key = keymat,
		.encr_len = key.len + salt.len,
	};

	KUNIT_ASSERT_NOT_NULL(test, keys.encr);
	memcpy(keymat, key.data, key.len);
	memcpy(keymat + key.len, salt.data, salt.len);
	return cipher_of_keys(test, &keys);
}

/* The same cipher as it works while the FPU is unusable; borrows the transforms. */
static inline struct kw_cipher cipher_portable(const struct kw_cipher *c)
{
	struct kw_cipher portable = *c;

	memset(&portable.simd, 0, sizeof(portable.simd));
	return portable;
}

/* Some key of an algorithm. */
static inline struct kw_cipher *cipher_any(struct kunit *test, u16 encr)
{
	static const u8 key[36] = "any key is as good as any other one";
	bool gcm = encr == KEYWAY_ENCR_AES_GCM_16;

	return cipher_new(test, encr, (struct vec_bytes){ key, gcm ? 16 : 32 },
			  (struct vec_bytes){ key + 32, 4 });
}

/* Contiguous copies of what @parts hold; KASAN sees the first byte before and after. */
static inline u8 *join(struct kunit *test, const struct vec_bytes *parts, unsigned int n)
{
	unsigned int i, len = 0;
	u8 *buf, *p;

	for (i = 0; i < n; i++)
		len += parts[i].len;
	buf = kunit_kmalloc(test, len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	p = buf;
	for (i = 0; i < n; i++) {
		/* A part without data is left as room. */
		if (parts[i].data)
			memcpy(p, parts[i].data, parts[i].len);
		p += parts[i].len;
	}
	return buf;
}

/* As the data path calls: bottom halves off. */
static inline int seal_bh(const struct kw_cipher *c, u8 *aad, unsigned int aad_len,
			  unsigned int len)
{
	int ret;

	local_bh_disable();
	ret = kw_aead_seal(c, aad, aad_len, len);
	local_bh_enable();
	return ret;
}

static inline int open_bh(const struct kw_cipher *c, u8 *aad, unsigned int aad_len,
			  unsigned int len)
{
	int ret;

	local_bh_disable();
	ret = kw_aead_open(c, aad, aad_len, len);
	local_bh_enable();
	return ret;
}

#endif
