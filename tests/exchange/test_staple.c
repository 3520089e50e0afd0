// SPDX-License-Identifier: GPL-2.0
/* OCSP responses that IKE carries (RFC 4806): who asks, who answers, and what counts. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/credentials.h"
#include "exchange/pair.h"
#include "ike/core.h"
#include "wire/isakmp.h"

#define OCSP_A "http://ocsp.example/a"
#define OCSP_B "http://ocsp.example/b"

static char text_a[1024], text_b[1024];

static int setup(void **state)
{
	credentials_setup(state);
	credential_make(&(struct credential){
		.name = "middle", .issuer = "ca", .dns = "Middle", .key = CREDENTIAL_ECDSA, .ca = true });
	credential_make(&(struct credential){ .name = "a", .issuer = "ca", .dns = "a.example",
					      .key = CREDENTIAL_ECDSA, .ocsp_url = OCSP_A });
	credential_make(&(struct credential){ .name = "b", .issuer = "ca", .dns = "b.example",
					      .key = CREDENTIAL_ECDSA, .ocsp_url = OCSP_B });
	credential_make(&(struct credential){ .name = "deep", .issuer = "middle", .dns = "a.example",
					      .key = CREDENTIAL_ECDSA, .chain = "middle", .ocsp_url = OCSP_A });
	return 0;
}

/* ---- the responder ---- */

static struct web {
	const char *signer;		/* "ca" */
	enum ocsp_says says;
	unsigned int about_a, about_b;	/* questions */
	unsigned int answers;		/* what comes after so many finds nobody there */
} web;

static int serve(void *ctx, const struct env_fetch *req, struct kw_writer *w)
{
	struct der d;

	(void)ctx;
	if (strcmp(req->url, OCSP_A) == 0)
		web.about_a++;
	else if (strcmp(req->url, OCSP_B) == 0)
		web.about_b++;
	else
		return -ENOENT;
	if (web.about_a + web.about_b > web.answers)
		return -EIO;
	credential_ocsp(&d, web.signer, req->post, (struct ocsp_order){ .says = web.says });
	kw_put_span(w, KW_SPAN(d.b, d.len));
	return 0;
}

static struct pair *pair_ocsp(uint64_t seed, const char *a_is, const char *a_more, const char *b_more)
{
	struct pair *p;

	snprintf(text_a, sizeof(text_a), CONF_A IDS_A PASSIVE "ca = ca.crt\ncert = %s.crt\nkey = %s.key\n%s", a_is, a_is,
		 a_more);
	snprintf(text_b, sizeof(text_b), CONF_B IDS_B PASSIVE "ca = ca.crt\ncert = b.crt\nkey = b.key\n%s", b_more);
	p = pair_new(seed, text_a, text_b);
	p->w.web = serve;
	web = (struct web){ .signer = "ca", .answers = 1000 };
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

#define ASK "ocsp = ask\nrevocation = strict\n"
#define OFF "revocation = off\n"

/* One answer alone can be had, and who asked for it is the one whom it is about. */
static void the_responder_asks_the_initiator(void **state)
{
	struct pair *p = pair_ocsp(1, "a", OFF, ASK);

	(void)state;
	web.answers = 1;
	begin(p);
	pair_consistent(p);
	assert_int_equal(web.about_a, 1);
	assert_int_equal(p->a.e->revocations.n, 1);
	assert_int_equal(p->b.e->revocations.n, 0);
	/* It is shown again while it counts, and no longer; what comes now is as old. */
	again(p);
	pair_consistent(p);
	assert_int_equal(web.about_a, 1);
	side_down(&p->a);
	pair_run(p, 3601 * 1000);
	web.answers = 9;
	begin(p);
	nobody_is_in(p);
	says(&p->b, FAILURE_CERT, "expired on");
	assert_int_equal(web.about_a, 3);
	pair_free(p);
}

static void the_initiator_asks_the_responder(void **state)
{
	struct pair *p = pair_ocsp(2, "a", ASK, OFF);

	(void)state;
	web.answers = 1;
	begin(p);
	pair_consistent(p);
	assert_int_equal(web.about_b, 1);
	assert_int_equal(p->a.e->revocations.n, 0);
	pair_free(p);
}

static void both_ask(void **state)
{
	struct pair *p = pair_ocsp(3, "a", ASK, ASK);

	(void)state;
	web.answers = 2;
	begin(p);
	pair_consistent(p);
	assert_int_equal(web.about_a, 1);
	assert_int_equal(web.about_b, 1);
	pair_free(p);
}

/* In front of EAP the gateway shows it too. */
static void a_gateway_with_eap(void **state)
{
	struct pair *p;

	(void)state;
	p = pair_new(4, CONF_A IDS_A PASSIVE "auth = eap, cert\neap = tls\nca = ca.crt\ncert = a.crt\nkey = a.key\nocsp = ask\n",
		     CONF_B PASSIVE "local-id = b.example\nauth = cert, eap\neap = tls\nca = ca.crt\ncert = b.crt\nkey = b.key\n"
				    OFF);
	p->w.web = serve;
	web = (struct web){ .signer = "ca", .answers = 1 };
	begin(p);
	pair_consistent(p);
	/* In EAP-TLS nothing of the kind is shown: the client asks itself, and relaxed does not mind. */
	assert_int_equal(web.about_b, 2);
	pair_free(p);
}

/* The issuer comes from the file of the certificate, where it is not trusted itself. */
static void below_another_issuer(void **state)
{
	struct pair *p = pair_ocsp(5, "deep", OFF, "ocsp = ask\n");

	(void)state;
	web.signer = "middle";
	web.answers = 1;
	begin(p);
	pair_consistent(p);
	assert_int_equal(p->a.e->revocations.n, 1);
	assert_int_equal(p->b.e->revocations.n, 0);
	pair_free(p);
}

/* Nobody says anything unasked, and who is not answered asks others. */
static void nobody_answers_in_ike(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned int by_a, by_b;
	} rows[] = {
		{ OFF, "revocation = strict\n", 0, 1 },
		{ OFF "ocsp = no\n", ASK, 0, 1 },
		{ OFF "ocsp = answer\n", ASK, 1, 0 },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pair *p = pair_ocsp(10 + i, "a", rows[i].a, rows[i].b);

		begin(p);
		if (!pair_is_consistent(p))
			fail_msg("row %u: %s", i, p->b.failure.text);
		assert_int_equal(p->a.e->revocations.n, rows[i].by_a);
		assert_int_equal(p->b.e->revocations.n, rows[i].by_b);
		assert_int_equal(web.about_a, 1);
		pair_free(p);
	}
}

