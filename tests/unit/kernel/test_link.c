// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses, routes and devices over rtnetlink, in a network namespace of our own. Needs root for that;
 * keyway devices themselves are tested in the VM, where the module is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/socket.h>
#include <sched.h>
#include <stdio.h>

#include "kernel/link.h"
#include "kernel/link_net.h"
#include "kernel/nlreq.h"

static struct nl_sock *sock;	/* NULL: no namespace, which takes root */
static int ifindex;
static char why[256];

static struct prefix prefix(const char *address, unsigned int bits)
{
	struct prefix p = { .bits = bits };

	assert_int_equal(ip_addr_parse(&p.addr, address), 0);
	return p;
}

/* The main table. */
static struct link_at at(int of)
{
	return (struct link_at){ of, 254 };
}

struct of_metric {
	struct link_at at;
	struct prefix_set *set;
};

static int take_guard(struct link_at of, const struct prefix *net, void *ctx)
{
	const struct of_metric *m = ctx;

	return of.of == m->at.of && of.table == m->at.table ? prefix_set_add(m->set, net) : 0;
}

static void list(const struct link_net *net, struct link_at of, struct prefix_set *set)
{
	struct of_metric m = { of, set };

	if (net == &link_guards)
		assert_int_equal(link_guards_each(sock, take_guard, &m, why, sizeof(why)), 0);
	else
		assert_int_equal(net->list(sock, of, set, why, sizeof(why)), 0);
}

static void what_is_added_is_listed_until_it_is_deleted(const struct link_net *net, struct link_at of,
							const struct prefix *p)
{
	struct prefix_set set = { 0 };

	if (!sock)
		skip();
	assert_int_equal(net->add(sock, of, p, why, sizeof(why)), 0);
	list(net, of, &set);
	assert_true(prefix_set_has(&set, p));
	/* there already */
	assert_int_equal(net->add(sock, of, p, why, sizeof(why)), -EEXIST);
	assert_int_equal(net->del(sock, of, p, why, sizeof(why)), 0);
	prefix_set_free(&set);
	list(net, of, &set);
	assert_false(prefix_set_has(&set, p));
	/* gone: the sentence is the kernel's */
	assert_true(net->del(sock, of, p, why, sizeof(why)) < 0);
	assert_true(strlen(why) > 10);
	prefix_set_free(&set);
}

static void addresses_come_and_go(void **state)
{
	const struct prefix v4 = prefix("10.9.0.1", 24), v6 = prefix("fd09::1", 64);

	(void)state;
	what_is_added_is_listed_until_it_is_deleted(&link_addresses, at(ifindex), &v4);
	what_is_added_is_listed_until_it_is_deleted(&link_addresses, at(ifindex), &v6);
}

static void routes_come_and_go(void **state)
{
	const struct prefix v4 = prefix("10.8.0.0", 16), v6 = prefix("fd08::", 32), host = prefix("10.7.0.1", 32);

	(void)state;
	what_is_added_is_listed_until_it_is_deleted(&link_routes, at(ifindex), &v4);
	what_is_added_is_listed_until_it_is_deleted(&link_routes, at(ifindex), &v6);
	what_is_added_is_listed_until_it_is_deleted(&link_routes, at(ifindex), &host);
}

static void guards_come_and_go_beside_routes(void **state)
{
	const struct prefix v4 = prefix("10.8.0.0", 16), v6 = prefix("fd08::", 32);

	(void)state;
	if (!sock)
		skip();
	assert_int_equal(link_routes.add(sock, at(ifindex), &v4, why, sizeof(why)), 0);
	what_is_added_is_listed_until_it_is_deleted(&link_guards, at(0x6b000001), &v4);
	what_is_added_is_listed_until_it_is_deleted(&link_guards, at(0x6b000001), &v6);
	assert_int_equal(link_routes.del(sock, at(ifindex), &v4, why, sizeof(why)), 0);
}

