// SPDX-License-Identifier: GPL-2.0
/* Further key exchanges: IKE_INTERMEDIATE and IKE_FOLLOWUP_KE (RFC 9242, RFC 9370). */
#include <stdio.h>
#include <string.h>

#include "exchange/pair.h"
#include "ike/core.h"
#include "ike/exchange.h"
#include "ikev2/followup.h"
#include "ikev2/nego.h"
#include "ikev2/v2_sa.h"
#include "wire/isakmp.h"

#define TWO	"ike = aes-gcm-16-256+x25519+ke1-ecp-256+ke2-modp-2048\n"
#define PFS	"pfs = x25519+ke1-ecp-384+ke2-ecp-256\n"
#define A	CONF_A IDS_A PSK
#define B	CONF_B IDS_B PSK PASSIVE

/* The next datagram is of this exchange and direction; it arrives. */
static void next_is(struct pair *p, uint8_t exchange, bool response)
{
	assert_int_equal(datagram_exchange(pair_first(p)), exchange);
	assert_int_equal(datagram_is_response(pair_first(p)), response);
	pair_deliver(p);
}

/* How many requests of the exchange go over the wire until it is quiet; they arrive. */
static unsigned int settle_counting(struct pair *p, uint8_t exchange)
{
	unsigned int n = 0;

	while (pair_waiting(p)) {
		n += datagram_exchange(pair_first(p)) == exchange && !datagram_is_response(pair_first(p));
		pair_deliver(p);
	}
	return n;
}

static void they_come_before_auth(void **state)
{
	struct pair *p = pair_new(1, A TWO, B TWO);

	(void)state;
	side_up(&p->a);
	for (unsigned int way = 0; way < 2; way++)
		next_is(p, EXCHANGE_IKE_SA_INIT, way);
	for (unsigned int n = 0; n < 2; n++)
		for (unsigned int way = 0; way < 2; way++)
			next_is(p, EXCHANGE_IKE_INTERMEDIATE, way);
	assert_false(side_is_up(&p->b));
	for (unsigned int way = 0; way < 2; way++)
		next_is(p, EXCHANGE_IKE_AUTH, way);
	pair_consistent(p);
	assert_non_null(strstr(side_view(&p->a).ike_algorithms, "x25519 / ke1-ecp-256 / ke2-modp-2048"));
	assert_string_equal(side_view(&p->a).ike_algorithms, side_view(&p->b).ike_algorithms);
	pair_free(p);
}

static void one_may_be_left_out(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned int exchanges;
	} try[] = {
		{ "ike = aes-gcm-16-256+x25519+ke1-ecp-256+ke1-none\n", "ike = aes-gcm-16-256+x25519\n", 0 },
		{ "ike = aes-gcm-16-256+x25519\n", "ike = aes-gcm-16-256+x25519+ke3-none+ke3-ecp-256\n", 0 },
		{ "ike = aes-gcm-16-256+x25519+ke1-ecp-256+ke1-none\n",
		  "ike = aes-gcm-16-256+x25519+ke1-ecp-256+ke1-none\n", 1 },
		{ "ike = aes-gcm-16-256+x25519+ke1-none+ke7-ecp-384\n",
		  "ike = aes-gcm-16-256+x25519+ke1-ecp-256+ke1-none+ke7-ecp-384\n", 1 },
		{ "ike = aes-gcm-16-256+x25519+ke1-ecp-256+ke1-ecp-384+ke2-ecp-256+ke2-ecp-384\n",
		  "ike = aes-gcm-16-256+x25519+ke1-ecp-384+ke2-ecp-256+ke2-ecp-384\n", 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(try) / sizeof(try[0]); i++) {
		char a[512], b[512];
		struct pair *p;

		snprintf(a, sizeof(a), A "%s", try[i].a);
		snprintf(b, sizeof(b), B "%s", try[i].b);
		p = pair_new(2, a, b);
		side_up(&p->a);
		assert_int_equal(settle_counting(p, EXCHANGE_IKE_INTERMEDIATE), try[i].exchanges);
		pair_consistent(p);
		pair_free(p);
	}
}

