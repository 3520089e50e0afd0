// SPDX-License-Identifier: GPL-2.0
/*
 * Names: which identities a certificate speaks for, and distinguished names.
 *
 * RFCs: 4945 §3.1, 5280 §4.2.1.6, §7.1; 4514 (as text).
 */
#include "crypto/cert_lib.h"
#include "lib/addr.h"

#include <errno.h>
#include <gnutls/x509-ext.h>
#include <stdlib.h>
#include <string.h>

#define OID_SUBJECT_ALT_NAME	"2.5.29.17"

/* Identification types of RFC 7296 §3.5 that a certificate can bear; the codec's list stands above us. */
enum { ID_IPV4 = 1, ID_FQDN = 2, ID_RFC822 = 3, ID_IPV6 = 5, ID_DN = 9 };

/* Names. */

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* Lengths count: a NUL inside of a name ends nothing. */
static bool equal_no_case(struct kw_span a, struct kw_span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	}
	return true;
}

static bool alt_name_matches(unsigned int san_type, struct kw_span san, uint8_t id_type, struct kw_span id)
{
	switch (id_type) {
	case ID_FQDN:
		return san_type == GNUTLS_SAN_DNSNAME && equal_no_case(san, id);
	case ID_RFC822:
		return san_type == GNUTLS_SAN_RFC822NAME && equal_no_case(san, id);
	case ID_IPV4:
		return san_type == GNUTLS_SAN_IPADDRESS && id.len == 4 && kw_span_equal(san, id);
	case ID_IPV6:
		return san_type == GNUTLS_SAN_IPADDRESS && id.len == 16 && kw_span_equal(san, id);
	}
	return false;
}

/* ", FQDN gw.example.org" behind what text already says. */
static void append_alt_name(char *text, size_t n, unsigned int type, struct kw_span san)
{
	size_t at = strlen(text);
	struct ip_addr ip;
	char addr[ADDR_STRLEN];

	if (type == GNUTLS_SAN_DNSNAME || type == GNUTLS_SAN_RFC822NAME) {
		cert_say(text + at, n - at, ", %s %.*s", type == GNUTLS_SAN_DNSNAME ? "FQDN" : "email",
			 (int)san.len, (const char *)san.p);
	} else if (type == GNUTLS_SAN_IPADDRESS && (san.len == 4 || san.len == 16)) {
		ip = ip_addr_from_bytes(san.len == 4 ? AF_INET : AF_INET6, san.p);
		cert_say(text + at, n - at, ", IP %s", ip_addr_print(addr, &ip));
	}
}

/* Walks subjectAltName: true at the first match; text collects what there is otherwise. */
static bool alt_names_match(const struct cert *cert, uint8_t id_type, struct kw_span id, char *text, size_t n)
{
	gnutls_subject_alt_names_t sans;
	gnutls_datum_t ext = { 0 }, san;
	unsigned int type;
	bool found = false;

	if (gnutls_x509_crt_get_extension_by_oid2(cert->lib, OID_SUBJECT_ALT_NAME, 0, &ext, NULL) < 0)
		return false;
	if (gnutls_subject_alt_names_init(&sans) < 0) {
		gnutls_free(ext.data);
		return false;
	}
	if (gnutls_x509_ext_import_subject_alt_names(&ext, sans, 0) == 0) {
		for (unsigned int i = 0; !found; i++) {
			if (gnutls_subject_alt_names_get(sans, i, &type, &san, NULL) < 0)
				break;
			found = alt_name_matches(type, KW_SPAN(san.data, san.size), id_type, id);
			append_alt_name(text, n, type, KW_SPAN(san.data, san.size));
		}
	}
	gnutls_subject_alt_names_deinit(sans);
	gnutls_free(ext.data);
	return found;
}

bool cert_has_identity(const struct cert *cert, uint8_t id_type, struct kw_span id, char *why, size_t n)
{
	char subject[CERT_DN_STRLEN], names[512];
	bool found;

	cert_subject_print(cert, subject, sizeof(subject));
	names[0] = '\0';
	found = alt_names_match(cert, id_type, id, names, sizeof(names));
	if (id_type == ID_DN)
		found = dn_equal(cert_subject_der(cert), id);
	cert_say(why, n, "the certificate speaks for DN %s%s", subject, names);
	return found;
}

/* Distinguished names. */

