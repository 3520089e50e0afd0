/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why something did not work: a sentence for people and its parts for programs. Kept per connection, logged
 * once when it happens.
 */
#ifndef KW_IKE_FAILURE_H
#define KW_IKE_FAILURE_H

#include <stdint.h>

enum failure_kind {
	FAILURE_NONE,
	FAILURE_PROPOSAL,	/* no common proposal: ours, theirs, nearest, differs = the transform type */
	FAILURE_PSK,		/* pre-shared keys differ */
	FAILURE_KEY,		/* public key differs or signature does not fit it */
	FAILURE_IDENTITY,	/* ours = expected, theirs = presented */
	FAILURE_CERT,		/* expired, untrusted, wrong purpose, name not in it */
	FAILURE_EAP,		/* EAP: wrong user or password, no method that both sides have, ... */
	FAILURE_REFUSED,	/* the peer refused our authentication */
	FAILURE_TS,		/* traffic selectors: ours, theirs */
	FAILURE_UNREACHABLE,	/* no answer */
	FAILURE_RESOLVE,	/* name without address */
	FAILURE_KERNEL,		/* keyway.ko missing or refused */
	FAILURE_PEER,		/* another error notify of the peer */
	FAILURE_PROTOCOL,	/* the peer broke a rule of the RFC */
	FAILURE_LOCAL,		/* memory, a key that does not load, a bug */
};

struct failure {
	enum failure_kind kind;
	int64_t when;		/* milliseconds since 1970 */
	char text[1000];	/* the whole sentence; names what differs and what to change */
	char ours[480], theirs[480], nearest[240];	/* "" where it does not apply */
	char differs[32];	/* "encryption", "key exchange", "identity", ...; "" */
};

const char *failure_name(enum failure_kind kind);	/* "proposal", "psk", ... for JSON */

#endif
