// SPDX-License-Identifier: GPL-2.0
/* Certificates that are not sent, but named by hash and URL (RFC 7296 §3.6). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "exchange/credentials.h"
#include "exchange/pair.h"
#include "ike/conn.h"
#include "ike/core.h"
#include "wire/isakmp.h"

#define PKI "http://pki.example/"
#define LOOKUP "cert-lookup = " PKI "\n"

static char text_a[1024], text_b[1024];

static int setup(void **state)
{
	credentials_setup(state);
	credential_make(&(struct credential){
		.name = "middle", .issuer = "ca", .dns = "Middle", .key = CREDENTIAL_ECDSA, .ca = true });
	credential_make(&(struct credential){
		.name = "a", .issuer = "ca", .dns = "a.example", .key = CREDENTIAL_ECDSA });
	credential_make(&(struct credential){
		.name = "b", .issuer = "ca", .dns = "b.example", .key = CREDENTIAL_ECDSA });
	credential_make(&(struct credential){ .name = "deep", .issuer = "middle", .dns = "a.example",
					      .key = CREDENTIAL_ECDSA, .chain = "middle" });
	credential_make(&(struct credential){ .name = "bdeep", .issuer = "middle", .dns = "b.example",
					      .key = CREDENTIAL_ECDSA, .chain = "middle" });
	return 0;
}

/* ---- the web ---- */

static struct web {
	bool wrong;			/* what comes is something else */
	bool public_only;		/* what was asked for last */
	unsigned int n;
} web;

static unsigned int load(const char *name, struct cert *cert[8])
{
	char path[128], err[256];
	int n;

	snprintf(path, sizeof(path), "%s/%s.crt", pair_dir, name);
	n = cert_load(path, cert, 8, err, sizeof(err));
	assert_true(n > 0);
	return (unsigned int)n;
}

/* PKI NAME.der is the first certificate of NAME.crt, NAME.2.der its second, NAME.bundle all of them. */
static int serve(void *ctx, const struct env_fetch *req, struct kw_writer *w)
{
	struct kw_span span[8];
	struct cert *cert[8];
	char name[40];
	unsigned int n;

	(void)ctx;
	assert_true(req->direct);
	assert_int_equal(req->post.len, 0);
	web.public_only = req->public_only;
	web.n++;
	if (strncmp(req->url, PKI, strlen(PKI)) != 0)
		return -ENOENT;
	snprintf(name, sizeof(name), "%s", req->url + strlen(PKI));
	name[strcspn(name, ".")] = '\0';
	if (!*name)
		return -ENOENT;
	n = load(name, cert);
	for (unsigned int i = 0; i < n; i++)
		span[i] = cert_der(cert[i]);
	if (web.wrong)
		kw_put_span(w, KW_SPAN_STR("<html>Please log in</html>"));
	else if (strstr(req->url, ".bundle"))
		cert_bundle_build(w, span, n);
	else
		kw_put_span(w, span[strstr(req->url, ".2.der") ? 1 : 0]);
	while (n)
		cert_put(cert[--n]);
	return 0;
}

/* ---- two engines ---- */

static struct pair *pair_lookup(uint64_t seed, const char *a_is, const char *a_more, const char *b_is,
				const char *b_more)
{
	struct pair *p;

	snprintf(text_a, sizeof(text_a), CONF_A IDS_A PASSIVE "ca = ca.crt\ncert = %s.crt\nkey = %s.key\n%s", a_is, a_is,
		 a_more);
	snprintf(text_b, sizeof(text_b), CONF_B IDS_B PASSIVE "ca = ca.crt\ncert = %s.crt\nkey = %s.key\n%s", b_is, b_is,
		 b_more);
	p = pair_new(seed, text_a, text_b);
	p->w.web = serve;
	web = (struct web){ 0 };
	return p;
}

static void begin(struct pair *p)
{
	side_up(&p->a);
	pair_settle(p);
}

static void again(struct pair *p)
{
	side_down(&p->a);
	pair_settle(p);
	begin(p);
}

static void nobody_is_in(struct pair *p)
{
	assert_int_equal(side_view(&p->a).child + side_view(&p->b).child, 0);
	assert_int_equal(fake_kernel_sas(&p->a.kernel, true) + fake_kernel_sas(&p->b.kernel, true), 0);
}

