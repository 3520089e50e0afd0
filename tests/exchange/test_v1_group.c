// SPDX-License-Identifier: GPL-2.0
/* IKEv1's private groups: described in phase 1, or by new group mode for quick mode (RFC 2409 §5.6). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/v1.h"
#include "ike/conn.h"
#include "ike/core.h"
#include "ikev1/v1_sa.h"

#define OURS "private-group = ours.dh\n"
#define OTHER "private-group = other.dh\n"
#define ANY "private-group = any\n"
#define PFS "pfs = private\n"
#define IKE "ike = aes-cbc-256+hmac-sha2-256-128+private\n"
#define OLD_CHILD_MS 95000u	/* after that a replaced child is gone */
#define MAIN_MODE 6u		/* messages */

static int setup(void **state)
{
	if (v1_setup_in_dir(state))
		return -1;
	credential_group("ours", 2048);
	credential_group("other", 3072);
	return 0;
}

static void have_private_children(struct pair *p)
{
	pair_consistent(p);
	assert_non_null(strstr(side_view(&p->a).child_algorithms, "private"));
	assert_non_null(strstr(side_view(&p->b).child_algorithms, "private"));
}

/* ---- new group mode ---- */

static void a_group_is_described_before_the_child(void **state)
{
	static const char *const at_b[] = { V1_B PFS OURS, V1_B PFS ANY };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct pair *p = pair_new(i + 1, V1_A PFS OURS, at_b[i]);
		unsigned int n;

		side_up(&p->a);
		for (unsigned int m = 0; m < MAIN_MODE; m++)
			pair_deliver(p);
		for (n = 0; datagram_exchange(pair_first(p)) == V1_EXCHANGE_NEW_GROUP_MODE; n++) {
			assert_int_equal(pair_first(p)->bytes[V1_FLAGS_AT], V1_FLAG_ENCRYPTION);
			pair_deliver(p);
		}
		/* b, where it has a file too, describes it as well, and again when it hears that a is there. */
		assert_in_range(n, i ? 2 : 4, i ? 2 : 6);
		assert_int_equal(datagram_exchange(pair_first(p)), V1_EXCHANGE_QUICK_MODE);
		pair_settle(p);
		have_private_children(p);
		assert_int_equal(p->a.failure.kind, FAILURE_NONE);
		pair_free(p);
	}
}

static void either_side_may_have_it(void **state)
{
	struct pair *p = pair_new(1, V1_A PFS ANY, V1_B PFS OURS);

	(void)state;
	side_up(&p->a);
	pair_run(p, 5000);
	have_private_children(p);
	assert_int_equal(p->a.failure.kind, FAILURE_NONE);
	pair_free(p);
}

static void rekeys_lose_nothing(void **state)
{
	static const char *const at_b[] = { V1_B PFS OURS, V1_B PFS ANY };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct pair *p = pair_up(i + 1, V1_A PFS OURS, at_b[i]);

		have_private_children(p);
		pair_run(p, 40000);
		p->traffic = true;
		side_rekey(&p->a, false);
		pair_run(p, 2 * OLD_CHILD_MS);
		side_rekey(&p->b, false);
		pair_run(p, 2 * OLD_CHILD_MS);
		/* On the next ISAKMP SA the group has to be described anew. */
		side_rekey(&p->b, true);
		pair_run(p, 20000);
		side_rekey(&p->b, false);
		pair_run(p, 2 * OLD_CHILD_MS);
		side_rekey(&p->a, true);
		side_rekey(&p->a, false);
		pair_run(p, 3 * OLD_CHILD_MS);
		have_private_children(p);
		assert_int_equal(p->lost_ab + p->lost_ba, 0);
		pair_free(p);
	}
}

static void each_message_lost_or_doubled(void **state)
{
	(void)state;
	/* Around new group mode and what follows. */
	for (unsigned int i = 2 * (MAIN_MODE - 1); i < 2 * (MAIN_MODE + 5); i++) {
		struct pair *p = pair_new(i, V1_A PFS OURS, V1_B PFS ANY);

		assert_true(v1_up_in_spite_of(p, i / 2, i % 2) >= MAIN_MODE + 5);
		have_private_children(p);
		pair_free(p);
	}
}