/* Those of a VRF's table are told from those of the main one, and of another. */
static void routes_and_guards_have_their_table(void **state)
{
	const struct link_at small = { ifindex, 200 }, large = { ifindex, 1000 };
	const struct link_at guard = { 0x6b000002, 200 }, guard_large = { 0x6b000002, 1000 };
	const struct prefix v4 = prefix("10.8.0.0", 16), v6 = prefix("fd08::", 32);
	struct prefix_set set = { 0 };

	(void)state;
	what_is_added_is_listed_until_it_is_deleted(&link_routes, small, &v4);
	what_is_added_is_listed_until_it_is_deleted(&link_routes, large, &v6);
	what_is_added_is_listed_until_it_is_deleted(&link_guards, guard, &v6);
	what_is_added_is_listed_until_it_is_deleted(&link_guards, guard_large, &v4);
	if (!sock)
		skip();
	assert_int_equal(link_routes.add(sock, small, &v4, why, sizeof(why)), 0);
	assert_int_equal(system("ip route show table 200 | grep -q '^10.8.0.0/16 dev lo'"), 0);
	list(&link_routes, at(ifindex), &set);
	list(&link_routes, large, &set);
	assert_false(prefix_set_has(&set, &v4));
	prefix_set_free(&set);
	assert_int_equal(link_routes.del(sock, small, &v4, why, sizeof(why)), 0);
}

static bool is_unreachable(const char *to)
{
	char command[100];

	snprintf(command, sizeof(command), "ip route show proto 107 type unreachable | grep -qw '%s'", to);
	return !system(command);
}

/* Here there is no module, and so no device: its nets are closed all the same, until nobody asks for it. */
static void nets_of_a_device_are_guarded_before_it_is_there_and_after(void **state)
{
	const struct ts_list nets = { .n = 1, .ts = { { .port_last = 65535, .range = {
		.first = prefix("10.4.0.0", 16).addr, .last = prefix("10.4.255.255", 16).addr } } } };
	struct link_table *t;
	bool found;

	(void)state;
	if (!sock)
		skip();
	assert_int_equal(link_table_new(&t, why, sizeof(why)), 0);
	assert_true(link_ensure(t, "kw-unit", "", 0, NULL, NULL, 0, &nets, NULL, &found, why, sizeof(why)) < 0);
	assert_true(is_unreachable("10.4.0.0/16"));
	assert_int_equal(link_remove(t, "kw-unit"), 0);
	assert_true(is_unreachable("10.4.0.0/16"));
	/* a daemon that was killed */
	link_table_free(t);
	assert_int_equal(link_table_new(&t, why, sizeof(why)), 0);
	assert_true(link_ensure(t, "kw-unit", "", 0, NULL, NULL, 0, &nets, NULL, &found, why, sizeof(why)) < 0);
	link_lift_guards(t);
	assert_true(is_unreachable("10.4.0.0/16"));
	link_remove(t, "kw-unit");
	link_lift_guards(t);
	assert_false(is_unreachable("10.4.0.0/16"));
	link_table_free(t);
}

