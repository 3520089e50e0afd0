// SPDX-License-Identifier: GPL-2.0
/* Certificates made for this run: which are trusted, at which time, for what and for whom. */
#include "crypto/cert.h"
#include "issue.h"
#include "vectors.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/x509-ext.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct entity root, middle, other;	/* a CA, one below it, one nobody knows */
static struct cert_store *store;
static char dir[] = "/tmp/keyway-test-cert-XXXXXX";

static int make_cas(void **state)
{
	const unsigned int sign = GNUTLS_KEY_KEY_CERT_SIGN;

	if (vectors_start(state) || !mkdtemp(dir))
		return -1;
	root = issue((struct order){ .dn = "CN=Root,O=Example", .ca = true, .usage = sign });
	middle = issue((struct order){ .dn = "CN=Middle,O=Example", .issuer = &root, .ca = true, .usage = sign });
	other = issue((struct order){ .dn = "CN=Other,O=Elsewhere", .ca = true, .usage = sign });
	return cert_store_new(&store) || cert_store_add(store, root.cert);
}

static int drop_cas(void **state)
{
	char command[64];

	(void)state;
	forget(&root);
	forget(&middle);
	forget(&other);
	cert_store_free(store);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

/* Verifies a chain of one and of two; says must be in the sentence. */
static void expect_chain(struct cert *const *chain, unsigned int n, int64_t now, enum cert_verdict want,
			 const char *says)
{
	char why[512] = "untouched";
	enum cert_verdict got = cert_verify(store, chain, n, now, NULL, why, sizeof(why));

	if (got != want || !strstr(why, says) || (want == CERT_TRUSTED && why[0]))
		fail_msg("%s (wanted %s): \"%s\", wanted \"%s\"", cert_verdict_name(got),
			 cert_verdict_name(want), why, says);
}

static void expect(struct order o, enum cert_verdict want, const char *says)
{
	struct entity e = issue(o);

	expect_chain(&e.cert, 1, NOW, want, says);
	forget(&e);
}

static void issued_by_a_trusted_ca(void **state)
{
	(void)state;
	expect((struct order){ .dn = "CN=gw", .issuer = &root }, CERT_TRUSTED, "");
	expect((struct order){ .dn = "CN=gw", .issuer = &root, .rsa_bits = 2048 }, CERT_TRUSTED, "");
}

static void issued_by_another_ca(void **state)
{
	(void)state;
	expect((struct order){ .dn = "CN=gw", .issuer = &other }, CERT_UNTRUSTED,
	       "certificate CN=gw is issued by CN=Other,O=Elsewhere, which is not among the trusted CAs");
	expect((struct order){ .dn = "CN=self" }, CERT_UNTRUSTED, "certificate CN=self is issued by CN=self");
}

/* A CA of the same name with another key has signed nothing of ours. */
static void issued_by_an_impostor(void **state)
{
	struct entity fake = issue((struct order){ .dn = "CN=Root,O=Example", .ca = true });
	struct entity e = issue((struct order){ .dn = "CN=gw", .issuer = &fake });
	struct cert *chain[] = { e.cert, fake.cert };
	char why[512];

	(void)state;
	for (unsigned int n = 1; n <= 2; n++) {
		enum cert_verdict v = cert_verify(store, chain, n, NOW, NULL, why, sizeof(why));

		assert_true(v == CERT_UNTRUSTED || v == CERT_INVALID);
		assert_non_null(strstr(why, "certificate CN="));
	}
	forget(&e);
	forget(&fake);
}

static void intermediate_comes_with_the_peer(void **state)
{
	struct entity e = issue((struct order){ .dn = "CN=gw", .issuer = &middle });
	struct cert *whole[] = { e.cert, middle.cert };
	struct cert *mixed[] = { e.cert, other.cert, root.cert, middle.cert };

	(void)state;
	expect_chain(whole, 1, NOW, CERT_UNTRUSTED, "CN=gw is issued by CN=Middle,O=Example");
	expect_chain(whole, 2, NOW, CERT_TRUSTED, "");
	expect_chain(mixed, 4, NOW, CERT_TRUSTED, "");
	forget(&e);
}

static void only_a_ca_may_issue(void **state)
{
	struct entity leaf = issue((struct order){ .dn = "CN=leaf", .issuer = &root });
	struct entity e = issue((struct order){ .dn = "CN=gw", .issuer = &leaf });
	struct cert *chain[] = { e.cert, leaf.cert };

	(void)state;
	expect_chain(chain, 2, NOW, CERT_INVALID, "not a CA");
	forget(&e);
	forget(&leaf);
}

/* The caller's clock decides, and to the second. */
static void validity_at_the_given_time(void **state)
{
	struct entity e = issue((struct order){ .dn = "CN=gw", .issuer = &root, .from_day = 10, .until_day = 20 });

	(void)state;
	expect_chain(&e.cert, 1, NOW, CERT_NOT_YET_VALID,
		     "certificate CN=gw is not valid before 2027-01-25 08:00 UTC");
	expect_chain(&e.cert, 1, NOW + 10 * DAY - 1, CERT_NOT_YET_VALID, "CN=gw");
	expect_chain(&e.cert, 1, NOW + 10 * DAY, CERT_TRUSTED, "");
	expect_chain(&e.cert, 1, NOW + 20 * DAY, CERT_TRUSTED, "");
	expect_chain(&e.cert, 1, NOW + 20 * DAY + 1, CERT_EXPIRED,
		     "certificate CN=gw expired on 2027-02-04 08:00 UTC");
	forget(&e);
}

static void an_expired_ca_is_named(void **state)
{
	struct entity e = issue((struct order){ .dn = "CN=gw", .issuer = &root, .from_day = -1, .until_day = 9999 });
	struct entity m = issue((struct order){ .dn = "CN=Short", .issuer = &root, .ca = true, .from_day = -1,
						.until_day = 2 });
	struct entity below = issue((struct order){ .dn = "CN=gw2", .issuer = &m });
	struct cert *chain[] = { below.cert, m.cert };

	(void)state;
	expect_chain(&e.cert, 1, NOW + 366 * DAY, CERT_EXPIRED, "certificate CN=Root,O=Example expired on 2028-01-15");
	expect_chain(chain, 2, NOW + 3 * DAY, CERT_EXPIRED, "certificate CN=Short expired on 2027-01-17");
	forget(&e);
	forget(&m);
	forget(&below);
}

static void purposes(void **state)
{
	static const char * const good[] = { "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.17",
					     "2.5.29.37.0" };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		expect((struct order){ .dn = "CN=gw", .issuer = &root, .eku = good[i] }, CERT_TRUSTED, "");
	expect((struct order){ .dn = "CN=gw", .issuer = &root, .eku = "1.3.6.1.5.5.7.3.4" }, CERT_BAD_PURPOSE,
	       "certificate CN=gw has an extended key usage");
	expect((struct order){ .dn = "CN=gw", .issuer = &root, .usage = GNUTLS_KEY_DIGITAL_SIGNATURE },
	       CERT_TRUSTED, "");
	expect((struct order){ .dn = "CN=gw", .issuer = &root, .usage = GNUTLS_KEY_NON_REPUDIATION },
	       CERT_TRUSTED, "");
	expect((struct order){ .dn = "CN=gw", .issuer = &root, .usage = GNUTLS_KEY_KEY_ENCIPHERMENT },
	       CERT_BAD_PURPOSE, "without digitalSignature");
}

static void weak_keys_and_hashes(void **state)
{
	(void)state;
	expect((struct order){ .dn = "CN=gw", .issuer = &root, .rsa_bits = 1024 }, CERT_WEAK,
	       "certificate CN=gw uses a key or signature that is too weak");
	expect((struct order){ .dn = "CN=gw", .issuer = &root, .hash = GNUTLS_DIG_SHA1 }, CERT_WEAK, "too weak");
}

static void name_constraints_hold(void **state)
{
	struct entity m = issue((struct order){ .dn = "CN=Narrow", .issuer = &root, .ca = true,
						.permitted_dns = "example.org" });
	struct entity in = issue((struct order){ .dn = "CN=in", .issuer = &m, .dns = "gw.example.org" });
	struct entity out = issue((struct order){ .dn = "CN=out", .issuer = &m, .dns = "gw.example.com" });
	struct cert *inside[] = { in.cert, m.cert }, *outside[] = { out.cert, m.cert };

	(void)state;
	expect_chain(inside, 2, NOW, CERT_TRUSTED, "");
	expect_chain(outside, 2, NOW, CERT_INVALID, "name constraints");
	forget(&m);
	forget(&in);
	forget(&out);
}

static void unknown_critical_extension(void **state)
{
	(void)state;
	expect((struct order){ .dn = "CN=gw", .issuer = &root, .odd_critical = true }, CERT_INVALID,
	       "unknown critical extension");
}

static void chains_of_odd_lengths(void **state)
{
	struct cert *chain[40];
	char why[512];

	(void)state;
	for (size_t i = 0; i < COUNT(chain); i++)
		chain[i] = other.cert;
	assert_int_equal(cert_verify(store, chain, 0, NOW, NULL, why, sizeof(why)), CERT_INVALID);
	assert_int_equal(cert_verify(store, chain, 40, NOW, NULL, why, sizeof(why)), CERT_INVALID);
	assert_int_equal(cert_verify(store, chain, 10, NOW, NULL, why, sizeof(why)), CERT_UNTRUSTED);
	/* A short buffer is cut, never overrun. */
	for (size_t n = 0; n < 30; n++) {
		char *small = malloc(n ? n : 1);

		assert_int_equal(cert_verify(store, chain, 1, NOW, NULL, small, n), CERT_UNTRUSTED);
		free(small);
	}
}

static void *verify_many(void *arg)
{
	struct entity *e = arg;
	long wrong = 0;
	char why[512];

	for (int i = 0; i < 200; i++) {
		int64_t now = i & 1 ? NOW : NOW + 500 * DAY;

		wrong += cert_verify(store, &e->cert, 1, now, NULL, why, sizeof(why)) !=
			 (i & 1 ? CERT_TRUSTED : CERT_EXPIRED);
	}
	return (void *)wrong;
}

static void workers_verify_at_their_own_time(void **state)
{
	struct entity e = issue((struct order){ .dn = "CN=gw", .issuer = &root });
	pthread_t thread[4];
	void *wrong;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, verify_many, &e), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(thread[i], &wrong);
		assert_null(wrong);
	}
	forget(&e);
}

