// SPDX-License-Identifier: GPL-2.0
/*
 * A gateway that sends us to another one (RFC 5685), and being that gateway: a is the client, b is all gateways, at the
 * addresses 192.0.2.2 and 192.0.2.3.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/pair.h"
#include "ike/sa.h"
#include "ikev2/sk.h"
#include "ikev2/v2_sa.h"
#include "ikev2/version.h"
#include "wire/chain.h"
#include "wire/header.h"
#include "wire/isakmp.h"
#include "wire/payload.h"

#define CLIENT "remote = 192.0.2.2\nlocal = 192.0.2.1\nlocal-net = 10.1.0.0/16\nremote-net = 10.2.0.0/16\n" IDS_A PSK
#define GATEWAYS "remote = 192.0.2.1\nlocal-net = 10.2.0.0/16\nremote-net = 10.1.0.0/16\n" IDS_B PSK PASSIVE

/* What the test does with IKE_SA_INIT requests to 192.0.2.2. */
static struct {
	const char *data;		/* of N(REDIRECT) but the nonce */
	size_t len;
	bool bad_nonce;
	unsigned int sent, supported, from;
} gw;

static bool has_notify(const struct datagram *d, uint16_t type, struct kw_span *nonce)
{
	struct ike_header h;
	struct kw_span body;
	struct chain c;
	struct payload p;
	struct notify_payload n;
	bool found = false;

	assert_int_equal(header_parse(KW_SPAN(d->bytes, d->len), &h, &body), 0);
	c = chain_start(h.next_payload, body);
	while (chain_next(&c, &p) == 1) {
		if (p.type == PAYLOAD_NONCE && nonce)
			*nonce = p.body;
		if (p.type == PAYLOAD_NOTIFY && !notify_parse(p.body, &n) && n.type == type)
			found = true;
	}
	return found;
}

static void answer(struct pair *p, const struct datagram *d, struct kw_span nonce)
{
	struct ike_header h = {
		.next_payload = PAYLOAD_NOTIFY, .version = IKE_VERSION_2, .exchange = EXCHANGE_IKE_SA_INIT,
		.flags = IKE_FLAG_RESPONSE,
	};
	uint8_t buf[256], data[128];
	struct kw_writer w = kw_writer(buf, sizeof(buf)), n = kw_writer(data, sizeof(data));
	struct chain_builder c;
	struct datagram back = *d;

	memcpy(h.spi_i, d->bytes, IKE_SPI_LEN);
	header_build(&w, &h);
	kw_put_span(&n, KW_SPAN(gw.data, gw.len));
	kw_put_span(&n, nonce);
	data[n.len - 1] ^= gw.bad_nonce;
	c = chain_builder(&w, HEADER_NEXT_PAYLOAD_OFFSET);
	chain_open(&c, PAYLOAD_NOTIFY);
	notify_build(&w, PROTO_NONE, KW_SPAN(NULL, 0), N_REDIRECT, kw_written(&n));
	chain_close(&c);
	kw_patch_be32(&w, HEADER_LENGTH_OFFSET, w.len);
	back.from = &p->b;
	back.to = &p->a;
	back.src = d->dst;
	back.dst = d->src;
	back.bytes = malloc(w.len);
	back.len = w.len;
	memcpy(back.bytes, buf, w.len);
	*(struct datagram *)p->ctx = back;
}

/* Whatever goes to 192.0.2.3 arrives at b, which then has that address. */
static enum fate at_the_gateways(struct pair *p, struct datagram *d)
{
	struct kw_span nonce = { 0 };

	if (d->from != &p->a)
		return FATE_DELIVER;
	if (datagram_exchange(d) == EXCHANGE_IKE_SA_INIT) {
		gw.sent++;
		gw.supported += has_notify(d, N_REDIRECT_SUPPORTED, &nonce);
		gw.from += has_notify(d, N_REDIRECTED_FROM, NULL);
	}
	p->b.addr = d->dst.addr;
	if (d->dst.addr.b[3] != 2 || datagram_exchange(d) != EXCHANGE_IKE_SA_INIT || !gw.data)
		return FATE_DELIVER;
	answer(p, d, nonce);
	return FATE_DROP;
}

static struct pair *client(uint64_t seed, const char *conf, struct datagram *back)
{
	struct pair *p = pair_new(seed, NULL, GATEWAYS);

	memset(back, 0, sizeof(*back));
	p->on_send = at_the_gateways;
	p->ctx = back;
	gw.sent = gw.supported = gw.from = 0;
	side_configure(&p->a, "t", conf);
	return p;
}

/* The answers that at_the_gateways() made, until there is none. */
static void answers(struct pair *p, uint64_t ms)
{
	struct datagram *back = p->ctx;

	for (uint64_t t = 0; t <= ms; t += 100) {
		pair_run(p, 100);
		if (!back->bytes)
			continue;
		pair_inject(p, &p->a, back);
		free(back->bytes);
		back->bytes = NULL;
	}
}

