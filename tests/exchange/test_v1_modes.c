// SPDX-License-Identifier: GPL-2.0
/*
 * IKEv1's other ways to begin: aggressive mode, signatures by RSA and ECDSA, certificates, fragments, a NAT, several
 * children (RFC 2409 §5.1, §5.4; RFC 4754).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/v1.h"

#define AGGRESSIVE_PSK "aggressive = with-psk\n"

static void aggressive_mode_takes_three_messages(void **state)
{
	struct pair *p = pair_new(1, V1_A AGGRESSIVE_PSK, V1_B AGGRESSIVE_PSK);

	(void)state;
	side_up(&p->a);
	/* SA, KE, Ni, IDii --> */
	assert_int_equal(datagram_exchange(pair_first(p)), V1_EXCHANGE_AGGRESSIVE);
	pair_deliver(p);
	/* <-- SA, KE, Nr, IDir, HASH_R */
	pair_deliver(p);
	assert_int_equal(side_view(&p->a).state, CONN_IKE_ONLY);
	assert_int_equal(side_view(&p->b).ike_id, 0);
	/* *HASH_I --> */
	pair_deliver(p);
	assert_int_equal(side_view(&p->b).state, CONN_IKE_ONLY);
	pair_settle(p);
	pair_consistent(p);
	pair_free(p);
}

static void each_message_lost_or_doubled(const char *a, const char *b)
{
	for (unsigned int which = 0; which < 20; which++) {
		struct pair *p = pair_new(which + 1, a, b);

		v1_up_in_spite_of(p, which / 2, which % 2);
		pair_free(p);
	}
}

static void aggressive_mode_survives_each_loss(void **state)
{
	(void)state;
	each_message_lost_or_doubled(V1_A AGGRESSIVE_PSK, V1_B AGGRESSIVE_PSK);
}

static void aggressive_mode_floats_behind_a_nat(void **state)
{
	struct pair *p = pair_new(7, NULL, "remote = any\nlocal = 192.0.2.2\nlocal-net = 10.2.0.0/16\n"
					   "remote-net = 10.1.0.0/16\n" IDS_B PSK V1 PASSIVE AGGRESSIVE_PSK);

	(void)state;
	assert_int_equal(ip_addr_parse(&p->nat, "198.51.100.7"), 0);
	p->nat_port_offset = 1000;
	side_configure(&p->a, "t", V1_A AGGRESSIVE_PSK);
	pair_run(p, 5000);
	assert_true(side_view(&p->a).encap && side_view(&p->b).encap);
	assert_int_equal(side_view(&p->b).remote.port, 5500);
	pair_consistent(p);
	pair_free(p);
}

/* Nobody gets the proof that a guesser needs unless the connection says so. */
static void aggressive_mode_is_off_unless_asked_for(void **state)
{
	struct pair *p = pair_new(1, V1_A AGGRESSIVE_PSK, V1_B);

	(void)state;
	side_up(&p->a);
	pair_run(p, 30000);
	assert_int_equal(p->a.events[EVENT_IKE_UP] + p->b.events[EVENT_IKE_UP], 0);
	assert_int_equal(p->a.failure.kind, FAILURE_PROPOSAL);
	pair_free(p);
}

static void a_wrong_secret_does_not_pass(void **state)
{
	struct pair *p = pair_new(1, V1_A AGGRESSIVE_PSK,
				  CONF_B IDS_B V1 PASSIVE AGGRESSIVE_PSK "psk = \"another secret\"\n");

	(void)state;
	side_up(&p->a);
	pair_run(p, 60000);
	assert_int_equal(p->a.failure.kind, FAILURE_PSK);
	assert_int_equal(p->a.events[EVENT_IKE_UP] + p->b.events[EVENT_IKE_UP], 0);
	pair_free(p);
}

/* ---- signatures ---- */

static void make(const char *name, const char *issuer, const char *dns, enum credential_key key)
{
	credential_make(&(struct credential){
		.name = name, .issuer = issuer, .dns = dns, .key = key });
}

#define CERT_A(kind) CONF_A IDS_A V1 "auth = cert\nca = ca.crt\ncert = a-" kind ".crt\nkey = a-" kind ".key\n"
#define CERT_B(kind) CONF_B IDS_B V1 PASSIVE "auth = cert\nca = ca.crt\ncert = b-" kind ".crt\nkey = b-" kind ".key\n"

