// SPDX-License-Identifier: GPL-2.0
/* IKE_AUTH between two engines: who gets in and who does not, and what is said about it (RFC 7296 §2.15). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/credentials.h"
#include "exchange/pair.h"
#include "ike/auth.h"
#include "ike/conn.h"
#include "ike/core.h"
#include "ikev2/v2_sa.h"
#include "ike/exchange.h"
#include "wire/isakmp.h"

/* ---- pre-shared keys ---- */

static void psk_both_know(void **state)
{
	struct pair *p = pair_established(1);

	(void)state;
	assert_string_equal(side_view(&p->a).remote_id, "b.example");
	assert_string_equal(side_view(&p->b).remote_id, "a.example");
	assert_int_equal(p->a.events[EVENT_IKE_UP], 1);
	assert_int_equal(p->a.events[EVENT_CHILD_UP], 1);
	assert_int_equal(p->b.events[EVENT_IKE_UP], 1);
	assert_int_equal(p->a.events[EVENT_FAILURE] + p->b.events[EVENT_FAILURE], 0);
	pair_free(p);
}

/* Neither side may end with anything; both say why. */
static void nothing_is_up(struct pair *p)
{
	assert_int_equal(side_view(&p->a).child + side_view(&p->b).child, 0);
	assert_int_equal(p->b.events[EVENT_IKE_UP], 0);
	assert_int_equal(fake_kernel_sas(&p->a.kernel, false) + fake_kernel_sas(&p->a.kernel, true),
			 0);
	assert_int_equal(fake_kernel_sas(&p->b.kernel, false) + fake_kernel_sas(&p->b.kernel, true),
			 0);
}

static void refused_by_b(struct pair *p, enum failure_kind kind, const char *part)
{
	pair_settle(p);
	nothing_is_up(p);
	if (p->b.failure.kind != kind || !strstr(p->b.failure.text, part))
		fail_msg("b says %s: %s", failure_name(p->b.failure.kind), p->b.failure.text);
	assert_int_equal(p->a.events[EVENT_IKE_UP], 0);
	assert_int_equal(p->a.failure.kind, FAILURE_REFUSED);
	assert_non_null(strstr(p->a.failure.text, "AUTHENTICATION_FAILED"));
	assert_int_equal(side_view(&p->a).state, CONN_WAITING);
	assert_int_equal(side_view(&p->b).ike, 0);
}

static void a_wrong_psk_is_named(void **state)
{
	struct pair *p = pair_up(2, CONF_A IDS_A "psk = \"one secret, long enough\"\n",
				 CONF_B IDS_B "psk = \"quite another secret\"\n" PASSIVE);

	(void)state;
	refused_by_b(p, FAILURE_PSK, "pre-shared keys differ");
	assert_non_null(strstr(p->a.failure.text, "pre-shared keys differ"));
	pair_free(p);
}

static void an_unexpected_identity_is_named(void **state)
{
	struct pair *p = pair_up(3, CONF_A "local-id = x.example\nremote-id = b.example\n" PSK,
				 CONF_B IDS_B PSK PASSIVE);

	(void)state;
	pair_settle(p);
	nothing_is_up(p);
	assert_int_equal(p->b.failure.kind, FAILURE_IDENTITY);
	assert_non_null(strstr(p->b.failure.text, "x.example"));
	assert_non_null(strstr(p->b.failure.ours, "a.example"));
	assert_string_equal(p->b.failure.theirs, "x.example");
	pair_free(p);
}

/* b has the right PSK but calls itself otherwise, so only a can refuse, after b believes that all is well. */
static void a_responder_with_another_name_is_disowned(void **state)
{
	struct pair *p =
		pair_new(4, CONF_A IDS_A PSK,
			 CONF_B "local-id = evil.example\nremote-id = a.example\n" PSK PASSIVE);

	(void)state;
	side_up(&p->a);
	/* Without IDr b cannot see that another name is wanted. */
	pair_settle(p);
	assert_int_equal(side_view(&p->a).child, 0);
	assert_int_equal(side_view(&p->b).child, 0);
	assert_int_equal(p->b.failure.kind, FAILURE_IDENTITY);
	pair_free(p);
}

