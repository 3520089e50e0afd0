/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pseudo-random functions and prf+.
 *
 * RFCs: 7296 §2.13 (prf+), 4868 (HMAC-SHA2), 4434 (AES-XCBC), 4615 (AES-CMAC).
 */
#ifndef KW_CRYPTO_PRF_H
#define KW_CRYPTO_PRF_H

#include "lib/secret.h"

#define PRF_MAX 64	/* longest output, octets */
#define PRF_PLUS_SPANS 8	/* most spans prf_plus() takes */

size_t prf_len(uint16_t prf_id);	/* output length; 0 when unknown */
/* Preferred key length, RFC 7296 §2.13: output length for HMAC, 16 for XCBC and CMAC. */
size_t prf_key_len(uint16_t prf_id);

/* prf(key, in[0] | in[1] ...) into out[prf_len]. Keys of any length (RFC 4434/4615 rules applied).
 * 0, -EOPNOTSUPP (unknown id) or -EIO.
 */
int prf(uint16_t prf_id, struct kw_span key, const struct kw_span *in, size_t n, uint8_t out[PRF_MAX]);
/* The same into a fresh secret. */
int prf_secret(uint16_t prf_id, struct kw_span key, const struct kw_span *in, size_t n,
	       struct kw_secret *out);
/* prf+(key, in...) truncated to len octets, into a fresh secret. -EINVAL beyond 255 blocks
 * or PRF_PLUS_SPANS spans.
 */
int prf_plus(uint16_t prf_id, struct kw_span key, const struct kw_span *in, size_t n, size_t len,
	     struct kw_secret *out);

#endif