/* Nothing that both could live with: b says so, and what differs. */
static void refused(const char *a, const char *b, const char *why)
{
	struct pair *p = pair_new(3, a, b);

	side_up(&p->a);
	pair_settle(p);
	assert_int_equal(p->b.failure.kind, FAILURE_PROPOSAL);
	if (!strstr(p->b.failure.text, why))
		fail_msg("%s", p->b.failure.text);
	assert_int_equal(p->a.events[EVENT_IKE_UP] + p->b.events[EVENT_IKE_UP], 0);
	pair_free(p);
}

static void one_that_must_be_is_missed_by_name(void **state)
{
	(void)state;
	refused(A TWO, B "ike = aes-gcm-16-256+x25519\n", "additional key exchange");
	refused(A "ike = aes-gcm-16-256+x25519\n", B TWO, "additional key exchange");
	refused(A "ike = aes-gcm-16-256+x25519+ke1-ecp-384\n", B "ike = aes-gcm-16-256+x25519+ke1-ecp-256\n",
		"additional key exchange");
}

/* RFC 9370 §2.2.2: nobody gains anything by the same exchange twice. */
static void the_same_group_twice_is_refused(void **state)
{
	(void)state;
	refused(A "ike = aes-gcm-16-256+x25519+ke1-ecp-256+ke2-ecp-256\n",
		B "ike = aes-gcm-16-256+x25519+ke1-ecp-256+ke2-ecp-256\n", "additional key exchange");
}

/* Somebody on the way takes INTERMEDIATE_EXCHANGE_SUPPORTED out of the message that *ctx counts down to. */
static enum fate without_support(struct pair *p, struct datagram *d)
{
	static const uint8_t notify[] = { N_INTERMEDIATE_EXCHANGE_SUPPORTED >> 8,
					  N_INTERMEDIATE_EXCHANGE_SUPPORTED & 0xff };
	unsigned int *left = p->ctx;
	uint8_t *at = memmem(d->bytes, d->len, notify, sizeof(notify));

	if (datagram_exchange(d) == EXCHANGE_IKE_SA_INIT && !(*left)-- && at)
		at[0] = 0x7f;
	return FATE_DELIVER;
}

static void a_peer_that_does_not_say_it_can_is_not_asked(void **state)
{
	(void)state;
	for (unsigned int message = 0; message < 2; message++) {
		struct pair *p = pair_new(4, A TWO, B TWO);
		unsigned int left = message;

		p->on_send = without_support;
		p->ctx = &left;
		side_up(&p->a);
		assert_int_equal(settle_counting(p, EXCHANGE_IKE_INTERMEDIATE), 0);
		assert_int_equal(p->a.events[EVENT_IKE_UP] + p->b.events[EVENT_IKE_UP], 0);
		pair_free(p);
	}
}

/* ---- a network that loses, doubles, cuts ---- */

static void each_message_may_be_lost_or_doubled(void **state)
{
	(void)state;
	for (unsigned int twice = 0; twice < 2; twice++) {
		for (unsigned int which = 0; which < 8; which++) {
			struct mishap m = { .which = which, .twice = twice };
			struct pair *p = pair_new(5 + which, A TWO, B TWO);

			p->on_send = mishap_fate;
			p->ctx = &m;
			side_up(&p->a);
			/* An IKE_SA_INIT that comes late is half-open for half a minute. */
			pair_run(p, 60000);
			pair_consistent(p);
			pair_free(p);
		}
	}
}

static void a_request_that_comes_again_is_answered_again(void **state)
{
	struct pair *p = pair_new(14, A TWO, B TWO);
	struct datagram *first, old;
	uint8_t bytes[4096];

	(void)state;
	side_up(&p->a);
	pair_deliver(p);
	pair_deliver(p);
	/* IKE_INTERMEDIATE {KEi(1)} -->, twice */
	first = pair_first(p);
	old = *first;
	assert_true(old.len < sizeof(bytes));
	memcpy(bytes, first->bytes, first->len);
	old.bytes = bytes;
	pair_repeat(p);
	pair_deliver(p);
	pair_settle(p);
	/* and once more when all is over */
	pair_inject(p, &p->b, &old);
	assert_int_equal(pair_waiting(p), 0);
	pair_consistent(p);
	pair_free(p);
}

