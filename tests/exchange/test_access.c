// SPDX-License-Identifier: GPL-2.0
/*
 * Remote access: b lends addresses, a is one client or, with several connections, several of them
 * (RFC 7296 §2.19, §3.15; RFC 8598).
 */
#include <stdio.h>
#include <string.h>

#include "exchange/pair.h"
#include "ike/lease.h"
#include "wire/isakmp.h"
#include "wire/isakmp_v1.h"

#define TO_GATEWAY "remote = 192.0.2.2\nlocal = 192.0.2.1\nremote-id = b.example\n" PSK
#define CLIENT(name) TO_GATEWAY "local-id = " name ".example\nvirtual-address = yes\n"
#define GATEWAY "remote = any\nlocal = 192.0.2.2\nlocal-id = b.example\n" PSK
#define OFFICE "local-net = 10.2.0.0/16, fd02::/64\n"
#define POOLS "pool = 10.9.0.0/29, fd09::/64\n"
#define NAMES "dns = 10.2.0.53, fd02::53\ndns-domain = corp.example, lab.example\n"

static struct ip_addr ip(const char *text)
{
	struct ip_addr a;

	assert_int_equal(ip_addr_parse(&a, text), 0);
	return a;
}

static bool device_has(const struct side *s, const char *text)
{
	struct ip_addr a = ip(text);

	for (unsigned int i = 0; i < s->kernel.n_addr; i++)
		if (ip_addr_equal(&s->kernel.addr[i], &a))
			return true;
	return false;
}

static bool routed(const struct side *s, const char *text)
{
	struct ts ts;

	assert_int_equal(ts_from_text(&ts, text), 0);
	for (unsigned int i = 0; i < s->kernel.routes.n; i++)
		if (ip_range_equal(&s->kernel.routes.ts[i].range, &ts.range))
			return true;
	return false;
}

/* Its addresses, routes and names are on the client's device; the selectors are the address alone. */
static void client_has(struct pair *p, const char *v4, const char *v6)
{
	char ts[200];

	snprintf(ts, sizeof(ts), "%s/32, %s/128", v4, v6);
	assert_true(device_has(&p->a, v4) && device_has(&p->a, v6));
	assert_int_equal(p->a.kernel.n_addr, 2);
	assert_true(routed(&p->a, "10.2.0.0/16") && routed(&p->a, "fd02::/64"));
	assert_int_equal(p->a.kernel.routes.n, 2);
	assert_string_equal(side_view(&p->a).local_ts, ts);
	assert_string_equal(side_view(&p->b).remote_ts, ts);
	assert_string_equal(side_view(&p->b).local_ts, "10.2.0.0/16, fd02::/64");
}

static void a_client_gets_all_and_gives_it_back(void **state)
{
	struct pair *p = pair_up(1, CLIENT("a"), GATEWAY OFFICE POOLS NAMES);
	struct ip_addr server = ip("10.2.0.53");

	(void)state;
	pair_consistent(p);
	client_has(p, "10.9.0.1", "fd09::1");
	assert_int_equal(p->a.dns.n_dns, 2);
	assert_true(ip_addr_equal(&p->a.dns.dns[0], &server));
	assert_int_equal(p->a.dns.n_domain, 2);
	assert_string_equal(p->a.dns.domain[1], "lab.example");
	/* the gateway's own device: the way back to all clients, and no address of theirs */
	assert_int_equal(p->b.kernel.n_addr, 0);
	assert_true(routed(&p->b, "10.9.0.0/29") && routed(&p->b, "fd09::/64"));

	side_rekey(&p->a, true);
	pair_settle(p);
	side_rekey(&p->b, false);
	pair_settle(p);
	pair_run(p, 40000);
	pair_consistent(p);
	client_has(p, "10.9.0.1", "fd09::1");

	side_down(&p->a);
	pair_settle(p);
	assert_int_equal(p->a.kernel.n_addr, 0);
	assert_int_equal(p->a.kernel.routes.n, 0);
	assert_int_equal(p->a.dns.n_dns, 0);
	pair_free(p);
}

