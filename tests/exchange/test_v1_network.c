// SPDX-License-Identifier: GPL-2.0
/*
 * IKEv1 on bad networks and against bad peers: every message lost, doubled, overtaken; rekeys that cross; deletes;
 * dead peers; a NAT; wrong secrets and identities; forged and recorded messages (RFC 2408, 2409, 3706, 3947).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/v1.h"

#define OLD_CHILD_MS 95000u	/* after that a replaced child is gone */

/* ---- one message after the other ---- */

/* Nine messages of main and quick mode, then four of a rekey by each side: each is lost once, and doubled once. */
static void each_message_lost_or_doubled(bool twice, const char *a, const char *b)
{
	for (unsigned int which = 0; which < 24; which++) {
		struct mishap one = { .which = which, .twice = twice };
		struct pair *p = pair_new(which + 1, a, b);

		p->ctx = &one;
		p->on_send = mishap_fate;
		side_up(&p->a);
		pair_run(p, 20000);
		pair_consistent(p);
		p->traffic = true;
		side_rekey(&p->a, false);
		pair_run(p, 10000);
		side_rekey(&p->b, false);
		pair_run(p, 10000);
		side_rekey(&p->b, true);
		pair_run(p, 10000);
		assert_int_equal(p->lost_ab + p->lost_ba, 0);
		pair_run(p, OLD_CHILD_MS);
		pair_run(p, OLD_CHILD_MS);
		pair_consistent(p);
		assert_int_equal(p->lost_ab + p->lost_ba, 0);
		assert_true(one.count > 20);
		pair_free(p);
	}
}

static void each_message_lost(void **state)
{
	(void)state;
	each_message_lost_or_doubled(false, V1_A, V1_B);
}

static void each_message_doubled(void **state)
{
	(void)state;
	each_message_lost_or_doubled(true, V1_A, V1_B);
}

static void each_message_lost_with_pfs(void **state)
{
	(void)state;
	each_message_lost_or_doubled(false, V1_A "pfs = modp-2048\n", V1_B "pfs = modp-2048\n");
}

/* ---- rekeys ---- */

static void crossing_rekeys_leave_one_child(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 20; seed++) {
		struct pair *p = pair_up(seed, V1_A, V1_B);

		pair_consistent(p);
		pair_run(p, 40000);
		p->traffic = true;
		side_rekey(&p->a, false);
		side_rekey(&p->b, false);
		pair_run(p, 2 * OLD_CHILD_MS);
		pair_consistent(p);
		assert_int_equal(p->lost_ab + p->lost_ba, 0);
		pair_free(p);
	}
}

static void crossing_phase_1_leaves_one_sa(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 20; seed++) {
		struct pair *p = pair_up(seed, V1_A, V1_B);

		pair_consistent(p);
		pair_run(p, 40000);
		p->traffic = true;
		side_rekey(&p->a, true);
		side_rekey(&p->b, true);
		pair_run(p, 3 * OLD_CHILD_MS);
		pair_consistent(p);
		assert_int_equal(p->lost_ab + p->lost_ba, 0);
		pair_free(p);
	}
}

static void both_begin_at_once(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 20; seed++) {
		struct pair *p = pair_new(seed, V1_A, CONF_B IDS_B PSK V1);

		side_up(&p->a);
		side_up(&p->b);
		pair_run(p, 3 * OLD_CHILD_MS);
		pair_consistent(p);
		pair_free(p);
	}
}

static void lifetimes_end_without_loss(void **state)
{
	const char *lives = "child-lifetime = 200s\nike-lifetime = 500s\n";
	char a[1000], b[1000];
	struct pair *p;

	(void)state;
	snprintf(a, sizeof(a), "%s%s", V1_A, lives);
	snprintf(b, sizeof(b), "%s%s", V1_B, lives);
	p = pair_up(3, a, b);
	p->traffic = true;
	pair_run(p, 3600 * 1000);
	assert_int_equal(p->lost_ab + p->lost_ba, 0);
	assert_true(p->a.events[EVENT_CHILD_REKEYED] > 15);
	assert_true(p->a.events[EVENT_IKE_REKEYED] + p->b.events[EVENT_IKE_REKEYED] > 5);
	assert_int_equal(p->a.events[EVENT_CHILD_DOWN], 0);
	pair_free(p);
}

/* ---- deletes and dead peers ---- */

static void a_delete_is_followed(void **state)
{
	struct pair *p = pair_up(1, V1_A, V1_B);

	(void)state;
	side_down(&p->a);
	pair_settle(p);
	assert_int_equal(side_view(&p->b).ike, 0);
	assert_int_equal(side_view(&p->a).ike, 0);
	pair_free(p);
}