/* ---- raw public keys ---- */

static char text_a[1024], text_b[1024];

static struct pair *pair_raw(uint64_t seed, const char *a_is, const char *b_expects,
			     const char *b_is, const char *a_expects)
{
	snprintf(text_a, sizeof(text_a), CONF_A "key = %s.key\nremote-key = %s\n", a_is,
		 credential_raw(a_expects));
	snprintf(text_b, sizeof(text_b), CONF_B PASSIVE "key = %s.key\nremote-key = %s\n", b_is,
		 credential_raw(b_expects));
	credential_raw(a_is);
	credential_raw(b_is);
	return pair_up(seed, text_a, text_b);
}

static void raw_ed25519_keys(void **state)
{
	struct pair *p = pair_raw(10, "raw-a", "raw-a", "raw-b", "raw-b");

	(void)state;
	pair_consistent(p);
	pair_free(p);
}

/* 2020-16088: the key that is registered is not the key that is proved. */
static void another_raw_key_is_refused(void **state)
{
	struct pair *p;

	(void)state;
	credential_raw("raw-evil");
	snprintf(text_a, sizeof(text_a),
		 CONF_A "local-id = a.example\nremote-id = b.example\nkey = raw-evil.key\n"
			"remote-key = %s\n",
		 credential_raw("raw-b"));
	snprintf(text_b, sizeof(text_b),
		 CONF_B PASSIVE "local-id = b.example\nremote-id = a.example\nkey = raw-b.key\n"
				"remote-key = %s\n",
		 credential_raw("raw-a"));
	p = pair_up(11, text_a, text_b);
	refused_by_b(p, FAILURE_KEY, "public key differs");
	pair_free(p);
}

static void a_responder_with_another_raw_key_is_disowned(void **state)
{
	struct pair *p;

	(void)state;
	credential_raw("raw-evil");
	snprintf(text_a, sizeof(text_a),
		 CONF_A "local-id = a.example\nremote-id = b.example\nkey = raw-a.key\n"
			"remote-key = %s\n",
		 credential_raw("raw-b"));
	snprintf(text_b, sizeof(text_b),
		 CONF_B PASSIVE "local-id = b.example\nremote-id = a.example\nkey = raw-evil.key\n"
				"remote-key = %s\n",
		 credential_raw("raw-a"));
	p = pair_up(12, text_a, text_b);
	assert_int_equal(p->a.events[EVENT_IKE_UP], 0);
	assert_int_equal(p->a.failure.kind, FAILURE_KEY);
	assert_int_equal(side_view(&p->a).state, CONN_WAITING);
	/* INFORMATIONAL {N(AUTHENTICATION_FAILED), D} told b (§2.21.2). */
	assert_int_equal(side_view(&p->b).ike, 0);
	assert_int_equal(p->b.failure.kind, FAILURE_REFUSED);
	assert_int_equal(fake_kernel_sas(&p->b.kernel, true), 0);
	pair_free(p);
}

/* ---- certificates ---- */

#define CERT_A "cert = %s.crt\nkey = %s.key\nca = ca.crt\nlocal-id = a.example\nremote-id = b.example\n"
#define CERT_B "cert = %s.crt\nkey = %s.key\nca = ca.crt\nlocal-id = b.example\nremote-id = a.example\n"

static struct pair *pair_cert(uint64_t seed, const char *a, const char *b, const char *more)
{
	snprintf(text_a, sizeof(text_a), CONF_A CERT_A "%s", a, a, more);
	snprintf(text_b, sizeof(text_b), CONF_B CERT_B PASSIVE "%s", b, b, more);
	return pair_up(seed, text_a, text_b);
}

static void make(const char *name, const char *issuer, const char *dns, enum credential_key key)
{
	credential_make(
		&(struct credential){ .name = name, .issuer = issuer, .dns = dns, .key = key });
}

