// SPDX-License-Identifier: GPL-2.0
/*
 * Signatures of IKE authentication, by GnuTLS. The keys are those of sign_key.c and verify_key.c.
 *
 * RFCs: 7296 §2.15, 4754 (methods 9, 10, 11), 7427 (method 14), 4055 (RSA parameters), 8420 (EdDSA).
 */
#include "crypto/sign.h"

#include "crypto/sign_lib.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <stdio.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define KIND(k) (1u << (k))
#define ANY_ECDSA (KIND(KEY_ECDSA_256) | KIND(KEY_ECDSA_384) | KIND(KEY_ECDSA_521))

enum { RSA_SHA1, RSA_SHA256, RSA_SHA384, RSA_SHA512, PSS_SHA256, PSS_SHA384, PSS_SHA512, ECDSA_SHA256,
	ECDSA_SHA384, ECDSA_SHA512, RS_256, RS_384, RS_521, ED25519, ED448 };

/* What GnuTLS is told for each way of signing. */
static const struct provider {
	unsigned int kinds;			/* keys that can do it */
	gnutls_sign_algorithm_t lib;
	gnutls_sign_algorithm_t lib_pss_only;	/* the same with an id-RSASSA-PSS key; 0 = cannot */
	unsigned int rs_len;			/* signature is r | s, each so long; 0 = as GnuTLS has it */
} providers[] = {
	[RSA_SHA1]     = { KIND(KEY_RSA), .lib = GNUTLS_SIGN_RSA_SHA1 },
	[RSA_SHA256]   = { KIND(KEY_RSA), .lib = GNUTLS_SIGN_RSA_SHA256 },
	[RSA_SHA384]   = { KIND(KEY_RSA), .lib = GNUTLS_SIGN_RSA_SHA384 },
	[RSA_SHA512]   = { KIND(KEY_RSA), .lib = GNUTLS_SIGN_RSA_SHA512 },
	[PSS_SHA256]   = { KIND(KEY_RSA), GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, GNUTLS_SIGN_RSA_PSS_SHA256 },
	[PSS_SHA384]   = { KIND(KEY_RSA), GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, GNUTLS_SIGN_RSA_PSS_SHA384 },
	[PSS_SHA512]   = { KIND(KEY_RSA), GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, GNUTLS_SIGN_RSA_PSS_SHA512 },
	[ECDSA_SHA256] = { ANY_ECDSA, .lib = GNUTLS_SIGN_ECDSA_SHA256 },
	[ECDSA_SHA384] = { ANY_ECDSA, .lib = GNUTLS_SIGN_ECDSA_SHA384 },
	[ECDSA_SHA512] = { ANY_ECDSA, .lib = GNUTLS_SIGN_ECDSA_SHA512 },
	[RS_256]       = { KIND(KEY_ECDSA_256), .lib = GNUTLS_SIGN_ECDSA_SHA256, .rs_len = 32 },
	[RS_384]       = { KIND(KEY_ECDSA_384), .lib = GNUTLS_SIGN_ECDSA_SHA384, .rs_len = 48 },
	[RS_521]       = { KIND(KEY_ECDSA_521), .lib = GNUTLS_SIGN_ECDSA_SHA512, .rs_len = 66 },
	[ED25519]      = { KIND(KEY_ED25519), .lib = GNUTLS_SIGN_EDDSA_ED25519 },
	[ED448]        = { KIND(KEY_ED448), .lib = GNUTLS_SIGN_EDDSA_ED448 },
};

/*
 * AlgorithmIdentifiers, RFC 7427 appendix A. Of each, the first row is what is sent; those after it
 * are other legal encodings: RFC 4055 2.1 lets a peer leave out the NULL of a hash or of PKCS#1.
 */
#define OID_RSA		"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01"
#define OID_SHA2	"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02"
#define OID_ECDSA_SHA2	"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03"
#define NULL_PARAM	"\x05\x00"

