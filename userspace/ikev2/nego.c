// SPDX-License-Identifier: GPL-2.0
/*
 * One negotiation of a child or of a new IKE SA.
 *
 * RFCs: 7296 §1.3, §2.7 (proposals), §2.9 (narrowing), §2.17 (keys).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ike/access.h"
#include "ike/connect.h"
#include "ike/narrow.h"
#include "ike/sa_table.h"
#include "ike/wish.h"
#include "ikev2/keys.h"
#include "ikev2/nego.h"
#include "ikev2/sk.h"
#include "wire/names.h"

#define CHILD_SPI_LEN	4u
#define SPI_MIN		256u	/* RFC 4302 §2.4, 4303 §2.1: below are reserved */

struct v2_nego *v2_nego_new(struct engine *e)
{
	struct v2_nego *n = calloc(1, sizeof(*n));

	if (n)
		n->e = e;
	return n;
}

void v2_nego_free(void *nego)
{
	static const uint8_t none[IKE_SPI_LEN];
	struct v2_nego *n = nego;
	struct child_sa *c = n->child_id ? child_find(n->e, n->child_id) : NULL;
	struct ike_sa *next =
		memcmp(n->next_spi, none, sizeof(none)) ? sa_table_find(n->e, n->next_spi) : NULL;

	if (c && c->state == CHILD_LARVAL)
		child_remove(c);
	if (next && next->state == IKE_ST_NEW)
		ike_sa_close(next, NULL);
	dh_free(n->dh);
	kw_secret_drop(&n->g_ir);
	for (unsigned int i = 0; i < n->more.n; i++)
		kw_secret_drop(&n->more.g[i]);
	free((uint8_t *)(uintptr_t)n->link.p);
	free(n);
}

const struct v2_nonce *v2_nego_lowest(const struct v2_nego *n)
{
	return v2_nonce_cmp(&n->ni, &n->nr) < 0 ? &n->ni : &n->nr;
}

/* The start of the lowest nonce, zero-padded: enough to order what was made at once (RFC 7296 §2.8.1). */
static void tie_of(const struct v2_nego *n, uint8_t tie[32])
{
	const struct v2_nonce *low = v2_nego_lowest(n);

	memset(tie, 0, 32);
	memcpy(tie, low->b, low->len < 32 ? low->len : 32);
}

/* ---- the SA payload ---- */

static struct kw_span put_spi(uint8_t buf[CHILD_SPI_LEN], uint32_t spi)
{
	struct kw_writer w = kw_writer(buf, CHILD_SPI_LEN);

	kw_put_be32(&w, spi);
	return kw_written(&w);
}

/* 0 when the proposal has none that may be used. */
static uint32_t get_spi(const struct proposal *p)
{
	struct kw_reader r = kw_reader(KW_SPAN(p->spi, p->spi_len));
	uint32_t spi = kw_get_be32(&r);

	return r.bad || p->spi_len != CHILD_SPI_LEN || spi < SPI_MIN ? 0 : spi;
}

/* What the configuration wants; of a child that is rekeyed, what it has. */
static void own_selectors(const struct ike_sa *sa, const struct v2_nego *n,
			  const struct conf_child *conf, struct ts_list *local,
			  struct ts_list *remote)
{
	const struct child_sa *old = n->replaces ? child_find(n->e, n->replaces) : NULL;

	if (old && old->policy && (!conf->transport || conf->handling.pfp)) {
		ts_list_copy(local, old->policy->local_ts);
		ts_list_copy(remote, old->policy->remote_ts);
	} else {
		child_selectors(conf, &sa->local.addr, &sa->remote.addr, local, remote);
		access_narrow(sa, conf, local, remote);
	}
}

static void put_first(struct ts_list *list, const struct ts *t)
{
	const struct ts_list one = { .n = 1, .ts = { *t } };

	if (list->n == TS_MAX || !narrow_within(list, &one))
		return;
	memmove(&list->ts[1], &list->ts[0], list->n * sizeof(list->ts[0]));
	list->ts[0] = *t;
	list->n++;
}

