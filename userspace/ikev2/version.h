/* SPDX-License-Identifier: GPL-2.0 */
/* IKEv2 as a struct ike_version (RFC 7296). */
#ifndef KW_IKEV2_VERSION_H
#define KW_IKEV2_VERSION_H

#include "ike/version.h"

extern const struct ike_version ikev2;

/* The tables, each the last screen of its file. */
extern const struct ike_exchange v2_ike_sa_init;
extern const struct ike_exchange v2_ike_session_resume;
extern const struct ike_exchange v2_ike_intermediate;
extern const struct ike_exchange v2_ike_auth;
extern const struct ike_exchange v2_ike_followup_ke;
extern const struct ike_exchange v2_create_child_sa;
extern const struct ike_exchange v2_informational;

/* Starts of tasks, for version.c's table. */
enum ike_verdict v2_connect_start(struct ike_run *run);
enum ike_verdict v2_child_new_start(struct ike_run *run);
enum ike_verdict v2_child_rekey_start(struct ike_run *run);
enum ike_verdict v2_ike_rekey_start(struct ike_run *run);
enum ike_verdict v2_child_delete_start(struct ike_run *run);
enum ike_verdict v2_ike_delete_start(struct ike_run *run);
enum ike_verdict v2_probe_start(struct ike_run *run);
enum ike_verdict v2_refresh_start(struct ike_run *run);

#endif
