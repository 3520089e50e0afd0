// SPDX-License-Identifier: GPL-2.0
/*
 * Key derivation and hashes of IKEv1.
 *
 * RFC 2409 §5:   SKEYID   = prf(pre-shared key, Ni_b | Nr_b)            PSK
 *                           prf(Ni_b | Nr_b, g^xy)                      signatures
 *                           prf(hash(Ni_b | Nr_b), CKY-I | CKY-R)       public-key encryption, revised or not
 *                SKEYID_d = prf(SKEYID, g^xy | CKY-I | CKY-R | 0)
 *                SKEYID_a = prf(SKEYID, SKEYID_d | g^xy | CKY-I | CKY-R | 1)
 *                SKEYID_e = prf(SKEYID, SKEYID_a | g^xy | CKY-I | CKY-R | 2)
 *                HASH_I   = prf(SKEYID, g^xi | g^xr | CKY-I | CKY-R | SAi_b | IDii_b)
 *                HASH_R   = prf(SKEYID, g^xr | g^xi | CKY-R | CKY-I | SAi_b | IDir_b)
 *          In the base exchange (RFC 2408 §4.4) g^xr and, without a pre-shared key, SKEYID are not known to an
 *          initiator who has to prove himself:
 *                HASH_I   = prf(key, g^xi | CKY-I | CKY-R | SAi_b | IDii_b)
 *                HASH_R   = prf(key, g^xr | g^xi | CKY-R | CKY-I | SAi_b | IDir_b)
 *                key      = SKEYID with a pre-shared key, else hash(Ni_b | Nr_b)
 *          §5.5: HASH(1)  = prf(SKEYID_a, M-ID | rest)
 *                HASH(2)  = prf(SKEYID_a, M-ID | Ni_b | rest)
 *                HASH(3)  = prf(SKEYID_a, 0 | M-ID | Ni_b | Nr_b)
 *          appendix B: a longer key is K1 | K2 ..., K1 = prf(SKEYID_e, 0), Kn = prf(SKEYID_e, Kn-1);
 *                IV = hash(g^xi | g^xr), then hash(last block of phase 1 | M-ID)
 * The prf is the HMAC of the negotiated hash.
 */
#include <errno.h>
#include <string.h>

#include "crypto/hash_v1.h"
#include "crypto/prf.h"
#include "ikev1/keys.h"
#include "ikev1/skeme.h"

static const struct {
	uint16_t hash, prf;
} hashes[] = {
	{ V1_HASH_SHA, PRF_HMAC_SHA1 },
	{ V1_HASH_SHA2_256, PRF_HMAC_SHA2_256 },
	{ V1_HASH_SHA2_384, PRF_HMAC_SHA2_384 },
	{ V1_HASH_SHA2_512, PRF_HMAC_SHA2_512 },
	{ V1_HASH_MD5, PRF_HMAC_MD5 },
};

