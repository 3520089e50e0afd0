// SPDX-License-Identifier: GPL-2.0
/* Addresses out of pools: who gets which, who gets it back, and that it costs the same at any size. */
#include "ike/lease.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct leases all;
static struct conf_conn conf;
static unsigned int changes;

static void on_change(void *ctx, const struct lease *l)
{
	assert_ptr_equal(ctx, &all);
	assert_non_null(l);
	changes++;
}

static void pool(const char *text)
{
	struct ip_range r;

	assert_int_equal(ip_range_parse(&r, text), 0);
	conf.pool[conf.n_pool++] = (struct conf_pool){ .net = r, .give = r };
}

static int setup(void **state)
{
	(void)state;
	memset(&conf, 0, sizeof(conf));
	snprintf(conf.name, sizeof(conf.name), "office");
	changes = 0;
	assert_int_equal(leases_init(&all), 0);
	all.changed = on_change;
	all.ctx = &all;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	leases_free(&all);
	return 0;
}

static struct ip_addr ip(const char *text)
{
	struct ip_addr a = { 0 };

	assert_true(!text || !ip_addr_parse(&a, text));
	return a;
}

static struct ident ident(const char *text)
{
	struct ident id = { 0 };

	assert_int_equal(ident_parse(&id, text), 0);
	return id;
}

static struct failure why;

static struct lease *take_as(const char *owner, uint8_t family, const char *wish, bool share)
{
	struct ident id = ident(owner);
	struct ip_addr w = ip(wish);
	struct lease *l = lease_take(&all, &conf, &id, family, &w, share, &why);

	ident_drop(&id);
	return l;
}

/* Takes one and checks which it is. */
static struct lease *takes(const char *owner, const char *addr)
{
	struct lease *l = take_as(owner, strchr(addr, ':') ? AF_INET6 : AF_INET, NULL, true);
	char text[ADDR_STRLEN];

	assert_non_null(l);
	assert_string_equal(ip_addr_print(text, &l->addr), addr);
	return l;
}

static void each_owner_has_one_and_keeps_it(void **state)
{
	struct lease *a, *b, *again;

	(void)state;
	pool("10.9.0.1-10.9.0.3");
	pool("fd09::10-fd09::11");
	a = takes("a.example", "10.9.0.1");
	b = takes("b.example", "10.9.0.2");
	takes("a.example", "fd09::10");
	takes("b.example", "fd09::11");
	assert_int_equal(changes, 4);
	lease_put(&all, a);
	lease_put(&all, b);
	/* back again, in another order and case */
	takes("B.Example", "10.9.0.2");
	again = takes("a.example", "10.9.0.1");
	assert_ptr_equal(again, a);
	/* twice at once: the same; or another when the two are to stand side by side */
	assert_ptr_equal(takes("a.example", "10.9.0.1"), a);
	assert_int_equal(a->holders, 2);
	b = take_as("a.example", AF_INET, NULL, false);
	assert_int_equal(b->addr.b[3], 3);
	assert_int_equal(changes, 5);
}

static void the_one_that_is_away_longest_goes_to_another(void **state)
{
	struct lease *a, *b, *c;

	(void)state;
	pool("10.9.0.1-10.9.0.3");
	a = takes("a.example", "10.9.0.1");
	b = takes("b.example", "10.9.0.2");
	c = takes("c.example", "10.9.0.3");
	assert_null(take_as("d.example", AF_INET, NULL, true));
	assert_non_null(strstr(why.text, "all of the pool 10.9.0.1-10.9.0.3 are in use"));
	assert_null(take_as("d.example", AF_INET6, NULL, true));
	assert_non_null(strstr(why.text, "asks for an IPv6 address, and the pool has none"));
	lease_put(&all, b);
	lease_put(&all, a);
	takes("d.example", "10.9.0.2");
	takes("b.example", "10.9.0.1");
	assert_null(take_as("a.example", AF_INET, NULL, true));
	lease_put(&all, c);
	takes("a.example", "10.9.0.3");
}