int dn_parse(const char *text, uint8_t **der, size_t *len)
{
	gnutls_datum_t out = { 0 };
	gnutls_x509_dn_t dn;
	int ret = -EINVAL;

	if (gnutls_x509_dn_init(&dn) < 0)
		return -ENOMEM;
	if (*text && gnutls_x509_dn_set_str(dn, text, NULL) == 0 &&
	    gnutls_x509_dn_export2(dn, GNUTLS_X509_FMT_DER, &out) == 0) {
		*der = malloc(out.size);
		*len = out.size;
		ret = *der ? 0 : -ENOMEM;
		if (*der)
			memcpy(*der, out.data, out.size);
	}
	gnutls_free(out.data);
	gnutls_x509_dn_deinit(dn);
	return ret;
}

/* NULL when it is not a DN. */
static gnutls_x509_dn_t dn_import(struct kw_span der)
{
	gnutls_datum_t in = cert_datum(der);
	gnutls_x509_dn_t dn;

	if (gnutls_x509_dn_init(&dn) < 0)
		return NULL;
	if (gnutls_x509_dn_import(dn, &in) == 0)
		return dn;
	gnutls_x509_dn_deinit(dn);
	return NULL;
}

char *dn_print(struct kw_span der, char *buf, size_t n)
{
	gnutls_x509_dn_t dn = dn_import(der);
	gnutls_datum_t text = { 0 };

	if (dn && gnutls_x509_dn_get_str2(dn, &text, 0) == 0)
		cert_say(buf, n, "%s", (const char *)text.data);
	else
		cert_say(buf, n, "(not a distinguished name)");
	gnutls_free(text.data);
	if (dn)
		gnutls_x509_dn_deinit(dn);
	return buf;
}

/* Universal tags of the string types that hold text as octets of ASCII or UTF-8. */
static bool is_text(unsigned long tag)
{
	return tag == 12 || tag == 19 || tag == 20 || tag == 22;
}

/* The next character of RFC 5280 7.1's comparison: case folded, runs of blanks as one, none at the ends. */
static int next_char(struct kw_reader *r)
{
	bool blank = false;
	uint8_t c;

	while (kw_reader_left(r)) {
		c = *r->p;
		if (c != ' ')
			break;
		blank = true;
		kw_get_u8(r);
	}
	if (!kw_reader_left(r))
		return -1;
	return blank ? ' ' : lower(kw_get_u8(r));
}

static bool equal_text(struct kw_span a, struct kw_span b)
{
	struct kw_reader ra, rb;
	int ca, cb;

	while (a.len && a.p[0] == ' ')
		a = KW_SPAN(a.p + 1, a.len - 1);
	while (b.len && b.p[0] == ' ')
		b = KW_SPAN(b.p + 1, b.len - 1);
	ra = kw_reader(a);
	rb = kw_reader(b);
	do {
		ca = next_char(&ra);
		cb = next_char(&rb);
	} while (ca == cb && ca >= 0);
	return ca == cb;
}

static bool ava_equal(const gnutls_x509_ava_st *a, const gnutls_x509_ava_st *b)
{
	struct kw_span va = KW_SPAN(a->value.data, a->value.size);
	struct kw_span vb = KW_SPAN(b->value.data, b->value.size);

	if (!kw_span_equal(KW_SPAN(a->oid.data, a->oid.size), KW_SPAN(b->oid.data, b->oid.size)))
		return false;
	if (is_text(a->value_tag) && is_text(b->value_tag))
		return equal_text(va, vb);
	return a->value_tag == b->value_tag && kw_span_equal(va, vb);
}

/* One RDN: the attribute values of both, in DER's SET OF order. *end when neither has such an RDN. */
static bool rdn_equal(gnutls_x509_dn_t a, gnutls_x509_dn_t b, int rdn, bool *end)
{
	for (int i = 0;; i++) {
		gnutls_x509_ava_st va, vb;
		int ea = gnutls_x509_dn_get_rdn_ava(a, rdn, i, &va);
		int eb = gnutls_x509_dn_get_rdn_ava(b, rdn, i, &vb);

		if (ea < 0 && eb < 0) {
			*end = i == 0;
			return true;
		}
		if (ea < 0 || eb < 0 || !ava_equal(&va, &vb))
			return false;
	}
}

bool dn_equal(struct kw_span a, struct kw_span b)
{
	gnutls_x509_dn_t da = dn_import(a), db = dn_import(b);
	bool same = da && db, end = false;

	for (int rdn = 0; same && !end; rdn++)
		same = rdn_equal(da, db, rdn, &end);
	if (da)
		gnutls_x509_dn_deinit(da);
	if (db)
		gnutls_x509_dn_deinit(db);
	return same;
}
