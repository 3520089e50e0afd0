// SPDX-License-Identifier: GPL-2.0
/*
 * One received message as payload views, and the rules of a step's row.
 *
 * RFCs: 7296 §2.5 (critical bit), §3.2.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ike/message.h"
#include "ike/version.h"
#include "lib/secret.h"
#include "wire/names.h"

int message_new(struct ike_message **out, enum net_socket socket, const struct endpoint *local,
		const struct endpoint *remote, struct kw_span datagram)
{
	struct ike_header h;
	struct kw_span body;
	struct ike_message *m;
	uint8_t *raw;
	int ret = header_parse(datagram, &h, &body);

	if (ret)
		return ret;
	m = calloc(1, sizeof(*m));
	raw = malloc(h.length);
	if (!m || !raw) {
		free(m);
		free(raw);
		return -ENOMEM;
	}
	memcpy(raw, datagram.p, h.length);
	m->socket = socket;
	m->local = *local;
	m->remote = *remote;
	m->h = h;
	m->raw = KW_SPAN(raw, h.length);
	/* IKEv1's attributes are 4 octets on the wire and 24 in memory: no transform grows more; proposals add a little each. */
	m->arena.cap = h.length * 6 + 4096;
	*out = m;
	return 0;
}

void message_free(struct ike_message *m)
{
	if (!m)
		return;
	if (m->plain) {
		kw_wipe(m->plain, m->plain_len);
		free(m->plain);
	}
	free((uint8_t *)(uintptr_t)m->raw.p);
	kw_arena_reset(&m->arena);
	free(m->payload);
	free(m);
}

static void note_type(struct ike_message *m, uint8_t type, bool inside)
{
	uint64_t *set = inside ? &m->inside : &m->outside;

	if (type > 63)
		return;
	if (*set & P(type))
		m->twice |= P(type);
	*set |= P(type);
}

/* Few messages have many payloads, and many messages wait at once. */
static int make_room(struct ike_message *m)
{
	unsigned int room = m->room ? 2 * m->room : 16;
	struct ike_payload *more;

	if (m->n < m->room)
		return 0;
	if (m->n == MESSAGE_PAYLOADS_MAX)
		return -E2BIG;
	more = realloc(m->payload, room * sizeof(*more));
	if (!more)
		return -ENOMEM;
	m->payload = more;
	m->room = room;
	return 0;
}

int message_add(struct ike_message *m, const struct payload *p, bool inside)
{
	int ret = make_room(m);

	if (ret)
		return ret;
	m->payload[m->n++] = (struct ike_payload){ .p = *p, .inside = inside };
	note_type(m, p->type, inside);
	return 0;
}

int message_add_chain(struct ike_message *m, uint8_t first, struct kw_span body, bool inside)
{
	struct chain c = chain_start(first, body);
	struct payload p;
	int ret;

	while ((ret = chain_next(&c, &p)) > 0) {
		ret = message_add(m, &p, inside);
		if (ret)
			return ret;
	}
	return ret;
}

int message_copy(struct ike_message **out, const struct ike_message *m)
{
	struct ike_message *copy;
	uint8_t first = PAYLOAD_NONE;
	int ret = message_new(&copy, m->socket, &m->local, &m->remote, m->raw);

	if (ret)
		return -ENOMEM;
	copy->plain = malloc(m->plain_len + 1);
	if (!copy->plain) {
		message_free(copy);
		return -ENOMEM;
	}
	if (m->plain_len)
		memcpy(copy->plain, m->plain, m->plain_len);
	copy->plain_len = m->plain_len;
	copy->authentic = m->authentic;
	for (unsigned int i = m->n; i > 0; i--)
		if (m->payload[i - 1].inside)
			first = m->payload[i - 1].p.type;
	/* It parsed before: all that can be wrong is that there is no memory. */
	if (message_add_chain(copy, first, KW_SPAN(copy->plain, copy->plain_len), true)) {
		message_free(copy);
		return -ENOMEM;
	}
	*out = copy;
	return 0;
}

void message_reset(struct ike_message *m)
{
	m->n = 0;
	m->outside = 0;
	m->inside = 0;
	m->twice = 0;
}

bool message_is_response(const struct ike_message *m)
{
	return m->h.flags & IKE_FLAG_RESPONSE;
}

const struct payload *message_find(const struct ike_message *m, uint8_t type, bool in_sk,
				   const struct payload *after)
{
	bool past = !after;

	for (unsigned int i = 0; i < m->n; i++) {
		const struct ike_payload *p = &m->payload[i];

		if (past && p->p.type == type && p->inside == in_sk)
			return &p->p;
		if (&p->p == after)
			past = true;
	}
	return NULL;
}

bool message_notify(const struct ike_message *m, bool in_sk, uint16_t type,
		    struct notify_payload *out)
{
	const struct payload *p = NULL;

	while ((p = message_find(m, PAYLOAD_NOTIFY, in_sk, p)))
		if (!notify_parse(p->body, out) && out->type == type)
			return true;
	return false;
}

bool message_error_notify(const struct ike_message *m, bool in_sk, struct notify_payload *out)
{
	const struct payload *p = NULL;

	while ((p = message_find(m, PAYLOAD_NOTIFY, in_sk, p)))
		if (!notify_parse(p->body, out) && out->type < N_STATUS_FIRST)
			return true;
	return false;
}

bool message_fits(const struct ike_message *m, const struct ike_step *step)
{
	uint64_t have = step->in_sk ? m->inside : m->outside;
	struct notify_payload n;

	return (have & step->need) == step->need &&
	       (!step->notify || message_notify(m, step->in_sk, step->notify, &n));
}

uint8_t message_critical(const struct ike_message *m, const struct ike_version *version)
{
	for (unsigned int i = 0; i < m->n; i++) {
		const struct payload *p = &m->payload[i].p;

		if (p->critical && (p->type > 63 || !(version->known & P(p->type))))
			return p->type;
	}
	return 0;
}

bool message_repeats(const struct ike_message *m, const struct ike_version *version)
{
	return m->twice & version->known & ~version->many;
}

static void print_payload(char *buf, size_t cap, const struct payload *p)
{
	size_t used = strlen(buf);
	struct notify_payload n;

	if (p->type == PAYLOAD_NOTIFY && !notify_parse(p->body, &n))
		snprintf(buf + used, cap - used, " N(%s)", notify_name(n.type));
	else
		snprintf(buf + used, cap - used, " %s", payload_name(p->type));
}

char *message_print(char *buf, size_t cap, const struct ike_message *m)
{
	snprintf(buf, cap, "%s %s %u {", exchange_name(m->h.exchange),
		 message_is_response(m) ? "answer" : "request", m->h.message_id);
	for (unsigned int i = 0; i < m->n; i++)
		print_payload(buf, cap, &m->payload[i].p);
	snprintf(buf + strlen(buf), cap - strlen(buf), " }");
	return buf;
}
