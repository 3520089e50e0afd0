/* SPDX-License-Identifier: GPL-2.0 */
/* Start of the crypto layer: libraries initialised, every offered row of alg.c instantiated once. */
#ifndef KW_CRYPTO_SETUP_H
#define KW_CRYPTO_SETUP_H

/* 0, or -errno after logging which algorithm or library does not work. Calls kw_secret_setup(). */
int crypto_setup(void);

#endif
