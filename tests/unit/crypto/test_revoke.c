// SPDX-License-Identifier: GPL-2.0
/* Lists of revoked certificates: which count, and what they say. */
#include "crypto/cert.h"
#include "issue.h"
#include "vectors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define CA_USAGE (GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN)

static struct entity root, middle, gw, below, other;	/* gw of root, below of middle */
static char dir[] = "/tmp/keyway-test-revoke-XXXXXX";

static int setup(void **state)
{
	if (vectors_start(state) || !mkdtemp(dir))
		return -1;
	root = issue((struct order){ .dn = "CN=Root", .ca = true, .usage = CA_USAGE });
	middle = issue((struct order){ .dn = "CN=Middle", .issuer = &root, .ca = true, .usage = CA_USAGE });
	gw = issue((struct order){ .dn = "CN=gw", .issuer = &root });
	below = issue((struct order){ .dn = "CN=below", .issuer = &middle });
	other = issue((struct order){ .dn = "CN=Other", .ca = true, .usage = CA_USAGE });
	return 0;
}

static int teardown(void **state)
{
	char command[80];

	(void)state;
	forget(&root);
	forget(&middle);
	forget(&gw);
	forget(&below);
	forget(&other);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static struct crl *crl_of(struct crl_order o)
{
	gnutls_datum_t der = issue_crl(o);
	char why[REVOKE_WHY] = "";
	struct crl *crl;

	if (crl_from_der(&crl, KW_SPAN(der.data, der.size), "test.crl", why))
		fail_msg("%s", why);
	gnutls_free(der.data);
	return crl;
}

/* What the list says of gw, and how. */
static void expect(struct crl_order o, int64_t now, enum revoke_status want, const char *says)
{
	const struct cert_link l = { gw.cert, root.cert };
	struct crl *crl = crl_of(o);
	char why[REVOKE_WHY] = "";

	/* Twice: the second time the signature is known. */
	for (unsigned int i = 0; i < 2; i++) {
		enum revoke_status got = crl_look(crl, &l, now, why);

		if (got != want || !strstr(why, says))
			fail_msg("%d, wanted %d: %s", got, want, why);
	}
	crl_put(crl);
}

static void what_a_list_says(void **state)
{
	(void)state;
	expect((struct crl_order){ .issuer = &root }, NOW, REVOKE_GOOD, "");
	expect((struct crl_order){ .issuer = &root, .revoked = { &middle } }, NOW, REVOKE_GOOD, "");
	expect((struct crl_order){ .issuer = &root, .revoked = { &gw }, .revoked_day = -10, .number = 9 }, NOW,
	       REVOKE_REVOKED, "is revoked since 2027-01-05 08:00 UTC: CRL 09 of CN=Root (test.crl)");
	expect((struct crl_order){ .issuer = &root, .revoked = { &gw }, .more = 3000 }, NOW, REVOKE_REVOKED,
	       "certificate CN=gw (serial ");
	expect((struct crl_order){ .issuer = &root, .more = 3000 }, NOW, REVOKE_GOOD, "");
	expect((struct crl_order){ .issuer = &root, .without_end = true }, NOW + 900 * DAY, REVOKE_GOOD, "");
}

static void lists_that_do_not_count(void **state)
{
	(void)state;
	expect((struct crl_order){ .issuer = &other }, NOW, REVOKE_UNKNOWN, "of CN=Other (test.crl) is of another issuer");
	expect((struct crl_order){ .issuer = &other, .revoked = { &gw } }, NOW, REVOKE_UNKNOWN, "of another issuer");
	expect((struct crl_order){ .issuer = &other, .call_it = "CN=Root", .revoked = { &gw } }, NOW, REVOKE_UNKNOWN,
	       "of CN=Root (test.crl) is not signed by its issuer");
	expect((struct crl_order){ .issuer = &other, .call_it = "CN=Root" }, NOW, REVOKE_UNKNOWN, "not signed");
	expect((struct crl_order){ .issuer = &root, .hash = GNUTLS_DIG_SHA1 }, NOW, REVOKE_UNKNOWN, "not signed");
	expect((struct crl_order){ .issuer = &root, .until_day = 7, .from_day = -1 }, NOW + 7 * DAY, REVOKE_GOOD, "");
	expect((struct crl_order){ .issuer = &root }, NOW + 7 * DAY + 1, REVOKE_UNKNOWN,
	       "expired on 2027-01-22 08:00 UTC");
	expect((struct crl_order){ .issuer = &root, .from_day = 1, .until_day = 7 }, NOW, REVOKE_UNKNOWN,
	       "from the future: 2027-01-16");
	/* What is revoked stays so when the list is old. */
	expect((struct crl_order){ .issuer = &root, .revoked = { &gw } }, NOW + 30 * DAY, REVOKE_REVOKED, "is revoked");
}

/* RFC 5280 §4.2.1.3: not each CA may sign lists. */
static void a_ca_without_that_right(void **state)
{
	struct entity ca = issue((struct order){ .dn = "CN=Root", .ca = true, .usage = GNUTLS_KEY_KEY_CERT_SIGN });
	struct entity leaf = issue((struct order){ .dn = "CN=leaf", .issuer = &ca });
	struct crl *crl = crl_of((struct crl_order){ .issuer = &ca, .revoked = { &leaf } });
	char why[REVOKE_WHY];

	(void)state;
	assert_int_equal(crl_look(crl, &(struct cert_link){ leaf.cert, ca.cert }, NOW, why), REVOKE_UNKNOWN);
	crl_put(crl);
	forget(&ca);
	forget(&leaf);
}

/* A list with a critical extension says nothing (RFC 5280 §5.2): of a part of the certificates alone, for one. */
static void a_list_of_a_part(void **state)
{
	/* openssl's, which can write extensions: issuingDistributionPoint, critical. */
	static const char config[] =
		"[ca]\ndefault_ca=d\n[d]\ndatabase=index\ndefault_md=sha256\ndefault_crl_days=7\ncrl_extensions=x\n"
		"[x]\nissuingDistributionPoint=critical,@i\n[i]\nonlyuser=TRUE\n";
	char path[96], command[400], why[REVOKE_WHY] = "";
	struct crl_set *set;
	gnutls_datum_t pem;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/conf", dir);
	f = fopen(path, "w");
	fputs(config, f);
	fclose(f);
	snprintf(path, sizeof(path), "%s/root.key", dir);
	gnutls_x509_privkey_export2_pkcs8(root.key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem);
	f = fopen(path, "w");
	fwrite(pem.data, 1, pem.size, f);
	fclose(f);
	gnutls_free(pem.data);
	snprintf(path, sizeof(path), "%s/root.crt", dir);
	gnutls_x509_crt_export2(root.crt, GNUTLS_X509_FMT_PEM, &pem);
	f = fopen(path, "w");
	fwrite(pem.data, 1, pem.size, f);
	fclose(f);
	gnutls_free(pem.data);
	snprintf(command, sizeof(command),
		 "cd %s && : >index && openssl ca -gencrl -config conf -keyfile root.key -cert root.crt -out part.crl 2>err || cat err",
		 dir);
	assert_int_equal(system(command), 0);
	snprintf(path, sizeof(path), "%s/part.crl", dir);
	assert_int_equal(crl_set_new(&set), 0);
	assert_int_equal(crl_set_load(set, path, why), -EINVAL);
	assert_non_null(strstr(why, "part.crl: a CRL with a critical extension"));
	crl_set_put(set);
}

static void damaged_lists(void **state)
{
	gnutls_datum_t der = issue_crl((struct crl_order){ .issuer = &root, .revoked = { &middle } });
	const struct cert_link l = { gw.cert, root.cert };
	char why[REVOKE_WHY];
	struct crl *crl;

	(void)state;
	for (unsigned int i = 0; i < der.size; i++) {
		der.data[i] ^= 0x11;
		if (crl_from_der(&crl, KW_SPAN(der.data, der.size), "x", why) == 0) {
			if (crl_look(crl, &l, NOW, why) != REVOKE_UNKNOWN)
				fail_msg("octet %u is changed, and nobody sees it", i);
			crl_put(crl);
		}
		der.data[i] ^= 0x11;
		assert_int_equal(crl_from_der(&crl, KW_SPAN(der.data, i), "x", why), -EINVAL);
	}
	gnutls_free(der.data);
}

/* ---- files ---- */

static void put_file(const char *name, struct crl_order o, const char *mode)
{
	gnutls_datum_t text = issue_crl(o);
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, mode);
	assert_int_equal(fwrite(text.data, 1, text.size, f), text.size);
	fclose(f);
	gnutls_free(text.data);
}

