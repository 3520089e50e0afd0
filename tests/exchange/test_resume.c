// SPDX-License-Identifier: GPL-2.0
/* IKE SAs that go on from earlier ones by tickets (RFC 5723): a is the client, b the gateway. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/credentials.h"
#include "exchange/pair.h"
#include "ike/conn.h"
#include "ike/sa.h"
#include "ikev2/keys.h"
#include "wire/chain.h"
#include "wire/header.h"
#include "wire/isakmp.h"
#include "wire/payload.h"

#define RESUME "resume = yes\n"
#define A CONF_A IDS_A PSK RESUME
/* The gateway does not find out that the client is gone. */
#define B CONF_B IDS_B PSK PASSIVE RESUME "dpd = never\n"

#define IKE_SA_INIT 0
#define IKE_RESUME 1

/* What went over the wire since forget(): requests and answers that begin IKE SAs. */
static struct {
	bool black_hole;
	unsigned int asked[2], answered[2];
	unsigned int nack, cookie;
	struct datagram first;		/* IKE_SESSION_RESUME request; .bytes malloc()ed */
	/* Changed on the way. */
	bool spoil_ticket, spoil_nonce, spoil_ability, drop_resume;
	uint8_t mute[IKE_SPI_LEN];	/* of the IKE SA of which nothing arrives */
} wire;

static void forget(void)
{
	free(wire.first.bytes);
	memset(&wire, 0, sizeof(wire));
}

/* Where the data of the notify begins in the datagram; NULL: there is none. */
static uint8_t *notify_at(const struct datagram *d, uint16_t type)
{
	struct notify_payload n;
	struct ike_header h;
	struct kw_span body;
	struct payload p;
	struct chain c;

	assert_int_equal(header_parse(KW_SPAN(d->bytes, d->len), &h, &body), 0);
	c = chain_start(h.next_payload, body);
	while (chain_next(&c, &p) == 1)
		if (p.type == PAYLOAD_NOTIFY && !notify_parse(p.body, &n) && n.type == type)
			return d->bytes + (p.body.p + 4 - d->bytes);
	return NULL;
}

static void watch_begin(struct datagram *d, unsigned int kind)
{
	if (datagram_is_response(d)) {
		wire.answered[kind]++;
		wire.nack += notify_at(d, N_TICKET_NACK) != NULL;
		wire.cookie += notify_at(d, N_COOKIE) != NULL;
		if (kind == IKE_RESUME && wire.spoil_nonce)
			d->bytes[28 + 4 + 3] ^= 1;
		return;
	}
	wire.asked[kind]++;
	if (kind != IKE_RESUME)
		return;
	if (!wire.first.bytes) {
		wire.first = *d;
		wire.first.bytes = malloc(d->len);
		memcpy(wire.first.bytes, d->bytes, d->len);
	}
	if (wire.spoil_ticket)
		notify_at(d, N_TICKET_OPAQUE)[20] ^= 1;
	if (wire.spoil_ability)		/* the type of N(IKEV2_FRAGMENTATION_SUPPORTED) */
		notify_at(d, N_IKEV2_FRAGMENTATION_SUPPORTED)[-1] ^= 0x80;
}

static enum fate on_wire(struct pair *p, struct datagram *d)
{
	static const uint8_t none[IKE_SPI_LEN];

	(void)p;
	if (wire.black_hole || (memcmp(wire.mute, none, IKE_SPI_LEN) && !memcmp(wire.mute, d->bytes, IKE_SPI_LEN)))
		return FATE_DROP;
	if (datagram_exchange(d) == EXCHANGE_IKE_SESSION_RESUME) {
		watch_begin(d, IKE_RESUME);
		return wire.drop_resume ? FATE_DROP : FATE_DELIVER;
	}
	if (datagram_exchange(d) == EXCHANGE_IKE_SA_INIT)
		watch_begin(d, IKE_SA_INIT);
	return FATE_DELIVER;
}

static struct pair *resumable(uint64_t seed, const char *a, const char *b)
{
	struct pair *p = pair_up(seed, a, b);

	pair_consistent(p);
	forget();
	p->on_send = on_wire;
	return p;
}

