// SPDX-License-Identifier: GPL-2.0
/* Several children under one IKE SA: which is made when, by whom, and which configuration it belongs to. */
#include <stdio.h>
#include <string.h>

#include "exchange/pair.h"
#include "ike/exchange.h"
#include "ikev2/create_pieces.h"
#include "ikev2/sk.h"
#include "ikev2/version.h"
#include "wire/isakmp.h"

#define TWO_A "remote = 192.0.2.2\nlocal = 192.0.2.1\n" IDS_A PSK
#define TWO_B "remote = 192.0.2.1\nlocal = 192.0.2.2\n" IDS_B PSK
#define CHILDREN_A								\
	"[child office]\nlocal-net = 10.1.0.0/16\nremote-net = 10.2.0.0/16\n"	\
	"[child lab]\nlocal-net = 10.3.0.0/16\nremote-net = 10.4.0.0/16\n"
/* Other names in another order: only the nets matter. */
#define CHILDREN_B								\
	"[child x]\nlocal-net = 10.4.0.0/16\nremote-net = 10.3.0.0/16\n"	\
	"[child y]\nlocal-net = 10.2.0.0/16\nremote-net = 10.1.0.0/16\n"

struct listing {
	unsigned int n;
	struct {
		char name[32], local[120], remote[120], algorithms[160];
		uint64_t id;
	} child[8];
};

static int take_children(const struct status_conn *c, void *ctx)
{
	struct listing *l = ctx;

	for (unsigned int i = 0; i < c->n_ike; i++) {
		for (unsigned int k = 0; k < c->ike[i].n_child; k++) {
			const struct status_child *ch = &c->ike[i].child[k];

			if (strcmp(ch->state, "installed") && strcmp(ch->state, "inbound"))
				continue;
			assert_true(l->n < 8);
			snprintf(l->child[l->n].name, 32, "%s", ch->name);
			snprintf(l->child[l->n].local, 120, "%s", ch->local_ts);
			snprintf(l->child[l->n].remote, 120, "%s", ch->remote_ts);
			snprintf(l->child[l->n].algorithms, 160, "%s", ch->algorithms);
			l->child[l->n++].id = ch->id;
		}
	}
	return 0;
}

static struct listing children(struct side *s)
{
	struct listing l = { 0 };

	assert_int_equal(engine_status(s->e, "t", take_children, &l), 0);
	return l;
}

static unsigned int index_of(const struct listing *l, const char *name)
{
	for (unsigned int i = 0; i < l->n; i++)
		if (!strcmp(l->child[i].name, name))
			return i;
	fail_msg("no child %s", name);
	return 0;
}

static void two_on_each_side(struct pair *p)
{
	struct listing a = children(&p->a), b = children(&p->b);

	assert_int_equal(a.n, 2);
	assert_int_equal(b.n, 2);
	assert_string_equal(a.child[index_of(&a, "office")].local, "10.1.0.0/16");
	assert_string_equal(a.child[index_of(&a, "lab")].remote, "10.4.0.0/16");
	assert_string_equal(b.child[index_of(&b, "x")].local, "10.4.0.0/16");
	assert_string_equal(b.child[index_of(&b, "y")].local, "10.2.0.0/16");
	assert_int_equal(side_view(&p->a).ike, 1);
	assert_int_equal(fake_kernel_sas(&p->a.kernel, true), 2);
	assert_int_equal(fake_kernel_sas(&p->b.kernel, true), 2);
	assert_int_equal(fake_kernel_larvals(&p->a.kernel) + fake_kernel_larvals(&p->b.kernel), 0);
}

static void two_children_come_up_and_are_rekeyed(void **state)
{
	struct pair *p = pair_up(1, TWO_A CHILDREN_A, TWO_B PASSIVE CHILDREN_B);
	struct listing before, after;

	(void)state;
	two_on_each_side(p);
	assert_int_equal(fake_kernel_policies(&p->a.kernel, PRIORITY_OF_TRAP), 2);
	before = children(&p->a);
	side_rekey(&p->a, false);
	pair_settle(p);
	pair_run(p, 10000);
	two_on_each_side(p);
	after = children(&p->a);
	for (unsigned int i = 0; i < 2; i++)
		for (unsigned int k = 0; k < 2; k++)
			assert_int_not_equal(before.child[i].id, after.child[k].id);
	side_rekey(&p->b, true);
	pair_settle(p);
	two_on_each_side(p);
	assert_int_equal(p->a.events[EVENT_CHILD_DOWN] + p->b.events[EVENT_CHILD_DOWN], 0);
	pair_free(p);
}

