// SPDX-License-Identifier: GPL-2.0
/*
 * IKE_AUTH: both sides prove who they are, and the first child is made.
 *
 *   HDR, SK {IDi, [CERT+,] [N(INITIAL_CONTACT),] [CERTREQ,] [IDr,] AUTH, SAi2, TSi, TSr}  -->
 *                                 <--  HDR, SK {IDr, [CERT+,] AUTH, SAr2, TSi, TSr}
 *                                 <--  HDR, SK {IDr, [CERT+,] AUTH, N(error)}     IKE SA without a child
 *                                 <--  HDR, SK {N(AUTHENTICATION_FAILED)}
 *
 * A child that is refused leaves the IKE SA standing (§1.2). Without AUTH in the first request the initiator
 * proves itself by EAP (eap.c), and the exchange has more messages; what ends it is the same.
 * Of a gateway for remote access there is also CP in both (cp.c). Behind IKE_SESSION_RESUME (resume.c) there are no
 * certificates, and AUTH shows that both sides know the IKE SA that they go on from.
 *
 * RFCs: 7296 §1.2, §2.15, §2.16, §2.21.2; 4739 (another_auth.c); 5998; 7427; 7670.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ike/connect.h"
#include "ike/exchange.h"
#include "ike/rekey.h"
#include "ikev2/another_auth.h"
#include "ikev2/auth.h"
#include "ikev2/auth_steps.h"
#include "ikev2/certreq.h"
#include "ikev2/cp.h"
#include "ikev2/crash.h"
#include "ikev2/eap.h"
#include "ikev2/keys.h"
#include "ikev2/mobike.h"
#include "ikev2/nego.h"
#include "ikev2/ppk.h"
#include "ikev2/redirect.h"
#include "ikev2/resume.h"
#include "ikev2/sk.h"
#include "ikev2/version.h"
#include "wire/names.h"

/* ---- pieces ---- */

static void put_id(struct ike_run *run, uint8_t type, const struct ident *id)
{
	chain_open(&run->out.chain, type);
	id_build(&run->out.w, id->type, KW_SPAN(id->data, id->len));
}

static void put_auth(struct ike_run *run, const struct v2_proof *proof)
{
	chain_open(&run->out.chain, PAYLOAD_AUTH);
	auth_build(&run->out.w, proof->method, KW_SPAN(proof->data, proof->len));
}

static int read_peer(const struct ike_message *m, uint8_t id_type, struct v2_peer_auth *out)
{
	const struct payload *id = message_find(m, id_type, true, NULL);
	const struct payload *auth = message_find(m, PAYLOAD_AUTH, true, NULL);

	out->id_body = id->body;
	return id_parse(id->body, &out->id) || auth_parse(auth->body, &out->auth) ? -1 : 0;
}

/* Whom the IKE SA before or EAP proved, or whom the ID payload names: what stands in it before EAP nobody has proved. */
static int keep_remote_id(struct ike_sa *sa, const struct id_payload *id)
{
	const struct v2_sa *v2 = v2_sa(sa);
	const struct ident *user = v2->session ? &v2->session->peer : v2->eap ? v2_eap_user(v2) : NULL;

	ident_drop(&sa->remote_id);
	if (user && user->type)
		return ident_copy(&sa->remote_id, user->type, KW_SPAN(user->data, user->len));
	return ident_copy(&sa->remote_id, id->type, id->data);
}

static bool by_eap_alone(const struct conf_conn *conf)
{
	return conf->local_auth == CONF_AUTH_EAP && conf->remote_auth == CONF_AUTH_EAP;
}

/* ---- initiator ---- */

/* One that a NAT keeps from coming up would take the IKE SA along. */
static const struct conf_child *first_wanted(const struct ike_sa *sa)
{
	const struct conf_conn *conf = sa->conn->conf;
	const uint32_t missing = conn_missing(sa->conn);
	struct failure f = { 0 };

	for (unsigned int i = 0; i < conf->n_child; i++)
		if (missing & 1u << i && !child_has_no_way(sa, &conf->child[i], &f))
			return &conf->child[i];
	return &conf->child[missing ? ffs(missing) - 1 : 0];
}

static struct v2_nego *first_child(struct ike_run *run)
{
	struct v2_nego *n = v2_nego_new(run->sa->e);

	if (!n)
		return NULL;
	n->ni = *v2_sa(run->sa)->ni;
	n->nr = *v2_sa(run->sa)->nr;
	n->flags = PROPOSAL_NO_KE;
	n->conf = first_wanted(run->sa);
	return n;
}

