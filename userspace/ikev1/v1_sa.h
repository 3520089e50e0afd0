/* SPDX-License-Identifier: GPL-2.0 */
/* What only an ISAKMP SA has: exchanges by message id with their IVs, SKEYIDs, what the peer can do. */
#ifndef KW_IKEV1_V1_SA_H
#define KW_IKEV1_V1_SA_H

#include "crypto/block.h"
#include "crypto/dh.h"
#include "crypto/hash.h"
#include "crypto/modp.h"
#include "ike/sa.h"
#include "wire/isakmp_v1.h"

#define V1_NONCE_LEN	32	/* ours */
#define V1_NONCE_SHORT	20	/* vpnc answers with 20 octets, in a payload as long as ours */
#define V1_XCHG_MAX	32	/* exchanges of phase 2 remembered at once */
#define V1_GROUPS_MAX	4	/* private groups of one ISAKMP SA */
#define V1_SEEN_MAX	16384	/* message ids of one ISAKMP SA: then it has to be rekeyed */

struct v1_nonce {
	uint16_t len;
	uint8_t b[V1_NONCE_MAX];
};

/* Everything under one message id (RFC 2408 §3.1); 0 is phase 1. */
struct v1_xchg {
	struct list node;		/* v1_sa.xchgs; not phase 1 */
	struct ike_sa *sa;
	uint32_t id;
	uint8_t type;			/* enum v1_exchange_type */
	bool ours;			/* we began it */
	bool encrypt;			/* what we send in it from now on */
	bool last_word;			/* we began it and said what nobody answers: said again when asked again */
	bool commit;			/* our messages have the commit bit: the peer waits for our CONNECTED */
	bool over;			/* kept only to answer duplicates */
	unsigned int msgs;		/* that counted, of both sides */
	uint8_t iv[BLOCK_MAX];		/* of the next message of either side */
	bool has_got;
	uint8_t got[HASH_MAX];		/* digest of the last message from the peer */
	struct sealed sent;		/* our last message */
	struct env_timer *timer;	/* responder of a quick mode: the answer again */
	unsigned int tries;
	struct v1_nonce ni, nr;
	void *priv;			/* the exchange's own */
	void (*priv_free)(void *priv);
};

/* A group of the two sides' own (RFC 2409 §5.6). */
struct v1_group {
	uint16_t number;
	struct modp modp;		/* malloc()ed; its prime is a safe one */
};

/* Which side of phase 1 has to name a user after it (draft-beaulieu-ike-xauth-02 §7). */
enum v1_asked { V1_ASKED_NONE, V1_ASKED_INITIATOR, V1_ASKED_RESPONDER };

/* v1_sa.auth of hybrid authentication: whoever is asked for a user has no other proof, the other one signs with RSA. */
#define V1_HYBRID V1_AUTH_HYBRID_INIT_RSA

/* What is to come between phase 1 and the first child, seen by us. */
enum v1_due {
	V1_DUE_NOTHING,
	V1_DUE_ASK,		/* we ask the peer who its user is */
	V1_DUE_TELL,		/* we tell whether that was good */
	V1_DUE_USER,		/* the peer asks us */
	V1_DUE_PULL,		/* we ask for an address */
	V1_DUE_PUSH,		/* we hand one out */
	V1_DUE_ADDRESS,		/* the peer hands one out */
};

/* Which NAT traversal the peer speaks: payload and encapsulation numbers differ. */
enum v1_natt { V1_NATT_NONE, V1_NATT_DRAFT, V1_NATT_RFC };

struct v1_sa {
	struct v1_xchg phase1;
	struct list xchgs;
	unsigned int n_xchgs;
	struct v1_xchg once;		/* one message that is an exchange by itself */
	struct v1_xchg *current;	/* that the message in run->out belongs to */
	struct v1_xchg *own;		/* the quick mode that our task is about; NULL: none */
	uint32_t *seen;			/* message ids of the peer that are used up; malloc()ed */
	unsigned int n_seen, cap_seen;

