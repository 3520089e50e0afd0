/* SPDX-License-Identifier: GPL-2.0 */
/* Digests by IKEv1's numbers (RFC 2409 appendix A "Hash Algorithm", IANA for SHA-2). */
#ifndef KW_CRYPTO_HASH_V1_H
#define KW_CRYPTO_HASH_V1_H

#include "crypto/hash.h"

#define HASH_V1_MD5 1

size_t hash_v1_len(uint16_t id);	/* 0 when unknown */
/* Digest of the concatenation of n spans into out[hash_v1_len(id)]. 0, -EOPNOTSUPP or -EIO. */
int hash_v1_digest(uint16_t id, const struct kw_span *in, size_t n, uint8_t out[HASH_MAX]);

/* HMAC-MD5 over the concatenation of n spans into out[16]: for RADIUS (RFC 3579 §3.2). 0 or -EIO. */
int hmac_md5(struct kw_span key, const struct kw_span *in, size_t n, uint8_t out[HASH_MAX]);

#endif
