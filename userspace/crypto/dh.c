// SPDX-License-Identifier: GPL-2.0
/*
 * Key exchange groups: MODP by GMP, ECP and Curve448 by nettle, Curve25519 by libsodium.
 *
 * RFCs: 2409 §6.2 and 3526 (MODP), 5903 (ECP), 8031 (Curve25519, Curve448), 6989 (peer's value);
 *       2409 §5.6 (private groups).
 *
 * Private values stand in secret memory; each operation imports them for its own duration, and
 * setup.c makes GMP wipe what it frees.
 */
#include "crypto/dh.h"

#include "crypto/alg.h"
#include "crypto/rand.h"

#include <errno.h>
#include <nettle/bignum.h>
#include <nettle/curve448.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct group;

struct dh_ops {
	int (*generate)(const struct group *g, struct kw_secret *priv);
	/* pub has the group's length; -EINVAL when priv cannot be a private value. */
	int (*publish)(const struct group *g, struct kw_span priv, uint8_t *pub);
	/* peer and out have the group's lengths; -EINVAL when RFC 6989 refuses peer. */
	int (*agree)(const struct group *g, struct kw_span priv, const uint8_t *peer, uint8_t *out);
};

struct group {
	uint16_t id;
	const struct dh_ops *ops;
	uint16_t public_len, shared_len;
	uint16_t bits;		/* MODP: of the prime; ECP: of the field */
	uint16_t exponent;	/* MODP: bits of a fresh private value */
	uint32_t c;		/* MODP: the constant of the prime's definition */
	const struct ecc_curve *(*curve)(void);	/* ECP */
	struct modp own;	/* MODP: in place of c, where .p is not empty */
};

struct dh {
	const struct group *group;
	struct group private;	/* .group, when it is in no table */
	struct kw_secret priv;
	uint8_t pub[];		/* group->public_len octets; of a private group its prime and generator follow */
};

/*
 * MODP. The primes of RFC 2409 and RFC 3526 are all
 *
 *	p = 2^n - 2^(n-64) - 1 + 2^64 * (floor(2^(n-130) * pi) + c)
 *
 * so one expansion of pi gives every one of them: floor(2^8062 * pi), for n = 8192.
 */
static const char pi_hex[] =
	"c90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a0879"
	"8e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6"
	"f44c42e9a637ed6b0bff5cb6f406b7edee386bfb5a899fa5ae9f24117c4b1fe649286651"
	"ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f83655d23dca3ad96"
	"1c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e46"
	"2e36ce3be39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf695581718"
	"3995497cea956ae515d2261898fa051015728e5a8aaac42dad33170d04507a33a85521ab"
	"df1cba64ecfb850458dbef0a8aea71575d060c7db3970f85a6e1e4c7abf5ae8cdb0933d7"
	"1e8c94e04a25619dcee3d2261ad2ee6bf12ffa06d98a0864d87602733ec86a64521f2b18"
	"177b200cbbe117577a615d6c770988c0bad946e208e24fa074e5ab3143db5bfce0fd108e"
	"4b82d120a92108011a723c12a787e6d788719a10bdba5b2699c327186af4e23c1a946834"
	"b6150bda2583e9ca2ad44ce8dbbbc2db04de8ef92e8efc141fbecaa6287c59474e6bc05d"
	"99b2964fa090c3a2233ba186515be7ed1f612970cee2d7afb81bdd762170481cd0069127"
	"d5b05aa993b4ea988d8fddc186ffb7dc90a6c08f4df435c93402849236c3fab4d27c7026"
	"c1d4dcb2602646dec9751e763dba37bdf8ff9406ad9e530ee5db382f413001aeb06a53ed"
	"9027d831179727b0865a8918da3edbebcf9b14ed44ce6cbaced4bb1bdb7f1447e6cc254b"
	"332051512bd7af426fb8f401378cd2bf5983ca01c64b92ecf032ea15d1721d03f482d7ce"
	"6e74fef6d55e702f46980c82b5a84031900b1c9e59e7c97fbec7e8f323a97a7e36cc88be"
	"0f1d45b7ff585ac54bd407b22b4154aacc8f6d7ebf48e1d814cc5ed20f8037e0a79715ee"
	"f29be32806a1d58bb7c5da76f550aa3d8a1fbff0eb19ccb1a313d55cda56c9ec2ef29632"
	"387fe8d76e3c0468043e8f663f4860ee12bf2d5b0b7474d6e694f91e6dbe115974a3926f"
	"12fee5e438777cb6a932df8cd8bec4d073b931ba3bc832b68d9dd300741fa7bf8afc47ed"
	"2576f6936ba424663aab639c5ae4f5683423b4742bf1c978238f16cbe39d652de3fdb8be"
	"fc848ad922222e04a4037c0713eb57a81a23f0c73473fc646cea306b4bcbc8862f8385dd"
	"fa9d4b7fa2c087e879683303ed5bdd3a062b3cf5b3a278a66d2a13f83f44f82ddf310ee0"
	"74ab6a364597e899a0255dc164f31cc50846851df9ab48195ded7ea1b1d510bd7ee74d73"
	"faf36bc31ecfa268359046f4eb879f924009438b481c6cd7889a002ed5ee382bc9190da6"
	"fc026e479558e4475677e9aa9e3050e2765694dfc81f56e880b96e7160c980dd98a573ea";

