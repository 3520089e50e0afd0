// SPDX-License-Identifier: GPL-2.0
/*
 * What networks do: loss, silence, NATs, small MTUs; and the wanted state that outlives all of it
 * (RFC 7296 §2.1, §2.4, §2.23; RFC 7383).
 */
#include <stdio.h>
#include <string.h>

#include "exchange/credentials.h"
#include "exchange/pair.h"
#include "ike/message.h"
#include "ike/sa.h"
#include "ikev2/version.h"
#include "wire/isakmp.h"

#define A CONF_A IDS_A PSK
#define B CONF_B IDS_B PSK PASSIVE

static enum fate black_hole(struct pair *p, struct datagram *d)
{
	(void)p;
	(void)d;
	return FATE_DROP;
}

/* ---- silence ---- */

static void a_silent_peer_is_named_and_tried_for_ever(void **state)
{
	struct pair *p = pair_new(1, A, B);
	struct view v;

	(void)state;
	p->on_send = black_hole;
	pair_run(p, 60000);
	assert_int_equal(p->a.failure.kind, FAILURE_UNREACHABLE);
	assert_non_null(strstr(p->a.failure.text, "192.0.2.2:500"));
	assert_non_null(strstr(p->a.failure.text, "6 tries"));
	pair_run(p, 24 * 3600 * 1000ull);
	v = side_view(&p->a);
	assert_int_equal(v.wanted, CONN_WANTED_UP);
	assert_true(p->a.events[EVENT_CONNECTING] > 500);
	/* never more than the cap and a quarter apart */
	assert_true(v.state == CONN_CONNECTING || v.next_try_ms <= 75000);
	p->on_send = NULL;
	pair_run(p, 120000);
	pair_consistent(p);
	assert_int_equal(side_view(&p->a).tries, 0);
	pair_free(p);
}

static uint64_t first_gap, last_time;
static unsigned int n_requests;

static enum fate measure(struct pair *p, struct datagram *d)
{
	(void)d;
	if (n_requests == 1)
		first_gap = p->w.now - last_time;
	n_requests++;
	last_time = p->w.now;
	return FATE_DROP;
}

static void requests_back_off(void **state)
{
	struct pair *p = pair_new(2, A, B);
	uint64_t start = p->w.now;

	(void)state;
	n_requests = 0;
	p->on_send = measure;
	while (!p->a.events[EVENT_FAILURE])
		pair_run(p, 100);
	assert_int_equal(n_requests, 6);
	assert_in_range(first_gap, 900, 1100);
	/* 1 + 1.8 + 3.24 + 5.8 + 10.5 s, then the wait of 18.9 s */
	assert_in_range(p->w.now - start, 36000, 46000);
	pair_free(p);
}

static void no_route_is_named(void **state)
{
	struct pair *p = pair_new(3, NULL, B);

	(void)state;
	p->a.no_route = true;
	side_configure(
		&p->a, "t",
		"remote = 192.0.2.2\nlocal-net = 10.1.0.0/16\nremote-net = 10.2.0.0/16\n" IDS_A
			PSK);
	pair_settle(p);
	assert_int_equal(p->a.failure.kind, FAILURE_UNREACHABLE);
	assert_non_null(strstr(p->a.failure.text, "no route"));
	p->a.no_route = false;
	pair_run(p, 5000);
	pair_consistent(p);
	pair_free(p);
}

/* ---- names ---- */

