/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One negotiation of a child or of a new IKE SA, in either role: what IKE_AUTH and CREATE_CHILD_SA have in
 * common (RFC 7296 §1.2, 1.3).
 */
#ifndef KW_IKEV2_NEGO_H
#define KW_IKEV2_NEGO_H

#include "ike/child.h"
#include "ike/exchange.h"
#include "ikev2/v2_sa.h"

struct v2_nego {
	struct engine *e;
	struct v2_nonce ni, nr;
	struct dh *dh;			/* ours; NULL without PFS */
	unsigned int flags;		/* PROPOSAL_NO_KE inside IKE_AUTH; PROPOSAL_ANY_KE: the peer asks */
	struct kw_secret g_ir;		/* initiator: of the first key exchange, while others follow (RFC 9370) */
	struct v2_more more;		/* of those */
	struct kw_span link;		/* initiator: how the peer calls this one; malloc()ed */
	uint64_t child_id;		/* ours, larval; 0 = none */
	const struct conf_child *conf;	/* initiator: what is asked for; responder: what was chosen */
	uint64_t replaces;		/* the child being rekeyed; 0 = none */
	uint8_t next_spi[IKE_SPI_LEN];	/* IKE rekey: our SPI of the new IKE SA; zero = none */

	/* responder: the peer's words */
	struct proposal_list theirs;	/* in the message's arena */
	struct proposal_choice choice;
	bool no_tfc;			/* ESP_TFC_PADDING_NOT_SUPPORTED */
	struct ts_list local_ts, remote_ts;	/* initiator: as offered; responder: as narrowed */
	/* transport mode with a NAT, responder: the peer's own words for the two ends (§2.23.1); .n = 0: the same */
	struct ts_list said_local, said_remote;

	/* §2.8.1: the peer's rekey of the same thing that we answered meanwhile */
	bool met;
	uint64_t met_child;
	uint8_t met_spi[IKE_SPI_LEN];
	struct v2_nonce met_lowest;
};

struct v2_nego *v2_nego_new(struct engine *e);
/* Gives back what was not used: the larval child, the new IKE SA. Takes void * to be a priv_free. */
void v2_nego_free(void *nego);
/* The smaller of its two nonces. */
const struct v2_nonce *v2_nego_lowest(const struct v2_nego *n);

/* ---- initiator ---- */

/* The child, its SA payload; 0 or -errno with run->failure. */
int v2_nego_put_offer(struct ike_run *run, struct v2_nego *n);
void v2_nego_put_ts(struct ike_run *run, const struct v2_nego *n);
/* Notifies that go with a child: N(USE_TRANSPORT_MODE). In both roles. */
void v2_nego_put_mode(struct ike_run *run, const struct v2_nego *n);
/* The answer's SA, TSi, TSr: sets n->choice and narrows n's lists. 0, or with run->failure -EBADMSG, or -EPROTO: the peer
 * made what it may make, but we do not want it.
 */
int v2_nego_read_answer(struct ike_run *run, struct v2_nego *n);
/* Keys and install of what was agreed; as child_install(). NULL with run->failure. */
struct child_sa *v2_nego_install(struct ike_run *run, struct v2_nego *n,
				 const struct kw_secret *g_ir, bool defer_out);

/* The peer made the child, we could not: it is deleted again. */
void v2_nego_give_back(struct ike_run *run, struct v2_nego *n);

/* The peer answered TS_UNACCEPTABLE: run->failure names the selectors that were offered. */
void v2_nego_explain_ts(struct ike_run *run, const struct v2_nego *n);

/* ---- responder ---- */

/*
 * Choose one of the connection's children, a proposal, and narrow the selectors of the request. 0, or the
 * notify to refuse with (reason in run->failure). n->replaces, when set, is the child that counts.
 */
uint16_t v2_nego_choose(struct ike_run *run, struct v2_nego *n, uint16_t ke_hint);
/* A child with an SPI, of what was chosen; 0 or the notify to refuse with. */
uint16_t v2_nego_reserve(struct ike_run *run, struct v2_nego *n);
/* The same, installed. */
uint16_t v2_nego_make(struct ike_run *run, struct v2_nego *n, const struct kw_secret *g_ir,
		      bool defer_out);
void v2_nego_put_answer(struct ike_run *run, struct v2_nego *n);

#endif
