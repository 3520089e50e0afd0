// SPDX-License-Identifier: GPL-2.0
/* IKE and ESP in TCP: from the start, by falling back, and back again (RFC 9329). */
#include <errno.h>
#include <string.h>

#include "exchange/pair.h"
#include "wire/isakmp.h"

#define A "remote = 192.0.2.2\nlocal-net = 10.1.0.0/16\nremote-net = 10.2.0.0/16\n" IDS_A PSK
#define B "remote = any\nlocal = 192.0.2.2\nlocal-net = 10.2.0.0/16\nremote-net = 10.1.0.0/16\n" IDS_B PSK
#define FIRST_TRY_MS 30000

/* What was sent, by how. */
struct tally {
	unsigned int udp, tcp;
	bool block_udp, block_answers;
	size_t longest;
};

static enum fate count(struct pair *p, struct datagram *d)
{
	struct tally *t = p->ctx;
	bool tcp = d->socket == NET_SOCKET_TCP;

	t->tcp += tcp;
	t->udp += !tcp;
	if (d->len > t->longest)
		t->longest = d->len;
	if (t->block_answers && d->from == &p->b)
		return FATE_DROP;
	return !tcp && t->block_udp ? FATE_DROP : FATE_DELIVER;
}

static struct pair *start(uint64_t seed, const char *conf_a, const char *conf_b, struct tally *t)
{
	struct pair *p = pair_new(seed, conf_a, conf_b);

	p->ctx = t;
	p->on_send = count;
	return p;
}

/* Both ways, the child's ESP is on this stream, and nothing else is known to the kernels. */
static void runs_on(struct pair *p, unsigned int number)
{
	struct side *side[] = { &p->a, &p->b };

	pair_consistent(p);
	for (unsigned int i = 0; i < 2; i++) {
		const struct fake_sa *out = fake_kernel_current(&side[i]->kernel);
		const struct fake_sa *in = fake_kernel_find(&side[i]->kernel, false, side_view(side[i]).spi_in);

		assert_int_equal(out->stream, number);
		assert_int_equal(in->stream, number);
		assert_int_equal(side_view(side[i]).tcp, number != 0);
		assert_true(!number || p->stream[number].taken[i]);
		assert_false(number && out->encap);
	}
}

static void all_of_it_in_tcp(void **state)
{
	struct tally t = { .block_udp = true };
	struct pair *p = start(1, A "tcp = only\n", B, &t);

	(void)state;
	pair_settle(p);
	assert_int_equal(t.udp, 0);
	/* the port that everybody has; ours is the kernel's choice */
	assert_int_equal(p->n_stream, 1);
	assert_int_equal(p->stream[1].remote.port, 4500);
	assert_ptr_equal(p->stream[1].opener, &p->a);
	runs_on(p, 1);
	side_rekey(&p->a, false);
	pair_settle(p);
	side_rekey(&p->b, true);
	pair_settle(p);
	pair_run(p, 20000);
	runs_on(p, 1);
	assert_false(p->stream[1].left[0] || p->stream[1].left[1]);
	/* liveness, for an hour: one stream all the time */
	pair_run(p, 3600000);
	runs_on(p, 1);
	assert_int_equal(t.udp, 0);
	side_down(&p->a);
	pair_settle(p);
	assert_true(p->stream[1].left[0] && p->stream[1].left[1]);
	pair_free(p);
}

/* RFC 9329 §6.2, §7.5: TCP repeats and cuts, IKE does not. */
static void nothing_is_repeated_nor_cut(void **state)
{
	struct tally t = { 0 };
	struct pair *p = start(2, A "tcp = only\nfragmentation = 576\n", B, &t);
	unsigned int before;

	(void)state;
	pair_settle(p);
	runs_on(p, 1);
	/* one message each, of any length: IKE_SA_INIT and IKE_AUTH, both ways */
	assert_int_equal(t.tcp, 4);
	t.block_answers = true;
	before = t.tcp;
	side_rekey(&p->a, false);
	pair_run(p, 5000);
	/* the request and its answer, which is lost with the stream */
	assert_int_equal(t.tcp, before + 2);
	t.block_answers = false;
	pair_break(p, 1);
	pair_run(p, 1000);
	runs_on(p, 2);
	pair_run(p, 30000);
	runs_on(p, 2);
	assert_int_equal(p->a.events[EVENT_CHILD_REKEYED], 1);
	pair_free(p);
}

