// SPDX-License-Identifier: GPL-2.0
/* One side of an EAP conversation against packets written by hand: RFC 3748, 2759. */
#include "crypto/setup.h"
#include "eap/eap.h"
#include "wire/eap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct conf_user alice;
static struct conf_users users = { .n = 1, .user = &alice };
static struct conf_conn conf;
static struct eap *e;
static uint8_t out[EAP_OUT_MAX];
static size_t out_len;

static int setup(void **state)
{
	static char name[] = "alice";

	(void)state;
	assert_int_equal(crypto_setup(), 0);
	conf = (struct conf_conn){ .name = "t", .users = &users, .user = name };
	alice.name = name;
	assert_int_equal(kw_secret_copy(&alice.secret, KW_SPAN_STR("secret")), 0);
	return kw_secret_copy(&conf.password, KW_SPAN_STR("secret"));
}

static int teardown(void **state)
{
	(void)state;
	kw_secret_drop(&alice.secret);
	kw_secret_drop(&conf.password);
	return kw_secret_live() ? -1 : 0;
}

static void begin(bool server, uint8_t type)
{
	eap_free(e);
	conf.eap[0] = type;
	conf.n_eap = 1;
	e = eap_new(&conf, server);
	assert_non_null(e);
}

static enum eap_verdict raw(struct kw_span in)
{
	struct kw_writer w = kw_writer(out, sizeof(out));
	enum eap_verdict v = eap_run(e, in, 1800000000, &w);

	assert_false(w.bad);
	out_len = w.len;
	return v;
}

static enum eap_verdict say(uint8_t code, uint8_t id, uint8_t type, const void *data, size_t len)
{
	uint8_t buf[512];
	struct kw_writer w = kw_writer(buf, sizeof(buf));

	if (type == EAP_TYPE_NONE) {
		eap_build_verdict(&w, code, id);
	} else {
		eap_open(&w, code, id, type);
		kw_put_span(&w, KW_SPAN(data, len));
		eap_close(&w);
	}
	return raw(kw_written(&w));
}

#define SAY(code, id, type, text) say(code, id, type, text, sizeof(text) - 1)

static void answered(uint8_t code, uint8_t type)
{
	struct eap_packet p;

	assert_int_equal(eap_parse(KW_SPAN(out, out_len), &p), 0);
	assert_int_equal(p.code, code);
	assert_int_equal(p.type, type);
}

static void why(const char *part)
{
	if (!strstr(eap_why(e), part))
		fail_msg("it says: %s", eap_why(e));
	eap_free(e);
	e = NULL;
}

#define CHALLENGE "\x01\x07\x00\x1b\x10" "0123456789abcdef" "server"
#define FALSE_PROOF "\x03\x07\x00\x2e" "S=0123456789ABCDEF0123456789ABCDEF01234567"

static void success_that_nothing_went_before(void **state)
{
	static const uint8_t each[] = { EAP_TYPE_MSCHAPV2, EAP_TYPE_GTC, EAP_TYPE_MD5 };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		begin(false, each[i]);
		assert_int_equal(say(EAP_CODE_SUCCESS, 1, EAP_TYPE_NONE, NULL, 0), EAP_FAILED);
		assert_int_equal(out_len, 0);
		why("done before it has proved anything");
		begin(false, each[i]);
		assert_int_equal(SAY(EAP_CODE_REQUEST, 1, EAP_TYPE_IDENTITY, ""), EAP_GO_ON);
		answered(EAP_CODE_RESPONSE, EAP_TYPE_IDENTITY);
		assert_int_equal(say(EAP_CODE_SUCCESS, 1, EAP_TYPE_NONE, NULL, 0), EAP_FAILED);
		why("done before it has proved anything");
	}
}

