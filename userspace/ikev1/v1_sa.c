// SPDX-License-Identifier: GPL-2.0
/* What only an ISAKMP SA has. RFC 2408 §3.1 (message ids), RFC 2409 §5 (nonces). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/rand.h"
#include "ike/core.h"
#include "ike/message.h"
#include "ikev1/v1_sa.h"
#include "wire/payload_v1.h"

int v1_sa_new(struct ike_sa *sa)
{
	struct v1_sa *v1 = calloc(1, sizeof(*v1));

	if (!v1)
		return -ENOMEM;
	list_init(&v1->xchgs);
	v1->phase1.sa = sa;
	v1->once.sa = sa;
	sa->priv = v1;
	return 0;
}

void v1_forget(struct kw_span *kept)
{
	free((uint8_t *)(uintptr_t)kept->p);
	*kept = (struct kw_span){ 0 };
}

int v1_keep(struct kw_span *kept, struct kw_span from)
{
	uint8_t *copy = malloc(from.len + 1);

	if (!copy)
		return -ENOMEM;
	if (from.len)
		memcpy(copy, from.p, from.len);
	v1_forget(kept);
	*kept = KW_SPAN(copy, from.len);
	return 0;
}

static void clear(struct v1_xchg *x)
{
	engine_timer_drop(x->sa->e, &x->timer);
	if (x->priv)
		x->priv_free(x->priv);
	x->priv = NULL;
}

void v1_xchg_drop(struct v1_xchg *x)
{
	struct v1_sa *v1 = v1_sa(x->sa);

	clear(x);
	sealed_drop(&x->sent);
	list_del(&x->node);
	v1->n_xchgs--;
	if (v1->current == x)
		v1->current = NULL;
	if (v1->own == x)
		v1->own = NULL;
	free(x);
}

void v1_xchg_over(struct v1_xchg *x)
{
	clear(x);
	x->over = true;
}

void v1_sa_free(struct ike_sa *sa)
{
	struct v1_sa *v1 = v1_sa(sa);

	if (!v1)
		return;
	while (!list_empty(&v1->xchgs))
		v1_xchg_drop(list_entry(v1->xchgs.next, struct v1_xchg, node));
	clear(&v1->phase1);
	sealed_drop(&v1->phase1.sent);
	sealed_drop(&v1->once.sent);
	engine_timer_drop(sa->e, &v1->dpd_timer);
	engine_timer_drop(sa->e, &v1->due_timer);
	free(v1->seen);
	v1_forget(&v1->sai_body);
	v1_forget(&v1->idi_body);
	v1_forget(&v1->peer_id_body);
	v1_forget(&v1->g_xi);
	v1_forget(&v1->g_xr);
	for (unsigned int i = 0; i < 64; i++)
		v1_forget(&v1->fragments.piece[i]);
	for (unsigned int i = 0; i < v1->n_groups; i++)
		modp_drop(&v1->group[i].modp);
	dh_free(v1->dh);
	kw_secret_drop(&v1->g_xy);
	kw_secret_drop(&v1->skeyid);
	kw_secret_drop(&v1->skeyid_d);
	kw_secret_drop(&v1->skeyid_a);
	kw_secret_drop(&v1->key);
	free(v1);
	sa->priv = NULL;
}

struct v1_xchg *v1_xchg_find(const struct ike_sa *sa, uint32_t id)
{
	struct list *l;

	list_for_each(l, &v1_sa(sa)->xchgs) {
		struct v1_xchg *x = list_entry(l, struct v1_xchg, node);

		if (x->id == id)
			return x;
	}
	return NULL;
}

/* The oldest that only answers duplicates; NULL: all are at work. */
static struct v1_xchg *oldest_over(const struct v1_sa *v1)
{
	struct list *l;

	list_for_each(l, &v1->xchgs) {
		struct v1_xchg *x = list_entry(l, struct v1_xchg, node);

		if (x->over)
			return x;
	}
	return NULL;
}

struct v1_xchg *v1_xchg_new(struct ike_sa *sa, uint8_t type, uint32_t id, bool ours)
{
	struct v1_sa *v1 = v1_sa(sa);
	struct v1_xchg *x = v1->n_xchgs < V1_XCHG_MAX ? NULL : oldest_over(v1);

	if (x)
		v1_xchg_drop(x);
	if (v1->n_xchgs == V1_XCHG_MAX)
		return NULL;
	x = calloc(1, sizeof(*x));
	if (!x)
		return NULL;
	x->sa = sa;
	x->id = id;
	x->type = type;
	x->ours = ours;
	x->encrypt = true;
	list_add_tail(&v1->xchgs, &x->node);
	v1->n_xchgs++;
	return x;
}

uint32_t v1_new_message_id(const struct ike_sa *sa)
{
	uint32_t id;

	do
		rand_bytes(&id, sizeof(id));
	while (!id || v1_xchg_find(sa, id));
	return id;
}

bool v1_seen(const struct ike_sa *sa, uint32_t id)
{
	const struct v1_sa *v1 = v1_sa(sa);

	for (unsigned int i = 0; i < v1->n_seen; i++)
		if (v1->seen[i] == id)
			return true;
	return false;
}

int v1_note_seen(struct ike_sa *sa, uint32_t id)
{
	struct v1_sa *v1 = v1_sa(sa);

	if (v1->n_seen == V1_SEEN_MAX)
		return -ENOSPC;
	if (v1->n_seen == v1->cap_seen) {
		unsigned int cap = v1->cap_seen ? 2 * v1->cap_seen : 16;
		uint32_t *more = realloc(v1->seen, cap * sizeof(*more));

		if (!more)
			return -ENOMEM;
		v1->seen = more;
		v1->cap_seen = cap;
	}
	v1->seen[v1->n_seen++] = id;
	return 0;
}

void v1_nonce_make(struct v1_nonce *n)
{
	n->len = V1_NONCE_LEN;
	rand_bytes(n->b, n->len);
}

int v1_nonce_read(struct v1_nonce *n, const struct ike_message *m, bool inside)
{
	const struct payload *p = message_find(m, V1_PAYLOAD_NONCE, inside, NULL);
	struct kw_span s;
	char why[80];

	if (!p || v1_nonce_parse(p->body, &s, why, sizeof(why)))
		return -EBADMSG;
	n->len = s.len;
	memcpy(n->b, s.p, s.len);
	return 0;
}
