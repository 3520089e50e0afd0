// SPDX-License-Identifier: GPL-2.0
/*
 * RADIUS packets that carry EAP, or a user's password.
 *
 *   code | identifier | length | authenticator (16) | attributes: type | length | value
 *
 * RFCs: 2865, 2548 §2.4.2-3, 3579 §3.
 */
#include "eap/radius.h"

#include "crypto/hash_v1.h"
#include "crypto/rand.h"
#include "wire/eap.h"

#include <errno.h>
#include <string.h>

#define MD5_LEN		16u
#define HEAD_LEN	20u
#define LENGTH_AT	2u
#define AUTHENTICATOR_AT 4u
#define MSK_LEN		64u
#define VENDOR_MICROSOFT 311u
#define MS_SEND_KEY	16u
#define MS_RECV_KEY	17u

enum { CODE_REQUEST = 1, CODE_ACCEPT = 2, CODE_REJECT = 3, CODE_CHALLENGE = 11 };
enum { ATTR_USER_NAME = 1, ATTR_USER_PASSWORD = 2, ATTR_REPLY_MESSAGE = 18, ATTR_STATE = 24, ATTR_VENDOR = 26,
	ATTR_CALLING_STATION = 31, ATTR_NAS_IDENTIFIER = 32, ATTR_NAS_PORT_TYPE = 61, ATTR_EAP_MESSAGE = 79,
	ATTR_MESSAGE_AUTHENTICATOR = 80 };

#define PORT_VIRTUAL 5u

/* ---- the question ---- */

static void put_attr(struct kw_writer *w, uint8_t type, struct kw_span value)
{
	kw_put_u8(w, type);
	kw_put_u8(w, (uint8_t)(2 + value.len));
	kw_put_span(w, value);
	w->bad |= value.len > RADIUS_ATTR_MAX;
}

/* Blocks of 16, each XOR MD5(secret | the block before it), before the first one the authenticator. */
size_t radius_hide(const struct kw_secret *secret, const uint8_t authenticator[16], struct kw_span password,
		   uint8_t out[RADIUS_PASSWORD_MAX])
{
	size_t len = password.len ? (password.len + MD5_LEN - 1) / MD5_LEN * MD5_LEN : MD5_LEN;
	uint8_t mask[HASH_MAX];

	if (len > RADIUS_PASSWORD_MAX)
		return 0;
	memset(out, 0, len);
	if (password.len)
		memcpy(out, password.p, password.len);
	for (size_t at = 0; at < len; at += MD5_LEN) {
		const struct kw_span in[] = {
			kw_secret_expose(secret), KW_SPAN(at ? out + at - MD5_LEN : authenticator, MD5_LEN),
		};

		if (hash_v1_digest(HASH_V1_MD5, in, 2, mask))
			return 0;
		for (size_t i = 0; i < MD5_LEN; i++)
			out[at + i] ^= mask[i];
	}
	kw_wipe(mask, sizeof(mask));
	return len;
}

static void put_password(struct kw_writer *w, const struct radius_question *q, const uint8_t authenticator[16])
{
	uint8_t hidden[RADIUS_PASSWORD_MAX];
	size_t len = radius_hide(q->secret, authenticator, q->password, hidden);

	w->bad |= !len;
	put_attr(w, ATTR_USER_PASSWORD, KW_SPAN(hidden, len));
	kw_wipe(hidden, sizeof(hidden));
}

int radius_ask(struct kw_writer *w, const struct radius_question *q)
{
	uint8_t head[1 + MD5_LEN], mac[HASH_MAX];
	struct kw_span eap = q->eap, whole;
	size_t mac_at;

	rand_bytes(head, sizeof(head));
	kw_put_u8(w, CODE_REQUEST);
	kw_put_u8(w, head[0]);
	kw_put_be16(w, 0);
	kw_put_span(w, KW_SPAN(head + 1, MD5_LEN));
	/* First of all, so that nothing in front of it can be made to fit by who forges the answer. */
	kw_put_u8(w, ATTR_MESSAGE_AUTHENTICATOR);
	kw_put_u8(w, 2 + MD5_LEN);
	mac_at = w->len;
	kw_put_zero(w, MD5_LEN);
	put_attr(w, ATTR_USER_NAME, q->user);
	put_attr(w, ATTR_NAS_IDENTIFIER, KW_SPAN_STR("keyway"));
	kw_put_u8(w, ATTR_NAS_PORT_TYPE);
	kw_put_u8(w, 6);
	kw_put_be32(w, PORT_VIRTUAL);
	put_attr(w, ATTR_CALLING_STATION, q->peer);
	if (!q->eap.len)
		put_password(w, q, head + 1);
	while (eap.len) {
		size_t n = eap.len < RADIUS_ATTR_MAX ? eap.len : RADIUS_ATTR_MAX;

		put_attr(w, ATTR_EAP_MESSAGE, KW_SPAN(eap.p, n));
		eap = KW_SPAN(eap.p + n, eap.len - n);
	}
	if (q->state.len)
		put_attr(w, ATTR_STATE, q->state);
	kw_patch_be16(w, LENGTH_AT, (uint16_t)w->len);
	whole = kw_written(w);
	if (w->bad || whole.len > RADIUS_MAX)
		return -EMSGSIZE;
	if (hmac_md5(kw_secret_expose(q->secret), &whole, 1, mac))
		return -EIO;
	memcpy(w->buf + mac_at, mac, MD5_LEN);
	return 0;
}