/* proof NULL: by EAP, which the responder is to begin. */
static enum ike_verdict send_first(struct ike_run *run, const struct v2_proof *proof)
{
	struct ike_sa *sa = run->sa;
	const struct session *session = v2_sa(sa)->session;
	bool childless = sa->conn->conf->childless && v2_sa(sa)->childless;
	struct v2_nego *n = childless ? NULL : first_child(run);

	if ((!n && !childless) || exchange_begin(run, EXCHANGE_IKE_AUTH)) {
		free(n);
		return IKE_FAIL;
	}
	run->task->priv = n;
	run->task->priv_free = v2_nego_free;
	put_id(run, PAYLOAD_IDI, &sa->local_id);
	if (!session)
		v2_put_certs(run);
	if (connect_is_first_contact(sa))
		v2_put_notify(run, N_INITIAL_CONTACT, KW_SPAN(NULL, 0));
	v2_mobike_offer(run);
	if (!session) {
		v2_another_put(run);
		v2_put_certreqs(run, true);
	}
	if (session)
		put_id(run, PAYLOAD_IDR, &session->peer);
	else if (sa->conn->conf->remote_id.type)
		put_id(run, PAYLOAD_IDR, &sa->conn->conf->remote_id);
	if (proof) {
		put_auth(run, proof);
		v2_crash_put(run, sa);
	}
	if (proof && !session)
		v2_ppk_put(run, v2_auth_plain_proof(run));
	if (!session && by_eap_alone(sa->conn->conf))
		v2_put_notify(run, N_EAP_ONLY_AUTHENTICATION, KW_SPAN(NULL, 0));
	v2_ticket_ask(run);
	v2_cp_ask(run);
	if (childless)
		return IKE_OK;
	v2_nego_put_mode(run, n);
	if (v2_nego_put_offer(run, n))
		return IKE_FAIL;
	v2_nego_put_ts(run, n);
	return IKE_OK;
}

static enum ike_verdict send_auth(struct ike_run *run)
{
	const struct v2_proof *proof = v2_auth_proof(run);

	return proof ? send_first(run, proof) : IKE_FAIL;
}

/* RFC 5723 §4.3.3: under the same identity, and with what the IKE SA before left. */
static enum ike_verdict resume_begin(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct ident *own = &v2_sa(sa)->session->own;
	struct v2_proof proof;

	if (ident_copy(&sa->local_id, own->type, KW_SPAN(own->data, own->len)) || v2_resume_proof(sa, &proof)) {
		failure_set(&run->failure, FAILURE_LOCAL, "no AUTH payload could be made to resume the IKE SA");
		return IKE_FAIL;
	}
	return send_first(run, &proof);
}

enum ike_verdict v2_auth_begin(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct conf_conn *conf = sa->conn->conf;

	if (v2_sa(sa)->session)
		return resume_begin(run);
	if (auth_local_id(sa->conn, &sa->local.addr, &sa->local_id)) {
		failure_set(&run->failure, FAILURE_LOCAL, "no memory for an identity");
		return IKE_FAIL;
	}
	if (!v2_another_possible(run))
		return IKE_FAIL;
	if (v2_ppk_begin(sa)) {
		failure_set(&run->failure, FAILURE_LOCAL, "the PPK could not be mixed in");
		return IKE_FAIL;
	}
	if ((conf->remote_auth == CONF_AUTH_EAP && !by_eap_alone(conf)) || conf->remote_again) {
		failure_set(&run->failure, FAILURE_LOCAL,
			    "the peer proves itself by EAP here, so only it can begin");
		return IKE_FAIL;
	}
	if (conf->local_auth == CONF_AUTH_EAP)
		return send_first(run, NULL);
	return v2_auth_work(run, NULL, true, send_auth);
}

