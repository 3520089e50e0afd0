// SPDX-License-Identifier: GPL-2.0
/*
 * Opening SK and SKF payloads of a capture with keys from a file.
 *
 * RFCs: 7296 §3.14. skcipher.c opens what keyway itself speaks. Captures also have integrity
 * algorithms it does not (HMAC_SHA1_160), or that nobody can check (ANY): those are opened here by
 * block.c.
 */
#include "cli/open_v2.h"

#include "crypto/alg.h"
#include "crypto/block.h"
#include "crypto/mac.h"
#include "crypto/skcipher.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* One direction of an IKE SA. */
struct direction {
	const struct alg *encr;
	const struct keys_v2 *keys;
	const struct kw_secret *sk_e, *sk_a;
};

static bool skcipher_knows(const struct direction *d)
{
	return d->encr->aead || (d->encr->id != ENCR_NULL && d->keys->integ->integ != INTEG_NONE);
}

static int open_by_skcipher(const struct direction *d, struct kw_span head, struct kw_span body,
			    uint8_t *plain, size_t *plain_len)
{
	struct skcipher *c = NULL;
	int ret = skcipher_new(&c, d->encr->id, d->keys->encr->key_bits, d->keys->integ->integ,
			       d->sk_e, d->sk_a);

	if (ret == 0)
		ret = skcipher_open(c, head, body, plain, plain_len);
	skcipher_free(c);
	return ret;
}

static int check_mac(const struct direction *d, struct kw_span head, struct kw_span covered,
		     const uint8_t *icv)
{
	const struct kw_span in[] = { head, covered };
	uint8_t mac[MAC_MAX];
	int ret = mac_compute((enum mac_kind)d->keys->integ->mac, kw_secret_expose(d->sk_a), in, 2,
			      mac);

	if (ret)
		return ret;
	return kw_equal_ct(mac, icv, d->keys->integ->icv_len) ? 0 : -EBADMSG;
}

static int decrypt(const struct direction *d, struct kw_span iv, uint8_t *text, size_t len)
{
	struct kw_span key = kw_secret_expose(d->sk_e);
	uint8_t nonce[16];
	struct kw_writer w = kw_writer(nonce, sizeof(nonce));

	if (d->encr->id == ENCR_NULL)
		return 0;
	if (key.len != alg_encr_keymat(d->encr, d->keys->encr->key_bits))
		return -EINVAL;
	key.len -= d->encr->salt_len;
	kw_put_span(&w, KW_SPAN(key.p + key.len, d->encr->salt_len));
	kw_put_span(&w, iv);
	return block_decrypt(d->encr->id, key, kw_written(&w), text, len);
}

static int open_by_block(const struct direction *d, struct kw_span head, struct kw_span body,
			 uint8_t *plain, size_t *plain_len)
{
	size_t iv_len = d->encr->iv_len, icv_len = d->keys->integ->icv_len;
	size_t len = body.len - iv_len - icv_len;
	int ret = 0;

	if (d->keys->integ->mac >= 0)
		ret = check_mac(d, head, KW_SPAN(body.p, iv_len + len), body.p + iv_len + len);
	if (ret)
		return ret;
	memcpy(plain, body.p + iv_len, len);
	ret = decrypt(d, KW_SPAN(body.p, iv_len), plain, len);
	if (ret)
		return ret;
	if (plain[len - 1] + 1u > len)		/* RFC 7296 §3.14: pad length is the last octet */
		return -EBADMSG;
	*plain_len = len - plain[len - 1] - 1u;
	return 0;
}

/* The lengths skcipher_open() would refuse too, with their numbers. */
static int check_lengths(const struct direction *d, struct kw_span body, char *why, size_t why_len)
{
	size_t icv_len = d->encr->aead ? d->encr->icv_len : d->keys->integ->icv_len;
	size_t least = d->encr->iv_len + (size_t)d->encr->block_len + icv_len;

	if (body.len < least) {
		snprintf(why, why_len, "%zu octets, %s with %s has at least %zu", body.len,
			 d->keys->encr->name, d->keys->integ->name, least);
		return -EBADMSG;
	}
	if ((body.len - d->encr->iv_len - icv_len) % d->encr->block_len) {
		snprintf(why, why_len, "%zu octets of ciphertext are no multiple of %u",
			 body.len - d->encr->iv_len - icv_len, d->encr->block_len);
		return -EBADMSG;
	}
	return 0;
}

int open_v2(const struct keys_v2 *keys, bool from_initiator, struct kw_span head,
	    struct kw_span body, uint8_t *plain, size_t *plain_len, bool *checked, char *why,
	    size_t why_len)
{
	struct direction d = {
		.encr = alg_find(TRANSFORM_ENCR, keys->encr->encr), .keys = keys,
		.sk_e = from_initiator ? &keys->sk_ei : &keys->sk_er,
		.sk_a = from_initiator ? &keys->sk_ai : &keys->sk_ar,
	};
	int ret = check_lengths(&d, body, why, why_len);

	if (ret)
		return ret;
	*checked = d.encr->aead || keys->integ->mac >= 0;
	ret = skcipher_knows(&d) ? open_by_skcipher(&d, head, body, plain, plain_len) :
				   open_by_block(&d, head, body, plain, plain_len);
	if (ret == -EBADMSG)
		snprintf(why, why_len,
			 *checked ? "the ICV does not match: another key, or an altered message"
				  : "the padding makes no sense: another key");
	else if (ret == -EINVAL)
		snprintf(why, why_len, "the key's length does not fit %s with %s", keys->encr->name,
			 keys->integ->name);
	else if (ret)
		snprintf(why, why_len, "cannot be opened: %s", strerror(-ret));
	return ret;
}