static void a_deleted_child_comes_back(void **state)
{
	struct pair *p = pair_up(1, V1_A, V1_B);

	(void)state;
	side_expire(&p->b, true);
	pair_run(p, 20000);
	pair_consistent(p);
	pair_free(p);
}

static enum fate nothing_arrives(struct pair *p, struct datagram *d)
{
	(void)p;
	(void)d;
	return FATE_DROP;
}

static void a_dead_peer_is_noticed(void **state)
{
	struct pair *p = pair_up(1, V1_A "dpd = 20s\n", V1_B "dpd = 20s\n");

	(void)state;
	/* Alive, and asked about it again and again: nothing comes of it. */
	pair_run(p, 600000);
	pair_consistent(p);
	assert_int_equal(p->a.events[EVENT_IKE_DOWN], 0);
	p->on_send = nothing_arrives;
	pair_run(p, 120000);
	assert_int_equal(p->a.failure.kind, FAILURE_UNREACHABLE);
	assert_int_equal(side_view(&p->b).ike, 0);
	p->on_send = NULL;
	pair_run(p, 120000);
	pair_consistent(p);
	pair_free(p);
}

static void a_restarted_peer_replaces_what_was(void **state)
{
	struct pair *p = pair_up(1, V1_A, V1_B);

	(void)state;
	side_restart(&p->a, V1_A);
	side_up(&p->a);
	pair_run(p, 5000);
	pair_consistent(p);
	pair_free(p);
}

/* ---- NAT ---- */

#define B_ANY "remote = any\nlocal = 192.0.2.2\nlocal-net = 10.2.0.0/16\nremote-net = 10.1.0.0/16\n" IDS_B PSK V1 PASSIVE

static void a_nat_is_found_and_both_float(void **state)
{
	struct pair *p = pair_new(7, NULL, B_ANY);
	struct view a, b;

	(void)state;
	assert_int_equal(ip_addr_parse(&p->nat, "198.51.100.7"), 0);
	p->nat_port_offset = 1000;
	side_configure(&p->a, "t", V1_A);
	pair_run(p, 2000);
	a = side_view(&p->a);
	b = side_view(&p->b);
	assert_true(a.nat_local && !a.nat_remote && b.nat_remote && !b.nat_local);
	assert_true(a.encap && b.encap);
	assert_int_equal(a.remote.port, 4500);
	assert_int_equal(b.remote.port, 5500);
	pair_consistent(p);
	side_rekey(&p->b, false);
	pair_run(p, OLD_CHILD_MS);
	pair_consistent(p);
	pair_run(p, 60000);
	assert_true(p->a.keepalives >= 3);
	pair_free(p);
}

static void encap_forces_udp(void **state)
{
	struct pair *p = pair_up(8, V1_A "encap = yes\n", V1_B);

	(void)state;
	assert_true(side_view(&p->a).encap && side_view(&p->b).encap);
	pair_consistent(p);
	pair_free(p);
}

/* ---- who is not to be let in ---- */

static void a_wrong_secret_is_named(void **state)
{
	struct pair *p = pair_new(1, V1_A, CONF_B IDS_B V1 PASSIVE "psk = \"another secret\"\n");

	(void)state;
	side_up(&p->a);
	pair_run(p, 60000);
	assert_int_equal(p->b.failure.kind, FAILURE_PSK);
	assert_int_equal(p->a.failure.kind, FAILURE_PSK);
	assert_int_equal(p->a.events[EVENT_IKE_UP] + p->b.events[EVENT_IKE_UP], 0);
	pair_free(p);
}

static void a_wrong_identity_is_named(void **state)
{
	struct pair *p = pair_new(1, V1_A, CONF_B V1 PASSIVE PSK "local-id = b.example\nremote-id = c.example\n");

	(void)state;
	side_up(&p->a);
	pair_run(p, 60000);
	assert_int_equal(p->b.failure.kind, FAILURE_IDENTITY);
	assert_int_equal(p->a.failure.kind, FAILURE_REFUSED);
	assert_int_equal(p->a.events[EVENT_IKE_UP] + p->b.events[EVENT_IKE_UP], 0);
	pair_free(p);
}

