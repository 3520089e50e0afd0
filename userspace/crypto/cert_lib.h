/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of crypto/ that speak of certificates share of GnuTLS. */
#ifndef KW_CRYPTO_CERT_LIB_H
#define KW_CRYPTO_CERT_LIB_H

#include "crypto/cert.h"

#include <gnutls/x509.h>
#include <pthread.h>

#define CERT_DN_STRLEN		256
#define CERT_SPKI_HASH_LEN	20
#define CERT_SERIAL_MAX		32u	/* RFC 5280 §4.1.2.2 allows 20 octets */
/* What GnuTLS has to insist on when it verifies: as in TLS, nothing below 112 bits, no SHA-1. */
#define CERT_VERIFY_FLAGS	GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM)

struct cert {
	unsigned int refs;
	gnutls_x509_crt_t lib;
	gnutls_datum_t subject;		/* DER */
	uint8_t spki_sha1[CERT_SPKI_HASH_LEN];
	size_t der_len;
	uint8_t der[];
};

/* Immutable after loading, but for crls. */
struct cert_store {
	gnutls_x509_trust_list_t lib;
	struct cert **ca;		/* one reference each */
	uint8_t *hashes;		/* CERT_SPKI_HASH_LEN octets each */
	unsigned int count;
	enum revoke_mode mode;
	pthread_mutex_t lock;		/* for crls */
	struct crl_set *crls;		/* one reference; NULL: none */
};

/* GnuTLS only reads it, but its datum is not const. */
static inline gnutls_datum_t cert_datum(struct kw_span s)
{
	return (gnutls_datum_t){ .data = (unsigned char *)(uintptr_t)s.p, .size = (unsigned int)s.len };
}

/* snprintf() whose result nobody needs: a short buffer is cut. */
void cert_say(char *buf, size_t n, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* "2026-11-22 17:00 UTC" */
char *cert_time_print(char buf[32], int64_t t);
/*
 * From here on until cert_clock_stop() GnuTLS sees this time on this thread, and not the system's.
 */
void cert_clock_set(int64_t unix_now);
void cert_clock_stop(void);

#endif
