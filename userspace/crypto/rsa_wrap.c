// SPDX-License-Identifier: GPL-2.0
/*
 * RSA encryption of a few octets by PKCS#1 v1.5.
 *
 * RFC 8017 §7.2. The library looks at the padding, in constant time, and leaves out as it was where that is wrong.
 */
#include <errno.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

#include "crypto/rand.h"
#include "crypto/rsa_wrap.h"
#include "crypto/sign_lib.h"

#define PADDING_MIN 11u	/* 00 02, eight octets, 00 */

int rsa_wrap(const struct verify_key *to, struct kw_span text, struct kw_writer *out)
{
	gnutls_pubkey_t lib = verify_key_lib(to);
	const gnutls_datum_t in = { .data = (uint8_t *)(uintptr_t)text.p, .size = (unsigned int)text.len };
	gnutls_datum_t wrapped = { 0 };
	unsigned int bits = 0;

	if (!lib || gnutls_pubkey_get_pk_algorithm(lib, &bits) < 0)
		return -EKEYREJECTED;
	if (text.len + PADDING_MIN > bits / 8)
		return -EMSGSIZE;
	if (gnutls_pubkey_encrypt_data(lib, 0, &in, &wrapped) < 0)
		return -EIO;
	kw_put_span(out, KW_SPAN(wrapped.data, wrapped.size));
	gnutls_free(wrapped.data);
	return out->bad ? -ENOSPC : 0;
}

void rsa_unwrap(const struct sign_key *key, struct kw_span wrapped, uint8_t *out, size_t len)
{
	const gnutls_datum_t in = { .data = (uint8_t *)(uintptr_t)wrapped.p, .size = (unsigned int)wrapped.len };
	gnutls_privkey_t lib;

	rand_bytes(out, len);
	if (sign_key_kind(key) != KEY_RSA || sign_key_open(key, &lib))
		return;
	/* Its verdict is nobody's business. */
	(void)gnutls_privkey_decrypt_data2(lib, 0, &in, out, len);
	gnutls_privkey_deinit(lib);
}