#define PI_SHIFT 8062

static void modp_prime(mpz_t p, const struct group *g)
{
	mpz_t term;

	if (g->own.p.len) {
		nettle_mpz_set_str_256_u(p, g->own.p.len, g->own.p.p);
		return;
	}
	mpz_init(term);
	mpz_set_str(p, pi_hex, 16);
	mpz_fdiv_q_2exp(p, p, PI_SHIFT - (g->bits - 130));
	mpz_add_ui(p, p, g->c);
	mpz_mul_2exp(p, p, 64);
	mpz_setbit(term, g->bits);
	mpz_add(p, p, term);
	mpz_set_ui(term, 0);
	mpz_setbit(term, g->bits - 64);
	mpz_sub(p, p, term);
	mpz_sub_ui(p, p, 1);
	mpz_clear(term);
}

/* RFC 3526 8: a private value of twice the group's strength is enough; the larger estimate is taken. */
static int modp_generate(const struct group *g, struct kw_secret *priv)
{
	size_t len = (g->exponent + 7) / 8;
	int ret = kw_secret_new(priv, len);

	if (ret)
		return ret;
	rand_bytes(priv->p, len);
	/* Always of the same size, so that the time of the power does not tell it. */
	priv->p[0] &= 0xff >> (8 * len - g->exponent);
	priv->p[0] |= 1u << ((g->exponent - 1) % 8);
	return 0;
}

/* out = base^priv mod p, out has the prime's length. */
static int modp_power(const mpz_t base, struct kw_span priv, const mpz_t p, uint8_t *out, size_t len)
{
	mpz_t x, y;
	int ret = -EINVAL;

	mpz_init(y);
	nettle_mpz_init_set_str_256_u(x, priv.len, priv.p);
	if (mpz_sgn(x) > 0) {
		mpz_powm_sec(y, base, x, p);
		nettle_mpz_get_str_256(len, out, y);
		ret = 0;
	}
	mpz_clear(x);
	mpz_clear(y);
	return ret;
}

static int modp_publish(const struct group *g, struct kw_span priv, uint8_t *pub)
{
	mpz_t p, base;
	int ret;

	mpz_init(p);
	mpz_init_set_ui(base, 2);
	if (g->own.g.len)
		nettle_mpz_set_str_256_u(base, g->own.g.len, g->own.g.p);
	modp_prime(p, g);
	ret = modp_power(base, priv, p, pub, g->public_len);
	mpz_clear(base);
	mpz_clear(p);
	return ret;
}