/* a finds that b does not answer; what it does then is what the test is about. */
static void lose(struct pair *p)
{
	unsigned int failures = p->a.events[EVENT_FAILURE];

	wire.black_hole = true;
	for (unsigned int s = 0; s < 600 && p->a.events[EVENT_FAILURE] == failures; s++)
		pair_run(p, 500);
	assert_int_equal(p->a.failure.kind, FAILURE_UNREACHABLE);
	assert_false(side_is_up(&p->a));
	forget();
}

static void resumed(struct pair *p)
{
	pair_consistent(p);
	assert_int_equal(wire.asked[IKE_RESUME], 1);
	assert_int_equal(wire.asked[IKE_SA_INIT], 0);
	assert_int_equal(wire.nack, 0);
}

static void begun_anew(struct pair *p)
{
	pair_consistent(p);
	assert_true(wire.asked[IKE_SA_INIT] >= 1);
}

/* ---- it works ---- */

static void a_lost_ike_sa_is_resumed(void **state)
{
	struct pair *p = resumable(1, A, B);
	struct view before = side_view(&p->b), now;

	(void)state;
	lose(p);
	assert_int_equal(side_view(&p->b).ike, 1);
	pair_run(p, 3000);
	resumed(p);
	now = side_view(&p->b);
	assert_string_equal(now.remote_id, "a.example");
	assert_string_equal(side_view(&p->a).remote_id, "b.example");
	assert_string_equal(now.ike_algorithms, before.ike_algorithms);
	assert_true(now.spi_in != before.spi_in);
	/* and again: every IKE SA comes with a ticket */
	lose(p);
	pair_run(p, 3000);
	resumed(p);
	/* like any other it is rekeyed, and its child */
	side_rekey(&p->a, true);
	side_rekey(&p->b, false);
	pair_run(p, 60000);
	pair_consistent(p);
	pair_free(p);
	forget();
}

static void a_rekeyed_ike_sa_is_resumed(void **state)
{
	(void)state;
	for (unsigned int by_b = 0; by_b < 2; by_b++) {
		struct pair *p = resumable(2 + by_b, A, B);

		side_rekey(by_b ? &p->b : &p->a, true);
		pair_run(p, 5000);
		pair_consistent(p);
		lose(p);
		pair_run(p, 3000);
		resumed(p);
		pair_free(p);
	}
	forget();
}

static void with_cookies_and_a_nat(void **state)
{
	const char *const gateway[] = { "t", "remote = any\nlocal = 192.0.2.2\nlocal-net = 10.2.0.0/16\n"
					     "remote-net = 10.1.0.0/16\n" IDS_B PSK PASSIVE RESUME "dpd = never\n",
					NULL };
	struct pair *p = pair_new(4, NULL, NULL);
	struct conf *conf = side_conf(gateway);
	char why[ENGINE_WHY];

	(void)state;
	conf->daemon.cookie_threshold = 0;
	assert_int_equal(engine_configure(p->b.e, conf, false, NULL, NULL, why), 0);
	assert_int_equal(ip_addr_parse(&p->nat, "198.51.100.7"), 0);
	p->nat_port_offset = 1000;
	forget();
	p->on_send = on_wire;
	side_configure(&p->a, "t", A);
	pair_settle(p);
	pair_consistent(p);
	lose(p);
	pair_run(p, 3000);
	pair_consistent(p);
	assert_int_equal(wire.asked[IKE_RESUME], 2);
	assert_int_equal(wire.cookie, 1);
	assert_int_equal(wire.asked[IKE_SA_INIT], 0);
	assert_true(side_view(&p->a).nat_local && side_view(&p->a).encap);
	assert_int_equal(side_view(&p->b).remote.port, 5500);
	pair_free(p);
	forget();
}