/* §2.9: what a packet asked for stands first, for a peer that can make a narrow child only. */
static void put_packet_first(const struct conn *conn, struct v2_nego *n)
{
	if (n->replaces || conn->packet.conf != n->conf ||
	    conn->packet.until_ms < engine_now(n->e))
		return;
	/* A packet that came before the address of the tunnel says nothing about this side. */
	if (!n->conf->local_virtual)
		put_first(&n->local_ts, &conn->packet.local);
	put_first(&n->remote_ts, &conn->packet.remote);
}

/* RFC 4301 §4.4.1.2: what the packet asked for, and nothing more. */
static void put_wish_alone(struct conn *conn, struct v2_nego *n)
{
	const struct wish *w = n->replaces || !n->conf->handling.pfp ? NULL : wish_take(conn, n->conf);

	if (!w)
		return;
	n->local_ts = (struct ts_list){ .n = 1, .ts = { w->local } };
	n->remote_ts = (struct ts_list){ .n = 1, .ts = { w->remote } };
}

int v2_nego_put_offer(struct ike_run *run, struct v2_nego *n)
{
	uint8_t mem[20 * 1024] __attribute__((aligned(16))), spi[CHILD_SPI_LEN];
	struct kw_arena arena = { .buf = mem, .cap = sizeof(mem) };
	struct proposal_list offer;
	struct child_sa *c = NULL;

	if (!child_has_no_way(run->sa, n->conf, &run->failure))
		c = child_new(run->sa, n->conf, true, &run->failure);
	if (!c)
		return -EIO;
	n->child_id = c->id;
	own_selectors(run->sa, n, n->conf, &n->local_ts, &n->remote_ts);
	put_packet_first(run->sa->conn, n);
	put_wish_alone(run->sa->conn, n);
	/* §2.9: the pair of the packet, or else the first that is configured. */
	if (run->task->single_pair)
		n->local_ts.n = n->remote_ts.n = 1;
	if (proposal_offer(conf_child_offer(n->conf), n->flags, put_spi(spi, c->spi_in), &arena,
			   &offer))
		return -ENOMEM;
	chain_open(&run->out.chain, PAYLOAD_SA);
	proposal_v2_build(&run->out.w, &offer);
	return 0;
}

static void put_ts(struct ike_run *run, uint8_t type, const struct ts_list *ts)
{
	chain_open(&run->out.chain, type);
	ts_build(&run->out.w, ts);
}

/* TSi is the selectors of the exchange's initiator, TSr of its responder (§2.9). */
void v2_nego_put_ts(struct ike_run *run, const struct v2_nego *n)
{
	const struct ts_list *local = n->said_local.n ? &n->said_local : &n->local_ts;
	const struct ts_list *remote = n->said_remote.n ? &n->said_remote : &n->remote_ts;

	put_ts(run, PAYLOAD_TSI, run->out.response ? remote : local);
	put_ts(run, PAYLOAD_TSR, run->out.response ? local : remote);
}

void v2_nego_put_mode(struct ike_run *run, const struct v2_nego *n)
{
	if (n->conf->transport)
		v2_put_notify(run, N_USE_TRANSPORT_MODE, KW_SPAN(NULL, 0));
}

static int read_lists(struct ike_run *run, struct v2_nego *n, struct ts_list *tsi, struct ts_list *tsr)
{
	const struct ike_message *m = run->in;
	const struct payload *p = message_find(m, PAYLOAD_SA, true, NULL);
	const struct payload *i = message_find(m, PAYLOAD_TSI, true, NULL);
	const struct payload *r = message_find(m, PAYLOAD_TSR, true, NULL);
	char why[160] = "payload missing";
	struct notify_payload notify;

	n->no_tfc = message_notify(m, true, N_ESP_TFC_PADDING_NOT_SUPPORTED, &notify);
	if (p && i && r && !proposal_v2_parse(p->body, &n->theirs, &run->in->arena, why, sizeof(why)) &&
	    !ts_parse(i->body, tsi, why, sizeof(why)) && !ts_parse(r->body, tsr, why, sizeof(why)))
		return 0;
	failure_set(&run->failure, FAILURE_PROTOCOL,
		    "the peer's child negotiation does not parse: %s", why);
	return -EBADMSG;
}