static void policies_are_compared_one_by_one(void **state)
{
	struct pair *p = pair_new(1, V1_A "ike = aes-cbc-128+hmac-sha1-96+modp-2048\n",
				  V1_B "ike = aes-cbc-128+hmac-sha2-256-128+modp-2048, "
				    "aes-cbc-256+hmac-sha1-96+modp-3072\n");

	(void)state;
	side_up(&p->a);
	pair_run(p, 60000);
	assert_int_equal(p->b.failure.kind, FAILURE_PROPOSAL);
	assert_non_null(strstr(p->b.failure.text, "policy 10: offered hash SHA-1, configured SHA2-256"));
	assert_non_null(strstr(p->b.failure.text,
			       "policy 20: offered encryption AES-CBC-128, configured aes-cbc-256"));
	assert_int_equal(p->a.failure.kind, FAILURE_PROPOSAL);
	assert_string_equal(p->b.failure.differs, "hash");
	pair_free(p);
}

static void selectors_that_differ_are_named(void **state)
{
	struct pair *p = pair_up(1, V1_A,
				 "remote = 192.0.2.1\nlocal = 192.0.2.2\nlocal-net = 10.9.0.0/16\n"
				 "remote-net = 10.1.0.0/16\n" IDS_B PSK V1 PASSIVE);

	(void)state;
	assert_int_equal(side_view(&p->a).state, CONN_IKE_ONLY);
	assert_int_equal(p->b.failure.kind, FAILURE_TS);
	assert_int_equal(p->a.failure.kind, FAILURE_TS);
	pair_free(p);
}

static void esp_proposals_that_differ_are_named(void **state)
{
	struct pair *p = pair_up(1, V1_A "esp = aes-gcm-16-128\n", V1_B "esp = aes-gcm-16-256\n");

	(void)state;
	assert_int_equal(side_view(&p->a).state, CONN_IKE_ONLY);
	assert_int_equal(p->b.failure.kind, FAILURE_PROPOSAL);
	assert_string_equal(p->b.failure.differs, "encryption");
	assert_int_equal(p->a.failure.kind, FAILURE_PROPOSAL);
	pair_free(p);
}

/* ---- the fence ---- */

static void nobody_speaks_ike1_unasked(void **state)
{
	struct pair *p = pair_new(1, V1_A, CONF_B IDS_B PSK PASSIVE);
	struct engine_totals t;

	(void)state;
	side_up(&p->a);
	pair_run(p, 30000);
	assert_int_equal(p->bytes_to[0], 0);	/* not a word */
	engine_totals(p->b.e, &t);
	assert_int_equal(t.ike_sas, 0);
	assert_true(t.rx_unknown_spi > 0);
	pair_free(p);
}

static void a_version_is_not_talked_down(void **state)
{
	struct pair *p = pair_new(1, CONF_A IDS_A PSK, V1_B);

	(void)state;
	side_up(&p->a);
	pair_run(p, 30000);
	assert_int_equal(p->a.events[EVENT_IKE_UP] + p->b.events[EVENT_IKE_UP], 0);
	pair_free(p);
}

/* ---- forgeries and recordings ---- */

static struct datagram copy_of(const struct datagram *d)
{
	struct datagram c = *d;

	c.bytes = malloc(d->len + 1);
	memcpy(c.bytes, d->bytes, d->len);
	return c;
}

/* A delete and a notify that nobody signed do nothing, and are counted. */
static void what_is_not_protected_is_ignored(void **state)
{
	static const uint8_t delete[] = { 0, 0, 0, 28, 0, 0, 0, 1, 1, 16, 0, 1 };
	struct pair *p = pair_new(1, V1_A, V1_B);
	struct engine_totals t;
	struct datagram d;
	uint8_t bytes[28 + 28];

	(void)state;
	side_up(&p->a);
	for (unsigned int i = 0; i < 5; i++)
		pair_deliver(p);
	d = *pair_first(p);
	pair_settle(p);
	pair_consistent(p);
	d = (struct datagram){ .from = &p->b, .to = &p->a, .socket = NET_SOCKET_IKE, .bytes = bytes,
			       .len = sizeof(bytes) };
	d.src = (struct endpoint){ p->b.addr, 500 };
	d.dst = (struct endpoint){ p->a.addr, 500 };
	memset(bytes, 0, sizeof(bytes));
	/* cookies as an eavesdropper knows them */
	assert_true(p->sent > 0);
	side_rekey(&p->a, false);
	memcpy(bytes, pair_first(p)->bytes, 16);
	bytes[16] = V1_PAYLOAD_DELETE;
	bytes[17] = 0x10;
	bytes[18] = V1_EXCHANGE_INFORMATIONAL;
	bytes[23] = 77;
	bytes[27] = sizeof(bytes);
	memcpy(bytes + 28, delete, sizeof(delete));
	memcpy(bytes + 40, bytes, 16);
	pair_inject(p, &p->a, &d);
	pair_inject(p, &p->b, &d);
	engine_totals(p->a.e, &t);
	assert_int_equal(t.rx_unprotected, 1);
	pair_run(p, OLD_CHILD_MS);
	pair_consistent(p);
	pair_free(p);
}