static void rsa_signatures(void **state)
{
	struct pair *p;

	(void)state;
	make("a-rsa", "ca", "a.example", CREDENTIAL_RSA);
	make("b-rsa", "ca", "b.example", CREDENTIAL_RSA);
	p = pair_up(1, CERT_A("rsa"), CERT_B("rsa"));
	pair_consistent(p);
	side_rekey(&p->a, true);
	pair_run(p, 20000);
	pair_consistent(p);
	pair_free(p);
	p = pair_up(2, CERT_A("rsa") "aggressive = yes\n", CERT_B("rsa") "aggressive = yes\n");
	pair_consistent(p);
	pair_free(p);
}

static void ecdsa_signatures(void **state)
{
	struct pair *p;

	(void)state;
	make("a-ec", "ca", "a.example", CREDENTIAL_ECDSA);
	make("b-ec", "ca", "b.example", CREDENTIAL_ECDSA);
	p = pair_up(1, CERT_A("ec"), CERT_B("ec"));
	pair_consistent(p);
	pair_free(p);
}

static size_t largest;

static enum fate measure_size(struct pair *p, struct datagram *d)
{
	(void)p;
	if (d->len > largest)
		largest = d->len;
	return FATE_DELIVER;
}

static void certificates_travel_in_fragments(void **state)
{
	struct pair *p = pair_new(1, CERT_A("rsa") "fragmentation = 576\n",
				  CERT_B("rsa") "fragmentation = 576\n");

	(void)state;
	largest = 0;
	p->on_send = measure_size;
	side_up(&p->a);
	pair_settle(p);
	pair_consistent(p);
	assert_in_range(largest, 400, 576 - 28);
	pair_free(p);
}

static void certificates_that_do_not_prove(void **state)
{
	static const struct {
		const char *name, *issuer, *dns;
		int from, until;
	} bad[] = {
		{ "untrusted", "other", "a.example", 0, 0 },
		{ "expired", "ca", "a.example", -20, -10 },
		{ "stranger", "ca", "c.example", 0, 0 },
	};

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		const struct credential c = { .name = bad[i].name, .issuer = bad[i].issuer,
					      .dns = bad[i].dns, .key = CREDENTIAL_ECDSA,
					      .from_day = bad[i].from, .until_day = bad[i].until };
		char conf[1000];
		struct pair *p;

		credential_make(&c);
		snprintf(conf, sizeof(conf),
			 CONF_A V1 "local-id = %s\nremote-id = b.example\nauth = cert\nca = ca.crt\n"
				   "cert = %s.crt\nkey = %s.key\n",
			 bad[i].dns, bad[i].name, bad[i].name);
		p = pair_new(1, conf, CERT_B("ec"));
		side_up(&p->a);
		pair_run(p, 60000);
		assert_int_equal(p->a.events[EVENT_IKE_UP] + p->b.events[EVENT_IKE_UP], 0);
		assert_true(p->b.failure.kind == FAILURE_CERT || p->b.failure.kind == FAILURE_IDENTITY);
		assert_int_equal(p->a.failure.kind, FAILURE_REFUSED);
		pair_free(p);
	}
}

/* A signature by another key than the certificate's. */
static void a_flipped_proof_does_not_pass(void **state)
{
	struct pair *p = pair_new(1, CERT_A("ec"), CERT_B("ec"));

	(void)state;
	side_up(&p->a);
	for (unsigned int i = 0; i < 4; i++)
		pair_deliver(p);
	/* *IDii, CERT, SIG_I --> : behind it is N(INITIAL-CONTACT) */
	pair_first(p)->bytes[pair_first(p)->len - 64] ^= 1;
	pair_deliver(p);
	assert_int_equal(p->b.events[EVENT_IKE_UP], 0);
	pair_free(p);
}

/* ---- several children ---- */

static void each_pair_of_nets_has_its_child(void **state)
{
	struct pair *p = pair_new(1,
		"remote = 192.0.2.2\nlocal = 192.0.2.1\nlocal-net = 10.1.0.0/16, 10.3.0.0/16\n"
		"remote-net = 10.2.0.0/16, 10.4.0.0/16\n" IDS_A PSK V1,
		"remote = 192.0.2.1\nlocal = 192.0.2.2\nlocal-net = 10.2.0.0/16, 10.4.0.0/16\n"
		"remote-net = 10.1.0.0/16, 10.3.0.0/16\n" IDS_B PSK V1 PASSIVE);

	(void)state;
	side_up(&p->a);
	pair_run(p, 20000);
	assert_int_equal(side_view(&p->a).child, 4);
	assert_int_equal(side_view(&p->b).child, 4);
	assert_int_equal(side_view(&p->a).ike, 1);
	side_rekey(&p->a, false);
	pair_run(p, 120000);
	assert_int_equal(side_view(&p->a).child, 4);
	assert_int_equal(fake_kernel_sas(&p->a.kernel, true), 4);
	assert_int_equal(fake_kernel_sas(&p->b.kernel, true), 4);
	pair_free(p);
}