/* What is written in remote-net is kept out of the clear also when there is no tunnel. */
static void nets_that_are_written_stay_routed(void **state)
{
	struct pair *p = pair_up(2, CLIENT("a") "remote-net = 10.2.3.0/24\npeer-dns = no\n",
				 GATEWAY OFFICE POOLS NAMES);

	(void)state;
	pair_consistent(p);
	assert_string_equal(side_view(&p->a).local_ts, "10.9.0.1/32");
	assert_string_equal(side_view(&p->b).local_ts, "10.2.3.0/24");
	assert_int_equal(p->a.dns.n_dns, 0);
	side_down(&p->a);
	pair_settle(p);
	assert_int_equal(p->a.kernel.routes.n, 1);
	assert_true(routed(&p->a, "10.2.3.0/24"));
	assert_int_equal(fake_kernel_policies(&p->a.kernel, PRIORITY_OF_TRAP), 1);
	pair_free(p);
}

/* No nets are told: everything goes through the tunnel, but for what goes to the peer itself. */
static void all_of_it_goes_through_the_tunnel(void **state)
{
	struct pair *p = pair_up(12, TO_GATEWAY "local-id = a.example\nvirtual-address = ipv4\n", GATEWAY POOLS);
	struct ip_addr peer = ip("192.0.2.2");

	(void)state;
	pair_consistent(p);
	assert_string_equal(side_view(&p->a).remote_ts, "0.0.0.0/0");
	assert_int_equal(p->a.kernel.routes.n, 1);
	assert_true(routed(&p->a, "0.0.0.0/0"));
	assert_true(ip_addr_equal(&p->a.kernel.peer, &peer));
	assert_false(ip_addr_is_set(&p->b.kernel.peer));
	side_down(&p->a);
	pair_settle(p);
	assert_int_equal(p->a.kernel.routes.n, 0);
	/* written, it is so at all times */
	side_configure(&p->a, "t", CLIENT("a") "remote-net = 0.0.0.0/0\n" PASSIVE);
	pair_settle(p);
	assert_true(routed(&p->a, "0.0.0.0/0"));
	assert_true(ip_addr_equal(&p->a.kernel.peer, &peer));
	pair_free(p);
}

static void engine_do(struct side *s, int (*wish)(struct engine *e, const char *name, char why[ENGINE_WHY]),
		      const char *name)
{
	char why[ENGINE_WHY] = "";

	assert_int_equal(wish(s->e, name, why), 0);
	pair_settle(s->p);
}

static void configure(struct side *s, const char *const *name_text)
{
	char why[ENGINE_WHY] = "";

	assert_int_equal(engine_configure(s->e, side_conf(name_text), false, NULL, NULL, why), 0);
	pair_settle(s->p);
}

static int take_ts(const struct status_conn *c, void *ctx)
{
	char *out = ctx;

	out[0] = '\0';
	for (unsigned int i = 0; i < c->n_ike; i++)
		for (unsigned int k = 0; k < c->ike[i].n_child; k++)
			snprintf(out, 480, "%s", c->ike[i].child[k].local_ts);
	return 0;
}

static const char *lent_to(struct side *s, const char *name)
{
	static char ts[480];

	assert_int_equal(engine_status(s->e, name, take_ts, ts), 0);
	return ts;
}

#define V4(name) TO_GATEWAY "local-id = " name ".example\nvirtual-address = ipv4\ndevice = kw" name "\n"

static const char *const five[] = {
	"c1", V4("c1") PASSIVE, "c2", V4("c2") PASSIVE, "c3", V4("c3") PASSIVE, "c4", V4("c4") PASSIVE,
	"c5", V4("c5") PASSIVE, NULL,
};