static bool wants_transport(const struct ike_run *run)
{
	struct notify_payload n;

	return message_notify(run->in, true, N_USE_TRANSPORT_MODE, &n);
}

/* ---- initiator ---- */

/* A gateway may leave the selectors as they were offered: the address that it lent us is all we use of them. */
static bool fit_to_address(struct ike_run *run, struct v2_nego *n, const struct ts_list *tsi)
{
	if (!n->conf->local_virtual)
		return true;
	access_narrow(run->sa, n->conf, &n->local_ts, &n->remote_ts);
	if (n->local_ts.n && n->remote_ts.n)
		return true;
	ts_list_print(run->failure.theirs, sizeof(run->failure.theirs), tsi);
	failure_set(&run->failure, FAILURE_TS,
		    "the address that the gateway lent us is not in its traffic selectors: %s",
		    run->failure.theirs);
	return false;
}

int v2_nego_read_answer(struct ike_run *run, struct v2_nego *n)
{
	const struct proposal_list *ours = conf_child_offer(n->conf);
	const uint8_t protocol = conf_child_protocol(n->conf);
	struct ts_list tsi, tsr;
	struct child_sa *c = child_find(n->e, n->child_id);

	if (read_lists(run, n, &tsi, &tsr) || !c)
		return -EBADMSG;
	if (!proposal_accept(ours, &n->theirs, protocol, n->flags, &n->choice)) {
		proposal_explain(ours, &n->theirs, protocol, n->flags, &run->failure);
		failure_set(&run->failure, FAILURE_PROPOSAL,
			    "the peer chose a child proposal that we did not offer: %s",
			    run->failure.theirs);
		return -EBADMSG;
	}
	if (!narrow_within(&n->local_ts, &tsi) || !narrow_within(&n->remote_ts, &tsr)) {
		ts_list_print(run->failure.ours, sizeof(run->failure.ours), &n->remote_ts);
		ts_list_print(run->failure.theirs, sizeof(run->failure.theirs), &tsr);
		failure_set(&run->failure, FAILURE_TS,
			    "the peer answered with traffic selectors that we did not offer: %s",
			    run->failure.theirs);
		return -EBADMSG;
	}
	if (n->conf->transport && !wants_transport(run)) {
		failure_set(&run->failure, FAILURE_PROPOSAL,
			    "the peer answers with a tunnel, but mode is transport here");
		return -EPROTO;
	}
	n->local_ts = tsi;
	n->remote_ts = tsr;
	if (!fit_to_address(run, n, &tsi))
		return -EPROTO;
	c->spi_out = get_spi(n->choice.theirs);
	c->suite = n->choice.suite;
	if (c->spi_out)
		return 0;
	failure_set(&run->failure, FAILURE_PROTOCOL, "the peer answered without a usable SPI");
	return -EBADMSG;
}

struct child_sa *v2_nego_install(struct ike_run *run, struct v2_nego *n,
				 const struct kw_secret *g_ir, bool defer_out)
{
	struct child_sa *c = child_find(n->e, n->child_id);
	struct child_sa *old = n->replaces ? child_find(n->e, n->replaces) : NULL;
	struct child_keys keys = { 0 };
	int ret;

	if (!c)
		return NULL;
	tie_of(n, c->tie);
	c->no_tfc = n->no_tfc;
	ret = v2_keys_child(run->sa, &c->suite, g_ir, &n->more, &n->ni, &n->nr, &keys);
	if (ret)
		failure_set(&run->failure, FAILURE_LOCAL,
			    "keys of the child could not be derived: %s", strerror(-ret));
	else
		ret = child_install(c, &keys, &n->local_ts, &n->remote_ts, old, defer_out,
				    &run->failure);
	child_keys_drop(&keys);
	return ret ? NULL : c;
}

void v2_nego_give_back(struct ike_run *run, struct v2_nego *n)
{
	if (child_find(n->e, n->child_id) && task_add(run->sa, IKE_TASK_CHILD_DELETE, n->child_id))
		n->child_id = 0;	/* the task's now */
}

