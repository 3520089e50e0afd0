/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether a certificate has been revoked, by what its issuer publishes: lists (CRL) and answers (OCSP).
 *
 * RFCs: 5280 §5, §6.3; 6960; 8954 (nonce).
 */
#ifndef KW_CRYPTO_REVOKE_H
#define KW_CRYPTO_REVOKE_H

#include "lib/buf.h"

struct cert;

/* A certificate and the one that signed it, which was verified. */
struct cert_link {
	struct cert *cert, *issuer;
};

#define CERT_PATH_MAX 10u

/* Of a chain: each certificate below the trusted one, the end entity's first. One reference to each. */
struct cert_path {
	unsigned int n;
	struct cert_link link[CERT_PATH_MAX];
};

void cert_path_drop(struct cert_path *path);

/* What an unknown status means. */
enum revoke_mode {
	REVOKE_RELAXED,	/* the certificate counts */
	REVOKE_IFURI,	/* it does not, if its issuer publishes the status somewhere */
	REVOKE_STRICT,	/* it does not */
	REVOKE_OFF,	/* nobody is asked */
};

enum revoke_status { REVOKE_UNKNOWN, REVOKE_GOOD, REVOKE_REVOKED };

#define REVOKE_WHY 400		/* room for a sentence */
#define REVOKE_FOREVER INT64_MAX

/* ---- lists ---- */

struct crl;		/* immutable, refcounted; nobody has checked its signature yet */
struct crl_set;		/* immutable, refcounted */

#define CRL_OCTETS_MAX (4u << 20)	/* about 100,000 revoked certificates */

/* DER. source is where it came from, for people. 0, -EINVAL, -ENOMEM; why says what it lacks. Slow. */
int crl_from_der(struct crl **crl, struct kw_span der, const char *source, char why[REVOKE_WHY]);
struct crl *crl_get(struct crl *crl);
void crl_put(struct crl *crl);			/* NULL is fine */
size_t crl_octets(const struct crl *crl);	/* of memory, about */
int64_t crl_next_update(const struct crl *crl);	/* REVOKE_FOREVER: it says none */
/* Is it the issuer's of the certificate, signed by it, and of this time? why says what is wrong. Slow when asked first. */
bool crl_is_good(struct crl *crl, const struct cert_link *l, int64_t unix_now, char why[REVOKE_WHY]);
/*
 * What the list says of the certificate. Never GOOD unless crl_is_good(); REVOKED also by a list that has expired,
 * because nothing on it becomes good again by that. why: who revoked it, when, where that is written.
 */
enum revoke_status crl_look(struct crl *crl, const struct cert_link *l, int64_t unix_now, char why[REVOKE_WHY]);

int crl_set_new(struct crl_set **set);
/* PEM bundle or DER file. 0, or -errno with a sentence. */
int crl_set_load(struct crl_set *set, const char *path, char why[REVOKE_WHY]);
unsigned int crl_set_count(const struct crl_set *set);
struct crl_set *crl_set_get(struct crl_set *set);	/* NULL is fine */
void crl_set_put(struct crl_set *set);			/* NULL is fine */
/* What any of the lists says. set may be NULL. */
enum revoke_status crl_set_look(struct crl_set *set, const struct cert_link *l, int64_t unix_now,
				char why[REVOKE_WHY]);

/* ---- answers ---- */

#define OCSP_NONCE_LEN 16u		/* RFC 8954 §2.1: 1 to 32, some responders take no more than 16 */
#define OCSP_OCTETS_MAX 65536u

/* The question about the certificate, DER, malloc()ed. 0, -ENOMEM, -EINVAL. */
int ocsp_request(const struct cert_link *l, const uint8_t nonce[OCSP_NONCE_LEN], uint8_t **der, size_t *len);
/*
 * What the response says of the certificate; *until is when that ends to count. A response with another nonce is
 * none; one without (RFC 6960 §4.4.1) is judged by its times alone. nonce NULL: none was sent. why as for
 * crl_look(). Slow.
 */
enum revoke_status ocsp_look(struct kw_span der, const struct cert_link *l, const uint8_t nonce[OCSP_NONCE_LEN],
			     const char *source, int64_t unix_now, int64_t *until, char why[REVOKE_WHY]);

/* ---- where to ask ---- */

enum revoke_source { REVOKE_BY_OCSP, REVOKE_BY_CRL };

#define REVOKE_URL_MAX 512u

/* The at-th http URL that the certificate names for it. false: there are no more. */
bool cert_revoke_url(const struct cert *cert, enum revoke_source source, unsigned int at,
		     char url[REVOKE_URL_MAX]);

#endif
