// SPDX-License-Identifier: GPL-2.0
/*
 * IKEv1 remote access: a user who proves himself, an address out of the gateway's pool, in every order
 * (draft-beaulieu-ike-xauth-02, draft-dukes-ike-mode-cfg-02, Cisco's Unity). a is the client, b the gateway.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "exchange/radius_server.h"
#include "exchange/v1.h"
#include "wire/eap.h"

#define GROUP_A "local-id = keyid:67726f7570\nremote-id = b.example\n"
#define GROUP_B "local-id = b.example\nremote-id = keyid:67726f7570\n"
#define AGGRESSIVE "aggressive = with-psk\n"
#define PUSH "mode-config = push\n"

#define ALICE "xauth = client\nuser = alice\npassword = \"opens the door\"\n"
#define WRONG "xauth = client\nuser = alice\npassword = \"opens nothing\"\n"
#define NOBODY "xauth = client\nuser = mallory\npassword = \"opens the door\"\n"
#define USERS "xauth = server\nusers = users\n"

#define HOST_A "remote = 192.0.2.2\nlocal = 192.0.2.1\nvirtual-address = ipv4\n"
#define NETS_A "remote-net = 10.2.0.0/16\n"
#define HOST_B "remote = any\nlocal = 192.0.2.2\nlocal-net = 10.2.0.0/16\npool = 10.9.0.0/24\n" PASSIVE
#define A HOST_A NETS_A GROUP_A PSK V1
#define B HOST_B GROUP_B PSK V1
#define HYBRID_A "auth = xauth, cert\nca = ca.crt\n" V1
#define HYBRID_B "auth = cert, xauth\ncert = b-rsa.crt\nkey = b-rsa.key\n" V1

static int setup(void **state)
{
	if (v1_setup_with_certs(state))
		return -1;
	credential_users("alice = \"opens the door\"\nbob = \"knows the way\"\n");
	return 0;
}

static struct pair *up(uint64_t seed, const char *a, const char *b)
{
	struct pair *p = pair_new(seed, a, b);

	side_up(&p->a);
	pair_settle(p);
	return p;
}

static void is_up(struct pair *p)
{
	assert_string_equal(side_view(&p->a).local_ts, "10.9.0.1/32");
	assert_string_equal(side_view(&p->b).remote_ts, "10.9.0.1/32");
	assert_string_equal(side_view(&p->a).remote_ts, "10.2.0.0/16");
	assert_string_equal(side_view(&p->b).local_ts, "10.2.0.0/16");
	pair_consistent(p);
}

/* ---- what works ---- */

static void a_user_and_an_address(void **state)
{
	static const char *const more[] = { "", PUSH, AGGRESSIVE, AGGRESSIVE PUSH };
	char a[2000], b[2000];

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct pair *p;

		snprintf(a, sizeof(a), "%s%s", A ALICE, more[i]);
		snprintf(b, sizeof(b), "%s%s", B USERS, more[i]);
		p = up(i + 1, a, b);
		is_up(p);
		/* The group is everybody's name; this one is the user's. */
		assert_string_equal(side_view(&p->b).remote_id, "alice");
		pair_free(p);
	}
}

static void a_user_without_an_address(void **state)
{
	struct pair *p = up(1, CONF_A IDS_A PSK V1 ALICE, CONF_B IDS_B PSK V1 PASSIVE USERS);

	(void)state;
	pair_consistent(p);
	assert_string_equal(side_view(&p->b).remote_id, "alice");
	pair_free(p);
}

static void an_address_without_a_user(void **state)
{
	static const char *const more[] = { "", PUSH };
	char a[2000], b[2000];
	struct pair *p;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		snprintf(a, sizeof(a), "%s%s", HOST_A NETS_A IDS_A V1
			 "auth = cert\nca = ca.crt\ncert = a-rsa.crt\nkey = a-rsa.key\n", more[i]);
		snprintf(b, sizeof(b), "%s%s", HOST_B IDS_B V1
			 "auth = cert\nca = ca.crt\ncert = b-rsa.crt\nkey = b-rsa.key\n", more[i]);
		p = up(i + 1, a, b);
		is_up(p);
		pair_free(p);
	}
}