/* Who passes our answer on learns nothing by it, and is not believed. */
static void a_server_that_does_not_know_the_password(void **state)
{
	(void)state;
	begin(false, EAP_TYPE_MSCHAPV2);
	assert_int_equal(SAY(EAP_CODE_REQUEST, 2, EAP_TYPE_MSCHAPV2, CHALLENGE), EAP_GO_ON);
	answered(EAP_CODE_RESPONSE, EAP_TYPE_MSCHAPV2);
	assert_int_equal(say(EAP_CODE_SUCCESS, 2, EAP_TYPE_NONE, NULL, 0), EAP_FAILED);
	why("done before it has proved anything");

	begin(false, EAP_TYPE_MSCHAPV2);
	SAY(EAP_CODE_REQUEST, 2, EAP_TYPE_MSCHAPV2, CHALLENGE);
	assert_int_equal(SAY(EAP_CODE_REQUEST, 3, EAP_TYPE_MSCHAPV2, FALSE_PROOF), EAP_FAILED);
	why("does not know the password of \"alice\" itself");

	begin(false, EAP_TYPE_MSCHAPV2);
	assert_int_equal(SAY(EAP_CODE_REQUEST, 3, EAP_TYPE_MSCHAPV2, FALSE_PROOF), EAP_FAILED);
	why("out of order");

	/* A second challenge: for whom is the answer? */
	begin(false, EAP_TYPE_MSCHAPV2);
	SAY(EAP_CODE_REQUEST, 2, EAP_TYPE_MSCHAPV2, CHALLENGE);
	assert_int_equal(SAY(EAP_CODE_REQUEST, 3, EAP_TYPE_MSCHAPV2, CHALLENGE), EAP_FAILED);
	why("out of order");
}

static void a_refusal_is_explained(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "\x04\x07\x00\x0a" "E=648 R=0", "the password has expired (MS-CHAPv2 error 648)" },
		{ "\x04\x07\x00\x0a" "E=691 R=0", "wrong user or password (MS-CHAPv2 error 691)" },
	};

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		begin(false, EAP_TYPE_MSCHAPV2);
		SAY(EAP_CODE_REQUEST, 2, EAP_TYPE_MSCHAPV2, CHALLENGE);
		assert_int_equal(say(EAP_CODE_REQUEST, 3, EAP_TYPE_MSCHAPV2, rows[i].text, 13), EAP_GO_ON);
		assert_int_equal(say(EAP_CODE_FAILURE, 3, EAP_TYPE_NONE, NULL, 0), EAP_FAILED);
		why(rows[i].says);
	}
}

static void notifications_and_other_methods(void **state)
{
	(void)state;
	begin(false, EAP_TYPE_GTC);
	assert_int_equal(SAY(EAP_CODE_REQUEST, 1, EAP_TYPE_NOTIFICATION, "hello"), EAP_GO_ON);
	answered(EAP_CODE_RESPONSE, EAP_TYPE_NOTIFICATION);
	assert_int_equal(SAY(EAP_CODE_REQUEST, 2, EAP_TYPE_MD5, "\x01x"), EAP_GO_ON);
	answered(EAP_CODE_RESPONSE, EAP_TYPE_NAK);
	assert_int_equal(out_len, EAP_HEAD + 1);
	assert_int_equal(out[EAP_HEAD], EAP_TYPE_GTC);
	assert_int_equal(SAY(EAP_CODE_REQUEST, 3, EAP_TYPE_GTC, "Password:"), EAP_GO_ON);
	assert_memory_equal(out + EAP_HEAD, "secret", 6);
	/* Once more would be a second try with the same password. */
	assert_int_equal(SAY(EAP_CODE_REQUEST, 4, EAP_TYPE_GTC, "Password:"), EAP_FAILED);
	why("wrong user or password");
	begin(false, EAP_TYPE_GTC);
	SAY(EAP_CODE_REQUEST, 3, EAP_TYPE_GTC, "Password:");
	assert_int_equal(SAY(EAP_CODE_REQUEST, 4, EAP_TYPE_MD5, "\x01x"), EAP_FAILED);
	why("changes its EAP method half-way");
	begin(false, EAP_TYPE_GTC);
	assert_int_equal(SAY(EAP_CODE_RESPONSE, 1, EAP_TYPE_IDENTITY, "x"), EAP_FAILED);
	why("answers in EAP where it should ask");
}

