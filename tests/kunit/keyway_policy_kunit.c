// SPDX-License-Identifier: GPL-2.0
/*
 * Policy lookup against a matcher that tries everything, on random rules and packets.
 *
 * RFCs: 4301 sections 4.1, 4.4.1, 5.2 and 7
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/prandom.h>
#include <linux/rcupdate.h>

#include "device.h"
#include "net.h"
#include "policy.h"
#include "sa.h"

/*
 * The world is small so that rules and packets meet often: addresses are 10.0.0.x and fd00::x
 * with x below 16, ports are below 8, marks below 4, protocols are these.
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
	kw_spd_exit(&w->dev.spd);
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
	kw_spd_init(&w->dev.spd);
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
	u32 id, priority, mark, mark_mask;
	unsigned int n_local, n_remote;
	struct small_ts ts[6];
};

struct small_flow {
	u8 family, src, dst, proto;
	bool has_ports, hidden;
	u16 sport, dport;
	u32 mark;
};

/* What lookup() and search() say of a packet that shows too little. */
#define UNDECIDED	U32_MAX

static struct small_ts random_ts(struct world *w)
{
	struct small_ts s = {
		.family = below(w, 3) ? AF_INET : AF_INET6,
		.first = below(w, HOSTS),
		.proto = protocols[below(w, ARRAY_SIZE(protocols))],
		.port_last = U16_MAX,
	};

	s.last = s.first + below(w, HOSTS - s.first);
	switch (below(w, 5)) {
	case 0:
	case 1:
		s.port_first = below(w, PORTS);
		s.port_last = s.port_first + below(w, PORTS);
		break;
	case 2:
		s.port_first = below(w, PORTS);
		s.port_last = s.port_first;
		break;
	case 3:
		if (below(w, 4) == 0) {
			s.port_first = KW_TS_OPAQUE_START;
			s.port_last = KW_TS_OPAQUE_END;
		}
		break;
	}
	return s;
}

/* 0 no, 1 perhaps, 2 yes. */
static int side_matches(const struct small_ts *s, const struct small_flow *f, u8 host, u16 port)
{
	if (s->family != f->family || host < s->first || host > s->last ||
	    (s->proto != 0 && s->proto != f->proto))
		return 0;
	if (s->port_first == 0 && s->port_last == U16_MAX)
		return 2;
	if (s->port_first == U16_MAX)	/* OPAQUE */
		return f->has_ports ? 0 : 2;
	if (!f->has_ports)
		return f->hidden ? 1 : 0;
	return s->port_first <= port && port <= s->port_last ? 2 : 0;
}

static int rule_matches(const struct small_rule *r, const struct small_flow *f)
{
	int local = 0, remote = 0;
	unsigned int i;

	if ((f->mark & r->mark_mask) != (r->mark & r->mark_mask))
		return 0;
	for (i = 0; i < r->n_local; i++)
		local = max(local, side_matches(&r->ts[i], f, f->src, f->sport));
	for (i = r->n_local; i < r->n_local + r->n_remote; i++)
		remote = max(remote, side_matches(&r->ts[i], f, f->dst, f->dport));
	return min(local, remote);
}

static struct kw_policy *install(struct kunit *test, struct world *w, struct small_rule *r)
{
	struct kw_policy_config *config = kunit_kzalloc(test, sizeof(*config), GFP_KERNEL);
	struct kw_policy *p;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, config);
	config->priority = r->priority;
	config->mark = r->mark;
	config->mark_mask = r->mark_mask;
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
	KUNIT_EXPECT_EQ(test, kw_policy_reserve(&w->kn, p, &w->dev), 0);
	kw_policy_insert(&w->kn, p);
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
		.mark = below(w, 4),
	};

	if (f.has_ports) {
		f.sport = below(w, PORTS);
		f.dport = below(w, PORTS);
	} else {
		f.hidden = below(w, 2);
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
		.hidden = f->hidden,
		.mark = f->mark,
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
		if (rules[i].id && rule_matches(&rules[i], f) &&
		    (!best || rules[i].priority < best->priority))
			best = &rules[i];
	if (!best)
		return 0;
	return rule_matches(best, f) == 1 ? UNDECIDED : best->id;
}

static u32 lookup_dir(struct world *w, const struct small_flow *f, u8 dir)
{
	struct kw_flow flow = make_flow(f);
	const struct kw_policy *p;
	u32 id;

	local_bh_disable();
	rcu_read_lock();
	p = kw_spd_lookup(&w->dev.spd, &flow, dir);
	id = IS_ERR(p) ? UNDECIDED : p ? p->id : 0;
	rcu_read_unlock();
	local_bh_enable();
	return id;
}