/* ---- what is refused ---- */

/* The ISAKMP SA is up, and lives; there is no child. */
static void no_child(struct pair *p, const char *at_a, const char *at_b)
{
	side_up(&p->a);
	pair_run(p, 10000);
	assert_int_equal(side_view(&p->a).state, CONN_IKE_ONLY);
	assert_int_equal(p->a.events[EVENT_CHILD_UP] + p->b.events[EVENT_CHILD_UP], 0);
	assert_non_null(strstr(side_view(&p->a).failure.text, at_a));
	assert_non_null(strstr(side_view(&p->b).failure.text, at_b));
	pair_free(p);
}

static void only_who_asks_for_it_has_it(void **state)
{
	(void)state;
	no_child(pair_new(1, V1_A PFS OURS, V1_B "pfs = modp-2048\n"),
		 "the peer refused ours", "private group is refused: private-group is not set");
}

static void another_group_is_refused(void **state)
{
	(void)state;
	no_child(pair_new(1, V1_A PFS OURS, V1_B "pfs = modp-2048\n" OTHER), "the peer refused ours",
		 "private group is refused: it is not the one of private-group");
}

/* a's group is changed behind the back of its configuration, which would not have taken it. */
static struct pair *pair_with_prime_spoilt(size_t at, uint8_t by)
{
	const char *const text[] = { "t", V1_A PFS OURS, NULL };
	struct pair *p = pair_new(1, NULL, V1_B PFS ANY);
	struct conf *conf = side_conf(text);
	char why[ENGINE_WHY] = "";

	((uint8_t *)(uintptr_t)conf->conn[0]->private_group.p.p)[at] ^= by;
	assert_int_equal(engine_configure(p->a.e, conf, false, NULL, NULL, why), 0);
	return p;
}

static void a_group_that_is_none_is_refused(void **state)
{
	(void)state;
	no_child(pair_with_prime_spoilt(100, 1), "the peer refused ours", "private group is refused: its prime is no safe prime");
	no_child(pair_with_prime_spoilt(0, 0x80), "the peer refused ours", "private group is refused: its prime has less than 2048 bits");
}

static enum fate no_new_group_mode(struct pair *p, struct datagram *d)
{
	(void)p;
	return datagram_exchange(d) == V1_EXCHANGE_NEW_GROUP_MODE ? FATE_DROP : FATE_DELIVER;
}

/* As most implementations do it. */
static void a_peer_that_says_nothing_to_it(void **state)
{
	struct pair *p = pair_new(1, V1_A PFS OURS, V1_B "pfs = modp-2048\n");

	(void)state;
	p->on_send = no_new_group_mode;
	side_up(&p->a);
	pair_run(p, 60000);
	assert_non_null(strstr(p->a.failure.text, "does not answer new group mode"));
	pair_free(p);
}

static void forget_groups(struct v1_sa *v1)
{
	while (v1->n_groups)
		modp_drop(&v1->group[--v1->n_groups].modp);
}

/* A number without a description, in quick mode. */
static void a_number_alone_means_nothing(void **state)
{
	struct pair *p = pair_up(1, V1_A PFS OURS, V1_B PFS OURS);
	struct list *l;

	(void)state;
	have_private_children(p);
	/* Only a still knows what the number stands for. */
	list_for_each(l, &p->b.e->sas)
		forget_groups(v1_sa(list_entry(l, struct ike_sa, node)));
	side_rekey(&p->a, false);
	pair_run(p, 10000);
	assert_int_equal(p->a.events[EVENT_CHILD_REKEYED], 0);
	assert_int_equal(p->b.failure.kind, FAILURE_PROPOSAL);
	assert_string_equal(p->b.failure.differs, "key exchange (pfs)");
	have_private_children(p);
	pair_free(p);
}

/* a, which has forgotten that its group was agreed on, describes another one by the same number. */
static void describe_another(struct pair *p, size_t at)
{
	struct ike_sa *sa = list_entry(p->a.e->sas.next, struct ike_sa, node);

	forget_groups(v1_sa(sa));
	((uint8_t *)(uintptr_t)sa->conn->conf->private_group.p.p)[at] ^= 1;
	task_add(sa, IKE_TASK_GROUP, 0);
	pair_settle(p);
}

