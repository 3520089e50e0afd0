// SPDX-License-Identifier: GPL-2.0
/*
 * New group mode: a MODP group that is in no document gets a number between two sides.
 *
 *   HDR*, HASH(1), SA  -->
 *                      <--  HDR*, HASH(2), SA      the same: agreed
 *                      <--  HDR*, HASH(2), N       ATTRIBUTES-NOT-SUPPORTED
 *
 * The SA payload has one transform, with the group's number (from 32768 on), type, prime and generator. Whoever has a
 * group describes it on each new ISAKMP SA before the children come that want it: nobody has to remember for whom a
 * number stands once the ISAKMP SA is gone.
 *
 * A prime that is none, or whose half is none, would give the secrets of both sides away to whoever made it up. So the
 * other side's group is the one in our own file, or is looked at first, on a worker: seconds, which only a peer who has
 * proved himself gets, and a few times.
 *
 * RFC: 2409 §5.6, appendix A.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "ike/conn.h"
#include "ike/dh_job.h"
#include "ike/job.h"
#include "ikev1/group.h"
#include "ikev1/ipsec.h"
#include "ikev1/packet.h"
#include "ikev1/policy.h"
#include "wire/names_v1.h"

#define X V1_EXCHANGE_NEW_GROUP_MODE
#define LINGER_MS 60000u	/* how long an answer is repeated */
#define TESTS_MAX 8u		/* groups of one ISAKMP SA that are looked at */

/* ---- which there are ---- */

static const struct v1_group *find(const struct ike_sa *sa, uint16_t number)
{
	const struct v1_sa *v1 = v1_sa(sa);

	for (unsigned int i = 0; i < v1->n_groups; i++)
		if (v1->group[i].number == number)
			return &v1->group[i];
	return NULL;
}

bool v1_group_known(const struct ike_sa *sa, uint16_t number)
{
	return find(sa, number);
}

uint16_t v1_group_agreed(const struct ike_sa *sa)
{
	const struct v1_sa *v1 = v1_sa(sa);

	if (find(sa, KE_PRIVATE))
		return KE_PRIVATE;
	return v1->n_groups ? v1->group[0].number : 0;
}

static bool is_wanted(const struct conf_child *conf)
{
	return v1_pfs_group(conf) == KE_PRIVATE;
}

bool v1_group_awaited(const struct ike_sa *sa, const struct conf_child *conf)
{
	return is_wanted(conf) && !sa->conn->conf->private_group.p.len && !v1_group_agreed(sa);
}

enum ike_verdict v1_group_dh(struct ike_run *run, uint16_t number, struct dh *dh, struct kw_span peer,
			     ike_step_fn resume)
{
	const struct v1_group *g = find(run->sa, number);

	return g ? dh_job_start_of(run, &g->modp, dh, peer, resume) : dh_job_start(run, number, dh, peer, resume);
}

static int keep(struct ike_sa *sa, uint16_t number, const struct modp *m)
{
	struct v1_sa *v1 = v1_sa(sa);

	if (find(sa, number))
		return 0;
	if (v1->n_groups == V1_GROUPS_MAX || modp_copy(&v1->group[v1->n_groups].modp, m))
		return -ENOMEM;
	v1->group[v1->n_groups++].number = number;
	log_warn(conn_name(sa->conn), "a private group of %zu bits is agreed on: fewer have looked at it than at those with a number",
		 8 * m->p.len);
	return 0;
}

/* ---- descriptions ---- */

static void put_group(struct ike_run *run, uint16_t number, const struct modp *m)
{
	struct attr a[1 + V1_GROUP_ATTRS] = { attr_basic(V1_ATTR_GROUP, number) };
	struct transform_v1 t = { .num = 1, .id = V1_KEY_IKE, .n = 1 + v1_put_group_attrs(a + 1, m), .a = a };
	struct proposal_v1 p = { .num = 1, .protocol = V1_PROTO_ISAKMP, .n = 1, .t = &t };
	const struct sa_v1 sa = { .doi = DOI_IPSEC, .situation = SIT_IDENTITY_ONLY, .n = 1, .p = &p };

	chain_open(&run->out.chain, V1_PAYLOAD_SA);
	sa_v1_build(&run->out.w, &sa);
}

