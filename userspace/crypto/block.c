// SPDX-License-Identifier: GPL-2.0
/*
 * A block cipher by itself: CBC by GnuTLS, AES-CTR by nettle.
 *
 * RFCs: 2409 appendix B (CBC in IKEv1), 2451 (3DES), 3602 (AES), 3686 §4 (counter block), 4312
 * (Camellia).
 */
#include "crypto/block.h"

#include "crypto/alg.h"
#include "lib/secret.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <nettle/aes.h>
#include <nettle/ctr.h>
#include <string.h>

#define CTR_NONCE_LEN 12	/* salt | IV, RFC 3686 §4 */

static const struct cbc {
	uint16_t encr;
	uint8_t key_len, block_len;
	gnutls_cipher_algorithm_t lib;
} cbcs[] = {
	{ ENCR_DES, 8, 8, GNUTLS_CIPHER_DES_CBC },
	{ ENCR_3DES, 24, 8, GNUTLS_CIPHER_3DES_CBC },
	{ ENCR_AES_CBC, 16, 16, GNUTLS_CIPHER_AES_128_CBC },
	{ ENCR_AES_CBC, 24, 16, GNUTLS_CIPHER_AES_192_CBC },
	{ ENCR_AES_CBC, 32, 16, GNUTLS_CIPHER_AES_256_CBC },
	{ ENCR_CAMELLIA_CBC, 16, 16, GNUTLS_CIPHER_CAMELLIA_128_CBC },
	{ ENCR_CAMELLIA_CBC, 24, 16, GNUTLS_CIPHER_CAMELLIA_192_CBC },
	{ ENCR_CAMELLIA_CBC, 32, 16, GNUTLS_CIPHER_CAMELLIA_256_CBC },
};

static const struct cbc *cbc_find(uint16_t encr, size_t key_len)
{
	for (size_t i = 0; i < sizeof(cbcs) / sizeof(cbcs[0]); i++)
		if (cbcs[i].encr == encr && cbcs[i].key_len == key_len)
			return &cbcs[i];
	return NULL;
}

static bool aes_key_fits(size_t key_len)
{
	return key_len == AES128_KEY_SIZE || key_len == AES192_KEY_SIZE ||
	       key_len == AES256_KEY_SIZE;
}

size_t block_len(uint16_t encr, size_t key_len)
{
	const struct cbc *cbc = cbc_find(encr, key_len);

	if (encr == ENCR_AES_CTR && aes_key_fits(key_len))
		return 1;
	return cbc ? cbc->block_len : 0;
}

static int cbc_crypt(const struct cbc *cbc, struct kw_span key, struct kw_span iv, uint8_t *text,
		     size_t len, bool encrypt)
{
	/* GnuTLS only reads both, but its datum is not const. */
	gnutls_datum_t k = { (unsigned char *)(uintptr_t)key.p, (unsigned int)key.len };
	gnutls_datum_t v = { (unsigned char *)(uintptr_t)iv.p, (unsigned int)iv.len };
	gnutls_cipher_hd_t hd;
	int err;

	if (iv.len != cbc->block_len || len % cbc->block_len)
		return -EINVAL;
	if (gnutls_cipher_init(&hd, cbc->lib, &k, &v) < 0)
		return -EIO;
	err = encrypt ? gnutls_cipher_encrypt2(hd, text, len, text, len) :
			gnutls_cipher_decrypt2(hd, text, len, text, len);
	gnutls_cipher_deinit(hd);
	return err < 0 ? -EIO : 0;
}

/* RFC 3686 §4: salt | IV | a block counter from 1; both ways are the same. */
static int ctr_run(struct kw_span key, struct kw_span iv, uint8_t *text, size_t len)
{
	uint8_t counter[AES_BLOCK_SIZE];
	struct kw_writer w = kw_writer(counter, sizeof(counter));
	nettle_cipher_func *encrypt;
	union {
		struct aes128_ctx k128;
		struct aes192_ctx k192;
		struct aes256_ctx k256;
	} aes;

	if (iv.len != CTR_NONCE_LEN)
		return -EINVAL;
	kw_put_span(&w, iv);
	kw_put_be32(&w, 1);
	if (key.len == AES128_KEY_SIZE) {
		aes128_set_encrypt_key(&aes.k128, key.p);
		encrypt = (nettle_cipher_func *)aes128_encrypt;
	} else if (key.len == AES192_KEY_SIZE) {
		aes192_set_encrypt_key(&aes.k192, key.p);
		encrypt = (nettle_cipher_func *)aes192_encrypt;
	} else {
		aes256_set_encrypt_key(&aes.k256, key.p);
		encrypt = (nettle_cipher_func *)aes256_encrypt;
	}
	ctr_crypt(&aes, encrypt, AES_BLOCK_SIZE, counter, len, text, text);
	kw_wipe(&aes, sizeof(aes));
	return 0;
}

static int block_crypt(uint16_t encr, struct kw_span key, struct kw_span iv, uint8_t *text,
		       size_t len, bool encrypt)
{
	const struct cbc *cbc = cbc_find(encr, key.len);

	if (encr == ENCR_AES_CTR)
		return aes_key_fits(key.len) ? ctr_run(key, iv, text, len) : -EINVAL;
	return cbc ? cbc_crypt(cbc, key, iv, text, len, encrypt) : -EOPNOTSUPP;
}

int block_decrypt(uint16_t encr, struct kw_span key, struct kw_span iv, uint8_t *text, size_t len)
{
	return block_crypt(encr, key, iv, text, len, false);
}

int block_encrypt(uint16_t encr, struct kw_span key, struct kw_span iv, uint8_t *text, size_t len)
{
	return block_crypt(encr, key, iv, text, len, true);
}