#define ALGID_RSA(n)		"\x30\x0d" OID_RSA n NULL_PARAM
#define ALGID_RSA_BARE(n)	"\x30\x0b" OID_RSA n
#define ALGID_ECDSA(n)		"\x30\x0a" OID_ECDSA_SHA2 n
/* SEQ { id-RSASSA-PSS, SEQ { [0] hash, [1] SEQ { id-mgf1, hash }, [2] salt length } } */
#define ALGID_PSS(hash, salt) "\x30\x41" OID_RSA "\x0a\x30\x34" \
	"\xa0\x0f\x30\x0d" OID_SHA2 hash NULL_PARAM \
	"\xa1\x1c\x30\x1a" OID_RSA "\x08\x30\x0d" OID_SHA2 hash NULL_PARAM \
	"\xa2\x03\x02\x01" salt
#define ALGID_PSS_BARE(hash, salt) "\x30\x3d" OID_RSA "\x0a\x30\x30" \
	"\xa0\x0d\x30\x0b" OID_SHA2 hash \
	"\xa1\x1a\x30\x18" OID_RSA "\x08\x30\x0b" OID_SHA2 hash \
	"\xa2\x03\x02\x01" salt

#define METHOD_14(der) .method = AUTH_DIGITAL_SIGNATURE, \
	.algorithm = { .p = (const uint8_t *)(der), .len = sizeof(der) - 1 }

static const struct sign_scheme schemes[] = {
	{ "ed25519", HASH_IDENTITY, METHOD_14("\x30\x05\x06\x03\x2b\x65\x70"), .provider = ED25519 },
	{ "ed448", HASH_IDENTITY, METHOD_14("\x30\x05\x06\x03\x2b\x65\x71"), .provider = ED448 },

	{ "ecdsa-sha256", HASH_SHA2_256, METHOD_14(ALGID_ECDSA("\x02")), .provider = ECDSA_SHA256 },
	{ "ecdsa-sha384", HASH_SHA2_384, METHOD_14(ALGID_ECDSA("\x03")), .provider = ECDSA_SHA384 },
	{ "ecdsa-sha512", HASH_SHA2_512, METHOD_14(ALGID_ECDSA("\x04")), .provider = ECDSA_SHA512 },

	{ "rsa-pss-sha256", HASH_SHA2_256, METHOD_14(ALGID_PSS("\x01", "\x20")), .provider = PSS_SHA256 },
	{ "rsa-pss-sha384", HASH_SHA2_384, METHOD_14(ALGID_PSS("\x02", "\x30")), .provider = PSS_SHA384 },
	{ "rsa-pss-sha512", HASH_SHA2_512, METHOD_14(ALGID_PSS("\x03", "\x40")), .provider = PSS_SHA512 },
	{ "rsa-pss-sha256", HASH_SHA2_256, METHOD_14(ALGID_PSS_BARE("\x01", "\x20")),
	  .provider = PSS_SHA256 },
	{ "rsa-pss-sha384", HASH_SHA2_384, METHOD_14(ALGID_PSS_BARE("\x02", "\x30")),
	  .provider = PSS_SHA384 },
	{ "rsa-pss-sha512", HASH_SHA2_512, METHOD_14(ALGID_PSS_BARE("\x03", "\x40")),
	  .provider = PSS_SHA512 },

	{ "rsa-sha256", HASH_SHA2_256, METHOD_14(ALGID_RSA("\x0b")), .provider = RSA_SHA256 },
	{ "rsa-sha384", HASH_SHA2_384, METHOD_14(ALGID_RSA("\x0c")), .provider = RSA_SHA384 },
	{ "rsa-sha512", HASH_SHA2_512, METHOD_14(ALGID_RSA("\x0d")), .provider = RSA_SHA512 },
	{ "rsa-sha256", HASH_SHA2_256, METHOD_14(ALGID_RSA_BARE("\x0b")), .provider = RSA_SHA256 },
	{ "rsa-sha384", HASH_SHA2_384, METHOD_14(ALGID_RSA_BARE("\x0c")), .provider = RSA_SHA384 },
	{ "rsa-sha512", HASH_SHA2_512, METHOD_14(ALGID_RSA_BARE("\x0d")), .provider = RSA_SHA512 },

	{ "rsa-sha1 (method 1)", HASH_SHA1, AUTH_RSA, .provider = RSA_SHA1 },
	{ "ecdsa-256 (method 9)", HASH_SHA2_256, AUTH_ECDSA_256, .provider = RS_256 },
	{ "ecdsa-384 (method 10)", HASH_SHA2_384, AUTH_ECDSA_384, .provider = RS_384 },
	{ "ecdsa-521 (method 11)", HASH_SHA2_512, AUTH_ECDSA_521, .provider = RS_521 },
};

