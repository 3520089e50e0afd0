// SPDX-License-Identifier: GPL-2.0
/*
 * EAP inside IKE_AUTH.
 *
 *   HDR, SK {IDi, [CERTREQ,] [IDr,] [N(EAP_ONLY_AUTHENTICATION),] SAi2, TSi, TSr}  -->
 *                                 <--  HDR, SK {IDr, [CERT+,] [AUTH,] EAP}
 *   HDR, SK {EAP}                 -->
 *                                 <--  HDR, SK {EAP}            ... until Success, or Failure and the end
 *   HDR, SK {AUTH}                -->
 *                                 <--  HDR, SK {AUTH, SAr2, TSi, TSr}
 *
 * The last two AUTH payloads are made with the key of the method, so that whoever passes EAP on from another
 * conversation stands outside; a method without a key leaves that to the responder's certificate.
 *
 * Where a RADIUS server judges, packets go to it and come from it as they are (RFC 3579).
 *
 * A certificate in EAP-TLS is asked about as one of IKE is (revocation_job.c), once TLS found it good otherwise.
 *
 * RFCs: 7296 §2.16; 5998; 3748; 3579; 5216 §5.3, §5.4.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "eap/eap.h"
#include "ike/conn.h"
#include "ike/job.h"
#include "ike/radius_job.h"
#include "ike/revocation_job.h"
#include "ikev2/crash.h"
#include "ikev2/eap.h"
#include "wire/eap.h"

#define ROUNDS_MAX 100u	/* a server may not keep us busy for ever */

struct v2_eap {
	struct eap *session;		/* NULL while a job has it */
	struct ike_message *first;	/* responder: the first request */
	struct kw_span peer_body;	/* of the peer's ID payload; malloc()ed */
	struct id_payload peer_id;	/* in it */
	bool awaits_id;			/* responder: behind another proof */
	struct kw_span again_body;	/* of the ID payload that comes then; malloc()ed */
	struct auth_evidence ev;
	bool over;			/* EAP said Success */
	bool told;			/* why it fails is logged already */
	/* What a RADIUS server judges, instead of session */
	bool relayed;
	struct kw_span name, state;	/* the client's; the server's; malloc()ed */
	struct ident user;
	struct kw_secret msk;
	unsigned int rounds;
};

struct eap_job {
	struct ike_job job;
	struct eap *session;
	struct kw_span in;		/* malloc()ed */
	int64_t unix_now;
	enum eap_verdict verdict;
	uint8_t out[EAP_OUT_MAX];
	size_t out_len;
	enum cert_verdict chain;	/* what others say about the certificate in EAP-TLS */
	char why[REVOKE_WHY];
};

static void drop(struct kw_span *s)
{
	free((uint8_t *)(uintptr_t)s->p);
	*s = (struct kw_span){ 0 };
}

void v2_eap_free(struct v2_sa *v2)
{
	struct v2_eap *eap = v2->eap;

	if (!eap)
		return;
	eap_free(eap->session);
	message_free(eap->first);
	drop(&eap->peer_body);
	drop(&eap->again_body);
	drop(&eap->name);
	drop(&eap->state);
	ident_drop(&eap->user);
	kw_secret_drop(&eap->msk);
	free(eap);
	v2->eap = NULL;
}

static int eap_start(struct ike_sa *sa, struct kw_span id_body)
{
	struct v2_eap *eap = calloc(1, sizeof(*eap));

	if (!eap)
		return -ENOMEM;
	v2_sa(sa)->eap = eap;
	eap->session = eap_new(sa->conn->conf, sa->role == IKE_RESPONDER);
	if (!eap->session || v2_keep(&eap->peer_body, id_body) || id_parse(eap->peer_body, &eap->peer_id)) {
		v2_eap_free(v2_sa(sa));
		return -ENOMEM;
	}
	eap->ev.conn = sa->conn;
	eap->relayed = ip_addr_is_set(&sa->conn->conf->radius.addr);
	return 0;
}

int v2_eap_asked(struct ike_sa *sa, struct kw_span id_body, const struct auth_evidence *ev)
{
	int ret = eap_start(sa, id_body);

	if (ret)
		return ret;
	if (ev)
		v2_sa(sa)->eap->ev = *ev;
	v2_sa(sa)->eap->ev.peer_id = &v2_sa(sa)->eap->peer_id;
	return 0;
}

