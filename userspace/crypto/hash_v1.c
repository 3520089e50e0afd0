// SPDX-License-Identifier: GPL-2.0
/* Digests by IKEv1's numbers: MD5 is known here and nowhere else. */
#include "crypto/hash_v1.h"

#include <errno.h>
#include <gnutls/crypto.h>

#define MD5_LEN		16

/* The others are those of hash.h. */
static const enum hash_id hashes[] = {
	[2] = HASH_SHA1, [4] = HASH_SHA2_256, [5] = HASH_SHA2_384, [6] = HASH_SHA2_512,
};

static enum hash_id hash_of(uint16_t id)
{
	return id < sizeof(hashes) / sizeof(hashes[0]) ? hashes[id] : 0;
}

size_t hash_v1_len(uint16_t id)
{
	if (id == HASH_V1_MD5)
		return MD5_LEN;
	return hash_of(id) ? hash_len(hash_of(id)) : 0;
}

static int md5(const struct kw_span *in, size_t n, uint8_t *out)
{
	gnutls_hash_hd_t hd;
	int bad = 0;

	if (gnutls_hash_init(&hd, GNUTLS_DIG_MD5) < 0)
		return -EIO;
	for (size_t i = 0; i < n && !bad; i++)
		bad = in[i].len && gnutls_hash(hd, in[i].p, in[i].len) < 0;
	gnutls_hash_deinit(hd, out);
	return bad ? -EIO : 0;
}

int hash_v1_digest(uint16_t id, const struct kw_span *in, size_t n, uint8_t out[HASH_MAX])
{
	if (id == HASH_V1_MD5)
		return md5(in, n, out);
	return hash_of(id) ? hash_digest(hash_of(id), in, n, out) : -EOPNOTSUPP;
}

int hmac_md5(struct kw_span key, const struct kw_span *in, size_t n, uint8_t out[HASH_MAX])
{
	gnutls_hmac_hd_t hd;
	int bad = 0;

	if (gnutls_hmac_init(&hd, GNUTLS_MAC_MD5, key.p, key.len) < 0)
		return -EIO;
	for (size_t i = 0; i < n && !bad; i++)
		bad = in[i].len && gnutls_hmac(hd, in[i].p, in[i].len) < 0;
	gnutls_hmac_deinit(hd, out);
	return bad ? -EIO : 0;
}
