// SPDX-License-Identifier: GPL-2.0
/*
 * Messages that no honest peer sends: every octet of the first four messages changed, every payload of every
 * message left out, doubled or spoiled by a peer that holds the keys. Nobody gets in, nothing breaks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/pair.h"
#include "ike/exchange.h"
#include "wire/isakmp.h"

#define A CONF_A IDS_A PSK
#define B CONF_B IDS_B PSK PASSIVE

/* The nth message of the connect, counted from 0, has one octet changed; then the network goes away. */
static size_t flip(unsigned int nth, size_t at, uint8_t with)
{
	struct pair *p = pair_new(1, A, B);
	struct engine_totals t;
	struct side *receiver;
	size_t len;

	side_up(&p->a);
	for (unsigned int i = 0; i < nth; i++)
		pair_deliver(p);
	receiver = pair_first(p)->to;
	len = pair_first(p)->len;
	if (at < len) {
		pair_first(p)->bytes[at] ^= with;
		pair_deliver(p);
		engine_totals(p->b.e, &t);
		/* b may refuse it without keeping anything (another group, say): then a honestly tries again. */
		if (nth || t.ike_sas)
			pair_settle(p);
		/* What a signs does not cover the answer to IKE_SA_INIT, so b may be up until a disowns it. */
		if (receiver->events[EVENT_IKE_UP] || p->a.events[EVENT_IKE_UP] ||
		    (!nth && p->b.events[EVENT_IKE_UP]) ||
		    (nth == 1 && fake_kernel_sas(&p->b.kernel, true)))
			fail_msg("message %u with octet %zu ^ %02x was taken", nth, at, with);
	}
	pair_free(p);
	return len;
}

static void every_octet_of_the_connect_counts(void **state)
{
	(void)state;
	for (unsigned int nth = 0; nth < 4; nth++)
		for (size_t at = 0, len = 1; at < len; at++)
			len = flip(nth, at, 1 << (at % 8));
}

static void truncated_messages_are_dropped(void **state)
{
	(void)state;
	for (unsigned int nth = 0; nth < 4; nth++) {
		struct pair *p = pair_new(2, A, B);

		side_up(&p->a);
		for (unsigned int i = 0; i < nth; i++)
			pair_deliver(p);
		for (size_t len = 0; len < pair_first(p)->len; len++) {
			struct datagram cut = *pair_first(p);

			cut.len = len;
			pair_inject(p, cut.to, &cut);
		}
		pair_settle(p);
		pair_consistent(p);
		pair_free(p);
	}
}

/* ---- a peer that holds the keys ---- */

enum mischief { LEAVE_OUT, TWICE, SPOIL, EMPTY };

static struct {
	struct side *by;
	enum mischief what;
	unsigned int message, payload;	/* of its messages; of the payloads in that one */
	unsigned int seen;
	const char *conf_a, *conf_b;
	unsigned int connect;		/* its messages until it is let in */
	uint8_t type;			/* out: of the payload */
	bool done;
	uint64_t rng;
} evil;

struct piece {
	uint8_t type;
	struct kw_span body;
};

static void write_pieces(struct ike_run *run, const struct piece *piece, unsigned int n)
{
	uint8_t *copy = malloc(OUT_MAX);
	struct kw_writer w = kw_writer(copy, OUT_MAX);
	struct chain_builder c = chain_builder(&w, SIZE_MAX);

	for (unsigned int i = 0; i < n; i++)
		chain_put(&c, piece[i].type, piece[i].body);
	chain_close(&c);
	memcpy(run->out.buf, copy, w.len);
	run->out.w.len = w.len;
	run->out.chain.first = c.first;
	free(copy);
}

static struct kw_span spoiled(struct kw_span body)
{
	static uint8_t bytes[2048];

	memcpy(bytes, body.p, body.len);
	for (unsigned int i = 0; body.len && i < 3; i++) {
		evil.rng = evil.rng * 6364136223846793005ull + 1442695040888963407ull;
		bytes[(evil.rng >> 33) % body.len] ^= evil.rng >> 56;
	}
	return KW_SPAN(bytes, body.len);
}

