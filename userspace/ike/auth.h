/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who may talk: which connection an identity belongs to, and the one verdict "authenticated".
 */
#ifndef KW_IKE_AUTH_H
#define KW_IKE_AUTH_H

#include "ike/conn.h"
#include "wire/payload.h"

struct ike_sa;
struct ike_version;

/* How good an answer a connection is for a peer at these addresses: 0 = none, more is better. */
unsigned int auth_address_rank(const struct conn *c, const struct ip_addr *local,
			       const struct ip_addr *remote);
/*
 * Connections for these addresses that speak that version, best first, into out (borrowed); returns how many,
 * at most max.
 */
unsigned int auth_candidates(struct engine *e, const struct ike_version *version,
			     const struct ip_addr *local,
			     const struct ip_addr *remote, struct conn **out, unsigned int max);
#define AUTH_NONE 0
/* What a responder knows when it must choose (RFC 7296 §2.15: IDi, maybe IDr, and the method of AUTH). */
struct auth_request {
	const struct ike_version *version;
	const struct ip_addr *local, *remote;
	const struct id_payload *peer_id;
	const struct id_payload *wanted_id;	/* IDr; NULL = the peer does not mind */
	uint8_t method;				/* AUTH_NONE: no AUTH payload, the peer wants EAP */
	const struct suite *suite;		/* of the IKE SA: the connection must allow it */
	const struct ts_list *tsi, *tsr;	/* of the first child; NULL = none asked for */
};
/* The connection that fits best; NULL with the reason in f (FAILURE_IDENTITY; ours = what was near). */
struct conn *auth_select(struct engine *e, const struct auth_request *r, struct failure *f);

/* Our identity on this connection (ID type and octets; address identities come from `local`). */
int auth_local_id(const struct conn *c, const struct ip_addr *local, struct ident *out);
/* Does the peer's identity fit what the connection expects? */
bool auth_id_fits(const struct conn *c, uint8_t type, struct kw_span data);

/* What was found out about the peer's proof; everything starts false. */
struct auth_evidence {
	const struct conn *conn;
	const struct id_payload *peer_id;
	uint8_t method;			/* of the AUTH payload */
	bool psk_good;			/* the MAC fits the pre-shared key of conn, or keys that took none */
	bool signature_good;		/* the signature fits `the key` */
	bool key_is_configured;		/* the key is conn's remote_key */
	enum cert_verdict chain;	/* for the key out of a certificate: CERT_TRUSTED or not */
	bool chain_checked;
	bool cert_names_peer;		/* the certificate speaks for peer_id */
	/* EAP, where either side uses it (RFC 7296 §2.16) */
	bool eap_begun;
	bool eap_good;			/* the method has proved what it can prove */
	bool eap_mac_good;		/* the peer's AUTH payload fits the method's key */
	/* It goes on from an IKE SA on which all this was proved to us (RFC 5723) */
	bool resumed;
	bool resumed_good;		/* the peer knows that one's keys */
	char why[320];			/* what was said about whatever failed */
};
/* As auth_decide(), of the peer's own proof alone, before EAP: decides nothing. */
bool auth_check(const struct auth_evidence *ev, struct failure *f);
/*
 * The only place that sets sa->peer_proved. Fails closed: false, with the reason in f, unless the evidence is
 * complete for the method that the connection asks of its peer.
 */
bool auth_decide(struct ike_sa *sa, const struct auth_evidence *ev, struct failure *f);

#endif
