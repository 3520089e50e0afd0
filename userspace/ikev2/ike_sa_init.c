// SPDX-License-Identifier: GPL-2.0
/*
 * IKE_SA_INIT: keys, NAT detection, what both sides can do.
 *
 *   HDR, [N(COOKIE)], SAi1, KEi, Ni, N(NAT_DETECTION_*), N(...)  -->
 *                                <--  HDR, N(COOKIE)                    again, with it
 *                                <--  HDR, N(INVALID_KE_PAYLOAD)        again, with the other group
 *                                <--  HDR, SAr1, KEr, Nr, N(NAT_DETECTION_*), [CERTREQ], N(...)
 *
 * Nothing here is authenticated yet: an error notify is a hint that is believed only when no better answer
 * comes (§2.21.1), and each kind of second try happens a bounded number of times.
 *
 * RFCs: 7296 §1.2, §2.6, §2.6.1 (cookie and wrong group in either order), §2.10, §2.21.1, §2.23;
 *       7383 §2.3; 7427 §4; 9370 §2.2.1.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "crypto/rand.h"
#include "crypto/sign.h"
#include "ike/auth.h"
#include "ike/demux.h"
#include "ike/exchange.h"
#include "ike/natd.h"
#include "ike/rekey.h"
#include "ike/sa_table.h"
#include "ikev2/accept.h"
#include "ikev2/another_auth.h"
#include "ikev2/auth_steps.h"
#include "ikev2/certreq.h"
#include "ikev2/cookie.h"
#include "ikev2/crash.h"
#include "ike/dh_job.h"
#include "ikev2/intermediate.h"
#include "ikev2/keys.h"
#include "ikev2/natd_payload.h"
#include "ikev2/rumour.h"
#include "ikev2/resume.h"
#include "ikev2/sk.h"
#include "ikev2/redirect.h"
#include "ikev2/version.h"
#include "wire/names.h"

#define ROUNDS_MAX	6u	/* requests until we give up: first, cookie, group, and a change of mind of each */
#define CANDIDATES_MAX	64u

/* ---- pieces that both sides write and read ---- */

static void put_ke(struct ike_run *run, const struct dh *dh)
{
	chain_open(&run->out.chain, PAYLOAD_KE);
	ke_build(&run->out.w, dh_group(dh), dh_public(dh));
}

static void put_hashes(struct ike_run *run)
{
	uint8_t buf[2 * 8];
	struct kw_writer w = kw_writer(buf, sizeof(buf));

	for (unsigned int id = HASH_SHA2_256; id <= HASH_IDENTITY; id++)
		if (sign_hashes_supported() & HASH_BIT(id))
			kw_put_be16(&w, id);
	v2_put_notify(run, N_SIGNATURE_HASH_ALGORITHMS, kw_written(&w));
}

static void read_hashes(struct ike_sa *sa, const struct ike_message *m)
{
	struct notify_payload n;
	struct kw_reader r;

	if (!message_notify(m, false, N_SIGNATURE_HASH_ALGORITHMS, &n))
		return;
	r = kw_reader(n.data);
	while (kw_reader_left(&r) >= 2) {
		uint16_t id = kw_get_be16(&r);

		if (id <= HASH_IDENTITY)
			v2_sa(sa)->peer_hashes |= HASH_BIT(id);
	}
}

static void read_abilities(struct ike_sa *sa, const struct ike_message *m)
{
	struct notify_payload n;

	sa->fragments = message_notify(m, false, N_IKEV2_FRAGMENTATION_SUPPORTED, &n);
	v2_sa(sa)->use_ppk = sa->conn->conf->ppk.len && message_notify(m, false, N_USE_PPK, &n);
	v2_sa(sa)->childless = message_notify(m, false, N_CHILDLESS_IKEV2_SUPPORTED, &n);
	read_hashes(sa, m);
	v2_intermediate_read(sa, m);
	v2_read_natd(sa, m, false);
	v2_sa(sa)->peer_natd = message_notify(m, false, N_NAT_DETECTION_SOURCE_IP, &n);
}

/* ---- initiator ---- */

static void put_offer(struct ike_run *run)
{
	uint8_t mem[20 * 1024] __attribute__((aligned(16)));
	struct kw_arena arena = { .buf = mem, .cap = sizeof(mem) };
	struct proposal_list offer;

	if (proposal_offer(&run->sa->conn->conf->ike, 0, KW_SPAN(NULL, 0), &arena, &offer)) {
		run->out.w.bad = true;
		return;
	}
	chain_open(&run->out.chain, PAYLOAD_SA);
	proposal_v2_build(&run->out.w, &offer);
}