#define TO_3 "\1\4\xc0\0\2\3"

static void the_first_gateway_sends_us_on(void **state)
{
	struct datagram back;
	struct pair *p;

	(void)state;
	gw.data = TO_3;
	gw.len = 6;
	gw.bad_nonce = false;
	p = client(1, CLIENT "redirect = yes\n", &back);
	answers(p, 5000);
	pair_consistent(p);
	assert_int_equal(side_view(&p->a).remote.addr.b[3], 3);
	assert_int_equal(gw.supported, 1);
	assert_int_equal(gw.from, 1);
	assert_int_equal(p->a.events[EVENT_FAILURE], 0);
	/* a new start begins where the configuration says */
	side_down(&p->a);
	pair_settle(p);
	gw.data = NULL;
	side_up(&p->a);
	pair_settle(p);
	assert_int_equal(side_view(&p->a).remote.addr.b[3], 2);
	pair_free(p);
}

/* The gateway stops to send away; the client, which never went, is let in by it. */
static void stays_where_it_was(struct pair *p)
{
	assert_int_equal(gw.from, 0);
	gw.data = NULL;
	pair_run(p, 5000);
	pair_consistent(p);
	assert_int_equal(side_view(&p->a).remote.addr.b[3], 2);
	pair_free(p);
}

static void who_did_not_see_our_nonce_is_ignored(void **state)
{
	struct datagram back;
	struct pair *p;

	(void)state;
	gw.data = TO_3;
	gw.len = 6;
	gw.bad_nonce = true;
	p = client(2, CLIENT "redirect = yes\n", &back);
	answers(p, 3000);
	assert_false(side_is_up(&p->a));
	stays_where_it_was(p);
}

static void without_being_asked_nobody_goes_elsewhere(void **state)
{
	struct datagram back;
	struct pair *p;

	(void)state;
	gw.data = TO_3;
	gw.len = 6;
	gw.bad_nonce = false;
	p = client(3, CLIENT, &back);
	answers(p, 3000);
	assert_int_equal(gw.supported, 0);
	stays_where_it_was(p);
}

static void words_that_name_no_gateway_are_ignored(void **state)
{
	static const struct {
		const char *data;
		size_t len;
	} bad[] = {
		{ "\1\5\xc0\0\2\3\3", 7 }, { "\2\4\xc0\0\2\3", 6 }, { "\3\4a b.", 6 }, { "\3\0", 2 }, { "\3\2-x", 4 },
		{ "\7\4\xc0\0\2\3", 6 }, { "\1\xff", 2 },
	};

	(void)state;
	gw.bad_nonce = false;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct datagram back;
		struct pair *p;

		gw.data = bad[i].data;
		gw.len = bad[i].len;
		p = client(4, CLIENT "redirect = yes\n", &back);
		answers(p, 1500);
		assert_int_equal(gw.from, 0);
		pair_free(p);
	}
}

/* A gateway that sends us to itself for ever. */
static void circles_end(void **state)
{
	struct datagram back;
	struct pair *p;

	(void)state;
	gw.data = "\1\4\xc0\0\2\2";
	gw.len = 6;
	gw.bad_nonce = false;
	p = client(5, CLIENT "redirect = yes\n", &back);
	answers(p, 120000);
	assert_non_null(strstr(p->a.failure.text, "in circles"));
	gw.data = NULL;
	pair_run(p, 120000);
	pair_consistent(p);
	pair_free(p);
}

/* A live gateway is about to go down, and says so when it asks for us. */
static enum ike_verdict probe_with_redirect(struct ike_run *run)
{
	if (exchange_begin(run, EXCHANGE_INFORMATIONAL))
		return IKE_FAIL;
	v2_put_notify(run, N_REDIRECT, KW_SPAN(TO_3, 6));
	return IKE_OK;
}

static void an_authenticated_gateway_sends_us_on(void **state)
{
	struct datagram back;
	struct pair *p;

	(void)state;
	gw.data = NULL;
	p = client(6, CLIENT "redirect = yes\n", &back);
	p->b.version.start[IKE_TASK_PROBE].run = probe_with_redirect;
	pair_run(p, 1000);
	assert_int_equal(side_view(&p->a).remote.addr.b[3], 2);
	p->b.kernel.last_in_ms = UINT64_MAX;
	pair_run(p, 70000);
	assert_int_equal(side_view(&p->a).remote.addr.b[3], 3);
	assert_true(side_is_up(&p->a));
	assert_int_equal(gw.from, 1);
	pair_free(p);
}

/* ---- b is the gateway that sends away ---- */