/* A certificate on one side, a user's password on the other: nobody is asked for either again. */
static void who_came_by_eap_is_still_that_user(void **state)
{
	struct pair *p = resumable(5,
		CONF_A "auth = eap, cert\nca = ca.crt\nremote-id = b.example\nlocal-id = roadwarrior\n"
		"user = alice\npassword = \"correct horse\"\n" RESUME,
		CONF_B "auth = cert, eap\ncert = gw.crt\nkey = gw.key\nlocal-id = b.example\nusers = users\n"
		PASSIVE RESUME "dpd = never\n");

	(void)state;
	lose(p);
	pair_run(p, 3000);
	resumed(p);
	assert_string_equal(side_view(&p->b).remote_id, "alice");
	assert_string_equal(side_view(&p->a).remote_id, "b.example");
	pair_free(p);
	forget();
}

static void an_address_that_was_lent_is_lent_again(void **state)
{
	struct pair *p = resumable(6,
		"remote = 192.0.2.2\nlocal = 192.0.2.1\nvirtual-address = ipv4\nremote-net = 10.2.0.0/16\n" IDS_A PSK
		RESUME,
		"remote = any\nlocal = 192.0.2.2\npool = 10.9.0.0/24\nlocal-net = 10.2.0.0/16\n" IDS_B PSK PASSIVE
		RESUME "dpd = never\n");
	char before[480];

	(void)state;
	snprintf(before, sizeof(before), "%s", side_view(&p->a).local_ts);
	assert_non_null(strstr(before, "10.9.0."));
	lose(p);
	pair_run(p, 3000);
	resumed(p);
	assert_string_equal(side_view(&p->a).local_ts, before);
	pair_free(p);
	forget();
}

static void under_loss(void **state)
{
	(void)state;
	/* Each of the four datagrams, and what follows, is lost once, or comes twice. */
	for (unsigned int i = 0; i < 12; i++) {
		struct pair *p = resumable(10 + i, A, B);
		struct mishap m = { .which = i / 2, .twice = i % 2 };

		lose(p);
		p->on_send = mishap_fate;
		p->ctx = &m;
		pair_run(p, 60000);
		pair_consistent(p);
		assert_int_equal(p->b.events[EVENT_IKE_UP], 2);
		pair_free(p);
	}
	forget();
}

/* ---- it is not done ---- */

static void nobody_resumes_who_does_not_want_to(void **state)
{
	static const char *const conf[][2] = {
		{ CONF_A IDS_A PSK, B },
		{ A, CONF_B IDS_B PSK PASSIVE "dpd = never\n" },
	};

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct pair *p = resumable(30 + i, conf[i][0], conf[i][1]);

		lose(p);
		pair_run(p, 3000);
		begun_anew(p);
		assert_int_equal(wire.asked[IKE_RESUME], 0);
		pair_free(p);
	}
	forget();
}

static void what_was_deleted_by_word_is_not_resumed(void **state)
{
	char why[ENGINE_WHY];

	(void)state;
	for (unsigned int by_b = 0; by_b < 2; by_b++) {
		struct pair *p = resumable(32 + by_b, A, B);

		if (by_b) {
			assert_int_equal(engine_delete(p->b.e, "t", why), 0);
		} else {
			side_down(&p->a);
			pair_settle(p);
			side_up(&p->a);
		}
		pair_run(p, 5000);
		begun_anew(p);
		assert_int_equal(wire.asked[IKE_RESUME], 0);
		pair_free(p);
	}
	forget();
}

/* As long after the proof as is written, however often it was resumed meanwhile. */
static void to_prove_itself_anew_a_client_begins_anew(void **state)
{
	struct pair *p = resumable(34, A "reauth = 1000s\n", B);
	uint64_t proved = p->w.now;

	(void)state;
	lose(p);
	pair_run(p, 3000);
	resumed(p);
	forget();
	/* due 800 to 850 s after the proof: counted from the resumption it would be 870 and later */
	pair_run(p, proved + 860000 - p->w.now);
	begun_anew(p);
	assert_int_equal(wire.asked[IKE_RESUME], 0);
	pair_free(p);
	forget();
}

/* ---- it fails, and the client gets in all the same ---- */

static void a_gateway_that_was_restarted_says_no(void **state)
{
	struct pair *p = resumable(40, A, B);

	(void)state;
	side_restart(&p->b, B);
	lose(p);
	pair_run(p, 3000);
	begun_anew(p);
	assert_int_equal(wire.asked[IKE_RESUME], 1);
	assert_int_equal(wire.nack, 1);
	/* within one try */
	assert_int_equal(p->a.events[EVENT_CONNECTING], 2);
	pair_free(p);
	forget();
}