static void explain_refused_child(struct ike_run *run, struct failure *f)
{
	struct notify_payload n = { 0 };
	const struct v2_nego *nego = run->task->priv;

	message_error_notify(run->in, true, &n);
	switch (n.type) {
	case N_NO_PROPOSAL_CHOSEN:
		proposal_list_print(f->ours, sizeof(f->ours), conf_child_offer(nego->conf));
		failure_set(
			f, FAILURE_PROPOSAL,
			"the peer accepts none of our %s proposals (NO_PROPOSAL_CHOSEN); ours: "
			"%.400s. Its log says which part differs",
			protocol_name(conf_child_protocol(nego->conf)), f->ours);
		break;
	case N_TS_UNACCEPTABLE:
		v2_nego_explain_ts(run, run->task->priv);
		break;
	case N_FAILED_CP_REQUIRED:
		failure_set(f, FAILURE_PEER,
			    "the gateway assigns addresses and we asked for none (FAILED_CP_REQUIRED): set virtual-address = yes");
		break;
	default:
		failure_set(f, FAILURE_PEER, "the peer refused the child SA: %s",
			    n.type ? notify_name(n.type) : "it sent none, and no reason");
	}
}

/* The IKE SA stands; the child, if there is one, is installed. Its failure is not the IKE SA's. */
static void take_first_child(struct ike_run *run)
{
	struct v2_nego *n = run->task->priv;
	const struct kw_secret none = { 0 };
	struct child_sa *c = NULL, *old;

	if (!message_find(run->in, PAYLOAD_SA, true, NULL))
		explain_refused_child(run, &run->failure);
	else if (!v2_nego_read_answer(run, n))
		c = v2_nego_install(run, n, &none, false);
	if (c) {
		old = child_of_old_sa(run->sa, c->conf, &n->local_ts, &n->remote_ts);
		if (old)
			child_replaced(old, c);
		child_up(c);
		rekey_prove_pfs(c);
		return;
	}
	if (message_find(run->in, PAYLOAD_SA, true, NULL))
		v2_nego_give_back(run, n);
	conn_fail(run->sa->conn, &run->failure);
	run->failure.kind = FAILURE_NONE;
	connect_on_child_gone(run->sa->conn, run->sa);
}

/* §2.21.2: the responder believes the SA is up, so it is told in an exchange of its own. */
static enum ike_verdict disown_peer(struct ike_run *run)
{
	struct ike_task *t;

	run->task_done = true;
	run->to = IKE_ST_SAME;
	t = task_add(run->sa, IKE_TASK_IKE_DELETE, 0);
	if (!t)
		return IKE_FAIL;
	t->auth_failed = true;
	return IKE_NOTIFY;
}

/* Nothing could go through: all of it again, later. */
static void leave_without_address(struct ike_run *run)
{
	conn_fail(run->sa->conn, &run->failure);
	run->failure.kind = FAILURE_NONE;
	task_add(run->sa, IKE_TASK_IKE_DELETE, 0);
}

static enum ike_verdict take_peer(struct ike_run *run, const struct auth_evidence *ev)
{
	struct ike_sa *sa = run->sa;

	if (!auth_decide(sa, ev, &run->failure))
		return disown_peer(run);
	if (keep_remote_id(sa, ev->peer_id))
		return IKE_FAIL;
	v2_mobike_read(sa, run->in);
	ike_sa_set_state(sa, IKE_ST_ESTABLISHED);
	v2_init_settled(v2_sa(sa));
	v2_keys_export(sa);
	ike_sa_established(sa, false);
	v2_crash_read(sa, run->in);
	v2_ticket_take(run);
	if (v2_redirect_authentic(run))
		run->to = IKE_ST_SAME;
	else if (!v2_cp_take(run))
		leave_without_address(run);
	else if (run->task->priv)
		take_first_child(run);
	else
		connect_on_childless(sa);
	run->task_done = true;
	return IKE_OK;
}

/* RFC 4739: the responder has shown who it is, and wants to know more of us. */
static enum ike_verdict prove_again(struct ike_run *run)
{
	const struct payload *id = message_find(run->in, PAYLOAD_IDR, true, NULL);
	const struct auth_evidence *ev = v2_auth_evidence(run);

	if (!auth_check(ev, &run->failure) || v2_eap_asked(run->sa, id->body, ev) ||
	    exchange_begin(run, EXCHANGE_IKE_AUTH))
		return IKE_FAIL;
	put_id(run, PAYLOAD_IDI, &run->sa->local_id);
	run->to = IKE_ST_SAME;
	return IKE_OK;
}

static enum ike_verdict peer_checked(struct ike_run *run)
{
	return run->sa->conn->conf->local_again ? prove_again(run) : take_peer(run, v2_auth_evidence(run));
}

static enum ike_verdict eap_complete(struct ike_run *run)
{
	const struct auth_evidence *ev = v2_eap_evidence(run);

	return ev ? take_peer(run, ev) : disown_peer(run);
}

