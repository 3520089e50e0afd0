// SPDX-License-Identifier: GPL-2.0
/* A RADIUS server that judges EAP and passwords: RFC 2865, 2548, 3579 from the other side. */
#include <stdlib.h>
#include <string.h>

#include "exchange/pair.h"
#include "exchange/radius_server.h"

#include "crypto/hash_v1.h"
#include "crypto/rand.h"
#include "wire/eap.h"

static struct conf_user alice;
static struct conf_users users = { .n = 1, .user = &alice };

void radius_server_begin(struct radius_server *s, uint8_t method)
{
	static char name[] = "alice";

	*s = (struct radius_server){ .secret = "radius secret" };
	alice.name = name;
	assert_int_equal(kw_secret_copy(&alice.secret, KW_SPAN_STR("correct horse")), 0);
	s->conf.users = &users;
	s->conf.eap[0] = method;
	s->conf.n_eap = 1;
}

void radius_server_end(struct radius_server *s)
{
	eap_free(s->eap);
	kw_secret_drop(&alice.secret);
}

static struct kw_span secret_of(const struct radius_server *s)
{
	return KW_SPAN(s->secret, strlen(s->secret));
}

static void put_attr(struct kw_writer *w, uint8_t type, struct kw_span value)
{
	kw_put_u8(w, type);
	kw_put_u8(w, (uint8_t)(2 + value.len));
	kw_put_span(w, value);
}

/* RFC 2865 §5.2 */
static bool is_password(const struct radius_server *s, struct kw_span hidden, const uint8_t *authenticator)
{
	uint8_t text[129] = { 0 }, mask[HASH_MAX];

	assert_true(hidden.len && hidden.len <= 128 && hidden.len % 16 == 0);
	for (size_t at = 0; at < hidden.len; at += 16) {
		const struct kw_span in[] = { secret_of(s), KW_SPAN(at ? hidden.p + at - 16 : authenticator, 16) };

		assert_int_equal(hash_v1_digest(HASH_V1_MD5, in, 2, mask), 0);
		for (size_t i = 0; i < 16; i++)
			text[at + i] = hidden.p[at + i] ^ mask[i];
	}
	return strlen((char *)text) == alice.secret.len && !memcmp(text, alice.secret.p, alice.secret.len);
}

/* All EAP-Message attributes together; checks the question on the way. 0: it has a password. */
static size_t read_question(struct radius_server *s, struct kw_span question, uint8_t eap[4096], bool *good)
{
	struct kw_reader r = kw_reader(KW_SPAN(question.p + 20, question.len - 20));
	uint8_t copy[4096], want[HASH_MAX];
	const struct kw_span whole = KW_SPAN(copy, question.len);
	size_t len = 0, mac_at = 0;
	bool user = false, state = false;

	assert_int_equal(question.p[0], 1);
	assert_int_equal(question.p[2] << 8 | question.p[3], question.len);
	while (kw_reader_left(&r)) {
		uint8_t type = kw_get_u8(&r);
		struct kw_span value = kw_get_span(&r, kw_get_u8(&r) - 2u);

		assert_false(r.bad);
		user |= type == 1 && kw_span_equal(value, KW_SPAN_STR("alice"));
		if (type == 2)
			*good = is_password(s, value, question.p + 4);
		state |= type == 24 && kw_span_equal(value, KW_SPAN_STR("the state"));
		if (type == 80)
			mac_at = (size_t)(value.p - question.p);
		if (type == 79) {
			memcpy(eap + len, value.p, value.len);
			len += value.len;
		}
	}
	assert_true(user && mac_at);
	/* Without State another conversation begins. */
	if (!state) {
		eap_free(s->eap);
		s->eap = NULL;
	}
	assert_int_equal(state, s->eap != NULL);
	memcpy(copy, question.p, question.len);
	memset(copy + mac_at, 0, 16);
	assert_int_equal(hmac_md5(secret_of(s), &whole, 1, want), 0);
	assert_memory_equal(want, question.p + mac_at, 16);
	return len;
}