static void says(const struct side *s, enum failure_kind kind, const char *part)
{
	if (s->failure.kind != kind || !strstr(s->failure.text, part))
		fail_msg("%s says %s: %s", s->name, failure_name(s->failure.kind), s->failure.text);
}

static void both_ways(void **state)
{
	struct pair *p = pair_lookup(1, "a", LOOKUP "cert-url = " PKI "a.der\n", "b", LOOKUP "cert-url = " PKI "b.der\n");

	(void)state;
	begin(p);
	pair_consistent(p);
	assert_int_equal(p->w.n_fetches, 2);
	/* What came once is known by its hash. */
	again(p);
	pair_consistent(p);
	assert_int_equal(p->w.n_fetches, 2);
	pair_free(p);
}

static void chains(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned int fetches;
	} rows[] = {
		{ "cert-url = " PKI "deep.der, " PKI "deep.2.der\n", "cert-url = " PKI "bdeep.der, " PKI "bdeep.2.der\n", 4 },
		/* The second is sent. */
		{ "cert-url = " PKI "deep.der\n", "cert-url = " PKI "bdeep.der\n", 2 },
		{ "cert-bundle-url = " PKI "deep.bundle\n", "cert-bundle-url = " PKI "bdeep.bundle\n", 2 },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char a[256], b[256];
		struct pair *p;

		snprintf(a, sizeof(a), LOOKUP "%s", rows[i].a);
		snprintf(b, sizeof(b), LOOKUP "%s", rows[i].b);
		p = pair_lookup(10 + i, "deep", a, "bdeep", b);
		begin(p);
		if (!pair_is_consistent(p))
			fail_msg("row %u: %s, %s", i, p->a.failure.text, p->b.failure.text);
		assert_int_equal(web.n, rows[i].fetches);
		pair_free(p);
	}
}

static void in_front_of_eap(void **state)
{
	struct pair *p;

	(void)state;
	p = pair_new(20, CONF_A IDS_A PASSIVE LOOKUP "auth = eap, cert\neap = tls\nca = ca.crt\ncert = a.crt\nkey = a.key\n",
		     CONF_B PASSIVE "local-id = b.example\nauth = cert, eap\neap = tls\nca = ca.crt\ncert = b.crt\nkey = b.key\n"
				    "cert-url = " PKI "b.der\n");
	p->w.web = serve;
	begin(p);
	pair_consistent(p);
	assert_int_equal(p->w.n_fetches, 1);
	pair_free(p);
}

/* Who does not say that it looks there is sent the whole. */
static void not_to_everybody(void **state)
{
	struct pair *p = pair_lookup(30, "a", "cert-url = " PKI "a.der\n", "b", "cert-url = " PKI "b.der\n");

	(void)state;
	begin(p);
	pair_consistent(p);
	assert_int_equal(p->w.n_fetches, 0);
	pair_free(p);
}