static enum ike_verdict resume_complete(struct ike_run *run)
{
	struct v2_peer_auth peer;
	struct auth_evidence ev;

	if (read_peer(run->in, PAYLOAD_IDR, &peer)) {
		failure_set(&run->failure, FAILURE_PROTOCOL, "the peer's ID or AUTH payload does not parse");
		return disown_peer(run);
	}
	v2_resume_evidence(run->sa, &peer, &ev);
	return take_peer(run, &ev);
}

static enum ike_verdict auth_complete(struct ike_run *run)
{
	struct v2_peer_auth peer;

	if (v2_sa(run->sa)->session)
		return resume_complete(run);
	if (v2_sa(run->sa)->eap)
		return eap_complete(run);
	if (run->sa->conn->conf->local_auth == CONF_AUTH_EAP) {
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the peer lets us in without the EAP that auth asks for");
		return disown_peer(run);
	}
	if (read_peer(run->in, PAYLOAD_IDR, &peer)) {
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the peer's ID or AUTH payload does not parse");
		return disown_peer(run);
	}
	if (!v2_ppk_answered(run))
		return disown_peer(run);
	return v2_auth_work(run, &peer, false, peer_checked);
}

/* The responder must have shown who it is before it is told anything (§2.16). */
static enum ike_verdict gateway_checked(struct ike_run *run)
{
	const struct auth_evidence *ev = v2_auth_evidence(run);
	const struct payload *id = message_find(run->in, PAYLOAD_IDR, true, NULL);

	if (!auth_check(ev, &run->failure))
		return IKE_FAIL;
	if (v2_eap_asked(run->sa, id->body, ev))
		return IKE_FAIL;
	return v2_eap_step(run);
}

static enum ike_verdict eap_first_answer(struct ike_run *run)
{
	const struct payload *id = message_find(run->in, PAYLOAD_IDR, true, NULL);
	const struct payload *auth = message_find(run->in, PAYLOAD_AUTH, true, NULL);
	struct v2_peer_auth peer;

	if (id && by_eap_alone(run->sa->conn->conf))
		return v2_eap_asked(run->sa, id->body, NULL) ? IKE_FAIL : v2_eap_step(run);
	if (!id || !auth || read_peer(run->in, PAYLOAD_IDR, &peer)) {
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the peer begins EAP without proving itself: it wants EAP alone (RFC 5998), but auth here says otherwise");
		return IKE_FAIL;
	}
	return v2_auth_work(run, &peer, false, gateway_checked);
}

static enum ike_verdict eap_answer(struct ike_run *run)
{
	const struct conf_conn *conf = run->sa->conn->conf;

	if (conf->local_auth != CONF_AUTH_EAP && !(conf->local_again && v2_sa(run->sa)->eap)) {
		failure_set(&run->failure, FAILURE_REFUSED, "the peer wants EAP, which auth does not name");
		return IKE_FAIL;
	}
	return v2_sa(run->sa)->eap ? v2_eap_step(run) : eap_first_answer(run);
}

static enum ike_verdict auth_refused(struct ike_run *run)
{
	const struct ike_sa *sa = run->sa;
	const struct conf_conn *conf = sa->conn->conf;
	struct notify_payload n = { 0 };
	char id[IDENT_STRLEN];

	if (!message_error_notify(run->in, true, &n)) {
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the peer answered IKE_AUTH without proving itself");
		return IKE_FAIL;
	}
	/* Some refuse the child without proving themselves: without one they want nothing. */
	if (run->task->priv && (n.type == N_NO_PROPOSAL_CHOSEN || n.type == N_TS_UNACCEPTABLE)) {
		explain_refused_child(run, &run->failure);
		return IKE_FAIL;
	}
	if (v2_sa(sa)->session || n.type != N_AUTHENTICATION_FAILED) {
		failure_set(&run->failure, FAILURE_PEER, "the peer refused %s: %s",
			    v2_sa(sa)->session ? "to resume an earlier IKE SA" : "IKE_AUTH",
			    notify_name(n.type));
		return IKE_FAIL;
	}
	ident_print(id, sa->local_id.type, KW_SPAN(sa->local_id.data, sa->local_id.len));
	snprintf(run->failure.ours, sizeof(run->failure.ours), "%s", id);
	failure_set(
		&run->failure, FAILURE_REFUSED,
		"the peer refused our authentication as \"%s\" "
		"(AUTHENTICATION_FAILED): it expects another identity, or %s. Its log says which",
		id,
		conf->local_auth == CONF_AUTH_PSK      ? "the pre-shared keys differ"
		: conf->local_auth == CONF_AUTH_PUBKEY ? "it does not have our public key"
		: conf->local_auth == CONF_AUTH_EAP    ? "our EAP is not to its liking"
						       : "it does not trust our certificate");
	return IKE_FAIL;
}

