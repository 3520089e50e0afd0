// SPDX-License-Identifier: GPL-2.0
/* Start of the crypto layer: libraries initialised, every offered row of alg.c instantiated once. */
#include "crypto/setup.h"

#include "crypto/alg.h"
#include "crypto/dh.h"
#include "crypto/prf.h"
#include "crypto/skcipher.h"
#include "lib/log.h"

#include <errno.h>
#include <gmp.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

/* GMP knows the size of what it gives back: exponents and shared values are wiped there. */
static void *wiping_realloc(void *old, size_t old_size, size_t size)
{
	void *p = malloc(size);

	if (!p)
		abort();	/* as GMP's own does; it has no way to fail */
	memcpy(p, old, old_size < size ? old_size : size);
	kw_wipe(old, old_size);
	free(old);
	return p;
}

static void wiping_free(void *p, size_t size)
{
	kw_wipe(p, size);
	free(p);
}

/* A message sealed and opened with keys of the right length: do the libraries have both? */
static int try_seal(const struct alg *encr, uint16_t key_bits, const struct alg *integ)
{
	const struct kw_span text = KW_SPAN_STR("keyway");
	struct kw_secret key = { 0 }, integ_key = { 0 };
	uint8_t sealed[128], opened[128];
	struct skcipher *c = NULL;
	size_t len = 0;
	int ret;

	ret = kw_secret_new(&key, alg_encr_keymat(encr, key_bits));
	if (ret == 0)
		ret = kw_secret_new(&integ_key, integ->key_len);
	if (ret == 0)
		ret = skcipher_new(&c, encr->id, key_bits, integ->id, &key, &integ_key);
	if (ret == 0)
		ret = skcipher_seal(c, text, text, sealed);
	if (ret == 0)
		ret = skcipher_open(c, text, KW_SPAN(sealed, skcipher_sealed_len(c, text.len)),
				    opened, &len);
	if (ret == 0 && !kw_span_equal(text, KW_SPAN(opened, len)))
		ret = -EIO;
	skcipher_free(c);
	kw_secret_drop(&key);
	kw_secret_drop(&integ_key);
	return ret;
}

static int try_encr(const struct alg *alg)
{
	uint16_t id = alg->aead ? INTEG_NONE : INTEG_HMAC_SHA2_256_128;
	const struct alg *integ = alg_find(TRANSFORM_INTEG, id);
	int ret = 0;

	if (!alg->key_attr)
		return try_seal(alg, 0, integ);
	for (size_t i = 0; i < sizeof(alg->key_bits) / sizeof(alg->key_bits[0]) && !ret; i++) {
		if (alg->key_bits[i])
			ret = try_seal(alg, alg->key_bits[i], integ);
	}
	return ret;
}

static int try_prf(const struct alg *alg)
{
	const struct kw_span in = KW_SPAN_STR("keyway");
	uint8_t out[PRF_MAX];

	if (prf_len(alg->id) != alg->out_len || prf_key_len(alg->id) != alg->key_len)
		return -EIO;
	return prf(alg->id, in, &in, 1, out);
}

static int try_integ(const struct alg *alg)
{
	if (alg->id == INTEG_NONE)
		return 0;
	return try_seal(alg_find(TRANSFORM_ENCR, ENCR_AES_CBC), 128, alg);
}

/* A power with a tiny private value: cheap in the largest group too. */
static int try_ke(const struct alg *alg)
{
	uint8_t small[64] = { [31] = 2 };
	size_t len = alg->id == KE_CURVE448 ? 56 : 32;
	struct dh *dh = NULL;
	int ret;

	if (dh_public_len(alg->id) != alg->out_len)
		return -EIO;
	ret = dh_new_with_private(&dh, alg->id, KW_SPAN(small, len));
	dh_free(dh);
	return ret;
}

static int try_row(const struct alg *alg)
{
	if (!alg->ike)
		return 0;
	switch ((enum transform_type)alg->type) {
	case TRANSFORM_ENCR:
		return try_encr(alg);
	case TRANSFORM_PRF:
		return try_prf(alg);
	case TRANSFORM_INTEG:
		return try_integ(alg);
	case TRANSFORM_KE:
		return try_ke(alg);
	case TRANSFORM_ESN:
		return 0;
	}
	return -EINVAL;
}

int crypto_setup(void)
{
	const struct alg *table;
	size_t n;
	int ret;

	ret = kw_secret_setup();
	if (ret) {
		log_error(NULL, "no locked memory for keys (%s): raise LimitMEMLOCK / ulimit -l",
			  strerror(-ret));
		return ret;
	}
	mp_set_memory_functions(NULL, wiping_realloc, wiping_free);
	if (gnutls_global_init() < 0) {
		log_error(NULL, "GnuTLS does not start");
		return -ENOSYS;
	}
	table = alg_table(&n);
	for (size_t i = 0; i < n; i++) {
		ret = try_row(&table[i]);
		if (ret) {
			log_error(NULL, "%s does not work with the installed libraries (%s)",
				  table[i].rfc_name, strerror(-ret));
			return ret;
		}
	}
	return 0;
}
