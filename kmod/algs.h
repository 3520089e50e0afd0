/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of algorithms: IANA transform number -> kernel cipher and its lengths.
 *
 * RFCs: 4106, 7634, 8221
 */
#ifndef KW_ALGS_H
#define KW_ALGS_H

#include <linux/types.h>

/**
 * struct kw_alg - one encryption algorithm
 * @encr: IANA IKEv2 Transform Type 1
 * @name: crypto API name
 * @internal: name of the implementation that may only run while the FPU is usable and is then
 *	faster; NULL when @name minds the FPU by itself
 * @key_bits: allowed key lengths, ended by 0
 * @salt: bytes after the key
 * @iv: bytes of IV in each packet
 * @icv: bytes of ICV in each packet
 * @align: payload, padding and the two bytes after it are a multiple of this
 */
struct kw_alg {
	u16 encr;
	const char *name;
	const char *internal;
	u16 key_bits[4];
	u8 salt;
	u8 iv;
	u8 icv;
	u8 align;
};

/* NULL when there is none of that number. */
const struct kw_alg *kw_alg_find(u16 encr);

/* Whether @bits is one of @alg's key lengths; 0 is the only one it has.  Returns it or 0. */
unsigned int kw_alg_key_bits(const struct kw_alg *alg, unsigned int bits);

#endif /* KW_ALGS_H */
