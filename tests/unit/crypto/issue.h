/* SPDX-License-Identifier: GPL-2.0 */
/* Certificates, lists of revoked ones and who issues them, made on the spot. */
#ifndef KW_TESTS_UNIT_CRYPTO_ISSUE_H
#define KW_TESTS_UNIT_CRYPTO_ISSUE_H

#include "crypto/cert.h"

#include <gnutls/x509.h>

#define DAY 86400
#define NOW ((int64_t)1800000000)	/* 2027-01-15: never the real time, so that the clock is told apart */

/* One entity: its key, its certificate as GnuTLS and as ours. */
struct entity {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	struct cert *cert;
};

/* What to issue; zero is the usual. */
struct order {
	const char *dn;
	struct entity *issuer;		/* NULL: self-signed */
	bool ca;
	bool v1;
	int from_day, until_day;	/* relative to now; both 0: -1 and +365 */
	unsigned int usage;
	const char *eku;
	unsigned int rsa_bits;		/* 0: P-256 */
	gnutls_digest_algorithm_t hash;	/* 0: SHA-256 */
	const char *permitted_dns;	/* name constraint */
	const char *dns, *email;
	struct kw_span ip;
	bool odd_critical;		/* an unknown critical extension */
	const char *crl_url, *ocsp_url;	/* where its status is published */
	int64_t now;			/* what days are relative to; 0: NOW */
};

struct entity issue(struct order o);
void forget(struct entity *e);

/* A list of what the issuer revoked. */
struct crl_order {
	struct entity *issuer;
	const char *call_it;		/* issuer's name when it is not issuer's own */
	struct entity *revoked[4];
	int from_day, until_day;	/* relative to now; both 0: -1 and +7 */
	int revoked_day;
	unsigned int more;		/* and so many others */
	uint8_t number;
	bool pem, without_end;
	gnutls_digest_algorithm_t hash;	/* 0: SHA-256 */
	int64_t now;			/* 0: NOW */
};

/* Of gnutls_free(). */
gnutls_datum_t issue_crl(struct crl_order o);

#endif