/* Names ---------------------------------------------------------------------------------------------- */

enum { IPV4 = 1, FQDN = 2, RFC822 = 3, IPV6 = 5, DN = 9 };

static void identities(void **state)
{
	static const uint8_t v4[] = { 192, 0, 2, 1 }, v6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
	struct entity e = issue((struct order){ .dn = "CN=gw.cn.example,O=Example", .issuer = &root,
		.dns = "gw.example.org", .email = "admin@example.org", .ip = KW_SPAN(v4, 4) });
	struct entity six = issue((struct order){ .dn = "CN=six", .issuer = &root, .ip = KW_SPAN(v6, 16) });
	struct kw_span subject = cert_subject_der(e.cert);
	char why[256];

	(void)state;
#define HAS(type, s) cert_has_identity(e.cert, type, KW_SPAN_STR(s), why, sizeof(why))
	assert_true(HAS(FQDN, "gw.example.org"));
	assert_true(HAS(FQDN, "GW.Example.ORG"));
	assert_true(HAS(RFC822, "admin@example.org"));
	assert_true(cert_has_identity(e.cert, IPV4, KW_SPAN(v4, 4), why, sizeof(why)));
	assert_true(cert_has_identity(six.cert, IPV6, KW_SPAN(v6, 16), why, sizeof(why)));
	assert_true(cert_has_identity(e.cert, DN, subject, why, sizeof(why)));

	assert_false(HAS(FQDN, "gw.example.or"));
	assert_non_null(strstr(why, "CN=gw.cn.example,O=Example"));
	assert_non_null(strstr(why, "FQDN gw.example.org"));
	assert_non_null(strstr(why, "email admin@example.org"));
	assert_non_null(strstr(why, "IP 192.0.2.1"));
	assert_false(HAS(FQDN, "gw.example.org\0"));
	assert_false(HAS(FQDN, "gw.cn.example"));	/* the CN is not a name */
	assert_false(HAS(FQDN, "admin@example.org"));	/* of another type */
	assert_false(HAS(RFC822, "gw.example.org"));
	assert_false(HAS(FQDN, ""));
	assert_false(HAS(IPV4, "\xc0\x00\x02\x02"));
	assert_false(cert_has_identity(e.cert, IPV6, KW_SPAN(v6, 16), why, sizeof(why)));
	assert_false(cert_has_identity(e.cert, DN, cert_subject_der(six.cert), why, sizeof(why)));
	assert_false(cert_has_identity(e.cert, 11, subject, why, sizeof(why)));
#undef HAS
	forget(&e);
	forget(&six);
}

