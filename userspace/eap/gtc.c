// SPDX-License-Identifier: GPL-2.0
/*
 * EAP-GTC (type 6): the password itself goes to the server, which the IKE SA hides and the gateway's certificate
 * has shown to be the right one. For servers that cannot use anything else, such as one-time passwords.
 *
 * RFC 3748 §5.6.
 */
#include <stdlib.h>
#include <string.h>

#include "eap/method.h"

static int begin(struct eap *e)
{
	(void)e;
	return 0;
}

static void end(void *state)
{
	free(state);
}

static enum eap_verdict server(struct eap *e, struct kw_span in, struct kw_writer *out)
{
	const struct kw_span name = KW_SPAN(e->name, e->name_len);
	const struct conf_user *user;
	char text[80];

	if (!e->begun) {
		kw_put_span(out, KW_SPAN_STR("Password: "));
		return EAP_GO_ON;
	}
	user = eap_find_user(e, name);
	if (!user)
		return eap_fail(e, "no user \"%s\" in the file of users", eap_name_print(text, name));
	/* Android puts a NUL behind it. */
	if (in.len && !in.p[in.len - 1])
		in.len--;
	if (!kw_secret_equal(&user->secret, in))
		return eap_fail(e, "wrong password for user \"%s\"", eap_name_print(text, name));
	return eap_set_peer(e, user) ? eap_fail(e, "no memory for an identity") : EAP_DONE;
}

static enum eap_verdict client(struct eap *e, struct kw_span in, struct kw_writer *out)
{
	(void)in;	/* what to show to a person */
	if (e->done)
		return eap_fail(e, "the peer asks for the password again: wrong user or password");
	kw_put_span(out, kw_secret_expose(&e->conf->password));
	e->done = true;
	return EAP_GO_ON;
}

const struct eap_method eap_gtc = {
	.type = EAP_TYPE_GTC, .begin = begin, .end = end, .server = server, .client = client,
};
