// SPDX-License-Identifier: GPL-2.0
/*
 * An ISAKMP datagram as the network brings it: header, chain under IKEv1's rules, every payload's
 * body. What is accepted is built again and must mean the same. The first octet chooses between
 * clear and decrypted bodies.
 */
#include "ikev1/policy.h"
#include "wire/chain.h"
#include "wire/header.h"
#include "wire/isakmp_v1.h"
#include "wire/names_v1.h"
#include "wire/payload.h"
#include "wire/payload_v1.h"
#include "wire/proposal_v1.h"
#include "wire/vendor.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t arena_memory[4 << 20];
static uint8_t built[1 << 17];
static char why[128];

/* A view that lies is read here, where the sanitizer sees it. */
static void touch(struct kw_span s)
{
	static volatile uint8_t sum;

	for (size_t i = 0; i < s.len; i++)
		sum = (uint8_t)(sum + s.p[i]);
}

/* A group that it may describe, as phase 1 and new group mode read it. */
static void touch_group(const struct transform_v1 *t)
{
	struct v1_transform read = v1_read_transform(t);
	struct modp group = v1_described_group(&read), again = modp_of(group.p, group.g);

	touch(group.p);
	touch(group.g);
	if (!modp_equal(&group, &again) || (group.p.len && !*group.p.p))
		abort();
	if (!modp_bounds(&group) && (group.p.len < 256 || group.p.len > 1024 || group.g.len > group.p.len))
		abort();
}

static void touch_transform(const struct transform_v1 *t)
{
	uint64_t number;

	touch(t->whole);
	touch_group(t);
	for (unsigned int i = 0; i < t->n; i++) {
		touch(t->a[i].data);
		attr_number(&t->a[i], &number);
		touch(KW_SPAN(v1_attr_name(t->a[i].type), 1));
	}
}

static void touch_sa(const struct sa_v1 *sa)
{
	touch(sa->secrecy.level);
	touch(sa->secrecy.category);
	touch(sa->integrity.level);
	touch(sa->integrity.category);
	touch(sa->opaque);
	for (unsigned int i = 0; i < sa->n; i++) {
		touch(sa->p[i].spi);
		for (unsigned int k = 0; k < sa->p[i].n; k++)
			touch_transform(&sa->p[i].t[k]);
	}
}

/*
 * Reserved and padding octets are written as zero: so building twice, not comparing with the input.
 */
static void build_sa_again(const struct sa_v1 *sa)
{
	static uint8_t twice[sizeof(built)];
	struct kw_arena arena = { .buf = arena_memory + sizeof(arena_memory) / 2,
				  .cap = sizeof(arena_memory) / 2 };
	struct kw_writer w = kw_writer(built, sizeof(built)), w2 = kw_writer(twice, sizeof(twice));
	struct sa_v1 again;

	sa_v1_build(&w, sa);
	if (w.bad || sa_v1_parse(kw_written(&w), &again, &arena, why, sizeof(why)))
		abort();
	sa_v1_build(&w2, &again);
	if (!kw_span_equal(kw_written(&w), kw_written(&w2)))
		abort();
}

static void walk_sa(struct kw_span body)
{
	struct kw_arena arena = { .buf = arena_memory, .cap = sizeof(arena_memory) / 2 };
	struct sa_v1 sa;
	int ret;

	why[0] = '\0';
	ret = sa_v1_parse(body, &sa, &arena, why, sizeof(why));
	if ((ret != 0) != (why[0] != '\0') || sa.n > V1_PROPOSALS_MAX)
		abort();
	touch_sa(&sa);
	if (ret == 0)
		build_sa_again(&sa);
}

static void walk_alone(const struct payload *p)
{
	struct kw_arena arena = { .buf = arena_memory, .cap = sizeof(arena_memory) };
	struct proposal_v1 proposal;
	struct transform_v1 t;

	if (p->type == V1_PAYLOAD_PROPOSAL)
		proposal_v1_parse_body(p->body, &proposal, &arena, why, sizeof(why));
	else if (!transform_v1_parse_body(p->body, &t, &arena, why, sizeof(why)))
		touch_transform(&t);
}

