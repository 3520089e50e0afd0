// SPDX-License-Identifier: GPL-2.0
/* IKE_SA_INIT between two engines (RFC 7296 §1.2, §2.6). */
#include "exchange/pair.h"

static void two_engines_connect(void **state)
{
	struct pair *p = pair_new(1, CONF_A IDS_A PSK, CONF_B IDS_B PSK PASSIVE);

	(void)state;
	/* IKE_SA_INIT --> */
	pair_deliver(p);
	/* <-- IKE_SA_INIT */
	pair_deliver(p);
	/* IKE_AUTH --> */
	pair_deliver(p);
	assert_true(side_is_up(&p->b));
	/* <-- IKE_AUTH */
	pair_deliver(p);
	assert_true(side_is_up(&p->a));
	pair_consistent(p);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_engines_connect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