static void do_mischief(struct ike_run *run)
{
	struct chain c = chain_start(run->out.chain.first, kw_written(&run->out.w));
	struct piece piece[CHAIN_MAX + 1];
	struct payload p;
	unsigned int n = 0, at = evil.payload;

	while (n < CHAIN_MAX && chain_next(&c, &p) > 0)
		piece[n++] = (struct piece){ p.type, p.body };
	if (at >= n)
		return;
	evil.done = true;
	evil.type = piece[at].type;
	switch (evil.what) {
	case LEAVE_OUT:
		memmove(&piece[at], &piece[at + 1], (n - at - 1) * sizeof(piece[0]));
		n--;
		break;
	case TWICE:
		memmove(&piece[at + 1], &piece[at], (n - at) * sizeof(piece[0]));
		n++;
		break;
	case SPOIL:
		piece[at].body = spoiled(piece[at].body);
		break;
	case EMPTY:
		piece[at].body.len = 0;
		break;
	}
	write_pieces(run, piece, n);
}

static int (*honest_seal)(struct ike_run *run, struct sealed *out);

static int evil_seal(struct ike_run *run, struct sealed *out)
{
	if (evil.seen++ == evil.message)
		do_mischief(run);
	return honest_seal(run, out);
}

/* What a receiver cannot do without. */
static bool is_needed(uint8_t type)
{
	return type == PAYLOAD_SA || type == PAYLOAD_KE || type == PAYLOAD_NONCE ||
	       type == PAYLOAD_IDI || type == PAYLOAD_IDR || type == PAYLOAD_AUTH ||
	       type == PAYLOAD_TSI || type == PAYLOAD_TSR;
}

/* A whole life with one bad message in it. false: the message has no such payload. */
static bool live_with(bool by_a, enum mischief what, unsigned int message, unsigned int payload,
		      uint64_t seed)
{
	struct pair *p = pair_new(3, NULL, NULL);
	bool connects;

	evil.by = by_a ? &p->a : &p->b;
	evil.what = what;
	evil.message = message;
	evil.payload = payload;
	evil.seen = 0;
	evil.done = false;
	evil.rng = seed;
	honest_seal = evil.by->version.seal;
	evil.by->version.seal = evil_seal;
	side_configure(&p->b, "t", evil.conf_b);
	side_configure(&p->a, "t", evil.conf_a);
	pair_settle(p);
	connects = message < evil.connect;
	if (evil.done && connects && what != SPOIL && is_needed(evil.type) &&
	    evil.type != PAYLOAD_IDR && (by_a ? side_is_up(&p->b) : side_is_up(&p->a)))
		fail_msg("%s's message %u with mischief %u to payload %u (type %u) made a child",
			 evil.by->name, message, what, payload, evil.type);
	if (side_is_up(&p->a)) {
		char why[ENGINE_WHY];

		engine_rekey(p->a.e, "t", false, why);
		pair_settle(p);
		engine_rekey(p->b.e, "t", false, why);
		pair_settle(p);
		engine_rekey(p->a.e, "t", true, why);
		pair_settle(p);
		engine_rekey(p->b.e, "t", true, why);
		pair_settle(p);
		engine_delete(p->a.e, "t", why);
	}
	/* The mischief was done once: they get over it. */
	pair_run(p, 180000);
	for (unsigned int i = 0; i < 30 && !pair_is_consistent(p); i++)
		pair_run(p, 10000);
	pair_consistent(p);
	pair_free(p);
	return evil.done;
}

static void mischief_between(const char *conf_a, const char *conf_b, unsigned int connect, enum mischief what,
			     unsigned int rounds)
{
	unsigned int n = 0;

	evil.conf_a = conf_a;
	evil.conf_b = conf_b;
	evil.connect = connect;

	for (unsigned int side = 0; side < 2; side++)
		for (unsigned int message = 0; message < 8 + evil.connect; message++)
			for (unsigned int payload = 0, more = 1; more; payload++)
				for (unsigned int round = 0; more && round < rounds; round++) {
					more = live_with(side, what, message, payload,
							 n * 977 + round);
					n += more;
				}
	print_message("%u bad messages\n", n);
	assert_true(n > 40);
}

static void mischief(enum mischief what, unsigned int rounds)
{
	mischief_between(A "pfs = x25519\n", B "pfs = x25519\n", 2, what, rounds);
}