static void a_name_is_looked_up_again_at_every_try(void **state)
{
	struct pair *p = pair_new(4, NULL, B);

	(void)state;
	side_configure(
		&p->a, "t",
		"remote = b.example.net\nlocal-net = 10.1.0.0/16\nremote-net = 10.2.0.0/16\n" IDS_A
			PSK);
	pair_run(p, 10000);
	assert_int_equal(p->a.failure.kind, FAILURE_RESOLVE);
	assert_non_null(strstr(p->a.failure.text, "b.example.net"));
	assert_true(p->w.n_lookups >= 3);
	/* it appears, at a wrong address first */
	p->w.name = "b.example.net";
	p->w.n_name_addr = 1;
	assert_int_equal(ip_addr_parse(&p->w.name_addr[0], "192.0.2.3"), 0);
	pair_run(p, 60000);
	assert_int_equal(p->a.failure.kind, FAILURE_UNREACHABLE);
	assert_int_equal(ip_addr_parse(&p->w.name_addr[0], "192.0.2.2"), 0);
	pair_run(p, 120000);
	pair_consistent(p);
	pair_free(p);
}

/* ---- liveness ---- */

static void a_dead_peer_is_noticed_and_replaced(void **state)
{
	struct pair *p = pair_up(5, A, B);

	(void)state;
	pair_run(p, 300000);
	pair_consistent(p);
	/* b forgets everything without a word */
	side_restart(&p->b, B);
	pair_run(p, 31000 + 46000);
	assert_int_equal(p->a.failure.kind, FAILURE_UNREACHABLE);
	pair_run(p, 10000);
	pair_consistent(p);
	assert_int_equal(p->a.events[EVENT_IKE_UP], 2);
	pair_free(p);
}

static unsigned int probes;

static enum fate count_probes(struct pair *p, struct datagram *d)
{
	(void)p;
	probes += datagram_exchange(d) == EXCHANGE_INFORMATIONAL && !datagram_is_response(d);
	return FATE_DELIVER;
}

static void traffic_makes_liveness_checks_needless(void **state)
{
	struct pair *p = pair_up(6, A, B);

	(void)state;
	probes = 0;
	p->on_send = count_probes;
	for (unsigned int i = 0; i < 60; i++) {
		p->a.kernel.last_in_ms = p->w.now;
		p->b.kernel.last_in_ms = p->w.now;
		pair_run(p, 10000);
	}
	assert_int_equal(probes, 0);
	pair_run(p, 120000);
	assert_in_range(probes, 2, 10);
	pair_free(p);
}

/*
 * a repeats IKE_AUTH as strongSwan does, after 4, 11, 24, 47 and 90 s; the first five answers of b are lost. Until a
 * has one it ignores whatever b sends on an IKE SA that it does not know to be up.
 */
static unsigned int answers_lost, answers_to_lose, asked_early;

static enum fate lose_answers(struct pair *p, struct datagram *d)
{
	if (d->from != &p->b)
		return FATE_DELIVER;
	if (datagram_exchange(d) == EXCHANGE_IKE_AUTH && answers_lost < answers_to_lose) {
		answers_lost++;
		return FATE_DROP;
	}
	asked_early += !datagram_is_response(d) && answers_lost < answers_to_lose;
	return FATE_DELIVER;
}

static struct pair *pair_losing_answers(uint64_t seed, const char *conf_b, unsigned int lose)
{
	const char *const a[] = { "t", A, NULL };
	struct pair *p = pair_new(seed, NULL, conf_b);
	struct conf *conf = side_conf(a);
	char why[ENGINE_WHY];

	conf->daemon.retransmit_ms = 4000;
	answers_lost = asked_early = 0;
	answers_to_lose = lose;
	p->on_send = lose_answers;
	assert_int_equal(engine_configure(p->a.e, conf, false, NULL, NULL, why), 0);
	return p;
}

static void a_lost_answer_is_not_a_dead_peer(void **state)
{
	struct pair *p = pair_losing_answers(24, B "dpd = 5s\n", 5);

	(void)state;
	pair_run(p, 80000);
	assert_false(side_is_up(&p->a));
	assert_true(side_is_up(&p->b));
	assert_int_equal(asked_early, 0);
	pair_run(p, 30000);
	pair_consistent(p);
	assert_int_equal(p->a.events[EVENT_IKE_UP], 1);
	assert_int_equal(p->b.events[EVENT_IKE_UP], 1);
	assert_int_equal(p->b.events[EVENT_FAILURE], 0);
	/* once it was heard it is asked as often as it is written, and its silence counts */
	pair_run(p, 30000);
	p->on_send = black_hole;
	pair_run(p, 5500 + 46000);
	assert_int_equal(p->b.failure.kind, FAILURE_UNREACHABLE);
	pair_free(p);
}