static void they_travel_in_fragments(void **state)
{
#define LARGE "ike = aes-cbc-128+hmac-sha2-256-128+x25519+ke1-modp-8192\nfragmentation = 576\n"
	struct pair *p = pair_new(15, A LARGE, B LARGE);

	(void)state;
	side_up(&p->a);
	pair_deliver(p);
	pair_deliver(p);
	assert_true(pair_waiting(p) > 1);
	assert_int_equal(pair_first(p)->bytes[16], PAYLOAD_SKF);
	pair_settle(p);
	pair_consistent(p);
	pair_free(p);
}

static void a_ppk_is_mixed_in_behind_them(void **state)
{
#define PPK "ppk = \"mixed in\"\nppk-id = k\nppk-required = yes\n"
	struct pair *p = pair_new(16, A TWO PPK, B TWO PPK);

	(void)state;
	side_up(&p->a);
	pair_settle(p);
	pair_consistent(p);
	pair_free(p);
}

/* ---- a peer that holds the keys ---- */

static struct {
	unsigned int message;		/* of its IKE_INTERMEDIATE messages */
	void (*do_it)(struct ike_run *run);
	int (*honest_seal)(struct ike_run *run, struct sealed *out);
	unsigned int seen;
} evil;

static int evil_seal(struct ike_run *run, struct sealed *out)
{
	bool now = run->out.exchange == EXCHANGE_IKE_INTERMEDIATE && evil.seen++ == evil.message;
	int ret;

	if (now && evil.do_it)
		evil.do_it(run);
	ret = evil.honest_seal(run, out);
	/* As if it had said something else than what the other side got. */
	if (now && !evil.do_it)
		v2_sa(run->sa)->int_auth[run->sa->role == IKE_INITIATOR ? 0 : 1][3] ^= 1;
	return ret;
}

static struct pair *pair_with_evil(struct side *(*who)(struct pair *p), unsigned int message,
				   void (*do_it)(struct ike_run *run))
{
	struct pair *p = pair_new(20, NULL, NULL);

	evil.message = message;
	evil.do_it = do_it;
	evil.seen = 0;
	evil.honest_seal = who(p)->version.seal;
	who(p)->version.seal = evil_seal;
	side_configure(&p->b, "t", B TWO);
	side_configure(&p->a, "t", A TWO);
	return p;
}

static struct side *side_a(struct pair *p) { return &p->a; }
static struct side *side_b(struct pair *p) { return &p->b; }

static void auth_proves_every_message(void **state)
{
	(void)state;
	for (unsigned int message = 0; message < 2; message++) {
		struct pair *p = pair_with_evil(side_a, message, NULL);

		pair_settle(p);
		assert_int_equal(p->b.events[EVENT_IKE_UP], 0);
		assert_int_equal(fake_kernel_sas(&p->b.kernel, true), 0);
		assert_int_equal(p->b.failure.kind, FAILURE_PSK);
		pair_free(p);
		p = pair_with_evil(side_b, message, NULL);
		pair_settle(p);
		assert_int_equal(p->a.events[EVENT_IKE_UP], 0);
		assert_int_equal(fake_kernel_sas(&p->a.kernel, true), 0);
		pair_free(p);
	}
}

static void call_it_auth(struct ike_run *run)
{
	run->out.exchange = EXCHANGE_IKE_AUTH;
}

static void skip_one(struct ike_run *run)
{
	struct dh *dh;

	assert_int_equal(dh_new(&dh, KE_MODP_2048), 0);
	run->out.w.len = 0;
	run->out.chain = chain_builder(&run->out.w, SIZE_MAX);
	chain_open(&run->out.chain, PAYLOAD_KE);
	ke_build(&run->out.w, KE_MODP_2048, dh_public(dh));
	chain_close(&run->out.chain);
	dh_free(dh);
}

static void say_nothing(struct ike_run *run)
{
	run->out.w.len = 0;
	run->out.chain = chain_builder(&run->out.w, SIZE_MAX);
}

static void spoil_secret(struct ike_run *run)
{
	if (v2_sa(run->sa)->next_g_ir.len)
		v2_sa(run->sa)->next_g_ir.p[0] ^= 1;
}

/* The keys depend on what each exchange agreed on: with another secret nothing of the peer can be read. */
static void each_secret_counts(void **state)
{
	(void)state;
	for (unsigned int message = 0; message < 2; message++) {
		struct pair *p = pair_with_evil(side_b, message, spoil_secret);

		pair_run(p, 3000);
		assert_int_equal(evil.seen, message + 1);
		assert_int_equal(p->a.events[EVENT_IKE_UP] + p->b.events[EVENT_IKE_UP], 0);
		pair_free(p);
	}
}

