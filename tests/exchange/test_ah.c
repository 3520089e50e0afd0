// SPDX-License-Identifier: GPL-2.0
/* AH in place of ESP (RFC 4302): negotiated by IKEv2, rekeyed, deleted, and refused where there is no way for it. */
#include <stdio.h>
#include <string.h>

#include "crypto/alg.h"
#include "exchange/pair.h"
#include "ikev2/create_pieces.h"
#include "ikev2/version.h"
#include "wire/isakmp.h"

#define AH "ah = hmac-sha2-256-128\n"
#define A CONF_A IDS_A PSK
#define B CONF_B IDS_B PSK PASSIVE
#define HOST_A "remote = 192.0.2.2\nlocal = 192.0.2.1\nmode = transport\nstart = none\n" IDS_A PSK
#define HOST_B "remote = 192.0.2.1\nlocal = 192.0.2.2\nmode = transport\n" IDS_B PSK PASSIVE

/* Each side's SAs are AH with keys of that algorithm. */
static void is_ah(struct pair *p, uint16_t integ, bool esn)
{
	const struct alg *alg = alg_find(TRANSFORM_INTEG, integ);

	pair_consistent(p);
	for (unsigned int i = 0; i < 2; i++) {
		const struct fake_sa *sa = fake_kernel_current(i ? &p->b.kernel : &p->a.kernel);

		assert_int_equal(sa->protocol, PROTO_AH);
		assert_int_equal(sa->encr, 0);
		assert_int_equal(sa->integ, integ);
		assert_int_equal(sa->key_len, alg->key_len);
		assert_int_equal(sa->esn, esn);
		assert_int_equal(sa->ah_spi, 0);
	}
}

static void rekey_and_settle(struct pair *p, struct side *s, bool ike)
{
	side_rekey(s, ike);
	pair_settle(p);
	pair_run(p, 10000);
}

/* What the other side's child is renewed and ended by names AH: no packet is lost, nothing is left. */
static void it_lives_as_esp_does(void **state)
{
	static const char *const more[] = { "", "pfs = x25519\n" };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		char a[600], b[600];
		struct pair *p;

		snprintf(a, sizeof(a), "%s%s", A AH, more[i]);
		snprintf(b, sizeof(b), "%s%s", B AH, more[i]);
		p = pair_up(1 + i, a, b);
		is_ah(p, INTEG_HMAC_SHA2_256_128, true);
		assert_string_equal(side_view(&p->a).child_algorithms, "hmac-sha2-256-128 / esn");
		p->traffic = true;
		rekey_and_settle(p, &p->a, false);
		rekey_and_settle(p, &p->b, false);
		rekey_and_settle(p, &p->b, true);
		rekey_and_settle(p, &p->a, false);
		is_ah(p, INTEG_HMAC_SHA2_256_128, true);
		if (i)
			assert_string_equal(side_view(&p->b).child_algorithms, "hmac-sha2-256-128 / x25519 / esn");
		assert_int_equal(p->lost_ab + p->lost_ba, 0);
		assert_int_equal(p->a.events[EVENT_CHILD_REKEYED], 3);
		p->traffic = false;
		side_down(i ? &p->b : &p->a);
		pair_settle(p);
		assert_int_equal(side_view(&p->a).child + side_view(&p->b).child, 0);
		pair_free(p);
	}
}

static void with(const char *ah, uint16_t integ, bool esn)
{
	char a[600], b[600];
	struct pair *p;

	snprintf(a, sizeof(a), "%sah = %s\n", A, ah);
	snprintf(b, sizeof(b), "%sah = %s\n", B, ah);
	p = pair_up(integ, a, b);
	is_ah(p, integ, esn);
	rekey_and_settle(p, &p->b, false);
	is_ah(p, integ, esn);
	pair_free(p);
}

