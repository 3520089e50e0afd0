/* SPDX-License-Identifier: GPL-2.0 */
/* Key derivation of IKEv2 (RFC 7296 §2.13, 2.14, 2.17, 2.18). */
#ifndef KW_IKEV2_KEYS_H
#define KW_IKEV2_KEYS_H

#include "ike/child.h"
#include "ikev2/v2_sa.h"

/*
 * SKEYSEED and all SK_* from sa->suite, its nonces and SPIs. old_sk_d: of the IKE SA that this one
 * replaces, with old_prf its PRF (§2.18); NULL at the first (§2.14). more: of the key exchanges that followed
 * (RFC 9370 §2.2.4), NULL = none. 0 or -errno.
 */
int v2_keys_ike(struct ike_sa *sa, const struct kw_secret *g_ir, const struct v2_more *more,
		const struct kw_secret *old_sk_d, uint16_t old_prf);
/* The same of an IKE SA that goes on from another one, whose SK_d is given (RFC 5723 §5.1). 0 or -errno. */
int v2_keys_resume(struct ike_sa *sa, const struct kw_secret *old_sk_d);
/* Mix the connection's PPK into SK_d, SK_pi and SK_pr; the old ones are kept (RFC 8784 §3). 0 or -errno. */
int v2_keys_mix_ppk(struct ike_sa *sa);
/* The peer has no such PPK: as if it had not been mixed in. */
void v2_keys_unmix_ppk(struct ike_sa *sa);
/* The IKE SA is up: its keys are told if its connection wants that. */
void v2_keys_export(const struct ike_sa *sa);
/* KEYMAT of a child (§2.17); g_ir empty without PFS; more as above. */
int v2_keys_child(const struct ike_sa *sa, const struct suite *suite, const struct kw_secret *g_ir,
		  const struct v2_more *more, const struct v2_nonce *ni, const struct v2_nonce *nr, struct child_keys *out);

#endif