static void what_else_is_wanted_waits_for_the_lost_answer(void **state)
{
	struct pair *p = pair_losing_answers(25, B "dpd = 5s\n", 5);

	(void)state;
	pair_run(p, 1000);
	side_rekey(&p->b, true);
	pair_run(p, 200000);
	pair_consistent(p);
	assert_int_equal(p->b.events[EVENT_IKE_UP], 1);
	assert_int_equal(p->b.events[EVENT_FAILURE], 0);
	assert_int_equal(p->a.events[EVENT_IKE_REKEYED], 1);
	pair_free(p);
}

static void patience_has_an_end(void **state)
{
	struct pair *p = pair_losing_answers(26, B "dpd = 5s\n", 1000);

	(void)state;
	pair_run(p, 1000);
	p->a.no_route = true;
	pair_run(p, 170000);
	assert_true(side_is_up(&p->b));
	pair_run(p, 20000 + 46000);
	assert_int_equal(p->b.failure.kind, FAILURE_UNREACHABLE);
	assert_int_equal(side_view(&p->b).ike, 0);
	pair_free(p);
}

static void traffic_shows_that_the_answer_came(void **state)
{
	struct pair *p = pair_losing_answers(27, B "dpd = 5s\n", 0);

	(void)state;
	pair_run(p, 2000);
	p->b.kernel.last_in_ms = p->w.now;
	p->on_send = black_hole;
	pair_run(p, 10000 + 46000);
	assert_int_equal(p->b.failure.kind, FAILURE_UNREACHABLE);
	pair_free(p);
}

/* ---- NAT ---- */

static unsigned int keepalives_in_a_minute(const char *conf)
{
	struct pair *p = pair_new(7, NULL, "remote = any\nlocal = 192.0.2.2\nlocal-net = 10.2.0.0/16\n"
				  "remote-net = 10.1.0.0/16\n" IDS_B PSK PASSIVE);
	unsigned int n;

	assert_int_equal(ip_addr_parse(&p->nat, "198.51.100.7"), 0);
	side_configure(&p->a, "t", conf);
	pair_settle(p);
	pair_run(p, 60500);
	n = p->a.keepalives;
	pair_free(p);
	return n;
}

static void keepalives_come_as_often_as_asked(void **state)
{
	(void)state;
	assert_int_equal(keepalives_in_a_minute(A), 3);
	assert_int_equal(keepalives_in_a_minute(A "keepalive = 5s\n"), 12);
	assert_int_equal(keepalives_in_a_minute(A "keepalive = never\n"), 0);
}

static void a_nat_is_found_and_both_float(void **state)
{
	struct pair *p = pair_new(7, NULL,
				  "remote = any\nlocal = 192.0.2.2\nlocal-net = 10.2.0.0/16\n"
				  "remote-net = 10.1.0.0/16\n" IDS_B PSK PASSIVE);
	struct view a, b;

	(void)state;
	assert_int_equal(ip_addr_parse(&p->nat, "198.51.100.7"), 0);
	p->nat_port_offset = 1000;
	side_configure(&p->a, "t", A);
	pair_settle(p);
	a = side_view(&p->a);
	b = side_view(&p->b);
	pair_consistent(p);
	assert_true(a.nat_local && !a.nat_remote && a.encap);
	assert_true(b.nat_remote && !b.nat_local && b.encap);
	assert_int_equal(a.remote.port, 4500);
	assert_int_equal(b.remote.port, 5500);
	assert_int_equal(fake_kernel_current(&p->b.kernel)->remote.port, 5500);
	assert_int_equal(fake_kernel_current(&p->a.kernel)->remote.port, 4500);
	pair_run(p, 61000);
	assert_int_equal(p->a.keepalives, 3);
	assert_int_equal(p->b.keepalives, 0);
	/* the NAT forgets and gives another port: the next authenticated message tells */
	p->nat_port_offset = 2000;
	side_rekey(&p->a, false);
	pair_settle(p);
	assert_int_equal(side_view(&p->b).remote.port, 6500);
	assert_int_equal(fake_kernel_current(&p->b.kernel)->remote.port, 6500);
	assert_int_equal(p->b.events[EVENT_MOVED], 1);
	pair_consistent(p);
	/* or the kernel does */
	p->nat_port_offset = 3000;
	struct kernel_event ev = { .type = KERNEL_MAPPING,
				   .cookie = fake_kernel_current(&p->b.kernel)->cookie,
				   .remote = { p->nat, 7500 } };
	engine_kernel_event(p->b.e, &ev);
	assert_int_equal(side_view(&p->b).remote.port, 7500);
	side_rekey(&p->b, true);
	pair_settle(p);
	pair_consistent(p);
	pair_free(p);
}

