// SPDX-License-Identifier: GPL-2.0
/*
 * EAP-MSCHAPv2 (type 26): what phones and Windows speak.
 *
 *   code 1 | id | length | 16 | challenge | server's name           -->
 *   <--  code 2 | id | length | 49 | challenge | 8 zeros | response | flags | user
 *   code 3 | id | length | "S=" 40 hex digits " M=" text            -->     the server's proof
 *   <--  code 3
 *   or  code 4 | id | length | "E=691 R=0 C=.. V=3 M=" text         -->     refused
 *   <--  code 4
 *
 * RFCs: 2759 §4-8 and draft-kamath-pppext-eap-mschapv2-02; 3079 (keys).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/mschap.h"
#include "crypto/rand.h"
#include "eap/method.h"

enum { CODE_CHALLENGE = 1, CODE_RESPONSE, CODE_SUCCESS, CODE_FAILURE };

#define HEAD_LEN	4u	/* code, id, length */
#define RESERVED_LEN	8u
#define VALUE_LEN	(MSCHAP_CHALLENGE_LEN + RESERVED_LEN + MSCHAP_RESPONSE_LEN + 1u)
#define PROOF_HEX	(2 * MSCHAP_PROOF_LEN)

enum step { STEP_CHALLENGE, STEP_RESPONSE, STEP_VERDICT };

struct mschapv2 {
	enum step step;
	bool good;				/* server: the response fits */
	uint8_t id;
	uint8_t server_challenge[MSCHAP_CHALLENGE_LEN], client_challenge[MSCHAP_CHALLENGE_LEN];
	uint8_t response[MSCHAP_RESPONSE_LEN];
	struct kw_secret hash;
};

static int begin(struct eap *e)
{
	e->state = calloc(1, sizeof(struct mschapv2));
	return e->state ? 0 : -ENOMEM;
}

static void end(void *state)
{
	struct mschapv2 *m = state;

	kw_secret_drop(&m->hash);
	free(m);
}

static void put_head(struct kw_writer *w, uint8_t code, uint8_t id, size_t len)
{
	kw_put_u8(w, code);
	kw_put_u8(w, id);
	kw_put_be16(w, len);
}

static struct mschap_round round_of(const struct mschapv2 *m, struct kw_span name)
{
	return (struct mschap_round){
		.server_challenge = m->server_challenge, .client_challenge = m->client_challenge,
		.user = eap_without_domain(name),
	};
}

/* The length inside counts from the code on; Windows' is that of the packet, and some send 0. */
static struct kw_reader open_head(struct kw_span in, uint8_t *code, uint8_t *id)
{
	struct kw_reader r = kw_reader(in);

	*code = kw_get_u8(&r);
	*id = kw_get_u8(&r);
	kw_get_be16(&r);
	return r;
}

/* ---- server ---- */

static enum eap_verdict challenge(struct mschapv2 *m, struct kw_writer *out)
{
	static const struct kw_span name = KW_SPAN_STR("keyway");

	rand_bytes(m->server_challenge, sizeof(m->server_challenge));
	rand_bytes(&m->id, 1);
	put_head(out, CODE_CHALLENGE, m->id, HEAD_LEN + 1 + MSCHAP_CHALLENGE_LEN + name.len);
	kw_put_u8(out, MSCHAP_CHALLENGE_LEN);
	kw_put_span(out, KW_SPAN(m->server_challenge, MSCHAP_CHALLENGE_LEN));
	kw_put_span(out, name);
	m->step = STEP_RESPONSE;
	return EAP_GO_ON;
}

static enum eap_verdict say_no(struct mschapv2 *m, struct kw_writer *out)
{
	uint8_t fresh[MSCHAP_CHALLENGE_LEN];
	char hex[2 * MSCHAP_CHALLENGE_LEN + 1], text[96];
	int n;

	rand_bytes(fresh, sizeof(fresh));
	n = snprintf(text, sizeof(text), "E=691 R=0 C=%s V=3 M=wrong user or password",
		     kw_hex(hex, sizeof(hex), KW_SPAN(fresh, sizeof(fresh))));
	put_head(out, CODE_FAILURE, m->id, HEAD_LEN + (size_t)n);
	kw_put_span(out, KW_SPAN(text, (size_t)n));
	m->step = STEP_VERDICT;
	return EAP_GO_ON;
}

static void upper(char *s)
{
	for (; *s; s++)
		if (*s >= 'a' && *s <= 'f')
			*s -= 'a' - 'A';
}

