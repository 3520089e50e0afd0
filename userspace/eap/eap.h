/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One EAP conversation, as the one who asks (server) or who is asked (client): RFC 3748. Packets in, packets out;
 * it sends nothing, has no timers and repeats nothing (IKEv2 does that), and one call may take as long as a TLS
 * handshake: call it on a worker.
 */
#ifndef KW_EAP_EAP_H
#define KW_EAP_EAP_H

#include "config/conf.h"

struct eap;

enum eap_verdict {
	EAP_GO_ON,	/* out is the next packet for the other side */
	EAP_DONE,	/* well: out is the server's Success, or empty (client) */
	EAP_FAILED,	/* eap_why() says why; out is the server's Failure, or empty (client) */
};

#define EAP_OUT_MAX 2048u	/* room for a packet */

/* conf is borrowed for the whole life. NULL: no memory. */
struct eap *eap_new(const struct conf_conn *conf, bool server);
void eap_free(struct eap *e);		/* wipes; NULL is fine */
/* The packet that came (server: empty at first), and the one that answers it. After DONE or FAILED never again. */
enum eap_verdict eap_run(struct eap *e, struct kw_span in, int64_t unix_now, struct kw_writer *out);

/*
 * Before a packet goes out: those of the other side's certificates that somebody may still be asked about whether
 * they are revoked, into path, which is empty. Each time, what was not taken before.
 */
void eap_take_path(struct eap *e, struct cert_path *path);
/* They are no good: in place of what eap_run() wrote, as after EAP_FAILED. */
void eap_refuse(struct eap *e, const char *why, struct kw_writer *out);

/* Whom the method proved (server), as an identity; of no type: nobody, or the client's side. Borrowed. */
const struct ident *eap_peer(const struct eap *e);
/* The key that the method made: empty when it makes none. Borrowed. */
const struct kw_secret *eap_msk(const struct eap *e);
/* A user's name as an identity: *id is dropped first. 0 or -ENOMEM. */
int eap_user_ident(struct ident *id, struct kw_span name);
/* "alice" for text to people, cut and without what a terminal would obey. */
char *eap_name_print(char buf[80], struct kw_span name);
const char *eap_why(const struct eap *e);

#endif