/* NULL, or what is wrong with it. *m borrows from the message. */
static const char *read_group(const struct ike_run *run, uint16_t *number, struct modp *m)
{
	const struct payload *p = message_find(run->in, V1_PAYLOAD_SA, true, NULL);
	struct v1_transform t;
	struct sa_v1 sa;
	char why[160];

	kw_arena_reset(&run->in->arena);
	if (!p || sa_v1_parse(p->body, &sa, &run->in->arena, why, sizeof(why)))
		return "the SA payload does not parse";
	if (sa.doi != DOI_IPSEC || sa.situation != SIT_IDENTITY_ONLY || sa.n != 1 || sa.p[0].n != 1 ||
	    sa.p[0].protocol != V1_PROTO_ISAKMP)
		return "not one transform for ISAKMP";
	t = v1_read_transform(&sa.p[0].t[0]);
	if (t.group_type > V1_GROUP_TYPE_MODP)
		return "it is on an elliptic curve, and those without a number are not spoken";
	if (t.odd || t.encr || t.hash || t.auth || t.key_bits)
		return "attributes that describe no group";
	if (t.group < KE_PRIVATE)
		return "its number is not one of private groups";
	if (t.group_type != V1_GROUP_TYPE_MODP || !t.prime.len)
		return "no MODP group";
	*number = t.group;
	*m = v1_described_group(&t);
	return modp_bounds(m);
}

/* ---- whoever has a group ---- */

/* With run->failure: the ISAKMP SA lives on, children that want the group will not. */
static enum ike_verdict without_group(struct ike_run *run)
{
	struct list *l;

	list_for_each(l, &v1_sa(run->sa)->xchgs) {
		struct v1_xchg *x = list_entry(l, struct v1_xchg, node);

		if (x->ours && x->type == X)
			v1_xchg_over(x);
	}
	conn_fail(run->sa->conn, &run->failure);
	run->failure.kind = FAILURE_NONE;
	run->task_done = true;
	return IKE_OK;
}

void v1_group_begin(struct ike_sa *sa)
{
	const struct conf_conn *conf = sa->conn->conf;
	bool wanted = false;

	for (unsigned int i = 0; i < conf->n_child; i++)
		wanted |= is_wanted(&conf->child[i]);
	if (wanted && conf->private_group.p.len)
		task_add(sa, IKE_TASK_GROUP, 0);
}

enum ike_verdict v1_group_start(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v1_xchg *x;

	/* Perhaps the peer was first, and has the same. */
	if (v1_group_known(sa, KE_PRIVATE) || !sa->conn->conf->private_group.p.len)
		return IKE_DROP;
	x = v1_xchg_begin(run, X);
	if (!x || v1_begin(run, x))
		return IKE_DROP;
	put_group(run, KE_PRIVATE, &sa->conn->conf->private_group);
	return IKE_OK;
}

static enum ike_verdict answered(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v1_xchg *x = v1_xchg_of(run);
	const struct modp *own = &sa->conn->conf->private_group;
	uint16_t number;
	struct modp m;

	if (!x)
		return IKE_DROP;
	if (read_group(run, &number, &m) || number != KE_PRIVATE || !modp_equal(&m, own) ||
	    keep(sa, number, own)) {
		failure_set(&run->failure, FAILURE_PROTOCOL, "the peer answered our private group with another one");
		return without_group(run);
	}
	v1_xchg_over(x);
	run->task_done = true;
	return IKE_OK;
}

enum ike_verdict v1_group_refused(struct ike_run *run, const struct v1_notify_payload *n)
{
	failure_set(&run->failure, FAILURE_PROPOSAL,
		    "the peer does not take our private group (%s): it has another one, or wants none",
		    v1_notify_name(n->type));
	return without_group(run);
}

static enum ike_verdict refusal_came(struct ike_run *run)
{
	const struct payload *p = NULL;
	struct v1_notify_payload n;

	while (v1_next_notify(run->in, true, &p, &n))
		if (n.type < V1_N_STATUS_FIRST)
			return v1_group_refused(run, &n);
	return IKE_DROP;
}

void v1_group_unanswered(struct ike_sa *sa, unsigned int tries)
{
	if (!sa->active || sa->active->type != IKE_TASK_GROUP || sa->hint ||
	    tries < sa->e->settings.retransmit_tries)
		return;
	failure_set(ike_sa_hint(sa), FAILURE_PEER,
		    "the peer does not answer new group mode: most know none, and need pfs without the group \"private\"");
}

/* ---- whoever is told ---- */

struct check {
	struct ike_job job;
	struct modp m;
	const char *why;
};

static void check_work(struct ike_job *job)
{
	struct check *c = container_of(job, struct check, job);

	c->why = modp_check(&c->m);
}

static void check_free(struct ike_job *job)
{
	struct check *c = container_of(job, struct check, job);

	modp_drop(&c->m);
	free(c);
}

static void linger_fire(void *arg)
{
	v1_xchg_over(arg);
}

