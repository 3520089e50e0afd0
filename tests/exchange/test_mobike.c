// SPDX-License-Identifier: GPL-2.0
/* An IKE SA and its children follow their initiator to other addresses (RFC 4555). */
#include <string.h>

#include "exchange/pair.h"
#include "wire/isakmp.h"

#define A "remote = 192.0.2.2\nlocal-net = 10.1.0.0/16\nremote-net = 10.2.0.0/16\n" IDS_A PSK
#define B "remote = any\nlocal = 192.0.2.2\nlocal-net = 10.2.0.0/16\nremote-net = 10.1.0.0/16\n" IDS_B PSK

static struct pair *mobile(uint64_t seed)
{
	struct pair *p = pair_up(seed, A "mobike = yes\n", B);

	pair_consistent(p);
	/* §3.3: on port 4500 though there is no NAT, ESP without UDP */
	assert_int_equal(side_view(&p->a).remote.port, 4500);
	assert_false(side_view(&p->a).encap);
	return p;
}

static void move_a(struct pair *p, const char *to)
{
	assert_int_equal(ip_addr_parse(&p->a.addr, to), 0);
	engine_network_changed(p->a.e);
}

static void both_know(struct pair *p)
{
	const struct fake_sa *out = fake_kernel_current(&p->b.kernel);
	const struct fake_sa *in = fake_kernel_find(&p->a.kernel, false, out->spi);
	struct view b = side_view(&p->b);

	pair_consistent(p);
	assert_true(ip_addr_equal(&b.remote.addr, &p->a.addr));
	assert_true(ip_addr_equal(&out->remote.addr, &p->a.addr));
	assert_true(ip_addr_equal(&in->local.addr, &p->a.addr));
	out = fake_kernel_current(&p->a.kernel);
	in = fake_kernel_find(&p->b.kernel, false, out->spi);
	assert_true(ip_addr_equal(&out->local.addr, &p->a.addr));
	assert_true(ip_addr_equal(&in->remote.addr, &p->a.addr));
}

static void the_initiator_moves(void **state)
{
	struct pair *p = mobile(1);
	uint64_t ike = side_view(&p->a).ike_id, child = side_view(&p->a).child_id;

	(void)state;
	engine_network_changed(p->a.e);
	assert_int_equal(pair_waiting(p), 0);
	move_a(p, "198.51.100.9");
	/* INFORMATIONAL {N(UPDATE_SA_ADDRESSES), N(NAT_DETECTION_*)} --> */
	assert_int_equal(datagram_exchange(pair_first(p)), EXCHANGE_INFORMATIONAL);
	pair_deliver(p);
	/* <-- INFORMATIONAL {N(NAT_DETECTION_*)}, <-- INFORMATIONAL {N(COOKIE2)} */
	assert_int_equal(pair_waiting(p), 2);
	pair_settle(p);
	both_know(p);
	assert_int_equal(side_view(&p->a).ike_id, ike);
	assert_int_equal(side_view(&p->a).child_id, child);
	assert_int_equal(p->b.events[EVENT_MOVED], 1);
	assert_int_equal(p->a.events[EVENT_MOVED], 1);
	/* and again, after everything was rekeyed by the side that does not move */
	side_rekey(&p->b, true);
	pair_settle(p);
	side_rekey(&p->b, false);
	pair_settle(p);
	pair_run(p, 10000);
	move_a(p, "203.0.113.7");
	pair_settle(p);
	both_know(p);
	pair_run(p, 100000);
	assert_int_equal(p->a.events[EVENT_IKE_DOWN] + p->b.events[EVENT_IKE_DOWN], 0);
	pair_free(p);
}

/* Its request is out and lost when it moves: it goes out again from the new address, then b is told. */
static void it_moves_while_a_request_is_out(void **state)
{
	struct pair *p = mobile(2);

	(void)state;
	side_rekey(&p->a, false);
	pair_drop(p);
	move_a(p, "198.51.100.9");
	assert_int_equal(pair_waiting(p), 1);
	pair_settle(p);
	both_know(p);
	assert_int_equal(p->a.events[EVENT_CHILD_REKEYED], 1);
	/* moved twice before b has heard of the first */
	move_a(p, "198.51.100.10");
	pair_drop(p);
	move_a(p, "198.51.100.11");
	pair_settle(p);
	both_know(p);
	pair_free(p);
}

/* Into a network with a NAT, and out of it again: ESP goes into UDP, and plain again. */
static void it_moves_behind_a_nat(void **state)
{
	struct pair *p = mobile(3);

	(void)state;
	assert_int_equal(ip_addr_parse(&p->nat, "203.0.113.1"), 0);
	p->nat_port_offset = 10000;
	move_a(p, "10.9.9.9");
	pair_settle(p);
	pair_consistent(p);
	assert_true(side_view(&p->a).encap && side_view(&p->b).encap);
	assert_true(side_view(&p->a).nat_local && side_view(&p->b).nat_remote);
	assert_int_equal(side_view(&p->b).remote.port, 14500);
	assert_int_equal(fake_kernel_current(&p->b.kernel)->remote.port, 14500);
	pair_run(p, 25000);
	assert_true(p->a.keepalives > 0);
	memset(&p->nat, 0, sizeof(p->nat));
	p->nat_port_offset = 0;
	move_a(p, "198.51.100.9");
	pair_settle(p);
	assert_false(side_view(&p->a).encap || side_view(&p->b).encap);
	both_know(p);
	pair_free(p);
}

static enum fate lose_cookie2_answer(struct pair *p, struct datagram *d)
{
	/* what comes back from where a says it is now is not a's */
	if (d->from == &p->a && datagram_is_response(d))
		return FATE_DROP;
	return FATE_DELIVER;
}

/* §3.7: a that is not where it says does not keep b sending there. */
static void a_false_address_is_found_out(void **state)
{
	struct pair *p = mobile(4);

	(void)state;
	p->on_send = lose_cookie2_answer;
	move_a(p, "198.51.100.9");
	pair_run(p, 120000);
	assert_int_equal(p->b.events[EVENT_IKE_DOWN], 1);
	pair_free(p);
}

/* Neither side follows when one of them does not want it. */
static void without_mobike_nothing_moves(void **state)
{
	static const char *const line[][2] = {
		{ "mobike = no\n", "" }, { "", "" }, { "mobike = yes\n", "mobike = no\n" },
	};

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		char a[400], b[400], text[ADDR_STRLEN];
		struct view v;
		struct pair *p;

		strcat(strcpy(a, A), line[i][0]);
		strcat(strcpy(b, B), line[i][1]);
		p = pair_up(10 + i, a, b);
		move_a(p, "198.51.100.9");
		pair_settle(p);
		assert_int_equal(p->sent, 4);
		v = side_view(&p->b);
		assert_string_equal(ip_addr_print(text, &v.remote.addr), "192.0.2.1");
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_initiator_moves),
		cmocka_unit_test(it_moves_while_a_request_is_out),
		cmocka_unit_test(it_moves_behind_a_nat),
		cmocka_unit_test(a_false_address_is_found_out),
		cmocka_unit_test(without_mobike_nothing_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