/* Nobody is sent what he did not ask for, though it is there. */
static void not_unasked(void **state)
{
	struct pair *p = pair_ocsp(15, "a", OFF, "ocsp = ask\n");
	size_t asked, unasked;

	(void)state;
	begin(p);
	pair_consistent(p);
	assert_int_equal(p->a.e->revocations.n, 1);
	asked = p->bytes_to[1];
	side_down(&p->a);
	pair_settle(p);
	side_configure(&p->b, "t", CONF_B IDS_B PASSIVE "ca = ca.crt\ncert = b.crt\nkey = b.key\n" OFF);
	pair_settle(p);
	unasked = p->bytes_to[1];
	begin(p);
	pair_consistent(p);
	unasked = p->bytes_to[1] - unasked;
	assert_in_range(unasked, 500, asked - 300);
	pair_free(p);
}

/* What does not say that it is good is not shown: whoever wants to know asks for himself. */
static void a_status_that_is_not_good(void **state)
{
	static const struct {
		struct web web;
		const char *says;
	} rows[] = {
		{ { .signer = "ca", .says = OCSP_REVOKED, .answers = 9 }, "is revoked since" },
		{ { .signer = "ca", .says = OCSP_UNKNOWN, .answers = 9 }, "does not know the certificate" },
		{ { .signer = "other", .answers = 9 }, "not signed by the certificate's issuer" },
		{ { .signer = "ca" }, "cannot be had" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pair *p = pair_ocsp(20 + i, "a", OFF, ASK);

		web = rows[i].web;
		begin(p);
		nobody_is_in(p);
		says(&p->b, FAILURE_CERT, rows[i].says);
		assert_int_equal(web.about_a, 2);
		pair_free(p);
	}
}

/* It is waited for, but not for ever; the other side is served meanwhile. */
static void a_responder_that_takes_its_time(void **state)
{
	struct pair *p = pair_ocsp(30, "a", OFF, ASK);

	(void)state;
	p->w.web_delay = 3000;
	side_up(&p->a);
	pair_run(p, 2900);
	nobody_is_in(p);
	pair_run(p, 200);
	pair_consistent(p);
	assert_int_equal(p->w.n_fetches, 1);
	pair_free(p);
	p = pair_ocsp(31, "a", OFF, "ocsp = ask\n");
	p->w.web_delay = 1000000;
	side_up(&p->a);
	pair_run(p, 4900);
	nobody_is_in(p);
	pair_run(p, 5300);
	pair_consistent(p);
	pair_free(p);
}

static void ends_while_the_responder_thinks(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 80; i++) {
		struct pair *p = pair_ocsp(100 + i, "a", "ocsp = ask\n", ASK);

		p->w.web_delay = 100;
		p->w.job_delay = 30;
		side_up(&p->a);
		pair_run(p, 20 * (i / 4));
		pair_interrupt(p, i % 4, &p->a, text_a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_responder_asks_the_initiator),
		cmocka_unit_test(the_initiator_asks_the_responder),
		cmocka_unit_test(both_ask),
		cmocka_unit_test(a_gateway_with_eap),
		cmocka_unit_test(below_another_issuer),
		cmocka_unit_test(nobody_answers_in_ike),
		cmocka_unit_test(not_unasked),
		cmocka_unit_test(a_status_that_is_not_good),
		cmocka_unit_test(a_responder_that_takes_its_time),
		cmocka_unit_test(ends_while_the_responder_thinks),
	};

	return cmocka_run_group_tests(tests, setup, credentials_teardown);
}
