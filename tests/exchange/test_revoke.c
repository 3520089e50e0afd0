// SPDX-License-Identifier: GPL-2.0
/* Revoked certificates between two engines, in each way to show one (RFC 5280 §6.3). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/credentials.h"
#include "exchange/pair.h"
#include "ike/core.h"
#include "wire/isakmp.h"

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
	return 0;
}

static struct pair *pair_cert(uint64_t seed, const char *a_is, const char *a_more, const char *b_more)
{
	snprintf(text_a, sizeof(text_a), CONF_A IDS_A "ca = ca.crt\ncert = %s.crt\nkey = %s.key\n%s", a_is, a_is,
		 a_more);
	snprintf(text_b, sizeof(text_b), CONF_B IDS_B PASSIVE "ca = ca.crt\ncert = b.crt\nkey = b.key\n%s", b_more);
	return pair_up(seed, text_a, text_b);
}

static void nobody_is_in(struct pair *p)
{
	pair_settle(p);
	assert_int_equal(side_view(&p->a).child + side_view(&p->b).child, 0);
	assert_int_equal(fake_kernel_sas(&p->a.kernel, true) + fake_kernel_sas(&p->b.kernel, true), 0);
}

static void says(const struct side *s, enum failure_kind kind, const char *part)
{
	if (s->failure.kind != kind || !strstr(s->failure.text, part))
		fail_msg("%s says %s: %s", s->name, failure_name(s->failure.kind), s->failure.text);
}

/* ---- lists in files ---- */

static void a_revoked_initiator(void **state)
{
	struct pair *p;

	(void)state;
	credential_crl(&(struct revocation_list){ .name = "ca", .issuer = "ca", .revoked = { "a" } });
	p = pair_cert(1, "a", "", "crl = ca.crl\n");
	nobody_is_in(p);
	says(&p->b, FAILURE_CERT, "certificate CN=a.example (serial ");
	says(&p->b, FAILURE_CERT, "is revoked since 2027-01-15 07:16 UTC: CRL ");
	says(&p->b, FAILURE_CERT, "/ca.crl)");
	assert_int_equal(p->b.events[EVENT_IKE_UP], 0);
	pair_free(p);
	/* The other certificates of that issuer are as good as before. */
	p = pair_cert(2, "a", "crl = ca.crl\n", "");
	pair_consistent(p);
	pair_free(p);
}

static void a_revoked_responder(void **state)
{
	struct pair *p;

	(void)state;
	credential_crl(&(struct revocation_list){ .name = "ca", .issuer = "ca", .revoked = { "b" } });
	p = pair_cert(3, "a", "crl = ca.crl\n", "");
	nobody_is_in(p);
	says(&p->a, FAILURE_CERT, "certificate CN=b.example (serial ");
	pair_free(p);
}

static void a_revoked_ca(void **state)
{
	struct pair *p;

	(void)state;
	credential_crl(&(struct revocation_list){ .name = "ca", .issuer = "ca", .revoked = { "middle" } });
	p = pair_cert(4, "deep", "", "crl = ca.crl\n");
	nobody_is_in(p);
	says(&p->b, FAILURE_CERT, "certificate CN=Middle (serial ");
	pair_free(p);
}

/* What an unknown status means is for the configuration to say. */
static void an_expired_list(void **state)
{
	static const struct {
		const char *mode;
		bool up;
	} rows[] = { { "", true }, { "revocation = relaxed\n", true }, { "revocation = ifuri\n", true },
		     { "revocation = strict\n", false } };

	(void)state;
	credential_crl(&(struct revocation_list){ .name = "ca", .issuer = "ca", .from_day = -9, .until_day = -2 });
	for (unsigned int i = 0; i < 4; i++) {
		char more[64];
		struct pair *p;

		snprintf(more, sizeof(more), "crl = ca.crl\n%s", rows[i].mode);
		p = pair_cert(10 + i, "a", "", more);
		if (rows[i].up) {
			pair_consistent(p);
		} else {
			nobody_is_in(p);
			says(&p->b, FAILURE_CERT, "whether certificate CN=a.example (serial ");
			says(&p->b, FAILURE_CERT, "expired on 2027-01-13 08:16 UTC (revocation = strict)");
		}
		pair_free(p);
	}
}

