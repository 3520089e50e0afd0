// SPDX-License-Identifier: GPL-2.0
/*
 * Public keys, by GnuTLS: immutable, so that any number of workers may verify with one at once.
 *
 * RFCs: 7670 (raw public keys), 8410 (Ed25519, Ed448).
 */
#include "crypto/sign_lib.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define ED25519_LEN 32
#define ED25519_PREFIX "ed25519:"

const char *key_kind_name(enum key_kind kind)
{
	static const char * const names[] = {
		[KEY_RSA] = "RSA", [KEY_ECDSA_256] = "ECDSA P-256", [KEY_ECDSA_384] = "ECDSA P-384",
		[KEY_ECDSA_521] = "ECDSA P-521", [KEY_ED25519] = "Ed25519", [KEY_ED448] = "Ed448",
		[KEY_DSA] = "DSA",
	};

	return (size_t)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "unknown";
}

static int ecdsa_kind(gnutls_pubkey_t lib, enum key_kind *kind)
{
	gnutls_ecc_curve_t curve;

	if (gnutls_pubkey_export_ecc_raw2(lib, &curve, NULL, NULL, 0) < 0)
		return -EINVAL;
	if (curve == GNUTLS_ECC_CURVE_SECP256R1)
		*kind = KEY_ECDSA_256;
	else if (curve == GNUTLS_ECC_CURVE_SECP384R1)
		*kind = KEY_ECDSA_384;
	else if (curve == GNUTLS_ECC_CURVE_SECP521R1)
		*kind = KEY_ECDSA_521;
	else
		return -EINVAL;
	return 0;
}

static int classify(struct verify_key *key)
{
	int pk = gnutls_pubkey_get_pk_algorithm(key->lib, &key->bits);

	switch (pk) {
	case GNUTLS_PK_RSA_PSS:
		key->pss_only = true;
		/* fallthrough */
	case GNUTLS_PK_RSA:
		key->kind = KEY_RSA;
		return 0;
	case GNUTLS_PK_ECDSA:
		return ecdsa_kind(key->lib, &key->kind);
	case GNUTLS_PK_EDDSA_ED25519:
		key->kind = KEY_ED25519;
		return 0;
	case GNUTLS_PK_EDDSA_ED448:
		key->kind = KEY_ED448;
		return 0;
	case GNUTLS_PK_DSA:
		key->kind = KEY_DSA;
		return key->bits >= DSA_MIN_BITS && key->bits <= DSA_MAX_BITS ? 0 : -EINVAL;
	}
	return -EINVAL;
}

int verify_key_wrap(struct verify_key **key, gnutls_pubkey_t lib)
{
	struct verify_key *made = calloc(1, sizeof(*made));

	if (!made) {
		gnutls_pubkey_deinit(lib);
		return -ENOMEM;
	}
	made->lib = lib;
	if (classify(made) || gnutls_pubkey_export2(lib, GNUTLS_X509_FMT_DER, &made->spki) < 0) {
		verify_key_free(made);
		return -EINVAL;
	}
	*key = made;
	return 0;
}

int verify_key_from_spki(struct verify_key **key, struct kw_span der)
{
	gnutls_datum_t in = sign_datum(der);
	gnutls_pubkey_t lib;

	if (gnutls_pubkey_init(&lib) < 0)
		return -ENOMEM;
	if (gnutls_pubkey_import(lib, &in, GNUTLS_X509_FMT_DER) < 0) {
		gnutls_pubkey_deinit(lib);
		return -EINVAL;
	}
	return verify_key_wrap(key, lib);
}

static int verify_key_from_ed25519(struct verify_key **key, struct kw_span raw)
{
	gnutls_datum_t x = sign_datum(raw);
	gnutls_pubkey_t lib;

	if (raw.len != ED25519_LEN)
		return -EINVAL;
	if (gnutls_pubkey_init(&lib) < 0)
		return -ENOMEM;
	if (gnutls_pubkey_import_ecc_raw(lib, GNUTLS_ECC_CURVE_ED25519, &x, NULL) < 0) {
		gnutls_pubkey_deinit(lib);
		return -EINVAL;
	}
	return verify_key_wrap(key, lib);
}

int verify_key_parse(struct verify_key **key, const char *text)
{
	size_t prefix = sizeof(ED25519_PREFIX) - 1, len;
	bool raw = strncmp(text, ED25519_PREFIX, prefix) == 0;
	const char *end;
	uint8_t *bin;
	int ret = -EINVAL;

	text += raw ? prefix : 0;
	bin = malloc(strlen(text) + 1);
	if (!bin)
		return -ENOMEM;
	if (sodium_base642bin(bin, strlen(text), text, strlen(text), NULL, &len, &end,
			      sodium_base64_VARIANT_ORIGINAL) == 0 && *end == '\0')
		ret = raw ? verify_key_from_ed25519(key, KW_SPAN(bin, len)) :
			    verify_key_from_spki(key, KW_SPAN(bin, len));
	free(bin);
	return ret;
}

char *verify_key_print(const struct verify_key *key)
{
	bool raw = key->kind == KEY_ED25519;
	const uint8_t *bin = key->spki.data;
	size_t n = key->spki.size, prefix = raw ? sizeof(ED25519_PREFIX) - 1 : 0, cap;
	char *text;

	if (raw) {	/* RFC 8410 4: the key is the end of its SubjectPublicKeyInfo */
		bin += n - ED25519_LEN;
		n = ED25519_LEN;
	}
	cap = sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_ORIGINAL);
	text = malloc(prefix + cap);
	if (!text)
		return NULL;
	memcpy(text, ED25519_PREFIX, prefix);
	sodium_bin2base64(text + prefix, cap, bin, n, sodium_base64_VARIANT_ORIGINAL);
	return text;
}

int verify_key_spki(const struct verify_key *key, uint8_t **der, size_t *len)
{
	*der = malloc(key->spki.size);
	if (!*der)
		return -ENOMEM;
	*len = key->spki.size;
	memcpy(*der, key->spki.data, *len);
	return 0;
}

bool verify_key_equal(const struct verify_key *a, const struct verify_key *b)
{
	return kw_span_equal(KW_SPAN(a->spki.data, a->spki.size), KW_SPAN(b->spki.data, b->spki.size));
}

enum key_kind verify_key_kind(const struct verify_key *key)
{
	return key->kind;
}

void verify_key_free(struct verify_key *key)
{
	if (!key)
		return;
	gnutls_pubkey_deinit(key->lib);
	gnutls_free(key->spki.data);
	free(key);
}

gnutls_pubkey_t verify_key_lib(const struct verify_key *key)
{
	return key->kind == KEY_RSA && key->bits >= RSA_MIN_BITS && key->bits <= RSA_MAX_BITS ? key->lib : NULL;
}