static void one_that_ends_comes_back_alone(void **state)
{
	struct pair *p = pair_up(2, TWO_A CHILDREN_A, TWO_B PASSIVE CHILDREN_B);
	struct listing before = children(&p->a), after;
	/* the one that sends now is the one that was made last */
	unsigned int last = index_of(&before, "lab"), first = index_of(&before, "office");

	(void)state;
	side_expire(&p->a, true);
	pair_run(p, 10000);
	two_on_each_side(p);
	after = children(&p->a);
	assert_int_equal(after.child[index_of(&after, "office")].id, before.child[first].id);
	assert_int_not_equal(after.child[index_of(&after, "lab")].id, before.child[last].id);
	pair_free(p);
}

static void both_sides_want_both(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < 16; seed++) {
		struct pair *p = pair_new(100 + seed, TWO_A CHILDREN_A, TWO_B CHILDREN_B);

		p->w.job_delay_random = seed & 1 ? 200 : 0;
		pair_run(p, 60000);
		two_on_each_side(p);
		pair_run(p, 100000);
		two_on_each_side(p);
		pair_free(p);
	}
}

static void one_refused_leaves_the_other(void **state)
{
	struct pair *p = pair_up(3, TWO_A CHILDREN_A, TWO_B PASSIVE "local-net = 10.2.0.0/16\n"
				 "remote-net = 10.1.0.0/16\n");
	struct listing a = children(&p->a);

	(void)state;
	assert_int_equal(a.n, 1);
	assert_string_equal(a.child[0].name, "office");
	assert_int_equal(p->a.failure.kind, FAILURE_TS);
	assert_non_null(strstr(p->a.failure.ours, "10.4.0.0/16"));
	/* b is told of the other net as well: the next try succeeds, the first child is not touched */
	assert_int_equal(p->a.events[EVENT_CHILD_UP], 1);
	side_restart(&p->b, TWO_B PASSIVE CHILDREN_B);
	side_down(&p->a);
	side_up(&p->a);
	pair_run(p, 60000);
	two_on_each_side(p);
	pair_free(p);
}

static void acquire(struct side *s, const char *src, const char *dst)
{
	struct kernel_event ev = { .type = KERNEL_ACQUIRE };

	assert_int_equal(ts_from_text(&ev.src, src), 0);
	assert_int_equal(ts_from_text(&ev.dst, dst), 0);
	for (unsigned int i = 0; i < 32; i++) {
		const struct fake_policy *f = &s->kernel.policy[i];

		for (unsigned int k = 0; f->used && f->priority == PRIORITY_OF_TRAP && k < f->remote_ts.n; k++)
			if (ip_range_has(&f->remote_ts.ts[k].range, &ev.dst.range.first))
				ev.cookie = f->cookie;
	}
	assert_true(ev.cookie);
	engine_kernel_event(s->e, &ev);
	pair_settle(s->p);
}

static void packets_bring_the_child_they_need(void **state)
{
	struct pair *p = pair_new(4, TWO_A "start = trap\n" CHILDREN_A, TWO_B PASSIVE CHILDREN_B);
	struct listing a;

	(void)state;
	pair_run(p, 1000);
	assert_int_equal(p->sent, 0);
	assert_int_equal(fake_kernel_policies(&p->a.kernel, PRIORITY_OF_TRAP), 2);
	acquire(&p->a, "10.3.0.1/32", "10.4.0.1/32");
	a = children(&p->a);
	assert_int_equal(a.n, 1);
	assert_string_equal(a.child[0].name, "lab");
	pair_run(p, 60000);
	assert_int_equal(children(&p->a).n, 1);
	acquire(&p->a, "10.1.0.1/32", "10.2.0.1/32");
	two_on_each_side(p);
	assert_int_equal(p->a.events[EVENT_IKE_UP], 1);
	pair_free(p);
}

static void check_handling(const struct fake_kernel *k, unsigned int wanted)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < 32; i++) {
		const struct fake_policy *f = &k->policy[i];

		if (!f->used || f->action != KERNEL_PROTECT)
			continue;
		n++;
		assert_true(f->handling.dscp_fixed && f->handling.ttl == 77);
		assert_int_equal(f->handling.dscp, f->remote_ts.ts[0].range.first.b[1] == 4 ? 46 : 8);
	}
	assert_int_equal(n, wanted);
}