int v2_eap_begin(struct ike_run *run, struct kw_span id_body)
{
	int ret = eap_start(run->sa, id_body);

	if (ret)
		return ret;
	v2_sa(run->sa)->eap->ev.peer_id = &v2_sa(run->sa)->eap->peer_id;
	return message_copy(&v2_sa(run->sa)->eap->first, run->in);
}

int v2_eap_begin_again(struct ike_run *run, struct kw_span id_body, const struct auth_evidence *ev)
{
	int ret = v2_eap_begin(run, id_body);
	struct v2_eap *eap = v2_sa(run->sa)->eap;

	if (ret)
		return ret;
	eap->ev = *ev;
	eap->ev.peer_id = &eap->peer_id;
	eap->awaits_id = true;
	return 0;
}

bool v2_eap_awaits_id(const struct v2_sa *v2)
{
	return v2->eap && v2->eap->awaits_id;
}

int v2_eap_take_id(struct v2_sa *v2, struct kw_span id_body)
{
	int ret = v2_keep(&v2->eap->again_body, id_body);

	v2->eap->awaits_id = ret;
	return ret;
}

struct ike_message *v2_eap_first(const struct v2_sa *v2)
{
	return v2->eap->first;
}

/* ---- one packet ---- */

static void job_free(struct ike_job *job)
{
	struct eap_job *j = container_of(job, struct eap_job, job);

	eap_free(j->session);
	if (j->in.len)
		kw_wipe((uint8_t *)(uintptr_t)j->in.p, j->in.len);
	drop(&j->in);
	kw_wipe(j->out, sizeof(j->out));
	free(j);
}

static void work(struct ike_job *job)
{
	struct eap_job *j = container_of(job, struct eap_job, job);
	struct kw_writer w = kw_writer(j->out, sizeof(j->out));

	j->verdict = eap_run(j->session, j->in, j->unix_now, &w);
	j->out_len = w.len;
}

static enum ike_verdict send_eap(struct ike_run *run, struct kw_span packet)
{
	if (exchange_begin(run, EXCHANGE_IKE_AUTH))
		return IKE_FAIL;
	chain_put(&run->out.chain, PAYLOAD_EAP, packet);
	return IKE_OK;
}

/* Failure is the last word: it is said, and the IKE SA ends with it. run->failure says why. */
static enum ike_verdict responder_failed(struct ike_run *run, struct kw_span packet)
{
	if (send_eap(run, packet) != IKE_OK)
		return exchange_fail(run, N_AUTHENTICATION_FAILED);
	ike_sa_close(run->sa, v2_eap_told(run->sa) ? NULL : &run->failure);
	return IKE_OK;
}

bool v2_eap_told(const struct ike_sa *sa)
{
	return v2_sa(sa)->eap && v2_sa(sa)->eap->told;
}

/* The method says no in a packet of its own; some clients leave at that, without the Failure after it. */
static void tell_early(struct ike_run *run, struct v2_eap *eap)
{
	struct failure f = { 0 };

	if (!eap_why(eap->session)[0] || eap->told)
		return;
	eap->told = true;
	failure_set(&f, FAILURE_EAP, "%s", eap_why(eap->session));
	conn_fail(run->sa->conn, &f);
}

static enum ike_verdict send_proof(struct ike_run *run)
{
	struct v2_proof proof;

	if (v2_eap_proof(run->sa, &proof) || exchange_begin(run, EXCHANGE_IKE_AUTH)) {
		failure_set(&run->failure, FAILURE_LOCAL, "no AUTH payload could be made after EAP");
		return IKE_FAIL;
	}
	chain_open(&run->out.chain, PAYLOAD_AUTH);
	auth_build(&run->out.w, proof.method, KW_SPAN(proof.data, proof.len));
	v2_crash_put(run, run->sa);
	return IKE_OK;
}

static enum ike_verdict step_on(struct ike_run *run)
{
	struct eap_job *j = container_of(run->job, struct eap_job, job);
	struct v2_eap *eap = v2_sa(run->sa)->eap;
	bool initiator = run->sa->role == IKE_INITIATOR;

