/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Key exchange groups; hides which library provides which (libsodium: 31; nettle/GMP: MODP, ECP, 32).
 *
 * RFCs: 3526 (MODP, §8 exponent sizes), 2409 §5.6 (private groups), 5903 (ECP: KE = x | y, shared = x),
 * 8031 (25519, 448), 6989 (checks on the peer's value). Public value and shared secret have the group's fixed length,
 * left-padded with zeros for MODP (RFC 7296 §3.4, §2.14).
 * Objects are independent of each other: one may be used on a worker thread while others run elsewhere.
 */
#ifndef KW_CRYPTO_DH_H
#define KW_CRYPTO_DH_H

#include "crypto/modp.h"
#include "lib/secret.h"

struct dh;

#define DH_PUBLIC_MAX 1024	/* MODP-8192 */

bool dh_supported(uint16_t group);
size_t dh_public_len(uint16_t group);	/* 0 when unknown */
/* A fresh private value and its public one. 0, -EOPNOTSUPP or -ENOMEM. Costs one exponentiation. */
int dh_new(struct dh **dh, uint16_t group);
/*
 * Likewise in a MODP group that is in no table, of which the caller knows that its prime is a safe one; public values
 * are as long as the prime. dh_group() of it is KE_PRIVATE. Copies m. 0, -EINVAL (modp_bounds()) or -ENOMEM.
 */
int dh_new_of(struct dh **dh, const struct modp *m);
uint16_t dh_group(const struct dh *dh);
struct kw_span dh_public(const struct dh *dh);
/*
 * The shared secret into a fresh *out. -EINVAL when the peer's value is one RFC 6989 refuses
 * (length, 0, 1, p-1, not on the curve, all-zero result). Costs one exponentiation.
 */
int dh_shared(const struct dh *dh, struct kw_span peer_public, struct kw_secret *out);
void dh_free(struct dh *dh);		/* wipes; NULL is fine */

/* For known-answer tests: as dh_new() with a given private value (big-endian, or RFC 7748 form). */
int dh_new_with_private(struct dh **dh, uint16_t group, struct kw_span priv);

#endif