/* Each by the configuration that it belongs to; those that wait for packets, and narrower ones made later. */
static void children_handle_packets_as_configured(void **state)
{
	struct pair *p = pair_new(7, TWO_A "start = trap\ndscp = cs1\nttl = 77\n"
				  "[child office]\nlocal-net = 10.1.0.0/16\nremote-net = 10.2.0.0/16\n"
				  "[child lab]\nlocal-net = 10.3.0.0/16\nremote-net = 10.4.0.0/16\ndscp = ef\n",
				  TWO_B PASSIVE "[child x]\nlocal-net = 10.4.7.0/24\nremote-net = 10.3.0.0/16\n"
				  "[child y]\nlocal-net = 10.2.7.0/24\nremote-net = 10.1.0.0/16\n");

	(void)state;
	pair_run(p, 1000);
	check_handling(&p->a.kernel, 2);
	acquire(&p->a, "10.3.0.1/32", "10.4.7.1/32");
	acquire(&p->a, "10.1.0.1/32", "10.2.7.1/32");
	assert_int_equal(children(&p->a).n, 2);
	check_handling(&p->a.kernel, 4);
	pair_free(p);
}

static int (*plain_seal)(struct ike_run *run, struct sealed *out);

static int seal_without_tfc(struct ike_run *run, struct sealed *out)
{
	v2_put_notify(run, N_ESP_TFC_PADDING_NOT_SUPPORTED, KW_SPAN(NULL, 0));
	chain_close(&run->out.chain);
	return plain_seal(run, out);
}

/* RFC 7296 §1.3.1: of each child anew, in whichever role. */
static void padding_is_for_peers_that_take_it(void **state)
{
	struct pair *p = pair_up(8, CONF_A IDS_A PSK "tfc = 700\n", CONF_B IDS_B PSK PASSIVE);

	(void)state;
	assert_int_equal(fake_kernel_current(&p->a.kernel)->tfc, 700);
	assert_int_equal(fake_kernel_current(&p->b.kernel)->tfc, 0);
	plain_seal = p->b.version.seal;
	for (unsigned int i = 0; i < 4; i++) {
		p->b.version.seal = i & 1 ? plain_seal : seal_without_tfc;
		side_rekey(i & 2 ? &p->b : &p->a, false);
		pair_settle(p);
		pair_run(p, 10000);
		assert_int_equal(fake_kernel_current(&p->a.kernel)->tfc, i & 1 ? 700 : 0);
	}
	pair_free(p);
}

/* The kernel says that an SA was idle; so many seconds ago each had its last packet. */
static void idle(struct pair *p, struct side *s, uint64_t in, uint64_t out)
{
	const struct fake_sa *sa = fake_kernel_current(&s->kernel);
	const struct kernel_event ev = {
		.type = KERNEL_EXPIRE, .limit = "idle", .cookie = sa->cookie, .spi = sa->spi,
	};

	for (unsigned int i = 0; i < FAKE_SAS; i++)
		s->kernel.sa[i].unused = s->kernel.sa[i].out ? out : in;
	engine_kernel_event(s->e, &ev);
	pair_settle(p);
	pair_run(p, 10000);
}

static void an_idle_child_goes_and_its_policy_waits(void **state)
{
	struct pair *p = pair_new(9, CONF_A IDS_A PSK "start = trap\ninactivity = 1m\n", CONF_B IDS_B PSK PASSIVE);
	uint64_t id;

	(void)state;
	acquire(&p->a, "10.1.0.1/32", "10.2.0.1/32");
	assert_int_equal(fake_kernel_current(&p->a.kernel)->idle_seconds, 60);
	assert_int_equal(fake_kernel_current(&p->b.kernel)->idle_seconds, 0);
	id = children(&p->a).child[0].id;
	/* packets still come, or go */
	idle(p, &p->a, 3, 60);
	idle(p, &p->a, 60, 59);
	assert_int_equal(children(&p->a).n, 1);
	assert_int_equal(children(&p->a).child[0].id, id);
	idle(p, &p->a, 60, 117);
	assert_int_equal(children(&p->a).n + children(&p->b).n, 0);
	assert_int_equal(side_view(&p->a).ike, 1);
	assert_int_equal(fake_kernel_policies(&p->a.kernel, PRIORITY_OF_TRAP), 1);
	pair_run(p, 60000);
	assert_int_equal(children(&p->a).n, 0);
	acquire(&p->a, "10.1.0.1/32", "10.2.0.1/32");
	assert_int_equal(children(&p->a).n, 1);
	pair_free(p);
}

