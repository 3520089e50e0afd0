// SPDX-License-Identifier: GPL-2.0
/* A client that proves itself twice, by certificate or key and by EAP behind that, and whoever does less (RFC 4739). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/credentials.h"
#include "exchange/pair.h"
#include "ike/exchange.h"
#include "wire/isakmp.h"

/* a is the client, b the gateway. */
#define CLIENT IDS_A "ca = ca.crt\ncert = a.crt\nkey = a.key\n"
#define GATEWAY IDS_B "ca = ca.crt\ncert = b.crt\nkey = b.key\n" PASSIVE
#define TWICE "auth = cert+eap, cert\n"
#define WANTS_TWICE "auth = cert, cert+eap\n" USERS
#define USERS "users = users\n"
#define ALICE "user = alice\npassword = \"correct horse\"\n"

static int setup(void **state)
{
	static const char users[] = "alice = \"correct horse\"\n";

	credentials_setup(state);
	credential_users(users);
	credential_make(&(struct credential){
		.name = "a", .issuer = "ca", .dns = "a.example", .key = CREDENTIAL_ECDSA });
	credential_make(&(struct credential){
		.name = "b", .issuer = "ca", .dns = "b.example", .key = CREDENTIAL_ECDSA });
	credential_make(&(struct credential){
		.name = "stranger", .issuer = "other", .dns = "a.example", .key = CREDENTIAL_ECDSA });
	return 0;
}

static struct pair *road(uint64_t seed, const char *client, const char *gateway)
{
	static char a[1024], b[1024];

	snprintf(a, sizeof(a), CONF_A "%s" PASSIVE, client);
	snprintf(b, sizeof(b), CONF_B "%s", gateway);
	return pair_new(seed, a, b);
}

static void begin(struct pair *p)
{
	side_up(&p->a);
	pair_settle(p);
}

static void nobody_is_in(struct pair *p)
{
	assert_int_equal(side_view(&p->a).child + side_view(&p->b).child, 0);
	assert_int_equal(fake_kernel_sas(&p->a.kernel, true) + fake_kernel_sas(&p->b.kernel, true), 0);
	assert_int_equal(p->a.events[EVENT_IKE_UP] + p->b.events[EVENT_IKE_UP], 0);
}

static void says(const struct side *s, enum failure_kind kind, const char *part)
{
	if (s->failure.kind != kind || !strstr(s->failure.text, part))
		fail_msg("%s says %s: %s", s->name, failure_name(s->failure.kind), s->failure.text);
}

static void both_proofs(void **state)
{
	static const char *const eap[] = { "", "eap = gtc\n", "eap = md5\n" };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		char client[512], gateway[512];
		struct pair *p;

		snprintf(client, sizeof(client), CLIENT TWICE ALICE "%s", eap[i]);
		snprintf(gateway, sizeof(gateway), GATEWAY WANTS_TWICE "%s", eap[i]);
		p = road(1 + i, client, gateway);
		begin(p);
		pair_consistent(p);
		/* Who it is the second proof says. */
		assert_non_null(strstr(side_view(&p->b).remote_id, "alice"));
		side_rekey(&p->a, true);
		side_rekey(&p->b, false);
		pair_settle(p);
		pair_consistent(p);
		pair_free(p);
	}
}

static void behind_a_raw_key(void **state)
{
	char client[512], gateway[512];
	struct pair *p;

	(void)state;
	snprintf(client, sizeof(client), IDS_A "auth = pubkey+eap, pubkey\nkey = ra.key\nremote-key = %s\n" ALICE,
		 credential_raw("rb"));
	snprintf(gateway, sizeof(gateway), IDS_B PASSIVE "auth = pubkey, pubkey+eap\nkey = rb.key\nremote-key = %s\n" USERS,
		 credential_raw("ra"));
	p = road(10, client, gateway);
	begin(p);
	pair_consistent(p);
	pair_free(p);
}

/* Each of the two has to be good. */
static void one_of_two_is_bad(void **state)
{
	struct pair *p;

	(void)state;
	p = road(20, CLIENT TWICE "user = alice\npassword = \"correct house\"\n", GATEWAY WANTS_TWICE);
	begin(p);
	nobody_is_in(p);
	says(&p->b, FAILURE_EAP, "alice");
	pair_free(p);
	p = road(21, IDS_A "ca = ca.crt\ncert = stranger.crt\nkey = stranger.key\n" TWICE ALICE, GATEWAY WANTS_TWICE);
	begin(p);
	nobody_is_in(p);
	says(&p->b, FAILURE_CERT, "not among the trusted CAs");
	assert_int_equal(p->sent, 4);
	pair_free(p);
}