static void a_user_after_certificates(void **state)
{
	struct pair *p = up(1,
		HOST_A NETS_A IDS_A V1 ALICE "auth = cert\nca = ca.crt\ncert = a-rsa.crt\nkey = a-rsa.key\n",
		HOST_B IDS_B V1 USERS "auth = cert\nca = ca.crt\ncert = b-rsa.crt\nkey = b-rsa.key\n");

	(void)state;
	is_up(p);
	assert_string_equal(side_view(&p->b).remote_id, "alice");
	pair_free(p);
}

/* Cisco's way: one tunnel to everywhere, and the nets that are told. */
static void everywhere_means_the_nets_of_the_gateway(void **state)
{
	struct pair *p = up(1, HOST_A GROUP_A PSK V1 ALICE, B USERS "banner = \"Mind the gap\"\n");

	(void)state;
	assert_string_equal(side_view(&p->a).remote_ts, "0.0.0.0/0");
	assert_string_equal(side_view(&p->a).local_ts, "10.9.0.1/32");
	assert_string_equal(side_view(&p->b).local_ts, "10.2.0.0/16");
	assert_string_equal(side_view(&p->b).remote_ts, "10.9.0.1/32");
	pair_free(p);
}

static void behind_a_nat(void **state)
{
	struct pair *p = pair_new(7, NULL, B USERS AGGRESSIVE);

	(void)state;
	assert_int_equal(ip_addr_parse(&p->nat, "198.51.100.7"), 0);
	p->nat_port_offset = 1000;
	side_configure(&p->a, "t", A ALICE AGGRESSIVE);
	side_up(&p->a);
	pair_run(p, 5000);
	assert_true(side_view(&p->a).encap && side_view(&p->b).encap);
	is_up(p);
	pair_free(p);
}

/* ---- life goes on ---- */

static void rekeys_lose_nothing(void **state)
{
	static const char *const more[] = { "", AGGRESSIVE PUSH };
	char a[2000], b[2000];

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct pair *p;

		snprintf(a, sizeof(a), "%s%s", A ALICE, more[i]);
		snprintf(b, sizeof(b), "%s%s", B USERS, more[i]);
		p = up(1, a, b);
		p->traffic = true;
		side_rekey(&p->a, false);
		pair_run(p, 120000);
		is_up(p);
		/* A new phase 1: the gateway asks for the user again. */
		side_rekey(&p->a, true);
		pair_run(p, 120000);
		is_up(p);
		assert_string_equal(side_view(&p->b).remote_id, "alice");
		side_rekey(&p->a, false);
		pair_run(p, 120000);
		is_up(p);
		assert_int_equal(p->lost_ab + p->lost_ba, 0);
		pair_free(p);
	}
}

static void who_comes_back_has_the_same_address(void **state)
{
	struct pair *p = up(1, A ALICE, B USERS);

	(void)state;
	side_down(&p->a);
	pair_run(p, 10000);
	side_configure(&p->a, "t", A "xauth = client\nuser = bob\npassword = \"knows the way\"\n");
	side_up(&p->a);
	pair_run(p, 10000);
	assert_string_equal(side_view(&p->a).local_ts, "10.9.0.2/32");
	side_down(&p->a);
	pair_run(p, 10000);
	side_configure(&p->a, "t", A ALICE);
	side_up(&p->a);
	pair_run(p, 10000);
	is_up(p);
	pair_free(p);
}

static void each_message_lost_or_doubled(void **state)
{
	static const char *const more[] = { "", PUSH, AGGRESSIVE, AGGRESSIVE PUSH };
	char a[2000], b[2000];

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		snprintf(a, sizeof(a), "%s%s", i < 4 ? A ALICE : HOST_A NETS_A GROUP_A HYBRID_A ALICE,
			 i < 4 ? more[i] : "");
		snprintf(b, sizeof(b), "%s%s", i < 4 ? B USERS : HOST_B GROUP_B HYBRID_B USERS,
			 i < 4 ? more[i] : "");
		for (unsigned int which = 0; which < 30; which++) {
			struct mishap one = { .which = which / 2, .twice = which % 2 };
			struct pair *p = pair_new(which + 1, a, b);

			p->ctx = &one;
			p->on_send = mishap_fate;
			side_up(&p->a);
			pair_run(p, 60000);
			is_up(p);
			pair_free(p);
		}
	}
}

