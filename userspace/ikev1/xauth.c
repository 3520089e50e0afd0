// SPDX-License-Identifier: GPL-2.0
/*
 * XAUTH. Passwords are in the clear inside the ISAKMP SA: whoever knows the group's pre-shared key can play the gateway
 * and collect them. That is the protocol's weakness, and the reason for certificates on the gateway.
 *
 * draft-beaulieu-ike-xauth-02 §2-7.
 */
#include <stdio.h>
#include <string.h>

#include "ike/conn.h"
#include "ike/pam_job.h"
#include "ike/radius_job.h"
#include "ikev1/packet.h"
#include "ikev1/xauth.h"
#include "wire/attr.h"
#include "wire/names_v1.h"

#define WRONG_MS	1000u	/* a guesser waits */
#define ATTRS_MAX	1024u
#define XAUTH_GENERIC	0u
#define STATUS_FAIL	0u
#define STATUS_OK	1u

bool v1_is_xauth(const struct config_payload *c)
{
	struct kw_reader r = kw_reader(c->attrs);
	struct attr a;
	char why[80];

	while (attr_next(&r, &a, why, sizeof(why)) > 0)
		if (a.type >= CONFIG_XAUTH_TYPE && a.type <= CONFIG_XAUTH_ANSWER)
			return true;
	return false;
}

/* The first attribute of the type. */
static bool find(const struct config_payload *c, uint16_t type, struct attr *out)
{
	struct kw_reader r = kw_reader(c->attrs);
	char why[80];

	while (attr_next(&r, out, why, sizeof(why)) > 0)
		if (out->type == type)
			return true;
	return false;
}

static void put(struct kw_writer *w, uint16_t type, struct kw_span data)
{
	const struct attr a = attr_variable(type, data);

	attr_put(w, &a);
}

static void put_status(struct kw_writer *w, uint16_t status)
{
	const struct attr a = attr_basic(CONFIG_XAUTH_STATUS, status);

	attr_put(w, &a);
}

/* ---- the gateway ---- */

enum ike_verdict v1_xauth_ask(struct ike_run *run)
{
	uint8_t buf[16];
	struct kw_writer w = kw_writer(buf, sizeof(buf));

	put(&w, CONFIG_XAUTH_USER_NAME, KW_SPAN(NULL, 0));
	put(&w, CONFIG_XAUTH_USER_PASSWORD, KW_SPAN(NULL, 0));
	return v1_config_say(run, NULL, CONFIG_REQUEST, kw_written(&w));
}

/* Some send the NUL at the end of their string along. */
static struct kw_span without_nul(struct kw_span s)
{
	if (s.len && !s.p[s.len - 1])
		s.len--;
	return s;
}

static bool is_user(const struct ike_sa *sa, struct kw_span name, struct kw_span password)
{
	const struct conf_user *u = conf_users_find(sa->conn->conf->users, name);

	return u && kw_secret_equal(&u->secret, password);
}

/* From here on the peer is its user: the group's identity is everybody's. */
static int name_peer(struct ike_sa *sa, struct kw_span name)
{
	uint8_t type = memchr(name.p, '@', name.len) ? V1_ID_USER_FQDN : V1_ID_FQDN;

	ident_drop(&sa->remote_id);
	return ident_copy(&sa->remote_id, type, name);
}

static bool read_words(const struct config_payload *c, struct kw_span *name, struct kw_span *password)
{
	struct attr n, p;

	if (!find(c, CONFIG_XAUTH_USER_NAME, &n) ||
	    (!find(c, CONFIG_XAUTH_USER_PASSWORD, &p) && !find(c, CONFIG_XAUTH_PASSCODE, &p)) || n.basic || p.basic)
		return false;
	*name = without_nul(n.data);
	*password = without_nul(p.data);
	return true;
}

static enum ike_verdict judged(struct ike_run *run, bool good)
{
	struct ike_sa *sa = run->sa;
	struct ike_task *task = run->task;