static u32 lookup(struct world *w, const struct small_flow *f)
{
	return lookup_dir(w, f, KEYWAY_DIR_OUT);
}

static void swap_sides(struct small_flow *f)
{
	swap(f->src, f->dst);
	swap(f->sport, f->dport);
}

static void remove(struct world *w, struct small_rule *r)
{
	mutex_lock(&w->kn.lock);
	kw_policy_remove(&w->kn, kw_policy_find(&w->kn, r->id));
	mutex_unlock(&w->kn.lock);
	r->id = 0;
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

	if (below(w, 3) == 0) {
		r.mark = below(w, 4);
		r.mark_mask = 1 + below(w, 3);
	}
	for (i = 0; i < r.n_local + r.n_remote; i++)
		r.ts[i] = random_ts(w);
	return r;
}

/*
 * Rules come and go, and after each change packets are looked up in both directions: twice, so
 * that what a CPU remembers is asked too.
 */
static void random_rules_give_what_a_search_gives(struct kunit *test)
{
	struct small_rule *rules = kunit_kcalloc(test, RULES, sizeof(*rules), GFP_KERNEL);
	unsigned int round, i, j, found = 0, undecided = 0, total = 0;

	KUNIT_ASSERT_NOT_NULL(test, rules);
	for (round = 0; round < 10; round++) {
		struct world *w = world_new(test, round);

		memset(rules, 0, RULES * sizeof(*rules));
		for (i = 0; i < 3 * RULES; i++) {
			/* Age is the place in the array: only its end may be filled again. */
			if (i < RULES) {
				rules[i] = random_rule(w);
				install(test, w, &rules[i]);
			} else {
				j = below(w, RULES);
				if (rules[j].id)
					remove(w, &rules[j]);
			}
			for (j = 0; j < 50; j++) {
				struct small_flow f = random_flow(w);
				u32 id = lookup(w, &f);

				KUNIT_ASSERT_EQ(test, id, search(rules, RULES, &f));
				KUNIT_ASSERT_EQ(test, id, lookup(w, &f));
				found += id != 0;
				undecided += id == UNDECIDED;
				total++;
				swap_sides(&f);
				KUNIT_ASSERT_EQ(test, id, lookup_dir(w, &f, KEYWAY_DIR_IN));
			}
		}
	}
	KUNIT_EXPECT_GT(test, found, total / 20);
	KUNIT_EXPECT_LT(test, found, total - total / 10);
	KUNIT_EXPECT_GT(test, undecided, 100);
}

#define MANY	4000

/* The host pair that rule @i is for: all differ, and so do the shapes of every fourth. */
static struct kw_policy *install_pair(struct kunit *test, struct world *w, u32 i)
{
	static struct kw_policy_config config;
	struct kw_policy *p;

	memset(&config, 0, sizeof(config));
	config.n_local = 1;
	config.n_remote = 1;
	config.priority = i % 7;
	config.ts[0] = (struct kw_ts){
		.start = { .v4 = htonl(0x0a000000 + i), .family = AF_INET },
		.end = { .v4 = htonl(0x0a000000 + i), .family = AF_INET },
		.proto = i % 4 == 1 ? IPPROTO_TCP : 0,
		.port_end = U16_MAX,
	};
	config.ts[1] = (struct kw_ts){
		.start = { .v4 = htonl(0x14000000 + i * 4), .family = AF_INET },
		.end = { .v4 = htonl(0x14000000 + i * 4 + 2), .family = AF_INET },
		.port_start = i % 4 == 2 ? 80 : 0,
		.port_end = i % 4 == 2 ? 80 : U16_MAX,
	};
	p = kw_policy_new(&config);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p);
	mutex_lock(&w->kn.lock);
	KUNIT_EXPECT_EQ(test, kw_policy_reserve(&w->kn, p, &w->dev), 0);
	kw_policy_insert(&w->kn, p);
	mutex_unlock(&w->kn.lock);
	return p;
}

static u32 lookup_pair(struct world *w, u32 i, u16 port)
{
	struct kw_flow flow = {
		.src = { .v4 = htonl(0x0a000000 + i), .family = AF_INET },
		.dst = { .v4 = htonl(0x14000000 + i * 4 + 1), .family = AF_INET },
		.proto = IPPROTO_TCP,
		.has_ports = true,
		.sport = 9,
		.dport = port,
	};
	const struct kw_policy *p;
	u32 id;

	local_bh_disable();
	rcu_read_lock();
	p = kw_spd_lookup(&w->dev.spd, &flow, KEYWAY_DIR_OUT);
	id = p ? p->id : 0;
	rcu_read_unlock();
	local_bh_enable();
	return id;
}