static void udp_is_tried_first(void **state)
{
	struct tally t = { .block_udp = true };
	struct pair *p = start(3, A "tcp = fallback\n", B, &t);

	(void)state;
	pair_run(p, FIRST_TRY_MS);
	assert_int_equal(t.udp, 3);
	runs_on(p, 1);
	pair_free(p);
}

static void without_the_key_there_is_no_tcp(void **state)
{
	struct tally t = { .block_udp = true };
	struct pair *p = start(4, A, B, &t);

	(void)state;
	pair_run(p, 10 * FIRST_TRY_MS);
	assert_int_equal(t.tcp, 0);
	assert_int_equal(p->n_stream, 0);
	assert_false(side_is_up(&p->a));
	pair_free(p);
}

/* Neither is answered: they take turns. */
static void both_take_turns(void **state)
{
	struct tally t = { .block_udp = true };
	struct pair *p = start(5, A "tcp = fallback\n", B, &t);

	(void)state;
	p->no_tcp = true;
	pair_run(p, 4 * FIRST_TRY_MS);
	assert_int_equal(t.tcp, 0);
	assert_true(t.udp > 3);
	assert_int_equal(side_view(&p->a).failure.kind, FAILURE_UNREACHABLE);
	t.block_udp = false;
	pair_run(p, 5 * FIRST_TRY_MS);
	runs_on(p, 0);
	pair_free(p);
}

/* RFC 9329 §5.1: when UDP works again, it is used, and no packet is lost on the way. */
static void back_to_udp(void **state)
{
	struct tally t = { .block_udp = true };
	struct pair *p = start(6, A "tcp = fallback\n", B, &t);

	(void)state;
	pair_run(p, FIRST_TRY_MS);
	runs_on(p, 1);
	p->traffic = true;
	/* it looks, and it does not work yet: nothing happens */
	pair_run(p, 1000000);
	runs_on(p, 1);
	assert_true(t.udp > 3);
	assert_int_equal(p->a.events[EVENT_FAILURE], 1);
	t.block_udp = false;
	pair_run(p, 700000);
	runs_on(p, 0);
	assert_int_equal(p->lost_ab + p->lost_ba, 0);
	assert_true(p->stream[1].left[0]);
	pair_free(p);
}

static void a_broken_stream_is_replaced(void **state)
{
	struct tally t = { 0 };
	struct pair *p = start(7, A "tcp = only\n", B, &t);
	uint64_t ike;

	(void)state;
	pair_settle(p);
	ike = side_view(&p->a).ike_id;
	pair_break(p, 1);
	/* only who began opens another one, at once, and says so */
	pair_run(p, 500);
	assert_int_equal(p->n_stream, 2);
	assert_ptr_equal(p->stream[2].opener, &p->a);
	runs_on(p, 2);
	assert_int_equal(side_view(&p->a).ike_id, ike);
	/* it cannot for a while */
	p->no_tcp = true;
	pair_break(p, 2);
	pair_run(p, 5000);
	assert_int_equal(p->n_stream, 2);
	p->no_tcp = false;
	pair_run(p, 10000);
	runs_on(p, 3);
	assert_int_equal(side_view(&p->a).ike_id, ike);
	/* the other side began the rekeyed one, the streams stay ours */
	side_rekey(&p->b, true);
	pair_run(p, 20000);
	pair_break(p, 3);
	pair_run(p, 1000);
	assert_ptr_equal(p->stream[4].opener, &p->a);
	runs_on(p, 4);
	pair_free(p);
}

