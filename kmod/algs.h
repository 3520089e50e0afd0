/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tables of algorithms: IANA transform number -> kernel algorithm and its lengths.
 *
 * RFCs: 8221
 */
#ifndef KW_ALGS_H
#define KW_ALGS_H

#include <linux/types.h>

/* How an encryption algorithm is carried out, and so what else an SA with it needs. */
enum kw_encr_kind {
	KW_ENCR_AEAD,		/* brings its own integrity; the nonce is salt | IV */
	KW_ENCR_CBC,		/* an unpredictable IV; needs an integrity algorithm */
	KW_ENCR_CTR,		/* a counter block of salt | IV | 1; needs one too */
	KW_ENCR_NULL,		/* encrypts nothing; needs one all the more */
};

/**
 * struct kw_encr - one encryption algorithm
 * @id: IANA IKEv2 Transform Type 1
 * @kind: enum kw_encr_kind
 * @lacks: the sentence for when the kernel has no such algorithm
 * @name: crypto API name
 * @internal: name of the implementation that may only run while the FPU is usable and is then
 *	faster; NULL when there is none, or @name minds the FPU by itself
 * @key_bits: allowed key lengths, ended by 0
 * @salt: bytes after the key
 * @iv: bytes of IV in each packet
 * @icv: bytes of ICV in each packet, if it brings its own integrity
 * @align: payload, padding and the two bytes after it are a multiple of this
 */
struct kw_encr {
	u16 id;
	u8 kind;
	const char *lacks;
	const char *name;
	const char *internal;
	u16 key_bits[4];
	u8 salt;
	u8 iv;
	u8 icv;
	u8 align;
};

/**
 * struct kw_integ - one integrity algorithm
 * @id: IANA IKEv2 Transform Type 3
 * @lacks: the sentence for when the kernel has no such algorithm
 * @name: crypto API name: of a keyed hash, or of an AEAD that only authenticates if @iv
 * @key: bytes of key, salt included
 * @salt: the last bytes of the key that are salt
 * @iv: bytes of IV before the ICV proper (RFC 4543 section 3.4); no ESP without encryption has one
 * @icv: bytes of ICV in each packet, @iv included
 */
struct kw_integ {
	u16 id;
	const char *lacks;
	const char *name;
	u8 key;
	u8 salt;
	u8 iv;
	u8 icv;
};

/* NULL when there is none of that number. */
const struct kw_encr *kw_encr_find(u16 id);
const struct kw_integ *kw_integ_find(u16 id);

/*
 * Whether @bits is one of @encr's key lengths; 0 is the only one it has.  Returns that length in
 * bytes, or -EINVAL.
 */
int kw_encr_key_len(const struct kw_encr *encr, unsigned int bits);

/* Whether an SA with @encr needs an integrity algorithm beside it (RFC 8221 section 4). */
static inline bool kw_encr_needs_integ(const struct kw_encr *encr)
{
	return encr->kind != KW_ENCR_AEAD;
}

#endif /* KW_ALGS_H */
