// SPDX-License-Identifier: GPL-2.0
/*
 * Key derivation of IKEv2.
 *
 * RFC 7296 §2.14: SKEYSEED = prf(Ni | Nr, g^ir)
 *                 {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr)
 *          §2.18: SKEYSEED = prf(SK_d (old), g^ir | Ni | Nr)
 *          §2.17: KEYMAT = prf+(SK_d, [g^ir |] Ni | Nr): what the initiator sends with, then the responder;
 *                 in each the encryption key before the integrity key.
 * RFC 5723 §5.1: SKEYSEED = prf(SK_d (old), "Resumption" | Ni | Nr), of an IKE SA that is resumed.
 * RFC 9370: behind Ni | Nr of the latter two come the secrets of further key exchanges; those of IKE_INTERMEDIATE
 * make the keys anew, each as §2.18 does.
 */
#include <errno.h>
#include <string.h>

#include "crypto/prf.h"
#include "ike/conn.h"
#include "ike/key_export.h"
#include "ikev2/keys.h"

/* §2.14: for these two PRFs only the first 64 bits of each nonce key SKEYSEED. */
static size_t nonce_key_len(uint16_t prf_id, const struct v2_nonce *n)
{
	bool fixed = prf_id == PRF_AES128_XCBC || prf_id == PRF_AES128_CMAC;

	return fixed ? 8 : n->len;
}

static int first_skeyseed(const struct v2_sa *v2, uint16_t prf_id, const struct kw_secret *g_ir,
			  struct kw_secret *out)
{
	size_t i = nonce_key_len(prf_id, v2->ni), r = nonce_key_len(prf_id, v2->nr);
	const struct kw_span in = kw_secret_expose(g_ir);
	uint8_t key[2 * IKE_NONCE_MAX];

	memcpy(key, v2->ni->b, i);
	memcpy(key + i, v2->nr->b, r);
	return prf_secret(prf_id, KW_SPAN(key, i + r), &in, 1, out);
}

#define AGREED_MAX (3u + ADDKE_MAX)

/* RFC 9370 §2.2.4: g^ir | Ni | Nr | SK(1) | ... | SK(n), into in; how many. */
static size_t agreed(struct kw_span in[AGREED_MAX], const struct kw_secret *g_ir, const struct v2_nonce *ni,
		     const struct v2_nonce *nr, const struct v2_more *more)
{
	size_t n = 0;

	in[n++] = kw_secret_expose(g_ir);
	in[n++] = v2_nonce_span(ni);
	in[n++] = v2_nonce_span(nr);
	for (unsigned int i = 0; more && i < more->n; i++)
		in[n++] = kw_secret_expose(&more->g[i]);
	return n;
}

static int next_skeyseed(const struct v2_sa *v2, const struct kw_secret *g_ir, const struct v2_more *more,
			 const struct kw_secret *old_sk_d, uint16_t old_prf, struct kw_secret *out)
{
	struct kw_span in[AGREED_MAX];
	size_t n = agreed(in, g_ir, v2->ni, v2->nr, more);

	return prf_secret(old_prf, kw_secret_expose(old_sk_d), in, n, out);
}

/* The next n octets of the keying material. */
static int cut(const struct kw_secret *from, size_t *off, size_t n, struct kw_secret *out)
{
	int ret = n ? kw_secret_slice(out, from, *off, n) : 0;

	*off += n;
	return ret;
}

static size_t integ_key_len(uint16_t integ)
{
	const struct alg *alg = integ ? alg_find(TRANSFORM_INTEG, integ) : NULL;

	return alg ? alg->key_len : 0;
}

struct sk {
	struct kw_secret ai, ar, ei, er;
};

static void sk_drop(struct sk *k)
{
	kw_secret_drop(&k->ai);
	kw_secret_drop(&k->ar);
	kw_secret_drop(&k->ei);
	kw_secret_drop(&k->er);
}

static int make_ciphers(struct ike_sa *sa, const struct sk *k)
{
	struct v2_sa *v2 = v2_sa(sa);
	const struct suite *s = &sa->suite;
	bool i = sa->role == IKE_INITIATOR;
	int ret = skcipher_new(&v2->seal, s->encr, s->encr_bits, s->integ, i ? &k->ei : &k->er,
			       i ? &k->ai : &k->ar);

	if (ret)
		return ret;
	return skcipher_new(&v2->open, s->encr, s->encr_bits, s->integ, i ? &k->er : &k->ei,
			    i ? &k->ar : &k->ai);
}

/* All SK_* from SKEYSEED. */
static int expand(struct ike_sa *sa, const struct kw_secret *seed)
{
	struct v2_sa *v2 = v2_sa(sa);
	const struct suite *s = &sa->suite;
	const struct alg *encr = alg_find(TRANSFORM_ENCR, s->encr);
	size_t p = prf_key_len(s->prf), a = integ_key_len(s->integ), off = 0, e;
	const struct kw_span in[] = {
		v2_nonce_span(v2->ni), v2_nonce_span(v2->nr),
		KW_SPAN(sa->spi_i, IKE_SPI_LEN), KW_SPAN(sa->spi_r, IKE_SPI_LEN),
	};
	struct kw_secret all = { 0 };
	struct sk k = { 0 };
	int ret;

	if (!encr || !p)
		return -EOPNOTSUPP;
	e = alg_encr_keymat(encr, s->encr_bits);
	ret = prf_plus(s->prf, kw_secret_expose(seed), in, 4, 3 * p + 2 * a + 2 * e, &all);
	if (!ret)
		ret = cut(&all, &off, p, &v2->sk_d);
	if (!ret)
		ret = cut(&all, &off, a, &k.ai);
	if (!ret)
		ret = cut(&all, &off, a, &k.ar);
	if (!ret)
		ret = cut(&all, &off, e, &k.ei);
	if (!ret)
		ret = cut(&all, &off, e, &k.er);
	if (!ret)
		ret = cut(&all, &off, p, &v2->sk_pi);
	if (!ret)
		ret = cut(&all, &off, p, &v2->sk_pr);
	if (!ret)
		ret = make_ciphers(sa, &k);
	sk_drop(&k);
	kw_secret_drop(&all);
	return ret;
}

