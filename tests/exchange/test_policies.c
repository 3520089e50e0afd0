// SPDX-License-Identifier: GPL-2.0
/*
 * What stands in the kernel's policy database by the configuration's will: rules that have no peer, and what packets
 * have to say about the children that are made for them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "exchange/pair.h"
#include "ike/core.h"
#include "ike/wish.h"

#define RULE "action = discard\nlocal-net = 10.1.0.0/16\nremote-net = 10.9.0.0/16[tcp/25]\n"

/* The only policy of that action which is no one's but a rule's. NULL: there is none. */
static const struct fake_policy *rule(const struct fake_kernel *k, enum kernel_action action)
{
	const struct fake_policy *found = NULL;

	for (unsigned int i = 0; i < 32; i++) {
		const struct fake_policy *f = &k->policy[i];

		if (!f->used || f->action != action || f->priority == PRIORITY_OF_BYPASS)
			continue;
		assert_null(found);
		found = f;
	}
	return found;
}

static int take_state(const struct status_conn *c, void *ctx)
{
	*(enum conn_state *)ctx = c->state;
	return 0;
}

static enum conn_state state_of(struct side *s, const char *name)
{
	enum conn_state state = CONN_DOWN;

	assert_int_equal(engine_status(s->e, name, take_state, &state), 0);
	return state;
}

static void configure(struct side *s, const char *const *name_text)
{
	char why[ENGINE_WHY] = "";

	assert_int_equal(engine_configure(s->e, side_conf(name_text), false, NULL, NULL, why), 0);
}

static void rules_stand_before_and_behind_the_tunnels(void **state)
{
	struct pair *p = pair_new(1, NULL, CONF_B IDS_B PSK PASSIVE);
	const struct fake_policy *let, *drop;

	(void)state;
	configure(&p->a, (const char *const[]){ "mail", RULE, "printer",
						"action = bypass\nremote-net = 10.1.7.0/24, [icmp]\nmark = 5\n", "t",
						CONF_A IDS_A PSK, NULL });
	drop = rule(&p->a.kernel, KERNEL_DISCARD);
	let = rule(&p->a.kernel, KERNEL_BYPASS);
	assert_non_null(drop);
	assert_non_null(let);
	assert_false(let->device || drop->device);
	assert_true(let->priority < PRIORITY_OF_CHILD && drop->priority > PRIORITY_OF_TRAP);
	assert_int_equal(drop->remote_ts.ts[0].port_first, 25);
	/* what has no address is of any, of the families of the other side */
	assert_int_equal(let->remote_ts.n, 2);
	assert_int_equal(let->remote_ts.ts[1].protocol, 1);
	assert_int_equal(let->local_ts.n, 1);
	assert_int_equal(let->handling.mark, 5);
	/* they are met by every packet, so IKE's own have to pass */
	assert_int_equal(fake_kernel_policies(&p->a.kernel, PRIORITY_OF_BYPASS), 1);
	assert_int_equal(state_of(&p->a, "mail"), CONN_UP);
	pair_settle(p);
	assert_true(side_is_up(&p->a));
	pair_free(p);
}

/* Who comes from anywhere and may call itself anything is nobody that a rule knows. */
static void a_rule_is_no_peer(void **state)
{
	struct pair *p = pair_new(2, CONF_A IDS_A PSK, NULL);
	char why[ENGINE_WHY] = "";

	(void)state;
	side_configure(&p->b, "t", RULE);
	pair_settle(p);
	pair_run(p, 2000);
	assert_int_equal(side_view(&p->b).ike, 0);
	assert_int_equal(p->a.events[EVENT_IKE_UP], 0);
	assert_int_equal(engine_up(p->b.e, "t", why), -EINVAL);
	assert_non_null(strstr(why, "rule"));
	assert_int_equal(engine_down(p->b.e, "t", why), -EINVAL);
	pair_run(p, 600000);
	assert_non_null(rule(&p->b.kernel, KERNEL_DISCARD));
	assert_int_equal(p->b.events[EVENT_CONNECTING], 0);
	pair_free(p);
}

