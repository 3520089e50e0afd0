// SPDX-License-Identifier: GPL-2.0
/*
 * What stands in the kernel's policy database by the configuration's will: rules that have no peer, and what packets
 * have to say about the children that are made for them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "exchange/pair.h"

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
	assert_int_equal(side_view(&p->a).ike + side_view(&p->b).ike, 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_stand_before_and_behind_the_tunnels),
		cmocka_unit_test(a_rule_is_no_peer),
		cmocka_unit_test(a_rule_that_changes_is_never_missing),
		cmocka_unit_test(a_rule_that_the_kernel_refuses_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