/* ---- hybrid: the gateway has a certificate, the client a password ---- */

static void a_password_against_a_certificate(void **state)
{
	static const char *const more[] = { "", PUSH, "aggressive = yes\n", "aggressive = yes\n" PUSH };
	char a[2000], b[2000];

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct pair *p;

		snprintf(a, sizeof(a), "%s%s", HOST_A NETS_A GROUP_A HYBRID_A ALICE, more[i]);
		snprintf(b, sizeof(b), "%s%s", HOST_B GROUP_B HYBRID_B USERS, more[i]);
		p = up(i + 1, a, b);
		is_up(p);
		assert_string_equal(side_view(&p->b).remote_id, "alice");
		side_rekey(&p->a, true);
		pair_run(p, 20000);
		is_up(p);
		pair_free(p);
	}
}

/* The gateway begins: then it is HybridRespRSA. */
static void a_gateway_with_a_certificate_begins(void **state)
{
	struct pair *p = pair_new(1, CONF_A IDS_A HYBRID_A ALICE PASSIVE, CONF_B IDS_B HYBRID_B USERS);

	(void)state;
	side_up(&p->b);
	pair_settle(p);
	pair_consistent(p);
	assert_string_equal(side_view(&p->b).remote_id, "alice");
	pair_free(p);
}

/* ---- a RADIUS server that judges ---- */

#define RADIUS "xauth = server\nradius = 10.2.0.9\nradius-secret = \"radius secret\"\n"
#define ALICE_THERE "xauth = client\nuser = alice\npassword = \"correct horse\"\n"

static struct pair *with_radius(uint64_t seed, struct radius_server *s, const char *a)
{
	struct pair *p;

	radius_server_begin(s, EAP_TYPE_MSCHAPV2);
	p = pair_new(seed, a, B RADIUS);
	p->w.server = radius_server;
	p->w.server_ctx = s;
	return p;
}

static void end_radius(struct pair *p, struct radius_server *s)
{
	assert_int_equal(p->w.dialogs, 0);
	pair_free(p);
	radius_server_end(s);
}

static void a_radius_server_lets_in(void **state)
{
	(void)state;
	for (unsigned int lost = 0; lost < 3; lost++) {
		struct radius_server s;
		struct pair *p = with_radius(lost + 1, &s, A ALICE_THERE);

		s.lose = lost;
		side_up(&p->a);
		pair_run(p, 10000);
		is_up(p);
		assert_string_equal(side_view(&p->b).remote_id, "alice");
		assert_int_equal(s.asked, lost + 1);
		end_radius(p, &s);
	}
}

static void a_radius_server_does_not(void **state)
{
	(void)state;
	/* a wrong password; another question; nobody there, or somebody else */
	for (unsigned int i = 0; i < 5; i++) {
		struct radius_server s;
		struct pair *p = with_radius(i + 1, &s, i ? A ALICE_THERE : A WRONG);

		s.challenges = i == 1;
		s.lose = i == 2 ? 1000 : 0;
		s.spoil = i == 3;
		s.without_mac = i == 4;
		side_up(&p->a);
		pair_run(p, 60000);
		assert_int_equal(p->a.events[EVENT_IKE_UP] + p->b.events[EVENT_IKE_UP], 0);
		assert_int_equal(p->a.failure.kind, FAILURE_REFUSED);
		assert_int_equal(p->b.failure.kind, i < 2 ? FAILURE_IDENTITY : FAILURE_LOCAL);
		side_down(&p->a);
		pair_run(p, 20000);
		end_radius(p, &s);
	}
}

static void the_client_goes_while_radius_is_asked(void **state)
{
	struct radius_server s;
	struct pair *p = with_radius(1, &s, A ALICE_THERE);

	(void)state;
	s.lose = 1000;
	side_up(&p->a);
	pair_run(p, 1000);
	assert_int_equal(p->w.dialogs, 1);
	side_down(&p->a);
	pair_run(p, 1000);
	side_configure(&p->b, "t", B USERS);
	pair_run(p, 1000);
	end_radius(p, &s);
}

/* ---- PAM judges ---- */

#define PAM "xauth = server\npam = keyway\n"

static struct {
	unsigned int asked;
	bool silent;
	char name[64];
} pam;