/* ---- responder ---- */

/* A child, or the notify that says why not; its failure is not the IKE SA's. run->in asks for it. */
static void answer_first_child(struct ike_run *run)
{
	const struct kw_secret none = { 0 };
	struct v2_nego *n = run->priv;
	struct child_sa *old = NULL;
	uint16_t refuse = v2_cp_answer(run);

	if (!refuse && !message_find(run->in, PAYLOAD_SA, true, NULL))
		return;		/* RFC 6023: an IKE SA without a child was asked for */
	if (!refuse)
		refuse = v2_nego_choose(run, n, 0);
	/* Reauthentication: the peer has the new child only when it has our answer; till then the old one sends. */
	if (!refuse)
		old = child_of_old_sa(run->sa, n->conf, &n->local_ts, &n->remote_ts);
	if (old)
		n->replaces = old->id;
	if (!refuse)
		refuse = v2_nego_make(run, n, &none, old);
	if (!refuse && old)
		child_replaced(old, child_find(n->e, n->child_id));
	if (!refuse) {
		v2_nego_put_mode(run, n);
		v2_nego_put_answer(run, n);
		v2_nego_put_ts(run, n);
		child_up(child_find(n->e, n->child_id));
		return;
	}
	v2_put_notify(run, refuse, KW_SPAN(NULL, 0));
	conn_fail(run->sa->conn, &run->failure);
	run->failure.kind = FAILURE_NONE;
}

/*
 * The initiator has proved itself: the last answer. asked is its request for a child, which after EAP is an earlier
 * one than run->in.
 */
static enum ike_verdict let_in(struct ike_run *run, const struct v2_proof *proof, struct ike_message *asked)
{
	struct ike_message *last = run->in;
	struct ike_sa *sa = run->sa;
	struct notify_payload n;
	bool contact = message_notify(asked, true, N_INITIAL_CONTACT, &n);

	if (!connect_may_establish(sa->conn, sa, contact)) {
		failure_set(&run->failure, FAILURE_REFUSED,
			    "the peer has an IKE SA already and unique = keep: this one is refused");
		return exchange_fail(run, N_AUTHENTICATION_FAILED);
	}
	run->priv = first_child(run);
	run->priv_free = v2_nego_free;
	if (!run->priv || exchange_begin(run, EXCHANGE_IKE_AUTH))
		return exchange_fail(run, N_AUTHENTICATION_FAILED);
	/* The peer may have floated to port 4500 with this message: children need its new address. */
	exchange_follow(run);
	if (asked == last)
		put_id(run, PAYLOAD_IDR, &sa->local_id);
	if (asked == last && !v2_sa(sa)->session)
		v2_put_certs(run);
	put_auth(run, proof);
	v2_crash_put(run, sa);
	v2_crash_read(sa, last);
	if (v2_sa(sa)->ppk_mixed)
		v2_put_notify(run, N_PPK_IDENTITY, KW_SPAN(NULL, 0));
	v2_mobike_read(sa, asked);
	v2_mobike_offer(run);
	ike_sa_set_state(sa, IKE_ST_ESTABLISHED);
	v2_init_settled(v2_sa(sa));
	v2_keys_export(sa);
	ike_sa_established(sa, contact);
	v2_redirect_soon(sa);
	v2_ticket_answer(run, asked);
	run->in = asked;
	answer_first_child(run);
	run->in = last;
	return IKE_OK;
}

/* RFC 4739: its first proof is good, and now it is to prove itself by EAP. */
static enum ike_verdict ask_again(struct ike_run *run, const struct auth_evidence *ev)
{
	const struct payload *id = message_find(run->in, PAYLOAD_IDI, true, NULL);
	const struct v2_proof *proof;

	if (!auth_check(ev, &run->failure))
		return exchange_fail(run, N_AUTHENTICATION_FAILED);
	proof = v2_auth_proof(run);
	if (!proof || v2_eap_begin_again(run, id->body, ev) || exchange_begin(run, EXCHANGE_IKE_AUTH))
		return exchange_fail(run, N_AUTHENTICATION_FAILED);
	put_id(run, PAYLOAD_IDR, &run->sa->local_id);
	v2_put_certs(run);
	put_auth(run, proof);
	run->to = IKE_ST_SAME;
	return IKE_OK;
}

