/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Protection of IKE messages: an AEAD, or a block cipher in CBC/CTR with a MAC (encrypt-then-MAC).
 *
 * RFCs: 7296 §3.14, 5282 (AEAD in IKEv2), 7634 (ChaCha20-Poly1305), 3602, 4868.
 * One direction per object. Layout made and read: IV | ciphertext of (plain | padding | pad length) | ICV.
 */
#ifndef KW_CRYPTO_SKCIPHER_H
#define KW_CRYPTO_SKCIPHER_H

#include "lib/secret.h"

struct skcipher;

/*
 * encr_key: key | salt as cut from the keying material (alg_encr_keymat() octets); integ_key empty for
 * an AEAD. Copies what it needs; both stay the caller's. 0, -EINVAL (wrong length), -EOPNOTSUPP, -ENOMEM.
 */
int skcipher_new(struct skcipher **c, uint16_t encr, uint16_t key_bits, uint16_t integ,
		 const struct kw_secret *encr_key, const struct kw_secret *integ_key);
void skcipher_free(struct skcipher *c);		/* NULL is fine */

/* Both keys as they were given; borrowed. */
void skcipher_keys(const struct skcipher *c, struct kw_span *encr, struct kw_span *integ);
/* Octets that plain_len octets become: IV + padded ciphertext + ICV. */
size_t skcipher_sealed_len(const struct skcipher *c, size_t plain_len);
/*
 * head is everything in the message before the IV (header, unencrypted payloads, the SK or SKF payload
 * header), with all length fields final: it is the AAD, or the start of what the MAC covers.
 * Writes skcipher_sealed_len() octets to out; plain and out may not overlap. The explicit IV is a
 * counter that never repeats for AEAD and counter modes, random for CBC. 0 or -errno.
 */
int skcipher_seal(struct skcipher *c, struct kw_span head, struct kw_span plain, uint8_t *out);
/*
 * Checks first, decrypts then: writes at most body.len octets to plain and sets *plain_len (padding
 * removed). 0, -EBADMSG (ICV, too short, not a multiple of the block, padding longer than the text).
 */
int skcipher_open(struct skcipher *c, struct kw_span head, struct kw_span body, uint8_t *plain,
		  size_t *plain_len);

#endif
