// SPDX-License-Identifier: GPL-2.0
/* EAP in IKE_AUTH between two engines: each method, and everybody who must not get in (RFC 7296 §2.16, 5998). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/credentials.h"
#include "exchange/pair.h"
#include "exchange/radius_server.h"
#include "ike/exchange.h"
#include "wire/eap.h"
#include "wire/isakmp.h"

/* a is the client, b the gateway. */
#define GATEWAY "auth = cert, eap\ncert = gw.crt\nkey = gw.key\nlocal-id = b.example\n" PASSIVE
#define USERS "users = users\n"
#define CLIENT "auth = eap, cert\nca = ca.crt\nremote-id = b.example\nlocal-id = roadwarrior\n"
#define ALICE "user = alice\npassword = \"correct horse\"\n"

static int setup(void **state)
{
	static const char users[] = "# who may come\nalice = \"correct horse\"\nbob = \"Pa\\\"ss\xc3\xa4\"\n"
				    "carol@example.org = 0x736563726574\n";

	credentials_setup(state);
	credential_users(users);
	credential_make(&(struct credential){
		.name = "gw", .issuer = "ca", .dns = "b.example", .key = CREDENTIAL_ECDSA });
	credential_make(&(struct credential){
		.name = "fake", .issuer = "other", .dns = "b.example", .key = CREDENTIAL_ECDSA });
	credential_make(&(struct credential){
		.name = "north", .issuer = "ca", .dns = "north.example", .key = CREDENTIAL_ECDSA });
	return 0;
}

static struct pair *road(uint64_t seed, const char *client, const char *gateway)
{
	static char a[1024], b[1024];

	snprintf(a, sizeof(a), CONF_A "%s", client);
	snprintf(b, sizeof(b), CONF_B "%s", gateway);
	return pair_up(seed, a, b);
}

/* The same where each side waits to be told. */
static struct pair *road_idle(uint64_t seed, const char *client, const char *gateway)
{
	static char a[1024], b[1024];

	snprintf(a, sizeof(a), CONF_A "%s" PASSIVE, client);
	snprintf(b, sizeof(b), CONF_B "%s", gateway);
	return pair_new(seed, a, b);
}

static void nobody_is_in(struct pair *p)
{
	assert_int_equal(side_view(&p->a).child + side_view(&p->b).child, 0);
	assert_int_equal(p->a.events[EVENT_IKE_UP] + p->b.events[EVENT_IKE_UP], 0);
	assert_int_equal(fake_kernel_sas(&p->a.kernel, true) + fake_kernel_sas(&p->b.kernel, true), 0);
}

static void says(const struct side *s, enum failure_kind kind, const char *part)
{
	if (s->failure.kind != kind || !strstr(s->failure.text, part))
		fail_msg("%s says %s: %s", s->name, failure_name(s->failure.kind), s->failure.text);
}

/* ---- MS-CHAPv2 ---- */

static void a_user_with_the_right_password(void **state)
{
	static const char *const who[][2] = {
		{ ALICE, "alice" },
		{ "user = bob\npassword = \"Pa\\\"ss\xc3\xa4\"\n", "bob" },
		{ "user = carol@example.org\npassword = \"secret\"\neap-identity = somebody\n",
		  "carol@example.org" },
		{ "user = EXAMPLE\\alice\npassword = \"correct horse\"\n", "alice" },
	};

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		char client[512];
		struct pair *p;

		snprintf(client, sizeof(client), CLIENT "%s", who[i][0]);
		p = road(100 + i, client, GATEWAY USERS);
		pair_consistent(p);
		assert_string_equal(side_view(&p->b).remote_id, who[i][1]);
		assert_string_equal(side_view(&p->a).remote_id, "b.example");
		assert_int_equal(p->a.events[EVENT_FAILURE] + p->b.events[EVENT_FAILURE], 0);
		pair_free(p);
	}
}

