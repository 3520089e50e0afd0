// SPDX-License-Identifier: GPL-2.0
/*
 * The only file that knows the kernel's crypto API: the keyed transforms of one SA, synchronous
 * and in place.
 *
 * RFCs: 3602, 3686, 4106, 4309, 4543, 7634
 *
 * x86's AES comes as internal implementations that must not run while the FPU is in use, and
 * wrappers that then hand requests to cryptd.  We take the internal one by asking for
 * CRYPTO_ALG_INTERNAL without CRYPTO_ALG_ASYNC, and beside it a portable one for the rare packet
 * that interrupts a task inside its FPU section.  Keyed hashes mind the FPU by themselves.
 *
 * Both kinds are keyed for each SA.  Requests live in per-CPU memory: portable templates put
 * parts of the request into scatterlists, which may not point to a stack.
 */
#include "crypto.h"

#include <asm/simd.h>
#include <crypto/aead.h>
#include <crypto/algapi.h>
#include <crypto/hash.h>
#include <crypto/internal/simd.h>
#include <crypto/skcipher.h>
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "algs.h"
#include "compat.h"

/* The largest request of any implementation we accept. */
#define REQUEST_MAX	1024

/* Bytes of IV every AEAD of the table is given, on the wire or not. */
#define AEAD_IV		8

/* What the transform needs while it works: BHs are off from filling it in to the result. */
struct workspace {
	union {
		struct aead_request aead;
		struct skcipher_request sk;
		struct shash_desc hash;
		u8 room[REQUEST_MAX];
	};
	u8 icv[HASH_MAX_DIGESTSIZE];
};

static struct workspace * __percpu *workspaces;

/* Some SA has, or had, an implementation that needs the FPU. */
static bool have_internal;

static int aead_crypt(const struct kw_cipher *c, u8 *aad, unsigned int aad_len, unsigned int len,
		      bool seal)
{
	struct aead_request *req = &(*this_cpu_ptr(workspaces))->aead;
	struct crypto_aead *tfm = c->plain.aead;
	unsigned int head = aad_len + AEAD_IV;
	struct scatterlist sg;

	if (c->simd.aead && crypto_simd_usable())
		tfm = c->simd.aead;
	/* rfc4106() and its kin count the IV as the last part of the AAD. */
	sg_init_one(&sg, aad, head + len + c->icv);
	aead_request_set_tfm(req, tfm);
	aead_request_set_callback(req, 0, NULL, NULL);
	aead_request_set_ad(req, head);
	aead_request_set_crypt(req, &sg, &sg, seal ? len : len + c->icv, aad + aad_len);
	return seal ? crypto_aead_encrypt(req) : crypto_aead_decrypt(req);
}

int kw_aead_seal(const struct kw_cipher *c, u8 *aad, unsigned int aad_len, unsigned int len)
{
	return aead_crypt(c, aad, aad_len, len, true);
}

int kw_aead_open(const struct kw_cipher *c, u8 *aad, unsigned int aad_len, unsigned int len)
{
	return aead_crypt(c, aad, aad_len, len, false);
}

static int plain_crypt(const struct kw_cipher *c, const u8 *iv, u8 *text, unsigned int len,
		       bool encrypt)
{
	struct skcipher_request *req = &(*this_cpu_ptr(workspaces))->sk;
	struct crypto_skcipher *tfm = c->plain.sk;
	struct scatterlist sg;
	u8 block[KW_IV_MAX];

	if (c->kind == KW_ENCR_NULL)
		return 0;
	if (c->simd.sk && crypto_simd_usable())
		tfm = c->simd.sk;
	if (c->kind == KW_ENCR_CTR) {
		/* RFC 3686 section 4: nonce, IV, and a counter that starts at one. */
		memcpy(block, c->salt, 4);
		memcpy(block + 4, iv, 8);
		put_unaligned_be32(1, block + 12);
	} else {
		/* The cipher leaves the next one here, and the packet is to keep its own. */
		memcpy(block, iv, c->iv);
	}
	sg_init_one(&sg, text, len);
	skcipher_request_set_tfm(req, tfm);
	skcipher_request_set_callback(req, 0, NULL, NULL);
	skcipher_request_set_crypt(req, &sg, &sg, len, block);
	return encrypt ? crypto_skcipher_encrypt(req) : crypto_skcipher_decrypt(req);
}

int kw_cipher_encrypt(const struct kw_cipher *c, const u8 *iv, u8 *text, unsigned int len)
{
	return plain_crypt(c, iv, text, len, true);
}

int kw_cipher_decrypt(const struct kw_cipher *c, const u8 *iv, u8 *text, unsigned int len)
{
	return plain_crypt(c, iv, text, len, false);
}

