// SPDX-License-Identifier: GPL-2.0
/*
 * IKEv1: AH, and AH around ESP as one child: two proposals of one number (RFC 2408 §4.2, RFC 2407 §4.4.3), four SAs.
 * What is offered together with something that we do not do is not taken apart.
 */
#include <stdio.h>
#include <string.h>

#include "exchange/pair.h"
#include "ike/conn.h"
#include "ikev1/ipsec.h"
#include "ikev1/version.h"
#include "wire/isakmp_v1.h"

#define V1 "version = ike1\n"
#define A CONF_A IDS_A PSK V1
#define B CONF_B IDS_B PSK V1 PASSIVE
#define AH "ah = hmac-sha2-256-128\n"
#define ESP "esp = aes-cbc-128+hmac-sha1-96\n"
#define OLD_CHILD_MS 91000	/* how long a replaced child stays */

static int speak_v1(void **state)
{
	(void)state;
	pair_also = &ikev1;
	return 0;
}

static struct pair *up(uint64_t seed, const char *a, const char *b)
{
	char conf_a[1000], conf_b[1000];

	snprintf(conf_a, sizeof(conf_a), "%s%s", A, a);
	snprintf(conf_b, sizeof(conf_b), "%s%s", B, b);
	return pair_up(seed, conf_a, conf_b);
}

static unsigned int count(const struct fake_kernel *k, uint8_t protocol)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < FAKE_SAS; i++)
		n += k->sa[i].used && !k->sa[i].larval && k->sa[i].protocol == protocol;
	return n;
}

static void have(struct pair *p, unsigned int esp, unsigned int ah)
{
	pair_consistent(p);
	for (unsigned int i = 0; i < 2; i++) {
		const struct fake_kernel *k = i ? &p->b.kernel : &p->a.kernel;

		assert_int_equal(count(k, PROTO_ESP), esp);
		assert_int_equal(count(k, PROTO_AH), ah);
	}
}

/* ---- AH alone ---- */

static void it_lives_as_esp_does(void **state)
{
	static const char *const more[] = { AH, AH "pfs = modp-2048\n", AH "commit-bit = yes\n", "ah = aes-256-gmac+esn\n" };

	(void)state;
	for (unsigned int i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		struct pair *p = up(1 + i, more[i], more[i]);

		have(p, 0, 2);
		assert_int_equal(fake_kernel_current(&p->a.kernel)->integ,
				 i == 3 ? INTEG_AES_256_GMAC : INTEG_HMAC_SHA2_256_128);
		assert_int_equal(fake_kernel_current(&p->a.kernel)->key_len, i == 3 ? 36 : 32);
		assert_int_equal(fake_kernel_current(&p->b.kernel)->esn, i == 3);
		pair_run(p, 40000);
		p->traffic = true;
		side_rekey(&p->a, false);
		pair_run(p, 2 * OLD_CHILD_MS);
		side_rekey(&p->b, false);
		pair_run(p, 2 * OLD_CHILD_MS);
		side_rekey(&p->b, true);
		pair_run(p, 2 * OLD_CHILD_MS);
		have(p, 0, 2);
		assert_int_equal(p->lost_ab + p->lost_ba, 0);
		p->traffic = false;
		side_down(&p->a);
		pair_settle(p);
		assert_int_equal(side_view(&p->b).child, 0);
		pair_free(p);
	}
}

static void between_two_hosts(void **state)
{
	static const char *const more[] = { AH, ESP AH };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		char a[600], b[600];
		struct pair *p;

		snprintf(a, sizeof(a), "remote = 192.0.2.2\nlocal = 192.0.2.1\nmode = transport\n" IDS_A PSK V1 "%s", more[i]);
		snprintf(b, sizeof(b), "remote = 192.0.2.1\nlocal = 192.0.2.2\nmode = transport\n" IDS_B PSK V1 PASSIVE "%s",
			 more[i]);
		p = pair_up(1, a, b);
		have(p, 2 * i, 2);
		assert_true(side_has_transport(&p->a));
		pair_free(p);
	}
}

/* ---- AH around ESP ---- */

/* No two of the four have a key in common: protocol and SPI are part of each (RFC 2409 §5.5). */
static void keys_differ(const struct fake_kernel *k)
{
	for (unsigned int i = 0; i < FAKE_SAS; i++)
		for (unsigned int j = 0; j < i; j++)
			if (k->sa[i].used && k->sa[j].used && k->sa[i].key_len && k->sa[j].key_len)
				assert_memory_not_equal(k->sa[i].key, k->sa[j].key, 16);
}

