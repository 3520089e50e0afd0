/* SPDX-License-Identifier: GPL-2.0 */
/* Keys as GnuTLS has them, for the files of crypto/ alone. */
#ifndef KW_CRYPTO_SIGN_LIB_H
#define KW_CRYPTO_SIGN_LIB_H

#include "crypto/sign.h"

#include <gnutls/abstract.h>

/* 0 or -EIO; *lib is the caller's to deinit when 0. */
int sign_key_open(const struct sign_key *key, gnutls_privkey_t *lib);
/* The key's own, to encrypt to; NULL: not RSA, or too weak. */
gnutls_pubkey_t verify_key_lib(const struct verify_key *key);

#endif