static void a_wrong_password_is_named(void **state)
{
	struct pair *p = road(110, CLIENT "user = alice\npassword = \"battery staple\"\n", GATEWAY USERS);

	(void)state;
	nobody_is_in(p);
	says(&p->b, FAILURE_EAP, "wrong password for user \"alice\"");
	says(&p->a, FAILURE_EAP, "wrong user or password");
	assert_int_equal(side_view(&p->b).ike, 0);
	assert_int_equal(side_view(&p->a).state, CONN_WAITING);
	pair_free(p);
}

static void an_unknown_user_is_named(void **state)
{
	struct pair *p = road(111, CLIENT "user = mallory\npassword = \"there is no such user\"\n",
			      GATEWAY USERS);

	(void)state;
	nobody_is_in(p);
	says(&p->b, FAILURE_EAP, "no user \"mallory\"");
	/* The client is not told which of the two it was. */
	says(&p->a, FAILURE_EAP, "wrong user or password");
	pair_free(p);
}

/* The password goes only to who showed the right certificate first. */
static void a_false_gateway_is_told_nothing(void **state)
{
	static const char *const certs[][2] = { { "fake", "Another CA" }, { "north", "north.example" } };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		char gateway[512];
		struct pair *p;

		snprintf(gateway, sizeof(gateway),
			 "auth = cert, eap\ncert = %s.crt\nkey = %s.key\nlocal-id = %s\n" PASSIVE USERS,
			 certs[i][0], certs[i][0], i ? "north.example" : "b.example");
		p = road(120 + i, CLIENT ALICE, gateway);
		nobody_is_in(p);
		/* IKE_SA_INIT both ways, one IKE_AUTH both ways: no identity, no response. */
		assert_int_equal(p->sent, 4);
		if (i)
			assert_int_equal(p->b.failure.kind, FAILURE_IDENTITY);
		else
			says(&p->a, FAILURE_CERT, certs[i][1]);
		pair_free(p);
		if (i)
			break;
	}
}

static void eap_where_something_else_is_wanted(void **state)
{
	struct pair *p = road(130, CLIENT ALICE, IDS_B PSK PASSIVE);

	(void)state;
	nobody_is_in(p);
	pair_free(p);
	p = road(131, CLIENT ALICE, "local-id = b.example\n" PSK PASSIVE);
	nobody_is_in(p);
	says(&p->b, FAILURE_REFUSED, "authenticates by EAP, but this connection wants a pre-shared key");
	says(&p->a, FAILURE_REFUSED, "EAP");
	pair_free(p);
}

static void something_else_where_eap_is_wanted(void **state)
{
	struct pair *p = road(132, "local-id = a.example\nremote-id = b.example\n" PSK, GATEWAY USERS);

	(void)state;
	nobody_is_in(p);
	says(&p->b, FAILURE_REFUSED, "authenticates by pre-shared key, but this connection wants EAP");
	pair_free(p);
}

static void only_the_client_begins(void **state)
{
	struct pair *p = road_idle(133, CLIENT ALICE, GATEWAY USERS);

	(void)state;
	side_up(&p->b);
	pair_settle(p);
	nobody_is_in(p);
	says(&p->b, FAILURE_LOCAL, "only it can begin");
	pair_free(p);
}

/* ---- TLS ---- */

#define TLS_GATEWAY GATEWAY "ca = ca.crt\n"
#define TLS_CLIENT "auth = eap, cert\nca = ca.crt\nremote-id = b.example\n"

static void make(const char *name, const char *issuer, const char *dns, enum credential_key key)
{
	credential_make(&(struct credential){ .name = name, .issuer = issuer, .dns = dns, .key = key });
}