/* Knows alice by another name. */
static bool judge(void *ctx, const struct env_pam_question *q, struct env_pam_answer *answer)
{
	const struct kw_span name = KW_SPAN_STR("alice"), word = KW_SPAN_STR("correct horse");

	(void)ctx;
	pam.asked++;
	assert_string_equal(q->service, "keyway");
	assert_int_equal(q->from->family, AF_INET);
	snprintf(pam.name, sizeof(pam.name), "%.*s", (int)q->user.len, (const char *)q->user.p);
	answer->good = kw_span_equal(q->user, name) && kw_span_equal(q->password, word);
	snprintf(answer->good ? answer->user : answer->why, sizeof(answer->why), "%s",
		 answer->good ? "alice@corp.example" : "Authentication failure");
	return !pam.silent;
}

static struct pair *with_pam(uint64_t seed, const char *a)
{
	struct pair *p = pair_new(seed, a, B PAM);

	memset(&pam, 0, sizeof(pam));
	p->w.pam = judge;
	return p;
}

static void pam_lets_in(void **state)
{
	struct pair *p = with_pam(1, A ALICE_THERE);

	(void)state;
	side_up(&p->a);
	pair_run(p, 1000);
	/* Its modules think: nobody waits for them but alice. */
	assert_int_equal(p->w.pams, 1);
	assert_int_equal(p->b.events[EVENT_IKE_UP], 0);
	pair_run(p, 10000);
	is_up(p);
	assert_string_equal(side_view(&p->b).remote_id, "alice@corp.example");
	assert_int_equal(pam.asked, 1);
	assert_int_equal(p->w.pams, 0);
	pair_free(p);
}

static void pam_does_not(void **state)
{
	static const char *const wrong[] = {
		A "xauth = client\nuser = alice\npassword = \"correct hors\"\n",
		A "xauth = client\nuser = bob\npassword = \"correct horse\"\n",
		A ALICE_THERE,	/* no answer */
		A ALICE_THERE,	/* no PAM */
	};

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct pair *p = with_pam(1, wrong[i]);

		pam.silent = i == 2;
		p->w.pam = i == 3 ? NULL : judge;
		side_up(&p->a);
		pair_run(p, 90000);
		assert_int_equal(p->a.events[EVENT_IKE_UP] + p->b.events[EVENT_IKE_UP], 0);
		assert_int_equal(p->b.failure.kind, i < 2 ? FAILURE_IDENTITY : FAILURE_LOCAL);
		side_down(&p->a);
		pair_run(p, 90000);
		assert_int_equal(p->w.pams, 0);
		pair_free(p);
	}
}

/* Names and passwords that are no strings are nobody's: PAM does not see half of them. */
static void pam_is_asked_by_whole_words(void **state)
{
	char a[2000], word[300] = "";

	(void)state;
	memset(word, 'x', 256);
	for (unsigned int i = 0; i < 2; i++) {
		struct pair *p;

		snprintf(a, sizeof(a), A "xauth = client\nuser = alice\npassword = \"%s\"\n", word + i);
		p = with_pam(1, a);
		side_up(&p->a);
		pair_run(p, 10000);
		assert_int_equal(pam.asked > 0, i);
		assert_int_equal(p->b.failure.kind, FAILURE_IDENTITY);
		side_down(&p->a);
		pair_run(p, 5000);
		pair_free(p);
	}
}

static void the_client_goes_while_pam_is_asked(void **state)
{
	struct pair *p = with_pam(1, A ALICE_THERE);

	(void)state;
	pam.silent = true;
	side_up(&p->a);
	pair_run(p, 1000);
	assert_int_equal(p->w.pams, 1);
	side_down(&p->a);
	pair_run(p, 1000);
	side_configure(&p->b, "t", B USERS);
	pair_run(p, 1000);
	assert_int_equal(p->w.pams, 0);
	pair_free(p);
}

/* ---- what must not ---- */

static void never_up(const char *a, const char *b, enum failure_kind at_a, enum failure_kind at_b)
{
	struct pair *p = pair_new(1, a, b);

	v1_never_up(p);
	assert_int_equal(p->a.failure.kind, at_a);
	assert_int_equal(p->b.failure.kind, at_b);
	pair_free(p);
}