	v1_sa(sa)->user_good = good;
	v1_config_next(run, V1_DUE_TELL);
	if (!good)
		task->not_before_ms = engine_now(sa->e) + WRONG_MS;
	return IKE_OK;
}

/* The RADIUS server has answered, or has not. */
static enum ike_verdict radius_judged(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct radius_answer *a = radius_job_answer(run);
	char who[80], text[80], server[ENDPOINT_STRLEN];
	struct kw_span name, password;
	struct config_payload c;

	if (!v1_config_read(run, &c) || !read_words(&c, &name, &password))
		return IKE_DROP;
	v1_sa(sa)->user_unjudged = !a;
	if (!a) {
		log_warn(conn_name(sa->conn), "no answer from the RADIUS server at %s",
			 endpoint_print(server, &sa->conn->conf->radius));
		return judged(run, false);
	}
	if (a->verdict != EAP_DONE) {
		log_info(conn_name(sa->conn), "the RADIUS server refuses user \"%s\"%s%s", eap_name_print(who, name),
			 a->text_len ? ": " : "", eap_name_print(text, KW_SPAN(a->text, a->text_len)));
		return judged(run, false);
	}
	/* As the server calls him: it may know him by several names. */
	return judged(run, !name_peer(sa, a->user_len ? KW_SPAN(a->user, a->user_len) : name));
}

static enum ike_verdict ask_radius(struct ike_run *run, struct kw_span name, struct kw_span password)
{
	char from[ADDR_STRLEN];

	ip_addr_print(from, &run->in->remote.addr);
	return radius_job_start(run, &(struct radius_question){
		.user = name, .password = password, .peer = KW_SPAN(from, strlen(from)),
	}, radius_judged);
}

/* PAM has answered, or has not. */
static enum ike_verdict pam_judged(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct env_pam_answer *a = pam_job_answer(run);
	struct kw_span name, password;
	struct config_payload c;
	char who[80];

	if (!v1_config_read(run, &c) || !read_words(&c, &name, &password))
		return IKE_DROP;
	v1_sa(sa)->user_unjudged = !a;
	if (!a) {
		log_warn(conn_name(sa->conn), "PAM (service %s) does not answer", sa->conn->conf->pam);
		return judged(run, false);
	}
	if (!a->good) {
		log_info(conn_name(sa->conn), "PAM (service %s) refuses user \"%s\": %s", sa->conn->conf->pam,
			 eap_name_print(who, name), a->why);
		return judged(run, false);
	}
	return judged(run, !name_peer(sa, KW_SPAN(a->user, strlen(a->user))));
}

enum ike_verdict v1_xauth_answered(struct ike_run *run, const struct config_payload *c)
{
	struct ike_sa *sa = run->sa;
	struct kw_span name, password;

	v1_sa(sa)->user_unjudged = false;
	if (!read_words(c, &name, &password))
		return judged(run, false);
	if (ip_addr_is_set(&sa->conn->conf->radius.addr))
		return ask_radius(run, name, password);
	if (sa->conn->conf->pam)
		return env_pam_is_word(name) && env_pam_is_word(password) ?
			       pam_job_start(run, name, password, pam_judged) : judged(run, false);
	return judged(run, is_user(sa, name, password) && !name_peer(sa, name));
}

enum ike_verdict v1_xauth_tell(struct ike_run *run)
{
	uint8_t buf[8];
	struct kw_writer w = kw_writer(buf, sizeof(buf));

	put_status(&w, v1_sa(run->sa)->user_good ? STATUS_OK : STATUS_FAIL);
	return v1_config_say(run, NULL, CONFIG_SET, kw_written(&w));
}