/* A reload brings new lists and leaves standing tunnels alone; the next proof is judged by them. */
static void a_reload_brings_lists(void **state)
{
	uint64_t ike;
	struct pair *p;

	(void)state;
	credential_crl(&(struct revocation_list){ .name = "ca", .issuer = "ca" });
	p = pair_cert(20, "a", "", "crl = ca.crl\n");
	pair_consistent(p);
	ike = side_view(&p->b).ike_id;
	credential_crl(&(struct revocation_list){ .name = "ca", .issuer = "ca", .revoked = { "a" } });
	side_configure(&p->b, "t", text_b);
	pair_settle(p);
	pair_consistent(p);
	assert_int_equal(side_view(&p->b).ike_id, ike);
	assert_int_equal(p->b.events[EVENT_CONN_CHANGED], 0);
	side_down(&p->a);
	pair_settle(p);
	side_up(&p->a);
	nobody_is_in(p);
	says(&p->b, FAILURE_CERT, "is revoked since");
	/* And back: a hold is taken away. */
	credential_crl(&(struct revocation_list){ .name = "ca", .issuer = "ca" });
	side_configure(&p->b, "t", text_b);
	side_down(&p->a);
	pair_settle(p);
	side_up(&p->a);
	pair_settle(p);
	pair_consistent(p);
	pair_free(p);
}

/* Lists are replaced while workers read them. */
static void a_reload_during_a_job(void **state)
{
	(void)state;
	credential_crl(&(struct revocation_list){ .name = "ca", .issuer = "ca" });
	for (unsigned int i = 0; i < 20; i++) {
		struct pair *p;

		snprintf(text_a, sizeof(text_a), CONF_A IDS_A PASSIVE "ca = ca.crt\ncert = a.crt\nkey = a.key\n");
		snprintf(text_b, sizeof(text_b),
			 CONF_B IDS_B PASSIVE "ca = ca.crt\ncert = b.crt\nkey = b.key\ncrl = ca.crl\n");
		p = pair_new(30 + i, text_a, text_b);
		p->w.job_delay = 40;
		side_up(&p->a);
		pair_run(p, 10 * i);
		side_configure(&p->b, "t", text_b);
		pair_run(p, 10000);
		pair_consistent(p);
		pair_free(p);
	}
}

static void in_eap_tls(void **state)
{
	struct pair *p;

	(void)state;
	credential_crl(&(struct revocation_list){ .name = "ca", .issuer = "ca", .revoked = { "a" } });
	snprintf(text_a, sizeof(text_a),
		 CONF_A "auth = eap, cert\nca = ca.crt\nremote-id = b.example\nlocal-id = a.example\neap = tls\n"
			"cert = a.crt\nkey = a.key\n");
	snprintf(text_b, sizeof(text_b),
		 CONF_B PASSIVE "auth = cert, eap\nca = ca.crt\ncert = b.crt\nkey = b.key\nlocal-id = b.example\neap = tls\n"
				"crl = ca.crl\n");
	p = pair_up(60, text_a, text_b);
	nobody_is_in(p);
	says(&p->b, FAILURE_EAP, "EAP-TLS: certificate CN=a.example (serial ");
	pair_free(p);
}

/* ---- by HTTP ---- */

#define CRL_URL "http://crl.example/ca.crl"
#define OCSP_URL "http://ocsp.example/"

/* What the web says; counts by the world's n_fetches. */
static struct web {
	const struct revocation_list *list;	/* at CRL_URL; NULL: nobody there */
	bool garbage;
	bool ocsp;				/* somebody is at OCSP_URL ... */
	struct ocsp_order order;		/* ... and says this */
	const char *responder;			/* "ca" */
	bool try_later;
	unsigned int lists, questions;
} web;

static int serve(void *ctx, const struct env_fetch *req, struct kw_writer *w)
{
	struct kw_span crl;
	struct der d;

	(void)ctx;
	if (strcmp(req->url, OCSP_URL) == 0 && web.ocsp) {
		web.questions++;
		assert_string_equal(req->post_type, "application/ocsp-request");
		credential_ocsp(&d, web.responder ? web.responder : "ca", req->post, web.order);
		if (web.try_later)
			kw_put_span(w, KW_SPAN("\x30\x03\x0a\x01\x03", 5));
		else
			kw_put_span(w, KW_SPAN(d.b, d.len));
		return 0;
	}
	if (strcmp(req->url, CRL_URL) != 0 || req->post.len || (!web.list && !web.garbage))
		return -ENOENT;
	web.lists++;
	if (web.garbage) {
		kw_put_span(w, KW_SPAN_STR("<html>Please log in</html>"));
		return 0;
	}
	crl = credential_crl_der(web.list);
	kw_put_span(w, crl);
	gnutls_free((void *)(uintptr_t)crl.p);
	return 0;
}