static enum ike_verdict initiator_checked(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct auth_evidence *ev = v2_auth_evidence(run);
	const struct v2_proof *proof;

	if (sa->conn->conf->remote_again)
		return ask_again(run, ev);
	if (!auth_decide(sa, ev, &run->failure) || keep_remote_id(sa, ev->peer_id))
		return exchange_fail(run, N_AUTHENTICATION_FAILED);
	proof = v2_auth_proof(run);
	return proof ? let_in(run, proof, run->in) : exchange_fail(run, N_AUTHENTICATION_FAILED);
}

static bool read_ts(const struct ike_message *m, struct ts_list *tsi, struct ts_list *tsr)
{
	const struct payload *i = message_find(m, PAYLOAD_TSI, true, NULL);
	const struct payload *r = message_find(m, PAYLOAD_TSR, true, NULL);
	char why[160];

	return i && r && !ts_parse(i->body, tsi, why, sizeof(why)) &&
	       !ts_parse(r->body, tsr, why, sizeof(why));
}

/* The connection that the first request is for, with our identity on it. method: AUTH_NONE for EAP. */
static struct conn *choose_conn(struct ike_run *run, const struct id_payload *peer_id, uint8_t method)
{
	struct ike_sa *sa = run->sa;
	const struct payload *idr = message_find(run->in, PAYLOAD_IDR, true, NULL);
	struct id_payload wanted;
	struct auth_request r = {
		.version = sa->version,
		.local = &run->in->local.addr, .remote = &run->in->remote.addr, .peer_id = peer_id,
		.suite = &sa->suite, .method = method,
	};
	struct ts_list tsi, tsr;
	struct conn *c;

	if (idr && !id_parse(idr->body, &wanted))
		r.wanted_id = &wanted;
	if (read_ts(run->in, &tsi, &tsr)) {
		r.tsi = &tsi;
		r.tsr = &tsr;
	}
	c = auth_select(sa->e, &r, &run->failure);
	if (!c)
		return NULL;
	ike_sa_set_conn(sa, c);
	v2_certs_read(sa, run->in, true);
	return auth_local_id(c, &sa->local.addr, &sa->local_id) ? NULL : c;
}

static enum ike_verdict bad_payload(struct ike_run *run)
{
	failure_set(&run->failure, FAILURE_PROTOCOL, "the peer's ID or AUTH payload does not parse");
	return exchange_fail(run, N_INVALID_SYNTAX);
}

static bool idr_parses(const struct ike_message *m)
{
	const struct payload *idr = message_find(m, PAYLOAD_IDR, true, NULL);
	struct id_payload id;

	return !idr || !id_parse(idr->body, &id);
}

/* The connection is known from the ticket, and both identities. */
static enum ike_verdict resume_respond(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct v2_peer_auth peer;
	struct auth_evidence ev;
	struct v2_proof proof;

	if (read_peer(run->in, PAYLOAD_IDI, &peer) || !idr_parses(run->in))
		return bad_payload(run);
	v2_resume_evidence(sa, &peer, &ev);
	if (!auth_decide(sa, &ev, &run->failure) || !v2_resume_once(run) || keep_remote_id(sa, ev.peer_id) ||
	    v2_resume_proof(sa, &proof))
		return exchange_fail(run, N_AUTHENTICATION_FAILED);
	return let_in(run, &proof, run->in);
}

static enum ike_verdict auth_respond(struct ike_run *run)
{
	struct v2_peer_auth peer;
	struct conn *c;

	if (v2_sa(run->sa)->session)
		return resume_respond(run);
	if (v2_sa(run->sa)->eap || read_peer(run->in, PAYLOAD_IDI, &peer) || !idr_parses(run->in))
		return bad_payload(run);
	c = choose_conn(run, &peer.id, peer.auth.method);
	if (c && conf_eap_client(c->conf) && c->conf->remote_auth != CONF_AUTH_EAP) {
		failure_set(&run->failure, FAILURE_REFUSED,
			    "the peer begins, but this side proves itself by EAP, and only who begins can do that");
		c = NULL;
	}
	if (!c || !v2_another_fits(run) || !v2_ppk_asked(run, &peer))
		return exchange_fail(run, N_AUTHENTICATION_FAILED);
	return v2_auth_work(run, &peer, true, initiator_checked);
}