/* The answer, and when it comes to the answer being asked for again. */
static enum ike_verdict answer(struct ike_run *run, struct v1_xchg *x)
{
	engine_timer(run->sa->e, &x->timer, LINGER_MS, linger_fire, x);
	return IKE_OK;
}

static enum ike_verdict refuse(struct ike_run *run, struct v1_xchg *x, const char *why)
{
	failure_set(&run->failure, FAILURE_PROPOSAL, "the peer's private group is refused: %s", why);
	conn_fail(run->sa->conn, &run->failure);
	run->failure.kind = FAILURE_NONE;
	if (v1_begin(run, x))
		return IKE_DROP;
	chain_open(&run->out.chain, V1_PAYLOAD_NOTIFICATION);
	v1_build_notify(&run->out.w, run->sa, V1_N_ATTRIBUTES_NOT_SUPPORTED, KW_SPAN(NULL, 0));
	return answer(run, x);
}

static enum ike_verdict agree(struct ike_run *run, struct v1_xchg *x, uint16_t number, const struct modp *m)
{
	if (keep(run->sa, number, m))
		return refuse(run, x, "there are too many");
	if (v1_begin(run, x))
		return IKE_DROP;
	chain_put(&run->out.chain, V1_PAYLOAD_SA, message_find(run->in, V1_PAYLOAD_SA, true, NULL)->body);
	return answer(run, x);
}

static enum ike_verdict checked(struct ike_run *run)
{
	struct check *c = container_of(run->job, struct check, job);
	struct v1_xchg *x = v1_xchg_of(run);
	const char *why = c->why;
	uint16_t number;
	struct modp m;

	if (!x)
		return IKE_DROP;
	if (!why)
		why = read_group(run, &number, &m);
	return why ? refuse(run, x, why) : agree(run, x, number, &c->m);
}

static enum ike_verdict check(struct ike_run *run, struct v1_xchg *x, const struct modp *m)
{
	struct v1_sa *v1 = v1_sa(run->sa);
	struct check *c;

	if (v1->groups_tested == TESTS_MAX)
		return refuse(run, x, "it has described too many");
	c = calloc(1, sizeof(*c));
	if (!c || modp_copy(&c->m, m)) {
		free(c);
		return refuse(run, x, "no memory");
	}
	v1->groups_tested++;
	c->job.work = check_work;
	c->job.free = check_free;
	return job_start(run, &c->job, checked);
}

static enum ike_verdict asked(struct ike_run *run)
{
	const struct conf_conn *conf = run->sa->conn->conf;
	struct v1_xchg *x = v1_xchg_of(run);
	const struct v1_group *known;
	const char *why;
	uint16_t number;
	struct modp m;

	if (!x || x->ours || x->msgs)
		return IKE_DROP;
	if (!conf->private_any && !conf->private_group.p.len)
		return refuse(run, x, "private-group is not set");
	why = read_group(run, &number, &m);
	if (why)
		return refuse(run, x, why);
	known = find(run->sa, number);
	if (known && !modp_equal(&known->modp, &m))
		return refuse(run, x, "its number stands for another one already");
	if (known || modp_equal(&m, &conf->private_group))
		return agree(run, x, number, &m);
	return conf->private_any ? check(run, x, &m) : refuse(run, x, "it is not the one of private-group");
}

#define LIVE	(IN(IKE_ST_ESTABLISHED) | IN(IKE_ST_REKEYED))
#define MAY	(P(V1_PAYLOAD_VENDOR) | P(V1_PAYLOAD_NOTIFICATION))

static const struct ike_step steps[] = {
	{
		.story	= "the peer describes a group: it is looked at, and taken or refused",
		.role	= IKE_RESPONDER,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.need	= P(V1_PAYLOAD_HASH) | P(V1_PAYLOAD_SA),
		.may	= MAY,
		.in_sk	= true,
		.run	= asked,
	},
	{
		.story	= "our group is taken",
		.role	= IKE_INITIATOR,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.need	= P(V1_PAYLOAD_HASH) | P(V1_PAYLOAD_SA),
		.may	= MAY,
		.in_sk	= true,
		.task	= DOING(IKE_TASK_GROUP),
		.run	= answered,
	},
	{
		.story	= "our group is refused",
		.role	= IKE_INITIATOR,
		.from	= LIVE,
		.to	= IKE_ST_SAME,
		.need	= P(V1_PAYLOAD_HASH) | P(V1_PAYLOAD_NOTIFICATION),
		.may	= MAY,
		.in_sk	= true,
		.task	= DOING(IKE_TASK_GROUP),
		.run	= refusal_came,
	},
};

const struct ike_exchange v1_new_group = {
	.type = X,
	.name = "New Group Mode",
	.step = steps,
	.n = sizeof(steps) / sizeof(steps[0]),
};