static void certificates_of_each_kind(void **state)
{
	static const enum credential_key keys[] = { CREDENTIAL_RSA, CREDENTIAL_ECDSA,
						    CREDENTIAL_ED25519 };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct pair *p;

		make("cert-a", "ca", "a.example", keys[i]);
		make("cert-b", "ca", "b.example", keys[(i + 1) % 3]);
		p = pair_cert(20 + i, "cert-a", "cert-b", "");
		pair_consistent(p);
		pair_free(p);
		p = pair_cert(30 + i, "cert-a", "cert-b", "rsa-pss = yes\n");
		pair_consistent(p);
		pair_free(p);
	}
}

static void a_chain_with_an_intermediate(void **state)
{
	struct pair *p;

	(void)state;
	credential_make(&(struct credential){ .name = "middle",
					      .issuer = "ca",
					      .dns = "Middle",
					      .key = CREDENTIAL_ECDSA,
					      .ca = true });
	credential_make(&(struct credential){ .name = "cert-a",
					      .issuer = "middle",
					      .dns = "a.example",
					      .key = CREDENTIAL_ECDSA,
					      .chain = "middle" });
	make("cert-b", "ca", "b.example", CREDENTIAL_ED25519);
	p = pair_cert(40, "cert-a", "cert-b", "");
	pair_consistent(p);
	pair_free(p);
}

static void an_expired_certificate_is_refused(void **state)
{
	struct pair *p;

	(void)state;
	credential_make(&(struct credential){ .name = "cert-a",
					      .issuer = "ca",
					      .dns = "a.example",
					      .key = CREDENTIAL_ECDSA,
					      .from_day = -30,
					      .until_day = -1 });
	make("cert-b", "ca", "b.example", CREDENTIAL_ECDSA);
	p = pair_cert(41, "cert-a", "cert-b", "");
	refused_by_b(p, FAILURE_CERT, "expired");
	pair_free(p);
}

static void a_certificate_of_another_ca_is_refused(void **state)
{
	struct pair *p;

	(void)state;
	make("cert-a", "other", "a.example", CREDENTIAL_ECDSA);
	make("cert-b", "ca", "b.example", CREDENTIAL_ECDSA);
	p = pair_cert(42, "cert-a", "cert-b", "");
	refused_by_b(p, FAILURE_CERT, "a.example");
	pair_free(p);
}

/* What the configuration reader would not let pass: an attacker does not use ours. */
static struct pair *pair_with_thief(uint64_t seed, const char *cert, const char *key)
{
	struct pair *p;
	struct conf *conf;
	char why[ENGINE_WHY], path[128], err[256];

	snprintf(text_a, sizeof(text_a),
		 CONF_A "cert = %s.crt\nkey = %s.key\nca = ca.crt\nremote-id = b.example\n", cert,
		 cert);
	snprintf(text_b, sizeof(text_b), CONF_B CERT_B PASSIVE, "cert-b", "cert-b");
	p = pair_new(seed, NULL, text_b);
	conf = side_conf((const char *const[]){ "t", text_a, NULL });
	sign_key_free(conf->conn[0]->key);
	snprintf(path, sizeof(path), "%s/%s.key", pair_dir, key);
	assert_int_equal(sign_key_load(&conf->conn[0]->key, path, err, sizeof(err)), 0);
	ident_drop(&conf->conn[0]->local_id);
	assert_int_equal(ident_parse(&conf->conn[0]->local_id, "a.example"), 0);
	assert_int_equal(engine_configure(p->a.e, conf, false, NULL, NULL, why), 0);
	return p;
}

static void a_certificate_for_another_name_is_refused(void **state)
{
	struct pair *p;

	(void)state;
	make("thief", "ca", "thief.example", CREDENTIAL_ECDSA);
	make("cert-b", "ca", "b.example", CREDENTIAL_ECDSA);
	p = pair_with_thief(43, "thief", "thief");
	refused_by_b(p, FAILURE_CERT, "thief.example");
	pair_free(p);
}

/* 2004-0155: the certificate is good, but the key that signs is not its key. */
static void a_good_certificate_with_another_key_is_refused(void **state)
{
	struct pair *p;

	(void)state;
	make("cert-a", "ca", "a.example", CREDENTIAL_ECDSA);
	make("thief", "ca", "thief.example", CREDENTIAL_ECDSA);
	make("cert-b", "ca", "b.example", CREDENTIAL_ECDSA);
	p = pair_with_thief(44, "cert-a", "thief");
	refused_by_b(p, FAILURE_KEY, "signature");
	pair_free(p);
}