static int modp_agree(const struct group *g, struct kw_span priv, const uint8_t *peer, uint8_t *out)
{
	mpz_t p, r, last;
	int ret = -EINVAL;

	mpz_inits(p, last, NULL);
	nettle_mpz_init_set_str_256_u(r, g->public_len, peer);
	modp_prime(p, g);
	mpz_sub_ui(last, p, 1);
	/* RFC 6989 2.1: 1 < r < p-1; p is a safe prime, so no other small subgroup exists. */
	if (mpz_cmp_ui(r, 1) > 0 && mpz_cmp(r, last) < 0)
		ret = modp_power(r, priv, p, out, g->shared_len);
	mpz_clears(p, r, last, NULL);
	return ret;
}

static const struct dh_ops modp = { modp_generate, modp_publish, modp_agree };

/* ECP. RFC 5903 7: KE is x | y, the shared secret is x, each as long as the field. */
static size_t field_len(const struct group *g)
{
	return (g->bits + 7) / 8;
}

static void nettle_random(void *ctx, size_t n, uint8_t *out)
{
	(void)ctx;
	rand_bytes(out, n);
}

static int ecp_generate(const struct group *g, struct kw_secret *priv)
{
	int ret = kw_secret_new(priv, field_len(g));
	struct ecc_scalar s;
	mpz_t z;

	if (ret)
		return ret;
	mpz_init(z);
	ecc_scalar_init(&s, g->curve());
	ecc_scalar_random(&s, NULL, nettle_random);
	ecc_scalar_get(&s, z);
	nettle_mpz_get_str_256(priv->len, priv->p, z);
	ecc_scalar_clear(&s);
	mpz_clear(z);
	return 0;
}

/* 0, or -EINVAL unless 0 < priv < the order of the curve. *s is the caller's to clear either way. */
static int ecp_scalar(struct ecc_scalar *s, const struct group *g, struct kw_span priv)
{
	mpz_t z;
	int ok;

	ecc_scalar_init(s, g->curve());
	nettle_mpz_init_set_str_256_u(z, priv.len, priv.p);
	ok = ecc_scalar_set(s, z);
	mpz_clear(z);
	return ok ? 0 : -EINVAL;
}

static int ecp_publish(const struct group *g, struct kw_span priv, uint8_t *pub)
{
	size_t n = field_len(g);
	struct ecc_scalar s;
	struct ecc_point q;
	mpz_t x, y;
	int ret;

	mpz_inits(x, y, NULL);
	ecc_point_init(&q, g->curve());
	ret = ecp_scalar(&s, g, priv);
	if (ret == 0) {
		ecc_point_mul_g(&q, &s);
		ecc_point_get(&q, x, y);
		nettle_mpz_get_str_256(n, pub, x);
		nettle_mpz_get_str_256(n, pub + n, y);
	}
	ecc_scalar_clear(&s);
	ecc_point_clear(&q);
	mpz_clears(x, y, NULL);
	return ret;
}

static int ecp_agree(const struct group *g, struct kw_span priv, const uint8_t *peer, uint8_t *out)
{
	size_t n = field_len(g);
	struct ecc_scalar s;
	struct ecc_point q;
	mpz_t x, y;
	int ret;

	nettle_mpz_init_set_str_256_u(x, n, peer);
	nettle_mpz_init_set_str_256_u(y, n, peer + n);
	ecc_point_init(&q, g->curve());
	ret = ecp_scalar(&s, g, priv);
	/* RFC 6989 2.3: both in the field and on the curve (nettle checks all of it); cofactor is 1. */
	if (ret == 0 && !ecc_point_set(&q, x, y))
		ret = -EINVAL;
	if (ret == 0) {
		ecc_point_mul(&q, &s, &q);
		ecc_point_get(&q, x, NULL);
		nettle_mpz_get_str_256(n, out, x);
	}
	ecc_scalar_clear(&s);
	ecc_point_clear(&q);
	mpz_clears(x, y, NULL);
	return ret;
}

static const struct dh_ops ecp = { ecp_generate, ecp_publish, ecp_agree };