/* RFC 8247 3.2: not with SHA-1 in method 14, and we never announce it. Known, so that the log can say so. */
static const struct {
	struct kw_span algorithm;
	const char *name;
} refused[] = {
#define REFUSED(der) { .p = (const uint8_t *)(der), .len = sizeof(der) - 1 }
	{ REFUSED(ALGID_RSA("\x05")), "rsa-sha1" },
	{ REFUSED("\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01"), "ecdsa-sha1" },
	{ REFUSED("\x30\x0d" OID_RSA "\x0a\x30\x00"), "rsa-pss-sha1" },
};

uint32_t sign_hashes_supported(void)
{
	return HASH_BIT(HASH_SHA2_256) | HASH_BIT(HASH_SHA2_384) | HASH_BIT(HASH_SHA2_512) |
	       HASH_BIT(HASH_IDENTITY);
}

/* Which scheme. */

static bool can_do(const struct verify_key *key, const struct sign_scheme *scheme)
{
	const struct provider *p = &providers[scheme->provider];

	return (p->kinds & KIND(key->kind)) && (!key->pss_only || p->lib_pss_only);
}

/* The first row of a provider is the encoding we send. */
static const struct sign_scheme *scheme_of(int provider)
{
	const struct sign_scheme *s = schemes;

	while (s->provider != provider)
		s++;
	return s;
}

#define PREFER_MAX 7

/* Per kind of key, best first. ECDSA: the hash as strong as the curve first (RFC 7427 does not tie them). */
static const struct {
	int n;
	int provider[PREFER_MAX];
} prefer[] = {
	[KEY_RSA]	= { 7, { PSS_SHA512, PSS_SHA384, PSS_SHA256, RSA_SHA512, RSA_SHA384, RSA_SHA256,
				 RSA_SHA1 } },
	[KEY_ECDSA_256]	= { 4, { ECDSA_SHA256, ECDSA_SHA384, ECDSA_SHA512, RS_256 } },
	[KEY_ECDSA_384]	= { 4, { ECDSA_SHA384, ECDSA_SHA512, ECDSA_SHA256, RS_384 } },
	[KEY_ECDSA_521]	= { 4, { ECDSA_SHA512, ECDSA_SHA384, ECDSA_SHA256, RS_521 } },
	[KEY_ED25519]	= { 1, { ED25519 } },
	[KEY_ED448]	= { 1, { ED448 } },
	[KEY_DSA]	= { 0 },
};

const struct sign_scheme *sign_scheme_choose(const struct sign_key *key, uint32_t peer_hashes, bool rsa_pss)
{
	enum key_kind kind = key->pub->kind;

	for (int i = 0; i < prefer[kind].n; i++) {
		const struct sign_scheme *s = scheme_of(prefer[kind].provider[i]);
		bool pss = providers[s->provider].lib_pss_only != 0;

		if (!can_do(key->pub, s) || (pss && !rsa_pss && !key->pub->pss_only))
			continue;
		/* A legacy method stands last, and needs no announcement. */
		if (s->method != AUTH_DIGITAL_SIGNATURE || (peer_hashes & HASH_BIT(s->hash)))
			return s;
	}
	return NULL;
}

static const struct sign_scheme *scheme_by_algorithm(struct kw_span algorithm, char *err, size_t err_len)
{
	char hex[161];

	for (size_t i = 0; i < COUNT(schemes); i++) {
		if (schemes[i].method == AUTH_DIGITAL_SIGNATURE &&
		    kw_span_equal(schemes[i].algorithm, algorithm))
			return &schemes[i];
	}
	for (size_t i = 0; i < COUNT(refused); i++) {
		if (kw_span_equal(refused[i].algorithm, algorithm)) {
			snprintf(err, err_len, "the peer signed with %s, which is too weak",
				 refused[i].name);
			return NULL;
		}
	}
	snprintf(err, err_len, "the peer signed with an unknown algorithm (DER %s)",
		 kw_hex(hex, sizeof(hex), algorithm));
	return NULL;
}

