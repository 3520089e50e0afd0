// SPDX-License-Identifier: GPL-2.0
/*
 * Policy lookup against a matcher that tries everything, on random rules and packets.
 *
 * RFCs: 4301 section 4.4.1
 */
#include <kunit/test.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/prandom.h>
#include <linux/rcupdate.h>

#include "device.h"
#include "net.h"
#include "policy.h"

/*
 * The world is small so that rules and packets meet often: addresses are 10.0.0.x and fd00::x
 * with x below 16, ports are below 8, protocols are these.
 */
#define HOSTS	16
#define PORTS	8

static const u8 protocols[] = { 0, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ESP };

struct world {
	struct kw_net kn;
	struct kw_dev dev;
	struct rnd_state rnd;
};

static void world_end(void *data)
{
	struct world *w = data;
	struct kw_policy *p;
	int id;

	mutex_lock(&w->kn.lock);
	idr_for_each_entry(&w->kn.policies, p, id)
		kw_policy_remove(&w->kn, p);
	mutex_unlock(&w->kn.lock);
	idr_destroy(&w->kn.policies);
	/* Removed policies are freed by work after a grace period. */
	rcu_barrier();
	flush_workqueue(kw_wq);
	mutex_destroy(&w->kn.lock);
}

static struct world *world_new(struct kunit *test, u64 seed)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, w);
	mutex_init(&w->kn.lock);
	idr_init(&w->kn.policies);
	INIT_LIST_HEAD(&w->dev.policies);
	prandom_seed_state(&w->rnd, seed);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, world_end, w), 0);
	return w;
}

static u32 below(struct world *w, u32 n)
{
	return prandom_u32_state(&w->rnd) % n;
}

static struct kw_addr address(u8 family, u8 host)
{
	struct kw_addr a = { .family = family };

	if (family == AF_INET) {
		a.v4 = htonl(0x0a000000 | host);
	} else {
		a.bytes[0] = 0xfd;
		a.bytes[15] = host;
	}
	return a;
}

/* A selector by its few numbers, from which struct kw_ts is made and the answer is computed. */
struct small_ts {
	u8 family, first, last, proto;
	u16 port_first, port_last;
};

struct small_rule {
	u32 id, priority;
	unsigned int n_local, n_remote;
	struct small_ts ts[6];
};

struct small_flow {
	u8 family, src, dst, proto;
	bool has_ports;
	u16 sport, dport;
};

static struct small_ts random_ts(struct world *w)
{
	struct small_ts s = {
		.family = below(w, 3) ? AF_INET : AF_INET6,
		.first = below(w, HOSTS),
		.proto = protocols[below(w, ARRAY_SIZE(protocols))],
		.port_last = U16_MAX,
	};

	s.last = s.first + below(w, HOSTS - s.first);
	if (below(w, 2)) {
		s.port_first = below(w, PORTS);
		s.port_last = s.port_first + below(w, PORTS);
	}
	return s;
}

static bool side_matches(const struct small_ts *s, const struct small_flow *f, u8 host, u16 port)
{
	bool any_port = s->port_first == 0 && s->port_last == U16_MAX;

	return s->family == f->family && s->first <= host && host <= s->last &&
	       (s->proto == 0 || s->proto == f->proto) &&
	       (any_port || (f->has_ports && s->port_first <= port && port <= s->port_last));
}

static bool rule_matches(const struct small_rule *r, const struct small_flow *f)
{
	bool local = false, remote = false;
	unsigned int i;

	for (i = 0; i < r->n_local; i++)
		local |= side_matches(&r->ts[i], f, f->src, f->sport);
	for (i = r->n_local; i < r->n_local + r->n_remote; i++)
		remote |= side_matches(&r->ts[i], f, f->dst, f->dport);
	return local && remote;
}

static struct kw_policy *install(struct kunit *test, struct world *w, struct small_rule *r)
{
	struct kw_policy_config *config = kunit_kzalloc(test, sizeof(*config), GFP_KERNEL);
	struct kw_policy *p;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, config);
	config->priority = r->priority;
	config->n_local = r->n_local;
	config->n_remote = r->n_remote;
	for (i = 0; i < r->n_local + r->n_remote; i++) {
		const struct small_ts *s = &r->ts[i];

		config->ts[i] = (struct kw_ts){
			.start = address(s->family, s->first),
			.end = address(s->family, s->last),
			.proto = s->proto,
			.port_start = s->port_first,
			.port_end = s->port_last,
		};
	}
	p = kw_policy_new(config);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p);
	mutex_lock(&w->kn.lock);
	KUNIT_EXPECT_EQ(test, kw_policy_reserve(&w->kn, p), 0);
	kw_policy_insert(&w->kn, p, &w->dev);
	mutex_unlock(&w->kn.lock);
	r->id = p->id;
	return p;
}

static struct small_flow random_flow(struct world *w)
{
	struct small_flow f = {
		.family = below(w, 3) ? AF_INET : AF_INET6,
		.src = below(w, HOSTS),
		.dst = below(w, HOSTS),
		.proto = protocols[1 + below(w, ARRAY_SIZE(protocols) - 1)],
		.has_ports = below(w, 4),
	};

	if (f.has_ports) {
		f.sport = below(w, PORTS);
		f.dport = below(w, PORTS);
	}
	return f;
}

static struct kw_flow make_flow(const struct small_flow *f)
{
	return (struct kw_flow){
		.src = address(f->family, f->src),
		.dst = address(f->family, f->dst),
		.proto = f->proto,
		.has_ports = f->has_ports,
		.sport = f->sport,
		.dport = f->dport,
	};
}

