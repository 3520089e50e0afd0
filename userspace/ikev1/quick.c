// SPDX-License-Identifier: GPL-2.0
/*
 * Quick mode: children.
 *
 *   1  HDR*, HASH(1), SA, Ni, [KE,] [IDci, IDcr]  -->
 *   2                                             <--  HDR*, HASH(2), SA, Nr, [KE,] [IDci, IDcr]
 *   3  HDR*, HASH(3)                              -->
 *
 * One exchange makes one pair of SAs for one pair of selectors, or several pairs for the same (an SA payload for each:
 * siblings); a connection with more selectors takes as many exchanges.
 *
 * Nothing is lost on the way: the responder receives on the new SA from message 2 on and sends on it from message 3
 * on, which proves that the initiator is there (and not a recorded message 1). The initiator receives from message 2
 * on; a rekeyed child it uses for sending switch_ms() later, when message 3 has surely arrived. Whoever answers repeats
 * message 2 until message 3 comes; whoever began repeats message 3 when message 2 comes again.
 *
 * A rekey is a quick mode for selectors that have a child already (RFC 2409 has no other sign of it). Of two that
 * crossed the one with the smaller nonce is redundant; both sides know both.
 *
 * A side that sets the commit bit keeps the other one from sending on the child until it says CONNECTED, in a fourth
 * message. The bit is not protected, so nobody waits for long.
 *
 * RFCs: 2407 §4.6.2 (identities as selectors), 2408 §3.1 (commit bit), 2409 §5.5, 3947 §5.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ike/access.h"
#include "ike/child.h"
#include "ike/connect.h"
#include "ike/dh_job.h"
#include "ike/narrow.h"
#include "ike/natd.h"
#include "ike/rekey.h"
#include "ikev1/ipsec.h"
#include "ikev1/keys.h"
#include "ikev1/lifetime.h"
#include "ikev1/mode_config.h"
#include "ikev1/packet.h"
#include "ikev1/quick.h"
#include "wire/names_v1.h"

#define X V1_EXCHANGE_QUICK_MODE
#define SWITCH_MS	3000u
#define CROSSED_MS	30000u	/* two children for the same selectors, both this young, crossed */
#define COMMIT_MS	5000u	/* for a CONNECTED that may never come */
#define AGAIN_MS	15000u	/* after a refusal */

#define SAS_MAX CONF_SAS_MAX

/* One of the SA payloads. */
struct quick_sa {
	uint64_t child_id;		/* ours; 0 = none */
	struct v1_ipsec chosen;		/* .wire and .proposal only while the message is there */
	uint32_t spi_i, spi_r;
};

/* One quick mode at work: x->priv. */
struct quick {
	struct engine *e;
	const struct conf_child *conf;	/* the connection's; NULL: none fits yet */
	struct quick_sa sa[SAS_MAX];
	unsigned int n;
	uint64_t replaces;		/* the child being rekeyed; 0 = none */
	struct dh *dh;
	uint16_t group;			/* of PFS; KE_NONE */
	struct ts_list local_ts, remote_ts;	/* of one selector each, but for what "everywhere" stands for */
	struct ts_list local_said;	/* ours as it is on the wire */
	bool as_before;			/* nothing is offered but what the child has that it replaces */
	bool installed;
	bool committed;			/* the peer has set the commit bit */
	bool waits;			/* for CONNECTED: all else is done */
};

static bool is_live(const struct child_sa *c)
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

/*
 * We answered, and message 3 never came. Perhaps it was lost, however often, and the initiator relies on a child that
 * is none here: one of our own settles it either way.
 */
static void never_confirmed(struct ike_sa *sa, const struct quick *q)
{
	struct child_sa *old = q->replaces ? child_find(q->e, q->replaces) : NULL;
	struct ike_sa *live = q->e->stopping ? NULL : live_sa(sa);

	if (!live)
		return;
	if (old && is_live(old)) {
		to_live_sa(old);
		task_add(old->sa, IKE_TASK_CHILD_REKEY, old->id);
	} else {
		task_add(live, IKE_TASK_CHILD_NEW, q->conf - live->conn->conf->child);
	}
}

static struct child_sa *child_of(const struct quick *q, unsigned int i)
{
	return q && i < q->n && q->sa[i].child_id ? child_find(q->e, q->sa[i].child_id) : NULL;
}

static void quick_free(void *priv)
{
	struct quick *q = priv;
	struct child_sa *c = child_of(q, 0);
	struct ike_sa *sa = c ? c->sa : NULL;
	bool answered_once = c && q->installed && !c->initiator;

	for (unsigned int i = 0; i < q->n; i++) {
		c = child_of(q, i);
		if (!c)
			continue;
		c->replaced_by = c->id;		/* goes without a word, and is missed by nobody */
		child_remove(c);
	}
	if (answered_once)
		never_confirmed(sa, q);
	else if (sa && sa->conn && !q->e->stopping)
		v1_children_missing(sa->conn);
	dh_free(q->dh);
	free(q);
}

static struct quick *quick_new(struct v1_xchg *x)
{
	struct quick *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->e = x->sa->e;
	x->priv = q;
	x->priv_free = quick_free;
	return q;
}

static struct quick *quick_of(const struct v1_xchg *x)
{
	return x ? x->priv : NULL;
}

/* ---- selectors as identities ---- */

