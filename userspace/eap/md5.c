// SPDX-License-Identifier: GPL-2.0
/*
 * EAP-MD5 (type 4): CHAP. It makes no key and proves nothing about the server, so it is done only where the
 * configuration names it.
 *
 *   16 | challenge | name     -->
 *   <--  16 | MD5(identifier | secret | challenge) | name
 *
 * RFCs: 3748 §5.4, 1994 §4.1.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash_v1.h"
#include "crypto/rand.h"
#include "eap/method.h"

#define MD5_LEN	16u

struct md5 {
	uint8_t id, challenge[MD5_LEN];
};

static int begin(struct eap *e)
{
	e->state = calloc(1, sizeof(struct md5));
	return e->state ? 0 : -ENOMEM;
}

static void end(void *state)
{
	free(state);
}

static int digest(uint8_t id, const struct kw_secret *secret, struct kw_span challenge, uint8_t out[HASH_MAX])
{
	const struct kw_span in[] = { KW_SPAN(&id, 1), kw_secret_expose(secret), challenge };

	return hash_v1_digest(HASH_V1_MD5, in, 3, out);
}

static struct kw_span get_value(struct kw_span in)
{
	struct kw_reader r = kw_reader(in);
	uint8_t size = kw_get_u8(&r);

	return kw_get_span(&r, size);
}

static enum eap_verdict server(struct eap *e, struct kw_span in, struct kw_writer *out)
{
	const struct kw_span name = KW_SPAN(e->name, e->name_len);
	struct kw_span value = get_value(in);
	const struct conf_user *user;
	struct md5 *m = e->state;
	uint8_t want[HASH_MAX];
	char text[80];

	if (!e->begun) {
		m->id = e->id;
		rand_bytes(m->challenge, MD5_LEN);
		kw_put_u8(out, MD5_LEN);
		kw_put_span(out, KW_SPAN(m->challenge, MD5_LEN));
		return EAP_GO_ON;
	}
	user = eap_find_user(e, name);
	if (!user)
		return eap_fail(e, "no user \"%s\" in the file of users", eap_name_print(text, name));
	if (digest(m->id, &user->secret, KW_SPAN(m->challenge, MD5_LEN), want))
		return eap_fail(e, "MD5 could not be computed");
	if (value.len != MD5_LEN || !kw_equal_ct(value.p, want, MD5_LEN))
		return eap_fail(e, "wrong password for user \"%s\"", eap_name_print(text, name));
	return eap_set_peer(e, user) ? eap_fail(e, "no memory for an identity") : EAP_DONE;
}

static enum eap_verdict client(struct eap *e, struct kw_span in, struct kw_writer *out)
{
	struct kw_span challenge = get_value(in);
	uint8_t response[HASH_MAX];

	if (!challenge.len)
		return eap_fail(e, "the peer's EAP-MD5 challenge does not parse");
	if (digest(e->id, &e->conf->password, challenge, response))
		return eap_fail(e, "MD5 could not be computed");
	kw_put_u8(out, MD5_LEN);
	kw_put_span(out, KW_SPAN(response, MD5_LEN));
	kw_put_span(out, KW_SPAN(e->conf->user, strlen(e->conf->user)));
	e->done = true;
	return EAP_GO_ON;
}

const struct eap_method eap_md5 = {
	.type = EAP_TYPE_MD5, .begin = begin, .end = end, .server = server, .client = client,
};
