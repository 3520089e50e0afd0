// SPDX-License-Identifier: GPL-2.0
/* What only an IKEv2 SA has. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/rand.h"
#include "ike/message.h"
#include "ikev2/eap.h"
#include "ikev2/followup.h"
#include "ikev2/v2_sa.h"

int v2_sa_new(struct ike_sa *sa)
{
	struct v2_sa *v2 = calloc(1, sizeof(*v2));

	if (!v2)
		return -ENOMEM;
	v2->ni = calloc(2, sizeof(*v2->ni));
	if (!v2->ni) {
		free(v2);
		return -ENOMEM;
	}
	v2->nr = v2->ni + 1;
	sa->priv = v2;
	return 0;
}

static void span_free(struct kw_span *s)
{
	free((uint8_t *)(uintptr_t)s->p);
	*s = (struct kw_span){ 0 };
}

void v2_sa_free(struct ike_sa *sa)
{
	struct v2_sa *v2 = v2_sa(sa);

	if (!v2)
		return;
	skcipher_free(v2->seal);
	skcipher_free(v2->open);
	kw_secret_drop(&v2->sk_d);
	kw_secret_drop(&v2->sk_pi);
	kw_secret_drop(&v2->sk_pr);
	v2_ppk_settled(v2);
	dh_free(v2->dh);
	kw_secret_drop(&v2->next_g_ir);
	kw_secret_drop(&v2->peer_token);
	v2_eap_free(v2);
	v2_followup_free(v2);
	v2_init_settled(v2);
	free(v2);
	sa->priv = NULL;
}

void v2_ppk_settled(struct v2_sa *v2)
{
	kw_secret_drop(&v2->plain_d);
	kw_secret_drop(&v2->plain_pi);
	kw_secret_drop(&v2->plain_pr);
}

void v2_init_settled(struct v2_sa *v2)
{
	span_free(&v2->init_i);
	span_free(&v2->init_r);
	span_free(&v2->cookie);
	session_free(v2->session);
	v2->session = NULL;
	free(v2->int_auth);
	v2->int_auth = NULL;
	free(v2->ni);
	v2->ni = v2->nr = NULL;
}

void v2_nonce_make(struct v2_nonce *n)
{
	n->len = V2_NONCE_LEN;
	rand_bytes(n->b, n->len);
}

int v2_nonce_read(struct v2_nonce *n, const struct ike_message *m, bool in_sk)
{
	const struct payload *p = message_find(m, PAYLOAD_NONCE, in_sk, NULL);
	struct kw_span s;

	if (!p || nonce_parse(p->body, &s) || s.len > sizeof(n->b))
		return -EBADMSG;
	n->len = s.len;
	memcpy(n->b, s.p, s.len);
	return 0;
}

int v2_nonce_cmp(const struct v2_nonce *a, const struct v2_nonce *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int cmp = memcmp(a->b, b->b, n);

	return cmp ? cmp : (int)a->len - (int)b->len;
}

int v2_keep(struct kw_span *kept, struct kw_span from)
{
	uint8_t *copy = malloc(from.len + 1);

	if (!copy)
		return -ENOMEM;
	if (from.len)
		memcpy(copy, from.p, from.len);
	span_free(kept);
	*kept = KW_SPAN(copy, from.len);
	return 0;
}