static enum ike_verdict send_request(struct ike_run *run)
{
	struct v2_sa *v2 = v2_sa(run->sa);

	if (exchange_begin(run, EXCHANGE_IKE_SA_INIT))
		return IKE_FAIL;
	v2->rounds++;
	if (v2->cookie.len)
		v2_put_notify(run, N_COOKIE, v2->cookie);	/* §2.6: as the first payload */
	put_offer(run);
	put_ke(run, v2->dh);
	chain_put(&run->out.chain, PAYLOAD_NONCE, v2_nonce_span(v2->ni));
	v2_put_natd(run);
	v2_put_notify(run, N_IKEV2_FRAGMENTATION_SUPPORTED, KW_SPAN(NULL, 0));
	put_hashes(run);
	v2_intermediate_offer(run);
	v2_redirect_offer(run);
	if (run->sa->conn->conf->ppk.len)
		v2_put_notify(run, N_USE_PPK, KW_SPAN(NULL, 0));
	return IKE_OK;
}

static enum ike_verdict request_with_new_dh(struct ike_run *run)
{
	struct dh_job *j = dh_job_done(run);
	struct v2_sa *v2 = v2_sa(run->sa);

	if (j->error) {
		failure_set(&run->failure, FAILURE_LOCAL, "key exchange group %u does not work: %s",
			    j->group, strerror(-j->error));
		return IKE_FAIL;
	}
	dh_free(v2->dh);
	v2->dh = dh_job_take(j);
	return send_request(run);
}

enum ike_verdict v2_init_start(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v2_sa *v2 = v2_sa(sa);

	v2->ke_group = proposal_first_ke(&sa->conn->conf->ike);
	v2_nonce_make(v2->ni);
	return dh_job_start(run, v2->ke_group, NULL, KW_SPAN(NULL, 0), request_with_new_dh);
}

enum ike_verdict v2_connect_start(struct ike_run *run)
{
	return v2_resume_wanted(run->sa) ? v2_resume_start(run) : v2_init_start(run);
}

static enum ike_verdict init_with_cookie(struct ike_run *run)
{
	struct v2_sa *v2 = v2_sa(run->sa);
	struct notify_payload n;

	if (!message_notify(run->in, false, N_COOKIE, &n) || !n.data.len || n.data.len > 64)
		return IKE_DROP;
	/* The same again is a duplicate on the wire; ever new ones are somebody else's. */
	if (kw_span_equal(n.data, v2->cookie) || v2->rounds >= ROUNDS_MAX)
		return IKE_DROP;
	if (v2_keep(&v2->cookie, n.data))
		return IKE_DROP;
	return send_request(run);
}

static enum ike_verdict init_with_other_group(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v2_sa *v2 = v2_sa(sa);
	struct notify_payload n;
	struct kw_reader r;
	uint16_t group;

	if (!message_notify(run->in, false, N_INVALID_KE_PAYLOAD, &n))
		return IKE_DROP;
	r = kw_reader(n.data);
	group = kw_get_be16(&r);
	if (r.bad || group == v2->ke_group || v2->rounds >= ROUNDS_MAX)
		return IKE_DROP;
	if (!proposal_has_ke(&sa->conn->conf->ike, group)) {
		/* §2.6.1: a group that we did not offer may be a forgery to weaken us. */
		failure_set(
			ike_sa_hint(sa), FAILURE_PROPOSAL,
			"the peer insists on key exchange group %u, which this connection does not allow",
			group);
		return IKE_DROP;
	}
	log_info(conn_name(sa->conn), "the peer wants key exchange group %u", group);
	v2->ke_group = group;
	return dh_job_start(run, group, NULL, KW_SPAN(NULL, 0), request_with_new_dh);
}

static enum ike_verdict init_redirected(struct ike_run *run)
{
	return v2_redirect_init(run) ? IKE_FAIL : IKE_DROP;
}

static enum ike_verdict init_refused(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct failure *f;
	struct notify_payload n;

	if (!message_error_notify(run->in, false, &n))
		return IKE_DROP;
	f = ike_sa_hint(sa);
	if (n.type == N_NO_PROPOSAL_CHOSEN) {
		proposal_list_print(f->ours, sizeof(f->ours), &sa->conn->conf->ike);
		failure_set(
			f, FAILURE_PROPOSAL,
			"the peer accepts none of our IKE proposals (NO_PROPOSAL_CHOSEN), or knows "
			"no connection for our address; ours: %.400s",
			f->ours);
	} else {
		failure_set(f, FAILURE_PEER, "the peer refused to begin: %s", notify_name(n.type));
	}
	return IKE_DROP;
}

