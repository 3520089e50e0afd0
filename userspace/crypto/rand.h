/* SPDX-License-Identifier: GPL-2.0 */
/* The only randomness (libsodium). Tests may replace the source to make runs repeatable. */
#ifndef KW_CRYPTO_RAND_H
#define KW_CRYPTO_RAND_H

#include <stddef.h>
#include <stdint.h>

void rand_bytes(void *out, size_t n);
uint32_t rand_below(uint32_t bound);		/* uniform in [0, bound); bound > 0 */
/* fn = NULL restores libsodium. Never called by the daemon. */
void rand_set_source(void (*fn)(void *out, size_t n, void *ctx), void *ctx);

#endif
