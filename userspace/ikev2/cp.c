// SPDX-License-Identifier: GPL-2.0
/*
 * The configuration payload of IKE_AUTH.
 *
 *   HDR, SK {IDi, AUTH, CP(CFG_REQUEST), SAi2, TSi, TSr}  -->
 *                          <--  HDR, SK {IDr, AUTH, CP(CFG_REPLY), SAr2, TSi, TSr}
 *                          <--  HDR, SK {IDr, AUTH, N(INTERNAL_ADDRESS_FAILURE)}
 *                          <--  HDR, SK {IDr, AUTH, N(FAILED_CP_REQUIRED)}      it did not ask: nego.c
 *
 * RFCs: 7296 §2.19, §3.15; 8598.
 */
#include <stdio.h>

#include "ike/access.h"
#include "ike/conn.h"
#include "ikev2/cp.h"
#include "ikev2/sk.h"
#include "wire/isakmp_v1.h"
#include "wire/names.h"

static void put_cp(struct ike_run *run, const struct cp *cp)
{
	chain_open(&run->out.chain, PAYLOAD_CP);
	cp_build(&run->out.w, cp);
}

/* 1: there is one of the type; 0: none; -EBADMSG with run->failure. */
static int read_cp(struct ike_run *run, uint8_t type, struct cp *out)
{
	const struct payload *p = NULL;
	char why[160];

	while ((p = message_find(run->in, PAYLOAD_CP, true, p))) {
		int ret = cp_parse(p->body, out, why, sizeof(why));

		if (ret) {
			failure_set(&run->failure, FAILURE_PROTOCOL,
				    "the peer's configuration payload does not parse: %s", why);
			return ret;
		}
		if (out->type == type)
			return 1;
	}
	return 0;
}

void v2_cp_ask(struct ike_run *run)
{
	struct cp cp;

	if (!run->sa->conn->conf->n_virtual)
		return;
	access_ask(run->sa->conn, &cp);
	put_cp(run, &cp);
}

bool v2_cp_take(struct ike_run *run)
{
	struct notify_payload n = { 0 };
	struct cp told;
	int ret;

	if (!run->sa->conn->conf->n_virtual)
		return true;
	ret = read_cp(run, CONFIG_REPLY, &told);
	if (ret > 0)
		return access_take(run->sa, &told, &run->failure);
	if (!ret && message_error_notify(run->in, true, &n))
		failure_set(&run->failure, FAILURE_PEER, "the gateway has no address for us: %s",
			    notify_name(n.type));
	else if (!ret)
		failure_set(&run->failure, FAILURE_PEER,
			    "the gateway did not answer our wish for an address: has it a pool for us?");
	return false;
}

uint16_t v2_cp_answer(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	struct cp asked, answer;
	int ret = read_cp(run, CONFIG_REQUEST, &asked);

	if (ret < 0)
		return N_INVALID_SYNTAX;
	if (!ret || (!asked.has_addr[CP_IP4] && !asked.has_addr[CP_IP6]))
		return 0;
	if (!sa->conn->conf->n_pool) {
		log_info(conn_name(sa->conn), "the peer asks for an address, and there is no pool: ignored");
		return 0;
	}
	if (!access_lend(sa, &asked, &run->failure))
		return N_INTERNAL_ADDRESS_FAILURE;
	access_answer(sa, &asked, &answer);
	put_cp(run, &answer);
	return 0;
}