static void a_new_configuration_makes_tickets_worthless(void **state)
{
	static const char *const conf[] = { B, B "ike-lifetime = 2h\n" };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct pair *p = resumable(41 + i, A, B);

		lose(p);
		side_configure(&p->b, "t", conf[i]);
		pair_run(p, 3000);
		begun_anew(p);
		assert_int_equal(wire.nack, 1);
		pair_free(p);
	}
	forget();
}

static void a_ticket_ends_with_time(void **state)
{
	struct pair *p = resumable(43, A "ike-lifetime = 10m\n", B "ike-lifetime = 10m\n");

	(void)state;
	pair_run(p, 60000);
	wire.black_hole = true;
	pair_run(p, 900000);
	forget();
	pair_run(p, 100000);
	begun_anew(p);
	assert_int_equal(wire.asked[IKE_RESUME], 0);
	pair_free(p);
	forget();
}

static void a_gateway_that_is_silent_about_it_is_asked_otherwise(void **state)
{
	struct pair *p = resumable(44, A, B);

	(void)state;
	lose(p);
	wire.drop_resume = true;
	pair_run(p, 60000);
	begun_anew(p);
	assert_int_equal(wire.asked[IKE_RESUME], 6);
	assert_int_equal(wire.asked[IKE_SA_INIT], 1);
	pair_free(p);
	forget();
}

/* ---- who must not get in ---- */

static void a_changed_ticket_counts_for_nothing(void **state)
{
	struct pair *p = resumable(50, A, B);

	(void)state;
	lose(p);
	wire.spoil_ticket = true;
	pair_run(p, 3000);
	begun_anew(p);
	assert_int_equal(wire.nack, 1);
	pair_free(p);
	forget();
}

static void changed_nonces_make_other_keys(void **state)
{
	struct pair *p = resumable(51, A, B);

	(void)state;
	lose(p);
	wire.spoil_nonce = true;
	pair_run(p, 3000);
	assert_int_equal(p->a.events[EVENT_IKE_UP], 1);
	assert_int_equal(p->b.events[EVENT_IKE_UP], 1);
	wire.spoil_nonce = false;
	pair_run(p, 120000);
	begun_anew(p);
	pair_free(p);
	forget();
}

/* AUTH proves what was said in the clear before: nobody takes an ability away. */
static void what_begins_it_is_proved_too(void **state)
{
	struct pair *p = resumable(54, A, B);

	(void)state;
	lose(p);
	wire.spoil_ability = true;
	for (unsigned int i = 0; i < 50 && !p->b.events[EVENT_FAILURE]; i++)
		pair_run(p, 100);
	assert_int_equal(wire.answered[IKE_RESUME], 1);
	assert_int_equal(p->a.events[EVENT_IKE_UP], 1);
	assert_int_equal(p->b.events[EVENT_IKE_UP], 1);
	assert_int_equal(p->b.failure.kind, FAILURE_REFUSED);
	wire.spoil_ability = false;
	pair_run(p, 60000);
	begun_anew(p);
	pair_free(p);
	forget();
}

static int take_spi(const struct status_conn *c, void *ctx)
{
	assert_int_equal(c->n_ike, 1);
	memcpy(ctx, c->ike[0].spi_i, IKE_SPI_LEN);
	return 0;
}

