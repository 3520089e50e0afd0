// SPDX-License-Identifier: GPL-2.0
/*
 * IKE_FOLLOWUP_KE: further key exchanges when a child or an IKE SA is made or rekeyed.
 *
 *   HDR, SK {SA(.. ADDKE ..), Ni, KEi, [TSi, TSr]}                -->     CREATE_CHILD_SA
 *            <--  HDR, SK {SA, Nr, KEr, [TSi, TSr,] N(ADDITIONAL_KEY_EXCHANGE)(link1)}
 *   HDR, SK {KEi(1), N(ADDITIONAL_KEY_EXCHANGE)(link1)}           -->
 *            <--  HDR, SK {KEr(1), N(ADDITIONAL_KEY_EXCHANGE)(link2)}
 *   HDR, SK {KEi(2), N(ADDITIONAL_KEY_EXCHANGE)(link2)}           -->     and so on
 *            <--  HDR, SK {KEr(2)}                                        now the SA is made
 *
 * Until then the responder keeps what was negotiated, one at a time for each IKE SA and not for ever: the link tells
 * whether the peer and we mean the same. What we ask for ourselves meanwhile may make it moot; the peer then hears
 * TEMPORARY_FAILURE and begins again.
 *
 * RFC: 9370 §2.2.4.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/rand.h"
#include "ike/dh_job.h"
#include "ikev2/create_pieces.h"
#include "ikev2/followup.h"
#include "ikev2/sk.h"
#include "ikev2/version.h"

#define LINK_LEN	8u	/* ours */
#define LINK_MAX	1024u	/* the peer's */
#define HOLD_MS		30000u

struct v2_followup {
	struct v2_nego *n;
	struct kw_secret g_ir;
	uint64_t until_ms;
	uint8_t link[LINK_LEN];
};

static bool of_ike(const struct v2_nego *n)
{
	static const uint8_t none[IKE_SPI_LEN];

	return memcmp(n->next_spi, none, sizeof(none));
}

static uint16_t next_group(const struct v2_nego *n)
{
	return suite_addke(&n->choice.suite, n->more.n);
}

static void put_link(struct ike_run *run, struct kw_span link)
{
	v2_put_notify(run, N_ADDITIONAL_KEY_EXCHANGE, link);
}

static bool read_link(const struct ike_message *m, struct kw_span *link)
{
	struct notify_payload n;

	if (!message_notify(m, true, N_ADDITIONAL_KEY_EXCHANGE, &n) || !n.data.len || n.data.len > LINK_MAX)
		return false;
	*link = n.data;
	return true;
}

/* ---- initiator ---- */

static enum ike_verdict not_usable(struct ike_run *run)
{
	failure_set(&run->failure, FAILURE_PROTOCOL,
		    "the peer's answer to an additional key exchange is not usable");
	return IKE_FAIL;
}

static enum ike_verdict send_ke(struct ike_run *run)
{
	struct v2_nego *n = run->task->priv;
	struct dh_job *j = dh_job_done(run);

	if (j->error || exchange_begin(run, EXCHANGE_IKE_FOLLOWUP_KE))
		return not_usable(run);
	n->dh = dh_job_take(j);
	v2_put_ke(run, n->dh);
	put_link(run, n->link);
	run->to = IKE_ST_SAME;
	return IKE_OK;
}

/* run->in says how the peer calls what goes on. */
static enum ike_verdict ask_next(struct ike_run *run, struct v2_nego *n)
{
	struct kw_span link;

	if (!read_link(run->in, &link) || v2_keep(&n->link, link))
		return not_usable(run);
	return dh_job_start(run, next_group(n), NULL, KW_SPAN(NULL, 0), send_ke);
}

enum ike_verdict v2_followup_begin(struct ike_run *run, struct v2_nego *n, struct kw_secret *g_ir)
{
	kw_secret_move(&n->g_ir, g_ir);
	return ask_next(run, n);
}

static enum ike_verdict have_secret(struct ike_run *run)
{
	struct v2_nego *n = run->task->priv;
	struct dh_job *j = dh_job_done(run);

	if (j->error)
		return not_usable(run);
	kw_secret_move(&n->more.g[n->more.n++], &j->g_ir);
	if (next_group(n))
		return ask_next(run, n);
	return of_ike(n) ? v2_ike_rekey_complete(run, &n->g_ir) : v2_child_complete(run, &n->g_ir);
}

static enum ike_verdict answered(struct ike_run *run)
{
	struct v2_nego *n = run->task->priv;
	struct dh *dh = n ? n->dh : NULL;
	struct ke_payload ke;

	if (!dh || v2_read_ke(run->in, &ke) || ke.group != dh_group(dh))
		return not_usable(run);
	n->dh = NULL;
	return dh_job_start(run, ke.group, dh, ke.data, have_secret);
}

/* ---- responder ---- */

void v2_followup_free(struct v2_sa *v2)
{
	struct v2_followup *f = v2->followup;

	if (!f)
		return;
	v2->followup = NULL;
	if (f->n)
		v2_nego_free(f->n);
	kw_secret_drop(&f->g_ir);
	free(f);
}

static void put_new_link(struct ike_run *run, struct v2_followup *f)
{
	rand_bytes(f->link, sizeof(f->link));
	f->until_ms = engine_now(run->sa->e) + HOLD_MS;
	put_link(run, KW_SPAN(f->link, sizeof(f->link)));
}

int v2_followup_hold(struct ike_run *run, struct kw_secret *g_ir)
{
	struct v2_sa *v2 = v2_sa(run->sa);
	struct v2_followup *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	v2_followup_free(v2);
	v2->followup = f;
	f->n = run->priv;
	run->priv = NULL;
	/* The message that they are views of goes. */
	f->n->choice.theirs = NULL;
	f->n->theirs.n = 0;
	kw_secret_move(&f->g_ir, g_ir);
	put_new_link(run, f);
	return 0;
}