/* AES-GMAC: GCM of no text, with everything as AAD; the tag goes to @ws->icv. */
static int gmac(const struct kw_cipher *c, struct workspace *ws, const struct kvec *runs,
		unsigned int n, const u8 *iv)
{
	struct scatterlist sg[KW_RUNS_MAX + 1];
	unsigned int i, used = 0, len = 0;
	u8 nonce[12];

	sg_init_table(sg, n + 1);
	for (i = 0; i < n; i++) {
		if (!runs[i].iov_len)
			continue;
		sg_set_buf(&sg[used++], runs[i].iov_base, runs[i].iov_len);
		len += runs[i].iov_len;
	}
	sg_set_buf(&sg[used], ws->icv, c->icv - c->integ->iv);
	sg_mark_end(&sg[used]);
	memcpy(nonce, c->salt, 4);
	memcpy(nonce + 4, iv, 8);
	aead_request_set_tfm(&ws->aead, c->gmac);
	aead_request_set_callback(&ws->aead, 0, NULL, NULL);
	aead_request_set_ad(&ws->aead, len);
	aead_request_set_crypt(&ws->aead, sg, sg, 0, nonce);
	return crypto_aead_encrypt(&ws->aead);
}

/* The whole digest of a keyed hash goes to @ws->icv. */
static int keyed_hash(const struct kw_cipher *c, struct workspace *ws, const struct kvec *runs,
		      unsigned int n)
{
	unsigned int i;
	int ret;

	ws->hash.tfm = c->mac;
	ret = crypto_shash_init(&ws->hash);
	for (i = 0; !ret && i < n; i++)
		ret = crypto_shash_update(&ws->hash, runs[i].iov_base, runs[i].iov_len);
	return ret ?: crypto_shash_final(&ws->hash, ws->icv);
}

static int mac(const struct kw_cipher *c, struct workspace *ws, const struct kvec *runs,
	       unsigned int n, const u8 *iv)
{
	if (WARN_ON_ONCE(n > KW_RUNS_MAX))
		return -EINVAL;
	return c->gmac ? gmac(c, ws, runs, n, iv) : keyed_hash(c, ws, runs, n);
}

int kw_mac_make(const struct kw_cipher *c, const struct kvec *runs, unsigned int n, u64 iv,
		u8 *icv)
{
	struct workspace *ws = *this_cpu_ptr(workspaces);
	unsigned int iv_len = c->integ->iv;
	__be64 wire_iv = cpu_to_be64(iv);
	int ret;

	ret = mac(c, ws, runs, n, (const u8 *)&wire_iv);
	if (ret)
		return ret;
	memcpy(icv, &wire_iv, iv_len);
	memcpy(icv + iv_len, ws->icv, c->icv - iv_len);
	return 0;
}

int kw_mac_check(const struct kw_cipher *c, const struct kvec *runs, unsigned int n,
		 const u8 *icv)
{
	struct workspace *ws = *this_cpu_ptr(workspaces);
	unsigned int iv_len = c->integ->iv;
	int ret;

	ret = mac(c, ws, runs, n, icv);
	if (ret)
		return ret;
	return crypto_memneq(icv + iv_len, ws->icv, c->icv - iv_len) ? -EBADMSG : 0;
}

bool kw_crypto_should_yield(void)
{
	return READ_ONCE(have_internal) && !crypto_simd_usable();
}

static struct crypto_aead *keyed_aead(const char *name, u32 type, u32 mask, unsigned int icv,
				      const u8 *key, unsigned int len)
{
	struct crypto_aead *tfm = crypto_alloc_aead(name, type, mask);
	int ret;

	if (IS_ERR(tfm))
		return tfm;
	ret = -EOPNOTSUPP;
	if (crypto_aead_reqsize(tfm) > REQUEST_MAX - sizeof(struct aead_request))
		goto out_free;
	ret = crypto_aead_setkey(tfm, key, len) ?: crypto_aead_setauthsize(tfm, icv);
	if (ret)
		goto out_free;
	return tfm;

out_free:
	crypto_free_aead(tfm);
	return ERR_PTR(ret);
}

static struct crypto_skcipher *keyed_skcipher(const char *name, u32 type, u32 mask, const u8 *key,
					      unsigned int len)
{
	struct crypto_skcipher *tfm = crypto_alloc_skcipher(name, type, mask);
	int ret;

	if (IS_ERR(tfm))
		return tfm;
	ret = -EOPNOTSUPP;
	if (crypto_skcipher_reqsize(tfm) > REQUEST_MAX - sizeof(struct skcipher_request))
		goto out_free;
	ret = crypto_skcipher_setkey(tfm, key, len);
	if (ret)
		goto out_free;
	return tfm;

out_free:
	crypto_free_skcipher(tfm);
	return ERR_PTR(ret);
}

/*
 * Without the ASYNC bit in the mask an internal implementation would be cryptd's.  It is worth
 * having only if it is there and tested already: nobody is to run modprobe for each SA.
 */