static struct crl_set *load(const char *name)
{
	char path[96], why[REVOKE_WHY];
	struct crl_set *set;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(crl_set_new(&set), 0);
	if (crl_set_load(set, path, why))
		fail_msg("%s", why);
	return set;
}

static void files(void **state)
{
	struct crl_set *set;
	char path[96], why[REVOKE_WHY];

	(void)state;
	put_file("one.crl", (struct crl_order){ .issuer = &root }, "w");
	set = load("one.crl");
	assert_int_equal(crl_set_count(set), 1);
	crl_set_put(set);
	put_file("two.pem", (struct crl_order){ .issuer = &root, .pem = true }, "w");
	put_file("two.pem", (struct crl_order){ .issuer = &middle, .pem = true, .revoked = { &below } }, "a");
	set = load("two.pem");
	assert_int_equal(crl_set_count(set), 2);
	assert_int_equal(crl_set_look(set, &(struct cert_link){ below.cert, middle.cert }, NOW, why), REVOKE_REVOKED);
	assert_int_equal(crl_set_look(set, &(struct cert_link){ gw.cert, root.cert }, NOW, why), REVOKE_GOOD);
	snprintf(path, sizeof(path), "%s/conf", dir);
	assert_int_equal(crl_set_load(set, path, why), -EINVAL);
	assert_non_null(strstr(why, "conf: not a CRL"));
	snprintf(path, sizeof(path), "%s/none", dir);
	assert_int_equal(crl_set_load(set, path, why), -ENOENT);
	crl_set_put(set);
}

