// SPDX-License-Identifier: GPL-2.0
/*
 * Protection of IKE messages: an AEAD, or a block cipher in CBC/CTR with a MAC (encrypt-then-MAC).
 *
 * RFCs: 7296 §3.14, 5282 (AEAD in IKEv2), 7634 (ChaCha20-Poly1305), 3602, 3686 and 5930 (CTR), 4868.
 *
 *	head | IV | encrypted( plain | padding | pad length ) | ICV
 *	'-- AAD of an AEAD
 *	'-- covered by the MAC of all others ----------------'
 *
 * GnuTLS has GCM and ChaCha20-Poly1305, nettle has CCM with every key and tag size, block.c the rest.
 * Key schedules are made for each message and wiped after it: they cost less than a microsecond, and
 * a long-lived one would be key material outside of secret memory.
 */
#include "crypto/skcipher.h"

#include "crypto/alg.h"
#include "crypto/block.h"
#include "crypto/mac.h"
#include "crypto/rand.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <nettle/aes.h>
#include <nettle/ccm.h>
#include <stdlib.h>
#include <string.h>

#define IV_MAX 16
#define SALT_MAX 4

/* One message, transformed in place. */
struct job {
	const struct skcipher *c;
	const uint8_t *iv;
	struct kw_span head;
	uint8_t *text;
	size_t len;
	uint8_t *tag;		/* right behind text */
};

/* 0, -EIO, or -EBADMSG from an AEAD's decrypt. */
struct mode {
	int (*encrypt)(const struct job *j);
	int (*decrypt)(const struct job *j);
	bool random_iv;		/* CBC; all others count */
};

struct suite {
	uint16_t encr;
	const struct mode *mode;
	gnutls_cipher_algorithm_t lib[3];	/* AEAD, by key size: 128 or fixed, 192, 256 */
};

struct skcipher {
	const struct suite *suite;
	const struct alg *encr, *integ;		/* integ is NULL for an AEAD */
	enum mac_kind mac;
	struct kw_secret encr_key;		/* key | salt */
	struct kw_secret integ_key;
	uint64_t counter;			/* the next explicit IV of a counting mode */
};

static struct kw_span key_of(const struct skcipher *c)
{
	return KW_SPAN(c->encr_key.p, c->encr_key.len - c->encr->salt_len);
}

static gnutls_cipher_algorithm_t lib_of(const struct skcipher *c)
{
	return c->suite->lib[c->encr->key_attr ? key_of(c).len / 8 - 2 : 0];
}

/* GnuTLS only reads a key, but its datum is not const. */
static gnutls_datum_t datum(struct kw_span s)
{
	return (gnutls_datum_t){ .data = (unsigned char *)(uintptr_t)s.p, .size = (unsigned int)s.len };
}

/* RFC 5282 4, RFC 3686 4: salt from the keying material, then the explicit IV. Returns the length. */
static size_t nonce_of(const struct job *j, uint8_t *nonce)
{
	const struct skcipher *c = j->c;

	memcpy(nonce, c->encr_key.p + key_of(c).len, c->encr->salt_len);
	memcpy(nonce + c->encr->salt_len, j->iv, c->encr->iv_len);
	return (size_t)c->encr->salt_len + c->encr->iv_len;
}

/* GCM and ChaCha20-Poly1305. */
static int aead_run(const struct job *j, bool encrypt)
{
	gnutls_datum_t key = datum(key_of(j->c));
	giovec_t head = { .iov_base = datum(j->head).data, .iov_len = j->head.len };
	giovec_t text = { .iov_base = j->text, .iov_len = j->len };
	size_t tag_len = j->c->encr->icv_len;
	uint8_t nonce[SALT_MAX + IV_MAX];
	gnutls_aead_cipher_hd_t hd;
	size_t n = nonce_of(j, nonce);
	int err;

	if (gnutls_aead_cipher_init(&hd, lib_of(j->c), &key) < 0)
		return -EIO;
	if (encrypt)
		err = gnutls_aead_cipher_encryptv2(hd, nonce, n, &head, 1, &text, 1, j->tag, &tag_len);
	else
		err = gnutls_aead_cipher_decryptv2(hd, nonce, n, &head, 1, &text, 1, j->tag, tag_len);
	gnutls_aead_cipher_deinit(hd);
	if (err == 0)
		return 0;
	return err == GNUTLS_E_DECRYPTION_FAILED ? -EBADMSG : -EIO;
}

