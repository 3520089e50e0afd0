// SPDX-License-Identifier: GPL-2.0
/*
 * One certificate, and files of them.
 *
 * RFCs: 5280, by GnuTLS.
 */
#include "crypto/cert_lib.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cert_say(char *buf, size_t n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, n, fmt, ap);
	va_end(ap);
}

int cert_from_der(struct cert **cert, struct kw_span der)
{
	struct cert *made = calloc(1, sizeof(*made) + der.len);
	size_t hash_len = CERT_SPKI_HASH_LEN;
	gnutls_datum_t in;

	if (!made)
		return -ENOMEM;
	made->refs = 1;
	made->der_len = der.len;
	if (der.len)
		memcpy(made->der, der.p, der.len);
	in = cert_datum(cert_der(made));
	if (gnutls_x509_crt_init(&made->lib) < 0 ||
	    gnutls_x509_crt_import(made->lib, &in, GNUTLS_X509_FMT_DER) < 0 ||
	    gnutls_x509_crt_get_raw_dn(made->lib, &made->subject) < 0 ||
	    gnutls_x509_crt_get_key_id(made->lib, GNUTLS_KEYID_USE_SHA1, made->spki_sha1, &hash_len) < 0) {
		cert_put(made);
		return -EINVAL;
	}
	*cert = made;
	return 0;
}

struct cert *cert_get(struct cert *cert)
{
	__atomic_fetch_add(&cert->refs, 1, __ATOMIC_RELAXED);
	return cert;
}

void cert_put(struct cert *cert)
{
	if (!cert || __atomic_sub_fetch(&cert->refs, 1, __ATOMIC_ACQ_REL))
		return;
	if (cert->lib)
		gnutls_x509_crt_deinit(cert->lib);
	gnutls_free(cert->subject.data);
	free(cert);
}

struct kw_span cert_der(const struct cert *cert)
{
	return KW_SPAN(cert->der, cert->der_len);
}

struct kw_span cert_subject_der(const struct cert *cert)
{
	return KW_SPAN(cert->subject.data, cert->subject.size);
}

char *cert_subject_print(const struct cert *cert, char *buf, size_t n)
{
	return dn_print(cert_subject_der(cert), buf, n);
}

char *cert_print(const struct cert *cert, char *buf, size_t n)
{
	char subject[CERT_DN_STRLEN], hex[2 * CERT_SERIAL_MAX + 1] = "";
	uint8_t serial[CERT_SERIAL_MAX];
	size_t len = sizeof(serial);

	if (gnutls_x509_crt_get_serial(cert->lib, serial, &len) == 0)
		for (size_t i = 0; i < len; i++)
			snprintf(hex + 2 * i, 3, "%02x", serial[i]);
	cert_say(buf, n, "%.100s (serial %s)", cert_subject_print(cert, subject, sizeof(subject)), hex);
	return buf;
}

int cert_public_key(const struct cert *cert, struct verify_key **key)
{
	gnutls_datum_t spki = { 0 };
	gnutls_pubkey_t lib;
	int ret = -EINVAL;

	if (gnutls_pubkey_init(&lib) < 0)
		return -ENOMEM;
	if (gnutls_pubkey_import_x509(lib, cert->lib, 0) == 0 &&
	    gnutls_pubkey_export2(lib, GNUTLS_X509_FMT_DER, &spki) == 0)
		ret = verify_key_from_spki(key, KW_SPAN(spki.data, spki.size));
	gnutls_free(spki.data);
	gnutls_pubkey_deinit(lib);
	return ret;
}

bool cert_matches_key(const struct cert *cert, const struct sign_key *key)
{
	struct verify_key *ours = NULL, *theirs = NULL;
	bool same;

	same = sign_key_public(key, &ours) == 0 && cert_public_key(cert, &theirs) == 0 &&
	       verify_key_equal(ours, theirs);
	verify_key_free(ours);
	verify_key_free(theirs);
	return same;
}

void cert_spki_sha1(const struct cert *cert, uint8_t out[20])
{
	memcpy(out, cert->spki_sha1, CERT_SPKI_HASH_LEN);
}

/* Files. */

static int cert_from_lib(struct cert **cert, gnutls_x509_crt_t lib)
{
	gnutls_datum_t der = { 0 };
	int ret;

	if (gnutls_x509_crt_export2(lib, GNUTLS_X509_FMT_DER, &der) < 0)
		return -ENOMEM;
	ret = cert_from_der(cert, KW_SPAN(der.data, der.size));
	gnutls_free(der.data);
	return ret;
}

/* How many certificates of a PEM bundle now stand in certs[], or -errno (then none does). */
static int certs_from_pem(const gnutls_datum_t *file, struct cert **certs, unsigned int max)
{
	gnutls_x509_crt_t *list;
	unsigned int n, made = 0;
	int ret = 0;

	if (gnutls_x509_crt_list_import2(&list, &n, file, GNUTLS_X509_FMT_PEM, 0) < 0)
		return -EINVAL;
	if (n > max)
		ret = -E2BIG;
	while (ret == 0 && made < n) {
		ret = cert_from_lib(&certs[made], list[made]);
		made += ret == 0;
	}
	for (unsigned int i = 0; i < n; i++)
		gnutls_x509_crt_deinit(list[i]);
	gnutls_free(list);
	while (ret && made)
		cert_put(certs[--made]);
	return ret ? ret : (int)made;
}

int cert_load(const char *path, struct cert **certs, unsigned int max, char *err, size_t err_len)
{
	gnutls_datum_t file = { 0 };
	int ret;

	errno = 0;
	if (gnutls_load_file(path, &file) < 0) {
		ret = errno ? -errno : -EIO;
		cert_say(err, err_len, "%s: %s", path, strerror(-ret));
		return ret;
	}
	ret = certs_from_pem(&file, certs, max);
	if (ret == -EINVAL && max && cert_from_der(&certs[0], KW_SPAN(file.data, file.size)) == 0)
		ret = 1;
	gnutls_free(file.data);
	if (ret == -E2BIG)
		cert_say(err, err_len, "%s: more than %u certificates", path, max);
	else if (ret < 0)
		cert_say(err, err_len, "%s: not a certificate", path);
	return ret;
}