/* ---- responder, the initiator proves itself by EAP ---- */

static enum ike_verdict eap_open_answer(struct ike_run *run, const struct v2_proof *proof)
{
	const struct payload *id = message_find(run->in, PAYLOAD_IDI, true, NULL);

	if (v2_eap_begin(run, id->body) || exchange_begin(run, EXCHANGE_IKE_AUTH))
		return exchange_fail(run, N_AUTHENTICATION_FAILED);
	put_id(run, PAYLOAD_IDR, &run->sa->local_id);
	v2_put_certs(run);
	if (proof)
		put_auth(run, proof);
	return v2_eap_put_first(run) ? exchange_fail(run, N_AUTHENTICATION_FAILED) : IKE_OK;
}

static enum ike_verdict eap_proof_made(struct ike_run *run)
{
	const struct v2_proof *proof = v2_auth_proof(run);

	return proof ? eap_open_answer(run, proof) : exchange_fail(run, N_AUTHENTICATION_FAILED);
}

/* RFC 4739: who it is now, which need not be who it was. */
static enum ike_verdict eap_named(struct ike_run *run, const struct payload *id)
{
	struct id_payload peer_id;

	if (id_parse(id->body, &peer_id))
		return bad_payload(run);
	if (v2_eap_take_id(v2_sa(run->sa), id->body) || exchange_begin(run, EXCHANGE_IKE_AUTH) || v2_eap_put_first(run))
		return exchange_fail(run, N_AUTHENTICATION_FAILED);
	return IKE_OK;
}

static enum ike_verdict eap_respond(struct ike_run *run)
{
	const struct payload *p = message_find(run->in, PAYLOAD_IDI, true, NULL);
	struct id_payload peer_id;
	struct notify_payload only;
	char id[IDENT_STRLEN];
	struct conn *c;

	if (v2_eap_awaits_id(v2_sa(run->sa)))
		return eap_named(run, p);
	if (v2_sa(run->sa)->session || v2_sa(run->sa)->eap || id_parse(p->body, &peer_id) ||
	    !idr_parses(run->in))
		return bad_payload(run);
	c = choose_conn(run, &peer_id, AUTH_NONE);
	if (!c)
		return exchange_fail(run, N_AUTHENTICATION_FAILED);
	ident_print(id, peer_id.type, peer_id.data);
	if (c->conf->remote_auth != CONF_AUTH_EAP) {
		failure_set(&run->failure, FAILURE_REFUSED,
			    "\"%s\" authenticates by EAP, but this connection wants %s", id,
			    c->conf->remote_auth == CONF_AUTH_PSK ? "a pre-shared key" : "a signature");
		return exchange_fail(run, N_AUTHENTICATION_FAILED);
	}
	if (!by_eap_alone(c->conf))
		return v2_auth_work(run, NULL, true, eap_proof_made);
	if (message_notify(run->in, true, N_EAP_ONLY_AUTHENTICATION, &only))
		return eap_open_answer(run, NULL);
	failure_set(&run->failure, FAILURE_REFUSED,
		    "\"%s\" wants our certificate beside EAP, but auth = eap here: write auth = cert, eap",
		    id);
	return exchange_fail(run, N_AUTHENTICATION_FAILED);
}

static enum ike_verdict eap_finish(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct auth_evidence *ev = v2_eap_evidence(run);
	struct v2_proof proof;

	if (!ev || !auth_decide(sa, ev, &run->failure) || keep_remote_id(sa, ev->peer_id) ||
	    v2_eap_proof(sa, &proof))
		return exchange_fail(run, N_AUTHENTICATION_FAILED);
	return let_in(run, &proof, v2_eap_first(v2_sa(sa)));
}