enum ike_verdict v1_xauth_acked(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;

	if (v1_sa(sa)->user_good) {
		v1_config_next(run, v1_due_after_user(sa));
		return IKE_OK;
	}
	if (v1_sa(sa)->user_unjudged)
		failure_set(&run->failure, FAILURE_LOCAL,
			    "%s that judges the peer's user does not answer (XAUTH)",
			    sa->conn->conf->pam ? "PAM" : "the RADIUS server");
	else
		failure_set(&run->failure, FAILURE_IDENTITY,
			    "the peer's user is not known, or the password is wrong (XAUTH)");
	return v1_config_fail(run);
}

/* ---- the client ---- */

/* Are we the side that the method agreed on has asked? */
static bool we_are_asked(const struct ike_sa *sa)
{
	enum v1_asked asked = v1_sa(sa)->asked;

	return sa->conn->conf->xauth == CONF_XAUTH_CLIENT &&
	       asked == (sa->role == IKE_INITIATOR ? V1_ASKED_INITIATOR : V1_ASKED_RESPONDER);
}

/* false: something that we have no answer for. */
static bool put_answer(struct kw_writer *w, const struct conf_conn *conf, const struct attr *a)
{
	uint64_t type;

	switch (a->type) {
	case CONFIG_XAUTH_TYPE:
		if (!attr_number(a, &type) || type != XAUTH_GENERIC)
			return false;
		attr_put(w, &(struct attr){ .type = a->type, .basic = true });
		return true;
	case CONFIG_XAUTH_USER_NAME:
		put(w, a->type, KW_SPAN(conf->user, strlen(conf->user)));
		return true;
	case CONFIG_XAUTH_USER_PASSWORD:
	case CONFIG_XAUTH_PASSCODE:
		put(w, a->type, kw_secret_expose(&conf->password));
		return true;
	case CONFIG_XAUTH_CHALLENGE:
	case CONFIG_XAUTH_NEXT_PIN:
	case CONFIG_XAUTH_ANSWER:
		return false;
	default:	/* XAUTH-MESSAGE is for people; a domain is not ours to have */
		return true;
	}
}

enum ike_verdict v1_xauth_asked(struct ike_run *run, struct v1_xchg *x,
				const struct config_payload *c)
{
	struct kw_reader r = kw_reader(c->attrs);
	uint8_t buf[ATTRS_MAX];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	enum ike_verdict v;
	bool known = true;
	struct attr a;
	char why[80];

	if (!we_are_asked(run->sa))
		return IKE_DROP;
	while (attr_next(&r, &a, why, sizeof(why)) > 0)
		known = known && put_answer(&w, run->sa->conn->conf, &a);
	if (!known) {
		log_warn(conn_name(run->sa->conn), "the peer asks for another proof than name and password (XAUTH)");
		w.len = 0;
		put_status(&w, STATUS_FAIL);
	}
	v1_sa(run->sa)->due_tries = 0;
	v = v1_config_say(run, x, CONFIG_REPLY, kw_written(&w));
	kw_wipe(buf, sizeof(buf));
	return v;
}

enum ike_verdict v1_xauth_told(struct ike_run *run, struct v1_xchg *x,
			       const struct config_payload *c)
{
	struct ike_sa *sa = run->sa;
	uint8_t buf[8];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	uint64_t status;
	struct attr a;

	if (!we_are_asked(sa) || !find(c, CONFIG_XAUTH_STATUS, &a) || !attr_number(&a, &status))
		return IKE_DROP;
	put_status(&w, status);
	if (v1_config_say(run, x, CONFIG_ACK, kw_written(&w)))
		return IKE_FAIL;
	if (status == STATUS_OK) {
		if (v1_sa(sa)->due == V1_DUE_USER)
			v1_config_next(run, v1_due_after_user(sa));
		return IKE_OK;
	}
	failure_set(&run->failure, FAILURE_REFUSED,
		    "the peer does not take our user \"%.100s\" with this password (XAUTH)",
		    sa->conn->conf->user);
	/* The ACK goes out after the end, under the IV that the SET leaves. */
	v1_commit(sa, run->in);
	ike_sa_close(sa, &run->failure);
	return IKE_OK;
}