static unsigned int installed_at_once;

/* As the kernel, and counts how many discard at a time. */
static int counting_install(void *ctx, const struct kernel_policy *policy, uint32_t *id, char why[KERNEL_WHY])
{
	const struct fake_kernel *k = ctx;
	int ret = fake_kernel_ops.policy_install(ctx, policy, id, why);
	unsigned int n = 0;

	for (unsigned int i = 0; i < 32; i++)
		n += k->policy[i].used && k->policy[i].action == KERNEL_DISCARD;
	if (n > installed_at_once)
		installed_at_once = n;
	return ret;
}

static void a_rule_that_changes_is_never_missing(void **state)
{
	struct pair *p = pair_new(3, NULL, NULL);
	struct kernel_ops ops = fake_kernel_ops;
	uint64_t before;

	(void)state;
	installed_at_once = 0;
	ops.policy_install = counting_install;
	p->a.env.kernel = &ops;
	side_configure(&p->a, "t", RULE);
	before = rule(&p->a.kernel, KERNEL_DISCARD)->cookie;
	assert_int_equal(installed_at_once, 1);
	side_configure(&p->a, "t", RULE "priority = 7\n");
	assert_int_equal(installed_at_once, 2);
	assert_int_equal(rule(&p->a.kernel, KERNEL_DISCARD)->priority, 7);
	assert_int_not_equal(rule(&p->a.kernel, KERNEL_DISCARD)->cookie, before);
	/* what is the same stays as it is, what is gone goes */
	before = rule(&p->a.kernel, KERNEL_DISCARD)->cookie;
	side_configure(&p->a, "t", RULE "priority = 7\n");
	assert_int_equal(rule(&p->a.kernel, KERNEL_DISCARD)->cookie, before);
	configure(&p->a, (const char *const[]){ NULL });
	assert_null(rule(&p->a.kernel, KERNEL_DISCARD));
	pair_free(p);
}

static void a_rule_that_the_kernel_refuses_is_tried_again(void **state)
{
	struct pair *p = pair_new(4, NULL, NULL);

	(void)state;
	p->a.kernel.refuse = "not today";
	side_configure(&p->a, "t", RULE);
	assert_int_equal(state_of(&p->a, "t"), CONN_WAITING);
	assert_non_null(strstr(p->a.failure.text, "not today"));
	p->a.kernel.refuse = NULL;
	pair_run(p, 10000);
	assert_int_equal(state_of(&p->a, "t"), CONN_UP);
	assert_int_equal(side_view(&p->a).failure.kind, FAILURE_NONE);
	pair_free(p);
}

static void the_device_is_put_where_it_is_wanted(void **state)
{
	struct pair *p = pair_new(5, CONF_A IDS_A PSK "vrf = red\n", CONF_B IDS_B PSK PASSIVE);

	(void)state;
	assert_string_equal(p->a.kernel.vrf, "red");
	assert_string_equal(p->b.kernel.vrf, "");
	pair_free(p);
}

/* ---- selectors populated from packets ---- */

/* A packet within the trap asks for a child with these selectors. */
static void ask(struct side *s, const char *local, const char *remote)
{
	struct kernel_event ev = { .type = KERNEL_ACQUIRE, .pfp = true };

	assert_int_equal(ts_from_text(&ev.wanted_local, local), 0);
	assert_int_equal(ts_from_text(&ev.wanted_remote, remote), 0);
	ev.src = ev.wanted_local;
	ev.dst = ev.wanted_remote;
	for (unsigned int i = 0; i < 32; i++)
		if (s->kernel.policy[i].used && s->kernel.policy[i].priority == PRIORITY_OF_TRAP)
			ev.cookie = s->kernel.policy[i].cookie;
	assert_true(ev.cookie);
	engine_kernel_event(s->e, &ev);
}

struct pairs {
	unsigned int n;
	char text[40][128];
};