static const struct ike_step steps[] = {
	{
		/* RFC 7296 1.2: HDR, SK {IDi, [CERT,] [CERTREQ,] [IDr,] AUTH, SAi2, TSi, TSr} --> */
		.story =
			"responder checks the initiator's proof, proves itself and makes the first child",
		.role = IKE_RESPONDER,
		.from = IN(IKE_ST_INIT_DONE),
		.to = IKE_ST_ESTABLISHED,
		.need = P(PAYLOAD_IDI) | P(PAYLOAD_AUTH),
		.may = P(PAYLOAD_CERT) | P(PAYLOAD_CERTREQ) | P(PAYLOAD_IDR) | P(PAYLOAD_SA) |
		       P(PAYLOAD_TSI) | P(PAYLOAD_TSR) | P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR) |
		       P(PAYLOAD_CP),
		.in_sk = true,
		.run = auth_respond,
	},
	{
		/* 2.16: HDR, SK {IDi, [CERTREQ,] [IDr,] SAi2, TSi, TSr} --> */
		.story =
			"responder proves itself and begins EAP, by which the initiator is to prove itself, or begins it behind another proof",
		.role = IKE_RESPONDER,
		.from = IN(IKE_ST_INIT_DONE),
		.to = IKE_ST_SAME,
		.need = P(PAYLOAD_IDI),
		.may = P(PAYLOAD_CERTREQ) | P(PAYLOAD_IDR) | P(PAYLOAD_SA) | P(PAYLOAD_TSI) |
		       P(PAYLOAD_TSR) | P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR) | P(PAYLOAD_CP),
		.in_sk = true,
		.run = eap_respond,
	},
	{
		/* HDR, SK {EAP} --> */
		.story = "responder goes on with EAP",
		.role = IKE_RESPONDER,
		.from = IN(IKE_ST_INIT_DONE),
		.to = IKE_ST_SAME,
		.need = P(PAYLOAD_EAP),
		.may = P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR),
		.in_sk = true,
		.run = v2_eap_step,
	},
	{
		/* HDR, SK {AUTH} --> */
		.story = "responder checks that EAP was done with this initiator, and makes the first child",
		.role = IKE_RESPONDER,
		.from = IN(IKE_ST_INIT_DONE),
		.to = IKE_ST_ESTABLISHED,
		.need = P(PAYLOAD_AUTH),
		.may = P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR),
		.in_sk = true,
		.run = eap_finish,
	},
	{
		/* <-- HDR, SK {[IDr, [CERT+,] [AUTH,]] EAP} */
		.story = "initiator checks the responder's proof, if it is the first answer, and goes on with EAP",
		.role = IKE_INITIATOR,
		.from = IN(IKE_ST_AUTH_SENT),
		.to = IKE_ST_SAME,
		.need = P(PAYLOAD_EAP),
		.may = P(PAYLOAD_IDR) | P(PAYLOAD_CERT) | P(PAYLOAD_AUTH) | P(PAYLOAD_NOTIFY) |
		       P(PAYLOAD_VENDOR),
		.in_sk = true,
		.run = eap_answer,
	},
	{
		/* <-- HDR, SK {IDr, [CERT,] AUTH, SAr2, TSi, TSr} or with N(error) in place of the child */
		.story =
			"initiator checks the responder's proof and installs the first child, or goes on to prove itself by EAP too",
		.role = IKE_INITIATOR,
		.from = IN(IKE_ST_AUTH_SENT),
		.to = IKE_ST_ESTABLISHED,
		.need = P(PAYLOAD_IDR) | P(PAYLOAD_AUTH),
		.may = P(PAYLOAD_CERT) | P(PAYLOAD_SA) | P(PAYLOAD_TSI) | P(PAYLOAD_TSR) |
		       P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR) | P(PAYLOAD_CP),
		.in_sk = true,
		.run = auth_complete,
	},
	{
		/* <-- HDR, SK {AUTH, SAr2, TSi, TSr} after EAP */
		.story = "initiator checks that EAP was done with this responder and installs the first child",
		.role = IKE_INITIATOR,
		.from = IN(IKE_ST_AUTH_SENT),
		.to = IKE_ST_ESTABLISHED,
		.need = P(PAYLOAD_AUTH),
		.may = P(PAYLOAD_SA) | P(PAYLOAD_TSI) | P(PAYLOAD_TSR) | P(PAYLOAD_NOTIFY) |
		       P(PAYLOAD_VENDOR) | P(PAYLOAD_CP),
		.in_sk = true,
		.run = eap_complete,
	},
	{
		/* 2.21.2: <-- HDR, SK {N(error)} */
		.story = "initiator is refused",
		.role = IKE_INITIATOR,
		.from = IN(IKE_ST_AUTH_SENT),
		.to = IKE_ST_SAME,
		.may = P(PAYLOAD_NOTIFY) | P(PAYLOAD_VENDOR),
		.in_sk = true,
		.run = auth_refused,
	},
};

const struct ike_exchange v2_ike_auth = {
	.type = EXCHANGE_IKE_AUTH,
	.name = "IKE_AUTH",
	.step = steps,
	.n = sizeof(steps) / sizeof(steps[0]),
};