/* false: IKEv1 cannot say it (a range of ports). */
static bool id_of_ts(const struct ts *ts, struct v1_id_payload *id, uint8_t buf[32])
{
	bool four = ts->range.first.family == AF_INET;
	size_t n = four ? 4 : 16;
	int bits = ip_range_prefix_len(&ts->range);
	uint8_t *second = buf + n;

	if (ts->port_first != ts->port_last && (ts->port_first || ts->port_last != UINT16_MAX))
		return false;
	memcpy(buf, ts->range.first.b, n);
	*id = (struct v1_id_payload){
		.protocol = ts->protocol,
		.port = ts->port_first == ts->port_last ? ts->port_first : 0,
		.data = KW_SPAN(buf, 2 * n),
	};
	if (bits == (int)n * 8) {
		id->type = four ? V1_ID_IPV4_ADDR : V1_ID_IPV6_ADDR;
		id->data.len = n;
	} else if (bits >= 0) {
		id->type = four ? V1_ID_IPV4_ADDR_SUBNET : V1_ID_IPV6_ADDR_SUBNET;
		memset(second, 0, n);
		for (int i = 0; i < bits; i++)
			second[i / 8] |= 0x80 >> i % 8;
	} else {
		id->type = four ? V1_ID_IPV4_ADDR_RANGE : V1_ID_IPV6_ADDR_RANGE;
		memcpy(second, ts->range.last.b, n);
	}
	return true;
}

static bool ts_of_id(const struct payload *p, struct ts_list *out)
{
	struct v1_id_payload id;
	struct ts *ts = &out->ts[0];
	char why[80];

	if (v1_id_parse(p->body, &id, why, sizeof(why)) || v1_id_range(&id, &ts->range))
		return false;
	out->n = 1;
	ts->protocol = id.protocol;
	ts->port_first = id.port;
	ts->port_last = id.port ? id.port : UINT16_MAX;
	return true;
}

static void ts_of_address(const struct ip_addr *a, struct ts_list *out)
{
	out->n = 1;
	out->ts[0] = (struct ts){ .port_last = UINT16_MAX, .range = { .first = *a, .last = *a } };
}

static void put_id(struct ike_run *run, const struct ts_list *ts)
{
	struct v1_id_payload id;
	uint8_t buf[32];

	chain_open(&run->out.chain, V1_PAYLOAD_ID);
	if (id_of_ts(&ts->ts[0], &id, buf))
		v1_id_build(&run->out.w, &id);
	else
		run->out.w.bad = true;
}


/*
 * RFC 3947 §5.2: who the two hosts are in transport mode, before any NAT. The kernel makes checksums anew and does not
 * ask; others need it.
 */
static void put_natoa(struct ike_run *run, const struct v1_xchg *x, const struct quick *q)
{
	const struct ike_sa *sa = run->sa;
	const struct ip_addr *addr[] = { x->ours ? &sa->local.addr : &sa->remote.addr,
					 x->ours ? &sa->remote.addr : &sa->local.addr };
	uint8_t type = v1_sa(sa)->natt == V1_NATT_RFC ? V1_PAYLOAD_NATOA : V1_PAYLOAD_NATOA_DRAFT;

	for (unsigned int i = 0; q->conf->transport && natd_encap(sa) && i < 2; i++) {
		chain_open(&run->out.chain, type);
		v1_natoa_build(&run->out.w, addr[i]);
	}
}

/* The child's selectors on this ISAKMP SA: with the hosts' addresses, and the lent one. */
static void selectors(const struct ike_sa *sa, const struct conf_child *conf, struct ts_list *local,
		      struct ts_list *remote)
{
	child_selectors(conf, &sa->local.addr, &sa->remote.addr, local, remote);
	access_narrow(sa, conf, local, remote);
}

/* ---- which children there are ---- */

static bool has_selectors(const struct child_sa *c, const struct ts_list *local,
			  const struct ts_list *remote)
{
	return is_live(c) && ts_list_equal(c->policy->local_ts, local) &&
	       ts_list_equal(c->policy->remote_ts, remote);
}

/* Of one exchange: both of its nonces made their ties. */
static bool is_sibling(const struct child_sa *a, const struct child_sa *b)
{
	return a->conf == b->conf && !memcmp(a->tie, b->tie, sizeof(a->tie));
}

/*
 * A child of this peer for exactly these selectors, except one and its siblings (NULL: none); whatever ISAKMP SA of the
 * connection has it.
 */
