// SPDX-License-Identifier: GPL-2.0
/*
 * IKEv1's public-key encryption, as SKEME has it and revised (RFC 2409 §5.2, §5.3): what works, and that nobody learns
 * from our answers whether the padding of a ciphertext of his was right (Bleichenbacher 1998).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/rand.h"
#include "crypto/rsa_wrap.h"
#include "exchange/v1.h"
#include "wire/chain.h"
#include "wire/header.h"

#define MODULUS 256	/* octets */

static const char *const ways[] = { "rsa-encryption = yes\n", "rsa-encryption = revised\n" };

/* Both sides; their own keys, and the one each expects of the other. */
static struct pair *pair_of(uint64_t seed, unsigned int way, const char *key_a, const char *a_expects,
			    const char *key_b, const char *b_expects)
{
	char a[2000], b[2000];

	snprintf(a, sizeof(a), CONF_A IDS_A V1 "auth = pubkey\nkey = %s.key\nremote-key = %s\n%s", key_a,
		 credential_raw(a_expects), ways[way]);
	snprintf(b, sizeof(b), CONF_B IDS_B V1 PASSIVE "auth = pubkey\nkey = %s.key\nremote-key = %s\n%s", key_b,
		 credential_raw(b_expects), ways[way]);
	return pair_new(seed, a, b);
}

static struct pair *good_pair(uint64_t seed, unsigned int way)
{
	return pair_of(seed, way, "a-rsa", "b-rsa", "b-rsa", "a-rsa");
}

static void both_ways_connect(void **state)
{
	(void)state;
	for (unsigned int way = 0; way < 2; way++) {
		struct pair *p = good_pair(1, way);

		side_up(&p->a);
		for (unsigned int i = 0; i < 6; i++) {
			assert_int_equal(datagram_exchange(pair_first(p)), V1_EXCHANGE_IDENTITY_PROTECTION);
			pair_deliver(p);
		}
		assert_int_equal(side_view(&p->a).state, CONN_IKE_ONLY);
		assert_int_equal(side_view(&p->b).state, CONN_IKE_ONLY);
		assert_string_equal(side_view(&p->b).remote_id, "a.example");
		pair_settle(p);
		pair_consistent(p);
		pair_run(p, 40000);
		p->traffic = true;
		side_rekey(&p->b, true);
		pair_run(p, 20000);
		side_rekey(&p->a, false);
		pair_run(p, 100000);
		pair_consistent(p);
		assert_int_equal(p->lost_ab + p->lost_ba, 0);
		pair_free(p);
	}
}

static void each_message_lost_or_doubled(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 40; i++) {
		struct pair *p = good_pair(i + 1, i % 2);

		assert_true(v1_up_in_spite_of(p, i / 4, i / 2 % 2) >= 9);
		pair_free(p);
	}
}

/* ---- who is not to be let in ---- */

static void never_up(struct pair *p)
{
	v1_never_up(p);
	assert_int_not_equal(p->a.failure.kind, FAILURE_NONE);
	pair_free(p);
}

static void another_key_does_not_pass(void **state)
{
	(void)state;
	for (unsigned int way = 0; way < 2; way++) {
		/* a cannot read what is for a; b cannot read what is for b */
		never_up(pair_of(1, way, "x-rsa", "b-rsa", "b-rsa", "a-rsa"));
		never_up(pair_of(1, way, "a-rsa", "x-rsa", "b-rsa", "a-rsa"));
		never_up(pair_of(1, way, "a-rsa", "b-rsa", "x-rsa", "a-rsa"));
	}
}

static void another_identity_does_not_pass(void **state)
{
	static const char *const ids[] = { "c.example", "longer.example" };
	char b[2000];

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct pair *p = good_pair(1, i % 2);

		snprintf(b, sizeof(b), CONF_B V1 PASSIVE "local-id = b.example\nremote-id = %s\nauth = pubkey\n"
			 "key = b-rsa.key\nremote-key = %s\n%s", ids[i / 2], credential_raw("a-rsa"), ways[i % 2]);
		side_configure(&p->b, "t", b);
		never_up(p);
	}
}

/* Neither is a signature taken for the other way, nor one way of encryption for the other. */
static void the_way_is_agreed_on(void **state)
{
	char a[2000];

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct pair *p = good_pair(1, 0);

		snprintf(a, sizeof(a), CONF_A IDS_A V1 "auth = pubkey\nkey = a-rsa.key\nremote-key = %s\n%s",
			 credential_raw("b-rsa"), i ? ways[1] : "");
		side_configure(&p->a, "t", a);
		side_up(&p->a);
		pair_run(p, 60000);
		assert_int_equal(p->a.events[EVENT_IKE_UP] + p->b.events[EVENT_IKE_UP], 0);
		assert_int_equal(p->b.failure.kind, FAILURE_PROPOSAL);
		pair_free(p);
	}
}

