/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only file that knows the kernel's crypto API: the keyed transforms of one SA, synchronous
 * and in place.
 *
 * RFCs: 3602, 3686, 4106, 4309, 4543, 7634
 */
#ifndef KW_CRYPTO_H
#define KW_CRYPTO_H

#include <linux/types.h>

struct crypto_aead;
struct crypto_shash;
struct crypto_skcipher;
struct kvec;
struct kw_encr;
struct kw_integ;

/* The longest ICV, the longest IV of any algorithm. */
#define KW_ICV_MAX	32u
#define KW_IV_MAX	16u

/**
 * struct kw_cipher - keyed transforms of one SA
 * @kind: enum kw_encr_kind; meaningless without @encr
 * @iv: bytes of IV in an ESP packet
 * @icv: bytes of ICV in each packet
 * @align: ESP's payload, padding and trailer are a multiple of this
 * @simd: internal implementation, only while the FPU is usable; NULL if there is none
 * @plain: usable in any context; an AEAD by @kind, else a plain cipher or, without encryption, NULL
 * @mac: integrity beside a plain cipher or alone; NULL with an AEAD or AES-GMAC
 * @gmac: integrity alone by AES-GMAC; else NULL
 * @encr: its row of the table; NULL: integrity alone, for AH
 * @integ: its row of the table; NULL with an AEAD
 * @salt: AES-CTR's nonce (RFC 3686 section 5.1)
 */
struct kw_cipher {
	u8 kind;
	u8 iv;
	u8 icv;
	u8 align;
	union {
		struct crypto_aead *aead;
		struct crypto_skcipher *sk;
	} simd, plain;
	struct crypto_shash *mac;
	struct crypto_aead *gmac;
	const struct kw_encr *encr;
	const struct kw_integ *integ;
	u8 salt[4];
};

/**
 * struct kw_keys - what a cipher is made of
 * @encr: NULL: integrity alone
 * @integ: NULL: @encr brings its own
 * @encr_key: key, then salt, of the lengths @encr allows
 * @integ_key: of the length @integ wants
 */
struct kw_keys {
	const struct kw_encr *encr;
	const struct kw_integ *integ;
	const u8 *encr_key;
	const u8 *integ_key;
	unsigned int encr_len;
	unsigned int integ_len;
};

/*
 * Takes no reference to the keys.  -ENOENT: the kernel has no such algorithm, and *@lacks says
 * so; -EINVAL: it refuses a key.  Leaves nothing to free when it fails.  May sleep and load
 * modules.
 */
int kw_cipher_init(struct kw_cipher *c, const struct kw_keys *keys, const char **lacks);
void kw_cipher_free(struct kw_cipher *c);

/*
 * All of these: BHs off, not in hard interrupts; the buffer is in the linear mapping and nobody
 * else reads or writes it.
 *
 * An AEAD.  @aad points to @aad_len bytes of AAD (8, or 12 with ESN), 8 bytes of IV, and @len bytes
 * of text; the ICV follows.  Sealing writes the ICV; opening checks it and returns -EBADMSG when it
 * is wrong, having then left the text undefined.
 */
int kw_aead_seal(const struct kw_cipher *c, u8 *aad, unsigned int aad_len, unsigned int len);
int kw_aead_open(const struct kw_cipher *c, u8 *aad, unsigned int aad_len, unsigned int len);

/* A plain cipher, if there is one: @len bytes at @text, with the IV as it is on the wire. */
int kw_cipher_encrypt(const struct kw_cipher *c, const u8 *iv, u8 *text, unsigned int len);
int kw_cipher_decrypt(const struct kw_cipher *c, const u8 *iv, u8 *text, unsigned int len);

/*
 * Integrity of @n runs of bytes one after the other (at most KW_RUNS_MAX), for ESP beside a cipher
 * and for AH.  Making writes c->icv bytes to @icv; AES-GMAC puts the 8 bytes @iv first, which are
 * never to repeat with one key.  Checking compares in constant time: -EBADMSG.
 */
#define KW_RUNS_MAX	4u
int kw_mac_make(const struct kw_cipher *c, const struct kvec *runs, unsigned int n, u64 iv,
		u8 *icv);
int kw_mac_check(const struct kw_cipher *c, const struct kvec *runs, unsigned int n,
		 const u8 *icv);

/* Whether some cipher is slow just now because the FPU is in use below us, and fast later. */
bool kw_crypto_should_yield(void);

int kw_crypto_init(void);
void kw_crypto_exit(void);

#endif /* KW_CRYPTO_H */