static void expect_same(struct kw_span body, const struct kw_writer *w)
{
	if (w->bad || !kw_span_equal(body, kw_written(w)))
		abort();
}

static void walk_delete(struct kw_span body, struct kw_writer *w)
{
	struct v1_delete_payload d;

	if (v1_delete_parse(body, &d, why, sizeof(why)))
		return;
	if ((size_t)d.n * d.spi_len != d.spis.len)
		abort();
	touch(d.spis);
	v1_delete_build(w, &d);
	if (d.n)	/* of nothing, a size says nothing */
		expect_same(body, w);
}

static void walk_id(struct kw_span body, struct kw_writer *w)
{
	struct v1_id_payload id;
	struct ip_range range;
	char text[RANGE_STRLEN];

	if (v1_id_parse(body, &id, why, sizeof(why)))
		return;
	if (v1_id_range(&id, &range) == 0)
		ip_range_print(text, &range);
	v1_id_build(w, &id);
	expect_same(body, w);
}

static void walk_config(struct kw_span body)
{
	struct config_payload c;
	struct kw_reader r;
	struct attr a;

	if (config_parse(body, &c, why, sizeof(why)))
		return;
	r = kw_reader(c.attrs);
	while (attr_next(&r, &a, why, sizeof(why)) > 0)
		touch(a.data);
}

static void walk_body(const struct payload *p)
{
	struct kw_writer w = kw_writer(built, sizeof(built));
	struct v1_notify_payload n;
	struct cert_payload cert;
	struct v1_fragment f;
	struct kw_span s;
	struct ip_addr addr;

	touch(p->whole);
	touch(KW_SPAN(v1_payload_name(p->type), 1));
	switch (p->type) {
	case V1_PAYLOAD_SA:
		walk_sa(p->body);
		break;
	case V1_PAYLOAD_PROPOSAL:
	case V1_PAYLOAD_TRANSFORM:
		walk_alone(p);
		break;
	case V1_PAYLOAD_ID:
		walk_id(p->body, &w);
		break;
	case V1_PAYLOAD_CERT:
	case V1_PAYLOAD_CERTREQ:
		if (cert_payload_parse(p->body, &cert) == 0)
			touch(cert.data);
		break;
	case V1_PAYLOAD_NONCE:
		v1_nonce_parse(p->body, &s, why, sizeof(why));
		touch(s);
		break;
	case V1_PAYLOAD_NOTIFICATION:
		if (v1_notify_parse(p->body, &n, why, sizeof(why)) == 0) {
			v1_notify_build(&w, &n);
			expect_same(p->body, &w);
		}
		break;
	case V1_PAYLOAD_DELETE:
		walk_delete(p->body, &w);
		break;
	case V1_PAYLOAD_VENDOR:
		vendor_find(p->body, &s);
		touch(s);
		break;
	case V1_PAYLOAD_ATTRIBUTES:
		walk_config(p->body);
		break;
	case V1_PAYLOAD_NATOA:
	case V1_PAYLOAD_NATOA_DRAFT:
		v1_natoa_parse(p->body, &addr, why, sizeof(why));
		break;
	case V1_PAYLOAD_FRAGMENT:
		if (v1_fragment_parse(p->body, &f, why, sizeof(why)) == 0)
			touch(f.data);
		break;
	default:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int payloads = 0;
	struct ike_header h;
	struct kw_span body;
	struct payload p;
	struct chain c;
	int ret;

	if (size < 1 || header_parse(KW_SPAN(data + 1, size - 1), &h, &body))
		return 0;
	c = chain_start_v1(h.next_payload, body, data[0] & 1);
	while ((ret = chain_next(&c, &p)) == 1) {
		walk_body(&p);
		payloads++;
	}
	if ((ret != 0) != (c.why[0] != '\0') || payloads > CHAIN_MAX)
		abort();
	return 0;
}