static void of_many_policies_each_packet_finds_its_own(struct kunit *test)
{
	struct world *w = world_new(test, 1);
	u32 *id = kunit_kcalloc(test, MANY, sizeof(*id), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, id);
	for (i = 0; i < MANY; i++) {
		id[i] = install_pair(test, w, i)->id;
		KUNIT_ASSERT_EQ(test, lookup_pair(w, i, 80), id[i]);
	}
	for (i = 0; i < MANY; i++) {
		KUNIT_ASSERT_EQ(test, lookup_pair(w, i, 80), id[i]);
		KUNIT_ASSERT_EQ(test, lookup_pair(w, i, 81), i % 4 == 2 ? 0 : id[i]);
	}
	KUNIT_EXPECT_EQ(test, lookup_pair(w, MANY, 80), 0);
}

struct reader {
	struct world *w;
	u32 always;
	unsigned long asked, wrong;
	bool stop;
	struct completion done;
};

/* One policy is always there for pair 0: whatever comes and goes beside it, it is found. */
static int read_on(void *data)
{
	struct reader *r = data;

	while (!READ_ONCE(r->stop)) {
		r->asked++;
		r->wrong += lookup_pair(r->w, 0, 80) != r->always;
		cond_resched();
	}
	complete(&r->done);
	return 0;
}

static void a_policy_is_found_while_others_come_and_go(struct kunit *test)
{
	struct world *w = world_new(test, 1);
	struct reader r = { .w = w };
	struct task_struct *task;
	struct kw_policy *p[64];
	u32 round, i;

	init_completion(&r.done);
	r.always = install_pair(test, w, 0)->id;
	task = kthread_run(read_on, &r, "keyway-reader");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	for (round = 0; round < 20; round++) {
		for (i = 0; i < ARRAY_SIZE(p); i++) {
			p[i] = install_pair(test, w, 1 + i);
			cond_resched();
		}
		for (i = 0; i < ARRAY_SIZE(p); i++) {
			mutex_lock(&w->kn.lock);
			kw_policy_remove(&w->kn, p[i]);
			mutex_unlock(&w->kn.lock);
			cond_resched();
		}
	}
	WRITE_ONCE(r.stop, true);
	wait_for_completion(&r.done);
	KUNIT_EXPECT_EQ(test, r.wrong, 0);
	KUNIT_EXPECT_GT(test, r.asked, 20);
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
	const struct small_flow f = { .family = AF_INET, .src = 1, .dst = 2, .proto = IPPROTO_TCP,
				      .has_ports = true, .sport = 3, .dport = 4 };
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

/* Ten hosts to ten hosts, of which a packet from .3 port 7 to .5 port 9 asks for what pfp says. */
static void an_acquire_asks_for_what_pfp_takes_from_the_packet(struct kunit *test)
{
	struct kw_policy_config *config = kunit_kzalloc(test, sizeof(*config), GFP_KERNEL);
	const struct small_flow f = { .family = AF_INET, .src = 3, .dst = 5, .proto = IPPROTO_UDP,
				      .has_ports = true, .sport = 7, .dport = 9 };
	struct kw_flow flow = make_flow(&f);
	struct kw_ts ts[2];
	struct kw_policy *p;

	KUNIT_ASSERT_NOT_NULL(test, config);
	config->n_local = 1;
	config->n_remote = 1;
	config->ts[0] = (struct kw_ts){ address(AF_INET, 0), address(AF_INET, 9), 0, 0, U16_MAX };
	config->ts[1] = config->ts[0];
	config->pfp = KEYWAY_PFP_REMOTE | KEYWAY_PFP_PROTO | KEYWAY_PFP_LOCAL_PORT;
	p = kw_policy_new(config);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p);

	kw_policy_wanted(p, &flow, ts);
	KUNIT_EXPECT_EQ(test, ts[0].start.bytes[3], 0);
	KUNIT_EXPECT_EQ(test, ts[0].end.bytes[3], 9);
	KUNIT_EXPECT_EQ(test, ts[0].port_start, 7);
	KUNIT_EXPECT_EQ(test, ts[0].port_end, 7);
	KUNIT_EXPECT_EQ(test, ts[1].start.bytes[3], 5);
	KUNIT_EXPECT_EQ(test, ts[1].end.bytes[3], 5);
	KUNIT_EXPECT_EQ(test, ts[1].port_start, 0);
	KUNIT_EXPECT_EQ(test, ts[1].port_end, U16_MAX);
	KUNIT_EXPECT_EQ(test, ts[1].proto, IPPROTO_UDP);

	flow.has_ports = false;
	kw_policy_wanted(p, &flow, ts);
	KUNIT_EXPECT_EQ(test, ts[0].port_start, KW_TS_OPAQUE_START);
	KUNIT_EXPECT_EQ(test, ts[0].port_end, KW_TS_OPAQUE_END);
	kw_policy_put(p);
	rcu_barrier();
	flush_workqueue(kw_wq);
}