static void psk_where_a_certificate_is_wanted(void **state)
{
	struct pair *p;

	(void)state;
	make("cert-b", "ca", "b.example", CREDENTIAL_ECDSA);
	snprintf(text_b, sizeof(text_b), CONF_B CERT_B PASSIVE, "cert-b", "cert-b");
	p = pair_up(45, CONF_A IDS_A PSK, text_b);
	refused_by_b(p, FAILURE_REFUSED, "wants a signature");
	pair_free(p);
}

/* ---- the first child ---- */

static void selectors_are_narrowed(void **state)
{
	struct pair *p = pair_up(
		50,
		"remote = 192.0.2.2\nlocal-net = 10.0.0.0/8\nremote-net = 10.2.3.0/24\nroutes = no\n" IDS_A
			PSK,
		CONF_B IDS_B PSK PASSIVE);

	(void)state;
	pair_consistent(p);
	assert_string_equal(side_view(&p->a).local_ts, "10.1.0.0/16");
	assert_string_equal(side_view(&p->a).remote_ts, "10.2.3.0/24");
	assert_string_equal(side_view(&p->b).local_ts, "10.2.3.0/24");
	pair_free(p);
}

/* a's last failure is of this kind and tells what a offered. */
static void a_was_refused(struct pair *p, enum failure_kind kind, const char *notify,
			  const char *offered)
{
	assert_int_equal(p->a.failure.kind, kind);
	assert_non_null(strstr(p->a.failure.text, notify));
	assert_non_null(strstr(p->a.failure.text, offered));
	assert_non_null(strstr(p->a.failure.ours, offered));
}

static void selectors_that_do_not_meet_leave_the_ike_sa(void **state)
{
	unsigned int failures;

	struct pair *p = pair_up(
		51,
		"remote = 192.0.2.2\nlocal-net = 10.7.0.0/16\nremote-net = 10.2.0.0/16\n" IDS_A PSK,
		CONF_B IDS_B PSK PASSIVE);

	(void)state;
	assert_int_equal(side_view(&p->a).state, CONN_IKE_ONLY);
	assert_int_equal(side_view(&p->b).state, CONN_IKE_ONLY);
	assert_int_equal(p->b.failure.kind, FAILURE_TS);
	assert_non_null(strstr(p->b.failure.text, "10.7.0.0/16"));
	assert_non_null(strstr(p->b.failure.text, "10.1.0.0/16"));
	a_was_refused(p, FAILURE_TS, "TS_UNACCEPTABLE", "local 10.7.0.0/16, remote 10.2.0.0/16");
	assert_int_equal(fake_kernel_larvals(&p->a.kernel), 0);
	/* a goes on asking, on the same IKE SA: CREATE_CHILD_SA is refused in the same words */
	failures = p->a.events[EVENT_FAILURE];
	memset(&p->a.failure, 0, sizeof(p->a.failure));
	pair_run(p, 60000);
	assert_true(p->a.events[EVENT_FAILURE] > failures);
	a_was_refused(p, FAILURE_TS, "TS_UNACCEPTABLE", "local 10.7.0.0/16, remote 10.2.0.0/16");
	assert_true(p->b.events[EVENT_FAILURE] >= 3);
	assert_int_equal(p->a.events[EVENT_IKE_UP], 1);
	pair_free(p);
}

