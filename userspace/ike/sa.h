/* SPDX-License-Identifier: GPL-2.0 */
/*
 * struct ike_sa: one IKE SA of either version, its life and its work.
 *
 * Who may hold an IKE SA, and how each lets go:
 *  1. the engine's lists and tables: left in ike_sa_set_state(IKE_ST_GONE);
 *  2. its connection's list of SAs: left with the memory (5), so that whoever walks the list may close any of
 *     them, and those that go along with it;
 *  3. its children: moved to a successor or closed before that;
 *  4. a running job: job->sa is cleared, the job ends as an orphan (job.c);
 *  5. callers up the stack: the memory stays in the engine's graveyard until engine_leave().
 */
#ifndef KW_IKE_SA_H
#define KW_IKE_SA_H

#include "config/conf.h"
#include "ike/engine.h"
#include "ike/proposal.h"
#include "ike/reassemble.h"
#include "ike/retransmit.h"
#include "ike/task.h"
#include "lib/list.h"
#include "lib/map.h"
#include "wire/header.h"
#include "wire/isakmp.h"

struct access;
struct conn;
struct ike_job;
struct ike_message;
struct ike_run;

enum ike_role { IKE_INITIATOR, IKE_RESPONDER };

enum ike_state {
	IKE_ST_NEW,		/* made, nothing said yet */
	IKE_ST_INIT_SENT,	/* initiator: first message sent */
	IKE_ST_INIT_DONE,	/* responder: first message answered: half open */
	IKE_ST_KE_SENT,		/* initiator: key exchange of IKEv1's main mode, or a further one of IKEv2, sent */
	IKE_ST_KE_DONE,		/* responder: IKEv1, key exchange answered; IKEv2, a further one is due; half open */
	IKE_ST_AUTH_SENT,	/* initiator: has keys, proves itself */
	IKE_ST_PROVED,		/* IKEv1: the hosts proved themselves; a user or an address is still to come */
	IKE_ST_ESTABLISHED,	/* both sides authenticated */
	IKE_ST_REKEYED,		/* replaced by a newer one, waits to be deleted */
	IKE_ST_DELETING,	/* we said delete */
	IKE_ST_GONE,
	IKE_ST_COUNT
};
const char *ike_state_name(enum ike_state state);

#define INBOX_MAX 16	/* messages that wait while a job runs */

struct ike_sa {
	struct engine *e;
	const struct ike_version *version;
	void *priv;			/* the version's */
	struct list node;		/* engine: sas or graveyard */
	struct list conn_node;
	struct conn *conn;		/* holds a reference; NULL: a responder's that fits none yet */
	struct map_node by_spi, by_peer, by_prefix;
	bool in_spi_map, in_peer_map;

	uint64_t id;
	enum ike_state state;
	enum ike_role role;		/* original initiator or responder: SPIi, SK_ei... belong to roles */
	uint8_t spi_i[IKE_SPI_LEN], spi_r[IKE_SPI_LEN];
	enum net_socket socket;
	struct {			/* stream.c */
		struct env_timer *timer;	/* to open another one, or for the way back to UDP */
		unsigned int broken;	/* streams since something came by one */
		bool fresh;		/* the children follow when something has come by it */
	} stream;
	bool returning;			/* tries whether UDP works again: that it does not is no failure */
	struct endpoint local, remote;
	struct suite suite;
	struct ident local_id, remote_id;

	bool peer_proved;		/* set by auth_decide() alone */
	bool redundant;			/* lost a collision, or is only being made by a rekey: not counted on */
	bool forgotten;			/* by the peer, who said so: nothing of it is handed on */
	bool announced;			/* people were told that it is up */
	uint64_t replaced_by;		/* id of the IKE SA that took over; 0 = none */
	bool nat_local, nat_remote;	/* natd.c */
	bool fragments;			/* peer can (RFC 7383) */

	/* How it, or the one that it succeeds, was connected: two that cross are judged by it. */
	struct {
		enum ike_role role;
		uint8_t spi_i[IKE_SPI_LEN];
		uint64_t ms;		/* when authenticated */
		uint64_t order;		/* likewise: IKE SAs begun after that have larger ids */
	} contact;
	uint64_t proved_ms;		/* resumed: when the two proved themselves; 0 = at contact.ms */

	struct access *access;		/* access.c: an address that was lent over it; NULL = none */

	uint64_t created_ms, established_ms, last_in_ms;
	bool answer_open;		/* responder: nothing shows yet that the answer that made it arrived (dpd.c) */
	uint64_t rumour_ms;		/* when an unprotected message last made us ask the peer; 0 = never */
	uint64_t rekey_at_ms;		/* UINT64_MAX = never */
	uint32_t rekey_agreed;		/* with the peer, seconds; 0 = what the connection says */
	struct env_timer *life;		/* rekey.c: soft, then hard lifetime; half-open limit; wait for a delete */
	struct env_timer *reauth;	/* rekey.c: prove ourselves anew */
	struct env_timer *dpd;		/* dpd.c */
	struct env_timer *keepalive;	/* natd.c */

	struct list children;		/* struct child_sa.node */
	struct list tasks;		/* struct ike_task.node, waiting */
	struct ike_task *active;	/* its request is being made or is out */
	struct env_timer *task_timer;	/* wakes tasks that wait for a time */
	struct ike_run *run;		/* a step waits for its job */
	struct ike_job *job;
	struct list inbox;		/* struct ike_message.node, waiting for the step */
	unsigned int n_inbox;

	struct retransmit retransmit;
	struct reassembly reassembly;
	struct failure *hint;		/* what an unauthenticated answer claims; believed when nothing better comes; NULL: nothing */
};

/* A fresh SA with an SPI of its own, in the tables. conn may be NULL. NULL: no memory. */
struct ike_sa *ike_sa_new(struct engine *e, const struct ike_version *version, enum ike_role role,
			  struct conn *conn);
/* The only assignment to sa->state. Logs old -> new, keeps half-open lists right, ends what GONE ends. */
void ike_sa_set_state(struct ike_sa *sa, enum ike_state state);
/* The SA is authenticated, or made by one that was: lifetime, liveness and keepalives begin. */
void ike_sa_begin_life(struct ike_sa *sa);
/*
 * Both sides proved themselves in an exchange that began with nothing: its life begins, people are told, others
 * to the same peer are settled (connect_on_established()). sa->local_id, remote_id and suite are set.
 */
void ike_sa_established(struct ike_sa *sa, bool initial_contact);
/* To GONE, with a reason (may be NULL) that is logged and kept by the connection. */
void ike_sa_close(struct ike_sa *sa, const struct failure *why);
/* For the graveyard. */
void ike_sa_free(struct ike_sa *sa);
void ike_sa_set_conn(struct ike_sa *sa, struct conn *conn);
/* Where to write such a claim over the one before it. Without memory it is forgotten again. */
struct failure *ike_sa_hint(struct ike_sa *sa);
void ike_sa_forget_hint(struct ike_sa *sa);
const uint8_t *ike_sa_local_spi(const struct ike_sa *sa);
const uint8_t *ike_sa_peer_spi(const struct ike_sa *sa);
/* When the two sides proved themselves with credentials of their own. */
uint64_t ike_sa_proved_ms(const struct ike_sa *sa);
bool ike_sa_alive(const struct ike_sa *sa);		/* established or on the way there; not redundant */
bool ike_sa_half_open(const struct ike_sa *sa);		/* a responder's before authentication */
/* Subject of log lines: the connection's name, or the peer's address. Borrowed, or in buf. */
const char *ike_sa_subject(const struct ike_sa *sa, char buf[ENDPOINT_STRLEN]);

#endif