static void both_are_one_child(void **state)
{
	static const char *const more[] = { "", "pfs = modp-2048\n", "commit-bit = yes\n" };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		char conf[200];
		struct pair *p;

		snprintf(conf, sizeof(conf), ESP AH "%s", more[i]);
		p = up(1 + i, conf, conf);
		have(p, 2, 2);
		keys_differ(&p->a.kernel);
		assert_int_equal(fake_kernel_current(&p->a.kernel)->protocol, PROTO_ESP);
		assert_non_null(strstr(side_view(&p->a).child_algorithms, "aes-cbc-128 / hmac-sha1-96"));
		assert_non_null(strstr(side_view(&p->b).child_algorithms, " in ah hmac-sha2-256-128"));
		pair_run(p, 40000);
		p->traffic = true;
		side_rekey(&p->a, false);
		pair_run(p, 2 * OLD_CHILD_MS);
		have(p, 2, 2);
		side_rekey(&p->b, false);
		pair_run(p, 2 * OLD_CHILD_MS);
		/* Both at once. */
		side_rekey(&p->a, false);
		side_rekey(&p->b, false);
		pair_run(p, 2 * OLD_CHILD_MS);
		side_rekey(&p->a, true);
		pair_run(p, 2 * OLD_CHILD_MS);
		have(p, 2, 2);
		keys_differ(&p->b.kernel);
		assert_int_equal(p->lost_ab + p->lost_ba, 0);
		p->traffic = false;
		side_down(&p->a);
		pair_settle(p);
		assert_int_equal(side_view(&p->b).child, 0);
		pair_free(p);
	}
}

static void several_of_them_in_one_exchange(void **state)
{
	struct pair *p = up(1, ESP AH "parallel-sas = 3\n", ESP AH);

	(void)state;
	assert_int_equal(side_view(&p->a).child, 3);
	assert_int_equal(count(&p->a.kernel, PROTO_AH), 6);
	assert_int_equal(count(&p->b.kernel, PROTO_ESP), 6);
	keys_differ(&p->a.kernel);
	assert_true(fake_kernel_carries(&p->a.kernel, &p->b.kernel));
	assert_true(fake_kernel_carries(&p->b.kernel, &p->a.kernel));
	pair_free(p);
}

static void each_message_lost_or_doubled(void **state)
{
	(void)state;
	for (unsigned int which = 0; which < 30; which++) {
		struct mishap m = { .which = which / 2, .twice = which % 2 };
		struct pair *p = pair_new(which + 1, A ESP AH, B ESP AH);

		p->ctx = &m;
		p->on_send = mishap_fate;
		side_up(&p->a);
		pair_run(p, 60000);
		p->traffic = true;
		side_rekey(&p->b, false);
		pair_run(p, 3 * OLD_CHILD_MS);
		have(p, 2, 2);
		assert_int_equal(p->lost_ab + p->lost_ba, 0);
		assert_true(m.count >= 12);
		pair_free(p);
	}
}

static enum fate deletes_of_esp_are_lost(struct pair *p, struct datagram *d)
{
	unsigned int *n = p->ctx;

	return datagram_exchange(d) == V1_EXCHANGE_INFORMATIONAL && (*n)++ == 0 ? FATE_DROP : FATE_DELIVER;
}

/* Nobody says that a delete arrived: either of the two ends the child. */
static void one_of_its_deletes_is_enough(void **state)
{
	struct pair *p = up(1, ESP AH, ESP AH);
	unsigned int n = 0;

	(void)state;
	have(p, 2, 2);
	p->ctx = &n;
	p->on_send = deletes_of_esp_are_lost;
	side_expire(&p->b, true);
	pair_settle(p);
	assert_int_equal(n, 2);
	assert_int_equal(count(&p->b.kernel, PROTO_ESP) + count(&p->b.kernel, PROTO_AH), 0);
	assert_int_equal(p->a.events[EVENT_CHILD_DOWN], 1);
	/* a wants it back. */
	pair_run(p, 20000);
	have(p, 2, 2);
	pair_free(p);
}

/* ---- what does not meet ---- */

static void refused(const char *a, const char *b, const char *differs, const char *theirs)
{
	struct pair *p = up(1, a, b);

	assert_int_equal(side_view(&p->a).child + side_view(&p->b).child, 0);
	assert_int_equal(p->b.failure.kind, FAILURE_PROPOSAL);
	assert_string_equal(p->b.failure.differs, differs);
	if (!strstr(p->b.failure.theirs, theirs))
		fail_msg("\"%s\" is not in \"%s\"", theirs, p->b.failure.theirs);
	assert_non_null(strstr(p->a.failure.text, "NO-PROPOSAL-CHOSEN"));
	assert_int_equal(fake_kernel_larvals(&p->a.kernel) + fake_kernel_larvals(&p->b.kernel), 0);
	pair_free(p);
}

