// SPDX-License-Identifier: GPL-2.0
/*
 * The children of quick modes: which there are for which selectors, how they are made, and which of two goes.
 *
 * RFC: 2409 §5.5.
 */
#include <errno.h>
#include <string.h>

#include "ike/connect.h"
#include "ike/narrow.h"
#include "ikev1/keys.h"
#include "ikev1/quick.h"
#include "ikev1/quick_pieces.h"

#define CROSSED_MS	30000u	/* two children for the same selectors, both this young, crossed */

bool v1_quick_is_live(const struct child_sa *c)
{
	return c->policy && (c->state == CHILD_INSTALLED || c->state == CHILD_INBOUND) &&
	       !c->replaced_by;
}

/* The ISAKMP SA with this peer on which something can be begun: this one, or the one that replaced it. */
static struct ike_sa *live_sa(struct ike_sa *sa)
{
	struct list *l;

	if (sa->state == IKE_ST_ESTABLISHED || !sa->conn)
		return sa->conn ? sa : NULL;
	list_for_each(l, &sa->conn->sas) {
		struct ike_sa *other = list_entry(l, struct ike_sa, conn_node);

		if (other->state == IKE_ST_ESTABLISHED && !other->redundant &&
		    ip_addr_equal(&other->remote.addr, &sa->remote.addr))
			return other;
	}
	return NULL;
}

/* A child that an exchange of a replaced ISAKMP SA made, or left behind, goes where it can be rekeyed. */
static void to_live_sa(struct child_sa *c)
{
	struct ike_sa *live = live_sa(c->sa);

	if (live && live != c->sa)
		child_move(c, live);
}

static bool has_selectors(const struct child_sa *c, const struct ts_list *local,
			  const struct ts_list *remote)
{
	return v1_quick_is_live(c) && ts_list_equal(c->policy->local_ts, local) &&
	       ts_list_equal(c->policy->remote_ts, remote);
}

/* Of one exchange: both of its nonces made their ties. */
static bool is_sibling(const struct child_sa *a, const struct child_sa *b)
{
	return a->conf == b->conf && !memcmp(a->tie, b->tie, sizeof(a->tie));
}

struct child_sa *v1_quick_twin(const struct ike_sa *sa, const struct ts_list *local,
			       const struct ts_list *remote, const struct child_sa *except)
{
	struct list *l, *cl;

	list_for_each(l, &sa->conn->sas) {
		struct ike_sa *other = list_entry(l, struct ike_sa, conn_node);

		if (!ip_addr_equal(&other->remote.addr, &sa->remote.addr))
			continue;
		list_for_each(cl, &other->children) {
			struct child_sa *c = list_entry(cl, struct child_sa, node);

			if (c != except && has_selectors(c, local, remote) && !(except && is_sibling(c, except)))
				return c;
		}
	}
	return NULL;
}

struct child_sa *v1_quick_eldest(struct child_sa *c)
{
	struct child_sa *first = c;
	struct list *l;

	list_for_each(l, &c->policy->children) {
		struct child_sa *other = list_entry(l, struct child_sa, policy_node);

		if (v1_quick_is_live(other) && is_sibling(other, c) && other->id < first->id)
			first = other;
	}
	return first;
}

bool v1_quick_is_replacing(const struct ike_sa *sa, const struct child_sa *c)
{
	struct list *l;

	list_for_each(l, &v1_sa(sa)->xchgs) {
		const struct v1_xchg *x = list_entry(l, struct v1_xchg, node);

		if (x->type == V1_EXCHANGE_QUICK_MODE && v1_quick_of(x) && v1_quick_of(x)->waits && v1_quick_of(x)->replaces == c->id)
			return true;
	}
	return false;
}

bool v1_quick_missing_pair(const struct ike_sa *sa, const struct conf_child *conf, struct ts_list *local,
			   struct ts_list *remote)
{
	struct ts_list ours, theirs;

	v1_quick_selectors(sa, conf, &ours, &theirs);
	for (unsigned int i = 0; i < ours.n; i++) {
		for (unsigned int j = 0; j < theirs.n; j++) {
			*local = (struct ts_list){ .n = 1, .ts = { ours.ts[i] } };
			*remote = (struct ts_list){ .n = 1, .ts = { theirs.ts[j] } };
			if (local->ts[0].range.first.family == remote->ts[0].range.first.family &&
			    !v1_quick_twin(sa, local, remote, NULL))
				return true;
		}
	}
	return false;
}

static void ask_for_missing(struct ike_sa *sa)
{
	const struct conf_conn *conf = sa->conn->conf;
	struct ts_list local, remote;

	for (unsigned int i = 0; i < conf->n_child; i++)
		if (v1_quick_missing_pair(sa, &conf->child[i], &local, &remote))
			task_add_later(sa, IKE_TASK_CHILD_NEW, i, engine_jitter(1000, 25));
}

void v1_children_missing(struct conn *c)
{
	struct list *l;

	if (c->wanted != CONN_WANTED_UP)
		return;
	list_for_each(l, &c->sas) {
		struct ike_sa *sa = list_entry(l, struct ike_sa, conn_node);

		if (sa->state != IKE_ST_ESTABLISHED || sa->redundant)
			continue;
		ask_for_missing(sa);
		return;
	}
}