/* ---- the oracle that is none ---- */

static struct kw_span payload_of(struct datagram *d, uint8_t type)
{
	struct ike_header h;
	struct kw_span body;
	struct payload p;
	struct chain c;

	assert_int_equal(header_parse(KW_SPAN(d->bytes, d->len), &h, &body), 0);
	c = chain_start_v1(h.next_payload, body, false);
	while (chain_next(&c, &p) > 0)
		if (p.type == type)
			return p.body;
	fail_msg("there is no such payload");
	return KW_SPAN(NULL, 0);
}

struct reply {
	unsigned int n;
	size_t len;
	uint8_t head[IKE_HEADER_LEN];	/* without cookies */
	uint64_t ms;
};

/* What b says to message 3 with this in place of the nonce or identity that was wrapped for it. */
static struct reply reply_to(unsigned int way, uint8_t payload, const uint8_t forged[MODULUS])
{
	struct pair *p = good_pair(1, way);
	struct reply reply = { 0 };
	struct kw_span body;

	side_up(&p->a);
	pair_deliver(p);
	pair_deliver(p);
	body = payload_of(pair_first(p), payload);
	assert_int_equal(body.len, MODULUS);
	memcpy(pair_first(p)->bytes + (body.p - pair_first(p)->bytes), forged, MODULUS);
	pair_deliver(p);
	reply.n = pair_waiting(p);
	reply.ms = p->w.now;
	if (reply.n) {
		reply.len = pair_first(p)->len;
		memcpy(reply.head + 16, pair_first(p)->bytes + 16, IKE_HEADER_LEN - 16);
		/* A notify of its own has a message id of its own. */
		if (datagram_exchange(pair_first(p)) == V1_EXCHANGE_INFORMATIONAL)
			memset(reply.head + 20, 0, 4);
	}
	pair_run(p, 1000);
	assert_int_equal(p->b.events[EVENT_IKE_UP], 0);
	pair_free(p);
	return reply;
}

static void wrapped(uint8_t out[MODULUS], size_t len)
{
	struct verify_key *to;
	struct kw_writer w = kw_writer(out, MODULUS);
	uint8_t text[MODULUS];

	rand_bytes(text, sizeof(text));
	assert_int_equal(verify_key_parse(&to, credential_raw("b-rsa")), 0);
	assert_int_equal(rsa_wrap(to, KW_SPAN(text, len), &w), 0);
	verify_key_free(to);
}

static void same(const struct reply *a, const struct reply *b)
{
	assert_int_equal(a->n, b->n);
	assert_int_equal(a->len, b->len);
	assert_int_equal(a->ms, b->ms);
	assert_memory_equal(a->head, b->head, sizeof(a->head));
}

static void replies_do_not_tell_good_padding_from_bad(void **state)
{
	static const struct {
		unsigned int way;
		uint8_t payload;
	} at[] = { { 0, V1_PAYLOAD_NONCE }, { 0, V1_PAYLOAD_ID }, { 1, V1_PAYLOAD_NONCE } };
	/* nonces as long as ours, identities as long as the one expected, and others */
	static const size_t lens[] = { 32, 13, 8, 1, 0, 48, MODULUS - 11 };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		uint8_t forged[MODULUS];
		struct reply bad, one;

		rand_bytes(forged, sizeof(forged));
		forged[0] = 0;
		bad = reply_to(at[i].way, at[i].payload, forged);
		assert_int_equal(bad.n, 1);
		for (unsigned int k = 0; k < sizeof(lens) / sizeof(lens[0]); k++) {
			wrapped(forged, lens[k]);
			one = reply_to(at[i].way, at[i].payload, forged);
			same(&one, &bad);
		}
		memset(forged, 0, sizeof(forged));
		one = reply_to(at[i].way, at[i].payload, forged);
		same(&one, &bad);
		memset(forged, 0xff, sizeof(forged));
		one = reply_to(at[i].way, at[i].payload, forged);
		same(&one, &bad);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways_connect),
		cmocka_unit_test(each_message_lost_or_doubled),
		cmocka_unit_test(another_key_does_not_pass),
		cmocka_unit_test(another_identity_does_not_pass),
		cmocka_unit_test(the_way_is_agreed_on),
		cmocka_unit_test(replies_do_not_tell_good_padding_from_bad),
	};

	return cmocka_run_group_tests(tests, v1_setup_with_certs, credentials_teardown);
}