static struct v2_followup *find_held(const struct ike_run *run)
{
	struct v2_followup *f = v2_sa(run->sa)->followup;
	struct kw_span link;

	if (!f || engine_now(run->sa->e) > f->until_ms || !read_link(run->in, &link) ||
	    !kw_span_equal(link, KW_SPAN(f->link, sizeof(f->link))))
		return NULL;
	return f;
}

/* The last one: out of what was held comes an SA. */
static enum ike_verdict answer_last(struct ike_run *run, struct v2_followup *f, const struct dh *dh)
{
	struct kw_secret g_ir = { 0 };
	enum ike_verdict v;

	kw_secret_move(&g_ir, &f->g_ir);
	run->priv = f->n;
	run->priv_free = v2_nego_free;
	f->n = NULL;
	v2_followup_free(v2_sa(run->sa));
	v = of_ike(run->priv) ? v2_ike_rekey_held(run, &g_ir) : v2_child_held(run, &g_ir);
	kw_secret_drop(&g_ir);
	if (v != IKE_OK)
		return v;
	if (exchange_begin(run, EXCHANGE_IKE_FOLLOWUP_KE))
		return IKE_FAIL;
	v2_put_ke(run, dh);
	return IKE_OK;
}

static enum ike_verdict answer_ke(struct ike_run *run)
{
	struct v2_followup *f = find_held(run);
	struct dh_job *j = dh_job_done(run);

	if (!f)
		return exchange_notify(run, N_STATE_NOT_FOUND);
	if (j->error) {
		v2_followup_free(v2_sa(run->sa));
		return v2_bad_ke(run);
	}
	kw_secret_move(&f->n->more.g[f->n->more.n++], &j->g_ir);
	if (!next_group(f->n))
		return answer_last(run, f, j->dh);
	if (exchange_begin(run, EXCHANGE_IKE_FOLLOWUP_KE))
		return IKE_FAIL;
	v2_put_ke(run, j->dh);
	put_new_link(run, f);
	return IKE_OK;
}

static enum ike_verdict asked(struct ike_run *run)
{
	struct v2_followup *f = find_held(run);
	struct ke_payload ke;

	if (!f)
		return exchange_notify(run, N_STATE_NOT_FOUND);
	if (v2_read_ke(run->in, &ke) || ke.group != next_group(f->n)) {
		v2_followup_free(v2_sa(run->sa));
		return v2_bad_ke(run);
	}
	return dh_job_start(run, ke.group, NULL, ke.data, answer_ke);
}

#define LIVE	(IN(IKE_ST_ESTABLISHED) | IN(IKE_ST_REKEYED) | IN(IKE_ST_DELETING))
#define FOR_A_CHILD (DOING(IKE_TASK_CHILD_NEW) | DOING(IKE_TASK_CHILD_REKEY))

static const struct ike_step steps[] = {
	{
		/* HDR, SK {KEi(n), N(ADDITIONAL_KEY_EXCHANGE)} --> */
		.story = "the peer goes on with a further key exchange; after the last the SA is made",
		.role = IKE_RESPONDER,
		.from = LIVE,
		.to = IKE_ST_SAME,
		.need = P(PAYLOAD_KE) | P(PAYLOAD_NOTIFY),
		.may = P(PAYLOAD_VENDOR),
		.in_sk = true,
		.run = asked,
	},
	{
		/* <-- HDR, SK {KEr(n), [N(ADDITIONAL_KEY_EXCHANGE)]} */
		.story = "our further key exchange is answered: the next one, or our child is installed",
		.role = IKE_INITIATOR,
		.from = LIVE,
		.to = IKE_ST_SAME,
		.need = P(PAYLOAD_KE),
		.may = P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR),
		.in_sk = true,
		.task = FOR_A_CHILD,
		.run = answered,
	},
	{
		/* the same for the IKE SA */
		.story = "our further key exchange is answered: the next one, or our new IKE SA takes over",
		.role = IKE_INITIATOR,
		.from = LIVE,
		.to = IKE_ST_REKEYED,
		.need = P(PAYLOAD_KE),
		.may = P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR),
		.in_sk = true,
		.task = DOING(IKE_TASK_IKE_REKEY),
		.run = answered,
	},
	{
		/* <-- HDR, SK {N(error)} */
		.story = "the peer no longer knows of our child: later, or not at all",
		.role = IKE_INITIATOR,
		.from = LIVE,
		.to = IKE_ST_SAME,
		.need = P(PAYLOAD_NOTIFY),
		.may = P(PAYLOAD_VENDOR),
		.in_sk = true,
		.task = FOR_A_CHILD,
		.run = v2_child_refused,
	},
	{
		/* <-- HDR, SK {N(error)} */
		.story = "the peer no longer knows of our new IKE SA: later, or not at all",
		.role = IKE_INITIATOR,
		.from = LIVE,
		.to = IKE_ST_SAME,
		.need = P(PAYLOAD_NOTIFY),
		.may = P(PAYLOAD_VENDOR),
		.in_sk = true,
		.task = DOING(IKE_TASK_IKE_REKEY),
		.run = v2_ike_rekey_refused,
	},
};

const struct ike_exchange v2_ike_followup_ke = {
	.type = EXCHANGE_IKE_FOLLOWUP_KE,
	.name = "IKE_FOLLOWUP_KE",
	.step = steps,
	.n = sizeof(steps) / sizeof(steps[0]),
};