static void certificates_in_eap(void **state)
{
	static const enum credential_key keys[] = { CREDENTIAL_RSA, CREDENTIAL_ECDSA, CREDENTIAL_ED25519 };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct pair *p;

		make("user", "ca", "alice.example", keys[i]);
		p = road(300 + i, TLS_CLIENT "cert = user.crt\nkey = user.key\n", TLS_GATEWAY);
		pair_consistent(p);
		assert_string_equal(side_view(&p->b).remote_id, "CN=alice.example");
		pair_free(p);
		/* A name that the certificate bears is the user's; any other one is not believed. */
		p = road(310 + i, TLS_CLIENT "cert = user.crt\nkey = user.key\neap-identity = alice.example\n",
			 TLS_GATEWAY "eap = mschapv2, tls\n" USERS);
		pair_consistent(p);
		assert_string_equal(side_view(&p->b).remote_id, "alice.example");
		pair_free(p);
		p = road(320 + i, TLS_CLIENT "cert = user.crt\nkey = user.key\neap-identity = root.example\n",
			 TLS_GATEWAY);
		assert_string_equal(side_view(&p->b).remote_id, "CN=alice.example");
		pair_free(p);
	}
}

/* More than one packet each way. */
static void a_chain_of_certificates_in_eap(void **state)
{
	struct pair *p;

	(void)state;
	credential_make(&(struct credential){
		.name = "middle", .issuer = "ca", .dns = "Middle", .key = CREDENTIAL_RSA, .ca = true });
	credential_make(&(struct credential){ .name = "user", .issuer = "middle", .dns = "alice.example",
					      .key = CREDENTIAL_RSA, .chain = "middle" });
	credential_make(&(struct credential){ .name = "long", .issuer = "middle", .dns = "b.example",
					      .key = CREDENTIAL_RSA, .chain = "middle" });
	p = road(330, TLS_CLIENT "cert = user.crt\nkey = user.key\n",
		 "auth = cert, eap\ncert = long.crt\nkey = long.key\nca = ca.crt\nlocal-id = b.example\n" PASSIVE);
	pair_consistent(p);
	assert_true(p->sent > 12);
	pair_free(p);
}

