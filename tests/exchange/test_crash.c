// SPDX-License-Identifier: GPL-2.0
/* Sides that were restarted say so with tokens (RFC 6290). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/credentials.h"
#include "exchange/pair.h"
#include "wire/chain.h"
#include "wire/header.h"
#include "wire/isakmp.h"
#include "wire/payload.h"

#define A CONF_A IDS_A PSK
#define B CONF_B IDS_B PSK PASSIVE

static struct kw_secret secrets[2];

static void give_secret(struct side *s, struct kw_secret *secret, uint8_t first)
{
	kw_secret_drop(secret);	/* of a test that failed */
	assert_int_equal(kw_secret_new(secret, 32), 0);
	memset(secret->p, first, 32);
	s->env.crash_secret = secret;
}

/* Each side has a secret of its own, which it keeps when it is restarted. Both have been heard since they began. */
static struct pair *pair_with_secrets(uint64_t seed, const char *a, const char *b)
{
	struct pair *p = pair_new(seed, NULL, NULL);

	give_secret(&p->a, &secrets[0], 0xaa);
	give_secret(&p->b, &secrets[1], 0xbb);
	side_configure(&p->b, "t", b);
	side_configure(&p->a, "t", a);
	pair_run(p, 40000);
	pair_consistent(p);
	return p;
}

static void done(struct pair *p)
{
	p->a.env.crash_secret = p->b.env.crash_secret = NULL;
	kw_secret_drop(&secrets[0]);
	kw_secret_drop(&secrets[1]);
	pair_free(p);
}

/* ---- it works ---- */

/* A liveness check after 30 s, and a second until the next try: not 46 s of silence. */
static void b_was_restarted(struct pair *p, const char *conf)
{
	unsigned int up = p->a.events[EVENT_IKE_UP];

	side_restart(&p->b, conf);
	pair_run(p, 33000);
	pair_consistent(p);
	assert_int_equal(p->a.events[EVENT_IKE_UP], up + 1);
	assert_int_equal(p->a.failure.kind, FAILURE_PEER);
	assert_non_null(strstr(p->a.failure.text, "was restarted"));
}

static void a_responder_that_was_restarted(void **state)
{
	struct pair *p = pair_with_secrets(1, A, B);

	(void)state;
	b_was_restarted(p, B);
	/* and once more */
	b_was_restarted(p, B);
	done(p);
}

static void an_initiator_that_was_restarted(void **state)
{
	struct pair *p = pair_with_secrets(2, A, B);

	(void)state;
	side_restart(&p->a, A PASSIVE);
	pair_run(p, 33000);
	assert_int_equal(side_view(&p->b).ike, 0);
	assert_int_equal(p->b.failure.kind, FAILURE_PEER);
	done(p);
}

/* Other SPIs, other tokens: whoever began the rekeying. */
static void after_a_rekeying(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct pair *p = pair_with_secrets(3 + i, A, B);

		side_rekey(i & 1 ? &p->b : &p->a, true);
		pair_run(p, 5000);
		pair_consistent(p);
		if (i & 2) {
			b_was_restarted(p, B);
		} else {
			side_restart(&p->a, A PASSIVE);
			pair_run(p, 38000);
			assert_int_equal(side_view(&p->b).ike, 0);
			assert_int_equal(p->b.failure.kind, FAILURE_PEER);
		}
		done(p);
	}
}

static void after_eap(void **state)
{
	static const char gateway[] = CONF_B "auth = cert, eap\ncert = gw.crt\nkey = gw.key\nlocal-id = b.example\n"
				      "users = users\n" PASSIVE;
	struct pair *p = pair_with_secrets(7,
		CONF_A "auth = eap, cert\nca = ca.crt\nremote-id = b.example\nlocal-id = roadwarrior\n"
		"user = alice\npassword = \"correct horse\"\n", gateway);

	(void)state;
	b_was_restarted(p, gateway);
	pair_run(p, 40000);
	side_restart(&p->a, CONF_A "auth = eap, cert\nca = ca.crt\nremote-id = b.example\nlocal-id = roadwarrior\n"
		     "user = alice\npassword = \"correct horse\"\n" PASSIVE);
	pair_run(p, 33000);
	assert_int_equal(side_view(&p->b).ike, 0);
	done(p);
}

static void after_a_resumption(void **state)
{
	struct pair *p = pair_with_secrets(8, A "resume = yes\n", B "resume = yes\ndpd = never\n");

	(void)state;
	p->b.no_route = true;
	pair_run(p, 31000 + 46000);
	assert_int_equal(p->a.failure.kind, FAILURE_UNREACHABLE);
	p->b.no_route = false;
	pair_run(p, 60000);
	pair_consistent(p);
	b_was_restarted(p, B "resume = yes\ndpd = never\n");
	done(p);
}

/* ---- it is not done ---- */

/* As long as it takes without tokens. */
static void takes_its_time(struct pair *p)
{
	side_restart(&p->b, B);
	pair_run(p, 40000);
	assert_int_equal(p->a.events[EVENT_IKE_UP], 1);
	pair_run(p, 60000);
	pair_consistent(p);
	assert_int_equal(p->a.failure.kind, FAILURE_UNREACHABLE);
	done(p);
}