/* b makes narrow children only: each packet that none covers brings another (RFC 7296 §2.9). */
static void narrow_children_are_made_as_packets_need_them(void **state)
{
	struct pair *p = pair_new(5, CONF_A IDS_A PSK "start = trap\n",
				  "remote = 192.0.2.1\nlocal = 192.0.2.2\n" IDS_B PSK PASSIVE
				  "[child x]\nlocal-net = 10.2.1.0/24\nremote-net = 10.1.0.0/16\n"
				  "[child y]\nlocal-net = 10.2.2.0/24\nremote-net = 10.1.0.0/16\n");
	struct listing a;

	(void)state;
	acquire(&p->a, "10.1.0.1/32", "10.2.2.1/32");
	a = children(&p->a);
	assert_int_equal(a.n, 1);
	assert_string_equal(a.child[0].remote, "10.2.2.0/24");
	acquire(&p->a, "10.1.0.1/32", "10.2.2.2/32");
	assert_int_equal(children(&p->a).n, 1);
	acquire(&p->a, "10.1.0.1/32", "10.2.1.1/32");
	a = children(&p->a);
	assert_int_equal(a.n, 2);
	assert_string_equal(a.child[1].remote, "10.2.1.0/24");
	pair_free(p);
}

static void children_have_algorithms_of_their_own(void **state)
{
	struct pair *p = pair_up(6, TWO_A "esp = aes-gcm-16-128\n" CHILDREN_A "esp = chacha20-poly1305\n",
				 TWO_B PASSIVE CHILDREN_B);
	struct listing a = children(&p->a);

	(void)state;
	two_on_each_side(p);
	assert_non_null(strstr(a.child[index_of(&a, "office")].algorithms, "aes-gcm-16-128"));
	assert_non_null(strstr(a.child[index_of(&a, "lab")].algorithms, "chacha20"));
	pair_free(p);
}

static struct ike_step single_steps[16];
static struct ike_exchange single;
static const struct ike_exchange *single_exchanges[8];

/* A peer that makes a child of one pair only. */
static enum ike_verdict one_pair_only(struct ike_run *run)
{
	const struct payload *i = message_find(run->in, PAYLOAD_TSI, true, NULL);
	const struct payload *r = message_find(run->in, PAYLOAD_TSR, true, NULL);
	struct ts_list tsi, tsr;
	char why[160];

	assert_int_equal(ts_parse(i->body, &tsi, why, sizeof(why)), 0);
	assert_int_equal(ts_parse(r->body, &tsr, why, sizeof(why)), 0);
	if (tsi.n > 1 || tsr.n > 1)
		return exchange_notify(run, N_SINGLE_PAIR_REQUIRED);
	return v2_child_asked(run);
}

static void a_peer_takes_single_pairs(void **state)
{
	struct pair *p = pair_new(30, CONF_A IDS_A PSK "childless = yes\nstart = trap\n",
				  CONF_B IDS_B PSK PASSIVE);
	struct listing a;

	(void)state;
	memcpy(single_steps, v2_create_child_sa.step, v2_create_child_sa.n * sizeof(single_steps[0]));
	single = v2_create_child_sa;
	single.step = single_steps;
	for (unsigned int k = 0; k < single.n; k++)
		if (single_steps[k].run == v2_child_asked)
			single_steps[k].run = one_pair_only;
	for (unsigned int k = 0; k < p->b.version.n_exchange; k++)
		single_exchanges[k] = p->b.version.exchange[k] == &v2_create_child_sa ?
					      &single : p->b.version.exchange[k];
	p->b.version.exchange = single_exchanges;
	acquire(&p->a, "10.1.0.7/32", "10.2.0.9/32");
	a = children(&p->a);
	assert_int_equal(a.n, 1);
	assert_string_equal(a.child[0].local, "10.1.0.7/32");
	assert_string_equal(a.child[0].remote, "10.2.0.9/32");
	acquire(&p->a, "10.1.0.7/32", "10.2.0.10/32");
	a = children(&p->a);
	assert_int_equal(a.n, 2);
	assert_string_equal(a.child[1].remote, "10.2.0.10/32");
	assert_int_equal(p->a.events[EVENT_FAILURE], 0);
	pair_free(p);
}

#define HOST_A "remote = 192.0.2.2\nlocal = 192.0.2.1\nmode = transport\n" IDS_A PSK
#define HOST_B "local = 192.0.2.2\nmode = transport\n" IDS_B PSK PASSIVE