static void places_that_are_not_allowed(void **state)
{
	static const struct {
		const char *lookup, *url;
	} rows[] = {
		{ "http://pki.example/certs/", "http://pki.example/a.der" },
		{ "http://pki.example/", "http://pki.example:81/a.der" },
		{ "http://pki.example/", "http://pki.example.net/a.der" },
		{ "http://pki.example/", "http://127.0.0.1/a.der" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char a[128], b[128];
		struct pair *p;

		snprintf(a, sizeof(a), "cert-url = %s\n", rows[i].url);
		snprintf(b, sizeof(b), "cert-lookup = %s\n", rows[i].lookup);
		p = pair_lookup(40 + i, "a", a, "b", b);
		begin(p);
		nobody_is_in(p);
		says(&p->b, FAILURE_CERT, "cert-lookup here does not allow that place");
		assert_int_equal(p->w.n_fetches, 0);
		pair_free(p);
	}
}

/* The public Internet or a place that is named: whoever fetches has to know which. */
static void how_far_it_goes(void **state)
{
	struct pair *p;

	(void)state;
	p = pair_lookup(50, "a", "cert-url = " PKI "a.der\n", "b", "cert-lookup = any\n");
	begin(p);
	pair_consistent(p);
	assert_true(web.public_only);
	pair_free(p);
	p = pair_lookup(51, "a", "cert-url = " PKI "a.der\n", "b", "cert-lookup = any, " PKI "\n");
	begin(p);
	pair_consistent(p);
	assert_false(web.public_only);
	pair_free(p);
}

/* Another connection to the same peer allows it, this one does not. */
static void only_for_the_connection_that_allows_it(void **state)
{
	struct pair *p = pair_lookup(60, "a", "cert-url = " PKI "a.der\n", "b", "");
	char why[ENGINE_WHY];

	(void)state;
	assert_int_equal(engine_configure(p->b.e, side_conf((const char *const[]){
		"t", text_b,
		"u", CONF_B "local-id = b.example\nremote-id = other.example\nca = ca.crt\ncert = b.crt\nkey = b.key\n"
		     PASSIVE LOOKUP, NULL }), false, NULL, NULL, why), 0);
	begin(p);
	nobody_is_in(p);
	says(&p->b, FAILURE_CERT, "only says where its certificate is, and cert-lookup is not set");
	assert_int_equal(p->w.n_fetches, 0);
	pair_free(p);
}

static void what_comes_is_something_else(void **state)
{
	struct pair *p = pair_lookup(70, "a", "cert-url = " PKI "a.der\n", "b", LOOKUP);

	(void)state;
	web.wrong = true;
	begin(p);
	nobody_is_in(p);
	says(&p->b, FAILURE_CERT, "certificate (" PKI "a.der) cannot be had: it is not what the peer's hash names");
	assert_int_equal(p->b.e->lookups.n_known, 0);
	web.wrong = false;
	again(p);
	pair_consistent(p);
	assert_int_equal(web.n, 2);
	pair_free(p);
}

/* A good hash does not make a good certificate. */
static void of_another_ca(void **state)
{
	struct pair *p;

	(void)state;
	credential_make(&(struct credential){
		.name = "stranger", .issuer = "other", .dns = "a.example", .key = CREDENTIAL_ECDSA });
	p = pair_lookup(75, "stranger", "cert-url = " PKI "stranger.der\n", "b", LOOKUP);
	begin(p);
	nobody_is_in(p);
	says(&p->b, FAILURE_CERT, "not among the trusted CAs");
	assert_int_equal(web.n, 1);
	pair_free(p);
}

static void a_web_that_does_not_answer(void **state)
{
	struct pair *p = pair_lookup(80, "a", "cert-url = " PKI "a.der\n", "b", LOOKUP);
	uint64_t began = p->w.now;

	(void)state;
	p->w.web_delay = 1000000;
	side_up(&p->a);
	while (p->b.failure.kind != FAILURE_CERT && p->w.now < began + 60000)
		pair_run(p, 100);
	assert_in_range(p->w.now - began, 4900, 5200);
	says(&p->b, FAILURE_CERT, "cannot be had: nobody is there");
	nobody_is_in(p);
	pair_free(p);
}

/* One that takes its time holds up its own IKE SA alone, and duplicates do not ask again. */
static void a_web_that_is_slow(void **state)
{
	struct pair *p = pair_lookup(90, "a", "cert-url = " PKI "a.der\n", "b", LOOKUP);

	(void)state;
	p->w.web_delay = 4000;
	side_up(&p->a);
	pair_run(p, 3900);
	nobody_is_in(p);
	pair_run(p, 300);
	pair_consistent(p);
	assert_int_equal(web.n, 1);
	pair_free(p);
}

/* Each try of one address costs it a key exchange, and no more than four documents are on their way for it. */
static void one_address_is_bounded(void **state)
{
	struct pair *p = pair_lookup(100, "a", "cert-url = " PKI "a.der\n", "b", LOOKUP "unique = never\n");

	(void)state;
	p->w.web_delay = 4000;
	for (unsigned int i = 0; i < 6; i++) {
		side_restart(&p->a, text_a);
		side_up(&p->a);
		pair_settle(p);
	}
	assert_int_equal(p->w.n_fetches, 4);
	assert_int_equal(p->b.e->lookups.busy, 4);
	says(&p->b, FAILURE_CERT, "cannot be had: too much is being fetched");
	pair_run(p, 60000);
	assert_int_equal(p->b.e->lookups.busy, 0);
	pair_free(p);
}

/* ---- as many as there is room for ---- */

static unsigned int asks_done;

static void on_asked(struct lookup_ask *ask)
{
	(void)ask;
	asks_done++;
}

static int serve_numbers(void *ctx, const struct env_fetch *req, struct kw_writer *w)
{
	(void)ctx;
	kw_put_span(w, KW_SPAN(req->url, strlen(req->url)));
	return 0;
}

/* A document that consists of its URL, for the peer with that number. */
static void ask_number(struct pair *p, struct lookup_ask *ask, unsigned int i, unsigned int peer)
{
	struct kw_span url;
	uint8_t hash[HASH_MAX];

	memset(ask, 0, sizeof(*ask));
	ask->conf = engine_find_conn(p->b.e, "t")->conf;
	ask->peer = ip_addr_from_bytes(AF_INET, (const uint8_t *)&peer);
	ask->n = 1;
	ask->done = on_asked;
	snprintf(ask->item[0].at.url, sizeof(ask->item[0].at.url), PKI "%u", i);
	url = KW_SPAN(ask->item[0].at.url, strlen(ask->item[0].at.url));
	assert_int_equal(hash_digest(HASH_SHA1, &url, 1, hash), 0);
	memcpy(ask->item[0].at.hash, hash, sizeof(ask->item[0].at.hash));
}

static void what_is_kept_is_bounded(void **state)
{
	struct pair *p = pair_lookup(110, "a", "", "b", LOOKUP);
	struct lookup_ask ask;

	(void)state;
	p->w.web = serve_numbers;
	asks_done = 0;
	for (unsigned int i = 0; i < 80; i++) {
		ask_number(p, &ask, i, i);
		assert_true(lookup_begin(p->b.e, &ask));
		pair_settle(p);
		assert_non_null(ask.item[0].body);
		lookup_drop(&ask);
	}
	assert_int_equal(asks_done, 80);
	assert_int_equal(p->b.e->lookups.n_known, 64);
	/* The last ones are there. */
	ask_number(p, &ask, 79, 1);
	assert_false(lookup_begin(p->b.e, &ask));
	assert_non_null(ask.item[0].body);
	lookup_drop(&ask);
	pair_free(p);
}

static void what_is_fetched_is_bounded(void **state)
{
	struct pair *p = pair_lookup(120, "a", "", "b", LOOKUP);
	static struct lookup_ask ask[120];
	unsigned int begun = 0;

	(void)state;
	p->w.web = serve_numbers;
	p->w.web_delay = 1000;
	/* At a time, of many addresses ... */
	for (unsigned int i = 0; i < 20; i++) {
		ask_number(p, &ask[i], i, i);
		begun += lookup_begin(p->b.e, &ask[i]);
	}
	assert_int_equal(begun, 16);
	assert_non_null(strstr(ask[19].why, "too much is being fetched"));
	pair_run(p, 2000);
	for (unsigned int i = 0; i < 20; i++)
		lookup_drop(&ask[i]);
	/* ... and in a time. */
	p->w.web_delay = 0;
	pair_run(p, 20000);
	begun = 0;
	for (unsigned int i = 0; i < 120; i++) {
		ask_number(p, &ask[i], 1000 + i, i);
		begun += lookup_begin(p->b.e, &ask[i]);
		pair_settle(p);
		lookup_drop(&ask[i]);
	}
	assert_int_equal(begun, 100);
	pair_free(p);
}

/* Whoever asked is gone when it comes. */
static void ends_while_something_is_fetched(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 80; i++) {
		struct pair *p = pair_lookup(200 + i, "deep", LOOKUP "cert-url = " PKI "deep.der, " PKI "deep.2.der\n",
					     "b", LOOKUP "cert-url = " PKI "b.der\n");

		p->w.web_delay = 100;
		p->w.job_delay = 30;
		side_up(&p->a);
		pair_run(p, 20 * (i / 4));
		pair_interrupt(p, i % 4, &p->b, text_b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways),
		cmocka_unit_test(chains),
		cmocka_unit_test(in_front_of_eap),
		cmocka_unit_test(not_to_everybody),
		cmocka_unit_test(places_that_are_not_allowed),
		cmocka_unit_test(how_far_it_goes),
		cmocka_unit_test(only_for_the_connection_that_allows_it),
		cmocka_unit_test(what_comes_is_something_else),
		cmocka_unit_test(of_another_ca),
		cmocka_unit_test(a_web_that_does_not_answer),
		cmocka_unit_test(a_web_that_is_slow),
		cmocka_unit_test(one_address_is_bounded),
		cmocka_unit_test(what_is_kept_is_bounded),
		cmocka_unit_test(what_is_fetched_is_bounded),
		cmocka_unit_test(ends_while_something_is_fetched),
	};

	return cmocka_run_group_tests(tests, setup, credentials_teardown);
}
