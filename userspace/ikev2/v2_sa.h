/* SPDX-License-Identifier: GPL-2.0 */
/* What only an IKEv2 SA has: message ids, keys, the first messages that AUTH signs. */
#ifndef KW_IKEV2_V2_SA_H
#define KW_IKEV2_V2_SA_H

#include "crypto/dh.h"
#include "crypto/prf.h"
#include "crypto/skcipher.h"
#include "ike/sa.h"
#include "ike/ticket.h"

#define V2_PEER_ADDRS 8
#define V2_NONCE_LEN 32	/* ours: at least half the key size of any PRF here (RFC 7296 §2.10) */

struct v2_eap;
struct v2_followup;

/* What key exchanges behind the first one agreed on (RFC 9370). */
struct v2_more {
	unsigned int n;
	struct kw_secret g[ADDKE_MAX];
};

struct v2_nonce {
	uint16_t len;
	uint8_t b[IKE_NONCE_MAX];
};

struct v2_sa {
	uint32_t send_id;		/* of our request that is out, or else the next one */
	uint32_t recv_id;		/* of the peer's next request */
	uint8_t sent_exchange;
	struct skcipher *seal, *open;
	struct kw_secret sk_d, sk_pi, sk_pr;
	struct kw_secret plain_d, plain_pi, plain_pr;	/* without the PPK, until it is known whether the peer has it */
	bool use_ppk;			/* both sides can (RFC 8784) */
	bool ppk_mixed;
	struct v2_nonce *ni, *nr;	/* in one piece of memory, until both sides proved themselves */
	/* The IKE_SA_INIT messages as they were on the wire, until both sides proved themselves; malloc()ed */
	struct kw_span init_i, init_r;
	struct kw_span cookie;		/* the peer's, to be sent back; malloc()ed */
	struct dh *dh;			/* ours, until keys exist */
	uint16_t ke_group;		/* initiator: the group to start with; 0 = our first */
	uint8_t rounds;			/* IKE_SA_INIT requests sent */
	uint8_t met_spi[IKE_SPI_LEN];	/* our SPI of the IKE SA that both sides rekey, this being the peer's try */
	bool mobike;			/* both sides want it */
	bool childless;			/* the peer lets us begin without a child (RFC 6023) */
	bool peer_natd;			/* the peer sent NAT detection payloads: it can be reached on port 4500 */
	bool move_again;		/* addresses changed while the peer was being told */
	uint8_t cookie2[16];		/* what shows that the peer is where it says */
	struct ip_addr peer_addr[V2_PEER_ADDRS];	/* others it can be reached at */
	unsigned int n_peer_addr;
	bool peer_lookup;		/* the peer fetches certificates by hash and URL (RFC 7296 §3.6) */
	bool peer_ocsp;			/* the peer asks for the OCSP response about our certificate (RFC 4806) */
	bool peer_multiple;		/* the peer asks for more than one proof (RFC 4739) */
	bool peer_intermediate;		/* the peer can do IKE_INTERMEDIATE (RFC 9242) */
	uint8_t further;		/* additional key exchanges done (RFC 9370) */
	uint8_t intermediates;		/* IKE_INTERMEDIATE exchanges done */
	uint8_t int_auth_len;
	uint8_t (*int_auth)[PRF_MAX];	/* what AUTH proves of them: the initiator's, the responder's; malloc()ed */
	struct kw_secret next_g_ir;	/* responder: of the answer being sealed, for the keys behind it */
	struct v2_followup *followup;	/* responder: an SA that waits for further key exchanges */
	struct session *session;	/* what this one is resumed from, until both sides proved themselves */
	uint64_t session_id;		/* initiator: of the connection's session that was offered; 0 = none */
	struct ticket_name ticket;	/* responder: the one that was given to the peer */
	struct kw_secret peer_token;	/* by which the peer would show that it has lost this one (RFC 6290) */
	bool redirects;			/* responder: the peer goes where it is sent (RFC 5685) */
	struct ip_addr sent_by;		/* and was sent here by that gateway; unset: nobody, or it is not known */
	struct v2_eap *eap;		/* while EAP goes on in IKE_AUTH */
	uint32_t peer_hashes;		/* SIGNATURE_HASH_ALGORITHMS as HASH_BIT()s; 0 = not announced */
};

static inline struct v2_sa *v2_sa(const struct ike_sa *sa)
{
	return sa->priv;
}

/* It is known whether the PPK counts: the keys of the other case are wiped. */
void v2_ppk_settled(struct v2_sa *v2);
/* Nobody will sign or check the first messages again, or make keys of the nonces. */
void v2_init_settled(struct v2_sa *v2);
int v2_sa_new(struct ike_sa *sa);
void v2_sa_free(struct ike_sa *sa);

static inline struct kw_span v2_nonce_span(const struct v2_nonce *n)
{
	return KW_SPAN(n->b, n->len);
}

void v2_nonce_make(struct v2_nonce *n);
int v2_nonce_read(struct v2_nonce *n, const struct ike_message *m, bool in_sk);	/* 0, -EBADMSG */
/* Octet by octet (RFC 7296 §2.8.1): <0, 0, >0. */
int v2_nonce_cmp(const struct v2_nonce *a, const struct v2_nonce *b);
/* Replaces an octet string kept in the SA. 0 or -ENOMEM. */
int v2_keep(struct kw_span *kept, struct kw_span from);

#endif