static void encapsulation_can_be_asked_for_without_a_nat(void **state)
{
	struct pair *p = pair_up(8, A "encap = yes\n", B);

	(void)state;
	pair_consistent(p);
	assert_true(side_view(&p->a).encap);
	assert_true(side_view(&p->b).encap);
	assert_int_equal(side_view(&p->a).remote.port, 4500);
	pair_free(p);
}

static void without_a_nat_there_is_no_encapsulation(void **state)
{
	struct pair *p = pair_established(9);

	(void)state;
	assert_false(side_view(&p->a).encap || side_view(&p->a).nat_local ||
		     side_view(&p->a).nat_remote);
	assert_int_equal(side_view(&p->a).remote.port, 500);
	pair_free(p);
}

/* An address that is not behind a NAT does not move because somebody copies a packet. */
static void a_copied_packet_does_not_move_the_peer(void **state)
{
	struct pair *p = pair_established(10);
	struct datagram *d;

	(void)state;
	side_rekey(&p->a, false);
	d = pair_first(p);
	d->src.addr.b[3] = 99;
	pair_deliver(p);
	assert_int_equal(side_view(&p->b).remote.addr.b[3], 1);
	pair_free(p);
}

/* ---- fragments ---- */

static char text_a[512], text_b[512];
static size_t largest;

static enum fate measure_size(struct pair *p, struct datagram *d)
{
	(void)p;
	if (datagram_exchange(d) != EXCHANGE_IKE_SA_INIT && d->len > largest)
		largest = d->len;
	return FATE_DELIVER;
}

/* Three RSA certificates each way: some 3 KiB, in IP packets of 576 octets. */
static struct pair *pair_fragmenting(uint64_t seed, const char *more_b)
{
	snprintf(text_a, sizeof(text_a),
		 CONF_A "cert = big-a.crt\nkey = big-a.key\nca = ca.crt\nlocal-id = a.example\n"
			"remote-id = b.example\nfragmentation = 576\n");
	snprintf(text_b, sizeof(text_b),
		 CONF_B "cert = big-b.crt\nkey = big-b.key\nca = ca.crt\nlocal-id = b.example\n"
			"remote-id = a.example\n" PASSIVE "%s",
		 more_b);
	return pair_new(seed, text_a, text_b);
}

static int make_big(void **state)
{
	int ret = credentials_setup(state);

	credential_make(
		&(struct credential){ .name = "mid1", .issuer = "ca", .dns = "Mid 1", .ca = true });
	credential_make(&(struct credential){
		.name = "big-a", .issuer = "mid1", .dns = "a.example", .chain = "mid1" });
	credential_make(&(struct credential){
		.name = "big-b", .issuer = "mid1", .dns = "b.example", .chain = "mid1" });
	return ret;
}