static void a_number_stands_for_one_group(void **state)
{
	struct pair *p = pair_up(1, V1_A PFS OURS, V1_B PFS ANY);

	(void)state;
	have_private_children(p);
	describe_another(p, 100);
	assert_non_null(strstr(side_view(&p->b).failure.text, "its number stands for another one already"));
	have_private_children(p);
	pair_free(p);
}

/* Work for a peer has an end. */
static void groups_are_looked_at_a_few_times(void **state)
{
	struct pair *p = pair_with_prime_spoilt(100, 1);

	(void)state;
	side_up(&p->a);
	pair_settle(p);
	for (size_t i = 1; i < 9; i++) {
		assert_non_null(strstr(side_view(&p->b).failure.text, "its prime is no safe prime"));
		describe_another(p, 100 + i);
	}
	assert_non_null(strstr(side_view(&p->b).failure.text, "it has described too many"));
	pair_free(p);
}

/* ---- described in phase 1 ---- */

static void phase_1_in_a_group_of_our_own(void **state)
{
	static const char *const ways[] = { "", "aggressive = with-psk\n", "base-exchange = with-psk\n" };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		char a[1000], b[1000];
		struct pair *p;

		snprintf(a, sizeof(a), V1_A IKE OURS "%s", ways[i]);
		snprintf(b, sizeof(b), V1_B IKE OURS "%s", ways[i]);
		p = pair_up(i + 1, a, b);
		pair_consistent(p);
		assert_non_null(strstr(side_view(&p->a).ike_algorithms, "private"));
		assert_non_null(strstr(side_view(&p->b).ike_algorithms, "private"));
		pair_free(p);
	}
}

/* A stranger who describes one that is not ours does not make us look at it. */
static void phase_1_takes_our_own_group_alone(void **state)
{
	static const char *const at_b[] = { V1_B IKE OTHER, V1_B ANY, V1_B };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct pair *p = pair_new(i + 1, V1_A IKE OURS, at_b[i]);

		v1_never_up(p);
		assert_int_equal(p->b.failure.kind, FAILURE_PROPOSAL);
		assert_string_equal(p->b.failure.differs, "group");
		assert_non_null(strstr(p->b.failure.text, "offered group private of 2048 bits"));
		pair_free(p);
	}
}

/* ECP, EC2N and what has no name, in message 1: what it describes besides is the group that both have. */
static void curves_of_ones_own_are_refused(void **state)
{
	static const uint8_t modp[] = { 0x80, V1_ATTR_GROUP_TYPE, 0, V1_GROUP_TYPE_MODP };

	(void)state;
	for (uint8_t type = V1_GROUP_TYPE_ECP; type <= V1_GROUP_TYPE_EC2N + 1; type++) {
		struct pair *p = pair_new(1, V1_A IKE OURS, V1_B IKE OURS);
		struct datagram *d;
		uint8_t *at;

		side_up(&p->a);
		d = pair_first(p);
		at = memmem(d->bytes, d->len, modp, sizeof(modp));
		assert_non_null(at);
		at[3] = type;
		pair_deliver(p);
		assert_int_equal(p->b.failure.kind, FAILURE_PROPOSAL);
		assert_int_equal(side_view(&p->b).ike_id, 0);
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_group_is_described_before_the_child),
		cmocka_unit_test(either_side_may_have_it),
		cmocka_unit_test(rekeys_lose_nothing),
		cmocka_unit_test(each_message_lost_or_doubled),
		cmocka_unit_test(only_who_asks_for_it_has_it),
		cmocka_unit_test(another_group_is_refused),
		cmocka_unit_test(a_group_that_is_none_is_refused),
		cmocka_unit_test(a_peer_that_says_nothing_to_it),
		cmocka_unit_test(a_number_alone_means_nothing),
		cmocka_unit_test(a_number_stands_for_one_group),
		cmocka_unit_test(groups_are_looked_at_a_few_times),
		cmocka_unit_test(phase_1_in_a_group_of_our_own),
		cmocka_unit_test(phase_1_takes_our_own_group_alone),
		cmocka_unit_test(curves_of_ones_own_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, credentials_teardown);
}