static void certificates_that_are_refused_in_eap(void **state)
{
	static const struct {
		struct credential user;
		const char *gateway, *b_says;
	} rows[] = {
		{ { .name = "user", .issuer = "other", .dns = "alice.example", .key = CREDENTIAL_ECDSA },
		  TLS_GATEWAY, "issued by CN=Another CA, which is not among the trusted CAs" },
		{ { .name = "user", .issuer = "ca", .dns = "alice.example", .key = CREDENTIAL_ECDSA,
		    .from_day = -30, .until_day = -1 }, TLS_GATEWAY, "expired on" },
		{ { .name = "user", .issuer = "ca", .dns = "eve.example", .key = CREDENTIAL_ECDSA },
		  TLS_GATEWAY "remote-id = alice.example\n", "does not speak for \"alice.example\"" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pair *p;

		credential_make(&rows[i].user);
		p = road(340 + i, TLS_CLIENT "cert = user.crt\nkey = user.key\nlocal-id = alice.example\n",
			 rows[i].gateway);
		nobody_is_in(p);
		says(&p->b, FAILURE_EAP, rows[i].b_says);
		assert_int_equal(p->a.failure.kind, FAILURE_EAP);
		pair_free(p);
	}
}

/* Some clients leave at the alert, and do not wait for Failure: the reason is told before. */
static void the_reason_goes_with_the_alert(void **state)
{
	static char a[1024], b[1024];
	unsigned int sent;
	struct pair *p;

	(void)state;
	make("user", "other", "alice.example", CREDENTIAL_ECDSA);
	snprintf(a, sizeof(a), CONF_A TLS_CLIENT "cert = user.crt\nkey = user.key\n" PASSIVE);
	snprintf(b, sizeof(b), CONF_B TLS_GATEWAY);
	p = pair_new(345, a, b);
	side_up(&p->a);
	while (!p->b.events[EVENT_FAILURE] && pair_waiting(p))
		pair_deliver(p);
	says(&p->b, FAILURE_EAP, "Another CA");
	sent = p->sent;
	pair_settle(p);
	/* What came after: the client's answer to the alert, and Failure. */
	assert_int_equal(p->sent - sent, 2);
	nobody_is_in(p);
	assert_int_equal(p->b.events[EVENT_FAILURE], 1);
	pair_free(p);
}

/* RFC 5998: both sides prove themselves in EAP, and nowhere else. */
static void eap_alone(void **state)
{
	struct pair *p;

	(void)state;
	make("user", "ca", "alice.example", CREDENTIAL_ECDSA);
#define ALONE(name) "auth = eap\nca = ca.crt\ncert = " name ".crt\nkey = " name ".key\n"
	p = road(350, ALONE("user") "remote-id = b.example\n",
		 ALONE("gw") "remote-id = any\nlocal-id = b.example\n" PASSIVE);
	pair_consistent(p);
	assert_string_equal(side_view(&p->b).remote_id, "CN=alice.example");
	pair_free(p);
	/* The name in the server's certificate is all there is. */
	p = road(351, ALONE("user") "remote-id = b.example\n",
		 ALONE("north") "remote-id = any\nlocal-id = b.example\n" PASSIVE);
	nobody_is_in(p);
	says(&p->a, FAILURE_EAP, "does not speak for \"b.example\"");
	pair_free(p);
	p = road(352, ALONE("user") "remote-id = b.example\n",
		 ALONE("fake") "remote-id = any\nlocal-id = b.example\n" PASSIVE);
	nobody_is_in(p);
	says(&p->a, FAILURE_EAP, "Another CA");
	pair_free(p);
	/* One side alone wants it so. */
	p = road(353, TLS_CLIENT "cert = user.crt\nkey = user.key\n",
		 ALONE("gw") "remote-id = any\nlocal-id = b.example\n" PASSIVE);
	nobody_is_in(p);
	says(&p->b, FAILURE_REFUSED, "wants our certificate beside EAP");
	pair_free(p);
	p = road(354, ALONE("user") "remote-id = b.example\n", TLS_GATEWAY);
	pair_consistent(p);
	pair_free(p);
}

/* ---- other methods ---- */

static void gtc_and_md5(void **state)
{
	static const char *const eap[] = { "eap = gtc\n", "eap = md5\n" };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		char client[512], gateway[512];
		struct pair *p;

		snprintf(client, sizeof(client), CLIENT ALICE "%s", eap[i]);
		snprintf(gateway, sizeof(gateway), GATEWAY USERS "%s", eap[i]);
		p = road(200 + i, client, gateway);
		pair_consistent(p);
		assert_string_equal(side_view(&p->b).remote_id, "alice");
		pair_free(p);
		snprintf(client, sizeof(client), CLIENT "user = alice\npassword = \"x\"\n%s", eap[i]);
		p = road(210 + i, client, gateway);
		nobody_is_in(p);
		says(&p->b, FAILURE_EAP, "wrong password for user \"alice\"");
		says(&p->a, FAILURE_EAP, "wrong password");
		pair_free(p);
		snprintf(client, sizeof(client), CLIENT "user = eve\npassword = \"x\"\n%s", eap[i]);
		p = road(220 + i, client, gateway);
		nobody_is_in(p);
		says(&p->b, FAILURE_EAP, "no user \"eve\"");
		pair_free(p);
	}
}

/* The gateway's first choice is refused by a Nak, the second one is both sides'. */
static void methods_are_negotiated(void **state)
{
	struct pair *p = road(230, CLIENT ALICE "eap = gtc, mschapv2\n", GATEWAY USERS "eap = md5, mschapv2, gtc\n");

	(void)state;
	pair_consistent(p);
	pair_free(p);
	p = road(231, CLIENT ALICE, GATEWAY USERS "eap = md5\n");
	nobody_is_in(p);
	says(&p->b, FAILURE_EAP, "the peer wants mschapv2, eap here is md5");
	says(&p->a, FAILURE_EAP, "the peer offers md5, eap here is mschapv2");
	pair_free(p);
	/* EAP-MD5 is done only where it is named. */
	p = road(232, CLIENT ALICE "eap = md5\n", GATEWAY USERS);
	nobody_is_in(p);
	says(&p->b, FAILURE_EAP, "the peer wants md5, eap here is mschapv2");
	pair_free(p);
}

