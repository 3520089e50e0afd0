/* SPDX-License-Identifier: GPL-2.0 */
/*
 * EAP, or a user's password, that a RADIUS server judges: its packets, made and read. The one who sends them stands in
 * ike/radius_job.c.
 *
 * RFCs: 2865 §3, §5; 2548 §2.4.2-3 (the key); 3579 §3 (EAP-Message, Message-Authenticator).
 */
#ifndef KW_EAP_RADIUS_H
#define KW_EAP_RADIUS_H

#include "eap/eap.h"

#define RADIUS_MAX 4096u	/* RFC 2865 §3 */
#define RADIUS_ATTR_MAX 253u	/* of one attribute's value */
#define RADIUS_PASSWORD_MAX 128u	/* RFC 2865 §5.2 */

struct radius_question {
	const struct kw_secret *secret;	/* shared with the server */
	struct kw_span user;		/* what the client calls itself */
	struct kw_span eap;		/* its packet; empty: the password counts */
	struct kw_span password;
	struct kw_span state;		/* of the server's last answer; empty: the first question */
	struct kw_span peer;		/* the client's address, as text */
};

struct radius_answer {
	enum eap_verdict verdict;	/* EAP_GO_ON only where EAP was asked about */
	uint8_t eap[EAP_OUT_MAX];	/* for the client */
	size_t eap_len;
	uint8_t state[RADIUS_ATTR_MAX], user[RADIUS_ATTR_MAX], text[RADIUS_ATTR_MAX];
	size_t state_len, user_len;	/* user: as the server calls it; 0: it does not say */
	size_t text_len;		/* Reply-Message */
	struct kw_secret msk;		/* drop it */
};

/* An Access-Request with an identifier and authenticator of its own. 0, -EMSGSIZE or -EIO. */
int radius_ask(struct kw_writer *w, const struct radius_question *q);
/*
 * The answer to that request. 0; -EBADMSG: not an authentic one (wait for another, it may be anybody's); -ENOMEM.
 * a begins as {0}.
 */
int radius_read(struct radius_answer *a, const struct kw_secret *secret, struct kw_span request,
		struct kw_span answer);

/*
 * User-Password (RFC 2865 §5.2) into out. Its length, a multiple of 16; 0: longer than RADIUS_PASSWORD_MAX, or the
 * library failed.
 */
size_t radius_hide(const struct kw_secret *secret, const uint8_t authenticator[16], struct kw_span password,
		   uint8_t out[RADIUS_PASSWORD_MAX]);

#endif