static void what_a_server_does_not_take(void **state)
{
	uint8_t id;

	(void)state;
	begin(true, EAP_TYPE_GTC);
	assert_int_equal(raw(KW_SPAN(NULL, 0)), EAP_GO_ON);
	answered(EAP_CODE_REQUEST, EAP_TYPE_IDENTITY);
	id = out[1];
	assert_int_equal(SAY(EAP_CODE_RESPONSE, (uint8_t)(id + 1), EAP_TYPE_IDENTITY, "alice"), EAP_FAILED);
	answered(EAP_CODE_FAILURE, EAP_TYPE_NONE);
	why("answers nothing that was asked");

	begin(true, EAP_TYPE_GTC);
	raw(KW_SPAN(NULL, 0));
	id = out[1];
	assert_int_equal(SAY(EAP_CODE_RESPONSE, id, EAP_TYPE_GTC, "secret"), EAP_FAILED);
	why("does not say who it is");

	/* After the method was answered there is no Nak. */
	begin(true, EAP_TYPE_MSCHAPV2);
	raw(KW_SPAN(NULL, 0));
	id = out[1];
	assert_int_equal(SAY(EAP_CODE_RESPONSE, id, EAP_TYPE_IDENTITY, "alice"), EAP_GO_ON);
	assert_int_equal(out[1], (uint8_t)(id + 1));
	assert_int_equal(SAY(EAP_CODE_RESPONSE, (uint8_t)(id + 1), EAP_TYPE_NAK, "\x06\x04"), EAP_FAILED);
	why("the peer wants gtc, md5, eap here is mschapv2");

	begin(true, EAP_TYPE_MSCHAPV2);
	raw(KW_SPAN(NULL, 0));
	id = out[1];
	SAY(EAP_CODE_RESPONSE, id, EAP_TYPE_IDENTITY, "alice");
	assert_int_equal(SAY(EAP_CODE_RESPONSE, (uint8_t)(id + 1), EAP_TYPE_NAK, "\0"), EAP_FAILED);
	why("takes none of our EAP methods");

	begin(true, EAP_TYPE_GTC);
	raw(KW_SPAN(NULL, 0));
	assert_int_equal(raw(KW_SPAN_STR("\x02\x01\x00\x09\x01")), EAP_FAILED);
	why("does not parse");
}

static void the_users_own_password_and_no_other(void **state)
{
	static const struct {
		const char *name, *password;
		bool good;
	} rows[] = {
		{ "alice", "secret", true }, { "EXAMPLE\\alice", "secret", true }, { "alice", "secre", false },
		{ "alice", "secrets", false }, { "alice", "", false }, { "", "secret", false },
		{ "alic", "secret", false }, { "alice\n", "secret", false },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum eap_verdict v;

		begin(true, EAP_TYPE_GTC);
		raw(KW_SPAN(NULL, 0));
		say(EAP_CODE_RESPONSE, out[1], EAP_TYPE_IDENTITY, rows[i].name, strlen(rows[i].name));
		v = say(EAP_CODE_RESPONSE, out[1], EAP_TYPE_GTC, rows[i].password, strlen(rows[i].password));
		assert_int_equal(v, rows[i].good ? EAP_DONE : EAP_FAILED);
		answered(rows[i].good ? EAP_CODE_SUCCESS : EAP_CODE_FAILURE, EAP_TYPE_NONE);
		assert_int_equal(eap_peer(e)->type != 0, rows[i].good);
		eap_free(e);
		e = NULL;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(success_that_nothing_went_before),
		cmocka_unit_test(a_server_that_does_not_know_the_password),
		cmocka_unit_test(a_refusal_is_explained),
		cmocka_unit_test(notifications_and_other_methods),
		cmocka_unit_test(what_a_server_does_not_take),
		cmocka_unit_test(the_users_own_password_and_no_other),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