static void a_vrf_has_to_be_one(void **state)
{
	const struct ts_list none = { 0 };
	struct link_table *t;
	bool found;

	(void)state;
	if (!sock)
		skip();
	assert_int_equal(link_table_new(&t, why, sizeof(why)), 0);
	assert_int_equal(link_ensure(t, "kw-unit", "red", 0, NULL, NULL, 0, &none, NULL, &found, why, sizeof(why)), -ENODEV);
	assert_non_null(strstr(why, "red"));
	assert_int_equal(link_ensure(t, "kw-unit", "lo", 0, NULL, NULL, 0, &none, NULL, &found, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "lo is no VRF");
	link_table_free(t);
}

/* A daemon was killed that had two devices with two nets each; the next one has one of them, and of that one net. */
static void what_a_killed_daemon_guarded_goes_when_nobody_wants_it(void **state)
{
	const struct prefix net[] = { prefix("10.40.0.0", 16), prefix("10.41.0.0", 16) };
	const struct prefix kept = prefix("10.42.0.0", 16);
	struct ts_list nets = { .n = 2, .ts = { { .port_last = 65535 }, { .port_last = 65535 } } };
	struct link_table *t;
	bool found;

	(void)state;
	if (!sock)
		skip();
	for (unsigned int i = 0; i < 2; i++)
		nets.ts[i].range = ip_range_from_prefix(&net[i].addr, net[i].bits);
	assert_int_equal(link_table_new(&t, why, sizeof(why)), 0);
	link_ensure(t, "kw-old", "", 0, NULL, NULL, 0, &nets, NULL, &found, why, sizeof(why));
	nets.ts[0].range = ip_range_from_prefix(&kept.addr, kept.bits);
	link_ensure(t, "kw-kept", "", 0, NULL, NULL, 0, &nets, NULL, &found, why, sizeof(why));
	link_table_free(t);
	assert_int_equal(link_table_new(&t, why, sizeof(why)), 0);
	nets.n = 1;
	link_ensure(t, "kw-kept", "", 0, NULL, NULL, 0, &nets, NULL, &found, why, sizeof(why));
	assert_true(is_unreachable("10.40.0.0/16") && is_unreachable("10.41.0.0/16"));
	link_lift_left(t);
	assert_false(is_unreachable("10.40.0.0/16") || is_unreachable("10.41.0.0/16"));
	assert_true(is_unreachable("10.42.0.0/16"));
	link_remove(t, "kw-kept");
	link_lift_guards(t);
	assert_false(is_unreachable("10.42.0.0/16"));
	link_table_free(t);
}

/* The first rule for the peer is found again; the same one twice is well, two tunnels may share a peer. */
static void a_peer_is_spared(void **state)
{
	const struct prefix v4 = prefix("192.0.2.7", 32), v6 = prefix("2001:db8::7", 128);
	struct prefix_set set = { 0 };

	(void)state;
	if (!sock)
		skip();
	assert_int_equal(link_peers.add(sock, at(ifindex), &v4, why, sizeof(why)), 0);
	assert_int_equal(link_peers.add(sock, at(ifindex), &v6, why, sizeof(why)), 0);
	assert_int_equal(link_peers.add(sock, at(ifindex), &v4, why, sizeof(why)), 0);
	assert_int_equal(system("ip rule add to 192.0.2.8 lookup main prio 10700"), 0);	/* somebody else's */
	assert_int_equal(link_peers.list(sock, at(ifindex), &set, why, sizeof(why)), 0);
	assert_int_equal(set.n, 2);
	assert_true(prefix_set_has(&set, &v4) && prefix_set_has(&set, &v6));
	prefix_set_free(&set);
	assert_int_equal(link_peers.del(sock, at(ifindex), &v4, why, sizeof(why)), 0);
	assert_int_equal(link_peers.del(sock, at(ifindex), &v6, why, sizeof(why)), 0);
	assert_int_equal(link_peers.list(sock, at(ifindex), &set, why, sizeof(why)), 0);
	assert_int_equal(set.n, 0);
	assert_true(link_peers.del(sock, at(ifindex), &v4, why, sizeof(why)) < 0);
}

static void a_default_route_stands_beside_the_main_one(void **state)
{
	const struct prefix v4 = prefix("0.0.0.0", 0), v6 = prefix("::", 0);

	(void)state;
	what_is_added_is_listed_until_it_is_deleted(&link_defaults, at(ifindex), &v4);
	what_is_added_is_listed_until_it_is_deleted(&link_defaults, at(ifindex), &v6);
	if (!sock)
		skip();
	assert_int_equal(link_defaults.add(sock, at(ifindex), &v4, why, sizeof(why)), 0);
	assert_int_equal(system("ip rule | grep -q '10701:.*lookup main suppress_prefixlength 0' &&"
				"ip rule | grep -q '10702:.*lookup 107' && ip route show table 107 | grep -q ^default"), 0);
	/* The device's route goes with the device. */
	assert_int_equal(system("ip route del default dev lo table 107 &&"
				"ip route show table 107 | grep -q '^unreachable default' &&"
				"ip -6 route show table 107 | grep -cq default; [ $? = 1 ]"), 0);
	assert_int_equal(link_defaults.add(sock, at(ifindex), &v4, why, sizeof(why)), 0);
	assert_int_equal(link_defaults.del(sock, at(ifindex), &v4, why, sizeof(why)), 0);
	assert_int_equal(system("! ip route show table 107 2>/dev/null | grep ."), 0);
	assert_int_equal(system("! ip rule | grep -q '1070[12]:'"), 0);
}

static void routes_of_others_are_not_ours(void **state)
{
	struct prefix_set set = { 0 };
	const struct prefix p = prefix("10.6.0.0", 16);

	(void)state;
	if (!sock)
		skip();
	assert_int_equal(system("ip route add 10.6.0.0/16 dev lo"), 0);
	assert_int_equal(link_routes.list(sock, at(ifindex), &set, why, sizeof(why)), 0);
	assert_false(prefix_set_has(&set, &p));
	prefix_set_free(&set);
}

static void device_of_another_kind_is_refused(void **state)
{
	struct link_table *t;
	bool found;

	(void)state;
	if (!sock)
		skip();
	assert_int_equal(link_table_new(&t, why, sizeof(why)), 0);
	assert_int_equal(link_ensure(t, "lo", "", 0, NULL, NULL, 0, NULL, NULL, &found, why, sizeof(why)), -EEXIST);
	assert_string_equal(why, "lo exists and is an ordinary device, not a keyway device: choose another device name");
	assert_int_equal(link_remove(t, "lo"), 0);
	assert_int_equal(if_nametoindex("lo"), 1);
	link_table_free(t);
}

static void bad_device_name_is_refused(void **state)
{
	struct link_table *t;
	bool found;

	(void)state;
	assert_int_equal(link_table_new(&t, why, sizeof(why)), 0);
	assert_int_equal(link_ensure(t, "", "", 0, NULL, NULL, 0, NULL, NULL, &found, why, sizeof(why)), -EINVAL);
	assert_int_equal(link_ensure(t, "sixteen-letters!", "", 0, NULL, NULL, 0, NULL, NULL, &found, why, sizeof(why)),
			 -EINVAL);
	assert_int_equal(link_remove(t, "never-heard-of"), 0);
	link_table_free(t);
}

static void prefix_sets_hold_each_prefix_once(void **state)
{
	const struct prefix a = prefix("10.0.0.0", 8), b = prefix("10.0.0.0", 16);
	struct prefix_set set = { 0 };
	char text[PREFIX_STRLEN];
	unsigned int i;

	(void)state;
	assert_int_equal(prefix_set_add(&set, &a), 0);
	assert_int_equal(prefix_set_add(&set, &a), 0);
	assert_int_equal(set.n, 1);
	assert_false(prefix_set_has(&set, &b));
	for (i = 0; i < 100; i++) {
		struct prefix p = b;

		p.addr.b[1] = (uint8_t)i;
		assert_int_equal(prefix_set_add(&set, &p), 0);
	}
	assert_int_equal(set.n, 101);
	prefix_set_remove(&set, &a);
	assert_false(prefix_set_has(&set, &a));
	assert_true(prefix_set_has(&set, &b));
	assert_string_equal(prefix_print(text, &b), "10.0.0.0/16");
	prefix_set_free(&set);
	assert_int_equal(set.n, 0);
}

/* lo will do: it is in every namespace. */
static int setup(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET) || system("ip link set lo up"))
		return 0;
	ifindex = (int)if_nametoindex("lo");
	return nlreq_open(&sock, NETLINK_ROUTE, why, sizeof(why));
}

static int teardown(void **state)
{
	(void)state;
	nl_socket_free(sock);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_come_and_go),
		cmocka_unit_test(routes_come_and_go),
		cmocka_unit_test(a_peer_is_spared),
		cmocka_unit_test(a_default_route_stands_beside_the_main_one),
		cmocka_unit_test(guards_come_and_go_beside_routes),
		cmocka_unit_test(routes_and_guards_have_their_table),
		cmocka_unit_test(nets_of_a_device_are_guarded_before_it_is_there_and_after),
		cmocka_unit_test(a_vrf_has_to_be_one),
		cmocka_unit_test(what_a_killed_daemon_guarded_goes_when_nobody_wants_it),
		cmocka_unit_test(routes_of_others_are_not_ours),
		cmocka_unit_test(device_of_another_kind_is_refused),
		cmocka_unit_test(bad_device_name_is_refused),
		cmocka_unit_test(prefix_sets_hold_each_prefix_once),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
