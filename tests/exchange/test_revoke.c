// SPDX-License-Identifier: GPL-2.0
/* Revoked certificates between two engines, in each way to show one (RFC 5280 §6.3). */
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
	};

	return cmocka_run_group_tests(tests, setup, credentials_teardown);
}
