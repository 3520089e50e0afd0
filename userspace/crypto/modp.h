/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MODP groups that are in no table: a safe prime and a generator, out of a file or a peer's description.
 *
 * RFCs: 2409 §5.6, §6; 2412 §2.4 (what a group has to be); PKCS #3 (DH PARAMETERS).
 */
#ifndef KW_CRYPTO_MODP_H
#define KW_CRYPTO_MODP_H

#include "lib/buf.h"

#define MODP_BITS_MIN 2048u
#define MODP_BITS_MAX 8192u

/* Big-endian, without leading zeros. */
struct modp {
	struct kw_span p, g;
};

/* A view of octets as they came: only leading zeros are left away. */
struct modp modp_of(struct kw_span p, struct kw_span g);
bool modp_equal(const struct modp *a, const struct modp *b);
/*
 * NULL, or why it cannot be one, in words: size, a prime that is even or not of the form 2q + 1 with q odd, a generator
 * outside of 1 < g < p-1. Costs nothing.
 */
const char *modp_bounds(const struct modp *m);
/*
 * Likewise with what takes time: p and (p-1)/2 are to be primes, so that g has the order of one of the two large
 * subgroups whatever it is. From a tenth of a second (2048 bits) to several (8192): for a worker. Nobody knows a
 * composite that passes.
 */
const char *modp_check(const struct modp *m);

/* malloc()ed octets; modp_drop() wipes nothing, a group is no secret. 0 or -ENOMEM. */
int modp_copy(struct modp *to, const struct modp *from);
void modp_drop(struct modp *m);
/* A group as `openssl dhparam` writes it (PEM), into a fresh *to, not checked. 0, -EBADMSG or -ENOMEM. */
int modp_parse(struct modp *to, struct kw_span pem);

#endif
