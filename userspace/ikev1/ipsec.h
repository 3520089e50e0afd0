/* SPDX-License-Identifier: GPL-2.0 */
/* The SA payload of quick mode: the IPsec DOI's proposals (RFC 2407 §4.4-4.5) against a child's. */
#ifndef KW_IKEV1_IPSEC_H
#define KW_IKEV1_IPSEC_H

#include "ike/child.h"
#include "ike/exchange.h"
#include "ikev1/v1_sa.h"
#include "wire/payload_v1.h"
#include "wire/proposal_v1.h"

/* One transform of phase 2: algorithms by IKEv2's numbers. */
struct v1_ipsec {
	struct suite suite;		/* .ke: the group of PFS */
	uint16_t encapsulation;		/* enum v1_encapsulation */
	uint64_t life, kilobytes;	/* 0 = not said */
	uint32_t spi;			/* of who sent it */
	const struct proposal_v1 *proposal;
	const struct transform_v1 *wire;
	/* AH around ESP, which is all of the above (RFC 2408 §4.2: two proposals of one number); .proposal NULL: none */
	struct {
		struct suite suite;
		uint32_t spi;
		const struct proposal_v1 *proposal;
		const struct transform_v1 *wire;
	} ah;
};

/*
 * Append the offer for a larval child: each of its proposals, all with the same group (RFC 2409 §5.5: there is one
 * KE payload), 0 = no PFS, and its SPIs. as_before: nothing but the algorithms that it has already.
 */
void v1_put_ipsec_offer(struct ike_run *run, const struct child_sa *c, uint16_t group, bool as_before);
/* What is offered, for people: "esp: ..."; AH around ESP: "esp: ...; with ah: ...". Returns buf. */
char *v1_print_ipsec_offer(char *buf, size_t cap, const struct conf_child *conf);
/* "ESP", "AH", "AH around ESP" */
const char *v1_ipsec_name(const struct conf_child *conf);
/* The group to offer: the first of the first proposal; KE_NONE. */
uint16_t v1_pfs_group(const struct conf_child *conf);
/*
 * Our first proposal that one of theirs meets; of AH around ESP our first two. false with the parts of f, as
 * v1_choose_phase1().
 */
bool v1_choose_ipsec(const struct ike_sa *sa, const struct conf_child *conf,
		     const struct sa_v1 *theirs, struct v1_ipsec *out, struct failure *f);
/* An answer: one transform, out of our offer with that group. */
bool v1_accept_ipsec(const struct ike_sa *sa, const struct conf_child *conf,
		     const struct sa_v1 *answer, uint16_t group, struct v1_ipsec *out,
		     struct failure *f);
/* What was agreed on says for how long the child is used. */
void v1_adopt_child_life(const struct ike_sa *sa, const struct conf_child *conf, const struct v1_ipsec *t,
			 struct child_sa *c);
/* A RESPONDER-LIFETIME: what was agreed on ends as early as it says. */
void v1_read_responder_lifetime(const struct v1_notify_payload *n, struct v1_ipsec *t);
/* RFC 2407 §4.6.3.1: the peer means to use the child for longer than we do. Nothing is said when he does not. */
void v1_put_responder_lifetime(struct ike_run *run, const struct v1_ipsec *chosen, uint32_t seconds,
			       uint32_t spi);
/* The SA payload of our answer: the chosen transform as it came, with our SPI, and that of AH around it. */
void v1_put_ipsec_answer(struct ike_run *run, const struct v1_ipsec *chosen, uint32_t spi, uint32_t ah);

#endif