static void every_algorithm_in_either_numbering(void **state)
{
	unsigned int seen = 0;
	size_t n;
	const struct alg *alg = alg_table(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		char text[80];

		if (alg[i].type != TRANSFORM_INTEG || !alg[i].ah)
			continue;
		snprintf(text, sizeof(text), "%s+esn", alg[i].name);
		with(text, alg[i].id, true);
		snprintf(text, sizeof(text), "%s+no-esn", alg[i].name);
		with(text, alg[i].id, false);
		seen++;
	}
	assert_int_equal(seen, 9);
}

static void yes_means_the_defaults(void **state)
{
	struct pair *p = pair_up(1, A "ah = yes\n", B "ah = hmac-sha2-512-256+no-esn\n");

	(void)state;
	is_ah(p, INTEG_HMAC_SHA2_512_256, false);
	pair_free(p);
}

static void between_two_hosts(void **state)
{
	struct pair *p = pair_up(1, HOST_A AH, HOST_B AH);

	(void)state;
	is_ah(p, INTEG_HMAC_SHA2_256_128, true);
	assert_true(side_has_transport(&p->a));
	rekey_and_settle(p, &p->a, false);
	is_ah(p, INTEG_HMAC_SHA2_256_128, true);
	assert_true(side_has_transport(&p->b));
	pair_free(p);
}

static void each_message_lost_or_doubled(void **state)
{
	(void)state;
	for (unsigned int which = 0; which < 24; which++) {
		struct mishap m = { .which = which / 2, .twice = which % 2 };
		struct pair *p = pair_new(which + 1, A AH, B AH);

		p->ctx = &m;
		p->on_send = mishap_fate;
		side_up(&p->a);
		pair_run(p, 40000);	/* a half-open IKE SA of a doubled message is forgotten */
		pair_consistent(p);
		p->traffic = true;
		side_rekey(&p->a, false);
		pair_run(p, 40000);
		side_rekey(&p->b, false);
		pair_run(p, 40000);
		is_ah(p, INTEG_HMAC_SHA2_256_128, true);
		assert_int_equal(p->lost_ab + p->lost_ba, 0);
		assert_true(m.count >= 12);
		pair_free(p);
	}
}

/* ---- beside ESP ---- */

#define NETS(local, remote) "local-net = 10." local ".0.0/16\nremote-net = 10." remote ".0.0/16\n"
#define BOTH_A "remote = 192.0.2.2\nlocal = 192.0.2.1\n" IDS_A PSK \
	"[child open]\n" NETS("1", "2") AH "[child secret]\n" NETS("3", "4")
#define BOTH_B "remote = 192.0.2.1\nlocal = 192.0.2.2\n" IDS_B PSK PASSIVE \
	"[child open]\n" NETS("2", "1") AH "[child secret]\n" NETS("4", "3")

static unsigned int count(const struct fake_kernel *k, uint8_t protocol)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < FAKE_SAS; i++)
		n += k->sa[i].used && !k->sa[i].larval && k->sa[i].protocol == protocol;
	return n;
}

static void one_of_each(struct pair *p)
{
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(count(i ? &p->b.kernel : &p->a.kernel, PROTO_AH), 2);
		assert_int_equal(count(i ? &p->b.kernel : &p->a.kernel, PROTO_ESP), 2);
		assert_int_equal(side_view(i ? &p->b : &p->a).child, 2);
	}
}

static void children_of_both_kinds_under_one_ike_sa(void **state)
{
	struct pair *p = pair_up(1, BOTH_A, BOTH_B);

	(void)state;
	one_of_each(p);
	rekey_and_settle(p, &p->a, false);
	rekey_and_settle(p, &p->b, false);
	one_of_each(p);
	side_expire(&p->b, true);	/* deleted by b, and asked for again by a */
	pair_run(p, 20000);
	one_of_each(p);
	rekey_and_settle(p, &p->a, true);
	one_of_each(p);
	side_down(&p->b);
	pair_settle(p);
	assert_int_equal(side_view(&p->a).child, 0);
	pair_free(p);
}

