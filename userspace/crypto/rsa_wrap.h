/* SPDX-License-Identifier: GPL-2.0 */
/*
 * RSA encryption of a few octets by PKCS#1 v1.5 (RFC 8017 §7.2), for IKEv1's public-key encryption (RFC 2409 §5.2) and
 * nothing else.
 */
#ifndef KW_CRYPTO_RSA_WRAP_H
#define KW_CRYPTO_RSA_WRAP_H

#include "crypto/sign.h"

/* Appends text for whoever has the private key. 0; -EKEYREJECTED: no RSA key, or a weak one; -EMSGSIZE; -EIO. */
int rsa_wrap(const struct verify_key *to, struct kw_span text, struct kw_writer *out);
/*
 * What was wrapped for us, len octets of it, into out. What is no such thing gives random octets: neither an error nor
 * the time it takes tells anybody whether the padding was right (Bleichenbacher 1998). So there is nothing to return;
 * the caller goes on, and nothing fits. Slow: on a worker.
 */
void rsa_unwrap(const struct sign_key *key, struct kw_span wrapped, uint8_t *out, size_t len);

#endif