/* It never comes back: both give up, and a begins anew. */
static void a_stream_that_stays_broken(void **state)
{
	struct tally t = { 0 };
	struct pair *p = start(8, A "tcp = only\n", B, &t);

	(void)state;
	pair_settle(p);
	p->no_tcp = true;
	pair_break(p, 1);
	pair_run(p, 300000);
	assert_false(side_is_up(&p->a) || side_is_up(&p->b));
	assert_int_equal(side_view(&p->b).ike, 0);
	p->no_tcp = false;
	pair_run(p, 120000);
	pair_consistent(p);
	pair_free(p);
}

/* RFC 9329 §7.1 */
static void it_moves(void **state)
{
	struct tally t = { 0 };
	struct pair *p = start(9, A "tcp = only\nmobike = yes\n", B, &t);
	struct endpoint seen;
	uint64_t ike;

	(void)state;
	pair_settle(p);
	ike = side_view(&p->a).ike_id;
	assert_int_equal(ip_addr_parse(&p->a.addr, "198.51.100.9"), 0);
	engine_network_changed(p->a.e);
	pair_settle(p);
	assert_int_equal(p->n_stream, 2);
	runs_on(p, 2);
	assert_int_equal(side_view(&p->a).ike_id, ike);
	seen = side_view(&p->b).remote;
	assert_true(ip_addr_equal(&seen.addr, &p->a.addr));
	pair_free(p);
}

/* Only the peer's own streams are followed, and never to one by which nothing authentic came. */
static void a_stranger_s_stream(void **state)
{
	struct tally t = { 0 };
	struct pair *p = start(10, A "tcp = only\n", B, &t);
	struct datagram *d;

	(void)state;
	pair_settle(p);
	side_rekey(&p->a, false);
	d = pair_first(p);
	assert_non_null(d);
	d->src.port = 50000;
	d->bytes[d->len - 1] ^= 1;
	pair_inject(p, &p->b, d);
	assert_int_equal(side_view(&p->b).remote.port, 40001);
	d->bytes[d->len - 1] ^= 1;
	d->src.port = 40001;
	pair_settle(p);
	runs_on(p, 1);
	pair_free(p);
}

/* The stream's own packets would meet the policy of a child between the two hosts. */
static void transport_mode_is_refused(void **state)
{
	static const char hosts[] = "remote = 192.0.2.2\nlocal = 192.0.2.1\nmode = transport\nstart = none\n" IDS_A PSK;
	struct tally t = { 0 };
	struct pair *p = start(11, hosts, "remote = 192.0.2.1\nlocal = 192.0.2.2\nmode = transport\nstart = none\n"
			       IDS_B PSK, &t);
	const char *const other[] = { "t", "dpd = 31\nremote = 192.0.2.2\nlocal = 192.0.2.1\nmode = transport\n"
					   "start = none\n" IDS_A PSK, NULL };
	struct conf *conf = side_conf(other);
	char why[ENGINE_WHY] = "";

	(void)state;
	/* no configuration can say so; a peer may still do it */
	conf->conn[0]->tcp = CONF_TCP_ONLY;
	assert_int_equal(engine_configure(p->a.e, conf, false, NULL, NULL, why), 0);
	side_up(&p->a);
	pair_run(p, 5000);
	assert_true(t.tcp > 0);
	assert_false(side_is_up(&p->a));
	assert_int_equal(fake_kernel_sas(&p->b.kernel, false), 0);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_in_tcp),
		cmocka_unit_test(nothing_is_repeated_nor_cut),
		cmocka_unit_test(udp_is_tried_first),
		cmocka_unit_test(without_the_key_there_is_no_tcp),
		cmocka_unit_test(both_take_turns),
		cmocka_unit_test(back_to_udp),
		cmocka_unit_test(a_broken_stream_is_replaced),
		cmocka_unit_test(a_stream_that_stays_broken),
		cmocka_unit_test(it_moves),
		cmocka_unit_test(a_stranger_s_stream),
		cmocka_unit_test(transport_mode_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