static void long_messages_travel_in_fragments(void **state)
{
	struct pair *p = pair_fragmenting(20, "fragmentation = 576\n");

	(void)state;
	largest = 0;
	p->on_send = measure_size;
	side_up(&p->a);
	pair_deliver(p);
	pair_deliver(p);
	assert_true(pair_waiting(p) >= 4);
	pair_settle(p);
	pair_consistent(p);
	assert_in_range(largest, 400, 576 - 28);
	pair_free(p);
}

static void fragments_in_any_order(void **state)
{
	struct pair *p = pair_fragmenting(21, "fragmentation = 576\n");

	(void)state;
	side_up(&p->a);
	pair_deliver(p);
	pair_deliver(p);
	for (unsigned int n = pair_waiting(p); n > 1; n--) {
		struct list *last = p->wire.prev;

		/* the last of them first, and twice */
		list_del(last);
		last->next = p->wire.next;
		last->prev = &p->wire;
		p->wire.next->prev = last;
		p->wire.next = last;
		pair_repeat(p);
		pair_deliver(p);
		assert_int_equal(side_view(&p->b).child, 0);
	}
	pair_settle(p);
	pair_consistent(p);
	assert_int_equal(p->b.events[EVENT_IKE_UP], 1);
	pair_free(p);
}

static enum fate lose_a_third(struct pair *p, struct datagram *d)
{
	(void)d;
	return world_random(&p->w, 3) ? FATE_DELIVER : FATE_DROP;
}

static void fragments_get_through_loss(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < 20; seed++) {
		struct pair *p = pair_fragmenting(30 + seed, "fragmentation = 576\n");

		p->on_send = lose_a_third;
		for (unsigned int i = 0; i < 60 && !(side_is_up(&p->a) && side_is_up(&p->b)); i++)
			pair_run(p, 10000);
		assert_true(side_is_up(&p->a) && side_is_up(&p->b));
		pair_free(p);
	}
}

static void a_changed_fragment_is_not_taken(void **state)
{
	struct pair *p = pair_fragmenting(22, "fragmentation = 576\n");
	unsigned int n;

	(void)state;
	side_up(&p->a);
	pair_deliver(p);
	pair_deliver(p);
	n = pair_waiting(p);
	/* each of them once with a wrong octet, then all of them as they are */
	for (unsigned int i = 0; i < n; i++) {
		struct datagram *d = pair_first(p), copy = *d;
		uint8_t bytes[1500];

		memcpy(bytes, d->bytes, d->len);
		bytes[d->len / 2] ^= 0x40;
		copy.bytes = bytes;
		pair_inject(p, &p->b, &copy);
		pair_deliver(p);
	}
	pair_settle(p);
	pair_consistent(p);
	pair_free(p);
}

static void a_peer_without_fragments_gets_none(void **state)
{
	struct pair *p = pair_fragmenting(23, "fragmentation = no\n");

	(void)state;
	side_up(&p->a);
	pair_settle(p);
	pair_consistent(p);
	pair_free(p);
}

/* ---- wishes and configuration ---- */

static void a_trap_waits_for_a_packet(void **state)
{
	struct pair *p = pair_new(40, CONF_A IDS_A PSK "start = trap\n", B);
	struct kernel_event ev = { .type = KERNEL_ACQUIRE };

	(void)state;
	pair_run(p, 60000);
	assert_int_equal(side_view(&p->a).state, CONN_TRAPPED);
	assert_int_equal(p->sent, 0);
	for (unsigned int i = 0; i < 32; i++)
		if (p->a.kernel.policy[i].used)
			ev.cookie = p->a.kernel.policy[i].cookie;
	engine_kernel_event(p->a.e, &ev);
	pair_settle(p);
	pair_consistent(p);
	pair_free(p);
}

static char offered[2][480];