/* ---- refused ---- */

static void refused(const char *a, const char *b, const char *differs, const char *theirs)
{
	struct pair *p = pair_up(1, a, b);

	assert_int_equal(side_view(&p->a).child + side_view(&p->b).child, 0);
	assert_int_equal(p->b.failure.kind, FAILURE_PROPOSAL);
	assert_string_equal(p->b.failure.differs, differs);
	assert_non_null(strstr(p->b.failure.theirs, theirs));
	assert_int_equal(p->a.failure.kind, FAILURE_PROPOSAL);
	assert_non_null(strstr(p->a.failure.text, "NO_PROPOSAL_CHOSEN"));
	assert_int_equal(fake_kernel_larvals(&p->a.kernel) + fake_kernel_larvals(&p->b.kernel), 0);
	pair_free(p);
}

static void what_the_two_do_not_have_in_common_is_named(void **state)
{
	(void)state;
	refused(A AH, B, "protocol", "ah: hmac-sha2-256-128");
	refused(A, B AH, "protocol", "esp: ");
	refused(A AH, B "ah = hmac-sha2-512-256\n", "integrity", "ah: hmac-sha2-256-128");
	refused(A "ah = hmac-sha2-256-128+esn\n", B "ah = hmac-sha2-256-128+no-esn\n", "esn", "/ esn");
}

/* ---- a NAT ---- */

#define ANY_B "remote = any\nlocal = 192.0.2.2\nlocal-net = 10.2.0.0/16\nremote-net = 10.1.0.0/16\n" IDS_B PSK PASSIVE

static void put_nat(struct pair *p)
{
	assert_int_equal(ip_addr_parse(&p->nat, "203.0.113.1"), 0);
	p->nat_port_offset = 10000;
}

static void says_nat(struct side *s, const char *whose)
{
	assert_int_equal(s->failure.kind, FAILURE_PROPOSAL);
	assert_string_equal(s->failure.differs, "NAT");
	assert_non_null(strstr(s->failure.text, "AH covers the addresses that a NAT changes"));
	assert_non_null(strstr(s->failure.text, whose));
	assert_int_equal(fake_kernel_sas(&s->kernel, true) + fake_kernel_sas(&s->kernel, false), 0);
	assert_int_equal(fake_kernel_larvals(&s->kernel), 0);
}

static void a_nat_is_found_before_anything_is_offered(void **state)
{
	struct pair *p = pair_new(1, A AH "start = none\n", ANY_B AH);

	(void)state;
	put_nat(p);
	side_up(&p->a);
	pair_settle(p);
	says_nat(&p->a, "in front of this side");
	pair_free(p);
	/* An ESP child of the same connection comes up all the same. */
	p = pair_new(2, NULL, "remote = any\nlocal = 192.0.2.2\n" IDS_B PSK PASSIVE
		     "[child open]\n" NETS("2", "1") AH "[child secret]\n" NETS("4", "3"));
	put_nat(p);
	side_configure(&p->a, "t", BOTH_A);
	pair_run(p, 5000);
	assert_int_equal(side_view(&p->a).child, 1);
	assert_true(side_view(&p->a).encap);
	assert_int_equal(count(&p->a.kernel, PROTO_AH) + count(&p->b.kernel, PROTO_AH), 0);
	assert_string_equal(p->a.failure.differs, "NAT");
	pair_free(p);
}

static struct ike_step bent_steps[16];
static struct ike_exchange bent;
static const struct ike_exchange *bent_exchanges[8];

/* A peer that sees no NAT where we see one. */
static enum ike_verdict asked_through_a_nat(struct ike_run *run)
{
	run->sa->nat_remote = true;
	return v2_child_asked(run);
}