static void esp_proposals_that_do_not_meet_leave_the_ike_sa(void **state)
{
	struct pair *p = pair_up(52, CONF_A IDS_A PSK "esp = aes-gcm-16-256\n",
				 CONF_B IDS_B PSK PASSIVE "esp = chacha20-poly1305\n");

	(void)state;
	assert_int_equal(side_view(&p->a).state, CONN_IKE_ONLY);
	assert_int_equal(p->b.failure.kind, FAILURE_PROPOSAL);
	assert_string_equal(p->b.failure.differs, "encryption");
	assert_non_null(strstr(p->b.failure.ours, "chacha20-poly1305"));
	assert_non_null(strstr(p->b.failure.theirs, "aes-gcm-16-256"));
	a_was_refused(p, FAILURE_PROPOSAL, "NO_PROPOSAL_CHOSEN", "aes-gcm-16-256");
	memset(&p->a.failure, 0, sizeof(p->a.failure));
	pair_run(p, 30000);
	a_was_refused(p, FAILURE_PROPOSAL, "NO_PROPOSAL_CHOSEN", "aes-gcm-16-256");
	/* b is corrected: the child comes without a new IKE SA */
	side_configure(&p->b, "t", CONF_B IDS_B PSK PASSIVE);
	pair_run(p, 60000);
	pair_consistent(p);
	pair_free(p);
}

static uint16_t bare_notify;

static enum ike_verdict refuse_bare(struct ike_run *run)
{
	return exchange_notify(run, bare_notify);
}

static const struct ike_step bare_steps[] = {
	{
		.story = "a peer that refuses the child and proves nothing",
		.role = IKE_RESPONDER,
		.from = IN(IKE_ST_INIT_DONE),
		.to = IKE_ST_SAME,
		.may = ~0ull,
		.in_sk = true,
		.run = refuse_bare,
	},
};

static const struct ike_exchange bare_auth = {
	.type = EXCHANGE_IKE_AUTH,
	.name = "IKE_AUTH",
	.step = bare_steps,
	.n = 1,
};

/* IKE_AUTH --> <-- HDR, SK {N(error)}: without an IKE SA the reason is told all the same. */
static void a_child_refused_without_proof_is_named(void **state)
{
	static const uint16_t notify[] = { N_TS_UNACCEPTABLE, N_NO_PROPOSAL_CHOSEN };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct pair *p = pair_new(55 + i, CONF_A IDS_A PSK PASSIVE "esp = aes-gcm-16-256\n",
					  CONF_B IDS_B PSK PASSIVE);
		const struct ike_exchange *bent[] = { p->b.version.exchange[0], &bare_auth };

		assert_int_equal(bent[0]->type, EXCHANGE_IKE_SA_INIT);
		p->b.version.exchange = bent;
		p->b.version.n_exchange = 2;
		bare_notify = notify[i];
		side_up(&p->a);
		pair_settle(p);
		assert_int_equal(side_view(&p->a).ike, 0);
		if (i)
			a_was_refused(p, FAILURE_PROPOSAL, "NO_PROPOSAL_CHOSEN", "aes-gcm-16-256");
		else
			a_was_refused(p, FAILURE_TS, "TS_UNACCEPTABLE",
				      "local 10.1.0.0/16, remote 10.2.0.0/16");
		pair_free(p);
	}
}

static void a_kernel_that_refuses_is_named(void **state)
{
	struct pair *p = pair_new(53, NULL, CONF_B IDS_B PSK PASSIVE);

	(void)state;
	p->a.kernel.refuse = "the module keyway is not loaded";
	side_configure(&p->a, "t", CONF_A IDS_A PSK);
	pair_settle(p);
	assert_int_equal(p->a.failure.kind, FAILURE_KERNEL);
	assert_non_null(strstr(p->a.failure.text, "the module keyway is not loaded"));
	assert_int_equal(side_view(&p->a).state, CONN_WAITING);
	p->a.kernel.refuse = NULL;
	pair_run(p, 5000);
	pair_consistent(p);
	assert_int_equal(side_view(&p->a).failure.kind, FAILURE_NONE);
	pair_free(p);
}

/* The initiator cannot install what was agreed: the responder must not keep half a child. */
static void a_kernel_that_refuses_at_the_end_undoes_the_child(void **state)
{
	struct pair *p = pair_new(54, CONF_A IDS_A PSK, CONF_B IDS_B PSK PASSIVE);

	(void)state;
	side_up(&p->a);
	pair_deliver(p);
	pair_deliver(p);
	pair_deliver(p);
	p->a.kernel.refuse = "no room";
	pair_settle(p);
	assert_int_equal(p->a.failure.kind, FAILURE_KERNEL);
	assert_int_equal(side_view(&p->a).state, CONN_IKE_ONLY);
	assert_int_equal(side_view(&p->b).child, 0);
	assert_int_equal(fake_kernel_sas(&p->b.kernel, true), 0);
	p->a.kernel.refuse = NULL;
	pair_run(p, 30000);
	pair_consistent(p);
	pair_free(p);
}