const struct sign_scheme *sign_scheme_of_auth(uint8_t method, struct kw_span auth_data, struct kw_span *sig,
					      char *err, size_t err_len)
{
	struct kw_reader r = kw_reader(auth_data);
	struct kw_span algorithm;

	if (method == AUTH_DIGITAL_SIGNATURE) {
		/* RFC 7427 3: length octet | AlgorithmIdentifier | signature value */
		algorithm = kw_get_span(&r, kw_get_u8(&r));
		*sig = kw_get_rest(&r);
		if (r.bad || !sig->len) {
			snprintf(err, err_len, "the peer's signature is cut short");
			return NULL;
		}
		return scheme_by_algorithm(algorithm, err, err_len);
	}
	*sig = auth_data;
	for (size_t i = 0; i < COUNT(schemes); i++) {
		if (schemes[i].method == method)
			return &schemes[i];
	}
	snprintf(err, err_len, "authentication method %u is not a signature we know", method);
	return NULL;
}

/* Signing and verifying. */

int sign_der_to_rs(const gnutls_datum_t *der, unsigned int n, struct kw_writer *out)
{
	gnutls_datum_t part[2] = { 0 };
	int ret = 0;

	if (gnutls_decode_rs_value(der, &part[0], &part[1]) < 0)
		return -EIO;
	for (int i = 0; i < 2; i++) {
		struct kw_span v = KW_SPAN(part[i].data, part[i].size);

		while (v.len && v.p[0] == 0)
			v = KW_SPAN(v.p + 1, v.len - 1);
		if (v.len > n) {
			ret = -EIO;
			break;
		}
		kw_put_zero(out, n - v.len);
		kw_put_span(out, v);
	}
	gnutls_free(part[0].data);
	gnutls_free(part[1].data);
	return ret;
}

/*
 * RFC 3279 2.2.3: ECDSA-Sig-Value is DER, so an encoding that GnuTLS would not make itself (integers
 * without their leading zero, long lengths) is not a signature, though its parser accepts some.
 */
static bool is_strict_der(struct kw_span sig)
{
	gnutls_datum_t in = sign_datum(sig), r = { 0 }, s = { 0 }, again = { 0 };
	bool same;

	same = gnutls_decode_rs_value(&in, &r, &s) == 0 && gnutls_encode_rs_value(&again, &r, &s) == 0 &&
	       kw_span_equal(sig, KW_SPAN(again.data, again.size));
	gnutls_free(r.data);
	gnutls_free(s.data);
	gnutls_free(again.data);
	return same;
}

int sign_rs_to_der(struct kw_span rs, unsigned int n, gnutls_datum_t *der)
{
	gnutls_datum_t r = sign_datum(KW_SPAN(rs.p, n)), s = sign_datum(KW_SPAN(rs.p + n, n));

	if (rs.len != 2 * (size_t)n || gnutls_encode_rs_value(der, &r, &s) < 0)
		return -EBADMSG;
	return 0;
}

/* What GnuTLS and nettle would let pass: other spellings of a good signature. */
static bool is_canonical(const struct provider *p, struct kw_span sig)
{
	if (p->kinds & ANY_ECDSA)
		return is_strict_der(sig);
	/* RFC 8032 5.2.7: S is below the order, so its last octet is 0; nettle 3.8 does not look at it. */
	if (p->kinds & KIND(KEY_ED448))
		return sig.len && sig.p[sig.len - 1] == 0;
	return true;
}

static gnutls_sign_algorithm_t lib_alg(const struct verify_key *key, const struct provider *p)
{
	return key->pss_only ? p->lib_pss_only : p->lib;
}

static int make(const struct sign_key *key, const struct sign_scheme *scheme, struct kw_span octets,
		bool hashed, struct kw_writer *out)
{
	const struct provider *p = &providers[scheme->provider];
	gnutls_datum_t in = sign_datum(octets), sig = { 0 };
	gnutls_privkey_t lib;
	int err, ret = 0;

	if (!can_do(key->pub, scheme))
		return -EKEYREJECTED;
	if (sign_key_open(key, &lib))
		return -EIO;
	err = hashed ? gnutls_privkey_sign_hash2(lib, lib_alg(key->pub, p), 0, &in, &sig)
		     : gnutls_privkey_sign_data2(lib, lib_alg(key->pub, p), 0, &in, &sig);
	gnutls_privkey_deinit(lib);
	if (err < 0)
		return -EIO;
	if (scheme->method == AUTH_DIGITAL_SIGNATURE) {
		kw_put_u8(out, (uint8_t)scheme->algorithm.len);
		kw_put_span(out, scheme->algorithm);
	}
	if (p->rs_len)
		ret = sign_der_to_rs(&sig, p->rs_len, out);
	else
		kw_put_span(out, KW_SPAN(sig.data, sig.size));
	gnutls_free(sig.data);
	return ret ? ret : out->bad ? -ENOSPC : 0;
}