/* RFC 4555 §3.3: with MOBIKE port 4500 is used even where there is no NAT yet. */
void v2_float(struct ike_sa *sa)
{
	if (sa->nat_local || sa->nat_remote ||
	    (sa->conn->conf->mobike == CONF_MOBIKE_YES && v2_sa(sa)->peer_natd))
		natd_float(sa);
}

static enum ike_verdict have_keys_initiator(struct ike_run *run)
{
	struct dh_job *j = dh_job_done(run);
	struct ike_sa *sa = run->sa;
	struct v2_sa *v2 = v2_sa(sa);
	int ret = j->error ? j->error : v2_keys_ike(sa, &j->g_ir, NULL, NULL, 0);

	if (ret) {
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the peer's key exchange value is not usable: %s", strerror(-ret));
		return IKE_FAIL;
	}
	v2_float(sa);
	v2->send_id = 1;
	return v2_intermediate_wanted(sa) ? v2_intermediate_start(run) : v2_auth_begin(run);
}

static enum ike_verdict init_complete(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v2_sa *v2 = v2_sa(sa);
	const struct ike_message *m = run->in;
	struct proposal_list answer;
	struct proposal_choice choice;
	struct ke_payload ke;
	char why[160];

	/* Whatever is wrong here may be a forgery: the true answer may still come. */
	if (proposal_v2_parse(message_find(m, PAYLOAD_SA, false, NULL)->body, &answer,
			      &run->in->arena, why, sizeof(why)) ||
	    ke_parse(message_find(m, PAYLOAD_KE, false, NULL)->body, &ke) ||
	    v2_nonce_read(v2->nr, m, false))
		return IKE_DROP;
	if (!proposal_accept(&sa->conn->conf->ike, &answer, PROTO_IKE, v2_intermediate_flags(m), &choice) ||
	    choice.suite.ke != ke.group || ke.group != v2->ke_group) {
		struct failure *f = ike_sa_hint(sa);

		proposal_explain(&sa->conn->conf->ike, &answer, PROTO_IKE, 0, f);
		failure_set(f, FAILURE_PROPOSAL,
			    "the peer chose a proposal that we did not offer: %s", f->theirs);
		return IKE_DROP;
	}
	ike_sa_forget_hint(sa);
	sa->suite = choice.suite;
	memcpy(sa->spi_r, m->h.spi_r, sizeof(sa->spi_r));
	read_abilities(sa, m);
	v2_certs_read(sa, m, false);
	v2_another_read(sa, m);
	if (v2_keep(&v2->init_r, m->raw))
		return IKE_FAIL;
	struct dh *dh = v2->dh;

	v2->dh = NULL;
	return dh_job_start(run, ke.group, dh, ke.data, have_keys_initiator);
}

/* ---- responder ---- */

static enum ike_verdict answer_init(struct ike_run *run)
{
	struct dh_job *j = dh_job_done(run);
	struct ike_sa *sa = run->sa;
	struct v2_sa *v2 = v2_sa(sa);
	uint8_t mem[1024] __attribute__((aligned(16)));
	struct kw_arena arena = { .buf = mem, .cap = sizeof(mem) };
	struct proposal_list theirs, answer;
	struct proposal_choice choice;
	char why[160];
	int ret = j->error ? j->error : v2_keys_ike(sa, &j->g_ir, NULL, NULL, 0);

	if (ret) {
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the peer's key exchange value is not usable: %s", strerror(-ret));
		return exchange_fail(run, N_INVALID_SYNTAX);
	}
	if (proposal_v2_parse(message_find(run->in, PAYLOAD_SA, false, NULL)->body, &theirs,
			      &run->in->arena, why, sizeof(why)) ||
	    !proposal_choose(&sa->conn->conf->ike, &theirs, PROTO_IKE, v2_intermediate_flags(run->in),
			     sa->suite.ke, &choice) ||
	    proposal_answer(&choice, 0, KW_SPAN(NULL, 0), &arena, &answer) ||
	    exchange_begin(run, EXCHANGE_IKE_SA_INIT))
		return IKE_FAIL;
	chain_open(&run->out.chain, PAYLOAD_SA);
	proposal_v2_build(&run->out.w, &answer);
	put_ke(run, j->dh);
	chain_put(&run->out.chain, PAYLOAD_NONCE, v2_nonce_span(v2->nr));
	v2_put_natd(run);
	v2_put_certreqs(run, false);
	v2_another_offer(run);
	if (sa->fragments)
		v2_put_notify(run, N_IKEV2_FRAGMENTATION_SUPPORTED, KW_SPAN(NULL, 0));
	put_hashes(run);
	v2_put_notify(run, N_CHILDLESS_IKEV2_SUPPORTED, KW_SPAN(NULL, 0));
	v2_intermediate_offer(run);
	if (v2_intermediate_wanted(sa))
		run->to = IKE_ST_KE_DONE;
	if (v2->use_ppk)
		v2_put_notify(run, N_USE_PPK, KW_SPAN(NULL, 0));
	rekey_limit_half_open(sa);
	return IKE_OK;
}