/* 10.9.0.0/30 has two addresses for hosts. */
static void many_clients_of_one_connection(void **state)
{
	struct pair *p = pair_new(3, NULL, GATEWAY OFFICE "pool = 10.9.0.0/30, fd09::/64\n");

	(void)state;
	configure(&p->a, five);
	engine_do(&p->a, engine_up, "c1");
	engine_do(&p->a, engine_up, "c2");
	assert_string_equal(lent_to(&p->a, "c1"), "10.9.0.1/32");
	assert_string_equal(lent_to(&p->a, "c2"), "10.9.0.2/32");
	assert_int_equal(side_view(&p->b).ike, 2);
	assert_int_equal(side_view(&p->b).child, 2);
	assert_int_equal(fake_kernel_policies(&p->b.kernel, PRIORITY_OF_CHILD), 2);

	/* no third one: it hears why, and so does the log here; the others go on */
	engine_do(&p->a, engine_up, "c3");
	assert_string_equal(lent_to(&p->a, "c3"), "");
	assert_non_null(strstr(p->a.failure.text, "INTERNAL_ADDRESS_FAILURE"));
	assert_non_null(strstr(p->b.failure.text, "all of the pool 10.9.0.0/30 are in use"));
	assert_int_equal(side_view(&p->b).child, 2);

	/* when one leaves, the third has its address at its next try; the first one, back again, has none */
	engine_do(&p->a, engine_down, "c1");
	pair_run(p, 10000);
	assert_string_equal(lent_to(&p->a, "c3"), "10.9.0.1/32");
	engine_do(&p->a, engine_up, "c1");
	assert_string_equal(lent_to(&p->a, "c1"), "");
	engine_do(&p->a, engine_down, "c3");
	pair_run(p, 130000);
	assert_string_equal(lent_to(&p->a, "c1"), "10.9.0.1/32");
	assert_string_equal(lent_to(&p->a, "c2"), "10.9.0.2/32");
	pair_free(p);
}

static void an_address_stays_with_its_owner(void **state)
{
	const char *const gateway[] = { "t", GATEWAY OFFICE POOLS, NULL };
	struct pair *p = pair_new(4, NULL, GATEWAY OFFICE POOLS);
	struct ident owner = { 0 };
	struct ip_addr addr = ip("10.9.0.5");

	(void)state;
	configure(&p->a, five);
	engine_do(&p->a, engine_up, "c1");
	engine_do(&p->a, engine_up, "c2");
	engine_do(&p->a, engine_down, "c1");
	engine_do(&p->a, engine_up, "c3");
	assert_string_equal(lent_to(&p->a, "c3"), "10.9.0.3/32");
	engine_do(&p->a, engine_up, "c1");
	assert_string_equal(lent_to(&p->a, "c1"), "10.9.0.1/32");

	/* a restarted gateway knows what the daemon tells it; the clients notice, and are back where they were */
	side_restart(&p->b, NULL);
	assert_int_equal(ident_parse(&owner, "c2.example"), 0);
	assert_int_equal(lease_restore(engine_leases(p->b.e), "t", &owner, &addr), 0);
	ident_drop(&owner);
	configure(&p->b, gateway);
	pair_run(p, 200000);
	assert_string_equal(lent_to(&p->a, "c2"), "10.9.0.5/32");
	assert_string_equal(lent_to(&p->a, "c1"), "10.9.0.1/32");	/* asked for again, and free */
	engine_do(&p->a, engine_down, "c2");
	engine_do(&p->a, engine_down, "c1");
	engine_do(&p->a, engine_up, "c4");
	assert_int_equal(fake_kernel_policies(&p->b.kernel, PRIORITY_OF_CHILD), 2);
	pair_free(p);
}

static void reauthentication_keeps_the_address(void **state)
{
	struct pair *p = pair_up(5, CLIENT("a") "reauth = 60s\n", GATEWAY OFFICE POOLS NAMES);

	(void)state;
	client_has(p, "10.9.0.1", "fd09::1");
	p->traffic = true;
	pair_run(p, 100000);
	assert_int_equal(p->lost_ab + p->lost_ba, 0);
	assert_int_equal(p->a.events[EVENT_IKE_UP], 2);
	pair_consistent(p);
	client_has(p, "10.9.0.1", "fd09::1");
	p->traffic = false;
	pair_free(p);
}

static void a_client_that_lost_all_is_the_same_client(void **state)
{
	struct pair *p = pair_up(6, CLIENT("a"), GATEWAY OFFICE POOLS);

	(void)state;
	side_restart(&p->a, CLIENT("a"));
	memset(&p->a.kernel.sa, 0, sizeof(p->a.kernel.sa));
	pair_run(p, 60000);
	pair_consistent(p);
	client_has(p, "10.9.0.1", "fd09::1");
	pair_free(p);
}