	if (j->verdict == EAP_FAILED) {
		failure_set(&run->failure, FAILURE_EAP, "%s", eap_why(j->session));
		return initiator ? IKE_FAIL : responder_failed(run, KW_SPAN(j->out, j->out_len));
	}
	eap->session = j->session;
	j->session = NULL;
	eap->over = j->verdict == EAP_DONE;
	if (eap->over && initiator)
		return send_proof(run);
	if (!initiator)
		tell_early(run, eap);
	return send_eap(run, KW_SPAN(j->out, j->out_len));
}

static enum ike_verdict asked(struct ike_run *run)
{
	struct eap_job *j = container_of(run->job, struct eap_job, job);
	struct kw_writer w = kw_writer(j->out, sizeof(j->out));

	if (j->chain != CERT_TRUSTED) {
		eap_refuse(j->session, j->why, &w);
		j->verdict = EAP_FAILED;
		j->out_len = w.len;
	}
	return step_on(run);
}

/*
 * Before TLS shows the other side that it is content: the server's last flight waits, and so does the client's,
 * which would tell who it is.
 */
static enum ike_verdict stepped(struct ike_run *run)
{
	struct eap_job *j = container_of(run->job, struct eap_job, job);
	struct cert_path path = { 0 };

	if (j->verdict != EAP_FAILED)
		eap_take_path(j->session, &path);
	if (!path.n)
		return step_on(run);
	return revocation_check_path(run, run->sa->conn, &path, &j->chain, j->why, sizeof(j->why), asked);
}

/* ---- one packet, for a RADIUS server ---- */

static enum ike_verdict relay_refused(struct ike_run *run, const struct radius_answer *a)
{
	const struct payload *p = message_find(run->in, PAYLOAD_EAP, true, NULL);
	struct v2_eap *eap = v2_sa(run->sa)->eap;
	char name[80], text[80];
	struct eap_packet in;
	uint8_t out[EAP_HEAD];
	struct kw_writer w = kw_writer(out, sizeof(out));

	failure_set(&run->failure, FAILURE_EAP, "the RADIUS server refuses user \"%s\"%s%s",
		    eap_name_print(name, eap->name), a->text_len ? ": " : "",
		    eap_name_print(text, KW_SPAN(a->text, a->text_len)));
	if (a->eap_len)
		return responder_failed(run, KW_SPAN(a->eap, a->eap_len));
	eap_build_verdict(&w, EAP_CODE_FAILURE, eap_parse(p->body, &in) ? 0 : in.id);
	return responder_failed(run, kw_written(&w));
}

static int relay_accepted(struct v2_eap *eap, struct radius_answer *a)
{
	eap->over = true;
	kw_secret_move(&eap->msk, &a->msk);
	return eap_user_ident(&eap->user, a->user_len ? KW_SPAN(a->user, a->user_len) : eap->name);
}

static enum ike_verdict relayed(struct ike_run *run)
{
	struct v2_eap *eap = v2_sa(run->sa)->eap;
	struct radius_answer *a = radius_job_answer(run);
	char server[ENDPOINT_STRLEN];

	if (!a) {
		failure_set(&run->failure, FAILURE_EAP, "no answer from the RADIUS server at %s",
			    endpoint_print(server, &run->sa->conn->conf->radius));
		return exchange_fail(run, N_AUTHENTICATION_FAILED);
	}
	if (a->verdict == EAP_FAILED)
		return relay_refused(run, a);
	if (v2_keep(&eap->state, KW_SPAN(a->state, a->state_len)) ||
	    (a->verdict == EAP_DONE && relay_accepted(eap, a)))
		return exchange_fail(run, N_AUTHENTICATION_FAILED);
	return send_eap(run, KW_SPAN(a->eap, a->eap_len));
}

static enum ike_verdict relay(struct ike_run *run, struct kw_span packet)
{
	struct v2_eap *eap = v2_sa(run->sa)->eap;
	char from[ADDR_STRLEN];
	struct eap_packet p;

