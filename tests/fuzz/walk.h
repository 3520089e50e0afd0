/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A message through the whole codec, for fuzz targets and unit tests: each payload's body goes to
 * its parser, and every octet of every view that comes back is read, so that a sanitizer sees a
 * view that lies.
 */
#ifndef KW_TESTS_FUZZ_WALK_H
#define KW_TESTS_FUZZ_WALK_H

#include "wire/cert_url.h"
#include "wire/chain.h"
#include "wire/cp.h"
#include "wire/gateway.h"
#include "wire/header.h"
#include "wire/isakmp.h"
#include "wire/names.h"
#include "wire/payload.h"
#include "wire/proposal.h"
#include "wire/ticket.h"
#include "wire/ts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct walk {
	unsigned int payloads;		/* parsed well */
	unsigned int seen[256];		/* by type */
	uint8_t sk_first;		/* first type inside the SK payload */
	struct kw_span sk;		/* the SK payload's body */
	char why[256];			/* when refused */
	/* of all octets read: keeps the reading from being optimised away */
	uint32_t sum;
};

static inline void walk_touch(struct walk *w, struct kw_span s)
{
	for (size_t i = 0; i < s.len; i++)
		w->sum += s.p[i];
}

static inline int walk_proposals(struct walk *w, struct kw_span body)
{
	uint8_t memory[32 * 1024];
	struct kw_arena arena = { .buf = memory, .cap = sizeof(memory) };
	struct proposal_list list;
	char line[512];
	int ret = proposal_v2_parse(body, &list, &arena, w->why, sizeof(w->why));

	if (!ret)
		walk_touch(w,
			   KW_SPAN(line, strlen(proposal_list_print(line, sizeof(line), &list))));
	return ret;
}

static inline int walk_selectors(struct walk *w, struct kw_span body)
{
	struct ts_list list;
	char line[512];
	int ret = ts_parse(body, &list, w->why, sizeof(w->why));

	if (!ret)
		walk_touch(w, KW_SPAN(line, strlen(ts_list_print(line, sizeof(line), &list))));
	return ret;
}

static inline int walk_config(struct walk *w, struct kw_span body)
{
	uint8_t again[8 * 1024];
	struct kw_writer out = kw_writer(again, sizeof(again));
	struct cp cp;
	int ret = cp_parse(body, &cp, w->why, sizeof(w->why));

	if (ret)
		return ret;
	cp_build(&out, &cp);
	walk_touch(w, kw_written(&out));
	return 0;
}

static inline int walk_cert(struct walk *w, struct kw_span body)
{
	struct kw_reader bundle = { 0 };
	struct cert_payload c;
	struct cert_url at;
	struct kw_span cert;
	int ret = cert_payload_parse(body, &c);

	if (ret)
		return ret;
	walk_touch(w, c.data);
	if (!cert_url_parse(c.data, &at))
		walk_touch(w, KW_SPAN(at.url, strlen(at.url)));
	/* It comes by HTTP, but is as foreign. */
	if (!cert_bundle_open(c.data, &bundle))
		while (cert_bundle_next(&bundle, &cert))
			walk_touch(w, cert);
	return 0;
}

/* What notifies carry that has a form of its own. What is malformed there leaves the message alone. */
static inline void walk_notify(struct walk *w, const struct notify_payload *n)
{
	uint8_t again[8 * 1024];
	struct kw_writer out = kw_writer(again, sizeof(again));
	struct ticket_state state;
	char host[GATEWAY_LEN];
	struct ticket_lt lt;
	struct kw_span rest;

	walk_touch(w, n->data);
	if ((n->type == N_REDIRECT || n->type == N_REDIRECTED_FROM) && !gateway_parse(n->data, host, &rest)) {
		walk_touch(w, rest);
		/* What came off the wire as a gateway can be told to others. */
		if (gateway_build(&out, host))
			abort();
		return;
	}
	if (n->type == N_TICKET_LT_OPAQUE && !ticket_lt_parse(n->data, &lt))
		walk_touch(w, lt.ticket);
	/* As if it had been opened already: what was read is built again, octet by octet. */
	if (n->type != N_TICKET_OPAQUE || ticket_state_parse(n->data, &state))
		return;
	ticket_state_build(&out, &state);
	if (!out.bad && !kw_span_equal(kw_written(&out), n->data))
		abort();
}

static inline int walk_body(struct walk *w, const struct payload *p)
{
	union {
		struct ke_payload ke;
		struct id_payload id;
		struct auth_payload auth;
		struct notify_payload notify;
		struct delete_payload del;
		struct fragment_head fragment;
		struct kw_span nonce;
	} u = { 0 };
	int ret;

#define WALK(call, view) do { ret = (call); if (!ret) walk_touch(w, (view)); return ret; } while (0)
	switch (p->type) {
	case PAYLOAD_SA:
		return walk_proposals(w, p->body);
	case PAYLOAD_TSI:
	case PAYLOAD_TSR:
		return walk_selectors(w, p->body);
	case PAYLOAD_CP:
		return walk_config(w, p->body);
	case PAYLOAD_KE:
		WALK(ke_parse(p->body, &u.ke), u.ke.data);
	case PAYLOAD_IDI:
	case PAYLOAD_IDR:
		WALK(id_parse(p->body, &u.id), u.id.data);
	case PAYLOAD_CERT:
	case PAYLOAD_CERTREQ:
		return walk_cert(w, p->body);
	case PAYLOAD_AUTH:
		WALK(auth_parse(p->body, &u.auth), u.auth.data);
	case PAYLOAD_NONCE:
		WALK(nonce_parse(p->body, &u.nonce), u.nonce);
	case PAYLOAD_NOTIFY:
		ret = notify_parse(p->body, &u.notify);
		if (!ret)
			walk_notify(w, &u.notify);
		return ret;
	case PAYLOAD_DELETE:
		WALK(delete_parse(p->body, &u.del), u.del.spis);
	case PAYLOAD_SKF:
		WALK(fragment_parse(p->body, &u.fragment), u.fragment.body);
	case PAYLOAD_SK:
		w->sk = p->body;
		w->sk_first = p->next;
		break;
	}
#undef WALK
	walk_touch(w, p->whole);
	return 0;
}

/* 0, or the refusing function's -errno with its sentence in w->why. */
static inline int walk_chain(struct walk *w, uint8_t first, struct kw_span body)
{
	struct chain c = chain_start(first, body);
	struct payload p;
	int ret;

	while ((ret = chain_next(&c, &p)) == 1) {
		ret = walk_body(w, &p);
		if (ret) {
			char what[sizeof(w->why)];

			memcpy(what, w->why, sizeof(what));
			snprintf(w->why, sizeof(w->why), "%s: %.200s", payload_name(p.type),
				 what[0] ? what : "malformed");
			return ret;
		}
		w->payloads++;
		w->seen[p.type]++;
	}
	if (ret)
		snprintf(w->why, sizeof(w->why), "%s", c.why);
	return ret;
}

static inline int walk_message(struct walk *w, struct kw_span datagram)
{
	struct ike_header h;
	struct kw_span body;
	int ret = header_parse(datagram, &h, &body);

	if (ret) {
		snprintf(w->why, sizeof(w->why), "header: length %u of %zu octets", h.length,
			 datagram.len);
		return ret;
	}
	return walk_chain(w, h.next_payload, body);
}

#endif