/* ---- RADIUS ---- */

#define RADIUS GATEWAY "radius = 10.2.0.9\nradius-secret = \"radius secret\"\n"

static struct pair *road_to_radius(uint64_t seed, struct radius_server *s, const char *client)
{
	static char a[1024], b[1024];
	struct pair *p = pair_new(seed, NULL, NULL);

	p->w.server = radius_server;
	p->w.server_ctx = s;
	snprintf(a, sizeof(a), CONF_A "%s", client);
	snprintf(b, sizeof(b), CONF_B RADIUS);
	side_configure(&p->b, "t", b);
	side_configure(&p->a, "t", a);
	pair_settle(p);
	return p;
}

static void end_radius(struct pair *p, struct radius_server *s)
{
	assert_int_equal(p->w.dialogs, 0);
	eap_free(s->eap);
	s->eap = NULL;
	pair_free(p);
	radius_server_end(s);
}

static void a_radius_server_lets_in(void **state)
{
	static const struct {
		uint8_t type;
		const char *eap;
	} rows[] = { { EAP_TYPE_MSCHAPV2, "" }, { EAP_TYPE_GTC, "eap = gtc\n" }, { EAP_TYPE_MD5, "eap = md5\n" } };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		char client[512];
		struct radius_server s;
		struct pair *p;

		radius_server_begin(&s, rows[i].type);
		snprintf(client, sizeof(client), CLIENT ALICE "%s", rows[i].eap);
		p = road_to_radius(600 + i, &s, client);
		pair_consistent(p);
		assert_string_equal(side_view(&p->b).remote_id, "alice");
		assert_true(s.asked >= 2);
		end_radius(p, &s);
	}
}

static void a_radius_server_refuses(void **state)
{
	struct radius_server s;
	struct pair *p;

	(void)state;
	radius_server_begin(&s, EAP_TYPE_MSCHAPV2);
	p = road_to_radius(610, &s, CLIENT "user = alice\npassword = \"x\"\n");
	nobody_is_in(p);
	says(&p->b, FAILURE_EAP, "the RADIUS server refuses user \"alice\": not today");
	says(&p->a, FAILURE_EAP, "wrong user or password");
	end_radius(p, &s);
}

/* Lost, forged, changed, without Message-Authenticator (CVE-2024-3596): asked again, then given up. */
static void radius_answers_that_do_not_count(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		struct radius_server s;
		struct pair *p;

		radius_server_begin(&s, EAP_TYPE_MSCHAPV2);
		s.lose = i == 0 ? 100 : 0;
		s.without_mac = i == 1;
		s.spoil = i == 2 ? 1 : i == 3 ? 17 : i == 4 ? 25 : i == 5 ? 60 : 0;
		p = road_to_radius(620 + i, &s, CLIENT ALICE);
		pair_run(p, 13000);
		assert_int_equal(p->w.dialogs, 1);
		pair_run(p, 2000);
		nobody_is_in(p);
		says(&p->b, FAILURE_EAP, "no answer from the RADIUS server at 10.2.0.9:1812");
		assert_true(s.asked >= 3);
		side_down(&p->a);
		pair_run(p, 60000);
		end_radius(p, &s);
	}
}

static void a_radius_server_that_is_slow(void **state)
{
	struct radius_server s;
	struct pair *p;

	(void)state;
	radius_server_begin(&s, EAP_TYPE_MSCHAPV2);
	s.lose = 2;
	p = road_to_radius(630, &s, CLIENT ALICE);
	pair_run(p, 10000);
	pair_consistent(p);
	end_radius(p, &s);
}