static int take_pairs(const struct status_conn *c, void *ctx)
{
	struct pairs *l = ctx;

	for (unsigned int i = 0; i < c->n_ike; i++)
		for (unsigned int k = 0; k < c->ike[i].n_child; k++) {
			const struct status_child *ch = &c->ike[i].child[k];

			if (strcmp(ch->state, "installed") && strcmp(ch->state, "inbound"))
				continue;
			assert_true(l->n < 40);
			snprintf(l->text[l->n++], 128, "%s %s", ch->local_ts, ch->remote_ts);
		}
	return 0;
}

/* How many children there are; exactly one with these selectors. */
static unsigned int children_with(struct side *s, const char *local, const char *remote)
{
	struct pairs l = { 0 };
	unsigned int found = 0;
	char want[128];

	assert_int_equal(engine_status(s->e, "t", take_pairs, &l), 0);
	snprintf(want, sizeof(want), "%s %s", local, remote);
	for (unsigned int i = 0; i < l.n; i++)
		found += !strcmp(l.text[i], want);
	assert_int_equal(found, 1);
	return l.n;
}

#define TRAP_A CONF_A IDS_A PSK "start = trap\n"

static void each_packet_has_its_child(void **state)
{
	struct pair *p = pair_new(10, TRAP_A "pfp = remote, proto\n", CONF_B IDS_B PSK PASSIVE);

	(void)state;
	ask(&p->a, "10.1.0.0/16[tcp]", "10.2.0.9/32[tcp]");
	pair_settle(p);
	assert_int_equal(children_with(&p->a, "10.1.0.0/16[tcp]", "10.2.0.9/32[tcp]"), 1);
	assert_int_equal(children_with(&p->b, "10.2.0.9/32[tcp]", "10.1.0.0/16[tcp]"), 1);
	ask(&p->a, "10.1.0.0/16[tcp]", "10.2.0.10/32[tcp]");
	ask(&p->a, "10.1.0.0/16[tcp]", "10.2.0.9/32[tcp]");	/* there is one */
	pair_settle(p);
	pair_run(p, 60000);
	assert_int_equal(children_with(&p->a, "10.1.0.0/16[tcp]", "10.2.0.10/32[tcp]"), 2);
	assert_int_equal(fake_kernel_policies(&p->a.kernel, PRIORITY_OF_CHILD), 2);
	assert_int_equal(p->a.events[EVENT_IKE_UP], 1);
	assert_int_equal(p->a.events[EVENT_FAILURE] + p->b.events[EVENT_FAILURE], 0);
	/* new keys change nothing of that, whoever makes them */
	side_rekey(&p->a, false);
	pair_settle(p);
	pair_run(p, 10000);
	side_rekey(&p->b, false);
	pair_settle(p);
	pair_run(p, 10000);
	assert_int_equal(children_with(&p->a, "10.1.0.0/16[tcp]", "10.2.0.9/32[tcp]"), 2);
	assert_int_equal(children_with(&p->b, "10.2.0.10/32[tcp]", "10.1.0.0/16[tcp]"), 2);
	pair_free(p);
}

static void packets_that_come_together_get_one_each(void **state)
{
	struct pair *p = pair_new(11, TRAP_A "pfp = local, remote, local-port, remote-port\n", CONF_B IDS_B PSK PASSIVE);
	char local[64], remote[64];

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		snprintf(local, sizeof(local), "10.1.0.%u/32[udp/%u]", i, 40000 + i);
		snprintf(remote, sizeof(remote), "10.2.0.%u/32[udp/53]", i);
		ask(&p->a, local, remote);
	}
	/* and one of a protocol that has no ports */
	ask(&p->a, "10.1.0.7/32[gre/opaque]", "10.2.0.7/32[gre/opaque]");
	pair_settle(p);
	assert_int_equal(children_with(&p->a, "10.1.0.4/32[udp/40004]", "10.2.0.4/32[udp/53]"), 6);
	assert_int_equal(children_with(&p->b, "10.2.0.0/32[udp/53]", "10.1.0.0/32[udp/40000]"), 6);
	assert_int_equal(children_with(&p->b, "10.2.0.7/32[gre/opaque]", "10.1.0.7/32[gre/opaque]"), 6);
	assert_int_equal(p->a.events[EVENT_IKE_UP], 1);
	/* nobody asks, so nothing more is made */
	pair_run(p, 100000);
	assert_int_equal(p->a.events[EVENT_CHILD_UP], 6);
	pair_free(p);
}