/* ---- the answer ---- */

/* The next attribute: 1, 0 at the end, -EBADMSG. */
static int next_attr(struct kw_reader *r, uint8_t *type, struct kw_span *value)
{
	uint8_t len;

	if (!kw_reader_left(r))
		return 0;
	*type = kw_get_u8(r);
	len = kw_get_u8(r);
	*value = len < 2 ? (struct kw_span){ 0 } : kw_get_span(r, len - 2u);
	return r->bad || len < 2 ? -EBADMSG : 1;
}

/* RFC 2865 §3: MD5 over it with the request's authenticator in its place, and the secret. */
static bool authenticator_good(const struct kw_secret *secret, struct kw_span request, struct kw_span answer)
{
	const struct kw_span in[] = {
		KW_SPAN(answer.p, AUTHENTICATOR_AT), KW_SPAN(request.p + AUTHENTICATOR_AT, MD5_LEN),
		KW_SPAN(answer.p + HEAD_LEN, answer.len - HEAD_LEN), kw_secret_expose(secret),
	};
	uint8_t want[HASH_MAX];

	return !hash_v1_digest(HASH_V1_MD5, in, 4, want) &&
	       kw_equal_ct(want, answer.p + AUTHENTICATOR_AT, MD5_LEN);
}

/* RFC 3579 §3.2: there must be one, and it counts as zeros in what it covers. */
static bool message_authenticator_good(const struct kw_secret *secret, struct kw_span request,
				       struct kw_span answer)
{
	static const uint8_t zero[MD5_LEN];
	struct kw_reader r = kw_reader(KW_SPAN(answer.p + HEAD_LEN, answer.len - HEAD_LEN));
	struct kw_span value, mac = { 0 }, in[5];
	uint8_t type, want[HASH_MAX];

	while (next_attr(&r, &type, &value) > 0)
		if (type == ATTR_MESSAGE_AUTHENTICATOR) {
			if (mac.len || value.len != MD5_LEN)
				return false;
			mac = value;
		}
	if (!mac.len)
		return false;
	in[0] = KW_SPAN(answer.p, AUTHENTICATOR_AT);
	in[1] = KW_SPAN(request.p + AUTHENTICATOR_AT, MD5_LEN);
	in[2] = KW_SPAN(answer.p + HEAD_LEN, (size_t)(mac.p - answer.p) - HEAD_LEN);
	in[3] = KW_SPAN(zero, MD5_LEN);
	in[4] = KW_SPAN(mac.p + MD5_LEN, (size_t)(answer.p + answer.len - mac.p) - MD5_LEN);
	return !hmac_md5(kw_secret_expose(secret), in, 5, want) && kw_equal_ct(want, mac.p, MD5_LEN);
}

/* RFC 2548 §2.4.2: salt | blocks of 16, each XOR MD5(secret | the block before it); length | key | zeros inside. */
static size_t open_key(const struct kw_secret *secret, struct kw_span request, struct kw_span sealed,
		       uint8_t out[RADIUS_ATTR_MAX])
{
	struct kw_reader r = kw_reader(sealed);
	struct kw_span salt = kw_get_span(&r, 2), rest = kw_get_rest(&r);
	uint8_t mask[HASH_MAX];

	if (r.bad || !rest.len || rest.len % MD5_LEN || !(salt.p[0] & 0x80))
		return 0;
	for (size_t at = 0; at < rest.len; at += MD5_LEN) {
		const struct kw_span in[] = {
			kw_secret_expose(secret),
			at ? KW_SPAN(rest.p + at - MD5_LEN, MD5_LEN) :
			     KW_SPAN(request.p + AUTHENTICATOR_AT, MD5_LEN),
			at ? KW_SPAN(NULL, 0) : salt,
		};

		if (hash_v1_digest(HASH_V1_MD5, in, 3, mask))
			return 0;
		for (size_t i = 0; i < MD5_LEN; i++)
			out[at + i] = rest.p[at + i] ^ mask[i];
	}
	kw_wipe(mask, sizeof(mask));
	return out[0] < rest.len ? out[0] : 0;
}

struct keys {
	uint8_t send[RADIUS_ATTR_MAX], recv[RADIUS_ATTR_MAX];
	size_t send_len, recv_len;
};

static void take_vendor(struct keys *k, const struct kw_secret *secret, struct kw_span request,
			struct kw_span value)
{
	struct kw_reader r = kw_reader(value);
	bool microsoft = kw_get_be32(&r) == VENDOR_MICROSOFT;
	struct kw_span inner;
	uint8_t type;

