// SPDX-License-Identifier: GPL-2.0
/*
 * What ISAKMP has and IKE has no use for, or hardly any: the authentication-only exchange and bit (RFC 2408 §3.1, §4.6).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/v1.h"
#include "ike/core.h"
#include "ikev1/keys.h"
#include "ikev1/packet.h"
#include "wire/payload_v1.h"

#define EXCHANGE_AT 18	/* in the header */
#define LENGTH_AT 24

static struct ike_sa *sa_of(const struct side *s)
{
	assert_false(list_empty(&s->e->sas));
	return list_entry(s->e->sas.next, struct ike_sa, node);
}

/* Octets that a is said to have sent to b. */
static void arrives(struct pair *p, struct kw_span octets)
{
	const struct ike_sa *sa = sa_of(&p->a);
	const struct datagram d = {
		.src = sa->local, .dst = sa->remote, .len = octets.len,
		.bytes = (uint8_t *)(uintptr_t)octets.p,
	};

	pair_inject(p, &p->b, &d);
}

/* ---- the exchange ---- */

/* Message 1 of the base exchange is that of the authentication-only exchange, but for its type. */
static struct pair *pair_that_begins(const char *b)
{
	struct pair *p = pair_new(1, V1_A "base-exchange = with-psk\n", b);

	side_up(&p->a);
	assert_int_equal(datagram_exchange(pair_first(p)), V1_EXCHANGE_BASE);
	pair_first(p)->bytes[EXCHANGE_AT] = V1_EXCHANGE_AUTHENTICATION_ONLY;
	return p;
}

static void a_stranger_is_told_that_it_is_not_spoken(void **state)
{
	struct pair *p = pair_that_begins(V1_B);
	size_t asked = pair_first(p)->len;

	(void)state;
	pair_deliver(p);
	assert_int_equal(pair_waiting(p), 1);
	assert_int_equal(datagram_exchange(pair_first(p)), V1_EXCHANGE_INFORMATIONAL);
	assert_int_equal(pair_first(p)->bytes[V1_FLAGS_AT], 0);
	assert_true(pair_first(p)->len <= asked);
	/* Nothing of it is kept. */
	assert_true(list_empty(&p->b.e->sas));
	pair_deliver(p);
	for (unsigned int i = 0; i < 20 && !p->a.failure.kind; i++)
		pair_run(p, 1000);
	assert_non_null(strstr(p->a.failure.text, "UNSUPPORTED-EXCHANGE-TYPE"));
	pair_free(p);
}

static void nobody_hears_of_it_behind_the_fence(void **state)
{
	struct pair *p = pair_that_begins(CONF_B IDS_B PSK PASSIVE);

	(void)state;
	pair_deliver(p);
	assert_int_equal(pair_waiting(p), 0);
	pair_free(p);
}

/* Empty payloads: the answer would be longer, to whoever the sender says he is. */
static void short_questions_have_no_answer(void **state)
{
	static const uint8_t exchanges[] = { V1_EXCHANGE_AUTHENTICATION_ONLY, V1_EXCHANGE_IDENTITY_PROTECTION };
	static const uint8_t empty[] = { V1_PAYLOAD_NONCE, 0, 0, 4, 0, 0, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8 };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct pair *p = pair_that_begins(V1_B);
		struct datagram *d = pair_first(p);

		d->bytes[EXCHANGE_AT] = exchanges[i];
		memcpy(d->bytes + IKE_HEADER_LEN, empty, sizeof(empty));
		d->len = IKE_HEADER_LEN + sizeof(empty);
		memcpy(d->bytes + LENGTH_AT, (uint8_t[]){ 0, 0, 0, (uint8_t)d->len }, 4);
		pair_deliver(p);
		assert_int_equal(pair_waiting(p), 0);
		pair_free(p);
	}
}

static void a_peer_is_told_under_protection(void **state)
{
	struct pair *p = pair_up(1, V1_A, V1_B);
	struct ike_run run = { .sa = sa_of(&p->a) };
	struct v1_xchg *x = v1_xchg_begin(&run, V1_EXCHANGE_AUTHENTICATION_ONLY);
	struct sealed s = { .n = 0 };

	(void)state;
	pair_consistent(p);
	assert_int_equal(v1_begin(&run, x), 0);
	chain_put(&run.out.chain, V1_PAYLOAD_NONCE, KW_SPAN_STR("sixteen octets.."));
	chain_close(&run.out.chain);
	assert_int_equal(v1_seal(&run, &s), 0);
	arrives(p, s.d[0]);
	assert_int_equal(pair_waiting(p), 1);
	assert_int_equal(datagram_exchange(pair_first(p)), V1_EXCHANGE_INFORMATIONAL);
	assert_int_equal(pair_first(p)->bytes[V1_FLAGS_AT], V1_FLAG_ENCRYPTION);
	pair_settle(p);
	pair_consistent(p);
	sealed_drop(&s);
	free(run.out.buf);
	pair_free(p);
}

/* ---- the bit ---- */

#define MESSAGE_ID 0x01020304