/* a shows certificate NAME, b looks where that says; nothing has happened yet. */
static struct pair *pair_web(uint64_t seed, const char *name, const char *b_more)
{
	struct pair *p;

	snprintf(text_a, sizeof(text_a), CONF_A IDS_A PASSIVE "ca = ca.crt\ncert = %s.crt\nkey = %s.key\n", name, name);
	snprintf(text_b, sizeof(text_b), CONF_B IDS_B PASSIVE "ca = ca.crt\ncert = b.crt\nkey = b.key\n%s", b_more);
	p = pair_new(seed, text_a, text_b);
	p->w.web = serve;
	return p;
}

static void make_web(const char *name, const char *crl_url, const char *ocsp_url)
{
	credential_make(&(struct credential){ .name = name, .issuer = "ca", .dns = "a.example",
					      .key = CREDENTIAL_ECDSA, .crl_url = crl_url, .ocsp_url = ocsp_url });
}

static void again(struct pair *p)
{
	side_down(&p->a);
	pair_settle(p);
	side_up(&p->a);
	pair_settle(p);
}

static void a_good_answer_is_kept(void **state)
{
	struct pair *p;

	(void)state;
	make_web("web", NULL, OCSP_URL);
	web = (struct web){ .ocsp = true };
	p = pair_web(100, "web", "revocation = strict\n");
	side_up(&p->a);
	pair_settle(p);
	pair_consistent(p);
	assert_int_equal(web.questions, 1);
	again(p);
	pair_consistent(p);
	assert_int_equal(web.questions, 1);
	/* Until the answer says that it ends. */
	side_down(&p->a);
	pair_run(p, 3601 * 1000);
	web.order.says = OCSP_REVOKED;
	side_up(&p->a);
	pair_settle(p);
	nobody_is_in(p);
	assert_int_equal(p->w.n_fetches, 2);
	pair_free(p);
}

static void what_the_web_says(void **state)
{
	static const struct revocation_list good = { .issuer = "ca" }, revoked = { .issuer = "ca", .revoked = { "both" } },
		old = { .issuer = "ca", .from_day = -9, .until_day = -2 }, others = { .issuer = "other" },
		early = { .issuer = "ca", .from_day = 1, .until_day = 2 };
	static const struct {
		struct web web;
		int up;			/* with relaxed, ifuri, strict: bits 0 to 2 */
		const char *says;
	} rows[] = {
		{ { .list = &good }, 7, NULL },
		{ { .ocsp = true }, 7, NULL },
		{ { .ocsp = true, .order.no_nonce = true }, 7, NULL },
		{ { .list = &revoked }, 0, "is revoked since 2027-01-15 07:16 UTC: CRL" },
		{ { .list = &revoked }, 0, "(" CRL_URL ")" },
		{ { .ocsp = true, .order.says = OCSP_REVOKED, .list = &good }, 0,
		  "is revoked since 2027-01-15 07:16 UTC (key compromised): OCSP response of" },
		{ { 0 }, 1, "is not known: the CRL (" CRL_URL ") cannot be had: nobody is there" },
		{ { .list = &old }, 1, "expired on 2027-01-13 08:16 UTC" },
		{ { .list = &early }, 1, "from the future" },
		{ { .list = &others }, 1, "is of another issuer" },
		{ { .garbage = true }, 1, "not a CRL" },
		/* What the responder cannot say the list does. */
		{ { .ocsp = true, .order.says = OCSP_UNKNOWN, .list = &good }, 7, NULL },
		{ { .ocsp = true, .try_later = true, .list = &revoked }, 0, "is revoked since" },
		{ { .ocsp = true, .order.other_nonce = true, .list = &good }, 7, NULL },
		{ { .ocsp = true, .order.other_nonce = true }, 1, "cannot be had" },
		{ { .ocsp = true, .responder = "other", .order.says = OCSP_REVOKED, .list = &good }, 7, NULL },
	};
	static const char *const modes[] = { "relaxed", "ifuri", "strict" };

	(void)state;
	make_web("both", CRL_URL, OCSP_URL);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned int m = 0; m < 3; m++) {
			char more[64];
			struct pair *p;

			web = rows[i].web;
			snprintf(more, sizeof(more), "revocation = %s\n", modes[m]);
			p = pair_web(200 + 10 * i + m, "both", more);
			side_up(&p->a);
			pair_settle(p);
			if (rows[i].up & 1 << m) {
				if (!pair_is_consistent(p))
					fail_msg("row %u, %s: %s", i, modes[m], p->b.failure.text);
			} else {
				nobody_is_in(p);
				says(&p->b, FAILURE_CERT, rows[i].says);
			}
			pair_free(p);
		}
}

