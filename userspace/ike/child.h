/* SPDX-License-Identifier: GPL-2.0 */
/*
 * struct child_sa: what any negotiation yields, and the policy it serves.
 *
 * A policy belongs to its connection and outlives every rekey; its children come and go under it. A rekey
 * that loses no packet (RFC 7296 §2.8):
 *   responder   installs the new inbound SA, answers, goes on sending on the old one; the new outbound SA
 *               follows when the old child is deleted (the initiator then surely has the new one), or
 *               after CHILD_SWITCH_MS;
 *   initiator   installs both when the answer is there, deletes the old child;
 *   both        keep the old inbound SA CHILD_DRAIN_MS longer for packets still under way.
 */
#ifndef KW_IKE_CHILD_H
#define KW_IKE_CHILD_H

#include "ike/conn.h"
#include "ike/proposal.h"
#include "ike/sa.h"
#include "wire/ts.h"

#define CHILD_SWITCH_MS	30000u
#define CHILD_DRAIN_MS	5000u
#define CHILD_REPLACED_MS 90000u

enum child_state {
	CHILD_LARVAL,		/* has an inbound SPI, nothing else */
	CHILD_INBOUND,		/* receives; sends when the child it replaces is gone */
	CHILD_INSTALLED,
	CHILD_REKEYED,		/* a newer one took over; waits to be deleted */
	CHILD_DELETING,		/* we asked the peer to delete it */
};
const char *child_state_name(enum child_state state);

struct child_policy {
	struct list node;		/* conn->policies */
	struct map_node by_cookie;
	uint64_t cookie;
	struct conn *conn;
	const struct conf_child *conf;	/* the connection's */
	bool trap;			/* catches what no child covers */
	uint32_t id;			/* the kernel's */
	struct ts_list *local_ts, *remote_ts;	/* ts_list_keep() */
	struct ip_addr remote;
	struct list children;		/* struct child_sa.policy_node */
	struct list drains;		/* old inbound SAs that still receive */
};

/* Keying material of both directions, in RFC 7296 §2.17's words: i = from the exchange's initiator. */
struct child_keys {
	struct kw_secret encr_i, integ_i, encr_r, integ_r;
	struct kw_secret ah_i, ah_r;	/* of AH around ESP */
};
void child_keys_drop(struct child_keys *k);

struct child_sa {
	struct list node;		/* sa->children */
	struct list policy_node;
	struct map_node by_cookie;
	struct ike_sa *sa;
	const struct conf_child *conf;	/* the connection's, what it was made for */
	struct child_policy *policy;	/* NULL while larval */
	uint64_t id;			/* also its cookie in the kernel */
	enum child_state state;
	bool initiator;			/* we started the exchange that made it */
	uint8_t protocol;		/* of these: PROTO_ESP, PROTO_AH */
	uint32_t spi_in, spi_out;	/* host order; 0 = none */
	uint32_t ah_in, ah_out;		/* of AH around ESP; 0 = none */
	struct ip_addr spi_local;	/* the address spi_in was allocated for */
	struct suite suite;
	struct suite ah;		/* of AH around ESP */
	struct kw_secret out_encr, out_integ, out_ah;	/* kept only while CHILD_INBOUND */
	bool encap;
	unsigned int dscp_class;	/* it sends what is of conf->dscp_class[that - 1]; 0: the rest */
	bool tcp;			/* runs on the IKE SA's stream ... */
	uint32_t stream;		/* ... which has this number in the kernel */
	bool no_tfc;			/* the peer cannot do it (RFC 7296 §1.3.1) */
	uint64_t replaces;		/* id of the child it took over from; 0 = none */
	uint64_t replaced_by;		/* id of the child that took over, or won a collision; 0 = none */
	uint8_t tie[32];		/* of two made at once the one with the smaller value is redundant */
	uint32_t rekey;			/* seconds; the configuration's, or what was agreed with the peer */
	uint64_t rekey_bytes;		/* likewise */
	uint64_t created_ms, rekey_at_ms;
	struct env_timer *timer;	/* rekey.c: soft lifetime; CHILD_INBOUND: the switch */
	bool rekey_failed;
};