	while (microsoft && next_attr(&r, &type, &inner) > 0) {
		if (type == MS_SEND_KEY)
			k->send_len = open_key(secret, request, inner, k->send);
		else if (type == MS_RECV_KEY)
			k->recv_len = open_key(secret, request, inner, k->recv);
	}
}

static void keep(uint8_t *to, size_t *len, size_t cap, struct kw_span value)
{
	*len = value.len < cap ? value.len : cap;
	if (*len)
		memcpy(to, value.p, *len);
}

static bool take_attr(struct radius_answer *a, uint8_t type, struct kw_span value)
{
	switch (type) {
	case ATTR_EAP_MESSAGE:
		if (value.len > sizeof(a->eap) - a->eap_len)
			return false;
		if (value.len)
			memcpy(a->eap + a->eap_len, value.p, value.len);
		a->eap_len += value.len;
		break;
	case ATTR_STATE:
		keep(a->state, &a->state_len, sizeof(a->state), value);
		break;
	case ATTR_USER_NAME:
		keep(a->user, &a->user_len, sizeof(a->user), value);
		break;
	case ATTR_REPLY_MESSAGE:
		keep(a->text, &a->text_len, sizeof(a->text), value);
		break;
	}
	return true;
}

/* First what the server received with, then what it sends with; shorter ones are filled up with zeros. */
static int make_msk(struct radius_answer *a, const struct keys *k)
{
	if (!k->send_len && !k->recv_len)
		return 0;
	if (k->send_len + k->recv_len > MSK_LEN)
		return -EBADMSG;
	if (kw_secret_new(&a->msk, MSK_LEN))
		return -ENOMEM;
	memcpy(a->msk.p, k->recv + 1, k->recv_len);
	memcpy(a->msk.p + k->recv_len, k->send + 1, k->send_len);
	return 0;
}

/* Was it asked about EAP? */
static bool is_of_eap(struct kw_span request)
{
	struct kw_reader r = kw_reader(KW_SPAN(request.p + HEAD_LEN, request.len - HEAD_LEN));
	struct kw_span value;
	uint8_t type;

	while (next_attr(&r, &type, &value) > 0)
		if (type == ATTR_EAP_MESSAGE)
			return true;
	return false;
}

/* Another question to a user who has said his password is one that we cannot pass on. */
static int judge_password(struct radius_answer *a, uint8_t code)
{
	a->eap_len = 0;
	a->verdict = code == CODE_ACCEPT ? EAP_DONE : EAP_FAILED;
	return code == CODE_ACCEPT || code == CODE_REJECT || code == CODE_CHALLENGE ? 0 : -EBADMSG;
}

/* RFC 3579 §2.6.3: the EAP packet inside must say the same as the packet around it. */
static int judge(struct radius_answer *a, uint8_t code)
{
	struct eap_packet p = { 0 };
	bool parses = !eap_parse(KW_SPAN(a->eap, a->eap_len), &p);

	switch (code) {
	case CODE_ACCEPT:
		a->verdict = EAP_DONE;
		return parses && p.code == EAP_CODE_SUCCESS ? 0 : -EBADMSG;
	case CODE_CHALLENGE:
		a->verdict = EAP_GO_ON;
		return parses && p.code == EAP_CODE_REQUEST ? 0 : -EBADMSG;
	case CODE_REJECT:
		a->verdict = EAP_FAILED;
		if (!parses || p.code != EAP_CODE_FAILURE)
			a->eap_len = 0;
		return 0;
	default:
		return -EBADMSG;
	}
}

static int read_attrs(struct radius_answer *a, const struct kw_secret *secret, struct kw_span request,
		      struct kw_span answer)
{
	struct kw_reader r = kw_reader(KW_SPAN(answer.p + HEAD_LEN, answer.len - HEAD_LEN));
	struct keys k = { .send_len = 0 };
	struct kw_span value;
	uint8_t type;
	int ret;

	while ((ret = next_attr(&r, &type, &value)) > 0) {
		if (type == ATTR_VENDOR)
			take_vendor(&k, secret, request, value);
		else if (!take_attr(a, type, value))
			return -EBADMSG;
	}
	if (!ret)
		ret = is_of_eap(request) ? judge(a, answer.p[0]) : judge_password(a, answer.p[0]);
	if (!ret && a->verdict == EAP_DONE)
		ret = make_msk(a, &k);
	kw_wipe(&k, sizeof(k));
	return ret;
}

int radius_read(struct radius_answer *a, const struct kw_secret *secret, struct kw_span request,
		struct kw_span answer)
{
	size_t len = answer.len < HEAD_LEN ? 0 : (size_t)answer.p[LENGTH_AT] << 8 | answer.p[LENGTH_AT + 1];

	/* RFC 2865 §3: octets beyond the length are padding. */
	if (len < HEAD_LEN || len > answer.len || len > RADIUS_MAX || answer.p[1] != request.p[1])
		return -EBADMSG;
	answer.len = len;
	if (!authenticator_good(secret, request, answer) ||
	    !message_authenticator_good(secret, request, answer))
		return -EBADMSG;
	return read_attrs(a, secret, request, answer);
}
