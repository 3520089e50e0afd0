// SPDX-License-Identifier: GPL-2.0
/* IKEv1 main mode and quick mode between two engines (RFC 2409 §5, §5.4, §5.5). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/v1.h"


static void two_engines_connect(void **state)
{
	struct pair *p = pair_new(1, V1_A, V1_B);

	(void)state;
	side_up(&p->a);
	/* SA, VID+ --> */
	assert_int_equal(datagram_exchange(pair_first(p)), V1_EXCHANGE_IDENTITY_PROTECTION);
	pair_deliver(p);
	/* <-- SA, VID+ */
	pair_deliver(p);
	/* KE, Ni, NAT-D --> */
	pair_deliver(p);
	/* <-- KE, Nr, NAT-D */
	pair_deliver(p);
	/* *IDii, HASH_I --> */
	pair_deliver(p);
	assert_int_equal(side_view(&p->b).state, CONN_IKE_ONLY);
	/* <-- *IDir, HASH_R */
	pair_deliver(p);
	assert_int_equal(datagram_exchange(pair_first(p)), V1_EXCHANGE_QUICK_MODE);
	/* *HASH(1), SA, Ni, IDci, IDcr --> */
	pair_deliver(p);
	assert_null(fake_kernel_current(&p->b.kernel));
	/* <-- *HASH(2), SA, Nr, IDci, IDcr */
	pair_deliver(p);
	assert_true(side_is_up(&p->a));
	/* *HASH(3) --> */
	pair_deliver(p);
	assert_true(side_is_up(&p->b));
	assert_int_equal(pair_waiting(p), 0);
	pair_consistent(p);
	assert_non_null(strstr(side_view(&p->a).ike_algorithms, "aes-cbc-256"));
	pair_free(p);
}

static void pfs_makes_other_keys(void **state)
{
	struct pair *p = pair_up(2, V1_A "pfs = modp-2048\n", V1_B "pfs = modp-2048\n");

	(void)state;
	pair_consistent(p);
	assert_non_null(strstr(side_view(&p->a).child_algorithms, "modp-2048"));
	pair_free(p);
}

/* Wireshark's table has the initiator's cookie and the key of AES-CBC-256. */
static void keys_are_told_to_who_asks(void **state)
{
	struct pair *p = pair_up(3, V1_A "export-keys = yes\n", V1_B "export-keys = yes\n");

	(void)state;
	assert_int_equal(p->a.n_key[KEY_TABLE_IKEV1], 1);
	assert_int_equal(p->b.n_key[KEY_TABLE_IKEV1], 1);
	assert_string_equal(p->a.key[KEY_TABLE_IKEV1][0], p->b.key[KEY_TABLE_IKEV1][0]);
	assert_int_equal(strlen(p->a.key[KEY_TABLE_IKEV1][0]), 2 * 8 + 1 + 2 * 32);
	assert_int_equal(p->a.n_key[KEY_TABLE_ESP], 2);
	assert_int_equal(p->a.n_key[KEY_TABLE_IKEV2], 0);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_engines_connect),
		cmocka_unit_test(pfs_makes_other_keys),
		cmocka_unit_test(keys_are_told_to_who_asks),
	};

	return cmocka_run_group_tests(tests, v1_setup, NULL);
}