/* Another connection of the same two is up, so nobody says INITIAL_CONTACT: the ticket names what it follows. */
static void the_one_before_ends_at_once(void **state)
{
	static const char also_a[] = "remote = 192.0.2.2\nlocal = 192.0.2.1\nlocal-net = 10.3.0.0/16\n"
				     "remote-net = 10.4.0.0/16\n" IDS_A PSK;
	static const char also_b[] = "remote = 192.0.2.1\nlocal = 192.0.2.2\nlocal-net = 10.4.0.0/16\n"
				     "remote-net = 10.3.0.0/16\n" IDS_B PSK PASSIVE "dpd = never\n";
	const char *const a[] = { "t", A, "u", also_a, NULL }, *const b[] = { "t", B, "u", also_b, NULL };
	struct pair *p = pair_new(55, NULL, NULL);
	char why[ENGINE_WHY];

	(void)state;
	forget();
	p->on_send = on_wire;
	assert_int_equal(engine_configure(p->b.e, side_conf(b), false, NULL, NULL, why), 0);
	assert_int_equal(engine_configure(p->a.e, side_conf(a), false, NULL, NULL, why), 0);
	pair_run(p, 5000);
	forget();
	assert_int_equal(engine_status(p->a.e, "t", take_spi, wire.mute), 0);
	for (unsigned int s = 0; s < 300 && !p->a.events[EVENT_FAILURE]; s++)
		pair_run(p, 500);
	assert_int_equal(p->a.failure.kind, FAILURE_UNREACHABLE);
	assert_int_equal(side_view(&p->b).ike, 1);
	pair_run(p, 3000);
	assert_int_equal(wire.asked[IKE_RESUME], 1);
	assert_true(side_is_up(&p->a));
	assert_int_equal(side_view(&p->b).ike, 1);
	pair_free(p);
	forget();
}

/* The keys are his, the name is not (RFC 5723 4.3.3): also where whoever has the secret may come. */
static void whoever_it_was_keeps_his_name(void **state)
{
	struct pair *p = resumable(56, A, CONF_B "local-id = b.example\nremote-id = any\n" PSK PASSIVE RESUME
					 "dpd = never\n");
	const struct conn *c = engine_find_conn(p->a.e, "t");

	(void)state;
	lose(p);
	assert_non_null(c->session);
	c->session->own.data[0] = 'c';	/* c.example */
	for (unsigned int i = 0; i < 50 && !p->b.events[EVENT_FAILURE]; i++)
		pair_run(p, 100);
	assert_int_equal(wire.answered[IKE_RESUME], 1);
	assert_int_equal(p->b.events[EVENT_IKE_UP], 1);
	assert_int_equal(p->b.failure.kind, FAILURE_REFUSED);
	assert_non_null(strstr(p->b.failure.text, "c.example"));
	pair_run(p, 60000);
	begun_anew(p);
	assert_string_equal(side_view(&p->b).remote_id, "a.example");
	pair_free(p);
	forget();
}

static void a_ticket_counts_once(void **state)
{
	struct pair *p = resumable(52, A, B);
	struct datagram again;

	(void)state;
	lose(p);
	pair_run(p, 3000);
	resumed(p);
	again = wire.first;
	again.bytes[0] ^= 1;	/* another IKE SA */
	pair_inject(p, &p->b, &again);
	assert_int_equal(wire.nack, 1);
	pair_run(p, 1000);
	pair_consistent(p);
	pair_free(p);
	forget();
}

/* Who saw the ticket go by has no keys: he can begin, as anybody can, and ends nothing that is there. */
static void a_ticket_alone_does_not_let_in(void **state)
{
	struct pair *p = resumable(53, A, B);
	struct datagram other;

	(void)state;
	lose(p);
	wire.drop_resume = true;
	pair_run(p, 1500);
	other = wire.first;
	assert_non_null(other.bytes);
	other.bytes[0] ^= 1;
	pair_inject(p, &p->b, &other);
	assert_int_equal(wire.answered[IKE_RESUME], 1);
	assert_int_equal(wire.nack, 0);
	assert_int_equal(side_view(&p->b).ike, 2);	/* the lost one, and one that is half open */
	wire.drop_resume = false;
	pair_run(p, 40000);
	pair_consistent(p);
	assert_int_equal(wire.asked[IKE_SA_INIT], 0);
	pair_free(p);
	forget();
}

/* ---- keys ---- */