	uint16_t hash, auth;		/* enum v1_hash_algorithm, v1_auth_method (of the hosts) */
	enum v1_asked asked;
	uint32_t life;			/* seconds agreed for phase 1; 0 = none */
	struct v1_nonce ni, nr;
	struct kw_span sai_body;	/* the initiator's SA payload: hashed; malloc()ed */
	struct kw_span idi_body;	/* aggressive mode: the initiator's identity, until it is checked; malloc()ed */
	struct kw_span peer_id_body;	/* SKEME's ways: the peer's identity, until it is checked; malloc()ed */
	struct kw_span g_xi, g_xr;	/* public values; malloc()ed */
	struct dh *dh;			/* ours, until keys exist */
	struct kw_secret g_xy, skeyid, skeyid_d, skeyid_a, key;

	struct v1_group group[V1_GROUPS_MAX];
	unsigned int n_groups;
	unsigned int groups_tested;	/* of the peer's */

	enum v1_natt natt;
	bool dpd;			/* the peer speaks RFC 3706 */
	bool fragmentation;		/* and the vendors' fragments */
	bool unity, xauth;
	bool everywhere;		/* it asked for a tunnel to everywhere, and was given one to our nets */
	enum v1_due due;
	struct env_timer *due_timer;	/* the peer has to do something */
	unsigned int due_tries;
	uint16_t config_id, config_id_theirs;	/* identifiers of transactions: ours, the peer's last */
	bool user_good;			/* server: the password was right */
	bool user_unjudged;		/* server: nobody was there to say */
	bool contacted;			/* INITIAL-CONTACT came under protection */
	uint32_t dpd_sent, dpd_last;	/* sequence numbers: our last question, the peer's */
	struct env_timer *dpd_timer;	/* our question again */
	unsigned int dpd_tries;
	uint64_t replaces;		/* id of the ISAKMP SA that this one is to follow; 0 = none */

	struct {			/* pieces of one message */
		uint16_t id;
		uint8_t total;		/* 0 = the last is not there yet */
		size_t octets;
		struct kw_span piece[64];	/* malloc()ed */
	} fragments;
	uint16_t fragment_id;		/* of our last fragmented message */
};

static inline struct v1_sa *v1_sa(const struct ike_sa *sa)
{
	return sa->priv;
}

int v1_sa_new(struct ike_sa *sa);
void v1_sa_free(struct ike_sa *sa);

/* An exchange of phase 2 with that message id; NULL: none, or no memory or room. */
struct v1_xchg *v1_xchg_find(const struct ike_sa *sa, uint32_t id);
struct v1_xchg *v1_xchg_new(struct ike_sa *sa, uint8_t type, uint32_t id, bool ours);
/* Over: only answers duplicates until newer ones push it out. Its timer stops, its priv goes. */
void v1_xchg_over(struct v1_xchg *x);
void v1_xchg_drop(struct v1_xchg *x);
/* A message id that is not in use, never zero. */
uint32_t v1_new_message_id(const struct ike_sa *sa);
/* Has the peer used this message id? */
bool v1_seen(const struct ike_sa *sa, uint32_t id);
/* 0; -ENOSPC: so many that the ISAKMP SA has to be replaced; -ENOMEM. */
int v1_note_seen(struct ike_sa *sa, uint32_t id);

static inline struct kw_span v1_nonce_span(const struct v1_nonce *n)
{
	return KW_SPAN(n->b, n->len);
}

void v1_nonce_make(struct v1_nonce *n);
struct ike_message;
int v1_nonce_read(struct v1_nonce *n, const struct ike_message *m, bool inside);	/* 0, -EBADMSG */
/* Replaces an octet string kept in the SA. 0 or -ENOMEM. */
int v1_keep(struct kw_span *kept, struct kw_span from);
void v1_forget(struct kw_span *kept);

#endif