/* Of an answer alone it is said what is wrong with it. */
static void answers_that_are_refused(void **state)
{
	static const struct {
		struct web web;
		const char *says;
	} rows[] = {
		{ { .ocsp = true, .order.other_nonce = true }, "the nonce differs" },
		{ { .ocsp = true, .order.says = OCSP_UNKNOWN }, "does not know the certificate" },
		{ { .ocsp = true, .try_later = true }, "says tryLater" },
		{ { .ocsp = true, .responder = "other" }, "not signed by the certificate's issuer" },
		{ { .ocsp = true, .order.other_serial = true }, "not about this certificate" },
		{ { 0 }, "the OCSP response (" OCSP_URL ") cannot be had: nobody is there (revocation = strict)" },
	};

	(void)state;
	make_web("web", NULL, OCSP_URL);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pair *p = pair_web(400 + i, "web", "revocation = strict\n");

		web = rows[i].web;
		side_up(&p->a);
		pair_settle(p);
		nobody_is_in(p);
		says(&p->b, FAILURE_CERT, rows[i].says);
		pair_free(p);
	}
}

static void the_responder_is_asked_about_too(void **state)
{
	static const struct revocation_list list = { .issuer = "ca", .revoked = { "bweb" } };
	struct pair *p;

	(void)state;
	credential_make(&(struct credential){ .name = "bweb", .issuer = "ca", .dns = "b.example",
					      .key = CREDENTIAL_ECDSA, .crl_url = CRL_URL });
	web = (struct web){ .list = &list };
	p = pair_new(420, CONF_A IDS_A PASSIVE "ca = ca.crt\ncert = a.crt\nkey = a.key\n",
		     CONF_B IDS_B PASSIVE "ca = ca.crt\ncert = bweb.crt\nkey = bweb.key\n");
	p->w.web = serve;
	p->w.web_delay = 2000;
	side_up(&p->a);
	pair_run(p, 10000);
	nobody_is_in(p);
	says(&p->a, FAILURE_CERT, "certificate CN=b.example (serial ");
	pair_free(p);
}

static void a_ca_is_asked_about_too(void **state)
{
	static const struct revocation_list list = { .issuer = "ca", .revoked = { "asked" } };
	struct pair *p;

	(void)state;
	credential_make(&(struct credential){ .name = "asked", .issuer = "ca", .dns = "Asked", .key = CREDENTIAL_ECDSA,
					      .ca = true, .crl_url = CRL_URL });
	credential_make(&(struct credential){ .name = "leaf", .issuer = "asked", .dns = "a.example",
					      .key = CREDENTIAL_ECDSA, .chain = "asked" });
	web = (struct web){ .list = &list };
	p = pair_web(430, "leaf", "");
	side_up(&p->a);
	pair_settle(p);
	nobody_is_in(p);
	says(&p->b, FAILURE_CERT, "certificate CN=Asked (serial ");
	pair_free(p);
}

