/* SPDX-License-Identifier: GPL-2.0 */
/* Quick mode (RFC 2409 §5.5): children. */
#ifndef KW_IKEV1_QUICK_H
#define KW_IKEV1_QUICK_H

#include "ike/conn.h"
#include "ike/exchange.h"
#include "wire/payload_v1.h"

extern const struct ike_exchange v1_quick_mode;

enum ike_verdict v1_child_new_start(struct ike_run *run);
enum ike_verdict v1_child_rekey_start(struct ike_run *run);
/* The peer answers our quick mode by an error notify in an exchange of its own. */
enum ike_verdict v1_quick_refused(struct ike_run *run, const struct v1_notify_payload *n);
/* Children that the configuration wants and nobody has: asked for soon. */
void v1_children_missing(struct conn *c);

#endif