/* Curve25519 and Curve448: any octets are a private value, any octets a public one (RFC 7748 5). */
static int xdh_generate(const struct group *g, struct kw_secret *priv)
{
	int ret = kw_secret_new(priv, g->shared_len);

	if (ret == 0)
		rand_bytes(priv->p, priv->len);
	return ret;
}

/*
 * RFC 7748 4.1: from a point of edwards25519 to u = (1 + y) / (1 - y) of Curve25519, in place. It
 * takes a time that depends on the value, which is public.
 */
static void to_montgomery(uint8_t *value, size_t len)
{
	mpz_t p, y, above, below;

	mpz_inits(p, y, above, below, NULL);
	mpz_ui_pow_ui(p, 2, 255);
	mpz_sub_ui(p, p, 19);
	value[len - 1] &= 0x7f;		/* without the sign of x */
	mpz_import(y, len, -1, 1, 0, 0, value);
	mpz_add_ui(above, y, 1);
	mpz_ui_sub(below, 1, y);
	mpz_invert(below, below, p);
	mpz_mul(above, above, below);
	mpz_mod(above, above, p);
	memset(value, 0, len);
	mpz_export(value, NULL, -1, 1, 0, 0, above);
	mpz_clears(p, y, above, below, NULL);
}

/* libsodium has tables for edwards25519's base point and none for Curve25519's: a shorter way. */
static int x25519_publish(const struct group *g, struct kw_span priv, uint8_t *pub)
{
	if (priv.len != g->shared_len)
		return -EINVAL;
	if (crypto_scalarmult_ed25519_base(pub, priv.p))
		return -EINVAL;
	to_montgomery(pub, g->public_len);
	return 0;
}

/* RFC 8031 2, RFC 7748 6: an all-zero result means a small-order point. libsodium refuses those. */
static int x25519_agree(const struct group *g, struct kw_span priv, const uint8_t *peer, uint8_t *out)
{
	if (crypto_scalarmult_curve25519(out, priv.p, peer) != 0 || sodium_is_zero(out, g->shared_len))
		return -EINVAL;
	return 0;
}

static const struct dh_ops x25519 = { xdh_generate, x25519_publish, x25519_agree };

static int x448_publish(const struct group *g, struct kw_span priv, uint8_t *pub)
{
	if (priv.len != g->shared_len)
		return -EINVAL;
	curve448_mul_g(pub, priv.p);
	return 0;
}

static int x448_agree(const struct group *g, struct kw_span priv, const uint8_t *peer, uint8_t *out)
{
	curve448_mul(out, priv.p, peer);
	return sodium_is_zero(out, g->shared_len) ? -EINVAL : 0;
}

static const struct dh_ops x448 = { xdh_generate, x448_publish, x448_agree };

#define MODP(group, n, exp, constant) { .id = (group), .ops = &modp, .bits = (n), .exponent = (exp), \
	.public_len = (n) / 8, .shared_len = (n) / 8, .c = (constant) }
#define ECP(group, n, get) { .id = (group), .ops = &ecp, .bits = (n), .curve = (get), \
	.public_len = 2 * (((n) + 7) / 8), .shared_len = ((n) + 7) / 8 }

static const struct group groups[] = {
	MODP(KE_MODP_1024, 1024, 240, 129093),
	MODP(KE_MODP_1536, 1536, 240, 741804),
	MODP(KE_MODP_2048, 2048, 320, 124476),
	MODP(KE_MODP_3072, 3072, 420, 1690314),
	MODP(KE_MODP_4096, 4096, 480, 240904),
	MODP(KE_MODP_6144, 6144, 540, 929484),
	MODP(KE_MODP_8192, 8192, 620, 4743158),
	ECP(KE_ECP_256, 256, nettle_get_secp_256r1),
	ECP(KE_ECP_384, 384, nettle_get_secp_384r1),
	ECP(KE_ECP_521, 521, nettle_get_secp_521r1),
	{ .id = KE_CURVE25519, .ops = &x25519, .public_len = 32, .shared_len = 32 },
	{ .id = KE_CURVE448, .ops = &x448, .public_len = 56, .shared_len = 56 },
};

