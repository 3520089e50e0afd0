/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of quick mode have in common. */
#ifndef KW_IKEV1_QUICK_PIECES_H
#define KW_IKEV1_QUICK_PIECES_H

#include "ike/child.h"
#include "ikev1/ipsec.h"

/* One of the SA payloads. */
struct quick_sa {
	uint64_t child_id;		/* ours; 0 = none */
	struct v1_ipsec chosen;		/* .wire and .proposal only while the message is there */
	uint32_t spi_i, spi_r;
	uint32_t ah_i, ah_r;		/* of AH around ESP; 0 = none */
};

/* One quick mode at work: x->priv. */
struct quick {
	struct engine *e;
	const struct conf_child *conf;	/* the connection's; NULL: none fits yet */
	struct quick_sa sa[CONF_SAS_MAX];
	unsigned int n;
	uint64_t replaces;		/* the child being rekeyed; 0 = none */
	struct dh *dh;
	uint16_t group;			/* of PFS; KE_NONE */
	struct ts_list local_ts, remote_ts;	/* of one selector each, but for what "everywhere" stands for */
	struct ts_list local_said;	/* ours as it is on the wire */
	bool as_before;			/* nothing is offered but what the child has that it replaces */
	bool installed;
	bool committed;			/* the peer has set the commit bit */
	bool waits;			/* for CONNECTED: all else is done */
};

/* ---- quick.c ---- */

/* NULL: no memory. Goes with x. */
struct quick *v1_quick_new(struct v1_xchg *x);
/* NULL: x is none, or does not work yet. */
struct quick *v1_quick_of(const struct v1_xchg *x);
/* The i-th of its children; NULL: there is none, or it is no longer the exchange's. */
struct child_sa *v1_quick_child(const struct quick *q, unsigned int i);
/*
 * A client of Cisco's kind. It has one inbound SA: what is sent on the old one after it has answered is lost. It goes
 * on only with the very algorithms that it has, and says "everywhere" where its gateway names nets.
 */
bool v1_quick_is_client(const struct ike_sa *sa);
/* All is done but for the peer's CONNECTED. */
void v1_quick_wait(struct v1_xchg *x);

/* ---- quick_ids.c ---- */

/* The child's selectors on this ISAKMP SA: with the hosts' addresses, and the lent one. */
void v1_quick_selectors(const struct ike_sa *sa, const struct conf_child *conf, struct ts_list *local,
			struct ts_list *remote);
void v1_quick_put_id(struct ike_run *run, const struct ts_list *ts);
/*
 * RFC 3947 §5.2: who the two hosts are in transport mode, before any NAT. The kernel makes checksums anew and does not
 * ask; others need it.
 */
void v1_quick_put_natoa(struct ike_run *run, const struct v1_xchg *x, const struct quick *q);
/* Does the answer repeat our selectors? */
bool v1_quick_same_ids(const struct ike_run *run, const struct quick *q);
/* The peer's selectors into q; false: they do not parse. */
bool v1_quick_read_ids(struct ike_run *run, struct quick *q);
/* The connection's child within whose selectors the peer's are; NULL: there is none. */
const struct conf_child *v1_quick_child_for(const struct ike_sa *sa, struct quick *q);
/* Why there is none, into run->failure. */
void v1_quick_explain_ts(struct ike_run *run, const struct quick *q);

/* ---- quick_child.c ---- */

bool v1_quick_is_live(const struct child_sa *c);
/*
 * A child of this peer for exactly these selectors, except one and its siblings (NULL: none); whatever ISAKMP SA of the
 * connection has it.
 */
struct child_sa *v1_quick_twin(const struct ike_sa *sa, const struct ts_list *local, const struct ts_list *remote,
			       const struct child_sa *except);
/* Siblings are replaced together: the one that stands for all of them. */
struct child_sa *v1_quick_eldest(struct child_sa *c);
/* An exchange of ours that replaces it is over but for CONNECTED. */
bool v1_quick_is_replacing(const struct ike_sa *sa, const struct child_sa *c);
/* The first pair of the selectors without a child. */
bool v1_quick_missing_pair(const struct ike_sa *sa, const struct conf_child *conf, struct ts_list *local,
			   struct ts_list *remote);
/* The first of n larval ones; NULL with the reason in f: then what there is goes with q. */
struct child_sa *v1_quick_children_new(struct quick *q, struct ike_sa *sa, const struct conf_child *conf,
				       unsigned int n, bool initiator, struct failure *f);
/* Keys and install, all of them. 0 or -errno with the reason in f. */
int v1_quick_install(struct ike_sa *sa, struct v1_xchg *x, const struct kw_secret *g_qm, bool defer_out,
		     struct failure *f);
/*
 * Both sides are there: the child is in use. What it replaces goes later; of two that crossed the loser does, though
 * it was never used.
 */
void v1_quick_in_use(struct ike_sa *sa, struct quick *q, unsigned int i);
/*
 * We answered, and message 3 never came. Perhaps it was lost, however often, and the initiator relies on a child that
 * is none here: one of our own settles it either way.
 */
void v1_quick_never_confirmed(struct ike_sa *sa, const struct quick *q);

/* ---- steps: quick_responder.c, quick_initiator.c ---- */

enum ike_verdict v1_quick_asked(struct ike_run *run);
enum ike_verdict v1_quick_answered(struct ike_run *run);

#endif