static void what_differs_is_named(void **state)
{
	(void)state;
	refused(ESP AH, ESP, "protocol", "ah hmac-sha2-256-128 with aes-cbc-128 / hmac-sha1-96");
	refused(ESP, ESP AH, "protocol", "aes-cbc-128 / hmac-sha1-96");
	refused(AH, ESP AH, "protocol", "ah hmac-sha2-256-128");
	refused(ESP AH, AH, "protocol", " with ");
	refused(AH, "ah = hmac-sha2-512-256\n", "integrity", "ah hmac-sha2-256-128");
	refused(ESP AH, ESP "ah = hmac-sha2-512-256\n", "integrity", " with ");
	refused(ESP AH, "esp = aes-cbc-256+hmac-sha1-96\n" AH, "encryption", " with ");
	refused(AH "pfs = modp-2048\n", AH, "key exchange (pfs)", "ah hmac-sha2-256-128");
}

static void the_second_offer_can_be_the_one(void **state)
{
	struct pair *p = up(1, "esp = aes-gcm-16-256, aes-cbc-128+hmac-sha1-96\nah = hmac-sha2-512-256+hmac-sha2-256-128\n",
			    ESP AH);

	(void)state;
	have(p, 2, 2);
	pair_free(p);
}

static void a_nat_is_found_before_anything_is_offered(void **state)
{
	static const char *const more[] = { AH, ESP AH };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		char conf[600];
		struct pair *p = pair_new(1, NULL, "remote = any\nlocal = 192.0.2.2\nlocal-net = 10.2.0.0/16\n"
					  "remote-net = 10.1.0.0/16\n" IDS_B PSK V1 PASSIVE AH);

		assert_int_equal(ip_addr_parse(&p->nat, "203.0.113.1"), 0);
		p->nat_port_offset = 10000;
		snprintf(conf, sizeof(conf), A "%s", more[i]);
		side_configure(&p->a, "t", conf);
		pair_run(p, 5000);
		assert_string_equal(p->a.failure.differs, "NAT");
		assert_non_null(strstr(p->a.failure.text, "in front of this side"));
		assert_int_equal(fake_kernel_sas(&p->a.kernel, true) + fake_kernel_larvals(&p->a.kernel), 0);
		pair_free(p);
	}
}

/* ---- what a peer can say that keyway does not ---- */

static const uint8_t spi[] = { 0, 0, 0x10, 1 }, cpi[] = { 0, 2 };

/* One transform, with what goes with it. */
struct said {
	uint8_t num, protocol, id;
	uint16_t integ, bits, mode;
};

/* The answer to an SA payload of these, by a child of that configuration. */
static bool chosen(const char *conf, const struct said *said, unsigned int n, struct v1_ipsec *out, struct failure *f)
{
	static struct attr a[8][3];
	static struct transform_v1 t[8];
	static struct proposal_v1 p[8];
	const struct sa_v1 offer = { .doi = DOI_IPSEC, .situation = SIT_IDENTITY_ONLY, .n = n, .p = p };
	const char *const text[] = { "t", conf, NULL };
	struct conf *whole = side_conf(text);
	struct conn conn = { .conf = whole->conn[0] };
	struct ike_sa sa = { .conn = &conn };
	bool ok;

	assert_true(n <= 8);
	for (unsigned int i = 0; i < n; i++) {
		t[i] = (struct transform_v1){ .num = 1, .id = said[i].id, .a = a[i] };
		a[i][t[i].n++] = attr_basic(V1_IPSEC_ATTR_ENCAPSULATION, said[i].mode);
		if (said[i].integ)
			a[i][t[i].n++] = attr_basic(V1_IPSEC_ATTR_AUTHENTICATION, said[i].integ);
		if (said[i].bits)
			a[i][t[i].n++] = attr_basic(V1_IPSEC_ATTR_KEY_LENGTH, said[i].bits);
		p[i] = (struct proposal_v1){ .num = said[i].num, .protocol = said[i].protocol, .n = 1, .t = &t[i],
					     .spi = said[i].protocol == V1_PROTO_IPCOMP ? KW_SPAN(cpi, 2) : KW_SPAN(spi, 4) };
	}
	memset(f, 0, sizeof(*f));
	ok = v1_choose_ipsec(&sa, conn.conf->child, &offer, out, f);
	conf_free(whole);
	return ok;
}

#define TUNNEL V1_ENCAP_TUNNEL
#define SAY_ESP(num) { num, V1_PROTO_ESP, V1_ESP_AES_CBC, V1_INTEG_HMAC_SHA, 128, TUNNEL }
#define SAY_AH(num) { num, V1_PROTO_AH, V1_AH_SHA2_256, V1_INTEG_HMAC_SHA2_256, 0, TUNNEL }
#define SAY_IPCOMP(num) { num, V1_PROTO_IPCOMP, 2, 0, 0, TUNNEL }
#define CHOSEN(conf, said, f) chosen(conf, said, sizeof(said) / sizeof(said[0]), &out, f)