/* The 40 digits of the server's proof. */
static int proof_hex(const struct mschapv2 *m, struct kw_span name, char hex[PROOF_HEX + 1])
{
	const struct mschap_round round = round_of(m, name);
	uint8_t proof[MSCHAP_PROOF_LEN];
	int ret = mschap_prove(&m->hash, &round, m->response, proof);

	kw_hex(hex, PROOF_HEX + 1, KW_SPAN(proof, sizeof(proof)));
	upper(hex);
	return ret;
}

static enum eap_verdict say_yes(struct eap *e, struct mschapv2 *m, struct kw_span name,
				struct kw_writer *out)
{
	char hex[PROOF_HEX + 1], text[PROOF_HEX + 16];
	int n;

	if (proof_hex(m, name, hex) || mschap_msk(&m->hash, m->response, &e->msk))
		return eap_fail(e, "MS-CHAPv2 could not be computed");
	n = snprintf(text, sizeof(text), "S=%s M=welcome", hex);
	put_head(out, CODE_SUCCESS, m->id, HEAD_LEN + (size_t)n);
	kw_put_span(out, KW_SPAN(text, (size_t)n));
	m->good = true;
	m->step = STEP_VERDICT;
	return EAP_GO_ON;
}

/* An unknown user takes the same way as a wrong password: the peer cannot tell which it was. */
static bool response_good(struct eap *e, struct mschapv2 *m, struct kw_span name)
{
	static const struct kw_span nobody = KW_SPAN_STR("there is no such user");
	const struct conf_user *user = eap_find_user(e, name);
	const struct mschap_round round = round_of(m, name);
	uint8_t want[MSCHAP_RESPONSE_LEN];
	char text[80];
	bool same;

	if (mschap_hash(user ? kw_secret_expose(&user->secret) : nobody, &m->hash) ||
	    mschap_respond(&m->hash, &round, want)) {
		eap_fail(e, "the secret of user \"%s\" cannot be one of MS-CHAPv2: it is text of at most 256 characters",
			 eap_name_print(text, name));
		return false;
	}
	same = kw_equal_ct(want, m->response, sizeof(want));
	kw_wipe(want, sizeof(want));
	if (!user)
		eap_fail(e, "no user \"%s\" in the file of users", eap_name_print(text, name));
	else if (!same)
		eap_fail(e, "wrong password for user \"%s\"", eap_name_print(text, name));
	else if (eap_set_peer(e, user))
		eap_fail(e, "no memory for an identity");
	else
		return true;
	return false;
}

static enum eap_verdict read_response(struct eap *e, struct mschapv2 *m, struct kw_span in,
				      struct kw_writer *out)
{
	struct kw_span name, client, response;
	struct kw_reader r;
	uint8_t code, id, size;

	r = open_head(in, &code, &id);
	size = kw_get_u8(&r);
	client = kw_get_span(&r, MSCHAP_CHALLENGE_LEN);
	kw_get_span(&r, RESERVED_LEN);
	response = kw_get_span(&r, MSCHAP_RESPONSE_LEN);
	kw_get_u8(&r);
	name = kw_get_rest(&r);
	if (r.bad || code != CODE_RESPONSE || id != m->id || size != VALUE_LEN || name.len > EAP_NAME_MAX)
		return eap_fail(e, "the peer's MS-CHAPv2 response does not parse");
	memcpy(m->client_challenge, client.p, client.len);
	memcpy(m->response, response.p, response.len);
	return response_good(e, m, name) ? say_yes(e, m, name, out) : say_no(m, out);
}

static enum eap_verdict server(struct eap *e, struct kw_span in, struct kw_writer *out)
{
	struct mschapv2 *m = e->state;

	switch (m->step) {
	case STEP_CHALLENGE:
		return challenge(m, out);
	case STEP_RESPONSE:
		return read_response(e, m, in, out);
	case STEP_VERDICT:
		break;
	}
	if (m->good && in.len && in.p[0] == CODE_SUCCESS)
		return EAP_DONE;
	return eap_fail(e, "the peer does not take our proof of knowing the password");
}

/* ---- client ---- */

static enum eap_verdict answer(struct eap *e, struct mschapv2 *m, struct kw_reader *r, uint8_t id,
			       struct kw_writer *out)
{
	const struct kw_span user = KW_SPAN(e->conf->user, strlen(e->conf->user));
	uint8_t size = kw_get_u8(r);
	struct kw_span theirs = kw_get_span(r, MSCHAP_CHALLENGE_LEN);
	struct mschap_round round;

