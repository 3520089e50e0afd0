/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets of a policy whose selectors are populated from the packet (RFC 4301 §4.4.1.2, PFP): each wishes for a child of
 * its own, with the selectors that the kernel has made of it. Several can wait at a time.
 */
#ifndef KW_IKE_WISH_H
#define KW_IKE_WISH_H

#include "ike/conn.h"

struct wish {
	struct list node;		/* conn->wishes */
	const struct conf_child *conf;	/* the connection's */
	struct ts local, remote;
	uint64_t until_ms;		/* then nobody waits any longer */
	unsigned int asked;		/* how often the peer was */
};

/* Such a packet came; the same wish again only lasts longer. Beyond WISHES_MAX the oldest is forgotten. */
#define WISHES_MAX 64
void wish_add(struct conn *c, const struct conf_child *conf, const struct ts *local, const struct ts *remote);
/* Does somebody wait for a child of conf that is not there yet? */
bool wish_pending(const struct conn *c, const struct conf_child *conf);
/*
 * The selectors to ask for next: those least often asked for, so that ones which the peer refuses hold up no others. If
 * nobody waits any longer, the last that somebody waited for. NULL: there are none.
 */
const struct wish *wish_take(struct conn *c, const struct conf_child *conf);
/* Those that have got what they wished for. */
void wish_drop_served(struct conn *c);
void wish_drop_all(struct conn *c);

#endif
