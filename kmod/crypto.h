/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only file that knows the kernel's crypto API: an AEAD over one contiguous buffer.
 *
 * RFCs: 4106, 7634
 */
#ifndef KW_CRYPTO_H
#define KW_CRYPTO_H

#include <linux/types.h>

struct crypto_aead;
struct kw_alg;

/**
 * struct kw_cipher - keyed transforms of one SA
 * @simd: internal implementation, only while the FPU is usable; NULL if there is none
 * @plain: usable in any context
 * @alg: its row in the table
 */
struct kw_cipher {
	struct crypto_aead *simd;
	struct crypto_aead *plain;
	const struct kw_alg *alg;
};

/*
 * @key is the key, then the salt.  Takes no reference to @key.  -ENOENT: the kernel has no such
 * algorithm; -EINVAL: it refuses the key.  May sleep and load modules.
 */
int kw_cipher_init(struct kw_cipher *c, const struct kw_alg *alg, const u8 *key, size_t len);
void kw_cipher_free(struct kw_cipher *c);

/*
 * @aad points to aad_len bytes of AAD (8, or 12 with ESN), the IV, and @len bytes of text;
 * the ICV follows.  Sealing writes the ICV; opening checks it and returns -EBADMSG when it is
 * wrong, having then left the text undefined.  BHs off, not in hard interrupts.  The buffer is
 * in the linear mapping and nobody else reads or writes it.
 */
int kw_cipher_seal(const struct kw_cipher *c, u8 *aad, unsigned int aad_len, unsigned int len);
int kw_cipher_open(const struct kw_cipher *c, u8 *aad, unsigned int aad_len, unsigned int len);

/* Whether some cipher is slow just now because the FPU is in use below us, and fast later. */
bool kw_crypto_should_yield(void);

int kw_crypto_init(void);
void kw_crypto_exit(void);

#endif /* KW_CRYPTO_H */