/* RFC 2548 §2.4.2 */
static void put_key(const struct radius_server *s, struct kw_writer *w, uint8_t type, uint8_t salt,
		    struct kw_span key, const uint8_t *authenticator)
{
	uint8_t value[4 + 2 + 2 + 48] = { 0, 0, 1, 55, type, 2 + 2 + 48, 0x80 | salt, 1, (uint8_t)key.len };
	uint8_t *text = value + 8, mask[HASH_MAX];

	memcpy(text + 1, key.p, key.len);
	for (unsigned int at = 0; at < 48; at += 16) {
		const struct kw_span in[] = {
			secret_of(s), at ? KW_SPAN(text + at - 16, 16) : KW_SPAN(authenticator, 16),
			at ? KW_SPAN(NULL, 0) : KW_SPAN(value + 6, 2),
		};

		assert_int_equal(hash_v1_digest(HASH_V1_MD5, in, 3, mask), 0);
		for (unsigned int i = 0; i < 16; i++)
			text[at + i] ^= mask[i];
	}
	put_attr(w, 26, KW_SPAN(value, sizeof(value)));
}

static void seal(const struct radius_server *s, struct kw_writer *w, size_t mac_at,
		 const uint8_t *authenticator)
{
	uint8_t mac[HASH_MAX];
	struct kw_span whole;

	kw_patch_be16(w, 2, (uint16_t)w->len);
	memcpy(w->buf + 4, authenticator, 16);
	whole = kw_written(w);
	assert_int_equal(hmac_md5(secret_of(s), &whole, 1, mac), 0);
	if (mac_at)
		memcpy(w->buf + mac_at, mac, 16);
	assert_int_equal(hash_v1_digest(HASH_V1_MD5, (struct kw_span[]){ whole, secret_of(s) }, 2, mac), 0);
	memcpy(w->buf + 4, mac, 16);
}

void radius_server(void *ctx, struct kw_span question, struct kw_writer *w)
{
	static const uint8_t codes[] = { [EAP_GO_ON] = 11, [EAP_DONE] = 2, [EAP_FAILED] = 3 };
	struct radius_server *s = ctx;
	uint8_t in[4096], out[EAP_OUT_MAX];
	struct kw_writer packet = kw_writer(out, sizeof(out));
	size_t len, mac_at = 0;
	enum eap_verdict v;
	bool good = false;

	s->asked++;
	if (s->lose) {
		s->lose--;
		return;
	}
	if (kw_span_equal(question, KW_SPAN(s->heard, s->heard_len))) {
		kw_put_span(w, KW_SPAN(s->said, s->said_len));
		return;
	}
	memcpy(s->heard, question.p, question.len);
	s->heard_len = question.len;
	len = read_question(s, question, in, &good);
	if (len && !s->eap) {
		s->eap = eap_new(&s->conf, true);
		/* The identity was asked for by the gateway; ours must have the same identifier. */
		eap_run(s->eap, KW_SPAN(NULL, 0), 1800000000, &packet);
		in[1] = out[1];
		packet.len = 0;
	}
	if (len)
		v = eap_run(s->eap, KW_SPAN(in, len), 1800000000, &packet);
	else
		v = s->challenges ? EAP_GO_ON : good ? EAP_DONE : EAP_FAILED;
	kw_put_u8(w, codes[v]);
	kw_put_u8(w, question.p[1]);
	kw_put_zero(w, 18);
	if (len)
		put_attr(w, 79, kw_written(&packet));
	put_attr(w, 24, KW_SPAN_STR("the state"));
	if (v == EAP_FAILED)
		put_attr(w, 18, KW_SPAN_STR("not today"));
	if (v == EAP_DONE) {
		struct kw_span msk = len ? kw_secret_expose(eap_msk(s->eap)) : KW_SPAN(NULL, 0);

		put_attr(w, 1, KW_SPAN_STR("alice"));
		if (msk.len) {
			put_key(s, w, 17, 1, KW_SPAN(msk.p, 32), question.p + 4);
			put_key(s, w, 16, 2, KW_SPAN(msk.p + 32, 32), question.p + 4);
		}
	}
	if (!s->without_mac) {
		mac_at = w->len + 2;
		put_attr(w, 80, KW_SPAN("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16));
	}
	seal(s, w, mac_at, question.p + 4);
	if (s->spoil)
		w->buf[w->len - s->spoil] ^= 1;
	memcpy(s->said, w->buf, w->len);
	s->said_len = w->len;
}
