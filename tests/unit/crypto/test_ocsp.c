// SPDX-License-Identifier: GPL-2.0
/* OCSP: which responses count, and what they say; openssl's responder understands our requests and we it. */
#include "crypto/cert.h"
#include "issue.h"
#include "ocsp.h"
#include "vectors.h"

#include <stdio.h>
#include <unistd.h>

#define CA_USAGE (GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN)
#define EKU_OCSP GNUTLS_KP_OCSP_SIGNING

static struct entity root, gw, other, responder, late, impostor;
static const uint8_t nonce[OCSP_NONCE_LEN] = "nonce of sixteen";
static uint8_t *request;
static size_t request_len;

static int setup(void **state)
{
	struct cert_link l;

	if (vectors_start(state))
		return -1;
	root = issue((struct order){ .dn = "CN=Root", .ca = true, .usage = CA_USAGE });
	gw = issue((struct order){ .dn = "CN=gw", .issuer = &root });
	other = issue((struct order){ .dn = "CN=Other", .ca = true, .usage = CA_USAGE });
	responder = issue((struct order){ .dn = "CN=Responder", .issuer = &root, .eku = EKU_OCSP });
	late = issue((struct order){ .dn = "CN=Late", .issuer = &root, .eku = EKU_OCSP, .from_day = -9,
				     .until_day = -1 });
	impostor = issue((struct order){ .dn = "CN=Impostor", .issuer = &other, .eku = EKU_OCSP });
	l = (struct cert_link){ gw.cert, root.cert };
	return ocsp_request(&l, nonce, &request, &request_len);
}

static int teardown(void **state)
{
	(void)state;
	forget(&root);
	forget(&gw);
	forget(&other);
	forget(&responder);
	forget(&late);
	forget(&impostor);
	free(request);
	return 0;
}

static enum revoke_status look(struct kw_span der, int64_t now, int64_t *until, char why[REVOKE_WHY])
{
	const struct cert_link l = { gw.cert, root.cert };

	snprintf(why, REVOKE_WHY, "%s", "");
	return ocsp_look(der, &l, nonce, "http://ocsp.example/", now, until, why);
}

/* by NULL: the issuer itself. A day back, a day ahead unless said. */
static void expect(struct ocsp_order o, struct entity *by, enum revoke_status want, const char *says)
{
	enum revoke_status got;
	char why[REVOKE_WHY];
	int64_t until;
	struct der d;

	o.request = KW_SPAN(request, request_len);
	o.signer = by ? by->crt : root.crt;
	o.key = by ? by->key : root.key;
	o.with_cert = by;
	if (!o.this_update)
		o.this_update = NOW - 3600;
	if (!o.next_update)
		o.next_update = NOW + 3600;
	else if (o.next_update < 0)
		o.next_update = 0;
	o.since = NOW - 5 * DAY;
	ocsp_make(&d, &o);
	got = look(KW_SPAN(d.b, d.len), NOW, &until, why);
	if (got != want || !strstr(why, says))
		fail_msg("%d, wanted %d: %s, wanted %s", got, want, why, says);
	if (got == REVOKE_GOOD)
		assert_int_equal(until, o.next_update ? o.next_update : o.this_update + 300);
}

static void what_a_response_says(void **state)
{
	(void)state;
	expect((struct ocsp_order){ .says = OCSP_GOOD }, NULL, REVOKE_GOOD, "");
	expect((struct ocsp_order){ .says = OCSP_REVOKED }, NULL, REVOKE_REVOKED,
	       "is revoked since 2027-01-10 08:00 UTC (key compromised): OCSP response of 2027-01-15 07:00 UTC (http://ocsp.example/)");
	expect((struct ocsp_order){ .says = OCSP_REVOKED }, NULL, REVOKE_REVOKED, "certificate CN=gw (serial ");
	expect((struct ocsp_order){ .says = OCSP_UNKNOWN }, NULL, REVOKE_UNKNOWN, "does not know the certificate");
	/* RFC 6960 §4.4.1: many answer without the nonce. */
	expect((struct ocsp_order){ .no_nonce = true }, NULL, REVOKE_GOOD, "");
}