#define INTERNAL_TYPE	(CRYPTO_ALG_INTERNAL | CRYPTO_ALG_TESTED)
#define INTERNAL_MASK	(CRYPTO_ALG_INTERNAL | CRYPTO_ALG_TESTED | CRYPTO_ALG_ASYNC | \
			 CRYPTO_NOLOAD)

static int init_aead(struct kw_cipher *c, const struct kw_keys *k)
{
	struct crypto_aead *tfm;

	tfm = keyed_aead(c->encr->name, 0, CRYPTO_ALG_ASYNC, c->icv, k->encr_key, k->encr_len);
	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	c->plain.aead = tfm;
	if (!c->encr->internal)
		return 0;
	tfm = keyed_aead(c->encr->internal, INTERNAL_TYPE, INTERNAL_MASK, c->icv, k->encr_key,
			 k->encr_len);
	if (!IS_ERR(tfm)) {
		c->simd.aead = tfm;
		WRITE_ONCE(have_internal, true);
	}
	return 0;
}

static int init_skcipher(struct kw_cipher *c, const struct kw_keys *k)
{
	unsigned int len = k->encr_len - c->encr->salt;
	struct crypto_skcipher *tfm;

	memcpy(c->salt, k->encr_key + len, c->encr->salt);
	tfm = keyed_skcipher(c->encr->name, 0, CRYPTO_ALG_ASYNC, k->encr_key, len);
	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	c->plain.sk = tfm;
	if (!c->encr->internal)
		return 0;
	tfm = keyed_skcipher(c->encr->internal, INTERNAL_TYPE, INTERNAL_MASK, k->encr_key, len);
	if (!IS_ERR(tfm)) {
		c->simd.sk = tfm;
		WRITE_ONCE(have_internal, true);
	}
	return 0;
}

static int init_encr(struct kw_cipher *c, const struct kw_keys *k)
{
	const struct kw_encr *encr = k->encr;

	c->encr = encr;
	c->kind = encr->kind;
	c->iv = encr->iv;
	c->icv = encr->icv;
	c->align = encr->align;
	if (encr->kind == KW_ENCR_AEAD)
		return init_aead(c, k);
	return encr->kind == KW_ENCR_NULL ? 0 : init_skcipher(c, k);
}

static int init_gmac(struct kw_cipher *c, const struct kw_keys *k)
{
	unsigned int len = k->integ_len - c->integ->salt;
	struct crypto_aead *tfm;

	memcpy(c->salt, k->integ_key + len, c->integ->salt);
	tfm = keyed_aead(c->integ->name, 0, CRYPTO_ALG_ASYNC, c->icv - c->integ->iv, k->integ_key,
			 len);
	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	c->gmac = tfm;
	return 0;
}

static int init_integ(struct kw_cipher *c, const struct kw_keys *k)
{
	struct crypto_shash *tfm;
	int ret;

	c->integ = k->integ;
	c->icv = k->integ->icv;
	if (c->integ->iv)
		return init_gmac(c, k);
	tfm = crypto_alloc_shash(c->integ->name, 0, 0);
	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	ret = -EOPNOTSUPP;
	if (crypto_shash_descsize(tfm) > REQUEST_MAX - sizeof(struct shash_desc))
		goto out_free;
	ret = crypto_shash_setkey(tfm, k->integ_key, k->integ_len);
	if (ret)
		goto out_free;
	c->mac = tfm;
	return 0;

out_free:
	crypto_free_shash(tfm);
	return ret;
}

int kw_cipher_init(struct kw_cipher *c, const struct kw_keys *keys, const char **lacks)
{
	int ret = 0;

	memset(c, 0, sizeof(*c));
	if (keys->encr) {
		*lacks = keys->encr->lacks;
		ret = init_encr(c, keys);
	}
	if (!ret && keys->integ) {
		*lacks = keys->integ->lacks;
		ret = init_integ(c, keys);
	}
	if (ret)
		kw_cipher_free(c);
	return ret;
}

void kw_cipher_free(struct kw_cipher *c)
{
	if (c->encr && c->kind == KW_ENCR_AEAD) {
		crypto_free_aead(c->simd.aead);
		crypto_free_aead(c->plain.aead);
	} else {
		crypto_free_skcipher(c->simd.sk);
		crypto_free_skcipher(c->plain.sk);
	}
	crypto_free_shash(c->mac);
	crypto_free_aead(c->gmac);
	memset(c, 0, sizeof(*c));
}

int kw_crypto_init(void)
{
	int cpu;

	workspaces = alloc_percpu(struct workspace *);
	if (!workspaces)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct workspace *ws = kzalloc_node(sizeof(*ws), GFP_KERNEL, cpu_to_node(cpu));

		if (!ws) {
			kw_crypto_exit();
			return -ENOMEM;
		}
		*per_cpu_ptr(workspaces, cpu) = ws;
	}
	return 0;
}

void kw_crypto_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kfree_sensitive(*per_cpu_ptr(workspaces, cpu));
	free_percpu(workspaces);
}
