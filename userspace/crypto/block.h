/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A block cipher by itself, without integrity: for IKEv1, whose messages are plain CBC with an IV
 * both sides derive (RFC 2409 §5), and for captures whose ICV nobody can check. IKEv2 uses
 * skcipher.h, always.
 */
#ifndef KW_CRYPTO_BLOCK_H
#define KW_CRYPTO_BLOCK_H

#include "lib/buf.h"

#define ENCR_DES 2		/* for reading old captures; alg.h does not offer it */
#define BLOCK_MAX 16

/*
 * Octets of a block, of an IV, and by key_len whether there is such a key. 0 = unknown cipher or
 * key.
 */
size_t block_len(uint16_t encr, size_t key_len);
/*
 * In place. encr is an IKEv2 ENCR number (alg.h): CBC, or ENCR_AES_CTR, whose iv is salt | IV (12
 * octets). 0, -EOPNOTSUPP, -EINVAL (key, IV or text of a wrong length), -EIO.
 */
int block_decrypt(uint16_t encr, struct kw_span key, struct kw_span iv, uint8_t *text, size_t len);
int block_encrypt(uint16_t encr, struct kw_span key, struct kw_span iv, uint8_t *text, size_t len);

#endif