void v2_nego_explain_ts(struct ike_run *run, const struct v2_nego *n)
{
	struct failure *f = &run->failure;
	char a[200], b[200];

	snprintf(f->ours, sizeof(f->ours), "local %s, remote %s",
		 ts_list_print(a, sizeof(a), &n->local_ts),
		 ts_list_print(b, sizeof(b), &n->remote_ts));
	failure_set(f, FAILURE_TS,
		    "the peer accepts none of our traffic selectors (TS_UNACCEPTABLE): %.400s. Its "
		    "own must overlap with these, local and remote the other way round",
		    f->ours);
}

/* ---- responder ---- */

static uint16_t refuse_ts(struct ike_run *run, const struct ts_list *local,
			  const struct ts_list *remote, const struct ts_list *tsi,
			  const struct ts_list *tsr)
{
	struct failure *f = &run->failure;
	char a[200], b[200];

	snprintf(f->ours, sizeof(f->ours), "local %s, remote %s",
		 ts_list_print(a, sizeof(a), local), ts_list_print(b, sizeof(b), remote));
	snprintf(f->theirs, sizeof(f->theirs), "local %s, remote %s",
		 ts_list_print(a, sizeof(a), tsi), ts_list_print(b, sizeof(b), tsr));
	snprintf(f->differs, sizeof(f->differs), "traffic selectors");
	failure_set(f, FAILURE_TS,
		    "traffic selectors do not meet: ours are %.400s; the peer's are %.400s",
		    f->ours, f->theirs);
	return N_TS_UNACCEPTABLE;
}

static void put_address(struct ts_list *list, const struct ip_addr *a)
{
	for (unsigned int i = 0; i < list->n; i++)
		list->ts[i].range = (struct ip_range){ .first = *a, .last = *a };
}

/*
 * §2.23.1: in transport mode each side names the ends as it sees them. A NAT in between makes that differ, and
 * what counts are the addresses that the packets have here; the answer speaks the peer's language.
 */
static void see_through_nat(const struct ike_sa *sa, struct v2_nego *n, struct ts_list *tsi,
			    struct ts_list *tsr)
{
	if (!sa->nat_local && !sa->nat_remote)
		return;
	n->said_remote = *tsi;
	n->said_local = *tsr;
	put_address(tsi, &sa->remote.addr);
	put_address(tsr, &sa->local.addr);
}

/* How well a child of the configuration fits what is asked for. */
enum { FIT_NONE, FIT_SELECTORS, FIT_NARROWED, FIT_FIRST, FIT_ALL };

static bool has_first(const struct ts_list *narrowed, const struct ts_list *offered)
{
	const struct ts_list first = { .n = 1, .ts = { offered->ts[0] } };

	return narrow_within(narrowed, &first);
}

static unsigned int fits(const struct ike_run *run, const struct v2_nego *n, const struct conf_child *conf, uint16_t ke_hint,
			 const struct ts_list *tsi, const struct ts_list *tsr)
{
	struct ts_list local, remote, l, r;
	struct proposal_choice choice;

	if (conf->transport && !wants_transport(run))
		return FIT_NONE;
	own_selectors(run->sa, n, conf, &local, &remote);
	if (!narrow(&local, tsr, &l) || !narrow(&remote, tsi, &r))
		return FIT_NONE;
	if (!proposal_choose(conf_child_offer(conf), &n->theirs, conf_child_protocol(conf), n->flags, ke_hint,
			     &choice))
		return FIT_SELECTORS;
	if (ts_list_equal(&l, tsr) && ts_list_equal(&r, tsi))
		return FIT_ALL;
	/* §2.9: the first of each is the packet that asked. */
	return has_first(&l, tsr) && has_first(&r, tsi) ? FIT_FIRST : FIT_NARROWED;
}

/* The best of the connection's children, of equal ones the first. */
static const struct conf_child *best_child(struct ike_run *run, const struct v2_nego *n,
					   uint16_t ke_hint, const struct ts_list *tsi,
					   const struct ts_list *tsr)
{
	const struct child_sa *old = n->replaces ? child_find(n->e, n->replaces) : NULL;
	const struct conf_conn *conf = run->sa->conn->conf;
	const struct conf_child *best = conf->child;
	unsigned int best_fit = FIT_NONE;

	if (old)
		return old->conf;
	for (unsigned int i = 0; i < conf->n_child; i++) {
		unsigned int fit = fits(run, n, &conf->child[i], ke_hint, tsi, tsr);

		if (fit <= best_fit)
			continue;
		best_fit = fit;
		best = &conf->child[i];
	}
	return best;
}