int v2_keys_ike(struct ike_sa *sa, const struct kw_secret *g_ir, const struct v2_more *more,
		const struct kw_secret *old_sk_d, uint16_t old_prf)
{
	const struct v2_sa *v2 = v2_sa(sa);
	struct kw_secret seed = { 0 };
	int ret = old_sk_d ? next_skeyseed(v2, g_ir, more, old_sk_d, old_prf, &seed)
			   : first_skeyseed(v2, sa->suite.prf, g_ir, &seed);

	if (!ret)
		ret = expand(sa, &seed);
	kw_secret_drop(&seed);
	return ret;
}

int v2_keys_resume(struct ike_sa *sa, const struct kw_secret *old_sk_d)
{
	const struct kw_span in[] = {
		KW_SPAN_STR("Resumption"), v2_nonce_span(v2_sa(sa)->ni), v2_nonce_span(v2_sa(sa)->nr),
	};
	struct kw_secret seed = { 0 };
	int ret = prf_secret(sa->suite.prf, kw_secret_expose(old_sk_d), in, 3, &seed);

	if (!ret)
		ret = expand(sa, &seed);
	kw_secret_drop(&seed);
	return ret;
}

void v2_keys_export(const struct ike_sa *sa)
{
	const struct v2_sa *v2 = v2_sa(sa);
	bool i = sa->role == IKE_INITIATOR;
	struct key_export_ike keys;

	skcipher_keys(i ? v2->seal : v2->open, &keys.encr_i, &keys.integ_i);
	skcipher_keys(i ? v2->open : v2->seal, &keys.encr_r, &keys.integ_r);
	key_export_ike(sa, &keys);
}

/* RFC 8784 §3: SK_d = prf+(PPK, SK_d'), and so the other two, as long as they are. */
static int mix(uint16_t prf_id, const struct kw_secret *ppk, struct kw_secret *key,
	       struct kw_secret *plain)
{
	const struct kw_span in = kw_secret_expose(key);
	struct kw_secret mixed = { 0 };
	int ret = prf_plus(prf_id, kw_secret_expose(ppk), &in, 1, key->len, &mixed);

	if (ret)
		return ret;
	kw_secret_move(plain, key);
	kw_secret_move(key, &mixed);
	return 0;
}

int v2_keys_mix_ppk(struct ike_sa *sa)
{
	const struct kw_secret *ppk = &sa->conn->conf->ppk;
	struct v2_sa *v2 = v2_sa(sa);
	int ret = mix(sa->suite.prf, ppk, &v2->sk_d, &v2->plain_d);

	if (!ret)
		ret = mix(sa->suite.prf, ppk, &v2->sk_pi, &v2->plain_pi);
	if (!ret)
		ret = mix(sa->suite.prf, ppk, &v2->sk_pr, &v2->plain_pr);
	v2->ppk_mixed = !ret;
	return ret;
}

void v2_keys_unmix_ppk(struct ike_sa *sa)
{
	struct v2_sa *v2 = v2_sa(sa);

	kw_secret_drop(&v2->sk_d);
	kw_secret_drop(&v2->sk_pi);
	kw_secret_drop(&v2->sk_pr);
	kw_secret_move(&v2->sk_d, &v2->plain_d);
	kw_secret_move(&v2->sk_pi, &v2->plain_pi);
	kw_secret_move(&v2->sk_pr, &v2->plain_pr);
	v2->ppk_mixed = false;
}

int v2_keys_child(const struct ike_sa *sa, const struct suite *suite, const struct kw_secret *g_ir,
		  const struct v2_more *more, const struct v2_nonce *ni, const struct v2_nonce *nr, struct child_keys *out)
{
	const struct alg *encr = suite->encr ? alg_find(TRANSFORM_ENCR, suite->encr) : NULL;
	size_t a = integ_key_len(suite->integ), off = 0, e, n;
	struct kw_span in[AGREED_MAX];
	struct kw_secret all = { 0 };
	int ret;

	/* AH has integrity alone. */
	if (suite->encr ? !encr : !a)
		return -EOPNOTSUPP;
	e = encr ? alg_encr_keymat(encr, suite->encr_bits) : 0;
	n = agreed(in, g_ir, ni, nr, more);
	ret = prf_plus(sa->suite.prf, kw_secret_expose(&v2_sa(sa)->sk_d), in, n, 2 * (a + e), &all);
	if (!ret)
		ret = cut(&all, &off, e, &out->encr_i);
	if (!ret)
		ret = cut(&all, &off, a, &out->integ_i);
	if (!ret)
		ret = cut(&all, &off, e, &out->encr_r);
	if (!ret)
		ret = cut(&all, &off, a, &out->integ_r);
	if (ret)
		child_keys_drop(out);
	kw_secret_drop(&all);
	return ret;
}