static void a_false_gateway_is_told_nothing(void **state)
{
	struct pair *p;

	(void)state;
	credential_make(&(struct credential){
		.name = "false", .issuer = "other", .dns = "b.example", .key = CREDENTIAL_ECDSA });
	p = road(25, CLIENT TWICE ALICE, IDS_B "ca = ca.crt\ncert = false.crt\nkey = false.key\n" PASSIVE WANTS_TWICE);
	begin(p);
	nobody_is_in(p);
	says(&p->a, FAILURE_CERT, "not among the trusted CAs");
	assert_int_equal(p->sent, 4);
	pair_free(p);
}

static void who_does_less_or_more(void **state)
{
	static const struct {
		const char *client, *gateway;
		bool a_says;
		const char *says;
	} rows[] = {
		{ CLIENT, GATEWAY WANTS_TWICE, false, "proves itself once only, but auth here wants EAP behind that" },
		{ "local-id = a.example\nremote-id = b.example\nca = ca.crt\nauth = eap, cert\n" ALICE, GATEWAY WANTS_TWICE,
		  false, "authenticates by EAP, but this connection wants a signature" },
		{ CLIENT TWICE ALICE, GATEWAY, true, "takes one proof only (no MULTIPLE_AUTH_SUPPORTED)" },
		{ CLIENT TWICE ALICE, "local-id = b.example\nauth = cert, eap\ncert = b.crt\nkey = b.key\n" USERS PASSIVE, true,
		  "takes one proof only" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pair *p = road(30 + i, rows[i].client, rows[i].gateway);

		begin(p);
		nobody_is_in(p);
		says(rows[i].a_says ? &p->a : &p->b, FAILURE_REFUSED, rows[i].says);
		pair_free(p);
	}
}

/* Another connection of the gateway wants two proofs, this one does not. */
static void two_where_one_is_wanted(void **state)
{
	struct pair *p = road(40, CLIENT TWICE ALICE, GATEWAY);
	char why[ENGINE_WHY];

	(void)state;
	assert_int_equal(engine_configure(p->b.e, side_conf((const char *const[]){
		"t", CONF_B GATEWAY,
		"u", CONF_B "local-id = b.example\nremote-id = other.example\nca = ca.crt\ncert = b.crt\nkey = b.key\n"
		     PASSIVE WANTS_TWICE, NULL }), false, NULL, NULL, why), 0);
	begin(p);
	nobody_is_in(p);
	says(&p->b, FAILURE_REFUSED, "wants to prove itself again behind its first proof");
	pair_free(p);
}

static void only_the_client_begins(void **state)
{
	struct pair *p = road(45, CLIENT TWICE ALICE, GATEWAY WANTS_TWICE);

	(void)state;
	side_up(&p->b);
	pair_settle(p);
	nobody_is_in(p);
	says(&p->b, FAILURE_LOCAL, "only it can begin");
	pair_free(p);
	/* And who is to prove itself twice lets nobody in who begins. */
	p = road(46, CLIENT TWICE ALICE, IDS_B "ca = ca.crt\ncert = b.crt\nkey = b.key\n" PASSIVE);
	side_up(&p->b);
	pair_settle(p);
	nobody_is_in(p);
	says(&p->a, FAILURE_REFUSED, "only who begins can do that");
	pair_free(p);
}

/* ---- liars ---- */

static int (*honest_seal)(struct ike_run *run, struct sealed *out);
static enum lie { SKIPS_EAP, SKIPS_ID, CHANGES_ID, LAST_AUTH, NO_SECOND } lie;

static void forge(struct ike_run *run, const struct payload *p, unsigned int n)
{
	uint8_t *last = (uint8_t *)(uintptr_t)p->body.p + p->body.len - 1;
	const bool second_id = n == 1 && p->type == PAYLOAD_IDI;

	if (second_id && lie == SKIPS_EAP)
		run->out.chain.first = PAYLOAD_AUTH;
	else if (second_id && lie == SKIPS_ID)
		run->out.chain.first = PAYLOAD_EAP;
	else if (second_id && lie == CHANGES_ID)
		*last ^= 1;
	else if (n > 1 && p->type == PAYLOAD_AUTH && lie == LAST_AUTH)
		*last ^= 1;
	else if (n == 1 && lie == NO_SECOND)
		run->out.chain.first = PAYLOAD_VENDOR;
}

static unsigned int requests;

static int lying_seal(struct ike_run *run, struct sealed *out)
{
	struct chain c = chain_start(chain_first(&run->out.chain), kw_written(&run->out.w));
	struct payload p;

	while (run->out.exchange == EXCHANGE_IKE_AUTH && chain_next(&c, &p) > 0)
		forge(run, &p, requests);
	requests += run->out.exchange == EXCHANGE_IKE_AUTH;
	return honest_seal(run, out);
}

static void liars(void **state)
{
	static const struct {
		enum lie lie;
		enum failure_kind kind;
		const char *says;
	} rows[] = {
		{ SKIPS_EAP, FAILURE_PROTOCOL, "without having come to the end of EAP" },
		{ SKIPS_ID, FAILURE_PROTOCOL, "EAP where there should be none" },
		{ CHANGES_ID, FAILURE_EAP, "does not fit the key that EAP made" },
		{ LAST_AUTH, FAILURE_EAP, "does not fit the key that EAP made" },
		{ NO_SECOND, FAILURE_PROTOCOL, "payloads that do not make a message here" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pair *p = road(50 + i, CLIENT TWICE ALICE, GATEWAY WANTS_TWICE);

		lie = rows[i].lie;
		requests = 0;
		honest_seal = p->a.version.seal;
		p->a.version.seal = lying_seal;
		begin(p);
		assert_int_equal(p->b.events[EVENT_IKE_UP], 0);
		assert_int_equal(side_view(&p->b).child, 0);
		says(&p->b, rows[i].kind, rows[i].says);
		pair_free(p);
	}
}

/* ---- the network ---- */

static enum fate every_third_is_lost(struct pair *p, struct datagram *d)
{
	(void)d;
	return p->sent % 3 == 1 ? FATE_DROP : FATE_DELIVER;
}

static void through_loss(void **state)
{
	struct pair *p = road(60, CLIENT TWICE ALICE, GATEWAY WANTS_TWICE);

	(void)state;
	p->on_send = every_third_is_lost;
	side_up(&p->a);
	pair_run(p, 90000);
	pair_consistent(p);
	pair_free(p);
}

static void everything_comes_twice(void **state)
{
	struct pair *p = road(61, CLIENT TWICE ALICE, GATEWAY WANTS_TWICE);

	(void)state;
	side_up(&p->a);
	for (unsigned int i = 0; i < 200 && pair_waiting(p); i++) {
		if (i % 2 == 0 && i < 60)
			pair_repeat(p);
		else
			pair_deliver(p);
	}
	pair_settle(p);
	pair_consistent(p);
	assert_int_equal(p->b.events[EVENT_IKE_UP], 1);
	pair_free(p);
}

/* The client stops after so many messages: nothing of it stays. */
static void left_half_way(void **state)
{
	(void)state;
	for (unsigned int n = 1; n < 14; n++) {
		struct pair *p = road(70 + n, CLIENT TWICE ALICE, GATEWAY WANTS_TWICE);

		side_up(&p->a);
		for (unsigned int i = 0; i < n && pair_waiting(p); i++)
			pair_deliver(p);
		while (pair_waiting(p))
			pair_drop(p);
		side_restart(&p->a, CONF_A CLIENT TWICE ALICE PASSIVE);
		/* as long as b waits for a sign that its last answer came, and then for one to its question */
		pair_run(p, 180000 + 76000);
		assert_int_equal(side_view(&p->b).child, 0);
		assert_int_equal(side_view(&p->b).ike, 0);
		pair_free(p);
	}
}

static void an_sa_that_ends_during_a_job(void **state)
{
	(void)state;
	for (unsigned int ms = 0; ms < 1800; ms += 50) {
		struct pair *p = road(100 + ms, CLIENT TWICE ALICE, GATEWAY WANTS_TWICE);

		p->w.job_delay = 100;
		side_up(&p->a);
		pair_run(p, ms);
		side_down(&p->a);
		side_down(&p->b);
		pair_run(p, 60000);
		assert_int_equal(side_view(&p->a).child + side_view(&p->b).child, 0);
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_proofs),
		cmocka_unit_test(behind_a_raw_key),
		cmocka_unit_test(one_of_two_is_bad),
		cmocka_unit_test(a_false_gateway_is_told_nothing),
		cmocka_unit_test(who_does_less_or_more),
		cmocka_unit_test(two_where_one_is_wanted),
		cmocka_unit_test(only_the_client_begins),
		cmocka_unit_test(liars),
		cmocka_unit_test(through_loss),
		cmocka_unit_test(everything_comes_twice),
		cmocka_unit_test(left_half_way),
		cmocka_unit_test(an_sa_that_ends_during_a_job),
	};

	return cmocka_run_group_tests(tests, setup, credentials_teardown);
}