	if (r->bad || size != MSCHAP_CHALLENGE_LEN)
		return eap_fail(e, "the peer's MS-CHAPv2 challenge does not parse");
	memcpy(m->server_challenge, theirs.p, theirs.len);
	rand_bytes(m->client_challenge, sizeof(m->client_challenge));
	round = round_of(m, user);
	if (mschap_hash(kw_secret_expose(&e->conf->password), &m->hash) ||
	    mschap_respond(&m->hash, &round, m->response))
		return eap_fail(e, "our password cannot be one of MS-CHAPv2: it is text of at most 256 characters");
	put_head(out, CODE_RESPONSE, id, HEAD_LEN + 1 + VALUE_LEN + user.len);
	kw_put_u8(out, VALUE_LEN);
	kw_put_span(out, KW_SPAN(m->client_challenge, MSCHAP_CHALLENGE_LEN));
	kw_put_zero(out, RESERVED_LEN);
	kw_put_span(out, KW_SPAN(m->response, MSCHAP_RESPONSE_LEN));
	kw_put_u8(out, 0);
	kw_put_span(out, user);
	m->step = STEP_RESPONSE;
	return EAP_GO_ON;
}

/* Who knows the password is the server; whoever only passed our response on is not. */
static enum eap_verdict check_proof(struct eap *e, struct mschapv2 *m, struct kw_span text,
				    struct kw_writer *out)
{
	const struct kw_span user = KW_SPAN(e->conf->user, strlen(e->conf->user));
	char want[PROOF_HEX + 1];

	if (m->step != STEP_RESPONSE || proof_hex(m, user, want))
		return eap_fail(e, "the peer's MS-CHAPv2 packets are out of order");
	if (text.len < 2 + PROOF_HEX || memcmp(text.p, "S=", 2) != 0 ||
	    !kw_equal_ct(text.p + 2, want, PROOF_HEX))
		return eap_fail(e, "the peer does not know the password of \"%s\" itself: it is not the server it seems to be",
				e->conf->user);
	kw_secret_drop(&e->msk);
	if (mschap_msk(&m->hash, m->response, &e->msk))
		return eap_fail(e, "MS-CHAPv2 could not be computed");
	kw_put_u8(out, CODE_SUCCESS);
	m->step = STEP_VERDICT;
	e->done = true;
	return EAP_GO_ON;
}

/* RFC 2759 §6. */
static const char *reason_of(unsigned int code)
{
	switch (code) {
	case 646:
		return "logging on is not allowed at this time";
	case 647:
		return "the account is disabled";
	case 648:
		return "the password has expired";
	case 649:
		return "no permission to dial in";
	default:
		return "wrong user or password";
	}
}

static enum eap_verdict refused(struct eap *e, struct mschapv2 *m, struct kw_span text,
				struct kw_writer *out)
{
	unsigned int code = 0;

	if (m->step != STEP_RESPONSE)
		return eap_fail(e, "the peer's MS-CHAPv2 packets are out of order");
	if (text.len > 2 && memcmp(text.p, "E=", 2) == 0)
		for (size_t i = 2; i < text.len && i < 6 && text.p[i] >= '0' && text.p[i] <= '9'; i++)
			code = 10 * code + text.p[i] - '0';
	eap_fail(e, "the peer refuses user \"%s\": %s (MS-CHAPv2 error %u)", e->conf->user,
		 reason_of(code), code);
	kw_put_u8(out, CODE_FAILURE);
	m->step = STEP_VERDICT;
	return EAP_GO_ON;
}

static enum eap_verdict client(struct eap *e, struct kw_span in, struct kw_writer *out)
{
	struct mschapv2 *m = e->state;
	uint8_t code, id;
	struct kw_reader r = open_head(in, &code, &id);

	if (r.bad)
		return eap_fail(e, "the peer's MS-CHAPv2 packet does not parse");
	switch (code) {
	case CODE_CHALLENGE:
		if (m->step == STEP_CHALLENGE)
			return answer(e, m, &r, id, out);
		break;
	case CODE_SUCCESS:
		return check_proof(e, m, kw_get_rest(&r), out);
	case CODE_FAILURE:
		return refused(e, m, kw_get_rest(&r), out);
	}
	return eap_fail(e, "the peer's MS-CHAPv2 packets are out of order");
}

const struct eap_method eap_mschapv2 = {
	.type = EAP_TYPE_MSCHAPV2, .begin = begin, .end = end, .server = server, .client = client,
};