/* Whoever waits for the server when the IKE SA goes waits no more. */
static void an_ike_sa_that_ends_while_radius_is_asked(void **state)
{
	struct radius_server s;
	struct pair *p;

	(void)state;
	radius_server_begin(&s, EAP_TYPE_MSCHAPV2);
	s.lose = 100;
	p = road_to_radius(640, &s, CLIENT ALICE);
	assert_int_equal(p->w.dialogs, 1);
	side_restart(&p->b, CONF_B RADIUS);
	assert_int_equal(p->w.dialogs, 0);
	side_down(&p->a);
	pair_run(p, 60000);
	end_radius(p, &s);
}

/* ---- several users ---- */

#define ROAD(who, secret, device)								\
	"remote = 192.0.2.2\nlocal = 192.0.2.1\nvirtual-address = ipv4\ndevice = " device "\n"	\
	"auth = eap, cert\nca = ca.crt\nremote-id = b.example\nlocal-id = alice\n" PASSIVE	\
	"user = " who "\npassword = \"" secret "\"\n"

static void up(struct side *s, const char *name)
{
	char why[ENGINE_WHY] = "";

	assert_int_equal(engine_up(s->e, name, why), 0);
	pair_settle(s->p);
}

static int count_ike(const struct status_conn *c, void *ctx)
{
	*(unsigned int *)ctx = c->n_ike;
	return 0;
}

/*
 * All call themselves alice in IDi, which nobody has to prove: neither replaces another's IKE SA with it, nor takes the
 * address that belongs to the user of that name.
 */