	if (eap_parse(packet, &p) || p.code != EAP_CODE_RESPONSE ||
	    (!eap->name.p && (p.type != EAP_TYPE_IDENTITY || p.data.len > RADIUS_ATTR_MAX ||
			      v2_keep(&eap->name, p.data)))) {
		failure_set(&run->failure, FAILURE_EAP, "the peer does not say who it is in EAP");
		return exchange_fail(run, N_AUTHENTICATION_FAILED);
	}
	ip_addr_print(from, &run->in->remote.addr);
	return radius_job_start(run, &(struct radius_question){
		.user = eap->name, .eap = packet, .state = eap->state, .peer = KW_SPAN(from, strlen(from)),
	}, relayed);
}

enum ike_verdict v2_eap_step(struct ike_run *run)
{
	struct v2_eap *eap = v2_sa(run->sa)->eap;
	const struct payload *p = message_find(run->in, PAYLOAD_EAP, true, NULL);
	struct eap_job *j;

	if (!eap || eap->awaits_id || eap->over || !eap->session || eap->rounds++ == ROUNDS_MAX) {
		failure_set(&run->failure, FAILURE_PROTOCOL, "the peer sends EAP where there should be none");
		return exchange_fail(run, N_INVALID_SYNTAX);
	}
	if (eap->relayed)
		return relay(run, p->body);
	j = calloc(1, sizeof(*j));
	if (!j || v2_keep(&j->in, p->body)) {
		free(j);
		failure_set(&run->failure, FAILURE_LOCAL, "no memory for EAP");
		return exchange_fail(run, N_AUTHENTICATION_FAILED);
	}
	j->job.work = work;
	j->job.free = job_free;
	j->unix_now = engine_wall(run->sa->e) / 1000;
	j->session = eap->session;
	eap->session = NULL;
	return job_start(run, &j->job, stepped);
}

int v2_eap_put_first(struct ike_run *run)
{
	struct v2_eap *eap = v2_sa(run->sa)->eap;
	uint8_t out[EAP_OUT_MAX];
	struct kw_writer w = kw_writer(out, sizeof(out));

	if (eap_run(eap->session, KW_SPAN(NULL, 0), engine_wall(run->sa->e) / 1000, &w) != EAP_GO_ON)
		return -EINVAL;
	chain_put(&run->out.chain, PAYLOAD_EAP, kw_written(&w));
	return 0;
}

/* ---- the last two AUTH payloads ---- */

static const struct kw_secret *key_of(const struct v2_eap *eap)
{
	return eap->relayed ? &eap->msk : eap_msk(eap->session);
}

int v2_eap_proof(const struct ike_sa *sa, struct v2_proof *out)
{
	const struct v2_eap *eap = v2_sa(sa)->eap;
	uint8_t body[4 + 1024];
	struct kw_writer w = kw_writer(body, sizeof(body));

	id_build(&w, sa->local_id.type, KW_SPAN(sa->local_id.data, sa->local_id.len));
	out->method = AUTH_PSK;
	out->len = prf_len(sa->suite.prf);
	return w.bad ? -EMSGSIZE : v2_auth_shared(sa, sa->role, kw_written(&w), key_of(eap), out->data);
}

const struct auth_evidence *v2_eap_evidence(struct ike_run *run)
{
	const struct payload *p = message_find(run->in, PAYLOAD_AUTH, true, NULL);
	struct ike_sa *sa = run->sa;
	struct v2_eap *eap = v2_sa(sa)->eap;
	enum ike_role peer = sa->role == IKE_INITIATOR ? IKE_RESPONDER : IKE_INITIATOR;
	size_t len = prf_len(sa->suite.prf);
	struct auth_payload auth;
	uint8_t want[PRF_MAX];

	if (!eap || !eap->over || auth_parse(p->body, &auth)) {
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the peer sends AUTH without having come to the end of EAP");
		return NULL;
	}
	eap->ev.eap_begun = true;
	eap->ev.eap_good = true;
	eap->ev.eap_mac_good = auth.method == AUTH_PSK && auth.data.len == len &&
			       !v2_auth_shared(sa, peer, eap->again_body.p ? eap->again_body : eap->peer_body,
					       key_of(eap), want) &&
			       kw_equal_ct(want, auth.data.p, len);
	kw_wipe(want, sizeof(want));
	return &eap->ev;
}

const struct ident *v2_eap_user(const struct v2_sa *v2)
{
	return v2->eap->relayed ? &v2->eap->user : eap_peer(v2->eap->session);
}