/* With an SPI from the kernel, on sa->children. conf: one of the connection's. NULL with the reason in f. */
struct child_sa *child_new(struct ike_sa *sa, const struct conf_child *conf, bool initiator,
			   struct failure *f);
/*
 * RFC 4302 §3.3.3.1: AH covers the addresses, so a NAT breaks it. true: the child asks for AH and there is a NAT on the
 * way, or for AH or transport mode and the IKE SA is in TCP; f says so.
 */
bool child_has_no_way(const struct ike_sa *sa, const struct conf_child *conf, struct failure *f);
/*
 * Into the kernel: inbound and, unless deferred, outbound. suite, spi_out (and ah, ah_out) must be set. Policy: that of
 * `replaces` when there is one (may be NULL), else the connection's with these selectors, else a new one.
 * 0, or -errno with the reason in f; the child is then still larval.
 */
int child_install(struct child_sa *c, const struct child_keys *keys, const struct ts_list *local_ts,
		  const struct ts_list *remote_ts, struct child_sa *replaces, bool defer_out,
		  struct failure *f);
/* A new child is there: tell people and the wanted-state loop. */
void child_up(struct child_sa *c);
/* The deferred outbound SA goes in. */
void child_switch(struct child_sa *c);
/* The newer one is in place: this one only waits to be deleted. */
void child_replaced(struct child_sa *old, struct child_sa *by);
/*
 * Out of the kernel and freed. A child that others of its policy survive keeps receiving for a while; those
 * that waited for its end to send now do. The last one of a policy takes the policy along.
 */
void child_remove(struct child_sa *c);
/* On the way from one IKE SA to its successor. */
void child_move(struct child_sa *c, struct ike_sa *to);
/* The IKE SA's peer moved: so do its children. */
void child_update_endpoints(struct ike_sa *sa);
/* The child of another, older IKE SA of the connection that has the same selectors and no class; NULL: none. */
struct child_sa *child_of_old_sa(const struct ike_sa *sa, const struct conf_child *conf,
				 const struct ts_list *local_ts, const struct ts_list *remote_ts);
struct child_sa *child_find(struct engine *e, uint64_t id);
/* The first class of DSCPs that no child of the policy under sa is for; all are taken: the number behind the last. */
unsigned int child_free_class(const struct child_policy *p, const struct ike_sa *sa);
/* By either SPI of AH around ESP. protocol: PROTO_ESP, PROTO_AH, 0 = any. */
struct child_sa *child_by_spi_out(struct ike_sa *sa, uint8_t protocol, uint32_t spi_out);
/* "aes-gcm-16-256 / x25519 / esn"; AH around ESP: "... in ah hmac-sha2-256-128" */
char *child_suite_print(char *buf, size_t cap, const struct child_sa *c);
/* Children in use: not larval, rekeyed or being deleted. */
unsigned int child_count_live(const struct ike_sa *sa);
void child_set_state(struct child_sa *c, enum child_state state);

/* The configured selectors, with these addresses for those that stand for them (transport mode). */
void child_selectors(const struct conf_child *conf, const struct ip_addr *local,
		     const struct ip_addr *remote, struct ts_list *local_ts, struct ts_list *remote_ts);
/* The traps: protect the configured selectors at all times, ask for children by acquire. 0 or -errno. */
int child_trap_install(struct conn *c, struct failure *f);
/* The device and its routes. 0 or -errno. update: also when it is there, since what it is to have changed. */
int child_device_ensure(struct conn *c, struct failure *f);
int child_device_update(struct conn *c, struct failure *f);
void child_device_remove(struct conn *c);
/* All policies with what is under them, without a word to the peer. */
void child_policies_remove(struct conn *c);
/* NULL: none has that cookie. */
struct child_policy *child_policy_find(struct engine *e, uint64_t cookie);

#endif