static void a_wish_is_granted_when_free(void **state)
{
	struct pair *p = pair_up(7, TO_GATEWAY "local-id = a.example\nvirtual-address = 10.9.0.4\n",
				 GATEWAY OFFICE POOLS);

	(void)state;
	assert_string_equal(side_view(&p->a).local_ts, "10.9.0.4/32");
	side_configure(&p->a, "t", TO_GATEWAY "local-id = z.example\nvirtual-address = 10.9.0.4\n");
	side_up(&p->a);
	pair_run(p, 20000);
	assert_string_equal(side_view(&p->a).local_ts, "10.9.0.1/32");	/* a.example's it was */
	pair_free(p);
}

static void who_does_not_ask_gets_no_child(void **state)
{
	struct pair *p = pair_up(8, TO_GATEWAY "local-id = a.example\nlocal-net = 10.9.0.1\nremote-net = 10.2.0.0/16\n",
				 GATEWAY OFFICE POOLS);

	(void)state;
	assert_non_null(strstr(p->a.failure.text, "FAILED_CP_REQUIRED"));
	assert_non_null(strstr(p->b.failure.text, "did not ask for one"));
	assert_int_equal(side_view(&p->a).state, CONN_IKE_ONLY);
	assert_int_equal(fake_kernel_sas(&p->b.kernel, true), 0);
	pair_free(p);
}

static void a_gateway_without_pool_lends_nothing(void **state)
{
	struct pair *p = pair_up(9, CLIENT("a"), GATEWAY OFFICE "remote-net = 10.1.0.0/16, fd01::/64\n");

	(void)state;
	assert_int_equal(side_view(&p->a).child, 0);
	assert_non_null(strstr(p->a.failure.text, "did not answer our wish for an address"));
	pair_run(p, 30000);
	assert_true(p->a.events[EVENT_CONNECTING] > 2);
	assert_int_equal(fake_kernel_sas(&p->a.kernel, true), 0);
	pair_free(p);
}

/* An IKE SA that begins without a child has its address before. */
static void childless_clients_have_addresses_too(void **state)
{
	struct pair *p = pair_up(10, CLIENT("a") "childless = yes\n", GATEWAY OFFICE POOLS);

	(void)state;
	pair_run(p, 5000);
	pair_consistent(p);
	client_has(p, "10.9.0.1", "fd09::1");
	pair_free(p);
}

/* Two devices of one user: each has an address, when they may stand side by side. */
static void one_user_with_two_devices(void **state)
{
	const char *const two[] = {
		"c1", V4("c") PASSIVE, "c2", TO_GATEWAY "local-id = c.example\nvirtual-address = ipv4\n" PASSIVE, NULL,
	};
	struct pair *p = pair_new(11, NULL, GATEWAY OFFICE POOLS "unique = never\n");

	(void)state;
	configure(&p->a, two);
	engine_do(&p->a, engine_up, "c1");
	engine_do(&p->a, engine_up, "c2");
	assert_string_equal(lent_to(&p->a, "c1"), "10.9.0.1/32");
	assert_string_equal(lent_to(&p->a, "c2"), "10.9.0.2/32");
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_gets_all_and_gives_it_back),
		cmocka_unit_test(nets_that_are_written_stay_routed),
		cmocka_unit_test(all_of_it_goes_through_the_tunnel),
		cmocka_unit_test(many_clients_of_one_connection),
		cmocka_unit_test(an_address_stays_with_its_owner),
		cmocka_unit_test(reauthentication_keeps_the_address),
		cmocka_unit_test(a_client_that_lost_all_is_the_same_client),
		cmocka_unit_test(a_wish_is_granted_when_free),
		cmocka_unit_test(who_does_not_ask_gets_no_child),
		cmocka_unit_test(a_gateway_without_pool_lends_nothing),
		cmocka_unit_test(childless_clients_have_addresses_too),
		cmocka_unit_test(one_user_with_two_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