/* Another order, a missing one, an IKE_AUTH too early: nobody is let in. */
static void none_may_be_missing(void **state)
{
	static void (*const tricks[])(struct ike_run *) = { call_it_auth, skip_one, say_nothing };

	(void)state;
	for (size_t i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++) {
		for (unsigned int n = 0; n < 4; n++) {
			struct pair *p;

			if (tricks[i] == skip_one && n % 2)
				continue;	/* the second is of that group */
			p = pair_with_evil(n < 2 ? side_a : side_b, n % 2, tricks[i]);
			pair_settle(p);
			assert_int_equal(p->a.events[EVENT_IKE_UP] + p->b.events[EVENT_IKE_UP], 0);
			assert_int_equal(fake_kernel_sas(&p->a.kernel, true) +
					 fake_kernel_sas(&p->b.kernel, true), 0);
			pair_free(p);
		}
	}
}

/* ---- later: IKE_FOLLOWUP_KE ---- */

static void rekeys(struct side *who, bool ike)
{
	struct pair *p = who->p;
	struct view before = side_view(&p->a);

	side_rekey(who, ike);
	assert_int_equal(settle_counting(p, EXCHANGE_IKE_FOLLOWUP_KE), 2);
	pair_run(p, 6000);
	pair_consistent(p);
	assert_true(ike ? side_view(&p->a).ike_id != before.ike_id : side_view(&p->a).child_id != before.child_id);
	if (!ike)
		assert_non_null(strstr(side_view(&p->a).child_algorithms, "x25519 / ke1-ecp-384 / ke2-ecp-256"));
}

static void both_kinds_of_sa_are_rekeyed_by_both(void **state)
{
	struct pair *p = pair_up(30, A TWO PFS, B TWO PFS);

	(void)state;
	pair_run(p, 1000);
	p->traffic = true;
	p->lost_ab = p->lost_ba = 0;
	for (unsigned int round = 0; round < 2; round++) {
		rekeys(&p->a, false);
		rekeys(&p->b, false);
		rekeys(&p->a, true);
		rekeys(&p->b, true);
	}
	assert_int_equal(p->lost_ab + p->lost_ba, 0);
	assert_int_equal(fake_kernel_larvals(&p->a.kernel) + fake_kernel_larvals(&p->b.kernel), 0);
	pair_free(p);
}

static struct ike_sa *first_sa(const struct side *s)
{
	return list_entry(s->e->sas.next, struct ike_sa, node);
}

static void each_secret_of_a_rekey_counts(void **state)
{
	(void)state;
	for (unsigned int ike = 0; ike < 2; ike++) {
		for (unsigned int i = 0; i < 2; i++) {
			struct pair *p = pair_up(90, A TWO PFS, B TWO PFS);
			struct v2_nego *n;

			pair_run(p, 1000);
			side_rekey(&p->a, ike);
			for (unsigned int m = 0; m < 5; m++)
				pair_deliver(p);
			/* IKE_FOLLOWUP_KE {KEi(2), ..} is answered: a has one secret, the other comes with the next. */
			n = first_sa(&p->a)->active->priv;
			assert_int_equal(n->more.n, 1);
			(i ? &n->more.g[0] : &n->g_ir)->p[0] ^= 1;
			next_is(p, EXCHANGE_IKE_FOLLOWUP_KE, true);
			if (ike)
				assert_false(pair_is_consistent(p));
			else
				assert_false(fake_kernel_carries(&p->a.kernel, &p->b.kernel));
			pair_free(p);
		}
	}
}

static void each_followup_may_be_lost_or_doubled(void **state)
{
	(void)state;
	for (unsigned int ike = 0; ike < 2; ike++) {
		for (unsigned int i = 0; i < 16; i++) {
			struct mishap m = { .which = i / 2, .twice = i % 2 };
			struct pair *p = pair_up(31 + i, A TWO PFS, B TWO PFS);
			struct view before;

			pair_run(p, 1000);
			before = side_view(&p->a);
			p->on_send = mishap_fate;
			p->ctx = &m;
			side_rekey(&p->a, ike);
			pair_run(p, 60000);
			pair_consistent(p);
			assert_true(ike ? side_view(&p->a).ike_id != before.ike_id :
					  side_view(&p->a).child_id != before.child_id);
			pair_free(p);
		}
	}
}