/* The first connection for these addresses that one of the peer's proposals fits. */
static struct conn *choose_conn(struct ike_run *run, const struct proposal_list *theirs,
				uint16_t ke_hint, struct proposal_choice *choice)
{
	struct conn *c[CANDIDATES_MAX];
	unsigned int n = auth_candidates(run->sa->e, run->sa->version, &run->in->local.addr,
					 &run->in->remote.addr, c, CANDIDATES_MAX);
	unsigned int flags = v2_intermediate_flags(run->in);
	char from[ENDPOINT_STRLEN];
	uint32_t held = 0;

	for (unsigned int i = 0; i < n; i++)
		if (proposal_choose(&c[i]->conf->ike, theirs, PROTO_IKE, flags, ke_hint, choice))
			return c[i];
	/* Any stranger can come here: the log is not his to fill. */
	if (!log_limit_ok(&run->sa->e->noise, engine_now(run->sa->e), 10, &held))
		return NULL;
	if (n) {
		proposal_explain(&c[0]->conf->ike, theirs, PROTO_IKE, flags, &run->failure);
		failure_say_proposal(&run->failure, "IKE");
		ike_sa_set_conn(run->sa, c[0]);
	} else {
		log_warn(
			NULL,
			"no connection is configured for a peer at %s (%u more of such lines held back)",
			endpoint_print(from, &run->in->remote), held);
	}
	return NULL;
}

static enum ike_verdict wrong_group(struct ike_run *run, uint16_t group)
{
	run->notify.data[0] = group >> 8;
	run->notify.data[1] = group & 0xff;
	run->notify.data_len = 2;
	return exchange_notify(run, N_INVALID_KE_PAYLOAD);
}

static enum ike_verdict init_respond(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v2_sa *v2 = v2_sa(sa);
	const struct ike_message *m = run->in;
	struct proposal_list theirs;
	struct proposal_choice choice;
	struct ke_payload ke;
	const char *elsewhere;
	struct conn *c;
	char why[160], from[ENDPOINT_STRLEN];

	if (proposal_v2_parse(message_find(m, PAYLOAD_SA, false, NULL)->body, &theirs,
			      &run->in->arena, why, sizeof(why)) ||
	    ke_parse(message_find(m, PAYLOAD_KE, false, NULL)->body, &ke) ||
	    v2_nonce_read(v2->ni, m, false)) {
		log_debug(endpoint_print(from, &m->remote), "IKE_SA_INIT does not parse");
		return exchange_notify(run, N_INVALID_SYNTAX);
	}
	c = choose_conn(run, &theirs, ke.group, &choice);
	if (!c)
		return exchange_notify(run, N_NO_PROPOSAL_CHOSEN);
	v2_redirect_read(sa, m);
	elsewhere = v2_redirect_before(run, c, false);
	if (elsewhere)
		return v2_redirect_away(run, elsewhere);
	if (choice.suite.ke != ke.group)
		return wrong_group(run, choice.suite.ke);
	ike_sa_set_conn(sa, c);
	sa->suite = choice.suite;
	v2_nonce_make(v2->nr);
	read_abilities(sa, m);
	if (v2_keep(&v2->init_i, m->raw))
		return IKE_FAIL;
	return dh_job_start(run, ke.group, NULL, ke.data, answer_init);
}

