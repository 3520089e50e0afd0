/* SPDX-License-Identifier: GPL-2.0 */
/* Certificates by hash and URL: what stands in the payload, and in a bundle that it points to (RFC 7296 §3.6). */
#ifndef KW_WIRE_CERT_URL_H
#define KW_WIRE_CERT_URL_H

#include "lib/buf.h"

#define CERT_URL_HASH_LEN 20u	/* SHA-1, which the RFC fixes */
#define CERT_URL_MAX 512u

struct cert_url {
	uint8_t hash[CERT_URL_HASH_LEN];	/* of the document at url */
	char url[CERT_URL_MAX];
};

/*
 * A URL that is read in one way only, whoever reads it: http, a host without a user in front, letters that need no
 * quoting, and no way up in its path.
 */
bool cert_url_is_plain(const char *url);
/* What prefix ends with a slash behind the host is the beginning of url. Both are plain. */
bool cert_url_below(const char *url, const char *prefix);

/* Of encodings 12 and 13. 0, or -EBADMSG: too short, too long, or its URL is not plain. */
int cert_url_parse(struct kw_span data, struct cert_url *out);
void cert_url_build(struct kw_writer *w, const uint8_t hash[CERT_URL_HASH_LEN], const char *url);

/*
 * The next certificate of a CertificateBundle (DER), CRLs are passed over. in is what is left, the whole bundle at
 * first after cert_bundle_open(). false: there are no more, and in->bad tells whether it ended well.
 */
int cert_bundle_open(struct kw_span der, struct kw_reader *in);	/* 0 or -EBADMSG */
bool cert_bundle_next(struct kw_reader *in, struct kw_span *cert);
/* The bundle of n certificates (DER) in their order. */
void cert_bundle_build(struct kw_writer *w, const struct kw_span *cert, unsigned int n);

#endif
