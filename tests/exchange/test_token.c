// SPDX-License-Identifier: GPL-2.0
/* Two engines, one of which signs with a key that stays in a token (PKCS#11). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/credentials.h"
#include "exchange/pair.h"
#include "softhsm.h"

static char text_a[1024], text_b[1024];

static int setup(void **state)
{
	static const char *const names[] = { "rsa", "ecdsa" };

	credentials_setup(state);
	credential_make(&(struct credential){
		.name = "rsa", .issuer = "ca", .dns = "a.example", .key = CREDENTIAL_RSA });
	credential_make(&(struct credential){
		.name = "ecdsa", .issuer = "ca", .dns = "a.example", .key = CREDENTIAL_ECDSA });
	credential_make(&(struct credential){
		.name = "b", .issuer = "ca", .dns = "b.example", .key = CREDENTIAL_ECDSA });
	if (softhsm_start(pair_dir))
		return -1;
	for (unsigned int i = 0; i < 2; i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/%s.key", pair_dir, names[i]);
		if (softhsm_import(path, names[i], i + 1))
			return -1;
	}
	return 0;
}

static int teardown(void **state)
{
	return softhsm_stop(pair_dir) || credentials_teardown(state);
}

static void up(uint64_t seed, const char *a_auth, const char *b_auth, const char *name)
{
	struct pair *p;

	snprintf(text_a, sizeof(text_a), CONF_A IDS_A "ca = ca.crt\ncert = %s.crt\nkey = " SOFTHSM_URL "%s\nkey-pin = \""
		 SOFTHSM_PIN "\"\n%s", name, name, a_auth);
	snprintf(text_b, sizeof(text_b), CONF_B IDS_B PASSIVE "ca = ca.crt\ncert = b.crt\nkey = b.key\n%s", b_auth);
	p = pair_up(seed, text_a, text_b);
	pair_consistent(p);
	side_rekey(&p->a, true);
	pair_settle(p);
	pair_consistent(p);
	pair_free(p);
}

static void as_a_certificate_s_key(void **state)
{
	(void)state;
	up(1, "", "", "rsa");
	up(2, "rsa-pss = yes\n", "", "rsa");
	up(3, "", "", "ecdsa");
}

static void in_eap_tls(void **state)
{
	(void)state;
	up(10, "auth = eap\neap = tls\n", "auth = eap\neap = tls\n", "rsa");
	up(11, "auth = eap\neap = tls\n", "auth = eap\neap = tls\n", "ecdsa");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_a_certificate_s_key),
		cmocka_unit_test(in_eap_tls),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
