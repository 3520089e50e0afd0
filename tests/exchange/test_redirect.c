// SPDX-License-Identifier: GPL-2.0
/*
 * A gateway that sends us to another one (RFC 5685): a is the client, b is all gateways, at the addresses
 * 192.0.2.2 and 192.0.2.3.
 */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_gateway_sends_us_on),
		cmocka_unit_test(who_did_not_see_our_nonce_is_ignored),
		cmocka_unit_test(without_being_asked_nobody_goes_elsewhere),
		cmocka_unit_test(words_that_name_no_gateway_are_ignored),
		cmocka_unit_test(circles_end),
		cmocka_unit_test(an_authenticated_gateway_sends_us_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