static void compression_is_refused_and_not_left_out(void **state)
{
	static const struct said with[] = { SAY_ESP(1), SAY_IPCOMP(1) };
	static const struct said or_without[] = { SAY_ESP(1), SAY_IPCOMP(1), SAY_ESP(2) };
	static const struct said all_three[] = { SAY_AH(1), SAY_ESP(1), SAY_IPCOMP(1) };
	struct v1_ipsec out;
	struct failure f;

	(void)state;
	assert_false(CHOSEN(B ESP, with, &f));
	assert_string_equal(f.differs, "protocol");
	assert_string_equal(f.theirs, "aes-cbc-128 / hmac-sha1-96 with IPCOMP");
	assert_true(CHOSEN(B ESP, or_without, &f));
	assert_int_equal(out.proposal->num, 2);
	assert_false(CHOSEN(B ESP AH, all_three, &f));
	assert_string_equal(f.differs, "protocol");
}

static void proposals_of_one_number_are_one(void **state)
{
	static const struct said apart[] = { SAY_AH(1), SAY_ESP(2) };
	static const struct said twice[] = { SAY_ESP(1), SAY_ESP(1) };
	static const struct said scattered[] = { SAY_ESP(1), SAY_AH(2), SAY_AH(1) };
	struct v1_ipsec out;
	struct failure f;

	(void)state;
	assert_false(CHOSEN(B ESP AH, apart, &f));
	assert_true(CHOSEN(B ESP, apart, &f));
	assert_int_equal(out.proposal->protocol, V1_PROTO_ESP);
	assert_null(out.ah.proposal);
	assert_true(CHOSEN(B AH, apart, &f));
	assert_int_equal(out.proposal->protocol, V1_PROTO_AH);
	assert_false(CHOSEN(B ESP, twice, &f));
	assert_true(CHOSEN(B ESP AH, scattered, &f));
	assert_int_equal(out.proposal->protocol, V1_PROTO_ESP);
	assert_int_equal(out.ah.proposal->protocol, V1_PROTO_AH);
	assert_true(CHOSEN(B AH, scattered, &f));
	assert_int_equal(out.proposal->num, 2);
}

/* RFC 2407 §4.4.3: transform and attribute must say the same; and both modes be one. */
static void what_contradicts_itself_is_refused(void **state)
{
	static const struct said other[] = { { 1, V1_PROTO_AH, V1_AH_SHA, V1_INTEG_HMAC_SHA2_256, 0, TUNNEL } };
	static const struct said silent[] = { { 1, V1_PROTO_AH, V1_AH_SHA2_256, 0, 0, TUNNEL } };
	static const struct said mode[] = { { 1, V1_PROTO_AH, V1_AH_SHA2_256, V1_INTEG_HMAC_SHA2_256, 0,
					      V1_ENCAP_TRANSPORT }, SAY_ESP(1) };
	static const struct said in_udp[] = { { 1, V1_PROTO_AH, V1_AH_SHA2_256, V1_INTEG_HMAC_SHA2_256, 0,
						V1_ENCAP_UDP_TUNNEL } };
	struct v1_ipsec out;
	struct failure f;

	(void)state;
	assert_false(CHOSEN(B AH, other, &f));
	assert_string_equal(f.differs, "integrity");
	assert_false(CHOSEN(B AH, silent, &f));
	assert_string_equal(f.differs, "integrity");
	assert_false(CHOSEN(B ESP AH, mode, &f));
	assert_string_equal(f.differs, "mode (tunnel, transport)");
	assert_false(CHOSEN(B AH, in_udp, &f));
	assert_string_equal(f.differs, "mode (tunnel, transport)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_lives_as_esp_does),
		cmocka_unit_test(between_two_hosts),
		cmocka_unit_test(both_are_one_child),
		cmocka_unit_test(several_of_them_in_one_exchange),
		cmocka_unit_test(each_message_lost_or_doubled),
		cmocka_unit_test(one_of_its_deletes_is_enough),
		cmocka_unit_test(what_differs_is_named),
		cmocka_unit_test(the_second_offer_can_be_the_one),
		cmocka_unit_test(a_nat_is_found_before_anything_is_offered),
		cmocka_unit_test(compression_is_refused_and_not_left_out),
		cmocka_unit_test(proposals_of_one_number_are_one),
		cmocka_unit_test(what_contradicts_itself_is_refused),
	};

	return cmocka_run_group_tests(tests, speak_v1, NULL);
}