static void names_need_no_extension(void **state)
{
	struct entity e = issue((struct order){ .dn = "CN=plain", .issuer = &root });
	char why[256];

	(void)state;
	assert_false(cert_has_identity(e.cert, FQDN, KW_SPAN_STR("plain"), why, sizeof(why)));
	assert_string_equal(why, "the certificate speaks for DN CN=plain");
	forget(&e);
}

static void wildcards_match_only_themselves(void **state)
{
	struct entity e = issue((struct order){ .dn = "CN=w", .issuer = &root, .dns = "*.example.org" });
	char why[256];

	(void)state;
	assert_false(cert_has_identity(e.cert, FQDN, KW_SPAN_STR("gw.example.org"), why, sizeof(why)));
	forget(&e);
}

static void dns_survive_their_text(void **state)
{
	static const char * const texts[] = {
		"CN=gw.example.org", "CN=gw,O=Example", "CN=gw,OU=Net,O=Example GmbH,L=Bern,ST=BE,C=CH",
		"EMAIL=a@example.org,CN=gw", "CN=a\\,b,O=c\\+d",
	};
	uint8_t *der;
	char buf[256];
	size_t len;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_int_equal(dn_parse(texts[i], &der, &len), 0);
		assert_string_equal(dn_print(KW_SPAN(der, len), buf, sizeof(buf)), texts[i]);
		free(der);
	}
	assert_int_equal(dn_parse("", &der, &len), -EINVAL);
	assert_int_equal(dn_parse("gw.example.org", &der, &len), -EINVAL);
	assert_int_equal(dn_parse("CN", &der, &len), -EINVAL);
	assert_int_equal(dn_parse("nosuch=x", &der, &len), -EINVAL);
	assert_string_equal(dn_print(KW_SPAN_STR("garbage"), buf, sizeof(buf)), "(not a distinguished name)");
	assert_string_equal(dn_print(KW_SPAN_STR("garbage"), buf, 6), "(not ");
}