static int verify(const struct verify_key *key, const struct sign_scheme *scheme, struct kw_span octets,
		  bool hashed, struct kw_span sig)
{
	/* SHA-1 gets this far with method 1 only, whose hash RFC 7296 2.15 fixes. */
	unsigned int flags = GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1 | GNUTLS_VERIFY_RSA_PSS_FIXED_SALT_LENGTH;
	const struct provider *p = &providers[scheme->provider];
	gnutls_datum_t in = sign_datum(octets), made = { 0 }, given = sign_datum(sig);
	int err;

	if (!can_do(key, scheme) ||
	    (key->kind == KEY_RSA && (key->bits < RSA_MIN_BITS || key->bits > RSA_MAX_BITS)))
		return -EKEYREJECTED;
	if (p->rs_len) {
		if (sign_rs_to_der(sig, p->rs_len, &made))
			return -EBADMSG;
		given = made;
	} else if (!is_canonical(p, sig)) {
		return -EBADMSG;
	}
	err = hashed ? gnutls_pubkey_verify_hash2(key->lib, lib_alg(key, p), flags, &in, &given)
		     : gnutls_pubkey_verify_data2(key->lib, lib_alg(key, p), flags, &in, &given);
	gnutls_free(made.data);
	return err < 0 ? -EBADMSG : 0;
}

int sign_make(const struct sign_key *key, const struct sign_scheme *scheme, struct kw_span octets,
	      struct kw_writer *out)
{
	return make(key, scheme, octets, false, out);
}

int sign_verify(const struct verify_key *key, const struct sign_scheme *scheme, struct kw_span octets,
		struct kw_span sig)
{
	return verify(key, scheme, octets, false, sig);
}

int sign_make_hash(const struct sign_key *key, const struct sign_scheme *scheme, struct kw_span digest,
		   struct kw_writer *out)
{
	return digest.len == hash_len(scheme->hash) ? make(key, scheme, digest, true, out) : -EINVAL;
}

int sign_verify_hash(const struct verify_key *key, const struct sign_scheme *scheme, struct kw_span digest,
		     struct kw_span sig)
{
	return digest.len == hash_len(scheme->hash) ? verify(key, scheme, digest, true, sig) : -EINVAL;
}

int sign_make_bare_rsa(const struct sign_key *key, struct kw_span hash, struct kw_writer *out)
{
	gnutls_datum_t in = sign_datum(hash), sig = { 0 };
	gnutls_privkey_t lib;
	int err;

	if (key->pub->kind != KEY_RSA)
		return -EKEYREJECTED;
	if (sign_key_open(key, &lib))
		return -EIO;
	err = gnutls_privkey_sign_hash(lib, GNUTLS_DIG_UNKNOWN,
				       GNUTLS_PRIVKEY_SIGN_FLAG_TLS1_RSA, &in, &sig);
	gnutls_privkey_deinit(lib);
	if (err < 0)
		return -EIO;
	kw_put_span(out, KW_SPAN(sig.data, sig.size));
	gnutls_free(sig.data);
	return out->bad ? -ENOSPC : 0;
}

int sign_verify_bare_rsa(const struct verify_key *key, struct kw_span hash, struct kw_span sig)
{
	gnutls_datum_t in = sign_datum(hash), given = sign_datum(sig);

	if (key->kind != KEY_RSA || key->bits < RSA_MIN_BITS || key->bits > RSA_MAX_BITS)
		return -EKEYREJECTED;
	return gnutls_pubkey_verify_hash2(key->lib, GNUTLS_SIGN_UNKNOWN,
					  GNUTLS_VERIFY_USE_TLS1_RSA, &in, &given) < 0
		       ? -EBADMSG
		       : 0;
}