/* An informational exchange of a's in the clear: HASH(1) and one payload, R-U-THERE or a delete. */
static size_t authenticated_only(const struct ike_sa *sa, uint8_t payload, uint8_t out[256])
{
	size_t hash_len = v1_hash_size(sa), len;
	struct ike_header h = {
		.next_payload = V1_PAYLOAD_HASH, .version = ISAKMP_VERSION_1,
		.exchange = V1_EXCHANGE_INFORMATIONAL, .flags = V1_FLAG_AUTH_ONLY, .message_id = MESSAGE_ID,
	};
	struct kw_writer w = kw_writer(out + IKE_HEADER_LEN, 256 - IKE_HEADER_LEN);
	struct kw_writer head = kw_writer(out, IKE_HEADER_LEN);
	struct chain_builder chain = chain_builder(&w, SIZE_MAX);
	uint8_t hash[HASH_MAX] = { 0 }, cookies[2 * IKE_SPI_LEN];

	memcpy(h.spi_i, sa->spi_i, IKE_SPI_LEN);
	memcpy(h.spi_r, sa->spi_r, IKE_SPI_LEN);
	memcpy(cookies, sa->spi_i, IKE_SPI_LEN);
	memcpy(cookies + IKE_SPI_LEN, sa->spi_r, IKE_SPI_LEN);
	chain_put(&chain, V1_PAYLOAD_HASH, KW_SPAN(hash, hash_len));
	chain_open(&chain, payload);
	if (payload == V1_PAYLOAD_NOTIFICATION)
		v1_build_notify(&w, sa, V1_N_R_U_THERE, KW_SPAN_STR("\0\0\0\7"));
	else
		v1_delete_build(&w, &(struct v1_delete_payload){
			.doi = DOI_IPSEC, .protocol = V1_PROTO_ISAKMP, .spi_len = sizeof(cookies), .n = 1,
			.spis = KW_SPAN(cookies, sizeof(cookies)) });
	chain_close(&chain);
	assert_false(w.bad);
	len = 4 + hash_len;
	assert_int_equal(v1_hash_phase2(sa, NULL, MESSAGE_ID, 1, KW_SPAN(w.buf + len, w.len - len), hash), 0);
	memcpy(w.buf + 4, hash, hash_len);
	h.length = IKE_HEADER_LEN + w.len;
	header_build(&head, &h);
	return h.length;
}

static void a_notify_may_be_authenticated_only(void **state)
{
	struct pair *p = pair_up(1, V1_A, V1_B);
	uint8_t m[256];
	size_t len = authenticated_only(sa_of(&p->a), V1_PAYLOAD_NOTIFICATION, m);

	(void)state;
	pair_consistent(p);
	arrives(p, KW_SPAN(m, len));
	/* *R-U-THERE-ACK */
	assert_int_equal(pair_waiting(p), 1);
	assert_int_equal(datagram_exchange(pair_first(p)), V1_EXCHANGE_INFORMATIONAL);
	assert_int_equal(pair_first(p)->bytes[V1_FLAGS_AT], V1_FLAG_ENCRYPTION);
	pair_settle(p);
	/* Once: it is used up like any other. */
	arrives(p, KW_SPAN(m, len));
	assert_int_equal(pair_waiting(p), 0);
	assert_int_equal(p->b.e->totals.rx_unprotected, 1);
	pair_consistent(p);
	pair_free(p);
}

static void any_change_of_it_is_seen(void **state)
{
	struct pair *p = pair_up(1, V1_A, V1_B);
	uint8_t m[256];
	size_t len = authenticated_only(sa_of(&p->a), V1_PAYLOAD_NOTIFICATION, m);
	unsigned int before;

	(void)state;
	pair_consistent(p);
	before = p->b.e->totals.rx_unprotected;
	for (size_t at = 20; at < len; at++) {
		/* The length, and what is reserved in front of the HASH that covers the rest: nobody looks at it. */
		if ((at >= LENGTH_AT && at < IKE_HEADER_LEN) || at == IKE_HEADER_LEN + 1)
			continue;
		m[at] ^= 1;
		arrives(p, KW_SPAN(m, len));
		m[at] ^= 1;
		assert_int_equal(pair_waiting(p), 0);
	}
	assert_true(p->b.e->totals.rx_unprotected > before);
	/* Nor does the bit's absence make it anything. */
	m[V1_FLAGS_AT] = 0;
	arrives(p, KW_SPAN(m, len));
	assert_int_equal(pair_waiting(p), 0);
	m[V1_FLAGS_AT] = V1_FLAG_AUTH_ONLY;
	arrives(p, KW_SPAN(m, len));
	assert_int_equal(pair_waiting(p), 1);
	pair_settle(p);
	pair_consistent(p);
	pair_free(p);
}

/* RFC 2408 §3.1 has it for notifies alone. */
static void a_delete_is_not(void **state)
{
	struct pair *p = pair_up(1, V1_A, V1_B);
	uint8_t m[256];
	size_t len = authenticated_only(sa_of(&p->a), V1_PAYLOAD_DELETE, m);

	(void)state;
	pair_consistent(p);
	arrives(p, KW_SPAN(m, len));
	assert_int_equal(pair_waiting(p), 0);
	assert_int_equal(p->b.e->totals.rx_unprotected, 1);
	pair_consistent(p);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stranger_is_told_that_it_is_not_spoken),
		cmocka_unit_test(nobody_hears_of_it_behind_the_fence),
		cmocka_unit_test(short_questions_have_no_answer),
		cmocka_unit_test(a_peer_is_told_under_protection),
		cmocka_unit_test(a_notify_may_be_authenticated_only),
		cmocka_unit_test(any_change_of_it_is_seen),
		cmocka_unit_test(a_delete_is_not),
	};

	return cmocka_run_group_tests(tests, v1_setup, NULL);
}