/* Both at once, each kind against each, at every distance of messages between them. */
static void two_that_cross_end_in_one(void **state)
{
	(void)state;
	for (unsigned int kinds = 0; kinds < 4; kinds++) {
		for (unsigned int late = 0; late < 8; late++) {
			struct pair *p = pair_up(60 + late, A TWO PFS, B TWO PFS);
			char why[ENGINE_WHY];

			pair_run(p, 1000);
			p->traffic = true;
			p->lost_ab = p->lost_ba = 0;
			side_rekey(&p->a, kinds & 1);
			for (unsigned int i = 0; i < late && pair_waiting(p); i++)
				pair_deliver(p);
			/* There may be nothing left to rekey. */
			engine_rekey(p->b.e, "t", kinds & 2, why);
			pair_run(p, 60000);
			if (!pair_is_consistent(p) || p->lost_ab || p->lost_ba)
				fail_msg("kinds %u, %u messages apart: lost %u and %u", kinds, late,
					 p->lost_ab, p->lost_ba);
			assert_int_equal(fake_kernel_larvals(&p->a.kernel) + fake_kernel_larvals(&p->b.kernel), 0);
			pair_free(p);
		}
	}
}

/* What b keeps for the peer's next key exchange is gone: the peer hears so, and begins again. */
static void what_was_forgotten_begins_again(void **state)
{
	(void)state;
	for (unsigned int ike = 0; ike < 2; ike++) {
		struct pair *p = pair_up(70, A TWO PFS, B TWO PFS);
		struct view before;

		pair_run(p, 1000);
		before = side_view(&p->a);
		side_rekey(&p->a, ike);
		next_is(p, EXCHANGE_CREATE_CHILD_SA, false);
		next_is(p, EXCHANGE_CREATE_CHILD_SA, true);
		v2_followup_free(v2_sa(first_sa(&p->b)));
		/* IKE_FOLLOWUP_KE {KEi(1), N(ADDITIONAL_KEY_EXCHANGE)} -->; <-- N(STATE_NOT_FOUND) */
		next_is(p, EXCHANGE_IKE_FOLLOWUP_KE, false);
		next_is(p, EXCHANGE_IKE_FOLLOWUP_KE, true);
		assert_int_equal(side_view(&p->a).ike_id, before.ike_id);
		assert_int_equal(side_view(&p->a).child_id, before.child_id);
		pair_run(p, 20000);
		pair_consistent(p);
		assert_true(ike ? side_view(&p->a).ike_id != before.ike_id :
				  side_view(&p->a).child_id != before.child_id);
		pair_free(p);
	}
}

static void what_waits_goes_with_its_ike_sa(void **state)
{
	struct pair *p = pair_up(71, A TWO PFS, B TWO PFS);

	(void)state;
	pair_run(p, 1000);
	side_rekey(&p->a, false);
	next_is(p, EXCHANGE_CREATE_CHILD_SA, false);
	side_down(&p->b);
	pair_settle(p);
	pair_run(p, 5000);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_come_before_auth),
		cmocka_unit_test(one_may_be_left_out),
		cmocka_unit_test(one_that_must_be_is_missed_by_name),
		cmocka_unit_test(the_same_group_twice_is_refused),
		cmocka_unit_test(a_peer_that_does_not_say_it_can_is_not_asked),
		cmocka_unit_test(each_message_may_be_lost_or_doubled),
		cmocka_unit_test(a_request_that_comes_again_is_answered_again),
		cmocka_unit_test(they_travel_in_fragments),
		cmocka_unit_test(a_ppk_is_mixed_in_behind_them),
		cmocka_unit_test(auth_proves_every_message),
		cmocka_unit_test(each_secret_counts),
		cmocka_unit_test(none_may_be_missing),
		cmocka_unit_test(both_kinds_of_sa_are_rekeyed_by_both),
		cmocka_unit_test(each_secret_of_a_rekey_counts),
		cmocka_unit_test(each_followup_may_be_lost_or_doubled),
		cmocka_unit_test(two_that_cross_end_in_one),
		cmocka_unit_test(what_was_forgotten_begins_again),
		cmocka_unit_test(what_waits_goes_with_its_ike_sa),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