/* A recorded first message of quick mode, after its exchange is over, or while it runs: no child, no larval SPI. */
static void a_recorded_quick_mode_makes_nothing(void **state)
{
	struct pair *p = pair_new(1, V1_A, V1_B);
	struct datagram recorded;
	unsigned int installs;

	(void)state;
	side_up(&p->a);
	for (unsigned int i = 0; i < 6; i++)
		pair_deliver(p);
	recorded = copy_of(pair_first(p));
	pair_settle(p);
	pair_consistent(p);
	installs = p->b.kernel.installs;
	for (unsigned int i = 0; i < 3; i++) {
		pair_inject(p, &p->b, &recorded);
		pair_run(p, 2000);
	}
	assert_int_equal(p->b.kernel.installs, installs);
	/* and long after, when its answer is forgotten */
	for (unsigned int i = 0; i < 40; i++) {
		side_rekey(&p->a, false);
		pair_run(p, OLD_CHILD_MS);
	}
	installs = p->b.kernel.installs;
	pair_inject(p, &p->b, &recorded);
	pair_run(p, 2000);
	assert_int_equal(p->b.kernel.installs, installs);
	pair_consistent(p);
	free(recorded.bytes);
	pair_free(p);
}

/* Never more octets to an address that has not shown that it receives than came from it. */
static void a_stranger_gets_no_more_than_he_sends(void **state)
{
	struct pair *p = pair_new(1, V1_A, V1_B);

	(void)state;
	side_up(&p->a);
	pair_deliver(p);
	assert_true(p->bytes_to[0] && p->bytes_to[0] <= p->bytes_to[1]);
	/* nor by waiting: only who asks again is answered again */
	p->on_send = nothing_arrives;
	pair_drop(p);
	pair_run(p, 1000);
	assert_true(p->bytes_to[0] <= p->bytes_to[1]);
	pair_free(p);
}

static void cookies_cannot_be_used_up(void **state)
{
	struct pair *p = pair_new(1, V1_A, V1_B);
	struct engine_totals t;
	struct datagram d;

	(void)state;
	side_up(&p->a);
	d = copy_of(pair_first(p));
	for (unsigned int i = 0; i < 5000; i++) {
		memcpy(d.bytes, &i, sizeof(i));
		d.bytes[7] = 1;
		d.src.port = 1024 + i;
		pair_inject(p, &p->b, &d);
	}
	engine_totals(p->b.e, &t);
	assert_true(t.half_open <= 101);
	assert_true(t.rx_over_limit > 4000);
	/* they go by themselves, and the true peer comes through */
	while (pair_first(p))
		pair_drop(p);
	pair_run(p, 120000);
	pair_consistent(p);
	free(d.bytes);
	pair_free(p);
}

/* Octets changed on the way, in the clear and in ciphertext: nothing breaks, and all is well when it stops. */
static enum fate flip(struct pair *p, struct datagram *d)
{
	if (!world_random(&p->w, 3))
		for (unsigned int i = 0; i <= world_random(&p->w, 4); i++)
			d->bytes[world_random(&p->w, d->len)] ^= 1 << world_random(&p->w, 8);
	if (!world_random(&p->w, 20))
		d->len = world_random(&p->w, d->len);
	return FATE_DELIVER;
}

static void changed_messages_break_nothing(void **state)
{
	const char *n = getenv("CAMPAIGN");
	uint64_t end = 1 + (n ? strtoull(n, NULL, 0) : 60);
	char why[ENGINE_WHY];

	(void)state;
	for (uint64_t seed = 1; seed < end; seed++) {
		const char *mode = seed % 3 ? "" : "aggressive = with-psk\n";
		char a[1000], b[1000];
		struct pair *p;

		/* NAT-D is not authenticated in phase 1: with encap both sides hold for a NAT whatever it says. */
		snprintf(a, sizeof(a), "%s%s%s", V1_A, "dpd = 20s\nencap = yes\n", mode);
		snprintf(b, sizeof(b), "%s%s%s", V1_B, "dpd = 20s\nencap = yes\n", mode);
		p = pair_new(seed, a, b);
		p->on_send = flip;
		for (unsigned int i = 0; i < 8; i++) {
			pair_run(p, 15000);
			engine_rekey(p->a.e, "t", i & 1, why);
			engine_rekey(p->b.e, "t", i & 2, why);
		}
		p->on_send = NULL;
		pair_run(p, 120000);
		for (unsigned int i = 0; i < 60 && !pair_is_consistent(p); i++)
			pair_run(p, 10000);
		pair_consistent(p);
		pair_free(p);
	}
}

