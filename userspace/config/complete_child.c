// SPDX-License-Identifier: GPL-2.0
/* The children of a connection: its own, and those of the sections, which inherit from it. */
#include "config/complete.h"

#include "config/handling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned int complete_child_line(const struct conf_reader *r, const struct child_draft *child,
				 const char *key)
{
	unsigned int line = child->r.keys ? reader_line(&child->r, key) : 0;

	return line ? line : reader_line(r, key);
}

/*
 * What a section leaves out is as the connection has it; the nets behind the peer are each child's
 * own.
 */
static void inherit(struct child_draft *child, const struct child_draft *from)
{
	const bool own_esp = child->esp[0];

	/* Who names one of the two protocols means it alone. */
	if (!own_esp && !complete_wants_ah(child))
		memcpy(child->esp, from->esp, sizeof(child->esp));
	if (!own_esp && !child->ah[0])
		memcpy(child->ah, from->ah, sizeof(child->ah));
	if (!child->pfs[0])
		memcpy(child->pfs, from->pfs, sizeof(child->pfs));
	if (!reader_line(&child->r, "mode"))
		child->c.transport = from->c.transport;
	if (!child->c.local_ts.n)
		child->c.local_ts = from->c.local_ts;
	if (reader_line(&child->r, "child-lifetime"))
		return;
	child->c.rekey = from->c.rekey;
	child->c.rekey_bytes = from->c.rekey_bytes;
	child->c.rekey_packets = from->c.rekey_packets;
}

static void fold_child(struct conf_reader *r, const struct child_draft *child)
{
	uint64_t digest = reader_digest(&child->r);

	r->current = r->n_keys;
	reader_fold(r, KW_SPAN(child->c.name, strlen(child->c.name) + 1));
	reader_fold(r, KW_SPAN(&digest, sizeof(digest)));
}

static bool own_child_counts(const struct conf_reader *r, const struct conn_draft *d)
{
	return d->n_child == 1 || d->c.n_pool || d->c.n_virtual || reader_line(r, "remote-net") ||
	       d->child[0].c.transport;
}

/* Nor is there a point in it where new keys come sooner: each SA counts from its beginning. */
static void check_inactivity(struct conf_reader *r, const struct conf_conn *c,
			     const struct child_draft *child)
{
	const unsigned int line = complete_child_line(r, child, "inactivity");

	if (!child->c.inactivity)
		return;
	if (c->start == CONF_START_UP)
		reader_complain(
			r, line,
			"inactivity goes with start = trap or none: with up the tunnel would come back at once");
	else if (child->c.rekey && child->c.inactivity >= child->c.rekey)
		reader_complain(
			r, line,
			"inactivity is %u s: it has to be shorter than child-lifetime, %u s",
			child->c.inactivity, child->c.rekey);
}

/*
 * Who waits for packets makes children of them; one that all would have to begin with has no packet
 * yet.
 */
static void check_pfp(struct conf_reader *r, const struct conf_conn *c,
		      const struct child_draft *child)
{
	const unsigned int line = complete_child_line(r, child, "pfp");

	if (!child->c.handling.pfp)
		return;
	if (c->version == CONF_IKE1)
		reader_complain(r, line, "pfp is for IKEv2 alone (version = ike2)");
	else if (c->start != CONF_START_TRAP)
		reader_complain(r, line,
				"pfp makes children of packets: it goes with start = trap");
	else if (c->n_virtual)
		reader_complain(
			r, line,
			"pfp does not go with virtual-address, where every packet is of one address");
	else if (c->reauth)
		reader_complain(
			r, line,
			"pfp does not go with reauth: who is to make each child anew waits for packets");
}

static void check_classes(struct conf_reader *r, const struct conf_conn *c,
			  const struct child_draft *child)
{
	const unsigned int line = complete_child_line(r, child, "dscp-classes");

	if (!child->c.n_dscp_class)
		return;
	if (c->version == CONF_IKE1)
		reader_complain(r, line, "dscp-classes are for IKEv2 alone (version = ike2)");
	else if (child->c.handling.pfp)
		reader_complain(
			r, line,
			"dscp-classes do not go with pfp: a child of one packet has one class");
	else if (c->n_pool)
		reader_complain(
			r, line,
			"dscp-classes do not go with pool: its clients would have to know of them");
}

void complete_children(struct conf_reader *r, struct conn_draft *d)
{
	unsigned int first = own_child_counts(r, d) ? 0 : 1, nets = 0;
	struct conf_conn *c = &d->c;

	snprintf(d->child[0].c.name, sizeof(d->child[0].c.name), "%s", c->name);
	c->child = calloc(d->n_child, sizeof(*c->child));
	if (!c->child) {
		reader_complain(r, 0, "no memory");
		return;
	}
	for (unsigned int i = 1; i < d->n_child; i++) {
		inherit(&d->child[i], &d->child[0]);
		fold_child(r, &d->child[i]);
	}
	for (unsigned int i = first; i < d->n_child; i++) {
		if (d->child[i].c.transport)
			handling_check_transport(i ? &d->child[i].r : r);
		if (d->child[i].c.handling.tfc && c->version == CONF_IKE1)
			reader_complain(
				r, complete_child_line(r, &d->child[i], "tfc"),
				"tfc is IKEv2's: in IKEv1 peers cannot say whether they can do it");
		check_inactivity(r, c, &d->child[i]);
		check_pfp(r, c, &d->child[i]);
		check_classes(r, c, &d->child[i]);
		complete_offers(r, d, &d->child[i]);
		complete_nets(r, c, &d->child[i]);
		nets += d->child[i].c.remote_ts.n;
		c->child[c->n_child++] = d->child[i].c;
	}
	if (nets > TS_MAX)
		reader_complain(r, 0, "more than %d nets behind the peer in all children", TS_MAX);
}