/* Made with another implementation of HMAC-SHA2-256: RFC 5723 §5.1 has no numbers. */
static void keys_are_those_of_the_rfc(void **state)
{
	static const char want_d[] = "\x96\xf3\x93\x8b\x1e\x69\xca\x34\x0b\x92\xa9\xfc\xc5\xb8\xdc\xe7"
				     "\xcc\xd2\xe6\xa9\x45\x40\x88\x9f\x79\x31\xe7\x11\x5f\x57\x0d\x99";
	static const char want_pi[] = "\xf8\x3e\x81\x69\x43\xe3\x60\xfa\x02\x0f\x5e\xca\x00\x8b\x8a\xf6"
				      "\xff\xb7\xf7\xac\xe2\x41\x6d\x06\x91\xbc\x04\x0f\xa9\x7b\x1d\xc0";
	static const char want_pr[] = "\x39\xa3\xc0\x6e\xb4\xb2\xa3\xab\xef\xc7\xe7\x98\xc8\xf9\x2a\x6d"
				      "\x7d\x78\xe8\x3c\x88\xb0\x4d\x69\x7f\x02\x4b\xd0\x48\x5c\xd9\xb8";
	struct v2_nonce ni = { .len = 32 }, nr = { .len = 32 };
	struct v2_sa v2 = { .ni = &ni, .nr = &nr };
	struct ike_sa sa = {
		.priv = &v2,
		.suite = { .encr = ENCR_AES_GCM_16, .encr_bits = 256, .prf = PRF_HMAC_SHA2_256 },
	};
	struct kw_secret sk_d = { 0 };

	(void)state;
	memset(ni.b, 0x11, 32);
	memset(nr.b, 0x22, 32);
	memset(sa.spi_i, 0xa1, sizeof(sa.spi_i));
	memset(sa.spi_r, 0xb2, sizeof(sa.spi_r));
	assert_int_equal(kw_secret_new(&sk_d, 32), 0);
	for (unsigned int i = 0; i < 32; i++)
		sk_d.p[i] = (uint8_t)i;
	assert_int_equal(v2_keys_resume(&sa, &sk_d), 0);
	assert_true(kw_secret_equal(&v2.sk_d, KW_SPAN(want_d, 32)));
	assert_true(kw_secret_equal(&v2.sk_pi, KW_SPAN(want_pi, 32)));
	assert_true(kw_secret_equal(&v2.sk_pr, KW_SPAN(want_pr, 32)));
	kw_secret_drop(&sk_d);
	kw_secret_drop(&v2.sk_d);
	kw_secret_drop(&v2.sk_pi);
	kw_secret_drop(&v2.sk_pr);
	skcipher_free(v2.seal);
	skcipher_free(v2.open);
}

static int setup(void **state)
{
	static const char users[] = "alice = \"correct horse\"\n";

	credentials_setup(state);
	credential_users(users);
	credential_make(&(struct credential){
		.name = "gw", .issuer = "ca", .dns = "b.example", .key = CREDENTIAL_ECDSA });
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lost_ike_sa_is_resumed),
		cmocka_unit_test(a_rekeyed_ike_sa_is_resumed),
		cmocka_unit_test(with_cookies_and_a_nat),
		cmocka_unit_test(who_came_by_eap_is_still_that_user),
		cmocka_unit_test(an_address_that_was_lent_is_lent_again),
		cmocka_unit_test(under_loss),
		cmocka_unit_test(nobody_resumes_who_does_not_want_to),
		cmocka_unit_test(what_was_deleted_by_word_is_not_resumed),
		cmocka_unit_test(to_prove_itself_anew_a_client_begins_anew),
		cmocka_unit_test(a_gateway_that_was_restarted_says_no),
		cmocka_unit_test(a_new_configuration_makes_tickets_worthless),
		cmocka_unit_test(a_ticket_ends_with_time),
		cmocka_unit_test(a_gateway_that_is_silent_about_it_is_asked_otherwise),
		cmocka_unit_test(a_changed_ticket_counts_for_nothing),
		cmocka_unit_test(changed_nonces_make_other_keys),
		cmocka_unit_test(what_begins_it_is_proved_too),
		cmocka_unit_test(the_one_before_ends_at_once),
		cmocka_unit_test(whoever_it_was_keeps_his_name),
		cmocka_unit_test(a_ticket_counts_once),
		cmocka_unit_test(a_ticket_alone_does_not_let_in),
		cmocka_unit_test(keys_are_those_of_the_rfc),
	};

	return cmocka_run_group_tests(tests, setup, credentials_teardown);
}