#define AT_2 "local = 192.0.2.2\n" GATEWAYS
#define AT_3 "local = 192.0.2.3\n" GATEWAYS
#define ROAMS CLIENT "redirect = yes\n"

/* What b sends on its own account, by exchange. */
static unsigned int asked_by_b[64], auth_answers;
static size_t most_to_init, init_len;

static enum fate count_b(struct pair *p, struct datagram *d)
{
	if (d->from == &p->b) {
		asked_by_b[datagram_exchange(d) & 63] += !datagram_is_response(d);
		auth_answers += datagram_exchange(d) == EXCHANGE_IKE_AUTH;
		if (datagram_exchange(d) == EXCHANGE_IKE_SA_INIT && d->len > most_to_init)
			most_to_init = d->len;
	} else if (datagram_exchange(d) == EXCHANGE_IKE_SA_INIT) {
		init_len = d->len;
	}
	return at_the_gateways(p, d);
}

/* b at 192.0.2.3 is connection "t", at 192.0.2.2 connection "u", and perhaps "v". */
static struct pair *gateways(uint64_t seed, const char *at_3, const char *at_2, const char *also, const char *client)
{
	const char *const conns[] = { "t", at_3, "u", at_2, also ? "v" : NULL, also, NULL };
	static struct datagram back;
	struct pair *p = pair_new(seed, NULL, NULL);
	char why[ENGINE_WHY] = "";

	gw.data = NULL;
	gw.sent = gw.supported = gw.from = 0;
	memset(asked_by_b, 0, sizeof(asked_by_b));
	auth_answers = 0;
	most_to_init = 0;
	p->on_send = count_b;
	p->ctx = &back;
	assert_int_equal(engine_configure(p->b.e, side_conf(conns), false, NULL, NULL, why), 0);
	side_configure(&p->a, "t", client);
	pair_run(p, 5000);
	return p;
}

static int count_ike(const struct status_conn *c, void *ctx)
{
	*(unsigned int *)ctx += c->n_ike;
	return 0;
}

static unsigned int ike_sas(struct pair *p, const char *conn)
{
	unsigned int n = 0;

	assert_int_equal(engine_status(p->b.e, conn, count_ike, &n), 0);
	return n;
}

static void is_at_3(struct pair *p)
{
	pair_consistent(p);
	assert_int_equal(side_view(&p->a).remote.addr.b[3], 3);
	assert_int_equal(ike_sas(p, "u"), 0);
	assert_int_equal(p->a.events[EVENT_FAILURE], 0);
}

static void is_at_2(struct pair *p)
{
	assert_true(side_is_up(&p->a));
	assert_int_equal(side_view(&p->a).remote.addr.b[3], 2);
	assert_int_equal(ike_sas(p, "u"), 1);
}

static void a_gateway_sends_on_before_it_makes_state(void **state)
{
	static const char *const to[] = { "192.0.2.3", "gw3.example" };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		char at_2[512];
		struct pair *p;

		snprintf(at_2, sizeof(at_2), AT_2 "redirect-to = %s\n", to[i]);
		p = gateways(10 + i, AT_3, at_2, NULL, CLIENT "redirect = yes\nstart = none\n");
		p->w.name = "gw3.example";
		p->w.n_name_addr = 1;
		assert_int_equal(ip_addr_parse(&p->w.name_addr[0], "192.0.2.3"), 0);
		side_up(&p->a);
		pair_run(p, 5000);
		is_at_3(p);
		assert_int_equal(gw.from, 1);
		assert_int_equal(auth_answers, 1);
		pair_free(p);
	}
}

/* The answer is short, and there is nothing to be had by asking often. */
static void sending_on_amplifies_nothing(void **state)
{
	struct pair *p = gateways(12, AT_3, AT_2 "redirect-to = 192.0.2.9\n", NULL, ROAMS);

	(void)state;
	assert_false(side_is_up(&p->a));
	assert_true(most_to_init && most_to_init <= init_len);
	assert_int_equal(ike_sas(p, "u"), 0);
	pair_free(p);
}

/* Two connections may be meant at 192.0.2.2, and only one of them sends its peers away: the identity tells. */
static void a_gateway_sends_on_who_has_proved_itself(void **state)
{
	static const char other[] = "local = 192.0.2.2\nremote = any\nlocal-net = 10.2.0.0/16\nremote-net = 10.3.0.0/16\n"
				    "local-id = b.example\nremote-id = c.example\n" PSK PASSIVE;
	struct pair *p = gateways(13, AT_3, AT_2 "redirect-to = 192.0.2.3\n", other, ROAMS);

	(void)state;
	is_at_3(p);
	assert_int_equal(gw.from, 1);
	/* once to be sent away, once to be served */
	assert_int_equal(auth_answers, 2);
	pair_free(p);
	/* who does not care is served where it came */
	p = gateways(14, AT_3, AT_2 "redirect-to = 192.0.2.3\n", other, CLIENT);
	is_at_2(p);
	pair_free(p);
}