/* From ten hosts to ten hosts; @port of the remote ones, or 0 for any. */
static struct kw_policy *install_action(struct kunit *test, struct world *w, u8 action, u32 flags,
					u32 priority, u16 port)
{
	struct kw_policy_config *config = kunit_kzalloc(test, sizeof(*config), GFP_KERNEL);
	struct kw_policy *p;

	KUNIT_ASSERT_NOT_NULL(test, config);
	config->action = action;
	config->flags = flags;
	config->priority = priority;
	config->n_local = 1;
	config->n_remote = 1;
	config->ts[0] = (struct kw_ts){ address(AF_INET, 0), address(AF_INET, 9), 0, 0, U16_MAX };
	config->ts[1] = config->ts[0];
	if (port) {
		config->ts[1].proto = IPPROTO_UDP;
		config->ts[1].port_start = port;
		config->ts[1].port_end = port;
	}
	p = kw_policy_new(config);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p);
	mutex_lock(&w->kn.lock);
	KUNIT_EXPECT_EQ(test, kw_policy_reserve(&w->kn, p, &w->dev), 0);
	kw_policy_insert(&w->kn, p);
	mutex_unlock(&w->kn.lock);
	return p;
}

/* Plaintext that comes in from .5 to .3. */
static struct kw_policy *violated(struct world *w, u16 port, bool hidden)
{
	const struct small_flow f = { .family = AF_INET, .src = 5, .dst = 3, .proto = IPPROTO_UDP,
				      .has_ports = !hidden, .hidden = hidden, .sport = port,
				      .dport = 9 };
	struct kw_flow flow = make_flow(&f);
	struct kw_policy *p;

	local_bh_disable();
	rcu_read_lock();
	p = kw_policy_violated(&w->dev.spd, &flow, NULL);
	rcu_read_unlock();
	local_bh_enable();
	return p;
}

/* RFC 4301 5.2: what a policy protects or discards may not come in as it is. */
static void plaintext_is_judged_by_the_first_policy(struct kunit *test)
{
	struct world *w = world_new(test, 1);
	struct kw_policy *protect, *discard;

	KUNIT_EXPECT_NULL(test, violated(w, 80, false));
	protect = install_action(test, w, KEYWAY_ACTION_PROTECT, 0, 5, 0);
	KUNIT_EXPECT_PTR_EQ(test, violated(w, 80, false), protect);
	KUNIT_EXPECT_PTR_EQ(test, violated(w, 80, true), protect);
	install_action(test, w, KEYWAY_ACTION_BYPASS, 0, 4, 7);
	KUNIT_EXPECT_NULL(test, violated(w, 7, false));
	KUNIT_EXPECT_PTR_EQ(test, violated(w, 80, false), protect);
	/* A fragment that could be either is neither. */
	KUNIT_EXPECT_TRUE(test, IS_ERR(violated(w, 7, true)));
	discard = install_action(test, w, KEYWAY_ACTION_DISCARD, 0, 3, 7);
	KUNIT_EXPECT_PTR_EQ(test, violated(w, 7, false), discard);
	install_action(test, w, KEYWAY_ACTION_BYPASS, 0, 6, 0);
	KUNIT_EXPECT_PTR_EQ(test, violated(w, 80, false), protect);
	install_action(test, w, KEYWAY_ACTION_PROTECT, KEYWAY_POLICY_F_PLAIN_IN, 2, 0);
	KUNIT_EXPECT_NULL(test, violated(w, 80, false));
	KUNIT_EXPECT_NULL(test, violated(w, 7, true));
}

static struct kunit_case policy_cases[] = {
	KUNIT_CASE(random_rules_give_what_a_search_gives),
	KUNIT_CASE(of_many_policies_each_packet_finds_its_own),
	KUNIT_CASE(a_policy_is_found_while_others_come_and_go),
	KUNIT_CASE(a_lower_priority_number_goes_first_and_then_the_older),
	KUNIT_CASE(an_id_is_not_given_again_at_once),
	KUNIT_CASE(an_acquire_asks_for_what_pfp_takes_from_the_packet),
	KUNIT_CASE(plaintext_is_judged_by_the_first_policy),
	{}
};

static struct kunit_suite policy_suite = {
	.name = "keyway_policy",
	.test_cases = policy_cases,
};

kunit_test_suite(policy_suite);

MODULE_DESCRIPTION("KUnit: policies");
MODULE_LICENSE("GPL");