static void a_wrong_password_does_not_pass(void **state)
{
	(void)state;
	never_up(A WRONG, B USERS, FAILURE_REFUSED, FAILURE_IDENTITY);
	never_up(A WRONG AGGRESSIVE PUSH, B USERS AGGRESSIVE PUSH, FAILURE_REFUSED, FAILURE_IDENTITY);
	never_up(CONF_A IDS_A PSK V1 WRONG, CONF_B IDS_B PSK V1 PASSIVE USERS, FAILURE_REFUSED,
		 FAILURE_IDENTITY);
}

static void an_unknown_user_does_not_pass(void **state)
{
	(void)state;
	never_up(A NOBODY, B USERS, FAILURE_REFUSED, FAILURE_IDENTITY);
}

static void nobody_passes_without_a_user(void **state)
{
	(void)state;
	never_up(CONF_A IDS_A PSK V1, CONF_B IDS_B PSK V1 PASSIVE USERS, FAILURE_PROPOSAL,
		 FAILURE_PROPOSAL);
	/* And who expects to be asked does not go to one who asks nothing: it would be somebody else. */
	never_up(CONF_A IDS_A PSK V1 ALICE, CONF_B IDS_B PSK V1 PASSIVE, FAILURE_PROPOSAL,
		 FAILURE_PROPOSAL);
}

/* The client takes an address by itself: one that the gateway has, but did not lend. */
static void no_other_address_than_the_lent_one(void **state)
{
	struct pair *p = up(1, HOST_A NETS_A "local-net = 10.9.0.77/32\n" GROUP_A PSK V1 ALICE, B USERS);

	(void)state;
	pair_run(p, 10000);
	assert_int_equal(p->a.events[EVENT_CHILD_UP] + p->b.events[EVENT_CHILD_UP], 0);
	assert_int_equal(p->b.failure.kind, FAILURE_TS);
	pair_free(p);
	/* Nor without being lent one. */
	p = up(1, "remote = 192.0.2.2\nlocal = 192.0.2.1\nlocal-net = 10.9.0.77/32\n" NETS_A GROUP_A PSK V1 ALICE,
	       B USERS);
	pair_run(p, 10000);
	assert_int_equal(p->a.events[EVENT_CHILD_UP] + p->b.events[EVENT_CHILD_UP], 0);
	assert_int_equal(p->b.failure.kind, FAILURE_TS);
	pair_free(p);
}

/* The tunnel asked for before the password was: the message is as if it had not come. */
static enum fate no_transactions(struct pair *p, struct datagram *d)
{
	(void)p;
	return datagram_exchange(d) == V1_EXCHANGE_TRANSACTION ? FATE_DROP : FATE_DELIVER;
}

static void nothing_happens_before_the_password(void **state)
{
	struct pair *p = pair_new(1, A ALICE, B USERS);

	(void)state;
	p->on_send = no_transactions;
	side_up(&p->a);
	pair_run(p, 120000);
	assert_int_equal(p->a.events[EVENT_IKE_UP] + p->b.events[EVENT_IKE_UP], 0);
	assert_int_equal(p->a.events[EVENT_CHILD_UP] + p->b.events[EVENT_CHILD_UP], 0);
	/* What never ends is forgotten. */
	side_down(&p->a);
	pair_run(p, 120000);
	assert_int_equal(side_view(&p->b).ike, 0);
	pair_free(p);
}

static void hybrid_does_not_pass_without_the_password(void **state)
{
	static const char *const wrong[] = { WRONG, NOBODY };
	char a[2000];

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		snprintf(a, sizeof(a), "%s%s", HOST_A NETS_A GROUP_A HYBRID_A, wrong[i]);
		never_up(a, HOST_B GROUP_B HYBRID_B USERS, FAILURE_REFUSED, FAILURE_IDENTITY);
	}
	/* Neither side takes the other way for this one. */
	never_up(A ALICE, HOST_B GROUP_B HYBRID_B USERS, FAILURE_PROPOSAL, FAILURE_PROPOSAL);
	never_up(HOST_A NETS_A GROUP_A HYBRID_A ALICE, B USERS, FAILURE_PROPOSAL, FAILURE_PROPOSAL);
}

static unsigned int transactions_of_a;