static bool choose_proposal(struct ike_run *run, struct v2_nego *n, uint16_t ke_hint)
{
	const struct proposal_list *ours = conf_child_offer(n->conf);
	const uint8_t protocol = conf_child_protocol(n->conf);

	if (proposal_choose(ours, &n->theirs, protocol, n->flags, ke_hint, &n->choice))
		return true;
	proposal_explain(ours, &n->theirs, protocol, n->flags, &run->failure);
	failure_say_proposal(&run->failure, protocol_name(protocol));
	return false;
}

uint16_t v2_nego_choose(struct ike_run *run, struct v2_nego *n, uint16_t ke_hint)
{
	struct ts_list tsi, tsr, local, remote;

	if (read_lists(run, n, &tsi, &tsr))
		return N_INVALID_SYNTAX;
	if (wants_transport(run))
		see_through_nat(run->sa, n, &tsi, &tsr);
	n->conf = best_child(run, n, ke_hint, &tsi, &tsr);
	if (n->conf->remote_virtual && run->sa->conn->conf->n_pool && !run->sa->access) {
		failure_set(&run->failure, FAILURE_REFUSED,
			    "addresses are assigned here (pool), and the peer did not ask for one");
		return N_FAILED_CP_REQUIRED;
	}
	if (n->conf->transport != wants_transport(run) && n->conf->transport) {
		failure_set(&run->failure, FAILURE_PROPOSAL,
			    "the peer wants a tunnel, but mode is transport here");
		return N_NO_PROPOSAL_CHOSEN;
	}
	if (!n->conf->transport)
		n->said_local.n = n->said_remote.n = 0;
	if (child_has_no_way(run->sa, n->conf, &run->failure) || !choose_proposal(run, n, ke_hint))
		return N_NO_PROPOSAL_CHOSEN;
	own_selectors(run->sa, n, n->conf, &local, &remote);
	if (!narrow(&local, &tsr, &n->local_ts) || !narrow(&remote, &tsi, &n->remote_ts))
		return refuse_ts(run, &local, &remote, &tsi, &tsr);
	if (get_spi(n->choice.theirs))
		return 0;
	failure_set(&run->failure, FAILURE_PROTOCOL, "the peer offers no usable SPI");
	return N_INVALID_SYNTAX;
}

uint16_t v2_nego_reserve(struct ike_run *run, struct v2_nego *n)
{
	struct child_sa *c = child_new(run->sa, n->conf, false, &run->failure);

	if (!c)
		return N_NO_PROPOSAL_CHOSEN;
	n->child_id = c->id;
	c->spi_out = get_spi(n->choice.theirs);
	c->suite = n->choice.suite;
	return 0;
}

uint16_t v2_nego_make(struct ike_run *run, struct v2_nego *n, const struct kw_secret *g_ir,
		      bool defer_out)
{
	uint16_t refuse = v2_nego_reserve(run, n);

	if (refuse)
		return refuse;
	/* RFC 7296 §3.10.1 has no "internal error"; without an SA this notify at least ends the try. */
	return v2_nego_install(run, n, g_ir, defer_out) ? 0 : N_NO_PROPOSAL_CHOSEN;
}

void v2_nego_put_answer(struct ike_run *run, struct v2_nego *n)
{
	uint8_t mem[1024] __attribute__((aligned(16))), spi[CHILD_SPI_LEN];
	struct kw_arena arena = { .buf = mem, .cap = sizeof(mem) };
	const struct child_sa *c = child_find(n->e, n->child_id);
	struct proposal_list answer;

	if (proposal_answer(&n->choice, n->flags, put_spi(spi, c->spi_in), &arena, &answer)) {
		run->out.w.bad = true;
		return;
	}
	chain_open(&run->out.chain, PAYLOAD_SA);
	proposal_v2_build(&run->out.w, &answer);
}
