/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Message authentication codes, under prf.c and skcipher.c.
 *
 * RFCs: 2104 (HMAC), 3566 (AES-XCBC-MAC), 4493 (AES-CMAC).
 */
#ifndef KW_CRYPTO_MAC_H
#define KW_CRYPTO_MAC_H

#include "lib/buf.h"

enum mac_kind { MAC_HMAC_SHA1, MAC_HMAC_SHA2_256, MAC_HMAC_SHA2_384, MAC_HMAC_SHA2_512,
	MAC_AES_XCBC, MAC_AES_CMAC };

#define MAC_MAX 64		/* longest output, octets */
#define MAC_AES_KEY_LEN 16	/* the only key length of XCBC and CMAC here */

size_t mac_len(enum mac_kind kind);	/* full output; callers truncate */

/* MAC over the concatenation of n spans into out[mac_len]. HMAC takes a key of any length.
 * 0, -EINVAL (an AES key that is not 16 octets) or -EIO.
 */
int mac_compute(enum mac_kind kind, struct kw_span key, const struct kw_span *in, size_t n,
		uint8_t out[MAC_MAX]);

#endif