static void who_may_answer(void **state)
{
	(void)state;
	expect((struct ocsp_order){ 0 }, &responder, REVOKE_GOOD, "");
	expect((struct ocsp_order){ .says = OCSP_REVOKED }, &responder, REVOKE_REVOKED, "is revoked");
	expect((struct ocsp_order){ 0 }, &late, REVOKE_UNKNOWN, "not signed by");
	expect((struct ocsp_order){ 0 }, &impostor, REVOKE_UNKNOWN, "not signed by");
	expect((struct ocsp_order){ .says = OCSP_REVOKED }, &impostor, REVOKE_UNKNOWN, "not signed by");
	expect((struct ocsp_order){ 0 }, &other, REVOKE_UNKNOWN, "not signed by");
	/* The certificate itself, which has no such right. */
	expect((struct ocsp_order){ 0 }, &gw, REVOKE_UNKNOWN, "not signed by");
}

static void responses_that_do_not_count(void **state)
{
	(void)state;
	expect((struct ocsp_order){ .other_nonce = true }, NULL, REVOKE_UNKNOWN, "the nonce differs");
	expect((struct ocsp_order){ .other_nonce = true, .says = OCSP_REVOKED }, NULL, REVOKE_UNKNOWN,
	       "the nonce differs");
	expect((struct ocsp_order){ .other_serial = true }, NULL, REVOKE_UNKNOWN, "not about this certificate");
	expect((struct ocsp_order){ .this_update = NOW - 7200, .next_update = NOW - 1 }, NULL, REVOKE_UNKNOWN,
	       "expired on 2027-01-15 07:59 UTC");
	expect((struct ocsp_order){ .this_update = NOW + 400 }, NULL, REVOKE_UNKNOWN, "from the future");
	expect((struct ocsp_order){ .this_update = NOW - 700, .next_update = -1 }, NULL, REVOKE_UNKNOWN, "expired on");
	expect((struct ocsp_order){ .this_update = NOW - 200, .next_update = -1 }, NULL, REVOKE_GOOD, "");
	/* Revoked stays revoked. */
	expect((struct ocsp_order){ .this_update = NOW - 7200, .next_update = NOW - 1, .says = OCSP_REVOKED }, NULL,
	       REVOKE_REVOKED, "is revoked");
}