/* What config says must equal what a certificate has, whoever encoded it. */
static void a_parsed_dn_equals_the_certificates(void **state)
{
	struct entity e = issue((struct order){ .dn = "CN=gw,OU=Net,O=Example", .issuer = &root });
	uint8_t *der;
	char why[256];
	size_t len;

	(void)state;
	assert_int_equal(dn_parse("CN=gw,OU=Net,O=Example", &der, &len), 0);
	assert_true(kw_span_equal(KW_SPAN(der, len), cert_subject_der(e.cert)));
	assert_true(cert_has_identity(e.cert, DN, KW_SPAN(der, len), why, sizeof(why)));
	free(der);
	assert_int_equal(dn_parse("O=Example,OU=Net,CN=gw", &der, &len), 0);
	assert_false(cert_has_identity(e.cert, DN, KW_SPAN(der, len), why, sizeof(why)));
	free(der);
	forget(&e);
}

static void dns_compare_by_value(void **state)
{
	/* SEQ { SET { SEQ { id-at-commonName, string } } } */
	static const struct { const char *a, *b; bool same; } rows[] = {
		{ "300d310b300906035504030c026777", "300d310b3009060355040313026777", true },	/* UTF8, Printable */
		{ "300d310b300906035504030c026777", "300d310b300906035504030c024757", true },	/* gw, GW */
		{ "300d310b300906035504030c026777", "300d310b300906035504030c026778", false },	/* gw, gx */
		{ "300d310b300906035504030c026777", "300d310b300906035504 0a0c026777", false },	/* CN, O */
		{ "3010310e300c06035504030c0561202020 62", "300e310c300a06035504030c03612062", true }, /* blanks */
		{ "3010310e300c06035504030c0520612062 20", "300e310c300a06035504030c03612062", true },
		{ "300e310c300a06035504030c03612062", "300d310b300906035504030c026162", false },	/* "a b", "ab" */
		{ "3000", "3000", true },
		{ "3000", "300d310b300906035504030c026777", false },
		{ "300d310b300906035504030c026777", "301a310b300906035504030c026777310b300906035504030c026777",
		  false },	/* one more RDN */
		{ "0400", "0400", false },	/* equal octets that are no DN */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char ha[128] = "", hb[128] = "";
		struct octets a, b;

		for (const char *p = rows[i].a; *p; p++)
			strncat(ha, p, *p != ' ');
		for (const char *p = rows[i].b; *p; p++)
			strncat(hb, p, *p != ' ');
		a = octets_from_hex(ha);
		b = octets_from_hex(hb);
		if (dn_equal(SPAN_OF(a), SPAN_OF(b)) != rows[i].same ||
		    dn_equal(SPAN_OF(b), SPAN_OF(a)) != rows[i].same)
			fail_msg("row %zu", i);
		octets_free(&a);
		octets_free(&b);
	}
}