static void only_if_both_sides_want_it(void **state)
{
	struct pair *p;

	(void)state;
	takes_its_time(pair_with_secrets(20, A "crash-detection = no\n", B));
	p = pair_with_secrets(21, A, B "crash-detection = no\n");
	takes_its_time(p);
	p = pair_with_secrets(22, A, B);
	p->b.env.crash_secret = NULL;
	takes_its_time(p);
}

/* Another secret makes another token. */
static void a_wrong_token_ends_nothing(void **state)
{
	struct pair *p = pair_with_secrets(23, A, B);

	(void)state;
	secrets[1].p[31] ^= 1;
	takes_its_time(p);
}

/* INVALID_IKE_SPI by itself, by whomever: nothing. */
static enum fate without_token(struct pair *p, struct datagram *d)
{
	struct ike_header h;
	struct kw_span body;

	if (d->from != &p->b || header_parse(KW_SPAN(d->bytes, d->len), &h, &body) || h.next_payload != PAYLOAD_NOTIFY)
		return FATE_DELIVER;
	/* The first of the two stays. */
	d->len = 28 + 8;
	d->bytes[27] = (uint8_t)d->len;
	d->bytes[28] = PAYLOAD_NONE;
	return FATE_DELIVER;
}

static void without_a_token_it_is_a_rumour(void **state)
{
	struct pair *p = pair_with_secrets(24, A, B);

	(void)state;
	p->on_send = without_token;
	takes_its_time(p);
}

/* ---- what strangers can get out of it ---- */

static struct {
	struct datagram probe;		/* of a; .bytes malloc()ed */
	unsigned int answers;
	size_t most;
} heard;

static enum fate overhear(struct pair *p, struct datagram *d)
{
	struct ike_header h;
	struct kw_span body;

	assert_int_equal(header_parse(KW_SPAN(d->bytes, d->len), &h, &body), 0);
	if (d->from == &p->a && h.exchange == EXCHANGE_INFORMATIONAL && !datagram_is_response(d) && !heard.probe.bytes) {
		heard.probe = *d;
		heard.probe.bytes = malloc(d->len);
		memcpy(heard.probe.bytes, d->bytes, d->len);
	}
	if (d->from == &p->b && h.next_payload == PAYLOAD_NOTIFY) {
		heard.answers++;
		if (d->len > heard.most)
			heard.most = d->len;
	}
	return FATE_DELIVER;
}

static struct pair *pair_overheard(uint64_t seed)
{
	struct pair *p = pair_with_secrets(seed, A, B "dpd = never\n");

	memset(&heard, 0, sizeof(heard));
	p->on_send = overhear;
	pair_run(p, 65000);
	assert_non_null(heard.probe.bytes);
	return p;
}

static void of_an_ike_sa_that_is_there_no_token_is_told(void **state)
{
	struct pair *p = pair_overheard(30);
	struct datagram d = heard.probe;

	(void)state;
	/* each flag, each of the two SPIs changed, or both exchanged for each other */
	for (unsigned int flags = 0; flags < 0x40; flags += 8) {
		for (unsigned int spi = 0; spi < 4; spi++) {
			unsigned int before = heard.answers;
			uint8_t keep[16];

			memcpy(keep, d.bytes, 16);
			d.bytes[19] = (uint8_t)flags;
			if (spi == 3) {
				memcpy(d.bytes, keep + 8, 8);
				memcpy(d.bytes + 8, keep, 8);
			} else if (spi) {
				d.bytes[spi == 1 ? 0 : 8] ^= 1;
			}
			pair_inject(p, &p->b, &d);
			memcpy(d.bytes, keep, 16);
			/* Not a word, but with b's own SPI changed: then nothing of it is here. */
			assert_true(spi == 2 || heard.answers == before);
		}
	}
	assert_true(heard.answers > 0);
	pair_run(p, 10000);
	pair_consistent(p);
	assert_int_equal(p->a.events[EVENT_IKE_UP], 1);
	free(heard.probe.bytes);
	done(p);
}

static void answers_are_few_and_short(void **state)
{
	struct pair *p = pair_overheard(31);
	struct datagram d = heard.probe;

	(void)state;
	side_restart(&p->b, B);
	for (unsigned int i = 0; i < 5000; i++)
		pair_inject(p, &p->b, &d);
	assert_int_equal(heard.answers, 1000);
	assert_true(heard.most <= d.len);
	/* to the shortest request that there is: nothing */
	heard.answers = 0;
	pair_run(p, 20000);
	heard.answers = 0;
	d.len = 28 + 29;
	d.bytes[27] = (uint8_t)d.len;
	d.bytes[31] = 29;
	pair_inject(p, &p->b, &d);
	assert_int_equal(heard.answers, 0);
	free(heard.probe.bytes);
	done(p);
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
		cmocka_unit_test(a_responder_that_was_restarted),
		cmocka_unit_test(an_initiator_that_was_restarted),
		cmocka_unit_test(after_a_rekeying),
		cmocka_unit_test(after_eap),
		cmocka_unit_test(after_a_resumption),
		cmocka_unit_test(only_if_both_sides_want_it),
		cmocka_unit_test(a_wrong_token_ends_nothing),
		cmocka_unit_test(without_a_token_it_is_a_rumour),
		cmocka_unit_test(of_an_ike_sa_that_is_there_no_token_is_told),
		cmocka_unit_test(answers_are_few_and_short),
	};

	return cmocka_run_group_tests(tests, setup, credentials_teardown);
}
