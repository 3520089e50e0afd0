// SPDX-License-Identifier: GPL-2.0
/* Mode Config: what became IKEv2's configuration payload. draft-dukes-ike-mode-cfg-02 §3. */
#include "ike/access.h"
#include "ike/conn.h"
#include "ikev1/mode_config.h"
#include "ikev1/unity.h"
#include "wire/attr.h"

#define ATTRS_MAX	8192u

/* ---- the gateway ---- */

bool v1_has_access(struct ike_sa *sa)
{
	struct list *l;

	if (!sa->conn->conf->n_pool || sa->access)
		return true;
	/* A phase 1 that follows another one need not ask again. */
	list_for_each(l, &sa->conn->sas) {
		const struct ike_sa *old = list_entry(l, struct ike_sa, conn_node);

		if (!old->access || !ident_equal(&old->remote_id, sa->remote_id.type,
						 KW_SPAN(sa->remote_id.data, sa->remote_id.len)))
			continue;
		sa->access = access_get(old->access);
		return true;
	}
	return false;
}

/* false: nothing to be had; the reason is kept by the connection. */
static bool lend(struct ike_run *run, const struct cp *asked)
{
	if (access_lend(run->sa, asked, &run->failure))
		return true;
	conn_fail(run->sa->conn, &run->failure);
	run->failure.kind = FAILURE_NONE;
	return false;
}

enum ike_verdict v1_config_asked(struct ike_run *run, struct v1_xchg *x,
				 const struct config_payload *c)
{
	struct ike_sa *sa = run->sa;
	uint8_t buf[ATTRS_MAX];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	struct kw_reader r = kw_reader(c->attrs);
	struct cp asked, answer;
	struct attr a;
	char why[80];

	/* Who the user is comes first; and only a gateway is asked. */
	if (sa->state == IKE_ST_PROVED || !sa->conn->conf->n_pool)
		return IKE_DROP;
	if (cp_parse_attrs(c->attrs, &asked, why, sizeof(why)))
		return IKE_DROP;
	if (lend(run, &asked)) {
		access_answer(sa, &asked, &answer);
		answer.n_net = 0;	/* INTERNAL_IP4_SUBNET is IKEv2's */
		answer.n_domain = 0;
		cp_build_attrs(&w, &answer);
		while (attr_next(&r, &a, why, sizeof(why)) > 0)
			v1_unity_put(&w, sa, a.type);
	}
	return v1_config_say(run, x, CONFIG_REPLY, kw_written(&w));
}

enum ike_verdict v1_config_push(struct ike_run *run)
{
	static const uint16_t unity[] = {
		CONFIG_UNITY_BANNER, CONFIG_UNITY_SAVE_PASSWORD, CONFIG_UNITY_DEFAULT_DOMAIN,
		CONFIG_UNITY_SPLIT_DNS, CONFIG_UNITY_SPLIT_INCLUDE,
	};
	struct ike_sa *sa = run->sa;
	struct cp asked = { .has_addr = { true, true } }, answer;
	uint8_t buf[ATTRS_MAX];
	struct kw_writer w = kw_writer(buf, sizeof(buf));

	if (!access_lend(sa, &asked, &run->failure))
		return IKE_FAIL;
	access_answer(sa, &asked, &answer);
	answer.n_net = 0;
	cp_build_attrs(&w, &answer);
	v1_unity_put(&w, sa, CONFIG_IP4_NETMASK);
	for (unsigned int i = 0; v1_sa(sa)->unity && i < sizeof(unity) / sizeof(unity[0]); i++)
		v1_unity_put(&w, sa, unity[i]);
	return v1_config_say(run, NULL, CONFIG_SET, kw_written(&w));
}

/* ---- the client ---- */

static void put_empty(struct kw_writer *w, uint16_t type)
{
	const struct attr a = attr_variable(type, KW_SPAN(NULL, 0));

	attr_put(w, &a);
}

enum ike_verdict v1_config_pull(struct ike_run *run)
{
	static const uint16_t more[] = {
		CONFIG_IP4_NETMASK, CONFIG_UNITY_BANNER, CONFIG_UNITY_DEFAULT_DOMAIN,
		CONFIG_UNITY_SPLIT_DNS, CONFIG_UNITY_SPLIT_INCLUDE,
	};
	uint8_t buf[ATTRS_MAX];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	struct cp ask;

	access_ask(run->sa->conn, &ask);
	ask.has_domain = false;
	cp_build_attrs(&w, &ask);
	for (unsigned int i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		put_empty(&w, more[i]);
	return v1_config_say(run, NULL, CONFIG_REQUEST, kw_written(&w));
}

static bool take(struct ike_run *run, const struct config_payload *c)
{
	struct cp told;
	char why[120];

	if (cp_parse_attrs(c->attrs, &told, why, sizeof(why))) {
		failure_set(&run->failure, FAILURE_PROTOCOL, "the gateway's Mode Config: %s", why);
		return false;
	}
	v1_unity_read(conn_name(run->sa->conn), c->attrs, &told);
	return access_take(run->sa, &told, &run->failure);
}

enum ike_verdict v1_config_answered(struct ike_run *run, const struct config_payload *c)
{
	if (!take(run, c))
		return v1_config_fail(run);
	v1_config_next(run, V1_DUE_NOTHING);
	return IKE_OK;
}

/* §3.3: the types that were taken, without values. */
static void acknowledge(struct kw_writer *w, const struct config_payload *c)
{
	struct kw_reader r = kw_reader(c->attrs);
	struct attr a;
	char why[80];

	while (attr_next(&r, &a, why, sizeof(why)) > 0)
		put_empty(w, a.type);
}

enum ike_verdict v1_config_pushed(struct ike_run *run, struct v1_xchg *x,
				  const struct config_payload *c)
{
	struct ike_sa *sa = run->sa;
	uint8_t buf[ATTRS_MAX];
	struct kw_writer w = kw_writer(buf, sizeof(buf));

	if (!sa->conn->conf->n_virtual || v1_sa(sa)->due == V1_DUE_USER)
		return IKE_DROP;
	if (!take(run, c))
		return v1_config_fail(run);
	acknowledge(&w, c);
	if (v1_config_say(run, x, CONFIG_ACK, kw_written(&w)))
		return IKE_FAIL;
	if (v1_sa(sa)->due == V1_DUE_ADDRESS)
		v1_config_next(run, V1_DUE_NOTHING);
	return IKE_OK;
}
