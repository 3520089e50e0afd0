/* SPDX-License-Identifier: GPL-2.0 */
/*
 * After the last line of a connection's file: each of these gives a part of the connection what was
 * left out, and complains about what does not fit together. Internal to complete*.c.
 */
#ifndef KW_CONFIG_COMPLETE_H
#define KW_CONFIG_COMPLETE_H

#include "config/conn.h"

/* How both sides prove themselves, with which credentials, and under which names. */
void complete_auth(struct conf_reader *r, struct conn_draft *d);

/* The names, where none were written: after the credentials. */
void complete_ids(struct conf_reader *r, struct conf_conn *c);

/* Complains about a key that is written, though nothing reads it. */
void complete_refuse_unused(struct conf_reader *r, const char *key, bool used);

/*
 * Hybrid authentication (draft-ietf-ipsec-isakmp-hybrid-auth-05): one side is known by its user
 * alone.
 */
bool complete_has_hybrid(const struct conf_conn *c);

/* What the IKE SA offers; a child's ESP and AH. */
void complete_ike(struct conf_reader *r, struct conn_draft *d);
void complete_offers(struct conf_reader *r, const struct conn_draft *d, struct child_draft *child);

/* Does the child's "ah" say yes, or name algorithms? */
bool complete_wants_ah(const struct child_draft *child);

/* Is SHA-1 among what list offers? */
bool complete_has_sha1(const struct proposal_list *list);

/* A child's nets. */
void complete_nets(struct conf_reader *r, const struct conf_conn *c, struct child_draft *child);

/* All children into the connection, with what they own. */
void complete_children(struct conf_reader *r, struct conn_draft *d);

/*
 * Where a key of the child stands: its own section, or else the connection, whose word goes for
 * all.
 */
unsigned int complete_child_line(const struct conf_reader *r, const struct child_draft *child,
				 const char *key);

/* What only IKEv1 has, and what it has not. */
void complete_version(struct conf_reader *r, const struct conf_conn *c);

#endif
