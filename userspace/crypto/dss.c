// SPDX-License-Identifier: GPL-2.0
/*
 * DSS signatures of IKEv1, by GnuTLS.
 *
 * RFCs: 2409 §5.1 (r and s without any encoding around them). FIPS 186-4 §4.2 (sizes).
 */
#include "crypto/dss.h"

#include <errno.h>
#include <gnutls/crypto.h>

#include "crypto/sign_lib.h"

/* Octets of the order, and so of r and of s; 0: no DSA key. */
static unsigned int order_len(const struct verify_key *key)
{
	gnutls_datum_t q = { 0 };
	unsigned int n;

	if (key->kind != KEY_DSA ||
	    gnutls_pubkey_export_dsa_raw2(key->lib, NULL, &q, NULL, NULL, GNUTLS_EXPORT_FLAG_NO_LZ) < 0)
		return 0;
	n = q.size;
	gnutls_free(q.data);
	return n;
}

int dss_sign(const struct sign_key *key, struct kw_span hash, struct kw_writer *out)
{
	gnutls_datum_t in = sign_datum(hash), der = { 0 };
	unsigned int n = order_len(key->pub);
	gnutls_privkey_t lib;
	int ret;

	if (!n)
		return -EKEYREJECTED;
	if (hash.len != DSS_HASH_LEN)
		return -EINVAL;
	if (sign_key_open(key, &lib))
		return -EIO;
	ret = gnutls_privkey_sign_hash(lib, GNUTLS_DIG_SHA1, 0, &in, &der);
	gnutls_privkey_deinit(lib);
	if (ret < 0)
		return -EIO;
	ret = sign_der_to_rs(&der, n, out);
	gnutls_free(der.data);
	return ret ? ret : out->bad ? -ENOSPC : 0;
}

int dss_verify(const struct verify_key *key, struct kw_span hash, struct kw_span sig)
{
	gnutls_datum_t in = sign_datum(hash), der = { 0 };
	unsigned int n = order_len(key);
	int ret;

	if (!n)
		return -EKEYREJECTED;
	if (hash.len != DSS_HASH_LEN)
		return -EINVAL;
	if (sign_rs_to_der(sig, n, &der))
		return -EBADMSG;
	ret = gnutls_pubkey_verify_hash2(key->lib, GNUTLS_SIGN_DSA_SHA1, GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1, &in,
					 &der);
	gnutls_free(der.data);
	return ret < 0 ? -EBADMSG : 0;
}