/* It says so, and does not delete what it has there: the gateway does. */
static void who_was_sent_on_and_stays_is_not_kept(void **state)
{
	static const char other[] = "local = 192.0.2.2\nremote = any\nlocal-net = 10.2.0.0/16\nremote-net = 10.3.0.0/16\n"
				    "local-id = b.example\nremote-id = c.example\n" PSK PASSIVE;
	struct pair *p = gateways(15, AT_3, AT_2 "redirect-to = 192.0.2.3\n", other, ROAMS "start = none\n");

	(void)state;
	p->a.version.start[IKE_TASK_IKE_DELETE].from = 0;
	side_up(&p->a);
	pair_run(p, 1000);
	assert_int_equal(ike_sas(p, "u"), 1);
	pair_run(p, 32000);
	assert_int_equal(ike_sas(p, "u"), 0);
	/* the word, and the delete */
	assert_int_equal(asked_by_b[EXCHANGE_INFORMATIONAL & 63], 2);
	pair_free(p);
}

static void who_does_not_go_is_served(void **state)
{
	struct pair *p = gateways(16, AT_3, AT_2 "redirect-to = 192.0.2.3\n", NULL, CLIENT);

	(void)state;
	is_at_2(p);
	pair_free(p);
}

static void who_was_sent_here_is_not_sent_back(void **state)
{
	struct pair *p = gateways(17, AT_3 "redirect-to = 192.0.2.2\n", AT_2 "redirect-to = 192.0.2.3\n", NULL, ROAMS);

	(void)state;
	is_at_3(p);
	assert_int_equal(gw.sent, 2);
	pair_free(p);
}

static void send_on(struct pair *p, const char *host, int ret)
{
	char why[ENGINE_WHY] = "";

	assert_int_equal(engine_redirect(p->b.e, "u", host, why), ret);
	assert_int_equal(ret != 0, why[0] != '\0');
}

static void those_that_are_here_are_sent_on(void **state)
{
	struct pair *p = gateways(18, AT_3, AT_2, NULL, ROAMS);

	(void)state;
	is_at_2(p);
	/* rekeyed or not */
	side_rekey(&p->a, true);
	pair_run(p, 5000);
	send_on(p, "no host", -EINVAL);
	send_on(p, "192.0.2.3", 0);
	pair_run(p, 10000);
	is_at_3(p);
	/* and so is who comes, until it is taken back */
	side_down(&p->a);
	pair_run(p, 1000);
	side_up(&p->a);
	pair_run(p, 5000);
	is_at_3(p);
	side_down(&p->a);
	pair_run(p, 1000);
	send_on(p, NULL, 0);
	side_up(&p->a);
	pair_run(p, 5000);
	is_at_2(p);
	pair_free(p);
	/* who does not go stays */
	p = gateways(19, AT_3, AT_2, NULL, CLIENT);
	send_on(p, "192.0.2.3", 0);
	pair_run(p, 60000);
	is_at_2(p);
	pair_free(p);
}

static void who_comes_back_by_a_ticket_is_sent_on(void **state)
{
	struct pair *p = gateways(20, AT_3, AT_2 "resume = yes\ndpd = never\n", NULL, ROAMS "resume = yes\n");

	(void)state;
	is_at_2(p);
	p->b.no_route = true;
	pair_run(p, 80000);
	assert_int_equal(p->a.failure.kind, FAILURE_UNREACHABLE);
	gw.sent = 0;
	p->b.no_route = false;
	send_on(p, "192.0.2.3", 0);
	pair_run(p, 120000);
	pair_consistent(p);
	assert_int_equal(side_view(&p->a).remote.addr.b[3], 3);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_gateway_sends_us_on),
		cmocka_unit_test(who_did_not_see_our_nonce_is_ignored),
		cmocka_unit_test(without_being_asked_nobody_goes_elsewhere),
		cmocka_unit_test(words_that_name_no_gateway_are_ignored),
		cmocka_unit_test(circles_end),
		cmocka_unit_test(an_authenticated_gateway_sends_us_on),
		cmocka_unit_test(a_gateway_sends_on_before_it_makes_state),
		cmocka_unit_test(sending_on_amplifies_nothing),
		cmocka_unit_test(a_gateway_sends_on_who_has_proved_itself),
		cmocka_unit_test(who_was_sent_on_and_stays_is_not_kept),
		cmocka_unit_test(who_does_not_go_is_served),
		cmocka_unit_test(who_was_sent_here_is_not_sent_back),
		cmocka_unit_test(those_that_are_here_are_sent_on),
		cmocka_unit_test(who_comes_back_by_a_ticket_is_sent_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
