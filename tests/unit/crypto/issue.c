// SPDX-License-Identifier: GPL-2.0
/* Certificates, lists of revoked ones and who issues them, made on the spot. */
#include "issue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void order_names(gnutls_x509_crt_t crt, const struct order *o)
{
	if (o->dns)
		gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, o->dns, strlen(o->dns),
						     GNUTLS_FSAN_APPEND);
	if (o->email)
		gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_RFC822NAME, o->email,
						     strlen(o->email), GNUTLS_FSAN_APPEND);
	if (o->ip.len)
		gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, o->ip.p,
						     (unsigned int)o->ip.len, GNUTLS_FSAN_APPEND);
}

static void order_extensions(gnutls_x509_crt_t crt, const struct order *o)
{
	gnutls_x509_name_constraints_t nc;
	gnutls_datum_t dns;

	if (!o->v1)
		gnutls_x509_crt_set_basic_constraints(crt, o->ca, -1);
	if (o->usage)
		gnutls_x509_crt_set_key_usage(crt, o->usage);
	if (o->eku)
		gnutls_x509_crt_set_key_purpose_oid(crt, o->eku, 0);
	if (o->odd_critical)
		gnutls_x509_crt_set_extension_by_oid(crt, "1.3.6.1.4.1.99999.1", "\x05\x00", 2, 1);
	if (o->crl_url)
		gnutls_x509_crt_set_crl_dist_points(crt, GNUTLS_SAN_URI, o->crl_url, 0);
	if (o->ocsp_url) {
		dns = (gnutls_datum_t){ (unsigned char *)(uintptr_t)o->ocsp_url,
					(unsigned int)strlen(o->ocsp_url) };
		gnutls_x509_crt_set_authority_info_access(crt, GNUTLS_IA_OCSP_URI, &dns);
	}
	if (o->permitted_dns) {
		dns = (gnutls_datum_t){ (unsigned char *)(uintptr_t)o->permitted_dns,
					(unsigned int)strlen(o->permitted_dns) };
		gnutls_x509_name_constraints_init(&nc);
		gnutls_x509_name_constraints_add_permitted(nc, GNUTLS_SAN_DNSNAME, &dns);
		gnutls_x509_crt_set_name_constraints(crt, nc, 1);
		gnutls_x509_name_constraints_deinit(nc);
	}
}

static void make_key(struct entity *e, const struct order *o)
{
	assert_int_equal(gnutls_x509_privkey_init(&e->key), 0);
	if (o->rsa_bits)
		assert_int_equal(gnutls_x509_privkey_generate(e->key, GNUTLS_PK_RSA, o->rsa_bits, 0), 0);
	else
		assert_int_equal(gnutls_x509_privkey_generate(e->key, GNUTLS_PK_ECDSA,
				 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0), 0);
}

struct entity issue(struct order o)
{
	static uint32_t serial;
	struct entity e = { 0 }, *by = o.issuer ? o.issuer : &e;
	gnutls_datum_t der;
	const char *bad;

	make_key(&e, &o);
	serial++;
	assert_int_equal(gnutls_x509_crt_init(&e.crt), 0);
	gnutls_x509_crt_set_version(e.crt, o.v1 ? 1 : 3);
	gnutls_x509_crt_set_serial(e.crt, &serial, sizeof(serial));
	assert_int_equal(gnutls_x509_crt_set_dn(e.crt, o.dn, &bad), 0);
	gnutls_x509_crt_set_key(e.crt, e.key);
	if (!o.from_day && !o.until_day) {
		o.from_day = -1;
		o.until_day = 365;
	}
	if (!o.now)
		o.now = NOW;
	gnutls_x509_crt_set_activation_time(e.crt, o.now + (int64_t)o.from_day * DAY);
	gnutls_x509_crt_set_expiration_time(e.crt, o.now + (int64_t)o.until_day * DAY);
	order_names(e.crt, &o);
	order_extensions(e.crt, &o);
	assert_int_equal(gnutls_x509_crt_sign2(e.crt, by == &e ? e.crt : by->crt, by->key,
					       o.hash ? o.hash : GNUTLS_DIG_SHA256, 0), 0);
	assert_int_equal(gnutls_x509_crt_export2(e.crt, GNUTLS_X509_FMT_DER, &der), 0);
	assert_int_equal(cert_from_der(&e.cert, KW_SPAN(der.data, der.size)), 0);
	gnutls_free(der.data);
	return e;
}

void forget(struct entity *e)
{
	gnutls_x509_privkey_deinit(e->key);
	gnutls_x509_crt_deinit(e->crt);
	cert_put(e->cert);
}

static void put_on_list(gnutls_x509_crl_t crl, const struct crl_order *o)
{
	uint8_t serial[32];

	for (unsigned int i = 0; i < 4 && o->revoked[i]; i++) {
		size_t len = sizeof(serial);

		assert_int_equal(gnutls_x509_crt_get_serial(o->revoked[i]->crt, serial, &len), 0);
		assert_int_equal(gnutls_x509_crl_set_crt_serial(crl, serial, len, o->now + (int64_t)o->revoked_day * DAY),
				 0);
	}
	for (uint32_t i = 0; i < o->more; i++) {
		memset(serial, 0x55, sizeof(serial));
		memcpy(serial + 1, &i, sizeof(i));
		assert_int_equal(gnutls_x509_crl_set_crt_serial(crl, serial, 5 + i % 12, o->now), 0);
	}
}

gnutls_datum_t issue_crl(struct crl_order o)
{
	gnutls_x509_crt_t by = o.issuer->crt;
	struct entity other = { 0 };
	gnutls_x509_crl_t crl;
	gnutls_datum_t out;

	if (!o.now)
		o.now = NOW;
	if (!o.from_day && !o.until_day) {
		o.from_day = -1;
		o.until_day = 7;
	}
	/* Somebody else's name above this issuer's signature. */
	if (o.call_it) {
		other = issue((struct order){ .dn = o.call_it, .ca = true, .now = o.now });
		by = other.crt;
	}
	assert_int_equal(gnutls_x509_crl_init(&crl), 0);
	gnutls_x509_crl_set_version(crl, 2);
	gnutls_x509_crl_set_this_update(crl, o.now + (int64_t)o.from_day * DAY);
	if (!o.without_end)
		gnutls_x509_crl_set_next_update(crl, o.now + (int64_t)o.until_day * DAY);
	gnutls_x509_crl_set_number(crl, &o.number, 1);
	put_on_list(crl, &o);
	assert_int_equal(gnutls_x509_crl_sign2(crl, by, o.issuer->key, o.hash ? o.hash : GNUTLS_DIG_SHA256, 0), 0);
	assert_int_equal(gnutls_x509_crl_export2(crl, o.pem ? GNUTLS_X509_FMT_PEM : GNUTLS_X509_FMT_DER, &out), 0);
	gnutls_x509_crl_deinit(crl);
	if (o.call_it)
		forget(&other);
	return out;
}