static void a_packet_the_peer_refuses_holds_up_no_other(void **state)
{
	struct pair *p = pair_new(12, TRAP_A "pfp = remote\n",
				  "remote = 192.0.2.1\nlocal = 192.0.2.2\nlocal-net = 10.2.0.0/24\nremote-net = 10.1.0.0/16\n"
				  IDS_B PSK PASSIVE);

	(void)state;
	ask(&p->a, "10.1.0.0/16", "10.2.5.1/32");
	pair_settle(p);
	assert_int_equal(side_view(&p->a).child, 0);
	assert_int_equal(p->a.failure.kind, FAILURE_TS);
	ask(&p->a, "10.1.0.0/16", "10.2.0.9/32");
	pair_settle(p);
	assert_int_equal(children_with(&p->a, "10.1.0.0/16", "10.2.0.9/32"), 1);
	/* and is forgotten when it does not come again */
	pair_run(p, 300000);
	assert_int_equal(children_with(&p->b, "10.2.0.9/32", "10.1.0.0/16"), 1);
	assert_int_equal(p->a.events[EVENT_CHILD_UP], 1);
	pair_free(p);
}

/* More at once than are remembered: the last ones, and the others ask again. */
static void a_flood_of_packets_is_bounded(void **state)
{
	struct pair *p = pair_new(13, TRAP_A "pfp = remote\n", NULL);
	const struct conn *c = engine_find_conn(p->a.e, "t");
	unsigned int n = 0;
	char remote[64];
	struct list *l;

	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(remote, sizeof(remote), "10.2.%u.%u/32", i / 250, i % 250);
		ask(&p->a, "10.1.0.0/16", remote);
	}
	list_for_each(l, &c->wishes)
		n++;
	assert_int_equal(n, WISHES_MAX);
	assert_int_equal(side_view(&p->a).ike, 1);
	pair_free(p);
}

/* ---- SAs by DSCP ---- */

#define EF (1ull << 46)
#define CS5 (1ull << 40)

/* The SA that a packet of this DSCP is sent with: the newest for it, or for what has none; as the module does. */
static const struct fake_sa *sender(const struct fake_kernel *k, unsigned int dscp)
{
	const struct fake_sa *best = NULL, *rest = NULL;

	for (unsigned int i = 0; i < FAKE_SAS; i++) {
		const struct fake_sa *s = &k->sa[i];

		if (!s->used || !s->out)
			continue;
		if (s->dscps & 1ull << dscp && (!best || s->order > best->order))
			best = s;
		if (!s->dscps && (!rest || s->order > rest->order))
			rest = s;
	}
	return best ? best : rest;
}

static void three_classes(struct pair *p)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct side *s = i ? &p->b : &p->a;

		assert_int_equal(side_view(s).child, 3);
		assert_int_equal(fake_kernel_sas(&s->kernel, true), 3);
		assert_int_equal(fake_kernel_policies(&s->kernel, PRIORITY_OF_CHILD), 1);
		assert_true(sender(&s->kernel, 46)->dscps == (EF | CS5));
		assert_true(sender(&s->kernel, 40) == sender(&s->kernel, 46));
		assert_true(sender(&s->kernel, 10)->dscps == 1ull << 10);
		assert_true(sender(&s->kernel, 0)->dscps == 0);
		/* what one sends, the other can open */
		for (unsigned int dscp = 0; dscp < 64; dscp++)
			assert_non_null(fake_kernel_find(i ? &p->a.kernel : &p->b.kernel, false,
							 sender(&s->kernel, dscp)->spi));
	}
	assert_int_equal(fake_kernel_larvals(&p->a.kernel) + fake_kernel_larvals(&p->b.kernel), 0);
}

