/* SPDX-License-Identifier: GPL-2.0 */
/* Informational exchanges (RFC 2408 §4.8, RFC 2409 §5.7): delete, notify, dead peer detection (RFC 3706). */
#ifndef KW_IKEV1_INFORMATIONAL_H
#define KW_IKEV1_INFORMATIONAL_H

#include "ike/exchange.h"

extern const struct ike_exchange v1_informational;

enum ike_verdict v1_probe_start(struct ike_run *run);
enum ike_verdict v1_child_delete_start(struct ike_run *run);
enum ike_verdict v1_ike_delete_start(struct ike_run *run);
/* The ISAKMP SA ends: the peer is told, its children are not mentioned. */
void v1_say_ike_delete(struct ike_sa *sa);
/* The peer's proof did not hold: say so and delete what it has. */
void v1_tell_failed(struct ike_sa *sa);

#endif