/* The id of the first match by priority, then by age; 0 if none. */
static u32 search(const struct small_rule *rules, unsigned int n, const struct small_flow *f)
{
	const struct small_rule *best = NULL;
	unsigned int i;

	for (i = 0; i < n; i++)
		if (rule_matches(&rules[i], f) && (!best || rules[i].priority < best->priority))
			best = &rules[i];
	return best ? best->id : 0;
}

static u32 lookup(struct world *w, const struct small_flow *f)
{
	struct kw_flow flow = make_flow(f);
	const struct kw_policy *p;
	u32 id;

	rcu_read_lock();
	p = kw_policy_lookup(&w->dev, &flow);
	id = p ? p->id : 0;
	rcu_read_unlock();
	return id;
}

#define RULES	40

static struct small_rule random_rule(struct world *w)
{
	struct small_rule r = {
		.priority = below(w, 5),
		.n_local = 1 + below(w, 3),
		.n_remote = 1 + below(w, 3),
	};
	unsigned int i;

	for (i = 0; i < r.n_local + r.n_remote; i++)
		r.ts[i] = random_ts(w);
	return r;
}

static void random_rules_give_what_a_search_gives(struct kunit *test)
{
	struct small_rule *rules = kunit_kcalloc(test, RULES, sizeof(*rules), GFP_KERNEL);
	unsigned int round, i, n, found = 0, total = 0;

	KUNIT_ASSERT_NOT_NULL(test, rules);
	for (round = 0; round < 20; round++) {
		struct world *w = world_new(test, round);

		n = 1 + below(w, RULES);
		for (i = 0; i < n; i++) {
			rules[i] = random_rule(w);
			install(test, w, &rules[i]);
		}
		for (i = 0; i < 2000; i++) {
			struct small_flow f = random_flow(w);
			u32 id = lookup(w, &f);

			KUNIT_ASSERT_EQ(test, id, search(rules, n, &f));
			found += id != 0;
			total++;
		}
	}
	KUNIT_EXPECT_GT(test, found, total / 10);
	KUNIT_EXPECT_LT(test, found, total - total / 10);
}

static void inbound_packets_match_with_the_sides_swapped(struct kunit *test)
{
	struct world *w = world_new(test, 77);
	unsigned int i, round, matched = 0;

	for (round = 0; round < 100; round++) {
		struct small_rule rule = random_rule(w);
		const struct kw_policy *p = install(test, w, &rule);

		for (i = 0; i < 200; i++) {
			struct small_flow f = random_flow(w);
			struct kw_flow flow = make_flow(&f);
			bool in = kw_policy_match_in(p, &flow);

			swap(f.src, f.dst);
			swap(f.sport, f.dport);
			KUNIT_ASSERT_EQ(test, in, rule_matches(&rule, &f));
			matched += in;
		}
	}
	KUNIT_EXPECT_GT(test, matched, 100);
}

static struct small_rule everything(u32 priority)
{
	return (struct small_rule){
		.priority = priority,
		.n_local = 1,
		.n_remote = 1,
		.ts = {
			{ AF_INET, 0, HOSTS - 1, 0, 0, U16_MAX },
			{ AF_INET, 0, HOSTS - 1, 0, 0, U16_MAX },
		},
	};
}

static void a_lower_priority_number_goes_first_and_then_the_older(struct kunit *test)
{
	struct world *w = world_new(test, 1);
	struct small_rule late = everything(9), old = everything(5), young = everything(5),
			  first = everything(1);
	const struct small_flow f = { AF_INET, 1, 2, IPPROTO_TCP, true, 3, 4 };
	struct kw_policy *p_old, *p_first;

	install(test, w, &late);
	KUNIT_EXPECT_EQ(test, lookup(w, &f), late.id);
	p_old = install(test, w, &old);
	install(test, w, &young);
	KUNIT_EXPECT_EQ(test, lookup(w, &f), old.id);
	p_first = install(test, w, &first);
	KUNIT_EXPECT_EQ(test, lookup(w, &f), first.id);

	mutex_lock(&w->kn.lock);
	kw_policy_remove(&w->kn, p_first);
	mutex_unlock(&w->kn.lock);
	KUNIT_EXPECT_EQ(test, lookup(w, &f), old.id);
	mutex_lock(&w->kn.lock);
	kw_policy_remove(&w->kn, p_old);
	mutex_unlock(&w->kn.lock);
	KUNIT_EXPECT_EQ(test, lookup(w, &f), young.id);
}

static void an_id_is_not_given_again_at_once(struct kunit *test)
{
	struct world *w = world_new(test, 1);
	struct small_rule one = everything(1), two = everything(1);
	struct kw_policy *p = install(test, w, &one);

	mutex_lock(&w->kn.lock);
	kw_policy_remove(&w->kn, p);
	KUNIT_EXPECT_NULL(test, kw_policy_find(&w->kn, one.id));
	mutex_unlock(&w->kn.lock);
	install(test, w, &two);
	KUNIT_EXPECT_NE(test, one.id, two.id);
}

static struct kunit_case policy_cases[] = {
	KUNIT_CASE(random_rules_give_what_a_search_gives),
	KUNIT_CASE(inbound_packets_match_with_the_sides_swapped),
	KUNIT_CASE(a_lower_priority_number_goes_first_and_then_the_older),
	KUNIT_CASE(an_id_is_not_given_again_at_once),
	{}
};

static struct kunit_suite policy_suite = {
	.name = "keyway_policy",
	.test_cases = policy_cases,
};

kunit_test_suite(policy_suite);

MODULE_DESCRIPTION("KUnit: policies");
MODULE_LICENSE("GPL");