static int aead_encrypt(const struct job *j)
{
	return aead_run(j, true);
}

static int aead_decrypt(const struct job *j)
{
	return aead_run(j, false);
}

/* An AES key schedule of any size, for nettle's CCM. */
struct aes_any {
	union {
		struct aes128_ctx k128;
		struct aes192_ctx k192;
		struct aes256_ctx k256;
	} ctx;
	nettle_cipher_func *encrypt;
};

static void aes_any_set_key(struct aes_any *aes, struct kw_span key)
{
	if (key.len == AES128_KEY_SIZE) {
		aes128_set_encrypt_key(&aes->ctx.k128, key.p);
		aes->encrypt = (nettle_cipher_func *)aes128_encrypt;
	} else if (key.len == AES192_KEY_SIZE) {
		aes192_set_encrypt_key(&aes->ctx.k192, key.p);
		aes->encrypt = (nettle_cipher_func *)aes192_encrypt;
	} else {
		aes256_set_encrypt_key(&aes->ctx.k256, key.p);
		aes->encrypt = (nettle_cipher_func *)aes256_encrypt;
	}
}

static int ccm_run(const struct job *j, bool encrypt)
{
	size_t tag_len = j->c->encr->icv_len;
	uint8_t nonce[SALT_MAX + IV_MAX];
	size_t n = nonce_of(j, nonce);
	struct aes_any aes;
	int ok = 1;

	aes_any_set_key(&aes, key_of(j->c));
	/* nettle takes ciphertext and tag as one string, which they are in a message. */
	if (encrypt)
		ccm_encrypt_message(&aes.ctx, aes.encrypt, n, nonce, j->head.len, j->head.p, tag_len,
				    j->len + tag_len, j->text, j->text);
	else
		ok = ccm_decrypt_message(&aes.ctx, aes.encrypt, n, nonce, j->head.len, j->head.p,
					 tag_len, j->len, j->text, j->text);
	kw_wipe(&aes, sizeof(aes));
	return ok ? 0 : -EBADMSG;
}

static int ccm_encrypt_job(const struct job *j)
{
	return ccm_run(j, true);
}

static int ccm_decrypt_job(const struct job *j)
{
	return ccm_run(j, false);
}

/* CBC takes its IV, CTR salt | IV: no cipher of block.c has both a salt and an IV of its own length. */
static int block_run(const struct job *j, bool encrypt)
{
	uint8_t nonce[SALT_MAX + IV_MAX];
	struct kw_span iv = KW_SPAN(nonce, nonce_of(j, nonce));
	uint16_t encr = j->c->encr->id;

	return encrypt ? block_encrypt(encr, key_of(j->c), iv, j->text, j->len) :
			 block_decrypt(encr, key_of(j->c), iv, j->text, j->len);
}

static int block_encrypt_job(const struct job *j)
{
	return block_run(j, true);
}

static int block_decrypt_job(const struct job *j)
{
	return block_run(j, false);
}

static const struct mode aead = { aead_encrypt, aead_decrypt, .random_iv = false };
static const struct mode ccm = { ccm_encrypt_job, ccm_decrypt_job, .random_iv = false };
static const struct mode ctr = { block_encrypt_job, block_decrypt_job, .random_iv = false };
static const struct mode cbc = { block_encrypt_job, block_decrypt_job, .random_iv = true };

#define GCM_LIB { GNUTLS_CIPHER_AES_128_GCM, GNUTLS_CIPHER_AES_192_GCM, GNUTLS_CIPHER_AES_256_GCM }

