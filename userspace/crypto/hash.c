// SPDX-License-Identifier: GPL-2.0
/* Digests, by GnuTLS. */
#include "crypto/hash.h"

#include <errno.h>
#include <gnutls/crypto.h>

static const gnutls_digest_algorithm_t digests[] = {
	[HASH_SHA1]	= GNUTLS_DIG_SHA1,
	[HASH_SHA2_256]	= GNUTLS_DIG_SHA256,
	[HASH_SHA2_384]	= GNUTLS_DIG_SHA384,
	[HASH_SHA2_512]	= GNUTLS_DIG_SHA512,
};

static gnutls_digest_algorithm_t digest_of(enum hash_id id)
{
	return (size_t)id < sizeof(digests) / sizeof(digests[0]) ? digests[id] : GNUTLS_DIG_UNKNOWN;
}

size_t hash_len(enum hash_id id)
{
	return gnutls_hash_get_len(digest_of(id));
}

int hash_digest(enum hash_id id, const struct kw_span *in, size_t n, uint8_t out[HASH_MAX])
{
	gnutls_hash_hd_t hd;
	int bad = 0;

	if (digest_of(id) == GNUTLS_DIG_UNKNOWN)
		return -EOPNOTSUPP;
	if (gnutls_hash_init(&hd, digest_of(id)) < 0)
		return -EIO;
	for (size_t i = 0; i < n && !bad; i++)
		bad = in[i].len && gnutls_hash(hd, in[i].p, in[i].len) < 0;
	gnutls_hash_deinit(hd, out);
	return bad ? -EIO : 0;
}
