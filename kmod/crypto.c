// SPDX-License-Identifier: GPL-2.0
/*
 * The only file that knows the kernel's crypto API: an AEAD over one contiguous buffer.
 *
 * RFCs: 4106, 7634
 *
 * Everything is synchronous.  x86's AES-GCM comes as an internal implementation that must not
 * run while the FPU is in use, and a wrapper that then hands requests to cryptd.  We take the
 * internal one by asking for CRYPTO_ALG_INTERNAL without CRYPTO_ALG_ASYNC, and beside it a
 * portable one for the rare packet that interrupts a task inside its FPU section.
 *
 * Both kinds are keyed for each SA.  Requests live in per-CPU memory: portable templates put
 * parts of the request into scatterlists, which may not point to a stack.
 */
#include "crypto.h"

#include <asm/simd.h>
#include <crypto/aead.h>
#include <crypto/internal/simd.h>
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "algs.h"

/* The largest request of any implementation we accept. */
#define REQUEST_MAX	1024

/* One request per CPU; BHs are off from filling it in to the result. */
static struct aead_request * __percpu *requests;

/* Some SA has, or had, an implementation that needs the FPU. */
static bool have_internal;

static int seal_or_open(const struct kw_cipher *c, u8 *aad, unsigned int aad_len,
			unsigned int len, bool seal)
{
	struct aead_request *req = *this_cpu_ptr(requests);
	const struct kw_alg *alg = c->alg;
	unsigned int head = aad_len + alg->iv;
	struct crypto_aead *tfm = c->plain;
	struct scatterlist sg;

	if (c->simd && crypto_simd_usable())
		tfm = c->simd;
	/* rfc4106() and rfc7539esp() count the IV as the last part of the AAD. */
	sg_init_one(&sg, aad, head + len + alg->icv);
	aead_request_set_tfm(req, tfm);
	aead_request_set_callback(req, 0, NULL, NULL);
	aead_request_set_ad(req, head);
	aead_request_set_crypt(req, &sg, &sg, seal ? len : len + alg->icv, aad + aad_len);
	return seal ? crypto_aead_encrypt(req) : crypto_aead_decrypt(req);
}

int kw_cipher_seal(const struct kw_cipher *c, u8 *aad, unsigned int aad_len, unsigned int len)
{
	return seal_or_open(c, aad, aad_len, len, true);
}

int kw_cipher_open(const struct kw_cipher *c, u8 *aad, unsigned int aad_len, unsigned int len)
{
	return seal_or_open(c, aad, aad_len, len, false);
}

bool kw_crypto_should_yield(void)
{
	return READ_ONCE(have_internal) && !crypto_simd_usable();
}

static struct crypto_aead *make_keyed(const char *name, u32 type, u32 mask, unsigned int icv,
				      const u8 *key, size_t len)
{
	struct crypto_aead *tfm = crypto_alloc_aead(name, type, mask);
	int ret;

	if (IS_ERR(tfm))
		return tfm;
	ret = -EOPNOTSUPP;
	if (crypto_aead_reqsize(tfm) > REQUEST_MAX - sizeof(struct aead_request))
		goto out_free;
	ret = crypto_aead_setkey(tfm, key, len);
	if (ret)
		goto out_free;
	ret = crypto_aead_setauthsize(tfm, icv);
	if (ret)
		goto out_free;
	return tfm;

out_free:
	crypto_free_aead(tfm);
	return ERR_PTR(ret);
}

int kw_cipher_init(struct kw_cipher *c, const struct kw_alg *alg, const u8 *key, size_t len)
{
	struct crypto_aead *tfm;

	c->alg = alg;
	c->simd = NULL;
	tfm = make_keyed(alg->name, 0, CRYPTO_ALG_ASYNC, alg->icv, key, len);
	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	c->plain = tfm;
	if (!alg->internal)
		return 0;
	/* Without the ASYNC bit in the mask this would be cryptd's. */
	tfm = make_keyed(alg->internal, CRYPTO_ALG_INTERNAL,
			 CRYPTO_ALG_INTERNAL | CRYPTO_ALG_ASYNC, alg->icv, key, len);
	if (!IS_ERR(tfm)) {
		c->simd = tfm;
		WRITE_ONCE(have_internal, true);
	}
	return 0;
}

void kw_cipher_free(struct kw_cipher *c)
{
	crypto_free_aead(c->simd);
	crypto_free_aead(c->plain);
	c->simd = NULL;
	c->plain = NULL;
}

int kw_crypto_init(void)
{
	int cpu;

	requests = alloc_percpu(struct aead_request *);
	if (!requests)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct aead_request *req = kzalloc_node(REQUEST_MAX, GFP_KERNEL, cpu_to_node(cpu));

		if (!req) {
			kw_crypto_exit();
			return -ENOMEM;
		}
		*per_cpu_ptr(requests, cpu) = req;
	}
	return 0;
}

void kw_crypto_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kfree_sensitive(*per_cpu_ptr(requests, cpu));
	free_percpu(requests);
}