/* Objects ---------------------------------------------------------------------------------------------- */

static void broken_der_is_refused(void **state)
{
	struct kw_span der = cert_der(root.cert);
	struct cert *cert;

	(void)state;
	for (size_t n = 0; n < der.len; n++) {
		uint8_t *cut = malloc(n ? n : 1);

		memcpy(cut, der.p, n);
		assert_int_equal(cert_from_der(&cert, KW_SPAN(cut, n)), -EINVAL);
		free(cut);
	}
}

static void keys_belong_to_their_certificates(void **state)
{
	struct entity e = issue((struct order){ .dn = "CN=gw", .issuer = &root });
	struct verify_key *pub;
	struct sign_key *key;
	gnutls_datum_t pem;
	char path[64], err[256];
	uint8_t hash[20], want[HASH_MAX];
	uint8_t *spki;
	size_t len;
	FILE *f;

	(void)state;
	gnutls_x509_privkey_export2(e.key, GNUTLS_X509_FMT_PEM, &pem);
	snprintf(path, sizeof(path), "%s/key", dir);
	f = fopen(path, "wb");
	fwrite(pem.data, 1, pem.size, f);
	fclose(f);
	gnutls_free(pem.data);
	assert_int_equal(sign_key_load(&key, path, err, sizeof(err)), 0);
	assert_true(cert_matches_key(e.cert, key));
	assert_false(cert_matches_key(root.cert, key));

	assert_int_equal(cert_public_key(e.cert, &pub), 0);
	assert_int_equal(verify_key_kind(pub), KEY_ECDSA_256);
	assert_int_equal(verify_key_spki(pub, &spki, &len), 0);
	assert_int_equal(hash_digest(HASH_SHA1, &KW_SPAN(spki, len), 1, want), 0);
	cert_spki_sha1(e.cert, hash);
	assert_memory_equal(hash, want, 20);
	free(spki);
	verify_key_free(pub);
	sign_key_free(key);
	forget(&e);
}

