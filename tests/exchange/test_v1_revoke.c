// SPDX-License-Identifier: GPL-2.0
/* Revoked certificates in phase 1 (RFC 5280 §6.3). */
#include <stdio.h>
#include <string.h>

#include "exchange/v1.h"

#define CERTS(name) V1 "ca = ca.crt\ncert = " name ".crt\nkey = " name ".key\n"

static int setup(void **state)
{
	if (v1_setup_in_dir(state))
		return -1;
	credential_make(&(struct credential){
		.name = "a", .issuer = "ca", .dns = "a.example", .key = CREDENTIAL_RSA });
	credential_make(&(struct credential){
		.name = "b", .issuer = "ca", .dns = "b.example", .key = CREDENTIAL_RSA });
	return 0;
}

static void says(const struct side *s, const char *part)
{
	if (s->failure.kind != FAILURE_CERT || !strstr(s->failure.text, part))
		fail_msg("%s says %s: %s", s->name, failure_name(s->failure.kind), s->failure.text);
}

static void a_revoked_certificate(void **state)
{
	struct pair *p;

	(void)state;
	credential_crl(&(struct revocation_list){ .name = "ca", .issuer = "ca", .revoked = { "a" } });
	p = pair_up(1, CONF_A IDS_A CERTS("a"), CONF_B IDS_B PASSIVE CERTS("b") "crl = ca.crl\n");
	assert_int_equal(side_view(&p->a).child + side_view(&p->b).child, 0);
	says(&p->b, "certificate CN=a.example (serial ");
	says(&p->b, "is revoked since 2027-01-15 07:16 UTC: CRL ");
	pair_free(p);
	p = pair_up(2, CONF_A IDS_A CERTS("a") "crl = ca.crl\nrevocation = strict\n",
		    CONF_B IDS_B PASSIVE CERTS("b"));
	pair_consistent(p);
	pair_free(p);
}

static void an_unknown_status(void **state)
{
	struct pair *p;

	(void)state;
	credential_crl(&(struct revocation_list){ .name = "ca", .issuer = "ca", .from_day = -9, .until_day = -2 });
	p = pair_up(3, CONF_A IDS_A CERTS("a"),
		    CONF_B IDS_B PASSIVE CERTS("b") "crl = ca.crl\nrevocation = strict\n");
	assert_int_equal(side_view(&p->a).child + side_view(&p->b).child, 0);
	says(&p->b, "expired on 2027-01-13 08:16 UTC (revocation = strict)");
	pair_free(p);
}

/* By HTTP, after the rest of the proof is good. */
static int serve(void *ctx, const struct env_fetch *req, struct kw_writer *w)
{
	const struct revocation_list *list = ctx;
	struct kw_span crl = credential_crl_der(list);

	assert_string_equal(req->url, "http://crl.example/ca.crl");
	kw_put_span(w, crl);
	gnutls_free((void *)(uintptr_t)crl.p);
	return 0;
}

static void by_http(void **state)
{
	struct revocation_list list = { .issuer = "ca" };
	static const char *const modes[] = { "", "aggressive = yes\n" };

	(void)state;
	credential_make(&(struct credential){ .name = "web", .issuer = "ca", .dns = "a.example", .key = CREDENTIAL_RSA,
					      .crl_url = "http://crl.example/ca.crl" });
	for (unsigned int i = 0; i < 4; i++) {
		char a[1024], b[1024];
		struct pair *p;

		snprintf(a, sizeof(a), CONF_A IDS_A PASSIVE CERTS("web") "%s", modes[i / 2]);
		snprintf(b, sizeof(b), CONF_B IDS_B PASSIVE CERTS("b") "revocation = strict\n%s", modes[i / 2]);
		p = pair_new(10 + i, a, b);
		list.revoked[0] = i % 2 ? "web" : NULL;
		p->w.web = serve;
		p->w.web_ctx = &list;
		p->w.web_delay = 1500;
		side_up(&p->a);
		pair_run(p, 20000);
		assert_int_equal(p->w.n_fetches, 1);
		if (i % 2) {
			assert_int_equal(side_view(&p->a).child + side_view(&p->b).child, 0);
			says(&p->b, "is revoked since 2027-01-15 07:16 UTC: CRL ");
		} else {
			pair_consistent(p);
		}
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_revoked_certificate),
		cmocka_unit_test(an_unknown_status),
		cmocka_unit_test(by_http),
	};

	return cmocka_run_group_tests(tests, setup, credentials_teardown);
}
