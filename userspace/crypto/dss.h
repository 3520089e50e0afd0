/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DSS signatures of IKEv1 (RFC 2409 §5.1): over a hash of 20 octets, which is taken for the SHA-1 that DSS is made for;
 * r and s in turn, each as long as the key's order.
 */
#ifndef KW_CRYPTO_DSS_H
#define KW_CRYPTO_DSS_H

#include "crypto/sign.h"

#define DSS_HASH_LEN 20u

/* Appended to out. 0; -EKEYREJECTED: not a DSA key; -EINVAL: another length of hash; -EIO, -ENOSPC. */
int dss_sign(const struct sign_key *key, struct kw_span hash, struct kw_writer *out);
/* 0 = good; -EBADMSG; -EKEYREJECTED and -EINVAL as above. */
int dss_verify(const struct verify_key *key, struct kw_span hash, struct kw_span sig);

#endif
