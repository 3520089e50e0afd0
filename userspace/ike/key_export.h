/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keys told to whoever is to read captures, of connections that want it (export-keys): lines of Wireshark's own tables.
 * Whoever has them reads the traffic; so each is logged as a warning, and nothing is told unless it was asked for.
 */
#ifndef KW_IKE_KEY_EXPORT_H
#define KW_IKE_KEY_EXPORT_H

#include "ike/child.h"

/* "ikev2_decryption_table" */
const char *key_table_name(enum key_table table);

/* What an IKE SA is protected with; i: what its initiator sends. integ empty with an AEAD. */
struct key_export_ike {
	struct kw_span encr_i, integ_i, encr_r, integ_r;
};

/* An IKEv2 SA is up: ikev2_decryption_table. */
void key_export_ike(const struct ike_sa *sa, const struct key_export_ike *keys);
/* An IKEv1 SA is up: ikev1_decryption_table. */
void key_export_v1(const struct ike_sa *sa, struct kw_span key);
/* A child is about to be installed with these: esp_sa, a line for each direction. */
void key_export_child(const struct child_sa *c, const struct child_keys *keys);

#endif