static void several_connections_share_an_address(void **state)
{
	const char *const two[] = {
		"one",
		"remote = 192.0.2.1\nlocal = 192.0.2.2\nlocal-net = 10.3.0.0/16\nremote-net = 10.4.0.0/16\n"
		"local-id = b.example\nremote-id = z.example\npsk = \"a secret for somebody else\"\n" PASSIVE,
		"t",
		CONF_B IDS_B PSK PASSIVE,
		NULL,
	};
	struct pair *p = pair_new(55, CONF_A IDS_A PSK, NULL);
	char why[ENGINE_WHY];

	(void)state;
	assert_int_equal(engine_configure(p->b.e, side_conf(two), false, NULL, NULL, why), 0);
	pair_settle(p);
	pair_consistent(p);
	pair_free(p);
}

/* Names of the connections that a peer at this address is asked about, at most max of them. */
static char *asked(const struct side *s, const char *from, unsigned int max, char out[200])
{
	struct ip_addr remote;
	struct conn *c[8];
	unsigned int n;

	assert_int_equal(ip_addr_parse(&remote, from), 0);
	n = auth_candidates(s->e, s->versions[0], &s->addr, &remote, c, max);
	out[0] = '\0';
	for (unsigned int i = 0; i < n; i++)
		snprintf(out + strlen(out), 200 - strlen(out), "%s%s", i ? " " : "", conn_name(c[i]));
	return out;
}

#define THERE "local = 192.0.2.2\nlocal-net = 10.3.0.0/16\nremote-net = 10.4.0.0/16\n" IDS_B PSK PASSIVE
#define SOMEBODY(remote) "remote = " remote "\n" THERE

static void the_nearest_connections_are_asked_first(void **state)
{
	const char *const all[] = {
		"any-1", SOMEBODY("any"), "any-2", SOMEBODY("any"), "far", SOMEBODY("192.0.2.9"),
		"here-1", SOMEBODY("192.0.2.1"), "here-2", SOMEBODY("192.0.2.1"), "name", SOMEBODY("peer.example"), NULL,
	};
	const char *const fewer[] = { "any-2", SOMEBODY("any"), "here-2", SOMEBODY("192.0.2.1"), NULL };
	struct pair *p = pair_new(56, CONF_A IDS_A PSK PASSIVE, NULL);
	char why[ENGINE_WHY], got[200];

	(void)state;
	assert_int_equal(engine_configure(p->b.e, side_conf(all), false, NULL, NULL, why), 0);
	assert_string_equal(asked(&p->b, "192.0.2.1", 8, got), "here-1 here-2 name any-1 any-2");
	assert_string_equal(asked(&p->b, "192.0.2.1", 4, got), "here-1 here-2 name any-1");
	assert_string_equal(asked(&p->b, "192.0.2.1", 1, got), "here-1");
	assert_string_equal(asked(&p->b, "192.0.2.9", 8, got), "far name any-1 any-2");
	assert_string_equal(asked(&p->b, "2001:db8::1", 8, got), "name any-1 any-2");
	assert_int_equal(engine_configure(p->b.e, side_conf(fewer), false, NULL, NULL, why), 0);
	assert_string_equal(asked(&p->b, "192.0.2.1", 8, got), "here-2 any-2");
	assert_string_equal(asked(&p->b, "192.0.2.9", 8, got), "any-2");
	pair_free(p);
}

static void a_replayed_ike_auth_changes_nothing(void **state)
{
	struct pair *p = pair_new(56, CONF_A IDS_A PSK, CONF_B IDS_B PSK PASSIVE);

	(void)state;
	side_up(&p->a);
	pair_deliver(p);
	pair_deliver(p);
	pair_repeat(p);
	pair_repeat(p);
	pair_settle(p);
	assert_int_equal(p->b.events[EVENT_IKE_UP], 1);
	assert_int_equal(p->b.kernel.installs, 1);
	pair_consistent(p);
	pair_free(p);
}