static const struct suite suites[] = {
	{ ENCR_AES_GCM_16, &aead, GCM_LIB },
	{ ENCR_AES_GCM_12, &aead, GCM_LIB },
	{ ENCR_AES_GCM_8, &aead, GCM_LIB },
	{ ENCR_CHACHA20_POLY1305, &aead, { GNUTLS_CIPHER_CHACHA20_POLY1305 } },
	{ ENCR_AES_CCM_16, &ccm, { 0 } },
	{ ENCR_AES_CCM_12, &ccm, { 0 } },
	{ ENCR_AES_CCM_8, &ccm, { 0 } },
	{ ENCR_AES_CTR, &ctr, { 0 } },
	{ ENCR_AES_CBC, &cbc, { 0 } },
	{ ENCR_CAMELLIA_CBC, &cbc, { 0 } },
	{ ENCR_3DES, &cbc, { 0 } },
};

static const struct {
	uint16_t integ;
	enum mac_kind mac;
} macs[] = {
	{ INTEG_HMAC_SHA1_96, MAC_HMAC_SHA1 },
	{ INTEG_HMAC_SHA2_256_128, MAC_HMAC_SHA2_256 },
	{ INTEG_HMAC_SHA2_384_192, MAC_HMAC_SHA2_384 },
	{ INTEG_HMAC_SHA2_512_256, MAC_HMAC_SHA2_512 },
	{ INTEG_AES_XCBC_96, MAC_AES_XCBC },
	{ INTEG_AES_CMAC_96, MAC_AES_CMAC },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int find_encr(struct skcipher *c, uint16_t encr, uint16_t key_bits)
{
	c->encr = alg_find(TRANSFORM_ENCR, encr);
	for (size_t i = 0; i < COUNT(suites); i++) {
		if (suites[i].encr == encr)
			c->suite = &suites[i];
	}
	if (!c->encr || !c->suite)
		return -EOPNOTSUPP;
	if (!c->encr->key_attr)
		return key_bits == 0 || key_bits == 8 * c->encr->key_len ? 0 : -EINVAL;
	for (size_t i = 0; i < COUNT(c->encr->key_bits); i++) {
		if (key_bits && c->encr->key_bits[i] == key_bits)
			return 0;
	}
	return -EINVAL;
}

static int find_integ(struct skcipher *c, uint16_t integ)
{
	if (c->encr->aead)
		return integ == INTEG_NONE ? 0 : -EINVAL;
	for (size_t i = 0; i < COUNT(macs); i++) {
		if (macs[i].integ == integ) {
			c->integ = alg_find(TRANSFORM_INTEG, integ);
			c->mac = macs[i].mac;
		}
	}
	return c->integ ? 0 : -EOPNOTSUPP;
}

static size_t icv_len(const struct skcipher *c)
{
	return c->integ ? c->integ->icv_len : c->encr->icv_len;
}

int skcipher_new(struct skcipher **c, uint16_t encr, uint16_t key_bits, uint16_t integ,
		 const struct kw_secret *encr_key, const struct kw_secret *integ_key)
{
	struct skcipher *made = calloc(1, sizeof(*made));
	size_t integ_len = integ_key ? integ_key->len : 0;
	int ret;

	if (!made)
		return -ENOMEM;
	ret = find_encr(made, encr, key_bits);
	if (ret == 0)
		ret = find_integ(made, integ);
	if (ret == 0 && (encr_key->len != alg_encr_keymat(made->encr, key_bits) ||
			 integ_len != (made->integ ? made->integ->key_len : 0)))
		ret = -EINVAL;
	if (ret == 0)
		ret = kw_secret_dup(&made->encr_key, encr_key);
	if (ret == 0 && made->integ)
		ret = kw_secret_dup(&made->integ_key, integ_key);
	if (ret) {
		skcipher_free(made);
		return ret;
	}
	/* Anywhere in 2^64, so that a daemon that takes over this SA's keys does not start where we did. */
	rand_bytes(&made->counter, sizeof(made->counter));
	*c = made;
	return 0;
}

void skcipher_free(struct skcipher *c)
{
	if (!c)
		return;
	kw_secret_drop(&c->encr_key);
	kw_secret_drop(&c->integ_key);
	free(c);
}

/* Padding octets, the pad length octet not counted. */
static size_t pad_len(const struct skcipher *c, size_t plain_len)
{
	size_t block = c->encr->block_len;

	return (block - (plain_len + 1) % block) % block;
}

void skcipher_keys(const struct skcipher *c, struct kw_span *encr, struct kw_span *integ)
{
	*encr = kw_secret_expose(&c->encr_key);
	*integ = kw_secret_expose(&c->integ_key);
}

size_t skcipher_sealed_len(const struct skcipher *c, size_t plain_len)
{
	return c->encr->iv_len + plain_len + pad_len(c, plain_len) + 1 + icv_len(c);
}

static void make_iv(struct skcipher *c, uint8_t *iv)
{
	struct kw_writer w = kw_writer(iv, c->encr->iv_len);

	if (c->suite->mode->random_iv)
		rand_bytes(iv, c->encr->iv_len);
	else
		kw_put_be64(&w, c->counter++);
}

/* The MAC of head | body, where body is IV | ciphertext. */
static int mac_of(const struct skcipher *c, struct kw_span head, struct kw_span body,
		  uint8_t mac[MAC_MAX])
{
	const struct kw_span in[] = { head, body };

	return mac_compute(c->mac, kw_secret_expose(&c->integ_key), in, 2, mac);
}

int skcipher_seal(struct skcipher *c, struct kw_span head, struct kw_span plain, uint8_t *out)
{
	size_t iv_len = c->encr->iv_len, pad = pad_len(c, plain.len);
	size_t len = plain.len + pad + 1;
	uint8_t *text = out + iv_len, *icv = text + len;
	struct job j = { .c = c, .iv = out, .head = head, .text = text, .len = len, .tag = icv };
	uint8_t mac[MAC_MAX];
	int ret;

	make_iv(c, out);
	if (plain.len)
		memcpy(text, plain.p, plain.len);
	memset(text + plain.len, 0, pad);
	text[len - 1] = (uint8_t)pad;
	ret = c->suite->mode->encrypt(&j);
	if (ret == 0 && c->integ) {
		ret = mac_of(c, head, KW_SPAN(out, iv_len + len), mac);
		if (ret == 0)
			memcpy(icv, mac, icv_len(c));
	}
	if (ret)
		kw_wipe(text, len);
	return ret;
}

/* RFC 7296 3.14: the last octet says how much padding stands before it. */
static int strip_padding(const uint8_t *text, size_t len, size_t *plain_len)
{
	size_t pad = text[len - 1];

	if (pad + 1 > len)
		return -EBADMSG;
	*plain_len = len - pad - 1;
	return 0;
}

int skcipher_open(struct skcipher *c, struct kw_span head, struct kw_span body, uint8_t *plain,
		  size_t *plain_len)
{
	size_t iv_len = c->encr->iv_len, icv = icv_len(c), len;
	struct job j = { .c = c, .iv = body.p, .head = head, .text = plain };
	uint8_t mac[MAC_MAX];
	int ret;

	if (body.len < iv_len + c->encr->block_len + icv)
		return -EBADMSG;
	len = body.len - iv_len - icv;
	if (len % c->encr->block_len)
		return -EBADMSG;
	if (c->integ) {
		ret = mac_of(c, head, KW_SPAN(body.p, iv_len + len), mac);
		if (ret)
			return ret;
		if (!kw_equal_ct(mac, body.p + iv_len + len, icv))
			return -EBADMSG;
	}
	memcpy(plain, body.p + iv_len, len + icv);
	j.len = len;
	j.tag = plain + len;
	ret = c->suite->mode->decrypt(&j);
	if (ret == 0)
		ret = strip_padding(plain, len, plain_len);
	if (ret)
		kw_wipe(plain, len);
	return ret;
}