static void a_user_is_who_proved_it(void **state)
{
	static const char *const roads[] = {
		"one", ROAD("alice", "correct horse", "kw1"), "two", ROAD("bob", "Pa\\\"ss\xc3\xa4", "kw2"),
		"three", ROAD("eve", "x", "kw3"), NULL,
	};
	struct pair *p = pair_new(400, NULL,
				  "remote = any\nlocal = 192.0.2.2\nlocal-net = 10.2.0.0/16\n"
				  "pool = 10.9.0.0/29\n" GATEWAY USERS);
	char why[ENGINE_WHY] = "";
	unsigned int n = 0;

	(void)state;
	assert_int_equal(engine_configure(p->a.e, side_conf(roads), false, NULL, NULL, why), 0);
	up(&p->a, "one");
	up(&p->a, "two");
	up(&p->a, "three");
	assert_int_equal(side_view(&p->b).ike, 2);
	assert_int_equal(side_view(&p->b).child, 2);
	says(&p->b, FAILURE_EAP, "no user \"eve\"");
	pair_run(p, 60000);
	assert_int_equal(engine_status(p->a.e, "one", count_ike, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(engine_status(p->a.e, "two", count_ike, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(p->b.events[EVENT_CHILD_DOWN], 0);
	pair_free(p);
}

/* ---- liars ---- */

static int (*honest_seal)(struct ike_run *run, struct sealed *out);
static unsigned int auths;	/* AUTH payloads that stay as they are, before one does not */
static bool too_early;		/* AUTH in place of EAP */

static int lying_seal(struct ike_run *run, struct sealed *out)
{
	struct chain c = chain_start(chain_first(&run->out.chain), kw_written(&run->out.w));
	struct payload p;

	while (run->out.exchange == EXCHANGE_IKE_AUTH && chain_next(&c, &p) > 0) {
		if (too_early && p.type == PAYLOAD_EAP)
			run->out.chain.first = PAYLOAD_AUTH;
		if (p.type == PAYLOAD_AUTH && auths-- == 0)
			((uint8_t *)(uintptr_t)p.body.p)[p.body.len - 1] ^= 1;
	}
	return honest_seal(run, out);
}

static struct pair *road_of_a_liar(uint64_t seed, bool client, unsigned int good, const char *eap)
{
	static char a[1024], b[1024];
	struct pair *p = pair_new(seed, NULL, NULL);
	struct side *liar = client ? &p->a : &p->b;

	auths = good;
	honest_seal = liar->version.seal;
	liar->version.seal = lying_seal;
	snprintf(a, sizeof(a), CONF_A CLIENT ALICE "%s", eap);
	snprintf(b, sizeof(b), CONF_B GATEWAY USERS "%s", eap);
	side_configure(&p->b, "t", b);
	side_configure(&p->a, "t", a);
	pair_settle(p);
	return p;
}

/* EAP went well, but not with the one at the other end: a key of the method, or SK_p without one, shows it. */
static void auth_that_does_not_fit_eap(void **state)
{
	static const char *const eap[] = { "", "eap = gtc\n", "eap = md5\n" };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct pair *p = road_of_a_liar(500 + i, true, 0, eap[i]);

		nobody_is_in(p);
		says(&p->b, FAILURE_EAP, "does not fit the key that EAP made");
		assert_int_equal(p->a.failure.kind, FAILURE_REFUSED);
		pair_free(p);
		/* The gateway's signature is good, its second AUTH is not. */
		p = road_of_a_liar(510 + i, false, 1, eap[i]);
		assert_int_equal(p->a.events[EVENT_IKE_UP], 0);
		says(&p->a, FAILURE_EAP, "does not fit the key that EAP made");
		assert_int_equal(side_view(&p->b).ike, 0);
		pair_free(p);
		p = road_of_a_liar(520 + i, false, 0, eap[i]);
		nobody_is_in(p);
		says(&p->a, FAILURE_KEY, "signature");
		assert_int_equal(p->sent, 4);
		pair_free(p);
	}
}

static void auth_before_the_end_of_eap(void **state)
{
	struct pair *p;

	(void)state;
	too_early = true;
	p = road_of_a_liar(530, true, 100, "");
	nobody_is_in(p);
	says(&p->b, FAILURE_PROTOCOL, "without having come to the end of EAP");
	pair_free(p);
	too_early = false;
}

/* ---- the network ---- */

static enum fate every_third_is_lost(struct pair *p, struct datagram *d)
{
	(void)d;
	return p->sent % 3 == 1 ? FATE_DROP : FATE_DELIVER;
}

static void through_loss(void **state)
{
	struct pair *p = road_idle(140, CLIENT ALICE, GATEWAY USERS);

	(void)state;
	p->on_send = every_third_is_lost;
	side_up(&p->a);
	pair_run(p, 60000);
	pair_consistent(p);
	pair_free(p);
}

/* Each datagram comes twice, the second time when its answer is on the way. */
static void everything_comes_twice(void **state)
{
	struct pair *p = road_idle(141, CLIENT ALICE, GATEWAY USERS);

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
	for (unsigned int n = 1; n < 12; n++) {
		struct pair *p = road_idle(150 + n, CLIENT ALICE, GATEWAY USERS);

		side_up(&p->a);
		for (unsigned int i = 0; i < n && pair_waiting(p); i++)
			pair_deliver(p);
		while (pair_waiting(p))
			pair_drop(p);
		side_restart(&p->a, CONF_A CLIENT ALICE PASSIVE);
		/* that long b waits for a sign that its last answer came, and then for an answer to its question */
		pair_run(p, 180000 + 76000);
		assert_int_equal(side_view(&p->b).child, 0);
		assert_int_equal(side_view(&p->b).ike, 0);
		pair_free(p);
	}
}

/* Jobs of EAP end after the IKE SA that asked for them. */
static void an_sa_that_ends_during_a_job(void **state)
{
	(void)state;
	for (unsigned int ms = 0; ms < 1500; ms += 50) {
		struct pair *p = road_idle(170 + ms, CLIENT ALICE, GATEWAY USERS);

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

/* The configuration that a job reads, users and certificates, is replaced or taken away while it works. */
static void a_reload_during_a_job(void **state)
{
	static char a[1024], b[1024], other[1024];

	(void)state;
	make("user", "ca", "alice.example", CREDENTIAL_ECDSA);
	for (unsigned int i = 0; i < 80; i++) {
		bool tls = i % 2, gone = i % 4 > 1;
		struct pair *p;

		snprintf(a, sizeof(a), CONF_A "%s" PASSIVE,
			 tls ? TLS_CLIENT "cert = user.crt\nkey = user.key\n" : CLIENT ALICE);
		snprintf(b, sizeof(b), CONF_B "%s", tls ? TLS_GATEWAY : GATEWAY USERS);
		snprintf(other, sizeof(other), "%smtu = 1400\n", i % 3 ? b : a);
		p = pair_new(700 + i, a, b);
		p->w.job_delay = 40;
		side_up(&p->a);
		pair_run(p, 25 * (i / 4));
		if (gone) {
			char why[ENGINE_WHY];
			struct side *s = i % 3 ? &p->b : &p->a;

			assert_int_equal(engine_configure(s->e, side_conf((const char *const[]){ NULL }), false,
							  NULL, NULL, why), 0);
		} else {
			side_configure(i % 3 ? &p->b : &p->a, "t", other);
		}
		pair_run(p, 60000);
		pair_free(p);
	}
}

static void reauthentication_runs_eap_again(void **state)
{
	static char a[1024], b[1024];
	struct pair *p;

	(void)state;
	snprintf(a, sizeof(a), CONF_A CLIENT ALICE "reauth = 60s\n");
	snprintf(b, sizeof(b), CONF_B GATEWAY USERS);
	p = pair_up(190, a, b);
	pair_run(p, 200000);
	for (unsigned int k = 0; k < 20 && !pair_is_consistent(p); k++)
		pair_run(p, 1000);
	pair_consistent(p);
	assert_true(p->b.events[EVENT_IKE_UP] >= 3);
	assert_int_equal(p->b.events[EVENT_CHILD_DOWN], 0);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_with_the_right_password),
		cmocka_unit_test(a_wrong_password_is_named),
		cmocka_unit_test(an_unknown_user_is_named),
		cmocka_unit_test(a_false_gateway_is_told_nothing),
		cmocka_unit_test(eap_where_something_else_is_wanted),
		cmocka_unit_test(something_else_where_eap_is_wanted),
		cmocka_unit_test(only_the_client_begins),
		cmocka_unit_test(certificates_in_eap),
		cmocka_unit_test(a_chain_of_certificates_in_eap),
		cmocka_unit_test(certificates_that_are_refused_in_eap),
		cmocka_unit_test(the_reason_goes_with_the_alert),
		cmocka_unit_test(eap_alone),
		cmocka_unit_test(gtc_and_md5),
		cmocka_unit_test(methods_are_negotiated),
		cmocka_unit_test(a_radius_server_lets_in),
		cmocka_unit_test(a_radius_server_refuses),
		cmocka_unit_test(radius_answers_that_do_not_count),
		cmocka_unit_test(a_radius_server_that_is_slow),
		cmocka_unit_test(an_ike_sa_that_ends_while_radius_is_asked),
		cmocka_unit_test(a_user_is_who_proved_it),
		cmocka_unit_test(auth_that_does_not_fit_eap),
		cmocka_unit_test(auth_before_the_end_of_eap),
		cmocka_unit_test(through_loss),
		cmocka_unit_test(everything_comes_twice),
		cmocka_unit_test(left_half_way),
		cmocka_unit_test(an_sa_that_ends_during_a_job),
		cmocka_unit_test(a_reload_during_a_job),
		cmocka_unit_test(reauthentication_runs_eap_again),
	};

	return cmocka_run_group_tests(tests, setup, credentials_teardown);
}