static void tie_of(const struct v1_xchg *x, uint8_t tie[32])
{
	const struct v1_nonce *n = &x->ni;
	size_t common = x->ni.len < x->nr.len ? x->ni.len : x->nr.len;
	int cmp = memcmp(x->ni.b, x->nr.b, common);

	if (cmp > 0 || (!cmp && x->nr.len < x->ni.len))
		n = &x->nr;
	memset(tie, 0, 32);
	memcpy(tie, n->b, n->len < 32 ? n->len : 32);
}

/* Each SA of AH around ESP has keys by its own protocol and SPI. */
static int derive(const struct ike_sa *sa, const struct v1_xchg *x, const struct quick_sa *s,
		  const struct child_sa *c, const struct kw_secret *g_qm, struct child_keys *out)
{
	const uint8_t protocol = c->protocol == PROTO_AH ? V1_PROTO_AH : V1_PROTO_ESP;
	struct child_keys ah = { 0 };
	int ret = v1_keys_child(sa, x, &c->suite, protocol, g_qm, s->spi_i, s->spi_r, out);

	if (ret || !c->ah_in)
		return ret;
	ret = v1_keys_child(sa, x, &c->ah, V1_PROTO_AH, g_qm, s->ah_i, s->ah_r, &ah);
	if (!ret) {
		kw_secret_move(&out->ah_i, &ah.integ_i);
		kw_secret_move(&out->ah_r, &ah.integ_r);
	}
	child_keys_drop(&ah);
	return ret;
}

static int make_child(struct ike_sa *sa, struct v1_xchg *x, unsigned int i, const struct kw_secret *g_qm,
		      bool defer_out, struct failure *f)
{
	struct quick *q = v1_quick_of(x);
	struct child_sa *c = v1_quick_child(q, i);
	struct child_sa *old = q->replaces ? child_find(sa->e, q->replaces) : NULL;
	struct child_keys keys = { 0 };
	int ret = c ? derive(sa, x, &q->sa[i], c, g_qm, &keys) : -ENOENT;

	if (ret)
		failure_set(f, FAILURE_LOCAL, "keys of the child could not be derived: %s",
			    strerror(-ret));
	else
		ret = child_install(c, &keys, &q->local_ts, &q->remote_ts, old, defer_out, f);
	child_keys_drop(&keys);
	if (ret)
		return ret;
	tie_of(x, c->tie);
	return 0;
}

int v1_quick_install(struct ike_sa *sa, struct v1_xchg *x, const struct kw_secret *g_qm, bool defer_out,
		     struct failure *f)
{
	struct quick *q = v1_quick_of(x);
	int ret = 0;

	for (unsigned int i = 0; !ret && i < q->n; i++)
		ret = make_child(sa, x, i, g_qm, defer_out, f);
	q->installed = !ret;
	return ret;
}

struct child_sa *v1_quick_children_new(struct quick *q, struct ike_sa *sa, const struct conf_child *conf,
				       unsigned int n, bool initiator, struct failure *f)
{
	struct child_sa *c = NULL;

	for (q->n = 0; q->n < n; q->n++) {
		c = child_new(sa, conf, initiator, f);
		if (!c)
			return NULL;
		q->sa[q->n].child_id = c->id;
	}
	return v1_quick_child(q, 0);
}

void v1_quick_in_use(struct ike_sa *sa, struct quick *q, unsigned int i)
{
	struct child_sa *c = v1_quick_child(q, i);
	struct child_sa *old = q->replaces ? child_find(sa->e, q->replaces) : NULL;
	struct child_sa *other = c ? v1_quick_twin(c->sa, &q->local_ts, &q->remote_ts, c) : NULL;

	q->sa[i].child_id = 0;	/* no longer the exchange's */
	if (!c)
		return;
	if (!old && !other) {
		child_up(c);
		return;
	}
	while (other) {
		bool crossed = engine_now(sa->e) - other->created_ms < CROSSED_MS && other != old &&
			       other->replaces == c->replaces;

		if (crossed && memcmp(other->tie, c->tie, sizeof(c->tie)) > 0) {
			child_replaced(c, other);
			break;
		}
		child_replaced(other, c);
		other = v1_quick_twin(c->sa, &q->local_ts, &q->remote_ts, c);
	}
	if (old && !old->replaced_by)
		child_replaced(old, c);
	to_live_sa(c);
}

void v1_quick_never_confirmed(struct ike_sa *sa, const struct quick *q)
{
	struct child_sa *old = q->replaces ? child_find(q->e, q->replaces) : NULL;
	struct ike_sa *live = q->e->stopping ? NULL : live_sa(sa);

	if (!live)
		return;
	if (old && v1_quick_is_live(old)) {
		to_live_sa(old);
		task_add(old->sa, IKE_TASK_CHILD_REKEY, old->id);
	} else {
		task_add(live, IKE_TASK_CHILD_NEW, q->conf - live->conn->conf->child);
	}
}