/* Nobody gets us to ask anything who has not proved everything else. */
static void nobody_is_asked_before_the_rest_is_good(void **state)
{
	struct pair *p;

	(void)state;
	web = (struct web){ .ocsp = true };
	/* Of another CA. */
	credential_make(&(struct credential){ .name = "web", .issuer = "other", .dns = "a.example",
					      .key = CREDENTIAL_ECDSA, .crl_url = CRL_URL, .ocsp_url = OCSP_URL });
	p = pair_web(440, "web", "revocation = strict\n");
	side_up(&p->a);
	pair_settle(p);
	nobody_is_in(p);
	assert_int_equal(p->w.n_fetches, 0);
	pair_free(p);
	/* Expired. */
	credential_make(&(struct credential){ .name = "web", .issuer = "ca", .dns = "a.example", .from_day = -9,
					      .until_day = -1, .key = CREDENTIAL_ECDSA, .ocsp_url = OCSP_URL });
	p = pair_web(441, "web", "revocation = strict\n");
	side_up(&p->a);
	pair_settle(p);
	nobody_is_in(p);
	assert_int_equal(p->w.n_fetches, 0);
	pair_free(p);
	/* Good, but for the name that its owner says. */
	make_web("web", CRL_URL, OCSP_URL);
	p = pair_new(442, CONF_A "local-id = keyid:0a0b\nremote-id = b.example\n" PASSIVE
				 "ca = ca.crt\ncert = web.crt\nkey = web.key\n",
		     CONF_B "local-id = b.example\nremote-id = any\n" PASSIVE "ca = ca.crt\ncert = b.crt\nkey = b.key\n");
	p->w.web = serve;
	side_up(&p->a);
	pair_settle(p);
	nobody_is_in(p);
	says(&p->b, FAILURE_CERT, "does not speak for");
	assert_int_equal(p->w.n_fetches, 0);
	pair_free(p);
	/* And not where it does not matter. */
	p = pair_web(443, "web", "revocation = off\n");
	side_up(&p->a);
	pair_settle(p);
	pair_consistent(p);
	assert_int_equal(p->w.n_fetches, 0);
	pair_free(p);
}

/* It takes as long as it takes, but no longer; and is not tried again at once. */
static void a_web_that_does_not_answer(void **state)
{
	uint64_t began;
	struct pair *p;

	(void)state;
	make_web("both", CRL_URL, OCSP_URL);
	web = (struct web){ .ocsp = true };
	p = pair_web(450, "both", "");
	p->w.web_delay = 1000000;
	side_up(&p->a);
	began = p->w.now;
	while (!side_is_up(&p->a) && p->w.now < began + 60000)
		pair_run(p, 100);
	assert_true(side_is_up(&p->a));
	/* Two addresses, five seconds for each. */
	assert_in_range(p->w.now - began, 9900, 10300);
	assert_int_equal(p->w.n_fetches, 2);
	again(p);
	pair_consistent(p);
	assert_int_equal(p->w.n_fetches, 2);
	side_down(&p->a);
	p->w.web_delay = 0;
	pair_run(p, 61000);
	side_up(&p->a);
	pair_settle(p);
	pair_consistent(p);
	assert_int_equal(p->w.n_fetches, 3);
	assert_int_equal(web.questions, 1);
	pair_free(p);
}

/* Two IKE SAs want to know the same: it is asked once. */
static void who_asks_the_same_waits(void **state)
{
	struct pair *p;

	(void)state;
	make_web("web", NULL, OCSP_URL);
	web = (struct web){ .ocsp = true };
	p = pair_web(460, "web", "revocation = strict\n");
	p->w.web_delay = 3000;
	side_up(&p->a);
	pair_run(p, 1000);
	side_restart(&p->a, text_a);
	side_up(&p->a);
	pair_run(p, 1000);
	assert_int_equal(p->w.n_fetches, 1);
	assert_false(side_is_up(&p->a));
	pair_run(p, 10000);
	assert_true(side_is_up(&p->a));
	assert_int_equal(p->w.n_fetches, 1);
	pair_free(p);
}

/* Whoever asked is gone when the answer comes. */
static void ends_while_somebody_is_asked(void **state)
{
	(void)state;
	make_web("both", CRL_URL, OCSP_URL);
	for (unsigned int i = 0; i < 120; i++) {
		struct pair *p = pair_web(500 + i, "both", "");

		web = (struct web){ .ocsp = i & 1, .order.says = OCSP_UNKNOWN };
		p->w.web_delay = 100;
		p->w.job_delay = 30;
		side_up(&p->a);
		pair_run(p, 10 * (i / 4));
		pair_interrupt(p, i % 4, &p->b, text_b);
	}
}

/* What a reload brings is looked at anew. */
static void a_reload_forgets_what_was_fetched(void **state)
{
	struct pair *p;

	(void)state;
	make_web("web", NULL, OCSP_URL);
	web = (struct web){ .ocsp = true };
	p = pair_web(700, "web", "revocation = strict\n");
	side_up(&p->a);
	pair_settle(p);
	side_configure(&p->b, "t", text_b);
	again(p);
	pair_consistent(p);
	assert_int_equal(web.questions, 2);
	pair_free(p);
}

