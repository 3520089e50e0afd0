// SPDX-License-Identifier: GPL-2.0
/*
 * Pseudo-random functions and prf+.
 *
 * RFCs: 7296 §2.13 (prf+), 4868 (HMAC-SHA2), 4434 (AES-XCBC), 4615 (AES-CMAC).
 */
#include "crypto/prf.h"

#include "crypto/alg.h"
#include "crypto/mac.h"

#include <errno.h>
#include <string.h>

/* prf+ counts its blocks in one octet. */
#define PRF_PLUS_BLOCKS 255

static const struct prf_row {
	uint16_t id;
	enum mac_kind mac;
	bool aes;	/* keys of other lengths are brought to 16 octets first */
} rows[] = {
	{ PRF_HMAC_SHA1,	MAC_HMAC_SHA1,		false },
	{ PRF_HMAC_SHA2_256,	MAC_HMAC_SHA2_256,	false },
	{ PRF_HMAC_SHA2_384,	MAC_HMAC_SHA2_384,	false },
	{ PRF_HMAC_SHA2_512,	MAC_HMAC_SHA2_512,	false },
	{ PRF_AES128_XCBC,	MAC_AES_XCBC,		true },
	{ PRF_AES128_CMAC,	MAC_AES_CMAC,		true },
};

static const struct prf_row *row_of(uint16_t prf_id)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].id == prf_id)
			return &rows[i];
	}
	return NULL;
}

size_t prf_len(uint16_t prf_id)
{
	const struct prf_row *row = row_of(prf_id);

	return row ? mac_len(row->mac) : 0;
}

size_t prf_key_len(uint16_t prf_id)
{
	return prf_len(prf_id);	/* 16 for the AES ones, their output length too */
}

/*
 * A 16-octet key out of one of another length.
 * RFC 4434 2: XCBC pads a shorter key with zeros and hashes a longer one with the all-zero key.
 * RFC 4615 3: CMAC hashes both.
 */
static int fit_key(const struct prf_row *row, struct kw_span key, uint8_t fit[MAC_MAX])
{
	static const uint8_t zero[MAC_AES_KEY_LEN];

	if (key.len > MAC_AES_KEY_LEN || (row->mac == MAC_AES_CMAC && key.len < MAC_AES_KEY_LEN))
		return mac_compute(row->mac, KW_SPAN(zero, sizeof(zero)), &key, 1, fit);
	memset(fit, 0, MAC_AES_KEY_LEN);
	if (key.len)
		memcpy(fit, key.p, key.len);
	return 0;
}

int prf(uint16_t prf_id, struct kw_span key, const struct kw_span *in, size_t n, uint8_t out[PRF_MAX])
{
	const struct prf_row *row = row_of(prf_id);
	uint8_t fit[MAC_MAX];
	int ret;

	if (!row)
		return -EOPNOTSUPP;
	if (!row->aes)
		return mac_compute(row->mac, key, in, n, out);
	ret = fit_key(row, key, fit);
	if (ret == 0)
		ret = mac_compute(row->mac, KW_SPAN(fit, MAC_AES_KEY_LEN), in, n, out);
	kw_wipe(fit, sizeof(fit));
	return ret;
}

int prf_secret(uint16_t prf_id, struct kw_span key, const struct kw_span *in, size_t n,
	       struct kw_secret *out)
{
	uint8_t block[PRF_MAX];
	int ret = prf(prf_id, key, in, n, block);

	if (ret == 0)
		ret = kw_secret_copy(out, KW_SPAN(block, prf_len(prf_id)));
	kw_wipe(block, sizeof(block));
	return ret;
}

/*
 * RFC 7296 2.13: T1 = prf(K, S | 0x01), Ti = prf(K, T(i-1) | S | i).
 */
int prf_plus(uint16_t prf_id, struct kw_span key, const struct kw_span *in, size_t n, size_t len,
	     struct kw_secret *out)
{
	size_t block = prf_len(prf_id), done = 0;
	struct kw_span part[2 + PRF_PLUS_SPANS];
	uint8_t t[PRF_MAX], i = 0;
	int ret;

	if (!block)
		return -EOPNOTSUPP;
	if (len > block * PRF_PLUS_BLOCKS || n > PRF_PLUS_SPANS)
		return -EINVAL;
	ret = kw_secret_new(out, len);
	if (ret)
		return ret;

	part[0] = KW_SPAN(t, 0);
	for (size_t s = 0; s < n; s++)
		part[1 + s] = in[s];
	part[1 + n] = KW_SPAN(&i, 1);
	while (done < len && ret == 0) {
		size_t take = len - done < block ? len - done : block;

		i++;
		ret = prf(prf_id, key, part, n + 2, t);
		if (ret == 0)
			memcpy(out->p + done, t, take);
		part[0].len = block;
		done += take;
	}
	kw_wipe(t, sizeof(t));
	if (ret)
		kw_secret_drop(out);
	return ret;
}
