/* SPDX-License-Identifier: GPL-2.0 */
/*
 * New group mode (RFC 2409 §5.6): groups of two sides' own, for the PFS of quick mode. They end with the ISAKMP SA on
 * which they were described.
 */
#ifndef KW_IKEV1_GROUP_H
#define KW_IKEV1_GROUP_H

#include "ike/exchange.h"
#include "wire/payload_v1.h"

struct conf_child;
struct dh;

extern const struct ike_exchange v1_new_group;

/* The ISAKMP SA is established: our group is described where a child wants one. */
void v1_group_begin(struct ike_sa *sa);
enum ike_verdict v1_group_start(struct ike_run *run);
/* The peer answers new group mode by an error notify in an exchange of its own. */
enum ike_verdict v1_group_refused(struct ike_run *run, const struct v1_notify_payload *n);
/* Nobody answers it. */
void v1_group_unanswered(struct ike_sa *sa, unsigned int tries);

/* Was a group with this number agreed on here? */
bool v1_group_known(const struct ike_sa *sa, uint16_t number);
/* One that was agreed on, ours if there is a choice; 0: none. */
uint16_t v1_group_agreed(const struct ike_sa *sa);
/* The child wants a private group, and the peer has to describe it, and has not yet. */
bool v1_group_awaited(const struct ike_sa *sa, const struct conf_child *conf);
/* As dh_job_start() in a group with a number, which may be one of these. */
enum ike_verdict v1_group_dh(struct ike_run *run, uint16_t number, struct dh *dh, struct kw_span peer,
			     ike_step_fn resume);

#endif
