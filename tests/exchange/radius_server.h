/* SPDX-License-Identifier: GPL-2.0 */
/* A RADIUS server that judges EAP and passwords: a member .server of struct world. */
#ifndef KW_TESTS_EXCHANGE_RADIUS_SERVER_H
#define KW_TESTS_EXCHANGE_RADIUS_SERVER_H

#include "eap/eap.h"

struct radius_server {
	struct conf_conn conf;		/* users and methods */
	const char *secret;
	struct eap *eap;		/* of the one conversation */
	unsigned int lose;		/* questions that it does not hear */
	unsigned int spoil;		/* answers that somebody changes on the way: 0 = none, or which octet from the end */
	bool without_mac;		/* leaves Message-Authenticator out */
	bool challenges;		/* passwords: asks for something else as well */
	unsigned int asked;
	uint8_t heard[4096], said[4096];	/* last: a question that comes again has the same answer */
	size_t heard_len, said_len;
};

/* User alice with "correct horse", by that method; secret "radius secret". */
void radius_server_begin(struct radius_server *s, uint8_t method);
void radius_server_end(struct radius_server *s);
void radius_server(void *ctx, struct kw_span question, struct kw_writer *w);

#endif