/* A message that belongs to no IKE SA: only the first of a new one may be answered. */
void v2_accept(struct engine *e, const struct ike_version *version, struct ike_message *m)
{
	static const uint8_t zero[IKE_SPI_LEN];
	struct kw_span body = KW_SPAN(m->raw.p + IKE_HEADER_LEN, m->raw.len - IKE_HEADER_LEN);
	bool first = v2_begins(m->h.exchange) && m->h.flags & IKE_FLAG_INITIATOR &&
		     !message_is_response(m) && !m->h.message_id &&
		     !memcmp(m->h.spi_r, zero, IKE_SPI_LEN) &&
		     memcmp(m->h.spi_i, zero, IKE_SPI_LEN);
	struct ike_sa *sa;

	if (!first)
		e->totals.rx_unknown_spi++;
	if (!first && m->h.exchange == EXCHANGE_INFORMATIONAL)
		v2_hear_rumour(e, m);
	if (!first)
		v2_crash_answer(e, m);
	if (!first || e->stopping)
		goto out;
	if (demux_wants_cookie(e, &m->remote.addr)) {
		if (message_add_chain(m, m->h.next_payload, body, false))
			goto out;
		if (!v2_cookie_good(e, m)) {
			v2_cookie_ask(e, m);
			goto out;
		}
		/* Its payloads will be walked again, from the start. */
		message_reset(m);
	}
	if (!demux_admit(e, &m->remote.addr))
		goto out;
	sa = ike_sa_new(e, version, IKE_RESPONDER, NULL);
	if (!sa)
		goto out;
	memcpy(sa->spi_i, m->h.spi_i, sizeof(sa->spi_i));
	sa->socket = m->socket;
	sa->local = m->local;
	sa->remote = m->remote;
	sa_table_add_peer(sa);
	exchange_receive(sa, m);
	/* Dropped without a job: not worth keeping. */
	if (sa->state == IKE_ST_NEW && !sa->run)
		ike_sa_close(sa, NULL);
	return;
out:
	message_free(m);
}

static const struct ike_step steps[] = {
	{
		/* RFC 7296 1.2: HDR, SAi1, KEi, Ni --> */
		.story =
			"responder chooses a proposal and a key exchange value, keeps a half-open IKE SA",
		.role = IKE_RESPONDER,
		.from = IN(IKE_ST_NEW),
		.to = IKE_ST_INIT_DONE,
		.need = P(PAYLOAD_SA) | P(PAYLOAD_KE) | P(PAYLOAD_NONCE),
		.may = P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR),
		.run = init_respond,
	},
	{
		/* <-- HDR, SAr1, KEr, Nr, [CERTREQ] */
		.story =
			"initiator has the responder's choice, derives keys and goes on to IKE_AUTH",
		.role = IKE_INITIATOR,
		.from = IN(IKE_ST_INIT_SENT),
		.to = IKE_ST_AUTH_SENT,
		.need = P(PAYLOAD_SA) | P(PAYLOAD_KE) | P(PAYLOAD_NONCE),
		.may = P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR) | P(PAYLOAD_CERTREQ),
		.run = init_complete,
	},
	{
		/* 2.6: <-- HDR, N(COOKIE) */
		.story =
			"initiator is asked to prove its address and repeats the request with the cookie",
		.role = IKE_INITIATOR,
		.from = IN(IKE_ST_INIT_SENT),
		.to = IKE_ST_INIT_SENT,
		.need = P(PAYLOAD_NOTIFY),
		.notify = N_COOKIE,
		.run = init_with_cookie,
	},
	{
		/* RFC 5685 3: <-- HDR, N(REDIRECT, New_GW_ID, Ni_data) */
		.story = "initiator is sent to another gateway",
		.role = IKE_INITIATOR,
		.from = IN(IKE_ST_INIT_SENT),
		.to = IKE_ST_SAME,
		.need = P(PAYLOAD_NOTIFY),
		.notify = N_REDIRECT,
		.may = P(PAYLOAD_VENDOR),
		.run = init_redirected,
	},
	{
		/* 1.2: <-- HDR, N(INVALID_KE_PAYLOAD) */
		.story =
			"initiator guessed the group wrong and repeats the request with the right one",
		.role = IKE_INITIATOR,
		.from = IN(IKE_ST_INIT_SENT),
		.to = IKE_ST_INIT_SENT,
		.need = P(PAYLOAD_NOTIFY),
		.notify = N_INVALID_KE_PAYLOAD,
		.run = init_with_other_group,
	},
	{
		/* 2.21.1: <-- HDR, N(error) */
		.story = "initiator is refused, notes why, and waits a little for a better answer",
		.role = IKE_INITIATOR,
		.from = IN(IKE_ST_INIT_SENT),
		.to = IKE_ST_SAME,
		.need = P(PAYLOAD_NOTIFY),
		.run = init_refused,
	},
};

const struct ike_exchange v2_ike_sa_init = {
	.type = EXCHANGE_IKE_SA_INIT,
	.name = "IKE_SA_INIT",
	.step = steps,
	.n = sizeof(steps) / sizeof(steps[0]),
};