static void an_offer_through_a_nat_is_refused(void **state)
{
	struct pair *p = pair_new(3, A AH "childless = yes\nstart = none\n", B AH);

	(void)state;
	memcpy(bent_steps, v2_create_child_sa.step, v2_create_child_sa.n * sizeof(bent_steps[0]));
	bent = v2_create_child_sa;
	bent.step = bent_steps;
	for (unsigned int k = 0; k < bent.n; k++)
		if (bent_steps[k].run == v2_child_asked)
			bent_steps[k].run = asked_through_a_nat;
	for (unsigned int k = 0; k < p->b.version.n_exchange; k++)
		bent_exchanges[k] = p->b.version.exchange[k] == &v2_create_child_sa ? &bent : p->b.version.exchange[k];
	p->b.version.exchange = bent_exchanges;
	side_up(&p->a);
	pair_settle(p);
	says_nat(&p->b, "in front of the peer");
	assert_non_null(strstr(p->a.failure.text, "NO_PROPOSAL_CHOSEN"));
	assert_int_equal(side_view(&p->a).child, 0);
	pair_free(p);
}

static void it_ends_when_its_initiator_moves_behind_one(void **state)
{
	struct pair *p = pair_up(4, "remote = 192.0.2.2\nmobike = yes\n" NETS("1", "2") IDS_A PSK AH, ANY_B AH);
	struct ip_addr to;

	(void)state;
	is_ah(p, INTEG_HMAC_SHA2_256_128, true);
	/* Where there is none it goes along. */
	assert_int_equal(ip_addr_parse(&to, "198.51.100.9"), 0);
	p->a.addr = to;
	engine_network_changed(p->a.e);
	pair_settle(p);
	is_ah(p, INTEG_HMAC_SHA2_256_128, true);
	assert_true(ip_addr_equal(&fake_kernel_current(&p->b.kernel)->remote.addr, &to));
	put_nat(p);
	assert_int_equal(ip_addr_parse(&p->a.addr, "10.9.9.9"), 0);
	engine_network_changed(p->a.e);
	pair_settle(p);
	assert_int_equal(side_view(&p->a).child + side_view(&p->b).child, 0);
	says_nat(&p->a, "in front of this side");
	assert_int_equal(side_view(&p->a).ike, 1);
	pair_free(p);
}

/* ---- whose SPI it is ---- */

static int (*plain_seal)(struct ike_run *run, struct sealed *out);

/* Deletes name the other protocol. */
static int seal_of_esp(struct ike_run *run, struct sealed *out)
{
	if (run->out.chain.first == PAYLOAD_DELETE) {
		assert_int_equal(run->out.buf[4], PROTO_AH);
		run->out.buf[4] = PROTO_ESP;
	}
	return plain_seal(run, out);
}

static void a_delete_of_esp_spares_ah(void **state)
{
	struct pair *p = pair_up(5, A AH "start = none\n", B AH);

	(void)state;
	plain_seal = p->b.version.seal;
	p->b.version.seal = seal_of_esp;
	side_expire(&p->b, true);
	pair_settle(p);
	assert_int_equal(side_view(&p->b).child, 0);
	assert_int_equal(side_view(&p->a).child, 1);
	p->b.version.seal = plain_seal;
	side_down(&p->b);
	pair_settle(p);
	assert_int_equal(side_view(&p->a).child, 0);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_lives_as_esp_does),
		cmocka_unit_test(every_algorithm_in_either_numbering),
		cmocka_unit_test(yes_means_the_defaults),
		cmocka_unit_test(between_two_hosts),
		cmocka_unit_test(each_message_lost_or_doubled),
		cmocka_unit_test(children_of_both_kinds_under_one_ike_sa),
		cmocka_unit_test(what_the_two_do_not_have_in_common_is_named),
		cmocka_unit_test(a_nat_is_found_before_anything_is_offered),
		cmocka_unit_test(an_offer_through_a_nat_is_refused),
		cmocka_unit_test(it_ends_when_its_initiator_moves_behind_one),
		cmocka_unit_test(a_delete_of_esp_spares_ah),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