static const struct {
	uint16_t v1, v2;
} ciphers[] = {
	{ V1_ENCR_AES_CBC, ENCR_AES_CBC },
	{ V1_ENCR_CAMELLIA_CBC, ENCR_CAMELLIA_CBC },
	{ V1_ENCR_3DES_CBC, ENCR_3DES },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

uint16_t v1_prf_of_hash(uint16_t v1_hash)
{
	for (size_t i = 0; i < COUNT(hashes); i++)
		if (hashes[i].hash == v1_hash)
			return hashes[i].prf;
	return 0;
}

uint16_t v1_hash_of_prf(uint16_t prf_id)
{
	for (size_t i = 0; i < COUNT(hashes); i++)
		if (hashes[i].prf == prf_id)
			return hashes[i].hash;
	return 0;
}

uint16_t v1_encr_to_v2(uint16_t v1_encryption)
{
	for (size_t i = 0; i < COUNT(ciphers); i++)
		if (ciphers[i].v1 == v1_encryption)
			return ciphers[i].v2;
	return 0;
}

uint16_t v1_encr_from_v2(uint16_t encr)
{
	for (size_t i = 0; i < COUNT(ciphers); i++)
		if (ciphers[i].v2 == encr)
			return ciphers[i].v1;
	return 0;
}

size_t v1_hash_size(const struct ike_sa *sa)
{
	return prf_len(sa->suite.prf);
}

/* ---- phase 1 ---- */

static struct kw_span cookie_i(const struct ike_sa *sa)
{
	return KW_SPAN(sa->spi_i, IKE_SPI_LEN);
}

static struct kw_span cookie_r(const struct ike_sa *sa)
{
	return KW_SPAN(sa->spi_r, IKE_SPI_LEN);
}

int v1_key_of_psk(struct ike_sa *sa, const struct kw_secret *psk)
{
	struct v1_sa *v1 = v1_sa(sa);
	const struct kw_span nonces[] = { v1_nonce_span(&v1->ni), v1_nonce_span(&v1->nr) };

	kw_secret_drop(&v1->skeyid);
	if (v1->auth != V1_AUTH_PSK)
		return 0;
	return psk->len ? prf_secret(sa->suite.prf, kw_secret_expose(psk), nonces, 2, &v1->skeyid) : -EINVAL;
}

static int skeyid_of_nonces(struct ike_sa *sa)
{
	struct v1_sa *v1 = v1_sa(sa);
	const struct kw_span nonces[] = { v1_nonce_span(&v1->ni), v1_nonce_span(&v1->nr) };
	const struct kw_span cookies[] = { cookie_i(sa), cookie_r(sa) };
	uint8_t key[HASH_MAX];
	int ret = hash_v1_digest(v1->hash, nonces, 2, key);

	if (!ret)
		ret = prf_secret(sa->suite.prf, KW_SPAN(key, hash_v1_len(v1->hash)), cookies, 2, &v1->skeyid);
	kw_wipe(key, sizeof(key));
	return ret;
}

static int skeyid(struct ike_sa *sa, const struct kw_secret *psk)
{
	struct v1_sa *v1 = v1_sa(sa);
	uint8_t key[2 * V1_NONCE_MAX];
	const struct kw_span g_xy = kw_secret_expose(&v1->g_xy);

	if (psk)
		return v1_key_of_psk(sa, psk);
	kw_secret_drop(&v1->skeyid);
	if (v1_is_skeme(sa))
		return skeyid_of_nonces(sa);
	memcpy(key, v1->ni.b, v1->ni.len);
	memcpy(key + v1->ni.len, v1->nr.b, v1->nr.len);
	return prf_secret(sa->suite.prf, KW_SPAN(key, v1->ni.len + v1->nr.len), &g_xy, 1,
			  &v1->skeyid);
}

/* SKEYID_d, _a, _e: each is made with the one before it. */
static int skeyid_next(const struct ike_sa *sa, const struct kw_secret *before, uint8_t number,
		       struct kw_secret *out)
{
	const struct v1_sa *v1 = v1_sa(sa);
	const struct kw_span in[] = { before ? kw_secret_expose(before) : KW_SPAN(NULL, 0),
				      kw_secret_expose(&v1->g_xy), cookie_i(sa), cookie_r(sa),
				      KW_SPAN(&number, 1) };

	return prf_secret(sa->suite.prf, kw_secret_expose(&v1->skeyid), in, 5, out);
}

static size_t cipher_key_len(const struct ike_sa *sa)
{
	const struct alg *alg = alg_find(TRANSFORM_ENCR, sa->suite.encr);

	return alg ? alg_encr_keymat(alg, sa->suite.encr_bits) : 0;
}

/* K1 | K2 ..., K1 = prf(key, 0), Kn = prf(key, Kn-1), as much of it as the cipher wants. */
static int expand(const struct ike_sa *sa, struct kw_span key, struct kw_secret *out)
{
	size_t want = cipher_key_len(sa), n = prf_len(sa->suite.prf), have = 0;
	uint8_t block[PRF_MAX] = { 0 };
	struct kw_span in = KW_SPAN(block, 1);
	int ret = want ? kw_secret_new(out, want) : -EOPNOTSUPP;

	while (!ret && have < want) {
		size_t take = want - have < n ? want - have : n;

		ret = prf(sa->suite.prf, key, &in, 1, block);
		memcpy(out->p + have, block, take);
		have += take;
		in = KW_SPAN(block, n);
	}
	kw_wipe(block, sizeof(block));
	return ret;
}

/* Appendix B: SKEYID_e, or its expansion where it is too short for the cipher. */
static int cipher_key(struct ike_sa *sa, const struct kw_secret *skeyid_e)
{
	size_t want = cipher_key_len(sa);

	if (want && skeyid_e->len >= want)
		return kw_secret_slice(&v1_sa(sa)->key, skeyid_e, 0, want);
	return expand(sa, kw_secret_expose(skeyid_e), &v1_sa(sa)->key);
}

int v1_ephemeral_key(const struct ike_sa *sa, bool of_initiator, struct kw_secret *out)
{
	const struct v1_sa *v1 = v1_sa(sa);
	const struct kw_span cookie = of_initiator ? cookie_i(sa) : cookie_r(sa);
	struct kw_secret ne = { 0 };
	int ret = prf_secret(sa->suite.prf, v1_nonce_span(of_initiator ? &v1->ni : &v1->nr), &cookie, 1, &ne);

	if (!ret)
		ret = expand(sa, kw_secret_expose(&ne), out);
	kw_secret_drop(&ne);
	return ret;
}

size_t v1_block_len(const struct ike_sa *sa)
{
	return block_len(sa->suite.encr, v1_sa(sa)->key.len);
}

static int phase1_iv(struct ike_sa *sa)
{
	struct v1_sa *v1 = v1_sa(sa);
	const struct kw_span in[] = { v1->g_xi, v1->g_xr };
	uint8_t digest[HASH_MAX];
	size_t n = v1_block_len(sa);
	int ret = hash_v1_digest(v1->hash, in, 2, digest);

	if (ret || !n || n > hash_v1_len(v1->hash))
		return ret ? ret : -EOPNOTSUPP;
	memcpy(v1->phase1.iv, digest, n);
	return 0;
}

int v1_keys_phase1(struct ike_sa *sa, const struct kw_secret *psk)
{
	struct v1_sa *v1 = v1_sa(sa);
	struct kw_secret skeyid_e = { 0 };
	int ret = skeyid(sa, psk);

	if (!ret)
		ret = skeyid_next(sa, NULL, 0, &v1->skeyid_d);
	if (!ret)
		ret = skeyid_next(sa, &v1->skeyid_d, 1, &v1->skeyid_a);
	if (!ret)
		ret = skeyid_next(sa, &v1->skeyid_a, 2, &skeyid_e);
	if (!ret)
		ret = cipher_key(sa, &skeyid_e);
	if (!ret)
		ret = phase1_iv(sa);
	kw_secret_drop(&skeyid_e);
	return ret;
}

/* RFC 2409 §5.1: a signature that is tied to a hash is over HASH_I and HASH_R by that hash's HMAC. */
static uint16_t proof_prf(const struct ike_sa *sa)
{
	switch (v1_sa(sa)->auth) {
	case V1_AUTH_DSS:
		return PRF_HMAC_SHA1;
	case V1_AUTH_ECDSA_256:
		return PRF_HMAC_SHA2_256;
	case V1_AUTH_ECDSA_384:
		return PRF_HMAC_SHA2_384;
	case V1_AUTH_ECDSA_521:
		return PRF_HMAC_SHA2_512;
	default:
		return sa->suite.prf;
	}
}

size_t v1_proof_size(const struct ike_sa *sa)
{
	return prf_len(proof_prf(sa));
}

/* What HASH_I and HASH_R are keyed with, in the base exchange perhaps before there is a SKEYID. 0 or -errno. */
static int proof_key(const struct ike_sa *sa, uint8_t buf[HASH_MAX], struct kw_span *key)
{
	const struct v1_sa *v1 = v1_sa(sa);
	const struct kw_span nonces[] = { v1_nonce_span(&v1->ni), v1_nonce_span(&v1->nr) };

	*key = kw_secret_expose(&v1->skeyid);
	if (v1->phase1.type != V1_EXCHANGE_BASE || v1->auth == V1_AUTH_PSK)
		return 0;
	*key = KW_SPAN(buf, hash_v1_len(v1->hash));
	return hash_v1_digest(v1->hash, nonces, 2, buf);
}

int v1_hash_phase1(const struct ike_sa *sa, bool of_initiator, struct kw_span id_body,
		   uint8_t out[HASH_MAX])
{
	const struct v1_sa *v1 = v1_sa(sa);
	bool first = v1->phase1.type == V1_EXCHANGE_BASE && of_initiator;
	const struct kw_span in[] = {
		of_initiator ? v1->g_xi : v1->g_xr,
		first ? KW_SPAN(NULL, 0) : of_initiator ? v1->g_xr : v1->g_xi,
		of_initiator ? cookie_i(sa) : cookie_r(sa),
		of_initiator ? cookie_r(sa) : cookie_i(sa),
		v1->sai_body,
		id_body,
	};

	uint8_t buf[HASH_MAX];
	struct kw_span key;
	int ret = proof_key(sa, buf, &key);

	return ret ? ret : prf(proof_prf(sa), key, in, 6, out);
}

/* ---- phase 2 ---- */

int v1_first_iv(const struct ike_sa *sa, uint32_t message_id, uint8_t iv[BLOCK_MAX])
{
	const struct v1_sa *v1 = v1_sa(sa);
	size_t n = v1_block_len(sa);
	uint8_t id[4], digest[HASH_MAX];
	struct kw_writer w = kw_writer(id, sizeof(id));
	const struct kw_span in[] = { KW_SPAN(v1->phase1.iv, n), KW_SPAN(id, sizeof(id)) };
	int ret;

	kw_put_be32(&w, message_id);
	ret = hash_v1_digest(v1->hash, in, 2, digest);
	memcpy(iv, digest, n);
	return ret;
}

int v1_hash_phase2(const struct ike_sa *sa, const struct v1_xchg *x, uint32_t message_id,
		   unsigned int kind, struct kw_span rest, uint8_t out[HASH_MAX])
{
	static const uint8_t zero;
	uint8_t id[4];
	struct kw_writer w = kw_writer(id, sizeof(id));
	const struct kw_span none = { 0 };
	const struct kw_span in[] = {
		kind == 3 ? KW_SPAN(&zero, 1) : none,
		KW_SPAN(id, sizeof(id)),
		kind >= 2 ? v1_nonce_span(&x->ni) : none,
		kind == 3 ? v1_nonce_span(&x->nr) : none,
		kind == 3 ? none : rest,
	};

	kw_put_be32(&w, message_id);
	return prf(sa->suite.prf, kw_secret_expose(&v1_sa(sa)->skeyid_a), in, 5, out);
}

/* §5.5: K1 = prf(SKEYID_d, seed), Kn = prf(SKEYID_d, Kn-1 | seed), joined. */
static int keymat(const struct ike_sa *sa, const struct v1_xchg *x, uint8_t protocol,
		  const struct kw_secret *g_qm, uint32_t spi, struct kw_secret *out)
{
	const struct v1_sa *v1 = v1_sa(sa);
	uint8_t block[PRF_MAX], head[5];
	struct kw_writer w = kw_writer(head, sizeof(head));
	size_t n = prf_len(sa->suite.prf);
	struct kw_span in[] = { KW_SPAN(NULL, 0), kw_secret_expose(g_qm),
				KW_SPAN(head, sizeof(head)), v1_nonce_span(&x->ni),
				v1_nonce_span(&x->nr) };
	int ret = 0;

	kw_put_u8(&w, protocol);
	kw_put_be32(&w, spi);
	for (size_t have = 0; !ret && have < out->len; have += n) {
		ret = prf(sa->suite.prf, kw_secret_expose(&v1->skeyid_d), in, 5, block);
		memcpy(out->p + have, block, out->len - have < n ? out->len - have : n);
		in[0] = KW_SPAN(block, n);
	}
	kw_wipe(block, sizeof(block));
	return ret;
}

static int one_direction(const struct ike_sa *sa, const struct v1_xchg *x,
			 const struct suite *suite, uint8_t protocol, const struct kw_secret *g_qm,
			 uint32_t spi, struct kw_secret *encr, struct kw_secret *integ)
{
	const struct alg *e = alg_find(TRANSFORM_ENCR, suite->encr);
	const struct alg *a = suite->integ ? alg_find(TRANSFORM_INTEG, suite->integ) : NULL;
	size_t e_len = e ? alg_encr_keymat(e, suite->encr_bits) : 0, a_len = a ? a->key_len : 0;
	struct kw_secret all = { 0 };
	int ret = e_len + a_len ? kw_secret_new(&all, e_len + a_len) : -EOPNOTSUPP;

	if (!ret)
		ret = keymat(sa, x, protocol, g_qm, spi, &all);
	if (!ret && e_len)
		ret = kw_secret_slice(encr, &all, 0, e_len);
	if (!ret && a_len)
		ret = kw_secret_slice(integ, &all, e_len, a_len);
	kw_secret_drop(&all);
	return ret;
}

int v1_keys_child(const struct ike_sa *sa, const struct v1_xchg *x, const struct suite *suite,
		  uint8_t protocol, const struct kw_secret *g_qm, uint32_t spi_i, uint32_t spi_r,
		  struct child_keys *out)
{
	/* An SA's SPI is chosen by who receives on it: what the initiator sends with has the responder's. */
	int ret = one_direction(sa, x, suite, protocol, g_qm, spi_r, &out->encr_i, &out->integ_i);

	if (!ret)
		ret = one_direction(sa, x, suite, protocol, g_qm, spi_i, &out->encr_r,
				    &out->integ_r);
	if (ret)
		child_keys_drop(out);
	return ret;
}