/* The same among further key exchanges (RFC 9370): each message of a rekey is two, and one comes before IKE_AUTH. */
static void a_payload_of_further_key_exchanges(void **state)
{
#define FURTHER "ike = aes-gcm-16-256+x25519+ke1-ecp-256\npfs = x25519+ke1-ecp-256\n"
	(void)state;
	mischief_between(A FURTHER, B FURTHER, 3, LEAVE_OUT, 1);
	mischief_between(A FURTHER, B FURTHER, 3, SPOIL, 1);
}

static void a_payload_left_out(void **state)
{
	(void)state;
	mischief(LEAVE_OUT, 1);
}

static void a_payload_twice(void **state)
{
	(void)state;
	mischief(TWICE, 1);
}

static void a_payload_without_content(void **state)
{
	(void)state;
	mischief(EMPTY, 1);
}

static void a_payload_spoiled(void **state)
{
	(void)state;
	mischief(SPOIL, 4);
}

/* Each exchange type with each message id and flag, at an established IKE SA, without its keys. */
static void strangers_with_the_right_spis_get_nothing(void **state)
{
	struct pair *p = pair_established(4);
	struct datagram *d, base;

	(void)state;
	side_rekey(&p->a, false);
	d = pair_first(p);
	base = *d;
	base.bytes = malloc(d->len);
	memcpy(base.bytes, d->bytes, d->len);
	pair_settle(p);
	for (unsigned int exchange = 0; exchange < 256; exchange++) {
		for (unsigned int flags = 0; flags < 256; flags += 8) {
			unsigned int before = p->sent;
			uint8_t id = exchange % 5;

			base.bytes[16] = exchange % 3 ? PAYLOAD_DELETE : PAYLOAD_SK;
			base.bytes[18] = exchange;
			base.bytes[19] = flags;
			base.bytes[23] = id;
			pair_inject(p, &p->b, &base);
			/* At most the repeat of an answer that was given already. */
			assert_true(p->sent - before <= 1);
			while (pair_first(p))
				pair_drop(p);
		}
	}
	pair_consistent(p);
	free(base.bytes);
	pair_free(p);
}

/* INFORMATIONAL in the clear, as from a peer that was restarted and gets ESP it does not know (RFC 7296 §1.5). */
static void rumour_of(struct pair *p, uint32_t spi)
{
	uint8_t bytes[28 + 12] = { [0] = 1, [16] = PAYLOAD_NOTIFY, [17] = 0x20,
				   [18] = EXCHANGE_INFORMATIONAL, [19] = IKE_FLAG_INITIATOR,
				   [27] = sizeof(bytes), [31] = 12, [35] = N_INVALID_SPI,
				   [36] = spi >> 24, [37] = spi >> 16, [38] = spi >> 8, [39] = spi };
	struct datagram d = { .bytes = bytes, .len = sizeof(bytes) };

	d.src.addr = p->b.addr;
	d.src.port = 500;
	d.dst.addr = p->a.addr;
	d.dst.port = 500;
	pair_inject(p, &p->a, &d);
}

static void a_rumour_is_a_reason_to_ask(void **state)
{
	struct pair *p = pair_established(30);
	uint32_t spi = side_view(&p->a).spi_out;

	(void)state;
	rumour_of(p, spi + 1);
	assert_int_equal(pair_waiting(p), 0);
	for (unsigned int i = 0; i < 5; i++)
		rumour_of(p, spi);
	/* INFORMATIONAL {} -->, once; nothing has changed */
	assert_int_equal(pair_waiting(p), 1);
	assert_int_equal(datagram_exchange(pair_first(p)), EXCHANGE_INFORMATIONAL);
	pair_settle(p);
	rumour_of(p, spi);
	assert_int_equal(pair_waiting(p), 0);
	pair_run(p, 11000);
	rumour_of(p, spi);
	assert_int_equal(pair_waiting(p), 1);
	pair_settle(p);
	pair_consistent(p);
	assert_int_equal(p->a.events[EVENT_CHILD_DOWN] + p->a.events[EVENT_IKE_DOWN], 0);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_octet_of_the_connect_counts),
		cmocka_unit_test(truncated_messages_are_dropped),
		cmocka_unit_test(a_payload_left_out),
		cmocka_unit_test(a_payload_of_further_key_exchanges),
		cmocka_unit_test(a_payload_twice),
		cmocka_unit_test(a_payload_without_content),
		cmocka_unit_test(a_payload_spoiled),
		cmocka_unit_test(strangers_with_the_right_spis_get_nothing),
		cmocka_unit_test(a_rumour_is_a_reason_to_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