/* Looks into what b decrypts. */
static int open_and_note_ts(struct ike_sa *sa, struct ike_message **m)
{
	int ret = ikev2.open(sa, m);
	const struct payload *i, *r;
	struct ts_list ts;
	char why[160];

	if (ret || message_is_response(*m))
		return ret;
	i = message_find(*m, PAYLOAD_TSI, true, NULL);
	r = message_find(*m, PAYLOAD_TSR, true, NULL);
	if (i && r && !ts_parse(i->body, &ts, why, sizeof(why)))
		ts_list_print(offered[0], sizeof(offered[0]), &ts);
	if (i && r && !ts_parse(r->body, &ts, why, sizeof(why)))
		ts_list_print(offered[1], sizeof(offered[1]), &ts);
	return ret;
}

/* RFC 7296 §2.9: the selectors of the packet come first, those of the connection after them. */
static void the_packets_selectors_are_offered_first(void **state)
{
	struct pair *p = pair_new(42, CONF_A IDS_A PSK "start = trap\n", B);
	struct kernel_event ev = { .type = KERNEL_ACQUIRE };

	(void)state;
	p->b.version.open = open_and_note_ts;
	assert_int_equal(ts_from_text(&ev.src, "10.1.2.3/32[tcp/40000]"), 0);
	assert_int_equal(ts_from_text(&ev.dst, "10.2.0.9/32[tcp/443]"), 0);
	for (unsigned int i = 0; i < 32; i++)
		if (p->a.kernel.policy[i].used)
			ev.cookie = p->a.kernel.policy[i].cookie;
	engine_kernel_event(p->a.e, &ev);
	pair_settle(p);
	assert_string_equal(offered[0], "10.1.2.3/32[tcp/40000], 10.1.0.0/16");
	assert_string_equal(offered[1], "10.2.0.9/32[tcp/443], 10.2.0.0/16");
	/* nothing is lost by it: b allows all */
	pair_consistent(p);
	assert_string_equal(side_view(&p->a).remote_ts, "10.2.0.0/16");
	/* and a rekey offers what the child has */
	side_rekey(&p->a, false);
	pair_settle(p);
	assert_string_equal(offered[0], "10.1.0.0/16");
	pair_free(p);
}

struct report {
	unsigned int n[4];
};

static void report(void *ctx, const char *name, enum engine_change change)
{
	(void)name;
	((struct report *)ctx)->n[change]++;
}

#define OTHER "remote = 192.0.2.9\nlocal-net = 10.5.0.0/16\nremote-net = 10.6.0.0/16\n" PSK PASSIVE

static void a_reload_touches_only_what_differs(void **state)
{
	const char *const same[] = { "t", A, "u", OTHER, NULL };
	const char *const changed[] = { "t", A "dpd = 77s\n", NULL };
	struct pair *p = pair_established(41);
	uint64_t id = side_view(&p->a).ike_id;
	struct report r = { 0 };
	struct conf *conf;
	char why[ENGINE_WHY];

	(void)state;
	side_configure(&p->a, "t", A);
	assert_int_equal(side_view(&p->a).ike_id, id);
	assert_int_equal(pair_waiting(p), 0);

	conf = side_conf(same);
	assert_int_equal(engine_configure(p->a.e, conf, true, report, &r, why), 0);
	assert_int_equal(r.n[ENGINE_CONN_SAME], 1);
	assert_int_equal(r.n[ENGINE_CONN_ADDED], 1);
	assert_int_equal(engine_configure(p->a.e, conf, false, NULL, NULL, why), 0);
	assert_int_equal(side_view(&p->a).ike_id, id);
	assert_int_equal(pair_waiting(p), 0);

	r = (struct report){ 0 };
	assert_int_equal(engine_configure(p->a.e, side_conf(changed), false, report, &r, why), 0);
	assert_int_equal(r.n[ENGINE_CONN_CHANGED], 1);
	assert_int_equal(r.n[ENGINE_CONN_REMOVED], 1);
	/* the old one is deleted at the peer, the new one comes up */
	pair_run(p, 5000);
	pair_consistent(p);
	assert_int_not_equal(side_view(&p->a).ike_id, id);
	pair_free(p);
}