/* The newer list counts, and what any list revoked is revoked. */
static void several_lists_of_one_issuer(void **state)
{
	const struct cert_link l = { gw.cert, root.cert };
	struct crl_set *set;
	char why[REVOKE_WHY];

	(void)state;
	put_file("old.pem", (struct crl_order){ .issuer = &root, .pem = true, .from_day = -30, .until_day = -20 }, "w");
	set = load("old.pem");
	assert_int_equal(crl_set_look(set, &l, NOW, why), REVOKE_UNKNOWN);
	crl_set_put(set);
	put_file("old.pem", (struct crl_order){ .issuer = &root, .pem = true }, "a");
	put_file("old.pem", (struct crl_order){ .issuer = &root, .pem = true, .from_day = -30, .until_day = -20 }, "a");
	set = load("old.pem");
	assert_int_equal(crl_set_look(set, &l, NOW, why), REVOKE_GOOD);
	crl_set_put(set);
	put_file("old.pem", (struct crl_order){ .issuer = &root, .pem = true, .revoked = { &gw } }, "a");
	set = load("old.pem");
	assert_int_equal(crl_set_look(set, &l, NOW, why), REVOKE_REVOKED);
	crl_set_put(set);
}

/* ---- in the verdict ---- */

static enum cert_verdict verdict(struct cert_store *store, struct cert *const *chain, unsigned int n,
				 const char *says)
{
	char why[512] = "";
	enum cert_verdict v = cert_verify(store, chain, n, NOW, NULL, why, sizeof(why));

	if (!strstr(why, says) || (v == CERT_TRUSTED && why[0]))
		fail_msg("%s: %s", cert_verdict_name(v), why);
	return v;
}

static struct cert_store *store_of(enum revoke_mode mode, const char *file)
{
	struct crl_set *set = file ? load(file) : NULL;
	struct cert_store *store;

	assert_int_equal(cert_store_new(&store), 0);
	assert_int_equal(cert_store_add(store, root.cert), 0);
	cert_store_set_revoke(store, mode);
	cert_store_set_crls(store, set);
	crl_set_put(set);
	return store;
}