static void a_store_counts_each_ca_once(void **state)
{
	struct cert_store *s;
	uint8_t hash[20];

	(void)state;
	assert_int_equal(cert_store_new(&s), 0);
	assert_int_equal(cert_store_hashes(s).len, 0);
	assert_int_equal(cert_store_add(s, root.cert), 0);
	assert_int_equal(cert_store_add(s, other.cert), 0);
	assert_int_equal(cert_store_add(s, root.cert), 0);
	assert_int_equal(cert_store_count(s), 2);
	assert_int_equal(cert_store_hashes(s).len, 40);
	cert_spki_sha1(other.cert, hash);
	assert_memory_equal(cert_store_hashes(s).p + 20, hash, 20);
	cert_store_free(s);
	cert_store_free(NULL);
}

static void nobody_is_trusted_by_an_empty_store(void **state)
{
	struct cert_store *s;
	char why[256];

	(void)state;
	assert_int_equal(cert_store_new(&s), 0);
	assert_int_equal(cert_verify(s, &root.cert, 1, NOW, NULL, why, sizeof(why)), CERT_UNTRUSTED);
	cert_store_free(s);
}

static void files_of_one_and_many(void **state)
{
	struct entity *all[] = { &root, &middle, &other };
	struct cert *got[4];
	char path[64], err[256];
	gnutls_datum_t out;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/bundle", dir);
	f = fopen(path, "wb");
	for (size_t i = 0; i < 3; i++) {
		gnutls_x509_crt_export2(all[i]->crt, GNUTLS_X509_FMT_PEM, &out);
		fprintf(f, "some words\n");
		fwrite(out.data, 1, out.size, f);
		gnutls_free(out.data);
	}
	fclose(f);
	assert_int_equal(cert_load(path, got, 4, err, sizeof(err)), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_true(kw_span_equal(cert_der(got[i]), cert_der(all[i]->cert)));
		cert_put(got[i]);
	}
	assert_int_equal(cert_load(path, got, 2, err, sizeof(err)), -E2BIG);
	assert_non_null(strstr(err, "more than 2"));

	f = fopen(path, "wb");
	fwrite(cert_der(root.cert).p, 1, cert_der(root.cert).len, f);
	fclose(f);
	assert_int_equal(cert_load(path, got, 4, err, sizeof(err)), 1);
	cert_put(got[0]);
	f = fopen(path, "wb");
	fprintf(f, "words alone");
	fclose(f);
	assert_int_equal(cert_load(path, got, 4, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "not a certificate"));
	unlink(path);
	assert_int_equal(cert_load(path, got, 4, err, sizeof(err)), -ENOENT);
	assert_non_null(strstr(err, "No such file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(issued_by_a_trusted_ca),
		cmocka_unit_test(issued_by_another_ca),
		cmocka_unit_test(issued_by_an_impostor),
		cmocka_unit_test(intermediate_comes_with_the_peer),
		cmocka_unit_test(only_a_ca_may_issue),
		cmocka_unit_test(validity_at_the_given_time),
		cmocka_unit_test(an_expired_ca_is_named),
		cmocka_unit_test(purposes),
		cmocka_unit_test(weak_keys_and_hashes),
		cmocka_unit_test(name_constraints_hold),
		cmocka_unit_test(unknown_critical_extension),
		cmocka_unit_test(chains_of_odd_lengths),
		cmocka_unit_test(workers_verify_at_their_own_time),
		cmocka_unit_test(identities),
		cmocka_unit_test(names_need_no_extension),
		cmocka_unit_test(wildcards_match_only_themselves),
		cmocka_unit_test(dns_survive_their_text),
		cmocka_unit_test(a_parsed_dn_equals_the_certificates),
		cmocka_unit_test(dns_compare_by_value),
		cmocka_unit_test(broken_der_is_refused),
		cmocka_unit_test(keys_belong_to_their_certificates),
		cmocka_unit_test(a_store_counts_each_ca_once),
		cmocka_unit_test(nobody_is_trusted_by_an_empty_store),
		cmocka_unit_test(files_of_one_and_many),
	};

	return cmocka_run_group_tests(tests, make_cas, drop_cas);
}