/* RFC 6960 §2.3: a status without a response is signed by nobody. */
static void responders_that_refuse(void **state)
{
	static const struct {
		uint8_t status;
		const char *says;
	} rows[] = { { 1, "malformedRequest" }, { 2, "internalError" }, { 3, "tryLater" }, { 5, "sigRequired" },
		     { 6, "unauthorized" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint8_t der[] = { 0x30, 3, 0x0a, 1, rows[i].status };
		char why[REVOKE_WHY];
		int64_t until;

		assert_int_equal(look(KW_SPAN(der, sizeof(der)), NOW, &until, why), REVOKE_UNKNOWN);
		if (!strstr(why, rows[i].says))
			fail_msg("%s", why);
	}
}

/* ---- sent by the peer (RFC 4806) ---- */

static struct kw_span staple(struct der *d, struct ocsp_order o, struct entity *by)
{
	o.request = KW_SPAN(request, request_len);
	o.signer = by->crt;
	o.key = by->key;
	o.with_cert = by != &root;
	o.since = NOW - 5 * DAY;
	if (!o.this_update)
		o.this_update = NOW - 3600;
	if (!o.next_update)
		o.next_update = NOW + 3600;
	ocsp_make(d, &o);
	return KW_SPAN(d->b, d->len);
}

/* Where nobody else says anything, and strict is the word. */
static enum cert_verdict stapled(const struct kw_span *response, unsigned int n, enum revoke_mode mode, char why[512])
{
	const struct cert_staples staples = { response, n };
	struct cert_path ask = { 0 };
	struct cert_store *store;
	enum cert_verdict v;

	assert_int_equal(cert_store_new(&store), 0);
	assert_int_equal(cert_store_add(store, root.cert), 0);
	cert_store_set_revoke(store, mode);
	why[0] = '\0';
	v = cert_verify_stapled(store, &gw.cert, 1, NOW, &staples, &ask, why, 512);
	assert_int_equal(ask.n, 0);
	cert_store_free(store);
	return v;
}

static void what_the_peer_sends_along(void **state)
{
	static struct der d[4];
	const struct kw_span
		good = staple(&d[0], (struct ocsp_order){ 0 }, &root),
		by_another = staple(&d[1], (struct ocsp_order){ .says = OCSP_REVOKED }, &impostor),
		old = staple(&d[2], (struct ocsp_order){ .this_update = NOW - 7200, .next_update = NOW - 1 }, &responder),
		revoked = staple(&d[3], (struct ocsp_order){ .says = OCSP_REVOKED }, &responder);
	const struct {
		struct kw_span response[3];
		unsigned int n;
		enum cert_verdict strict, relaxed;
		const char *says;
	} rows[] = {
		{ { { 0 } }, 0, CERT_NO_STATUS, CERT_TRUSTED, "is not known" },
		{ { good }, 1, CERT_TRUSTED, CERT_TRUSTED, "" },
		{ { by_another }, 1, CERT_NO_STATUS, CERT_TRUSTED, "is not known" },
		{ { old }, 1, CERT_NO_STATUS, CERT_TRUSTED, "is not known" },
		{ { KW_SPAN("nothing", 7) }, 1, CERT_NO_STATUS, CERT_TRUSTED, "is not known" },
		{ { by_another, old, good }, 3, CERT_TRUSTED, CERT_TRUSTED, "" },
		{ { revoked }, 1, CERT_REVOKED, CERT_REVOKED, "is revoked since 2027-01-10" },
		{ { old, revoked }, 2, CERT_REVOKED, CERT_REVOKED, "(sent by the peer)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char why[512];
		enum cert_verdict v = stapled(rows[i].response, rows[i].n, REVOKE_STRICT, why);

		if (v != rows[i].strict || !strstr(why, rows[i].says))
			fail_msg("row %zu: %s, %s", i, cert_verdict_name(v), why);
		v = stapled(rows[i].response, rows[i].n, REVOKE_RELAXED, why);
		if (v != rows[i].relaxed)
			fail_msg("row %zu, relaxed: %s, %s", i, cert_verdict_name(v), why);
	}
}

/* Of whom the status is asked: of others than oneself. */
static void who_issued_it(void **state)
{
	struct cert *among[] = { other.cert, gw.cert, root.cert }, *found;
	struct cert_store *store;

	(void)state;
	found = cert_find_issuer(gw.cert, among, 3, NULL);
	assert_ptr_equal(found, root.cert);
	cert_put(found);
	assert_null(cert_find_issuer(gw.cert, among, 2, NULL));
	assert_null(cert_find_issuer(root.cert, among, 3, NULL));
	assert_int_equal(cert_store_new(&store), 0);
	assert_null(cert_find_issuer(gw.cert, among, 2, store));
	assert_int_equal(cert_store_add(store, root.cert), 0);
	found = cert_find_issuer(gw.cert, among, 2, store);
	assert_ptr_equal(found, root.cert);
	cert_put(found);
	cert_store_free(store);
}

/* OCSPResponse, its status, [0], ResponseBytes, their type, OCTET STRING, BasicOCSPResponse. */
#define SIGNED_AT (4 + 3 + 4 + 4 + 11 + 4 + 4)

static void damaged_responses(void **state)
{
	struct ocsp_order o = {
		.request = KW_SPAN(request, request_len), .signer = root.crt, .key = root.key,
		.this_update = NOW - 3600, .next_update = NOW + 3600,
	};
	char why[REVOKE_WHY];
	int64_t until;
	struct der d;

	(void)state;
	ocsp_make(&d, &o);
	for (size_t i = 0; i < d.len; i++) {
		d.b[i] ^= 0x21;
		/* What lies around the signed part nobody has signed: GnuTLS does not mind all of it. */
		if (look(KW_SPAN(d.b, d.len), NOW, &until, why) != REVOKE_UNKNOWN && i >= SIGNED_AT)
			fail_msg("octet %zu is changed, and nobody sees it", i);
		d.b[i] ^= 0x21;
		assert_int_equal(look(KW_SPAN(d.b, i), NOW, &until, why), REVOKE_UNKNOWN);
	}
}

/* ---- against openssl, today ---- */

static char dir[] = "/tmp/keyway-test-ocsp-XXXXXX";

static void put(const char *name, const void *p, size_t n)
{
	char path[80];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

static void put_entity(const char *name, const struct entity *e)
{
	gnutls_datum_t pem;
	char file[40];

	gnutls_x509_crt_export2(e->crt, GNUTLS_X509_FMT_PEM, &pem);
	snprintf(file, sizeof(file), "%s.crt", name);
	put(file, pem.data, pem.size);
	gnutls_free(pem.data);
	gnutls_x509_privkey_export2_pkcs8(e->key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem);
	snprintf(file, sizeof(file), "%s.key", name);
	put(file, pem.data, pem.size);
	gnutls_free(pem.data);
}

/* openssl's index: what it knows of the certificate. */
static void put_index(const struct entity *e, bool revoked)
{
	uint8_t serial[32];
	size_t len = sizeof(serial);
	char text[200], hex[65] = "";

	gnutls_x509_crt_get_serial(e->crt, serial, &len);
	for (size_t i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02X", serial[i]);
	snprintf(text, sizeof(text), "%c\t490101000000Z\t%s\t%s\tunknown\t/CN=now\n", revoked ? 'R' : 'V',
		 revoked ? "260101000000Z,superseded" : "", hex);
	put("index", text, strlen(text));
}

static enum revoke_status by_openssl(const struct cert_link *l, const char *signer, char why[REVOKE_WHY])
{
	enum revoke_status status;
	gnutls_datum_t answer;
	char command[400], path[80];
	int64_t until;
	uint8_t *req;
	size_t len;

	assert_int_equal(ocsp_request(l, nonce, &req, &len), 0);
	put("req", req, len);
	free(req);
	snprintf(command, sizeof(command),
		 "cd %s && openssl ocsp -index index -CA ca.crt -rsigner %s.crt -rkey %s.key -ndays 1 -reqin req -respout resp >log 2>&1 || cat log",
		 dir, signer, signer);
	assert_int_equal(system(command), 0);
	snprintf(path, sizeof(path), "%s/resp", dir);
	assert_int_equal(gnutls_load_file(path, &answer), 0);
	status = ocsp_look(KW_SPAN(answer.data, answer.size), l, nonce, "here", time(NULL), &until, why);
	gnutls_free(answer.data);
	return status;
}

static void against_openssl(void **state)
{
	const int64_t now = time(NULL);
	struct entity ca = issue((struct order){ .dn = "CN=Now", .ca = true, .usage = CA_USAGE, .now = now });
	struct entity e = issue((struct order){ .dn = "CN=now", .issuer = &ca, .now = now });
	struct entity r = issue((struct order){ .dn = "CN=answers", .issuer = &ca, .eku = EKU_OCSP, .now = now });
	const struct cert_link l = { e.cert, ca.cert };
	char why[REVOKE_WHY] = "", command[80];

	(void)state;
	assert_non_null(mkdtemp(dir));
	put_entity("ca", &ca);
	put_entity("r", &r);
	for (unsigned int i = 0; i < 2; i++) {
		const char *signer = i ? "r" : "ca";

		put_index(&e, false);
		if (by_openssl(&l, signer, why) != REVOKE_GOOD)
			fail_msg("%s", why);
		put_index(&e, true);
		assert_int_equal(by_openssl(&l, signer, why), REVOKE_REVOKED);
		assert_non_null(strstr(why, "is revoked since 2026-01-01 00:00 UTC (superseded)"));
		put_index(&ca, false);
		assert_int_equal(by_openssl(&l, signer, why), REVOKE_UNKNOWN);
		assert_non_null(strstr(why, "does not know the certificate"));
	}
	forget(&ca);
	forget(&e);
	forget(&r);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_response_says),
		cmocka_unit_test(who_may_answer),
		cmocka_unit_test(responses_that_do_not_count),
		cmocka_unit_test(responders_that_refuse),
		cmocka_unit_test(what_the_peer_sends_along),
		cmocka_unit_test(who_issued_it),
		cmocka_unit_test(damaged_responses),
		cmocka_unit_test(against_openssl),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