/* ---- in EAP-TLS ---- */

/* Both by EAP alone; a and b show those certificates, and nothing has happened yet. */
static struct pair *pair_eap(uint64_t seed, const char *a_is, const char *b_is, const char *more)
{
	struct pair *p;

	snprintf(text_a, sizeof(text_a), CONF_A IDS_A PASSIVE "auth = eap\neap = tls\nca = ca.crt\ncert = %s.crt\nkey = %s.key\n%s",
		 a_is, a_is, more);
	snprintf(text_b, sizeof(text_b), CONF_B IDS_B PASSIVE "auth = eap\neap = tls\nca = ca.crt\ncert = %s.crt\nkey = %s.key\n%s",
		 b_is, b_is, more);
	p = pair_new(seed, text_a, text_b);
	p->w.web = serve;
	return p;
}

static void the_client_of_eap_is_asked_about(void **state)
{
	static const struct {
		struct web web;
		bool up[2];			/* with relaxed, strict */
		const char *says;
	} rows[] = {
		{ { .ocsp = true }, { true, true }, NULL },
		{ { .ocsp = true, .order.says = OCSP_REVOKED }, { false, false },
		  "EAP-TLS: certificate CN=a.example (serial " },
		{ { 0 }, { true, false }, "EAP-TLS: whether certificate CN=a.example (serial " },
	};

	(void)state;
	make_web("web", NULL, OCSP_URL);
	for (unsigned int i = 0; i < 6; i++) {
		const unsigned int row = i / 2;
		struct pair *p = pair_eap(900 + i, "web", "b", i & 1 ? "revocation = strict\n" : "");

		/* Of b nothing is published. */
		if (i & 1)
			side_restart(&p->a, CONF_A IDS_A PASSIVE "auth = eap\neap = tls\nca = ca.crt\ncert = web.crt\nkey = web.key\n");
		web = rows[row].web;
		side_up(&p->a);
		pair_settle(p);
		if (rows[row].up[i & 1]) {
			if (!pair_is_consistent(p))
				fail_msg("row %u: %s", i, p->b.failure.text);
		} else {
			nobody_is_in(p);
			says(&p->b, FAILURE_EAP, rows[row].says);
			says(&p->a, FAILURE_EAP, "refused us in EAP");
		}
		assert_int_equal(p->w.n_fetches, 1);
		pair_free(p);
	}
}

/* Before it is told who the client is. */
static void the_server_of_eap_is_asked_about(void **state)
{
	static const struct revocation_list revoked = { .issuer = "ca", .revoked = { "bweb" } }, good = { .issuer = "ca" };
	struct pair *p;

	(void)state;
	credential_make(&(struct credential){ .name = "bweb", .issuer = "ca", .dns = "b.example",
					      .key = CREDENTIAL_ECDSA, .crl_url = CRL_URL });
	make_web("web", NULL, OCSP_URL);
	web = (struct web){ .list = &revoked, .ocsp = true };
	p = pair_eap(910, "web", "bweb", "");
	side_up(&p->a);
	pair_settle(p);
	nobody_is_in(p);
	says(&p->a, FAILURE_EAP, "EAP-TLS: certificate CN=b.example (serial ");
	assert_int_equal(web.lists, 1);
	assert_int_equal(web.questions, 0);
	pair_free(p);
	web.list = &good;
	p = pair_eap(911, "web", "bweb", "");
	side_up(&p->a);
	pair_settle(p);
	pair_consistent(p);
	assert_int_equal(web.lists, 2);
	assert_int_equal(web.questions, 1);
	pair_free(p);
}

/* Nobody who is not trusted otherwise gets us to ask. */
static void nobody_is_asked_before_tls_is_content(void **state)
{
	struct pair *p;

	(void)state;
	credential_make(&(struct credential){ .name = "web", .issuer = "other", .dns = "a.example",
					      .key = CREDENTIAL_ECDSA, .ocsp_url = OCSP_URL });
	web = (struct web){ .ocsp = true };
	p = pair_eap(920, "web", "b", "");
	side_up(&p->a);
	pair_settle(p);
	nobody_is_in(p);
	assert_int_equal(p->w.n_fetches, 0);
	pair_free(p);
}

