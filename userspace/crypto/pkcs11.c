// SPDX-License-Identifier: GPL-2.0
/*
 * Keys that stay in a token: GnuTLS and p11-kit, with whatever module the system has for it.
 *
 * A PIN is told once and never again after it was wrong, because tokens lock themselves after a few.
 *
 * RFC 7512 (pkcs11: URLs); PKCS #11.
 */
#include "crypto/sign_lib.h"

#include <gnutls/pkcs11.h>
#include <string.h>

static int on_pin(void *arg, int attempt, const char *url, const char *label, unsigned int flags, char *pin,
		  size_t room)
{
	const unsigned int hopeless = GNUTLS_PIN_SO | GNUTLS_PIN_WRONG | GNUTLS_PIN_FINAL_TRY;
	const struct kw_secret *ours = arg;

	(void)url;
	(void)label;
	if (attempt || flags & hopeless || !ours->len || ours->len >= room)
		return -1;
	memcpy(pin, kw_secret_expose(ours).p, ours->len);
	pin[ours->len] = '\0';
	return 0;
}

int pkcs11_open(const char *url, const struct kw_secret *pin, gnutls_privkey_t *lib)
{
	int err = gnutls_privkey_init(lib);

	if (err < 0)
		return err;
	gnutls_privkey_set_pin_function(*lib, on_pin, (void *)(uintptr_t)pin);
	err = gnutls_privkey_import_url(*lib, url, 0);
	if (err < 0) {
		gnutls_privkey_deinit(*lib);
		*lib = NULL;
	}
	return err < 0 ? err : 0;
}

int pkcs11_open_public(const char *url, const struct kw_secret *pin, gnutls_pubkey_t *lib)
{
	int err = gnutls_pubkey_init(lib);

	if (err < 0)
		return err;
	gnutls_pubkey_set_pin_function(*lib, on_pin, (void *)(uintptr_t)pin);
	err = gnutls_pubkey_import_url(*lib, url, 0);
	if (err < 0)
		gnutls_pubkey_deinit(*lib);
	return err < 0 ? err : 0;
}