static void two_hosts_without_a_tunnel(void **state)
{
	struct pair *p = pair_new(20, HOST_A "start = none\n", HOST_B "remote = 192.0.2.1\n");

	(void)state;
	/* packets of either host are protected before there is an SA, IKE's own are not */
	assert_int_equal(fake_kernel_policies(&p->a.kernel, PRIORITY_OF_TRAP), 1);
	assert_int_equal(fake_kernel_policies(&p->a.kernel, PRIORITY_OF_BYPASS), 1);
	side_up(&p->a);
	pair_settle(p);
	pair_consistent(p);
	assert_string_equal(side_view(&p->a).local_ts, "192.0.2.1/32");
	assert_string_equal(side_view(&p->a).remote_ts, "192.0.2.2/32");
	assert_false(p->a.kernel.device);
	assert_true(side_has_transport(&p->a));
	side_rekey(&p->b, false);
	pair_settle(p);
	pair_run(p, 10000);
	pair_consistent(p);
	pair_free(p);
}

/* L2TP behind a NAT: each side has its own words for the two ends (RFC 7296 §2.23.1). */
static void transport_mode_through_a_nat(void **state)
{
	struct pair *p = pair_new(21, HOST_A "local-net = [udp/1701]\nremote-net = [udp/1701]\nstart = none\n",
				  HOST_B "remote = any\nlocal-net = [udp/1701]\nremote-net = [udp]\n");

	(void)state;
	assert_int_equal(ip_addr_parse(&p->nat, "203.0.113.1"), 0);
	p->nat_port_offset = 10000;
	side_up(&p->a);
	pair_settle(p);
	pair_consistent(p);
	assert_string_equal(side_view(&p->a).local_ts, "192.0.2.1/32[udp/1701]");
	assert_string_equal(side_view(&p->a).remote_ts, "192.0.2.2/32[udp/1701]");
	assert_string_equal(side_view(&p->b).local_ts, "192.0.2.2/32[udp/1701]");
	assert_string_equal(side_view(&p->b).remote_ts, "203.0.113.1/32[udp/1701]");
	side_rekey(&p->a, false);
	pair_settle(p);
	side_rekey(&p->b, false);
	pair_settle(p);
	pair_run(p, 10000);
	pair_consistent(p);
	pair_free(p);
}

static void one_wants_a_tunnel(void **state)
{
	struct pair *p = pair_new(22, HOST_A "start = none\n", "remote = 192.0.2.1\nlocal = 192.0.2.2\n"
				  "local-net = 192.0.2.2\nremote-net = 192.0.2.1\nroutes = no\n" IDS_B PSK PASSIVE);

	(void)state;
	/* b answers with a tunnel, which a does not want */
	side_up(&p->a);
	pair_settle(p);
	assert_int_equal(side_view(&p->a).child + side_view(&p->b).child, 0);
	assert_non_null(strstr(p->a.failure.text, "transport"));
	pair_free(p);
	p = pair_new(23, "remote = 192.0.2.2\nlocal = 192.0.2.1\nlocal-net = 192.0.2.1\n"
		     "remote-net = 192.0.2.2\nroutes = no\nstart = none\n" IDS_A PSK,
		     HOST_B "remote = 192.0.2.1\n");
	side_up(&p->a);
	pair_settle(p);
	assert_int_equal(side_view(&p->a).child + side_view(&p->b).child, 0);
	assert_non_null(strstr(p->b.failure.text, "transport"));
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_children_come_up_and_are_rekeyed),
		cmocka_unit_test(one_that_ends_comes_back_alone),
		cmocka_unit_test(both_sides_want_both),
		cmocka_unit_test(one_refused_leaves_the_other),
		cmocka_unit_test(packets_bring_the_child_they_need),
		cmocka_unit_test(narrow_children_are_made_as_packets_need_them),
		cmocka_unit_test(children_have_algorithms_of_their_own),
		cmocka_unit_test(children_handle_packets_as_configured),
		cmocka_unit_test(padding_is_for_peers_that_take_it),
		cmocka_unit_test(an_idle_child_goes_and_its_policy_waits),
		cmocka_unit_test(a_peer_takes_single_pairs),
		cmocka_unit_test(two_hosts_without_a_tunnel),
		cmocka_unit_test(transport_mode_through_a_nat),
		cmocka_unit_test(one_wants_a_tunnel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
