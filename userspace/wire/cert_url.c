// SPDX-License-Identifier: GPL-2.0
/*
 * Certificates by hash and URL.
 *
 *   SHA-1 of the document, 20 octets | its URL
 *
 *   CertificateBundle ::= SEQUENCE OF CertificateOrCRL
 *   CertificateOrCRL ::= CHOICE { cert [0] EXPLICIT Certificate, crl [1] EXPLICIT CertificateList }
 *
 * RFC 7296 §3.6.
 */
#include "wire/cert_url.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define SCHEME "http://"
/* RFC 3986 §2 without what begins a fragment, and without the @ behind a user's name. */
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/?[]!$&'()*+,;=%"

#define DER_SEQUENCE	0x30
#define DER_CERT	0xa0
#define DER_CRL		0xa1

bool cert_url_is_plain(const char *url)
{
	const char *host = url + sizeof(SCHEME) - 1;
	size_t len = strlen(url);

	return len < CERT_URL_MAX && strncmp(url, SCHEME, sizeof(SCHEME) - 1) == 0 && strspn(url, LETTERS) == len &&
	       *host && !strchr("/:?", *host) && !strstr(host, "/..") && !strcasestr(host, "%2e");
}

bool cert_url_below(const char *url, const char *prefix)
{
	return strncmp(url, prefix, strlen(prefix)) == 0;
}

int cert_url_parse(struct kw_span data, struct cert_url *out)
{
	struct kw_reader r = kw_reader(data);
	struct kw_span hash = kw_get_span(&r, CERT_URL_HASH_LEN), url = kw_get_rest(&r);

	if (r.bad || !url.len || url.len >= CERT_URL_MAX || memchr(url.p, '\0', url.len))
		return -EBADMSG;
	memcpy(out->hash, hash.p, CERT_URL_HASH_LEN);
	memcpy(out->url, url.p, url.len);
	out->url[url.len] = '\0';
	return cert_url_is_plain(out->url) ? 0 : -EBADMSG;
}

void cert_url_build(struct kw_writer *w, const uint8_t hash[CERT_URL_HASH_LEN], const char *url)
{
	kw_put_span(w, KW_SPAN(hash, CERT_URL_HASH_LEN));
	kw_put_span(w, KW_SPAN(url, strlen(url)));
}

/* ---- bundles ---- */

/* X.690 §8.1.3: one octet up to 127, or how many octets follow; DER takes the shortest (§10.1). */
static size_t get_length(struct kw_reader *r)
{
	uint8_t first = kw_get_u8(r), n = first & 0x7f;
	size_t len = 0;

	if (first < 0x80)
		return first;
	if (n < 1 || n > 3)
		r->bad = true;
	for (uint8_t i = 0; i < n && !r->bad; i++)
		len = len << 8 | kw_get_u8(r);
	if (len < 0x80 || len >> 8 * (n - 1) == 0)
		r->bad = true;
	return len;
}

/* One element: its tag, and what is in it. */
static uint8_t get_element(struct kw_reader *r, struct kw_span *content)
{
	uint8_t tag = kw_get_u8(r);

	*content = kw_get_span(r, get_length(r));
	return tag;
}

int cert_bundle_open(struct kw_span der, struct kw_reader *in)
{
	struct kw_reader r = kw_reader(der);
	struct kw_span list;

	if (get_element(&r, &list) != DER_SEQUENCE || r.bad || kw_reader_left(&r))
		return -EBADMSG;
	*in = kw_reader(list);
	return 0;
}

bool cert_bundle_next(struct kw_reader *in, struct kw_span *cert)
{
	while (!in->bad && kw_reader_left(in)) {
		uint8_t tag = get_element(in, cert);

		if (in->bad)
			break;
		if (tag == DER_CERT)
			return true;
		if (tag != DER_CRL)
			in->bad = true;
	}
	return false;
}

static void put_length(struct kw_writer *w, size_t len)
{
	if (len >= 0x80)
		kw_put_u8(w, len > 0xffff ? 0x83 : len > 0xff ? 0x82 : 0x81);
	if (len > 0xffff)
		kw_put_u8(w, (uint8_t)(len >> 16));
	if (len > 0xff)
		kw_put_u8(w, (uint8_t)(len >> 8));
	kw_put_u8(w, (uint8_t)len);
}

static size_t length_of(size_t len)
{
	return 2 + (len >= 0x80) + (len > 0xff) + (len > 0xffff) + len;
}

void cert_bundle_build(struct kw_writer *w, const struct kw_span *cert, unsigned int n)
{
	size_t len = 0;

	for (unsigned int i = 0; i < n; i++)
		len += length_of(cert[i].len);
	kw_put_u8(w, DER_SEQUENCE);
	put_length(w, len);
	for (unsigned int i = 0; i < n; i++) {
		kw_put_u8(w, DER_CERT);
		put_length(w, cert[i].len);
		kw_put_span(w, cert[i]);
	}
}
