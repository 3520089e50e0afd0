/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of IKEv1 have in common: two sides that speak it, and keys for them. */
#ifndef KW_TESTS_EXCHANGE_V1_H
#define KW_TESTS_EXCHANGE_V1_H

#include "exchange/credentials.h"
#include "exchange/pair.h"
#include "ikev1/version.h"
#include "wire/isakmp_v1.h"

#define V1 "version = ike1\n"
/* Both by a pre-shared key, in main mode; b waits. */
#define V1_A CONF_A IDS_A PSK V1
#define V1_B CONF_B IDS_B PSK V1 PASSIVE
#define V1_FLAGS_AT 19	/* in the header */

/* Group set-ups. */
static inline int v1_setup(void **state)
{
	(void)state;
	pair_also = &ikev1;
	return 0;
}

static inline int v1_setup_in_dir(void **state)
{
	v1_setup(state);
	return credentials_setup(state);
}

/* With a-rsa, b-rsa, a-ec and b-ec, all for their side's name; x-rsa says it is a and comes from another CA. */
static inline int v1_setup_with_certs(void **state)
{
	static const struct credential certs[] = {
		{ .name = "a-rsa", .issuer = "ca", .dns = "a.example", .key = CREDENTIAL_RSA },
		{ .name = "b-rsa", .issuer = "ca", .dns = "b.example", .key = CREDENTIAL_RSA },
		{ .name = "a-ec", .issuer = "ca", .dns = "a.example", .key = CREDENTIAL_ECDSA },
		{ .name = "b-ec", .issuer = "ca", .dns = "b.example", .key = CREDENTIAL_ECDSA },
		{ .name = "x-rsa", .issuer = "other", .dns = "a.example", .key = CREDENTIAL_RSA },
	};

	if (v1_setup_in_dir(state))
		return -1;
	for (unsigned int i = 0; i < sizeof(certs) / sizeof(certs[0]); i++)
		credential_make(&certs[i]);
	return 0;
}

/* a connects though one datagram is lost, or comes twice: how many there were until now. */
static inline unsigned int v1_up_in_spite_of(struct pair *p, unsigned int which, bool twice)
{
	struct mishap m = { .which = which, .twice = twice };

	p->ctx = &m;
	p->on_send = mishap_fate;
	side_up(&p->a);
	pair_run(p, 60000);
	pair_consistent(p);
	p->on_send = NULL;
	return m.count;
}

/* a tries for two minutes, and neither takes the other for proved. */
static inline void v1_never_up(struct pair *p)
{
	side_up(&p->a);
	pair_run(p, 120000);
	assert_int_equal(p->a.events[EVENT_IKE_UP] + p->b.events[EVENT_IKE_UP], 0);
	assert_int_equal(p->a.events[EVENT_CHILD_UP] + p->b.events[EVENT_CHILD_UP], 0);
}

#endif