static bool ppk_in_use(struct side *s)
{
	return v2_sa(list_entry(s->e->sas.next, struct ike_sa, node))->ppk_mixed;
}

#define PPK_1 "ppk = \"known to both\"\nppk-id = one\n"
#define NEEDED "ppk-required = yes\n"

/* RFC 8784: a PPK counts when both have it, and nobody gets in without where it is required. */
static void a_post_quantum_key_is_mixed_in(void **state)
{
	static const struct {
		const char *a, *b;
		bool up, used;
	} kind[] = {
		{ PPK_1, PPK_1, true, true },
		{ PPK_1 NEEDED, PPK_1 NEEDED, true, true },
		{ PPK_1, "", true, false },
		{ "", PPK_1, true, false },
		{ PPK_1, "ppk = \"known to both\"\nppk-id = two\n", true, false },
		{ PPK_1 NEEDED, "", false, false },
		{ "", PPK_1 NEEDED, false, false },
		{ PPK_1 NEEDED, "ppk = \"known to both\"\nppk-id = two\n", false, false },
		{ PPK_1, "ppk = \"known to b\"\nppk-id = one\n", false, false },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(kind) / sizeof(kind[0]); i++) {
		char a[600], b[600];
		struct pair *p;

		snprintf(a, sizeof(a), "%s%s", CONF_A IDS_A PSK "start = none\n", kind[i].a);
		snprintf(b, sizeof(b), "%s%s", CONF_B IDS_B PSK PASSIVE, kind[i].b);
		p = pair_up(900 + i, a, b);
		if (side_is_up(&p->a) != kind[i].up || side_is_up(&p->b) != kind[i].up)
			fail_msg("%u: a %s, b %s", i, p->a.failure.text, p->b.failure.text);
		if (kind[i].up) {
			pair_consistent(p);
			assert_int_equal(ppk_in_use(&p->a), kind[i].used);
			assert_int_equal(ppk_in_use(&p->b), kind[i].used);
			side_rekey(&p->a, true);
			pair_settle(p);
			side_rekey(&p->b, false);
			pair_settle(p);
			pair_consistent(p);
		}
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(psk_both_know),
		cmocka_unit_test(a_wrong_psk_is_named),
		cmocka_unit_test(an_unexpected_identity_is_named),
		cmocka_unit_test(a_responder_with_another_name_is_disowned),
		cmocka_unit_test(raw_ed25519_keys),
		cmocka_unit_test(another_raw_key_is_refused),
		cmocka_unit_test(a_responder_with_another_raw_key_is_disowned),
		cmocka_unit_test(certificates_of_each_kind),
		cmocka_unit_test(a_chain_with_an_intermediate),
		cmocka_unit_test(an_expired_certificate_is_refused),
		cmocka_unit_test(a_certificate_of_another_ca_is_refused),
		cmocka_unit_test(a_certificate_for_another_name_is_refused),
		cmocka_unit_test(a_good_certificate_with_another_key_is_refused),
		cmocka_unit_test(psk_where_a_certificate_is_wanted),
		cmocka_unit_test(selectors_are_narrowed),
		cmocka_unit_test(selectors_that_do_not_meet_leave_the_ike_sa),
		cmocka_unit_test(esp_proposals_that_do_not_meet_leave_the_ike_sa),
		cmocka_unit_test(a_child_refused_without_proof_is_named),
		cmocka_unit_test(a_kernel_that_refuses_is_named),
		cmocka_unit_test(a_kernel_that_refuses_at_the_end_undoes_the_child),
		cmocka_unit_test(several_connections_share_an_address),
		cmocka_unit_test(the_nearest_connections_are_asked_first),
		cmocka_unit_test(a_replayed_ike_auth_changes_nothing),
		cmocka_unit_test(a_post_quantum_key_is_mixed_in),
	};

	return cmocka_run_group_tests(tests, credentials_setup, credentials_teardown);
}
