/* SPDX-License-Identifier: GPL-2.0 */
/*
 * OCSP responses as a test wants them, good or bad: RFC 6960 §4.2.1 in DER, signed with an ECDSA key of P-256. What
 * they are about is copied from the request.
 */
#ifndef KW_TESTS_OCSP_H
#define KW_TESTS_OCSP_H

#include <gnutls/abstract.h>
#include <gnutls/ocsp.h>
#include <gnutls/x509.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/buf.h"

enum ocsp_says { OCSP_GOOD, OCSP_REVOKED, OCSP_UNKNOWN };

struct ocsp_order {
	struct kw_span request;
	gnutls_x509_crt_t signer;
	gnutls_x509_privkey_t key;
	bool with_cert;			/* the signer's stands in the response */
	enum ocsp_says says;
	time_t this_update, next_update, since;	/* next_update 0: not said */
	bool no_nonce, other_nonce, other_serial;
};

struct der {
	size_t len;
	uint8_t b[4096];
};

/* Tag and length go in front of what d holds. */
static inline void der_wrap(struct der *d, uint8_t tag)
{
	uint8_t head[4] = { tag };
	size_t n = 2;

	if (d->len < 0x80) {
		head[1] = (uint8_t)d->len;
	} else {
		head[1] = 0x82;
		head[2] = (uint8_t)(d->len >> 8);
		head[3] = (uint8_t)d->len;
		n = 4;
	}
	memmove(d->b + n, d->b, d->len);
	memcpy(d->b, head, n);
	d->len += n;
}

static inline void der_add(struct der *d, const void *p, size_t n)
{
	memcpy(d->b + d->len, p, n);
	d->len += n;
}

static inline void der_put(struct der *d, uint8_t tag, const void *p, size_t n)
{
	struct der x = { 0 };

	der_add(&x, p, n);
	der_wrap(&x, tag);
	der_add(d, x.b, x.len);
}

static inline void der_put_time(struct der *d, time_t t)
{
	struct tm tm;
	char text[20];

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm);
	der_put(d, 0x18, text, strlen(text));
}

#define DER_SHA1 "\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00"
#define DER_ECDSA_SHA256 "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"
#define DER_BASIC "\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x01"
#define DER_NONCE "\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x02"

static inline void ocsp_single(struct der *d, const struct ocsp_order *o, gnutls_ocsp_req_t req)
{
	gnutls_datum_t name = { 0 }, key = { 0 }, serial = { 0 };
	gnutls_digest_algorithm_t hash;
	struct der id = { 0 }, x = { 0 }, t = { 0 };

	gnutls_ocsp_req_get_cert_id(req, 0, &hash, &name, &key, &serial);
	if (o->other_serial)
		serial.data[serial.size - 1] ^= 1;
	der_add(&id, DER_SHA1, sizeof(DER_SHA1) - 1);
	der_put(&id, 0x04, name.data, name.size);
	der_put(&id, 0x04, key.data, key.size);
	der_put(&id, 0x02, serial.data, serial.size);
	der_wrap(&id, 0x30);
	der_add(d, id.b, id.len);
	if (o->says == OCSP_REVOKED) {
		der_put_time(&x, o->since);
		der_put(&x, 0xa0, "\x0a\x01\x01", 3);	/* keyCompromise */
		der_wrap(&x, 0xa1);
		der_add(d, x.b, x.len);
	} else {
		der_put(d, o->says == OCSP_GOOD ? 0x80 : 0x82, "", 0);
	}
	der_put_time(d, o->this_update);
	if (o->next_update) {
		der_put_time(&t, o->next_update);
		der_wrap(&t, 0xa0);
		der_add(d, t.b, t.len);
	}
	der_wrap(d, 0x30);
	gnutls_free(name.data);
	gnutls_free(key.data);
	gnutls_free(serial.data);
}

static inline void ocsp_nonce(struct der *d, const struct ocsp_order *o, gnutls_ocsp_req_t req)
{
	gnutls_datum_t nonce = { 0 };
	struct der x = { 0 };
	unsigned int critical;

	if (o->no_nonce || gnutls_ocsp_req_get_nonce(req, &critical, &nonce) < 0)
		return;
	if (o->other_nonce)
		nonce.data[0] ^= 1;
	der_put(&x, 0x04, nonce.data, nonce.size);
	der_wrap(&x, 0x04);
	memmove(x.b + sizeof(DER_NONCE) - 1, x.b, x.len);
	memcpy(x.b, DER_NONCE, sizeof(DER_NONCE) - 1);
	x.len += sizeof(DER_NONCE) - 1;
	der_wrap(&x, 0x30);
	der_wrap(&x, 0x30);
	der_wrap(&x, 0xa1);
	der_add(d, x.b, x.len);
	gnutls_free(nonce.data);
}

static inline void ocsp_sign(struct der *d, const struct ocsp_order *o)
{
	gnutls_datum_t in = { d->b, (unsigned int)d->len }, sig = { 0 }, crt = { 0 };
	gnutls_privkey_t key;
	struct der x = { 0 };

	gnutls_privkey_init(&key);
	gnutls_privkey_import_x509(key, o->key, 0);
	gnutls_privkey_sign_data(key, GNUTLS_DIG_SHA256, 0, &in, &sig);
	der_add(d, DER_ECDSA_SHA256, sizeof(DER_ECDSA_SHA256) - 1);
	der_add(&x, "", 1);	/* no unused bits */
	der_add(&x, sig.data, sig.size);
	der_wrap(&x, 0x03);
	der_add(d, x.b, x.len);
	if (o->with_cert) {
		gnutls_x509_crt_export2(o->signer, GNUTLS_X509_FMT_DER, &crt);
		x.len = 0;
		der_add(&x, crt.data, crt.size);
		der_wrap(&x, 0x30);
		der_wrap(&x, 0xa0);
		der_add(d, x.b, x.len);
	}
	der_wrap(d, 0x30);
	gnutls_free(sig.data);
	gnutls_free(crt.data);
	gnutls_privkey_deinit(key);
}

static inline void ocsp_make(struct der *d, const struct ocsp_order *o)
{
	gnutls_datum_t in = { (unsigned char *)(uintptr_t)o->request.p, (unsigned int)o->request.len };
	struct der single = { 0 }, name = { 0 };
	gnutls_datum_t dn = { 0 };
	gnutls_ocsp_req_t req;

	d->len = 0;
	gnutls_ocsp_req_init(&req);
	gnutls_ocsp_req_import(req, &in);
	gnutls_x509_crt_get_raw_dn(o->signer, &dn);
	der_put(d, 0xa1, dn.data, dn.size);	/* responderID byName */
	gnutls_free(dn.data);
	der_put_time(d, o->this_update);
	ocsp_single(&single, o, req);
	der_wrap(&single, 0x30);
	der_add(d, single.b, single.len);
	ocsp_nonce(d, o, req);
	gnutls_ocsp_req_deinit(req);
	der_wrap(d, 0x30);
	ocsp_sign(d, o);
	der_wrap(d, 0x04);
	memmove(d->b + sizeof(DER_BASIC) - 1, d->b, d->len);
	memcpy(d->b, DER_BASIC, sizeof(DER_BASIC) - 1);
	d->len += sizeof(DER_BASIC) - 1;
	der_wrap(d, 0x30);
	der_wrap(d, 0xa0);
	der_add(&name, "\x0a\x01\x00", 3);	/* successful */
	der_add(&name, d->b, d->len);
	*d = name;
	der_wrap(d, 0x30);
}

#endif
