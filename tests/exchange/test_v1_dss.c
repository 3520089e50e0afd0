// SPDX-License-Identifier: GPL-2.0
/* IKEv1's DSS signatures (RFC 2409 §5.1), by raw keys and by certificates, in each way of phase 1. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "exchange/v1.h"

#define DSS_A CONF_A IDS_A V1 "dss = yes\n"
#define DSS_B CONF_B IDS_B V1 PASSIVE "dss = yes\n"
#define CERTS(side) "auth = cert\nca = ca.crt\ncert = " side "-dsa.crt\nkey = " side "-dsa.key\n"

static const char *const ways[] = { "", "aggressive = yes\n", "base-exchange = yes\n" };

static int setup(void **state)
{
	static const char *const names[] = { "a-dsa", "b-dsa", "x-dsa" };
	char path[128];
	FILE *f;

	if (v1_setup_with_certs(state))
		return -1;
	for (unsigned int i = 0; i < 3; i++)
		credential_make(&(struct credential){
			.name = names[i], .issuer = i == 2 ? "other" : "ca", .key = CREDENTIAL_DSA,
			.dns = i == 1 ? "b.example" : "a.example" });
	snprintf(path, sizeof(path), "%s/users", pair_dir);
	f = fopen(path, "w");
	if (!f || fchmod(fileno(f), 0600))
		return -1;
	fputs("alice = \"opens the door\"\n", f);
	return fclose(f);
}

/* With raw keys: both sides' own ones, and what each expects of the other. */
static struct pair *pair_of(const char *key_a, const char *a_expects, const char *key_b, const char *b_expects,
			    const char *way)
{
	char a[4000], b[4000];

	snprintf(a, sizeof(a), DSS_A "auth = pubkey\nkey = %s.key\nremote-key = %s\n%s", key_a,
		 credential_raw(a_expects), way);
	snprintf(b, sizeof(b), DSS_B "auth = pubkey\nkey = %s.key\nremote-key = %s\n%s", key_b,
		 credential_raw(b_expects), way);
	return pair_new(1, a, b);
}

static void raw_keys_in_each_way(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct pair *p = pair_of("a-dsa", "b-dsa", "b-dsa", "a-dsa", ways[i]);

		side_up(&p->a);
		pair_settle(p);
		pair_consistent(p);
		assert_string_equal(side_view(&p->b).remote_id, "a.example");
		side_rekey(&p->b, true);
		pair_run(p, 20000);
		pair_consistent(p);
		pair_free(p);
	}
}

static void certificates_in_each_way(void **state)
{
	char a[1000], b[1000];

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct pair *p;

		snprintf(a, sizeof(a), DSS_A CERTS("a") "%s", ways[i]);
		snprintf(b, sizeof(b), DSS_B CERTS("b") "%s", ways[i]);
		p = pair_up(1, a, b);
		pair_consistent(p);
		pair_free(p);
	}
}

static void each_message_lost_or_doubled(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 20; i++) {
		struct pair *p = pair_new(i + 1, DSS_A CERTS("a"), DSS_B CERTS("b"));

		assert_true(v1_up_in_spite_of(p, i / 2, i % 2) >= 9);
		pair_free(p);
	}
}

static void a_user_follows(void **state)
{
	struct pair *p;

	(void)state;
	p = pair_up(1, DSS_A CERTS("a") "xauth = client\nuser = alice\npassword = \"opens the door\"\n",
		    DSS_B CERTS("b") "xauth = server\nusers = users\n");
	pair_consistent(p);
	assert_string_equal(side_view(&p->b).remote_id, "alice");
	pair_free(p);
}

/* Only who is not asked for his proof any more may think that all is well, until he hears of it. */
static void refused_by(struct pair *p, struct side *who)
{
	side_up(&p->a);
	pair_run(p, 120000);
	assert_int_equal(who->events[EVENT_IKE_UP], 0);
	assert_int_equal(p->a.events[EVENT_CHILD_UP] + p->b.events[EVENT_CHILD_UP], 0);
	assert_int_not_equal(p->a.failure.kind, FAILURE_NONE);
	pair_free(p);
}

static void another_key_does_not_pass(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct pair *p = pair_of("x-dsa", "b-dsa", "b-dsa", "a-dsa", ways[i]);

		refused_by(p, &p->b);
		p = pair_of("a-dsa", "b-dsa", "x-dsa", "a-dsa", ways[i]);
		refused_by(p, &p->a);
	}
}

static void a_certificate_of_others_does_not_pass(void **state)
{
	struct pair *p = pair_new(1, DSS_A CERTS("x"), DSS_B CERTS("b"));

	(void)state;
	refused_by(p, &p->b);
}

/* Who has an RSA key is not talked into DSS, nor the other way round. */
static void the_method_is_agreed_on(void **state)
{
	struct pair *p = pair_new(1, DSS_A CERTS("a"),
				  CONF_B IDS_B V1 PASSIVE "auth = cert\nca = ca.crt\ncert = b-rsa.crt\nkey = b-rsa.key\n");

	(void)state;
	side_up(&p->a);
	pair_run(p, 60000);
	assert_int_equal(p->a.events[EVENT_IKE_UP] + p->b.events[EVENT_IKE_UP], 0);
	assert_int_equal(p->b.failure.kind, FAILURE_PROPOSAL);
	assert_non_null(strstr(p->b.failure.text, "offered authentication DSS signatures"));
	pair_free(p);
}

/* Message 5; behind what is proved there is N(INITIAL-CONTACT), and padding. */
static void a_changed_message_does_not_pass(void **state)
{
	(void)state;
	for (unsigned int back = 48; back < 120; back += 6) {
		struct pair *p = pair_of("a-dsa", "b-dsa", "b-dsa", "a-dsa", "");
		struct datagram *d;

		side_up(&p->a);
		for (unsigned int i = 0; i < 4; i++)
			pair_deliver(p);
		d = pair_first(p);
		assert_true(d->len > 28 + back);
		d->bytes[d->len - back] ^= 0x10;
		pair_deliver(p);
		assert_int_equal(p->b.events[EVENT_IKE_UP], 0);
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(raw_keys_in_each_way),
		cmocka_unit_test(certificates_in_each_way),
		cmocka_unit_test(each_message_lost_or_doubled),
		cmocka_unit_test(a_user_follows),
		cmocka_unit_test(another_key_does_not_pass),
		cmocka_unit_test(a_certificate_of_others_does_not_pass),
		cmocka_unit_test(the_method_is_agreed_on),
		cmocka_unit_test(a_changed_message_does_not_pass),
	};

	return cmocka_run_group_tests(tests, setup, credentials_teardown);
}