/* ---- everything at once ---- */

static enum fate bad_network(struct pair *p, struct datagram *d)
{
	d->due += world_random(&p->w, 500);
	if (world_random(&p->w, 100) < 20)
		return FATE_DROP;
	if (world_random(&p->w, 100) < 10) {
		struct datagram *copy = malloc(sizeof(*copy));

		*copy = *d;
		copy->bytes = malloc(d->len + 1);
		memcpy(copy->bytes, d->bytes, d->len);
		copy->due += world_random(&p->w, 2000);
		list_init(&copy->node);
		list_add_tail(&p->wire, &copy->node);
	}
	return FATE_DELIVER;
}

/* CAMPAIGN=n: so many seeds. */
static void one_set_of_sas_is_left_in_the_end(void **state)
{
	const char *n = getenv("CAMPAIGN");
	uint64_t end = 1 + (n ? strtoull(n, NULL, 0) : 40);
	char why[ENGINE_WHY];

	(void)state;
	for (uint64_t seed = 1; seed < end; seed++) {
		struct pair *p = pair_new(seed, V1_A "dpd = 20s\n", seed & 1 ? V1_B "dpd = 20s\n"
								    : CONF_B IDS_B PSK V1 "dpd = 20s\n");

		if (getenv("CAMPAIGN_SHOW"))
			print_message("seed %llu\n", (unsigned long long)seed);
		p->on_send = bad_network;
		for (unsigned int i = 0; i < 20; i++) {
			struct side *s = world_random(&p->w, 2) ? &p->a : &p->b;

			switch (world_random(&p->w, 8)) {
			case 0 ... 2:
				engine_rekey(s->e, "t", false, why);
				break;
			case 3 ... 4:
				engine_rekey(s->e, "t", true, why);
				break;
			case 5:
				engine_delete(s->e, "t", why);
				break;
			case 6:
				engine_rekey(p->a.e, "t", false, why);
				engine_rekey(p->b.e, "t", false, why);
				break;
			}
			pair_run(p, world_random(&p->w, 20000));
		}
		p->on_send = NULL;
		pair_run(p, 120000);
		for (unsigned int i = 0; i < 60 && !pair_is_consistent(p); i++)
			pair_run(p, 10000);
		pair_consistent(p);
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_message_lost),
		cmocka_unit_test(each_message_doubled),
		cmocka_unit_test(each_message_lost_with_pfs),
		cmocka_unit_test(crossing_rekeys_leave_one_child),
		cmocka_unit_test(crossing_phase_1_leaves_one_sa),
		cmocka_unit_test(both_begin_at_once),
		cmocka_unit_test(lifetimes_end_without_loss),
		cmocka_unit_test(a_delete_is_followed),
		cmocka_unit_test(a_deleted_child_comes_back),
		cmocka_unit_test(a_dead_peer_is_noticed),
		cmocka_unit_test(a_restarted_peer_replaces_what_was),
		cmocka_unit_test(a_nat_is_found_and_both_float),
		cmocka_unit_test(encap_forces_udp),
		cmocka_unit_test(a_wrong_secret_is_named),
		cmocka_unit_test(a_wrong_identity_is_named),
		cmocka_unit_test(policies_are_compared_one_by_one),
		cmocka_unit_test(selectors_that_differ_are_named),
		cmocka_unit_test(esp_proposals_that_differ_are_named),
		cmocka_unit_test(nobody_speaks_ike1_unasked),
		cmocka_unit_test(a_version_is_not_talked_down),
		cmocka_unit_test(what_is_not_protected_is_ignored),
		cmocka_unit_test(a_recorded_quick_mode_makes_nothing),
		cmocka_unit_test(a_stranger_gets_no_more_than_he_sends),
		cmocka_unit_test(cookies_cannot_be_used_up),
		cmocka_unit_test(changed_messages_break_nothing),
		cmocka_unit_test(one_set_of_sas_is_left_in_the_end),
	};

	return cmocka_run_group_tests(tests, v1_setup, NULL);
}