static void a_wish_counts_when_it_can(void **state)
{
	struct lease *l;

	(void)state;
	pool("10.9.0.1-10.9.0.9");
	conf.device_addr[conf.n_device_addr++] = ip("10.9.0.1");
	l = take_as("a.example", AF_INET, "10.9.0.7", true);
	assert_int_equal(l->addr.b[3], 7);
	/* another's, the gateway's own, out of the pool, of another family */
	assert_int_equal(take_as("b.example", AF_INET, "10.9.0.7", true)->addr.b[3], 2);
	assert_int_equal(take_as("c.example", AF_INET, "10.9.0.1", true)->addr.b[3], 3);
	assert_int_equal(take_as("d.example", AF_INET, "10.8.0.7", true)->addr.b[3], 4);
	assert_int_equal(take_as("e.example", AF_INET, "fd09::1", true)->addr.b[3], 5);
	/* what he had comes first; but of two that he had, the wish */
	lease_put(&all, l);
	assert_int_equal(take_as("a.example", AF_INET, "10.9.0.9", true)->addr.b[3], 7);
	l = take_as("a.example", AF_INET, NULL, false);
	assert_int_equal(l->addr.b[3], 6);
	lease_put(&all, l);
	assert_int_equal(take_as("a.example", AF_INET, "10.9.0.6", true)->addr.b[3], 6);
}

static void restored(const char *conn, const char *owner, const char *addr)
{
	struct ident id = ident(owner);
	struct ip_addr a = ip(addr);

	assert_int_equal(lease_restore(&all, conn, &id, &a), 0);
	ident_drop(&id);
}

static void what_was_known_before_counts(void **state)
{
	(void)state;
	pool("10.9.0.1-10.9.0.4");
	restored("office", "a.example", "10.9.0.3");
	restored("office", "old.example", "10.9.0.4");
	restored("office", "b.example", "10.9.0.4");	/* a later line */
	restored("office", "c.example", "10.8.0.4");	/* not in the pool any more */
	restored("other", "d.example", "10.9.0.2");	/* that of another connection, which shares the pool */
	assert_int_equal(changes, 0);
	takes("a.example", "10.9.0.3");
	takes("b.example", "10.9.0.4");
	takes("d.example", "10.9.0.1");
	takes("c.example", "10.9.0.2");
}

/* A pool without end: those who are away are forgotten at last. */
static void memory_is_bounded_and_time_flat(void **state)
{
	char name[40];

	(void)state;
	pool("fd09::/64");
	for (unsigned int i = 0; i < LEASES_AWAY_MAX + 5000; i++) {
		snprintf(name, sizeof(name), "c%u.example", i);
		lease_put(&all, take_as(name, AF_INET6, NULL, true));
	}
	assert_int_equal(all.n_away, LEASES_AWAY_MAX);
	assert_int_equal(all.by_addr.count, LEASES_AWAY_MAX);
	assert_int_equal(all.by_owner.count, LEASES_AWAY_MAX);
}

static void a_large_pool_is_used_to_the_last(void **state)
{
	char name[40];

	(void)state;
	pool("10.9.0.0/18");
	pool("10.10.0.0/18");
	for (unsigned int i = 0; i < 2 * 16384; i++) {
		snprintf(name, sizeof(name), "c%u.example", i);
		assert_non_null(take_as(name, AF_INET, NULL, true));
	}
	assert_null(take_as("late.example", AF_INET, NULL, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
		EACH(each_owner_has_one_and_keeps_it),
		EACH(the_one_that_is_away_longest_goes_to_another),
		EACH(a_wish_counts_when_it_can),
		EACH(what_was_known_before_counts),
		EACH(memory_is_bounded_and_time_flat),
		EACH(a_large_pool_is_used_to_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