static enum fate count_transactions(struct pair *p, struct datagram *d)
{
	transactions_of_a += d->from == &p->a && datagram_exchange(d) == V1_EXCHANGE_TRANSACTION;
	return FATE_DELIVER;
}

/* Whoever is not the gateway does not get to hear the password. */
static void a_password_only_for_the_gateway(void **state)
{
	static const struct {
		const char *name, *issuer, *dns;
	} bad[] = { { "b-untrusted", "other", "b.example" }, { "b-stranger", "ca", "c.example" } };

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		const char *mode = i / 2 ? "aggressive = yes\n" : "", *name = bad[i % 2].name;
		char a[2000], b[2000];
		struct pair *p;

		credential_make(&(struct credential){ .name = name, .issuer = bad[i % 2].issuer,
						      .dns = bad[i % 2].dns, .key = CREDENTIAL_RSA });
		snprintf(a, sizeof(a), "%s%s", HOST_A NETS_A GROUP_A HYBRID_A ALICE, mode);
		snprintf(b, sizeof(b), HOST_B "local-id = %s\n" V1 USERS
			 "auth = cert, xauth\ncert = %s.crt\nkey = %s.key\n%s", bad[i % 2].dns, name, name, mode);
		transactions_of_a = 0;
		p = pair_new(i + 1, a, b);
		p->on_send = count_transactions;
		side_up(&p->a);
		pair_run(p, 60000);
		assert_int_equal(p->a.events[EVENT_IKE_UP] + p->b.events[EVENT_IKE_UP], 0);
		assert_int_equal(p->a.failure.kind, i % 2 ? FAILURE_IDENTITY : FAILURE_CERT);
		assert_int_equal(transactions_of_a, 0);
		pair_free(p);
	}
}

/* A proof changed on the way: the client's HASH, which proves no more than the keys, counts all the same. */
static void a_flipped_hash_does_not_pass(void **state)
{
	struct pair *p = pair_new(1, HOST_A NETS_A GROUP_A HYBRID_A ALICE "aggressive = yes\nfragmentation = no\n",
				  HOST_B GROUP_B HYBRID_B USERS "aggressive = yes\nfragmentation = no\n");

	(void)state;
	side_up(&p->a);
	pair_deliver(p);
	pair_deliver(p);
	pair_first(p)->bytes[28 + 4 + 16] ^= 1;
	pair_deliver(p);
	assert_int_equal(side_view(&p->b).ike_id, 0);
	pair_run(p, 1000);
	assert_int_equal(p->b.events[EVENT_IKE_UP], 0);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_and_an_address),
		cmocka_unit_test(a_user_without_an_address),
		cmocka_unit_test(an_address_without_a_user),
		cmocka_unit_test(a_user_after_certificates),
		cmocka_unit_test(everywhere_means_the_nets_of_the_gateway),
		cmocka_unit_test(behind_a_nat),
		cmocka_unit_test(rekeys_lose_nothing),
		cmocka_unit_test(who_comes_back_has_the_same_address),
		cmocka_unit_test(each_message_lost_or_doubled),
		cmocka_unit_test(a_radius_server_lets_in),
		cmocka_unit_test(a_radius_server_does_not),
		cmocka_unit_test(the_client_goes_while_radius_is_asked),
		cmocka_unit_test(pam_lets_in),
		cmocka_unit_test(pam_does_not),
		cmocka_unit_test(pam_is_asked_by_whole_words),
		cmocka_unit_test(the_client_goes_while_pam_is_asked),
		cmocka_unit_test(a_wrong_password_does_not_pass),
		cmocka_unit_test(an_unknown_user_does_not_pass),
		cmocka_unit_test(nobody_passes_without_a_user),
		cmocka_unit_test(no_other_address_than_the_lent_one),
		cmocka_unit_test(nothing_happens_before_the_password),
		cmocka_unit_test(a_password_against_a_certificate),
		cmocka_unit_test(a_gateway_with_a_certificate_begins),
		cmocka_unit_test(hybrid_does_not_pass_without_the_password),
		cmocka_unit_test(a_password_only_for_the_gateway),
		cmocka_unit_test(a_flipped_hash_does_not_pass),
	};

	return cmocka_run_group_tests(tests, setup, credentials_teardown);
}