static bool stopped;

static void on_stopped(void *ctx)
{
	(void)ctx;
	stopped = true;
}

static void a_shutdown_says_goodbye(void **state)
{
	struct pair *p = pair_established(42);

	(void)state;
	stopped = false;
	engine_shutdown(p->a.e, 2000, on_stopped, NULL);
	pair_settle(p);
	assert_true(stopped);
	assert_int_equal(side_view(&p->b).ike, 0);
	pair_free(p);
}

static void a_shutdown_does_not_wait_for_ever(void **state)
{
	struct pair *p = pair_established(43);

	(void)state;
	stopped = false;
	p->on_send = black_hole;
	engine_shutdown(p->a.e, 2000, on_stopped, NULL);
	pair_run(p, 1900);
	assert_false(stopped);
	pair_run(p, 200);
	assert_true(stopped);
	pair_free(p);
}

/* CVE class of 2011-4073: the answer of a worker comes when the SA is gone. */
static void an_engine_may_end_while_workers_work(void **state)
{
	(void)state;
	for (uint64_t ms = 0; ms < 120; ms += 5) {
		struct pair *p = pair_new(50 + ms, A, B);

		p->w.job_delay = 20;
		side_up(&p->a);
		pair_run(p, ms);
		if (ms & 1)
			side_down(&p->a);
		pair_free(p);
	}
}

static void a_reload_may_remove_keys_in_use(void **state)
{
	const char *const nothing[] = { NULL };
	char why[ENGINE_WHY];

	(void)state;
	for (uint64_t ms = 0; ms < 120; ms += 5) {
		struct pair *p = pair_fragmenting(60 + ms, "");

		p->w.job_delay = 20;
		side_up(&p->a);
		pair_run(p, ms);
		assert_int_equal(
			engine_configure(p->b.e, side_conf(nothing), false, NULL, NULL, why), 0);
		pair_run(p, 100);
		assert_int_equal(fake_kernel_sas(&p->b.kernel, true), 0);
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_silent_peer_is_named_and_tried_for_ever),
		cmocka_unit_test(requests_back_off),
		cmocka_unit_test(no_route_is_named),
		cmocka_unit_test(a_name_is_looked_up_again_at_every_try),
		cmocka_unit_test(a_dead_peer_is_noticed_and_replaced),
		cmocka_unit_test(traffic_makes_liveness_checks_needless),
		cmocka_unit_test(a_lost_answer_is_not_a_dead_peer),
		cmocka_unit_test(what_else_is_wanted_waits_for_the_lost_answer),
		cmocka_unit_test(patience_has_an_end),
		cmocka_unit_test(traffic_shows_that_the_answer_came),
		cmocka_unit_test(keepalives_come_as_often_as_asked),
		cmocka_unit_test(a_nat_is_found_and_both_float),
		cmocka_unit_test(encapsulation_can_be_asked_for_without_a_nat),
		cmocka_unit_test(without_a_nat_there_is_no_encapsulation),
		cmocka_unit_test(a_copied_packet_does_not_move_the_peer),
		cmocka_unit_test(long_messages_travel_in_fragments),
		cmocka_unit_test(fragments_in_any_order),
		cmocka_unit_test(fragments_get_through_loss),
		cmocka_unit_test(a_changed_fragment_is_not_taken),
		cmocka_unit_test(a_peer_without_fragments_gets_none),
		cmocka_unit_test(a_trap_waits_for_a_packet),
		cmocka_unit_test(the_packets_selectors_are_offered_first),
		cmocka_unit_test(a_reload_touches_only_what_differs),
		cmocka_unit_test(a_shutdown_says_goodbye),
		cmocka_unit_test(a_shutdown_does_not_wait_for_ever),
		cmocka_unit_test(an_engine_may_end_while_workers_work),
		cmocka_unit_test(a_reload_may_remove_keys_in_use),
	};

	return cmocka_run_group_tests(tests, make_big, credentials_teardown);
}
