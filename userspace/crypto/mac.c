// SPDX-License-Identifier: GPL-2.0
/*
 * Message authentication codes: HMAC by GnuTLS, AES-CMAC by nettle, AES-XCBC-MAC around nettle's AES.
 *
 * RFCs: 2104 (HMAC), 3566 (AES-XCBC-MAC), 4493 (AES-CMAC).
 */
#include "crypto/mac.h"

#include "lib/secret.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <nettle/aes.h>
#include <nettle/cmac.h>
#include <nettle/memxor.h>
#include <string.h>

static const gnutls_mac_algorithm_t hmacs[] = {
	[MAC_HMAC_SHA1]		= GNUTLS_MAC_SHA1,
	[MAC_HMAC_SHA2_256]	= GNUTLS_MAC_SHA256,
	[MAC_HMAC_SHA2_384]	= GNUTLS_MAC_SHA384,
	[MAC_HMAC_SHA2_512]	= GNUTLS_MAC_SHA512,
};

static bool is_hmac(enum mac_kind kind)
{
	return (size_t)kind < sizeof(hmacs) / sizeof(hmacs[0]);
}

size_t mac_len(enum mac_kind kind)
{
	return is_hmac(kind) ? gnutls_hmac_get_len(hmacs[kind]) : AES_BLOCK_SIZE;
}

static int hmac(gnutls_mac_algorithm_t mac, struct kw_span key, const struct kw_span *in, size_t n,
		uint8_t *out)
{
	gnutls_hmac_hd_t hd;
	int bad = 0;

	/* GnuTLS wants a pointer even for an empty key. */
	if (gnutls_hmac_init(&hd, mac, key.len ? key.p : (const uint8_t *)"", key.len) < 0)
		return -EIO;
	for (size_t i = 0; i < n && !bad; i++)
		bad = in[i].len && gnutls_hmac(hd, in[i].p, in[i].len) < 0;
	gnutls_hmac_deinit(hd, out);
	return bad ? -EIO : 0;
}

static void cmac(struct kw_span key, const struct kw_span *in, size_t n, uint8_t *out)
{
	struct cmac_aes128_ctx ctx;

	cmac_aes128_set_key(&ctx, key.p);
	for (size_t i = 0; i < n; i++)
		cmac_aes128_update(&ctx, in[i].len, in[i].p);
	cmac_aes128_digest(&ctx, AES_BLOCK_SIZE, out);
	kw_wipe(&ctx, sizeof(ctx));
}

struct xcbc {
	struct aes128_ctx k1;
	uint8_t k2[AES_BLOCK_SIZE], k3[AES_BLOCK_SIZE];
	uint8_t e[AES_BLOCK_SIZE];	/* E[i-1], then xored with M[i] as its octets arrive */
	size_t have;			/* octets of M[i] in e; a full block waits until more comes */
};

/* RFC 3566 4 (1): K1, K2, K3 are the constants 01.., 02.., 03.. encrypted with K. */
static void xcbc_set_key(struct xcbc *x, const uint8_t *key)
{
	uint8_t k1[AES_BLOCK_SIZE];
	struct aes128_ctx k;

	memset(x, 0, sizeof(*x));
	aes128_set_encrypt_key(&k, key);
	memset(k1, 1, sizeof(k1));
	memset(x->k2, 2, sizeof(x->k2));
	memset(x->k3, 3, sizeof(x->k3));
	aes128_encrypt(&k, sizeof(k1), k1, k1);
	aes128_encrypt(&k, sizeof(x->k2), x->k2, x->k2);
	aes128_encrypt(&k, sizeof(x->k3), x->k3, x->k3);
	aes128_set_encrypt_key(&x->k1, k1);
	kw_wipe(&k, sizeof(k));
	kw_wipe(k1, sizeof(k1));
}

static void xcbc_update(struct xcbc *x, struct kw_span in)
{
	while (in.len) {
		size_t n = AES_BLOCK_SIZE - x->have;

		if (n == 0) {		/* that block was not the last one */
			aes128_encrypt(&x->k1, sizeof(x->e), x->e, x->e);
			x->have = 0;
			continue;
		}
		n = n < in.len ? n : in.len;
		memxor(x->e + x->have, in.p, n);
		x->have += n;
		in = KW_SPAN(in.p + n, in.len - n);
	}
}

/* RFC 3566 4 (4): a whole last block takes K2; else 10* padding and K3. */
static void xcbc_digest(struct xcbc *x, uint8_t *out)
{
	if (x->have < AES_BLOCK_SIZE)
		x->e[x->have] ^= 0x80;
	memxor(x->e, x->have < AES_BLOCK_SIZE ? x->k3 : x->k2, AES_BLOCK_SIZE);
	aes128_encrypt(&x->k1, AES_BLOCK_SIZE, out, x->e);
}

static void xcbc(struct kw_span key, const struct kw_span *in, size_t n, uint8_t *out)
{
	struct xcbc x;

	xcbc_set_key(&x, key.p);
	for (size_t i = 0; i < n; i++)
		xcbc_update(&x, in[i]);
	xcbc_digest(&x, out);
	kw_wipe(&x, sizeof(x));
}

int mac_compute(enum mac_kind kind, struct kw_span key, const struct kw_span *in, size_t n,
		uint8_t out[MAC_MAX])
{
	if (is_hmac(kind))
		return hmac(hmacs[kind], key, in, n, out);
	if (key.len != MAC_AES_KEY_LEN)
		return -EINVAL;
	if (kind == MAC_AES_XCBC)
		xcbc(key, in, n, out);
	else
		cmac(key, in, n, out);
	return 0;
}