static void eap_ends_while_somebody_is_asked(void **state)
{
	(void)state;
	make_web("web", CRL_URL, OCSP_URL);
	for (unsigned int i = 0; i < 60; i++) {
		struct pair *p = pair_eap(930 + i, "web", "b", "");

		web = (struct web){ .ocsp = i & 1, .order.says = OCSP_UNKNOWN };
		p->w.web_delay = 100;
		p->w.job_delay = 30;
		side_up(&p->a);
		pair_run(p, 30 * (i / 3));
		if (i % 3 == 0)
			side_restart(&p->b, text_b);
		if (i % 3 == 1)
			side_down(&p->b);
		if (i % 3 < 2)
			pair_run(p, 60000);
		pair_free(p);
	}
}

/* ---- as many as there is room for ---- */

static struct revocation_ask asks[160];
static unsigned int asks_done, asks_refused;

static void on_asked(struct revocation_ask *ask)
{
	asks_done++;
	asks_refused += ask->verdict != CERT_TRUSTED && strstr(ask->why, "too much is being asked");
	cert_path_drop(&ask->path);
}

static struct cert *load(const char *name)
{
	char path[128], err[256];
	struct cert *cert;

	snprintf(path, sizeof(path), "%s/%s.crt", pair_dir, name);
	assert_int_equal(cert_load(path, &cert, 1, err, sizeof(err)), 1);
	return cert;
}

static void ask(struct pair *p, unsigned int i)
{
	char url[80];

	snprintf(url, sizeof(url), "http://crl.example/%u.crl", i);
	make_web("many", url, NULL);
	asks[i] = (struct revocation_ask){
		.path = { .n = 1, .link = { { load("many"), load("ca") } } }, .mode = REVOKE_STRICT, .done = on_asked,
	};
	assert_int_equal(revocation_begin(p->b.e, &asks[i]), 0);
}

static void what_is_kept_is_bounded(void **state)
{
	struct pair *p = pair_new(800, CONF_A IDS_A PSK PASSIVE, CONF_B IDS_B PSK PASSIVE);

	(void)state;
	asks_done = asks_refused = 0;
	for (unsigned int i = 0; i < 160; i++) {
		ask(p, i);
		pair_settle(p);
	}
	assert_int_equal(asks_done, 160);
	assert_int_equal(asks_refused, 0);
	assert_int_equal(p->w.n_fetches, 160);
	assert_int_equal(p->b.e->revocations.n, 128);
	/* All at once is too much. */
	p->w.web_delay = 1000;
	asks_done = 0;
	pair_run(p, 120000);
	for (unsigned int i = 0; i < 40; i++)
		ask(p, i);
	pair_settle(p);
	assert_int_equal(p->b.e->revocations.busy, 32);
	assert_int_equal(asks_refused, 8);
	pair_run(p, 2000);
	assert_int_equal(asks_done, 40);
	assert_int_equal(p->b.e->revocations.busy, 0);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_revoked_initiator),
		cmocka_unit_test(a_revoked_responder),
		cmocka_unit_test(a_revoked_ca),
		cmocka_unit_test(an_expired_list),
		cmocka_unit_test(a_reload_brings_lists),
		cmocka_unit_test(a_reload_during_a_job),
		cmocka_unit_test(in_eap_tls),
		cmocka_unit_test(a_good_answer_is_kept),
		cmocka_unit_test(what_the_web_says),
		cmocka_unit_test(answers_that_are_refused),
		cmocka_unit_test(the_responder_is_asked_about_too),
		cmocka_unit_test(a_ca_is_asked_about_too),
		cmocka_unit_test(nobody_is_asked_before_the_rest_is_good),
		cmocka_unit_test(a_web_that_does_not_answer),
		cmocka_unit_test(who_asks_the_same_waits),
		cmocka_unit_test(ends_while_somebody_is_asked),
		cmocka_unit_test(a_reload_forgets_what_was_fetched),
		cmocka_unit_test(the_client_of_eap_is_asked_about),
		cmocka_unit_test(the_server_of_eap_is_asked_about),
		cmocka_unit_test(nobody_is_asked_before_tls_is_content),
		cmocka_unit_test(eap_ends_while_somebody_is_asked),
		cmocka_unit_test(what_is_kept_is_bounded),
	};

	return cmocka_run_group_tests(tests, setup, credentials_teardown);
}
