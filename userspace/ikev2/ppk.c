// SPDX-License-Identifier: GPL-2.0
/*
 * Post-quantum preshared keys in IKE_AUTH.
 *
 *   HDR, SK {IDi, ..., AUTH, ..., N(PPK_IDENTITY), [N(NO_PPK_AUTH)]}  -->   AUTH with the PPK
 *                                <--  HDR, SK {IDr, ..., AUTH, ..., [N(PPK_IDENTITY)]}
 *
 * The initiator does not know whether the responder has this PPK. Unless it insists, it sends both proofs; the
 * responder takes the one with the PPK if it can and says so.
 *
 * RFC 8784 §3-5.
 */
#include <string.h>

#include "ike/conn.h"
#include "ike/exchange.h"
#include "ikev2/keys.h"
#include "ikev2/ppk.h"
#include "ikev2/sk.h"

#define PPK_ID_FIXED 2	/* RFC 8784 §5.1 */

int v2_ppk_begin(struct ike_sa *sa)
{
	struct v2_sa *v2 = v2_sa(sa);
	int ret = v2->use_ppk ? v2_keys_mix_ppk(sa) : 0;

	/* Nothing to fall back to. */
	if (!ret && sa->conn->conf->ppk_required)
		v2_ppk_settled(v2);
	return ret;
}

void v2_ppk_put(struct ike_run *run, const struct v2_proof *no_ppk)
{
	const struct conf_conn *conf = run->sa->conn->conf;
	uint8_t id[1 + sizeof(conf->ppk_id)] = { PPK_ID_FIXED };
	size_t len = strlen(conf->ppk_id);

	if (!v2_sa(run->sa)->ppk_mixed)
		return;
	memcpy(id + 1, conf->ppk_id, len);
	v2_put_notify(run, N_PPK_IDENTITY, KW_SPAN(id, 1 + len));
	if (no_ppk->len)
		v2_put_notify(run, N_NO_PPK_AUTH, KW_SPAN(no_ppk->data, no_ppk->len));
}

static void not_used(struct ike_run *run)
{
	failure_set(&run->failure, FAILURE_KEY,
		    "ppk-required = yes, but the peer does not use the PPK \"%s\": it has none, or "
		    "calls it otherwise", run->sa->conn->conf->ppk_id);
}

bool v2_ppk_answered(struct ike_run *run)
{
	struct v2_sa *v2 = v2_sa(run->sa);
	struct notify_payload n;

	if (v2->ppk_mixed && !message_notify(run->in, true, N_PPK_IDENTITY, &n)) {
		if (run->sa->conn->conf->ppk_required) {
			not_used(run);
			return false;
		}
		v2_keys_unmix_ppk(run->sa);
	}
	v2_ppk_settled(v2);
	if (v2->ppk_mixed || !run->sa->conn->conf->ppk_required)
		return true;
	not_used(run);
	return false;
}

static bool is_ours(const struct conf_conn *conf, struct kw_span id)
{
	return conf->ppk.len && id.len && id.p[0] == PPK_ID_FIXED &&
	       kw_span_equal(KW_SPAN(id.p + 1, id.len - 1),
			     KW_SPAN(conf->ppk_id, strlen(conf->ppk_id)));
}

bool v2_ppk_asked(struct ike_run *run, struct v2_peer_auth *peer)
{
	const struct conf_conn *conf = run->sa->conn->conf;
	struct notify_payload id, plain;
	bool asked = message_notify(run->in, true, N_PPK_IDENTITY, &id);

	if (asked && v2_sa(run->sa)->use_ppk && is_ours(conf, id.data)) {
		if (v2_keys_mix_ppk(run->sa))
			return false;
		v2_ppk_settled(v2_sa(run->sa));
		return true;
	}
	if (conf->ppk_required) {
		not_used(run);
		return false;
	}
	if (!asked)
		return true;
	if (!message_notify(run->in, true, N_NO_PPK_AUTH, &plain)) {
		failure_set(&run->failure, FAILURE_KEY,
			    "the peer insists on a PPK that this connection does not have");
		return false;
	}
	peer->auth.data = plain.data;
	return true;
}