static const struct group *group_of(uint16_t id)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (groups[i].id == id)
			return &groups[i];
	}
	return NULL;
}

bool dh_supported(uint16_t group)
{
	return group_of(group) != NULL;
}

size_t dh_public_len(uint16_t group)
{
	const struct group *g = group_of(group);

	return g ? g->public_len : 0;
}

/* The caller's private group goes with what was made in it. */
static const struct group *keep_group(struct dh *made, const struct group *g)
{
	uint8_t *p = made->pub + g->public_len, *base = p + g->own.p.len;

	memcpy(p, g->own.p.p, g->own.p.len);
	memcpy(base, g->own.g.p, g->own.g.len);
	made->private = *g;
	made->private.own = (struct modp){ .p = KW_SPAN(p, g->own.p.len), .g = KW_SPAN(base, g->own.g.len) };
	return &made->private;
}

/* Takes priv. */
static int dh_make(struct dh **dh, const struct group *g, struct kw_secret *priv)
{
	struct dh *made = calloc(1, sizeof(*made) + g->public_len + g->own.p.len + g->own.g.len);
	int ret = -ENOMEM;

	if (made) {
		made->group = g->own.p.len ? keep_group(made, g) : g;
		kw_secret_move(&made->priv, priv);
		ret = made->group->ops->publish(made->group, kw_secret_expose(&made->priv), made->pub);
	}
	kw_secret_drop(priv);
	if (ret)
		dh_free(made);
	else
		*dh = made;
	return ret;
}

int dh_new(struct dh **dh, uint16_t group)
{
	const struct group *g = group_of(group);
	struct kw_secret priv = { 0 };
	int ret;

	if (!g)
		return -EOPNOTSUPP;
	ret = g->ops->generate(g, &priv);
	return ret ? ret : dh_make(dh, g, &priv);
}

/* A private value as long as one of the next larger group in the table: RFC 3526 §8. */
static uint16_t modp_exponent(size_t bits)
{
	uint16_t exponent = 0;

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]) && groups[i].ops == &modp; i++) {
		exponent = groups[i].exponent;
		if (groups[i].bits >= bits)
			break;
	}
	return exponent;
}

int dh_new_of(struct dh **dh, const struct modp *m)
{
	const struct group g = {
		.id = KE_PRIVATE, .ops = &modp, .own = *m, .bits = (uint16_t)(8 * m->p.len),
		.exponent = modp_exponent(8 * m->p.len),
		.public_len = (uint16_t)m->p.len, .shared_len = (uint16_t)m->p.len,
	};
	struct kw_secret priv = { 0 };
	int ret;

	if (modp_bounds(m))
		return -EINVAL;
	ret = g.ops->generate(&g, &priv);
	return ret ? ret : dh_make(dh, &g, &priv);
}

int dh_new_with_private(struct dh **dh, uint16_t group, struct kw_span priv)
{
	const struct group *g = group_of(group);
	struct kw_secret own = { 0 };
	int ret;

	if (!g)
		return -EOPNOTSUPP;
	ret = kw_secret_copy(&own, priv);
	return ret ? ret : dh_make(dh, g, &own);
}

uint16_t dh_group(const struct dh *dh)
{
	return dh->group->id;
}

struct kw_span dh_public(const struct dh *dh)
{
	return KW_SPAN(dh->pub, dh->group->public_len);
}

int dh_shared(const struct dh *dh, struct kw_span peer_public, struct kw_secret *out)
{
	const struct group *g = dh->group;
	int ret;

	if (peer_public.len != g->public_len)
		return -EINVAL;
	ret = kw_secret_new(out, g->shared_len);
	if (ret)
		return ret;
	ret = g->ops->agree(g, kw_secret_expose(&dh->priv), peer_public.p, out->p);
	if (ret)
		kw_secret_drop(out);
	return ret;
}

void dh_free(struct dh *dh)
{
	if (!dh)
		return;
	kw_secret_drop(&dh->priv);
	free(dh);
}
