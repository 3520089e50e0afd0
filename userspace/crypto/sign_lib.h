/* SPDX-License-Identifier: GPL-2.0 */
/* A private key as GnuTLS has it, for the files of crypto/ alone. */
#ifndef KW_CRYPTO_SIGN_LIB_H
#define KW_CRYPTO_SIGN_LIB_H

#include "crypto/sign.h"

#include <gnutls/abstract.h>

/* 0 or -EIO; *lib is the caller's to deinit when 0. */
int sign_key_open(const struct sign_key *key, gnutls_privkey_t *lib);

#endif
