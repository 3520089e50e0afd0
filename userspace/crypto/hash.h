/* SPDX-License-Identifier: GPL-2.0 */
/* Digests. RFC 7427 hash algorithm numbers where one exists. */
#ifndef KW_CRYPTO_HASH_H
#define KW_CRYPTO_HASH_H

#include "lib/buf.h"

/* IANA "IKEv2 Hash Algorithms" (RFC 7427 §7, RFC 8420 for identity). */
enum hash_id { HASH_SHA1 = 1, HASH_SHA2_256 = 2, HASH_SHA2_384 = 3, HASH_SHA2_512 = 4, HASH_IDENTITY = 5 };

#define HASH_MAX 64

size_t hash_len(enum hash_id id);	/* 0 for identity or unknown */
/* Digest of the concatenation of n spans into out[hash_len(id)]. 0 or -errno. */
int hash_digest(enum hash_id id, const struct kw_span *in, size_t n, uint8_t out[HASH_MAX]);

#endif
