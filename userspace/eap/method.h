/* SPDX-License-Identifier: GPL-2.0 */
/* What a method of EAP is to the conversation around it. Internal to eap/. */
#ifndef KW_EAP_METHOD_H
#define KW_EAP_METHOD_H

#include "eap/eap.h"
#include "wire/eap.h"

#define EAP_NAME_MAX 253u

struct eap_method {
	uint8_t type;
	/* What it keeps, into e->state. 0 or -errno. */
	int (*begin)(struct eap *e);
	void (*end)(void *state);
	/*
	 * The data of the other side's packet (server: empty at first); its own goes to out. server: DONE ends well
	 * and nothing is written, FAILED likewise with e->why. client: GO_ON with e->done set once the server, should
	 * it say Success, is to be believed.
	 */
	enum eap_verdict (*server)(struct eap *e, struct kw_span in, struct kw_writer *out);
	enum eap_verdict (*client)(struct eap *e, struct kw_span in, struct kw_writer *out);
};

struct eap {
	const struct conf_conn *conf;
	bool server;
	const struct eap_method *method;	/* chosen; NULL: not yet */
	void *state;				/* the method's */
	uint8_t id;				/* of the request that is out */
	bool asked, begun, done;		/* server: for the identity; the method has been answered; see above */
	uint32_t tried;				/* server: bits of conf->eap */
	int64_t unix_now;			/* of this call */
	uint8_t name[EAP_NAME_MAX];		/* server: what the client called itself */
	size_t name_len;
	struct ident peer;
	struct kw_secret msk;
	struct cert_path ask;			/* of eap_take_path() */
	uint8_t heard;				/* server: number of the response that is being answered */
	char why[320];
};

/* e->why, unless something is there already: the first reason is the best. Returns EAP_FAILED. */
enum eap_verdict eap_fail(struct eap *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The user that the server knows by this name (with or without a Windows domain in front); NULL: nobody. */
const struct conf_user *eap_find_user(const struct eap *e, struct kw_span name);
/* e->peer becomes the user. 0 or -ENOMEM. */
int eap_set_peer(struct eap *e, const struct conf_user *user);
/* "EXAMPLE\alice" -> "alice" */
struct kw_span eap_without_domain(struct kw_span name);

extern const struct eap_method eap_mschapv2, eap_tls, eap_gtc, eap_md5;

#endif