static struct child_sa *twin(const struct ike_sa *sa, const struct ts_list *local,
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

/* Siblings are replaced together: the one that stands for all of them. */
static struct child_sa *eldest(struct child_sa *c)
{
	struct child_sa *first = c;
	struct list *l;

	list_for_each(l, &c->policy->children) {
		struct child_sa *other = list_entry(l, struct child_sa, policy_node);

		if (is_live(other) && is_sibling(other, c) && other->id < first->id)
			first = other;
	}
	return first;
}

/* An exchange of ours that replaces it is over but for CONNECTED. */
static bool is_being_replaced(const struct ike_sa *sa, const struct child_sa *c)
{
	struct list *l;

	list_for_each(l, &v1_sa(sa)->xchgs) {
		const struct v1_xchg *x = list_entry(l, struct v1_xchg, node);

		if (x->type == X && quick_of(x) && quick_of(x)->waits && quick_of(x)->replaces == c->id)
			return true;
	}
	return false;
}

/* The first pair of the selectors without a child. */
static bool missing_pair(const struct ike_sa *sa, const struct conf_child *conf,
			 struct ts_list *local, struct ts_list *remote)
{
	struct ts_list ours, theirs;

	selectors(sa, conf, &ours, &theirs);
	for (unsigned int i = 0; i < ours.n; i++) {
		for (unsigned int j = 0; j < theirs.n; j++) {
			*local = (struct ts_list){ .n = 1, .ts = { ours.ts[i] } };
			*remote = (struct ts_list){ .n = 1, .ts = { theirs.ts[j] } };
			if (local->ts[0].range.first.family == remote->ts[0].range.first.family &&
			    !twin(sa, local, remote, NULL))
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
		if (missing_pair(sa, &conf->child[i], &local, &remote))
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

/* ---- the child ---- */

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

static int make_child(struct ike_sa *sa, struct v1_xchg *x, unsigned int i, const struct kw_secret *g_qm,
		      bool defer_out, struct failure *f)
{
	struct quick *q = quick_of(x);
	struct child_sa *c = child_of(q, i);
	struct child_sa *old = q->replaces ? child_find(sa->e, q->replaces) : NULL;
	struct child_keys keys = { 0 };
	int ret = c ? v1_keys_child(sa, x, &c->suite, V1_PROTO_ESP, g_qm, q->sa[i].spi_i, q->sa[i].spi_r, &keys)
		    : -ENOENT;

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

/* Keys and install, all of them; the reason in f. */
static int make_children(struct ike_sa *sa, struct v1_xchg *x, const struct kw_secret *g_qm,
			 bool defer_out, struct failure *f)
{
	struct quick *q = quick_of(x);
	int ret = 0;

	for (unsigned int i = 0; !ret && i < q->n; i++)
		ret = make_child(sa, x, i, g_qm, defer_out, f);
	q->installed = !ret;
	return ret;
}

static void switch_fire(void *arg)
{
	struct child_sa *c = arg;
	struct engine *e = c->sa->e;

	engine_enter(e);
	child_switch(c);
	engine_leave(e);
}

/*
 * Both sides are there: the child is in use. What it replaces goes later; of two that crossed the loser does, though
 * it was never used.
 */
static void child_in_use(struct ike_sa *sa, struct quick *q, unsigned int i)
{
	struct child_sa *c = child_of(q, i);
	struct child_sa *old = q->replaces ? child_find(sa->e, q->replaces) : NULL;
	struct child_sa *other = c ? twin(c->sa, &q->local_ts, &q->remote_ts, c) : NULL;

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
		other = twin(c->sa, &q->local_ts, &q->remote_ts, c);
	}
	if (old && !old->replaced_by)
		child_replaced(old, c);
	to_live_sa(c);
}

/* ---- the commit bit ---- */

static void use(struct v1_xchg *x)
{
	struct quick *q = quick_of(x);

	for (unsigned int i = 0; i < q->n; i++) {
		struct child_sa *c = child_of(q, i);

		if (!c)
			continue;
		child_switch(c);
		child_in_use(c->sa, q, i);
	}
	v1_xchg_over(x);
}

static void connected_fire(void *arg)
{
	struct v1_xchg *x = arg;
	struct engine *e = x->sa->e;

	engine_enter(e);
	log_info(conn_name(x->sa->conn), "the peer set the commit bit, and never said that it is ready: we go on");
	use(x);
	engine_leave(e);
}

static void wait_for_connected(struct v1_xchg *x)
{
	quick_of(x)->waits = true;
	engine_timer(x->sa->e, &x->timer, COMMIT_MS, connected_fire, x);
}

/* Perhaps: other things come in a fourth message too (INITIAL-CONTACT). */
static enum ike_verdict connected(struct ike_run *run, struct v1_xchg *x)
{
	struct v1_notify_payload n;

	if (!v1_notify(run->in, true, V1_N_CONNECTED, &n))
		return IKE_DROP;
	use(x);
	return IKE_OK;
}

/* We hold the peer back until here. */
static enum ike_verdict say_connected(struct ike_run *run, struct v1_xchg *x, uint32_t spi)
{
	uint8_t spi_be[4];
	struct kw_writer w = kw_writer(spi_be, sizeof(spi_be));
	const struct v1_notify_payload n = {
		.doi = DOI_IPSEC, .protocol = V1_PROTO_ESP, .type = V1_N_CONNECTED,
		.spi = KW_SPAN(spi_be, sizeof(spi_be)),
	};

	kw_put_be32(&w, spi);
	if (v1_begin(run, x))
		return IKE_FAIL;
	chain_open(&run->out.chain, V1_PAYLOAD_NOTIFICATION);
	v1_notify_build(&run->out.w, &n);
	return IKE_OK;
}

/* ---- a client of Cisco's kind ---- */

/*
 * It has one inbound SA: what is sent on the old one after it has answered is lost. It goes on only with the very
 * algorithms that it has, and says "everywhere" where its gateway names nets.
 */
static bool is_client(const struct ike_sa *sa)
{
	return v1_sa(sa)->unity && sa->conn->conf->n_pool;
}

static void as_before(struct quick *q, struct child_sa *c)
{
	const struct child_sa *old = child_find(q->e, q->replaces);

	if (old)
		c->suite = old->suite;
	q->as_before = true;
	q->group = c->suite.ke;
	q->local_said.n = 1;
	if (v1_sa(c->sa)->everywhere)
		q->local_said.ts[0] =
			(struct ts){ .port_last = UINT16_MAX, .range = ip_range_any(AF_INET) };
}

/* ---- initiator ---- */

static enum ike_verdict send_first(struct ike_run *run, struct v1_xchg *x)
{
	struct quick *q = quick_of(x);
	struct child_sa *c = child_of(q, 0);

	if (!c || v1_begin(run, x))
		return IKE_FAIL;
	v1_nonce_make(&x->ni);
	if (q->as_before)
		x->ni.len = V1_NONCE_SHORT;
	for (unsigned int i = 0; i < q->n && (c = child_of(q, i)); i++) {
		q->sa[i].spi_i = c->spi_in;
		v1_put_ipsec_offer(run, q->conf, q->group, q->as_before ? &c->suite : NULL, c->spi_in);
	}
	chain_put(&run->out.chain, V1_PAYLOAD_NONCE, v1_nonce_span(&x->ni));
	if (q->dh)
		chain_put(&run->out.chain, V1_PAYLOAD_KE, dh_public(q->dh));
	put_id(run, &q->local_said);
	put_id(run, &q->remote_ts);
	put_natoa(run, x, q);
	return IKE_OK;
}

static enum ike_verdict send_first_with_ke(struct ike_run *run)
{
	struct dh_job *j = dh_job_done(run);
	struct v1_xchg *x = v1_sa(run->sa)->own;

	if (j->error || !quick_of(x)) {
		failure_set(&run->failure, FAILURE_LOCAL, "key exchange group %u: %s", j->group,
			    strerror(-j->error));
		return IKE_FAIL;
	}
	quick_of(x)->dh = dh_job_take(j);
	return send_first(run, x);
}

/* The first of n larval ones; NULL with the reason in f: then what there is goes with q. */
static struct child_sa *children_new(struct quick *q, struct ike_sa *sa, const struct conf_child *conf,
				     unsigned int n, bool initiator, struct failure *f)
{
	struct child_sa *c = NULL;

	for (q->n = 0; q->n < n; q->n++) {
		c = child_new(sa, conf, initiator, f);
		if (!c)
			return NULL;
		q->sa[q->n].child_id = c->id;
	}
	return child_of(q, 0);
}

static enum ike_verdict begin(struct ike_run *run, const struct conf_child *conf,
			      const struct ts_list *local, const struct ts_list *remote,
			      uint64_t replaces)
{
	struct ike_sa *sa = run->sa;
	struct v1_xchg *x = v1_xchg_begin(run, X);
	struct quick *q = x ? quick_new(x) : NULL;
	unsigned int want = is_client(sa) ? 1 : sa->conn->conf->parallel_sas;
	struct child_sa *c = q ? children_new(q, sa, conf, want, true, &run->failure) : NULL;

	if (!c) {
		if (x)
			v1_xchg_drop(x);
		if (run->failure.kind)
			conn_fail(sa->conn, &run->failure);
		return IKE_DROP;
	}
	q->conf = conf;
	q->replaces = replaces;
	ts_list_copy(&q->local_ts, local);
	ts_list_copy(&q->remote_ts, remote);
	q->local_said = q->local_ts;
	q->group = v1_pfs_group(conf);
	if (replaces && is_client(sa))
		as_before(q, c);
	v1_sa(sa)->own = x;
	if (q->group)
		return dh_job_start(run, q->group, NULL, KW_SPAN(NULL, 0), send_first_with_ke);
	return send_first(run, x);
}

enum ike_verdict v1_child_new_start(struct ike_run *run)
{
	const struct conf_conn *conf = run->sa->conn->conf;
	const struct conf_child *child = &conf->child[run->task->child_id];
	struct ts_list local, remote;

	if (run->task->child_id >= conf->n_child || !missing_pair(run->sa, child, &local, &remote))
		return IKE_DROP;
	return begin(run, child, &local, &remote, 0);
}

enum ike_verdict v1_child_rekey_start(struct ike_run *run)
{
	struct child_sa *c = child_find(run->sa->e, run->task->child_id);

	/* It may have gone over to another ISAKMP SA meanwhile, or the peer has rekeyed it. */
	if (c && c->sa != run->sa)
		task_add(c->sa, IKE_TASK_CHILD_REKEY, c->id);
	if (!c || c->sa != run->sa || !is_live(c))
		return IKE_DROP;
	/* Ours, which waits a little before it sends. The peer's, unconfirmed, is no child yet. */
	if (c->state == CHILD_INBOUND && c->initiator)
		child_switch(c);
	if (c->state != CHILD_INSTALLED)
		return IKE_DROP;
	c = eldest(c);
	if (is_being_replaced(run->sa, c))
		return IKE_DROP;
	return begin(run, c->conf, c->policy->local_ts, c->policy->remote_ts, c->id);
}

static enum ike_verdict give_up(struct ike_run *run, struct v1_xchg *x)
{
	struct ike_sa *sa = run->sa;
	const struct quick *q = quick_of(x);
	struct child_sa *old = q && q->replaces ? child_find(sa->e, q->replaces) : NULL;

	if (run->failure.kind)
		conn_fail(sa->conn, &run->failure);
	run->failure.kind = FAILURE_NONE;
	if (old)
		rekey_child_failed(old);
	if (x)
		v1_xchg_over(x);
	if (!old && run->task && sa->conn->wanted == CONN_WANTED_UP) {
		task_retry(sa, run->task, engine_jitter(AGAIN_MS, 25));
		run->task = NULL;
	} else if (run->task) {
		run->task_done = true;
	}
	return IKE_OK;
}

enum ike_verdict v1_quick_refused(struct ike_run *run, const struct v1_notify_payload *n)
{
	struct ike_sa *sa = run->sa;
	struct v1_xchg *x = v1_sa(sa)->own;
	struct failure *f = &run->failure;
	char local[200], remote[200];

	if (!quick_of(x) || !x->ours)
		return IKE_DROP;
	ts_list_print(local, sizeof(local), &quick_of(x)->local_ts);
	ts_list_print(remote, sizeof(remote), &quick_of(x)->remote_ts);
	if (n->type == V1_N_INVALID_ID_INFORMATION) {
		snprintf(f->ours, sizeof(f->ours), "local %s, remote %s", local, remote);
		failure_set(f, FAILURE_TS,
			    "the peer does not accept our traffic selectors "
			    "(INVALID-ID-INFORMATION): %.400s. Its own must be the same, local and "
			    "remote the other way round",
			    f->ours);
	} else if (n->type == V1_N_NO_PROPOSAL_CHOSEN) {
		proposal_list_print(f->ours, sizeof(f->ours), &quick_of(x)->conf->esp);
		failure_set(f, FAILURE_PROPOSAL,
			    "the peer accepts none of our ESP proposals (NO-PROPOSAL-CHOSEN) for %s "
			    "=== %s; ours: %.300s",
			    local, remote, f->ours);
	} else {
		failure_set(f, FAILURE_PEER, "the peer refused quick mode for %s === %s: %s", local,
			    remote, v1_notify_name(n->type));
	}
	return give_up(run, x);
}

/* How slow the peer's answer was says how long message 3 may take to be read. */
static uint64_t switch_ms(const struct ike_sa *sa)
{
	uint64_t ms = SWITCH_MS + 2 * (engine_now(sa->e) - sa->retransmit.first_ms);

	return ms < CHILD_SWITCH_MS ? ms : CHILD_SWITCH_MS;
}

/* Message 3, and the child. */
static enum ike_verdict finish(struct ike_run *run, struct v1_xchg *x, const struct kw_secret *g_qm)
{
	struct ike_sa *sa = run->sa;
	struct quick *q = quick_of(x);
	const struct conf_child *conf = q->conf;
	struct ts_list local, remote;

	if (make_children(sa, x, g_qm, q->committed || (q->replaces && !q->as_before), &run->failure))
		return give_up(run, x);
	if (v1_begin_last_word(run, x))
		return IKE_FAIL;
	if (q->committed) {
		wait_for_connected(x);
	} else {
		for (unsigned int i = 0; i < q->n; i++) {
			struct child_sa *c = child_of(q, i);

			child_in_use(sa, q, i);
			if (c->state == CHILD_INBOUND)
				engine_timer(sa->e, &c->timer, switch_ms(sa), switch_fire, c);
		}
		v1_xchg_over(x);
	}
	if (run->task->type == IKE_TASK_CHILD_NEW && missing_pair(sa, conf, &local, &remote)) {
		task_retry(sa, run->task, 0);
		run->task = NULL;
	} else {
		run->task_done = true;
	}
	return IKE_OK;
}

static enum ike_verdict finish_with_ke(struct ike_run *run)
{
	struct dh_job *j = dh_job_done(run);
	struct v1_xchg *x = v1_xchg_of(run);

	if (!j->error)
		return finish(run, x, &j->g_ir);
	failure_set(&run->failure, FAILURE_PROTOCOL, "the peer's key exchange value: %s",
		    strerror(-j->error));
	return give_up(run, x);
}

static bool same_ids(const struct ike_run *run, const struct quick *q)
{
	const struct payload *i = message_find(run->in, V1_PAYLOAD_ID, true, NULL);
	const struct payload *r = i ? message_find(run->in, V1_PAYLOAD_ID, true, i) : NULL;
	struct ts_list tsi, tsr;

	if (!i)
		return true;	/* some leave them out of their answer */
	return r && ts_of_id(i, &tsi) && ts_of_id(r, &tsr) && ts_list_equal(&tsi, &q->local_said) &&
	       ts_list_equal(&tsr, &q->remote_ts);
}

static bool read_sa_answer(struct ike_run *run, struct quick *q, unsigned int i, const struct payload *p)
{
	const struct ike_sa *sa = run->sa;
	struct quick_sa *s = &q->sa[i];
	struct child_sa *c = child_of(q, i);
	struct v1_notify_payload told;
	struct sa_v1 answer;
	char why[160];

	if (!c || !p || sa_v1_parse(p->body, &answer, &run->in->arena, why, sizeof(why))) {
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the peer's answer in quick mode does not parse");
		return false;
	}
	if (!v1_accept_ipsec(sa, q->conf, &answer, q->group, &s->chosen, &run->failure)) {
		failure_set(&run->failure, FAILURE_PROPOSAL,
			    "the peer chose a child proposal that we did not offer: %.400s",
			    run->failure.theirs);
		return false;
	}
	if (v1_notify(run->in, true, V1_N_RESPONDER_LIFETIME, &told))
		v1_read_responder_lifetime(&told, &s->chosen);
	s->spi_r = s->chosen.spi;
	c->spi_out = s->chosen.spi;
	c->suite = s->chosen.suite;
	v1_adopt_child_life(sa, q->conf, &s->chosen, c);
	return true;
}

static bool read_answer(struct ike_run *run, struct v1_xchg *x)
{
	struct quick *q = quick_of(x);
	const struct payload *p = NULL;

	for (unsigned int i = 0; i < q->n; i++) {
		p = message_find(run->in, V1_PAYLOAD_SA, true, p);
		if (!read_sa_answer(run, q, i, p))
			return false;
	}
	if (v1_nonce_read(&x->nr, run->in, true) || message_find(run->in, V1_PAYLOAD_SA, true, p)) {
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the peer's answer in quick mode has no nonce, or more SAs than we asked for");
		return false;
	}
	if (!same_ids(run, q)) {
		failure_set(&run->failure, FAILURE_TS,
			    "the peer answered with traffic selectors that we did not offer");
		return false;
	}
	return true;
}

static enum ike_verdict answered(struct ike_run *run)
{
	const struct payload *ke = message_find(run->in, V1_PAYLOAD_KE, true, NULL);
	struct v1_xchg *x = v1_xchg_of(run);
	struct quick *q = quick_of(x);
	const struct kw_secret none = { 0 };
	struct dh *dh;

	if (!q)
		return IKE_DROP;
	q->committed = run->in->h.flags & V1_FLAG_COMMIT;
	if (!read_answer(run, x))
		return give_up(run, x);
	if (!q->group)
		return finish(run, x, &none);
	dh = q->dh;
	q->dh = NULL;
	if (ke && dh)
		return dh_job_start(run, q->group, dh, ke->body, finish_with_ke);
	dh_free(dh);
	failure_set(&run->failure, FAILURE_PROTOCOL, "the peer answered without the KE payload of PFS");
	return give_up(run, x);
}

/* ---- responder ---- */

static enum ike_verdict refuse(struct ike_run *run, struct v1_xchg *x, uint16_t notify)
{
	v1_xchg_over(x);
	return exchange_notify(run, notify);
}

/* As they came: some peers compare octets. */
static void echo_ids(struct ike_run *run)
{
	const struct payload *p = NULL;

	while ((p = message_find(run->in, V1_PAYLOAD_ID, true, p)))
		chain_put(&run->out.chain, V1_PAYLOAD_ID, p->body);
}

/* Message 2 again until message 3 comes. */
static void answer_again(void *arg)
{
	struct v1_xchg *x = arg;
	struct engine *e = x->sa->e;
	uint64_t ms = e->settings.retransmit_ms;

	engine_enter(e);
	if (++x->tries >= e->settings.retransmit_tries) {
		v1_xchg_over(x);
	} else {
		for (unsigned int i = 0; i < x->tries; i++)
			ms = ms * 9 / 5;
		e->totals.tx_retransmits++;
		v1_repeat(x);
		engine_timer(e, &x->timer, engine_jitter(ms, 10), answer_again, x);
	}
	engine_leave(e);
}

static enum ike_verdict send_second(struct ike_run *run, struct v1_xchg *x,
				    const struct kw_secret *g_qm)
{
	struct ike_sa *sa = run->sa;
	struct quick *q = quick_of(x);

	if (make_children(sa, x, g_qm, true, &run->failure))
		return refuse(run, x, V1_N_NO_PROPOSAL_CHOSEN);
	/* Only message 3 may make them send. */
	for (unsigned int i = 0; i < q->n; i++)
		engine_timer_stop(sa->e, child_of(q, i)->timer);
	x->commit = sa->conn->conf->commit_bit;
	if (v1_begin(run, x))
		return refuse(run, x, V1_N_NO_PROPOSAL_CHOSEN);
	for (unsigned int i = 0; i < q->n; i++)
		v1_put_ipsec_answer(run, &q->sa[i].chosen, q->sa[i].spi_r);
	chain_put(&run->out.chain, V1_PAYLOAD_NONCE, v1_nonce_span(&x->nr));
	if (q->dh)
		chain_put(&run->out.chain, V1_PAYLOAD_KE, dh_public(q->dh));
	echo_ids(run);
	put_natoa(run, x, q);
	for (unsigned int i = 0; i < q->n; i++)
		v1_put_responder_lifetime(run, &q->sa[i].chosen, v1_life_of_child(q->conf->rekey), q->sa[i].spi_r);
	engine_timer(sa->e, &x->timer, engine_jitter(sa->e->settings.retransmit_ms, 10),
		     answer_again, x);
	return IKE_OK;
}

static enum ike_verdict send_second_with_ke(struct ike_run *run)
{
	struct dh_job *j = dh_job_done(run);
	struct v1_xchg *x = v1_xchg_of(run);

	if (!j->error) {
		quick_of(x)->dh = dh_job_take(j);
		return send_second(run, x, &j->g_ir);
	}
	failure_set(&run->failure, FAILURE_PROTOCOL, "the peer's key exchange value: %s",
		    strerror(-j->error));
	return refuse(run, x, V1_N_INVALID_KEY_INFORMATION);
}

static bool read_ids(struct ike_run *run, struct quick *q)
{
	const struct ike_sa *sa = run->sa;
	const struct payload *i = message_find(run->in, V1_PAYLOAD_ID, true, NULL);
	const struct payload *r = i ? message_find(run->in, V1_PAYLOAD_ID, true, i) : NULL;

	if (!i) {
		/* §5.5: without identities it is about the two hosts themselves. */
		ts_of_address(&sa->local.addr, &q->local_ts);
		ts_of_address(&sa->remote.addr, &q->remote_ts);
		return true;
	}
	return r && ts_of_id(i, &q->remote_ts) && ts_of_id(r, &q->local_ts);
}

static bool is_everywhere(const struct ts_list *list)
{
	const struct ip_range any = ip_range_any(AF_INET);

	return list->n == 1 && ip_range_equal(&list->ts[0].range, &any) && !list->ts[0].protocol;
}

/*
 * A client of Cisco's kind says "everywhere" and means what the gateway told it to send here: that is what its packets
 * are held to.
 */
static bool everywhere_is_ours(const struct ike_sa *sa, const struct ts_list *ours,
			       struct ts_list *asked)
{
	if (!is_client(sa) || !is_everywhere(asked))
		return false;
	asked->n = 0;
	for (unsigned int i = 0; i < ours->n; i++)
		if (ours->ts[i].range.first.family == AF_INET)
			asked->ts[asked->n++] = ours->ts[i];
	return true;
}

/* In transport mode a host behind a NAT calls itself by an address that means nothing here. */
static void host_is_host(const struct ike_sa *sa, const struct ip_addr *host, struct ts_list *asked)
{
	struct ip_range *r = &asked->ts[0].range;

	if (natd_encap(sa) && ip_addr_equal(&r->first, &r->last))
		*r = (struct ip_range){ .first = *host, .last = *host };
}

/* The connection's child within whose selectors the peer's are. */
static const struct conf_child *child_for(const struct ike_sa *sa, struct quick *q)
{
	const struct conf_conn *conf = sa->conn->conf;

	for (unsigned int i = 0; i < conf->n_child; i++) {
		struct ts_list to_us = q->local_ts, to_them = q->remote_ts, local, remote;
		bool everywhere;

		selectors(sa, &conf->child[i], &local, &remote);
		everywhere = everywhere_is_ours(sa, &local, &to_us);
		if (conf->child[i].transport) {
			host_is_host(sa, &sa->local.addr, &to_us);
			host_is_host(sa, &sa->remote.addr, &to_them);
		}
		if (!to_us.n || !narrow_within(&local, &to_us) || !narrow_within(&remote, &to_them))
			continue;
		q->local_ts = to_us;
		q->remote_ts = to_them;
		v1_sa(sa)->everywhere |= everywhere;
		return &conf->child[i];
	}
	return NULL;
}

static void explain_ts(struct ike_run *run, const struct quick *q)
{
	const struct conf_conn *conf = run->sa->conn->conf;
	struct failure *f = &run->failure;
	char a[200], b[200];

	for (unsigned int i = 0; i < conf->n_child; i++) {
		struct ts_list local, remote;
		size_t used = strlen(f->ours);

		selectors(run->sa, &conf->child[i], &local, &remote);
		snprintf(f->ours + used, sizeof(f->ours) - used, "%slocal %s, remote %s",
			 used ? "; " : "", ts_list_print(a, sizeof(a), &local),
			 ts_list_print(b, sizeof(b), &remote));
	}
	snprintf(f->theirs, sizeof(f->theirs), "local %s, remote %s",
		 ts_list_print(a, sizeof(a), &q->local_ts),
		 ts_list_print(b, sizeof(b), &q->remote_ts));
	snprintf(f->differs, sizeof(f->differs), "traffic selectors");
	failure_set(f, FAILURE_TS,
		    "traffic selectors do not meet: ours are %.400s; the peer asks for %.400s, and "
		    "IKEv1 cannot narrow them",
		    f->ours, f->theirs);
}

/* Each SA payload is one more child for the same selectors. 0, or the notify to refuse with. */
static uint16_t read_sas(struct ike_run *run, struct quick *q)
{
	const struct payload *p = NULL;
	struct sa_v1 theirs;
	char why[160];

	for (q->n = 0; (p = message_find(run->in, V1_PAYLOAD_SA, true, p)); q->n++) {
		if (q->n == SAS_MAX) {
			failure_set(&run->failure, FAILURE_PROTOCOL,
				    "the peer asks for more than %u SAs in one quick mode", SAS_MAX);
			return V1_N_BAD_PROPOSAL_SYNTAX;
		}
		if (sa_v1_parse(p->body, &theirs, &run->in->arena, why, sizeof(why))) {
			failure_set(&run->failure, FAILURE_PROTOCOL, "the peer's quick mode does not parse: %s", why);
			return V1_N_PAYLOAD_MALFORMED;
		}
		if (!v1_choose_ipsec(run->sa, q->conf, &theirs, &q->sa[q->n].chosen, &run->failure))
			return V1_N_NO_PROPOSAL_CHOSEN;
		/* RFC 2409 §5.5: there is one KE payload, and so one group for all. */
		if (q->sa[q->n].chosen.suite.ke != q->sa[0].chosen.suite.ke) {
			failure_set(&run->failure, FAILURE_PROTOCOL,
				    "the peer asks for SAs with different groups in one quick mode");
			return V1_N_BAD_PROPOSAL_SYNTAX;
		}
	}
	return 0;
}

/* 0, or the notify to refuse with. */
static uint16_t read_request(struct ike_run *run, struct v1_xchg *x)
{
	const struct ike_sa *sa = run->sa;
	struct quick *q = quick_of(x);

	if (v1_nonce_read(&x->ni, run->in, true) || !read_ids(run, q)) {
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the peer's quick mode does not parse: nonce or identities");
		return V1_N_PAYLOAD_MALFORMED;
	}
	if (!v1_has_access(run->sa)) {
		failure_set(&run->failure, FAILURE_TS,
			    "the peer wants a tunnel before it has an address: it must ask for one (Mode Config)");
		return V1_N_INVALID_ID_INFORMATION;
	}
	q->conf = child_for(sa, q);
	if (!q->conf) {
		explain_ts(run, q);
		return V1_N_INVALID_ID_INFORMATION;
	}
	return read_sas(run, q);
}

/* A child for each SA that was chosen. */
static bool adopt_request(struct ike_sa *sa, struct quick *q, struct failure *f)
{
	if (!children_new(q, sa, q->conf, q->n, false, f))
		return false;
	for (unsigned int i = 0; i < q->n; i++) {
		struct quick_sa *s = &q->sa[i];
		struct child_sa *c = child_of(q, i);

		s->spi_i = s->chosen.spi;
		s->spi_r = c->spi_in;
		c->spi_out = s->chosen.spi;
		c->suite = s->chosen.suite;
		v1_adopt_child_life(sa, q->conf, &s->chosen, c);
	}
	return true;
}

static enum ike_verdict asked(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct payload *ke = message_find(run->in, V1_PAYLOAD_KE, true, NULL);
	struct v1_xchg *x = v1_xchg_of(run);
	const struct kw_secret none = { 0 };
	struct child_sa *old;
	struct quick *q;
	uint16_t notify;

	if (!x || x->msgs || x->priv)
		return IKE_DROP;
	q = quick_new(x);
	if (q)
		q->committed = run->in->h.flags & V1_FLAG_COMMIT;
	notify = q ? read_request(run, x) : V1_N_NO_PROPOSAL_CHOSEN;
	if (notify)
		return refuse(run, x, notify);
	if (!adopt_request(sa, q, &run->failure))
		return refuse(run, x, V1_N_NO_PROPOSAL_CHOSEN);
	old = twin(sa, &q->local_ts, &q->remote_ts, NULL);
	q->replaces = old ? eldest(old)->id : 0;
	q->group = q->sa[0].chosen.suite.ke;
	v1_nonce_make(&x->nr);
	if (!q->group)
		return send_second(run, x, &none);
	if (ke)
		return dh_job_start(run, q->group, NULL, ke->body, send_second_with_ke);
	failure_set(&run->failure, FAILURE_PROTOCOL, "the peer offers PFS without a KE payload");
	return refuse(run, x, V1_N_PAYLOAD_MALFORMED);
}

/* Message 3: the initiator is there, and has the same keys. */
static enum ike_verdict confirmed(struct ike_run *run)
{
	struct v1_xchg *x = v1_xchg_of(run);
	struct quick *q = quick_of(x);
	struct child_sa *c = child_of(q, 0);
	enum ike_verdict v = IKE_OK;

	if (c && q->waits)
		return connected(run, x);
	if (!c || !q->installed || x->ours)
		return IKE_DROP;
	if (x->commit)
		v = say_connected(run, x, c->spi_in);
	if (q->committed || run->in->h.flags & V1_FLAG_COMMIT)
		wait_for_connected(x);
	else
		use(x);
	return v;
}

#define LIVE	(IN(IKE_ST_ESTABLISHED) | IN(IKE_ST_REKEYED))
#define FIRST	(P(V1_PAYLOAD_HASH) | P(V1_PAYLOAD_SA) | P(V1_PAYLOAD_NONCE))
#define OTHERS	(P(V1_PAYLOAD_KE) | P(V1_PAYLOAD_ID) | P(V1_PAYLOAD_NATOA) | P(V1_PAYLOAD_NOTIFICATION) | \
		 P(V1_PAYLOAD_VENDOR))

static const struct ike_step steps[] = {
	{	/* 1 --> */
		.story	= "the peer wants a child, or rekeys one; it receives at once and sends after message 3",
		.role	= IKE_RESPONDER,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.need	= FIRST,
		.may	= OTHERS,
		.in_sk	= true,
		.run	= asked,
	},
	{	/* <-- 2 */
		.story	= "our child is installed and confirmed",
		.role	= IKE_INITIATOR,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.need	= FIRST,
		.may	= OTHERS,
		.in_sk	= true,
		.task	= DOING(IKE_TASK_CHILD_NEW) | DOING(IKE_TASK_CHILD_REKEY),
		.run	= answered,
	},
	{	/* 3 --> */
		.story	= "the peer has the child too: it is in use; likewise behind message 3 when it set the commit bit",
		.role	= IKE_RESPONDER,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.need	= P(V1_PAYLOAD_HASH),
		.may	= P(V1_PAYLOAD_NOTIFICATION),
		.in_sk	= true,
		.run	= confirmed,
	},
};

const struct ike_exchange v1_quick_mode = {
	.type = X,
	.name = "Quick Mode",
	.step = steps,
	.n = sizeof(steps) / sizeof(steps[0]),
};