#define CLASSES "dscp-classes = ef+cs5, af11\n"

static void each_class_has_its_sas(void **state)
{
	struct pair *p = pair_up(20, CONF_A IDS_A PSK CLASSES, CONF_B IDS_B PSK PASSIVE CLASSES);
	uint32_t before[3];

	(void)state;
	pair_run(p, 10000);
	three_classes(p);
	for (unsigned int i = 0; i < 3; i++)
		before[i] = sender(&p->a.kernel, (const unsigned int[]){ 0, 10, 46 }[i])->spi;
	/* new keys for each, made by either side */
	side_rekey(&p->a, false);
	pair_settle(p);
	pair_run(p, 10000);
	three_classes(p);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_not_equal(sender(&p->a.kernel, (const unsigned int[]){ 0, 10, 46 }[i])->spi, before[i]);
	side_rekey(&p->b, false);
	pair_settle(p);
	pair_run(p, 10000);
	three_classes(p);
	side_rekey(&p->b, true);
	pair_settle(p);
	three_classes(p);
	/* one that ends comes back; side_expire() takes the newest */
	side_expire(&p->a, true);
	pair_run(p, 30000);
	three_classes(p);
	pair_run(p, 100000);
	three_classes(p);
	pair_free(p);
}

static void both_sides_make_their_classes(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < 16; seed++) {
		struct pair *p = pair_new(200 + seed, CONF_A IDS_A PSK CLASSES, CONF_B IDS_B PSK CLASSES);

		p->w.job_delay_random = seed & 1 ? 200 : 0;
		pair_run(p, 100000);
		three_classes(p);
		pair_free(p);
	}
}

/* b takes the second child for the first one, made again: that is learned and said, and does not go on for ever. */
static void a_peer_without_classes_keeps_one_child(void **state)
{
	struct pair *p = pair_new(22, CONF_A IDS_A PSK CLASSES, CONF_B IDS_B PSK PASSIVE);

	(void)state;
	pair_run(p, 300000);
	assert_int_equal(side_view(&p->a).child, 1);
	assert_int_equal(side_view(&p->b).child, 1);
	assert_true(p->a.events[EVENT_CHILD_UP] <= 4);
	assert_non_null(strstr(p->a.failure.text, "dscp-classes"));
	/* what is there is for all packets */
	assert_int_equal(fake_kernel_sas(&p->a.kernel, true), 1);
	pair_free(p);
}

static void a_packet_brings_all_classes(void **state)
{
	struct pair *p = pair_new(21, TRAP_A CLASSES, CONF_B IDS_B PSK PASSIVE CLASSES);

	(void)state;
	pair_run(p, 10000);
	assert_int_equal(side_view(&p->a).child, 0);
	ask(&p->a, "10.1.0.1/32", "10.2.0.1/32");
	pair_run(p, 10000);
	three_classes(p);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_stand_before_and_behind_the_tunnels),
		cmocka_unit_test(a_rule_is_no_peer),
		cmocka_unit_test(a_rule_that_changes_is_never_missing),
		cmocka_unit_test(a_rule_that_the_kernel_refuses_is_tried_again),
		cmocka_unit_test(the_device_is_put_where_it_is_wanted),
		cmocka_unit_test(each_packet_has_its_child),
		cmocka_unit_test(packets_that_come_together_get_one_each),
		cmocka_unit_test(a_packet_the_peer_refuses_holds_up_no_other),
		cmocka_unit_test(a_flood_of_packets_is_bounded),
		cmocka_unit_test(each_class_has_its_sas),
		cmocka_unit_test(both_sides_make_their_classes),
		cmocka_unit_test(a_peer_without_classes_keeps_one_child),
		cmocka_unit_test(a_packet_brings_all_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