/* ---- transport mode ---- */

#define HOST_A "remote = 192.0.2.2\nlocal = 192.0.2.1\nmode = transport\n" IDS_A PSK V1
#define HOST_B "local = 192.0.2.2\nmode = transport\n" IDS_B PSK V1 PASSIVE

static void two_hosts_without_a_tunnel(void **state)
{
	struct pair *p = pair_new(20, HOST_A "start = none\n", HOST_B "remote = 192.0.2.1\n");

	(void)state;
	side_up(&p->a);
	pair_settle(p);
	pair_consistent(p);
	assert_string_equal(side_view(&p->a).local_ts, "192.0.2.1/32");
	assert_string_equal(side_view(&p->b).local_ts, "192.0.2.2/32");
	assert_true(side_has_transport(&p->b));
	side_rekey(&p->b, false);
	pair_run(p, 120000);
	pair_consistent(p);
	pair_free(p);
}

/* L2TP behind a NAT: the host calls itself by an address that means nothing on the other side (RFC 3947 §5.2). */
static void transport_mode_through_a_nat(void **state)
{
	struct pair *p = pair_new(21, HOST_A "local-net = [udp/1701]\nremote-net = [udp/1701]\nstart = none\n",
				  HOST_B "remote = any\nlocal-net = [udp/1701]\nremote-net = [udp]\n");

	(void)state;
	assert_int_equal(ip_addr_parse(&p->nat, "203.0.113.1"), 0);
	p->nat_port_offset = 10000;
	side_up(&p->a);
	pair_run(p, 5000);
	pair_consistent(p);
	assert_true(side_view(&p->a).encap && side_view(&p->b).encap);
	assert_string_equal(side_view(&p->a).local_ts, "192.0.2.1/32[udp/1701]");
	assert_string_equal(side_view(&p->b).remote_ts, "203.0.113.1/32[udp/1701]");
	side_rekey(&p->a, false);
	pair_run(p, 120000);
	pair_consistent(p);
	pair_free(p);
}

/* A tunnel is not what was meant, nor the other way round. */
static void both_sides_mean_the_same_mode(void **state)
{
	struct pair *p = pair_new(22, HOST_A,
				  "remote = 192.0.2.1\nlocal = 192.0.2.2\nlocal-net = 192.0.2.2/32\n"
				  "remote-net = 192.0.2.1/32\nroutes = no\n" IDS_B PSK V1 PASSIVE);

	(void)state;
	side_up(&p->a);
	pair_run(p, 10000);
	assert_int_equal(p->a.events[EVENT_CHILD_UP] + p->b.events[EVENT_CHILD_UP], 0);
	assert_int_equal(p->b.failure.kind, FAILURE_PROPOSAL);
	assert_non_null(strstr(p->b.failure.text, "transport"));
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aggressive_mode_takes_three_messages),
		cmocka_unit_test(aggressive_mode_survives_each_loss),
		cmocka_unit_test(aggressive_mode_floats_behind_a_nat),
		cmocka_unit_test(aggressive_mode_is_off_unless_asked_for),
		cmocka_unit_test(a_wrong_secret_does_not_pass),
		cmocka_unit_test(rsa_signatures),
		cmocka_unit_test(ecdsa_signatures),
		cmocka_unit_test(certificates_travel_in_fragments),
		cmocka_unit_test(certificates_that_do_not_prove),
		cmocka_unit_test(a_flipped_proof_does_not_pass),
		cmocka_unit_test(each_pair_of_nets_has_its_child),
		cmocka_unit_test(two_hosts_without_a_tunnel),
		cmocka_unit_test(transport_mode_through_a_nat),
		cmocka_unit_test(both_sides_mean_the_same_mode),
	};

	return cmocka_run_group_tests(tests, v1_setup_in_dir, credentials_teardown);
}