static void a_verdict_by_lists(void **state)
{
	struct cert *chain[] = { below.cert, middle.cert };
	static const struct {
		bool middle_is_revoked;
		enum revoke_mode mode;
		enum cert_verdict want;
		const char *says;
	} rows[] = {
		{ true, REVOKE_RELAXED, CERT_REVOKED, "certificate CN=Middle (serial " },
		{ true, REVOKE_STRICT, CERT_REVOKED, "is revoked since" },
		{ true, REVOKE_OFF, CERT_TRUSTED, "" },
		{ false, REVOKE_RELAXED, CERT_TRUSTED, "" },
		/* The root says that middle is good; of below nobody says anything. */
		{ false, REVOKE_STRICT, CERT_NO_STATUS, "whether certificate CN=below (serial " },
		{ false, REVOKE_IFURI, CERT_TRUSTED, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cert_store *store;

		put_file("v.crl", (struct crl_order){ .issuer = &root, .revoked = {
			rows[i].middle_is_revoked ? &middle : &other } }, "w");
		store = store_of(rows[i].mode, "v.crl");
		assert_int_equal(verdict(store, chain, 2, rows[i].says), rows[i].want);
		cert_store_free(store);
	}
}

static void a_verdict_without_lists(void **state)
{
	struct entity uri = issue((struct order){ .dn = "CN=uri", .issuer = &root,
						  .crl_url = "http://127.0.0.1:9/ca.crl" });
	static const struct {
		enum revoke_mode mode;
		enum cert_verdict plain, uri;
	} rows[] = {
		{ REVOKE_RELAXED, CERT_TRUSTED, CERT_TRUSTED },
		{ REVOKE_IFURI, CERT_TRUSTED, CERT_NO_STATUS },
		{ REVOKE_STRICT, CERT_NO_STATUS, CERT_NO_STATUS },
		{ REVOKE_OFF, CERT_TRUSTED, CERT_TRUSTED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cert_store *store = store_of(rows[i].mode, NULL);

		assert_int_equal(verdict(store, &gw.cert, 1, rows[i].plain == CERT_TRUSTED ? "" :
					 "is not known: there is no CRL of CN=Root (revocation = strict)"),
				 rows[i].plain);
		assert_int_equal(verdict(store, &uri.cert, 1, rows[i].uri == CERT_TRUSTED ? "" : "is not known"),
				 rows[i].uri);
		cert_store_free(store);
	}
	forget(&uri);
}

/* What is trusted itself is revoked by nobody. */
static void the_trusted_one_itself(void **state)
{
	struct cert_store *store = store_of(REVOKE_STRICT, NULL);

	(void)state;
	assert_int_equal(cert_store_add(store, gw.cert), 0);
	assert_int_equal(verdict(store, &gw.cert, 1, ""), CERT_TRUSTED);
	cert_store_free(store);
}

static void who_is_to_be_asked(void **state)
{
	struct entity ca = issue((struct order){ .dn = "CN=Ca", .issuer = &root, .ca = true, .usage = CA_USAGE,
						 .crl_url = "http://a.example/1.crl" });
	struct entity leaf = issue((struct order){ .dn = "CN=leaf", .issuer = &ca,
						   .ocsp_url = "http://ocsp.example/" });
	struct cert *chain[] = { leaf.cert, ca.cert, root.cert };
	struct cert_store *store = store_of(REVOKE_STRICT, NULL);
	struct cert_path ask = { 0 };
	char why[512], url[REVOKE_URL_MAX];

	(void)state;
	assert_int_equal(cert_verify(store, chain, 3, NOW, &ask, why, sizeof(why)), CERT_TRUSTED);
	assert_int_equal(ask.n, 2);
	assert_ptr_equal(ask.link[0].cert, ca.cert);
	assert_true(kw_span_equal(cert_der(ask.link[0].issuer), cert_der(root.cert)));
	assert_ptr_equal(ask.link[1].cert, leaf.cert);
	assert_ptr_equal(ask.link[1].issuer, ca.cert);
	assert_true(cert_revoke_url(ca.cert, REVOKE_BY_CRL, 0, url));
	assert_string_equal(url, "http://a.example/1.crl");
	assert_false(cert_revoke_url(ca.cert, REVOKE_BY_CRL, 1, url));
	assert_false(cert_revoke_url(ca.cert, REVOKE_BY_OCSP, 0, url));
	assert_true(cert_revoke_url(leaf.cert, REVOKE_BY_OCSP, 0, url));
	assert_string_equal(url, "http://ocsp.example/");
	assert_false(cert_revoke_url(leaf.cert, REVOKE_BY_OCSP, 1, url));
	cert_path_drop(&ask);
	/* Before the chain is trusted nobody is asked about it. */
	assert_int_equal(cert_verify(store, chain, 1, NOW, &ask, why, sizeof(why)), CERT_UNTRUSTED);
	assert_int_equal(ask.n, 0);
	assert_int_equal(cert_verify(store, chain, 3, NOW + 400 * DAY, &ask, why, sizeof(why)), CERT_EXPIRED);
	assert_int_equal(ask.n, 0);
	cert_store_free(store);
	forget(&ca);
	forget(&leaf);
}

static void addresses_that_are_not_asked(void **state)
{
	static const char *const urls[] = { "ldap://x.example/cn=ca", "https://x.example/ca.crl", "ftp://x.example/ca.crl",
					    "file:///etc/shadow", "http://x.example/a b", "http:/" };

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++) {
		struct entity e = issue((struct order){ .dn = "CN=e", .issuer = &root, .crl_url = urls[i],
							.ocsp_url = urls[i] });
		char url[REVOKE_URL_MAX];

		assert_false(cert_revoke_url(e.cert, REVOKE_BY_CRL, 0, url));
		assert_false(cert_revoke_url(e.cert, REVOKE_BY_OCSP, 0, url));
		forget(&e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_list_says),
		cmocka_unit_test(lists_that_do_not_count),
		cmocka_unit_test(a_ca_without_that_right),
		cmocka_unit_test(a_list_of_a_part),
		cmocka_unit_test(damaged_lists),
		cmocka_unit_test(files),
		cmocka_unit_test(several_lists_of_one_issuer),
		cmocka_unit_test(a_verdict_by_lists),
		cmocka_unit_test(a_verdict_without_lists),
		cmocka_unit_test(the_trusted_one_itself),
		cmocka_unit_test(who_is_to_be_asked),
		cmocka_unit_test(addresses_that_are_not_asked),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
